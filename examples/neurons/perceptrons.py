"""Perceptrons and logic: a decision, gates, XOR from three, separating lines. 感知器、逻辑门与分割线

Items: 001-2, 001-3, 001-4, 002-2, 003-3.

1. A perceptron says 1 where Σ wⱼxⱼ > threshold, which is where w·x + b > 0 with b = −threshold.
2. Shall I go to the car show? Weights 6, 2, 2 and threshold 5: the first question decides alone. With threshold 3 the other two
   together do as well.
3. NAND from weights −2, −2 and bias 3, and an adder of one bit made of five NANDs.
4. Sigmoid gates of 002: OR (20, 20, −10), NAND (−10, −10, 14), AND (20, 20, −30), XOR = AND(OR, NAND).
5. AND and OR as lines that part the plane: AND (1, 1, −1.5), OR (1, 1, −.5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import Setting, pyplot, setting

INPUTS = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Gate = Callable[[Tensor], Tensor]


def perceptron(weights: Sequence[float], bias: float) -> Gate:
    """1 where w·x + b > 0, else 0, for each row x."""
    return lambda x: (x @ ag.tensor(weights) + bias > 0).float()


def sigmoid_gate(w_1: float, w_2: float, bias: float) -> Gate:
    return lambda x: ag.sigmoid(x @ ag.tensor([w_1, w_2], dtype=ag.float32) + bias)


def car_show() -> None:
    print("Shall I go to the car show?     weather  company  station")
    questions = ag.tensor(list(product([0.0, 1.0], repeat=3)))
    for threshold in (5, 3):
        by_threshold = questions @ ag.tensor([6.0, 2.0, 2.0]) > threshold
        answers = perceptron([6.0, 2.0, 2.0], -threshold)(questions)
        assert ag.equal(answers, by_threshold.float())
        for row, goes in zip(questions.int().tolist(), answers.tolist(), strict=True):
            print(f"  threshold {threshold}: {'go  ' if goes else 'stay'}          " + "".join(f"{x:9}" for x in row))


def nand_networks() -> None:
    nand = perceptron([-2.0, -2.0], 3)
    print("NAND:", nand(INPUTS).int().tolist())
    assert nand(INPUTS).tolist() == [1, 1, 1, 0]

    def of(a: Tensor, b: Tensor) -> Tensor:
        return nand(ag.stack([a, b], 1))

    x_1, x_2 = INPUTS.T
    inner = of(x_1, x_2)
    total, carry = of(of(x_1, inner), of(x_2, inner)), of(inner, inner)
    print("An adder of five NANDs: sum", total.int().tolist(), "carry", carry.int().tolist())
    assert total.tolist() == [0, 1, 1, 0]
    assert carry.tolist() == [0, 0, 0, 1]


def sigmoid_gates() -> None:
    gates = {"OR": sigmoid_gate(20, 20, -10), "NAND": sigmoid_gate(-10, -10, 14), "AND": sigmoid_gate(20, 20, -30)}

    def xor(x: Tensor) -> Tensor:
        return gates["AND"](ag.stack([gates["OR"](x), gates["NAND"](x)], 1))

    expected = {"OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0], "AND": [0, 0, 0, 1], "XOR": [0, 1, 1, 0]}
    for name, gate in {**gates, "XOR": xor}.items():
        answers = gate(INPUTS)
        print(f"{name:4} of sigmoids: {answers.numpy().round(6)}")
        assert answers.round().tolist() == expected[name]


def separating_lines(run: Setting) -> None:
    figure, axes = pyplot(2, width=3.4)
    for each, (name, bias, table) in zip(axes, (("AND", -1.5, [0, 0, 0, 1]), ("OR", -0.5, [0, 1, 1, 1])), strict=True):
        gate = perceptron([1.0, 1.0], bias)
        assert gate(INPUTS).tolist() == table
        side = np.linspace(-0.5, 1.5, 101)
        grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2).astype(np.float32)
        each.pcolormesh(
            side, side, gate(ag.from_numpy(grid)).reshape(101, 101), alpha=0.25, shading="nearest", rasterized=True
        )
        each.plot(side, -bias - side, color="#333", linewidth=1)
        for (x_1, x_2), answer in zip(INPUTS.tolist(), table, strict=True):
            each.plot(x_1, x_2, "o", color="#c33" if answer else "#36c", markersize=8)
        each.set(title=f"{name}: x₁ + x₂ = {-bias}", xlabel="x₁", ylabel="x₂", xlim=(-0.5, 1.5), ylim=(-0.5, 1.5))
    run.save(figure, "lines")


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    car_show()
    nand_networks()
    sigmoid_gates()
    separating_lines(run)


if __name__ == "__main__":
    main()
