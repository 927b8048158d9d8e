"""Layers that drop at random while training (Srivastava et al. 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import autograd_core as ag

from . import functional as F
from .module import Module

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """While training, zeroes each element with probability p and divides the rest by 1 - p; else does nothing.

    With the same seed the mask is PyTorch's.

    >>> nn.Dropout(0.5).eval()(ag.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return ag.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """While training, zeroes whole channels of (N, C, L) or (C, L) with probability p, and divides the rest by 1 - p."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """While training, zeroes whole channels of (N, C, H, W) with probability p, and divides the rest by 1 - p
    (Tompson et al. 2015).

    >>> _ = ag.manual_seed(0); nn.Dropout2d()(ag.ones(1, 3, 2, 2)).sum((2, 3))
    tensor([[0., 0., 8.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """While training, zeroes whole channels of (N, C, D, H, W) or (C, D, H, W) with probability p, and divides the
    rest by 1 - p."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout that goes with `SELU`: keeps mean 0 and variance 1. `inplace` has no effect, as in PyTorch."""

    def forward(self, input: Tensor) -> Tensor:
        return ag.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels of (N, C, …). `inplace` has no effect, as in PyTorch."""

    def forward(self, input: Tensor) -> Tensor:
        return ag.feature_alpha_dropout(input, self.p, self.training)
