"""How lists of sub-processors are told, and in which form they are."""

import re
from itertools import pairwise

from knockon.loaders.parsing.source import Source

WORD = re.compile(r"sub[\s_-]?processors?", re.IGNORECASE)
RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?")


def is_list(source: Source) -> bool:
    """Whether this text is a table that speaks of sub-processors, in its head, heading or name."""
    text = source.head_text
    if not text or source.looks_like_json:
        return False
    named = WORD.search(source.stem) is not None
    if is_html(text) or has_markdown(text):
        return named or WORD.search(text) is not None
    # blanks run together: patterns try each of a thousand in vain
    head = [" ".join(h.strip('"').split()) for h in re.split(r"[,;\t]", source.first_line)]
    words = {h.lower() for h in head}
    if len(head) < 2 or {"dependent", "provider"} <= words:
        return False
    says = any(WORD.fullmatch(re.sub(r"(?i)\s*(legal )?name$|^name of ", "", h)) for h in head)
    return says or (named and bool(words & {"name", "vendor", "entity", "company", "purpose"}))


def is_html(text: str) -> bool:
    start = text[:4000].lstrip().lower()
    return start.startswith(("<!doctype html", "<html")) or "<table" in text[:200_000].lower()


def has_markdown(text: str) -> bool:
    """Whether a line with bars stands above a line of dashes."""
    lines = text.splitlines()
    return any(
        "|" in above and "-" in rule and RULE.fullmatch(rule.strip()) is not None
        for above, rule in pairwise(lines)
    )
