"""Linear algebra under PyTorch's names (`torch.linalg`)."""

from __future__ import annotations

from .ops.linalg import linalg_cross as cross
from .ops.linalg import linalg_norm as norm
from .ops.linalg import matmul, matrix_norm, vector_norm

__all__ = ["cross", "matmul", "matrix_norm", "norm", "vector_norm"]
