"""Samplers: in which order a DataLoader takes the items of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

import autograd_core as ag

if TYPE_CHECKING:
    from collections.abc import Sized

    from autograd_core import Generator

__all__ = [
    "BatchSampler",
    "DistributedSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

Array = np.ndarray[Any, Any]
T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """Base class. A subclass defines `__iter__`, which yields indices, and, if it can, `__len__`."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError("a Sampler must define __iter__")


class SequentialSampler(Sampler[int]):
    """All items, in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def rounds(self) -> Iterator[Array]:
        """The indices as arrays, to be taken one after the other."""
        yield np.arange(len(self.data_source))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """All items, shuffled; or num_samples of them, with `replacement` each drawn from all.

    Without a generator each epoch seeds one from the default stream.

    >>> _ = ag.manual_seed(0)
    >>> sorted(nn.data.RandomSampler(range(5)))
    [0, 1, 2, 3, 4]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many indices an epoch has; the data set's length, whatever that is at the time, if not given."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        for indices in self.rounds():
            yield from indices.tolist()

    def rounds(self) -> Iterator[Array]:
        """The indices as arrays, to be taken one after the other."""
        n, generator = len(self.data_source), self.generator
        if generator is None:
            generator = ag.Generator().manual_seed(ag.empty((), dtype=np.int64).random_().item())
        if self.replacement:
            for left in range(self.num_samples, -1, -32):  # by 32, as in PyTorch
                yield ag.randint(0, n, (min(left, 32),), generator=generator).array
        else:
            whole, rest = divmod(self.num_samples, n)
            for count in [n] * whole + [
                rest
            ]:  # the last order is drawn, as in PyTorch, even if nothing of it is needed
                yield ag.randperm(n, generator=generator).array[:count]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices, shuffled."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for i in ag.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """num_samples indices, each drawn with a probability proportional to its weight."""

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = ag.as_tensor(weights, dtype=np.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        yield from ag.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler, in lists of batch_size; the last one may be shorter, or be dropped.

    >>> list(nn.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def arrays(self) -> Iterator[Array]:
        """The batches as arrays of indices."""
        if type(self.sampler) not in (SequentialSampler, RandomSampler):
            yield from map(np.array, self)
            return
        rest, size = np.zeros(0, np.int64), self.batch_size
        for indices in self.sampler.rounds():  # type: ignore[attr-defined]  # as both have
            indices = np.concatenate([rest, indices]) if rest.size else indices
            whole = indices.size - indices.size % size
            for start in range(0, whole, size):
                yield indices[start : start + size]
            rest = indices[whole:]
        if rest.size and not self.drop_last:
            yield rest

    def __len__(self) -> int:
        sampler: Any = self.sampler
        return len(sampler) // self.batch_size if self.drop_last else -(-len(sampler) // self.batch_size)


class DistributedSampler(Sampler[int]):
    """The share of one of several processes: every num_replicas-th index, from `rank` on, of one order for all.

    The order is shuffled by ``seed + epoch``: call `set_epoch` before each epoch. To be equally long, shares repeat the
    first indices, or with drop_last leave out the last ones.

    >>> [list(nn.data.DistributedSampler("abcde", num_replicas=2, rank=i, shuffle=False)) for i in range(2)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError("DistributedSampler: there is no process group here to ask; pass num_replicas and rank")
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset, self.num_replicas, self.rank, self.epoch = dataset, num_replicas, rank, 0
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.num_samples = len(dataset) // num_replicas if drop_last else -(-len(dataset) // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        order = np.arange(len(self.dataset))
        if self.shuffle:
            order = ag.randperm(order.size, generator=ag.Generator().manual_seed(self.seed + self.epoch)).array
        return iter(np.resize(order, self.total_size)[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples
