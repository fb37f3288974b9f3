"""The route of limits: what this server allows, and what to do beyond it."""

from fastapi import FastAPI, Request, Response
from typing_extensions import TypedDict

from knockon.api.rest.http import JSON, choose_media, reply_json
from knockon.api.rest.openapi import describe_responses
from knockon.api.schema import SCHEMA
from knockon.api.service.limits import LIMITS
from knockon.api.service.service import Service


class LimitJson(TypedDict):
    """A limit: `status` is what a request beyond it gets, null where it is not refused."""

    name: str
    value: float
    unit: str
    about: str
    status: int | None
    advice: str


class LimitsJson(TypedDict):
    """The limits of this server."""

    schema: int
    limits: list[LimitJson]


def add_limits(app: FastAPI, service: Service) -> None:
    """`/v1/limits`."""

    @app.get(
        "/v1/limits", operation_id="limits", summary="What this server allows",
        response_model=LimitsJson, responses=describe_responses(JSON, 406),
    )  # fmt: skip
    async def list_limits(request: Request) -> Response:
        choose_media(request, [JSON])
        listed: list[LimitJson] = [
            {
                "name": limit.name, "value": service.limits[limit.name], "unit": limit.unit,
                "about": f"{limit.unit} {limit.help}", "status": limit.status or None,
                "advice": limit.advice,
            }
            for limit in LIMITS
        ]  # fmt: skip
        return reply_json(request, {"schema": SCHEMA, "limits": listed})
