"""What the workloads have in common: a problem, and how a network is trained on it by hand and as a PyTorch program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod, sqrt
from typing import Any

import numpy as np

from .harness import Array, Contender, Step, Target
from .libraries import Library

SEED = 7
AT_MOST_BY_HAND = (Target("autograd", "hand", 1.05),)


@dataclass(frozen=True)
class Problem:
    """A batch and the parameters to start from: weight (out, in) and bias of each layer in turn."""

    inputs: Array
    targets: Array
    parameters: list[Array]

    @classmethod
    def draw(cls, sizes: Sequence[int], batch: int, dtype: str, classes: bool = False) -> Problem:
        """Random, always the same; targets are class numbers or values in [0, 1)."""
        rng = np.random.default_rng(SEED)
        parameters = []
        for n_in, n_out in pairwise(sizes):
            bound = 1 / sqrt(n_in)
            parameters += [rng.uniform(-bound, bound, (n_out, n_in)), rng.uniform(-bound, bound, n_out)]
        inputs = rng.random((batch, sizes[0]))
        values = rng.random((batch, sizes[-1])).astype(dtype)
        targets = rng.integers(sizes[-1], size=batch) if classes else values
        return cls(inputs.astype(dtype), targets, [p.astype(dtype) for p in parameters])

    @classmethod
    def of_shapes(
        cls, shapes: Sequence[tuple[int, ...]], inputs: tuple[int, ...], targets: tuple[int, ...], classes: int = 0
    ) -> Problem:
        """Parameters and a batch of these shapes, in float32; what is no matrix or kernel starts near 1."""
        rng = np.random.default_rng(SEED)
        parameters = [
            rng.uniform(-1, 1, shape) / sqrt(prod(shape[1:])) if len(shape) > 1 else rng.uniform(0.9, 1.1, shape)
            for shape in shapes
        ]
        batch = rng.standard_normal(inputs).astype("float32")
        wanted = rng.integers(classes, size=targets) if classes else rng.standard_normal(targets).astype("float32")
        return cls(batch, wanted, [parameter.astype("float32") for parameter in parameters])


class ByHand(Contender):
    """Base of the hand-written networks: steps update `parameters` in place and set `loss`."""

    name = "hand"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.parameters: list[Array] = []
        self.loss: Any = None

    def fresh_parameters(self) -> list[Array]:
        """Copies of the parameters to start from."""
        self.parameters = [p.copy() for p in self.problem.parameters]
        return self.parameters

    def state(self) -> list[Array]:
        return [*self.parameters, np.asarray(self.loss)]


@dataclass
class Program(Contender):
    """A PyTorch program: one step is the five lines that every training loop repeats."""

    library: Library
    problem: Problem
    model: Callable[[Any], Any]  # given `nn`
    loss: Callable[[Any], Callable[[Any, Any], Any]]  # given `nn.functional`
    optimizer: Callable[[Any, Any], Any]  # given `optim` and the parameters
    checked: bool = True
    network: Any = None
    last_loss: Any = None

    def __post_init__(self) -> None:
        self.name = self.library.name

    def setup(self) -> Step:
        lib, torch = self.library, self.library.torch
        torch.manual_seed(SEED)
        inputs, targets = torch.tensor(self.problem.inputs), torch.tensor(self.problem.targets)
        self.network = model = self.model(lib.nn).to(inputs.dtype)
        with torch.no_grad():
            for parameter, start in zip(model.parameters(), self.problem.parameters, strict=True):
                parameter.copy_(torch.tensor(start))
        criterion, optimizer = self.loss(lib.functional), self.optimizer(lib.optim, model.parameters())
        torch.manual_seed(SEED)

        def step() -> None:
            loss = criterion(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            self.last_loss = loss

        return step

    def state(self) -> list[Array]:
        return [np.array(t.detach().numpy()) for t in (*self.network.parameters(), self.last_loss)]


# ---------------------------------------------------------------- what several do by hand


def cross_entropy(logits: Array, labels: Array) -> tuple[Any, Array]:
    """The mean cross entropy of softmax, and its gradient with respect to the logits, which it uses up."""
    rows = np.arange(len(logits))
    logits -= logits.max(1, keepdims=True)
    exp = np.exp(logits)
    total = exp.sum(1, keepdims=True)
    loss = (np.log(total[:, 0]) - logits[rows, labels]).mean()
    exp /= total
    exp[rows, labels] -= 1
    exp /= len(logits)
    return loss, exp


def descend(parameters: list[Array], lr: float, gradients: Sequence[Array]) -> None:
    """A step of gradient descent."""
    for p, g in zip(parameters, gradients, strict=True):
        p -= lr * g


def momentum_by_hand(parameters: list[Array], lr: float) -> Callable[[Sequence[Array]], None]:
    """Gradient descent with momentum."""
    velocities = [np.zeros_like(p) for p in parameters]

    def update(gradients: Sequence[Array]) -> None:
        for p, g, v in zip(parameters, gradients, velocities, strict=True):
            v *= 0.9
            v += g
            p -= lr * v

    return update


def adam_by_hand(parameters: list[Array]) -> Callable[[Sequence[Array]], None]:
    """A step of Adam by the gradients, which it uses up."""
    first, second = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    lr, beta1, beta2, eps, t = 1e-3, 0.9, 0.999, 1e-8, 0

    def update(gradients: Sequence[Array]) -> None:
        nonlocal t
        t += 1
        for p, g, m, v in zip(parameters, gradients, first, second, strict=True):
            m *= beta1
            m += (1 - beta1) * g
            v *= beta2
            g *= g
            g *= 1 - beta2
            v += g
            update = np.sqrt(v)
            update /= sqrt(1 - beta2**t)
            update += eps
            np.divide(m, update, out=update)
            update *= lr / (1 - beta1**t)
            p -= update

    return update
