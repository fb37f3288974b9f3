"""The verb `map`: the picture of a what-if, in several forms, shown as one likes."""

from pathlib import Path
from typing import Any

import click

from knockon.api.cli.answer import emit
from knockon.api.cli.fields import Command, add_fields
from knockon.api.cli.files import PICTURES, STDOUT, Output, check_suffix, choose_form
from knockon.api.cli.options import Read, add_scenario_options, add_source_options
from knockon.graph.scenario.fields import LOOK


def add_look_options(command: Command) -> Command:
    """How the map is shown."""
    return add_fields(command, LOOK)


def add_map(group: click.Group) -> None:
    """Add the verb to a command line."""

    @group.command("map")
    @add_source_options
    @add_scenario_options
    @add_look_options
    @click.option(
        "--format", "form", type=click.Choice(PICTURES), default=None,
        help="Of the map.  [default: as the suffix of the file says, else svg]",
    )  # fmt: skip
    @click.option(
        "-o", "output", required=True, type=Output(), metavar="FILE.svg", help="The file."
    )
    def map_(
        read: Read, entities: tuple[str, ...], output: Path, form: str | None,
        **rest: Any,
    ) -> None:  # fmt: skip
        """The impact map of these entities failing together, as SVG, PNG, PDF, DOT or Mermaid."""
        from knockon.graph.analysis.whatif import whatif as ask
        from knockon.graph.maps.forms import draw_form
        from knockon.graph.maps.view import MapView

        look = {f.name: rest.pop(f.name) for f in LOOK}
        form = form or choose_form(output, PICTURES)
        check_suffix(output, form)
        view = MapView.of(look)
        graph = read(for_lanes=True)
        emit(draw_form(graph, ask(graph, entities, **rest), view, form), output)
        if output != STDOUT:
            click.echo(f"map: {output}", err=True)
