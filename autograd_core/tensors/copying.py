"""Copies of tensors: what `copy` and `pickle` do with them, as in PyTorch.

A copy of a computed tensor is a leaf. In one deep copy, tensors that share memory share it still.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ..arrays.strides import address, bounds, memory_bytes, strided
from ..memory import Memory, share, storage
from .creation import requires_grad_

if TYPE_CHECKING:
    from ..primitive import Array
    from ..tensor import Tensor

_OWN = {
    "_base",
    "_leaf",
    "_one_of_several",
    "_of_function",
}  # what the engine notes on a tensor; the rest is the user's


def _rebuilt(cls: Any, array: Array, requires_grad: Any, memory: Memory | None = None) -> Any:
    """A leaf tensor of a class around an array."""
    tensor = object.__new__(cls)
    tensor.array, tensor._edge, tensor._memory = array, None, Memory() if memory is None else memory
    if requires_grad:
        requires_grad_(tensor)
    return tensor


def attributes(tensor: Tensor) -> dict[str, Any]:
    """What the user has set on a tensor."""
    return {name: value for name, value in vars(tensor).items() if name not in _OWN}


def shallow(self: Tensor) -> Tensor:
    """`copy.copy`: another leaf that shares the memory; without the gradient."""
    memory = share(self)
    twin = _rebuilt(type(self), self.array, self.requires_grad, memory)
    vars(twin).update(attributes(self))
    return twin  # type: ignore[no-any-return]  # of this class


def deep(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """`copy.deepcopy`: the values, the gradient and the user's attributes; leaves only."""
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
            "moment. Use .detach().clone()."
        )
    known = memo.get(id(self))
    if known is not None:
        return known  # type: ignore[no-any-return]  # put there below
    array, memory = _copied(self, memo)
    twin = memo[id(self)] = _rebuilt(type(self), array, self.requires_grad, memory)
    if self._leaf is not None and self._leaf.grad is not None:
        twin.grad = copy.deepcopy(self._leaf.grad.detach() if self._leaf.grad.requires_grad else self._leaf.grad, memo)
    vars(twin).update(copy.deepcopy(attributes(self), memo))
    return twin  # type: ignore[no-any-return]  # of this class


def _copied(tensor: Tensor, memo: dict[int, Any]) -> tuple[Array, Memory]:
    """The array, in a copy of all of its memory that is made once for all tensors of one deep copy."""
    array, root = tensor.array, tensor._memory.root
    whole = storage(root, array)
    known = memo.get(id(root))
    if known is None:
        low, high = bounds(whole)
        try:
            content = memory_bytes(whole, low, high).copy()
        except RuntimeError:  # memory with gaps: a copy of what the tensor shows
            return array.copy(order="K"), Memory()
        known = memo[id(root)] = (low, content, Memory(), root)  # the root stays alive, so that its id does
    low, content, memory, _ = known
    line = content[: content.size // array.itemsize * array.itemsize].view(array.dtype)
    return strided(line, array.shape, array.strides, address(array) - low), memory


def reduced(self: Tensor, protocol: Any) -> Any:
    """`pickle`: a leaf with the values and the user's attributes; the gradient and hooks are left out."""
    return _rebuilt, (type(self), self.array, self.requires_grad), attributes(self) or None
