"""A single neuron cannot learn XOR; two hidden ones can. 单神经元的局限：异或问题

Items: 002-3.

A line parts the plane in two, and no line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the other: whatever a neuron
learns, at most three of the four are right, an accuracy of .75. With two hidden units, training from most starting points
finds a net that is right on all four.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from examples import pyplot, setting
from nn import optim

X = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = ag.tensor([[0.0], [1.0], [1.0], [0.0]])


def trained(hidden: int, seed: int, steps: int) -> tuple[nn.Sequential, list[float]]:
    """A net with so many hidden units (0: one neuron), and its losses."""
    ag.manual_seed(seed)
    layers = [nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1)] if hidden else [nn.Linear(2, 1)]
    model = nn.Sequential(*layers)
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(model(X), Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def accuracy(model: nn.Sequential) -> float:
    return float(((model(X) > 0).float() == Y).float().mean())


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    steps, seeds = (150, 4) if run.quick else (500, 20)
    figure, axes = pyplot(3, width=3.3)
    for each, hidden in zip(axes, (0, 2), strict=False):
        results = [trained(hidden, seed, steps) for seed in range(seeds)]
        scores = [accuracy(model) for model, _ in results]
        best = int(np.argmax(scores))
        name = f"{hidden} hidden units" if hidden else "one neuron"
        print(f"{name:15} accuracies of {seeds} runs: {dict(sorted((s, scores.count(s)) for s in set(scores)))}")
        assert max(scores) <= 0.75 if hidden == 0 else max(scores) == 1
        side = np.linspace(-0.5, 1.5, 81, dtype=np.float32)
        grid = ag.from_numpy(np.stack(np.meshgrid(side, side), -1))
        says = ag.sigmoid(results[best][0](grid)).detach().squeeze(-1)
        each.pcolormesh(side, side, says, vmin=0, vmax=1, shading="nearest", rasterized=True)
        for (x_1, x_2), (answer,) in zip(X.tolist(), Y.tolist(), strict=True):
            each.plot(x_1, x_2, "o", color="#c33" if answer else "#36c", markersize=8, markeredgecolor="white")
        each.set(title=f"{name}: {max(scores):.0%}", xlabel="x₁", ylabel="x₂")
        axes[2].plot(results[best][1], label=name)
    axes[2].set(title="Loss", xlabel="step", ylim=0)
    axes[2].legend()
    run.save(figure, "xor")


if __name__ == "__main__":
    main()
