"""The rows of one table of what websites stand on."""

import polars as pl

from knockon.graph.errors import clip, some
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.webdeps_names import Names
from knockon.loaders.registers.webdeps_signs import HEAD

SERVICES = ("dns", "cdn", "ca")
PARTIES = {"third": "third", "pvt": "private", "private": "private", "unknown": "unknown"}
OWN = "(own)"


def read_rows(source: Source, role: str, names: Names, findings: RowFindings) -> pl.DataFrame:
    """Columns role, rank, site, provider, party, stapled, file and line; one row per provider of a
    site, the site's own as OWN. Broken and repeated rows are counted."""
    text = source.text
    lines = pl.DataFrame({"text": text.split("\n")}).with_row_index(LINE, offset=1)
    lines = lines.with_columns(pl.col("text").str.strip_chars(), pl.col(LINE).cast(pl.Int64))
    head = pl.col("text").str.contains(f"(?i)^{HEAD.pattern}")
    lines = lines.filter((pl.col("text") != "") & ~head)
    findings.read(source.name, lines.height)
    rows = _cells(lines, role).with_columns(
        pl.lit(role).alias("role"), pl.lit(source.name).alias(FILE)
    )
    broken = pl.any_horizontal(pl.col("rank", "site", "provider", "party").is_null())
    what = "a row that is not rank, site" + ("" if role == "sites" else ", provider, party")
    rows = _without(rows, broken, "dropped", what, source.name, findings)
    aliases = names.aliases.get(role, {})
    rows = rows.with_columns(
        pl.when(pl.col("party") == "private").then(pl.lit(OWN))
        .otherwise(pl.col("provider").replace(aliases)).alias("provider")
    )  # fmt: skip
    rows = _one_name(rows, findings).sort("unsure", maintain_order=True)
    again = ~pl.struct("site", "provider").is_first_distinct()
    what = "a provider of a site that stands before"
    what = "a site that stands before" if role == "sites" else what
    return (
        _without(rows, again, "merged", what, source.name, findings)
        .drop("text", "cells", "unsure")
        .sort(LINE)
    )


def _one_name(rows: pl.DataFrame, findings: RowFindings) -> pl.DataFrame:
    """One name for name servers that serve a site together and differ in their last labels only:
    `a.net` and `a.co.uk` beside each other are one provider, and no spare."""
    label = pl.col("provider").str.split(".").list.first()
    # a provider that is known by a plain name has been told apart already
    apart = rows.filter(pl.col("provider").str.contains(".", literal=True))
    together = apart.group_by("site", label.alias("label")).agg(pl.col("provider").unique())
    together = together.filter(pl.col("provider").list.len() > 1)
    if not together.height:
        return rows
    firsts = together.explode("provider").group_by("label").agg(pl.col("provider").unique().sort())
    names = {n: group[0] for group in firsts["provider"] for n in group}
    places = [some(group) for group in firsts.sort("label")["provider"].head().to_list()]
    what = "a set of providers whose names differ in the last labels only; read as one"
    findings.add_all("note", what, places, firsts.height)
    return rows.with_columns(pl.col("provider").replace(names))


def _cells(lines: pl.DataFrame, role: str) -> pl.DataFrame:
    """The cells by name, null where they are missing or no such thing."""
    cell, number = pl.col("cells"), pl.col("cells").list.len()
    if role == "sites":
        shaped, provider, party = number == 2, pl.lit(""), pl.lit("unknown")
        stapled = pl.lit(None, pl.String)
    elif role == "ca":  # an older measurement also names the host where revocation is checked
        shaped = number.is_in([4, 5, 6])
        at = pl.when(number == 6).then(3).otherwise(2)
        provider, party = cell.list.get(at), cell.list.get(at + 1, null_on_oob=True)
        stapled = pl.when(number > 4).then(cell.list.last().str.to_lowercase())
    else:
        shaped = number.is_in([4, 5])
        provider, party = cell.list.get(2, null_on_oob=True), cell.list.get(3, null_on_oob=True)
        stapled = pl.lit(None, pl.String)
    trimmed = provider.str.strip_chars(" .").str.to_lowercase()
    if role == "ca":
        trimmed = trimmed.str.replace_all("[ .,]", "")
    known = party.str.strip_chars().str.to_lowercase().replace_strict(
        PARTIES, default=None, return_dtype=pl.String
    )  # fmt: skip
    site = cell.list.get(1, null_on_oob=True).str.strip_chars(" .").str.to_lowercase()
    rank = cell.list.get(0).str.strip_chars().cast(pl.Int64, strict=False)
    split = lines.with_columns(pl.col("text").str.split(",").alias("cells"))
    return split.with_columns(
        pl.when(shaped).then(rank).alias("rank"),
        pl.when(site != "").then(site).alias("site"),
        (trimmed if role == "sites" else pl.when(trimmed != "").then(trimmed)).alias("provider"),
        known.alias("party"),
        stapled.alias("stapled"),
        (known == "unknown").alias("unsure"),
    )


def _without(
    rows: pl.DataFrame, bad: pl.Expr, action: str, what: str, name: str, findings: RowFindings
) -> pl.DataFrame:
    marked = rows.with_columns(bad.alias("bad"))
    gone = marked.filter("bad")
    if gone.height:
        places = [f"{clip(t, 60)!r} at {name}:{n}" for t, n in
                  gone.select("text", LINE).head().iter_rows()]  # fmt: skip
        findings.lose_all(name, action, what, places, gone.height)
    return marked.filter(~pl.col("bad")).drop("bad")
