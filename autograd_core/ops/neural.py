"""The operations of neural networks: activations, affine map, embedding, padding.

Formulas follow PyTorch's pages at https://docs.pytorch.org/docs/stable/nn.functional.html; where a row has a
`fast` formula, the plain one beside it is the definition.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import one_dim
from ..dtypes import require
from ..primitive import Array, TensorLike, either, primitive, wrap
from ..special import add_up
from ..special import erf as erf_array
from .index import index_select

if TYPE_CHECKING:
    from collections.abc import Sequence

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


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * (np.exp(-input * input) * (2 / math.sqrt(math.pi))))
def erf(input: TensorLike) -> Tensor:
    """The error function.

    >>> erf(tensor([0., 0.5]))
    tensor([0.0000, 0.5205])
    """
    return erf_array(input)


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


# ---------------------------------------------------------------- affine map, embedding, padding


def _rows(x: Any) -> Any:
    """All but the last dimension joined: (…, n) as (m, n)."""
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Array:
    return np.ones(n, dtype)


def _column_sums(g: Any) -> Any:
    g = _rows(g)
    if len(g) <= 512:  # a product with ones is three times faster than sum(0) on small batches
        return _ones(len(g), g.dtype).dot(g)
    return add_up(g, (0,))


@primitive(fresh=True, torch="AddmmBackward0", shows="{input} @ {weight}^T + {bias}",
           local={"input": "{weight}", "weight": "{input}", "bias": "1"},
           fast={"input": lambda g, weight: g.dot(weight),
                 "weight": lambda g, input: _rows(g).T.dot(_rows(input)),
                 "bias": _column_sums},
           input=lambda g, weight: g @ weight,
           weight=lambda g, input: _rows(g).T @ _rows(input),
           bias=lambda g: _rows(g).sum(axis=0))
def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """y = x W^T + b. input (…, in_features), weight (out_features, in_features), bias (out_features,).

    >>> linear(ones(1, 2), tensor([[1., 2.], [3., 4.]]), tensor([10., 20.]))
    tensor([[13., 27.]])
    """
    if weight.ndim != 2 or not input.ndim or input.shape[-1] != weight.shape[1]:
        raise _unfit_linear(input, weight)
    if input.dtype != weight.dtype or (bias is not None and bias.dtype != weight.dtype):
        raise RuntimeError(
            f"linear: input {input.dtype}, weight {weight.dtype}"
            + ("" if bias is None else f" and bias {bias.dtype}")
            + " must have the same dtype; convert one with .to(dtype), or the module with .double() / .float()"
        )
    if weight.dtype.char == "?":
        raise NotImplementedError("linear: not implemented for bool; convert with .float()")
    out = input.dot(weight.T)
    if bias is not None:
        if bias.shape != weight.shape[:1]:
            raise RuntimeError(f"linear: bias {bias.shape} and weight {weight.shape} do not fit: bias must be (out,)")
        out += bias
    return out


def _unfit_linear(input: Array, weight: Array) -> RuntimeError:
    if weight.ndim != 2 or not input.ndim:
        return RuntimeError(f"linear: input {input.shape} and weight {weight.shape} do not fit: weight must be (out, in)")
    remedy = ""
    if input.ndim > 2 and int(np.prod(input.shape[1:])) == weight.shape[1]:
        remedy = " Flatten the input first: x.flatten(1)."
    return RuntimeError(
        f"linear: input {input.shape} and weight {weight.shape} do not fit: the last dimension of the input "
        f"({input.shape[-1]}) must equal in_features ({weight.shape[1]}).{remedy}"
    )


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Rows of weight (n, d) by integer index: result (*input.shape, d). The row padding_idx gets no gradient.

    >>> embedding(tensor([1, 1]), tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [3., 4.]])
    """
    if weight.array.ndim != 2:
        raise RuntimeError(f"embedding: weight must be 2-D, got shape {tuple(weight.shape)}")
    rows = input.array
    if rows.dtype.kind not in "iu":
        raise RuntimeError(f"embedding: expected indices of an integer dtype, got {rows.dtype}; use .long()")
    if rows.size and (rows.min() < 0 or rows.max() >= weight.array.shape[0]):
        raise IndexError(
            f"embedding: index out of range: indices go from {rows.min()} to {rows.max()}, but weight has "
            f"{weight.array.shape[0]} rows"
        )
    picked = index_select(weight, 0, input.reshape(-1)).reshape(*rows.shape, weight.array.shape[1])
    if padding_idx is None:
        return picked
    padding = padding_idx % weight.array.shape[0]
    keep = (rows != padding)[..., None]
    return _stop_where(picked, keep)


@primitive(fresh=True, torch="EmbeddingBackward0",
           input=lambda g, keep: g * keep)
def _stop_where(input: TensorLike, keep: Any) -> Tensor:
    return input.copy()


@primitive(fresh=True, torch="ConstantPadNdBackward0",
           input=lambda g, widths, input_shape: g[tuple(
               slice(before, before + n) for (before, _), n in zip(widths, input_shape, strict=True))] + 0)
def _pad_constant(input: TensorLike, widths: tuple[tuple[int, int], ...], value: float) -> Tensor:
    return np.pad(input, widths, constant_values=value)


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad the last dimensions: pad = (before last, after last, before second last, …); negative widths cut.

    mode: "constant" (value, 0 by default), "reflect", "replicate" or "circular".

    >>> pad(tensor([1., 2.]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    ndim = input.array.ndim
    if len(pad) % 2 or len(pad) > 2 * ndim:
        raise RuntimeError(f"pad: {len(pad)} widths for {ndim} dimensions: give a pair for each padded dimension")
    pairs = [(0, 0)] * (ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    cut = tuple(slice(-min(a, 0), n + min(b, 0)) for (a, b), n in zip(pairs, input.array.shape, strict=True))
    if mode == "constant":
        if any(a < 0 or b < 0 for a, b in pairs):
            input = input[cut]
        return _pad_constant(input, tuple((max(a, 0), max(b, 0)) for a, b in pairs), 0.0 if value is None else value)
    numpy_mode = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}.get(mode)
    if numpy_mode is None:
        raise NotImplementedError(f"pad: unrecognised mode {mode!r}; known: constant, reflect, replicate, circular")
    if value is not None:
        raise ValueError(f"pad: mode {mode!r} doesn't take in value argument")
    for dim, (before, after) in enumerate(pairs):
        if before or after:
            input = _pad_by_copying(input, dim, before, after, mode, numpy_mode)
    return input


def _pad_by_copying(input: Tensor, dim: int, before: int, after: int, mode: str, numpy_mode: str) -> Tensor:
    n = input.array.shape[dim]
    limit = n - 1 if mode == "reflect" else n if mode == "circular" else math.inf
    if max(before, after) > limit or n == 0:
        raise RuntimeError(
            f"pad: padding size should be at most {limit} for mode {mode!r} on a dimension of size {n}, "
            f"got ({before}, {after})"
        )
    source = np.pad(np.arange(n), (max(before, 0), max(after, 0)), mode=numpy_mode)  # type: ignore[call-overload]
    source = source[-min(before, 0) : len(source) + min(after, 0)]
    return index_select(input, dim, wrap(source))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Class numbers as rows of 0 and 1 (int64), in a new last dimension.

    >>> one_hot(tensor([0, 2]), 3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = tensor.array
    if labels.dtype != np.int64:
        raise RuntimeError(f"one_hot: is only applicable to index tensors of type int64, got {labels.dtype}; use .long()")
    if labels.size and labels.min() < 0:
        raise RuntimeError(f"one_hot: class values must be non-negative, got {labels.min()}")
    if num_classes == -1:
        if not labels.size:
            raise RuntimeError("one_hot: cannot infer the number of classes from an empty tensor; give num_classes")
        num_classes = int(labels.max()) + 1
    if labels.size and labels.max() >= num_classes:
        raise RuntimeError(f"one_hot: class values must be smaller than num_classes ({num_classes}), got {labels.max()}")
    return tensor.new_tensor((labels[..., None] == np.arange(num_classes)).astype(np.int64))
