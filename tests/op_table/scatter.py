"""Rows of gather and scatter: `autograd_core.ops.scatter`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.op_calls import Array, Better, Call, Row, Wrong, floats, ints, op
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


REDUCE: dict[str, Callable[..., Any]] = {
    "sum": np.sum, "add": np.sum, "prod": np.prod, "multiply": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}


def _scatter_reduced(x: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool = True) -> Array:
    received: dict[Any, list[Any]] = {}
    for place in np.ndindex(index.shape):
        target = (*place[:dim], index[place], *place[dim + 1 :]) if x.ndim else ()
        received.setdefault(target, [x[target]] if include_self else []).append(src[place])
    out = x.copy()
    for target, values in received.items():
        out[target] = REDUCE[reduce](values)
    return out


def _index_reduced(x: Array, dim: int, index: Array, source: Array, reduce: str, include_self: bool = True) -> Array:
    along = np.broadcast_to(index.reshape((-1,) + (1,) * (source.ndim - dim - 1)), source.shape)
    return _scatter_reduced(x, dim, along, source, reduce, include_self)


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
               *[Call(x, dim, i, value=1.5) for x, dim, i in spread], Call(floats(3), 0, np.array([2]), 0.5),
               *[Better(floats(3), 0, np.array([2, 0, 2]), floats(3, seed=1), reduce=reduce) for reduce in ("add", "multiply")],
               *[Better(floats(2, 3), 1, np.array([[2, 0, 2]]), value=1.5, reduce=reduce) for reduce in ("add", "multiply")]],
              lambda x, dim, i, src=None, value=None, reduce=None: written(_put)(x, dim, i, value if src is None else src)
              if reduce is None else _scatter_reduced(x, dim, i, np.broadcast_to(value if src is None else src, i.shape), reduce),
              operations=["_scatter_value", "_scatter_src"],
              errors=[*[Wrong(w.error, *w.args, 1.0) for w in bad_picks], Wrong(RuntimeError, floats(3), 0, np.array([0]), 1.0, reduce="sum")])
    yield Row(op.scatter_add, [Call(x, dim, i, floats(*i.shape, seed=1)) for x, dim, i in spread],
              written(lambda *args: _put(*args, add=True)),
              errors=[*[Wrong(w.error, *w.args, floats(1, 1)) for w in bad_picks],
                      Wrong(RuntimeError, floats(3), 0, np.array([0, 1]), floats(1))])
    reductions = ("sum", "prod", "mean", "amax", "amin")
    places, two_rows = np.array([[0, 2, 0, 0], [1, 2, 2, 1]]), floats(2, 4, seed=3)
    reduced = [Call(floats(2, 3), 1, places, two_rows, reduce, include_self=self) for reduce in reductions for self in (True, False)]
    reduced += [Call(floats(3, 2), 0, np.array([[2, 0], [2, 1]]), floats(2, 2, seed=1), "prod"), Call(floats(), 0, np.array(0), floats(seed=1), "prod"),
                Call(floats(), 0, np.array([0, 0]), floats(2, seed=1), "amax"), Call(floats(1), 0, np.array([0, 0]), floats(2, seed=1), "mean"),
                Call(floats(2, 3), 1, np.zeros((0, 2), np.int64), floats(1, 2), "sum"), Call(floats(0, 3), 1, np.zeros((0, 2), np.int64), floats(0, 2), "amin"),
                Better(floats(2, 3), 1, np.array([[1, 0]]), floats(2, 3, seed=3), "amax", include_self=False)]
    zeros_and_ties = [Call(np.array([3.0, 5.0, 7.0]), 0, np.array([0, 0, 2]), np.array(src), "prod", include_self=self)
                      for src in ([0.0, 4.0, 2.0], [3.0, 3.0, 0.0]) for self in (True, False)]
    zeros_and_ties += [Call(np.array([0.0, 5.0, 7.0]), 0, np.array([0, 0, 2]), np.array([0.0, 4.0, 2.0]), "prod"),
                       *[Call(np.array([3.0, 5.0, 7.0]), 0, np.array([0, 0, 2]), np.array([3.0, 3.0, 2.0]), reduce) for reduce in ("amax", "amin")],
                       Call(np.array([4.0, 5.0, 7.0]), 0, np.array([0, 0, 2]), np.array([3.0, 3.0, 2.0]), "amax", include_self=False)]
    unfit = [Wrong(RuntimeError, floats(2, 3), 1, np.array([[3]]), floats(1, 1), "sum"), Wrong(IndexError, floats(2, 3), 2, np.array([[0]]), floats(1, 1), "sum"),
             Wrong(RuntimeError, floats(2, 3), 1, np.array([0]), floats(1, 1), "sum"), Wrong(RuntimeError, floats(2), 0, np.array([0, 1]), floats(1), "prod"),
             Wrong(RuntimeError, floats(2), 0, np.array([0]), floats(1), "median"), Wrong(RuntimeError, floats(2), 0, np.array([0]), ints(1), "sum")]
    yield Row(op.scatter_reduce, reduced, _scatter_reduced, operations=["_scatter_prod", "_scatter_extreme"], errors=unfit, conventions=zeros_and_ties)
    slices = np.array([0, 2, 0])
    yield Row(op.index_reduce,
              [*[Call(floats(3, 2), 0, slices, floats(3, 2, seed=3), reduce, include_self=self) for reduce in reductions[1:] for self in (True, False)],
               Call(floats(2, 3), 1, slices, floats(2, 3, seed=1), "prod"), Call(floats(2, 3, 2), 1, slices[:2], floats(2, 2, 2, seed=3), "amax"),
               Call(floats(1), 0, np.array([0, 0]), floats(2, seed=1), "mean"), Call(floats(0, 3), 1, slices, floats(0, 3), "amin")],
              _index_reduced, lacks=["0-d"], operations=[],
              errors=[Wrong(IndexError, floats(3), 0, np.array([3]), floats(1), "prod"), Wrong(RuntimeError, floats(3), 0, np.array([0, 1]), floats(1), "prod"),
                      Wrong(RuntimeError, floats(3), 0, np.array([0]), floats(1), "sum"), Wrong(RuntimeError, floats(2, 3), 1, np.array([0]), floats(3, 1), "prod"),
                      Wrong(RuntimeError, floats(3), 0, np.array([0]), ints(1), "prod"), Wrong(IndexError, floats(3), 1, np.array([0]), floats(1), "prod")])
    bad_places = [Wrong(IndexError, floats(2, 3), np.array([6])), Wrong(IndexError, floats(2, 3), np.array([-7])), Wrong(RuntimeError, floats(2), floats(1)),
                  Wrong(RuntimeError, floats(2), np.array([0], np.int32)), Wrong(IndexError, floats(0), np.array([0]))]
    yield Row(op.take,
              [Call(floats(2, 3), np.array([0, 5, -1])), Call(floats(2, 3), np.array([[0, 0], [5, -6]])), Call(floats(2, 3), np.array(2)),
               Call(floats(), np.array([0, 0])), Call(floats(0), np.zeros(0, np.int64)), Call(floats(1), np.array([[0]]))], np.take, operations=[],
              errors=[*bad_places, Wrong(TypeError, floats(2), [0])])
    yield Row(op.put,
              [Call(floats(2, 3), np.array([0, 5, -2]), floats(3, seed=1)),
               Call(floats(2, 3), np.array([0, 0, 4]), floats(3, seed=1), accumulate=True), Call(floats(2, 3), np.array([[0, -1]]), floats(2, seed=1)),
               Call(floats(), np.array([0]), floats(1, seed=1)), Call(floats(2), np.array(1), floats(seed=1), True),
               Call(floats(0), np.zeros(0, np.int64), floats(0)), Call(floats(1), np.array([0]), floats(seed=1))],
              written(lambda x, i, source, accumulate=False: np.add.at(x.reshape(-1), i.reshape(-1), source.reshape(-1)) if accumulate
                      else x.reshape(-1).__setitem__(i.reshape(-1), source.reshape(-1))), operations=[],
              conventions=[Call(floats(2, 3), np.array([0, 0, 4]), floats(3, seed=1))],
              errors=[*[Wrong(w.error, *w.args, floats(1)) for w in bad_places], Wrong(IndexError, floats(3), np.array([0, 1]), floats(1)),
                      Wrong(RuntimeError, floats(3), np.array([0]), ints(1))])
    yield Row(op.take_along_dim,
              [Call(floats(2, 3), np.array([[0], [2]]), 1), Call(floats(2, 3), np.array([[1, 0, 1]]), 0),
               Call(floats(2, 3), np.array([5, 0])), Call(floats(), np.array([0])),
               Call(floats(0, 3), np.zeros((1, 2), np.int64), 1), Call(floats(1), np.array([0]), 0)],
              lambda x, i, dim=None: np.take_along_axis(x.reshape(-1) if dim is None else x, i,
                  0 if dim is None else dim), operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), np.array([0]), 1),
                      Wrong(IndexError, floats(2, 3), np.array([[0]]), 2),
                      Wrong(RuntimeError, floats(2), floats(1), 0)])
