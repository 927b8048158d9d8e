"""Kinds of networks: feed-forward, with memory, on graphs; what deep means. 前馈网络、记忆网络与图网络

Items: 001-7, 004-3.

1. Feed-forward: information goes one way; with two or more hidden layers it is called deep. A net of three layers adds up its bits.
2. With memory: a recurrent net reads a sequence and keeps a state (at the end it still knows how the sequence began); a Hopfield
   net falls from a damaged picture into the stored one.
3. On a graph: each node hears from its neighbours; a label spreads from one known node to its side of a network of friends.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core import Tensor
from examples import pyplot, setting
from nn import optim


def fit(model: nn.Module, x: Tensor, y: Tensor, steps: int, rate: float = 0.02) -> float:
    """Train on all rows; the accuracy."""
    optimizer = optim.Adam(model.parameters(), lr=rate)
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(((model(x) > 0).float() == y).float().mean())


class Remembering(nn.Module):
    """A recurrent net: h ← tanh(W x + U h), read at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.Linear(1 + 6, 6), nn.Linear(6, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(len(x), 6)
        for t in range(x.shape[1]):
            h = ag.tanh(self.cell(ag.cat([x[:, t : t + 1], h], dim=1)))
        return self.out(h).squeeze(1)  # type: ignore[no-any-return]  # a module's call is untyped


PICTURES = {
    "T": ["#####", "..#..", "..#..", "..#..", "..#.."],
    "L": ["#....", "#....", "#....", "#....", "#####"],
}


def hopfield(run_seed: int) -> tuple[list[Tensor], list[Tensor]]:
    """Damaged pictures, and what a net that stores them by Hebb's rule makes of them."""
    stored = ag.tensor([[1.0 if c == "#" else -1.0 for row in rows for c in row] for rows in PICTURES.values()])
    weights = stored.T @ stored / stored.shape[1]
    weights = weights - ag.diag(ag.diag(weights))
    ag.manual_seed(run_seed)
    damaged = []
    for pattern in stored:
        state = pattern.clone()
        state[ag.randperm(25)[:4]] *= -1
        damaged.append(state)
    recalled = []
    for state in damaged:
        for _ in range(5):
            state = ag.sign(weights @ state)
        recalled.append(state)
    for pattern, state in zip(stored, recalled, strict=True):
        assert ag.equal(pattern, state)
    return damaged, recalled


def spread_labels() -> list[float]:
    """Two groups of four friends and one bridge; nodes 0 and 7 are known, the rest take the mean of their neighbours."""
    friends = [(i, j) for group in (range(4), range(4, 8)) for i in group for j in group if i < j] + [(3, 4)]
    a = ag.zeros(8, 8)
    for i, j in friends:
        a[i, j] = a[j, i] = 1
    a = a / a.sum(1, keepdim=True)
    known = ag.tensor([1.0] + [0.0] * 6 + [-1.0])
    label = known
    for _ in range(50):
        label = ag.where(known != 0, known, a @ label)
    return [round(value, 3) for value in label.tolist()]


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    ag.manual_seed(0)
    bits = ag.tensor(list(product([0.0, 1.0], repeat=4)))
    odd = bits.sum(1) % 2
    deep = nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    hidden = sum(isinstance(module, nn.Tanh) for module in deep)
    print(
        f"feed-forward, {hidden} hidden layers (deep): odd or even of four bits, accuracy {fit(deep, bits, odd, 200):.2f}"
    )

    model = Remembering()
    accuracy = fit(model, bits, bits[:, 0], 150)
    print(f"with memory: how did a sequence of four begin? asked at its end: accuracy {accuracy:.2f}")
    assert accuracy == 1

    damaged, recalled = hopfield(4)
    labels = spread_labels()
    print(f"on a graph: from node 0 (+1) and node 7 (−1) the labels become {labels}")
    assert all(label > 0 for label in labels[:4]) and all(label < 0 for label in labels[4:])
    figure, axes = pyplot(4, width=1.8, height=1.9)
    for each, state, title in zip(
        axes, [damaged[0], recalled[0], damaged[1], recalled[1]], ["damaged", "recalled"] * 2, strict=True
    ):
        each.imshow(state.reshape(5, 5), cmap="gray_r")
        each.set(title=title, xticks=[], yticks=[])
    run.save(figure, "hopfield")


if __name__ == "__main__":
    main()
