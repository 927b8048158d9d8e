"""Picking and writing elements by a mask, and finding where elements are not zero."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import common_shape, sizes
from ..arrays.keys import INDEX_DTYPES
from ..primitive import TensorLike, either, primitive, wrap
from .index import _check_same_dtype, _scatter_into, _slice, as_element, index_assign

if TYPE_CHECKING:
    from ..tensor import Tensor


def _check_mask(name: str, mask: Any) -> None:
    if getattr(mask, "dtype", None) != INDEX_DTYPES[2]:
        raise RuntimeError(
            f"{name}: only boolean masks are supported, got {getattr(mask, 'dtype', type(mask).__name__)}; compare "
            "first: x != 0"
        )


@primitive(broadcasts=True, fresh=True, torch="MaskedFillBackward0",
           input=lambda g, mask: either(masked_fill)(g, mask, 0),  # type: ignore[has-type]  # this row itself
           value=lambda g, mask: either(masked_fill)(g, ~mask, 0))  # type: ignore[has-type]
def masked_fill(input: TensorLike, mask: TensorLike, value: TensorLike | float) -> Tensor:
    """A copy with value (a number or a 0-d tensor) where mask is True; mask broadcasts. Keeps input's dtype.

    >>> masked_fill(tensor([1., 2., 3.]), tensor([True, False, True]), 0)
    tensor([0., 2., 0.])
    """
    _check_mask("masked_fill", mask)
    element = as_element("masked_fill", value, input.dtype)
    if element.ndim:
        raise RuntimeError(
            f"masked_fill: value must be a number or a 0-d tensor, got shape {element.shape}; use where()"
        )
    shape = input.shape
    if mask.shape != shape:
        shape = common_shape("masked_fill", input=shape, mask=mask.shape)
    out: Any = np.copy(input if input.shape == shape else np.broadcast_to(input, shape))
    np.copyto(out, element, where=mask)
    return out


def _masked_select_vjp(g: Any, mask: Any, input_shape: tuple[int, ...]) -> Any:
    shape = np.broadcast_shapes(mask.shape, input_shape)
    return either(_scatter_into)(g, np.broadcast_to(mask, shape), shape)


@primitive(broadcasts=True, fresh=True, torch="MaskedSelectBackward0",
           input=_masked_select_vjp)
def masked_select(input: TensorLike, mask: TensorLike) -> Tensor:
    """The elements where mask is True, as a vector; input and mask broadcast.

    >>> masked_select(tensor([1., 2., 3.]), tensor([True, False, True]))
    tensor([1., 3.])
    """
    _check_mask("masked_select", mask)
    shape = common_shape("masked_select", input=input.shape, mask=mask.shape)
    out: Any = np.broadcast_to(input, shape)[np.broadcast_to(mask, shape)]
    return out


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy with the elements of source, in order, where mask is True.

    >>> masked_scatter(zeros(3), tensor([True, False, True]), tensor([1., 2.]))
    tensor([1., 0., 2.])
    """
    _check_mask("masked_scatter", mask.array)
    _check_same_dtype("masked_scatter", input=input, source=source)
    shape = common_shape("masked_scatter", input=input.array.shape, mask=mask.array.shape)
    where = np.broadcast_to(mask.array, shape).copy()
    count = int(np.count_nonzero(where))
    if source.array.size < count:
        raise RuntimeError(f"masked_scatter: source has {source.array.size} elements, but the mask {count} ones")
    return index_assign(input.broadcast_to(shape), (where,), _slice(source.reshape(-1), (slice(count), ...)))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Where the elements are not zero: indices (n, ndim) in int64; as_tuple, one vector per dimension.

    >>> nonzero(tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    array = input.array
    if as_tuple:
        return tuple(wrap(places) for places in np.nonzero(np.atleast_1d(array)))
    return wrap(np.argwhere(array))


def argwhere(input: Tensor) -> Tensor:
    """`nonzero`: where the elements are not zero, a row for each.

    >>> argwhere(tensor([0, 1, 2]))
    tensor([[1],
            [2]])
    """
    return nonzero(input)


def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """The first `size` rows of `nonzero`; if there are fewer, rows of fill_value follow.

    >>> nonzero_static(tensor([0, 1]), size=2)
    tensor([[ 1],
            [-1]])
    """
    if size < 0:
        raise RuntimeError(f"nonzero_static: size must not be negative, got {size}")
    found = np.argwhere(input.array)[:size]
    out = np.full((size, input.array.ndim), fill_value)
    out[: len(found)] = found
    return wrap(out)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Indices into a flattened tensor of this shape as indices into its dimensions, one tensor each.

    >>> unravel_index(tensor([5, 0]), (2, 3))
    (tensor([1, 0]), tensor([2, 0]))
    """
    if not hasattr(indices, "array") or indices.array.dtype.kind not in "iu":
        raise TypeError(f"unravel_index(): indices must be a Tensor of integers, not {getattr(indices, 'dtype', type(indices).__name__)}")
    wanted = sizes("unravel_index", (shape,))
    if any(n < 0 for n in wanted):
        raise ValueError(f"unravel_index: shape must not have negative values, got {wanted}")
    steps = [math.prod(wanted[i + 1 :]) for i in range(len(wanted))]
    places = indices.array.astype(np.int64)
    return tuple(wrap(np.asarray(places // step % n)) for step, n in zip(steps, wanted, strict=True))
