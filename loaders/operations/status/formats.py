"""Status pages: what a provider says of itself."""

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source


def _is_statuspage(source: Source) -> bool:
    keys = set(source.json_keys)
    lists = {"components", "incidents", "scheduled_maintenances", "status"}
    return bool({"page.id", "page.name"} & keys) and bool(lists & keys)


def _is_other_page(source: Source) -> bool:
    keys = set(source.json_keys)
    told = {"activeIncidents", "ongoing_incidents", "active_incidents", "page.status"}
    if told & keys:
        return True
    if not source.looks_like_json or not {"data", "affected_products", "service_name"} & keys:
        return False
    from knockon.loaders.operations.status.other_pages import is_other_page

    return is_other_page(source.json)


def _is_status_feed(source: Source) -> bool:
    namespace, local = source.xml_root
    return local == "rss" or (local == "feed" and namespace == "http://www.w3.org/2005/Atom")


FORMATS = (
    Format(
        name="other_page",
        what="Status page of another maker: Instatus, incident.io, Slack, Better Stack, Cachet, "
        "Google Cloud, AWS (JSON)",
        entities="the page and what it reports of its parts",
        dependencies="part operated_by page; --now FILE makes what is down an origin",
        export="the JSON that the page is drawn from: /summary.json (Instatus), "
        "/api/v2.0.0/current (Slack), /index.json (Better Stack), /api/v1/components (Cachet), "
        "/incidents.json (Google Cloud)",
        sign="JSON with activeIncidents, ongoing_incidents, active_incidents, aggregate_state, "
        "status_name or affected_products",
        module="knockon.loaders.operations.status.other_pages",
        matches=_is_other_page,
    ),
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
