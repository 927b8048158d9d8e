"""What all optimisers share: parameter groups, state, hooks, and saving them in PyTorch's format.

An optimiser works on the arrays of its parameters and gradients, in place. Nothing it does is recorded; what
was saved of a parameter by an earlier graph is then known to have changed.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from functools import wraps
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_core as ag
from autograd_core import RemovableHandle, Tensor

from ..parameter import clear_grads, typename

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Optimizer"]

Array = np.ndarray[Any, Any]

# Options that only concern devices and compilers, with their defaults: kept in the groups, so that saved states
# are PyTorch's, and otherwise without effect.
DEVICE_OPTIONS: dict[str, Any] = {"foreach": None, "capturable": False, "fused": None}
# Elements of a large array that are updated at a time, so that they stay in the cache from one operation to the
# next. It pays when the arrays of an update exceed the cache that cores share, at about SMALL elements.
BLOCK = 65536
SMALL = 8 * BLOCK


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()  # a default that every group must set


class Optimizer:
    """Base class. A subclass passes its defaults to `__init__` and defines `_update`, or `step` itself.

    params: parameters, (name, parameter) pairs, or dicts {"params": parameters, option: value}, one for each group.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{typename(params)}; put it in a list: [parameter]"
            )
        if defaults.get("differentiable"):
            raise NotImplementedError(f"{type(self).__name__}: differentiable=True is not supported")
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._hooks: dict[str, dict[int, Any]] = {}
        self._opt_called = False  # a scheduler warns if it is asked for the next rate before the first step
        groups = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list; if the model keeps its layers in a Python list or dict, use "
                "nn.ModuleList or nn.ModuleDict, which register them"
            )
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimise more parameters, with options of their own.

        >>> optimizer = nn.optim.SGD([nn.Parameter(ag.zeros(2))], lr=.1)
        >>> optimizer.add_param_group({"params": nn.Parameter(ag.zeros(3)), "lr": .01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        given = [given] if isinstance(given, Tensor) else list(given)
        names = [entry[0] for entry in given if isinstance(entry, tuple)]
        if names and len(names) != len(given):
            raise ValueError("all optimizer params should be with/without names. Some param names are missing")
        parameters = [entry[1] if isinstance(entry, tuple) else entry for entry in given]
        for parameter in parameters:
            if not isinstance(parameter, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {typename(parameter)}; of a module give "
                    "model.parameters()"
                )
            if not (parameter.is_leaf or parameter.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
        if len(parameters) != len(set(map(id, parameters))):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=4,
            )
        known = {id(parameter) for group in self.param_groups for parameter in group["params"]}
        if any(("param_names" in group) != bool(names) for group in self.param_groups):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if names else 'without'} names to the optimizer"
            )
        if not known.isdisjoint(map(id, parameters)):
            raise ValueError("some parameters appear in more than one parameter group")
        param_group["params"] = parameters
        if names:
            param_group["param_names"] = names
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self.param_groups.append(param_group)

    # ------------------------------------------------------------ a step

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters that have a gradient. `closure` computes the loss anew, and is returned."""
        if type(self)._update is Optimizer._update:
            raise NotImplementedError(f"{type(self).__name__}: define step(closure), or _update(group, gradients)")
        loss = None
        if closure is not None:
            with ag.enable_grad():
                loss = closure()
        for group in self.param_groups:
            gradients = [(p, grad.array) for p in group["params"] if (grad := p.grad) is not None]
            self._update(group, gradients)
            ag.increment_version([parameter for parameter, _ in gradients])
        return loss

    def _update(self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]]) -> None:
        """Change the arrays of a group's parameters, each given with its gradient, by the group's options."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]  # the same method, observed

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or set them to zero."""
        for group in self.param_groups:
            clear_grads(group["params"], set_to_none)

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; a pair that it returns replaces the arguments."""
        return RemovableHandle(self._hooks.setdefault("before", {}), hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return RemovableHandle(self._hooks.setdefault("after", {}), hook)

    # ------------------------------------------------------------ saving and loading

    def state_dict(self) -> dict[str, Any]:
        """The state and the groups, with numbers in place of parameters, as in PyTorch.

        >>> nn.optim.SGD([nn.Parameter(ag.zeros(2))], lr=.1).state_dict()["param_groups"][0]["params"]
        [0]
        """
        numbers: dict[int, int] = {}
        groups = []
        first = 0
        for group in self.param_groups:
            for number, parameter in enumerate(group["params"], first):
                numbers.setdefault(id(parameter), number)
            first += len(group["params"])
            packed = {name: value for name, value in group.items() if name != "params"}
            groups.append({**packed, "params": [numbers[id(parameter)] for parameter in group["params"]]})
        state = {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of `state_dict`, of this class or of PyTorch, or raise an error and change nothing."""
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(saved_groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        pairs = list(zip(self.param_groups, saved_groups, strict=True))
        if any(len(group["params"]) != len(saved["params"]) for group, saved in pairs):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        numbers = chain.from_iterable(saved["params"] for saved in saved_groups)
        parameter_of = dict(
            zip(numbers, chain.from_iterable(group["params"] for group in self.param_groups), strict=True)
        )
        state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for number, entry in state_dict["state"].items():
            parameter = parameter_of.get(number)
            state[number if parameter is None else parameter] = (
                entry if parameter is None else _converted(entry, parameter, None)
            )
        for group, saved in pairs:
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"_hooks": {}, "_opt_called": False} | self.__dict__ | state)
        for group in self.param_groups:  # of an older file, which lacks newer options
            for name, default in self.defaults.items():
                group.setdefault(name, default)

    def __repr__(self) -> str:
        lines = []
        for number, group in enumerate(self.param_groups):
            options = "".join(f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params")
            lines.append(f"\nParameter Group {number}\n{options}")
        return f"{type(self).__name__} ({''.join(lines)})"


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `step`, calling the hooks of the optimiser."""

    @wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        self: Optimizer = args[0]
        if self._hooks:
            for hook in tuple(self._hooks.get("before", {}).values()):
                answer = hook(self, args, kwargs)
                if answer is not None:
                    if not (isinstance(answer, tuple) and len(answer) == 2):
                        raise RuntimeError(
                            f"{step} must return None or a tuple of (new_args, new_kwargs), but got {answer}."
                        )
                    args, kwargs = answer
        result = step(*args, **kwargs)
        self._opt_called = True
        for hook in tuple(self._hooks.get("after", {}).values()) if self._hooks else ():
            hook(self, args, kwargs)
        return result

    return hooked


Optimizer.step = _with_hooks(Optimizer.step)  # type: ignore[method-assign]  # the same method, observed


def _converted(value: Any, parameter: Tensor, key: str | None) -> Any:
    """Loaded state in the dtype of its parameter, save the number of steps."""
    if isinstance(value, Tensor):
        return value.to(parameter.dtype) if key != "step" and parameter.is_floating_point() else value
    if isinstance(value, dict):
        return {name: _converted(entry, parameter, name) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_converted(entry, parameter, None) for entry in value)
    return value


# ---------------------------------------------------------------- for the subclasses


def device_options(optimizer: object, given: dict[str, Any], *names: str) -> dict[str, Any]:
    """The options that only concern devices, checked; an unknown one is a TypeError as from any function."""
    known = {name: DEVICE_OPTIONS[name] for name in names} | {"differentiable": False}
    for name in given:
        if name not in known:
            raise TypeError(f"{type(optimizer).__name__}.__init__() got an unexpected keyword argument '{name}'")
    return known | given


def check_not_negative(**options: Any) -> None:
    """ValueError, in PyTorch's words, for the first of the options that is negative (or NaN)."""
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {_WORDS.get(name, f'{name} value')}: {value}")


_WORDS = {"lr": "learning rate", "eps": "epsilon value", "momentum": "momentum value"}


def step_counter() -> Tensor:
    """The number of steps taken, as PyTorch saves it: a 0-d floating tensor."""
    return ag.tensor(0.0, dtype=np.float64 if ag.get_default_dtype() == np.float64 else np.float32)


def counted(state: dict[str, Any]) -> float:
    """One more step; the number of steps."""
    step = state["step"]
    if not isinstance(step, Tensor):  # of an old file
        step = state["step"] = step_counter() + step
    step.array += 1
    return step.array.item()  # type: ignore[no-any-return]  # of a floating array


def blocks(*arrays: Array) -> Iterable[tuple[Array, ...]]:
    """The arrays, all of one shape, in pieces that fit into the cache together; small ones in one piece."""
    first = arrays[0]
    if first.size < SMALL and first.ndim:
        return (arrays,)
    if not all(array.flags.c_contiguous for array in arrays):
        return (arrays,)
    pieces = []
    for array in arrays:
        flat = array.reshape(-1)  # of 0-d arrays too, since NumPy makes numbers of those
        pieces.append([flat[i : i + BLOCK] for i in range(0, flat.size, BLOCK)])
    return zip(*pieces, strict=True)
