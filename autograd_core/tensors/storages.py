"""The memory of a tensor by itself: what PyTorch calls its storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.strides import bounds, memory_bytes
from ..devices import CPU
from ..memory import share, storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..arrays.dtypes import DType
    from ..devices import device
    from ..primitive import Array
    from ..tensor import Tensor


class _Storage:
    """A vector over all of the memory that a tensor lies in. Two that show the same memory are equal."""

    _line: Array

    def __init__(self, tensor: Tensor) -> None:
        memory = share(tensor)
        whole = storage(memory, tensor.array)
        self._bytes = memory_bytes(whole, *bounds(whole))
        self._memory = memory.root

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return int(self._bytes.__array_interface__["data"][0])

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._bytes.nbytes

    def size(self) -> int:
        """The number of elements."""
        return self._line.size

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return list(self._line.tolist())

    @property
    def device(self) -> device:
        """The CPU."""
        return CPU

    def is_shared(self) -> bool:
        """Whether other processes see it: no."""
        return False

    def __len__(self) -> int:
        return self._line.size

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, index: int) -> Any:
        return self._line[index].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._line[index] = value
        self._memory.written()

    def fill_(self, value: Any) -> _Storage:
        """Set all elements to a number."""
        self[:] = value
        return self

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and (self.data_ptr(), self.nbytes()) == (other.data_ptr(), other.nbytes())

    def __hash__(self) -> int:
        return hash((self.data_ptr(), self.nbytes()))

    def __repr__(self) -> str:
        return "\n".join(f" {item}" for item in self) + f"\n[{self._named()} of size {self.size()}]"

    def _named(self) -> str:
        return f"torch.storage.{type(self).__name__}(device=cpu)"


class UntypedStorage(_Storage):
    """The bytes of a tensor's memory.

    >>> x = zeros(3)
    >>> x.untyped_storage().nbytes(), x[1:].untyped_storage() == x.untyped_storage()
    (12, True)
    """

    def __init__(self, tensor: Tensor) -> None:
        super().__init__(tensor)
        self._line = self._bytes


class TypedStorage(_Storage):
    """A tensor's memory as numbers of its dtype.

    >>> arange(4)[2:].storage().tolist()
    [0, 1, 2, 3]
    """

    def __init__(self, tensor: Tensor) -> None:
        super().__init__(tensor)
        dtype = tensor.array.dtype
        self._line = self._bytes[: self._bytes.size // dtype.itemsize * dtype.itemsize].view(dtype)

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return np.dtype(self._line.dtype)

    def element_size(self) -> int:
        """Bytes per element."""
        return self._line.itemsize

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        found = object.__new__(UntypedStorage)
        found._bytes = found._line = self._bytes
        found._memory = self._memory
        return found

    def _named(self) -> str:
        return f"torch.storage.TypedStorage(dtype=torch.{self.dtype}, device=cpu)"
