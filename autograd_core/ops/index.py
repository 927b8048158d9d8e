"""Picking elements, and its adjoint: putting gradients back among zeros.

A key is read once, by `keys.array_key`. An element that is picked twice receives both gradients.
"""

from __future__ import annotations

import math
from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import numpy_names, one_dim
from ..arrays.keys import ALL, INDEX_DTYPES, array_key, bad_key, is_plain
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import cast, clone, mul, plus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..arrays.dtypes import DType
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
    at: Any = np.broadcast_to(np.int64(0), shape)[key]
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


@numpy_names
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one index along dim, which disappears.

    >>> select(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    return _select(input, _select_key("select", input, dim, index))


def _select_key(name: str, input: Tensor, dim: int, index: int) -> tuple[Any, ...]:
    if not input.array.ndim:
        raise IndexError(f"{name}: a 0-d tensor has no dimension to select from")
    return ((ALL,) * one_dim(name, dim, input.array.ndim) + (as_int(index), ...))


@numpy_names
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A view of `length` slices along dim from `start` (an int, or a 0-d integer tensor) on.

    >>> narrow(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    if not input.array.ndim:
        raise RuntimeError("narrow: a 0-d tensor has no dimension to be narrowed")
    dim = one_dim("narrow", dim, input.array.ndim)
    size = input.array.shape[dim]
    if hasattr(start, "array") and (start.array.ndim or start.array.dtype.kind not in "iu"):
        raise RuntimeError(f"narrow: start must be an int or a 0-d integer tensor, got {start.array.dtype} of shape {start.array.shape}")
    first, length = as_int(start), as_int(length)
    if length < 0:
        raise RuntimeError(f"narrow: length must not be negative, got {length}")
    if not -size <= first <= size:
        raise IndexError(f"narrow: start {first} is out of range: dimension {dim} has size {size}")
    first += size if first < 0 else 0
    if first + length > size:
        raise RuntimeError(f"narrow: start {first} and length {length} exceed the size {size} of dimension {dim}")
    return _slice(input, (ALL,) * dim + (slice(first, first + length), ...))


def narrow_copy(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A copy of what `narrow` gives."""
    return clone(narrow(input, dim, start, length))


# ---------------------------------------------------------------- x[key] = value


def as_element(name: str, value: Any, dtype: DType) -> Any:
    """A number or 0-d array in the dtype of the tensor that it is written to."""
    if isinstance(value, np.ndarray):
        return value.astype(dtype)
    try:
        if dtype.kind == "f" and 65504 < abs(value) != math.inf and abs(value) > float(np.finfo(dtype).max):
            raise OverflowError
        if dtype.kind in "iu":
            if dtype.kind == "u" and value < 0 and not isinstance(value, int | np.integer):
                raise OverflowError
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


def _with_region(name: str, input: Tensor, key: Any, region: tuple[int, ...], src: Tensor) -> Tensor:
    """A copy of input with src, which must have the region's shape, at the key that picks the region."""
    if not hasattr(src, "array"):
        raise TypeError(f"{name}(): src must be a Tensor, not {type(src).__name__}")
    if src.array.shape != region:
        raise RuntimeError(f"{name}: src has shape {src.array.shape}, but must have the shape {region} of what it replaces")
    return index_assign(input, key, cast(src, input.array.dtype))


@numpy_names
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy with src as what `select` gives.

    >>> select_scatter(zeros(2, 2), tensor([1., 2.]), 1, 0)
    tensor([[1., 0.],
            [2., 0.]])
    """
    key = _select_key("select_scatter", input, dim, index)
    return _with_region("select_scatter", input, key, _picked(input.array, key).shape, src)


@numpy_names
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy with src in place of the slices from start to end, every step, along dim.

    >>> slice_scatter(zeros(4), tensor([1., 2.]), 0, 1, 4, 2)
    tensor([0., 1., 0., 2.])
    """
    if not input.array.ndim:
        raise IndexError("slice_scatter: a 0-d tensor has no dimension to slice")
    if step <= 0:
        raise RuntimeError(f"slice_scatter: step must be positive, got {step}")
    key = (ALL,) * one_dim("slice_scatter", dim, input.array.ndim) + (slice(start, end, step), ...)
    return _with_region("slice_scatter", input, key, _picked(input.array, key).shape, src)


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


@numpy_names
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
    shape, wanted = source.array.shape, input.array.shape
    if shape[:dim] + shape[dim + 1 :] != wanted[:dim] + wanted[dim + 1 :]:
        raise RuntimeError(f"index_add: source {shape} must have the shape of input {wanted}, except along dim {dim}")
    scaled = source if alpha == 1 else mul(source, alpha)
    return plus(input, _scatter_into(scaled, (ALL,) * dim + (rows,), input.array.shape))


@numpy_names
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy with the slices of source at the given indices (int64) along dim. Of duplicates the last wins.

    >>> index_copy(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    dim = one_dim("index_copy", dim, input.array.ndim)
    if index.array.dtype != np.int64:
        raise RuntimeError(f"index_copy: expected dtype int64 for index, got {index.array.dtype}; use .long()")
    rows = _checked_vector("index_copy", input.array, dim, index)
    _check_same_dtype("index_copy", input=input, source=source)
    shape, wanted = source.array.shape, input.array.shape
    if not shape or not wanted:  # a number stands for a vector of one element
        if source.array.size != 1 or rows.size != 1:
            raise IndexError(f"index_copy: a source of shape {shape} for input {wanted} needs one element and one index")
        source = source.reshape((1,) * max(len(wanted), 1))
        if not wanted:
            return index_assign(input.reshape(1), (rows,), source).reshape(())
        shape = source.array.shape
    if len(shape) != len(wanted) or shape[dim] != rows.size:
        raise IndexError(
            f"index_copy: source {shape} must have as many dimensions as input {wanted}, and {rows.size} slices along dim {dim}, "
            "one for each index"
        )
    if shape[:dim] + shape[dim + 1 :] != wanted[:dim] + wanted[dim + 1 :]:
        raise RuntimeError(f"index_copy: source {shape} must have the shape of input {wanted}, except along dim {dim}")
    return index_assign(input, (ALL,) * dim + (rows.copy(),), source)


@numpy_names
def index_fill(input: Tensor, dim: int, index: Tensor, value: TensorLike | float) -> Tensor:
    """A copy with one value (a number or a 0-d tensor) at the given indices along dim.

    >>> index_fill(zeros(3), 0, tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    if not input.array.ndim:
        return index_fill(input.reshape(1), dim, index, value).reshape(())
    dim = one_dim("index_fill", dim, input.array.ndim)
    places, size = index.array, input.array.shape[dim]
    if places.dtype != np.int64:
        raise IndexError(f"index_fill: expected dtype int64 for index, got {places.dtype}; use .long()")
    if places.ndim > 1:
        raise RuntimeError(f"index_fill: index must be a vector, got shape {places.shape}; use index.flatten()")
    wrong = places[(places < -size) | (places >= size)]
    if wrong.size:
        raise IndexError(f"index_fill: index {wrong[0]} is out of bounds for dimension {dim} with size {size}")
    once = np.unique(places % max(size, 1))  # what is filled twice depends on the value once
    return index_assign(input, (ALL,) * dim + (once,), value)


@numpy_names
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
