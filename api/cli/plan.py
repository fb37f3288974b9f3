"""The verb `plan`: what a what-if will take, told before any work."""

from os import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.answer import check_output, emit
from knockon.api.cli.files import Output
from knockon.api.cli.options import Read, add_scenario_options, add_source_options
from knockon.graph.errors import InputError

if TYPE_CHECKING:
    from knockon.graph.analysis.forecast import Reach, Size
    from knockon.graph.model.graph import DependencyGraph
    from knockon.graph.scenario.scenario import Scenario

CHEAP = 300_000  # rows of Parquet that are loaded, so that what is within reach is known


def add_plan(cli: click.Group) -> None:
    """The command `plan`."""
    cli.command()(add_source_options(add_scenario_options(_add_form(plan), needed=False)))


def _add_form(command: Any) -> Any:
    command = click.option("-o", "output", type=Output(), metavar="FILE", help="Into this file.")(
        command
    )
    return click.option(
        "--format", "form", type=click.Choice(["table", "json"]), default="table",
        show_default=True,
    )(command)  # fmt: skip


def plan(
    read: Read, entities: tuple[Any, ...], form: str, output: Path | None, **scenario: Any
) -> None:
    """What a whatif will take, before any work: time, memory, and by which plan it runs.

    A large Parquet file is not loaded: its metadata says how many rows it has. Without TARGET, the
    entity fails on which most depend.
    """
    from knockon.api.schema import dump_json, serialize_forecast
    from knockon.api.text.forecast import describe_forecast
    from knockon.graph.analysis.forecast import Machine, forecast
    from knockon.graph.engine.calibration import measure_speed
    from knockon.graph.engine.memory import free_bytes

    check_output(form, output)
    size, asked, reach = _measure(read, entities, scenario)
    machine = Machine(cpu_count() or 1, free_bytes(), measure_speed())
    found = forecast(size, asked, reach, machine)
    if form == "json":
        emit(dump_json(serialize_forecast(found, asked)), output)
    else:
        emit(describe_forecast(found) + "\n", output)


def _measure(
    read: Read, entities: tuple[Any, ...], options: dict[str, Any]
) -> "tuple[Size, Scenario, Reach | None]":
    """How large the graph is, and what is within reach where it is cheap to know."""
    from knockon.graph.analysis.forecast import Size, find_reach, measure_graph
    from knockon.graph.scenario.origins import Nobody
    from knockon.graph.scenario.scenario import Scenario
    from knockon.loaders.native.sizes import measure_parquet

    held = measure_parquet(read.sources[0]) if len(read.sources) == 1 else None
    if held is not None and held.dependencies > CHEAP:
        asked = Scenario.read(entities or ("",), **options)
        alike = None if held.stated else False
        size = Size(held.dependencies, held.entities, held.counted, alike, None)
        return size, asked, None
    graph = read()
    named = entities if entities or isinstance(entities, Nobody) else (_find_hub(graph),)
    asked = Scenario.of(graph, named, **options)
    return measure_graph(graph), asked, find_reach(graph, asked)


def _find_hub(graph: "DependencyGraph") -> str:
    """The entity on which most depend. Raises InputError where there is none at all."""
    if not graph.size:
        raise InputError("expected an entity that can fail, found a graph without any")
    return graph.id_of(int(graph.called.dependents.argmax()))
