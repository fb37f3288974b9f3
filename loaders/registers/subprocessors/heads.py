"""What the columns of a list of sub-processors hold, by the words in their heads."""

import re

from knockon.loaders.registers.subprocessors.signs import WORD

# words of heads under which names stand; a head of other words, too, is no head of names
_FILL = {
    "legal", "name", "names", "of", "the", "our", "full", "registered", "data", "service",
    "services", "authorised", "authorized", "approved", "and", "or", "s", "corporate",
    "des", "der", "du", "de", "del", "nom", "nombre", "nome",
}  # fmt: skip
_VENDORS = {
    "vendor", "vendors", "supplier", "suppliers", "provider", "providers", "third", "party",
    "parties", "contractor", "contractors", "subcontractor", "subcontractors", "sub",
}  # fmt: skip
_NAMES = {
    "entity", "entities", "company", "companies", "organisation", "organization", "partner",
    "partners", "processor", "processors", "tool", "platform", "business", "recipient",
}  # fmt: skip
_LOCATION = re.compile(
    r"location|countr|region|jurisdiction|where|residen|hosted in|headquarter|geograph|territor"
    r"|\bland\b|länder|standort|\bsitz\b|\bpays\b|localisation|\bpaís|ubicaci|\bpaese|\bsede\b"
)
# the purpose, the plainest words first
_PURPOSES = (
    re.compile(r"purpose|use case|reason|\bnature of|processing activit|activities"
               r"|zweck|finalit|finalidad"),
    re.compile(r"service|activit|function|description|processing|\bnature|\brole\b|categor"
               r"|used? for|what for|what (they|it) do|\buse\b"
               r"|leistung|tätigkeit|dienst|servicio|servizi|activid|attivit"),
)  # fmt: skip
_NO_PURPOSE = re.compile(
    r"transfer|safeguard|mechanism|contact|date|website|\burl\b|address|since|certif|processed"
    r"|shared|\btypes? of data|personal data|applicable"
)
_COMPANY = re.compile(
    r"^(controller|customer|used by|on behalf of|applicable products?)\b"
    r"|^(clients?|consumers?|dependents?)( names?)?$"
)
_OWNER = re.compile(r"^(company|companies|processor|product)( name)?s?$")


def columns_of(head: list[str], titled: bool) -> dict[str, int]:
    """Number of the column of each: `subprocessor`, `company`, `purpose`, `location`, if there.

    titled: the page, the heading or the file says that these are sub-processors, so that a head
    such as `Name` or `Vendor` is enough
    """
    words = [" ".join(re.sub(r"[_\W]+", " ", h).lower().split()) for h in head]
    found: dict[str, int] = {}
    if sum(map(bool, words)) < min(2, len(head)) or (len(head) == 1 and not _is_plain(words[0])):
        return found  # a title, not a head
    location = [n for n, text in enumerate(words) if _LOCATION.search(text)]
    name, certain = _column_of_names(words, titled or any(map(WORD.search, words)), location)
    if name is not None:
        found["subprocessor"] = name
    _find_company(words, name, certain, found)
    for number in location[:1]:
        if number not in found.values():
            found["location"] = number
    taken = {*found.values(), *location}
    for pattern in _PURPOSES:
        fits = [n for n, text in enumerate(words) if n not in taken and pattern.search(text)]
        fits = [n for n in fits if not _NO_PURPOSE.search(words[n])]
        if fits and "purpose" not in found:
            found["purpose"] = fits[0]
    # a name without what for and where, beside other columns: signatures, cookies, changes
    if not certain and len(head) > 1 and not {"purpose", "location"} & found.keys():
        found.pop("subprocessor", None)
    return found


def _column_of_names(
    words: list[str], titled: bool, location: list[int]
) -> tuple[int | None, bool]:
    """Number of the column of names, and whether its head says what they are."""
    says = [
        n for n, text in enumerate(words)
        if WORD.search(text) and n not in location and not _about(WORD.sub(" ", text))
    ]  # fmt: skip
    if says:
        return says[0], True
    if not titled:
        return None, False
    vendors = [n for n, text in enumerate(words) if _is_names(text, _VENDORS)]
    others = [n for n, text in enumerate(words) if _is_names(text, _NAMES | {"name", "names"})]
    others = [n for n in others if n not in vendors]
    if vendors:
        return vendors[0], True
    return (others[0], False) if others else (None, False)


def _is_plain(text: str) -> bool:
    """Whether a head holds no more than the word and what may stand beside it."""
    return set(WORD.sub(" ", text).split()) <= _FILL | _VENDORS | _NAMES


def _about(text: str) -> bool:
    """Whether a head tells something of sub-processors: `purpose of sub-processor`."""
    return any(pattern.search(text) for pattern in _PURPOSES) and "name" not in text.split()


def _is_names(text: str, core: set[str]) -> bool:
    tokens = set(text.split())
    return bool(tokens & core) and tokens <= core | _FILL | _NAMES


def _find_company(words: list[str], name: int | None, certain: bool, found: dict[str, int]) -> None:
    """The column of who uses them: by plain words, or `Company` before a head of sub-processors.

    Behind it, a column `Company` is the legal name of the sub-processor.
    """
    for number, text in enumerate(words):
        owner = name is not None and certain and number < name and _OWNER.match(text)
        if number != name and (owner or _COMPANY.match(text)):
            found.setdefault("company", number)
