"""The doors say of every field what the table says: command line, REST, OpenAPI, page."""

import re
from html.parser import HTMLParser
from importlib.resources import files

import click
import pytest
from fastapi.testclient import TestClient

from knockon.api.cli.verbs import cli
from knockon.api.rest.app import create_app
from knockon.api.rest.fields import Checked
from knockon.api.rest.page import write_fields
from knockon.graph.scenario.field import Field
from knockon.graph.scenario.fields import FIELDS, LOOK, VIEW, find_field
from knockon.graph.scenario.kinds import ENTITIES, FLAG, NUMBER, ORIGINS, WHOLE
from tests.api.rest.rest_toys import market

REMOTE = [f for f in (*FIELDS, *VIEW, *LOOK) if f.remote]
ON_PAGE = [f for f in (*FIELDS, *VIEW) if f.form is not None]
EACH_REMOTE = pytest.mark.parametrize("field", REMOTE, ids=lambda f: f.name)
EACH_ON_PAGE = pytest.mark.parametrize("field", ON_PAGE, ids=lambda f: f.name)


@pytest.fixture(scope="module")
def document():
    return TestClient(create_app({"market": market()})).get("/v1/openapi.json").json()


class Form(HTMLParser):
    """The inputs and selects of a page by id, the labels by what they are for, and options.

    Radio buttons are the options of their fieldset.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.controls: dict[str, dict] = {}
        self.labels: set[str] = set()
        self.options: dict[str, list[str]] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        radio = found.get("type") == "radio"
        if tag in ("input", "select", "fieldset") and not radio:
            self.controls[found["id"]] = found
        if tag == "label" and "for" in found:
            self.labels.add(found["for"])
        if tag in ("select", "fieldset"):
            self._select = found["id"]
        if tag == "legend":
            self.labels.add(self._select)
        if tag == "option" or radio:
            self.options.setdefault(self._select, []).append(found["value"])


@pytest.fixture(scope="module")
def form():
    page = files("knockon.api").joinpath("page", "index.html").read_text(encoding="utf-8")
    written = write_fields(page)
    assert "<!-- fields" not in written
    return Form(written)


@pytest.mark.parametrize("verb", ["whatif", "map"])
def test_every_field_is_an_option_of_the_command(verb: str) -> None:
    """With its help, its bounds and its default; what fails is the argument ENTITY."""
    options = {p.name: p for p in cli.commands[verb].params if isinstance(p, click.Option)}
    for field in FIELDS:
        if field.kind is ORIGINS:
            continue
        option = options[field.name]
        assert (option.help or "").startswith(field.help)
        assert (option.metavar or "") == (field.metavar or field.kind.metavar)
        assert option.default == field.default
        if field.kind not in (ENTITIES, FLAG):
            assert (option.help or "").endswith(f"[{field.note}]")


@EACH_REMOTE
def test_every_remote_field_is_a_parameter_and_a_key(document: dict, field: Field) -> None:
    """In the order of the table, with its words, its bounds and its default."""
    parameters = document["paths"]["/v1/graphs/{graph}/whatif"]["get"]["parameters"]
    body = document["components"]["schemas"]["WhatifBody"]["properties"]
    rows = ["find", "sector", "sort", "cursor"]  # which rows of the answer
    assert [p["name"] for p in parameters[1:]] == [*(f.parameter for f in REMOTE), *rows]
    assert [*body] == [*(f.name for f in REMOTE), "exact", *rows]
    (parameter,) = (p for p in parameters if p["name"] == field.parameter)
    for words in (parameter["description"], body[field.name]["description"]):
        assert words.startswith(field.help)
    if field.default is not None:
        default = [] if field.default == () else field.default
        assert parameter["schema"]["default"] == body[field.name]["default"] == default
    if field.kind in (NUMBER, WHOLE):
        bounds = field.limit().bounds
        schema = body[field.name].get("anyOf", [body[field.name]])[0]
        ends = {k: v for k, v in schema.items() if k.lower().endswith("imum")}
        assert set(ends.values()) == {bounds.low, bounds.high}
        assert ("exclusiveMinimum" in ends, "exclusiveMaximum" in ends) == (
            bounds.above, bounds.below
        )  # fmt: skip


def test_what_may_not_come_from_elsewhere_is_no_key(document: dict) -> None:
    """Memory is the server's, and rules are its files'."""
    body = document["components"]["schemas"]["WhatifBody"]["properties"]
    assert not {f.name for f in FIELDS if not f.remote} & set(body)


@pytest.mark.parametrize("name", ["hours", "rollout", "halt", "worlds", "precision"])
def test_nothing_at_all_is_null_in_a_query_string(name: str) -> None:
    """As forms send it."""
    assert Checked(find_field(name), text=True).check("") is None


@EACH_ON_PAGE
def test_every_field_with_a_form_is_on_the_page(form: Form, field: Field) -> None:
    """Under its label, with bounds, steps and default of the table."""
    name = field.parameter
    if field.kind in (ENTITIES, ORIGINS):
        assert form.controls[f"{name}-text"]["placeholder"] == field.form.example
        assert f"{name}-text" in form.labels
        return
    control = form.controls[name]
    assert name in form.labels
    assert control["data-field"] == name
    if field.kind in (NUMBER, WHOLE):
        bounds = field.limit().bounds
        assert float(control["min"]) == bounds.low
        assert float(control["max"]) == bounds.high
        assert control["step"] == ("any" if field.kind is NUMBER else "1")
    if field.kind is FLAG:
        assert form.options[name] == ["false", "true"]
        assert control["data-default"] == str(field.default).lower()
    elif field.choices:
        assert form.options[name] == field.words
        assert control["data-default"] == (field.default or field.words[0])
    elif not field.form.example:
        assert control["placeholder"] == str(field.default)


def test_the_page_has_no_other_field(form: Form) -> None:
    """But the choice of the graph, the filter of the list, the token, how much may be mended, and a
    slider beside some numbers."""
    lists = (ENTITIES, ORIGINS)
    fields = {f.parameter + ("-text" if f.kind in lists else "") for f in ON_PAGE}
    own = {"graph", "find", "token-text", "budget"}
    sliders = {f"{name}-slide" for name in ("hours", "halt", "assume")}
    assert set(form.controls) == {*own, *sliders, *fields}


def test_no_script_of_the_page_names_a_field_that_it_could_read_from_the_form() -> None:
    """`origin` and `protect` have a meaning of their own there, a draft has few worlds, and what
    would help is asked without columns and rows of the answer; the rest follows the table."""
    script = files("knockon.api").joinpath("page", "app.js").read_text(encoding="utf-8")
    quoted = set(re.findall(r'"#?(\w+)"', script))
    assert {f.name for f in ON_PAGE} & quoted <= {"protect", "worlds", "columns", "where"}
