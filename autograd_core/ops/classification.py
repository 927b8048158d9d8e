"""Losses of classifiers: the negative log-likelihood of classes, cross entropy, and the binary cross entropies.

Formulas follow https://docs.pytorch.org/docs/stable/nn.functional.html#loss-functions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..primitive import Array, TensorLike, either, primitive
from .activation import _log_softmax_array, _logsigmoid_array, _softmax, log_softmax, logsigmoid
from .elementary import sigmoid
from .losses import _reduced
from .reduce import _sum
from .scatter import gather

if TYPE_CHECKING:
    from ..tensor import Tensor


def _check_classes(name: str, classes: Array, count: int, ignore_index: int) -> Array:
    """Which targets count; raises for class numbers that do not exist."""
    valid = classes != ignore_index
    used = classes[valid]
    if used.size and (used.min() < 0 or used.max() >= count):
        wrong = used[(used < 0) | (used >= count)][0]
        raise IndexError(
            f"{name}: Target {wrong} is out of bounds: with input of {count} classes targets must be in "
            f"[0, {count - 1}] (or ignore_index={ignore_index})"
        )
    return valid


def _check_target(name: str, input: Tensor, target: Tensor) -> None:
    require(name, input.array.dtype, "f")
    shape, given = tuple(input.array.shape), tuple(target.array.shape)
    expected = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if not shape or (given != expected and (len(shape), given) != (1, (1,))):
        wrong_batch = not shape or (given[:1] != shape[:1] if len(shape) > 1 else len(given) == 1 and target.array.dtype.kind in "iu")
        raise (ValueError if wrong_batch else RuntimeError)(
            f"{name}: input {shape} and target {given} do not fit: for input (N, C, …) the target must hold class "
            f"numbers of shape {expected}"
        )
    if target.array.dtype != np.int64 and (target.array.dtype != np.uint8 or len(shape) > 2):
        raise RuntimeError(f"{name}: expected class numbers as int64, but target has {target.array.dtype}; use .long()")


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Negative log-likelihood of classes. input (N, C, …) of log-probabilities, target (N, …) of class numbers.

    "mean" divides by the summed weights of the targets that count.

    >>> nll_loss(tensor([[-1., -2.]]), tensor([1]))
    tensor(2.)
    """
    _check_target("nll_loss", input, target)
    dim = 1 if input.array.ndim > 1 else 0
    classes = input.array.shape[dim]
    if weight is not None and tuple(weight.array.shape) != (classes,):
        raise RuntimeError(f"nll_loss: weight {tuple(weight.shape)} must have one entry for each of {classes} classes")
    if weight is not None and weight.array.dtype != input.array.dtype:
        raise RuntimeError(f"nll_loss: weight ({weight.dtype}) and input ({input.dtype}) must have the same dtype")
    if weight is not None and weight.requires_grad:
        raise RuntimeError(
            "nll_loss: not differentiable with respect to weight, which cannot require grad; use weight.detach()"
        )
    numbers = target.array if dim else target.array.reshape(())
    valid = _check_classes("nll_loss", numbers, classes, ignore_index)
    safe = np.where(valid, numbers, 0).astype(np.int64)
    scale = valid.astype(input.array.dtype) if weight is None else weight.array[safe] * valid
    picked = gather(input, dim, input.new_tensor(np.expand_dims(safe, dim), dtype=np.int64)).squeeze(dim)
    losses = _weighted(-picked, scale, valid)
    if reduction == "mean":
        return _divided(_sum(losses, None, False), scale.sum(dtype=input.array.dtype))
    return _reduced("nll_loss", losses, reduction)


@primitive(fresh=True, torch="MulBackward0",
           input=lambda g, scale, valid: np.where(valid, g * scale, 0))
def _weighted(input: TensorLike, scale: Any, valid: Any) -> Tensor:
    """input * scale where valid; 0, of infinities too, where not (an ignored target)."""
    with np.errstate(invalid="ignore"):  # a weight 0 of an infinite loss gives NaN, as in PyTorch
        return np.where(valid, input * scale, 0)


def _divided(losses: Tensor, total: Any) -> Tensor:
    """The summed losses by the total weight: NaN, without a warning, where no target counts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return losses / losses.new_tensor(total)


def _one_hot_like(input: Any, target: Any) -> Any:
    return (target[:, None] == np.arange(input.shape[1])).astype(input.dtype)


def _cross_entropy_vjp(g: Any, input: Any, target: Any, mean: bool, log_probability: Array) -> Any:
    n, classes = log_probability.shape
    out = np.exp(log_probability, order="C")  # so that reshape is a view
    out.reshape(-1)[np.arange(0, n * classes, classes) + target] -= 1
    out *= g / n if mean else g
    return out


@primitive(fresh=True, torch="NllLossBackward0", shows="CE({input}, {target})",
           keeps=("log_probability",),
           fast={"input": _cross_entropy_vjp},
           input=lambda g, input, target, mean:
               (either(_softmax)(input, 1) - _one_hot_like(input, target)) * (g / len(target) if mean else g))
def _cross_entropy_of_classes(input: TensorLike, target: TensorLike, mean: bool) -> Tensor:
    """The everyday case: logits (N, C), class numbers (N,), no weights, nothing ignored."""
    log_probability = _log_softmax_array(input, 1)
    n, classes = input.shape
    picked = log_probability.reshape(-1)[np.arange(0, n * classes, classes) + target]
    total = -np.add.reduce(picked)
    return total / input.dtype.type(n) if mean else total, log_probability


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax and negative log-likelihood in one. input: logits (N, C, …); target: class numbers (N, …), or
    probabilities in input's shape.

    label_smoothing e mixes the target with the uniform distribution: (1 - e) target + e / C.

    >>> cross_entropy(tensor([[1., 2., 3.]]), tensor([2]))
    tensor(0.4076)
    """
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"cross_entropy: label_smoothing must be between 0.0 and 1.0, got {label_smoothing}")
    logits, classes = input.array, target.array
    if classes.shape == logits.shape:
        if classes.dtype.kind != "f":
            raise RuntimeError(
                f"cross_entropy: expected floating point for a target of class probabilities (input's shape), got "
                f"{classes.dtype}; class numbers have the shape (N, …)"
            )
        if ignore_index >= 0:
            raise RuntimeError("cross_entropy: ignore_index is not supported for a target of probabilities")
        return _cross_entropy_of_probabilities(input, target, weight, reduction, label_smoothing)
    if not logits.ndim:
        raise IndexError("cross_entropy: input must be (C,) or (N, C, …): a 0-d tensor has no dimension of classes")
    _check_target("cross_entropy", input, target)
    if weight is None and not label_smoothing and logits.ndim == 2 and len(classes) and reduction in ("mean", "sum"):
        valid = _check_classes("cross_entropy", classes, logits.shape[1], ignore_index)
        if valid.all():
            return _cross_entropy_of_classes(input, target, reduction == "mean")
    dim = 1 if logits.ndim > 1 else 0
    log_p = log_softmax(input, dim)
    loss = nll_loss(log_p, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    count = logits.shape[dim]
    if not dim:
        classes = classes.reshape(())
    valid = classes != ignore_index
    scaled = log_p if weight is None else log_p * weight.reshape(-1, *(1,) * (logits.ndim - dim - 1))
    smooth = _weighted(-scaled.sum(dim), 1, valid)
    if reduction == "mean":
        total = valid.sum() if weight is None else (weight.array[np.where(valid, classes, 0)] * valid).sum()
        smooth = _divided(smooth.sum(), total)
    elif reduction == "sum":
        smooth = smooth.sum()
    return loss * (1 - label_smoothing) + smooth * (label_smoothing / count)


def _cross_entropy_of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    shape = input.array.shape
    dim = 1 if len(shape) > 1 else 0
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / shape[dim]
    log_p = log_softmax(input, dim)
    if weight is not None:
        log_p = log_p * weight.reshape(-1, *(1,) * (len(shape) - dim - 1))
    losses = -(log_p * target).sum(dim)
    if reduction == "mean":
        return losses.sum() / (losses.array.size if losses.array.size else math.nan)
    return _reduced("cross_entropy", losses, reduction)


_LEAST = float(np.float32(1e-12))  # of x (1 - x), by which the derivative divides: PyTorch's, also in float64


@primitive(fresh=True, torch="BinaryCrossEntropyBackward0",
           input=lambda g, input, target: g * (input - target) / np.maximum((1 - input) * input, _LEAST),
           target=lambda g, input: g * (np.maximum(np.log1p(-input), -100) - np.maximum(np.log(input), -100)))
def _bce(input: TensorLike, target: TensorLike) -> Tensor:
    with np.errstate(divide="ignore"):  # log 0 = -inf, limited to -100
        return -(target * np.maximum(np.log(input), -100) + (1 - target) * np.maximum(np.log1p(-input), -100))


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-(t log x + (1 - t) log(1 - x)) of probabilities, each logarithm limited to >= -100.

    >>> binary_cross_entropy(tensor([.5, 1.]), tensor([1., 0.]))
    tensor(50.3466)
    """
    require("binary_cross_entropy", input.array.dtype, "f")
    _same_shape("binary_cross_entropy", input, target)
    if target.array.dtype != input.array.dtype:
        raise RuntimeError(
            f"binary_cross_entropy: input ({input.dtype}) and target ({target.dtype}) must have the same dtype; use "
            "target.to(input.dtype)"
        )
    x = input.array
    if x.size and not ((x >= 0) & (x <= 1)).all():
        raise RuntimeError(
            f"binary_cross_entropy: all elements of input should be between 0 and 1, but they go from {x.min():.4g} "
            f"to {x.max():.4g}; apply sigmoid() first or use binary_cross_entropy_with_logits"
        )
    losses = _bce(input, target)
    return _reduced("binary_cross_entropy", losses if weight is None else losses * weight, reduction)


def _same_shape(name: str, input: Tensor, target: Tensor) -> None:
    if input.array.shape != target.array.shape:
        raise ValueError(
            f"{name}: target size {tuple(target.shape)} must be the same as input size {tuple(input.shape)}; "
            "use target.unsqueeze(1), or input.squeeze(1)"
        )


@primitive(fresh=True, torch="BinaryCrossEntropyWithLogitsBackward0",
           input=lambda g, input, target: g * (either(sigmoid)(input) - target),
           target=lambda g, input: -g * input)
def _bce_with_logits(input: TensorLike, target: TensorLike) -> Tensor:
    return (1 - target) * input - _logsigmoid_array(input)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Sigmoid and binary cross entropy in one, finite for any logit; pos_weight multiplies the loss of the targets 1.

    >>> binary_cross_entropy_with_logits(tensor([0., 1000.]), tensor([1., 1.]))
    tensor(0.3466)
    """
    _same_shape("binary_cross_entropy_with_logits", input, target)
    require("binary_cross_entropy_with_logits", input.array.dtype, "f")
    if target.array.dtype.kind != "f":
        raise RuntimeError(
            f"binary_cross_entropy_with_logits: target must be floating point, not {target.dtype}; use .float()"
        )
    if pos_weight is None:
        losses = _bce_with_logits(input, target)
    else:
        losses = (1 - target) * input - ((pos_weight - 1) * target + 1) * logsigmoid(input)
    if weight is not None:
        losses = losses * weight
    return _reduced("binary_cross_entropy_with_logits", losses.to(target.array.dtype), reduction)
