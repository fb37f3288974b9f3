"""Just enough of Thrift's compact protocol to read the headers inside a Parquet file.

Values come back as plain ints, bytes, lists and structs (dicts by field number). Nothing is
allocated that the bytes at hand do not pay for.
"""

from mmap import mmap
from typing import Any

MAX_DEPTH = 24
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
Struct = dict[int, Any]


class Reader:
    """A cursor over bytes. Every method raises ValueError where the bytes make no sense."""

    def __init__(self, data: bytes | mmap, start: int, end: int) -> None:
        self._data = data
        self._end = end
        self.position = start

    def struct(self, depth: int = 0) -> Struct:
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        fields: Struct = {}
        last = 0
        while head := self._read_byte():
            delta, kind = head >> 4, head & 0x0F
            last = last + delta if delta else self._read_zigzag()
            if last in fields:
                raise ValueError(f"field {last} stands twice")
            fields[last] = (
                kind == _TRUE if kind in (_TRUE, _FALSE) else self._read_value(kind, depth)
            )
        return fields

    def _read_value(self, kind: int, depth: int) -> Any:
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind == _BINARY:
            return self._read_bytes(self._read_varint())
        if kind in (_LIST, _SET):
            return self._list(depth + 1)
        if kind == _DOUBLE:
            return self._read_bytes(8)
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._read_byte()
        if kind == _MAP or kind > _STRUCT or kind == 0:
            raise ValueError(f"unexpected type {kind}")
        return self._read_zigzag()

    def _list(self, depth: int) -> list[Any]:
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        head = self._read_byte()
        size = head >> 4 if head >> 4 < 15 else self._read_varint()
        if size > self._end - self.position:  # every item takes a byte at least
            raise ValueError(f"a list of {size:,} items is longer than the file")
        return [self._read_value(head & 0x0F, depth) for _ in range(size)]

    def _read_bytes(self, size: int) -> bytes:
        start = self.position
        if size > self._end - start:
            raise ValueError(f"a text of {size:,} bytes is longer than the file")
        self.position += size
        return bytes(self._data[start : self.position])

    def _read_zigzag(self) -> int:
        value = self._read_varint()
        return (value >> 1) ^ -(value & 1)

    def _read_varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._read_byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("a number of more than 64 bits")

    def _read_byte(self) -> int:
        if self.position >= self._end:
            raise ValueError("it breaks off")
        self.position += 1
        return self._data[self.position - 1]
