"""A whole training against PyTorch: from the seed to the last step the same losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import data

torch = pytest.importorskip("torch")
torch_data = pytest.importorskip("torch.utils.data")

SIDES = [(ag, nn, nn.optim, data), (torch, torch.nn, torch.optim, torch_data)]
STEPS = 300


def train(seed: int, optimizer: str, library: Any, layers: Any, optim: Any, data: Any, dtype: str) -> list[float]:
    library.manual_seed(seed)
    library.set_default_dtype(getattr(library, dtype))
    try:
        x = library.randn(640, 20)
        y = (x[:, :3].sum(1) > 0).long() + (x[:, 3] > 1).long()
        model = layers.Sequential(
            layers.Linear(20, 64), layers.ReLU(), layers.Dropout(0.2), layers.Linear(64, 32), layers.Tanh(),
            layers.Linear(32, 3),
        )  # fmt: skip
        loss_of = layers.CrossEntropyLoss()
        make = {
            "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
            "AdamW": lambda p: optim.AdamW(p, lr=1e-3),
            "Adagrad": lambda p: optim.Adagrad(p, lr=0.02),
        }
        optimizer = make[optimizer](model.parameters())
        scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
        loader = data.DataLoader(data.TensorDataset(x, y), batch_size=32, shuffle=True)
        losses: list[float] = []
        while len(losses) < STEPS:
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss = loss_of(model(inputs), targets)
                loss.backward()
                if len(losses) % 3 == 0:
                    layers.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                losses.append(loss.item())
            scheduler.step()
        model.eval()
        with library.no_grad():
            losses.append((model(x).argmax(1) == y).float().mean().item())
        return losses
    finally:
        library.set_default_dtype(library.float32)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW", "Adagrad"])
def test_three_hundred_steps(seed: int, optimizer: str) -> None:
    ours, theirs = (train(seed, optimizer, *side, dtype="float32") for side in SIDES)
    assert np.abs(np.subtract(ours, theirs)).max() < 1e-5


def test_three_hundred_steps_in_double_precision() -> None:
    ours, theirs = (train(5, "SGD", *side, dtype="float64") for side in SIDES)
    assert np.abs(np.subtract(ours, theirs)).max() < 1e-12
