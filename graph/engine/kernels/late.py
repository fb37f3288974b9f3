"""What kernels call besides numpy: named in their Python, made by numba when it compiles them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Helper:
    """A function for kernels only; inline: made part of what calls it."""

    function: Callable[..., Any]
    inline: bool


@dataclass(frozen=True)
class Vector:
    """A helper in LLVM's own language: its name in a module of kernels that imports numba."""

    module: str
    name: str


def helper(function: F) -> F:
    """A function for kernels only, compiled with the first that calls it."""
    return cast(F, Helper(function, inline=False))


def inlined(function: F) -> F:
    """The same, made part of what calls it: best for what is called in one place."""
    return cast(F, Helper(function, inline=True))


def written_in_llvm(module: str, name: str) -> Any:
    """What a module of kernels holds under this name, once numba is there."""
    return Vector(module, name)
