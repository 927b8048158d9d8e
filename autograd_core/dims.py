"""Reading PyTorch's flexible `dim` and `size` arguments, with its errors."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Dims", "common_shape", "kept_shape", "one_dim", "sizes", "some_dims"]

Dims = Any  # None, an int, or a sequence of ints: negative ones count from the end


def one_dim(name: str, dim: Any, ndim: int) -> int:
    """A dimension as a number in [0, ndim); a 0-d tensor accepts 0 and -1. IndexError if out of range.

    >>> one_dim("sum", -1, 3)
    2
    """
    try:
        found = index(dim)
    except TypeError:
        raise TypeError(f"{name}(): dim must be an int, not {type(dim).__name__}") from None
    bound = max(ndim, 1)
    if not -bound <= found < bound:
        raise IndexError(
            f"{name}: Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {found}); "
            f"the tensor has {ndim} dimensions"
        )
    return found % bound


def some_dims(name: str, dim: Dims, ndim: int) -> tuple[int, ...] | None:
    """Several dimensions as sorted distinct numbers; None for all of them."""
    if dim is None:
        return None
    if not isinstance(dim, tuple | list):
        found = one_dim(name, dim, ndim)
        return (found,) if ndim else ()
    dims = [one_dim(name, d, ndim) for d in dim]
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"{name}: dim {dim} appears multiple times in the list of dims")
    return tuple(sorted(dims)) if ndim else ()


def kept_shape(shape: Sequence[int], dims: tuple[int, ...] | None) -> tuple[int, ...]:
    """The shape after a reduction with keepdim=True."""
    if dims is None:
        return (1,) * len(shape)
    return tuple(1 if i in dims else size for i, size in enumerate(shape))


def sizes(name: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """A size given as ``f(2, 3)`` or ``f((2, 3))``.

    >>> sizes("reshape", (2, 3)), sizes("reshape", ([2, 3],))
    ((2, 3), (2, 3))
    """
    if len(size) == 1 and isinstance(size[0], tuple | list):
        size = tuple(size[0])
    try:
        return tuple([index(n) for n in size])
    except TypeError:
        raise TypeError(f"{name}(): sizes must be ints, got {size!r}") from None


def common_shape(name: str, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which the named shapes broadcast. RuntimeError if they do not.

    >>> common_shape("where", input=(2, 1), other=(3,))
    (2, 3)
    """
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        shown = " and ".join(f"{argument} {shape}" for argument, shape in shapes.items())
        raise RuntimeError(
            f"{name}: {shown} do not broadcast: sizes must be equal or 1, counted from the last dimension"
        ) from None
