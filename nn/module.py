"""Modules: objects that hold parameters, buffers and other modules, and compute with them when called.

A module's parameters, buffers and children are ordinary attributes, so that reading `self.weight` in a
`forward` costs nothing; the dictionary `_roles` says which attributes are registered, and as what. What
they do, the names they get and the errors they raise are those of PyTorch's ``torch.nn.Module``.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import autograd_core as ag
from autograd_core import RemovableHandle, Tensor, recording

from .calls import BackwardWatch, Hook, Hooks, announced
from .parameter import Parameter, clear_grads, typename
from .registry import BUFFER, MODULE, PARAMETER, TEMPORARY, Registered
from .saving import Saved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

__all__ = ["Module", "Parameter"]

_NOTHING: Any = object()  # stands for an argument that was not given


class Module(Saved):
    """Base class of all layers and models.

    Assigning a `Parameter` or another `Module` to an attribute registers it, after `super().__init__()`.

    >>> class Model(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = nn.Linear(784, 30)
    ...         self.output = nn.Linear(30, 10)
    ...     def forward(self, x):
    ...         return self.output(self.hidden(x).sigmoid())
    >>> Model()
    Model(
      (hidden): Linear(in_features=784, out_features=30, bias=True)
      (output): Linear(in_features=30, out_features=10, bias=True)
    )
    """

    training: bool
    call_super_init = False  # True: the constructor passes its arguments on to the next class, for mixins
    _roles: dict[str, str]
    _hooks: Hooks | None = None  # the one thing that a call looks at

    if TYPE_CHECKING:
        # Attributes registered under a computed name exist for type checkers too. There is no such method at
        # run time: it would make every attribute of every module slower to read.
        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kind = type(self).__name__
        if kwargs and not self.call_super_init:
            raise TypeError(f"{kind}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'")
        if args and not self.call_super_init:
            raise TypeError(f"{kind}.__init__() takes 1 positional argument but {len(args) + 1} were given")
        self.__dict__["training"] = True
        self.__dict__["_roles"] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # ------------------------------------------------------------ calling

    def _forward_unimplemented(self, *args: Any) -> Any:
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    forward: Callable[..., Any] = _forward_unimplemented  # a value, so that an override may have any signature

    def __call__(self, input: Any = _NOTHING, /, *args: Any, **kwargs: Any) -> Any:
        if self._hooks is None and not recording():  # the everyday case: nobody is watching
            if args or kwargs or input is _NOTHING:
                return self.forward(*(() if input is _NOTHING else (input, *args)), **kwargs)
            return self.forward(input)  # starred arguments would double what a call costs
        with announced(self):
            return self._call_with_hooks(() if input is _NOTHING else (input, *args), kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hooks = self._hooks
        if hooks is None:
            return self.forward(*args, **kwargs)
        called: set[Hook] = set()
        result = None
        try:
            for hook in tuple(hooks.forward_pre.values()):
                args, kwargs = hook.before(self, args, kwargs)
            watch = BackwardWatch(self, hooks) if hooks.backward or hooks.backward_pre else None
            if watch is not None:
                args = watch.inputs(args)
            result = self.forward(*args, **kwargs)
            for hook in tuple(hooks.forward.values()):
                called.add(hook)
                result = hook.after(self, args, kwargs, result)
            if watch is not None:
                result = watch.outputs(result)
        except Exception:
            for hook in tuple(hooks.forward.values()):
                if hook.always_call and hook not in called:
                    try:
                        result = hook.after(self, args, kwargs, result)
                    except Exception as error:  # noqa: BLE001 - the first error is the one to raise
                        warnings.warn(
                            "module forward hook with ``always_call=True`` raised an exception that was silenced "
                            f"as another error was raised in forward: {error}",
                            stacklevel=3,
                        )
            raise
        return result

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each `forward`; what it returns, unless None, replaces the arguments.

        With `with_kwargs` it is ``hook(module, args, kwargs)`` and may return a pair.
        """
        return self._hook("forward_pre", Hook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each `forward`; what it returns, unless None, is the output.

        With `with_kwargs` it is ``hook(module, args, kwargs, output)``. `always_call`: also if `forward` raises.

        >>> layer = nn.Linear(2, 3)
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(tuple(output.shape)))
        >>> _ = layer(ag.ones(4, 2))
        (4, 3)
        >>> handle.remove()
        """
        return self._hook("forward", Hook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the inputs have been computed.

        Both are tuples, with None for what is no tensor or needs no gradient; a tuple that the hook returns replaces
        grad_input.

        >>> layer = nn.Linear(1, 1)
        >>> handle = layer.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_output))
        >>> layer(ag.ones(1, 1, requires_grad=True)).backward()
        (tensor([[1.]]),)
        """
        return self._hook("backward", Hook(hook), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs have come; a tuple replaces them."""
        return self._hook("backward_pre", Hook(hook), prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """PyTorch's deprecated hook, which saw the gradients of a module's last operation: not supported."""
        raise NotImplementedError("register_backward_hook: not supported; use register_full_backward_hook")

    def _hook(self, kind: str, hook: Hook, prepend: bool) -> RemovableHandle:
        if self._hooks is None:
            self._hooks = Hooks()
        return RemovableHandle(getattr(self._hooks, kind), hook, prepend)

    # ------------------------------------------------------------ registration

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter (or None, to say that there is none) under a name that need not be an identifier."""
        self._add(name, param, PARAMETER)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module and is not learned; in the `state_dict` if `persistent`.

        >>> norm = nn.Module()
        >>> norm.register_buffer("running_mean", ag.zeros(2))
        >>> dict(norm.state_dict())
        {'running_mean': tensor([0., 0.])}
        """
        self._add(name, tensor, BUFFER if persistent else TEMPORARY)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child module under a name that need not be an identifier."""
        self._add(name, module, MODULE)

    def register_module(self, name: str, module: Module | None) -> None:
        """Another name of `add_module`."""
        self.add_module(name, module)

    def _add(self, name: str, value: Any, role: str, replacing: bool = False) -> None:
        """Register an attribute, once everything is found to be in order."""
        kind = BUFFER if role == TEMPORARY else role
        if "_roles" not in self.__dict__:
            raise AttributeError(
                f"cannot assign {kind} before Module.__init__() call; begin __init__ with super().__init__()"
            )
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == MODULE else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        known = self._roles.get(name)
        exists = hasattr(type(self), name) if replacing else hasattr(self, name)
        if exists and (BUFFER if known == TEMPORARY else known) != kind:
            raise KeyError(f"attribute '{name}' already exists")
        if kind == MODULE and not isinstance(value, Module) and value is not None:
            raise TypeError(f"{typename(value)} is not a Module subclass")
        if kind == BUFFER and not isinstance(value, Tensor) and value is not None:
            raise TypeError(f"cannot assign '{typename(value)}' object to buffer '{name}' (Tensor or None required)")
        if kind == PARAMETER and value is not None:
            _check_parameter(name, value)
        if known != role:
            self._roles.pop(name, None)  # what changes its role comes last
            self._roles[name] = role
        self.__dict__[name] = value

    def __setattr__(self, name: str, value: Any) -> None:
        roles = self.__dict__.get("_roles")
        role = None if roles is None else roles.get(name)
        if isinstance(value, Parameter):
            if roles is None:
                raise AttributeError(
                    "cannot assign parameters before Module.__init__() call; begin __init__ with super().__init__()"
                )
            self._add(name, value, PARAMETER, replacing=True)
        elif isinstance(value, Module) and role != PARAMETER:
            self._add(name, value, MODULE, replacing=True)
        elif role is None:
            object.__setattr__(self, name, value)
        elif value is None or (isinstance(value, Tensor) and role in (BUFFER, TEMPORARY)):
            self.__dict__[name] = value
        else:
            expected = {PARAMETER: "nn.Parameter", MODULE: "nn.Module"}.get(role, "Tensor")
            kind = {PARAMETER: PARAMETER, MODULE: "child module"}.get(role, BUFFER)
            raise TypeError(f"cannot assign '{typename(value)}' as {kind} '{name}' ({expected} or None expected)")

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._roles.pop(name, None)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name[:1].isdigit()]

    @property
    def _parameters(self) -> Registered:
        return Registered(self, PARAMETER)

    @property
    def _buffers(self) -> Registered:
        return Registered(self, BUFFER, TEMPORARY)

    @property
    def _modules(self) -> Registered:
        return Registered(self, MODULE)

    # ------------------------------------------------------------ walking

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with their dotted names; this one's is the prefix."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, each once."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below this one, each once, with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly below this one, each once."""
        for _, module in self.named_children():
            yield module

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and, unless told otherwise, of all below it, with their dotted names.

        >>> [(name, tuple(p.shape)) for name, p in nn.Linear(2, 3).named_parameters()]
        [('weight', (3, 2)), ('bias', (3,))]
        """
        return self._named((PARAMETER,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and of all below it: what an optimiser takes."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers of this module and of all below it, with their dotted names."""
        return self._named((BUFFER, TEMPORARY), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and of all below it."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def _named(
        self, roles: tuple[str, ...], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in Registered(module, *roles).items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name, "" being this one."""
        module: Any = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module  # type: ignore[no-any-return]  # checked in the loop

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module in the place of a dotted name; with `strict` there must be one already.

        >>> model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
        >>> model.set_submodule("0.1", nn.Tanh())
        >>> model[0][1]
        Tanh()
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        return self._get(target, (PARAMETER,), "an nn.Parameter")  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name."""
        return self._get(target, (BUFFER, TEMPORARY), "a buffer")  # type: ignore[no-any-return]

    def _get(self, target: str, roles: tuple[str, ...], kind: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if module._roles.get(name) not in roles:
            raise AttributeError(f"`{name}` is not {kind}")
        return getattr(module, name)

    # ------------------------------------------------------------ changing all at once

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call `fn` on every module below this one, children first, and on this one.

        >>> def start_at_one(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.ones_(module.weight)
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU()).apply(start_at_one)
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the data of every parameter and gradient, and every buffer, by what `fn` makes of it."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        with ag.no_grad():
            for parameter in self._parameters.values():
                if parameter is None:
                    continue
                grad = parameter.grad
                parameter.grad = None  # while it does not fit
                parameter.data = fn(parameter)
                if grad is not None:
                    parameter.grad = fn(grad)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self.__dict__[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating parameters and buffers, in place: ``to(dtype)``, ``to(device)``, ``to(tensor)``."""
        wanted = ag.empty(0).to(*args, **kwargs)  # the tensor's own method knows what the arguments mean
        if not wanted.is_floating_point():
            raise TypeError(f"nn.Module.to only accepts floating point dtypes, but got desired dtype={wanted.dtype}")
        return self._apply(lambda t: t.to(*args, **kwargs) if t.is_floating_point() else t.to(wanted.device))

    def type(self, dst_type: Any) -> Self:
        """Convert all parameters and buffers, in place."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Self:
        """Convert floating parameters and buffers to float32, in place."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        """Convert floating parameters and buffers to float64, in place."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        """Convert floating parameters and buffers to float16, in place."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """New memory for all parameters and buffers, with whatever numbers are in it."""
        return self._apply(lambda t: ag.empty_like(t, device=device), recurse)

    def cpu(self) -> Self:
        """Move to the processor's memory."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Move to a GPU's memory."""
        return self._apply(lambda t: t.cuda(device))

    def share_memory(self) -> Self:
        """PyTorch's parameters that several processes share: not supported."""
        raise NotImplementedError("share_memory: not supported; send a state_dict() from one process to the other")

    def train(self, mode: bool = True) -> Self:
        """Set this module and all below it to training (dropout drops) or, with False, evaluation."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set this module and all below it to evaluation."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters require grad, or not, as when a part of a model is frozen."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        clear_grads(self.parameters(), set_to_none)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    # ------------------------------------------------------------ printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses when the module is printed; to be overridden."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        return f"{self._get_name()}({enclosed(lines + children)})"


def indented(text: str) -> str:
    """The text with all but its first line moved to the right, as inside a printed module."""
    return text.replace("\n", "\n  ")


def enclosed(lines: list[str]) -> str:
    """The lines as they stand between a printed module's parentheses."""
    return "\n  " + "\n  ".join(lines) + "\n" if lines else ""


def _check_parameter(name: str, value: Any) -> None:
    if not isinstance(value, Parameter):
        raise TypeError(
            f"cannot assign '{typename(value)}' object to parameter '{name}' (nn.Parameter or None required)"
        )
    if value.grad_fn is not None:
        raise ValueError(
            f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
            f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
        )
