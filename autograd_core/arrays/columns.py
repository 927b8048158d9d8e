"""Windows of images as the columns of matrices: convolution as products of matrices.

Images are (C, *sizes, N), weights (O, C / groups, *kernel). Columns are a stack (groups, lines, C / groups × elements of
a window, windows of a line × N); a matrix of weights goes before each, and the products are (groups, lines, O / groups,
windows of a line × N).

Either all windows stand on one line, unrolled. Or a line is where they have one position in the first dimension: only
windows of height 1 are unrolled, for all lines of the image, and the matrix of columns is what lies in memory from a
window's first line to its last, a view. So a kernel of height 5 costs a fifth of the copies, and of the memory.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .windows import Windows

__all__ = ["add_products", "by_lines", "columns", "kernels", "matrices", "parts", "stacked"]

Array: TypeAlias = np.ndarray[Any, Any]

_LONG = 256  # the length from which a product for each line pays


def by_lines(windows: Windows, outputs: int, samples: int) -> bool:
    """Whether products line by line are faster than one product, with weights for so many channels of a group.

    They read the weights anew for each line: where lines are short, or channels many, that costs more than it saves.
    """
    apart = windows.kernel[0] == 1 or windows.stride[0] > 1 or windows.dilation[0] > 1
    return not apart and prod(windows.counts[1:]) * samples >= max(_LONG, 4 * outputs)


def parts(windows: Windows, channels: int, samples: int, lines: bool) -> Iterator[tuple[Windows, slice]]:
    """As `Windows.parts`, for so many channels."""
    return windows.parts(channels * prod(windows.kernel[1:] if lines else windows.kernel), samples)


def stacked(windows: Windows, rows: Array, lines: bool) -> Array:
    """Images (groups, O, windows × N), a matrix for each line: a view."""
    groups, outputs, total = rows.shape
    count = windows.counts[0] if lines else 1
    return rows.reshape(groups, outputs, count, total // count).swapaxes(1, 2)


def columns(windows: Windows, images: Array, groups: int, lines: bool) -> Array:
    """The columns of all windows, zeros outside the image. May share memory with the images."""
    channels, dims = len(images) // groups, len(windows.kernel)
    height, count = windows.kernel[0], windows.counts[0]
    elements, length = channels * prod(windows.kernel[1:]), prod(windows.counts[1:]) * images.shape[-1]
    if not lines:
        return windows.seen(images).reshape(groups, 1, height * elements, count * length)
    seen = windows.lines().seen(images)  # (C, 1, *kernel[1:], lines, *counts[1:], N)
    seen = seen.reshape(groups, channels, *seen.shape[1:])
    lines_first = seen.transpose(0, dims + 2, *range(1, dims + 2), *range(dims + 3, seen.ndim))
    flat = np.ascontiguousarray(lines_first).reshape(groups, seen.shape[dims + 2], elements * length)
    group, line, number = flat.strides
    shape, strides = (groups, count, height * elements, length), (group, line, length * number, number)
    return np.ndarray(shape, flat.dtype, flat, strides=strides)


def add_products(windows: Windows, images: Array, factors: Array, rows: Array, lines: bool) -> None:
    """The adjoint: the transposed matrices times stacked rows are columns, to be added to where columns come from."""
    if not lines:
        elements = np.matmul(factors.swapaxes(2, 3), rows)
        windows.add(images, elements.reshape(len(images), *windows.kernel, *windows.counts, images.shape[-1]))
        return
    groups, count, outputs, length = rows.shape
    height, before, low = windows.kernel[0], windows.padding[0], windows.lines()
    inside = range(max(0, before), min(low.counts[0], before + windows.sizes[0]))
    low = low._replace(counts=(len(inside), *low.counts[1:]), padding=(before - inside.start, *low.padding[1:]))
    # A line of the image is reached from as many lines of windows as a window is high; BLAS adds these up.
    flipped = factors.reshape(groups, outputs, height, factors.shape[3] // height)[:, :, ::-1].transpose(0, 3, 2, 1)
    flipped = flipped.reshape(groups, factors.shape[3] // height, height * outputs)
    rows = np.ascontiguousarray(rows).reshape(groups, count * outputs, length)
    sums = np.empty((groups, flipped.shape[1], len(inside), length), images.dtype)
    for number, line in enumerate(inside):
        top = line - height + 1  # the first line of windows that reaches this one
        start, stop = max(0, top), min(count, line + 1)
        weights = flipped[..., (start - top) * outputs : (stop - top) * outputs]
        np.matmul(weights, rows[:, start * outputs : stop * outputs], out=sums[:, :, number])
    low.add(images, sums.reshape(len(images), *low.kernel, *low.counts, images.shape[-1]))


def matrices(weight: Array, groups: int, lines: bool) -> Array:
    """Weights (O, C / groups, *kernel), a matrix for each group."""
    outputs, channels, first, *rest = weight.shape
    factors = weight.reshape(groups, outputs // groups, channels, first, prod(rest))
    if lines:  # in columns, elements lie line by line
        factors = factors.swapaxes(2, 3)
    return factors.reshape(groups, 1, outputs // groups, channels * first * prod(rest))


def kernels(factors: Array, shape: Sequence[int], lines: bool) -> Array:
    """The inverse of `matrices`."""
    outputs, channels, first, *rest = shape
    if lines:
        factors = factors.reshape(outputs, first, channels, prod(rest)).swapaxes(1, 2)
    return factors.reshape(shape)
