"""Functions that make tensors from numbers, sizes and arrays.

`dtype=None` means: for Python floats the default dtype (float32), for ints int64, for bools bool; arrays
keep theirs. `device` and other arguments that only concern devices are accepted without effect
(`devices.check`).
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from . import devices, dtypes
from .dims import sizes
from .dtypes import DTypeLike, as_dtype, get_default_dtype
from .graph import Leaf
from .memory import Exported, export, settle
from .primitive import wrap
from .strides import owner

if TYPE_CHECKING:
    from .tensor import Tensor


def _made(array: Any, requires_grad: bool, device: Any = None) -> Tensor:
    devices.check(device)
    tensor = wrap(array)
    if requires_grad:
        tensor.requires_grad_()
    return tensor  # type: ignore[no-any-return]  # wrap() is late-bound


def as_array(data: Any, dtype: DTypeLike = None) -> np.ndarray[Any, Any]:
    """A new array of what `tensor(data)` accepts: numbers, nested sequences of them, arrays, tensors."""
    wanted = None if dtype is None else as_dtype(dtype)
    if hasattr(data, "_edge"):
        data = data.array
    if isinstance(data, np.ndarray):
        return np.array(data, as_dtype(data.dtype) if wanted is None else wanted, order="C")
    if wanted is None and isinstance(data, np.generic):
        wanted = as_dtype(data.dtype)
    nested = isinstance(data, tuple | list)
    if nested:
        data = _unwrapped(data)
    try:
        array = np.array(data)
    except ValueError as error:
        raise ValueError(
            f"tensor(): the nested sequences differ in length at one level, where a tensor needs them equal; pad the shorter "
            f"ones ({error})"
        ) from None
    if array.dtype.kind not in "biufc":
        kind = TypeError if array.dtype.kind in "US" else RuntimeError  # as in PyTorch
        raise kind(f"tensor(): could not infer the dtype of {type(data).__name__} {data!r:.60}; give numbers")
    if wanted is None:
        if array.dtype.kind == "f" and not _holds_arrays(data):
            wanted = get_default_dtype()
        elif array.dtype.kind == "c":
            wanted = dtypes.scalar_dtype(1j)
        elif array.size == 0 and nested:
            wanted = get_default_dtype()
        else:
            wanted = as_dtype(array.dtype)
    return array.astype(wanted, copy=False)


def _holds_arrays(data: Any) -> bool:
    while isinstance(data, tuple | list) and data:
        data = data[0]
    return isinstance(data, np.ndarray | np.generic)


def _unwrapped(data: Any) -> Any:
    """Nested sequences with the values of the tensors in them."""
    items = []
    for item in data:
        if isinstance(item, tuple | list):
            item = _unwrapped(item)
        elif hasattr(item, "_edge"):
            if item._edge is not None:
                warnings.warn(
                    "tensor([...]) of tensors that require grad gives a constant: their graph is not kept. "
                    "Use stack([...]) to keep it, or .detach() / .item() to say that you do not want it.",
                    stacklevel=4,
                )
            item = item.array
        items.append(item)
    return items


def tensor(
    data: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
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
    return _made(as_array(data, dtype), requires_grad, device)


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


def exported(tensor: Tensor) -> np.ndarray[Any, Any]:
    """The tensor's array, for code outside that may write to it: see `memory`."""
    settle(tensor)
    export(tensor._memory.root, owner(tensor.array))
    return tensor.array


def _constant(name: str, size: tuple[Any, ...], value: Any, dtype: DTypeLike) -> np.ndarray[Any, Any]:
    shape = sizes(name, size)
    if any(n < 0 for n in shape):
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension: {list(shape)}")
    return np.full(shape, value, get_default_dtype() if dtype is None else as_dtype(dtype))


def zeros(*size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the given size.

    >>> zeros(2, 3).shape, zeros((2,), dtype=int64)
    (Size([2, 3]), tensor([0, 0]))
    """
    return _made(_constant("zeros", size, 0, dtype), requires_grad, device)


def ones(*size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the given size."""
    return _made(_constant("ones", size, 1, dtype), requires_grad, device)


def empty(*size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of the given size, its elements not set."""
    shape = sizes("empty", size)
    return _made(np.empty(shape, get_default_dtype() if dtype is None else as_dtype(dtype)), requires_grad, device)


def full(
    size: Any, fill_value: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of one value; its dtype is the value's (float: the default dtype).

    >>> full((2,), 7), full((2,), 1.)
    (tensor([7, 7]), tensor([1., 1.]))
    """
    value = getattr(fill_value, "array", fill_value)
    if isinstance(value, np.ndarray | np.generic):
        value = value.item()
    if not isinstance(value, int | float | complex):
        raise TypeError(f"full(): fill_value must be a number, not {type(value).__name__}")
    found = dtypes.scalar_dtype(value) if dtype is None else dtype
    return _made(
        _constant("full", (tuple(size) if isinstance(size, tuple | list) else size,), value, found),
        requires_grad,
        device,
    )


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from start (0) up to but not including end; int64 if all three are ints.

    >>> arange(3), arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if end is None:
        start, end = 0, start
    start, end, step = (value.item() if hasattr(value, "item") else value for value in (start, end, step))
    if not all(math.isfinite(value) for value in (start, end, step)):
        raise RuntimeError(f"arange: start, end and step must be finite, got {start}, {end}, {step}")
    if step == 0 or (end - start) * step < 0:
        raise RuntimeError(f"arange: upper bound and lower bound inconsistent with step: {start}, {end}, {step}")
    if dtype is None:
        whole = all(isinstance(value, int) for value in (start, end, step))
        dtype = dtypes.int64 if whole else get_default_dtype()
    count = int(np.ceil((end - start) / step))
    found = as_dtype(dtype)
    if found.kind in "iu" and all(isinstance(value, int) for value in (start, end, step)):
        values = np.arange(start, end, step, dtype=np.int64)
    else:
        values = start + np.arange(count, dtype=np.float64) * step
    return _made(values.astype(found), requires_grad, device)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers from start to end, both included, evenly spaced.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    found = get_default_dtype() if dtype is None else as_dtype(dtype)
    start, end = (value.item() if hasattr(value, "item") else value for value in (start, end))
    if steps < 0:
        raise RuntimeError(f"linspace: number of steps must be non-negative, got {steps}")
    wide: Any = found if found.kind == "f" else np.dtype(np.float64)
    # As PyTorch: both ends in the dtype, and from both towards the middle.
    start, end = wide.type(found.type(start)), wide.type(found.type(end))
    number = np.arange(steps, dtype=wide)
    step = wide.type((end - start) / max(steps - 1, 1))
    low = start + step * number
    high = end - step * (steps - 1 - number)
    return _made(np.where(number < steps // 2, low, high if steps > 1 else low).astype(found), requires_grad, device)


def eye(
    n: int, m: int | None = None, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The identity matrix, n x m."""
    found = get_default_dtype() if dtype is None else as_dtype(dtype)
    if n < 0 or (m is not None and m < 0):
        raise RuntimeError(f"eye: n and m must not be negative, got {n} and {m}")
    return _made(np.eye(n, m, dtype=found), requires_grad, device)


def _check_tensor(name: str, input: Any) -> None:
    if not hasattr(input, "_edge"):
        raise TypeError(f"{name}(): argument 'input' must be Tensor, not {type(input).__name__}")


def zeros_like(input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape and dtype of input."""
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape and dtype of input."""
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """One value in the shape and dtype of input."""
    _check_tensor("full_like", input)
    found = input.array.dtype if dtype is None else as_dtype(dtype)
    return _made(np.full(input.array.shape, getattr(fill_value, "array", fill_value), found), requires_grad, device)


def empty_like(input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor in the shape and dtype of input, its elements not set."""
    _check_tensor("empty_like", input)
    found = input.array.dtype if dtype is None else as_dtype(dtype)
    return _made(np.empty(input.array.shape, found), requires_grad, device)


# ---------------------------------------------------------------- Tensor.new_…


def new_tensor(
    self: Tensor, data: Any, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A copy of data in self's dtype."""
    return _made(as_array(data, self.array.dtype if dtype is None else dtype), requires_grad, device)


def new_zeros(
    self: Tensor, *size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros of the given size in self's dtype."""
    return zeros(*size, dtype=self.array.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad)


def new_ones(
    self: Tensor, *size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones of the given size in self's dtype."""
    return ones(*size, dtype=self.array.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad)


def new_empty(
    self: Tensor, *size: Any, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """An unset tensor of the given size in self's dtype."""
    return empty(*size, dtype=self.array.dtype if dtype is None else dtype, device=device, requires_grad=requires_grad)


def new_full(
    self: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
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
