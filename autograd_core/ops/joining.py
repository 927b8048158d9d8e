"""Joining tensors, and cutting them into parts. Parts are views."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import numpy_names, one_dim, sizes
from ..arrays.dtypes import get_default_dtype
from ..arrays.keys import ALL
from ..primitive import Array, TensorLike, primitive, wrap
from .index import _slice
from .shape import _reshape, atleast_1d, atleast_2d, atleast_3d

if TYPE_CHECKING:
    from ..tensor import Tensor


def _pieces(g: Any, tensors_shapes: list[tuple[int, ...]], dim: int) -> list[Any]:
    start, pieces = 0, []
    for shape in tensors_shapes:
        stop = start + shape[dim]
        pieces.append(g[(slice(None),) * dim + (slice(start, stop),)])
        start = stop
    return pieces


@primitive(row_major=True, promotes=True,
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
        if not tensors:
            raise ValueError("cat(): expected a non-empty list of Tensors")
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


@primitive(row_major=True, promotes=True,
           tensors=lambda g, dim, tensors_shapes:
               [g[(slice(None),) * dim + (i,)] for i in range(len(tensors_shapes))])
def _stack(tensors: Sequence[TensorLike], dim: int) -> Tensor:
    return np.stack(tensors, axis=dim)


def stack(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors of one shape joined along a new dimension.

    >>> stack([tensor([1, 2]), tensor([3, 4])]).shape
    Size([2, 2])
    """
    dim = dim if axis is None else axis
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
    """Joined column by column (vectors end to end).

    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    rows = [atleast_1d(x) for x in _listed("hstack", tensors)]
    return cat(rows, 0 if rows[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Joined row by row (vectors become rows).

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(x) for x in _listed("vstack", tensors)], 0)


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Joined along the third dimension: (n,) counts as (1, n, 1), and (m, n) as (m, n, 1).

    >>> dstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(x) for x in _listed("dstack", tensors)], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Joined column by column (vectors become columns).

    >>> column_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    columns = _listed("column_stack", tensors)
    return cat([x if x.array.ndim > 1 else _reshape(x, (x.array.size, 1)) for x in columns], 1)


def _listed(name: str, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    if hasattr(tensors, "array"):
        raise TypeError(f"{name}(): expected a tuple or list of Tensors, got one Tensor")
    if not tensors:
        raise RuntimeError(f"{name}: expects a non-empty list of Tensors")
    for x in tensors:
        if not hasattr(x, "array"):
            raise TypeError(f"{name}(): expected Tensors, got {type(x).__name__}")
    return tensors


def _blocks(g: Any, tensors_shapes: list[tuple[int, ...]]) -> list[Any]:
    row, column, blocks = 0, 0, []
    for rows, columns in tensors_shapes:
        below, right = row + rows, column + columns
        blocks.append(g[row:below, column:right])
        row, column = below, right
    return blocks


@primitive(promotes=True,
           tensors=_blocks)
def _block_diag(tensors: Sequence[TensorLike]) -> Tensor:
    out = np.zeros([sum(sizes) for sizes in zip(*[x.shape for x in tensors], strict=True)], tensors[0].dtype)
    for block, x in zip(_blocks(out, [x.shape for x in tensors]), tensors, strict=True):
        block[...] = x
    return out


def block_diag(*tensors: Tensor) -> Tensor:
    """The matrix with the given ones along its diagonal, zeros elsewhere. A vector counts as a row.

    >>> block_diag(tensor([[1, 2]]), tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    if not tensors:
        return wrap(np.zeros((1, 0), get_default_dtype()))
    for x in _listed("block_diag", tensors):
        if x.array.ndim > 2:
            raise RuntimeError(f"block_diag: expects 2 or fewer dimensions, got shape {tuple(x.shape)}")
    return _block_diag([atleast_2d(x) for x in tensors])


# ---------------------------------------------------------------- cutting


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
    return _split(tensor, _lengths(tensor, split_size_or_sections, dim), dim)


def _lengths(tensor: Tensor, lengths: Any, dim: int) -> tuple[int, ...]:
    """The lengths of the parts, of one length or as given."""
    if not tensor.array.ndim:
        raise RuntimeError("split: expects at least a 1-dimensional tensor")
    total = tensor.array.shape[dim]
    if not isinstance(lengths, int):
        each = tuple(lengths)
        if sum(each) != total or any(length < 0 for length in each):
            raise RuntimeError(f"split: the sizes {list(each)} must sum to {total}, the size of dimension {dim}")
        return each
    if lengths < 0 or (lengths == 0 and total):
        raise RuntimeError(f"split: split_size must be positive, but got {lengths}")
    return tuple(min(lengths, total - at) for at in range(0, total, lengths)) if total else (0,)


def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`split` into parts of the given lengths."""
    return split(input, sizes("split_with_sizes", (split_sizes,)), dim)


@numpy_names
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut into at most `chunks` parts of equal length (the last may be shorter).

    >>> [len(part) for part in chunk(arange(5), 2)]
    [3, 2]
    """
    return split(input, _chunk_sizes(input, chunks, dim), dim)


def _chunk_sizes(input: Tensor, chunks: int, dim: int) -> int | list[int]:
    if chunks <= 0:
        raise RuntimeError(f"chunk: expects chunks to be greater than 0, got {chunks}")
    dim = one_dim("chunk", dim, input.array.ndim)
    if not input.array.ndim:
        raise RuntimeError("chunk: expects at least a 1-dimensional tensor")
    size = input.array.shape[dim]
    return -(-size // chunks) if size else [0] * chunks


def unsafe_split(tensor: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """As `split`, but each part is a view of its own, which may be written to in place (here without danger)."""
    dim = one_dim("unsafe_split", dim, tensor.array.ndim)
    return _parts(tensor, _lengths(tensor, split_size, dim), dim)


def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """`unsafe_split` into parts of the given lengths."""
    return unsafe_split(input, sizes("unsafe_split_with_sizes", (split_sizes,)), dim)


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """As `chunk`, but each part is a view of its own, which may be written to in place."""
    return unsafe_split(input, _chunk_sizes(input, chunks, dim), dim)


def _parts(input: Tensor, lengths: Sequence[int], dim: int) -> tuple[Tensor, ...]:
    stops = list(itertools.accumulate(lengths))
    return tuple(
        _slice(input, (*(ALL,) * dim, slice(stop - n, stop), ...)) for n, stop in zip(lengths, stops, strict=True)
    )


@numpy_names
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut before the given indices, or into so many parts whose lengths differ by at most one (the first are longer).

    Each part is a view of its own.

    >>> tensor_split(arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    >>> tensor_split(arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    return _cut_up("tensor_split", input, indices_or_sections, one_dim("tensor_split", dim, input.array.ndim))


def _cut_up(name: str, input: Tensor, places: Any, dim: int) -> tuple[Tensor, ...]:
    if not input.array.ndim:
        raise RuntimeError(f"{name}: expects at least a 1-dimensional tensor")
    size = input.array.shape[dim]
    if hasattr(places, "array"):
        if places.array.dtype != np.int64 or places.array.ndim > 1:
            raise RuntimeError(
                f"{name}: indices must be a vector or number of dtype int64, got {places.array.dtype} of shape {places.array.shape}"
            )
        places = places.tolist()
    if isinstance(places, tuple | list):
        cuts = [slice(*pair) for pair in itertools.pairwise([0, *sizes(name, (places,)), size])]
        return tuple(_slice(input, (*(ALL,) * dim, cut, ...)) for cut in cuts)
    (count,) = sizes(name, (places,))
    if count <= 0:
        raise RuntimeError(f"{name}: the number of sections must be larger than 0, got {count}")
    length, longer = divmod(size, count)
    return _parts(input, [length + 1] * longer + [length] * (count - longer), dim)


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut column by column (a vector: element by element) into equal parts, or before the given indices.

    >>> hsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1],
            [3]]), tensor([[2],
            [4]]))
    """
    return _evenly("hsplit", input, indices_or_sections, 0 if input.array.ndim == 1 else 1, 1)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut row by row into equal parts, or before the given indices.

    >>> vsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _evenly("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut along the third dimension into equal parts, or before the given indices.

    >>> dsplit(tensor([[[1, 2]]]), 2)
    (tensor([[[1]]]), tensor([[[2]]]))
    """
    return _evenly("dsplit", input, indices_or_sections, 2, 3)


def _evenly(name: str, input: Tensor, places: Any, dim: int, ndim: int) -> tuple[Tensor, ...]:
    shape = input.array.shape
    if len(shape) < ndim:
        raise RuntimeError(f"{name}: expects at least {ndim} dimensions, got shape {shape}")
    if isinstance(places, int) and (places <= 0 or shape[dim] % places):
        raise RuntimeError(f"{name}: dimension {dim} of size {shape[dim]} cannot be cut into {places} equal parts")
    return _cut_up(name, input, places, dim)


@primitive(views=True, several=True, fresh=True,
           input=lambda g, dim: np.stack(g, axis=dim))
def _unbind(input: TensorLike, dim: int) -> Tensor:
    return tuple(np.moveaxis(input, dim, 0)[i, ...] for i in range(input.shape[dim]))


@numpy_names
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
