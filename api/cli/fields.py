"""The fields of the table as options of click: a function for each kind that is no plain text."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import click
from click.shell_completion import CompletionItem

from knockon.api.cli.files import INPUT
from knockon.graph.scenario.field import Field
from knockon.graph.scenario.kinds import (
    AMONG,
    CHANGES,
    ENTITIES,
    FLAG,
    LISTED,
    ORIGINS,
    RULES,
    STRENGTHS,
    TABLE,
)

Command: TypeAlias = Callable[..., None]


def add_fields(command: Command, fields: Sequence[Field]) -> Command:
    """An option for each field, but for what fails: that is the argument ENTITY..."""
    for field in reversed([f for f in fields if f.kind is not ORIGINS]):
        kind = _KINDS.get(field.kind, _describe_value)
        words = {"metavar": field.metavar or field.kind.metavar or None, "default": field.default}
        name = f"--{field.name.replace('_', '-')}"
        command = click.option(name, **words | kind(field))(command)
    return command


class _Value(click.ParamType[Any]):
    """A value that the field reads from its text.

    Words to choose from are left to the scenario: rules of one's own have modes of their own.
    """

    name = "value"

    def __init__(self, field: Field) -> None:
        self.field, self.choices = replace(field, choices=()), tuple(field.choices)

    def convert(self, value: Any, _: click.Parameter | None, __: click.Context | None) -> Any:
        return self.field.parse(value) if isinstance(value, str) else value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [
            CompletionItem(word, help=words)
            for word, words in self.choices
            if word.startswith(incomplete)
        ]


def _describe_value(field: Field) -> dict[str, Any]:
    return {"type": _Value(field), "help": f"{field.help}  [{field.note}]"}


def _describe_list(field: Field) -> dict[str, Any]:
    words = {"multiple": True, "help": f"{field.help}  [may be repeated]"}
    return words | {"default": ()}


def _describe_file(field: Field) -> dict[str, Any]:
    def read(_: click.Context, __: click.Parameter, path: Path | None) -> Any:
        from knockon.loaders.native.rules import read_rules

        return None if path is None else read_rules(path)

    help_ = f"{field.help}  [{field.note}]"
    return {"type": INPUT, "callback": read, "help": help_}


def _describe_among(field: Field) -> dict[str, Any]:
    def read(_: click.Context, __: click.Parameter, text: str | None) -> Any:
        from knockon.api.cli.origins import read_list

        if text is None:
            return None
        names = read_list(text) if Path(text).is_file() else text
        return (
            names
            if isinstance(names, str)
            else [n if isinstance(n, str) else n["id"] for n in names]
        )

    return {"callback": read, "help": f"{field.help}  [{field.note}]"}


def _describe_flag(field: Field) -> dict[str, Any]:
    return {"is_flag": True, "help": field.help}


def _describe_table(field: Field) -> dict[str, Any]:
    def read(_: click.Context, __: click.Parameter, path: Path | None) -> Any:
        from knockon.loaders.native.lists import read_list_text

        return None if path is None else field.check(read_list_text(path))

    return {"type": INPUT, "callback": read, "help": f"{field.help}  [{field.note}]"}


def _describe_listed(field: Field) -> dict[str, Any]:
    def read(_: click.Context, __: click.Parameter, text: str | None) -> Any:
        if text is None or not Path(text).is_file():
            return text
        from knockon.loaders.native.listed import read_listed

        return read_listed(Path(text))

    return {"callback": read, "help": f"{field.help}  [{field.note}]"}


def _describe_strengths(field: Field) -> dict[str, Any]:
    def read(_: click.Context, __: click.Parameter, said: Sequence[str]) -> Any:
        from knockon.loaders.native.strengths import read_strength_table

        return field.check([t if t in field.words else read_strength_table(Path(t)) for t in said])

    words = {"multiple": True, "help": f"{field.help}  [{field.note}]"}
    return words | {"default": (), "callback": read}


_KINDS = {
    ENTITIES: _describe_list,
    CHANGES: _describe_list,
    RULES: _describe_file,
    STRENGTHS: _describe_strengths,
    AMONG: _describe_among,
    FLAG: _describe_flag,
    LISTED: _describe_listed,
    TABLE: _describe_table,
}
