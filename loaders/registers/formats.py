"""Registers: who uses whom, as kept by authorities, markets and surveys."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source


def _is_fedramp(source: Source) -> bool:
    return any(key in source.json_keys for key in ("data.Products", "data.ReuseMapping"))


def _is_dora(source: Source) -> bool:
    if not source.is_folder and not source.head.startswith(b"PK"):
        return False
    from knockon.loaders.registers.dora.package import is_register

    return is_register(source)


def _is_webdeps(source: Source) -> bool:
    from knockon.loaders.registers.webdeps_rows import is_webdeps

    return is_webdeps(source)


def _is_subprocessors(source: Source) -> bool:
    from knockon.loaders.registers.subprocessors_tables import is_list

    return is_list(source)


_RELATIONSHIP = re.compile(r"\d{1,10}\|\d{1,10}\|-?[0-2](\|[^|]*)?\s*")


def _is_as_relationships(source: Source) -> bool:
    lines = [line for line in source.head_text.splitlines() if line.strip() and line[0] != "#"]
    return bool(lines) and _RELATIONSHIP.fullmatch(lines[0]) is not None


FORMATS = (
    Format(
        "dora", "DORA register of information: the ICT contracts of financial entities",
        "financial entities, branches, functions, services under contract, providers",
        "function uses service, service operated_by provider, service supplied_by subcontractor's",
        "the plain-CSV package that goes to the authority (ZIP or folder), or the filled-in Excel "
        "template", "a ZIP, folder or workbook with tables b_01.01 to b_07.01",
        "knockon.loaders.registers.dora.reader", _is_dora, binary=True,
    ),
    Format(
        "fedramp", "FedRAMP Marketplace: the cloud market of the US government",
        "offerings, their operators, and the agencies that use them",
        "agency uses offering, offering uses offering, offering operated_by operator",
        "download data.json of github.com/GSA/marketplace-fedramp-gov-data",
        "a JSON object with data.Products",
        "knockon.loaders.registers.fedramp", _is_fedramp,
    ),
    Format(
        "as_relationships", "AS relationships: who sells transit to whom on the Internet",
        "autonomous systems", "customer supplied_by provider; peering makes none",
        "download YYYYMMDD.as-rel.txt.bz2 of publicdata.caida.org/datasets/as-relationships",
        "lines such as 3356|64500|-1, plain or compressed",
        "knockon.loaders.registers.as_relationships", _is_as_relationships,
        "several providers of one customer (needs 1)", binary=True,
    ),
    Format(
        "webdeps", "website dependency tables: DNS, CDN and certificates of popular sites",
        "sites, and providers by service",
        "site resolved_by, delivered_by, certified_by provider; provider resolved_by provider",
        "copy the folders DNSdep, CDNdep and CAdep of github.com/AqsaKashaf/Webdep into one",
        "lines such as 1000,example.org,cloudflare,Third, or a folder with files of them",
        "knockon.loaders.registers.webdeps", _is_webdeps,
        "several providers of one site for one service (needs 1)",
    ),
    Format(
        "subprocessors", "a list of sub-processors, as companies publish it",
        "the company and its sub-processors",
        "company uses sub-processor; hosting, DNS, CDN and sign-in by their own relations",
        "save the page or table from the company's site",
        "CSV, TSV, Markdown or HTML table with a column Sub-processor",
        "knockon.loaders.registers.subprocessors", _is_subprocessors,
    ),
)  # fmt: skip
