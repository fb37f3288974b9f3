"""Figures and kinds in words: what sentences, tables and pictures have in common."""

import math
import re
from collections.abc import Sequence

_PLURAL = {
    "unknown": "entities",
}
_SINGULAR = {"unknown": "entity"}
_PLACES = 3  # decimals at most
_CAPITALS = {word: word.upper() for word in ("dns", "cdn", "ict", "vpn", "api", "iam", "sso")}


_RELATIONS = {
    "authenticates_with": "authenticates with",
    **{f"{word}_by": f"is {word} by" for word in (
        "resolved", "delivered", "certified", "supplied", "operated",
    )},
    "hosted_on": "is hosted on",
}  # fmt: skip


def relation_name(relation: str) -> str:
    """`is hosted on`, `uses`: what stands between a dependent and its provider in a sentence."""
    return _RELATIONS.get(relation, relation.replace("_", " "))


def kind_name(kind: str, number: int) -> str:
    """The word for so many entities of a kind."""
    words = " ".join(_CAPITALS.get(word, word) for word in kind.split("_"))
    return _SINGULAR.get(kind, words) if number == 1 else _PLURAL.get(kind) or plural(words)


def plural(words: str) -> str:
    """`branches`, `authorities`, `gateways`, of English words in their regular form."""
    if re.search("(s|x|z|ch|sh)$", words):
        return f"{words}es"
    return f"{words[:-1]}ies" if re.search("[^aeiou]y$", words) else f"{words}s"


def kind_name_among(kind: str, number: int) -> str:
    """The same beside other kinds: `2 entities of unknown kind` are not all that there are."""
    words = kind_name(kind, number)
    return f"{words} of unknown kind" if kind == "unknown" else words


def many(number: int, word: str) -> str:
    """`1 entity`, `2 entities`, for a word that ends in y."""
    return f"{number:,} {word if number == 1 else word[:-1] + 'ies'}"


def describe_parts(parts: int, rounds: int) -> str:
    """`2 parts, 1 round of news`."""
    word = "part" if parts == 1 else "parts"
    return f"{parts:,} {word}, {rounds:,} {'round' if rounds == 1 else 'rounds'} of news"


def count_of(count: int, of: int, word: str) -> str:
    """`all 5 entities`, `both entities`, `the one entity`, `3 of the 5 entities`, for a word that
    ends in y."""
    if count < of:
        return f"{count:,} of the {many(of, word)}"
    if of == 2:
        return f"both {word[:-1]}ies"
    return f"all {many(of, word)}" if of > 1 else f"the one {word}"


def join(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def chance(low: float, middle: float, high: float, error: float = 0.0) -> str:
    """`51 %`, or `0 to 100 %` where unknown strengths leave a range; error: of the middle."""
    if percent(low) == percent(high):
        return sampled_percent(middle, error)
    return f"{percent(low)[:-2]} to {percent(high)}"


def range_of(low: float, middle: float, high: float, number_of: int) -> str:
    """How many of so many are hit: `all hit`, `0 to 120 hit`, `12.5 hit`."""
    if number(low) == number(high):
        return "all hit" if round(high, 6) == number_of else f"{number(middle)} hit"
    return f"{number(low)} to {number(high)} hit"


def percent(share: float) -> str:
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def sampled_percent(share: float, error: float) -> str:
    """The same of a share with its standard error: what is drawn is never 0 % or 100 %."""
    if error > 0 and share in (0, 1):
        return ">99 %" if share else "<1 %"
    return percent(share)


def share_in_full(share: float) -> str:
    """A share that somebody stated, as stated: `30 %`, `0.5 %`."""
    return f"{100 * share:.6g} %"


def duration(hours: float) -> str:
    """A time in the unit that reads best: `36 min`, `4 h`, `2.5 h`, `6 d`."""
    if hours == 0 or 1 <= hours < 24:
        return f"{_short(hours)} h"
    if hours < 1:
        return "<1 min" if hours < 1 / 60 else f"{hours * 60:.0f} min"
    return f"{_short(hours / 24)} d"


def _short(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0") if value < 100 else f"{value:,.0f}"


def number(value: float) -> str:
    """A count, with one decimal where it is small and not whole; what is not nothing is not 0."""
    if 0 < value < 0.05:
        return "<0.1"
    whole = value >= 100 or abs(value - round(value)) < 0.05
    return f"{value:,.0f}" if whole else f"{value:.1f}"


def measure(value: float, error: float) -> tuple[str, str]:
    """A figure and its error (two standard errors), both to the first digit of the error: 46.6 and
    6.92 as `47` and `7`. The error is empty where there is none."""
    if not error > 0:
        return number(value), ""
    places = min(max(-math.floor(math.log10(error)), 0), _PLACES)
    said = f"{error:,.{places}f}"
    return f"{value:,.{places}f}", said if float(said.replace(",", "")) else f"<{10**-places:g}"


def between(low: float, high: float) -> str:
    if number(low) == number(high):
        return number(high)
    return f"up to {number(high)}" if number(low) == "0" else f"{number(low)} to {number(high)}"
