"""Adam and AdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import Optimizer, blocks, check_not_negative, counted, device_options, step_counter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """p <- p - lr m' / (sqrt(v') + eps), with running means m of g and v of g^2 (Kingma and Ba 2014).

    m <- b1 m + (1 - b1) g and v <- b2 v + (1 - b2) g^2 start at 0; m' = m / (1 - b1^t) and v' = v / (1 - b2^t) make
    up for that. `amsgrad` divides by the largest v so far. weight_decay adds weight_decay p to the gradient or, with
    `decoupled_weight_decay`, shrinks p itself.

    >>> p = nn.Parameter(tensor([1., 2.]))
    >>> p.grad = tensor([3., -4.])
    >>> nn.optim.Adam([p], lr=.5).step()
    >>> p.data
    tensor([0.5000, 2.5000])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **device_only: Any,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        for i, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        check_not_negative(weight_decay=weight_decay)
        options = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options | device_options(self, device_only, "foreach", "capturable", "fused"))

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, eps, decay = float(group["lr"]), float(group["eps"]), float(group["weight_decay"])
        beta1, beta2 = map(float, group["betas"])
        for parameter, gradient in gradients:
            state = self.state[parameter]
            if not state:
                state["step"] = step_counter()
                state["exp_avg"], state["exp_avg_sq"] = ag.zeros_like(parameter), ag.zeros_like(parameter)
                if group["amsgrad"]:
                    state["max_exp_avg_sq"] = ag.zeros_like(parameter)
            step = counted(state)
            rate, root = lr / (1 - beta1**step), (1 - beta2**step) ** 0.5
            mean, square = state["exp_avg"].array, state["exp_avg_sq"].array
            largest = state["max_exp_avg_sq"].array if group["amsgrad"] else square
            for p, g, m, v, most in blocks(parameter.array, gradient, mean, square, largest):
                if group["maximize"]:
                    g = -g
                if decay:
                    if group["decoupled_weight_decay"]:
                        p *= 1 - lr * decay
                    else:
                        g = g + p * decay
                work = g - m
                work *= 1 - beta1
                m += work
                v *= beta2
                np.multiply(g, 1 - beta2, out=work)
                work *= g
                v += work
                if most is not v:
                    np.maximum(most, v, out=most)
                np.sqrt(most, out=work)
                work /= root
                work += eps
                np.divide(m, work, out=work)
                work *= rate
                p -= work


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters themselves (Loshchilov and Hutter 2017)."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **device_only: Any,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True, **device_only
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
