"""Parts that are not needed at run time: tests, tools, what only its developers install.

An outage, a bad update or a withdrawal of such a part leaves its dependent running; a compromise of
it may reach what is built where it is installed. In the words of the contract: the dependent needs
one of the part and itself. Itself it has, so that no failure at run time breaks this group; against
a compromise no alternative helps, and each member counts alone, with a strength that nobody knows.
"""

from knockon.graph.model.tables import FILE
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.rows import Row

GROUP = "not needed at run time"


def spare_cells() -> Row:
    """What a dependency on such a part says more than others: its group, of which one is needed."""
    return {"group": GROUP}


def add_selves(rows: list[Row], findings: Findings) -> list[Row]:
    """The dependencies, with each dependent of such a part as the other member of its group."""
    first: dict[str | None, Row] = {}
    for row in rows:
        if row.get("group") == GROUP:
            first.setdefault(row["dependent"], row)
    reason = (
        "a dependent of parts not needed at run time stands beside them in a group of which one "
        "is needed: only a compromise reaches it through them"
    )
    for dependent, row in first.items():
        findings.add("note", reason, f"{dependent} at {row.get(FILE)}")
    own: Row = {"probability": "1", "evidence": None}  # stated by nobody: it has itself
    return [*rows, *({**row, "provider": d, **own} for d, row in first.items())]
