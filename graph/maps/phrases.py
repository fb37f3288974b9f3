"""What pictures alone say: who carries the blast, and the small print."""

from collections.abc import Sequence

from knockon.graph.analysis.impact import Impact
from knockon.graph.words import join, many


def name_carriers(impact: Impact, strongest: Sequence[tuple[str, int]]) -> str:
    """`Most runs through Slack (201 of 375) and Duo Federal (57)`, or nothing in a small answer.

    strongest: (name, entities within reach on routes through it), in falling order
    """
    reached = impact.forest.height - len(impact.scenario.origins)
    most = [pair for pair in strongest if pair[1] >= max(0.1 * reached, 2)][:3]
    if not most or reached < 8:
        return ""
    names = [name for name, _ in most]
    said = [f"{name} ({behind:,})" for name, (_, behind) in zip(names, most, strict=True)]
    said[0] = f"{names[0]} ({most[0][1]:,} of the {reached:,} within reach)"
    return f"Carried on most by {join(said)}."


def describe_source(impact: Impact) -> str:
    """Which graph answered, and how: the small print of a picture."""
    graph, scenario = impact.graph, impact.scenario
    how = "exact" if impact.exact else f"{impact.worlds:,} random worlds, seed {scenario.seed}"
    return (
        f"{graph.title}: {many(graph.entities, 'entity')}, "
        f"{many(graph.dependencies, 'dependency')}. Mode {scenario.mode}; {how}. knockon"
    )


def describe_band(middle: str, *, named: bool = False, brief: bool = False) -> str:
    """What the band around a line spans; middle: what the line rests on; named: with low, high."""
    low, high = (" (low)", " (high)") if named else ("", "")
    if not middle or middle.startswith("if unknown"):
        return f"from unknown counts 0{low} to {'' if brief else 'unknown counts '}1{high}"
    also = ", unknown at 0 and 1" if "unknown" in middle else ""
    return f"from the low to the high end of the tables{also}"
