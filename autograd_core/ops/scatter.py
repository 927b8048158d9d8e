"""Picking and writing elements by one index each along a dimension: gather, scatter and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import common_shape, numpy_names, one_dim
from ..arrays.dtypes import require
from ..arrays.keys import INDEX_DTYPES
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import plus, true_divide
from .index import (
    _check_bounds,
    _check_same_dtype,
    _checked_vector,
    _index,
    _scatter_into,
    _slice,
    _zeros,
    as_element,
    index_assign,
)

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

    reduce "add" or "multiply" adds to, or multiplies, what is there, duplicates included.

    >>> scatter(zeros(2, 3), 1, tensor([[0], [2]]), 1.)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter(): give either src (a tensor or a number) or value (a number)")
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError(f"scatter: reduce must be 'add' or 'multiply', not {reduce!r}; scatter_reduce knows more")
    dim = one_dim("scatter", dim, input.array.ndim)
    filling = value if src is None else src
    number = not hasattr(filling, "array")
    if reduce is not None:
        if number:
            filling = wrap(np.full(index.array.shape, as_element("scatter", filling, input.array.dtype)))
        return scatter_reduce(input, dim, index, filling, "sum" if reduce == "add" else "prod")
    if number:
        return _scatter_value(input, dim, index, filling)
    return _scatter_src(input, dim, index, _source("scatter", input, dim, index, filling))


@numpy_names
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy with src added where `gather` would read, duplicates included.

    >>> scatter_add(zeros(3), 0, tensor([0, 0, 2]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    dim = one_dim("scatter_add", dim, input.array.ndim)
    if not index.array.size:
        return input.clone()
    return _scatter_add(input, dim, index, _source("scatter_add", input, dim, index, src))


# ---------------------------------------------------------------- scatter_reduce


def _exclusive_product(g: Any, input: Any, dim: int, index: Any, src: Any, out: Any) -> Any:
    """For each element of src, g times the product of all others that were multiplied into one place."""
    zero = (src == 0).astype(out.dtype)
    zeros = either(_gather)(either(_scatter_add)(np.zeros_like(out), dim, index, zero), dim, index)
    if not isinstance(g, np.ndarray) and (zeros > 1).sum() > 0:
        raise RuntimeError(
            "scatter_reduce: a product into which several zeros were multiplied has no second derivative here, as in PyTorch"
        )
    filled = np.where(src == 0, np.ones_like(src), src)
    without_zeros = either(_gather)(either(_scatter_prod)(input, dim, index, filled), dim, index)  # type: ignore[has-type]  # this row
    with_zeros = either(_gather)(out, dim, index) / filled
    return either(_gather)(g, dim, index) * np.where(zero * zeros == 1, without_zeros, with_zeros)


@primitive(torch="ScatterReduceBackward0",
           input=lambda g, input, dim, index, src: g * either(_scatter_prod)(np.ones_like(input), dim, index, src),  # type: ignore[has-type]  # itself
           src=_exclusive_product)
def _scatter_prod(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    out: Any = np.copy(input, order="C")
    np.multiply.at(out.reshape(-1), _along(out.shape, dim, index).reshape(-1), src.reshape(-1))
    return out


def _winners(input: Any, dim: int, index: Any, src: Any, out: Any, include_self: bool) -> Any:
    """Whether input and src have the extreme value (1 or 0), and how many elements share its gradient."""
    own = (input == out).astype(out.dtype)
    if not include_self:
        own = either(_scatter_value)(own, dim, index, 0)
    won = (src == either(_gather)(out, dim, index)).astype(out.dtype)
    return own, won, either(_scatter_add)(own, dim, index, won)


def _own_share(g: Any, input: Any, dim: int, index: Any, src: Any, out: Any, include_self: bool) -> Any:
    own, _, count = _winners(input, dim, index, src, out, include_self)
    return own * (g / count)


def _winning_share(g: Any, input: Any, dim: int, index: Any, src: Any, out: Any, include_self: bool) -> Any:
    _, won, count = _winners(input, dim, index, src, out, include_self)
    return won * either(_gather)(g / count, dim, index)


@primitive(fresh=True, torch="ScatterReduceBackward0", input=_own_share, src=_winning_share)
def _scatter_extreme(
    input: TensorLike, dim: int, index: TensorLike, src: TensorLike, largest: bool, include_self: bool
) -> Tensor:
    out: Any = np.copy(input, order="C")
    flat, at = out.reshape(-1), _along(out.shape, dim, index).reshape(-1)
    if not include_self:
        flat[at] = _lowest(out.dtype) if largest else _highest(out.dtype)
    (np.maximum if largest else np.minimum).at(flat, at, src.reshape(-1))
    return out


def _lowest(dtype: Any) -> Any:
    return -np.inf if dtype.kind == "f" else False if dtype.kind == "b" else np.iinfo(dtype).min


def _highest(dtype: Any) -> Any:
    return np.inf if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max


@numpy_names
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy where all elements of src that one place receives are reduced: by "sum", "prod", "mean", "amax" or "amin".

    The places are those where `gather` would read. What input has there takes part, unless include_self is False.
    Extreme values that are equal share the gradient evenly. (PyTorch lets input share it even if it does not take part.)

    >>> scatter_reduce(zeros(3), 0, tensor([0, 0, 2]), tensor([1., 2., 3.]), "amax")
    tensor([2., 0., 3.])
    """
    dim = one_dim("scatter_reduce", dim, input.array.ndim)
    return _reduced("scatter_reduce", input, dim, index, src, reduce, include_self)


def _reduced(name: str, input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, include_self: bool) -> Tensor:
    reduce = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"{name}: reduce must be one of sum, prod, mean, amax, amin, not {reduce!r}")
    if not index.array.size:
        return input.clone()
    src = _source(name, input, dim, index, src)
    if reduce in ("amax", "amin"):
        return _scatter_extreme(input, dim, index, src, reduce == "amax", include_self)
    if not include_self:
        input = _scatter_value(input, dim, index, 1 if reduce == "prod" else 0)
    if reduce == "prod":
        return _scatter_prod(input, dim, index, src)
    total = _scatter_add(input, dim, index, src)
    return total if reduce == "sum" else _divided(name, total, dim, index.array, include_self)


def _divided(name: str, total: Tensor, dim: int, index: Array, include_self: bool) -> Tensor:
    shape, dtype = total.array.shape, total.array.dtype
    require(name + " of means", dtype, "iufc")
    counts = np.full(shape, 1 if include_self else 0)
    np.add.at(counts.reshape(-1), _along(shape, dim, index).reshape(-1), 1)
    counts = np.maximum(counts, 1)
    if dtype.kind != "f":
        return wrap((total.array // counts).astype(dtype))
    return true_divide(total, wrap(counts.astype(dtype)))


@numpy_names
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """As `scatter_reduce`, of whole slices along dim: by "prod", "mean", "amax" or "amin".

    >>> index_reduce(ones(3), 0, tensor([0, 0, 2]), tensor([2., 3., 4.]), "prod")
    tensor([6., 1., 4.])
    """
    dim = one_dim("index_reduce", dim, input.array.ndim)
    rows = _checked_vector("index_reduce", input.array, dim, index)
    _check_same_dtype("index_reduce", input=input, source=source)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce: reduce must be one of prod, mean, amax, amin, not {reduce!r}")
    shape = source.array.shape
    if shape[:dim] + shape[dim + 1 :] != input.array.shape[:dim] + input.array.shape[dim + 1 :] or len(shape) != input.array.ndim:
        raise RuntimeError(f"index_reduce: source {shape} must have the shape of input {input.array.shape}, except along dim {dim}")
    if shape[dim : dim + 1] not in ((), rows.shape):
        raise RuntimeError(f"index_reduce: the number of indices ({rows.size}) must be the size of source {shape} along dim {dim}")
    along = rows.reshape((-1,) + (1,) * (len(shape) - dim - 1)) if shape else rows.reshape(())
    return _reduced("index_reduce", input, dim, wrap(np.broadcast_to(along, shape)), source, reduce, include_self)


# ---------------------------------------------------------------- places in the flattened tensor


def _check_flat(name: str, index: Any, size: int) -> None:
    if not hasattr(index, "array"):
        raise TypeError(f"{name}(): index must be a Tensor, not {type(index).__name__}")
    places = index.array
    if places.dtype != np.int64:
        raise RuntimeError(f"{name}: expected dtype int64 for index, got {places.dtype}; use .long()")
    if places.size and (places.min() < -size or places.max() >= size):
        raise IndexError(f"{name}: indices from {places.min()} to {places.max()} are out of range for {size} elements")


def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements of the flattened input at the indices (int64, negative ones from the end), in the shape of index.

    >>> take(tensor([[1, 2], [3, 4]]), tensor([3, 0]))
    tensor([4, 1])
    """
    _check_flat("take", index, input.array.size)
    return _index(input.reshape(-1), index, None)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with the elements of source written where `take` would read; accumulate adds instead, duplicates included.

    >>> put(zeros(2, 2), tensor([3, 0]), tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 1.]])
    """
    _check_flat("put", index, input.array.size)
    _check_same_dtype("put", input=input, source=source)
    if source.array.size != index.array.size:
        raise IndexError(f"put: source has {source.array.size} elements, and index {index.array.size}; give as many")
    places = (index.array.reshape(-1).copy(),)
    flat, values = input.reshape(-1), source.reshape(-1)
    out = plus(flat, _scatter_into(values, places, flat.array.shape)) if accumulate else index_assign(flat, places, values)
    return out.reshape(input.array.shape)


# ---------------------------------------------------------------- take_along_dim


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
