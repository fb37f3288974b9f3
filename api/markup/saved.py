"""Saved answers as the page shows them: the list of them, and one as it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from knockon.api.markup.build import Html, items, join, name, tag
from knockon.api.markup.menu import link, render_file, render_picture


def render_saved(graph: str, rows: Sequence[Mapping[str, Any]]) -> Html:
    """The latest, each with when and by whom."""
    listed = [
        [tag("a", name(row["title"]), href=link(graph, [("saved", row["id"])])),
         tag("small", f"{row['created']}, by {row['who']}")]
        for row in rows
    ]  # fmt: skip
    return join(items(listed) or tag("p", "None yet.", class_="hint"))


def render_kept(saved: Mapping[str, Any], told: Mapping[str, Any]) -> Html:
    """One as it was: its picture, its notes, what it came from, and its files."""
    of = saved["graph"]
    facts = (
        f"{saved['question']} of {of['name']}, version {of['version']}, saved by {saved['who']} on "
        f"{saved['created']}, computed by knockon {saved['program']}, seed {saved['seed']}; "
        f"sha256 {saved['sha256']}"
    )
    drawn = saved["picture"] and render_picture(saved["picture"], saved["title"])
    asked = [("origin", origin["id"]) for origin in told.get("scenario", {}).get("origins", ())]
    again = tag("a", "Ask about it today", href=link(of["name"], asked)) if asked else None
    file = render_file("The answer as it was", saved["result"], f"{saved['id']}.json")
    said = [tag("p", str(told.get(key) or "")) for key in ("assumption", "question")]
    notes = items(str(note) for note in told.get("notes", ()))
    return tag(
        "div", said, drawn, notes, tag("p", facts, class_="hint"),
        tag("p", file, " · ", tag("a", "A page to link to", href=saved["page"]), " · ", again),
        data_headline=saved["title"],
    )  # fmt: skip
