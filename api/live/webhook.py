"""Telling others of changes: signed POSTs of JSON, each until it is taken or given up.

Signed as Standard Webhooks (https://www.standardwebhooks.com) says, so that its libraries verify
it: HMAC-SHA256 over `id.timestamp.body`. At least once: an event is sent again until its receiver
answers 2xx, and a receiver tells by the id that it has it already. With an outbox what waits
outlives the server, however that ends. What is given up is logged whole (a dead letter).
"""

import asyncio
import base64
import binascii
import hmac
import json
import logging
import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import httpx2

from knockon.api.live.pace import Clock
from knockon.api.live.places import Place
from knockon.graph.errors import InputError, KnockonError, clip

ATTEMPTS = 12  # with waits of 1, 2, 4, ... seconds, 300 at most: about half an hour
_SLOWEST = 300.0
_TOTAL = 20.0  # seconds for one attempt
MOST = 1000  # events that wait
SECRET = "KNOCKON_WEBHOOK_SECRET"
_LEAST = 16  # characters of a secret
_log = logging.getLogger("knockon.webhook")


def read_secret(path: Path | None) -> bytes:
    """The key, of a file or the environment: a text, or `whsec_` and base64. Raises InputError."""
    if path is not None:
        try:
            text, where = path.read_text(encoding="utf-8").strip(), str(path)
        except (OSError, UnicodeDecodeError) as fault:
            reason = getattr(fault, "strerror", None) or "expected text"
            raise InputError(f"{path}: cannot be read: {reason}") from None
    else:
        text, where = os.environ.get(SECRET, "").strip(), SECRET
    if not text:
        where = f"--webhook-secret-file FILE or {SECRET}"
        raise InputError(f"a webhook is signed: its secret is in {where}")
    if len(text) < _LEAST:
        raise InputError(f"{where}: a secret has {_LEAST} characters at least")
    if not text.startswith("whsec_"):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise InputError(f"{where}: expected base64 behind whsec_") from None


def write_body(event: Mapping[str, Any]) -> bytes:
    """The event as it is sent."""
    text = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def sign(secret: bytes, identifier: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature in base64."""
    signed = b".".join((identifier.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, sha256)).decode()


class Outbox(Protocol):
    """What keeps events over a restart (`store.letters.Letters`). Each raises KnockonError where
    that cannot be."""

    def load(self, receiver: str) -> list[tuple[str, bytes]]:
        """Id and body of what waits for it, oldest first."""

    def save(self, receiver: str, event: str, body: bytes, most: int) -> None:
        """Keep it, in the place of an earlier body of it; `most`: of this receiver."""

    def drop(self, receiver: str, events: list[str]) -> None:
        """They were taken, or given up."""


@dataclass
class Letter:
    """An event on its way; kept: in the outbox, too."""

    id: str
    body: bytes
    due: float
    attempts: int = 0
    kept: bool = False


class Webhook:
    """One receiver, and what it has not taken yet, in order. client: behind the guard."""

    outbox: Outbox | None = None

    def __init__(
        self, place: Place, secret: bytes, client: httpx2.AsyncClient, clock: Clock | None = None
    ) -> None:
        self.place, self._secret, self._client = place, secret, client
        self._receiver = sha256(place.given.encode()).hexdigest()
        self._over: list[str] = []  # ids that the outbox still has
        self._clock = clock or Clock()
        self._waiting: deque[Letter] = deque()
        self.posted = asyncio.Event()  # set with every event; cleared by who delivers

    def __len__(self) -> int:
        return len(self._waiting)

    async def restore(self) -> None:
        """Take up what waited when the server ended, before anything is posted."""
        if self.outbox is None:
            return
        try:
            found = await asyncio.to_thread(self.outbox.load, self._receiver)
        except KnockonError as fault:
            _log.error("events that wait for %s are not known: %s", self.place.label, fault)
            return
        now = self._clock.seconds()
        self._waiting.extend(Letter(event, body, now, kept=True) for event, body in found)
        self.posted.set()

    async def keep(self, event: Mapping[str, Any]) -> bool:
        """Whether the outbox has it now, as it stands."""
        if self.outbox is None:
            return False
        try:
            await asyncio.to_thread(
                self.outbox.save, self._receiver, str(event["id"]), write_body(event), MOST
            )
        except KnockonError as fault:
            _log.error("an event for %s is not kept: %s", self.place.label, fault)
            return False
        return True

    def post(self, event: Mapping[str, Any], *, kept: bool = False) -> None:
        """Send it when its turn comes; where too many wait, the oldest is given up."""
        if len(self._waiting) >= MOST:
            self._give_up(self._waiting.popleft(), f"more than {MOST:,} events wait")
        letter = Letter(str(event["id"]), write_body(event), self._clock.seconds(), kept=kept)
        self._waiting.append(letter)
        self.posted.set()

    async def deliver_due(self) -> None:
        """Send what is due, in order: what one waits for, all behind it wait for."""
        while self._waiting and self._waiting[0].due <= self._clock.seconds():
            letter = self._waiting[0]
            fault = await self._send(letter)
            if self._waiting and self._waiting[0] is not letter:
                continue  # given up meanwhile
            if fault is None:
                self._waiting.popleft()
                await self._forget(letter)
                continue
            letter.attempts += 1
            if letter.attempts >= ATTEMPTS:
                self._waiting.popleft()
                self._give_up(letter, f"{letter.attempts} attempts, the last: {fault}")
                await self._forget(letter)
            else:
                wait = min(2.0 ** (letter.attempts - 1), _SLOWEST)
                letter.due = self._clock.seconds() + wait

    def find_next(self) -> float | None:
        """Seconds until something is due; None: nothing waits."""
        if not self._waiting:
            return None
        return max(self._waiting[0].due - self._clock.seconds(), 0.0)

    async def close(self, seconds: float = 2.0) -> None:
        """Try what waits once more, each for so long; then the outbox has it, or it is given up."""
        fault = None
        while self._waiting and fault is None:
            fault = await self._send(self._waiting[0], seconds)
            if fault is None:
                await self._forget(self._waiting.popleft())
        if kept := sum(letter.kept for letter in self._waiting):
            _log.info("%d events for %s wait for the next start", kept, self.place.label)
        why = "the server stops" + (f"; the last attempt: {fault}" if fault else "")
        for letter in self._waiting:
            if not letter.kept:
                self._give_up(letter, why)
        self._waiting.clear()

    async def _forget(self, letter: Letter) -> None:
        """What was taken, or given up, is not sent at the next start."""
        if self.outbox is None or not letter.kept:
            return
        self._over.append(letter.id)
        try:
            await asyncio.to_thread(self.outbox.drop, self._receiver, [*self._over])
            self._over.clear()
        except KnockonError as fault:  # with the next one; else its receiver gets it once more
            _log.warning("an event for %s is still kept: %s", self.place.label, fault)

    async def _send(self, letter: Letter, seconds: float = _TOTAL) -> str | None:
        """Why it was not taken; None: it was. Redirects are not followed."""
        when = int(self._clock.now().timestamp())
        headers = {
            "Content-Type": "application/json", "webhook-id": letter.id,
            "webhook-timestamp": str(when),
            "webhook-signature": sign(self._secret, letter.id, when, letter.body),
        }  # fmt: skip
        try:
            request = self._client.build_request(
                "POST", self.place.given, content=letter.body, headers=headers
            )
            async with asyncio.timeout(seconds):
                response = await self._client.send(request, stream=True)
                await response.aclose()  # what it says beside its status is not read
        except TimeoutError:
            return f"no answer within {seconds:g} seconds"
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            return clip(str(fault), 200) or type(fault).__name__
        return None if response.is_success else f"its server answers {response.status_code}"

    def _give_up(self, letter: Letter, why: str) -> None:
        _log.error("dead letter %s for %s: %s: %s", letter.id, self.place.label, why,
                   letter.body.decode())  # fmt: skip
