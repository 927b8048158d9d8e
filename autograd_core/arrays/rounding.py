"""Numbers rounded as PyTorch's are: multiplied and added at once, as processors do."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

__all__ = ["evenly", "fused"]

Array: TypeAlias = np.ndarray[Any, Any]


def evenly(low: Any, high: Any, count: int) -> Array:
    """`count` numbers from low to high, as PyTorch's linspace makes them: from both ends towards the middle.

    low, high: NumPy scalars of one floating (or complex) dtype, the result's.

    >>> evenly(np.float32(-1), np.float32(1), 3)
    array([-1.,  0.,  1.], dtype=float32)
    """
    dtype = low.dtype
    places = np.arange(count)
    below, above = places.astype(dtype), places[::-1].astype(dtype)
    step = dtype.type((high - low) / dtype.type(max(count - 1, 1)))
    if dtype in (np.float32, np.float64):
        upwards, downwards = fused(below, float(step), float(low)), fused(above, -float(step), float(high))
    else:
        upwards, downwards = low + step * below, high - step * above
    return np.where(places < max(count // 2, count == 1), upwards, downwards)


def fused(x: Array, scale: float, shift: float) -> Array:
    """x * scale + shift, rounded once as by a fused multiply-add; all numbers must be of the dtype of x."""
    ordinary = 2.0**-900 < abs(scale) < 2.0**900 and abs(shift) < 2.0**900  # or no error term would be exact
    if scale == 1 or shift == 0 or not ordinary:
        return np.asarray(x * scale + shift)
    if x.dtype == np.float32:
        return _sum_to_odd(x.astype(np.float64) * scale, shift).astype(np.float32)
    # Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", IEEE Trans. Computers 57 (2008).
    product, low = _exact_product(x, scale)
    inner, rest = _exact_sum(low, shift)
    total, error = _exact_sum(product, inner)
    return total + _sum_to_odd(rest, error)


def _sum_to_odd(x: Array, y: Array | float) -> Array:
    """x + y; if inexact, the neighbour with an odd last bit, so that rounding again does no harm."""
    total, error = _exact_sum(x, y)
    bits = total.view(np.int64)
    bits += ((error != 0) & (bits & 1 == 0)) * np.where((error > 0) == (total > 0), 1, -1)
    return total


def _exact_sum(x: Array, y: Array | float) -> tuple[Array, Array]:
    """x + y and its rounding error (Knuth)."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _exact_product(x: Array, y: Array | float) -> tuple[Array, Array]:
    """x * y and its rounding error (Dekker)."""
    (x_high, x_low), (y_high, y_low) = _halves(x), _halves(y)
    product = x * y
    return product, ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


def _halves(x: Array | float) -> tuple[Any, Any]:
    spread = x * (2.0**27 + 1)
    high = spread - (spread - x)
    return high, x - high
