"""Graphs joined in one question: the same as their sources read together."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import knockon as ko
from knockon.api.rest.app import create_app
from knockon.api.service.limits import LimitError, Limits
from knockon.api.service.refusals import UnknownGraphError
from knockon.api.service.served import Served
from tests.api.rest.rest_toys import market
from tests.paths import SAMPLES
from tests.toys import dep, graph_of

MORE = """entities:
- {id: shop, name: Shop of ours, kind: enterprise, weight: 7}
- {id: till, name: Till, kind: service, same_as: pay}
- {id: pay, name: Pay, kind: service}
dependencies:
- {dependent: till, provider: shop, probability: 0.5}
- {dependent: shop, provider: bank, probability: 1}
- {dependent: pay, provider: bank, probability: 1, loss: 0.5}
"""


def write_sources(folder: Path) -> list[Path]:
    """Two sources with an entity in common, which the second one describes better."""
    first, second = folder / "a.csv", folder / "b.yaml"
    first.write_text("dependent,provider,probability\nbank,cloud,1\nshop,cloud,0.25\npay,cloud,1\n")
    second.write_text(MORE)
    return [first, second]


@pytest.mark.parametrize("join", [None, True, False])
def test_joined_graphs_are_their_sources_read_together(tmp_path: Path, join: bool | None) -> None:
    """Tables, title and answers; entities that are one under several ids, too."""
    sources = write_sources(tmp_path)
    together = ko.load(*sources, join=join)
    apart = {path.stem: ko.load(path, join=join) for path in sources}
    joined = Served(apart, joining={"join": join}).find_graph("a+b")
    for side in ("entities", "dependencies"):
        was, now = (
            getattr(graph, side).select(pl for pl in getattr(graph, side).columns if pl[0] != "_")
            for graph in (together, joined)
        )
        assert now.select(was.columns).equals(was)
    assert joined.title == together.title
    answers = [ko.whatif(graph, "cloud", hours=4, seed=3).entities for graph in (together, joined)]
    assert answers[0].equals(answers[1])


def test_two_samples_joined_answer_as_the_command_line_does() -> None:
    """The federal market and the customers of an incident, over REST."""
    names = ("federal-cloud-2024", "crowdstrike-2024")
    together = ko.load(*(SAMPLES / name for name in names))
    client = TestClient(create_app({name: ko.load(SAMPLES / name) for name in names}))
    at = f"/v1/graphs/{'+'.join(names)}"
    assert client.get(at).json()["entities"] == together.size
    found = client.get(f"{at}/whatif", params={"origin": "Falcon Platform", "top": "5"}).json()
    told = ko.whatif(together, "Falcon Platform")
    assert found["graph"]["dependencies"] == len(together.dependent)
    assert found["totals"]["hit"] == pytest.approx(told.totals.hit, rel=1e-12)
    assert [e["id"] for e in found["entities"]][:5] == told.entities["id"].head(5).to_list()


def test_a_name_may_hold_the_sign() -> None:
    """The longest name that is known counts; order matters, for the first source's word stands."""
    graphs = {name: graph_of(dep("x", name)) for name in ("a", "a+b", "c", "b")}
    served = Served(graphs)
    assert served.find_parts("a+b") == ("a+b",)
    assert served.find_parts("a+b+c") == ("a+b", "c")
    assert served.find_parts("c+a+b") == ("c", "a+b")
    assert served.find_graph("c+a") is served.find_graph("c+a")


@pytest.mark.parametrize(
    ("name", "error"),
    [("a+", UnknownGraphError), ("+", UnknownGraphError), ("a+d", UnknownGraphError),
     ("a+b+c", LimitError), ("+".join("a" * 100_000), UnknownGraphError)],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused(name: str, error: type[Exception]) -> None:
    """Unknown parts with the nearest, more than allowed."""
    served = Served({n: graph_of(dep("x", n)) for n in "abc"}, Limits.of(joined=2))
    with pytest.raises(error):
        served.find_parts(name)
    with pytest.raises(LimitError, match="joined"):
        Served(served.graphs, Limits.of(joined_rows=5)).find_parts("a+b")


def test_joined_graphs_over_rest() -> None:
    """Every route takes them; a picture, a comparison, a page of entities."""
    client = TestClient(create_app({"m": market(), "n": graph_of(dep("till", "shop"))}))
    at = "/v1/graphs/m+n"
    ids = {e["id"] for e in client.get(f"{at}/entities").json()["entities"]}
    assert {"till", "vendor"} <= ids
    assert client.get(f"{at}/whatif.svg?origin=vendor").status_code == 200
    compared = client.get("/v1/graphs/m/compare?other=m%2Bn&origin=cloud").json()
    assert "till" in {row["id"] for row in compared["rows"]}
    plain, twice = (client.get(f"/v1/graphs/{n}/whatif?origin=vendor") for n in ("m", "m+m"))
    assert plain.content == twice.content
    document = client.get("/v1/openapi.json").json()
    (name,) = (
        p for p in document["paths"]["/v1/graphs/{graph}/rank"]["get"]["parameters"]
        if p["name"] == "graph"
    )  # fmt: skip
    assert name["schema"]["examples"] == ["m", "n"]
