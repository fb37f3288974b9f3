"""Where tables lie: a folder that all see, or an address of an object store or of HDFS.

Addresses are read by pyarrow's own file systems (`s3://bucket/path`, `hdfs://host:port/path`),
which take keys and places from the environment as the tools of those stores do: for one that speaks
S3, AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from knockon.graph.errors import InputError, clip

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem
    from pyarrow.parquet import ParquetFile


def is_address(source: str) -> bool:
    """Whether a source is an address, not the name of a folder."""
    return "://" in source


def describe_table(source: str, table: str) -> str | None:
    """What tells the file of a table from others: name, size, when it was written. None: there is
    none. Raises InputError where nobody answers, or refuses."""
    try:
        system, folder = _find(source)
        found = system.get_file_info(f"{folder}/{table}.parquet")
    except (OSError, ValueError) as fault:
        raise InputError(f"{clip(source, 200)}: {_explain(fault)}") from None
    if not found.is_file:
        return None
    return f"{source}/{table}.parquet {found.size} {found.mtime_ns}"


def open_table(source: str, table: str) -> "ParquetFile":
    """The file of a table. Raises InputError where it cannot be read."""
    from pyarrow.parquet import ParquetFile

    try:
        system, folder = _find(source)
        return ParquetFile(system.open_input_file(f"{folder}/{table}.parquet"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{clip(source, 200)}: {_explain(fault)}") from None


@lru_cache(maxsize=8)
def _find(source: str) -> "tuple[FileSystem, str]":
    """The file system of a source, and the name of the folder there."""
    from pyarrow.fs import FileSystem, LocalFileSystem

    if not is_address(source):
        return LocalFileSystem(), source.rstrip("/")
    system, path = FileSystem.from_uri(source)
    return system, str(path).rstrip("/")


def _explain(fault: Exception) -> str:
    """What is wrong, in a line."""
    text: Any = " ".join(str(fault).split())
    if "Unrecognized filesystem type" in text:
        return "expected a folder, or an address such as s3://bucket/path or hdfs://host:port/path"
    if "HTTP response code 403" in text or "ACCESS_DENIED" in text or "INVALID_ACCESS_KEY" in text:
        return "the store refuses this key (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
    if "libjvm" in text or "libhdfs" in text:
        return (
            "HDFS is read with Java and libhdfs (JAVA_HOME, HADOOP_HOME), which are not found here"
        )
    if "NETWORK_CONNECTION" in text or "curlCode" in text:
        return "nobody answers there (AWS_ENDPOINT_URL says where a store is)"
    return f"cannot be read: {clip(text, 200)}"
