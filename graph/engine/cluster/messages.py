"""The messages of Spark Connect that are needed here.

Classes of the protobuf library, made from the fields that are used; names and numbers are those of
`spark/connect/*.proto`, and tests hold them to the published classes. Those come with pandas, which
takes longer to import than many a question takes to answer.

Importing this module imports protobuf.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_FIELDS: Mapping[str, str] = {
    "UserContext": "user_id=1 string",
    "Range": "start=1 int64, end=2 int64, step=3 int64, num_partitions=4 int32",
    "Nothing": "",
    "StructField": "name=1 string, data_type=2 DataType, nullable=3 bool",
    "Struct": "fields=1 *StructField",
    "DataType": "boolean=3 Nothing, long=7 Nothing, string=11 Nothing, struct=21 Struct",
    "PythonUDF": "output_type=1 DataType, eval_type=2 int32, command=3 bytes, python_ver=4 string",
    "UnresolvedAttribute": "unparsed_identifier=1 string",
    "Expression": "unresolved_attribute=2 UnresolvedAttribute",
    "CommonInlineUserDefinedFunction": (
        "function_name=1 string, deterministic=2 bool, arguments=3 *Expression, "
        "python_udf=4 PythonUDF"
    ),
    "MapPartitions": "input=1 Relation, func=2 CommonInlineUserDefinedFunction",
    "Relation": "range=15 Range, map_partitions=28 MapPartitions",
    "Plan": "root=1 Relation",
    "ExecutePlanRequest": (
        "session_id=1 string, user_context=2 UserContext, plan=3 Plan, client_type=4 string"
    ),
    "ArrowBatch": "data=2 bytes",
    "ExecutePlanResponse": "arrow_batch=2 ArrowBatch",
    "InterruptRequest": (
        "session_id=1 string, user_context=2 UserContext, client_type=3 string, "
        "interrupt_type=4 int32"
    ),
    "ReleaseSessionRequest": (
        "session_id=1 string, user_context=2 UserContext, client_type=3 string"
    ),
}
_PACKAGE = "knockon.spark.connect"  # of its own: pyspark may be in this process, too
_SIMPLE = {
    "bool": FieldDescriptorProto.TYPE_BOOL, "bytes": FieldDescriptorProto.TYPE_BYTES,
    "int32": FieldDescriptorProto.TYPE_INT32, "int64": FieldDescriptorProto.TYPE_INT64,
    "string": FieldDescriptorProto.TYPE_STRING,
}  # fmt: skip


def _make_classes() -> dict[str, Any]:
    """The classes by their names. A field is `name=number type`, with a star where it repeats."""
    file = FileDescriptorProto(name="knockon/connect.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for said in fields.split(", ") if fields else []:
            place, kind = said.split()
            of, number = place.split("=")
            field = message.field.add(name=of, number=int(number))
            field.label = field.LABEL_REPEATED if kind[0] == "*" else field.LABEL_OPTIONAL
            if kind in _SIMPLE:
                field.type = _SIMPLE[kind]
            else:
                field.type, field.type_name = field.TYPE_MESSAGE, f".{_PACKAGE}.{kind.strip('*')}"
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _FIELDS
    }


_CLASSES = _make_classes()
ExecutePlanRequest, ExecutePlanResponse, InterruptRequest, ReleaseSessionRequest = (
    _CLASSES[name]
    for name in (
        "ExecutePlanRequest", "ExecutePlanResponse", "InterruptRequest", "ReleaseSessionRequest",
    )
)  # fmt: skip

EVERY = 1  # interrupt whatever the session runs
_MAP_ARROW = 207  # a Python function from batches of Arrow to such


def make_range(count: int, partitions: int | None = None) -> Any:
    """The relation of `id` from 0 to count - 1, in so many partitions; None: as many as the server
    takes to be all its workers' cores."""
    relation = _CLASSES["Relation"]()
    relation.range.start, relation.range.end, relation.range.step = 0, count, 1
    if partitions is not None:
        relation.range.num_partitions = partitions
    return relation


def make_map(rows: Any, command: bytes, columns: str, python: str) -> Any:
    """The relation of what a pickled function makes of each partition of a relation.

    columns: what it gives, as `name type, ...`; python: version, such as 3.11
    """
    relation = _CLASSES["Relation"]()
    relation.map_partitions.input.CopyFrom(rows)
    function = relation.map_partitions.func
    function.function_name, function.deterministic = "knockon", True
    function.arguments.add().unresolved_attribute.unparsed_identifier = "id"
    udf = function.python_udf
    udf.eval_type, udf.command, udf.python_ver = _MAP_ARROW, command, python
    for name, kind in (each.split() for each in columns.split(",")):
        field = udf.output_type.struct.fields.add(name=name, nullable=True)
        getattr(field.data_type, kind).SetInParent()
    return relation
