"""`state_dict` and `load_state_dict`: the part of a Module that saves its state and takes it back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import autograd_core as ag
from autograd_core import Tensor

from .parameter import Parameter
from .registry import BUFFER, Registered

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Saved"]

_EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Saved:
    """A module as something to save: dotted names and tensors."""

    _version = 1  # of the layout of a class's own entries

    if TYPE_CHECKING:
        _roles: dict[str, str]

        @property
        def _parameters(self) -> Registered: ...

        @property
        def _modules(self) -> Registered: ...

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by dotted name, detached (but not with `keep_vars`) and not copied.

        >>> nn.Linear(2, 1, bias=False).state_dict().keys()
        odict_keys(['weight'])
        """
        if destination is None:
            destination = OrderedDict()
            vars(destination)["_metadata"] = OrderedDict()  # where PyTorch keeps the versions
        metadata = getattr(destination, "_metadata", None)
        if metadata is not None:
            metadata[prefix[:-1]] = {"version": self._version}
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return destination

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
        metadata = getattr(state_dict, "_metadata", {})

        def check(module: Saved, entries: dict[str, Any], prefix: str) -> None:
            local = {**metadata.get(prefix[:-1], {}), "assign_to_params_buffers": assign, "writes": writes}
            module._load_from_state_dict(entries, prefix, local, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    check(child, {key: value for key, value in entries.items() if key.startswith(below)}, below)

        check(self, dict(state_dict), "")
        if strict:
            wrong = [(kind, keys) for kind, keys in (("Missing", missing), ("Unexpected", unexpected)) if keys]
            errors[:0] = [f"{kind} key(s) in state_dict: {_quoted(keys)}. " for kind, keys in wrong]
            if wrong:
                errors.append(
                    "Load it into a model of the same structure, or pass strict=False to leave these keys out."
                )
        if errors:
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(errors))
        for write in writes:
            write()
        return _IncompatibleKeys(missing, unexpected)

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
