"""Making a batch of items: tensors of tensors, arrays and numbers, within the items' tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from copy import copy
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor

__all__ = ["default_collate", "default_convert"]

_MESSAGE = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack the items along a new first dimension.

    Tensors and arrays are stacked, numbers become a tensor (int64 or float64), strings stay a list; a tuple of fields
    becomes a list of batches, a dict a dict of batches.

    >>> nn.data.default_collate([(tensor([1., 2.]), 0), (tensor([3., 4.]), 1)])
    [tensor([[1., 2.],
            [3., 4.]]), tensor([0, 1])]
    """
    item = batch[0]
    if isinstance(item, Tensor):
        if any(other.shape != item.shape for other in batch):
            shapes = [tuple(other.shape) for other in batch]
            raise RuntimeError(
                f"default_collate: stack expects each tensor to be equal size, but the samples have shapes {shapes}; pad "
                "them, or give the DataLoader a collate_fn that does (nn.utils.rnn.pad_sequence)"
            )
        return ag.stack(list(batch))
    if isinstance(item, np.ndarray):
        if item.dtype.kind in "SUO":
            raise TypeError(_MESSAGE.format(item.dtype))
        return ag.tensor(np.stack(batch))
    if isinstance(item, np.bool_ | np.number):
        return ag.tensor(np.array(batch))
    if isinstance(item, float):
        return ag.tensor(batch, dtype=np.float64)
    if isinstance(item, int):
        return ag.tensor(batch)
    if isinstance(item, str | bytes):
        return batch
    if isinstance(item, Mapping):
        return _like_mapping(item, {key: default_collate([other[key] for other in batch]) for key in item})
    if isinstance(item, Sequence):
        if any(len(other) != len(item) for other in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        fields = [default_collate(field) for field in zip(*batch, strict=True)]
        return _like_sequence(item, fields)
    raise TypeError(_MESSAGE.format(type(item)))


def default_convert(data: Any) -> Any:
    """Arrays and NumPy's numbers as tensors, within tuples, lists and dicts; the rest as it is."""
    if isinstance(data, np.ndarray | np.generic):
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
