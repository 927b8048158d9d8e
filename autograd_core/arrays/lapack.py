"""LAPACK on stacks of matrices: through NumPy where NumPy has it, and what NumPy lacks.

A matrix is the last two dimensions of an array. Where a matrix is singular or not positive definite, functions named
after an equation raise `LinAlgError`; those that `divide` go on, as LAPACK does, to infinities and NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_divided",
    "exp",
    "inverse",
    "inverse_divided",
    "lu",
    "row_order",
    "singular_values",
    "solve",
    "solve_divided",
    "solve_triangular",
    "svd",
    "transposed",
    "zero_pivot",
]

Array = np.ndarray[Any, Any]


class LinAlgError(RuntimeError, np.linalg.LinAlgError):
    """A matrix that is singular, not positive definite, or whose decomposition does not converge: PyTorch's error, and NumPy's."""


def transposed(x: Any) -> Any:
    """The last two dimensions exchanged: the transpose of each matrix."""
    return np.swapaxes(x, -1, -2)


def _as_one_stack(a: Array) -> Array:
    return a.reshape((math.prod(a.shape[:-2]), *a.shape[-2:]))


# ---------------------------------------------------------------- triangles

_BLOCK = 48  # columns


def solve_triangular(a: Array, b: Array, upper: bool, unit: bool = False) -> Any:
    """The x of a x = b, where only one triangle of a is read; with `unit` its diagonal counts as ones.

    LAPACK's solver of general matrices does it without NumPy having to offer one of triangles: of an upper triangle
    partial pivoting makes the factors 1 and the triangle itself, so what remains is back substitution. A lower
    triangle is brought to this form by counting rows and columns from the end, a large one is solved by halves.

    >>> solve_triangular(np.array([[2., 9.], [4., 8.]]), np.array([[2.], [12.]]), upper=False)
    array([[1.],
           [1.]])
    """
    if not upper:
        flipped = solve_triangular(a[..., ::-1, ::-1], b[..., ::-1, :], True, unit)
        return flipped[..., ::-1, :]
    n = a.shape[-1]
    if n > 2 * _BLOCK:
        h = n // 2
        below = solve_triangular(a[..., h:, h:], b[..., h:, :], True, unit)
        above = solve_triangular(a[..., :h, :h], b[..., :h, :] - a[..., :h, h:] @ below, True, unit)
        return np.concatenate([above, below], axis=-2)
    triangle = np.triu(a)
    if unit:
        at = np.arange(n)
        triangle[..., at, at] = 1
    try:
        return np.linalg.solve(triangle, b)
    except np.linalg.LinAlgError:
        return _back_substituted(triangle, b)


def _back_substituted(a: Array, b: Array) -> Array:
    """Row by row, dividing by zeros: the slow way, for a singular triangle."""
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.zeros((*stack, *b.shape[-2:]), b.dtype)
    with np.errstate(all="ignore"):
        for i in reversed(range(a.shape[-1])):
            known = (a[..., i, None, i + 1 :] @ x[..., i + 1 :, :])[..., 0, :]
            x[..., i, :] = (b[..., i, :] - known) / a[..., i, i, None]
    return x


# ---------------------------------------------------------------- P A = L U


def lu(a: Array) -> tuple[Array, Array]:
    """Gaussian elimination with partial pivoting, as LAPACK's getrf: L and U in one matrix, and for each row the
    number, counted from 1, of the row that it was exchanged with.

    Column by column within blocks of columns, all matrices of the stack at once; the rest of the matrix takes a
    block's elimination as one product (Golub and Van Loan, Matrix Computations, 4th edition, algorithm 3.4.1 and
    section 3.2.11).

    >>> lu(np.array([[1., 2.], [4., 4.]]))
    (array([[4.  , 4.  ],
           [0.25, 1.  ]]), array([2, 2], dtype=int32))
    """
    *stack, m, n = a.shape
    out = np.array(_as_one_stack(a), order="C")
    every = np.arange(out.shape[0])
    pivots = np.empty((out.shape[0], min(m, n)), np.int32)
    with np.errstate(all="ignore"):
        for start in range(0, min(m, n), _BLOCK):
            stop = min(start + _BLOCK, m, n)
            for j in range(start, stop):
                at = j + np.argmax(np.abs(out[:, j:, j]), axis=1)
                pivots[:, j] = at + 1
                out[every, j], out[every, at] = out[every, at], out[every, j]
                pivot = out[:, j, j, None]
                out[:, j + 1 :, j] /= np.where(pivot == 0, 1, pivot)
                out[:, j + 1 :, j + 1 : stop] -= out[:, j + 1 :, j, None] * out[:, None, j, j + 1 : stop]
            if stop < n:
                right = solve_triangular(out[:, start:stop, start:stop], out[:, start:stop, stop:], False, True)
                out[:, start:stop, stop:] = right
                out[:, stop:, stop:] -= out[:, stop:, start:stop] @ right
    return out.reshape(a.shape), pivots.reshape((*stack, min(m, n)))


def row_order(pivots: Array, rows: int) -> Array:
    """Which row of A each row of L U is: the exchanges of `lu` one after the other.

    >>> row_order(np.array([3, 3, 3], np.int32), 3)
    array([2, 0, 1])
    """
    flat = pivots.reshape((math.prod(pivots.shape[:-1]), pivots.shape[-1])) - 1
    every = np.arange(flat.shape[0])
    order = np.tile(np.arange(rows), (flat.shape[0], 1))
    for i in range(flat.shape[1]):
        at = flat[:, i]
        order[every, i], order[every, at] = order[every, at], order[every, i]
    return order.reshape((*pivots.shape[:-1], rows))


def zero_pivot(factors: Array) -> Array:
    """The number, counted from 1, of the first zero on the diagonal of U; 0 if there is none (LAPACK's info)."""
    diagonal = np.diagonal(factors, axis1=-2, axis2=-1)
    return _first(diagonal == 0)


def _first(failures: Array) -> Array:
    if not failures.shape[-1]:
        return np.zeros(failures.shape[:-1], np.int32)
    return np.where(failures.any(-1), failures.argmax(-1) + 1, 0).astype(np.int32)


# ---------------------------------------------------------------- A X = B


def _singular(name: str, a: Array) -> LinAlgError:
    info = zero_pivot(lu(a)[0])
    return LinAlgError(
        f"{name}: {_which(info)}A of shape {a.shape} is singular: elimination meets a zero pivot. Use linalg.lstsq or "
        "linalg.pinv for a least-squares answer, linalg.solve_ex or linalg.inv_ex to go on"
    )


def _which(info: Array) -> str:
    """Which matrix of a batch it is, for messages."""
    places = np.argwhere(info)
    return f"matrix {', '.join(map(str, places[0]))} of " if info.ndim and len(places) else ""


def solve(name: str, a: Array, b: Array) -> Any:
    """The X of A X = B."""
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        raise _singular(name, a) from None


def solve_divided(a: Array, b: Array) -> Any:
    """The X of A X = B; of a singular A, what substitution makes of its zero pivots."""
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        factors, pivots = lu(a)
        order = row_order(pivots, a.shape[-1])
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        b = np.broadcast_to(b, (*stack, *b.shape[-2:]))
        b = np.take_along_axis(b, np.broadcast_to(order, (*stack, order.shape[-1]))[..., None], -2)
        return solve_triangular(factors, solve_triangular(factors, b, False, True), True)


def inverse(name: str, a: Array) -> Any:
    """The inverse of A."""
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        raise _singular(name, a) from None


def inverse_divided(a: Array) -> Any:
    """The inverse of A; of a singular one, infinities and NaN."""
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return solve_divided(a, np.eye(a.shape[-1], dtype=a.dtype))


# ---------------------------------------------------------------- A = L L^T


def cholesky(name: str, a: Array) -> Any:
    """The lower factor; only the lower triangle of A is read."""
    try:
        out = np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        out = None
    if out is None or np.isnan(out).any():
        out, info = cholesky_divided(a)
        if info.any():
            raise LinAlgError(
                f"{name}: {_which(info)}A of shape {a.shape} is not positive definite: its leading minor of order "
                f"{info[info > 0][0]} is not positive. Add a small multiple of the identity, or use linalg.cholesky_ex"
            )
    return out


def cholesky_divided(a: Array) -> tuple[Array, Array]:
    """As `cholesky`, and 0 or the order of the first leading minor that is not positive. There elimination stops;
    what is below and to the right of it is left as it is then."""
    out = _as_one_stack(np.tril(a))
    info = np.zeros(out.shape[0], np.int32)
    with np.errstate(all="ignore"):
        for j in range(a.shape[-1]):
            info[(info == 0) & ~(out[:, j, j].real > 0)] = j + 1
            going = info == 0
            column = out[going, j:, j] / np.sqrt(out[going, j, j])[:, None]
            out[going, j:, j] = column
            out[going, j + 1 :, j + 1 :] -= column[:, 1:, None] * column[:, None, 1:].conj()
    return np.tril(out).reshape(a.shape), info.reshape(a.shape[:-2])


# ---------------------------------------------------------------- A = U S V^T


def svd(a: Array, full: bool) -> tuple[Array, Array, Array]:
    """U, S, V^T."""
    try:
        return np.linalg.svd(a, full_matrices=full)
    except np.linalg.LinAlgError:
        raise _not_converged(a) from None


def singular_values(a: Array) -> Array:
    """S alone."""
    try:
        return np.linalg.svd(a, compute_uv=False)
    except np.linalg.LinAlgError:
        raise _not_converged(a) from None


def _not_converged(a: Array) -> LinAlgError:
    finite = np.isfinite(a).all()
    return LinAlgError(
        f"linalg.svd: the algorithm failed to converge for A of shape {a.shape}"
        + ("" if finite else ", which contains infinities or NaN; look for where they come from")
    )


# ---------------------------------------------------------------- e^A

# Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited", SIAM J. Matrix Anal. Appl. 26 (2005),
# 1179-1193: the coefficients of the Padé approximant of degree 13, and the largest norm for which it is exact to
# double precision (table 2.3).
_PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
    10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
_LARGEST = 5.371920351148152


def exp(a: Array) -> Any:
    """e^A by scaling, a Padé approximant and squaring, in double precision (algorithm 2.3 of Higham 2005)."""
    wide = a.astype(np.result_type(a.dtype, np.float64))
    if not a.size:
        return a.copy()
    with np.errstate(all="ignore"):
        norm = np.abs(wide).sum(axis=-2).max(axis=-1)
        times = np.ceil(np.log2(norm / _LARGEST))
        times = np.where(np.isfinite(times), np.maximum(times, 0), 0)[..., None, None]
        x = wide / 2**times
        one = np.eye(a.shape[-1])
        x2 = x @ x
        x4 = x2 @ x2
        x6 = x4 @ x2
        c = _PADE
        odd = x @ (x6 @ (c[13] * x6 + c[11] * x4 + c[9] * x2) + c[7] * x6 + c[5] * x4 + c[3] * x2 + c[1] * one)
        even = x6 @ (c[12] * x6 + c[10] * x4 + c[8] * x2) + c[6] * x6 + c[4] * x4 + c[2] * x2 + c[0] * one
        out = solve_divided(even - odd, even + odd)
        for i in range(int(times.max())):
            out = np.where(times > i, out @ out, out)
        return out.astype(a.dtype)
