"""Rows of norms: `autograd_core.ops.norms`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import inf

from tests.op_calls import FLOATS, Array, Call, Row, Wrong, bad_dims, floats, ints, matrix, op
from tests.op_table.solve import SINGLE

# fmt: off  # rows are laid out as a table


def vector_norm(x: Array, p: float = 2, dim: Any = None, keepdim: bool = False) -> Any:
    axes = {"axis": dim, "keepdims": keepdim}
    if p == 0:
        return (x != 0).sum(**axes)
    if math.isinf(p):
        return (np.max if p > 0 else np.min)(np.abs(x), **axes)
    return (np.abs(x) ** p).sum(**axes) ** (1 / p)


def _matrix_norm(x: Array, p: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    return np.linalg.norm(x, p, dim, keepdim) if x.size else np.zeros(())


def _renorm(x: Array, p: float, dim: int, maxnorm: float) -> Any:
    slices = np.moveaxis(x, dim, 0)
    norms = vector_norm(slices.reshape(len(slices), -1), p, 1) if slices[:1].size else np.zeros(len(slices))
    return np.moveaxis((slices.T * np.where(norms > maxnorm, maxnorm / (norms + 1e-7), 1)).T, 0, dim)


def rows() -> Iterator[Row]:
    orders = [1, 2, 3, 0, inf, -inf, 0.5, -1, 1.5, 2.5]
    vectors = [*[Call(floats(2, 3), p) for p in orders], *[Call(floats(2, 3), p, 1) for p in orders],
               Call(floats(2, 3, 2), 2, (0, 2), True), Call(floats()), Call(floats(1)), Call(floats(0)),
               Call(floats(0, 3), 3, 1)]
    yield Row(op.vector_norm, vectors, vector_norm, takes=FLOATS, torch="linalg.vector_norm",
              errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, floats(0), inf),
                      Wrong(RuntimeError, floats(0), -1)])
    matrices = [Call(floats(2, 3), *p) for p in ((), ("fro",), (1,), (-1,), (inf,), (-inf,))] + [Call(floats(2, 3, 2),
                     1, (0, 2)), Call(floats(2, 3, 2), "fro", (-1, 0), True), Call(floats(0, 2)), Call(floats(1, 1))]
    spectral = [Call(matrix(2, 3), "nuc"), Call(matrix(2, 2), 2), Call(matrix(2, 2), -2), Call(floats(2, 3, 2), 2, (2, 0), True),
                Call(floats(2, 3, 2), -inf, (0, -1), True), Call(floats(2, 3, 2), "nuc", (1, 0)), Call(floats(0, 2), 1),
                Call(floats(2, 0), "nuc"), Call(floats(0, 2), 2)]
    yield Row(op.matrix_norm, matrices,
              _matrix_norm, takes=FLOATS,
              torch="linalg.matrix_norm", operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats(2, 3), 3),
                      Wrong(RuntimeError, floats(2, 3), "fro", (0, 0)), Wrong(RuntimeError, floats(2, 3), "max")])
    yield Row(op.matrix_norm, spectral, _matrix_norm, takes=SINGLE, torch="linalg.matrix_norm", operations=[], lacks=["0-d", "size 1"],
              errors=[Wrong(RuntimeError, ints(2, 2), 2), Wrong(RuntimeError, floats(2), "nuc"), Wrong(IndexError, floats(0, 2), -2)],
              name="matrix_norm_by_singular_values")
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
              lambda x, p="fro", dim=None, keepdim=False: vector_norm(x, 2 if p == "fro" else p, dim, keepdim),
              takes=FLOATS, operations=[], errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, ints(3))])
    yield Row(op.nuclear_norm, [Call(matrix(2, 3)), Call(floats(2, 3, 2), (0, 2), True), Call(floats(0, 2)), Call(floats(1, 1))],
              lambda x, dim=(-2, -1), keepdim=False: _matrix_norm(x, "nuc", dim, keepdim), takes=SINGLE, lacks=["0-d"], operations=[],
              torch=lambda x, dim=(-2, -1), keepdim=False: x.norm("nuc", dim, keepdim),
              errors=[Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, ints(2, 2)), Wrong(RuntimeError, floats(2, 2), (0, 0))])
    yield Row(op.frobenius_norm,
              [Call(floats(2, 3), 1), Call(floats(2, 3), (0, 1), True), Call(floats(0), 0), Call(floats(), 0), Call(floats(1), 0)],
              lambda x, dim, keepdim=False: np.sqrt((x * x).sum(dim, keepdims=keepdim)) if x.ndim else np.abs(x), takes=FLOATS,
              operations=[], errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, ints(3), 0)])
    yield Row(op.renorm,
              [*[Call(floats(2, 3), p, dim, 1.0) for p in (1, 2, 2.5, inf) for dim in (0, -1)], Call(floats(2, 3, 2), 2, 1, 0.7), Call(floats(2, 3), 2, 0, 100),
               Call(floats(1, 1), 2, 0, 0.01), Call(floats(0, 2), 2, 0, 1), Call(floats(2, 0), 2, 0, 1), Call(floats(3, 2), 2, 0, 0)],
              _renorm, takes=FLOATS, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), 0, 0, 1), Wrong(RuntimeError, floats(2, 3), 2, 0, -1), Wrong(RuntimeError, floats(3), 2, 0, 1),
                      Wrong(IndexError, floats(2, 3), 2, 2, 1), Wrong(RuntimeError, ints(2, 3), 2, 0, 1)])
