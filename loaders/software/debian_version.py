"""Which of two Debian versions is higher (Debian Policy Manual, section 5.6.12)."""

import re

_PART = re.compile(r"(\D*)(\d*)")
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
