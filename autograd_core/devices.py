"""Devices: there is one, the CPU. Arguments that concern others are checked here, in one place."""

from __future__ import annotations

from typing import Any

__all__ = ["device"]


class device:  # noqa: N801 - PyTorch's name
    """A device by name, as in PyTorch; tensors live on `device("cpu")`.

    >>> device("cpu"), device("cpu").type
    (device(type='cpu'), 'cpu')
    """

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name, _, number = str(getattr(type, "type", type)).partition(":")
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        return (
            f"device(type={self.type!r})" if self.index is None else f"device(type={self.type!r}, index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __enter__(self) -> device:
        check(self)
        return self

    def __exit__(self, *_: object) -> None:
        pass


CPU = device("cpu")


def check(wanted: Any) -> None:
    """Raise unless `wanted` is None or names the CPU."""
    if wanted is None:
        return
    found = wanted if isinstance(wanted, device) else device(wanted)
    if found.type != "cpu":
        raise RuntimeError(
            f"device {str(found)!r} is not available: tensors live on the CPU. Choose the device as in "
            "`device = 'cuda' if ag.cuda.is_available() else 'cpu'`."
        )
