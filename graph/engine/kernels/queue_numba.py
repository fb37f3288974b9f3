"""The worklist of the lane kernel: rows with lanes that are newly hit, each in it once.

A ring as long as there are rows. What the next ones will read is asked for ahead; one whose lanes
are few, and its arcs many, waits once.
"""

from typing import Any

import numpy as np

from knockon.graph.engine.kernels.draws_numba import count_ones, fetch, read_number
from knockon.graph.engine.kernels.late import inlined
from knockon.graph.engine.kernels.layout import ROW, WORDS

AHEAD = 8  # memory answers late: the rows of so many arcs to come are asked for
_MANY = 64  # arcs of a node that waits once while few of its lanes are hit
_PATIENCE = 5  # so many lanes that may still come for each that is there
_SPARE_DIGITS = 2  # beyond those that leave one world open in the mean


@inlined
def _look_into(queue: Any, place: Any) -> Any:
    """The row at a place of the queue, counted on past its end; ~v for one that has waited."""
    v = queue[place if place < len(queue) else place - len(queue)]
    return v ^ (v >> 31)


@inlined
def _fetch_ahead(arcs: Any, drawing: Any, scratch: Any, head: Any, tail: Any) -> None:
    """Ask for what the next nodes of the queue will read: whose arcs these are, where, and the
    rows at their other ends.

    head, tail: of the queue
    """
    start, queue, at_target = arcs.start, scratch.queue, arcs.target.ctypes.data
    at_hit = scratch.hit.ctypes.data
    waiting = tail - head if tail >= head else tail - head + len(queue)
    if waiting > 0:
        v = _look_into(queue, head)
        a = at_target + 4 * start[v]
        end = min(a + 4 * AHEAD, at_target + 4 * start[v + 1])
        while a < end:
            fetch(at_hit + ROW * read_number(a))
            a += 4
    if waiting > 2:
        a = start[_look_into(queue, head + 2)]
        fetch(at_target + 4 * a)
        fetch(at_target + 4 * a + ROW)
        fetch(drawing.key.ctypes.data + 8 * a)
        fetch(drawing.key.ctypes.data + 8 * a + ROW)
        fetch(drawing.limit.ctypes.data + 8 * a)
    if waiting > 4:
        v = _look_into(queue, head + 4)
        fetch(start.ctypes.data + 8 * v)
        fetch(at_hit + ROW * v)
        fetch(scratch.passed.ctypes.data + ROW * v)


@inlined
def fetch_causes(shared: Any, scratch: Any, head: Any, tail: Any) -> None:
    """Ask for the causes that rows to come have alone."""
    of_row, queue = shared.draws.of_row, scratch.queue
    waiting = tail - head if tail >= head else tail - head + len(queue)
    if waiting > 4 and len(of_row):
        fetch(of_row.ctypes.data + 16 * _look_into(queue, head + 4))


@inlined
def _waits(v: Any, arcs: Any, scratch: Any) -> Any:
    """Whether few lanes would go along many arcs, before many that may still come."""
    lanes = lacking = 0
    if arcs.start[v + 1] - arcs.start[v] >= _MANY:
        for w in range(WORDS):
            lanes += count_ones(scratch.hit[v, w] & ~scratch.passed[v, w])
            lacking += count_ones(~scratch.hit[v, w])
    return _PATIENCE * lanes < lacking


@inlined
def take_first(head: Any, tail: Any, arcs: Any, drawing: Any, scratch: Any) -> Any:
    """The first of the queue, and where that begins and ends then; -1 for one that waits.

    Such a one goes to the end of the queue once, as ~v: what it hits in a few lanes only would
    mostly be looked at again for the others.
    """
    queue, size = scratch.queue, len(scratch.queue)
    v = np.int64(queue[head])
    head = head + 1 if head + 1 < size else 0
    _fetch_ahead(arcs, drawing, scratch, head, tail)
    if v < 0:
        v = ~v
    elif head != tail and _waits(v, arcs, scratch):
        queue[tail] = ~v
        return np.int64(-1), head, (tail + 1 if tail + 1 < size else 0)
    scratch.queued[v] = False
    return v, head, tail


@inlined
def take_out(v: Any, scratch: Any) -> Any:
    """Lay what is newly hit of a node out to go along its arcs; digits that decide most of it."""
    hit, passed, out, lanes = scratch.hit, scratch.passed, scratch.row[0], 0
    for w in range(WORDS):
        out[w] = hit[v, w] & ~passed[v, w]
        passed[v, w] = hit[v, w]
        lanes += count_ones(out[w])
    digits = _SPARE_DIGITS
    while lanes > 0:  # each digit decides half of them
        digits += 1
        lanes >>= 1
    return digits


@inlined
def join_queue(t: Any, grew: Any, tail: Any, scratch: Any) -> Any:
    """The end of the queue, with this node in it if it grew and does not wait there; without a
    branch: whether it grew is hard to guess."""
    queue, queued = scratch.queue, scratch.queued
    queue[tail] = t
    after = tail + (np.int64(grew) & (1 - np.int64(queued[t])))
    queued[t] |= grew
    return after if after < len(queue) else np.int64(0)
