"""Stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import Optimizer, blocks, check_not_negative, device_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["SGD"]


class SGD(Optimizer):
    """p <- p - lr b, with b <- momentum b + (1 - dampening) g; the first b is g (Sutskever et al. 2013 for nesterov).

    g is the gradient, plus weight_decay p; with `nesterov` the step follows g + momentum b, with `maximize` -g.

    >>> p = nn.Parameter(tensor([1., 2.]))
    >>> p.grad = tensor([1., 1.])
    >>> nn.optim.SGD([p], lr=.5).step()
    >>> p.data
    tensor([0.5000, 1.5000])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **device_only: Any,
    ) -> None:
        check_not_negative(lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, options | device_options(self, device_only, "foreach", "fused"))

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, decay, maximize = float(group["lr"]), float(group["weight_decay"]), group["maximize"]
        momentum, nesterov = float(group["momentum"]), group["nesterov"]
        rate = np.array(lr)
        for parameter, gradient in gradients:
            if rate.dtype is not gradient.dtype:  # a 0-d array of the right dtype is twice as fast as a number
                rate = np.array(lr, gradient.dtype)
            buffer, share = gradient, 1.0  # (no buffer is needed without momentum)
            if momentum:
                state = self.state[parameter]
                if state.get("momentum_buffer") is None:
                    state["momentum_buffer"] = ag.zeros_like(parameter)
                else:
                    share -= group["dampening"]
                buffer = state["momentum_buffer"].array
            for p, g, b in blocks(parameter.array, gradient, buffer):
                if maximize:
                    g = -g
                if decay:
                    g = g + p * decay
                if momentum:
                    b *= momentum
                    b += g if share == 1 else g * share
                    g = g + b * momentum if nesterov else b
                p -= g * rate
