"""`torch.autograd.graph`: the graph seen from outside, and hooks on it.

https://docs.pytorch.org/docs/stable/autograd.html#autograd-graph
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from ..derivatives import GradientEdge, get_gradient_edge
from ..graph import Node, still_to_come, sweeping
from ..saving import disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks
from ..tensor import increment_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..graph import RemovableHandle
    from ..tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[[Any], None], *, mode: str = "all") -> MultiHandle:
    """Call fn once in each sweep that reaches some of the tensors.

    mode: "all" calls fn(gradients) when all that will come have come, with None for tensors that this sweep does not
    reach; "any" calls fn(gradient) with the first. What fn returns is ignored.

    >>> x, y = tensor(1., requires_grad=True), tensor(2., requires_grad=True)
    >>> handle = register_multi_grad_hook([x, y], print)
    >>> (x * y).backward()
    [tensor(2.), tensor(1.)]
    """
    if mode not in ("all", "any"):
        raise ValueError(f'register_multi_grad_hook: mode must be "all" or "any", not {mode!r}')
    if mode == "all" and any(tensor._edge is None for tensor in tensors):
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if mode == "any":
        tensors = [tensor for tensor in tensors if tensor._edge is not None]
    waiting = _Waiting(tensors, fn, mode == "any")
    return MultiHandle([tensor.register_hook(waiting.hook(i)) for i, tensor in enumerate(tensors)])


class MultiHandle:
    """Removes a hook on several tensors again; also a context manager."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Take the hook away; harmless when done twice."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> MultiHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class _Waiting:
    """What has come of the gradients, for each sweep in which some have."""

    def __init__(self, tensors: Sequence[Tensor], fn: Callable[[Any], None], first_only: bool) -> None:
        self.edges = [ref(tensor._edge) for tensor in tensors]  # weak: a node's hooks must not refer to the node
        self.fn, self.first_only = fn, first_only
        self.sweeps: dict[int, tuple[Any, list[Any], set[int]]] = {}

    def hook(self, i: int) -> Callable[[Tensor], None]:
        """The hook on tensor i."""

        def arrived(g: Tensor) -> None:
            node, pending, needed, owned = sweeping.get()
            key = id(owned)  # a set of the sweep: gone when the sweep is, also if it failed
            if key not in self.sweeps:
                coming = still_to_come(node, pending, needed) | {node}
                expected = {k for k, edge in enumerate(self.edges) if edge() in coming}
                forget = ref(owned, lambda _: self.sweeps.pop(key, None))
                self.sweeps[key] = forget, [None] * len(self.edges), expected
                if self.first_only:
                    self.fn(g)
            _, gradients, expected = self.sweeps[key]
            gradients[i] = g
            expected.discard(i)
            if not expected and not self.first_only:
                self.fn(gradients)

        return arrived
