"""What is said once for many commands: `knockon.toml` of the folder one works in, and variables.

The file names options as the command line does, for all verbs or, in a table, for one:

    worlds = 4096
    strengths = ["incidents", "ours.csv"]

    [rank]
    top = 50

A variable is KNOCKON_WORLDS for all verbs, KNOCKON_RANK_WORLDS for one (several values: a list of
JSON); KNOCKON_CONFIG names another file, or none where it is empty. The command line goes before
variables, variables before the file, and in each what is said of one verb before what is said of
all. Files that an answer is written to are not set this way, and `serve --open` only where `serve`
is named.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from knockon.api.cli.files import Output
from knockon.graph.errors import InputError, clip, did_you_mean

FILE = "knockon.toml"
_CONFIG, _PREFIX = "KNOCKON_CONFIG", "KNOCKON_"
_NO_OPTIONS = (_CONFIG, "KNOCKON_WEBHOOK_SECRET")  # a secret stands on no command line
_OF_ITS_VERB = (("serve", "open"),)  # what lets everybody in is never what `map --open` was told
_MOST = 1 << 18  # bytes of a file of settings


@dataclass(frozen=True)
class Setting:
    """One value: of one verb or, where that is empty, of all; place: where it was said."""

    verb: str
    option: str
    value: Any
    place: str


def read_defaults(group: click.Group, verb: str) -> tuple[dict[str, Any], list[str]]:
    """What click takes as defaults of the verb, and what was set from where, in words.

    Raises InputError for a file that cannot be read, and for what is no option of any verb.
    """
    command = group.commands.get(verb)
    options = list_options(command) if command is not None else {}
    defaults, said = {}, {}
    for source in (_read_file(group), _read_variables(group)):
        for setting in sorted(source, key=lambda setting: setting.verb != ""):
            option = options.get(setting.option)
            if not setting.verb and (verb, setting.option) in _OF_ITS_VERB:
                continue
            if option is not None and setting.verb in ("", verb):
                defaults[str(option.name)] = _shape(option, setting)
                said[setting.option] = f"{setting.option} of {setting.place}"
    return defaults, [*said.values()]


def list_options(command: click.Command) -> dict[str, click.Option]:
    """The options that may be set, by their long names without dashes."""
    return {
        text.removeprefix("--"): param
        for param in command.params
        if isinstance(param, click.Option) and not isinstance(param.type, Output)
        for text in param.opts
        if text.startswith("--")
    }


def _read_file(group: click.Group) -> Iterator[Setting]:
    named = os.environ.get(_CONFIG)
    if named == "" or (named is None and not Path(FILE).is_file()):
        return
    path = Path(named or FILE)
    for name, value in _parse(path).items():
        if isinstance(value, Mapping):
            if name not in group.commands:
                hint = did_you_mean(name, group.commands)
                raise InputError(f"{path}: [{clip(name)}] is no verb{hint}")
            for option, inner in value.items():
                yield _name(group, name, option, inner, str(path))
        else:
            yield _name(group, "", name, value, str(path))


def _parse(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
        if len(data) > _MOST:
            raise InputError(f"{path}: settings may have {_MOST:,} bytes, this file has more")
        return tomllib.loads(data.decode())
    except OSError as fault:
        raise InputError(f"{path}: cannot be read: {fault.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise InputError(f"{path}: expected TOML, {clip(str(fault), 200)}") from None


def _read_variables(group: click.Group) -> Iterator[Setting]:
    """Variables that name an option, those of one verb first by name; others are not ours."""
    for variable in sorted(os.environ):
        if not variable.startswith(_PREFIX) or variable in _NO_OPTIONS:
            continue
        words = variable.removeprefix(_PREFIX).lower().replace("_", "-")
        verb = next((v for v in group.commands if words.startswith(f"{v}-")), "")
        option = words.removeprefix(f"{verb}-") if verb else words
        if option in _known(group, verb):
            yield Setting(verb, option, _read_text(os.environ[variable], variable), variable)
        else:
            hint = did_you_mean(option, _known(group, verb))
            click.echo(f"knockon: {clip(variable)} sets no option{hint}", err=True)


def _read_text(text: str, variable: str) -> Any:
    """The text; a list where it is one of JSON."""
    if not text.startswith("["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise InputError(f"{variable}: expected a text, or a list of JSON") from None


def _known(group: click.Group, verb: str) -> list[str]:
    commands = [group.commands[verb]] if verb else group.commands.values()
    return sorted({name for command in commands for name in list_options(command)})


def _name(group: click.Group, verb: str, option: str, value: Any, place: str) -> Setting:
    name, known = option.replace("_", "-"), _known(group, verb)
    if name not in known:
        of = f"{verb} has no option" if verb else "no verb has an option"
        raise InputError(f"{place}: {of} {clip(option)!r}{did_you_mean(name, known)}")
    return Setting(verb, name, value, f"{place} [{verb}]" if verb else place)


def _shape(option: click.Option, setting: Setting) -> Any:
    """The value as click reads a default of this option. Raises InputError for what is none."""
    value = setting.value
    where = f"{setting.place}: {setting.option}"
    if option.is_flag and not isinstance(value, bool | str):
        raise InputError(f"{where}: expected true or false, got {clip(repr(value))}")
    items: Sequence[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | int | float | bool) for item in items):
        raise InputError(f"{where}: expected a text or a number, got {clip(repr(value))}")
    if option.multiple:
        return [str(item) for item in items]
    if isinstance(value, list):
        raise InputError(f"{where}: expected one value, got {len(value)}")
    return value if option.is_flag else str(value)
