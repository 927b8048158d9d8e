"""Loops and vectorised code: the dot product, the forward pass, backpropagation. 循环与向量化

Items: 000-11, 000-12, 000-13.

1. z = θᵀx of n + 1 = 100001 numbers: the loop takes some thousand times as long as the vectorised line.
2. Forward for m samples: a loop over the columns, and one product with the biases broadcast, which MATLAB writes as repmat(b, 1, m).
   The adjoint of repeating is summing: db is the sum of the columns of δ.
3. UFLDL's backpropagation (W⁽ˡ⁾ joins layer l to l + 1, samples are columns), looped and vectorised, beside the engine. (The
   slides' listing writes `delta3(:,i)` where delta3 is a column already, and has no gradients of the biases.)
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

import autograd_core as ag
from examples import setting

Array = npt.NDArray[np.float64]
Gradients = tuple[Array, Array, Array, Array]  # of W1, b1, W2, b2


def f(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def f_prime(z: Array) -> Array:
    return f(z) * (1 - f(z))


def dot_products(n: int) -> None:
    random = np.random.default_rng(0)
    theta, x = random.random(n), random.random(n)
    start = time.process_time()
    z = 0.0
    for i in range(n):
        z = z + theta[i] * x[i]
    looped = time.process_time() - start
    repeats = 200
    start = time.process_time()
    for _ in range(repeats):
        _ = theta @ x
    seconds = (time.process_time() - start) / repeats
    print(
        f"{n:,} numbers: {1e3 * looped:.1f} ms in a loop, {1e6 * seconds:.0f} us vectorised, a factor of {looped / seconds:,.0f}"
    )
    assert np.isclose(z, theta @ x)


def looped(w1: Array, b1: Array, w2: Array, b2: Array, x: Array, y: Array) -> Gradients:
    """One sample, a column, at a time."""
    gradients = [np.zeros_like(each) for each in (w1, b1, w2, b2)]
    for i in range(x.shape[1]):
        z2 = w1 @ x[:, i : i + 1] + b1
        a2 = f(z2)
        z3 = w2 @ a2 + b2
        delta3 = -(y[:, i : i + 1] - f(z3)) * f_prime(z3)
        delta2 = w2.T @ delta3 * f_prime(z2)
        for total, part in zip(gradients, (delta2 @ x[:, i : i + 1].T, delta2, delta3 @ a2.T, delta3), strict=True):
            total += part
    return tuple(gradients)  # type: ignore[return-value]  # four of them


def vectorised(w1: Array, b1: Array, w2: Array, b2: Array, x: Array, y: Array) -> Gradients:
    """All columns at once."""
    z2 = w1 @ x + b1  # b1 is repeated for every column
    a2 = f(z2)
    z3 = w2 @ a2 + b2
    delta3 = -(y - f(z3)) * f_prime(z3)
    delta2 = w2.T @ delta3 * f_prime(z2)
    return delta2 @ x.T, delta2.sum(1, keepdims=True), delta3 @ a2.T, delta3.sum(1, keepdims=True)


def by_the_engine(w1: Array, b1: Array, w2: Array, b2: Array, x: Array, y: Array) -> Gradients:
    parameters = [ag.tensor(each, requires_grad=True) for each in (w1, b1, w2, b2)]
    p1, c1, p2, c2 = parameters
    h = ag.sigmoid(p2 @ ag.sigmoid(p1 @ ag.tensor(x) + c1) + c2)
    gradients = ag.grad(((h - ag.tensor(y)) ** 2).sum() / 2, parameters)
    return tuple(g.numpy() for g in gradients)  # type: ignore[return-value]  # four of them


def main(arguments: Sequence[str] | None = None) -> None:
    quick = setting(__doc__, arguments).quick
    dot_products(20_001 if quick else 100_001)
    random = np.random.default_rng(1)
    m = 200 if quick else 2000
    sizes = {"W1": (20, 8), "b1": (20, 1), "W2": (3, 20), "b2": (3, 1)}
    w1, b1, w2, b2 = (random.normal(size=size) for size in sizes.values())
    x, y = random.normal(size=(8, m)), random.random((3, m))
    by_loop = np.concatenate([f(w1 @ x[:, i : i + 1] + b1) for i in range(m)], axis=1)
    assert np.allclose(by_loop, f(w1 @ x + b1)) and np.allclose(f(w1 @ x + b1), f(w1 @ x + np.tile(b1, (1, m))))
    print("forward: the loop, repmat and broadcasting agree")

    results = {}
    for backprop in (looped, vectorised, by_the_engine):
        start = time.process_time()
        results[backprop.__name__] = backprop(w1, b1, w2, b2, x, y)
        print(f"backpropagation of {m} samples, {backprop.__name__:14} {1e3 * (time.process_time() - start):8.2f} ms")
    for name, one, two, three in zip(sizes, *results.values(), strict=True):
        worst = max(abs(one - three).max(), abs(two - three).max())
        print(f"  {name}: largest difference {worst:.1e}")
        assert worst < 1e-11


if __name__ == "__main__":
    main()
