"""Decompositions of matrices: Cholesky, eigenvalues, singular values, P L U.

In a formula, g is the tuple of the results' gradients, None for a result that was not used; T(X) is the transpose of
each matrix of a stack. Eigenvectors and singular vectors have a gradient where the values are distinct; where two are
equal it is NaN, as in PyTorch, while the values themselves are fine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays import lapack
from ..arrays.lapack import LinAlgError
from ..arrays.lapack import transposed as T
from ..modes import is_grad_enabled
from ..primitive import Array, TensorLike, either, primitive, wrap
from .diagonal import tril, triu
from .elementwise import plus
from .index import _slice
from .linalg import deprecated, matrices, square_matrices
from .scatter import _gather
from .shape import matrix_transpose
from .solve import _solve_triangular

if TYPE_CHECKING:
    from ..tensor import Tensor


def _one(matrices: Any) -> Array:
    """The identity in the size and dtype of square matrices."""
    return np.eye(matrices.shape[-1], dtype=matrices.dtype)


# ---------------------------------------------------------------- A = L L^T


def _half_lower(x: Any) -> Any:
    """The lower triangle, with half of the diagonal."""
    return either(tril)(x) - x * (_one(x) / 2)


def _cholesky_vjp(g: Any, out: Any) -> Any:
    """L^-T Φ(L^T g) L^-1, made symmetric (Seeger et al., "Auto-Differentiating Linear Algebra", 2017, section 4.1;
    Murray, "Differentiation of the Cholesky decomposition", 2016); NaN where there is no factor."""
    L = np.where((out * _one(out)).sum(axis=-1, keepdims=True) > 0, out, np.nan)
    middle = _half_lower(T(L) @ g)
    half = either(_solve_triangular)(T(L), middle, True, False)
    half = T(either(_solve_triangular)(T(L), T(half), True, False))
    return (half + T(half)) / 2


@primitive(fresh=True, torch="LinalgCholeskyExBackward0", A=_cholesky_vjp)
def _cholesky(A: TensorLike, name: str | None) -> Tensor:
    return lapack.cholesky_divided(A)[0] if name is None else lapack.cholesky(name, A)


def linalg_cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangular L with A = L L^T (`upper`: U with A = U^T U), of symmetric positive definite matrices.

    Only the lower (upper) triangle of A is read; the gradient is symmetric. Raises `linalg.LinAlgError` where A is
    not positive definite.

    >>> linalg.cholesky(tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    square_matrices("linalg.cholesky", "A", A)
    L = _cholesky(matrix_transpose(A) if upper else A, "linalg.cholesky")
    return matrix_transpose(L) if upper else L


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> return_types.linalg_cholesky_ex:
    """As `linalg.cholesky`, but a matrix that is not positive definite does not raise: `info` is the order of the
    first leading minor that is not positive, its factor is what elimination had made until then, its gradient NaN."""
    name = "linalg.cholesky_ex"
    a = square_matrices(name, "A", A)
    read = matrix_transpose(A) if upper else A
    try:
        L = _cholesky(read, name)
        info = np.zeros(a.shape[:-2], np.int32)
    except LinAlgError:
        if check_errors:
            raise
        L = _cholesky(read, None)
        info = lapack.cholesky_divided(read.array)[1]
    return return_types.linalg_cholesky_ex(matrix_transpose(L) if upper else L, wrap(info))


def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """`linalg.cholesky`. Deprecated."""
    deprecated("cholesky", "linalg.cholesky")
    return linalg_cholesky(input, upper=upper)


# ---------------------------------------------------------------- A = V L V^T


def _eigh_vjp(g: Any, out: Any) -> Any:
    """V (diag gL + (V^T gV) / (L_j - L_i)) V^T (Giles 2008, section 3.1, for symmetric A; PyTorch's
    linalg_eig_backward). Only the antisymmetric part of V^T gV is a rotation that V can make."""
    gL, gV = g
    L, V = out
    if gV is None:
        return (V * gL[..., None, :]) @ T(V)
    rotation = T(V) @ gV
    inner = (rotation - T(rotation)) / (2 * (L[..., None, :] - L[..., None] + _one(V)))
    if gL is not None:
        inner = inner + gL[..., None, :] * _one(V)
    return V @ inner @ T(V)


@primitive(fresh=True, several=True, unused="None", torch="LinalgEighBackward0", A=_eigh_vjp)
def _eigh(A: TensorLike, triangle: Any) -> Tensor:
    values, vectors = np.linalg.eigh(A, triangle)
    lost = ~np.isfinite(A).all(axis=(-2, -1))  # some LAPACKs answer with numbers
    if lost.any():
        values[lost] = vectors[lost] = np.nan
    return values, vectors


def _check_symmetric(name: str, A: Tensor, triangle: str) -> None:
    square_matrices(name, "A", A)
    if not isinstance(triangle, str) or triangle.upper() not in ("L", "U"):
        raise RuntimeError(f"{name}: expected UPLO to be 'L' or 'U', but got {triangle!r}")


def eigh(input: Tensor, UPLO: str = "L") -> return_types.linalg_eigh:
    """Eigenvalues, ascending, and eigenvectors (columns) of symmetric matrices; reads the lower ("U": upper) triangle.

    Eigenvectors are known up to their sign: differentiate only what does not depend on it.

    >>> eigh(tensor([[2., 0.], [0., 1.]])).eigenvalues
    tensor([1., 2.])
    """
    _check_symmetric("linalg.eigh", input, UPLO)
    return return_types.linalg_eigh(*_eigh(input, UPLO.upper()))


def eigvalsh(input: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, ascending; differentiable where some are equal, too."""
    _check_symmetric("linalg.eigvalsh", input, UPLO)
    values, _ = _eigh(input, UPLO.upper())
    return values


def _without_grad(name: str, input: Tensor, remedy: str) -> None:
    if input.requires_grad and is_grad_enabled():
        raise NotImplementedError(f"{name}: no derivative is implemented. Use {remedy}, or input.detach()")


def linalg_eig(input: Tensor) -> return_types.linalg_eig:
    """Complex eigenvalues and eigenvectors (columns) of square matrices. Without gradients: complex numbers have none."""
    square_matrices("linalg.eig", "input", input)
    _without_grad("linalg.eig", input, "linalg.eigh, if the matrix is symmetric")
    if not np.isfinite(input.array).all():
        raise RuntimeError("linalg.eig: the input should not contain infs or NaNs")
    kind = np.result_type(input.array.dtype, np.complex64)
    values, vectors = np.linalg.eig(input.array)
    return return_types.linalg_eig(wrap(values.astype(kind)), wrap(vectors.astype(kind)))


def eigvals(input: Tensor) -> Tensor:
    """The complex eigenvalues of square matrices; without gradients."""
    square_matrices("linalg.eigvals", "input", input)
    _without_grad("linalg.eigvals", input, "linalg.eigvalsh, if the matrix is symmetric")
    return linalg_eig(input).eigenvalues


# ---------------------------------------------------------------- A = U S V^T


def _svd_vjp(g: Any, out: Any) -> Any:
    """Townsend, "Differentiating the singular value decomposition" (2016), equations 33 to 35; PyTorch's svd_backward.

    With k = min(n, m) singular values, U (n, k or n) and Vh (k or m, m). What lies outside the span of the first k
    vectors turns into it, and (if `full_matrices`) they into what lies outside.
    """
    gU, gS, gVh = g
    gV = None if gVh is None else T(gVh)
    U, S, Vh = out
    k = S.shape[-1]
    U1, V1 = U[..., :k], T(Vh[..., :k, :])
    if gU is None and gV is None:
        return (U1 * gS[..., None, :]) @ T(V1)
    one = np.eye(k, dtype=S.dtype)
    gaps = (S[..., None, :] - S[..., None]) * (S[..., None, :] + S[..., None]) + one
    inner = one * 0 if gS is None else one * gS[..., None, :]
    if gU is not None:
        turn = T(U1) @ gU[..., :k]
        inner = inner + (turn - T(turn)) / gaps * S[..., None, :]
    if gV is not None:
        turn = T(V1) @ gV[..., :k]
        inner = inner + S[..., None] * (turn - T(turn)) / gaps
    outer = U1 @ inner @ T(V1)
    if gU is not None and U.shape[-2] > k:
        outside = gU[..., :k] - U1 @ (T(U1) @ gU[..., :k]) - U[..., k:] @ (T(gU[..., k:]) @ U1)
        outer = outer + (outside / S[..., None, :]) @ T(V1)
    if gV is not None and V1.shape[-2] > k:
        outside = gV[..., :k] - V1 @ (T(V1) @ gV[..., :k]) - T(Vh[..., k:, :]) @ (T(gV[..., k:]) @ V1)
        outer = outer + U1 @ T(outside / S[..., None, :])
    return outer


@primitive(fresh=True, several=True, unused="None", torch="LinalgSvdBackward0", A=_svd_vjp)
def _svd(A: TensorLike, full_matrices: bool) -> Tensor:
    return lapack.svd(A, full_matrices)


def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> return_types.linalg_svd:
    """U, the singular values S (descending) and Vh with A = U diag(S) Vh; with `full_matrices` U and Vh are square.

    Singular vectors are known up to their sign (and, beyond the number of singular values, up to rotation):
    differentiate only what does not depend on it.

    >>> linalg.svd(tensor([[0., 2.], [1., 0.]])).S
    tensor([2., 1.])
    """
    _check_svd("linalg.svd", A, driver)
    return return_types.linalg_svd(*_svd(A, full_matrices))


def _check_svd(name: str, A: Tensor, driver: str | None) -> None:
    matrices(name, "A", A)
    if driver is not None:
        raise RuntimeError(f"{name}: the argument driver= is only supported on CUDA, got {driver!r}")


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values, descending; differentiable where some are equal, too.

    >>> svdvals(tensor([[0., 2.], [1., 0.]]))
    tensor([2., 1.])
    """
    _check_svd("linalg.svdvals", A, driver)
    if A.requires_grad and is_grad_enabled():
        return _svd(A, False)[1]
    return wrap(lapack.singular_values(A.array))


def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> return_types.svd:
    """U, S and V (not transposed) with input = U diag(S) V^T; reduced if `some`. Without `compute_uv` U and V are zeros.

    The older form of `linalg.svd`.
    """
    a = matrices("svd", "input", input)
    if not compute_uv:
        n, m = a.shape[-2:]
        U, V = (wrap(np.zeros((*a.shape[:-2], size, size), a.dtype)) for size in (n, m))
        return return_types.svd(U, svdvals(input), V)
    U, S, Vh = _svd(input, not some)
    return return_types.svd(U, S, matrix_transpose(Vh))


# ---------------------------------------------------------------- A = P L U


def _lu_vjp(g: Any, out: Any) -> Any:
    """P L^-T (tril(L^T gL, -1) + triu(gU U^T)) U^-T (de Hoog, Anderssen and Lukas, "Differentiation of matrix
    functionals using triangular factorization", 2011; PyTorch's plu_backward). What of L or U lies beyond the square
    part, L2 or U2, is solved for directly, and what it owes to the square part is subtracted there."""
    factors, _, places = out
    k = min(factors.shape[-2:])
    square = factors[..., :k, :k]
    L2, U2 = factors[..., k:, :k], factors[..., :k, k:]  # one of them is empty, as is its gradient
    gL2, gU2 = g[0][..., k:, :k], g[0][..., :k, k:]
    L, U = either(tril)(square, -1) + _one(square), either(triu)(square)
    gL, gU = either(tril)(g[0][..., :k, :k], -1), either(triu)(g[0][..., :k, :k])
    middle = either(tril)(T(L) @ gL - gU2 @ T(U2), -1) + either(triu)(gU @ T(U) - T(L2) @ gL2)
    square = np.concatenate([_right_solved(middle, U), gU2], axis=-1)
    top = either(_solve_triangular)(T(L), square, True, True)
    rows = np.concatenate([top, _right_solved(gL2, U)], axis=-2) if L2.shape[-2] else top
    return either(_gather)(rows, len(rows.shape) - 2, np.broadcast_to(places[..., None], rows.shape))


def _right_solved(x: Any, U: Any) -> Any:
    """x U^-T for an upper triangle."""
    return T(either(_solve_triangular)(U, T(x), True, False))


@primitive(fresh=True, several=True, torch="LinalgLuFactorExBackward0", A=_lu_vjp)
def _lu(A: TensorLike) -> Tensor:
    factors, pivots = lapack.lu(A)
    return factors, pivots, np.argsort(lapack.row_order(pivots, A.shape[-2]), -1)


def _factored(name: str, A: Tensor, pivot: bool) -> tuple[Tensor, Tensor]:
    matrices(name, "A", A)
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting (pivot=False) is not implemented on the CPU")
    LU, pivots, _ = _lu(A)
    return LU, pivots


def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> return_types.linalg_lu_factor_ex:
    """As `linalg.lu_factor`, but a zero pivot does not raise: `info` is its number."""
    LU, pivots = _factored("linalg.lu_factor_ex", A, pivot)
    info = lapack.zero_pivot(LU.array)
    if check_errors:
        _check_pivots("linalg.lu_factor_ex", info)
    return return_types.linalg_lu_factor_ex(LU, pivots, wrap(info))


def _check_pivots(name: str, info: Array) -> None:
    if info.any():
        raise RuntimeError(
            f"{name}: U[{info.max()}, {info.max()}] is zero: linalg.lu_solve would divide by it. To factor all the same use "
            "linalg.lu, or linalg.lu_factor_ex without check_errors"
        )


def lu_factor(A: Tensor, *, pivot: bool = True) -> return_types.linalg_lu_factor:
    """L and U of A = P L U in one matrix, and the pivots: which row each row was exchanged with, counted from 1.

    >>> lu_factor(tensor([[1., 2.], [4., 4.]])).pivots
    tensor([2, 2], dtype=int32)
    """
    LU, pivots = _factored("linalg.lu_factor", A, pivot)
    _check_pivots("linalg.lu_factor", lapack.zero_pivot(LU.array))
    return return_types.linalg_lu_factor(LU, pivots)


def linalg_lu(A: Tensor, *, pivot: bool = True) -> return_types.linalg_lu:
    """P, L and U with A = P L U: a permutation, ones on the diagonal of a lower triangle, an upper triangle.

    >>> P, L, U = linalg.lu(tensor([[1., 2.], [4., 4.]]))
    >>> P @ L @ U
    tensor([[1., 2.],
            [4., 4.]])
    """
    return return_types.linalg_lu(*lu_unpack(*_factored("linalg.lu", A, pivot)))


def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> return_types.lu_unpack:
    """P, L and U from `linalg.lu_factor`; what is not to be unpacked is empty."""
    factors = LU_data.array
    if factors.ndim < 2:
        raise IndexError(f"lu_unpack: LU_data must have at least 2 dimensions, got shape {factors.shape}")
    if LU_pivots.array.dtype != np.int32:
        raise RuntimeError(f"lu_unpack: LU_pivots should be int32, got {LU_pivots.array.dtype}")
    n, m = factors.shape[-2:]
    k = min(n, m)
    P = L = U = wrap(np.zeros(0, factors.dtype))
    if unpack_pivots:
        order = lapack.row_order(LU_pivots.array, n)
        P = wrap(T(np.eye(n, dtype=factors.dtype)[order]).copy())
    if unpack_data:
        L = plus(tril(_slice(LU_data, (..., slice(k))), -1), wrap(np.eye(n, k, dtype=factors.dtype)))
        U = triu(_slice(LU_data, (..., slice(k), slice(None))))
    return return_types.lu_unpack(P, L, U)


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple[Tensor, ...]:
    """`linalg.lu_factor`, with `get_infos` `linalg.lu_factor_ex`. Deprecated."""
    deprecated("lu", "linalg.lu_factor / linalg.lu_factor_ex")
    LU, pivots, info = lu_factor_ex(A, pivot=pivot)
    return (LU, pivots, info) if get_infos else (LU, pivots)
