"""Windows of images, and images at other places, under PyTorch's names and with its warnings."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import autograd_core as ag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd_core import Tensor

__all__ = [
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d_with_indices",
    "affine_grid",
    "fold",
    "grid_sample",
    "max_pool1d_with_indices",
    "max_pool2d_with_indices",
    "max_pool3d_with_indices",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

Sizes = Any  # an int for every dimension of an image, or a tuple of one for each


def unfold(input: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """The windows of images (N, C, H, W) as columns (N, C × kH × kW, number of windows).

    >>> F.unfold(ag.zeros(1, 2, 3, 3), 2).shape
    Size([1, 8, 4])
    """
    return ag.im2col(input, kernel_size, dilation, padding, stride)


def fold(
    input: Tensor,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Images of output_size from columns, added up where windows overlap: what `unfold` is differentiated to.

    >>> F.fold(ag.ones(1, 4, 4), 3, 2)
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    return ag.col2im(input, output_size, kernel_size, dilation, padding, stride)


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """max_pool1d, and where the maxima stand, whatever return_indices says."""
    return ag.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)  # type: ignore[no-any-return]  # with indices, a pair


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """max_pool2d, and where the maxima stand, whatever return_indices says."""
    return ag.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)  # type: ignore[no-any-return]  # with indices, a pair


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Tensor, Tensor]:
    """max_pool3d, and where the maxima stand, whatever return_indices says."""
    return ag.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)  # type: ignore[no-any-return]  # with indices, a pair


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Sizes, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """adaptive_max_pool1d, and where the maxima stand, whatever return_indices says."""
    return ag.adaptive_max_pool1d(input, output_size, True)  # type: ignore[no-any-return]  # with indices, a pair


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Sizes, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """adaptive_max_pool2d, and where the maxima stand, whatever return_indices says."""
    return ag.adaptive_max_pool2d(input, output_size, True)  # type: ignore[no-any-return]  # with indices, a pair


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Sizes, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """adaptive_max_pool3d, and where the maxima stand, whatever return_indices says."""
    return ag.adaptive_max_pool3d(input, output_size, True)  # type: ignore[no-any-return]  # with indices, a pair


# ---------------------------------------------------------------- other places


def _aligned(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
            "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
            stacklevel=3,
        )
    return bool(align_corners)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The values of images (N, C, H, W) at the points of grid (N, Ho, Wo, 2), in [-1, 1], x first."""
    return ag.grid_sample(input, grid, mode, padding_mode, _aligned(align_corners))


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The points where affine maps theta (N, 2, 3) send the pixels of images of size (N, C, H, W)."""
    aligned = _aligned(align_corners)
    if aligned and len(size) > 2 and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is "
            "not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    return ag.affine_grid(theta, size, aligned)


def _deprecated(name: str) -> None:
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The old name of `interpolate`."""
    _deprecated("upsample")
    return ag.interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode="nearest"."""
    _deprecated("upsample_nearest")
    return ag.interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode="bilinear" and align_corners=True."""
    _deprecated("upsample_bilinear")
    return ag.interpolate(input, size, scale_factor, "bilinear", True)
