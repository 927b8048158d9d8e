"""Activations with PyTorch's `inplace`, and a `dim` that may be left out."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import autograd_core as ag

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd_core import Tensor

__all__ = [
    "elu",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "relu",
    "relu6",
    "relu_",
    "silu",
    "softmax",
    "softplus",
]


def _in_place(input: Tensor, function: Callable[..., Tensor], *options: Any) -> Tensor:
    """Overwrite the input with a function of it; the graph keeps a copy of what was there."""
    return input.copy_(function(input.clone(), *options))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0).

    >>> x = tensor([-1., 2.])
    >>> F.relu(x, inplace=True) is x, x
    (True, tensor([0., 2.]))
    """
    return _in_place(input, ag.relu) if inplace else ag.relu(input)


def relu_(input: Tensor) -> Tensor:
    """max(x, 0), in place."""
    return _in_place(input, ag.relu)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x above 0, negative_slope * x below."""
    return _in_place(input, ag.leaky_relu, negative_slope) if inplace else ag.leaky_relu(input, negative_slope)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to [min_val, max_val]."""
    return _in_place(input, ag.hardtanh, min_val, max_val) if inplace else ag.hardtanh(input, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return hardtanh(input, 0.0, 6.0, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha (e^x - 1) below."""
    return _in_place(input, ag.elu, alpha) if inplace else ag.elu(input, alpha)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x)."""
    return _in_place(input, ag.silu) if inplace else ag.silu(input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta."""
    return ag.softplus(input, beta, threshold)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """e^x divided by its sum over dim.

    >>> F.softmax(tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ag.softmax(input, _chosen_dim("softmax", input, dim, _stacklevel), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """log(softmax(x))."""
    return ag.log_softmax(input, _chosen_dim("log_softmax", input, dim, _stacklevel), dtype=dtype)


def _chosen_dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.ndim in (0, 1, 3) else 1
