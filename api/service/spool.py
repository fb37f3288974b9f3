"""Graphs on disk as the processes of one server share them: one copy in memory, mapped by all.

A graph is pickled with its arrays and frames beside it: arrays as they lie in memory, frames as
Arrow IPC. Who opens it maps these files, so that their pages are held once, however many processes
look at them. The folder belongs to the server that made it; nothing else is ever unpickled.
"""

import mmap
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from knockon.graph.model.graph import DependencyGraph

_INDEX = "graph.pickle"


class _Writer(pickle.Pickler):
    """Frames go to files of their own, arrays to buffers."""

    def __init__(self, file: Any, folder: Path, keep: Callable[[pickle.PickleBuffer], Any]) -> None:
        super().__init__(file, protocol=5, buffer_callback=keep)
        self.folder, self.frames = folder, 0

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, pl.DataFrame):
            return NotImplemented
        path = self.folder / f"{self.frames}.arrow"
        self.frames += 1
        value.write_ipc(path, compression="uncompressed")
        return map_frame, (str(path),)


def map_frame(path: str) -> pl.DataFrame:
    """The frame in a file of Arrow IPC."""
    return pl.scan_ipc(path).collect()


def spool_graph(graph: DependencyGraph, folder: Path) -> None:
    """Write the graph into a new folder."""
    buffers: list[pickle.PickleBuffer] = []
    folder.mkdir(parents=True)
    with (folder / _INDEX).open("wb") as file:
        _Writer(file, folder, buffers.append).dump(graph)
    for number, buffer in enumerate(buffers):
        (folder / f"{number}.array").write_bytes(buffer.raw())


def open_graph(folder: Path) -> DependencyGraph:
    """The graph that `spool_graph` wrote, its arrays mapped."""
    count = sum(1 for _ in folder.glob("*.array"))
    arrays = [_map_file(folder / f"{number}.array") for number in range(count)]
    with (folder / _INDEX).open("rb") as file:
        graph: DependencyGraph = pickle.load(file, buffers=arrays)
    return graph


def measure_folder(folder: Path) -> int:
    """How many bytes the files in it take."""
    return sum(path.stat().st_size for path in folder.iterdir())


def _map_file(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
