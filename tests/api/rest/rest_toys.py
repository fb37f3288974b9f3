"""Toy graphs for the REST door: a small market, and one whose names are hostile."""

import polars as pl

from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Finding, Tables

HOSTILE = {
    "a/b/../c?d#e": "slashes/and?marks#here",
    "say \"hi\" & 'bye'": '<script>alert("x")</script>',
    "two\nlines": '=HYPERLINK("http://evil")',
    "right‮to-left": "مرحبا بالعالم",
    "long": "x" * 500,
    "日本:東京": "東京",
    "100%25 %2F": "%2F",
    "..": "dots",
}


def market() -> DependencyGraph:
    """Vendor <- Cloud <- (Shop, Bank), Twin and Twin; Bank needs 1 of {Cloud, Spare}."""
    entities = pl.DataFrame(
        {
            "id": ["vendor", "cloud", "spare", "shop", "bank", "twin:1", "twin:2", "island"],
            "name": ["Vendor", "Cloud", "Spare", "Shop", "Bank", "Twin", "twin", "Island"],
            "kind": ["security_vendor", "cloud_provider", "cloud_provider", *["enterprise"] * 5],
            "sector": [None, None, None, "retail", "finance", None, None, None],
            "tier": ["1", None, None, None, None, None, None, None],
        }
    )
    rows = [
        ("cloud", "vendor", "uses", 1.0, None, "a list"),
        ("shop", "cloud", "hosted_on", 0.5, None, "a survey"),
        ("bank", "cloud", "hosted_on", 1.0, "clouds", None),
        ("bank", "spare", "hosted_on", 1.0, "clouds", None),
        ("twin:1", "cloud", "uses", None, None, None),
        ("twin:2", "cloud", "uses", None, None, None),
    ]
    names = ["dependent", "provider", "relation", "probability", "group", "source"]
    dependencies = pl.DataFrame(rows, schema=names, orient="row")
    report = (Finding("dropped", 2, "a row without an id", ("market.csv:7",)),)
    head = {"title": "A market", "weight_unit": "euros", "sources": {"survey": "https://x.test"}}
    return DependencyGraph.from_tables(Tables(entities, dependencies, report=report, **head))


def hostile() -> DependencyGraph:
    """Everybody with a hostile name depends on `hub`."""
    entities = pl.DataFrame({"id": ["hub", *HOSTILE], "name": ["Hub", *HOSTILE.values()]})
    dependencies = pl.DataFrame({"dependent": [*HOSTILE], "provider": ["hub"] * len(HOSTILE)})
    return DependencyGraph.from_polars(dependencies, entities)
