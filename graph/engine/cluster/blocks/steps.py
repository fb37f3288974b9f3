"""What a worker does: takes a part to its fixpoint under news, and says what is new in it.

A step is pure: what a part knows follows from the news that it had, round by round. Workers keep
what they know for the next step (`states.py`); who does not have it goes through the news again.
"""

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Words
from knockon.graph.engine.cluster.blocks.news import News
from knockon.graph.engine.cluster.blocks.part import Laid, write_names
from knockon.graph.engine.cluster.blocks.sections import find_sent, read_section, write_sections
from knockon.graph.engine.cluster.blocks.states import Place, keep_state, take_state
from knockon.graph.engine.cluster.shipment import Array, open_shipment
from knockon.graph.engine.counting import Counts, Stakes, count_lanes_of, sum_pieces
from knockon.graph.engine.kernels.layout import WORDS, Worlds
from knockon.graph.engine.lanes import first_lanes
from knockon.graph.engine.worlds import Block


class Question(NamedTuple):
    """What all steps of a question share.

    folder: that all see; name: of the question; parts: name of the shipment of each part
    memory: bytes of parts that a worker may keep open; kept: of states
    exact: stakes are whole numbers, whose sums have any order
    """

    folder: str
    name: str
    parts: tuple[str, ...]
    memory: int
    kept: int
    exact: bool


class Step(NamedTuple):
    """A part and a block of worlds, and the files of news in each round that it had.

    past: (round, files) of earlier rounds; news: of this one
    """

    part: int
    first: int
    lanes: int
    round: int
    past: tuple[tuple[int, tuple[str, ...]], ...]
    news: tuple[str, ...]


def take_step(shared: Question, workspace: Any, step: Step) -> tuple[Array, Array]:
    """The name of the file of news that the step gives, as bytes, and who finds news in it.

    Cost: the arcs of what is newly hit; of all that is hit where the state is not there.
    """
    stem = Path(shared.folder) / shared.name / (
        f"{step.first}-{step.lanes}-{step.part}-{step.round}"
    )  # fmt: skip
    sent = find_sent(stem)
    if sent is None:
        laid = _open_part(shared, step.part)
        news = _find_news(shared, laid, step)
        sent = write_sections({r: n.to_bytes() for r, n in news.items()}, stem)
    return write_names([sent.name]), np.array(sent.receivers, np.int64)


def _find_news(shared: Question, laid: Laid, step: Step) -> dict[int, News]:
    """What is newly hit, by receiver."""
    scratch = _find_state(shared, laid, step)
    exports = laid.exports
    rows = laid.wiring.row[: laid.own]
    before = scratch.hit[rows]
    _spread_news(shared, laid, step, scratch, (step.round, step.news))
    changed = (scratch.hit[rows] != before).any(axis=1)
    found = {}
    for i, receiver in enumerate(exports.receiver.tolist()):
        part = slice(exports.start[i], exports.start[i + 1])
        at = np.flatnonzero(changed[exports.node[part]])
        if len(at):
            node = exports.node[part][at]
            new = scratch.hit[rows[node]] & ~before[node]
            found[receiver] = News(exports.ghost[part][at], new)
    keep_state(_place(shared, step, step.round), scratch, shared.kept)
    return found


class Hits(NamedTuple):
    """A part that has had all its news, in a block of worlds. nodes: (own, W) where each is hit"""

    stakes: Stakes
    block: Block
    nodes: Words


def find_hits(shared: Question, step: Step) -> Hits:
    """Where the own nodes of a part are hit."""
    laid = _open_part(shared, step.part)
    scratch = _find_state(shared, laid, step)
    block = Block(step.first, np.ones(step.lanes))
    return Hits(laid.stakes, block, scratch.hit[laid.wiring.row[: laid.own]][:, : block.words])


def count_part(shared: Question, workspace: Any, step: Step) -> Counts:
    """The counts of a part that has had all its news. Where stakes are no whole numbers, totals are
    by piece (pieces, L) of so many rows as are added up by halves (`sums`)."""
    stakes, block, nodes = find_hits(shared, step)
    if shared.exact:
        return count_lanes_of(stakes, block, nodes)
    hit = stakes.nodes.join(nodes, np.bitwise_or)
    none = stakes._replace(stake=np.zeros_like(stakes.stake))
    sums = list(sum_pieces(stakes, hit, step.lanes))
    return count_lanes_of(none, block, nodes)._replace(total=np.stack(sums))


def _find_state(shared: Question, laid: Laid, step: Step) -> Any:
    """The scratch after all earlier news: as it was kept, else made again."""
    from knockon.graph.engine.kernels.closure_numba import Scratch, size_scratch

    sizes = size_scratch(laid.wiring)
    if step.past:
        kept = take_state(_place(shared, step, step.past[-1][0]), lambda: Scratch.of(*sizes))
        if kept is not None:
            return kept
    scratch = Scratch.of(*sizes)
    scratch.counter[:] = laid.wiring.counter
    for news in step.past:
        _spread_news(shared, laid, step, scratch, news)
    return scratch


def _place(shared: Question, step: Step, number: int) -> Place:
    name = f"{step.first}-{step.lanes}-{step.part}"
    return Place(Path(shared.folder) / shared.name / name, number)


def _spread_news(
    shared: Question, laid: Laid, step: Step, scratch: Any, news: tuple[int, tuple[str, ...]]
) -> None:
    """Spread the news of a round; round 0 is where the origins fail."""
    from knockon.graph.engine.kernels.closure_numba import closure_kernel, spread

    number, files = news
    closure_kernel.load()
    if number == 0:
        rows = laid.wiring.row[laid.origins]
        words = first_lanes(step.lanes)
        hit = np.zeros((len(rows), WORDS), np.uint64)
        hit[:, : len(words)] = words
    else:
        folder = Path(shared.folder) / shared.name
        read = [News.from_bytes(read_section(folder / f, step.part) or b"") for f in files]
        rows = laid.wiring.row[np.concatenate([each.ghost for each in read])]
        hit = np.concatenate([each.hit for each in read])
    worlds = Worlds.of(step.first, None)
    spread(laid.wiring, laid.drawing, laid.shared, worlds, rows, hit, scratch)
    scratch.hit[laid.wiring.row[laid.own :]] = 0  # what ghosts brought is known, and is not kept


_OPEN = 4  # times the memory for states
_LOCK = Lock()
_PARTS: OrderedDict[tuple[str, str], Laid] = OrderedDict()


def _open_part(shared: Question, number: int) -> Laid:
    """The part. Workers keep the last ones open, which are files mapped into memory: it can be had
    back at any time."""
    key = shared.folder, shared.parts[number]
    with _LOCK:
        if key in _PARTS:
            _PARTS.move_to_end(key)
            return _PARTS[key]
    laid: Laid = open_shipment(key[1], Path(shared.folder))
    with _LOCK:
        _PARTS[key] = laid
        while sum(_measure(p) for p in _PARTS.values()) > _OPEN * shared.memory and len(_PARTS) > 1:
            _PARTS.popitem(last=False)
    return laid


def _measure(laid: Laid) -> int:
    return laid.wiring.bytes + laid.drawing.bytes
