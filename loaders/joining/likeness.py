"""How alike two names are, 0..1, and why: what decides which entities are proposed as one thing.

The scale is made, not measured; its steps are what matters, and `tests/loaders/name_pairs.csv`
holds them to pairs of real names:

0.99 the same but for case, punctuation and accents; 0.98 but for a legal form that one lacks.
Up to 0.96, and so never above the safe threshold of 0.97: a former name, a blank or an ending
such as .com, another legal form, a part such as (Ohio) that one lacks, a slip of the keyboard,
initials, a name within a name. Up to 0.6, and so not proposed unless asked for: a name within a
name that says which edition it is (`Falcon for Government`). Up to 0.5: numbers, directions,
regions or stages that differ (`us-east-1`, `us-east-2`).
"""

from collections import Counter

from knockon.loaders.joining.names import GENERIC, PLACES, Name, make_initials, split_words

SAFE = 0.97  # above it stand only names that are the same but for form
_SAME, _LEGAL, _FORMER, _BLANKS, _ENDING, _ORDER, _PART = 0.99, 0.98, 0.96, 0.95, 0.95, 0.94, 0.93
_OTHER_FORM, _MOST_SLIP, _EXTRA, _INITIALS, _WITHIN, _SHORT = 0.95, 0.96, 0.85, 0.8, 0.72, 0.6
_AGAINST = 0.5
_EDITIONS = split_words(
    "government gov govcloud federal public sector commercial private education health high "
    "moderate low lite pro plus premium basic standard beta preview dev test staging prod for on "
    "us uk eu east west north south"
)
_PADDING = GENERIC - split_words(  # those words of little meaning that still tell two apart
    "bank air university department bureau agency office city state county national federal "
    "insurance"
)
_OPPOSED = (
    split_words("east west north south central northeast northwest southeast southwest"),
    split_words("dev development test testing stage staging prod production qa uat sandbox"),
    split_words("primary secondary standby replica"),
    split_words("government gov federal commercial public private education health"),
    split_words("low moderate high"),
    split_words("inbound outbound"),
    split_words("internal external"),
    PLACES,
)


def measure_likeness(one: Name, other: Name) -> tuple[float, str]:
    """How alike the two are, and why in words; symmetric."""
    score, why = _compare_cores(one, other)
    for name, its in ((one, other), (other, one)):
        for former in name.others:
            if score < _FORMER and former in (its.core, *its.others):
                score, why = _FORMER, "a former, trade or short name of the other"
    against = find_contradiction(one, other)
    if against and score > _AGAINST:
        return _AGAINST, f"{why}, but {against}"
    return score, why


def _compare_cores(one: Name, other: Name) -> tuple[float, str]:
    a, b = sorted((one.core, other.core))
    if not a:
        return 0.0, ""
    if a == b:
        return _score_same_core(one, other)
    if "".join(a) == "".join(b):
        return _BLANKS, "the same but for blanks"
    if sorted(a) == sorted(b):
        return _ORDER, "the same words in another order"
    if not (one.ending or other.ending) and (
        found := _score_initials(a, b) or _score_initials(b, a)
    ):
        return found
    if one.ending and other.ending:  # domains: a letter more is somebody else's
        return min(_score_slips(a, b), (_SHORT, "domains spelt alike"))
    return max(
        _score_within(a, b), _score_within(b, a), _score_trunks(a, b), _score_slips(a, b),
        _score_maker(a, b), _score_maker(b, a),
    )  # fmt: skip


def _score_same_core(one: Name, other: Name) -> tuple[float, str]:
    """The score of one core, by what stands around it."""
    if one.parts != other.parts:
        return _PART, f"the same but for {' '.join(sorted(one.parts | other.parts))}"
    if one.legal and other.legal and one.legal != other.legal:
        return (
            _OTHER_FORM,
            f"the same with another legal form ({_name_both(one.legal, other.legal)})",
        )
    if one.address != other.address:
        return _PART, "the same but for an address"
    if one.former != other.former or (one.former and {*one.others} != {*other.others}):
        return _PART, "the same but for a former or trade name"  # a firm, and what it trades as
    if one.ending != other.ending:
        if one.ending and other.ending:
            return _WITHIN, f"endings differ ({_name_both({one.ending}, {other.ending})})"
        return _ENDING, f"the same but for .{one.ending or other.ending}"
    if one.legal != other.legal:
        sure = _ENDING if one.ending else _LEGAL
        return sure, "the same but for the legal form"
    return _SAME, "the same but for case and punctuation"


def _score_initials(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[float, str] | None:
    """Where the one is the initials of the other."""
    if len(a) != 1 or len(b) < 2 or a[0] not in (make_initials(b), "".join(w[0] for w in b)):
        return None
    return (_INITIALS if len(a[0]) > 2 else _SHORT), "initials"


def _score_maker(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[float, str]:
    """Where the one is the initials of the other behind its first word (`Amazon AWS`), or behind
    its maker's name (`Amazon AWS` and `AWS`)."""
    if len(a) != 2 or not 3 <= len(a[1]) <= 6 or a[1] in GENERIC or a[1] in _EDITIONS:
        return 0.0, ""
    if len(b) > 1 and a[0] == b[0] and a[1] in (make_initials(b), "".join(w[0] for w in b)):
        return _INITIALS, f"initials behind the first word: {' '.join(a)}"
    if b == (a[1],):
        return _WITHIN, f"a name behind that of its maker: {a[0]}"
    return 0.0, ""


def _score_within(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[float, str]:
    """Where all words of the one stand in the other, and that one says more."""
    extra = Counter(b) - Counter(a)
    if not extra or Counter(a) - Counter(b) or all(w in GENERIC for w in a):
        return 0.0, ""
    more = " ".join(w for w in b if w in extra)
    if all(w in _PADDING for w in extra):
        return _EXTRA, f"a name within a name: {more}"
    edition = all(w in GENERIC or w in _EDITIONS or not w.isalpha() for w in extra)
    starts = b[: len(a)] == a and len(extra) <= 2 and not edition
    return (_WITHIN if starts else _SHORT), f"a name within a name: {more}"


def _score_trunks(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[float, str]:
    """Where both are one name but for words at the end that say little."""
    one, other = _find_trunk(a), _find_trunk(b)
    if (
        {*a[len(one) :], *b[len(other) :]} & _EDITIONS
        or "".join(one) != "".join(other)
        or len("".join(one)) < 4
    ):
        return 0.0, ""
    ends = {" ".join(a[len(one) :]), " ".join(b[len(other) :])} - {""}
    both = len(ends) > 1
    return (_WITHIN if both else _EXTRA), f"the same but for {', '.join(sorted(ends))}"


def _find_trunk(words: tuple[str, ...]) -> tuple[str, ...]:
    kept = len(words)
    while kept and (words[kept - 1] in _PADDING or words[kept - 1] in _EDITIONS):
        kept -= 1
    return words[:kept]


def _score_slips(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[float, str]:
    """Where every word has a twin but for a slip of the keyboard, else by letters, and low."""
    from rapidfuzz.distance import DamerauLevenshtein, Indel

    alike = Indel.normalized_similarity(" ".join(sorted(a)), " ".join(sorted(b)))
    left = sorted((Counter(a) - Counter(b)).elements())
    right = sorted((Counter(b) - Counter(a)).elements())
    paired = len(left) == len(right) and all(
        v[0] == w[0] and DamerauLevenshtein.distance(v, w) <= _allow_slips(v, w)
        for v, w in zip(left, right, strict=True)
    )
    if paired:
        return _MOST_SLIP * alike, f"spelt alike: {' '.join(left)}, {' '.join(right)}"
    return 0.7 * alike, "letters alike"


def _allow_slips(v: str, w: str) -> int:
    """Slips that two words of one meaning may differ by: short words say too much by a letter."""
    short = min(len(v), len(w))
    return 0 if short < 5 or not (v + w).isalpha() else 1 if short < 9 else 2


def find_contradiction(one: Name, other: Name) -> str:
    """What says that these are two things, however alike they look; nothing where nothing does."""
    if one.numbers != other.numbers and (one.numbers and other.numbers):
        return f"numbers differ ({_name_both(one.numbers, other.numbers)})"
    if one.parts and other.parts and one.parts != other.parts:
        return f"{_name_both(one.parts, other.parts)} differ"
    mine, its = {*one.core, *one.parts}, {*other.core, *other.parts}
    for words in _OPPOSED:
        a, b = (mine - its) & words, (its - mine) & words
        if a and b:
            return f"{_name_both(a, b)} differ"
    return ""


def _name_both(a: frozenset[str] | set[str], b: frozenset[str] | set[str]) -> str:
    """The two, in an order that does not depend on which came first."""
    return ", ".join(sorted((" ".join(sorted(a)), " ".join(sorted(b)))))
