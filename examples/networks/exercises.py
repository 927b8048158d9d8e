"""Exercises 4-1, 4-2, 4-4, 4-7, 4-8 and 4-9, computed. 习题 4-1、4-2、4-4、4-7、4-8、4-9

Items: 004-17.

4-1  Inputs that are all positive: all gradients of a neuron's weights have one sign, descent zigzags, and takes more steps.
4-2  XOR with two ReLU units: W¹ all ones, b¹ = (0, −1), w² = (1, −2).
4-4  The derivatives of Swish and GELU by their formulas and by the engine.
4-7  Why b is not regularised: decaying it moves the boundary away from where the data want it.
4-8  Zero initialisation: the hidden units stay identical for ever; a random start breaks the symmetry.
4-9  Does a larger learning rate cure vanishing gradients? It scales all layers alike: the ratio stays, and the upper layers blow up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import autograd_core as ag
import nn.functional as F
from autograd_core import Tensor
from examples import pyplot, setting


def positive_inputs(run_steps: int) -> dict[str, list[float]]:
    """4-1: the losses of one sigmoid neuron on centred and on shifted inputs."""
    ag.manual_seed(0)
    x = ag.randn(100, 2, dtype=ag.float64)
    y = (x @ ag.tensor([1.0, -1.0], dtype=ag.float64) > 0).double()
    curves = {}
    for name, inputs in (("centred", x), ("all positive", x + 4)):
        w, b = ag.zeros(2, dtype=ag.float64, requires_grad=True), ag.zeros((), dtype=ag.float64, requires_grad=True)
        losses, same_sign = [], 0
        for step in range(run_steps):
            row = step % 100
            one = F.binary_cross_entropy_with_logits(inputs[row] @ w + b, y[row])
            (g,) = ag.grad(one, w)
            same_sign += int((g >= 0).all() or (g <= 0).all())
            loss = F.binary_cross_entropy_with_logits(inputs @ w + b, y)
            d_w, d_b = ag.grad(loss, [w, b])
            with ag.no_grad():
                w -= 0.1 * d_w
                b -= 0.1 * d_b
            losses.append(loss.item())
        curves[name] = losses
        print(
            f"4-1  {name:13}: loss {losses[-1]:.4f} after {run_steps} steps; gradients of one sign in {same_sign / run_steps:.0%}"
        )
    assert curves["centred"][-1] < curves["all positive"][-1]
    return curves


def xor_with_two_relus() -> None:
    x = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    answers = F.relu(x @ ag.ones(2, 2) + ag.tensor([0.0, -1.0])) @ ag.tensor([1.0, -2.0])
    print(f"4-2  XOR by two ReLU units: {answers.int().tolist()}")
    assert answers.tolist() == [0, 1, 1, 0]


def derivatives() -> None:
    x = ag.linspace(-4, 4, 41, dtype=ag.float64, requires_grad=True)
    s = ag.sigmoid(x.detach())
    swish = s + x.detach() * s * (1 - s)
    density = ag.exp(-(x.detach() ** 2) / 2) / math.sqrt(2 * math.pi)
    gelu = (1 + ag.erf(x.detach() / math.sqrt(2))) / 2 + x.detach() * density
    for name, function, formula in (("Swish", F.silu, swish), ("GELU", F.gelu, gelu)):
        (engine,) = ag.grad(function(x).sum(), x)
        worst = (engine - formula).abs().max().item()
        print(f"4-4  {name}' by the formula differs from the engine by {worst:.1e}")
        assert worst < 1e-14


def decayed_bias() -> None:
    """4-7: classes that part at x = 5; the boundary −b/w that each penalty leads to."""
    ag.manual_seed(0)
    x = 5 + 2 * ag.randn(200, dtype=ag.float64)
    y = (x + 0.5 * ag.randn(200, dtype=ag.float64) > 5).double()
    for name, decays_bias in (("weights only", False), ("weights and bias", True)):
        theta = ag.zeros(2, dtype=ag.float64, requires_grad=True)
        for _ in range(4000):
            penalty = theta[0] ** 2 + (theta[1] ** 2 if decays_bias else 0)
            risk = F.binary_cross_entropy_with_logits(theta[0] * x + theta[1], y) + 0.02 * penalty
            (g,) = ag.grad(risk, theta)
            with ag.no_grad():
                theta -= 0.1 * g
        boundary = (-theta[1] / theta[0]).item()
        print(f"4-7  penalty on {name:16}: boundary at x = {boundary:.2f} (the data part at 5)")
        assert (abs(boundary - 5) < 0.2) != decays_bias


def zero_start() -> None:
    x, y = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), ag.tensor([0.0, 1.0, 1.0, 1.0])
    for name, scale in (("zeros", 0.0), ("random", 0.5)):
        ag.manual_seed(0)
        w_1, w_2 = (scale * ag.randn(2, 4)).requires_grad_(), (scale * ag.randn(4)).requires_grad_()
        for _ in range(200):
            loss = F.binary_cross_entropy_with_logits(ag.sigmoid(x @ w_1) @ w_2, y)
            g_1, g_2 = ag.grad(loss, [w_1, w_2])
            with ag.no_grad():
                w_1 -= g_1
                w_2 -= g_2
        distinct = len({tuple(np.round(column, 6)) for column in w_1.detach().numpy().T})
        print(f"4-8  started from {name:6}: {distinct} different hidden units of 4 after 200 steps")
        assert distinct == (1 if scale == 0 else 4)


def larger_rates() -> None:
    for rate in (0.1, 1.0, 10.0, 100.0):
        ag.manual_seed(0)
        weights = [(ag.randn(20, 20, dtype=ag.float64) / 20**0.5).requires_grad_() for _ in range(8)]
        a: Tensor = ag.randn(10, 20, dtype=ag.float64)
        for w in weights:
            a = ag.sigmoid(a @ w)
        gradients = ag.grad(((a - 1) ** 2).sum(), weights)
        moves = [(rate * g).norm().item() / w.norm().item() for g, w in zip(gradients, weights, strict=True)]
        print(
            f"4-9  rate {rate:5}: relative step of the first layer {moves[0]:.1e}, of the last {moves[-1]:.1e}, ratio {moves[0] / moves[-1]:.1e}"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    curves = positive_inputs(300 if run.quick else 1000)
    xor_with_two_relus()
    derivatives()
    decayed_bias()
    zero_start()
    larger_rates()
    figure, axes = pyplot()
    for name, losses in curves.items():
        axes.semilogy(losses, label=f"inputs {name}")
    axes.set(title="4-1: centred inputs learn faster", xlabel="step", ylabel="loss")
    axes.legend()
    run.save(figure, "positive-inputs")


if __name__ == "__main__":
    main()
