"""Status pages on the command line: the verb `watch`, and the options of `serve`."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from knockon.api.cli.answer import print_page
from knockon.api.cli.files import INPUT
from knockon.api.cli.options import Read, add_source_options
from knockon.api.cli.stdout import say
from knockon.graph.errors import InputError, KnockonError

if TYPE_CHECKING:
    from knockon.api.live.live import Live
    from knockon.api.live.now import NowJson
    from knockon.api.live.service import Watch
    from knockon.graph.analysis.impact import Impact
    from knockon.graph.model.graph import DependencyGraph

Command: TypeAlias = Callable[..., None]
_EVERY, _LEAST = 60.0, 5.0  # seconds, as `live.pace` has them
_DOWN, _UNKNOWN = 3, 4  # exit codes of --once
_NAME = "graph"


def add_page_options(command: Command) -> Command:
    """How status pages are read: the verb gets `paging`, for `build_live`."""

    @wraps(command)
    def with_pages(
        every: float, private: tuple[str, ...], placing: Path | None, **rest: Any
    ) -> None:
        command(paging={"every": every, "private": private, "placing": placing}, **rest)

    added: Command = with_pages
    for add in (
        click.option(
            "--placing", type=INPUT, metavar="FILE",
            help="CSV of page, component, entity: which is which, where names do not say it.",
        ),
        click.option(
            "--private", multiple=True, metavar="HOST",
            help="A host that may be of a private network, though its name does not say so.",
        ),
        click.option(
            "--every", type=click.FloatRange(min=_LEAST), default=_EVERY, show_default=True,
            metavar="SECONDS", help="How often a status page is read.",
        ),
    ):  # fmt: skip
        added = add(added)
    return added


def add_watch_options(command: Command) -> Command:
    """The options of `serve`: the verb gets `watching`, a function from graphs to a watch."""

    @wraps(command)
    def with_watch(
        pages: tuple[str, ...], webhooks: tuple[str, ...], webhook_secret: Path | None,
        paging: dict[str, Any], **rest: Any,
    ) -> None:  # fmt: skip
        if webhooks and not pages:
            raise click.UsageError("--webhook tells of changes on status pages: --watch URL")

        def build(graphs: "Mapping[str, DependencyGraph]") -> "Watch | None":
            return build_watch(graphs, pages, webhooks, webhook_secret, paging) if pages else None

        command(watching=build, **rest)

    added = add_page_options(with_watch)
    for add in (
        click.option(
            "--webhook-secret-file", "webhook_secret", type=INPUT, metavar="FILE",
            help="What webhooks are signed with; or KNOCKON_WEBHOOK_SECRET.",
        ),
        click.option(
            "--webhook", "webhooks", multiple=True, metavar="URL",
            help="Where each change of what is down is posted to, signed.",
        ),
        click.option(
            "--watch", "pages", multiple=True, metavar="URL|FILE",
            help="A status page: what it reports as down, and what of the graphs that hits.",
        ),
    ):  # fmt: skip
        added = add(added)
    return added


def build_live(
    graphs: "Mapping[str, DependencyGraph]", pages: Sequence[str], paging: Mapping[str, Any],
    others: Sequence[str] = (),
) -> "tuple[Live, Any]":  # fmt: skip
    """The watch over these pages, and what reads them. others: addresses that are posted to.

    Raises InputError where a page is no address or file, or httpx is not installed.
    """
    try:
        from knockon.api.live.fetch import Fetcher
    except ImportError:
        raise InputError("reading status pages needs httpx2: pip install 'knockon[live]'") from None
    from knockon.api.live.live import Live
    from knockon.api.live.pace import Pace
    from knockon.api.live.places import read_place, read_places
    from knockon.loaders.operations.status.table import NO_RULES, check_rules, read_table

    places = read_places(pages)
    rules = NO_RULES if paging["placing"] is None else read_table(paging["placing"])
    check_rules(rules, [*graphs.values()])
    fetcher = Fetcher([*places, *map(read_place, others)], paging["private"])
    return Live(graphs, places, fetcher, pace=Pace(paging["every"]), rules=rules), fetcher


def build_watch(
    graphs: "Mapping[str, DependencyGraph]", pages: Sequence[str], webhooks: Sequence[str],
    secret_file: Path | None, paging: Mapping[str, Any],
) -> "Watch":  # fmt: skip
    """The watch of a server."""
    from knockon.api.live.places import read_places
    from knockon.api.live.service import Watch

    live, fetcher = build_live(graphs, pages, paging, webhooks)
    hooks = []
    if webhooks:
        from knockon.api.live.webhook import Webhook, read_secret

        secret = read_secret(secret_file)
        for place in read_places(webhooks):
            if place.is_file:
                raise InputError(f"--webhook {place.label}: expected an address")
            hooks.append(Webhook(place, secret, fetcher.client))
    return Watch(live, hooks)


def add_watch(cli: click.Group) -> None:
    """The verb `watch`."""

    @cli.command()
    @add_source_options
    @click.argument("pages", nargs=-1, required=True, metavar="STATUS...")
    @add_page_options
    @click.option("--once", is_flag=True, help="Look once; the exit code says what was found.")
    @click.option(
        "--top", type=click.IntRange(min=0), default=10, show_default=True,
        help="Rows of who is hit.",
    )  # fmt: skip
    @click.option(
        "--format", "form", type=click.Choice(["table", "json"]), default="table",
        show_default=True, help="json: a line for each change.",
    )  # fmt: skip
    def watch(
        read: Read, pages: tuple[str, ...], paging: dict[str, Any], once: bool, top: int, form: str
    ) -> None:
        """What status pages report as down now, and what of ours that hits.

        STATUS is the address (https://...) or file of a status page. With --once, the exit code is
        0 where every page was read and nothing is down, 3 where something of the graph is down, 4
        where that is not known: a page was not read, not understood, or reports something as down
        that fits no entity.
        """
        import asyncio

        graph = read(for_lanes=True)
        live, _ = build_live({_NAME: graph}, pages, paging)
        sys.exit(asyncio.run(_watch(live, _Screen(graph, form, top), once)))


async def _watch(live: "Live", screen: "_Screen", once: bool) -> int:
    """Look again and again, or once; the exit code."""
    from knockon.api.live.now import describe_now, list_origins

    shown = False
    while True:
        changes = await live.read_due()
        origins = list_origins(live, _NAME)
        impact, problem = screen.ask(origins)  # nothing else waits for the loop
        now = describe_now(live, _NAME, screen.serialize(impact), problem)
        if changes or not shown or screen.redraws:
            screen.show(now, impact)
        shown = True
        if once:
            await live.close()
            known = now["complete"] and not now["unmatched"]
            return _DOWN if now["down"] else 0 if known else _UNKNOWN
        await live.clock.sleep(live.find_next())


class _Screen:
    """What is shown, and the latest what-if, which is asked again when something else is down."""

    def __init__(self, graph: "DependencyGraph", form: str, top: int) -> None:
        self.graph, self.form, self.top = graph, form, top
        self.redraws = form == "table" and sys.stdout.isatty()
        self._asked: tuple[list[dict[str, Any]], tuple[Impact | None, str]]
        self._asked = [], (None, "")

    def ask(self, origins: list[dict[str, Any]]) -> "tuple[Impact | None, str]":
        """The what-if of all that is down, or why there is none."""
        from knockon.graph.analysis.whatif import whatif

        if not origins:
            return None, ""
        if origins != self._asked[0]:
            try:
                self._asked = origins, (whatif(self.graph, origins), "")
            except KnockonError as fault:
                self._asked = origins, (None, str(fault))
        return self._asked[1]

    def serialize(self, impact: "Impact | None") -> dict[str, Any] | None:
        from knockon.api.schema import serialize_whatif

        return None if impact is None else dict(serialize_whatif(impact, top=self.top))

    def show(self, now: "NowJson", impact: "Impact | None") -> None:
        """A line of JSON, or the picture: on a terminal in the place of the one before."""
        if self.form == "json":
            say(json.dumps(now, ensure_ascii=False, separators=(",", ":")) + "\n")
        else:
            from knockon.api.text.now import print_now

            if self.redraws:
                click.clear()
            print_page(lambda out, what: print_now(out, what, impact, top=self.top), now, None)
            if not self.redraws:
                say("\n")
        sys.stdout.flush()
