"""A server behind TLS and a token: a gateway that ends TLS, checks the token, and passes on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

grpc = pytest.importorskip("grpc", reason="the client wants knockon[cluster]")
pytest.importorskip("pysail.spark", reason="a Spark Connect server wants pysail")

pytestmark = pytest.mark.slow
TOKEN = "secret=1"
ASK = (
    "import sys; from knockon.graph.engine.cluster.connect import ask_workers, parse_address\n"
    "try: print('cores', ask_workers(parse_address(sys.argv[1])).cores > 0)\n"
    "except Exception as fault: print(fault)"
)


class _Gateway(grpc.GenericRpcHandler):  # type: ignore[name-defined,misc]
    """Passes every call on as it is; without the token none."""

    def __init__(self, behind: str) -> None:
        self.channel = grpc.insecure_channel(behind.removeprefix("sc://"))

    def service(self, details: Any) -> Any:
        call = self.channel.unary_stream(details.method)

        def pass_on(request: bytes, context: Any) -> Iterator[bytes]:
            if dict(context.invocation_metadata()).get("authorization") != f"Bearer {TOKEN}":
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such token")
            yield from call(request)

        return grpc.unary_stream_rpc_method_handler(pass_on)


@pytest.fixture(scope="module")
def gateway(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Its port, and the certificate that it signed itself."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out",
         certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    running = grpc.server(ThreadPoolExecutor(4), [_Gateway(server)])
    pair = [(key.read_bytes(), certificate.read_bytes())]
    port = running.add_secure_port("localhost:0", grpc.ssl_server_credentials(pair))
    running.start()
    yield port, certificate
    running.stop(None)


def ask(address: str, trusted: Path | None) -> str:
    """What a process says that asks there; it reads once which authorities it trusts."""
    env = dict(os.environ)
    if trusted is not None:
        env["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = str(trusted)
    command = [sys.executable, "-c", ASK, address]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=200, check=True)
    return done.stdout.strip()


def test_a_server_behind_tls_and_a_token(gateway: tuple[int, Path]) -> None:
    """Answers who has both; each thing that is wrong is one line, without the token."""
    port, certificate = gateway
    place = f"sc://localhost:{port}"
    right = f"{place}/;use_ssl=true;token=secret%3D1"
    assert ask(right, certificate) == "cores True"
    wrong = {
        "its certificate is not trusted here": ask(right, None),
        "it does not take this token": ask(f"{place}/;use_ssl=true;token=hunter2", certificate),
        "does not answer": ask(place, certificate),
    }
    for said, line in wrong.items():
        assert line.startswith(f"on: {place} does not answer: ")
        assert said in line
        assert "\n" not in line
        assert "hunter2" not in line


def test_a_server_without_tls_is_no_server_with(server: str, gateway: tuple[int, Path]) -> None:
    """Nothing is sent in the clear to who does not speak TLS."""
    said = ask(f"{server}/;use_ssl=true;token=hunter2", gateway[1])
    assert said == f"on: {server} does not answer: it does not speak TLS as asked (use_ssl=true)"
