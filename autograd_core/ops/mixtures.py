"""Mixtures of three tensors, element by element: interpolation, and a tensor plus a product or quotient.

Formulas follow PyTorch's pages at https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arrays.dtypes import require
from ..primitive import TensorLike, primitive
from .elementwise import cast

if TYPE_CHECKING:
    from ..tensor import Tensor


@primitive(broadcasts=True, promotes=("input", "end"), fresh=True,
           input=lambda g, weight: g * (1 - weight),
           end=lambda g, weight: g * weight,
           weight=lambda g, input, end: g * (end - input))
def _lerp(input: TensorLike, end: TensorLike, weight: TensorLike | float) -> Tensor:
    require("lerp", input.dtype, "fc")
    way = end - input
    if not isinstance(weight, np.ndarray):
        return input + weight * way if abs(weight) < 0.5 else end - (1 - weight) * way
    return np.where(np.abs(weight) < 0.5, input + weight * way, end - (1 - weight) * way)


def lerp(input: TensorLike, end: TensorLike, weight: TensorLike) -> Tensor:
    """input + weight * (end - input), all of one dtype; weight may be a number. Exact at both ends.

    >>> lerp(tensor([0., 10.]), tensor([1., 20.]), 0.5)
    tensor([ 0.5000, 15.0000])
    """
    wanted = getattr(input, "dtype", None)
    for name, operand in (("end", end), ("weight", weight)):
        found = getattr(operand, "dtype", wanted)
        if wanted is not None and found != wanted and (name == "end" or operand.ndim):
            raise RuntimeError(f"lerp: {name} is {found} but input is {wanted}; convert one with .to(dtype)")
    if hasattr(weight, "array") and weight.dtype != wanted:
        weight = cast(weight, wanted)
    return _lerp(input, end, weight)


@primitive(broadcasts=True, promotes=True, fresh=True,
           input=lambda g: g + 0,
           tensor1=lambda g, tensor2, value: g * (tensor2 * value),
           tensor2=lambda g, tensor1, value: g * (tensor1 * value))
def _addcmul(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, value: float) -> Tensor:
    require("addcmul", input.dtype, "iufc")
    if input.dtype.kind in "iu" and isinstance(value, float):
        raise RuntimeError(f"addcmul: value={value} must be an integer for {input.dtype} operands; convert with .float()")
    if input.dtype.kind in "iu":
        value = np.asarray(value).astype(input.dtype)  # type: ignore[assignment]  # -1 becomes 255, as in C
    return input + value * tensor1 * tensor2


def addcmul(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: float = 1) -> Tensor:
    """input + value * tensor1 * tensor2.

    >>> addcmul(tensor([1.]), tensor([2.]), tensor([3.]), value=10)
    tensor([61.])
    """
    return _addcmul(input, tensor1, tensor2, value)


@primitive(broadcasts=True, promotes=True, fresh=True,
           input=lambda g: g + 0,
           tensor1=lambda g, tensor2, value: g * (value / tensor2),
           tensor2=lambda g, tensor1, tensor2, value: -g * (value * tensor1 / (tensor2 * tensor2)))
def _addcdiv(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, value: float) -> Tensor:
    return input + value * tensor1 / tensor2


def addcdiv(input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: float = 1) -> Tensor:
    """input + value * tensor1 / tensor2. Raises where tensor1 and tensor2 are both integers.

    >>> addcdiv(tensor([1.]), tensor([6.]), tensor([3.]), value=10)
    tensor([21.])
    """
    if all(getattr(x, "dtype", np.dtype(float)).kind in "biu" for x in (tensor1, tensor2)):
        raise RuntimeError("addcdiv: integer division is not supported; convert tensor1 or tensor2 with .float()")
    return _addcdiv(input, tensor1, tensor2, value)
