"""Limiting gradients before an optimiser's step."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients by max_norm / (norm + 1e-6) if that is below 1; returns the norm of all of them together.

    (`foreach` chooses between PyTorch's implementations and has no effect.)

    >>> p = nn.Parameter(ag.zeros(2))
    >>> p.grad = tensor([3., 4.])
    >>> nn.utils.clip_grad_norm_([p], max_norm=1.)
    tensor(5.)
    >>> p.grad
    tensor([0.6000, 0.8000])
    """
    if isinstance(parameters, Iterator):
        parameters = list(parameters)
        if not parameters:
            warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    gradients = _gradients(parameters)
    if not gradients:
        return ag.tensor(0.0)
    order = float(norm_type)
    norms = [np.linalg.norm(gradient.array.reshape(-1), order) for gradient in gradients]
    total = np.asarray(np.linalg.norm(np.array(norms), order), gradients[0].array.dtype)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it cannot be clipped. "
            "To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    scale = float(np.minimum(float(max_norm) / (total + 1e-6), 1.0))  # NaN stays NaN
    if scale != 1:
        for gradient in gradients:
            gradient.array *= scale
            ag.increment_version(gradient)
    return ag.tensor(total)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of every gradient to [-clip_value, clip_value]."""
    bound = float(clip_value)
    for gradient in _gradients(parameters):
        np.clip(gradient.array, -bound, bound, out=gradient.array)
        ag.increment_version(gradient)


def _gradients(parameters: Any) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter.grad for parameter in parameters if parameter.grad is not None]
