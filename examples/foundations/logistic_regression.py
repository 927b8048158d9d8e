"""Logistic regression: likelihood, gradient, training, inference; regression and classification. 逻辑回归，回归与分类

Items: 002-7, 003-1.

1. Two questions about the same people: how much (a line), and which kind (a probability).
2. The gradient of the cost is Σ (σ(kᵀx) − y) x; the slides' last line has a stray minus. The engine agrees to rounding.
3. Training k ← k + α Σ (y − σ(kᵀx)) x, and asking for P(y = 1). (The slides call it maximum posterior; with no prior on k it
   is maximum likelihood.) scikit-learn without a penalty finds the same k.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import extra, pyplot, setting


def people(count: int = 80) -> tuple[Tensor, Tensor, Tensor]:
    """(1, age in decades from 45); a yearly cost that grows with age; whether they own a house."""
    random = np.random.RandomState(3)
    age = random.uniform(20, 70, count)
    cost = 0.5 + 0.06 * age + random.normal(0, 0.5, count)
    owns = random.rand(count) < 1 / (1 + np.exp(-(age - 42) / 5))
    return features(age), ag.tensor(cost), ag.tensor(owns.astype(float))


def features(age: np.ndarray[Any, Any]) -> Tensor:
    return ag.tensor(np.stack([np.ones_like(age), (age - 45) / 10], 1))


def cost_of(k: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """C(k) = −Σ y log σ(kᵀx) + (1 − y) log(1 − σ(kᵀx)): the negative log-likelihood."""
    return ag.binary_cross_entropy_with_logits(x @ k, y, reduction="sum")


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    x, cost, owns = people()

    k = ag.tensor([0.3, -0.2], dtype=ag.float64, requires_grad=True)
    (engine,) = ag.grad(cost_of(k, x, owns), k)
    formula = (ag.sigmoid(x @ k.detach()) - owns) @ x
    print(f"∂C/∂k by the formula {formula.numpy()}, by the engine {engine.numpy()}")
    assert ag.allclose(formula, engine, rtol=1e-12)

    k = ag.zeros(2, dtype=ag.float64, requires_grad=True)
    for _ in range(200 if run.quick else 2000):
        (gradient,) = ag.grad(cost_of(k, x, owns), k)
        with ag.no_grad():
            k -= 0.05 * gradient
    linear_model = extra("sklearn.linear_model")
    reference = linear_model.LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(x.numpy(), owns.numpy())
    print(f"k after training {k.detach().numpy().round(4)}, by scikit-learn {reference.coef_[0].round(4)}")
    assert np.allclose(k.detach().numpy(), reference.coef_[0], rtol=1e-2 if run.quick else 1e-4)
    for age in (25, 42, 60):
        p = ag.sigmoid(features(np.array([float(age)])) @ k.detach()).item()
        print(f"  P(owns a house | age {age}) = {p:.3f}")

    line = np.polyfit(x[:, 1].numpy(), cost.numpy(), 1)
    figure, (left, right) = pyplot(2)
    ages = np.linspace(20, 70, 101)
    left.plot(45 + 10 * x[:, 1], cost, "o", markersize=3, color="#888")
    left.plot(ages, np.polyval(line, (ages - 45) / 10), color="#c33")
    left.set(title="Regression: how much?", xlabel="age", ylabel="cost")
    right.plot(45 + 10 * x[:, 1], owns, "o", markersize=3, color="#888")
    right.plot(ages, ag.sigmoid(features(ages) @ k.detach()), color="#c33")
    right.set(title="Classification: which kind?", xlabel="age", ylabel="P(owns)")
    run.save(figure, "two-questions")


if __name__ == "__main__":
    main()
