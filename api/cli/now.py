"""`--now FILE` of the verbs that ask a scenario: what a status page reports as down."""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from knockon.graph.errors import InputError, some

if TYPE_CHECKING:
    from knockon.graph.model.graph import DependencyGraph

Command: TypeAlias = Callable[..., None]


def with_now(command: Command) -> Command:
    """The option, and ENTITY...; one of both must name something that fails."""

    @wraps(command)
    def asked(
        read: "Callable[..., DependencyGraph]",
        entities: tuple[str, ...],
        now: tuple[Path, ...],
        **rest: Any,
    ) -> None:
        if not now:
            if not entities:
                raise click.UsageError("Missing argument 'ENTITY...', or --now FILE.")
            command(read=read, entities=entities, **rest)
            return
        from knockon.loaders.operations.status.now import read_now

        found = read_now(read(for_lanes=True), list(now))
        graph = found.graph
        named = {graph.ids[graph.find(entity)] for entity in entities}
        origins = [*entities, *(o for o in found.origins if o["id"] not in named)]
        if origins:
            command(read=lambda **_: graph, entities=tuple(origins), **rest)
        elif found.unmatched:
            down = some(found.unmatched)
            raise InputError(f"what is down now is no entity of the graph: {down}")
        else:
            files = _files(rest)
            unwritten = f"; nothing was written to {some(files)}" if files else ""
            click.echo(f"nothing is down now: {some(str(p) for p in now)}{unwritten}", err=True)

    added: Command = asked
    added = click.option(
        "--now", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
        help="JSON or feed of a status page: what is down now fails.",
    )(added)  # fmt: skip
    return click.argument("entities", nargs=-1, metavar="[ENTITY]...")(added)


def _files(options: Mapping[str, Any]) -> list[str]:
    """The files that the answer was to be written to."""
    flat = [*options.values(), *(options.get("charts") or {}).values()]
    return [str(path) for path in flat if isinstance(path, Path)]
