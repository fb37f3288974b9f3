"""The messages of Spark Connect that are needed here, as bytes.

Protocol buffers, by hand: five messages with few fields, while the library that has all of them
brings pandas, which takes longer to import than many a question takes to answer. Field numbers are
those of `spark/connect/*.proto`; tests hold the bytes to the published classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import unquote

Fields: TypeAlias = Mapping[int, Any]

SERVICE = "/spark.connect.SparkConnectService/"
_EVERY = 1  # interrupt whatever the session runs
_MAP_ARROW = 207  # a Python function from batches of Arrow to such
_TYPES = {"boolean": 3, "long": 7, "string": 11}  # fields of DataType
_VARINT, _BYTES = 0, 2  # how a field is written
_FIXED = {1: 8, 5: 4}  # bytes of fields that always have so many


def encode(fields: Fields) -> bytes:
    """A message: numbers to whole numbers from 0, texts, bytes, messages, or lists of these."""
    out = []
    for number, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, int):
                out += [_to_varint(number << 3 | _VARINT), _to_varint(each)]
                continue
            if isinstance(each, Mapping):
                each = encode(each)
            data = each.encode() if isinstance(each, str) else each
            out += [_to_varint(number << 3 | _BYTES), _to_varint(len(data)), data]
    return b"".join(out)


def decode(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message, in order: whole numbers, else bytes. Raises ValueError, IndexError
    where it is none."""
    at = 0
    while at < len(data):
        tag, at = _from_varint(data, at)
        number, form = tag >> 3, tag & 7
        if form == _VARINT:
            value, at = _from_varint(data, at)
            yield number, value
            continue
        if form == _BYTES:
            size, at = _from_varint(data, at)
        else:
            size = _FIXED.get(form, len(data))
        if at + size > len(data):
            raise ValueError("a message that is cut off")
        yield number, data[at : at + size]
        at += size


def _to_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _from_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def write_range(count: int) -> Fields:
    """The relation of `id` from 0 to count - 1, each a partition of its own."""
    return {15: {1: 0, 2: count, 3: 1, 4: count}}


def write_map(count: int, command: bytes, columns: str, python: str) -> Fields:
    """The relation of what a pickled function makes of each partition of `write_range`.

    columns: what it gives, as `name type, ...`; python: version, such as 3.11
    """
    struct = [
        {1: name, 2: {_TYPES[kind]: {}}, 3: 1}
        for name, kind in (each.split() for each in columns.split(","))
    ]
    udf = {1: {21: {1: struct}}, 2: _MAP_ARROW, 3: command, 4: python}
    function = {1: "knockon", 2: 1, 3: [{2: {1: "id"}}], 4: udf}
    return {28: {1: write_range(count), 2: function}}


def write_execution(head: Fields, relation: Fields) -> bytes:
    """Run the relation; head: as of `write_head`."""
    return encode({**head, 3: {1: relation}})


def write_head(session: str, user: str, client: str) -> Fields:
    """What begins every request: whose it is, in which session."""
    return {1: session, 2: {1: user} if user else {}, 4: client}


def write_interrupt(head: Fields) -> bytes:
    """Stop whatever the session runs."""
    return encode({1: head[1], 2: head[2], 3: head[4], 4: _EVERY})


def write_release(head: Fields) -> bytes:
    """End the session."""
    return encode({1: head[1], 2: head[2], 3: head[4]})


def read_batches(response: bytes) -> Iterator[bytes]:
    """The streams of Arrow in a response to an execution."""
    for number, value in decode(response):
        if number == 2:
            yield next(data for n, data in decode(value) if n == 2)


def read_parameters(text: str) -> dict[str, str]:
    """The parameters of an address: `name=value;...`, quoted as in a URL."""
    said = (each.partition("=")[::2] for each in text.split(";") if each)
    return {name: unquote(value) for name, value in said}


def pick_headers(parameters: Mapping[str, str], known: Sequence[str]) -> list[tuple[str, str]]:
    """What a server is told with every request: the token, and whatever is not known here."""
    token = parameters.get("token")
    told = [(k.lower(), v) for k, v in parameters.items() if k not in known]
    return [*told, *([("authorization", f"Bearer {token}")] if token else [])]
