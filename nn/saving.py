"""`state_dict` and `load_state_dict`: the part of a Module that saves its state and takes it back."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import autograd_core as ag
from autograd_core import RemovableHandle, Tensor

from .parameter import Parameter
from .registry import BUFFER, Registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Saved"]

_EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class _SavingHook:
    """A hook and how PyTorch calls it; an object, so that it can be pickled with its module."""

    def __init__(self, function: Callable[..., Any], with_module: bool = True, may_answer: bool = False) -> None:
        self.function, self.with_module, self.may_answer = function, with_module, may_answer

    def __call__(self, module: Saved, *arguments: Any) -> Any:
        return self.function(module, *arguments) if self.with_module else self.function(*arguments)


class Saved:
    """A module as something to save: dotted names and tensors."""

    _version = 1  # of the layout of a class's own entries
    _saving_hooks: dict[str, dict[int, _SavingHook]] | None = None

    if TYPE_CHECKING:
        _roles: dict[str, str]

        @property
        def _parameters(self) -> Registered: ...

        @property
        def _modules(self) -> Registered: ...

        def modules(self) -> Iterator[Saved]: ...

    def state_dict(
        self, *args: Any, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by dotted name, detached (but not with `keep_vars`) and not copied.

        >>> nn.Linear(2, 1, bias=False).state_dict().keys()
        odict_keys(['weight'])
        """
        if args:
            warnings.warn("state_dict: positional arguments are deprecated; use keywords", FutureWarning, stacklevel=2)
            given: dict[str, Any] = {"destination": destination, "prefix": prefix, "keep_vars": keep_vars}
            return self.state_dict(**given | dict(zip(given, args, strict=False)))
        if destination is None:
            destination = OrderedDict()
            vars(destination)["_metadata"] = OrderedDict()  # where PyTorch keeps the versions
        local: dict[str, Any] = {"version": self._version}
        metadata = getattr(destination, "_metadata", None)
        if metadata is not None:
            metadata[prefix[:-1]] = local
        for hook in self._hooks_of("before saving"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        saved: dict[str, Any] = destination
        for hook in self._hooks_of("after saving"):
            answer = hook(self, saved, prefix, local)
            if answer is not None and not hook.may_answer:
                raise RuntimeError("state_dict post-hook must return None")
            saved = saved if answer is None else answer
        return saved

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        for name, value in self._saved().items():
            destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not Saved.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """What else to save; override together with `set_extra_state`."""
        raise NotImplementedError("get_extra_state: override it, together with set_extra_state")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned."""
        raise NotImplementedError("set_extra_state: override it, together with get_extra_state")

    # ------------------------------------------------------------ hooks

    def register_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before this module is saved."""
        return self._saving_hook("before saving", _SavingHook(hook))

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after this module and all below it were saved.

        It may change the state_dict in place.
        """
        return self._saving_hook("after saving", _SavingHook(hook))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """As `register_state_dict_post_hook`; what the hook returns, unless None, is what `state_dict` returns."""
        return self._saving_hook("after saving", _SavingHook(hook, may_answer=True))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call a hook before this module is loaded; it may change the state_dict, and the lists of what is wrong.

        ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)``
        """
        return self._saving_hook("before loading", _SavingHook(hook))

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., None], with_module: bool = False
    ) -> RemovableHandle:
        """As `register_load_state_dict_pre_hook`; without the module among the arguments unless asked for."""
        return self._saving_hook("before loading", _SavingHook(hook, with_module))

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after this module and all below it were loaded.

        It may change the lists in place: keys taken from them are forgiven.
        """
        return self._saving_hook("after loading", _SavingHook(hook))

    def _saving_hook(self, when: str, hook: _SavingHook) -> RemovableHandle:
        if self._saving_hooks is None:
            self._saving_hooks = {}
        return RemovableHandle(self._saving_hooks.setdefault(when, {}), hook)

    def _hooks_of(self, when: str) -> tuple[_SavingHook, ...]:
        return () if self._saving_hooks is None else tuple(self._saving_hooks.get(when, {}).values())

    # ------------------------------------------------------------ loading

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the values of `state_dict` into this module, or raise an error and change nothing.

        strict: missing and unexpected names are errors, not only returned. assign: take the tensors themselves.

        >>> model = nn.Linear(2, 1)
        >>> model.load_state_dict(model.state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        writes: list[Callable[[], Any]] = []
        afterwards: list[tuple[Saved, _SavingHook]] = []
        keys = _IncompatibleKeys(missing, unexpected)
        metadata = getattr(state_dict, "_metadata", {})

        def check(module: Saved, entries: dict[str, Any], prefix: str) -> None:
            local = {**metadata.get(prefix[:-1], {}), "assign_to_params_buffers": assign, "writes": writes}
            module._load_from_state_dict(entries, prefix, local, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    check(child, {key: value for key, value in entries.items() if key.startswith(below)}, below)
            afterwards.extend((module, hook) for hook in module._hooks_of("after loading"))

        def complain() -> None:
            found = (("Missing", missing), ("Unexpected", unexpected)) if strict else ()
            wrong = [f"{kind} key(s) in state_dict: {_quoted(names)}. " for kind, names in found if names]
            advice = "Load it into a model of the same structure, or pass strict=False to leave these keys out."
            lines = [*wrong, *errors, *([advice] if wrong else [])]
            if lines:
                kind = type(self).__name__
                raise RuntimeError(f"Error(s) in loading state_dict for {kind}:\n\t" + "\n\t".join(lines))

        check(self, dict(state_dict), "")
        if errors or not afterwards:
            complain()
        with self._restored_on_error() if afterwards else nullcontext():
            for write in writes:
                write()
            for module, hook in afterwards:
                if hook(module, keys) is not None:
                    raise AssertionError(
                        "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                        "values, if incompatible_keys need to be modified, it should be done inplace."
                    )
            complain()
        return keys

    @contextmanager
    def _restored_on_error(self) -> Iterator[None]:
        """An error within leaves the parameters and buffers as they were."""
        before = [
            (module, name, tensor, tensor.detach().clone())
            for module in self.modules()
            for name, tensor in module._saved().items()
        ]
        try:
            yield
        except BaseException:
            for module, name, tensor, values in before:
                module.__dict__[name] = tensor
                _copy(tensor, values)
            raise

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Check this module's own entries; append what is then to be done to ``local_metadata["writes"]``.

        (The signature is PyTorch's, because programs override this method.)
        """
        for hook in self._hooks_of("before loading"):
            hook(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        writes, assign = local_metadata["writes"], local_metadata["assign_to_params_buffers"]
        own = self._saved()
        for name, target in own.items():
            key = prefix + name
            if key not in state_dict:
                if strict:
                    missing_keys.append(key)
                continue
            value = state_dict[key]
            if not isinstance(value, Tensor):
                error_msgs.append(
                    f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f"checkpoint but received {type(value)}"
                )
                continue
            if target.ndim == 0 and tuple(value.shape) == (1,):  # files of PyTorch 0.3
                value = value[0]
            if value.shape != target.shape:
                error_msgs.append(
                    f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape in "
                    f"current model is {target.shape}."
                )
            elif assign:
                writes.append(partial(self._assign, name, value))
            elif not target.array.flags.writeable:
                error_msgs.append(
                    f'While copying the parameter named "{key}": its memory is read-only; load with assign=True.'
                )
            else:
                writes.append(partial(_copy, target, value))
        extra = prefix + _EXTRA_STATE
        if type(self).set_extra_state is not Saved.set_extra_state:
            if extra in state_dict:
                writes.insert(0, partial(self.set_extra_state, state_dict[extra]))  # first, because it may raise
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra:
                    name, dot, _ = key[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else own):
                        unexpected_keys.append(key)

    def _saved(self) -> dict[str, Tensor]:
        """This module's own part of a `state_dict`."""
        entries = (*self._parameters.items(), *Registered(self, BUFFER).items())
        return {name: value for name, value in entries if value is not None}

    def _assign(self, name: str, value: Tensor) -> None:
        known = self.__dict__[name]
        if isinstance(known, Parameter):
            if isinstance(value, Parameter):
                value.requires_grad_(known.requires_grad)
            else:
                value = Parameter(value, known.requires_grad)
        setattr(self, name, value)


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def _copy(target: Tensor, value: Tensor) -> None:
    with ag.no_grad():
        target.copy_(value)
