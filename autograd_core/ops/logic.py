"""Comparisons, logic, bits: results without derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arrays.dtypes import require
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


not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge


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


@primitive()
def isposinf(input: TensorLike) -> Tensor:
    """Which elements are positive infinity."""
    require("isposinf", input.dtype, "biuf")
    return input == np.inf


@primitive()
def isneginf(input: TensorLike) -> Tensor:
    """Which elements are negative infinity."""
    require("isneginf", input.dtype, "biuf")
    return input == -np.inf


@primitive()
def isreal(input: TensorLike) -> Tensor:
    """Which elements have no imaginary part."""
    return np.isreal(input)


@primitive()
def _isin(elements: TensorLike | float, test_elements: TensorLike | float, assume_unique: bool, invert: bool) -> Tensor:
    if "?" in (np.asarray(elements).dtype.char, np.asarray(test_elements).dtype.char):
        raise RuntimeError("isin: bool tensors are not supported; convert with .long()")
    return np.isin(elements, test_elements, assume_unique=assume_unique, invert=invert)


def isin(
    elements: TensorLike, test_elements: TensorLike, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Which elements are among the test elements (with invert, which are not); one of both may be a number.

    >>> isin(tensor([1, 2, 3]), tensor([3, 1]))
    tensor([ True, False,  True])
    """
    if not any(isinstance(operand, np.ndarray) or hasattr(operand, "array") for operand in (elements, test_elements)):
        raise TypeError("isin(): elements or test_elements must be a Tensor")
    return _isin(elements, test_elements, assume_unique, invert)


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


@primitive(np.left_shift, promotes=True)
def bitwise_left_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``<<`` on integers; 0 where all bits leave.

    >>> bitwise_left_shift(tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    require("bitwise_left_shift", input.dtype, "iu")
    return np.left_shift(input, other)


@primitive(np.right_shift, promotes=True)
def bitwise_right_shift(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``>>`` on integers; it keeps the sign."""
    require("bitwise_right_shift", input.dtype, "iu")
    return np.right_shift(input, other)


# ---------------------------------------------------------------- equality within a tolerance


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where |input - other| <= atol + rtol * |other|; both must have one dtype."""
    if not (hasattr(input, "dtype") and hasattr(other, "dtype")):
        raise TypeError("isclose(): input and other must be Tensors; make one of a number: ag.tensor(…)")
    if input.dtype != other.dtype:
        raise RuntimeError(f"isclose: {input.dtype} does not match {other.dtype}; convert one with .to(dtype)")
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
