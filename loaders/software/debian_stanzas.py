"""Stanzas of Debian control files: their fields, and what stands where it should not.

After the Debian Policy Manual, chapter 5: stanzas are separated by blank lines, and no field stands
twice in one. Where a blank line is missing, a second `Package` begins the next stanza.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

WANTED = (
    "Package", "Version", "Architecture", "Section", "Source", "Essential", "Status",
    "Depends", "Pre-Depends", "Provides",
)  # fmt: skip
_FIELD = re.compile(
    rf"^({'|'.join(WANTED)}):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE | re.IGNORECASE
)
_CANONICAL = {word.lower(): word for word in WANTED}
_BLANK = re.compile(r"\n[ \t\r]+(?=\n)")

Stanza = dict[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A stanza and the line on which it starts.

    joined: no blank line stands before it; repeated: fields that it has twice, the first counts
    """

    line: int
    stanza: Stanza
    joined: bool = False
    repeated: tuple[str, ...] = ()


def read_stanzas(text: str) -> Iterator[Placed]:
    """The stanzas of a control file, in its order."""
    line = 1
    for block in _BLANK.sub("\n", text).split("\n\n"):
        if block.strip():
            start = line + len(block) - len(block.lstrip("\n"))
            found = _FIELD.findall(block)
            if len({key.lower() for key, _ in found}) == len(found):
                yield Placed(start, {_CANONICAL[k.lower()]: " ".join(v.split()) for k, v in found})
            else:
                yield from _read_joined(block, line)
        line += block.count("\n") + 2


def _read_joined(block: str, line: int) -> Iterator[Placed]:
    """The stanzas of a block in which fields stand twice: each has one `Package`."""
    stanza: Stanza = {}
    repeated: list[str] = []
    start, joined = line + len(block) - len(block.lstrip("\n")), False
    for field in _FIELD.finditer(block):
        key = _CANONICAL[field[1].lower()]
        if key == "Package" and key in stanza:
            yield Placed(start, stanza, joined, tuple(repeated))
            stanza, repeated, joined = {}, [], True
            start = line + block.count("\n", 0, field.start())
        if key in stanza:
            repeated.append(key)
        stanza.setdefault(key, " ".join(field[2].split()))
    yield Placed(start, stanza, joined, tuple(repeated))
