"""Temporary folders: what a killed program left is cleared away, and nothing else is."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from knockon.graph.scratch import Scratch, clear_scratch

pytest.importorskip("fcntl", reason="no locks on files here")
_MAKE = """
import sys
from knockon.graph.scratch import Scratch
made = Scratch("spool")
(made.path / "a").mkdir()
(made.path / "a" / "b").write_text("content")
print(made.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of temporary folders, of this process and of those that it starts."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return place


def start() -> tuple["subprocess.Popen[str]", Path]:
    """A program with a folder, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", _MAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip()).parent


def test_only_what_a_killed_program_left_is_cleared(home: Path) -> None:
    living, its = start()
    killed, left = start()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    with Scratch("read") as mine:
        clear_scratch()
        assert not left.exists()
        assert (its / "content" / "a" / "b").read_text() == "content"
        assert mine.is_dir()
    assert [*home.iterdir()] == [its], "one that was closed is gone"
    living.communicate("")
    clear_scratch()
    assert not [*home.iterdir()]


def test_a_plain_command_clears(home: Path) -> None:
    killed, left = start()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    main = "from knockon.api.start import main; main()"
    subprocess.run([sys.executable, "-c", main, "sources"], check=True, capture_output=True)
    assert not left.exists()


def test_what_only_bears_the_name_is_left(home: Path, tmp_path: Path) -> None:
    """Links, pipes, files, folders without a lock, half-made ones, those that others may write."""
    outside = tmp_path / "outside"
    (outside / "content").mkdir(parents=True)
    (outside / "owner").write_bytes(b"knockon\n")
    names = iter(f"knockon-spool.{n:08d}" for n in range(100))
    (home / next(names)).symlink_to(outside)
    (home / next(names)).write_text("a file")
    for make in (
        lambda at: (at / "else").write_text("no lock"),
        lambda at: (at / "owner").symlink_to(outside / "owner"),
        lambda at: os.mkfifo(at / "owner"),
        lambda at: (at / "owner").mkdir(),
        lambda at: (at / "owner").write_bytes(b""),  # it is being made
        lambda at: ((at / "owner").write_bytes(b"knockon\n"), at.chmod(0o777)),
        lambda at: None,
    ):
        at = home / next(names)
        at.mkdir(mode=0o700)
        make(at)
    (home / "knockon-abcdefgh").mkdir(mode=0o700)  # of an earlier version
    before = sorted(home.iterdir())
    clear_scratch()
    assert sorted(home.iterdir()) == before
    assert (outside / "content").is_dir()


def test_links_inside_are_not_followed(home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "precious").write_text("still here")
    at = home / "knockon-spool.00000000"
    (at / "content").mkdir(parents=True)
    at.chmod(0o700)
    (at / "owner").write_bytes(b"knockon\n")
    (at / "link").symlink_to(kept)
    (at / "content" / "link").symlink_to(kept)
    clear_scratch()
    assert not at.exists()
    assert (kept / "precious").read_text() == "still here"


def test_what_was_never_finished_goes_after_an_hour(home: Path) -> None:
    empty, begun = home / "knockon-spool.00000000", home / "knockon-spool.00000001"
    for at in (empty, begun):
        at.mkdir(mode=0o700)
    (begun / "owner").write_bytes(b"")
    then = time.time() - 4000
    for at in (begun / "owner", begun, empty):
        os.utime(at, (then, then))
    clear_scratch()
    assert not [*home.iterdir()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder to another user")
def test_a_folder_of_another_user_is_left(home: Path) -> None:
    at = home / "knockon-spool.00000000"
    at.mkdir(mode=0o700)
    (at / "owner").write_bytes(b"knockon\n")
    shutil.chown(at, 12345)
    clear_scratch()
    assert (at / "owner").exists()
