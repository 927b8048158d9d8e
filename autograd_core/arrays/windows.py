"""Windows that slide over images, on arrays: what convolution, pooling and `unfold` have in common.

An image batch is (N, C, *sizes), as in PyTorch. Windows slide over it with the batch innermost in memory, as
(C, *sizes, N), and results are handed out as (N, C, *counts) views of the same order. What is copied or added is
then whole runs of numbers, and the channels are the rows of a matrix, so that convolution is a matrix product and
no transposition: on a LeNet half the time of row-major (N, C, *sizes).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Sizes", "Windows", "batch_first", "batch_last", "for_each_dim"]

Array: TypeAlias = np.ndarray[Any, Any]
Place: TypeAlias = tuple[Any, ...]  # a key
Sizes = Any  # an int for every dimension of an image, or a sequence of one for each

_AT_ONCE = 1 << 20  # numbers that are unrolled at a time: they stay in the cache, and memory stays bounded


def batch_last(images: Array) -> Array:
    """(N, C, *sizes) as (C, *sizes, N), row-major: a copy unless it lies so in memory."""
    return np.ascontiguousarray(images.transpose((*range(1, images.ndim), 0)))


def batch_first(images: Array) -> Array:
    """(C, *sizes, N) as (N, C, *sizes): a view.

    Of sequences, (C, L, N), a copy: users transpose those often, and nothing would tell the two layouts apart.
    """
    turned = images.transpose((images.ndim - 1, *range(images.ndim - 1)))
    return np.ascontiguousarray(turned) if images.ndim == 3 else turned


class Windows(NamedTuple):
    """Where windows stand on an image; each entry has a number for each dimension of the image.

    sizes: of the image. kernel: of a window. counts: how many windows. stride: from window to window. dilation:
    from element to element within a window. padding: how far the first window begins before the image (behind
    the image, windows reach as far as they do).
    """

    sizes: tuple[int, ...]
    kernel: tuple[int, ...]
    counts: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...]

    def parts(self, rows: int, samples: int) -> Iterator[tuple[Windows, slice]]:
        """The windows in groups whose columns (of so many rows) are not too much at once; where these stand among all."""
        line = prod(self.counts[1:]) * samples
        step = max(1, _AT_ONCE // max(1, rows * line))
        if step >= self.counts[0]:
            yield self, slice(None)
            return
        for first in range(0, self.counts[0], step):
            count = min(step, self.counts[0] - first)
            yield (
                self._replace(
                    counts=(count, *self.counts[1:]),
                    padding=(self.padding[0] - first * self.stride[0], *self.padding[1:]),
                ),
                slice(first * line, (first + count) * line),
            )

    @lru_cache(maxsize=32)  # noqa: B019 - what it keeps alive are tuples of numbers
    def places(self) -> tuple[tuple[Place, Place, Place], ...]:
        """For each element of a window: its number, the windows where it lies within the image, and where it does.

        All are keys into arrays with one dimension before those of the window or the image.
        """
        along = [list(_along(*numbers)) for numbers in zip(*self, strict=True)]
        every = slice(None)
        return tuple(
            ((every, *numbers), (every, *windows), (every, *image))
            for numbers, windows, image in (zip(*choice, strict=True) for choice in product(*along))
        )

    def seen(self, images: Array) -> Array:
        """All elements of the windows of (C, *sizes, N), zeros outside the image: a view (C, *kernel, *counts, N) of the
        images or of a padded copy."""
        reach = [
            (n - 1) * step + (k - 1) * gap + 1
            for n, k, step, gap in zip(self.counts, self.kernel, self.stride, self.dilation, strict=True)
        ]
        inside = [  # of what the windows reach, as numbers in the image
            (max(0, -before), max(0, -before, min(size, length - before)))
            for size, length, before in zip(self.sizes, reach, self.padding, strict=True)
        ]
        field = images[(slice(None), *(slice(first, last) for first, last in inside))]
        if field.shape[1:-1] != tuple(reach):
            padded = np.zeros((len(images), *reach, images.shape[-1]), images.dtype)
            at = [slice(a + before, b + before) for (a, b), before in zip(inside, self.padding, strict=True)]
            padded[(slice(None), *at)] = field
            field = padded
        channel, *steps, sample = field.strides
        within = [gap * step for gap, step in zip(self.dilation, steps, strict=True)]
        between = [gap * step for gap, step in zip(self.stride, steps, strict=True)]
        shape = (len(images), *self.kernel, *self.counts, images.shape[-1])
        return as_strided(field, shape, (channel, *within, *between, sample))

    def add(self, images: Array, elements: Array) -> None:
        """The adjoint of `seen`: each element of each window is added to where it came from."""
        for element, windows, image in self.places():
            images[image] += elements[element][windows]

    def lines(self) -> Windows:
        """Windows of height 1 on every line (position in the first dimension) that these reach."""
        reach = (self.counts[0] - 1) * self.stride[0] + (self.kernel[0] - 1) * self.dilation[0] + 1
        return self._replace(
            kernel=(1, *self.kernel[1:]),
            counts=(reach, *self.counts[1:]),
            stride=(1, *self.stride[1:]),
            dilation=(1, *self.dilation[1:]),
        )


def _along(
    size: int, kernel: int, count: int, stride: int, dilation: int, padding: int
) -> Iterator[tuple[int, slice, slice]]:
    """In one dimension, for each element of a window: its number, the windows, the places in the image."""
    for number in range(kernel):
        offset = number * dilation - padding
        first = max(0, -(offset // stride))  # the first window in which it does not lie before the image
        last = min(count, (size - 1 - offset) // stride + 1)
        if first < last:
            start = offset + first * stride
            yield number, slice(first, last), slice(start, start + (last - first - 1) * stride + 1, stride)


def for_each_dim(name: str, argument: str, value: Sizes, count: int) -> tuple[int, ...]:
    """A kernel's size, its stride and the like, as a number for each of the dimensions of an image.

    >>> for_each_dim("conv2d", "stride", 2, 2), for_each_dim("conv2d", "stride", (2, 1), 2)
    ((2, 2), (2, 1))
    """
    try:
        numbers = tuple(map(index, value)) if isinstance(value, tuple | list) else (index(value),)
    except TypeError:
        raise TypeError(f"{name}(): {argument} must be an int or a tuple of ints, got {value!r}") from None
    if len(numbers) == 1:
        return numbers * count
    if len(numbers) != count:
        raise RuntimeError(
            f"{name}: expected {argument} to be a single integer value or a list of {count} values, one for each "
            f"dimension of an image, but got {argument}={list(numbers)}"
        )
    return numbers
