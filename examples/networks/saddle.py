"""Figure 4.10: the loss surface of y = σ(w₂ σ(w₁ x)), with a saddle at the origin. 图 4.10：有鞍点的损失曲面

Items: 004-15.

For the sample (1, 1). At (0, 0) the squared error is .25, its gradient (0, −.125), and the Hessian's eigenvalues −.0488 and .0800:
a ridge one way, a valley the other. Cross entropy: .69314718, (0, −.25), eigenvalues −.0976 and .1601. (The gradient is not 0 there:
the origin is a saddle of the curvature, through which descent passes.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import pyplot, setting


def output(w: Tensor) -> Tensor:
    """For x = 1; w holds (w₁, w₂) in its first dimension."""
    return ag.sigmoid(w[1] * ag.sigmoid(w[0]))


LOSSES: dict[str, tuple[Callable[[Tensor], Tensor], float, list[float], list[float]]] = {
    "squared error": (lambda w: (1 - output(w)) ** 2, 0.25, [0, -0.125], [-0.0488, 0.0800]),
    "cross entropy": (lambda w: -output(w).log(), 0.69314718, [0, -0.25], [-0.0976, 0.1601]),
}


def hessian_of(
    loss: Callable[[Tensor], Tensor], at: Sequence[float]
) -> tuple[float, list[float], np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """The value, the gradient, and the second derivatives by differentiating the gradient."""
    w = ag.tensor(at, dtype=ag.float64, requires_grad=True)
    value = loss(w)
    (gradient,) = ag.grad(value, w, create_graph=True)
    rows = [ag.grad(part, w, retain_graph=True)[0] for part in gradient]
    return value.item(), gradient.tolist(), ag.stack(rows).numpy()


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    figure, axes = pyplot(2, width=4.8, height=4.2, subplot_kw={"projection": "3d"})
    side = np.linspace(-6, 6, 31 if run.quick else 61)
    w_1, w_2 = np.meshgrid(side, side)
    for each, (name, (loss, value, gradient, eigenvalues)) in zip(axes, LOSSES.items(), strict=True):
        found, slope, hessian = hessian_of(loss, [0.0, 0.0])
        curvatures = np.linalg.eigvalsh(hessian)
        print(f"{name} at (0, 0): {found:.8f}, gradient {slope}, curvatures {curvatures.round(4)}")
        assert np.isclose(found, value) and np.allclose(slope, gradient)
        assert np.allclose(curvatures, eigenvalues, atol=5e-5)
        surface = loss(ag.from_numpy(np.stack([w_1, w_2]))).numpy()
        each.plot_surface(w_1, w_2, surface, cmap="viridis", linewidth=0, rasterized=True)
        each.set(title=name, xlabel="w₁", ylabel="w₂")
        each.view_init(28, -60)
    run.save(figure, "surface")


if __name__ == "__main__":
    main()
