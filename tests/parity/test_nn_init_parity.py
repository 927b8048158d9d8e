"""Initialisers against PyTorch: the same numbers for the same seed, the same warnings and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.parity.sides import seed

torch = pytest.importorskip("torch")

SIDES = [(ag, nn.init), (torch, torch.nn.init)]

FILLED = {
    "uniform_": [{}, {"a": -0.3, "b": 0.2}],
    "normal_": [{}, {"mean": 1.5, "std": 0.1}],
    "constant_": [{"val": 0.3}],
    "ones_": [{}],
    "zeros_": [{}],
    "eye_": [{}],
    "xavier_uniform_": [{}, {"gain": 5 / 3}],
    "xavier_normal_": [{}, {"gain": 0.7}],
    "kaiming_uniform_": [
        {}, {"a": 0.2, "mode": "fan_out"}, {"nonlinearity": "relu"}, {"nonlinearity": "tanh"}, {"a": 5**0.5},
    ],
    "kaiming_normal_": [{}, {"mode": "fan_out", "nonlinearity": "relu"}, {"nonlinearity": "selu"}],
    "trunc_normal_": [{}, {"std": 0.02, "a": -0.04, "b": 0.04}, {"a": 1.5, "b": 3.0}, {"mean": 1, "a": -0.5, "b": 1.2}],
    "dirac_": [{}],
    "sparse_": [{"sparsity": 0.4}, {"sparsity": 0.9, "std": 1.0}],
}  # fmt: skip
CASES = [(name, options) for name, choices in FILLED.items() for options in choices]
SHAPES = {"dirac_": [(3, 3, 3), (4, 2, 3, 3), (2, 5, 2, 3, 3)], "eye_": [(3, 4), (5, 2)], "sparse_": [(7, 5), (30, 20)]}


@pytest.mark.parametrize("number", [0, 12345])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_same_numbers(name: str, options: dict[str, Any], dtype: str, number: int) -> None:
    for shape in SHAPES.get(name, [(3, 4), (17, 31), (2, 3, 5), (8, 4, 3, 3)]):
        results = []
        for library, init in SIDES:
            seed(library, number)
            tensor = library.empty(shape, dtype=getattr(library, dtype)).requires_grad_()
            assert getattr(init, name)(tensor, **options) is tensor
            assert tensor.is_leaf
            results.append((tensor.detach().numpy(), library.rand(3).numpy()))
        (ours, after), (theirs, wanted) = results
        np.testing.assert_array_equal(ours, theirs, strict=True)
        np.testing.assert_array_equal(after, wanted)


VIEWS = [lambda x: x.t(), lambda x: x[:, ::2], lambda x: x[1:], lambda x: x[::3].t()]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "fill",
    [
        lambda t, i, x: i.uniform_(x, -1, 2),
        lambda t, i, x: i.kaiming_normal_(x),
        lambda t, i, x: i.trunc_normal_(x),
        lambda t, i, x: i.trunc_normal_(x, mean=1, a=1.5, b=3.0),
        lambda t, i, x: x.exponential_(),
        lambda t, i, x: x.bernoulli_(0.3),
        lambda t, i, x: x.bernoulli_(t.arange(1.0, x.numel() + 1).reciprocal().reshape(tuple(x.shape))),
        lambda t, i, x: x.random_(10),
    ],
)
def test_tensors_are_filled_in_the_order_of_their_memory(fill: Any, view: Any, dtype: str) -> None:
    for shape in ((4, 5), (20, 30)):
        results = []
        for library, init in SIDES:
            seed(library, 1)
            tensor = library.zeros(shape, dtype=getattr(library, dtype))
            fill(library, init, view(tensor))
            results.append((tensor.numpy(), library.rand(3).numpy()))
        (ours, after), (theirs, wanted) = results
        np.testing.assert_array_equal(ours, theirs, strict=True)
        np.testing.assert_array_equal(after, wanted)


@pytest.mark.parametrize("shape", [(3, 3), (4, 7), (9, 2), (4, 2, 3, 3), (20, 5, 2)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_orthogonal(shape: tuple[int, ...], dtype: str) -> None:
    results = []
    for library, init in SIDES:
        seed(library, 3)
        results.append(init.orthogonal_(library.empty(shape, dtype=getattr(library, dtype)), gain=1.5).numpy())
    np.testing.assert_allclose(*results, atol=2e-6 if dtype == "float32" else 1e-14)


def test_a_generator_of_its_own() -> None:
    for name in ("uniform_", "normal_", "xavier_uniform_", "kaiming_normal_", "trunc_normal_"):
        results = []
        for library, init in SIDES:
            seed(library, 0)
            generator = library.Generator()
            generator.manual_seed(5)
            values = getattr(init, name)(library.empty(4, 5), generator=generator)
            results.append((values.numpy(), library.rand(1).item()))
        np.testing.assert_array_equal(results[0][0], results[1][0])
        assert results[0][1] == results[1][1]


def test_gains() -> None:
    for name in ("linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        ours, theirs = (init.calculate_gain(name) for _, init in SIDES)
        assert ours == theirs
        assert type(ours) is type(theirs)
    assert nn.init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


@pytest.mark.parametrize(
    "call",
    [
        lambda t, i: i.calculate_gain("gelu"),
        lambda t, i: i.calculate_gain("leaky_relu", True),
        lambda t, i: i.calculate_gain("leaky_relu", "x"),
        lambda t, i: i.xavier_uniform_(t.empty(3)),
        lambda t, i: i.kaiming_uniform_(t.empty(3)),
        lambda t, i: i.kaiming_normal_(t.empty(3, 3), mode="fan"),
        lambda t, i: i.eye_(t.empty(3)),
        lambda t, i: i.dirac_(t.empty(3, 3)),
        lambda t, i: i.dirac_(t.empty(3, 3, 3), groups=2),
        lambda t, i: i.orthogonal_(t.empty(3)),
        lambda t, i: i.sparse_(t.empty(3), 0.1),
        lambda t, i: i.orthogonal_(t.empty(3, 3, dtype=t.float16)),
    ],
)
def test_errors(call: Any) -> None:
    errors = []
    for side in SIDES:
        with pytest.raises((ValueError, NotImplementedError)) as caught:
            call(*side)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0][0] is errors[1][0]
    assert errors[0][1] == errors[1][1] or errors[0][0] is NotImplementedError


def test_warnings() -> None:
    for library, init in SIDES:
        with pytest.warns(UserWarning, match="no-op"):
            init.kaiming_uniform_(library.empty(0, 3))
        with pytest.warns(UserWarning, match="more than 2 std"):
            init.trunc_normal_(library.empty(3, 3), mean=5.0)
        with pytest.warns(FutureWarning, match="deprecated in favor of"):
            init.xavier_normal(library.empty(3, 3))
        with pytest.warns(UserWarning, match="no-op"):
            (nn if library is ag else torch.nn).Linear(0, 3)
