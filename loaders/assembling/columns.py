"""What `--map THEIRS=OURS` says, held against what a source has and what the tables know."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.conform import is_slip
from knockon.graph.model.tables import (
    DEPENDENCY_COLUMNS,
    ENDS,
    ENTITY_COLUMNS,
    RELATIONS,
    Finding,
)

ENTITY_NAMES = tuple(c.name for c in ENTITY_COLUMNS)
DEPENDENCY_NAMES = tuple(c.name for c in DEPENDENCY_COLUMNS)
TURNED = "~"  # before a relation: it is the second that needs the first


@dataclass(frozen=True)
class Meaning:
    """What a word of theirs means: one of our relations, and whether it runs the other way."""

    relation: str
    turned: bool = False


@dataclass(frozen=True)
class Said:
    """What --map says, sorted by what it speaks of.

    columns:   {their column: ours}
    relations: {their column of providers, or their word for a relation: what it means}
    constants: {our column: its value in all rows}
    """

    columns: dict[str, str] = field(default_factory=dict)
    relations: dict[str, Meaning] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)

    @property
    def theirs(self) -> tuple[str, ...]:
        """Every name of theirs that it holds."""
        return (*self.columns, *self.relations)


def parse_mapping(mapping: Mapping[str, str] | None, company: str | None = None) -> Said:
    """What the mapping {theirs: ours} says, and that all rows are of one company, if so.

    A key with a colon at its end is ours, and what stands for it a constant: `dependent:=Acme`.
    Raises InputError for a column or relation that no table of ours has.
    """
    known = dict.fromkeys((*DEPENDENCY_NAMES, *ENTITY_NAMES))
    said, faults = Said(), []
    for theirs, ours in (mapping or {}).items():
        column = theirs.removesuffix(":").strip()
        if theirs.endswith(":") and column in DEPENDENCY_NAMES:
            said.constants[column] = ours
        elif ours in known:
            said.columns[theirs] = ours
        elif ours.removeprefix(TURNED) in RELATIONS:
            turned = ours.startswith(TURNED)
            said.relations[theirs] = Meaning(ours.removeprefix(TURNED), turned)
        else:
            hint = did_you_mean(ours.removeprefix(TURNED), (*known, *RELATIONS))
            what = f"no column of ours is {clip(ours)!r}{hint}"
            faults.append(f"--map: {clip(theirs)}={clip(ours)}: {what}")
    if company is not None:
        if "dependent" in said.constants:
            faults.append("--company and --map dependent:= both name the dependent; keep one")
        said.constants["dependent"] = company
    for end in (end for end in said.constants if end in said.columns.values()):
        faults.append(f"--map: {end} is a column and a constant, too; keep one")
    if faults:
        raise InputError.of(faults)
    return said


def map_names(columns: Collection[str], mapping: Mapping[str, str], place: str) -> dict[str, str]:
    """The part of the mapping that these columns have. Raises InputError where two columns would
    have one name.
    """
    held = {theirs: ours for theirs, ours in mapping.items() if theirs in columns}
    names = [held.get(column, column) for column in columns]
    twice = sorted({n for n in names if names.count(n) > 1}) if held else []
    if twice:
        both = [c for c in columns if held.get(c, c) == twice[0]]
        shown = some(repr(clip(c)) for c in both)
        raise InputError(f"{place}: --map makes {clip(twice[0])!r} of two columns: {shown}")
    return held


def settle_names(
    columns: Collection[str], ours: Collection[str], taken: Collection[str] = ()
) -> dict[str, str]:
    """New names for columns of a source that knows nothing of ours.

    One that is ours but for case is ours; one that is `taken`, or so near to ours that it would
    count as a slip of the keyboard, is theirs: `attribute_groups`.
    """
    names: dict[str, str] = {}
    for column in columns:
        word = column.strip().lower()
        if word in ours and word not in (*taken, *columns, *names.values()):
            names[column] = word
        elif column in taken or (column not in ours and any(is_slip(word, name) for name in ours)):
            names[column] = f"attribute_{column}"
    return names


def find_unknown_names(names: Collection[str], known: Iterable[str]) -> list[Finding]:
    """A note on names in the mapping that the source does not have: another source may."""
    there = list(dict.fromkeys(known))
    lost = [name for name in names if name not in there]
    if not lost:
        return []
    shown = tuple(f"{clip(name)!r}{did_you_mean(name, there[:50])}" for name in lost[:5])
    return [Finding("note", len(lost), "a column that --map names is not in this source", shown)]


@dataclass(frozen=True)
class Direction:
    """Which end of an edge is the dependent: the source, unless --map says otherwise."""

    source: str = "dependent"

    @classmethod
    def of(cls, mapping: Mapping[str, str], place: str) -> "Direction":
        """As `source=provider` or `target=dependent` in the mapping says; both may be said."""
        other = dict(zip(ENDS, reversed(ENDS), strict=True))
        said = {mapping["source"]} if "source" in mapping else set()
        said |= {other.get(mapping["target"], "")} if "target" in mapping else set()
        if len(said) > 1 or not said <= set(ENDS):
            raise InputError(
                f"{place}: --map: the two ends of an edge are `source` and `target`; expected "
                "source=dependent (as it is) or source=provider (turned round)"
            )
        return cls(*said)

    @property
    def ends(self) -> tuple[str, str]:
        """Ours for source and target."""
        return ENDS if self.source == "dependent" else (ENDS[1], ENDS[0])

    def note(self, edges: int) -> Finding:
        how = "its source depends on its target"
        turn = "--map source=provider turns it round"
        if self.source != "dependent":
            how, turn = "its target depends on its source", "as --map says"
        return Finding("note", edges, f"an edge is read as: {how} ({turn})")
