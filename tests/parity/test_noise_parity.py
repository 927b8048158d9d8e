"""Dropout and its kin, rrelu, gumbel_softmax: for the same seed, the numbers, gradients and errors of PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from tests.op_calls import floats

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:dropout2d", "ignore:dropout3d")

SIDES = [(ag, F, ag.grad), (torch, torch.nn.functional, torch.autograd.grad)]

# What draws, and the numbers of dimensions that it takes.
DRAWS: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "dropout": (lambda f, x, p, inplace: f.dropout(x, p, True, inplace), (0, 1, 2, 3)),
    "dropout1d": (lambda f, x, p, inplace: f.dropout1d(x, p, True, inplace), (2, 3)),
    "dropout2d": (lambda f, x, p, inplace: f.dropout2d(x, p, True, inplace), (2, 3, 4)),
    "dropout3d": (lambda f, x, p, inplace: f.dropout3d(x, p, True, inplace), (4, 5)),
    "alpha_dropout": (lambda f, x, p, inplace: f.alpha_dropout(x, p, True, inplace), (0, 1, 2, 3)),
    "feature_alpha_dropout": (lambda f, x, p, inplace: f.feature_alpha_dropout(x, p, True, inplace), (2, 4)),
    "rrelu": (lambda f, x, p, inplace: f.rrelu(x, p / 2, p, True, inplace), (0, 1, 2)),
}
SHAPES = {0: (), 1: (33,), 2: (40, 7), 3: (5, 4, 3), 4: (3, 4, 2, 2), 5: (2, 5, 2, 1, 2)}


def drawn(side: tuple[Any, Any, Any], call: Callable[..., Any], x: Any, **options: Any) -> list[Any]:
    """The result and the gradient, and a number that shows where the stream has arrived."""
    library, functional, grad = side
    library.manual_seed(7)
    leaf = library.from_numpy(x).requires_grad_()
    input = leaf * 1  # keeps the strides
    out = call(functional, input, **options)
    found = [out, *grad((out * out).sum(), leaf), library.rand(1)]
    return [out is input, *[np.array(tensor.detach().numpy()) for tensor in found]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", DRAWS)
def test_draws(name: str, dtype: str) -> None:
    call, dims = DRAWS[name]
    for ndim in dims:
        x = floats(*SHAPES[ndim]).astype(dtype)
        for p in (0.0, 0.1, 0.5, 0.9, 1.0):
            for inplace in (False, True):
                ours, theirs = (drawn(side, call, x, p=p, inplace=inplace) for side in SIDES)
                for mine, wanted in zip(ours, theirs, strict=True):
                    np.testing.assert_allclose(mine, wanted, rtol=2e-7 if dtype == "float32" else 1e-14, strict=True)


@pytest.mark.parametrize("name", ["dropout", "alpha_dropout", "rrelu", "dropout2d"])
def test_draws_follow_the_memory(name: str) -> None:
    """A transposed tensor gets the mask in the order of its memory, as in PyTorch."""
    x = floats(6, 5, 4, 3).transpose(2, 0, 3, 1)
    ours, theirs = (drawn(side, DRAWS[name][0], x, p=0.4, inplace=False) for side in SIDES)
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-14)


def test_masks_in_half_precision() -> None:
    for name in ("dropout", "alpha_dropout"):
        ours, theirs = (
            drawn(side, DRAWS[name][0], floats(50).astype("float16"), p=0.3, inplace=False) for side in SIDES
        )
        for mine, wanted in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=4e-3, strict=True)


def test_nothing_is_drawn_in_evaluation() -> None:
    for library, functional, _ in SIDES:
        library.manual_seed(0)
        x = library.ones(2, 3, 4)
        for function in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
            assert (getattr(functional, function)(x, 0.5, False) == x).all()
        after = library.rand(1)
        library.manual_seed(0)
        assert after == library.rand(1)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gumbel_softmax(dtype: str, hard: bool) -> None:
    x = floats(4, 5, 3).astype(dtype)
    for tau, dim in ((1, -1), (0.3, 0), (2.0, 1)):
        results = []
        for library, functional, grad in SIDES:
            library.manual_seed(11)
            leaf = library.tensor(x).requires_grad_()
            out = functional.gumbel_softmax(leaf, tau, hard, dim=dim)
            results.append([out.detach().numpy(), grad((out * leaf).sum(), leaf)[0].numpy(), library.rand(2).numpy()])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=3e-6 if dtype == "float32" else 1e-13, atol=1e-7, strict=True)


ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "p above 1": lambda t, f: f.dropout(t.ones(2), 1.5),
    "p below 0": lambda t, f: f.dropout1d(t.ones(2, 2), -0.5),
    "alpha": lambda t, f: f.alpha_dropout(t.ones(2), 2.0),
    "feature alpha": lambda t, f: f.feature_alpha_dropout(t.ones(2), -2.0, True),
    "2d": lambda t, f: f.dropout2d(t.ones(2), 1.1),
    "3d": lambda t, f: f.dropout3d(t.ones(2), 1.1),
    "dims 1d": lambda t, f: f.dropout1d(t.ones(2), 0.5),
    "dims 2d": lambda t, f: f.dropout2d(t.ones(2), 0.5),
    "dims alpha": lambda t, f: f.feature_alpha_dropout(t.ones(2), 0.5, True),
    "whole numbers": lambda t, f: f.dropout(t.ones(2, dtype=t.int64), 0.5),
    "rrelu of whole numbers": lambda t, f: f.rrelu(t.ones(2, dtype=t.int64)),
    "rrelu bounds": lambda t, f: f.rrelu(-t.ones(2), 0.5, 0.2, True),
    "leaf": lambda t, f: f.dropout(t.ones(2, requires_grad=True), 0.5, True, True),
    "leaf, alpha": lambda t, f: f.alpha_dropout(t.ones(2, requires_grad=True), 0.5, True, True),
    "leaf, 1d": lambda t, f: f.dropout1d(t.ones(2, 3, requires_grad=True), 0.5, True, True),
    "gumbel dim": lambda t, f: f.gumbel_softmax(t.ones(2), dim=1),
    "gumbel of whole numbers": lambda t, f: f.gumbel_softmax(t.ones(2, dtype=t.int64)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    for library, functional, _ in reversed(SIDES):
        with pytest.raises(Exception) as raised:
            ERRORS[name](library, functional)
        if library is torch:
            wanted = raised.type
    assert issubclass(raised.type, wanted)


def test_warnings() -> None:
    for library, functional, _ in SIDES:
        for call, text in (
            (lambda t, f: f.dropout2d(t.ones(2, 3), 0.5), "deprecated"),
            (lambda t, f: f.dropout2d(t.ones(2, 3, 4), 0.5), "dropout1d"),
            (lambda t, f: f.dropout3d(t.ones(2, 3, 4), 0.5), "deprecated"),
            (lambda t, f: f.gumbel_softmax(t.ones(2), eps=1e-3), "eps"),
        ):
            with pytest.warns(UserWarning, match=text):
                call(library, functional)
