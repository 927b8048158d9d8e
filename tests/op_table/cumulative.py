"""Rows of running sums, products and extrema, differences, trapezoids: `autograd_core.ops.cumulative`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    FLOATING,
    FLOATS,
    SUMS,
    WHOLE,
    Array,
    Call,
    Row,
    Wrong,
    bad_dims,
    bools,
    floats,
    ints,
    op,
)

# fmt: off  # rows are laid out as a table


def along(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, dim: function(x, axis=dim if x.ndim else None).reshape(x.shape)


def _running_extremum(ufunc: np.ufunc) -> Callable[..., Any]:
    def call(x: Array, dim: int) -> list[Array]:
        if not x.ndim:
            return [x, np.zeros((), np.int64)]
        values = ufunc.accumulate(x, axis=dim)
        index = np.zeros(x.shape, np.int64)
        lines, latest, runs = np.moveaxis(x, dim, -1), np.moveaxis(index, dim, -1), np.moveaxis(values, dim, -1)
        for place in np.ndindex(lines.shape):
            line = lines[place[:-1]][: place[-1] + 1]
            latest[place] = max(i for i, y in enumerate(line) if y == runs[place] or np.isnan(y))
        return [values, index]

    return call


def _diff(x: Array, n: int = 1, dim: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    return np.diff(x, n, dim, prepend, append)


def _trapezoid(y: Array, x: Any = None, dx: float = 1, dim: int = -1) -> Any:
    if x is not None and x.ndim < y.ndim and x.ndim > 1:
        x = x[None]
    return np.trapezoid(y, x, dx, dim)


def _running_trapezoid(y: Array, x: Any = None, dx: float = 1, dim: int = -1) -> Any:
    y = np.moveaxis(y, dim, -1)
    steps = dx if x is None else np.diff(x if x.ndim == 1 else np.moveaxis(x, dim, -1))
    return np.moveaxis(np.cumsum((y[..., 1:] + y[..., :-1]) / 2 * steps, axis=-1), -1, dim)


def _gradient(x: Array, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> list[Any]:
    axes = range(x.ndim) if dim is None else np.atleast_1d(dim)
    steps = spacing if isinstance(spacing, list) else [spacing] * len(axes)
    return [np.gradient(x, step, axis=axis, edge_order=edge_order) for axis, step in zip(axes, steps, strict=True)]


def rows() -> Iterator[Row]:
    running = [Call(floats(2, 3), 0), Call(floats(2, 3), dim=-1), Call(floats(2, 3, 2), 1), Call(floats(), 0), Call(floats(0), 0),
               Call(floats(2, 0), 0), Call(floats(1), 0), Call(floats(5), -1)]
    whole = [Call(ints(4), 0), Call(bools(4), 0)]
    yield Row(op.cumsum, [*running, *whole], along(np.cumsum), SUMS, errors=bad_dims(2, 3))
    zeros = [Call(np.array(values), 0) for values in ([2.0, 0.0, 3.0], [0.0, 2.0, 3.0], [2.0, 3.0, 0.0], [2.0, 0.0, 3.0, 0.0, 5.0], [0.0, 0.0])]
    zeros += [Call(np.array([[1.5, 0.0, 2.0], [2.0, 3.0, 4.0], [0.0, 2.0, 0.0]]), dim) for dim in (0, 1)]
    yield Row(op.cumprod, [*running, *whole, *zeros], along(np.cumprod), SUMS, errors=bad_dims(2, 3))
    yield Row(op.logcumsumexp, [*running, Call(floats(3) * 300, 0), Call(np.array([-800.0, 800.0, 0.0]), 0)],
              along(lambda x, axis: np.logaddexp.accumulate(x.reshape(-1) if axis is None else x, axis=axis or 0)), takes=FLOATS,
              conventions=[Call(np.array([-inf]), 0), Call(np.array([-inf, 1.0, 2.0]), 0)], errors=[*bad_dims(2, 3), Wrong(NotImplementedError, ints(2), 0)],
              rough={"float32 second derivative": 1e-4, "float16 derivative": 0.3, "float16 second derivative": 3})
    ties = [Call(np.array([1.0, 3.0, 3.0, 2.0, 3.0]), 0), Call(np.array([[1.0, 1.0], [2.0, 1.0]]), 1), Call(np.array([1.0, nan, 2.0, nan]), 0)]
    for extremum, ufunc in ((op.cummax, np.maximum), (op.cummin, np.minimum)):
        yield Row(extremum, [*running, *whole], _running_extremum(ufunc), conventions=ties,
                  errors=[*bad_dims(2, 3), Wrong(RuntimeError, np.array([1j]), 0)])
    first, last = floats(2, 1, seed=1), floats(2, 2, seed=2)
    yield Row(op.diff,
              [Call(floats(2, 4)), Call(floats(2, 4), 2), Call(floats(2, 4), 3, 1), Call(floats(2, 3), dim=0), Call(floats(2, 3), 5),
               Call(floats(2, 3), 0), Call(floats(2, 3), prepend=first), Call(floats(2, 3), append=last),
               Call(floats(2, 3), 2, -1, first, last), Call(floats(1)), Call(floats(0)), Call(ints(4)), Call(bools(4))], _diff, lacks=["0-d"],
              errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, floats()), Wrong(RuntimeError, floats(2), -1),
                      Wrong(RuntimeError, floats(2), prepend=floats(2, 2))])
    points_4 = np.cumsum(floats(4, low=0.2, high=1))
    points = np.cumsum(floats(3, low=0.2, high=1))
    samples = [Call(floats(3)), Call(floats(2, 3)), Call(floats(3, 2), dim=0), Call(floats(2, 3), dx=0.5), Call(floats(2, 3), points),
               Call(floats(3, 2), points, dim=0), Call(floats(2, 3), floats(2, 3, seed=1)), Call(floats(2, 2, 3), floats(2, 3, seed=1)),
               Call(floats(1)), Call(ints(3), dx=0.5)]
    bad = [*bad_dims(2, 3)[:2], Wrong(IndexError, floats()), Wrong(RuntimeError, bools(3)), Wrong(RuntimeError, floats(2, 3), floats(2)),
           Wrong(TypeError, floats(3), points, dx=1.0)]
    yield Row(op.trapezoid, [*samples, Call(floats(2, 0))], _trapezoid, FLOATING, takes=(*FLOATS, *WHOLE), lacks=["0-d"], operations=[],
              errors=bad)
    yield Row(op.cumulative_trapezoid, [call for call in samples if call.args[0].ndim < 3],
              _running_trapezoid, FLOATING, takes=(*FLOATS, *WHOLE), lacks=["0-d", "size 0"], operations=[], errors=bad)
    slopes = [Call(floats(3, 4), edge_order=1), Call(floats(5), spacing=0.5), Call(floats(3, 4), dim=1), Call(floats(3, 4), dim=(1, 0), spacing=[2.0, 0.5]), Call(floats(2)), Call(floats()),
              Call(floats(3, 4), edge_order=2), Call(floats(3, 4), spacing=[np.cumsum(floats(n, low=0.2, high=1)) for n in (3, 4)]),
              Call(floats(4), spacing=[points_4], edge_order=2), Call(floats(3, 0), dim=0)]
    yield Row(op.gradient, slopes, _gradient, FLOATING, takes=(*FLOATS, *WHOLE[:-1]), lacks=["size 1"], operations=[],
              errors=[Wrong(RuntimeError, floats(1)), Wrong(RuntimeError, floats(2, 0)), Wrong(RuntimeError, floats(3), edge_order=3),
                      Wrong(RuntimeError, floats(2), edge_order=2), Wrong(IndexError, floats(3), dim=1), Wrong(RuntimeError, floats(3, 3), dim=(0, 0)),
                      Wrong(RuntimeError, floats(3, 3), spacing=[1.0]), Wrong(RuntimeError, np.ones(3, np.uint8)), Wrong(RuntimeError, bools(3)),
                      Wrong(RuntimeError, floats(4), spacing=[floats(2)]), Wrong(RuntimeError, floats(3), spacing=[floats(3, 1)])])
