"""Reading a key: PyTorch's and NumPy's ways of writing `x[key]` become one tuple that NumPy indexes with."""

from __future__ import annotations

import warnings
from operator import index as as_int
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from ..tensor import Tensor

Array: TypeAlias = np.ndarray[Any, Any]

ALL = slice(None)
INDEX_DTYPES = (np.dtype(np.int64), np.dtype(np.int32), np.dtype(np.bool_))


def array_key(input: Tensor, key: Any) -> tuple[Any, ...]:
    """The tuple with which NumPy picks from `input.array` what PyTorch means by ``input[key]``.

    It holds ints, slices, None, Ellipsis, and arrays of its own (copies), so that nobody can change it later.

    >>> array_key(zeros(2, 3), 0), array_key(zeros(2, 3), (slice(None), tensor(1)))
    ((0, Ellipsis), (slice(None, None, None), 1, Ellipsis))
    """
    parts = key if key.__class__ is tuple else (key,)
    ellipses = 0
    for part in parts:
        kind = part.__class__
        if part is Ellipsis:
            ellipses += 1
        elif kind is slice:
            if not (is_plain(part.start) and is_plain(part.stop) and is_plain(part.step)):
                break
        elif kind is not int and part is not None:
            break
    else:  # the everyday case: ints and slices alone; an Ellipsis makes NumPy give a view, 0-d included
        if ellipses < 2:
            return parts if ellipses else (*parts, ...)
    if isinstance(key, list) and _is_tuple_in_brackets(key):
        warnings.warn(
            "indexing with a list of sequences, tensors, slices or None means a tuple of indices, and is deprecated "
            "in PyTorch; write x[tuple(key)], or x[tensor(key)] for a single index",
            stacklevel=3,
        )
        key = tuple(key)
    parts = key if isinstance(key, tuple) else (key,)
    shape = input.array.shape
    at_least = sum(
        not (part is None or part is Ellipsis or isinstance(part, bool) or _is_bool_number(part)) for part in parts
    )
    if at_least > len(shape):  # before anything that may be wrong with a part, as in PyTorch
        raise _too_many(at_least, shape)
    return _general_key([_part(part) for part in parts], shape)


def _is_bool_number(part: Any) -> bool:
    return getattr(part, "ndim", None) == 0 and part.dtype == np.bool_


def _too_many(count: int, shape: tuple[int, ...]) -> IndexError:
    return IndexError(
        f"too many indices for a tensor of {len(shape)} dimensions: {count} were indexed (shape {shape})"
        + ("; use .item() to read a 0-d tensor" if not shape else "")
    )


def is_plain(bound: Any) -> bool:
    return bound is None or bound.__class__ is int


def _is_tuple_in_brackets(key: list[Any]) -> bool:
    """PyTorch reads x[[a, b]] as x[a, b] where a part is itself an index of several elements (or no number)."""
    return len(key) < 32 and any(
        part is None or part is Ellipsis or isinstance(part, slice | list | tuple | range) or hasattr(part, "shape")
        for part in key
        if not isinstance(part, np.generic)
    )


def _part(part: Any) -> Any:
    """One part of a key: an int, slice, None, Ellipsis, or an array of indices or bools."""
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, slice):
        return slice(*[None if bound is None else as_int(bound) for bound in (part.start, part.stop, part.step)])
    if isinstance(part, list | tuple | range):
        array = np.asarray([getattr(item, "array", item) for item in part])
        array = array if array.size else array.astype(np.int64)
    elif isinstance(part, bool | np.bool_):
        array = np.asarray(part)
    elif isinstance(part, np.ndarray) and not part.size and part.dtype != bool:
        array = part.astype(np.int64)
    else:
        array = getattr(part, "array", part)
    if not isinstance(array, np.ndarray):
        try:
            return as_int(array)
        except TypeError:
            raise (TypeError if isinstance(part, str) else IndexError)(
                "only integers, slices (`:`), ellipsis (`...`), None and tensors of dtype int64, int32 or bool are "
                f"valid indices, got {type(part).__name__}"
            ) from None
    if array.dtype == object:
        raise RuntimeError(
            f"an index must be made of ints or bools, got {part!r:.60}; write parts of a tuple without brackets"
        )
    if array.dtype == np.uint8:
        warnings.warn("indexing with dtype uint8 means a mask, and is deprecated; use dtype bool", stacklevel=4)
        array = array != 0
    if array.dtype not in INDEX_DTYPES:
        raise IndexError(
            f"tensors used as indices must be of dtype int64, int32 or bool, got {array.dtype}; use .long()"
        )
    return int(array) if not array.ndim and array.dtype != bool else array.copy()


def _general_key(parts: list[Any], shape: tuple[int, ...]) -> tuple[Any, ...]:
    taken = sum(
        0
        if part is None or part is Ellipsis
        else part.ndim
        if isinstance(part, np.ndarray) and part.dtype == bool
        else 1
        for part in parts
    )
    rest = [ALL] * (len(shape) - taken)
    if len(shape) < taken:
        raise _too_many(taken, shape)
    full: list[Any] = []
    for part in parts:
        if part is Ellipsis:
            full += rest
            rest = []
        else:
            full.append(part)
    if not any(isinstance(part, np.ndarray) for part in full):
        return (*full, ...)
    full += rest
    if _numpy_would_move(full):
        if any(isinstance(part, np.ndarray) and not part.ndim for part in full):
            raise NotImplementedError("a bool among ints and slices in one key is not supported; index in two steps")
        full = _without_slices(full, shape)
    while isinstance(full[-1], slice) and full[-1] == ALL:
        full.pop()
    return tuple(full)


def _numpy_would_move(parts: list[Any]) -> bool:
    """Whether NumPy, to which an int is an index array too, would put the indexed dimensions elsewhere.

    PyTorch applies ints first: in x[0, :, [0, 1]] no slice then stands between index arrays.
    """

    def gapless(places: list[int]) -> bool:
        return places[-1] - places[0] == len(places) - 1

    kept = [part for part in parts if part.__class__ is not int]
    arrays = [i for i, part in enumerate(kept) if isinstance(part, np.ndarray)]
    solid = [i for i, part in enumerate(parts) if part.__class__ is int or isinstance(part, np.ndarray)]
    return arrays[0] > 0 and gapless(arrays) and not gapless(solid)


def _without_slices(parts: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """The same key as index arrays alone, each spread along the dimensions of the result."""
    kept = [part for part in parts if part.__class__ is not int]
    places = [i for i, part in enumerate(kept) if isinstance(part, np.ndarray)]
    before, after = places[0], len(kept) - 1 - places[-1]
    indices = [
        index
        for part in kept
        if isinstance(part, np.ndarray)
        for index in (part.nonzero() if part.dtype == bool else (part,))
    ]
    try:
        joint = len(np.broadcast_shapes(*[index.shape for index in indices]))
    except ValueError as error:
        raise IndexError(f"{error}; index arrays must have shapes that broadcast") from None
    queue = iter(
        [index.reshape((1,) * (before + joint - index.ndim) + index.shape + (1,) * after) for index in indices]
    )
    out: list[Any] = []
    axis, place = 0, 0  # in the indexed array; in the result
    for part in parts:
        if part.__class__ is int:
            out.append(part)
            axis += 1
        elif isinstance(part, np.ndarray):
            width = part.ndim if part.dtype == bool else 1
            if part.dtype == bool and part.shape != shape[axis : axis + width]:
                raise IndexError(
                    f"the shape of the mask {part.shape} does not match the shape {shape[axis : axis + width]} of the "
                    f"dimensions of the tensor of shape {shape} that it picks from"
                )
            out += [next(queue) for _ in range(width)]
            axis += width
            place = before + joint
        else:
            if part is not None:
                numbers = np.arange(*part.indices(shape[axis]))
                out.append(numbers.reshape((-1,) + (1,) * (before + joint + after - place - 1)))
                axis += 1
            place += 1
    return out


def bad_key(input: Array, error: Exception) -> IndexError:
    said = str(error)
    remedy = "index arrays must have shapes that broadcast"
    if "out of bounds" in said:
        remedy = "indices into a dimension of size n run from -n to n - 1"
    elif "too many" in said:
        remedy = f"give at most {input.ndim}" if input.ndim else "use .item() to read a 0-d tensor"
    elif "boolean" in said:
        remedy = "a mask must have the shape of the dimensions that it picks from"
    return IndexError(f"{said} (tensor of shape {input.shape}); {remedy}")
