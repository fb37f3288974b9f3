"""Messages of Spark Connect, held to the published classes."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from knockon.graph.engine.cluster.connect import parse_address
from knockon.graph.engine.cluster.session import pick_headers


@pytest.fixture(scope="module")
def proto() -> Iterator[Any]:
    """The published classes. pyspark takes a program without a file for its own doctests."""
    pytest.importorskip("pyspark", reason="the witness wants knockon[cluster]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "ps1", "", raising=False)
        from pyspark.sql.connect import proto

        yield proto


@pytest.fixture(scope="module")
def messages() -> Any:
    return pytest.importorskip("knockon.graph.engine.cluster.messages")


def test_fields_are_those_of_the_published_classes(proto: Any, messages: Any) -> None:
    """By name, number, and how they are written; an enumeration is a whole number."""
    pairs = [
        (getattr(messages, n), getattr(proto, n))
        for n in ("ExecutePlanRequest", "ExecutePlanResponse", "InterruptRequest",
                  "ReleaseSessionRequest")
    ]  # fmt: skip
    pairs = [(ours.DESCRIPTOR, theirs.DESCRIPTOR) for ours, theirs in pairs]
    seen = set()
    while pairs:
        ours, theirs = pairs.pop()
        if ours.name in seen:
            continue
        seen.add(ours.name)
        for field in ours.fields:
            known = theirs.fields_by_name[field.name]
            written = known.TYPE_INT32 if known.type == known.TYPE_ENUM else known.type
            assert (field.number, field.type) == (known.number, written)
            assert field.is_repeated == known.is_repeated
            if field.message_type is not None:
                pairs.append((field.message_type, known.message_type))
    assert len(seen) == 18


def test_a_map_is_read_by_the_published_classes(proto: Any, messages: Any) -> None:
    """A function over partitions."""
    relation = messages.make_map(
        messages.make_range(300, 300), b"\x00pickle", "id long, name string, done boolean", "3.11"
    )
    head = {"session_id": "s", "user_context": {"user_id": "someone"}, "client_type": "knockon"}
    request = messages.ExecutePlanRequest(**head, plan={"root": relation})
    made = proto.ExecutePlanRequest.FromString(request.SerializeToString())
    mapped = made.plan.root.map_partitions
    assert made.plan.root.WhichOneof("rel_type") == "map_partitions"
    assert (mapped.input.range.start, mapped.input.range.end) == (0, 300)
    assert (mapped.input.range.step, mapped.input.range.num_partitions) == (1, 300)
    udf = mapped.func.python_udf
    assert (udf.eval_type, udf.command, udf.python_ver) == (207, b"\x00pickle", "3.11")
    fields = udf.output_type.struct.fields
    kinds = [(f.name, f.data_type.WhichOneof("kind"), f.nullable) for f in fields]
    assert kinds == [("id", "long", True), ("name", "string", True), ("done", "boolean", True)]
    assert made.user_context.user_id == "someone"


def test_every_operation_of_a_session_is_interrupted(proto: Any, messages: Any) -> None:
    assert messages.EVERY == proto.InterruptRequest.INTERRUPT_TYPE_ALL


def test_batches_are_found_among_the_rest(proto: Any, messages: Any) -> None:
    """Responses hold many other things."""
    response = proto.ExecutePlanResponse(session_id="x", operation_id="y")
    response.metrics.metrics.add(name="z", plan_id=2**40)
    read = messages.ExecutePlanResponse.FromString
    assert not read(response.SerializeToString()).HasField("arrow_batch")
    response.arrow_batch.row_count, response.arrow_batch.data = 2**33, b"stream"
    assert read(response.SerializeToString()).arrow_batch.data == b"stream"


def test_headers_are_the_token_and_what_is_not_known() -> None:
    said = parse_address("sc://there:1/;use_ssl=true;token=a%3Db%3Bc;x-tenant=7;").parameters
    headers = pick_headers(said, ("use_ssl", "token"))
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
