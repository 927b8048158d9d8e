"""Elementary functions: exponentials, logarithms, roots, trigonometric and hyperbolic functions, angles.

As in `elementwise`: one row each, the forward NumPy call and its derivative; integers convert to the default
floating dtype first.

Sources: the derivative table of any calculus text; at singular points PyTorch's choice
(https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..primitive import Array, TensorLike, primitive

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- exponentials, roots


@primitive(np.exp, floating=True, fresh=True, shows="exp({input})", local="{out}",
           input=lambda g, out: g * out)
def exp(input: TensorLike) -> Tensor:
    """e to the power of each element."""
    return np.exp(input)


@primitive(np.exp2, floating=True, fresh=True, shows="2 ^ {input}",
           input=lambda g, out: g * (out * math.log(2)))
def exp2(input: TensorLike) -> Tensor:
    """2 to the power of each element."""
    return np.exp2(input)


@primitive(np.expm1, floating=True, fresh=True,
           input=lambda g, out: g * (out + 1))
def expm1(input: TensorLike) -> Tensor:
    """exp(x) - 1, accurate near 0."""
    return np.expm1(input)


@primitive(np.log, floating=True, fresh=True, shows="log({input})", local="1 / {input}",
           input=lambda g, input: g / input)
def log(input: TensorLike) -> Tensor:
    """Natural logarithm; -inf at 0, NaN below."""
    return np.log(input)


@primitive(np.log1p, floating=True, fresh=True,
           input=lambda g, input: g / (input + 1))
def log1p(input: TensorLike) -> Tensor:
    """log(1 + x), accurate near 0."""
    return np.log1p(input)


@primitive(np.log2, floating=True, fresh=True,
           input=lambda g, input: g / (input * math.log(2)))
def log2(input: TensorLike) -> Tensor:
    """Logarithm to base 2."""
    return np.log2(input)


@primitive(np.log10, floating=True, fresh=True,
           input=lambda g, input: g / (input * math.log(10)))
def log10(input: TensorLike) -> Tensor:
    """Logarithm to base 10."""
    return np.log10(input)


@primitive(np.sqrt, floating=True, fresh=True, shows="√{input}", local="1 / (2 {out})",
           input=lambda g, out: g / (out + out))  # infinite at 0, as in PyTorch
def sqrt(input: TensorLike) -> Tensor:
    """Square root; NaN below zero."""
    return np.sqrt(input)


@primitive(floating=True, fresh=True,
           input=lambda g, out: g * (out * out * out * -0.5))
def rsqrt(input: TensorLike) -> Tensor:
    """1 / sqrt(x); infinite at 0."""
    with np.errstate(divide="ignore"):
        return 1 / np.sqrt(input)


@primitive(np.square, fresh=True, shows="{input}²", local="2 {input}", torch="PowBackward0",
           input=lambda g, input: g * (input + input))
def square(input: TensorLike) -> Tensor:
    """x * x; of bools in int64."""
    return input * input if input.dtype.char != "?" else input.astype(np.int64)


@primitive(np.reciprocal, floating=True, fresh=True, shows="1 / {input}", local="-1 / {input}²",
           input=lambda g, out: -g * out * out)
def reciprocal(input: TensorLike) -> Tensor:
    """1 / x; integers convert to the default floating dtype first."""
    return 1 / input


@primitive(np.logaddexp, broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, other: g / (np.exp(other - input) + 1),
           other=lambda g, input, other: g / (np.exp(input - other) + 1))
def logaddexp(input: TensorLike, other: TensorLike) -> Tensor:
    """log(e^x + e^y), without overflow.

    >>> logaddexp(tensor([1000.]), tensor([1000.]))
    tensor([1000.6932])
    """
    require("logaddexp", input.dtype, "f")
    return np.logaddexp(input, other)


@primitive(np.logaddexp2, broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, other: g / (np.exp2(other - input) + 1),
           other=lambda g, input, other: g / (np.exp2(input - other) + 1))
def logaddexp2(input: TensorLike, other: TensorLike) -> Tensor:
    """The binary logarithm of 2^x + 2^y, without overflow."""
    require("logaddexp2", input.dtype, "f")
    return np.logaddexp2(input, other)


@primitive(np.hypot, broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, out: g * (input / out),
           other=lambda g, other, out: g * (other / out))
def hypot(input: TensorLike, other: TensorLike) -> Tensor:
    """The hypotenuse sqrt(x^2 + y^2), without overflow; the derivative at (0, 0) is NaN.

    >>> hypot(tensor([3.]), tensor([4.]))
    tensor([5.])
    """
    require("hypot", input.dtype, "f")
    return np.hypot(input, other)


# ---------------------------------------------------------------- trigonometric


@primitive(np.sin, floating=True, fresh=True, shows="sin({input})", local="cos({input})",
           input=lambda g, input: g * np.cos(input))
def sin(input: TensorLike) -> Tensor:
    """Sine; radians."""
    return np.sin(input)


@primitive(np.cos, floating=True, fresh=True, shows="cos({input})", local="-sin({input})",
           input=lambda g, input: -g * np.sin(input))
def cos(input: TensorLike) -> Tensor:
    """Cosine; radians."""
    return np.cos(input)


@primitive(np.tan, floating=True, fresh=True,
           input=lambda g, out: g * (out * out + 1))
def tan(input: TensorLike) -> Tensor:
    """Tangent; radians."""
    return np.tan(input)


@primitive(np.arcsin, floating=True, fresh=True,
           input=lambda g, input: g / np.sqrt(1 - input * input))
def asin(input: TensorLike) -> Tensor:
    """Inverse sine, in [-pi/2, pi/2]; NaN outside [-1, 1]."""
    return np.arcsin(input)


@primitive(np.arccos, floating=True, fresh=True,
           input=lambda g, input: -g / np.sqrt(1 - input * input))
def acos(input: TensorLike) -> Tensor:
    """Inverse cosine, in [0, pi]; NaN outside [-1, 1]."""
    return np.arccos(input)


@primitive(np.arctan, floating=True, fresh=True,
           input=lambda g, input: g / (input * input + 1))
def atan(input: TensorLike) -> Tensor:
    """Inverse tangent, in (-pi/2, pi/2)."""
    return np.arctan(input)


def _atan2_vjp(g: Any, leg: Any, input: Any, other: Any) -> Any:
    squared = input * input + other * other
    origin = squared == 0
    return g * np.where(origin, 0, leg / np.where(origin, 1, squared))


@primitive(np.arctan2, broadcasts=True, promotes=True, floating=True, fresh=True,
           input=lambda g, input, other: _atan2_vjp(g, other, input, other),
           other=lambda g, input, other: _atan2_vjp(g, -input, input, other))
def atan2(input: TensorLike, other: TensorLike) -> Tensor:
    """The angle of the point (x = other, y = input), in [-pi, pi]; derivative 0 at the origin.

    >>> atan2(tensor([1., 1.]), tensor([1., -1.]))
    tensor([0.7854, 2.3562])
    """
    require("atan2", input.dtype, "f")
    return np.arctan2(input, other)


@primitive(np.deg2rad, floating=True, fresh=True, torch="Deg2RadBackward0",
           input=lambda g: g * (math.pi / 180))
def deg2rad(input: TensorLike) -> Tensor:
    """Degrees as radians."""
    require("deg2rad", input.dtype, "biuf")
    return np.deg2rad(input)


@primitive(np.rad2deg, floating=True, fresh=True, torch="Rad2DegBackward0",
           input=lambda g: g * (180 / math.pi))
def rad2deg(input: TensorLike) -> Tensor:
    """Radians as degrees."""
    require("rad2deg", input.dtype, "biuf")
    return np.rad2deg(input)


arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2

# ---------------------------------------------------------------- hyperbolic


@primitive(np.sinh, floating=True, fresh=True,
           input=lambda g, input: g * np.cosh(input))
def sinh(input: TensorLike) -> Tensor:
    """Hyperbolic sine."""
    return np.sinh(input)


@primitive(np.cosh, floating=True, fresh=True,
           input=lambda g, input: g * np.sinh(input))
def cosh(input: TensorLike) -> Tensor:
    """Hyperbolic cosine."""
    return np.cosh(input)


@primitive(np.tanh, floating=True, fresh=True, shows="tanh({input})", local="1 - {out}²",
           input=lambda g, out: g * (1 - out * out))
def tanh(input: TensorLike) -> Tensor:
    """Hyperbolic tangent.

    >>> tanh(tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(input)


@primitive(np.arcsinh, floating=True, fresh=True,
           input=lambda g, input: g / np.sqrt(input * input + 1))
def asinh(input: TensorLike) -> Tensor:
    """Inverse hyperbolic sine."""
    return np.arcsinh(input)


@primitive(np.arccosh, floating=True, fresh=True,
           input=lambda g, input: g / np.sqrt(input * input - 1))
def acosh(input: TensorLike) -> Tensor:
    """Inverse hyperbolic cosine; NaN below 1."""
    return np.arccosh(input)


@primitive(np.arctanh, floating=True, fresh=True,
           input=lambda g, input: g / (1 - input * input))
def atanh(input: TensorLike) -> Tensor:
    """Inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond."""
    return np.arctanh(input)


arcsinh, arccosh, arctanh = asinh, acosh, atanh

# The largest exponents that exp takes without overflow, by the size of the dtype.
_OVERFLOW = {2: np.array(11, np.float16), 4: np.array(88, np.float32), 8: np.array(709.0), 16: np.array(709.0)}


def _sigmoid_vjp_in_place(g: Array, out: Array) -> Array:
    slope = np.subtract(1, out, out=np.empty_like(out))
    slope *= out
    slope *= g
    return slope


@primitive(floating=True, fresh=True, shows="σ({input})", local="{out} (1 - {out})",
           fast={"input": _sigmoid_vjp_in_place},
           input=lambda g, out: g * (out * (1 - out)))
def sigmoid(input: TensorLike) -> Tensor:
    """Logistic function 1 / (1 + e^-x), exact in both tails; no overflow warning.

    >>> sigmoid(tensor([0., 1000.]))
    tensor([0.5000, 1.0000])
    """
    out = np.empty_like(input)  # given as `out`, so that a 0-d result is an array too
    np.minimum(input, _OVERFLOW[input.itemsize], out=out)  # type: ignore[call-overload]  # beyond it the result is 1 to the last digit
    np.exp(out, out)
    return np.divide(out, out + 1, out)
