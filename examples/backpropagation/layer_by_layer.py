"""Each layer as a network of its own, and a case worked by hand in O, θ and t. 逐层的反向传播与手推算例

Items: 002-12, 003-5, 003-6.

1. Each layer knows only its input and the gradient of its output, and passes the gradient of its input on: chained, three such layers
   give what the engine gives for the whole net.
2. Jason's notation: Oᵢ outputs, wᵢⱼ from i to j, θⱼ biases, t targets; δⱼ = Oⱼ(1 − Oⱼ)(Oⱼ − tⱼ) at the output and
   δⱼ = Oⱼ(1 − Oⱼ) Σₖ δₖ wⱼₖ below; Δwᵢⱼ = −η Oᵢ δⱼ, Δθⱼ = −η δⱼ. Every number is printed, and the engine's beside it.
   F1 of the acceptance numbers: E = .281023549983, δ_out = (−.0116883987, .1423379243, .0008687126).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import setting
from examples.backpropagation.forward_pass import W_1, W_2, W_3, X_IN


class SigmoidLayer:
    """A layer that differentiates itself: output σ(x W), weights in × out."""

    def __init__(self, weights: Tensor) -> None:
        self.weights = weights

    def forward(self, x: Tensor) -> Tensor:
        self.x, self.out = x, ag.sigmoid(x @ self.weights)
        return self.out

    def backward(self, g: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient of the input, to be handed on, and of the weights."""
        delta = g * self.out * (1 - self.out)
        return delta @ self.weights.T, ag.outer(self.x, delta)


def layers_of_their_own() -> None:
    layers = [SigmoidLayer(weights) for weights in (W_1, W_2, W_3)]
    target = ag.tensor([1.0, 0.0, 0.0], dtype=ag.float64)
    a = X_IN
    for layer in layers:
        a = layer.forward(a)
    error = ((a - target) ** 2).sum() / 2
    g = a - target
    by_layers: list[Tensor] = []
    for layer in reversed(layers):
        g, gradient = layer.backward(g)
        by_layers.insert(0, gradient)
    weights = [each.clone().requires_grad_() for each in (W_1, W_2, W_3)]
    a = X_IN
    for each in weights:
        a = ag.sigmoid(a @ each)
    by_engine = ag.grad(((a - target) ** 2).sum() / 2, weights)
    for l, (one, two) in enumerate(zip(by_layers, by_engine, strict=True), start=1):
        print(f"layer {l}: by the layer itself and by the engine differ by {(one - two).abs().max().item():.1e}")
        assert ag.allclose(one, two, rtol=1e-12)
    print(f"E = {error.item():.12f}")
    assert np.isclose(error.item(), 0.281023549983, atol=1e-12)


def worked_case() -> None:
    inputs, target, eta = [0.35, 0.9], 0.5, 1.0
    w = {"13": 0.1, "23": 0.8, "14": 0.4, "24": 0.6, "35": 0.3, "45": 0.9}
    theta = {"3": 0.0, "4": 0.0, "5": 0.0}

    def squash(x: float) -> float:
        return float(1 / (1 + np.exp(-x)))

    o_1, o_2 = inputs
    o_3 = squash(o_1 * w["13"] + o_2 * w["23"] + theta["3"])
    o_4 = squash(o_1 * w["14"] + o_2 * w["24"] + theta["4"])
    o_5 = squash(o_3 * w["35"] + o_4 * w["45"] + theta["5"])
    d_5 = o_5 * (1 - o_5) * (o_5 - target)
    d_3, d_4 = (o * (1 - o) * d_5 * weight for o, weight in ((o_3, w["35"]), (o_4, w["45"])))
    print(f"\nO₃ = {o_3:.4f}, O₄ = {o_4:.4f}, O₅ = {o_5:.4f}, t = {target}")
    print(f"δ₅ = O₅(1 − O₅)(O₅ − t) = {d_5:.6f}; δ₃ = O₃(1 − O₃) δ₅ w₃₅ = {d_3:.6f}; δ₄ = {d_4:.6f}")
    by_hand = {"13": o_1 * d_3, "23": o_2 * d_3, "14": o_1 * d_4, "24": o_2 * d_4, "35": o_3 * d_5, "45": o_4 * d_5}

    v = {name: ag.tensor(value, dtype=ag.float64, requires_grad=True) for name, value in w.items()}
    h_3, h_4 = (ag.sigmoid(o_1 * v[f"1{j}"] + o_2 * v[f"2{j}"]) for j in "34")
    out = ag.sigmoid(h_3 * v["35"] + h_4 * v["45"])
    ((out - target) ** 2 / 2).backward()
    for name, gradient in by_hand.items():
        engine = v[name].grad
        assert engine is not None and np.isclose(gradient, engine.item(), rtol=1e-12)
        new = w[name] - eta * gradient
        print(
            f"Δw{name} = −η O{name[0]} δ{name[1]} = {-eta * gradient: .6f}: {w[name]} → {new:.6f}   (engine {-engine.item(): .6f})"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    setting(__doc__, arguments)
    layers_of_their_own()
    worked_case()


if __name__ == "__main__":
    main()
