"""Reading hostile documents: whatever they hold, the end is Tables or one InputError."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables


def outcome(folder: Path, name: str, data: bytes) -> Tables | str:
    """The tables of a file of these bytes, or the message of the error."""
    path = folder / name
    path.write_bytes(data)
    try:
        return load_tables([path])
    except InputError as error:
        message = str(error)
    assert message
    assert "\n" not in message
    return message


def json_values(words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Any JSON value, its texts and keys often from `words`."""
    texts = words | st.text(max_size=6)
    leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-9, 9) | texts
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=20,
    )


def mutated(document: Any, words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """A good document in which values at any depth are replaced by anything, or taken out."""
    values = json_values(words)

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        copy = json.loads(json.dumps(document))
        for _ in range(draw(st.integers(1, 3))):
            holder, key = draw(st.sampled_from(list(_places(copy)) or [({}, "")]))
            if isinstance(holder, dict) and draw(st.booleans()):
                holder.pop(key, None)
            else:
                holder[key] = draw(values)
        return copy

    return build()


def _places(value: Any) -> Any:
    """Every (holder, key) in a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])
