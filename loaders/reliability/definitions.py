"""What an Open-PSA model defines: where it stands, what it is known as, what it comes to."""

from dataclasses import dataclass, field

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.reliability.expressions import UnreadError, evaluate

SILENT = ("label", "attributes", "attribute")  # say nothing of what fails


@dataclass(frozen=True)
class Place:
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
class Names:
    """What is defined, by where it stands and by what it is known as."""

    by_path: dict[tuple[str, ...], Place] = field(default_factory=dict)
    by_name: dict[str, Place] = field(default_factory=dict)

    def add(self, place: Place, faults: list[str]) -> None:
        known = self.by_path.get((*place.path, place.name)) or self.by_name.get(place.identifier)
        if known is not None:
            faults.append(
                f"line {place.element.line}: {clip(place.name)!r} is defined twice, "
                f"first in line {known.element.line}"
            )
            return
        self.by_path[*place.path, place.name] = place
        self.by_name[place.identifier] = place

    def find(self, name: str, path: tuple[str, ...]) -> Place | None:
        """What a name refers to, said within a path: from the inside out, then by name."""
        parts = tuple(name.split("."))
        for depth in range(len(path), -1, -1):
            if (found := self.by_path.get((*path[:depth], *parts))) is not None:
                return found
        return self.by_name.get(name)


@dataclass
class Values:
    """What expressions come to. parameters: by which they may refer; what is wrong goes into
    `faults`, what is not read into `findings`."""

    parameters: Names
    findings: Findings
    faults: list[str]

    def find_chance(self, element: Element, path: tuple[str, ...]) -> float | None:
        """A probability; None where it is not known."""
        value = self.evaluate(element, path)
        if value is not None and not 0 <= value <= 1:
            self.faults.append(
                f"line {element.line}: expected a probability from 0 to 1, got {value:g}"
            )
            return None
        return value

    def evaluate(self, element: Element, path: tuple[str, ...]) -> float | None:
        """The value of an expression that is said within a path; None where it is not known."""

        def find(name: str) -> Element | None:
            place = self.parameters.find(name, path)
            if place is None:
                return None
            return next((c for c in place.element.children if c.local not in SILENT), None)

        try:
            return evaluate(element, find)
        except UnreadError as unread:
            reason = f"expression {unread} is not read: the probability is unknown"
            self.findings.add("note", reason, f"line {element.line}")
        except InputError as fault:
            self.faults.append(str(fault))
        except RecursionError:
            self.faults.append(f"line {element.line}: an expression nested too deep")
        return None
