"""How lists of sub-processors are told, and in which form they are."""

import re
from itertools import pairwise

from knockon.loaders.parsing.source import Source

# German, French, Spanish and Italian as the translations of the GDPR's Article 28 have it
WORD = re.compile(
    r"sub[\s_-]?processors?|unterauftrags(?:verarbeiter|datenverarbeiter)[ns]?"
    r"|sous[\s_-]traitants?(?:\s+ult[ée]rieurs?)?|sub[\s_-]?encargados?(?:\s+del\s+tratamiento)?"
    r"|sub[\s_-]?responsabil[ei](?:\s+del\s+trattamento)?",
    re.IGNORECASE,
)
FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n.*?^---[ \t]*$", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"^title:\s*[\"']?(.{1,300}?)[\"']?\s*$", re.MULTILINE)
_ITEM = re.compile(r"^ {0,3}([-*+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
_HEADING = re.compile(rf"^(#{{1,6}} .*|title: .*){WORD.pattern}", re.IGNORECASE | re.MULTILINE)
_DATA = (".yaml", ".yml", ".csv", ".tsv", ".py", ".toml", ".ini")  # where items are no lists
# what may stand beside the word in a head of names
_BESIDE = {
    "name", "names", "of", "the", "legal", "third", "party", "entity", "company", "vendor", "our",
    "authorised", "authorized", "approved", "full", "s", "des", "der", "die", "du", "de", "del",
    "los", "nom", "nombre", "nome",
}  # fmt: skip
_PLAIN = {"name", "vendor", "entity", "company", "purpose"}
HEAD_LINES = 8  # within which the head of a table is looked for
RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?")


def is_list(source: Source) -> bool:
    """Whether this text is a table that speaks of sub-processors, in its head, heading or name."""
    text = source.head_text
    if not text or source.looks_like_json:
        return False
    named = WORD.search(source.stem) is not None
    if is_html(text) or has_markdown(text):
        return named or WORD.search(text) is not None
    if has_items(source):
        return True
    for line in text.splitlines()[:HEAD_LINES]:
        if _is_head(line, named):
            return True
        named = named or WORD.search(line) is not None  # a title above the head
    return False


def _is_head(line: str, named: bool) -> bool:
    """Whether a line of CSV is the head of such a table; named: file or title are called so."""
    # blanks run together: patterns try each of a thousand in vain
    cells = re.split(r"[,;\t]", line.strip("\r\n\ufeff"))
    head = [" ".join(re.sub(r'["_]', " ", h).lower().split()) for h in cells]
    if len(head) < 2 or {"dependent", "provider"} <= set(head):
        return False
    says = [h for h in head if WORD.search(h) and set(WORD.sub(" ", h).split()) <= _BESIDE]
    return bool(says) or (named and bool(_PLAIN & set(head)))


def has_items(source: Source) -> bool:
    """Whether this is Markdown with lists, and a heading or the file says what they list."""
    text = source.head_text
    if source.suffix in _DATA or is_html(text) or not _ITEM.search(text):
        return False
    return WORD.search(source.stem) is not None or _HEADING.search(text) is not None


def title_of_front_matter(text: str) -> str:
    """`Acme Subprocessors` of a first block that says `title: Acme Subprocessors`."""
    head = FRONT_MATTER.match(text)
    title = _TITLE.search(head[0]) if head else None
    return title[1] if title else ""


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
