"""A tensor in another dtype, as Python numbers, or element by element through a Python function: methods of `Tensor`."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import devices
from ..arrays import dtypes
from ..inplace import check_writable
from ..modes import is_grad_enabled
from ..ops.elementwise import cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..arrays.dtypes import DType, DTypeLike
    from ..tensor import Tensor

# ---------------------------------------------------------------- another dtype


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """In another dtype, given as such or as another tensor's; devices other than the CPU raise.

    >>> zeros(1).to(int64)
    tensor([0])
    """
    device, dtype, *flags = _target(args)
    device, dtype = kwargs.pop("device", device), kwargs.pop("dtype", dtype)
    kwargs.pop("non_blocking", None)
    copy = kwargs.pop("copy", flags[1] if len(flags) > 1 else False)
    devices.check(device)
    devices.check_format("to", kwargs.pop("memory_format", None))
    if kwargs:
        raise TypeError(f"to() got an unexpected keyword argument {next(iter(kwargs))!r}")
    converted = self if dtype is None else cast(self, dtype)
    return converted.clone() if copy and converted is self else converted


def _target(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Device, dtype, and further flags (non_blocking, copy) of ``to(…)``."""
    device = dtype = None
    flags = []
    for arg in args:
        if hasattr(arg, "_edge"):
            dtype = arg.array.dtype
        elif isinstance(arg, builtins.bool):
            flags.append(arg)
        elif isinstance(arg, devices.device | str | builtins.int):
            device = f"cuda:{arg}" if isinstance(arg, builtins.int) else arg
        elif arg is not None:
            dtype = arg
    return device, dtype, *flags


def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The tensor in another dtype; without one, PyTorch's name of this type.

    >>> zeros(1).type(), zeros(1).type("torch.LongTensor")
    ('torch.FloatTensor', tensor([0]))
    """
    if dtype is None:
        return f"torch.{dtypes.TENSOR_NAMES[self.array.dtype]}Tensor"
    return cast(self, dtypes.of_tensor_type(dtype) or dtype)


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """In other's dtype."""
    return cast(self, other.array.dtype)


def astype(self: Tensor, dtype: DTypeLike, copy: bool = True) -> Tensor:
    """NumPy's name for `to(dtype)`."""
    return cast(self, np.dtype(dtype))


def _to(dtype: DType) -> Callable[..., Any]:
    def convert(self: Tensor, memory_format: devices.memory_format = devices.preserve_format) -> Tensor:
        devices.check_format(str(dtype), memory_format)
        return cast(self, dtype)

    convert.__doc__ = f"In {dtype}."
    return convert


float, double, half = _to(dtypes.float32), _to(dtypes.float64), _to(dtypes.float16)
long, int, short, char = _to(dtypes.int64), _to(dtypes.int32), _to(dtypes.int16), _to(dtypes.int8)
byte, bool_ = _to(dtypes.uint8), _to(dtypes.bool)
cfloat, cdouble = _to(dtypes.complex64), _to(dtypes.complex128)


def bfloat16(self: Tensor, memory_format: Any = None) -> Tensor:
    """Raises: NumPy has no such dtype."""
    raise TypeError("bfloat16 is not supported: NumPy has no such dtype; use .half() or .float()")


def chalf(self: Tensor, memory_format: Any = None) -> Tensor:
    """Raises: NumPy has no such dtype."""
    raise TypeError("complex32 is not supported: NumPy has no such dtype; use .cfloat()")


def cpu(self: Tensor, memory_format: devices.memory_format = devices.preserve_format) -> Tensor:
    """The tensor itself: it is there already."""
    devices.check_format("cpu", memory_format)
    return self


def cuda(self: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """Raises: there is no GPU."""
    devices.check("cuda")
    return self


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """The dtype of an element-wise operation on two tensors or numbers.

    >>> result_type(tensor([1, 2]), 1.0)
    dtype('float32')
    """
    return dtypes.result_type(*[getattr(value, "array", value) for value in (tensor1, tensor2)])


# ---------------------------------------------------------------- Python functions


def _mapped(self: Tensor, name: str, function: Callable[..., Any], *others: Any) -> Tensor:
    for other in (self, *others):
        if is_grad_enabled() and other._edge is not None:
            raise RuntimeError(
                f"Can't call {name}() on a tensor that requires grad: use .detach().{name}(…), or tensor operations"
            )
        if other.array.dtype != self.array.dtype:
            raise TypeError(f"{name}(): expected tensors of one dtype, got {self.array.dtype} and {other.array.dtype}")
    if not builtins.callable(function):
        raise TypeError(f"{name}(): {function!r:.60} is not callable")
    check_writable(self, name)
    array = self.array
    arrays = [np.broadcast_to(other.array, array.shape) for other in others]
    lines = [each.reshape(-1).tolist() for each in (array, *arrays)]
    array[...] = np.array([*map(function, *lines)]).astype(array.dtype).reshape(array.shape)
    self._memory.written()
    return self


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by what a Python function makes of it. Slow: prefer tensor operations.

    >>> tensor([1., 2.]).apply_(lambda x: x + 1)
    tensor([2., 3.])
    """
    return _mapped(self, "apply_", callable)


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element by what a Python function makes of it and of another tensor's (broadcast)."""
    return _mapped(self, "map_", callable, tensor)


def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
    """Replace each element by what a Python function makes of it and of two other tensors' (broadcast)."""
    return _mapped(self, "map2_", callable, x, y)
