"""Tables of what websites stand on (A. Kashaf, V. Sekar, Y. Agarwal, "Analyzing Third Party Service
Dependencies in Modern Web Services", IMC 2020; https://github.com/AqsaKashaf/Webdep).

One table per service, a line per provider of a site, without a head:

| table | line | relation |
|---|---|---|
| DNS | rank, site, provider, party[, name server] | resolved_by |
| CDN | rank, site, provider, party | delivered_by |
| CA | rank, site, [host of revocation checks,] provider, party, stapled | certified_by |
| sites | rank, site | |

`party` is `Third`, `Pvt` (the site's own, or its owner's) or `unknown`. Several providers of one
site are a group that needs 1. What a site runs itself is no dependency; beside another provider it
is a member of the group that falls with nobody but the site. Where the party is unknown the
dependency stands, with the word in column `party`. Rank is the bucket of the study (1000: the first
thousand). A certificate that is `stapled` is checked without asking the authority; the dependency
stands (the certificate must be renewed), and the column tells.

A folder may hold several tables and the lists of names beside them: `DNS_MAP`, `CDN_MAP`, `CA_MAP`
(`provider,domain;domain`) join what one provider is called; `OCSP_NAMES` (`provider,address`) tells
where certificates are checked. Providers whose domains are sites of the DNS table get a chain: they
are resolved_by whoever resolves that domain.
"""

import re
from collections.abc import Iterable

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.registers.webdeps_names import MAPS, OCSP, Names, read_names
from knockon.loaders.registers.webdeps_rows import SERVICES, read_rows
from knockon.loaders.registers.webdeps_signs import role_of

SOURCE = "https://github.com/AqsaKashaf/Webdep"
KINDS = {"dns": "dns_provider", "cdn": "cdn_provider", "ca": "certificate_authority"}
RELATIONS = {"dns": "resolved_by", "cdn": "delivered_by", "ca": "certified_by"}
_MONTH = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])(?!\d)")
_WORDS = {"dns": "DNS", "cdn": "CDN", "ca": "CA"}
THIRD, PRIVATE, UNKNOWN = "third", "private", "unknown"


def read_webdeps(source: SourceLike) -> Tables:
    """Sites, their providers and the chains between providers, of one table or a folder of them.

    Rows that are broken, repeated or of the site's own are counted in the report. Raises InputError
    where no table is there, or a table does not tell of which service it is.
    """
    source = Source.of(source)
    findings = RowFindings()
    chosen, names = _files(source, findings)
    parts = {role: read_rows(file, role, names, findings) for role, file in chosen.items()}
    sites = _sites([*parts.values()])
    if not sites.height:
        raise InputError(f"{source.name}: expected rows such as 1000,example.org,provider,Third")
    used = pl.concat([parts[role] for role in SERVICES if role in parts])
    chains = _chains(used, names)
    if chains.height:
        what = "a domain of a provider that another provider resolves; added as a dependency"
        findings.add_all("note", what, chains["evidence"].head().to_list(), chains.height)
    dependencies = pl.concat([_dependencies(used, findings), chains], how="diagonal")
    month = _month(file.name for file in chosen.values())
    source = f"Webdep {month}" if month else "Webdep"
    return Tables(
        entities=pl.concat([sites, _providers(dependencies)], how="diagonal"),
        dependencies=dependencies.with_columns(
            source=pl.lit(source), as_of=pl.lit(month, pl.String)
        ),
        title="What websites stand on" + (f", {month}" if month else ""),
        sources={source: SOURCE},
        report=findings.report(),
    )


def _files(source: Source, findings: RowFindings) -> tuple[dict[str, Source], Names]:
    """The table of each service and of the sites, the newest by name, and the maps of names."""
    if not source.is_folder:
        return {role_of(source).removesuffix("_detail"): source}, Names()
    files = [source.member(n) for n in sorted(source.names) if (source.path / n).is_file()]
    found: dict[str, list[Source]] = {}
    for file in files:
        role = role_of(file, strict=False)
        if role:
            found.setdefault(role, []).append(file)
        elif file.name not in (*MAPS.values(), OCSP):
            findings.add("note", "a file of the folder that is not read", clip(file.name, 60))
    if not found.keys() - {"sites"}:
        held = some(repr(clip(p.name, 40)) for p in files) or "nothing"
        raise InputError(
            f"{source.place}: expected a table of DNS, CDN or CA providers; found {held}"
        )
    detailed = found.pop("dns_detail", [])  # the same study with a line per name server
    found["dns"] = [*detailed, *found.get("dns", [])]
    chosen = {role: tables[-1] for role, tables in found.items() if tables}
    for role, tables in found.items():
        for file in tables[:-1]:
            rows = file.data.count(b"\n")
            findings.read(file.name, rows)
            what = f"a row of another table of the same kind than {chosen[role].name}"
            findings.lose(file.name, "dropped", what, file.name, rows)
    return chosen, read_names(source, findings)


def _dependencies(used: pl.DataFrame, findings: RowFindings) -> pl.DataFrame:
    """One row per site and provider; groups where there are several."""
    own = pl.col("party") == PRIVATE
    used = used.with_columns(
        own.all().over("site", "role").alias("alone"),
        (pl.len().over("site", "role") > 1).alias("many"),
    )
    for role in used["role"].unique().sort():
        alone = used.filter(pl.col("role") == role, "alone")
        if alone.height:
            what = f"a {_WORDS[role]} provider that is the site's own: no dependency"
            places = [
                f"{s} at {f}:{n}" for s, f, n in alone.select("site", FILE, LINE).head().iter_rows()
            ]
            findings.lose_all(alone[FILE][0], "dropped", what, places, alone.height)
    strange = used.filter(pl.col("party") == UNKNOWN)
    if strange.height:
        what = "a provider of which nobody knows whether it is the site's own; taken as another"
        places = [f"{s} by {p}" for s, p in strange.select("site", "provider").head().iter_rows()]
        findings.add_all("note", what, places, strange.height)
    needed = used.filter(~pl.col("alone"))
    site = pl.concat_str(pl.lit("site:"), "site")
    return needed.select(
        site.alias("dependent"),
        # the site itself as a member of its group: up for as long as the site is
        pl.when(own).then(site).otherwise(pl.concat_str("role", pl.lit(":"), "provider"))
        .alias("provider"),
        pl.col("role").replace_strict(RELATIONS).alias("relation"),
        pl.when("many").then("role").alias("group"),
        "party", "stapled", FILE, LINE,
    )  # fmt: skip


def _sites(parts: list[pl.DataFrame]) -> pl.DataFrame:
    ranked = pl.concat([p.select("site", "rank", FILE, LINE) for p in parts])
    first = ranked.group_by("site", maintain_order=True).agg(
        pl.col("rank").min(), pl.col(FILE).first(), pl.col(LINE).first()
    )
    return first.select(
        pl.concat_str(pl.lit("site:"), "site").alias("id"), pl.col("site").alias("name"),
        pl.lit("site").alias("kind"), "rank", FILE, LINE,
    )  # fmt: skip


def _providers(dependencies: pl.DataFrame) -> pl.DataFrame:
    """Each provider by service: the DNS of a company can fail without its CDN.

    Their company is the parent, so that it can also fail whole.
    """
    ends = pl.concat([dependencies["dependent"], dependencies["provider"]]).unique().sort()
    part = pl.col("id").str.splitn(":", 2).struct
    role, name = part.field("field_0"), part.field("field_1")
    return (
        ends.rename("id").to_frame().filter(~pl.col("id").str.starts_with("site:"))
        .with_columns(
            (name + " (" + role.replace(_WORDS) + ")").alias("name"),
            role.replace_strict(KINDS).alias("kind"),
            name.alias("company"),
            name.alias("parent"),
        )
    )  # fmt: skip


def _chains(used: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Who resolves the domains of CDNs and certificate authorities, as the DNS table tells."""
    dns = used.filter((pl.col("role") == "dns") & (pl.col("party") != PRIVATE))
    present = used.filter(pl.col("role") != "dns").select("role", "provider").unique()
    owned = names.domains.join(present, on=["role", "provider"], how="semi")
    found = owned.join(dns.drop("role", "stapled"), left_on="domain", right_on="site")
    found = found.rename({"provider_right": "resolver"})
    found = found.unique(["role", "provider", "domain", "resolver"], maintain_order=True)
    several = pl.len().over("role", "provider", "domain") > 1
    return found.sort("role", "provider", "domain", "resolver").select(
        pl.concat_str("role", pl.lit(":"), "provider").alias("dependent"),
        pl.concat_str(pl.lit("dns:"), "resolver").alias("provider"),
        pl.lit("resolved_by").alias("relation"),
        pl.when(several).then(pl.concat_str(pl.lit("dns of "), "domain")).alias("group"),
        "party", pl.concat_str(pl.lit("domain "), "domain").alias("evidence"), FILE, LINE,
    )  # fmt: skip


def _month(names: Iterable[str]) -> str | None:
    """`2023-04`, the latest of the months in names such as us-dns-202304."""
    found = [_MONTH.search(name) for name in names]
    return max((f"{f[1]}-{f[2]}" for f in found if f), default=None)
