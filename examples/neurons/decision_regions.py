"""Decision regions of one, two and three layers, with the XOR column. 一层、两层、三层网络的决策区域

Items: 003-4.

With step neurons: one layer parts the plane by a line (a half-plane); two layers cut out a convex region, where several half-planes
meet; three layers join convex regions to any shape. XOR is out of reach for one layer, and within it for two and three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import pyplot, setting

Region = Callable[[Tensor], Tensor]


def half_plane(w_1: float, w_2: float, bias: float) -> Region:
    """One step neuron: 1 where w·x + b > 0."""
    return lambda x: (x @ ag.tensor([w_1, w_2], dtype=ag.float32) + bias > 0).float()


def every(regions: Sequence[Region]) -> Region:
    """A neuron above: AND, weights 1 and bias ½ − n."""
    return lambda x: (ag.stack([region(x) for region in regions]).sum(0) + 0.5 - len(regions) > 0).float()


def some(regions: Sequence[Region]) -> Region:
    """A neuron above: OR, weights 1 and bias −½."""
    return lambda x: (ag.stack([region(x) for region in regions]).sum(0) - 0.5 > 0).float()


def polygon(corners: int, centre: tuple[float, float], radius: float) -> Region:
    """A convex region: the half-planes inside of its edges."""
    angles = [2 * math.pi * (i + 0.5) / corners for i in range(corners)]
    return every(
        [
            half_plane(-math.cos(a), -math.sin(a), radius + math.cos(a) * centre[0] + math.sin(a) * centre[1])
            for a in angles
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    stripe = every([half_plane(1, 1, -0.5), half_plane(-1, -1, 1.5)])
    corners = some(
        [
            every([half_plane(1, 0, -0.5), half_plane(0, -1, 0.5)]),
            every([half_plane(-1, 0, 0.5), half_plane(0, 1, -0.5)]),
        ]
    )
    figures: list[list[tuple[str, Region]]] = [
        [("one layer: a half-plane", half_plane(1, 1, -1)), ("two: convex", polygon(5, (0.5, 0.5), 0.45)),
         ("three: any shape", some([polygon(4, (0.2, 0.7), 0.3), polygon(6, (0.75, 0.35), 0.35), polygon(3, (0.9, 1.1), 0.2)]))],
        [("XOR, one layer: impossible", half_plane(1, 1, -0.5)), ("XOR, two layers", stripe), ("XOR, three layers", corners)],
    ]  # fmt: skip
    points = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    side = np.linspace(-0.5, 1.5, 121 if run.quick else 301, dtype=np.float32)
    grid = ag.from_numpy(np.stack(np.meshgrid(side, side), -1))
    figure, axes = pyplot(3, 2, width=2.8, height=2.6)
    for row, line in zip(axes, figures, strict=True):
        for each, (name, region) in zip(row, line, strict=True):
            each.pcolormesh(side, side, region(grid), alpha=0.35, shading="nearest", rasterized=True)
            right = (region(points) == ag.tensor([0.0, 1, 1, 0])).sum().item()
            if name.startswith("XOR"):
                print(f"{name:28} {right} of 4 points right")
                assert (right == 4) == ("one" not in name)
                for (x_1, x_2), answer in zip(points.tolist(), (0, 1, 1, 0), strict=True):
                    each.plot(x_1, x_2, "o", color="#c33" if answer else "#36c", markersize=7, markeredgecolor="white")
            each.set(title=name, xticks=(0, 1), yticks=(0, 1), aspect="equal")
    run.save(figure, "regions")


if __name__ == "__main__":
    main()
