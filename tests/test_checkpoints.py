"""Training that goes on from a checkpoint is, bit by bit, training that was not interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import data
from tests.benchmarks import files

ROOT = Path(ag.__file__).parent.parent

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda p: nn.optim.SGD(p, lr=0.05),
    "SGD with momentum": lambda p: nn.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda p: nn.optim.Adam(p, lr=0.01, amsgrad=True),
    "AdamW": lambda p: nn.optim.AdamW(p, lr=0.01),
    "Adagrad": lambda p: nn.optim.Adagrad(p, lr=0.05, lr_decay=0.1),
    "Adadelta": lambda p: nn.optim.Adadelta(p),
    "RMSprop": lambda p: nn.optim.RMSprop(p, momentum=0.5, centered=True),
    "Adamax": lambda p: nn.optim.Adamax(p),
    "NAdam": lambda p: nn.optim.NAdam(p),
    "RAdam": lambda p: nn.optim.RAdam(p),
    "ASGD": lambda p: nn.optim.ASGD(p, t0=3),
    "Rprop": lambda p: nn.optim.Rprop(p),
    "Adafactor": lambda p: nn.optim.Adafactor(p),
    "LBFGS": lambda p: nn.optim.LBFGS(p, max_iter=3, history_size=4),
}
SCHEDULERS: dict[str, Callable[[Any], Any]] = {
    "StepLR": lambda o: nn.optim.lr_scheduler.StepLR(o, 1, 0.5),
    "OneCycleLR": lambda o: nn.optim.lr_scheduler.OneCycleLR(o, 0.1, 10),
    "CosineAnnealingWarmRestarts": lambda o: nn.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
    "SequentialLR": lambda o: nn.optim.lr_scheduler.SequentialLR(
        o, [nn.optim.lr_scheduler.LinearLR(o), nn.optim.lr_scheduler.ExponentialLR(o, 0.5)], [3]
    ),
    "ReduceLROnPlateau": lambda o: nn.optim.lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5),
}


class Training:
    """A model with dropout and running statistics, its optimiser, its scheduler and its shuffled data."""

    def __init__(self, optimizer: str, scheduler: str, own_generator: bool, workers: int = 0) -> None:
        rng = np.random.default_rng(0)
        points = data.TensorDataset(ag.tensor(rng.standard_normal((26, 5)).astype(np.float32)), ag.arange(26) % 3)
        self.generator = ag.Generator().manual_seed(5) if own_generator else None
        self.loader: Any = data.DataLoader(points, 8, shuffle=True, generator=self.generator, num_workers=workers)
        ag.manual_seed(1)
        self.model = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.4), nn.Linear(8, 3))
        self.optimizer = OPTIMIZERS[optimizer](self.model.parameters())
        self.scheduler = SCHEDULERS[scheduler](self.optimizer)
        self.losses: list[float] = []

    def epoch(self) -> None:
        for x, y in self.loader:

            def closure(x: Any = x, y: Any = y) -> Any:
                self.optimizer.zero_grad()
                loss = nn.functional.cross_entropy(self.model(x), y)
                loss.backward()
                return loss

            self.losses.append(self.optimizer.step(closure).item())
        if isinstance(self.scheduler, nn.optim.lr_scheduler.ReduceLROnPlateau):
            self.scheduler.step(self.losses[-1])
        else:
            self.scheduler.step()

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(), "random": ag.get_rng_state(), "losses": self.losses,
            "generator": None if self.generator is None else ag.tensor(self.generator.get_state()),
        }  # fmt: skip
        ag.save(state, path)

    def load(self, path: Path) -> None:
        state = ag.load(path)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.losses = state["losses"]
        if self.generator is not None:
            self.generator.set_state(state["generator"].array)
        ag.set_rng_state(state["random"])

    def outcome(self) -> list[Any]:
        numbers = [*self.model.state_dict().values(), ag.get_rng_state()]
        rates = [group["lr"] for group in self.optimizer.param_groups]
        return [*self.losses, *rates, *(tensor.array.tobytes() for tensor in numbers)]


@pytest.mark.parametrize("own_generator", [False, True])
@pytest.mark.parametrize(
    ("optimizer", "scheduler"),
    [(name, "StepLR") for name in OPTIMIZERS] + [("Adam", name) for name in SCHEDULERS if name != "StepLR"],
)
def test_training_resumed_is_training_uninterrupted(
    optimizer: str, scheduler: str, own_generator: bool, tmp_path: Path
) -> None:
    whole = Training(optimizer, scheduler, own_generator)
    for _ in range(4):
        whole.epoch()

    first = Training(optimizer, scheduler, own_generator)
    for _ in range(2):
        first.epoch()
    first.save(tmp_path / "x.pt")
    first.epoch()  # goes on, and must not change what was saved
    ag.manual_seed(99)

    second = Training(optimizer, scheduler, own_generator)
    second.epoch()  # has a past of its own
    second.load(tmp_path / "x.pt")
    for _ in range(2):
        second.epoch()
    assert second.outcome() == whole.outcome()
    assert len(set(whole.losses)) > 4
    assert first.outcome() != whole.outcome()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers start with fork")
def test_resumed_with_workers(tmp_path: Path) -> None:
    whole = Training("SGD", "StepLR", False)
    for _ in range(3):
        whole.epoch()
    first = Training("SGD", "StepLR", False, workers=2)
    first.epoch()
    first.save(tmp_path / "x.pt")
    second = Training("SGD", "StepLR", False, workers=1)
    second.load(tmp_path / "x.pt")
    second.epoch()
    second.epoch()
    assert second.outcome() == whole.outcome()


def test_resumed_in_another_process(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.test_checkpoints import Training\n"
        "training = Training('Adam', 'OneCycleLR', False); path = Path(sys.argv[1])\n"
        "if path.exists(): training.load(path)\n"
        "training.epoch(); training.save(path)"
    )
    whole = Training("Adam", "OneCycleLR", False)
    for _ in range(2):
        whole.epoch()
        subprocess.run([sys.executable, "-c", program, tmp_path / "x.pt"], check=True, cwd=ROOT)
    resumed = Training("Adam", "OneCycleLR", False)
    resumed.load(tmp_path / "x.pt")
    assert resumed.outcome() == whole.outcome()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers start with fork")
def test_the_benchmark_runs(tmp_path: Path) -> None:
    times = files.checkpoint(ag, nn, files.MODELS["8 tensors, 66 kB"], tmp_path, 1)
    assert all(time > 0 for time in times.values())
    assert files.batches(data, (2, 3), 4, 1) > 0
