"""Rows of sorting: `autograd_core.ops.sorting`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import (
    INT64,
    NO_BOOL,
    Array,
    Call,
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
