"""`Parameter`: a tensor that a module learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import Tensor, typename

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

__all__ = ["Parameter", "clear_grads", "typename"]


class Parameter(Tensor):
    """A tensor that a module learns: assigned as an attribute of a `Module` it becomes one of its parameters.

    It shares the memory of `data` and requires grad unless told otherwise, also within `no_grad`.

    >>> nn.Parameter(tensor([1., 2.]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Self:
        if data is not None and not isinstance(data, Tensor):
            raise TypeError(f"Parameter(): data must be a Tensor, not {typename(data)}; make one first: tensor(…)")
        self = super().__new__(cls) if data is None else super().__new__(cls, data)
        self.requires_grad = requires_grad
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        known = memo.get(id(self))
        if known is None:
            known = memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return known  # type: ignore[no-any-return]  # the memo holds what was put there

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


ag.register_parameter_class(Parameter)


def clear_grads(tensors: Iterable[Tensor], set_to_none: bool) -> None:
    """Forget the tensors' gradients, or set them to zero and cut their history."""
    for tensor in tensors:
        grad = None if set_to_none else tensor.grad
        if grad is None:
            tensor.grad = None
        elif grad.requires_grad:
            tensor.grad = ag.zeros_like(grad)
        else:
            grad.zero_()
