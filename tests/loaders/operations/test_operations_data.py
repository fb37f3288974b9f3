"""Every real file of an operations tool loads with a report that adds up, or fails in one line."""

from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format, read
from tests.paths import DATA

FOLDERS = ("services", "backstage", "terraform", "status")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (DATA / folder).rglob("*")
    if path.is_file() and path.name not in ("SOURCE.txt", ".env")
)
SOURCES = [*FILES, *(p for f in FOLDERS[:2] for p in (DATA / f).glob("*") if p.is_dir())]
# what holds no dependencies of any kind that is known, and what the message says of it
NO_FORMAT = {".csv": "expected columns 'dependent' and 'provider'"}


def named(path: Path) -> str:
    return path.relative_to(DATA).as_posix()


@pytest.mark.skipif(not FILES, reason=f"no data at {DATA}")
def test_there_is_something_to_read() -> None:
    assert len(FILES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_real_source(path: Path) -> None:
    """Rows read are rows kept, merged or added; what fails says where in one line."""
    wanted = NO_FORMAT.get(path.suffix)
    try:
        tables = load_tables([path])
    except InputError as error:
        message = str(error)
        assert "\n" not in message
        assert path.name in message
        # a list of groups or users holds nothing that fails; a folder of one export is no format
        known = (wanted, "expected entities of a Backstage catalog", "a folder of no known format")
        assert any(reason in message for reason in known if reason), message
        return
    assert wanted is None
    raw = read(path)
    counts = {f.reason: f.count for f in tables.report if f.action == "read"}
    assert sum(counts.values()) == raw.entities.height + raw.dependencies.height
    merged = [f.count for f in tables.report if f.reason.startswith("a repeated dependency")]
    loops = [f.count for f in tables.report if f.reason == "an entity that depends on itself"]
    assert tables.dependencies.height == raw.dependencies.height - sum(merged) - sum(loops)
    added = [f.count for f in tables.report if f.action == "invented"]
    assert tables.entities.height == raw.entities.height + sum(added)
    certain = tables.dependencies.filter(pl.col("probability").is_not_null())
    assert all(text.startswith("by definition: ") for text in certain["evidence"])
    assert certain["probability"].to_list() == [1.0] * certain.height
    assert tables.dependencies["evidence"].null_count() == 0


FORMATS = {
    "services/opentelemetry-demo": "compose",
    "services/opentelemetry-demo/compose.full.yaml": "compose",
    "services/jaeger-ui-dependencies/jaeger_dependencies_small.json": "jaeger",
    "backstage/operate-first-apps-2022-11-selfcontained": "backstage",
    "backstage/operate-first-apps-2022-11-selfcontained/systems/prow.yaml": "backstage",
    "terraform/28mm-blast-radius-examples/demo-2.json": "terraform_blast",
    "terraform/multi-cloud-vault-dot/graph.dot": "terraform_dot",
    "terraform/inframap-state/azure.tfstate": "terraform_state",
    "terraform/inframap-state/empty.json": "terraform_state",
    "terraform/inframap-state/version_3_state.json": "terraform_state",
    "terraform/terraform-json/has_checks__state.json": "terraform_state",
    "terraform/terraform-json/actions__plan.json": "terraform_plan",
    "terraform/terraform-json/basic__plan-0.15.json": "terraform_plan",
    "status/github-statuses/github-status-history.atom": "status_feed",
}


@pytest.mark.skipif(not FILES, reason=f"no data at {DATA}")
@pytest.mark.parametrize(("name", "form"), FORMATS.items())
def test_format_of_a_real_source(name: str, form: str) -> None:
    assert find_format(DATA / name).name == form


def reachable(path: Path) -> set[tuple[str, str]]:
    """Pairs of resources, the second needed by the first directly or through others."""
    rows = load_tables([path]).dependencies.select("dependent", "provider", "relation").iter_rows()
    found = {(d.split("[")[0], p.split("[")[0]) for d, p, r in rows if r == "uses"}
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return {(a, b) for a, b in found if a != b}


@pytest.mark.skipif(not FILES, reason=f"no data at {DATA}")
@pytest.mark.parametrize(
    ("plan", "state"),
    [
        ("110_sensitive_values__plan.json", "110_sensitive_values__terraform.tfstate"),
        ("110_sensitive_values__plan.json", "110_sensitive_values__state.json"),
        ("config_resource_depends_on__plan.json", "config_resource_depends_on__terraform.tfstate"),
        ("has_changes__plan.json", "has_changes__terraform.tfstate"),
        ("no_changes__plan.json", "no_changes__terraform.tfstate"),
    ],
)
def test_plan_and_state_of_one_configuration_agree(plan: str, state: str) -> None:
    """HashiCorp's own pairs of files."""
    folder = DATA / "terraform/terraform-json"
    found = reachable(folder / plan)
    assert found
    assert found == reachable(folder / state)
