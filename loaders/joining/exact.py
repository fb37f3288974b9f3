"""Entities that are one because they go by one exact name: purl, digest, BOM-Link, image.

Such a name is the same wherever the thing is listed, as an id is, so that what shares one is joined
unasked. Nothing here is likeness. Readers put these names into `also_known_as` (`identity` of
software); names of other forms in that column are left alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import ALSO_KNOWN_AS, Finding, Tables, known_as
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.rows import STANDS_FOR
from knockon.loaders.joining.claims import EXACT, Claim

_DIGEST = re.compile(r"[a-z][a-z0-9]*:[0-9a-f]+")
_SHARED = re.compile(rf"pkg:.+|{_DIGEST.pattern}", re.DOTALL)  # by all who are the same thing
_EXACT = re.compile(  # an address is the name of one entry of one document
    rf"{_SHARED.pattern}|image:.+|urn:.+|[a-z][a-z0-9+.-]*://.+|.+#SPDXRef-.+", re.DOTALL
)
_IMAGE = re.compile(r"image:|pkg:(?:oci|docker)/")
_TAGGED = re.compile(r"image:.*:[^/:]+")


@dataclass(frozen=True)
class Exact:
    """What exact names say: which entities are one, and which images an untold version may be.

    dependencies: (dependent, provider, relation, evidence) of `image:NAME` on its known versions,
        and of a part of a package (`pkg:...#path`) on the package
    """

    claims: tuple[Claim, ...] = ()
    dependencies: pl.DataFrame = field(default_factory=pl.DataFrame)
    report: tuple[Finding, ...] = ()


def find_exact(tables: Tables) -> Exact:
    """The entities of some tables that go by one exact name, and what could not be joined."""
    also = {
        identifier: names
        for identifier, listed in known_as(_keep_shared(tables.entities)).items()
        if (names := [n for n in listed if _EXACT.fullmatch(n)])
    }
    parts = _find_parts(tables.entities)
    if not also and not parts:
        return Exact()
    finder = _Finder(set(tables.entities["id"]), also)
    finder.add_parts(parts)
    finder.find_shared()
    finder.find_tags()
    finder.find_images()
    rows = pl.DataFrame(
        finder.rows, ["dependent", "provider", "relation", "evidence"], orient="row"
    )
    return Exact(tuple(finder.claims), rows, finder.findings.report())


def _find_parts(entities: pl.DataFrame) -> list[tuple[str, str]]:
    """What has a purl with a subpath and whose package is listed, too, each with that.

    Without a purl, a mark in an id is that of a part of a document.
    """
    if "purl" not in entities.columns:
        return []
    marked = [pl.col(c).str.contains("#", literal=True) for c in ("id", "purl")]
    parts = entities.filter(pl.col("id").str.starts_with("pkg:"), *marked)["id"]
    whole = parts.str.split("#").list.first()
    known = whole.is_in(entities["id"].implode())
    return sorted(zip(parts.filter(known), whole.filter(known), strict=True))


def _keep_shared(entities: pl.DataFrame) -> pl.DataFrame:
    """The entities of which some name is an id, or a name of another: in large tables few are."""
    if ALSO_KNOWN_AS not in entities.columns:
        return entities
    told = entities.select("id", ALSO_KNOWN_AS).drop_nulls()
    is_list = pl.col(ALSO_KNOWN_AS).str.starts_with("[")
    try:
        lists = told.filter(is_list).with_columns(
            pl.col(ALSO_KNOWN_AS).str.json_decode(pl.List(pl.String))
        )
    except pl.exceptions.ComputeError:  # text that only begins like a list
        return told
    names = pl.concat([lists.explode(ALSO_KNOWN_AS), told.filter(~is_list)])
    shared = pl.col(ALSO_KNOWN_AS).is_duplicated() | pl.col(ALSO_KNOWN_AS).is_in(
        entities["id"].implode()
    )
    found = names.filter(shared)
    kept = pl.concat([found["id"], found[ALSO_KNOWN_AS]]).implode()  # holders, and who is meant
    return told.filter(pl.col("id").is_in(kept))


class _Finder:
    """Claims, found from the surest names to the least sure."""

    def __init__(self, ids: set[str], also: Mapping[str, Sequence[str]]) -> None:
        self._ids, self._also = ids, also
        self._holders: dict[str, list[str]] = {}
        for identifier in sorted(also):
            for name in also[identifier]:
                self._holders.setdefault(name, []).append(identifier)
        self._parent: dict[str, str] = {}
        self.claims: list[Claim] = []
        self.rows: list[tuple[str, str, str, str]] = []
        self.findings = Findings()

    def _root(self, identifier: str) -> str:
        while (parent := self._parent.get(identifier, identifier)) != identifier:
            self._parent[identifier] = self._parent.get(parent, parent)
            identifier = parent
        return identifier

    def _claim(self, alias: str, same_as: str, name: str) -> None:
        a, b = self._root(alias), self._root(same_as)
        if a != b:
            self._parent[a] = b
            self.claims.append(Claim(alias, same_as, EXACT, why=name))

    def add_parts(self, parts: Sequence[tuple[str, str]]) -> None:
        """A part of a package is in what befalls the package; what befalls it reaches no other.

        A subpath leads to a part within the package (ECMA-427, components of a purl).
        """
        reason = "a part of a package (its purl has a subpath): it falls with the package"
        for part, whole in parts:
            self.findings.add("invented", reason, clip(part, 100))
            self.rows.append((part, whole, STANDS_FOR, "a part of this package"))

    def find_shared(self) -> None:
        """Of a name that is an id, or that several go by: all of them are one."""
        for name, holders in self._holders.items():
            if name.startswith("image:"):
                continue
            first = holders[0]
            if name in self._ids:
                self._claim(name, first, name)
            for other in holders[1:] if _SHARED.fullmatch(name) else ():
                if _DIGEST.fullmatch(name) and _differ(first, other):
                    reason = "one digest under two purls: not joined"
                    self.findings.add("note", reason, f"{clip(first, 60)} and {clip(other, 60)}")
                else:
                    self._claim(other, first, name)

    def find_tags(self) -> None:
        """An image of one name and tag is one, unless its digests say otherwise."""
        for name, holders in self._holders.items():
            if not _TAGGED.fullmatch(name):
                continue
            if name in self._ids:
                self._claim(name, holders[0], name)
            for other in holders[1:]:
                if self._digests(holders[0]) and self._digests(other):
                    continue  # equal ones have joined them already
                self._claim(other, holders[0], name)

    def find_images(self) -> None:
        """An image that is told by its name alone is the one of that name, or any of several."""
        for name, holders in self._holders.items():
            if name not in self._ids or not name.startswith("image:") or _TAGGED.fullmatch(name):
                continue
            versions = {self._root(h): h for h in reversed(holders)}
            if self._root(name) in versions:
                continue  # its tag or digest has told which
            if self._digests(name):
                versions = {r: h for r, h in versions.items() if not self._digests(h)}
            if not versions:
                reason = "an image of this name and another digest is listed: not joined"
                self.findings.add("note", reason, clip(name, 60))
                continue
            if len(versions) == 1:
                self._claim(min(versions.values()), name, name)
                continue
            reason = "an image that is named without its version may be any of those listed"
            for holder in sorted(versions.values()):
                self.findings.add("invented", reason, f"{clip(name, 60)} as {clip(holder, 60)}")
                self.rows.append((name, holder, STANDS_FOR, "an image of this name"))

    def _digests(self, identifier: str) -> set[str]:
        return {n for n in self._also.get(identifier, ()) if _DIGEST.fullmatch(n)}


def _differ(*identifiers: str) -> bool:
    """Whether these are purls of different packages; images are what their digest says."""
    if not all(i.startswith("pkg:") and not _IMAGE.match(i) for i in identifiers):
        return False
    return len({re.split(r"[?#]", i)[0] for i in identifiers}) > 1
