"""Docker Compose: both forms of everything, overlays, variables, and what is refused."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.operations.compose_env import interpolate, read_env
from knockon.loaders.registry import find_format
from tests.paths import DATA

DEMO = DATA / "services/opentelemetry-demo"

MAIN = """\
name: shop
x-defaults: &defaults
  restart: always
  environment: {OTEL_RESOURCE_ATTRIBUTES: "a=b,service.criticality=high"}
services:
  web:
    <<: *defaults
    build: .
    image: ${REGISTRY:-local}/web:1
    depends_on: [api, cache]
    links: ["legacy:old"]
    external_links: ["mainframe:mf"]
  api:
    image: ghcr.io/acme/api:${TAG}
    labels: ["com.acme.criticality=critical", "x"]
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
      gone: {condition: service_started}
      maybe: {condition: service_started, required: false}
    volumes_from: ["db:ro"]
  db:
    image: docker.io/library/postgres@sha256:abc
    volumes:
      - data:/var/lib/postgresql
      - ./init.sql:/init.sql
      - {type: volume, source: backup, target: /b}
      - {type: bind, source: /etc, target: /e}
  cache: {image: "localhost:5000/redis"}
  legacy:
    image: old
    network_mode: service:web
    pid: host
  migrate: {image: api}
volumes: {data: {}, backup: {}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(MAIN)
    (tmp_path / ".env").write_text("TAG=2.0 # of today\n")
    return tmp_path


def edges(tables: Tables) -> set[tuple[str, str, str]]:
    rows = tables.dependencies.select("dependent", "relation", "provider").iter_rows()
    return {(d.removeprefix("shop/"), r, p.removeprefix("shop/")) for d, r, p in rows}


def test_what_each_key_becomes(shop: Path) -> None:
    """Worked out by hand: every way to need something, both forms, direction from the dependent."""
    assert edges(load_tables([shop])) == {
        ("web", "uses", "api"), ("web", "uses", "cache"), ("web", "uses", "legacy"),
        ("web", "uses", "mainframe"), ("api", "uses", "db"), ("api", "uses", "gone"),
        ("legacy", "hosted_on", "web"), ("db", "uses", "volume:data"),
        ("db", "uses", "volume:backup"), ("api", "runs", "image:ghcr.io/acme/api"),
        ("db", "runs", "image:postgres"),
        ("cache", "runs", "image:localhost:5000/redis"), ("legacy", "runs", "image:old"),
        ("migrate", "runs", "image:api"),
    }  # fmt: skip


def test_entities_and_report(shop: Path) -> None:
    tables = load_tables([shop])
    rows = {row["id"]: row for row in tables.entities.to_dicts()}
    assert rows["shop/web"]["criticality"] == "high"
    assert rows["shop/api"]["criticality"] == "critical"
    assert rows["shop/web"]["image"] == "local/web:1"
    assert rows["shop/api"]["image"] == "ghcr.io/acme/api:2.0"
    assert [rows[f"shop/{n}"]["kind"] for n in ("web", "db", "cache")] == [
        "service", "data_store", "data_store",
    ]  # fmt: skip
    assert rows["shop/volume:data"]["name"] == "data"
    reasons = {f.reason: f.examples for f in tables.report}
    assert reasons["a dependency on a service that these files do not define"] == (
        "api on gone at compose.yaml:19",
    )
    start = "a dependency that counts at the start only (service_completed_successfully)"
    assert reasons[start] == ("api on migrate at compose.yaml:18",)
    without = "a dependency that the service gets by without (required: false)"
    assert reasons[without] == ("api on maybe at compose.yaml:20",)
    place = tables.dependencies.filter(pl.col("provider") == "shop/db")["_file"][0]
    assert place == "compose.yaml:17"


def test_override_is_laid_over_and_others_are_named(shop: Path) -> None:
    """Mappings merge, lists grow, values give way; a further file is only pointed at."""
    (shop / "compose.override.yaml").write_text(
        "services:\n  web: {depends_on: {queue: {condition: service_started}}, image: new}\n"
        "  queue: {image: rabbitmq}\n  legacy: {network_mode: bridge}\n"
    )
    (shop / "compose.prod.yaml").write_text("services: {web: {depends_on: [cdn]}}\n")
    tables = load_tables([shop])
    found = edges(tables)
    assert {("web", "uses", "api"), ("web", "uses", "queue")} <= found
    assert ("legacy", "hosted_on", "web") not in found
    assert dict(tables.entities.select("id", "image").iter_rows())["shop/web"] == "new"
    assert "compose.prod.yaml" in str(tables.report)


def test_a_project_laid_over_itself_is_itself(shop: Path) -> None:
    before = edges(load_tables([shop]))
    (shop / "compose.override.yaml").write_text(MAIN)
    assert edges(load_tables([shop])) == before


def test_reset_and_override(shop: Path) -> None:
    """The tags of the specification: forget what lies below, or put this in its place."""
    (shop / "compose.override.yaml").write_text(
        "services:\n  web: {depends_on: !override [db], links: !reset []}\n"
        "  api: {volumes_from: !reset null, image: !reset null}\n  legacy: !reset null\n"
    )
    found = edges(load_tables([shop]))
    assert {e for e in found if e[0] in ("web", "legacy")} == {
        ("web", "uses", "db"), ("web", "uses", "mainframe"),
    }  # fmt: skip
    assert {e for e in found if e[0] == "api"} == {("api", "uses", "db"), ("api", "uses", "gone")}


def test_overlays_join_by_with(shop: Path) -> None:
    """A further overlay is a further source: services of one project have one id."""
    (shop / "compose.prod.yaml").write_text(
        "name: shop\nservices: {web: {depends_on: [cdn]}, cdn: {image: nginx}}\n"
    )
    tables = load_tables([shop, shop / "compose.prod.yaml"])
    assert {("web", "uses", "cdn"), ("web", "uses", "api")} <= edges(tables)
    assert tables.entities.filter(pl.col("id") == "shop/web").height == 1
    assert not [f for f in tables.report if "sources differ" in f.reason]


def test_project_is_called_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "My Shop.2"
    folder.mkdir()
    (folder / "docker-compose.yml").write_text("services: {web: {image: nginx}}")
    assert "myshop2/web" in set(load_tables([folder]).entities["id"])


def test_json_of_docker_compose_config(tmp_path: Path) -> None:
    """`docker compose config --format json` is the project with everything put in."""
    services = {"web": {"image": "w", "depends_on": {"db": {"condition": "service_started"}}},
                "db": {"image": "mysql", "privileged": True, "cpus": 0.5}}  # fmt: skip
    path = tmp_path / "project.json"
    path.write_text(json.dumps({"name": "shop", "services": services}, indent=2))
    assert find_format(path).name == "compose"
    assert ("web", "uses", "db") in edges(load_tables([path]))


V1 = """\
web:
  build: .
  links: [db, "redis:cache"]
  environment: ["CACHE_URL=redis://cache:6379"]
db:
  image: postgres
  volumes: ["dbdata:/var/lib", "./conf:/etc"]
redis: {image: redis}
probe:
  image: busybox
  net: "container:web"
alone:
  extends: {file: common.yml, service: base}
  net: host
  volumes_from: [db]
"""


def test_models_are_used(tmp_path: Path) -> None:
    """In either form; https://docs.docker.com/reference/compose-file/models/."""
    path = tmp_path / "compose.yaml"
    path.write_text(
        "name: shop\nservices:\n  a: {image: x, models: [llm]}\n"
        "  b: {image: x, models: {llm: {endpoint_var: URL}}}\nmodels: {llm: {model: ai/m}}\n"
    )
    found = load_tables([path]).dependencies.filter(pl.col("relation") == "uses")
    assert set(found.select("dependent", "provider").iter_rows()) == {
        ("shop/a", "shop/model:llm"), ("shop/b", "shop/model:llm"),
    }  # fmt: skip


def test_version_1_has_its_services_at_the_top(tmp_path: Path) -> None:
    """As a file and as a folder; `net` is what later versions call `network_mode`."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "common.yml").write_text("base:\n  image: alpine\n")
    (folder / "docker-compose.yml").write_text(V1)
    for path in (folder, folder / "docker-compose.yml"):
        assert find_format(path).name == "compose"
        found = load_tables([path]).dependencies.select("dependent", "relation", "provider").rows()
        assert set(found) == {
            ("shop/web", "uses", "shop/db"), ("shop/web", "uses", "shop/redis"),
            ("shop/db", "runs", "image:postgres"), ("shop/db", "uses", "shop/volume:dbdata"),
            ("shop/redis", "runs", "image:redis"), ("shop/probe", "runs", "image:busybox"),
            ("shop/probe", "hosted_on", "shop/web"), ("shop/alone", "runs", "image:alpine"),
            ("shop/alone", "uses", "shop/db"),
        }  # fmt: skip
    pipeline = tmp_path / "ci.yml"
    pipeline.write_text("build:\n  image: alpine\n  script: [make]\n")
    assert find_format(pipeline).name != "compose"


def test_a_source_may_be_a_link(tmp_path: Path) -> None:
    """The file that the user names is read, wherever it lies; its folder is that of the link."""
    (tmp_path / "real.yaml").write_text("services: {web: {image: w}}")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/compose.yaml").symlink_to(tmp_path / "real.yaml")
    for source in (tmp_path / "shop", tmp_path / "shop/compose.yaml"):
        assert "shop/web" in set(load_tables([source]).entities["id"])


def test_extends_and_include(tmp_path: Path) -> None:
    """A service takes over what it extends; included files belong to the project."""
    (tmp_path / "base").mkdir()
    (tmp_path / "compose.yaml").write_text(
        "name: shop\ninclude: [base/more.yaml, {path: [base/more.yaml]}]\nservices:\n"
        "  web: {extends: {file: base/common.yaml, service: app}, depends_on: [db]}\n"
        "  job: {extends: web, image: job}\n  db: {image: mysql}\n"
    )
    (tmp_path / "base/common.yaml").write_text(
        "services: {app: {image: 'app:${V}', depends_on: [queue]}, other: {image: x}}"
    )
    (tmp_path / "base/more.yaml").write_text("services: {queue: {image: rabbitmq}}")
    (tmp_path / "base/.env").write_text("V=7")
    tables = load_tables([tmp_path])
    assert {e for e in edges(tables) if e[1] == "uses"} == {
        ("web", "uses", "queue"), ("web", "uses", "db"), ("job", "uses", "queue"),
        ("job", "uses", "db"),
    }  # fmt: skip
    assert dict(tables.entities.select("id", "image").iter_rows())["shop/web"] == "app:7"
    assert "shop/other" not in set(tables.entities["id"])


@pytest.mark.parametrize("target", ["../secret.yaml", "/etc/passwd", "missing.yaml", "link.yaml"])
def test_files_outside_the_folder_are_not_read(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret.yaml").write_text("services: {app: {image: stolen}}")
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "compose.yaml").write_text(
        f"include: ['{target}']\nservices: {{a: {{extends: {{file: '{target}', service: app}}}}}}"
    )
    tables = load_tables([folder])
    assert list(tables.entities["id"]) == ["p/a"]
    assert [f.count for f in tables.report if "outside the folder" in f.reason] == [2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: [a]", "compose.yaml:1: services: expected a mapping"),
        ("services: {a: [b]}", "service 'a': expected a mapping"),
        ("services: {a: {depends_on: b}}", "depends_on: expected a list or a mapping"),
        ("services: {a: {extends: b}}", "no service 'b' in compose.yaml"),
        ("services:\n  a: {extends: b}\n  b: {extends: a}", "'a' extends itself"),
        ("services: {a: {image: '${x'}}", r"compose.yaml:1: \$\{ without \}"),
        ("services: {a: {image: '${}'}}", "expected \\$\\{NAME\\} with a name"),
        ("x-services: {}", "expected a mapping `services`, found none"),
        ("services: {a: &a {x: *a}}", "does not name a value before it"),
        ("services: {a: 1, a: 2}", "the key 'a' stands twice"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        load_tables([tmp_path])


@pytest.mark.parametrize("text", ["services:\n  # none yet\n", "services: {}", "include: []"])
def test_an_overlay_without_services_stops_nothing(shop: Path, text: str) -> None:
    (shop / "compose.extras.yaml").write_text(text)
    tables = load_tables([shop, shop / "compose.extras.yaml"])
    assert edges(tables) == edges(load_tables([shop]))
    assert "no services" in str(tables.report)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$A-$B", "a-"), ("${A}b", "ab"), ("$$A", "$A"), ("${U:-x}", "x"), ("${E:-x}", "x"),
        ("${E-x}", ""), ("${U-x}", "x"), ("${A:+y}", "y"), ("${E:+y}", ""), ("${E+y}", "y"),
        ("${U+y}", ""), ("${U:-${A}${U:-z}}", "az"), ("${U:?must}", ""), ("100%", "100%"),
        ("$1", "$1"), ("${A:-}}", "a}"),
    ],
)  # fmt: skip
def test_variables(text: str, value: str) -> None:
    """The table of the specification; what is unset counts as empty."""
    assert interpolate(text, {"A": "a", "E": ""}, "x") == value


def test_unset_variables_are_told(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: 'x:${NOPE}'}}")
    texts = [str(f) for f in load_tables([tmp_path]).report]
    assert any("NOPE at compose.yaml:1" in text for text in texts)


def test_env_file(tmp_path: Path) -> None:
    """Quotes, comments, `export`, and variables that name earlier ones."""
    path = tmp_path / ".env"
    path.write_text(
        "# no=1\nA=1\nexport B = \"x ${A}\" # c\nC='${A}'\nD=${A}#2   # two\nE=\nno line\nF: 3\n"
    )
    assert read_env(path) == {"A": "1", "B": "x 1", "C": "${A}", "D": "1#2", "E": "", "F": "3"}
    assert read_env(tmp_path / "none") == {}


def test_variables_that_explode_are_refused(tmp_path: Path) -> None:
    """Twenty lines that double each other would make a megabyte of every letter."""
    lines = ["A0=xxxxxxxxxx"] + [f"A{i}=${{A{i - 1}}}${{A{i - 1}}}" for i in range(1, 30)]
    path = tmp_path / ".env"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match="more than 65,536 characters"):
        read_env(path)
    deep = "${U:-" * 50 + "x" + "}" * 50
    with pytest.raises(InputError, match="nested deeper"):
        interpolate(deep, {}, "x")


@given(st.text(alphabet="${}:-?+AU x", max_size=30))
def test_interpolation_gives_text_or_one_error(text: str) -> None:
    try:
        value = interpolate(text, {"A": "a"}, "x:1")
    except InputError as error:
        value = str(error).removeprefix("x:1: ")
    assert isinstance(value, str)


def test_bad_update_of_an_image_hits_what_an_outage_of_it_does_not(shop: Path) -> None:
    """The image of the database is software: its registry may fail, a bad update may not."""
    graph = DependencyGraph.from_tables(load_tables([shop]), checked=True)
    image = "image:postgres"
    assert whatif(graph, image).totals.hit_high == 0
    hit = whatif(graph, image, mode="bad_update").entities.filter(pl.col("rank") > 0)
    assert {"shop/db", "shop/api", "shop/web"} <= set(hit["id"])


@pytest.mark.skipif(not DEMO.is_dir(), reason=f"no data at {DEMO}")
def test_the_opentelemetry_demo() -> None:
    """Counted in the file itself: 20 services, 46 dependencies in their `depends_on`."""
    assert find_format(DEMO).name == "compose"
    tables = load_tables([DEMO])
    text = (DEMO / "compose.yaml").read_text()
    of_variables = pl.col("evidence").str.starts_with("environment variable")
    stated = tables.dependencies.filter((pl.col("relation") == "uses") & ~of_variables)
    assert stated.height == text.count("condition:")
    found = tables.dependencies.filter(of_variables).select("dependent", "provider").iter_rows()
    assert {(a.partition("/")[2], b.partition("/")[2]) for a, b in found} == {
        ("email", "flagd"), ("flagd", "otel-collector"), ("frontend-proxy", "flagd"),
        ("frontend-proxy", "otel-collector"), ("load-generator", "otel-collector"),
        ("otel-collector", "astronomy-db"), ("otel-collector", "frontend-proxy"),
        ("shipping", "quote"), ("telemetry-docs", "otel-collector"),
    }  # fmt: skip
    kinds = dict(tables.entities["kind"].value_counts().iter_rows())
    assert kinds["service"] + kinds["data_store"] == text.count("container_name:")
    levels = tables.entities["criticality"].drop_nulls().value_counts()
    assert dict(levels.iter_rows()) == {
        level: text.count(f"service.criticality={level}")
        for level in ("low", "medium", "high", "critical")
    }  # fmt: skip
    more = [DEMO / f"compose.{name}.yaml" for name in ("full", "observability")]
    joined = load_tables([DEMO, *more])
    pairs = set(joined.dependencies.select("dependent", "provider").iter_rows())
    assert ("opentelemetry-demo/checkout", "opentelemetry-demo/kafka") in pairs
    assert not [f for f in joined.report if "sources differ" in f.reason]
