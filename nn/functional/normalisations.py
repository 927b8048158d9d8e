"""Normalisation with PyTorch's defaults, order of arguments, and checks of what a batch must have."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import autograd_core as ag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd_core import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "normalize"]


def _check_count(values: int, shape: tuple[int, ...]) -> None:
    if values == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shape}; a single value has no "
            "variance: use a larger batch, or call .eval()"
        )


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of (N, C, *) to mean 0 and variance 1: of the batch in training, else with the running statistics.

    >>> F.batch_norm(tensor([[1.], [3.]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    shape = tuple(input.shape)
    if training:
        _check_count(shape[0] * prod(shape[2:]), shape)
    if eps < 0 or (training and eps == 0):
        raise ValueError(
            f"batch_norm eps must be {'positive during training' if training else 'non-negative'}, but got {eps}"
        )
    return ag.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each sample of (N, C, *) to mean 0 and variance 1.

    >>> F.instance_norm(tensor([[[1., 3.]]]))
    tensor([[[-1.0000,  1.0000]]])
    """
    shape = tuple(input.shape)
    if use_input_stats and prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {shape}; a single element has no variance"
        )
    return ag.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each sample (the last dimensions, of normalized_shape) to mean 0 and variance 1, times weight, plus bias."""
    return ag.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """The channels of (N, C, *) in groups, each sample's group to mean 0 and variance 1; weight and bias by channel."""
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    _check_count(shape[0] * shape[1] // num_groups * prod(shape[2:]), shape)
    return ag.group_norm(input, num_groups, weight, bias, eps)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """input by its p-norm over dim, which is taken to be at least eps.

    >>> F.normalize(tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    if out is None:
        return ag.normalize(input, p, dim, eps)
    divide: Any = ag.div  # whose public face takes out=
    return divide(input, ag.norm(input, p, dim, keepdim=True).clamp_min(eps), out=out)  # type: ignore[no-any-return]
