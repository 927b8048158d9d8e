"""Elementary functions of one variable: exponentials, logarithms, roots, trigonometric and hyperbolic functions.

As in `elementwise`: one row each, the forward NumPy call and its derivative; integers convert to the default
floating dtype first.

Sources: the derivative table of any calculus text; at singular points PyTorch's choice
(https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..primitive import Array, TensorLike, primitive

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- exponentials, roots


@primitive(np.exp, floating=True, fresh=True, shows="exp({input})", local="{out}",
           input=lambda g, out: g * out)
def exp(input: TensorLike) -> Tensor:
    """e to the power of each element."""
    return np.exp(input)


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


# ---------------------------------------------------------------- trigonometric, hyperbolic


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


@primitive(np.arctan, floating=True, fresh=True,
           input=lambda g, input: g / (input * input + 1))
def atan(input: TensorLike) -> Tensor:
    """Inverse tangent, in (-pi/2, pi/2)."""
    return np.arctan(input)


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
