"""Hosts in variables, arguments and settings: what is one, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.loaders.operations.addresses import (
    find_hosts,
    find_in_arguments,
    is_cluster_name,
)


@pytest.mark.parametrize(
    ("name", "value", "hosts"),
    [
        ("DB_HOST", "db", "db"),
        ("dbHost", "db", "db"),
        ("db.host", "DB.", "db"),
        ("DB", "db", "db"),
        ("SERVER_NAME", "db", "db"),
        ("SEEDS", "a, b;c", "a b c"),
        ("URL", "mysql://app:pw@db:3306/app", "db"),
        ("URL", "http://a/x,http://b", "a b"),
        ("URL", "mongodb://u:p@a:27017,b:27017/x?replicaSet=rs", "a b"),
        ("URL", "jdbc:postgresql://db/app", "db"),
        ("URL", "postgres://app:a b/c@db/app", "db"),
        ("URL", "postgres://app:1234@db", "db"),
        ("URL", "(http://db)", "db"),
        ("URL", "jdbc:oracle:thin:@db:1521:xe", "db"),
        ("DSN", "app:pw@tcp(db:3306)/app", "db"),
        ("DSN", "host=db user=postgres dbname=web", "db"),
        ("CONNECTION", "Server=tcp:db,1433;Database=web", "db"),
        ("CONNECTION", "Data Source=db;Initial Catalog=web", "db"),
        ("SETTINGS", '{"cache": {"host": "db", "name": "web"}}', "db"),
        ("BROKERS", "k-0.k:9092,k-1.k:9092", "k-0.k k-1.k"),
        ("X", "see db.shop.svc.cluster.local for it", "db.shop.svc.cluster.local"),
        ("X", "10.96.0.12:80", "10.96.0.12"),
        ("X", "$(MY_DB_SERVICE_HOST):$(MY_DB_SERVICE_PORT)", "my-db"),
    ],
)
def test_what_is_a_host(name: str, value: str, hosts: str) -> None:
    assert {host.name for host in find_hosts(value, name)} == set(hosts.split())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_NAME", "db"), ("POSTGRES_DB", "db"), ("POSTGRES_USER", "db"), ("DB_PASSWORD", "db"),
        ("CACHE_DRIVER", "redis"), ("NODE_ENV", "db"), ("IMAGE", "redis:72"),
        ("BUCKET", "s3://db/x"), ("SOCKET", "unix:///db"), ("AT", "15:30:00"), ("REPLICAS", "3"),
        ("URL", "http://localhost:80"), ("URL", "http://127.0.0.1/"), ("VERSION", "1.2"),
        ("URL", "http://db-$(ENV)/x"), ("URL", "http://$(DB)/"), ("URL", "http://db-${ENV}:80"),
        ("TEXT", "a db of one's own, and more"), ("X", ""), ("X", "redis:7"),
    ],
)  # fmt: skip
def test_what_is_none(name: str, value: str) -> None:
    assert find_hosts(value, name) == []


def test_how_a_host_stands() -> None:
    """A word is one only where somebody knows a host of that name; a URL says it itself."""
    found = find_hosts("http://a, b:80", "URLS")
    assert [(host.name, host.how) for host in found] == [("a", "url"), ("b", "port")]
    assert find_hosts("a", "HOST")[0].how == "named"
    assert find_hosts("a", "CACHE")[0].how == "word"


@pytest.mark.parametrize(
    ("arguments", "hosts"),
    [
        (["--db-host", "db"], "db"), (["--db-host=db"], "db"), (["--store=http://db:80"], "db"),
        (["redis-cli", "-h", "db", "ping"], "db"), (["psql -h db -U postgres app"], "db"),
        (["sh", "-c", "until nc -z db 5432; do sleep 1; done"], "db"),
        (["sh", "-c", "until nslookup db.$(cat /ns).svc.cluster.local; do sleep 2; done"], "db"),
        (["sh", "-c", "getent hosts db || exit 1"], "db"),
        (["sh", "-c", "DB_HOST=db exec app"], "db"), (["--brokers", "a:9092,b:9092"], "a b"),
        (["--name", "db"], ""), (["db"], ""), (["--db", "db"], ""), ([], ""),
    ],
)  # fmt: skip
def test_arguments(arguments: list[str], hosts: str) -> None:
    """A word alone is a host after a flag that speaks of one only."""
    assert {host.name for host in find_in_arguments(arguments)} == set(hosts.split())


def test_settings_of_several_lines() -> None:
    """Keys that speak of hosts, and addresses; the rest of a file is left alone."""
    text = "db:\n  host: pg\n  name: web\nproxy_pass http://api;\nserver cache:6379;\nuser nginx;\n"
    assert {host.name for host in find_hosts(text, "app.conf", strict=True)} == {
        "pg",
        "api",
        "cache",
    }


def test_names_within_a_cluster() -> None:
    assert is_cluster_name("db.shop.svc")
    assert is_cluster_name("db-0.db.shop.svc.cluster.local.")
    assert not is_cluster_name("svc.example.com")


@given(st.text(alphabet="ab:/@.=-_ ${}()'\"\n,;?&#0", max_size=60), st.text(max_size=12))
def test_any_text_gives_names(value: str, name: str) -> None:
    for host in (*find_hosts(value, name), *find_in_arguments([name, value])):
        assert host.name
        assert host.name == host.name.lower()


@pytest.mark.parametrize("piece", ["x", "a:", "a.", "://", "a@", "a=", "a b ", '"a"', "--a "])
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    began = time.perf_counter()
    find_hosts(piece * (300_000 // len(piece)), "HOST")
    assert time.perf_counter() - began < 20
