"""The cumulative function of the normal distribution, on arrays, without a branch: what GELU costs.

Both approximations are our own fits to exact values; tests hold them to their errors.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["normal_cdf"]

Array = np.ndarray[Any, Any]

# In single precision (1 + tanh(x P(x^2))) / 2: the polynomial P, highest power first, fits the inverse to 3e-8.
_SLOPE = (1.75617095e-9, -1.32263347e-7, 3.96474452e-6, -5.53061943e-5, -3.25949739e-5, 3.63330846e-2, 0.797884941)

# In double precision by the tail: (1 + sqrt(2) s) e^(s^2 / 2) P(X > s) is a polynomial in t = (s - k) / (s + k) to 1e-16
# (after M. Shepherd and J. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", Math. Comp. 36 (1981)).
_MIDDLE = 2.5 * math.sqrt(2)
# fmt: off
_TAIL = (
    1.6752774592674804e-09, 5.216636233361665e-09, -9.764878639814621e-09, -5.0907293929837046e-08,
    -1.297894889866286e-09, 2.486655711562031e-07, 2.8254489490036284e-07, -7.754606639188395e-07,
    -2.1223062632996455e-06, 1.2937501192473849e-06, 1.1356124296300008e-05, 3.1374650478548e-06,
    -5.676316246359487e-05, -4.4240840149501696e-05, 0.00031606257320779745, 0.00024593311944170673,
    -0.0021910392204237935, 0.00046594638667343444, 0.016380446637830667, -0.05148352801810927,
    0.07881495951149635, -0.04951226978682561, -0.061178381541201074, 0.6324190921834308,
)
# fmt: on


def normal_cdf(x: Array) -> Array:
    """P(X <= x) for X with mean 0 and variance 1: to 1e-7 in float32, to the last digits (of the tail, too) in float64.

    >>> normal_cdf(np.array([-40.0, 0.0, 1.0])).round(6)
    array([0.      , 0.5     , 0.841345])
    """
    if x.dtype == np.float16:
        return normal_cdf(x.astype(np.float32)).astype(np.float16)
    with np.errstate(over="ignore", under="ignore"):  # an infinite slope has the right tanh
        return _by_tanh(x) if x.dtype == np.float32 else _by_tail(x)


def _by_tanh(x: Array) -> Array:
    squared = np.multiply(x, x, out=np.empty_like(x))  # given as `out`, so that 0-d results are arrays
    out = np.multiply(squared, _SLOPE[0], out=np.empty_like(x))
    for coefficient in _SLOPE[1:]:
        out += coefficient
        out *= squared if coefficient != _SLOPE[-1] else x
    np.tanh(out, out)
    out += 1
    out *= 0.5
    return out


def _by_tail(x: Array) -> Array:
    size = np.abs(x, out=np.empty_like(x))
    np.minimum(size, 40, out=size)  # beyond it the tail is 0
    t = np.subtract(size, _MIDDLE, out=np.empty_like(x))
    t /= size + _MIDDLE
    tail = np.multiply(t, _TAIL[0], out=np.empty_like(x))
    tail += _TAIL[1]
    for coefficient in _TAIL[2:]:
        tail *= t
        tail += coefficient
    np.multiply(size, math.sqrt(2), out=t)
    t += 1
    tail /= t
    size *= size
    size *= -0.5
    tail *= np.exp(size, size)
    np.multiply(tail, -2, out=t)  # above 0: 1 - tail = tail + (1 - 2 tail)
    t += 1
    t *= x >= 0
    tail += t
    return tail
