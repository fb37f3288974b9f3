"""The counts behind the shipped strengths: incidents with exposed and hit, and what they amount to.

`evidence.csv` has a row for each count, with its source, how solid it is, which way it is biased,
and whether it could be looked up again (`looked_up`). `fit.py` turns them into the figures that
`strengths_incidents.csv` rounds.
"""
