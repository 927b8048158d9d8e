"""Padding layers: more elements around sequences, images and volumes. Negative widths cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import functional as F
from .module import Module
from .sizes import Sizes, each

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """padding: one width for all, or before and after each dimension, the last dimension first."""

    _dims = 0
    _mode = "constant"

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = each(padding, 2 * self._dims)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


# ---------------------------------------------------------------- a constant


class _ConstantPad(_Pad):
    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A constant before and after sequences (…, L): padding is one width, or (before, after)."""

    _dims = 1


class ConstantPad2d(_ConstantPad):
    """A constant around images (…, H, W): padding is one width, or (left, right, top, bottom)."""

    _dims = 2


class ConstantPad3d(_ConstantPad):
    """A constant around volumes (…, D, H, W): padding is one width, or (left, right, top, bottom, front, back)."""

    _dims = 3


class ZeroPad1d(ConstantPad1d):
    """Zeros before and after sequences (…, L)."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Zeros around images (…, H, W): padding is one width, or (left, right, top, bottom).

    >>> nn.ZeroPad2d((1, 0, 0, 1))(ag.ones(1, 1, 1, 1))
    tensor([[[[0., 1.],
              [0., 0.]]]])
    """

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Zeros around volumes (…, D, H, W)."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


# ---------------------------------------------------------------- elements of the image


class ReflectionPad1d(_Pad):
    """Sequences (N, C, L) or (C, L), mirrored at their ends, which are not repeated.

    >>> nn.ReflectionPad1d(1)(tensor([[1., 2., 3.]]))
    tensor([[2., 1., 2., 3., 2.]])
    """

    _dims, _mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Images (N, C, H, W) or (C, H, W), mirrored at their edges."""

    _dims, _mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """Volumes (N, C, D, H, W) or (C, D, H, W), mirrored at their faces."""

    _dims, _mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """Sequences (N, C, L) or (C, L) with their ends repeated.

    >>> nn.ReplicationPad1d(1)(tensor([[1., 2., 3.]]))
    tensor([[1., 1., 2., 3., 3.]])
    """

    _dims, _mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """Images (N, C, H, W) or (C, H, W) with their edges repeated."""

    _dims, _mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """Volumes (N, C, D, H, W) or (C, D, H, W) with their faces repeated."""

    _dims, _mode = 3, "replicate"


class _CircularPad(_Pad):
    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (self._dims + 1, self._dims + 2):
            raise ValueError(f"expected {self._dims + 1}D or {self._dims + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """Sequences (N, C, L) or (C, L), continued by what is at their other end.

    >>> nn.CircularPad1d(1)(tensor([[1., 2., 3.]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    _dims = 1


class CircularPad2d(_CircularPad):
    """Images (N, C, H, W) or (C, H, W), continued by what is at their other edge."""

    _dims = 2


class CircularPad3d(_CircularPad):
    """Volumes (N, C, D, H, W) or (C, D, H, W), continued by what is at their other face."""

    _dims = 3
