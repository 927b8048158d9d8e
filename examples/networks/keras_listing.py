"""The Keras listing 100-64-10 as an imperative program, and counting parameters. Keras 程序 100-64-10 与参数个数

Items: 004-13, 004-14.

The listing stacks Dense(64), relu, Dense(10), softmax, compiles with cross entropy and SGD, fits five epochs of batches of 32 and
evaluates. Here the same, each of its words a few lines. Its data X_train are not in the slides: ten noisy patterns of 100 numbers.

P = Σ (M_l + 1) M_{l+1}, the 1 for the biases (the slides lost the parentheses): 784-30-10 has 23860, 784-300-10 238510, 100-64-10 7114 and
3-4-4-3 51.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import autograd_core as ag
import nn
from autograd_core import Tensor
from examples import setting
from nn import optim
from nn.data import DataLoader, TensorDataset


def fit(model: nn.Module, data: TensorDataset, epochs: int, batch_size: int = 32) -> None:
    criterion, optimizer = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(epochs):
        total, right = 0.0, 0
        for x, y in DataLoader(data, batch_size=batch_size, shuffle=True):
            logits = model(x)
            loss = criterion(logits, y)  # softmax and the categorical cross entropy in one
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
            right += int((logits.argmax(1) == y).sum())
        print(f"Epoch {epoch + 1}/{epochs}: loss {total / len(data):.4f}, accuracy {right / len(data):.4f}")


def evaluate(model: nn.Module, data: TensorDataset) -> tuple[float, float]:
    x, y = data.tensors
    with ag.no_grad():
        logits = model(x)
        return nn.CrossEntropyLoss()(logits, y).item(), float((logits.argmax(1) == y).float().mean())


def patterns(count: int, centres: Tensor) -> TensorDataset:
    labels = ag.randint(0, 10, (count,))
    return TensorDataset(centres[labels] + 3 * ag.randn(count, 100), labels)


def parameters_of(sizes: Sequence[int]) -> int:
    return sum((m + 1) * n for m, n in pairwise(sizes))


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(100, 64), nn.ReLU(), nn.Linear(64, 10))
    centres = ag.randn(10, 100)
    fit(model, patterns(400 if run.quick else 2000, centres), epochs=5)
    loss, accuracy = evaluate(model, patterns(500, centres))
    print(f"evaluate: loss {loss:.4f}, accuracy {accuracy:.4f}")
    assert accuracy > 0.5

    for sizes, expected in (
        ((784, 30, 10), 23860),
        ((784, 300, 10), 238510),
        ((100, 64, 10), 7114),
        ((3, 4, 4, 3), 51),
    ):
        layers = nn.Sequential(*[nn.Linear(m, n) for m, n in pairwise(sizes)])
        counted = sum(parameter.numel() for parameter in layers.parameters())
        print(f"{'-'.join(map(str, sizes)):11} {counted:7} parameters")
        assert counted == parameters_of(sizes) == expected


if __name__ == "__main__":
    main()
