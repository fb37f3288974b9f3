"""Names for the arrays that the kernels pass around."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.signedinteger[Any]]  # 32 bits in the arrays of a circuit
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Words: TypeAlias = npt.NDArray[np.uint64]  # 64 lanes each, lane i in bit i


def distinct(numbers: Ints) -> Ints:
    """The distinct values, ascending. By sorting: np.unique hashes, which is slower here."""
    ordered = np.sort(numbers)
    return ordered[firsts(ordered)]


def ranges(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """The numbers of all ranges starts[i]..ends[i] in a row, and where each range begins in it."""
    sizes = ends - starts
    first = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - first, sizes), first


def firsts(*columns: Ints) -> Bools:
    """Where a row differs from the row before it."""
    first = np.ones(len(columns[0]), bool)
    first[1:] = np.logical_or.reduce([c[1:] != c[:-1] for c in columns])
    return first


def narrow(numbers: Ints) -> Ints:
    """The same in 32 bits where they fit: half the memory of large graphs."""
    fits = not numbers.size or (numbers.max() < 2**31 and numbers.min() >= -(2**31))
    return numbers.astype(np.int32) if fits else numbers
