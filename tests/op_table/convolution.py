"""Rows of convolution, transposed convolution and columns of windows: `autograd_core.ops.convolution`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import FLOATS, NO_BOOL, Array, Call, Row, Wrong, floats, op

# fmt: off  # rows are laid out as a table


def every(value: Any, dims: int) -> tuple[int, ...]:
    numbers = tuple(value) if isinstance(value, tuple | list) else (value,)
    return numbers * dims if len(numbers) == 1 else numbers


def correlated(x: Array, w: Array, b: Array | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
               groups: int = 1) -> Array:
    """The definition: at each place of the result, the products with one window, summed."""
    dims = w.ndim - 2
    if x.ndim == dims + 1:
        return correlated(x[None], w, b, stride, padding, dilation, groups)[0]
    steps, gaps = every(stride, dims), every(dilation, dims)
    reach = [gap * (k - 1) for gap, k in zip(gaps, w.shape[2:], strict=True)]
    if isinstance(padding, str):
        pads = [(far // 2, far - far // 2) if padding == "same" else (0, 0) for far in reach]
    else:
        pads = [(n, n) for n in every(padding, dims)]
    x = np.pad(x, [(0, 0), (0, 0), *pads])
    counts = [(n - far - 1) // step + 1 for n, far, step in zip(x.shape[2:], reach, steps, strict=True)]
    out = np.zeros((len(x), len(w), *counts), x.dtype)
    inputs, outputs = w.shape[1], len(w) // groups
    for place in np.ndindex(*counts):
        window = x[(..., *[slice(p * step, p * step + far + 1, gap)
                           for p, step, far, gap in zip(place, steps, reach, gaps, strict=True)])]
        for group in range(groups):
            mine = slice(group * outputs, (group + 1) * outputs)
            part = window[:, group * inputs : (group + 1) * inputs].reshape(len(x), w[0].size)
            out[(slice(None), mine, *place)] = part @ w[mine].reshape(outputs, -1).T
    return out if b is None else out + b.reshape(-1, *(1,) * dims)


def spread(x: Array, w: Array, b: Array | None = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
           groups: int = 1, dilation: Any = 1) -> Array:
    """The definition: each element of the input adds the kernel, times itself, to one window of the result."""
    dims = w.ndim - 2
    if x.ndim == dims + 1:
        return spread(x[None], w, b, stride, padding, output_padding, groups, dilation)[0]
    steps, gaps, pads, extra = every(stride, dims), every(dilation, dims), every(padding, dims), every(output_padding, dims)
    reach = [gap * (k - 1) for gap, k in zip(gaps, w.shape[2:], strict=True)]
    sizes = [(n - 1) * step + far + 1 + more for n, step, far, more in zip(x.shape[2:], steps, reach, extra, strict=True)]
    outputs, inputs = w.shape[1], len(w) // groups
    out = np.zeros((len(x), outputs * groups, *sizes), x.dtype)
    for place in np.ndindex(*x.shape[2:]):
        window = out[(..., *[slice(p * step, p * step + far + 1, gap)
                             for p, step, far, gap in zip(place, steps, reach, gaps, strict=True)])]
        for group in range(groups):
            mine = slice(group * inputs, (group + 1) * inputs)
            part = x[(slice(None), mine, *place)] @ w[mine].reshape(inputs, -1)
            window[:, group * outputs : (group + 1) * outputs] += part.reshape(len(x), outputs, *w.shape[2:])
    out = out[(..., *[slice(n, size - n) for n, size in zip(pads, sizes, strict=True)])]
    return out if b is None else out + b.reshape(-1, *(1,) * dims)


def _unfolded(x: Array, kernel: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Array:
    """A correlation with each window that has one 1."""
    (height, width), channels = every(kernel, 2), x.shape[-3]
    ones = np.zeros((channels, height * width, channels, height * width))
    for place in np.ndindex(channels, height * width):
        ones[place + place] = 1
    out = correlated(x, ones.reshape(-1, channels, height, width).astype(x.dtype), None, stride, padding, dilation)
    return out.reshape(*out.shape[:-2], int(np.prod(out.shape[-2:])))


def _folded(x: Array, size: Any, kernel: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Array:
    """The transpose of the matrix that unfolds."""
    height, width = every(kernel, 2)
    shape = (x.shape[-2] // (height * width), *every(size, 2))
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    matrix = _unfolded(units, kernel, dilation, padding, stride).reshape(len(units), -1)
    return (x.reshape(*x.shape[:-2], matrix.shape[1]) @ matrix.T).reshape(*x.shape[:-2], *shape)


def rows() -> Iterator[Row]:
    x1, w1, b = floats(2, 2, 5), floats(2, 2, 2, seed=1), floats(2, seed=2)
    def fits(dims: int) -> list[Wrong]:
        x, w = floats(1, 2, *(3,) * dims), floats(2, 2, *(2,) * dims, seed=1)
        return [Wrong(RuntimeError, x[:, :1], w), Wrong(RuntimeError, x, w.astype(np.float32)), Wrong(RuntimeError, x[0, 0], w),
                Wrong(RuntimeError, x, w, b[:1]), Wrong(RuntimeError, x, w, stride=0), Wrong(RuntimeError, x, w, padding=-1),
                Wrong(RuntimeError, x, w, stride=(1,) * (dims + 1)), Wrong(TypeError, x, w, stride=1.5), Wrong(TypeError, x, None),
                Wrong(RuntimeError, x, w, groups=0)]
    def too_much(dims: int) -> list[Wrong]:
        x, w = floats(1, 2, *(3,) * dims), floats(2, 2, *(2,) * dims, seed=1)
        return [Wrong(RuntimeError, x, floats(2, 2, *(4,) * dims)), Wrong(RuntimeError, x, w, padding="same", stride=2),
                Wrong(RuntimeError, x, w, padding="full"), Wrong(RuntimeError, x, w, groups=2)]
    yield Row(op.conv1d,
              [Call(x1, w1), Call(x1, w1, b, 2, 1), Call(floats(2, 4), w1, b), Call(floats(1, 2, 3), w1, padding="same"),
               Call(floats(1, 2, 4), floats(2, 1, 2, seed=1), b, padding=(2,), dilation=2, groups=2),
               Call(floats(1, 1, 1), floats(1, 1, 1, seed=1), floats(1, seed=2)), Call(floats(0, 2, 3), w1, b),
               Call(floats(1, 1, 3), floats(2, 1, 3, seed=1), padding="valid")],
              correlated, takes=NO_BOOL, lacks=["0-d"], operations=["_convolution", "_transposed", "_of_weights"],
              errors=[*fits(1), *too_much(1)])
    yield Row(op.conv2d,
              [Call(floats(2, 1, 3, 4), floats(2, 1, 2, 3, seed=1), b), Call(floats(1, 2, 3, 3), floats(2, 1, 2, 2, seed=1), b, (2, 1), (1, 0), 1, 2),
               Call(floats(1, 3, 4), floats(2, 1, 2, 2, seed=1), padding="same", dilation=(2, 1)), Call(floats(1, 1, 1, 1), floats(1, 1, 1, 1)),
               Call(floats(0, 1, 2, 2), floats(2, 1, 2, 2), b), Call(floats(1, 1, 2, 3), floats(2, 1, 1, 1, seed=1), b, stride=2)],
              correlated, takes=NO_BOOL, lacks=["0-d"], operations=["_convolution", "_transposed", "_of_weights"],
              errors=[*fits(2), *too_much(2)])
    yield Row(op.conv3d,
              [Call(floats(1, 1, 2, 2, 3), floats(1, 1, 1, 2, 2, seed=1), floats(1), padding=(0, 1, 0)),
               Call(floats(2, 1, 2, 2), floats(2, 1, 2, 2, 1, seed=1), b, 2, 1, groups=2), Call(floats(1, 1, 1, 1, 1), floats(1, 1, 1, 1, 1)),
               Call(floats(0, 1, 1, 2, 1), floats(1, 1, 1, 1, 1))],
              correlated, takes=NO_BOOL, lacks=["0-d"], operations=["_convolution"], errors=[*fits(3), *too_much(3)])
    some = (*FLOATS, "int64")
    def beyond(dims: int) -> list[Wrong]:
        x, w = floats(1, 2, *(3,) * dims), floats(2, 2, *(2,) * dims, seed=1)
        return [Wrong(RuntimeError, x, w, output_padding=1), Wrong(RuntimeError, x, w, padding=3), Wrong(TypeError, x, w, padding="same"),
                Wrong(RuntimeError, x, w, output_padding=-1, stride=2), Wrong(RuntimeError, x, w, groups=3)]
    yield Row(op.conv_transpose1d,
              [Call(floats(2, 2, 3), w1), Call(floats(1, 2, 3), w1, b, 2, 1, 1), Call(floats(2, 2), floats(2, 1, 2, seed=1), b, 2, groups=2),
               Call(floats(1, 1, 2), floats(1, 2, 2, seed=1), b, 2, 1, 2, dilation=3), Call(floats(1, 1, 1), floats(1, 1, 1, seed=1)), Call(floats(0, 2, 3), w1, b)],
              spread, takes=some, lacks=["0-d"], operations=["_transposed"], errors=[*fits(1), *beyond(1)])
    yield Row(op.conv_transpose2d,
              [Call(floats(1, 1, 2, 2), floats(1, 2, 2, 2, seed=1), b, (2, 1), (0, 1), (1, 0)), Call(floats(2, 1, 2), floats(2, 1, 2, 1, seed=1), b, groups=2),
               Call(floats(1, 1, 1, 1), floats(1, 1, 1, 1, seed=1)), Call(floats(0, 1, 2, 1), floats(1, 2, 1, 1), b)],
              spread, takes=some, lacks=["0-d"], operations=["_transposed"], errors=[*fits(2), *beyond(2)])
    yield Row(op.conv_transpose3d,
              [Call(floats(1, 1, 1, 2, 2), floats(1, 2, 2, 1, 2, seed=1), b, 2, (0, 0, 1)), Call(floats(1, 1, 1, 1, 1), floats(1, 1, 1, 1, 1, seed=1)),
               Call(floats(2, 1, 1, 2), floats(2, 1, 1, 2, 1, seed=1), groups=2), Call(floats(0, 1, 1, 1, 1), floats(1, 2, 1, 1, 1), b)],
              spread, takes=some, lacks=["0-d"], operations=["_transposed"], errors=[*fits(3), *beyond(3)])
    yield Row(op.im2col,
              [Call(floats(2, 1, 3, 3), 2), Call(floats(1, 2, 2, 3), (2, 1), padding=(1, 0), stride=2), Call(floats(1, 3, 4), [2, 2], 2, 1),
               Call(floats(1, 1, 1, 1), 1), Call(floats(0, 1, 2, 2), 2), Call(floats(1, 2, 2, 2), 1)],
              _unfolded, takes=(*FLOATS, "bool"), lacks=["0-d"], operations=["_im2col", "_col2im"], torch="nn.functional.unfold",
              errors=[Wrong(RuntimeError, floats(1, 1, 2, 2), 3), Wrong(RuntimeError, floats(1, 1, 2, 2), 0), Wrong(RuntimeError, floats(1, 1, 2, 2), (1, 1, 1)),
                      Wrong(RuntimeError, floats(1, 1, 2, 2), 1, padding=-1), Wrong(IndexError, floats(2, 2), 1), Wrong(RuntimeError, floats(1, 0, 2, 2), 1),
                      Wrong(TypeError, floats(1, 1, 2, 2), 1.5)])
    yield Row(op.col2im,
              [Call(floats(2, 4, 4), 3, 2), Call(floats(1, 4, 4), (2, 3), (2, 1), padding=(1, 0), stride=(2, 2)), Call(floats(4, 6), (3, 4), 2, (1, 1)),
               Call(floats(1, 1, 1), 1, 1), Call(floats(0, 4, 1), 2, 2), Call(floats(1, 4, 4), (4, 5), 2, 3, 1, 2)],
              _folded, takes=(*FLOATS, "bool"), lacks=["0-d"], operations=["_im2col", "_col2im"], torch="nn.functional.fold",
              errors=[Wrong(RuntimeError, floats(1, 4, 4), 4, 2), Wrong(RuntimeError, floats(1, 3, 4), 3, 2), Wrong(RuntimeError, floats(1, 4, 4), (3, 3, 3), 2),
                      Wrong(RuntimeError, floats(4), 3, 2), Wrong(RuntimeError, floats(1, 4, 0), 3, 2), Wrong(RuntimeError, floats(1, 4, 4), 3, 2, stride=0)])
