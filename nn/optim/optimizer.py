"""What all optimisers share: parameter groups, state, hooks, and saving them in PyTorch's format.

An optimiser works on the arrays of its parameters and gradients, in place. Nothing it does is recorded; what
was saved of a parameter by an earlier graph is then known to have changed.

Most are a rule for one element, and read like their paper:

    for state, *arrays in self._alike(group, gradients, "exp_avg"):  # parameters in the same state
        step = counted(state)
        for p, g, m in self._pieces(group, *arrays):                 # their arrays, in blocks
            m += (1 - beta) * (g - m)
            p -= lr / (1 - beta**step) * m
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from functools import wraps
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

import numpy as np
from numpy.lib.array_utils import byte_bounds

import autograd_core as ag
from autograd_core import RemovableHandle, Tensor

from ..parameter import clear_grads, typename

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]

Array = np.ndarray[Any, Any]

# Elements of a large array that are updated at a time, so that they stay in the cache from one operation to the
# next. It pays when the arrays of an update exceed the cache that cores share, at about LARGE elements.
BLOCK = 65536
LARGE = 8 * BLOCK
# Below this size NumPy's calls take longer than the arithmetic: such parameters are joined and updated as one.
SMALL = 2048


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()  # a default that every group must set


class Optimizer:
    """Base class. A subclass passes its defaults to `__init__` and defines `_start` and `_update`, or `step` itself.

    params: parameters, (name, parameter) pairs, or dicts {"params": parameters, option: value}, one for each group.
    (The options `foreach`, `fused` and `capturable` of some optimisers only concern devices: they are kept in the
    groups, so that saved states are PyTorch's, and have no effect.)
    """

    _counters: ClassVar[tuple[str, ...]] = ("step",)  # the entries of a parameter's state that are single numbers

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{typename(params)}; put it in a list: [parameter]"
            )
        if defaults.get("differentiable"):
            raise NotImplementedError(f"{type(self).__name__}: differentiable=True is not supported")
        if defaults.get("fused") and defaults.get("foreach"):
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._hooks: dict[str, dict[int, Any]] = {}
        self._joined: dict[Any, _Joined] = {}
        self._opt_called = False  # a scheduler warns if it is asked for the next rate before the first step
        self._first_gradients: list[Any] | None = []  # of the first step, until the second has looked at them
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

    def _start(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first step."""
        return {}

    def _state_of(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = self.state[parameter]
        if not state:
            state.update(self._start(parameter, group))
        return state

    def _alike(
        self, group: dict[str, Any], gradients: list[tuple[Tensor, Array]], *names: str
    ) -> Iterator[tuple[Any, ...]]:
        """(counters, array, gradient, arrays of the named state) of each parameter; what is done to them counts.

        Small parameters whose counters are equal come joined, as one.
        """
        alike: dict[tuple[Any, ...], list[tuple[dict[str, Any], list[Array]]]] = {}
        for parameter, gradient in gradients:
            state = self._state_of(parameter, group)
            arrays = [parameter.array, gradient, *[state[name].array for name in names]]
            if gradient.size > SMALL:
                yield state, *arrays
            else:
                numbers = [state[name].array.item() for name in self._counters]
                alike.setdefault((gradient.dtype, *numbers), []).append((state, arrays))
        for members in alike.values():
            states, rows = zip(*members, strict=True)
            p, g, *own = zip(*rows, strict=True)
            joined = self._join(p, 2 + len(names))
            if joined is None:
                yield from ((state, *row) for state, row in members)
                continue
            yield states[0], *joined.gather(p, g, *own)
            joined.scatter(p, (), *own)
            for state in states[1:]:
                for name in self._counters:
                    state[name].array[...] = states[0][name].array

    def _join(self, arrays: tuple[Array, ...], rows: int) -> _Joined | None:
        """The place where rows of arrays of these shapes are joined; None for one, or where memory is shared."""
        if len(arrays) == 1:
            return None
        key = (rows, *map(id, arrays))
        if key not in self._joined:
            bounds = sorted(map(byte_bounds, arrays))
            if any(stop > start for (_, stop), (start, _) in pairwise(bounds)):
                return None
            if len(self._joined) > 8:  # the gradients that there are change all the time
                self._joined.clear()
            self._joined[key] = _Joined(arrays, rows)
        return self._joined[key]

    def _pieces(self, group: dict[str, Any], *arrays: Array) -> Iterator[tuple[Array, ...]]:
        """A parameter's array, its gradient and arrays of its state, as a rule is to see them, in blocks.

        `maximize` turns the gradient round; `weight_decay` adds weight_decay p to it or, decoupled, shrinks p itself.
        """
        decay = float(group["weight_decay"]) if "weight_decay" in self.defaults else 0.0
        for p, g, *rest in blocks(*arrays):
            if group["maximize"]:
                g = -g
            if decay and group.get("decoupled_weight_decay"):
                p *= 1 - float(group["lr"]) * decay
            elif decay:
                g = g + p * decay
            yield p, g, *rest

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]  # the same method, observed

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or set them to zero."""
        for group in self.param_groups:
            clear_grads(group["params"], set_to_none)

    def _look_for_old_gradients(self) -> None:
        """At the second step, warn if zero_grad() was forgotten: every gradient is the first step's, added to once."""
        first = self._first_gradients
        now = [(p.grad, p.grad._version) for group in self.param_groups for p in group["params"] if p.grad is not None]
        if not first:
            self._first_gradients = [(ref(gradient), version) for gradient, version in now]
            return
        self._first_gradients = None
        if len(now) == len(first) and all(
            old() is gradient and version == before + 1
            for (old, before), (gradient, version) in zip(first, now, strict=True)
        ):
            warnings.warn(
                f"{type(self).__name__}.step(): the gradients of the step before are still in .grad, and those of this step "
                "were added to them. Call optimizer.zero_grad() before each backward().",
                stacklevel=4,
            )

    # ------------------------------------------------------------ hooks

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; a pair that it returns replaces the arguments."""
        return self._hook("before step", hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return self._hook("after step", hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before `state_dict`."""
        return self._hook("before state_dict", hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` after `state_dict`; what it returns, unless None, is the state."""
        return self._hook("after state_dict", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; what it returns, unless None, is loaded instead."""
        return self._hook("before load_state_dict", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` after loading."""
        return self._hook("after load_state_dict", hook, prepend)

    def _hook(self, when: str, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        return RemovableHandle(self._hooks.setdefault(when, {}), hook, prepend)

    def _hooked(self, when: str) -> tuple[Callable[..., Any], ...]:
        return tuple(self._hooks.get(when, {}).values())

    # ------------------------------------------------------------ saving and loading

    def state_dict(self) -> dict[str, Any]:
        """The state and the groups, with numbers in place of parameters, as in PyTorch.

        >>> nn.optim.SGD([nn.Parameter(ag.zeros(2))], lr=.1).state_dict()["param_groups"][0]["params"]
        [0]
        """
        for hook in self._hooked("before state_dict"):
            hook(self)
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
        whole: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._hooked("after state_dict"):
            answer = hook(self, whole)
            whole = whole if answer is None else answer
        return whole

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of `state_dict`, of this class or of PyTorch, or raise an error and change nothing."""
        state_dict = state_dict.copy()
        for hook in self._hooked("before load_state_dict"):
            answer = hook(self, state_dict)
            state_dict = state_dict if answer is None else answer
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
        for hook in self._hooked("after load_state_dict"):
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(
            {"_hooks": {}, "_joined": {}, "_opt_called": False, "_first_gradients": None} | self.__dict__ | state
        )
        for group in self.param_groups:  # of an older file, which lacks newer options
            for name, default in self.defaults.items():
                group.setdefault(name, default)
        for entry in self.state.values():  # of an older file, where counters were plain numbers
            for name in self._counters:
                if name in entry and not isinstance(entry[name], Tensor):
                    entry[name] = counter(entry[name])

    def __repr__(self) -> str:
        lines = []
        for number, group in enumerate(self.param_groups):
            options = "".join(f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params")
            lines.append(f"\nParameter Group {number}\n{options}")
        return f"{type(self).__name__} ({''.join(lines)})"


_EVERYWHERE: dict[str, dict[int, Any]] = {}  # hooks on the steps of every optimiser


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimiser."""
    return RemovableHandle(_EVERYWHERE.setdefault("before step", {}), hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimiser."""
    return RemovableHandle(_EVERYWHERE.setdefault("after step", {}), hook)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `step`, calling the hooks."""

    @wraps(step)
    def hooked(self: Optimizer, /, *args: Any, **kwargs: Any) -> Any:
        if self._first_gradients is not None:
            self._look_for_old_gradients()
        if not (self._hooks or _EVERYWHERE):
            result = step(self, *args, **kwargs)
            self._opt_called = True
            return result
        args = (self, *args)
        for hook in (*_EVERYWHERE.get("before step", {}).values(), *self._hooked("before step")):
            answer = hook(self, args, kwargs)
            if answer is not None:
                if not (isinstance(answer, tuple) and len(answer) == 2):
                    raise RuntimeError(
                        f"{step} must return None or a tuple of (new_args, new_kwargs), but got {answer}."
                    )
                args, kwargs = answer
        result = step(*args, **kwargs)
        self._opt_called = True
        for hook in (*self._hooked("after step"), *_EVERYWHERE.get("after step", {}).values()):
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


def chosen(arguments: dict[str, Any]) -> dict[str, Any]:
    """A constructor's options: its `locals()` but for what is no option."""
    return {name: value for name, value in arguments.items() if name not in ("self", "params", "__class__")}


def check_not_negative(**options: Any) -> None:
    """ValueError, in PyTorch's words, for the first of the options that is negative (or NaN)."""
    for name, value in options.items():
        if name == "lr" and isinstance(value, Tensor) and value.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not value >= 0.0:
            raise ValueError(f"Invalid {_WORDS.get(name, f'{name} value')}: {value}")


_WORDS = {"lr": "learning rate", "eps": "epsilon value"}


def check_betas(betas: tuple[float, float]) -> None:
    """ValueError, in PyTorch's words, unless the weights of the past are in [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


def numbers(group: dict[str, Any], *names: str) -> Iterator[float]:
    """Options of a group as Python numbers, which do not widen arrays as NumPy's do."""
    return (float(group[name]) for name in names)


def counter(value: float = 0.0) -> Tensor:
    """A number that a state counts, such as the steps taken, as PyTorch saves it: a 0-d floating tensor."""
    return ag.tensor(value, dtype=np.float64 if ag.get_default_dtype() == np.float64 else np.float32)


def counted(state: dict[str, Any]) -> float:
    """One more step; the number of steps."""
    step: Array = state["step"].array
    step += 1
    return step.item()  # type: ignore[no-any-return]  # of a floating array


class _Joined:
    """Rows of small arrays, shaped like the given ones (which it keeps alive), each row as one array."""

    def __init__(self, arrays: tuple[Array, ...], rows: int) -> None:
        self._arrays = arrays
        ends = list(accumulate(array.size for array in arrays))
        self._rows = [np.empty(ends[-1], arrays[0].dtype) for _ in range(rows)]
        self._parts = [
            [part.reshape(array.shape) for array, part in zip(arrays, np.split(row, ends[:-1]), strict=True)]
            for row in self._rows
        ]

    def gather(self, *rows: tuple[Array, ...]) -> list[Array]:
        """The rows, joined."""
        for whole, arrays in zip(self._rows, rows, strict=True):
            np.concatenate(arrays, None, out=whole)
        return self._rows

    def scatter(self, *rows: tuple[Array, ...]) -> None:
        """The rows take over what was done to them while they were joined; an empty one does not."""
        for parts, arrays in zip(self._parts, rows, strict=True):
            for array, part in zip(arrays, parts, strict=False):
                array[...] = part


def blocks(*arrays: Array) -> Iterable[tuple[Array, ...]]:
    """The arrays, all of one shape, in pieces that fit into the cache together; small ones in one piece."""
    first = arrays[0]
    if first.size < LARGE and first.ndim:
        return (arrays,)
    if not all(array.flags.c_contiguous for array in arrays):
        return (arrays,)
    flat = [array.reshape(-1) for array in arrays]  # also of 0-d arrays, since NumPy makes numbers of those
    return zip(*([array[i : i + BLOCK] for i in range(0, first.size, BLOCK)] for array in flat), strict=True)


def approach(mean: Array, value: Array, weight: float) -> None:
    """mean <- (1 - weight) mean + weight value, in place, by the one of two formulas that is exact at its end."""
    if weight < 0.5:
        work = value - mean
        work *= weight
        mean += work
    else:
        work = value - mean
        work *= 1 - weight
        np.subtract(value, work, out=mean)
