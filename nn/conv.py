"""Convolution layers: windows that slide over sequences, images and volumes, and the transposed operation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import autograd_core as ag

from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter
from .sizes import Sizes, each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd_core import Tensor

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What the layers share: their arguments, parameters and initial values, which are drawn as in PyTorch."""

    _dims = 0
    _transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Sizes | str,
        dilation: Sizes,
        output_padding: Sizes,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        dims = self._dims
        stride, dilation = each(stride, dims), each(dilation, dims)
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(f"{name} must be divisible by groups: {channels} channels, {groups} groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of 'same' and 'valid'")
            if padding == "same" and any(step != 1 for step in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {_MODES}, but got padding_mode='{padding_mode}'")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = each(kernel_size, dims), stride
        self.padding = padding if isinstance(padding, str) else each(padding, dims)
        self.dilation, self.transposed = dilation, self._transposed
        self.output_padding = each(output_padding, dims)
        self.groups, self.padding_mode = groups, padding_mode
        first, second = (in_channels, out_channels) if self._transposed else (out_channels, in_channels)
        shape = (first, second // groups, *self.kernel_size)
        self.weight = Parameter(ag.empty(*shape, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # ±1/sqrt(numbers in a window)
        if self.bias is not None:
            shape = self.weight.shape
            numbers = shape[1] * math.prod(shape[2:])
            bound = 1 / math.sqrt(numbers) if numbers else 0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        zeros, ones = (0,) * self._dims, (1,) * self._dims
        shown = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, usual in (("padding", zeros), ("dilation", ones), ("output_padding", zeros), ("groups", 1)):
            if getattr(self, name) != usual:
                shown += f", {name}={getattr(self, name)}"
        shown += ", bias=False" if self.bias is None else ""
        return shown + (f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else "")


# ---------------------------------------------------------------- convolution


class _Conv(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _widths(self) -> list[int]:
        """The padding as `pad` takes it: before and after, of the last dimension first."""
        pairs = [(n, n) for n in self.padding] if not isinstance(self.padding, str) else [(0, 0)] * self._dims
        if self.padding == "same":
            reach = [gap * (k - 1) for gap, k in zip(self.dilation, self.kernel_size, strict=True)]
            pairs = [(far // 2, far - far // 2) for far in reach]
        return [width for pair in reversed(pairs) for width in pair]

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self._dims - 1]
        padding: Sizes | str = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._widths(), self.padding_mode), 0
        return convolve(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv1d(_Conv):
    """Convolution of sequences (N, C, L) or (C, L); see `Conv2d`."""

    _dims = 1


class Conv2d(_Conv):
    """Convolution of images (N, C, H, W) or (C, H, W): each output channel is, at each place, the sum of the products of one
    window and its weights, plus a bias.

    kernel_size: of the window. stride: from window to window. padding: what is added around the image ("same": as much as
    keeps its size), by padding_mode zeros or pixels of the image. dilation: from element to element of a window.
    groups: channels fall into groups that do not see each other.
    weight (out_channels, in_channels / groups, *kernel_size), bias (out_channels,): uniform in ±1/sqrt(numbers in a window).

    >>> nn.Conv2d(1, 6, 5)(ag.zeros(64, 1, 28, 28)).shape
    Size([64, 6, 24, 24])
    """

    _dims = 2


class Conv3d(_Conv):
    """Convolution of volumes (N, C, D, H, W) or (C, D, H, W); see `Conv2d`."""

    _dims = 3


# ---------------------------------------------------------------- transposed convolution


class _ConvTranspose(_ConvNd):
    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _padding_for(self, input: Tensor, output_size: Sequence[int] | None) -> tuple[int, ...]:
        """The output_padding that gives output_size."""
        if output_size is None:
            return self.output_padding
        dims = self._dims
        before = input.ndim - dims
        if before not in (1, 2):
            raise ValueError(f"ConvTranspose{dims}D: expected {dims + 1}D or {dims + 2}D input, got {input.ndim}D")
        wanted = tuple(output_size)[before:] if len(output_size) == input.ndim else tuple(output_size)
        if len(wanted) != dims:
            raise ValueError(
                f"ConvTranspose{dims}D: for {input.ndim}D input, output_size must have {dims} or {input.ndim} elements "
                f"(got {len(output_size)})"
            )
        least = [
            (n - 1) * step - 2 * cut + gap * (k - 1) + 1
            for n, step, cut, gap, k in zip(
                input.shape[before:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
            )
        ]
        extra = tuple(n - low for n, low in zip(wanted, least, strict=True))
        if any(more < 0 or more >= step for more, step in zip(extra, self.stride, strict=True)):
            most = [low + step - 1 for low, step in zip(least, self.stride, strict=True)]
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to {most} (for an input of "
                f"{tuple(input.shape[2:])})"
            )
        return extra

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        spread = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self._dims - 1]
        extra = self._padding_for(input, output_size)
        return spread(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)


class ConvTranspose1d(_ConvTranspose):
    """The gradient of `Conv1d`, as a layer: from (N, C, L) or (C, L) to a longer sequence; see `ConvTranspose2d`."""

    _dims = 1


class ConvTranspose2d(_ConvTranspose):
    """The gradient of `Conv2d` with respect to its input, as a layer: from images (N, C, H, W) or (C, H, W) to larger ones.

    Several sizes convolve to the same one: output_padding, or output_size when it is called, says which is meant.
    weight (in_channels, out_channels / groups, *kernel_size), bias (out_channels,).

    >>> nn.ConvTranspose2d(16, 6, 3, stride=2)(ag.zeros(1, 16, 4, 4), output_size=(10, 10)).shape
    Size([1, 6, 10, 10])
    """

    _dims = 2


class ConvTranspose3d(_ConvTranspose):
    """The gradient of `Conv3d`, as a layer: from (N, C, D, H, W) or (C, D, H, W); see `ConvTranspose2d`."""

    _dims = 3
