"""Rows of picking and writing elements: `autograd_core.ops.index`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.op_calls import (
    INT64,
    Array,
    Better,
    Call,
    Row,
    Wrong,
    bools,
    floats,
    ints,
    op,
    unary,
)

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


def zero_(x: Any) -> Any:
    return x.clone().zero_()


def copy_(x: Any, source: Any) -> Any:
    return x.clone().copy_(source)


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
    two = np.array([0, 2, 0])
    yield Row(op.index_add,
              [Call(floats(3, 2), 0, two, floats(3, 2, seed=1)),
               Call(floats(2, 3), -1, two, floats(2, 3, seed=1), alpha=2), Call(floats(0, 3), 1, two, floats(0, 3)),
               Call(floats(1), 0, np.array([0]), floats(1))],
              written(lambda x, dim, i, source, alpha=1: np.add.at(x, (all_,) * (dim % x.ndim) + (i,),
                  alpha * source)), operations=[], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(3), 1, two, floats(3)),
                      Wrong(RuntimeError, floats(3), 0, two, floats(2)),
                      Wrong(IndexError, floats(3), 0, np.array([3]), floats(1))])
    yield Row(op.index_fill,
              [Call(floats(3, 2), 0, two, 1.5), Call(floats(2, 3), 1, np.array([1]), floats(seed=1)),
               Call(floats(0, 3), 1, two, 1.0), Call(floats(1), 0, np.array([0]), 0.0)],
              written(lambda x, dim, i, value: x.__setitem__((all_,) * dim + (i,), value)),
              operations=["index_assign"], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(3), 1, two, 1.0), Wrong(IndexError, floats(3), 0, np.array([3]), 1.0),
                      Wrong(IndexError, floats(3), 0, floats(2), 1.0)])
    yield Row(op.index_select,
              [Call(floats(3, 2), 0, two), Call(floats(2, 3), 1, np.array([2, 0])), Call(floats(), 0, np.array([0])),
               Call(floats(0, 3), 1, two), Call(floats(1), 0, np.array([0, 0])),
               Call(floats(3), 0, np.zeros(0, np.int64))], lambda x, dim, i: np.take(x, i, dim) if x.ndim else x,
              errors=[Wrong(IndexError, floats(3), 1, two), Wrong(IndexError, floats(3), 0, np.array([3])),
                      Wrong(IndexError, floats(3), 0, np.array([[0]])), Wrong(RuntimeError, floats(3), 0, floats(1))])
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
    masked = [Call(floats(2, 3), bools(2, 3), 1.5), Call(floats(2, 3), bools(3), floats(seed=1)),
              Call(floats(), np.array(True), 0.5), Call(floats(0), bools(1), 1.0), Call(floats(1), bools(2), 2.0),
              Call(floats(2, 1), bools(3), floats(seed=1))]
    no_mask = [Wrong(RuntimeError, floats(2, 3), bools(2), 1.0), Wrong(RuntimeError, floats(2), ints(2), 1.0),
               Wrong(RuntimeError, floats(2), bools(2), floats(2))]
    yield Row(op.masked_fill, masked, lambda x, mask, value: np.where(mask, value, x), errors=no_mask)
    yield Row(op.masked_select, [Call(*call.args[:2]) for call in masked],
              lambda x, mask: np.broadcast_to(x,
                  np.broadcast_shapes(x.shape, mask.shape))[np.broadcast_to(mask,
                                      np.broadcast_shapes(x.shape, mask.shape))],
              errors=[Wrong(RuntimeError, floats(2, 3), bools(2)), Wrong(RuntimeError, floats(2), ints(2)),
                      Wrong(RuntimeError, floats(2), floats(2))])
    yield Row(op.masked_scatter,
              [Call(floats(2, 3), bools(2, 3), floats(6, seed=1)),
               Call(floats(2, 3), np.array([True, False, True]), floats(4, seed=1)),
               Call(floats(1), bools(1), floats(1)), Call(floats(0), bools(0), floats(0)),
               Call(floats(), np.array(True), floats(2))],
              written(lambda x, mask, source: x.__setitem__(np.broadcast_to(mask, x.shape),
                  source[: np.broadcast_to(mask, x.shape).sum()] if x.ndim else source[0])), operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), bools(2), floats(6)),
                      Wrong(RuntimeError, floats(2), ints(2), floats(2)),
                      Wrong(RuntimeError, floats(2), np.array([True, True]), floats(1))])
    yield Row(op.nonzero,
              [Call(bools(2, 3)), Call(ints(2, 3)), Call(bools(2, 3), as_tuple=True), Call(np.asarray(1.5)),
               Call(ints(0)), Call(ints(1)), Call(floats(2))],
              lambda x, as_tuple=False: np.nonzero(x) if as_tuple else np.argwhere(x), INT64, operations=[],
              errors=[])
    triangles = [Call(floats(3, 3)), Call(floats(2, 3), 1), Call(floats(2, 3, 3), diagonal=-1), Call(floats(0, 2)),
                 Call(floats(1, 1))]
    no_matrix = [Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats()), Wrong(TypeError, floats(2, 2), 0.5)]
    yield Row(op.tril, triangles, lambda x, diagonal=0: np.tril(x, diagonal), lacks=["0-d"], errors=no_matrix)
    yield Row(op.triu, triangles, lambda x, diagonal=0: np.triu(x, diagonal), lacks=["0-d"], errors=no_matrix)
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
