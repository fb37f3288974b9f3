"""Who calls whom in a Compose project: by every name of a service, in variables and commands."""

import json
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables

HEAD = "name: shop\nservices:\n"
DB = (
    "  db: {image: 'mysql:8', container_name: my-db, hostname: data, "
    "networks: {back: {aliases: [Store], ipv4_address: 172.20.0.2}}}\n"
)


def load(folder: Path, services: str, **options: object) -> Tables:
    (folder / "compose.yaml").write_text(HEAD + services)
    return load_tables([folder], **options)


def uses(tables: Tables) -> dict[tuple[str, str], str]:
    """By dependent and provider, without the project: what the dependency rests on."""
    rows = tables.dependencies.filter(pl.col("relation").is_in(["uses", "hosted_on"]))
    return {
        (d.removeprefix("shop/"), p.removeprefix("shop/")): e
        for d, p, e in rows.select("dependent", "provider", "evidence").iter_rows()
    }


def reasons(tables: Tables) -> dict[str, int]:
    return {f.reason: f.count for f in tables.report if f.action != "read"}


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("environment: {DB_HOST: db}", "environment variable DB_HOST"),
        ("environment: [DB_HOST=db]", "environment variable DB_HOST"),
        ("environment: {URL: 'mysql://app:pw@db:3306/app'}", "environment variable URL"),
        ("environment: {DB: 'my-db:3306'}", "environment variable DB"),
        ("environment: {DB_HOST: data}", "environment variable DB_HOST"),
        ("environment: {DB_HOST: store}", "environment variable DB_HOST"),
        ("environment: {DNS_: '172.20.0.2#53;1.1.1.1'}", "environment variable DNS_"),
        ("environment: {DB_HOST: '${DB:-db}'}", "environment variable DB_HOST"),
        ("environment: {DB_HOST: '${DB:?must}${TARGET}'}", "environment variable DB_HOST"),
        ("environment: [TARGET]", "environment variable TARGET"),
        ("environment: {TARGET: }", "environment variable TARGET"),
        ("command: [serve, --db-host, db]", "command"),
        ("command: wait-for-it db:3306 -- serve", "command"),
        ("entrypoint: [sh, -c, 'nc -z db 3306']", "entrypoint"),
    ],
)
def test_an_address_is_a_dependency_that_says_where_it_is_from(
    tmp_path: Path, said: str, what: str
) -> None:
    (tmp_path / ".env").write_text("TARGET=db\n")
    tables = load(tmp_path, DB + f"  web: {{image: web, {said}}}\n")
    assert uses(tables) == {("web", "db"): f"{what}, compose.yaml:4"}
    assert tables.dependencies["probability"].null_count() == tables.dependencies.height
    assert "pw@" not in str(tables.entities.to_dicts() + tables.dependencies.to_dicts())
    assert uses(load_tables([tmp_path], no_environment=True)) == {}


@pytest.mark.parametrize(
    "said",
    [
        "environment: {DB_NAME: db}", "environment: {MYSQL_USER: db}", "command: [serve, db]",
        "environment: {URL: 'https://db.example.com'}", "environment: {DRIVER: db}",
        "labels: {DB_HOST: db}",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_service(tmp_path: Path, said: str) -> None:
    assert uses(load(tmp_path, DB + f"  web: {{image: web, {said}}}\n")) == {}


def test_what_is_stated_counts_before_what_a_variable_says(tmp_path: Path) -> None:
    """One dependency; one that is not needed at the start may be needed later."""
    text = DB + "  web: {image: web, depends_on: [db], environment: {DB_HOST: db}}\n"
    assert uses(load(tmp_path, text)) == {("web", "db"): "compose.yaml:4"}
    optional = "depends_on: {db: {condition: service_started, required: false}}"
    text = DB + f"  web: {{image: web, {optional}, environment: {{DB_HOST: db}}}}\n"
    assert uses(load(tmp_path, text))["web", "db"].startswith("environment variable")


def test_a_service_does_not_depend_on_itself(tmp_path: Path) -> None:
    text = "  kafka: {image: kafka, environment: {LISTENERS: 'PLAINTEXT://kafka:9092'}}\n"
    tables = load(tmp_path, text)
    assert uses(tables) == {}
    assert reasons(tables) == {"an address of the service itself": 1}


def test_addresses_outside_are_told_without_their_values(tmp_path: Path) -> None:
    url = "https://key:secret@api.pay.example.com/v1"
    tables = load(tmp_path, f"  web: {{image: web, environment: {{PAY_URL: '{url}'}}}}\n")
    (found,) = [f for f in tables.report if "no service of these files" in f.reason]
    assert found.examples == ("api.pay.example.com: environment variable PAY_URL, compose.yaml:3",)


def test_a_link_gives_one_service_a_name_of_its_own(tmp_path: Path) -> None:
    """`store` is the database for everybody, but the archive for the service that links it so."""
    text = DB + "  archive: {image: s3}\n"
    text += "  web: {image: web, links: ['archive:store'], environment: {STORE_HOST: store}}\n"
    text += "  job: {image: job, environment: {STORE_HOST: store}}\n"
    assert set(uses(load(tmp_path, text))) == {("web", "archive"), ("job", "db")}


def test_files_of_variables(tmp_path: Path) -> None:
    """What the service says itself counts more; a file outside the project is not read."""
    (tmp_path / "web.env").write_text("DB_HOST=db\nQUEUE_HOST=queue\n")
    (tmp_path.parent / "outside.env").write_text("SECRET_HOST=db\n")
    text = DB + "  queue: {image: rabbitmq}\n  web:\n    image: web\n"
    text += "    env_file: [web.env, {path: none.env, required: false}, ../outside.env]\n"
    text += "    environment: {QUEUE_HOST: ''}\n"
    tables = load(tmp_path, text)
    assert uses(tables) == {("web", "db"): "environment variable DB_HOST, web.env"}
    assert reasons(tables)["a file outside the folder of the project, or missing; not read"] == 2


@pytest.mark.parametrize(
    ("said", "provider"),
    [
        ("network_mode: 'container:my-db'", "db"), ("network_mode: 'container:${C:-my-db}'", "db"),
        ("ipc: 'container:my-db'", "db"), ("external_links: ['my-db:store']", "db"),
        ("volumes_from: ['container:my-db:ro']", "db"), ("network_mode: 'service:db'", "db"),
        ("external_links: ['shop-cache-1:c']", "cache"),
        ("external_links: [shop_cache_1]", "cache"),
        ("network_mode: 'container:other'", "other"), ("external_links: [mainframe]", "mainframe"),
        ("depends_on: ['${D:-db}']", "db"), ("depends_on: {db: {condition: '${C:-x}'}}", "db"),
        ("volumes: ['${V:-data}:/d']", "volume:data"), ("secrets: [pw]", "secret:pw"),
        ("configs: [{source: conf, target: /c}]", "config:conf"),
    ],
)  # fmt: skip
def test_containers_and_variables_by_every_key(tmp_path: Path, said: str, provider: str) -> None:
    """A container that is none of the project goes by its own name."""
    text = DB + f"  cache: {{image: redis}}\n  web: {{image: web, {said}}}\n"
    assert set(uses(load(tmp_path, text))) == {("web", provider)}


def test_a_network_that_is_another_containers_falls_with_it(tmp_path: Path) -> None:
    text = "  vpn: {image: vpn}\n  web: {image: web, network_mode: 'service:vpn'}\n"
    tables = load(tmp_path, text)
    assert uses(tables)["web", "vpn"].startswith("by definition: ")
    graph = DependencyGraph.from_tables(tables, checked=True)
    rows = whatif(graph, "vpn").entities
    assert dict(rows.select("id", "probability_low").iter_rows())["shop/web"] == 1


@pytest.mark.parametrize(
    ("required", "needed"),
    [
        ("false", False), ("'false'", False), ("'${MUST:-false}'", False), ("'${NO}'", False),
        ("true", True), ("'${MUST:-true}'", True), ("'${MUST}'", True),
    ],
)  # fmt: skip
def test_what_is_required_may_stand_in_a_variable(
    tmp_path: Path, required: str, needed: bool
) -> None:
    (tmp_path / ".env").write_text("NO=False\n")
    on = f"depends_on: {{db: {{condition: service_started, required: {required}}}}}"
    assert bool(uses(load(tmp_path, DB + f"  web: {{image: web, {on}}}\n"))) is needed


def test_the_project_may_be_named_by_a_variable(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("COMPOSE_PROJECT_NAME=other\n")
    assert "other/db" in set(load(tmp_path, DB).entities["id"])


def test_an_image_that_a_variable_is_to_fill(tmp_path: Path) -> None:
    """It is a service all the same, and the report says what is not known of it."""
    tables = load(tmp_path, "  web: {image: '${WEB_IMAGE}'}\n  api: {image: 'x/{{y}}'}\n")
    assert set(tables.entities["kind"]) == {"service"}
    assert reasons(tables) == {
        "a variable that .env does not set; it counts as empty": 1,
        "an image whose name is not understood": 1,
    }


def test_overlays_replace_commands_and_forget_variables(tmp_path: Path) -> None:
    (tmp_path / "compose.override.yaml").write_text(
        "services:\n  web: {command: [x], environment: !reset null}\n"
    )
    text = DB + "  web: {image: web, command: [--db-host, db], environment: {DB_HOST: db}}\n"
    assert uses(load(tmp_path, text)) == {}


def test_services_that_extend_each_other_in_a_long_row_are_refused(tmp_path: Path) -> None:
    """Each would take over all that those before it need: a small file, a large graph."""
    rows = ["  s0: {image: x}"]
    rows += [f"  s{n}: {{extends: s{n - 1}, depends_on: [s0]}}" for n in range(1, 200)]
    with pytest.raises(InputError, match="more than 64 services extend each other"):
        load(tmp_path, "\n".join(reversed(rows)) + "\n")


def test_a_bad_image_of_a_manifest_is_that_of_a_compose_file(tmp_path: Path) -> None:
    """Images meet on one id, whatever lists them."""
    tables = load(tmp_path, "  cache: {image: 'docker.io/library/redis:7'}\n")
    pod = tmp_path / "pod.yaml"
    pod.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: redis}]}\n"
    )
    both = load_tables([tmp_path / "compose.yaml", pod])
    graph = DependencyGraph.from_tables(both, checked=True)
    hit = whatif(graph, "image:redis", mode="bad_update").entities.filter(pl.col("rank") > 0)
    assert set(hit["id"]) == {"shop/cache", "default/Pod/p"}
    assert tables.entities.height == 2


def test_an_image_by_digest_is_the_one_of_a_bill_of_materials(tmp_path: Path) -> None:
    """Its name there is another: what both go by is the digest."""
    digest = f"sha256:{'0f' * 32}"
    load(tmp_path, f"  cache: {{image: 'registry.example.com/base/cache@{digest}'}}\n")
    purl = f"pkg:oci/other@{digest.replace(':', '%3A')}"
    (tmp_path / "bom.json").write_text(
        json.dumps({
            "bomFormat": "CycloneDX", "specVersion": "1.6",
            "metadata": {"component": {"type": "container", "name": "other", "purl": purl}},
            "components": [{"type": "library", "name": "openssl", "version": "3"}],
        })
    )  # fmt: skip
    both = load_tables([tmp_path / "compose.yaml", tmp_path / "bom.json"])
    graph = DependencyGraph.from_tables(both, checked=True)
    hit = whatif(graph, "openssl", mode="compromise").entities.filter(pl.col("rank") > 0)
    assert "shop/cache" in set(hit["id"])
