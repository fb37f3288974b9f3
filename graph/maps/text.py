"""Text in pictures: how wide it is, where it breaks, and what may stand in an XML document."""

import unicodedata
from html import escape as _escape

# Advance widths of Helvetica in thousandths of the font size (Adobe core font metrics), by class.
_WIDTHS = {
    **dict.fromkeys("ijl'", 222), **dict.fromkeys("ft./,:;!|I[] ", 278),
    **dict.fromkeys("r()-", 333),
    **dict.fromkeys("cksvxyzJ", 500), **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRU", 722), **dict.fromkeys("GOQ", 778), **dict.fromkeys("FTZL", 611),
    **dict.fromkeys("mM", 833), "w": 722, "W": 944, "@": 1015, "%": 889, "→": 1000,
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
    if len(line) <= limit:
        return line
    said = f" ({len(text):,} characters)"  # of a file that means harm
    return line[: limit - len(said)] + said


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


def wrap(text: str, size: float, room: float) -> list[str]:
    """The text on as many lines as it takes, broken between words, or within one too long."""
    words: list[str] = []
    for word in text.split(" "):
        if words and word.strip(",;:.)") in _UNITS:
            words[-1] += f" {word}"
        else:
            words.append(word)
    done: list[str] = []
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if width(longer, size) <= room:
            line = longer
            continue
        if line:
            done.append(line)
        while width(word, size) > room and len(word) > 1:
            cut = _count_fitting(word, size, room)
            done.append(word[:cut])
            word = word[cut:]
        line = word
    return [*done, line] if line or not done else done


def _count_fitting(word: str, size: float, room: float) -> int:
    """How many characters of a word fit, 1 at least; rather up to a mark inside it, as in a URL."""
    cut = 1
    while cut < len(word) and width(word[: cut + 1], size) <= room:
        cut += 1
    mark = max(word.rfind(ch, 1, cut) for ch in "-_/.@:") + 1
    return mark if mark > cut / 2 else cut


def settle(
    text: str, room: float, lines: int = 3, sizes: tuple[float, ...] = (12.0, 11.0, 10.0)
) -> tuple[list[str], float]:
    """The text on at most so many lines in the largest size that it fits in, rather with every word
    whole; in the smallest on as many as it takes. Nothing is cut."""
    longest = max(text.split(" "), key=len)
    for whole in (True, False):
        for size in sizes:
            found = wrap(text, size, room)
            if len(found) <= lines and (not whole or width(longest, size) <= room):
                return found, size
    return found, size
