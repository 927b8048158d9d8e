"""Checkpoints cross between PyTorch and here, and training goes on: optimisers, schedulers, models, random streams."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.parity.test_nn_optim_parity import CASES
from tests.parity.test_nn_schedules_parity import SCHEDULES, scheduled

torch = pytest.importorskip("torch")

OURS, THEIRS = (ag, nn, nn.optim), (torch, torch.nn, torch.optim)
WAYS = {"there, here, there": (THEIRS, OURS), "here, there, here": (OURS, THEIRS)}
LBFGS: list[tuple[str, dict[str, Any]]] = [
    ("LBFGS", {"max_iter": 3, "history_size": 2}),
    ("LBFGS", {"line_search_fn": "strong_wolfe"}),
]


def carried(value: Any, source: Any, target: Any) -> Any:
    """Through a file of the source library's, opened by the target."""
    source[0].save(value, file := BytesIO())
    file.seek(0)
    return target[0].load(file)


def made(side: Any, optimizer: str, options: dict[str, Any]) -> tuple[Any, Any]:
    library, layers, optim = side
    library.manual_seed(0)
    model = layers.Sequential(layers.Linear(3, 4), layers.Tanh(), layers.Linear(4, 1)).double()
    model[0].bias.requires_grad_(False)  # has no state
    halves = [{"params": [model[0].weight], "lr": 0.02}, {"params": model[2].parameters()}]
    groups: Any = model[2].parameters() if optimizer == "LBFGS" else halves
    return model, getattr(optim, optimizer)(groups, **options)


def train(side: Any, model: Any, optimizer: Any, first: int, steps: int) -> None:
    for step in range(first, first + steps):
        inputs = side[0].tensor(np.random.default_rng(step).standard_normal((5, 3)))

        def closure(inputs: Any = inputs) -> Any:
            optimizer.zero_grad()
            loss = (model(inputs) ** 2).mean()
            loss.backward()
            return loss

        optimizer.step(closure)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("optimizer", "options"), CASES + LBFGS, ids=str)
def test_training_moves_to_the_other_library_and_back(optimizer: str, options: dict[str, Any], way: str) -> None:
    """Three steps in one library, three in the other, three in the first again: as nine in the first."""
    first, second = WAYS[way]
    whole, whole_optimizer = made(first, optimizer, options)
    train(first, whole, whole_optimizer, 0, 9)

    model, its_optimizer = made(first, optimizer, options)
    train(first, model, its_optimizer, 0, 3)
    for place, (source, target) in enumerate([(first, second), (second, first)], 1):
        state = carried({"model": model.state_dict(), "optimizer": its_optimizer.state_dict()}, source, target)
        model, its_optimizer = made(target, optimizer, options)
        model.load_state_dict(state["model"])
        its_optimizer.load_state_dict(state["optimizer"])
        train(target, model, its_optimizer, 3 * place, 3)
    for found, expected in zip(model.parameters(), whole.parameters(), strict=True):
        np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*SCHEDULES, "plateau"])
def test_schedules_move(name: str, way: str) -> None:
    def build(side: Any) -> tuple[Any, Any]:
        if name != "plateau":
            return scheduled(*side, name)
        optimizer = side[2].SGD([side[1].Parameter(side[0].ones(2))], lr=0.1)
        return optimizer, side[2].lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)

    def steps(optimizer: Any, scheduler: Any, epochs: range) -> list[Any]:
        rates = []
        for epoch in epochs:
            optimizer.step()
            scheduler.step(*[abs(5 - epoch)] * (name == "plateau"))
            rates.append([group["lr"] for group in optimizer.param_groups])
        return rates

    first, second = WAYS[way]
    expected = steps(*build(first), range(20))
    optimizer, scheduler = build(first)
    found = steps(optimizer, scheduler, range(7))
    for source, target, epochs in ((first, second, range(7, 14)), (second, first, range(14, 20))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that functions are not saved
            state = carried([optimizer.state_dict(), scheduler.state_dict()], source, target)
        optimizer, scheduler = build(target)
        optimizer.load_state_dict(state[0])
        scheduler.load_state_dict(state[1])
        found += steps(optimizer, scheduler, epochs)
    assert found == expected


MODELS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "linear": (lambda n: n.Linear(3, 4), (2, 3)),
    "flattened": (lambda n: n.Sequential(n.Flatten(), n.Linear(6, 2, bias=False)), (2, 3, 2)),
    "convolutions": (lambda n: n.Sequential(n.Conv2d(2, 3, 3, groups=1), n.BatchNorm2d(3), n.ReLU()), (2, 2, 6, 6)),
    "transposed": (lambda n: n.ConvTranspose1d(2, 3, 3, stride=2), (1, 2, 5)),
    "norms": (lambda n: n.Sequential(n.LayerNorm(4), n.GroupNorm(2, 4), n.PReLU(4)), (3, 4, 4)),
    "instance norm": (lambda n: n.InstanceNorm1d(3, affine=True, track_running_stats=True), (2, 3, 5)),
    "lstm": (lambda n: n.LSTM(2, 3, 2, bidirectional=True), (5, 1, 2)),
    "gru": (lambda n: n.GRU(2, 3, batch_first=True), (2, 4, 2)),
    "cell": (lambda n: n.RNNCell(2, 3), (4, 2)),
    "encoder": (lambda n: n.TransformerEncoderLayer(4, 2, 8, dropout=0.0), (3, 2, 4)),
    "nested": (lambda n: n.ModuleDict({"a": n.ModuleList([n.Linear(2, 2)]), "b": n.ParameterList([n.Parameter(n.Linear(2, 2).weight.detach())])}), ()),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_models_move(name: str, way: str) -> None:
    """The same keys in the same order, equal values, the same outputs."""
    first, second = WAYS[way]
    make, shape = MODELS[name]
    outputs = []
    state: Any = None
    for side, seed in ((first, 0), (second, 1)):
        side[0].manual_seed(seed)
        model = make(side[1])
        if state is None:
            state = carried(model.state_dict(), first, second)
        else:
            assert list(state) == list(model.state_dict())
            model.load_state_dict(state)
        if shape:
            result = model.eval()(side[0].tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32)))
            outputs.append((result[0] if isinstance(result, tuple) else result).detach().numpy())
    if shape:
        np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-5, atol=1e-6)


def test_random_streams_move() -> None:
    """A stream goes on in the other library where it was, within a pair of normal numbers too."""
    for first, second in WAYS.values():
        first[0].manual_seed(3)
        first[0].rand(5), first[0].randn(3)
        own = first[0].Generator().manual_seed(4)
        first[0].rand(2, generator=own)
        state = own.get_state()
        state = carried([first[0].get_rng_state(), state if first is THEIRS else ag.tensor(state)], first, second)
        second[0].set_rng_state(state[0])
        other = second[0].Generator()
        other.set_state(state[1] if second is THEIRS else state[1].array)
        drawn = [
            [side[0].randn(3).tolist(), side[0].rand(2).tolist(), side[0].rand(2, generator=generator).tolist()]
            for side, generator in ((first, own), (second, other))
        ]
        assert drawn[0] == drawn[1]


def test_attributes_of_tensors() -> None:
    import zipfile

    def tagged(side: Any) -> list[Any]:
        plain, parameter = side[0].ones(2), side[1].Parameter(side[0].zeros(2))
        plain.tag, parameter.kinds, parameter.shadow = "a", [1, 2.5], side[0].arange(3)
        return [plain, parameter, parameter]

    for first, second in WAYS.values():
        plain, parameter, same = carried(tagged(first), first, second)
        assert plain.tag == "a"
        assert parameter.kinds == [1, 2.5]
        assert parameter.shadow.tolist() == [0, 1, 2]
        assert parameter is same
        assert type(parameter) is second[1].Parameter
        plain, parameter, _ = carried([plain, parameter, same], second, first)
        assert (plain.tag, parameter.shadow.tolist()) == ("a", [0, 1, 2])
    pickles = []
    for side in (OURS, THEIRS):
        side[0].save(carried(tagged(THEIRS), THEIRS, side), file := BytesIO())
        with zipfile.ZipFile(file) as archive:
            pickles.append(archive.read("archive/data.pkl"))
    assert pickles[0] == pickles[1]
    buffer = torch.nn.Module()
    buffer.mean = torch.nn.Buffer(torch.ones(2))
    assert carried(buffer.state_dict(keep_vars=True), THEIRS, OURS)["mean"].tolist() == [1, 1]


def test_old_files_of_pytorch() -> None:
    base = torch.arange(12.0)
    model = torch.nn.Linear(2, 3)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    for value in (
        {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3},
        [base, base.view(3, 4).t(), base[2:4], torch.nn.Parameter(base), torch.zeros(0), torch.tensor(True)],
        [torch.tensor([1 + 2j]).conj(), torch.arange(3, dtype=torch.int8), torch.ones(2, requires_grad=True)],
        None,
        [1, 2.5, "text", b"bytes", {1, 2}],
    ):
        files = []
        for today in (True, False):
            torch.save(value, file := BytesIO(), _use_new_zipfile_serialization=today)
            file.seek(0)
            ag.save(ag.load(file), file := BytesIO())
            files.append(file.getvalue())
        assert files[0] == files[1]


@pytest.mark.parametrize("old", [False, True])
def test_bfloat16(old: bool, tmp_path: Path) -> None:
    numbers = torch.cat([torch.randn(40), torch.tensor([0.0, -0.0, float("inf"), float("nan"), 1e-40])]).bfloat16()
    torch.save({"a": numbers.reshape(5, 9).t(), "b": numbers[3:], "c": torch.nn.Parameter(numbers)}, tmp_path / "x.pt",
               _use_new_zipfile_serialization=not old)  # fmt: skip
    back = ag.load(tmp_path / "x.pt", bfloat16=ag.float32)
    assert back["c"].requires_grad
    for name, expected in (("a", numbers.reshape(5, 9).t()), ("b", numbers[3:]), ("c", numbers)):
        np.testing.assert_array_equal(back[name].detach().numpy(), expected.float().numpy())
    assert back["b"]._memory is back["a"]._memory


def test_safetensors_of_the_package(tmp_path: Path) -> None:
    package = pytest.importorskip("safetensors.torch")
    theirs = {"a": torch.randn(3).bfloat16(), "b": torch.ones(2, 3), "c": torch.tensor(True), "d": torch.zeros(0, 2)}
    package.save_file(theirs, tmp_path / "there.safetensors", {"epoch": "3", "ü": "☃"})
    ours = ag.load(tmp_path / "there.safetensors", bfloat16=ag.float32)
    assert ours.metadata == {"epoch": "3", "ü": "☃"}
    for name in theirs:
        np.testing.assert_array_equal(ours[name].numpy(), theirs[name].float().numpy())
    state = {"z": ag.ones(3, dtype=ag.uint8), "y": ag.ones(2, 2, dtype=ag.float64), "x": ag.zeros(0), "w": ag.tensor(7)}
    ag.save(state, tmp_path / "here.safetensors", metadata={"epoch": "4"})
    with __import__("safetensors").safe_open(tmp_path / "here.safetensors", "pt") as file:
        assert file.metadata() == {"epoch": "4", "format": "pt"}
        for name, tensor in state.items():
            assert file.get_tensor(name).tolist() == tensor.tolist()
