"""Devices and memory formats: there is one of each. Arguments that name others are checked here, in one place."""

from __future__ import annotations

import os
from typing import Any

__all__ = [
    "channels_last",
    "check_placement",
    "get_default_device",
    "get_num_threads",
    "layout",
    "set_default_device",
    "set_num_threads",
    "strided",
    "channels_last_3d",
    "check",
    "check_format",
    "contiguous_format",
    "device",
    "memory_format",
    "preserve_format",
]


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


class memory_format:  # noqa: N801 - PyTorch's name
    """An order of the dimensions in memory, by PyTorch's name. Results here are row-major, whichever is asked for."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")
channels_last, channels_last_3d = memory_format("channels_last"), memory_format("channels_last_3d")


def check_format(name: str, wanted: Any) -> None:
    """Raise unless `wanted` is a memory_format or None."""
    if wanted is not None and not isinstance(wanted, memory_format):
        raise TypeError(
            f"{name}(): memory_format must be a memory format such as ag.contiguous_format, not {type(wanted).__name__}"
        )


class layout:  # noqa: N801 - PyTorch's name
    """How elements are stored, by PyTorch's name: there is one, `strided`."""

    def __repr__(self) -> str:
        return "torch.strided"


strided = layout()


def check_placement(placement: dict[str, Any]) -> None:
    """Raise unless what functions that make tensors are told besides `device` names what there is, which it then is anyway."""
    for name, value in placement.items():
        if name == "memory_format":
            check_format("memory_format", value)
        elif name == "layout":
            if value is not None and value is not strided:
                raise TypeError(f"layout={value!r} is not supported: tensors are ag.strided")
        elif name != "pin_memory":
            raise TypeError(
                f"got an unexpected keyword argument {name!r}; making a tensor takes dtype, device, requires_grad, layout, "
                "pin_memory and memory_format"
            )


def get_default_device() -> device:
    """The device of new tensors: the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Accepts the CPU, and raises for any other device."""
    check(device)


_threads: int | None = None


def get_num_threads() -> int:
    """What `set_num_threads` was given; else what NumPy's matrix library is told by OMP_NUM_THREADS, or the number of CPUs."""
    return _threads or int(os.environ.get("OMP_NUM_THREADS", "0") or 0) or os.cpu_count() or 1


def set_num_threads(number: int) -> None:
    """Accepted so that programs run. How many threads NumPy uses is decided when it is imported: set OMP_NUM_THREADS before."""
    global _threads
    if not isinstance(number, int):
        raise RuntimeError(f"set_num_threads: expects an int, not {type(number).__name__}")
    if number < 1:
        raise RuntimeError(f"set_num_threads: expects a positive integer, got {number}")
    _threads = number
