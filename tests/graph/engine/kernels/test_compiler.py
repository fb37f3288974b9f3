"""How kernels are compiled: said before, kept where that can be, never stale, the same by many."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.paths import ROOT, SAMPLES

numba = pytest.importorskip("numba")
from knockon.graph.engine.kernels import compiler  # noqa: E402
from knockon.graph.engine.kernels.compiler import kernel  # noqa: E402
from knockon.graph.engine.kernels.layout import F8, I4, U8Table  # noqa: E402

pytestmark = pytest.mark.timeout(300)
SORT = """
import sys
import numpy as np
from knockon.graph.engine.kernels import arrange_numba
assert arrange_numba.__file__.startswith(sys.argv[1]), arrange_numba.__file__
start, order, _ = arrange_numba.arrange(
    np.array([1, 0, 1, 1], np.int32), np.array([1, 0, 0, 1], np.int32), 2
)
print(start.tolist(), order.tolist())
"""
SORTED = "[0, 1, 4] [1, 2, 0, 3]\n"
COMPILES = "compiling the sorting kernel for this machine, once"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of what is installed, without anything that was compiled."""
    ignored = shutil.ignore_patterns("__pycache__")
    home = tmp_path / "installed"
    (home / "knockon").mkdir(parents=True)
    shutil.copy(ROOT / "src" / "knockon" / "__init__.py", home / "knockon")
    shutil.copytree(ROOT / "graph", home / "knockon" / "graph", ignore=ignored)
    return home


def environment(package: Path, **changes: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    nowhere = {"XDG_CACHE_HOME": str(package / "nowhere"), "HOME": str(package / "nowhere")}
    return kept | nowhere | {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"} | changes


def sort(package: Path, **changes: str) -> str:
    """What a process says on stderr that sorts some arcs; it must sort them right."""
    done = subprocess.run(
        [sys.executable, "-c", SORT, str(package)], env=environment(package, **changes), check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == SORTED
    return done.stderr


def bar(folder: Path) -> None:
    """Put a file in the place of a folder, which not even root can write to then."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("")


def test_a_kernel_is_compiled_once_and_says_so_before(package: Path) -> None:
    """The first process compiles into the package's own folder, the next one is silent."""
    assert COMPILES in sort(package)
    kernels = package / "knockon" / "graph" / "engine" / "kernels" / "__pycache__"
    assert len(list(kernels.glob("arrange_numba.*.nb[ic]"))) == 2
    assert sort(package) == ""


def test_a_package_that_cannot_be_written_has_its_code_in_the_cache_of_the_user(
    package: Path, tmp_path: Path
) -> None:
    """Installed for all and read only: each user compiles once."""
    bar(package / "knockon" / "graph" / "engine" / "kernels" / "__pycache__")
    cache = tmp_path / "cache"
    assert COMPILES in sort(package, XDG_CACHE_HOME=str(cache))
    assert list(cache.rglob("arrange_numba.*.nbi"))
    assert sort(package, XDG_CACHE_HOME=str(cache)) == ""


def test_where_no_folder_can_be_written_each_process_compiles_and_says_why(package: Path) -> None:
    """No error, the right answer, and what to set."""
    bar(package / "knockon" / "graph" / "engine" / "kernels" / "__pycache__")
    bar(package / "nowhere")
    for _ in range(2):
        said = sort(package, NUMBA_CACHE_DIR=str(package / "nowhere" / "deeper"))
        assert COMPILES in said
        assert said.count("no folder can be written to keep compiled kernels in") == 1
        assert "set NUMBA_CACHE_DIR" in said


def test_code_is_not_loaded_after_a_change_in_another_file_of_the_kernels(package: Path) -> None:
    """A helper, or the constants of the draws: what depends on them is compiled anew, once; what
    the old ones left is removed."""
    engine = package / "knockon" / "graph" / "engine"
    sort(package)
    before = set(engine.rglob("*.nb[ic]"))
    kernels = engine / "kernels"
    for changed in (
        kernels / "draws_numba.py",
        engine / "uniforms.py",
        kernels / "arrange_numba.py",
    ):
        changed.write_text("# changed\n" + changed.read_text())
        assert COMPILES in sort(package)
        assert sort(package) == ""
        now = set(engine.rglob("*.nb[ic]"))
        assert len(now) == len(before)
        assert not now & before
        before = now


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_files_that_are_cut_short_are_written_anew(package: Path, ending: str) -> None:
    """As a full disk or a crash may leave them: that costs time, not the answer."""
    sort(package)
    (kept,) = package.rglob(f"*.{ending}")
    kept.write_bytes(kept.read_bytes()[:40] if ending == "nbi" else b"")
    assert COMPILES in sort(package)
    assert sort(package) == ""


CASCADE = """
import hashlib, sys
import numpy as np
import knockon.graph.engine.kernels.losses_numba as kernel
from knockon.graph.engine.kernels.layout import Drawing, Worlds, Wiring, Arcs, Groups
n = 300
random = np.random.default_rng(1)
start = np.arange(0, 10 * n + 1, 10)
none = np.zeros(0, np.int32)
arcs = Arcs(start, random.integers(0, n, 10 * n, np.int32), none, none.astype(np.bool_))
groups = Groups(none, np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(1, np.int64))
rows = np.arange(n, dtype=np.int32)
wiring = Wiring(rows, rows, start[:0], arcs, groups, np.zeros((0, 8), np.uint64))
nothing = np.zeros(0, np.uint64)
drawing = Drawing(
    random.integers(0, 2**64, 10 * n, np.uint64), np.full(10 * n, 2**30, np.uint64),
    nothing, nothing,
)
stakes = kernel.Stakes(rows, np.full(10 * n, 0.75), rows[:1], np.ones(1))
shared = kernel.Shared(wiring, drawing, Worlds.of(0, None), stakes)
print("ready", flush=True)
sys.stdin.readline()
losses = kernel.spread_loss(shared, kernel.Scratch.of(*kernel.size_scratch(wiring)), np.arange(512))
assert 100 < (losses > 0).sum(axis=1).mean() < n
print(hashlib.sha256(losses.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_processes_that_compile_at_once_into_one_folder_all_answer_right(
    package: Path, tmp_path: Path
) -> None:
    """Four at once in an empty folder, then one that loads what they left."""
    cache = tmp_path / "cache"
    command = [sys.executable, "-c", CASCADE]
    env = environment(package, NUMBA_CACHE_DIR=str(cache))
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    at_once = [subprocess.Popen(command, env=env, text=True, **pipes) for _ in range(4)]
    for process in at_once:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in at_once:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate() for process in at_once]
    assert [process.returncode for process in at_once] == [0] * 4
    later = subprocess.run(command, env=env, check=True, capture_output=True, text=True, input="\n")
    assert {f"ready\n{out}" for out, _ in outputs} == {later.stdout}
    assert sum("compiling the loss kernel" in err for _, err in outputs) >= 2
    assert later.stderr == ""
    assert len(list(cache.rglob("*.nb[ic]"))) == 2


class Pair(NamedTuple):
    """Two arrays and a number."""

    one: F8
    other: I4
    table: U8Table


@kernel("the kernel of this test", 1)
def add_kernel(pair: Pair, times: int, out: F8) -> None:
    for i in range(len(out)):
        out[i] = times * pair.one[pair.other[i]]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the log says of a kernel that is compiled now, a line every hundredth of a second."""
    lines: list[str] = []
    monkeypatch.setattr(compiler._log, "warning", lambda line, *values: lines.append(line % values))
    monkeypatch.setattr(compiler, "_PATIENCE", 0.01)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return lines


def test_it_is_said_that_a_kernel_is_still_being_compiled(said: list[str]) -> None:
    """Before, and on the way; nothing after."""
    add_kernel.load()
    first, *others = said
    assert first == "compiling the kernel of this test for this machine, once: some 1 s"
    assert others
    assert all(
        re.fullmatch(r"still compiling the kernel of this test: \d+ s", line) for line in others
    )


def test_a_kernel_takes_the_types_that_it_names_and_no_others(said: list[str]) -> None:
    """An array of another type is an error, not a second compilation in silence."""
    out, of = np.zeros(2), np.array([1, 0], np.int32)
    table = np.zeros((0, 8), np.uint64)
    add_kernel(Pair(np.array([2.0, 3.0]), of, table), 2, out)
    assert out.tolist() == [6.0, 4.0]
    wrong: Any = of.astype(np.int64)
    with pytest.raises(TypeError, match="No matching definition"):
        add_kernel(Pair(np.array([2.0, 3.0]), wrong, table), 2, out)


ENDLESS = """
import sys, threading
from knockon.api.cli.verbs import main
from knockon.graph.engine.kernels import compiler
compile_kernel = compiler.Kernel._compile
def never_end(self):
    if self.name == "the times kernel":
        print("compiling", file=sys.stderr, flush=True)
        threading.Event().wait()
    return compile_kernel(self)
compiler.Kernel._compile = never_end
main(sys.argv[1:])
"""


def test_the_second_ctrl_c_ends_also_while_a_kernel_is_compiled() -> None:
    """The first one asks for what is known so far; the compiler is not waited for."""
    asked = ["whatif", str(SAMPLES / "federal-cloud-2024"), "Falcon Platform", "--hours", "4..9"]
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *asked, "--worlds", "400000"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    for awaited in ("compiling", "once more to stop at once"):
        while (line := process.stderr.readline()) and awaited not in line:
            pass
        assert awaited in line
        process.send_signal(signal.SIGINT)
    output, said = process.communicate()
    assert (process.returncode, output) == (130, "")
    assert said.endswith("knockon: stopped\n")
