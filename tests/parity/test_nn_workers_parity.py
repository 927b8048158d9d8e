"""Worker processes against PyTorch's: the same batches, random streams and errors. All of them: ALL_LOADERS=1."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from nn import data

torch = pytest.importorskip("torch")
torch_data = pytest.importorskip("torch.utils.data")

pytestmark = pytest.mark.filterwarnings(
    "ignore:This DataLoader will create", "ignore:Length of IterableDataset", "ignore:This process .* is multi-threaded"
)
SIDES = [(ag, data), (torch, torch_data)]


class Noisy:
    """Eleven items, each with numbers from every random stream of its worker."""

    def __init__(self, library: Any, side: Any) -> None:
        self.library, self.side = library, side

    def __len__(self) -> int:
        return 11

    def __getitem__(self, index: Any) -> Any:
        worker = self.side.get_worker_info()
        place = (-1, -1) if worker is None else (worker.id, worker.seed)
        return int(index), self.library.rand(2), np.random.rand(2), random.random(), *place


def stream(library: Any, side: Any) -> Any:
    class Stream(side.IterableDataset):  # type: ignore[misc, name-defined]  # a base chosen at run time
        def __iter__(self) -> Iterator[Any]:
            worker = side.get_worker_info()
            first, step = (0, 1) if worker is None else (worker.id, worker.num_workers)
            for i in range(first, 13, step):
                yield i, library.rand(1), random.random()

        def __len__(self) -> int:
            return 4

    return Stream()


class Eager:
    """A sampler that draws when it is asked for an iterator, not when that is asked for an index."""

    def __init__(self, library: Any, batches: bool) -> None:
        self.library, self.batches = library, batches

    def __iter__(self) -> Iterator[Any]:
        order = self.library.randperm(12).remainder(11)
        return iter((order.reshape(4, 3) if self.batches else order).tolist())

    def __len__(self) -> int:
        return 4 if self.batches else 12


def loaders() -> dict[str, Callable[[Any, Any], Any]]:
    found: dict[str, Callable[[Any, Any], Any]] = {}

    def add(name: str, kind: Callable[[Any, Any], Any], make: Callable[[Any, Any], Any], **options: Any) -> None:
        found[name] = lambda t, d: d.DataLoader(kind(t, d), **make(t, d), **options)

    for workers in (0, 1, 2, 3):
        ways: list[dict[str, Any]] = [{"num_workers": workers}]
        if workers:
            ways.append({"num_workers": workers, "persistent_workers": True})
        for way in ways:
            tag = f"{workers}{'p' if len(way) > 1 else ''}"
            for size in (1, 3, None):
                for shuffle in (False, True):
                    for prefetch in (None, 1, 3)[: 1 + 2 * bool(workers)]:
                        name = f"{tag}-{size}-{shuffle}-{prefetch}"
                        add(
                            name,
                            Noisy,
                            lambda t, d: {},
                            batch_size=size,
                            shuffle=shuffle,
                            prefetch_factor=prefetch,
                            **way,
                        )
                add(f"{tag}-stream-{size}", stream, lambda t, d: {}, batch_size=size, **way)
                if size:
                    add(f"{tag}-stream-{size}-dropped", stream, lambda t, d: {}, batch_size=size, drop_last=True, **way)
            for name, make in SAMPLERS.items():
                add(f"{tag}-{name}", Noisy, make, **way)
            add(f"{tag}-tensors", lambda t, d: d.TensorDataset(t.arange(22.0).reshape(11, 2)),
                lambda t, d: {"batch_size": 4, "shuffle": True}, **way)  # fmt: skip
    return found


def own(t: Any) -> Any:
    return t.Generator().manual_seed(5)


SAMPLERS: dict[str, Callable[[Any, Any], dict[str, Any]]] = {
    "eager": lambda t, d: {"sampler": Eager(t, False), "batch_size": 4},
    "eager items": lambda t, d: {"sampler": Eager(t, False), "batch_size": None},
    "eager batches": lambda t, d: {"batch_sampler": Eager(t, True)},
    "generator": lambda t, d: {"shuffle": True, "generator": own(t), "batch_size": 4},
    "replacement": lambda t, d: {"sampler": d.RandomSampler(range(11), True, 70, own(t)), "batch_size": 4},
    "replacement, default": lambda t, d: {"sampler": d.RandomSampler(range(11), True, 70), "batch_size": 4},
    "weights": lambda t, d: {"sampler": d.WeightedRandomSampler(range(1, 12), 20), "batch_size": 4},
    "replicas": lambda t, d: {"sampler": d.DistributedSampler(range(11), 3, 1), "batch_size": 2},
}
LOADERS = loaders()
SOME = list(LOADERS)[:: 1 if os.environ.get("ALL_LOADERS") else 9]


def plain(value: Any) -> Any:
    if hasattr(value, "requires_grad"):
        return str(value.dtype).replace("torch.", ""), tuple(value.shape), value.tolist()
    return (type(value), [plain(entry) for entry in value]) if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("leave_at", [None, 1])
@pytest.mark.parametrize("name", SOME)
def test_same_batches(name: str, leave_at: int | None) -> None:
    """Three epochs, the first of them perhaps broken off, and where the default stream is after each."""
    results = []
    for side in SIDES:
        side[0].manual_seed(3)
        random.seed(1)
        np.random.seed(2)
        loader, seen = LOADERS[name](*side), []
        for epoch in range(3):
            batches = iter(loader)
            seen.append([len(batches) if "stream" not in name else None, []])
            for number, batch in enumerate(batches):
                seen[-1][1].append(plain(batch))
                if (epoch, number) == (0, leave_at):
                    break
            seen.append(side[0].rand(1).tolist())
        results.append(seen)
    assert results[0] == results[1]


class Strange(Exception):
    def __init__(self, first: Any, second: Any) -> None:
        super().__init__(first, second)


@pytest.mark.parametrize(
    "error",
    [ValueError("wrong"), KeyError("wrong"), IndexError(3), Strange(1, 2), NotImplementedError(), StopIteration()],
)
def test_same_errors(error: Exception) -> None:
    results = []
    for _, side in SIDES:

        class Failing(side.Dataset):  # type: ignore[misc, name-defined]  # a base chosen at run time
            def __len__(self) -> int:
                return 5

            def __getitem__(self, index: int) -> int:
                if index == 1:
                    raise error
                return index

        seen: list[Any] = []
        batches = iter(side.DataLoader(Failing(), 1, num_workers=2))
        for _ in range(6):
            try:
                seen.append(next(batches).tolist())
            except Exception as caught:
                lines = str(caught).splitlines()
                seen.append([type(caught), lines[:2], lines[-2:]])
        results.append(seen)
    assert results[0] == results[1]
