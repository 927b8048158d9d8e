"""Linear equations: A X = B, triangular ones, and the inverse.

Formulas: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008), sections 2.2.3 and 2.3.1; T(X) is the transpose of each matrix of a stack. A `name` of None in place of an
equation's says that zero pivots divide (to infinities and NaN) and do not raise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays import lapack
from ..arrays.dims import one_dim
from ..arrays.lapack import transposed as T
from ..primitive import Array, TensorLike, either, primitive, wrap
from .diagonal import tril, triu
from .index import _select
from .linalg import deprecated, matrices, square_matrices
from .scatter import take_along_dim
from .shape import matrix_transpose, movedim, reshape, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- A X = B


@primitive(broadcasts=True, fresh=True, torch="LinalgSolveExBackward0", shows="{A}⁻¹ {B}",
           A=lambda g, A, out: -either(_solve)(T(A), g, None) @ T(out),  # type: ignore[has-type]  # this row itself
           B=lambda g, A: either(_solve)(T(A), g, None))  # type: ignore[has-type]
def _solve(A: TensorLike, B: TensorLike, name: str | None) -> Tensor:
    return lapack.solve_divided(A, B) if name is None else lapack.solve(name, A, B)


def _stack_of_both(name: str, A: Array, B: Array) -> tuple[int, ...]:
    """The batch dimensions of two stacks of matrices of one dtype."""
    if A.dtype != B.dtype:
        raise RuntimeError(
            f"{name}: expected A and B to have the same dtype, but found {A.dtype} and {B.dtype}; convert with .to(dtype)"
        )
    try:
        return np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    except ValueError:
        raise RuntimeError(f"{name}: the batch dimensions of A {A.shape} and B {B.shape} do not broadcast") from None


def _check_equation(name: str, A: Array, B: Array, left: bool) -> None:
    _stack_of_both(name, A, B)
    if A.shape[-1] != B.shape[-2 if left else -1]:
        equation = "A X = B" if left else "X A = B"
        raise RuntimeError(
            f"{name}: incompatible shapes for {equation}: A {A.shape} and B {B.shape}; the size of A must be the "
            f"number of {'rows' if left else 'columns'} of B"
        )


def _solved(name: str, A: Tensor, B: Tensor, left: bool, divide: bool) -> Tensor:
    a = square_matrices(name, "A", A)
    shape = B.array.shape if hasattr(B, "_edge") else ()
    is_vector = len(shape) == 1 or (len(shape) == a.ndim - 1 and shape == a.shape[:-1])
    if is_vector:
        if not left:
            raise RuntimeError(f"{name}: vectors B {shape} are not supported with left=False; use matrices of one row")
        B = unsqueeze(B, -1)
    _check_equation(name, a, matrices(name, "B", B), left)
    known = None if divide else name
    out = _solve(A, B, known) if left else matrix_transpose(_solve(matrix_transpose(A), matrix_transpose(B), known))
    return _select(out, (..., 0)) if is_vector else out


def linalg_solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The X of A X = B (of X A = B where not `left`); A (…, n, n), B (…, n, k), or (…, n) for vectors. Batches broadcast.

    Raises `linalg.LinAlgError` where a matrix is singular.

    >>> linalg.solve(tensor([[2., 0.], [1., 1.]]), tensor([2., 3.]))
    tensor([1., 2.])
    """
    return _solved("linalg.solve", A, B, left, divide=False)


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> return_types.linalg_solve_ex:
    """As `linalg.solve`, but a singular matrix does not raise: `info` is the number of its zero pivot."""
    out = _solved("linalg.solve_ex", A, B, left, divide=not check_errors)
    return return_types.linalg_solve_ex(out, _info(A.array, out.array))


def _info(A: Array, result: Array) -> Any:
    """The number of the first zero pivot of each matrix, 0 where there is none: division by it leaves its marks."""
    if result.size and np.isfinite(result).all():
        return wrap(np.zeros(A.shape[:-2], np.int32))
    return wrap(lapack.zero_pivot(lapack.lu(A)[0]))


# ---------------------------------------------------------------- inverse


@primitive(fresh=True, torch="LinalgInvExBackward0", shows="{A}⁻¹",
           A=lambda g, out: -T(out) @ g @ T(out))
def _inv(A: TensorLike, name: str | None) -> Tensor:
    return lapack.inverse_divided(A) if name is None else lapack.inverse(name, A)


def inv(A: Tensor) -> Tensor:
    """The inverse of each square matrix. Raises `linalg.LinAlgError` where one is singular.

    To solve equations use `linalg.solve`, which is faster and more accurate.

    >>> inv(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    square_matrices("linalg.inv", "A", A)
    return _inv(A, "linalg.inv")


def inv_ex(A: Tensor, *, check_errors: bool = False) -> return_types.linalg_inv_ex:
    """As `linalg.inv`, but a singular matrix does not raise: `info` is the number of its zero pivot."""
    square_matrices("linalg.inv_ex", "A", A)
    out = _inv(A, "linalg.inv_ex" if check_errors else None)
    return return_types.linalg_inv_ex(out, _info(A.array, out.array))


def inverse(input: Tensor) -> Tensor:
    """`linalg.inv`."""
    return inv(input)


# ---------------------------------------------------------------- triangular equations


def _triangle(x: Any, upper: bool, unit: bool) -> Any:
    return either(triu)(x, int(unit)) if upper else either(tril)(x, -int(unit))


@primitive(broadcasts=True, fresh=True, torch="LinalgSolveTriangularBackward0", shows="{A}⁻¹ {B}",
           A=lambda g, A, out, upper, unit: _triangle(
               -either(_solve_triangular)(T(A), g, not upper, unit) @ T(out), upper, unit),  # type: ignore[has-type]
           B=lambda g, A, upper, unit: either(_solve_triangular)(T(A), g, not upper, unit))  # type: ignore[has-type]
def _solve_triangular(A: TensorLike, B: TensorLike, upper: bool, unit: bool) -> Tensor:
    return lapack.solve_triangular(A, B, upper, unit)


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The X of A X = B (of X A = B where not `left`), reading one triangle of A; its diagonal counts as ones where
    `unitriangular`. A zero on the diagonal divides, as in PyTorch.

    >>> solve_triangular(tensor([[2., 1.], [0., 1.]]), tensor([[4.], [2.]]), upper=True)
    tensor([[1.],
            [2.]])
    """
    a, b = square_matrices("linalg.solve_triangular", "A", A), matrices("linalg.solve_triangular", "B", B)
    _check_equation("linalg.solve_triangular", a, b, left)
    if left:
        return _solve_triangular(A, B, upper, unitriangular)
    return matrix_transpose(_solve_triangular(matrix_transpose(A), matrix_transpose(B), not upper, unitriangular))


def triangular_solve(
    input: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> return_types.triangular_solve:
    """The X of A X = input for a triangular A, and a copy of A. Deprecated: use `linalg.solve_triangular`."""
    deprecated("triangular_solve", "linalg.solve_triangular")
    X = solve_triangular(
        matrix_transpose(A) if transpose else A, input, upper=upper != transpose, unitriangular=unitriangular
    )
    return return_types.triangular_solve(X, A.clone())


def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """The X of A X = input, from the Cholesky factor of A: A = L L^T (`upper`: A = U^T U).

    Only the factor's triangle is read, and only it has a gradient.

    >>> cholesky_solve(tensor([[4.], [4.]]), tensor([[2., 0.], [0., 1.]]))
    tensor([[1.],
            [4.]])
    """
    name = "cholesky_solve"
    B, factor = matrices(name, "input", input), square_matrices(name, "input2", input2)
    _check_equation(name, factor, B, True)
    L = matrix_transpose(input2) if upper else input2
    return _solve_triangular(matrix_transpose(L), _solve_triangular(L, input, False, False), True, False)


def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of A, from its Cholesky factor."""
    factor = square_matrices("cholesky_inverse", "input", input)
    zeros = lapack.zero_pivot(factor)
    if zeros.any():
        raise lapack.LinAlgError(
            f"cholesky_inverse: the matrix is singular: element {zeros.max()} on the diagonal of its factor is zero"
        )
    return cholesky_solve(wrap(np.eye(factor.shape[-1], dtype=factor.dtype)), input, upper)


# ---------------------------------------------------------------- from P L U


def linalg_lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """The X of A X = B (X A = B where not `left`), from A = P L U as `linalg.lu_factor` gives it; `adjoint`: of A^T.

    >>> linalg.lu_solve(*linalg.lu_factor(tensor([[0., 2.], [1., 0.]])), tensor([[2.], [3.]]))
    tensor([[3.],
            [1.]])
    """
    name = "linalg.lu_solve"
    factors, b = square_matrices(name, "LU", LU), matrices(name, "B", B)
    if pivots.array.dtype != np.int32:
        raise RuntimeError(f"{name}: pivots should be int32, as linalg.lu_factor gives them, got {pivots.array.dtype}")
    if pivots.array.shape != factors.shape[:-1]:
        raise RuntimeError(f"{name}: pivots must have the shape {factors.shape[:-1]}, got {pivots.array.shape}")
    _check_equation(name, factors, b, left)
    if not left:
        return matrix_transpose(linalg_lu_solve(LU, pivots, matrix_transpose(B), adjoint=not adjoint))
    order = lapack.row_order(pivots.array, factors.shape[-1])
    if adjoint:  # A^T = U^T L^T P^T
        y = _solve_triangular(matrix_transpose(LU), B, False, False)
        return _rows_in_order(_solve_triangular(matrix_transpose(LU), y, True, True), np.argsort(order, -1))
    return _solve_triangular(LU, _solve_triangular(LU, _rows_in_order(B, order), False, True), True, False)


def _rows_in_order(x: Tensor, order: Array) -> Tensor:
    stack = np.broadcast_shapes(x.array.shape[:-2], order.shape[:-1])
    n, k = x.array.shape[-2:]
    places = np.broadcast_to(order[..., None], (*stack, n, k)).copy()
    return take_along_dim(x.broadcast_to((*stack, n, k)), wrap(places), -2)


def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """`linalg.lu_solve` with the arguments in another order. Deprecated."""
    deprecated("lu_solve", "linalg.lu_solve")
    return linalg_lu_solve(LU_data, LU_pivots, input)


# ---------------------------------------------------------------- tensors as matrices


def tensorinv(input: Tensor, ind: int = 2) -> Tensor:
    """The inverse of a tensor as a map from its last dimensions to its first `ind` ones.

    >>> tensorinv(eye(6).reshape(2, 3, 6)).shape
    Size([6, 2, 3])
    """
    shape = input.array.shape
    if ind <= 0:
        raise RuntimeError(f"linalg.tensorinv: expected a strictly positive integer for 'ind', but got {ind}")
    rows, columns = shape[:ind], shape[ind:]
    if math.prod(rows) != math.prod(columns):
        raise RuntimeError(
            f"linalg.tensorinv: the products of the first {ind} sizes and of the others of {shape} must be equal"
        )
    n = math.prod(rows)
    return reshape(inv(reshape(input, (n, n))), (*columns, *rows))


def tensorsolve(input: Tensor, other: Tensor, dims: tuple[int, ...] | None = None) -> Tensor:
    """The X of tensordot(input, X, X.ndim) = other; `dims` of input are moved to its end first.

    >>> tensorsolve(eye(6).reshape(2, 3, 6), ones(2, 3)).shape
    Size([6])
    """
    ndim = input.array.ndim
    if dims is not None:
        places = [one_dim("linalg.tensorsolve", d, ndim) for d in dims]
        input = movedim(input, places, list(range(ndim - len(places), ndim)))
    shape = input.array.shape
    unknown = shape[other.array.ndim :]
    n = math.prod(unknown)
    if math.prod(shape[: other.array.ndim]) != n or other.array.size != n:
        raise RuntimeError(
            f"linalg.tensorsolve: input {shape} and other {other.array.shape} do not fit: the first {other.array.ndim} "
            "sizes of input must multiply to as much as the others do"
        )
    return reshape(linalg_solve(reshape(input, (n, n)), reshape(other, (n,))), unknown)
