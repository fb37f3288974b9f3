"""Entities as people call them: by id, by name, by a part of it, by what stands above several.

A text finds one entity (`find`), or several where it is meant to: all that a parent or operator
stands above (`find_whole`), all of one name (`find_named`), all versions of a package
(`pkg:maven/g/a`, `pkg:maven/g/a@<2.17`). `search` takes words in any order, initials, the name of
the operator, and forgives a slip of the keyboard a word.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.arrays import Bools, Ints
from knockon.graph.errors import AmbiguousEntityError, InputError, UnknownEntityError, clip
from knockon.graph.model.tables import Tables, known_as

_FEW = 10  # entities that are all named where no name is near
_SMALL = frozenset({"and", "de", "der", "des", "du", "for", "in", "of", "the", "to", "und"})
_VERSIONED = re.compile(r"(pkg:[^@?#\s]+)(?:@([^?#]*))?([?#].*)?", re.DOTALL)
_RANGE = re.compile(r"\s*(?:[<>!=]=?|\*|vers:)")
_WORDS = re.compile(r"[^\W_]+", re.UNICODE)


class Names:
    """What the entities of a graph are called.

    tables: of the graph; provider: (m,) of each dependency
    """

    def __init__(self, tables: Tables, provider: Ints) -> None:
        self.tables, self._provider = tables, provider

    @cached_property
    def ids(self) -> list[str]:
        return self.tables.entities["id"].to_list()

    @cached_property
    def names(self) -> list[str]:
        return self.tables.entities["name"].to_list()

    @cached_property
    def called(self) -> list[tuple[str, int]]:
        """Every name with the number of its entity: first the names, then those it also has."""
        names = [(name, i) for i, name in enumerate(self.names)]
        if other := known_as(self.tables.entities):
            names += [(a, n) for n, i in enumerate(self.ids) for a in other.get(i, ())]
        return names

    @cached_property
    def dependents(self) -> Ints:
        """(n,) how many dependencies lead to each entity."""
        return np.bincount(self._provider, minlength=len(self.ids))

    def find(self, asked: str) -> int:
        """The number of the entity with this id, or this name regardless of case."""
        number = self.tables.entities["id"].index_of(asked)
        if number is not None:
            return int(number)
        matches = self._matches(asked)
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise AmbiguousEntityError(asked, [(self.ids[i], self.names[i]) for i in matches])
        raise self._unknown(asked)

    def find_many(self, asked: Collection[str]) -> dict[str, list[int]]:
        """The numbers of the entities with each id, or name regardless of case, in one pass over
        all names; of one that nothing has, none."""
        exact, wanted = set(asked), {_fold(text) for text in asked}
        by_id: dict[str, int] = {}
        folded: dict[str, list[int]] = {}
        for number, identifier in enumerate(self.ids):
            if identifier in exact:
                by_id[identifier] = number
            if (other := _fold(identifier)) in wanted:
                folded.setdefault(other, []).append(number)
        named: dict[str, set[int]] = {}
        for name, number in self.called:
            if (other := _fold(name)) in wanted:
                named.setdefault(other, set()).add(number)
        return {
            text: [by_id[text]] if text in by_id
            else sorted(named.get(_fold(text), ())) or folded.get(_fold(text), [])
            for text in exact
        }  # fmt: skip

    def find_several(self, asked: str) -> list[int]:
        """One entity, or all versions of a package: `pkg:maven/g/a`, `pkg:maven/g/a@>=2,<2.17`."""
        versions = self._versions(asked)
        return versions if versions is not None else [self.find(asked)]

    def find_named(self, asked: str) -> list[int]:
        """All entities of this name, at least one; a package in all its versions."""
        versions = self._versions(asked)
        matches = self._matches(asked) if versions is None else versions
        number = self.tables.entities["id"].index_of(asked)
        found = sorted({*matches, *([] if number is None else [int(number)])})
        if not found:
            raise self._unknown(asked)
        return found

    def find_whole(self, asked: str) -> list[int]:
        """A parent or operator and all that it stands above: what names it as its parent, or is
        operated by it, and what stands below these in turn."""
        entities = self.tables.entities
        wanted = _fold(asked)
        top = {self.ids[i] for i in self._matches(asked)}
        top |= {asked} & set(self.ids)
        parents = entities["parent"].drop_nulls().unique().to_list()
        top |= {p for p in parents if _fold(p) == wanted}
        children = entities.filter(pl.col("parent").is_not_null()).select("parent", "id")
        below: dict[str, list[str]] = {}
        for parent, child in children.iter_rows():
            below.setdefault(parent, []).append(child)
        operated = self.tables.dependencies.filter(pl.col("relation") == "operated_by")
        for service, operator in operated.select("dependent", "provider").iter_rows():
            below.setdefault(str(operator), []).append(str(service))
        seen, waiting = set(top), sorted(top)
        while waiting:
            fresh = set(below.get(waiting.pop(), ())) - seen
            seen |= fresh
            waiting += sorted(fresh)
        if not top:
            raise self._unknown(asked)
        if not seen - top:
            raise InputError(
                f"{clip(asked)!r} stands above no other entity: none names it as its parent, and "
                "none is operated by it"
            )
        number = {i: n for n, i in enumerate(self.ids)}
        return sorted(number[i] for i in seen if i in number)

    def nearest(self, asked: str, limit: int = 3, *, cutoff: float = 60) -> list[tuple[str, str]]:
        """The (id, name) of the entities whose names are most like the text, best first."""
        found = list(self.search(asked))[:limit] if len(asked) < 200 else []
        if len(found) < limit:
            from rapidfuzz import fuzz, process, utils

            alike = process.extract(
                asked[:500], [name for name, _ in self.called], scorer=fuzz.WRatio,
                processor=utils.default_process, limit=2 * limit, score_cutoff=cutoff,
            )  # fmt: skip
            found += [self.called[place][1] for _, _, place in alike]
        numbers = list(dict.fromkeys(found))
        return [(self.ids[i], self.names[i]) for i in numbers[:limit]]

    def search(self, text: str) -> Sequence[int]:
        """The numbers of the entities that fit all words of the text, best first.

        A word fits where it stands in the id or a name, where it is the initials of a name (HHS),
        where it stands in the name of the parent; failing all that, but for a slip of the keyboard.
        Best is a name that is the text, then one that begins with it, then those that hold it as
        it is, then the rest; alike, the one that most depend on; then by id.
        """
        wanted = _fold(text)
        words = _split(wanted)
        if not words:
            return [] if not wanted else self._rank(self._holding(wanted), wanted)
        fits = self._holding(wanted)
        rest = self._fitting(words)
        if not rest.any() and not fits.any():
            slips = [self._slips(word) for word in words]
            if all(slips):
                rest = np.ones(len(self.ids), np.bool_)
                for near in slips:
                    rest &= np.logical_or.reduce([self._fitting([w]) for w in near])
        return self._rank(fits | rest, wanted)

    def _fitting(self, words: Sequence[str]) -> Bools:
        """(n,) whether each entity fits all words."""
        fits = np.ones(len(self.ids), np.bool_)
        for word in words:
            here = self._holding(word)
            if 2 <= len(word) <= 6:
                here |= self._folded_initials.str.contains(word, literal=True).to_numpy()
            fits &= here | self._above.str.contains(word, literal=True).to_numpy()
        return fits

    def _holding(self, text: str) -> Bools:
        """(n,) whether the id or a name holds the text."""
        return self._text.str.contains(text, literal=True).to_numpy()

    def _rank(self, fits: Bools, wanted: str) -> list[int]:
        numbers = np.flatnonzero(fits)
        names = [_fold(self.names[i]) for i in numbers]
        tier = [
            0 if name == wanted or self.ids[i] == wanted
            else 1 if name.startswith(wanted) else 2 if wanted in name else 3
            for i, name in zip(numbers, names, strict=True)
        ]  # fmt: skip
        order = np.lexsort((numbers, -self.dependents[numbers], np.array(tier, np.int64)))
        return [int(i) for i in numbers[order]]

    @cached_property
    def _text(self) -> pl.Series:
        """(n,) id and names of each entity, folded, a line each."""
        lines = [f"{_fold(i)}\n{_fold(n)}" for i, n in zip(self.ids, self.names, strict=True)]
        for name, number in self.called[len(self.names) :]:
            lines[number] += f"\n{_fold(name)}"
        return pl.Series(lines, dtype=pl.String)

    @cached_property
    def _above(self) -> pl.Series:
        """(n,) id and name of each entity's parent, folded."""
        name = dict(zip(self.ids, self.names, strict=True))
        parents = self.tables.entities["parent"].to_list()
        lines = ["" if p is None else f"{_fold(p)}\n{_fold(name.get(p, ''))}" for p in parents]
        return pl.Series(lines, dtype=pl.String)

    @cached_property
    def _folded_initials(self) -> pl.Series:
        """(n,) initials of each name, with and without small words, each between line ends."""
        lines = []
        for name in self.names:
            words = _split(_fold(name))
            large = [w for w in words if w not in _SMALL]
            sets = {"".join(w[0] for w in ws) for ws in (words, large) if len(ws) > 1}
            lines.append("\n".join(sorted(sets)))
        return pl.Series(lines, dtype=pl.String)

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted({w for text in self._text for w in _split(text)})

    def _slips(self, word: str) -> list[str]:
        """Words of the names that are this one but for a slip or two of the keyboard."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        allowed = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not allowed:
            return [word]
        found = extract(word, self._vocabulary, scorer=OSA.distance, score_cutoff=allowed, limit=20)
        return [near for near, _, _ in found]

    def _matches(self, asked: str) -> list[int]:
        """The entities of this name regardless of case; failing that, of this id."""
        wanted = _fold(asked)
        matches = sorted({i for name, i in self.called if _fold(name) == wanted})
        return matches or [
            i for i, identifier in enumerate(self.ids) if _fold(identifier) == wanted
        ]

    def _versions(self, asked: str) -> list[int] | None:
        """The entities that are versions of the package asked for; None where none was, or where
        the text is an id itself. Raises InputError for a range that cannot be read."""
        found = _VERSIONED.fullmatch(asked.strip())
        if not found or self.tables.entities["id"].index_of(asked) is not None:
            return None
        package, version, rest = found.groups()
        if rest or (version and not _RANGE.match(version)):
            return None
        own = self._packages.get(package.casefold(), ())
        if not own:
            return None
        if not version:
            return sorted({n for n, _ in own})
        holds = _range_of(package, version)
        numbers = sorted({n for n, v in own if v and holds(v)})
        if not numbers:
            have = ", ".join(sorted({v or "none stated" for _, v in own})[:5])
            raise InputError(
                f"{clip(asked)!r}: no version of {clip(package)!r} lies in this range; "
                f"there are {clip(have)}"
            )
        return numbers

    @cached_property
    def _packages(self) -> dict[str, list[tuple[int, str]]]:
        """Package URLs without version, folded, with the entities and versions of each."""
        found: dict[str, list[tuple[int, str]]] = {}
        for text, number in self._ids_and_names():
            parts = _VERSIONED.fullmatch(text) if text.startswith("pkg:") else None
            if parts:
                found.setdefault(parts[1].casefold(), []).append((number, parts[2] or ""))
        return found

    def _ids_and_names(self) -> Iterable[tuple[str, int]]:
        yield from ((identifier, n) for n, identifier in enumerate(self.ids))
        yield from self.called

    def _unknown(self, asked: str) -> UnknownEntityError:
        few = list(zip(self.ids, self.names, strict=True)) if len(self.ids) <= _FEW else []
        above = self._standing_above(asked)
        near = self.nearest(asked) or few
        return UnknownEntityError(asked, near, whole=above)

    def _standing_above(self, asked: str) -> str | None:
        """The parent of this name, where entities name it though it is none itself."""
        wanted = _fold(asked)
        parents = self.tables.entities["parent"].drop_nulls().unique().sort()
        return next((p for p in parents if _fold(p) == wanted), None)


def _range_of(package: str, text: str) -> Callable[[str], bool]:
    """Whether a version lies in a range of its own kind of package (univers, `vers` ranges)."""
    from univers.version_range import RANGE_CLASS_BY_SCHEMES

    kind = package.partition(":")[2].partition("/")[0].casefold()
    made: Any = RANGE_CLASS_BY_SCHEMES.get(kind)
    if made is None:
        raise InputError(
            f"{clip(package)!r}: ranges of versions are not known for packages of type {kind!r}; "
            "give the id of each"
        )
    parts = text.partition("/")[2] if text.strip().startswith("vers:") else text
    bounds = "|".join(part.strip() for part in re.split("[,|]", parts))
    try:
        within = made.from_string(f"vers:{kind}/{bounds}")
    except (ValueError, TypeError, AttributeError, KeyError) as fault:
        raise InputError(
            f"{clip(package)!r}: expected a range of versions such as <2.17 or >=2.0,<2.17, "
            f"got {clip(text)!r}"
        ) from fault

    def holds(version: str) -> bool:
        try:
            return bool(made.version_class(version) in within)
        except (ValueError, TypeError, AttributeError):  # no version of this kind
            return False

    return holds


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _split(text: str) -> list[str]:
    return _WORDS.findall(text)
