"""Dependencies of AWS Resilience Hub: what its services were seen to look up, hard or soft.

`aws resiliencehubv2 list-dependencies` (API `ListDependencies`) gives `dependencySummaries`, each
with `serviceArn`, `dependencyId`, `dependencyName`, `dnsName`, `provider`, `location`,
`criticality` (HARD, SOFT, UNKNOWN), `comment`, `sourceRegions`, `lastDetectedTime`:
https://docs.aws.amazon.com/resilience-hub/v2/APIReference/API_DependencySummary.html. The service
is the dependent, the name that it looks up the provider. A criticality is a word of the user's own
about the dependency; what it means is in `graph/scenario/statements.csv`. Dependencies are found
from DNS queries: what a service reaches without one is not there. The names are those of the API's
model in botocore (`resiliencehubv2`, 2026-02-17), to which a test holds them; no answer of the
service was found in public.
"""

from datetime import UTC, datetime
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.parsing.source import Source, SourceLike

LIST = "dependencySummaries"
CRITICALITIES = ("HARD", "SOFT", "UNKNOWN")
_LATEST = 253402300799.0  # seconds: the end of the year 9999


def read_resilience_hub(source: SourceLike) -> Tables:
    """The dependencies of one answer, or of a list of answers: pages, or services.

    Raises InputError where there is no list of dependencies; entries that cannot be used are told.
    """
    source = Source.of(source)
    rows = Rows(source.name, f"AWS Resilience Hub {source.name}")
    answers = source.json if isinstance(source.json, list) else [source.json]
    for number, answer in enumerate(answers):
        if not isinstance(answer, dict) or not isinstance(answer.get(LIST), list):
            raise InputError(
                f"{source.name}: expected {LIST}, a list of dependencies, "
                f"got {clip(str(answer), 60)!r}"
            )
        where = f"[{number}]" if isinstance(source.json, list) else ""
        for place, record in rows.walk_records(answer, LIST, where):
            _read_dependency(rows, record, place)
        if answer.get("nextToken") or answer.get("NextToken"):  # of the API; of the command line
            reason = "a page that is not the last: ask for the next with its nextToken"
            rows.findings.add("note", reason, where or source.name)
    return rows.build_tables(
        f"Dependencies in {clip(source.name, 60)}", "aws resiliencehubv2 list-dependencies"
    )


def _read_dependency(rows: Rows, record: dict[str, Any], place: str) -> None:
    service, target = _read_text(record, "serviceArn"), _read_text(record, "dnsName")
    name = _read_text(record, "dependencyName")
    if not service or not (target or name):
        rows.findings.add("dropped", "a dependency without a service or a name", place)
        return
    told = _read_text(record, "criticality")
    if told not in CRITICALITIES:
        reason = f"a criticality that is none of {', '.join(CRITICALITIES)}"
        rows.findings.add("note", reason, f"{clip(told or 'none', 40)} at {place}")
    rows.add_entity(service, place, name=_name_service(service), kind="service")
    identifier = target or name
    rows.add_entity(identifier, place, name=name or target, kind="service")
    cells = {
        "criticality": told if told in CRITICALITIES[:2] else None,
        "comment": _read_text(record, "comment") or None,
        "location": _read_text(record, "location") or None,
        "provided_by": _read_text(record, "provider") or None,
        "as_of": _read_day(record.get("lastDetectedTime")),
    }
    rows.add_dependency(
        dependent=service, provider=identifier, relation="uses", where=place, **cells
    )


def _read_text(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""


def _name_service(arn: str) -> str:
    """`checkout` of `arn:aws:resiliencehub:us-east-1:123456789012:service/checkout:abc123`."""
    last = arn.split(":", 5)[-1].partition("/")[2]
    return last.partition(":")[0] or arn


def _read_day(value: Any) -> str | None:
    """The day of a time in seconds, or in text that begins with one."""
    if isinstance(value, str):
        return value[:10] or None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LATEST:
        return datetime.fromtimestamp(value, UTC).date().isoformat()
    return None
