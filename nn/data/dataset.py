"""Data sets: anything with `__getitem__` and `__len__`, or, for streams, with `__iter__`."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

import autograd_core as ag

if TYPE_CHECKING:
    from autograd_core import Generator, Tensor

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Items by index. A subclass defines `__getitem__` and `__len__`; `first + second` joins two."""

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[T_co]) -> ConcatDataset[T_co]:  # type: ignore[misc]  # (covariant, as in PyTorch)
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Items one after the other. A subclass defines `__iter__`."""

    def __add__(self, other: Dataset[T_co]) -> Any:  # type: ignore[override, misc]  # as in PyTorch
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple["Tensor", ...]]):
    """Item i is the i-th row of each tensor.

    >>> nn.data.TensorDataset(tensor([[1.], [2.]]), tensor([10, 20]))[1]
    (tensor([2.]), tensor(20))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensor.size(0) != tensors[0].size(0) for tensor in tensors):
            sizes = [tensor.size(0) for tensor in tensors]
            raise AssertionError(f"Size mismatch between tensors: their first dimensions are {sizes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def collated(self, indices: Any) -> list[Tensor]:
        """What `default_collate` makes of these items, at once."""
        rows = ag.tensor(indices)
        return [tensor[rows] for tensor in self.tensors]


class StackDataset(Dataset[Any]):
    """Item i is the tuple, or with keyword arguments the dict, of the data sets' items i."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like input/output, "
                "but both types are given."
            )
        self.datasets: Any = args or kwargs
        parts = list(self._parts())
        if not parts:
            raise ValueError("At least one dataset should be passed")
        self._length = len(parts[0])
        if any(len(part) != self._length for part in parts):
            raise ValueError("Size mismatch between datasets")

    def _parts(self) -> Iterable[Any]:
        return self.datasets.values() if isinstance(self.datasets, dict) else self.datasets

    def _item(self, fields: Iterable[Any]) -> Any:
        """One field of each data set, put together."""
        return dict(zip(self.datasets, fields, strict=True)) if isinstance(self.datasets, dict) else tuple(fields)

    def __getitem__(self, index: Any) -> Any:
        return self._item(part[index] for part in self._parts())

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """The items at several indices: what a DataLoader calls."""
        columns = [_items(part, indices) for part in self._parts()]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(column)}")
        return [self._item(fields) for fields in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return self._length


def _items(dataset: Any, indices: Sequence[int]) -> Any:
    """The items at several indices, at once if the data set can do that."""
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[i] for i in indices]


class ConcatDataset(Dataset[T_co]):
    """Several data sets, one after the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T_co:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        which = bisect_right(self.cumulative_sizes, index)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]  # type: ignore[no-any-return]  # data sets are not checked


class ChainDataset(IterableDataset[T_co]):
    """Several streams, one after the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset

    def __iter__(self) -> Iterator[T_co]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._checked())


class Subset(Dataset[T_co]):
    """The items of a data set at some indices.

    >>> list(nn.data.Subset("abcdef", [0, 2, 4]))
    ['a', 'c', 'e']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__. When subclassing Subset and overriding "
                "__getitem__, you must also override __getitems__ to ensure DataLoader works correctly with your "
                "custom logic: return [self.__getitem__(index) for index in indices]"
            )

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> list[T_co]:
        """The items at several indices: what a DataLoader calls."""
        return _items(self.dataset, [self.indices[i] for i in indices])  # type: ignore[no-any-return]  # not checked

    def __len__(self) -> int:
        return len(self.indices)


def collator(dataset: Any) -> Any:
    """How to collate items of this data set by default, given their indices, all at once; None if it cannot be done.

    Only for the classes above as they are: a subclass may have an item made in its own way.
    """
    kind = type(dataset)
    if kind is TensorDataset:
        return dataset.collated
    if kind is Subset:
        inner, places = collator(dataset.dataset), np.asarray(dataset.indices)
        if inner is not None and places.ndim == 1 and places.dtype.kind == "i":
            return lambda indices: inner(places[indices])
    return None


def random_split(dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None) -> list[Subset[Any]]:
    """Distribute a data set at random among subsets of these lengths, or of these fractions of its length.

    >>> [len(part) for part in nn.data.random_split(range(10), [.7, .3])]
    [7, 3]
    """
    whole = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for i, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {i} is not between 0 and 1")
        sizes = [math.floor(whole * fraction) for fraction in lengths]
        for i in range(whole - sum(sizes)):  # one more for each in turn, until nothing is left
            sizes[i % len(sizes)] += 1
        for i, size in enumerate(sizes):
            if size == 0:
                warnings.warn(
                    f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=2
                )
    else:
        sizes = list(lengths)  # type: ignore[arg-type]  # checked by the sum
    if sum(sizes) != whole:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    indices = ag.randperm(whole, generator=generator).tolist()
    return [Subset(dataset, indices[end - size : end]) for end, size in zip(accumulate(sizes), sizes, strict=True)]
