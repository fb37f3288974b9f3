"""Closed lists of the register: whatever people write for one of their options, as one word.

A template is filled in with codes (`eba_BT:x28`), with the words of the drop-down list (`Yes`),
with the number of the option in the regulation (`1`, `1. Yes`), by hand (`yes`, `TRUE`).
"""

import io
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.findings import RowFindings

YES, NO, NOT_ASSESSED = "Yes", "No", "Assessment not performed"
BLANKS = ("", "-", "--", "–", "—", "n/a", "n.a.", "na", "not applicable", "#n/a", "null", "nan")
# codes that say that there is nothing to say
NO_VALUE = re.compile(r"(eba_[a-z]+:)?qx2007|eba_zz:x0")
# prefixes of codes that are words by themselves: ISO 3166, ISO 4217, types of ICT service
PREFIXES = {
    **dict.fromkeys(("country", "provided_from", "stored_in", "managed_in", "governing_law"), "GA"),
    "currency": "CU",
    "service": "TA",
}
_COUNTRY_PREFIX = re.compile(r"^(eba_ga|iso3166(-1)?):", re.IGNORECASE)
_CURRENCY_PREFIX = re.compile(r"^(eba_cu|iso4217):", re.IGNORECASE)
_SERVICE = re.compile(r"(?:eba_ta:)?s_?(\d{1,2})(?:\b(?!\d).*)?", re.IGNORECASE | re.DOTALL)
_NUMBERED = re.compile(r"(\d{1,2})\s*(?:[.)–-]\s*(.*))?", re.DOTALL)
_Ways = dict[str, tuple[str, ...]]
_BINARY: _Ways = {YES: ("y", "true", "x28"), NO: ("n", "false", "x29")}
_THREE: _Ways = {
    **_BINARY,
    NOT_ASSESSED: ("x21", "not assessed", "not performed", "not yet assessed"),
}
_GRADES = ("eba_ZZ:x791", "eba_ZZ:x792", "eba_ZZ:x793")
# options by their number in Implementing Regulation (EU) 2024/2956, where they are graded
_OPTIONS = {
    "critical": ("eba_BT:x28", "eba_BT:x29", "eba_BT:x21"),
    "alternatives": ("eba_BT:x28", "eba_BT:x29", "eba_BT:x21"),
    "stores_data": ("eba_BT:x28", "eba_BT:x29"),
    "exit_plan": ("eba_BT:x28", "eba_BT:x29"),
    "link": ("eba_BT:x28", "eba_BT:x29"),
    "sensitivity": _GRADES,
    "impact": (*_GRADES, "eba_ZZ:x799"),
    "reliance": ("eba_ZZ:x794", "eba_ZZ:x795", "eba_ZZ:x796", "eba_ZZ:x797"),
    "substitutability": ("eba_ZZ:x959", "eba_ZZ:x960", "eba_ZZ:x961", "eba_ZZ:x962"),
    "substitution_obstacle": ("eba_ZZ:x963", "eba_ZZ:x964", "eba_ZZ:x965"),
    "reintegration": ("eba_ZZ:x798", "eba_ZZ:x966", "eba_ZZ:x967"),
}
_BINARIES = {
    "critical": _THREE, "alternatives": _THREE, "stores_data": _BINARY, "exit_plan": _BINARY,
    "link": _BINARY,
}  # fmt: skip


@cache
def meanings() -> dict[str, str]:
    """Code -> meaning, of the closed lists of the template (sheet `Drop down`)."""
    text = files("knockon.loaders.registers.dora").joinpath("codes.csv").read_bytes()
    return dict(pl.read_csv(io.BytesIO(text), infer_schema=False).iter_rows())


def in_words(
    frame: pl.DataFrame, names: Iterable[str], table: str, findings: RowFindings
) -> pl.DataFrame:
    """The table with these columns in the words of their lists.

    Countries are ISO 3166 codes, currencies ISO 4217 codes, types of ICT service `S01` to `S19`.
    What no list holds is kept as it is, and counted.
    """
    for name in names:
        found = {v: _word(v, name) for v in frame[name].drop_nulls().unique()}
        for value in sorted(v for v, word in found.items() if word is None):
            places = frame.filter(pl.col(name) == value).select(FILE, LINE)
            what = f"a code of {table} {name} that no list holds; kept"
            shown = [
                f"{clip(value, 40)} at {str(file).rpartition('/')[2]}:{line}"
                for file, line in places.head().iter_rows()
            ]
            findings.add_all("note", what, shown, places.height)
        known = {value: word for value, word in found.items() if word is not None}
        frame = frame.with_columns(pl.col(name).replace(known))
    return frame


def _word(value: str, name: str) -> str | None:
    """What one cell means, None where no list holds it."""
    prefix = PREFIXES.get(name)
    if prefix == "TA":
        return _service(value)
    if prefix:
        plain = (_COUNTRY_PREFIX if prefix == "GA" else _CURRENCY_PREFIX).sub("", value).strip()
        return plain.upper() if len(plain) == (2 if prefix == "GA" else 3) else plain
    folded = " ".join(value.casefold().split())
    word = _fold().get(folded)
    for meant, ways in _BINARIES.get(name, {}).items():
        if folded in ways:
            word = meant
    numbered = _NUMBERED.fullmatch(value) if word is None else None
    if numbered is None:
        return word
    label, options = " ".join((numbered[2] or "").casefold().split()), _OPTIONS.get(name, ())
    if label:
        return _fold().get(label)
    number = int(numbered[1])
    return meanings()[options[number - 1]] if 1 <= number <= len(options) else None


def _service(value: str) -> str:
    """`S17` of `eba_TA:S17`, `S17. Cloud services: IaaS` or `Cloud services: IaaS`."""
    found = _SERVICE.fullmatch(value)
    if found and 1 <= int(found[1]) <= 19:
        return f"S{int(found[1]):02d}"
    return _services().get(" ".join(value.casefold().split()), value.removeprefix("eba_TA:"))


@cache
def _fold() -> dict[str, str]:
    """Codes and meanings in small letters -> meaning."""
    found = {" ".join(word.casefold().split()): word for word in meanings().values()}
    return found | {code.casefold(): word for code, word in meanings().items()}


@cache
def _services() -> dict[str, str]:
    return {
        " ".join(word.casefold().split()): code.removeprefix("eba_TA:")
        for code, word in meanings().items()
        if re.fullmatch(r"eba_TA:S\d\d", code)
    }
