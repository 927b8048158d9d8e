"""Element types and PyTorch's rules for combining them.

dtypes are NumPy dtypes. Promotion is PyTorch's: Python numbers and 0-d tensors do not promote within a
category (bool < integer < floating < complex); an integer meets a floating type as that floating type.
Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.dtype
"""

from __future__ import annotations

import builtins
from typing import Any, TypeAlias

import numpy as np

DType: TypeAlias = np.dtype[Any]
DTypeLike: TypeAlias = Any  # a NumPy dtype or type, a Python type, or None

float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
bool = np.dtype(np.bool_)
complex64 = cfloat = np.dtype(np.complex64)
complex128 = cdouble = np.dtype(np.complex128)

ALL = (float16, float32, float64, int8, int16, int32, int64, uint8, bool, complex64, complex128)
TENSOR_NAMES: dict[DType, str] = {  # as in torch.FloatTensor
    float16: "Half",
    float32: "Float",
    float64: "Double",
    int8: "Char",
    int16: "Short",
    int32: "Int",
    int64: "Long",
    uint8: "Byte",
    bool: "Bool",
    complex64: "ComplexFloat",
    complex128: "ComplexDouble",
}
CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
_PYTHON = {builtins.bool: bool, builtins.int: int64, builtins.float: None, builtins.complex: None}
_WIDER = {float16: float32, float32: float64}

_default = float32


def get_default_dtype() -> DType:
    """The dtype of new floating tensors: float32 until `set_default_dtype` says otherwise.

    >>> get_default_dtype()
    dtype('float32')
    """
    return _default


def set_default_dtype(dtype: DTypeLike) -> None:
    """Set the dtype of tensors made from Python floats. Raises TypeError unless it is a floating dtype."""
    global _default
    new = as_dtype(dtype)
    if new.kind != "f":
        raise TypeError(f"set_default_dtype: only floating-point types are supported as the default, not {new}")
    _default = new


def as_dtype(dtype: DTypeLike) -> DType:
    """The supported NumPy dtype that `dtype` names. Raises TypeError for one that tensors cannot hold.

    >>> as_dtype(builtins.int), as_dtype(np.float64), as_dtype(builtins.float)
    (dtype('int64'), dtype('float64'), dtype('float64'))
    """
    if dtype is builtins.float:
        return float64
    if dtype.__class__ is str:
        raise TypeError(f"dtype must be a dtype such as ag.float32, not the string {dtype!r}")
    if dtype in _PYTHON:
        return _PYTHON[dtype] or complex128
    found = np.dtype(dtype).newbyteorder("=")
    if found not in ALL:
        names = ", ".join(known.name for known in ALL)
        raise TypeError(f"unsupported dtype {found}: tensors hold {names}")
    return found


def scalar_dtype(value: Any) -> DType:
    """The dtype a Python number has by itself: bool, int64, the default floating dtype, or complex."""
    kind = value.__class__
    if kind is builtins.float:
        return _default
    if kind is builtins.int:
        return int64
    if kind is builtins.bool:
        return bool
    return complex128 if _default == float64 else complex64


def promote_types(first: DType, second: DType) -> DType:
    """The smallest dtype both convert to, by PyTorch's table.

    >>> promote_types(int64, float16), promote_types(uint8, int8), promote_types(float16, float32)
    (dtype('float16'), dtype('int16'), dtype('float32'))
    """
    if first == second:
        return first
    low, high = sorted((first, second), key=lambda dtype: CATEGORY[dtype.kind])
    if CATEGORY[low.kind] == CATEGORY[high.kind]:
        return np.promote_types(first, second)
    if high.kind == "c" and low == float64:
        return complex128
    return high


def result_type(*operands: Any) -> DType:
    """The dtype of an element-wise operation on arrays and Python numbers, by PyTorch's rules.

    Arrays with dimensions come before 0-d arrays, and these before Python numbers; a later group counts
    only where its category is higher.

    >>> result_type(np.zeros(2, np.float32), np.zeros((), np.float64)), result_type(np.zeros(2, np.int32), 1.5)
    (dtype('float32'), dtype('float32'))
    """
    groups: list[DType | None] = [None, None, None]  # with dimensions, 0-d, numbers
    for operand in operands:
        if isinstance(operand, np.ndarray):
            place, dtype = (0 if operand.ndim else 1), operand.dtype
        else:
            place, dtype = 2, scalar_dtype(operand)
        known = groups[place]
        groups[place] = dtype if known is None else promote_types(known, dtype)
    result: DType | None = None
    for dtype_ in groups:
        if dtype_ is None:
            continue
        if result is None:
            result = dtype_
        elif CATEGORY[dtype_.kind] > CATEGORY[result.kind]:
            result = promote_types(result, dtype_) if dtype_.kind == "c" else dtype_
    assert result is not None
    return result


def require(name: str, dtype: DType, kinds: str) -> None:
    """Raise what PyTorch raises unless an operation can work on a dtype: one of the NumPy kinds "b i u f c".

    >>> require("silu", float32, "fc")
    """
    if dtype.kind not in kinds:
        remedy = (
            ""
            if dtype.kind == "f"
            else "; convert with .float() or .long()"
            if "i" in kinds
            else "; convert with .float()"
        )
        raise NotImplementedError(f"{name}: not implemented for {dtype}{remedy}")


def can_cast(from_: DType, to: DType) -> builtins.bool:
    """Whether an in-place result of dtype `from_` may be written to `to`: the category may not fall.

    >>> can_cast(float64, float32), can_cast(float32, int64)
    (True, False)
    """
    if to == bool:
        return from_ == bool
    return CATEGORY[from_.kind] <= CATEGORY[to.kind]


def of_tensor_type(kind: Any) -> DType | None:
    """The dtype of a tensor type, such as ``FloatTensor`` or its name "torch.FloatTensor"; None if it is none.

    >>> of_tensor_type("torch.LongTensor")
    dtype('int64')
    """
    if isinstance(kind, str):
        named = {f"torch.{name}Tensor": dtype for dtype, name in TENSOR_NAMES.items()}
        if kind not in named:
            raise ValueError(
                f"invalid type: {kind!r}; give a dtype such as ag.float32, or a name such as 'torch.FloatTensor'"
            )
        return named[kind]
    found = getattr(kind, "dtype", None)
    return found if isinstance(kind, type) and isinstance(found, np.dtype) else None


class finfo:  # noqa: N801 - PyTorch's name
    """The limits of a floating dtype: bits, eps, max, min, tiny (smallest_normal), resolution.

    >>> finfo(float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type: DTypeLike = None) -> None:
        dtype = _default if type is None else as_dtype(type)
        if dtype.kind not in "fc":
            raise TypeError(f"finfo() requires a floating-point dtype, not {dtype}; use iinfo")
        known = np.finfo(dtype)
        self.dtype, self.bits = known.dtype.name, known.bits
        self.eps, self.max, self.min = builtins.float(known.eps), builtins.float(known.max), builtins.float(known.min)
        self.tiny = self.smallest_normal = builtins.float(known.tiny)
        self.resolution = builtins.float(str(known.resolution))

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, finfo) and other.dtype == self.dtype

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:  # noqa: N801 - PyTorch's name
    """The limits of an integer dtype: bits, max, min.

    >>> iinfo(uint8).max
    255
    """

    def __init__(self, type: DTypeLike) -> None:
        dtype = as_dtype(type)
        if dtype.kind not in "iu":
            raise TypeError(f"iinfo() requires an integer dtype, not {dtype}; use finfo")
        known = np.iinfo(dtype)
        self.dtype, self.bits, self.max, self.min = (
            dtype.name,
            known.bits,
            builtins.int(known.max),
            builtins.int(known.min),
        )

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, iinfo) and other.dtype == self.dtype

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"
