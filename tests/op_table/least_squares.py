"""Rows of pseudo-inverse, least squares and rank: `autograd_core.ops.least_squares`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import INT64, Array, Better, Call, Row, Wrong, floats, ints, matrix, op
from tests.op_table.solve import MATRICES

# fmt: off  # rows are laid out as a table


def _pinv(A: Array, rcond: Any = None, hermitian: bool = False, atol: Any = None, rtol: Any = None) -> Array:
    S = np.linalg.svd(A, compute_uv=False)
    largest = S.max(-1, initial=0)
    if rcond is not None:
        rtol = rcond
    if rtol is None:
        rtol = max(A.shape[-2:]) * 2.3e-16 if atol is None else 0
    cutoff = np.maximum(0 if atol is None else atol, rtol * largest)
    return np.linalg.pinv(A, cutoff / np.where(largest == 0, 1, largest))


def _lstsq(A: Array, b: Array, rcond: Any = None, driver: str = "gelsy") -> list[Any]:
    B = b[..., None] if b.ndim < A.ndim else b
    X = np.linalg.pinv(A) @ B
    n, m = A.shape[-2:]
    rank = np.linalg.matrix_rank(A) if A.size else np.zeros(A.shape[:-2], int)
    none = np.zeros(0)
    full = driver != "gelsy" and n > m and np.all(rank == m)
    return [X[..., 0] if b.ndim < A.ndim else X, ((A @ X - B) ** 2).sum(-2) if full else none, none if driver == "gels" else rank,
            np.linalg.svd(A, compute_uv=False) if driver in ("gelsd", "gelss") else none]


def _lstsq_in_torch(*args: Any, **options: Any) -> Any:
    import torch

    solution, residuals, *rest = torch.linalg.lstsq(*args, **options)
    return solution, residuals if residuals.numel() else residuals.detach(), *rest  # none, but it requires grad


def rows() -> Iterator[Row]:
    any_shape = [Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, ints(2, 2)), Wrong(TypeError, [[1.0]])]
    halves = np.array([[0.5, 0.5], [0.5, 0.5]])
    inverses = [Call(matrix(3, 2)), Call(matrix(2, 3)), Call(matrix(2, 2, 2), rcond=1e-3), Call(matrix(2, 2), atol=1e-3),
                Call(np.stack([matrix(2, 2), matrix(2, 2, seed=1)]), rtol=np.array([1e-4, 1e-5]).astype(np.float32).astype(float)),
                Call(floats(0, 2)), Call(floats(2, 0)), Call(floats(1, 1))]
    yield Row(op.pinv, [Call(*call.args, **{name: x.tolist()[0] if isinstance(x, np.ndarray) else x for name, x in
                                            call.options.items()}) for call in inverses],
              _pinv, torch="linalg.pinv", operations=["_pinv"], conventions=[Call(halves)],
              errors=[*any_shape, Wrong(TypeError, matrix(2, 2), 1e-3, rtol=1e-3)], **MATRICES)
    yield Row(op.pinverse, [Call(matrix(3, 2)), Call(matrix(2, 2), rcond=1e-3), Call(floats(0, 2)), Call(floats(1, 1))],
              lambda A, rcond=1e-15: _pinv(A, rcond), operations=[], errors=any_shape, **MATRICES)
    least = [Call(matrix(3, 2), floats(3, 2)), Call(matrix(3, 2), floats(3)), Call(matrix(2, 3), floats(2, 1)),
             Call(matrix(2, 3, 2), floats(2, 3, 1), driver="gels"), Call(floats(1, 1), floats(1, 1))]
    with_values = [Call(matrix(3, 2), floats(3, 2), driver="gelsd"), Call(matrix(2, 2, 2), floats(2, 2), driver="gelss")]
    yield Row(op.linalg_lstsq, [*least, Better(floats(2, 0), floats(2, 1))], _lstsq, torch=_lstsq_in_torch, operations=[],
              conventions=[Call(halves, floats(2, 1)), *with_values],
              errors=[*[Wrong(wrong.error, *wrong.args, floats(2, 2)) for wrong in any_shape],
                      Wrong(RuntimeError, matrix(3, 2), floats(2, 1)), Wrong(RuntimeError, matrix(3, 2), floats(3), driver="qr"),
                      Wrong(RuntimeError, matrix(3, 2), floats(3).astype(np.float32))], **MATRICES)
    ranks = [Call(matrix(3, 2)), Call(halves), Call(np.stack([halves, np.eye(2)]), 0.1), Call(np.diag([1.0, 0.1]), atol=0.5),
             Call(np.diag([1.0, 0.1]), rtol=0.5), Call(halves, hermitian=True), Call(floats(0, 2)), Call(floats(1, 1))]
    yield Row(op.linalg_matrix_rank, ranks,
              lambda A, tol=None, hermitian=False, atol=None, rtol=None:
                  np.linalg.matrix_rank(A, max(x for x in (tol, atol, rtol, 1e-12) if x is not None)) if A.size else 0,
              INT64, torch="linalg.matrix_rank", operations=[],
              errors=[*any_shape, Wrong(RuntimeError, floats(3, 2), hermitian=True)], **MATRICES)
