"""What a graph holds as the page shows it: its start, its lists of entities, and one of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from knockon.api.markup.answers import link_entity
from knockon.api.markup.build import Child, Html, button, entity, into, items, join, name, tag
from knockon.api.text.cells import format_cell
from knockon.graph.errors import clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import duration, percent, relation_name

_CARD = 6
_OPEN = 12  # dependencies up to which their list is open


def render_start(
    about: Mapping[str, Any], graphs: Mapping[str, DependencyGraph], parts: Sequence[str]
) -> Html:
    """What there is: whom most need, kinds, sectors, countries, relations, and other graphs.

    parts: the names of the graphs that this one was joined of, or its own
    """
    graph = about["name"]
    unknown = sum(row["unknown"] for row in about["relations"])
    strengths = "all" if unknown == about["dependencies"] else f"{unknown:,}"
    counts = (
        f"{about['entities']:,} entities, {about['dependencies']:,} dependencies"
        f"{f', {strengths} of unknown strength' if unknown else ''}"
        f"{'; weight counts ' + about['weight_unit'] if about['weight_unit'] else ''}."
    )
    needed = [link_entity(graph, row["id"], row["name"], f"{row['dependents']:,} dependents")
              for row in about["most_needed"][:_CARD]]  # fmt: skip
    others = [
        tag("li", tag("a", one.title, href=f"?{urlencode({'graph': called})}"),
            tag("small", f"{one.size:,} entities, {len(one.dependent):,} dependencies; ",
                tag("a", "joined with this one",
                    href=f"?{urlencode({'graph': '+'.join((*parts, called))})}")))
        for called, one in graphs.items() if called not in parts
    ]  # fmt: skip
    relations = [
        f"{relation_name(row['relation'])} {row['dependencies']:,}{_say_unknown(row)}"
        for row in about["relations"]
    ]
    return tag(
        "div", into("about", counts), into("card-needed", needed), into("card-graphs", others),
        into("facets", *(
            _render_facets(title, key, about[several]) for title, key, several in
            (("Kind", "kind", "kinds"), ("Sector", "sector", "sectors"),
             ("Country", "country", "countries"))
        ), tag("h4", "Dependencies"), tag("p", ", ".join(relations) or "none")),
    )  # fmt: skip


def _say_unknown(row: Mapping[str, Any]) -> str:
    if not row["unknown"]:
        return ""
    many = "all" if row["unknown"] == row["dependencies"] else f"{row['unknown']:,}"
    return f" ({many} of unknown strength)"


def _render_facets(title: str, key: str, rows: Sequence[Mapping[str, Any]]) -> Html | None:
    """Each count opens its list."""
    if not rows:
        return None
    chips = [
        button(f"{str(row[key]).replace('_', ' ')} {row['entities']:,}", data_facet=key,
               data_value=row[key])
        for row in rows
    ]  # fmt: skip
    return join([tag("h4", title), tag("div", chips, class_="facets")])


def render_entities(graph: str, rows: Sequence[Mapping[str, Any]], total: int, more: int,
                    cursor: str | None) -> Html:  # fmt: skip
    """A page of entities as links; `data-cursor`: where the next one begins."""
    listed = [link_entity(graph, row["id"], row["name"],
                          " · ".join(filter(None, (_spell(row["kind"]), row["sector"]))))
              for row in rows]  # fmt: skip
    said = f"{total - more:,} of {total:,}." if more else f"{total:,} in all."
    return tag("ul", listed, class_="ends", data_said=said, data_cursor=cursor)


def _spell(kind: str) -> str:
    return kind.replace("_", " ")


def render_entity(detail: Mapping[str, Any], origins: Sequence[str]) -> Html:
    """One entity: what it is, what can be done, its groups, and both lists of its dependencies."""
    one = detail["entity"]
    parent = one["parent"] and f"part of {one['parent']}"
    about = (_spell(one["kind"]), one["sector"], one["country"], parent)
    fails = one["id"] in origins
    if fails:
        why: Child = tag("p", "It fails: here the question begins.")
    else:
        why = None
    return tag(
        "div", tag("h2", name(one["name"], one["id"]), tabindex="-1"),
        tag("p", " · ".join(filter(None, about)), tag("br"), name(one["id"]), class_="hint"),
        tag("div", *_render_actions(fails), tag("span", role="status", class_="hint"),
            class_="actions"),
        tag("div", why, id="why", data_asks=bool(origins) and not fails),
        _render_groups(detail["dependencies"]["rows"]),
        tag("details", tag("summary", "Single points of failure"), tag("div", id="cuts"),
            data_opens="cuts"),
        _render_ends("What it needs", detail["dependencies"]),
        _render_ends("Who needs it", detail["dependents"]), _render_columns(one),
        data_name=one["name"],
    )  # fmt: skip


def _render_actions(fails: bool) -> list[Html]:
    texts = [("fail", "Fail it too"), ("protect", "Make it safe"), ("start", "Start here"),
             ("copy", "Copy link")]  # fmt: skip
    return [button(text, data_act=act) for act, text in texts[2 if fails else 0 :]]


def _render_groups(rows: Sequence[Mapping[str, Any]]) -> Html | None:
    """Alternatives that stand in for each other: k of n."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["group"]:
            groups.setdefault(row["group"], []).append(row)
    listed = []
    for group, members in groups.items():
        said: list[Child] = [f"{clip(group)}: needs {members[0]['needs']} of {len(members)}: "]
        for place, row in enumerate(members):
            said += [", " if place else None, entity(row["id"], row["name"])]
        listed.append(said)
    return join([tag("h3", "Its groups"), items(listed)]) if listed else None


def _render_ends(title: str, ends: Mapping[str, Any]) -> Html:
    def say(row: Mapping[str, Any]) -> Html:
        share = row["probability"]
        parts = (relation_name(row["relation"]),
                 "strength unknown" if share is None else f"strength {percent(share)}",
                 f"grace {duration(row['grace_hours'])}" if row["grace_hours"] else None,
                 row["source"])  # fmt: skip
        return tag("small", " · ".join(filter(None, parts)))

    total, more = ends["total"], ends["more"]
    return tag(
        "details", tag("summary", f"{title} ({total:,})"),
        items(([entity(row["id"], row["name"]), say(row)] for row in ends["rows"]), class_="ends"),
        tag("p", f"{more:,} more.", class_="hint") if more else None, open=0 < total <= _OPEN,
    )  # fmt: skip


def _render_columns(one: Mapping[str, Any]) -> Html:
    words = {
        "failure_probability": "fails with probability",
        "failures_per_year": "failures a year",
    }
    keys = ("weight", "failure_probability", "failures_per_year", "repair_hours")
    stated = {words.get(key, _spell(key)): one[key] for key in keys if one[key] is not None}
    stated |= {_spell(key): value for key, value in one["other"].items()}
    rows = [[tag("dt", key), tag("dd", clip(format_cell(value), 200))]
            for key, value in stated.items() if value not in (None, "")]  # fmt: skip
    return tag("details", tag("summary", "In the inventory"), tag("dl", rows, class_="columns"))
