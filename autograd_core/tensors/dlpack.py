"""DLPack: memory shared with other libraries, in both directions (https://dmlc.github.io/dlpack)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import devices
from .creation import exported, from_numpy

if TYPE_CHECKING:
    from ..tensor import Tensor


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor of what another library exports; it shares memory unless copy.

    >>> import numpy as np
    >>> from_dlpack(np.ones(2))
    tensor([1., 1.], dtype=float64)
    """
    devices.check(device)
    if type(ext_tensor).__name__ == "PyCapsule":
        ext_tensor = _Capsule(ext_tensor)
    if not hasattr(ext_tensor, "__dlpack__"):
        raise RuntimeError(f"from_dlpack: {type(ext_tensor).__name__} does not export through DLPack; use tensor(...)")
    array = np.from_dlpack(ext_tensor)
    return from_numpy(array.copy() if copy else array)


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule of a tensor, for libraries that do not take the tensor itself; it can be consumed once."""
    return tensor.__dlpack__()


class _Capsule:
    """An exporter that has exported already."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # the CPU


def export(
    tensor: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
) -> Any:
    """`Tensor.__dlpack__`: another library's `from_dlpack` takes the tensor and calls it."""
    if tensor._edge is not None:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream not in (None, -1) or dl_device not in (None, (1, 0)):
        raise BufferError(f"__dlpack__: this tensor is on the CPU, stream={stream}, dl_device={dl_device} do not fit")
    if any(step < 0 for step in tensor.array.strides):
        raise BufferError("__dlpack__: negative strides, which other libraries do not know; use tensor.clone()")
    array = tensor.array.copy() if copy else exported(tensor)
    return array.__dlpack__() if max_version is None else array.__dlpack__(max_version=max_version)


def device_of(tensor: Tensor) -> tuple[int, int]:
    """`Tensor.__dlpack_device__`: the CPU."""
    return 1, 0
