"""Which row of a sheet or a CSV file names the columns, where titles may stand above it."""

from collections.abc import Collection, Sequence

from knockon.loaders.assembling.ends import count_words

LOOKED_AT = 30  # rows from the top


def find_heads(rows: Sequence[Sequence[str]], names: Collection[str] = ()) -> int:
    """The place of the row of heads among the first rows of a sheet.

    rows: their cells, blank where empty; names: columns that --map names. That is the row with most
    of these names, else the first row of several cells, unless a row below has two words that heads
    have and more cells, or it has none of them.
    """
    filled = [[cell.strip() for cell in row if cell.strip()] for row in rows[:LOOKED_AT]]
    wide = [i for i, cells in enumerate(filled) if len(cells) > 1]
    if not wide:
        return next((i for i, cells in enumerate(filled) if cells), 0)
    named = [sum(cell in names for cell in filled[i]) for i in wide]
    if max(named):
        return wide[named.index(max(named))]
    first, words = wide[0], [count_words(filled[i]) for i in wide]
    if words[0] > 1:
        return first
    found = next((i for i, count in zip(wide, words, strict=True) if count > 1), first)
    return found if not words[0] or len(filled[found]) > len(filled[first]) else first
