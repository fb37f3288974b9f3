"""One look at a place: what is there now, or that it is still the same, within stated bounds."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2

from knockon.api.live.content import Content, UnreadableError
from knockon.api.live.guard import GuardedBackend, GuardedTransport, Resolve, resolve
from knockon.api.live.places import Place, is_named_private, read_place
from knockon.graph.errors import InputError, clip

MOST = 8 * 2**20  # bytes of a page, unpacked
REDIRECTS = 3
AT_ONCE = 20  # pages that are read at the same time
CONNECT, READ, TOTAL = 5.0, 10.0, 20.0  # seconds
_PIECE = 256 * 1024  # bytes that are unpacked before others have their turn
_MOVED = (301, 302, 303, 307, 308)


class Fetcher:
    """Reads places: those that are given, and where they send on to.

    private: hosts that may be of a private network; the others that an operator gives may be so
    where they are written as such an address. seconds: connect, read, and all together
    """

    def __init__(
        self, places: Sequence[Place], private: Collection[str] = (), *,
        seconds: tuple[float, float, float] = (CONNECT, READ, TOTAL), most: int = MOST,
        look_up: Resolve = resolve, verify: Any = True,
    ) -> None:  # fmt: skip
        named = {(host.casefold().rstrip("."), None) for host in private}
        as_given = {(p.host, p.port) for p in places if is_named_private(p.host)}
        self._guard = GuardedBackend(named | as_given, look_up)
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._connect, self._read, self._total = seconds
        self._most = most
        self._client = httpx2.AsyncClient(
            transport=GuardedTransport(self._guard, verify=verify),
            timeout=httpx2.Timeout(self._read, connect=self._connect), trust_env=False,
            follow_redirects=False, cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "knockon-watch", "Accept-Encoding": "gzip, identity"},
        )  # fmt: skip

    @property
    def client(self) -> httpx2.AsyncClient:
        """What sends requests behind the guard."""
        return self._client

    async def fetch(self, place: Place, known: Content | None = None) -> Content:
        """What is there; `known` itself where it is still the same. Raises UnreadableError."""
        try:
            async with self._at_once, asyncio.timeout(self._total):
                if place.is_file:
                    found = await asyncio.to_thread(_read_file, Path(place.given), self._most)
                else:
                    found = await self._fetch_address(place, known)
        except TimeoutError:
            raise UnreadableError(f"no answer within {self._total:g} seconds") from None
        return known if known is not None and known.digest == found.digest else found

    async def close(self) -> None:
        await self._client.aclose()

    async def _fetch_address(self, place: Place, known: Content | None) -> Content:
        asked, address = {}, place.given
        if known is not None:
            stated = {"If-None-Match": known.tag, "If-Modified-Since": known.modified}
            asked = {name: value for name, value in stated.items() if value}
        for _ in range(REDIRECTS + 1):
            try:
                async with self._client.stream("GET", address, headers=asked) as response:
                    if response.status_code in _MOVED and "location" in response.headers:
                        address = self._follow(place, address, response.headers["location"])
                        continue
                    if response.status_code == 304 and known is not None:
                        return known
                    _check_status(response)
                    return await self._read_body(response)
            except httpx2.TimeoutException:
                raise UnreadableError("its server does not answer in time") from None
            except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError) as fault:
                raise UnreadableError(_describe(fault)) from None
        raise UnreadableError(f"it sends on more than {REDIRECTS} times")

    def _follow(self, place: Place, address: str, location: str) -> str:
        """Where a redirect leads. Raises UnreadableError for what is not followed: a private host
        is read where it was given itself, never because another page says so."""
        try:
            onward = urljoin(address, location)
            to = read_place(onward)
        except (InputError, ValueError):
            raise UnreadableError(f"it sends on to {clip(location, 60)}") from None
        if address.startswith("https:") and not onward.startswith("https:"):
            raise UnreadableError(f"it sends on to {clip(to.label, 60)}, which is not https")
        same = to.host == place.host and (to.port == place.port or self._guard.names(to.host))
        if not same and self._guard.allows(to.host, to.port):
            raise UnreadableError(f"it sends on to {clip(to.label, 60)}, which is private")
        return onward

    async def _read_body(self, response: httpx2.Response) -> Content:
        """The body, never more of it than is allowed, packed or not."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("gzip", "x-gzip", "identity", ""):
            raise UnreadableError(f"it is sent as {clip(coding, 20)}, which was not asked for")
        unpacker = zlib.decompressobj(31) if "gzip" in coding else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            try:
                async for piece in self._unpack(unpacker, chunk):
                    body += piece
                    if len(body) > self._most:
                        raise UnreadableError(f"it has more than {self._most:,} bytes")
            except zlib.error:
                raise UnreadableError("it is said to be gzip, but is not") from None
        if unpacker and not unpacker.eof:
            raise UnreadableError("it ends in the middle")
        data = bytes(body)
        headers = response.headers
        digest = await asyncio.to_thread(lambda: sha256(data).hexdigest())
        return Content(
            data, digest,
            clip(headers.get("etag", ""), 200), clip(headers.get("last-modified", ""), 60),
        )  # fmt: skip

    async def _unpack(self, unpacker: Any, chunk: bytes) -> AsyncIterator[bytes]:
        """A little at a time: a small chunk may unpack to megabytes, and others wait."""
        if unpacker is None:
            yield chunk
            return
        more = bool(chunk)
        while more:
            piece = unpacker.decompress(chunk, _PIECE)
            yield piece
            chunk = unpacker.unconsumed_tail
            more = not unpacker.eof and (bool(chunk) or len(piece) == _PIECE)
            await asyncio.sleep(0)


def _check_status(response: httpx2.Response) -> None:
    if response.status_code != 200:
        retry = _read_retry(response) if response.status_code in (429, 503) else None
        raise UnreadableError(f"its server answers {response.status_code}", retry)


def _read_retry(response: httpx2.Response) -> float | None:
    """Seconds of a Retry-After, in either form."""
    stated = response.headers.get("retry-after", "")
    with suppress(ValueError):
        return max(float(int(stated)), 0.0)
    with suppress(ValueError, TypeError, KeyError):
        until = parsedate_to_datetime(stated)
        now = parsedate_to_datetime(response.headers["date"])
        return max((until - now).total_seconds(), 0.0)
    return None


def _describe(fault: Exception) -> str:
    words = clip(str(fault), 200)
    return words or type(fault).__name__


def _read_file(path: Path, most: int) -> Content:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as fault:
        raise UnreadableError(f"it cannot be read: {fault.strerror}") from None
    if len(data) > most:
        raise UnreadableError(f"it has more than {most:,} bytes")
    return Content(data, sha256(data).hexdigest())
