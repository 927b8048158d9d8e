"""Rows of picking and writing elements: `autograd_core.ops.index`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.op_calls import Array, Better, Call, Row, Wrong, floats, ints, op, unary

# fmt: off  # rows are laid out as a table


def written(assign: Callable[..., Any]) -> Callable[..., Any]:
    """A function that writes to its first argument, applied to a copy."""

    def call(x: Array, *args: Any, **options: Any) -> Array:
        x = np.array(x)
        assign(x, *args, **options)
        return x

    return call


def setitem(x: Any, key: Any, value: Any) -> Any:
    """x.clone()[key] = value"""
    x = x.clone()
    x[key] = value
    return x


def fill_(x: Any, value: Any) -> Any:
    return x.clone().fill_(value)


def fill_diagonal_(x: Any, value: Any, wrap: bool = False) -> Any:
    return x.clone().fill_diagonal_(value, wrap)


def zero_(x: Any) -> Any:
    return x.clone().zero_()


def copy_(x: Any, source: Any) -> Any:
    return x.clone().copy_(source)


def _numpy_pick(x: Array, key: Any) -> Any:
    if isinstance(key, tuple):
        key = tuple(np.array(part) if isinstance(part, list) else part for part in key)
    return x[key]


def _numpy_write(x: Array, key: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        value = value.reshape(value.shape[max(value.ndim - x[key].ndim, 0) :])
    x[key] = value


def rows() -> Iterator[Row]:
    all_ = slice(None)
    keys = [0, -1, slice(1, None), (0, 1), (slice(None, None, 2), slice(0, 2)), (..., 0), None, (all_, None, 1), ...,
            (0, ...), slice(5, 2), np.array([0, 0, 1]), np.array([[1, -1], [0, 1]]), (all_, np.array([2, 0])),
            (np.array([0, 1]), np.array([2, 2])), (np.array([1, 1]), ..., 0), (0, np.array([0, 1])),
            (all_, None, np.array([1, 1])), [0, 1], np.array([True, False]),
            (np.array([[True, False, True], [False, True, True]])), (all_, np.array([True, False, True])),
            np.array(1), np.zeros((0,), np.int64), (slice(None, None, 2), [0, 2]), True,
            (np.array([0, 1]), None, np.array([1, 0]))]
    picks = [Call(floats(2, 3), key) for key in keys]
    picks += [Call(floats(), ()), Call(floats(), None), Call(floats(), ...), Call(floats(), np.array(True)),
              Call(floats(0, 2), all_), Call(floats(1), 0),
              Call(floats(2, 3, 2), (np.array([0, 1]), all_, np.array([1, 1]))),
              Call(floats(2, 3, 2), (all_, np.array([0, 1, 2]), 1)), Call(floats(0), np.zeros(0, bool))]
    outside = [Wrong(IndexError, floats(2, 3), 2), Wrong(IndexError, floats(2, 3), (0, 0, 0)),
               Wrong(IndexError, floats(2, 3), np.array([0, 2])), Wrong(IndexError, floats(2, 3), np.array([-3])),
               Wrong(IndexError, floats(), 0), Wrong(IndexError, floats(2, 3), np.array([True, False, True])),
               Wrong(IndexError, floats(2, 3), floats(2)),
               Wrong(IndexError, floats(2, 3), (np.array([0, 1]), np.array([0, 1, 2]))),
               Wrong(IndexError, floats(2), 0.5)]
    yield Row(op.getitem, picks, lambda x, key: _numpy_pick(x, key), operations=["_select", "_slice", "_index"],
              errors=[*outside, Wrong(TypeError, floats(2), "a")], torch=lambda x, key: x[key])
    yield Row(op.select,
              [Call(floats(2, 3), 0, 1), Call(floats(2, 3), -1, -1), Call(floats(2, 0), 0, 1), Call(floats(1), 0, 0)],
              lambda x, dim, i: np.take(x, i, dim), lacks=["0-d"],
              errors=[Wrong(IndexError, floats(2, 3), 2, 0), Wrong(IndexError, floats(2, 3), 0, 2),
                      Wrong(IndexError, floats(), 0, 0)], operations=["_select"])
    values = [(0, 7.5), (0, floats(3, seed=1)), ((all_, 1), floats(2, seed=1)), ((all_, 1), floats(seed=1)),
              (slice(1, None), floats(1, 1, seed=1)), (..., 0.0), (np.array([1, 0]), floats(2, 3, seed=1)),
              (np.array([True, False]), 1.0), ((np.array([0, 1]), np.array([2, 1])), floats(2, seed=1)),
              (np.array([[True, False, True], [False, True, True]]), floats(4, seed=1)), (slice(0, 0), floats(0, 3)),
              ((all_, np.array([0])), 2), (0, floats(1, 1, 3, seed=1))]
    writes = [Call(floats(2, 3), key, value) for key, value in values]
    writes += [Call(floats(), ..., 2.0), Call(floats(), (), floats(seed=1)), Call(floats(1), 0, floats(seed=1)),
               Call(floats(0, 2), all_, 1.0)]
    unfit_values = [Wrong(RuntimeError, floats(2, 3), 0, floats(4)),
                    Wrong(RuntimeError, floats(2, 3), (all_, 0), floats(3)),
                    Wrong(RuntimeError, floats(2, 3), np.array([0, 1]), floats(2, 2))]
    yield Row(setitem, writes, written(_numpy_write), torch=setitem, operations=["_assign"],
              errors=[*unfit_values, *[Wrong(w.error, *w.args, 1.0) for w in outside]])
    yield Row(op.index_assign,
              [Call(x, (key, ...) if not isinstance(key, tuple) and key is not ... else key, v) for x, key,
               v in (call.args for call in writes[:6])], written(_numpy_write), torch=setitem, errors=[],
              lacks=["0-d", "size 0", "size 1"])
    puts = [Call(floats(2, 3), (np.array([0, 1]), np.array([2, 1])), floats(2, seed=1)),
            Call(floats(2, 3), (np.array([1]),), floats(3, seed=1)),
            Call(floats(1), (np.array([0]),), floats(seed=1)),
            Call(floats(2, 3), (np.array([0, 0, 1]), np.array([1, 1, 2])), floats(3, seed=1), accumulate=True),
            Call(floats(0, 2), (np.zeros(0, np.int64),), floats(1, 2))]
    yield Row(op.index_put, puts,
              written(lambda x, key, value, accumulate=False: np.add.at(x, key,
                  value) if accumulate else x.__setitem__(key, value)), operations=["_scatter_into"], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(2), (np.array([2]),), floats(1)),
                      Wrong(RuntimeError, floats(2), (np.array([0, 1]),), floats(3)),
                      Wrong(RuntimeError, floats(2), (np.array([0]),), ints(1))])
    narrowed = [Call(floats(2, 3), 1, 0, 2), Call(floats(2, 3), 1, -2, 2), Call(floats(2, 3), 1, 3, 0), Call(floats(4), 0, np.array(1), 2),
                Call(floats(0, 2), -1, 1, 1), Call(floats(1), 0, 0, 1), Call(floats(5, 2), dim=0, start=2, length=3)]
    not_narrow = [Wrong(IndexError, floats(2, 3), 1, 4, 0), Wrong(RuntimeError, floats(2, 3), 1, 2, 2), Wrong(IndexError, floats(2), 1, 0, 1),
                  Wrong(RuntimeError, floats(2, 3), 1, 0, -1), Wrong(RuntimeError, floats(), 0, 0, 1), Wrong(TypeError, floats(3), 0, 1.0, 1)]
    cut: Callable[..., Any] = lambda x, dim, start, length: np.take(x, np.arange(length) + start, dim)
    yield Row(op.narrow, narrowed, cut, operations=[],
              errors=[*not_narrow, Wrong(RuntimeError, floats(3), 0, np.array([1]), 1)])
    yield Row(op.narrow_copy, [Better(*call.args) if call.args[2:3] == (-2,) else call for call in narrowed if len(call.arrays()) == 1],
              cut, lacks=["0-d"], operations=[], errors=[w for w in not_narrow if w.args[1] < w.args[0].ndim])
    yield Row(op.select_scatter,
              [Call(floats(2, 3), floats(2, seed=1), 1, 0), Call(floats(2, 3), floats(3, seed=1), 0, -1), Call(floats(3), floats(seed=1), 0, 1),
               Call(floats(0, 2), floats(0), 1, 1), Call(floats(1), floats(), dim=0, index=0)],
              written(lambda x, src, dim, index: x.__setitem__((all_,) * dim + (index,), src)), operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(3), 1, 0), Wrong(IndexError, floats(2, 3), floats(2), 1, 3),
                      Wrong(IndexError, floats(2, 3), floats(2), 2, 0), Wrong(RuntimeError, floats(2, 3), floats(), 1, 0),
                      Wrong(IndexError, floats(), floats(), 0, 0), Wrong(TypeError, floats(2, 3), 1.0, 1, 0)])
    yield Row(op.slice_scatter,
              [Call(floats(2, 3), floats(2, 1, seed=1), 1, 0, 1), Call(floats(2, 3), floats(2, 2, seed=1), 1, 0, 3, 2),
               Call(floats(2, 3), floats(2, 3, seed=1)), Call(floats(3), floats(1, seed=1), 0, -1), Call(floats(3), floats(3, seed=1), end=10),
               Call(floats(3), floats(0), 0, 2, 1), Call(floats(1), floats(1, seed=1)), Call(floats(5), floats(2, seed=1), start=1, step=2, end=4)],
              written(lambda x, src, dim=0, start=None, end=None, step=1: x.__setitem__((all_,) * dim + (slice(start, end, step),), src)),
              lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(1, 3), 0, 0, 10), Wrong(RuntimeError, floats(3), floats(3), 0, 0, 3, 0),
                      Wrong(RuntimeError, floats(3), floats(3), 0, 0, 3, -1), Wrong(IndexError, floats(), floats()),
                      Wrong(IndexError, floats(2), floats(2), 1)])
    two = np.array([0, 2, 0])
    yield Row(op.index_add,
              [Call(floats(3, 2), 0, two, floats(3, 2, seed=1)),
               Call(floats(2, 3), -1, two, floats(2, 3, seed=1), alpha=2), Call(floats(0, 3), 1, two, floats(0, 3)),
               Call(floats(1), 0, np.array([0]), floats(1))],
              written(lambda x, dim, i, source, alpha=1: np.add.at(x, (all_,) * (dim % x.ndim) + (i,),
                  alpha * source)), operations=[], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(3), 1, two, floats(3)),
                      Wrong(RuntimeError, floats(3), 0, two, floats(2)), Wrong(RuntimeError, floats(3, 2), 0, np.array([0, 1]), floats(2)),
                      Wrong(IndexError, floats(3), 0, np.array([3]), floats(1))])
    yield Row(op.index_copy,
              [Call(floats(3, 2), 0, np.array([2, 0]), floats(2, 2, seed=1)), Call(floats(2, 3), -1, np.array([1]), floats(2, 1, seed=1)),
               Call(floats(), 0, np.array([0]), floats(seed=1)),
               Call(floats(3), 0, np.array(1), floats(seed=1)), Call(floats(0, 3), 1, np.array([2]), floats(0, 1)),
               Call(floats(2, 3), 1, np.zeros(0, np.int64), floats(2, 0)), Call(floats(1), 0, np.array([0]), floats(1, seed=1))],
              written(lambda x, dim, i, source: x.__setitem__((all_,) * (dim % x.ndim) + (i,) if x.ndim else (), source)),
              operations=["index_assign"], conventions=[Call(floats(3), 0, np.array([0, 0]), floats(2, seed=1))],
              errors=[Wrong(IndexError, floats(2, 3), 1, np.array([0, 2]), floats(2, 3)), Wrong(IndexError, floats(3), 0, np.array([3]), floats(1)),
                      Wrong(IndexError, floats(3), 0, np.array([-1]), floats(1)), Wrong(RuntimeError, floats(3), 0, np.array([1], np.int32), floats(1)),
                      Wrong(RuntimeError, floats(3), 0, floats(1), floats(1)), Wrong(RuntimeError, floats(3), 0, np.array([1]), ints(1)),
                      Wrong(IndexError, floats(3), 1, np.array([1]), floats(1)), Wrong(IndexError, floats(2, 3), 1, np.array([[0, 1]]), floats(2, 2)),
                      Wrong(IndexError, floats(2, 3), 1, np.array(1), floats(2)), Wrong(RuntimeError, floats(2, 3), 1, np.array([1]), floats(1, 1)),
                      Wrong(IndexError, floats(2, 3), 1, np.array([0, 1]), floats())])
    yield Row(op.index_fill,
              [Call(floats(3, 2), 0, two, 1.5), Call(floats(2, 3), 1, np.array([1]), floats(seed=1)),
               Call(floats(3, 2), 0, np.array([2, 2, 0]), floats(seed=1)),
               Call(floats(0, 3), 1, two, 1.0), Call(floats(1), 0, np.array([0]), 0.0)],
              written(lambda x, dim, i, value: x.__setitem__((all_,) * dim + (i,), value)),
              operations=["index_assign"], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(3), 1, two, 1.0), Wrong(IndexError, floats(3), 0, np.array([3]), 1.0),
                      Wrong(IndexError, floats(3), 0, floats(2), 1.0), Wrong(RuntimeError, floats(3), 0, np.array([[0]]), 1.0)])
    yield Row(op.index_select,
              [Call(floats(3, 2), 0, two), Call(floats(2, 3), 1, np.array([2, 0])), Call(floats(), 0, np.array([0])),
               Call(floats(0, 3), 1, two), Call(floats(1), 0, np.array([0, 0])),
               Call(floats(3), 0, np.zeros(0, np.int64))], lambda x, dim, i: np.take(x, i, dim) if x.ndim else x,
              errors=[Wrong(IndexError, floats(3), 1, two), Wrong(IndexError, floats(3), 0, np.array([3])),
                      Wrong(IndexError, floats(3), 0, np.array([[0]])), Wrong(RuntimeError, floats(3), 0, floats(1))])
    yield Row(fill_diagonal_,
              [Call(floats(3, 3), 1.5), Call(floats(2, 3), 1.5), Call(floats(7, 3), 2), Call(floats(7, 3), 2.0, wrap=True), Call(floats(2, 2, 2), 0),
               Call(floats(0, 2), 1.0), Call(floats(1, 1), 3), Call(floats(3, 3).T, 1.0)],
              written(lambda x, value, wrap=False: np.fill_diagonal(x, value, wrap) if x.size else None), operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(3), 1.0), Wrong(RuntimeError, floats(2, 2, 3), 1.0), Wrong(RuntimeError, floats(), 1.0)])
    yield Row(fill_,
              [Call(floats(2, 3), 1.5), Call(floats(2), floats(seed=1)), Call(floats(), 2), Call(floats(0), 1.0),
               Call(floats(1), 1.0)], written(lambda x, value: x.fill(value)), operations=["_fill"],
              errors=[Wrong(RuntimeError, floats(2), floats(2))])
    yield Row(zero_, unary(), np.zeros_like, operations=[])
    yield Row(copy_,
              [Call(floats(2, 3), floats(2, 3, seed=1)), Call(floats(2, 3), floats(3, seed=1)),
               Call(floats(2, 3), floats(seed=1)), Call(floats(), floats(seed=1)), Call(floats(0), floats(1)),
               Call(floats(2), ints(2))],
              written(lambda x, source: np.copyto(x, source.reshape(()) if not x.ndim else source)),
              operations=["_copy_from"],
              errors=[Wrong(RuntimeError, floats(2), floats(3)), Wrong(RuntimeError, floats(2), floats(2, 2)),
                      Wrong(TypeError, floats(2), [1.0, 2.0])])
