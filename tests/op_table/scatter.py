"""Rows of gather and scatter: `autograd_core.ops.scatter`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import Array, Better, Call, Row, Wrong, floats, op
from tests.op_table.index import written

# fmt: off  # rows are laid out as a table


def _put(x: Array, dim: int, index: Array, src: Any, add: bool = False) -> None:
    for place in np.ndindex(index.shape):
        target = (*place[:dim], index[place], *place[dim + 1 :]) if x.ndim else ()
        value = src[place] if isinstance(src, np.ndarray) else src
        x[target] = x[target] + value if add else value


def _gather(x: Array, dim: int, index: Array) -> Array:
    if not x.ndim:
        return x
    dim %= x.ndim
    picked = [x[*place[:dim], index[place], *place[dim + 1 :]] for place in np.ndindex(index.shape)]
    return np.array(picked).reshape(index.shape)



def rows() -> Iterator[Row]:
    picked = [(floats(2, 3), 1, np.array([[0, 0], [2, 1]])), (floats(2, 3), 0, np.array([[1, 0]])),
              (floats(), 0, np.array(0)), (floats(0, 3), 1, np.zeros((0, 2), np.int64)),
              (floats(1), 0, np.array([0, 0])), (floats(2, 3, 2), -1, np.array([[[1], [0], [1]]]))]
    bad_picks = [Wrong(IndexError, floats(2, 3), 2, np.array([[0]])),
                 Wrong(RuntimeError, floats(2, 3), 1, np.array([[3]])),
                 Wrong(RuntimeError, floats(2, 3), 1, np.array([0])),
                 Wrong(RuntimeError, floats(2, 3), 1, floats(1, 1))]
    yield Row(op.gather, [Call(*args) for args in picked], _gather, operations=["_gather", "_ungather"],
              errors=bad_picks)
    spread = [(x, dim, i) for x, dim, i in picked if dim >= 0]
    yield Row(op.scatter,
              [*[Call(x, dim, i, floats(*i.shape, seed=1)) for x, dim,
                 i in spread if len(set(i.ravel())) == i.size or (i.ndim > 1 and i.shape[0] == 1)],
               Better(floats(3), 0, np.array([2, 0]), floats(4, seed=1)),
               *[Call(x, dim, i, value=1.5) for x, dim, i in spread], Call(floats(3), 0, np.array([2]), 0.5)],
              lambda x, dim, i, src=None, value=None: written(_put)(x, dim, i, value if src is None else src),
              operations=["_scatter_value", "_scatter_src"], errors=[Wrong(w.error, *w.args, 1.0) for w in bad_picks])
    yield Row(op.scatter_add, [Call(x, dim, i, floats(*i.shape, seed=1)) for x, dim, i in spread],
              written(lambda *args: _put(*args, add=True)),
              errors=[*[Wrong(w.error, *w.args, floats(1, 1)) for w in bad_picks],
                      Wrong(RuntimeError, floats(3), 0, np.array([0, 1]), floats(1))])
    yield Row(op.take_along_dim,
              [Call(floats(2, 3), np.array([[0], [2]]), 1), Call(floats(2, 3), np.array([[1, 0, 1]]), 0),
               Call(floats(2, 3), np.array([5, 0])), Call(floats(), np.array([0])),
               Call(floats(0, 3), np.zeros((1, 2), np.int64), 1), Call(floats(1), np.array([0]), 0)],
              lambda x, i, dim=None: np.take_along_axis(x.reshape(-1) if dim is None else x, i,
                  0 if dim is None else dim), operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), np.array([0]), 1),
                      Wrong(IndexError, floats(2, 3), np.array([[0]]), 2),
                      Wrong(RuntimeError, floats(2), floats(1), 0)])
