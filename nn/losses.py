"""Losses: modules called with a prediction and its target.

reduction: "mean" (the default), "sum" or "none". `size_average` and `reduce` are its old spelling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import autograd_core as ag

from .functional.losses import legacy_reduction
from .module import Module

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "L1Loss", "MSELoss", "NLLLoss"]


class _Loss(Module):
    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        if isinstance(size_average, ag.Tensor) or isinstance(reduce, ag.Tensor):
            name = type(self).__name__
            raise RuntimeError(f"{name}(): got tensors; a loss is made first, then called: nn.{name}()(input, target)")
        self.reduction = legacy_reduction(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    """A loss with a weight for each class or element."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class MSELoss(_Loss):
    """(input - target)^2. Shapes: equal.

    >>> nn.MSELoss()(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ag.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """|input - target|. Shapes: equal."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ag.l1_loss(input, target, self.reduction)


class NLLLoss(_WeightedLoss):
    """Negative log-likelihood. input: log-probabilities (N, C, …); target: class numbers (N, …); weight (C,)."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ag.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class CrossEntropyLoss(_WeightedLoss):
    """Softmax and negative log-likelihood. input: logits (N, C, …); target: class numbers (N, …), or probabilities.

    >>> nn.CrossEntropyLoss()(tensor([[1., 2., 3.]]), tensor([2]))
    tensor(0.4076)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ag.cross_entropy(input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing)


class BCELoss(_WeightedLoss):
    """-(t log x + (1 - t) log(1 - x)) of probabilities x, each logarithm limited to >= -100. Shapes: equal."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ag.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Sigmoid and binary cross entropy, finite for any logit. Shapes: equal; pos_weight weighs the targets of 1."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return ag.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)
