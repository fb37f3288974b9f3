"""XML files as plain trees, read by libexpat behind stated limits.

A document type, entities and references to other files are refused (CWE-611, CWE-776), and so is
what would exhaust memory: depth, size, number of elements. Names are `{namespace}local`, as in
`xml.etree`; each element knows its line.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from knockon.graph.errors import InputError, clip

MAX_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 256
MAX_ELEMENTS = 10_000_000


@dataclass(slots=True)
class Element:
    """An element: `tag`, `attributes`, its own text without that of its children, its line."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.tag.rpartition("}")[2]

    def all(self, *locals_: str) -> list["Element"]:
        """The children with one of these local names."""
        return [c for c in self.children if c.local in locals_]

    def first(self, local: str) -> "Element | None":
        return next((c for c in self.children if c.local == local), None)

    def text_of(self, local: str) -> str:
        """The text of the first child with this local name, stripped; empty where there is none."""
        child = self.first(local)
        return child.text.strip() if child is not None else ""

    def walk(self) -> Iterator["Element"]:
        """This element and all below it, in the order of the document."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


def parse_xml(data: bytes, name: str) -> Element:
    """The root of XML text; `name` is what messages call it.

    Raises InputError with the line of what is not allowed.
    """
    return _Builder(name).parse(data)


class _Builder:
    def __init__(self, name: str) -> None:
        self._name = name
        self._top = Element("", {}, 0)
        self._open = [self._top]
        self._count = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add_text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_entity

    def parse(self, data: bytes) -> Element:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            what = expat.errors.messages[error.code]
            raise InputError(f"{self._name}:{error.lineno}: not readable as XML: {what}") from None
        except (LookupError, ValueError) as error:  # an encoding that Python does not know
            raise InputError(f"{self._name}: not readable as XML: {clip(str(error))}") from None
        return self._top.children[0]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > MAX_DEPTH:
            raise self._make_fault(f"elements nested deeper than {MAX_DEPTH}")
        if self._count > MAX_ELEMENTS:
            raise self._make_fault(f"more than {MAX_ELEMENTS:,} elements")
        named = {_write_curly(key): value for key, value in attributes.items()}
        element = Element(_write_curly(tag), named, self._parser.CurrentLineNumber)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _add_text(self, text: str) -> None:
        self._open[-1].text += text

    def _refuse_doctype(
        self, name: str, system: str | None, public: str | None, inner: bool
    ) -> None:
        if inner:
            raise self._make_fault("a document type with declarations of its own is not read")

    def _refuse_entity(self, *declared: object) -> None:
        raise self._make_fault("entities are not read")

    def _make_fault(self, what: str) -> InputError:
        return InputError(f"{self._name}:{self._parser.CurrentLineNumber}: {what}")


def _write_curly(name: str) -> str:
    return "{" + name if "}" in name else name
