"""Functions that NumPy lacks, on arrays."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["add_up", "column_sums", "erf", "kept_sums", "products_of_others", "row_products"]

# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), 631-637:
# coefficients of numerator and denominator, highest power first, for |x| <= 0.46875, <= 4, and beyond.
_NEAR = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
_FAR = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242e0,
        1.87295284992346047e0,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)
# The same quotient for float32 in one piece on |x| <= 4 (beyond, erf is 1 in float32): N. Lemoine's and
# Eigen's form x P(x^2) / Q(x^2) is replaced by Cody's double formulas where precision is asked for.


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Any) -> Any:
    above, below = (np.full_like(x, side[0]) for side in coefficients)
    for a in coefficients[0][1:]:
        above *= x
        above += a
    for b in coefficients[1][1:]:
        below *= x
        below += b
    return above / below


def erf(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The error function, to the last digit or two of x's dtype.

    >>> float(erf(np.array(0.5)))
    0.5204998778130465
    """
    wide = x.astype(np.float64)
    size = np.abs(wide)
    out = np.sign(wide, out=np.empty_like(wide))  # |x| > 6: 1 to double precision; NaN stays NaN
    near, far = size <= 0.46875, (size > 4) & (size < 6)
    middle = (size > 0.46875) & (size <= 4)
    part = wide[near]
    out[near] = part * _ratio(_NEAR, part * part)
    part = size[middle]
    out[middle] *= 1 - np.exp(-part * part) * _ratio(_MIDDLE, part)
    part = size[far]
    inverse = 1 / (part * part)
    tail = (1 / math.sqrt(math.pi) - inverse * _ratio(_FAR, inverse)) / part
    out[far] *= 1 - np.exp(-part * part) * tail
    return out.astype(x.dtype, copy=False)


_FEW, _BLOCK = 256, 64


def add_up(x: np.ndarray[Any, Any], axis: Any, keepdims: bool = False, dtype: Any = None) -> Any:
    """np.sum. NumPy adds what is not contiguous (rows, not their elements) one after the other, with an error that
    grows with the number: in float32, long dimensions are added in blocks first, at the same speed.

    >>> x = np.full((100_000, 2), .1, np.float32)
    >>> round(float(x.sum(axis=0)[0]), 1), round(float(add_up(x, (0,))[0]), 1)
    (9998.6, 10000.0)
    """
    if axis is not None and x.itemsize <= 4 and x.dtype.kind == "f":
        for at in axis:
            while x.shape[at] > _FEW and x.strides[at] != x.itemsize:
                x = _blocks(x, at, dtype)
    return np.add.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)  # type: ignore[call-overload]  # of keepdims


def _blocks(x: np.ndarray[Any, Any], axis: int, dtype: Any) -> np.ndarray[Any, Any]:
    """The sums of the blocks that a dimension consists of."""
    count, rest = divmod(x.shape[axis], _BLOCK)
    before = (slice(None),) * axis
    whole = x[(*before, slice(count * _BLOCK))]
    whole = whole.reshape((*x.shape[:axis], count, _BLOCK, *x.shape[axis + 1 :]))  # a view, in any layout
    sums = np.add.reduce(whole, axis=axis + 1, dtype=dtype)
    if rest:
        last = np.add.reduce(x[(*before, slice(-rest, None))], axis=axis, dtype=dtype, keepdims=True)
        sums = np.concatenate([sums, last], axis=axis)
    return sums


def products_of_others(x: np.ndarray[Any, Any]) -> Any:
    """For each element along the last dimension the product of all others, without dividing.

    >>> products_of_others(np.array([2.0, 0.0, 3.0]))
    array([0., 6., 0.])
    """
    before, after = np.ones_like(x), np.ones_like(x)
    np.cumprod(x[..., :-1], axis=-1, out=before[..., 1:])
    after[..., -2::-1] = np.cumprod(x[..., :0:-1], axis=-1)
    return before * after


# Products are several times faster than sums over one dimension: NumPy calls BLAS for them. It adds in a few running
# sums, whose error grows with the number of terms, hence the limit.
_MANY = 2048


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> np.ndarray[Any, Any]:
    return np.ones(n, dtype)


def column_sums(x: np.ndarray[Any, Any]) -> Any:
    """``x.sum(0)`` of a matrix."""
    return _ones(len(x), x.dtype).dot(x) if len(x) <= _MANY else add_up(x, (0,))


def kept_sums(x: np.ndarray[Any, Any], axis: int) -> Any:
    """``x.sum(axis, keepdims=True)``."""
    n = x.shape[axis]
    if axis == x.ndim - 1 and n <= _MANY and x.dtype.char in "fd" and x.flags.c_contiguous and x.size:
        return x.reshape(-1, n).dot(_ones(n, x.dtype)).reshape((*x.shape[:-1], 1))
    return x.sum(axis=axis, keepdims=True)


def row_products(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> Any:
    """``(x * y).sum(-1)``."""
    return np.vecdot(x, y) if x.shape[-1] <= _MANY and x.dtype.char in "fd" else (x * y).sum(axis=-1)
