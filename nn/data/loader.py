"""The DataLoader: batches of a data set, shuffled as PyTorch shuffles for the same seed."""

from __future__ import annotations

import os
import warnings
from itertools import count, repeat
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

import autograd_core as ag

from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .fetch import fetcher, indices_of, together, warn_if_too_many
from .sampler import BatchSampler, RandomSampler, SequentialSampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograd_core import Generator

    from .workers import Workers

__all__ = ["DataLoader"]

T_co = TypeVar("T_co", covariant=True)

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader(Generic[T_co]):
    """Iterates over batches of a data set; each `for` is a new epoch, with a new order if it shuffles.

    With num_workers > 0 that many processes make the batches, prefetch_factor ahead of each, in the order and from the
    random streams of PyTorch's; batches come from them by pickling. That pays where an item is expensive to make: reading
    and decoding a file, not indexing tensors. `pin_memory` and `pin_memory_device` are accepted without effect.

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
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError("prefetch_factor option could only be specified in multiprocessing: set num_workers > 0.")
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if num_workers == 0 and persistent_workers:
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
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.timeout, self.persistent_workers, self.in_order = timeout, persistent_workers, in_order
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.multiprocessing_context = multiprocessing_context
        self.promised: int | None = None  # the length of a stream, once somebody asked for it
        self._iterator: Workers | None = None  # the persistent workers
        self._complete = True
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        if num_workers > (cores or num_workers):
            warnings.warn(
                f"This DataLoader will create {num_workers} worker processes in total, and this machine has {cores} cores "
                "for them: more workers than cores rarely help.",
                stacklevel=2,
            )

    @property
    def multiprocessing_context(self) -> Any:
        """How processes are started: None for Python's default, or a context; "fork", "spawn" or "forkserver" become one."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        if context is None:
            self._context = None
            return
        import multiprocessing.context

        if not self.num_workers:
            raise ValueError("multiprocessing_context can only be used with num_workers > 0")
        if isinstance(context, str):
            known = multiprocessing.get_all_start_methods()
            if context not in known:
                raise ValueError(f"multiprocessing_context: expected one of {known}, but got {context!r}")
            context = multiprocessing.get_context(context)
        if not isinstance(context, multiprocessing.context.BaseContext):
            raise TypeError(
                "multiprocessing_context option should be a valid context object or a string specifying the start method, "
                f"but got multiprocessing_context={context}"
            )
        self._context = context

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and "_complete" in vars(self):
            raise ValueError(f"{name} attribute should not be set after DataLoader is initialized")
        object.__setattr__(self, name, value)

    @property
    def index_sampler(self) -> Any:
        """What says which items come next: the batch sampler, or without batches the sampler."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __len__(self) -> int:
        """The number of batches."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.index_sampler)
        self.promised = length = len(self.dataset)  # type: ignore[arg-type]  # TypeError if it has none
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if self.num_workers == 0:
            return self._here()
        from .workers import Workers  # here, because multiprocessing takes a while to import

        if not self.persistent_workers:
            return Workers(self)
        if self._iterator is None or self._iterator.failure is not None:
            self._iterator = Workers(self)
        else:
            self._iterator.restart(self.promised)
        return self._iterator

    def base_seed(self) -> int:
        """What each epoch draws first; worker i is seeded with it, plus i."""
        return ag.empty((), dtype=np.int64).random_(generator=self.generator).item()  # type: ignore[no-any-return]

    def _here(self) -> Iterator[Any]:
        """The batches of an epoch, made in this process."""
        if self.timeout:
            raise AssertionError(f"DataLoader: timeout={self.timeout} is for worker processes: set num_workers > 0")
        batched = self.batch_sampler is not None
        indices = indices_of(self.index_sampler, together(self.dataset, batched, self.collate_fn) is not None)
        self.base_seed()
        fetch = fetcher(self.dataset, batched, self.collate_fn, self.drop_last)
        return _Epoch(fetch if self.promised is None else self._counted(fetch), indices, self.index_sampler)

    def _counted(self, fetch: Callable[[Any], Any]) -> Callable[[Any], Any]:
        numbers, promised = count(1), self.promised

        def counting(indices: Any) -> Any:
            batch = fetch(indices)
            warn_if_too_many(self.dataset, promised, next(numbers), among_workers=False)
            return batch

        return counting


class _Epoch(map):  # type: ignore[type-arg]  # generic for type checkers only
    """An iterator over batches that knows the number of all, as PyTorch's."""

    _sampler: Any

    def __new__(cls, fetch: Callable[[Any], Any], indices: Iterator[Any], sampler: Any) -> _Epoch:
        self = super().__new__(cls, fetch, indices)
        self._sampler = sampler
        return self

    def __len__(self) -> int:
        return len(self._sampler)
