"""Editions of the FedRAMP feed: where each lists its offerings, and what it calls their parts.

Since April 2023 a product names its operator `csp` and its offering `cso`; before, `name` and
`service_offering`. The dashboard of 2016 to 2022 had `Providers`, with the packages that each is
built on (`Underlying_CSP_Package_ID`) and the letters of the agencies that use it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.source import Source

CSP, CSO = ("csp", "name"), ("cso", "service_offering")
# how spreadsheets behind the feed write that there is nothing
NOTHING = ("", "#N/A", "N/A", "None", "Not In Process", "Not Authorized", "Not Agency Partnered")
_DATES = ("last_change", "Created_At", "created_at", "Last_Change")
_PROVIDERS = {
    "Package_ID": "id", "Cloud_Service_Provider_Name": "csp",
    "Cloud_Service_Provider_Package": "cso", "Designation": "status",
    "Impact_Level": "impact_level", "Deployment_Model": "deployment_model",
    "Service_Model": "service_model",
}  # fmt: skip


@dataclass(frozen=True)
class Edition:
    """records: the list called `key`, as products; day: of the last change."""

    data: dict[str, Any]
    key: str
    records: list[Any]
    day: str


def edition_of(source: Source) -> Edition:
    """What the feed holds. Raises InputError where it has another shape, or no date."""
    document = source.json
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise InputError(f"{source.name}: expected a JSON object with an object `data`")
    key = next((k for k in ("Products", "Providers") if isinstance(data.get(k), list | dict)), None)
    if key is None:
        held = ", ".join(repr(clip(k, 40)) for k in list(data)[:8]) or "nothing"
        raise InputError(f"{source.name}: data: expected a list `Products`; found {held}")
    records = data[key]
    if isinstance(records, dict):  # by id
        records = [{"id": k, **r} if isinstance(r, dict) else r for k, r in records.items()]
    if key == "Providers":
        records = [_as_product(r) if isinstance(r, dict) else r for r in records]
    return Edition(data, key, records, _day_of(document.get("meta"), source))


def _day_of(meta: Any, source: Source) -> str:
    stated = meta if isinstance(meta, dict) else {}
    changed = next((stated[k] for k in _DATES if k in stated), None)
    try:
        return date.fromisoformat(str(changed)[:10]).isoformat()
    except ValueError:
        wanted = "meta.last_change: expected a date such as 2024-07-17"
        raise InputError(f"{source.name}: {wanted}, got {clip(str(changed))!r}") from None


def _as_product(record: dict[str, Any]) -> dict[str, Any]:
    """A provider of the dashboard with the keys of a product; its letters stay as they are."""
    renamed = {_PROVIDERS.get(key, key): value for key, value in record.items()}
    given: dict[str, Any] = {
        "leveraged_systems": [],
        "agency_authorizations": [],
        "agency_reuse": [],
    }
    return {**given, "service_model": [], "business_function": [], **renamed}


def split(value: Any) -> Any:
    """A list as it is; a text such as `22-001|22-002` as a list; nothing as an empty one."""
    if value is None:
        return []
    return [part.strip() for part in value.split("|")] if isinstance(value, str) else value


def agencies_of_letters(record: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """Place, agency, its parent and whether the letter stands, of each letter of a provider."""
    first = {k: record.get(k) for k in ("Authorizing_Agency", "Authorizing_Subagency")}
    letters = record.get("Leveraged_ATO_Letters")
    letters = letters if isinstance(letters, list) else []
    places = ["", *(f".Leveraged_ATO_Letters[{i}]" for i in range(len(letters)))]
    for place, letter in zip(places, (first, *letters), strict=True):
        if not isinstance(letter, dict):
            yield place, "", "", True
            continue
        agency, sub = (str(letter.get(k) or "").strip() for k in first)
        stands = str(letter.get("Active") or "Y").strip().lower() not in ("n", "no", "inactive")
        if agency or sub or place:
            yield place, sub or agency, agency if sub else "", stands
