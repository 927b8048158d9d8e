"""What makes the batches, in this process or in a worker's alike: indices, and a function from indices to a batch."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .collate import collates_by_default
from .dataset import IterableDataset, collator
from .sampler import BatchSampler, RandomSampler, SequentialSampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["WorkerInfo", "become", "fetcher", "get_worker_info", "indices_of", "together", "warn_if_too_many"]


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What `get_worker_info` tells a data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker process this is (`id`, `num_workers`, `seed`, its copy of the `dataset`); None in the main process.

    A stream is read by every worker: it must divide its items by this, as in PyTorch.
    """
    return _info


def become(info: WorkerInfo) -> None:
    """Make this process a worker."""
    global _info
    _info = info


def together(dataset: Any, batched: bool, collate: Callable[[Any], Any]) -> Callable[[Any], Any] | None:
    """How to make a batch of an array of indices at once, if that can be done."""
    return collator(dataset) if batched and collates_by_default(collate) else None


def indices_of(sampler: Any, as_arrays: bool) -> Iterator[Any]:
    """The indices for an epoch, batch by batch; as arrays, if they may be."""
    if as_arrays and type(sampler) is BatchSampler and type(sampler.sampler) in (SequentialSampler, RandomSampler):
        return sampler.arrays()
    return iter(sampler)


def fetcher(dataset: Any, batched: bool, collate: Callable[[Any], Any], drop_last: bool) -> Callable[[Any], Any]:
    """The function that makes the batch of some indices; of a stream, the next batch, or StopIteration.

    batched: whether items are collated to batches, or converted one by one.
    """
    if isinstance(dataset, IterableDataset):
        return _Stream(dataset, batched, collate, drop_last)
    return _Items(dataset, batched, collate)


class _Items:
    """Items found by their indices."""

    def __init__(self, dataset: Any, batched: bool, collate: Callable[[Any], Any]) -> None:
        self.dataset, self.batched, self.collate = dataset, batched, collate
        self.together = together(dataset, batched, collate)

    def __call__(self, indices: Any) -> Any:
        if not self.batched:
            return self.collate(self.dataset[indices])
        if self.together is not None:
            rows = np.asarray(indices)
            if rows.ndim == 1 and rows.dtype.kind == "i":  # others may not mean rows
                return self.together(rows)
        items = getattr(self.dataset, "__getitems__", None)
        return self.collate(items(indices) if items else [self.dataset[i] for i in indices])


class _Stream:
    """Items as they come: the indices only say how many make a batch."""

    def __init__(self, dataset: Any, batched: bool, collate: Callable[[Any], Any], drop_last: bool) -> None:
        self.items, self.ended = iter(dataset), False
        self.batched, self.collate, self.drop_last = batched, collate, drop_last

    def __call__(self, indices: Any) -> Any:
        if self.ended:
            raise StopIteration
        if not self.batched:
            return self.collate(next(self.items))
        batch = []
        for _ in indices:
            try:
                batch.append(next(self.items))
            except StopIteration:
                self.ended = True
                break
        if not batch or (self.drop_last and len(batch) < len(indices)):
            raise StopIteration
        return self.collate(batch)


def warn_if_too_many(dataset: Any, promised: int | None, found: int, among_workers: bool) -> None:
    """Warn about a stream that is longer than it said when ``len(loader)`` asked it."""
    if promised is not None and found > promised:
        hint = "Each worker reads the whole stream, unless it divides its items by get_worker_info(). "
        warnings.warn(
            f"Length of IterableDataset {dataset} was reported to be {promised} (when accessing len(dataloader)), "
            f"but {found} samples have been fetched. {hint if among_workers else ''}",
            stacklevel=3,
        )
