"""Generated requests, valid and not, against what the OpenAPI document promises."""

import pytest
from hypothesis import HealthCheck, settings

from knockon.api.rest import create_app
from tests.api.rest_toys import market

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
schema = schemathesis.openapi.from_asgi("/v1/openapi.json", create_app({"market": market()}))


@pytest.mark.slow
@pytest.mark.timeout(900)
@schema.parametrize()
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case):
    """Status, media type, shape and headers; valid requests pass, invalid ones do not."""
    case.call_and_validate()
