"""What of the user's tables of strengths came to nothing, in words."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from knockon.graph.errors import clip, find_nearest, some
from knockon.graph.scenario.strengths import SPEAKS_FOR, StrengthRow, StrengthTable

_MOST_COMPARED = 50_000  # names among which the nearest is looked for


class Vocabulary(NamedTuple):
    """What a graph has. knows: whether a cell names an entity; entities: ids and names, among
    which the nearest is looked for; relations, kinds: those that occur"""

    knows: Callable[[str], bool]
    entities: Callable[[], Sequence[str]]
    relations: Callable[[], Sequence[str]]
    kinds: Callable[[], Sequence[str]]


def note_idle(
    tables: Iterable[StrengthTable], used: Collection[tuple[str, tuple[str, ...]]],
    words: Vocabulary,
) -> tuple[str, ...]:  # fmt: skip
    """Notes on rows that fit nothing, columns that are not read and rows still to be filled in.

    used: table and key of the rows that fit something
    """
    notes = []
    for table in tables:
        if table.shipped:
            continue
        idle = [row for row in table.rows if (table.name, row.key) not in used]
        if idle:
            strange = _list_strange(idle, words)
            why = f"; not in the graph: {some(strange, 3)}" if strange else ""
            notes.append(
                f"{table.name}: {len(idle):,} of {len(table.rows):,} rows speak for no "
                f"dependency of unknown strength{why}"
            )
        if table.unread:
            columns = some(repr(clip(c, 40)) for c in table.unread)
            notes.append(f"{table.name}: columns that are not read: {columns}")
        if table.empty:
            notes.append(f"{table.name}: {table.empty:,} rows state no strength yet")
    return tuple(notes)


def _list_strange(rows: Sequence[StrengthRow], words: Vocabulary) -> list[str]:
    """What these rows name that the graph does not have, each with the nearest that it has."""
    found: dict[str, None] = {}
    for column in SPEAKS_FOR[1:]:
        cells = {c for row in rows if (c := getattr(row, column))}
        if not cells:
            continue
        if column in ("dependent", "provider"):
            has, what = words.entities(), "entity"
            known = {c for c in cells if words.knows(c)}
        else:
            has = (words.relations if column == "relation" else words.kinds)()
            known, what = {*has}, "relation" if column == "relation" else "kind"
        for cell in sorted(cells - known)[:3]:
            near = find_nearest(cell, has, 1, 0.6) if len(has) < _MOST_COMPARED else []
            hint = f" (nearest: {clip(near[0])!r})" if near else ""
            found[f"{what} {clip(cell)!r}{hint}"] = None
    return [*found]
