"""All parameters as one vector, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import autograd_core as ag
from autograd_core import Tensor

from ..parameter import typename

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, flattened, in one vector; part of the graph.

    >>> nn.utils.parameters_to_vector([ag.ones(2, 2), ag.zeros(1)])
    tensor([1., 1., 1., 1., 0.])
    """
    return ag.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let the parameters be pieces of the vector, whose memory they share from then on, as in PyTorch."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = vec[start:stop].view_as(parameter).data
        start = stop
