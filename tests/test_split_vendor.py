"""The sample of the split vendor: the commands of its README run, and say what it says."""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest

import knockon
from knockon.api import cli

ROOT = Path(__file__).parent.parent
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
        heads.append(capsys.readouterr().out.split("\n")[0])
    assert heads[0].startswith(SAID[0])
    assert heads[2] == SAID[1]
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
