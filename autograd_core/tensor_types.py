"""PyTorch's older types, `FloatTensor` and its kin: constructors, and classes by which tensors are told apart."""

from __future__ import annotations

from typing import Any

from .arrays import dtypes
from .arrays.dtypes import DType, of_tensor_type, set_default_dtype
from .primitive import wrap
from .tensor import Tensor
from .tensors.creation import legacy


class _TensorType(type):
    """A tensor belongs to the type of its dtype; the types make plain Tensors."""

    dtype: DType

    def __call__(cls, *data: Any, size: Any = None, device: Any = None) -> Tensor:
        array, memory = legacy(cls.__name__, data, size, device, cls.dtype)
        return wrap(array, None, memory)  # type: ignore[no-any-return]  # late-bound

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.array.dtype == cls.dtype


def _type_of(dtype: DType) -> Any:
    name = f"{dtypes.TENSOR_NAMES[dtype]}Tensor"
    return _TensorType(
        name, (), {"dtype": dtype, "__module__": "torch", "__doc__": f"Tensors of {dtype}: of a size, or a sequence."}
    )


HalfTensor, FloatTensor, DoubleTensor = _type_of(dtypes.float16), _type_of(dtypes.float32), _type_of(dtypes.float64)
CharTensor, ShortTensor, IntTensor = _type_of(dtypes.int8), _type_of(dtypes.int16), _type_of(dtypes.int32)
LongTensor, ByteTensor, BoolTensor = _type_of(dtypes.int64), _type_of(dtypes.uint8), _type_of(dtypes.bool)


def set_default_tensor_type(t: Any) -> None:
    """`set_default_dtype` by a tensor type or its name. (Deprecated in PyTorch.)

    >>> set_default_tensor_type("torch.FloatTensor")
    """
    set_default_dtype(of_tensor_type(t) or t)
