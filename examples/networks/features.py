"""A feature map and a classifier: the hidden layer makes the classes separable by a line. 特征映射与分类器

Items: 004-6.

A feed-forward net is y = g(φ(x), θ): the hidden layers are a feature map φ that is learned, the last layer a linear classifier. Two rings
of points cannot be parted by a line in the plane; in the space of two learned features they can.
"""

from __future__ import annotations

from collections.abc import Sequence

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor
from examples import extra, pyplot, setting
from nn import optim


class Classifier(nn.Module):
    """φ: two features of six tanh units; g: a line through them."""

    def __init__(self, features: bool) -> None:
        super().__init__()
        self.phi = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 2), nn.Tanh()) if features else nn.Identity()
        self.g = nn.Linear(2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.g(self.phi(x)).squeeze(-1)  # type: ignore[no-any-return]  # a module's call is untyped


def trained(features: bool, x: Tensor, y: Tensor, steps: int) -> tuple[Classifier, float]:
    ag.manual_seed(2)
    model = Classifier(features)
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, float(((model(x) > 0).float() == y).float().mean())


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    points, labels = extra("sklearn.datasets").make_circles(200, noise=0.06, factor=0.4, random_state=0)
    x, y = ag.tensor(points).float(), ag.tensor(labels).float()
    steps = 150 if run.quick else 600
    _, alone = trained(False, x, y, steps)
    model, accuracy = trained(True, x, y, steps)
    print(f"a linear classifier on x: accuracy {alone:.3f}; on learned features φ(x): {accuracy:.3f}")
    assert alone < 0.75 < 0.97 < accuracy

    phi = model.phi(x).detach()
    figure, axes = pyplot(2, width=3.6)
    for each, where, title in zip(axes, (x, phi), ("the inputs x", "the features φ(x)"), strict=True):
        for label, colour in ((0, "#36c"), (1, "#c33")):
            each.plot(*where[y == label].T, "o", color=colour, markersize=3)
        each.set(title=title)
    (w_1, w_2), bias = model.g.weight.detach()[0].tolist(), model.g.bias.item()
    low, high = phi[:, 0].min().item(), phi[:, 0].max().item()
    axes[1].plot([low, high], [-(bias + w_1 * low) / w_2, -(bias + w_1 * high) / w_2], color="#333")
    axes[1].set(ylim=(phi[:, 1].min().item() - 0.1, phi[:, 1].max().item() + 0.1))
    run.save(figure, "features")


if __name__ == "__main__":
    main()
