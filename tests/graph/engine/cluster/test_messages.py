"""Messages of Spark Connect, held to the published classes."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.engine.cluster import messages

HEAD = messages.write_head("00000000-0000-0000-0000-000000000001", "someone", "knockon")
WORDS = st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=300))


@pytest.fixture(scope="module")
def proto() -> Iterator[Any]:
    """The published classes. pyspark takes a program without a file for its own doctests."""
    pytest.importorskip("pyspark", reason="the witness wants knockon[cluster]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "ps1", "", raising=False)
        from pyspark.sql.connect import proto

        yield proto


def test_an_execution_is_what_the_published_classes_write(proto: Any) -> None:
    """A function over partitions."""
    relation = messages.write_map(300, b"\x00pickle", "id long, name string, done boolean", "3.11")
    made = proto.ExecutePlanRequest.FromString(messages.write_execution(HEAD, relation))
    said = proto.ExecutePlanRequest(session_id=HEAD[1], client_type="knockon")
    said.user_context.user_id = "someone"
    mapped = said.plan.root.map_partitions
    mapped.input.range.start, mapped.input.range.end = 0, 300
    mapped.input.range.step, mapped.input.range.num_partitions = 1, 300
    mapped.func.function_name, mapped.func.deterministic = "knockon", True
    mapped.func.arguments.add().unresolved_attribute.unparsed_identifier = "id"
    udf = mapped.func.python_udf
    udf.eval_type, udf.command, udf.python_ver = 207, b"\x00pickle", "3.11"
    for name, kind in (("id", "long"), ("name", "string"), ("done", "boolean")):
        field = udf.output_type.struct.fields.add(name=name, nullable=True)
        getattr(field.data_type, kind).SetInParent()
    assert made == said


def test_what_ends_work_is_what_the_published_classes_write(proto: Any) -> None:
    stopped = proto.InterruptRequest.FromString(messages.write_interrupt(HEAD))
    every = proto.InterruptRequest.INTERRUPT_TYPE_ALL
    assert (stopped.session_id, stopped.interrupt_type) == (HEAD[1], every)
    ended = proto.ReleaseSessionRequest.FromString(messages.write_release(HEAD))
    assert (ended.session_id, ended.user_context.user_id) == (HEAD[1], "someone")


def test_batches_are_found_among_the_rest(proto: Any) -> None:
    """Responses hold many other things."""
    response = proto.ExecutePlanResponse(session_id="x", operation_id="y")
    response.metrics.metrics.add(name="z", plan_id=2**40)
    assert list(messages.read_batches(response.SerializeToString())) == []
    response.arrow_batch.row_count, response.arrow_batch.data = 2**33, b"stream"
    assert list(messages.read_batches(response.SerializeToString())) == [b"stream"]


@given(st.dictionaries(st.integers(1, 2**20), WORDS, max_size=6))
def test_what_is_written_is_read(fields: dict[int, int | bytes]) -> None:
    """Any numbers and bytes, of any field."""
    assert dict(messages.decode(messages.encode(fields))) == fields


@given(st.binary(max_size=60))
def test_what_is_no_message_is_an_error_or_none(data: bytes) -> None:
    """Never anything but the two that are promised."""
    try:
        list(messages.decode(data))
    except (ValueError, IndexError):
        return


def test_headers_are_the_token_and_what_is_not_known() -> None:
    said = messages.read_parameters("use_ssl=true;token=a%3Db%3Bc;x-tenant=7;")
    headers = messages.pick_headers(said, ("use_ssl", "token"))
    assert headers == [("x-tenant", "7"), ("authorization", "Bearer a=b;c")]


def test_the_client_imports_neither_pyspark_nor_pandas() -> None:
    """Which take longer to start than many a question takes."""
    pytest.importorskip("grpc", reason="the client wants knockon[cluster]")
    code = (
        "import sys; from knockon.graph.engine.cluster.session import Session; "
        "Session('localhost', 9, {}).stop(); "
        "print({'pyspark', 'pandas', 'pyarrow'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
