"""Parameters computed from others, by modules: `register_parametrization(module, "weight", Symmetric())`.

Whenever the attribute is read, it is computed; assigning to it goes backwards through `right_inverse`. The module's
class becomes one of its own, with a property for each such attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import Tensor

from ..container import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]

_caching = 0  # how many `cached()` we are within
_cache: dict[tuple[int, str], Tensor] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Within, each parametrized attribute is computed once, when it is first read."""
    global _caching
    _caching += 1
    try:
        yield
    finally:
        _caching -= 1
        if not _caching:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The modules that compute an attribute, one after the other, from `original` (or `original0`, `original1`, ...)."""

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with ag.no_grad():
            new: Any = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    try:
                        new = module.right_inverse(new)
                    except NotImplementedError:
                        continue  # taken for the identity, as where there is none
        if not isinstance(new, Tensor | Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(new).__name__}"
            )
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if isinstance(new, Tensor):
            if new.dtype != dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {dtype}\nright_inverse(original).dtype: {new.dtype}"
                )
            if new is not original:
                original.data = new.data  # the same parameter as before: an optimiser may hold it
            _register(self, "original", original)
        else:
            for i, part in enumerate(new):
                if not isinstance(part, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                        f"Got element {i} of the sequence with type {type(part).__name__}."
                    )
                if isinstance(original, Parameter):
                    part = Parameter(part, original.requires_grad)
                _register(self, f"original{i}", part)
        if not unsafe:
            _check_same(self(), shape, dtype, "Registering a parametrization", "unparametrized", "parametrized")

    def originals(self) -> list[Tensor]:
        """What the attribute is computed from."""
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def right_inverse(self, value: Any) -> None:
        """Give the originals the values from which `value` is computed."""
        with ag.no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            values = [value] if self.is_tensor else value
            if not isinstance(values, Sequence) or not all(isinstance(each, Tensor) for each in values):
                wanted = "a tensor" if self.is_tensor else "a sequence of tensors"
                raise ValueError(f"`right_inverse` must return {wanted}. Got {type(value).__name__}.")
            if len(values) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. "
                    f"Got a sequence of length {len(values)}."
                )
            for original, each in zip(self.originals(), values, strict=True):
                if original.dtype != each.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {each.dtype} while `original` has dtype "
                        f"{original.dtype}"
                    )
            for original, each in zip(self.originals(), values, strict=True):
                original.data = each.data

    def forward(self) -> Any:
        first, *others = self
        value = first(*self.originals())
        for module in others:
            value = module(value)
        return value


def _register(module: Module, name: str, value: Tensor) -> None:
    if isinstance(value, Parameter):
        module.register_parameter(name, value)
    else:
        module.register_buffer(name, value)


def _check_same(value: Any, shape: Any, dtype: Any, what: str, before: str, after: str) -> None:
    """ValueError unless the value is a tensor of this shape and dtype."""
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
    for kind, wanted, got in (("dtype", dtype, value.dtype), ("shape", shape, value.shape)):
        if wanted != got:
            raise ValueError(
                f"{what} may not change the {kind} of the tensor, unless `unsafe` flag is enabled.\n"
                f"{before} {kind}: {wanted}\n{after} {kind}: {got}"
            )


class _Parametrized:
    """What a module with parametrized attributes is besides a module of its class."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        twin = memo[id(self)] = object.__new__(type(self))
        vars(twin).update(deepcopy(vars(self), memo))
        return twin

    def __copy__(self) -> Any:
        twin = object.__new__(type(self))
        vars(twin).update(copy(vars(self)))
        return twin

    def __getstate__(self) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(): "
            "save module.state_dict() instead."
        )


def _property(name: str) -> property:
    def computed(self: Any) -> Tensor:
        parametrization = self.parametrizations[name]
        if not _caching:
            return parametrization()  # type: ignore[no-any-return]  # it was checked
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = parametrization()
        return _cache[key]

    def assigned(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(computed, assigned)


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let the module `parametrization` compute a parameter or buffer from what is there now, or from one more.

    The result must have the shape and dtype of the attribute, unless `unsafe`.

    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = nn.Linear(3, 3)
    >>> _ = nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all())
    True
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_fits(parametrization, getattr(module, tensor_name))
        known: ParametrizationList = module.parametrizations[tensor_name]
        known.append(parametrization)
        known.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            cls = type(module)
            module.__class__ = type(f"Parametrized{cls.__name__}", (_Parametrized, cls), {"_unparametrized": cls})
            module.parametrizations = ModuleDict()
        setattr(type(module), tensor_name, _property(tensor_name))
        module.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    return module


def _check_fits(parametrization: Any, value: Tensor) -> None:
    """ValueError unless a further parametrization, and its inverse, keep shape and dtype."""
    result = parametrization(value)
    what = "Registering a parametrization"
    _check_same(result, value.shape, value.dtype, what, "unparametrized", "parametrized")
    if hasattr(parametrization, "right_inverse"):
        try:
            back = parametrization.right_inverse(result)
        except NotImplementedError:
            return
        _check_same(back, value.shape, value.dtype, "parametrization.right_inverse", "module's", "returned")


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether an attribute of the module, or any, is parametrized."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make an attribute an ordinary one again: with the value that was computed last, or with the original's."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations: ParametrizationList = module.parametrizations[tensor_name]
    original: Tensor
    if parametrizations.is_tensor:
        (original,) = parametrizations.originals()
        if leave_parametrized:
            with ag.no_grad():
                original.data = getattr(module, tensor_name).data
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    cls: Any = type(module)
    delattr(cls, tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = cls._unparametrized
    return module


def type_before_parametrizations(module: Module) -> type:
    """The module's class, without what parametrizations made of it."""
    cls: Any = type(module)
    return cls._unparametrized if is_parametrized(module) else cls  # type: ignore[no-any-return]  # set above
