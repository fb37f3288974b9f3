"""docs/http.md is true: its lines with curl answer, and its Python runs, against a real server."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.faults.servers import serve
from tests.paths import ROOT, SAMPLES

PAGE = (ROOT / "docs" / "http.md").read_text()
CURLS = re.findall(r"^(curl .*?)(?:\s+#.*)?$", PAGE, re.M)
PLAIN = [line for line in CURLS if "/jobs/ID" not in line and "respond-async" not in line]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the graphs that the page serves, with a store."""
    folder = tmp_path_factory.mktemp("store")
    served = [SAMPLES / name for name in ("federal-cloud-2024", "crowdstrike-2024")]
    store = f"sqlite:///{folder / 'kept.sqlite'}"
    with serve(*served, "--store", store, log=folder / "log") as made:
        yield f"127.0.0.1:{made.port}"


def run(line: str, address: str, folder: Path) -> str:
    """What a line with curl prints, on standard output; a status of 400 or more is a failure."""
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    line = line.replace("127.0.0.1:8000", address).replace("HOST:8000", address)
    line = line.replace("curl ", "curl --fail --silent --show-error ", 1)
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("line", PLAIN)
def test_a_line_with_curl_answers(line: str, address: str, tmp_path: Path) -> None:
    printed = run(line, address, tmp_path)
    written = re.search(r"> (\S+)$", line)
    assert (tmp_path / written[1]).read_text().startswith("<?xml") if written else printed


@pytest.mark.slow
def test_the_lines_of_a_job_follow_each_other(address: str, tmp_path: Path) -> None:
    """Asked as the page says, then looked at, followed to its end, fetched, and stopped."""
    (asked,) = [line for line in CURLS if "respond-async" in line]
    fewer = asked.replace("worlds=100000", "worlds=10000")  # a machine has better to do
    assert fewer != asked
    accepted = run(fewer, address, tmp_path)
    found = re.search(r"^location: /v1/jobs/(\S+)", accepted, re.M | re.I)
    assert found is not None, accepted
    lines = [line.replace("ID", found[1]) for line in CURLS if "/jobs/ID" in line]
    assert len(lines) == 4
    printed = [run(line, address, tmp_path) for line in lines]
    assert '"state":' in printed[0]
    assert '"state": "done"' in printed[1].splitlines()[-2]
    assert '"headline":' in printed[2]


@pytest.mark.slow
def test_the_python_runs(address: str) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.S))
    done = subprocess.run(
        [sys.executable, "-c",
         code.replace("127.0.0.1:8000", address).replace("20_000", "5_000")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert "ships a bad update" in lines[0]
    assert len(lines) > 60
    assert any(line.startswith("done ") for line in lines)
    assert "'name': 'Slack'" in lines[-1]


def test_the_page_has_lines_to_run() -> None:
    assert len(PLAIN) >= 7
    assert len(CURLS) == len(PLAIN) + 5
