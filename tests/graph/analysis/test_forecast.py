"""What a question will take is told before it, and holds."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from knockon.api.command import cli
from knockon.graph.analysis import forecast as forecasting
from knockon.graph.analysis.forecast import Machine, Reach, Size, forecast
from knockon.graph.errors import InputError, UnknownEntityError
from knockon.graph.scenario.scenario import Scenario
from tests.paths import ROOT, SAMPLES

GIB = 2**30
HERE = Machine(2, 8 * GIB, 0.02)
MANY = Size(10**10, 10**9, counted=True, alike=True, whole=None)


def ask(*args: object) -> dict[str, object]:
    done = CliRunner().invoke(cli, ["plan", *map(str, args), "--format", "json"])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_more_takes_more() -> None:
    """Worlds, dependencies, hours and unknown strengths; a slower machine takes longer."""
    size, reach = Size(10**6, 10**5, True, True, True), Reach(10**6, 10**5, exact=False)
    base = Scenario.read("x", worlds=1000)

    def high(size: Size = size, scenario: Scenario = base, machine: Machine = HERE) -> float:
        return forecast(size, scenario, reach, machine).seconds["all"].high

    assert high(scenario=Scenario.read("x", worlds=10_000)) > high()
    assert high(scenario=Scenario.read("x", worlds=1000, hours=4)) > high()
    assert high(size._replace(dependencies=10**7)) > high()
    assert high(size._replace(alike=False)) > high()
    assert high(machine=HERE._replace(speed=0.04)) == pytest.approx(2 * high())


def test_what_does_not_fit_is_cut() -> None:
    """Into parts that fit; with hours nothing is claimed."""
    found = forecast(MANY, Scenario.read("x"), None, HERE)
    assert (found.plan, found.reach) == ("blocks", None)
    assert found.memory.low > found.allowed == 4 * GIB
    assert found.partitions > found.memory.low / (4 * GIB)
    assert any("with --out FOLDER the workers read" in note for note in found.notes)
    assert forecast(MANY, Scenario.read("x", hours=4), None, HERE).plan == "none"
    small = Size(1000, 100, True, True, True)
    here = forecast(small, Scenario.read("x"), None, HERE)
    assert here.plan == "local"
    assert not any("--out" in note for note in here.notes)


def test_ranges_are_ranges() -> None:
    found = forecast(MANY, Scenario.read("x"), None, HERE)
    for part in (*found.seconds.values(), found.clock, found.memory, found.runs):
        assert 0 <= part.low <= part.high
    total = found.seconds["all"].high
    assert total == pytest.approx(sum(p.high for n, p in found.seconds.items() if n != "all"))


def test_a_large_file_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are counted in the metadata, entities estimated from both ends."""
    from knockon.api.cli import plan as verb

    rows = pl.DataFrame({"i": range(400_000)}).select(
        dependent=pl.format("d{}", pl.col("i") * 7919 % 50_000),
        provider=pl.format("p{}", pl.col("i") * 104_729 % 20_000),
        probability=pl.lit(0.5),
    )
    rows.write_parquet(tmp_path / "large.parquet")
    monkeypatch.setattr(pl, "read_parquet", None)
    monkeypatch.setattr(verb, "CHEAP", 1000)
    found = ask(tmp_path / "large.parquet", "p7", "--worlds", 640)
    assert found["size"]["dependencies"] == 400_000  # type: ignore[index]
    assert found["size"]["entities"] == pytest.approx(70_000, rel=0.2)  # type: ignore[index]
    assert (found["reach"], found["worlds"]) == (None, 640)
    assert any("not known before the graph is loaded" in n for n in found["notes"])  # type: ignore[attr-defined]
    (tmp_path / "large.parquet").write_bytes(b"PAR1 and then nothing PAR1")
    done = CliRunner().invoke(cli, ["plan", str(tmp_path / "large.parquet")])
    assert isinstance(done.exception, InputError)


def test_a_folder_of_tables_says_how_many_entities(tmp_path: Path) -> None:
    from knockon.loaders.native.sizes import measure_parquet

    pl.DataFrame({"id": ["a", "b", "c"]}).write_parquet(tmp_path / "entities.parquet")
    pl.DataFrame({"dependent": ["a"], "provider": ["b"]}).write_parquet(
        tmp_path / "dependencies.parquet"
    )
    size = measure_parquet(tmp_path)
    assert size is not None
    assert size[:4] == (1, 3, True, False)
    assert measure_parquet(SAMPLES / "federal-cloud-2024") is None


def test_of_a_sample_it_is_known_what_is_within_reach() -> None:
    """By name; an entity that is not there is an error; without one the largest provider fails."""
    source = SAMPLES / "federal-cloud-2024"
    named, most = ask(source, "Slack"), ask(source)
    assert named["plan"] == "local"
    assert 0 < named["reach"]["nodes"] < most["reach"]["nodes"]  # type: ignore[index]
    done = CliRunner().invoke(cli, ["plan", str(source), "Slakc"])
    assert isinstance(done.exception, UnknownEntityError)
    table = CliRunner().invoke(cli, ["plan", str(source), "Slack"]).stdout
    assert "plan" in table
    assert "dependencies" in table


def test_every_constant_is_measured() -> None:
    """And none is below zero; the script writes the names that are read."""
    costs = forecasting.read_costs()
    assert all(value >= 0 for value in costs.values())
    script = (ROOT / "tests" / "bench" / "costs.py").read_text()
    assert all(f'"{name}"' in script for name in costs)


MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
"""


def measure(command: list[str]) -> tuple[float, float]:
    """Seconds of processor and bytes at the peak, taken by a small process between: a child begins
    with the peak of whoever started it."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], check=True, capture_output=True, text=True
    )
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


@pytest.mark.slow
@pytest.mark.parametrize(("edges", "chance"), [(150_000, 0.05), (1_000_000, 0.02), (1_000_000, 1)])
def test_actual_runs_lie_within_the_range(edges: int, chance: float, tmp_path: Path) -> None:
    """Seconds of processor and peak memory of the command, in a process of its own."""
    pytest.importorskip("numba", reason="the constants are those of the compiled form")
    sys.path.insert(0, str(ROOT / "tests" / "bench"))
    import rmat

    provider, dependent = rmat.edges(17, edges)
    rows = pl.DataFrame({"dependent": dependent.astype(str), "provider": provider.astype(str)})
    path = tmp_path / "graph.parquet"
    rows.with_columns(probability=pl.lit(float(chance))).write_parquet(path)
    question = [str(path), str(rmat.hub(provider)), "--worlds", "1024"]
    told = ask(*question)
    command = [str(Path(sys.executable).parent / "knockon"), "whatif", *question]
    runs = [measure(command) for _ in range(2)]  # the first one may compile
    seconds, memory = min(runs)
    ranges = told["seconds"]["all"], told["memory"]  # type: ignore[index]
    for value, between in zip((seconds, memory), ranges, strict=True):
        assert between["low"] <= value <= between["high"]


def test_the_command_says_that_nothing_can_fail(tmp_path: Path) -> None:
    """A table without rows has no entity that could be taken for one."""
    source = tmp_path / "none.csv"
    source.write_text("dependent,provider\n")
    done = CliRunner().invoke(cli, ["plan", str(source)])
    assert "expected an entity that can fail, found a graph without any" in str(done.exception)
