"""Fully connected networks as workloads, by hand in NumPy and as PyTorch programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from .contenders import (
    AT_MOST_BY_HAND,
    SEED,
    ByHand,
    Problem,
    Program,
    adam_by_hand,
    cross_entropy,
    descend,
    momentum_by_hand,
)
from .harness import Array, Step, Workload
from .libraries import Library

# 1a: two layers of sigmoids, as in Nielsen's book


class SigmoidByHand(ByHand):
    """Two sigmoid layers, squared error, gradient descent."""

    def setup(self) -> Step:
        x, y, lr = self.problem.inputs, self.problem.targets, 3.0
        w1, b1, w2, b2 = self.fresh_parameters()

        def sigmoid(z: Array) -> Array:
            return 1 / (1 + np.exp(-z))

        def step() -> None:
            nonlocal w1, b1, w2, b2
            a1 = sigmoid(x @ w1.T + b1)
            a2 = sigmoid(a1 @ w2.T + b2)
            error = a2 - y
            self.loss = np.vdot(error, error) / error.size

            d2 = error * (2 / error.size) * a2 * (1 - a2)
            d1 = (d2 @ w2) * a1 * (1 - a1)
            w2 -= lr * (d2.T @ a1)
            b2 -= lr * d2.sum(0)
            w1 -= lr * (d1.T @ x)
            b1 -= lr * d1.sum(0)

        return step


def sigmoid_network(
    libraries: Sequence[Library],
    sizes: Sequence[int] = (784, 30, 10),
    batch: int = 10,
    dtype: str = "float32",
) -> Workload:
    """1a: small matrices, where an engine's overhead shows beside the products."""
    problem = Problem.draw(sizes, batch, dtype)

    def model(nn: Any) -> Any:
        return nn.Sequential(nn.Linear(*sizes[:2]), nn.Sigmoid(), nn.Linear(*sizes[1:]), nn.Sigmoid())

    def program(lib: Library) -> Program:
        return Program(
            lib,
            problem,
            model,
            lambda functional: functional.mse_loss,
            lambda optim, parameters: optim.SGD(parameters, lr=3.0),
        )

    return Workload(
        "1a" if dtype == "float32" else "1a-f64",
        f"{'-'.join(map(str, sizes))} sigmoid, squared error, batch {batch}, SGD, {dtype}",
        (SigmoidByHand(problem), *map(program, libraries)),
        AT_MOST_BY_HAND,
        tolerance=1e-4 if dtype == "float32" else 1e-10,
    )


# 1b: the everyday classifier


def bits(seed: int) -> Callable[[Sequence[int]], Array]:
    """PyTorch's stream of random 64-bit integers: MT19937 in its classic initialisation, high word first."""
    twister = np.random.MT19937()
    state: Any = np.random.RandomState(seed).get_state(legacy=False)
    twister.state = state
    generator = np.random.Generator(twister)
    return lambda shape: generator.integers(2**64 - 1, size=tuple(shape), dtype=np.uint64, endpoint=True)


def keep_half(integers: Array) -> Array:
    """Dropout's mask at p = .5: an element is kept if its low 53 bits, as a fraction, are below a half."""
    kept: Array = (integers & np.uint64(2**52)) == 0
    return kept


def draws_the_stream(torch: Any, n: int = 1000) -> bool:
    """Whether PyTorch draws dropout from its own generator (on Intel CPUs it may draw from MKL's)."""
    torch.manual_seed(SEED)
    return np.array_equal(torch.ones(n).bernoulli_(0.5).numpy(), keep_half(bits(SEED)((n,))))


class DropoutByHand(ByHand):
    """ReLU, dropout, softmax with cross entropy, Adam.

    The masks come from PyTorch's stream, as cheaply as NumPy yields it: all contenders drop the same units.
    """

    def setup(self) -> Step:
        x, labels = self.problem.inputs, self.problem.targets
        w1, b1, w2, b2 = parameters = self.fresh_parameters()
        update = adam_by_hand(parameters)
        draw = bits(SEED)

        def step() -> None:
            z = x @ w1.T
            z += b1
            mask = keep_half(draw(z.shape)).astype(z.dtype)
            mask *= 2
            h = np.maximum(z, 0)
            h *= mask
            logits = h @ w2.T
            logits += b2
            self.loss, d2 = cross_entropy(logits, labels)

            d1 = d2 @ w2
            d1 *= mask
            d1 *= z > 0
            update((d1.T @ x, d1.sum(0), d2.T @ h, d2.sum(0)))

        return step


def dropout_network(
    libraries: Sequence[Library],
    sizes: Sequence[int] = (784, 300, 10),
    batch: int = 100,
) -> Workload:
    """1b: matrix products, random masks and Adam in about equal parts."""
    problem = Problem.draw(sizes, batch, "float32", classes=True)

    def model(nn: Any) -> Any:
        return nn.Sequential(nn.Linear(*sizes[:2]), nn.ReLU(), nn.Dropout(0.5), nn.Linear(*sizes[1:]))

    def program(lib: Library) -> Program:
        return Program(
            lib,
            problem,
            model,
            lambda functional: functional.cross_entropy,
            lambda optim, parameters: optim.Adam(parameters, lr=1e-3),
            checked=lib.name != "torch" or draws_the_stream(lib.torch),
        )

    return Workload(
        "1b",
        f"{'-'.join(map(str, sizes))} ReLU, dropout, softmax cross entropy, batch {batch}, Adam, float32",
        (DropoutByHand(problem), *map(program, libraries)),
        AT_MOST_BY_HAND,
        tolerance=1e-3,
    )


# 1c: large enough for the products to be all that counts


class WideByHand(ByHand):
    """Two wide ReLU layers and a linear one, softmax with cross entropy, momentum."""

    def setup(self) -> Step:
        x, labels = self.problem.inputs, self.problem.targets
        w1, b1, w2, b2, w3, b3 = parameters = self.fresh_parameters()
        update = momentum_by_hand(parameters, 0.01)

        def step() -> None:
            h1 = np.maximum(x @ w1.T + b1, 0)
            h2 = np.maximum(h1 @ w2.T + b2, 0)
            self.loss, d3 = cross_entropy(h2 @ w3.T + b3, labels)

            d2 = d3 @ w3
            d2 *= h2 > 0
            d1 = d2 @ w2
            d1 *= h1 > 0
            update((d1.T @ x, d1.sum(0), d2.T @ h1, d2.sum(0), d3.T @ h2, d3.sum(0)))

        return step


def wide_network(
    libraries: Sequence[Library], sizes: Sequence[int] = (784, 1024, 1024, 10), batch: int = 512
) -> Workload:
    """1c: a classifier of 1.9 million parameters."""
    problem = Problem.draw(sizes, batch, "float32", classes=True)

    def model(nn: Any) -> Any:
        first, second, third = (nn.Linear(*pair) for pair in pairwise(sizes))
        return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)

    def program(lib: Library) -> Program:
        return Program(
            lib,
            problem,
            model,
            lambda functional: functional.cross_entropy,
            lambda optim, parameters: optim.SGD(parameters, lr=0.01, momentum=0.9),
        )

    return Workload(
        "1c",
        f"{'-'.join(map(str, sizes))} ReLU, softmax cross entropy, batch {batch}, momentum, float32",
        (WideByHand(problem), *map(program, libraries)),
        AT_MOST_BY_HAND,
        tolerance=1e-3,
    )


# 1d: so small that only overhead is left


class TanhByHand(ByHand):
    """Two tanh layers and a linear one, squared error, gradient descent or Adam."""

    def __init__(self, problem: Problem, adam: bool) -> None:
        super().__init__(problem)
        self.adam = adam

    def setup(self) -> Step:
        x, y = self.problem.inputs, self.problem.targets
        w1, b1, w2, b2, w3, b3 = parameters = self.fresh_parameters()
        update = adam_by_hand(parameters) if self.adam else partial(descend, parameters, 0.1)

        def step() -> None:
            h1 = np.tanh(x @ w1.T + b1)
            h2 = np.tanh(h1 @ w2.T + b2)
            error = h2 @ w3.T + b3 - y
            self.loss = np.vdot(error, error) / error.size

            d3 = error * (2 / error.size)
            d2 = (d3 @ w3) * (1 - h2 * h2)
            d1 = (d2 @ w2) * (1 - h1 * h1)
            update((d1.T @ x, d1.sum(0), d2.T @ h1, d2.sum(0), d3.T @ h2, d3.sum(0)))

        return step


def tanh_network(
    libraries: Sequence[Library],
    sizes: Sequence[int] = (2, 16, 16, 1),
    batch: int = 32,
    adam: bool = False,
) -> Workload:
    """1d: a regression on a plane."""
    problem = Problem.draw(sizes, batch, "float32")

    def model(nn: Any) -> Any:
        return nn.Sequential(nn.Linear(*sizes[:2]), nn.Tanh(), nn.Linear(*sizes[1:3]), nn.Tanh(), nn.Linear(*sizes[2:]))

    def program(lib: Library) -> Program:
        return Program(
            lib,
            problem,
            model,
            lambda functional: functional.mse_loss,
            lambda optim, parameters: optim.Adam(parameters) if adam else optim.SGD(parameters, lr=0.1),
        )

    return Workload(
        "1d-adam" if adam else "1d",
        f"{'-'.join(map(str, sizes))} tanh, squared error, batch {batch}, {'Adam' if adam else 'SGD'}, float32",
        (TanhByHand(problem, adam), *map(program, libraries)),
        AT_MOST_BY_HAND,
        tolerance=1e-4,
    )


WORKLOADS: dict[str, Callable[[Sequence[Library]], Workload]] = {
    "1a": sigmoid_network,
    "1a-f64": partial(sigmoid_network, dtype="float64"),
    "1b": dropout_network,
    "1c": wide_network,
    "1d": tanh_network,
    "1d-adam": partial(tanh_network, adam=True),
}
