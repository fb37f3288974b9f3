"""JSON text: one value, or one per line; faults with their place."""

from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.parsing.json_text import parse_json
from knockon.loaders.parsing.source import Source


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_text('{"a": 1}\r\n\n  [2]\n"\u2028"\n')
    assert Source.of(path).json_lines == [(1, {"a": 1}), (3, [2]), (4, "\u2028")]
    path.write_text('1\n{"a": }\n')
    with pytest.raises(InputError, match=r"^x\.ndjson:2:7: not readable as JSON"):
        _ = Source.of(path).json_lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[NaN]", "NaN is no JSON number"),
        ("9" * 5000, "not readable as JSON"),
        ("{", r"x:3:2: not readable"),
        ('{"a": 1,\n "b": {"a": "a:"},\n "\\u0061": 2}', "x:5: the key 'a' stands twice"),
        ('[{"a": 1}, {"a": 1, "a": 1}]', "x:3: the key 'a' stands twice"),
    ],
)
def test_what_would_harm_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_json(text, "x", 3)


def test_files_beyond_the_limit_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knockon.loaders.parsing.json_text.MAX_BYTES", 4)
    (tmp_path / "x.json").write_text("[1, 2]")
    for form in ("json", "json_lines"):
        with pytest.raises(InputError, match="JSON of 6 bytes; at most 4 are read"):
            getattr(Source.of(tmp_path / "x.json"), form)
