"""Vanishing gradients: a chain, a deep net, and what the activation has to do with it. 梯度消失

Items: 002-14, 004-16.

1. y = σ(σ(… σ(x))): each layer multiplies by at most ¼. At w = x = 1 the derivative with respect to x is, for L = 1, 2, 5, 10, 20:
   1.9661e−1, 4.3129e−2, 4.8614e−4, 2.7848e−7, 9.1391e−14, each at most 4^−L.
2. Ten layers of 100: the size of δ by layer. First over last: sigmoid about 2e−6, tanh about .30, both with weights of standard
   deviation 1/√n; ReLU with He's about .93.
3. What such a net computes is spread over thousands of weights: a picture of a layer tells little to a human.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import pyplot, setting

EXPECTED = {1: 1.9661e-1, 2: 4.3129e-2, 5: 4.8614e-4, 10: 2.7848e-7, 20: 9.1391e-14}
KINDS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "sigmoid": (ag.sigmoid, 1.0),
    "tanh": (ag.tanh, 1.0),
    "ReLU": (ag.relu, 2.0**0.5),
}


def chain(length: int) -> float:
    """dy/dx of σ(σ(… σ(x))) at 1."""
    x = ag.tensor(1.0, dtype=ag.float64, requires_grad=True)
    y = x
    for _ in range(length):
        y = ag.sigmoid(y)
    (slope,) = ag.grad(y, x)
    return float(slope)


def sizes_of_delta(
    activation: Callable[[Tensor], Tensor], gain: float, layers: int = 10, width: int = 100
) -> list[float]:
    """The norm of ∂C/∂z of each layer, the input's first, averaged over a batch and some nets."""
    sizes = np.zeros(layers)
    for seed in range(10):
        ag.manual_seed(seed)
        a = ag.randn(20, width, dtype=ag.float64)
        zs: list[Tensor] = []
        for _ in range(layers):
            z = a @ (ag.randn(width, width, dtype=ag.float64) * gain / width**0.5)
            zs.append(z.requires_grad_() if not zs else z)
            a = activation(zs[-1])
        deltas = ag.grad((a * ag.randn(20, width, dtype=ag.float64)).sum(), zs)
        sizes += [float(delta.norm()) / 10 for delta in deltas]
    return [float(size) for size in sizes]


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    for length, expected in EXPECTED.items():
        slope = chain(length)
        print(f"L = {length:2}: dy/dx = {slope:.4e} ≤ 4^−{length} = {0.25**length:.4e}")
        assert np.isclose(slope, expected, rtol=1e-4) and slope <= 0.25**length

    figure, (left, right) = pyplot(2)
    left.semilogy(list(EXPECTED), [chain(length) for length in EXPECTED], "o-", label="dy/dx")
    left.semilogy(list(EXPECTED), [0.25**length for length in EXPECTED], "k:", label="4^−L")
    left.set(title="A chain of sigmoids", xlabel="layers L")
    left.legend()
    for name, (activation, gain) in KINDS.items():
        sizes = sizes_of_delta(activation, gain)
        print(f"{name:8} δ of the first layer over that of the last: {sizes[0] / sizes[-1]:.2g}")
        right.semilogy(range(1, 11), np.array(sizes) / sizes[-1], "o-", label=name)
        low, high = {"sigmoid": (2e-7, 2e-5), "tanh": (0.1, 1), "ReLU": (0.3, 3)}[name]
        assert low < sizes[0] / sizes[-1] < high
    right.set(title="δ by layer, relative to the last", xlabel="layer")
    right.legend()
    run.save(figure, "vanishing")


if __name__ == "__main__":
    main()
