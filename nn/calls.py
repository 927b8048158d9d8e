"""What happens round a module's `forward`: hooks, and the path of modules that drawings show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd_core as ag

if TYPE_CHECKING:
    from collections.abc import Callable

    from .module import Module

__all__ = ["Call", "Hook", "Hooks", "announced"]


class Hooks:
    """A module's hooks by kind, made when the first is registered."""

    def __init__(self) -> None:
        self.forward_pre: dict[int, Hook] = {}
        self.forward: dict[int, Hook] = {}


class Hook:
    """A hook and what it is to be called with."""

    def __init__(self, function: Callable[..., Any], with_kwargs: bool, always_call: bool = False) -> None:
        self.function, self.with_kwargs, self.always_call = function, with_kwargs, always_call

    def before(self, module: Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The arguments for `forward`."""
        if not self.with_kwargs:
            answer = self.function(module, args)
            if answer is not None:
                args = answer if isinstance(answer, tuple) else (answer,)
            return args, kwargs
        answer = self.function(module, args, kwargs)
        if answer is None:
            return args, kwargs
        if isinstance(answer, tuple) and len(answer) == 2:
            return answer
        raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {answer}.")

    def after(self, module: Module, args: Any, kwargs: dict[str, Any], result: Any) -> Any:
        """What the module returns in place of `result`."""
        answer = self.function(module, args, *((kwargs,) if self.with_kwargs else ()), result)
        return result if answer is None else answer


class Call(str):
    """One call of a module, in `autograd_core.module_path`: the name by which its caller knows the module.

    Two calls are different objects, also of one module.
    """

    module: Module


class announced:  # noqa: N801 - a context manager in lower case
    """While `record()` is on, says in `module_path` that this module is running."""

    __slots__ = ("_module", "_token")

    def __init__(self, module: Module) -> None:
        self._module = module
        self._token: Any = None

    def __enter__(self) -> None:
        if not ag.recording():
            return
        path = ag.module_path.get()
        name = self._module._get_name()
        caller = path[-1] if path else None
        if isinstance(caller, Call):
            name = next((known for known, child in caller.module.named_modules() if child is self._module), name)
        call = Call(name)
        call.module = self._module
        self._token = ag.module_path.set((*path, call))

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            ag.module_path.reset(self._token)
