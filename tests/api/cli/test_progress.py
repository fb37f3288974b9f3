"""Long reads tell what they do, to people only."""

import io
import sys
from pathlib import Path

import pytest

from knockon.api.cli import progress
from knockon.loaders.merge import load_tables


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "a.csv").write_text("dependent,provider\na,b\n")
    return str(tmp_path / "a.csv")


def test_quiet_without_a_terminal_and_for_small_files(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No callback, and nothing on stderr."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.show_reading([source, "postgresql://host/base"]) as tell:
        assert tell is None
    monkeypatch.setattr(progress, "LONG", 1)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress.show_reading([source]) as tell:
        assert tell is None


def test_a_terminal_is_told(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With markup in names shown as it is."""
    monkeypatch.setattr(progress, "LONG", 1)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.show_reading([source]) as tell:
        assert tell is not None
        tell("reading [bold]x")


def test_the_steps_are_told(source: str) -> None:
    """Which source is read, and how much is checked."""
    steps: list[str] = []
    load_tables([source], progress=steps.append)
    assert steps == ["reading a.csv", "checking 1 dependencies"]
