"""A short history of neural networks, with the first of them running. 神经网络发展史

Items: 002-1.

McCulloch and Pitts showed in 1943 that networks of threshold units can compute any logical function: a unit fires if enough excitatory
inputs fire and no inhibitory one does. Here any truth table of three variables is built that way and checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import autograd_core as ag
import nn.functional as F
from autograd_core import Tensor
from examples import pyplot, setting

MILESTONES = (
    (1943, "McCulloch and Pitts: a logical calculus of nervous activity"),
    (1949, "Hebb: cells that fire together wire together"),
    (1958, "Rosenblatt: the perceptron learns"),
    (1969, "Minsky and Papert: a perceptron cannot compute XOR"),
    (1974, "Werbos: backpropagation"),
    (1982, "Hopfield: networks as memories"),
    (1986, "Rumelhart, Hinton, Williams: representations by back-propagating errors"),
    (1989, "LeCun: convolutional networks read postal codes"),
    (1997, "Hochreiter and Schmidhuber: LSTM"),
    (2006, "Hinton: deep belief nets"),
    (2012, "Krizhevsky: AlexNet"),
    (2017, "Vaswani: the Transformer"),
    (2020, "large pre-trained models"),
    (2022, "assistants tuned by human feedback"),
)


def unit(excites: Sequence[int], inhibits: Sequence[int], threshold: int) -> Callable[[Tensor], Tensor]:
    """A McCulloch-Pitts unit on rows of 0 and 1."""

    def fires(x: Tensor) -> Tensor:
        excited = x[:, list(excites)].sum(1) >= threshold if excites else ag.ones(len(x)) >= threshold
        quiet = x[:, list(inhibits)].sum(1) == 0 if inhibits else ag.ones(len(x)) > 0
        fired: Tensor = (excited & quiet).float()
        return fired

    return fires


def network(table: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """A unit for each row of the table that says 1, and one that fires if any of them does."""
    rows = [row for row, answer in zip(product((0, 1), repeat=3), table, strict=True) if answer]
    hidden = [
        unit([i for i, bit in enumerate(row) if bit], [i for i, bit in enumerate(row) if not bit], sum(row))
        for row in rows
    ]

    def run(x: Tensor) -> Tensor:
        if not hidden:
            return ag.zeros(len(x))
        fires: Tensor = F.step(ag.stack([each(x) for each in hidden]).sum(0), 0.0)
        return fires

    return run


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    for year, event in MILESTONES:
        print(f"{year}  {event}")
    inputs = ag.tensor(list(product([0.0, 1.0], repeat=3)))
    tables = list(product((0, 1), repeat=8))
    right = sum(network(table)(inputs).int().tolist() == list(table) for table in tables)
    print(f"threshold units compute {right} of the {len(tables)} truth tables of three variables")
    assert right == 256

    figure, axes = pyplot(width=8, height=3.6)
    years = [year for year, _ in MILESTONES]
    axes.plot(years, [0] * len(years), "o-", color="#333")
    for year, event in MILESTONES:
        axes.annotate(
            f"{year} {event.partition(':')[0]}",
            (year, 0),
            (0, 8),
            textcoords="offset points",
            rotation=38,
            fontsize=7.5,
        )
    axes.set(ylim=(-0.2, 2), yticks=[])
    axes.spines["left"].set_visible(False)
    run.save(figure, "timeline")


if __name__ == "__main__":
    main()
