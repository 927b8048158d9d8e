"""Rows of linear equations: `autograd_core.ops.solve`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_core.arrays import lapack
from tests.op_calls import Array, Call, Row, Wrong, floats, ints, matrix, op

# fmt: off  # rows are laid out as a table

SINGLE = ("float32", "float64")
MATRICES: dict[str, Any] = {"takes": SINGLE, "lacks": ["0-d"]}


def not_square(*more: Any, **options: Any) -> list[Wrong]:
    return [Wrong(RuntimeError, floats(2, 3), *more, **options), Wrong(RuntimeError, floats(3), *more, **options),
            Wrong(RuntimeError, ints(2, 2), *more, **options), Wrong(TypeError, [[1.0]], *more, **options)]


def _solve(A: Array, B: Array, left: bool = True) -> Any:
    if not left:
        return B @ np.linalg.inv(A)
    return np.linalg.solve(A, B[..., None])[..., 0] if B.ndim < A.ndim - 1 or B.shape == A.shape[:-1] else np.linalg.solve(A, B)


def _solve_triangular(A: Array, B: Array, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    triangle = np.triu(A) if upper else np.tril(A)
    if unitriangular:
        triangle = triangle - triangle * np.eye(A.shape[-1]) + np.eye(A.shape[-1])
    return np.linalg.solve(triangle, B) if left else B @ np.linalg.inv(triangle)


def _permuted(LU: Array, pivots: Array) -> Any:
    """P L U."""
    L, U = np.tril(LU, -1) + np.eye(LU.shape[-1]), np.triu(LU)
    order = lapack.row_order(pivots, LU.shape[-1])
    return np.take_along_axis(L @ U, np.argsort(order, -1)[..., None], -2)


def _lu_solve(LU: Array, pivots: Array, B: Array, left: bool = True, adjoint: bool = False) -> Any:
    A = _permuted(LU, pivots)
    return _solve(np.swapaxes(A, -1, -2) if adjoint else A, B, left) if B.size else B


def _from_cholesky(L: Array, upper: bool) -> Array:
    L = np.triu(L).swapaxes(-1, -2) if upper else np.tril(L)
    return L @ L.swapaxes(-1, -2)


def _tri(L: Any, upper: bool) -> Any:
    return L.triu() if upper else L.tril()


def rows() -> Iterator[Row]:
    solved = [Call(matrix(2, 2), floats(2)), Call(matrix(2, 2), floats(2, 3)), Call(matrix(2, 2, 2), floats(2, 2)),
              Call(matrix(2, 2, 2), floats(2, 1)), Call(matrix(2, 1, 2, 2), floats(3, 2, 1)), Call(matrix(0, 0), floats(0)),
              Call(matrix(1, 1), floats(1)), Call(matrix(2, 2), floats(3, 2), left=False), Call(matrix(2, 0, 0), floats(2, 0, 1))]
    unsolved = [*not_square(floats(2)), Wrong(RuntimeError, matrix(2, 2), floats(3)), Wrong(RuntimeError, matrix(2, 2), floats()),
                Wrong(RuntimeError, matrix(2, 2, 2), floats(3, 2, 2)), Wrong(TypeError, matrix(2, 2), 1.0),
                Wrong(RuntimeError, matrix(2, 2), floats(2).astype(np.float32)),
                Wrong(RuntimeError, matrix(2, 2), floats(2), left=False),
                Wrong(RuntimeError, matrix(1, 1), floats(1), left=False)]
    yield Row(op.linalg_solve, solved, _solve, torch="linalg.solve", operations=["_solve"], errors=unsolved, **MATRICES)
    yield Row(op.solve_ex, solved, lambda A, B, left=True: [_solve(A, B, left), np.zeros(A.shape[:-2])],
              torch="linalg.solve_ex", operations=[], errors=unsolved, **MATRICES)
    inverses = [Call(matrix(2, 2)), Call(matrix(2, 2, 2)), Call(matrix(0, 0)), Call(matrix(1, 1)), Call(matrix(0, 2, 2))]
    yield Row(op.inv, inverses, np.linalg.inv, torch="linalg.inv", operations=["_inv"], errors=not_square(), **MATRICES)
    yield Row(op.inverse, inverses, np.linalg.inv, operations=[], errors=not_square(), **MATRICES)
    yield Row(op.inv_ex, inverses, lambda A: [np.linalg.inv(A), np.zeros(A.shape[:-2])], torch="linalg.inv_ex", operations=[],
              errors=not_square(), **MATRICES)
    triangular = [Call(matrix(2, 2), floats(2, 3), upper=True), Call(matrix(3, 3), floats(3, 1), upper=False),
                  Call(matrix(2, 2, 2), floats(2, 1), upper=True, unitriangular=True),
                  Call(matrix(2, 2), floats(2, 2, 1), upper=False, unitriangular=True),
                  Call(matrix(2, 2), floats(1, 2), upper=True, left=False),
                  Call(matrix(2, 2), floats(1, 2), upper=False, left=False), Call(matrix(0, 0), floats(0, 2), upper=True),
                  Call(matrix(1, 1), floats(1, 1), upper=True)]
    yield Row(op.solve_triangular, triangular, _solve_triangular, torch="linalg.solve_triangular",
              operations=["_solve_triangular"],
              errors=[*not_square(floats(2, 2), upper=True), Wrong(RuntimeError, matrix(2, 2), floats(2), upper=True),
                      Wrong(RuntimeError, matrix(2, 2), floats(3, 2), upper=True)], **MATRICES)
    yield Row(op.triangular_solve,
              [Call(floats(2, 3), matrix(2, 2)), Call(floats(2, 1), matrix(2, 2), False),
               Call(floats(2, 1), matrix(2, 2), True, True, True), Call(floats(0, 2), matrix(0, 0)),
               Call(floats(1, 1), matrix(1, 1))],
              lambda B, A, upper=True, transpose=False, unit=False:
                  [_solve_triangular(A.T if transpose else A, B, upper != transpose, True, unit), A],
              operations=[],
              errors=[Wrong(RuntimeError, floats(2, 2), floats(2, 3)), Wrong(RuntimeError, floats(2), matrix(2, 2)),
                      Wrong(RuntimeError, floats(3, 2), matrix(2, 2))], **MATRICES)
    factors = [Call(floats(2, 2), matrix(2, 2)), Call(floats(2, 1), matrix(2, 2), True), Call(floats(2, 1), matrix(2, 2, 2)),
               Call(floats(0, 1), matrix(0, 0)), Call(floats(1, 1), matrix(1, 1))]
    yield Row(op.cholesky_solve, factors, lambda B, L, upper=False: np.linalg.solve(_from_cholesky(L, upper), B), operations=[],
              torch=lambda B, L, upper=False: B.cholesky_solve(_tri(L, upper), upper),  # whose gradient has no triangle's zeros
              errors=[Wrong(RuntimeError, floats(2), matrix(2, 2)), Wrong(RuntimeError, floats(2, 1), floats(2, 3)),
                      Wrong(RuntimeError, floats(3, 1), matrix(2, 2))], **MATRICES)
    yield Row(op.cholesky_inverse, [Call(matrix(2, 2)), Call(matrix(2, 2, 2), True), Call(matrix(0, 0)), Call(matrix(1, 1))],
              lambda L, upper=False: np.linalg.inv(_from_cholesky(L, upper)), operations=[],
              torch=lambda L, upper=False: _tri(L, upper).cholesky_inverse(upper), errors=not_square()[:3], **MATRICES)
    pivots, swapped = np.array([1, 2], np.int32), np.array([[2, 2], [1, 2]], np.int32)
    lus = [Call(matrix(2, 2), pivots, floats(2, 2)), Call(matrix(2, 2, 2), swapped, floats(2, 1)),
           Call(matrix(2, 2), swapped[0], floats(2, 1), adjoint=True), Call(matrix(2, 2), swapped[0], floats(1, 2), left=False),
           Call(matrix(2, 2), swapped[0], floats(1, 2), left=False, adjoint=True), Call(matrix(0, 0), pivots[:0], floats(0, 1)),
           Call(matrix(1, 1), pivots[:1], floats(1, 1))]
    unfactored = [Wrong(RuntimeError, floats(2, 3), pivots, floats(2, 1)), Wrong(RuntimeError, matrix(2, 2), pivots, floats(2)),
                  Wrong(RuntimeError, matrix(2, 2), pivots.astype(np.int64), floats(2, 1)),
                  Wrong(RuntimeError, matrix(2, 2), pivots[:1], floats(2, 1))]
    yield Row(op.linalg_lu_solve, lus, _lu_solve, torch="linalg.lu_solve", operations=[], errors=unfactored, **MATRICES)
    yield Row(op.lu_solve, [Call(call.args[2], *call.args[:2]) for call in lus if not call.options],
              lambda B, LU, pivots: _lu_solve(LU, pivots, B), operations=[],
              errors=[Wrong(RuntimeError, wrong.args[2], *wrong.args[:2]) for wrong in unfactored], **MATRICES)
    yield Row(op.tensorinv,
              [Call(matrix(4, 4).reshape(2, 2, 4)), Call(matrix(4, 4).reshape(4, 2, 2), 1), Call(floats(1, 1), 1),
               Call(floats(0, 0), ind=1)], lambda A, ind=2: np.linalg.tensorinv(A, ind) if A.size else A, torch="linalg.tensorinv", operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), 1), Wrong(RuntimeError, matrix(2, 2), 0),
                      Wrong(RuntimeError, ints(2, 2), 1)], **MATRICES)
    yield Row(op.tensorsolve,
              [Call(matrix(4, 4).reshape(2, 2, 4), floats(2, 2)), Call(matrix(4, 4).reshape(2, 4, 2), floats(4), dims=(0,)),
               Call(floats(1, 1), floats(1)), Call(floats(0, 0), floats(0))],
              lambda A, B, dims=None: np.linalg.tensorsolve(A, B, dims), torch="linalg.tensorsolve", operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(2)), Wrong(RuntimeError, matrix(2, 2), floats(3)),
                      Wrong(RuntimeError, ints(2, 2), floats(2))], **MATRICES)
