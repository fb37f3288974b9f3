"""The installed command `knockon`: every verb of `cli`, and `serve`, which opens the other door."""

import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import current_thread, main_thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.files import SOURCE
from knockon.api.cli.join import add_join_options
from knockon.api.cli.kept import find_user, open_store
from knockon.api.cli.options import read_graph
from knockon.api.cli.startup import collect_often
from knockon.api.cli.verbs import cli
from knockon.api.cli.verbs import main as main
from knockon.api.cli.watch import add_watch_options
from knockon.graph.errors import StoreError, clip

if TYPE_CHECKING:
    from knockon.api.rest.tokens import Token
    from knockon.api.store.store import Store
    from knockon.graph.model.graph import DependencyGraph

_PATIENCE = 60.0  # seconds that a start waits for the server of its store


@cli.command()
@click.argument("sources", nargs=-1, required=True, type=SOURCE, metavar="SOURCE...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help="0: one that is free.",
)  # fmt: skip
@click.option(
    "--limit", "limits", multiple=True, metavar="NAME=NUMBER",
    help="A limit of the server, such as workers=4, queue=50, time=60; /v1/limits lists all.",
)  # fmt: skip
@click.option(
    "--store", metavar="URL",
    help="Keep answers there: sqlite:///FILE or postgresql://USER@HOST/NAME.",
)  # fmt: skip
@click.option(
    "--tokens", type=click.Path(path_type=Path), metavar="FILE",
    help="Let in only who has one of these tokens (`knockon token` makes one).",
)  # fmt: skip
@click.option("--open", "is_open", is_flag=True, help="Let in everybody, from other machines too.")
@click.option("--cors", multiple=True, metavar="ORIGIN", help="A site whose pages may ask.")
@click.option(
    "--log", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="How requests are written down; json: a line each, without queries.",
)  # fmt: skip
@click.option(
    "--reload", "seconds", type=click.FloatRange(0, 86_400), default=5, show_default=True,
    metavar="SECONDS", help="Look so often whether a source changed, and read it again; 0: only "
    "on SIGHUP.",
)  # fmt: skip
@add_watch_options
@add_join_options
def serve(
    sources: tuple[str, ...], host: str, port: int, limits: tuple[str, ...], store: str | None,
    tokens: Path | None, is_open: bool, cors: tuple[str, ...], log: str, seconds: float,
    watching: Any, **joined: Any,
) -> None:  # fmt: skip
    """REST API and web page over one graph per SOURCE."""
    from knockon.api.rest.listen import is_loopback, open_port
    from knockon.api.service.limits import Limits

    _end_on_sigterm()
    allowed = Limits.parse(limits)
    known = _read_tokens(tokens)
    if not known and not is_open and not is_loopback(host):
        raise click.UsageError(
            f"--host {clip(host)}: other machines reach it; say who may come in with "
            "--tokens FILE, or --open for everybody"
        )
    listener = open_port(host, port)
    named = {name: [source] for name, source in _name_sources(sources).items()}
    from knockon.api.rest.app import serve as run
    from knockon.api.rest.tokens import read_again
    from knockon.api.service.reading import Reading

    kept = None if store is None else _open_kept(store, allowed["store_seconds"])

    def save(name: str, graph: "DependencyGraph") -> None:
        if kept is not None:
            kept.save_graph(name, graph, named[name], find_user())

    def hangup() -> None:
        if tokens is not None:
            read_again(tokens, known)

    also = [str(joined["aliases"])] if joined.get("aliases") else []
    reading = Reading(named, joined, seconds=seconds, also=also, save=save)
    graphs = {name: read_graph(places, **joined) for name, places in named.items()}
    for name, graph in graphs.items():
        save(name, graph)
    watch = watching(graphs)
    if watch is not None and kept is not None:
        from knockon.api.store.letters import Letters
        from knockon.api.store.spells import Spells

        watch.memory = Spells(kept)
        for hook in watch.webhooks:
            hook.outbox = Letters(kept)
    collect_often()
    run(graphs, host=host, port=port, listener=listener, limits=allowed, store=kept, log=log,
        sources=named, tokens=known, cors=cors, joining=joined, reading=reading,
        watch=watch, hangup=hangup)  # fmt: skip


def _end_on_sigterm() -> None:
    """Heed SIGTERM from the first moment: as the first process of a container nobody else does,
    until the server has its own ways."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and current_thread() is main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _open_kept(address: str, seconds: float) -> "Store":
    """The store; where its server is not there yet, for both were started at once, wait a while."""
    end, told = monotonic() + _PATIENCE, False
    while True:
        try:
            return open_store(address, seconds)
        except StoreError as fault:
            if not fault.away or monotonic() > end:
                raise
            if not told:
                click.echo(f"knockon: {fault}; waiting for it", err=True)
            told = True
            sleep(1)


def _name_sources(sources: Sequence[str]) -> dict[str, str]:
    """Each source by the name of its graph."""
    named: dict[str, str] = {}
    for source in sources:
        place = Path(source).resolve()
        name = place.stem if place.is_file() else place.name
        if name in named:
            raise click.UsageError(f"two sources are called {clip(name)!r}; rename one")
        named[name] = source
    return named


def _read_tokens(path: Path | None) -> "list[Token]":
    if path is None:
        return []
    from knockon.api.rest.tokens import read_tokens

    return [*read_tokens(path)]


@cli.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, default=("read", "compute"), show_default=True,
    metavar="read|compute", help="What it is good for.",
)  # fmt: skip
@click.option(
    "--expires", metavar="DAY|TIME|90d", help="How long it is good: to the end of a day (UTC), to "
    "a time, or so many days from now; for ever if not said.",
)  # fmt: skip
@click.option("--graph", "graphs", multiple=True, metavar="NAME",
              help="It is good for this graph only; may be repeated.")  # fmt: skip
def token(name: str, scopes: tuple[str, ...], expires: str | None, graphs: tuple[str, ...]) -> None:
    """A new token for --tokens of serve: the token on stderr, its line for the file on stdout."""
    from knockon.api.rest.tokens import create_token, read_expiry

    ends = None if expires is None else read_expiry(expires)
    if ends is not None and ends <= datetime.now(UTC):
        raise click.UsageError(f"--expires {clip(str(expires))}: this is over")
    secret, line = create_token(name, scopes, ends, graphs)
    click.echo(line)
    click.echo(f"the token, shown this once: {secret}", err=True)
