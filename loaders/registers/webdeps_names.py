"""What one provider of DNS, CDN or certificates is called, and which domains it owns."""

from dataclasses import dataclass, field

import polars as pl

from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source

MAPS = {"dns": "DNS_MAP", "cdn": "CDN_MAP", "ca": "CA_MAP"}
OCSP = "OCSP_NAMES"
MAX_BYTES = 64 * 1024 * 1024
_DOMAINS = {"role": pl.String, "provider": pl.String, "domain": pl.String}


@dataclass(frozen=True)
class Names:
    """aliases: service -> what a provider is called -> its first name; domains: service, provider,
    and each domain it may own, shorter ones too (`ocsp.a.org`, `a.org`)."""

    aliases: dict[str, dict[str, str]] = field(default_factory=dict)
    domains: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_DOMAINS))


def plain(name: str, role: str) -> str:
    """A name as the tables write it: `DigiCert Inc` is `digicertinc` among authorities."""
    lowered = name.strip().strip(".").lower()
    return lowered.translate({ord(c): None for c in " .,"}) if role == "ca" else lowered


def read_names(folder: Source, findings: RowFindings) -> Names:
    """The maps beside the tables; lines without a name or a domain are counted."""
    aliases: dict[str, dict[str, str]] = {}
    owned: list[tuple[str, str, str]] = []
    for role, file in MAPS.items():
        known = aliases.setdefault(role, {})
        for place, name, words in _lines(folder, file, findings):
            first = known.get(plain(name, role), plain(name, role))
            known.setdefault(first, first)
            for word in words.replace(",", ";").split(";"):
                alias = word.strip().strip(".").lower()
                if not alias:
                    continue
                if known.setdefault(alias, first) == first:
                    owned.append((role, first, alias))
                elif role != "ca":  # authorities share hosts: resellers check at their supplier's
                    what = "a domain that a map gives to two providers; the first is kept"
                    findings.add("note", what, f"{alias} at {place}")
    for _, name, address in _lines(folder, OCSP, findings):
        host = address.partition("://")[2].partition("/")[0].strip().lower() or address.lower()
        owned.append(("ca", plain(name, "ca"), host))
    return Names(aliases, _with_parents(owned))


def _lines(folder: Source, file: str, findings: RowFindings) -> list[tuple[str, str, str]]:
    """Place, name and the rest of each line; a name may hold commas before an address."""
    if file not in folder.names:
        return []
    source = folder.member(file)
    source.refuse_larger(MAX_BYTES, "names")
    found, rows = [], 0
    for number, line in enumerate(source.text.splitlines(), 1):
        if not line.strip():
            continue
        rows += 1
        before, comma, address = line.rpartition(",http")
        name, separator, rest = (before, comma, "http" + address) if comma else line.partition(",")
        if name.strip() and separator and rest.strip():
            found.append((f"{source.name}:{number}", name, rest))
        else:
            what = "a line of a map of names without a name and a domain"
            findings.lose(source.name, "dropped", what, f"{source.name}:{number}")
    findings.read(source.name, rows)
    return found


def _with_parents(owned: list[tuple[str, str, str]]) -> pl.DataFrame:
    rows: dict[tuple[str, str, str], None] = {}
    for role, provider, domain in owned:
        labels = domain.split(".")
        for start in range(min(3, len(labels) - 1)):
            rows[role, provider, ".".join(labels[start:])] = None
    return pl.DataFrame(list(rows), schema=_DOMAINS, orient="row")
