"""What a question will take, in a few lines."""

from collections.abc import Callable

from knockon.graph.analysis.forecast import LOCAL, NOWHERE, Forecast, Range
from knockon.graph.engine.cluster.choose import BLOCKS
from knockon.graph.engine.memory import says
from knockon.graph.words import duration

_PARTS = {"start": "start", "load": "load and check", "prepare": "lay out", "worlds": "worlds",
          "finish": "routes, ranks"}  # fmt: skip
_LEAST = 0.01  # seconds: less is told by no constant, and asked by nobody


def describe_forecast(found: Forecast) -> str:
    """A line each: size, reach, worlds, memory, time and its parts, plan; and notes."""
    size, reach = found.size, found.reach
    about = "" if size.counted else "about "
    lines = [("graph", f"{size.dependencies:,} dependencies, {about}{size.entities:,} entities")]
    if reach is not None:
        lines.append(("reach", f"{reach.arcs:,} dependencies, {reach.nodes:,} entities"))
    lines.append(("worlds", _describe_worlds(found)))
    lines.append(("memory", f"{_between(found.memory, says)}, may take {says(found.allowed)}"))
    lines.append(("processor", f"{_between(found.seconds['all'], _say)}, of which"))
    lines += [(f"  {words}", _between(found.seconds[name], _say)) for name, words in _PARTS.items()]
    lines.append(("clock", _between(found.clock, _say)))
    lines.append(("plan", f"{_name_plan(found)}: {found.why}"))
    lines.append(
        ("", f"within a factor of {found.factor:.2g} of what was measured; this machine takes "
         f"{found.speed:.2g} times as long as the one that measured")
    )  # fmt: skip
    lines += [("", note) for note in found.notes]
    return "\n".join(f"{name:<18}{words}".rstrip() for name, words in lines)


def _describe_worlds(found: Forecast) -> str:
    if not found.worlds:
        return "every case is looked at"
    runs = f"{found.runs.low:.0f}" if found.runs.low == found.runs.high else "1 to 3"
    return f"{found.worlds:,} random, in {-(-found.worlds // 512):,} blocks; runs: {runs}"


def _name_plan(found: Forecast) -> str:
    if found.plan in (LOCAL, NOWHERE):
        return found.plan
    what = "parts" if found.plan == BLOCKS else "tasks a run"
    shipped = f", {says(found.shipped)} to be shipped" if found.shipped else ""
    return f"{found.plan}, {found.partitions:,} {what}{shipped}"


def _between(found: Range, say: Callable[[float], str]) -> str:
    low, high = (say(end) for end in found)
    return low if low == high else f"{low} to {high}"


def _say(seconds: float) -> str:
    if seconds < _LEAST:
        return f"under {_LEAST:g} s"
    return f"{seconds:.2g} s" if seconds < 60 else duration(seconds / 3600)
