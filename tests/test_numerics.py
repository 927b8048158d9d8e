"""Functions that NumPy lacks, on arrays: special functions against SciPy's, in units of the last place (and what happens
without SciPy); choices by bits; reductions of rows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import autograd_core as ag
from autograd_core.arrays import numerics

Array = np.ndarray[Any, Any]
RANDOM = np.random.default_rng(0)


def between(low: float, high: float) -> Array:
    return RANDOM.uniform(low, high, 3000)


def near(centre: float) -> Array:
    return centre + RANDOM.choice([-1, 1], 300) * 10 ** between(-12, -1)[:300]


# The errors of both are counted: ours (against mpmath at 50 digits) are below 6 units everywhere but near the zeros of
# lgamma and digamma below 0; SciPy's are larger in the tails of erfc and erfcx, and near the zeros 1 and 2 of lgamma.
RELATIVE: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array], Array, float]] = {
    "erf": (numerics.erf, special.erf, between(-6, 6), 5),
    "erfc": (numerics.erfc, special.erfc, between(-6, 3), 8),
    "erfc, tail": (numerics.erfc, special.erfc, between(3, 26), 500),
    "erfcx": (numerics.erfcx, special.erfcx, between(-1, 50), 8),
    "erfcx, below": (numerics.erfcx, special.erfcx, between(-26, -1), 500),
    "erfinv": (numerics.erfinv, special.erfinv, between(-1, 1), 8),
    "erfinv, tail": (numerics.erfinv, special.erfinv, 1 - 10 ** between(-15, -1), 8),
    "ndtri": (numerics.ndtri, special.ndtri, 10 ** between(-300, -0.01), 8),
    "lgamma": (numerics.lgamma, special.gammaln, np.concatenate([between(0, 0.7), between(2.6, 200)]), 8),
    "lgamma, small": (numerics.lgamma, special.gammaln, between(-0.4, 0.4), 8),
    "lgamma, large": (numerics.lgamma, special.gammaln, 10 ** between(2, 300), 5),
    "digamma": (numerics.digamma, special.digamma, between(0, 100), 8),
    "digamma, root": (numerics.digamma, special.digamma, near(1.4616321449683622), 8),
    "trigamma": (lambda x: numerics.polygamma(x, 1), lambda x: special.polygamma(1, x), between(0, 40), 10),
    "tetragamma": (lambda x: numerics.polygamma(x, 2), lambda x: special.polygamma(2, x), between(0, 40), 12),
    "zeta": (lambda x: numerics.zeta(np.asarray(2.5), x), lambda x: special.zeta(2.5, x), between(0, 40), 12),
    "zeta, large": (lambda x: numerics.zeta(x, np.asarray(3.0)), lambda x: special.zeta(x, 3.0), between(1.01, 60), 12),
}


@pytest.mark.parametrize("name", RELATIVE)
def test_relative_accuracy(name: str) -> None:
    function, scipys, x, units = RELATIVE[name]
    found, expected = function(x), scipys(x)
    assert (np.abs(found - expected) <= units * np.spacing(np.abs(expected))).all()


@pytest.mark.parametrize("centre", [1.0, 2.0])
def test_lgamma_near_its_zeros(centre: float) -> None:
    """lgamma(1 + e) = -Euler e + pi^2 / 12 e^2 - …, and lgamma(2 + e) = (1 - Euler) e + …; SciPy loses digits here."""
    step = 10 ** between(-12, -9)
    step = (centre + step) - centre
    first = (-np.euler_gamma, np.pi**2 / 12) if centre == 1 else (1 - np.euler_gamma, np.pi**2 / 12 - 0.5)
    np.testing.assert_allclose(numerics.lgamma(centre + step), step * (first[0] + first[1] * step), rtol=5e-16)


@pytest.mark.parametrize(
    ("function", "scipys", "bound"),
    [
        (numerics.lgamma, special.gammaln, 1e-14),
        (numerics.digamma, special.digamma, 1e-12),
        (lambda x: numerics.polygamma(x, 1), None, 1e-14),
    ],
    ids=["lgamma", "digamma", "trigamma"],
)
def test_accuracy_below_0(function: Any, scipys: Any, bound: float) -> None:
    x = between(-20, 0)
    expected = scipys(x) if scipys else np.pi**2 / np.sin(np.pi * (x - np.rint(x))) ** 2 - special.polygamma(1, 1 - x)
    assert (np.abs(function(x) - expected) <= bound * np.maximum(1, np.abs(expected))).all()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_other_dtypes_are_float64_rounded(dtype: str) -> None:
    x = between(0.01, 0.99).astype(dtype)
    for function in (numerics.erf, numerics.erfc, numerics.erfinv, numerics.lgamma, numerics.digamma):
        np.testing.assert_array_equal(function(x), function(x.astype(np.float64)).astype(dtype))


@pytest.fixture
def _no_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("_no_scipy")
def test_without_scipy_the_common_functions_work_and_the_rare_ones_say_what_to_install() -> None:
    x = ag.tensor([0.3, 0.6], requires_grad=True)
    for function in (ag.erf, ag.erfc, ag.erfinv, ag.lgamma, ag.digamma, ag.sinc, ag.logit, ag.special.entr, ag.special.erfcx,
                     ag.special.ndtr, ag.special.ndtri, ag.special.log_ndtr):  # fmt: skip
        function(x).sum().backward()
    ag.xlogy(x, x).sum().backward()
    ag.polygamma(2, x).sum().backward()
    ag.mvlgamma(x + 2, 3).sum().backward()
    for function in (ag.i0, ag.special.i1e, ag.special.bessel_j1, ag.special.airy_ai, ag.special.modified_bessel_k0):
        with pytest.raises(ImportError, match=r"autograd-core\[special\]"):
            function(x)
    with pytest.raises(ImportError, match="pip install"):
        ag.igamma(x.detach(), x)


VALUES = np.array([[0.0, -0.0, 1.0, np.inf], [-np.inf, np.nan, -2.5, 1e-40]])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_choices_by_bits(dtype: str) -> None:
    x = VALUES.astype(dtype)
    y = np.roll(x, 3)
    for condition in (x > 0, y <= 0, np.isnan(x), np.ones_like(x, bool)):
        np.testing.assert_array_equal(numerics.select(condition, x, y), np.where(condition, x, y))
        np.testing.assert_array_equal(numerics.select(condition.T, x.T, y.T), np.where(condition, x, y).T)
        np.testing.assert_array_equal(numerics.kept_where(condition, x), np.where(condition, x, 0))
        np.testing.assert_array_equal(
            numerics.kept_where(condition[:, ::-2], x[:, ::-2]), np.where(condition, x, 0)[:, ::-2]
        )


@pytest.mark.parametrize("shape", [(5, 3), (3, 40), (2, 3, 10), (4, 600), (3, 3000), (1, 1), (0, 4), (4, 0), (7,)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_reductions_of_rows(shape: tuple[int, ...], dtype: str) -> None:
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    turned = np.asfortranarray(x)
    for dim in range(len(shape)):
        for layout in (x, turned, x[..., ::-1]):
            np.testing.assert_array_equal(
                numerics.kept_largest(layout, dim), layout.max(dim, keepdims=True, initial=-np.inf)
            )
            wanted = layout.astype(np.float64).sum(dim, keepdims=True)
            found = numerics.kept_sums(layout, dim)
            assert found.dtype == x.dtype
            np.testing.assert_allclose(
                found, wanted, rtol=1e-5, atol={"float16": 0.2, "float32": 1e-4, "float64": 1e-11}[dtype]
            )


def test_the_largest_of_a_row_with_nan_is_nan() -> None:
    np.testing.assert_array_equal(numerics.kept_largest(VALUES, 1), [[np.inf], [np.nan]])
