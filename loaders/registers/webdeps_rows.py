"""The rows of one table of what websites stand on."""

import re

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.tally_rows import RowTally
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.webdeps_names import Names

SERVICES = ("dns", "cdn", "ca")
PARTIES = {"third": "third", "pvt": "private", "private": "private", "unknown": "unknown"}
OWN = "(own)"
_ROW = re.compile(
    r"\d+,[^,\s]+,[^,\n]+,(?:[^,\n]+,)?(third|pvt|private|unknown)(,[^,\n]*)?\s*", re.IGNORECASE
)
_HEAD = re.compile(r"rank\s*,\s*(site|website|domain)", re.IGNORECASE)
_SITES = re.compile(r"\d+,[^,\s]+\s*")
_TOKEN = re.compile(r"(?:^|[^a-z])(dns|cdn|ca)(?:dep)?(?:[^a-z]|$)")


def is_webdeps(source: Source) -> bool:
    """Whether a file is such a table, or a folder holds one, told from its first lines."""
    if source.is_folder:
        named = [n for n in sorted(source.names) if _TOKEN.search(n.lower())]
        return any(role_of(source.member(n), strict=False) for n in named)
    return _is_table(source.head_text)


def role_of(source: Source, *, strict: bool = True) -> str:
    """`dns`, `cdn`, `ca`, `sites`, `dns_detail` (a line per name server), else empty.

    strict: raise InputError where the table does not tell of which service it is.
    """
    if source.is_folder:
        return ""
    head = source.head.decode("utf-8", "replace")
    lines = [line for line in head.splitlines()[:-1] or head.splitlines() if line.strip()]
    if not _is_table(head):
        plain = "site" in source.name.lower() and all(map(_SITES.fullmatch, lines[:20]))
        return "sites" if plain and lines else ""
    last = [line.rpartition(",")[2].strip().lower() for line in lines[1:20] or lines]
    if all(word in ("true", "false") for word in last):
        return "ca"
    named = _TOKEN.search(source.name.lower())
    if named:
        return "dns_detail" if named[1] == "dns" and all("." in w for w in last) else named[1]
    if not strict:
        return ""
    raise InputError(
        f"{source.name}: of which service are these providers? expected a file name with dns, cdn "
        "or ca, such as us-dns-202304"
    )


def read_rows(source: Source, role: str, names: Names, tally: RowTally) -> pl.DataFrame:
    """Columns role, rank, site, provider, party, stapled, file and line; one row per provider of a
    site, the site's own as OWN. Broken and repeated rows are counted."""
    text = source.text
    lines = pl.DataFrame({"text": text.split("\n")}).with_row_index(LINE, offset=1)
    lines = lines.with_columns(pl.col("text").str.strip_chars(), pl.col(LINE).cast(pl.Int64))
    head = pl.col("text").str.contains(f"(?i)^{_HEAD.pattern}")
    lines = lines.filter((pl.col("text") != "") & ~head)
    tally.read(source.name, lines.height)
    rows = _cells(lines, role).with_columns(
        pl.lit(role).alias("role"), pl.lit(source.name).alias(FILE)
    )
    broken = pl.any_horizontal(pl.col("rank", "site", "provider", "party").is_null())
    what = "a row that is not rank, site" + ("" if role == "sites" else ", provider, party")
    rows = _without(rows, broken, "dropped", what, source.name, tally)
    aliases = names.aliases.get(role, {})
    rows = rows.with_columns(
        pl.when(pl.col("party") == "private").then(pl.lit(OWN))
        .otherwise(pl.col("provider").replace(aliases)).alias("provider")
    )  # fmt: skip
    rows = _one_name(rows, tally).sort("unsure", maintain_order=True)
    again = ~pl.struct("site", "provider").is_first_distinct()
    what = "a provider of a site that stands before"
    what = "a site that stands before" if role == "sites" else what
    return (
        _without(rows, again, "merged", what, source.name, tally)
        .drop("text", "cells", "unsure")
        .sort(LINE)
    )


def _one_name(rows: pl.DataFrame, tally: RowTally) -> pl.DataFrame:
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
    tally.add_all("note", what, places, firsts.height)
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
    rows: pl.DataFrame, bad: pl.Expr, action: str, what: str, name: str, tally: RowTally
) -> pl.DataFrame:
    marked = rows.with_columns(bad.alias("bad"))
    gone = marked.filter("bad")
    if gone.height:
        places = [f"{clip(t, 60)!r} at {name}:{n}" for t, n in
                  gone.select("text", LINE).head().iter_rows()]  # fmt: skip
        tally.lose_all(name, action, what, places, gone.height)
    return marked.filter(~pl.col("bad")).drop("bad")


def _is_table(head: str) -> bool:
    lines = [line for line in head.splitlines()[:21] if line.strip()]
    lines = lines[1:] if lines and _HEAD.match(lines[0]) else lines
    fits = sum(bool(_ROW.fullmatch(line)) for line in lines[:20])
    return bool(lines) and fits * 2 >= len(lines[:20])  # real tables have broken lines
