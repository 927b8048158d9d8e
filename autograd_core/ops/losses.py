"""Losses. input is what the model says, target what it should have said; reduction "mean", "sum" or "none".

Formulas follow https://docs.pytorch.org/docs/stable/nn.functional.html#loss-functions.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import common_shape
from ..arrays.dtypes import can_cast, require
from ..primitive import TensorLike, either, primitive, wrap
from .activation import hardtanh
from .elementary import exp, log
from .elementwise import where
from .masks import masked_fill
from .reduce import _mean, _sum

if TYPE_CHECKING:
    from ..tensor import Tensor

def _reduced(name: str, values: Tensor, reduction: str) -> Tensor:
    if reduction == "mean":
        require(name, values.array.dtype, "fc")
        return _mean(values, None, False)
    if reduction == "sum":
        return _sum(values, None, False)
    if reduction == "none":
        return values
    raise ValueError(f"{name}: {reduction!r} is not a valid value for reduction: use 'none', 'mean' or 'sum'")


def _lined_up(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in their common shape; a warning if they did not have it."""
    shapes = input.array.shape, target.array.shape
    if shapes[0] == shapes[1]:
        return input, target
    warnings.warn(
        f"{name}: the target's size {shapes[1]} differs from the input's {shapes[0]}; "
        "broadcasting them will likely give a wrong result. Make their sizes equal, e.g. target.unsqueeze(1).",
        stacklevel=3,
    )
    shape = common_shape(name, input=shapes[0], target=shapes[1])
    return input.broadcast_to(shape), target.broadcast_to(shape)


@primitive(fresh=True, promotes=True, shows="mean ({input} - {target})²", torch="MseLossBackward0",
           fast={"input": lambda g, input, target, difference: difference * (g * 2 / difference.size),
                 "target": lambda g, input, target, difference: difference * (g * -2 / difference.size)},
           input=lambda g, input, target: (input - target) * (g * 2 / math.prod(input.shape)),
           target=lambda g, input, target: (target - input) * (g * 2 / math.prod(input.shape)),
           keeps=("difference",))
def _mse_mean(input: TensorLike, target: TensorLike) -> Tensor:
    difference = input - target
    flat = difference.reshape(-1)
    out = flat.dot(flat) / flat.dtype.type(flat.size) if flat.size else np.array(np.nan, flat.dtype)
    return out, difference


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean", *, weight: Tensor | None = None) -> Tensor:
    """Mean squared error; "mean" with weights is the weighted mean.

    >>> mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    x, t = _lined_up("mse_loss", input, target)
    if reduction == "mean" and weight is None and x.array.dtype.kind == "f":
        return _mse_mean(x, t)
    squared = (x - t).square()
    require("mse_loss", squared.array.dtype, "fc")
    if weight is None:
        return _reduced("mse_loss", squared, reduction)
    return _weighted_mean("mse_loss", squared, input, weight, reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", *, weight: Tensor | None = None) -> Tensor:
    """Mean absolute error; derivative 0 where input equals target. "mean" with weights is the weighted mean."""
    x, t = _lined_up("l1_loss", input, target)
    losses = (x - t).abs()
    if weight is None:
        return _reduced("l1_loss", losses, reduction)
    return _weighted_mean("l1_loss", losses, input, weight, reduction)


def _weighted_mean(name: str, losses: Tensor, input: Tensor, weight: Tensor, reduction: str) -> Tensor:
    weighted = losses * _fitting_weight(name, input, weight)
    if reduction == "mean":
        return weighted.sum() / weight.sum()
    return _reduced(name, weighted, reduction)


def _fitting_weight(name: str, input: Tensor, weight: Tensor) -> Tensor:
    if weight.array.shape != input.array.shape:
        raise ValueError(f"{name}: weight {tuple(weight.shape)} and input {tuple(input.shape)} must have the same size")
    return weight


def half_squared_error(input: Tensor, target: Tensor, reduction: str = "batchmean") -> Tensor:
    """(input - target)^2 / 2, whose derivative is the difference: the cost of the lecture documents (Nielsen's C, BP1).

    reduction: "batchmean", the sum over the outputs averaged over the samples, the rows; else as usual.

    >>> half_squared_error(tensor([[1., 2.], [0., 0.]]), tensor([[1., 4.], [2., 0.]]))
    tensor(2.)
    """
    input, target = _lined_up("half_squared_error", input, target)
    losses = (input - target).square() * 0.5
    return _reduced_by_batch("half_squared_error", losses, reduction, input)


def _reduced_by_batch(name: str, losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    if reduction != "batchmean":
        return _reduced(name, losses, reduction)
    total = _reduced(name, losses, "sum")
    with np.errstate(divide="ignore", invalid="ignore"):  # an empty batch: NaN
        return total / input.array.shape[0] if input.array.ndim else total


# ---------------------------------------------------------------- quadratic near 0, linear far from it


def _smooth_l1_vjp(g: Any, input: Any, target: Any, beta: float) -> Any:
    return g * either(hardtanh)((input - target) / beta, -1.0, 1.0)


@primitive(promotes=True, fresh=True, torch="SmoothL1LossBackward0",
           input=_smooth_l1_vjp,
           target=lambda g, input, target, beta: -_smooth_l1_vjp(g, input, target, beta))
def _smooth_l1(input: TensorLike, target: TensorLike, beta: float) -> Tensor:
    require("smooth_l1_loss", input.dtype, "f")
    size = np.abs(input - target)
    return np.where(size < beta, size * size * (0.5 / beta), size - 0.5 * beta)


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """(input - target)^2 / (2 beta) where the difference is less than beta, else its size minus beta / 2
    (Girshick 2015).

    >>> smooth_l1_loss(tensor([0., 0.]), tensor([.5, 3.]), reduction="none")
    tensor([0.1250, 2.5000])
    """
    input, target = _lined_up("smooth_l1_loss", input, target)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss: does not support negative values for beta, got {beta}")
    losses = (input - target).abs() if beta == 0 else _smooth_l1(input, target, beta)
    return _reduced("smooth_l1_loss", losses, reduction)


def _huber_vjp(g: Any, input: Any, target: Any, delta: float) -> Any:
    return g * either(hardtanh)(input - target, -delta, delta)


@primitive(promotes=True, fresh=True, torch="HuberLossBackward0",
           input=_huber_vjp,
           target=lambda g, input, target, delta: -_huber_vjp(g, input, target, delta))
def _huber(input: TensorLike, target: TensorLike, delta: float) -> Tensor:
    require("huber_loss", input.dtype, "f")
    size = np.abs(input - target)
    return np.where(size <= delta, size * size * 0.5, (size - 0.5 * delta) * delta)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """(input - target)^2 / 2 where the difference is at most delta, else delta (its size - delta / 2) (Huber 1964)."""
    x, t = _lined_up("huber_loss", input, target)
    if delta <= 0:
        raise RuntimeError(f"huber_loss: does not support non-positive values for delta, got {delta}")
    losses = _huber(x, t, delta)
    if not can_cast(losses.array.dtype, input.array.dtype):
        raise RuntimeError(f"huber_loss: the result, {losses.dtype}, takes the input's dtype {input.dtype}; use .float()")
    losses = losses.to(input.array.dtype)
    if weight is not None:
        losses = losses * _fitting_weight("huber_loss", input, weight)
    return _reduced("huber_loss", losses, reduction)


# ---------------------------------------------------------------- distributions


def kl_div(input: Tensor, target: Tensor, reduction: str = "mean", *, log_target: bool = False) -> Tensor:
    """The Kullback-Leibler divergence target (log target - input), of log-probabilities from probabilities (or, with
    log_target, from their logarithms).

    reduction: "batchmean", the divergence averaged over the rows, or "mean", "sum", "none". A probability of 0 gives 0,
    but NaN where input is -inf.

    >>> kl_div(tensor([[.5, .5]]).log(), tensor([[1., 0.]]), reduction="batchmean")
    tensor(0.6931)
    """
    for name, tensor in (("input", input), ("target", target)):
        if tensor.array.dtype.kind != "f":
            raise RuntimeError(f"kl_div: Integral inputs not supported: {name} has {tensor.dtype}; use .float()")
    with np.errstate(divide="ignore", invalid="ignore"):  # of the logarithm of 0, and 0 * inf
        if log_target:
            losses = exp(target) * (target - input)
        else:
            losses = where(target.detach() != 0, target * log(target), 0.0) - target * input
    return _reduced_by_batch("kl_div", losses, reduction, input)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts with mean exp(input) or, without log_input, input.

    full: adds Stirling's approximation of log(target!) for targets above 1.

    >>> poisson_nll_loss(tensor([0.]), tensor([2.]))
    tensor(1.)
    """
    require("poisson_nll_loss", input.array.dtype, "iuf")
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        with np.errstate(divide="ignore", invalid="ignore"):  # of the logarithm of 0, which counts for nothing
            stirling = target * log(target) - target + log(target * (2 * math.pi)) * 0.5
        losses = losses + masked_fill(stirling, target.detach() <= 1, 0)
    return _reduced("poisson_nll_loss", losses, reduction)


@primitive(input=lambda g: g)
def _at_least(input: TensorLike, low: float) -> Tensor:
    """input, but no less than a limit that the derivative does not know of."""
    return np.maximum(input, low)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log var + (input - target)^2 / var) / 2, the negative log-likelihood of a normal distribution with mean input.

    var: input's shape, or without its last dimension, or with a 1 in place of one dimension; limited to >= eps, where
    its gradient takes no notice. full: adds log(2 pi) / 2.

    >>> gaussian_nll_loss(tensor([0.]), tensor([2.]), tensor([1.]))
    tensor(2.)
    """
    variance: Any = wrap(np.full_like(input.array, var)) if isinstance(var, float) else var
    if not hasattr(variance, "array"):
        raise TypeError(f"gaussian_nll_loss(): var must be a Tensor or a float, not {type(var).__name__}")
    require("gaussian_nll_loss", variance.array.dtype, "f")
    if (variance.array < 0).any():
        raise ValueError("gaussian_nll_loss: var has negative entry/entries")
    shape, given = input.array.shape, variance.array.shape
    if given != shape:
        if given == shape[:-1]:
            variance = variance.unsqueeze(-1)
        elif len(given) != len(shape) or sum(n for m, n in zip(shape, given, strict=True) if m != n) != 1:
            raise ValueError(f"gaussian_nll_loss: var is of incorrect size {given} for input {shape}")
    variance = _at_least(variance, eps)
    with np.errstate(over="ignore"):
        losses = (log(variance) + (input - target).square() / variance) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return _reduced("gaussian_nll_loss", losses, reduction)
