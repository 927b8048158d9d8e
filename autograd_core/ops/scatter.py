"""Picking and writing elements by one index each along a dimension: gather, scatter and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import common_shape, numpy_names, one_dim
from ..keys import INDEX_DTYPES
from ..primitive import Array, TensorLike, either, primitive, wrap
from .index import _check_bounds, _check_same_dtype, _slice, _zeros, as_element

if TYPE_CHECKING:
    from ..tensor import Tensor


def _check_index(name: str, shape: tuple[int, ...], dim: int, index: Any, src: tuple[int, ...] | None = None) -> None:
    if getattr(index, "dtype", None) not in INDEX_DTYPES[:2]:
        raise RuntimeError(
            f"{name}: expected dtype int64 or int32 for index, got {getattr(index, 'dtype', type(index).__name__)}; "
            "use .long()"
        )
    if not index.size:
        return
    for other, limits in (("input", shape), ("src", src)):
        if limits is None:
            continue
        if max(index.ndim, 1) != max(len(limits), 1):
            raise RuntimeError(
                f"{name}: index (shape {index.shape}) must have as many dimensions as {other} (shape {limits}); "
                "use index.unsqueeze(dim)"
            )
        for axis, (n, limit) in enumerate(zip(index.shape, limits, strict=False)):
            if n > limit and (axis != dim or other == "src"):
                raise RuntimeError(
                    f"{name}: index of shape {index.shape} must be no larger than {other} of shape {limits}"
                    + (f" apart from dimension {dim}" if other == "input" else "")
                )
    _check_bounds(name, index, dim, shape[dim] if shape else 1)


def _along(shape: tuple[int, ...], dim: int, index: Array) -> Array:
    """Where the elements that gather and scatter mean by index stand in the flattened array of this shape."""
    if len(shape) < 2 or not index.size:
        return index
    at: Any = 0
    step = 1
    for axis in reversed(range(len(shape))):
        column = (-1,) + (1,) * (len(shape) - axis - 1)
        at = at + (index if axis == dim else np.arange(index.shape[axis]).reshape(column)) * np.int64(step)
        step *= shape[axis]
    return at


@primitive(fresh=True,
           input=lambda g, index, dim: either(_gather)(g, dim, index))  # type: ignore[has-type]  # below
def _ungather(input: TensorLike, dim: int, index: TensorLike, shape: Any) -> Tensor:
    out = _zeros(shape, input)
    np.add.at(out.reshape(-1), _along(shape, dim, index).reshape(-1), input.reshape(-1))
    return out


def _gather_vjp(g: Any, index: Any, dim: int, input_shape: tuple[int, ...]) -> Any:
    return either(_ungather)(g, dim, index, input_shape)


def _gathered(input: Array, dim: int, index: Array) -> Any:
    return input.reshape(-1)[_along(input.shape, dim, index)]


@primitive(fresh=True, torch="GatherBackward0", input=_gather_vjp)
def _gather(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    _check_index("gather", input.shape, dim, index)
    return _gathered(input, dim, index)


@numpy_names
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """out[i, j] = input[index[i, j], j] for dim 0, input[i, index[i, j]] for dim 1, and so on.

    Index (int64 or int32) may be shorter than input in the other dimensions.

    >>> gather(tensor([[1., 2.], [3., 4.]]), 1, tensor([[0], [1]]))
    tensor([[1.],
            [4.]])
    """
    if sparse_grad:
        raise NotImplementedError("gather: sparse_grad=True is not supported; gradients are dense")
    return _gather(input, one_dim("gather", dim, input.array.ndim), index)


@primitive(fresh=True, torch="ScatterBackward1",
           input=lambda g, index, dim: either(_scatter_value)(g, dim, index, 0))  # type: ignore[has-type]  # this row
def _scatter_value(input: TensorLike, dim: int, index: TensorLike, value: Any) -> Tensor:
    _check_index("scatter", input.shape, dim, index)
    out: Any = np.copy(input, order="C")
    out.reshape(-1)[_along(out.shape, dim, index)] = as_element("scatter", value, out.dtype)
    return out


@primitive(fresh=True, torch="ScatterBackward0",
           input=lambda g, index, dim: either(_scatter_value)(g, dim, index, 0),
           src=lambda g, index, dim: either(_gather)(g, dim, index))
def _scatter_src(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    out: Any = np.copy(input, order="C")
    out.reshape(-1)[_along(out.shape, dim, index)] = src
    return out


@primitive(torch="ScatterAddBackward0",
           input=lambda g: g,
           src=lambda g, index, dim: either(_gather)(g, dim, index))
def _scatter_add(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    out: Any = np.copy(input, order="C")
    np.add.at(out.reshape(-1), _along(out.shape, dim, index).reshape(-1), src.reshape(-1))
    return out


def _source(name: str, input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The part of src that index covers, checked."""
    if not hasattr(src, "array"):
        raise TypeError(f"{name}: src must be a Tensor, not {type(src).__name__}")
    _check_same_dtype(name, input=input, src=src)
    _check_index(name, input.array.shape, dim, index.array, src.array.shape)
    wanted = index.array.shape
    if src.array.shape == wanted:
        return src
    if src.array.ndim != len(wanted):  # a number stands for a vector of one element
        return src.reshape(wanted)
    return _slice(src, (*[slice(n) for n in wanted], ...))


@numpy_names
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """A copy with src (a tensor, or one number) written where `gather` would read; of duplicates the last wins.

    >>> scatter(zeros(2, 3), 1, tensor([[0], [2]]), 1.)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    if reduce is not None:
        raise NotImplementedError(f"scatter: reduce={reduce!r} is not supported; for sums use scatter_add")
    if (src is None) == (value is None):
        raise TypeError("scatter(): give either src (a tensor or a number) or value (a number)")
    dim = one_dim("scatter", dim, input.array.ndim)
    filling = value if src is None else src
    if not hasattr(filling, "array"):
        return _scatter_value(input, dim, index, filling)
    return _scatter_src(input, dim, index, _source("scatter", input, dim, index, filling))


@numpy_names
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy with src added where `gather` would read, duplicates included.

    >>> scatter_add(zeros(3), 0, tensor([0, 0, 2]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    dim = one_dim("scatter_add", dim, input.array.ndim)
    return _scatter_add(input, dim, index, _source("scatter_add", input, dim, index, src))


@numpy_names
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As `gather`, with input and indices broadcast; negative indices count from the end.

    Without dim, both are flattened.

    >>> take_along_dim(tensor([[3., 1.], [2., 4.]]), tensor([[1], [0]]), 1)
    tensor([[1.],
            [2.]])
    """
    array = indices.array
    if array.dtype != np.int64:
        raise RuntimeError(f"take_along_dim: dtype of indices should be int64, got {array.dtype}; use .long()")
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    if array.ndim != input.array.ndim:
        raise RuntimeError(
            f"take_along_dim: input {tuple(input.shape)} and indices {array.shape} must have the same number of "
            "dimensions"
        )
    dim = one_dim("take_along_dim", dim, array.ndim)
    here, there = list(input.array.shape), list(array.shape)
    if here:
        n, count, here[dim], there[dim] = here[dim], there[dim], 1, 1
        common = list(common_shape("take_along_dim", input=tuple(here), indices=tuple(there)))
        input = input.broadcast_to((*common[:dim], n, *common[dim + 1 :]))
        array = np.broadcast_to(array, (*common[:dim], count, *common[dim + 1 :]))
        array = np.where(array < 0, array + n, array)
    return _gather(input, dim, wrap(array))
