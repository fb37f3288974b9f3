"""The relationships of an SPDX document as links between its elements, files folded away."""

from collections.abc import Sequence
from dataclasses import dataclass

from knockon.graph.errors import clip, did_you_mean
from knockon.loaders.assembling.rows import STANDS_FOR
from knockon.loaders.software.roots import find_unreached
from knockon.loaders.software.spdx_document import (
    NOTHING,
    OTHER,
    PACKAGE,
    SpdxDocument,
    SpdxRelationship,
)
from knockon.loaders.software.spdx_relations import (
    ASIDE,
    BOTH,
    FOLDS,
    SCOPES,
    SPARE,
    SPARE_SCOPES,
    SPDX2,
    SPDX3,
    Meaning,
)

LISTED = "listed, and nothing else depends on it"
DESCRIBED = "one of the things that the document describes"
"""Evidence of links that no relationship states."""


@dataclass(frozen=True, slots=True)
class Link:
    """An element depends on another, by id; spare: not at run time."""

    dependent: str
    provider: str
    relation: str
    place: str
    evidence: str
    spare: bool = False


class Links:
    """Links between elements, in the order of the document.

    used: elements that are an end of one; listed: that are said to depend on nothing
    """

    def __init__(self, document: SpdxDocument) -> None:
        self.document, self.findings = document, document.findings
        self.all: list[Link] = []
        self.used: set[str] = set()
        self.listed: set[str] = set()
        self._aside: set[str] = set()  # elements that go with another, and are no part of it
        self._owner: dict[str, str] = {}
        self._folds: dict[str, str] = {}  # element -> the one that it is folded into
        self._relate_all()
        self._complete_roots()

    def fold(self, identifier: str) -> str:
        """The package that a file or snippet belongs to, or the element itself.

        Of elements that belong to each other in a ring, the first by id stands for all.
        """
        trail = {identifier: None}
        last: str | None = identifier
        while last is not None and last not in self._folds:
            last = self._owner.get(last)
            if last in trail:
                ring = list(trail)
                self._folds[last] = min(ring[ring.index(last) :])
            elif last is not None:
                trail[last] = None
        end = self._folds[last] if last is not None else next(reversed(trail))
        self._folds.update(dict.fromkeys(trail, end))
        return end

    def _relate_all(self) -> None:
        """The relationships as dependencies, once it is known which file is whose."""
        for outer, inner in self.document.owners:
            self._own(outer, inner)
        for one in self.document.relationships:
            if one.kind in FOLDS:
                back = one.kind == "CONTAINED_BY"
                ends = (one.right, one.left) if back else (one.left, one.right)
                if self._what(ends[0]) == PACKAGE and self._what(ends[1]) == "file":
                    self._own(*ends)
        for one in self.document.relationships:
            self._relate(one)

    def _what(self, identifier: str) -> str:
        element = self.document.elements.get(identifier)
        return element.what if element else ""

    def _own(self, outer: str, inner: str) -> None:
        if self._what(inner) == PACKAGE or outer not in self.document.elements:
            return
        self._owner.setdefault(inner, outer)

    def _relate(self, one: SpdxRelationship) -> None:
        table = SPDX3 if self.document.version.startswith("SPDX-3") else SPDX2
        if one.kind not in table:
            known = f"{clip(one.kind, 40)!r}{did_you_mean(one.kind, table)}"
            self.findings.add("dropped", f"unknown relationship {known}", one.place)
            return
        meaning: Meaning = table[one.kind]
        if one.kind == "dependsOn" and one.scope in SCOPES:
            meaning = SCOPES[one.scope]
        self._note_root(one)
        if meaning is None:
            scope = f" of scope {clip(one.scope, 20)}" if one.scope else ""
            self.findings.add("dropped", f"{one.kind}{scope}: no dependency", one.place)
            if one.kind in ASIDE:
                self._aside.add(self.fold(one.right if table is SPDX3 else one.left))
        elif self.document.id in (one.left, one.right):
            self.findings.add("dropped", f"{one.kind} of the document itself: no thing", one.place)
        elif one.left in NOTHING or one.right in NOTHING:
            self.findings.add("dropped", f"{one.kind} of NOASSERTION or NONE", one.place)
            if "NONE" in (one.left, one.right):
                self.listed.add(one.left if meaning[1] else one.right)
        else:
            self._depend(one, *meaning)

    def _note_root(self, one: SpdxRelationship) -> None:
        """Whom the document, or a list in it, says that it describes."""
        left, right = one.left, one.right
        if one.kind == "DESCRIBED_BY":
            left, right = right, left
        if one.kind in ("DESCRIBES", "DESCRIBED_BY", "describes") and not self._what(left):
            self.document.roots.append(right)

    def _depend(self, one: SpdxRelationship, relation: str, forward: bool | None) -> None:
        ends = (one.left, one.right) if forward else (one.right, one.left)
        if one.kind in FOLDS and ends[1] in self._owner:
            self.findings.add("merged", "a file that is folded into its package", one.place)
            return
        dependent, provider = (self.fold(end) for end in ends)
        if dependent == provider:
            reason = f"{one.kind} within one package, once its files are folded into it"
            self.findings.add("dropped", reason, one.place)
            return
        for end in (dependent, provider):
            self.used.add(end)
            if end not in self.document.elements:
                reason = "an element that the document does not hold (add its own with --with)"
                self.findings.add("note", reason, f"{clip(end, 80)} at {one.place}")
        spare = one.kind in SPARE or one.scope in SPARE_SCOPES
        self.all.append(Link(dependent, provider, relation, one.place, one.kind, spare))
        if forward is BOTH:
            reason = f"{one.kind}: it is not said which of the two comes first; read both ways"
            self.findings.add("note", reason, one.place)
            self.all.append(Link(provider, dependent, relation, one.place, one.kind, spare))

    def _complete_roots(self) -> None:
        """What the document describes contains what it lists and nothing else in it depends on.

        Where it describes several things, it is not known which of them holds what is left: they
        contain the list of the document, as an entity, and that contains the rest.
        """
        elements = self.document.elements
        folded = dict.fromkeys(self.fold(one) for one in self.document.roots)
        described = [one for one in folded if one in elements]
        roots = [one for one in described if self._what(one) == PACKAGE] or described
        things = [
            identifier
            for identifier, element in elements.items()
            if self.fold(identifier) == identifier
            and element.what != OTHER
            and identifier not in self._aside
        ]
        if not roots and things:
            reason = "it is not said what the document describes: nothing contains what it lists"
            self.findings.add("note", reason, "documentDescribes")
        if len(roots) > 1 and not self.all:
            reason = "the document describes several things, and states nothing between them"
            self.findings.add("note", reason, f"{len(roots):,} of {clip(self.document.id, 80)}")
        needs: dict[str, list[str]] = {}
        for link in self.all:
            needs.setdefault(link.dependent, []).append(link.provider)
        left = list(find_unreached(described, [things], needs)) if roots else []
        if left:
            self._add_left(roots, left)

    def _add_left(self, roots: Sequence[str], left: Sequence[str]) -> None:
        holder, relation = roots[0], "contains"
        if len(roots) > 1:
            holder, relation = self.document.id, STANDS_FOR
            for root in roots:
                place = self.document.elements[root].place
                self.all.append(Link(root, holder, "contains", place, DESCRIBED))
        for identifier in left:
            element = self.document.elements[identifier]
            reason = "what the document describes contains what nothing else in it depends on"
            where = f"{clip(element.name, 40)} at {element.place}"
            self.findings.add("invented", reason, where)
            self.all.append(Link(holder, identifier, relation, element.place, LISTED))
