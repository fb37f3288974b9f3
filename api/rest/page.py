"""The web page: its files as they are, and the fields of its form written in from the table.

Where `index.html` says `<!-- fields: ... -->`, fields follow: those that are named, or those of a
section that stand nowhere by their own name. What a field looks like depends on its kind.
"""

import gzip
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from html import escape
from importlib.resources import files

from fastapi import FastAPI, Request, Response

from knockon.api.rest.http import reply
from knockon.api.rest.tokens import Token
from knockon.api.service.served import JOINT
from knockon.api.service.service import Service
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.field import Field, Form, Kind
from knockon.graph.scenario.fields import FIELDS, VIEW
from knockon.graph.scenario.kinds import ENTITIES, FLAG, NUMBER, ORIGINS, STRENGTHS, WHOLE
from knockon.graph.scenario.questions import QUESTIONS

_POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_SAVE = '<button type="button" id="save">Save</button>'
_SAVED = (
    '<section class="card"><h3>Saved answers</h3><p class="hint">Kept by the server, as they were.'
    '</p><div id="card-saved"></div></section>'
)
_LISTS = (ENTITIES, ORIGINS)
_HOURS = (0.5, 1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 96, 120, 168, 240, 336, 504, 720)
_SLIDES = {  # steps as texts of the field (-: nothing), unit, the field that it needs
    "assume": ([f"{step / 20:g}" for step in range(21)], "", ""),
    "hours": (["-", *(f"{hours:g}" for hours in _HOURS)], "hours", ""),
    "halt": ([*(str(hour) for hour in range(49)), "-"], "hours", "rollout"),
}


def add_page(
    app: FastAPI, service: Service, *, keeps: bool = False, tokens: Sequence[Token] = ()
) -> None:  # fmt: skip
    """The files of the page, read once, each at its own address; index.html at `/`.

    keeps: the server saves answers; tokens: where one is for some graphs only, the page, which
    everybody may open, names none
    """
    for file in sorted(files("knockon.api").joinpath("page").iterdir(), key=lambda f: f.name):
        suffix = "." + file.name.rpartition(".")[2]
        if suffix in _TYPES:
            content = file.read_bytes()
            handler = _serve_file(content, _TYPES[suffix])
            if file.name == "index.html":
                text = write_fields(content.decode())
                text = text.replace("<!-- save -->", _SAVE if keeps else "")
                text = text.replace("<!-- saved -->", _SAVED if keeps else "")
                handler = _serve_index(text, service, tokens)
            path = "/" if file.name == "index.html" else f"/{file.name}"
            app.add_api_route(path, handler, include_in_schema=False, response_class=Response)


def _serve_index(
    text: str, service: Service, tokens: Sequence[Token]
) -> Callable[..., Response]:  # fmt: skip
    """The page with the graphs that are served now."""

    def serve(request: Request) -> Response:
        hidden = any(token.graphs is not None for token in tokens)
        graphs = {} if hidden else service.served.graphs
        asked = request.query_params.get("graph", "")
        page = text.replace("<!-- graphs -->", _write_graphs(graphs, asked))
        return reply(request, "text/html", page, negotiated=False, headers=_HEADERS)

    return serve


def _serve_file(content: bytes, media: str) -> Callable[..., Response]:
    """A file with its policy; packed once, for who takes gzip."""
    packed = gzip.compress(content, 9, mtime=0)
    policy = {**_HEADERS, "Vary": "Accept-Encoding"}

    def serve(request: Request) -> Response:
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return reply(request, media, content, negotiated=False, headers=policy)
        headers = {**policy, "Content-Encoding": "gzip"}
        return reply(request, media, packed, negotiated=False, headers=headers)

    return serve


def write_fields(page: str) -> str:
    """The page with its fields where it asks for them. Raises KeyError for one it does not have."""
    page = page.replace("<!-- questions -->", _write_questions())
    places = r"<!-- fields: ([\w ]+) -->"
    named = {name for words in re.findall(places, page) for name in words.split()}
    return re.sub(places, lambda found: _write_several(found[1], named), page)


def _write_graphs(graphs: Mapping[str, DependencyGraph], asked: str) -> str:
    """An option for each graph, those of one title told apart by their names; and for what the
    address asks for, which may be several that are joined, or nothing that is known."""
    titles = [graph.title for graph in graphs.values()]
    options = {
        name: f"{graph.title} ({name})" if titles.count(graph.title) > 1 else graph.title
        for name, graph in graphs.items()
    }
    parts = asked.split(JOINT)
    if asked and asked not in options:
        options[asked] = " + ".join(options.get(part, f"{part}?") for part in parts)
    return "".join(
        f'<option value="{escape(name)}">{escape(title)}</option>'
        for name, title in options.items()
    )


def _write_questions() -> str:
    """A button for each verb that needs nobody to fail."""
    about_all = [q for q in QUESTIONS if q.origins == "none" and not q.target and not q.other]
    return "\n".join(
        f'<button type="button" data-verb="{q.name}">{escape(q.summary.partition(":")[0])}</button>'
        for q in about_all
    )


def _write_several(words: str, named: Collection[str]) -> str:
    """The fields of a section, but for those that are named somewhere; or the named ones."""
    shown = {f.name: f for f in (*FIELDS, *VIEW) if f.form is not None}
    section = [f for f in shown.values() if f.form and f.form.section == words]
    several = [f for f in section if f.name not in named] if section else []
    several = several or [shown[name] for name in words.split() if name in shown]
    return "\n".join(_write_field(f, f.form) for f in several if f.form is not None)


def _write_field(field: Field, form: Form) -> str:
    """A field in HTML: label, input, hint. Its id is its name in a query string."""
    name, label = field.parameter, escape(form.label)
    default = escape("" if field.default in (None, ()) else str(field.default))
    if field.kind is STRENGTHS:
        default = field.words[0]
    if field.kind in _LISTS:
        chosen = escape(form.label.partition(",")[0])
        return (
            f'<div class="field picker" id="{name}" data-list="{name}">\n'
            f'<label for="{name}-text">{label}</label>\n'
            f'<ul class="chips" aria-label="{chosen}, chosen"></ul>\n'
            f'<div class="combo"><input id="{name}-text" type="text" role="combobox" '
            f'aria-autocomplete="list" aria-expanded="false" aria-controls="{name}-list" '
            f'placeholder="{escape(form.example)}" spellcheck="false">\n'
            f'<ul class="suggestions" role="listbox" id="{name}-list" aria-label="Suggestions" '
            'hidden></ul></div>\n<p class="hint" role="status"></p>\n</div>'
        )
    if field.choices and not form.section:
        return _write_radios(field, label)
    named = [(word, _describe_choice(word, meaning)) for word, meaning in field.choices]
    if field.kind is FLAG:
        named, default = [("false", "No"), ("true", "Yes")], default.lower()
    known = f'id="{name}" data-field="{name}" data-default="{default}"'
    if named:
        options = (f'<option value="{escape(w)}">{escape(said)}</option>' for w, said in named)
        control = "\n".join([f"<select {known}>", *options, "</select>"])
        return f'<div class="field">\n<label for="{name}">{label}</label>\n{control}\n</div>'
    hint = described = ""
    if form.hint:
        described = f' aria-describedby="{name}-hint"'
        hint = f'<p id="{name}-hint" class="hint">{escape(form.hint)}</p>\n'
    control = (
        f"<input {known} {_describe_input(field)} "
        f'placeholder="{escape(form.example) or default}"{described}>'
    ) + _write_slider(name, label)
    return f'<div class="field">\n<label for="{name}">{label}</label>\n{control}\n{hint}</div>'


def _write_slider(name: str, label: str) -> str:
    """A slider beside a field that one wants to play with; the field stays the truth."""
    if name not in _SLIDES:
        return ""
    steps, unit, needs = _SLIDES[name]
    needed = f' data-needs="{needs}"' if needs else ""
    return (
        f'<label class="sr" for="{name}-slide">{label}, slider</label>'
        f'<input type="range" id="{name}-slide" min="0" max="{len(steps) - 1}" '
        f'data-slides="{name}" data-steps="{" ".join(steps)}" data-unit="{unit}"{needed}>'
    )


def _write_radios(field: Field, label: str) -> str:
    """A choice of few as buttons, each with its sentence."""
    name, default = field.parameter, escape(str(field.default))
    buttons = (
        f'<label class="choice"><input type="radio" name="{name}" value="{escape(word)}"'
        f"{' checked' if word == field.default else ''}>"
        f"<span><b>{escape(_describe_choice(word, ''))}</b> "
        f"<small>{escape(meaning)}</small></span></label>"
        for word, meaning in field.choices
    )
    head = f'<fieldset id="{name}" data-field="{name}" data-default="{default}">'
    return "\n".join([head, f"<legend>{label}</legend>", *buttons, "</fieldset>"])


def _describe_choice(word: str, meaning: str) -> str:
    """`Bad update: it breaks what runs it`."""
    spoken = word.replace("_", " ").capitalize()
    return f"{spoken}: {meaning}" if meaning else spoken


def _describe_input(field: Field) -> str:
    """The type of an input, with the bounds and steps of numbers."""
    steps: dict[Kind, str] = {NUMBER: "any", WHOLE: "1"}
    if field.kind not in steps:
        return 'type="text" spellcheck="false"'
    bounds = field.limit().bounds
    ends = {"min": bounds.low, "max": bounds.high}
    within = "".join(f' {k}="{v:.17g}"' for k, v in ends.items() if math.isfinite(v))
    return f'type="number"{within} step="{steps[field.kind]}"'
