"""Rows of decompositions: `autograd_core.ops.decompositions`.

Signs of eigenvectors and singular vectors depend on the LAPACK; PyTorch's are brought to NumPy's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_core.arrays import lapack
from tests.op_calls import Array, Better, Call, Fixed, Row, Wrong, floats, ints, matrix, op
from tests.op_table.solve import MATRICES, not_square

# fmt: off  # rows are laid out as a table


def _symmetric(*size: int) -> Array:
    x = matrix(*size)
    return (x + np.swapaxes(x, -1, -2)) / 2


def _signs(theirs: Any, ours: Array, dim: int) -> Any:
    """1 or -1 for each vector along dim, so that PyTorch's point where NumPy's do."""
    import torch

    return torch.sign((theirs.detach() * torch.from_numpy(ours)).sum(dim, keepdim=True))


def _eigh_in_torch(A: Any, triangle: str = "L") -> Any:
    import torch

    values, vectors = torch.linalg.eigh(A, triangle)
    return values, vectors * _signs(vectors, np.linalg.eigh(A.detach().numpy(), triangle)[1], -2)


def _svd_in_torch(A: Any, full_matrices: bool = True) -> Any:
    import torch

    U, S, Vh = torch.linalg.svd(A, full_matrices)
    ours = np.linalg.svd(A.detach().numpy(), full_matrices)
    return U * _signs(U, ours[0], -2), S, Vh * _signs(Vh, ours[2], -1)


def _old_svd_in_torch(A: Any, some: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return A.svd(some, False)
    U, S, Vh = _svd_in_torch(A, not some)
    return U, S, Vh.mT


def _old_svd(A: Array, some: bool = True, compute_uv: bool = True) -> list[Array]:
    U, S, Vh = np.linalg.svd(A, not some or not compute_uv)
    return [U * compute_uv, S, np.swapaxes(Vh, -1, -2) * compute_uv]


def _eig(A: Array) -> list[Array]:
    values, vectors = np.linalg.eig(A)
    return [values.astype(complex), vectors.astype(complex)]


def _eig_in_torch(A: Any) -> Any:
    import torch

    values, vectors = torch.linalg.eig(A)
    overlap = (vectors.conj() * torch.from_numpy(_eig(A.numpy())[1]).to(vectors.dtype)).sum(-2, keepdim=True)
    return values, vectors * torch.sgn(overlap)


def _p_l_u(A: Array) -> list[Array]:
    LU, pivots = lapack.lu(A)
    n, m = A.shape[-2:]
    k = min(n, m)
    P = np.swapaxes(np.eye(n)[lapack.row_order(pivots, n)], -1, -2)
    L, U = np.tril(LU[..., :k], -1) + np.eye(n, k), np.triu(LU[..., :k, :])
    np.testing.assert_allclose(P @ L @ U, A, atol=1e-12)
    return [P, L, U]


def _unpacked(LU: Array, pivots: Array, data: bool = True, permutation: bool = True) -> list[Array]:
    n, m = LU.shape[-2:]
    k = min(n, m)
    P = np.swapaxes(np.eye(n)[lapack.row_order(pivots, n)], -1, -2)
    L, U = np.tril(LU[..., :k], -1) + np.eye(n, k), np.triu(LU[..., :k, :])
    return [P if permutation else np.zeros(0), *((L, U) if data else (np.zeros(0), np.zeros(0)))]


def _upper(A: Array, upper: bool) -> Array:
    L = np.linalg.cholesky(A)
    return np.swapaxes(L, -1, -2) if upper else L


def rows() -> Iterator[Row]:
    definite = [Call(_symmetric(3, 3)), Call(_symmetric(2, 2, 2), upper=True), Call(_symmetric(0, 0)), Call(_symmetric(1, 1))]
    yield Row(op.linalg_cholesky, definite, lambda A, upper=False: _upper(A, upper), torch="linalg.cholesky", symmetric=True,
              operations=["_cholesky"], errors=not_square(), **MATRICES)
    yield Row(op.cholesky_ex, definite, lambda A, upper=False: [_upper(A, upper), np.zeros(A.shape[:-2])],
              torch="linalg.cholesky_ex", symmetric=True, operations=[], errors=not_square(), **MATRICES)
    yield Row(op.cholesky, definite, lambda A, upper=False: _upper(A, upper), symmetric=True, operations=[],
              errors=not_square(), **MATRICES)
    ordered = [Call(_symmetric(3, 3)), Call(_symmetric(2, 2, 2), "U"), Call(_symmetric(0, 0)), Call(_symmetric(1, 1))]
    yield Row(op.eigh, ordered, np.linalg.eigh, torch=_eigh_in_torch, stored=False, operations=["_eigh"], symmetric=True,
              errors=[*not_square()[:3], Wrong(RuntimeError, matrix(2, 2), "X")], **MATRICES)
    yield Row(op.eigvalsh, ordered, np.linalg.eigvalsh, torch="linalg.eigvalsh", operations=[], symmetric=True,
              errors=[*not_square()[:3], Wrong(RuntimeError, matrix(2, 2), "X")], **MATRICES)
    any_shape = [Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, ints(2, 2)), Wrong(TypeError, [[1.0]])]
    singular = [Call(matrix(3, 2), False), Call(matrix(2, 3), full_matrices=False), Call(matrix(2, 2, 2)),
                Better(matrix(3, 2)), Better(matrix(1, 2)), Call(floats(0, 2), False), Call(floats(1, 1))]
    yield Row(op.linalg_svd, singular, np.linalg.svd, torch=_svd_in_torch, stored=False, operations=["_svd"], errors=any_shape, **MATRICES)
    yield Row(op.svdvals, [Call(matrix(3, 2)), Call(matrix(2, 2, 3)), Call(floats(0, 2)), Call(floats(1, 1))],
              lambda A: np.linalg.svd(A, compute_uv=False), torch="linalg.svdvals", operations=[], errors=any_shape, **MATRICES)
    yield Row(op.svd,
              [Call(matrix(3, 2)), Better(matrix(2, 3), some=False), Call(matrix(2, 2), compute_uv=False), Call(floats(2, 0)),
               Call(floats(1, 1))], _old_svd, torch=_old_svd_in_torch, stored=False, operations=[], errors=any_shape, **MATRICES)
    lus = [Call(matrix(3, 3)[[2, 0, 1]]), Call(floats(4, 2)), Call(floats(2, 4)), Call(floats(2, 2, 2)), Call(floats(0, 2)),
           Call(floats(1, 1))]
    no_pivots = [*any_shape, Wrong(RuntimeError, matrix(2, 2), pivot=False)]
    yield Row(op.lu_factor, lus, lapack.lu, torch="linalg.lu_factor", operations=["_lu"], errors=no_pivots, **MATRICES)
    yield Row(op.lu_factor_ex, lus, lambda A: [*lapack.lu(A), np.zeros(A.shape[:-2])], torch="linalg.lu_factor_ex",
              operations=[], errors=no_pivots, **MATRICES)
    yield Row(op.lu, lus, lapack.lu, operations=[], errors=[Wrong(TypeError, [[1.0]]), *no_pivots[:2], *no_pivots[3:]], **MATRICES)
    yield Row(op.linalg_lu, lus, _p_l_u, torch="linalg.lu", operations=[], errors=no_pivots, **MATRICES)
    pivots = np.array([2, 2], np.int32)
    yield Row(op.lu_unpack,
              [Call(floats(2, 2), pivots), Call(floats(3, 2), pivots), Call(floats(2, 3), pivots, True, False),
               Better(floats(2, 2), pivots, False), Call(floats(2, 0), pivots[:0]), Call(floats(1, 1), np.ones(1, np.int32))],
              _unpacked, operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(2, 2), pivots.astype(np.int64)), Wrong(IndexError, floats(2), pivots)])
    squares = [Call(x.view(Fixed)) for x in (matrix(2, 2), np.array([[0.0, 1.0], [-1.0, 0.0]]), floats(2, 2, 2), floats(0, 0),
                                             floats(1, 1))]
    own: dict[str, Any] = {"dtype": {"float32": "complex64", "float64": "complex128"}.get, "operations": [], **MATRICES}
    yield Row(op.linalg_eig, squares, _eig, torch=_eig_in_torch, stored=False, errors=not_square()[:3], **own)
    yield Row(op.eigvals, squares, lambda A: _eig(A)[0], torch="linalg.eigvals", errors=not_square()[:2], **own)
