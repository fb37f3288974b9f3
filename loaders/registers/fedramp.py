"""FedRAMP Marketplace (data.json of the US General Services Administration).

The feed lists cloud offerings, for each the systems that are built on it (`leveraged_systems`) and
the agencies that use it: `agency_authorizations` by name, `agency_reuse` by a code such as
`22-025`. It states no strength, so every probability stays unknown. Contacts, mailboxes,
addresses and logos of a live feed are not carried on.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, Tables
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.registers.fedramp_agencies import Directory, agency_rows, read_directory

SECURITY_FUNCTION = "Cybersecurity & Risk Management"
# the most fundamental first: an operator is what its most fundamental offering is
FUNDAMENTAL = ("cloud_provider", "security_vendor", "platform")
# their words for an offering that we keep, and the column that each becomes
KEPT = {
    "status": "status",
    "impact_level": "impact_level",
    "deployment_model": "deployment_model",
}
PRODUCTS, USERS = "data.Products", "users of the products"  # what the report counts
FEED = "https://github.com/GSA/marketplace-fedramp-gov-data (data.json)"

_ENTITIES = (
    "id", "name", "kind", "parent", "sector", "country", "operator", "service_model",
    *KEPT.values(), "same_as",
)  # fmt: skip
_DEPENDENCIES = ("dependent", "provider", "relation", "source", "evidence", "as_of")


def kind_of(models: list[str], functions: list[str]) -> str:
    """The kind of an offering, from its service models and business functions."""
    if "IaaS" in models:
        return "cloud_provider"
    if SECURITY_FUNCTION in functions:
        return "security_vendor"
    return "platform" if "PaaS" in models else "service"


def read_fedramp(source: SourceLike) -> Tables:
    """Offerings, operators and agencies, and who uses what, from one edition of the feed.

    Agencies are kept as listed, by name or by code; a code-listed one carries `same_as`, the id
    of the agency of that name. Raises InputError where the feed has another shape; records and
    entries that cannot be used are counted in the report, with their place.
    """
    source = Source.of(source)
    data, day = _edition(source)
    feed = _Feed(source.name, day)
    products = _products(data, feed.findings)
    for place, product in products:
        _add_product(feed, place, product)
    feed.add_operators()
    directory = read_directory(data, feed.findings)
    listed = agency_rows(feed.agencies, directory, feed.findings, file=source.name)
    known = {product["id"].strip() for _, product in products}
    _report_strangers(feed, directory, known)
    return Tables(
        entities=_frame([*feed.entities, *listed], (*_ENTITIES, FILE)),
        dependencies=_frame(feed.dependencies, (*_DEPENDENCIES, FILE)),
        title=f"US federal cloud market, {_spelled(day)} (FedRAMP Marketplace)",
        sources={feed.source: FEED},
        report=feed.findings.report(),
    )


@dataclass
class _Feed:
    """Rows and oddities, gathered while the products are walked."""

    file: str
    day: str
    findings: RowFindings = field(default_factory=RowFindings)
    entities: list[dict[str, str | None]] = field(default_factory=list)
    dependencies: list[dict[str, str | None]] = field(default_factory=list)
    operators: dict[str, set[str]] = field(default_factory=dict)
    agencies: dict[str, str] = field(default_factory=dict)  # as listed -> first place

    @property
    def source(self) -> str:
        return f"FedRAMP Marketplace {self.day}"

    def depend(self, dependent: str, provider: str, relation: str, place: str) -> None:
        self.dependencies.append(
            {
                "dependent": dependent, "provider": provider, "relation": relation,
                "source": self.source, "evidence": place, "as_of": self.day,
                FILE: f"{self.file}#{place}",
            }
        )  # fmt: skip

    def text(self, record: dict[str, Any], key: str, place: str) -> str:
        """A text of the record, stripped; counted where it is of another type."""
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            self.findings.add("dropped", f"{key} that is no text", f"{place}.{key}")
        return value.strip() if isinstance(value, str) else ""

    def items(self, record: dict[str, Any], key: str, place: str) -> list[tuple[str, Any]]:
        """The entries of a list of the record, each with its place."""
        value = record.get(key)
        if not isinstance(value, list):
            self.findings.add("dropped", f"{key} that is no list", f"{place}.{key}")
            return []
        return [(f"{place}.{key}[{i}]", item) for i, item in enumerate(value)]

    def words(self, record: dict[str, Any], key: str, place: str) -> list[str]:
        """The texts in a list of the record; the feed writes an empty list as one blank."""
        items = [item for _, item in self.items(record, key, place)]
        return [item.strip() for item in items if isinstance(item, str) and item.strip()]

    def add_operators(self) -> None:
        for name, kinds in sorted(self.operators.items()):
            kind = next((k for k in FUNDAMENTAL if k in kinds), "operator")
            self.entities.append(
                {"id": f"operator:{name}", "name": name, "kind": kind, FILE: self.file}
            )


def _edition(source: Source) -> tuple[dict[str, Any], str]:
    """The `data` of the feed and the day of its last change."""
    document = source.json
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise InputError(f"{source.name}: expected a JSON object with an object `data`")
    if not isinstance(data.get("Products"), list):
        held = ", ".join(repr(clip(k, 40)) for k in list(data)[:8]) or "nothing"
        raise InputError(f"{source.name}: data: expected a list `Products`; found {held}")
    meta = document.get("meta")
    changed = meta.get("last_change") if isinstance(meta, dict) else None
    try:
        day = date.fromisoformat(str(changed)[:10])
    except ValueError:
        wanted = "meta.last_change: expected a date such as 2024-07-17"
        raise InputError(f"{source.name}: {wanted}, got {clip(str(changed))!r}") from None
    return data, day.isoformat()


def _products(data: dict[str, Any], findings: RowFindings) -> list[tuple[str, dict[str, Any]]]:
    """The products that have an id, each once, with their places."""
    kept: dict[str, tuple[str, dict[str, Any]]] = {}
    findings.read(PRODUCTS, len(data["Products"]))
    for number, product in enumerate(data["Products"]):
        place = f"data.Products[{number}]"
        identifier = product.get("id") if isinstance(product, dict) else None
        if not isinstance(identifier, str) or not identifier.strip():
            findings.lose(PRODUCTS, "dropped", "a product without an id", place)
        elif identifier.strip() in kept:
            findings.lose(PRODUCTS, "dropped", "a product whose id is listed before", place)
        else:
            kept[identifier.strip()] = (place, product)
    return list(kept.values())


def _add_product(feed: _Feed, place: str, product: dict[str, Any]) -> None:
    identifier = product["id"].strip()
    models = feed.words(product, "service_model", place)
    kind = kind_of(models, feed.words(product, "business_function", place))
    operator = feed.text(product, "csp", place)
    feed.entities.append(
        {
            "id": identifier,
            "name": feed.text(product, "cso", place) or None,
            "kind": kind,
            "parent": f"operator:{operator}" if operator else None,
            "operator": operator or None,
            "service_model": ", ".join(models) or None,
            **{ours: feed.text(product, theirs, place) or None for theirs, ours in KEPT.items()},
            FILE: f"{feed.file}#{place}",
        }
    )
    if operator:
        feed.operators.setdefault(operator, set()).add(kind)
        feed.depend(identifier, f"operator:{operator}", "operated_by", f"{place}.csp")
    else:
        feed.findings.add("note", "a product without an operator (csp)", place)
    _add_users(feed, place, product)


def _add_users(feed: _Feed, place: str, product: dict[str, Any]) -> None:
    """Systems and agencies that use the product, each once per list."""
    identifier = product["id"].strip()
    users: list[tuple[str, str]] = []
    systems = feed.items(product, "leveraged_systems", place)
    feed.findings.read(USERS, len(systems))
    for at, system in systems:
        user = feed.text(system, "id", at) if isinstance(system, dict) else ""
        if user:
            users.append((at, user))
        else:
            feed.findings.lose(USERS, "dropped", "a leveraged system without an id", at)
    for key in ("agency_authorizations", "agency_reuse"):
        entries = feed.items(product, key, place)
        blank = [entry for _, entry in entries] == [""]  # how the feed writes an empty list
        entries = [] if blank else entries
        feed.findings.read(USERS, len(entries))
        for at, entry in entries:
            name = entry.strip() if isinstance(entry, str) else ""
            if not name:
                what = f"an entry of {key} that is blank or no text"
                feed.findings.lose(USERS, "dropped", what, at)
                continue
            feed.agencies.setdefault(name, at)
            users.append((at, f"agency:{name}"))
    seen: set[str] = set()
    for at, user in users:
        if user in seen:
            feed.findings.lose(USERS, "merged", "a user that one product lists twice", at)
        else:
            feed.depend(user, identifier, "uses", at)
        seen.add(user)


def _report_strangers(feed: _Feed, directory: Directory, known: set[str]) -> None:
    """Count systems and mapping rows that name a product which the edition does not list."""
    for row in feed.dependencies:
        user, evidence = str(row["dependent"]), str(row["evidence"])
        if ".leveraged_systems[" in evidence and user not in known:
            feed.findings.add("note", "a leveraged system that is no listed product", evidence)
    for place, product in directory.products:
        if product.strip() not in known:
            where = f"{clip(product, 40)} at {place}"
            feed.findings.add("dropped", "a mapping of a product that is not listed", where)
        elif product != product.strip():
            feed.findings.add("changed", "a product id with stray blanks in a mapping", place)


def _frame(rows: list[dict[str, str | None]], columns: tuple[str, ...]) -> pl.DataFrame:
    cells = {column: [row.get(column) for row in rows] for column in columns}
    return pl.DataFrame(cells, dict.fromkeys(columns, pl.String))


def _spelled(day: str) -> str:
    moment = date.fromisoformat(day)
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    )  # fmt: skip
    return f"{moment.day} {months[moment.month - 1]} {moment.year}"
