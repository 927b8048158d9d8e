"""Calling a module with other parameters and buffers than its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from autograd_core import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..module import Module

__all__ = ["functional_call"]

_ABSENT: Any = object()


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What the module computes with the given tensors, by dotted names, in place of its own.

    args is a tuple, or the one argument. tie_weights: a tensor that has several names is replaced under all of them.
    strict: all parameters and buffers must be given, and nothing else. Buffers that the call replaces are replaced in
    the dictionary.

    >>> layer = nn.Linear(2, 1)
    >>> weights = {"weight": tensor([[1., 2.]]), "bias": tensor([3.])}
    >>> nn.utils.stateless.functional_call(layer, weights, ag.ones(1, 2))
    tensor([[6.]])
    """
    if isinstance(parameter_and_buffer_dicts, list | tuple):
        names = [name for each in parameter_and_buffer_dicts for name in each]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        given = {name: value for each in parameter_and_buffer_dicts for name, value in each.items()}
    elif isinstance(parameter_and_buffer_dicts, dict):
        given = parameter_and_buffer_dicts
    else:
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, "
            f"but got {type(parameter_and_buffer_dicts)}"
        )
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _swapped(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


@contextmanager
def _swapped(module: Module, given: dict[str, Any], tie_weights: bool, strict: bool) -> Iterator[None]:
    own = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    wanted = _tied(own, given) if tie_weights else given
    if strict and wanted.keys() != own.keys():
        unexpected, missing = [key for key in wanted if key not in own], [key for key in own if key not in wanted]
        problems = [
            f"{kind} key(s): {', '.join(map(repr, keys))}."
            for kind, keys in (("Unexpected", unexpected), ("Missing", missing))
            if keys
        ]
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t" + "\n\t".join(problems))
    places = {}
    for name, value in wanted.items():
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"{value} is not an instance of Tensor")
        path, _, attribute = name.rpartition(".")
        if not attribute:
            raise KeyError('tensor name can\'t be empty string ""')
        places[name] = (vars(module.get_submodule(path)), attribute)
    before = {name: attributes.get(attribute, _ABSENT) for name, (attributes, attribute) in places.items()}
    try:
        for name, (attributes, attribute) in places.items():
            attributes[attribute] = wanted[name]
        yield
    finally:
        for name, (attributes, attribute) in places.items():
            if name in given:
                given[name] = attributes.get(attribute, given[name])
        for name, (attributes, attribute) in places.items():
            if before[name] is _ABSENT:
                attributes.pop(attribute, None)
            else:
                attributes[attribute] = before[name]


def _tied(own: dict[str, Tensor], given: dict[str, Any]) -> dict[str, Any]:
    """The given tensors, under all names that the module knows their places by."""
    names_of: dict[int, list[str]] = {}
    for name, tensor in own.items():
        names_of.setdefault(id(tensor), []).append(name)
    wanted = dict(given)
    for names in names_of.values():
        values = [given[name] for name in names if name in given]
        if any(value is not values[0] for value in values):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. "
                "Consider using tie_weights=False"
            )
        wanted |= dict.fromkeys(names, values[0]) if values else {}
    return wanted
