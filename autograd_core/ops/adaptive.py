"""Pooling to a given size: windows whose ends are those of equal parts of the image, rounded outwards.

In each dimension, window i of n reaches from ⌊i L / n⌋ to ⌈(i + 1) L / n⌉
(https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..arrays.windows import Sizes, Windows, batch_first, batch_last, for_each_dim
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import cast, true_divide
from .pooling import _averages, _batched, _exact, _max_pool, _winners
from .scatter import gather

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- sums along one dimension


def _ranks(keys: Array) -> Array:
    """For each key, how many equal ones stand before it."""
    order = np.argsort(keys, kind="stable")
    number = np.arange(len(keys))
    first = np.maximum.accumulate(np.where(np.diff(keys[order], prepend=-1) != 0, number, 0))
    ranks = np.empty(len(keys), np.intp)
    ranks[order] = number - first
    return ranks


@primitive(fresh=True, torch="UpsampleBackward0",
           input=lambda g, dim, rows, sources, weights, input_shape:
               either(_combine)(g, dim, sources, rows, weights, input_shape[dim]))  # type: ignore[has-type]  # this row itself
def _combine(
    input: TensorLike, dim: int, rows: Array, sources: Array, weights: Array | None, size: int
) -> Tensor:
    """The sum of weights[i] × slice sources[i] of images (N, C, *sizes) along dim, in slice rows[i] of the result, which
    has that size there: a product with a sparse matrix, whose transpose has rows and sources exchanged. No weights: all
    are 1."""
    images, axis = batch_last(input), dim - 1
    before: Any = (slice(None),) * axis
    out = np.zeros((*images.shape[:axis], size, *images.shape[axis + 1 :]), input.dtype)
    ranks = _ranks(rows)
    for rank in range(ranks.max(initial=-1) + 1):  # within a rank no row is named twice
        chosen = np.flatnonzero(ranks == rank)
        part = images.take(sources[chosen], axis)
        if weights is not None:
            part *= weights[chosen].reshape(-1, *(1,) * (images.ndim - axis - 1))
        if len(chosen) == size and not rank and (np.diff(rows[chosen]) > 0).all():
            out = part
        else:
            out[(*before, rows[chosen])] += part
    return batch_first(out)


# ---------------------------------------------------------------- averages


def _bounds(size: int, count: int) -> tuple[Array, Array]:
    """Where the windows begin and end."""
    number = np.arange(count)
    return number * size // count, -(-(number + 1) * size // count)


def _sizes(name: str, dims: int, input: Tensor, output_size: Any, *, channels: bool) -> tuple[int, ...]:
    """output_size as a number for each dimension; None leaves a dimension as it is."""
    shape = input.array.shape
    if dims > 1 and isinstance(output_size, tuple | list) and len(shape) <= len(output_size):
        raise ValueError(f"{name}: input must have at least {len(output_size) + 1} dimensions, got shape {shape}")
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[-dims - 1 if channels else -dims :]:
        raise RuntimeError(
            f"{name}: expected {dims + 1}D (one image) or {dims + 2}D (a batch) input, not empty but for the batch, "
            f"got shape {shape}"
        )
    if dims > 1 and isinstance(output_size, tuple | list) and len(output_size) == dims:
        output_size = [n if wanted is None else wanted for wanted, n in zip(output_size, shape[-dims:], strict=True)]
    sizes = for_each_dim(name, "output_size", output_size, dims)
    if min(sizes) < 0:
        raise RuntimeError(f"{name}: elements of output_size must not be negative, but got {sizes}")
    return sizes


def adaptive_avg_pool1d(input: Tensor, output_size: Sizes) -> Tensor:
    """Averages of sequences (N, C, L) or (C, L) over output_size windows of equal length.

    >>> adaptive_avg_pool1d(tensor([[[1., 3., 2., 4.]]]), 2)
    tensor([[[2., 3.]]])
    """
    return _averaged_to("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Averages of images (N, C, H, W) or (C, H, W) over output_size (rows, columns) windows; None leaves a size as it is.

    >>> adaptive_avg_pool2d(arange(16.).reshape(1, 1, 4, 4), 1)
    tensor([[[[7.5000]]]])
    """
    return _averaged_to("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Averages of volumes (N, C, D, H, W) or (C, D, H, W) over output_size windows; see `adaptive_avg_pool2d`."""
    return _averaged_to("adaptive_avg_pool3d", 3, input, output_size)


def _averaged_to(name: str, dims: int, input: Tensor, output_size: Any) -> Tensor:
    counts = _sizes(name, dims, input, output_size, channels=dims == 3)
    require(name, input.array.dtype, "f")
    sizes, dtype = input.array.shape[-dims:], _exact(input.array.dtype)
    windows = _equal_windows(sizes, counts)
    if windows is not None:
        return _averages(name, dims, input, windows, np.asarray(prod(windows.kernel), dtype))
    if dtype != input.array.dtype:
        return cast(_averaged_to(name, dims, cast(input, dtype), output_size), input.array.dtype)
    batch = _batched(name, dims, input)
    out, elements = batch, np.ones((), dtype)
    for dim, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        first, last = _bounds(size, count)
        lengths = last - first
        rows = np.repeat(np.arange(count), lengths)
        sources = first[rows] + _ranks(rows)
        out = _combine(out, dim + 2, rows, sources, None, count)
        elements = elements[..., None] * lengths.astype(dtype)
    out = true_divide(out, wrap(elements))
    return out if batch is input else out.squeeze(0)


def _equal_windows(sizes: tuple[int, ...], counts: tuple[int, ...]) -> Windows | None:
    """Windows that do not overlap, where all parts are equal."""
    if 0 in counts or any(size % count for size, count in zip(sizes, counts, strict=True)):
        return None
    kernel = tuple(size // count for size, count in zip(sizes, counts, strict=True))
    return Windows(sizes, kernel, counts, kernel, (1,) * len(sizes), (0,) * len(sizes))


# ---------------------------------------------------------------- maxima


def adaptive_max_pool1d(input: Tensor, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of sequences (N, C, L) or (C, L) in output_size windows of equal length; see `max_pool1d`.

    >>> adaptive_max_pool1d(tensor([[[1., 3., 2., 4.]]]), 2)
    tensor([[[3., 4.]]])
    """
    return _largest_to("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of images (N, C, H, W) or (C, H, W) in output_size windows; None leaves a size as it is."""
    return _largest_to("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of volumes (N, C, D, H, W) or (C, D, H, W) in output_size windows."""
    return _largest_to("adaptive_max_pool3d", 3, input, output_size, return_indices)


def _largest_to(name: str, dims: int, input: Tensor, output_size: Any, return_indices: bool) -> Any:
    counts = _sizes(name, dims, input, output_size, channels=True)
    require(name, input.array.dtype, "f")
    sizes = input.array.shape[-dims:]
    windows = _equal_windows(sizes, counts)
    batch = _batched(name, dims, input)
    if windows is not None:
        out = _max_pool(batch, windows)
        indices = _winners(batch, windows) if return_indices else None
    else:
        indices = wrap(_positions_of_maxima(batch.array, counts))
        shape = batch.array.shape[:2]
        flat = gather(batch.reshape(*shape, prod(sizes)), 2, indices.reshape(*shape, prod(counts)))
        out = flat.reshape(*shape, *counts)
    if batch is not input:
        out, indices = out.squeeze(0), indices if indices is None else indices.squeeze(0)
    return (out, indices) if return_indices else out


def _positions_of_maxima(images: Array, counts: tuple[int, ...]) -> Array:
    """For each window, the position of its maximum in the flattened image: the first, or the last NaN."""
    dims = len(counts)
    positions: Any = np.zeros((), np.int64)
    for dim, (size, count) in enumerate(zip(images.shape[2:], counts, strict=True)):
        first, last = _bounds(size, count)
        elements = np.arange((last - first).max(initial=1))
        numbers = np.minimum(first[:, None] + elements, last[:, None] - 1)  # of a shorter window, the last is repeated
        images = images.take(numbers, 2 + 2 * dim)
        positions = positions[..., None, None] * size + numbers
    order = [*range(2, 2 + 2 * dims, 2), *range(3, 3 + 2 * dims, 2)]
    inside = images.transpose(0, 1, *order).reshape(*images.shape[:2], *counts, prod(images.shape[3::2]))
    positions = positions.transpose([axis - 2 for axis in order]).reshape(*counts, inside.shape[-1])
    winner = inside.argmax(-1)
    nan = np.isnan(inside)
    if nan.any():
        winner = np.where(nan.any(-1), nan.shape[-1] - 1 - nan[..., ::-1].argmax(-1), winner)
    return np.take_along_axis(np.broadcast_to(positions, inside.shape), winner[..., None], -1)[..., 0]
