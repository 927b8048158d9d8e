"""Helpers on parameters: clipping gradients, and all parameters as one vector; `rnn`, on sequences; `checkpoint`."""

from . import checkpoint as checkpoint
from . import dlpack as dlpack
from . import rnn as rnn
from .clipping import clip_grad_norm_, clip_grad_value_
from .vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "checkpoint",
    "clip_grad_norm_",
    "clip_grad_value_",
    "dlpack",
    "parameters_to_vector",
    "rnn",
    "vector_to_parameters",
]
