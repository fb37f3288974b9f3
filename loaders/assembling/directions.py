"""Edges without direction: refused, or read both ways where the user says so."""

import polars as pl

from knockon.graph.errors import InputError
from knockon.graph.model.tables import ENDS, Finding

DIRECTED = "_directed"  # a column of truths while edges are read


def check_directions(
    without: int, total: int, place: str, both_ways: bool, loops: int = 0
) -> list[Finding]:
    """A note on edges without direction that are read both ways.

    without: how many have none, `loops` of them from a node to itself; place: of the first.
    Raises InputError where there are some and they are not to be read both ways.
    """
    if not without:
        return []
    if not both_ways:
        raise InputError(
            f"{place}: expected edges from dependent to provider, found {without:,} of {total:,} "
            "without direction; --both-ways reads each as two dependencies"
        )
    reason = "an edge without direction is read both ways, as two dependencies (--both-ways)"
    return [Finding("note", without - loops, reason)]


def turn_both_ways(edges: pl.DataFrame) -> pl.DataFrame:
    """Edges without direction stand twice: as they are, and turned round below their row.

    A loop is the same either way, and stands once. The column DIRECTED is dropped.
    """
    turned = ~pl.col(DIRECTED) & (pl.col(ENDS[0]) != pl.col(ENDS[1]))
    back = edges.with_row_index("_order").filter(turned)
    back = back.rename({ENDS[0]: ENDS[1], ENDS[1]: ENDS[0]})
    if not back.height:
        return edges.drop(DIRECTED)
    both = pl.concat([edges.with_row_index("_order"), back.select("_order", *edges.columns)])
    return both.sort("_order", maintain_order=True).drop("_order", DIRECTED)
