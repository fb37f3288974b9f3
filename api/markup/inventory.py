"""What a graph holds as the page shows it: its start, its lists of entities, and one of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from knockon.api.markup.answers import link_entity
from knockon.api.markup.build import Child, Html, button, entity, into, items, join, name, tag
from knockon.api.markup.menu import VIEW, address, leave_out, link, read_pairs, render_later
from knockon.api.text.cells import format_cell
from knockon.graph.errors import clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import duration, percent, relation_name

_CARD = 6
_AT_ONCE = 20_000  # entities up to which all are looked at without being asked
_ENDS = 15  # cut sets of an entity
_CAUSES = ("mode", "assume", "protect", "strengths", "trust_register")  # where who fails is open
_OPEN = 12  # dependencies up to which their list is open


def render_start(
    about: Mapping[str, Any], graphs: Mapping[str, DependencyGraph], parts: Sequence[str], *,
    keeps: bool = False,
) -> Html:  # fmt: skip
    """What there is: whom most need, kinds, sectors, countries, relations, and other graphs.

    parts: the names of the graphs that this one was joined of, or its own; keeps: the server saves
    answers
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
        tag("li", tag("a", one.title, href=link(called)),
            tag("small", f"{one.size:,} entities, {len(one.dependent):,} dependencies; ",
                tag("a", "joined with this one",
                    href=link("+".join((*parts, called))))))
        for called, one in graphs.items() if called not in parts
    ]  # fmt: skip
    relations = [
        f"{relation_name(row['relation'])} {row['dependencies']:,}{_say_unknown(row)}"
        for row in about["relations"]
    ]
    cards = [
        into(f"card-{verb}", _render_card(graph, verb, about["entities"]))
        for verb in ("rank", "concentration")
    ]
    return tag(
        "div", into("about", counts), cards, into("card-needed", tag("ol", needed)),
        into("card-graphs", tag("ul", others) if others else None), into("facet-list"),
        into("card-saved", render_later(address(graph, "/page/saved"))) if keeps else None,
        into("facets", *(
            _render_facets(graph, title, key, about[several]) for title, key, several in
            (("Kind", "kind", "kinds"), ("Sector", "sector", "sectors"),
             ("Country", "country", "countries"))
        ), tag("h4", "Dependencies"), tag("p", ", ".join(relations) or "none")),
    )  # fmt: skip


def _render_card(graph: str, verb: str, size: int) -> Html:
    """What is computed for all entities: at once where they are few, else by a button."""
    at = address(graph, f"/page/{verb}.card", [("top", "20")])
    if size <= _AT_ONCE:
        return render_later(at)
    return button(f"Look at all {size:,}", data_fetch=at)


def _say_unknown(row: Mapping[str, Any]) -> str:
    if not row["unknown"]:
        return ""
    many = "all" if row["unknown"] == row["dependencies"] else f"{row['unknown']:,}"
    return f" ({many} of unknown strength)"


def _render_facets(
    graph: str, title: str, key: str, rows: Sequence[Mapping[str, Any]]
) -> Html | None:
    """Each count opens its list."""
    if not rows:
        return None
    chips = [
        button(f"{str(row[key]).replace('_', ' ')} {row['entities']:,}", data_to="facet-list",
               data_fetch=address(graph, "/page/entities", [(key, row[key]), ("sort", "dependents"),
                                                           ("limit", "50")]))
        for row in rows
    ]  # fmt: skip
    return join([tag("h4", title), tag("div", chips, class_="facets")])


def render_entities(
    graph: str, query: str, rows: Sequence[Mapping[str, Any]], total: int, more: int,
    cursor: str | None,
) -> Html:  # fmt: skip
    """A page of entities as links, and a button for the next one."""
    listed = [link_entity(graph, row["id"], row["name"],
                          " · ".join(filter(None, (_spell(row["kind"]), row["sector"]))))
              for row in rows]  # fmt: skip
    said = f"{total - more:,} of {total:,}. " if more else f"{total:,} in all."
    pairs = [*leave_out(parse_qsl(query), "cursor"), ("cursor", cursor or "")]
    button_more = button("More", data_fetch=address(graph, "/page/entities", pairs))
    return tag("div", tag("ul", listed, class_="ends"),
               tag("div", said, button_more if more else None, class_="hint"))  # fmt: skip


def render_suggestions(rows: Sequence[Mapping[str, Any]], total: int) -> Html:
    """Entities as options to choose from."""
    options = [
        tag("li", name(row["name"]), tag("small", f"{_spell(row['kind'])} · ", name(row["id"])),
            role="option", data_id=row["id"], data_name=row["name"])
        for row in rows
    ]  # fmt: skip
    more = total - len(rows)
    said = f"{more:,} more match; type on to narrow." if more else ""
    return tag("ul", options, data_said=said if total else "No name or id fits.")


def _spell(kind: str) -> str:
    return kind.replace("_", " ")


def render_entity(
    detail: Mapping[str, Any], graph: str, query: str, origins: Sequence[str]
) -> Html:
    """One entity: what it is, what can be done, why it is hit, its groups, what takes it down, and
    both lists of its dependencies. query: what was asked, as in an address; origins: their ids."""
    one, pairs = detail["entity"], leave_out(read_pairs(query), "id", *VIEW)
    parent = one["parent"] and f"part of {one['parent']}"
    about = (_spell(one["kind"]), one["sector"], one["country"], parent)
    target, fails = ("target", one["id"]), one["id"] in origins
    causes = [
        target,
        *((k, v) for k, v in pairs if k in _CAUSES),
        ("order", "2"),
        ("top", str(_ENDS)),
    ]
    why: Child = render_later(address(graph, "/page/why", [*pairs, target])) if origins else None
    return tag(
        "div", tag("h2", name(one["name"], one["id"]), tabindex="-1"),
        tag("p", " · ".join(filter(None, about)), tag("br"), name(one["id"]), class_="hint"),
        tag("div", *_render_actions(fails), tag("span", role="status", class_="hint"),
            class_="actions"),
        tag("div", tag("p", "It fails: here the question begins.") if fails else why, id="why"),
        _render_groups(detail["dependencies"]["rows"]),
        tag("details", tag("summary", "Single points of failure"),
            render_later(address(graph, "/page/cuts", causes), id="cuts")),
        _render_ends("What it needs", detail["dependencies"]),
        _render_ends("Who needs it", detail["dependents"]), _render_columns(one),
        data_id=one["id"], data_name=one["name"],
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
