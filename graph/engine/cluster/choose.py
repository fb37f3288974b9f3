"""Where the blocks of a question run: in threads of this process, or on a cluster."""

from knockon.graph.engine.executor import Executor, Threads


def choose_executor(on: str | None, folder: str | None, *, resume: bool) -> Executor:
    """Threads; or, where an address is named, the workers behind it (`executor.Cluster`)."""
    if on is None:
        return Threads()
    from knockon.graph.engine.cluster.executor import Cluster

    return Cluster(on, folder, resume=resume)
