"""Writes the tables of docs/settings.md from the options of the command line and the limits.

python docs/settings.py           writes them
python docs/settings.py --check   ends with 1 where they are not current
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from knockon.api.cli.settings import list_options
from knockon.api.command import cli
from knockon.api.service.limits import LIMITS

PAGE = Path(__file__).resolve().parent / "settings.md"
BEGIN, END = "<!-- made by docs/settings.py -->", "<!-- end -->"
_SERVE = "serve"
_NOTE = re.compile(r"\s*\[(?:default|env var)[^\]]*\]")


def main() -> int:
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    made = f"{head}{BEGIN}\n\n" + "\n".join(write_tables()) + f"\n\n{END}{tail}"
    if "--check" in sys.argv:
        return int(made != text)
    PAGE.write_text(made)
    return 0


def write_tables() -> Iterator[str]:
    """Options of the server, its limits, and options of all other verbs."""
    yield "## Options of `knockon serve`\n"
    yield "| option | variable | default | bounds | |"
    yield "| --- | --- | --- | --- | --- |"
    context = click.Context(cli.commands[_SERVE])
    for name, option in sorted(list_options(cli.commands[_SERVE]).items()):
        cells = [f"`--{name}`", f"`{_name_variable(name, _SERVE)}`", _find_default(option, context),
                 _find_bounds(option), _NOTE.sub("", option.help or "")]  # fmt: skip
        yield _write_row(cells)
    yield "\n## Limits of a server\n"
    yield '`--limit NAME=NUMBER`, `KNOCKON_SERVE_LIMIT=\'["queue=50", "time=60"]\'`, or `limit`'
    yield "under `[serve]` of `knockon.toml`; [what is beyond each](http.md#limits-of-a-server).\n"
    yield "| limit | default | at least | |"
    yield "| --- | --- | --- | --- |"
    for limit in LIMITS:
        told = f"{limit.default:,.15g}" if limit.default else "0"
        row = [f"`{limit.name}`", told, f"{limit.least:g}", f"{limit.unit} {limit.help}"]
        yield _write_row(row)
    yield "\n## Options of all verbs\n"
    yield "With a verb between (`KNOCKON_RANK_TOP`) a variable counts for that one alone; that"
    yield "`serve` lets everybody in (`--open`) is only said so: `KNOCKON_SERVE_OPEN`, `[serve]`.\n"
    yield "| option | variable | default | verbs |"
    yield "| --- | --- | --- | --- |"
    for name, verbs in sorted(_list_verbs().items()):
        commands = [cli.commands[verb] for verb in verbs]
        defaults = {_find_default(list_options(c)[name], click.Context(c)) for c in commands}
        told = " or ".join(sorted(defaults - {""})) + (", by verb" if len(defaults) > 1 else "")
        yield _write_row([f"`--{name}`", f"`{_name_variable(name)}`", told, ", ".join(verbs)])


def _list_verbs() -> dict[str, list[str]]:
    """The options that may be set, each with the verbs that have it; those of the server apart."""
    found: dict[str, list[str]] = {}
    for verb, command in sorted(cli.commands.items()):
        for name in list_options(command):
            found.setdefault(name, []).append(verb)
    return {name: verbs for name, verbs in found.items() if verbs != [_SERVE]}


def _name_variable(option: str, verb: str = "") -> str:
    words = ["KNOCKON", *([verb] if verb else []), option]
    return "_".join(words).upper().replace("-", "_")


def _find_default(option: click.Option, context: click.Context) -> str:
    """As one would say it; empty where nothing is said unless it is asked for."""
    value = option.get_default(context, call=False)
    if option.is_flag and isinstance(value, bool):
        return "true" if value else ""
    return f"{value}" if isinstance(value, str | int | float) and value != "" else ""


def _find_bounds(option: click.Option) -> str:
    kind = option.type
    if isinstance(kind, click.Choice):
        return ", ".join(map(str, kind.choices))
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else "several" if option.multiple else ""


def _write_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(c.split()).replace("|", "\\|") or " " for c in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
