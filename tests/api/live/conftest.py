"""A site for each test."""

from collections.abc import Iterator

import pytest

from tests.api.live.pages import Site, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as made:
        yield made
