"""Products of matrices and vectors.

Shapes of a product: (n, k) @ (k, m) gives (n, m); its gradients are the same kind of product, with one
factor transposed. Higher products are written in terms of these.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import one_dim
from ..arrays.dtypes import require, result_type
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import cast, mul, plus
from .index import getitem
from .masks import masked_fill

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def matrices(name: str, argument: str, x: Any) -> Array:
    """The array of a floating tensor of matrices, (…, n, m); raises what PyTorch raises for anything else."""
    if not hasattr(x, "_edge"):
        raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {type(x).__name__}")
    array: Array = x.array
    if array.dtype.kind not in "fc":
        raise RuntimeError(
            f"{name}: expected a floating point or complex tensor as input, got {array.dtype}; convert with .float()"
        )
    if array.dtype.char == "e":
        raise NotImplementedError(f"{name}: not implemented for float16; convert with .float()")
    if array.ndim < 2:
        raise RuntimeError(f"{name}: {argument} must have at least 2 dimensions, got shape {array.shape}")
    return array


def square_matrices(name: str, argument: str, x: Any) -> Array:
    """As `matrices`, of shape (…, n, n)."""
    array = matrices(name, argument, x)
    if array.shape[-1] != array.shape[-2]:
        raise RuntimeError(f"{name}: {argument} must be a batch of square matrices, but its shape is {array.shape}")
    return array


def deprecated(name: str, successor: str) -> None:
    """Warn, as PyTorch does, where a function with a successor is called."""
    warnings.warn(
        f"{name} is deprecated in favor of {successor} and will be removed in a future PyTorch release.", stacklevel=4
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


def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """`outer`."""
    return outer(input, vec2)


def _conj(x: Tensor) -> Tensor:
    return wrap(x.array.conj()) if x.array.dtype.kind == "c" else x


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors, the first conjugated if complex.

    >>> vdot(tensor([1., 2.]), tensor([3., 4.]))
    tensor(11.)
    """
    return dot(_conj(input), other)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The inner products of vectors along a dimension, the first conjugated if complex; the others broadcast.

    >>> vecdot(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    a, b = x.array, y.array
    if a.dtype != b.dtype or a.dtype.kind not in "fc":
        raise RuntimeError(f"linalg.vecdot: expected x and y of one floating dtype, got {a.dtype} and {b.dtype}")
    return mul(_conj(x), y).sum(dim)


def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sums of products over the last dimension of both; with a number (0-d), the product.

    >>> inner(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    a, b = input.array, other.array
    if not a.ndim or not b.ndim:
        return mul(input, other)
    check_fit("inner", "input", a, "other", b)
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"inner: the last dimensions of input {a.shape} and other {b.shape} must be equal")
    rows = other.reshape(math.prod(b.shape[:-1]), b.shape[-1]) if b.ndim != 2 else other
    return matmul(input, rows.T).reshape(a.shape[:-1] + b.shape[:-1])


def kron(input: Tensor, other: Tensor) -> Tensor:
    """Kronecker's product: blocks of other, each multiplied by an element of input.

    >>> kron(tensor([[1., 2.]]), tensor([[1.], [3.]]))
    tensor([[1., 2.],
            [3., 6.]])
    """
    input, other = as_operand("kron", "input", input), as_operand("kron", "other", other)
    n = max(input.array.ndim, other.array.ndim)
    p, q = ((1,) * (n - x.array.ndim) + x.array.shape for x in (input, other))
    coarse, fine = ([size for pair in zip(*pairs, strict=True) for size in pair] for pairs in ((p, (1,) * n), ((1,) * n, q)))
    return mul(input.reshape(coarse), other.reshape(fine)).reshape([i * j for i, j in zip(p, q, strict=True)])


def _cheapest(sizes: list[int]) -> Any:
    """The order in which a chain of matrices costs fewest multiplications, as nested pairs (Cormen et al., Introduction to
    Algorithms, section 15.2). Matrix i is sizes[i] by sizes[i + 1]."""
    n = len(sizes) - 1
    best: dict[tuple[int, int], tuple[int, Any]] = {(i, i): (0, i) for i in range(n)}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost, k = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
            best[i, j] = cost, (best[i, k][1], best[k + 1, j][1])
    return best[0, n - 1][1]


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of two or more matrices, in the cheapest order; the first and the last may be vectors.

    >>> multi_dot([ones(2, 3), ones(3, 4), ones(4)])
    tensor([12., 12.])
    """
    count = len(tensors)
    if count < 2:
        raise RuntimeError(f"linalg.multi_dot: expected at least 2 tensors but got {count}")
    shapes: list[tuple[int, ...]] = [x.array.shape for x in tensors]
    for i, shape in enumerate(shapes):
        if len(shape) != 2 and (len(shape) != 1 or i not in (0, count - 1)):
            raise RuntimeError(
                f"linalg.multi_dot: tensor {i} of shape {shape} must be a matrix (the first and the last: or a vector)"
            )
    sizes = [*[shape[0] for shape in shapes], *(shapes[-1][1:] or (1,))]
    if len(shapes[0]) == 1:
        sizes[0] = 1

    def multiplied(order: Any) -> Tensor:
        if isinstance(order, int):
            return tensors[order]
        return matmul(multiplied(order[0]), multiplied(order[1]))

    return multiplied(_cheapest(sizes))


def chain_matmul(*matrices: Tensor) -> Tensor:
    """The product of matrices in the cheapest order. Deprecated."""
    deprecated("chain_matmul", "linalg.multi_dot")
    if not matrices:
        raise RuntimeError("chain_matmul: expected one or more matrices")
    for x in matrices:
        if x.array.ndim != 2:
            raise RuntimeError(f"chain_matmul: expected matrices, but got shape {x.array.shape}")
    first, *others = matrices
    return multi_dot(matrices) if others else first.clone()


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


def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * the sum of the products of b pairs of matrices: one product of (n, b k) and (b k, m)."""
    a, b = as_operand("addbmm", "batch1", batch1), as_operand("addbmm", "batch2", batch2)
    check_fit("addbmm", "batch1", a.array, "batch2", b.array, (3, 3))
    (count, n, k), (others, rows, m) = a.array.shape, b.array.shape
    if (count, k) != (others, rows):
        raise RuntimeError(
            f"addbmm: batch1 {a.array.shape} and batch2 {b.array.shape} do not fit: expected (b, n, k) and (b, k, m)"
        )
    product = mm(a.transpose(0, 1).reshape(n, count * k), b.reshape(count * k, m))
    return _plus_product("addbmm", input, product, beta, alpha)


def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2), in their common dtype; with beta 0, input is ignored, NaN included.

    >>> addr(zeros(2, 2), tensor([1., 2.]), tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    dtype = result_type(input.array, vec1.array, vec2.array)
    if dtype.kind not in "fc" and not (isinstance(beta, int) and isinstance(alpha, int)):
        raise RuntimeError("addr: for integral input tensors, beta and alpha must not be floating point numbers")
    product = outer(vec1, vec2)
    computed = cast(product, np.int64) if dtype.kind == "b" else cast(product, dtype)
    return cast(_plus_product("addr", cast(input, computed.array.dtype), computed, beta, alpha), dtype)


@primitive(broadcasts=True, fresh=True, torch="LinalgCrossBackward0", shows="{input} × {other}",
           input=lambda g, other, dim: either(_cross)(other, g, dim),  # type: ignore[has-type]  # this row itself
           other=lambda g, input, dim: either(_cross)(g, input, dim))  # type: ignore[has-type]
def _cross(input: TensorLike, other: TensorLike, dim: int) -> Tensor:
    out: Any = np.cross(input, other, axis=dim)
    return out


def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector product along a dimension of size 3; the others broadcast.

    >>> linalg.cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
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
