"""Telling others of changes: signed POSTs of JSON, each until it is taken or given up.

Signed as Standard Webhooks (https://www.standardwebhooks.com) says, so that its libraries verify
it: HMAC-SHA256 over `id.timestamp.body`. At least once while the server lives: an event is sent
again until its receiver answers 2xx, and a receiver tells by the id that it has it already. What is
given up is logged whole (a dead letter); after a restart a `start` event says how things stand.
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
from typing import Any

import httpx2

from knockon.api.live.pace import Clock
from knockon.api.live.places import Place
from knockon.graph.errors import InputError, clip

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


def sign(secret: bytes, identifier: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature in base64."""
    signed = b".".join((identifier.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, sha256)).decode()


@dataclass
class Letter:
    """An event on its way."""

    id: str
    body: bytes
    due: float
    attempts: int = 0


class Webhook:
    """One receiver, and what it has not taken yet, in order. client: behind the guard."""

    def __init__(
        self, place: Place, secret: bytes, client: httpx2.AsyncClient, clock: Clock | None = None
    ) -> None:
        self.place, self._secret, self._client = place, secret, client
        self._clock = clock or Clock()
        self._waiting: deque[Letter] = deque()
        self.posted = asyncio.Event()  # set with every event; cleared by who delivers

    def __len__(self) -> int:
        return len(self._waiting)

    def post(self, event: Mapping[str, Any]) -> None:
        """Send it when its turn comes; where too many wait, the oldest is given up."""
        if len(self._waiting) >= MOST:
            self._give_up(self._waiting.popleft(), f"more than {MOST:,} events wait")
        body = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._waiting.append(Letter(str(event["id"]), body.encode(), self._clock.seconds()))
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
                continue
            letter.attempts += 1
            if letter.attempts >= ATTEMPTS:
                self._waiting.popleft()
                self._give_up(letter, f"{letter.attempts} attempts, the last: {fault}")
            else:
                wait = min(2.0 ** (letter.attempts - 1), _SLOWEST)
                letter.due = self._clock.seconds() + wait

    def find_next(self) -> float | None:
        """Seconds until something is due; None: nothing waits."""
        if not self._waiting:
            return None
        return max(self._waiting[0].due - self._clock.seconds(), 0.0)

    async def close(self, seconds: float = 2.0) -> None:
        """Try what waits once more, each for so long, then give it up."""
        while self._waiting:
            fault = await self._send(self._waiting[0], seconds)
            letter = self._waiting.popleft()
            if fault is not None:
                self._give_up(letter, f"the server stops; the last attempt: {fault}")
                break
        while self._waiting:
            self._give_up(self._waiting.popleft(), "the server stops")

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
