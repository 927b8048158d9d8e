"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import Dims, kept_shape, one_dim, reduced_dims
from ..primitive import Array, TensorLike, either, primitive
from .decompositions import svdvals
from .elementwise import cast, mul, plus, sign, true_divide, where
from .linalg import deprecated, matrices
from .logic import gt
from .reduce import _sum, amax, amin
from .shape import movedim, reshape

if TYPE_CHECKING:
    from ..arrays.dtypes import DTypeLike
    from ..tensor import Tensor

# ---------------------------------------------------------------- of vectors


def _norm_vjp(g: Any, input: Any, out: Any, ord: float, dim: Any) -> Any:
    """The derivative of a norm; 0 where the norm is 0, evenly shared where several elements are the largest."""
    if ord == 0:
        return np.zeros_like(input)
    kept = kept_shape(input.shape, dim)
    g, out = g.reshape(kept), out.reshape(kept)
    if ord == 1:
        return g * either(sign)(input)
    if ord == 2:
        return g * np.where(out == 0, 0, input / out)
    size = np.abs(input)
    if math.isinf(ord):
        largest = (size == out) | (input != input)
        return either(sign)(input) * largest * (g / largest.sum(axis=dim, keepdims=True))
    if ord < 1:
        return either(sign)(input) * np.where(size == 0, 0, size ** (ord - 1)) * (g * out ** (1 - ord))
    scale = np.where(out == 0, 0, g / out ** (ord - 1))
    if ord < 2:
        return either(sign)(input) * size ** (ord - 1) * scale
    return input * size ** (ord - 2) * scale


def _norm_vjp_of_arrays(g: Any, input: Array, out: Any, ord: float, dim: Any) -> Any:
    if ord != 2:
        return _norm_vjp(g, input, out, ord, dim)
    kept = kept_shape(input.shape, dim)
    return input * np.where(out == 0, 0, g / out).astype(input.dtype, copy=False).reshape(kept)


@primitive(fresh=True, torch="LinalgVectorNormBackward0", shows="‖{input}‖",
           fast={"input": _norm_vjp_of_arrays},
           input=_norm_vjp)
def _vector_norm(input: TensorLike, ord: float, dim: Any, keepdim: bool) -> Tensor:
    if input.dtype.char == "e":
        return _vector_norm_of(input.astype(np.float32), ord, dim, keepdim).astype(np.float16)
    return _vector_norm_of(input, ord, dim, keepdim)


def _vector_norm_of(input: Array, ord: float, dim: Any, keepdim: bool) -> Any:
    if ord == 2 and dim is None and input.dtype.kind == "f":
        flat = input.reshape(-1)
        out = np.sqrt(flat.dot(flat))
        return out.reshape((1,) * input.ndim) if keepdim else out
    size = np.abs(input)
    if ord == 2:
        return np.sqrt(np.sum(size * size, axis=dim, keepdims=keepdim))
    if ord == 1:
        return np.sum(size, axis=dim, keepdims=keepdim)
    if ord == 0:
        return np.sum(size != 0, axis=dim, keepdims=keepdim, dtype=size.dtype)
    if math.isinf(ord):
        return (np.amax if ord > 0 else np.amin)(size, axis=dim, keepdims=keepdim)
    with np.errstate(divide="ignore", over="ignore"):  # of a negative power of 0: inf, and 1 / inf the right 0
        return np.sum(size**ord, axis=dim, keepdims=keepdim) ** (1 / ord)


def vector_norm(
    x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None
) -> Tensor:
    """(sum |x|^ord)^(1/ord) over all elements, or over dim; ord inf, -inf: largest, smallest size; 0: count.

    The gradient is 0 where the norm is 0; equal largest elements share it.

    >>> vector_norm(tensor([3., -4.])), vector_norm(tensor([3., -4.]), np.inf)
    (tensor(5.), tensor(4.))
    """
    if isinstance(ord, str) or not isinstance(ord, int | float | np.number):
        raise TypeError(f"linalg.vector_norm(): ord must be a number, not {ord!r}")
    if dtype is not None:
        x = cast(x, dtype)
    array = x.array
    if array.dtype.kind not in "fc":
        raise RuntimeError(
            f"linalg.vector_norm: expected a floating point tensor, got {array.dtype}; use .float() or dtype=..."
        )
    dims = reduced_dims("linalg.vector_norm", dim, array.ndim)
    reduced = array.shape if dims is None else [array.shape[d] for d in dims]
    if 0 in reduced and (ord < 0 or math.isinf(ord)):
        raise RuntimeError(
            f"linalg.vector_norm: cannot compute the {ord} norm of an empty dimension (shape {array.shape}): the "
            "operation does not have an identity"
        )
    return _vector_norm(x, float(ord), dims, keepdim)


# ---------------------------------------------------------------- of matrices


def matrix_norm(
    input: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: DTypeLike = None
) -> Tensor:
    """The norm of matrices: "fro", "nuc" (the sum of the singular values), 2 (-2): the largest (smallest) one, 1 (-1):
    largest (smallest) column sum of sizes, inf (-inf): of row sums.

    >>> matrix_norm(tensor([[1., -2.], [3., 4.]]), 1)
    tensor(6.)
    """
    name, shape = "linalg.matrix_norm", input.array.shape
    ndim = len(shape)
    if ndim < 2:
        raise RuntimeError(f"{name}: the input must have at least 2 dimensions, got shape {shape}")
    if not isinstance(dim, tuple | list) or len(dim) != 2:
        raise RuntimeError(f"{name}: dim must be a 2-tuple, got {dim}")
    rows, columns = (one_dim(name, d, ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"{name}: dims must be different, got {dim}")
    if ord == "fro":
        return vector_norm(input, 2, (rows, columns), keepdim, dtype=dtype)
    order = 0.0 if isinstance(ord, str) else float(ord)
    if ord != "nuc" and abs(order) not in (1, 2, math.inf):
        raise RuntimeError(f"{name}: order {ord} not supported; known: 'fro', 'nuc', 1, -1, 2, -2, inf, -inf")
    if dtype is not None:
        input = cast(input, dtype)
    input = movedim(input, (rows, columns), (-2, -1))
    if ord == "nuc" or abs(order) == 2:
        matrices(name, "input", input)
        sizes = svdvals(input)
    else:
        sizes = vector_norm(input, 1, -2 if abs(order) == 1 else -1)
    out = _sum(sizes, (ndim - 2,), False) if ord == "nuc" else _extreme(sizes, ndim - 2, order > 0)
    return reshape(out, kept_shape(shape, (rows, columns))) if keepdim else out


def _extreme(values: Tensor, dim: int, largest: bool) -> Tensor:
    """The largest or smallest of sizes; equal ones share the gradient. The largest of none is 0, a size's least value."""
    if largest and not values.array.shape[dim]:
        return _sum(values, (dim,), False)
    return (amax if largest else amin)(values, dim)


def nuclear_norm(input: Tensor, dim: Any = (-2, -1), keepdim: bool = False) -> Tensor:
    """The sum of the singular values: `linalg.matrix_norm` with ord="nuc". Deprecated."""
    deprecated("nuclear_norm", "linalg.matrix_norm")
    return matrix_norm(input, "nuc", dim, keepdim)


def frobenius_norm(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """The root of the sum of squares over dim: `linalg.vector_norm`. Deprecated."""
    deprecated("frobenius_norm", "linalg.vector_norm")
    return vector_norm(input, 2, dim, keepdim)


# ---------------------------------------------------------------- of either


def linalg_norm(
    input: Tensor, ord: Any = None, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None
) -> Tensor:
    """`linalg.norm`: of a vector (dim an int, or input 1-d) `vector_norm`, of a matrix `matrix_norm`.

    Without ord: the 2-norm of all elements (over dim).
    """
    ndim = input.array.ndim
    dims = dim if dim is None or isinstance(dim, tuple | list) else (dim,)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: if dim is specified, it must be of length 1 or 2, got {dim}")
    if ord is None:
        return vector_norm(input, 2, dims, keepdim, dtype=dtype)
    if dims is None:
        if ndim not in (1, 2):
            raise RuntimeError(f"linalg.norm: with ord but without dim, the input must be 1D or 2D, got {ndim}D")
        dims = tuple(range(ndim))
    if len(dims) == 2 or isinstance(ord, str):
        return matrix_norm(input, ord, dims, keepdim, dtype=dtype)
    return vector_norm(input, ord, dims, keepdim, dtype=dtype)


def norm(input: Tensor, p: Any = "fro", dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Tensor:
    """The p-norm of all elements, or over dim; "fro" is the 2-norm.

    >>> norm(tensor([[3., 0.], [0., 4.]]))
    tensor(5.)
    """
    if isinstance(p, str) and (p != "fro" or (isinstance(dim, tuple | list) and len(dim) > 2)):
        return matrix_norm(input, p, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(input, 2 if p == "fro" or p is None else p, dim, keepdim, dtype=dtype)


# ---------------------------------------------------------------- of slices


def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along dim whose p-norm is greater than maxnorm, scaled down to it (divided by its norm + 1e-7).

    >>> renorm(tensor([[3., 4.], [0.3, 0.4]]), 2, 0, 1)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    ndim = input.array.ndim
    if p <= 0:
        raise RuntimeError(f"renorm: p must be positive, got {p}")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: maxnorm must not be negative, got {maxnorm}")
    if ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {ndim}")
    at = one_dim("renorm", dim, ndim)
    wide = np.dtype(np.float32) if input.array.dtype == np.float16 else None  # as in PyTorch
    norms = vector_norm(input, p, tuple(i for i in range(ndim) if i != at), keepdim=True, dtype=wide)
    factors = where(gt(norms, maxnorm), true_divide(maxnorm, plus(norms, 1e-7)), 1.0)
    return mul(input, cast(factors, input.array.dtype))
