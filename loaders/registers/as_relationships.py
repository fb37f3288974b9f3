"""Business relationships of autonomous systems (CAIDA AS Relationships, serial-1 and serial-2).

A line is `provider|customer|-1` or `peer|peer|0`, in serial-2 with the source of the inference as
a fourth field; `#` begins a comment. (README.txt of the data set; M. Luckie and others, "AS
Relationships, Customer Cones, and Validation", IMC 2013.)

Each AS becomes a `network`. A customer is `supplied_by` its providers; several providers are one
group (`transit`, needs 1): whoever has two upstreams is built to live through the loss of one.
Peers carry each other's own traffic and no transit: peering makes no dependency, and is counted.
"""

import io
import re

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source, SourceLike

SOURCE = "https://publicdata.caida.org/datasets/as-relationships/"
CUSTOMER, PEER = "-1", "0"
GROUP = "transit"
ROWS = "relationships"
_HIGHEST = 2**32 - 1  # RFC 6793
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")


def read_as_relationships(source: SourceLike) -> Tables:
    """Networks and their upstreams, from one file, plain or compressed (.bz2, .gz, .xz).

    Lines that are no relationship, siblings and repeated lines are counted in the report. Raises
    InputError where no line tells of a provider or a peer.
    """
    source = Source.of(source)
    lines = _lines(source.text)
    findings = RowFindings()
    findings.read(ROWS, lines.height)
    rows = _usable(lines, source.name, findings)
    if not rows.height:
        seen = [f"{f.count:,} of {f.reason}" for f in findings.report() if f.action == "dropped"]
        found = f"found none, but {some(seen)}" if seen else "found none"
        raise InputError(f"{source.name}: expected lines such as 3356|64500|-1, {found}")
    day = _day(source.name)
    customers = rows.filter(pl.col("kind") == CUSTOMER)
    ends = pl.concat([rows["a"], rows["b"]]).unique().sort()
    several = pl.len().over("b") > 1
    dependencies = customers.select(
        ("AS" + pl.col("b").cast(pl.String)).alias("dependent"),
        ("AS" + pl.col("a").cast(pl.String)).alias("provider"),
        pl.lit("supplied_by").alias("relation"),
        pl.when(several).then(pl.lit(GROUP)).alias("group"),
        pl.lit("CAIDA AS Relationships").alias("source"),
        pl.col("inferred").alias("evidence"),
        pl.lit(day, pl.String).alias("as_of"),
        pl.lit(source.name).alias(FILE), LINE,
    )  # fmt: skip
    number = ends.cast(pl.String)
    return Tables(
        entities=pl.DataFrame({"id": "AS" + number}).with_columns(kind=pl.lit("network")),
        dependencies=dependencies,
        title="Upstreams of autonomous systems" + (f", {day}" if day else ""),
        sources={"CAIDA AS Relationships": SOURCE},
        report=findings.report(),
    )


def _lines(text: str) -> pl.DataFrame:
    """Up to five fields of each line that is no comment and not blank, and its number."""
    text = text.replace("\r", "")
    fields = {f"f{i}": pl.String for i in range(5)}
    # polars leaves blank lines out, which would shift the numbers: they become comments
    filled = re.sub(r"\n(?=\n)", "\n#", text) if "\n\n" in text else text
    # the first line tells polars how many fields there are
    head, blank_first = b"#||||\n", filled.startswith("\n")
    frame = pl.read_csv(
        io.BytesIO(head + filled.removeprefix("\n").encode()),
        has_header=False,
        separator="|",
        quote_char=None,
        schema=fields,
        truncate_ragged_lines=True,
    ).with_row_index(LINE, offset=int(blank_first))
    first = pl.col("f0").fill_null("").str.strip_chars()
    nothing = first.str.starts_with("#") | ((first == "") & pl.col("f1").is_null())
    return frame.with_columns(pl.col(LINE).cast(pl.Int64)).filter(~nothing)


def _usable(lines: pl.DataFrame, name: str, findings: RowFindings) -> pl.DataFrame:
    """One row per relationship: numbers `a` and `b`, `kind`, what it was `inferred` from."""
    rows = lines.with_columns(
        *(
            pl.col(field).str.strip_prefix("AS").cast(pl.Int64, strict=False).alias(name)
            for field, name in (("f0", "a"), ("f1", "b"))
        ),
        pl.col("f2").alias("kind"),
        pl.when(pl.col("f3") != "").then(pl.col("f3")).alias("inferred"),
    )  # fmt: skip
    numbers = [pl.col(c).is_between(0, _HIGHEST).fill_null(False) for c in ("a", "b")]
    shaped = pl.all_horizontal(*numbers, pl.col("f2").is_not_null(), pl.col("f4").is_null())
    siblings = pl.col("kind").is_in(["1", "2"])
    for bad, what in (
        (~shaped, "a line that is no relationship such as 3356|64500|-1"),
        (siblings, "siblings: two networks of one organisation"),
        (~pl.col("kind").is_in([CUSTOMER, PEER]), "a relationship other than -1 and 0"),
        (pl.col("a") == pl.col("b"), "a network related to itself"),
    ):
        rows = _without(rows, bad, "dropped", what, name, findings)
    low, high = pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b")
    peer = pl.col("kind") == PEER
    rows = rows.with_columns(
        pl.when(peer).then(low).otherwise("a").alias("a"),
        pl.when(peer).then(high).otherwise("b").alias("b"),
    )
    # both numbers in one, so that repeats are found in one pass
    both = pl.col("a").cast(pl.UInt64) * 2**32 + pl.col("b").cast(pl.UInt64)
    again = ~pl.struct(both, "kind").is_first_distinct()
    rows = _without(rows, again, "merged", "a relationship that stands before", name, findings)
    peers = rows.select(peer.sum()).item()
    if peers:
        findings.add(
            "note", "two peers: no dependency", _at(name, rows.filter(peer)[LINE][0]), peers
        )
    return rows


def _without(
    rows: pl.DataFrame, bad: pl.Expr, action: str, what: str, name: str, findings: RowFindings
) -> pl.DataFrame:
    marked = rows.with_columns(bad.fill_null(True).alias("bad"))
    gone = marked.filter("bad")
    text = pl.concat_str([f"f{i}" for i in range(5)], separator="|", ignore_nulls=True)
    if not gone.height:
        return rows
    findings.lose_all(
        ROWS, action, what,
        [f"{clip(t, 40)} at {_at(name, n)}" for t, n in gone.select(text, LINE).head().iter_rows()],
        gone.height,
    )  # fmt: skip
    return marked.filter(~pl.col("bad")).drop("bad")


def _at(name: str, line: int) -> str:
    return f"{name}:{line}"


def _day(name: str) -> str | None:
    """`2024-07-01` of `20240701.as-rel2.txt.bz2`."""
    found = _DAY.search(name)
    return "-".join(found.groups()) if found else None
