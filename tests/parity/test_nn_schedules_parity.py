"""Schedules of the learning rate against PyTorch: fifty steps of each, saved states, resuming, warnings, errors."""

from __future__ import annotations

import pickle
import warnings
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn

torch = pytest.importorskip("torch")

SIDES = [(ag, nn, nn.optim), (torch, torch.nn, torch.optim)]


def one(library: Any, layers: Any) -> Any:
    return layers.Parameter(library.ones(2))


SCHEDULES: dict[str, Any] = {
    "step": lambda s, o: s.StepLR(o, 3, gamma=0.7),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.93),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 7, eta_min=0.01),
    "cosine, once": lambda s, o: s.CosineAnnealingLR(o, 50),
    "lambda": lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (epoch + 1)),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda epoch: 1 - 1 / (epoch + 2)),
    "multiplicatives": lambda s, o: s.MultiplicativeLR(o, [lambda epoch: 0.9, lambda epoch: 1 + epoch % 2]),
    "multistep": lambda s, o: s.MultiStepLR(o, [3, 8, 8, 30], gamma=0.3),
    "constant": lambda s, o: s.ConstantLR(o),
    "constant, long": lambda s, o: s.ConstantLR(o, factor=0.7, total_iters=20),
    "linear": lambda s, o: s.LinearLR(o),
    "linear, down": lambda s, o: s.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=13),
    "polynomial": lambda s, o: s.PolynomialLR(o),
    "polynomial, square": lambda s, o: s.PolynomialLR(o, total_iters=30, power=2.5),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
    "restarts, longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.01),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.01, 0.1, step_size_up=5),
    "cyclic 2": lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.1, 0.3], 4, 7, mode="triangular2", base_momentum=0.7),
    "cyclic, exp": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 6, mode="exp_range", gamma=0.97, cycle_momentum=False),
    "cyclic, own": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 6, scale_fn=lambda x: 0.9**x, scale_mode="iterations"),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=60),
    "one cycle, linear": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.7], epochs=10, steps_per_epoch=6, anneal_strategy="linear", three_phase=True, pct_start=0.2
    ),
    "one cycle, rates only": lambda s, o: s.OneCycleLR(o, 0.5, 60, cycle_momentum=False, div_factor=5.0),
    "sequential": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, total_iters=6), s.StepLR(o, 4), s.CosineAnnealingLR(o, 9)], [6, 20]
    ),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)]),
    "chained of sequential": lambda s, o: s.ChainedScheduler(
        [s.SequentialLR(o, [s.ConstantLR(o), s.MultiStepLR(o, [3])], [10]), s.ExponentialLR(o, 0.9)]
    ),
}


def scheduled(library: Any, layers: Any, optim: Any, name: str) -> tuple[Any, Any]:
    groups = [{"params": [one(library, layers)]}, {"params": [one(library, layers)], "lr": 0.5}]
    optimizer = optim.SGD(groups, lr=0.1, momentum=0.8)
    return optimizer, SCHEDULES[name](optim.lr_scheduler, optimizer)


SETTINGS = ("lr", "momentum", "initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum")


def settings(optimizer: Any) -> list[Any]:
    return [{key: group[key] for key in SETTINGS if key in group} for group in optimizer.param_groups]


@pytest.mark.parametrize("name", SCHEDULES)
def test_fifty_epochs(name: str) -> None:
    runs = []
    for side in SIDES:
        optimizer, scheduler = scheduled(*side, name)
        rates = [settings(optimizer)]
        for _ in range(50):
            optimizer.step()
            scheduler.step()
            rates.append(settings(optimizer))
            assert [group["lr"] for group in rates[-1]] == scheduler.get_last_lr()
        runs.append((rates, scheduler.state_dict()))
    assert runs[0][0] == runs[1][0]
    ours, theirs = (state for _, state in runs)
    assert ours == theirs
    assert pickle.loads(pickle.dumps(ours)) == theirs


@pytest.mark.parametrize("name", SCHEDULES)
def test_resuming(name: str) -> None:
    """A new scheduler with last_epoch, and one that loads a state, go on as one that never stopped."""
    for side in SIDES:
        optimizer, scheduler = scheduled(*side, name)
        for _ in range(9):
            optimizer.step()
            scheduler.step()
        state, saved = deepcopy(scheduler.state_dict()), deepcopy(optimizer.state_dict())
        other, again = scheduled(*side, name)
        other.load_state_dict(saved)
        again.load_state_dict(state)
        for _ in range(12):
            optimizer.step()
            scheduler.step()
            other.step()
            again.step()
            assert again.get_last_lr() == scheduler.get_last_lr()


@pytest.mark.parametrize("name", [name for name in SCHEDULES if "sequential" not in name and name != "chained"])
def test_closed_forms(name: str) -> None:
    for epoch in (0, 2, 5, 31):
        rates = []
        for side in SIDES:
            optimizer, scheduler = scheduled(*side, name)
            optimizer.step()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                scheduler.step(epoch)
            assert [str(each.message)[:19] for each in caught] == ["The epoch parameter"] * ("restarts" not in name)
            rates.append((settings(optimizer), scheduler.get_last_lr(), scheduler.last_epoch))
        assert rates[0] == rates[1]


def test_scheduling_before_the_first_step_warns() -> None:
    for side in SIDES:
        _, scheduler = scheduled(*side, "step")
        with pytest.warns(UserWarning, match="before `optimizer.step"):
            scheduler.step()
        with pytest.warns(UserWarning, match="get_last_lr"):
            scheduler.get_lr()


def test_fractions_of_epochs() -> None:
    for multiple in (1, 3):
        rates = []
        for library, layers, optim in SIDES:
            optimizer = optim.SGD([one(library, layers)], lr=0.1)
            scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 4, T_mult=multiple)
            rates.append([])
            for tenth in (0, 3, 12, 39, 40, 41, 160, 333):
                scheduler.step(tenth / 10)
                rates[-1].append((scheduler.get_last_lr(), scheduler.last_epoch, scheduler.T_cur, scheduler.T_i))
        assert rates[0] == rates[1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "max", "patience": 2},
        {"patience": 1, "cooldown": 3, "factor": 0.5},
        {"threshold": 0.1, "threshold_mode": "abs", "patience": 2, "min_lr": 0.02},
        {"mode": "max", "threshold": 0.1, "threshold_mode": "abs", "patience": 0, "min_lr": [0.01, 0.1]},
        {"patience": 0, "factor": 0.9, "eps": 0.03},
    ],
)
def test_plateaus(options: dict[str, Any]) -> None:
    measures = np.random.default_rng(0).uniform(0.5, 1, 60).cumsum() ** 0.5 * np.cos(np.arange(60))
    runs = []
    for library, layers, optim in SIDES:
        groups = [{"params": [one(library, layers)]}, {"params": [one(library, layers)], "lr": 0.5}]
        optimizer = optim.SGD(groups, lr=0.1)
        scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        runs.append([])
        for i, measure in enumerate(measures):
            scheduler.step(library.tensor(measure) if i % 2 else measure)
            if i == 30:
                state = pickle.loads(pickle.dumps(scheduler.state_dict()))
                scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer)
                scheduler.load_state_dict(state)
            runs[-1].append((settings(optimizer), scheduler.state_dict()))
        runs[-1].append(scheduler.in_cooldown)
    assert runs[0] == runs[1]


def test_beta_in_place_of_momentum() -> None:
    runs = []
    for library, layers, optim in SIDES:
        optimizer = optim.Adam([one(library, layers)])
        schedulers = optim.lr_scheduler
        scheduler = schedulers.CyclicLR(optimizer, 0.01, 0.1, 3)
        runs.append([])
        for _ in range(7):
            optimizer.step()
            scheduler.step()
            runs[-1].append(optimizer.param_groups[0]["betas"])
        scheduler = schedulers.OneCycleLR(optimizer, 0.1, 9)
        for _ in range(8):
            scheduler.step()
            runs[-1].append(optimizer.param_groups[0]["betas"])
    assert runs[0] == runs[1]


def test_averaged_models() -> None:
    ends = []
    for library, layers, optim in SIDES:
        swa = optim.swa_utils
        library.manual_seed(0)
        model = layers.Linear(3, 2, dtype=library.float64)
        model.register_buffer("count", library.tensor(7))
        averages = [
            swa.AveragedModel(model),
            swa.AveragedModel(model, use_buffers=True),
            swa.AveragedModel(model, avg_fn=swa.get_ema_avg_fn(0.7)),
            swa.AveragedModel(model, avg_fn=swa.get_swa_avg_fn()),
            swa.AveragedModel(model, multi_avg_fn=swa.get_swa_multi_avg_fn()),
            swa.AveragedModel(model, multi_avg_fn=swa.get_ema_multi_avg_fn(0.3), use_buffers=True),
        ]
        for _ in range(5):
            with library.no_grad():
                model.weight.normal_()
                model.count -= 3
            for average in averages:
                average.update_parameters(model)
        x = library.ones(1, 3, dtype=library.float64)
        ends.append([(average(x).tolist(), average.state_dict(), repr(average)) for average in averages])
    for (ours, mine, text), (theirs, wanted, their_text) in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)
        assert text == their_text
        assert list(mine) == list(wanted)
        for key in wanted:
            np.testing.assert_allclose(mine[key].numpy(), wanted[key].numpy(), rtol=1e-13)
            assert str(mine[key].dtype) == str(wanted[key].dtype).removeprefix("torch.")


@pytest.mark.parametrize("options", [{}, {"anneal_strategy": "linear"}, {"anneal_epochs": 0}, {"anneal_epochs": 3}])
def test_swalr(options: dict[str, Any]) -> None:
    runs = []
    for library, layers, optim in SIDES:
        groups = [{"params": [one(library, layers)]}, {"params": [one(library, layers)], "lr": 0.5}]
        optimizer = optim.SGD(groups, lr=0.1)
        exponential = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        scheduler = optim.swa_utils.SWALR(optimizer, [0.05, 0.02], **options)
        runs.append([])
        for i in range(15):
            optimizer.step()
            if i < 3:
                exponential.step()
            scheduler.step()
            runs[-1].append((scheduler.get_last_lr(), scheduler.state_dict()))
    assert runs[0] == runs[1]


def sgd(library: Any, layers: Any, optim: Any) -> Any:
    return optim.SGD([one(library, layers)], lr=0.1)


ERRORS: dict[str, Any] = {
    "constant": lambda s, o: s.ConstantLR(o, factor=1.1),
    "linear start": lambda s, o: s.LinearLR(o, start_factor=0),
    "linear end": lambda s, o: s.LinearLR(o, end_factor=1.1),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, 0.9),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
    "restarts float": lambda s, o: s.CosineAnnealingWarmRestarts(o, 2.0),
    "restarts mult": lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, T_mult=0),
    "restarts min": lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, eta_min="0"),
    "restarts epoch": lambda s, o: s.CosineAnnealingWarmRestarts(o, 2).step(-1),
    "cyclic mode": lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="square", cycle_momentum=False),
    "cyclic groups": lambda s, o: s.CyclicLR(o, [0.1, 0.2], 0.2),
    "one cycle steps": lambda s, o: s.OneCycleLR(o, 0.1),
    "one cycle total": lambda s, o: s.OneCycleLR(o, 0.1, total_steps=0),
    "one cycle epochs": lambda s, o: s.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=3),
    "one cycle per epoch": lambda s, o: s.OneCycleLR(o, 0.1, epochs=3, steps_per_epoch=1.5),
    "one cycle part": lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=1.5),
    "one cycle strategy": lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="square"),
    "one cycle end": lambda s, o: [step for step in [s.OneCycleLR(o, 0.1, 2).step] for _ in range(3) if step()],
    "plateau factor": lambda s, o: s.ReduceLROnPlateau(o, factor=1.0),
    "plateau mode": lambda s, o: s.ReduceLROnPlateau(o, mode="low"),
    "plateau threshold": lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="square"),
    "plateau lowest": lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1, 0.2]),
    "plateau of": lambda s, o: s.ReduceLROnPlateau(3),
    "sequential none": lambda s, o: s.SequentialLR(o, [], []),
    "sequential milestones": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [3]),
    "sequential plateau": lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []),
    "sequential of": lambda s, o: s.SequentialLR(o, [3], []),
    "chained none": lambda s, o: s.ChainedScheduler([]),
    "chained plateau": lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    errors = []
    for side in SIDES:
        with pytest.raises((ValueError, TypeError)) as caught, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ERRORS[name](side[2].lr_scheduler, sgd(*side))
        errors.append(caught.value)
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0]).startswith(str(errors[1]))


def test_errors_of_two_optimisers() -> None:
    for side in SIDES:
        schedulers = side[2].lr_scheduler
        first, second = sgd(*side), sgd(*side)
        pair = [schedulers.StepLR(first, 1), schedulers.StepLR(second, 1)]
        with pytest.raises(ValueError, match="belong to the same optimizer"):
            schedulers.ChainedScheduler(pair)
        with pytest.raises(ValueError, match="belong to the same optimizer"):
            schedulers.SequentialLR(first, pair, [3])
        adagrad = side[2].Adagrad([one(*side[:2])])
        with pytest.raises(ValueError, match="must support momentum or beta1"):
            schedulers.OneCycleLR(adagrad, 0.1, 10)
        plateau = schedulers.ReduceLROnPlateau(first, min_lr=[0.01], patience=0)
        first.add_param_group({"params": [one(*side[:2])]})
        plateau.step(1.0)
        with pytest.raises(RuntimeError, match="number of param groups"):
            plateau.step(1.0)
