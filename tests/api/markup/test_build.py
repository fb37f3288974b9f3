"""Markup is built from text, and a text is never markup."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from knockon.api.markup.build import Html, entity, join, name, table, tag


class Reader(HTMLParser):
    """What a parser of its own finds in markup: elements, their attributes, texts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[object] = []

    def handle_starttag(self, element: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((element, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def read(markup: str) -> list[object]:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader.found


@given(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    """In an attribute and as content; it adds no element."""
    found = read(entity(text, text))
    elements = [one for one in found if isinstance(one, tuple)]
    assert [element for element, _ in elements] == ["button", "bdi"]
    assert elements[0][1]["data-entity"] == text
    assert elements[1][1]["title"] == text
    assert "".join(one for one in found if isinstance(one, str)) == text


def test_what_was_built_is_not_escaped_again() -> None:
    assert tag("p", tag("b", "<"), None, ["&", Html("<i>x</i>")]) == (
        "<p><b>&lt;</b>&amp;<i>x</i></p>"
    )
    assert tag("input", type="text", hidden=True, id=None, aria_label="a\rb") == (
        '<input type="text" hidden aria-label="a&#13;b">'
    )
    assert join(None) == ""
    assert name("x") == '<bdi class="name" title="x">x</bdi>'


def test_the_first_cell_of_a_row_is_its_head() -> None:
    made = read(table([("who", ""), ("many", "number")], [["a", "1"]]))
    assert [one[0] for one in made if isinstance(one, tuple)] == [
        "table", "thead", "tr", "th", "th", "tbody", "tr", "th", "td",
    ]  # fmt: skip
    assert ("td", {"class": "number"}) in made
