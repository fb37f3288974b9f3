"""Registers: who uses whom, as kept by authorities, markets and surveys."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.subprocessors.signs import is_list
from knockon.loaders.registers.webdeps_signs import is_webdeps

_RELATIONSHIP = re.compile(r"(AS)?\d{1,10}\|(AS)?\d{1,10}\|-?[0-2](\|[^|]*)?\s*", re.IGNORECASE)


def _is_fedramp(source: Source) -> bool:
    keys = set(source.json_keys)
    if {"data.Products", "data.ReuseMapping"} & keys:
        return True
    return "data.Providers" in keys and "Cloud_Service_Provider_Name" in source.head_text


def _is_as_relationships(source: Source) -> bool:
    lines = [line for line in source.head_text.splitlines() if line.strip() and line[0] != "#"]
    fits = [_RELATIONSHIP.fullmatch(line) is not None for line in lines[:20]]  # a head, perhaps
    return bool(fits) and sum(fits) * 2 >= len(fits)


FORMATS = (
    Format(
        name="fedramp",
        what="FedRAMP Marketplace: the cloud market of the US government",
        entities="offerings, their operators, and the agencies that use them",
        dependencies="agency uses offering, offering uses offering, offering operated_by operator",
        export="download data.json of github.com/GSA/marketplace-fedramp-gov-data, of any year",
        sign="a JSON object with data.Products, or data.Providers (2016 to 2022)",
        module="knockon.loaders.registers.fedramp",
        matches=_is_fedramp,
    ),
    Format(
        name="as_relationships",
        what="AS relationships: who sells transit to whom on the Internet",
        entities="autonomous systems",
        dependencies="customer supplied_by provider; peering makes none",
        groups="several providers of one customer (needs 1)",
        export="download YYYYMMDD.as-rel.txt.bz2 of publicdata.caida.org/datasets/as-relationships",
        sign="lines such as 3356|64500|-1, plain or compressed",
        module="knockon.loaders.registers.as_relationships",
        matches=_is_as_relationships,
    ),
    Format(
        name="webdeps",
        what="website dependency tables: DNS, CDN and certificates of popular sites",
        entities="sites, and providers by service",
        dependencies="site resolved_by, delivered_by, certified_by provider; "
        "provider resolved_by provider",
        groups="several providers of one site for one service (needs 1)",
        export="copy the folders DNSdep, CDNdep and CAdep of github.com/AqsaKashaf/Webdep into one",
        sign="lines such as 1000,example.org,cloudflare,Third, or a folder with files of them",
        module="knockon.loaders.registers.webdeps",
        matches=is_webdeps,
    ),
    Format(
        name="subprocessors",
        what="a list of sub-processors, as companies publish it",
        entities="the company and its sub-processors",
        dependencies="company uses sub-processor; hosting, DNS, CDN and sign-in by their own "
        "relations",
        export="save the page or table from the company's site",
        sign="CSV, TSV, Markdown or HTML table with a column Sub-processor, or a table or list "
        "below such a heading",
        module="knockon.loaders.registers.subprocessors.reader",
        matches=is_list,
        options=("company", "mapping"),
    ),
)
