"""Windows of images under PyTorch's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd_core as ag

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = [
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d_with_indices",
    "fold",
    "max_pool1d_with_indices",
    "max_pool2d_with_indices",
    "max_pool3d_with_indices",
    "unfold",
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
