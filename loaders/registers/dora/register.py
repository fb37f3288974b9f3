"""One register of information as entities and dependencies (what becomes what: `reader.py`)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from knockon.graph.errors import clip
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.assembling.lei import is_lei
from knockon.loaders.assembling.rows import find_day
from knockon.loaders.registers.dora.chains import Chains
from knockon.loaders.registers.dora.lists import NO, YES
from knockon.loaders.registers.dora.rows import Row, distinct, place

CRITICAL, UNASSESSED, PLAIN = "critical_function", "unassessed_function", "function"
KINDS = {YES: CRITICAL, NO: PLAIN}
"""The kind of a function, by what b_06.01.0050 says; who says nothing has not assessed it."""
# what a use of a service says of itself: column of b_02.02 -> ours, on the dependency
OF_USE = {
    "function": "function_id", "starts": "starts", "ends": "ends", "end_reason": "end_reason",
    "notice_entity": "notice_days_entity", "notice_provider": "notice_days_provider",
    "governing_law": "governing_law", "provided_from": "provided_from",
    "stores_data": "stores_data", "stored_in": "data_stored_in", "managed_in": "data_managed_in",
    "sensitivity": "data_sensitivity", "reliance": "reliance",
}  # fmt: skip


@dataclass
class Register:
    """Entities and dependencies, gathered table by table.

    keeper: LEI of the entity that keeps the register, else what it goes by
    """

    findings: RowFindings
    rows: dict[str, list[Row]]
    parameters: dict[str, str]
    keeper: str
    entities: dict[str, Row] = field(default_factory=dict)
    dependencies: list[Row] = field(default_factory=list)

    @cached_property
    def name(self) -> str:
        """The name of the entity that keeps the register, else its LEI."""
        listed = (*self.rows.get("b_01.01", []), *self.rows.get("b_01.02", []))
        names = [row["name"] for row in listed if row["lei"] == self.keeper and row.get("name")]
        return str(next(iter(names), self.keeper))

    @cached_property
    def as_of(self) -> str | None:
        first = next(iter(self.rows.get("b_01.01", [])), {})
        return self.parameters.get("refPeriod") or first.get("date") or None

    @cached_property
    def source(self) -> str:
        return f"DORA register of {self.name}" + (f", {self.as_of}" if self.as_of else "")

    def add_entities(self) -> None:
        """Add the financial entities, their branches and their functions."""
        self._add_financial_entities()
        self._add_functions()

    def add_uses(self, chains: Chains) -> None:
        """Add who uses which service, and which service needs which."""
        self._add_uses(chains)
        self._add_users(chains)
        for dependent, provider, row in chains.links():
            self.depend(dependent, provider, "supplied_by", row)

    def add(self, identifier: str, row: Row, **columns: Any) -> None:
        entity = {"id": identifier, **columns, FILE: row.get(FILE), LINE: row.get(LINE)}
        known = self.entities.setdefault(identifier, entity)
        if known is not entity:  # what the first leaves out, the second may state
            known.update({k: v for k, v in entity.items() if known.get(k) is None})

    def depend(
        self,
        dependent: str,
        provider: str,
        relation: str,
        row: Row,
        sure: bool = False,
        about: Mapping[str, str | None] = MappingProxyType({}),
    ) -> None:
        self.dependencies.append(
            {
                "dependent": dependent, "provider": provider, "relation": relation,
                "probability": 1.0 if sure else None, "contract": row.get("contract"), **about,
                "source": self.source, "evidence": place(row), "as_of": self.as_of,
                FILE: row.get(FILE), LINE: row.get(LINE),
            }
        )  # fmt: skip

    def lei(self, code: str, row: Row) -> str | None:
        """The code where it is an LEI, for joining with other registers."""
        if is_lei(code):
            return code
        if len(code) == 20:
            what = "a code of 20 characters whose check digits are not those of an LEI"
            self.findings.add("note", what, f"{clip(code, 24)} at {place(row)}")
        return None

    def name_of(self, identifier: str) -> str:
        return str(self.entities.get(identifier, {}).get("name") or identifier)

    def _add_financial_entities(self) -> None:
        for table in ("b_01.02", "b_01.01"):
            for row in self.rows.get(table, []):
                lei, parent = row["lei"], row.get("parent")
                if table == "b_01.01" and lei in self.entities:
                    self.findings.lose(table, "merged", "an entity that b_01.02 lists", place(row))
                self.add(
                    lei, row, name=row.get("name"), kind="enterprise", sector=row.get("type"),
                    country=row.get("country"), parent=parent if parent != lei else None,
                    hierarchy=row.get("hierarchy"), lei=self.lei(lei, row),
                    total_assets=row.get("total_assets"), assets_currency=row.get("currency"),
                    competent_authority=row.get("authority"), updated=row.get("updated"),
                    integrated=row.get("integrated"), deleted=row.get("deleted"),
                )  # fmt: skip
                gone = find_day(row.get("deleted"))
                if gone and self.as_of and gone <= self.as_of:
                    what = "an entity deleted from the register before its date; kept"
                    self.findings.add("note", what, f"{lei} at {place(row)}")
        for row in self.rows.get("b_01.03", []):
            if not row.get("lei"):
                what = "a branch without its head office; taken as one of who keeps the register"
                self.findings.add("note", what, f"{clip(row['branch'], 40)} at {place(row)}")
            head = row.get("lei") or self.keeper
            self.add(
                _branch(head, row["branch"]), row, name=row.get("name"), kind="branch",
                parent=head, country=row.get("country"), branch_code=row["branch"],
            )  # fmt: skip

    def _is_known(self, lei: str, row: Row) -> str:
        if lei not in self.entities:
            what = "a financial entity that b_01.02 does not list"
            self.findings.add("invented", what, f"{clip(lei, 24)} at {place(row)}")
            self.add(lei, row, kind="enterprise", lei=self.lei(lei, row))
        return lei

    def _add_functions(self) -> None:
        rows = self.rows.get("b_06.01", [])
        named = Counter(row.get("name") for row in rows)
        for row in rows:
            lei, name = self._is_known(row["lei"], row), row.get("name")
            if name and named[name] > 1:  # several entities of a group call it the same
                name = f"{name} ({self.name_of(lei)})"
            kind = KINDS.get(str(row.get("critical")), UNASSESSED)
            if kind == UNASSESSED:
                what = "a function that nobody has assessed; it may be critical (kind " + kind + ")"
                shown = clip(str(row.get("critical") or "blank"), 40)
                self.findings.add("note", what, f"{clip(str(name), 40)}: {shown} at {place(row)}")
            columns = (
                "activity", "critical", "reason", "assessed", "impact", "rto_hours", "rpo_hours"
            )  # fmt: skip
            self.add(
                _function(lei, row["function"]), row, name=name, parent=lei, kind=kind,
                function_id=row["function"], **{c: row.get(c) for c in columns},
            )  # fmt: skip
            self.depend(lei, _function(lei, row["function"]), "uses", row)

    def _add_uses(self, chains: Chains) -> None:
        """Functions on services; of one use that takes several rows, one dependency."""
        uses: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows.get("b_02.02", []):
            service = chains.id_of(chains.node_of(row))
            uses.setdefault((self._user(row), service), []).append(row)
            ended = find_day(row.get("ends"))
            if ended and self.as_of and ended < self.as_of:
                what = "a contract that ended before the date of the register; kept"
                self.findings.add("note", what, f"{clip(row['contract'], 40)} at {place(row)}")
        for (user, service), rows in uses.items():
            if len(rows) > 1:
                what = "a use of a service in several rows, as one per country; one dependency"
                self.findings.add("note", what, place(rows[0]))
            self.depend(user, service, "uses", rows[0], about=cells_of_use(rows))

    def _user(self, row: Row) -> str:
        """The function that uses a service, else the financial entity itself."""
        lei = self._is_known(row["lei"], row)
        if not row.get("function"):
            what = "a service without a function; the financial entity itself uses it"
            self.findings.add("note", what, place(row))
            return lei
        user = _function(lei, row["function"])
        if user not in self.entities:
            what = "a function that b_06.01 does not list; it may be critical"
            self.findings.add("invented", what, f"{clip(row['function'], 40)} at {place(row)}")
            self.add(
                user, row, name=row["function"], kind=UNASSESSED, parent=lei,
                function_id=row["function"],
            )  # fmt: skip
            self.depend(lei, user, "uses", row)
        return user

    def _add_users(self, chains: Chains) -> None:
        """Branches and entities that b_04.01 lists; of contracts without any user, who signed."""
        told = {(row["contract"], row["lei"]) for row in self.rows.get("b_02.02", [])}
        used = {row["contract"] for row in self.rows.get("b_02.02", [])}
        for row in self.rows.get("b_04.01", []):
            used.add(row["contract"])
            if row.get("branch"):
                user = self._branch_of(row)
            elif (row["contract"], row["lei"]) in told:
                what = "a user of a contract that b_02.02 tells with its function"
                self.findings.lose("b_04.01", "merged", what, place(row))
                continue
            else:
                user = self._is_known(row["lei"], row)
            self._use_contract(user, row, "b_04.01", chains)
        for row in self.rows.get("b_03.01", []):
            if row["contract"] not in used and chains.direct(row["contract"], row["lei"]):
                what = "a contract whose users no table lists; who signed it is taken to use it"
                self.findings.add("note", what, f"{clip(row['contract'], 40)} at {place(row)}")
                self._use_contract(self._is_known(row["lei"], row), row, "b_03.01", chains)
            elif row["contract"] not in used:
                what = "a signed contract of which no table tells the provider"
                self.findings.add("note", what, f"{clip(row['contract'], 40)} at {place(row)}")

    def _branch_of(self, row: Row) -> str:
        user = _branch(row["lei"], row["branch"])
        if user not in self.entities:
            what = "a branch that b_01.03 does not list"
            self.findings.add("invented", what, f"{clip(row['branch'], 40)} at {place(row)}")
            self.add(user, row, kind="branch", parent=row["lei"], branch_code=row["branch"])
        return user

    def _use_contract(self, user: str, row: Row, table: str, chains: Chains) -> None:
        services = chains.direct(row["contract"], row["lei"])
        if not services:
            what = "a user of a contract without a service"
            self.findings.lose(table, "dropped", what, place(row))
        for node in services:
            self.depend(user, chains.id_of(node), "uses", row)


def cells_of_use(rows: list[Row]) -> dict[str, str | None]:
    """What the rows of b_02.02 for one use, or one service, say in OF_USE, put together."""
    if len(rows) == 1:  # as most are
        return {ours: rows[0].get(c) for c, ours in OF_USE.items()}
    return {ours: distinct([r.get(c) for r in rows]) for c, ours in OF_USE.items()}


def _function(lei: str, function: str) -> str:
    return f"function:{lei}:{function}"


def _branch(lei: str, code: str) -> str:
    return f"branch:{lei}:{code}"
