"""The timeline kernel, compiled form: `knockon.graph.timeline_world` by numba.

Importing this module imports numba, and compiles the kernels or loads them from its cache.
"""

from logging import getLogger
from time import perf_counter
from types import FunctionType
from typing import Any

from numba import njit

from knockon.graph import timeline_world
from knockon.graph.timeline_world import Drawn, Found, Shape, Work

_log = getLogger("knockon")


def _compiled(name: str, inline: Any = "always", **inner: Any) -> Any:
    """A function of the module compiled, with its calls of others bound to their compiled forms."""
    plain = getattr(timeline_world, name)
    bound = FunctionType(plain.__code__, vars(timeline_world) | inner, name)
    return njit(nogil=True, cache=True, inline=inline)(bound)


_judge = _compiled("judge")
_begins = _compiled("begins", judge=_judge)
_settle = _compiled("settle", judge=_judge)
_push = _compiled("push")
_circle = _compiled("circle", begins=_begins, settle=_settle, push=_push)
_walk = _compiled("walk", begins=_begins, settle=_settle, push=_push, circle=_circle)
components = _compiled("components", "never")


@njit(nogil=True, cache=True)
def _walk_all(worlds: Any, longest: Any, s: Any, drawn: Any, found: Any, w: Any) -> None:
    for lane in range(worlds):
        _walk(lane, worlds, longest, s, drawn, found, w)


def walk_all(
    worlds: int, longest: float, shape: Shape, drawn: Drawn, found: Found, work: Work
) -> None:
    """Find the times of all worlds of a block. The GIL is released meanwhile."""
    begun = perf_counter()
    known = _walk_all.stats.cache_misses
    _walk_all(worlds, longest, shape, drawn, found, work)
    if _walk_all.stats.cache_misses.values() and len(_walk_all.stats.cache_misses) > len(known):
        took = perf_counter() - begun
        _log.warning("the timeline kernel was compiled for this machine, once: %.0f s", took)
