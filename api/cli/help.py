"""Help in sections, with examples: what a verb takes, in the order in which one thinks of it."""

from collections.abc import Iterable, Mapping

import click

from knockon.graph.scenario.questions import QUESTIONS
from knockon.loaders.formats import OPTIONS

_OWN = "This question"
_WHOLE = 300  # characters of a summary: all, no dots
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    _OWN: (),
    "What fails": (
        "failing", "whole", "all_named", "listed", "now", "mode", "severity", "hours", "rollout",
        "halt",
    ),
    "What is assumed": ("assume", "strengths", "trust_register", "protect", "rules"),
    "The answer": (
        "top", "kind", "columns", "where", "form", "output", "svg", "exceedance", "timeline",
        "detection", "fail_over", "no_worse", "no_worse_than",
    ),
    "How the map is shown": ("group_by", "focus", "depth", "max_nodes", "open", "link"),
    "How it is computed": (
        "worlds", "precision", "seed", "memory", "on", "plan", "out", "on_folder", "resume",
        "verbose", "progress", "_click_default_help",
    ),
    "Sources": (
        "others", *OPTIONS, "entity_files", "join", "aliases", "join_above",
    ),
}  # fmt: skip
"""Sections, and the names of the parameters in each; what no section names is of the verb."""

_VERBS: Mapping[str, tuple[str, ...]] = {
    "What breaks, and why": ("whatif", "map", "why", "cuts"),
    "What matters, and what helps": ("rank", "concentration", "harden", "compare", "strengths"),
    "Inventories": ("load", "aliases", "sources", "plan"),
    "What is down now": ("watch",),
    "Was it right": ("backtest",),
    "Answers that are kept": ("save", "show", "history"),
}

_FEDERAL, _JULY = "knockon {} samples/federal-cloud-2024", "knockon {} samples/crowdstrike-2024"
_BAD = "falcon-cf291 --mode bad_update"
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "whatif": (
        f'{_FEDERAL} "Falcon Platform" --top 10',
        f"{_JULY} {_BAD} --svg out/map.svg",
        f'{_FEDERAL} "AWS GovCloud" --hours 2..72 --worlds 500 --timeline out/down.svg',
    ),
    "plan": (
        f'{_FEDERAL} "AWS GovCloud"',
        f"{_FEDERAL} --worlds 100000 --format json -o out/take.json",
        f"{_JULY} {_BAD} --hours 4",
    ),
    "save": (
        "knockon save whatif samples/federal-cloud-2024 Slack --hours 4",
        "knockon save --title July --store sqlite:///out/kept.sqlite why samples/crowdstrike-2024 "
        f'"Delta Air Lines" --if {_BAD}',
        "knockon save rank samples/federal-cloud-2024 --among enterprise --top 10",
    ),
    "map": (
        f'{_FEDERAL} "AWS GovCloud" -o out/aws.svg',
        f"{_JULY} {_BAD} -o out/july.svg",
        f'{_FEDERAL} Slack "Duo Federal" --focus Slack -o out/two.png',
    ),
    "why": (
        f'{_JULY} "Discover Financial Services" --if {_BAD}',
        f'{_JULY} "Delta Air Lines" --if {_BAD} --svg out/why.svg',
        f'{_FEDERAL} "Department of the Interior" --if Slack --top 3',
    ),
    "cuts": (
        f'{_JULY} "Delta Air Lines" --mode bad_update --order 2',
        f'{_JULY} "Delta Air Lines" --mode bad_update --order all --format json',
        f'{_JULY} "Delta Air Lines" --mode bad_update --order 1 --svg out/cuts.svg',
    ),
    "rank": (
        f"{_FEDERAL} --among enterprise --top 10",
        f"{_FEDERAL} --kind security_vendor --among enterprise --by parent --top 5",
        f"{_JULY} --mode bad_update --format markdown --top 5",
    ),
    "concentration": (
        f"{_FEDERAL} --by parent --top 10",
        f"{_FEDERAL} --relation any --svg out/few.svg",
        "knockon {} samples/supervisor-five-banks/alder --with samples/supervisor-five-banks/birch",
    ),
    "harden": (
        f'{_FEDERAL} "Falcon Platform" --mode bad_update --budget 2 --changeable second_provider',
        f"{_JULY} {_BAD} --budget 2 --changeable safe --format json -o out/plan.json",
        f"{_JULY} {_BAD} --budget 3 --svg out/saves.svg",
    ),
    "compare": (
        f'{_JULY} {_BAD} --protect "Delta Air Lines" --svg out/after.svg',
        f"{_JULY} {_BAD} --without falcon-sensor-windows --top 10",
        f'{_FEDERAL} "AWS GovCloud" --hours 4 --worlds 500 --after hours=8 --top 10',
    ),
    "strengths": (
        f'{_FEDERAL} "Falcon Platform" --strengths incidents',
        f'{_FEDERAL} "Falcon Platform" --format csv -o out/ask.csv',
        f"{_JULY} {_BAD}",
    ),
    "load": (
        _FEDERAL,
        f"{_FEDERAL} -o out/federal.yaml",
        "knockon {} samples/split-vendor/saas --with samples/split-vendor/register.csv",
    ),
    "aliases": (
        "knockon {} samples/split-vendor/saas --with samples/split-vendor/register.csv",
        "knockon {} samples/split-vendor/saas --with samples/split-vendor/register.csv "
        "-o out/aliases.csv",
        f"{_FEDERAL} --least 0.95",
    ),
    "backtest": (
        "knockon {} samples/incidents",
        "knockon {} samples/incidents --report out/backtest.html",
        "knockon {} samples/incidents --format csv -o out/backtest.csv",
    ),
    "sources": ("knockon {}", "knockon {} --format json", "knockon {} --format markdown"),
}
"""Three commands a verb, `{}` for its name; tests run each."""


def list_examples(verb: str) -> list[str]:
    """The examples of a verb, as one types them in a checkout."""
    return [text.replace("{}", verb) for text in EXAMPLES.get(verb, ())]


class Verb(click.Command):
    """A command whose options stand in sections, with examples below them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {f.name for q in QUESTIONS if q.name == self.name for f in q.fields}
        for title, lines in _sort(self.get_params(ctx), own).items():
            described = [d for d in (p.get_help_record(ctx) for p in lines) if d is not None]
            if described:
                with formatter.section(title):
                    formatter.write_dl(described)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if examples := list_examples(self.name or ""):
            with formatter.section("Examples"):
                for example in examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")


class Verbs(click.Group):
    """The group of all verbs, in sections by what one wants to know."""

    command_class = Verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        named = {name for names in _VERBS.values() for name in names}
        rest = tuple(name for name in self.list_commands(ctx) if name not in named)
        for title, names in {**_VERBS, "Doors": rest}.items():
            with formatter.section(title):
                formatter.write_dl([
                    (name, self.commands[name].get_short_help_str(_WHOLE))
                    for name in names if name in self.commands
                ])  # fmt: skip


def _sort(params: Iterable[click.Parameter], own: set[str]) -> dict[str, list[click.Parameter]]:
    """The parameters by section, in the order of the sections."""
    places = {name: title for title, names in _SECTIONS.items() for name in names}
    sorted_: dict[str, list[click.Parameter]] = {title: [] for title in _SECTIONS}
    for param in (p for p in params if isinstance(p, click.Option)):
        name = param.name or ""
        sorted_[_OWN if name in own else places.get(name, _OWN)].append(param)
    return sorted_
