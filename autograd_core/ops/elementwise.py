"""Element-wise operations. One row each: the forward NumPy call and its derivatives.

In a derivative, `g` is the incoming gradient; every other name is a forward argument, `out` (the result) or
`<argument>_shape`, and is all that the graph keeps of this call. Argument names are PyTorch's.

Sources: the derivative table of any calculus text; at ties, kinks and singular points PyTorch's choice
(https://docs.pytorch.org/docs/stable/torch.html#math-operations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import dtypes
from ..arrays.dtypes import require
from ..arrays.strides import has_order
from ..devices import check_format, preserve_format
from ..primitive import Array, TensorLike, either, primitive, refused
from .logic import logical_or

if TYPE_CHECKING:
    from ..arrays.dtypes import DTypeLike
    from ..devices import memory_format as Format
    from ..tensor import Tensor

# ---------------------------------------------------------------- arithmetic


@primitive(np.add, broadcasts=True, promotes=True, torch="AddBackward0",
           shows="{input} + {other}", local={"input": "1", "other": "1"},
           input=lambda g: g,
           other=lambda g: g)
def plus(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``+``: the sum, element by element, broadcast as in NumPy."""
    return input + other


@primitive(np.subtract, broadcasts=True, promotes=True, bools=False, torch="SubBackward0",
           shows="{input} - {other}", local={"input": "1", "other": "-1"},
           input=lambda g: g,
           other=lambda g: -g)
def minus(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``-``: the difference, element by element. Bools raise, as in PyTorch."""
    if input.dtype == bool:
        raise RuntimeError("sub: not supported on bool tensors; combine masks with ^, invert one with ~ or logical_not()")
    return input - other


@primitive(np.multiply, broadcasts=True, promotes=True, fresh=True,
           shows="{input} × {other}", local={"input": "{other}", "other": "{input}"},
           input=lambda g, other: g * other,
           other=lambda g, input: g * input)
def mul(input: TensorLike, other: TensorLike) -> Tensor:
    """Product, element by element, broadcast as in NumPy.

    >>> mul(tensor([1., 2.]), 3.)
    tensor([3., 6.])
    """
    return input * other


multiply = mul


@primitive(np.divide, broadcasts=True, promotes=True, floating=True, fresh=True, torch="DivBackward0",
           shows="{input} / {other}", local={"input": "1 / {other}", "other": "-{input} / {other}²"},
           input=lambda g, other: g / other,
           other=lambda g, input, other: -g * (input / other / other))
def true_divide(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``/``: the quotient, element by element; integers divide to the default floating dtype."""
    return input / other


def add(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """input + alpha * other.

    >>> add(tensor([1., 2.]), tensor([1., 1.]), alpha=10)
    tensor([11., 12.])
    """
    return plus(input, other if alpha.__class__ is int and alpha == 1 else _scaled("add", input, other, alpha))


def sub(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """input - alpha * other."""
    return minus(input, other if alpha.__class__ is int and alpha == 1 else _scaled("sub", input, other, alpha))


subtract = sub


def _scaled(name: str, input: Any, other: Any, alpha: float) -> Any:
    """alpha * other in the dtype of the result, where PyTorch allows this alpha for it."""
    array = getattr(other, "array", other)
    dtype = dtypes.result_type(getattr(input, "array", input), array)
    kind = dtype.kind
    if isinstance(alpha, bool) and kind != "b":
        raise RuntimeError(f"{name}: a bool alpha is only supported for bool results; give 0 or 1")
    if isinstance(alpha, float) and kind in "biu":
        raise RuntimeError(f"{name}: for integer operands alpha must not be a floating-point number ({alpha}); use .float()")
    if alpha == 1 or (name == "sub" and np.asarray(array).dtype == bool):  # which `minus` refuses
        return other
    return mul(cast(other, dtype) if array is not other else other, bool(alpha) if kind == "b" else alpha)


def rsub(input: TensorLike, other: TensorLike, *, alpha: float = 1) -> Tensor:
    """other - alpha * input."""
    return sub(other, input, alpha=alpha)


def div(input: TensorLike, other: TensorLike, *, rounding_mode: str | None = None) -> Tensor:
    """input / other; rounding_mode "floor" or "trunc" rounds the quotient.

    >>> div(tensor([7, -7]), 2), div(tensor([7, -7]), 2, rounding_mode="trunc")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -3]))
    """
    if rounding_mode is None:
        return true_divide(input, other)
    if rounding_mode == "floor":
        return _floor_divide(input, other)
    if rounding_mode == "trunc":
        return _trunc_divide(input, other)
    raise RuntimeError(f"div: rounding_mode must be None, 'floor' or 'trunc', not {rounding_mode!r}")


def _flat(g: Any) -> Any:
    """The derivative of a step function: zero, in g's shape."""
    return np.zeros_like(g)


divide = div


_no_derivative = refused("floor_divide", 'use div(…, rounding_mode="floor"), whose derivative is 0, or detach() the operands')


@primitive(np.floor_divide, broadcasts=True, promotes=True, shows="⌊{input} / {other}⌋", torch="NotImplemented",
           input=_no_derivative,
           other=_no_derivative)
def floor_divide(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``//``: the quotient rounded down. Integers raise on division by zero; so does `backward`."""
    return _floored("floor_divide", input, other)


@primitive(broadcasts=True, promotes=True, fresh=True, torch="DivBackward2",
           input=_flat,
           other=_flat)
def _floor_divide(input: TensorLike, other: TensorLike) -> Tensor:
    return _floored("div", input, other)


def _floored(name: str, input: Array, other: Array) -> Any:
    require(name, input.dtype, "iuf")
    _check_divisor(name, other)
    if input.dtype.kind != "f":
        return np.floor_divide(input, other)
    with np.errstate(all="ignore"):  # as in PyTorch, x // 0. is an infinity (NumPy warns, and gives NaN)
        quotient = np.floor_divide(input, other)
        return np.where(other == 0, input / other, quotient)


@primitive(broadcasts=True, promotes=True, fresh=True, torch="DivBackward2",
           input=_flat,
           other=_flat)
def _trunc_divide(input: TensorLike, other: TensorLike) -> Tensor:
    require("div", input.dtype, "iuf")
    _check_divisor("div", other)
    if input.dtype.kind != "f":
        floor = np.floor_divide(input, other)
        return floor + ((input % other != 0) & ((input < 0) != (other < 0))).astype(floor.dtype)
    return np.trunc(input / other)


@primitive(np.remainder, broadcasts=True, promotes=True, shows="{input} mod {other}",
           input=lambda g: g,
           other=lambda g, input, other: -g * either(_floor_divide)(input, other))
def remainder(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``%``: the remainder, with the divisor's sign, as in Python."""
    require("remainder", input.dtype, "iuf")
    _check_divisor("remainder", other)
    return np.remainder(input, other)


@primitive(np.fmod, broadcasts=True, promotes=True, torch="FmodBackward1",
           input=lambda g: g,
           other=lambda g, input, other: -g * either(_trunc_divide)(input, other))
def fmod(input: TensorLike, other: TensorLike) -> Tensor:
    """The remainder with the dividend's sign, as in C.

    >>> fmod(tensor([-7., 7.]), 3)
    tensor([-1.,  1.])
    """
    require("fmod", input.dtype, "iuf")
    _check_divisor("fmod", other)
    return np.fmod(input, other)


def _check_divisor(name: str, divisor: Array) -> None:
    if divisor.dtype.kind in "biu" and not divisor.all():
        raise RuntimeError(f"{name}: ZeroDivisionError: integer division by zero")


@primitive(np.power, broadcasts=True, promotes=True, fresh=True, shows="{input} ^ {other}", torch="PowBackward1",
           input=lambda g, input, other: g * np.where(
               other == 0, np.zeros_like(input), other * input ** (other - 1)),
           other=lambda g, input, other, out: g * np.where(
               (input == 0) & (other >= 0), np.zeros_like(out), out * np.log(input)))
def _power(input: TensorLike, other: TensorLike) -> Tensor:
    require("pow", input.dtype, "iufc")
    if input.dtype.kind == "i" and (other < 0).any():  # 1 / input ** -other, rounded to 0
        return np.where(other < 0, np.where(np.abs(input) == 1, input ** (other & 1), 0), input ** np.maximum(other, 0))
    return np.power(input, other)


@primitive(fresh=True, shows="{input} ^ {exponent}", local="{exponent} × {input} ^ ({exponent} - 1)",
           torch="PowBackward0",
           input=lambda g, input, exponent:
               np.zeros_like(g) if exponent == 0 else g * (exponent * either(_power_of)(input, exponent - 1)))  # type: ignore[has-type]  # itself
def _power_of(input: TensorLike, exponent: float) -> Tensor:
    return _array_power(input, exponent)


def _array_power(x: Array, exponent: float) -> Any:
    """x ** exponent in x's dtype; small whole powers by multiplication (np.power is 800 times slower in float32)."""
    if exponent == 2:
        return x * x
    if exponent == 3:
        return x * x * x
    if exponent == 1:
        return x.copy()
    if exponent == 0.5:
        return np.sqrt(x)
    if exponent == -1:
        return 1 / x
    return np.power(x, exponent)


def pow(input: TensorLike, exponent: TensorLike) -> Tensor:
    """input to the power of exponent. x ** 0 is 1 with gradient 0, also at 0.

    >>> pow(tensor([1., 2., 3.]), 2)
    tensor([1., 4., 9.])
    """
    if isinstance(exponent, int | float) and hasattr(input, "array"):
        kind = input.array.dtype.kind
        if kind == "f":
            return _power_of(input, exponent)
        if kind == "b" and isinstance(exponent, bool):
            return logical_or(input, not exponent)
        if exponent < 0 and isinstance(exponent, int):
            raise RuntimeError("pow: integers to negative integer powers are not allowed; convert with .float() first")
    return _power(input, exponent)


def rpow(input: TensorLike, other: TensorLike) -> Tensor:
    """other to the power of input: the reflected ``**``."""
    return _power(other, input)


def _double(x: Any) -> Any:
    if not hasattr(x, "dtype"):
        return x
    wanted = np.complex128 if x.dtype.kind == "c" else np.float64
    return cast(x, wanted) if hasattr(x, "array") else x.astype(wanted)


def float_power(input: TensorLike, exponent: TensorLike) -> Tensor:
    """input to the power of exponent, both converted to float64 (complex128 if one is complex) first.

    >>> float_power(tensor([1, 2]), -1)
    tensor([1.0000, 0.5000], dtype=float64)
    """
    return pow(_double(input), _double(exponent))


@primitive(np.negative, fresh=True, shows="-{input}", local="-1",
           input=lambda g: -g)
def neg(input: TensorLike) -> Tensor:
    """-input. Bools raise, as in PyTorch."""
    if input.dtype == bool:
        raise RuntimeError("neg: negation of a bool tensor is not supported; use logical_not() or ~")
    return -input


negative = neg


def positive(input: Tensor) -> Tensor:
    """The tensor itself: the operator ``+x``."""
    if input.array.dtype == bool:
        raise RuntimeError("positive: not supported on a bool tensor")
    return input


# ---------------------------------------------------------------- kinks and steps


@primitive(np.absolute, fresh=True, shows="|{input}|", local="sign({input})",
           input=lambda g, input: g * either(sign)(input))  # type: ignore[has-type]  # defined below
def abs(input: TensorLike) -> Tensor:
    """Absolute value; its derivative at 0 is 0."""
    require("abs", input.dtype, "iufc")
    return np.abs(input)


absolute = abs


def _sign_array(x: Array) -> Any:
    if x.dtype == bool:
        return x.copy()
    if x.dtype.kind == "f":
        out = np.sign(x, out=np.empty_like(x))
        np.copyto(out, 0, where=np.isnan(out))  # as in PyTorch
        return out
    return np.sign(x)


@primitive(np.sign, fresh=True, input=_flat)
def sign(input: TensorLike) -> Tensor:
    """-1, 0 or 1 (at NaN 0); derivative 0."""
    require("sign", input.dtype, "biuf")
    return _sign_array(input)


@primitive(fresh=True, input=_flat)
def sgn(input: TensorLike) -> Tensor:
    """As `sign`; of a complex number z, z / |z|."""
    return _sign_array(input)


@primitive(np.floor, fresh=True, input=_flat)
def floor(input: TensorLike) -> Tensor:
    """Round down; derivative 0."""
    require("floor", input.dtype, "iuf")
    return np.floor(input) if input.dtype.kind == "f" else input.copy()


@primitive(np.ceil, fresh=True, input=_flat)
def ceil(input: TensorLike) -> Tensor:
    """Round up; derivative 0."""
    require("ceil", input.dtype, "iuf")
    return np.ceil(input) if input.dtype.kind == "f" else input.copy()


@primitive(np.trunc, fresh=True, input=_flat)
def trunc(input: TensorLike) -> Tensor:
    """Round towards zero; derivative 0."""
    require("trunc", input.dtype, "iuf")
    return np.trunc(input) if input.dtype.kind == "f" else input.copy()


fix = trunc


@primitive(fresh=True, input=lambda g: g + 0)
def frac(input: TensorLike) -> Tensor:
    """What `trunc` cuts off, with x's sign.

    >>> frac(tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """
    require("frac", input.dtype, "f")
    return input - np.trunc(input)


@primitive(fresh=True, torch="RoundBackward0", input=_flat)
def _round(input: TensorLike, decimals: int) -> Tensor:
    require("round", input.dtype, "f" if decimals else "iuf")
    return np.round(input, decimals)


def round(input: TensorLike, *, decimals: int = 0) -> Tensor:
    """Round to the nearest, ties to the even one; derivative 0.

    >>> round(tensor([0.5, 1.5, 2.5]))
    tensor([0., 2., 2.])
    """
    return _round(input, decimals)


@primitive(np.maximum, broadcasts=True, promotes=True, fresh=True, shows="max({input}, {other})",
           input=lambda g, input, other: np.where(input < other, 0, np.where(input == other, g / 2, g)),
           other=lambda g, input, other: np.where(other < input, 0, np.where(input == other, g / 2, g)))
def maximum(input: TensorLike, other: TensorLike) -> Tensor:
    """The larger of two elements; a tie gives half of the gradient to each. NaN wins."""
    require("maximum", input.dtype, "biuf")
    return np.maximum(input, other)


@primitive(np.minimum, broadcasts=True, promotes=True, fresh=True, shows="min({input}, {other})",
           input=lambda g, input, other: np.where(input > other, 0, np.where(input == other, g / 2, g)),
           other=lambda g, input, other: np.where(other > input, 0, np.where(input == other, g / 2, g)))
def minimum(input: TensorLike, other: TensorLike) -> Tensor:
    """The smaller of two elements; a tie gives half of the gradient to each. NaN wins."""
    require("minimum", input.dtype, "biuf")
    return np.minimum(input, other)


@primitive(np.fmax, broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, other: np.where((input >= other) | np.isnan(other), g, 0),
           other=lambda g, input, other: np.where((input >= other) | np.isnan(other), 0, g))
def fmax(input: TensorLike, other: TensorLike) -> Tensor:
    """The larger of two elements; NaN loses. The gradient of a tie goes to the first.

    >>> fmax(tensor([1., float("nan")]), tensor([0., 2.]))
    tensor([1., 2.])
    """
    require("fmax", input.dtype, "biuf")
    return np.fmax(input, other)


@primitive(np.fmin, broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, other: np.where((input <= other) | np.isnan(other), g, 0),
           other=lambda g, input, other: np.where((input <= other) | np.isnan(other), 0, g))
def fmin(input: TensorLike, other: TensorLike) -> Tensor:
    """The smaller of two elements; NaN loses. The gradient of a tie goes to the first."""
    require("fmin", input.dtype, "biuf")
    return np.fmin(input, other)


def _inside(input: Any, min: Any, max: Any) -> Any:
    if min is None:
        return input <= max
    return input >= min if max is None else (input >= min) & (input <= max)


@primitive(broadcasts=True, promotes=True, fresh=True, torch="ClampBackward1",
           input=lambda g, input, min, max: np.where(_inside(input, min, max), g, 0),
           min=lambda g, input, min, max: np.where(
               input < min if max is None else (input < min) & (min < max), g, 0),
           max=lambda g, input, min, max: np.where(
               input > max if min is None else (input > max) | (max < min), g, 0))
def clamp(input: TensorLike, min: TensorLike | None = None, max: TensorLike | None = None) -> Tensor:
    """Limit each element to [min, max] (numbers or tensors); max wins where min > max.

    The derivative is 1 inside and on the bounds, 0 outside and at NaN.

    >>> clamp(tensor([-2., .5, 2.]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
    require("clamp", input.dtype, "iuf")
    out = input if min is None else np.maximum(input, min)
    return out if max is None else np.minimum(out, max)


clip = clamp


@primitive(broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, min: np.where(input >= min, g, 0),
           min=lambda g, input, min: np.where(input < min, g, 0))
def clamp_min(input: TensorLike, min: TensorLike) -> Tensor:
    """clamp from below; unlike `clamp`, of bools too."""
    require("clamp_min", input.dtype, "biuf")
    return np.maximum(input, min)


@primitive(broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, max: np.where(input <= max, g, 0),
           max=lambda g, input, max: np.where(input > max, g, 0))
def clamp_max(input: TensorLike, max: TensorLike) -> Tensor:
    """clamp from above; unlike `clamp`, of bools too."""
    require("clamp_max", input.dtype, "biuf")
    return np.minimum(input, max)


@primitive(broadcasts=True, promotes=("input", "other"), fresh=True, shows="where({condition}, {input}, {other})",
           input=lambda g, condition: np.where(condition, g, 0),
           other=lambda g, condition: np.where(condition, 0, g))
def _where(condition: TensorLike, input: TensorLike, other: TensorLike) -> Tensor:
    if condition.dtype != bool and condition.dtype != np.uint8:
        raise RuntimeError(
            f"where: expected condition to be a bool tensor, but got {condition.dtype}; compare first: x != 0"
        )
    return np.where(condition, input, other)


def where(condition: TensorLike, input: TensorLike = None, other: TensorLike = None) -> Any:
    """input where the condition holds, other elsewhere; with the condition alone, `nonzero(as_tuple=True)`.

    >>> where(tensor([True, False]), tensor([1., 2.]), 0.)
    tensor([1., 0.])
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if input is None or other is None:
        raise TypeError("where(): give both input and other, or neither")
    return _where(condition, input, other)


# ---------------------------------------------------------------- conversion, copies


@primitive(torch="ToCopyBackward0",
           input=lambda g: g)  # the sweep brings it back to the input's dtype
def _cast(input: TensorLike, dtype: Any) -> Tensor:
    return input.astype(dtype)


def cast(input: Tensor, dtype: DTypeLike) -> Tensor:
    """The tensor in another dtype (itself, if it has it): what ``t.to(dtype)`` does."""
    wanted = dtypes.as_dtype(dtype)
    if input.array.dtype == wanted:
        return input
    if wanted.kind != "f" and input.requires_grad:
        input = input.detach()
    return _cast(input, wanted)


@primitive(np.copy, shows="clone({input})", input=lambda g: g)
def _clone(input: TensorLike, in_rows: bool) -> Tensor:
    return input.copy("C" if in_rows or not has_order(input) else "K")


def clone(input: Tensor, *, memory_format: Format = preserve_format) -> Tensor:
    """A copy that is part of the graph, in the order of input's memory, or in row-major order if it is to be contiguous.

    >>> clone(tensor([1., 2.]))
    tensor([1., 2.])
    """
    check_format("clone", memory_format)
    return _clone(input, memory_format not in (None, preserve_format))
