"""What fails, from the command line: parents whole, all of a name, lists from files."""

import io
import json
from pathlib import Path

import pytest

from knockon.api.cli.verbs import main

YAML = """
entities:
  - {id: nimbus, name: Nimbus Holding}
  - {id: cloud, name: Nimbus Cloud, parent: nimbus}
  - {id: dns, name: Nimbus DNS, parent: nimbus}
  - {id: old, name: log4j-core}
  - {id: new, name: log4j-core}
dependencies:
  - {dependent: shop, provider: cloud}
  - {dependent: bank, provider: dns}
  - {dependent: app, provider: old}
"""


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "graph.yaml"
    path.write_text(YAML)
    return str(path)


def origins(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, float]:
    with pytest.raises(SystemExit) as ended:
        main(["whatif", *args, "--format", "json"])
    out = capsys.readouterr()
    assert ended.value.code == 0, out.err
    return {o["id"]: o["severity"] for o in json.loads(out.out)["scenario"]["origins"]}


def fault(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["whatif", *args])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    return err


def test_whole_and_all_named(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each may stand without an ENTITY, and beside one."""
    assert list(origins(capsys, source, "--whole", "nimbus holding")) == ["cloud", "dns", "nimbus"]
    assert list(origins(capsys, source, "--all-named", "Log4J-core")) == ["new", "old"]
    assert list(origins(capsys, source, "bank", "--all-named", "log4j-core")) == [
        "bank", "new", "old",
    ]  # fmt: skip


def test_a_list_of_lines_and_one_of_columns(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Blank lines and comments are passed over; severities come from their column."""
    lines = tmp_path / "down.txt"
    lines.write_text("# today\ncloud\n\nNimbus DNS\n")
    assert origins(capsys, source, "--origins", str(lines)) == {"cloud": 1, "dns": 1}
    table = tmp_path / "down.csv"
    table.write_text("\ufeffid,severity\ncloud,0.3\ndns,\n", encoding="utf-8")
    assert origins(capsys, source, "--origins", str(table)) == {"cloud": 0.3, "dns": 1}


def test_a_list_from_stdin(
    source: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` is standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"shop\n")))
    assert origins(capsys, source, "--origins", "-") == {"shop": 1}


def test_bad_lists_are_refused_in_one_line(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was expected, what came, where."""
    table = tmp_path / "down.csv"
    table.write_text("id,severity\ncloud,half\n")
    assert "down.csv:2: severity: expected a number" in fault(
        capsys, source, "--origins", str(table)
    )
    table.write_bytes(b"\xff\xfe\x00c")
    assert "expected UTF-8 text" in fault(capsys, source, "--origins", str(table))
    assert "No such file" in fault(capsys, source, "--origins", str(tmp_path / "none"))
    assert "--whole, --all-named" in fault(capsys, source)
