"""Rows of pooling over windows: `autograd_core.ops.pooling`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.op_calls import FLOATS, WHOLE, Array, Call, Row, Wrong, floats, op
from tests.op_table.convolution import every

# fmt: off  # rows are laid out as a table


def over_windows(x: Array, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, dims: int,
                 answer: Callable[[Array, Array, int], Any]) -> Array:
    """What `answer` says of each window: of its elements (N, C, n), their places in the image, and the number of elements
    with those of the padding."""
    if x.ndim == dims + 1:
        return over_windows(x[None], kernel, stride, padding, dilation, ceil_mode, dims, answer)[0]
    kernel, pads, gaps = every(kernel, dims), every(padding, dims), every(dilation, dims)
    steps = kernel if stride is None else every(stride, dims)
    axes = []
    for n, k, step, pad, gap in zip(x.shape[2:], kernel, steps, pads, gaps, strict=True):
        starts, start = [], -pad
        while start + gap * (k - 1) < n + pad or (ceil_mode and start < n and start - step + gap * (k - 1) < n + pad - 1):
            starts.append((start, [i for i in range(start, start + gap * k, gap) if 0 <= i < n], min(start + k, n + pad) - start))
            start += step
        axes.append(starts)
    out = np.zeros((*x.shape[:2], *map(len, axes)))
    places = np.arange(np.prod(x.shape[2:])).reshape(x.shape[2:])
    for place in np.ndindex(*map(len, axes)):
        chosen = [axis[i] for axis, i in zip(axes, place, strict=True)]
        inside = np.ix_(*[each[1] for each in chosen])
        count = int(np.prod([each[2] for each in chosen]))
        window = x[(slice(None), slice(None), *inside)].reshape(*x.shape[:2], places[inside].size)
        out[(slice(None), slice(None), *place)] = answer(window, places[inside].reshape(-1), count)
    return out.astype(x.dtype)


def largest(dims: int) -> Callable[..., Any]:
    def pooled(x: Array, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
               return_indices: bool = False) -> Any:
        options: tuple[Any, ...] = (x, kernel, stride, padding, dilation, ceil_mode, dims)
        values = over_windows(*options, lambda window, places, count: window.max(-1))
        if not return_indices:
            return values
        return values, over_windows(*options, lambda window, places, count: places[window.argmax(-1)])
    return pooled


def mean(dims: int) -> Callable[..., Array]:
    def pooled(x: Array, kernel: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Array:
        return over_windows(x, kernel, stride, padding, 1, ceil_mode, dims, lambda window, places, count: window.sum(-1) / (
            divisor_override or (count if count_include_pad else len(places))))
    return pooled


def norms(dims: int) -> Callable[..., Array]:
    def pooled(x: Array, p: float, kernel: Any, stride: Any = None, ceil_mode: bool = False) -> Array:
        full = int(np.prod(every(kernel, dims)))
        return over_windows(x, kernel, stride, 0, 1, ceil_mode, dims, lambda window, places, count: np.linalg.norm(window, p, -1) * (
            1 if np.isinf(p) else (full / count) ** (1 / p)))  # PyTorch takes a window cut off for a whole one
    return pooled


def unpooled(dims: int) -> Callable[..., Array]:
    def put(x: Array, indices: Array, kernel: Any, stride: Any = None, padding: Any = 0, output_size: Any = None) -> Array:
        kernel, pads = every(kernel, dims), every(padding, dims)
        steps = kernel if stride is None else every(stride, dims)
        sizes = [(n - 1) * step + k - 2 * pad for n, step, k, pad in zip(x.shape[-dims:], steps, kernel, pads, strict=True)]
        sizes = sizes if output_size is None else list(output_size)[-dims:]
        out = np.zeros((*x.shape[:-dims], int(np.prod(sizes))), x.dtype)
        flat = (*x.shape[:-dims], int(np.prod(x.shape[-dims:])))
        np.put_along_axis(out, indices.reshape(flat), x.reshape(flat), -1)
        return out.reshape(*x.shape[:-dims], *sizes)
    return put


def rows() -> Iterator[Row]:
    def wrong(dims: int) -> list[Wrong]:
        x = floats(1, 1, *(3,) * dims)
        return [Wrong(RuntimeError, x, 4), Wrong(RuntimeError, x, 0), Wrong(RuntimeError, x, 2, 0), Wrong(RuntimeError, x, 2, 1, 2),
                Wrong(RuntimeError, x, 2, 1, -1), Wrong(RuntimeError, x, (2,) * (dims + 1)), Wrong(TypeError, x, 2.5),
                Wrong(RuntimeError, floats(1, 0, *(3,) * dims), 2)]
    ties = [Call(np.array([[[1.0, 1.0, 0.0, 2.0, 2.0]]]), 3, 2), Call(np.array([[[np.nan, 1.0, np.nan, 2.0]]]), 2, 1)]
    whole = (*FLOATS, *WHOLE)
    yield Row(op.max_pool1d,
              [Call(floats(2, 1, 5), 2), Call(floats(1, 2, 5), 3, 2, 1, return_indices=True), Call(floats(2, 5), 2, 2, ceil_mode=True),
               Call(floats(1, 1, 6), (2,), 1, 1, 2), Call(floats(1, 1, 1), 1), Call(floats(0, 1, 3), 2), Call(floats(1, 1, 4), 2, [])],
              lambda x, k, s=None, *rest, **options: largest(1)(x, k, s or None, *rest, **options), conventions=ties, takes=FLOATS,
              lacks=["0-d"], operations=["_max_pool", "_winners"], errors=wrong(1))
    yield Row(op.max_pool2d,
              [Call(floats(1, 2, 4, 5), 2), Call(floats(2, 1, 3, 4), (3, 2), (2, 1), (1, 0), return_indices=True), Call(floats(1, 5, 4), 3, 2, 1, 1, True),
               Call(floats(1, 1, 4, 4), 2, 1, 1, (3, 2)), Call(floats(1, 1, 1, 1), 1), Call(floats(0, 1, 2, 3), 2)],
              largest(2), takes=whole, lacks=["0-d"], operations=["_max_pool", "_winners"], conventions=[Call(floats(2, 1, 2, 4).round(), 2)],
              errors=[*wrong(2), Wrong(RuntimeError, floats(1, 1, 2, 2), 2, dilation=0), Wrong(RuntimeError, floats(2, 2), 2)])
    yield Row(op.max_pool3d,
              [Call(floats(1, 1, 2, 3, 2), (2, 1, 2)), Call(floats(1, 3, 2, 3), 2, 1, 1, return_indices=True), Call(floats(1, 1, 1, 1, 1), 1),
               Call(floats(0, 1, 2, 2, 2), 2)],
              largest(3), takes=whole, lacks=["0-d"], operations=["_max_pool", "_winners"], errors=wrong(3))
    average = [*FLOATS, "int64"]
    yield Row(op.avg_pool1d,
              [Call(floats(2, 1, 5), 2), Call(floats(1, 2, 5), 3, 2, 1), Call(floats(2, 5), 2, 2, 1, True, False), Call(floats(1, 1, 1), 1),
               Call(floats(0, 1, 3), 2)],
              mean(1), takes=average, lacks=["0-d"], operations=["_average", "_spread_average"], errors=wrong(1))
    yield Row(op.avg_pool2d,
              [Call(floats(1, 2, 4, 5), 2), Call(floats(2, 1, 3, 4), (3, 2), (2, 1), (1, 0)), Call(floats(1, 5, 4), 3, 2, 1, True, False),
               Call(floats(1, 1, 3, 4), 2, divisor_override=3), Call(floats(1, 1, 3, 3), 2, 2, 1, True), Call(floats(1, 1, 1, 1), 1),
               Call(floats(0, 1, 2, 3), 2)],
              mean(2), takes=average, lacks=["0-d"], operations=["_average", "_spread_average"],
              errors=[*wrong(2), Wrong(RuntimeError, floats(1, 1, 2, 2), 2, divisor_override=0), Wrong(TypeError, floats(1, 1, 2, 2), 2, divisor_override=1.5),
                      Wrong(IndexError, floats(2, 2), 2)])
    yield Row(op.avg_pool3d,
              [Call(floats(1, 1, 2, 3, 2), (2, 1, 2)), Call(floats(1, 3, 2, 3), 2, 1, 1, False, False, None), Call(floats(1, 1, 1, 1, 1), 1),
               Call(floats(0, 1, 2, 2, 2), 2)],
              mean(3), takes=[*FLOATS[1:], "int64"], lacks=["0-d"], operations=["_average", "_spread_average"], errors=wrong(3))
    for dims, function in enumerate((op.lp_pool1d, op.lp_pool2d, op.lp_pool3d), 1):
        x = floats(1, 1, *(3,) * dims, low=0.5)
        yield Row(function,
                  [Call(x, 2, 2), Call(x, 3.0, 2, 1), Call(x[0], np.inf, 2), Call(x, -np.inf, 2, 2), Call(x, 2, 2, 2, True), Call(x[..., :1], 1, 1),
                   Call(floats(0, 1, *(2,) * dims), 2, 2), Call(floats(*(1,) * (dims + 2), low=0.5), 2, 1)],
                  norms(dims), takes=[*(FLOATS if dims < 3 else FLOATS[1:]), "int64", "bool"], dtype=lambda dtype: dtype if dtype in FLOATS else "float32",
                  lacks=["0-d"], operations=[],
                  errors=[Wrong(RuntimeError, x, 2, 4), Wrong(RuntimeError, x, 2, 0), Wrong(TypeError, x, 2, 1.5)])
    for dims, function in enumerate((op.max_unpool1d, op.max_unpool2d, op.max_unpool3d), 1):
        x, places = floats(1, 1, *(2,) * dims), np.arange(0, 2**dims * 2, 2).reshape(1, 1, *(2,) * dims)
        yield Row(function,
                  [Call(x, places, 2), Call(x[0], places[0], 2, 1), Call(x, places, 2, output_size=(5,) * dims), Call(x, places, (3,) * dims, 2, 0, (1, 1) + (5,) * dims),
                   Call(floats(0, 1, *(1,) * dims), np.zeros((0, 1, *(1,) * dims), np.int64), 2), Call(floats(*(1,) * (dims + 2)), places[(slice(1),) * (dims + 2)], 2)],
                  unpooled(dims), takes=FLOATS, lacks=["0-d"], operations=[],
                  errors=[Wrong(ValueError, x, places, 2, output_size=(9,) * dims), Wrong(ValueError, x, places, 2, output_size=(4,) * (dims + 1)),
                          Wrong(RuntimeError, x, places + 99, 2), Wrong(RuntimeError, x, places - 1, 2), Wrong(RuntimeError, x, places.astype(np.int32), 2),
                          Wrong(RuntimeError, x, places[0], 2)])
