"""Answers that are kept: saved over REST, shown again with the same bytes, linked to."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from knockon.api.command import main
from knockon.api.rest.app import create_app
from knockon.client import Client
from knockon.client.calls import Verb
from knockon.graph.scenario.questions import find_question
from tests.api.rest.rest_toys import hostile, market

pytest.importorskip("alembic", reason="knockon[service] is not installed")
from knockon.api.store.store import Store

G = "/v1/graphs/market"


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kept.sqlite'}"


@pytest.fixture
def client(address: str) -> Iterator[TestClient]:
    graphs = {"market": market(), "hostile": hostile()}
    with TestClient(create_app(graphs, store=Store.open(address))) as made:
        yield made


def test_a_saved_answer_is_shown_with_the_same_bytes_after_a_restart(
    client: TestClient, address: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """By another server on the same store, and by the command line, which asks it again, too."""
    asked = {"origins": ["cloud"], "seed": 7, "top": 3}
    made = client.post(f"{G}/answers", json={"asked": asked, "title": "The cloud"})
    assert made.status_code == 201, made.text
    saved = made.json()
    assert made.headers["location"] == saved["href"]
    assert (saved["title"], saved["seed"], saved["who"]) == ("The cloud", 7, "testclient")
    plain = client.post(f"{G}/whatif", json=asked).content
    other = TestClient(create_app({"market": market()}, store=Store.open(address)))
    assert other.get(saved["result"]).content == plain
    drawn = client.post(f"{G}/whatif.svg", json={"origins": ["cloud"], "seed": 7}).content
    assert other.get(saved["picture"]).content == drawn
    assert other.get(saved["href"]).json() == saved
    assert main_out(["show", "--store", address, saved["id"]]) == 0
    assert capsysbinary.readouterr().out == plain
    assert main_out(["show", "--store", address, saved["id"], "--again"]) == 0
    assert b"the same" in capsysbinary.readouterr().out


def main_out(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.mark.parametrize(
    ("question", "asked"),
    [("rank", {"top": 2}), ("why", {"target": "shop", "origins": ["cloud"]}),
     ("cuts", {"target": "shop", "order": 2})],
)  # fmt: skip
def test_every_verb_can_be_saved(
    client: TestClient, question: Verb, asked: dict[str, object]
) -> None:
    """With its picture where it has one."""
    ours = Client(http=client)
    saved = ours.save("market", question, asked)
    plain = client.post(f"{G}/{question}", json=asked).content
    assert ours.answer_bytes(saved["id"]) == plain
    assert ours.answer(saved["id"]) == saved
    assert (saved["picture"] is not None) == find_question(question).picture


def test_answers_are_listed_and_versions_too(client: TestClient) -> None:
    """In pages, the latest first."""
    ours = Client(http=client)
    ids = [ours.save("market", "whatif", {"origins": ["cloud"], "seed": n})["id"] for n in range(3)]
    assert [answer["id"] for answer in ours.answers("market", limit=2)] == ids[::-1]
    page = client.get(f"{G}/answers?limit=2").json()
    rest = client.get(f"{G}/answers?limit=2&cursor={page['next_cursor']}").json()
    assert [a["id"] for a in page["answers"] + rest["answers"]] == ids[::-1]
    assert rest["next_cursor"] is None
    (version,) = ours.versions("market")
    assert (version["version"], version["answers"]) == (1, 3)
    assert version["report"][0]["reason"] == "a row without an id"


def test_the_page_of_an_answer_is_no_way_in(client: TestClient) -> None:
    """Hostile names and titles are text; no script may run."""
    body = {"asked": {"origins": ["hub"]}, "title": "<script>alert(1)</script>"}
    saved = client.post("/v1/graphs/hostile/answers", json=body).json()
    page = client.get(saved["page"])
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert f'src="{saved["picture"]}"' in page.text


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"asked": {"origins": ["clod"]}}, 404, "nearest"),
        ({"asked": {}}, 422, "origins: expected, but missing"),
        ({"asked": {"origins": ["cloud"], "sed": 1}}, 422, "did you mean 'seed'"),
        ({"question": "rnk", "asked": {}}, 422, "did you mean 'rank'"),
        ({"asked": [1]}, 422, ""),
    ],
)
def test_what_cannot_be_asked_is_not_saved(
    client: TestClient, body: dict[str, object], status: int, said: str
) -> None:
    found = client.post(f"{G}/answers", json=body)
    assert found.status_code == status
    assert said in found.text
    assert client.get(f"{G}/answers").json()["answers"] == []


def test_what_is_not_there_is_404(client: TestClient) -> None:
    for address in ("/v1/answers/x", "/v1/answers/x/result", "/v1/answers/x/picture.svg", "/a/x",
                    "/v1/graphs/none/answers", "/v1/graphs/none/versions"):  # fmt: skip
        assert client.get(address).status_code == 404


def test_a_server_without_a_store_says_so() -> None:
    client = TestClient(create_app({"market": market()}))
    for found in (
        client.post(f"{G}/answers", json={"asked": {"origins": ["cloud"]}}),
        client.get(f"{G}/answers"), client.get("/v1/answers/x"), client.get("/a/x"),
    ):  # fmt: skip
        assert (found.status_code, "--store URL" in found.json()["detail"]) == (404, True)


def test_a_store_that_is_gone_is_503(client: TestClient, address: str, tmp_path: Path) -> None:
    """The figures still come."""
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / "kept.sqlite").mkdir()
    client.app.state.store.close()  # type: ignore[attr-defined]
    found = client.get(f"{G}/answers")
    assert (found.status_code, found.json()["title"]) == (503, "The store does not answer")
    assert client.get(f"{G}/whatif?origin=cloud").status_code == 200


def test_saved_by_the_command_line(address: str, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    """`save`, `show`, `history`; asked again it says exactly what changed."""
    source = tmp_path / "ours.csv"
    source.write_text("dependent,provider,probability\nshop,cloud,0.5\nbank,cloud,1\n")
    store = ["--store", address]
    main_out(["save", *store, "whatif", str(source), "cloud", "--seed", "3", "--top", "2"])
    identifier = capsys.readouterr().out.strip()
    main_out(["whatif", str(source), "cloud", "--seed", "3", "--top", "2", "--format", "json"])
    plain = capsys.readouterr().out
    main_out(["show", *store, identifier])
    assert capsys.readouterr().out == plain
    assert main_out(["show", *store, identifier, "--again"]) == 0
    about = capsys.readouterr().out
    assert "the same" in about
    source.write_text("dependent,provider,probability\nshop,cloud,0.5\nbank,cloud,0.5\n")
    assert main_out(["show", *store, identifier, "--again"]) == 3
    said = capsys.readouterr().out
    assert f"source {source}: its bytes changed" in said
    assert "totals.hit: 1.5 then, 1.0 now" in said
    source.unlink()
    assert main_out(["show", *store, identifier, "--again"]) == 3
    assert "it is gone" in capsys.readouterr().out
    main_out(["show", *store, identifier, "--about"])
    assert json.loads(capsys.readouterr().out)["asked"][0] == "whatif"
    main_out(["history", *store, "ours"])
    listed = capsys.readouterr().out
    assert listed.startswith("version 1 ")
    assert identifier in listed
    assert main_out(["show", *store, "none"]) == 2
    assert main_out(["save", *store, "serve", "x"]) == 2
    assert main_out(["history", *store, "our"]) == 2
