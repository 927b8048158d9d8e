"""Reading numbers: what `tensor(data)` accepts becomes an array of PyTorch's dtype."""

from __future__ import annotations

import warnings
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .dtypes import as_dtype, get_default_dtype, promote_types, scalar_dtype

if TYPE_CHECKING:
    from .dtypes import DType, DTypeLike

__all__ = ["as_array"]

Array: TypeAlias = np.ndarray[Any, Any]


def as_array(data: Any, dtype: DTypeLike = None, name: str = "tensor") -> Array:
    """A new array of numbers, nested sequences of them, arrays or tensors.

    Python floats get the default dtype, ints int64; NumPy's numbers and arrays keep theirs. With a dtype, the numbers are
    converted to it, and what is out of its range raises.

    >>> as_array([1, 2.5]).dtype, as_array([1, np.float64(2)]).dtype, as_array([], int64).shape
    (dtype('float32'), dtype('float64'), (0,))
    """
    wanted = None if dtype is None else as_dtype(dtype)
    if hasattr(data, "_edge"):
        data = data.array
    if isinstance(data, np.ndarray):
        if data.dtype.kind not in "biufc":
            raise TypeError(f"{name}(): cannot make a tensor of an array of dtype {data.dtype}; give numbers")
        return np.array(data, as_dtype(data.dtype) if wanted is None else wanted, order="C")
    if isinstance(data, bytearray | memoryview | range):
        data = list(data)
    nested = isinstance(data, tuple | list)
    found: set[DType] = set()
    if nested:
        kinds: set[type] = set()
        _collect(data, kinds, found)
        if any(hasattr(kind, "_edge") for kind in kinds):
            data = _without_tensors(data)
        found.update(known for known in map(_dtype_of, kinds) if known is not None)
    else:
        known = _dtype_of(type(data))
        found = set() if known is None else {known}
    try:
        array = np.array(data)
    except ValueError as error:
        raise _ragged(name, data, error) from None
    if array.dtype.kind not in "biufc" or array.dtype == np.uint64:
        array = _of_large_ints(name, data, array, wanted)
    if wanted is None:
        wanted = reduce(promote_types, found) if found else get_default_dtype() if nested else as_dtype(array.dtype)
    return _converted(name, array, wanted)


def _collect(items: Any, kinds: set[type], found: set[DType]) -> None:
    """The types of the numbers in nested sequences, and the dtypes of arrays and tensors among them."""
    here = set(map(type, items))
    for item in items if not here <= _PYTHON.keys() else ():
        if isinstance(item, tuple | list):
            _collect(item, kinds, found)
        elif isinstance(item, np.ndarray) or hasattr(item, "_edge"):
            found.add(as_dtype(item.dtype))
    kinds |= here


_PYTHON: dict[type, None] = dict.fromkeys((bool, int, float))


def _dtype_of(kind: type) -> DType | None:
    if issubclass(kind, np.generic):
        return as_dtype(kind)
    for known, value in ((bool, False), (int, 0), (float, 0.0), (complex, 0j)):
        if issubclass(kind, known):
            return scalar_dtype(value)
    return None


def _without_tensors(data: Any) -> Any:
    """Nested sequences with the number that each tensor in them holds."""
    items = []
    for item in data:
        if isinstance(item, tuple | list):
            item = _without_tensors(item)
        elif hasattr(item, "_edge"):
            if item._edge is not None:
                warnings.warn(
                    "tensor([...]) of tensors that require grad gives a constant: their graph is not kept. "
                    "Use stack([...]) to keep it, or .detach() / .item() to say that you do not want it.",
                    stacklevel=5,
                )
            if item.array.size != 1:
                raise (ValueError if item.array.dtype.kind in "fc" else TypeError)(
                    f"tensor(): only tensors of one element can stand among numbers, but one has shape {item.array.shape}; use "
                    "stack([...])"
                )
            item = item.array.item()
        items.append(item)
    return items


def _ragged(name: str, data: Any, error: ValueError) -> Exception:
    """The error for sequences that do not nest evenly."""

    def mixed(level: Any) -> bool:
        inner = [isinstance(item, tuple | list) or getattr(item, "ndim", 0) > 0 for item in level]
        return any(inner) and (not all(inner) or any(map(mixed, level)))

    kind = TypeError if mixed(data) else ValueError
    return kind(
        f"{name}(): the nested sequences differ in length at one level, where a tensor needs them equal; pad the shorter ones "
        f"({error})"
    )


def _of_large_ints(name: str, data: Any, array: Array, wanted: DType | None) -> Array:
    """Numbers that NumPy did not recognise: ints beyond int64, which a floating dtype can hold."""
    numbers = array.dtype == np.uint64 or (
        array.dtype == object and all(isinstance(n, int | float) for n in array.reshape(-1))
    )
    if numbers and array.size:
        if wanted is not None and wanted.kind in "fc":
            return array.astype(np.float64)
        raise ValueError(f"{name}(): {data!r:.60} has integers beyond the range of int64; give a floating dtype")
    first = data
    while isinstance(first, tuple | list) and first:
        first = first[0]
    kind: type[Exception] = RuntimeError
    if array.dtype.kind in "US":
        kind = ValueError if first is not data and isinstance(first, str) else TypeError  # as in PyTorch
    raise kind(f"{name}(): could not infer the dtype of {type(data).__name__} {data!r:.60}; give numbers")


def _converted(name: str, array: Array, wanted: DType) -> Array:
    if array.dtype == wanted:
        return array
    if array.dtype.kind == "c" and wanted.kind != "c":
        raise TypeError(f"{name}(): complex numbers do not fit {wanted}; take the real part first")
    with np.errstate(all="ignore"):
        converted = array.astype(wanted)
        if wanted.kind in "iu" and array.size and array.dtype.kind != "b":
            limits = np.iinfo(wanted)
            wraps = wanted.kind == "u" and array.dtype.kind != "f"  # the integer -1 becomes 255, as in C
            fits = (array >= (-limits.max if wraps else limits.min)) & (array <= limits.max)
            if not fits.all():
                raise RuntimeError(
                    f"{name}(): a value among {array!r:.60} cannot be converted to {wanted} without overflow"
                )
    return converted
