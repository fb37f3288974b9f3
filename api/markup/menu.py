"""What is fetched when it comes into sight, and what can be taken away: addresses of answers."""

import json
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, quote, urlencode

from knockon.api.markup.build import Html, button, items, tag
from knockon.graph.scenario.fields import FIELDS

Pairs = Sequence[tuple[str, str]]
VIEW = ("top", "kind", "columns", "where")  # of the rows of a what-if, not of what fails
_PAGED = ("find", "sector", "sort", "cursor", "top")


def read_pairs(query: str) -> list[tuple[str, str]]:
    """What is asked, as it stands in an address, without the page of its rows."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return [(key, value) for key, value in pairs if key not in _PAGED]


def leave_out(pairs: Iterable[tuple[str, str]], *keys: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in pairs if key not in keys]


def build_comparison(before: Pairs, after: Pairs) -> list[tuple[str, str]]:
    """As `compare` is asked: the first question, and each field that is another one in the second.

    What is protected is said of the second anyway: else it would be the first's.
    """
    first, second = leave_out(before, *VIEW), leave_out(after, *VIEW)
    fields = {field.parameter: field for field in FIELDS}
    asked = list(first)
    for key in dict.fromkeys(key for key, _ in (*first, *second) if key in fields):
        was, now = ([value for k, value in pairs if k == key] for pairs in (first, second))
        if key == "protect" or was != now:
            default = fields[key].default
            plain = "null" if default in (None, ()) else str(default)
            many = key in ("origin", "protect")
            said = json.dumps(now) if many else now[0] if now else plain
            asked.append(("after", f"{fields[key].name}={said}"))
    return asked


def address(graph: str, rest: str, pairs: Pairs = ()) -> str:
    """`/v1/graphs/GRAPH/whatif.svg?origin=...`."""
    return f"/v1/graphs/{quote(graph, safe='')}{rest}{'?' if pairs else ''}{urlencode(pairs)}"


def link(graph: str, pairs: Pairs = ()) -> str:
    """The page that asks this."""
    return f"?{urlencode([('graph', graph), *pairs])}"


def render_picture(at: str, label: str, *, wide: bool = False, within: Html | None = None) -> Html:
    """A picture that is drawn when it comes into sight; wide: it zooms."""
    frame = tag("div", within, data_picture=at, data_label=label, data_zoom=wide)
    return frame if wide else tag("div", frame, class_="scroll")


def render_later(at: str, **attributes: object) -> Html:
    """A part that is fetched when it comes into sight."""
    return tag("div", data_load=at, **attributes)


def render_file(text: str, at: str, name: str) -> Html:
    return tag("a", text, href=at, download=name)


def render_menu(
    graph: str, rest: str, pairs: Pairs, label: str, *, forms: Sequence[str] = ("svg", "csv", "md"),
    rows: int | None = None,
) -> Html:  # fmt: skip
    """An answer as files, and as a question for a terminal or a notebook.

    forms: `svg`, `csv`, `md`; rows: how many a CSV of all of them has
    """
    name = f"{graph}{rest.replace('/', '-')}"
    every = [*pairs, ("top", str(rows))] if rows else pairs
    plain = address(graph, rest, pairs)
    offered = {
        "svg": render_file("SVG", address(graph, f"{rest}.svg", pairs), f"{name}.svg"),
        "png": button("PNG", data_png=f"{name}.png"),
        "csv": render_file("CSV, every row", address(graph, f"{rest}.csv", every), f"{name}.csv"),
        "json": render_file("JSON", plain, f"{name}.json"),
        "md": render_file("Markdown, for a ticket", address(graph, f"{rest}.md", pairs),
                          f"{name}.md"),
    }  # fmt: skip
    shown = {*forms, "json", *(["png"] if "svg" in forms else [])}
    files = [file for form, file in offered.items() if form in shown]
    texts = {
        "Copy for curl": f"curl -H 'Accept: application/json' '{{server}}{plain}'",
        "Copy for Python": "import json, urllib.request\n\nwith urllib.request.urlopen"
        f'("{{server}}{plain}") as page:\n    answer = json.load(page)\n',
    }
    copies = [button(words, data_copy=text) for words, text in texts.items()]
    told = tag("p", role="status", class_="hint")
    return tag("details", tag("summary", label), items([*files, *copies]), told, class_="menu")
