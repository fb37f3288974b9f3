"""The command, at work in a process of its own, while a server is killed."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 400.0  # seconds for an answer on a machine that is busy
Running = tuple["subprocess.Popen[bytes]", Path]


def begin(question: list[str], folder: Path, *more: str) -> Running:
    """The command, at work."""
    answer = folder / "answer.json"
    command = [*question, *more, "--top", "100", "--format", "json", "-o", str(answer)]
    return subprocess.Popen(command, stderr=subprocess.PIPE), answer


def finish(running: Running) -> dict[str, Any]:
    """Its answer, but for notes, which say where it ran."""
    process, answer = running
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said.decode()
    found: dict[str, Any] = json.loads(answer.read_text())
    return {key: found[key] for key in ("entities", "totals", "headline", "more")}


def wait_for(met: Callable[[], object], running: Running) -> None:
    """Until something is there, while the command is at work."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert running[0].poll() is None, "the question ended before"
        assert time.monotonic() < end
        time.sleep(0.02)


def list_outputs(folder: Path) -> list[Path]:
    """What workers wrote: counts of blocks of worlds, news of parts."""
    return [*folder.glob("*/*.npz"), *folder.glob("*/*.sections")]
