"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import one_dim
from ..primitive import Array, TensorLike, either, primitive
from .index import _with_region

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- diagonals


def _on_diagonal(g: Any, offset: int, dim1: int, dim2: int, input_shape: tuple[int, ...]) -> Any:
    return either(_place_diagonal)(g, offset, dim1, dim2, input_shape)


def _diagonal_view(input: Array, offset: int, dim1: int, dim2: int) -> Array:
    out = np.diagonal(input, offset, dim1, dim2)
    out.flags.writeable = input.flags.writeable
    return out


@primitive(views=True, fresh=True, torch="DiagonalBackward0", input=_on_diagonal)
def _diagonal(input: TensorLike, offset: int, dim1: int, dim2: int) -> Tensor:
    return _diagonal_view(input, offset, dim1, dim2)


@primitive(torch="DiagEmbedBackward0",
           input=lambda g, offset, dim1, dim2: either(_diagonal)(g, offset, dim1, dim2))
def _place_diagonal(input: TensorLike, offset: int, dim1: int, dim2: int, shape: tuple[int, ...]) -> Tensor:
    out: Any = np.zeros(shape, input.dtype)
    _diagonal_view(out, offset, dim1, dim2)[...] = input
    return out


def _plane(name: str, dim1: int, dim2: int, ndim: int) -> tuple[int, int]:
    first, second = one_dim(name, dim1, ndim), one_dim(name, dim2, ndim)
    if first == second:
        raise RuntimeError(f"{name}: the diagonal's dimensions must differ, but {dim1} and {dim2} are the same")
    return first, second


def _check_offset(name: str, offset: Any) -> None:
    if not isinstance(offset, int | np.integer):
        raise TypeError(f"{name}(): the offset of the diagonal must be an int, not {type(offset).__name__}")


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A view of the diagonal in the plane of two dimensions, as the last dimension; offset > 0 lies above it.

    >>> diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    _check_offset("diagonal", offset)
    return _diagonal(input, offset, *_plane("diagonal", dim1, dim2, input.array.ndim))


def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """`diagonal` of matrices, in the last two dimensions."""
    return diagonal(A, offset, dim1, dim2)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The last dimension as the diagonal of square matrices of zeros, in two further dimensions.

    >>> diag_embed(tensor([1, 2]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    _check_offset("diag_embed", offset)
    ndim = input.array.ndim + 1
    first, second = sorted(_plane("diag_embed", dim1, dim2, ndim))
    *rest, length = input.array.shape
    size = length + abs(offset)
    shape = tuple(rest)
    for dim in (first, second):
        shape = (*shape[:dim], size, *shape[dim:])
    return _place_diagonal(input, offset, dim1 % ndim, dim2 % ndim, shape)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Of a vector, the matrix with it as its diagonal; of a matrix, its diagonal (a copy).

    >>> diag(tensor([1, 2])), diag(tensor([[1, 2], [3, 4]]), 1)
    (tensor([[1, 0],
            [0, 2]]), tensor([2]))
    """
    if input.array.ndim == 1:
        return diag_embed(input, diagonal)
    if input.array.ndim != 2:
        raise RuntimeError(f"diag: expects a vector or a matrix, got shape {tuple(input.shape)}; use diagonal or diag_embed")
    _check_offset("diag", diagonal)
    return _diagonal(input, diagonal, 0, 1).clone()


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix with all elements of input as its diagonal.

    >>> diagflat(tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(input.reshape(-1), offset)


def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy with src as its `diagonal`.

    >>> diagonal_scatter(zeros(2, 2), tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    _check_offset("diagonal_scatter", offset)
    shape = input.array.shape
    plane = _plane("diagonal_scatter", dim1, dim2, len(shape))
    places = np.diagonal(np.arange(input.array.size).reshape(shape), offset, *plane)
    return _with_region("diagonal_scatter", input.reshape(-1), (places,), places.shape, src).reshape(shape)


# ---------------------------------------------------------------- triangles


def _check_matrix(name: str, input: Array, diagonal: Any) -> None:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions, got shape {input.shape}")
    if not isinstance(diagonal, int | np.integer):
        raise TypeError(f"{name}(): diagonal must be an int, not {type(diagonal).__name__}")


@primitive(fresh=True,
           input=lambda g, diagonal: either(tril)(g, diagonal))  # type: ignore[has-type]  # this row itself
def tril(input: TensorLike, diagonal: int = 0) -> Tensor:
    """The lower triangle of each matrix (from the given diagonal down), zeros elsewhere.

    >>> tril(ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    _check_matrix("tril", input, diagonal)
    out: Any = np.tril(input, diagonal)
    return out


@primitive(fresh=True,
           input=lambda g, diagonal: either(triu)(g, diagonal))  # type: ignore[has-type]  # this row itself
def triu(input: TensorLike, diagonal: int = 0) -> Tensor:
    """The upper triangle of each matrix (from the given diagonal up), zeros elsewhere.

    >>> triu(ones(2, 2), 1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    _check_matrix("triu", input, diagonal)
    out: Any = np.triu(input, diagonal)
    return out
