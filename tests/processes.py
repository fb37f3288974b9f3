"""An executor that runs blocks in other processes: it shows that only arrays pass through."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import fields, is_dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from knockon.graph.engine.executor import Workspace

_made: dict[Workspace, Any] = {}  # of this process


def check(value: Any) -> None:
    """Arrays, numbers, and frozen values of them; anything else is an error."""
    if is_dataclass(value):
        value = tuple(getattr(value, field.name) for field in fields(value))
    if isinstance(value, tuple):
        for part in value:
            check(part)
    elif isinstance(value, np.ndarray):
        assert value.dtype.kind in "biuf", value.dtype
    else:
        assert value is None or isinstance(value, int | float | np.number), type(value)


def step(
    work: Callable[[Any, Any, Any], Any], shared: Any, workspace: Workspace, block: Any
) -> Any:
    """One block in a process of the pool."""
    if workspace not in _made:
        _made[workspace] = workspace.make(*workspace.sizes)
    return work(shared, _made[workspace], block)


class Processes:
    """Blocks run in processes that begin with nothing (spawn), as on another machine."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))

    def run(
        self, work: Callable[[Any, Any, Any], Any], shared: Any, blocks: Iterable[Any], *,
        workers: int, workspace: Workspace,
    ) -> Iterator[tuple[Any, Any]]:  # fmt: skip
        """As `Executor` has it."""
        ahead: deque[tuple[Any, Future[Any]]] = deque()
        check(shared)
        for block in blocks:
            check(block)
            ahead.append((block, self.pool.submit(step, work, shared, workspace, block)))
            if len(ahead) == workers:
                done, future = ahead.popleft()
                yield done, future.result()
        for done, future in ahead:
            yield done, future.result()

    def release(self) -> None:
        """Nothing is kept on this side."""
