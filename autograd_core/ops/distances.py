"""Distances between rows of matrices. Where two rows are equal the distance is 0, and so is its gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.lapack import transposed as T
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import minus, sign
from .index import index_select
from .norms import _norm_vjp, _vector_norm_of, vector_norm
from .shape import reshape, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- of all pairs, by differences


def _difference_vjp(g: Any, difference: Any, out: Any, p: float) -> Any:
    """The derivative of |difference|_p, 0 where this is 0; of the largest size, equal ones all count, as in PyTorch's cdist."""
    g, out = np.where(out == 0, 0, g), np.where(out == 0, 1, out)
    if math.isinf(p):
        largest = np.abs(difference) == out[..., None, :, :]
        return g[..., None, :, :] * either(sign)(difference) * largest
    return _norm_vjp(g, difference, out, p, (len(difference.shape) - 3,))


def _pairs(x1: Any, x2: Any) -> Any:
    """The differences (…, k, n, m): sums over the first of these dimensions are several times faster than over a last."""
    return T(x1)[..., :, None] - T(x2)[..., None, :]


_BLOCK = 1 << 16  # elements of differences that are computed at a time: they stay in the cache


def _blocks(x1: Array, x2: Array) -> Iterator[Any]:
    """Keys of some rows of x1 at a time."""
    stack = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    rows = max(1, _BLOCK // max(1, math.prod(stack) * x2.shape[-2] * x2.shape[-1]))
    for start in range(0, x1.shape[-2], rows):
        yield (..., slice(start, start + rows), slice(None))


def _first_vjp(g: Array, x1: Array, x2: Array, out: Array, p: float) -> Array:
    share = np.empty((*out.shape[:-2], *x1.shape[-2:]), x1.dtype)
    for at in _blocks(x1, x2):
        share[at] = T(_difference_vjp(g[at], _pairs(x1[at], x2), out[at], p).sum(axis=-1))
    return share


def _second_vjp(g: Array, x1: Array, x2: Array, out: Array, p: float) -> Array:
    share = np.zeros((*out.shape[:-2], *x2.shape[-2:]), x2.dtype)
    for at in _blocks(x1, x2):
        share -= T(_difference_vjp(g[at], _pairs(x1[at], x2), out[at], p).sum(axis=-2))
    return share


@primitive(broadcasts=True, fresh=True, torch="CdistBackward0",
           fast={"x1": _first_vjp, "x2": _second_vjp},
           x1=lambda g, x1, x2, out, p: T(_difference_vjp(g, _pairs(x1, x2), out, p).sum(axis=-1)),
           x2=lambda g, x1, x2, out, p: -T(_difference_vjp(g, _pairs(x1, x2), out, p).sum(axis=-2)))
def _distances(x1: TensorLike, x2: TensorLike, p: float) -> Tensor:
    stack = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    out = np.zeros((*stack, x1.shape[-2], x2.shape[-2]), x1.dtype)
    if x1.shape[-1]:
        for at in _blocks(x1, x2):
            out[at] = _vector_norm_of(_pairs(x1[at], x2), p, (-3,), False)
    return out


# ---------------------------------------------------------------- of all pairs, by a product of matrices


def _inverse_distances(g: Any, out: Any) -> Any:
    return np.where(out == 0, 0, g / np.where(out == 0, 1, out))


@primitive(broadcasts=True, fresh=True, torch="EuclideanDistBackward0",
           x1=lambda g, x1, x2, out: _pulled(_inverse_distances(g, out), x1, x2),
           x2=lambda g, x1, x2, out: _pulled(T(_inverse_distances(g, out)), x2, x1))
def _euclidean_distances(x1: TensorLike, x2: TensorLike) -> Tensor:
    """sqrt(|x|² + |y|² - 2 x·y), from the mean of x2 as the origin; by differences where the sum cancels."""
    origin = x2.mean(axis=-2, keepdims=True) if x2.shape[-2] else np.zeros((), x2.dtype)
    origin = np.where(np.isfinite(origin), origin, 0)  # one bad row shall not spoil the others
    x1, x2 = x1 - origin, x2 - origin
    with np.errstate(invalid="ignore", over="ignore"):  # infinities
        far = np.square(x1).sum(axis=-1)[..., :, None] + np.square(x2).sum(axis=-1)[..., None, :]
        squares = far - 2 * (x1 @ T(x2))
        near = np.nonzero(~(squares >= far * 0.01))
        if near[0].size:
            *stack, i, j = near
            wide1, wide2 = (np.broadcast_to(x, (*squares.shape[:-2], *x.shape[-2:])) for x in (x1, x2))
            step = max(1, _BLOCK // max(1, x1.shape[-1]))
            for k in range(0, i.size, step):
                at = [index[k : k + step] for index in (*stack, i, j)]
                differences = wide1[(*at[:-2], at[-2])] - wide2[(*at[:-2], at[-1])]
                squares[tuple(at)] = np.square(differences).sum(axis=-1)
        return np.sqrt(squares)


def _pulled(ratio: Any, x1: Any, x2: Any) -> Any:
    """The sum over x2's rows of ratio (x1 - x2)."""
    return x1 * ratio.sum(axis=-1, keepdims=True) - ratio @ x2


_MODES = {"use_mm_for_euclid_dist_if_necessary": None, "use_mm_for_euclid_dist": True, "donot_use_mm_for_euclid_dist": False}


def _check_rows(name: str, x: Tensor, argument: str) -> Array:
    array = x.array
    if array.dtype.kind not in "fc":
        raise RuntimeError(f"{name}: only supports floating-point dtypes, {argument} got {array.dtype}; use .float()")
    if array.dtype.char == "e":
        raise NotImplementedError(f"{name}: not implemented for float16; convert with .float()")
    if array.ndim < 2:
        raise RuntimeError(f"{name}: only supports at least 2D tensors, {argument} got shape {array.shape}")
    return array


def _check_order(name: str, p: Any) -> float:
    if isinstance(p, str) or not isinstance(p, int | float | np.number):
        raise TypeError(f"{name}(): p must be a number, not {type(p).__name__}")
    if p < 0:
        raise RuntimeError(f"{name}: only supports non-negative p values, got {p}")
    return float(p)


def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """The p-norms of the differences of all pairs of rows: x1 (…, n, k) and x2 (…, m, k) give (…, n, m).

    compute_mode says whether Euclidean distances come from a product of matrices: by default where n or m is above 25.

    >>> cdist(tensor([[0., 0.]]), tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    a, b, p = _check_rows("cdist", x1, "x1"), _check_rows("cdist", x2, "x2"), _check_order("cdist", p)
    if compute_mode is not None and compute_mode not in _MODES:
        raise ValueError(f"cdist: {compute_mode!r} is not a valid value for compute_mode: use one of {', '.join(_MODES)}")
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"cdist: x1 {a.shape} and x2 {b.shape} must have the same number of columns")
    if a.dtype != b.dtype:
        raise RuntimeError(f"cdist: expected one dtype, got {a.dtype} and {b.dtype}; convert one with .to(dtype)")
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise RuntimeError(f"cdist: the batch dimensions of x1 {a.shape} and x2 {b.shape} do not broadcast") from None
    by_product = None if compute_mode is None else _MODES[compute_mode]
    if by_product is None:
        by_product = max(a.shape[-2], b.shape[-2]) > 25
    return _euclidean_distances(x1, x2) if p == 2 and by_product else _distances(x1, x2, p)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norms of the differences of rows i < j of a matrix (n, k): a vector of n (n - 1) / 2.

    >>> pdist(tensor([[0., 0.], [3., 4.], [0., 1.]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    array, p = _check_rows("pdist", input, "input"), _check_order("pdist", p)
    if array.ndim != 2:
        raise RuntimeError(f"pdist: only supports 2D tensors, got shape {array.shape}")
    pairs = np.triu_indices(array.shape[0], 1)
    first, second = (unsqueeze(index_select(input, 0, wrap(rows)), 1) for rows in pairs)
    return reshape(_distances(first, second, p), (-1,))


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of input - other.

    >>> dist(tensor([0., 0.]), tensor([3., 4.]))
    tensor(5.)
    """
    return vector_norm(minus(input, other), p)
