"""Pooling layers: the largest element, the average or the norm of windows; the arguments are those of the functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import functional as F
from .module import Module
from .sizes import Sizes, each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd_core import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


# ---------------------------------------------------------------- the largest element, and back


class _MaxPool(Module):
    _dims = 0

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[self._dims - 1]
        return pool(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window of sequences (N, C, L) or (C, L)."""

    _dims = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window of images (N, C, H, W) or (C, H, W); stride is kernel_size unless given.

    >>> nn.MaxPool2d(2)(ag.zeros(64, 6, 24, 24)).shape
    Size([64, 6, 12, 12])
    """

    _dims = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window of volumes (N, C, D, H, W) or (C, D, H, W)."""

    _dims = 3


class _MaxUnpool(Module):
    _dims = 0

    def __init__(self, kernel_size: Sizes, stride: Sizes = None, padding: Sizes = 0) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self._dims)
        self.stride = each(kernel_size if stride is None else stride, self._dims)
        self.padding = each(padding, self._dims)

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        unpool = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)[self._dims - 1]
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """The elements that `MaxPool1d(…, return_indices=True)` kept, back at their places, zeros elsewhere."""

    _dims = 1


class MaxUnpool2d(_MaxUnpool):
    """The elements that `MaxPool2d(…, return_indices=True)` kept, back at their places, zeros elsewhere.

    >>> pooled, indices = nn.MaxPool2d(2, return_indices=True)(ag.ones(1, 1, 2, 2))
    >>> nn.MaxUnpool2d(2)(pooled, indices)
    tensor([[[[1., 0.],
              [0., 0.]]]])
    """

    _dims = 2


class MaxUnpool3d(_MaxUnpool):
    """The elements that `MaxPool3d(…, return_indices=True)` kept, back at their places, zeros elsewhere."""

    _dims = 3


# ---------------------------------------------------------------- the average


class _AvgPool(Module):
    kernel_size: Any
    stride: Any
    padding: Any

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The average of each window of sequences (N, C, L) or (C, L)."""

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.padding = each(kernel_size, 1), each(padding, 1)
        self.stride = each(kernel_size if stride is None else stride, 1)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class _AvgPoolWithDivisor(_AvgPool):
    _dims = 0

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        pool = (F.avg_pool2d, F.avg_pool3d)[self._dims - 2]
        return pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool2d(_AvgPoolWithDivisor):
    """The average of each window of images (N, C, H, W) or (C, H, W).

    >>> nn.AvgPool2d(2)(ag.arange(4.).reshape(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """

    _dims = 2


class AvgPool3d(_AvgPoolWithDivisor):
    """The average of each window of volumes (N, C, D, H, W) or (C, D, H, W)."""

    _dims = 3


# ---------------------------------------------------------------- the norm


class _LPPool(Module):
    _dims = 0

    def __init__(self, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        pool = (F.lp_pool1d, F.lp_pool2d, F.lp_pool3d)[self._dims - 1]
        return pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The norm_type-norm of each window of sequences (N, C, L) or (C, L)."""

    _dims = 1


class LPPool2d(_LPPool):
    """The norm_type-norm of each window of images (N, C, H, W) or (C, H, W).

    >>> nn.LPPool2d(2, 2)(ag.ones(1, 1, 2, 2))
    tensor([[[[2.]]]])
    """

    _dims = 2


class LPPool3d(_LPPool):
    """The norm_type-norm of each window of volumes (N, C, D, H, W) or (C, D, H, W)."""

    _dims = 3


# ---------------------------------------------------------------- to a given size


class _AdaptivePool(Module):
    output_size: Any

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_AdaptivePool):
    _dims = 0

    def __init__(self, output_size: Sizes, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor) -> Any:
        pool = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[self._dims - 1]
        return pool(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest elements of sequences (N, C, L) or (C, L) in output_size windows."""

    _dims = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest elements of images (N, C, H, W) or (C, H, W) in output_size windows; None leaves a size as it is."""

    _dims = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest elements of volumes (N, C, D, H, W) or (C, D, H, W) in output_size windows."""

    _dims = 3


class _AdaptiveAvgPool(_AdaptivePool):
    _dims = 0

    def __init__(self, output_size: Sizes) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        pool = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[self._dims - 1]
        return pool(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Averages of sequences (N, C, L) or (C, L) over output_size windows."""

    _dims = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Averages of images (N, C, H, W) or (C, H, W) over output_size windows; None leaves a size as it is.

    >>> nn.AdaptiveAvgPool2d(1)(ag.ones(2, 3, 5, 7)).shape
    Size([2, 3, 1, 1])
    """

    _dims = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Averages of volumes (N, C, D, H, W) or (C, D, H, W) over output_size windows."""

    _dims = 3
