"""Determinants. At a singular matrix, too, the derivative of det is the matrix of cofactors, and it has derivatives.

Formulas: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008), section 2.2.4; T(X) is the transpose of each matrix of a stack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays import lapack
from ..arrays.lapack import transposed as T
from ..arrays.numerics import products_of_others
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import where
from .linalg import square_matrices
from .logic import eq
from .solve import _inv

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- det


def _det_of(A: Array) -> Any:
    """NumPy takes the exponential of a sum of logarithms, so that float32 needs float64."""
    return np.linalg.det(A.astype(np.float64) if A.dtype == np.float32 else A).astype(A.dtype)


@primitive(fresh=True, torch="LinalgDetBackward0", shows="det {A}",
           A=lambda g, A: g[..., None, None] * either(_cofactors)(A))  # type: ignore[has-type]  # below
def _det(A: TensorLike) -> Tensor:
    with np.errstate(all="ignore"):
        return _det_of(A)


@primitive(fresh=True, torch="LinalgDetBackward0",
           A=lambda g, A: either(_cofactors_along)(A, g))  # type: ignore[has-type]  # below
def _cofactors(A: TensorLike) -> Tensor:
    """The gradient of det: det(A) A^-T, and its limit where A is singular."""
    inverse, det = _safe_inverse(A)
    if inverse is not None:
        return (det[..., None, None] * T(inverse)).astype(A.dtype)
    U, S, Vh, sign = _signed_svd(A)
    return (sign * (U * products_of_others(S)[..., None, :]) @ Vh).astype(A.dtype)


def _third_derivative(g: Any, A: Any, direction: Any) -> Any:
    """Of det, contracted with g and direction. With W = A^-T and det(A) (<W, D> <W, g> - tr(g^T W D^T W)) for the second
    one: the product rule, and dW = -W dA^T W. A must be invertible."""
    W = T(either(_inv)(A, None))
    along, across = _inner(W, direction), _inner(W, g)
    both = _inner(g, W @ T(direction) @ W)
    turned = along * g + across * direction - g @ T(W) @ direction - direction @ T(W) @ g
    return either(_det)(A)[..., None, None] * ((along * across - both) * W - W @ T(turned) @ W)


def _inner(x: Any, y: Any) -> Any:
    return (x * y).sum(axis=(-2, -1), keepdims=True)


@primitive(fresh=True, torch="LinalgDetBackward0",
           A=_third_derivative,
           direction=lambda g, A: either(_cofactors_along)(A, g))  # type: ignore[has-type]  # second derivatives commute
def _cofactors_along(A: TensorLike, direction: TensorLike) -> Tensor:
    """The derivative of the cofactors in a direction D: det(A) (<W, D> W - W D^T W) with W = A^-T.

    Where A is singular, in the frame of its singular vectors: there the cofactors of a diagonal S change by
    P_ij = the product of all singular values but i and j, along D's diagonal for those on the diagonal, and by
    -P_ij D_ji for the others.
    """
    inverse, det = _safe_inverse(A)
    if inverse is not None:
        W = T(inverse)
        return (det[..., None, None] * (_inner(W, direction) * W - W @ T(direction) @ W)).astype(A.dtype)
    U, S, Vh, sign = _signed_svd(A)
    turned = T(U) @ direction @ T(Vh)
    diagonal = np.eye(A.shape[-1], dtype=bool)
    pairs = np.where(diagonal, 0, products_of_others(np.where(diagonal, 1, S[..., None, :])))
    change = np.where(diagonal, pairs @ np.diagonal(turned, axis1=-2, axis2=-1)[..., None], -pairs * T(turned))
    return (sign * (U @ change @ Vh)).astype(A.dtype)


_WELL_CONDITIONED = 1e5  # five of sixteen digits lost; beyond, singular values lose none


def _safe_inverse(A: Array) -> tuple[Any, Any]:
    """The inverse and the determinant, in float64 at least; no inverse where a matrix is near to a singular one."""
    wide = A.astype(np.result_type(A.dtype, np.float64))
    try:
        inverse = np.linalg.inv(wide)
    except np.linalg.LinAlgError:
        return None, None
    det = np.linalg.det(wide)
    spread = np.abs(wide).max(axis=(-2, -1), initial=0) * np.abs(inverse).max(axis=(-2, -1), initial=0)
    size = np.abs(det)
    normal = (size > np.finfo(np.float64).tiny) & (size < np.inf)
    return (inverse, det) if (normal & (spread < _WELL_CONDITIONED)).all() else (None, None)


def _signed_svd(A: Array) -> tuple[Any, Any, Any, Any]:
    """U, S, V^T and the sign that det(U) det(V) is."""
    U, S, Vh = lapack.svd(A.astype(np.result_type(A.dtype, np.float64)), True)
    return U, S, Vh, np.sign(np.linalg.det(U) * np.linalg.det(Vh))[..., None, None]


def linalg_det(A: Tensor) -> Tensor:
    """The determinant of each square matrix; 1 for (0, 0).

    Its gradient is the matrix of cofactors, also where A is singular (PyTorch: 0).

    >>> linalg.det(tensor([[1., 2.], [3., 4.]]))
    tensor(-2.)
    """
    square_matrices("linalg.det", "A", A)
    return _det(A)


def det(input: Tensor) -> Tensor:
    """`linalg.det`."""
    return linalg_det(input)


# ---------------------------------------------------------------- log |det|


@primitive(fresh=True, several=True, torch="LinalgSlogdetBackward0", shows="log |det {A}|",
           A=lambda g, A: g[1][..., None, None] * T(either(_inv)(A, None)))
def _slogdet(A: TensorLike) -> Tensor:
    sign, logabsdet = np.linalg.slogdet(A)
    return sign, logabsdet


def linalg_slogdet(A: Tensor) -> return_types.linalg_slogdet:
    """The sign of the determinant (0 where A is singular) and the logarithm of its size (there -inf).

    >>> linalg.slogdet(tensor([[1., 0.], [0., -1.]])).sign
    tensor(-1.)
    """
    square_matrices("linalg.slogdet", "A", A)
    return return_types.linalg_slogdet(*_slogdet(A))


def slogdet(input: Tensor) -> return_types.slogdet:
    """`linalg.slogdet`."""
    return return_types.slogdet(*linalg_slogdet(input))


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant: -inf where it is 0, NaN where it is negative.

    >>> logdet(tensor([[2., 0.], [0., .5]]))
    tensor(0.)
    """
    square_matrices("logdet", "input", input)
    sign, logabsdet = _slogdet(input)
    return where(eq(sign, -1), wrap(np.array(np.nan, logabsdet.array.dtype)), logabsdet)
