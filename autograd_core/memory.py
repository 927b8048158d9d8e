"""Where a tensor's numbers live: one version counter per memory, shared by a tensor, its views and `detach()`.

An in-place write bumps the counter. A graph node remembers the versions of the arrays it keeps, and the
sweep compares: a value that was overwritten between its use and `backward()` raises, never gives a wrong
gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

__all__ = ["STABLE", "Memory", "overlaps"]


class Memory:
    """The identity of a piece of memory: how often it was written, and which tensors look at it.

    Class attributes are the defaults, so that making one costs a bare object.

    >>> memory = Memory()
    >>> memory.version += 1
    >>> memory.version
    2
    """

    version: int = 1  # starts at 1, so that a sum of versions is zero only where nothing was saved
    _viewers: list[ref[Any]] | None = None

    def add_viewer(self, tensor: object) -> None:
        """Remember (weakly) a tensor that shares this memory, so that an in-place write can update it."""
        viewers = self._viewers
        if viewers is None:
            self._viewers = [ref(tensor)]
            return
        if len(viewers) >= 16 and (len(viewers) & (len(viewers) - 1)) == 0:  # prune at powers of two
            viewers[:] = [viewer for viewer in viewers if viewer() is not None]
        viewers.append(ref(tensor))

    def viewers(self) -> Iterator[Any]:
        """The living tensors that were registered as views of this memory, oldest first."""
        for viewer in self._viewers or ():
            tensor = viewer()
            if tensor is not None:
                yield tensor


def overlaps(array: np.ndarray[Any, Any]) -> bool:
    """Whether elements of an array may share a place in memory (it was expanded), or must not be written to."""
    return not array.flags.writeable or (
        not array.flags.c_contiguous
        and any(n > 1 and step == 0 for n, step in zip(array.shape, array.strides, strict=True))
    )


STABLE = Memory()  # stands for a saved value that cannot be written to: a number, a shape
STABLE.version = 0
