"""The operations of `autograd_core` under the names and signatures of ``torch.nn.functional``.

What has no argument of its own here is the core's function itself. The rest adds what is not an operation:
`inplace`, the arguments `size_average` and `reduce` of old programs, a `dim` that was left out.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import dropout, gelu, linear, logsigmoid, one_hot, pad, sigmoid, tanh

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd_core import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "hardtanh",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "relu",
    "relu6",
    "relu_",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]


# ---------------------------------------------------------------- activations


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


# ---------------------------------------------------------------- embedding


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of weight (n, d) by integer index (…): result (…, d). The row padding_idx gets no gradient."""
    for name, given in (("max_norm", max_norm), ("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
        if given:
            raise NotImplementedError(f"embedding: {name}={given!r} is not supported")
    return ag.embedding(input, weight, padding_idx)


# ---------------------------------------------------------------- losses


def legacy_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """What `size_average` and `reduce`, deprecated in PyTorch 0.4, mean as a `reduction`."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.", stacklevel=3
    )
    return meant


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Mean squared error.

    >>> F.mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    return ag.mse_loss(input, target, legacy_reduction(size_average, reduce, reduction), weight=weight)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean absolute error."""
    return ag.l1_loss(input, target, legacy_reduction(size_average, reduce, reduction))


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood. input: log-probabilities (N, C, …); target: class numbers (N, …)."""
    return ag.nll_loss(input, target, weight, ignore_index, legacy_reduction(size_average, reduce, reduction))


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax and negative log-likelihood. input: logits (N, C, …); target: class numbers (N, …) or probabilities.

    >>> F.cross_entropy(tensor([[1., 2., 3.]]), tensor([2]))
    tensor(0.4076)
    """
    reduction = legacy_reduction(size_average, reduce, reduction)
    return ag.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t log x + (1 - t) log(1 - x)) of probabilities x."""
    return ag.binary_cross_entropy(input, target, weight, legacy_reduction(size_average, reduce, reduction))


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Sigmoid and binary cross entropy."""
    reduction = legacy_reduction(size_average, reduce, reduction)
    return ag.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)
