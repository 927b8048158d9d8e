"""Rows of products, norms: `autograd_core.ops.linalg`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import inf

from tests.op_calls import (
    FLOATS,
    NO_BOOL,
    Array,
    Call,
    Row,
    Wrong,
    bad_dims,
    bad_shapes,
    floats,
    ints,
    op,
)

# fmt: off  # rows are laid out as a table


def _plus_product(x: Array, a: Array, b: Array, beta: float = 1, alpha: float = 1) -> Array:
    return (beta * x if beta else 0) + alpha * (a @ b)


def _vector_norm(x: Array, p: float = 2, dim: Any = None, keepdim: bool = False) -> Any:
    axes = {"axis": dim, "keepdims": keepdim}
    if p == 0:
        return (x != 0).sum(**axes)
    if math.isinf(p):
        return (np.max if p > 0 else np.min)(np.abs(x), **axes)
    return (np.abs(x) ** p).sum(**axes) ** (1 / p)


def rows() -> Iterator[Row]:
    def products(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> list[Call]:
        return [Call(floats(*m), floats(*n, seed=3)) for m, n in shapes]
    def unfit(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> list[Wrong]:
        return [bad_shapes(m, n) for m, n in shapes] + [Wrong(TypeError, floats(2, 2), 1.0)]
    no_numbers = ["0-d"]
    yield Row(op.mm, products(((2, 3), (3, 4)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 2), (2, 1))), np.matmul,
              lacks=no_numbers, takes=NO_BOOL, errors=unfit(((2, 3), (2, 3)), ((3,), (3, 2)), ((1, 2, 3), (3, 1))))
    yield Row(op.mv, products(((2, 3), (3,)), ((1, 1), (1,)), ((2, 0), (0,))), np.matmul, lacks=no_numbers,
              takes=NO_BOOL, errors=unfit(((2, 3), (2,)), ((3,), (3,)), ((2, 3), (3, 1))))
    yield Row(op.dot, products(((3,), (3,)), ((1,), (1,)), ((0,), (0,))), np.dot, lacks=no_numbers, takes=NO_BOOL,
              errors=unfit(((3,), (2,)), ((2, 2), (2, 2)), ((), (2,))))
    yield Row(op.outer, products(((2,), (3,)), ((1,), (1,)), ((0,), (2,))), np.outer, lacks=no_numbers,
              errors=[bad_shapes((2, 2), (2,)), bad_shapes((), (2,)), bad_shapes((2,), ())])
    yield Row(op.matmul,
              products(((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 3, 4), (4, 2)),
                       ((2, 3), (2, 3, 2)), ((2, 3, 4), (2, 4, 1)), ((2, 1, 2, 3), (3, 3, 2)), ((2, 3, 4), (4,)),
                       ((4,), (2, 4, 3)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 2)),
                       ((2, 3, 0), (0, 2))), np.matmul, lacks=no_numbers, takes=NO_BOOL, operations=["_batched"],
              errors=unfit(((2, 3), (2, 3)), ((3,), (2,)), ((2, 2, 3), (3, 3, 2)), ((), (2,))))
    yield Row(op.bmm, products(((2, 3, 4), (2, 4, 2)), ((1, 1, 1), (1, 1, 1)), ((0, 2, 3), (0, 3, 1))), np.matmul,
              lacks=no_numbers, takes=NO_BOOL, operations=[],
              errors=unfit(((2, 3, 4), (3, 4, 2)), ((2, 3, 4), (2, 3, 4)), ((2, 3), (3, 2))))
    a, b, v = floats(2, 3, seed=1), floats(3, 4, seed=2), floats(3, seed=2)
    yield Row(op.addmm,
              [Call(floats(2, 4), a, b), Call(floats(4), a, b, beta=0.5, alpha=2), Call(floats(1), a, b),
               Call(floats(), a, b, beta=0), Call(floats(0, 4), floats(0, 3), b)], _plus_product, operations=[],
              takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), a, b), Wrong(RuntimeError, floats(2, 4), a, a),
                      Wrong(RuntimeError, floats(2), v, v)])
    yield Row(op.addmv,
              [Call(floats(2), a, v), Call(floats(1), a, v, beta=2, alpha=0.5), Call(floats(), a, v),
               Call(floats(0), floats(0, 3), v)], _plus_product, operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), a, v), Wrong(RuntimeError, floats(2), a, floats(2)),
                      Wrong(RuntimeError, floats(2), v, v)])
    batch = floats(2, 2, 3, seed=1), floats(2, 3, 2, seed=2)
    yield Row(op.baddbmm,
              [Call(floats(2, 2, 2), *batch), Call(floats(2), *batch, beta=2, alpha=0.5),
               Call(floats(1, 1, 1), *batch, beta=0), Call(floats(), *batch),
               Call(floats(0, 2, 2), floats(0, 2, 3), floats(0, 3, 2))], _plus_product, operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), *batch), Wrong(RuntimeError, floats(2, 2, 2), *batch[:1] * 2),
                      Wrong(RuntimeError, floats(2), batch[0], floats(3, 3, 2))])
    crosses = [Call(floats(3), floats(3, seed=1)), Call(floats(2, 3), floats(2, 3, seed=1), dim=1),
               Call(floats(3, 2), floats(3, 1, seed=1), dim=0), Call(floats(0, 3), floats(1, 3), dim=1)]
    no_threes = [bad_shapes((2,), (2,)), bad_shapes((3,), (2, 3)), Wrong(IndexError, floats(3), floats(3), dim=1),
                 Wrong(RuntimeError, floats(3, 2), floats(3, 2), dim=1)]
    yield Row(op.linalg_cross, crosses, lambda x, y, dim=-1: np.cross(x, y, axis=dim), operations=["_cross"],
              torch="linalg.cross", lacks=["0-d", "size 1"], takes=NO_BOOL, errors=no_threes)
    yield Row(op.cross, crosses, lambda x, y, dim=-1: np.cross(x, y, axis=dim), operations=[],
              lacks=["0-d", "size 1"], takes=NO_BOOL, errors=no_threes[1:])
    orders = [1, 2, 3, 0, inf, -inf, 0.5, -1, 1.5, 2.5]
    vectors = [*[Call(floats(2, 3), p) for p in orders], *[Call(floats(2, 3), p, 1) for p in orders],
               Call(floats(2, 3, 2), 2, (0, 2), True), Call(floats()), Call(floats(1)), Call(floats(0)),
               Call(floats(0, 3), 3, 1)]
    yield Row(op.vector_norm, vectors, _vector_norm, takes=FLOATS, torch="linalg.vector_norm",
              errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, floats(0), inf),
                      Wrong(RuntimeError, floats(0), -1)])
    matrices = [Call(floats(2, 3), *p) for p in ((), ("fro",), (1,), (-1,), (inf,), (-inf,))] + [Call(floats(2, 3, 2),
                     1, (0, 2)), Call(floats(2, 3, 2), "fro", (-1, 0), True), Call(floats(0, 2)), Call(floats(1, 1))]
    yield Row(op.matrix_norm, matrices,
              lambda x, p="fro", dim=(-2, -1), keepdim=False: np.linalg.norm(x, p, dim, keepdim), takes=FLOATS,
              torch="linalg.matrix_norm", operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats(2, 3), 3),
                      Wrong(RuntimeError, floats(2, 3), "fro", (0, 0)), Wrong(RuntimeError, floats(2, 3), "max")])
    yield Row(op.linalg_norm,
              [Call(floats(2, 3)), Call(floats(2, 3), 1), Call(floats(3), 3), Call(floats(2, 3), inf, 0),
               Call(floats(2, 3), "fro"), Call(floats(2, 3), 2, 1, True), Call(floats()), Call(floats(0)),
               Call(floats(1))],
              lambda x, ord=None, dim=None, keepdim=False: np.linalg.norm(x, ord, dim,
                  keepdim) if x.ndim else np.abs(x), takes=FLOATS, torch="linalg.norm", operations=[],
              errors=[Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, floats(2, 2, 2), 1),
                      Wrong(RuntimeError, floats(2, 2, 2), None, (0, 1, 2))])
    yield Row(op.norm,
              [Call(floats(2, 3)), Call(floats(2, 3), 1), Call(floats(2, 3), p=3, dim=0),
               Call(floats(2, 3), "fro", (0, 1), keepdim=True), Call(floats(2, 3), inf), Call(floats()),
               Call(floats(0)), Call(floats(1))],
              lambda x, p="fro", dim=None, keepdim=False: _vector_norm(x, 2 if p == "fro" else p, dim, keepdim),
              takes=FLOATS, operations=[], errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, ints(3))])
