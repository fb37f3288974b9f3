"""What tests of the store and of faults share."""

from collections.abc import Iterator

import pytest

from tests.loaders.operations.databases import postgres_server


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The place of a PostgreSQL server of these tests."""
    pytest.importorskip("psycopg", reason="knockon[service] is not installed")
    if (why := postgres_server.why_not()) is not None:
        pytest.skip(why)
    with postgres_server.server() as place:
        yield place
