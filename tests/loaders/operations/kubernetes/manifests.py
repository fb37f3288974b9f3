"""Short manifests, and what reading them gives."""

from pathlib import Path

import polars as pl

from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables

Edge = tuple[str, str, str]


def deployment(name: str, labels: str = "", container: str = "", more: str = "") -> str:
    """A Deployment of one container, in flow style; `more` goes into its metadata."""
    labels = labels or f"app: {name}"
    return (
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}{more}}}\n"
        f"spec: {{template: {{metadata: {{labels: {{{labels}}}}}, "
        f"spec: {{containers: [{{name: c{container}}}]}}}}}}\n"
    )


def service(name: str, selector: str = "", more: str = "") -> str:
    selector = selector or f"app: {name}"
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}{more}}}\n"
        f"spec: {{selector: {{{selector}}}}}\n"
    )


def load(folder: Path, text: str, **options: object) -> Tables:
    path = folder / "all.yaml"
    path.write_text(text)
    return load_tables([path], **options)


def edges(tables: Tables) -> set[Edge]:
    """Dependent, relation, provider; `default/` left out."""
    rows = tables.dependencies.select("dependent", "relation", "provider").iter_rows()
    return {(short(d), r, short(p)) for d, r, p in rows}


def uses(tables: Tables) -> set[tuple[str, str]]:
    return {(d, p) for d, r, p in edges(tables) if r == "uses"}


def short(identifier: str) -> str:
    return identifier.removeprefix("default/")


def evidence(tables: Tables, dependent: str, provider: str) -> str:
    """What a dependency rests on; the text fails the test where there is no such dependency."""
    found = tables.dependencies.filter(
        (pl.col("dependent") == dependent) & (pl.col("provider") == provider)
    )
    assert found.height == 1, f"{found.height} of {dependent} on {provider}"
    return str(found["evidence"][0])


def hit(tables: Tables, *origins: str, mode: str = "outage") -> dict[str, tuple[float, float]]:
    """By id what is within reach, `default/` left out: lowest and highest probability."""
    graph = DependencyGraph.from_tables(tables, checked=True)
    rows = whatif(graph, list(origins), mode=mode).entities.filter(
        (pl.col("rank") > 0) & (pl.col("probability_high") > 0)
    )
    return {
        short(i): (low, high)
        for i, low, high in rows.select("id", "probability_low", "probability_high").iter_rows()
    }


def reasons(tables: Tables) -> dict[str, int]:
    return {f.reason: f.count for f in tables.report if f.action != "read"}
