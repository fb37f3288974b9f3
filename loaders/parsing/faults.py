"""Whatever goes wrong while a source is read, as one error that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.place import hide_password


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
