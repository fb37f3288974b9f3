"""The installed command `knockon`: every verb of `cli`, and `serve`, which opens the other door."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.files import SOURCE
from knockon.api.cli.join import add_join_options
from knockon.api.cli.options import read_graph
from knockon.api.cli.startup import collect_often
from knockon.api.cli.verbs import cli
from knockon.api.cli.verbs import main as main
from knockon.graph.errors import clip

if TYPE_CHECKING:
    from knockon.graph.model.graph import DependencyGraph


@cli.command()
@click.argument("sources", nargs=-1, required=True, type=SOURCE, metavar="SOURCE...")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--limit", "limits", multiple=True, metavar="NAME=NUMBER",
    help="A limit of the server, such as workers=4, queue=50, time=60; /v1/limits lists all.",
)  # fmt: skip
@add_join_options
def serve(
    sources: tuple[str, ...], host: str, port: int, limits: tuple[str, ...], **joined: Any
) -> None:
    """REST API and web page over one graph per SOURCE."""
    from knockon.api.rest.listen import open_port
    from knockon.api.service.limits import Limits

    allowed = Limits.parse(limits)
    listener = open_port(host, port)
    graphs: dict[str, DependencyGraph] = {}
    for source in sources:
        place = Path(source).resolve()
        name = place.stem if place.is_file() else place.name
        if name in graphs:
            raise click.UsageError(f"two sources are called {clip(name)!r}; rename one")
        graphs[name] = read_graph([source], **joined)
    from knockon.api.rest.app import serve as run

    collect_often()
    run(graphs, host=host, port=port, listener=listener, limits=allowed)
