"""RDF/XML: the same statements that rdflib reads."""

import pytest
from rdflib import BNode, Graph
from rdflib.compare import isomorphic

from knockon.loaders.parsing.rdf_xml import RDF, walk_statements
from knockon.loaders.parsing.safe_xml import parse_xml

HEAD = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/#" '
    'xml:base="http://base/doc">'
)
CASES = {
    "text and resource": '<e:A rdf:about="http://x#1"><e:n>t</e:n><e:r rdf:resource="#2"/></e:A>',
    "nested nodes": '<e:A rdf:about="#1"><e:r><e:B rdf:about="#2"><e:n>t</e:n></e:B></e:r></e:A>',
    "blank nodes": "<e:A><e:r><e:B><e:n>t</e:n></e:B></e:r><e:r><e:B/></e:r></e:A>",
    "named blank nodes": '<e:A rdf:nodeID="n"><e:r rdf:nodeID="m"/></e:A><e:B rdf:nodeID="m"/>',
    "a description": (
        '<rdf:Description rdf:about="#1"><rdf:type rdf:resource="http://e/#A"/></rdf:Description>'
    ),
    "property attributes": '<e:A rdf:ID="a1" e:n="t"/>',
    "a resource": '<e:A rdf:about="#1"><e:r rdf:parseType="Resource"><e:n>t</e:n></e:r></e:A>',
    "empty text": '<e:A rdf:about="#1"><e:n/></e:A>',
}


def read(text: str) -> Graph:
    """The statements of our reader as an rdflib graph."""
    from rdflib import Literal, URIRef

    def address(name: str) -> URIRef | BNode:
        if name.startswith("_:"):
            return BNode(name.replace("_: ", "anon").replace("_:", "named"))
        return URIRef(name.replace("{", "").replace("}", ""))

    graph = Graph()
    for one in walk_statements(parse_xml(text.encode(), "a.rdf")):
        value = address(one.value) if one.is_node else Literal(one.value)
        graph.add((address(one.subject), address(one.predicate), value))
    return graph


@pytest.mark.parametrize("name", sorted(CASES))
def test_statements_are_those_of_rdflib(name: str) -> None:
    """Up to the names of nodes without an address."""
    text = f"{HEAD}{CASES[name]}</rdf:RDF>"
    assert isomorphic(read(text), Graph().parse(data=text, format="xml"))


def test_lines_of_statements() -> None:
    """Each statement knows the line of its element."""
    text = f"{HEAD}\n<e:A>\n<e:n>t</e:n>\n</e:A></rdf:RDF>"
    found = list(walk_statements(parse_xml(text.encode(), "a.rdf")))
    assert [(s.predicate, s.line) for s in found] == [(f"{RDF}type", 2), ("{http://e/#}n", 3)]
