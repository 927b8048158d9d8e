"""Copies of elements, and shapes stretched without copying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import sizes
from ..primitive import TensorLike, primitive
from .shape import _reshape

if TYPE_CHECKING:
    from ..tensor import Tensor


@primitive(views=True, broadcasts=True,
           input=lambda g: g)
def _expand(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    out = np.broadcast_to(input, shape)
    out.flags.writeable = input.flags.writeable  # in-place operations look at the strides themselves
    return out


def expand(input: Tensor, *size: Any) -> Tensor:
    """Dimensions of size 1 stretched without copying; -1 leaves a size as it is.

    >>> expand(tensor([[1], [2]]), 2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = sizes("expand", size)
    shape = input.array.shape
    if len(wanted) < len(shape):
        raise RuntimeError(
            f"expand: the number of sizes given ({len(wanted)}, {wanted}) must be at least the number of dimensions "
            f"of the tensor ({len(shape)}, shape {shape})"
        )
    padded = (None,) * (len(wanted) - len(shape)) + shape
    target = []
    for old, new in zip(padded, wanted, strict=True):
        if new == -1 and old is None:
            raise RuntimeError(f"expand: size -1 is not allowed for a new leading dimension ({wanted})")
        if new != -1 and old not in (None, 1, new):
            raise RuntimeError(
                f"expand: the expanded size {new} must match the existing size {old} where that is not 1; "
                f"target sizes {wanted}, tensor sizes {shape}"
            )
        target.append(old if new == -1 else new)
    return _expand(input, tuple(target))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """expand to the shape of other."""
    return expand(input, other.shape)


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """expand to the given size."""
    return expand(input, size)


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Copies side by side: repeats[i] of them along dimension i.

    >>> repeat(tensor([1, 2]), 2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = sizes("repeat", repeats)
    shape = input.array.shape
    if len(times) < len(shape):
        raise RuntimeError(
            f"repeat: number of repeats ({len(times)}) must be at least the number of dimensions ({len(shape)})"
        )
    if any(n < 0 for n in times):
        raise RuntimeError(f"repeat: the numbers of repeats must not be negative, got {times}")
    shape = (1,) * (len(times) - len(shape)) + shape
    between = tuple(n for size in shape for n in (1, size))
    stretched = tuple(n for pair in zip(times, shape, strict=True) for n in pair)
    repeated = _expand(_reshape(input, between), stretched)
    out = _reshape(repeated, tuple(n * size for n, size in zip(times, shape, strict=True)))
    return out if out._base is None else out.clone()
