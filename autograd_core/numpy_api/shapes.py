"""NumPy's functions of shapes, joining, cutting, picking and sorting, on Tensors that require grad.

Where only the places of elements matter, NumPy itself is asked what it does with them, and the elements are picked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..ops import diagonal, elementwise, index, joining, masks, repetition, scatter, shape, sorting
from ..primitive import wrap
from ..tensors.complex_numbers import real
from .operands import arrays as arrays_of
from .operands import refuse
from .operands import tensor as as_tensor

if TYPE_CHECKING:
    from collections.abc import Callable

# ---------------------------------------------------------------- shapes


def _reshape(a: Any, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    refuse({"order": order, "copy": copy}, order="C")
    return a.reshape(shape)


def _ravel(a: Any, order: str = "C") -> Any:
    refuse({"order": order}, order="C")
    return a.reshape(-1)


def _transpose(a: Any, axes: Any = None) -> Any:
    return shape.permute(a, tuple(reversed(range(a.ndim))) if axes is None else tuple(axes))


def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return shape.movedim(a, axis, start - (axis < start))


def _expand_dims(a: Any, axis: Any) -> Any:
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    for at in sorted(at % (a.ndim + len(axes)) for at in axes):
        a = shape.unsqueeze(a, at)
    return a


def _squeeze(a: Any, axis: Any = None) -> Any:
    for each in () if axis is None else (axis,) if isinstance(axis, int) else axis:
        if a.array.shape[each] != 1:
            raise ValueError(
                f"np.squeeze: axis {each} has size {a.array.shape[each]}, and only axes of size 1 can be removed"
            )
    return shape.squeeze(a, axis)


def _flip(m: Any, axis: Any = None) -> Any:
    return shape.flip(m, tuple(range(m.ndim)) if axis is None else axis)


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return shape.roll(a, int(np.sum(shift)))
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    for by, along in zip(shifts.tolist(), axes.tolist(), strict=True):
        a = shape.roll(a, by, along)
    return a


def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    times = repeats if isinstance(repeats, int) else wrap(np.array(arrays_of(repeats), np.int64))
    return repetition.repeat_interleave(a, times, axis)


def _tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    return repetition.tile(A, (reps,) if isinstance(reps, int | np.integer) else tuple(reps))


def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    return repetition.broadcast_tensors(*map(as_tensor, args))


def _atleast(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arys: function(*map(as_tensor, arys))


def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    vectors = [as_tensor(x).reshape(-1) for x in xi]
    places = np.meshgrid(*[np.arange(x.array.size) for x in vectors], sparse=sparse, indexing=indexing)  # type: ignore[call-overload]
    return tuple(scatter.take(x, wrap(place)) for x, place in zip(vectors, places, strict=True))


# ---------------------------------------------------------------- joining, cutting


def _join(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(arrays: Any, axis: Any = 0, out: Any = None, **rest: Any) -> Any:
        refuse({"out": out, **rest}, casting="same_kind")
        tensors = [as_tensor(array) for array in arrays]
        if axis is None:
            return function([x.reshape(-1) for x in tensors], 0)
        return function(tensors, axis)

    return call


def _joined(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
        refuse({"dtype": dtype, "casting": casting}, casting="same_kind")
        return function([as_tensor(x) for x in tup])

    return call


def _block(arrays: Any) -> Any:
    def depth(part: Any) -> int:
        return 1 + depth(part[0]) if isinstance(part, list) else 0

    def leaves(part: Any) -> list[Any]:
        return [leaf for each in part for leaf in leaves(each)] if isinstance(part, list) else [as_tensor(part)]

    levels = depth(arrays)
    ndim = max(levels, *(leaf.array.ndim for leaf in leaves(arrays)))

    def joined(part: Any, level: int) -> Any:
        if isinstance(part, list):
            return joining.cat([joined(each, level + 1) for each in part], level - levels)
        leaf = as_tensor(part)
        return leaf.reshape((1,) * (ndim - leaf.array.ndim) + leaf.array.shape)

    return joined(arrays, 0)


def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    arr, values = as_tensor(arr), as_tensor(values)
    return joining.cat([arr.reshape(-1), values.reshape(-1)] if axis is None else [arr, values], axis or 0)


def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    arr, values = as_tensor(arr), as_tensor(values)
    if axis is None:
        return _insert(arr.reshape(-1), obj, values, 0)
    dim = axis % arr.array.ndim
    size = arr.array.shape[dim]
    values = values.reshape((1,) * (arr.array.ndim - values.array.ndim) + values.array.shape).to(arr.dtype)
    if not isinstance(obj, slice) and not np.ndim(obj):
        values = shape.movedim(values, 0, dim)
    count = len(range(size)[obj]) if isinstance(obj, slice) else np.size(obj)
    count = values.array.shape[dim] if count == 1 else count
    values = repetition.expand(values, (*arr.array.shape[:dim], count, *arr.array.shape[dim + 1 :]))
    order = np.insert(np.arange(size), obj, np.arange(size, size + count))
    return index.index_select(joining.cat([arr, values], dim), dim, wrap(order))


def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    return index.index_select(arr, axis, wrap(np.delete(np.arange(arr.array.shape[axis]), obj)))


def _split(function: Callable[..., Any], even: bool = False) -> Callable[..., Any]:
    def call(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
        places = indices_or_sections if isinstance(indices_or_sections, int) else tuple(indices_or_sections)
        if even and isinstance(places, int) and ary.array.shape[axis] % places:
            raise ValueError(
                f"np.split: axis {axis} of size {ary.array.shape[axis]} cannot be cut into {places} equal parts"
            )
        return list(function(ary, places) if function is not joining.tensor_split else function(ary, places, axis))

    return call


# ---------------------------------------------------------------- elements by their places


def _resize(a: Any, new_shape: Any) -> Any:
    places = np.resize(np.arange(a.array.size), new_shape)
    return scatter.take(a, wrap(places)) if a.array.size else _with_history(a, np.resize(a.array, new_shape))


def _with_history(nothing: Any, constants: Any) -> Any:
    """Constants that come from a tensor without elements."""
    return joining.cat([nothing.reshape(-1), wrap(constants.reshape(-1))]).reshape(constants.shape)


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """By the places where NumPy would take the elements from: -1 where it takes a constant."""
    old = array.array
    places = np.arange(old.size).reshape(old.shape)
    if mode == "constant":
        known = np.pad(places, pad_width, constant_values=-1)
        constants = np.pad(np.zeros_like(old), pad_width, **options)
        if not old.size:
            return _with_history(array, constants)
        return elementwise.where(wrap(known >= 0), scatter.take(array, wrap(known)), wrap(constants))
    if mode == "empty" or options.get("reflect_type") == "odd" or mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise TypeError(
            f"np.pad with mode={mode!r} and {options} cannot keep the graph; use constant, edge, reflect, symmetric or wrap"
        )
    return scatter.take(array, wrap(np.pad(places, pad_width, mode, **options)))


def _take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    refuse({"out": out})
    a, places = as_tensor(a), np.array(arrays_of(indices), np.int64)
    if axis is None:
        a, axis = a.reshape(-1), 0
    size = a.array.shape[axis]
    if mode != "raise":
        places = places % size if mode == "wrap" else np.clip(places, 0, size - 1)
    return index.getitem(a, (slice(None),) * (axis % a.array.ndim) + (wrap(places),))


def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        return scatter.gather(arr.reshape(-1), 0, as_tensor(indices))
    return scatter.take_along_dim(arr, as_tensor(indices), axis)


def _compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    return _take(a, np.flatnonzero(arrays_of(condition)), axis, out)


def _extract(condition: Any, arr: Any) -> Any:
    return _take(arr, np.flatnonzero(arrays_of(condition)))


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    out = as_tensor(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        out = elementwise.where(as_tensor(condition), choice, out)
    return out


def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    refuse({"order": order})
    return sorting.sort(a.reshape(-1) if axis is None else a, -1 if axis is None else axis).values


def _partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    refuse({"order": order})
    a, axis = (a.reshape(-1), -1) if axis is None else (a, axis)
    return scatter.take_along_dim(a, wrap(np.argpartition(a.array, kth, axis)), axis)


def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **options: Any,
) -> Any:
    unique: Any = np.unique
    found = unique(ar.array, True, return_inverse, return_counts, axis, **options)
    values, first, *rest = map(wrap, found)
    sorting._without_derivative(values, ar)
    answers = (values, *([first] if return_index else []), *rest)
    return answers if len(answers) > 1 else values


def places(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose answer is a constant: indices or counts."""

    def call(*args: Any, **options: Any) -> Any:
        refuse({"out": options.pop("out", None)})
        answer = function(*arrays_of(args), **arrays_of(options))
        return tuple(map(wrap, answer)) if isinstance(answer, tuple) else wrap(np.asarray(answer))

    return call


def _about(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose answer is no array."""
    return lambda *args, **options: function(*arrays_of(args), **arrays_of(options))


SHAPES: dict[Any, Callable[..., Any]] = {
    np.reshape: _reshape,
    np.ravel: _ravel,
    np.transpose: _transpose,
    np.matrix_transpose: lambda x: x.mT,
    np.swapaxes: lambda a, axis1, axis2: shape.transpose(a, axis1, axis2),
    np.moveaxis: lambda a, source, destination: shape.movedim(a, source, destination),
    np.rollaxis: _rollaxis,
    np.flip: _flip,
    np.fliplr: lambda m: shape.fliplr(m),
    np.flipud: lambda m: shape.flipud(m),
    np.rot90: lambda m, k=1, axes=(0, 1): shape.rot90(m, k, axes),
    np.roll: _roll,
    np.squeeze: _squeeze,
    np.expand_dims: _expand_dims,
    np.atleast_1d: _atleast(shape.atleast_1d),
    np.atleast_2d: _atleast(shape.atleast_2d),
    np.atleast_3d: _atleast(shape.atleast_3d),
    np.broadcast_to: lambda array, shape, subok=False: array.broadcast_to(shape),
    np.broadcast_arrays: _broadcast_arrays,
    np.repeat: _repeat,
    np.tile: _tile,
    np.meshgrid: _meshgrid,
    np.concatenate: _join(joining.cat),
    np.stack: _join(joining.stack),
    np.hstack: _joined(joining.hstack),
    np.vstack: _joined(joining.vstack),
    np.dstack: lambda tup: joining.dstack([as_tensor(x) for x in tup]),
    np.column_stack: lambda tup: joining.column_stack([as_tensor(x) for x in tup]),
    np.block: _block,
    np.append: _append,
    np.insert: _insert,
    np.delete: _delete,
    np.split: _split(joining.tensor_split, even=True),
    np.array_split: _split(joining.tensor_split),
    np.hsplit: _split(joining.hsplit),
    np.vsplit: _split(joining.vsplit),
    np.dsplit: _split(joining.dsplit),
    np.diag: lambda v, k=0: diagonal.diag(v, k),
    np.diagflat: lambda v, k=0: diagonal.diagflat(as_tensor(v), k),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: diagonal.diagonal(a, offset, axis1, axis2),
    np.tril: lambda m, k=0: diagonal.tril(m, k),
    np.triu: lambda m, k=0: diagonal.triu(m, k),
    np.resize: _resize,
    np.pad: _pad,
    np.take: _take,
    np.take_along_axis: _take_along_axis,
    np.compress: _compress,
    np.extract: _extract,
    np.select: _select,
    np.sort: _sort,
    np.partition: _partition,
    np.unique: _unique,
    np.argsort: places(np.argsort),
    np.argpartition: places(np.argpartition),
    np.argwhere: lambda a: masks.nonzero(a),
    np.nonzero: lambda a: masks.nonzero(a, as_tuple=True),
    np.flatnonzero: places(np.flatnonzero),
    np.searchsorted: places(np.searchsorted),
    np.digitize: places(np.digitize),
    np.real: real,
    np.array_equal: _about(np.array_equal),
    np.array_equiv: _about(np.array_equiv),
    np.result_type: _about(np.result_type),
    np.iscomplexobj: _about(np.iscomplexobj),
    np.isrealobj: _about(np.isrealobj),
    np.shares_memory: _about(np.shares_memory),
    np.may_share_memory: _about(np.may_share_memory),
}
_RECENT: dict[str, Callable[..., Any]] = {  # which not every version of NumPy has
    "unstack": lambda x, *, axis=0: joining.unbind(x, axis),
    "astype": lambda x, dtype, /, *, copy=True, device=None: x.to(np.dtype(dtype), copy=copy),
}
SHAPES.update({getattr(np, name): function for name, function in _RECENT.items() if hasattr(np, name)})
