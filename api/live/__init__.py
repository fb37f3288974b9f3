"""Live: status pages that are polled, what of a graph is down now, and who is told.

An operator names pages (`places.py`); each is read behind a guard (`fetch.py`, over the
network backend of `guard.py`), when it is due (`pace.py`). What a page reports is found in each
graph (`watched.py`) and remembered (`history.py`); `now.py` is the answer, `webhook.py` tells
others of changes. Nothing here knows a door. Words: a place is an address or a file that an
operator gave; a source is a place with what was read there. Start at `live.Live`.
"""
