"""Time and size of drawings, and what recording costs: ``python -m tests.benchmarks.drawing [builtin|dot]``."""

from __future__ import annotations

import sys
import time
import warnings
from typing import TYPE_CHECKING

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor
from autograd_core.draw import draw_graph
from autograd_core.ledger import forward_order
from examples.draw_graphs import Block, Perceptron, Recurrent

if TYPE_CHECKING:
    from collections.abc import Callable


def recorded(compute: Callable[[], Tensor]) -> Tensor:
    with ag.record():
        loss = (compute() ** 2).mean()
    loss.backward()
    return loss


def report(name: str, loss: Tensor, engine: str) -> None:
    """A line: nodes, cards, seconds, kilobytes."""
    start = time.perf_counter()
    drawing = draw_graph(loss, engine=engine)
    size = len(drawing.svg.encode())
    seconds = time.perf_counter() - start
    nodes, cards = len(forward_order([loss._edge])), len(drawing.graph.cards)
    print(
        f"{name:24s}{nodes:7d} nodes {cards:5d} cards  {drawing.engine:8s}{seconds:6.2f} s {size / 1000:7.0f} kB",
        flush=True,
    )


def step_time(step: Callable[[], None]) -> float:
    """The best of many, in microseconds."""
    best = 1.0
    for _ in range(200):
        start = time.perf_counter()
        for _ in range(10):
            step()
        best = min(best, (time.perf_counter() - start) / 10)
    return best * 1e6


def recording_costs() -> None:
    model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10))
    x, labels = ag.randn(10, 784), ag.randint(0, 10, (10,))

    def step() -> None:
        F.cross_entropy(model(x), labels).backward()
        for p in model.parameters():
            p.grad = None

    never = step_time(step)
    draw_graph(lambda x: F.cross_entropy(model(x), labels), x)
    after = step_time(step)
    with ag.record():
        inside = step_time(step)
    print(f"784-30-10, batch 10: {never:.0f} us a step; after a drawing {after:.0f}; inside record() {inside:.0f}")


def main() -> None:
    warnings.simplefilter("ignore")
    engine = sys.argv[1] if len(sys.argv) > 1 else "builtin"
    ag.manual_seed(0)
    recording_costs()
    for layers in (3, 333):
        model = Perceptron(*[8] * (layers + 1))
        report(f"MLP, {layers} layers", recorded(lambda m=model: m(ag.randn(4, 8))), engine)  # type: ignore[misc]
    for blocks in (1, 12, 300, 460):
        transformer = nn.Sequential(*[Block(8) for _ in range(blocks)])
        report(f"Transformer, {blocks} blocks", recorded(lambda m=transformer: m(ag.randn(5, 8))), engine)  # type: ignore[misc]
    for steps in (100, 800):
        rnn = Recurrent(3, 4)
        inputs = [ag.randn(1, 3) for _ in range(steps)]
        report(f"RNN, {steps} steps", recorded(lambda m=rnn, i=inputs: m(i)), engine)  # type: ignore[misc]
    x = ag.tensor(0.5, requires_grad=True)

    def chain() -> Tensor:
        y = x
        for i in range(10_000):
            y = y.sin() if i % 2 else y + 0.001
        return y

    report("chain of 10,000", recorded(chain), engine)


if __name__ == "__main__":
    main()
