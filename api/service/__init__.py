"""Questions as work: limited, queued, computed in processes of their own, and watched as jobs.

`work.py` is a question as data and the one function that answers it with bytes; `pool.py` has the
processes that run it (`worker.py` is their side, `spool.py` how they all see one copy of a graph),
`computing.py` threads in their place, `jobs.py` what is queued, runs and is kept, `reading.py`
reads sources that changed. `limits.py` is the table of limits, `refusals.py` the table from errors
to what a client is told. Nothing here knows HTTP. Words: a job is a question under way; an outcome
is a reply (bytes with a media type) or a refusal. Start at `work.compute`.
"""
