"""Questions about tables far away, without a server, in small pieces."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knockon.graph.analysis.far.drawing import Place
from knockon.graph.engine.cluster.blocks import load
from knockon.graph.engine.cluster.blocks.rounds import Room
from knockon.graph.engine.executor import Threads

MEMORY = 4 << 20  # of a worker: five parts


@pytest.fixture
def ask_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:  # fmt: skip
    """`whatif_far` about the tables of a folder."""
    from knockon.graph.analysis.far.whatif import whatif_far

    monkeypatch.setattr(load, "_PIECE", 3_000)

    def whatif(source: Path, *origins: Any, **options: Any) -> Any:
        place = Place(Threads(), Room(tmp_path / "work", MEMORY, 2))
        return whatif_far(source, origins, place=place, **options)

    return whatif
