"""Picking elements, and its adjoint: putting gradients back among zeros.

A key is read once, by `keys.array_key`. An element that is picked twice receives both gradients.
"""

from __future__ import annotations

import math
from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dims import one_dim
from ..keys import ALL, INDEX_DTYPES, array_key, bad_key, is_plain
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import mul, plus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..dtypes import DType
    from ..tensor import Tensor

# ---------------------------------------------------------------- x[key]


def _zeros(shape: tuple[int, ...], like: Any) -> Any:
    if isinstance(like, np.ndarray | np.generic):
        return np.zeros(shape, like.dtype)
    return np.zeros_like(like, shape=shape)  # the slower form, for arrays that are not NumPy's


def _put_back(g: Any, key: Any, input_shape: tuple[int, ...]) -> Any:
    """Zeros, with g added at key."""
    out = _zeros(input_shape, g)
    if not out.size:
        return out
    parts = (key,) if isinstance(key, np.ndarray) else key
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if not arrays or (len(arrays) == 1 and arrays[0].dtype == bool):  # nothing is picked twice
        out[key] = g
    elif len(arrays) == len(parts) and all(array.dtype != bool for array in arrays):
        count = math.prod(input_shape[: len(parts)])
        _add_rows(out.reshape((count, -1)), _row_numbers(parts, input_shape), g)
    else:
        np.add.at(out.reshape(-1), _positions(parts, input_shape).reshape(-1), g.reshape(-1))
    return out


def _row_numbers(indices: tuple[Array, ...], shape: tuple[int, ...]) -> Array:
    """The indices into the leading dimensions as indices into one."""
    rows = indices[0].astype(np.int64, copy=False)
    for index, size in zip(indices[1:], shape[1:], strict=False):
        rows = rows * size + np.where(index < 0, index + size, index)
    return rows  # where the first index is negative, so is the row: it counts from the end


def _add_rows(out: Array, rows: Array, g: Array) -> None:
    """out[rows] += g, adding up where a row is named twice. A flat np.add.at is several times faster than one on
    rows; assignment, where all rows differ, faster still."""
    count, width = out.shape
    if width > 1:
        number = np.arange(rows.size).reshape(rows.shape)
        mark = np.empty(count, np.intp)
        mark[rows] = number
        if (mark[rows] == number).all():  # each found its own number where it left it
            out[rows] = g.reshape((*rows.shape, width))
            return
        rows = rows[..., None] * width + np.arange(width)
    np.add.at(out.reshape(-1), rows.reshape(-1), g.reshape(-1))


def _positions(key: tuple[Any, ...], shape: tuple[int, ...]) -> Array:
    """Where the elements that a key picks stand in the flattened array."""
    at: Any = 0
    step = 1
    for axis in reversed(range(len(shape))):
        numbers = np.arange(shape[axis]).reshape((-1,) + (1,) * (len(shape) - axis - 1))
        at = at + np.broadcast_to(numbers, shape)[key] * step
        step *= shape[axis]
    return at


@primitive(torch="IndexPutBackward0",
           input=lambda g, key: g[key])
def _scatter_into(input: TensorLike, key: Any, shape: Any) -> Tensor:
    return _put_back(input, key, shape)


def _key_vjp(g: Any, key: Any, input_shape: tuple[int, ...]) -> Any:
    return either(_scatter_into)(g, key, input_shape)


def _picked(input: Array, key: Any) -> Any:
    try:
        return input[key]
    except IndexError as error:
        raise bad_key(input, error) from None


@primitive(views=True, fresh=True, torch="SelectBackward0", shows="{input}[…]",
           fast={"input": _put_back},
           input=_key_vjp)
def _select(input: TensorLike, key: Any) -> Tensor:
    return _picked(input, key)


@primitive(views=True, fresh=True, torch="SliceBackward0", shows="{input}[…]",
           fast={"input": _put_back},
           input=_key_vjp)
def _slice(input: TensorLike, key: Any) -> Tensor:
    return _picked(input, key)


@primitive(fresh=True, torch="IndexBackward0", shows="{input}[{index}]",
           input=lambda g, index, key, input_shape: _key_vjp(g, index if key is None else key, input_shape))
def _index(input: TensorLike, index: TensorLike, key: Any) -> Tensor:
    return _picked(input, index if key is None else key)


def getitem(input: Tensor, key: Any) -> Tensor:
    """The operator ``x[key]``, with all that NumPy and PyTorch allow.

    Ints, slices (negative steps too), None and ``...`` give a view; index tensors, arrays, lists and masks a
    copy. An element that is picked repeatedly receives the sum of the gradients.

    >>> x = tensor([[1., 2., 3.], [4., 5., 6.]])
    >>> getitem(x, (0, slice(None, None, -1)))
    tensor([3., 2., 1.])
    >>> getitem(x, x > 4)
    tensor([5., 6.])
    """
    kind = key.__class__
    if kind is int:
        return _select(input, (key, ...))
    if kind is slice and is_plain(key.start) and is_plain(key.stop) and is_plain(key.step):
        return _slice(input, (key, ...))
    index = getattr(key, "array", None)
    if index is not None and index.ndim and index.dtype in INDEX_DTYPES:
        return _index(input, key, None)
    key = array_key(input, key)
    for part in key:
        if isinstance(part, np.ndarray):
            return _index(input, wrap(part), key)
    last = key[-2] if len(key) > 1 and key[-1] is Ellipsis else key[-1]
    return _select(input, key) if last.__class__ is int else _slice(input, key)


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one index along dim, which disappears.

    >>> select(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return _select(input, (ALL,) * one_dim("select", dim, input.array.ndim) + (as_int(index), ...))


# ---------------------------------------------------------------- x[key] = value


def as_element(name: str, value: Any, dtype: DType) -> Any:
    """A number or 0-d array in the dtype of the tensor that it is written to."""
    if isinstance(value, np.ndarray):
        return value.astype(dtype)
    try:
        if dtype.kind == "f" and 65504 < abs(value) != math.inf and abs(value) > np.finfo(dtype).max:
            raise OverflowError
        if dtype.kind in "iu":
            value = int(value)  # an infinity or NaN raises
            if dtype.kind == "u" and -np.iinfo(dtype).max <= value < 0:
                value += np.iinfo(dtype).max + 1  # as in C
        return np.array(value, dtype)
    except (OverflowError, TypeError, ValueError):
        raise RuntimeError(f"{name}: value {value} cannot be converted to {dtype} without overflow") from None


@primitive(broadcasts=True, torch="IndexPutBackward0",
           input=lambda g, key: either(index_assign)(g, key, 0),  # type: ignore[has-type]  # this row itself
           value=lambda g, key: g[key])
def index_assign(input: TensorLike, key: Any, value: TensorLike | float) -> Tensor:
    """A copy of input with ``input[key] = value``; key as `array_key` gives it. Of duplicates the last wins."""
    out: Any = np.copy(input)
    try:
        out[key] = as_element("index_assign", value, out.dtype)
    except IndexError as error:
        raise bad_key(input, error) from None
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: a value of shape {np.shape(value)} cannot be broadcast to the indexed region of shape "
            f"{out[key].shape} (of a tensor of shape {out.shape})"
        ) from None
    return out


def index_put(input: Tensor, indices: Sequence[Any], values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with ``input[indices] = values``; accumulate adds instead, duplicates included.

    >>> index_put(zeros(3), (tensor([0, 0, 2]),), tensor([1., 2., 3.]), accumulate=True)
    tensor([3., 0., 3.])
    """
    _check_same_dtype("index_put", input=input, values=values)
    for index in indices:
        if not hasattr(index, "_edge"):
            raise TypeError(f"index_put(): indices must be a tuple of Tensors, but one is a {type(index).__name__}")
    key = array_key(input, tuple(indices))
    region = _picked(input.array, key).shape
    try:
        values = values.broadcast_to(region)
    except RuntimeError:
        raise RuntimeError(
            f"index_put: values of shape {tuple(values.shape)} cannot be broadcast to the indexed region of shape "
            f"{region}"
        ) from None
    if accumulate:
        return plus(input, _scatter_into(values, key, input.array.shape))
    return index_assign(input, key, values)


def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """A copy with alpha * source added at the given indices along dim.

    >>> index_add(zeros(3), 0, tensor([0, 0, 2]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    if not input.array.ndim:
        return index_add(input.reshape(1), dim, index.reshape(1), source.reshape(1), alpha=alpha).reshape(())
    dim = one_dim("index_add", dim, input.array.ndim)
    rows = _checked_vector("index_add", input.array, dim, index)
    _check_same_dtype("index_add", input=input, source=source)
    if source.array.shape[dim : dim + 1] != rows.shape:
        raise RuntimeError(
            f"index_add: the number of indices ({rows.size}) must equal the size of source {tuple(source.shape)} "
            f"along dim {dim}"
        )
    scaled = source if alpha == 1 else mul(source, alpha)
    return plus(input, _scatter_into(scaled, (ALL,) * dim + (rows,), input.array.shape))


def index_fill(input: Tensor, dim: int, index: Tensor, value: TensorLike | float) -> Tensor:
    """A copy with one value (a number or a 0-d tensor) at the given indices along dim.

    >>> index_fill(zeros(3), 0, tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    if not input.array.ndim:
        return index_fill(input.reshape(1), dim, index, value).reshape(())
    dim = one_dim("index_fill", dim, input.array.ndim)
    return index_assign(input, array_key(input, (ALL,) * dim + (index,)), value)


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices at the given indices (1-d, int64 or int32) along dim; repeated ones share the gradient's sum.

    >>> index_select(tensor([[1, 2, 3], [4, 5, 6]]), 1, tensor([2, 0]))
    tensor([[3, 1],
            [6, 4]])
    """
    dim = one_dim("index_select", dim, input.array.ndim)
    rows = _checked_vector("index_select", input.array, dim, index)
    if not input.array.ndim:
        return input.clone()
    if not index.array.ndim:
        index = wrap(rows)
    return _index_select(input, dim, index)


@primitive(fresh=True, torch="IndexSelectBackward0", shows="{input}[{index}]",
           input=lambda g, index, dim, input_shape: _key_vjp(g, (ALL,) * dim + (index,), input_shape))
def _index_select(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    return input.take(index, axis=dim)


def _checked_vector(name: str, input: Array, dim: int, index: Tensor) -> Array:
    """The indices along dim as a 1-d array, within bounds and not negative."""
    array = index.array
    if array.dtype.kind != "i" or array.dtype.itemsize < 4:
        raise RuntimeError(f"{name}: expected dtype int32 or int64 for index, got {array.dtype}; use .long()")
    if array.ndim > 1:
        raise IndexError(f"{name}: index must be a vector, got shape {array.shape}; use index.flatten()")
    if not input.ndim and array.size != 1:
        raise RuntimeError(f"{name}: an index into a 0-d tensor must have exactly one element, got {array.size}")
    _check_bounds(name, array, dim, input.shape[dim] if input.ndim else 1, IndexError)
    return array.reshape(-1)


def _check_bounds(
    name: str, index: Array, dim: int, size: int, error: type[Exception] = RuntimeError
) -> None:
    # as unsigned numbers, negative indices are the largest
    if index.size and np.maximum.reduce(index.view(f"u{index.itemsize}"), axis=None) >= size:
        wrong = index[(index < 0) | (index >= size)].reshape(-1)[0]
        raise (error if size else RuntimeError)(
            f"{name}: index {wrong} is out of bounds for dimension {dim} with size {size}; indices run from 0 to "
            f"{size - 1}"
        )


def _check_same_dtype(name: str, **tensors: Tensor) -> None:
    (first, x), (second, y) = tensors.items()
    if x.array.dtype != y.array.dtype:
        raise RuntimeError(
            f"{name}: {first} ({x.array.dtype}) and {second} ({y.array.dtype}) must have the same dtype; convert one "
            "with .to(dtype)"
        )


# ---------------------------------------------------------------- gather, scatter


def _check_index(name: str, shape: tuple[int, ...], dim: int, index: Any, src: tuple[int, ...] | None = None) -> None:
    if getattr(index, "dtype", None) not in INDEX_DTYPES[:2]:
        raise RuntimeError(
            f"{name}: expected dtype int64 or int32 for index, got {getattr(index, 'dtype', type(index).__name__)}; "
            "use .long()"
        )
    if not index.size:
        return
    for other, limits in (("input", shape), ("src", src)):
        if limits is None:
            continue
        if max(index.ndim, 1) != max(len(limits), 1):
            raise RuntimeError(
                f"{name}: index (shape {index.shape}) must have as many dimensions as {other} (shape {limits}); "
                "use index.unsqueeze(dim)"
            )
        for axis, (n, limit) in enumerate(zip(index.shape, limits, strict=False)):
            if n > limit and (axis != dim or other == "src"):
                raise RuntimeError(
                    f"{name}: index of shape {index.shape} must be no larger than {other} of shape {limits}"
                    + (f" apart from dimension {dim}" if other == "input" else "")
                )
    _check_bounds(name, index, dim, shape[dim] if shape else 1)


def _along(shape: tuple[int, ...], dim: int, index: Array) -> Array:
    """Where the elements that gather and scatter mean by index stand in the flattened array of this shape."""
    if len(shape) < 2 or not index.size:
        return index
    at: Any = 0
    step = 1
    for axis in reversed(range(len(shape))):
        column = (-1,) + (1,) * (len(shape) - axis - 1)
        at = at + (index if axis == dim else np.arange(index.shape[axis]).reshape(column)) * np.int64(step)
        step *= shape[axis]
    return at


@primitive(fresh=True,
           input=lambda g, index, dim: either(_gather)(g, dim, index))  # type: ignore[has-type]  # below
def _ungather(input: TensorLike, dim: int, index: TensorLike, shape: Any) -> Tensor:
    out = _zeros(shape, input)
    np.add.at(out.reshape(-1), _along(shape, dim, index).reshape(-1), input.reshape(-1))
    return out


def _gather_vjp(g: Any, index: Any, dim: int, input_shape: tuple[int, ...]) -> Any:
    return either(_ungather)(g, dim, index, input_shape)


def _gathered(input: Array, dim: int, index: Array) -> Any:
    return input.reshape(-1)[_along(input.shape, dim, index)]


@primitive(fresh=True, torch="GatherBackward0", input=_gather_vjp)
def _gather(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    _check_index("gather", input.shape, dim, index)
    return _gathered(input, dim, index)


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """out[i, j] = input[index[i, j], j] for dim 0, input[i, index[i, j]] for dim 1, and so on.

    Index (int64 or int32) may be shorter than input in the other dimensions.

    >>> gather(tensor([[1., 2.], [3., 4.]]), 1, tensor([[0], [1]]))
    tensor([[1.],
            [4.]])
    """
    if sparse_grad:
        raise NotImplementedError("gather: sparse_grad=True is not supported; gradients are dense")
    return _gather(input, one_dim("gather", dim, input.array.ndim), index)


@primitive(fresh=True, torch="ScatterBackward1",
           input=lambda g, index, dim: either(_scatter_value)(g, dim, index, 0))  # type: ignore[has-type]  # this row
def _scatter_value(input: TensorLike, dim: int, index: TensorLike, value: Any) -> Tensor:
    _check_index("scatter", input.shape, dim, index)
    out: Any = np.copy(input, order="C")
    out.reshape(-1)[_along(out.shape, dim, index)] = as_element("scatter", value, out.dtype)
    return out


@primitive(fresh=True, torch="ScatterBackward0",
           input=lambda g, index, dim: either(_scatter_value)(g, dim, index, 0),
           src=lambda g, index, dim: either(_gather)(g, dim, index))
def _scatter_src(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    out: Any = np.copy(input, order="C")
    out.reshape(-1)[_along(out.shape, dim, index)] = src
    return out


@primitive(torch="ScatterAddBackward0",
           input=lambda g: g,
           src=lambda g, index, dim: either(_gather)(g, dim, index))
def _scatter_add(input: TensorLike, dim: int, index: TensorLike, src: TensorLike) -> Tensor:
    out: Any = np.copy(input, order="C")
    np.add.at(out.reshape(-1), _along(out.shape, dim, index).reshape(-1), src.reshape(-1))
    return out


def _source(name: str, input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The part of src that index covers, checked."""
    if not hasattr(src, "array"):
        raise TypeError(f"{name}: src must be a Tensor, not {type(src).__name__}")
    _check_same_dtype(name, input=input, src=src)
    _check_index(name, input.array.shape, dim, index.array, src.array.shape)
    wanted = index.array.shape
    if src.array.shape == wanted:
        return src
    if src.array.ndim != len(wanted):  # a number stands for a vector of one element
        return src.reshape(wanted)
    return _slice(src, (*[slice(n) for n in wanted], ...))


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """A copy with src (a tensor, or one number) written where `gather` would read; of duplicates the last wins.

    >>> scatter(zeros(2, 3), 1, tensor([[0], [2]]), 1.)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    if reduce is not None:
        raise NotImplementedError(f"scatter: reduce={reduce!r} is not supported; for sums use scatter_add")
    if (src is None) == (value is None):
        raise TypeError("scatter(): give either src (a tensor or a number) or value (a number)")
    dim = one_dim("scatter", dim, input.array.ndim)
    filling = value if src is None else src
    if not hasattr(filling, "array"):
        return _scatter_value(input, dim, index, filling)
    return _scatter_src(input, dim, index, _source("scatter", input, dim, index, filling))


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy with src added where `gather` would read, duplicates included.

    >>> scatter_add(zeros(3), 0, tensor([0, 0, 2]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    dim = one_dim("scatter_add", dim, input.array.ndim)
    return _scatter_add(input, dim, index, _source("scatter_add", input, dim, index, src))


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As `gather`, with input and indices broadcast; negative indices count from the end.

    Without dim, both are flattened.

    >>> take_along_dim(tensor([[3., 1.], [2., 4.]]), tensor([[1], [0]]), 1)
    tensor([[1.],
            [2.]])
    """
    array = indices.array
    if array.dtype != np.int64:
        raise RuntimeError(f"take_along_dim: dtype of indices should be int64, got {array.dtype}; use .long()")
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    if array.ndim != input.array.ndim:
        raise RuntimeError(
            f"take_along_dim: input {tuple(input.shape)} and indices {array.shape} must have the same number of "
            "dimensions"
        )
    dim = one_dim("take_along_dim", dim, array.ndim)
    here, there = list(input.array.shape), list(array.shape)
    if here:
        n, count, here[dim], there[dim] = here[dim], there[dim], 1, 1
        common = list(_common_shape("take_along_dim", input=tuple(here), indices=tuple(there)))
        input = input.broadcast_to((*common[:dim], n, *common[dim + 1 :]))
        array = np.broadcast_to(array, (*common[:dim], count, *common[dim + 1 :]))
        array = np.where(array < 0, array + n, array)
    return _gather(input, dim, wrap(array))


# ---------------------------------------------------------------- masks


def _common_shape(name: str, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        shown = " and ".join(f"{argument} {shape}" for argument, shape in shapes.items())
        raise RuntimeError(
            f"{name}: {shown} do not broadcast: sizes must be equal or 1, counted from the last dimension"
        ) from None


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
        shape = _common_shape("masked_fill", input=shape, mask=mask.shape)
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
    shape = _common_shape("masked_select", input=input.shape, mask=mask.shape)
    out: Any = np.broadcast_to(input, shape)[np.broadcast_to(mask, shape)]
    return out


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy with the elements of source, in order, where mask is True.

    >>> masked_scatter(zeros(3), tensor([True, False, True]), tensor([1., 2.]))
    tensor([1., 0., 2.])
    """
    _check_mask("masked_scatter", mask.array)
    _check_same_dtype("masked_scatter", input=input, source=source)
    shape = _common_shape("masked_scatter", input=input.array.shape, mask=mask.array.shape)
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
