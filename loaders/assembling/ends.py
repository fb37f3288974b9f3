"""Which columns of a table are the two ends of its dependencies, by the words in their heads.

Some words say their side wherever they stand: a vendor, a supplier, a sub-processor is a provider,
a client or a consumer a dependent. Others say it in pairs only (from and to, child and parent), and
some stand for the dependent where a provider stands beside them (application, service, name). What
no word says is asked for, never guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.conform import is_slip
from knockon.graph.model.tables import ENDS, FILE, LINE, RELATIONS, Finding
from knockon.loaders.assembling.columns import DEPENDENCY_NAMES, ENTITY_NAMES, Said

PAIRS = (  # dependent, provider: the first word depends on the second
    ("child", "parent"),
    ("from", "to"),
    ("source", "target"),
    ("src", "dst"),
    ("client", "server"),
    ("caller", "callee"),
    ("consumer", "producer"),
)
_DEPENDENTS = re.compile(
    r"(?:.+_)?(?:dependents?|consumers?|customers?|clients?|callers?|subscribers?"
    r"|buyers?|users?|tenants?|recipients?"
    r"|downstreams?(?:_(?:service|system|application|app|component)s?)?)"
    r"|used_by"
)
_PROVIDERS = re.compile(
    r"(?:.+_)?(?:providers?|vendors?|suppliers?|sub_?processors?|sub_?contractors?"
    r"|upstreams?(?:_(?:service|system|application|app|component|dependencie)s?)?|dependency|dependencies|third_part(?:y|ies))"
    r"|depends_?on|requires|relies_on|runs_on|authenticates_with"
    r"|(?:host|provid|suppli|resolv|deliver|certifi|operat)ed_(?:on|by)"
)
# verbs that may as well head a purpose, or a count: read where no other column holds providers
_VERBS = re.compile(r"uses|needs|consumes|connects_to")
_SPARE = re.compile(
    r"(?:.+_)?(?:backup|secondary|fall_?back|fail_?over|standby|spare|alternat\w+)_.+"
)
_BESIDE = re.compile(  # the dependent, where a provider stands beside it
    r"(?:business_|application_|it_|web_)?(?:service|process|function|application|app|system"
    r"|product|component|company|organi[sz]ation|capability|workload|asset|site|module|package"
    r"|project|website|domain)"
)
_KEYED = re.compile(r"name|entity|key|id")  # the dependent, beside what says of it what it needs
_NEEDED = re.compile(r".*(?:depend|upstream|requires|relies|_on|_by).*|" + _VERBS.pattern)
_RELATIONS = (  # what the head of a column of providers says of the relation
    ("hosted_on", r"host(?:ing|ed_on|ed_by|s|er)?|cloud|iaas|data_?cent(?:er|re)|runs_on|infra\w*"),
    ("resolved_by", r"dns|name_?servers?|registrar"),
    ("delivered_by", r"cdn|edge"),
    ("authenticates_with", r"id_?p|sso|identity|authenticat\w*|auth|login|sign_in"),
    ("certified_by", r"ca|certificat\w*|tls|ssl"),
    ("operated_by", r"operator|managed_by|msp"),
    ("supplied_by", r"provided_by"),
)
_KEYS = ("_id", "_key", "_code", "_sys_id", "_number")
_NAMES = ("_name", "_label", "_title")


@dataclass(frozen=True)
class Ends:
    """The columns of a frame that hold the two ends of its dependencies.

    dependent: a column, the first thing of each row; None where a constant stands for all rows
    providers: columns, each with the relation that its head or --map says; none for a constant
    how:       `named` as ours, `mapped`, `guessed` by its words; where the ends say no side by
               themselves, a `pair`, `relations` of a CMDB or `relationships` of Neo4j
    kind:      the column of the word between them, which tells who needs whom
    """

    dependent: str | None
    providers: tuple[tuple[str, str | None], ...]
    how: str
    kind: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that hold ends."""
        return (*([self.dependent] if self.dependent else []), *(c for c, _ in self.providers))


def spell(column: str) -> str:
    """The head of a column as words are looked for: `Depends On` and `dependsOn` alike."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column.strip())
    return "_".join(re.sub(r"[-_./()]", " ", parted.lower()).split())


def find_stem(column: str) -> str:
    """The word of a column without what says that it holds the key, or the name: `vendor`."""
    word = spell(column)
    found = next((e for e in (*_KEYS, *_NAMES) if word.endswith(e) and word != e), "")
    return word.removesuffix(found)


def count_words(heads: Sequence[str]) -> int:
    """How many of some heads are words for an end, or our own."""
    paired = {word for pair in PAIRS for word in pair}
    return sum(
        spell(h) in (*paired, *DEPENDENCY_NAMES, *ENTITY_NAMES)
        or any(p.fullmatch(find_stem(h)) for p in (_DEPENDENTS, _PROVIDERS, _BESIDE))
        for h in heads
    )


def find_ends(frame: pl.DataFrame, said: Said, place: str) -> Ends | None:
    """The ends of a frame; None where a head is ours but for a slip, which `check` says better.

    Raises InputError with the --map line that would help, where it is not plain which they are.
    """
    theirs = [c for c in frame.columns if c not in (FILE, LINE)]
    mapped = {c: said.columns[c] for c in theirs if said.columns.get(c) in ENDS}
    mapped |= dict.fromkeys((c for c in theirs if c in said.relations), "provider")
    dependents = [c for c in theirs if mapped.get(c, c) == "dependent"]
    providers = [c for c in theirs if mapped.get(c, c) == "provider"]
    if len(dependents) > 1:
        shown = some(repr(clip(c)) for c in dependents)
        raise InputError(f"{place}: --map makes 'dependent' of two columns: {shown}")
    for end, columns in zip(ENDS, (dependents, providers), strict=True):
        if end in said.constants and columns:
            shown = some(repr(clip(c)) for c in columns)
            raise InputError(f"{place}: {end} is said to be {said.constants[end]!r} in all rows, "
                             f"and there is a column of it: {shown}")  # fmt: skip
    needing = bool(dependents) or "dependent" in said.constants
    if needing and (providers or "provider" in said.constants):
        how = "mapped" if mapped or set(ENDS) & said.constants.keys() else "named"
        pairs = tuple((c, None if c == "provider" else _find_relation(c, said)) for c in providers)
        return Ends(dependents[0] if dependents else None, pairs, how)
    if any(_is_misspelt(spell(c)) for c in theirs):
        return None
    return _guess(frame, theirs, dependents, providers, said, place)


def _guess(
    frame: pl.DataFrame, theirs: list[str], dependents: list[str], providers: list[str],
    said: Said, place: str,
) -> Ends:  # fmt: skip
    """The ends where one pair of words, or one dependent beside providers, and no more, fits."""
    words = {spell(c): c for c in theirs}
    found: list[Ends] = []
    for first, second in (p for p in PAIRS if set(p) <= words.keys()):
        a, b = words[first], words[second]
        fits = dependents in ([], [a]) and providers in ([], [b])
        if fits and not set(ENDS) & said.constants.keys():
            if first == "child" and "call_count" in words:  # of calls: the parent is the caller
                a, b = b, a
            found.append(Ends(a, ((b, None),), "pair"))
    needed = providers or _find_by_words(theirs, _PROVIDERS, dependents)
    if not needed:
        needed = [c for c in _find_by_words(theirs, _VERBS, dependents) if not _counts(frame[c])]
    needing = dependents or _find_by_words(theirs, _DEPENDENTS, needed)
    known = list(needing)
    if needed and not needing and "dependent" not in said.constants:
        needing = _find_beside(frame, [c for c in theirs if c not in needed], needed)
    pairs = tuple((c, _find_relation(c, said)) for c in needed)
    if "dependent" in said.constants and needed:
        found = [Ends(None, pairs, "mapped")]
    elif needed or "provider" in said.constants:
        found += [
            Ends(c, pairs, "guessed")
            for c in needing
            if not any(e.dependent == c and e.providers[0][0] in needed for e in found)
        ]
    if len(found) == 1:
        return found[0]
    raise _make_unclear(found, known, needed, theirs, place)


def _is_misspelt(word: str) -> bool:
    known = word in ENDS or _DEPENDENTS.fullmatch(word) or _PROVIDERS.fullmatch(word)
    return not known and any(is_slip(word, end) for end in ENDS)


def _find_by_words(
    theirs: Sequence[str], pattern: re.Pattern[str], apart: Sequence[str]
) -> list[str]:
    """The columns whose words fit; of several of one stem (id, name), the one that is the key."""
    stems: dict[str, list[str]] = {}
    for column in theirs:
        if column not in apart and pattern.fullmatch(find_stem(column)):
            stems.setdefault(find_stem(column), []).append(column)
    return [min(columns, key=_rank) for columns in stems.values()]


def _find_beside(frame: pl.DataFrame, theirs: Sequence[str], providers: Sequence[str]) -> list[str]:
    """The column of dependents beside providers; of several, the one whose values these name."""
    found = [c for c in theirs if _BESIDE.fullmatch(find_stem(c))]
    if any(_NEEDED.fullmatch(spell(c)) for c in providers):
        found += [c for c in theirs if _KEYED.fullmatch(spell(c))]
    plain = [c for c in providers if not frame.schema[c].is_nested()]
    if len(found) < 2:
        return found
    texts = [frame[c].cast(pl.String, strict=False).rename("v") for c in plain]
    named = pl.concat([*texts, pl.Series("v", [], pl.String)]).drop_nulls()
    named = named.str.extract_all(r"[^\[\]{}\",;|\r\n]+").explode().str.strip_chars().unique()
    held = {
        c: int(frame[c].cast(pl.String, strict=False).is_in(named.implode()).sum() or 0)
        for c in found
        if not frame.schema[c].is_nested()
    }
    most = max(held.values(), default=0)
    best = [c for c in held if held[c] == most] if most else found
    return [min(best, key=_rank)] if len({find_stem(c) for c in best}) == 1 else best


def _counts(column: pl.Series) -> bool:
    """Whether a column holds numbers and nothing else."""
    texts = column if column.dtype.is_nested() else column.cast(pl.String, strict=False)
    return texts.dtype == pl.String and bool(
        texts.drop_nulls().str.strip_chars().str.contains(r"^-?[\d.,]+$").all()
    )


def _rank(column: str) -> tuple[int, str]:
    """Keys before plain words before names."""
    word = spell(column)
    return (0 if word.endswith(_KEYS) else 2 if word.endswith(_NAMES) else 1, word)


def _find_relation(column: str, said: Said) -> str | None:
    """What --map, or else the head of a column of providers, says of the relation to them."""
    if column in said.relations:
        return said.relations[column].relation
    word = f"_{spell(column)}_"
    named = next((r for r in RELATIONS if word == f"_{r}_"), None)
    told = (r for r, pattern in _RELATIONS if re.search(rf"_(?:{pattern})_", word))
    return named or next(told, None)


def tell_ends(ends: Ends, said: Said, columns: Sequence[str], rows: int) -> list[Finding]:
    """The notes on which column was taken for which end, and on such that were not."""
    if ends.how in ("named", "relations", "relationships"):
        return []
    constants = {end: f"{clip(said.constants[end], 40)!r}" for end in ENDS if end in said.constants}
    dependent = constants.get("dependent") or repr(clip(str(ends.dependent), 40))
    providers = [
        repr(clip(c, 40)) + (f" ({relation})" if relation else "") for c, relation in ends.providers
    ]
    provider = constants.get("provider") or ", ".join(providers)
    if ends.how == "mapped":
        told = [Finding("note", rows, f"each row is read as: {dependent} depends on {provider}")]
    else:
        turn = f"--map '{clip(ends.providers[0][0], 40)}=dependent'"
        turn += f" --map '{clip(str(ends.dependent), 40)}=provider'"
        reason = f"{dependent} is taken as dependent, {provider} as provider; {turn} turns it round"
        told = [Finding("note", 1, reason)]
    if "dependent" in constants:
        others = _find_by_words(columns, _DEPENDENTS, ends.columns)
        others += _find_by_words(columns, _BESIDE, [*ends.columns, *others])
        if others:
            reason = "a column that may hold dependents, and is not read: all rows are of one"
            told.append(Finding("note", len(others), reason, tuple(map(repr, others[:5]))))
    stems = {find_stem(c) for c in ends.columns}
    more = _find_by_words(columns, _PROVIDERS, ends.columns)
    more += _find_by_words(columns, _VERBS, ends.columns)
    more += [c for c in columns if any(re.fullmatch(p, spell(c)) for _, p in _RELATIONS)]
    more = [c for c in dict.fromkeys(more) if find_stem(c) not in stems]
    if more:
        reason = "a column that seems to hold providers, too, and is not read as one"
        shown = tuple(f"--map '{clip(c, 40)}=provider' reads it" for c in more[:5])
        told.append(Finding("note", len(more), reason, shown))
    spare = [c for c, _ in ends.providers if _SPARE.fullmatch(spell(c))]
    if spare and len(ends.providers) > 1:
        reason = (
            "a column of spare providers, by its head: read as needed, like the others (a column "
            "`group` makes rows alternatives)"
        )
        told.append(Finding("note", len(spare), reason, tuple(map(repr, spare[:5]))))
    return told


def _make_unclear(
    found: Sequence[Ends], dependents: Sequence[str], providers: Sequence[str],
    theirs: Sequence[str], place: str,
) -> InputError:  # fmt: skip
    """The error that shows what came, and the --map lines for those sides that are known."""
    shown = some((repr(clip(c, 40)) for c in theirs), 8) or "none"
    what = "expected columns 'dependent' and 'provider'"
    if found:
        pairs = " or ".join(
            f"{clip(str(e.dependent), 40)!r} on {clip(e.providers[0][0], 40)!r}" for e in found
        )
        what += f"; {len(found)} pairs could be meant, {pairs}"
        dependents = dependents or [str(found[0].dependent)]
        providers = providers or [found[0].providers[0][0]]
    first = clip(dependents[0], 40) if dependents else "COLUMN"
    second = " ".join(f"--map '{clip(c, 40)}=provider'" for c in providers[:3] or ["COLUMN"])
    alone = "" if dependents else " (or --company NAME, where all rows are of one company)"
    return InputError(
        f"{place}: {what}; found {shown}; say which they are, such as "
        f"--map '{first}=dependent'{alone} {second}"
    )
