"""The diamond and the square: a 3-4-1 net trained with gradients by hand. 菱形与方形数据：手写梯度的 3-4-1 网络

Items: 002-13.

Points of [−1, 1]² and a constant 1 as a third input; class 1 where |x| + |y| < 1 (the diamond) or max(|x|, |y|) < ½ (the square).
The gradients are those of the slides, held against the engine before training: ŷ − y at the output, back through σ′ = σ(1 − σ).
(The slides' `forward_pass(W1, …)` reads the global W_1; their printed accuracies come from 500 points, not 50.)

Numbers to expect for the diamond, 500 points, 5000 steps of rate .001, over 20 seeds: loss .137 to .302 (median .186), accuracy
.846 to .986 (median .950).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import autograd_core as ag
from examples import pyplot, setting

Array = npt.NDArray[np.float64]


def sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def data(kind: str, count: int, random: np.random.RandomState) -> tuple[Array, Array]:
    x = np.concatenate((random.uniform(-1, 1, size=(count, 2)), np.ones((count, 1))), axis=1)
    inside = abs(x[:, 0]) + abs(x[:, 1]) < 1 if kind == "diamond" else np.maximum(abs(x[:, 0]), abs(x[:, 1])) < 0.5
    return x, inside.astype(float)


def forward_pass(w_1: Array, w_2: Array, x: Array, y: Array) -> tuple[Array, tuple[Array, Array]]:
    """The predictions and the gradients of the summed log loss with respect to w_1 (3 × 4) and w_2 (4)."""
    a_2 = sigmoid(x @ w_1)
    y_pred = sigmoid(a_2 @ w_2)
    j_z_3 = y_pred - y
    j_z_2 = np.outer(j_z_3, w_2) * a_2 * (1 - a_2)
    return y_pred, (x.T @ j_z_2, a_2.T @ j_z_3)


def loss_fn(y: Array, y_pred: Array) -> float:
    return float(-np.mean(y * np.log(y_pred) + (1 - y) * np.log(1 - y_pred)))


def train(
    kind: str, count: int, steps: int, seed: int, log: bool = False
) -> tuple[Array, Array, list[float], list[float]]:
    """The weights, and the loss and accuracy of every step."""
    random = np.random.RandomState(seed)
    x, y = data(kind, count, random)
    w_1, w_2 = random.uniform(-1, 1, size=(3, 4)), random.uniform(-1, 1, size=4)
    losses, accuracies = [], []
    for step in range(steps):
        y_pred, (g_1, g_2) = forward_pass(w_1, w_2, x, y)
        w_1, w_2 = w_1 - 0.001 * g_1, w_2 - 0.001 * g_2
        losses.append(loss_fn(y, y_pred))
        accuracies.append(float(np.mean((y_pred >= 0.5) == y)))
        if log and step % 200 == 0:
            print(f"iteration {step}, log loss is {losses[-1]:.4f}, accuracy is {accuracies[-1]:.3f}")
    return w_1, w_2, losses, accuracies


def hold_against_the_engine() -> None:
    random = np.random.RandomState(0)
    x, y = data("diamond", 50, random)
    w_1, w_2 = random.uniform(-1, 1, size=(3, 4)), random.uniform(-1, 1, size=4)
    v_1, v_2 = ag.tensor(w_1, requires_grad=True), ag.tensor(w_2, requires_grad=True)
    logits = ag.sigmoid(ag.tensor(x) @ v_1) @ v_2
    engine = ag.grad(ag.binary_cross_entropy_with_logits(logits, ag.tensor(y), reduction="sum"), [v_1, v_2])
    _, by_hand = forward_pass(w_1, w_2, x, y)
    worst = max(float(abs(one - two.numpy()).max()) for one, two in zip(by_hand, engine, strict=True))
    print(f"gradients by hand and by the engine differ by {worst:.1e}")
    assert worst < 1e-12


def decision_map(axes: Any, w_1: Array, w_2: Array) -> None:
    side = np.linspace(-1, 1, 101)
    grid = np.stack([*np.meshgrid(side, side), np.ones((101, 101))], -1)
    says = sigmoid(sigmoid(grid @ w_1) @ w_2)
    axes.pcolormesh(side, side, says, vmin=0, vmax=1, shading="nearest", rasterized=True)
    axes.contour(side, side, says, levels=[0.5], colors="k", linewidths=1)


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    hold_against_the_engine()
    steps = 1000 if run.quick else 5000
    figure, axes = pyplot(3, 2, width=3.3, height=3)
    for row, kind in zip(axes, ("diamond", "square"), strict=True):
        print(f"the {kind}, 500 points")
        w_1, w_2, losses, accuracies = train(kind, 500, steps, seed=1, log=True)
        x, y = data(kind, 500, np.random.RandomState(1))
        for label, marker, colour in ((1, "o", "#483d8b"), (0, "x", "#d2691e")):
            row[0].plot(*x[y == label, :2].T, marker, color=colour, markersize=3, label=f"class {label}")
        row[0].set(title=f"The {kind}", aspect="equal")
        row[1].plot(losses, label="log loss")
        row[1].plot(accuracies, label="accuracy")
        row[1].set(xlabel="step", ylim=(0, 1.02), title="Training")
        row[1].legend()
        decision_map(row[2], w_1, w_2)
        row[2].set(title="Decision map", aspect="equal")
    run.save(figure, "diamond-and-square")


if __name__ == "__main__":
    main()
