"""Numbers rounded once where PyTorch's are: against exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd_core.arrays import rounding


def test_a_fused_multiply_add_just_below_a_tie() -> None:
    """1 + ulp, and a little less than half an ulp: rounded twice, it would become 1 + 2 ulp."""
    for dtype, bits in ((np.float32, 23), (np.float64, 52)):
        ulp, tilt = 2.0**-bits, 2.0 ** -(bits // 2 + 4)
        x = np.array([1 + tilt, -1 - tilt], dtype)
        assert rounding.fused(x[:1], (1 - tilt) * ulp / 2, 1 + ulp).tolist() == [1 + ulp]
        assert rounding.fused(x[1:], (1 - tilt) * ulp / 2, -1 - ulp).tolist() == [-1 - ulp]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_fused_multiply_add_rounds_once(dtype: Any) -> None:
    """Against exact fractions, with shifts that bring products near the middle between two numbers."""
    rng = np.random.default_rng(0)
    digits = np.finfo(dtype).nmant + 1
    for _ in range(300):
        scale = dtype(math.ldexp(rng.random() + 1, int(rng.integers(-20, 20))))
        x = (rng.random(20) - 0.5).astype(dtype)
        middle = math.ldexp(1, int(rng.integers(-2, 2)))
        shift = dtype(rng.choice([middle, 1 / 3, -float(scale) * float(x[0]), middle * 2.0**digits]))
        for number, result in zip(x, rounding.fused(x, float(scale), float(shift)), strict=True):
            exact = Fraction(float(number)) * Fraction(float(scale)) + Fraction(float(shift))
            neighbours = (result, np.nextafter(result, dtype(np.inf)), np.nextafter(result, dtype(-np.inf)))
            errors = [abs(Fraction(float(near)) - exact) for near in neighbours]
            assert errors[0] <= min(errors[1:])


def test_a_sum_rounded_to_odd() -> None:
    ulp, tiny = 2.0**-52, 2.0**-70
    found = rounding._sum_to_odd(np.array([1, 1, 1, -1, 1 + ulp]), np.array([0, tiny, -tiny, tiny, tiny]))
    assert found.tolist() == [1, 1 + ulp, 1 - ulp / 2, -1 + ulp / 2, 1 + ulp]
