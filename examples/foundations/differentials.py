"""The chain rule by Jacobians, the differential's form, and two layouts. 链式法则、一阶微分形式不变性与分母布局

Items: 000-6, 000-7, 004-8.

1. J of f∘g is J_f J_g: a product of matrices, as the rule for one variable is a product of numbers.
2. dz = f′(y) dy holds whether y is free or y = g(x): the change of z along dx is ⟨∇f, J_g dx⟩ = ⟨J_gᵀ ∇f, dx⟩. Read from the right it is a
   forward sweep (jvp), read from the left a backward one (vjp); the two numbers are the same, to rounding.
3. Numerator layout writes ∂y/∂x as m × n, denominator layout (nndl's) as n × m: the transpose, so that the chain runs from left to right
   the other way round: ∂z/∂x = ∂y/∂x ∂z/∂y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import setting


def g(x: Tensor) -> Tensor:
    """R³ → R²."""
    return ag.stack([x[0] * x[1] + ag.sin(x[2]), x[0] ** 2 - x[2]])


def f(y: Tensor) -> Tensor:
    """R² → R²."""
    return ag.stack([ag.exp(y[0] / 4), y[0] * y[1]])


def main(arguments: Sequence[str] | None = None) -> None:
    setting(__doc__, arguments)
    x = ag.tensor([1.2, -0.7, 0.4], dtype=ag.float64)
    y = g(x)
    j_g, j_f, j = ag.jacobian(g, x), ag.jacobian(f, y), ag.jacobian(lambda x: f(g(x)), x)
    with np.printoptions(precision=6, suppress=True):
        print(f"J_f =\n{j_f.numpy()}\nJ_g =\n{j_g.numpy()}\nJ of f∘g =\n{j.numpy()} = J_f J_g")
    assert ag.allclose(j, j_f @ j_g, rtol=1e-12)

    ag.manual_seed(0)
    dx, weights = ag.randn(3, dtype=ag.float64), ag.randn(2, dtype=ag.float64)
    _, dz = ag.jvp(lambda x: f(g(x)), x, dx)
    _, dy = ag.jvp(g, x, dx)
    print(f"dz along dx {dz.numpy().round(9)}, f'(y) dy {(j_f @ dy).numpy().round(9)}")
    assert ag.allclose(dz, j_f @ dy, rtol=1e-12)
    _, back = ag.vjp(lambda x: f(g(x)), x, weights)
    forward, backward = (weights @ dz).item(), (back @ dx).item()
    print(f"⟨u, J dx⟩ = {forward:.15f}, ⟨Jᵀu, dx⟩ = {backward:.15f}")
    assert np.isclose(forward, backward, rtol=1e-12)

    z = ag.tensor([2.0, -1.0], dtype=ag.float64)
    numerator = z @ j_f @ j_g  # a row: 1×2 · 2×2 · 2×3
    denominator = j_g.T @ j_f.T @ z  # a column: 3×2 · 2×2 · 2×1
    print(
        f"numerator layout {numerator.numpy().round(6)}, denominator layout {denominator.numpy().round(6)}: transposes of each other"
    )
    assert ag.allclose(numerator, denominator, rtol=1e-12)


if __name__ == "__main__":
    main()
