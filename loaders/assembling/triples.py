"""What stands between the two things of a row: a word that tells who needs whom, or a direction."""

from collections.abc import Mapping

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import ENDS, FILE, LINE, Finding, at
from knockon.loaders.assembling.columns import Meaning, Said
from knockon.loaders.assembling.directions import DIRECTED, check_directions, turn_both_ways
from knockon.loaders.assembling.ends import spell
from knockon.loaders.assembling.relation_words import BETWEEN, TURN, orient, read_word, strip_word

_COLUMNS = (
    "relation", "relationship", "relation_type", "relationship_type", "rel_type", "type",
    "predicate", "edge_type", "link_type", "interaction", "verb", "label",
)  # fmt: skip
_TYPES = {"directed": True, "undirected": False, "mutual": False}  # of Gephi's edge tables


def find_words(frame: pl.DataFrame, said: Said, pair: bool) -> str | None:
    """The column with the word between the ends of a row, None where none is one.

    That is `relation`, by its own name or by --map, a column that holds words of --map, and, where
    the ends say no side by themselves (`pair`), one that holds known words.
    """
    named = [c for c in frame.columns if said.columns.get(c) == "relation"]
    if named:
        return named[0]
    words = {spell(c): c for c in frame.columns if c not in (FILE, LINE, *ENDS)}
    meant = {strip_word(theirs) for theirs in said.relations}
    for column in (words[w] for w in _COLUMNS if w in words):
        if column == "relation":
            return column
        if frame.schema[column] == pl.String and (meant or pair):
            texts = frame[column].drop_nulls().unique().to_list()
            if any(strip_word(t) in meant or (pair and read_word(t, {})) for t in texts):
                return column
    return None


def list_words(frame: pl.DataFrame, column: str | None, said: Said) -> list[str]:
    """The names in --map that stand in a column of words."""
    if not said.relations or column is None:
        return []
    texts = frame[column].cast(pl.String).drop_nulls().unique().to_list()
    held = {strip_word(t) for text in texts for t in (text, text.partition(BETWEEN)[0])}
    return [theirs for theirs in said.relations if strip_word(theirs) in held]


def read_words(
    frame: pl.DataFrame, column: str, said: Mapping[str, Meaning], pair: bool,
    report: list[Finding],
) -> pl.DataFrame:  # fmt: skip
    """The frame with our relations for the words in a column; where the ends say no side by
    themselves (`pair`), and where --map says so, each row the way its word says.
    """
    own = column == "relation"
    if pair:
        kept, lost = orient(frame, column, said, own=own)
    else:
        texts = frame[column].cast(pl.String).drop_nulls().unique().to_list()
        meant = {strip_word(theirs) for theirs in said}
        plain = [t for t in texts if strip_word(t) in meant or _is_plain(t, own)]
        kept, lost = orient(
            frame.filter(pl.col(column).is_in(plain)), column, said, own=own, sided=True
        )
        lost = pl.concat([lost, frame.filter(~pl.col(column).is_in(plain).fill_null(False))])
    turned = int(kept[TURN].sum())
    if turned:
        reason = f"a row whose {clip(column, 40)!r} says that its second thing needs its first"
        report.append(Finding("note", turned, reason))
    if lost.height and not own:
        words = dict.fromkeys(repr(clip(str(w), 40)) for w in lost[column].to_list())
        reason = f"a row with another word in {clip(column, 40)!r}, read without regard to it"
        report.append(Finding("note", lost.height, reason, tuple(words)[:5]))
    return pl.concat([kept.drop(TURN), lost], how="diagonal_relaxed")


def _is_plain(word: str, own: bool) -> bool:
    """Whether a word says a relation of ours, from the dependent to its provider."""
    known = read_word(word, {}, own=True)
    return own and known is not None and known.first_needs


def read_directions(frame: pl.DataFrame, both_ways: bool, report: list[Finding]) -> pl.DataFrame:
    """The frame with edges that its column `Type` calls undirected or mutual read both ways.

    Raises InputError for undirected ones, unless `both_ways`.
    """
    column = next((c for c in frame.columns if spell(c) == "type"), None)
    if column is None or not frame.height or frame.schema[column] != pl.String:
        return frame
    says = frame[column].str.strip_chars().str.to_lowercase()
    if says.has_nulls() or not says.is_in([*_TYPES]).all():
        return frame
    undirected = frame.filter(says == "undirected")
    if undirected.height:
        loops = undirected.filter(pl.col(ENDS[0]) == pl.col(ENDS[1])).height
        first = str(undirected.select(at(undirected, "row")).item(0, 0))
        report += check_directions(undirected.height, frame.height, first, both_ways, loops)
    return turn_both_ways(frame.with_columns((says == "directed").alias(DIRECTED)))
