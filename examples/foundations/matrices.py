"""A matrix as an operator: columns combined, rows dotted, figures turned, stretched and mirrored. 矩阵作为线性变换

Items: 000-4.

A c is the columns of A combined with the numbers of c, and the dot products of A's rows with c: the same numbers. A times a
matrix of points moves the figure that they draw; A B does B first. The area grows by |det A|, and a negative det mirrors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import autograd_core as ag
from examples import pyplot, setting

FIGURE = ag.tensor(
    [[0.0, 2, 2, 1, 1, 1.7, 1.7, 1, 1, 0, 0], [0.0, 0, 0.6, 0.6, 1.2, 1.2, 1.8, 1.8, 3, 3, 0]]
)  # an F-like corner


def turn(degrees: float) -> ag.Tensor:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return ag.tensor([[c, -s], [s, c]])


OPERATORS = {
    "turned by 40°": turn(40),
    "stretched": ag.tensor([[1.6, 0.0], [0.0, 0.6]]),
    "mirrored": ag.tensor([[-1.0, 0.0], [0.0, 1.0]]),
    "sheared": ag.tensor([[1.0, 0.7], [0.0, 1.0]]),
    "flattened (det 0)": ag.tensor([[1.0, 0.5], [0.6, 0.3]]),
    "turned, then mirrored": ag.tensor([[-1.0, 0.0], [0.0, 1.0]]) @ turn(40),
}


def area(points: ag.Tensor) -> float:
    """Of a closed polygon, signed: half the sum of the cross products of its neighbours."""
    x, y = points
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    a, c = ag.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), ag.tensor([2.0, -1.0, 0.5])
    by_columns = sum((a[:, i] * c[i] for i in range(3)), ag.zeros(2))
    by_rows = ag.stack([ag.dot(row, c) for row in a])
    print(f"A c = {(a @ c).tolist()}, columns combined {by_columns.tolist()}, rows dotted {by_rows.tolist()}")
    assert ag.equal(by_columns, by_rows)
    print("The sum of two matrices adds their columns:", (a + a)[:, 0].tolist())

    figure, axes = pyplot(3, 2, width=3.0, height=2.8)
    for each, (name, matrix) in zip(axes.flat, OPERATORS.items(), strict=True):
        moved = matrix @ FIGURE
        each.fill(*FIGURE.tolist(), color="#ccc")
        each.fill(*moved.tolist(), color="#c33", alpha=0.5)
        each.set(title=name, xlim=(-3.4, 4.2), ylim=(-1, 3.7), aspect="equal")
        each.grid(alpha=0.3)
        grows = area(moved) / area(FIGURE)
        determinant = (matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]).item()
        print(f"{name:22} det {determinant:6.3f}, the area grows by {grows:6.3f}")
        assert math.isclose(grows, determinant, abs_tol=1e-5)
    run.save(figure, "operators")


if __name__ == "__main__":
    main()
