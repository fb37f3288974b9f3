"""Addresses of databases: their parts, messages without passwords, and rows as tables."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.parsing.place import hide_password

MAX_ROWS = 20_000_000
NEEDED = ("dependent", "provider")
_PARTS = re.compile(
    r"[^:]+://(?:(?P<user>[^/@:]*)(?::(?P<password>.*))?@)?(?P<place>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Address:
    """`scheme://user:password@place`; user and password are decoded, `text` is as given."""

    text: str
    user: str
    password: str
    place: str

    @property
    def shown(self) -> str:
        return hide_password(self.text)


def parse_address(text: str) -> Address:
    """The parts of an address. Raises InputError, without the password, where they are unclear."""
    parts = _PARTS.fullmatch(text)
    if not parts:
        raise InputError(
            f"{hide_password(text)}: expected an address such as postgresql://user@host/base"
        )
    password = parts["password"] or ""
    for sign, code in (("@", "%40"), ("/", "%2F"), ("?", "%3F"), ("#", "%23")):
        if sign in password:
            raise InputError(
                f"{hide_password(text)}: the password holds {sign!r}; write it as {code}"
            )
    if re.search(r"%(?![0-9A-Fa-f]{2})", password):
        raise InputError(f"{hide_password(text)}: the password holds '%'; write it as %25")
    return Address(text, unquote(parts["user"] or ""), unquote(password), parts["place"])


@contextmanager
def hide_secrets(address: Address) -> Iterator[None]:
    """Any error of a database driver becomes an InputError without the password in it."""
    try:
        yield
    except (InputError, ImportError):
        raise
    except Exception as error:  # drivers have base classes of their own
        text = str(error)
        raw = re.search(r"://[^/@:]*:([^@]*)@", address.text)
        for secret in (address.text, raw[1] if raw else "", address.password):
            if secret:
                text = text.replace(secret, "***")
        raise InputError(f"{address.shown}: {clip(hide_password(text), 300)}") from None


def refuse_missing_extra(address: str, extra: str) -> NoReturn:
    """The error for a driver that is not installed."""
    raise InputError(
        f"{hide_password(address)}: needs an extra: pip install 'knockon[{extra}]'"
    ) from None


def need_query(query: str | None, address: str, example: str) -> str:
    """The query, or an error that shows one."""
    if not query or not query.strip():
        raise InputError(
            f"{hide_password(address)}: expected --query with rows of dependencies: {example}"
        )
    return query.strip().rstrip(";").rstrip()


def build_dependencies(
    frame: pl.DataFrame, mapping: Mapping[str, str] | None, address: str
) -> pl.DataFrame:
    """Rows of a query with our names of columns, and where each row stands.

    Raises InputError for a column that the mapping names but the query does not give, for missing
    `dependent` and `provider`, and for more than MAX_ROWS rows.
    """
    place = hide_password(address)
    if frame.height > MAX_ROWS:
        raise InputError(f"{place}: more than {MAX_ROWS:,} rows; narrow the query")
    for theirs in mapping or {}:
        if theirs not in frame.columns:
            hint = did_you_mean(theirs, frame.columns)
            raise InputError(f"{place}: --map: the query gives no column {clip(theirs)!r}{hint}")
    named = frame.rename(dict(mapping or {}), strict=True)
    for name in NEEDED:
        if name not in named.columns:
            have = some((repr(clip(c, 40)) for c in frame.columns), 8) or "none"
            raise InputError(
                f"{place}: the query needs a column {name!r}; it gives {have} "
                f"(name it with AS, or --map THEIRS={name})"
            )
    binary = [n for n, dtype in named.schema.items() if dtype == pl.Binary]
    if binary:
        raise InputError(
            f"{place}: column {clip(binary[0])!r} holds bytes; cast it to text in the query"
        )
    rows = named.drop(FILE, LINE, strict=False)
    if "source" not in rows.columns:
        rows = rows.with_columns(pl.lit(place).alias("source"))
    return rows.with_columns(pl.lit("query").alias(FILE), pl.int_range(1, pl.len() + 1).alias(LINE))
