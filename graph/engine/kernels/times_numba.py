"""The timeline kernel, compiled form: `knockon.graph.engine.kernels.times_world` by numba.

Importing this module imports numba, and compiles the kernels or loads them from its cache.
"""

from logging import getLogger
from time import perf_counter
from types import FunctionType
from typing import Any

from numba import njit

from knockon.graph.engine.kernels import times_world as timeline_world
from knockon.graph.engine.kernels.times_world import Drawn, Found, Shape, Work

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
def _walk_all(longest: Any, s: Any, drawn: Any, found: Any, w: Any) -> None:
    for i in range(len(drawn.hours)):
        given = Drawn(drawn.live[i], drawn.stuck[i], drawn.table[i], drawn.hours[i])
        into = Found(found.start[i], found.end[i], found.counts[i], found.state[i])
        _walk(longest, s, given, into, w)


def walk_all(longest: float, shape: Shape, drawn: Drawn, found: Found, work: Work) -> None:
    """Find the times of all worlds of a block: arrays of `drawn` and `found` have a row for each.

    The GIL is released meanwhile.
    """
    begun, known = perf_counter(), len(_walk_all.stats.cache_misses)
    _walk_all(longest, shape, drawn, found, work)
    if len(_walk_all.stats.cache_misses) > known:
        took = perf_counter() - begun
        _log.warning("the timeline kernel was compiled for this machine, once: %.0f s", took)
