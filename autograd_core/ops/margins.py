"""Losses that ask for a margin: between classes, between pairs, between a near and a far neighbour.

Formulas follow https://docs.pytorch.org/docs/stable/nn.functional.html#loss-functions. Where a hinge has its kink, the
derivative is PyTorch's: that of `clamp_min`, 1, but in the losses of several classes that of `relu`, 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arrays.dtypes import require
from ..primitive import wrap
from .activation import logsigmoid, relu
from .elementwise import clamp_min, minimum, where
from .losses import _reduced
from .scatter import gather
from .similarity import pairwise_distance

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..primitive import Array
    from ..tensor import Tensor

# ---------------------------------------------------------------- two classes


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """max(0, margin - target (input1 - input2)): target 1 asks input1 to be the larger by margin, -1 input2.

    >>> margin_ranking_loss(tensor([1.]), tensor([3.]), tensor([1.]))
    tensor(2.)
    """
    _same_ndim("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return _reduced("margin_ranking_loss", clamp_min(-target * (input1 - input2) + margin, 0), reduction)


def _same_ndim(name: str, **tensors: Tensor) -> None:
    if len({tensor.array.ndim for tensor in tensors.values()}) > 1:
        shapes = ", ".join(f"{argument} {tensor.array.shape}" for argument, tensor in tensors.items())
        raise RuntimeError(f"{name}: all tensors should have the same number of dimensions, but got {shapes}")


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """Of a distance: itself where target is 1, max(0, margin - distance) where it is -1.

    >>> hinge_embedding_loss(tensor([.3, .3]), tensor([1., -1.]), reduction="none")
    tensor([0.3000, 0.7000])
    """
    require("hinge_embedding_loss", input.array.dtype, "f")
    losses = _where(target.array != 1, clamp_min(margin - input, 0)) + _where(target.array != -1, input)
    return _reduced("hinge_embedding_loss", losses, reduction)


def _where(condition: Array, losses: Tensor) -> Tensor:
    """The losses where the condition holds, else 0."""
    return where(wrap(condition), losses, 0)  # type: ignore[no-any-return]


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target input)), for targets 1 and -1; finite for any finite input.

    >>> soft_margin_loss(tensor([0.]), tensor([1.]))
    tensor(0.6931)
    """
    require("soft_margin_loss", input.array.dtype, "f")
    losses = -logsigmoid(input * target)
    if losses.array.shape != input.array.shape:
        raise RuntimeError(
            f"soft_margin_loss: target {tuple(target.shape)} must have the input's shape {tuple(input.shape)}"
        )
    return _reduced("soft_margin_loss", losses.to(input.array.dtype), reduction)


_LEAST = float(np.float32(1e-12))  # is added to the square of a norm: PyTorch's, also in float64


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """1 - cos(input1, input2) where target is 1, max(0, cos - margin) where it is -1.

    Inputs (N, D) and target (N,), or (D,) and 0-d.

    >>> cosine_embedding_loss(tensor([[1., 0.]]), tensor([[0., 1.]]), tensor([1]))
    tensor(1.)
    """
    ndim = target.array.ndim
    if ndim > 1:
        raise RuntimeError("cosine_embedding_loss: 0D or 1D target tensor expected, multi-target not supported")
    if input1.array.ndim != ndim + 1 or input2.array.ndim != ndim + 1:
        raise RuntimeError(
            f"cosine_embedding_loss: {ndim}D target tensor expects {ndim + 1}D input tensors, but found inputs with sizes "
            f"{input1.array.shape} and {input2.array.shape}"
        )
    squares = [(x * x).sum(ndim) + _LEAST for x in (input1, input2)]
    with np.errstate(divide="ignore", invalid="ignore"):  # in half precision _LEAST is 0
        cosine = (input1 * input2).sum(ndim) / (squares[0] * squares[1]).sqrt()
    losses = _where(target.array == 1, 1 - cosine) + _where(target.array == -1, clamp_min(cosine - margin, 0))
    return _reduced("cosine_embedding_loss", losses, reduction)


# ---------------------------------------------------------------- several classes


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The sum over the wrong classes i of max(0, margin - input[target] + input[i])^p, divided by the classes.

    input (N, C) or (C,), target (N,) or 0-d; weight (C,) multiplies by the target's class.

    >>> multi_margin_loss(tensor([[.1, .2, .4, .8]]), tensor([3]))
    tensor(0.3250)
    """
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: only p == 1 and p == 2 supported, not {p}")
    if weight is not None and weight.array.ndim != 1:
        raise ValueError(f"multi_margin_loss: weight must be one-dimensional, not of shape {weight.array.shape}")
    scores, classes = _rows_and_targets("multi_margin_loss", input, target)
    count = scores.array.shape[1]
    if classes.shape != scores.array.shape[:1]:
        raise RuntimeError(
            f"multi_margin_loss: target {tuple(target.shape)} must have one class number for each of the "
            f"{len(scores.array)} samples"
        )
    if weight is not None and weight.array.shape != (count,):
        raise RuntimeError(f"multi_margin_loss: inconsistent weight size, expected {count} but got {weight.array.shape}")
    if weight is not None and weight.array.dtype != input.array.dtype:
        raise RuntimeError(f"multi_margin_loss: weight ({weight.dtype}) and input ({input.dtype}) must have the same dtype")
    _check_range("multi_margin_loss", classes, 0, count)
    hinges = relu(margin - gather(scores, 1, wrap(classes[:, None])) + scores)
    if p == 2:
        hinges = hinges.square()
    if weight is not None:
        hinges = hinges * weight[wrap(classes)].unsqueeze(1)
    losses = _where(classes[:, None] != np.arange(count), hinges).sum(1) / max(count, 1)
    return _reduced_samples("multi_margin_loss", losses, target, reduction)


def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The sum over right classes j and wrong classes i of max(0, 1 - input[j] + input[i]), divided by the classes.

    input and target (N, C) or (C,); a row of target lists the right classes, up to the first -1.

    >>> multilabel_margin_loss(tensor([.1, .2, .4, .8]), tensor([3, 0, -1, 1]))
    tensor(0.8500)
    """
    scores, classes = _rows_and_targets("multilabel_margin_loss", input, target)
    shape = scores.array.shape
    if classes.size != scores.array.size or max(target.array.ndim, 1) != max(input.array.ndim, 1):
        raise RuntimeError(
            f"multilabel_margin_loss: inconsistent target size: {tuple(target.shape)} for input of size {tuple(input.shape)}"
        )
    classes = classes.reshape(shape)
    _check_range("multilabel_margin_loss", classes, -1, shape[1])
    listed = np.logical_and.accumulate(classes >= 0, axis=1)
    most = int(listed.sum(1).max(initial=0))  # the length of the longest list
    listed, classes = listed[:, :most], np.where(listed, classes, 0)[:, :most]
    wrong = ~((classes[:, :, None] == np.arange(shape[1])) & listed[:, :, None]).any(1)
    hinges = relu(1 - gather(scores, 1, wrap(classes)).unsqueeze(2) + scores.unsqueeze(1))
    losses = _where(listed[:, :, None] & wrong[:, None], hinges).sum((1, 2)) / max(shape[1], 1)
    return _reduced_samples("multilabel_margin_loss", losses, target if target.array.ndim > 1 else None, reduction)


def _rows_and_targets(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Array]:
    """The scores as (N, C), and the class numbers."""
    require(name, input.array.dtype, "f")
    if target.array.dtype != np.int64:
        raise RuntimeError(f"{name}: expected class numbers as int64, but target has {target.dtype}; use .long()")
    if input.array.ndim > 2:
        raise RuntimeError(f"{name}: Expected a vector (C,) or matrix (N, C) of scores, but got {tuple(input.shape)}")
    classes = target.array if target.array.ndim else target.array.reshape(1)
    return input if input.array.ndim == 2 else input.reshape(1, -1), classes


def _check_range(name: str, classes: Array, low: int, high: int) -> None:
    wrong = classes[(classes < low) | (classes >= high)]
    if wrong.size:
        raise RuntimeError(f"{name}: target out of range: {wrong[0]} is not in [{low}, {high - 1}]")


def _reduced_samples(name: str, losses: Tensor, target: Tensor | None, reduction: str) -> Tensor:
    """The losses (N,), reduced; without a dimension of samples, 0-d. The mean over no samples is 0, as in PyTorch."""
    if reduction == "mean" and not losses.array.size:
        return losses.sum()
    if reduction == "none" and (target is None or not target.array.ndim):
        return losses.reshape(())
    return _reduced(name, losses, reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """The binary cross entropy of each class (input's last dimension) with logits input, averaged over the classes.

    >>> multilabel_soft_margin_loss(tensor([[0., 0.]]), tensor([[1., 0.]]))
    tensor(0.6931)
    """
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    dim = input.array.ndim - 1  # of the input also where a target of more dimensions broadcasts, as in PyTorch
    return _reduced("multilabel_soft_margin_loss", losses.sum(dim) / input.array.shape[dim], reduction)


# ---------------------------------------------------------------- triplets


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), with the distance of `pairwise_distance`.

    swap: the negative's distance from the positive counts, where it is less (Balntas et al. 2016).

    >>> triplet_margin_loss(tensor([0., 0.]), tensor([3., 4.]), tensor([0., 1.]))
    tensor(5.0000)
    """

    def distance(x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, p, eps)

    return _triplets("triplet_margin_loss", distance, anchor, positive, negative, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with any distance: a function of two tensors; `pairwise_distance` by default.

    >>> triplet_margin_with_distance_loss(tensor([0.]), tensor([3.]), tensor([1.]),
    ...                                   distance_function=lambda a, b: (a - b).abs().sum(-1))
    tensor(3.)
    """
    name, distance = "triplet_margin_with_distance_loss", distance_function or pairwise_distance
    return _triplets(name, distance, anchor, positive, negative, margin, swap, reduction)


def _triplets(
    name: str,
    distance: Callable[[Tensor, Tensor], Tensor],
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if margin <= 0:
        raise ValueError(f"{name}: margin must be greater than 0, got {margin}")
    _same_ndim(name, anchor=anchor, positive=positive, negative=negative)
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return _reduced(name, clamp_min(near + margin - far, 0), reduction)
