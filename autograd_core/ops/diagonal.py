"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..primitive import Array, TensorLike, either, primitive

if TYPE_CHECKING:
    from ..tensor import Tensor


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
