"""Dependencies of AWS Resilience Hub, in the shape of its API reference."""

import json
from pathlib import Path

import pytest

import knockon
from knockon.graph.errors import InputError
from knockon.loaders.operations.resilience_hub import CRITICALITIES, LIST

ARN = "arn:aws:resiliencehub:us-east-1:123456789012:service/checkout:abc123"


def _entry(name: str, criticality: str, **more: object) -> dict[str, object]:
    return {
        "criticality": criticality, "dependencyId": "0a1b2c3d-0000-4000-8000-000000000001",
        "dependencyName": name, "dnsName": f"api.{name.lower()}.com", "location": "third-party",
        "lastDetectedTime": 1767225600.0, "serviceArn": ARN, "sourceRegions": ["us-east-1"],
        "provider": name, "queryRange": {"granularity": "DAILY"}, **more,
    }  # fmt: skip


def _load(tmp_path: Path, document: object) -> knockon.DependencyGraph:
    path = tmp_path / "dependencies.json"
    path.write_text(json.dumps(document))
    return knockon.load(path)


def test_dependencies_with_their_criticality(tmp_path: Path) -> None:
    entries = [
        _entry("Stripe", "HARD", comment="payment fails"), _entry("LaunchDarkly", "SOFT"),
        _entry("Other", "UNKNOWN"),
    ]  # fmt: skip
    graph = _load(tmp_path, {"dependencySummaries": entries})
    rows = graph.dependencies.select("dependent", "provider", "criticality", "as_of").rows()
    assert rows == [
        (ARN, "api.launchdarkly.com", "SOFT", "2026-01-01"),
        (ARN, "api.other.com", None, "2026-01-01"),
        (ARN, "api.stripe.com", "HARD", "2026-01-01"),
    ]  # fmt: skip
    names = dict(graph.entities.select("id", "name").iter_rows())
    assert (names[ARN], names["api.stripe.com"]) == ("checkout", "Stripe")
    hard = knockon.whatif(graph, "Stripe", strengths="register").entities
    assert dict(hard.select("id", "verdict").iter_rows())[ARN] == "hit"
    soft = knockon.whatif(graph, "LaunchDarkly", strengths="register")
    assert soft.totals.hit_low == 0
    assert soft.totals.hit_high == 1


def test_pages_and_what_cannot_be_used_are_told(tmp_path: Path) -> None:
    entries = [_entry("A", "HARD"), _entry("B", "hard-ish"), {"criticality": "HARD"}, 5]
    page = {"dependencySummaries": entries, "nextToken": "more"}
    graph = _load(tmp_path, [page, {"dependencySummaries": [_entry("C", "SOFT")]}])
    assert graph.dependencies.height == 3
    said = " ".join(str(f) for f in graph.report)
    for words in ("without a service or a name", "hard-ish", "no object", "not the last"):
        assert words in said


def test_names_are_those_of_the_model_of_the_api() -> None:
    """Of botocore, which moto brings: what it calls the fields, and the words of a criticality."""
    session = pytest.importorskip("botocore.session").get_session()
    if "resiliencehubv2" not in session.get_available_services():
        pytest.skip("a botocore from before the service")
    model = session.get_service_model("resiliencehubv2")
    answer = model.operation_model("ListDependencies").output_shape
    one = answer.members[LIST].member
    assert set(_entry("A", "HARD", comment="x")) == set(one.members)
    assert set(one.members["criticality"].enum) == set(CRITICALITIES)
    assert "nextToken" in answer.members


def test_a_page_that_the_command_line_cut_off_is_told(tmp_path: Path) -> None:
    """`--max-items` writes its own mark."""
    graph = _load(tmp_path, {"dependencySummaries": [_entry("A", "HARD")], "NextToken": "x"})
    assert any("not the last" in str(f) for f in graph.report)


def test_an_answer_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected dependencySummaries"):
        _load(tmp_path, [{"dependencySummaries": []}, {"other": 1}])
