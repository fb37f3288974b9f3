"""Files and streams of the command, run as a process: `-`, full disks, closed pipes, other codes.

A full disk is a limit on the size of files (RLIMIT_FSIZE), and /dev/full.
"""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import polars as pl
import pytest

from tests.paths import SAMPLES

FEDERAL = str(SAMPLES / "federal-cloud-2024")
TABLE = "dependent,provider,probability\nB,Ä,1\nC,B,1\nD,C,\n"
WHATIF = ("whatif", "g.csv", "Ä")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "g.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def run(
    folder: Path, *arguments: str, stdin: str = "", limit: int | None = None,
    stdout: Any = subprocess.PIPE, closed: tuple[int, ...] = (), **env: str,
) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
    """The command in a folder. limit: of the size of files that it writes; closed: streams."""

    def prepare() -> None:
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in closed:
            os.close(number)

    code = "from knockon.api.start import main; main()"
    return subprocess.run(
        [sys.executable, "-B", "-c", code, *arguments], cwd=folder, input=stdin.encode(),
        stdout=stdout, stderr=subprocess.PIPE, env=os.environ | env, preexec_fn=prepare,
    )  # fmt: skip


def check_one_line(done: subprocess.CompletedProcess[bytes], code: int, *expected: str) -> None:
    err = done.stderr.decode()
    assert (done.returncode, err.count("\n")) == (code, 1), err
    assert err.startswith("knockon: ")
    for words in expected:
        assert words in err


@pytest.mark.parametrize(
    "write",
    [
        lambda name: ("whatif", "g.csv", "Ä", "--format", "json", "-o", name),
        lambda name: ("whatif", "g.csv", "Ä", "-o", name),
        lambda name: ("whatif", "g.csv", "Ä", "--exceedance", name),
        lambda name: ("load", "g.csv", "-o", f"{name}.yaml"),
        lambda name: ("aliases", "g.csv", "-o", name),
    ],
)
def test_a_full_disk_costs_no_good_file(
    folder: Path, write: Callable[[str], tuple[str, ...]]
) -> None:
    """What stood there stays, byte for byte, nothing is left beside it, and one line says why."""
    arguments = write("kept")
    kept = folder / arguments[-1]
    kept.write_text("good")
    kept.chmod(0o640)
    done = run(folder, *arguments, limit=16)
    check_one_line(done, 2, str(arguments[-1]), "File too large")
    assert kept.read_text() == "good"
    assert sorted(p.name for p in folder.iterdir()) == sorted(["g.csv", arguments[-1]])
    assert run(folder, *arguments).returncode == 0
    assert kept.read_text() != "good"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_in_a_folder_are_replaced_together(folder: Path, form: str) -> None:
    """A disk that is full at the second file leaves the first as it was, too."""
    many = "".join(f"d{n},p,1\n" for n in range(3000))
    (folder / "g.csv").write_text(f"dependent,provider,probability\n{many}")
    small = "entities:\n- {id: a}\n- {id: b}\ndependencies:\n- {dependent: a, provider: b}\n"
    (folder / "small.yaml").write_text(small)
    assert run(folder, "load", "small.yaml", "-o", "out", "--format", form).returncode == 0
    before = {p.name: p.read_bytes() for p in (folder / "out").iterdir()}
    done = run(folder, "load", "g.csv", "-o", "out", "--format", form, limit=1500)
    check_one_line(done, 2, "out: cannot be written")
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == before


def test_a_link_stays_a_link(folder: Path) -> None:
    """The file that it points to is replaced."""
    (folder / "there.svg").write_text("old")
    (folder / "link.svg").symlink_to("there.svg")
    assert run(folder, "map", "g.csv", "Ä", "-o", "link.svg").returncode == 0
    assert (folder / "link.svg").is_symlink()
    assert "<svg" in (folder / "there.svg").read_text()


@pytest.mark.parametrize(
    "arguments", [("-o",), ("--svg",), ("--format", "csv", "-o"), ("--exceedance",)]
)
def test_a_full_device_is_one_line(folder: Path, arguments: tuple[str, ...]) -> None:
    """/dev/full is written to as it is."""
    done = run(folder, *WHATIF, *arguments, "/dev/full")
    check_one_line(done, 2, "cannot write /dev/full: No space left on device")
    assert run(folder, *WHATIF, *arguments, "/dev/null").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        WHATIF, (*WHATIF, "--format", "json"), ("map", "g.csv", "Ä", "-o", "-"), ("--help",),
        ("load", "g.csv"),
    ],
)  # fmt: skip
def test_standard_output_that_is_full_or_closed(folder: Path, arguments: tuple[str, ...]) -> None:
    """One line and 2, and no word from Python when it ends."""
    with open("/dev/full", "wb") as full:
        done = run(folder, *arguments, stdout=full)
    check_one_line(done, 2, "standard output: No space left on device")
    done = run(folder, *arguments, stdout=None, closed=(1,))
    check_one_line(done, 2, "standard output: it is closed")


def test_files_are_written_where_standard_output_is_closed(folder: Path) -> None:
    """Nothing goes to a stream that is not there, and no file gets its number."""
    done = run(folder, *WHATIF, "--format", "json", "-o", "a.json", stdout=None, closed=(1,))
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads((folder / "a.json").read_text())["entities"]
    done = run(folder, "map", "g.csv", "Ä", "-o", "a.svg", closed=(0, 1, 2))
    assert done.returncode == 0
    assert (folder / "a.svg").read_text().rstrip().endswith("</svg>")


def test_a_closed_pipe_loses_no_file_and_is_quiet(folder: Path) -> None:
    """Files are written before the table is."""
    read, write = os.pipe()
    os.close(read)
    names = ("--svg", "m.svg", "--exceedance", "e.svg")
    done = run(folder, *WHATIF, *names, stdout=write)
    os.close(write)
    assert done.returncode == 141
    assert done.stderr.decode() == "map: m.svg\nexceedance: e.svg\n"
    assert all("</svg>" in (folder / name).read_text() for name in ("m.svg", "e.svg"))


def test_other_codes_than_utf_8(folder: Path) -> None:
    """Words are written as the terminal can; data and pictures are UTF-8 whatever it is."""
    for code in ("ascii", "latin-1"):
        done = run(folder, *WHATIF, "--kind", "unknown", PYTHONIOENCODING=code)
        assert (done.returncode, done.stderr) == (0, b"")
        assert ("?" if code == "ascii" else "Ä") in done.stdout.decode(code)
        assert "<-" in done.stdout.decode(code) or "directly" in done.stdout.decode(code)
        done = run(folder, *WHATIF, "--format", "json", PYTHONIOENCODING=code)
        assert json.loads(done.stdout.decode("utf-8"))["entities"][0]["id"] == "Ä"


def test_dash_is_standard_input_wherever_something_is_read(folder: Path) -> None:
    """A source, one more source, origins, aliases, rules, entities, a status page."""
    said = run(folder, *WHATIF, "--format", "csv").stdout
    assert said.count(b"\n") == 5
    assert run(folder, "whatif", "-", "Ä", "--format", "csv", stdin=TABLE).stdout == said
    (folder / "one.csv").write_text("dependent,provider,probability\nC,B,1\n")
    more = run(folder, "whatif", "one.csv", "--with", "-", "Ä", "--format", "csv", stdin=TABLE)
    assert more.stdout == said
    listed = run(folder, "whatif", "g.csv", "--origins", "-", "--format", "csv", stdin="Ä\n")
    assert listed.stdout == said
    inputs = {
        "--aliases": "alias,same_as,merge\nD,C,yes\n",
        "--rules": "mode,relation,becomes\noutage,uses,outage\n",
        "--entities": "id,name\nB,Beta\n",
    }
    for option, text in inputs.items():
        done = run(folder, *WHATIF, option, "-", stdin=text)
        assert done.returncode == 0, (option, done.stderr)
    page = {"page": {"id": "p", "name": "Ä"}, "components": []}
    done = run(folder, "whatif", "g.csv", "--now", "-", stdin=json.dumps(page))
    assert b"nothing is down now" in done.stderr
    assert run(folder, "load", "-", stdin=TABLE).returncode == 0
    assert run(folder, "aliases", "-", stdin=TABLE).returncode == 0


def test_dash_is_read_once_and_named_in_faults(folder: Path) -> None:
    """Twice is refused; a fault in it names it, with its line."""
    done = run(folder, "whatif", "-", "--origins", "-", stdin=TABLE)
    check_one_line(done, 2, "standard input can be read once")
    done = run(folder, "load", "-", stdin="dependent,provider,probability\nB,A,7\n")
    check_one_line(done, 2, "stdin:2: probability")
    check_one_line(run(folder, "load", "-"), 2, "stdin: the file is empty")
    check_one_line(run(folder, "load", "-", closed=(0,)), 2, "standard input")


def test_a_file_may_be_called_dash(folder: Path) -> None:
    """As `./-`, for reading and for writing."""
    (folder / "-").write_text(TABLE)
    assert run(folder, "load", "./-").returncode == 0
    assert run(folder, "map", "g.csv", "Ä", "-o", "./-").stdout == b""
    assert "<svg" in (folder / "-").read_text()


def test_dash_is_standard_output_wherever_something_is_written(folder: Path) -> None:
    """A picture has it for itself: the table then stands on standard error."""
    run(folder, *WHATIF, "--svg", "m.svg", "--exceedance", "e.svg", "--format", "json", "-o", "a")
    svg = (folder / "m.svg").read_bytes()
    assert run(folder, "map", "g.csv", "Ä", "-o", "-").stdout == svg
    done = run(folder, *WHATIF, "--svg", "-")
    assert (done.stdout, done.stderr.decode().splitlines()[0][:10]) == (svg, "If Ä fails")
    done = run(folder, *WHATIF, "--exceedance", "-")
    assert done.stdout == (folder / "e.svg").read_bytes()
    for form in ("json", "csv"):
        done = run(folder, *WHATIF, "--format", form, "-o", "-")
        assert done.stdout == run(folder, *WHATIF, "--format", form).stdout
    frame = pl.read_parquet(run(folder, *WHATIF, "--format", "parquet", "-o", "-").stdout)
    assert frame["id"].to_list() == ["Ä", "B", "C", "D"]
    tables = run(folder, "load", "g.csv", "-o", "-")
    assert run(folder, *("whatif", "-", "Ä", "--format", "csv"), stdin=tables.stdout.decode())
    assert b"dependencies:" in tables.stdout
    assert run(folder, "aliases", "g.csv", "-o", "-").stdout.startswith(b"alias,")
    check_one_line(run(folder, *WHATIF, "--format", "csv", "--svg", "-"), 2, "expected -o FILE")


@pytest.mark.parametrize("other", ["same.svg", "./same.svg", "link.svg"])
def test_two_outputs_are_two_files(folder: Path, other: str) -> None:
    """However a path is written; standard output is one, too; /dev/null takes all."""
    (folder / "link.svg").symlink_to("same.svg")
    done = run(folder, *WHATIF, "--svg", "same.svg", "--exceedance", other)
    check_one_line(done, 2, "--svg writes, too", "name two files")
    done = run(folder, *WHATIF, "-o", "-", "--svg", "-")
    check_one_line(done, 2, "standard output is where")
    assert run(folder, *WHATIF, "-o", "/dev/null", "--svg", "/dev/null").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((*WHATIF, "--format", "csv", "-o", "a.json"), "expected --format json, or another name"),
        ((*WHATIF, "-o", "a.CSV"), "expected --format csv"),
        ((*WHATIF, "--format", "json", "-o", "a.parquet"), "expected --format parquet"),
        ((*WHATIF, "-o", "a.svg"), "its suffix .svg contradicts"),
        ((*WHATIF, "--svg", "a.png"), "is to hold svg, which its suffix .png contradicts"),
        ((*WHATIF, "--exceedance", "a.json"), "its suffix .json contradicts"),
        (("map", "g.csv", "Ä", "-o", "a.gif"), "its suffix .gif contradicts"),
        (("load", "g.csv", "-o", "a.csv"), "its suffix .csv contradicts"),
        (("aliases", "g.csv", "-o", "a.xlsx"), "its suffix .xlsx contradicts"),
        (("backtest", ".", "--report", "a.md"), "its suffix .md contradicts"),
        (("backtest", ".", "--format", "json", "-o", "a.csv"), "expected --format csv"),
    ],
)
def test_a_suffix_that_contradicts_is_refused(
    folder: Path, arguments: tuple[str, ...], expected: str
) -> None:
    """Before anything is read, and nothing is written."""
    check_one_line(run(folder, *arguments), 2, expected)
    assert [p.name for p in folder.iterdir()] == ["g.csv"]


def test_tables_hold_all_rows_unless_top_is_stated(folder: Path) -> None:
    """CSV and Parquet are data; the table for people, JSON and --top say what they leave out."""
    asked = ("whatif", FEDERAL, "Falcon Platform", "--worlds", "64", "--kind", "enterprise")
    lines = {}
    for top in ((), ("--top", "7")):
        done = run(folder, *asked, *top, "--format", "csv")
        run(folder, *asked, *top, "--format", "parquet", "-o", "a.parquet")
        lines[top] = len(done.stdout.decode().splitlines()) - 1
        assert pl.read_parquet(folder / "a.parquet").height == lines[top]
    assert lines[()] > 100
    assert lines["--top", "7"] == 8  # the origin, too


def test_a_source_with_a_pipe_in_it_is_refused(folder: Path) -> None:
    """Nobody waits for somebody to write into it."""
    for name in ("dependencies.csv", "entities.csv", "graph.yaml"):
        home = folder / name.partition(".")[0]
        home.mkdir()
        for plain in {"dependencies.csv", "entities.csv", "graph.yaml"} - {name}:
            text = "title: x\n" if plain == "graph.yaml" else "id\nB\n"
            (home / plain).write_text(TABLE if plain == "dependencies.csv" else text)
        os.mkfifo(home / name)
        check_one_line(run(folder, "load", str(home)), 2, "found a pipe or device")
    os.mkfifo(folder / "x.yaml")
    check_one_line(run(folder, "load", "x.yaml"), 2, "found a pipe or device")
    check_one_line(run(folder, "backtest", "."), 2, "found a pipe or device")


@pytest.mark.parametrize("wait", [0.05, 0.2, 0.5])
def test_ctrl_c_at_any_time_is_no_traceback(folder: Path, wait: float) -> None:
    """While the command imports, too: one line and 130; later the answer so far and 130."""
    code = "from knockon.api.start import main; print('up', flush=True); main()"
    command = subprocess.Popen(
        [sys.executable, "-c", code, "whatif", FEDERAL, "AWS GovCloud", "--worlds", "5000000"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert command.stdout is not None
    assert command.stdout.readline() == b"up\n"
    sleep(wait)
    command.send_signal(signal.SIGINT)
    err = command.communicate(timeout=100)[1].decode()
    assert command.returncode == 130, err
    compiling = ("compiling the ", "still compiling ")
    said = [x for x in err.splitlines() if x and not x.startswith(compiling)]
    assert said in (["knockon: stopped"], ["stopping after this block; once more to stop at once"])


def test_what_is_no_file_in_a_folder_is_told(folder: Path) -> None:
    """A pipe, a socket or a link to nothing beside the tables: one line that it was not read."""
    home = folder / "tables"
    home.mkdir()
    (home / "dependencies.csv").write_text(TABLE)
    assert b"not read" not in run(folder, "load", "tables").stdout
    os.mkfifo(home / "more.csv")
    (home / "gone.csv").symlink_to("nowhere")
    done = run(folder, "load", "tables")
    said = " ".join(done.stdout.decode().split())
    assert done.returncode == 0
    assert (
        "note 2: neither a file nor a folder (a pipe, a socket, a link to nothing): not read"
        in said
    )
    assert "(gone.csv; more.csv)" in said
