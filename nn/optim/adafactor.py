"""Adafactor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag

from .optimizer import Optimizer, approach, chosen, counted, counter, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd_core import Tensor

    from .optimizer import Array

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Adam without m, keeping of v only its row and column means (Shazeer and Stern 2018, algorithms 4 and 5).

    With b = t^beta2_decay, r <- r + b (mean over columns of g^2 - r) and c, over rows, likewise; v = r c / mean(r), and
    for vectors v itself is kept. u = g / sqrt(max(v, eps1^2)), scaled down to a root mean square of d at most;
    p <- p - max(eps2, rms(p)) min(lr, 1 / sqrt(t)) u. eps = (eps1, eps2), where None stands for the dtype's epsilon.
    weight_decay shrinks p itself.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        options = chosen(locals())
        if isinstance(lr, ag.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for name, value, wanted, fits in (
            ("Learning rate", lr, ">= 0", lr >= 0),
            ("beta2_decay", beta2_decay, "<= 0", beta2_decay <= 0),
            ("epsilon1", eps[0], ">= 0", eps[0] is None or eps[0] >= 0),
            ("epsilon2", eps[1], ">= 0", eps[1] >= 0),
            ("Clipping threshold d", d, ">= 1", d >= 1),
            ("weight_decay", weight_decay, ">= 0", weight_decay >= 0),
        ):
            if not fits:
                raise ValueError(f"{name} should be {wanted} but is: {value}")
        super().__init__(params, options)

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        if parameter.ndim < 2:
            return {"step": counter(), "variance": ag.zeros_like(parameter)}
        *batch, rows, columns = parameter.shape
        row_var, col_var = parameter.new_zeros((*batch, rows, 1)), parameter.new_zeros((*batch, 1, columns))
        return {"step": counter(), "row_var": row_var, "col_var": col_var}

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        lr, decay, d, weight_decay = numbers(group, "lr", "beta2_decay", "d", "weight_decay")
        eps1, eps2 = group["eps"]
        for parameter, gradient in gradients:
            if not gradient.size:
                continue
            state = self._state_of(parameter, group)
            step = counted(state)
            p, g = parameter.array, -gradient if group["maximize"] else gradient
            least = float(np.finfo(p.dtype).eps) if eps1 is None else eps1
            rate = max(eps2, _rms(p)) * min(lr, 1 / step**0.5)
            p *= 1 - lr * weight_decay
            if g.ndim < 2:
                v = state["variance"].array
                approach(v, g * g, step**decay)
            else:
                r, c = state["row_var"].array, state["col_var"].array
                approach(r, np.mean(g * g, -1, keepdims=True), step**decay)
                approach(c, np.mean(g * g, -2, keepdims=True), step**decay)
                v = r @ c / np.maximum(np.mean(r, -2, keepdims=True), least)
            u = g / np.sqrt(np.maximum(v, least * least))
            p -= u * (rate / max(1.0, _rms(u) / d))


def _rms(x: Array) -> float:
    """The root mean square."""
    return float(np.linalg.norm(x)) / float(x.size**0.5)
