"""Tensors made from numbers, sequences, sizes and arrays: PyTorch's dtypes and values.

Each case is written once, as a function of the library; the parity test runs it in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

Make = Callable[[Any], Any]  # a library makes a tensor

HALF, DOUBLE, WHOLE = np.float16(1.5), np.float64(1.5), np.int32(3)
# What is made, its dtype, its elements.
CASES: list[tuple[Make, str, Any]] = [
    # tensor(data): Python floats get the default dtype, arrays and NumPy numbers keep theirs.
    (lambda t: t.tensor(1), "int64", 1),
    (lambda t: t.tensor(1.5), "float32", 1.5),
    (lambda t: t.tensor(True), "bool", True),
    (lambda t: t.tensor(1 + 2j), "complex64", 1 + 2j),
    (lambda t: t.tensor([1, 2]), "int64", [1, 2]),
    (lambda t: t.tensor([1, 2.5]), "float32", [1, 2.5]),
    (lambda t: t.tensor([True, 2]), "int64", [1, 2]),
    (lambda t: t.tensor([True, False]), "bool", [True, False]),
    (lambda t: t.tensor(((1, 2), (3, 4))), "int64", [[1, 2], [3, 4]]),
    (lambda t: t.tensor([]), "float32", []),
    (lambda t: t.tensor([[], []]), "float32", [[], []]),
    (lambda t: t.tensor(range(3)), "int64", [0, 1, 2]),
    (lambda t: t.tensor(HALF), "float16", 1.5),
    (lambda t: t.tensor(DOUBLE), "float64", 1.5),
    (lambda t: t.tensor(WHOLE), "int32", 3),
    (lambda t: t.tensor(np.array([1.5, 2])), "float64", [1.5, 2]),
    (lambda t: t.tensor(np.array([1, 2], np.int8)), "int8", [1, 2]),
    (lambda t: t.tensor(np.array(True)), "bool", True),
    (lambda t: t.tensor(np.zeros((0, 3), np.float32)), "float32", []),
    (lambda t: t.tensor(np.arange(6).reshape(2, 3)[:, ::2]), "int64", [[0, 2], [3, 5]]),
    (lambda t: t.tensor([np.float64(1), np.float64(2)]), "float64", [1, 2]),
    (lambda t: t.tensor([np.int32(1), np.int32(2)]), "int32", [1, 2]),
    (lambda t: t.tensor([t.tensor(1.5), t.tensor(2.5)]), "float32", [1.5, 2.5]),
    (lambda t: t.tensor([t.tensor(1), t.tensor(2)]), "int64", [1, 2]),
    (lambda t: t.tensor([1.9, -1.9], dtype=t.int64), "int64", [1, -1]),
    (lambda t: t.tensor([0, 2], dtype=t.bool), "bool", [False, True]),
    (lambda t: t.tensor([1, 2], dtype=t.float16), "float16", [1, 2]),
    (lambda t: t.tensor(math.pi, dtype=t.float64), "float64", math.pi),
    (lambda t: t.tensor([1.0], dtype=t.double), "float64", [1]),
    (lambda t: t.tensor([1.0], dtype=float), "float64", [1]),
    (lambda t: t.tensor([1.0], dtype=int), "int64", [1]),
    # as_tensor, from_numpy
    (lambda t: t.as_tensor([1.0, 2]), "float32", [1, 2]),
    (lambda t: t.as_tensor(np.array([1.0, 2])), "float64", [1, 2]),
    (lambda t: t.as_tensor(np.array([1.0, 2]), dtype=t.float32), "float32", [1, 2]),
    (lambda t: t.as_tensor(t.tensor([1, 2]), dtype=t.float64), "float64", [1, 2]),
    (lambda t: t.from_numpy(np.array([1, 2], np.uint8)), "uint8", [1, 2]),
    (lambda t: t.from_numpy(np.array(1.5, np.float16)), "float16", 1.5),
    # sizes
    (lambda t: t.zeros(2, 3), "float32", [[0] * 3] * 2),
    (lambda t: t.zeros((2, 1)), "float32", [[0], [0]]),
    (lambda t: t.zeros([2], dtype=t.int8), "int8", [0, 0]),
    (lambda t: t.zeros(()), "float32", 0),
    (lambda t: t.zeros(0, 2), "float32", []),
    (lambda t: t.ones(2, dtype=t.bool), "bool", [True, True]),
    (lambda t: t.ones(1, dtype=t.float64), "float64", [1]),
    (lambda t: t.full((2,), 7), "int64", [7, 7]),
    (lambda t: t.full((2,), 7.0), "float32", [7, 7]),
    (lambda t: t.full((), True), "bool", True),
    (lambda t: t.full((1, 2), 1.5, dtype=t.float16), "float16", [[1.5, 1.5]]),
    (lambda t: t.full((2,), 2.9, dtype=t.int32), "int32", [2, 2]),
    (lambda t: t.full([2], math.inf), "float32", [math.inf] * 2),
    (lambda t: t.eye(2), "float32", [[1, 0], [0, 1]]),
    (lambda t: t.eye(2, 3), "float32", [[1, 0, 0], [0, 1, 0]]),
    (lambda t: t.eye(2, dtype=t.int64), "int64", [[1, 0], [0, 1]]),
    # arange, linspace
    (lambda t: t.arange(3), "int64", [0, 1, 2]),
    (lambda t: t.arange(1, 4), "int64", [1, 2, 3]),
    (lambda t: t.arange(1, 8, 3), "int64", [1, 4, 7]),
    (lambda t: t.arange(5, 0, -2), "int64", [5, 3, 1]),
    (lambda t: t.arange(3.0), "float32", [0, 1, 2]),
    (lambda t: t.arange(0, 1, 0.25), "float32", [0, 0.25, 0.5, 0.75]),
    (lambda t: t.arange(1, 2.5), "float32", [1, 2]),
    (lambda t: t.arange(3, dtype=t.float64), "float64", [0, 1, 2]),
    (lambda t: t.arange(0.5, 3, dtype=t.int64), "int64", [0, 1, 2]),
    (lambda t: t.arange(0), "int64", []),
    (lambda t: t.arange(2, 2), "int64", []),
    (lambda t: t.arange(start=1, end=3), "int64", [1, 2]),
    (lambda t: t.arange(t.tensor(3)), "int64", [0, 1, 2]),
    (lambda t: t.linspace(0, 1, 5), "float32", [0, 0.25, 0.5, 0.75, 1]),
    (lambda t: t.linspace(3, -3, 3), "float32", [3, 0, -3]),
    (lambda t: t.linspace(2, 5, 1), "float32", [2]),
    (lambda t: t.linspace(2, 5, 0), "float32", []),
    (lambda t: t.linspace(0, 10, 5, dtype=t.int64), "int64", [0, 2, 5, 7, 10]),
    (lambda t: t.linspace(0, 1, steps=3, dtype=t.float64), "float64", [0, 0.5, 1]),
    # …_like, new_…
    (lambda t: t.zeros_like(t.tensor([1, 2])), "int64", [0, 0]),
    (lambda t: t.ones_like(t.tensor([[1.5]])), "float32", [[1]]),
    (lambda t: t.ones_like(t.tensor([1, 2]), dtype=t.float16), "float16", [1, 1]),
    (lambda t: t.full_like(t.tensor([1, 2]), 2.9), "int64", [2, 2]),
    (lambda t: t.full_like(t.tensor([1.0]), 2), "float32", [2]),
    (lambda t: t.tensor([1], dtype=t.int8).new_zeros(2, 1), "int8", [[0], [0]]),
    (lambda t: t.tensor([1.0]).new_ones((2,)), "float32", [1, 1]),
    (lambda t: t.tensor([1]).new_full((2,), 2.9), "int64", [2, 2]),
    (lambda t: t.tensor([1.0], dtype=t.float64).new_tensor([1, 2]), "float64", [1, 2]),
    (lambda t: t.tensor([1]).new_tensor(1.5), "int64", 1),
    (lambda t: t.tensor([1.0]).new_zeros(1, dtype=t.bool), "bool", [False]),
    # Tensor(data) is always of the default dtype; of ints, a size
    (lambda t: t.Tensor([1, 2]), "float32", [1, 2]),
    (lambda t: t.Tensor([[1.5]]), "float32", [[1.5]]),
    (lambda t: t.Tensor(0, 2), "float32", []),
    (lambda t: t.Tensor(), "float32", []),
]
SHAPES: list[tuple[Make, str, tuple[int, ...]]] = [
    (lambda t: t.empty(2, 3), "float32", (2, 3)),
    (lambda t: t.empty((2,), dtype=t.int32), "int32", (2,)),
    (lambda t: t.empty_like(t.zeros(2, dtype=t.int8)), "int8", (2,)),
    (lambda t: t.tensor([1]).new_empty(2, 1), "int64", (2, 1)),
    (lambda t: t.Tensor(2, 3), "float32", (2, 3)),
    (lambda t: t.rand(2, 3), "float32", (2, 3)),
    (lambda t: t.rand((2,), dtype=t.float64), "float64", (2,)),
    (lambda t: t.randn(3, dtype=t.float16), "float16", (3,)),
    (lambda t: t.randn(()), "float32", ()),
    (lambda t: t.randint(5, (2,)), "int64", (2,)),
    (lambda t: t.randint(0, 5, (2, 1), dtype=t.float32), "float32", (2, 1)),
    (lambda t: t.randperm(4), "int64", (4,)),
    (lambda t: t.rand_like(t.zeros(2, 1, dtype=t.float64)), "float64", (2, 1)),
    (lambda t: t.randn_like(t.zeros(2)), "float32", (2,)),
    (lambda t: t.randint_like(t.zeros(2), 5), "float32", (2,)),
    (lambda t: t.normal(t.zeros(3), t.ones(3)), "float32", (3,)),
    (lambda t: t.bernoulli(t.zeros(3)), "float32", (3,)),
    (lambda t: t.multinomial(t.ones(3), 2), "int64", (2,)),
    (lambda t: t.zeros(0, 3, 2), "float32", (0, 3, 2)),
    (lambda t: t.tensor([[], []]), "float32", (2, 0)),
    (lambda t: t.tensor(np.zeros((0, 3))), "float64", (0, 3)),
]
ERRORS: list[tuple[Make, type[Exception]]] = [
    (lambda t: t.tensor("abc"), TypeError),
    (lambda t: t.tensor(None), RuntimeError),
    (lambda t: t.tensor([[1, 2], [3]]), ValueError),
    (lambda t: t.tensor([1, "a"]), TypeError),
    (lambda t: t.tensor([1, 2], requires_grad=True), RuntimeError),
    (lambda t: t.tensor(1, 2), TypeError),
    (lambda t: t.zeros(-1), RuntimeError),
    (lambda t: t.zeros(2, dtype="float"), TypeError),
    (lambda t: t.zeros(1.5), TypeError),
    (lambda t: t.zeros("a"), TypeError),
    (lambda t: t.ones(2, dtype=t.int64, requires_grad=True), RuntimeError),
    (lambda t: t.full((2,), "a"), TypeError),
    (lambda t: t.eye(-1), RuntimeError),
    (lambda t: t.arange(0, 1, 0), RuntimeError),
    (lambda t: t.arange(0, 3, -1), RuntimeError),
    (lambda t: t.arange(0, math.inf), RuntimeError),
    (lambda t: t.linspace(0, 1, -1), RuntimeError),
    (lambda t: t.linspace(0, 1), TypeError),
    (lambda t: t.from_numpy([1, 2]), TypeError),
    (lambda t: t.from_numpy(np.array(["a"])), TypeError),
    (lambda t: t.from_numpy(np.zeros(2, ">f8")), ValueError),
    (lambda t: t.zeros_like([1, 2]), TypeError),
    (lambda t: t.randint(5, 5, (2,)), RuntimeError),
    (lambda t: t.randint(5), TypeError),
    (lambda t: t.rand(2, dtype=t.int64), NotImplementedError),
]


def by_number(cases: list[Any]) -> Any:
    return pytest.mark.parametrize(
        ("number", "case"), list(enumerate(cases)), ids=lambda x: str(x) if isinstance(x, int) else ""
    )


@by_number(CASES)
def test_value_and_dtype(number: int, case: tuple[Make, str, Any]) -> None:
    make, dtype, elements = case
    made = make(ag)
    assert made.dtype == dtype
    assert made.tolist() == elements
    assert made.is_leaf
    assert not made.requires_grad


@by_number(SHAPES)
def test_shape_and_dtype(number: int, case: tuple[Make, str, tuple[int, ...]]) -> None:
    make, dtype, shape = case
    made = make(ag)
    assert made.dtype == dtype
    assert made.shape == shape


@by_number(ERRORS)
def test_error(number: int, case: tuple[Make, type[Exception]]) -> None:
    make, error = case
    with pytest.raises(error) as raised:
        make(ag)
    assert type(raised.value) is error


def test_default_dtype() -> None:
    assert ag.get_default_dtype() == ag.float32
    ag.set_default_dtype(ag.float64)
    try:
        for made in (
            ag.tensor(1.5),
            ag.zeros(1),
            ag.arange(1.0),
            ag.linspace(0, 1, 2),
            ag.full((1,), 1.0),
            ag.eye(1),
            ag.rand(1),
        ):
            assert made.dtype == ag.float64
        assert ag.tensor(1).dtype == ag.int64
        assert (ag.tensor([1]) / 2).dtype == ag.float64
        assert ag.tensor(1j).dtype == ag.complex128
    finally:
        ag.set_default_dtype(ag.float32)
    with pytest.raises(TypeError, match="floating"):
        ag.set_default_dtype(ag.int64)


def test_tensor_copies_and_from_numpy_shares() -> None:
    array = np.arange(3.0)
    copied, shared, same = ag.tensor(array), ag.from_numpy(array), ag.as_tensor(array)
    array[0] = 9
    assert copied.tolist() == [0, 1, 2]
    assert shared.tolist() == same.tolist() == [9, 1, 2]
    assert ag.as_tensor(shared) is shared
    assert not np.shares_memory(ag.as_tensor(array, dtype=ag.float32).numpy(), array)
    assert np.shares_memory(ag.from_numpy(array[::-1]).numpy(), array)


def test_requires_grad() -> None:
    for made in (
        ag.tensor(1.0, requires_grad=True), ag.zeros(2, requires_grad=True), ag.full((1,), 1.0, requires_grad=True),
        ag.arange(2.0, requires_grad=True), ag.eye(2, requires_grad=True), ag.rand(2, requires_grad=True),
        ag.zeros_like(ag.zeros(1), requires_grad=True), ag.zeros(1).requires_grad_(),
    ):  # fmt: skip
        assert made.is_leaf
        assert made.requires_grad
    assert not ag.zeros_like(ag.zeros(1, requires_grad=True)).requires_grad


def test_a_tensor_of_tensors_that_require_grad_warns() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.warns(UserWarning, match="stack"):
        made = ag.tensor([x, x])
    assert not made.requires_grad
    with pytest.warns(UserWarning, match="clone"):
        ag.tensor(x)


def test_arange_counts_as_pytorch_does() -> None:
    assert len(ag.arange(0, 1, 0.1)) == 10
    assert len(ag.arange(0, 0.3, 0.1)) == 3
    assert ag.arange(2**53, 2**53 + 3).tolist() == [2**53, 2**53 + 1, 2**53 + 2]  # not by way of floats
