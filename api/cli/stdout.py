"""Standard output and standard error, whatever they are: closed, full, a pipe, not UTF-8.

Data goes out as UTF-8 bytes, words for people as the terminal reads them. What cannot be written is
one error; a pipe that nobody reads any more is `ClosedPipe`, which ends the command quietly.
"""

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

from knockon.graph.errors import InputError

_PLAIN = {"←": "<-", "→": "->", "…": "...", "–": "-", "─": "-", "━": "-", "’": "'"}


class ClosedPipe(Exception):  # noqa: N818, since it is no error
    """Nobody reads standard output any more, such as `head` once it has seen enough."""


class _Closed(io.TextIOBase):
    """What stands for standard output where there is none."""

    def write(self, _: str) -> NoReturn:
        raise OSError(0, "it is closed; -o FILE writes the answer to a file")


def prepare_streams() -> None:
    """Make standard output and error such that nothing written to them ends in a traceback."""
    _occupy()
    codecs.register_error("knockon", _replace)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, for as long as the process lasts
    if sys.stdout is None:
        sys.stdout = _Closed()
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="knockon")


def write_stdout(content: str | bytes) -> None:
    """Write data, as UTF-8, and all of it. Raises ClosedPipe, and InputError where that fails."""
    data = content.encode(errors="replace") if isinstance(content, str) else content
    try:
        sys.stdout.flush()
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:
            sys.stdout.write(data.decode())
        else:
            buffer.write(data)
            buffer.flush()
    except OSError as fault:
        fail(fault)


def say(text: str) -> None:
    """Write words for people. Raises ClosedPipe, and InputError where that fails."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as fault:
        fail(fault)


def fail(fault: OSError) -> NoReturn:
    """Raise what a fault of standard output means; nothing more is written to it."""
    silence_stdout()
    if isinstance(fault, BrokenPipeError):
        raise ClosedPipe from None
    raise InputError(f"cannot write standard output: {fault.strerror or fault}") from None


def silence_stdout() -> None:
    """Let what is still on its way vanish: Python would complain of it when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _occupy() -> None:
    """Keep files that are opened from getting the numbers 0 to 2, where these are closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


def _replace(fault: UnicodeError) -> tuple[str, int]:
    """Letters that the terminal has not: plain ones where they mean the same, else `?`."""
    cut: Any = fault
    text = cut.object[cut.start : cut.end]
    return "".join(_PLAIN.get(letter, "?") for letter in text), cut.end
