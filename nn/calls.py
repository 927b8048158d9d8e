"""What happens round a module's `forward`: hooks, and the path of modules that drawings show."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from .module import Module

__all__ = ["BackwardHookFunction", "BackwardWatch", "Call", "Hook", "Hooks", "announced"]


class Hooks:
    """A module's hooks by kind, made when the first is registered."""

    def __init__(self) -> None:
        self.forward_pre: dict[int, Hook] = {}
        self.forward: dict[int, Hook] = {}
        self.backward_pre: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}


class Hook:
    """A hook and what it is to be called with."""

    def __init__(self, function: Callable[..., Any], with_kwargs: bool = False, always_call: bool = False) -> None:
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
            return answer  # type: ignore[no-any-return]  # checked above
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


# ---------------------------------------------------------------- hooks on the backward pass


class BackwardHookFunction(ag.Function):
    """The identity, which tells somebody when the gradients of all its results have come, and may exchange them."""

    @staticmethod
    def forward(ctx: Any, arrived: Callable[[tuple[Any, ...]], Any], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.arrived = arrived
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Any, ...]:
        return (None, *ctx.arrived(gradients))


class BackwardWatch:
    """The backward hooks of one call of a module: what they see is collected at its outputs and inputs."""

    def __init__(self, module: Module, hooks: Hooks) -> None:
        self._module = module
        self._before = [hook.function for hook in hooks.backward_pre.values()]
        self._after = [hook.function for hook in hooks.backward.values()]
        self._inputs = _Places(())
        self._outputs = _Places(())
        self._grad_output: tuple[Any, ...] = ()

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, watched."""
        self._inputs = _Places(args)
        return self._inputs.passed(self._left)

    def outputs(self, result: Any) -> Any:
        """The result, watched."""
        if not isinstance(result, Tensor | tuple):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=4,
            )
            return result
        self._outputs = _Places(result if isinstance(result, tuple) else (result,))
        watched = self._outputs.passed(self._entered)
        return watched if isinstance(result, tuple) else watched[0]

    def _entered(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        grad_output = self._outputs.spread(gradients)
        for hook in self._before:
            answer = hook(self._module, grad_output)
            if answer is not None:
                grad_output = _checked(answer, grad_output, "pre hook", "grad_output")
        self._grad_output = grad_output
        if self._after and not self._inputs.places:  # no gradient will arrive there
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs require gradients.",
                stacklevel=2,
            )
            for hook in self._after:
                answer = hook(self._module, self._inputs.spread(()), grad_output)
                if answer is not None and any(share is not None for share in answer):
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always return None or None "
                        "for all gradients."
                    )
        return self._outputs.picked(grad_output)

    def _left(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        grad_input = self._inputs.spread(gradients)
        for hook in self._after:
            answer = hook(self._module, grad_input, self._grad_output)
            if answer is not None:
                grad_input = _checked(answer, grad_input, "hook", "grad_input")
        return self._inputs.picked(grad_input)


class _Places:
    """Which of some values are tensors that require grad."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = values
        self._count = len(values)
        self.places = [i for i, value in enumerate(values) if isinstance(value, Tensor) and value.requires_grad]

    def passed(self, arrived: Callable[[tuple[Any, ...]], Any]) -> tuple[Any, ...]:
        """The values, with those tensors sent through a BackwardHookFunction."""
        values, self._values = list(self._values), ()  # (nothing is kept alive)
        if self.places and ag.is_grad_enabled():
            watched = BackwardHookFunction.apply(arrived, *[values[i] for i in self.places])
            for i, value in zip(self.places, watched, strict=True):
                values[i] = value
        return tuple(values)

    def spread(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients at the places of their tensors, None elsewhere."""
        spread: list[Any] = [None] * self._count
        for i, gradient in zip(self.places, gradients, strict=False):
            spread[i] = gradient
        return tuple(spread)

    def picked(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """The gradients of those tensors."""
        return tuple(gradients[i] for i in self.places)


def _checked(answer: Any, gradients: tuple[Any, ...], kind: str, name: str) -> tuple[Any, ...]:
    """What a backward hook returned, in place of the gradients."""
    answers: tuple[Any, ...] = answer if isinstance(answer, tuple) else (answer,)
    if len(answers) != len(gradients):
        raise RuntimeError(
            f"Backward {kind} returned an invalid number of {name}, got {len(answers)}, but expected {len(gradients)}"
        )
    return answers
