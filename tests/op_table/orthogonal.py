"""Rows of Q R and Householder's reflections: `autograd_core.ops.orthogonal`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import Array, Better, Call, Fixed, Row, Wrong, floats, ints, matrix, op
from tests.op_table.solve import MATRICES

# fmt: off  # rows are laid out as a table


def _qr(A: Array, mode: str = "reduced") -> Any:
    return [np.zeros(0), np.linalg.qr(A, "r")] if mode == "r" else np.linalg.qr(A, mode)


def _reflections(a: Array, tau: Array) -> Array:
    """H_1 … H_k, one after the other."""
    n = a.shape[-2]
    Q: Any = np.eye(n)
    for i in range(tau.shape[-1]):
        v = np.where(np.arange(n) < i, 0, a[..., :, i])
        v[..., i] = 1
        Q = Q @ (np.eye(n) - tau[..., i, None, None] * v[..., :, None] * v[..., None, :])
    return np.broadcast_to(Q, (*a.shape[:-2], n, n))


def _ormqr(a: Array, tau: Array, other: Array, left: bool = True, transpose: bool = False) -> Array:
    Q = _reflections(a, tau)
    Q = np.swapaxes(Q, -1, -2) if transpose else Q
    return Q @ other if left else other @ Q


def _geqrf(a: Array) -> list[Array]:
    raw, tau = np.linalg.qr(a, "raw")
    return [np.swapaxes(raw, -1, -2), tau]


def rows() -> Iterator[Row]:
    any_shape = [Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, ints(2, 2)), Wrong(TypeError, [[1.0]])]
    shapes = [Call(matrix(3, 2)), Call(matrix(2, 3)), Call(matrix(2, 2, 2), "complete"), Call(matrix(2, 3), mode="complete"),
              Better(matrix(3, 2), "complete"), Better(matrix(3, 2), "r"), Call(floats(2, 0)), Call(floats(1, 1))]
    yield Row(op.linalg_qr, shapes, _qr, torch="linalg.qr", operations=["_qr"],
              errors=[*any_shape, Wrong(RuntimeError, matrix(2, 2), "full")], **MATRICES)
    yield Row(op.qr, [Call(matrix(3, 2)), Call(matrix(2, 3), some=False), Better(matrix(2, 1), False), Call(floats(0, 2)),
                      Call(floats(1, 1))],
              lambda A, some=True: np.linalg.qr(A, "reduced" if some else "complete"), operations=[], errors=any_shape, **MATRICES)
    yield Row(op.geqrf, [Call(floats(*size).view(Fixed)) for size in ((3, 2), (2, 3), (2, 2, 2), (0, 2), (1, 1))], _geqrf,
              operations=[], errors=[any_shape[0], any_shape[2], Wrong(TypeError, None)], **MATRICES)
    products = [Call(floats(3, 2), floats(2, seed=1)), Call(floats(3, 2), floats(1)), Call(floats(2, 2, 2), floats(2, 2)),
                Call(floats(2, 0), floats(0)), Call(floats(1, 1), floats(1)), Call(floats(3, 2), np.array([0.0, 0.5]))]
    unfit = [Wrong(RuntimeError, floats(2, 3), floats(2)), Wrong(RuntimeError, floats(3, 2), floats(3)),
             Wrong(RuntimeError, floats(2, 3, 2), floats(2)), Wrong(RuntimeError, floats(3, 2), floats(2).astype(np.float32))]
    rough = {"float32 second derivative": 3e-4}
    yield Row(op.householder_product, products, lambda a, tau: _reflections(a, tau)[..., : a.shape[-1]],
              torch="linalg.householder_product", operations=[], errors=unfit, rough=rough, **MATRICES)
    yield Row(op.orgqr, products, lambda a, tau: _reflections(a, tau)[..., : a.shape[-1]], operations=[], errors=unfit, rough=rough, **MATRICES)
    yield Row(op.ormqr,
              [Call(floats(3, 2), floats(2, seed=1), floats(3, 1)),
               Call(floats(3, 2), floats(2, seed=1), floats(1, 3), False, True),
               Call(floats(3, 2), floats(2, seed=1), floats(3, 1), transpose=True),
               Call(floats(2, 2, 1), floats(2, 1), floats(2, 1, 2), left=False), Call(floats(2, 0), floats(0), floats(2, 1)),
               Call(floats(1, 1), floats(1), floats(1, 1))], _ormqr, operations=[],
              errors=[Wrong(RuntimeError, floats(3, 2), floats(2), floats(2, 1)),
                      Wrong(RuntimeError, floats(3, 2), floats(1), floats(3, 1)),
                      Wrong(RuntimeError, floats(3, 2), floats(2), floats(3, 1).astype(np.float32))], rough=rough, **MATRICES)
