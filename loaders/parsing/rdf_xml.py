"""RDF/XML as statements, read over safe_xml (W3C RDF 1.1 XML Syntax, section 7).

Enough for documents that tools write: node elements, property elements with text, a resource or a
node inside, property attributes, rdf:about, rdf:ID, rdf:nodeID, parseType Resource and Collection.
What rdf:bagID and reification add is left out: they state nothing about the things themselves.
"""

from collections.abc import Iterator
from typing import NamedTuple

from knockon.loaders.parsing.safe_xml import Element

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML = "{http://www.w3.org/XML/1998/namespace}"
TYPE = f"{RDF}type"
_SYNTAX = {RDF + word for word in ("about", "ID", "nodeID", "resource", "parseType", "datatype")}


class Statement(NamedTuple):
    """`subject predicate value`; the value is the name of a node or a text; `line` in the file."""

    subject: str
    predicate: str
    value: str
    is_node: bool
    line: int


def walk_statements(root: Element) -> Iterator[Statement]:
    """The statements below `rdf:RDF`, or below a single node, in the order of the document.

    Predicates and types are `{namespace}local`, nodes their address, `_:name` without one.
    """
    return _Reader(root.attributes.get(f"{XML}base", "")).read(root)


class _Reader:
    def __init__(self, base: str) -> None:
        self._base = base
        self._blank = 0

    def read(self, root: Element) -> Iterator[Statement]:
        for node in root.children if root.tag == f"{RDF}RDF" else [root]:
            yield from self._read_node(node, self._name_of(node))

    def _name_of(self, node: Element) -> str:
        """The address of a node element; a new name where it has none."""
        attributes = node.attributes
        if f"{RDF}about" in attributes:
            return self._resolve(attributes[f"{RDF}about"])
        if f"{RDF}ID" in attributes:
            return self._resolve("#" + attributes[f"{RDF}ID"])
        if f"{RDF}nodeID" in attributes:
            return f"_:{attributes[f'{RDF}nodeID']}"
        self._blank += 1
        return f"_: {self._blank}"  # the blank keeps it apart from every rdf:nodeID

    def _resolve(self, address: str) -> str:
        if address and not address.startswith("#"):
            return address
        return self._base.partition("#")[0] + address

    def _read_node(self, node: Element, name: str) -> Iterator[Statement]:
        if node.tag != f"{RDF}Description":
            yield Statement(name, TYPE, node.tag, True, node.line)
        for key, value in node.attributes.items():
            if key not in _SYNTAX and not key.startswith(XML):
                is_type = key == TYPE
                yield Statement(
                    name, key, _make_tag(value) if is_type else value, is_type, node.line
                )
        for child in node.children:
            yield from self._read_property(name, child)

    def _read_property(self, subject: str, element: Element) -> Iterator[Statement]:
        attributes, line = element.attributes, element.line
        predicate, how = element.tag, element.attributes.get(f"{RDF}parseType")
        if f"{RDF}resource" in attributes:
            address = self._resolve(attributes[f"{RDF}resource"])
            value = _make_tag(address) if predicate == TYPE else address
            yield Statement(subject, predicate, value, True, line)
        elif f"{RDF}nodeID" in attributes:
            yield Statement(subject, predicate, f"_:{attributes[f'{RDF}nodeID']}", True, line)
        elif how == "Resource":
            inner = self._name_of(element)
            yield Statement(subject, predicate, inner, True, line)
            for child in element.children:
                yield from self._read_property(inner, child)
        elif element.children and how != "Literal":
            for node in element.children:
                name = self._name_of(node)
                yield Statement(subject, predicate, name, True, node.line)
                yield from self._read_node(node, name)
        else:
            yield Statement(subject, predicate, element.text, False, line)


def _make_tag(address: str) -> str:
    """The address of a class as `{namespace}local`."""
    cut = max(address.rfind("#"), address.rfind("/")) + 1
    return f"{{{address[:cut]}}}{address[cut:]}"
