"""The REST door under `/v1`, its OpenAPI document, and the web page.

A request comes through `http.py` (hosts, limits, HEAD, repeated keys). Its question is read by
`scenario.py` (models made from the table of fields; `fields.py` has the kinds) and answered by the
routes of `graphs.py`, or as work of the service by `questions.py`: `asking.py` waits for it, and
`jobs.py` has what takes longer. The answer leaves in the representation that the client likes best,
with an ETag; what is refused becomes a problem (`problems.py`). `resources.py` has the JSON of
graphs and entities, `charts.py` the charts, `page.py` the page, `server.py` how it is run,
`limits.py` what it allows, `openapi.py` what the document says beyond what FastAPI finds. Start at
`app.create_app`.
"""
