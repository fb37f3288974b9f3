"""Names for the arrays that the kernels pass around."""

from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.signedinteger[Any]]  # 32 bits in the arrays of a circuit
T = TypeVar("T", bound=np.generic)
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Words: TypeAlias = npt.NDArray[np.uint64]  # 64 lanes each, lane i in bit i


def distinct(numbers: Ints) -> Ints:
    """The distinct values, ascending. By sorting: np.unique hashes, which is slower here."""
    if (numbers[1:] > numbers[:-1]).all():
        return numbers
    ordered = np.sort(numbers)
    return ordered[firsts(ordered)]


def ranges(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """The numbers of all ranges starts[i]..ends[i] in a row, and where each range begins in it."""
    sizes = ends - starts
    first = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - first, sizes), first


def firsts(*columns: Ints | Floats) -> Bools:
    """Where a row differs from the row before it."""
    first = np.ones(len(columns[0]), bool)
    if len(first):
        first[1:] = columns[0][1:] != columns[0][:-1]
    for column in columns[1:]:
        first[1:] |= column[1:] != column[:-1]
    return first


def pick(values: npt.NDArray[T], places: Ints) -> npt.NDArray[T]:
    """`values[places]`, in no memory where that is the values themselves, or one value again."""
    if len(places) == len(values) and is_every(places):
        return values
    if len(values) and values.strides[0] == 0:  # made by `lean`
        return np.broadcast_to(values[0], places.shape)
    return values[places]


def narrow(numbers: Ints) -> Ints:
    """The same in 32 bits where they fit: half the memory of large graphs."""
    if numbers.dtype == np.int32:
        return numbers
    fits = not numbers.size or (numbers.max() < 2**31 and numbers.min() >= -(2**31))
    return numbers.astype(np.int32) if fits else numbers


def lean(values: npt.NDArray[T]) -> npt.NDArray[T]:
    """The same, in no memory where all are alike; not to be written to."""
    if len(values) and bool((values == values[0]).all()):
        return np.broadcast_to(values[0], values.shape)
    return values


def every(number: int) -> Ints:
    """0, 1, ... as narrow numbers; not to be written to: the memory is that of all who ask."""
    if number >= 2**31:
        return np.arange(number, dtype=np.int64)
    if len(_every[0]) < number:
        made = np.arange(number, dtype=np.int32)
        made.flags.writeable = False
        _every[0] = made
    return _every[0][:number]


def is_every(numbers: Ints) -> bool:
    """Whether these are 0, 1, ..."""
    return bool((numbers == every(len(numbers))).all())


_every: list[Ints] = [np.zeros(0, np.int32)]  # the longest that was asked for
