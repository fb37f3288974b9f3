"""A session with a Spark Connect server: functions run on its workers, over gRPC.

Of the protocol it has what is needed here: a function over partitions, an interrupt, the end. A
call is not taken up again where the connection breaks: whoever asked finds the outputs that are
there, and asks for the rest.
"""

import pickle
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any

import polars as pl

from knockon.graph.engine.cluster.tasks import make_struct
from knockon.graph.errors import ClusterError, clip

_SERVICE = "/spark.connect.SparkConnectService/"
_KNOWN = ("use_ssl", "token", "user_id", "user_agent", "session_id")
_SECONDS = 5.0  # for what is no work
_CLIENT = "knockon"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class _Columns:
    """Columns that a function gives. A worker has them as a type of pyspark, which need not be
    here."""

    def __init__(self, columns: str) -> None:
        self.columns = columns

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return make_struct, (self.columns,)


class Session:
    """A session of its own. parameters: of the address. Raises ImportError where grpc or protobuf
    is not."""

    def __init__(self, host: str, port: int, parameters: Mapping[str, str]) -> None:
        import grpc

        from knockon.graph.engine.cluster import messages

        self._fault: type[Exception] = grpc.RpcError
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        options = [("grpc.max_receive_message_length", -1)]
        if parameters.get("use_ssl") == "true":
            self._channel = grpc.secure_channel(place, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.insecure_channel(place, options)
        self._messages = messages
        self._head: dict[str, Any] = {
            "session_id": parameters.get("session_id") or str(uuid.uuid4()),
            "client_type": _CLIENT,
        }
        if user := parameters.get("user_id"):
            self._head["user_context"] = {"user_id": user}
        self._headers = pick_headers(parameters, _KNOWN)

    def greet(self) -> None:
        """Find out whether anybody answers. Raises ClusterError where nobody does."""
        list(self._execute(self._messages.make_range(1, 1), 60.0))

    def run(
        self, work: Callable[[Any], Any], columns: str, count: int, partitions: int | None
    ) -> pl.DataFrame:
        """What a function of a module makes of so many rows, which hold their numbers, `id`, in so
        many partitions; None: as the server deals them. Raises ClusterError with what went
        wrong."""
        command = pickle.dumps((work, _Columns(columns)), protocol=5)
        rows = self._messages.make_range(count, partitions)
        relation = self._messages.make_map(rows, command, columns, _PYTHON)
        return pl.concat([pl.read_ipc_stream(BytesIO(b)) for b in self._execute(relation, None)])

    def _execute(self, relation: Any, seconds: float | None) -> Iterator[bytes]:
        call = self._channel.unary_stream(
            _SERVICE + "ExecutePlan",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=self._messages.ExecutePlanResponse.FromString,
        )
        request = self._messages.ExecutePlanRequest(**self._head, plan={"root": relation})
        try:
            for response in call(request, metadata=self._headers, timeout=seconds):
                if response.HasField("arrow_batch"):
                    yield response.arrow_batch.data
        except self._fault as fault:
            raise ClusterError(_describe(fault)) from None

    def interrupt(self) -> None:
        """Stop whatever runs, as far as the server does that."""
        every = self._messages.EVERY
        self._tell("Interrupt", self._messages.InterruptRequest(**self._head, interrupt_type=every))

    def stop(self) -> None:
        """End the session: one left open waits for its server when the process ends; a server that
        is gone need not be waited for."""
        self._tell("ReleaseSession", self._messages.ReleaseSessionRequest(**self._head))
        self._channel.close()

    def _tell(self, what: str, request: Any) -> None:
        with suppress(Exception):
            call = self._channel.unary_unary(_SERVICE + what)
            call(request.SerializeToString(), metadata=self._headers, timeout=_SECONDS)


def pick_headers(parameters: Mapping[str, str], known: Sequence[str]) -> list[tuple[str, str]]:
    """What a server is told with every request: the token, and whatever is not known here."""
    token = parameters.get("token")
    told = [(k.lower(), v) for k, v in parameters.items() if k not in known]
    return [*told, *([("authorization", f"Bearer {token}")] if token else [])]


def _describe(fault: Any) -> str:
    """What went wrong, for people: in words of our own where it is the connection, else the last
    line that names an error."""
    code, text = fault.code().name, fault.details() or ""
    if "CERTIFICATE_VERIFY_FAILED" in text or "Hostname Verification" in text:
        return (
            "its certificate is not trusted here (GRPC_DEFAULT_SSL_ROOTS_FILE_PATH names a file of "
            "authorities)"
        )
    if "SSL" in text or "handshake" in text.lower():
        return "it does not speak TLS as asked (use_ssl=true)"
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return "it does not take this token" + (f": {clip(text, 100)}" if text else "")
    return describe_text(text) or code


def describe_text(text: str) -> str:
    """The line that tells most."""
    text, _, _ = text.partition("JVM stacktrace:")
    lines = [line.strip() for line in text.splitlines() if line.strip(" '\n")]
    lines = [line for line in lines if not line.startswith("at ")]
    told = [line for line in lines if "Error" in line] or lines or [""]
    return clip(told[-1], 300)
