"""What every answer is: which graph was asked what, a sentence, rows, and what stands beside them.

Answers are data: they pickle, compare, and go to plain dictionaries and back. `Impact` is the
answer to a what-if; those of the other verbs are subclasses of `Answer`, one a verb.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self, TypedDict

import polars as pl

from knockon.graph.analysis.question import describe_own, describe_question
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Finding
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.words import join

_ACTIONS = {
    "dropped": "dropped", "invented": "invented", "merged": "merged", "changed": "changed",
    "note": "noted",
}  # fmt: skip
INSIDE = {"inside": True}
"""Metadata of a field that pictures need and no JSON shows."""
_PLAIN = ("String", "Float64", "Int64", "Int32", "Int8", "UInt32", "Boolean", "Null")


@dataclass(frozen=True)
class GraphHead:
    """Which graph answered: how many entities and dependencies it has; what `weight` counts;
    `as_of`: the date of its data, or `first to last` where they differ, None where none is stated;
    `hindsight`: why it knows the outcome of an incident, None where it does not; `report`: what was
    dropped, merged, invented, changed or noted on loading, a line each; `loading`: the same in one.
    """

    title: str
    entities: int
    dependencies: int
    weight_unit: str | None = None
    as_of: str | None = None
    hindsight: str | None = None
    report: tuple[str, ...] = ()
    loading: str = ""

    @classmethod
    def of(cls, graph: DependencyGraph) -> "GraphHead":
        stated = graph.dependencies["as_of"].drop_nulls().unique()
        dates = stated.str.extract(r"^(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?:$|[T ])").drop_nulls()
        ends = dict.fromkeys((dates.min(), dates.max())) if len(dates) else ()
        as_of = " to ".join(str(date) for date in ends) or None
        head, told = graph.tables, [f for f in graph.report if f.action != "read"]
        return cls(
            graph.title, graph.size, len(graph.dependent), head.weight_unit, as_of, head.hindsight,
            tuple(map(str, told)), _count_findings(told),
        )  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The head that `dump` wrote, or that of an answer in JSON."""
        return cls(**dict(data) | {"report": tuple(data.get("report", ()))})


def _count_findings(told: Sequence[Finding]) -> str:
    """`on loading, 1 was dropped, 553 were merged: ...`, the gravest first."""
    counts = {action: sum(f.count for f in told if f.action == action) for action in _ACTIONS}
    said = [
        f"{count:,} {'was' if count == 1 else 'were'} {_ACTIONS[action]}"
        for action, count in counts.items()
        if count
    ]
    return f"on loading, {join(said)}: `knockon load` tells which and why" if said else ""


class Head(TypedDict):
    """Which graph was asked what, as the first fields of an answer."""

    graph: GraphHead
    scenario: Scenario
    names: tuple[str, ...]
    own: str
    safe_names: tuple[str, ...]


def find_head(
    graph: DependencyGraph, scenario: Scenario, verb: str = "", own: Mapping[str, Any] | None = None
) -> Head:
    """The first fields of an answer: `Ranking(**find_head(graph, scenario), rows=...)`.

    own: the options of the verb, as read; None where it has none
    """
    return {
        "graph": GraphHead.of(graph),
        "scenario": scenario,
        "names": _name_entities(graph, scenario.origin_ids),
        "own": describe_own(verb, own) if own else "",
        "safe_names": _name_entities(graph, scenario.protect),
    }


def _name_entities(graph: DependencyGraph, ids: Sequence[str]) -> tuple[str, ...]:
    numbers = [graph.find(i) for i in ids]
    return tuple(graph.entities["name"].gather(numbers).to_list()) if numbers else ()


class Data:
    """What answers are: they compare by what they hold, and go to plain dictionaries."""

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dictionaries, lists, texts and numbers; `from_dict` reads it."""
        return {f.name: dump(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [f.name for f in fields(self)]  # type: ignore[arg-type]
        return all(is_same(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]  # frames do not hash


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer(Data):
    """The answer to a question; a subclass adds what stands beside the rows of its verb.

    scenario: as run, every default filled in; names: of its origins, in their order; safe_names:
        of those that nothing hits; own: the options of the verb that are not the default, in words
    headline: the answer in one sentence; rows: a frame
    notes: everything dropped, assumed or cut off; partial: stopped before all was looked at
    strength_sources: how many dependencies looked at have their strength from where; empty where no
    strength was asked for
    What a subclass adds are numbers, texts, lists, dictionaries, frames or None; its names are the
    keys that stand beside `rows` in JSON.
    """

    verb: ClassVar[str]

    graph: GraphHead
    scenario: Scenario
    names: tuple[str, ...]
    headline: str
    rows: pl.DataFrame
    notes: tuple[str, ...] = ()
    partial: bool = False
    strength_sources: dict[str, int] = field(default_factory=dict)
    own: str = ""
    safe_names: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """What was asked, where it is not the default, and of which data; empty where all is."""
        named = dict(zip(self.scenario.protect, self.safe_names, strict=False))
        return describe_question(
            self.scenario, named, own=self.own, as_of=self.graph.as_of,
            hindsight=self.graph.hindsight,
        )  # fmt: skip

    @property
    def beside(self) -> dict[str, Any]:
        """What stands beside the rows, by name."""
        common = {f.name for f in fields(Answer)}
        mine = (f for f in fields(self) if f.name not in common and not f.metadata.get("inside"))
        return {f.name: getattr(self, f.name) for f in mine}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The answer that `to_dict` wrote."""
        read = {name: load(value) for name, value in data.items()}
        read |= {
            "graph": GraphHead.from_dict(data["graph"]),
            "scenario": Scenario.from_dict(data["scenario"]),
        }
        read |= {
            name: tuple(data[name]) for name in ("names", "notes", "safe_names") if name in data
        }
        return cls(**read)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.headline}>"

    def _repr_html_(self) -> str:
        said = (self.headline, self.question)
        return render_html(self._repr_svg_(), said, self.rows, self.notes)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def to_svg(self) -> str:
        """The picture of this answer, one SVG document. Raises ScenarioError if it has none."""
        return render_picture(self, self.verb)

    def _repr_svg_(self) -> str | None:
        return self.to_svg() if self.verb in list_pictures() else None


def list_pictures() -> tuple[str, ...]:
    """The names of the pictures that there are: those of a what-if, and verbs that have one."""
    # the one import upwards: a notebook asks the answer itself for its picture
    from knockon.graph.maps.pictures import PICTURES

    return tuple(PICTURES)


def render_picture(answer: Any, name: str, **look: Any) -> str:
    """The picture of this name of an answer, one SVG document; look: how a map is shown."""
    from knockon.graph.maps.pictures import PICTURES

    if name not in PICTURES:
        raise ScenarioError(f"the answer of {name} has no picture: ask for rows")
    return PICTURES[name](answer, **look)


def render_html(
    svg: str | None, said: Sequence[str], rows: pl.DataFrame, notes: Sequence[str]
) -> str:
    """For notebooks: the picture, what is said, the rows, the notes.

    The picture is an image of its own, so that its styles do not reach the notebook.
    """
    from base64 import b64encode
    from html import escape

    drawn = ""
    if svg is not None:
        data = b64encode(svg.encode()).decode()
        source = f"data:image/svg+xml;base64,{data}"
        drawn = f'<img alt="{escape(said[0])}" style="max-width:100%" src="{source}">'
    lines = "".join(f"<p>{escape(text)}</p>" for text in said if text)
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"{drawn}{lines}{rows._repr_html_()}<ul>{listed}</ul>"


def dump(value: Any) -> Any:
    """Frames, records and tuples as dictionaries and lists; `load` makes frames of them again."""
    if isinstance(value, pl.DataFrame):
        columns = {name: str(dtype) for name, dtype in value.schema.items()}
        return {"columns": columns, "rows": value.to_dict(as_series=False)}
    if isinstance(value, Scenario):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {name: dump(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [dump(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: dump(getattr(value, f.name)) for f in fields(value)}
    return value


def load(value: Any) -> Any:
    """What `dump` wrote, with frames again where frames were."""
    if isinstance(value, Mapping):
        if set(value) == {"columns", "rows"} and isinstance(value["columns"], Mapping):
            return load_frame(value)
        return {name: load(one) for name, one in value.items()}
    return [load(one) for one in value] if isinstance(value, list) else value


def load_frame(data: Mapping[str, Any]) -> pl.DataFrame:
    """The frame that `dump` wrote."""
    types = {name: ast.parse(text, mode="eval").body for name, text in data["columns"].items()}
    schema = {name: _read_type(parsed) for name, parsed in types.items()}
    return pl.DataFrame(data["rows"], schema=schema)


def _read_type(parsed: ast.expr) -> Any:
    """The type of a column from what `str` says of it, such as `List(Struct({'id': String}))`."""
    match parsed:
        case ast.Name(id=name) if name in _PLAIN:
            return getattr(pl, name)
        case ast.Call(func=ast.Name(id="List"), args=[inner]):
            return pl.List(_read_type(inner))
        case ast.Call(func=ast.Name(id="Struct"), args=[ast.Dict(keys=keys, values=types)]):
            names = [key.value for key in keys if isinstance(key, ast.Constant)]
            return pl.Struct({str(n): _read_type(t) for n, t in zip(names, types, strict=True)})
    raise ScenarioError(f"a column of an answer of no known type: {ast.unparse(parsed)}")


def is_same(one: Any, other: Any) -> bool:
    """Whether two values of answers are equal, frames by their columns, types and rows."""
    if isinstance(one, pl.DataFrame):
        alike = isinstance(other, pl.DataFrame) and one.schema == other.schema
        return alike and one.equals(other)
    if isinstance(one, tuple | list):
        several = isinstance(other, tuple | list) and len(one) == len(other)
        return several and all(map(is_same, one, other))
    if isinstance(one, Mapping):
        keys = isinstance(other, Mapping) and set(one) == set(other)
        return keys and all(is_same(one[name], other[name]) for name in one)
    if type(one) is type(other) and hasattr(one, "__dataclass_fields__"):
        return all(is_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(one == other)
