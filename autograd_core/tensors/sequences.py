"""Numbers in a row: ranges, windows, the indices of triangles."""

from __future__ import annotations

import math
import warnings
from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import dtypes
from ..arrays.dtypes import DTypeLike, as_dtype
from ..arrays.rounding import evenly
from .creation import _floating, _made, _number

if TYPE_CHECKING:
    from ..arrays.dtypes import DType
    from ..primitive import Array
    from ..tensor import Tensor

# ---------------------------------------------------------------- ranges


def _bounds(name: str, *values: Any) -> list[Any]:
    """Finite real numbers, of which 0-d tensors may give some."""
    numbers = [_number(name, value) for value in values]
    if any(isinstance(value, complex) or not math.isfinite(value) for value in numbers):
        raise RuntimeError(
            f"{name}: start, end and step must be finite real numbers, got {', '.join(map(str, numbers))}"
        )
    start, end, step = numbers
    if step == 0 or (end - start) * step < 0:
        raise RuntimeError(f"{name}: upper bound and lower bound inconsistent with step: {start}, {end}, {step}")
    return numbers


def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """Numbers from start (0) up to but not including end; int64 if all three are ints.

    >>> arange(3), arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if end is None:
        start, end = None, start
    start, end, step = _bounds("arange", 0 if start is None else start, end, step)
    whole = all(isinstance(value, int) for value in (start, end, step))
    found = dtypes.int64 if whole and dtype is None else _floating(dtype)
    dtypes.require("arange", found, "iuf")
    if (
        found.kind in "iu"
    ):  # as in PyTorch, int64 counts with the bounds rounded towards 0, other integers as if they were not
        if max(abs(start), abs(end)) > 2**63 - 1:
            raise RuntimeError(f"arange: {start} to {end} is beyond the range of int64")
        if found == dtypes.int64 and not int(step):
            raise ValueError(f"arange: step {step} is 0 as an integer")
        if found == dtypes.int64:
            start, end, step = int(start), int(end), int(step)
        count = -((start - end) // step) if whole else math.ceil((end - start) / step)
        values = int(start) + np.arange(count, dtype=np.int64) * int(step)
    else:
        values = start + np.arange(math.ceil((end - start) / step), dtype=np.float64) * step
    return _made(values.astype(found), requires_grad, device, **placement)


def range(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """Numbers from start to end, both included, in the default dtype. Deprecated, as in PyTorch: use arange."""
    if end is None:
        raise TypeError("range(): end is missing; arange(n) counts from 0")
    warnings.warn("range is deprecated in PyTorch; use arange, whose end is not included", stacklevel=2)
    start, end, step = _bounds("range", start, end, step)
    values = start + np.arange(math.floor((end - start) / step) + 1, dtype=np.float64) * step
    return _made(values.astype(_floating(dtype)), requires_grad, device, **placement)


def _evenly(name: str, start: Any, end: Any, steps: Any, wide: DType, narrow: DType) -> Array:
    """As PyTorch: both ends in the dtype, and from both towards the middle."""
    for value in (start, end):
        if getattr(value, "ndim", 0):
            raise RuntimeError(f"{name}: start and end must be numbers or 0-d tensors, got shape {tuple(value.shape)}")
    start, end, steps = _number(name, start), _number(name, end), as_int(steps)
    if steps < 0:
        raise RuntimeError(f"{name}: number of steps must be non-negative, got {steps}")
    with np.errstate(all="ignore"):
        return evenly(wide.type(narrow.type(start)), wide.type(narrow.type(end)), steps)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """`steps` numbers from start to end, both included, evenly spaced.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if dtype is None and any(isinstance(value, complex) for value in (start, end)):
        dtype = dtypes.scalar_dtype(0j)
    found = _floating(dtype)
    values = _evenly("linspace", start, end, steps, found if found.kind in "fc" else dtypes.float64, found)
    return _made(values.astype(found), requires_grad, device, **placement)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """base to the powers of `steps` evenly spaced numbers from start to end, both included.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    found = _floating(dtype)
    exponents = _evenly("logspace", start, end, steps, dtypes.float64, found)
    with np.errstate(all="ignore"):
        values = np.power(float(base), exponents).astype(found)
    return _made(values, requires_grad, device, **placement)


# ---------------------------------------------------------------- the indices of triangles


def _triangle(name: str, row: Any, col: Any, offset: Any, dtype: DTypeLike, indices: Any) -> Array:
    row, col, offset, found = as_int(row), as_int(col), as_int(offset), as_dtype(dtype)
    if row < 0 or col < 0:
        raise RuntimeError(f"{name}: row and col must not be negative, got {row} and {col}")
    dtypes.require(name, found, "iu")
    return np.stack(indices(row, offset, col)).astype(found)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: DTypeLike = dtypes.int64, device: Any = None, **placement: Any
) -> Tensor:
    """Where the elements of the lower triangle of a row x col matrix stand: rows and columns, (2, n).

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _made(_triangle("tril_indices", row, col, offset, dtype, np.tril_indices), False, device, **placement)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: DTypeLike = dtypes.int64, device: Any = None, **placement: Any
) -> Tensor:
    """Where the elements of the upper triangle of a row x col matrix stand: rows and columns, (2, n).

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _made(_triangle("triu_indices", row, col, offset, dtype, np.triu_indices), False, device, **placement)


# ---------------------------------------------------------------- windows for spectra


def _window(name: str, length: Any, periodic: bool, dtype: DTypeLike, shape: Any) -> Array:
    """shape(x) at x from 0 to 1; periodic: as if there were one number more, of which the last is left out."""
    length, found = as_int(length), _floating(dtype)
    if length < 0:
        raise RuntimeError(f"{name}: window_length must not be negative, got {length}")
    if found.kind != "f":
        raise RuntimeError(f"{name}: expects a floating-point dtype, got {found}")
    if length < 2:
        return np.ones(length, found)
    out: Array = shape(np.arange(length) / (length if periodic else length - 1)).astype(found)
    return out


def _cosines(*weights: float) -> Any:
    return lambda x: sum(weight * np.cos(2 * np.pi * k * x) for k, weight in enumerate(weights))


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """0.5 - 0.5 cos(2 pi x) for x from 0 to 1 (periodic: 1 left out).

    >>> hann_window(3, periodic=False)
    tensor([0., 1., 0.])
    """
    array = _window("hann_window", window_length, periodic, dtype, _cosines(0.5, -0.5))
    return _made(array, requires_grad, device, **placement)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """alpha - beta cos(2 pi x) for x from 0 to 1 (periodic: 1 left out)."""
    array = _window("hamming_window", window_length, periodic, dtype, _cosines(alpha, -beta))
    return _made(array, requires_grad, device, **placement)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """0.42 - 0.5 cos(2 pi x) + 0.08 cos(4 pi x) for x from 0 to 1 (periodic: 1 left out)."""
    array = _window("blackman_window", window_length, periodic, dtype, _cosines(0.42, -0.5, 0.08))
    return _made(array, requires_grad, device, **placement)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """A triangle, 1 - |2 x - 1| for x from 0 to 1 (periodic: 1 left out)."""
    array = _window("bartlett_window", window_length, periodic, dtype, lambda x: 1 - np.abs(2 * x - 1))
    return _made(array, requires_grad, device, **placement)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """I0(beta sqrt(1 - (2 x - 1)^2)) / I0(beta) for x from 0 to 1 (periodic: 1 left out), I0 a Bessel function."""
    array = _window(
        "kaiser_window",
        window_length,
        periodic,
        dtype,
        lambda x: np.i0(beta * np.sqrt(np.maximum(1 - (2 * x - 1) ** 2, 0))) / np.i0(beta),
    )
    return _made(array, requires_grad, device, **placement)
