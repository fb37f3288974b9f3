"""What is made for the client is what its sources say now."""

import importlib.util
import inspect
from types import ModuleType
from typing import Any, NotRequired, get_origin, get_type_hints, is_typeddict

import pytest

from knockon.client import AsyncClient, Client, models
from knockon.graph.scenario.questions import QUESTIONS
from tests.paths import ROOT


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    found = importlib.util.spec_from_file_location("client_maker", ROOT / "docs" / "client.py")
    assert found is not None
    assert found.loader is not None
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def schemas(maker: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = maker.build_document()["components"]["schemas"]
    return found


def test_models_have_the_keys_of_the_document(schemas: dict[str, Any]) -> None:
    """Read by hand: every schema, its keys, and which of them must be there."""
    for name, schema in schemas.items():
        model = getattr(models, name)
        assert is_typeddict(model), name
        keys = get_type_hints(model, include_extras=True)
        assert set(keys) == set(schema.get("properties", {})), name
        needed = {key for key, kind in keys.items() if get_origin(kind) is not NotRequired}
        assert needed == set(schema.get("required", ())), name


def test_files_are_current(maker: ModuleType) -> None:
    """`python docs/client.py` makes them anew."""
    pytest.importorskip("datamodel_code_generator")
    pytest.importorskip("ruff")
    for path, text in maker.made().items():
        assert path.read_text(encoding="utf-8") == text, path.name


def test_both_clients_have_the_same_methods() -> None:
    """A method a verb, of one signature; closing has the name of its library."""
    plain, waited = (
        {n for n, _ in inspect.getmembers(c, inspect.isfunction) if n[0] != "_"}
        for c in (Client, AsyncClient)
    )
    assert plain - {"close"} == waited - {"aclose"}
    assert {"whatif", *(question.name for question in QUESTIONS)} <= plain
    for name in plain - {"close"}:
        ours = inspect.signature(getattr(Client, name)).parameters
        assert list(ours) == list(inspect.signature(getattr(AsyncClient, name)).parameters)
