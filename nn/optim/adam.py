"""Adam and its kin: a step along the mean of the gradients, over the root of the mean of their squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import (
    Optimizer,
    approach,
    check_betas,
    check_not_negative,
    chosen,
    counted,
    counter,
    numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["Adam", "AdamW", "Adamax", "NAdam", "RAdam", "SparseAdam"]


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
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(params, chosen(locals()))

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq") if group["amsgrad"] else ("exp_avg", "exp_avg_sq")
        return {"step": counter()} | {name: ag.zeros_like(parameter) for name in names}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, eps = numbers(group, "lr", "eps")
        beta1, beta2 = map(float, group["betas"])
        largest = ["max_exp_avg_sq"] if group["amsgrad"] else []
        for state, *arrays in self._alike(group, gradients, "exp_avg", "exp_avg_sq", *largest):
            step = counted(state)
            rate, root = lr / (1 - beta1**step), (1 - beta2**step) ** 0.5
            for p, g, m, v, *most in self._pieces(group, *arrays):
                approach(m, g, 1 - beta1)
                v *= beta2
                work = np.multiply(g, 1 - beta2)  # one array for all that follows: a fifth faster on large ones
                work *= g
                v += work
                np.sqrt(np.maximum(most[0], v, out=most[0]) if most else v, out=work)
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
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(**chosen(locals()), params=params, decoupled_weight_decay=True)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True


class Adamax(Optimizer):
    """p <- p - lr m' / u, with the mean m of g and u <- max(b2 u, |g| + eps) (Kingma and Ba 2014, section 7.1).

    m <- b1 m + (1 - b1) g; m' = m / (1 - b1^t).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(params, chosen(locals()))

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "exp_avg": ag.zeros_like(parameter), "exp_inf": ag.zeros_like(parameter)}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, eps = numbers(group, "lr", "eps")
        beta1, beta2 = map(float, group["betas"])
        for state, *arrays in self._alike(group, gradients, "exp_avg", "exp_inf"):
            rate = lr / (1 - beta1 ** counted(state))
            for p, g, m, u in self._pieces(group, *arrays):
                approach(m, g, 1 - beta1)
                u *= beta2
                np.maximum(u, np.abs(g) + eps, out=u)
                p -= rate * m / u


class NAdam(Optimizer):
    """Adam with Nesterov's momentum: p <- p - lr (mu_{t+1} m'' + (1 - mu_t) g') / (sqrt(v') + eps) (Dozat 2016).

    mu_t = b1 (1 - .96^(t momentum_decay) / 2); with the product M_t = mu_1 ... mu_t, m'' = m / (1 - M_{t+1}) and
    g' = g / (1 - M_t). m and v' are Adam's, and so is weight decay.
    """

    _counters = ("step", "mu_product")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(params, chosen(locals()))

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {
            "step": counter(),
            "mu_product": counter(1.0),
            "exp_avg": ag.zeros_like(parameter),
            "exp_avg_sq": ag.zeros_like(parameter),
        }

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, eps, decay = numbers(group, "lr", "eps", "momentum_decay")
        beta1, beta2 = map(float, group["betas"])
        for state, *arrays in self._alike(group, gradients, "exp_avg", "exp_avg_sq"):
            step = counted(state)
            mu, next_mu = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
            state["mu_product"].array *= mu
            product = state["mu_product"].array.item()
            g_rate, m_rate = lr * (1 - mu) / (1 - product), lr * next_mu / (1 - product * next_mu)
            for p, g, m, v in self._pieces(group, *arrays):
                approach(m, g, 1 - beta1)
                v *= beta2
                v += (1 - beta2) * g * g
                size = np.sqrt(v / (1 - beta2**step))
                size += eps
                p -= g_rate * g / size
                p -= m_rate * m / size


class RAdam(Optimizer):
    """Adam that takes plain steps, lr m', until the variance of 1 / sqrt(v') is tractable (Liu et al. 2019).

    From then on, where rho_t = rho - 2 t b2^t / (1 - b2^t) > 5 with rho = 2 / (1 - b2) - 1, the steps are Adam's times
    sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t)). (eps is added to sqrt(v), not to sqrt(v').)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(params, chosen(locals()))

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "exp_avg": ag.zeros_like(parameter), "exp_avg_sq": ag.zeros_like(parameter)}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, eps = numbers(group, "lr", "eps")
        beta1, beta2 = map(float, group["betas"])
        rho = 2 / (1 - beta2) - 1
        for state, *arrays in self._alike(group, gradients, "exp_avg", "exp_avg_sq"):
            step = counted(state)
            missing = 1 - beta2**step
            rho_t = rho - 2 * step * beta2**step / missing
            scale = 1.0
            if rho_t > 5:
                scale = ((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t)) ** 0.5
            for p, g, m, v in self._pieces(group, *arrays):
                approach(m, g, 1 - beta1)
                v *= beta2
                v += (1 - beta2) * g * g
                move = m / (1 - beta1**step)
                move *= lr
                if rho_t > 5:
                    move *= missing**0.5 / (np.sqrt(v) + eps)
                    move *= scale
                p -= move


class SparseAdam(Optimizer):
    """PyTorch's Adam for sparse gradients, which there are none of here: use Adam."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("SparseAdam: gradients are dense here, which SparseAdam rejects; use Adam")
