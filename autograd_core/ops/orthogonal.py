"""A = Q R with orthonormal columns of Q, and Q as a product of Householder's reflections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays.lapack import transposed as T
from ..modes import is_grad_enabled
from ..primitive import Array, Operation, TensorLike, dead_end, either, primitive, wrap
from .decompositions import _right_solved
from .diagonal import tril, triu
from .elementwise import minus, mul, plus
from .index import _slice
from .linalg import deprecated, matmul, matrices
from .shape import matrix_transpose, unsqueeze
from .solve import _solve_triangular

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- A = Q R


def _lower_copied_up(x: Any) -> Any:
    return either(tril)(x) + T(either(tril)(x, -1))


def _qr_vjp(g: Any, out: Any) -> Any:
    """(gQ + Q copyltu(R gR^T - gQ^T Q)) R^-T (Walter and Lehmann, "Algorithmic differentiation of linear algebra
    functions", 2010; Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms for square, wide and
    deep matrices", 2020). Of a wide A = Q [R V] the last columns are Q V; the last columns of a complete Q, if A is
    tall, turn into the span of the first ones as these turn out of it."""
    Q, R = out
    gQ, gR = g
    k = min(Q.shape[-2], R.shape[-1])
    V, gV = R[..., :k, k:], gR[..., :k, k:]
    R, gR = R[..., :k, :k], gR[..., :k, :k]
    P, gP = Q[..., k:], gQ[..., k:]
    Q, gQ = Q[..., :k], gQ[..., :k]
    inner = _lower_copied_up(R @ T(gR) - T(gQ) @ Q - gV @ T(V)) + V @ T(gV)
    square = _right_solved(gQ + Q @ inner - P @ (T(gP) @ Q), R)
    return np.concatenate([square, Q @ gV], axis=-1)


@primitive(fresh=True, several=True, torch="LinalgQrBackward0", A=_qr_vjp)
def _qr(A: TensorLike, form: Any) -> Tensor:
    Q, R = np.linalg.qr(A, form)
    return Q, R


def linalg_qr(A: Tensor, mode: str = "reduced") -> return_types.linalg_qr:
    """Q with orthonormal columns and an upper triangular R, A = Q R. A is (…, n, m), k = min(n, m).

    mode "reduced": Q (n, k), R (k, m); "complete": Q (n, n), R (n, m); "r": R alone, Q empty. Signs are LAPACK's. A's
    first k columns must be independent for the gradient to be finite.

    >>> linalg.qr(tensor([[0., 2.], [3., 4.]])).R
    tensor([[-3., -4.],
            [ 0., -2.]])
    """
    a = matrices("linalg.qr", "A", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"linalg.qr: unrecognized mode {mode!r}: expected 'reduced', 'complete' or 'r'")
    if mode != "r":
        return return_types.linalg_qr(*_qr(A, mode))
    R = _qr(A, "reduced")[1] if A.requires_grad and is_grad_enabled() else wrap(np.linalg.qr(a, "r"))
    return return_types.linalg_qr(wrap(np.zeros(0, a.dtype)), R)


def qr(input: Tensor, some: bool = True) -> return_types.qr:
    """`linalg.qr`, reduced if `some`, else complete. Deprecated."""
    deprecated("qr", "linalg.qr")
    return return_types.qr(*linalg_qr(input, "reduced" if some else "complete"))


# ---------------------------------------------------------------- Q = H_1 H_2 … H_k


def _no_derivative(g: Any) -> Any:
    raise NotImplementedError("the derivative of geqrf is not implemented, as in PyTorch; use linalg.qr, or .detach()")


_GEQRF = Operation("geqrf", lambda input: input, (_no_derivative,), ((),), ("input",))


def geqrf(input: Tensor) -> return_types.geqrf:
    """R, and below its diagonal the vectors of Householder's reflections, as LAPACK leaves them; and their factors.

    Has no derivative, as in PyTorch.
    """
    raw, tau = np.linalg.qr(matrices("geqrf", "input", input), "raw")
    results = wrap(T(raw).copy()), wrap(tau)
    if input.requires_grad and is_grad_enabled():
        for result in results:
            result._edge = dead_end(_GEQRF, result.array, input._edge)
    return return_types.geqrf(*results)


def _check_reflections(name: str, input: Tensor, tau: Tensor) -> tuple[Array, Array]:
    a = matrices(name, "input", input)
    factors: Array = tau.array
    if a.dtype != factors.dtype:
        raise RuntimeError(f"{name}: tau dtype {factors.dtype} does not match input dtype {a.dtype}")
    if factors.shape[:-1] != a.shape[:-2]:
        raise RuntimeError(
            f"{name}: expected tau to have the batch dimensions of input {a.shape}, but its shape is {factors.shape}"
        )
    return a, factors


def _compact(input: Tensor, tau: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """V and T with H_1 … H_k = I - V T V^T, where H_i = I - tau_i v_i v_i^T (Schreiber and Van Loan, "A storage-efficient
    WY representation for products of Householder transformations", 1989): T^-1 = diag(1 / tau) + striu(V^T V), written so
    that tau may be 0 (Joffrain et al., "Accumulating Householder transformations, revisited", 2006)."""
    n, dtype = input.array.shape[-2], input.array.dtype
    V = plus(tril(_slice(input, (..., slice(k))), -1), wrap(np.eye(n, k, dtype=dtype)))
    one = wrap(np.eye(k, dtype=dtype))
    upper = mul(unsqueeze(tau, -1), triu(matmul(matrix_transpose(V), V), 1))
    return V, _solve_triangular(upper, mul(unsqueeze(tau, -2), one), True, True)


def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """The first columns of H_1 H_2 … H_k, H_i = I - tau_i v_i v_i^T, where v_i is column i of input below the diagonal,
    1 on it, and 0 above. With what `geqrf` gives, Q of Q R.

    >>> A = tensor([[0., 2.], [3., 4.]])
    >>> bool((householder_product(*geqrf(A)) - linalg.qr(A).Q).abs().max() < 1e-6)
    True
    """
    a, factors = _check_reflections("linalg.householder_product", input, tau)
    n, m = a.shape[-2:]
    k = factors.shape[-1]
    if n < m or m < k:
        raise RuntimeError(
            f"linalg.householder_product: input {a.shape} must have at least as many rows as columns, and at least as many "
            f"columns as tau {factors.shape} has elements"
        )
    V, middle = _compact(input, tau, k)
    start = matrix_transpose(_slice(V, (..., slice(m), slice(None))))
    return minus(wrap(np.eye(n, m, dtype=a.dtype)), matmul(V, matmul(middle, start)))


def orgqr(input: Tensor, input2: Tensor) -> Tensor:
    """`linalg.householder_product`."""
    return householder_product(input, input2)


def ormqr(input: Tensor, input2: Tensor, input3: Tensor, left: bool = True, transpose: bool = False) -> Tensor:
    """Q times input3 (input3 times Q where not `left`; Q^T where `transpose`), with the square Q = H_1 … H_k of
    `householder_product`'s input and tau (input2), and without forming it."""
    a, factors = _check_reflections("ormqr", input, input2)
    other = matrices("ormqr", "input3", input3)
    k = factors.shape[-1]
    side = other.shape[-2 if left else -1]
    if side != a.shape[-2]:
        raise RuntimeError(f"ormqr: input3 {other.shape} does not fit the {a.shape[-2]} rows of input {a.shape}")
    if k != min(side, a.shape[-1]):
        raise RuntimeError(f"ormqr: tau must have {min(side, a.shape[-1])} elements, got {factors.shape}")
    if other.dtype != a.dtype or other.shape[:-2] != a.shape[:-2]:
        raise RuntimeError(
            f"ormqr: input3 ({other.dtype}, {other.shape}) must have the dtype and batch dimensions of input "
            f"({a.dtype}, {a.shape})"
        )
    V, middle = _compact(input, input2, k)
    if transpose != (not left):
        middle = matrix_transpose(middle)
    if not left:
        return matrix_transpose(_reflected(V, middle, matrix_transpose(input3)))
    return _reflected(V, middle, input3)


def _reflected(V: Tensor, middle: Tensor, x: Tensor) -> Tensor:
    return minus(x, matmul(V, matmul(middle, matmul(matrix_transpose(V), x))))
