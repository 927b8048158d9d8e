"""Activation functions, element by element or over a dimension (softmax).

Formulas follow PyTorch's pages at
https://docs.pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions; where a row has a `fast`
formula, the plain one beside it is the definition.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import one_dim
from ..dtypes import require
from ..numerics import erf as erf_array
from ..primitive import Array, TensorLike, either, primitive
from .special import erf

if TYPE_CHECKING:
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

# ---------------------------------------------------------------- activations


def _relu_vjp_by_bits(g: Any, out: Any) -> Any:
    """0 where out is 0, else g, all its bits. `np.where` takes ten times as long; g * (out != 0) has inf * 0 = NaN."""
    bits = (out == 0).astype(f"i{g.itemsize}")
    bits -= 1
    bits &= g.view(bits.dtype)
    return bits.view(g.dtype)


@primitive(fresh=True, shows="relu({input})", local="[{out} > 0]",
           fast={"input": _relu_vjp_by_bits},
           input=lambda g, out: np.where(out <= 0, 0, g))  # 0 at 0; at NaN 1, as in PyTorch
def relu(input: TensorLike) -> Tensor:
    """max(x, 0); derivative 0 at 0.

    >>> relu(tensor([-1., 0., 2.]))
    tensor([0., 0., 2.])
    """
    if input.dtype.char == "?":
        raise RuntimeError("relu: boolean inputs are not supported; convert with .float()")
    return np.maximum(input, 0)


@primitive(fresh=True,
           input=lambda g, input, negative_slope: np.where(input > 0, g, g * negative_slope))
def leaky_relu(input: TensorLike, negative_slope: float = 0.01) -> Tensor:
    """x above 0, negative_slope * x below."""
    require("leaky_relu", input.dtype, "fc")
    return np.where(input > 0, input, input * negative_slope)


@primitive(fresh=True,
           input=lambda g, input, min_val, max_val: np.where((input <= min_val) | (input >= max_val), 0, g))
def hardtanh(input: TensorLike, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x limited to [min_val, max_val]; derivative 0 at the bounds."""
    if not min_val <= max_val:
        raise ValueError(f"hardtanh: min_val ({min_val}) must not be greater than max_val ({max_val})")
    if input.dtype == bool or (input.dtype == np.uint8 and min_val < 0):
        raise RuntimeError(f"hardtanh: not implemented for {input.dtype} with min_val={min_val}; convert with .float()")
    return np.clip(input, input.dtype.type(min_val), input.dtype.type(max_val))


def relu6(input: Tensor) -> Tensor:
    """min(max(x, 0), 6)."""
    return hardtanh(input, 0.0, 6.0)


@primitive(fresh=True,
           input=lambda g, input, alpha: np.where(input <= 0, g * (np.exp(np.minimum(input, 0)) * alpha), g))
def elu(input: TensorLike, alpha: float = 1.0) -> Tensor:
    """x above 0, alpha (e^x - 1) below (Clevert et al. 2015, eq. 14 of nndl chapter 4)."""
    require("elu", input.dtype, "fc")
    return np.where(input > 0, input, np.expm1(np.minimum(input, 0)) * alpha)


@primitive(fresh=True,
           input=lambda g, input, beta, threshold:
               np.where(input * beta > threshold, g, g / (np.exp(-np.minimum(input * beta, threshold)) + 1)))
def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta; x itself where beta x > threshold."""
    require("softplus", input.dtype, "fc")
    scaled = input * beta
    smooth = np.maximum(scaled, 0) + np.log1p(np.exp(np.minimum(scaled, -scaled)))  # no overflow, in half precision either
    return np.where(scaled > threshold, input, smooth / beta)


def _logistic(x: Any) -> Any:
    return 1 / (np.exp(-x) + 1)


def _silu_vjp(g: Any, input: Any) -> Any:
    s = _logistic(input)
    return g * (s * (input * (1 - s) + 1))


@primitive(fresh=True, input=_silu_vjp)
def silu(input: TensorLike) -> Tensor:
    """x * sigmoid(x), also called swish."""
    require("silu", input.dtype, "fc")
    with np.errstate(over="ignore", invalid="ignore"):  # e^1000 is inf, and x / inf the right 0; -inf / inf is NaN
        return input / (np.exp(-input) + 1)


def _gelu_vjp(g: Any, input: Any) -> Any:
    cumulative = (either(erf)(input * math.sqrt(0.5)) + 1) * 0.5
    density = np.exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi))
    return g * (cumulative + input * density)


@primitive(fresh=True, torch="GeluBackward0", input=_gelu_vjp)
def _gelu_exact(input: TensorLike) -> Tensor:
    require("gelu", input.dtype, "fc")
    with np.errstate(invalid="ignore"):  # of -inf: 0 * -inf
        return (erf_array(input * math.sqrt(0.5)) + 1) * 0.5 * input


_GELU_SLOPE, _GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh_vjp(g: Any, input: Any) -> Any:
    input = np.clip(input, -30, 30)  # beyond it only the squares change, to infinity
    squared = input * input
    t = np.tanh(input * (squared * _GELU_CUBIC + 1) * _GELU_SLOPE)
    slope = (squared * (3 * _GELU_CUBIC) + 1) * _GELU_SLOPE
    return g * ((t + 1) * 0.5 + input * (1 - t * t) * slope * 0.5)


@primitive(fresh=True, torch="GeluBackward0", input=_gelu_tanh_vjp)
def _gelu_tanh(input: TensorLike) -> Tensor:
    require("gelu", input.dtype, "fc")
    with np.errstate(over="ignore", invalid="ignore"):  # the tanh of an infinity is right; of -inf: 0 * -inf
        return (np.tanh(input * (input * input * _GELU_CUBIC + 1) * _GELU_SLOPE) + 1) * 0.5 * input


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x times the normal distribution's cumulative function (Hendrycks and Gimpel 2016).

    approximate: "none" by erf, "tanh" by their formula with 0.044715.

    >>> gelu(tensor([-1., 1.]))
    tensor([-0.1587,  0.8413])
    """
    if approximate == "none":
        return _gelu_exact(input)
    if approximate == "tanh":
        return _gelu_tanh(input)
    raise RuntimeError(f"gelu: approximate argument must be either 'none' or 'tanh', not {approximate!r}")


def _softmax_array(x: Array, dim: int) -> Any:
    with np.errstate(invalid="ignore", under="ignore"):  # all -inf: NaN, as in PyTorch
        out = np.exp(x - x.max(axis=dim, keepdims=True, initial=-np.inf))
        out /= out.sum(axis=dim, keepdims=True)
    return out


def _softmax_vjp(g: Any, out: Any, dim: int) -> Any:
    weighted = g * out
    return weighted - out * weighted.sum(axis=dim, keepdims=True)


@primitive(fresh=True, torch="SoftmaxBackward0", shows="softmax({input})", input=_softmax_vjp)
def _softmax(input: TensorLike, dim: int) -> Tensor:
    return _softmax_array(input, dim)


@primitive(fresh=True, torch="LogSoftmaxBackward0", shows="log_softmax({input})",
           input=lambda g, out, dim: g - np.exp(out) * g.sum(axis=dim, keepdims=True))
def _log_softmax(input: TensorLike, dim: int) -> Tensor:
    return _log_softmax_array(input, dim)


def _log_softmax_array(x: Array, dim: int) -> Any:
    with np.errstate(invalid="ignore", under="ignore", divide="ignore"):
        shifted = x - x.max(axis=dim, keepdims=True, initial=-np.inf)
        shifted -= np.log(np.exp(shifted).sum(axis=dim, keepdims=True))
    return shifted


def _normalised(name: str, row: Any, input: Tensor, dim: int | None, dtype: DTypeLike) -> Tensor:
    if dim is None:
        raise TypeError(f"{name}(): give dim, the dimension that shall sum to 1; for logits (N, C) it is dim=1")
    if dtype is not None:
        input = input.to(dtype)
    require(name, input.array.dtype, "fc")
    at = one_dim(name, dim, input.array.ndim)
    return row(input, at) if input.array.ndim else row(input.reshape(1), 0).reshape(())  # type: ignore[no-any-return]


def softmax(input: Tensor, dim: int | None = None, *, dtype: DTypeLike = None) -> Tensor:
    """e^x divided by its sum over dim; no overflow.

    >>> softmax(tensor([1., 2., 3.]), 0)
    tensor([0.0900, 0.2447, 0.6652])
    """
    return _normalised("softmax", _softmax, input, dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, *, dtype: DTypeLike = None) -> Tensor:
    """log(softmax(x)), computed without the detour.

    >>> log_softmax(tensor([1., 2., 3.]), 0)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    return _normalised("log_softmax", _log_softmax, input, dim, dtype)
