"""Batch and stochastic gradient descent, and a local optimum. 批量与随机梯度下降，局部最优

Items: 002-11.

1. MSE = (y − p)²/2, p = σ(wx + b): the path of (w, b) when a step sees all samples, a few, or one at random.
2. A cost with two valleys: where descent ends depends on where it starts; noise or momentum can carry it over the ridge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import pyplot, setting
from nn import optim


def samples() -> tuple[Tensor, Tensor]:
    random = np.random.RandomState(1)
    x = random.uniform(-3, 3, 60)
    return ag.tensor(x), ag.tensor(1 / (1 + np.exp(-(1.5 * x - 1))) + random.normal(0, 0.08, 60))


def path(x: Tensor, y: Tensor, batch: int, steps: int) -> tuple[Tensor, float]:
    """The (w, b) that are visited, and the cost of all samples at the end."""
    ag.manual_seed(0)
    theta = ag.tensor([-1.0, 1.5], dtype=ag.float64, requires_grad=True)
    visited = [theta.detach().clone()]

    def cost(rows: Tensor) -> Tensor:
        return ((y[rows] - ag.sigmoid(theta[0] * x[rows] + theta[1])) ** 2 / 2).mean()

    for _ in range(steps):
        (gradient,) = ag.grad(cost(ag.randperm(len(x))[:batch]), theta)
        with ag.no_grad():
            theta -= 2.0 * gradient
        visited.append(theta.detach().clone())
    return ag.stack(visited), cost(ag.arange(len(x))).item()


def two_valleys(v: Tensor) -> Tensor:
    return 0.1 * v**4 - 0.6 * v**2 + 0.25 * v


def descend(start: float, momentum: float, steps: int = 1500) -> list[float]:
    v = ag.tensor(start, dtype=ag.float64, requires_grad=True)
    optimizer = optim.SGD([v], lr=0.01, momentum=momentum)
    visited = [v.item()]
    for _ in range(steps):
        optimizer.zero_grad()
        two_valleys(v).backward()
        optimizer.step()
        visited.append(v.item())
    return visited


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    x, y = samples()
    figure, (left, right) = pyplot(2, width=4.8)
    for batch, name in ((1, "one at a time"), (8, "mini-batches of 8"), (60, "the whole batch")):
        visited, cost = path(x, y, batch, 60 if run.quick else 200)
        left.plot(*visited.T, linewidth=1, label=name)
        print(f"{name:18} ends at (w, b) = {visited[-1].numpy().round(3)}, cost {cost:.5f}")
    left.plot(1.5, -1, "k+")
    left.set(title="The path of (w, b)", xlabel="w", ylabel="b")
    left.legend()

    v = ag.linspace(-2.6, 2.4, 201, dtype=ag.float64)
    right.plot(v, two_valleys(v), color="#888")
    runs: list[tuple[str, Callable[[], list[float]]]] = [
        ("from −2.3", lambda: descend(-2.3, 0)),
        ("from 2.4: a local optimum", lambda: descend(2.4, 0)),
        ("from 2.4 with momentum .98", lambda: descend(2.4, 0.98)),
    ]
    for name, descent in runs:
        visited_v = descent()
        right.plot(visited_v[-1], two_valleys(ag.tensor(visited_v[-1])).item(), "o", label=name)
        print(f"{name:27} ends at v = {visited_v[-1]:.3f}")
    right.set(title="Where descent ends", xlabel="v", ylabel="C(v)")
    right.legend(fontsize="small")
    run.save(figure, "paths")


if __name__ == "__main__":
    main()
