"""How much memory an answer may take, and what to say where that is not enough."""

from knockon.graph.errors import MemoryLimitError

SHARE = 0.5  # of what is free, where the user names no limit
_UNASKED = 1 << 24  # bytes that nobody is asked for


def free_bytes() -> int:
    """Memory that the system could give to a process now."""
    import psutil

    return int(psutil.virtual_memory().available)


def says(size: float) -> str:
    """`1.5 GiB`, `640 MiB`, `12 KiB`."""
    if size >= 2**30:
        return f"{size / 2**30:.1f} GiB"
    return f"{size / 2**20:.3g} MiB" if size >= 2**20 else f"{size / 2**10:.3g} KiB"


def hold(needed: int, limit: int | None) -> None:
    """Raise MemoryLimitError where the figures of so many worlds take more than they may."""
    if needed <= _UNASKED:
        return
    allowed = find_allowed(limit)
    if needed > allowed:
        raise MemoryLimitError(
            f"the figures of so many worlds need {says(needed)}, {_whose(limit)} {says(allowed)}: "
            "draw fewer (--worlds, --precision), or give more with --memory"
        )


def find_allowed(limit: int | None, free: int | None = None) -> int:
    """Bytes that may be taken: the limit, else a share of what is free; None: ask now."""
    if limit is not None:
        return limit
    return int(SHARE * (free_bytes() if free is None else free))


def _whose(limit: int | None) -> str:
    return "--memory allows" if limit is not None else f"{SHARE:.0%} of what is free is"


def workers(fixed: int, each: int, cores: int, limit: int | None, free: int | None = None) -> int:
    """How many workers fit: `fixed` bytes for all, `each` for one. Raises MemoryLimitError.

    free: what was free before any of that was taken; None: ask now
    """
    allowed = find_allowed(limit, free)
    if fixed + each > allowed:
        raise MemoryLimitError(
            f"the lane kernel needs {says(fixed + each)} for a block of 512 lanes on this graph, "
            f"{_whose(limit)} {says(allowed)}: give more with --memory"
        )
    return max(1, min(cores, (allowed - fixed) // max(each, 1)))
