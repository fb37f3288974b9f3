"""How kernels are compiled: said before, kept where that can be, never stale, the same by many."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.paths import ROOT, SAMPLES

pytest.importorskip("numba")
from knockon.graph.engine.kernels import compiler, machine_code
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.layout import (
    B1,
    F8,
    I4,
    U2Table,
    U8Seen,
    U8Table,
    U8Tables,
)

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
    assert len(list(kernels.glob("arrange_numba.*.o"))) == 1
    assert sort(package) == ""


def test_a_package_that_cannot_be_written_has_its_code_in_the_cache_of_the_user(
    package: Path, tmp_path: Path
) -> None:
    """Installed for all and read only: each user compiles once."""
    bar(package / "knockon" / "graph" / "engine" / "kernels" / "__pycache__")
    cache = tmp_path / "cache"
    assert COMPILES in sort(package, XDG_CACHE_HOME=str(cache))
    assert list(cache.rglob("arrange_numba.*.o"))
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


@pytest.mark.slow
def test_code_is_not_loaded_after_a_change_in_another_file_of_the_kernels(package: Path) -> None:
    """A helper, or the constants of the draws: what depends on them is compiled anew, once; what
    the old ones left is removed."""
    engine = package / "knockon" / "graph" / "engine"
    sort(package)
    before = set(engine.rglob("*.o"))
    kernels = engine / "kernels"
    for changed in (
        kernels / "draws_numba.py",
        engine / "uniforms.py",
        kernels / "arrange_numba.py",
    ):
        changed.write_text("# changed\n" + changed.read_text())
        assert COMPILES in sort(package)
        assert sort(package) == ""
        now = set(engine.rglob("*.o"))
        assert len(now) == len(before)
        assert not now & before
        before = now


def test_the_second_process_does_not_import_numba(package: Path) -> None:
    """Its import takes longer than most questions; what was kept is linked without it."""
    code = SORT + "print('numba' in sys.modules)"
    for imported in (True, False):
        done = subprocess.run(
            [sys.executable, "-c", code, str(package)], env=environment(package), check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.stdout == f"{SORTED}{imported}\n"


def cut(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:40])


def empty(kept: Path) -> None:
    kept.write_bytes(b"")


def change(kept: Path) -> None:
    """One bit of the code."""
    content = bytearray(kept.read_bytes())
    content[-200] ^= 1
    kept.write_bytes(content)


def replace_by_another(kept: Path) -> None:
    """What is whole, but was kept for another machine, under the name of this one."""
    foreign = kept.with_name(kept.name.replace("-", "-0"))
    digest, rest = kept.read_bytes().split(b"\n", 1)
    assert digest == machine_code._seal(kept.name, rest)
    kept.write_bytes(machine_code._seal(foreign.name, rest) + b"\n" + rest)


def test_files_that_are_damaged_or_foreign_are_written_anew(package: Path) -> None:
    """As a full disk or a crash may leave them: that costs time, not the answer."""
    sort(package)
    (kept,) = package.rglob("*.o")
    for damage in (cut, empty, change, replace_by_another):
        damage(kept)
        assert COMPILES in sort(package), damage
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
    assert len(list(cache.rglob("*.o"))) == 1


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
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
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


class Mixed(NamedTuple):
    """Arrays of any kind, and tuples in tuples."""

    pair: Pair
    seen: U8Seen
    halves: U2Table
    cube: U8Tables
    flags: B1


@kernel("the mixing kernel of this test", 1)
def mix_kernel(yes: bool, mixed: Mixed, half: float, times: int, out: F8) -> None:
    """Something that depends on each of its arguments, also on shapes and strides."""
    for i in range(len(mixed.seen)):
        out[0] += i * np.int64(mixed.seen[i])
    for i in range(len(mixed.halves)):
        for j in range(mixed.halves.shape[1]):
            out[1] += (i + 2 * j) * np.int64(mixed.halves[i, j])
            for k in range(mixed.cube.shape[2]):
                out[2] += (i + 3 * j + 5 * k) * np.int64(mixed.cube[i, j, k])
    for i in range(len(mixed.flags)):
        out[3] += (i + 1) * times * mixed.flags[i]
    for i in range(len(mixed.pair.one)):
        out[4] += half * mixed.pair.one[i] * mixed.pair.other[i]
    out[5] = mixed.pair.table.size if yes else -1


@given(data=st.data())
def test_machine_code_gives_what_python_does(data: st.DataObject) -> None:
    """Arrays of all types and shapes, strided ones where these are taken, and all numbers."""
    size = st.integers(0, 5)
    n, m, k = (data.draw(size) for _ in range(3))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    step = data.draw(st.sampled_from([1, 2, -1, -3]))
    seen = random.integers(0, 1000, 3 * n, np.uint64)[::step]
    if data.draw(st.booleans()):
        seen.flags.writeable = False
    mixed = Mixed(
        Pair(random.random(n), random.integers(0, 9, n, np.int32), np.zeros((m, k), np.uint64)),
        seen, random.integers(0, 99, (n, m), np.uint16),
        random.integers(0, 99, (n, m, k), np.uint64), random.random(k) < 0.5,
    )  # fmt: skip
    numbers = data.draw(st.booleans()), data.draw(st.floats(-9, 9)), data.draw(size)
    found, wanted = np.zeros(6), np.zeros(6)
    mix_kernel(numbers[0], mixed, *numbers[1:], found)
    mix_kernel.function(numbers[0], mixed, *numbers[1:], wanted)
    assert found.tolist() == pytest.approx(wanted.tolist())


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, np.zeros(4)[::2]), (0, np.zeros(2, np.float32)), (0, np.zeros((2, 1))), (0, [0.0, 0.0]),
        (2, np.zeros((8, 2), np.uint64).T), (0, np.frombuffer(bytes(16))), (0, None),
    ],
)  # fmt: skip
def test_what_machine_code_would_misread_is_refused(place: int, wrong: Any) -> None:
    """Strides, other types or dimensions, what is no array, and what must not be written to."""
    right: list[Any] = [np.zeros(2), np.zeros(2, np.int32), np.zeros((2, 8), np.uint64)]
    right[place] = wrong
    with pytest.raises(TypeError, match="No matching definition"):
        add_kernel(Pair(*right), 2, np.zeros(2))
    for few in ((), (Pair(*right),), (tuple(right), 2, np.zeros(2)), (Pair(*right), 2.5, None)):
        with pytest.raises(TypeError, match="No matching definition"):
            add_kernel(*cast(Any, few))


@kernel("the failing kernel of this test", 1)
def fail_kernel(times: int, out: F8) -> None:
    if times < 0:
        raise ValueError("less than none")
    out[0] = 7 // times


def test_what_a_kernel_raises_comes_out() -> None:
    """As numba itself would raise it."""
    out = np.zeros(1)
    fail_kernel(2, out)
    assert out[0] == 3
    with pytest.raises(ValueError, match="less than none"):
        fail_kernel(-1, out)
    with pytest.raises(ZeroDivisionError):
        fail_kernel(0, out)


@kernel("the reaching kernel of this test", 1)
def reach_out_kernel(out: F8) -> None:
    out[0] = np.random.random()


def test_a_kernel_that_calls_what_is_outside_is_refused() -> None:
    """Python is not there when its machine code is linked without numba."""
    with pytest.raises(TypeError, match="a kernel calls nothing outside"):
        reach_out_kernel.load()
