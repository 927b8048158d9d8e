"""Adagrad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import Optimizer, blocks, check_not_negative, counted, device_options, step_counter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """p <- p - lr' g / (sqrt(s) + eps), with s <- s + g^2 and lr' = lr / (1 + (t - 1) lr_decay) (Duchi et al. 2011).

    >>> p = nn.Parameter(tensor([1., 2.]))
    >>> p.grad = tensor([3., -4.])
    >>> nn.optim.Adagrad([p], lr=.5).step()
    >>> p.data
    tensor([0.5000, 2.5000])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **device_only: Any,
    ) -> None:
        check_not_negative(
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, options | device_options(self, device_only, "foreach", "fused"))
        for group in self.param_groups:
            for parameter in group["params"]:
                self._start(parameter)

    def _start(self, parameter: Tensor) -> dict[str, Any]:
        """The state before the first step; it exists from the beginning, as in PyTorch."""
        state = self.state[parameter]
        if not state:
            state["step"] = step_counter()
            state["sum"] = ag.full_like(parameter, self.defaults["initial_accumulator_value"])
        return state

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        decay, eps = float(group["weight_decay"]), float(group["eps"])
        for parameter, gradient in gradients:
            state = self._start(parameter)
            step = counted(state)
            rate = float(group["lr"]) / (1 + (step - 1) * group["lr_decay"])
            for p, g, total in blocks(parameter.array, gradient, state["sum"].array):
                if group["maximize"]:
                    g = -g
                if decay:
                    g = g + p * decay
                total += g * g
                work = np.sqrt(total)
                work += eps
                np.divide(g, work, out=work)
                work *= rate
                p -= work
