"""The JSON of an answer as text: the same values, however many rows there are."""

import json

import pytest

from knockon.api import schema
from knockon.api.schema import dump_whatif, serialize_whatif
from knockon.graph.analysis.whatif import whatif
from tests.toys import dep, graph_of


@pytest.mark.parametrize("top", [None, 2, 0])
def test_many_rows_say_the_same_as_few(monkeypatch: pytest.MonkeyPatch, top: int | None) -> None:
    """Names with quotes, brackets and line breaks, empty cells, small numbers, routes."""
    names = ['say "entities": []', "line\nbreak\u2028", "plain", "ünï", "{}"]
    rows = [dep(name, before, probability=p) for name, before, p in
            zip(names[1:], names, (0.5, 1e-7, 1.0, 0.25), strict=False)]  # fmt: skip
    rows += [dep("beside", "plain", probability=0.0)]
    answer = whatif(graph_of(*rows), names[0], worlds=64)
    expected = serialize_whatif(answer, top=top)
    for many in (1000, -1):
        monkeypatch.setattr(schema, "_MANY", many)
        text = dump_whatif(answer, top=top)
        assert json.loads(text) == expected
        assert text.endswith("}\n")
    assert [line for line in text.split("\n") if line.startswith('    {"rank"')] or top == -1
