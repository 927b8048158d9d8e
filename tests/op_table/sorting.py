"""Rows of sorting: `autograd_core.ops.sorting`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import (
    INT64,
    NO_BOOL,
    Array,
    Call,
    Fixed,
    Row,
    Wrong,
    bad_dims,
    floats,
    ints,
    op,
)

# fmt: off  # rows are laid out as a table


def _sorted(x: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> list[Array]:
    order = _argsorted(x, dim, descending)
    return [np.take_along_axis(x, order, dim) if x.ndim else x, order]


def _argsorted(x: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Array:
    if not x.ndim:
        return np.zeros((), np.int64)
    return np.argsort(-x if descending else x, dim, kind="stable")


def _topk(x: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> list[Array]:
    return [np.take(part, np.arange(k), dim) if x.ndim else part for part in _sorted(x, dim, largest)]


def _searched(edges: Array, x: Any, right: bool = False, side: str | None = None, out_int32: bool = False, sorter: Any = None) -> Any:
    """By counting what is less; a NaN, which is not more than anything, comes last."""
    edges, x = edges if sorter is None else np.take_along_axis(edges, sorter, -1), np.asarray(x)
    less = (edges if edges.ndim == 1 else edges[..., None, :])
    behind = ~(less > x[..., None]) if right or side == "right" else ~(less >= x[..., None])
    return behind.sum(-1)


def _runs(x: Array, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None) -> Any:
    slices = list(x.reshape(-1)) if dim is None else list(np.moveaxis(x, dim, 0))
    groups: list[list[Any]] = []
    for item in slices:
        if groups and np.array_equal(groups[-1][0], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    values = np.array([group[0] for group in groups])
    values = values if dim is None else np.moveaxis(values, 0, dim) if groups else x
    inverse = np.repeat(np.arange(len(groups)), [len(group) for group in groups]).reshape(x.shape if dim is None else -1)
    answers = [values, *([inverse] if return_inverse else []), *([np.array([len(group) for group in groups])] if return_counts else [])]
    return answers if len(answers) > 1 else values


def rows() -> Iterator[Row]:
    orders = [Call(floats(2, 3)), Call(floats(2, 3), 0), Call(floats(2, 3), dim=-1, descending=True), Call(floats()),
              Call(floats(0)), Call(floats(1)), Call(ints(5), stable=True),
              Call(ints(5), descending=True, stable=True)]
    yield Row(op.sort, orders, _sorted, errors=bad_dims(2, 3))
    yield Row(op.argsort, orders, _argsorted, INT64, operations=[], errors=bad_dims(2, 3))
    yield Row(op.topk,
              [Call(floats(5), 2), Call(floats(2, 3), 2, 0), Call(floats(2, 3), 1, largest=False), Call(floats(), 1),
               Call(floats(0), 0), Call(floats(1), 1), Call(floats(2, 200), 5)], _topk, takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), 4), Wrong(RuntimeError, floats(3), -1),
                      Wrong(IndexError, floats(3), 1, 1), Wrong(TypeError, floats(3), 1.5)])
    yield Row(op.msort, [Call(floats(2, 3)), Call(floats(4)), Call(floats()), Call(floats(0, 2)), Call(floats(1))],
              lambda x: np.sort(x, 0) if x.ndim else x, operations=[], errors=[])
    edges, found = np.array([1.0, 3.0, 3.0, 5.0]), np.array([[0.0, 1.0, 3.0], [4.0, 5.0, np.nan]])
    both = np.array([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])
    searches = [Call(edges, found), Call(edges, found, right=True), Call(edges, found[0], side="right"), Call(edges, found, out_int32=True),
                Call(both, found), Call(both, found, right=True), Call(edges, 3.0), Call(edges, 3, right=True), Call(edges, np.array(4.0)),
                Call(edges[::-1].copy(), found, sorter=np.array([3, 2, 1, 0])), Call(floats(0), found[0]), Call(edges, floats(0)),
                Call(np.array([1.0, np.nan]), np.array([np.nan, 2.0])), Call(floats(1), floats(1)), Call(np.zeros((2, 0)), found),
                Call(both[:, ::-1].copy(), found, sorter=np.array([[2, 1, 0], [2, 1, 0]])), Call(np.array([1, 3]), np.array([2, 3]), side="left")]
    yield Row(op.searchsorted, searches, _searched, INT64, takes=NO_BOOL, operations=[],
              errors=[Wrong(RuntimeError, both, floats(2)), Wrong(RuntimeError, both, 1.0), Wrong(RuntimeError, floats(), floats(2)),
                      Wrong(RuntimeError, edges, found, side="x"), Wrong(RuntimeError, edges, found, side="left", right=True),
                      Wrong(RuntimeError, edges, found, sorter=np.array([0, 1])), Wrong(RuntimeError, edges, found, sorter=np.array([0, 1, 2, 4])),
                      Wrong(RuntimeError, edges, found, sorter=floats(4))])
    yield Row(op.bucketize,
              [Call(found, edges), Call(found, edges, right=True), Call(3.0, edges), Call(found, edges, out_int32=True), Call(floats(), edges),
               Call(floats(0), edges), Call(floats(1), floats(0))], lambda x, edges, **options: _searched(edges, np.asarray(x), **options), INT64,
              takes=NO_BOOL, operations=[],
              errors=[Wrong(RuntimeError, found, both), Wrong(RuntimeError, found, floats()), Wrong(RuntimeError, 1.0, floats(1, 2))])
    repeated = np.array([[3, 1, 3], [2, 1, 2]])
    distinct = [Call(repeated), Call(repeated, return_inverse=True), Call(repeated, return_counts=True), Call(repeated, True, True, True),
                Call(repeated, dim=1), Call(repeated.T.copy(), return_inverse=True, return_counts=True, dim=0), Call(ints()), Call(ints(1)),
                Call(np.array([np.nan, 1.0, np.nan]).view(Fixed), return_counts=True), Call(ints(0), return_inverse=True, return_counts=True), Call(ints(5), sorted=False),
                Call(np.zeros((0, 3), np.int64), dim=0)]
    no_slices = [Wrong(IndexError, ints(2, 3), dim=2), Wrong(RuntimeError, ints(2, 0), dim=0), Wrong(TypeError, ints(2), dim=0.5), Wrong(IndexError, ints(), dim=0)]
    yield Row(op.unique, distinct, lambda x, sorted=True, return_inverse=False, return_counts=False, dim=None: np.unique(
                  x, return_inverse=return_inverse, return_counts=return_counts, axis=dim, equal_nan=False), smooth=False, operations=[], errors=no_slices)
    runs = [Call(np.array([1, 1, 2, 2, 1])), Call(np.array([1, 1, 2, 2, 1]), return_inverse=True, return_counts=True), Call(repeated, return_inverse=True),
            Call(np.array([[1, 1, 2], [1, 1, 2], [2, 1, 2]]), return_inverse=True, return_counts=True, dim=0), Call(np.array([[1, 1, 2]]), dim=-1),
            Call(ints(0), return_inverse=True, return_counts=True), Call(ints(), return_counts=True), Call(ints(1)), Call(np.zeros((0, 3), np.int64), dim=0),
            Call(np.array([1.0, np.nan, np.nan]).view(Fixed))]
    yield Row(op.unique_consecutive, runs, _runs, smooth=False, operations=[], errors=[w for w in no_slices if w.args[0].ndim])
