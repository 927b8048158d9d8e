"""Rprop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import Optimizer, check_not_negative, chosen, counted, counter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """p <- p - s sign(g), each element with a step s of its own, which starts at lr (Riedmiller and Braun 1993).

    While the sign of g stays, s grows by etas[1], up to step_sizes[1]; where it changes, s shrinks by etas[0], down to
    step_sizes[0], and the element waits for one step.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_not_negative(lr=lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, chosen(locals()))

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        steps = ag.full_like(parameter, float(group["lr"]))
        return {"step": counter(), "prev": ag.zeros_like(parameter), "step_size": steps}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        shrink, grow = map(float, group["etas"])
        smallest, largest = map(float, group["step_sizes"])
        for state, *arrays in self._alike(group, gradients, "prev", "step_size"):
            counted(state)
            for p, g, previous, s in self._pieces(group, *arrays):
                factor = np.sign(g * previous)
                changed = factor < 0
                factor[factor > 0], factor[factor == 0], factor[changed] = grow, 1, shrink
                s *= factor
                np.clip(s, smallest, largest, out=s)
                previous[...] = g
                previous[changed] = 0
                p -= np.sign(previous) * s
