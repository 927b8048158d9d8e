"""What the attributes of a module are: its parameters, buffers and children, each a live view of its attributes."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .saving import Saved

__all__ = ["BUFFER", "MODULE", "PARAMETER", "TEMPORARY", "Registered"]

PARAMETER, BUFFER, TEMPORARY, MODULE = "parameter", "buffer", "non-persistent buffer", "module"


class Registered(MutableMapping[str, Any]):
    """The attributes of a module that have one of some roles: a live view, in order of registration."""

    __slots__ = ("_attributes", "_roles", "_wanted")

    def __init__(self, module: Saved, *wanted: str) -> None:
        self._attributes, self._roles, self._wanted = module.__dict__, module._roles, wanted

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return self._attributes[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self:
            self._roles.pop(name, None)  # what changes its role comes last
            self._roles[name] = self._wanted[0]
        self._attributes[name] = value

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        del self._attributes[name], self._roles[name]

    def __contains__(self, name: object) -> bool:
        return self._roles.get(name) in self._wanted  # type: ignore[call-overload]  # any object may be asked for

    def __iter__(self) -> Iterator[str]:
        wanted = self._wanted
        return iter([name for name, role in self._roles.items() if role in wanted])

    def __len__(self) -> int:
        return sum(role in self._wanted for role in self._roles.values())

    def __repr__(self) -> str:
        return repr(dict(self))
