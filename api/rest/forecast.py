"""What a what-if on a served graph will take, told before any work."""

from os import cpu_count
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from knockon.api.rest.graphs import BASE, ONCE, GraphName
from knockon.api.rest.http import JSON, choose_media, reply_json
from knockon.api.rest.openapi import describe_responses
from knockon.api.rest.scenario import Question, WhatifQuery
from knockon.api.schema import PlanJson, serialize_forecast
from knockon.api.service.service import Service
from knockon.graph.analysis.forecast import Machine, find_reach, forecast, measure_graph
from knockon.graph.engine.calibration import measure_speed
from knockon.graph.engine.memory import free_bytes
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

_CHEAP = 1_000_000  # dependencies of a graph of which it is known at once what is within reach


def add_plan(app: FastAPI, service: Service) -> None:
    """GET, with the query of a what-if."""
    query_of = Annotated[WhatifQuery, Query()]  # type: ignore[valid-type]

    @app.get(
        f"{BASE}/{{graph}}/plan", operation_id="plan",
        summary="What a what-if will take, before any work",
        response_model=PlanJson, responses=describe_responses(JSON, 404, 406, 409, 422),
        dependencies=ONCE,
    )  # fmt: skip
    def plan(request: Request, graph: GraphName, query: query_of) -> Response:
        choose_media(request, [JSON])
        return reply_json(request, _tell(service.served.find_graph(graph), query))


def _tell(graph: DependencyGraph, question: Question) -> PlanJson:
    scenario = Scenario.from_dict(question.read_whatif()).resolve(graph)
    size = measure_graph(graph)
    reach = find_reach(graph, scenario) if size.dependencies <= _CHEAP else None
    machine = Machine(cpu_count() or 1, free_bytes(), measure_speed())
    return serialize_forecast(forecast(size, scenario, reach, machine), scenario)
