"""Optimisers, schedules and clipping, held to numbers of PyTorch 2.13."""

from __future__ import annotations

import pickle
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import optim

# After five steps from (1, -2, 3) with the gradients (i - 1.5) (.5, -1, 2), in double precision.
GOLDEN: list[tuple[str, dict[str, Any], list[float]]] = [
    ("SGD", {"lr": 0.1}, [0.875, -1.75, 2.5]),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01},
     [1.1732297725382046, -2.346459545076409, 3.7015266502293063]),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, [0.9270717500000001, -1.8541435000000002, 2.708287]),
    ("SGD", {"lr": 0.1, "maximize": True}, [1.125, -2.25, 3.5]),
    ("Adam", {"lr": 0.1}, [1.172987208511881, -2.1729872100069403, 3.17298721075447]),
    ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1},
     [1.1156354066773488, -2.1186375493641068, 3.1333636824154283]),
    ("Adam", {"lr": 0.1, "eps": 1.0}, [1.0641402370878674, -2.093362283147099, 3.121100900415461]),
    ("AdamW", {"lr": 0.1}, [1.167258694231071, -2.1622686857252975, 3.1572786764749106]),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5},
     [0.9824015582901873, -1.992289284115772, 2.9968995714450455]),
]  # fmt: skip


def parameter(dtype: Any = np.float64) -> nn.Parameter:
    return nn.Parameter(ag.tensor([1.0, -2.0, 3.0], dtype=dtype))


def gradient(step: int, dtype: Any = np.float64) -> Any:
    return ag.tensor([0.5, -1.0, 2.0], dtype=dtype) * (step - 1.5)


@pytest.mark.parametrize(("name", "options", "wanted"), GOLDEN)
def test_five_steps(name: str, options: dict[str, Any], wanted: list[float]) -> None:
    p = parameter()
    array, optimizer = p.array, getattr(optim, name)([p], **options)
    for step in range(5):
        p.grad = gradient(step)
        kept = p.grad.array.copy()
        optimizer.step()
        np.testing.assert_array_equal(p.grad.array, kept)
    assert p.array is array
    assert p._version == 5
    np.testing.assert_allclose(p.array, wanted, rtol=1e-13)


@pytest.mark.parametrize(("name", "options", "wanted"), GOLDEN)
def test_saving_in_between(name: str, options: dict[str, Any], wanted: list[float]) -> None:
    p = parameter()
    optimizer = getattr(optim, name)([p], **options)
    for step in range(5):
        p.grad = gradient(step)
        optimizer.step()
        if step == 2:  # a file would hold the same
            state = pickle.loads(pickle.dumps(optimizer.state_dict()))
            optimizer = getattr(optim, name)([p], lr=9.0)
            optimizer.load_state_dict(state)
    np.testing.assert_allclose(p.array, wanted, rtol=1e-13)
    assert pickle.loads(pickle.dumps(optimizer)).state_dict()["param_groups"] == optimizer.state_dict()["param_groups"]


def test_numbers_of_numpy_do_not_widen_a_parameter() -> None:
    for name in ("SGD", "Adam", "AdamW", "Adagrad"):
        p = parameter(np.float32)
        optimizer = getattr(optim, name)([p], lr=np.float64(0.1), weight_decay=np.float64(0.1))
        p.grad = gradient(0, np.float32)
        optimizer.step()
        assert p.array.dtype == np.float32


def test_a_failed_load_changes_nothing() -> None:
    p = parameter()
    optimizer = optim.Adam([p], lr=0.1)
    p.grad = gradient(0)
    optimizer.step()
    before = deepcopy(optimizer.state_dict())
    for state, error in (
        ({"state": {}, "param_groups": []}, ValueError),
        ({"state": {}, "param_groups": [{"params": [0, 1]}]}, ValueError),
        ({"state": {}}, KeyError),
    ):
        with pytest.raises(error):
            optimizer.load_state_dict(state)
        after = optimizer.state_dict()
        assert after["param_groups"] == before["param_groups"]
        assert after["state"][0]["step"].item() == 1


def test_groups_have_options_of_their_own() -> None:
    first, second = parameter(), parameter()
    optimizer = optim.SGD([{"params": [first]}, {"params": second, "lr": 1.0}], lr=0.1)
    first.grad = second.grad = ag.ones(3, dtype=np.float64)
    optimizer.step()
    np.testing.assert_allclose(first.array, [0.9, -2.1, 2.9])
    np.testing.assert_allclose(second.array, [0.0, -3.0, 2.0])


def test_what_cannot_be_optimised() -> None:
    p = parameter()
    for params, error, message in (
        ([], ValueError, "empty parameter list"),
        (p, TypeError, "iterable of Tensors"),
        ([3], TypeError, "can only optimize Tensors"),
        ([p * 2], ValueError, "can't optimize a non-leaf Tensor"),
        ([{"params": [p]}, {"params": [p]}], ValueError, "more than one parameter group"),
        ([{"params": {p}}], TypeError, "ordered collections"),
    ):
        with pytest.raises(error, match=message):
            optim.SGD(params, lr=0.1)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(NotImplementedError, match="differentiable"):
        optim.SGD([p], lr=0.1, differentiable=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'capturable'"):
        optim.SGD([p], lr=0.1, capturable=True)
    optim.Adam([p], foreach=True, capturable=True, fused=False)
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([p, p], lr=0.1)


def test_a_step_after_the_forward_pass_is_noticed() -> None:
    layers = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    optimizer = optim.SGD(layers.parameters(), lr=0.1)
    loss = layers(ag.ones(1, 2)).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_closures_and_hooks() -> None:
    p = parameter()
    optimizer = optim.SGD([p], lr=0.1)
    seen: list[str] = []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append("before"))
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("after"))

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert optimizer.step(closure).item() == 14
    before.remove()
    assert optimizer.step(closure).item() == pytest.approx(14 * 0.64)
    assert seen == ["before", "after", "after"]


def test_an_optimiser_of_ones_own() -> None:
    class Sign(optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        @ag.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.state[p]["count"] = self.state[p].get("count", 0) + 1
                        p -= group["lr"] * p.grad.sign()

    p, unused = parameter(), parameter()
    optimizer = Sign([p, unused], lr=0.5)
    seen: list[int] = []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    p.grad = gradient(0)
    optimizer.step()
    np.testing.assert_allclose(p.array, [1.5, -2.5, 3.5])
    assert optimizer.state_dict()["state"] == {0: {"count": 1}}
    assert seen == [1]
    with pytest.raises(NotImplementedError, match="_update"):
        optim.Optimizer([p], {}).step()


def test_printing() -> None:
    assert repr(optim.Adagrad([parameter()], lr=0.5)) == (
        "Adagrad (\nParameter Group 0\n    differentiable: False\n    eps: 1e-10\n    foreach: None\n    fused: None\n"
        "    initial_accumulator_value: 0\n    lr: 0.5\n    lr_decay: 0\n    maximize: False\n    weight_decay: 0\n)"
    )


# ---------------------------------------------------------------- schedules

SCHEDULES: list[tuple[str, tuple[Any, ...], list[float]]] = [
    ("StepLR", (2, 0.5), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]),
    ("ExponentialLR", (0.5,), [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125]),
    ("CosineAnnealingLR", (4,), [1.0, 0.8535533905932737, 0.5, 0.14644660940672627, 0.0, 0.1464466094067262]),
    ("CosineAnnealingLR", (3, 0.1), [1.0, 0.775, 0.3250000000000001, 0.1, 0.32499999999999996, 0.7750000000000005]),
    ("LambdaLR", (lambda epoch: 1 / (1 + epoch),), [1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]),
]


@pytest.mark.parametrize(("name", "arguments", "wanted"), SCHEDULES)
def test_schedules(name: str, arguments: tuple[Any, ...], wanted: list[float]) -> None:
    optimizer = optim.SGD([parameter()], lr=1.0)
    scheduler = getattr(optim.lr_scheduler, name)(optimizer, *arguments)
    rates = []
    for _ in wanted:
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert rates == wanted
    state = scheduler.state_dict()
    assert "optimizer" not in state
    again = getattr(optim.lr_scheduler, name)(optim.SGD([parameter()], lr=1.0), *arguments)
    again.load_state_dict(state)
    assert again.get_last_lr() == scheduler.get_last_lr()


def test_the_rate_may_be_a_tensor() -> None:
    p = parameter()
    optimizer = optim.SGD([p], lr=ag.tensor(1.0))
    rate = optimizer.param_groups[0]["lr"]
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    p.grad = ag.ones(3, dtype=np.float64)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.5
    np.testing.assert_allclose(p.array, [0, -3, 2])


def test_a_function_with_a_state_is_saved() -> None:
    class Warmup:
        def __init__(self, length: int) -> None:
            self.length = length

        def __call__(self, epoch: int) -> float:
            return min(1.0, (epoch + 1) / self.length)

    schedulers = [optim.lr_scheduler.LambdaLR(optim.SGD([parameter()], lr=1.0), Warmup(length)) for length in (4, 10)]
    schedulers[1].load_state_dict(schedulers[0].state_dict())
    assert schedulers[1].lr_lambdas[0].length == 4


# ---------------------------------------------------------------- clipping


@pytest.mark.parametrize("order", [2.0, 1.0, float("inf"), 3.0, 0.5])
def test_clipping_by_norm(order: float) -> None:
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape) for shape in ((3, 4), (), (5,))]
    parameters = [nn.Parameter(ag.tensor(value)) for value in values]
    for p, value in zip(parameters, values, strict=True):
        p.grad = ag.tensor(value * 3)
    whole = np.concatenate([np.ravel(value * 3) for value in values])
    norm = np.linalg.norm(whole, order)
    assert nn.utils.clip_grad_norm_(parameters, 1.0, order).item() == pytest.approx(norm)
    for p, value in zip(parameters, values, strict=True):
        np.testing.assert_allclose(p.grad.array, value * 3 / (norm + 1e-6), rtol=1e-12)
    before = [p.grad.array.copy() for p in parameters]
    nn.utils.clip_grad_norm_(iter(parameters), 1e6, order)
    for p, value in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(p.grad.array, value)


def test_clipping_where_there_is_nothing_or_no_number() -> None:
    p = parameter()
    assert nn.utils.clip_grad_norm_(p, 1.0).item() == 0
    with pytest.warns(UserWarning, match="empty generator"):
        nn.utils.clip_grad_norm_(iter([]), 1.0)
    p.grad = ag.tensor([np.inf, 1.0, 2.0], dtype=np.float64)
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [np.inf, 1, 2]
    with np.errstate(invalid="ignore"):
        nn.utils.clip_grad_norm_([p], 1.0)
    np.testing.assert_array_equal(p.grad.array, [np.nan, 0, 0])


def test_clipping_by_value() -> None:
    p = parameter()
    p.grad = ag.tensor([-5.0, 0.5, 3.0], dtype=np.float64)
    nn.utils.clip_grad_value_(p, 1.0)
    assert p.grad.tolist() == [-1, 0.5, 1]


def test_parameters_as_a_vector() -> None:
    layer = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (9,)
    vector.sum().backward()
    assert layer.bias.grad.tolist() == [1, 1, 1]
    nn.utils.vector_to_parameters(ag.arange(9.0), layer.parameters())
    assert layer.bias.tolist() == [6, 7, 8]
    assert layer.bias.is_leaf
    with pytest.raises(TypeError):
        nn.utils.vector_to_parameters([1.0], layer.parameters())  # type: ignore[arg-type]  # on purpose
