"""Functions of matrices: powers, e^A, the condition number; Vandermonde's matrix."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import lapack
from ..arrays.dtypes import require
from ..arrays.lapack import transposed as T
from ..primitive import TensorLike, either, primitive, wrap
from .decompositions import svdvals
from .elementwise import cast, mul, plus, true_divide, where
from .index import _select, _slice
from .joining import cat
from .linalg import matmul, matrices, square_matrices
from .masks import masked_fill
from .norms import matrix_norm
from .shape import flip, unsqueeze
from .solve import inv, inv_ex

if TYPE_CHECKING:
    from ..tensor import Tensor


def matrix_power(input: Tensor, n: int) -> Tensor:
    """A A … A, n times, of each square matrix; of the inverse where n is negative.

    >>> matrix_power(tensor([[1., 1.], [0., 1.]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    name = "linalg.matrix_power"
    A = input.array
    if isinstance(n, float):
        raise TypeError(f"{name}(): n must be an int, not float")
    n = index(n)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise RuntimeError(f"{name}: input must be a batch of square matrices, but its shape is {A.shape}")
    if n < 0:
        return matrix_power(inv(input), -n)
    if n == 0:
        nothing = masked_fill(input, np.ones((), bool), 0)
        return plus(nothing, wrap(np.eye(A.shape[-1], dtype=A.dtype)))
    if n == 1:
        return input.clone()
    half = matrix_power(input, n // 2) if n > 3 else input
    doubled = matmul(half, half)
    return matmul(doubled, input) if n % 2 else doubled


def _exp_vjp(g: Any, input: Any) -> Any:
    """The derivative of e^(A^T) in the direction g, the upper right block of exp [[A^T, g], [0, A^T]] (Al-Mohy and Higham,
    "Computing the Fréchet derivative of the matrix exponential", SIAM J. Matrix Anal. Appl. 30, 2009, equation 1.5)."""
    n = g.shape[-1]
    above = np.concatenate([T(input), g], axis=-1)
    below = np.concatenate([np.zeros_like(g), T(input)], axis=-1)
    return either(_matrix_exp)(np.concatenate([above, below], axis=-2))[..., :n, n:]  # type: ignore[has-type]  # this row


@primitive(fresh=True, torch="LinalgMatrixExpBackward0", shows="e^{input}", input=_exp_vjp)
def _matrix_exp(input: TensorLike) -> Tensor:
    return lapack.exp(input)


def matrix_exp(input: Tensor) -> Tensor:
    """The exponential 1 + A + A²/2! + … of each square matrix.

    >>> matrix_exp(tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    if getattr(input, "dtype", None) != np.float16:  # half precision is computed in double, too
        square_matrices("linalg.matrix_exp", "input", input)
    return _matrix_exp(input)


def linalg_cond(input: Tensor, p: Any = None) -> Tensor:
    """The condition number |A| |A^-1| of each matrix in the norm p ("fro", "nuc", 1, -1, 2, -2, inf, -inf); without p, 2:
    the largest singular value by the smallest, also for matrices that are not square. inf where A is singular.

    >>> linalg.cond(tensor([[2., 0.], [0., 1.]]))
    tensor(2.)
    """
    name = "linalg.cond"
    A = matrices(name, "input", input)
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        if not min(A.shape[-2:]):
            return wrap(np.zeros(A.shape[:-2], A.dtype))
        values = svdvals(input)
        largest, smallest = _select(values, (..., 0)), _select(values, (..., -1))
        return true_divide(smallest, largest) if p == -2 else true_divide(largest, smallest)
    square_matrices(name, "input", input)
    if not A.shape[-1]:
        return wrap(np.zeros(A.shape[:-2], A.dtype))
    inverse, info = inv_ex(input)
    product = mul(matrix_norm(input, p), matrix_norm(inverse, p))
    return where(wrap(info.array > 0), wrap(np.array(np.inf, A.dtype)), product)


def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Vandermonde's matrix: row i has the powers 0, 1, … N - 1 of x[…, i]; N is the length of x by default.

    >>> linalg.vander(tensor([1., 2.]), N=3)
    tensor([[1., 1., 1.],
            [1., 2., 4.]])
    """
    name, array = "linalg.vander", x.array
    require(name, array.dtype, "iufc")
    if array.dtype.char == "e":
        raise RuntimeError(f"{name}: supports float32, float64, complex and integer tensors, but got float16")
    count = (array.shape[-1] if array.ndim else 1) if N is None else N
    if count <= 1:
        raise RuntimeError(f"{name}: N must be greater than 1, got {count}")
    return _powers(x if array.ndim else unsqueeze(x, 0), count)


def _powers(x: Tensor, count: int) -> Tensor:
    if x.array.dtype.kind in "biu":
        x = cast(x, np.int64)
    x = unsqueeze(x, -1)
    powers = cat([wrap(np.ones_like(x.array)), x], -1)
    while powers.array.shape[-1] < count:  # twice as many: they times the next power
        powers = cat([powers, mul(powers, mul(_slice(powers, (..., slice(-1, None))), x))], -1)
    return _slice(powers, (..., slice(count)))


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde's matrix of a vector: its powers N - 1, … 1, 0 as columns, or, if `increasing`, 0, 1, … N - 1.

    >>> vander(tensor([1., 2.]), 3)
    tensor([[1., 1., 1.],
            [4., 2., 1.]])
    """
    array = x.array
    if array.ndim != 1:
        raise RuntimeError(f"vander: x must be a one-dimensional tensor, got shape {array.shape}")
    count = array.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError(f"vander: N must be non-negative, got {count}")
    powers = _powers(x, count)
    return powers if increasing else flip(powers, 1)
