"""XML is read behind limits; what would harm is refused with its line."""

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.parsing import safe_xml
from knockon.loaders.parsing.safe_xml import parse_xml


def test_elements_keep_namespace_line_and_text() -> None:
    """A tree knows the namespace of each name, and where it stands."""
    root = parse_xml(b'<a xmlns="urn:x">\n<b k="v">one &amp; two</b><b/></a>', "a.xml")
    assert root.tag == "{urn:x}a"
    assert [(b.local, b.line, b.text) for b in root.all("b")] == [
        ("b", 2, "one & two"),
        ("b", 2, ""),
    ]
    assert root.all("b")[0].attributes == {"k": "v"}
    assert [e.local for e in root.walk()] == ["a", "b", "b"]
    assert (root.text_of("b"), root.text_of("c")) == ("one & two", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "a.xml:1: a document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&x;</a>', "a.xml:1: entities are not read"),
        ("<a>\n<b></a>", "a.xml:2: not readable as XML: mismatched tag"),
        ("", "a.xml:1: not readable as XML: no element found"),
        ("<a>" * 300, "nested deeper than 256"),
        ('<?xml version="1.0" encoding="martian"?><a/>', "not readable as XML"),
    ],
)
def test_what_harms_is_refused(text: str, message: str) -> None:
    """Entities, depth and damage are one InputError."""
    with pytest.raises(InputError) as caught:
        parse_xml(text.encode(), "a.xml")
    assert message in str(caught.value)


def test_elements_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """More elements than memory should hold are refused."""
    monkeypatch.setattr(safe_xml, "MAX_ELEMENTS", 3)
    with pytest.raises(InputError, match="more than 3 elements"):
        parse_xml(b"<a><b/><b/><b/></a>", "a.xml")
