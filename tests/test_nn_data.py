"""The DataLoader and what it is made of, held to orders drawn by PyTorch 2.13."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from nn import data


def batches(loader: Any, epochs: int = 1) -> list[Any]:
    return [[batch.tolist() for batch in loader] for _ in range(epochs)]


def test_the_order_of_pytorch() -> None:
    ag.manual_seed(0)
    loader = data.DataLoader(list(range(10)), batch_size=4, shuffle=True)
    assert batches(loader, 2) == [[[6, 7, 1, 4], [2, 0, 9, 8], [3, 5]], [[2, 4, 7, 0], [8, 9, 5, 3], [6, 1]]]
    assert ag.rand(1).item() == 0.455627977848053


def test_the_order_of_a_generator_of_its_own() -> None:
    ag.manual_seed(0)
    loader = data.DataLoader(list(range(10)), 4, shuffle=True, generator=ag.Generator().manual_seed(5))
    assert batches(loader, 2) == [[[7, 4, 8, 1], [2, 3, 6, 5], [9, 0]], [[2, 1, 6, 3], [5, 9, 4, 7], [8, 0]]]
    assert ag.rand(1).item() == 0.49625658988952637


def test_samplers() -> None:
    ag.manual_seed(0)
    assert list(data.WeightedRandomSampler([1.0, 2, 3], 6)) == [2, 2, 1, 2, 2, 2]
    assert list(data.RandomSampler(range(5), True, 6)) == [3, 4, 1, 4, 2, 4]
    assert list(data.SubsetRandomSampler([5, 6, 7])) == [6, 5, 7]
    assert list(data.SequentialSampler("abc")) == [0, 1, 2]
    assert sorted(list(data.RandomSampler(range(3), num_samples=7))[:6]) == [0, 0, 1, 1, 2, 2]


def test_splits() -> None:
    parts = data.random_split(range(10), [0.7, 0.3], ag.Generator().manual_seed(42))
    assert [list(part.indices) for part in parts] == [[2, 6, 1, 8, 4, 5, 0], [9, 3, 7]]
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        data.random_split(range(1), [0.5, 0.5])


@pytest.mark.parametrize("batch_size", [1, 3, 7, 10, 11, 100])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_at_once_are_those_of_the_items(batch_size: int, drop_last: bool) -> None:
    """The short cut for a TensorDataset gives what collating its items gives, in memory of its own."""
    x, y = ag.arange(30.0).reshape(10, 3), ag.arange(10)
    points = data.TensorDataset(x, y)
    sets = [points, data.Subset(points, [3, 1, 4, 1, 5]), data.Subset(data.Subset(points, [3, 1, 4]), range(2))]
    for dataset in sets:
        for shuffle in (False, True):
            results = []
            for collate in (None, lambda items: data.default_collate(items)):
                ag.manual_seed(1)
                loader = data.DataLoader(dataset, batch_size, shuffle, drop_last=drop_last, collate_fn=collate)
                assert len(loader) == len(list(loader))
                results.append([[(field.dtype, field.tolist()) for field in batch] for batch in loader])
            assert results[0] == results[1]
    for batch in data.DataLoader(points, batch_size):
        assert not np.shares_memory(batch[0].array, x.array)


def test_a_subclass_may_make_its_items() -> None:
    class Doubled(data.TensorDataset):
        def __getitem__(self, index: Any) -> Any:
            return tuple(field * 2 for field in super().__getitem__(index))

    assert [batch[0].tolist() for batch in data.DataLoader(Doubled(ag.arange(3)), 2)] == [[0, 2], [4]]

    class Shifted(data.Subset[Any]):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(index) + 1

        def __getitems__(self, indices: Any) -> Any:
            return [self[i] for i in indices]

    assert batches(data.DataLoader(Shifted([10, 20], [1, 0]), 2)) == [[[21, 11]]]

    class Half(data.Subset[Any]):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(index) / 2

    with pytest.raises(NotImplementedError, match="__getitems__"):
        Half([1], [0])


def test_gradients_reach_a_dataset() -> None:
    x = ag.arange(4.0).requires_grad_()
    for (batch,) in data.DataLoader(data.TensorDataset(x), 2):
        batch.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1, 1, 1]


def test_joined_data_sets() -> None:
    joined = data.ConcatDataset([[1, 2], [3], [4, 5]])
    assert len(joined) == 5
    assert [joined[i] for i in (0, 2, 4, -1, -5)] == [1, 3, 5, 5, 1]
    stacked = data.StackDataset(a=[1, 2], b="xy")
    assert stacked[1] == {"a": 2, "b": "y"}


class Count(data.IterableDataset[int]):
    def __init__(self, n: int) -> None:
        self.n = n

    def __iter__(self) -> Any:
        return iter(range(self.n))

    def __len__(self) -> int:
        return 3


def test_streams() -> None:
    assert batches(data.DataLoader(Count(5), 2)) == [[[0, 1], [2, 3], [4]]]
    assert batches(data.DataLoader(Count(5), 2, drop_last=True)) == [[[0, 1], [2, 3]]]
    assert list(data.DataLoader(Count(3), None)) == [0, 1, 2]
    assert batches(data.DataLoader(Count(2) + Count(3), 9)) == [[[0, 1, 0, 1, 2]]]
    loader = data.DataLoader(Count(5), 1)
    assert len(loader) == 3
    with pytest.warns(UserWarning, match="was reported to be 3"):
        list(loader)


def test_an_error_leaves_the_streams_and_the_iterator() -> None:
    """An epoch goes on after a batch that failed, as in PyTorch."""

    def collate(items: list[int]) -> int:
        return 6 // (items[0] - 1)

    batches = iter(data.DataLoader(range(4), collate_fn=collate))
    assert next(batches) == -6
    with pytest.raises(ZeroDivisionError):
        next(batches)
    assert list(batches) == [6, 3]
    assert len(batches) == 4  # type: ignore[arg-type]
    assert data.get_worker_info() is None


def test_collating() -> None:
    batch = data.default_collate([{"x": np.ones(2), "y": [1, "a"]}, {"x": np.zeros(2), "y": [2, "b"]}])
    assert batch["x"].tolist() == [[1, 1], [0, 0]]
    assert batch["x"].dtype == np.float64
    assert batch["y"][0].tolist() == [1, 2]
    assert batch["y"][1] == ("a", "b")
    with pytest.raises(TypeError, match="default_collate: batch must contain"):
        data.default_collate([None])
    array = np.ones(2)
    assert np.shares_memory(data.default_convert((array, 1))[0].array, array)


def test_options() -> None:
    loader = data.DataLoader([1, 2], pin_memory=True)
    assert [batch.tolist() for batch in loader] == [[1], [2]]
    with pytest.raises(TypeError, match="'speed'"):
        data.DataLoader([1], speed=3)
    with pytest.raises(ValueError, match="should not be set"):
        loader.dataset = [3]
    assert data.load_mnist is not None
