"""Reports that add up: rows read are rows kept, merged or dropped, each with a reason."""

import re

from knockon.graph.model.tables import Finding

_ROWS = re.compile(r"rows of (.+): (.+)")


def added_up(report: tuple[Finding, ...]) -> dict[str, tuple[int, int]]:
    """Rows read and kept by table; asserts that nothing is missing between them."""
    found: dict[str, tuple[int, int]] = {}
    lost = 0
    for finding in report:
        told = _ROWS.fullmatch(finding.reason)
        if finding.action != "read" or told is None:
            continue
        parts = {word: int(n.replace(",", "")) for n, word in
                 (part.split(" ") for part in told[2].split(", "))}  # fmt: skip
        assert parts.keys() <= {"kept", "merged", "dropped"}
        assert sum(parts.values()) == finding.count, finding
        assert min(parts.values()) >= 0, finding
        lost += finding.count - parts["kept"]
        found[told[1]] = finding.count, parts["kept"]
    reasons = sum(f.count for f in report if f.action in ("dropped", "merged"))
    assert reasons >= lost, "rows are lost without a reason"
    return found
