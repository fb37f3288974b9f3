"""The sample of the split vendor: the commands of its README run, and say what it says."""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest

import knockon
from knockon.api.cli import verbs as cli
from tests.paths import ROOT

SAMPLE = ROOT / "samples" / "split-vendor"
README = (SAMPLE / "README.md").read_text()
COMMANDS = [line for b in re.findall(r"```sh\n(.*?)```", README, re.S) for line in b.splitlines()]
SAID = re.findall(r"^> (If .*)$", README, re.M)
NAMES = ("Amazon Web Services", "aws", "Amazon.com, Inc.", "AWS (Ohio), 410 Terry Ave", "v-017")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the checkout and may be written to."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_say_what_the_readme_says(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The right name of the split vendor hits nobody; joined, it hits what hangs on all four."""
    heads = []
    for command in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            cli.main(shlex.split(command)[1:])
        assert not stop.value.code
        heads.append(" ".join(capsys.readouterr().out.split()))
    assert heads[0].startswith(SAID[0])
    assert heads[2].startswith(SAID[1])
    proposed = pl.read_csv(checkout / "out" / "proposed.csv")
    assert set(proposed["alias"]) | set(proposed["same_as"]) == {"v-017", *NAMES[1:4]}
    assert proposed["merge"].null_count() == proposed.height  # nothing joins unasked


def test_every_half_misses_and_every_name_finds_the_whole() -> None:
    """No single half reaches more than its own; joined, all four names reach the sum."""
    sources = (SAMPLE / "saas", SAMPLE / "register.csv")
    split = knockon.load(*sources)
    joined = knockon.load(*sources, aliases=SAMPLE / "aliases.csv")
    halves = [knockon.whatif(split, name).totals.hit_high for name in NAMES[:4]]
    wholes = {knockon.whatif(joined, name).totals.hit_high for name in NAMES}
    assert halves[0] == 0.0
    assert wholes == {sum(halves)}
    assert max(halves) < min(wholes)


def test_the_joined_graph_is_written_and_read_again(tmp_path: Path) -> None:
    """What was joined stays joined on disk, old names and all, as folder and as YAML."""
    from knockon.loaders.native.write import write_folder, write_yaml

    sources = (SAMPLE / "saas", SAMPLE / "register.csv")
    graph = knockon.load(*sources, aliases=SAMPLE / "aliases.csv")
    write_folder(graph.tables, tmp_path / "folder")
    write_yaml(graph.tables, tmp_path / "joined.yaml")
    for copy in (tmp_path / "folder", tmp_path / "joined.yaml"):
        again = knockon.load(copy)
        same = [c for c in again.entities.columns if not c.startswith("_")]
        assert again.entities.select(same).equals(graph.entities.select(same))
        assert {again.ids[again.find(name)] for name in NAMES} == {"v-017"}
        ends = again.dependencies["joined_provider"].drop_nulls()
        assert sorted(ends.unique()) == sorted(NAMES[1:4])


def test_a_table_of_several_inventories_keeps_its_rows(tmp_path: Path) -> None:
    """Proposing anew with a decided table loses no row of it, nor its reasons."""
    table = tmp_path / "aliases.csv"
    rows = (SAMPLE / "aliases.csv").read_text() + "Elsewhere Ltd,Elsewhere,not of this bank,yes\n"
    table.write_text(rows)
    from knockon.loaders.merge import propose_aliases

    found, notes = propose_aliases([SAMPLE / "saas"], table)
    kept = {(r["alias"], r["why"]): r["merge"] for r in found.iter_rows(named=True)}
    assert kept["aws", "initials"] == "yes"
    assert kept["Elsewhere Ltd", "not of this bank"] == "yes"
    assert kept["AWS (Ohio), 410 Terry Ave", "the register adds place and address"] == "yes"
    assert kept["ticket-hub", "two vendors"] == "no"
    assert [n.count for n in notes if "no entity here has" in n.reason] == [2]
