"""Where the elements of an array lie in memory, and other arrays over the same memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "address",
    "alike",
    "batch_innermost",
    "bounds",
    "coincide",
    "has_order",
    "memory_bytes",
    "offsets",
    "owner",
    "positions",
    "strided",
]

Array: TypeAlias = np.ndarray[Any, Any]


def owner(array: Array) -> Array:
    """The array of which this one is a view, or a view of a view; itself, if it is none."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def address(array: Array) -> int:
    """Where the first element lies."""
    return int(array.__array_interface__["data"][0])


def batch_innermost(array: Array) -> bool:
    """Whether images (N, C, *sizes) lie as (C, *sizes, N) in memory: the layout of convolution and pooling (`windows`)."""
    return array.ndim > 3 and array.transpose((*range(1, array.ndim), 0)).flags.c_contiguous


def has_order(array: Array) -> bool:
    """Whether memory has an order of its own, not row-major, that PyTorch's `preserve_format` keeps."""
    if array.flags.c_contiguous:
        return False
    steps = [abs(step) for step, size in zip(array.strides, array.shape, strict=True) if size > 1]
    return steps != sorted(steps, reverse=True) and 0 not in steps and not batch_innermost(array)


def alike(array: Array, make: Callable[[tuple[int, ...]], Array]) -> Array:
    """``make(shape)`` in the shape of an array, its elements made in the order of the array's memory (`preserve_format`)."""
    if not has_order(array):
        return make(array.shape)
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    return make(tuple(array.shape[axis] for axis in order)).transpose(np.argsort(order))


def bounds(array: Array) -> tuple[int, int]:
    """The addresses of the first byte and behind the last.

    >>> low, high = bounds(np.zeros((2, 3))[:, ::-2])
    >>> high - low
    48
    """
    if not array.size:
        return address(array), address(array)
    reach = [(n - 1) * step for n, step in zip(array.shape, array.strides, strict=True)]
    low = address(array) + sum(min(step, 0) for step in reach)
    return low, address(array) + sum(max(step, 0) for step in reach) + array.itemsize


def offsets(shape: tuple[int, ...], strides: tuple[int, ...]) -> Array:
    """For each element of an array with this shape and these strides, how far it lies behind the first.

    >>> offsets((3, 2), (1, 3)).tolist()
    [[0, 3], [1, 4], [2, 5]]
    """
    out = np.zeros((), np.int64)
    for n, step in zip(shape, strides, strict=True):
        out = out[..., None] + np.arange(n) * step
    return out


def positions(
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    start: int,
    base_shape: tuple[int, ...],
    base_strides: tuple[int, ...],
) -> Array:
    """For each element of a view that begins `start` behind its base, its position in the flattened base.

    Where the base has no element there, the position is the number of its elements.

    >>> positions((2, 2), (1, 1), 1, (4,), (1,)).tolist()
    [[1, 2], [2, 3]]
    """
    seen, count = start + offsets(shape, strides), math.prod(base_shape)
    step = _row_major_step(base_shape, base_strides)
    if step:
        places = seen // step
        return np.where((places * step == seen) & (places >= 0) & (places < count), places, count)
    if not count:
        return np.full(shape, count)
    known = offsets(base_shape, base_strides).reshape(-1)  # transposed, or with gaps, or expanded
    order = np.argsort(known, kind="stable")
    places = order[np.minimum(np.searchsorted(known, seen, sorter=order), count - 1)]
    return np.where(known[places] == seen, places, count)


def _row_major_step(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    """The stride of the last dimension where the others are what follows in row-major order, else 0."""
    known = [(n, step) for n, step in zip(shape, strides, strict=True) if n != 1]
    step = expected = known[-1][1] if known else 1
    for n, found in reversed(known):
        if found != expected:
            return 0
        expected *= n
    return step


def coincide(array: Array) -> bool:
    """Whether two elements share memory.

    >>> coincide(np.broadcast_to(1.0, 3)), coincide(np.zeros((2, 3)).T)
    (True, False)
    """
    if array.flags.c_contiguous or array.flags.f_contiguous or not array.size:
        return False
    reach = array.itemsize
    for step, n in sorted((abs(step), n) for n, step in zip(array.shape, array.strides, strict=True) if n > 1):
        if step == 0:
            return True
        if step < reach:  # not nested: two may still miss each other
            places = np.unique(offsets(array.shape, array.strides))
            return places.size < array.size or bool((np.diff(places) < array.itemsize).any())
        reach += (n - 1) * step
    return False


def memory_bytes(array: Array, low: int, high: int) -> Array:
    """The bytes between two addresses in the memory that an array lies in."""
    whole = owner(array)
    line = whole.transpose(sorted(range(whole.ndim), key=lambda dim: -whole.strides[dim]))
    if not line.flags.c_contiguous:
        raise RuntimeError("memory with gaps cannot be looked at with other strides; use .clone() first")
    flat: Array = line.reshape(-1).view(np.uint8)
    return flat[low - address(whole) : high - address(whole)] if flat.size else flat


def strided(array: Array, shape: tuple[int, ...], strides: tuple[int, ...], start: int = 0) -> Array:
    """An array in the same memory that begins `start` bytes behind the first element; strides are in bytes.

    It may reach elements that `array` does not, but never beyond the memory that its owner has.

    >>> strided(np.arange(4), (3, 2), (8, 8)).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    whole = owner(array)
    flat = memory_bytes(whole, *bounds(whole))
    begin = address(array) + start - address(whole) if 0 not in shape else 0
    out: Array = np.ndarray(shape, array.dtype, flat, begin, strides)
    out.flags.writeable = out.flags.writeable and array.flags.writeable
    return out
