"""What a kernel takes, by its annotations, and the same flat: as numba's machine code is called.

numba passes an array as an address that counts references (none here), one of its owner (none),
its number of items, their bytes, the address of the first, its shape and its strides; a named tuple
as its fields, one after the other.
"""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Annotated, Any, TypeAlias, cast, get_args, get_origin, get_type_hints

import numpy as np


@dataclass(frozen=True)
class Scalar:
    """A number: bool, int (8 bytes) or float (8 bytes)."""

    of: type


@dataclass(frozen=True)
class Array:
    """An array of this dtype and so many dimensions: in C order and to be written to, or (seen) of
    any layout and only read."""

    dtype: np.dtype[Any]
    dimensions: int
    seen: bool


@dataclass(frozen=True)
class Fields:
    """A named tuple, and what its fields are."""

    of: type
    kinds: "tuple[Kind, ...]"


Kind: TypeAlias = "Scalar | Array | Fields"
_NUMBERS: dict[type, type[Any]] = {
    bool: ctypes.c_uint8, int: ctypes.c_int64, float: ctypes.c_double,
}  # fmt: skip


def read_kinds(function: Callable[..., None]) -> tuple[Kind, ...]:
    """What the parameters of a kernel are."""
    hints = get_type_hints(function, include_extras=True)
    return tuple(_read_kind(hints[name]) for name in signature(function).parameters)


def _read_kind(hint: Any) -> Kind:
    if hint in _NUMBERS:
        return Scalar(hint)
    if get_origin(hint) is Annotated:
        array, dimensions, *seen = get_args(hint)
        last = get_args(array)[-1]  # its dtype, or from numpy 2.5 on the scalar type itself
        (kind,) = get_args(last) or (last,)
        return Array(np.dtype(kind), dimensions, bool(seen))
    parts = get_type_hints(hint, include_extras=True).values()
    return Fields(hint, tuple(_read_kind(part) for part in parts))


def list_c_types(kinds: Sequence[Kind]) -> list[type[Any]]:
    """What each number of the flat arguments is in C."""
    found: list[type[Any]] = []
    for kind in kinds:
        if isinstance(kind, Fields):
            found += list_c_types(kind.kinds)
        elif isinstance(kind, Array):
            found += [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
            found += [ctypes.c_void_p] + [ctypes.c_int64] * (2 * kind.dimensions)
        else:
            found.append(_NUMBERS[kind.of])
    return found


def flatten(kinds: Sequence[Kind], values: Sequence[Any], flat: list[Any]) -> None:
    """Add the flat form of these values, which must live while it is used.

    Raises TypeError where one is of another kind: machine code would read past its end.
    """
    if len(kinds) != len(values):
        raise TypeError(f"No matching definition: {len(kinds)} values wanted, {len(values)} given")
    for kind, value in zip(kinds, values, strict=True):
        if isinstance(kind, Fields):
            if not isinstance(value, kind.of):
                raise _mismatch(kind, value)
            flatten(kind.kinds, cast(Any, value), flat)
        elif isinstance(kind, Array):
            if not _fits(kind, value):
                raise _mismatch(kind, value)
            flat += (None, None, value.size, value.itemsize, value.ctypes.data)
            flat += value.shape
            flat += value.strides
        else:
            flat.append(_as_number(kind, value))


def _fits(kind: Array, value: Any) -> bool:
    if type(value) is not np.ndarray or value.dtype != kind.dtype or value.ndim != kind.dimensions:
        return False
    return value.flags.aligned if kind.seen else value.flags.carray  # C order, aligned, writable


def _as_number(kind: Scalar, value: Any) -> Any:
    wanted: Any = {bool: bool | np.bool_, int: int | np.integer, float: float | int | np.floating}
    if not isinstance(value, wanted[kind.of]):
        raise _mismatch(kind, value)
    return kind.of(value)


def _mismatch(kind: Kind, value: Any) -> TypeError:
    what = type(value).__name__
    if isinstance(value, np.ndarray):
        what = f"an array of {value.dtype}, {value.ndim} dimensions, {value.flags}"
    return TypeError(f"No matching definition: {kind} wanted, {what} given")
