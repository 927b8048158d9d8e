"""Activations with PyTorch's `inplace`, and a `dim` that may be left out."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import autograd_core as ag

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gumbel_softmax",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "silu",
    "softmax",
    "softmin",
    "threshold",
    "threshold_",
]

celu_ = ag.in_place(ag.celu)
elu_ = ag.in_place(ag.elu)
hardtanh_ = ag.in_place(ag.hardtanh)
leaky_relu_ = ag.in_place(ag.leaky_relu)
relu_ = ag.in_place(ag.relu)
rrelu_ = ag.in_place(ag.rrelu)
selu_ = ag.in_place(ag.selu)
threshold_ = ag.in_place(ag.threshold)
_hardsigmoid_ = ag.in_place(ag.hardsigmoid)
_hardswish_ = ag.in_place(ag.hardswish)
_mish_ = ag.in_place(ag.mish)
_silu_ = ag.in_place(ag.silu)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0).

    >>> x = tensor([-1., 2.])
    >>> F.relu(x, inplace=True) is x, x
    (True, tensor([0., 2.]))
    """
    return relu_(input) if inplace else ag.relu(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x above 0, negative_slope * x below."""
    return leaky_relu_(input, negative_slope) if inplace else ag.leaky_relu(input, negative_slope)


def rrelu(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """x above 0, below it x times a slope drawn from [lower, upper), or their mean when not training."""
    return rrelu_(input, lower, upper, training) if inplace else ag.rrelu(input, lower, upper, training)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x above the threshold, else value."""
    return threshold_(input, threshold, value) if inplace else ag.threshold(input, threshold, value)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to [min_val, max_val]."""
    return hardtanh_(input, min_val, max_val) if inplace else ag.hardtanh(input, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return hardtanh(input, 0.0, 6.0, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha (e^x - 1) below."""
    return elu_(input, alpha) if inplace else ag.elu(input, alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """A scaled elu that keeps mean 0 and variance 1."""
    return selu_(input) if inplace else ag.selu(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x above 0, alpha (e^(x / alpha) - 1) below."""
    return celu_(input, alpha) if inplace else ag.celu(input, alpha)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x)."""
    return _silu_(input) if inplace else ag.silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x))."""
    return _mish_(input) if inplace else ag.mish(input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """x / 6 + 1/2 limited to [0, 1]."""
    return _hardsigmoid_(input) if inplace else ag.hardsigmoid(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * hardsigmoid(x)."""
    return _hardswish_(input) if inplace else ag.hardswish(input)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """e^x divided by its sum over dim.

    >>> F.softmax(tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return ag.softmax(input, _chosen_dim("softmax", input, dim, _stacklevel), dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """softmax(-x)."""
    return ag.softmin(input, _chosen_dim("softmin", input, dim, _stacklevel), dtype=dtype)


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


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample from the Gumbel-softmax distribution: softmax((logits + noise) / tau) (Jang et al. 2017).

    hard: one-hot, with the gradient of the soft sample. With the same seed the sample is PyTorch's.

    >>> _ = ag.manual_seed(0); F.gumbel_softmax(tensor([1., 2., 3.]), hard=True)
    tensor([0., 0., 1.])
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -ag.empty(logits.shape, dtype=logits.dtype).exponential_().log()
    soft = ag.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    winner = soft.max(dim, keepdim=True)[1]
    return ag.scatter(ag.zeros_like(logits), dim, winner, 1.0) - soft.detach() + soft
