"""The cases of `test_creation` in PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.test_creation import CASES, ERRORS, FACTS, SHAPES, Make, by_number

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings(
    "ignore:Creating a tensor from a list of numpy",
    "ignore:.*TypedStorage is deprecated",
    "ignore:torch.range is deprecated",
    "ignore:torch.asarray",
)


@by_number(CASES)
def test_value_and_dtype(number: int, case: tuple[Make, str, Any]) -> None:
    make, dtype, elements = case
    made = make(torch)
    assert str(made.dtype) == f"torch.{dtype}"
    assert made.tolist() == elements


@by_number(FACTS)
def test_fact(number: int, case: tuple[Make, Any]) -> None:
    ask, answer = case
    assert ask(torch) == answer


@by_number(SHAPES)
def test_shape_and_dtype(number: int, case: tuple[Make, str, tuple[int, ...]]) -> None:
    make, dtype, shape = case
    made = make(torch)
    assert str(made.dtype) == f"torch.{dtype}"
    assert made.shape == shape


@by_number(ERRORS)
def test_error(number: int, case: tuple[Make, type[Exception]]) -> None:
    make, error = case
    with pytest.raises(error) as raised:
        make(torch)
    assert type(raised.value) is error


RANGES = [(0, 1, 0.1), (0, 0.3, 0.1), (1, -1, -0.3), (0.1, 7.7, 0.7), (-3, 4, 1.1), (0, 1e-3, 1e-5), (0, 5, 1.0)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
def test_arange_and_linspace(dtype: str) -> None:
    """arange to a unit or two in the last place of the larger end: PyTorch rounds by the width of its vectors."""

    def same(ours: ag.Tensor, expected: Any, size: float) -> None:
        tolerance = 0 if dtype.startswith("int") else 2 * float(np.finfo(dtype).eps) * size
        np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=0, atol=tolerance)

    for start, end, step in RANGES:
        if dtype.startswith("int"):
            start, end, step = round(start * 10), round(end * 10), round(step * 10) or 1
        ours = ag.arange(start, end, step, dtype=np.dtype(dtype))
        same(ours, torch.arange(start, end, step, dtype=getattr(torch, dtype)), max(abs(start), abs(end)))
    for steps in (1, 2, 3, 7, 10, 100):
        for start, end in ((0, 1), (-3.5, 2.25), (5, 5), (1, -1), (0.1, 0.7)):
            ours = ag.linspace(start, end, steps, dtype=np.dtype(dtype))
            expected = torch.linspace(start, end, steps, dtype=getattr(torch, dtype))
            same(ours, expected, max(abs(start), abs(end)) if dtype == "float16" else 0)


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "bartlett", "kaiser"])
def test_windows(name: str) -> None:
    for length in (0, 1, 2, 3, 4, 7, 16, 33):
        for periodic in (True, False):
            for dtype, tolerance in (("float32", 1e-6), ("float64", 1e-13), ("float16", 2e-3)):
                ours = getattr(ag, f"{name}_window")(length, periodic, dtype=np.dtype(dtype))
                expected = getattr(torch, f"{name}_window")(length, periodic, dtype=getattr(torch, dtype))
                assert ours.dtype == dtype
                np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(ag.kaiser_window(9, True, 3).numpy(), torch.kaiser_window(9, True, 3).numpy(), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_logspace(dtype: str) -> None:
    for steps in (1, 2, 3, 10, 41):
        for start, end, base in ((0, 3, 10), (-2, 2, 2), (0.5, 2.5, math.e), (5, 0, 3)):
            ours = ag.logspace(start, end, steps, base, dtype=np.dtype(dtype)).numpy()
            expected = torch.logspace(start, end, steps, base, dtype=getattr(torch, dtype)).numpy()
            whole = dtype.startswith(
                "int"
            )  # of a value a little below a whole number, the whole part is a matter of rounding
            np.testing.assert_allclose(ours, expected, rtol=0 if whole else 3e-6, atol=1 if whole else 0)
