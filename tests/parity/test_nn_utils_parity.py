"""Helpers on parameters against PyTorch: clipping, weights computed from other parameters, stateless calls."""

from __future__ import annotations

import re
import warnings
from copy import deepcopy
from io import BytesIO
from typing import Any

import numpy as np
import pytest

import nn
from tests.parity.sides import SIDES, array, seed, torch


def both(action: Any) -> list[Any]:
    """What `action(library, nn)` returns here and in PyTorch, each from the same seed."""
    results = []
    for library, layers in SIDES:
        seed(library, 0)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*weight_norm` is deprecated", category=FutureWarning)
            results.append(action(library, layers))
    return results


def compare(ours: Any, theirs: Any, rtol: float = 1e-6) -> None:
    """Dictionaries, sequences, tensors and plain values are equal, numbers up to rounding."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for mine, wanted in zip(ours, theirs, strict=True):
            compare(mine, wanted, rtol)
    elif isinstance(theirs, torch.Tensor):
        np.testing.assert_allclose(array(ours), array(theirs), rtol=rtol, atol=rtol)
        assert array(ours).dtype == array(theirs).dtype
        assert ours.requires_grad == theirs.requires_grad
    else:
        assert ours == theirs


# ---------------------------------------------------------------- clipping


@pytest.mark.parametrize("order", [2, 1, float("inf"), "inf", 3.0, 0.5, 0, float("-inf")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_clipping(order: Any, dtype: str, factor: float) -> None:
    def clipped(library: Any, layers: Any) -> Any:
        rng = np.random.default_rng(0)
        parameters = [
            layers.Parameter(library.zeros(shape, dtype=getattr(library, dtype))) for shape in (3, (4, 5), ())
        ]
        for parameter in parameters:
            parameter.grad = library.tensor((rng.standard_normal(tuple(parameter.shape)) * factor).astype(dtype))
        gradients = [parameter.grad for parameter in parameters]
        norm = layers.utils.get_total_norm(gradients, order)
        again = layers.utils.clip_grad_norm_(parameters, 1.0, order)
        once = [array(gradient) for gradient in gradients]
        layers.utils.clip_grads_with_norm_(parameters, 0.25, again)
        layers.utils.clip_grad_value_(parameters, 0.01)
        return norm, again, [library.tensor(value) for value in once], gradients

    compare(*both(clipped))


def test_norms_of_nothing_and_of_no_numbers() -> None:
    def norms(library: Any, layers: Any) -> Any:
        found = [layers.utils.get_total_norm([]), layers.utils.clip_grad_norm_([], 1.0)]
        for value in (float("inf"), float("nan")):
            parameter = layers.Parameter(library.ones(2))
            parameter.grad = library.tensor([value, 1.0])
            with pytest.raises(RuntimeError, match="non-finite"):
                layers.utils.clip_grad_norm_(parameter, 1.0, error_if_nonfinite=True)
            with np.errstate(invalid="ignore"):
                found += [layers.utils.clip_grad_norm_(parameter, 1.0), parameter.grad]
        mixed = [library.ones(2), library.ones(2, dtype=library.float64)]
        return [*found, layers.utils.get_total_norm(mixed)]

    compare(*both(norms))
    for _, layers in SIDES:
        with pytest.warns(FutureWarning, match="clip_grad_norm_"):
            layers.utils.clip_grad_norm([], 1.0)


# ---------------------------------------------------------------- weights computed from other parameters


def convolution(library: Any, layers: Any, shape: tuple[int, ...]) -> Any:
    """A module whose weight has any shape."""

    class Weighted(layers.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
        def __init__(self) -> None:
            super().__init__()
            self.weight = layers.Parameter(library.randn(shape))

        def forward(self, x: Any) -> Any:
            return (self.weight * x).sin().sum()

    return Weighted()


REPARAMETRIZED = {
    "weight_norm": lambda u, m: u.parametrizations.weight_norm(m),
    "weight_norm, dim 1": lambda u, m: u.parametrizations.weight_norm(m, dim=1),
    "weight_norm, all": lambda u, m: u.parametrizations.weight_norm(m, dim=None),
    "spectral_norm": lambda u, m: u.parametrizations.spectral_norm(m),
    "spectral_norm, dim 1": lambda u, m: u.parametrizations.spectral_norm(m, n_power_iterations=2, dim=1, eps=1e-3),
    "old weight_norm": lambda u, m: u.weight_norm(m),
    "old weight_norm, dim 1": lambda u, m: u.weight_norm(m, dim=1),
    "old weight_norm, all": lambda u, m: u.weight_norm(m, dim=None),
    "old spectral_norm": lambda u, m: u.spectral_norm(m),
    "old spectral_norm, dim 1": lambda u, m: u.spectral_norm(m, n_power_iterations=3, dim=1),
}


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (5, 1), (4,)])
@pytest.mark.parametrize("name", REPARAMETRIZED)
def test_training_with_computed_weights(name: str, shape: tuple[int, ...]) -> None:
    if len(shape) == 1 and ("dim 1" in name or name.startswith("old spectral")):
        pytest.skip("a vector has one dim, and is no matrix")

    def trained(library: Any, layers: Any) -> Any:
        module = REPARAMETRIZED[name](layers.utils, convolution(library, layers, shape))
        begin = {key: value.clone() for key, value in module.state_dict().items()}
        optimizer = (nn.optim if layers is nn else torch.optim).SGD(module.parameters(), lr=0.1)
        history = []
        for step in range(4):
            module.train(step != 2)
            optimizer.zero_grad()
            loss = module(0.5) - 2 * module(0.25)  # two passes before a backward pass, as with two kinds of data
            loss.backward()
            history.append([loss, dict(module.named_parameters()), [p.grad for p in module.parameters()]])
            optimizer.step()
        module(0.5)
        return begin, history, array(module.weight).tolist(), list(dict(module.named_buffers()))

    (begin, history, weight, buffers), (wanted_begin, wanted, wanted_weight, wanted_buffers) = both(trained)
    compare(begin, wanted_begin)
    compare(history, wanted, 2e-5)
    np.testing.assert_allclose(weight, wanted_weight, rtol=1e-4, atol=1e-5)
    assert buffers == wanted_buffers


@pytest.mark.parametrize("name", REPARAMETRIZED)
def test_states_of_computed_weights_go_both_ways(name: str) -> None:
    def saved(library: Any, layers: Any) -> Any:
        module = REPARAMETRIZED[name](layers.utils, layers.Linear(3, 4)).eval()
        result = array(module(library.ones(1, 3)))
        file = BytesIO()
        library.save(module.state_dict(), file)
        return file.getvalue(), result, dict(module.state_dict()._metadata)

    ours, theirs = both(saved)
    assert ours[2] == theirs[2]
    for file, result, _ in (ours, theirs):

        def loaded(library: Any, layers: Any, file: bytes = file) -> Any:
            seed(library, 7)
            module = REPARAMETRIZED[name](layers.utils, layers.Linear(3, 4)).eval()
            assert str(module.load_state_dict(library.load(BytesIO(file)))) == "<All keys matched successfully>"
            return array(module(library.ones(1, 3)))

        for found in both(loaded):
            np.testing.assert_allclose(found, result, rtol=1e-5)


def test_states_of_the_older_weight_norm_are_understood() -> None:
    def moved(library: Any, layers: Any) -> Any:
        old = layers.utils.weight_norm(layers.Linear(3, 4))
        new = layers.utils.parametrizations.weight_norm(layers.Linear(3, 4))
        new.load_state_dict(old.state_dict())
        return new(library.ones(1, 3))

    compare(*both(moved))


REMOVED = {
    "old weight_norm": lambda u, m: u.remove_weight_norm(m),
    "old spectral_norm": lambda u, m: u.remove_spectral_norm(m),
}


@pytest.mark.parametrize("name", REPARAMETRIZED)
def test_computed_weights_become_parameters_again(name: str) -> None:
    def removed(library: Any, layers: Any) -> Any:
        module = REPARAMETRIZED[name](layers.utils, layers.Linear(3, 4))
        module(library.ones(1, 3))
        text, before = repr(module), module.eval()(library.ones(1, 3))
        remove = REMOVED.get(name.partition(",")[0])
        if remove is not None:
            remove(layers.utils, module)
        else:
            layers.utils.parametrize.remove_parametrizations(module, "weight")
        after = module(library.ones(1, 3))
        np.testing.assert_allclose(array(after), array(before), rtol=1e-6)
        kinds = [type(parameter).__name__ for parameter in module.parameters()]
        return text, repr(module), type(module).__name__, kinds, dict(module.state_dict(keep_vars=True)), after

    compare(*both(removed))


# ---------------------------------------------------------------- parametrizations of one's own


def parametrizations(layers: Any) -> Any:
    class Symmetric(layers.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
        def forward(self, x: Any) -> Any:
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, x: Any) -> Any:
            return x.triu()

    class Doubled(layers.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x * 2

    class Added(layers.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any, y: Any) -> Any:
            return x + y

        def right_inverse(self, x: Any) -> Any:
            return x / 4, x * 0.75

    class Wider(layers.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x.double()

    class Flat(layers.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x.reshape(-1)

    class Number(layers.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return 3

    class WideInverse(Doubled):  # type: ignore[misc, valid-type]
        def right_inverse(self, x: Any) -> Any:
            return x.double()

    return locals()


PROGRAMS: dict[str, Any] = {}


def program(action: Any) -> Any:
    PROGRAMS[action.__name__] = action
    return action


@program
def one(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    layer = n.Linear(3, 3)
    weight = layer.weight
    answer = p.register_parametrization(layer, "weight", kinds["Symmetric"]())
    out = layer(t.ones(1, 3))
    out.sum().backward()
    layer.weight = t.arange(9.0).reshape(3, 3)
    return (
        answer is layer, repr(layer), out, layer.weight, weight, weight.grad, weight is layer.parametrizations.weight.original,
        dict(layer.named_parameters()), dict(layer.state_dict()), p.is_parametrized(layer), p.is_parametrized(layer, "bias"),
        type(layer).__name__, p.type_before_parametrizations(layer).__name__, isinstance(layer, n.Linear),
    )  # fmt: skip


@program
def two_after_one_another(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    layer = n.Linear(3, 3)
    p.register_parametrization(layer, "weight", kinds["Symmetric"]())
    p.register_parametrization(layer, "weight", kinds["Doubled"]())
    p.register_parametrization(layer, "bias", kinds["Doubled"]())
    found = [layer.weight, layer.bias, repr(layer), list(layer.state_dict())]
    p.remove_parametrizations(layer, "weight", leave_parametrized=False)
    found += [layer.weight, repr(layer)]
    p.remove_parametrizations(layer, "bias")
    return [*found, layer.bias, repr(layer), hasattr(layer, "parametrizations")]


@program
def from_two(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    layer = p.register_parametrization(n.Linear(3, 2), "weight", kinds["Added"]())
    found = [layer.weight, dict(layer.state_dict())]
    layer.weight = t.ones(2, 3)
    twin = deepcopy(layer)
    layer.weight = t.zeros(2, 3)
    return [
        *found,
        dict(layer.state_dict()),
        twin.weight,
        type(twin).__name__,
        p.remove_parametrizations(twin, "weight"),
    ]


@program
def buffers(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    module = n.Module()
    module.register_buffer("scale", t.ones(2, 2))
    p.register_parametrization(module, "scale", kinds["Symmetric"]())
    found = [module.scale, [name for name, _ in module.named_buffers()]]
    p.remove_parametrizations(module, "scale")
    return [*found, module.scale, [name for name, _ in module.named_buffers()]]


@program
def computed_once(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    layer = p.register_parametrization(n.Linear(3, 3), "weight", kinds["Doubled"]())
    with p.cached():
        first = layer.weight
        with p.cached():
            same = layer.weight is first
        still = layer.weight is first
    return same, still, layer.weight is first


@program
def modes_and_conversion(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    layer = n.Linear(3, 3).eval()
    kind = kinds["Doubled"]()
    p.register_parametrization(layer, "weight", kind)
    return kind.training, layer.double().weight, layer.train().parametrizations.weight[0].training


@program
def assigned_without_an_inverse(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    p.register_parametrization(n.Linear(1, 1), "weight", kinds["Doubled"]()).weight = t.ones(1, 1)


@program
def assigned_a_parameter(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    p.register_parametrization(n.Linear(1, 1), "weight", kinds["Symmetric"]()).weight = n.Parameter(t.ones(1, 1))


@program
def pickled(t: Any, n: Any, p: Any, kinds: Any) -> Any:
    return p.register_parametrization(n.Linear(1, 1), "weight", kinds["Doubled"]()).__getstate__()


for action in (
    lambda t, n, p, kinds: p.register_parametrization(n.Linear(1, 1), "wait", kinds["Doubled"]()),
    lambda t, n, p, kinds: p.register_parametrization(n.Linear(1, 1), "weight", kinds["Wider"]()),
    lambda t, n, p, kinds: p.register_parametrization(n.Linear(1, 1), "weight", kinds["Flat"]()),
    lambda t, n, p, kinds: p.register_parametrization(n.Linear(1, 1), "weight", kinds["Number"]()),
    lambda t, n, p, kinds: p.register_parametrization(n.Linear(1, 1), "weight", kinds["WideInverse"]()),
    lambda t, n, p, kinds: p.register_parametrization(n.Linear(1, 1), "weight", kinds["Wider"](), unsafe=True).weight,
    lambda t, n, p, kinds: p.register_parametrization(
        p.register_parametrization(n.Linear(1, 1), "weight", kinds["Symmetric"]()), "weight", kinds["Flat"]()
    ),
    lambda t, n, p, kinds: p.register_parametrization(
        p.register_parametrization(n.Linear(1, 1), "weight", kinds["Symmetric"]()), "weight", kinds["WideInverse"]()
    ),
    lambda t, n, p, kinds: p.remove_parametrizations(n.Linear(1, 1), "weight"),
    lambda t, n, p, kinds: p.remove_parametrizations(
        p.register_parametrization(n.Linear(1, 1), "weight", kinds["Added"]()), "weight", leave_parametrized=False
    ),
    lambda t, n, p, kinds: p.ParametrizationList([], t.ones(1)),
    lambda t, n, p, kinds: n.utils.parametrizations.weight_norm(n.Linear(1, 1), "wait"),
    lambda t, n, p, kinds: n.utils.parametrizations.spectral_norm(n.Linear(1, 1), "wait"),
    lambda t, n, p, kinds: n.utils.parametrizations.spectral_norm(n.Linear(1, 1), dim=2),
    lambda t, n, p, kinds: n.utils.parametrizations.spectral_norm(n.Linear(1, 1), n_power_iterations=0),
    lambda t, n, p, kinds: n.utils.spectral_norm(n.Linear(1, 1), n_power_iterations=0),
    lambda t, n, p, kinds: n.utils.spectral_norm(n.utils.spectral_norm(n.Linear(1, 1))),
    lambda t, n, p, kinds: n.utils.spectral_norm(n.Linear(1, 1, bias=False), "bias"),
    lambda t, n, p, kinds: n.utils.weight_norm(n.utils.weight_norm(n.Linear(1, 1))),
    lambda t, n, p, kinds: n.utils.remove_spectral_norm(n.Linear(1, 1)),
    lambda t, n, p, kinds: n.utils.remove_weight_norm(n.Linear(1, 1)),
):
    PROGRAMS[f"action {len(PROGRAMS)}"] = action


def outcome(action: Any) -> Any:
    """What an action returns, or its exception."""

    def run(library: Any, layers: Any) -> Any:
        try:
            result = action(library, layers)
        except Exception as error:
            result = type(error).__name__, str(error)
        return without_prefix(result)

    return run


def without_prefix(result: Any) -> Any:
    """The result, with modules and messages as text, read alike on both sides."""
    if isinstance(result, list | tuple):
        return [without_prefix(each) for each in result]
    if hasattr(result, "named_modules"):
        result = repr(result)
    if isinstance(result, str):
        result = re.sub(r"torch\.(nn\.)?(Tensor|Size|float|utils)", r"\2", result)
    return result


@pytest.mark.parametrize("name", PROGRAMS)
def test_parametrize(name: str) -> None:
    def run(library: Any, layers: Any) -> Any:
        return PROGRAMS[name](library, layers, layers.utils.parametrize, parametrizations(layers))

    ours, theirs = both(outcome(run))
    if isinstance(theirs, list) and isinstance(theirs[0], str) and theirs[0].endswith("Error"):
        assert ours[0] == theirs[0]
    else:
        compare(ours, theirs)


# ---------------------------------------------------------------- other parameters for one call


def tied(library: Any, layers: Any) -> Any:
    model = layers.Sequential(layers.Linear(2, 2), layers.Linear(2, 2))
    model[1].weight = model[0].weight
    return model


def counting(library: Any, layers: Any) -> Any:
    class Counting(layers.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("count", library.zeros(()))

        def forward(self, x: Any = 1, y: Any = 0) -> Any:
            self.count = self.count + x
            return self.count * 2 + y

    return Counting()


def called(t: Any, n: Any, model: Any, given: Any, *args: Any, **options: Any) -> Any:
    call = t.func.functional_call
    before = {key: array(value) for key, value in model.state_dict().items()}
    try:
        return call(model, given, *args, **options)
    finally:
        assert list(model.state_dict()) == list(before)
        for key, value in model.state_dict().items():
            np.testing.assert_array_equal(array(value), before[key])


@pytest.mark.parametrize(
    "action",
    [
        lambda t, n: called(t, n, n.Linear(2, 1), {"weight": t.ones(1, 2).requires_grad_()}, t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), [{"weight": t.ones(1, 2)}, {"bias": t.ones(1)}], (t.ones(1, 2),)),
        lambda t, n: called(t, n, n.Sequential(n.Linear(2, 1)), {"0.weight": t.ones(1, 2)}, t.ones(1, 2), strict=False),
        lambda t, n: called(t, n, tied(t, n), {"0.weight": t.ones(2, 2)}, t.ones(1, 2)),
        lambda t, n: called(t, n, tied(t, n), {"1.weight": t.ones(2, 2)}, t.ones(1, 2), tie_weights=False),
        lambda t, n: called(t, n, tied(t, n), {"0.weight": t.ones(2, 2), "1.weight": t.ones(2, 2)}, t.ones(1, 2)),
        lambda t, n: called(t, n, counting(t, n), {}),
        lambda t, n: (lambda state: (called(t, n, counting(t, n), state, (3,), {"y": 4}), state))(
            {"count": t.ones(())}
        ),
        lambda t, n: called(t, n, n.Linear(2, 1), {"nope": t.ones(1)}, t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), {"nope": t.ones(1)}, t.ones(1, 2), strict=True),
        lambda t, n: called(t, n, n.Linear(2, 1), {"weight": 3}, t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), {"bias": None}, t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), {"a.b": t.ones(1)}, t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), {"": t.ones(1)}, t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), {"weight": t.ones(3, 3)}, t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), [{"bias": t.ones(1)}, {"bias": t.ones(1)}], t.ones(1, 2)),
        lambda t, n: called(t, n, n.Linear(2, 1), 3, t.ones(1, 2)),
    ],
)
def test_functional_calls(action: Any) -> None:
    ours, theirs = both(lambda t, n: [seen := outcome(action)(t, n)])
    if isinstance(theirs[0], list) and isinstance(theirs[0][0], str):
        assert ours[0][0] == theirs[0][0]
    else:
        compare(ours, theirs)


def test_gradients_of_functional_calls() -> None:
    def gradients(library: Any, layers: Any) -> Any:
        model = layers.Sequential(layers.Linear(2, 3), layers.Tanh(), layers.Linear(3, 1))
        inputs = library.randn(5, 2)
        weights = {name: parameter.detach() for name, parameter in model.named_parameters()}

        def loss(weights: Any, x: Any) -> Any:
            return library.func.functional_call(model, weights, x).square().sum()

        each = library.func.vmap(library.func.grad(loss), in_dims=(None, 0))(weights, inputs)
        return each, library.func.grad(loss)(weights, inputs), [p.grad for p in model.parameters()]

    compare(*both(gradients))


def test_skipping_initialisation_draws_nothing() -> None:
    def drawn(library: Any, layers: Any) -> Any:
        layer = layers.utils.skip_init(layers.Linear, 3, 4, bias=False)
        return repr(layer), library.rand(3)

    compare(*both(drawn))
