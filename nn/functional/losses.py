"""Losses with the arguments `size_average` and `reduce` of old programs, in their old places."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import autograd_core as ag

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "l1_loss",
    "legacy_reduction",
    "mse_loss",
    "nll_loss",
]


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """What `size_average` and `reduce`, deprecated in PyTorch 0.4, mean as a `reduction`."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.", stacklevel=3
    )
    return meant


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Mean squared error.

    >>> F.mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    return ag.mse_loss(input, target, legacy_reduction(size_average, reduce, reduction), weight=weight)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean absolute error."""
    return ag.l1_loss(input, target, legacy_reduction(size_average, reduce, reduction))


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood. input: log-probabilities (N, C, …); target: class numbers (N, …)."""
    return ag.nll_loss(input, target, weight, ignore_index, legacy_reduction(size_average, reduce, reduction))


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax and negative log-likelihood. input: logits (N, C, …); target: class numbers (N, …) or probabilities.

    >>> F.cross_entropy(tensor([[1., 2., 3.]]), tensor([2]))
    tensor(0.4076)
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    return ag.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t log x + (1 - t) log(1 - x)) of probabilities x."""
    return ag.binary_cross_entropy(input, target, weight, legacy_reduction(size_average, reduce, reduction))


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Sigmoid and binary cross entropy."""
    reduction = legacy_reduction(size_average, reduce, reduction)
    return ag.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)
