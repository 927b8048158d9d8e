"""The cumulative function of the normal distribution, and GELU, which is computed by it, against exact values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.arrays.normal import normal_cdf

Array = np.ndarray[Any, Any]


def exact(x: Array) -> Array:
    return np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in x.astype(np.float64)])


def test_normal_cdf_in_double_precision() -> None:
    x = np.concatenate([np.linspace(-37, 9, 20_001), np.linspace(-1, 1, 2001)])
    found, wanted = normal_cdf(x), exact(x)
    np.testing.assert_allclose(found, wanted, rtol=3e-13)  # far in the tail, where x^2 is rounded
    near = np.abs(x) < 3
    np.testing.assert_allclose(found[near], wanted[near], rtol=3e-15)


def test_normal_cdf_in_single_precision() -> None:
    x = np.linspace(-12, 12, 100_001).astype(np.float32)
    assert np.abs(normal_cdf(x) - exact(x)).max() < 1.1e-7
    assert normal_cdf(x).dtype == np.float32
    half = np.linspace(-5, 5, 1001).astype(np.float16)
    assert np.abs(normal_cdf(half) - exact(half)).max() < 3e-4
    assert normal_cdf(half).dtype == np.float16


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_normal_cdf_at_special_values(dtype: str) -> None:
    x = np.array([-math.inf, -1e4, -0.0, 0.0, 1e4, math.inf, math.nan], dtype)
    np.testing.assert_allclose(normal_cdf(x), [0, 0, 0.5, 0.5, 1, 1, math.nan], rtol=1e-7)
    assert normal_cdf(np.array(0.0, dtype)).shape == ()
    assert normal_cdf(np.zeros((0, 3), dtype)).shape == (0, 3)


@pytest.mark.parametrize(
    ("dtype", "bounds"),
    # float32: half of PyTorch's own errors, which are 1.1e-6 and 2.8e-7; float64: PyTorch's.
    [("float32", (6e-7, 2e-7)), ("float64", (2e-15, 5e-16))],
)
def test_gelu_and_its_derivative(dtype: str, bounds: tuple[float, float]) -> None:
    x = ag.tensor(np.linspace(-12, 12, 20_001).astype(dtype), requires_grad=True)
    out = ag.gelu(x)
    out.sum().backward()
    values = x.detach().numpy()
    cumulative = exact(values)
    wide = values.astype(np.float64)
    slope = cumulative + wide * np.exp(-0.5 * wide * wide) / math.sqrt(2 * math.pi)
    assert np.abs(out.detach().numpy() - wide * cumulative).max() < bounds[0]
    assert x.grad is not None
    assert np.abs(x.grad.numpy() - slope).max() < bounds[1]
