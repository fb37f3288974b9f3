"""Predictions held against what really happened: incidents in, scores out.

Words: an incident is a graph, a scenario and what was reported of each entity; a reading is one way
to call a prediction a hit; a pair says which of two fared worse. Read `incidents.py`, then
`backtest.py`.
"""
