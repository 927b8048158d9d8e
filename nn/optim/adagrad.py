"""Steps scaled, element by element, by the size of the gradients so far: Adagrad, RMSprop, Adadelta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import Optimizer, approach, check_not_negative, chosen, counted, counter, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


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
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_not_negative(
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        super().__init__(params, chosen(locals()))
        for group in self.param_groups:  # the state exists from the beginning, as in PyTorch
            for parameter in group["params"]:
                self._state_of(parameter, group)

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "sum": ag.full_like(parameter, self.defaults["initial_accumulator_value"])}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, lr_decay, eps = numbers(group, "lr", "lr_decay", "eps")
        for state, *arrays in self._alike(group, gradients, "sum"):
            rate = lr / (1 + (counted(state) - 1) * lr_decay)
            for p, g, s in self._pieces(group, *arrays):
                s += g * g
                step = np.sqrt(s)
                step += eps
                np.divide(g, step, out=step)
                step *= rate
                p -= step


class RMSprop(Optimizer):
    """p <- p - lr b, with b <- momentum b + g / (sqrt(v) + eps) and the running mean v of g^2 (Hinton, lecture 6e).

    v <- alpha v + (1 - alpha) g^2; `centered` takes the square of the mean of g from it, which leaves the variance
    (Graves 2013).

    >>> p = nn.Parameter(tensor([1., 2.]))
    >>> p.grad = tensor([3., -4.])
    >>> nn.optim.RMSprop([p], lr=.1, alpha=.75).step()
    >>> p.data
    tensor([0.8000, 2.2000])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        super().__init__(params, chosen(locals()))

    def _names(self, group: dict[str, Any]) -> list[str]:
        """What is kept of a parameter: always the mean of the squares, then what options need."""
        momentum = ["momentum_buffer"] if group["momentum"] else []
        return ["square_avg", *momentum, *(["grad_avg"] if group["centered"] else [])]

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter()} | {name: ag.zeros_like(parameter) for name in self._names(group)}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, alpha, eps, momentum = numbers(group, "lr", "alpha", "eps", "momentum")
        for state, *arrays in self._alike(group, gradients, *self._names(group)):
            counted(state)
            for p, g, v, *rest in self._pieces(group, *arrays):
                v *= alpha
                v += (1 - alpha) * g * g
                if group["centered"]:
                    mean = rest[-1]
                    approach(mean, g, 1 - alpha)
                    with np.errstate(invalid="ignore"):  # rounding may leave less than 0: NaN, as in PyTorch
                        step = np.sqrt(v - mean * mean)
                else:
                    step = np.sqrt(v)
                step += eps
                np.divide(g, step, out=step)
                if momentum:
                    b = rest[0]
                    b *= momentum
                    b += step
                    step = b
                p -= lr * step


class Adadelta(Optimizer):
    """p <- p - lr d, with d = g sqrt(a + eps) / sqrt(v + eps) (Zeiler 2012).

    The running means of the squares of g and of d: v <- rho v + (1 - rho) g^2, a <- rho a + (1 - rho) d^2.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative(eps=eps, weight_decay=weight_decay)
        super().__init__(params, chosen(locals()))

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": counter(), "square_avg": ag.zeros_like(parameter), "acc_delta": ag.zeros_like(parameter)}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, rho, eps = numbers(group, "lr", "rho", "eps")
        for state, *arrays in self._alike(group, gradients, "square_avg", "acc_delta"):
            counted(state)
            for p, g, v, a in self._pieces(group, *arrays):
                v *= rho
                v += (1 - rho) * g * g
                d = np.sqrt(a + eps)
                d /= np.sqrt(v + eps)
                d *= g
                a *= rho
                a += (1 - rho) * d * d
                p -= lr * d
