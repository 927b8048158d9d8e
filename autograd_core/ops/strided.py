"""Views with strides of their own. They may show an element repeatedly, which then receives the sum of the gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import one_dim, sizes
from ..arrays.strides import address, bounds, positions, strided
from ..memory import settle, storage
from ..primitive import TensorLike, either, primitive
from .index import _scatter_into, _slice, _with_region
from .shape import _reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- as_strided


def _strided_vjp(g: Any, size: Any, stride: Any, start: int, layout: Any, input_shape: tuple[int, ...]) -> Any:
    count = math.prod(input_shape)
    places = positions(size, stride, start, input_shape, layout)
    return either(_scatter_into)(g, (places,), (count + 1,))[:count].reshape(input_shape)


@primitive(views=True, torch="AsStridedBackward0", input=_strided_vjp)
def _as_strided(input: TensorLike, size: Any, stride: Any, start: int, layout: Any) -> Tensor:
    """All but size in elements; layout: the strides of input."""
    width = input.itemsize
    return strided(input, size, tuple(step * width for step in stride), start * width)


def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A view of the memory that input lies in, with this size and stride (in elements), from storage_offset (input's) on.

    It may reach all of the memory, of which input may be a part. Gradients go to the elements of input; where a view
    reaches beyond its input, to those of the input's base. (PyTorch drops those.)

    >>> as_strided(arange(4), (3, 2), (1, 1))
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    shape, steps = _pair("as_strided", size, stride)
    settle(input)
    array, width = input.array, input.array.itemsize
    low, high = bounds(storage(input._memory, array))
    begin = (address(array) - low) // width if storage_offset is None else storage_offset
    if begin < 0 or any(step < 0 for step in steps):
        raise RuntimeError(f"as_strided: storage_offset {begin} and strides {steps} must not be negative")
    last = begin + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    if 0 not in shape and (last + 1) * width > high - low:
        raise RuntimeError(
            f"as_strided: size {shape}, stride {steps} and storage_offset {begin} reach element {last}, which is out of bounds "
            f"for a storage of {(high - low) // width} elements"
        )
    start = begin - (address(array) - low) // width
    if input._edge is not None and input._base is not None:
        if (positions(shape, steps, start, array.shape, input.stride()) == array.size).any():
            input = input._base
            start = begin - (address(input.array) - low) // width
    return _as_strided(input, shape, steps, start, input.stride())


def _pair(name: str, size: Any, stride: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if not isinstance(size, tuple | list) or not isinstance(stride, tuple | list):
        raise TypeError(f"{name}(): size and stride must be tuples of ints, got {size!r} and {stride!r}")
    shape, steps = sizes(name, (size,)), sizes(name, (stride,))
    if len(shape) != len(steps) or any(n < 0 for n in shape):
        raise RuntimeError(f"{name}: size {shape} and stride {steps} must have one length, and sizes not be negative")
    return shape, steps


def as_strided_scatter(input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A copy with src as what `as_strided` gives of it. Where that shows an element repeatedly, the last one wins.

    >>> as_strided_scatter(zeros(4), tensor([1., 2.]), (2,), (2,), 1)
    tensor([0., 1., 0., 2.])
    """
    view, array = as_strided(input.detach(), size, stride, storage_offset), input.array
    start = address(view.array) - address(array)
    places = positions(view.array.shape, view.array.strides, start, array.shape, array.strides)
    if (places == array.size).any():
        raise RuntimeError(
            f"as_strided_scatter: size {tuple(view.shape)}, stride {stride} and storage_offset {storage_offset} reach beyond "
            f"the elements of input, of shape {array.shape}; use .clone() first"
        )
    return _with_region("as_strided_scatter", input.reshape(-1), (places,), places.shape, src).reshape(array.shape)


# ---------------------------------------------------------------- windows


def _window_vjp(g: Any, dim: int, size: int, step: int, input_shape: tuple[int, ...]) -> Any:
    windows = (input_shape[dim] - size) // step + 1
    rows = np.arange(windows)[:, None] * step + np.arange(size)
    return either(_scatter_into)(np.moveaxis(g, -1, dim + 1), (slice(None),) * dim + (rows,), input_shape)


@primitive(views=True, torch="UnfoldBackward0", input=_window_vjp)
def _windows(input: TensorLike, dim: int, size: int, step: int) -> Tensor:
    shape, steps = list(input.shape), list(input.strides)
    shape[dim] = (shape[dim] - size) // step + 1
    steps[dim] *= step
    return strided(input, (*shape, size), (*steps, input.strides[dim]))


def sliding_windows(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """A view of all windows of `size` elements along a dimension, every `step`: ``x.unfold(dimension, size, step)``.

    The dimension counts the windows; the elements of a window are the last dimension.

    >>> arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    dim = one_dim("unfold", dimension, input.array.ndim)
    length = input.array.shape[dim] if input.array.ndim else 1
    if size < 0 or step <= 0:
        raise RuntimeError(f"unfold: size must not be negative and step must be positive, got {size} and {step}")
    if size > length:
        raise RuntimeError(f"unfold: size {size} is larger than dimension {dimension} of size {length}")
    if not input.array.ndim:
        return _slice(_reshape(input, (1,)), (slice(size), ...))
    return _windows(input, dim, size, step)
