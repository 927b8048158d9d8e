"""Files travel between PyTorch and here in both directions, and mean the same on both sides."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.arrays import dtypes
from autograd_core.files.serialize import load, save
from autograd_core.primitive import wrap

torch = pytest.importorskip("torch")

DTYPES = [dtype.name for dtype in dtypes.ALL]
SHAPES = [(), (0,), (3, 0, 2), (1,), (7,), (2, 3), (1, 4, 1), (2, 3, 4, 5)]


def to_torch(value: Any) -> Any:
    """Through a file of ours."""
    save(value, file := BytesIO())
    file.seek(0)
    return torch.load(file)


def from_torch(value: Any, **options: Any) -> Any:
    """Through a file of PyTorch's."""
    torch.save(value, file := BytesIO(), **options)
    file.seek(0)
    return load(file)


def both_ways(value: Any) -> Any:
    return to_torch(from_torch(value))


def same(first: Any, second: Any) -> bool:
    """Two of PyTorch's values: equal types, values, strides, attributes."""
    if type(first) is not type(second):
        return False
    if isinstance(first, torch.Tensor):
        layouts = [(x.stride(), x.storage_offset()) if x.numel() else () for x in (first, second)]
        alike = (first.dtype, first.requires_grad, first.is_leaf) == (
            second.dtype,
            second.requires_grad,
            second.is_leaf,
        )
        return alike and layouts[0] == layouts[1] and first.shape == second.shape and torch.equal(first, second)
    if isinstance(first, dict):
        attributes = [getattr(value, "__dict__", None) or None for value in (first, second)]
        return same(list(first.items()), list(second.items())) and same(*attributes)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second) or first != first


def pickle_of(file: BytesIO) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))


# ---------------------------------------------------------------- tensors


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_and_shapes(dtype: str, shape: tuple[int, ...]) -> None:
    numbers = torch.randint(0, 100, shape)
    theirs = (numbers + 1j if "complex" in dtype else numbers).to(getattr(torch, dtype))
    ours = from_torch(theirs)
    assert ours.dtype == dtype
    assert ours.shape == shape
    assert ours.array.tobytes() == theirs.numpy().tobytes()
    assert ours.array.flags.writeable
    assert same(to_torch(ours), theirs)
    assert same(to_torch(wrap(theirs.numpy().copy())), theirs)


VIEWS: list[Callable[[Any], Any]] = [
    lambda x: x.t(), lambda x: x[1:], lambda x: x[:, 1], lambda x: x[1, 2], lambda x: x[::2, 1::2], lambda x: x[:0],
    lambda x: x[:1].expand(5, 4), lambda x: x[2], lambda x: x.as_strided((3, 3), (1, 2), 2), lambda x: x.diagonal(),
    lambda x: x.reshape(2, 2, 3).permute(2, 0, 1), lambda x: x.unfold(1, 2, 1), lambda x: x.flatten()[::3],
    lambda x: x[:, None], lambda x: x.mT.contiguous().mT,
]  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_views(view: Callable[[Any], Any]) -> None:
    base = torch.arange(12.0).reshape(3, 4)
    theirs = view(base)
    ours = from_torch(theirs)
    assert ours.tolist() == theirs.tolist()
    if theirs.numel():
        assert tuple(step // 4 for step in ours.array.strides) == theirs.stride()
        assert same(to_torch(ours), theirs)
        assert to_torch(ours).untyped_storage().nbytes() == theirs.untyped_storage().nbytes()


def test_shared_storages() -> None:
    base = torch.arange(12.0)
    a, b, c, alone = from_torch([base, base.view(3, 4).t(), base[4:8], torch.zeros(2)])
    a.array[5] = -1
    assert b.array[1, 1] == -1
    assert c.array[1] == -1
    assert a._memory is b._memory
    assert a._memory is c._memory
    assert alone._memory is not a._memory
    a, b, c, alone = to_torch([a, b, c, alone])
    a[5] = -2
    assert b[1, 1] == -2
    assert c[1] == -2
    assert a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr() != alone.untyped_storage().data_ptr()
    x = torch.zeros(2)
    y, z = both_ways([x, x])
    assert y is z


def test_requires_grad_and_parameters() -> None:
    leaf = torch.ones(2, requires_grad=True)
    values = [
        leaf,
        leaf * 2,
        leaf.detach(),
        torch.nn.Parameter(torch.ones(3)),
        torch.nn.Parameter(torch.arange(3), False),
    ]
    ours = from_torch(values)
    assert [x.requires_grad for x in ours] == [True, True, False, True, False]
    assert [type(x) is nn.Parameter for x in ours] == [False, False, False, True, True]
    assert all(x.is_leaf for x in ours)
    there = to_torch(ours)
    assert [type(x) for x in there] == [type(x) for x in values]
    assert [x.requires_grad for x in there] == [True, True, False, True, False]


def test_conjugated_and_negated_views() -> None:
    x = torch.tensor([1 + 2j, 3 - 1j])
    assert from_torch([x, x.conj()])[1].tolist() == [1 - 2j, 3 + 1j]
    assert from_torch(x.conj().imag).tolist() == [-2, 1]


# ---------------------------------------------------------------- values

CONTAINERS: list[Any] = [
    None, True, 0, -1, 300, 70_000, -(2**40), 2**80, 0.5, float("nan"), float("-inf"), "", "grün ☃", b"", b"\0\xff",
    bytearray(b"ab"), bytearray(), 1 - 2j, torch.Size([2, 3]), torch.float32, torch.int64, torch.complex128, torch.bool,
    torch.device("cpu"), torch.device("cuda:1"), (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, set(), {1, "b"},
    Counter("abca"), OrderedDict(b=1, a=[2]), list(range(2500)), {i: [i] for i in range(2500)}, {(1, "a"): {2.5: None}},
    [[[{"a": ({"b": torch.ones(2)},)}]]], {None: 1, True: 2, b"x": 3},
]  # fmt: skip


@pytest.mark.parametrize("value", CONTAINERS, ids=lambda value: type(value).__name__)
def test_containers_and_plain_values(value: Any) -> None:
    if value != b"":  # PyTorch does not read its own b""; it reads ours
        torch.save(value, file := BytesIO())
        file.seek(0)
        assert same(torch.load(file), value)
    assert same(both_ways(value), value)
    assert same(both_ways([value, value, {"x": value}]), [value, value, {"x": value}])


def test_the_pickle_is_pytorchs_byte_for_byte() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    weight = torch.zeros(3, 4)
    for value in [
        {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.5, "tags": {"a"}},
        [weight, weight.t(), weight[1:, ::2], weight, torch.nn.Parameter(weight), torch.zeros(2, requires_grad=True)],
        [value for value in CONTAINERS if value not in (b"", bytearray(), bytearray(b"ab"))],
    ]:
        torch.save(value, first := BytesIO())
        first.seek(0)
        torch.save(torch.load(first), theirs := BytesIO())  # both from a file: equal strings are not one object
        first.seek(0)
        save(load(first), ours := BytesIO())
        assert pickle_of(ours) == pickle_of(theirs)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_protocols(protocol: int) -> None:
    model = torch.nn.Linear(2, 3)
    value = [model.state_dict(), {"a": (1, 2.5, "x" * 300, b"raw", {1, 2}, 1j, None, True, 2**70)}, model.weight]
    back = from_torch(value, pickle_protocol=protocol)
    assert same(to_torch(back), value)


def test_numbers_of_numpy() -> None:
    numbers = [
        np.float64(0.5),
        np.float32(0.25),
        np.float16(2),
        np.int64(3),
        np.uint16(4),
        np.bool_(True),
        np.complex128(1j),
    ]
    back = from_torch({"best": numbers})["best"]
    assert back == numbers
    assert [type(number) for number in back] == [type(number) for number in numbers]
    assert to_torch(numbers) == [0.5, 0.25, 2, 3, 4, True, 1j]  # Python's, so that PyTorch opens them


# ---------------------------------------------------------------- models, optimisers, schedulers

OPTIMIZERS: dict[str, Callable[[Any, Any], Any]] = {
    "SGD": lambda optim, params: optim.SGD(params, lr=0.1),
    "SGD with momentum": lambda optim, params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda optim, params: optim.Adam(params, lr=0.01),
    "Adam with amsgrad": lambda optim, params: optim.Adam(params, amsgrad=True, weight_decay=0.1),
    "AdamW": lambda optim, params: optim.AdamW(params),
    "Adagrad": lambda optim, params: optim.Adagrad(params),
    "Adadelta": lambda optim, params: optim.Adadelta(params),
    "RMSprop": lambda optim, params: optim.RMSprop(params, momentum=0.9, centered=True),
    "Adamax": lambda optim, params: optim.Adamax(params),
    "NAdam": lambda optim, params: optim.NAdam(params),
    "RAdam": lambda optim, params: optim.RAdam(params),
    "ASGD": lambda optim, params: optim.ASGD(params),
    "Rprop": lambda optim, params: optim.Rprop(params),
    "LBFGS": lambda optim, params: optim.LBFGS(params, max_iter=2),
}


def model_of(module: Any) -> Any:
    torch.manual_seed(0)
    layers = module
    return layers.Sequential(layers.Linear(3, 4), layers.Tanh(), layers.Linear(4, 1))


def train(model: Any, optimizer: Any, inputs: Any, steps: int) -> None:
    def closure() -> Any:
        optimizer.zero_grad()
        loss = (model(inputs) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_training_goes_on_from_a_file_of_ours(kind: str) -> None:
    inputs = torch.randn(5, 3)
    model = model_of(torch.nn)
    optimizer = OPTIMIZERS[kind](torch.optim, model.parameters())
    train(model, optimizer, inputs, 3)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    state = both_ways(state)
    twin = model_of(torch.nn)
    twins_optimizer = OPTIMIZERS[kind](torch.optim, twin.parameters())
    twin.load_state_dict(state["model"])
    twins_optimizer.load_state_dict(state["optimizer"])
    train(model, optimizer, inputs, 3)
    train(twin, twins_optimizer, inputs, 3)
    assert all(map(torch.equal, model.parameters(), twin.parameters()))


SCHEDULERS: dict[str, Callable[[Any, Any], Any]] = {
    "StepLR": lambda s, o: s.StepLR(o, 2),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [2, 2, 5]),
    "ConstantLR": lambda s, o: s.ConstantLR(o),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.1),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.1, 20),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 0.5**epoch),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 0.5),
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o, patience=1),
    "SequentialLR": lambda s, o: s.SequentialLR(o, [s.ConstantLR(o), s.ExponentialLR(o, 0.9)], [3]),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o), s.ExponentialLR(o, 0.9)]),
}


@pytest.mark.parametrize("kind", SCHEDULERS)
def test_schedulers(kind: str) -> None:
    optimizer = torch.optim.SGD([torch.zeros(2, requires_grad=True)], lr=0.1, momentum=0.9)
    scheduler = SCHEDULERS[kind](torch.optim.lr_scheduler, optimizer)
    for metric in range(4):
        optimizer.step()
        scheduler.step(*[metric] * (kind == "ReduceLROnPlateau"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MultiplicativeLR, that functions are not saved
        state = scheduler.state_dict()
    assert same(both_ways(state), state)


@pytest.mark.parametrize("kind", ["SGD with momentum", "Adam", "AdamW"])
def test_a_model_moves_here_and_back(kind: str, tmp_path: Path) -> None:
    """Three steps there, three here, three there: as nine there."""
    inputs = torch.randn(5, 3)
    here = ag.from_numpy(inputs.numpy().copy())
    model, whole = model_of(torch.nn), model_of(torch.nn)
    optimizer = OPTIMIZERS[kind](torch.optim, model.parameters())
    train(whole, OPTIMIZERS[kind](torch.optim, whole.parameters()), inputs, 9)
    train(model, optimizer, inputs, 3)
    torch.save([model.state_dict(), optimizer.state_dict()], tmp_path / "there.pt")

    ours = model_of(nn)
    our_optimizer = OPTIMIZERS[kind](nn.optim, ours.parameters())
    states = load(tmp_path / "there.pt")
    ours.load_state_dict(states[0])
    our_optimizer.load_state_dict(states[1])
    train(ours, our_optimizer, here, 3)
    save([ours.state_dict(), our_optimizer.state_dict()], tmp_path / "here.pt")

    states = torch.load(tmp_path / "here.pt")
    model.load_state_dict(states[0])
    optimizer.load_state_dict(states[1])
    train(model, optimizer, inputs, 3)
    for parameter, expected in zip(model.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected, rtol=1e-5, atol=1e-6)


def test_modules_of_many_kinds() -> None:
    layers = torch.nn
    modules = [
        layers.Conv2d(2, 3, 3), layers.BatchNorm2d(3), layers.LSTM(2, 3, 2, bidirectional=True), layers.Embedding(4, 2),
        layers.MultiheadAttention(4, 2), layers.TransformerEncoderLayer(4, 2, 8), layers.LayerNorm(3),
        layers.GRUCell(2, 3),
        layers.utils.parametrizations.weight_norm(layers.Linear(2, 2)),
    ]  # fmt: skip
    for module in modules:
        assert same(both_ways(module.state_dict()), module.state_dict())
        assert same(both_ways(module.state_dict(keep_vars=True)), module.state_dict(keep_vars=True))
    tied = layers.Linear(2, 2, bias=False)
    state = both_ways(layers.ModuleDict({"a": tied, "b": tied}).state_dict())
    assert state["a.weight"].data_ptr() == state["b.weight"].data_ptr()


# ---------------------------------------------------------------- ways to open, and what does not go


def test_ways_pytorch_opens_our_files(tmp_path: Path) -> None:
    value = {"a": torch.arange(1000.0), "b": torch.zeros(0), "c": torch.tensor([1, 2])}
    save(from_torch(value), path := tmp_path / "x.pt")
    assert same(torch.load(path, mmap=True), value)
    assert same(torch.load(path, weights_only=False), value)
    assert same(torch.load(path, map_location=lambda storage, place: storage), value)
    assert torch.load(path, map_location="meta")["a"].shape == (1000,)
    from torch.utils.serialization import config

    with config.patch("load.calculate_storage_offsets", True):
        assert same(torch.load(path, mmap=True), value)
    with open(path, "rb") as file:
        assert same(torch.load(file), value)
    torch.save(value, tmp_path / "y.pt")
    assert same(to_torch(load(tmp_path / "y.pt", mmap=True)), value)


def test_zip64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_core.files import serialize

    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(serialize, "ZIP64_LIMIT", 1000)
    value = [torch.arange(float(n)) for n in (1, 300, 0, 500)]
    save(from_torch(value), tmp_path / "x.pt")
    assert same(torch.load(tmp_path / "x.pt"), value)
    assert same(torch.load(tmp_path / "x.pt", mmap=True), value)


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        (lambda: torch.zeros(2, dtype=torch.bfloat16), TypeError, r"bfloat16.*tensor\.float\(\)"),
        (lambda: torch.zeros(2, dtype=torch.uint16), TypeError, "uint16"),
        (lambda: torch.zeros(2, dtype=torch.float8_e5m2), TypeError, "float8"),
        (lambda: torch.eye(2).to_sparse(), TypeError, "sparse"),
        (lambda: torch.nn.Linear(2, 2), pickle.UnpicklingError, r"torch\.nn\.modules\.linear\.Linear.*state_dict"),
        (lambda: np.zeros(2), pickle.UnpicklingError, "_reconstruct"),
        (lambda: {"f": print}, pickle.UnpicklingError, "print"),
        (lambda: torch.zeros(2, device="meta"), pickle.UnpicklingError, "meta"),
        (lambda: Path("x"), pickle.UnpicklingError, "pathlib"),
    ],
)
def test_what_we_do_not_open(value: Callable[[], Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        from_torch(value())


def test_the_same_errors(tmp_path: Path) -> None:
    whole = BytesIO()
    torch.save({"a": torch.zeros(100)}, whole)
    bad = {"empty": b"", "text": b"not a pickle", "cut": whole.getvalue()[:-100], "head": whole.getvalue()[:200]}
    for content in bad.values():
        kinds = []
        for read in (torch.load, load):
            with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)) as raised:
                read(BytesIO(content))
            kinds.append(raised.type)
        assert kinds[0] is kinds[1]
    for write in (torch.save, save):
        with pytest.raises(RuntimeError, match=r"[Pp]arent directory .* does not exist"):
            write(1, tmp_path / "no" / "x.pt")
    for function in (lambda: torch.load(5), lambda: load(5), lambda: torch.save(1, 5), lambda: save(1, 5)):  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            function()


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "complex128"])
def test_safetensors(dtype: str, tmp_path: Path) -> None:
    package = pytest.importorskip("safetensors.torch")
    theirs = {
        "a": torch.randint(0, 9, (2, 3)).to(getattr(torch, dtype)),
        "b": torch.tensor(1).to(getattr(torch, dtype)),
    }
    package.save_file(theirs, tmp_path / "there.safetensors")
    ours = load(tmp_path / "there.safetensors")
    assert {name: x.tolist() for name, x in ours.items()} == {name: x.tolist() for name, x in theirs.items()}
    save({name: wrap(x.array.T) for name, x in ours.items()}, tmp_path / "here.safetensors")
    back = package.load_file(tmp_path / "here.safetensors")
    assert all(torch.equal(back[name], x.mT if x.ndim else x) for name, x in theirs.items())
