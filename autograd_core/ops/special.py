"""Special functions: the error function and its relatives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..numerics import erf as erf_array
from ..primitive import TensorLike, primitive

if TYPE_CHECKING:
    from ..tensor import Tensor


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * (np.exp(-input * input) * (2 / math.sqrt(math.pi))))
def erf(input: TensorLike) -> Tensor:
    """The error function.

    >>> erf(tensor([0., 0.5]))
    tensor([0.0000, 0.5205])
    """
    return erf_array(input)
