"""Making a batch of items: tensors of tensors, arrays and numbers, within the items' tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from copy import copy
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

_MESSAGE = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"

CollateFnMap = dict[type | tuple[type, ...], Callable[..., Any]]


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack the items along a new first dimension.

    Tensors and arrays are stacked, numbers become a tensor (int64 or float64), strings stay a list; a tuple of fields
    becomes a list of batches, a dict a dict of batches. `default_collate_fn_map` says how, and may be extended.

    >>> nn.data.default_collate([(tensor([1., 2.]), 0), (tensor([3., 4.]), 1)])
    [tensor([[1., 2.],
            [3., 4.]]), tensor([0, 1])]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Sequence[Any], *, collate_fn_map: CollateFnMap | None = None) -> Any:
    """Make a batch of items whose types are in `collate_fn_map`, and of mappings and sequences of such.

    The map's functions are called as ``function(batch, collate_fn_map=collate_fn_map)``. An item's own type comes
    before the first of its bases.
    """
    item = batch[0]
    kinds = collate_fn_map or {}
    for kind in (type(item), *kinds):
        if kind in kinds and isinstance(item, kind):
            return kinds[kind](batch, collate_fn_map=collate_fn_map)
    if isinstance(item, Mapping):
        fields = {key: collate([other[key] for other in batch], collate_fn_map=collate_fn_map) for key in item}
        return _like_mapping(item, fields)
    if isinstance(item, Sequence):
        if not hasattr(item, "_fields") and any(len(other) != len(item) for other in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = zip(*batch, strict=False)  # of named tuples the shortest decides, as in PyTorch
        return _like_sequence(item, [collate(column, collate_fn_map=collate_fn_map) for column in columns])
    raise TypeError(_MESSAGE.format(type(item)))


def _collate_tensors(batch: Sequence[Tensor], *, collate_fn_map: CollateFnMap | None = None) -> Tensor:
    shapes = [tuple(other.shape) for other in batch if isinstance(other, Tensor)]
    if any(shape != shapes[0] for shape in shapes):
        raise RuntimeError(
            f"default_collate: stack expects each tensor to be equal size, but the samples have shapes {shapes}; pad "
            "them, or give the DataLoader a collate_fn that does (nn.utils.rnn.pad_sequence)"
        )
    return ag.stack(batch)


def _collate_arrays(batch: Sequence[Any], *, collate_fn_map: CollateFnMap | None = None) -> Any:
    array = batch[0]
    if array.dtype.kind in "SUO":
        raise TypeError(_MESSAGE.format(array.dtype))
    if all(type(other) is np.ndarray and (other.shape, other.dtype) == (array.shape, array.dtype) for other in batch):
        return ag.tensor(np.stack(batch))
    return collate([ag.tensor(other) for other in batch], collate_fn_map=collate_fn_map)


def _collate_numbers(batch: Sequence[Any], *, collate_fn_map: CollateFnMap | None = None) -> Tensor:
    return ag.tensor(batch)


def _collate_floats(batch: Sequence[Any], *, collate_fn_map: CollateFnMap | None = None) -> Tensor:
    return ag.tensor(batch, dtype=np.float64)


def _as_they_are(batch: Sequence[Any], *, collate_fn_map: CollateFnMap | None = None) -> Any:
    return batch


default_collate_fn_map: CollateFnMap = {
    Tensor: _collate_tensors,
    np.ndarray: _collate_arrays,
    (np.bool_, np.number, np.object_): _collate_numbers,
    float: _collate_floats,
    int: _collate_numbers,
    str: _as_they_are,
    bytes: _as_they_are,
}
_AS_DEFINED = dict(default_collate_fn_map)


def collates_by_default(function: Callable[[Any], Any]) -> bool:
    """Whether a function is `default_collate`, and nobody has changed what that does."""
    return function is default_collate and default_collate_fn_map == _AS_DEFINED


def default_convert(data: Any) -> Any:
    """Arrays and NumPy's numbers as tensors, within tuples, lists and dicts; the rest as it is."""
    if isinstance(data, np.ndarray | np.generic) and type(data).__module__ == "numpy":  # not a masked array
        return data if data.dtype.kind in "SUO" else ag.as_tensor(data)
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _like_sequence(data, [default_convert(item) for item in data])
    return data


def _like_mapping(original: Mapping[Any, Any], entries: dict[Any, Any]) -> Any:
    """The entries in a mapping of the original's kind, or in a dict."""

    def filled() -> Any:
        twin: Any = copy(original)
        twin.update(entries)
        return twin

    kind: Any = type(original)
    return _first(filled if isinstance(original, MutableMapping) else lambda: kind(entries), entries)


def _like_sequence(original: Sequence[Any], items: list[Any]) -> Any:
    """The items in a sequence of the original's kind, or in a list; a plain tuple becomes a list, as in PyTorch."""
    kind: Any = type(original)
    if isinstance(original, tuple):
        return kind(*items) if hasattr(original, "_fields") else items

    def filled() -> Any:
        twin: Any = copy(original)
        for i, item in enumerate(items):
            twin[i] = item
        return twin

    return _first(filled if isinstance(original, MutableSequence) else lambda: kind(items), items)


def _first(make: Callable[[], Any], otherwise: Any) -> Any:
    """What `make` returns, unless the type does not allow for it."""
    try:
        return make()
    except TypeError:
        return otherwise
