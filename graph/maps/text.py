"""Text in pictures: how wide it is, where it breaks, and what may stand in an XML document."""

import unicodedata
from html import escape as _escape

# Advance widths of Helvetica in thousandths of the font size (Adobe core font metrics), by class.
_WIDTHS = {
    **dict.fromkeys("ijl'", 222), **dict.fromkeys("ft./,:;!|I[] ", 278),
    **dict.fromkeys("r()-", 333),
    **dict.fromkeys("cksvxyzJ", 500), **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRU", 722), **dict.fromkeys("GOQ", 778), **dict.fromkeys("FTZL", 611),
    **dict.fromkeys("mM", 833), "w": 722, "W": 944, "@": 1015, "%": 889, "→": 1000, "…": 1000,
}  # fmt: skip
_SLACK = 1.10  # other fonts than Helvetica are wider
_UNITS = frozenset(("%", "h", "d", "min"))  # stay with the figure before them
_JOINERS = "\u200c\u200d"  # scripts need them; every other invisible character goes


def clean(text: str, limit: int = 600) -> str:
    """The text in one line, without characters that are invisible, reorder text, or break XML."""
    kept = []
    for ch in text[: 4 * limit]:
        if ch.isspace():
            kept.append(" ")
        elif ch in _JOINERS or unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Cn", "Co"):
            kept.append(ch)
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def xml(text: str) -> str:
    """The text as content of an element or a quoted attribute."""
    return _escape(clean(text, 4000), quote=True)


def width(text: str, size: float) -> float:
    """About how wide the text is at a font size, in the same unit; rather too wide."""
    total = 0
    for ch in text:
        if ch in _WIDTHS:
            total += _WIDTHS[ch]
        elif unicodedata.combining(ch):
            continue
        else:
            total += (
                1000
                if unicodedata.east_asian_width(ch) in "WF"
                else 600
                if ord(ch) > 0x24F
                else 556
            )
    return total / 1000 * size * _SLACK


def fit(text: str, size: float, room: float) -> str:
    """The text, cut with an ellipsis where it is wider than the room."""
    if width(text, size) <= room:
        return text
    short = text
    while short and width(short + "…", size) > room:
        short = short[:-1]
    return short.rstrip() + "…"


def wrap(text: str, size: float, room: float, lines: int) -> list[str]:
    """The text on at most so many lines, broken between words; the last is cut if it must be."""
    words: list[str] = []
    for word in text.split(" "):
        if words and word.strip(",;:.)") in _UNITS:
            words[-1] += f" {word}"
        else:
            words.append(word)
    done: list[str] = []
    while words and len(done) < lines - 1:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size) <= room:
            line += " " + words.pop(0)
        done.append(fit(line, size, room))
    if words:
        done.append(fit(" ".join(words), size, room))
    return done or [""]
