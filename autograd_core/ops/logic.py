"""Comparisons, logic, bits: results without derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..dtypes import require
from ..primitive import TensorLike, primitive

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- comparisons, logic


@primitive(np.equal, promotes=True)
def eq(input: TensorLike, other: TensorLike) -> Tensor:
    """input == other, element by element: bool."""
    return np.equal(input, other)


@primitive(np.not_equal, promotes=True)
def ne(input: TensorLike, other: TensorLike) -> Tensor:
    """input != other."""
    return np.not_equal(input, other)


@primitive(np.less, promotes=True)
def lt(input: TensorLike, other: TensorLike) -> Tensor:
    """input < other."""
    return np.less(input, other)


@primitive(np.less_equal, promotes=True)
def le(input: TensorLike, other: TensorLike) -> Tensor:
    """input <= other."""
    return np.less_equal(input, other)


@primitive(np.greater, promotes=True)
def gt(input: TensorLike, other: TensorLike) -> Tensor:
    """input > other."""
    return np.greater(input, other)


@primitive(np.greater_equal, promotes=True)
def ge(input: TensorLike, other: TensorLike) -> Tensor:
    """input >= other."""
    return np.greater_equal(input, other)


@primitive(np.isnan)
def isnan(input: TensorLike) -> Tensor:
    """Which elements are NaN."""
    return np.isnan(input)


@primitive(np.isfinite)
def isfinite(input: TensorLike) -> Tensor:
    """Which elements are neither infinite nor NaN."""
    return np.isfinite(input)


@primitive(np.isinf)
def isinf(input: TensorLike) -> Tensor:
    """Which elements are infinite."""
    return np.isinf(input)


@primitive(np.logical_not)
def logical_not(input: TensorLike) -> Tensor:
    """Whether each element is zero."""
    return np.logical_not(input)


@primitive(np.logical_and, promotes=True)
def logical_and(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether both elements are nonzero."""
    return np.logical_and(input, other)


@primitive(np.logical_or, promotes=True)
def logical_or(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether any of both elements is nonzero."""
    return np.logical_or(input, other)


@primitive(np.logical_xor, promotes=True)
def logical_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """Whether exactly one of both elements is nonzero."""
    return np.logical_xor(input, other)


@primitive(np.bitwise_and, promotes=True)
def bitwise_and(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``&`` on bools and integers."""
    require("bitwise_and", input.dtype, "biu")
    return np.bitwise_and(input, other)


@primitive(np.bitwise_or, promotes=True)
def bitwise_or(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``|`` on bools and integers."""
    require("bitwise_or", input.dtype, "biu")
    return np.bitwise_or(input, other)


@primitive(np.bitwise_xor, promotes=True)
def bitwise_xor(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``^`` on bools and integers."""
    require("bitwise_xor", input.dtype, "biu")
    return np.bitwise_xor(input, other)


@primitive(np.invert)
def bitwise_not(input: TensorLike) -> Tensor:
    """The operator ``~``: logical on bools, bit by bit on integers."""
    require("bitwise_not", input.dtype, "biu")
    return np.invert(input)


# ---------------------------------------------------------------- equality within a tolerance


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where |input - other| <= atol + rtol * |other|."""
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose: rtol and atol must not be negative, got {rtol} and {atol}")
    return _isclose(input, other, rtol, atol, equal_nan)


@primitive(promotes=True)
def _isclose(input: TensorLike, other: TensorLike, rtol: float, atol: float, equal_nan: bool) -> Tensor:
    return np.isclose(input, other, rtol, atol, equal_nan)


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all elements are close; see `isclose`.

    >>> allclose(tensor([1.]), tensor([1. + 1e-7]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return np.array_equal(input.array, other.array)
