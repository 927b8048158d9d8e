"""The cases of `test_creation` in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.test_creation import CASES, ERRORS, SHAPES, Make, by_number

torch = pytest.importorskip("torch")


@by_number(CASES)
def test_value_and_dtype(number: int, case: tuple[Make, str, Any]) -> None:
    make, dtype, elements = case
    made = make(torch)
    assert str(made.dtype) == f"torch.{dtype}"
    assert made.tolist() == elements


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
    """To a unit or two in the last place of the larger end: PyTorch rounds by the width of its vectors."""

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
            same(ours, torch.linspace(start, end, steps, dtype=getattr(torch, dtype)), max(abs(start), abs(end)))
