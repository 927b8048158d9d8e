"""Matrices that have no inverse: pseudo-inverse, least squares, rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays import lapack
from ..arrays.lapack import transposed as T
from ..primitive import Array, TensorLike, primitive, wrap
from .diagonal import tril
from .elementary import square
from .elementwise import minus, plus
from .index import _select
from .linalg import matmul, matrices, square_matrices
from .reduce import _sum
from .shape import matrix_transpose, unsqueeze

if TYPE_CHECKING:
    from ..tensor import Tensor


def _cutoff(values: Array, shape: tuple[int, ...], atol: Any, rtol: Any) -> Any:
    """Singular values up to max(atol, rtol * the largest) count as zero. Without rtol: the larger size times the dtype's
    precision, or 0 where atol is given."""
    atol, rtol = (getattr(tol, "array", tol) for tol in (atol, rtol))
    if rtol is None:
        rtol = max(shape[-2:]) * np.finfo(values.dtype).eps
        if atol is not None:
            rtol = np.where(np.asarray(atol) > 0, 0, rtol)
    largest = values.max(axis=-1, initial=0)
    return np.maximum(0 if atol is None else atol, rtol * largest).astype(values.dtype)[..., None]


def _pinv_vjp(g: Any, input: Any, out: Any) -> Any:
    """-P^T g P^T + (g^T - A P g^T) P P^T + P^T P (g^T - g^T P A) with P = A^+, for perturbations that keep the rank (Golub
    and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate",
    1973, equation 4.12)."""
    A, P, h = input, out, T(g)
    return -T(P) @ g @ T(P) + (h - A @ (P @ h)) @ P @ T(P) + T(P) @ P @ (h - (h @ P) @ A)


@primitive(fresh=True, torch="LinalgPinvBackward0", shows="{input}⁺", input=_pinv_vjp)
def _pinv(input: TensorLike, atol: Any, rtol: Any, hermitian: bool) -> Tensor:
    if hermitian:
        values, U = np.linalg.eigh(input)
        size, Vh = np.abs(values), T(U).conj()
    else:
        U, values, Vh = lapack.svd(input, False)
        size = values
    kept = size > _cutoff(size, input.shape, atol, rtol)
    inverse = np.where(kept, 1 / np.where(kept, values, 1), 0)
    return T(Vh).conj() @ (inverse[..., None] * T(U).conj())


def pinv(
    input: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """The pseudo-inverse of Moore and Penrose of each matrix.

    Singular values up to max(atol, rtol * the largest) count as zero; numbers or tensors, one for each matrix. rcond is
    an older name of rtol. With `hermitian`, input is symmetric and its lower triangle is read. The gradient is that of
    changes that keep the rank.

    >>> pinv(tensor([[1., 1.], [1., 1.]]))
    tensor([[0.2500, 0.2500],
            [0.2500, 0.2500]])
    """
    if rcond is not None:
        if atol is not None or rtol is not None:
            raise TypeError("linalg.pinv(): give rtol (and atol), or rcond, not both")
        rtol = rcond
    (square_matrices if hermitian else matrices)("linalg.pinv", "input", input)
    if hermitian:
        input = plus(tril(input), matrix_transpose(tril(input, -1)))
    return _pinv(input, atol, rtol, hermitian)


def pinverse(input: Tensor, rcond: Any = 1e-15) -> Tensor:
    """`linalg.pinv` with rtol = rcond."""
    return pinv(input, rcond)


_DRIVERS = ("gelsy", "gels", "gelsd", "gelss")


def linalg_lstsq(input: Tensor, b: Tensor, rcond: Any = None, *, driver: str | None = None) -> return_types.linalg_lstsq:
    """The X that minimises the size of input X - b, of several the smallest one: pinv(input, rtol=rcond) b.

    input (…, n, m), b (…, n, k) or (…, n). Whatever the driver, the answer is computed from singular values. The driver
    says, as in PyTorch, what else is returned: squared residuals if n > m = rank (not by "gelsy", the default), the rank
    (not by "gels"), singular values ("gelsd" and "gelss").

    >>> linalg.lstsq(tensor([[1., 0.], [1., 1.], [1., 2.]]), tensor([1., 3., 5.])).solution.round(decimals=4)
    tensor([1., 2.])
    """
    name, driver = "linalg.lstsq", "gelsy" if driver is None else driver
    if driver not in _DRIVERS:
        raise RuntimeError(f"{name}: driver must be one of {', '.join(_DRIVERS)}, got {driver!r}")
    A = matrices(name, "input", input)
    is_vector = b.array.ndim == A.ndim - 1
    B = unsqueeze(b, -1) if is_vector else b
    if B.array.ndim != A.ndim or B.array.shape[-2] != A.shape[-2]:
        raise RuntimeError(
            f"{name}: input {A.shape} and b {b.array.shape} do not fit: expected (…, n, m) and (…, n, k) or (…, n)"
        )
    if B.array.dtype != A.dtype:
        raise RuntimeError(f"{name}: expected input and b to have one dtype, got {A.dtype} and {B.array.dtype}")
    X = matmul(pinv(input, rtol=rcond), B)
    n, m = A.shape[-2:]
    values = lapack.singular_values(A)
    rank = (values > _cutoff(values, A.shape, None, rcond)).sum(-1)
    residuals = singular_values = wrap(np.zeros(0, A.dtype))
    if driver != "gelsy" and n > m and (rank == m).all():
        residuals = _sum(square(minus(matmul(input, X), B)), (X.array.ndim - 2,), False)
    if driver in ("gelsd", "gelss"):
        singular_values = wrap(values)
    ranks = wrap(np.asarray(np.zeros(0, np.int64) if driver == "gels" else rank))
    return return_types.linalg_lstsq(_select(X, (..., 0)) if is_vector else X, residuals, ranks, singular_values)


def linalg_matrix_rank(
    input: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """How many singular values of each matrix exceed max(atol, rtol * the largest) (see `pinv`), or tol; int64.

    >>> linalg.matrix_rank(tensor([[1., 2.], [2., 4.]]))
    tensor(1)
    """
    name = "linalg.matrix_rank"
    A = (square_matrices if hermitian else matrices)(name, "input", input)
    if tol is not None:
        if atol is not None or rtol is not None:
            raise TypeError(f"{name}(): give atol and rtol, or tol, not both")
        atol, rtol = tol, 0
    values = np.abs(np.linalg.eigvalsh(A)) if hermitian else lapack.singular_values(A)
    return wrap(np.asarray((values > _cutoff(values, A.shape, atol, rtol)).sum(-1)))
