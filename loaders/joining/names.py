"""Names of organisations and products, taken apart: what is the name, and what stands around it.

`Amazon Web Services, Inc.` is `amazon web services` with the legal form `inc`; `AWS (Ohio), 410
Terry Ave` is `aws` with the part `ohio` and an address; `Lumen f/k/a CenturyLink` is `lumen`, and
was `centurylink`. Nothing is compared here (`likeness`).
"""

import re
import unicodedata
from dataclasses import dataclass


def split_words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_FORMS = {
    "inc": "inc incorporated", "corp": "corp corporation", "co": "co company cos",
    "ltd": "ltd limited", "llc": "llc", "llp": "llp", "lp": "lp", "plc": "plc", "gmbh": "gmbh",
    "ag": "ag", "kg": "kg", "se": "se", "sa": "sa", "sas": "sas", "sarl": "sarl", "srl": "srl",
    "spa": "spa", "bv": "bv", "nv": "nv", "ab": "ab", "as": "as", "asa": "asa", "aps": "aps",
    "oy": "oy oyj", "pty": "pty", "pte": "pte", "kk": "kk", "pbc": "pbc", "pc": "pc", "sl": "sl",
    "lda": "lda ltda", "pvt": "pvt", "bhd": "bhd", "ev": "ev",
}  # fmt: skip
LEGAL = {word: form for form, words in _FORMS.items() for word in words.split()}
_COUNTRIES = split_words("""
    argentina australia austria belgium brazil bulgaria canada chile china colombia croatia cyprus
    czechia denmark egypt estonia finland france germany greece hungary iceland india indonesia
    ireland israel italy japan kenya korea latvia lithuania luxembourg malaysia malta mexico
    netherlands nigeria norway pakistan peru philippines poland portugal romania russia serbia
    singapore slovakia slovenia spain sweden switzerland taiwan thailand turkey ukraine vietnam
    uk us usa uae eu emea apac latam deutschland espana italia schweiz sverige suomi nederland
    europe asia americas
""")
_SEVERAL = {
    "united states of america": "us", "united states": "us", "united kingdom": "uk",
    "great britain": "uk", "north america": "northamerica", "latin america": "latam",
    "south africa": "southafrica", "new zealand": "newzealand", "hong kong": "hongkong",
    "saudi arabia": "saudiarabia", "asia pacific": "apac", "european union": "eu",
}  # fmt: skip
PLACES = _COUNTRIES | frozenset(_SEVERAL.values())
# words that say little: a name of nothing else stays whole, and names nothing for sure
GENERIC = split_words("""
    software systems system solutions services service group holdings holding technologies
    technology tech international global worldwide data cloud network networks computing
    consulting labs digital online web app api platform database db backend frontend gateway cache
    queue proxy auth worker server mail dns storage bank air university department bureau agency
    office city state county national federal insurance partners enterprises industries
    communications media security information management research corporation host node site
    """)
_STREET = re.compile(
    r"\b(ave|avenue|street|st|road|rd|blvd|boulevard|suite|ste|floor|drive|dr|lane|ln|way|plaza"
    r"|parkway|pkwy|court|ct|square|po box|p\.o\. box|\w*strasse|str|weg|\w*platz|\w*allee|gasse"
    r"|rue|via|place|quay|highway|hwy|terrace|loop|house)\b\.?",
    re.IGNORECASE,
)
_BARE = re.compile(rf"\s\d+\w?\s+(?:[\w.]+\s+){{1,4}}?{_STREET.pattern}", re.IGNORECASE)
_FORMER = re.compile(
    r"""[\s,;(/-]+(?:f\s?/\s?k\s?/\s?a|fka|f\.k\.a\.?|d\s?/\s?b\s?/\s?a|dba|d\.b\.a\.?
    |a\s?/\s?k\s?/\s?a|aka|a\.k\.a\.?|formerly(?:\s+known\s+as)?|previously(?:\s+known\s+as)?
    |doing\s+business\s+as|trading\s+as|t/a|also\s+known\s+as)[\s:.,]+|[,;(]\s*now\s+""",
    re.IGNORECASE | re.VERBOSE,
)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]{0,200})[)\]]")
_ROMAN = split_words("ii iii iv vi vii viii ix")
_DOMAIN_ENDS = split_words("com net org io co ai cloud eu de uk fr us gov edu info biz")
LONGEST = 300  # characters of a name that are looked at


@dataclass(frozen=True)
class Name:
    """A name, taken apart.

    core:    its words, lower case, without accents, punctuation and what follows
    legal:   the legal forms at its end, one word for each (`incorporated` is `inc`)
    parts:   words of brackets and of countries at its end
    address: whether a street address stood behind it
    ending:  the last part of a name like a domain: `com` of `Amazon.com`
    others:  cores of former and trade names, and of an abbreviation in brackets
    former:  whether a former or trade name stood behind it (f/k/a, d/b/a)
    """

    core: tuple[str, ...]
    legal: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    address: bool = False
    ending: str = ""
    others: tuple[tuple[str, ...], ...] = ()
    former: bool = False

    @property
    def numbers(self) -> frozenset[str]:
        """The words that count or name a version, in the name or its parts."""
        words = {*self.core, *self.parts}
        return frozenset(w for w in words if w in _ROMAN or any(c.isdigit() for c in w))


def take_apart(text: str) -> Name:
    """The parts of a name."""
    whole, *former = _FORMER.split(_fold(text[:LONGEST]))
    brackets = [b for b in _BRACKETS.findall(whole) if b.strip()]
    kept, address = _drop_address(_BRACKETS.sub(" ", whole))
    core, ending = _split_words(kept)
    core, legal = _drop_legal(core)
    core, places = _drop_places(core)
    core, more = _drop_legal(core)
    if not core:  # all of it stood in brackets, or was a legal form
        core, legal, more, places, brackets = _split_words(whole)[0], [], [], [], []
    short = make_initials(core)
    parts: list[str] = list(places)
    others = [_drop_legal(_split_words(name.strip(" )"))[0])[0] for name in former]
    for inside in brackets:
        words = _split_words(inside)[0]
        if words and ("".join(words) == short or make_initials(words) == "".join(core)):
            others.append(words)
        else:
            parts += words
    return Name(
        tuple(core), frozenset(legal + more), frozenset(parts), address, ending,
        tuple(tuple(o) for o in others if o and o != core), bool(former),
    )  # fmt: skip


def make_initials(words: list[str] | tuple[str, ...]) -> str:
    """`aws` of amazon, web, services; small words are passed over."""
    letters = [w[0] for w in words if w not in ("of", "the", "for", "and", "in")]
    return "".join(letters) if len(letters) > 1 else ""


def _fold(text: str) -> str:
    """Lower case without accents, one kind of blank and dash."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(
        c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf"
    )
    return " ".join(re.sub(r"[‐-―]", "-", plain).split())


def _drop_address(text: str) -> tuple[str, bool]:
    """The name without the street address behind it: after a comma or a dash, or from a number
    on that stands before a street."""
    for mark in re.finditer(r"[,;|]|\s-\s", text):
        rest = text[mark.end() :].strip()
        if re.search(r"\d|p\.?\s?o\.? box", rest) and _STREET.search(rest):
            form = re.match(r"(\w+)\b\.?,?\s+\d", rest)  # `, Inc. 410 Terry Ave`
            legal = f" {form[1]}" if form and form[1] in LEGAL else ""
            return text[: mark.start()] + legal, True
    bare = _BARE.search(text)
    return (text[: bare.start()], True) if bare else (text, False)


def _split_words(text: str) -> tuple[list[str], str]:
    """The words of a name, and the ending where the name is like a domain."""
    text = re.sub(r"\b(?:[a-z]\.){2,}[a-z]?|\b([a-z])/([a-z])\b", _join_letters, text)
    text = re.sub(r"[’'`´]s?\b", "", text).replace("&", " ").replace("+", " plus ")
    ending = ""
    first = text.strip().split(" ", 1)[0].strip(",;")
    found = re.fullmatch(r"(?:www\.)?([\w-]+)\.(\w{2,5})", first)
    if found and found[2] in _DOMAIN_ENDS:
        text, ending = text.replace(first, found[1], 1), found[2]
    words = [w for w in re.split(r"[\W_]+", text) if w]
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return [w for w in words if w != "and"] or words, ending


def _join_letters(found: re.Match[str]) -> str:
    """`S.A.` and `A/S` as one word."""
    return re.sub(r"[./]", "", found[0])


def _drop_legal(words: list[str]) -> tuple[list[str], list[str]]:
    """The words without legal forms at the end, which may stand there twice (`Pty Ltd`)."""
    kept, forms = list(words), []
    while len(kept) > 1 and kept[-1] in LEGAL:
        forms.append(LEGAL[kept.pop()])
    if forms and all(w in GENERIC for w in kept):  # `Software AG` is not `Software`
        return list(words), []
    return kept, forms


def _drop_places(words: list[str]) -> tuple[list[str], list[str]]:
    """The words without a country or continent at the end, where a name remains."""
    for several, one in _SEVERAL.items():
        tail = several.split()
        if words[-len(tail) :] == tail and _is_name(words[: -len(tail)]):
            return words[: -len(tail)], [one]
    if len(words) > 1 and words[-1] in PLACES and _is_name(words[:-1]):
        return words[:-1], [words[-1]]
    return words, []


def _is_name(words: list[str]) -> bool:
    """Whether these words name something alone: not `Air` of Air India, `Bank of`, `us east`."""
    return (
        bool(words)
        and words[-1] not in ("of", "the", "for", "in", "de")
        and len("".join(words)) >= 3
        and not all(w in GENERIC or w in PLACES for w in words)
    )
