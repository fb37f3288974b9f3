"""docs/settings.md lists all that can be set: options, limits, variables of the environment."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text()
CODE = [
    p for folder in ("api", "client", "graph", "loaders") for p in (ROOT / folder).rglob("*.py")
]


def test_its_tables_are_those_of_the_code() -> None:
    check = [sys.executable, str(ROOT / "docs" / "settings.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, f"python docs/settings.py writes them anew {done.stderr}"


def test_every_variable_that_the_code_reads_is_listed() -> None:
    """By name wherever the environment is asked, and whatever else begins like one of ours."""
    found = {name: path for path in CODE for name in _find_variables(path)}
    assert {"KNOCKON_CONFIG", "KNOCKON_WEBHOOK_SECRET", "_KNOCKON_COMPLETE", "NO_COLOR",
            "NUMBA_CACHE_DIR", "OMP_NUM_THREADS"} <= found.keys()  # fmt: skip
    assert {n: str(p) for n, p in found.items() if f"`{n}`" not in PAGE} == {}


def _find_variables(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {
        target.id: [n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)]
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in ast.walk(node)
        if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(r"_?KNOCKON_[A-Z_]*[A-Z]", node.value):
                yield node.value
        elif isinstance(node, ast.Call | ast.Subscript) and _asks_environment(node):
            args = node.args[:1] if isinstance(node, ast.Call) else [node.slice]
            for name in (n for arg in args for n in ast.walk(arg)):
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    yield name.value
                elif isinstance(name, ast.Name):
                    yield from (v for v in known.get(name.id, []) if str(v).isupper())
    if "environ" in path.read_text(encoding="utf-8"):  # names of several, asked in a loop
        yield from (v for v in known.get("_THREADS", []) if isinstance(v, str))


def _asks_environment(node: ast.Call | ast.Subscript) -> bool:
    asked = node.func if isinstance(node, ast.Call) else node.value
    return (
        re.fullmatch(r"(os\.)?(environ(\.(get|setdefault|pop))?|getenv)", ast.unparse(asked))
        is not None
    )


@pytest.mark.parametrize("text", ["os.environ.get('NEW_ONE')", "os.environ['NEW_ONE']",
                                  "os.getenv('NEW_ONE')", "X = 'KNOCKON_NEW'"])  # fmt: skip
def test_a_new_variable_would_be_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text(f"import os\n{text}\n")
    assert [*_find_variables(tmp_path / "new.py")] in (["NEW_ONE"], ["KNOCKON_NEW"])
