"""A command starts fast: what it needs later is imported while it reads, and only then."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from knockon.api.cli import startup
from tests.paths import SAMPLES

READ = """
import sys
from knockon.api.cli import startup
from knockon.api.cli.options import read_graph
startup._LARGE = int(sys.argv[2])
read_graph([sys.argv[1]], for_lanes=sys.argv[3] == "lanes")
import threading
[t.join() for t in threading.enumerate() if t.name == "kernels"]
print("knockon.graph.engine.kernels.closure_numba" in sys.modules)
"""


def loads_kernels(source: Path, large: int, purpose: str) -> bool:
    arguments = [sys.executable, "-c", READ, str(source), str(large), purpose]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


@pytest.mark.parametrize(
    ("large", "purpose", "loaded"),
    [(1, "lanes", True), (1, "none", False), (1 << 40, "lanes", False)],
)
def test_large_sources_load_the_kernels_meanwhile(large: int, purpose: str, loaded: bool) -> None:
    """Where lanes are to come, and as much is read as may want them; else nothing is imported."""
    assert loads_kernels(SAMPLES / "federal-cloud-2024", large, purpose) is loaded


def test_a_fault_of_the_kernels_is_met_by_who_needs_them(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The thread says nothing of it."""
    from knockon.graph.engine import kernels

    def fail() -> None:
        raise ImportError("numba")

    monkeypatch.setattr(kernels, "load_kernels", fail)
    monkeypatch.setattr(startup, "_LARGE", 0)
    thread = startup.begin_kernels([str(SAMPLES / "federal-cloud-2024")])
    assert thread is not None
    thread.join()
    assert capfd.readouterr().err == ""


def test_garbage_in_cycles_is_looked_for_rarely_but_looked_for() -> None:
    """A command raises the threshold; a server sets it back to that of Python."""
    code = (
        "import gc; often = gc.get_threshold()\n"
        "from knockon.api.cli import startup\n"
        "startup.collect_rarely(); print(gc.isenabled(), gc.get_threshold()[0] > often[0])\n"
        "startup.collect_often(); print(gc.get_threshold() == often)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 3


@pytest.mark.parametrize("fault", [AttributeError, OSError, TypeError])
def test_where_the_memory_cannot_be_tuned_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    """Other libraries of C have no mallopt, or Python cannot open its own process."""
    asked = []

    def open_library(name: None) -> object:
        asked.append(name)
        if fault is AttributeError:
            return object()
        raise fault

    monkeypatch.setattr(ctypes, "CDLL", open_library)
    startup.keep_memory()
    assert asked == [None]
