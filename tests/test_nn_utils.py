"""Weights computed from other parameters, and stateless calls, against NumPy."""

from __future__ import annotations

import pickle
from copy import copy, deepcopy
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.utils import parametrizations, parametrize
from nn.utils.stateless import functional_call


@pytest.mark.parametrize(("dim", "axes"), [(0, (1, 2)), (1, (0, 2)), (2, (0, 1)), (None, (0, 1, 2)), (-1, (0, 1, 2))])
def test_weight_norm(dim: int | None, axes: tuple[int, ...]) -> None:
    module = nn.Module()
    module.weight = nn.Parameter(ag.randn(2, 3, 4, dtype=np.float64))
    start = module.weight.array.copy()
    parametrizations.weight_norm(module, dim=dim)
    np.testing.assert_allclose(module.weight.array, start)
    g, v = module.parametrizations.weight.originals()
    with ag.no_grad():
        g *= 3
        v *= 7
    np.testing.assert_allclose(module.weight.array, 3 * start)
    norms = np.sqrt((start**2).sum(axes))
    np.testing.assert_allclose(np.ravel(g.array) / 3, np.ravel(norms))
    module.weight = ag.tensor(start * 2)
    np.testing.assert_allclose(module.weight.array, 2 * start)
    with pytest.warns(FutureWarning, match="deprecated in favor of"):
        old = nn.utils.weight_norm(nn.Linear(3, 2))
    assert [name for name, _ in old.named_parameters()] == ["bias", "weight_g", "weight_v"]
    with ag.no_grad():
        old.weight_g.fill_(2.0)
    old(ag.ones(1, 3))
    np.testing.assert_allclose(np.linalg.norm(old.weight.array, axis=1), 2.0, rtol=1e-6)
    assert nn.utils.remove_weight_norm(old) is old
    np.testing.assert_allclose(np.linalg.norm(old.weight.array, axis=1), 2.0, rtol=1e-6)
    assert old._hooks is None or not old._hooks.forward_pre


def normalised(kind: str, module: Any) -> Any:
    return (parametrizations if kind == "present" else nn.utils).spectral_norm(module)


@pytest.mark.parametrize("kind", ["present", "older"])
def test_spectral_norm(kind: str) -> None:
    ag.manual_seed(0)
    layer = nn.Linear(5, 4, dtype=np.float64)
    largest = np.linalg.norm(layer.weight.array, 2)
    wanted = layer.weight.array / largest
    normalised(kind, layer)
    for _ in range(200):
        layer(ag.ones(1, 5, dtype=np.float64))
    np.testing.assert_allclose(layer.weight.array, wanted, rtol=1e-6)
    layer.eval()
    before = {name: value.array.copy() for name, value in layer.state_dict().items()}
    layer(ag.ones(1, 5, dtype=np.float64))
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.array, before[name])


@pytest.mark.parametrize("kind", ["present", "older"])
def test_two_passes_before_a_backward_pass(kind: str) -> None:
    layer = normalised(kind, nn.Linear(3, 2))
    (layer(ag.ones(1, 3)) - layer(ag.zeros(1, 3))).sum().backward()
    for parameter in layer.parameters():
        assert parameter.grad is not None


class Squared(nn.Module):
    def forward(self, x: Any) -> Any:
        return x * x

    def right_inverse(self, x: Any) -> Any:
        return x.sqrt()


def test_a_parametrized_module() -> None:
    layer: Any = nn.Linear(2, 1)
    parameter = layer.weight
    with ag.no_grad():
        parameter.copy_(ag.tensor([[4.0, 9.0]]))
    optimizer = nn.optim.SGD(layer.parameters(), lr=0.25)
    parametrize.register_parametrization(layer, "weight", Squared())
    assert parameter.tolist() == [[2, 3]]
    assert layer.weight.tolist() == [[4, 9]]
    layer(ag.ones(1, 2)).sum().backward()
    assert parameter.grad.tolist() == [[4, 6]]
    optimizer.step()  # it knows the parameter still
    assert layer.weight.tolist() == [[1, 2.25]]
    for twin in (copy(layer), deepcopy(layer)):
        assert twin.weight.tolist() == [[1, 2.25]]
        assert parametrize.is_parametrized(twin, "weight")
    layer.weight = ag.tensor([[25.0, 36.0]])
    assert parameter.tolist() == [[5, 6]]
    other: Any = nn.Linear(2, 1)
    assert not parametrize.is_parametrized(other)  # each has a class of its own
    other.weight = nn.Parameter(ag.zeros(1, 2))
    with pytest.raises(RuntimeError, match="state_dict"):
        pickle.dumps(layer)
    with pytest.raises(KeyError, match="already exists"):
        layer.weight = nn.Parameter(ag.zeros(1, 2))
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert layer.weight is parameter
    assert parameter.tolist() == [[25, 36]]


def test_what_is_computed_once() -> None:
    layer: Any = nn.Linear(2, 1)
    nn.init.ones_(layer.weight)
    parametrize.register_parametrization(layer, "weight", Squared())
    with pytest.raises(ValueError, match="no"), parametrize.cached():
        first = layer.weight
        assert layer.weight is first
        raise ValueError("no")
    assert layer.weight is not first


def test_functional_calls() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    own = [parameter.array.copy() for parameter in model.parameters()]
    given = {name: ag.ones(*p.shape).requires_grad_() for name, p in model.named_parameters()}
    out = functional_call(model, given, ag.ones(1, 2), strict=True)
    assert out.item() == 7
    out.backward()
    assert given["0.weight"].grad.tolist() == [[1, 1], [1, 1]]
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(RuntimeError, match="Missing key"):
        functional_call(model, {"0.bias": ag.ones(2)}, ag.ones(1, 2), strict=True)
    with pytest.raises(RuntimeError, match="linear"):
        functional_call(model, {"1.weight": ag.ones(5, 5)}, ag.ones(1, 2))
    model[1].weight = nn.Parameter(ag.ones(2, 2))
    model[0].weight = model[1].weight
    with pytest.raises(ValueError, match="multiple values for keys"):
        functional_call(model, {"0.weight": ag.ones(2, 2), "1.weight": ag.zeros(2, 2)}, ag.ones(1, 2))
    for parameter, value in zip(nn.Sequential(model[0]).parameters(), own[:2], strict=True):
        assert parameter.shape == value.shape
    np.testing.assert_array_equal(model[0].bias.array, own[1])


def test_skipping_initialisation_draws_nothing() -> None:
    ag.manual_seed(0)
    wanted = ag.rand(2)
    ag.manual_seed(0)
    nn.utils.skip_init(nn.Linear, 3, 3)
    assert ag.equal(ag.rand(2), wanted)


def test_utils_data_in_the_body_of_a_program() -> None:
    assert ag.utils.data.DataLoader is nn.data.DataLoader
    with pytest.raises(AttributeError, match="no attribute 'dat'"):
        ag.utils.dat  # noqa: B018  # reading it is the test
