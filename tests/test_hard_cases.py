"""Ties, kinks, singular points, empty shapes, dtypes: the numbers by hand, as PyTorch has them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy import inf, nan

import autograd_core as ag
from autograd_core import Tensor, tensor


def leaf(values: Any) -> Tensor:
    return tensor(values, dtype=ag.float64, requires_grad=True)


def slopes(function: Callable[..., Tensor], *points: Any) -> list[Any]:
    """The gradients of the summed result at the points, as nested lists."""
    inputs = [leaf(point) for point in points]
    with np.errstate(all="ignore"):
        return [g.tolist() for g in ag.grad(function(*inputs).sum(), inputs, materialize_grads=True)]


def slope(function: Callable[..., Tensor], point: Any) -> Any:
    return slopes(function, point)[0]


def quiet(function: Callable[..., Tensor], *points: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(*[leaf(point) for point in points]).tolist()


def same(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0)


# ---------------------------------------------------------------- ties and kinks


@pytest.mark.parametrize(
    "extreme",
    [lambda x: x.max(), lambda x: x.amax(), lambda x: x.amax(0), lambda x: (-x).min(), lambda x: (-x).amin(0)],
    ids=["max", "amax", "amax(0)", "min", "amin(0)"],
)
def test_ties_of_an_extremum_share_evenly(extreme: Callable[[Tensor], Tensor]) -> None:
    same(np.abs(slope(extreme, [3.0, 1.0, 3.0])), [0.5, 0, 0.5])
    same(np.abs(slope(extreme, [2.0, 2.0, 2.0, 2.0])), [0.25] * 4)


def test_an_extremum_along_a_dimension_has_one_winner_the_first() -> None:
    same(slope(lambda x: x.max(0).values, [3.0, 1.0, 3.0]), [1, 0, 0])
    same(slope(lambda x: x.min(1).values, [[1.0, 1.0], [2.0, 0.0]]), [[1, 0], [0, 1]])
    assert tensor([1.0, 3.0, 3.0]).max(0).indices.item() == 1
    assert tensor([1.0, 3.0, 3.0]).argmax().item() == 1


def test_nan_wins_an_extremum() -> None:
    assert np.isnan(tensor([1.0, nan, 3.0]).max().item())
    assert np.isnan(ag.maximum(tensor(nan), tensor(1.0)).item())
    assert tensor([1.0, nan, 3.0]).max(0).indices.item() == 1
    assert slope(lambda x: x.max(), [nan, 1.0, nan]) == [0.5, 0, 0.5]
    assert np.isnan(slope(lambda x: x.amax(), [nan, 1.0])).all()


def test_a_tie_of_two_gives_half_to_each() -> None:
    assert slopes(ag.maximum, [1.0, 2.0], [1.0, 1.0]) == [[0.5, 1.0], [0.5, 0.0]]
    assert slopes(ag.minimum, [1.0, 2.0], [1.0, 1.0]) == [[0.5, 0.0], [0.5, 1.0]]


def test_clamp_has_slope_1_at_a_bound_and_0_at_nan() -> None:
    assert slope(lambda x: x.clamp(-1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0, nan]) == [0, 1, 1, 1, 0, 0]
    assert slope(lambda x: x.clamp(min=1.0), [1.0, 0.0]) == [1, 0]
    assert slopes(ag.clamp_min, [1.0, 0.0], [1.0, 1.0]) == [[1, 0], [0, 1]]
    assert quiet(lambda x: x.clamp(3, 1), [0.0, 2.0, 5.0]) == [1, 1, 1]  # max wins where min > max


def test_hardtanh_has_slope_0_at_its_bounds() -> None:
    assert slope(ag.hardtanh, [-2.0, -1.0, 0.5, 1.0, 2.0]) == [0, 0, 1, 0, 0]
    assert slope(ag.relu6, [0.0, 3.0, 6.0]) == [0, 1, 0]


def test_relu() -> None:
    assert slope(ag.relu, [-1.0, 0.0, 2.0]) == [0, 0, 1]
    assert np.isnan(quiet(ag.relu, nan))
    assert slope(ag.relu, nan) == 1


def test_the_slopes_of_activations_at_nan() -> None:
    x = [nan, 0.25] * 32  # of few elements, PyTorch gives other slopes
    for bounded in (ag.hardtanh, ag.relu6, ag.hardshrink, ag.softshrink, ag.hardsigmoid):
        assert slope(bounded, x)[0] == 0
    for smooth in (ag.elu, ag.celu, ag.selu, ag.hardswish, ag.gelu, ag.silu, ag.softplus):
        assert np.isnan(slope(smooth, x)[0])
    for kinked in (ag.leaky_relu, ag.relu):
        assert slope(kinked, x)[0] == (0.01 if kinked is ag.leaky_relu else 1)
    same(slope(lambda x: ag.relu(x).sqrt(), [-1.0, 4.0]), [0, 0.25])  # an infinite gradient does not pass


@pytest.mark.parametrize("name", ["abs", "sign", "floor", "ceil", "trunc", "round"])
def test_steps_and_abs_have_slope_0_at_0(name: str) -> None:
    assert slope(getattr(ag, name), 0.0) == 0
    assert name == "abs" or slope(getattr(ag, name), [0.3, -1.5, 2.0]) == [0, 0, 0]


def test_leaky_relu_and_elu_at_0() -> None:
    assert slope(ag.leaky_relu, [0.0]) == [0.01]
    assert slope(ag.elu, [0.0]) == [1.0]
    assert slope(ag.celu, [0.0]) == [1.0]
    same(slope(ag.selu, [0.0]), [1.0507009873554805 * 1.6732632423543772])
    assert slopes(ag.prelu, [-1.0, 0.0, 2.0], [0.5]) == [[0.5, 0.5, 1], [-1]]


def test_hard_activations_at_their_bounds() -> None:
    assert slope(ag.hardsigmoid, [-3.0, 3.0]) == [0, 0]
    assert slope(ag.hardswish, [-3.0, 0.0, 3.0]) == [0, 0.5, 1]
    assert slope(ag.hardshrink, [-0.5, 0.0, 0.5, 0.6]) == [0, 0, 0, 1]
    assert slope(ag.softshrink, [-0.5, 0.0, 0.5, 0.6]) == [0, 0, 0, 1]
    assert slope(lambda x: ag.threshold(x, 1.0, 5.0), [1.0, 1.5]) == [0, 1]


def test_second_derivatives_at_a_kink_are_0() -> None:
    for activation in (ag.celu, ag.selu):
        x = leaf(0.0)
        (first,) = ag.grad(activation(x), x, create_graph=True)
        assert ag.grad(first, x)[0] == 0


def test_ties_of_the_infinity_norm_share_with_their_sign() -> None:
    assert slope(lambda x: x.norm(inf), [3.0, -3.0, 1.0]) == [0.5, -0.5, 0]


def test_sort_is_stable_and_its_ties_go_by_permutation() -> None:
    assert tensor([2.0, 1.0, 2.0, 1.0]).sort().indices.tolist() == [1, 3, 0, 2]
    assert tensor([2.0, 1.0, 2.0, 1.0]).sort(descending=True).indices.tolist() == [0, 2, 1, 3]
    weights = tensor([1.0, 10.0, 100.0, 1000.0], dtype=ag.float64)
    assert slope(lambda x: x.sort().values * weights, [2.0, 1.0, 2.0, 1.0]) == [100, 1, 1000, 10]
    assert tensor([1.0, nan, 0.0]).sort().indices.tolist() == [2, 0, 1]  # NaN counts as the largest


# ---------------------------------------------------------------- powers, singular points


def test_powers() -> None:
    assert quiet(lambda x: x**0, 0.0) == 1
    assert slope(lambda x: x**0, 0.0) == 0
    assert slopes(lambda x, y: x**y, 0.0, 0.0) == [0, 0]
    assert slope(lambda x: x**0.5, 0.0) == inf
    same(slopes(lambda x, y: x**y, -2.0, 3.0), [12, nan])
    assert slope(lambda y: 0**y, [0.0, 1.0]) == [0, 0]
    assert slopes(lambda x, y: x**y, [0.0, 0.0], [0.0, 1.0])[1] == [0, 0]
    assert slope(lambda x: x**2, 0.0) == 0
    assert slope(lambda x: x**-1, [0.0, 2.0]) == [-inf, -0.25]
    assert slope(lambda x: x**3, -2.0) == 12


def test_roots_and_logarithms() -> None:
    assert slope(ag.sqrt, 0.0) == inf
    assert np.isnan([quiet(ag.sqrt, -1.0), slope(ag.sqrt, -1.0)]).all()
    assert slope(ag.rsqrt, 0.0) == -inf
    assert quiet(ag.log, [0.0, 1.0]) == [-inf, 0]
    assert slope(ag.log, 0.0) == inf
    assert np.isnan(quiet(ag.log, -1.0))
    assert slope(ag.log, -1.0) == -1


@pytest.mark.parametrize("p", [1, 2, 3, inf])
def test_the_norm_of_zero_has_gradient_0(p: float) -> None:
    assert slope(lambda x: x.norm(p), [0.0, 0.0]) == [0, 0]


def test_a_norm_by_hand_has_gradient_nan_at_zero() -> None:
    assert np.isnan(slope(lambda x: (x * x).sum().sqrt(), [0.0, 0.0])).all()


@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0")
def test_standard_deviation() -> None:
    assert slope(ag.std, [2.0, 2.0, 2.0]) == [0, 0, 0]
    assert np.isnan([quiet(ag.std, [2.0]), slope(ag.std, [2.0])[0]]).all()
    assert quiet(lambda x: x.std(correction=0), [2.0]) == 0
    assert slope(lambda x: x.std(unbiased=False), [2.0]) == [0]
    assert np.isnan(quiet(ag.var, [2.0]))


def test_products_with_zeros() -> None:
    assert slope(ag.prod, [2.0, 0.0, 3.0]) == [0, 6, 0]
    assert slope(lambda x: x.prod(0), [2.0, 0.0, 3.0]) == [0, 6, 0]
    assert slope(ag.prod, [0.0, 0.0, 3.0]) == [0, 0, 0]
    assert quiet(ag.prod, []) == 1
    assert slope(ag.prod, []) == []


def test_running_products_with_zeros() -> None:
    def sums(x: Tensor) -> Tensor:
        return x.cumprod(0)

    assert slope(sums, [2.0, 0.0, 3.0]) == [1, 8, 0]
    assert slope(sums, [0.0, 2.0, 3.0]) == [9, 0, 0]
    assert slope(sums, [2.0, 0.0, 3.0, 0.0, 5.0]) == [1, 8, 0, 0, 0]
    assert slope(sums, [0.0]) == [1]
    assert slope(sums, 0.0) == 1


def test_running_sums_of_exponentials() -> None:
    same(quiet(lambda x: x.logcumsumexp(0), [-inf, 0.0, 0.0, 800.0]), [-inf, 0, np.log(2), 800])
    same(slope(lambda x: x.logcumsumexp(0), [0.0, -inf, 0.0]), [2.5, 0, 0.5])
    assert np.isnan(slope(lambda x: x.logcumsumexp(0), [-inf, 0.0])[0])


def test_the_curvature_of_running_sums_of_exponentials_that_are_not_used() -> None:
    x = leaf([0.3, -0.5, 0.2])
    out = x.logcumsumexp(0)
    second = tensor([0.0, 1.0, 0.0], dtype=ag.float64)
    (first,) = ag.grad(((out * second) ** 2).sum(), x, create_graph=True)
    share, shares = 1 / (1 + np.exp(-0.8)), np.exp([0.3, -0.5, 0.2])
    expected = np.array([2 * share, 2 - 2 * share, 0]) + shares / shares.sum()
    np.testing.assert_allclose(ag.grad(first.sum() + out[2], x)[0].tolist(), expected, rtol=1e-14)


def test_running_extrema_take_the_latest_of_equal_elements() -> None:
    assert tensor([1.0, 3.0, 3.0, 2.0]).cummax(0).indices.tolist() == [0, 1, 2, 2]
    assert tensor([3.0, 1.0, 1.0, 2.0]).cummin(0).indices.tolist() == [0, 1, 2, 2]
    assert slope(lambda x: x.cummax(0).values, [1.0, 3.0, 3.0, 2.0]) == [1, 1, 2, 0]
    assert slope(lambda x: x.cummin(0).values, [2.0, 2.0, 2.0]) == [1, 1, 1]
    assert tensor([1.0, nan, 2.0]).cummax(0).indices.tolist() == [0, 1, 1]


def test_medians() -> None:
    assert quiet(ag.median, [4.0, 1.0, 3.0, 2.0]) == 2  # of an even count the lower
    assert slope(ag.median, [1.0, 2.0, 2.0, 2.0]) == [0, 1 / 3, 1 / 3, 1 / 3]
    assert slope(lambda x: x.median(0).values, [1.0, 2.0, 2.0, 2.0]) == [0, 1, 0, 0]
    assert np.isnan(quiet(ag.median, [1.0, nan, 3.0]))
    assert slope(ag.median, [1.0, nan, nan]) == [0, 0.5, 0.5]
    assert quiet(ag.nanmedian, [1.0, nan, 3.0]) == 1
    assert tensor([1.0, nan, 3.0]).median(0).indices.item() == 1
    assert np.isnan(quiet(ag.median, []))


def test_the_most_frequent_element() -> None:
    values, indices = tensor(
        [3.0, 1.0, 3.0, 1.0, 2.0]
    ).mode()  # of equally frequent ones the smallest, where it stands last
    assert (values.item(), indices.item()) == (1, 3)
    assert slope(lambda x: x.mode().values, [3.0, 1.0, 3.0, 1.0, 2.0]) == [0, 0, 0, 1, 0]


def test_quantiles_between_elements() -> None:
    ways = ("linear", "lower", "higher", "nearest", "midpoint")
    found = [quiet(lambda x, way=way: ag.quantile(x, 0.5, interpolation=way), [4.0, 1.0, 3.0, 2.0]) for way in ways]
    assert found == [2.5, 2, 3, 3, 2.5]  # the nearest of two that are equally near is that of even rank
    assert slope(lambda x: ag.quantile(x, 0.25), [0.0, 1.0, 2.0, 3.0]) == [0.25, 0.75, 0, 0]
    assert slopes(lambda x, q: ag.quantile(x, q), [0.0, 1.0, 3.0], [0.25, 0.75])[1] == [2, 4]
    assert slope(lambda x: ag.quantile(x, 0.5), [nan, 1.0, 2.0]) == [1, 0, 0]
    assert quiet(lambda x: ag.nanquantile(x, 0.5), [nan, 1.0, 2.0]) == 1.5


def test_spreads_and_correlations_of_too_little() -> None:
    with pytest.warns(UserWarning, match="degrees of freedom"):
        assert np.isnan(quiet(lambda x: ag.cov(x), [[2.0]]))
    assert np.isnan(quiet(ag.corrcoef, [1.0, 1.0]))
    assert slope(ag.corrcoef, [1.0, 3.0]) == [0, 0]


def test_means_without_nan() -> None:
    assert slope(ag.nansum, [1.0, nan]) == [1, 0]
    assert slope(ag.nanmean, [1.0, nan, 3.0]) == [0.5, 0, 0.5]
    assert np.isnan(quiet(ag.nanmean, [nan, nan]))


def test_frequencies_have_no_derivative() -> None:
    x = leaf([0.5, 1.5, 1.5])
    assert not ag.histc(x, 2, 0, 2).requires_grad
    for out in (*ag.histogram(x, 2, range=(0.0, 2.0)), ag.bincount(tensor([0, 1, 1]), x)):
        assert out.requires_grad
        with pytest.raises(RuntimeError, match="not implemented"):
            out.sum().backward()


def test_a_sum_in_whole_numbers_of_what_requires_grad_raises() -> None:
    x = leaf([1.5, 2.5])
    for reduction in (ag.sum, ag.prod, ag.nansum, partial(ag.cumsum, dim=0), partial(ag.cumprod, dim=0)):
        with pytest.raises(RuntimeError):
            reduction(x, dtype=ag.int64)
        assert reduction(x.detach(), dtype=ag.int64).dtype == ag.int64


def test_a_dimension_is_no_bool() -> None:
    for reduction in (ag.sum, ag.median, ag.cumsum, ag.softmax, ag.argmax):
        with pytest.raises(TypeError):
            reduction(leaf([[1.0, 2.0]]), dim=True)


def test_remainders() -> None:
    assert slopes(lambda x, y: x % y, -7.0, 2.0) == [1, 4]
    assert quiet(lambda x, y: x % y, [-7.0, 7.0], [2.0, -2.0]) == [1, -1]


def test_powers_of_integers() -> None:
    powers = tensor([1, -1, -1, 2, -2, 0]) ** tensor([-1, -1, -2, -1, -3, -1])  # rounded to 0
    assert powers.tolist() == [1, -1, 1, 0, 0, 0]
    assert (tensor([-2, 3]) ** tensor([3, 0])).tolist() == [-8, 1]
    assert (2 ** tensor([-1, 3])).tolist() == [0, 8]
    with pytest.raises(RuntimeError, match="negative integer powers"):
        tensor([1]) ** -1
    assert (tensor([True, False]) ** True).tolist() == [True, False]
    assert (tensor([True, False]) ** False).tolist() == [True, True]
    assert (tensor([True, False]) ** 2).dtype == ag.int64


def test_remainders_with_the_sign_of_the_dividend() -> None:
    assert quiet(ag.fmod, [-7.0, 7.0], [2.0, -2.0]) == [-1, 1]
    assert slopes(ag.fmod, [-7.0, 7.0], [2.0, -2.0]) == [[1, 1], [3, 3]]
    assert np.isnan(quiet(ag.fmod, [1.0, inf], [0.0, 1.0])).all()


def test_angles() -> None:
    assert slopes(ag.atan2, 0.0, 0.0) == [0, 0]
    same(quiet(ag.atan2, [0.0, -0.0, 1.0], [-1.0, -1.0, 0.0]), [np.pi, -np.pi, np.pi / 2])
    assert slope(ag.asin, [1.0, -1.0]) == [inf, inf]
    assert slope(ag.acos, [1.0, -1.0]) == [-inf, -inf]
    assert slope(ag.acosh, 1.0) == inf
    assert slope(ag.atanh, [1.0, -1.0]) == [inf, inf]
    assert np.isnan(quiet(ag.asin, [1.5, -1.5])).all()
    assert np.isnan(slopes(ag.hypot, 0.0, 0.0)).all()
    assert slope(ag.angle, [-1.0, 0.0, nan]) == [0, 0, 0]
    same(quiet(ag.angle, [-1.0, -0.0, 2.0]), [np.pi, 0, 0])


def test_steps_with_a_value_at_0() -> None:
    assert ag.heaviside(tensor([-1.0, 0.0, 2.0, nan, -0.0]), tensor([0.5])).tolist() == [0, 0.5, 1, 0, 0.5]
    assert quiet(ag.sign, nan) == quiet(ag.sgn, nan) == 0
    assert slope(ag.frac, [0.0, -1.5]) == [1, 1]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x // 2,
        lambda x: 2 // x,
        lambda x: ag.heaviside(x, x),
        lambda x: ag.special.zeta(x + 1, 1.0),
        lambda x: ag.igamma(x, x),
        lambda x: ag.igammac(x, x),
    ],
    ids=["//", "r//", "heaviside", "zeta", "igamma", "igammac"],
)
def test_derivatives_that_are_refused(function: Callable[[Tensor], Tensor]) -> None:
    y = function(leaf([1.0, 2.0]))
    assert y.requires_grad
    with pytest.raises(RuntimeError, match="not implemented"):
        y.sum().backward()
    with pytest.raises(RuntimeError, match="not implemented"):
        ag.grad(function(x := leaf([1.0, 2.0])).sum(), x, create_graph=True)


def test_a_quotient_rounded_by_name_is_flat() -> None:
    for mode in ("floor", "trunc"):
        assert slope(lambda x, mode=mode: ag.div(x, 2.0, rounding_mode=mode), [1.0, 5.0]) == [0, 0]


def test_nan_loses_fmax_and_ties_go_to_the_first() -> None:
    for function in (ag.fmax, ag.fmin):
        assert quiet(function, [nan, 1.0], [2.0, nan]) == [2, 1]
        assert slopes(function, [nan, 1.0, 1.0], [2.0, nan, 1.0]) == [[0, 1, 1], [1, 0, 0]]


def test_signs_of_zeros() -> None:
    assert quiet(ag.copysign, [1.0, 2.0], [-0.0, 0.0]) == [-1, 2]
    assert slopes(ag.copysign, [0.0, -2.0], [-1.0, 1.0]) == [[0, -1], [0, 0]]
    assert ag.signbit(tensor([-0.0, 0.0, -1.0, nan])).tolist() == [True, False, True, False]
    assert ag.signbit(tensor([-1, 0])).tolist() == [True, False]


def test_numbers_taken_apart() -> None:
    mantissa, exponent = ag.frexp(tensor([0.0, 1.0, -3.0, inf, 3 * 2.0**997, 2.0**-1030], dtype=ag.float64))
    same(mantissa.tolist(), [0, 0.5, -0.75, inf, 0.75, 0.5])
    assert (exponent.tolist(), exponent.dtype) == ([0, 1, 2, 0, 999, -1029], ag.int32)
    assert slope(lambda x: ag.frexp(x).mantissa, [0.0, 3.0, inf]) == [1, 0.25, 1]
    assert slopes(ag.nextafter, [1.0, 1.0], [1.0, 2.0]) == [[0, 1], [0, 0]]


def test_nan_replaced() -> None:
    x = tensor([nan, inf, -inf, 1.0])
    largest = float(np.finfo(np.float32).max)
    assert ag.nan_to_num(x).tolist() == [0, largest, -largest, 1]
    assert ag.nan_to_num(x, 5.0, neginf=-2.0).tolist() == [5, largest, -2, 1]
    assert slope(ag.nan_to_num, [nan, inf, -inf, 1.0]) == [0, 0, 0, 1]


def test_sums_of_exponentials_in_pairs() -> None:
    assert quiet(ag.logaddexp, [-inf, 0.0, inf], [-inf, -inf, inf]) == [-inf, 0, inf]
    assert slopes(ag.logaddexp, [0.0, -inf], [0.0, 0.0]) == [[0.5, 0], [0.5, 1]]
    assert np.isnan(slopes(ag.logaddexp, -inf, -inf)).all()


def test_products_with_a_logarithm_are_0_where_the_factor_is() -> None:
    assert quiet(ag.xlogy, [0.0, 0.0, 2.0], [0.0, -1.0, 1.0]) == [0, 0, 0]
    assert slopes(ag.xlogy, [0.0, 0.0], [0.0, -1.0])[0] == [0, 0]
    assert np.isnan(quiet(ag.xlogy, 0.0, nan))
    assert quiet(ag.special.xlog1py, [0.0, 0.0], [-1.0, -2.0]) == [0, 0]
    assert quiet(ag.special.entr, [0.0, -1.0, inf]) == [0, -inf, -inf]
    assert slope(ag.special.entr, 0.0) == inf


def test_sinc_at_0() -> None:
    assert quiet(ag.sinc, [0.0, 0.5]) == [1, 2 / np.pi]
    assert slope(ag.sinc, 0.0) == 0


def test_the_curvature_of_sinc_at_0() -> None:
    x = leaf([0.0, 1e-9, 0.079, 0.081])
    (first,) = ag.grad(ag.sinc(x).sum(), x, create_graph=True)
    (second,) = ag.grad(first.sum(), x)
    t = np.pi * x.detach().numpy()[2:]
    exact = np.pi**2 * ((2 - t * t) * np.sin(t) - 2 * t * np.cos(t)) / t**3
    np.testing.assert_allclose(second.numpy(), [-(np.pi**2) / 3] * 2 + exact.tolist(), rtol=1e-11)


def test_logit_at_its_ends() -> None:
    assert quiet(ag.logit, [0.0, 0.5, 1.0]) == [-inf, 0, inf]
    assert np.isnan(quiet(ag.logit, [-0.1, 1.1])).all()
    same(quiet(lambda x: ag.logit(x, 0.1), [0.0, 1.0]), [np.log(1 / 9), np.log(9)])
    assert slope(lambda x: ag.logit(x, 0.1), [0.0, 0.05, 0.95]) == [0, 0, 0]
    assert np.isnan(slope(ag.logit, -0.1))


def test_poles_of_the_gamma_function() -> None:
    assert quiet(ag.lgamma, [0.0, -1.0, 1.0, 2.0, inf, -inf]) == [inf, inf, 0, 0, inf, inf]
    assert quiet(ag.digamma, [0.0, -0.0, inf]) == [-inf, inf, inf]
    assert np.isnan(quiet(ag.digamma, [-1.0, -2.0, -inf])).all()
    assert quiet(lambda x: ag.polygamma(2, x), [0.0, -1.0]) == [-inf, -inf]
    assert quiet(lambda x: ag.special.zeta(2.0, x), [0.0, -1.0]) == [inf, inf]
    assert np.isnan(quiet(lambda x: ag.special.zeta(0.5, x), 1.0))


def test_error_functions_far_out() -> None:
    assert quiet(ag.erf, [inf, -inf, 7.0]) == [1, -1, 1]
    assert quiet(ag.erfc, [inf, -inf, 30.0]) == [0, 2, 0]
    assert quiet(ag.erfinv, [1.0, -1.0, 0.0]) == [inf, -inf, 0]
    assert np.isnan(quiet(ag.erfinv, [1.1, nan])).all()
    assert quiet(ag.special.erfcx, [-inf, -30.0, inf]) == [inf, inf, 0]
    np.testing.assert_allclose(
        quiet(ag.special.log_ndtr, [-1e5, -40.0]), [-5000000012.43186, -804.6084420137538], rtol=1e-12
    )
    assert quiet(ag.special.ndtri, [0.0, 1.0, 0.5]) == [-inf, inf, 0]


def test_special_functions_do_not_warn() -> None:
    x = tensor([-1e300, -2.0, -1.0, -0.0, 0.0, 1e-300, 0.5, 1.0, 1e300, inf, -inf, nan], dtype=ag.float64)
    with np.errstate(all="raise"):
        for function in (ag.erf, ag.erfc, ag.erfinv, ag.lgamma, ag.digamma, ag.sinc, ag.logit, ag.special.erfcx,
                         ag.special.ndtr, ag.special.ndtri, ag.special.log_ndtr, ag.special.entr):  # fmt: skip
            function(x)
        ag.polygamma(1, x)
        ag.xlogy(x, x)
        ag.special.zeta(2, x)


# ---------------------------------------------------------------- where, softmax, losses


def test_a_gradient_that_where_discards_still_multiplies() -> None:
    def unsafe(x: Tensor) -> Tensor:
        return ag.where(x > 0, ag.sqrt(x), 0 * x)

    def safe(x: Tensor) -> Tensor:
        return ag.where(x > 0, ag.sqrt(ag.where(x > 0, x, 1.0)), 0 * x)

    same(slope(unsafe, [-1.0, 0.0, 4.0]), [nan, nan, 0.25])
    assert slope(safe, [-1.0, 0.0, 4.0]) == [0, 0, 0.25]


def test_softmax_with_infinities() -> None:
    assert quiet(lambda x: x.log_softmax(0), [0.0, -inf, 0.0]) == [-np.log(2), -inf, -np.log(2)]
    same(slope(lambda x: x.log_softmax(0)[0], [0.0, -inf, 0.0]), [0.5, 0, -0.5])
    assert np.isnan(quiet(lambda x: x.softmax(0), [-inf, -inf])).all()
    assert quiet(lambda x: x.softmax(0), [1000.0, 1000.0]) == [0.5, 0.5]
    assert quiet(lambda x: ag.logsumexp(x, 0), [-inf, -inf]) == -inf
    assert np.isnan(slope(lambda x: ag.logsumexp(x, 0), [-inf, -inf])).all()


def test_sigmoid_and_softplus_saturate() -> None:
    assert slope(ag.sigmoid, [1000.0, -1000.0]) == [0, 0]
    assert quiet(ag.sigmoid, [1000.0, -1000.0]) == [1, 0]
    assert slope(ag.softplus, [20.1, 1000.0, -1000.0]) == [1, 1, 0]
    assert ag.softplus(tensor([12.0], dtype=ag.float16)).item() == 12


ACTIVATIONS = [
    ag.relu, ag.leaky_relu, ag.hardtanh, ag.relu6, ag.elu, ag.softplus, ag.silu, ag.gelu, ag.sigmoid, ag.tanh, ag.erf,
    ag.logsigmoid, partial(ag.gelu, approximate="tanh"), partial(ag.softmax, dim=0), partial(ag.log_softmax, dim=0),
    ag.selu, ag.celu, ag.hardsigmoid, ag.hardswish, ag.hardshrink, ag.softshrink, ag.mish, partial(ag.softmin, dim=0),
    partial(ag.threshold, threshold=0.5, value=1.0), ag.hard_logistic, ag.gaussian_gelu, ag.step,
    partial(ag.prelu, weight=tensor(0.25)), partial(ag.maxout, pieces=1), partial(ag.swish, beta=2.0),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda f: getattr(f, "func", f).__name__)
def test_activations_do_not_warn(activation: Callable[[Tensor], Tensor], dtype: str) -> None:
    x = tensor(
        [-1e4, -100.0, -1.0, -0.0, 0.0, 1e-4, 30.0, 1e4, inf, -inf, nan], dtype=np.dtype(dtype), requires_grad=True
    )
    for part in (x[:8], x):
        if isinstance(activation, partial) and "weight" in activation.keywords:
            activation = partial(ag.prelu, weight=tensor(0.25, dtype=x.dtype))
        (g,) = ag.grad(activation(part), x, ag.ones_like(part))
        assert np.isfinite(g.numpy()[:8]).all() or (part is x and "softm" in str(activation))


LOGITS = [[1.0, 2.0, 3.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]


def test_cross_entropy_of_ignored_targets() -> None:
    ignored = tensor([-100, -100, -100])
    x = leaf(LOGITS)
    loss = ag.cross_entropy(x, ignored)
    assert np.isnan(loss.item())
    assert ag.grad(loss, x)[0].tolist() == [[0] * 3] * 3
    assert ag.cross_entropy(leaf(LOGITS), ignored, reduction="sum").item() == 0
    assert ag.cross_entropy(leaf(LOGITS), ignored, reduction="none").tolist() == [0, 0, 0]


def test_cross_entropy_divides_by_the_targets_that_count() -> None:
    last = float(np.log(3))  # of three equal logits
    same(ag.cross_entropy(leaf(LOGITS), tensor([-100, -100, 1])).item(), last)
    first = float(np.log(np.exp([1, 2, 3]).sum()) - 1)
    same(ag.cross_entropy(leaf(LOGITS), tensor([0, -100, 2])).item(), (first + last) / 2)
    weights = tensor([2.0, 1.0, 6.0], dtype=ag.float64)
    never = ag.nll_loss(leaf([[0.0, -inf]]), tensor([1]), weights[:2] * 0, reduction="sum")
    assert np.isnan(never.item())  # 0 * inf
    same(ag.cross_entropy(leaf(LOGITS), tensor([0, -100, 2]), weights).item(), (2 * first + 6 * last) / 8)


def test_cross_entropy_of_an_empty_batch() -> None:
    nothing = tensor([], dtype=ag.int64)
    assert np.isnan(ag.cross_entropy(ag.zeros(0, 3), nothing).item())
    assert ag.cross_entropy(ag.zeros(0, 3), nothing, reduction="sum").item() == 0


def test_cross_entropy_refuses_wrong_targets() -> None:
    x = ag.zeros(2, 3)
    for classes in ([0, 3], [-1, 0]):
        with pytest.raises(IndexError, match="out of bounds"):
            ag.cross_entropy(x, tensor(classes))
    with pytest.raises(RuntimeError, match="int64"):
        ag.cross_entropy(x, tensor([0, 1], dtype=ag.int32))
    with pytest.raises(RuntimeError, match="int64"):
        ag.nll_loss(x, tensor([0.0, 1.0]))
    with pytest.raises(RuntimeError, match="require grad"):
        ag.nll_loss(x, tensor([0, 1]), ag.ones(3, requires_grad=True))


def test_binary_cross_entropy_at_the_ends() -> None:
    p, t = leaf([0.0, 1.0]), tensor([1.0, 0.0], dtype=ag.float64)
    assert ag.binary_cross_entropy(p, t, reduction="none").tolist() == [100, 100]
    assert ag.binary_cross_entropy(p, 1 - t, reduction="none").tolist() == [0, 0]
    steep = slope(lambda x: ag.binary_cross_entropy(x, t, reduction="sum"), [0.0, 1.0])
    np.testing.assert_allclose(steep, [-1e12, 1e12], rtol=1e-8)
    for outside in ([1.0001, 0.5], [-0.0001, 0.5]):
        with pytest.raises(RuntimeError, match="between 0 and 1"):
            ag.binary_cross_entropy(tensor(outside), ag.ones(2))


def test_binary_cross_entropy_with_large_logits() -> None:
    t = tensor([1.0, 0.0, 0.0, 1.0], dtype=ag.float64)
    loss = ag.binary_cross_entropy_with_logits(leaf([1000.0, -1000.0, 1000.0, -1000.0]), t, reduction="none")
    assert loss.tolist() == [0, 0, 1000, 1000]
    assert slope(
        lambda x: ag.binary_cross_entropy_with_logits(x, t, reduction="sum"), [1000.0, -1000.0, 1000.0, -1000.0]
    ) == [0, 0, 1, -1]


def test_losses_of_unlike_shapes_warn() -> None:
    for loss in (ag.mse_loss, ag.l1_loss):
        with pytest.warns(UserWarning, match=r"broadcasting them will likely"):
            loss(ag.zeros(3, 1), ag.zeros(3))


def test_l1_loss_has_slope_0_where_both_are_equal() -> None:
    assert slope(lambda x: ag.l1_loss(x, tensor([1.0, 0.0]), reduction="sum"), [1.0, 2.0]) == [0, 1]


def test_the_mean_loss_of_nothing_is_nan() -> None:
    assert np.isnan(ag.mse_loss(ag.zeros(0), ag.zeros(0)).item())
    assert np.isnan(ag.l1_loss(ag.zeros(0), ag.zeros(0)).item())


def test_kl_div_at_probability_0() -> None:
    rates = tensor([0.0, 0.5, 0.0], dtype=ag.float64)
    same(ag.kl_div(leaf([0.0, -1.0, -inf]), rates, reduction="none").tolist(), [0, 0.5 * np.log(0.5) + 0.5, nan])
    assert slope(lambda x: ag.kl_div(x, rates, reduction="sum"), [0.0, -1.0, -inf]) == [0, -0.5, 0]
    same(slope(lambda t: ag.kl_div(leaf([-1.0, -1.0]), t, reduction="sum"), [0.0, 1.0]), [nan, 2])


def test_hinges_at_their_kink() -> None:
    one = tensor([1.0], dtype=ag.float64)
    assert slope(lambda x: ag.hinge_embedding_loss(x, -one), [1.0]) == [-1]
    assert slopes(lambda x, y: ag.margin_ranking_loss(x, y, one), [1.0], [1.0]) == [[-1], [1]]
    assert slope(lambda x: ag.multi_margin_loss(x, tensor(0)), [1.0, 0.0, -1.0]) == [0, 0, 0]
    assert slope(lambda x: ag.multilabel_margin_loss(x, tensor([0, -1])), [1.0, 0.0]) == [0, 0]
    assert slopes(ag.smooth_l1_loss, [1.0], [0.0]) == slopes(ag.huber_loss, [1.0], [0.0]) == [[1], [-1]]


def test_a_vector_0_has_a_cosine() -> None:
    assert quiet(lambda x, y: ag.cosine_similarity(x, y, 0), [0.0, 0.0], [3.0, 4.0]) == 0
    same(slope(lambda x: ag.cosine_similarity(x, leaf([3.0, 4.0]), 0), [0.0, 0.0]), [0.6e8, 0.8e8])
    same(slope(lambda x: ag.pairwise_distance(x, leaf([3.0, 4.0]), eps=0.0), [3.0, 4.0]), [0, 0])


def test_a_small_variance_is_limited_unseen() -> None:
    x, t = leaf([0.0]), leaf([1.0])
    assert slope(lambda var: ag.gaussian_nll_loss(x, t, var, eps=0.5), [0.0]) == [0.5 * (2 - 4)]


def test_the_row_at_padding_idx_gets_no_gradient() -> None:
    indices = tensor([0, 2, 2, -1 % 4])
    assert slope(lambda w: ag.embedding(indices, w, 2), [[1.0], [2.0], [3.0], [4.0]]) == [[1], [0], [0], [1]]
    assert slope(lambda w: ag.embedding(indices, w, -1), [[1.0], [2.0], [3.0], [4.0]]) == [[1], [0], [2], [0]]


# ---------------------------------------------------------------- images, normalisation


POOLS = pytest.mark.parametrize(
    "pool",
    [
        lambda x: ag.max_pool1d(x.reshape(1, 1, 4), 4),
        lambda x: ag.max_pool2d(x.reshape(1, 1, 2, 2), 2),
        lambda x: ag.max_pool3d(x.reshape(1, 1, 1, 2, 2), (1, 2, 2)),
        lambda x: ag.adaptive_max_pool2d(x.reshape(1, 1, 2, 2), 1),
        lambda x: ag.max_pool2d(x.reshape(1, 1, 2, 2), 2, 1, 0),
    ],
)


@POOLS
def test_a_maximum_of_a_window_has_one_winner(pool: Callable[[Tensor], Tensor]) -> None:
    same(slope(pool, [1.0, 3.0, 3.0, 2.0]), [0, 1, 0, 0])  # the first
    same(slope(pool, [-0.0, 0.0, -0.0, 0.0]), [1, 0, 0, 0])
    same(slope(pool, [-inf, -inf, -inf, -inf]), [1, 0, 0, 0])
    same(slope(pool, [nan, 1.0, nan, 2.0]), [0, 0, 1, 0])  # but of NaN the last
    assert np.isnan(quiet(pool, [1.0, nan, 2.0, 3.0])).all()
    same(slope(lambda x: pool(x) * inf, [1.0, 2.0, 3.0, 0.0]), [0, 0, inf, 0])


def test_winners_of_windows_that_overlap_add_up() -> None:
    x = [1.0, 3.0, 3.0, 2.0, 0.0]
    same(slope(lambda x: ag.max_pool1d(x.reshape(1, 1, 5), 2, 1), x), [0, 2, 1, 1, 0])
    same(slope(lambda x: ag.max_pool1d(x.reshape(1, 1, 5), 3, 2, 1), x), [0, 2, 0, 1, 0])
    second = slope(lambda x: (ag.max_pool1d(x.reshape(1, 1, 5), 2, 1) ** 3).sum(), x)
    same(second, [0, 54, 27, 12, 0])


def test_padding_does_not_win_and_counts_in_averages() -> None:
    ones = [[[-1.0, -1.0]]]
    same(quiet(lambda x: ag.max_pool1d(x, 2, 1, 1), ones), [[[-1, -1, -1]]])
    same(quiet(lambda x: ag.avg_pool1d(x, 2, 1, 1), ones), [[[-0.5, -1, -0.5]]])
    same(quiet(lambda x: ag.avg_pool1d(x, 2, 1, 1, False, False), ones), [[[-1, -1, -1]]])
    for pool in (ag.max_pool1d, ag.avg_pool1d):
        with pytest.raises(RuntimeError, match="at most half"):
            pool(leaf(ones), 2, 1, 2)


def test_padding_same_of_an_even_window_reaches_further_at_the_end() -> None:
    x, w = leaf([[[1.0, 2.0, 3.0]]]), leaf([[[1.0, 10.0]]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, of the copy
        same(ag.conv1d(x, w, padding="same").tolist(), [[[21, 32, 3]]])


def test_infinities_stay_where_they_are() -> None:
    x = leaf([[[[inf, 0.0, 1.0], [0.0, 1.0, 2.0], [1.0, 2.0, nan]]]])
    with np.errstate(all="ignore"):
        y = ag.conv2d(x, leaf([[[[1.0, 1.0], [1.0, 1.0]]]])).tolist()
        same(y, [[[[inf, 4], [4, nan]]]])
        same(ag.interpolate(x, 2, mode="nearest").tolist(), [[[[inf, 0], [0, 1]]]])
        same(ag.adaptive_avg_pool2d(x, 2).tolist(), [[[[inf, 1], [1, nan]]]])


def test_normalisation_of_a_constant_is_0() -> None:
    x = [[5.0, 5.0, 5.0]]
    for normalise in (
        lambda x: ag.layer_norm(x, (3,)),
        lambda x: ag.group_norm(x.reshape(1, 3, 1), 1),
        lambda x: ag.instance_norm(x.reshape(1, 1, 3), None, None, None, None, True, 0.1, 1e-5, True),
        lambda x: ag.batch_norm(x.reshape(3, 1), None, None, None, None, True, 0.1, 1e-5, True),
    ):
        assert not np.any(quiet(normalise, x))
        assert not np.any(
            slope(lambda x, normalise=normalise: normalise(x) * tensor([1.0, 2.0, -3.0]).reshape(1, -1)[:, :1], x)
        )


def test_the_gradient_of_a_cholesky_factor_is_symmetric() -> None:
    found = slope(lambda A: ag.linalg.cholesky(A) * tensor([[1.0, 0.0], [10.0, 100.0]]), [[4.0, 2.0], [2.0, 5.0]])
    same(found, [[5.25, -10], [-10, 25]])


def test_equal_points_have_a_distance_without_slope() -> None:
    for p in (1.0, 2.0, 3.0, inf):
        assert slopes(lambda x, y, p=p: ag.cdist(x, y, p), [[1.0, 2.0]], [[1.0, 2.0]]) == [[[0, 0]], [[0, 0]]]


def test_running_statistics_are_unbiased() -> None:
    mean, var = tensor([0.0, 0.0]), tensor([1.0, 1.0])
    x = tensor([[1.0, 2.0], [3.0, 2.0]])
    ag.batch_norm(x, None, None, mean, var, True, 0.5, 1e-5, True)
    same(mean.tolist(), [1, 1])
    same(var.tolist(), [1.5, 0.5])  # of 2 and 0, with n - 1


def test_normalize_of_zero() -> None:
    same(slope(ag.normalize, [[0.0, 0.0]]), [[1e12, 1e12]])
    same(quiet(ag.normalize, [[0.0, 0.0]]), [[0, 0]])


# ---------------------------------------------------------------- shapes, indexing


def test_empty_tensors_broadcast_and_have_empty_gradients() -> None:
    x, y = ag.zeros(0, 3, requires_grad=True), ag.ones(3, requires_grad=True)
    (x * y).sum().backward()
    assert x.grad is not None
    assert y.grad is not None
    assert x.grad.shape == (0, 3)
    assert y.grad.tolist() == [0, 0, 0]


def test_a_0d_operand_receives_the_sum() -> None:
    assert slopes(lambda a, x: a * x, 2.0, [1.0, 10.0, 100.0]) == [111, [2, 2, 2]]


@pytest.mark.parametrize(
    ("m", "n", "out"),
    [((3,), (3,), ()), ((2, 3), (3,), (2,)), ((3,), (3, 2), (2,)), ((5, 2, 3), (3,), (5, 2)), ((3,), (5, 3, 2), (5, 2)),
     ((5, 1, 2, 3), (4, 3, 2), (5, 4, 2, 2)), ((2, 0), (0, 3), (2, 3)), ((0, 2), (2, 3), (0, 3))],
)  # fmt: skip
def test_matmul_of_every_rank(m: tuple[int, ...], n: tuple[int, ...], out: tuple[int, ...]) -> None:
    x, y = ag.ones(m, requires_grad=True), ag.ones(n, requires_grad=True)
    product = x @ y
    assert product.shape == out
    assert (product.detach().numpy() == (m[-1])).all()
    gx, gy = ag.grad(product.sum(), (x, y))
    assert gx.shape == m
    assert gy.shape == n


def test_indices_that_repeat_accumulate() -> None:
    assert slope(lambda x: x[[0, 0, 1]], [1.0, 2.0, 3.0]) == [2, 1, 0]
    assert slope(lambda x: x.index_select(0, tensor([2, 2])), [1.0, 2.0, 3.0]) == [0, 0, 2]
    assert slope(lambda x: x.gather(0, tensor([1, 1, 1])), [1.0, 2.0, 3.0]) == [0, 3, 0]


def test_of_assigned_duplicates_the_last_wins_and_all_receive_the_gradient() -> None:
    places = (tensor([0, 0, 1]),)
    found = slopes(lambda x, v: ag.index_put(x, places, v), [1.0, 2.0, 3.0], [7.0, 8.0, 9.0])
    assert ag.index_put(ag.zeros(3), places, tensor([7.0, 8.0, 9.0])).tolist() == [8, 9, 0]
    assert found == [[0, 0, 1], [1, 1, 1]]
    assert ag.index_put(ag.zeros(3), places, tensor([7.0, 8.0, 9.0]), accumulate=True).tolist() == [15, 9, 0]


def test_an_int_before_a_list_is_applied_first() -> None:
    """As in PyTorch; NumPy would put the list's dimension first."""
    x = ag.arange(24).reshape(2, 3, 4)
    assert x[0, :, [0, 3]].tolist() == [[0, 3], [4, 7], [8, 11]]
    assert x[:, [0, 2], 1].tolist() == [[1, 9], [13, 21]]


def test_elements_that_a_view_shows_repeatedly_receive_the_sum() -> None:
    def windows(x: Tensor) -> Tensor:
        return x.as_strided((3, 2), (1, 1)) * tensor([1.0, 10.0], dtype=ag.float64)

    assert slope(windows, [1.0, 2.0, 3.0, 4.0]) == [1, 11, 11, 10]
    assert slope(lambda x: x.unfold(0, 3, 1), [1.0, 2.0, 3.0, 4.0]) == [1, 2, 2, 1]
    assert slope(lambda x: x.as_strided((4,), (0,), 1), [1.0, 2.0]) == [0, 4]
    assert slope(lambda x: x.expand(3, 2), [1.0, 2.0]) == [3, 3]


def test_a_region_of_nothing() -> None:
    x = ag.zeros(2, 3)
    x[[]] = ag.zeros(0, 3)
    x[[]] = 7.0
    x[x > 1] = ag.zeros(0)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        x[[]] = ag.zeros(2, 0, 3)
    assert slope(lambda y: y[False, False] if y.ndim else y[tensor(False)], 1.0) == 0
    assert x.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_too_many_indices_are_named_before_what_else_is_wrong() -> None:
    for key in ((0, "a"), (0, [slice(0, 1)]), (0, 1.5), (tensor([0.5]), 0)):
        with pytest.raises(IndexError, match="too many"):
            ag.zeros(2)[key]
    with pytest.raises(RuntimeError):
        ag.zeros(2, 2)[0, [None]]


PLACES = tensor([0, 0, 2])


def reduced(reduce: str, **options: Any) -> Callable[..., Tensor]:
    weights = tensor([1.0, 10.0, 100.0], dtype=ag.float64)
    return lambda x, src: ag.scatter_reduce(x, 0, PLACES, src, reduce, **options) * weights


def test_a_scattered_extremum_shares_ties_evenly() -> None:
    for reduce in ("amax", "amin"):
        found = slopes(reduced(reduce), [3.0, 5.0, 7.0], [3.0, 3.0, 7.0])
        same(found[0], [1 / 3, 10, 50])
        same(found[1], [1 / 3, 1 / 3, 50])
    found = slopes(reduced("amax"), [0.0, 5.0, 7.0], [nan, 4.0, 2.0])
    same(found[0], [nan, 10, 100])
    same(found[1], [nan, nan, 0])


def test_a_scattered_product_with_zeros() -> None:
    assert slopes(reduced("prod"), [3.0, 5.0, 7.0], [0.0, 4.0, 2.0]) == [[0, 10, 200], [12, 0, 700]]
    assert slopes(reduced("prod"), [3.0, 5.0, 7.0], [0.0, 0.0, 2.0]) == [[0, 10, 200], [0, 0, 700]]
    assert slopes(reduced("prod"), [0.0, 5.0, 7.0], [3.0, 4.0, 2.0]) == [[12, 10, 200], [0, 0, 700]]
    assert slopes(reduced("prod", include_self=False), [0.0, 5.0, 7.0], [0.0, 4.0, 2.0]) == [[0, 10, 0], [4, 0, 100]]


def test_several_zeros_in_one_scattered_product_have_no_second_derivative() -> None:
    x, src = leaf([3.0, 5.0, 7.0]), leaf([0.0, 0.0, 2.0])
    with pytest.raises(RuntimeError):
        (g,) = ag.grad(reduced("prod")(x, src).sum(), src, create_graph=True)
        ag.grad(g.sum(), src)
    assert ag.grad(reduced("prod")(x, src).sum(), src)[0].tolist() == [0, 0, 700]


def test_a_scattered_mean_of_integers_is_rounded_down() -> None:
    assert ag.scatter_reduce(tensor([0, 1, 2]), 0, PLACES, tensor([1, -8, 3]), "mean").tolist() == [-3, 1, 2]
    small = tensor([0, 1, 2], dtype=ag.uint8)
    assert small.scatter_reduce(0, PLACES, tensor([200, 100, 3], dtype=ag.uint8), "mean").tolist() == [
        14,
        1,
        2,
    ]  # the sum wraps


def test_distinct_values_have_no_derivative() -> None:
    x = leaf([3.0, 1.0, 3.0])
    for function in (ag.unique, ag.unique_consecutive):
        values = function(x)
        assert values.requires_grad
        with pytest.raises(NotImplementedError):
            values.sum().backward()
    assert x.grad is None


def test_nan_in_what_is_searched() -> None:
    assert ag.searchsorted(tensor([1.0, nan]), tensor([nan, 3.0])).tolist() == [2, 2]
    assert ag.searchsorted(tensor([1.0, 2.0]), tensor([nan, 3.0]), right=True).tolist() == [2, 2]
    assert ag.unique(tensor([nan, 1.0, nan]), return_counts=True)[1].tolist() == [1, 1, 1]


def test_diagonals() -> None:
    assert slope(lambda x: x.diagonal(1) * 2, [[1.0, 2.0], [3.0, 4.0]]) == [[0, 2], [0, 0]]
    assert slopes(ag.diagonal_scatter, [[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]) == [[[0, 1], [1, 0]], [1, 1]]
    assert quiet(lambda x: ag.diag(ag.diag(x)), [1.0, 2.0]) == [1, 2]
    assert quiet(lambda x: ag.diag_embed(x, -1), [1.0]) == [[0, 0], [1, 0]]


def test_out_of_bounds_raises() -> None:
    x = ag.zeros(2, 3)
    for key in (2, -3, (0, 3), (slice(None), -4), tensor([0, 2]), [0, 5], (0, 0, 0)):
        with pytest.raises(IndexError):
            x[key]
        with pytest.raises(IndexError):
            x[key] = 1.0
    with pytest.raises(RuntimeError):
        x.gather(0, tensor([[2]]))


def test_negative_steps() -> None:
    weights = tensor([1.0, 10.0, 100.0], dtype=ag.float64)
    assert quiet(lambda x: x[::-1], [1.0, 2.0, 3.0]) == [3, 2, 1]
    assert slope(lambda x: x[::-1] * weights, [1.0, 2.0, 3.0]) == [100, 10, 1]
    assert slope(lambda x: x[:0:-2], [1.0, 2.0, 3.0]) == [0, 0, 1]
    backwards = ag.from_numpy(np.arange(3.0)[::-1])
    assert (backwards * 2).tolist() == [4, 2, 0]


def test_cat_takes_an_empty_vector_anywhere() -> None:
    x = ag.cat([ag.zeros(0), ag.ones(2, 2)])
    assert x.shape == (2, 2)
    assert ag.cat([ag.zeros(0), ag.zeros(0)]).shape == (0,)


def test_repeated_dims_raise() -> None:
    x = ag.zeros(2, 3)
    for function in (ag.sum, ag.mean, ag.amax, ag.var, ag.logsumexp):
        with pytest.raises(RuntimeError, match="multiple times"):
            function(x, (0, 0))
        with pytest.raises(RuntimeError, match="multiple times"):
            function(x, (1, -1))
    with pytest.raises(RuntimeError):
        x.permute(0, 0)


def test_a_view_that_memory_does_not_allow_names_the_remedy() -> None:
    with pytest.raises(RuntimeError, match="reshape"):
        ag.zeros(2, 3).t().view(6)
    assert ag.zeros(2, 3).t().reshape(6).shape == (6,)


def test_reductions_of_nothing() -> None:
    nothing = ag.zeros(0)
    assert nothing.sum().item() == 0
    assert np.isnan(nothing.mean().item())
    for function in (ag.max, ag.min, ag.amax, ag.amin):
        with pytest.raises(RuntimeError, match="empty"):
            function(nothing)
        with pytest.raises(IndexError, match="empty"):
            function(ag.zeros(0, 3), 0)
    for function in (ag.argmax, ag.argmin):
        with pytest.raises(IndexError, match="empty"):
            function(nothing)
    assert ag.all(nothing).item() is True
    assert ag.any(nothing).item() is False


# ---------------------------------------------------------------- dtypes


def test_only_floats_can_require_grad() -> None:
    for dtype in (ag.int64, ag.uint8, ag.bool):
        with pytest.raises(RuntimeError, match="floating point"):
            ag.zeros(2, dtype=dtype, requires_grad=True)
    with pytest.raises(RuntimeError, match="floating point"):
        tensor([1, 2]).requires_grad_()


def test_the_mean_of_integers_raises() -> None:
    with pytest.raises(RuntimeError, match="floating point"):
        tensor([1, 2]).mean()
    assert tensor([1, 2]).mean(dtype=ag.float32).item() == 1.5


def test_a_gradient_has_its_inputs_dtype() -> None:
    x, y = ag.ones(2, requires_grad=True), ag.ones(2, dtype=ag.float64, requires_grad=True)
    product = x * y
    assert product.dtype == ag.float64
    gx, gy = ag.grad(product.sum(), (x, y))
    assert (gx.dtype, gy.dtype) == (ag.float32, ag.float64)


def test_promotion() -> None:
    half, wide = ag.ones(2, dtype=ag.float16), tensor(1.0, dtype=ag.float64)
    assert (half * wide).dtype == ag.float16
    assert (tensor([1, 2]) * wide).dtype == ag.float64
    assert (tensor([1, 2]) * 1.5).dtype == ag.float32
    assert (tensor([1, 2], dtype=ag.int8) + 1).dtype == ag.int8
    assert (tensor([True]) + 1).dtype == ag.int64
    assert (tensor([True]) + True).dtype == ag.bool
    assert (tensor([1], dtype=ag.uint8) + tensor([1], dtype=ag.int8)).dtype == ag.int16
    assert (tensor([1.0]) * np.float64(2)).dtype == ag.float32  # a NumPy number counts as a Python number
    assert (tensor([7]) / tensor([2])).dtype == ag.float32


# Rows and columns: uint8 int8 int16 int32 int64 float16 float32 float64 bool; each letter a result.
PROMOTION = """
uint8   uint8 int16 int16 int32 int64 float16 float32 float64 uint8
int8    int16 int8  int16 int32 int64 float16 float32 float64 int8
int16   int16 int16 int16 int32 int64 float16 float32 float64 int16
int32   int32 int32 int32 int32 int64 float16 float32 float64 int32
int64   int64 int64 int64 int64 int64 float16 float32 float64 int64
float16 float16 float16 float16 float16 float16 float16 float32 float64 float16
float32 float32 float32 float32 float32 float32 float32 float32 float64 float32
float64 float64 float64 float64 float64 float64 float64 float64 float64 float64
bool    uint8 int8 int16 int32 int64 float16 float32 float64 bool
"""


def test_promotion_table() -> None:
    table = [line.split() for line in PROMOTION.strip().splitlines()]
    names = [row[0] for row in table]
    for first, *expected in table:
        for second, result in zip(names, expected, strict=True):
            x, y = ag.ones(2, dtype=np.dtype(first)), ag.ones(2, dtype=np.dtype(second))
            assert (x + y).dtype == result, f"{first} + {second}"
            assert ag.promote_types(np.dtype(first), np.dtype(second)) == result


def test_sums_of_integers_are_int64() -> None:
    for dtype in (ag.int32, ag.uint8, ag.bool):
        x = ag.ones(3, dtype=dtype)
        assert x.sum().dtype == x.prod().dtype == x.cumsum(0).dtype == ag.int64
    assert ag.full((3,), 200, dtype=ag.uint8).sum().item() == 600


def test_half_precision() -> None:
    with np.errstate(over="ignore"):
        assert (tensor([300.0], dtype=ag.float16) ** 2).item() == inf
    many = ag.full((5000,), 1.0, dtype=ag.float16)
    assert many.sum().item() == 5000  # accumulated in float32
    assert many.mean().item() == 1


def test_integer_arithmetic() -> None:
    assert (tensor([1], dtype=ag.uint8) - tensor([2], dtype=ag.uint8)).item() == 255
    assert (tensor([-7]) // 2).item() == -4
    assert (tensor([-7]) % 2).item() == 1
    assert ag.div(tensor([-7]), 2, rounding_mode="trunc").item() == -3
    for zero in (0, tensor([0])):
        with pytest.raises(RuntimeError, match="division by zero"):
            tensor([1]) // zero
        with pytest.raises(RuntimeError, match="division by zero"):
            tensor([1]) % zero
    assert (tensor([2]) ** 3).dtype == ag.int64


def test_bools_cannot_be_subtracted() -> None:
    mask, x = tensor([True]), tensor([1.0])
    for first, second in ((mask, mask), (mask, x), (x, mask), (x, True), (True, x), (mask, 1.0)):
        with pytest.raises(RuntimeError, match=r"logical_not"):
            first - second
    assert ag.clamp_min(mask, tensor([False])).dtype == ag.bool
    with pytest.raises(RuntimeError):
        ag.clamp(mask, min=False)


def test_alpha_has_the_kind_of_the_result() -> None:
    assert ag.add(tensor([True]), tensor([True]), alpha=2).tolist() == [True]
    assert ag.add(tensor([1]), tensor([1.0]), alpha=2.5).tolist() == [3.5]
    whole, wide = tensor([1, 2], dtype=ag.uint8), tensor(1.0, dtype=ag.float64)
    assert ag.add(wide, whole, alpha=0.5).dtype == ag.rsub(whole, wide, alpha=0.5).dtype == ag.float64
    assert ag.add(tensor([1.0], dtype=ag.float16), whole, alpha=0.5).dtype == ag.float16
    assert ag.add(whole, tensor([True]), alpha=200).tolist() == [201, 202]
    with pytest.raises(RuntimeError):
        ag.sub(whole, tensor([True]), alpha=2)
    for operation in (ag.add, ag.sub, ag.rsub):
        for alpha in (2.5, True):
            with pytest.raises(RuntimeError, match="alpha"):
                operation(tensor([1]), tensor([1]), alpha=alpha)


def test_products_of_small_integers() -> None:
    x, y = tensor([200, 100], dtype=ag.uint8), tensor([[100, 3], [1, 0]], dtype=ag.uint8)
    found = ag.tensordot(x[:1], y, 1)  # a size of 1 broadcasts: the rows of y are summed
    assert (found.tolist(), found.dtype) == ([232, 88], ag.uint8)
    found = ag.einsum("i,j->i", x, x)  # the elements of the second are summed first, in int64
    assert (found.tolist(), found.dtype) == ([60000, 30000], ag.int64)
    assert ag.einsum("ij,jk->ik", y, y).dtype == ag.uint8
    with pytest.raises(RuntimeError):
        ag.tensordot(x > 100, y > 2, 1)


def test_a_sum_in_a_given_dtype_has_it() -> None:
    x = tensor([100, 100], dtype=ag.int8)
    assert (x.sum(dtype=ag.int8).item(), x.sum(dtype=ag.int8).dtype) == (-56, ag.int8)
    assert x.cumsum(0, dtype=ag.int8).tolist() == [100, -56]
    assert x.prod(dtype=ag.int8).item() == 16
    assert tensor([1, -1]).sum(dtype=ag.bool).item() is True


def test_a_batch_of_nothing_moves_no_running_statistics() -> None:
    mean, variance = tensor([2.0, 2.0]), tensor([3.0, 3.0])
    ag.batch_norm(ag.zeros(0, 2), None, None, mean, variance, True, 0.1, 1e-5, True)
    assert mean.tolist() == [2, 2] and variance.tolist() == [3, 3]


def test_a_number_that_does_not_fit_is_not_written() -> None:
    for value in (300, 300.0, -1.5, -0.5, nan, inf, -256):
        x = ag.ones(2, dtype=ag.uint8)
        for write in (x.fill_, lambda v, x=x: x.index_fill_(0, tensor([0]), v), lambda v, x=x: x.masked_fill_(x == 1, v),
                      lambda v, x=x: x.__setitem__(0, v), lambda v, x=x: x.__setitem__(x == 1, tensor([float(v)])),
                      lambda v: ag.full((2,), v, dtype=ag.uint8),
                      lambda v, x=x: ag.full_like(x, v), lambda v: tensor([v], dtype=ag.uint8),
                      lambda v, x=x: ag.pad(x, (1, 1), value=v)):  # fmt: skip
            with pytest.raises(RuntimeError, match="without overflow"):
                write(value)
        assert x.tolist() == [1, 1]
    for dtype, value in ((ag.int64, nan), (ag.int8, -129), (ag.float16, 1e5)):
        with pytest.raises(RuntimeError, match="without overflow"):
            ag.zeros(2, dtype=dtype).fill_(value)
    assert ag.zeros(1, dtype=ag.float16).fill_(inf).item() == inf


def test_negative_numbers_meet_unsigned_ones_as_in_c() -> None:
    x = tensor([7, 255], dtype=ag.uint8)
    assert (x + -1).tolist() == [6, 254]
    assert (x - -2).tolist() == [9, 1]
    assert (x * -1).tolist() == [249, 1]
    assert ag.where(x > 9, x, -1).tolist() == [255, 255]
    assert x.clone().fill_(-1).tolist() == [255, 255]
    assert (x & -2).tolist() == [6, 254]
    assert ag.addcmul(x, x, x, value=-1).tolist() == [214, 254]


def test_shifts_that_lose_all_bits() -> None:
    x = tensor([1, -2], dtype=ag.int8)
    assert (x << 7).tolist() == [-128, 0]
    assert (x << 8).tolist() == [0, 0]
    assert (x >> 9).tolist() == [0, -1]
    assert (2 << tensor([1, 2])).tolist() == [4, 8]


def test_what_is_no_number_is_never_equal() -> None:
    assert (tensor([1]) == "a") is False
    assert (tensor([1]) != None) is True  # noqa: E711


def test_rounding_goes_to_even() -> None:
    assert tensor([0.5, 1.5, 2.5, -0.5, -1.5]).round().tolist() == [0, 2, 2, 0, -2]


def test_the_truth_of_many_elements_raises() -> None:
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(tensor([True, False]))
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(tensor([]))
    assert bool(tensor([0.0])) is False


def test_what_does_not_take_part_shares_no_gradient() -> None:
    """In PyTorch an element of input that is not included takes a share where it happens to equal the extremum."""
    assert slopes(reduced("amax", include_self=False), [3.0, 5.0, 7.0], [3.0, 3.0, 7.0]) == [
        [0, 10, 0],
        [0.5, 0.5, 100],
    ]
    assert slopes(reduced("amin", include_self=False), [inf, 5.0, inf], [inf, inf, inf]) == [
        [0, 10, 0],
        [0.5, 0.5, 100],
    ]
