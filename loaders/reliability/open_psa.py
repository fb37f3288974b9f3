"""Open-PSA models as tables: fault trees in XML.

https://open-psa.github.io/mef. Read are fault trees and components with gates of `and`, `or` and
`atleast`, nested ones too; basic events with their expressions; house events; parameters; groups of
common cause. Refused by name are operators under which a repair could do harm (`not`, `xor`, ...):
such a tree is not coherent. Event trees are dropped, and said to be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from knockon.graph.errors import InputError, clip, did_you_mean
from knockon.graph.model.tables import LINE, Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.reliability.common_cause import (
    MODELS,
    MOST_MEMBERS,
    find_chances,
    find_levels,
    list_causes,
)
from knockon.loaders.reliability.expressions import UnreadError, evaluate

_KINDS = {
    "define-gate": "gate", "define-basic-event": "basic_event", "define-house-event": "house_event",
}  # fmt: skip
_HOLDERS = ("define-fault-tree", "define-component", "model-data")
_REFERENCES = ("gate", "basic-event", "house-event", "event")
_REFUSED = ("not", "xor", "iff", "nand", "nor", "imply", "cardinality")
_A = {"basic-event": "a basic event", "event": "an event"}
_SILENT = ("label", "attributes", "attribute")


@dataclass(frozen=True)
class _Place:
    """Something defined: where it stands, and what it is known as.

    path: names of the fault tree and components around it; public: known by its name everywhere
    """

    name: str
    path: tuple[str, ...]
    public: bool
    element: Element

    @property
    def identifier(self) -> str:
        return self.name if self.public else ".".join((*self.path, self.name))


@dataclass
class _Names:
    """What is defined, by where it stands and by what it is known as."""

    by_path: dict[tuple[str, ...], _Place] = field(default_factory=dict)
    by_name: dict[str, _Place] = field(default_factory=dict)

    def add(self, place: _Place, faults: list[str]) -> None:
        known = self.by_path.get((*place.path, place.name)) or self.by_name.get(place.identifier)
        if known is not None:
            faults.append(
                f"line {place.element.line}: {clip(place.name)!r} is defined twice, "
                f"first in line {known.element.line}"
            )
            return
        self.by_path[*place.path, place.name] = place
        self.by_name[place.identifier] = place

    def find(self, name: str, path: tuple[str, ...]) -> _Place | None:
        """What a name refers to, said within a path: from the inside out, then by name."""
        parts = tuple(name.split("."))
        for depth in range(len(path), -1, -1):
            if (found := self.by_path.get((*path[:depth], *parts))) is not None:
                return found
        return self.by_name.get(name)


def read_open_psa(source: SourceLike) -> Tables:
    """The fault trees of an Open-PSA model.

    Raises InputError with the line of what is not defined, not coherent or not read.
    """
    source = Source.of(source)
    model = _Model(source.name, source.xml)
    model.collect()
    model.write()
    if model.faults:
        raise InputError.of([f"{source.name}: {fault}" for fault in model.faults])
    title = source.xml.attributes.get("name") or ", ".join(dict.fromkeys(model.trees)) or None
    return model.rows.build_tables(clip(title) if title else None, "Open-PSA model exchange format")


class _Model:
    def __init__(self, name: str, root: Element) -> None:
        self.root = root
        self.rows = Rows(name, name)
        self.events, self.parameters = _Names(), _Names()
        self.groups: list[tuple[Element, tuple[str, ...]]] = []
        self.trees: list[str] = []
        self.faults: list[str] = []
        self.failing_together: dict[str, Element] = {}

    def collect(self) -> None:
        """What is defined where."""
        stack: list[tuple[Element, tuple[str, ...], bool]] = [(self.root, (), True)]
        while stack:
            holder, path, public = stack.pop()
            inner = [self._collect_one(child, path, public) for child in holder.children]
            stack += reversed([i for i in inner if i is not None])
        for group, path in self.groups:  # which defines its members
            for member in (m for listed in group.all("members") for m in listed.children):
                name = self._read_name(member)
                if self.events.find(name, path) is None:
                    self.events.add(_Place(name, path, True, member), self.faults)

    def _collect_one(
        self, element: Element, path: tuple[str, ...], public: bool
    ) -> tuple[Element, tuple[str, ...], bool] | None:
        kind = element.local
        if kind == "model-data":
            return element, path, public
        role = element.attributes.get("role", "").strip()
        public = public if not role else role != "private"
        if kind in _HOLDERS:
            name = self._read_name(element)
            if kind == "define-fault-tree":
                self.trees.append(name)
            return element, (*path, name), public
        if kind in _KINDS:
            self.events.add(_Place(self._read_name(element), path, public, element), self.faults)
        elif kind == "define-parameter":
            place = _Place(self._read_name(element), path, public, element)
            self.parameters.add(place, self.faults)
        elif kind == "define-CCF-group":
            self.groups.append((element, path))
        elif kind == "include":
            self.faults.append(f"line {element.line}: <include> is not followed: join the files")
        elif kind not in _SILENT:
            reason = f"<{clip(kind, 40)}>: only fault trees are read"
            self.rows.findings.add("dropped", reason, f"line {element.line}")
        return None

    def _read_name(self, element: Element) -> str:
        name = element.attributes.get("name", "").strip()
        if not name:
            self.faults.append(f"line {element.line}: <{element.local}>: expected a name")
        return name

    def write(self) -> None:
        """Entities and dependencies of all that is defined."""
        for group, path in self.groups:
            self._write_group(group, path)
        for place in self.events.by_path.values():
            self._write_event(place)
        self._note_tops()

    def _add_entity(self, identifier: str, kind: str, line: int, **cells: Any) -> None:
        self.rows.add_entity(identifier, "", kind=kind, **cells)
        self.rows.entities[identifier].setdefault(LINE, line)

    def _write_event(self, place: _Place) -> None:
        element, kind = place.element, _KINDS.get(place.element.local, "basic_event")
        known: dict[str, Any] = {
            "name": element.text_of("label") or None,
            "fault_tree": place.path[0] if place.path else None,
        }
        identifier = place.identifier
        said = [c for c in element.children if c.local not in _SILENT]
        if identifier in self.failing_together:
            self._add_entity(identifier, "gate", element.line, **known)
        elif kind == "gate":
            self._add_entity(identifier, kind, element.line, **known)
            if len(said) != 1:
                self.faults.append(
                    f"line {element.line}: gate {clip(place.name)!r}: expected one formula, "
                    f"got {len(said)}"
                )
                return
            self._write_gate(identifier, said[0], place.path)
        elif kind == "house_event":
            known["failure_probability"] = float(bool(said) and _read_constant(said[0]))
            self._add_entity(identifier, kind, element.line, **known)
        else:
            chance = self._find_chance(said[0], place.path) if said else None
            self._add_entity(identifier, kind, element.line, failure_probability=chance, **known)

    def _find_chance(self, element: Element, path: tuple[str, ...]) -> float | None:
        value = self._evaluate(element, path)
        if value is not None and not 0 <= value <= 1:
            self.faults.append(
                f"line {element.line}: expected a probability from 0 to 1, got {value:g}"
            )
            return None
        return value

    def _evaluate(self, element: Element, path: tuple[str, ...]) -> float | None:
        def find(name: str) -> Element | None:
            place = self.parameters.find(name, path)
            if place is None:
                return None
            return next((c for c in place.element.children if c.local not in _SILENT), None)

        try:
            return evaluate(element, find)
        except UnreadError as unread:
            reason = f"expression {unread} is not read: the probability is unknown"
            self.rows.findings.add("note", reason, f"line {element.line}")
        except InputError as fault:
            self.faults.append(str(fault))
        except RecursionError:
            self.faults.append(f"line {element.line}: an expression nested too deep")
        return None

    def _write_gate(self, gate: str, formula: Element, path: tuple[str, ...]) -> None:
        """The dependencies of a gate on its inputs."""
        at_least, inputs = self._read_formula(gate, formula, path)
        lines = dict(reversed(inputs))  # where each stands first
        names = list(dict.fromkeys(name for name, _ in inputs))
        if len(names) < len(inputs):
            reason = "an input that stands twice in a gate counts once"
            self.rows.findings.add(
                "merged", reason, f"line {formula.line}", len(inputs) - len(names)
            )
            if at_least == len(inputs):
                at_least = len(names)
        if inputs and not 1 <= at_least <= len(names):
            self.faults.append(
                f"line {formula.line}: <{formula.local}> of gate {clip(gate)!r}: expected min from "
                f"1 to {len(names)}, got {at_least}"
            )
            return
        shared: dict[str, Any] = {}
        if at_least > 1:
            shared = {"group": formula.local, "needs": len(names) - at_least + 1}
        for name in names:
            self.rows.depend_by_definition(
                dependent=gate, provider=name, relation="uses", where="",
                how=f"{formula.local} of the gate, line {formula.line}", **shared,
                **{LINE: lines[name]},
            )  # fmt: skip

    def _read_formula(
        self, gate: str, formula: Element, path: tuple[str, ...]
    ) -> tuple[int, list[tuple[str, int]]]:
        """How many of which inputs make a formula true; of each its id and line."""
        kind = formula.local
        if kind in _REFERENCES or kind == "constant":
            return 1, [(i, formula.line) for i in self._read_input(gate, formula, path, 1)]
        if kind not in ("and", "or", "atleast"):
            why = "the tree is not coherent" if kind in _REFUSED else "expected and, or, atleast"
            self.faults.append(
                f"line {formula.line}: gate {clip(gate)!r}: <{clip(kind, 40)}> is not read: {why}"
            )
            return 0, []
        if not formula.children:
            self.faults.append(f"line {formula.line}: gate {clip(gate)!r}: <{kind}> has no inputs")
        inputs = [
            (name, child.line)
            for number, child in enumerate(formula.children, 1)
            for name in self._read_input(gate, child, path, number)
        ]
        if kind != "atleast":
            return (len(inputs) if kind == "and" else 1), inputs
        text = formula.attributes.get("min", "").strip()
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            self.faults.append(
                f"line {formula.line}: <atleast> of gate {clip(gate)!r}: expected a whole number "
                f"as min, got {clip(text, 40)!r}"
            )
            return 0, []
        return int(text), inputs

    def _read_input(
        self, gate: str, element: Element, path: tuple[str, ...], number: int
    ) -> Iterator[str]:
        """The id of an input; of a formula in a formula, that of a gate of its own."""
        if element.local == "constant":
            value = _read_constant(element)
            identifier = f"constant {'true' if value else 'false'}"
            self._add_entity(
                identifier, "house_event", element.line, failure_probability=float(value)
            )
            yield identifier
        elif element.local not in _REFERENCES:
            inner = f"{gate}/{number}"
            self._add_entity(inner, "gate", element.line)
            self._write_gate(inner, element, path)
            yield inner
        else:
            found = self._find_event(element, path)
            if found is not None:
                yield found

    def _find_event(self, element: Element, path: tuple[str, ...]) -> str | None:
        """The id of the event that is referred to; a basic event that nobody defines here, or
        an event of no type, is a basic event of unknown probability."""
        name = element.attributes.get("name", "").strip()
        place = self.events.find(name, path)
        if place is not None:
            return place.identifier
        asked = element.attributes.get("type", element.local)
        if asked in ("basic-event", "event") and name:  # its definition may stand in another file
            plain = "" if asked == "basic-event" else ", nor what it is; taken for a basic event"
            reason = f"{_A[asked]} is not defined here{plain}: its probability is unknown"
            if name not in self.rows.entities:
                self.rows.findings.add("note", reason, f"{clip(name, 40)}, line {element.line}")
            self._add_entity(name, "basic_event", element.line)
            return name
        hint = did_you_mean(name, list(self.events.by_name))
        self.faults.append(
            f"line {element.line}: {asked.replace('-', ' ')} {clip(name)!r} is not defined{hint}"
        )
        return None

    def _write_group(self, group: Element, path: tuple[str, ...]) -> None:
        """A gate for each member of a group of common cause, over the causes that fail it."""
        read = self._read_group(group, path)
        if read is None:
            return
        model, members, total, factors = read
        levels = find_chances(model, total, factors, len(members)) if total is not None else {}
        known = levels or dict.fromkeys(
            (1, len(members)) if model == "beta-factor" else range(1, len(members) + 1)
        )
        causes = list_causes(members, known)  # type: ignore[arg-type]
        for some in causes:
            identifier = f"[{' '.join(some)}]"
            kind = "basic_event" if len(some) == 1 else "common_cause"
            chance = levels.get(len(some))
            self._add_entity(identifier, kind, group.line, failure_probability=chance)
            for member in some:
                self.rows.depend_by_definition(
                    dependent=member, provider=identifier, relation="uses", where="",
                    how=f"a common cause, line {group.line}", **{LINE: group.line},
                )  # fmt: skip
        self.failing_together.update(dict.fromkeys(members, group))
        for member in members:
            self._add_entity(member, "gate", group.line)

    def _read_group(
        self, group: Element, path: tuple[str, ...]
    ) -> tuple[str, list[str], float | None, dict[int, float]] | None:
        """The model, members, probability and factors of a group; None with faults noted."""
        before, name = len(self.faults), clip(group.attributes.get("name", ""))
        where = f"line {group.line}: group {name!r} of common cause"
        model = group.attributes.get("model", "").strip()
        if model not in MODELS:
            hint = did_you_mean(model, MODELS)
            self.faults.append(f"{where}: unknown model {clip(model, 40)!r}{hint}")
            return None
        listed = group.first("members")
        members = [self._name_member(m, path) for m in listed.children] if listed else []
        if not 2 <= len(set(members)) == len(members) <= MOST_MEMBERS:
            self.faults.append(
                f"{where}: expected 2 to {MOST_MEMBERS} different members, got {len(members)}"
            )
        for member in members:
            if member in self.failing_together:
                self.faults.append(f"{where}: {clip(member)!r} is in another group, too")
        stated = group.first("distribution")
        total = self._find_chance(stated.children[0], path) if stated and stated.children else None
        factors = self._read_factors(group, path)
        n, first = len(members), find_levels(model)
        wanted = [n] if model == "beta-factor" else list(range(first, n + 1))
        if sorted(factors) != wanted:
            self.faults.append(
                f"{where}: expected factors of level {', '.join(map(str, wanted))}, "
                f"got {', '.join(map(str, sorted(factors))) or 'none'}"
            )
        elif not all(0 <= f <= 1 for f in factors.values()) or not sum(factors.values()):
            self.faults.append(f"{where}: expected factors from 0 to 1, not all 0")
        return (model, members, total, factors) if len(self.faults) == before else None

    def _name_member(self, element: Element, path: tuple[str, ...]) -> str:
        name = element.attributes.get("name", "").strip()
        place = self.events.find(name, path)
        return place.identifier if place is not None else name  # a fault, told before

    def _read_factors(self, group: Element, path: tuple[str, ...]) -> dict[int, float]:
        holder = group.first("factors") or group
        found: dict[int, float] = {}
        for place, factor in enumerate(holder.all("factor"), 1):
            level = factor.attributes.get("level", "").strip()
            said = [c for c in factor.children if c.local not in _SILENT]
            value = self._evaluate(said[0], path) if said else None
            if not level.isascii() or not level.isdigit() or value is None:
                self.faults.append(
                    f"line {factor.line}: factor {place}: expected a level and a number"
                )
                continue
            found[int(level[:9])] = value
        return found

    def _note_tops(self) -> None:
        """The gates that no gate needs: what is asked about, mostly."""
        needed = {row["provider"] for row in self.rows.dependencies}
        tops = [
            i for i, row in self.rows.entities.items() if row["kind"] == "gate" and i not in needed
        ]
        if tops:
            shown = [clip(top, 40) for top in tops]
            self.rows.findings.add_all("note", "gates that no other needs: tops", shown, len(tops))


def _read_constant(element: Element) -> bool:
    return element.attributes.get("value", "").strip().lower() in ("true", "1")
