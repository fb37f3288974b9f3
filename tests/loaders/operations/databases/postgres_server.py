"""A private PostgreSQL server for a test: a folder of its own, a socket, never one that runs."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp

_started: dict[str, tuple[object, ...]] = {}  # what started the server of each place


def binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, of the newest version that is installed."""
    folders = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    named = shutil.which("initdb")
    if named:
        folders.append(Path(named).resolve().parent)
    return max(folders, key=lambda p: [int(t) for t in p.parts if t.isdigit()], default=None)


def why_not() -> str | None:
    """Why no server can be started here, None where one can."""
    if binaries() is None:
        return "no PostgreSQL server is installed (apt-get install postgresql)"
    if os.geteuid() == 0 and (shutil.which("runuser") is None or _user() is None):
        return "PostgreSQL does not run as root, and there is no user postgres to run it as"
    return None


@contextmanager
def server() -> Iterator[str]:
    """Start a server in a new folder; `host:port` of it. It asks for the password `s3cr:t`."""
    # not below the folders of pytest: another session closes these to all other users
    folder = Path(mkdtemp(prefix="knockon-pg-"))
    try:
        with _running(folder) as place:
            yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    home = binaries()
    assert home is not None
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    word = folder / "word"
    word.write_text("s3cr:t\n")
    word.chmod(0o644)
    data, port = folder / "data", _free_port()
    _run(home / "initdb", "-D", data, "-U", "reader", "--pwfile", word, "-A", "scram-sha-256",
         "-E", "UTF8", "--no-sync")  # fmt: skip
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    start = (home / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options,
             "start")  # fmt: skip
    place = f"127.0.0.1:{port}"
    _started[place] = start
    _run(*start)
    try:
        yield place
    finally:
        stop(_started.pop(place)[2])


def stop(place: object) -> None:
    """End the server of this place, or with this folder of data, as a machine that fails would."""
    data = _started[str(place)][2] if str(place) in _started else place
    home = binaries()
    assert home is not None
    _run(home / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def data_of(place: str) -> object:
    """The folder of data of the server of this place."""
    return _started[place][2]


def start_again(place: str) -> None:
    """Start a server that was stopped, on the same data."""
    _run(*_started[place])


def _user() -> str | None:
    import pwd

    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None


def _run(*words: object) -> None:
    command = [str(word) for word in words]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    # a server that stays must not hold pipes of the test: what it says goes to a file
    with TemporaryFile() as said:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=120, check=False,
            cwd="/",
        )  # fmt: skip
        said.seek(0)
        assert done.returncode == 0, (command, said.read().decode(errors="replace"))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
