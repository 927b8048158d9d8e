"""Structural risk, and Algorithm 4.1 with and without patience. 结构化风险与算法 4.1

Items: 004-7, 004-9.

1. The risk is the mean loss plus λ/2 ‖W‖²_F: the penalty adds λW to the gradient of the weights, and is what `weight_decay` does in
   an optimiser. Biases are not decayed: they only move the unit's boundary and add little capacity.
2. Algorithm 4.1: stochastic gradient descent, one sample at a time in a new order, until the error on the validation set no
   longer falls. Taken literally it stops at the first epoch without improvement, within six, with nearly half (.47 to .49) of
   the points wrong; with a patience of 10 epochs it reaches an error of .04 to .08. (A 2-8-1 net on 300 points of 002's diamond.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor
from examples import pyplot, setting
from examples.networks.diamond import data
from nn import optim


def penalty_and_decay() -> None:
    ag.manual_seed(0)
    layer, x, y = nn.Linear(3, 2), ag.randn(5, 3), ag.randn(5, 2)
    decay = 0.1
    loss = F.mse_loss(layer(x), y)
    risk = loss + decay / 2 * (layer.weight**2).sum()
    plain, with_penalty = (ag.grad(each, layer.weight, retain_graph=True)[0] for each in (loss, risk))
    print("the penalty adds λW to the gradient:", ag.allclose(with_penalty, plain + decay * layer.weight, atol=1e-6))
    groups = [{"params": [layer.weight], "weight_decay": decay}, {"params": [layer.bias], "weight_decay": 0.0}]
    before = layer.weight.detach().clone()
    optimizer = optim.SGD(groups, lr=0.5)
    loss.backward()
    optimizer.step()
    assert ag.allclose(layer.weight, before - 0.5 * with_penalty, atol=1e-6)
    print("weight_decay steps along the same gradient")


def points(seed: int) -> tuple[Tensor, Tensor]:
    x, y = data("diamond", 300, np.random.RandomState(seed))
    return ag.tensor(x[:, :2]), ag.tensor(y)


class Net:
    """2-8-1 with sigmoids; one sample a step, the gradients by the engine, weights decayed and biases not."""

    def __init__(self, seed: int) -> None:
        ag.manual_seed(seed)
        shapes = [(8, 2), (8,), (1, 8), (1,)]
        self.parameters = [ag.randn(*shape, dtype=ag.float64).requires_grad_() for shape in shapes]

    def logits(self, x: Tensor) -> Tensor:
        w_1, b_1, w_2, b_2 = self.parameters
        return (ag.sigmoid(x @ w_1.T + b_1) @ w_2.T + b_2).squeeze(-1)

    def epoch(self, x: Tensor, y: Tensor, rate: float, decay: float) -> None:
        for i in ag.randperm(len(x)).tolist():
            loss = F.binary_cross_entropy_with_logits(self.logits(x[i : i + 1]), y[i : i + 1])
            gradients = ag.grad(loss, self.parameters)
            with ag.no_grad():
                for parameter, gradient in zip(self.parameters, gradients, strict=True):
                    if parameter.ndim == 2:
                        gradient = gradient + decay * parameter
                    parameter -= rate * gradient

    def error(self, x: Tensor, y: Tensor) -> float:
        with ag.no_grad():
            return float(((self.logits(x) > 0).double() != y).double().mean())


def algorithm_4_1(seed: int, patience: int, most: int) -> list[float]:
    """The validation error after each epoch, until it has not fallen for `patience` epochs."""
    train, validation, net = points(seed), points(100 + seed), Net(seed)
    errors = [net.error(*validation)]
    while len(errors) <= most and len(errors) - 1 - int(np.argmin(errors)) < patience:
        net.epoch(*train, rate=0.1, decay=1e-4)
        errors.append(net.error(*validation))
    return errors


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    penalty_and_decay()
    seeds = 1 if run.quick else 5
    literal = [algorithm_4_1(seed, 1, 100) for seed in range(seeds)]
    patient = [algorithm_4_1(seed, 10, 15 if run.quick else 100) for seed in range(seeds)]
    for name, runs in (("literally", literal), ("patience 10", patient)):
        ends = [len(errors) - 1 for errors in runs]
        best = [min(errors) for errors in runs]
        print(
            f"{name:12} stops after epoch {min(ends)} to {max(ends)}, validation error {np.median(best):.3f} (median)"
        )
    figure, axes = pyplot()
    axes.plot(patient[0], label="patience 10")
    axes.plot(literal[0], "o-", label="the literal rule", markersize=4)
    axes.set(title="Algorithm 4.1", xlabel="epoch", ylabel="validation error", ylim=0)
    axes.legend()
    run.save(figure, "patience")


if __name__ == "__main__":
    main()
