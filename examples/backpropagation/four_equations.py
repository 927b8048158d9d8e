"""The four equations: what they rest on, checked one by one, and what they say about learning. 反向传播的四个方程

Items: 000-9, 001-15, 001-16, 001-17, 001-18.

1. Two assumptions on the cost: it is a mean over samples, and a function of the net's outputs. Both are seen to hold.
2. The Hadamard product: (1, 2) ∘ (3, 4) = (3, 8).
3. BP1-BP4, each beside a definition: δˡⱼ = ∂C/∂zˡⱼ measured by moving zˡⱼ alone, ∂C/∂w and ∂C/∂b by moving one weight or bias.
4. ∂C/∂w = a_in δ_out: a weight learns slowly where its input is small or its output neuron saturated:
   σ′(0) = .25, σ′(5) = 6.648e−3, σ′(10) = 4.540e−5.
5. The algorithm with mini-batches: the mean of the samples' gradients is the gradient of the mini-batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import pyplot, setting

SIZES = [3, 4, 4, 2]
STEP = 1e-6


def net(seed: int = 0) -> tuple[list[Tensor], list[Tensor]]:
    ag.manual_seed(seed)
    shapes = list(zip(SIZES[1:], SIZES[:-1], strict=True))
    return [ag.randn(*shape, dtype=ag.float64) for shape in shapes], [ag.randn(n, dtype=ag.float64) for n, _ in shapes]


def forward(w: list[Tensor], b: list[Tensor], x: Tensor, moved: tuple[int, int] | None = None) -> list[Tensor]:
    """The activations of all layers; moved (l, j): z of unit j of layer l is moved by a small step."""
    a = [x]
    for l, (weights, biases) in enumerate(zip(w, b, strict=True)):
        z = weights @ a[-1] + biases
        if moved is not None and moved[0] == l:
            z = z + STEP * ag.eye(len(z), dtype=z.dtype)[moved[1]]
        a.append(ag.sigmoid(z))
    return a


def cost(a: Tensor, y: Tensor) -> Tensor:
    return ((y - a) ** 2).sum() / 2


def backprop(w: list[Tensor], b: list[Tensor], x: Tensor, y: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """δ, ∂C/∂w and ∂C/∂b of each layer by BP1-BP4."""
    a = forward(w, b, x)
    slopes = [each * (1 - each) for each in a[1:]]  # σ'(z) by a = σ(z)
    delta = [(a[-1] - y) * slopes[-1]]  # BP1
    for weights, slope in zip(reversed(w[1:]), reversed(slopes[:-1]), strict=True):
        delta.insert(0, (weights.T @ delta[0]) * slope)  # BP2
    return delta, [ag.outer(d, each) for d, each in zip(delta, a[:-1], strict=True)], delta  # BP4, BP3


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    w, b = net()
    x, y = ag.rand(5, 3, dtype=ag.float64), ag.rand(5, 2, dtype=ag.float64)

    mean_of_costs = ag.stack([cost(forward(w, b, one)[-1], target) for one, target in zip(x, y, strict=True)]).mean()
    outputs = ag.stack([forward(w, b, one)[-1] for one in x])
    print(
        f"C by the formula of all outputs {((y - outputs) ** 2).sum().item() / 10:.9f}, as a mean of C_x {mean_of_costs.item():.9f}"
    )
    print("(1, 2) ∘ (3, 4) =", (ag.tensor([1, 2]) * ag.tensor([3, 4])).tolist())

    delta, dw, db = backprop(w, b, x[0], y[0])
    before = cost(forward(w, b, x[0])[-1], y[0])
    for l in range(3):
        measured = [(cost(forward(w, b, x[0], (l, j))[-1], y[0]) - before).item() / STEP for j in range(SIZES[l + 1])]
        name = "BP1" if l == 2 else "BP2"
        print(f"{name} δ^{l + 2} = {delta[l].numpy().round(6)}, measured {np.round(measured, 6)}")
        assert np.allclose(delta[l].numpy(), measured, atol=1e-6)
    parameters = [each.clone().requires_grad_() for each in (*w, *b)]
    gradients = ag.grad(cost(forward(parameters[:3], parameters[3:], x[0])[-1], y[0]), parameters)
    for l in range(3):
        assert ag.allclose(dw[l], gradients[l], rtol=1e-10) and ag.allclose(db[l], gradients[3 + l], rtol=1e-10)
    print("BP4 ∂C/∂w = a_in δ_out and BP3 ∂C/∂b = δ agree with the engine in every layer")

    z = ag.tensor([0.0, 5.0, 10.0], dtype=ag.float64)
    slopes = ag.sigmoid(z) * (1 - ag.sigmoid(z))
    print("saturation:", ", ".join(f"σ'({a:g}) = {s:.3e}" for a, s in zip(z.tolist(), slopes.tolist(), strict=True)))
    assert np.allclose(slopes.numpy(), [0.25, 6.648e-3, 4.540e-5], rtol=1e-3)

    each = [backprop(w, b, one, target)[1] for one, target in zip(x, y, strict=True)]
    batch = [ag.stack([one[l] for one in each]).mean(0) for l in range(3)]
    parameters = [weights.clone().requires_grad_() for weights in w]
    a = x
    for weights, biases in zip(parameters, b, strict=True):
        a = ag.sigmoid(a @ weights.T + biases)
    whole = ag.grad(((y - a) ** 2).sum() / 2 / len(x), parameters)
    assert all(ag.allclose(one, two, rtol=1e-10) for one, two in zip(batch, whole, strict=True))
    print("the mean of the samples' gradients is the gradient of the mini-batch")

    figure, axes = pyplot()
    a_in = ag.linspace(0, 1, 41, dtype=ag.float64)
    for net_input in (0.0, 2.0, 5.0):
        s = ag.sigmoid(ag.tensor(net_input, dtype=ag.float64))
        axes.plot(a_in, a_in * s * (1 - s), label=f"z = {net_input:g}")
    axes.set(title="∂C/∂w = a_in δ_out, for ∂C/∂a = 1", xlabel="a_in")
    axes.legend()
    run.save(figure, "slow-learning")


if __name__ == "__main__":
    main()
