"""Modules against PyTorch: registering, naming, containers, hooks, errors. `nn_cases` has what holds for every module."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from tests.parity.sides import SIDES, array, both, difference, seed, without_prefix


class Net:
    """The same model for both libraries, with everything that can be registered."""

    def __new__(cls, library: Any, layers: Any) -> Any:
        class Model(layers.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
            def __init__(self) -> None:
                super().__init__()
                self.hidden = layers.Linear(3, 4)
                self.nothing = None
                self.register_parameter("absent", None)
                self.register_buffer("mean", library.zeros(2))
                self.register_buffer("scratch", library.ones(2), persistent=False)
                self.register_buffer("none", None)
                self.scale = layers.Parameter(library.ones(()))
                self.shared = self.hidden
                self.blocks = layers.ModuleList([layers.Linear(4, 4), layers.ReLU()])
                self.tied = layers.Parameter(library.zeros(2), requires_grad=False)

            def forward(self, x: Any) -> Any:
                return self.blocks[1](self.blocks[0](self.hidden(x))) * self.scale

            def extra_repr(self) -> str:
                return "one\ntwo"

        return Model()


def test_a_model_with_everything() -> None:
    ours, theirs = both(Net)
    assert repr(ours) == repr(theirs)
    for walk in ("named_modules", "named_children", "named_parameters", "named_buffers"):
        assert [key for key, _ in getattr(ours, walk)()] == [key for key, _ in getattr(theirs, walk)()], walk
    for recurse in (True, False):
        pairs = [[key for key, _ in side.named_parameters("p", recurse, False)] for side in (ours, theirs)]
        assert pairs[0] == pairs[1]
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert list(ours._parameters) == list(theirs._parameters)
    assert list(ours._buffers) == list(theirs._buffers)
    assert list(ours._modules) == list(theirs._modules)


def attempt(action: Any, *arguments: Any) -> tuple[type[BaseException], str]:
    try:
        action(*arguments)
    except Exception as error:
        return type(error), str(error)
    raise AssertionError("no error")


def before_init(library: Any, layers: Any, value: Any) -> None:
    class Early(layers.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
        def __init__(self) -> None:
            self.x = value

    Early()


def subclass_of(layers: Any) -> Any:
    class WithAttribute(layers.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
        taken = 3

    return WithAttribute()


ERRORS = {
    "parameter before init": lambda t, n: before_init(t, n, n.Parameter(t.ones(1))),
    "module before init": lambda t, n: before_init(t, n, n.ReLU()),
    "buffer before init": lambda t, n: n.Module.__new__(n.Module).register_buffer("x", t.ones(1)),
    "register before init": lambda t, n: n.Module.__new__(n.Module).register_parameter("x", None),
    "tensor as parameter": lambda t, n: setattr(n.Linear(1, 1), "weight", t.ones(1, 1)),
    "number as parameter": lambda t, n: setattr(n.Linear(1, 1), "bias", 3),
    "module as parameter": lambda t, n: setattr(n.Linear(1, 1), "bias", n.ReLU()),
    "tensor as module": lambda t, n: setattr(n.Sequential(n.ReLU()), "0", t.ones(1)),
    "list as buffer": lambda t, n: setattr(n.CrossEntropyLoss(t.ones(2)), "weight", [1.0]),
    "not a module": lambda t, n: n.Module().add_module("x", 3),
    "module class": lambda t, n: n.Sequential(n.ReLU),
    "name with a dot": lambda t, n: n.Module().add_module("a.b", n.ReLU()),
    "empty name": lambda t, n: n.Module().add_module("", n.ReLU()),
    "name that is no string": lambda t, n: n.Module().add_module(3, n.ReLU()),
    "name taken": lambda t, n: n.Module().add_module("training", n.ReLU()),
    "class attribute": lambda t, n: setattr(subclass_of(n), "taken", n.Parameter(t.ones(1))),
    "parameter name with a dot": lambda t, n: n.Module().register_parameter("a.b", None),
    "parameter of tensor": lambda t, n: n.Module().register_parameter("a", t.ones(2)),
    "parameter name taken": lambda t, n: n.Linear(1, 1).register_parameter("training", None),
    "buffer of list": lambda t, n: n.Module().register_buffer("a", [1]),
    "buffer named as a parameter": lambda t, n: n.Linear(1, 1).register_buffer("weight", t.ones(1)),
    "no forward": lambda t, n: n.ModuleList()(t.ones(1)),
    "no such attribute": lambda t, n: n.Linear(1, 1).weigth,
    "no such submodule": lambda t, n: n.Sequential(n.ReLU()).get_submodule("1"),
    "not a submodule": lambda t, n: n.Linear(1, 1).get_submodule("weight"),
    "no such parameter": lambda t, n: n.Linear(1, 1).get_parameter("x"),
    "not a parameter": lambda t, n: n.Sequential(n.ReLU()).get_parameter("0"),
    "not a buffer": lambda t, n: n.Linear(1, 1).get_buffer("weight"),
    "mode": lambda t, n: n.ReLU().train(1),
    "positional": lambda t, n: n.Sigmoid(3),
    "keyword": lambda t, n: n.Sigmoid(x=3),
    "to int": lambda t, n: n.Linear(1, 1).to(t.int64),
    "state no dict": lambda t, n: n.Linear(1, 1).load_state_dict([1]),
    "state": lambda t, n: n.Sequential(n.Linear(1, 2), n.Linear(2, 1)).load_state_dict(
        {"0.weight": t.ones(3, 3), "1.weight": t.ones(1, 2), "1.bias": 3, "2.weight": t.ones(1), "x": t.ones(1)}
    ),
    "list index": lambda t, n: n.ModuleList([n.ReLU()])[1],
    "list index below": lambda t, n: n.Sequential(n.ReLU())[-2],
    "list of": lambda t, n: n.ModuleList().extend(3),
    "parameters of": lambda t, n: n.ParameterList(t.ones(2)),
    "dict of": lambda t, n: n.ModuleDict(3),
    "dict of triples": lambda t, n: n.ModuleDict([("a", n.ReLU(), 1)]),
    "key": lambda t, n: n.ModuleDict({"a": n.ReLU()})["b"],
    "key of": lambda t, n: n.ParameterDict({3: t.ones(1)}),
    "call": lambda t, n: n.ParameterList()(1),
    "add": lambda t, n: n.Sequential() + 3,
    "times": lambda t, n: n.Sequential() * 0,
    "times what": lambda t, n: n.Sequential() * 1.5,
    "dropout": lambda t, n: n.Dropout(1.5),
    "hardtanh": lambda t, n: n.Hardtanh(1, 1),
    "unflatten": lambda t, n: n.Unflatten(1, 3),
    "unflatten of": lambda t, n: n.Unflatten(1, (2, "x")),
    "reduction": lambda t, n: n.MSELoss(reduction="max")(t.ones(1), t.ones(1)),
    "padding_idx": lambda t, n: n.Embedding(3, 2, padding_idx=3),
    "embedding shape": lambda t, n: n.Embedding(3, 2, _weight=t.ones(2, 2)),
    "embedding of a vector": lambda t, n: n.Embedding.from_pretrained(t.ones(3)),
    "bilinear": lambda t, n: n.Bilinear(0, 2, 3),
    "delta": lambda t, n: n.HuberLoss(delta="1"),
    "triplet margin": lambda t, n: n.TripletMarginLoss(0),
    "triplet distance margin": lambda t, n: n.TripletMarginWithDistanceLoss(margin=-1),
    "multi-margin p": lambda t, n: n.MultiMarginLoss(3),
    "multi-margin weight": lambda t, n: n.MultiMarginLoss(weight=t.ones(2, 2)),
    "linear cross entropy weight": lambda t, n: n.LinearCrossEntropyLoss(2, 3, weight=t.ones(2)),
    "linear cross entropy smoothing": lambda t, n: n.LinearCrossEntropyLoss(2, 3, label_smoothing=2),
    "no cutoffs": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(4, 10, []),
    "cutoffs": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 3]),
    "last cutoff": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 10]),
    "adaptive batch": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(4, 10, [5])(t.ones(2, 4), t.tensor([1])),
    "adaptive input": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(4, 10, [5])(t.ones(4), t.tensor([1])),
    "adaptive target": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(4, 10, [5])(t.ones(2, 4), t.tensor([1, 10])),
    "adaptive targets": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(4, 10, [5])(t.ones(2, 4), t.tensor([[1], [1]])),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    (ours, text), (theirs, wanted) = (attempt(ERRORS[name], *side) for side in SIDES)
    assert ours is theirs
    if name not in (
        "to int",
        "reduction",
        "times",
        "times what",
        "add",
        "list of",
        "key of",
    ):  # (worded with more help)
        assert without_prefix(text).startswith(without_prefix(wanted))  # ours may say more


def test_a_non_leaf_is_no_parameter() -> None:
    for library, layers in SIDES:
        module, parameter = layers.Module(), layers.Parameter(library.ones(1))
        parameter.__class__ = layers.Parameter
        computed = layers.Parameter(parameter * 2)  # a leaf again
        module.x = computed
        assert module.x.is_leaf


def test_adaptive_softmax_of_all_classes() -> None:
    def found(library: Any, layers: Any) -> list[Any]:
        model = layers.AdaptiveLogSoftmaxWithLoss(16, 30, [5, 11], 2.0, head_bias=True)
        x = library.tensor(np.random.default_rng(0).standard_normal((9, 16)).astype(np.float32))
        return [model.log_prob(x), model.predict(x)]

    difference(*both(found), 1e-5)


def test_softmax_without_a_dim() -> None:
    for shape in ((), (3,), (2, 3), (2, 3, 4)):
        for name in ("Softmax", "LogSoftmax"):
            results = []
            for library, layers in SIDES:
                with pytest.warns(UserWarning, match="Implicit dimension choice"):
                    results.append(array(getattr(layers, name)()(library.ones(shape) * 2)))
            np.testing.assert_allclose(*results, rtol=1e-6)


def test_legacy_reductions() -> None:
    x, y = np.arange(4.0), np.ones(4)
    for size_average in (None, True, False):
        for reduce in (None, True, False):
            if size_average is None and reduce is None:
                continue
            results = []
            for library, layers in SIDES:
                with pytest.warns(UserWarning, match="reduction="):
                    loss = layers.MSELoss(size_average, reduce)
                results.append((loss.reduction, array(loss(library.tensor(x), library.tensor(y)))))
            assert results[0][0] == results[1][0]
            np.testing.assert_allclose(results[0][1], results[1][1])


def test_hooks_run_in_pytorchs_order() -> None:
    logs = []
    for library, layers in SIDES:
        log: list[Any] = []

        def note(name: str, log: list[Any] = log) -> Any:
            return lambda module, *rest: log.append((name, type(module).__name__, len(rest)))

        model = layers.Sequential(layers.Linear(2, 2), layers.ReLU())
        model.register_forward_hook(note("after"))
        model.register_forward_hook(note("after first"), prepend=True)
        model[0].register_forward_pre_hook(note("before"))
        model[0].register_forward_pre_hook(note("before first", log), prepend=True, with_kwargs=True)
        model[1].register_forward_hook(lambda module, args, kwargs, out: out * 2, with_kwargs=True)
        handle = model[1].register_forward_hook(note("removed"))
        handle.remove()
        model(library.ones(1, 2))
        logs.append(log)
    assert logs[0] == logs[1]


def saving_hooks(library: Any, layers: Any) -> list[Any]:
    """What hooks on saving and loading see, and what comes of what they do."""
    log: list[Any] = []

    def note(name: str, change: Any = None) -> Any:
        def hook(*arguments: Any) -> Any:
            log.append((name, [type(each).__name__.removeprefix("_") for each in arguments]))
            return None if change is None else change(*arguments)

        return hook

    model = layers.Sequential(OrderedDict(a=layers.Linear(2, 2), b=layers.Sequential(layers.Linear(2, 1))))
    model.register_state_dict_pre_hook(note("before"))
    model.a.register_state_dict_pre_hook(note("before a"))
    model.b.register_state_dict_post_hook(note("after b", lambda m, state, prefix, local: state.update(extra=prefix)))
    model._register_state_dict_hook(note("after", lambda m, state, prefix, local: OrderedDict(state, more=prefix)))
    state = model.state_dict()
    log.append(list(state))

    def rename(module: Any, state: Any, prefix: str, *_: Any) -> None:
        state[prefix + "weight"] = state.pop(prefix + "w")

    del state["extra"], state["more"]
    state["a.w"] = state.pop("a.weight") * 0
    handle = model.a.register_load_state_dict_pre_hook(note("load a", rename))
    model.b._register_load_state_dict_pre_hook(note("load b"))
    model.b._register_load_state_dict_pre_hook(note("load b too"), with_module=True)
    model.register_load_state_dict_post_hook(note("loaded"))
    model.b.register_load_state_dict_post_hook(note("loaded b", lambda m, keys: keys.missing_keys.clear()))
    log.append(str(model.load_state_dict({key: value for key, value in state.items() if key != "b.0.bias"})))
    log.append(model.a.weight.tolist())
    twin = pickle.loads(pickle.dumps(layers.Linear(1, 1)))
    log.append(str(twin.load_state_dict(deepcopy(twin).state_dict())))
    handle.remove()
    with pytest.raises(RuntimeError, match=r'Unexpected key.*"a\.w"'):
        model.load_state_dict(state)
    return log


def test_hooks_on_saving_and_loading() -> None:
    ours, theirs = (saving_hooks(*side) for side in SIDES)
    assert ours == theirs


def test_hooks_on_saving_that_return_what_they_should_not() -> None:
    for _, layers in SIDES:
        model = layers.Linear(1, 1)
        model.register_state_dict_post_hook(lambda *_: 3)
        with pytest.raises(RuntimeError, match="state_dict post-hook must return None"):
            model.state_dict()
        model = layers.Linear(1, 1)
        model.register_load_state_dict_post_hook(lambda *_: 3)
        with pytest.raises(AssertionError, match="are not expected to return new values"):
            model.load_state_dict(layers.Linear(1, 1).state_dict())


def attempted(action: Any, *side: Any) -> Any:
    """The repr of what an action returns, or the class of its exception."""
    try:
        return without_prefix(repr(action(*side)))
    except Exception as error:
        return type(error).__name__


def numbered(n: Any) -> list[Any]:
    return [
        kind(n.Linear(1, 2), n.ReLU(), n.Linear(2, 3), n.Tanh())
        for kind in (n.Sequential, lambda *modules: n.ModuleList(modules))
    ]


def changed(containers: list[Any], change: Any) -> list[Any]:
    return [(change(container), container, list(container.state_dict())) for container in containers]


CONTAINERS = {
    "slices": lambda t, n: [(m[1:3], m[::-1], m[:0], m[-2:], m[1:3].state_dict().keys()) for m in numbered(n)],
    "indices": lambda t, n: [(m[0], m[-1], len(m), list(m), bool(m), m[1] in m, n.ReLU() in m) for m in numbered(n)],
    "float index": lambda t, n: numbered(n)[0][1.0],
    "set": lambda t, n: changed(numbered(n), lambda m: (m.__setitem__(1, n.ELU()), m.__setitem__(-1, n.ReLU()))),
    "set out": lambda t, n: numbered(n)[0].__setitem__(4, n.ELU()),
    "set number": lambda t, n: numbered(n)[1].__setitem__(0, 3),
    "delete": lambda t, n: changed(numbered(n), lambda m: (m.__delitem__(1), m.__delitem__(-1))),
    "delete slice": lambda t, n: changed(numbered(n), lambda m: m.__delitem__(slice(1, 3))),
    "insert": lambda t, n: changed(numbered(n), lambda m: (m.insert(1, n.ELU()), m.insert(5, n.ELU()))),
    "pop": lambda t, n: changed(numbered(n), lambda m: (m.pop(1), m.pop(-1))),
    "extend": lambda t, n: changed(numbered(n), lambda m: m.extend([n.ReLU(), n.Sigmoid()])),
    "append": lambda t, n: changed(numbered(n), lambda m: m.append(n.ReLU()).append(n.Linear(1, 1))),
    "append number": lambda t, n: numbered(n)[0].append(3),
    "sum": lambda t, n: [m + m for m in numbered(n)],
    "sum with a list": lambda t, n: numbered(n)[1] + [n.ReLU()],
    "grow": lambda t, n: changed(numbered(n), lambda m: m.__iadd__(n.Sequential(n.ELU()))),
    "times": lambda t, n: (numbered(n)[0] * 2, 2 * numbered(n)[0], numbered(n)[0].__imul__(2)),
    "list times": lambda t, n: numbered(n)[1] * 2,
    "empty": lambda t, n: (n.ModuleList(), n.ModuleList([]), n.Sequential(), n.ModuleDict(), n.ParameterList()),
    "one twice": lambda t, n: (lambda r: [len(n.Sequential(r, r)), list(n.Sequential(r, r).children())])(n.ReLU()),
    "names": lambda t, n: [[k for k, _ in m.named_modules(prefix="p")] for m in numbered(n)],
    "dict": lambda t, n: (lambda m: (m.pop("a"), m.update({"c": n.ELU()}), m, "a" in m, list(m.keys())))(
        n.ModuleDict({"b": n.ReLU(), "a": n.Tanh()})
    ),
    "dict pop": lambda t, n: n.ModuleDict().pop("a"),
    "dict name": lambda t, n: n.ModuleDict({"keys": n.ReLU()}),
    "parameters set": lambda t, n: (lambda m: (m.__setitem__(-1, t.zeros(1)), m[1:], m, len(m)))(
        n.ParameterList([t.ones(2), 5, n.Parameter(t.ones(1))])
    ),
    "parameters out": lambda t, n: n.ParameterList([t.ones(2)])[1],
    "parameter dict": lambda t, n: (lambda m: (m.popitem(), m.pop("b"), m.get("x"), m.setdefault("q", 3), list(m), m))(
        n.ParameterDict({"b": t.ones(2), "a": n.Parameter(t.zeros(1)), "c": t.ones(1)})
    ),
    "parameter dict popitem": lambda t, n: n.ParameterDict().popitem(),
    "parameter dict or": lambda t, n: (lambda m: (m | n.ParameterDict({"a": t.zeros(1)}), {"z": 3} | m))(
        n.ParameterDict({"b": t.ones(2)})
    ),
    "set_submodule": lambda t, n: (lambda m: (m.set_submodule("0.1", n.ELU()), m.set_submodule("2", n.ReLU()), m))(
        n.Sequential(*numbered(n))
    ),
    "set_submodule strict": lambda t, n: n.Sequential().set_submodule("9", n.ELU(), strict=True),
    "set_submodule nowhere": lambda t, n: n.Sequential().set_submodule("9.1", n.ELU()),
    "set_submodule itself": lambda t, n: n.Sequential().set_submodule("", n.ELU()),
    "set_submodule number": lambda t, n: n.Sequential().set_submodule("0", 3),
    "set_submodule parameter": lambda t, n: n.Linear(1, 1).set_submodule("weight", n.ELU()),
    "state by position": lambda t, n: list(n.Linear(1, 1).state_dict({}, "z.")),
    "empty memory": lambda t, n: n.Linear(3, 2).to_empty(device="cpu").weight.shape,
}  # fmt: skip


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.filterwarnings("ignore:.*[Pp]ositional:FutureWarning")
def test_containers(name: str) -> None:
    ours, theirs = (attempted(CONTAINERS[name], *side) for side in SIDES)
    assert ours == theirs


def test_super_init() -> None:
    seen = []

    class Mixin:
        def __init__(self, size: int, **options: int) -> None:
            seen.append((size, options))

    for _, layers in SIDES:

        class Model(layers.Module, Mixin):  # type: ignore[misc, name-defined]  # a base chosen at run time
            call_super_init = True

        Model(3, depth=4)
    assert seen == [(3, {"depth": 4})] * 2


def test_copies_are_independent() -> None:
    for library, layers in SIDES:
        model = Net(library, layers)
        model(library.ones(1, 3)).sum().backward()
        twin = deepcopy(model)
        assert twin.shared is twin.hidden
        assert twin.hidden.weight.grad is None
        twin.hidden.weight.data.fill_(7)
        assert (model.hidden.weight != 7).all()
        assert list(twin.state_dict()) == list(model.state_dict())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_conversion_keeps_gradients_and_identity(dtype: str) -> None:
    ours, theirs = both(Net)
    for (library, _), model in zip(SIDES, (ours, theirs), strict=True):
        model(library.ones(1, 3)).sum().backward()
        weight = model.hidden.weight
        assert model.to(getattr(library, dtype)) is model
        assert model.hidden.weight is weight
        assert weight.dtype == weight.grad.dtype == getattr(library, dtype) == model.mean.dtype
    np.testing.assert_array_equal(array(ours.hidden.weight.grad), array(theirs.hidden.weight.grad), strict=True)


def backward_hooks(library: Any, layers: Any, inputs_require_grad: bool) -> list[Any]:
    """What the hooks of a model see, and the gradients that result."""
    log: list[Any] = []

    class Two(layers.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = layers.Linear(2, 2), layers.Linear(2, 3)

        def forward(self, x: Any, factor: float, y: Any) -> Any:
            return self.first(x) * factor, self.second(y)

    def note(name: str, answer: Any = None) -> Any:
        def hook(module: Any, *gradients: Any) -> Any:
            log.append((name, [[None if g is None else np.array(g.numpy()) for g in part] for part in gradients]))
            return None if answer is None else answer(*gradients)

        return hook

    seed(library, 0)
    model = Two()
    model.register_full_backward_hook(note("model"))
    model.register_full_backward_pre_hook(note("model, before", lambda g: (g[0] * 2, g[1])))
    if inputs_require_grad:
        model.register_full_backward_hook(note("model, again", lambda g, _: (g[0] * 3, None, g[2])))
    model.first.register_full_backward_hook(note("first"))
    x, y = library.ones(4, 2), library.ones(4, 2) * 2
    if inputs_require_grad:
        x.requires_grad_()
        y.requires_grad_()
    a, b = model(x, 0.5, y)
    (a.sum() + (b * b).sum()).backward()
    log.append(("gradients", [[np.array(p.grad.numpy()) for p in model.parameters()]]))
    if inputs_require_grad:
        log.append(("inputs", [[np.array(x.grad.numpy()), np.array(y.grad.numpy())]]))
    return log


@pytest.mark.parametrize("inputs_require_grad", [True, False])
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_backward_hooks(inputs_require_grad: bool) -> None:
    ours, theirs = (backward_hooks(*side, inputs_require_grad) for side in SIDES)
    assert [name for name, _ in ours] == [name for name, _ in theirs]
    for (name, mine), (_, wanted) in zip(ours, theirs, strict=True):
        for left, right in zip(mine, wanted, strict=True):
            for a, b in zip(left, right, strict=True):
                assert (a is None) == (b is None), name
                if a is not None:
                    np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_backward_hooks_that_return_nonsense() -> None:
    for library, layers in SIDES:
        model = layers.Linear(2, 2)
        model.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0], 3))
        with pytest.raises(RuntimeError, match="invalid number of grad_input, got 2, but expected 1"):
            model(library.ones(1, 2).requires_grad_()).sum().backward()
        model = layers.Linear(2, 2)
        model.register_full_backward_hook(lambda module, grad_input, grad_output: grad_output)
        with pytest.raises(RuntimeError, match="no input requires gradient"):
            model(library.ones(1, 2)).sum().backward()
