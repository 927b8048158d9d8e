"""Placeholders and sessions: the graph first, the numbers later. 占位符与会话：静态计算图

Items: 000-15.

A static graph, as TensorFlow 1 had it: operations on placeholders build a graph and compute nothing; a session runs it, as often as one
likes, with numbers fed in. Here it is in forty lines. The engine's graph is dynamic: it is what has been computed. So an `if` on a
value, or a loop whose length depends on the data, is an ordinary one; in a static graph the branch would have to be a node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from examples import setting


class Symbol:
    """A node that is to be computed: a function of other nodes; a placeholder has none."""

    def __init__(self, function: Callable[..., Any] | None = None, *inputs: Symbol) -> None:
        self.function, self.inputs = function, inputs

    def __add__(self, other: Symbol) -> Symbol:
        return Symbol(lambda x, y: x + y, self, other)

    def __mul__(self, other: Symbol) -> Symbol:
        return Symbol(lambda x, y: x * y, self, other)

    def __matmul__(self, other: Symbol) -> Symbol:
        return Symbol(lambda x, y: x @ y, self, other)


def sigmoid(x: Symbol) -> Symbol:
    return Symbol(ag.sigmoid, x)


class Session:
    """Runs graphs: computes what a node depends on, each node once."""

    def run(self, wanted: Symbol, feed: Mapping[Symbol, Any]) -> Any:
        known = dict(feed)

        def value(node: Symbol) -> Any:
            if node not in known:
                if node.function is None:
                    raise ValueError("a placeholder was not fed")
                known[node] = node.function(*map(value, node.inputs))
            return known[node]

        return value(wanted)


def halvings(x: Tensor) -> tuple[Tensor, int]:
    """How often x must be halved to get below 1: a loop whose length the data decides."""
    count = 0
    while x > 1:
        x, count = x / 2, count + 1
    return x, count


def main(arguments: Sequence[str] | None = None) -> None:
    setting(__doc__, arguments)
    x, w, b = Symbol(), Symbol(), Symbol()
    y = sigmoid(x @ w + b)
    print("the graph of y = σ(x w + b) is built; nothing has been computed")
    session = Session()
    weights = ag.tensor([[0.5], [-1.0]], requires_grad=True)
    for batch in ([[1.0, 2.0]], [[0.0, 0.0], [3.0, 1.0]]):
        result = session.run(y, {x: ag.tensor(batch), w: weights, b: ag.tensor([0.1])})
        print(f"  run with {batch}: {result.detach().numpy().round(4).tolist()}")
        expected = 1 / (1 + np.exp(-(np.array(batch) @ [[0.5], [-1.0]] + 0.1)))
        assert np.allclose(result.detach().numpy(), expected, atol=1e-6)
    result.sum().backward()
    assert weights.grad is not None
    print(
        f"  what ran is a dynamic graph of the engine, and differentiates: dw = {weights.grad.flatten().numpy().round(4)}"
    )

    for start in (3.0, 100.0):
        value = ag.tensor(start, requires_grad=True)
        end, count = halvings(value)
        (slope,) = ag.grad(end, value)
        print(
            f"dynamic: {start:g} halved {count} times is {end.item():.4f}, the derivative is 2^−{count} = {slope.item():.6f}"
        )
        assert slope.item() == 2.0**-count


if __name__ == "__main__":
    main()
