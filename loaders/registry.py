"""The known formats, in the order in which they are tried. A reader is imported when chosen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.tables import Tables
from knockon.loaders.probe import Probe, probe, refuse_binary

_NATIVE_EXPORT = "`knockon load SOURCE -o FOLDER` writes it; so does any spreadsheet"


@dataclass(frozen=True)
class Format:
    """A kind of source: how to tell it, what it becomes, and where to get it.

    `module` holds a function `read_<name>(path) -> Tables`. `sign` says in words what `matches`
    looks for.
    """

    name: str
    what: str
    entities: str
    dependencies: str
    export: str
    sign: str
    module: str
    matches: Callable[[Probe], bool] = field(repr=False)


def _is_native_folder(seen: Probe) -> bool:
    return bool({"dependencies.csv", "dependencies.parquet"} & seen.names)


def _is_fedramp(seen: Probe) -> bool:
    return any(key in seen.json_keys for key in ("data.Products", "data.ReuseMapping"))


def _is_yaml(seen: Probe) -> bool:
    if seen.looks_like_json:
        return False
    return seen.suffix in (".yaml", ".yml") or any(
        line.startswith(("dependencies:", "entities:")) for line in seen.text.splitlines()
    )


def _is_csv(seen: Probe) -> bool:
    if seen.suffix == ".csv" and not seen.looks_like_json:
        return True
    return {"dependent", "provider"} <= {c.strip(' "') for c in seen.first_line.split(",")}


_FORMATS = (
    Format(
        "folder", "knockon's own tables: a folder of CSV or Parquet files",
        "rows of entities.csv (may be absent)", "rows of dependencies.csv", _NATIVE_EXPORT,
        "a folder with dependencies.csv or dependencies.parquet",
        "knockon.loaders.native", _is_native_folder,
    ),
    Format(
        "parquet", "knockon's dependencies in one Parquet file",
        "every dependent and provider", "each row", _NATIVE_EXPORT,
        "a Parquet file with columns dependent and provider",
        "knockon.loaders.native_parquet", lambda seen: seen.is_parquet,
    ),
    Format(
        "fedramp", "FedRAMP Marketplace: the cloud market of the US government",
        "offerings, their operators, and the agencies that use them",
        "agency uses offering, offering uses offering, offering operated_by operator",
        "download data.json of github.com/GSA/marketplace-fedramp-gov-data",
        "a JSON object with data.Products",
        "knockon.loaders.fedramp", _is_fedramp,
    ),
    Format(
        "yaml", "knockon's own tables in one YAML file",
        "items of `entities` (may be absent)", "items of `dependencies`", "written by hand",
        "YAML with a list `dependencies`",
        "knockon.loaders.native_yaml", _is_yaml,
    ),
    Format(
        "csv", "knockon's dependencies in one CSV file",
        "every dependent and provider", "each row", _NATIVE_EXPORT,
        "CSV with columns dependent and provider",
        "knockon.loaders.native", _is_csv,
    ),
)  # fmt: skip


def formats() -> tuple[Format, ...]:
    """Every known format, in the order in which they are tried."""
    return _FORMATS


def find_format(path: Path | str) -> Format:
    """The format of a file or folder, told from its content.

    Raises InputError where nothing is there, it cannot be read, or no format fits.
    """
    seen = probe(Path(path))
    refuse_binary(seen)
    for known in _FORMATS:
        if known.matches(seen):
            return known
    raise InputError(f"{seen.path}: {_what_came(seen)}; known: {_signs(seen)}")


def read(path: Path | str) -> Tables:
    """The tables of one source, as its reader gives them: not checked yet.

    Raises InputError, and nothing else, where the source cannot be read.
    """
    source = Path(path)
    chosen = find_format(source)
    reader = getattr(import_module(chosen.module), f"read_{chosen.name}")
    with one_error(source):
        tables: Tables = reader(source)
        return tables
    raise AssertionError("unreachable")


@contextmanager
def one_error(path: Path) -> Iterator[None]:
    """Whatever goes wrong while reading this path becomes an InputError that names it."""
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


def _what_came(seen: Probe) -> str:
    if seen.is_folder:
        held = some((repr(clip(n)) for n in sorted(seen.names)), 5) or "nothing"
        return f"a folder of no known format; it holds {held}"
    if seen.looks_like_json:
        keys = some((repr(clip(k, 40)) for k in seen.json_keys), 8) or "none"
        return f"JSON of no known format; its keys are {keys}"
    return f"text of no known format; it starts with {clip(seen.first_line, 60)!r}"


def _signs(seen: Probe) -> str:
    """What the known formats look like; only those in JSON where JSON came."""
    near = [f for f in _FORMATS if "JSON" in f.sign or not seen.looks_like_json]
    return "; ".join(f"{known.name} ({known.sign})" for known in near)
