"""Many small operations as workloads: what a node of the graph costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from math import sqrt, tanh
from typing import Any

import numpy as np

from .contenders import SEED
from .harness import Array, Contender, Step, Target, Workload
from .libraries import Library

# 1e: the price of a node


class ChainByHand(Contender):
    """y = y * a, y = y + x, again and again: one array operation a node each way."""

    name = "hand"
    total: Any
    gradient: Array

    def __init__(self, a: Array, x: Array, length: int) -> None:
        self.a, self.x, self.pairs = a, x, length // 2

    def setup(self) -> Step:
        a, x, pairs = self.a, self.x, self.pairs

        def step() -> None:
            y = x
            for _ in range(pairs):
                y = y * a
                y = y + x
            self.total = y.sum()

            g, gradient = np.ones_like(x), np.zeros_like(x)
            for _ in range(pairs):
                gradient += g
                g = g * a
            self.gradient = gradient + g

        return step

    def state(self) -> list[Array]:
        return [self.gradient, np.asarray(self.total)]


class ChainProgram(Contender):
    """The same chain of operations on a tensor."""

    leaf: Any
    total: Any

    def __init__(self, library: Library, a: Array, x: Array, length: int) -> None:
        self.name, self.torch = library.name, library.torch
        self.a, self.x, self.pairs = a, x, length // 2

    def setup(self) -> Step:
        pairs, a = self.pairs, self.torch.tensor(self.a)
        self.leaf = x = self.torch.tensor(self.x, requires_grad=True)

        def step() -> None:
            y = x
            for _ in range(pairs):
                y = y * a
                y = y + x
            total = y.sum()
            x.grad = None
            total.backward()
            self.total = total

        return step

    def state(self) -> list[Array]:
        return [self.leaf.grad.numpy().copy(), self.total.detach().numpy()]


def chain(libraries: Sequence[Library], length: int = 10_000, width: int = 10) -> Workload:
    """1e: a long chain of small operations."""
    rng = np.random.default_rng(SEED)
    a, x = rng.uniform(0.99, 1, (2, width)).astype("float32")  # below 1, so that the sum converges
    return Workload(
        "1e",
        f"chain of {length:,} multiplications and additions on {width} numbers, float32",
        (ChainByHand(a, x, length), *(ChainProgram(lib, a, x, length) for lib in libraries)),
        (Target("autograd", "hand", 3.6), Target("autograd", "torch", 0.6)),
        tolerance=1e-3,
        nodes=length,
    )


# 1es: a network of scalars, as in micrograd


@dataclass(frozen=True)
class Scalars:
    """A network with one hidden layer and one output, every number by itself."""

    weights: list[list[float]]  # one row a neuron
    biases: list[float]
    outgoing: list[float]
    offset: float
    examples: list[tuple[list[float], float]]

    @classmethod
    def draw(cls, examples: int, inputs: int, hidden: int) -> Scalars:
        """Random, always the same."""
        rng = np.random.default_rng(SEED)
        bound = 1 / sqrt(inputs)
        weights, biases, outgoing = (
            rng.uniform(-bound, bound, shape).tolist() for shape in ((hidden, inputs), hidden, hidden)
        )
        data = [(rng.standard_normal(inputs).tolist(), float(rng.random())) for _ in range(examples)]
        return cls(weights, biases, outgoing, 0.1, data)


class ScalarsByHand(Contender):
    """On Python's floats: what the arithmetic alone costs."""

    name = "hand"
    result: tuple[Any, ...]

    def __init__(self, scalars: Scalars) -> None:
        self.scalars = scalars

    def setup(self) -> Step:
        s = self.scalars
        neurons = list(zip(s.weights, s.biases, s.outgoing, strict=True))

        def step() -> None:
            loss, d_offset = 0.0, 0.0
            d_weights = [[0.0] * len(row) for row in s.weights]
            d_biases, d_outgoing = [0.0] * len(neurons), [0.0] * len(neurons)
            for inputs, target in s.examples:
                output, activations = s.offset, []
                for row, bias, v in neurons:
                    z = bias
                    for w, x in zip(row, inputs, strict=True):
                        z = z + w * x
                    activations.append(a := tanh(z))
                    output = output + v * a
                error = output - target
                loss = loss + error * error

                d = 2 * error
                d_offset += d
                for i, a in enumerate(activations):
                    d_outgoing[i] += d * a
                    d_biases[i] += (dz := d * s.outgoing[i] * (1 - a * a))
                    d_row = d_weights[i]
                    for j, x in enumerate(inputs):
                        d_row[j] += dz * x
            self.result = loss, d_weights, d_biases, d_outgoing, d_offset

        return step

    def state(self) -> list[Array]:
        return [np.array(part) for part in self.result]


class ScalarsProgram(Contender):
    """On tensors without dimensions."""

    weights: list[list[Any]]
    biases: list[Any]
    outgoing: list[Any]
    offset: Any
    loss: Any

    def __init__(self, library: Library, scalars: Scalars) -> None:
        self.name, self.torch, self.scalars = library.name, library.torch, scalars

    def setup(self) -> Step:
        def parameter(value: float) -> Any:
            return self.torch.tensor(value, dtype=self.torch.float64, requires_grad=True)

        def constant(value: float) -> Any:
            return self.torch.tensor(value, dtype=self.torch.float64)

        s = self.scalars
        self.weights = [[parameter(w) for w in row] for row in s.weights]
        self.biases, self.outgoing = [parameter(b) for b in s.biases], [parameter(v) for v in s.outgoing]
        self.offset = parameter(s.offset)
        parameters = [*joined(*self.weights), *self.biases, *self.outgoing, self.offset]
        neurons = list(zip(self.weights, self.biases, self.outgoing, strict=True))
        examples = [([constant(x) for x in inputs], constant(target)) for inputs, target in s.examples]

        def step() -> None:
            loss = constant(0.0)
            for inputs, target in examples:
                output = self.offset
                for row, bias, v in neurons:
                    z = bias
                    for w, x in zip(row, inputs, strict=True):
                        z = z + w * x
                    output = output + v * z.tanh()
                error = output - target
                loss = loss + error * error
            for p in parameters:
                p.grad = None
            loss.backward()
            self.loss = loss

        return step

    def state(self) -> list[Array]:
        return [
            np.array(self.loss.item()),
            np.array([[w.grad.item() for w in row] for row in self.weights]),
            *(np.array([p.grad.item() for p in part]) for part in (self.biases, self.outgoing)),
            np.array(self.offset.grad.item()),
        ]


def scalars(libraries: Sequence[Library], examples: int = 20, inputs: int = 48, hidden: int = 50) -> Workload:
    """1es: a graph of about 100,000 scalars, every operand a tensor."""
    problem = Scalars.draw(examples, inputs, hidden)
    nodes = examples * (hidden * (2 * inputs + 3) + 3)
    return Workload(
        "1es",
        f"{nodes:,} scalar nodes: {examples} examples through {inputs}-{hidden}-1 tanh, float64",
        (ScalarsByHand(problem), *(ScalarsProgram(lib, problem) for lib in libraries)),
        (Target("autograd", "torch", 1 / 3),),
        tolerance=1e-9,
        nodes=nodes,
    )


WORKLOADS: dict[str, Callable[[Sequence[Library]], Workload]] = {"1e": chain, "1es": scalars}
