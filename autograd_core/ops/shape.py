"""Operations that move elements without computing on them. Where NumPy gives a view, so do we."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import one_dim, sizes, some_dims
from ..primitive import Array, TensorLike, primitive

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- the same elements in another shape


@primitive(views=True, torch="ViewBackward0",
           input=lambda g, input_shape: g.reshape(input_shape))
def _reshape(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    return input.reshape(shape)


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements, in order, in another shape; one size may be -1. A view where possible.

    >>> reshape(arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    wanted = sizes("reshape", shape)
    try:
        return _reshape(input, wanted)
    except ValueError:
        raise _does_not_fit("reshape", input, wanted) from None


def view(input: Tensor, *shape: Any) -> Tensor:
    """As `reshape`, but always a view: raises where the memory's layout does not allow one.

    ``view(dtype)`` is not supported: it would reinterpret bytes.
    """
    if len(shape) == 1 and not isinstance(shape[0], int | np.integer | tuple | list):
        raise NotImplementedError("view(dtype): reinterpreting bytes is not supported; use .to(dtype) to convert")
    wanted = sizes("view", shape)
    try:
        out = _reshape(input, wanted)
    except ValueError:
        raise _does_not_fit("view", input, wanted) from None
    if out.array.size and not np.may_share_memory(out.array, input.array):
        raise RuntimeError(
            f"view: size {wanted} is not compatible with the memory layout of the input (shape {tuple(input.shape)}, "
            "not contiguous). Use .reshape(...) instead."
        )
    return out


def _does_not_fit(name: str, input: Tensor, shape: tuple[int, ...]) -> RuntimeError:
    return RuntimeError(
        f"{name}: shape '{list(shape)}' is invalid for input of size {input.array.size} (shape {tuple(input.shape)}): "
        "the product of the sizes must be the number of elements; one of them may be -1"
    )


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """view in the shape of other."""
    return view(input, other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """reshape to the shape of other."""
    return reshape(input, other.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the dimensions from start_dim to end_dim into one.

    >>> flatten(zeros(2, 3, 4), 1).shape
    Size([2, 12])
    """
    shape = input.array.shape
    first, last = one_dim("flatten", start_dim, len(shape)), one_dim("flatten", end_dim, len(shape))
    if first > last:
        raise RuntimeError(f"flatten: start_dim {start_dim} must not come after end_dim {end_dim}")
    if first == last and shape:
        return input
    joined = int(np.prod(shape[first : last + 1], dtype=np.int64))
    return _reshape(input, (*shape[:first], joined, *shape[last + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """flatten to one dimension."""
    return flatten(input)


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split one dimension into several.

    >>> unflatten(zeros(2, 12), 1, (3, -1)).shape
    Size([2, 3, 4])
    """
    at = one_dim("unflatten", dim, input.array.ndim)
    shape = input.array.shape
    return reshape(input, (*shape[:at], *sizes, *shape[at + 1 :]))


@primitive(views=True,
           input=lambda g, input_shape: g.reshape(input_shape))
def _unsqueeze(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    return input.reshape(shape)


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Insert a dimension of size 1 before dim.

    >>> unsqueeze(zeros(3), 0).shape
    Size([1, 3])
    """
    shape = input.array.shape
    at = one_dim("unsqueeze", dim, len(shape) + 1)
    return _unsqueeze(input, (*shape[:at], 1, *shape[at:]))


@primitive(views=True,
           input=lambda g, input_shape: g.reshape(input_shape))
def _squeeze(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    return input.reshape(shape)


def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Remove the dimensions of size 1: all, or those named if they have size 1.

    >>> squeeze(zeros(1, 3, 1)).shape, squeeze(zeros(1, 3, 1), 0).shape
    (Size([3]), Size([3, 1]))
    """
    shape = input.array.shape
    dims = some_dims("squeeze", dim, len(shape))
    return _squeeze(input, tuple(n for i, n in enumerate(shape) if n != 1 or (dims is not None and i not in dims)))


# ---------------------------------------------------------------- dimensions in another order


@primitive(views=True,
           input=lambda g, dims: np.transpose(g, tuple(np.argsort(dims))))
def _permute(input: TensorLike, dims: tuple[int, ...]) -> Tensor:
    return input.transpose(dims)


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in the given order.

    >>> permute(zeros(2, 3, 4), 2, 0, 1).shape
    Size([4, 2, 3])
    """
    given = sizes("permute", dims)
    ndim = input.array.ndim
    order = tuple(one_dim("permute", d, ndim) for d in given)
    if sorted(order) != list(range(ndim)):
        raise RuntimeError(f"permute: dims {given} must name each of the {ndim} dimensions once")
    return _permute(input, order)


@primitive(views=True,
           input=lambda g, dim0, dim1: np.swapaxes(g, dim0, dim1))
def _transpose(input: TensorLike, dim0: int, dim1: int) -> Tensor:
    return input.swapaxes(dim0, dim1)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions.

    >>> transpose(zeros(2, 3), 0, 1).shape
    Size([3, 2])
    """
    ndim = input.array.ndim
    first, second = one_dim("transpose", dim0, ndim), one_dim("transpose", dim1, ndim)
    return _transpose(input, first, second) if ndim else _reshape(input, ())


swapaxes = swapdims = transpose


@primitive(views=True, shows="{input}^T",
           input=lambda g: g.T)
def _t(input: TensorLike) -> Tensor:
    return input.T


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or number stays as it is."""
    if input.array.ndim > 2:
        raise RuntimeError(f"t: expects a tensor with <= 2 dimensions, but got shape {tuple(input.shape)}; use .mT")
    return _t(input)


def matrix_transpose(input: Tensor) -> Tensor:
    """The last two dimensions exchanged: ``x.mT``."""
    if input.array.ndim < 2:
        raise RuntimeError(f"mT: expects at least 2 dimensions, but got shape {tuple(input.shape)}")
    return _transpose(input, input.array.ndim - 2, input.array.ndim - 1)


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places, the rest keeping their order.

    >>> movedim(zeros(2, 3, 4), 0, -1).shape
    Size([3, 4, 2])
    """
    ndim = input.array.ndim
    origin = [source] if isinstance(source, int) else list(source)
    target = [destination] if isinstance(destination, int) else list(destination)
    origin = [one_dim("movedim", d, ndim) for d in origin]
    target = [one_dim("movedim", d, ndim) for d in target]
    if len(set(origin)) != len(origin) or len(set(target)) != len(target) or len(origin) != len(target):
        raise RuntimeError(f"movedim: source {source} and destination {destination} must name as many distinct dims")
    order = [d for d in range(ndim) if d not in origin]
    for place, d in sorted(zip(target, origin, strict=True)):
        order.insert(place, d)
    return _permute(input, tuple(order))


moveaxis = movedim


@primitive(np.flip,
           input=lambda g, dims: np.flip(g, dims))
def _flip(input: TensorLike, dims: tuple[int, ...]) -> Tensor:
    return np.flip(input, dims).copy()


def flip(input: Tensor, *dims: Any) -> Tensor:
    """The order of the elements reversed along dims (a copy, as in PyTorch).

    >>> flip(tensor([1, 2, 3]), 0)
    tensor([3, 2, 1])
    """
    return _flip(input, some_dims("flip", sizes("flip", dims), input.array.ndim) or ())


@primitive(fresh=True,
           input=lambda g, shifts, dims: np.roll(g, tuple(-shift for shift in shifts), dims))
def _roll(input: TensorLike, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Tensor:
    return np.roll(input, shifts, dims)


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved along dims, those that fall off the end coming in at the start.

    >>> roll(tensor([1, 2, 3]), 1, 0)
    tensor([3, 1, 2])
    """
    if dims is None:
        return _reshape(roll(flatten(input), shifts, 0), input.array.shape)
    by = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    along = (dims,) if isinstance(dims, int) else tuple(dims)
    if not input.array.ndim:
        raise IndexError(f"roll: a 0-d tensor has no dimension {dims}")
    if len(by) != len(along):
        raise RuntimeError(f"roll: shifts {shifts} and dims {dims} must have the same length")
    return _roll(input, by, tuple(one_dim("roll", d, input.array.ndim) for d in along))


# ---------------------------------------------------------------- repetition


@primitive(views=True, broadcasts=True,
           input=lambda g: g)
def _expand(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    out = np.broadcast_to(input, shape)
    out.flags.writeable = input.flags.writeable  # in-place operations look at the strides themselves
    return out


def expand(input: Tensor, *size: Any) -> Tensor:
    """Dimensions of size 1 stretched without copying; -1 leaves a size as it is.

    >>> expand(tensor([[1], [2]]), 2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = sizes("expand", size)
    shape = input.array.shape
    if len(wanted) < len(shape):
        raise RuntimeError(
            f"expand: the number of sizes given ({len(wanted)}, {wanted}) must be at least the number of dimensions "
            f"of the tensor ({len(shape)}, shape {shape})"
        )
    padded = (None,) * (len(wanted) - len(shape)) + shape
    target = []
    for old, new in zip(padded, wanted, strict=True):
        if new == -1 and old is None:
            raise RuntimeError(f"expand: size -1 is not allowed for a new leading dimension ({wanted})")
        if new != -1 and old not in (None, 1, new):
            raise RuntimeError(
                f"expand: the expanded size {new} must match the existing size {old} where that is not 1; "
                f"target sizes {wanted}, tensor sizes {shape}"
            )
        target.append(old if new == -1 else new)
    return _expand(input, tuple(target))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """expand to the shape of other."""
    return expand(input, other.shape)


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """expand to the given size."""
    return expand(input, size)


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Copies side by side: repeats[i] of them along dimension i.

    >>> repeat(tensor([1, 2]), 2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = sizes("repeat", repeats)
    shape = input.array.shape
    if len(times) < len(shape):
        raise RuntimeError(
            f"repeat: number of repeats ({len(times)}) must be at least the number of dimensions ({len(shape)})"
        )
    if any(n < 0 for n in times):
        raise RuntimeError(f"repeat: the numbers of repeats must not be negative, got {times}")
    shape = (1,) * (len(times) - len(shape)) + shape
    between = tuple(n for size in shape for n in (1, size))
    stretched = tuple(n for pair in zip(times, shape, strict=True) for n in pair)
    repeated = _expand(_reshape(input, between), stretched)
    out = _reshape(repeated, tuple(n * size for n, size in zip(times, shape, strict=True)))
    return out if out._base is None else out.clone()


# ---------------------------------------------------------------- joining and cutting


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
            raise RuntimeError(f"stack: expects each tensor to be of equal size, but got shapes {shapes}")
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


def contiguous(input: Tensor) -> Tensor:
    """The tensor in row-major memory: itself, or a copy."""
    return input if input.array.flags.c_contiguous else input.clone()
