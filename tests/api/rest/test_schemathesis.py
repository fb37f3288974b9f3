"""Generated requests, valid and not, against what the OpenAPI document promises."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from knockon.api.cli.watch import build_watch
from knockon.api.rest.app import create_app
from knockon.api.service.limits import Limits
from knockon.graph.errors import ScenarioError
from knockon.graph.scenario.questions import QUESTIONS
from knockon.graph.scenario.scenario import Origin, Scenario
from tests.api.live.pages import page
from tests.api.rest.rest_toys import market
from tests.toys import dep, graph_of

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")


def _create_app() -> FastAPI:
    """Every route there is: with a store, graphs to be joined, a status page that is watched."""
    graphs = {"market": market(), "corner": graph_of(dep("till", "shop", probability=0.5))}
    status = Path(_folder.name, "status.json")
    status.write_text(json.dumps(page(Cloud="major_outage")))
    paging = {"every": 5.0, "private": (), "placing": None}
    watch = build_watch(graphs, [str(status)], (), None, paging)
    return create_app(graphs, store=_open_store(), watch=watch, limits=Limits.of(saves=1e6))


def _open_store() -> Any:
    try:
        from knockon.api.store.store import Store
    except ImportError:  # its routes then say that there is none
        return None
    return Store.open(f"sqlite:///{_folder.name}/kept.sqlite")


_folder = TemporaryDirectory()
schema = schemathesis.openapi.from_asgi("/v1/openapi.json", _create_app())
schemathesis.openapi.format("hours", st.sampled_from(["4", "0.5", "2..72", " 1 .. 1.5 "]))
schemathesis.openapi.format("rollout", st.sampled_from(["100%@0", "1%@0,10%@4,100%@24"]))


def _possible(case):
    """Whether what is asked for fits together, which no JSON schema can demand: a range rises,
    rings add up, a rollout comes with one mode, a halt with a rollout, precision without worlds."""
    asked = case.body if isinstance(case.body, dict) else dict(case.query or {})
    halt = asked.get("halt")
    if asked.get("precision") and asked.get("worlds") and asked.get("exact") is None:
        return False
    try:
        Scenario(
            (Origin("cloud"),), mode=asked.get("mode", "outage"), hours=asked.get("hours") or None,
            rollout=asked.get("rollout") or (), halt=None if halt in (None, "") else float(halt),
        )  # fmt: skip
    except (ScenarioError, TypeError, ValueError):
        return False
    return True


VERBS = f"/({'|'.join(q.name for q in QUESTIONS)})"
LOOKS = ("focus", "group_by", "link", "open")  # of a map: columns, entities, addresses
TEXTS = ("where", "columns", "strengths", *LOOKS)  # in a language of their own, or names


@pytest.mark.slow
@pytest.mark.timeout(900)
@schema.exclude(path_regex=VERBS).parametrize()
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case):
    """Status, media type, shape and headers; valid requests pass, invalid ones do not."""
    asked = case.body if isinstance(case.body, dict) else dict(case.query or {})
    fits = (
        _possible(case)
        and "asked" not in asked
        and not any(asked.get(name) is not None for name in TEXTS)
    )
    case.call_and_validate(excluded_checks=[] if fits else [checks.positive_data_acceptance])


@pytest.mark.slow
@pytest.mark.timeout(900)
@schema.include(path_regex=VERBS).parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_verb_answers_as_documented(case):
    """The same, but for whether what is asked fits together: kinds, columns, orders, fixes."""
    case.call_and_validate(excluded_checks=[checks.positive_data_acceptance])
