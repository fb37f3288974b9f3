"""Files that the command line names: what is read, what is written, and `-` for both.

`-` is standard input where something is read, standard output where something is written; a file
of that name is `./-`. Standard input is kept as a file while the command runs, for readers look at
a source more than once.
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click
from click.shell_completion import CompletionItem

from knockon.graph.errors import InputError, clip
from knockon.graph.scratch import Scratch

STDOUT = Path("-")
_PIECE, _MOST = 1 << 20, 2 << 30  # bytes of standard input
FORMS = {
    ".json": "json", ".csv": "csv", ".parquet": "parquet", ".md": "markdown",
    ".markdown": "markdown", ".svg": "svg", ".html": "html", ".htm": "html", ".yaml": "yaml",
    ".yml": "yaml", ".txt": "table", ".tsv": "tsv", ".xlsx": "xlsx", ".ndjson": "ndjson",
    ".png": "png", ".pdf": "pdf", ".jpg": "jpg", ".jpeg": "jpg", ".gif": "gif",
    ".dot": "dot", ".gv": "dot", ".mmd": "mermaid",
}  # fmt: skip
"""What a file is by its suffix; of any other suffix it may be anything."""
CHARTS = ("svg", "png", "pdf")
PICTURES = (*CHARTS, "dot", "mermaid")
"""Forms of charts, and of pictures of boxes and lines."""
SKETCHED = ("map", "compare", "why", "cuts")
"""The pictures of boxes and lines (`SKETCHES`), which are not imported to say so."""


class _File(click.ParamType[Any]):
    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


class _Input(_File):
    """A path or an address as text, or as a Path; `-` becomes a file with what stdin holds."""

    def __init__(self, as_path: bool) -> None:
        self.as_path = as_path

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "-" and ctx is not None:
            value = _keep_stdin(ctx.find_root())
        return Path(value) if self.as_path else value


class Output(_File):
    """A path to write to, no two options the same one; `-` is STDOUT.

    forms: what is written there by its suffix, the first where that says nothing; none: that is
        for `--format` to say
    folder: it may be a folder, too, or become one; its form is then for the verb to check
    """

    def __init__(self, *forms: str, folder: bool = False) -> None:
        self.forms, self.folder = forms, folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if isinstance(value, Path) or value == "-":
            path = Path(value)
        else:
            path = Path(value) if Path(value) != STDOUT else Path.cwd() / "-"
            if path.is_dir() and not self.folder:
                self.fail(f"expected a file, found the folder {clip(value)!r}", param, ctx)
        if self.forms and not path.is_dir():
            try:
                check_suffix(path, choose_form(path, self.forms))
            except InputError as fault:
                self.fail(str(fault), param, ctx)
        if ctx is not None and param is not None:
            self._claim(path, param, ctx)
        return path

    def _claim(self, path: Path, param: click.Parameter, ctx: click.Context) -> None:
        if path != STDOUT and path.exists() and not path.is_file():
            return  # a device takes it all
        key = "-" if path == STDOUT else os.path.realpath(path)
        label = max(param.opts, key=len)
        taken = ctx.find_root().meta.setdefault("knockon.outputs", {})
        if taken.setdefault(key, label) != label:
            what = "standard output" if path == STDOUT else repr(clip(str(path)))
            self.fail(f"{what} is where {taken[key]} writes, too; name two files", param, ctx)


SOURCE = _Input(as_path=False)
INPUT = _Input(as_path=True)


def choose_form(path: Path, forms: Sequence[str]) -> str:
    """The form of these that the suffix of a file says; the first where it says none of them."""
    told = FORMS.get(path.suffix.lower(), "")
    return told if told in forms else forms[0]


def check_suffix(path: Path, form: str) -> None:
    """Raise InputError where the suffix of the file says that it holds something else."""
    told = FORMS.get(path.suffix.lower(), form)
    if told != form:
        known = ("json", "csv", "parquet", "markdown", *PICTURES)
        say = f"--format {told}, or " if told in known else ""
        raise InputError(
            f"{clip(str(path))}: is to hold {form}, which its suffix {path.suffix} contradicts; "
            f"expected {say}another name"
        )


def name_stdin(message: str) -> str:
    """The message, with standard input by that name and not by the file that keeps it."""
    return re.sub(r"[^\s'\"]*knockon-stdin\.\w+[/\\]content[/\\]stdin", "stdin", message)


def _keep_stdin(root: click.Context) -> str:
    """The path of a file that holds standard input as long as the command runs."""
    if "knockon.stdin" in root.meta:
        raise click.UsageError("-: standard input can be read once; save it in a file")
    root.meta["knockon.stdin"] = True
    if sys.stdin is None:
        raise InputError("-: standard input is closed; expected something to read")
    try:
        path = root.with_resource(Scratch("stdin")) / "stdin"
        with path.open("wb") as file:
            _copy(sys.stdin.buffer, file)
    except OSError as fault:
        raise InputError(f"-: cannot keep standard input: {fault.strerror or fault}") from None
    return str(path)


def _copy(stream: IO[bytes], file: IO[bytes]) -> None:
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > _MOST:
            raise InputError(f"-: at most {_MOST:,} bytes of standard input are read")
        file.write(piece)
