"""Limiting gradients before an optimiser's step."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]

# (`foreach` chooses between PyTorch's implementations and has no effect.)


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all elements of all tensors together.

    >>> nn.utils.get_total_norm([tensor([1., 2.]), tensor([[2.]])])
    tensor(3.)
    """
    order = float(norm_type)
    arrays = [tensor.array for tensor in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    if not arrays:
        return ag.tensor(0.0)
    norms = np.array([np.linalg.norm(array.reshape(-1), order) for array in arrays])
    total = np.asarray(np.linalg.norm(norms, order), norms.dtype)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it cannot be clipped. "
            "To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return ag.tensor(total)


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients by max_norm / (total_norm + 1e-6) if that is below 1."""
    scale = float(np.minimum(float(max_norm) / (total_norm.array + 1e-6), 1.0))  # NaN stays NaN
    if scale != 1:
        for gradient in _gradients(parameters):
            gradient.array *= scale
            ag.increment_version(gradient)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients by max_norm / (norm + 1e-6) if that is below 1; returns the norm of all of them together.

    >>> p = nn.Parameter(ag.zeros(2))
    >>> p.grad = tensor([3., 4.])
    >>> nn.utils.clip_grad_norm_([p], max_norm=1.)
    tensor(5.)
    >>> p.grad
    tensor([0.6000, 0.8000])
    """
    if not isinstance(parameters, Tensor):
        generated = isinstance(parameters, Iterator)
        parameters = list(parameters)
        if generated and not parameters:
            warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


def clip_grad_norm(*args: Any, **kwargs: Any) -> Tensor:
    """The deprecated name of `clip_grad_norm_`."""
    warnings.warn(
        "`nn.utils.clip_grad_norm` is now deprecated in favor of `nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(*args, **kwargs)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of every gradient to [-clip_value, clip_value]."""
    bound = float(clip_value)
    for gradient in _gradients(parameters):
        np.clip(gradient.array, -bound, bound, out=gradient.array)
        ag.increment_version(gradient)


def _gradients(parameters: Any) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter.grad for parameter in parameters if parameter.grad is not None]
