"""`knockon backtest`: table, JSON and page; names are text everywhere, scripts nowhere."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from knockon.api.cli import verbs as cli

HOSTILE = '<script>alert(1)</script> "quoted" & \\u202e'
INCIDENT = """\
title: "Fire HOSTILE"
date: 2021-03-10
hindsight: HOSTILE
scenario: {origins: [root], hours: 4, assume: 0.75}
assumed: ["It burned HOSTILE", Shared]
paired:
- {name: "p HOSTILE", root: root, worse: bank, better: shop, measure: hit, why: "HOSTILE", source: s}
sources: {s: a paper}
entities:
- {id: root, name: "Root HOSTILE"}
- {id: bank, name: "Bank HOSTILE", reported: hit, attribution: stated, reported_impact: 3, reported_recovery_hours: 5}
- {id: shop, name: "Shop HOSTILE", reported: spared, attribution: press, spared_because: "HOSTILE"}
- {id: kiosk, name: "Kiosk", reported: hit, attribution: tracker, miss_note: "HOSTILE"}
dependencies:
- {dependent: bank, provider: root, probability: 1}
"""  # noqa: E501


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return int(stop.value.code or 0)


@pytest.fixture
def pack(tmp_path: Path) -> str:
    folder = tmp_path / "pack"
    folder.mkdir()
    plain = INCIDENT.replace(" HOSTILE", "").replace("HOSTILE", "why")
    (folder / "a-plain.yaml").write_text(plain)
    escaped = HOSTILE.replace('"', '\\"')
    hostile = INCIDENT.replace("hindsight: HOSTILE", f'hindsight: "{escaped}"')
    (folder / "b-hostile.yaml").write_text(hostile.replace("HOSTILE", escaped))
    return str(folder)


def test_json_holds_the_promised_shape(pack: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows per incident, each with its scores, its paired tests and its own rows."""
    assert run("backtest", pack, "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    keys = {"schema", "graph", "scenario", "headline", "rows", "pooled", "notes", "more"}
    assert keys <= answer.keys()
    assert answer["graph"] == {"title": "2 incidents", "entities": 8, "dependencies": 2}
    row = answer["rows"][0]
    assert (row["incident"], row["precision"], row["recall"]) == ("a-plain", 1.0, 1.0)
    counts = {"hits": 1, "alarms": 0, "misses": 0, "quiet": 1}
    assert row["strict"] == counts | {"precision": 1.0, "recall": 1.0}
    assert row["loose"] == counts | {"misses": 1, "precision": 1.0, "recall": 0.5}
    assert [(p["verdict"], p["figure"]) for p in row["paired"]] == [("right", "probability")]
    assert row["scenario"]["origins"][0]["id"] == "root"
    bank = next(r for r in row["rows"] if r["id"] == "bank")
    assert (bank["down_hours"], bank["reported_recovery_hours"]) == (4.0, 5.0)
    assert answer["pooled"]["hindsight"]["readings"]["reachable"]["hits"] == 2


def test_table_tells_scores_misses_and_assumptions(
    pack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person sees what was predicted, what came out wrong and why, and what was assumed."""
    assert run("backtest", pack) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "2 incidents, 4 reports (4 of graphs written in hindsight): precision 1.00, recall 1.00, "
    )
    assert "a-plain: Kiosk, reported hit: missed: no dependency in the graph leads to it" in out
    assert "- in 2 incidents: Shared" in out
    assert "a-plain: Root fails for 4 h; unknown strengths count 0.75" in out
    assert "\u202e" not in out


def test_strengths_fill_what_nobody_stated(
    pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One's own table, and the shipped one, of which it is said that it knows these incidents."""
    (tmp_path / "own.csv").write_text("low,mid,high,source\n0.9,0.9,0.9,me\n")
    assert run("backtest", pack, "--format", "json", "--strengths", str(tmp_path / "own.csv")) == 0
    answer = json.loads(capsys.readouterr().out)
    named = [{t["name"] for t in row["scenario"]["strengths"]} for row in answer["rows"]]
    assert named == [{"own.csv"}] * 2
    assert any("are those of own.csv, where a row fits" in note for note in answer["notes"])
    assert run("backtest", pack, "--strengths", "incidents") == 0
    assert "these rows are no test of them" in " ".join(capsys.readouterr().out.split())
    assert run("backtest", pack, "--strengths", "incident") == 2
    assert "did you mean 'incidents'?" in capsys.readouterr().err


def test_the_table_says_what_strengths_were_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    text = INCIDENT.replace(" HOSTILE", "").replace("HOSTILE", "why")
    more = "- {dependent: shop, provider: root}\n- {dependent: kiosk, provider: bank}\n"
    (folder / "a.yaml").write_text(text + more)
    (tmp_path / "own.csv").write_text("provider,low,mid,high,source\nroot,0.1,0.2,0.3,me\n")
    assert run("backtest", str(folder)) == 0
    assert "unknown strengths count 0.75" in capsys.readouterr().out
    assert run("backtest", str(folder), "--strengths", str(tmp_path / "own.csv")) == 0
    out = " ".join(capsys.readouterr().out.split())
    said = "strengths within reach: 1 stated, 1 from own.csv and 1 unknown, counted 0.75 "
    assert f"a: Root fails for 4 h; {said}" in out
    assert "unknown strengths count" not in out


def test_forecasts_stand_in_all_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON, table and page of an incident with counts; packs without have none."""
    folder = tmp_path / "pack"
    folder.mkdir()
    text = INCIDENT.replace(" HOSTILE", "").replace("HOSTILE", "why")
    (folder / "a.yaml").write_text(text.replace("paired:", "counted: [b01]\npaired:"))
    assert run("backtest", str(folder), "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)["forecasts"]
    assert (found["counted"], found["inside"], found["inside_independent"]) == (1, 1, 0)
    assert found["rows"][0]["exposed"] == 298
    assert set(found["scores"]) == set(found["rules"])
    page = tmp_path / "page.html"
    assert run("backtest", str(folder), "--report", str(page)) == 0
    out = capsys.readouterr().out
    assert "How many were hit" in out
    assert "<h2>How many were hit</h2>" in page.read_text()
    assert "16 % to 24 %" in page.read_text()


def test_rows_as_files(pack: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CSV and Parquet hold every row with a report, and the incident that it is from."""
    assert run("backtest", pack, "--format", "csv") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("incident,id,name,sector,reported,attribution,verdict,probability")
    assert lines[1].startswith("a-plain,bank,Bank,,hit,stated,hit,1.0")
    out = tmp_path / "rows.parquet"
    assert run("backtest", pack, "--format", "parquet", "-o", str(out)) == 0
    assert pl.read_parquet(out).height == 6
    assert run("backtest", pack, "--format", "parquet") == 2


class Page(HTMLParser):
    """The tags of a page, and whether they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_holds_no_script_and_every_name_as_text(pack: str, tmp_path: Path) -> None:
    """Well-formed, no script, no style but the one that its own policy allows by digest."""
    report = tmp_path / "page.html"
    assert run("backtest", pack, "--report", str(report), "-o", str(tmp_path / "table.txt")) == 0
    text = report.read_text()
    page = Page()
    page.feed(text)
    assert not page.open
    assert not {"script", "link", "img", "iframe", "object"} & set(page.seen)
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text
    assert "\u202e" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert (tmp_path / "table.txt").read_text().startswith("2 incidents")


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No folder, and a folder that holds something else: exit code 2, one line on stderr."""
    assert run("backtest", str(tmp_path / "absent")) == 2
    (tmp_path / "x.yaml").write_text("dependencies: []\n")
    assert run("backtest", str(tmp_path)) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("expected a folder of incidents, found none")
    assert "x.yaml:1: scenario: expected a mapping with `origins`" in lines[1]
