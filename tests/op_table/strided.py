"""Rows of views with strides of their own: `autograd_core.ops.strided`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import Array, Better, Call, Row, Wrong, floats, op
from tests.op_table.index import written

# fmt: off  # rows are laid out as a table


def _as_strided(x: Array, size: Any, stride: Any, storage_offset: int = 0) -> Array:
    width = x.itemsize
    return np.lib.stride_tricks.as_strided(x.reshape(-1)[storage_offset:], size, [step * width for step in stride])


def _windows(x: Array, dimension: int, size: int, step: int) -> Array:
    if not x.ndim:
        return x.reshape(1)[:size]
    dimension %= x.ndim
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dimension) if size else np.zeros(
        (*x.shape[:dimension], x.shape[dimension] + 1, *x.shape[dimension + 1 :], 0))
    return windows[(slice(None),) * dimension + (slice(None, None, step),)]


def rows() -> Iterator[Row]:
    strided = [Call(floats(4), (3, 2), (1, 1)), Call(floats(2, 3), (2, 2), (1, 1), 1), Call(floats(2, 3), (3, 2), (1, 3)),
               Call(floats(2, 3), (2, 2), (0, 1), storage_offset=2), Call(floats(2, 3), (), ()), Call(floats(), (1, 1), (7, 7)),
               Call(floats(0), (0, 2), (1, 1)), Call(floats(1), (3,), (0,)), Call(floats(2, 3), (2,), (3,), 1),
               Call(floats(2, 3), (2, 3), (3, 1)), Call(floats(3, 4), (2, 2, 2), (4, 2, 1), 1), Call(floats(3), (0,), (1,), 9)]
    unfit = [Wrong(RuntimeError, floats(4), (2, 2), (1, 1), 4), Wrong(RuntimeError, floats(4), (2, 2), (1,)),
             Wrong(RuntimeError, floats(4), (2, -1), (1, 1)), Wrong(RuntimeError, floats(4), (2,), (-1,)),
             Wrong(RuntimeError, floats(4), (2,), (1,), -1), Wrong(TypeError, floats(4), 2, 1), Wrong(RuntimeError, floats(0), (1,), (1,)),
             Wrong(TypeError, floats(4), (2.0,), (1,))]
    yield Row(op.as_strided, strided, _as_strided, errors=unfit, any_layout=False)
    # PyTorch's gradient is wrong: zero where it should not be
    disjoint = [Better(floats(2, 3), floats(2, seed=1), (2,), (2,), 1), Better(floats(2, 3), floats(3, 2, seed=1), (3, 2), (1, 3)),
                Better(floats(4), floats(seed=1), (), (), 2), Better(floats(0), floats(0), (0,), (1,)),
                Better(floats(1), floats(1), (1,), (1,)), Better(floats(), floats(1, seed=1), (1,), (1,))]
    yield Row(op.as_strided_scatter, disjoint,
              written(lambda x, src, *view: _as_strided(x, *view).__setitem__(..., src)), operations=[], any_layout=False,
              errors=[Wrong(RuntimeError, floats(4), floats(3), (2,), (1,)), Wrong(RuntimeError, floats(4), floats(2), (2,), (1,), 3),
                      Wrong(RuntimeError, floats(4), floats(2, 2), (2, 2), (1,))])
    yield Row(op.sliding_windows,
              [Call(floats(5), 0, 3, 1), Call(floats(5), 0, 2, 2), Call(floats(2, 5), 1, 3, 2), Call(floats(2, 5), 0, 1, 1),
               Call(floats(2, 5), -1, 5, 1), Call(floats(4, 3, 2), 1, 2, 1), Call(floats(2, 3), 1, 0, 1), Call(floats(), 0, 1, 1),
               Call(floats(), 0, 0, 1), Call(floats(0), 0, 0, 1), Call(floats(1), 0, 1, 3), Call(floats(7), 0, 2, 3)], _windows,
              torch="Tensor.unfold", operations=["_windows"],
              errors=[Wrong(RuntimeError, floats(3), 0, 4, 1), Wrong(RuntimeError, floats(3), 0, 2, 0), Wrong(IndexError, floats(3), 1, 2, 1),
                      Wrong(RuntimeError, floats(3), 0, -1, 1), Wrong(RuntimeError, floats(), 0, 2, 1)])
