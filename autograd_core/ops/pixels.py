"""Channels of images rearranged: into pixels, and among themselves."""

from __future__ import annotations

import math
from operator import index as as_int
from typing import TYPE_CHECKING

from .shape import _copied, permute, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor


def _image(name: str, input: Tensor, factor: int) -> tuple[tuple[int, ...], int, int, int, int]:
    """The leading sizes, channels, height and width of (…, C, H, W), and the factor, checked."""
    shape = input.array.shape
    try:
        factor = as_int(factor)
    except TypeError:
        raise TypeError(f"{name}(): the factor must be an int, not {type(factor).__name__}") from None
    if len(shape) < 3:
        raise RuntimeError(f"{name}: expects at least 3 dimensions (…, C, H, W), got shape {shape}")
    if factor <= 0:
        raise RuntimeError(f"{name}: expects a positive factor, got {factor}")
    return shape[:-3], *shape[-3:], factor


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(…, C r², H, W) to (…, C, H r, W r): each block of r² channels becomes a block of r x r pixels.

    W. Shi et al., "Real-time single image and video super-resolution", CVPR 2016, section 3.2.

    >>> pixel_shuffle(arange(4.).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    rest, channels, height, width, r = _image("pixel_shuffle", input, upscale_factor)
    if channels % (r * r):
        raise RuntimeError(f"pixel_shuffle: the number of channels ({channels}) must be divisible by {r}²")
    n = len(rest)
    split = reshape(input, (*rest, channels // (r * r), r, r, height, width))
    moved = permute(split, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return _copied(reshape(moved, (*rest, channels // (r * r), height * r, width * r)))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """The reverse of `pixel_shuffle`: (…, C, H r, W r) to (…, C r², H, W).

    >>> pixel_unshuffle(tensor([[[0., 1.], [2., 3.]]]), 2).shape
    Size([4, 1, 1])
    """
    rest, channels, height, width, r = _image("pixel_unshuffle", input, downscale_factor)
    if height % r or width % r:
        raise RuntimeError(f"pixel_unshuffle: height and width ({height} x {width}) must be divisible by {r}")
    n = len(rest)
    split = reshape(input, (*rest, channels, height // r, r, width // r, r))
    moved = permute(split, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return _copied(reshape(moved, (*rest, channels * r * r, height // r, width // r)))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels of (N, C, …), taken in turn from each of `groups` groups.

    X. Zhang et al., "ShuffleNet", CVPR 2018, section 3.1.

    >>> channel_shuffle(arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    shape = input.array.shape
    if len(shape) < 3:
        raise RuntimeError(f"channel_shuffle: expects more than 2 dimensions (N, C, …), got shape {shape}")
    if groups <= 0 or shape[1] % groups:
        raise RuntimeError(f"channel_shuffle: the number of channels ({shape[1]}) must be divisible by groups ({groups})")
    split = reshape(input, (shape[0], groups, shape[1] // groups, math.prod(shape[2:])))
    return _copied(reshape(permute(split, (0, 2, 1, 3)), shape))
