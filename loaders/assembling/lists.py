"""Lists in the text of a cell: what parts them, and what of a name only looks like it does.

Commas part a list only where something says that they do, since names of companies hold them, too;
slashes, `and` and blanks only where each part is known to stand alone.
"""

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from knockon.graph.errors import clip
from knockon.graph.model.tables import Finding

BLANKS = (
    "n/a", "#n/a", "n.a.", "n.a", "not applicable", "none", "null", "nil", "-", "--", "---",
    "–", "—", "tbd", "?", "nan",
)  # fmt: skip
MARKS = (";", "\n", "|", ",", "[", "{")
WEAK_MARKS = ("/", "+", "&", " ")
_WEAK = re.compile(r"\s*(?:/|\+|&|\band\b)\s*")
_ENTITY = re.compile(r"&#?\w{1,10};")  # of HTML: its semicolon parts nothing
_LEGAL = re.compile(
    r"(?:inc|incorporated|llc|l\.l\.c|ltd|limited|corp|corporation|co|company|plc|llp|lp|l\.p|gmbh"
    r"|ag|kg|se|s\.?a|sas|s\.?a\.?s|sarl|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|ab|as|asa|aps|oy|oyj|pty"
    r"|pte|kk|k\.k|pbc|jr|sr)\.?(?:\s.*)?",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[\[{]([^\[\]{}]*)[\]}]")
_KEYS = ("id", "ref", "key", "sys_id", "value", "entity", "name", "service", "target", "provider")
_NAMES = ("name", "display_value", "displayName", "title", "label")


@dataclass
class Listed:
    """What was met in lists: names beside ids, and cells that were left whole."""

    names: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)

    def tell(self, report: list[Finding], cells: int, rows: int) -> None:
        """Add to the report how many cells became how many rows, and what was left whole."""
        if cells:
            reason = f"a row with a list in a cell: {rows:,} dependencies, one for each item"
            report.append(Finding("note", cells, reason))
        if self.unread:
            reason = "a key of an item in a list that is not read"
            shown = tuple(f"{clip(key, 40)}: {n:,}" for key, n in self.unread.most_common(5))
            report.append(Finding("note", self.unread.total(), reason, shown))
        if self.kept:
            reason = "a cell with a separator is read as one name (a JSON list is read as several)"
            shown = tuple(dict.fromkeys(self.kept))
            report.append(Finding("note", len(self.kept), reason, shown[:5]))


def split_items(value: Any, listed: bool, alone: set[str], seen: Listed) -> list[str] | None:
    """The things that a cell names, None where it names none. Raises ValueError with the reason."""
    if value is None:
        return None
    if isinstance(value, list):
        found = [text for item in value for text in [_name_item(item, seen)] if text]
        return found or None
    if isinstance(value, dict):
        text = _name_item(value, seen)
        return [text] if text else None
    if not isinstance(value, str):
        return [str(value)]
    text = value.strip()
    if text[:1] in ("[", "{"):
        parsed = parse_literal(text)
        if parsed is not None:
            return split_items(parsed, True, alone, seen)
    return _split_parts(text, listed, alone, seen)


def parse_literal(text: str) -> Any:
    """The list or object that a text holds: JSON, or as Python, YAML and PostgreSQL write lists."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        inside = _BRACKETS.fullmatch(text)
        if not inside or ("," not in text and "'" not in text and '"' not in text):
            return None
        return [part.strip().strip("'\"") for part in inside[1].split(",")]
    return value if isinstance(value, list | dict) else None


def _name_item(item: Any, seen: Listed) -> str | None:
    """The id that an item of a list stands for."""
    if isinstance(item, dict):
        key = next((k for k in _KEYS if isinstance(item.get(k), str | int) and item[k] != ""), None)
        if key is None:
            known = ", ".join(_KEYS[:4])
            raise ValueError(
                f"expected an id, found an object without one ({known}): "
                f"{clip(json.dumps(item, ensure_ascii=False), 60)}"
            )
        seen.unread.update(k for k in item if k not in (*_KEYS, *_NAMES, "link"))
        identifier = str(item[key]).strip()
        name = next((item[k] for k in _NAMES if isinstance(item.get(k), str)), None)
        if name and name != identifier:
            seen.names.setdefault(identifier, name)
        return identifier
    if isinstance(item, list):
        raise ValueError(f"expected a list of ids, found a list in it: {clip(str(item), 60)}")
    text = None if item is None else str(item).strip()
    return text if text and text.lower() not in BLANKS else None


def _split_parts(text: str, listed: bool, alone: set[str], seen: Listed) -> list[str] | None:
    """The parts of a text between separators, where these part a list."""
    for mark in ("\n", ";", "|", ","):
        if mark not in text or (mark == ";" and _ENTITY.search(text)):
            continue
        parts = [p.strip().lstrip("•·*").strip() for p in text.split(mark)]
        parts = join_forms(parts) if mark == "," else [p for p in parts if p]
        if len(parts) < 2:
            if mark != ",":
                text = parts[0] if parts else ""
            continue
        sure = mark in ("\n", ";") or listed or (mark == "|" and (" | " in text or "||" in text))
        sure |= any("," in part for part in parts[:-1])  # a legal form, and more behind it
        if not sure and not any(part in alone for part in parts):
            seen.kept.append(repr(clip(text, 60)))
            return [text]
        inner = (
            [_split_parts(part, listed, alone, seen) for part in parts] if mark != "," else [parts]
        )
        return [p for ps in inner for p in ps or [] if p.lower() not in BLANKS] or None
    return [text] if text else None


def join_forms(parts: list[str]) -> list[str]:
    """The parts, each with the legal form that a comma parted from it: `Stripe, Inc.`"""
    whole: list[str] = []
    for part in (p.strip() for p in parts):
        if whole and _LEGAL.fullmatch(part):
            whole[-1] += f", {part}"
        elif part:
            whole.append(part)
    return whole


def split_weakly(text: str, listed: bool, alone: Collection[str]) -> list[str] | None:
    """The parts of a text between slashes, `+`, `&` and `and`, or in a column of lists blanks, if
    each of them is known to stand alone; None for any other text.
    """
    for parts in (_WEAK.split(text.strip()), text.split() if listed else ()):
        if len(parts) > 1 and all(part in alone for part in parts):
            return list(parts)
    return None
