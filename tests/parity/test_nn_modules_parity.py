"""Modules against PyTorch: printing, names, state, errors, initial values, results and gradients."""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from copy import deepcopy
from io import BytesIO
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn

torch = pytest.importorskip("torch")

SIDES = [(ag, nn), (torch, torch.nn)]


def both(make: Any) -> list[Any]:
    """What `make(library, nn)` returns here and in PyTorch, each from the same seed."""
    results = []
    for library, layers in SIDES:
        library.manual_seed(0)
        results.append(make(library, layers))
    return results


def array(tensor: Any) -> Any:
    return np.array(tensor.detach().numpy())


def without_prefix(text: str) -> str:
    """A message or repr of PyTorch as it reads here: dtypes and classes without the package's name."""
    text = re.sub(r"(torch\.)?nn\.(\w+\.)*(?=[A-Z])", "nn.", text)
    for name in ("float32", "float64", "Size", "Tensor"):
        text = text.replace(f"torch.{name}", name)
    return text.replace("nn.Buffer, ", "").replace("torch Tensor", "Tensor")


MODELS = {
    "mlp": lambda t, n: n.Sequential(n.Linear(784, 30), n.Sigmoid(), n.Linear(30, 10)),
    "odd": lambda t, n: n.Sequential(n.Linear(3, 7, bias=False), n.Dropout(0.3, inplace=True), n.ReLU(inplace=True)),
    "double": lambda t, n: n.Linear(17, 5, dtype=t.float64),
    "half": lambda t, n: n.Linear(4, 2).half(),
    "named": lambda t, n: n.Sequential(OrderedDict(first=n.Linear(2, 2), act=n.GELU("tanh"), last=n.Linear(2, 1))),
    "list": lambda t, n: n.ModuleList(
        [n.Linear(4, 4), n.Linear(4, 4), n.ReLU(), n.Sequential(n.Tanh(), n.Tanh()), n.Sequential(n.Tanh(), n.Tanh())]
    ),
    "dict": lambda t, n: n.ModuleDict({"b": n.Linear(2, 3), "a": n.ModuleDict(), "c": n.Sequential()}),
    "parameters": lambda t, n: n.ParameterList([t.randn(2, 3), t.zeros(()), 3, n.Parameter(t.ones(2))]),
    "parameter dict": lambda t, n: n.ParameterDict({"w": t.randn(2), "a": t.ones(1), "x": "text"}),
    "activations": lambda t, n: n.Sequential(
        n.LeakyReLU(0.2), n.LeakyReLU(inplace=True), n.GELU(), n.SiLU(), n.ELU(0.5), n.ELU(1.0, True), n.Softplus(),
        n.Softplus(2, 10), n.Softmax(dim=-1), n.Softmax(), n.LogSoftmax(1), n.Sigmoid(), n.Tanh(), n.Hardtanh(),
        n.Hardtanh(-2, 3, True), n.ReLU6(), n.ReLU6(True), n.LogSigmoid(), n.Softmax2d(), n.Identity(3, a=4),
        n.PReLU(), n.PReLU(3, 0.1, dtype=t.float64), n.RReLU(), n.RReLU(0.1, 0.2, True), n.Threshold(0.1, 20),
        n.Threshold(0.1, 20.0, True), n.CELU(), n.CELU(0.5, True), n.SELU(), n.SELU(True), n.Hardsigmoid(),
        n.Hardsigmoid(True), n.Hardswish(), n.Hardswish(True), n.Hardshrink(), n.Hardshrink(1), n.Softshrink(0.3),
        n.Softsign(), n.Tanhshrink(), n.Mish(), n.Mish(True), n.GLU(), n.GLU(1), n.Softmin(), n.Softmin(1),
    ),
    "shapes": lambda t, n: n.Sequential(n.Flatten(), n.Flatten(0, 1), n.Unflatten(1, (2, 3)), n.Dropout()),
    "dropouts": lambda t, n: n.Sequential(
        n.Dropout1d(), n.Dropout2d(0.1), n.Dropout3d(0.2, True), n.AlphaDropout(), n.FeatureAlphaDropout(0.3, True)
    ),
    "tables": lambda t, n: n.ModuleList(
        [n.Embedding(7, 3), n.Embedding(20, 5, padding_idx=-1, dtype=t.float64), n.Embedding(3, 2, 1, 2.0, 1.0, True, False),
         n.EmbeddingBag(7, 3), n.EmbeddingBag(4, 3, 1.5, 1.0, True, "sum", padding_idx=2),
         n.Embedding.from_pretrained(t.ones(3, 2), padding_idx=0), n.EmbeddingBag.from_pretrained(t.ones(3, 2), False)]
    ),
    "bilinear": lambda t, n: n.Sequential(n.Bilinear(3, 4, 5), n.Bilinear(9, 2, 1, bias=False, dtype=t.float64)),
    "losses": lambda t, n: n.Sequential(
        n.MSELoss(), n.L1Loss(reduction="sum"), n.CrossEntropyLoss(t.ones(3)), n.NLLLoss(), n.BCELoss(),
        n.BCEWithLogitsLoss(pos_weight=t.ones(2)), n.SmoothL1Loss(beta=0.5), n.HuberLoss("sum", 2), n.KLDivLoss(log_target=True),
        n.PoissonNLLLoss(), n.GaussianNLLLoss(full=True), n.CTCLoss(2), n.HingeEmbeddingLoss(0.5), n.SoftMarginLoss(),
        n.MarginRankingLoss(1), n.CosineEmbeddingLoss(), n.MultiMarginLoss(2, 0.5, t.ones(3)), n.MultiLabelMarginLoss(),
        n.MultiLabelSoftMarginLoss(t.ones(2)), n.TripletMarginLoss(2.0, 1), n.TripletMarginWithDistanceLoss(),
        n.CosineSimilarity(), n.PairwiseDistance(1.0),
    ),
    "linear cross entropy": lambda t, n: n.LinearCrossEntropyLoss(5, 3, bias=True, weight=t.ones(3)),
    "linear cross entropy of many": lambda t, n: n.LinearCrossEntropyLoss(5, 3, out_features=(2, 2), ignore_index=1),
    "adaptive": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(16, 30, [5, 11], 2.0, head_bias=True),
    "adaptive, double": lambda t, n: n.AdaptiveLogSoftmaxWithLoss(8, 10, [4], dtype=t.float64),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_printing_names_and_initial_values(name: str) -> None:
    ours, theirs = both(MODELS[name])
    assert repr(ours) == without_prefix(repr(theirs))
    assert [key for key, _ in ours.named_modules()] == [key for key, _ in theirs.named_modules()]
    assert [key for key, _ in ours.named_parameters()] == [key for key, _ in theirs.named_parameters()]
    assert [key for key, _ in ours.named_buffers()] == [key for key, _ in theirs.named_buffers()]
    mine, wanted = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(wanted)
    assert dict(mine._metadata) == dict(wanted._metadata)
    for key in wanted:
        assert str(mine[key].dtype) == without_prefix(str(wanted[key].dtype)).replace("torch.", "")
        np.testing.assert_array_equal(array(mine[key]), array(wanted[key]), strict=True)


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


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("make", "input", "target"),
    [
        (lambda n, w, r: n.MSELoss(reduction=r), (6, 4), (6, 4)),
        (lambda n, w, r: n.L1Loss(reduction=r), (6, 4), (6, 4)),
        (lambda n, w, r: n.CrossEntropyLoss(reduction=r), (6, 4), 4),
        (lambda n, w, r: n.CrossEntropyLoss(w, reduction=r, ignore_index=2), (6, 4), 4),
        (lambda n, w, r: n.CrossEntropyLoss(w, reduction=r, label_smoothing=0.1, ignore_index=0), (6, 4), 4),
        (lambda n, w, r: n.CrossEntropyLoss(w, reduction=r, label_smoothing=0.1), (6, 4), (6, 4)),
        (lambda n, w, r: n.CrossEntropyLoss(w, reduction=r), (6, 4, 3), 4),
        (lambda n, w, r: n.NLLLoss(w, reduction=r, ignore_index=1), (6, 4), 4),
        (lambda n, w, r: n.BCELoss(w, reduction=r), (6, 4), (6, 4)),
        (lambda n, w, r: n.BCEWithLogitsLoss(w, reduction=r), (6, 4), (6, 4)),
        (lambda n, w, r: n.BCEWithLogitsLoss(reduction=r, pos_weight=w), (6, 4), (6, 4)),
        (lambda n, w, r: n.SmoothL1Loss(reduction=r, beta=0.3), (6, 4), (6, 4)),
        (lambda n, w, r: n.HuberLoss(r, 0.3), (6, 4), (6, 4)),
        (lambda n, w, r: n.KLDivLoss(reduction=r.replace("mean", "batchmean")), (6, 4), (6, 4)),
        (lambda n, w, r: n.PoissonNLLLoss(full=True, reduction=r), (6, 4), (6, 4)),
        (lambda n, w, r: lambda x, y: n.GaussianNLLLoss(full=True, reduction=r)(x, y, w), (4, 6), (4, 6)),
        (lambda n, w, r: lambda x, y: n.HingeEmbeddingLoss(0.5, reduction=r)(x, (y > 0.5) * 2 - 1), (6, 4), (6, 4)),
        (lambda n, w, r: n.SoftMarginLoss(reduction=r), (6, 4), (6, 4)),
        (lambda n, w, r: lambda x, y: n.MarginRankingLoss(0.2, reduction=r)(x, y, w * 2 - 1), (4,), (4,)),
        (lambda n, w, r: lambda x, y: n.CosineEmbeddingLoss(0.2, reduction=r)(x, y, (w > 0.5) * 2 - 1), (4, 5), (4, 5)),
        (lambda n, w, r: n.MultiMarginLoss(2, 0.8, w, reduction=r), (6, 4), 4),
        (lambda n, w, r: lambda x, y: n.MultiLabelMarginLoss(reduction=r)(x, y.argsort(1)), (6, 4), (6, 4)),
        (lambda n, w, r: n.MultiLabelSoftMarginLoss(w, reduction=r), (6, 4), (6, 4)),
        (lambda n, w, r: lambda x, y: n.TripletMarginLoss(swap=True, reduction=r)(x, y, 1 - x), (6, 4), (6, 4)),
        (
            lambda n, w, r: (
                lambda x, y: n.TripletMarginWithDistanceLoss(
                    distance_function=lambda a, b: 1 - n.CosineSimilarity()(a, b), reduction=r
                )(x, y, 1 - x)
            ),
            (6, 4),
            (6, 4),
        ),
        (
            lambda n, w, r: lambda x, y: n.CTCLoss(3, r)(n.LogSoftmax(2)(x), (y * 3).long(), (5, 6, 6), (2, 1, 3)),
            (6, 3, 4),
            (3, 3),
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_losses(make: Any, input: tuple[int, ...], target: Any, reduction: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    x, weight = rng.random(input).astype(dtype), rng.random(4).astype(dtype)
    if isinstance(target, int):
        y = rng.integers(0, target, (input[0], *input[2:]))
    else:
        y = rng.random(target).astype(dtype)
    results = []
    for library, layers in SIDES:
        leaf = library.tensor(x).requires_grad_()
        loss = make(layers, library.tensor(weight), reduction)(leaf, library.tensor(y))
        (loss * loss).sum().backward()
        results.append((array(loss), array(leaf.grad)))
    for ours, theirs in zip(*results, strict=True):
        cancelled = 2e-7 * np.abs(theirs).max()  # what is left where terms of this size cancel
        np.testing.assert_allclose(ours, theirs, rtol=1e-5 if dtype == "float32" else 1e-10, atol=cancelled)
        assert ours.dtype == theirs.dtype


def table_results(library: Any, layers: Any) -> list[Any]:
    found = []
    numbers, starts = library.tensor([1, 5, 5, 0, 3, 6]), library.tensor([0, 2, 2])
    for options in (
        {},
        {"padding_idx": 5},
        {"max_norm": 1.0},
        {"max_norm": 2.0, "norm_type": 1.0},
        {"scale_grad_by_freq": True},
    ):
        layer = layers.Embedding(7, 3, **options)
        out = layer(numbers.reshape(2, 3))
        (out * out).sum().backward()
        found += [out, layer.weight, layer.weight.grad]
    for options in ({}, {"mode": "sum", "padding_idx": 5}, {"mode": "max"}, {"max_norm": 1.0, "padding_idx": -1}):
        layer = layers.EmbeddingBag(7, 3, **options)
        out = layer(numbers, starts)
        (out * out).sum().backward()
        found += [out, layer.weight, layer.weight.grad]
    layer = layers.Bilinear(3, 4, 2)
    out = layer(library.randn(5, 3), library.randn(5, 4))
    (out * out).sum().backward()
    return [*found, out, layer.weight.grad, layer.bias.grad]


def test_tables_and_bilinear() -> None:
    ours, theirs = both(lambda t, n: [array(tensor) for tensor in table_results(t, n)])
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=3e-6, atol=1e-6, strict=True)


def adaptive_softmax(library: Any, layers: Any, dtype: str) -> list[Any]:
    model = layers.AdaptiveLogSoftmaxWithLoss(16, 30, [5, 11], 2.0, head_bias=True).to(getattr(library, dtype))
    x = library.tensor(np.random.default_rng(0).standard_normal((9, 16)).astype(dtype)).requires_grad_()
    output, loss = model(x, library.tensor([0, 4, 5, 29, 10, 11, 3, 12, 5]))
    loss.backward()
    gradients = [parameter.grad for parameter in model.parameters()]
    single = model(x[0], library.tensor(7))
    every = model(x[:2], library.tensor([20, 21]))
    return [output, loss, x.grad, *gradients, model.log_prob(x), model.predict(x), *single, *every]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adaptive_softmax(dtype: str) -> None:
    ours, theirs = both(lambda t, n: [array(tensor) for tensor in adaptive_softmax(t, n, dtype)])
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-5 if dtype == "float32" else 1e-10, atol=1e-6, strict=True)


@pytest.mark.parametrize("outputs", [(), (2, 3)])
def test_linear_cross_entropy(outputs: tuple[int, ...]) -> None:
    def losses(library: Any, layers: Any) -> list[Any]:
        x = library.tensor(np.random.default_rng(0).standard_normal((6, 5)).astype(np.float32))
        classes = library.tensor(np.random.default_rng(1).integers(0, 4, (6, *outputs)))
        found = []
        for options in ({"bias": True}, {"ignore_index": 2, "reduction": "none"}, {"label_smoothing": 0.1}):
            model = layers.LinearCrossEntropyLoss(5, 4, out_features=outputs, **options)
            loss = model(x, classes)
            loss.sum().backward()
            found += [loss, model.linear.weight.grad]
        mixtures = library.rand(6, 4, *outputs)
        return [*found, model(x, mixtures), *([] if outputs else [model(x[0], classes[0])])]

    ours, theirs = both(lambda t, n: [array(tensor) for tensor in losses(t, n)])
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-5, atol=1e-6, strict=True)


ACTIVATIONS = {
    "ReLU": {}, "LeakyReLU": {"negative_slope": 0.3}, "GELU": {}, "SiLU": {}, "ELU": {"alpha": 0.7},
    "Softplus": {"beta": 2.0}, "Softmax": {"dim": 1}, "LogSoftmax": {"dim": 0}, "Sigmoid": {}, "Tanh": {},
    "Hardtanh": {"min_val": -0.5}, "ReLU6": {}, "LogSigmoid": {}, "Identity": {}, "PReLU": {}, "RReLU": {"lower": 0.2},
    "Threshold": {"threshold": 0.3, "value": 2.0}, "CELU": {"alpha": 0.5}, "SELU": {}, "Hardsigmoid": {},
    "Hardswish": {}, "Hardshrink": {"lambd": 1.0}, "Softshrink": {}, "Softsign": {}, "Tanhshrink": {}, "Mish": {},
    "GLU": {"dim": 0}, "Softmin": {"dim": 1},
}  # fmt: skip
IN_PLACE = {
    "ReLU", "LeakyReLU", "SiLU", "ELU", "Hardtanh", "ReLU6", "RReLU", "Threshold", "CELU", "SELU", "Hardsigmoid",
    "Hardswish", "Mish",
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("inplace", [False, True])
def test_activations(name: str, dtype: str, inplace: bool) -> None:
    options: dict[str, Any] = dict(ACTIVATIONS[name])
    if inplace:
        if name not in IN_PLACE:
            pytest.skip("has no inplace")
        options["inplace"] = True
    x = (np.random.default_rng(1).standard_normal((6, 3)) * 4).astype(dtype)
    results = []
    for library, layers in SIDES:
        leaf = library.tensor(x).requires_grad_()
        copy = leaf * 1
        library.manual_seed(0)
        y = getattr(layers, name)(**options).to(getattr(library, dtype))(copy)
        assert (y is copy) == (inplace or name == "Identity")
        (y * y).sum().backward()
        results.append((array(y), array(leaf.grad)))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5 if dtype == "float32" else 1e-10, atol=1e-6)


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


def test_files_go_both_ways() -> None:
    ours, theirs = both(MODELS["mlp"])
    file = BytesIO()
    ag.save(ours.state_dict(), file)
    file.seek(0)
    model = MODELS["mlp"](torch, torch.nn)
    model.load_state_dict(torch.load(file))
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(array(value), array(ours.state_dict()[name]))
    file = BytesIO()
    torch.save(theirs.state_dict(), file)
    file.seek(0)
    model = MODELS["mlp"](ag, nn)
    assert str(model.load_state_dict(ag.load(file))) == "<All keys matched successfully>"
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(array(value), array(theirs.state_dict()[name]))


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

    library.manual_seed(0)
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
