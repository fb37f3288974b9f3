"""The answer of any verb as a panel of the page: headline, sentences, rows, notes."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from knockon.api.markup.build import (
    Child,
    Html,
    entity,
    items,
    name,
    scroll,
    table,
    tag,
)
from knockon.api.markup.menu import (
    Pairs,
    address,
    leave_out,
    link,
    read_pairs,
    render_menu,
    render_picture,
)
from knockon.api.schema import serialize_answer
from knockon.api.text.cells import make_column
from knockon.api.text.columns import Column
from knockon.api.text.layouts import LAYOUTS, list_all
from knockon.graph.analysis.answer import Answer
from knockon.graph.errors import clip
from knockon.graph.maps.text import clean
from knockon.graph.scenario.questions import Question, find_question
from knockon.graph.words import between, chance, percent, relation_name

_CARD = 6  # entities on a card of the start


_SAVE = {"why": "Save the why", "cuts": "Save the cut sets", "compare": "Save the comparison",
         "harden": "Save the plan"}  # fmt: skip


def render_answer(
    answer: Answer, graph: str, query: str, *, top: int | None, carried: Sequence[str] = ()
) -> Html:
    """The first `top` rows (all: None), a picture where it has one, and what can be taken away.

    graph, query: what was asked, as in an address
    """
    rows = answer.rows if top is None else answer.rows.head(top)
    question, pairs = find_question(answer.verb), read_pairs(query)
    more = answer.rows.height - rows.height
    if answer.verb == "why":
        body: Child = _render_ways(serialize_answer(answer, top=top))
    else:
        body = scroll(answer.headline, _render_rows(answer, rows, carried)) if rows.height else None
    notes = [note for note in dict.fromkeys(answer.notes) if not note.startswith("asked")]
    drawn = later = None
    if question.picture:
        at = address(graph, f"/{answer.verb}.svg", pairs)
        drawn = render_picture(at, answer.headline)
        if answer.verb in ("why", "harden"):  # the words say as much: it is drawn when wanted
            drawn, later = None, tag("details", tag("summary", "As a map"), drawn)
    forms = ("svg", "csv", "md") if question.picture else ("csv", "md")
    menu = render_menu(graph, f"/{answer.verb}", pairs, _SAVE.get(answer.verb, "Save"),
                       forms=forms, rows=answer.rows.height)  # fmt: skip
    return tag(
        "div", tag("h3", answer.headline), tag("p", answer.question, class_="hint"), drawn,
        items(answer.beside.get("sentences", ())), body,
        tag("p", f"{more:,} more rows: in the CSV.", class_="hint") if more else None,
        tag("details", tag("summary", f"Notes ({len(notes):,})"), items(notes), open=len(notes) < 4)
        if notes else None,
        later, tag("p", menu, " ", _swap(question, graph, pairs)), data_headline=answer.headline,
    )  # fmt: skip


def _swap(question: Question, graph: str, pairs: Pairs) -> Html | None:
    """The same by groups of companies, or each by itself again."""
    if not any(field.name == "by" for field in question.fields) or question.origins != "none":
        return None
    rest, grouped = leave_out(pairs, "by"), ("by", "parent") in pairs
    asked = [("ask", question.name), *rest, *([] if grouped else [("by", "parent")])]
    words = "each by itself" if grouped else "by groups of companies"
    return tag("a", f"Count {words}", href=link(graph, asked))


def _render_rows(answer: Answer, rows: pl.DataFrame, carried: Sequence[str]) -> Html:
    layout = LAYOUTS.get(answer.verb, list_all)
    listed = [*layout(answer, rows.drop(carried)), *(make_column(rows, c) for c in carried)]
    columns = [column for column in listed if any(column.cells)]
    heads = [(c.heading.replace("\n", " "), "number" if c.right else "wide" if c.folds else "")
             for c in columns]  # fmt: skip
    return table(heads, zip(*(_link(column, rows) for column in columns), strict=True))


def _link(column: Column, rows: pl.DataFrame) -> list[Child]:
    """The cells; names open their entities."""
    if column.heading.startswith("change"):
        return [_mark_move(said) for said in column.cells]
    names = rows["name"].to_list() if "name" in rows.columns and "id" in rows.columns else []
    if not names or column.cells != [clean(str(n or ""), 120) for n in names]:
        return [*column.cells]
    return [
        said if identifier is None else entity(identifier, said)
        for identifier, said in zip(rows["id"], column.cells, strict=True)
    ]


def _mark_move(said: str) -> Child:
    """A change with its direction, which no colour alone tells."""
    if said == "none":
        return said
    worse = said.startswith("+")
    return tag("span", f"{'▲' if worse else '▼'} {said}", class_="worse" if worse else "better")


def _render_ways(answer: Mapping[str, Any]) -> list[Html]:
    """Each route, step by step, with what each step rests on."""
    names = answer["entities"]

    def call(identifier: str) -> Html:
        return name(clip(names.get(identifier, identifier)), identifier)

    def step(one: Mapping[str, Any]) -> list[Child]:
        ends = one["strength_low"], one["strength"], one["strength_high"]
        source = one["strength_source"]
        rests = [f"strength {chance(*ends)}", "nobody stated it" if source == "none" else source,
                 one["source"], one["evidence"]]  # fmt: skip
        return [call(one["dependent"]), f" {relation_name(one['relation'])} ",
                call(one["provider"]), tag("small", " · ".join(filter(None, rests)))]  # fmt: skip

    def lost(one: Mapping[str, Any]) -> list[Child]:
        members = ", ".join(clip(names.get(i, i)) for i in one["lost"])
        of = f" needs {one['needs']} of {clip(one['group'])}; lost: {members}"
        return [call(one["dependent"]), of]

    ways = []
    for place, row in enumerate(answer["rows"]):
        seen = "" if row["share"] is None else f", seen in {percent(row['share'])} of worlds"
        many = "1 step" if len(row["steps"]) == 1 else f"{len(row['steps'])} steps"
        steps = [tag("li", said) for said in (*map(step, row["steps"]), *map(lost, row["groups"]))]
        summary = tag("summary", f"Way {place + 1}, {many}{seen}")
        ways.append(tag("details", summary, tag("ol", steps, class_="steps"), open=place == 0))
    return ways


def render_card(answer: Answer, graph: str) -> Html:
    """The first of a ranking, or who carries most, as links that ask at once."""
    rows = answer.rows
    if answer.verb == "concentration":
        first = rows.filter(pl.col("id").is_not_null()).sort("users_all", descending=True)
        listed = [
            (row, f"{row['users_all']:,} users, {relation_name(row['relation'])}")
            for row in first.unique("id", maintain_order=True).iter_rows(named=True)
        ]
    else:
        listed = [(row, f"{between(row['hit_low'], row['hit_high'])} hit")
                  for row in rows.filter(pl.col("hit_high") > 0).iter_rows(named=True)]  # fmt: skip
    links = [link_entity(graph, row["id"], row["name"], said) for row, said in listed[:_CARD]]
    return tag("ol", links or tag("li", "Nothing."))


def link_entity(graph: str, identifier: str, called: str, figure: str) -> Html:
    """An entity with a figure; the link asks what its failure does."""
    at = link(graph, [("origin", identifier)])
    return tag("li", tag("a", name(called, identifier), href=at), tag("small", figure))
