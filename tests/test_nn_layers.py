"""Layers, containers, initialisers and `nn.functional`, held to numbers of PyTorch 2.13 and to formulas."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F

# Drawn into an empty (2, 3) float32 tensor after manual_seed(0).
INITIAL: list[tuple[str, dict[str, Any], list[float]]] = [
    ("xavier_uniform_", {}, [-0.0082014, 0.5876445, -0.9016008, -0.8061808, -0.4219155, 0.2937517]),
    ("xavier_normal_", {}, [0.9746115, -0.1855807, -1.3779874, 0.3595075, -0.6859121, -0.8845494]),
    ("kaiming_uniform_", {"nonlinearity": "relu"},
     [-0.010588, 0.7586458, -1.1639615, -1.0407749, -0.5446905, 0.3792318]),
    ("kaiming_normal_", {}, [1.2582181, -0.2395837, -1.7789741, 0.4641222, -0.8855088, -1.1419483]),
    ("trunc_normal_", {"std": 0.02, "a": -0.04, "b": 0.04},
     [0.0308199, -0.0058686, -0.0143852, 0.0113686, -0.0216904, -0.0279719]),
    ("trunc_normal_", {"a": 1.5, "b": 3.0}, [1.5334886, 1.7532884, 1.6327162, 1.6980457, 1.9611342, 2.0601261]),
    ("sparse_", {"sparsity": 0.5}, [0.0, -0.0029343, 0.0, 0.0056843, 0.0, -0.013986]),
    ("eye_", {}, [1, 0, 0, 0, 1, 0]),
    ("ones_", {}, [1] * 6),
    ("constant_", {"val": 0.5}, [0.5] * 6),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "wanted"), INITIAL)
def test_initial_values(name: str, options: dict[str, Any], wanted: list[float]) -> None:
    ag.manual_seed(0)
    tensor = ag.empty(2, 3).requires_grad_()
    assert getattr(nn.init, name)(tensor, **options) is tensor
    assert tensor.is_leaf
    assert tensor._version > 0
    np.testing.assert_allclose(tensor.array.ravel(), wanted, atol=5e-8)


def test_linear() -> None:
    ag.manual_seed(0)
    layer = nn.Linear(3, 2)
    np.testing.assert_allclose(
        layer.weight.array.ravel(), [-0.0043225, 0.3097158, -0.4751853, -0.4248946, -0.222369, 0.1548207], atol=5e-8
    )
    np.testing.assert_allclose(layer.bias.array, [-0.0114391, 0.4577749], atol=5e-8)
    x = ag.ones(4, 5, 3)
    np.testing.assert_allclose(layer(x).array, x.array @ layer.weight.array.T + layer.bias.array, rtol=1e-6)
    with pytest.raises(RuntimeError, match="must equal in_features"):
        layer(ag.ones(1, 4))
    assert nn.Linear(2, 2, bias=False).bias is None
    assert nn.Linear(2, 2, dtype=np.float64).weight.dtype == np.float64


@pytest.mark.parametrize("shape", [(4, 4), (3, 6), (6, 3), (4, 3, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    matrix = nn.init.orthogonal_(ag.empty(shape, dtype=np.float64), gain=2.0).array.reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_one_value_has_no_spread_to_train_with() -> None:
    for layer, x in ((nn.BatchNorm1d(3), ag.ones(1, 3)), (nn.InstanceNorm1d(3), ag.ones(1, 3, 1))):
        with pytest.raises(ValueError, match="more than 1"):
            layer(x)


def test_a_dirac_kernel_passes_its_input_on() -> None:
    weight = nn.init.dirac_(ag.empty(4, 2, 3), groups=2).array
    assert weight.sum() == 4
    assert all(weight[group * 2 + channel, channel, 1] == 1 for group in (0, 1) for channel in (0, 1))


def test_truncated_normal_keeps_its_bounds() -> None:
    for a, b in ((-1.0, 0.5), (2.0, 2.5)):
        values = nn.init.trunc_normal_(ag.empty(1000), a=a, b=b).array
        assert a <= values.min() < values.max() <= b


def test_what_cannot_be_initialised() -> None:
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_uniform_(ag.empty(3))
    with pytest.raises(ValueError, match="Mode fan not supported"):
        nn.init.kaiming_uniform_(ag.empty(3, 3), mode="fan")
    with pytest.warns(FutureWarning, match="xavier_normal_"):
        nn.init.xavier_normal(ag.empty(3, 3))


# ---------------------------------------------------------------- layers without parameters


def test_dropout() -> None:
    ag.manual_seed(0)
    layer = nn.Dropout(0.5)
    assert layer(ag.ones(10)).tolist() == [0, 0, 2, 0, 0, 0, 2, 2, 0, 2]
    x = ag.ones(10)
    assert layer.eval()(x) is x
    assert nn.Dropout(1.0)(x).tolist() == [0] * 10
    y = x * 1
    assert nn.Dropout(0.5, inplace=True)(y) is y
    for kind in (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout):
        with pytest.raises(ValueError, match="between 0 and 1"):
            kind(-0.1)


KEPT, LIMIT = 0.7791939377784729, -0.7791939377784729  # what alpha dropout at p=0.5 makes of 0 and of what it drops


@pytest.mark.parametrize(
    ("layer", "input", "wanted"),
    [
        (nn.Dropout1d(), ag.ones(1, 3, 2), [[[0, 0], [0, 0], [2, 2]]]),
        (nn.Dropout1d(inplace=True), ag.ones(3, 2), [[0, 0], [0, 0], [2, 2]]),
        (nn.Dropout2d(), ag.ones(1, 3, 1, 2), [[[[0, 0]], [[0, 0]], [[2, 2]]]]),
        (nn.Dropout3d(), ag.ones(3, 1, 1, 2), [[[[0, 0]]], [[[0, 0]]], [[[2, 2]]]]),
        (nn.AlphaDropout(), ag.zeros(5), [LIMIT, LIMIT, KEPT, LIMIT, LIMIT]),
        (
            nn.FeatureAlphaDropout(),
            ag.zeros(2, 2, 2),
            [[[LIMIT, LIMIT], [LIMIT, LIMIT]], [[KEPT, KEPT], [LIMIT, LIMIT]]],
        ),
        (nn.RReLU(), ag.tensor([-1.0, -1.0, 1.0]), [-0.3270943760871887, -0.27246248722076416, 1.0]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_layers_that_draw(layer: nn.Module, input: ag.Tensor, wanted: Any) -> None:
    """Golden numbers of PyTorch 2.13 with seed 0."""
    ag.manual_seed(0)
    before = input.clone()
    out = layer(input)
    np.testing.assert_allclose(out.array, wanted, rtol=1e-7)
    assert (out is input) == getattr(layer, "inplace", False)
    assert layer.eval()(before).tolist() == ag.where(before < 0, before * (11 / 48), before).tolist()


X = np.array([-3.0, -0.5, 0.0, 0.5, 7.0])
ACTIVATIONS: list[tuple[nn.Module, Any]] = [
    (nn.ReLU(), np.maximum(X, 0)),
    (nn.LeakyReLU(0.1), np.where(X > 0, X, 0.1 * X)),
    (nn.ELU(2.0), np.where(X > 0, X, 2 * np.expm1(np.minimum(X, 0)))),
    (nn.SiLU(), X / (1 + np.exp(-X))),
    (nn.Sigmoid(), 1 / (1 + np.exp(-X))),
    (nn.LogSigmoid(), -np.log1p(np.exp(-X))),
    (nn.Tanh(), np.tanh(X)),
    (nn.Softplus(), np.log1p(np.exp(X))),
    (nn.Hardtanh(-1, 2), np.clip(X, -1, 2)),
    (nn.ReLU6(), np.clip(X, 0, 6)),
    (nn.Softmax(0), np.exp(X) / np.exp(X).sum()),
    (nn.LogSoftmax(-1), X - np.log(np.exp(X).sum())),
    (nn.GELU("tanh"), X / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))),
    (nn.Identity(3, what="ever"), X),
    (nn.PReLU().double(), np.where(X > 0, X, 0.25 * X)),
    (nn.Threshold(-1, 9), np.where(X > -1, X, 9)),
    (nn.CELU(2.0), np.where(X > 0, X, 2 * np.expm1(np.minimum(X, 0) / 2))),
    (nn.SELU(), 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * np.expm1(np.minimum(X, 0)))),
    (nn.Hardsigmoid(), np.clip(X / 6 + 0.5, 0, 1)),
    (nn.Hardswish(), X * np.clip(X / 6 + 0.5, 0, 1)),
    (nn.Hardshrink(1), np.where(np.abs(X) > 1, X, 0)),
    (nn.Softshrink(), np.sign(X) * np.maximum(np.abs(X) - 0.5, 0)),
    (nn.Softsign(), X / (1 + np.abs(X))),
    (nn.Tanhshrink(), X - np.tanh(X)),
    (nn.Mish(), X * np.tanh(np.log1p(np.exp(X)))),
    (nn.Softmin(0), np.exp(-X) / np.exp(-X).sum()),
    (nn.HardLogistic(), np.clip(X / 4 + 0.5, 0, 1)),
    (nn.Swish(2.0), X / (1 + np.exp(-2 * X))),
    (nn.Swish(2.0, learned=True).double(), X / (1 + np.exp(-2 * X))),
    (nn.Step(), np.heaviside(X, 0.5)),
]


@pytest.mark.parametrize(("layer", "wanted"), ACTIVATIONS, ids=lambda value: type(value).__name__)
def test_activations(layer: nn.Module, wanted: Any) -> None:
    np.testing.assert_allclose(layer(ag.tensor(X)).array, wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "layer",
    [
        nn.ReLU(True),
        nn.LeakyReLU(0.1, True),
        nn.ELU(2.0, True),
        nn.SiLU(True),
        nn.Hardtanh(-1, 2, True),
        nn.ReLU6(True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_activations_in_place(layer: Any) -> None:
    results = []
    for inplace in (True, False):
        layer.inplace = inplace
        x = ag.tensor(X).requires_grad_()
        y = x * 2
        out = layer(y)
        assert (out is y) == inplace
        (out * out).sum().backward()
        results.append((out.array.copy(), x.grad.array))
    for mine, wanted in zip(*results, strict=True):
        np.testing.assert_array_equal(mine, wanted)
    layer.inplace = True
    with pytest.raises(RuntimeError, match="leaf"):
        layer(ag.tensor(X).requires_grad_())


def test_activations_of_the_lecture_documents() -> None:
    """004: values and slopes of swish, GELU and ELU(gamma) at -1 and 1."""
    x = ag.tensor([-1.0, 1.0], dtype=ag.float64, requires_grad=True)
    for activation, values, slopes in (
        (nn.Swish(), [-0.2689414214, 0.7310585786], [0.0723294881, 0.9276705119]),
        (nn.GaussianGELU(), [-0.1586552539, 0.8413447461], [-0.0833154706, 1.0833154706]),
        (nn.ELU(0.5), [-0.3160602794, 1], None),
        (nn.Softplus(), [0.3132616875, 1.3132616875], None),
    ):
        out = activation(x)
        np.testing.assert_allclose(out.detach(), values, atol=1e-10)
        if slopes is not None:
            np.testing.assert_allclose(ag.grad(out.sum(), x)[0], slopes, atol=1e-10)
    shifted = ag.gaussian_gelu(x, 1.0, 2.0)  # P(X <= x) of a normal distribution with mean 1 and deviation 2
    np.testing.assert_allclose(shifted.detach(), [-0.15865525393145707, 0.5], atol=1e-12)
    assert repr(nn.Sequential(nn.Swish(0.5), nn.Swish(learned=True), nn.GaussianGELU(1, 2), nn.HardLogistic())) == (
        "Sequential(\n  (0): Swish(beta=0.5)\n  (1): Swish(learned=True)\n  (2): GaussianGELU(mean=1, std=2)\n"
        "  (3): HardLogistic()\n)"
    )


@pytest.mark.parametrize("pieces", [2, 4, 8, 16])
def test_maxout_of_tangents(pieces: int) -> None:
    """004: the tangents to x^2 at K equally spaced points of [-1, 1] are at most 1 / K^2 below it."""
    layer = nn.Maxout(1, 1, pieces, dtype=ag.float64)
    assert repr(layer) == f"Maxout(in_features=1, out_features=1, pieces={pieces}, bias=True)"
    touching = (2 * np.arange(pieces) + 1) / pieces - 1
    with ag.no_grad():
        layer.weight[:, 0] = ag.tensor(2 * touching)
        layer.bias[:] = ag.tensor(-(touching**2))
    x = np.linspace(-1, 1, 1001)[:, None]
    distance = x**2 - layer(ag.tensor(x)).detach().numpy()
    assert distance.min() > -1e-12
    assert distance.max() == pytest.approx(1 / pieces**2, rel=1e-3)


def test_shapes() -> None:
    x = ag.arange(24.0).reshape(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    assert nn.Unflatten(2, (2, 2))(x).shape == (2, 3, 2, 2)
    assert nn.Softmax2d()(x).sum(0).tolist() == pytest.approx(np.ones((3, 4)))
    with pytest.raises(ValueError, match="3D or 4D"):
        nn.Softmax2d()(x[0])


# ---------------------------------------------------------------- tables


def test_embedding() -> None:
    ag.manual_seed(0)
    layer = nn.Embedding(5, 2, padding_idx=-2)
    assert layer.padding_idx == 3
    assert layer.weight[3].tolist() == [0, 0]
    ag.manual_seed(0)
    np.testing.assert_array_equal(layer.weight[[0, 4]].array, ag.randn(5, 2)[[0, 4]].array)
    layer(ag.tensor([[3, 1], [1, 3]])).sum().backward()
    assert layer.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0], [0, 0], [0, 0]]
    assert repr(nn.Embedding(5, 2, 1, 2.0, 1.0, True)) == (
        "Embedding(5, 2, padding_idx=1, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True)"
    )
    table = ag.eye(3)
    frozen = nn.Embedding.from_pretrained(table)
    assert not frozen.weight.requires_grad
    assert np.shares_memory(frozen.weight.array, table.array)
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    for wrong in (
        lambda: nn.Embedding(3, 2, 3),
        lambda: nn.Embedding(3, 2, _weight=table),
        lambda: nn.Embedding.from_pretrained(table[0]),
    ):
        with pytest.raises(AssertionError):
            wrong()


def test_the_norms_of_used_rows_are_limited_in_place() -> None:
    weight = ag.tensor([[3.0, 4.0], [6.0, 8.0], [0.3, 0.4]], dtype=ag.float64, requires_grad=True)
    before = weight._version
    out = F.embedding(ag.tensor([1, 2, 1]), weight, max_norm=1.0)
    np.testing.assert_allclose(out.detach(), [[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]], rtol=1e-7)
    np.testing.assert_allclose(weight.detach(), [[3, 4], [0.6, 0.8], [0.3, 0.4]], rtol=1e-7)
    assert weight._version == before + 1
    stale = (weight * weight).sum()
    F.embedding_bag(ag.tensor([[0]]), weight, max_norm=1.0, norm_type=1.0)
    np.testing.assert_allclose(weight[0].detach(), [3 / 7, 4 / 7], rtol=1e-7)
    with pytest.raises(RuntimeError, match="modified"):
        stale.backward()


def test_gradients_by_frequency() -> None:
    weight = ag.ones(3, 1, requires_grad=True)
    F.embedding(ag.tensor([0, 1, 0, 0]), weight, scale_grad_by_freq=True).sum().backward()
    assert weight.grad.tolist() == [[1], [1], [0]]
    weight.grad = None
    F.embedding_bag(ag.tensor([[0, 1, 0, 0]]), weight, mode="sum", scale_grad_by_freq=True).sum().backward()
    assert weight.grad.tolist() == [[1], [1], [0]]  # in PyTorch, of unsorted numbers, by the frequency of another row


def test_embedding_bag() -> None:
    table = ag.tensor([[1.0, 5.0], [2.0, 4.0], [3.0, np.nan]], requires_grad=True)
    bag = nn.EmbeddingBag(3, 2, mode="max", _weight=table.detach())
    out = bag(ag.tensor([0, 1, 2, 0, 0]), ag.tensor([0, 2, 2]))
    np.testing.assert_array_equal(out.detach(), [[2, 5], [0, 0], [3, np.nan]])
    out.sum().backward()
    assert bag.weight.grad.tolist() == [[0, 1], [1, 0], [1, 1]]
    assert repr(nn.EmbeddingBag(3, 2, 1.0, mode="sum", padding_idx=1)) == (
        "EmbeddingBag(3, 2, max_norm=1.0, mode='sum', padding_idx=1)"
    )
    bag = nn.EmbeddingBag.from_pretrained(ag.eye(3), include_last_offset=True, mode="sum")
    assert not bag.weight.requires_grad
    assert bag(ag.tensor([0, 0, 1]), ag.tensor([0, 2])).tolist() == [
        [2, 0, 0]
    ]  # what is behind the last offset is in no bag
    assert bag(ag.tensor([[0, 1], [2, 2]])).tolist() == [[1, 1, 0], [0, 0, 2]]
    with pytest.raises(RuntimeError, match="rise"):
        F.embedding_bag(ag.tensor([0, 0, 1]), ag.eye(3), ag.tensor([0, 2, 1]))
    with pytest.raises(NotImplementedError, match="sparse"):
        F.embedding_bag(ag.tensor([[0]]), ag.eye(3), sparse=True)


def test_bilinear() -> None:
    layer = nn.Bilinear(2, 3, 4)
    x, y = ag.randn(5, 2), ag.randn(5, 3)
    wanted = np.einsum("ni,oij,nj->no", x.array, layer.weight.array, y.array) + layer.bias.array
    np.testing.assert_allclose(layer(x, y).detach(), wanted, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="in1_features must be > 0"):
        nn.Bilinear(0, 1, 1)


# ---------------------------------------------------------------- losses


def test_losses() -> None:
    x, y = ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0])
    assert nn.MSELoss()(x, y).item() == 2
    assert nn.MSELoss(reduction="sum")(x, y).item() == 4
    assert nn.L1Loss(reduction="none")(x, y).tolist() == [0, 2]
    logits, classes = ag.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), ag.tensor([2, 1])
    wanted = -(3 - np.log(np.exp([1, 2, 3]).sum())), np.log(3)
    assert nn.CrossEntropyLoss()(logits, classes).item() == pytest.approx(np.mean(wanted))
    assert nn.CrossEntropyLoss(ignore_index=1)(logits, classes).item() == pytest.approx(wanted[0])
    weight = ag.tensor([1.0, 2.0, 5.0])
    loss = nn.CrossEntropyLoss(weight)
    assert loss(logits, classes).item() == pytest.approx((5 * wanted[0] + 2 * wanted[1]) / 7)
    assert list(loss.state_dict()) == ["weight"]
    assert nn.NLLLoss()(F.log_softmax(logits, 1), classes).item() == pytest.approx(np.mean(wanted))
    p, t = ag.tensor([0.25, 1.0]), ag.tensor([1.0, 1.0])
    assert nn.BCELoss()(p, t).item() == pytest.approx(np.log(4) / 2)
    assert nn.BCEWithLogitsLoss()(ag.tensor([0.0, 1000.0]), t).item() == pytest.approx(np.log(2) / 2)
    assert nn.BCEWithLogitsLoss(pos_weight=ag.tensor([3.0]))(ag.zeros(2), t).item() == pytest.approx(3 * np.log(2))
    with pytest.raises(ValueError, match="not a valid value for reduction"):
        nn.MSELoss(reduction="max")(x, y)


PAIR = ag.tensor([[0.0, 2.0], [1.0, -1.0]]), ag.tensor([[1.0, 0.5], [0.0, 1.0]])
LOSSES: list[tuple[nn.Module, tuple[Any, ...], float]] = [
    (nn.SmoothL1Loss(), PAIR, (0.5 + 1.0 + 0.5 + 1.5) / 4),
    (nn.HuberLoss("sum", 0.5), PAIR, 0.375 + 0.625 + 0.375 + 0.875),
    (nn.HalfSquaredError(), PAIR, (1 + 1.5**2 + 1 + 4) / 4),
    (nn.HalfSquaredError("none"), (ag.tensor(3.0), ag.tensor(1.0)), 2),
    (nn.KLDivLoss(reduction="batchmean"), (ag.tensor([[0.5, 0.5]]).log(), ag.tensor([[1.0, 0.0]])), np.log(2)),
    (nn.PoissonNLLLoss(reduction="sum"), (ag.tensor([0.0, 1.0]), ag.tensor([2.0, 1.0])), 1 + np.e - 1),
    (nn.GaussianNLLLoss(), (ag.tensor([0.0]), ag.tensor([2.0]), ag.tensor([4.0])), (np.log(4) + 1) / 2),
    (nn.HingeEmbeddingLoss(0.5), (ag.tensor([0.2, 0.2]), ag.tensor([1.0, -1.0])), (0.2 + 0.3) / 2),
    (nn.SoftMarginLoss(), (ag.tensor([0.0, 1000.0, -1000.0]), ag.tensor([1.0, 1.0, 1.0])), (np.log(2) + 1000) / 3),
    (nn.MarginRankingLoss(0.5), (ag.tensor([1.0]), ag.tensor([3.0]), ag.tensor([1.0])), 2.5),
    (nn.CosineEmbeddingLoss(), (ag.tensor([[1.0, 0.0]] * 2), ag.tensor([[0.6, 0.8]] * 2), ag.tensor([1, -1])), 0.5),
    (nn.MultiMarginLoss(), (ag.tensor([[0.1, 0.2, 0.4, 0.8]]), ag.tensor([3])), 0.325),
    (nn.MultiLabelMarginLoss(), (ag.tensor([[0.1, 0.2, 0.4, 0.8]]), ag.tensor([[3, 0, -1, 1]])), 0.85),
    (nn.MultiLabelSoftMarginLoss(), (ag.zeros(1, 2), ag.tensor([[1.0, 0.0]])), np.log(2)),
    (nn.TripletMarginLoss(eps=0.0), (ag.zeros(1, 2), ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 1.0]])), 5),
    (nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1), swap=True),
     (ag.zeros(1, 1), ag.tensor([[3.0]]), ag.tensor([[2.0]])), 3),
    (nn.CTCLoss(), (ag.zeros(2, 1, 2) - np.log(2), ag.tensor([[1]]), [2], [1]), -np.log(0.75)),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "arguments", "wanted"), LOSSES, ids=lambda value: type(value).__name__)
def test_losses_by_hand(loss: nn.Module, arguments: tuple[Any, ...], wanted: float) -> None:
    assert loss(*arguments).item() == pytest.approx(wanted, rel=1e-6)


def test_multi_margin_of_no_samples() -> None:
    nothing = ag.zeros(0, dtype=ag.int64)
    for reduction in ("mean", "sum"):  # PyTorch's answer is whatever stood in the memory
        assert F.multi_margin_loss(ag.zeros(0, 3), nothing, reduction=reduction).item() == 0


def test_distances() -> None:
    x, y = ag.tensor([[3.0, 4.0], [1.0, 0.0]]), ag.tensor([[0.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(nn.PairwiseDistance(eps=0.0)(x, y).array, [5, np.sqrt(2)], rtol=1e-6)
    assert nn.PairwiseDistance(1, 0.0, keepdim=True)(x, y).tolist() == [[7], [2]]
    assert nn.CosineSimilarity()(x, ag.tensor([[3.0, 4.0], [0.0, 2.0]])).tolist() == pytest.approx([1, 0])


def test_adaptive_softmax() -> None:
    ag.manual_seed(0)
    model = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10], dtype=ag.float64)
    x, classes = ag.randn(7, 16, dtype=ag.float64), ag.tensor([0, 4, 5, 9, 10, 19, 5])
    everything = model.log_prob(x)
    np.testing.assert_allclose(everything.exp().sum(1).detach(), np.ones(7))
    output, loss = model(x, classes)
    np.testing.assert_allclose(output.detach(), everything.gather(1, classes[:, None]).squeeze(1).detach(), rtol=1e-12)
    assert loss.item() == pytest.approx(-output.mean().item())
    assert model.predict(x).shape == (7,)
    assert model(x[0], classes[0]).output.item() == pytest.approx(output[0].item())


def test_linear_cross_entropy() -> None:
    x, classes = ag.randn(4, 5), ag.tensor([0, 2, 1, 2])
    layer = nn.LinearCrossEntropyLoss(5, 3, bias=True)
    assert layer(x, classes).item() == pytest.approx(F.cross_entropy(layer.linear(x), classes).item())
    with pytest.raises(NotImplementedError, match="options"):
        F.linear_cross_entropy(x, layer.linear.weight, classes, options=3)
    with pytest.raises(RuntimeError, match="ignore_index"):
        F.linear_cross_entropy(x, layer.linear.weight, ag.rand(4, 3), ignore_index=1)
    for shapes in ((5,), (2, 2, 5)):
        with pytest.raises(RuntimeError, match="dimensionality"):
            F.linear_cross_entropy(ag.zeros(1, *shapes), ag.zeros(*shapes[-1:]), classes)
    for weight, bias in (((3, 4), None), ((3, 5), (2,))):
        with pytest.raises(RuntimeError, match="linear_"):
            F.linear_cross_entropy(x, ag.zeros(weight), classes, linear_bias=None if bias is None else ag.zeros(bias))
    with pytest.raises(RuntimeError, match="batched"):
        F.linear_cross_entropy(x[0], ag.zeros(3, 2, 5), classes)


@pytest.mark.parametrize(
    ("size_average", "reduce", "meant"),
    [(True, None, "mean"), (False, None, "sum"), (None, True, "mean"), (None, False, "none"), (True, False, "none")],
)
def test_old_names_of_reductions(size_average: Any, reduce: Any, meant: str) -> None:
    x, y = ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0])
    with pytest.warns(UserWarning, match=f"reduction='{meant}'"):
        assert nn.MSELoss(size_average, reduce).reduction == meant
    for function in (F.mse_loss, F.l1_loss):
        with pytest.warns(UserWarning, match=f"reduction='{meant}'"):
            assert function(x, y, size_average, reduce).tolist() == function(x, y, reduction=meant).tolist()


def test_functional_has_pytorchs_positions() -> None:
    logits, classes, weight = ag.randn(4, 3), ag.tensor([0, 1, 2, 1]), ag.tensor([1.0, 2.0, 3.0])
    for call, wanted in (
        (F.cross_entropy(logits, classes, weight, None, 1, None, "sum", 0.1),
         ag.cross_entropy(logits, classes, weight, 1, "sum", 0.1)),
        (F.nll_loss(logits, classes, weight, None, 1, None, "sum"), ag.nll_loss(logits, classes, weight, 1, "sum")),
        (F.binary_cross_entropy_with_logits(logits, logits * 0, None, None, None, "sum", weight),
         ag.binary_cross_entropy_with_logits(logits, logits * 0, None, "sum", weight)),
        (F.binary_cross_entropy(logits.sigmoid(), logits * 0, weight, None, None, "sum"),
         ag.binary_cross_entropy(logits.sigmoid(), logits * 0, weight, "sum")),
    ):  # fmt: skip
        assert call.item() == wanted.item()
    rows = F.embedding(ag.tensor([1, 1]), ag.eye(2))
    assert rows.tolist() == [[0, 1], [0, 1]]
    with pytest.raises(NotImplementedError, match="sparse"):
        F.embedding(ag.tensor([1]), ag.eye(2), sparse=True)
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        assert F.softmax(ag.zeros(2, 4)).tolist() == [[0.25] * 4] * 2


# ---------------------------------------------------------------- containers


def test_sequential() -> None:
    layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)]
    model = nn.Sequential(*layers)
    x = ag.ones(4, 2)
    np.testing.assert_array_equal(model(x).array, layers[2](layers[1](layers[0](x))).array)
    assert list(model) == layers
    assert model[-1] is layers[2]
    assert isinstance(model[1:], nn.Sequential)
    assert list(model[1:]._modules) == ["1", "2"]
    assert layers[1] in model
    del model[1]
    assert list(model._modules) == ["0", "1"]
    assert model.insert(1, layers[1]) is model
    assert list(model) == layers
    assert model.pop(0) is layers[0]
    assert len(model.append(nn.Tanh()).extend([nn.Tanh()])) == 4
    assert len(model + nn.Sequential(nn.ReLU())) == 5
    assert len(nn.Sequential(nn.ReLU(), nn.Tanh()) * 3) == 6
    model[0] = nn.GELU()
    assert isinstance(model[0], nn.GELU)
    named = nn.Sequential(OrderedDict(first=nn.ReLU(), second=nn.Tanh()))
    assert isinstance(named.first, nn.ReLU)
    assert nn.Sequential()(3) == 3


def test_lists() -> None:
    layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    layers += [nn.ReLU()]
    layers.insert(0, nn.Tanh())
    assert len(layers) == 5
    assert isinstance(layers[0], nn.Tanh)
    assert [name for name, _ in layers.named_parameters()][:2] == ["1.weight", "1.bias"]
    assert repr(layers).splitlines()[2] == "  (1-3): 3 x Linear(in_features=2, out_features=2, bias=True)"
    assert len(layers[1:3]) == 2
    assert len(layers + [nn.ReLU()]) == 6
    with pytest.raises(NotImplementedError, match=r'Module \[ModuleList\] is missing the required "forward"'):
        layers(ag.ones(2))


def test_dictionaries() -> None:
    modules = nn.ModuleDict([("b", nn.ReLU()), ("a", nn.Tanh())])
    modules["c"] = nn.Sigmoid()
    modules.update({"a": nn.GELU()})
    assert list(modules) == list(modules.keys()) == ["b", "a", "c"]
    assert isinstance(dict(modules.items())["a"], nn.GELU)
    assert isinstance(modules.pop("b"), nn.ReLU)
    assert "b" not in modules
    assert len(list(modules.values())) == 2
    del modules["a"]
    modules.clear()
    assert len(modules) == 0


def test_lists_and_dictionaries_of_parameters() -> None:
    parameters = nn.ParameterList([ag.ones(2), nn.Parameter(ag.zeros(1)), "text"])
    assert all(isinstance(parameter, nn.Parameter) for parameter in list(parameters)[:2])
    assert len(list(parameters.parameters())) == 2
    assert parameters[2] == "text"
    parameters[0] = ag.ones(3)
    assert parameters[-3].shape == (3,)
    assert len(parameters[1:]) == 2
    entries = nn.ParameterDict({"b": ag.ones(2), "a": ag.ones(1)})
    assert list(entries) == ["a", "b"]
    assert [name for name, _ in entries.named_parameters()] == ["a", "b"]
    assert entries.setdefault("c", ag.ones(4)).shape == (4,)
    assert entries.get("d") is None
    assert entries.popitem()[0] == "c"
    assert list((entries | nn.ParameterDict({"z": ag.ones(1)})).keys()) == ["a", "b", "z"]
    assert list(reversed(entries)) == ["b", "a"]
    assert entries.fromkeys("xy", 3).items() == [("x", 3), ("y", 3)]
    twin = entries.copy()
    entries.clear()
    assert (len(entries), len(twin)) == (0, 2)


def test_importing_is_cheap() -> None:
    """`import nn` brings in neither the optimisers nor the data sets; they are found when used."""
    program = (
        "import sys, nn\n"
        "assert not {'nn.optim', 'nn.data', 'nn.utils'} & set(sys.modules)\n"
        "assert nn.optim.SGD and nn.data.DataLoader and nn.utils.clip_grad_norm_ and nn.optim.lr_scheduler.StepLR\n"
        "from nn import *\n"
        "assert Linear is nn.Linear and optim is nn.optim\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="no attribute 'Linnear'"):
        nn.Linnear  # noqa: B018 - on purpose
