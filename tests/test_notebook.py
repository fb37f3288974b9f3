"""The example notebook runs from top to bottom, and what it shows is what it says."""

import json
from typing import Any

import pytest

from tests.paths import ROOT

nbclient = pytest.importorskip("nbclient", reason="notebooks want knockon[docs]")
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def test_the_notebook_keeps_no_output() -> None:
    """It is committed as one writes it: what it shows is made when it runs."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.slow
def test_the_notebook_runs() -> None:
    """Answers show as a map first, then their sentences and rows; a graph as what it holds."""
    import nbformat

    book = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(
        book, timeout=300, resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    shown = [_find_html(cell) for cell in book.cells if cell.cell_type == "code"]
    graph, impact, why, harden = shown[0], shown[1], shown[3], shown[-1]
    assert "Graph 1" in graph
    assert "of known strength" in graph
    assert impact.startswith('<img alt="If Falcon content update')
    assert all("data:image/svg+xml;base64," in page for page in (impact, why, harden))
    assert "no random draw" in impact or "exact" in impact


def _find_html(cell: Any) -> str:
    return "".join(o.data.get("text/html", "") for o in cell.outputs if "data" in o)
