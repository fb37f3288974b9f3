"""The known formats, in the order in which they are tried. A reader is imported when chosen."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import Tables
from knockon.loaders.formats import Format
from knockon.loaders.graphfiles import formats as graphfiles
from knockon.loaders.native import formats as native
from knockon.loaders.operations import formats as operations
from knockon.loaders.parsing.source import Source, SourceLike, hide_password
from knockon.loaders.parsing.text import name_binary
from knockon.loaders.registers import formats as registers
from knockon.loaders.software import formats as software

_FORMATS = (
    *native.FIRST,
    *registers.FORMATS,
    *software.FORMATS,
    *operations.FORMATS,
    *graphfiles.FORMATS,
    *native.LAST,
)


def formats() -> tuple[Format, ...]:
    """Every known format, in the order in which they are tried."""
    return _FORMATS


def find_format(source: SourceLike) -> Format:
    """The format of a file, a folder or an address (`postgresql://...`), told from its content.

    Raises InputError where nothing is there, it cannot be read, or no format fits.
    """
    source = Source.of(source)
    binary = not source.is_parquet and name_binary(source.head) is not None
    for known in _FORMATS:
        if known.binary >= binary and known.matches(source):
            return known
    source.refuse_binary()
    raise InputError(f"{source.place}: {_what_came(source)}; known: {_signs(source)}")


def read(source: SourceLike, options: Mapping[str, Any] | None = None) -> Tables:
    """The tables of one source, as its reader gives them: not checked yet.

    options: of these, the reader gets those that its format takes (`Format.options`)
    Raises InputError, and nothing else, where the source cannot be read.
    """
    source = Source.of(source)
    chosen = find_format(source)
    reader = getattr(import_module(chosen.module), f"read_{chosen.name}")
    given = {name: value for name, value in (options or {}).items() if name in chosen.options}
    with one_error(source.place):
        tables: Tables = reader(source, **given)
        return tables
    raise AssertionError("unreachable")


@contextmanager
def one_error(path: Path | str) -> Iterator[None]:
    """Whatever goes wrong while reading this source becomes an InputError that names it."""
    path = hide_password(path)
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read: {clip(reason, 200)}") from error
    except pl.exceptions.PanicException as error:  # not an Exception: a bug of polars, met by bytes
        raise InputError(f"{path}: cannot be read: {clip(str(error), 200)}") from None
    except (RecursionError, MemoryError) as error:
        raise InputError(f"{path}: nested too deeply, or too large, to be read") from error


def _what_came(source: Source) -> str:
    if source.address:
        return "an address of no known kind"
    if source.is_folder:
        held = some((repr(clip(n)) for n in sorted(source.names)), 5) or "nothing"
        return f"a folder of no known format; it holds {held}"
    if source.looks_like_json:
        keys = some((repr(clip(k, 40)) for k in source.json_keys), 8) or "none"
        return f"JSON of no known format; its keys are {keys}"
    return f"text of no known format; it starts with {clip(source.first_line, 60)!r}"


def _signs(source: Source) -> str:
    """The names of the formats that it might have been: those in JSON where JSON came."""
    near = [f.name for f in _FORMATS if "JSON" in f.sign or not source.looks_like_json]
    return f"{', '.join(near)} (`knockon sources` tells what each looks like)"
