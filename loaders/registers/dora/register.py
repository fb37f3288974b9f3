"""One register of information as entities and dependencies (what becomes what: `dora.py`)."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from knockon.graph.errors import clip
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.lei import is_lei
from knockon.loaders.assembling.tally_rows import RowTally
from knockon.loaders.registers.dora.chains import Chains, Node, Row, place

# the kind of a provider, from the types of its services, the most fundamental first
KINDS = (
    ("S17", "cloud_provider"), ("S18", "platform"), ("S04", "security_vendor"),
    ("S10", "network"), ("S11", "network"),
)  # fmt: skip
PROVIDER = "ict_provider"

_JUDGED = (
    "substitutability", "substitution_obstacle", "last_audit", "exit_plan", "reintegration",
    "impact", "alternatives", "alternative",
)  # fmt: skip


@dataclass
class Register:
    """Entities and dependencies, gathered table by table."""

    tally: RowTally
    rows: dict[str, list[Row]]
    parameters: dict[str, str]
    entities: dict[str, Row] = field(default_factory=dict)
    dependencies: list[Row] = field(default_factory=list)

    @cached_property
    def keeper(self) -> str:
        """The name of the entity that keeps the register, else its LEI."""
        first = next(iter(self.rows.get("b_01.01", [])), {})
        stated = self.parameters.get("entityID", "").removeprefix("rs:")
        return str(first.get("name") or first.get("lei") or stated or "an unnamed entity")

    @cached_property
    def as_of(self) -> str | None:
        first = next(iter(self.rows.get("b_01.01", [])), {})
        return self.parameters.get("refPeriod") or first.get("date") or None

    @cached_property
    def source(self) -> str:
        return f"DORA register of {self.keeper}" + (f", {self.as_of}" if self.as_of else "")

    def build(self) -> None:
        self._add_financial_entities()
        self._add_functions()
        chains = Chains(self.rows, self.tally)
        self._add_providers(chains)
        self._add_services(chains)
        self._add_uses(chains)
        self._add_branch_uses(chains)
        for dependent, provider, row in chains.links():
            self._depend(dependent, provider, "supplied_by", row)

    def _add(self, identifier: str, row: Row, **columns: Any) -> None:
        entity = {"id": identifier, **columns, FILE: row.get(FILE), LINE: row.get(LINE)}
        known = self.entities.setdefault(identifier, entity)
        if known is not entity:  # what the first leaves out, the second may state
            known.update({k: v for k, v in entity.items() if known.get(k) is None})

    def _depend(
        self, dependent: str, provider: str, relation: str, row: Row, sure: bool = False
    ) -> None:
        self.dependencies.append(
            {
                "dependent": dependent, "provider": provider, "relation": relation,
                "probability": 1.0 if sure else None, "contract": row.get("contract"),
                "source": self.source, "evidence": place(row), "as_of": self.as_of,
                FILE: row.get(FILE), LINE: row.get(LINE),
            }
        )  # fmt: skip

    def _add_financial_entities(self) -> None:
        for table in ("b_01.02", "b_01.01"):
            for row in self.rows.get(table, []):
                lei, parent = row["lei"], row.get("parent")
                if table == "b_01.01" and lei in self.entities:
                    self.tally.lose(table, "merged", "an entity that b_01.02 lists", place(row))
                self._add(
                    lei, row, name=row.get("name"), kind="enterprise", sector=row.get("type"),
                    country=row.get("country"), parent=parent if parent != lei else None,
                    hierarchy=row.get("hierarchy"), lei=self._lei(lei, row),
                )  # fmt: skip
                self._note_deleted(row)
        for row in self.rows.get("b_01.03", []):
            self._add(
                f"branch:{row['branch']}", row, name=row.get("name"), kind="branch",
                parent=row.get("lei"), country=row.get("country"),
            )  # fmt: skip

    def _note_deleted(self, row: Row) -> None:
        gone = row.get("deleted")
        if gone and self.as_of and gone <= self.as_of:
            what = "an entity deleted from the register before its date; kept"
            self.tally.add("note", what, f"{row['lei']} at {place(row)}")

    def _lei(self, code: str, row: Row) -> str | None:
        """The code where it is an LEI, for joining with other registers."""
        if is_lei(code):
            return code
        if len(code) == 20:
            what = "a code of 20 characters whose check digits are not those of an LEI"
            self.tally.add("note", what, f"{clip(code, 24)} at {place(row)}")
        return None

    def _known(self, lei: str, row: Row) -> str:
        if lei not in self.entities:
            what = "a financial entity that b_01.02 does not list"
            self.tally.add("invented", what, f"{clip(lei, 24)} at {place(row)}")
            self._add(lei, row, kind="enterprise", lei=self._lei(lei, row))
        return lei

    def _add_functions(self) -> None:
        rows = self.rows.get("b_06.01", [])
        named = Counter(row.get("name") for row in rows)
        for row in rows:
            lei = self._known(row["lei"], row)
            critical, name = row.get("critical"), row.get("name")
            if name and named[name] > 1:  # several entities of a group call it the same
                name = f"{name} ({self._name(lei)})"
            columns = ("activity", "critical", "reason", "impact", "rto_hours", "rpo_hours")
            self._add(
                _function(lei, row["function"]), row, name=name, parent=lei,
                kind="critical_function" if critical == "Yes" else "function",
                **{c: row.get(c) for c in columns},
            )  # fmt: skip
            self._depend(lei, _function(lei, row["function"]), "uses", row)

    def _add_providers(self, chains: Chains) -> None:
        types: dict[str, set[str]] = {}
        for _, provider, service in chains.nodes:
            types.setdefault(provider, set()).add(service)
        inside = {lei for lei, entity in self.entities.items() if entity["kind"] == "enterprise"}
        inside |= {row["lei"] for row in self.rows.get("b_03.03", [])}
        for row in self.rows.get("b_05.01", []):
            code, parent = row["provider"], row.get("parent")
            self._add(
                code, row, name=row.get("name"), kind=_kind(types.get(code, set())),
                country=row.get("country"), parent=parent if parent != code else None,
                lei=self._lei(code, row), code_type=row.get("code_type"),
                annual_cost=row.get("cost"), currency=row.get("currency"),
                intra_group="yes" if code in inside else "no",
            )  # fmt: skip
        for (_, code, _), row in chains.nodes.items():
            self._add_unlisted(code, row, types, inside)
        for table, key in (("b_03.02", "provider"), ("b_03.03", "lei")):
            for row in self.rows.get(table, []):
                self._add_unlisted(row[key], row, types, inside)
        for lei in inside & types.keys():
            self.entities[lei]["intra_group"] = "yes"

    def _add_unlisted(
        self, code: str, row: Row, types: dict[str, set[str]], inside: set[str]
    ) -> None:
        if code in self.entities:
            return
        what = "a provider that b_05.01 does not list"
        self.tally.add("invented", what, f"{clip(code, 24)} at {place(row)}")
        self._add(
            code, row, kind=_kind(types.get(code, set())), lei=self._lei(code, row),
            intra_group="yes" if code in inside else "no",
        )  # fmt: skip

    def _add_services(self, chains: Chains) -> None:
        contracts = {row["contract"]: row for row in self.rows.get("b_02.01", [])}
        signed: dict[str, list[str]] = {}
        for row in self.rows.get("b_03.01", []):
            signed.setdefault(row["contract"], []).append(row["lei"])
        assessed = self._assessments(chains)
        for node, row in chains.nodes.items():
            contract, provider, _ = node
            about, judged = contracts.get(contract, {}), assessed.get(node, {})
            self._add(
                chains.id_of(node), row, kind="service", parent=provider, contract=contract,
                name=f"{self._name(provider)}: {chains.type_name(node)} ({contract})",
                country=row.get("provided_from"),
                contract_type=about.get("type"), overarching=about.get("overarching"),
                annual_cost=about.get("cost"), currency=about.get("currency"),
                signed_by="; ".join(signed.get(contract, [])) or None,
                ends=row.get("end"), reliance=row.get("reliance"), rank=chains.rank_of(node),
                **{c: judged.get(c) for c in _JUDGED},
            )  # fmt: skip
            self._depend(chains.id_of(node), provider, "operated_by", row, sure=True)
        for contract in contracts.keys() - {contract for contract, _, _ in chains.nodes}:
            what = "a contract without a service in b_02.02 or b_05.02"
            self.tally.add("note", what, f"{clip(contract, 40)} at {place(contracts[contract])}")

    def _assessments(self, chains: Chains) -> dict[Node, Row]:
        found: dict[Node, Row] = {}
        for row in self.rows.get("b_07.01", []):
            node = (row["contract"], row["provider"], row["service"])
            if node in chains.nodes:
                found[node] = row
            else:
                what = "an assessment of a service that no contract lists"
                self.tally.lose("b_07.01", "dropped", what, place(row))
        return found

    def _name(self, identifier: str) -> str:
        return str(self.entities.get(identifier, {}).get("name") or identifier)

    def _add_uses(self, chains: Chains) -> None:
        for row in self.rows.get("b_02.02", []):
            lei, service = self._known(row["lei"], row), chains.id_of(chains.node_of(row))
            user = lei
            if row.get("function"):
                user = _function(lei, row["function"])
                if user not in self.entities:
                    what = "a function that b_06.01 does not list"
                    self.tally.add("invented", what, f"{clip(row['function'], 40)} at {place(row)}")
                    self._add(user, row, name=row["function"], kind="function", parent=lei)
                    self._depend(lei, user, "uses", row)
            else:
                what = "a service without a function; the financial entity itself uses it"
                self.tally.add("note", what, place(row))
            self._depend(user, service, "uses", row)
            ended = row.get("end")
            if ended and self.as_of and ended < self.as_of:
                what = "a contract that ended before the date of the register; kept"
                self.tally.add("note", what, f"{clip(row['contract'], 40)} at {place(row)}")

    def _add_branch_uses(self, chains: Chains) -> None:
        told = {(row["contract"], row["lei"]) for row in self.rows.get("b_02.02", [])}
        for row in self.rows.get("b_04.01", []):
            branch = row.get("branch")
            if branch:
                user = f"branch:{branch}"
                if user not in self.entities:
                    what = "a branch that b_01.03 does not list"
                    self.tally.add("invented", what, f"{clip(branch, 40)} at {place(row)}")
                    self._add(user, row, kind="branch", parent=row["lei"])
            elif (row["contract"], row["lei"]) in told:
                what = "a user of a contract that b_02.02 tells with its function"
                self.tally.lose("b_04.01", "merged", what, place(row))
                continue
            else:
                user = self._known(row["lei"], row)
            services = chains.direct(row["contract"], row["lei"])
            if not services:
                what = "a user of a contract without a service"
                self.tally.lose("b_04.01", "dropped", what, place(row))
            for node in services:
                self._depend(user, chains.id_of(node), "uses", row)


def _function(lei: str, function: str) -> str:
    return f"function:{lei}:{function}"


def _kind(types: set[str]) -> str:
    return next((kind for service, kind in KINDS if service in types), PROVIDER)
