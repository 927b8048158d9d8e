"""Stochastic gradient descent, and its average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import Optimizer, blocks, check_not_negative, chosen, counted, counter, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["ASGD", "SGD"]


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
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_not_negative(lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, chosen(locals()))

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, momentum, decay = numbers(group, "lr", "momentum", "weight_decay")
        nesterov, maximize = group["nesterov"], group["maximize"]
        rate = np.array(lr)
        for parameter, gradient in gradients:  # (its own loop: on nets of a few microseconds the shared one shows)
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


class ASGD(Optimizer):
    """SGD whose rate falls, and the average of where it has been, kept in the state as `ax` (Polyak and Juditsky 1992).

    p <- (1 - lambd eta) p - eta g, and ax <- ax + mu (p - ax), with eta = lr / (1 + lambd lr t)^alpha and
    mu = 1 / max(1, t - t0): the average starts after t0 steps.
    """

    _counters = ("step", "eta", "mu")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, weight_decay=weight_decay)
        super().__init__(params, chosen(locals()))

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        eta = counter(float(group["lr"]))
        return {"step": counter(), "eta": eta, "mu": counter(1.0), "ax": ag.zeros_like(parameter)}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, lambd, alpha, t0 = numbers(group, "lr", "lambd", "alpha", "t0")
        for state, *arrays in self._alike(group, gradients, "ax"):
            step = counted(state)
            eta, mu = state["eta"].item(), state["mu"].item()
            for p, g, average in self._pieces(group, *arrays):
                p *= 1 - lambd * eta
                p -= g * eta
                if mu == 1:
                    average[...] = p
                else:
                    average += (p - average) * mu
            state["eta"].array[...] = counter(lr / (1 + lambd * lr * step) ** alpha).array
            state["mu"].array[...] = counter(1 / max(1, step - t0)).array
