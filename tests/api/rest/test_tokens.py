"""Tokens that end, and tokens for some graphs only: nothing else is there for who holds one."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from knockon.api.cli.watch import build_watch
from knockon.api.command import main
from knockon.api.rest.app import create_app
from knockon.api.rest.tokens import create_token, name_client, read_expiry, read_tokens
from knockon.api.service.limits import Limits
from knockon.graph.errors import InputError
from tests.api.live.pages import page as status_page
from tests.api.rest.rest_toys import market
from tests.toys import dep, graph_of

NAMES = ("market", "secret", "odd +,#")


class Door:
    """A server with a token for everything (`ops`), and some for some graphs."""

    def __init__(self, folder: Path, **options: Any) -> None:
        made = {
            "ops": create_token("ops", ["read", "compute"]),
            "some": create_token("some", ["read", "compute"], graphs=["market"]),
            "odd": create_token("odd", ["read", "compute"], graphs=["market", "odd +,#"]),
            "reads": create_token("reads", ["read"], graphs=["market"]),
        }
        path = folder / "tokens"
        path.write_text("\n".join(line for _, line in made.values()))
        self.known = {name: token for name, (token, _) in made.items()}
        graphs = {
            name: market() if name == "market" else graph_of(dep("x", "y"), dep("x", "cloud"))
            for name in NAMES
        }
        self.app = create_app(graphs, tokens=read_tokens(path), **options)
        self.client = TestClient(self.app)

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.known[who]}"} | options.pop("headers", {})
        found: httpx2.Response = self.client.request(method, path, headers=headers, **options)
        return found


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """With a store and a watched page."""
    pytest.importorskip("alembic", reason="knockon[service] is not installed")
    from knockon.api.store.store import Store

    folder = tmp_path_factory.mktemp("door")
    made = Door(folder, store=Store.open(f"sqlite:///{folder / 'kept.sqlite'}"))
    with made.client:
        yield made


def test_a_token_for_some_graphs_lists_only_those(door: Door) -> None:
    def names(who: str) -> list[str]:
        return [g["name"] for g in door.ask(who, "GET", "/v1/graphs").json()["graphs"]]

    assert names("ops") == [*NAMES]
    assert names("some") == ["market"]
    assert names("odd") == ["market", "odd +,#"]


@pytest.mark.parametrize("graph", ["secret", "market+secret", "secret+market", "none"])
@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "", {}),
        ("GET", "/entities", {}),
        ("GET", "/entities.csv", {}),
        ("GET", "/entities/x", {}),
        ("GET", "/dependencies", {}),
        ("GET", "/plan?origin=x", {}),
        ("GET", "/whatif?origin=x", {}),
        ("GET", "/whatif.svg?origin=x", {}),
        ("HEAD", "/whatif.csv?origin=x", {}),
        ("GET", "/whatif/timeline.svg?origin=x&hours=4", {}),
        ("POST", "/whatif", {"json": {"origins": ["x"]}}),
        ("GET", "/rank", {}),
        ("POST", "/harden", {"json": {"origins": ["x"]}}),
        ("GET", "/concentration.md", {}),
        ("POST", "/answers", {"json": {"asked": {"origins": ["x"]}}}),
        ("GET", "/answers", {}),
        ("GET", "/versions", {}),
        ("GET", "/page/start", {}),
        ("GET", "/page/entities", {}),
        ("GET", "/page/suggestions?q=x", {}),
        ("GET", "/page/entity?id=x", {}),
        ("GET", "/page/map?origin=x", {}),
        ("GET", "/page/pinned?pin=origin%3Dx", {}),
        ("GET", "/page/saved", {}),
        ("GET", "/page/whatif?origin=x", {}),
        ("GET", "/page/rank.card", {}),
    ],
)
def test_another_graph_is_as_one_that_is_not_there(
    door: Door, graph: str, method: str, path: str, options: dict[str, Any]
) -> None:
    """By every route, alone and joined; what is said names no graph that may not be seen."""
    found = door.ask("some", method, f"/v1/graphs/{graph}{path}", **options)
    assert found.status_code == 404, found.text
    if graph != "none":
        near = found.json()["nearest"] if method != "HEAD" else []
        assert not [one for one in near if one["id"] != "market"]
        assert door.ask("ops", method, f"/v1/graphs/{graph}{path}", **options).status_code != 404
    seen = door.ask("some", method, f"/v1/graphs/market{path.replace('=x', '=cloud')}")
    assert seen.status_code != 404 or path == "/entities/x"


def test_the_other_side_of_a_comparison_is_held_to_the_token(door: Door) -> None:
    at = "/v1/graphs/market/compare"
    for other, status in (("secret", 404), ("market+secret", 404), ("none", 404), ("market", 200)):
        query = {"origin": "cloud", "other": other}
        body = {"origins": ["cloud"], "other": other}
        saved = {"question": "compare", "asked": body}
        assert door.ask("some", "GET", at, params=query).status_code == status
        assert door.ask("some", "POST", f"{at}.csv", json=body).status_code == status
        made = door.ask("some", "POST", "/v1/graphs/market/answers", json=saved)
        assert made.status_code == (201 if status == 200 else 404)


def test_a_job_of_another_graph_is_no_job(door: Door) -> None:
    """By its id, which one may know: its state, its events, its answer, and its end."""
    asks = [("/secret/whatif?origin=y", {}), ("/secret+market/whatif?origin=y", {}),
            ("/market/compare?origin=cloud&other=secret", {})]  # fmt: skip
    for ask, _ in asks:
        at = f"/v1/graphs{ask}&worlds=20000"
        made = door.ask("ops", "GET", at, headers={"prefer": "wait=0"})
        assert made.status_code == 202, made.text
        job = made.json()["href"]
        for path in ("", "/events", "/result"):
            assert door.ask("some", "GET", f"{job}{path}").status_code == 404
        assert door.ask("some", "DELETE", job).status_code == 404
        events = door.ask("ops", "GET", f"{job}/events").text
        assert '"state": "done"' in events
        assert door.ask("ops", "GET", f"{job}/result").status_code == 200
        assert door.ask("some", "GET", f"{job}/result").status_code == 404


def test_saved_answers_of_other_graphs_are_not_there(door: Door) -> None:
    """Those of joined graphs, of a comparison with another, and those that a command saved."""

    def save(graph: str, question: str, **asked: Any) -> dict[str, Any]:
        body = {"question": question, "asked": asked}
        made = door.ask("ops", "POST", f"/v1/graphs/{graph}/answers", json=body)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    mine = save("market", "whatif", origins=["cloud"])
    hidden = [save("secret", "whatif", origins=["y"]),
              save("market+secret", "whatif", origins=["y"]),
              save("market", "compare", origins=["cloud"], other="secret")]  # fmt: skip
    for saved in [mine, *hidden]:
        for path in (saved["href"], saved["result"], saved["picture"], saved["page"],
                     f"/v1/graphs/market/page/saved?saved={saved['id']}"):  # fmt: skip
            status = 200 if saved is mine else 404
            for who in ("some", "reads"):
                assert door.ask(who, "GET", path).status_code == status, path
            assert door.ask("ops", "GET", path).status_code == 200
    listed = door.ask("some", "GET", "/v1/graphs/market/answers").json()["answers"]
    ids = {row["id"] for row in listed}
    assert mine["id"] in ids
    assert not ids & {saved["id"] for saved in hidden}
    assert "door" not in listed[0]
    page = door.ask("some", "GET", "/v1/graphs/market/page/saved").text
    assert mine["id"] in page
    assert hidden[2]["id"] not in page
    store = door.app.state.store
    version = store.list_versions("market")[0]
    by_command = store.save_answer(
        version, door="command", question="whatif", asked='["whatif"]', scenario="{}", title="t",
        media="application/json", body=b"{}", picture=None, seed=None, who="me",
    ).id  # fmt: skip
    assert door.ask("some", "GET", f"/v1/answers/{by_command}").status_code == 404
    assert door.ask("ops", "GET", f"/v1/answers/{by_command}").status_code == 200


def test_what_is_about_all_graphs_names_none(door: Door) -> None:
    """The document, the manual, and the page that everybody may open; figures are refused."""
    for path in ("/v1/openapi.json", "/docs"):
        assert "secret" not in door.ask("some", "GET", path).text
    assert "secret" in door.ask("ops", "GET", "/v1/openapi.json").text
    assert door.ask("some", "GET", "/metrics").status_code == 403
    assert door.ask("ops", "GET", "/metrics").status_code == 200
    assert "secret" not in door.client.get("/").text
    assert "secret" not in door.client.get("/readyz").text


def test_what_is_down_is_shown_of_graphs_that_may_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "status.json"
    page.write_text(json.dumps(status_page(Cloud="major_outage")))
    graphs = {name: market() for name in NAMES}
    paging = {"every": 5.0, "private": (), "placing": None}
    door = Door(tmp_path, watch=build_watch(graphs, [str(page)], (), None, paging))
    with door.client:
        assert door.ask("some", "GET", "/v1/graphs/secret/now").status_code == 404
        assert door.ask("some", "GET", "/v1/graphs/secret/now/history").status_code == 404
        assert door.ask("some", "GET", "/v1/graphs/market/now").status_code == 200
        assert door.ask("some", "GET", "/now").text.count("<section>") == 1
        assert door.ask("ops", "GET", "/now").text.count("<section>") == len(NAMES)


def test_an_expired_token_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """401 as RFC 6750 has it, by every kind of route; the page and /healthz need none."""
    ends = datetime.now(UTC) + timedelta(seconds=3600)
    token, line = create_token("me", ["read", "compute"], ends)
    assert line.endswith(f" expires={ends.isoformat(timespec='seconds')}")
    path = tmp_path / "tokens"
    path.write_text(line)
    known = [*read_tokens(path)]
    client = TestClient(create_app({"market": market()}, tokens=known))
    head = {"authorization": f"Bearer {token}"}
    ask = "/v1/graphs/market/whatif?origin=cloud"
    assert client.get(ask, headers=head).status_code == 200
    monkeypatch.setattr("knockon.api.rest.tokens.datetime", _Later)
    for method, at in (("GET", ask), ("POST", "/v1/graphs/market/whatif"), ("GET", "/v1/graphs"),
                       ("GET", "/v1/jobs/x/events"), ("GET", "/a/x"), ("GET", "/now"),
                       ("GET", "/v1/graphs/market/page/start"), ("GET", "/metrics")):  # fmt: skip
        refused = client.request(method, at, headers=head)
        assert refused.status_code == 401
        assert refused.json()["detail"].startswith("this token expired on ")
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]
        assert "expired" not in client.request(method, at).text
    for at in ("/", "/healthz", "/readyz"):
        assert client.get(at, headers=head).status_code == 200


class _Later(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-06-30", "2027-07-01T00:00:00+00:00"),
        ("2027-06-30T00:00", "2027-06-30T00:00:00+00:00"),
        ("2027-06-30T12:00:00+02:00", "2027-06-30T10:00:00+00:00"),
    ],
)
def test_when_a_token_ends(text: str, meant: str) -> None:
    """A day is good to its end, in UTC."""
    assert read_expiry(text).astimezone(UTC).isoformat() == meant


def test_days_from_now() -> None:
    left = read_expiry("90d") - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)


@pytest.mark.parametrize("text", ["tomorrow", "0d", "2027-13-01", "9999-12-31", "99999999d", ""])
def test_what_is_no_time_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expires: expected a day"):
        read_expiry(text)
    path = tmp_path / "tokens"
    path.write_text(create_token("me", ["read"])[1] + f" expires={text or '?'}")
    with pytest.raises(InputError, match=r"tokens:1: expires: expected a day"):
        read_tokens(path)


def test_the_command_writes_what_the_server_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["token", "team", "--scope", "read", "--expires", "90d", "--graph", "a b,c"])
    assert left.value.code == 0
    path = tmp_path / "tokens"
    path.write_text(capsys.readouterr().out)
    (found,) = read_tokens(path)
    assert (found.name, found.scopes, found.graphs) == ("team", {"read"}, {"a b,c"})
    assert found.expires is not None
    with pytest.raises(SystemExit) as left:
        main(["token", "team", "--expires", "2020-01-01"])
    assert left.value.code == 2
    assert "this is over" in capsys.readouterr().err


def test_look_ups_have_a_rate() -> None:
    """Each client has its own; refused by name, and taken again after a while."""
    limits = Limits.of(lookups=1)
    client = TestClient(create_app({"market": market()}, limits=limits))
    at = "/v1/graphs/market/entities"
    codes = [client.get(at).status_code for _ in range(10)]
    assert codes == [200] * 10
    while (refused := client.get(at)).status_code == 200:
        pass  # a slow machine fills the bucket meanwhile
    assert (refused.status_code, refused.json()["limit"], refused.json()["value"]) == (
        429, "lookups", 1,
    )  # fmt: skip
    assert refused.headers["retry-after"] == "1"
    assert client.get("/").status_code == client.get("/readyz").status_code == 200
    other = TestClient(client.app, client=("192.0.2.1", 1))
    assert other.get(at).status_code == 200
    time.sleep(float(refused.headers["retry-after"]))
    assert client.get(at).status_code == 200


def test_guesses_of_tokens_have_the_rate_of_their_address(tmp_path: Path) -> None:
    door = Door(tmp_path, limits=Limits.of(lookups=1))
    codes = {door.client.get("/v1/graphs", headers={"authorization": f"Bearer {n}"}).status_code
             for n in range(200)}  # fmt: skip
    assert codes == {401, 429}
    assert door.ask("ops", "GET", "/v1/graphs").status_code == 200


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ({"client": ("192.0.2.7", 1)}, "192.0.2.7"),
        ({"client": ("2001:db8:1:2:3:4:5:6", 1)}, "2001:db8:1:2::/64"),
        ({"client": ("::ffff:192.0.2.7", 1)}, "::ffff:192.0.2.7"),
        ({"client": ("fe80::1%eth0", 1)}, "fe80::/64"),
        ({"client": ("testclient", 1)}, "testclient"),
        ({"client": None}, "local"),
        ({"client": ("::1", 1), "knockon.client": "a:b"}, "a:b"),
    ],
)
def test_who_a_client_is(scope: dict[str, Any], name: str) -> None:
    """One who has a whole network of IPv6 is one client."""
    assert name_client(scope) == name
