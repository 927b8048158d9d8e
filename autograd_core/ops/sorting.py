"""Sorting: values and where they came from. The order is a constant; gradients follow it back."""

from __future__ import annotations

from operator import index as as_int
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..dims import numpy_names, one_dim
from ..keys import ALL, INDEX_DTYPES
from ..primitive import Array, TensorLike, primitive, wrap
from .scatter import _gather_vjp, _gathered

if TYPE_CHECKING:
    from ..tensor import Tensor


class Sorted(NamedTuple):
    """Values in order, and where each stood."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return f"return_types.sort(\nvalues={self.values!r},\nindices={self.indices!r})"


class Top(NamedTuple):
    """The largest (or smallest) values, and where each stood."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return f"return_types.topk(\nvalues={self.values!r},\nindices={self.indices!r})"


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
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Sorted:
    """The elements along dim in order, and their indices. Always stable; NaN counts as the largest.

    >>> sort(tensor([3., 1., 2.])).indices
    tensor([1, 2, 0])
    """
    dim = one_dim("sort", dim, input.array.ndim)
    indices = wrap(_order(input.array, dim, descending))
    return Sorted(_sort(input, dim, indices), indices)


@numpy_names
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that sort along dim (int64).

    >>> argsort(tensor([3., 1., 2.]), descending=True)
    tensor([0, 2, 1])
    """
    return wrap(_order(input.array, one_dim("argsort", dim, input.array.ndim), descending))


@numpy_names
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Top:
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
    return Top(_topk(input, dim, indices), indices)
