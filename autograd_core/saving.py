"""Hooks on what operations save for their derivatives (`torch.autograd.graph.saved_tensors_hooks`)."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .arrays.trees import mapped
from .modes import PACK, mode, saving, set_mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .graph import Node

_forbidden: ContextVar[str | None] = ContextVar("saved_tensors_hooks forbidden", default=None)


class saved_tensors_hooks:  # noqa: N801 - PyTorch's name
    """Inside, each array that an operation saves goes through pack_hook, and back through unpack_hook when it is needed.

    pack_hook(tensor) may answer with anything; unpack_hook(answer) must give a tensor of the same values. The innermost
    pair counts. That a value is not overwritten in between is checked only while the answer shares its memory.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> with saved_tensors_hooks(lambda t: t.numpy().copy(), from_numpy):
    ...     y = (x * x).sum()
    >>> y.backward(); x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        message = _forbidden.get()
        if message is not None:
            raise RuntimeError(message)
        saving.set((*saving.get(), (self.pack_hook, self.unpack_hook)))
        set_mode(mode() | PACK)

    def __exit__(self, *_: object) -> None:
        rest = saving.get()[:-1]
        saving.set(rest)
        if not rest:
            set_mode(mode() & ~PACK)


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 - PyTorch's name
    """Keep what operations save in main memory: there it is already, so nothing moves."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: tensor, lambda tensor: tensor)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside, entering `saved_tensors_hooks` raises a RuntimeError with this message."""
    if saving.get():
        raise RuntimeError(error_message)
    token = _forbidden.set(error_message)
    try:
        yield
    finally:
        _forbidden.reset(token)


class Packed:
    """A saved array that a pack hook has taken: what it answered, and how to get the array back."""

    __slots__ = ("held", "unpack")

    def __init__(self, held: Any, unpack: Callable[[Any], Any]) -> None:
        self.held, self.unpack = held, unpack


def unpacked(saved: Any, parents: Sequence[Node | None]) -> Any:
    """The saved values with the arrays that the unpack hooks give back; each hook is called once, and only if needed."""
    done: dict[int, Any] = {}

    def opened(value: Any) -> Any:
        if value.__class__ is not Packed:
            return value
        if id(value) not in done:
            tensor = value.unpack(value.held)
            if not hasattr(tensor, "_edge"):
                raise TypeError(
                    "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                    f"{type(tensor).__name__}"
                )
            done[id(value)] = tensor.array
        return done[id(value)]

    if len(saved) != len(parents):  # of an operation with one formula for all
        return mapped(opened, saved)
    return tuple(
        () if parent is None else mapped(opened, values) for parent, values in zip(parents, saved, strict=True)
    )
