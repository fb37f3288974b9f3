"""Entities that state the same identifier: an LEI, or the domain of their website.

An LEI (ISO 17442) names a legal entity, a domain whoever runs it. Products carry the identifier
of their vendor, so that neither says that two products are one: such pairs are only proposed.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import Finding, Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.lei import is_lei
from knockon.loaders.joining.claims import (
    DOMAIN,
    DOMAINS,
    LEI,
    LEI_COLUMN,
    Claim,
    classify,
    count_dependents,
)
from knockon.loaders.joining.likeness import find_contradiction, measure_likeness
from knockon.loaders.joining.names import take_apart

_SURE = {LEI: 1.0, DOMAIN: 0.98}
_UNSURE = 0.9
_RANK = {"organisation": 0, "": 1}
_NAMED_ALIKE = 0.8  # names that confirm a domain where the kind is unknown
_OPPOSED = 0.5
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


def find_identified(tables: Tables) -> tuple[list[Claim], list[Finding]]:
    """Claims from LEIs and domains that several entities share, and what could not be used.

    Of all that share one, each is claimed to be the same as the first: an organisation before an
    entity of unknown kind, then the one that most depend on, then the smallest id. A claim is
    sure (`Claim.sure`) only where the kinds allow it: two products, or an organisation and a
    product, are proposed; so are entities of unknown kind that share a domain but no name, and
    names whose numbers or regions differ.
    """
    findings = Findings()
    shared: dict[tuple[str, str], list[str]] = {}
    for identifier, by, value in _walk_stated(tables, findings):
        shared.setdefault((by, value), []).append(identifier)
    several = {key: ids for key, ids in shared.items() if len(ids) > 1}
    users = count_dependents(tables, [i for ids in several.values() for i in ids])
    rows = tables.entities.filter(pl.col("id").is_in([i for v in several.values() for i in v]))
    facts = {i: (name, kind) for i, name, kind in rows.select("id", "name", "kind").iter_rows()}
    claims = []
    for (by, value), ids in several.items():
        first, *others = sorted(
            ids, key=lambda i: (_RANK.get(classify(facts[i][1]), 2), -users.get(i, 0), i)
        )
        for alias in others:
            score, why = _judge(by, facts[first], facts[alias])
            claims.append(Claim(alias, first, by, score, f"{by} {clip(value, 60)}{why}"))
    return claims, list(findings.report())


def find_host(text: str) -> str | None:
    """The host of a domain or address of a whole website, without `www.`; None for anything else.

    An address with a path (`https://github.com/owner`) names no host of its own.
    """
    text = text.strip().casefold()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return None
    whole = parts.path in ("", "/") and not parts.query and not parts.fragment
    return host if whole and len(host) <= 253 and _HOST.fullmatch(host) else None


def _walk_stated(tables: Tables, findings: Findings) -> Iterable[tuple[str, str, str]]:
    """(id, LEI or DOMAIN, value) of every entity that states one that can be used."""
    columns = [c for c in (LEI_COLUMN, *DOMAINS) if c in tables.entities.columns]
    rows = tables.entities.select("id", *(pl.col(c).cast(pl.String) for c in columns))
    for identifier, *cells in rows.iter_rows():
        told = {c: v.strip() for c, v in zip(columns, cells, strict=True) if v and v.strip()}
        lei = told.pop(LEI_COLUMN, "").replace(" ", "").upper()
        if lei and is_lei(lei):
            yield identifier, LEI, lei
        elif lei:
            where = f"{clip(lei, 30)} of {clip(identifier, 60)}"
            findings.add("note", "an LEI whose form or check digits are wrong; not used", where)
        hosts = [find_host(told[c]) for c in DOMAINS if c in told]
        if any(hosts):
            yield identifier, DOMAIN, next(h for h in hosts if h)
        elif hosts:
            where = f"{clip(next(iter(told.values())), 60)} of {clip(identifier, 60)}"
            findings.add("note", "a website that is no domain alone; not used to join", where)


def _judge(by: str, one: tuple[str, str], other: tuple[str, str]) -> tuple[float, str]:
    """How sure the identifier makes it that two (name, kind) are one, and what speaks against."""
    a, b = classify(one[1]), classify(other[1])
    if a and b and a != b:
        return _UNSURE, f", but kinds differ ({', '.join(sorted((one[1], other[1])))})"
    if "product" in (a, b):
        return _UNSURE, ", which products of one vendor share"
    if by == LEI:
        return _SURE[LEI], ""
    names = take_apart(one[0]), take_apart(other[0])
    if against := find_contradiction(*names):
        return _OPPOSED, f", but {against}"
    if a == b == "organisation" or measure_likeness(*names)[0] >= _NAMED_ALIKE:
        return _SURE[DOMAIN], ""
    return _UNSURE, ", but names and kinds do not confirm it"
