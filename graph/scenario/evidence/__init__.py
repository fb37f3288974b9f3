"""The counts behind the shipped strengths: incidents with exposed and hit, and what they amount to.

`evidence.csv` has a row for each count, with its source, how solid it is, which way it is biased,
whether it could be looked up again and what was then read (`looked_up`: confirmed, in part, not
found again, not looked up again), and on which pages (`seen_again`). Counts that differ from ours
on another page are told there and changed nowhere. `fit.py` turns them into the figures that
`strengths_incidents.csv` rounds.
"""
