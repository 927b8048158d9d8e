"""What a tensor knows of itself: its sizes, its place in memory, its dtype; all of it as methods of `Tensor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import devices
from ..arrays import dtypes
from ..arrays.dims import one_dim
from ..arrays.strides import address, bounds
from ..memory import settle
from ..memory import storage as storage_array
from . import storages

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .storages import TypedStorage, UntypedStorage

# ---------------------------------------------------------------- sizes


def size(self: Tensor, dim: int | None = None) -> Any:
    """The shape, or the size of one dimension."""
    return self.shape if dim is None else self.array.shape[one_dim("size", dim, self.array.ndim)]


def dim(self: Tensor) -> int:
    """The number of dimensions."""
    return self.array.ndim


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.array.size


def element_size(self: Tensor) -> int:
    """Bytes per element."""
    return self.array.itemsize


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape."""
    return bool(input.array.shape == other.array.shape)


# ---------------------------------------------------------------- memory


def stride(self: Tensor, dim: int | None = None) -> Any:
    """Steps between neighbours, in elements."""
    settle(self)
    steps = tuple(step // self.array.itemsize for step in self.array.strides)
    return steps if dim is None else steps[one_dim("stride", dim, self.array.ndim)]


def dim_order(self: Tensor) -> tuple[int, ...]:
    """The dimensions by their strides, the largest first.

    >>> zeros(2, 3).t().dim_order()
    (1, 0)
    """
    strides = self.stride()
    return tuple(sorted(range(len(strides)), key=lambda dim: -strides[dim]))


_ORDERS = {devices.channels_last: (0, 2, 3, 1), devices.channels_last_3d: (0, 2, 3, 4, 1)}


def is_contiguous(self: Tensor, memory_format: devices.memory_format = devices.contiguous_format) -> bool:
    """Whether the elements lie in row-major order (or another memory format's) without gaps."""
    devices.check_format("is_contiguous", memory_format)
    order = _ORDERS.get(memory_format)
    settled = settle(self)
    if order is None:
        return settled
    return self.array.ndim == len(order) and bool(self.array.transpose(order).flags.c_contiguous)


def data_ptr(self: Tensor) -> int:
    """The address of the first element."""
    settle(self)
    return address(self.array)


def storage_offset(self: Tensor) -> int:
    """How many elements of the memory lie before the first element.

    >>> arange(4)[1:].storage_offset()
    1
    """
    settle(self)
    return (address(self.array) - bounds(storage_array(self._memory, self.array))[0]) // self.array.itemsize


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The bytes of all of the memory that the tensor lies in, which may be more than its own."""
    return storages.UntypedStorage(self)


def storage(self: Tensor) -> TypedStorage:
    """All of the memory that the tensor lies in, as numbers of its dtype. (PyTorch: untyped_storage() is preferred.)"""
    return storages.TypedStorage(self)


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both look at the same memory, from the same place on, with the same sizes and strides."""
    settle(self)
    settle(tensor)
    x, y = self.array, tensor.array
    return address(x) == address(y) and x.shape == y.shape and x.strides == y.strides


def is_shared(self: Tensor) -> bool:
    """Whether other processes see the memory: no."""
    return False


def share_memory_(self: Tensor) -> Tensor:
    """Raises: a tensor's memory cannot be seen by other processes."""
    raise NotImplementedError("share_memory_: processes cannot share a tensor here; send it to them, or use threads")


def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Whether the memory is page-locked: no."""
    return False


def pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """Raises, as in PyTorch on a machine without an accelerator."""
    raise RuntimeError("pin_memory: there is no accelerator that page-locked memory could be copied to; leave it out")


def get_device(input: Tensor) -> int:
    """The number of the GPU: -1 for the CPU."""
    return -1


# ---------------------------------------------------------------- dtype


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is floating."""
    kind: str = input.array.dtype.kind
    return kind == "f"


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is complex."""
    kind: str = input.array.dtype.kind
    return kind == "c"


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers."""
    kind: str = input.array.dtype.kind
    return kind in "ifc"


def is_conj(input: Tensor) -> bool:
    """Whether the tensor is a conjugated view: no, conjugates are copies."""
    return False


def is_neg(input: Tensor) -> bool:
    """Whether the tensor is a negated view: no."""
    return False


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: no conjugation is pending."""
    return input


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: no negation is pending."""
    return input


def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made in a mode that keeps no versions: no, all tensors have them."""
    return False


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero."""
    return bool(input)


def typename(obj: Any) -> str:
    """PyTorch's name of an object's type: a tensor's by its dtype; a class goes by its own name.

    >>> typename(zeros(1)), typename(3)
    ('torch.FloatTensor', 'int')
    """
    if hasattr(obj, "_edge"):
        return f"torch.{dtypes.TENSOR_NAMES[obj.array.dtype]}Tensor"
    kind = obj if isinstance(obj, type) else type(obj)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def is_tensor(obj: Any) -> bool:
    """Whether obj is a Tensor."""
    return hasattr(obj, "_edge")


def is_storage(obj: Any) -> bool:
    """Whether obj is a tensor's storage."""
    return isinstance(obj, storages.UntypedStorage | storages.TypedStorage)
