"""The DataLoader against PyTorch: the same batches in the same order from the same seed."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from nn import data

torch = pytest.importorskip("torch")
torch_data = pytest.importorskip("torch.utils.data")

SIDES = [(ag, data), (torch, torch_data)]
Pair = namedtuple("Pair", ["x", "y"])


def plain(value: Any) -> Any:
    """A batch as Python values, with the kind of each container and the dtype of each tensor."""
    if hasattr(value, "requires_grad"):
        return str(value.dtype).replace("torch.", ""), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return type(value).__name__, {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, deque)):
        return type(value).__name__, [plain(entry) for entry in value]
    return (type(value).__name__, value.tolist()) if isinstance(value, np.ndarray) else value


def compare(make: Any, epochs: int = 2, seed: int = 0) -> list[Any]:
    """`make(library, data)` gives a loader; its batches, and the stream afterwards, agree."""
    results = []
    for side in SIDES:
        side[0].manual_seed(seed)
        loader = make(*side)
        seen = [[plain(batch) for batch in loader] for _ in range(epochs)]
        results.append((seen, side[0].rand(2).tolist()))
    assert results[0] == results[1]
    return results[0][0]


def points(library: Any, data: Any, n: int = 23) -> Any:
    x = np.arange(3 * n, dtype=np.float32).reshape(n, 3)
    return data.TensorDataset(library.tensor(x), library.tensor(np.arange(n)))


LOADERS = {
    "in order": lambda t, d: d.DataLoader(points(t, d), batch_size=4),
    "shuffled": lambda t, d: d.DataLoader(points(t, d), batch_size=4, shuffle=True),
    "last dropped": lambda t, d: d.DataLoader(points(t, d), batch_size=4, shuffle=True, drop_last=True),
    "one by one": lambda t, d: d.DataLoader(points(t, d), shuffle=True),
    "larger batch": lambda t, d: d.DataLoader(points(t, d), batch_size=100, shuffle=True),
    "no batches": lambda t, d: d.DataLoader(points(t, d), batch_size=None, shuffle=True),
    "own generator": lambda t, d: d.DataLoader(points(t, d), 5, True, generator=t.Generator().manual_seed(3)),
    "own generator, in order": lambda t, d: d.DataLoader(points(t, d), 5, generator=t.Generator().manual_seed(3)),
    "sampler": lambda t, d: d.DataLoader(points(t, d), 5, sampler=d.SubsetRandomSampler(range(3, 15))),
    "own generator of a sampler": lambda t, d: d.DataLoader(
        points(t, d), 5, sampler=d.RandomSampler(range(23), generator=t.Generator().manual_seed(1))
    ),
    "fewer samples": lambda t, d: d.DataLoader(points(t, d), 5, sampler=d.RandomSampler(range(23), num_samples=7)),
    "more samples": lambda t, d: d.DataLoader(points(t, d), 5, sampler=d.RandomSampler(range(23), num_samples=60)),
    "with replacement": lambda t, d: d.DataLoader(points(t, d), 5, sampler=d.RandomSampler(range(23), True, 70)),
    "a whole round": lambda t, d: d.DataLoader(points(t, d), 5, sampler=d.RandomSampler(range(23), True, 64)),
    "weights": lambda t, d: d.DataLoader(points(t, d), 5, sampler=d.WeightedRandomSampler(np.arange(23.0), 30)),
    "weights without replacement": lambda t, d: d.DataLoader(
        points(t, d), 5, sampler=d.WeightedRandomSampler(np.arange(1, 24.0), 20, False)
    ),
    "list as sampler": lambda t, d: d.DataLoader(points(t, d), 5, sampler=[5, 4, 3, 3, 3, 1]),
    "batch sampler": lambda t, d: d.DataLoader(
        points(t, d), batch_sampler=d.BatchSampler(d.RandomSampler(range(23)), 3, True)
    ),
    "batches given": lambda t, d: d.DataLoader(points(t, d), batch_sampler=[[1, 2], [3], [4, 5, 6]]),
    "subset": lambda t, d: d.DataLoader(d.Subset(points(t, d), [2, 4, 6, 8, 9]), 2, True),
    "subset of a subset": lambda t, d: d.DataLoader(
        d.Subset(d.Subset(points(t, d), range(1, 20, 2)), [5, 1, 2, 0]), 3, True
    ),
    "split": lambda t, d: d.DataLoader(d.random_split(points(t, d), [0.7, 0.3])[0], 4, True),
    "joined": lambda t, d: d.DataLoader(points(t, d) + d.Subset(points(t, d), [0, 1]), 4, True),
    "collated": lambda t, d: d.DataLoader(points(t, d), 4, True, collate_fn=lambda items: len(items)),
    "list": lambda t, d: d.DataLoader(list(range(10)), 3, True),
    "workers": lambda t, d: d.DataLoader(points(t, d), 4, True, num_workers=2),
    "stacked": lambda t, d: d.DataLoader(d.StackDataset(points(t, d), points(t, d)), 4, True),
    "slices": lambda t, d: d.DataLoader(points(t, d), 2, sampler=[slice(0, 2), slice(2, 4)]),
    "lists": lambda t, d: d.DataLoader(points(t, d), 2, sampler=[[0, 1], [2, 3]]),
    "truths": lambda t, d: d.DataLoader(points(t, d), 2, sampler=[True, True]),
    "tensor of indices": lambda t, d: d.DataLoader(points(t, d), 2, sampler=t.tensor([3, 4, -5])),
    "subset by truths": lambda t, d: d.DataLoader(d.Subset(points(t, d), [True, True]), 2),
    "subset by a tensor": lambda t, d: d.DataLoader(d.Subset(points(t, d), t.tensor([3, 4, 5])), 2),
    "replicas": lambda t, d: d.DataLoader(points(t, d), 2, sampler=d.DistributedSampler(range(23), 4, 3)),
    "stacked by name": lambda t, d: d.DataLoader(d.StackDataset(a=points(t, d), b=range(23)), 4, True),
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("seed", [0, 7])
def test_same_batches(name: str, seed: int) -> None:
    compare(LOADERS[name], seed=seed)
    lengths = []
    for side in SIDES:
        try:
            lengths.append(len(LOADERS[name](*side)))
        except TypeError:
            lengths.append(None)
    assert lengths[0] == lengths[1]


def test_breaking_off_leaves_the_stream_where_pytorch_leaves_it() -> None:
    for name in ("shuffled", "own generator", "more samples", "with replacement", "no batches"):
        results = []
        for side in SIDES:
            side[0].manual_seed(1)
            loader = LOADERS[name](*side)
            seen = [plain(next(iter(loader)))]
            for batch in loader:
                seen.append(plain(batch))
                break
            iter(loader)
            seen += [plain(batch) for batch in loader]
            results.append((seen, side[0].rand(1).item()))
        assert results[0] == results[1], name


ITEMS = {
    "floats": [1.5, 2.5],
    "ints": [1, 2],
    "bools": [True, False],
    "strings": ["a", "b"],
    "bytes": [b"a", b"b"],
    "arrays": [np.ones(2, np.float32), np.zeros(2, np.float32)],
    "bytes as arrays": [np.ones((2, 2), np.uint8), np.zeros((2, 2), np.uint8)],
    "numpy numbers": [np.float32(1), np.float32(2)],
    "numpy doubles": [np.float64(1), np.float64(2)],
    "numpy ints": [np.int32(1), np.int32(2)],
    "tuples": [(1, 2.0), (3, 4.0)],
    "lists": [[1, 2], [3, 4]],
    "named": [Pair(1, 2.0), Pair(3, 4.0)],
    "dicts": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
    "ordered": [OrderedDict(a=1), OrderedDict(a=2)],
    "nested": [{"a": (np.ones(2), [1, 2.0])}, {"a": (np.zeros(2), [3, 4.0])}],
    "ranges": [range(2), range(2, 4)],
    "single and double": [np.float32(1), np.float64(2)],
    "numpy ints and floats": [np.int64(2), 3.5],
    "ints and floats": [1, 2.5],
    "floats and ints": [1.5, 2],
    "arrays of two dtypes": [np.ones(2, int), np.ones(2, np.float32)],
    "bytearrays": [bytearray(b"ab"), bytearray(b"cd")],
    "queues": [deque([1, 2]), deque([3, 4])],
    "defaults": [defaultdict(int, a=1), defaultdict(int, a=2)],
    "named and not": [Pair(1, 2.0), (3, 4.0)],
    "masked": [np.ma.array([1, 2], mask=[False, True])],
    "empty": [(), ()],
}


@pytest.mark.parametrize("name", ITEMS)
def test_collating_and_converting(name: str) -> None:
    ours, theirs = (plain(side.default_collate(list(ITEMS[name]))) for _, side in SIDES)
    assert ours == theirs
    ours, theirs = (plain(side.default_convert(ITEMS[name][0])) for _, side in SIDES)
    assert ours == theirs


def test_collating_tensors() -> None:
    results = [plain(side.default_collate([library.ones(2, 2), library.zeros(2, 2)])) for library, side in SIDES]
    assert results[0] == results[1]


@pytest.mark.parametrize("batch", [[(1, 2), (1,)], [object()], [np.array(["a"])], [None, None]])
def test_what_cannot_be_collated(batch: list[Any]) -> None:
    errors = []
    for _, side in SIDES:
        with pytest.raises((TypeError, RuntimeError)) as caught:
            side.default_collate(batch)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0] == errors[1]


def stream(library: Any, side: Any, n: int, noisy: bool = False) -> Any:
    class Numbers(side.IterableDataset):  # type: ignore[misc, name-defined]  # a base chosen at run time
        def __iter__(self) -> Any:
            info = side.get_worker_info()
            first, step = (0, 1) if info is None else (info.id, info.num_workers)
            for i in range(first, n, step):
                yield i + (library.rand(1).item() if noisy else 0)

    return Numbers()


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("batch_size", "drop_last"), [(3, False), (3, True), (None, False)])
@pytest.mark.parametrize("noisy", [False, True])
def test_streams(workers: int, batch_size: int | None, drop_last: bool, noisy: bool) -> None:
    compare(
        lambda t, d: d.DataLoader(
            stream(t, d, 11, noisy), batch_size=batch_size, drop_last=drop_last, num_workers=workers
        )
    )


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_workers_have_random_streams_of_their_own() -> None:
    def noisy(library: Any, side: Any) -> Any:
        class Noisy(side.Dataset):  # type: ignore[misc, name-defined]  # a base chosen at run time
            def __len__(self) -> int:
                return 12

            def __getitem__(self, index: int) -> Any:
                info = side.get_worker_info()
                return index, library.rand(2), info.id, info.seed

        return Noisy()

    compare(lambda t, d: d.DataLoader(noisy(t, d), batch_size=2, shuffle=True, num_workers=3))


class Odd:
    """Three items, but one item at a time whatever is asked for."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: Any) -> Any:
        return index

    def __getitems__(self, indices: Any) -> Any:
        return [1]


ERRORS = {
    "workers": lambda t, d: d.DataLoader([1], num_workers=-1),
    "timeout": lambda t, d: d.DataLoader([1], timeout=-1),
    "persistent": lambda t, d: d.DataLoader([1], persistent_workers=True),
    "shuffled sampler": lambda t, d: d.DataLoader([1], shuffle=True, sampler=[0]),
    "batch sampler": lambda t, d: d.DataLoader([1], batch_size=2, batch_sampler=[[0]]),
    "nothing to drop": lambda t, d: d.DataLoader([1], batch_size=None, drop_last=True),
    "batch size": lambda t, d: d.DataLoader([1], batch_size=0),
    "fractional batch size": lambda t, d: d.DataLoader([1], batch_size=1.5),
    "empty": lambda t, d: d.DataLoader([], shuffle=True),
    "shuffled stream": lambda t, d: d.DataLoader(stream(t, d, 3), shuffle=True),
    "sampled stream": lambda t, d: d.DataLoader(stream(t, d, 3), sampler=[0]),
    "set later": lambda t, d: setattr(d.DataLoader([1]), "batch_size", 3),
    "option": lambda t, d: d.DataLoader([1], speed=3),
    "replacement": lambda t, d: d.RandomSampler([1], replacement=1),
    "samples": lambda t, d: d.RandomSampler([1], num_samples=0),
    "weighted samples": lambda t, d: d.WeightedRandomSampler([1.0], 0),
    "weights": lambda t, d: d.WeightedRandomSampler([[1.0]], 1),
    "drop": lambda t, d: d.BatchSampler([1], 2, 1),
    "tensors": lambda t, d: d.TensorDataset(t.ones(2), t.ones(3)),
    "joined": lambda t, d: d.ConcatDataset([]),
    "joined index": lambda t, d: d.ConcatDataset([[1], [2]])[-3],
    "split": lambda t, d: d.random_split([1, 2, 3], [1, 1]),
    "fractions": lambda t, d: d.random_split([1, 2, 3], [1.5, -0.5]),
    "no item": lambda t, d: d.Dataset()[0],
    "stacked": lambda t, d: d.StackDataset(),
    "stacked of different lengths": lambda t, d: d.StackDataset([1], [2, 3]),
    "stacked of odd ones": lambda t, d: list(d.DataLoader(d.StackDataset(Odd(), [1, 2, 3]), 2)),
    "stream without items": lambda t, d: d.IterableDataset(),
    "context": lambda t, d: d.DataLoader([1], num_workers=1, multiprocessing_context=5),
    "prefetching less than nothing": lambda t, d: d.DataLoader([1], num_workers=1, prefetch_factor=-1),
    "workers set later": lambda t, d: setattr(d.DataLoader([1]), "persistent_workers", True),
    "samples of nothing": lambda t, d: list(d.RandomSampler([], num_samples=3)),
    "rank": lambda t, d: d.DistributedSampler([1, 2], 2, 2),
    "fractional index": lambda t, d: list(d.DataLoader(d.TensorDataset(t.ones(3)), sampler=[0.5])),
    "index": lambda t, d: list(d.DataLoader(d.TensorDataset(t.ones(3)), 2, sampler=[0, 5])),
}
OUR_WORDS = {"index", "fractional index", "samples of nothing"}  # where the message is another part's


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    errors = []
    for side in SIDES:
        with pytest.raises(Exception) as caught:
            ERRORS[name](*side)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0][0] is errors[1][0]
    ours, expected = sorted((message for _, message in errors), key=len, reverse=True)
    assert ours.startswith(expected) or name in OUR_WORDS  # ours may say more


@pytest.mark.parametrize("lengths", [[5, 3, 2], [0.5, 0.3, 0.2], [0.34, 0.33, 0.33], [10]])
def test_random_splits(lengths: list[Any]) -> None:
    for seed in (0, 1):
        ours, theirs = (
            [
                list(part.indices)
                for part in side.random_split(range(10), lengths, library.Generator().manual_seed(seed))
            ]
            for library, side in SIDES
        )
        assert ours == theirs
