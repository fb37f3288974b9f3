"""Status pages: what a provider says of itself, as a graph and as what is down now.

A report (`reports.py`) is a page with its date, what it reports and what it reports in words that
are not understood; each maker's page or feed becomes one (`statuspage.py`, `other_pages.py`,
`status_feed.py`), and `now.py` finds in a graph what reports say is down. Start there.
"""
