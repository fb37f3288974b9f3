"""`--where`: a condition on the columns of rows, as SQL and Python say it, and nothing else.

    kind = 'enterprise' and (recovery_hours < 8 or owner is null) and country in ('DE', 'FR')

Python's own parser reads the text, after words of SQL are put into Python's; of what it finds only
comparisons, `and`, `or`, `not`, `in`, `is null`, names of columns and constants are taken. Nothing
is ever called or looked up but columns. Where a cell is empty, a comparison is neither true nor
false, as in SQL: such a row is not shown, and counted.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from knockon.graph.errors import ScenarioError, clip, did_you_mean

LONGEST = 2_000  # letters of a condition
_TOKEN = re.compile(
    r"""\s+|(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<quoted>`[^`]+`)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)|(?P<name>[^\W\d][\w.]*)
    |(?P<sign><>|<=|>=|==|!=|[=<>(),\[\]-])""",
    re.VERBOSE,
)
_WORDS = {"and": "and", "or": "or", "not": "not", "in": "in", "is": "is", "null": "None",
          "none": "None", "true": "True", "false": "False"}  # fmt: skip
_SIGNS = {"=": "==", "<>": "!="}
_OPERATORS: dict[type, str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
_EXPECTED = "expected comparisons, such as kind = 'enterprise' and (weight > 10 or owner is null)"


@dataclass(frozen=True)
class Condition:
    """What is asked of each row, and of which columns."""

    expression: pl.Expr
    columns: tuple[str, ...]


def read_condition(text: str, schema: Mapping[str, pl.DataType]) -> Condition:
    """The condition that a text says. Raises ScenarioError that names the place or the column."""
    if len(text) > LONGEST:
        raise ScenarioError(f"where: expected at most {LONGEST:,} letters, got {len(text):,}")
    names: list[str] = []
    try:
        source = " ".join(_translate(text, names))
        tree = ast.parse(source, mode="eval").body
        expression = _Reader(names, schema).read(tree)
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise ScenarioError(f"where: {_EXPECTED}, got {clip(text)!r}") from None
    return Condition(expression, tuple(dict.fromkeys(names)))


def _translate(text: str, names: list[str]) -> Iterator[str]:
    """The tokens as Python has them; names of columns go to `names`, and become their numbers."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ScenarioError(f"where: {_EXPECTED}, got {clip(text[at:], 40)!r} at {at + 1}")
        at = found.end()
        match found.lastgroup:
            case "text":
                mark = found[0][0]
                yield repr(found[0][1:-1].replace(mark * 2, mark))
            case "number":
                yield found[0]
            case "sign":
                yield _SIGNS.get(found[0], found[0])
            case "name" if found[0].lower() in _WORDS:
                yield _WORDS[found[0].lower()]
            case "name" | "quoted":
                yield f"c{len(names)}"
                names.append(found[0].strip("`"))


class _Reader:
    """Reads the tree of a condition on columns of these types."""

    def __init__(self, names: list[str], schema: Mapping[str, pl.DataType]) -> None:
        self._names, self._schema = names, schema

    def read(self, node: ast.expr) -> pl.Expr:
        """What is true or false of a row."""
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return pl.all_horizontal([self.read(v) for v in values])
            case ast.BoolOp(op=ast.Or(), values=values):
                return pl.any_horizontal([self.read(v) for v in values])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ~self.read(operand)
            case ast.Name():
                name, kind = self._column(node)
                if kind != pl.Boolean:
                    raise ScenarioError(
                        f"where: {name}: expected a comparison, it holds {_say(kind)}"
                    )
                return pl.col(name)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                sides = [left, *comparators]
                parts = [self._compare(sides[i], op, sides[i + 1]) for i, op in enumerate(ops)]
                return pl.all_horizontal(parts) if len(parts) > 1 else parts[0]
        raise ValueError

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> pl.Expr:
        if isinstance(op, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                raise ValueError
            name, _ = self._column(left)
            empty = pl.col(name).is_null()
            return empty if isinstance(op, ast.Is) else ~empty
        if isinstance(op, ast.In | ast.NotIn):
            inside = self._contains(left, right)
            return inside if isinstance(op, ast.In) else ~inside
        one, other = self._match(left, right)
        compared: pl.Expr = getattr(one, _OPERATORS[type(op)])(other)
        return compared

    def _contains(self, left: ast.expr, right: ast.expr) -> pl.Expr:
        """A column in a list of constants; a text in a column of texts."""
        if isinstance(right, ast.Name):
            name, kind = self._column(right)
            piece = _read_constant(left)
            if kind != pl.String or not isinstance(piece, str):
                raise ScenarioError(f"where: {name} holds {_say(kind)}: only text is part of text")
            return pl.col(name).str.contains(piece, literal=True)
        listed = right.elts if isinstance(right, ast.Tuple | ast.List) else [right]
        if not listed:
            raise ValueError
        found = [self._match(left, one) for one in listed]
        return pl.any_horizontal([one.eq(other) for one, other in found])

    def _match(self, left: ast.expr, right: ast.expr) -> tuple[pl.Expr, pl.Expr]:
        """Both sides, as values of one type: a column of text is read as numbers beside one."""
        if isinstance(left, ast.Name) and isinstance(right, ast.Name):
            (one, of_one), (other, of_other) = self._column(left), self._column(right)
            if of_one.is_numeric() != of_other.is_numeric() and pl.String in (of_one, of_other):
                return _as_number(one, of_one), _as_number(other, of_other)
            if of_one != of_other and not (of_one.is_numeric() and of_other.is_numeric()):
                raise ScenarioError(
                    f"where: {one} holds {_say(of_one)}, {other} holds {_say(of_other)}"
                )
            return pl.col(one), pl.col(other)
        if isinstance(right, ast.Name):
            other_side, this = self._match(right, left)
            return this, other_side
        name, kind = self._column(left)
        value = _read_constant(right)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and (kind.is_numeric() or kind == pl.String):
            return _as_number(name, kind), pl.lit(float(value))
        fits = {bool: pl.Boolean, str: pl.String}.get(type(value))
        if kind == pl.Null:  # nobody states anything there
            return pl.lit(None, fits or pl.Float64), pl.lit(value)
        if fits is None or kind != fits:
            raise ScenarioError(f"where: {name} holds {_say(kind)}, got {clip(repr(value), 40)}")
        return pl.col(name), pl.lit(value)

    def _column(self, node: ast.expr) -> tuple[str, pl.DataType]:
        if not isinstance(node, ast.Name):
            raise ValueError
        name = self._names[int(node.id[1:])]
        if name not in self._schema:
            raise ScenarioError(
                f"where: no column {clip(name)!r}{did_you_mean(name, self._schema)}"
            )
        return name, self._schema[name]


def _as_number(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    return column.str.strip_chars().cast(pl.Float64, strict=False) if kind == pl.String else column


def _read_constant(node: ast.expr) -> Any:
    """A number, a text, true or false. Raises ValueError."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if (
            not isinstance(value, bool)
        ):
            return -value
        case ast.Constant(value=None):
            raise ScenarioError("where: nothing equals null: expected is null, or is not null")
    raise ValueError


def _say(kind: pl.DataType) -> str:
    if kind.is_numeric():
        return "numbers"
    return {pl.String: "text", pl.Boolean: "true or false"}.get(type(kind), "lists")
