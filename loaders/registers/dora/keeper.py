"""Who keeps a register: what its contract numbers are local to."""

import re

from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.dora.rows import Row

_ENTITY = re.compile(r"^(rs|lei):|\.(CON|IND|CRDLIQSUBGRP)$", re.IGNORECASE)
_ULTIMATE = "Ultimate parent"


def keeper_of(
    rows: dict[str, list[Row]], parameters: dict[str, str], source: Source, findings: RowFindings
) -> str:
    """LEI of the entity that keeps the register, as b_01.01 or the package says.

    Where neither does, the ultimate parent or the only entity of b_01.02 or of b_02.02; where
    these do not tell either, the name of the file, which is noted.
    """
    stated = [row["lei"] for row in rows.get("b_01.01", []) if row.get("lei")]
    if len(set(stated)) > 1:
        what = "a second entity that keeps this register; contracts are taken as the first's"
        findings.add("note", what, str(stated[1]))
    of_package = _ENTITY.sub("", parameters.get("entityID", "").strip())
    listed = [row for row in rows.get("b_01.02", []) if row.get("lei")]
    tops = {row["lei"] for row in listed if row.get("hierarchy") == _ULTIMATE}
    users = {row["lei"] for row in rows.get("b_02.02", []) if row.get("lei")}
    for found in (stated[:1], [of_package] if of_package else [],
                  list(tops), list({row["lei"] for row in listed}), list(users)):  # fmt: skip
        if len(found) == 1:
            return str(found[0]).upper() if len(found[0]) == 20 else str(found[0])
    name = source.name.partition(".")[0]
    what = "a register that does not say who keeps it; its contracts carry the name of the file"
    findings.add("note", what, name)
    return name
