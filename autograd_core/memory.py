"""Where a tensor's numbers live: one version counter per memory, shared by a tensor, its views and `detach()`.

An in-place write bumps the counter. A graph node remembers the versions of the arrays it keeps, and the
sweep compares: a value that was overwritten between its use and `backward()` raises, never gives a wrong
gradient. Memory that NumPy can write to, behind our back, looks at its contents when it is asked for its version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from .arrays.strides import batch_innermost, coincide, owner

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "STABLE",
    "Exported",
    "Memory",
    "export",
    "overlaps",
    "settle",
    "share",
    "storage",
    "set_detect_numpy_writes",
]


class Memory:
    """The identity of a piece of memory: how often it was written, and which tensors look at it.

    Class attributes are the defaults, so that making one costs a bare object.

    >>> memory = Memory()
    >>> memory.written()
    >>> memory.version
    2
    """

    version: int = 1  # starts at 1, so that a sum of versions is zero only where nothing was saved
    _viewers: list[ref[Any]] | None = None
    # The node that takes a copy of the result before it is overwritten: see `primitive.let_go`.
    keeper: ref[Any] | None = None
    # Its layout is seen: by a tensor without a part in the graph (`detach()`), or since a user has made it.
    stays: bool = False

    @property
    def root(self) -> Memory:
        """The same object for all tensors that share the memory."""
        return self

    def written(self) -> None:
        """Count an in-place write."""
        self.version += 1

    def viewed(self, tensor: Any) -> Memory:
        """The memory as a view of it holds it. The view is remembered (weakly), so that a write can update it."""
        viewers = self._viewers
        if viewers is None:
            self._viewers = [ref(tensor)]
            return self
        if len(viewers) >= 16 and (len(viewers) & (len(viewers) - 1)) == 0:  # prune at powers of two
            viewers[:] = [viewer for viewer in viewers if viewer() is not None]
        viewers.append(ref(tensor))
        return self

    def viewers(self) -> Iterator[Any]:
        """The living tensors that were registered as views of this memory, oldest first."""
        for viewer in self._viewers or ():
            tensor = viewer()
            if tensor is not None:
                yield tensor


def settle(tensor: Any) -> bool:
    """Whether a tensor's elements lie in row-major order.

    Convolution and pooling leave theirs with the batch innermost (see `windows`). Such a tensor is moved, if nobody else
    looks at its memory: whoever asks for its layout, or is given its memory, then finds what PyTorch would show. What
    the graph keeps of it stays where it is.
    """
    array = tensor.array
    if array.flags.c_contiguous:
        return True
    memory = tensor._memory
    if (
        not batch_innermost(array)
        or tensor._base is not None
        or memory.stays
        or memory.__class__ is Exported
        or next(memory.viewers(), None) is not None
    ):
        return False
    tensor.array = np.ascontiguousarray(array)
    return True


def share(tensor: Any) -> Memory:
    """The memory of a tensor, for another one over the same array that has no part in the graph."""
    if not settle(tensor):
        tensor._memory.root.stays = True
    memory: Memory = tensor._memory
    return memory


class Exported(Memory):
    """Memory that code outside may write to: a NumPy array shares it.

    Its version counts our own writes, and how often its contents were found changed without one. Whoever keeps an
    array of it asks for the version, and the sweep asks again: so the contents are looked at when they are saved, and
    when they are needed. A view has an object of its own, which looks at its region alone, and refers to the root.
    """

    _writes: int = 1  # of the root: our own
    _changes: int = 0  # in this region: others'
    _seen: Any = None  # the fingerprint of the region, taken after so many writes of ours:
    _seen_at: int = -1

    def __init__(self, array: np.ndarray[Any, Any], root: Exported | None = None) -> None:
        self._array, self._root = array, root

    @property
    def root(self) -> Exported:
        """The object of the whole memory."""
        return self if self._root is None else self._root

    @property
    def version(self) -> int:  # type: ignore[override]  # computed here
        """Our own writes and others'; looks at the contents."""
        writes = self.root._writes
        if _detecting:
            fingerprint = _fingerprint(self._array)
            if fingerprint != self._seen:
                if self._seen_at == writes:
                    self._changes += 1
                self._seen = fingerprint
            self._seen_at = writes
        return writes + self._changes

    def written(self) -> None:
        """Count an in-place write of ours."""
        self.root._writes += 1

    def viewed(self, tensor: Any) -> Memory:
        """An object that looks at the tensor's region alone."""
        Memory.viewed(self.root, tensor)
        return Exported(tensor.array, self.root)

    def viewers(self) -> Iterator[Any]:
        """Those of the root."""
        return Memory.viewers(self.root)


def export(memory: Memory, array: np.ndarray[Any, Any]) -> None:
    """Say that code outside may write to `array` from now on: to all that tensors see of this memory.

    Nodes that hold the memory are guarded too: it becomes one that looks at its contents.
    """
    if memory.__class__ is Exported:
        return
    writes = vars(memory).pop("version", 1)
    memory.__class__ = Exported
    exported: Any = memory
    Exported.__init__(exported, array)
    exported._writes = writes
    exported.version  # noqa: B018 - looks at the contents


def storage(memory: Memory, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """All of the memory that an array of it lies in: what `from_numpy` was given, or what was allocated."""
    return memory.root._array if isinstance(memory.root, Exported) else owner(array)


_WORDS = 1021  # prime, so that rows of an array that change places change the sums
_SMALL = 1 << 20


def _fingerprint(array: np.ndarray[Any, Any]) -> bytes:
    """A copy of the contents, or of a large array its 8-byte words summed in 1021 columns (exactly, modulo 2^64).

    Copying and comparing costs a tenth of a CRC-32 of the same bytes; so do the sums, which cost no memory.
    """
    if array.nbytes <= _SMALL:
        return array.tobytes()
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = flat.size // (8 * _WORDS) * (8 * _WORDS)
    sums: np.ndarray[Any, Any] = np.add.reduce(flat[:whole].view(np.uint64).reshape(-1, _WORDS), axis=0)
    return sums.tobytes() + flat[whole:].tobytes()


_detecting = True


def set_detect_numpy_writes(mode: bool) -> None:
    """Whether a write through NumPy, between a value's use and backward(), is looked for in memory that an array shares.

    On by default: memory given out by `.numpy()`, `np.asarray` or DLPack, or taken in by `from_numpy` or `as_tensor`, is
    compared with a copy (or, above 1 MiB, with column sums) made when an operation kept it. Without it such a write gives
    a wrong gradient, as in PyTorch.

    >>> set_detect_numpy_writes(True)
    """
    global _detecting
    _detecting = bool(mode)


def overlaps(array: np.ndarray[Any, Any]) -> bool:
    """Whether elements of an array share a place in memory (it was expanded), or must not be written to."""
    return not array.flags.writeable or (not array.flags.c_contiguous and coincide(array))


STABLE = Memory()  # stands for a saved value that cannot be written to: a number, a shape
STABLE.version = 0
