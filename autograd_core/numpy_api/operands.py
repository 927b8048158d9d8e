"""What NumPy's functions are given where a Tensor is among it: told apart, unwrapped, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..modes import is_grad_enabled
from ..primitive import wrap
from ..tensors import creation

MISSING: Any = np._NoValue  # type: ignore[attr-defined]  # what NumPy passes for an argument that was not given


def is_tensor(value: Any) -> bool:
    """Whether value is a Tensor."""
    return hasattr(value, "_edge")


def requires_grad(value: Any) -> bool:
    """Whether value is, or holds in tuples, lists and dicts, a Tensor that requires grad."""
    if isinstance(value, tuple | list):
        return any(requires_grad(item) for item in value)
    if isinstance(value, dict):
        return any(requires_grad(item) for item in value.values())
    return getattr(value, "_edge", None) is not None


def arrays(value: Any) -> Any:
    """Value with the array of each Tensor in it."""
    if isinstance(value, tuple | list):
        return type(value)(arrays(item) for item in value)
    if isinstance(value, dict):
        return {name: arrays(item) for name, item in value.items()}
    return value.array if is_tensor(value) else value


def let_out(result: Any, args: Any) -> None:
    """Arrays among NumPy's results that are views of a Tensor's memory give code outside a way to write to it."""
    if isinstance(result, np.ndarray):
        if isinstance(args, tuple | list):
            for arg in args:
                let_out(result, arg)
        elif is_tensor(args) and np.may_share_memory(result, args.array):
            creation.exported(args)
    elif isinstance(result, tuple | list):
        for part in result:
            let_out(part, args)


def tensor(value: Any) -> Any:
    """Value as a Tensor; a copy, since the caller may write to an array of his own later."""
    return value if is_tensor(value) else wrap(np.array(value))


def written(name: str, target: Any) -> None:
    """NumPy is about to write into a Tensor: a graph must not be bypassed, nor its saved values stay unaware."""
    if not is_tensor(target):
        return
    base = target._base
    if is_grad_enabled() and (target._edge is not None or (base is not None and base._edge is not None)):
        raise RuntimeError(
            f"np.{name} cannot write into a Tensor that requires grad: the graph would not know. Use tensor.copy_(...) or "
            "tensor[...] = ..., or write inside `with ag.no_grad():`"
        )
    target._memory.written()


_DEFAULTS = {"where": True, "subok": True, "casting": "same_kind", "order": "K"}


def refuse(options: dict[str, Any], **expected: Any) -> None:
    """Raise for an option that is given and is not what it is by default: nothing is ignored."""
    defaults = {**_DEFAULTS, **expected}
    for name, value in options.items():
        default = defaults.get(name)
        if value is None or value is MISSING or value is default or (isinstance(value, str) and value == default):
            continue
        if isinstance(value, bool | int | float) and value == default:
            continue
        raise TypeError(
            f"the argument {name}= cannot keep the graph of a Tensor that requires grad; use tensor.detach(), or an "
            "operation of autograd_core"
        )
