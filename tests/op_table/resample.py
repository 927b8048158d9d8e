"""Rows of images at other places: `autograd_core.ops.resample`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import FLOATS, Array, Call, Row, Wrong, floats, op

# fmt: off  # rows are laid out as a table


def kernel(mode: str, distance: Array) -> Array:
    """The weight of a pixel at a distance."""
    d = np.abs(distance)
    if mode == "bicubic":
        near, far = (1.25 * d - 2.25) * d * d + 1, -0.75 * (((d - 5) * d + 8) * d - 4)
        return np.where(d <= 1, near, np.where(d < 2, far, 0))
    return np.maximum(1 - d, 0)


def matrix(n: int, count: int, factor: float | None, mode: str, aligned: bool) -> Array:
    """The weight of each pixel of the input (columns) in each of the result, by definition; edges are repeated."""
    if mode == "area":
        ends = [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]
        return np.array([[(first <= j < last) / (last - first) for j in range(n)] for first, last in ends]).reshape(count, n)
    scale = 1 / factor if factor else n / count
    pixels = np.arange(count)
    if mode.startswith("nearest"):
        at = np.minimum(np.floor((pixels + (0.5 if mode == "nearest-exact" else 0)) * scale), n - 1)
        return (at[:, None] == np.arange(n)).astype(float)
    at = pixels * (n - 1) / max(count - 1, 1) if aligned else (pixels + 0.5) * scale - 0.5
    reach = np.arange(-9, n + 9)
    wide = kernel(mode, at[:, None] - reach)
    out = np.zeros((count, n))
    np.add.at(out.T, np.clip(reach, 0, n - 1), wide.T)
    return out


def interpolated(x: Array, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
                 recompute_scale_factor: bool | None = None) -> Array:
    for axis in range(2, x.ndim):
        n = x.shape[axis]
        each = size if scale_factor is None else scale_factor
        each = each[axis - 2] if isinstance(each, tuple) else each
        count = each if scale_factor is None else int(n * each)
        weights = matrix(n, count, None if scale_factor is None or recompute_scale_factor else each, mode, bool(align_corners))
        x = np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)
    return x


def sampled(x: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False) -> Array:
    """Point by point."""
    n, channels, *sizes = x.shape
    out = np.zeros((n, channels, *grid.shape[1:3]), x.dtype)
    for place in np.ndindex(n, *grid.shape[1:3]):
        at = []
        for point, size in zip(grid[place][::-1], sizes, strict=True):
            pixel = (point + 1) / 2 * (size - 1) if align_corners else ((point + 1) * size - 1) / 2
            low, high = (0.0, size - 1.0) if align_corners else (-0.5, size - 0.5)
            if padding_mode == "reflection":
                while not low <= pixel <= high:
                    pixel = 2 * (low if pixel < low else high) - pixel
            at.append(pixel if padding_mode == "zeros" else min(max(pixel, 0), size - 1))
        for i, j in np.ndindex(*sizes):
            weight = kernel("", at[0] - i) * kernel("", at[1] - j) if mode == "bilinear" else (np.rint(at[0]) == i) & (np.rint(at[1]) == j)
            out[place[0], :, place[1], place[2]] += x[place[0], :, i, j] * weight
    return out


def affine(theta: Array, size: Any, align_corners: bool = False) -> Array:
    axes = [np.linspace(-1, 1, n) * (1 if align_corners else (n - 1) / n) if n > 1 else np.zeros(1) for n in size[2:]]
    points = np.stack([*np.meshgrid(*axes, indexing="ij")[::-1], np.ones(size[2:])], -1)
    return np.einsum("...j,nij->n...i", points, theta)


def rows() -> Iterator[Row]:
    line, image, volume = floats(1, 2, 3), floats(1, 1, 2, 3), floats(1, 1, 2, 1, 2)
    yield Row(op.interpolate,
              [Call(line, 5), Call(image, scale_factor=2), Call(volume, (3, 2, 1)), Call(line, scale_factor=0.7, mode="nearest-exact"),
               Call(line, 5, mode="linear"), Call(line, scale_factor=(1.8,), mode="linear", recompute_scale_factor=True), Call(image, (3, 2), mode="bilinear", align_corners=True),
               Call(image, scale_factor=(1.5, 2.0), mode="bilinear"), Call(image, (3, 4), mode="bicubic"), Call(image, (5, 2), mode="bicubic", align_corners=True),
               Call(volume, (3, 2, 3), mode="trilinear"), Call(line, 2, mode="area"), Call(floats(1, 1, 1), 2), Call(floats(0, 1, 2), 3)],
              interpolated, takes=[*FLOATS, "uint8"], lacks=["0-d"], operations=["_combine"],
              errors=[Wrong(ValueError, line), Wrong(ValueError, line, 2, 2.0), Wrong(ValueError, line, (2, 2)), Wrong(TypeError, line, 2.5), Wrong(RuntimeError, line, 0),
                      Wrong(NotImplementedError, line, 2, mode="bilinear"), Wrong(NotImplementedError, line, 2, mode="best"), Wrong(ValueError, line, 2, align_corners=True),
                      Wrong(NotImplementedError, floats(2, 3), 2), Wrong(ValueError, line, 2, recompute_scale_factor=True), Wrong(ValueError, line, 2, mode="linear", antialias=True)])
    points = floats(1, 2, 2, 2, low=-1.6, high=1.6)
    edges: dict[str, Any] = {"align_corners": False}
    yield Row(op.grid_sample,
              [Call(floats(1, 2, 2, 3), points, **edges), Call(image, points, align_corners=True), Call(image, points, padding_mode="border", **edges),
               Call(image, points, "bilinear", "reflection", True), Call(image, points, padding_mode="reflection", **edges), Call(image, points, "nearest", **edges),
               Call(floats(1, 1, 1, 1), floats(1, 1, 1, 2, low=-0.5, high=0.5), **edges), Call(floats(0, 1, 2, 2), floats(0, 1, 1, 2), **edges)],
              sampled, takes=FLOATS, lacks=["0-d"], operations=[], torch_twice=False,
              errors=[Wrong(ValueError, image, points, "best", **edges), Wrong(ValueError, image, points, padding_mode="circular", **edges),
                      Wrong(RuntimeError, image, floats(2, 2, 2, 2), **edges), Wrong(RuntimeError, image, floats(1, 2, 2, 3), **edges),
                      Wrong(RuntimeError, image, points.astype(np.float32), **edges), Wrong(RuntimeError, image[0], points, **edges)])
    theta = floats(2, 2, 3)
    yield Row(op.affine_grid,
              [Call(theta, (2, 1, 2, 3), align_corners=False), Call(theta[:1], [1, 1, 2, 2], align_corners=True), Call(theta[:1], (1, 1, 1, 2), False), Call(floats(1, 3, 4), (1, 1, 2, 1, 2), False)],
              affine, takes=FLOATS, lacks=["0-d", "size 0", "size 1"], operations=[],
              errors=[Wrong(ValueError, theta, (2, 0, 2, 2), False), Wrong(ValueError, theta, (2, 1, 2, 2, 2), False), Wrong(NotImplementedError, theta, (2, 1, 2), False),
                      Wrong(RuntimeError, theta, (3, 1, 2, 2), False)])
