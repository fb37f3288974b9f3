"""The store as routes ask it: in threads of its own, so that one that hangs keeps nobody waiting
who does not need it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from starlette.exceptions import HTTPException

from knockon.graph.errors import StoreTimeoutError

T = TypeVar("T")
_THREADS = 8
NONE = "this server keeps no answers: knockon serve --store URL"


class Desk:
    """Asks the store (`store.Store`, None: there is none), for so many seconds at most."""

    def __init__(self, store: Any, seconds: float) -> None:
        self.store, self.seconds = store, seconds
        self._threads = ThreadPoolExecutor(_THREADS, "store")

    def check(self) -> None:
        """Raise a 404 where there is no store."""
        if self.store is None:
            raise HTTPException(404, NONE)

    async def ask(
        self, function: Callable[..., T], *arguments: Any, seconds: float | None = None
    ) -> T:
        """What the function gives, which may use the store. Raises StoreTimeoutError where that
        takes too long; what has begun by then goes on to its own end."""
        most = self.seconds if seconds is None else min(seconds, self.seconds)
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._threads, copy_context().run, function, *arguments)
        done, _ = await asyncio.wait((asked,), timeout=most)
        if done:
            return asked.result()
        asked.cancel()  # where it waits for a thread it does not begin
        raise StoreTimeoutError(most)
