"""Where blocks run: one window of work ahead of whoever wants the results.

What is done with a block is a function of a module, and what it gets are arrays, numbers and frozen
values of them: no graph, no frame, no closure. So blocks that run in threads today may run in other
processes, or on other machines.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from os import cpu_count
from typing import Any, NamedTuple, Protocol, TypeVar

S = TypeVar("S")
B = TypeVar("B")
R = TypeVar("R")


class Workspace(NamedTuple):
    """What a worker works in, made by `make(*sizes)`, clean again after each block."""

    make: Callable[..., Any]
    sizes: tuple[int, ...] = ()


class Executor(Protocol):
    """Runs a function over many blocks.

    at_a_time: how many it likes to be given together; notes: where the work was done and how it was
    cut, nothing where that goes without saying
    """

    @property
    def at_a_time(self) -> int: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def run(
        self, work: Callable[[S, Any, B], R], shared: S, blocks: Iterable[B], *, workers: int,
        workspace: Workspace,
    ) -> Iterator[tuple[B, R]]:  # fmt: skip
        """Each block with `work(shared, workspace, block)`, in the order of blocks.

        workers: how many blocks are in work at a time, no more ahead of the caller
        """
        ...

    def release(self) -> None:
        """Let go of the workspaces that were made."""
        ...


class Threads:
    """Blocks run in threads of this process: kernels let go of the GIL."""

    def __init__(self) -> None:
        self._made: dict[Workspace, list[Any]] = {}

    @property
    def at_a_time(self) -> int:
        return cpu_count() or 1

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    def run(
        self, work: Callable[[S, Any, B], R], shared: S, blocks: Iterable[B], *, workers: int,
        workspace: Workspace,
    ) -> Iterator[tuple[B, R]]:  # fmt: skip
        """As `Executor` has it; workspaces are kept for later runs."""
        free = self._made.setdefault(workspace, [])

        def step(block: B) -> R:
            try:
                mine = free.pop()
            except IndexError:
                mine = workspace.make(*workspace.sizes)
            found = work(shared, mine, block)
            free.append(mine)  # not after an error, which leaves it dirty
            return found

        ahead: deque[tuple[B, Future[R]]] = deque()
        pool = ThreadPoolExecutor(workers)
        wait = True
        try:
            for block in blocks:
                ahead.append((block, pool.submit(step, block)))
                if len(ahead) == workers:
                    done, future = ahead.popleft()
                    yield done, future.result()
            while ahead:
                done, future = ahead.popleft()
                yield done, future.result()
        except KeyboardInterrupt:
            wait = False  # a block can take a minute
            raise
        finally:
            pool.shutdown(wait=wait, cancel_futures=True)

    def release(self) -> None:
        """Let go of the workspaces that were made."""
        self._made = {}
