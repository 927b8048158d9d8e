"""Pooling: the largest element of each window, the average, or the norm.

Shapes and conventions follow https://docs.pytorch.org/docs/stable/nn.functional.html#pooling-functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..arrays.windows import Sizes, Windows, batch_first, batch_last, for_each_dim
from ..primitive import Array, TensorLike, either, primitive, wrap
from .activation import relu
from .elementwise import abs, cast, neg, pow, sign
from .scatter import _scatter_src, _ungather

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- the largest of each window


def _lowest(dtype: Any) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _to_winners(g: Any, input: Any, windows: Windows) -> Any:
    """The gradient of each window at its winner."""
    indices = either(_winners)(input, windows)  # type: ignore[has-type]  # below
    n, channels = g.shape[:2]
    flat = (n, channels, math.prod(g.shape[2:]))
    image = (n, channels, math.prod(input.shape[2:]))
    return either(_ungather)(g.reshape(flat), 2, indices.reshape(flat), image).reshape(input.shape)


def _to_winners_in_slices(g: Array, input: Array, windows: Windows, out: Array) -> Array:
    """Elements of the windows one after the other: who equals the maximum first takes the gradient, all its bits
    (inf * 0 is NaN)."""
    images, maxima = batch_last(input), batch_last(out)
    bits = batch_last(g).view(f"i{g.itemsize}")
    shares = np.zeros_like(images)
    waiting = np.ones(maxima.shape, np.bool_)
    apart = all(step > (k - 1) * gap for step, k, gap in zip(windows.stride, windows.kernel, windows.dilation, strict=True))
    for _, at, image in windows.places():
        won = images[image] == maxima[at]
        won &= waiting[at]
        waiting[at] ^= won
        if apart:  # each place is reached once
            np.multiply(bits[at], won, out=shares[image].view(bits.dtype))
        else:
            shares[image] += np.multiply(bits[at], won).view(g.dtype)
    if waiting.any():  # NaN equals nothing
        return _to_winners(g, input, windows)
    return batch_first(shares)


@primitive(fresh=True, overwritable=True, torch="MaxPool2DWithIndicesBackward0", shows="max in windows of {input}",
           fast={"input": _to_winners_in_slices},
           input=_to_winners)
def _max_pool(input: TensorLike, windows: Windows) -> Tensor:
    images = batch_last(input)
    out = np.full((len(images), *windows.counts, len(input)), _lowest(input.dtype), input.dtype)
    for _, at, image in windows.places():
        np.maximum(out[at], images[image], out=out[at])
    return batch_first(out)


@primitive()
def _winners(input: TensorLike, windows: Windows) -> Tensor:
    """For each window, the position of its maximum in the flattened image: the first, or the last NaN, as PyTorch."""
    images = batch_last(input)
    shape = (len(images), *windows.counts, len(input))
    best, winner = np.full(shape, _lowest(input.dtype), input.dtype), np.full(shape, -1)
    positions = np.arange(math.prod(windows.sizes)).reshape(1, *windows.sizes, 1)
    for _, at, image in windows.places():
        value = images[image]
        better = (value > best[at]) | (winner[at] < 0) | (value != value)
        np.copyto(best[at], value, where=better)
        np.copyto(winner[at], positions[image], where=better)
    return batch_first(winner)


def max_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of sequences (N, C, L) or (C, L); stride is the kernel_size by default.

    A gradient goes to the first of equal elements. return_indices: also where they stand, in int64. ceil_mode: a last
    window may reach over the end.

    >>> max_pool1d(tensor([[[1., 3., 2., 4.]]]), 2, return_indices=True)
    (tensor([[[3., 4.]]]), tensor([[[1, 3]]]))
    """
    if not return_indices:
        require("max_pool1d", input.array.dtype, "f")
    return _largest("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of images (N, C, H, W) or (C, H, W); see `max_pool1d`.

    Indices count through the rows of an image.

    >>> max_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    return _largest("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of volumes (N, C, D, H, W) or (C, D, H, W); see `max_pool1d`."""
    return _largest("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _largest(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    require(name, input.array.dtype, "iuf")
    windows = _windows(name, dims, input, kernel_size, stride, padding, dilation, ceil_mode)
    batch = _batched(name, dims, input)
    out = _max_pool(batch, windows)
    if not return_indices:
        return out if batch is input else out.squeeze(0)
    indices = _winners(batch, windows)
    return (out, indices) if batch is input else (out.squeeze(0), indices.squeeze(0))


def _batched(name: str, dims: int, input: Tensor) -> Tensor:
    """Images (N, C, *sizes); one (C, *sizes) becomes a batch."""
    shape = input.array.shape
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"{name}: expected {dims + 1}D (one image) or {dims + 2}D (a batch) input, but got shape {shape}"
        )
    return input if len(shape) == dims + 2 else input.unsqueeze(0)


def _windows(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
) -> Windows:
    """The arguments of a pooling function, checked."""
    shape = input.array.shape
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[-dims - 1 :]:
        raise (IndexError if name == "avg_pool2d" and len(shape) < 3 else RuntimeError)(
            f"{name}: expected {dims + 1}D (one image) or {dims + 2}D (a batch) input, not empty but for the batch, "
            f"got shape {shape}"
        )
    kernel = for_each_dim(name, "kernel_size", kernel_size, dims)
    step = kernel if stride is None or (isinstance(stride, tuple | list) and not stride) else stride
    steps = for_each_dim(name, "stride", step, dims)
    before = for_each_dim(name, "padding", padding, dims)
    gaps = for_each_dim(name, "dilation", dilation, dims)
    for argument, numbers in (("kernel_size", kernel), ("stride", steps), ("dilation", gaps)):
        if min(numbers) < 1:
            raise RuntimeError(f"{name}: {argument} must be greater than zero, but got {numbers}")
    if any(pad < 0 or pad > ((k - 1) * gap + 1) // 2 for pad, k, gap in zip(before, kernel, gaps, strict=True)):
        raise RuntimeError(
            f"{name}: padding must be at least 0 and at most half of the effective kernel size, but got padding "
            f"{before}, kernel_size {kernel} and dilation {gaps}"
        )
    sizes = shape[-dims:]
    counts = []
    for size, k, step, gap, pad in zip(sizes, kernel, steps, gaps, before, strict=True):
        room = size + 2 * pad - (k - 1) * gap - 1
        count = (room + (step - 1 if ceil_mode else 0)) // step + 1
        if ceil_mode and (count - 1) * step >= size + pad:
            count -= 1  # the last window has to begin inside
        if count < 1:
            raise RuntimeError(
                f"{name}: input {shape} is too small for windows of {kernel}"
                + (f" with dilation {gaps}" if max(gaps) > 1 else "")
                + ": there would be no result"
            )
        if any(start % gap >= size for start in range(-pad, 0, step)):
            raise RuntimeError(
                f"{name}: with kernel_size {kernel}, dilation {gaps} and padding {before} a window has no element inside "
                f"the input {shape}: use less padding"
            )
        counts.append(count)
    return Windows(sizes, kernel, tuple(counts), steps, gaps, before)


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The elements of a pooled sequence (N, C, L) back at the indices that `max_pool1d` returned, zeros elsewhere.

    output_size: of the sequence that was pooled, where windows did not fill it.

    >>> max_unpool1d(tensor([[[3., 4.]]]), tensor([[[1, 3]]]), 2)
    tensor([[[0., 3., 0., 4.]]])
    """
    return _put_back("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The elements of a pooled image back at the indices that `max_pool2d` returned; see `max_unpool1d`."""
    return _put_back("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The elements of a pooled volume back at the indices that `max_pool3d` returned; see `max_unpool1d`."""
    return _put_back("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


def _put_back(
    name: str,
    dims: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    output_size: Sequence[int] | None,
) -> Tensor:
    require(name, input.array.dtype, "f")
    kernel = for_each_dim(name, "kernel_size", kernel_size, dims)
    steps = kernel if stride is None else for_each_dim(name, "stride", stride, dims)
    before = for_each_dim(name, "padding", padding, dims)
    shape = input.array.shape
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[1:]:
        raise RuntimeError(
            f"{name}: expected {dims + 1}D (one image) or {dims + 2}D (a batch) input, not empty but for the batch, "
            f"got shape {shape}"
        )
    sizes = tuple(
        (n - 1) * step + k - 2 * pad for n, step, k, pad in zip(shape[-dims:], steps, kernel, before, strict=True)
    )
    if output_size is not None:
        wanted = tuple(output_size)[2:] if len(output_size) == dims + 2 else tuple(output_size)
        if len(wanted) != dims or any(
            not -step < n - size < step for n, size, step in zip(wanted, sizes, steps, strict=True)
        ):
            raise ValueError(
                f"{name}: invalid output_size {output_size}: expected {dims} or {dims + 2} sizes, those of the image less "
                f"than stride {steps} away from {sizes}"
            )
        sizes = wanted
    if indices.array.dtype != np.int64:
        raise RuntimeError(f"{name}: elements in indices should be type int64 but got {indices.array.dtype}")
    if indices.array.shape != shape:
        raise RuntimeError(
            f"{name}: expected indices of the same shape as the input, {shape}, but got {indices.array.shape}"
        )
    if indices.array.size and not 0 <= indices.array.min() <= indices.array.max() < math.prod(sizes):
        raise RuntimeError(
            f"{name}: found an invalid max index: indices go from {indices.array.min()} to {indices.array.max()}, but the "
            f"result of size {sizes} has {math.prod(sizes)} elements"
        )
    flat = (*shape[:-dims], math.prod(shape[-dims:]))
    empty = wrap(np.zeros((*shape[:-dims], math.prod(sizes)), input.array.dtype))
    filled = _scatter_src(empty, len(flat) - 1, indices.reshape(flat), input.reshape(flat))
    return filled.reshape((*shape[:-dims], *sizes))


# ---------------------------------------------------------------- the average of each window


def _divided(total: Array, divisor: Any) -> Array:
    if total.dtype.kind == "f":
        total /= divisor
        return total
    return np.sign(total) * np.sign(divisor) * (np.abs(total) // np.abs(divisor))  # towards zero


@primitive(fresh=True, torch="AvgPool2DBackward0", shows="mean in windows of {input}",
           input=lambda g, windows, divisor: either(_spread_average)(g, windows, divisor))  # type: ignore[has-type]  # below
def _average(input: TensorLike, windows: Windows, divisor: Any) -> Tensor:
    """Sums over windows by a number, or by one for each window (*counts, 1)."""
    images = batch_last(input)
    total = np.zeros((len(images), *windows.counts, len(input)), input.dtype)
    for _, at, image in windows.places():
        total[at] += images[image]
    return batch_first(_divided(total, divisor))


@primitive(fresh=True, torch="AvgPool2DBackwardBackward0",
           input=lambda g, windows, divisor: either(_average)(g, windows, divisor))
def _spread_average(input: TensorLike, windows: Windows, divisor: Any) -> Tensor:
    """The adjoint: each element by its divisor, added to all of its window."""
    shares = batch_last(input) / divisor
    images = np.zeros((len(shares), *windows.sizes, len(input)), input.dtype)
    for _, at, image in windows.places():
        images[image] += shares[at]
    return batch_first(images)


def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The average of each window of sequences (N, C, L) or (C, L); stride is the kernel_size by default.

    count_include_pad: whether zeros of the padding count as elements. ceil_mode: a last window may reach over the end.

    >>> avg_pool1d(tensor([[[1., 3., 2., 4.]]]), 2)
    tensor([[[2., 3.]]])
    """
    return _averaged("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The average of each window of images (N, C, H, W) or (C, H, W); see `avg_pool1d`.

    divisor_override: what the sums are divided by, in place of the number of elements.

    >>> avg_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    return _averaged(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The average of each window of volumes (N, C, D, H, W) or (C, D, H, W); see `avg_pool2d`. No half precision."""
    if input.array.dtype == np.float16:
        raise NotImplementedError("avg_pool3d: not implemented for float16; convert with .float()")
    return _averaged(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _averaged(
    name: str,
    dims: int,
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    if input.array.dtype != np.int64:
        require(name, input.array.dtype, "f")
    windows = _windows(name, dims, input, kernel_size, stride, padding, 1, ceil_mode)
    if dims == 3 and any(size < k for size, k in zip(windows.sizes, windows.kernel, strict=True)):
        raise RuntimeError(f"{name}: input {input.array.shape} is smaller than windows of {windows.kernel}")
    if divisor_override is None:
        divisor = _counts(windows, count_include_pad)
        if divisor.min() == divisor.max():
            divisor = divisor.reshape(-1)[0]
        divisor = divisor.astype(_exact(input.array.dtype))
    elif not isinstance(divisor_override, int):
        raise TypeError(f"{name}(): divisor_override must be int, not {type(divisor_override).__name__}")
    elif divisor_override == 0:
        raise RuntimeError(f"{name}: divisor_override must be not zero")
    else:
        divisor = np.asarray(divisor_override, _exact(input.array.dtype))
    return _averages(name, dims, input, windows, divisor)


def _exact(dtype: Any) -> Any:
    """The dtype to compute in: half precision in single."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _averages(name: str, dims: int, input: Tensor, windows: Windows, divisor: Array) -> Tensor:
    """Sums over windows of one image or a batch by a divisor, in whose dtype they are computed."""
    if divisor.dtype != input.array.dtype:
        return cast(_averages(name, dims, cast(input, divisor.dtype), windows, divisor), input.array.dtype)
    batch = _batched(name, dims, input)
    out = _average(batch, windows, divisor)
    return out if batch is input else out.squeeze(0)


def _counts(windows: Windows, padded: bool) -> Array:
    """How many elements each window has (*counts, 1), with those of the padding (on either side) or without."""
    total: Any = np.ones((), np.int64)
    for size, k, count, step, _, pad in zip(*windows, strict=True):
        first = np.arange(count) * step - pad
        last = np.minimum(first + k, size + pad)
        if not padded:
            first, last = np.maximum(first, 0), np.minimum(last, size)
        total = total[..., None] * (last - first)
    return total[..., None]


# ---------------------------------------------------------------- the norm of each window


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ x^p)^(1/p) over each window of sequences (N, C, L) or (C, L), where the sum is positive; p is norm_type.

    >>> lp_pool1d(tensor([[[3., 4., 6., 8.]]]), 2, 2)
    tensor([[[ 5., 10.]]])
    """
    return _norms("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ x^p)^(1/p) over each window of images (N, C, H, W) or (C, H, W); see `lp_pool1d`."""
    return _norms("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes = None, ceil_mode: bool = False
) -> Tensor:
    """(Σ x^p)^(1/p) over each window of volumes (N, C, D, H, W) or (C, D, H, W); see `lp_pool1d`."""
    return _norms("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


def _norms(
    name: str, dims: int, input: Tensor, norm_type: float, kernel_size: Sizes, stride: Sizes, ceil_mode: bool
) -> Tensor:
    if norm_type == np.inf:
        return _largest(name, dims, abs(input), kernel_size, stride, 0, 1, ceil_mode, False)
    if norm_type == -np.inf:
        return neg(_largest(name, dims, neg(abs(input)), kernel_size, stride, 0, 1, ceil_mode, False))
    pool = (avg_pool1d, avg_pool2d, avg_pool3d)[dims - 1]
    means = pool(pow(input, norm_type), kernel_size, stride, 0, ceil_mode)
    elements = math.prod(for_each_dim(name, "kernel_size", kernel_size, dims))
    return pow(sign(means) * relu(abs(means)) * elements, 1.0 / norm_type)
