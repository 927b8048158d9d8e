"""One-hot labels, softmax, entropy and cross entropy. 独热编码、softmax、熵与交叉熵

Items: 002-8.

Numbers to expect for o = (1, 2, 3) and label 2 (the third class): cross entropy .4076059644, gradient
(.09003057, .24472847, −.33475904), which is softmax − one-hot, entropy of the softmax .8323955818. (The slides' H(P, Q) adds
Q log P, which is wrong: cross entropy is Σ −P log Q alone, smallest where Q = P.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
import nn.functional as F
from autograd_core import Tensor
from examples import pyplot, setting

KINDS = ("cat", "dog", "chicken")


def entropy(p: Tensor) -> Tensor:
    return -(p * p.log()).sum()


def cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    """H(P, Q) = Σ −P(j) log Q(j)."""
    return -(p * q.log()).sum()


def main(arguments: Sequence[str] | None = None) -> None:
    run = setting(__doc__, arguments)
    codes = F.one_hot(ag.arange(3))
    print(*(f"{kind}: {tuple(code.tolist())}" for kind, code in zip(KINDS, codes, strict=True)), sep=", ")

    o = ag.tensor([1.0, 2.0, 3.0], dtype=ag.float64, requires_grad=True)
    y = F.softmax(o, dim=0)
    loss = F.cross_entropy(o, ag.tensor(2))
    (gradient,) = ag.grad(loss, o)
    print(f"softmax {y.detach().numpy().round(8)}: argmax is that of o, {KINDS[int(y.argmax())]}")
    print(f"cross entropy {loss.item():.10f}, entropy {entropy(y).item():.10f}")
    print(f"gradient {gradient.numpy().round(8)} = softmax − one-hot")
    assert np.isclose(loss.item(), 0.4076059644, atol=1e-10)
    assert np.isclose(entropy(y).item(), 0.8323955818, atol=1e-10)
    assert ag.allclose(gradient, y.detach() - codes[2], rtol=1e-12)
    assert np.allclose(gradient.numpy(), [0.09003057, 0.24472847, -0.33475904], atol=1e-8)

    p = ag.linspace(0.001, 0.999, 401, dtype=ag.float64)
    figure, (left, right) = pyplot(2)
    pairs = ag.stack([p, 1 - p], 1)
    left.plot(p, [entropy(pair).item() for pair in pairs])
    left.set(title="Entropy of (p, 1 − p)", xlabel="p")
    for given in (0.2, 0.5, 0.9):
        known = ag.tensor([given, 1 - given], dtype=ag.float64)
        right.plot(p, [cross_entropy(known, pair).item() for pair in pairs], label=f"P = ({given}, {1 - given:.1f})")
        right.plot(given, entropy(known).item(), "k.")
    right.set(title="Cross entropy H(P, Q): least at Q = P", xlabel="q", ylim=(0, 3))
    right.legend()
    run.save(figure, "entropy")


if __name__ == "__main__":
    main()
