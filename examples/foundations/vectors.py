"""The geometry of vectors: scaling, sum, linear combination, dot and cross product. 向量的几何意义

Items: 000-1, 000-2, 000-3.

Each product has two definitions that say the same: a·b = ab cos θ and a·b = Σ aᵢbᵢ; a×b = ab sin θ N and its three components.
Numbers to expect: (1,2,3)×(4,5,6) = (−3,6,−3), and |a×b|² + (a·b)² = |a|²|b|² = 1078.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd_core as ag
from autograd_core import Tensor
from examples import Setting, pyplot, setting


def arrow(axes: Any, start: Tensor, end: Tensor, name: str, colour: str = "#333") -> None:
    """An arrow from start to end, with its name beside it."""
    style = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.6}
    axes.annotate("", end.tolist(), start.tolist(), arrowprops=style)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
    axes.text(*((start + end) / 2 + ag.tensor([0.08, 0.12])).tolist(), name, color=colour, bbox=box)


def geometry(run: Setting) -> None:
    origin, a, b = ag.tensor([0.0, 0.0]), ag.tensor([2.0, 0.5]), ag.tensor([0.5, 1.5])
    figure, axes = pyplot(3, width=3.4)
    scaled, added, combined = axes
    for factor, colour in ((1.6, "#888"), (1.0, "#333"), (-0.5, "#c33")):
        arrow(scaled, origin, factor * a, "a" if factor == 1 else f"{factor:g} a", colour)
    arrow(added, origin, a, "a")
    arrow(added, a, a + b, "b")
    arrow(added, origin, a + b, "a + b", "#c33")
    arrow(added, origin, b, "b", "#888")
    c = 1.5 * a - 0.8 * b
    arrow(combined, origin, 1.5 * a, "1.5 a")
    arrow(combined, 1.5 * a, c, "−0.8 b")
    arrow(combined, origin, c, "1.5 a − 0.8 b", "#c33")
    for each, title in zip(axes, ("scaling", "the parallelogram", "a linear combination"), strict=True):
        each.set(title=title, xlim=(-1.3, 3.8), ylim=(-1, 2.4), aspect="equal")
        each.grid(alpha=0.3)
    run.save(figure, "vectors")


def angle(a: Tensor, b: Tensor) -> float:
    """Between two vectors of the plane, in degrees, from their directions alone."""
    turn = abs(math.atan2(b[1].item(), b[0].item()) - math.atan2(a[1].item(), a[0].item()))
    return math.degrees(min(turn, 2 * math.pi - turn))


def dot_products() -> None:
    print("The dot product: its sign tells the angle")
    a = ag.tensor([2.0, 1.0], dtype=ag.float64)
    for b in ([1.0, 2.0], [-1.0, 2.0], [-2.0, 0.5]):
        vector = ag.tensor(b, dtype=ag.float64)
        theta = angle(a, vector)
        by_components = ag.dot(a, vector).item()
        by_angle = (a.norm() * vector.norm()).item() * math.cos(math.radians(theta))
        assert math.isclose(by_components, by_angle, abs_tol=1e-12)
        kind = "less than" if by_components > 0 else "more than" if by_components < 0 else "exactly"
        print(f"  {a.tolist()} · {b} = {by_components:5.2f} = ab cos {theta:5.1f}°, {kind} 90°")


def cross_products() -> None:
    print("The cross product")
    a, b = ag.tensor([1, 2, 3]), ag.tensor([4, 5, 6])
    c = ag.cross(a, b, dim=0)
    dot = ag.dot(a, b).item()
    print(f"  {a.tolist()} × {b.tolist()} = {c.tolist()}, at right angles to both: {ag.dot(c, a)}, {ag.dot(c, b)}")
    squares = (c * c).sum().item(), dot**2, ((a * a).sum() * (b * b).sum()).item()
    print(f"  |a×b|² + (a·b)² = {squares[0]} + {squares[1]} = {squares[2]} = |a|²|b|²")
    assert c.tolist() == [-3, 6, -3]
    assert squares[0] + squares[1] == squares[2] == 1078
    sine = math.sqrt(1 - dot**2 / squares[2])
    print(f"  |a×b| = ab sin θ = {math.sqrt(squares[2]) * sine:.6f} = {c.double().norm().item():.6f}")


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    geometry(run)
    dot_products()
    cross_products()


if __name__ == "__main__":
    main()
