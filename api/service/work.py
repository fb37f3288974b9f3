"""A question as data, and the one function that answers it with bytes, in whatever process."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import Any, TypeAlias
from urllib.parse import quote

import polars as pl

from knockon.api.export import format_csv
from knockon.api.schema import list_kinds, select_rows, serialize_answer, serialize_whatif
from knockon.api.service.limits import Limits
from knockon.api.service.refusals import Refusal, refuse
from knockon.api.service.served import Served
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.view import carry, page_rows
from knockon.graph.errors import KnockonError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

JSON, SVG, CSV = "application/json", "image/svg+xml", "text/csv"
MARKDOWN, HTML = "text/markdown", "text/html"
WHATIF = "whatif"


@dataclass(frozen=True)
class Work:
    """A question about a graph, and the form that its answer takes.

    verb: `whatif`, or one of the table; chart: of a what-if, in the place of its map; of HTML,
        which piece of the page
    scenario, own, view: JSON, the last as `columns, where, top` and, of a what-if,
        `kind` and a page (`scenario.PAGED`); of a map how it is shown (`LOOK`)
    edition: of the graphs that it is about (`Served`)
    """

    graph: str
    verb: str
    media: str
    scenario: str
    own: str = "{}"
    view: str = "{}"
    chart: str = ""
    edition: int = 0

    @classmethod
    def of(
        cls, graph: str, verb: str, media: str, scenario: Mapping[str, Any], *,
        own: Mapping[str, Any] | None = None, view: Mapping[str, Any] | None = None,
        chart: str = "", edition: int = 0,
    ) -> "Work":  # fmt: skip
        """The work of a question whose parts are plain JSON."""
        said, of_verb, shown = (
            json.dumps(dict(sorted((part or {}).items()))) for part in (scenario, own, view)
        )
        return cls(graph, verb, media, said, of_verb, shown, chart, edition)

    @property
    def graphs(self) -> tuple[str, ...]:
        """The names of all graphs that it is about, each perhaps of several joined."""
        other = json.loads(self.own).get("other")
        return (self.graph,) if other is None else (self.graph, str(other))

    @property
    def asked(self) -> tuple[str, ...]:
        """What is computed, whatever form it takes and whatever is shown of it."""
        return self.graph, str(self.edition), self.verb, self.scenario, self.own


@dataclass(frozen=True)
class Reply:
    """An answer in one of its forms; more: rows not shown, of a CSV; tag: of the body."""

    media: str
    body: bytes
    file: str = ""
    more: int | None = None
    tag: str = ""


Outcome: TypeAlias = Reply | Refusal


def compute(served: Served, work: Work, limits: Limits, watch: Watch | None = None) -> Outcome:
    """The answer to a question, or why there is none.

    Raises StoppedError where the watch stopped it; other exceptions are faults of ours.
    """
    try:
        answer = _compute_whatif if work.verb == WHATIF else _compute_verb
        reply = answer(served, work, limits, watch)
        return replace(reply, tag=tag_content(reply.body))
    except KnockonError as error:
        return refuse(error)


def tag_content(content: bytes) -> str:
    """What tells an answer from others."""
    return blake2b(content, digest_size=12).hexdigest()


def _compute_whatif(served: Served, work: Work, limits: Limits, watch: Watch | None) -> Reply:
    graph, view = served.find_graph(work.graph), json.loads(work.view)
    notes = served.check_kind(work.graph, view.get("kind"))
    scenario = read_scenario(work, graph, limits)
    impact = served.ask(work.graph, scenario, watch)
    if work.media == SVG:
        return Reply(SVG, _draw(graph, impact, work, view).encode())
    query = view.pop("query", "")
    of_rows = {name: view.pop(name, None) for name in ("columns", "where")}
    impact, carried = carry(graph, impact, **of_rows)
    impact, page = _turn_page(impact, view)
    rows, more = select_rows(impact, **view)
    _check_rows(rows.height, limits)
    if work.media == HTML:
        return Reply(HTML, _render(impact, work, query, view, carried, page).encode())
    if work.media == JSON:
        whole = serialize_whatif(impact, **view)
        whole["notes"] += notes
        if page is not None:
            end = page["cursor"] + rows.filter(pl.col("rank") > 0).height
            whole["page"] = {
                "rows": page["rows"], "cursor": page["cursor"],
                "next_cursor": end if more else None,
            }  # fmt: skip
        return Reply(JSON, dump_json(whole))
    if work.media == MARKDOWN:
        from knockon.api.text.tables import print_whatif

        return _reply_markdown(print_whatif, impact, **view, carried=carried)
    return Reply(CSV, format_csv(rows).encode(), f"{work.graph}-whatif", more)


def _render(
    impact: Impact, work: Work, query: str, view: Mapping[str, Any], carried: Sequence[str],
    page: Any,
) -> str:  # fmt: skip
    """A piece of the page."""
    from knockon.api.markup.impact import render_list, render_whatif

    if page is None:
        draft = work.chart == "draft"
        return render_whatif(impact, work.graph, query, **view, carried=carried, draft=draft)
    rows = select_rows(impact, **view)[0].filter(pl.col("rank") > 0)
    return render_list(impact, rows, fitting=page["rows"], sort=page["sort"], cursor=page["cursor"])


def _turn_page(impact: Impact, view: dict[str, Any]) -> tuple[Impact, Any]:
    """The answer with the rows of one page, where the view has one, and what page it is."""
    asked = {name: view.pop(name) for name in ("find", "sector", "sort", "cursor") if name in view}
    if not asked:
        return impact, None
    kinds = () if view["kind"] is None else list_kinds(view["kind"])
    impact, fitting = page_rows(impact, kinds=kinds, **asked)
    return impact, {"rows": fitting, "cursor": asked["cursor"], "sort": asked["sort"]}


def _draw(graph: DependencyGraph, impact: Impact, work: Work, look: Mapping[str, Any]) -> str:
    """The map, or the chart that is asked for."""
    if work.chart:
        drawn: str = getattr(impact, f"{work.chart}_svg")()
        return drawn
    column = look.get("group_by")
    if column and column not in impact.entities.columns:
        impact, _ = carry(graph, impact, columns=(column,))
    page = f"/?graph={quote(work.graph, safe='')}&origin={{id}}"
    return impact.to_svg(**{"link": page, **look})


def _compute_verb(served: Served, work: Work, limits: Limits, watch: Watch | None) -> Reply:
    graph, view = served.find_graph(work.graph), json.loads(work.view)
    scenario = read_scenario(work, graph, limits)
    whole = served.answer(work.graph, work.verb, scenario, json.loads(work.own), watch)
    if work.media == SVG:
        return Reply(SVG, whole.to_svg().encode())
    top = view["top"]
    answer, carried = carry(graph, whole, columns=view.get("columns"), where=view.get("where"))
    rows = answer.rows if top is None else answer.rows.head(top)
    _check_rows(rows.height, limits)
    if work.media == JSON:
        return Reply(JSON, dump_json(serialize_answer(answer, top=top)))
    if work.media == HTML:
        from knockon.api.markup.answers import render_answer, render_card

        if work.chart == "card":
            return Reply(HTML, render_card(answer, work.graph).encode())
        text = render_answer(answer, work.graph, view["query"], top=top, carried=carried)
        return Reply(HTML, text.encode())
    if work.media == MARKDOWN:
        from knockon.api.text.rows import print_answer

        return _reply_markdown(print_answer, answer, top=top, carried=carried)
    more = answer.rows.height - rows.height
    return Reply(CSV, format_csv(rows).encode(), f"{work.graph}-{work.verb}", more)


def read_scenario(work: Work, graph: DependencyGraph, limits: Limits) -> Scenario:
    """The scenario on this graph, every name resolved. Raises LimitError and others."""
    stated = json.loads(work.scenario)
    named = max(len(stated.get(key) or ()) for key in ("origins", "protect"))
    limits.check("origins", named, f"{named:,} entities named")
    scenario = Scenario.from_dict(stated).resolve(graph)
    if scenario.worlds is not None:
        limits.check("worlds", scenario.worlds, f"{scenario.worlds:,} worlds")
    return scenario


def _check_rows(number: int, limits: Limits) -> None:
    limits.check("rows", number, f"an answer of {number:,} rows")


def dump_json(answer: Any) -> bytes:
    """The answer as JSON, refusing what JSON cannot say."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _reply_markdown(show: Callable[..., None], answer: Any, **view: Any) -> Reply:
    from knockon.api.text.console import format_markdown  # it imports rich

    return Reply(MARKDOWN, format_markdown(partial(show, **view), answer).encode())
