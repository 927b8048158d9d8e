"""`torch.autograd`: what differentiates, under PyTorch's names."""

from __future__ import annotations

from ..anomaly import detect_anomaly, set_detect_anomaly
from ..derivatives import backward, grad
from ..function import Function
from ..gradcheck import GradcheckError, gradcheck, gradgradcheck
from ..modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..tensor import Variable
from . import function, functional, graph

__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
