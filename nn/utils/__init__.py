"""Helpers on parameters: clipping, all as one vector, weights computed from others; `rnn`, on sequences; `checkpoint`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import autograd_core as ag

from . import checkpoint as checkpoint
from . import dlpack as dlpack
from . import parametrizations, parametrize, stateless
from . import rnn as rnn
from .clipping import clip_grad_norm, clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .vectors import parameters_to_vector, vector_to_parameters
from .weights import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    M = TypeVar("M")

__all__ = [
    "checkpoint",
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "dlpack",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "skip_init",
    "spectral_norm",
    "stateless",
    "vector_to_parameters",
    "weight_norm",
]


def __getattr__(name: str) -> Any:
    """`torch.utils.data.DataLoader` in the body of a program: `ag.utils` is this package."""
    if name == "data":
        return importlib.import_module("nn.data")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def skip_init(module_cls: Callable[..., M], *args: Any, **kwargs: Any) -> M:
    """A module whose initial values nobody relies on: making it takes nothing from the random stream."""
    state = ag.get_rng_state()
    module = module_cls(*args, **kwargs)
    ag.set_rng_state(state)
    return module
