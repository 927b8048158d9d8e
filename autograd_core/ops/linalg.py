"""Products of matrices and vectors, norms.

Shapes of a product: (n, k) @ (k, m) gives (n, m); its gradients are the same kind of product, with one
factor transposed. Higher products are written in terms of these.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import Dims, kept_shape, one_dim, some_dims
from ..dtypes import require
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import cast, mul, plus, sign
from .index import getitem
from .masks import masked_fill

if TYPE_CHECKING:
    from ..dtypes import DTypeLike
    from ..tensor import Tensor

# ---------------------------------------------------------------- products of arrays


def product(a: Array, b: Array) -> Any:
    """a @ b; of matrices by `dot`, which takes .57 to .67 of the time of `@` on small ones."""
    if a.dtype.char == "e":  # float16: accumulated in float32, as in PyTorch (and NumPy has no fast loop)
        with np.errstate(over="ignore"):
            return product(a.astype(np.float32), b.astype(np.float32)).astype(np.float16)
    return a.dot(b) if a.ndim <= 2 and b.ndim <= 2 else a @ b


def check_fit(name: str, first: str, a: Any, second: str, b: Any, ndims: tuple[int, int] | None = None) -> None:
    """Raise unless a and b are arrays of one numeric dtype (and of the given numbers of dimensions)."""
    for argument, x in ((first, a), (second, b)):
        if not hasattr(x, "ndim"):
            raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {type(x).__name__}")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{name}: expected {first} and {second} to have the same dtype, but got {a.dtype} {a.shape} and {b.dtype} "
            f"{b.shape}; convert one with .to(dtype)"
        )
    if a.dtype == bool:
        raise NotImplementedError(f"{name}: not implemented for bool; convert with .long() or .float()")
    if ndims is not None and (a.ndim, b.ndim) != ndims:
        raise RuntimeError(
            f"{name}: {first} must have {ndims[0]} and {second} {ndims[1]} dimensions, but their shapes are {a.shape} "
            f"and {b.shape}; matmul() takes any number of dimensions"
        )


def _unfit(name: str, first: str, a: Array, second: str, b: Array) -> RuntimeError:
    """The error for shapes that do not multiply, with a way out."""
    inner = b.shape[-2] if b.ndim > 1 else b.shape[0]
    axis = max(b.ndim - 2, 0)
    rule = f"the last dimension of {first} ({a.shape[-1]}) must equal dimension {axis} of {second} ({inner})"
    remedy = ""
    if a.shape[-1] == inner:
        rule = "the batch dimensions (all but the last two) must broadcast"
    elif b.ndim > 1 and a.shape[-1] == b.shape[-1]:
        remedy = f" Transpose it: {second}.mT."
    elif a.ndim > 1 and a.shape[-2] == inner:
        remedy = f" Transpose it: {first}.mT."
    elif a.ndim > 2 and math.prod(a.shape[1:]) == inner:
        remedy = f" Flatten it first: {first}.flatten(1)."
    return RuntimeError(f"{name}: {first} {a.shape} and {second} {b.shape} do not fit: {rule}.{remedy}")


# ---------------------------------------------------------------- matrix products


@primitive(fresh=True, shows="{input} @ {mat2}", torch="MmBackward0",
           fast={"input": lambda g, mat2: product(g, mat2.T),
                 "mat2": lambda g, input: product(input.T, g)},
           input=lambda g, mat2: g @ mat2.T,
           mat2=lambda g, input: input.T @ g)
def mm(input: TensorLike, mat2: TensorLike) -> Tensor:
    """The product of two matrices: (n, k) times (k, m) is (n, m).

    >>> mm(tensor([[1., 2.]]), tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    if not (input.__class__ is mat2.__class__ is np.ndarray and input.ndim == mat2.ndim == 2) or (
        input.dtype != mat2.dtype or input.dtype.kind == "b"
    ):
        check_fit("mm", "input", input, "mat2", mat2, (2, 2))
    if input.shape[1] != mat2.shape[0]:
        raise _unfit("mm", "input", input, "mat2", mat2)
    return product(input, mat2)


@primitive(fresh=True, shows="{input} @ {vec}", torch="MvBackward0",
           fast={"vec": lambda g, input: product(input.T, g)},
           input=lambda g, vec: g[:, None] * vec,
           vec=lambda g, input: input.T @ g)
def mv(input: TensorLike, vec: TensorLike) -> Tensor:
    """The product of a matrix (n, k) and a vector (k,): a vector (n,)."""
    check_fit("mv", "input", input, "vec", vec, (2, 1))
    if input.shape[1] != vec.shape[0]:
        raise _unfit("mv", "input", input, "vec", vec)
    return product(input, vec)


@primitive(fresh=True, shows="{input} · {tensor}", torch="DotBackward0",
           input=lambda g, tensor: g * tensor,
           tensor=lambda g, input: g * input)
def dot(input: TensorLike, tensor: TensorLike) -> Tensor:
    """The inner product of two vectors.

    >>> dot(tensor([1., 2.]), tensor([3., 4.]))
    tensor(11.)
    """
    check_fit("dot", "input", input, "tensor", tensor, (1, 1))
    if input.shape != tensor.shape:
        raise RuntimeError(
            f"dot: input {input.shape} and tensor {tensor.shape} do not fit: both must have the same number of elements"
        )
    return product(input, tensor)


@primitive(promotes=True, fresh=True, torch="MulBackward0",
           input=lambda g, vec2: g @ vec2,
           vec2=lambda g, input: g.T @ input)
def outer(input: TensorLike, vec2: TensorLike) -> Tensor:
    """The outer product of two vectors: out[i, j] = input[i] * vec2[j].

    >>> outer(tensor([1., 2.]), tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(
            f"outer: expected two 1-d tensors, got shapes {input.shape} and {vec2.shape}; use .flatten()"
        )
    return np.multiply.outer(input, vec2)


def _rows(x: Any) -> Any:
    """All but the last dimension joined into one."""
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _first_factor_vjp(g: Any, other: Any) -> Any:
    if other.ndim == 2:
        return (_rows(g) @ other.T).reshape((*g.shape[:-1], other.shape[0]))
    return g @ np.swapaxes(other, -1, -2)


def _second_factor_vjp(g: Any, input: Any, other_shape: tuple[int, ...]) -> Any:
    if len(other_shape) == 2:
        return _rows(input).T @ _rows(g)
    return np.swapaxes(input, -1, -2) @ g


@primitive(broadcasts=True, fresh=True, torch="BmmBackward0", shows="{input} @ {other}",
           input=_first_factor_vjp,
           other=_second_factor_vjp)
def _batched(input: TensorLike, other: TensorLike) -> Tensor:
    """The product of stacks of matrices; one matrix times many rows is a single product."""
    check_fit("matmul", "input", input, "other", other)
    if input.shape[-1] != other.shape[-2]:
        raise _unfit("matmul", "input", input, "other", other)
    if other.ndim == 2:
        return product(_rows(input), other).reshape((*input.shape[:-1], other.shape[1]))
    try:
        return product(input, other)
    except ValueError:
        raise _unfit("matmul", "input", input, "other", other) from None


def matmul(input: TensorLike, other: TensorLike) -> Tensor:
    """The operator ``@``: matrix product of the last two dimensions, the others broadcast; 1-d is a vector.

    >>> matmul(ones(5, 2, 3), ones(3, 4)).shape, matmul(ones(2, 3), ones(3)).shape
    (Size([5, 2, 4]), Size([2]))
    """
    try:
        n, m = input.array.ndim, other.array.ndim
    except AttributeError:
        return matmul(as_operand("matmul", "input", input), as_operand("matmul", "other", other))
    if n == 2 and m == 2:
        return mm(input, other)
    if not n or not m:
        raise RuntimeError(
            f"matmul: both arguments need at least one dimension, but input has shape {input.array.shape} and other "
            f"{other.array.shape}; use * to scale by a number"
        )
    if m == 1:
        if n == 1:
            return dot(input, other)
        if n == 2:
            return mv(input, other)
        return getitem(_batched(input, getitem(other, (slice(None), None))), (..., 0))
    if n == 1:
        if m == 2:
            return mv(other.T, input)
        return getitem(_batched(getitem(input, None), other), (..., 0, slice(None)))
    return _batched(input, other)


def as_operand(name: str, argument: str, x: Any) -> Any:
    """The argument as a Tensor; an array is copied, since its owner may write to it before backward."""
    if hasattr(x, "_edge"):
        return x
    if isinstance(x, np.ndarray):
        return wrap(x.copy())
    raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {type(x).__name__}")


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of b pairs of matrices: (b, n, k) times (b, k, m) is (b, n, m); nothing broadcasts."""
    a, b = as_operand("bmm", "input", input).array, as_operand("bmm", "mat2", mat2).array
    check_fit("bmm", "input", a, "mat2", b, (3, 3))
    if a.shape[0] != b.shape[0]:
        raise RuntimeError(f"bmm: input {a.shape} and mat2 {b.shape} do not fit: both need the same number of matrices")
    if a.shape[2] != b.shape[1]:
        raise _unfit("bmm", "input", a, "mat2", b)
    return _batched(input, mat2)


# ---------------------------------------------------------------- products with a sum


def _plus_product(name: str, input: Tensor, product: Tensor, beta: float, alpha: float) -> Tensor:
    """beta * input + alpha * product; with beta 0, input is ignored, NaN included."""
    shape = product.array.shape
    if input.array.dtype != product.array.dtype:
        raise RuntimeError(
            f"{name}: input ({input.array.dtype}) and the matrices ({product.array.dtype}) must have the same dtype; "
            "convert one with .to(dtype)"
        )
    try:
        fits = np.broadcast_shapes(input.array.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(f"{name}: input {input.array.shape} does not broadcast to the shape of the product {shape}")
    if product.array.dtype.kind in "iu":
        beta, alpha = int(beta), int(alpha)
    if alpha != 1:
        product = mul(product, alpha)
    if beta == 0:
        input = masked_fill(input, np.ones((), bool), 0)
    return plus(input if beta in (0, 1) else mul(input, beta), product)


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2).

    >>> addmm(tensor([1., 1.]), tensor([[1.], [2.]]), tensor([[3., 4.]]))
    tensor([[4., 5.],
            [7., 9.]])
    """
    return _plus_product("addmm", input, mm(mat1, mat2), beta, alpha)


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * (mat @ vec)."""
    return _plus_product("addmv", input, mv(mat, vec), beta, alpha)


def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * bmm(batch1, batch2)."""
    return _plus_product("baddbmm", input, bmm(batch1, batch2), beta, alpha)


@primitive(broadcasts=True, fresh=True, torch="LinalgCrossBackward0", shows="{input} × {other}",
           input=lambda g, other, dim: either(_cross)(other, g, dim),  # type: ignore[has-type]  # this row itself
           other=lambda g, input, dim: either(_cross)(g, input, dim))  # type: ignore[has-type]
def _cross(input: TensorLike, other: TensorLike, dim: int) -> Tensor:
    out: Any = np.cross(input, other, axis=dim)
    return out


def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector product along a dimension of size 3; the others broadcast.

    >>> linalg_cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    a, b = input.array, other.array
    require("linalg.cross", a.dtype, "iufc")
    if a.ndim != b.ndim:
        raise RuntimeError(f"linalg.cross: input {a.shape} and other {b.shape} must have the same number of dimensions")
    dim = one_dim("linalg.cross", dim, a.ndim)
    if not a.ndim or a.shape[dim] != 3 or b.shape[dim] != 3:
        raise RuntimeError(
            f"linalg.cross: dimension {dim} must have length 3, but the shapes are {a.shape} and {b.shape}"
        )
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"linalg.cross: expected one dtype, but got {a.dtype} and {b.dtype}; convert with .to(dtype)"
        )
    try:
        return _cross(input, other, dim)
    except ValueError:
        raise RuntimeError(f"linalg.cross: input {a.shape} and other {b.shape} do not broadcast") from None


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector product along dim, by default the first dimension of size 3."""
    if dim is None:
        if 3 not in input.array.shape:
            raise RuntimeError(f"cross: no dimension of size 3 in input of shape {input.array.shape}")
        return linalg_cross(input, other, dim=input.array.shape.index(3))
    return linalg_cross(input, other, dim=dim)


# ---------------------------------------------------------------- norms


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
    dims = some_dims("linalg.vector_norm", None if isinstance(dim, tuple | list) and not dim else dim, array.ndim)
    reduced = array.shape if dims is None else [array.shape[d] for d in dims]
    if 0 in reduced and (ord < 0 or math.isinf(ord)):
        raise RuntimeError(
            f"linalg.vector_norm: cannot compute the {ord} norm of an empty dimension (shape {array.shape}): the "
            "operation does not have an identity"
        )
    return _vector_norm(x, float(ord), dims, keepdim)


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: DTypeLike = None  # noqa: N803
) -> Tensor:
    """The norm of matrices: "fro", 1 (-1): largest (smallest) column sum of sizes, inf (-inf): of row sums.

    "nuc", 2 and -2 need singular values and are not implemented.

    >>> matrix_norm(tensor([[1., -2.], [3., 4.]]), 1)
    tensor(6.)
    """
    ndim = A.array.ndim
    if ndim < 2:
        raise RuntimeError(f"linalg.matrix_norm: the input must have at least 2 dimensions, got shape {A.array.shape}")
    if not isinstance(dim, tuple | list) or len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple, got {dim}")
    rows, columns = (one_dim("linalg.matrix_norm", d, ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different, got {dim}")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, dtype=dtype)
    if ord == "nuc" or (not isinstance(ord, str) and abs(ord) == 2):
        raise NotImplementedError(f"linalg.matrix_norm: ord={ord!r} (needs singular values) is not supported")
    if isinstance(ord, str) or not (abs(ord) == 1 or math.isinf(ord)):
        raise RuntimeError(f"linalg.matrix_norm: order {ord} not supported; known: 'fro', 1, -1, inf, -inf")
    summed, chosen = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = vector_norm(A, 1, summed, True, dtype=dtype)
    extreme = vector_norm(sums, math.copysign(math.inf, ord), chosen, True)
    return extreme if keepdim else extreme.squeeze((rows, columns))


def linalg_norm(
    A: Tensor, ord: Any = None, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None  # noqa: N803
) -> Tensor:
    """`linalg.norm`: of a vector (dim an int, or A 1-d) `vector_norm`, of a matrix `matrix_norm`.

    Without ord: the 2-norm of all elements (over dim).
    """
    ndim = A.array.ndim
    dims = dim if dim is None or isinstance(dim, tuple | list) else (dim,)
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: if dim is specified, it must be of length 1 or 2, got {dim}")
    if ord is None:
        return vector_norm(A, 2, dims, keepdim, dtype=dtype)
    if dims is None:
        if ndim not in (1, 2):
            raise RuntimeError(f"linalg.norm: with ord but without dim, the input must be 1D or 2D, got {ndim}D")
        dims = tuple(range(ndim))
    if len(dims) == 2 or isinstance(ord, str):
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


def norm(input: Tensor, p: Any = "fro", dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Tensor:
    """The p-norm of all elements, or over dim; "fro" is the 2-norm.

    >>> norm(tensor([[3., 0.], [0., 4.]]))
    tensor(5.)
    """
    if isinstance(p, str) and (p != "fro" or (isinstance(dim, tuple | list) and len(dim) > 2)):
        return matrix_norm(input, p, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(input, 2 if p == "fro" or p is None else p, dim, keepdim, dtype=dtype)
