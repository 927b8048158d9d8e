"""Least squares: a line through points, by three ways that agree. 线性函数最小二乘回归

Items: 002-4.

The line that the slides fit with scikit-learn: by scikit-learn's LinearRegression, by the normal equations XᵀX θ = Xᵀy, and by
Newton's method with the engine's gradient and Hessian, which for a quadratic arrives in one step. All three agree to 1e-10.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
from examples import extra, pyplot, setting


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    random = np.random.RandomState(42)
    x = 10 * random.rand(50)
    y = 2 * x - 1 + random.randn(50)

    model = extra("sklearn.linear_model").LinearRegression(fit_intercept=True).fit(x[:, None], y)
    from_sklearn = np.array([model.intercept_, model.coef_[0]])

    design = ag.tensor(np.stack([np.ones_like(x), x], 1))
    target = ag.tensor(y)
    normal = np.linalg.solve((design.T @ design).numpy(), (design.T @ target).numpy())

    theta = ag.zeros(2, dtype=ag.float64, requires_grad=True)
    (gradient,) = ag.grad(((design @ theta - target) ** 2).mean(), theta, create_graph=True)
    hessian = ag.stack([ag.grad(part, theta, retain_graph=True)[0] for part in gradient])
    newton = -np.linalg.solve(hessian.numpy(), gradient.detach().numpy())

    for name, found in (("scikit-learn", from_sklearn), ("normal equations", normal), ("one Newton step", newton)):
        print(f"{name:17} intercept {found[0]: .8f}, slope {found[1]:.8f}")
        assert np.allclose(found, from_sklearn, rtol=0, atol=1e-10)

    figure, axes = pyplot()
    axes.plot(x, y, "o", markersize=3, color="#888")
    axes.plot(x, model.predict(x[:, None]), color="#c33")
    axes.set(xlabel="x", ylabel="y", title="y = 2x − 1 + noise")
    run.save(figure, "line")


if __name__ == "__main__":
    main()
