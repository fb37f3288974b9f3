"""Answers in a store: `save` asks and keeps, `show` shows the same bytes, `history` lists."""

import getpass
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.options import KEPT
from knockon.api.cli.stdout import write_stdout
from knockon.graph.errors import InputError, clip, did_you_mean
from knockon.graph.scenario.questions import QUESTIONS
from knockon.graph.scratch import Scratch

if TYPE_CHECKING:
    from knockon.api.store.store import Saved, Store

_VERBS = "whatif", *(question.name for question in QUESTIONS)
_PICTURED = "whatif", *(question.name for question in QUESTIONS if question.picture)
_STORE = "sqlite:///knockon.sqlite"

add_store = click.option(
    "--store", default=_STORE, show_default=True, metavar="URL",
    help="Where answers are kept: sqlite:///FILE or postgresql://USER@HOST/NAME.",
)  # fmt: skip


def add_kept(cli: click.Group) -> None:
    """The commands of a store."""

    @cli.command(context_settings={"ignore_unknown_options": True})
    @add_store
    @click.option("--title", metavar="TEXT", help="What it is called; else its headline.")
    @click.argument("verb", metavar="VERB")
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="SOURCE ...")
    @click.pass_context
    def save(
        context: click.Context, store: str, title: str | None, verb: str,
        arguments: tuple[str, ...],
    ) -> None:  # fmt: skip
        """Ask, and keep the answer: its id is written.

        VERB and what follows are those of a question: knockon save whatif SOURCE ENTITY --hours 4
        """
        if verb not in _VERBS:
            hint = did_you_mean(verb, _VERBS)
            raise click.UsageError(f"expected a verb that can be saved, got {clip(verb)!r}{hint}")
        saved = _save(open_store(store), cli, context, verb, arguments, title)
        click.echo(saved.id)
        graph = f"{clip(saved.graph.name)} version {saved.graph.version}"
        click.echo(f"saved: {saved.title} ({graph})", err=True)

    @cli.command()
    @add_store
    @click.option("--about", is_flag=True, help="Who asked what when, as JSON, not the answer.")
    @click.option(
        "--again", is_flag=True,
        help="Ask again and say what is no longer the same; exit with 3 if anything is not.",
    )  # fmt: skip
    @click.option("--picture", is_flag=True, help="Its picture, as SVG.")
    @click.argument("identifier", metavar="ID")
    @click.pass_context
    def show(
        context: click.Context, store: str, about: bool, again: bool, picture: bool, identifier: str
    ) -> None:
        """A saved answer: the same bytes as then."""
        saved = open_store(store).find_answer(identifier)
        if saved is None:
            raise InputError(f"no answer has the id {clip(identifier)!r} in this store")
        if picture and saved.picture is None:
            raise InputError("this answer was saved without a picture")
        if about:
            write_stdout(json.dumps(describe_saved(saved), indent=2, ensure_ascii=False) + "\n")
        elif again:
            _show_again(cli, context, open_store(store), saved)
        else:
            write_stdout(saved.picture if picture and saved.picture else saved.body)

    @cli.command()
    @add_store
    @click.argument("graph", metavar="GRAPH")
    def history(store: str, graph: str) -> None:
        """The versions of a graph in a store, and the answers about it, the latest first."""
        kept = open_store(store)
        versions = kept.list_versions(graph)
        if not versions:
            hint = did_you_mean(graph, kept.list_names())
            raise InputError(f"no graph is called {clip(graph)!r} in this store{hint}")
        for of in versions:
            click.echo(
                f"version {of.version}  {of.created}  {of.who}  knockon {of.program}  "
                f"{of.entities:,} entities, {of.dependencies:,} dependencies, "
                f"{len(of.report):,} findings on loading, {of.answers:,} answers  {of.digest[:12]}"
            )
        for _, row in kept.list_answers(graph, 100):
            click.echo(
                f"{row['id']}  {row['created']}  {row['who']}  {row['question']} of version "
                f"{row['version']}: {clip(row['title'], 200)}"
            )


def open_store(address: str, seconds: float = 20.0) -> "Store":
    """The store, which may take so long to answer. Raises InputError where what it needs is not
    installed."""
    try:
        from knockon.api.store.store import Store
    except ImportError as fault:
        raise InputError(f"a store needs {fault.name}: pip install 'knockon[service]'") from None
    return Store.open(address, seconds=seconds)


def describe_saved(saved: "Saved") -> dict[str, Any]:
    """What an answer came from, for people and machines."""
    of = saved.graph
    return {
        "id": saved.id, "title": saved.title, "question": saved.question, "media": saved.media,
        "asked": json.loads(saved.asked), "scenario": json.loads(saved.scenario),
        "seed": saved.seed, "who": saved.who, "created": saved.created, "program": saved.program,
        "sha256": saved.digest,
        "graph": {"name": of.name, "version": of.version, "digest": of.digest,
                  "sources": dict(of.sources), "report": list(of.report)},
    }  # fmt: skip


def _save(
    store: "Store", cli: click.Group, context: click.Context, verb: str,
    arguments: Sequence[str], title: str | None,
) -> "Saved":  # fmt: skip
    drawn = verb in _PICTURED and "--svg" not in arguments
    with Scratch("save") as folder:
        picture = Path(folder, "answer.svg")
        more = ("--svg", str(picture)) if drawn else ()
        body = _ask(cli, context, verb, arguments, folder, more)
        svg = picture.read_bytes() if picture.is_file() else None
    sources, graph = context.find_root().meta[KEPT][0]
    place = Path(sources[0]).resolve()
    name = place.stem if place.is_file() else place.name
    who, answer = find_user(), json.loads(body)
    version = store.save_graph(name, graph, sources, who)
    scenario = answer.get("scenario") or {}
    return store.save_answer(
        version, door="command", question=verb, asked=json.dumps([verb, *arguments]),
        scenario=json.dumps(scenario, ensure_ascii=False),
        title=title or str(answer.get("headline") or verb), media="application/json", body=body,
        picture=svg, seed=scenario.get("seed"), who=who,
    )  # fmt: skip


def _ask(
    cli: click.Group, context: click.Context, verb: str, arguments: Sequence[str], folder: Path,
    more: Sequence[str] = (),
) -> bytes:  # fmt: skip
    """The answer of a command as JSON; its graph is then in the context."""
    output = Path(folder, "answer.json")
    given = [*arguments, "--format", "json", "-o", str(output), *more]
    with cli.commands[verb].make_context(verb, given, parent=context) as inner:
        inner.find_root().meta[KEPT] = []
        cli.commands[verb].invoke(inner)
    return output.read_bytes()


def _show_again(cli: click.Group, context: click.Context, store: "Store", saved: "Saved") -> None:
    from knockon.api.store.again import compare_again

    said = compare_again(saved, _ask_again(cli, context, store, saved))
    if not said:
        click.echo(f"the same {len(saved.body):,} bytes, sha256 {saved.digest}")
        return
    click.echo("not the same any more:")
    for line in said:
        click.echo(f"  {line}")
    sys.exit(3)


def _ask_again(
    cli: click.Group, context: click.Context, store: "Store", saved: "Saved"
) -> Callable[[], bytes]:
    """What gives the answer of today: of the sources, or of the graph that is kept."""

    def by_command() -> bytes:
        verb, *arguments = json.loads(saved.asked)
        with Scratch("again") as folder:
            return _ask(cli, context, verb, arguments, folder)

    def by_work() -> bytes:
        from knockon.api.service.limits import Limits
        from knockon.api.service.served import Served
        from knockon.api.service.work import Reply, Work, compute
        from knockon.api.store.pack import unpack_graph

        packed = store.read_packed(saved.graph)
        if packed is None:
            raise InputError("its graph was too large to be kept")
        graph = unpack_graph(packed, json.dumps(list(saved.graph.report)))
        work = Work(**json.loads(saved.asked))
        outcome = compute(Served({saved.graph.name: graph}), work, Limits.of())
        if not isinstance(outcome, Reply):
            raise InputError(outcome.detail)
        return outcome.body

    return by_command if saved.door == "command" else by_work


def find_user() -> str:
    """Who works here."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"
