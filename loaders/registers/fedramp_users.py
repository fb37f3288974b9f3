"""What is gathered while the products of the FedRAMP feed are walked, and who uses each of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from knockon.graph.model.tables import FILE
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.registers.fedramp_editions import CSO, NOTHING, agencies_of_letters, split

USERS = "users of the products"  # what the report counts, beside the products


@dataclass
class Feed:
    """Rows and oddities, gathered while the products are walked."""

    file: str
    day: str
    findings: RowFindings = field(default_factory=RowFindings)
    entities: list[dict[str, str | None]] = field(default_factory=list)
    dependencies: list[dict[str, str | None]] = field(default_factory=list)
    operators: dict[str, set[str]] = field(default_factory=dict)
    agencies: dict[str, str] = field(default_factory=dict)  # as listed -> first place
    parents: dict[str, str] = field(default_factory=dict)  # of agencies, by name

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

    def text(self, record: dict[str, Any], keys: tuple[str, ...], place: str) -> str:
        """The first text under these keys, stripped; counted where it is of another type."""
        for key in keys:
            value = record.get(key)
            if value is not None and not isinstance(value, str):
                self.findings.add("dropped", f"{key} that is no text", f"{place}.{key}")
            elif value and value.strip() not in NOTHING:
                return value.strip()
        return ""

    def items(self, record: dict[str, Any], key: str, place: str) -> list[tuple[str, Any]]:
        """The entries of a list of the record, each with its place."""
        value = split(record[key]) if record.get(key) is not None else record.get(key)
        if not isinstance(value, list):
            self.findings.add("dropped", f"{key} that is no list", f"{place}.{key}")
            return []
        return [(f"{place}.{key}[{i}]", item) for i, item in enumerate(value)]

    def words(self, record: dict[str, Any], key: str, place: str) -> list[str]:
        """The texts in a list of the record; the feed writes an empty list as one blank."""
        items = [item for _, item in self.items(record, key, place)]
        return [i.strip() for i in items if isinstance(i, str) and i.strip() not in NOTHING]

    def entries(self, record: dict[str, Any], key: str, place: str) -> list[tuple[str, Any]]:
        """The entries of a list; none of one that says in words that there is none."""
        found = self.items(record, key, place)
        return [] if len(found) == 1 and found[0][1] in NOTHING else found


@dataclass(frozen=True)
class Known:
    """Ids of the listed products, and the id of each name of an offering that only one has."""

    ids: frozenset[str]
    by_name: dict[str, str]

    @classmethod
    def of(cls, feed: Feed, products: list[tuple[str, dict[str, Any]]]) -> "Known":
        named: dict[str, list[str]] = {}
        for _, product in products:
            for key in CSO:
                name = product.get(key)
                if isinstance(name, str) and name.strip():
                    named.setdefault(name.strip().casefold(), []).append(product["id"].strip())
        only = {name: ids[0] for name, ids in named.items() if len(set(ids)) == 1}
        return cls(frozenset(product["id"].strip() for _, product in products), only)


def add_users(feed: Feed, place: str, product: dict[str, Any], known: Known) -> None:
    """Systems and agencies that use the product, each once, and the packages that it uses."""
    _add_underlying(feed, place, product)
    users = [*_systems(feed, place, product, known), *_agencies(feed, place, product)]
    seen: set[str] = set()
    for at, user in (*users, *_letters(feed, place, product)):
        if user in seen:
            feed.findings.lose(USERS, "merged", "a user that one product lists twice", at)
        else:
            feed.depend(user, product["id"].strip(), "uses", at)
        seen.add(user)


def _add_underlying(feed: Feed, place: str, product: dict[str, Any]) -> None:
    """The packages that this one is built on, as the dashboard lists them."""
    if product.get("Underlying_CSP_Package_ID") is None:
        return
    for at, package in feed.entries(product, "Underlying_CSP_Package_ID", place):
        if isinstance(package, str) and package.strip() not in NOTHING:
            feed.depend(product["id"].strip(), package.strip(), "uses", at)
        else:
            feed.findings.add("dropped", "an underlying package that is blank or no text", at)


def _systems(
    feed: Feed, place: str, product: dict[str, Any], known: Known
) -> Iterator[tuple[str, str]]:
    """Place and id of each system that is built on the product; one may be named instead."""
    systems = feed.entries(product, "leveraged_systems", place)
    feed.findings.read(USERS, len(systems))
    for at, system in systems:
        record = system if isinstance(system, dict) else {"id": system}
        user = feed.text(record, ("id",), at) if isinstance(record.get("id"), str | None) else ""
        name = user or feed.text(record, (*CSO, "name"), at)
        user = user if user in known.ids else known.by_name.get(name.casefold(), user)
        if user:
            yield at, user
        else:
            feed.findings.lose(USERS, "dropped", "a leveraged system without an id", at)


def _agencies(feed: Feed, place: str, product: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Place and id of each agency that a product lists."""
    for key in ("agency_authorizations", "agency_reuse"):
        entries = feed.entries(product, key, place)
        feed.findings.read(USERS, len(entries))
        for at, entry in entries:
            name = entry.strip() if isinstance(entry, str) else ""
            if name in NOTHING:
                what = f"an entry of {key} that is blank or no text"
                feed.findings.lose(USERS, "dropped", what, at)
                continue
            feed.agencies.setdefault(name, at)
            yield at, f"agency:{name}"


def _letters(feed: Feed, place: str, product: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Place and id of each agency whose letter lets it use a provider of the dashboard."""
    for within, agency, parent, stands in agencies_of_letters(product):
        at = place + within
        feed.findings.read(USERS, 1)
        if not agency or agency in NOTHING:
            feed.findings.lose(USERS, "dropped", "a letter without an agency", at)
        elif not stands:
            feed.findings.lose(USERS, "dropped", "a letter that is not active", f"{agency} at {at}")
        else:
            feed.agencies.setdefault(agency, at)
            if parent and parent != agency:
                feed.parents.setdefault(agency, parent)
            yield at, f"agency:{agency}"
