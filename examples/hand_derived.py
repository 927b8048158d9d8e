"""Backpropagation by hand beside the engine, and a mistake found in a derivation. 手推反向传播与引擎对照

Items: 000-10, 001-19.

    python -m examples.hand_derived              about two seconds
    python -m examples.hand_derived --quick      fewer updates

1. The five BP steps of 000-10, printed one by one for a 3-3-2 net.
2. Nielsen's Network of 001-19, its errors mended (`zs[-l]`; `activation`), trained beside the engine: after 300
   updates of the same mini-batches the weights differ by less than 1e-12.
3. The diamond of 002-13: Hu's 3-4-1 net with his hand-derived gradients beside the engine, 300 steps, below 1e-12.
   (Much longer runs are no test: rounding grows to 1e-5 in 5000 steps.)
4. An exercise with a planted mistake, and what `nn.backprop` says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import autograd_core as ag
import nn
from examples import setting
from nn import optim
from nn.backprop import NOTATIONS, Loss, Net, backprop, compare, make_exercise, table
from nn.backprop.report import heading

Array = npt.NDArray[np.float64]


def sigmoid(z: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


def sigmoid_prime(z: Array) -> Array:
    return sigmoid(z) * (1 - sigmoid(z))


# ---- 1. The five steps (000-10)


def five_steps() -> None:
    """Each step with its formula in Li Ge's notation, the numbers, and the engine's gradients beside them."""
    li = NOTATIONS["li"]
    net, loss = Net.random([3, 3, 2], seed=2), Loss("squared", half=True)
    x, t, alpha = np.array([[0.5, 0.8, 0.2]]), np.array([[1.0, 0.0]]), 0.1
    p = backprop(net, loss, x, t)
    equations = li.equations()
    with np.printoptions(precision=6, suppress=True):
        print("Step 1: the activations of every layer, z^(l) = W^(l) a^(l-1) + b^(l), a^(l) = f(z^(l))")
        for l in (1, 2):
            print(f"  {li.z(l)} = {p.z[l][0]}   {li.a(l)} = {p.a[l][0]}")
        print(f"Step 2: {equations[0]}\n  {li.delta(2)} = {p.delta[2][0]}")
        print(f"  {li.worked(net, loss, p, t, 'BP1', 2)}")
        print(f"Step 3: {equations[1]}\n  {li.delta(1)} = {p.delta[1][0]}")
        print(f"  {li.worked(net, loss, p, t, 'BP2', 1)}")
        print(f"Step 4: {equations[3]};  {equations[2]}")
        print(f"  {li.worked(net, loss, p, t, 'BP4', 1, unit=1, other=2)}")
        weights, biases = engine_gradients(net, x, t)
        for l in (1, 2):
            worst = max(abs(p.dW[l] - weights[l - 1]).max(), abs(p.db[l] - biases[l - 1]).max())
            print(f"  layer {l}: by hand and by the engine differ by {worst:.1e}")
            assert worst < 1e-14
        stepped = Net(
            tuple(w - alpha * p.dW[l] for l, w in enumerate(net.weights, start=1)),
            tuple(None if b is None else b - alpha * p.db[l] for l, b in enumerate(net.biases, start=1)),
            net.activations,
        )
        after = backprop(stepped, loss, x, t).cost
        print(
            f"Step 5: w ← w − α ∂J/∂w, b ← b − α ∂J/∂b, α = {alpha}: the cost falls from {p.cost:.6f} to {after:.6f}\n"
        )


def engine_gradients(net: Net, x: Array, t: Array) -> tuple[list[Array], list[Array]]:
    """dW and db of half the squared error, by the engine."""
    weights = [ag.tensor(w, requires_grad=True) for w in net.weights]
    biases = [ag.tensor(b, requires_grad=True) for b in net.biases]
    a = ag.tensor(x)
    for w, b in zip(weights, biases, strict=True):
        a = ag.sigmoid(a @ w.T + b)
    gradients = ag.grad(0.5 * ((a - ag.tensor(t)) ** 2).sum(), [*weights, *biases])
    arrays = [g.numpy() for g in gradients]
    return arrays[: net.depth], arrays[net.depth :]


# ---- 2. Nielsen's Network (001-19)


class Network:
    """The slides' class in Python 3, with `zs[-l]` for `zs[-1]` and the lost assignment to `activation`."""

    def __init__(self, sizes: Sequence[int], rng: np.random.Generator) -> None:
        self.num_layers = len(sizes)
        self.biases = [rng.normal(size=(y, 1)) for y in sizes[1:]]
        self.weights = [rng.normal(size=(y, x)) for x, y in zip(sizes[:-1], sizes[1:], strict=True)]

    def update_mini_batch(self, mini_batch: Sequence[tuple[Array, Array]], eta: float) -> None:
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b, strict=True)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w, strict=True)]
        self.weights = [w - (eta / len(mini_batch)) * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - (eta / len(mini_batch)) * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def backprop(self, x: Array, y: Array) -> tuple[list[Array], list[Array]]:
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations, zs = [x], []
        for b, w in zip(self.biases, self.weights, strict=True):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sigmoid_prime(zs[-l])
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return nabla_b, nabla_w


def nielsen_beside_the_engine(updates: int) -> float:
    """The largest difference of any weight or bias after the same mini-batches."""
    rng = np.random.default_rng(0)
    sizes, eta, size = [20, 12, 8, 4], 3.0, 10
    by_hand = Network(sizes, rng)
    model = nn.Sequential(
        nn.Linear(20, 12), nn.Sigmoid(), nn.Linear(12, 8), nn.Sigmoid(), nn.Linear(8, 4), nn.Sigmoid()
    ).double()
    linear: list[Any] = [module for module in model.modules() if isinstance(module, nn.Linear)]
    with ag.no_grad():
        for module, w, b in zip(linear, by_hand.weights, by_hand.biases, strict=True):
            module.weight.copy_(ag.tensor(w))
            module.bias.copy_(ag.tensor(b[:, 0]))
    optimizer = optim.SGD(model.parameters(), lr=eta)
    xs = rng.uniform(size=(updates * size, 20))
    ys = np.eye(4)[rng.integers(0, 4, size=len(xs))]
    first = compare(by_hand, "half", xs[:3], ys[:3], backprop=by_hand.backprop, notation="nielsen", inputs="rows")
    print(f"Nielsen's backprop on three samples: {'right' if first.ok else first.explain()}")
    for k in range(0, len(xs), size):
        x, y = xs[k : k + size], ys[k : k + size]
        by_hand.update_mini_batch([(a[:, None], b[:, None]) for a, b in zip(x, y, strict=True)], eta)
        optimizer.zero_grad()
        cost = ((model(ag.tensor(x)) - ag.tensor(y)) ** 2).sum() / (2 * size)
        cost.backward()
        optimizer.step()
    pairs = zip(linear, by_hand.weights, by_hand.biases, strict=True)
    return max(
        max(
            float(abs(module.weight.detach().numpy() - w).max()),
            float(abs(module.bias.detach().numpy() - b[:, 0]).max()),
        )
        for module, w, b in pairs
    )


# ---- 3. Hu's diamond (002-13)


def forward_pass(w_1: Array, w_2: Array, x_mat: Array, y: Array) -> tuple[Array, tuple[Array, Array]]:
    """The slides' listing, which used the global W_1 for its argument W1."""
    z_2 = np.dot(x_mat, w_1)
    a_2 = sigmoid(z_2)
    y_pred = sigmoid(np.dot(a_2, w_2)).reshape((len(x_mat),))
    j_z_3_grad = -y + y_pred
    j_w_2_grad = np.dot(j_z_3_grad, a_2)
    a_2_z_2_grad = sigmoid(z_2) * (1 - sigmoid(z_2))
    j_w_1_grad = (np.dot(j_z_3_grad.reshape(-1, 1), w_2.reshape(-1, 1).T) * a_2_z_2_grad).T.dot(x_mat).T
    return y_pred, (j_w_1_grad, j_w_2_grad)


def diamond_beside_the_engine(steps: int) -> float:
    """The largest difference of any weight after the same steps of gradient descent."""
    rng = np.random.default_rng(1)
    x_mat = np.concatenate((rng.uniform(-1, 1, size=(50, 2)), np.ones((50, 1))), axis=1)
    y = ((abs(x_mat[:, 0]) + abs(x_mat[:, 1])) < 1).astype(np.float64)
    w_1, w_2 = rng.uniform(-1, 1, size=(3, 4)), rng.uniform(-1, 1, size=4)
    _, (g_1, g_2) = forward_pass(w_1, w_2, x_mat, y)
    report = compare([w_1, w_2[:, None]], "binary", x_mat, y, dW=[g_1, g_2], notation="hu")
    print(f"Hu's gradients: {'right' if report.ok else report.explain()}")
    v_1, v_2 = (ag.tensor(w, requires_grad=True) for w in (w_1, w_2))
    inputs, targets, rate = ag.tensor(x_mat), ag.tensor(y), 0.001
    for _ in range(steps):
        _, (g_1, g_2) = forward_pass(w_1, w_2, x_mat, y)
        w_1, w_2 = w_1 - rate * g_1, w_2 - rate * g_2
        logits = ag.sigmoid(inputs @ v_1) @ v_2
        cost = ag.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
        d_1, d_2 = ag.grad(cost, [v_1, v_2])
        with ag.no_grad():
            v_1 -= rate * d_1
            v_2 -= rate * d_2
    return max(float(abs(v_1.detach().numpy() - w_1).max()), float(abs(v_2.detach().numpy() - w_2).max()))


# ---- 4. A mistake


def exercise() -> None:
    """A wrong derivation in Nielsen's notation, and what is said of it."""
    task = make_exercise(seed=11, notation="nielsen")
    print(task.text())
    report = task.report()
    print(table(report, colour=False), report.explain(), sep="\n\n")
    equation, l, _, fault = task.key[0]
    assert report.first is not None
    assert (report.first.equation, report.first.layer) == (equation, l)
    print(f"\nPlanted: {heading(report, report.first)}, {fault}.")


def main(arguments: Sequence[str] | None = None) -> None:
    updates = 30 if setting(__doc__, arguments).quick else 300
    five_steps()
    for name, run in (("Nielsen's Network", nielsen_beside_the_engine), ("Hu's diamond", diamond_beside_the_engine)):
        worst = run(updates)
        print(f"{name} beside the engine, {updates} updates: largest difference {worst:.1e}\n")
        assert worst <= 1e-12
    exercise()


if __name__ == "__main__":
    main()
