"""Which of many names are worth comparing, so that a hundred thousand are feasible."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias, TypeVar

import numpy as np

from knockon.graph.errors import clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.joining.claims import classify
from knockon.loaders.joining.names import GENERIC, Name, make_initials

ALL_PAIRS = 5_000  # distinct names of which every pair is compared; of more, those in one block
_BLOCK = 400  # names in a block beyond which it says too little to compare all pairs in it
_ROWS = 1_000  # rows of the matrix of likeness that are held at once
_ROUGH = 80  # of 100: likeness by letters from which a pair is looked at
Item = TypeVar("Item")
Pair: TypeAlias = "tuple[tuple[str, ...], tuple[str, ...]]"  # two cores, in order


@dataclass(frozen=True)
class Called:
    """An entity as far as its likeness to others goes."""

    id: str
    name: str
    kind: str
    version: str
    file: str
    taken: Name


def find_candidates(
    by_core: Mapping[tuple[str, ...], list[Called]], findings: Findings
) -> Iterator[tuple[Called, Called]]:
    """Pairs worth a look. Of several entities of one name and sort of kind, one stands for all."""
    forms = {core: _group_forms(ones) for core, ones in by_core.items()}
    for same in forms.values():
        for ones in same:
            yield from _pair_within_form(ones)
        firsts = [ones[0] for ones in same]
        yield from _pair(firsts, "forms of one name", " ".join(firsts[0].taken.core), findings)
    pairs = set(_pair_by_initials(by_core))
    pairs |= set(_pair_by_former(by_core, findings)) | set(_pair_by_words(by_core, findings))
    pairs |= set(_pair_by_letters(sorted(by_core), findings))
    for a, b in sorted(pairs):
        if len(forms[a]) * len(forms[b]) > _BLOCK:
            text = f"{clip(' '.join(a), 40)}, {clip(' '.join(b), 40)}"
            findings.add("note", "names of many forms: only the first of each compared", text)
            yield forms[a][0][0], forms[b][0][0]
            continue
        yield from ((one[0], other[0]) for one in forms[a] for other in forms[b])


def _group_forms(ones: list[Called]) -> list[list[Called]]:
    """The entities of one core by the whole of their name and what sort of kind they are of."""
    forms: dict[tuple[Name, str], list[Called]] = defaultdict(list)
    for one in ones:
        forms[one.taken, classify(one.kind)].append(one)
    return list(forms.values())


def _pair_within_form(ones: list[Called]) -> Iterator[tuple[Called, Called]]:
    """Each with the first of its version; the first without a version with those of each."""
    versions: dict[str, list[Called]] = defaultdict(list)
    for one in ones:
        versions[one.version].append(one)
    for same in versions.values():
        yield from ((same[0], other) for other in same[1:])
    for plain in versions.pop("", [])[:1]:
        yield from ((plain, same[0]) for same in versions.values())


def _pair(
    items: Sequence[Item], what: str, where: str, findings: Findings
) -> Iterator[tuple[Item, Item]]:
    """Every pair of the items; of too many, the first with each other, and a note."""
    if len(items) <= _BLOCK:
        yield from combinations(items, 2)
        return
    findings.add(
        "note", f"more than {_BLOCK} {what}: each compared with the first only",
        f"{clip(where, 40)}: {len(items):,}",
    )  # fmt: skip
    yield from ((items[0], other) for other in items[1:])


def _pair_by_former(
    by_core: Mapping[tuple[str, ...], list[Called]], findings: Findings
) -> Iterator[Pair]:
    """Cores of which one is a former or trade name of the other, or that share one."""
    holders: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for core, ones in by_core.items():
        for other in {o for one in ones for o in one.taken.others}:
            holders[other].add(core)
    for other, cores in holders.items():
        shared = sorted(cores | ({other} if other in by_core else set()))
        yield from _pair(shared, "names that were one", " ".join(other), findings)


def _pair_by_initials(by_core: Mapping[tuple[str, ...], list[Called]]) -> Iterator[Pair]:
    """Cores and their initials, alone or behind the first word; names behind those of makers."""
    for core in by_core:
        if len(core) == 2 and core[1:] in by_core:  # `Amazon AWS` and `AWS`
            yield _order(core, core[1:])
        for short in {make_initials(core), "".join(w[0] for w in core)}:
            for other in ((short,), (core[0], short)):
                if len(core) > 1 and other in by_core and other != core:
                    yield _order(other, core)


def _pair_by_words(
    by_core: Mapping[tuple[str, ...], list[Called]], findings: Findings
) -> Iterator[Pair]:
    """Cores of which one begins with the other, or is the other but for generic words."""
    trunks: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for core in by_core:
        said = tuple(w for w in core if w not in GENERIC)
        trunks[said].append(core)
        for length in range(1, len(core)):
            if core[:length] in by_core:
                yield _order(core[:length], core)
    for said, cores in trunks.items():
        if said:
            what = "names that differ in words of little meaning"
            yield from _pair(sorted(cores), what, " ".join(said), findings)


def _pair_by_letters(cores: Sequence[tuple[str, ...]], findings: Findings) -> Iterator[Pair]:
    """Cores that are spelt alike, roughly."""
    texts = [" ".join(sorted(core)) for core in cores]
    blocks = (
        [list(range(len(cores)))] if len(cores) <= ALL_PAIRS else _group_blocks(cores, findings)
    )
    for block in blocks:
        for i, j in _find_alike([texts[n] for n in block]):
            yield _order(cores[block[i]], cores[block[j]])


def _find_alike(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Places (i < j) of texts that are alike; a matrix of _ROWS rows is held at a time."""
    from rapidfuzz import fuzz, process

    squeezed = [t.replace(" ", "") for t in texts]
    for variant in (texts, squeezed) if squeezed != texts else (texts,):
        for start in range(0, len(variant), _ROWS):
            rows = variant[start : start + _ROWS]
            close = process.cdist(
                rows, variant[start:], scorer=fuzz.ratio, score_cutoff=_ROUGH, dtype=np.uint8
            )
            for i, j in zip(*np.nonzero(close), strict=True):
                if i < j:
                    yield int(i) + start, int(j) + start


def _group_blocks(cores: Sequence[tuple[str, ...]], findings: Findings) -> Iterator[list[int]]:
    """Places of cores that share a word or four first letters, but for blocks too large."""
    keys: dict[str, list[int]] = defaultdict(list)
    for place, core in enumerate(cores):
        for key in {*core, *(w[:4] for w in core)} | {"".join(core)[:4]}:
            keys[key].append(place)
    findings.add(
        "note", "more names than are compared in all pairs: only those that share a word or four "
        f"first letters were, by letters (limit {ALL_PAIRS:,})", f"{len(cores):,} names",
    )  # fmt: skip
    for key, places in sorted(keys.items()):
        if len(places) > _BLOCK:
            text = f"{clip(key, 40)}: {len(places):,}"
            findings.add("note", f"a word or beginning that more than {_BLOCK} names share: "
                      "not compared by it", text)  # fmt: skip
        elif len(places) > 1:
            yield places


def _order(a: tuple[str, ...], b: tuple[str, ...]) -> Pair:
    return (a, b) if a < b else (b, a)
