"""The operations of `autograd_core` under the names and signatures of ``torch.nn.functional``.

What has no argument of its own here is the core's function itself. The rest adds what is not an operation:
`inplace`, the arguments `size_average` and `reduce` of old programs, a `dim` that was left out.
"""

from __future__ import annotations

from autograd_core import dropout, gelu, linear, logsigmoid, one_hot, pad, sigmoid, tanh

from .activation import elu, hardtanh, leaky_relu, log_softmax, relu, relu6, relu_, silu, softmax, softplus
from .embedding import embedding
from .losses import binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, l1_loss, mse_loss, nll_loss

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
