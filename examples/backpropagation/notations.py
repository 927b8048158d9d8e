"""One net in six notations: symbols, layer numbers, shapes and equations. 一个网络，六套记号

Items: 004-4.

The documents write the same equations differently: layers counted from 0 or 1, W joining the layer before or the next, samples as rows
or columns, matrices out × in or in × out. The numbers below are those of one 3-4-2 net and one sample, each in the shape that the
document gives it; only their names and shapes differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from examples import setting
from nn.backprop import NOTATIONS, Loss, Net, backprop


def main(arguments: Sequence[str] | None = None) -> None:
    setting(__doc__, arguments)
    net, loss = Net.random([3, 4, 2], seed=3), Loss("squared", half=True)
    x, t = np.array([[0.5, 0.8, 0.2]]), np.array([[1.0, 0.0]])
    p = backprop(net, loss, x, t)
    totals = set()
    for notation in NOTATIONS.values():
        print(f"{notation.title['en']}   {notation.title['zh']}")
        last = net.depth
        print(
            f"  input {notation.a(0)}, net input {notation.z(1)}, output {notation.a(last)}, weights {notation.W(1)}, {notation.W(last)}"
        )
        for english, chinese in zip(notation.equations("en"), notation.equations("zh"), strict=True):
            print(f"  {english}\n      {chinese}")
        arrays = notation.present(p)
        print("  shapes:", ", ".join(f"{name} {value.shape}" for name, value in arrays.items()), "\n")
        totals.add(round(sum(float((value**2).sum()) for value in arrays.values()), 12))
    print(f"the squares of all these numbers sum to {totals.pop():.9f} in every notation")
    assert not totals


if __name__ == "__main__":
    main()
