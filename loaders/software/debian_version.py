"""Which of two Debian versions is higher (Debian Policy Manual, section 5.6.12), and whether one is
what a relationship asks for (section 7.1)."""

import re

_PART = re.compile(r"(\D*)(\d*)")
_RELATION = re.compile(r"\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s()]+)\s*\)")
_END = 0  # an end sorts before everything but a tilde


def version_key(version: str) -> tuple[object, ...]:
    """A key by which versions sort as dpkg sorts them. Any text has one."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal() or not epoch.isascii():
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    return _number(epoch), _key(upstream), _key(revision)


def fulfils(version: str, relation: str) -> bool:
    """Whether a version is one that a relation such as `(>= 1.2)` asks for.

    `<` and `>` mean `<=` and `>=`, as they once did. True where either says nothing that compares.
    """
    asked = _RELATION.fullmatch(relation)
    if not asked or not version:
        return True
    mine, theirs = version_key(version), version_key(asked[2])
    match asked[1]:
        case "<<":
            return mine < theirs
        case "<=" | "<":
            return mine <= theirs
        case "=":
            return mine == theirs
        case ">>":
            return mine > theirs
        case _:
            return mine >= theirs


def read_provided(relation: str) -> str:
    """The version in which a name is provided, empty for none: only `=` states one (7.5)."""
    stated = _RELATION.fullmatch(relation)
    return stated[2] if stated and stated[1] == "=" else ""


def _key(text: str) -> tuple[object, ...]:
    parts = [
        ((*map(_order, letters), _END), _number(digits))
        for letters, digits in _PART.findall(text)
        if letters or digits
    ]
    return (*parts, ((_END,), _number("")))


def _number(digits: str) -> tuple[int, str]:
    """A number of any length: by its length, then digit by digit."""
    plain = digits.lstrip("0")
    return len(plain), plain


def _order(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 0x110000
