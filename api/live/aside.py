"""A large status page is read in a process of its own: it may take seconds and gigabytes, and
neither the lock of this interpreter nor its memory are the page's to take.

The process gets the name as its argument and the page on standard input, and writes a line of JSON
for each thing that the page reports, so that no long one is to be read here.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from knockon.api.live.content import UnreadableError
from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status.now import read_report
from knockon.loaders.operations.status.reports import PageReport, Reported
from knockon.loaders.parsing.source import Source

LARGE = 256 * 1024  # bytes of a page that is read so
SECONDS = 20.0  # of reading it
_MEMORY = 2 << 30  # bytes of the process
_RUN = "from knockon.api.live.aside import main; main()"


def parse_page(name: str, data: bytes) -> PageReport:
    """What a page says. Raises UnreadableError where it is no status page, or not understood."""
    try:
        return read_report(Source.of_bytes(name, data), Findings())
    except InputError as fault:
        raise UnreadableError(clip(str(fault), 300)) from None


def parse_aside(name: str, data: bytes, seconds: float = SECONDS) -> PageReport:
    """As `parse_page`, in a process of its own, which has so many seconds."""
    command = [sys.executable, "-c", _RUN, name]
    try:
        done = subprocess.run(
            command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UnreadableError(f"reading its {len(data):,} bytes took {seconds:g} seconds") from None
    except OSError as fault:
        raise UnreadableError(f"no process can be started to read it: {fault.strerror}") from None
    if done.returncode != 0:
        raise UnreadableError(
            f"reading its {len(data):,} bytes failed: its process ended with {done.returncode}"
        )
    return _take(done.stdout)


def _take(lines: bytes) -> PageReport:
    report = PageReport("")
    start = 0
    while (end := lines.find(b"\n", start)) >= 0:
        kind, what = json.loads(lines[start:end])
        start = end + 1
        if kind == "fault":
            raise UnreadableError(what)
        if kind == "page":
            report.name, report.as_of = what
        elif kind == "untold":
            report.untold.append(what)
        else:
            report.reported.append(Reported(**what))
    return report


def main() -> None:
    """Read the page on standard input, and write what it reports."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for line in _tell(sys.argv[1], sys.stdin.buffer.read()):
        sys.stdout.write(json.dumps(line) + "\n")


def _tell(name: str, data: bytes) -> Iterator[tuple[str, Any]]:
    try:
        report = parse_page(name, data)
    except UnreadableError as fault:
        yield "fault", str(fault)
        return
    yield "page", (report.name, report.as_of)
    yield from (("reported", asdict(one)) for one in report.reported)
    yield from (("untold", words) for words in report.untold)
