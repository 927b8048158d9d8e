"""Sorting: values and where they came from. The order is a constant; gradients follow it back. Searching in what is sorted."""

from __future__ import annotations

from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays import dtypes
from ..arrays.dims import numpy_names, one_dim
from ..arrays.keys import ALL, INDEX_DTYPES
from ..modes import is_grad_enabled
from ..primitive import Array, Operation, TensorLike, dead_end, primitive, wrap
from .scatter import _gather_vjp, _gathered

if TYPE_CHECKING:
    from ..tensor import Tensor


def _order(array: Array, dim: int, descending: bool) -> Array:
    """The stable order along dim (PyTorch's CPU sort is always stable); NaN is the largest."""
    if not array.ndim:
        return np.zeros((), np.int64)
    if descending:
        return array.shape[dim] - 1 - np.flip(_order(np.flip(array, dim), dim, False), dim)
    order = np.argsort(array, axis=dim)  # several times faster than the stable sort: enough where no two are equal
    ranked = np.swapaxes(_gathered(array, dim, order), dim, -1)
    if not (ranked[..., 1:] > ranked[..., :-1]).all():
        order = np.argsort(array, axis=dim, kind="stable")
    return order


def _top(array: Array, k: int, dim: int, largest: bool) -> Array:
    """The places of the k largest (smallest) along dim, in order."""
    if not array.ndim:
        return np.zeros((), np.int64)
    n = array.shape[dim]
    chosen = (ALL,) * dim + (slice(n - k, None) if largest else slice(k),)
    if n < 100 or k > n // 8:
        places = np.argsort(array, axis=dim)[chosen]
    else:
        places = np.argpartition(array, n - k if largest else k, axis=dim)[chosen]
        places = np.take_along_axis(places, np.argsort(np.take_along_axis(array, places, dim), axis=dim), dim)
    return np.flip(places, dim) if largest else places


@primitive(fresh=True, torch="SortBackward0", shows="sort {input}", input=_gather_vjp)
def _sort(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    return _gathered(input, dim, index)


@primitive(fresh=True, torch="TopkBackward0", shows="top {input}", input=_gather_vjp)
def _topk(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    return _gathered(input, dim, index)


@numpy_names
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> return_types.sort:
    """The elements along dim in order, and their indices. Always stable; NaN counts as the largest.

    >>> sort(tensor([3., 1., 2.])).indices
    tensor([1, 2, 0])
    """
    dim = one_dim("sort", dim, input.array.ndim)
    indices = wrap(_order(input.array, dim, descending))
    return return_types.sort(_sort(input, dim, indices), indices)


@numpy_names
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that sort along dim (int64).

    >>> argsort(tensor([3., 1., 2.]), descending=True)
    tensor([0, 2, 1])
    """
    return wrap(_order(input.array, one_dim("argsort", dim, input.array.ndim), descending))


@numpy_names
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> return_types.topk:
    """The k largest (or smallest) elements along dim and their indices, in order (whether or not `sorted`).

    Which of equal elements are chosen is not specified.

    >>> topk(tensor([3., 1., 2.]), 2).values
    tensor([3., 2.])
    """
    dim = one_dim("topk", dim, input.array.ndim)
    n = input.array.shape[dim] if input.array.ndim else 1
    if isinstance(k, float):
        raise TypeError("topk(): k must be an int, not float")
    if input.array.dtype == INDEX_DTYPES[2]:
        raise RuntimeError("topk: bool tensors are not supported; convert with .long()")
    if not 0 <= (k := as_int(k)) <= n:
        raise RuntimeError(f"topk: selected index k out of range: k is {k}, but dimension {dim} has size {n}")
    indices = wrap(_top(input.array, k, dim, largest))
    return return_types.topk(_topk(input, dim, indices), indices)


def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension.

    >>> msort(tensor([[3, 1], [2, 5]]))
    tensor([[2, 1],
            [3, 5]])
    """
    return sort(input, 0).values


# ---------------------------------------------------------------- searching in what is sorted


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where each value would have to be inserted to keep the sequence (its last dimension) in order.

    Before elements that are equal to it; behind them if right, or side is "right". The sequence is a vector, or has
    the leading dimensions of input. sorter: the indices that put it in order.

    >>> searchsorted(tensor([1, 3, 5]), tensor([0, 3, 4])), searchsorted(tensor([1, 3, 5]), 3, right=True)
    (tensor([0, 1, 2]), tensor(2))
    """
    sequence = sorted_sequence.array
    values = input.array if hasattr(input, "array") else np.asarray(input, dtypes.scalar_dtype(input))
    if side not in (None, "left", "right") or (side == "left" and right):
        raise RuntimeError(f"searchsorted: side must be 'left' or 'right' and not contradict right={right}, got {side!r}")
    if not sequence.ndim:
        raise RuntimeError("searchsorted: the sorted sequence must have at least one dimension")
    if sequence.ndim > 1 and (sequence.ndim != values.ndim or sequence.shape[:-1] != values.shape[:-1]):
        raise RuntimeError(
            f"searchsorted: the sorted sequence {sequence.shape} must be a vector, or have the leading dimensions of the values "
            f"{values.shape}"
        )
    if sorter is not None:
        order = sorter.array
        if order.shape != sequence.shape or order.dtype != np.int64:
            raise RuntimeError(f"searchsorted: sorter must be int64 of shape {sequence.shape}, got {order.dtype} of shape {order.shape}")
        if order.size and (order.min() < 0 or order.max() >= sequence.shape[-1]):
            raise RuntimeError(f"searchsorted: an index of sorter is out of range for {sequence.shape[-1]} elements")
        sequence = np.take_along_axis(sequence, order, -1)
    dtype = dtypes.result_type(sequence, values if hasattr(input, "array") else input)
    dtypes.require("searchsorted", dtype, "iuf")
    places = _insertion_places(sequence.astype(dtype), values.astype(dtype), right or side == "right")
    return wrap(places.astype(np.int32 if out_int32 else np.int64))


def _insertion_places(sequence: Array, values: Array, right: bool) -> Array:
    """By halving, as in PyTorch, so that NaN (which is neither less nor more) ends where it does there."""
    n = sequence.shape[-1]
    if sequence.ndim == 1 and (sequence[1:] >= sequence[:-1]).all() and not np.isnan(values).any():
        return np.asarray(np.searchsorted(sequence, values, "right" if right else "left"))
    if not n:
        return np.zeros(values.shape, np.int64)
    rows = sequence.reshape(-1, n)
    wanted = values.reshape(len(rows), -1)
    low, high = np.zeros(wanted.shape, np.int64), np.full(wanted.shape, n)
    for _ in range(n.bit_length()):
        middle = (low + high) // 2
        found = np.take_along_axis(rows, np.minimum(middle, n - 1), 1)
        behind = ~(found > wanted if right else found >= wanted) & (low < high)
        low, high = np.where(behind, middle + 1, low), np.where(behind | (low >= high), high, middle)
    return low.reshape(values.shape)


def bucketize(input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The number of the interval between boundaries (a sorted vector) that each value falls in: `searchsorted`.

    >>> bucketize(tensor([0, 3, 4]), tensor([1, 3, 5]))
    tensor([0, 1, 2])
    """
    if boundaries.array.ndim != 1:
        raise RuntimeError(f"bucketize: boundaries must be a vector, got shape {tuple(boundaries.shape)}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


# ---------------------------------------------------------------- distinct values


def _no_derivative(g: Any) -> Any:
    raise NotImplementedError("the derivative of unique and unique_consecutive is not implemented, as in PyTorch; use .detach()")


_UNIQUE = Operation("unique", lambda input: input, (_no_derivative,), ((),), ("input",))


def _without_derivative(distinct: Tensor, input: Tensor) -> None:
    """Let the distinct values of input require grad if it does, and raise in backward."""
    if input._edge is not None and is_grad_enabled():
        distinct._edge = dead_end(_UNIQUE, distinct.array, input._edge)


def _picked_out(
    input: Tensor, values: Array, inverse: Array, counts: Array, return_inverse: bool, return_counts: bool
) -> Any:
    distinct = wrap(values)
    _without_derivative(distinct, input)
    if not return_inverse and not return_counts:
        return distinct
    return (distinct, *([wrap(inverse)] if return_inverse else []), *([wrap(counts)] if return_counts else []))


def _check_dim_of_slices(name: str, array: Array, dim: int) -> int:
    place = one_dim(name, dim, array.ndim)
    if not array.ndim:
        raise IndexError(f"{name}: a 0-d tensor has no dimension {dim}")
    if 0 in array.shape[:place] + array.shape[place + 1 :]:
        raise RuntimeError(f"{name}: slices of size 0 along dim {dim} of shape {array.shape} cannot be told apart")
    return place


def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct elements, or the distinct slices along dim, in order (whether or not `sorted`).

    With return_inverse, also where each element stands among them; with return_counts, how often each occurs. Every NaN
    is distinct. There is no derivative: backward raises, as in PyTorch.

    >>> unique(tensor([3, 1, 3]), return_inverse=True, return_counts=True)
    (tensor([1, 3]), tensor([1, 0, 1]), tensor([1, 2]))
    """
    array = input.array
    if dim is not None:
        dim = _check_dim_of_slices("unique", array, dim)
    values, inverse, counts = np.unique(array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    inverse = inverse.reshape(array.shape if dim is None else -1)
    return _picked_out(input, values, inverse, counts, return_inverse, return_counts)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements of the flattened input, or the slices along dim, without those that equal the one before them.

    With return_inverse, also where each element ended; with return_counts, how many were joined in each.

    >>> unique_consecutive(tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    array = input.array
    slices = array.reshape(-1, 1) if dim is None else np.moveaxis(array, _check_dim_of_slices("unique_consecutive", array, dim), 0)
    changes = (slices[1:] != slices[:-1]).any(axis=tuple(range(1, slices.ndim)))
    first = np.concatenate([np.ones(min(len(slices), 1), bool), changes])
    inverse = np.cumsum(first) - 1
    values = slices[first].reshape(-1) if dim is None else np.moveaxis(slices[first], 0, dim)
    counts = np.diff(np.append(np.flatnonzero(first), len(slices)))
    inverse = inverse.reshape(array.shape) if dim is None else inverse
    return _picked_out(input, values, inverse, counts, return_inverse, return_counts)
