"""`torch.autograd.function`: what is needed to write a `Function`."""

from __future__ import annotations

from ..function import Context as FunctionCtx
from ..function import Function, once_differentiable

__all__ = ["Function", "FunctionCtx", "once_differentiable"]
