"""FedRAMP Marketplace (data.json of the US General Services Administration).

The feed lists cloud offerings, for each the systems that are built on it (`leveraged_systems`) and
the agencies that use it: `agency_authorizations` by name, `agency_reuse` by a code such as
`22-025`. It states no strength, so every probability stays unknown. Contacts, mailboxes,
addresses and logos of a live feed are not carried on. Older editions: `fedramp_editions.py`.
"""

from datetime import date
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import FILE, Tables
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.registers.fedramp_agencies import Directory, agency_rows, read_directory
from knockon.loaders.registers.fedramp_editions import CSO, CSP, Edition, edition_of
from knockon.loaders.registers.fedramp_users import Feed, Known, add_users

SECURITY_FUNCTION = "Cybersecurity & Risk Management"
# the most fundamental first: an operator is what its most fundamental offering is
FUNDAMENTAL = ("cloud_provider", "security_vendor", "platform")
# their words for an offering that we keep, and the column that each becomes
KEPT = {
    "status": "status",
    "impact_level": "impact_level",
    "deployment_model": "deployment_model",
}
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
    edition = edition_of(source)
    feed = Feed(source.name, edition.day)
    products = _products(edition, feed.findings)
    if not products:
        held = f"{len(edition.records):,} records" if edition.records else "none"
        raise InputError(
            f"{source.name}: data.{edition.key}: expected products with an `id`; found {held}"
        )
    known = Known.of(feed, products)
    for place, product in products:
        _add_product(feed, place, product, known)
    _add_operators(feed)
    directory = read_directory(edition.data, feed.findings)
    directory.parents.update(feed.parents)
    listed = agency_rows(feed.agencies, directory, feed.findings, file=source.name)
    _report_strangers(feed, directory, known.ids)
    return Tables(
        entities=_frame([*feed.entities, *listed], (*_ENTITIES, FILE)),
        dependencies=_frame(feed.dependencies, (*_DEPENDENCIES, FILE)),
        title=f"US federal cloud market, {_spell(edition.day)} (FedRAMP Marketplace)",
        sources={feed.source: FEED},
        report=feed.findings.report(),
    )


def _products(edition: Edition, findings: RowFindings) -> list[tuple[str, dict[str, Any]]]:
    """The products that have an id, each once, with their places."""
    kept: dict[str, tuple[str, dict[str, Any]]] = {}
    table = f"data.{edition.key}"
    findings.read(table, len(edition.records))
    for number, product in enumerate(edition.records):
        place = f"{table}[{number}]"
        identifier = product.get("id") if isinstance(product, dict) else None
        if not isinstance(identifier, str) or not identifier.strip():
            findings.lose(table, "dropped", "a product without an id", place)
        elif identifier.strip() in kept:
            findings.lose(table, "dropped", "a product whose id is listed before", place)
        else:
            kept[identifier.strip()] = (place, product)
    return list(kept.values())


def _add_product(feed: Feed, place: str, product: dict[str, Any], known: Known) -> None:
    identifier = product["id"].strip()
    models = feed.words(product, "service_model", place)
    kind = kind_of(models, feed.words(product, "business_function", place))
    operator = feed.text(product, CSP, place)
    feed.entities.append(
        {
            "id": identifier,
            "name": feed.text(product, CSO, place) or None,
            "kind": kind,
            "parent": f"operator:{operator}" if operator else None,
            "operator": operator or None,
            "service_model": ", ".join(models) or None,
            **{o: feed.text(product, (t,), place) or None for t, o in KEPT.items()},
            FILE: f"{feed.file}#{place}",
        }
    )
    if operator:
        feed.operators.setdefault(operator, set()).add(kind)
        feed.depend(identifier, f"operator:{operator}", "operated_by", f"{place}.csp")
    else:
        feed.findings.add("note", "a product without an operator (csp)", place)
    add_users(feed, place, product, known)


def _add_operators(feed: Feed) -> None:
    """Each operator, of the kind of the most fundamental of its offerings."""
    for name, kinds in sorted(feed.operators.items()):
        kind = next((k for k in FUNDAMENTAL if k in kinds), "operator")
        feed.entities.append(
            {"id": f"operator:{name}", "name": name, "kind": kind, FILE: feed.file}
        )


def _report_strangers(feed: Feed, directory: Directory, known: frozenset[str]) -> None:
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


def _spell(day: str) -> str:
    moment = date.fromisoformat(day)
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    )  # fmt: skip
    return f"{moment.day} {months[moment.month - 1]} {moment.year}"
