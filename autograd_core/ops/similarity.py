"""How far two vectors are from each other, row by row.

Formulas follow https://docs.pytorch.org/docs/stable/nn.functional.html#distance-functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arrays import dtypes
from ..arrays.dims import common_shape, one_dim
from .elementwise import cast
from .losses import _at_least
from .norms import vector_norm

if TYPE_CHECKING:
    from ..tensor import Tensor


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along dim of the broadcast inputs.

    Each is divided by its norm, limited to >= eps, where the gradient takes no notice.

    >>> cosine_similarity(tensor([[1., 0.]]), tensor([[1., 1.]]))
    tensor([0.7071])
    """
    dtype = dtypes.result_type(x1.array, x2.array)
    if dtype.kind != "f":
        raise RuntimeError(f"cosine_similarity: expected common dtype to be floating point, yet common dtype is {dtype}")
    shape = common_shape("cosine_similarity", x1=x1.array.shape, x2=x2.array.shape)
    at = one_dim("cosine_similarity", dim, len(shape))
    units = []
    for x in (x1, x2):
        vectors = (x if x.array.dtype.kind == "f" else cast(x, dtype)).broadcast_to(shape)
        with np.errstate(invalid="ignore"):  # in half precision eps may round to 0
            units.append(vectors / _at_least(vector_norm(vectors, 2, at, True), eps))
    return (units[0] * units[1]).sum(at)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension of the broadcast inputs.

    >>> pairwise_distance(tensor([[0., 0.]]), tensor([[3., 4.]]))
    tensor([5.0000])
    """
    return vector_norm(x1 - x2 + eps, p, -1, keepdim)
