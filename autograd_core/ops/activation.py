"""Activation functions, element by element or over a dimension (softmax).

Formulas follow PyTorch's pages at
https://docs.pytorch.org/docs/stable/nn.functional.html#non-linear-activation-functions; where a row has a `fast`
formula, the plain one beside it is the definition.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import one_dim
from ..arrays.dtypes import require
from ..arrays.normal import normal_cdf
from ..arrays.numerics import kept_largest, kept_sums, kept_where, row_products, select
from ..primitive import Array, TensorLike, either, primitive
from .elementary import sigmoid, tanh
from .elementwise import abs, neg
from .index import as_element
from .special import erf

if TYPE_CHECKING:
    from ..arrays.dtypes import DTypeLike
    from ..tensor import Tensor

# ---------------------------------------------------------------- rectifiers


@primitive(fresh=True, shows="relu({input})", local="[{out} > 0]",
           fast={"input": lambda g, out: kept_where(out != 0, g)},
           input=lambda g, out: np.where(out <= 0, 0, g))  # 0 at 0; at NaN 1, as in PyTorch
def relu(input: TensorLike) -> Tensor:
    """max(x, 0); derivative 0 at 0.

    >>> relu(tensor([-1., 0., 2.]))
    tensor([0., 0., 2.])
    """
    if input.dtype.char == "?":
        raise RuntimeError("relu: boolean inputs are not supported; convert with .float()")
    require("relu", input.dtype, "iuf")
    zeros = np.zeros_like(input) if input.size > 1000 else 0  # NumPy compares with a number at half the speed
    return np.maximum(input, zeros)


@primitive(fresh=True,
           fast={"input": lambda g, input, negative_slope: select(input > 0, g, g * negative_slope)},
           input=lambda g, input, negative_slope: np.where(input > 0, g, g * negative_slope))
def leaky_relu(input: TensorLike, negative_slope: float = 0.01) -> Tensor:
    """x above 0, negative_slope * x below."""
    require("leaky_relu", input.dtype, "f")
    return select(input > 0, input, input * negative_slope)


@primitive(broadcasts=True, fresh=True, torch="PreluKernelBackward0",
           input=lambda g, input, weight: np.where(input > 0, g, g * weight),
           weight=lambda g, input: np.where(input > 0, 0, g * input))
def _prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    return np.where(input > 0, input, input * weight)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x above 0, weight * x below, with one learned weight, or one for each channel (dim 1) (He et al. 2015).

    >>> prelu(tensor([[-1., -1.]]), tensor([.1, .2]))
    tensor([[-0.1000, -0.2000]])
    """
    shape, count = input.array.shape, weight.array.size
    if input.array.dtype != weight.array.dtype:
        raise RuntimeError(f"prelu: input ({input.dtype}) and weight ({weight.dtype}) must have the same dtype")
    require("prelu", input.array.dtype, "f")
    if weight.array.ndim > 1:
        raise RuntimeError(f"prelu: weight must be a scalar or 1-D, not of shape {weight.array.shape}")
    if count != 1 and (not shape or count != (shape[1] if len(shape) > 1 else 1)):
        raise RuntimeError(
            f"prelu: weight has {count} numbers, but input {shape} has {shape[1] if len(shape) > 1 else 1} channels "
            "(dim 1): give one weight for each channel, or a single one"
        )
    return _prelu(input, weight.reshape([count if dim == 1 else 1 for dim in range(len(shape))]))


@primitive(fresh=True,
           input=lambda g, input, threshold: np.where(input <= threshold, 0, g))
def threshold(input: TensorLike, threshold: float, value: float) -> Tensor:
    """x above the threshold, else value; derivative 0 at the threshold.

    >>> threshold(tensor([-1., 2.]), 0., -5.)
    tensor([-5.,  2.])
    """
    require("threshold", input.dtype, "iuf")
    limit, value = (as_element("threshold", number, input.dtype) for number in (threshold, value))
    return np.where(input <= limit, value, input)


@primitive(fresh=True,
           fast={"input": lambda g, input, min_val, max_val: kept_where((input > min_val) & (input < max_val), g)},
           input=lambda g, input, min_val, max_val: np.where((input > min_val) & (input < max_val), g, 0))
def hardtanh(input: TensorLike, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """x limited to [min_val, max_val]; derivative 0 at the bounds."""
    if not min_val <= max_val:
        raise ValueError(f"hardtanh: min_val ({min_val}) must not be greater than max_val ({max_val})")
    if input.dtype == bool or (input.dtype == np.uint8 and min_val < 0):
        raise RuntimeError(f"hardtanh: not implemented for {input.dtype} with min_val={min_val}; convert with .float()")
    require("hardtanh", input.dtype, "iuf")
    return np.clip(input, input.dtype.type(min_val), input.dtype.type(max_val))


def relu6(input: Tensor) -> Tensor:
    """min(max(x, 0), 6)."""
    return hardtanh(input, 0.0, 6.0)


def _elu_vjp(g: Array, input: Array, alpha: float, scale: float) -> Any:
    slope = np.exp(np.minimum(input, 0))
    slope *= alpha * scale
    slope *= g
    return select(input > 0, g if scale == 1 else g * scale, slope)


@primitive(fresh=True, fast={"input": _elu_vjp},
           input=lambda g, input, alpha, scale: np.where(
               input > 0, g * scale, g * (np.exp(np.where(input >= 0, 0, input)) * (alpha * scale))))
def _elu(input: TensorLike, alpha: float, scale: float) -> Tensor:
    require("selu" if scale != 1 else "elu", input.dtype, "f")
    return select(input > 0, input * scale, np.expm1(np.minimum(input, 0)) * (alpha * scale))


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """x above 0, alpha (e^x - 1) below (Clevert et al. 2015; alpha is gamma in nndl chapter 4)."""
    return _elu(input, alpha, 1.0)


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def selu(input: Tensor) -> Tensor:
    """scale elu(x, alpha), with the two constants that keep mean 0 and variance 1 (Klambauer et al. 2017).

    >>> selu(tensor([-1., 1.]))
    tensor([-1.1113,  1.0507])
    """
    return _elu(input, _SELU_ALPHA, _SELU_SCALE)


@primitive(fresh=True,
           input=lambda g, input, alpha: np.where(input > 0, g, g * np.exp(np.where(input >= 0, 0, input / alpha))))
def celu(input: TensorLike, alpha: float = 1.0) -> Tensor:
    """x above 0, alpha (e^(x / alpha) - 1) below: its derivative is continuous for any alpha (Barron 2017)."""
    require("celu", input.dtype, "f")
    if alpha == 0:
        raise RuntimeError("celu: ZeroDivisionError: alpha cannot be 0")
    return np.where(input < 0, np.expm1(np.where(input < 0, input / alpha, 0)) * alpha, input)


# ---------------------------------------------------------------- piecewise linear


@primitive(fresh=True,
           input=lambda g, input: np.where((input > -3) & (input < 3), g * (1 / 6), 0))
def hardsigmoid(input: TensorLike) -> Tensor:
    """x / 6 + 1/2 limited to [0, 1]; derivative 0 at the bounds (Howard et al. 2019)."""
    require("hardsigmoid", input.dtype, "f")
    return np.clip(input + 3, 0, 6) / 6


@primitive(fresh=True,
           input=lambda g, input: np.where(input <= -3, 0, np.where(input >= 3, g, g * (input / 3 + 0.5))))
def hardswish(input: TensorLike) -> Tensor:
    """x * hardsigmoid(x); derivative 0 at -3 and 1 at 3 (Howard et al. 2019)."""
    require("hardswish", input.dtype, "f")
    with np.errstate(invalid="ignore"):  # of -inf: -inf * 0
        return input * np.clip(input + 3, 0, 6) / 6


@primitive(fresh=True,
           input=lambda g, input, lambd: np.where((input < -lambd) | (input > lambd), g, 0))
def hardshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """0 within [-lambd, lambd], x outside; derivative 0 at the bounds."""
    require("hardshrink", input.dtype, "f")
    return np.where((input >= -lambd) & (input <= lambd), input.dtype.type(0), input)


@primitive(fresh=True,
           input=lambda g, input, lambd: np.where((input < -lambd) | (input > lambd), g, 0))
def softshrink(input: TensorLike, lambd: float = 0.5) -> Tensor:
    """x brought nearer to 0 by lambd, and 0 within [-lambd, lambd]; derivative 0 at the bounds.

    >>> softshrink(tensor([-2., .3, 2.]))
    tensor([-1.5000,  0.0000,  1.5000])
    """
    require("softshrink", input.dtype, "f")
    if not lambd >= 0:
        raise RuntimeError(f"softshrink: lambda must be greater or equal to 0, but found to be {lambd}.")
    return input - np.clip(input, -lambd, lambd)


# ---------------------------------------------------------------- smooth


@primitive(fresh=True,
           input=lambda g, input, beta, threshold:
               np.where(input * beta > threshold, g, g * either(sigmoid)(input * beta)))
def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta; x itself where beta x > threshold."""
    require("softplus", input.dtype, "f")
    scaled = input * beta
    smooth = np.maximum(scaled, 0) + np.log1p(np.exp(np.minimum(scaled, -scaled)))  # no overflow, in half precision either
    return np.where(scaled > threshold, input, smooth / beta)


def _silu_vjp(g: Any, input: Any) -> Any:
    s = either(sigmoid)(input)
    return g * (s * (input * (1 - s) + 1))


@primitive(fresh=True, input=_silu_vjp)
def silu(input: TensorLike) -> Tensor:
    """x * sigmoid(x), also called swish."""
    require("silu", input.dtype, "fc")
    with np.errstate(over="ignore", invalid="ignore"):  # e^1000 is inf, and x / inf the right 0; -inf / inf is NaN
        return input / (np.exp(-input) + 1)


def _mish_vjp(g: Any, input: Any) -> Any:
    t = np.tanh(np.log1p(np.exp(input)))
    return g * (t + input * either(sigmoid)(input) * (1 - t * t))


@primitive(fresh=True, input=_mish_vjp)
def mish(input: TensorLike) -> Tensor:
    """x tanh(softplus(x)) (Misra 2019)."""
    require("mish", input.dtype, "f")
    with np.errstate(over="ignore", invalid="ignore"):  # log1p(inf) = inf, whose tanh is the right 1; of -inf NaN
        return input * np.tanh(np.log1p(np.exp(input)))


@primitive(fresh=True, torch="LogSigmoidBackward0",
           input=lambda g, input: g * either(sigmoid)(-input))
def logsigmoid(input: TensorLike) -> Tensor:
    """log(1 / (1 + e^-x)), finite for any finite x."""
    require("logsigmoid", input.dtype, "f")
    return _logsigmoid_array(input)


def _logsigmoid_array(x: Array) -> Any:
    with np.errstate(under="ignore"):
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return input / (abs(input) + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    require("tanhshrink", input.array.dtype, "iufc")
    return input - tanh(input)


def _gelu_vjp(g: Any, input: Any) -> Any:
    cumulative = (either(erf)(input * math.sqrt(0.5)) + 1) * 0.5
    density = np.exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi))
    return g * (cumulative + input * density)


def _gelu_vjp_in_place(g: Array, input: Array, cumulative: Array) -> Any:
    slope = np.multiply(input, input, out=np.empty_like(input))
    slope *= -0.5
    np.exp(slope, slope)
    slope *= 1 / math.sqrt(2 * math.pi)
    slope *= input
    slope += cumulative
    slope *= g
    return slope


@primitive(fresh=True, torch="GeluBackward0",
           keeps=("cumulative",), fast={"input": _gelu_vjp_in_place},
           input=_gelu_vjp)
def _gelu_exact(input: TensorLike) -> Tensor:
    require("gelu", input.dtype, "f")
    cumulative = normal_cdf(input)
    with np.errstate(invalid="ignore"):  # of -inf: 0 * -inf
        return input * cumulative, cumulative


_GELU_SLOPE, _GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715


def _gelu_tanh_vjp(g: Any, input: Any) -> Any:
    input = np.clip(input, -30, 30)  # beyond it only the squares change, to infinity
    squared = input * input
    t = np.tanh(input * (squared * _GELU_CUBIC + 1) * _GELU_SLOPE)
    slope = (squared * (3 * _GELU_CUBIC) + 1) * _GELU_SLOPE
    return g * ((t + 1) * 0.5 + input * (1 - t * t) * slope * 0.5)


def _gelu_tanh_vjp_in_place(g: Array, input: Array, gate: Array) -> Any:
    input = np.clip(input, -30, 30)
    slope = np.multiply(input, input, out=np.empty_like(input))
    slope *= 1.5 * _GELU_CUBIC * _GELU_SLOPE
    slope += 0.5 * _GELU_SLOPE
    slope *= input
    rest = np.multiply(gate, gate, out=np.empty_like(gate))
    np.subtract(1, rest, out=rest)
    slope *= rest
    np.add(gate, 1, out=rest)
    rest *= 0.5
    slope += rest
    slope *= g
    return slope


@primitive(fresh=True, torch="GeluBackward0",
           keeps=("gate",), fast={"input": _gelu_tanh_vjp_in_place},
           input=_gelu_tanh_vjp)
def _gelu_tanh(input: TensorLike) -> Tensor:
    require("gelu", input.dtype, "f")
    with np.errstate(over="ignore", invalid="ignore"):  # the tanh of an infinity is right; of -inf: 0 * -inf
        gate = np.multiply(input, input, out=np.empty_like(input))
        gate *= _GELU_CUBIC * _GELU_SLOPE
        gate += _GELU_SLOPE
        gate *= input
        np.tanh(gate, gate)
        out = np.add(gate, 1, out=np.empty_like(gate))
        out *= 0.5
        out *= input
        return out, gate


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


def _halves(x: Any, dim: int) -> Any:
    n = x.shape[dim] // 2
    before = (slice(None),) * dim
    return x[(*before, slice(n))], x[(*before, slice(n, None))]


def _glu_vjp(g: Any, input: Any, dim: int) -> Any:
    a, b = _halves(input, dim)
    gate = g * either(sigmoid)(b)
    return np.concatenate([gate, gate * a * either(sigmoid)(-b)], axis=dim)


@primitive(fresh=True, torch="GluBackward0", input=_glu_vjp)
def _glu(input: TensorLike, dim: int) -> Tensor:
    a, b = _halves(input, dim)
    return a * either(sigmoid)(b)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The gated linear unit: with the dimension's halves a and b, a * sigmoid(b) (Dauphin et al. 2017).

    >>> glu(tensor([1., 2., 0., 100.]))
    tensor([0.5000, 2.0000])
    """
    require("glu", input.array.dtype, "f")
    if not input.array.ndim:
        raise RuntimeError("glu: does not support 0-d tensors, which have no halves")
    at = one_dim("glu", dim, input.array.ndim)
    if input.array.shape[at] % 2:
        raise RuntimeError(f"glu: Halving dimension must be even, but dimension {at} is size {input.array.shape[at]}")
    return _glu(input, at)


# ---------------------------------------------------------------- over a dimension


_ALONE = {"f": 60.0, "d": 600.0}  # numbers below it, and the sums of their exponentials, need no shift


def _softmax_array(x: Array, dim: int) -> Any:
    with np.errstate(invalid="ignore", under="ignore"):  # all -inf: NaN, as in PyTorch
        bound = _ALONE.get(x.dtype.char, -np.inf)
        if x.size and np.maximum.reduce(x, axis=None) < bound:  # one maximum costs a fraction of one for each row
            out = np.exp(x)
            sums = kept_sums(out, dim)
            if np.minimum.reduce(sums, axis=None) > math.exp(-bound):  # else small numbers have lost digits
                out /= sums
                return out
        out = np.exp(x - kept_largest(x, dim))
        out /= kept_sums(out, dim)
    return out


def _softmax_vjp(g: Any, out: Any, dim: int) -> Any:
    weighted = g * out
    return weighted - out * weighted.sum(axis=dim, keepdims=True)


def _softmax_vjp_of_arrays(g: Any, out: Any, dim: int) -> Any:
    last = dim == out.ndim - 1
    share = g - (row_products(g, out)[..., None] if last else (g * out).sum(axis=dim, keepdims=True))
    share *= out
    return share


@primitive(row_major=True, fresh=True, torch="SoftmaxBackward0", shows="softmax({input})",
           fast={"input": _softmax_vjp_of_arrays},
           input=_softmax_vjp)
def _softmax(input: TensorLike, dim: int) -> Tensor:
    return _softmax_array(input, dim)


def _log_softmax_vjp_in_place(g: Array, out: Array, dim: int) -> Any:
    share = np.exp(out)
    share *= kept_sums(g, dim)
    return np.subtract(g, share, share)


@primitive(row_major=True, fresh=True, torch="LogSoftmaxBackward0", shows="log_softmax({input})",
           fast={"input": _log_softmax_vjp_in_place},
           input=lambda g, out, dim: g - np.exp(out) * g.sum(axis=dim, keepdims=True))
def _log_softmax(input: TensorLike, dim: int) -> Tensor:
    return _log_softmax_array(input, dim)


def _log_softmax_array(x: Array, dim: int) -> Any:
    with np.errstate(invalid="ignore", under="ignore", divide="ignore"):
        shifted = x - kept_largest(x, dim)
        shifted -= np.log(kept_sums(np.exp(shifted), dim))
    return shifted


def _normalised(name: str, row: Any, input: Tensor, dim: int | None, dtype: DTypeLike) -> Tensor:
    if dim is None:
        raise TypeError(f"{name}(): give dim, the dimension that shall sum to 1; for logits (N, C) it is dim=1")
    if dtype is not None:
        input = input.to(dtype)
    require(name, input.array.dtype, "f")
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


def softmin(input: Tensor, dim: int | None = None, *, dtype: DTypeLike = None) -> Tensor:
    """softmax(-x)."""
    return softmax(neg(input), dim, dtype=dtype)


# ---------------------------------------------------------------- the lecture documents' own


def hard_logistic(input: Tensor) -> Tensor:
    """x / 4 + 1/2 limited to [0, 1], the tangent of sigmoid at 0 (nndl chapter 4); PyTorch's `hardsigmoid` has x / 6.

    The derivative is 0 at the bounds.

    >>> hard_logistic(tensor([-3., 0., 1.]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return hardtanh(input * 0.25 + 0.5, 0.0, 1.0)


def swish(input: Tensor, beta: float | Tensor = 1.0) -> Tensor:
    """x * sigmoid(beta x) (Ramachandran et al. 2017): silu for beta 1, x / 2 for 0, near relu for large beta.

    beta is a number, or a tensor that may be learned.

    >>> swish(tensor([-1., 1.]))
    tensor([-0.2689,  0.7311])
    """
    with np.errstate(invalid="ignore"):  # of -inf: -inf * 0
        return input * sigmoid(input * beta)


def gaussian_gelu(input: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """x P(X <= x) for a normally distributed X: gelu for mean 0 and standard deviation 1 (nndl chapter 4)."""
    require("gaussian_gelu", input.array.dtype, "iufc")
    with np.errstate(invalid="ignore"):  # of -inf: -inf * 0
        return input * ((erf((input - mean) / (std * math.sqrt(2))) + 1) * 0.5)


def maxout(input: Tensor, pieces: int, dim: int = -1) -> Tensor:
    """The largest of each `pieces` neighbours along dim: of k numbers for each unit, k pieces (Goodfellow et al. 2013).

    Of equals, the first takes the gradient.

    >>> maxout(tensor([1., 3., 5., 4.]), 2)
    tensor([3., 5.])
    """
    shape = input.array.shape
    at = one_dim("maxout", dim, len(shape))
    if not shape or pieces < 1 or shape[at] % pieces:
        raise RuntimeError(f"maxout: dimension {at} of input {shape} must be a multiple of pieces={pieces}")
    return input.reshape(*shape[:at], shape[at] // pieces, pieces, *shape[at + 1 :]).max(at + 1).values


@primitive(fresh=True,
           input=lambda g: np.zeros_like(g))
def step(input: TensorLike, at_zero: float = 0.5) -> Tensor:
    """1 above 0, 0 below, and at 0 itself at_zero; derivative 0: what a perceptron computes.

    >>> step(tensor([-2., 0., 2.]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    require("step", input.dtype, "f")
    return np.heaviside(input, input.dtype.type(at_zero))
