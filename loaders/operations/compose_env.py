"""Variables of Docker Compose: the file `.env`, and `${NAME:-default}` in values.

https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md. Only the file counts,
never the environment of the machine that reads it: the same files give the same graph everywhere.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.text import decode

MAX_BYTES = 1024 * 1024
MAX_LENGTH = 64 * 1024  # of a value with all its variables put in
MAX_DEPTH = 16
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*[=:]\s*(.*)")
_VARIABLE = re.compile(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|(\{))")
_BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])(.*))?", re.DOTALL)
_INLINE_COMMENT = re.compile(r"\s#.*")


def read_env(path: Path) -> dict[str, str]:
    """The variables of a `.env` file, those that they name put in; empty where there is no file."""
    if not path.is_file():
        return {}
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name}: more than {MAX_BYTES:,} bytes of variables")
    found: dict[str, str] = {}
    for number, line in enumerate(decode(path.read_bytes(), path.name).splitlines(), start=1):
        parts = _LINE.match(line)
        if not parts or line.lstrip().startswith("#"):
            continue
        name, value = parts[1], parts[2].strip()
        if len(value) > 1 and value.startswith("'") and "'" in value[1:]:
            found[name] = value[1 : value.index("'", 1)]
            continue
        if len(value) > 1 and value.startswith('"') and '"' in value[1:]:
            value = value[1 : value.index('"', 1)]
        else:
            value = _INLINE_COMMENT.sub("", value).rstrip()
        found[name] = interpolate(value, found, f"{path.name}:{number}")
    return found


def interpolate(
    text: str,
    variables: Mapping[str, str],
    place: str,
    missing: Callable[[str], None] | None = None,
) -> str:
    """The text with its variables put in; one that is unset is empty, and told to `missing`.

    Raises InputError for `${` that is not closed or holds no name, and for values that grow
    beyond MAX_LENGTH.
    """
    return _put_in(text, variables, place, missing or (lambda name: None), 0)


def _put_in(
    text: str, variables: Mapping[str, str], place: str, missing: Callable[[str], None], depth: int
) -> str:
    if depth > MAX_DEPTH:
        raise InputError(f"{place}: variables nested deeper than {MAX_DEPTH}")
    parts, at, size = [], 0, 0
    while found := _VARIABLE.search(text, at):
        parts.append(text[at : found.start()])
        at = found.end()
        if found[1]:
            parts.append("$")
        elif found[2]:
            parts.append(_value(found[2], variables, missing))
        else:
            end = _find_closing(text, at, place)
            parts.append(_put_in_braced(text[at:end], variables, place, missing, depth))
            at = end + 1
        size += len(parts[-1]) + len(parts[-2])
        if size > MAX_LENGTH:
            raise InputError(f"{place}: variables make more than {MAX_LENGTH:,} characters")
    return "".join([*parts, text[at:]])


def _put_in_braced(
    inner: str, variables: Mapping[str, str], place: str, missing: Callable[[str], None], depth: int
) -> str:
    parts = _BRACED.fullmatch(inner)
    if not parts:
        raise InputError(f"{place}: expected ${{NAME}} with a name, found {clip(inner, 40)!r}")
    name, how, word = parts[1], parts[2] or "", parts[3] or ""
    value = variables.get(name)
    is_set = bool(value) if how.startswith(":") else value is not None
    if how.endswith("-") and not is_set:
        return _put_in(word, variables, place, missing, depth + 1)
    if how.endswith("+"):
        return _put_in(word, variables, place, missing, depth + 1) if is_set else ""
    return _value(name, variables, missing)


def _value(name: str, variables: Mapping[str, str], missing: Callable[[str], None]) -> str:
    if name not in variables:
        missing(name)
    return variables.get(name, "")


def _find_closing(text: str, start: int, place: str) -> int:
    """Where the brace that was opened before `start` closes."""
    depth = 1
    for at in range(start, len(text)):
        if text.startswith("${", at):
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
    raise InputError(f"{place}: ${{ without }}: {clip(text, 60)!r}")
