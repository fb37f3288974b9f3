"""What goes wrong between a client and a server, one class for each thing to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any


class ClientError(Exception):
    """Base of all errors of this client."""


class UnreachableError(ClientError):
    """No answer came: the server is not there, or the connection broke."""


class WaitedError(ClientError):
    """A job did not end in the time that one was ready to wait; it goes on."""


class ProblemError(ClientError):
    """The server refused (RFC 9457). The message is its `detail`.

    retry_after: seconds after which asking again may help; None: it does not say
    problem: all that it said
    """

    def __init__(
        self, status: int, problem: Mapping[str, Any], retry_after: float | None = None
    ) -> None:
        self.title = str(problem.get("title") or status)
        self.detail = str(problem.get("detail") or self.title)
        super().__init__(f"{status} {self.title}: {self.detail}")
        self.status, self.problem, self.retry_after = status, dict(problem), retry_after


class InvalidError(ProblemError):
    """The question cannot be asked so; `errors` says where."""

    @property
    def errors(self) -> Sequence[Mapping[str, Any]]:
        return list(self.problem.get("errors", ()))


class UnauthorizedError(ProblemError):
    """The token is missing, unknown, or not good for this."""


class NotFoundError(ProblemError):
    """There is no such thing; `nearest` has ids and names that are close."""

    @property
    def nearest(self) -> Sequence[Mapping[str, Any]]:
        return list(self.problem.get("nearest", ()))


class AmbiguousError(ProblemError):
    """A name fits several entities: `matches`; one gives the id of one of them."""

    @property
    def matches(self) -> Sequence[Mapping[str, Any]]:
        return list(self.problem.get("matches", ()))


class LimitError(ProblemError):
    """Beyond a limit of the server (`/v1/limits`): its name, its value, and when to ask again."""

    @property
    def limit(self) -> str:
        return str(self.problem.get("limit", ""))

    @property
    def value(self) -> float | None:
        return self.problem.get("value")


class JobError(ProblemError):
    """A job ended without an answer: it failed, or was stopped."""


_BY_STATUS: Mapping[int, type[ProblemError]] = {
    400: InvalidError, 401: UnauthorizedError, 403: UnauthorizedError, 404: NotFoundError,
    409: AmbiguousError, 422: InvalidError, 429: LimitError,
}  # fmt: skip


def build_error(
    status: int, problem: Mapping[str, Any], retry_after: float | None = None
) -> ProblemError:
    """The error that a problem stands for."""
    kind = LimitError if "limit" in problem else _BY_STATUS.get(status, ProblemError)
    return kind(status, problem, retry_after)
