"""Layers that drop at random while training (Srivastava et al. 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import autograd_core as ag

from .module import Module

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = ["Dropout"]


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
