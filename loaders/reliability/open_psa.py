"""Open-PSA models as tables: fault trees in XML.

https://open-psa.github.io/mef. Read are fault trees and components with gates of `and`, `or` and
`atleast`, nested ones too; basic events with their expressions; house events; parameters; groups of
common cause. Refused by name are operators under which a repair could do harm (`not`, `xor`, ...):
such a tree is not coherent. Event trees are dropped, and said to be.
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip, did_you_mean
from knockon.graph.model.tables import LINE, Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.reliability.common_cause import list_causes
from knockon.loaders.reliability.definitions import SILENT, Names, Place, Values
from knockon.loaders.reliability.groups import GroupReader

_KINDS = {
    "define-gate": "gate", "define-basic-event": "basic_event", "define-house-event": "house_event",
}  # fmt: skip
_HOLDERS = ("define-fault-tree", "define-component", "model-data")
_REFERENCES = ("gate", "basic-event", "house-event", "event")
_REFUSED = ("not", "xor", "iff", "nand", "nor", "imply", "cardinality")
_A = {"basic-event": "a basic event", "event": "an event"}


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
        self.events, self.parameters = Names(), Names()
        self.stated_groups: list[tuple[Element, tuple[str, ...]]] = []
        self.trees: list[str] = []
        self.faults: list[str] = []
        self.values = Values(self.parameters, self.rows.findings, self.faults)
        self.groups = GroupReader(self.events, self.values, self.faults)

    def collect(self) -> None:
        """What is defined where."""
        stack: list[tuple[Element, tuple[str, ...], bool]] = [(self.root, (), True)]
        while stack:
            holder, path, public = stack.pop()
            inner = [self._collect_one(child, path, public) for child in holder.children]
            stack += reversed([i for i in inner if i is not None])
        for group, path in self.stated_groups:  # which defines its members
            for member in (m for listed in group.all("members") for m in listed.children):
                name = self._read_name(member)
                if self.events.find(name, path) is None:
                    self.events.add(Place(name, path, True, member), self.faults)

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
            self.events.add(Place(self._read_name(element), path, public, element), self.faults)
        elif kind == "define-parameter":
            place = Place(self._read_name(element), path, public, element)
            self.parameters.add(place, self.faults)
        elif kind == "define-CCF-group":
            self.stated_groups.append((element, path))
        elif kind == "include":
            self.faults.append(f"line {element.line}: <include> is not followed: join the files")
        elif kind not in SILENT:
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
        for group, path in self.stated_groups:
            self._write_group(group, path)
        for place in self.events.by_path.values():
            self._write_event(place)
        self._note_tops()

    def _add_entity(self, identifier: str, kind: str, line: int, **cells: Any) -> None:
        self.rows.add_entity(identifier, "", kind=kind, **cells)
        self.rows.entities[identifier].setdefault(LINE, line)

    def _write_event(self, place: Place) -> None:
        element, kind = place.element, _KINDS.get(place.element.local, "basic_event")
        known: dict[str, Any] = {
            "name": element.text_of("label") or None,
            "fault_tree": place.path[0] if place.path else None,
        }
        identifier = place.identifier
        said = [c for c in element.children if c.local not in SILENT]
        if identifier in self.groups.taken:
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
            chance = self.values.find_chance(said[0], place.path) if said else None
            self._add_entity(identifier, kind, element.line, failure_probability=chance, **known)

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

    def _write_group(self, element: Element, path: tuple[str, ...]) -> None:
        """A gate for each member of a group of common cause, over the causes that fail it."""
        group = self.groups.read(element, path)
        if group is None:
            return
        for some in list_causes(group.members, group.chances):
            identifier = f"[{' '.join(some)}]"
            kind = "basic_event" if len(some) == 1 else "common_cause"
            chance = group.chances[len(some)]
            self._add_entity(identifier, kind, element.line, failure_probability=chance)
            for member in some:
                self.rows.depend_by_definition(
                    dependent=member, provider=identifier, relation="uses", where="",
                    how=f"a common cause, line {element.line}", **{LINE: element.line},
                )  # fmt: skip
        for member in group.members:
            self._add_entity(member, "gate", element.line)

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
