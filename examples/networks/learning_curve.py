"""The learning curve: more training images, better reading. 训练集大小与学习曲线

Items: 001-13.

The slides end their chapter with: a sophisticated algorithm ≤ a simple one and good data. The same net on more and more of scikit-learn's
digits: the error on held-back images falls, roughly along a straight line in logarithms, while that on the training images stays near 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
import nn.functional as F
from examples import pyplot, setting
from examples.digits import load_data, outputs, small
from nn import optim


def errors(count: int, seed: int, steps: int) -> tuple[float, float]:
    """On the training images and on those held back, after the same number of steps."""
    ag.manual_seed(seed)
    (x, y), (held_back, answers) = (data.tensors for data in load_data(None, 0, quick=False))
    chosen = ag.randperm(len(x))[:count]
    x, y = x[chosen], y[chosen]
    model = small(64)
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    for _ in range(steps):
        rows = ag.randint(0, count, (32,))
        loss = F.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def error(images: ag.Tensor, labels: ag.Tensor) -> float:
        return float((outputs(model, images).argmax(1) != labels).float().mean())

    return error(x, y), error(held_back, answers)


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    counts, seeds, steps = ((30, 300, 1437), 1, 200) if run.quick else ((20, 45, 100, 220, 500, 1437), 5, 800)
    curves = []
    for count in counts:
        pairs = np.array([errors(count, seed, steps) for seed in range(seeds)])
        curves.append(pairs.mean(0))
        print(f"{count:5} images: error {curves[-1][0]:.4f} on them, {curves[-1][1]:.4f} on images held back")
    train, test = np.array(curves).T
    assert test[-1] < test[0] / 3
    figure, axes = pyplot()
    axes.loglog(counts, test, "o-", label="held back")
    axes.loglog(counts, np.maximum(train, 5e-4), "o-", label="training images")
    axes.set(title="Learning curve", xlabel="training images", ylabel="error")
    axes.legend()
    run.save(figure, "learning-curve")


if __name__ == "__main__":
    main()
