"""What looking for NumPy's writes costs: `python -m tests.benchmarks.watching`.

The training step of workload 1a, with `set_detect_numpy_writes` off and on, its batch given in three ways: tensors of their
own (nothing is shared with NumPy, so nothing is compared), slices of an array through from_numpy, and a DataLoader over
a TensorDataset of arrays.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from nn import data, optim

from .harness import Array, Contender, Step, Target, Workload, measure

BATCH, COUNT = 10, 2000
Batches = Iterator[tuple[ag.Tensor, ag.Tensor]]


def tensors(x: Array, y: Array) -> Batches:
    """One batch that shares nothing with NumPy."""
    batch = ag.tensor(x[:BATCH]), ag.tensor(y[:BATCH])
    while True:
        yield batch


def slices(x: Array, y: Array) -> Batches:
    """Slices of the arrays, as loops by hand take them."""
    while True:
        for i in range(0, COUNT, BATCH):
            yield ag.from_numpy(x[i : i + BATCH]), ag.from_numpy(y[i : i + BATCH])


def loader(x: Array, y: Array) -> Batches:
    """A DataLoader over tensors that share the arrays' memory."""
    batches = data.DataLoader(data.TensorDataset(ag.from_numpy(x), ag.from_numpy(y)), BATCH)
    while True:
        yield from batches


class Fed(Contender):
    """Workload 1a's step on a feed of batches."""

    def __init__(self, feed: Callable[[Array, Array], Batches], detecting: bool) -> None:
        self.feed, self.detecting = feed, detecting
        self.name = "on" if detecting else "off"
        self.model: Any = None

    def setup(self) -> Step:
        ag.set_detect_numpy_writes(self.detecting)
        ag.manual_seed(0)
        rng = np.random.default_rng(0)
        x, y = (rng.random((COUNT, n), np.float32) for n in (784, 10))
        self.model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
        optimizer = optim.SGD(self.model.parameters(), lr=3.0)
        batches = self.feed(x, y)

        def step() -> None:
            inputs, targets = next(batches)
            loss = F.mse_loss(self.model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return step

    def state(self) -> list[Array]:
        return [parameter.detach().clone().numpy() for parameter in self.model.parameters()]


def workload(feed: Callable[[Array, Array], Batches]) -> Workload:
    """The step with the checks off (the base) and on."""
    return Workload(
        f"1a, fed by {feed.__name__}",
        "784-30-10 sigmoid, squared error, batch 10, SGD, float32",
        (Fed(feed, False), Fed(feed, True)),
        (Target("on", "off", 1.05),),
        tolerance=0,
    )


def main(rounds: int = 25) -> None:
    """Print the ratios."""
    try:
        for feed in (tensors, slices, loader):
            print(*measure(workload(feed), rounds).lines(), sep="\n", flush=True)
    finally:
        ag.set_detect_numpy_writes(True)


if __name__ == "__main__":
    if os.environ.get("OMP_NUM_THREADS") == "1":
        main()
    else:  # BLAS reads it when NumPy is imported
        os.execve(
            sys.executable, [sys.executable, "-m", "tests.benchmarks.watching"], os.environ | {"OMP_NUM_THREADS": "1"}
        )
