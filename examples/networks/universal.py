"""Universal approximation: sin(2πx) by a hidden layer, x² by Maxout. 通用近似定理

Items: 004-5.

A net with one hidden layer and a linear output comes as close to a continuous function as one likes, given enough units. And a Maxout
unit of K tangents of x² on [−1, 1] is off by at most 1/K²: K = 2, 4, 8, 16.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor
from examples import pyplot, setting
from nn import optim


def fitted(hidden: int, steps: int) -> tuple[nn.Sequential, Tensor, Tensor]:
    """A net of so many tanh units trained on sin(2πx), with its points."""
    ag.manual_seed(0)
    x = ag.linspace(0, 1, 101).unsqueeze(1)
    y = ag.sin(2 * math.pi * x)
    model = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    with ag.no_grad():
        model[0].weight.mul_(8)  # so that the units bend within [0, 1]
        model[0].bias.uniform_(-6, 6)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, x, y


def maxout_of_tangents(x: Tensor, k: int) -> Tensor:
    """The largest of K tangents of x², at the middles of K equal parts of [−1, 1]: 2cx − c²."""
    centres = (2 * ag.arange(k, dtype=x.dtype) + 1) / k - 1
    z = 2 * centres * x.unsqueeze(-1) - centres**2
    return F.maxout(z, k).squeeze(-1)


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    figure, (left, right) = pyplot(2, width=4.6)
    errors = []
    for hidden in (1, 3, 10, 50):
        model, x, y = fitted(hidden, 300 if run.quick else 3000)
        says = model(x).detach()
        errors.append((says - y).abs().max().item())
        print(f"{hidden:3} hidden units: largest error {errors[-1]:.4f}")
        left.plot(x.squeeze(), says.squeeze(), label=f"{hidden} units")
    left.plot(x.squeeze(), y.squeeze(), "k:", label="sin 2πx")
    left.legend(fontsize="small")
    left.set(title="One hidden layer", xlabel="x")
    assert errors[-1] < errors[0] / 3

    x = ag.linspace(-1, 1, 2001, dtype=ag.float64)
    for k in (2, 4, 8, 16):
        approximation = maxout_of_tangents(x, k)
        worst = (x**2 - approximation).abs().max().item()
        print(f"Maxout of {k:2} tangents: largest error {worst:.6f}, 1/K² = {1 / k**2:.6f}")
        assert worst <= 1 / k**2 + 1e-12 and worst > 0.99 / k**2
        if k < 16:
            right.plot(x, approximation, label=f"K = {k}")
    right.plot(x, x**2, "k:", label="x²")
    right.legend(fontsize="small")
    right.set(title="Maxout of tangents", xlabel="x")
    run.save(figure, "approximation")


if __name__ == "__main__":
    main()
