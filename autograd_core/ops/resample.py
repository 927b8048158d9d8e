"""Images at other places: interpolation to another size, sampling at the points of a grid, channels turned into pixels.

Formulas follow https://docs.pytorch.org/docs/stable/nn.functional.html#vision-functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..arrays.rounding import evenly
from ..primitive import Array, wrap
from .activation import hardtanh
from .adaptive import _combine, adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .elementwise import cast, mul, plus
from .index import getitem
from .linalg import matmul
from .masks import masked_fill
from .pooling import _exact
from .shape import permute

if TYPE_CHECKING:
    from ..arrays.dtypes import DType
    from ..tensor import Tensor

# ---------------------------------------------------------------- another size

_DIMS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}
_CUBIC = -0.75  # the parameter of Keys 1981, "Cubic convolution interpolation", eq. 3, as PyTorch chooses it


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Sequences (N, C, L), images (N, C, H, W) or volumes (N, C, D, H, W) in another size, or one scale_factor larger.

    mode: "nearest" (of the pixel's corner), "nearest-exact" (of its centre), "area" (averages), "linear" for sequences,
    "bilinear" and "bicubic" for images, "trilinear" for volumes. align_corners: the centres, not the outer edges, of the
    corner pixels stay where they are. recompute_scale_factor: scale by the quotient of the sizes, not scale_factor.

    >>> interpolate(tensor([[[1., 2.]]]), 4)
    tensor([[[1., 1., 2., 2.]]])
    >>> interpolate(tensor([[[1., 2.]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.2500, 1.7500, 2.0000]]])
    """
    dims, sizes = input.array.ndim - 2, input.array.shape[2:]
    wanted, factors = _wanted(sizes, size, scale_factor)
    if mode not in ("nearest", "nearest-exact", "area"):
        if mode not in _DIMS:
            known = ", ".join(["nearest", "nearest-exact", "area", *_DIMS])
            raise NotImplementedError(f"interpolate: mode {mode!r} is not supported; known: {known}")
        if _DIMS[mode] != dims:
            raise NotImplementedError(
                f"interpolate: mode {mode!r} needs {_DIMS[mode] + 2}D input, but got shape {input.array.shape}"
            )
    elif align_corners is not None:
        raise ValueError(
            "interpolate: align_corners can only be set with the modes linear, bilinear, bicubic and trilinear, not "
            f"{mode!r}"
        )
    if dims not in (1, 2, 3):
        raise NotImplementedError(f"interpolate: expected input of 3 to 5 dimensions, but got shape {input.array.shape}")
    if antialias:
        if mode not in ("bilinear", "bicubic"):
            raise ValueError("interpolate: antialias=True is restricted to the modes bilinear and bicubic")
        raise NotImplementedError("interpolate: antialias=True is not supported; blur the image first, or use mode='area'")
    if recompute_scale_factor:
        if factors is None:
            raise ValueError("interpolate: recompute_scale_factor is not meaningful with an explicit size.")
        factors = None
    if mode == "area":
        return _AREA[dims](input, wanted)
    if 0 in input.array.shape[1:] or min(wanted) < 1:
        raise RuntimeError(
            f"interpolate: input {input.array.shape} and result size {wanted} must not be empty (but for the batch)"
        )
    dtype = input.array.dtype
    nearest = mode.startswith("nearest")
    if not (nearest and dtype == np.uint8):
        require("interpolate", dtype, "f")
    if not nearest and _exact(dtype) != dtype:
        half = input
        input = cast(half, _exact(dtype))
    for dim in reversed(range(dims)):
        at = _source_points(
            sizes[dim], wanted[dim], None if factors is None else factors[dim], mode, bool(align_corners), _exact(dtype)
        )
        rows, sources, weights = _taps(at, sizes[dim], mode)
        input = _combine(input, dim + 2, rows, sources, weights, wanted[dim])
    return cast(input, dtype)


def _wanted(
    sizes: tuple[int, ...], size: Any, scale_factor: Any
) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
    """The size of the result, and the factors if that is what was given."""
    given, name = (size, "size") if size is not None else (scale_factor, "scale_factor")
    if given is None or (size is not None and scale_factor is not None):
        raise ValueError("interpolate: either size or scale_factor should be defined, and only one of them")
    each = tuple(given) if isinstance(given, tuple | list) else (given,) * len(sizes)
    if len(each) != len(sizes):
        raise ValueError(
            f"interpolate: {name} must have a number for each of the dimensions {sizes} of an image (N, C, *sizes), but "
            f"got {given}"
        )
    if size is None:
        return tuple(int(n * factor) for n, factor in zip(sizes, each, strict=True)), each
    if not all(isinstance(n, int) for n in each):
        raise TypeError(f"interpolate(): size must be an int or a tuple of ints, got {size!r}")
    return each, None


def _source_points(size: int, count: int, factor: float | None, mode: str, align_corners: bool, dtype: Any) -> Array:
    """Where in the input, in pixels, the pixels of the result lie."""
    pixels = np.arange(count).astype(dtype if dtype.kind == "f" else np.float32)
    real = pixels.dtype.type
    if size == count and mode.endswith("linear"):
        return pixels  # whatever the factor was
    if align_corners:
        return pixels * (real(size - 1) / real(count - 1) if count > 1 else real(0))
    scale = real(1 / factor) if factor is not None and factor > 0 else real(size) / real(count)
    if mode == "nearest":
        return pixels * scale
    centres = (pixels + real(0.5)) * scale
    return centres if mode == "nearest-exact" else centres - real(0.5)


def _taps(at: Array, size: int, mode: str) -> tuple[Array, Array, Array | None]:
    """Which pixels of the input a pixel of the result is made of: rows, sources and weights for `_combine`."""
    offsets: tuple[int, ...] = (0,)
    weights = None
    base = np.floor(at)
    if mode == "bicubic":
        t = at - base
        offsets, weights = (-1, 0, 1, 2), np.stack([_far(t + 1), _near(t), _near(1 - t), _far(2 - t)], 1)
    elif mode.endswith("linear"):
        at = np.maximum(at, 0)
        base = np.minimum(np.floor(at), size - 1)
        t = np.minimum(at - base, 1)
        offsets, weights = (0, 1), np.stack([1 - t, t], 1)
    sources = np.clip(base.astype(np.int64)[:, None] + offsets, 0, size - 1)
    rows = np.repeat(np.arange(len(at)), len(offsets))
    return rows, sources.reshape(-1), weights if weights is None else weights.reshape(-1)


def _near(t: Array) -> Array:
    return ((_CUBIC + 2) * t - (_CUBIC + 3)) * t * t + 1


def _far(t: Array) -> Array:
    return ((_CUBIC * t - 5 * _CUBIC) * t + 8 * _CUBIC) * t - 4 * _CUBIC


# ---------------------------------------------------------------- the points of a grid


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """The points where affine maps theta (N, 2, 3) send the pixels of images of size (N, C, H, W): (N, H, W, 2), x first,
    for `grid_sample`. Or theta (N, 3, 4) and volumes (N, C, D, H, W): (N, D, H, W, 3).

    >>> affine_grid(tensor([[[1., 0., 0.], [0., 1., 0.]]]), (1, 1, 1, 2), align_corners=True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    shape = theta.array.shape
    dims = len(size) - 2
    if theta.array.dtype.kind != "f":
        raise ValueError(f"affine_grid: expected theta to have floating point type, but got {theta.array.dtype}")
    if dims not in (2, 3):
        raise NotImplementedError(f"affine_grid: expected size (N, C, H, W) or (N, C, D, H, W), got {tuple(size)}")
    if len(shape) != 3 or shape[1:] != (dims, dims + 1):
        raise ValueError(
            f"affine_grid: expected a batch of matrices (N, {dims}, {dims + 1}) for size {tuple(size)}, got theta of shape "
            f"{shape}"
        )
    if min(size) < 1:
        raise ValueError(f"affine_grid: expected non-zero, positive output size, got {tuple(size)}")
    if shape[0] != size[0]:
        raise RuntimeError(f"affine_grid: theta has {shape[0]} matrices, but size {tuple(size)} asks for {size[0]}")
    axes = [_even(n, align_corners, theta.array.dtype) for n in size[2:]]
    points = np.meshgrid(*axes, indexing="ij")[::-1]
    base = np.stack([*points, np.ones_like(points[0])], -1).reshape(1, -1, dims + 1)
    return matmul(wrap(base), theta.mT).reshape(size[0], *size[2:], dims)


def _even(count: int, align_corners: bool, dtype: DType) -> Array:
    """Places of pixels on [-1, 1]: their centres, or, aligned, from end to end. Rounded as in PyTorch: where an image is
    mapped onto itself, a rounding error decides between two derivatives."""
    if count == 1:
        return np.zeros(1, dtype)
    places = evenly(dtype.type(-1), dtype.type(1), count)
    return places if align_corners else places * dtype.type(count - 1) / dtype.type(count)


def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Tensor:
    """The values of images (N, C, H, W) at the points of grid (N, Ho, Wo, 2), x first: (N, C, Ho, Wo).

    -1 and 1 are the outer edges of the image, or with align_corners the centres of its corner pixels. mode: "bilinear" or
    "nearest". padding_mode says what lies outside: "zeros", the nearest pixel of the "border", or a "reflection".
    Spatial transformers, Jaderberg et al. 2015, eq. 5 (https://arxiv.org/abs/1506.02025).

    >>> grid_sample(tensor([[[[1., 2.]]]]), tensor([[[[0., 0.], [.5, 0.], [9., 0.]]]]))
    tensor([[[[1.5000, 2.0000, 0.0000]]]])
    """
    shape, points = input.array.shape, grid.array.shape
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(f"grid_sample: expected mode to be 'bilinear', 'nearest' or 'bicubic', but got {mode!r}")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            f"grid_sample: expected padding_mode to be 'zeros', 'border' or 'reflection', but got {padding_mode!r}"
        )
    if mode == "bicubic" or len(shape) == 5:
        raise NotImplementedError("grid_sample: mode='bicubic' and volumes (5D input) are not supported")
    if len(shape) != 4 or len(points) != 4 or points[0] != shape[0] or points[3] != 2 or 0 in shape[2:]:
        raise RuntimeError(
            f"grid_sample: expected images (N, C, H, W), not empty, and a grid (N, Ho, Wo, 2), but got input {shape} and "
            f"grid {points}"
        )
    if input.array.dtype != grid.array.dtype:
        raise RuntimeError(
            f"grid_sample: input ({input.array.dtype}) and grid ({grid.array.dtype}) must have the same dtype; convert one "
            "with .to(dtype)"
        )
    require("grid_sample", input.array.dtype, "f")
    n, channels, height, width = shape
    x, y = (
        _on_image(_pixels(getitem(grid, (..., i)), size, align_corners), size, padding_mode, align_corners)
        for i, size in enumerate((width, height))
    )
    rows = permute(input, (0, 2, 3, 1)).reshape(n, height * width, channels)
    if mode == "nearest":
        return _sampled(rows, height, width, np.rint(y.array), np.rint(x.array))
    left, top = np.floor(x.array), np.floor(y.array)
    parts = []
    for down, below in enumerate((1 - (y - wrap(top)), y - wrap(top))):
        for right, beside in enumerate((1 - (x - wrap(left)), x - wrap(left))):
            corner = _sampled(rows, height, width, top + down, left + right)
            parts.append(mul(corner, mul(below, beside).unsqueeze(1)))
    return plus(plus(parts[0], parts[1]), plus(parts[2], parts[3]))


def _pixels(points: Tensor, size: int, align_corners: bool) -> Tensor:
    """Coordinates in [-1, 1] as numbers of pixels."""
    return (points + 1) * ((size - 1) / 2) if align_corners else ((points + 1) * size - 1) * 0.5


def _on_image(at: Tensor, size: int, padding_mode: str, align_corners: bool) -> Tensor:
    """Outside points brought back to the image; those that are no numbers to its first pixel."""
    if padding_mode == "zeros":
        return at
    if padding_mode == "reflection":
        at = _reflected(at, size, align_corners)
    no_number = np.isnan(at.array)
    return hardtanh(masked_fill(at, wrap(no_number), 0) if no_number.any() else at, 0, size - 1)


def _reflected(at: Tensor, size: int, align_corners: bool) -> Tensor:
    """Points mirrored at both edges until they lie between them: x on even stretches, reversed on odd ones."""
    low, length = (0.0, size - 1) if align_corners else (-0.5, size)
    if not length:
        return at * 0
    with np.errstate(invalid="ignore"):
        distance = at.array - low
        stretch = np.floor(np.abs(distance) / length)
        forwards = np.where(stretch % 2 == 0, 1, -1) * np.where(distance < 0, -1, 1)
        # ±(x - low), and what makes it lie in [0, length): constants, so that the slope is ±1 everywhere
        shift = np.where(stretch % 2 == 0, -stretch, stretch + 1) * length + low
    slope = wrap(forwards.astype(at.array.dtype))
    return plus(mul(at - low, slope), wrap(shift.astype(at.array.dtype)))


def _sampled(rows: Tensor, height: int, width: int, y: Array, x: Array) -> Tensor:
    """Pixels of images (N, H × W, C) at rows y and columns x (N, Ho, Wo), zeros outside: (N, C, Ho, Wo)."""
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    place = np.where(inside, y * width + x, 0).astype(np.int64)
    picked = getitem(rows, (wrap(np.arange(len(place)).reshape(-1, 1, 1)), wrap(place)))
    if not inside.all():
        picked = masked_fill(picked, wrap(~inside[..., None]), 0)
    return permute(picked, (0, 3, 1, 2))
