"""Convolution, and what it becomes under differentiation.

Three operations stand together, each linear in both of its operands: on images x (N, C, *sizes) and y (N, O, *counts)
and weights w (O, C / groups, *kernel),

    convolution     y[o, p] = Σ w[o, c, k] x[c, p + k]
    transposed      x[c, q] = Σ w[o, c, k] y[o, q - k]
    of the weights  w[o, c, k] = Σ x[c, p + k] y[o, p]

All three are the sum Σ w x y over what the result has no index for. So the derivative of each with respect to an
operand is one of the others, with the gradient where its result was (Dumoulin and Visin 2016, "A guide to convolution
arithmetic for deep learning", https://arxiv.org/abs/1603.07285, chapter 4), and there is no end to derivatives.

Formulas and shapes follow https://docs.pytorch.org/docs/stable/nn.functional.html#convolution-functions.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.columns import add_products, by_lines, columns, kernels, matrices, parts, stacked
from ..arrays.dtypes import require
from ..arrays.numerics import add_up, kept_sums
from ..arrays.windows import Sizes, Windows, batch_first, batch_last, for_each_dim
from ..primitive import Array, TensorLike, either, primitive
from .elementwise import cast, plus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..tensor import Tensor

# ---------------------------------------------------------------- the three operations


def _convolve(x: Any, w: Any, windows: Windows, groups: int) -> Any:
    return either(_convolution)(x, w, None, windows, groups)


def _transpose(y: Any, w: Any, windows: Windows, groups: int) -> Any:
    return either(_transposed)(y, w, windows, groups)


def _correlate(x: Any, y: Any, windows: Windows, groups: int) -> Any:
    return either(_of_weights)(x, y, windows, groups)


def _rows(images: Array, groups: int) -> Array:
    """Images (C, *sizes, N), a matrix for each group: a row for each channel."""
    return images.reshape(groups, len(images) // groups, prod(images.shape[1:]))


def _row_products(x: Array, y: Array) -> Array:
    """x yᵀ of stacks of matrices. The one with more rows goes first: BLAS takes down to half the time."""
    if x.shape[-2] >= y.shape[-2]:
        return np.matmul(x, y.swapaxes(-1, -2))
    return np.matmul(y, x.swapaxes(-1, -2)).swapaxes(-1, -2)


def _sum_of_channels(g: Any) -> Any:
    return g.sum(axis=(0, *range(2, g.ndim)))


def _sum_of_channels_in_memory(g: Array) -> Array:
    inner = batch_last(g)
    length = prod(inner.shape[2:])
    if length >= 16:  # a product with ones adds faster
        inner = kept_sums(inner.reshape(*inner.shape[:2], length), 2)
    return add_up(inner.reshape(len(inner), prod(inner.shape[1:])), (1,))


@primitive(fresh=True, torch="ConvolutionBackward0", shows="{input} * {weight} + {bias}",
           fast={"bias": _sum_of_channels_in_memory},
           input=lambda g, weight, windows, groups: _transpose(g, weight, windows, groups),
           weight=lambda g, input, windows, groups: _correlate(input, g, windows, groups),
           bias=_sum_of_channels)
def _convolution(
    input: TensorLike, weight: TensorLike, bias: TensorLike | None, windows: Windows, groups: int
) -> Tensor:
    images = batch_last(input)
    samples = images.shape[-1]
    out = np.empty((groups, len(weight) // groups, prod(windows.counts) * samples), input.dtype)
    lines = by_lines(windows, out.shape[1], samples)
    factors = matrices(weight, groups, lines)
    for part, at in parts(windows, len(images), samples, lines):
        np.matmul(factors, columns(part, images, groups, lines), out=stacked(part, out[..., at], lines))
    if bias is not None:
        out += bias.reshape(groups, -1, 1)
    return batch_first(out.reshape(len(weight), *windows.counts, samples))


@primitive(fresh=True, torch="ConvolutionBackward0", shows="{input} *ᵀ {weight}",
           input=lambda g, weight, windows, groups: _convolve(g, weight, windows, groups),
           weight=lambda g, input, windows, groups: _correlate(g, input, windows, groups))
def _transposed(input: TensorLike, weight: TensorLike, windows: Windows, groups: int) -> Tensor:
    inner = batch_last(input)
    rows, samples = _rows(inner, groups), inner.shape[-1]
    lines = by_lines(windows, rows.shape[1], samples)
    factors = matrices(weight, groups, lines)
    out = np.zeros((groups * weight.shape[1], *windows.sizes, samples), input.dtype)
    for part, at in parts(windows, len(out), samples, lines):
        add_products(part, out, factors, stacked(part, rows[..., at], lines), lines)
    return batch_first(out)


@primitive(fresh=True, torch="ConvolutionBackward0",
           input=lambda g, output, windows, groups: _transpose(output, g, windows, groups),
           output=lambda g, input, windows, groups: _convolve(input, g, windows, groups))
def _of_weights(input: TensorLike, output: TensorLike, windows: Windows, groups: int) -> Tensor:
    images = batch_last(input)
    rows, samples = _rows(batch_last(output), groups), images.shape[-1]
    shape = (groups * rows.shape[1], len(images) // groups, *windows.kernel)
    lines = by_lines(windows, rows.shape[1], samples)
    total = np.zeros((groups, rows.shape[1], prod(shape[1:])), input.dtype)
    for part, at in parts(windows, len(images), samples, lines):
        products = _row_products(stacked(part, rows[..., at], lines), columns(part, images, groups, lines))
        total += add_up(products, (1,))
    return kernels(total, shape, lines)


# ---------------------------------------------------------------- PyTorch's functions


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of sequences (N, C, L) or (C, L) with weight (O, C / groups, k).

    padding: zeros at both ends, "valid" for none, or "same" for as many as keep the size (an even window then
    reaches further at the end).

    >>> conv1d(tensor([[[1., 2., 3., 4.]]]), tensor([[[1., 1.]]]))
    tensor([[[3., 5., 7.]]])
    """
    return _convolved("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of images (N, C, H, W) or (C, H, W) with weight (O, C / groups, kH, kW); see `conv1d`.

    >>> conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2), padding="same")
    tensor([[[[4., 4., 2.],
              [4., 4., 2.],
              [2., 2., 1.]]]])
    """
    return _convolved("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of volumes (N, C, D, H, W) or (C, D, H, W) with weight (O, C / groups, kD, kH, kW)."""
    return _convolved("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of `conv1d` with respect to its input, as an operation: (N, C, L) with weight (C, O / groups, k).

    Its result is as long as the shortest input that conv1d takes to length L, and output_padding longer.

    >>> conv_transpose1d(tensor([[[1., 2.]]]), tensor([[[1., 1.]]]), stride=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return _spread("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of `conv2d` with respect to its input, as an operation; see `conv_transpose1d`."""
    return _spread("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of `conv3d` with respect to its input, as an operation; see `conv_transpose1d`."""
    return _spread("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _convolved(
    name: str,
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    _check_operands(name, dims, input, weight, bias)
    require(name, input.array.dtype, "iufc")
    sizes, kernel = input.array.shape[-dims:], weight.array.shape[2:]
    steps = _positive(name, "stride", stride, dims)
    gaps = _positive(name, "dilation", dilation, dims)
    reach = [(k - 1) * gap for k, gap in zip(kernel, gaps, strict=True)]
    if isinstance(padding, str):
        before, after = _named_padding(name, padding, steps, reach)
    else:
        before = after = _not_negative(name, "padding", padding, dims)
    padded = [a + size + b for a, size, b in zip(before, sizes, after, strict=True)]
    counts = tuple((n - far - 1) // step + 1 for n, far, step in zip(padded, reach, steps, strict=True))
    if min(counts) < 1 or 0 in sizes:
        raise RuntimeError(
            f"{name}: padded input of size {_times(padded)} is too small for a kernel of size {_times(kernel)}"
            + (f" with dilation {_times(gaps)}" if max(gaps) > 1 else "")
            + f" (input {input.array.shape}, weight {weight.array.shape}): enlarge the input or padding="
        )
    _check_groups(name, weight, groups)
    channels, wanted = input.array.shape[-dims - 1], weight.array.shape[1] * groups
    if channels != wanted:
        raise RuntimeError(
            f"{name}: input {input.array.shape} and weight {weight.array.shape} do not fit: with groups={groups} the "
            f"weight is for {wanted} input channels, but the input has {channels}"
        )
    _check_bias(name, bias, weight.array.shape[0])
    windows = Windows(sizes, kernel, counts, steps, gaps, before)

    def convolve(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return _convolution(input, weight, bias, windows, groups)

    return _on_batches(convolve, dims, input, weight, bias)


def _spread(
    name: str,
    dims: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Tensor:
    _check_operands(name, dims, input, weight, bias)
    if input.array.dtype != np.int64:
        require(name, input.array.dtype, "fc")
    counts, kernel = input.array.shape[-dims:], weight.array.shape[2:]
    steps = _positive(name, "stride", stride, dims)
    gaps = _positive(name, "dilation", dilation, dims)
    before = _not_negative(name, "padding", padding, dims)
    extra = _not_negative(name, "output_padding", output_padding, dims)
    if any(more >= max(step, gap) for more, step, gap in zip(extra, steps, gaps, strict=True)):
        raise RuntimeError(
            f"{name}: output padding must be smaller than either stride or dilation, but got output_padding {extra}, "
            f"stride {steps}, dilation {gaps}"
        )
    sizes = tuple(
        (n - 1) * step + (k - 1) * gap + 1 + more - 2 * cut
        for n, step, k, gap, more, cut in zip(counts, steps, kernel, gaps, extra, before, strict=True)
    )
    if min(sizes) < 1 or 0 in counts:
        raise RuntimeError(
            f"{name}: input {input.array.shape}, weight {weight.array.shape} and padding {before} give a result of size "
            f"{_times(sizes)}, which is too small: use less padding="
        )
    _check_groups(name, weight, groups)
    channels, wanted = input.array.shape[-dims - 1], weight.array.shape[0]
    if channels != wanted:
        raise RuntimeError(
            f"{name}: input {input.array.shape} and weight {weight.array.shape} do not fit: the weight is for {wanted} "
            f"input channels, but the input has {channels}"
        )
    _check_bias(name, bias, weight.array.shape[1] * groups)
    windows = Windows(sizes, kernel, counts, steps, gaps, before)

    def spread(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        out = _transposed(input, weight, windows, groups)
        return out if bias is None else plus(out, bias.reshape(-1, *(1,) * dims))

    return _on_batches(spread, dims, input, weight, bias)


def _on_batches(
    function: Callable[..., Tensor], dims: int, input: Tensor, weight: Tensor, bias: Tensor | None
) -> Tensor:
    """The function of a batch, also where there is one image (C, *sizes); half precision is computed in single."""
    if input.array.dtype == np.float16:
        single: Any = [x if x is None else cast(x, np.float32) for x in (input, weight, bias)]
        return cast(_on_batches(function, dims, *single), np.float16)
    if input.array.ndim == dims + 1:
        return function(input.unsqueeze(0), weight, bias).squeeze(0)
    return function(input, weight, bias)


# ---------------------------------------------------------------- their arguments


def _times(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))


def _positive(name: str, argument: str, value: Sizes, dims: int) -> tuple[int, ...]:
    numbers = for_each_dim(name, argument, value, dims)
    if min(numbers) < 1:
        raise RuntimeError(f"{name}: non-positive {argument} is not supported, got {value}")
    return numbers


def _not_negative(name: str, argument: str, value: Sizes, dims: int) -> tuple[int, ...]:
    numbers = for_each_dim(name, argument, value, dims)
    if min(numbers) < 0:
        raise RuntimeError(f"{name}: negative {argument} is not supported, got {value}")
    return numbers


def _named_padding(
    name: str, padding: str, stride: tuple[int, ...], reach: list[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The zeros before and after the image."""
    if padding == "valid":
        return (0,) * len(reach), (0,) * len(reach)
    if padding != "same":
        raise RuntimeError(f"{name}: invalid padding {padding!r}: give numbers, 'valid' or 'same'")
    if max(stride) > 1:
        raise RuntimeError(f"{name}: padding='same' is not supported for strided convolutions; give numbers")
    return tuple(far // 2 for far in reach), tuple(far - far // 2 for far in reach)


def _check_operands(name: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    for argument, value in (("input", input), ("weight", weight), ("bias", bias)):
        if not hasattr(value, "_edge") and not (argument == "bias" and value is None):
            raise TypeError(f"{name}(): {argument} must be a Tensor, not {type(value).__name__}")
    if input.array.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"{name}: expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input, but got shape {input.array.shape}"
        )
    if weight.array.ndim != dims + 2 or 0 in weight.array.shape[:1] + weight.array.shape[2:]:
        raise RuntimeError(
            f"{name}: expected a weight of {dims + 2} dimensions, none of them empty, but got shape {weight.array.shape}"
        )
    dtypes = [x.array.dtype for x in (input, weight, bias) if x is not None]
    if any(dtype != dtypes[0] for dtype in dtypes):
        raise RuntimeError(
            f"{name}: input, weight and bias must have the same dtype, but have {', '.join(map(str, dtypes))}; convert "
            "one with .to(dtype), or the module with .double() / .float()"
        )


def _check_groups(name: str, weight: Tensor, groups: int) -> None:
    if groups < 1:
        raise RuntimeError(f"{name}: non-positive groups is not supported, got {groups}")
    if weight.array.shape[0] % groups:
        raise RuntimeError(
            f"{name}: with groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight "
            f"of shape {weight.array.shape}"
        )


def _check_bias(name: str, bias: Tensor | None, channels: int) -> None:
    if bias is not None and bias.array.shape != (channels,):
        raise RuntimeError(
            f"{name}: expected bias to be 1-dimensional with {channels} elements, one for each channel of the result, "
            f"but got shape {bias.array.shape}"
        )


# ---------------------------------------------------------------- windows as columns


@primitive(fresh=True, torch="Im2ColBackward0",
           input=lambda g, windows: either(_col2im)(g, windows))  # type: ignore[has-type]  # below
def _im2col(input: TensorLike, windows: Windows) -> Tensor:
    images = batch_last(input)
    columns = windows.seen(images).reshape(len(images) * prod(windows.kernel), prod(windows.counts), len(input))
    return batch_first(columns.copy() if np.may_share_memory(columns, input) else columns)


@primitive(fresh=True, torch="Col2ImBackward0",
           input=lambda g, windows: either(_im2col)(g, windows))
def _col2im(input: TensorLike, windows: Windows) -> Tensor:
    columns = batch_last(input)
    images = np.zeros((len(columns) // prod(windows.kernel), *windows.sizes, len(input)), input.dtype)
    windows.add(images, columns.reshape(len(images), *windows.kernel, *windows.counts, len(input)))
    return batch_first(images)


def im2col(input: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """The windows of images (N, C, H, W) as columns (N, C × kH × kW, number of windows): `nn.functional.unfold`.

    >>> im2col(tensor([[[[1., 2., 3.], [4., 5., 6.]]]]), (2, 2))
    tensor([[[1., 2.],
             [2., 3.],
             [4., 5.],
             [5., 6.]]])
    """
    shape = input.array.shape
    require("unfold", input.array.dtype, "fcb")
    if len(shape) < 3:
        raise IndexError(f"unfold: expected images (N, C, H, W) or one (C, H, W), but got shape {shape}")
    if len(shape) > 4 or 0 in shape[-3:]:
        raise RuntimeError(f"unfold: expected images (N, C, H, W) or one (C, H, W), not empty, but got shape {shape}")
    windows = _sliding("unfold", shape[-2:], kernel_size, dilation, padding, stride)
    if min(windows.counts) < 1:
        raise RuntimeError(
            f"unfold: windows of size {windows.kernel} with dilation {windows.dilation} and padding {windows.padding} "
            f"do not fit into images of size {shape[-2:]}"
        )
    return _im2col(input, windows) if len(shape) == 4 else _im2col(input.unsqueeze(0), windows).squeeze(0)


def col2im(
    input: Tensor,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Images of the given size from columns (N, C × kH × kW, number of windows), added where windows overlap:
    `nn.functional.fold`.

    >>> col2im(ones(1, 2, 2), (1, 3), (1, 2))
    tensor([[[[1., 2., 1.]]]])
    """
    shape = input.array.shape
    require("fold", input.array.dtype, "fcb")
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(f"fold: expected columns (N, C × kernel, windows), not empty, but got shape {shape}")
    sizes = for_each_dim("fold", "output_size", output_size, 2)
    windows = _sliding("fold", sizes, kernel_size, dilation, padding, stride)
    if min(windows.counts) < 1 or shape[-2] % prod(windows.kernel) or shape[-1] != prod(windows.counts):
        raise RuntimeError(
            f"fold: input {shape} does not fit output_size {sizes}: with kernel_size {windows.kernel}, dilation "
            f"{windows.dilation}, padding {windows.padding} and stride {windows.stride} there are {windows.counts} "
            f"windows, so expected (N, multiple of {prod(windows.kernel)}, {prod(windows.counts)})"
        )
    return _col2im(input, windows) if len(shape) == 3 else _col2im(input.unsqueeze(0), windows).squeeze(0)


def _sliding(
    name: str, sizes: tuple[int, ...], kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes
) -> Windows:
    """All windows that fit into padded images of these sizes."""
    kernel = _positive(name, "kernel_size", kernel_size, len(sizes))
    gaps = _positive(name, "dilation", dilation, len(sizes))
    steps = _positive(name, "stride", stride, len(sizes))
    before = _not_negative(name, "padding", padding, len(sizes))
    counts = tuple(
        (size + 2 * pad - (k - 1) * gap - 1) // step + 1
        for size, pad, k, gap, step in zip(sizes, before, kernel, gaps, steps, strict=True)
    )
    return Windows(sizes, kernel, counts, steps, gaps, before)
