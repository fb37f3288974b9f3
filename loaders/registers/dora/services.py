"""Providers of a register, and the services that they render under contract, as entities."""

from knockon.graph.errors import clip
from knockon.loaders.assembling.lei import is_lei
from knockon.loaders.registers.dora.chains import Chains, Node
from knockon.loaders.registers.dora.register import Register, cells_of_use
from knockon.loaders.registers.dora.rows import Row, distinct, place

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


def add_providers(register: Register, chains: Chains) -> None:
    """The providers that b_05.01 lists, and those that other tables name."""
    types: dict[str, set[str]] = {}
    for _, provider, service in chains.nodes:
        types.setdefault(provider, set()).add(service)
    rows = register.rows
    inside = {lei for lei, entity in register.entities.items() if entity["kind"] == "enterprise"}
    inside |= {row["lei"] for row in rows.get("b_03.03", [])}
    parents = {row["parent"] for row in rows.get("b_05.01", []) if row.get("parent")}
    for row in rows.get("b_05.01", []):
        code, parent = row["provider"], row.get("parent")
        other = row.get("other_code")
        lei = register.lei(str(row.get("code")), row) or (other if is_lei(other or "") else None)
        register.add(
            code, row, name=row.get("name") or row.get("latin_name"),
            kind=_kind(types.get(code, set())),
            country=row.get("country"), parent=parent if parent != code else None,
            lei=lei, code=row.get("code"), code_type=row.get("code_type"),
            other_code=other, latin_name=row.get("latin_name"), person=row.get("person"),
            provider_annual_cost=row.get("cost"),
            provider_currency=row.get("currency") if row.get("cost") else None,
            intra_group="yes" if code in inside else "no",
        )  # fmt: skip
        if code not in types and code not in parents:
            what = "a provider of b_05.01 that no contract names; nothing depends on it"
            register.findings.add("note", what, f"{clip(code, 40)} at {place(row)}")
    for (_, code, _), row in chains.nodes.items():
        _add_unlisted(register, code, row, types, inside)
    for table, key in (("b_03.02", "provider"), ("b_03.03", "lei")):
        for row in rows.get(table, []):
            _add_unlisted(register, row[key], row, types, inside)
    for lei in inside & types.keys():
        register.entities[lei]["intra_group"] = "yes"


def _add_unlisted(
    register: Register, code: str, row: Row, types: dict[str, set[str]], inside: set[str]
) -> None:
    if code in register.entities:
        return
    what = "a provider that b_05.01 does not list"
    register.findings.add("invented", what, f"{clip(code, 24)} at {place(row)}")
    register.add(
        code, row, kind=_kind(types.get(code, set())), lei=register.lei(code, row),
        code=row.get("code"), code_type=row.get("code_type"),
        intra_group="yes" if code in inside else "no",
    )  # fmt: skip


def add_services(register: Register, chains: Chains) -> None:
    """Each service with what its contract, its uses and its assessment say of it.

    What it costs is said of a contract: it stands on the first service of each, once.
    """
    rows = register.rows
    contracts = {row["contract"]: row for row in rows.get("b_02.01", [])}
    signed: dict[str, list[str]] = {}
    for row in rows.get("b_03.01", []):
        signed.setdefault(row["contract"], []).append(row["lei"])
    uses: dict[Node, list[Row]] = {}
    for row in rows.get("b_02.02", []):
        uses.setdefault(chains.node_of(row), []).append(row)
    assessed, firsts = _assessments(register, chains), chains.firsts()
    for node, row in chains.nodes.items():
        contract, provider, service = node
        about, judged = contracts.get(contract, {}), assessed.get(node, {})
        used = cells_of_use(uses.get(node, []))
        first = about if firsts[contract] == node else {}
        register.add(
            chains.id_of(node), row, kind="service", parent=provider, contract=contract,
            name=f"{register.name_of(provider)}: {chains.type_name(node)} ({contract})",
            country=used["provided_from"] if "; " not in (used["provided_from"] or "") else None,
            service_type=service, keeper=register.keeper,
            contract_type=about.get("type"), overarching=about.get("overarching"),
            annual_cost=first.get("cost"),
            currency=first.get("currency") if first.get("cost") else None,
            signed_by=distinct(signed.get(contract, [])), rank=chains.rank_of(node),
            **used, **{c: judged.get(c) for c in _JUDGED},
        )  # fmt: skip
        register.depend(chains.id_of(node), provider, "operated_by", row, sure=True)
    for contract in contracts.keys() - firsts.keys():
        what = "a contract without a service in b_02.02 or b_05.02"
        where = f"{clip(contract, 40)} at {place(contracts[contract])}"
        register.findings.add("note", what, where)


def _assessments(register: Register, chains: Chains) -> dict[Node, Row]:
    found: dict[Node, Row] = {}
    for row in register.rows.get("b_07.01", []):
        node = (row["contract"], row["provider"], row["service"])
        if node in chains.nodes:
            found[node] = row
        else:
            what = "an assessment of a service that no contract lists"
            register.findings.lose("b_07.01", "dropped", what, place(row))
    return found


def _kind(types: set[str]) -> str:
    return next((kind for service, kind in KINDS if service in types), PROVIDER)
