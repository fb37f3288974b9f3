"""How tables of what websites stand on are told, and of which service each is."""

import re

from knockon.graph.errors import InputError
from knockon.loaders.parsing.source import Source

_ROW = re.compile(
    r"\d+,[^,\s]+,[^,\n]+,(?:[^,\n]+,)?(third|pvt|private|unknown)(,[^,\n]*)?\s*", re.IGNORECASE
)
HEAD = re.compile(r"rank\s*,\s*(site|website|domain)", re.IGNORECASE)
_SITES = re.compile(r"\d+,[^,\s]+\s*")
_TOKEN = re.compile(r"(?:^|[^a-z])(dns|cdn|ca)(?:dep)?(?:[^a-z]|$)")


def is_webdeps(source: Source) -> bool:
    """Whether a file is such a table, or a folder holds one, told from its first lines."""
    if source.is_folder:
        named = [n for n in sorted(source.names) if _TOKEN.search(n.lower())]
        return any(role_of(source.member(n), strict=False) for n in named)
    return _is_table(source.head_text)


def role_of(source: Source, *, strict: bool = True) -> str:
    """`dns`, `cdn`, `ca`, `sites`, `dns_detail` (a line per name server), else empty.

    strict: raise InputError where the table does not tell of which service it is.
    """
    if source.is_folder:
        return ""
    head = source.head.decode("utf-8", "replace")
    lines = [line for line in head.splitlines()[:-1] or head.splitlines() if line.strip()]
    if not _is_table(head):
        plain = "site" in source.name.lower() and all(map(_SITES.fullmatch, lines[:20]))
        return "sites" if plain and lines else ""
    last = [line.rpartition(",")[2].strip().lower() for line in lines[1:20] or lines]
    if all(word in ("true", "false") for word in last):
        return "ca"
    named = _TOKEN.search(source.name.lower())
    if named:
        return "dns_detail" if named[1] == "dns" and all("." in w for w in last) else named[1]
    if not strict:
        return ""
    raise InputError(
        f"{source.name}: of which service are these providers? expected a file name with dns, cdn "
        "or ca, such as us-dns-202304"
    )


def _is_table(head: str) -> bool:
    lines = [line for line in head.splitlines()[:21] if line.strip()]
    lines = lines[1:] if lines and HEAD.match(lines[0]) else lines
    fits = sum(bool(_ROW.fullmatch(line)) for line in lines[:20])
    return bool(lines) and fits * 2 >= len(lines[:20])  # real tables have broken lines
