"""`compare_gradients`: hand-written gradients of any function, and cotangents of named intermediates."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import compare_gradients

X = np.random.default_rng(0).normal(size=(4, 3))
W = np.random.default_rng(1).normal(size=(3, 2))


def network(x, w):
    h = x @ w
    a = ag.tanh(h)
    return (a * a).sum(), {"h": h, "a": a}


def by_hand(x, w, forgets_derivative=False):
    a = np.tanh(x @ w)
    g_a = 2 * a
    g_h = g_a if forgets_derivative else g_a * (1 - a * a)
    return (g_h @ w.T, x.T @ g_h), {"h": g_h, "a": g_a}


def test_a_right_derivation():
    report = compare_gradients(network, (X, W), by_hand)
    assert report.ok
    assert report.first is None
    assert [check.name for check in report.checks] == ["a", "h", "input 0", "input 1"]
    assert all(check.complex_step < 1e-14 and check.central < 1e-8 for check in report.checks[2:])


def test_the_first_error_is_where_it_starts():
    report = compare_gradients(network, (X, W), lambda x, w: by_hand(x, w, forgets_derivative=True))
    assert report.first.name == "h"
    assert [check.ok for check in report.checks] == [True, False, False, False]
    assert "cotangent of h: WRONG" in str(report)
    assert "<- first error" in str(report).splitlines()[1]


@pytest.mark.parametrize(
    ("wrong", "remark"),
    [
        (lambda g: -g, "the sign is wrong"),
        (lambda g: 2 * g, "2 times the right one"),
        (lambda g: g * np.nan, "NaN"),
        (lambda g: g.T, "transposed"),
        (lambda g: g + np.eye(3), ""),
        (lambda g: g + np.eye(9)[0].reshape(3, 3), "only this element"),
    ],
)
def test_what_is_said_of_a_wrong_gradient(wrong, remark):
    x = np.random.default_rng(2).normal(size=(3, 3))
    report = compare_gradients(lambda x: (x * x * x).sum(), x, [wrong(3 * x * x)])
    assert not report.ok
    assert remark in report.first.remark


def test_a_gradient_not_summed_over_the_broadcast():
    report = compare_gradients(lambda x, b: (x + b).sum(), (X, np.zeros(3)), [None, np.ones((4, 3))])
    assert "not summed" in str(report)


def test_outputs_that_are_no_number_need_a_cotangent():
    with pytest.raises(ValueError, match="single number"):
        compare_gradients(lambda x: x * x, X, [2 * X])
    g = np.random.default_rng(3).normal(size=X.shape)
    assert compare_gradients(lambda x: x * x, X, [2 * X * g], grad_output=g).ok


def test_kinks_and_real_functions_are_told_apart():
    report = compare_gradients(lambda x: ag.relu(x).sum(), np.zeros(3), [np.zeros(3)])
    assert report.ok
    assert "kink" in report.checks[0].remark
    report = compare_gradients(lambda x: ag.abs(x).sum(), X, [np.sign(X)])
    assert report.ok
    assert report.checks[0].complex_step is None


def test_single_precision_and_inputs_without_influence():
    x = ag.tensor([1.0, 2.0])
    assert compare_gradients(lambda x: (x * x).sum(), x, [np.array([2.0, 4.0000005], np.float32)]).ok
    assert compare_gradients(lambda x, y: x.sum(), (X, W), [np.ones_like(X), np.zeros_like(W)]).ok


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([X],), "1 gradients for 2 inputs"),
        (({5: X},), "there are 2 inputs"),
        ((([X, W], {"q": X}),), "names no intermediate"),
    ],
)
def test_unusable_answers(arguments, message):
    with pytest.raises(ValueError, match=message):
        compare_gradients(network, (X, W), *arguments)
