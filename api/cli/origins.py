"""What fails, as the command line says it: ENTITY..., --whole, --all-named, --origins, --now."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias

import click

from knockon.api.cli.files import INPUT, SOURCE
from knockon.graph.errors import InputError, clip, some

Command: TypeAlias = Callable[..., None]
Read: TypeAlias = Any  # options.Read, which builds on this
_FOR_PROGRAMS = ("json", "csv", "parquet")  # forms that say so where nothing is down
_HEADS = ("id", "entity", "name")  # of the column of a file that names what fails
_MOST = 1 << 24  # bytes of a list of origins


def add_origin_options(
    command: Command, *, needed: bool = True, by_option: bool = False, other_first: bool = False
) -> Command:
    """ENTITY... and the options beside it.

    needed: one of all must name something that fails
    by_option: entities are named by `--if ENTITY...`, for the verb asks about another one
    other_first: the first of them may be a second source
    """
    named = "--if ENTITY..." if by_option else "ENTITY..."

    @wraps(command)
    def collect(
        read: Read, entities: tuple[str, ...], whole: tuple[str, ...], all_named: tuple[str, ...],
        listed: tuple[str, ...], now: tuple[Path, ...], failing: tuple[str, ...] = (), **rest: Any,
    ) -> None:  # fmt: skip
        if by_option and entities and not failing:
            raise click.UsageError(
                f"expected one TARGET, got {clip(entities[0])!r} too: what fails stands behind --if"
            )
        entities = (*failing, *entities)
        origins: list[Any] = [*entities, *(o for file in listed for o in read_list(file))]
        origins += [{"whole": name} for name in whole]
        origins += [{"all_named": name} for name in all_named]
        if now:
            _ask_now(command, read, origins, now, rest, other_first=other_first)
            return
        if needed and not origins:
            raise click.UsageError(
                f"Missing {'option' if by_option else 'argument'} {named!r}, or --whole, "
                "--all-named, --origins FILE, --now FILE."
            )
        command(read=read, entities=tuple(origins), **rest)

    added: Command = collect
    for add in (
        click.option(
            "--now", multiple=True, type=INPUT, metavar="FILE",
            help="JSON or feed of a status page: what is down now fails.",
        ),
        click.option(
            "--origins", "listed", multiple=True, type=SOURCE, metavar="FILE",
            help="What fails, one entity a line, or CSV with `id` and `severity`.",
        ),
        click.option(
            "--all-named", multiple=True, metavar="NAME",
            help="All entities of this name fail, such as every version of a part.",
        ),
        click.option(
            "--whole", multiple=True, metavar="PARENT",
            help="A parent or operator fails with all that it stands above.",
        ),
    ):  # fmt: skip
        added = add(added)
    if by_option:
        added = click.option(
            "--if", "failing", multiple=True, metavar="ENTITY...", help="What fails."
        )(added)
    metavar = "" if by_option else "[ENTITY]..."
    return click.argument("entities", nargs=-1, metavar=metavar)(added)


def read_list(file: str) -> list[Any]:
    """The origins that a file lists. Raises InputError with file and line."""
    text = _read_text(file)
    lines = text.splitlines()
    head = [cell.strip().lower() for cell in next(csv.reader(lines[:1]), [])]
    if not set(_HEADS) & set(head) or (len(head) == 1 and len(lines) < 2):
        kept = [line.strip() for line in lines]
        return [line for line in kept if line and not line.startswith("#")]
    found: list[Any] = []
    rows = csv.DictReader(lines[1:], fieldnames=head, strict=True)
    try:
        for row in rows:
            name = next((row[h] for h in _HEADS if row.get(h)), None)
            place = f"{file}:{rows.line_num + 1}"
            if name is None:
                raise InputError(f"{place}: expected an entity in {' or '.join(_HEADS)}, got none")
            found.append(_read_row(name.strip(), (row.get("severity") or "").strip(), place))
    except csv.Error as fault:
        raise InputError(f"{file}: expected CSV, {fault}") from None
    return found


def _read_row(name: str, severity: str, place: str) -> Any:
    if not severity:
        return name
    try:
        return {"id": name, "severity": float(severity)}
    except ValueError:
        raise InputError(
            f"{place}: severity: expected a number above 0, at most 1, got {clip(severity)!r}"
        ) from None


def _read_text(file: str) -> str:
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(_MOST + 1)
    except OSError as fault:
        raise InputError(f"{file}: cannot be read: {fault.strerror}") from None
    if len(data) > _MOST:
        raise InputError(f"{file}: a list of origins may have {_MOST:,} bytes, this one has more")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file}: expected UTF-8 text, one entity a line") from None


def is_source(word: str) -> bool:
    """Whether a word names a source: what stands there in the place of an entity."""
    from knockon.loaders.parsing.place import is_address

    return is_address(word) or Path(word).exists()


def _ask_now(
    command: Command, read: Read, entities: list[Any], now: tuple[Path, ...], rest: dict[str, Any],
    *, other_first: bool,
) -> None:  # fmt: skip
    """The command on what a status page says is down, beside what is named."""
    from knockon.loaders.operations.status.now import read_now

    found = read_now(read(for_lanes=True), list(now))
    graph = found.graph
    pages = some(f"{clip(name, 60)} {_describe_age(as_of)}" for name, as_of in found.pages)
    first = entities[0] if entities and isinstance(entities[0], str) else ""
    other = entities[:1] if first and other_first and is_source(first) else []
    named = {
        graph.ids[number]
        for entity in entities[len(other) :]
        if isinstance(entity, str)
        for number in graph.called.find_several(entity)
    }
    origins = [*entities, *(o for o in found.origins if o["id"] not in named)]
    if len(origins) > len(other):
        click.echo(f"status page of {pages}", err=True)
        command(read=replace(read, known=graph), entities=tuple(origins), **rest)
    elif found.unmatched:
        down = some(found.unmatched)
        raise InputError(f"what is down now is no entity of the graph: {down}")
    elif found.untold:
        raise InputError(
            f"{some(str(p) for p in now)}: whether something is down cannot be told: "
            f"{len(found.untold):,} reported in a state that is not understood: "
            f"{some(found.untold)}; name what is down as ENTITY"
        )
    else:
        answers = rest.get("form") in _FOR_PROGRAMS and rest.get("out") is None
        asked = {name: _leave_out_picture(name, value) for name, value in rest.items()}
        asked = asked if answers else {}
        files = [f for f in _list_files(rest) if f not in _list_files(asked)]
        unwritten = f"; nothing was written to {some(files)}" if files else ""
        said = some(str(p) for p in now)
        click.echo(f"nothing is down now: {said}; status page of {pages}{unwritten}", err=True)
        if answers:
            from knockon.graph.scenario.origins import Nobody

            command(read=replace(read, known=graph), entities=Nobody(other), **asked)


def _leave_out_picture(option: str, value: Any) -> Any:
    """The value of an option of a verb, none where it is a file for a picture of the answer."""
    if option == "charts":
        return {}
    return None if isinstance(value, Path) and option != "output" else value


def _describe_age(as_of: str) -> str:
    """`of 2026-01-05T10:00:00Z, 326 days ago`, as far as the page states it."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    if not as_of:
        return "without a date"
    try:
        when = datetime.fromisoformat(as_of)
    except ValueError:
        try:
            when = parsedate_to_datetime(as_of)
        except ValueError:
            return f"of {clip(as_of, 40)}"
    age = datetime.now(UTC) - (when if when.tzinfo else when.replace(tzinfo=UTC))
    hours = age.total_seconds() / 3600
    ago = f"{hours / 24:,.0f} days ago" if hours >= 48 else f"{max(hours, 0):,.0f} hours ago"
    return f"of {clip(as_of, 40)}, {ago}"


def _list_files(options: Mapping[str, Any]) -> list[str]:
    """The files that the answer was to be written to."""
    flat = [*options.values(), *(options.get("charts") or {}).values()]
    return [str(path) for path in flat if isinstance(path, Path)]
