"""Status pages: what a provider says of itself."""

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source


def _is_statuspage(source: Source) -> bool:
    keys = set(source.json_keys)
    lists = {"components", "incidents", "scheduled_maintenances", "status"}
    return bool({"page.id", "page.name"} & keys) and bool(lists & keys)


def _is_status_feed(source: Source) -> bool:
    namespace, local = source.xml_root
    return local == "rss" or (local == "feed" and namespace == "http://www.w3.org/2005/Atom")


FORMATS = (
    Format(
        name="statuspage",
        what="Status page (Atlassian Statuspage JSON)",
        entities="the page and its components",
        dependencies="component operated_by page; --now FILE makes what is down an origin",
        export="GET /api/v2/summary.json of the page",
        sign="JSON with page and components or incidents",
        module="knockon.loaders.operations.status.statuspage",
        matches=_is_statuspage,
    ),
    Format(
        name="status_feed",
        what="Incident feed of a status page (Atom, RSS)",
        entities="the page",
        dependencies="none; --now FILE makes what is down an origin",
        export="/history.atom of the page",
        sign="XML with the root feed (Atom) or rss",
        module="knockon.loaders.operations.status.status_feed",
        matches=_is_status_feed,
    ),
)
