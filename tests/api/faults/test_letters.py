"""A server that is killed while events wait for a webhook: none is lost."""

import json
from pathlib import Path

import pytest

from tests.api.faults.servers import serve, wait_for
from tests.api.live.pages import Site, open_site
from tests.api.live.pages import page as status_page
from tests.paths import SAMPLES

pytest.importorskip("alembic", reason="knockon[service] is not installed")
pytestmark = pytest.mark.slow


def list_ids(site: Site) -> list[str]:
    return [head["webhook-id"] for method, _, head, _ in site.asked if method == "POST"]


def test_events_that_wait_outlive_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 while the receiver refuses; after the next start it takes what waited, first, by the
    ids that it saw before, and then how things stand."""
    monkeypatch.setenv("KNOCKON_WEBHOOK_SECRET", "a secret of some length")
    status = tmp_path / "status.json"
    status.write_text(json.dumps(status_page(CrowdStrike="major_outage")))
    with open_site() as site:
        hook = site.put("/in?key=s3cret", b"", status=503)
        words = (SAMPLES / "crowdstrike-2024", "--reload", "0", "--limit", "workers=1",
                 "--store", f"sqlite:///{tmp_path / 'kept.sqlite'}", "--watch", status,
                 "--webhook", hook)  # fmt: skip
        with serve(*words, log=tmp_path / "log") as server:
            wait_for(lambda: len(list_ids(site)) >= 2)
            server.kill()
        (waited,) = set(list_ids(site))
        site.asked.clear()
        site.put("/in?key=s3cret", b"")
        with serve(*words, log=tmp_path / "log2"):
            wait_for(lambda: len(list_ids(site)) >= 2)
        first, second = (json.loads(body) for _, _, _, body in site.asked[:2])
        assert (first["id"], first["type"]) == (waited, "start")
        assert first["now"]["impact"] is not None
        assert second["type"] == "start"
        assert second["id"] != waited
        site.asked.clear()
        with serve(*words, log=tmp_path / "log3"):
            wait_for(lambda: list_ids(site))
        assert waited not in list_ids(site), "what was taken is not sent again"
    assert b"s3cret" not in (tmp_path / "kept.sqlite").read_bytes()
