"""Functions that make tensors from numbers, sizes and arrays.

`dtype=None` means: for Python floats the default dtype (float32), for ints int64, for bools bool; arrays
keep theirs. `device` and the other arguments that say where a tensor is put (`placement`: `layout=`, `pin_memory=`,
`memory_format=`) are accepted without effect where they name what there is (`devices`).
"""

from __future__ import annotations

import warnings
from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import devices
from ..arrays import dtypes
from ..arrays.dims import Size, sizes
from ..arrays.dtypes import DTypeLike, as_dtype, get_default_dtype
from ..arrays.reading import as_array
from ..arrays.strides import alike, owner, strided
from ..graph import Leaf
from ..memory import Exported, Memory, export, settle, share
from ..ops.index import as_element
from ..primitive import wrap

if TYPE_CHECKING:
    from ..arrays.dtypes import DType
    from ..tensor import Tensor


def _made(array: Any, requires_grad: bool, device: Any = None, **placement: Any) -> Tensor:
    devices.check(device)
    devices.check_placement(placement)
    tensor = wrap(array)
    if requires_grad:
        tensor.requires_grad_()
    return tensor  # type: ignore[no-any-return]  # wrap() is late-bound


def tensor(
    data: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, **placement: Any
) -> Tensor:
    """A new leaf tensor that copies `data`: a number, nested sequences of numbers, an array or a tensor.

    >>> tensor([[1, 2], [3, 4]]), tensor(1.5, requires_grad=True)
    (tensor([[1, 2],
            [3, 4]]), tensor(1.5000, requires_grad=True))
    """
    if hasattr(data, "_edge"):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use source.clone().detach() (or "
            "source.clone().detach().requires_grad_(True)) rather than tensor(source).",
            stacklevel=2,
        )
    return _made(as_array(data, dtype), requires_grad, device, **placement)


def as_tensor(data: Any, dtype: DTypeLike = None, device: Any = None) -> Tensor:
    """The data as a tensor, sharing memory where the dtype allows it: a Tensor is returned as it is."""
    devices.check(device)
    if hasattr(data, "_edge"):
        return data if dtype is None else data.to(dtype)  # type: ignore[no-any-return]
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == as_dtype(dtype)):
        return from_numpy(data)
    return wrap(as_array(data, dtype))  # type: ignore[no-any-return]


def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares memory with a NumPy array, of any strides.

    >>> from_numpy(np.arange(3))
    tensor([0, 1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy(): expected np.ndarray (got {type(ndarray).__name__})")
    if as_dtype(ndarray.dtype) != ndarray.dtype:
        raise ValueError(f"from_numpy(): byte order of {ndarray.dtype} is not the machine's; use .astype first")
    array = ndarray.view(np.ndarray)
    return wrap(array, None, Exported(array))  # type: ignore[no-any-return]


def asarray(
    obj: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """A tensor of anything: a tensor or array (sharing its memory if possible), a buffer, a number, nested sequences.

    copy=True always copies; copy=False raises ValueError where a copy would be needed. requires_grad is a tensor's own
    unless given, else False.

    >>> asarray([1, 2]), asarray(np.arange(2.))
    (tensor([1, 2]), tensor([0., 1.], dtype=float64))
    """
    devices.check(device)
    result = obj
    if not hasattr(obj, "_edge"):
        requires_grad = bool(requires_grad)
        if isinstance(obj, bytes | bytearray | memoryview):
            obj = np.frombuffer(obj, _floating(dtype))
        if copy is False and not isinstance(obj, np.ndarray):
            raise ValueError(
                f"asarray: a {type(obj).__name__} cannot share its memory with a tensor; leave out copy=False"
            )
        result = from_numpy(obj) if isinstance(obj, np.ndarray) else wrap(as_array(obj, dtype, "asarray"))
    if dtype is not None and result.array.dtype != as_dtype(dtype):
        if copy is False:
            raise ValueError(
                f"asarray: {result.array.dtype} cannot be read as {dtype} without a copy; leave out copy=False"
            )
        result = result.to(dtype)
    elif copy:
        result = result.clone()
    if requires_grad is not None and bool(requires_grad) != result.requires_grad:
        result = result.detach().requires_grad_(requires_grad)
    return result  # type: ignore[no-any-return]  # a Tensor


def frombuffer(
    buffer: Any, *, dtype: DTypeLike, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A vector that shares the memory of a buffer (bytes, bytearray, an array), from `offset` bytes on.

    What cannot be written to (bytes) gives a tensor that cannot be written to.

    >>> frombuffer(bytearray([1, 0, 2, 0]), dtype=int16)
    tensor([1, 2], dtype=int16)
    """
    found = as_dtype(dtype)
    try:
        size = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError(
            f"frombuffer: a {type(buffer).__name__} is no buffer: give bytes, a bytearray or an array"
        ) from None
    rest = size - offset
    if not size or not count:
        raise ValueError(f"frombuffer: the length of the buffer ({size}) and count ({count}) must not be 0")
    if not 0 <= offset < size:
        raise ValueError(f"frombuffer: offset {offset} must lie within the {size} bytes of the buffer")
    if rest % found.itemsize if count < 0 else rest < count * found.itemsize:
        raise ValueError(
            f"frombuffer: {rest} bytes behind offset {offset} do not hold {'a whole number of' if count < 0 else count} {found}"
        )
    tensor = from_numpy(np.frombuffer(buffer, found, count, offset))
    return tensor.requires_grad_() if requires_grad else tensor


def scalar_tensor(
    s: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, **placement: Any
) -> Tensor:
    """A 0-d tensor of a number, in the default dtype.

    >>> scalar_tensor(3)
    tensor(3.)
    """
    return _made(
        as_element("scalar_tensor", _number("scalar_tensor", s), _floating(dtype)), requires_grad, device, **placement
    )


def legacy(name: str, data: tuple[Any, ...], size: Any, device: Any, dtype: DType | None) -> tuple[Any, Memory]:
    """What the constructors `Tensor`, `FloatTensor`, … take: a size (ints), or a sequence, array or tensor; and no dtype."""
    devices.check(device)
    if len(data) == 1 and not isinstance(data[0], Size):
        (given,) = data
        if hasattr(given, "_edge"):
            if dtype is not None and given.array.dtype != dtype:
                raise TypeError(
                    f"{name}(): expected a tensor of dtype {dtype}, got {given.array.dtype}; use .to({dtype})"
                )
            memory = share(given)
            return given.array, memory
        if not isinstance(given, int | np.integer):
            if isinstance(given, str | bytes | dict) or not hasattr(given, "__len__"):
                raise TypeError(
                    f"{name}(): data must be a sequence or a size, not {type(given).__name__}; for numbers use tensor(…)"
                )
            return as_array(given, dtype or get_default_dtype(), name), Memory()
    shape = sizes(name, data, size) if data or size is not None else (0,)
    return np.empty(_shape(name, shape), dtype or get_default_dtype()), Memory()


def exported(tensor: Tensor) -> np.ndarray[Any, Any]:
    """The tensor's array, for code outside that may write to it: see `memory`."""
    settle(tensor)
    export(tensor._memory.root, owner(tensor.array))
    return tensor.array


def _shape(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    if any(n < 0 for n in shape):
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension: {list(shape)}")
    return shape


def _floating(dtype: DTypeLike) -> DType:
    return get_default_dtype() if dtype is None else as_dtype(dtype)


def zeros(
    *each: Any,
    size: Any = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """Zeros of the given size.

    >>> zeros(2, 3).shape, zeros((2,), dtype=int64)
    (Size([2, 3]), tensor([0, 0]))
    """
    return _made(
        np.zeros(_shape("zeros", sizes("zeros", each, size)), _floating(dtype)), requires_grad, device, **placement
    )


def ones(
    *each: Any,
    size: Any = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """Ones of the given size."""
    return _made(
        np.ones(_shape("ones", sizes("ones", each, size)), _floating(dtype)), requires_grad, device, **placement
    )


def empty(
    *each: Any,
    size: Any = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """A tensor of the given size, its elements not set."""
    return _made(
        np.empty(_shape("empty", sizes("empty", each, size)), _floating(dtype)), requires_grad, device, **placement
    )


def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """A tensor of the given size and stride (in elements), its elements not set.

    >>> empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape, steps, found = (
        _shape("empty_strided", sizes("empty_strided", (size,))),
        sizes("empty_strided", (stride,)),
        _floating(dtype),
    )
    if len(shape) != len(steps) or any(step < 0 for step in steps):
        raise RuntimeError(
            f"empty_strided: size {shape} and stride {steps} must have one length, and strides not be negative"
        )
    count = 0 if 0 in shape else 1 + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    array = strided(np.empty(count, found), shape, tuple(step * found.itemsize for step in steps))
    return _made(array, requires_grad, device, **placement)


def empty_permuted(
    size: Any,
    physical_layout: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """A tensor of the given size whose dimensions lie in memory in the given order, its elements not set.

    >>> empty_permuted((2, 3, 4), (2, 0, 1)).stride()
    (3, 1, 6)
    """
    shape, order = (
        _shape("empty_permuted", sizes("empty_permuted", (size,))),
        sizes("empty_permuted", (physical_layout,)),
    )
    if sorted(order) != list(range(len(shape))):
        raise RuntimeError(
            f"empty_permuted: physical_layout {order} must name each of the {len(shape)} dimensions once"
        )
    array = np.empty([shape[dim] for dim in order], _floating(dtype)).transpose(np.argsort(order))
    return _made(array, requires_grad, device, **placement)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """A tensor of one value; its dtype is the value's (float: the default dtype).

    >>> full((2,), 7), full((2,), 1.)
    (tensor([7, 7]), tensor([1., 1.]))
    """
    if not isinstance(size, tuple | list):
        raise TypeError(f"full(): size must be a tuple of ints, not {type(size).__name__}")
    value = _number("full", fill_value)
    found = dtypes.scalar_dtype(value) if dtype is None else dtype
    array = np.full(_shape("full", sizes("full", (size,))), as_element("full", value, as_dtype(found)))
    return _made(array, requires_grad, device, **placement)


def _number(name: str, value: Any) -> Any:
    """A Python number, of a number of any kind or a 0-d tensor."""
    array = getattr(value, "array", value)
    if isinstance(array, np.ndarray | np.generic) and not array.ndim:
        array = array.item()
    if not isinstance(array, int | float | complex):
        raise TypeError(f"{name}(): expected a number, not {type(value).__name__}")
    return array


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """The identity matrix, n x m."""
    n, m = as_int(n), n if m is None else as_int(m)
    if n < 0 or m < 0:
        raise RuntimeError(f"eye: n and m must not be negative, got {n} and {m}")
    return _made(np.eye(n, m, dtype=_floating(dtype)), requires_grad, device, **placement)


def check_tensor(name: str, input: Any) -> None:
    """Raise a TypeError unless the argument `input` of function `name` is a tensor."""
    if not hasattr(input, "_edge"):
        raise TypeError(f"{name}(): argument 'input' must be Tensor, not {type(input).__name__}")


def layout_of(input: Tensor, placement: dict[str, Any]) -> np.ndarray[Any, Any]:
    """An array with the layout that memory_format asks for: input's, or with `contiguous_format` rows."""
    return (
        np.empty(input.array.shape, bool)
        if placement.get("memory_format") is devices.contiguous_format
        else input.array
    )


def zeros_like(
    input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, **placement: Any
) -> Tensor:
    """Zeros in the shape and dtype of input."""
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad, **placement)


def ones_like(
    input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, **placement: Any
) -> Tensor:
    """Ones in the shape and dtype of input."""
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad, **placement)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """One value in the shape and dtype of input."""
    check_tensor("full_like", input)
    found = input.array.dtype if dtype is None else as_dtype(dtype)
    element = as_element("full_like", _number("full_like", fill_value), found)
    return _made(
        alike(layout_of(input, placement), lambda shape: np.full(shape, element)), requires_grad, device, **placement
    )


def empty_like(
    input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, **placement: Any
) -> Tensor:
    """A tensor in the shape and dtype of input, its elements not set."""
    check_tensor("empty_like", input)
    found = input.array.dtype if dtype is None else as_dtype(dtype)
    return _made(
        alike(layout_of(input, placement), lambda shape: np.empty(shape, found)), requires_grad, device, **placement
    )


# ---------------------------------------------------------------- Tensor.new_…


def new_tensor(
    self: Tensor,
    data: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """A copy of data in self's dtype."""
    return _made(as_array(data, self.array.dtype if dtype is None else dtype), requires_grad, device, **placement)


def new_zeros(
    self: Tensor,
    *each: Any,
    size: Any = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """Zeros of the given size in self's dtype."""
    found = self.array.dtype if dtype is None else dtype
    return zeros(*each, size=size, dtype=found, device=device, requires_grad=requires_grad, **placement)


def new_ones(
    self: Tensor,
    *each: Any,
    size: Any = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """Ones of the given size in self's dtype."""
    found = self.array.dtype if dtype is None else dtype
    return ones(*each, size=size, dtype=found, device=device, requires_grad=requires_grad, **placement)


def new_empty(
    self: Tensor,
    *each: Any,
    size: Any = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """An unset tensor of the given size in self's dtype."""
    found = self.array.dtype if dtype is None else dtype
    return empty(*each, size=size, dtype=found, device=device, requires_grad=requires_grad, **placement)


def new_empty_strided(
    self: Tensor,
    size: Any,
    stride: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """An unset tensor of the given size and stride in self's dtype."""
    found = self.array.dtype if dtype is None else dtype
    return empty_strided(size, stride, dtype=found, device=device, requires_grad=requires_grad, **placement)


def new(self: Tensor, *data: Any, size: Any = None, device: Any = None) -> Tensor:
    """PyTorch's older form of new_tensor (of a sequence) and new_empty (of ints)."""
    array, memory = legacy("new", data, size, device, self.array.dtype)
    return wrap(array, None, memory)  # type: ignore[no-any-return]  # late-bound


def new_full(
    self: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """One value in self's dtype."""
    return full(
        size, fill_value, dtype=self.array.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad
    )


# ---------------------------------------------------------------- leaves


def requires_grad_(self: Tensor, requires_grad: bool = True) -> Tensor:
    """Ask for a gradient (or no longer): turns a tensor into a leaf in place.

    >>> zeros(2).requires_grad_().is_leaf
    True
    """
    edge = self._edge
    if edge is not None and not isinstance(edge, Leaf):
        if not requires_grad:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. To cut a computed tensor off the graph "
                "use .detach()."
            )
        return self
    if requires_grad and edge is None:
        if self.array.dtype.kind != "f":
            raise RuntimeError(
                f"only Tensors of floating point dtype can require gradients, not {self.array.dtype}; write 1. in place of 1, "
                "or use .float() first"
            )
        self._edge = leaf_of(self)
        self._edge.asleep = False
    elif not requires_grad:
        fall_asleep(self)
    return self


def fall_asleep(self: Tensor) -> None:
    """A leaf that takes no gradient any more; it stays known to the tensor, with its .grad."""
    self._edge = None
    if self._leaf is not None:
        self._leaf.asleep = True


def leaf_of(self: Tensor) -> Leaf:
    """The leaf that holds the tensor's .grad, made when first needed."""
    leaf = self._leaf
    if leaf is None:
        leaf = self._leaf = Leaf(self)
    return leaf
