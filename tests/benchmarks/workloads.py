"""What is timed. Each workload stands here twice: by hand in NumPy, and as a PyTorch program.

The program is written once; a `Library` says whose `torch`, `nn` and `optim` it runs on. All contenders
start from the same parameters, see the same batch and compute the loss as well as the update. Hand-written
means: as a good NumPy programmer writes it, in place where that is natural, without an engine's tricks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain as joined
from itertools import pairwise
from math import sqrt, tanh
from typing import Any

import numpy as np

from .harness import Array, Contender, Step, Target, Workload
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


class DropoutByHand(ByHand):
    """ReLU, dropout, softmax with cross entropy, Adam.

    The masks come from PyTorch's stream, as cheaply as NumPy yields it: all contenders drop the same units.
    """

    def setup(self) -> Step:
        x, labels = self.problem.inputs, self.problem.targets
        w1, b1, w2, b2 = parameters = self.fresh_parameters()
        update = adam_by_hand(parameters)
        rows, draw = np.arange(len(x)), bits(SEED)

        def step() -> None:
            z = x @ w1.T
            z += b1
            mask = keep_half(draw(z.shape)).astype(z.dtype)
            mask *= 2
            h = np.maximum(z, 0)
            h *= mask
            logits = h @ w2.T
            logits += b2
            logits -= logits.max(1, keepdims=True)
            exp = np.exp(logits)
            total = exp.sum(1, keepdims=True)
            self.loss = (np.log(total[:, 0]) - logits[rows, labels]).mean()

            d2 = exp / total
            d2[rows, labels] -= 1
            d2 /= len(x)
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


def descend(parameters: list[Array], lr: float, gradients: Sequence[Array]) -> None:
    """A step of gradient descent."""
    for p, g in zip(parameters, gradients, strict=True):
        p -= lr * g


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


WORKLOADS: dict[str, Callable[[Sequence[Library]], Workload]] = {
    "1a": sigmoid_network,
    "1a-f64": partial(sigmoid_network, dtype="float64"),
    "1b": dropout_network,
    "1d": tanh_network,
    "1d-adam": partial(tanh_network, adam=True),
    "1e": chain,
    "1es": scalars,
}
