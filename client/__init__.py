"""A client of the REST door, typed by its OpenAPI document; it knows nothing else of knockon.

`Client` waits for each answer, `AsyncClient` is the same for who waits for several at once. What
the server takes and gives is in `models.py`, made from its document; `calls.py` writes requests
and reads responses, `errors.py` is what goes wrong. `asynchronous.py` is kept by hand, and
`synchronous.py` made from it (`python docs/client.py`). Start at `asynchronous.AsyncClient`.
"""

try:
    import httpx2  # noqa: F401 (to say what is missing, before all else needs it)
except ImportError:
    raise ImportError("knockon.client needs httpx2: pip install 'knockon[client]'") from None

from knockon.client.asynchronous import AsyncClient, AsyncJob
from knockon.client.errors import (
    AmbiguousError,
    ClientError,
    InvalidError,
    JobError,
    LimitError,
    NotFoundError,
    ProblemError,
    UnauthorizedError,
    UnreachableError,
    WaitedError,
)
from knockon.client.synchronous import Client, Job

__all__ = [
    "AmbiguousError", "AsyncClient", "AsyncJob", "Client", "ClientError", "InvalidError", "Job",
    "JobError", "LimitError", "NotFoundError", "ProblemError", "UnauthorizedError",
    "UnreachableError", "WaitedError",
]  # fmt: skip
