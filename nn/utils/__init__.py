"""Helpers on parameters: clipping gradients, and all parameters as one vector."""

from . import checkpoint as checkpoint
from . import dlpack as dlpack
from .clipping import clip_grad_norm_, clip_grad_value_
from .vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "checkpoint",
    "dlpack",
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "vector_to_parameters",
]
