"""Joining tensors, and cutting them into parts. Parts are views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import one_dim
from ..primitive import Array, TensorLike, primitive
from .shape import _reshape

if TYPE_CHECKING:
    from ..tensor import Tensor


def _pieces(g: Any, tensors_shapes: list[tuple[int, ...]], dim: int) -> list[Any]:
    start, pieces = 0, []
    for shape in tensors_shapes:
        stop = start + shape[dim]
        pieces.append(g[(slice(None),) * dim + (slice(start, stop),)])
        start = stop
    return pieces


@primitive(promotes=True,
           tensors=_pieces)
def _cat(tensors: Sequence[TensorLike], dim: int) -> Tensor:
    return np.concatenate(tensors, axis=dim)


def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors joined along an existing dimension; all other sizes must agree.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    dim = dim if axis is None else axis
    if not hasattr(tensors, "array"):
        # PyTorch's relic: an empty 1-d tensor joins with anything
        tensors = list(tensors)
        full = next((x.array.shape for x in tensors if x.array.shape != (0,)), None)
        if full is not None and len(full) > 1:
            place = one_dim("cat", dim, len(full))
            hollow = (*full[:place], 0, *full[place + 1 :])
            tensors = [_reshape(x, hollow) if x.array.shape == (0,) else x for x in tensors]
        shapes = [tuple(x.array.shape) for x in tensors]
        if any(not shape for shape in shapes):
            raise RuntimeError("cat: zero-dimensional tensors cannot be joined; use stack(...)")
        if shapes:
            dim = one_dim("cat", dim, len(shapes[0]))
            if any(
                len(s) != len(shapes[0]) or s[:dim] + s[dim + 1 :] != shapes[0][:dim] + shapes[0][dim + 1 :]
                for s in shapes
            ):
                raise RuntimeError(
                    f"cat: sizes of tensors must match except in dimension {dim}, but got shapes {shapes}"
                )
    return _cat(tensors, dim)


concat = concatenate = cat


@primitive(promotes=True,
           tensors=lambda g, dim, tensors_shapes:
               [g[(slice(None),) * dim + (i,)] for i in range(len(tensors_shapes))])
def _stack(tensors: Sequence[TensorLike], dim: int) -> Tensor:
    return np.stack(tensors, axis=dim)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension.

    >>> stack([tensor([1, 2]), tensor([3, 4])]).shape
    Size([2, 2])
    """
    if not hasattr(tensors, "array"):
        tensors = list(tensors)
        shapes = [tuple(x.array.shape) for x in tensors]
        if any(shape != shapes[0] for shape in shapes):
            raise RuntimeError(f"stack: expects each tensor to be of equal size, but got shapes {shapes}; pad them first "
                "(nn.functional.pad, nn.utils.rnn.pad_sequence), or join them end to end with cat")
        if shapes:
            dim = one_dim("stack", dim, len(shapes[0]) + 1)
    return _stack(tensors, dim)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Joined column by column (vectors end to end)."""
    rows = [x.reshape(1) if x.ndim == 0 else x for x in _listed("hstack", tensors)]
    return cat(rows, 0 if rows and rows[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Joined row by row (vectors become rows)."""
    return cat([x.reshape(1, -1) if x.ndim < 2 else x for x in _listed("vstack", tensors)], 0)


def _listed(name: str, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    if hasattr(tensors, "array"):
        raise TypeError(f"{name}(): expected a tuple or list of Tensors, got one Tensor")
    return tensors


def _cut(x: Array, lengths: tuple[int, ...], dim: int) -> tuple[Array, ...]:
    start, parts = 0, []
    for length in lengths:
        parts.append(x[(slice(None),) * dim + (slice(start, start + length),)])
        start += length
    return tuple(parts)


@primitive(views=True, several=True, fresh=True,
           input=lambda g, dim: np.concatenate(g, axis=dim))
def _split(input: TensorLike, lengths: tuple[int, ...], dim: int) -> Tensor:
    return _cut(input, lengths, dim)


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut into parts of one length (the last may be shorter), or of the given lengths.

    >>> split(arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    dim = one_dim("split", dim, tensor.array.ndim)
    if not tensor.array.ndim:
        raise RuntimeError("split: expects at least a 1-dimensional tensor")
    total = tensor.array.shape[dim]
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step < 0 or (step == 0 and total):
            raise RuntimeError(f"split: split_size must be positive, but got {step}")
        lengths = tuple(min(step, total - at) for at in range(0, total, step)) if total else (0,)
    else:
        lengths = tuple(split_size_or_sections)
        if sum(lengths) != total or any(length < 0 for length in lengths):
            raise RuntimeError(f"split: the sizes {list(lengths)} must sum to {total}, the size of dimension {dim}")
    return _split(tensor, lengths, dim)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut into at most `chunks` parts of equal length (the last may be shorter).

    >>> [len(part) for part in chunk(arange(5), 2)]
    [3, 2]
    """
    if chunks <= 0:
        raise RuntimeError(f"chunk: expects chunks to be greater than 0, got {chunks}")
    dim = one_dim("chunk", dim, input.array.ndim)
    if not input.array.ndim:
        raise RuntimeError("chunk: expects at least a 1-dimensional tensor")
    size = input.array.shape[dim]
    return split(input, -(-size // chunks) if size else [0] * chunks, dim)


@primitive(views=True, several=True, fresh=True,
           input=lambda g, dim: np.stack(g, axis=dim))
def _unbind(input: TensorLike, dim: int) -> Tensor:
    return tuple(np.moveaxis(input, dim, 0)[i, ...] for i in range(input.shape[dim]))


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, which disappears.

    >>> unbind(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    if not input.array.ndim:
        raise IndexError("unbind: a 0-d tensor has no dimension to remove")
    dim = one_dim("unbind", dim, input.array.ndim)
    if input.array.shape[dim] == 0:
        return ()
    return _unbind(input, dim)
