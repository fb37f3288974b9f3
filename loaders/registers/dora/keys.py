"""Keys of the register as one writes them once: letter case, types of code, who keeps it.

LEIs have no small letters, so one in small letters is the same LEI. Other keys (contracts,
functions, branches, codes of providers) are read as the table that defines them spells them; where
it lists two that differ by case only, they stay two. A code of a provider that is neither LEI nor
EUID is known by its type and country too (`DE_CRN:HRB 1001`), and without a type only within this
register.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from knockon.graph.errors import clip, some
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.registers.dora.rows import Row, place

_LEI_FORM = re.compile(r"[A-Za-z0-9]{20}")
_TYPES = {"qx2000": "LEI", "qx2001": "NIN", "qx2002": "EUID", "qx2003": "CRN", "qx2004": "VAT",
          "qx2005": "PNR"}  # fmt: skip
_NATIONAL = re.compile(r"(?:([A-Z]{2})[_ -])?(CRN|VAT|PNR|NIN)")
_CONTRACT = ("contract", "linked", "overarching")
# the table that defines each kind of key, in the first of the columns that hold it
_DEFINED = {"contract": "b_02.01", "function": "b_06.01", "branch": "b_01.03",
            "provider": "b_05.01"}  # fmt: skip
_PROVIDERS = (("provider", "code_type"), ("recipient", "recipient_code_type"))
_WORDS = {"contract": "contract", "function": "function", "branch": "branch",
          "provider": "code of a provider"}  # fmt: skip


def settle_keys(rows: dict[str, list[Row]], keeper: str, findings: RowFindings) -> None:
    """Spell every key of the rows in one way, in place; codes of providers become their ids."""
    for row, column in _cells(rows, ("lei", "parent", "provider", "recipient", "other_code")):
        code = row[column]
        if code and _LEI_FORM.fullmatch(code) and code != code.upper():
            row[column] = code.upper()
            what = "an LEI in small letters; read in capitals"
            findings.add("note", what, f"{clip(code, 24)} at {place(row)}")
    _Spelling("contract", rows, findings).settle(_CONTRACT)
    _Spelling("function", rows, findings).settle(("function",))
    _Spelling("branch", rows, findings).settle(("branch",))
    _Spelling("provider", rows, findings).settle(("provider", "recipient", "parent"))
    _Codes(rows, keeper, findings).settle()


def _cells(
    rows: dict[str, list[Row]], columns: Iterable[str], tables: Iterable[str] = ()
) -> Iterator[tuple[Row, str]]:
    """Row and column of each cell of these columns that is there."""
    for table in tables or sorted(rows):
        for row in rows.get(table, []):
            for column in columns:
                if row.get(column):
                    yield row, column


@dataclass
class _Spelling:
    """How one kind of key is spelled: as the table that defines it lists it, else as first met."""

    kind: str
    rows: dict[str, list[Row]]
    findings: RowFindings
    listed: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def settle(self, columns: tuple[str, ...]) -> None:
        for row, column in _cells(self.rows, columns[:1], (_DEFINED[self.kind],)):
            known = self.listed.setdefault(self._fold(row, column), [])
            if row[column] not in known:
                known.append(row[column])
        for known in self.listed.values():
            if len(known) > 1:
                what = f"keys of one {_WORDS[self.kind]} table that differ by case only; kept apart"
                self.findings.add("note", what, some(clip(k, 40) for k in known))
        for row, column in _cells(self.rows, columns):
            known = self.listed.setdefault(self._fold(row, column), [row[column]])
            if row[column] not in known:
                what = f"a {_WORDS[self.kind]} that differs from the one listed by case; read as it"
                shown = f"{clip(row[column], 40)} as {clip(known[0], 40)} at {place(row)}"
                self.findings.add("note", what, shown)
                row[column] = known[0]

    def _fold(self, row: Row, column: str) -> tuple[str, str]:
        """What is one key but for case: functions and branches within their entity."""
        within = str(row.get("lei")) if self.kind in ("function", "branch") else ""
        return within, str(row[column]).casefold()


@dataclass
class _Codes:
    """Codes of providers as ids that are one thing wherever they stand.

    listed: code -> type -> country, of b_05.01
    """

    rows: dict[str, list[Row]]
    keeper: str
    findings: RowFindings
    listed: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def settle(self) -> None:
        for row in self.rows.get("b_05.01", []):
            if row.get("provider"):
                types = self.listed.setdefault(row["provider"], {})
                types.setdefault(_type(row.get("code_type")), row.get("country"))
        known = {code for code in self.listed if _LEI_FORM.fullmatch(code)}
        known |= {r["lei"] for rows in self.rows.values() for r in rows if r.get("lei")}
        for column, type_column in _PROVIDERS:
            for row, _ in _cells(self.rows, (column,)):
                if column == "provider":
                    row["code"] = row[column]
                if row[column] not in known:
                    row[column] = self._id(row[column], row.get(type_column), row)
        for row, _ in _cells(self.rows, ("parent",), ("b_05.01",)):
            if row["parent"] not in known:
                row["parent"] = self._id(row["parent"], row.get("parent_code_type"), row)
        for row, column in _cells(self.rows, ("code_type",)):
            row[column] = _type(row[column])

    def _id(self, code: str, stated: str | None, row: Row) -> str:
        if _LEI_FORM.fullmatch(code) and not _NATIONAL.fullmatch(_type(stated)):
            return code
        types = self.listed.get(code, {})
        kind = _type(stated)
        if kind not in types and types:
            if len(types) > 1:
                what = "a code of several providers, without the type that tells them apart"
                self.findings.add("note", what, f"{clip(code, 40)} at {place(row)}")
            kind = next(iter(types))
        if kind in ("LEI", "EUID"):
            return code
        national = _NATIONAL.fullmatch(kind)
        if national is None:
            what = "a code of a provider without a type such as LEI; known in this register only"
            self.findings.add("note", what, f"{clip(code, 40)} at {place(row)}")
            return f"{self.keeper}:{code}"
        country = national[1] or types.get(kind)
        return f"{country or self.keeper}_{national[2]}:{code}"


def _type(text: str | None) -> str:
    """`LEI` of `eba_qCO:qx2000`, `DE_CRN` as it is; empty where none is stated."""
    plain = (text or "").strip()
    plain = plain.rpartition(":")[2] if plain.lower().startswith("eba_qco:") else plain
    return _TYPES.get(plain.lower(), plain.upper())
