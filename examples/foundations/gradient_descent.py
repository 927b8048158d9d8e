"""Gradient descent on a contour: the right rate, one too small, one too large. 梯度下降：学习速率的影响

Items: 000-8, 001-10, 002-5, 002-6.

1. A ball that rolls to the bottom of a valley C(v): v ← v − η∇C with three rates η.
2. The gradient of the mean squared error, 2/m Xᵀ(Xθ − y), beside the engine's: equal to rounding.
3. The listing of 002: y = b + θ₁x₁ + θ₂x₂ + noise, b = 1.5, θ = (2, 5), 2000 steps of rate .001 from (3, 3, 3). It has not
   converged: b between 2.578 and 2.795, θ₁ between 1.867 and 1.932, θ₂ between 4.867 and 4.934, where least squares has b
   near 1.6. (The slides' listing leaves out the factor 2 of the gradient; so do we here, to get its numbers.) Beside it the
   stochastic variant, one observation a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import Setting, pyplot, setting


def valley(v: Tensor) -> Tensor:
    return v[0] ** 2 / 2 + 5 * v[1] ** 2


def descend(cost: Callable[[Tensor], Tensor], start: Sequence[float], rate: float, steps: int) -> Tensor:
    """The points that v ← v − η∇C visits."""
    v = ag.tensor(start, dtype=ag.float64, requires_grad=True)
    path = [v.detach().clone()]
    for _ in range(steps):
        (gradient,) = ag.grad(cost(v), v)
        with ag.no_grad():
            v -= rate * gradient
        path.append(v.detach().clone())
    return ag.stack(path)


def contour(axes: Any, title: str, path: Tensor) -> None:
    x, y = np.meshgrid(np.linspace(-4.5, 4.5, 81), np.linspace(-2, 2, 81))
    axes.contour(
        x, y, valley(ag.from_numpy(np.stack([x, y]))), levels=np.geomspace(0.1, 25, 10), colors="#999", linewidths=0.6
    )
    axes.plot(*path.T.numpy(), "o-", color="#c33", markersize=3, linewidth=1)
    axes.set(title=title, xlabel="v₁", ylabel="v₂", xlim=(-4.5, 4.5), ylim=(-2, 2))


def rolling_ball(run: Setting) -> None:
    figure, axes = pyplot(3)
    for each, (name, rate) in zip(axes, (("too small", 0.01), ("good", 0.15), ("too large", 0.205)), strict=True):
        path = descend(valley, (-4, 1.5), rate, 20)
        contour(each, f"η = {rate}: {name}", path)
        print(f"η = {rate:5}  {name:9}  C after 20 steps: {valley(path[-1]).item():8.4f}")
    run.save(figure, "rates")


def observations(seed: int) -> tuple[Tensor, Tensor]:
    """002's data: 100 observations of 1.5 + 2 x₁ + 5 x₂ with Gaussian noise."""
    random = np.random.RandomState(seed)
    x_1, x_2 = random.uniform(0, 10, 100), random.uniform(0, 10, 100)
    y = 1.5 + 2 * x_1 + 5 * x_2 + random.normal(0, 0.5, 100)
    return ag.tensor(np.stack([np.ones(100), x_1, x_2], 1)), ag.tensor(y)


def gradient_of_the_error() -> None:
    x, y = observations(0)
    theta = ag.tensor([3.0, 3.0, 3.0], dtype=ag.float64, requires_grad=True)
    (engine,) = ag.grad(((x @ theta - y) ** 2).mean(), theta)
    formula = 2 / len(y) * x.T @ (x @ theta.detach() - y)
    print(f"∇MSE by the formula {formula.numpy()}, by the engine {engine.numpy()}")
    assert ag.allclose(formula, engine, rtol=1e-12)


def listing(x: Tensor, y: Tensor, steps: int, one_at_a_time: bool = False) -> tuple[Tensor, list[float]]:
    """θ's path and the losses. The step is half of the gradient of the squared error, as in the slides."""
    theta = ag.tensor([3.0, 3.0, 3.0], dtype=ag.float64, requires_grad=True)
    path, losses = [theta.detach().clone()], []
    for step in range(steps):
        rows = slice(step % len(y), step % len(y) + 1) if one_at_a_time else slice(None)
        loss = ((y[rows] - x[rows] @ theta) ** 2).mean() / 2
        (gradient,) = ag.grad(loss, theta)
        losses.append(2 * loss.item())
        with ag.no_grad():
            theta -= 1e-3 * gradient
        path.append(theta.detach().clone())
    return ag.stack(path), losses


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    rolling_ball(run)
    gradient_of_the_error()
    steps = 200 if run.quick else 2000
    x, y = observations(0)
    path, losses = listing(x, y, steps)
    stochastic, _ = listing(x, y, steps, one_at_a_time=True)
    exact = np.linalg.lstsq(x.numpy(), y.numpy(), rcond=None)[0]
    print(
        f"after {steps} steps (b, θ₁, θ₂) = {path[-1].numpy().round(3)}; stochastic {stochastic[-1].numpy().round(3)}"
    )
    print(f"least squares {exact.round(3)}")
    figure, (left, right) = pyplot(2)
    for points, name in ((stochastic, "stochastic"), (path, "batch")):
        left.plot(points[:, 1], points[:, 2], linewidth=1, label=name)
    left.plot(*exact[1:], "k+", label="least squares")
    left.set(title="The path of θ", xlabel="θ₁", ylabel="θ₂")
    left.legend()
    right.semilogy(losses)
    right.set(title="Loss of the batch", xlabel="step")
    run.save(figure, "listing")


if __name__ == "__main__":
    main()
