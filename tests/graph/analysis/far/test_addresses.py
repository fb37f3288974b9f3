"""Tables in a store that speaks S3, read by the workers where they lie."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

import knockon as ko
from knockon.graph.analysis.far.whatif import whatif_far
from knockon.graph.engine.cluster.blocks.storage import describe_table, open_table
from knockon.graph.errors import InputError
from tests.paths import ROOT

pytest.importorskip("pyarrow", reason="addresses want knockon[cluster]")
sys.path.insert(0, str(ROOT / "tests" / "bench"))
BUCKET = "nation"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("ftp://host/tables", "expected a folder, or an address such as s3://bucket/path"),
        ("hdfs://nobody.invalid:9000/tables", "hdfs://nobody.invalid:9000/tables: "),
    ],
)
def test_an_address_that_cannot_be_read_is_one_line(source: str, said: str) -> None:
    """Of no known kind; of HDFS, where there is neither Java nor a cluster."""
    for read in (describe_table, open_table):
        with pytest.raises(InputError, match=said) as refused:
            read(source, "dependencies")
        assert "\n" not in str(refused.value)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store that checks keys, whose place and keys are in the environment, with a small table;
    the same table in a folder."""
    pytest.importorskip("moto.server", reason="the store is moto[server]")
    from pyarrow.fs import S3FileSystem
    from servers import Server, find_port, wait_for

    folder, port = tmp_path_factory.mktemp("tables"), find_port()
    pl.DataFrame(
        {"dependent": ["a", "b", "c", "d"], "provider": ["b", "c", "hub", "hub"],
         "probability": [0.5, 0.25, 0.75, None]}
    ).write_parquet(folder / "dependencies.parquet")  # fmt: skip
    place = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = Server(place)
    with pytest.MonkeyPatch.context() as patch, (folder / "log.txt").open("w") as log:
        import psutil

        server.processes.append(psutil.Popen(command, stdout=log, stderr=subprocess.STDOUT))
        try:
            wait_for(port, server)
            for name, value in {
                "AWS_ENDPOINT_URL": place, "AWS_ACCESS_KEY_ID": "mine", "AWS_REGION": "us-east-1",
                "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
            }.items():  # fmt: skip
                patch.setenv(name, value)
            system = S3FileSystem(
                allow_bucket_creation=True, endpoint_override=place, scheme="http"
            )
            system.create_dir(BUCKET)
            with system.open_output_stream(f"{BUCKET}/market/dependencies.parquet") as file:
                file.write((folder / "dependencies.parquet").read_bytes())
            yield folder
        finally:
            server.stop()


@pytest.mark.slow
def test_tables_of_a_bucket_give_what_those_of_a_folder_give(store: Path, tmp_path: Path) -> None:
    """Read by the workers of a server of its own, which has keys and place from its environment."""
    pytest.importorskip("pysail.spark", reason="a Spark Connect server wants pysail")
    from servers import start_sail

    here = ko.whatif(ko.load(store), "hub", worlds=640)
    with start_sail() as server:
        there = whatif_far(
            f"s3://{BUCKET}/market", "hub", on=server.address, on_folder=str(tmp_path / "shared"),
            out=tmp_path / "rows", worlds=640,
        )  # fmt: skip
    assert there.totals.hit_low <= there.totals.hit <= there.totals.hit_high
    assert there.rows == 5
    assert abs(there.totals.hit - here.totals.hit) < 0.2
    rows = pl.read_parquet(tmp_path / "rows" / "*.parquet")
    assert sorted(rows["id"].to_list()) == ["a", "b", "c", "d", "hub"]


@pytest.mark.slow
def test_what_a_store_has_not_or_refuses_is_one_line(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such bucket, no such table; nobody there."""
    assert describe_table(f"s3://{BUCKET}/market", "entities") is None
    assert describe_table("s3://no-such-bucket/market", "dependencies") is None
    assert (describe_table(f"s3://{BUCKET}/market", "dependencies") or "").endswith("000")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="nobody answers there"):
        describe_table(f"s3://{BUCKET}/other", "dependencies")
