"""One look at a place: what is read, what is the same, and what is refused."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import tracemalloc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpcore2
import httpx2
import pytest

from knockon.api.live.content import Content, UnreadableError
from knockon.api.live.fetch import Fetcher
from knockon.api.live.guard import GuardedBackend, RefusedAddressError
from knockon.api.live.places import read_place
from tests.api.live.pages import Site, open_site

LONG = (60.0, 60.0, 60.0)


def fetch(address: str, known: Content | None = None, *others: str, **options: Any) -> Content:
    places = [read_place(a) for a in (address, *others)]

    async def run() -> Content:
        fetcher = Fetcher(places, options.pop("private", ()), **({"seconds": LONG} | options))
        try:
            return await fetcher.fetch(places[0], known)
        finally:
            await fetcher.close()

    return asyncio.run(run())


def test_what_is_there_is_read(site: Site) -> None:
    """A private address that an operator gave is read as given; nothing is told of who asks."""
    assert fetch(site.put("/s", b"{}")).data == b"{}"
    head = site.asked[0][2]
    assert head["user-agent"] == "knockon-watch"
    assert "cookie" not in head


def test_no_cookie_is_kept(site: Site) -> None:
    """Not for the next look, and not for where a page sends on to."""
    site.put("/a", b"", 302, Location="/b", Set_Cookie="id=1; Path=/")
    place = read_place(site.at("/a"))
    site.put("/b", b"{}", Set_Cookie="id=2; Path=/")

    async def run() -> None:
        fetcher = Fetcher([place], seconds=LONG)
        for _ in range(2):
            await fetcher.fetch(place)
        await fetcher.close()

    asyncio.run(run())
    assert len(site.asked) == 4
    assert not any("cookie" in head for _, _, head, _ in site.asked)


@pytest.mark.parametrize(
    "head", [{"ETag": '"a1"'}, {"Last_Modified": "Sat, 28 Nov 2026 09:00:00 GMT"}]
)
def test_what_is_the_same_is_not_sent_again(site: Site, head: dict[str, str]) -> None:
    """By If-None-Match or If-Modified-Since; the content that is known comes back itself."""
    first = fetch(site.put("/s", b"{}", **head))
    site.put("/s", b"", 304)
    assert fetch(site.at("/s"), first) is first
    asked = site.asked[1][2]
    assert asked.get("if-none-match") == head.get("ETag")
    assert asked.get("if-modified-since") == head.get("Last_Modified")


def test_the_same_bytes_are_the_same_content(site: Site) -> None:
    first = fetch(site.put("/s", b"{}"))
    assert fetch(site.at("/s"), first) is first
    site.put("/s", b"[]")
    assert fetch(site.at("/s"), first).data == b"[]"


def test_a_304_that_was_not_asked_for_is_no_answer(site: Site) -> None:
    with pytest.raises(UnreadableError, match="304"):
        fetch(site.put("/s", b"", 304))


def test_gzip_is_unpacked_within_bounds(site: Site) -> None:
    """A bomb is put away before it is unpacked."""
    packed = gzip.compress(b"x" * 1000)
    assert fetch(site.put("/s", packed, Content_Encoding="gzip")).data == b"x" * 1000
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 50_000
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError, match="more than 100,000"):
            fetch(site.put("/s", bomb, Content_Encoding="gzip"), most=100_000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    for body, words in ((packed[:-9], "ends"), (b"no", "not")):
        with pytest.raises(UnreadableError, match=words):
            fetch(site.put("/s", body, Content_Encoding="gzip"), most=100_000)
    with pytest.raises(UnreadableError, match="br"):
        fetch(site.put("/s", b"", Content_Encoding="br"))


def test_too_much_is_not_read(site: Site) -> None:
    """A body without an end is left when the limit is reached."""

    def stream(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b" " * 65536)

    site.answers["/s"] = stream
    with pytest.raises(UnreadableError, match="more than 1,000,000 bytes"):
        fetch(site.at("/s"), most=1_000_000)


def test_who_is_slow_is_left(site: Site) -> None:
    """The whole look has a bound, even where bytes keep dripping."""
    over = Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not over.wait(0.05):
            request.wfile.write(b" ")

    site.answers["/s"] = drip
    try:
        with pytest.raises(UnreadableError, match=r"no answer within 0\.7 seconds"):
            fetch(site.at("/s"), seconds=(60, 60, 0.7))
        site.answers["/s"] = lambda _: over.wait(60) and None
        with pytest.raises(UnreadableError, match="in time"):
            fetch(site.at("/s"), seconds=(60, 0.5, 60))
    finally:
        over.set()


def test_redirects_are_followed_a_few_times(site: Site) -> None:
    site.put("/a", b"", 302, Location="/b")
    site.put("/b", b"", 308, Location=site.at("/c"))
    site.put("/c", b"here")
    assert fetch(site.at("/a")).data == b"here"
    site.put("/c", b"", 301, Location="/a")
    with pytest.raises(UnreadableError, match="sends on more than 3 times"):
        fetch(site.at("/a"))


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:{other}/x",
     "http://localhost:{other}/x", "http://[::1]:{other}/x", "http://2130706433:{other}/x",
     "http://0:{other}/x", "//127.0.0.1:{other}/x", "http://[::ffff:127.0.0.1]:{other}/x",
     "http://10.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:{other}/", "http://a@b@c:{other}"],
)  # fmt: skip
def test_redirects_never_lead_into_private_networks(site: Site, target: str) -> None:
    """Whatever the spelling, nobody there is connected to."""
    with open_site() as inside:
        inside.put("/x", b"secret")
        site.put("/s", b"", 302, Location=target.format(other=inside.port))
        with pytest.raises(UnreadableError):
            fetch(site.at("/s"))
        assert inside.asked == []


def test_a_page_cannot_send_to_another_one_that_is_private(site: Site) -> None:
    """Though the operator gave that one, too: it is read where it was given."""
    with open_site() as inside:
        other = inside.put("/x", b"secret")
        site.put("/s", b"", 302, Location=other)
        with pytest.raises(UnreadableError, match="is private"):
            fetch(site.at("/s"), None, other)
        assert inside.asked == []


def test_a_name_that_leads_into_a_private_network_is_refused(site: Site) -> None:
    """Unless the operator says that it may."""

    async def look_up(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    site.put("/s", b"{}")
    address = f"http://status.example:{site.port}/s"
    with pytest.raises(UnreadableError, match=r"leads to 127\.0\.0\.1.*--private status\.example"):
        fetch(address, look_up=look_up)
    assert site.asked == []
    assert fetch(address, look_up=look_up, private=["Status.Example"]).data == b"{}"


def test_a_private_host_may_send_on_to_itself(site: Site) -> None:
    """Where the operator named it, on another port, too; no other page may send there."""

    async def look_up(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    with open_site() as other:
        other.put("/x", b"there")
        site.put("/s", b"", 302, Location=f"http://a.internal:{other.port}/x")
        options: dict[str, Any] = {"look_up": look_up, "private": ["a.internal", "b.internal"]}
        assert fetch(f"http://a.internal:{site.port}/s", **options).data == b"there"
        with pytest.raises(UnreadableError, match="is private"):
            fetch(f"http://b.internal:{site.port}/s", **options)


def test_one_private_address_of_several_is_enough_to_refuse() -> None:
    async def look_up(host: str, port: int) -> list[str]:
        return ["1.1.1.1", "10.0.0.1"]

    with pytest.raises(RefusedAddressError):
        asyncio.run(GuardedBackend((), look_up).connect_tcp("a.example", 443))


def test_what_is_connected_to_is_what_was_checked() -> None:
    """A name is looked up once for a connection, and its address is what is connected to; the
    next look finds out that it was bound to another."""
    answers, reached = [["1.1.1.1"], ["127.0.0.1"]], []

    async def look_up(host: str, port: int) -> list[str]:
        return answers.pop(0)

    class Recorder(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(self, host: str, port: int, **_: Any) -> Any:
            reached.append((host, port))

    backend = GuardedBackend((), look_up)
    backend._plain = Recorder()  # type: ignore[assignment]

    async def run() -> None:
        await backend.connect_tcp("rebind.example", 443)
        with pytest.raises(RefusedAddressError):
            await backend.connect_tcp("rebind.example", 443)

    asyncio.run(run())
    assert reached == [("1.1.1.1", 443)]


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503, 206])
def test_another_status_is_no_page(site: Site, status: int) -> None:
    with pytest.raises(UnreadableError, match=str(status)) as refused:
        fetch(site.put("/s", b"{}", status, Retry_After="120"))
    assert refused.value.retry == (120 if status == 503 else None)


def test_a_server_that_is_gone_is_unreadable() -> None:
    with open_site() as closed:
        address = closed.at("/s")
    with pytest.raises(UnreadableError):
        fetch(address)


def test_a_proxy_of_the_environment_is_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would connect where it likes."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetch(site.put("/s", b"{}")).data == b"{}"


def test_files_are_read_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(b"{}")
    known = fetch(str(path))
    assert known.data == b"{}"
    assert fetch(str(path), known) is known
    with pytest.raises(UnreadableError, match="more than 1 bytes"):
        fetch(str(path), most=1)
    place = read_place(str(path))
    path.unlink()
    with pytest.raises(UnreadableError, match="cannot be read"):
        asyncio.run(Fetcher([place]).fetch(place))


@pytest.fixture
def certify(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """A certificate for a name, signed by nobody else: the files of it and of its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")

    def make(name: str) -> tuple[str, str]:
        at = [str(tmp_path / f"{name}.{end}") for end in ("pem", "key")]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                   "-addext", f"subjectAltName=DNS:{name}",
                   "-out", at[0], "-keyout", at[1]]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        return at[0], at[1]

    return make


def test_tls_is_verified(certify: Callable[[str], tuple[str, str]]) -> None:
    """By who signed and for which name, though it is an address that is connected to."""
    certificate, key = certify("status.example")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    async def look_up(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    def ask(host: str, trusted: Any) -> bytes:
        address = f"https://{host}:{server.server_port}/"
        return fetch(address, look_up=look_up, private=[host], verify=trusted).data

    try:
        trusted = ssl.create_default_context(cafile=certificate)
        assert ask("status.example", trusted) == b"{}"
        with pytest.raises(UnreadableError, match=r"(?i)certificate"):
            ask("other.example", trusted)
        with pytest.raises(UnreadableError, match=r"(?i)certificate"):
            ask("status.example", True)
    finally:
        server.shutdown()
        server.server_close()


def test_https_is_not_left_for_http() -> None:
    place = read_place("https://status.example/s")
    fetcher = Fetcher([place])
    with pytest.raises(UnreadableError, match="not https"):
        fetcher._follow(place, place.given, "http://status.example/s")
    with pytest.raises(UnreadableError, match="sends on to"):
        fetcher._follow(place, place.given, "data:text/plain,x")


def test_errors_of_the_library_are_told_as_ours(site: Site) -> None:
    """A server that speaks something else."""

    def babble(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"\x16\x03\x01 not http at all\r\n\r\n")

    site.answers["/s"] = babble
    with pytest.raises(UnreadableError):
        fetch(site.at("/s"))
    assert issubclass(RefusedAddressError, httpx2.ConnectError)
