"""A write through NumPy between a value's use and backward() is found; everything else passes undisturbed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.benchmarks import watching

WEIGHT = [2.0, 3.0, 5.0]


def weight() -> ag.Tensor:
    return ag.tensor(WEIGHT, dtype=ag.float64, requires_grad=True)


def is_found(loss: ag.Tensor) -> bool:
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*NumPy array that shares its memory"):
        loss.backward()
    return True


def given(array: np.ndarray[Any, Any]) -> tuple[ag.Tensor, np.ndarray[Any, Any]]:
    return ag.from_numpy(array), array


def taken(array: np.ndarray[Any, Any]) -> tuple[ag.Tensor, np.ndarray[Any, Any]]:
    tensor = ag.tensor(array)
    return tensor, tensor.numpy()


SHARED: dict[str, Callable[[np.ndarray[Any, Any]], tuple[ag.Tensor, np.ndarray[Any, Any]]]] = {
    "from_numpy": given,
    "as_tensor": lambda array: (ag.as_tensor(array), array),
    "numpy()": taken,
    "asarray": lambda array: (tensor := ag.tensor(array), np.asarray(tensor)),
    "detach().numpy()": lambda array: (tensor := ag.tensor(array), tensor.detach().numpy()),
    "data.numpy()": lambda array: (tensor := ag.tensor(array), tensor.data.numpy()),
    "numpy(force=True)": lambda array: (tensor := ag.tensor(array), tensor.numpy(force=True)),
    "np.reshape": lambda array: (tensor := ag.tensor(array), np.reshape(tensor, array.shape)),
    "np.split": lambda array: (tensor := ag.tensor(array), np.split(tensor, 1)[0]),
    "a view": lambda array: (tensor := ag.tensor(array), tensor.view(-1).numpy().reshape(array.shape)),
    "a column": lambda array: (ag.from_numpy(np.repeat(array, 2, 0).reshape(-1, 2).T.copy().T)[:, 0], array),
}


@pytest.mark.parametrize("way", [way for way in SHARED if way != "a column"])
def test_a_write_is_found(way: str) -> None:
    x, array = SHARED[way](np.array([1.0, 2.0, 3.0]))
    loss = (weight() * x).sum()
    array[1] = 7
    assert x[1] == 7
    assert is_found(loss)


@pytest.mark.parametrize("way", SHARED)
def test_reading_and_writing_before_use_and_after_backward_are_allowed(way: str) -> None:
    x, array = SHARED[way](np.array([1.0, 2.0, 3.0]))
    array[...] = [3, 1, 2]
    if way != "a column":
        x.mul_(2)  # our own write before the use
    for _ in range(2):
        w = weight()
        (w * x).sum().backward()
        np.testing.assert_array_equal(w.grad, x)
        array[...] += 1  # between two steps


def test_memory_given_out_after_the_use_is_guarded_too() -> None:
    x = ag.tensor([1.0, 2.0, 3.0], dtype=ag.float64)
    loss = (weight() * x).sum()
    x.numpy()[0] = 4
    assert is_found(loss)


def test_a_result_that_a_derivative_reads_is_guarded() -> None:
    out = weight().exp()
    loss = out.sum()
    out.detach().numpy()[0] = 1
    assert is_found(loss)


def test_a_parameter_written_through_numpy() -> None:
    w = weight()
    loss = (w * w).sum()
    w.detach().numpy()[:] = 0
    assert is_found(loss)


def test_a_view_looks_at_its_own_region() -> None:
    array = np.arange(12.0).reshape(4, 3)
    x = ag.from_numpy(array)
    w = weight()
    loss = (w * x[1]).sum()
    array[2] = 7  # the next batch, say
    loss.backward()
    np.testing.assert_array_equal(w.grad, array[1])
    loss = (w * x[1:3]).sum()
    array[2, 2] = 8
    assert is_found(loss)
    loss = (w * x).sum()
    array[0] = 9
    assert is_found(loss)


def test_our_own_writes_through_a_view_are_counted_once_and_by_all() -> None:
    x = ag.from_numpy(np.arange(12.0).reshape(4, 3))
    row, w = x[1], weight()
    before, beside = (w * row).sum(), (w * x[2]).sum()
    assert x._version == row._version == 0
    x.add_(1)
    assert x._version == row._version == 1
    after = (w * x).sum()
    (w * row).sum().backward()  # looking at the row is no write
    w.grad = None
    after.backward()
    np.testing.assert_array_equal(w.grad, x.sum(0))
    for loss in (before, beside):
        assert is_found(loss)


def test_elements_that_change_places_are_found() -> None:
    for shape in ((3,), (300, 1000)):
        array = np.random.default_rng(0).random(shape)
        w = ag.ones(shape[-1], dtype=ag.float64, requires_grad=True)
        loss = (w * ag.from_numpy(array)).sum()
        array[[0, 1]] = array[[1, 0]]
        assert is_found(loss)


@pytest.mark.parametrize("place", [(0, 0), (299, 999), (150, 77)])
def test_one_element_of_a_large_array_is_found(place: tuple[int, int]) -> None:
    array = np.zeros((300, 1000))
    w = ag.ones(1000, dtype=ag.float64, requires_grad=True)
    loss = (w * ag.from_numpy(array)).sum()
    array[place] = 5e-324
    assert is_found(loss)


LAYOUTS = [lambda a: a, lambda a: a[::-1], lambda a: a.T, lambda a: a[:, ::2]]


@pytest.mark.parametrize("layout", LAYOUTS, ids=["rows", "backwards", "columns", "with gaps"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bool", "int64"])
def test_every_dtype_and_layout(dtype: str, layout: Callable[[Any], Any]) -> None:
    array = layout(np.ones((3, 4), dtype))
    x = ag.from_numpy(array)
    ones = ag.ones(array.shape, dtype=x.dtype if x.is_floating_point() else None, requires_grad=True)
    loss = ones * x if dtype.startswith("float") else ones.masked_fill(x, 0) if dtype == "bool" else ones.gather(0, x)
    array[1, 1] = 0
    assert is_found(loss.sum())


def test_two_sweeps_over_a_retained_graph() -> None:
    array = np.array([1.0, 2.0, 3.0])
    w = weight()
    loss = (w * ag.from_numpy(array)).sum()
    loss.backward(retain_graph=True)
    array[0] = 5
    assert is_found(loss)
    np.testing.assert_array_equal(w.grad, [1, 2, 3])


def test_create_graph_is_guarded() -> None:
    array = np.array([1.0, 2.0, 3.0])
    w = weight()
    (slope,) = ag.grad((w * ag.from_numpy(array)).exp().sum(), w, create_graph=True)
    array[0] = 5
    assert is_found(slope.sum())


@pytest.fixture
def unguarded() -> Iterator[None]:
    ag.set_detect_numpy_writes(False)
    yield
    ag.set_detect_numpy_writes(True)


@pytest.mark.usefixtures("unguarded")
def test_it_can_be_switched_off() -> None:
    x, array = given(np.array([1.0, 2.0, 3.0]))
    w = weight()
    loss = (w * x).sum()
    array[0] = 5
    loss.backward()
    x.add_(1)
    assert x._version == 1
    loss = (w * x).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_shared_memory_survives_copying_and_pickling_as_memory_of_its_own() -> None:
    x, array = given(np.array([1.0, 2.0, 3.0]))
    twin = copy.deepcopy(x)
    w = weight()
    loss = (w * twin).sum()
    array[0] = 5
    loss.backward()
    np.testing.assert_array_equal(w.grad, [1, 2, 3])


@pytest.mark.parametrize("feed", [watching.tensors, watching.slices, watching.loader])
def test_the_benchmarks_contenders_do_the_same(feed: Any) -> None:
    states = []
    for contender in watching.workload(feed).contenders:
        step = contender.setup()
        for _ in islice(iter(int, 1), 3):
            step()
        states.append(contender.state())
    ag.set_detect_numpy_writes(True)
    for off, on in zip(*states, strict=True):
        np.testing.assert_array_equal(off, on)
