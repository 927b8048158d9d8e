"""The DataLoader: batches of a data set, shuffled as PyTorch shuffles for the same seed."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

import autograd_core as ag

from .collate import default_collate, default_convert
from .dataset import IterableDataset, collator
from .sampler import BatchSampler, RandomSampler, SequentialSampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd_core import Generator

__all__ = ["DataLoader", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)

# Options that only concern devices and processes, with their defaults; accepted without effect.
DEVICE_OPTIONS: dict[str, Any] = {
    "pin_memory_device": "",
    "prefetch_factor": None,
    "persistent_workers": False,
    "in_order": True,
}
_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset")


class DataLoader(Generic[T_co]):
    """Iterates over batches of a data set; each `for` is a new epoch, with a new order if it shuffles.

    With num_workers > 0 the batches are those that PyTorch's worker processes would make, each worker with a random
    stream of its own, but they are made in this process, one after the other, when they are asked for.

    >>> points = nn.data.TensorDataset(ag.arange(5))
    >>> [batch.tolist() for (batch,) in nn.data.DataLoader(points, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        **device_only: Any,
    ) -> None:
        for name in device_only:
            if name not in DEVICE_OPTIONS:
                raise TypeError(f"DataLoader.__init__() got an unexpected keyword argument '{name}'")
        options = DEVICE_OPTIONS | device_only
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and options["prefetch_factor"] is not None:
            raise ValueError("prefetch_factor option could only be specified in multiprocessing: set num_workers > 0.")
        if num_workers == 0 and options["persistent_workers"]:
            raise ValueError("persistent_workers option needs num_workers > 0")
        streams = isinstance(dataset, IterableDataset)
        if streams:
            for name, given in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
                if given is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={given}"
                    )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None and streams:
            sampler = repeat(None)
        elif sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.collate_fn = sampler, batch_sampler, collate_fn
        self.num_workers, self.worker_init_fn, self.generator = num_workers, worker_init_fn, generator
        self.pin_memory, self.timeout, self.multiprocessing_context = pin_memory, timeout, multiprocessing_context
        self._promised: int | None = None  # the length of a stream, once somebody asked for it
        vars(self).update(options, _complete=True)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and "_complete" in vars(self):
            raise ValueError(f"{name} attribute should not be set after DataLoader is initialized")
        object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """The number of batches."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        self._promised = length = len(self.dataset)  # type: ignore[arg-type]  # TypeError if it has none
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        seed = ag.empty((), dtype=np.int64).random_(generator=self.generator).item()  # at once, before the sampler's
        if self.num_workers:
            return self._made_by_workers(seed)
        if isinstance(self.dataset, IterableDataset):
            return self._counted(self._from_stream(iter(self.dataset)))
        at_once = collator(self.dataset) if self.collate_fn is default_collate else None
        if at_once is not None and type(self.batch_sampler) is BatchSampler:
            return map(at_once, self.batch_sampler.arrays())
        return map(self._fetch, self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _fetch(self, indices: Any) -> Any:
        """The batch of these indices, or without batches the item of this index."""
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[indices])
        together = getattr(self.dataset, "__getitems__", None)
        return self.collate_fn([self.dataset[i] for i in indices] if together is None else together(indices))

    def _from_stream(self, items: Iterator[Any]) -> Iterator[Any]:
        """The batches of an iterator over items, or, without batches, the items."""
        if self.batch_size is None:
            yield from map(self.collate_fn, items)
            return
        for batch in BatchSampler(items, self.batch_size, self.drop_last):
            yield self.collate_fn(batch)

    def _counted(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The batches of a stream; a warning if there are more of them than its length announced."""
        for number, batch in enumerate(batches, 1):
            if self._promised is not None and number > self._promised:
                warnings.warn(
                    f"Length of IterableDataset {self.dataset} was reported to be {self._promised} (when accessing "
                    f"len(dataloader)), but {number} samples have been fetched. ",
                    stacklevel=2,
                )
            yield batch

    # ------------------------------------------------------------ num_workers

    def _made_by_workers(self, seed: int) -> Iterator[Any]:
        """Batch i is made by worker i modulo num_workers, each with its own random numbers."""
        workers = [_Worker(WorkerInfo(i, self.num_workers, seed + i, self.dataset)) for i in range(self.num_workers)]
        for worker in workers:
            with worker.at_work():
                if self.worker_init_fn is not None:
                    self.worker_init_fn(worker.info.id)
                if isinstance(self.dataset, IterableDataset):
                    worker.batches = self._from_stream(iter(self.dataset))
        if isinstance(self.dataset, IterableDataset):
            return self._counted(_in_turn(workers))
        indices = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        return self._fetched_by(workers, indices)

    def _fetched_by(self, workers: list[_Worker], indices: Iterator[Any]) -> Iterator[Any]:
        for number, batch in enumerate(indices):
            with workers[number % len(workers)].at_work():
                made = self._fetch(batch)
            yield made


class WorkerInfo(NamedTuple):
    """What `get_worker_info` tells a data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_working: ContextVar[WorkerInfo | None] = ContextVar("working", default=None)


def get_worker_info() -> WorkerInfo | None:
    """Which worker is asking for an item (`id`, `num_workers`, `seed`, `dataset`); None outside of one.

    With workers, a stream is read by each of them: it must divide its items by this, as in PyTorch.
    """
    return _working.get()


class _Worker:
    """A stand-in for one of PyTorch's worker processes: its random state and, of a stream, its place."""

    def __init__(self, info: WorkerInfo) -> None:
        self.info = info
        self.batches: Iterator[Any] = iter(())
        stream, python = ag.Generator().manual_seed(info.seed), random.Random(info.seed)
        self._state: tuple[Any, Any] = stream.get_state(), python.getstate()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While it works, the default streams of this library and of Python are the worker's."""
        outside = ag.default_generator.get_state(), random.getstate()
        token = _working.set(self.info)
        ag.default_generator.set_state(self._state[0])
        random.setstate(self._state[1])
        try:
            yield
        finally:
            self._state = ag.default_generator.get_state(), random.getstate()
            ag.default_generator.set_state(outside[0])
            random.setstate(outside[1])
            _working.reset(token)


def _in_turn(workers: list[_Worker]) -> Iterator[Any]:
    """One batch of each worker's stream after the other, until all are exhausted."""
    exhausted = object()
    while workers:
        for worker in list(workers):
            with worker.at_work():
                batch = next(worker.batches, exhausted)
            if batch is exhausted:
                workers.remove(worker)
            else:
                yield batch
