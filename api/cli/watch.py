"""Status pages on the command line: the options of `serve`, and what builds a watch of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from knockon.api.cli.files import INPUT
from knockon.graph.errors import InputError

if TYPE_CHECKING:
    from knockon.api.live.live import Live
    from knockon.api.live.service import Watch
    from knockon.graph.model.graph import DependencyGraph

Command: TypeAlias = Callable[..., None]
_EVERY, _LEAST = 60.0, 5.0  # seconds, as `live.pace` has them


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
            "--webhook-secret", type=INPUT, metavar="FILE",
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
    from knockon.loaders.operations.status.place import NO_RULES, check_rules, read_table

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
