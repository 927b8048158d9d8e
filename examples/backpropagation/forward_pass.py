"""The forward pass: by scalars, by matrices, for one sample and for a batch. 前向传播：标量、矩阵、单个样本与一批样本

Items: 000-5, 001-14, 002-9.

1. A 3-3-2 net, each z a sum written out, and z = W a + b: the same numbers. (The slides' second row of z is labelled z₁, W has w₂₁
   twice where w₂₂ is meant, and b⁽²⁾ has three entries for two units.)
2. Nielsen's notation: wˡⱼₖ goes from unit k of layer l−1 to unit j of layer l; a function is applied to each element:
   f((2, 3)) = (4, 9) for f(x) = x².
3. The three matrices of 002 (in × out, no biases): for x_in = (.5, .8, .2) softmax says (.72780576, .26927918, .00291506); for the
   batch of seven the answers are 0, 0, 0, 1, 0, 1, 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd_core as ag
import nn.functional as F
from examples import setting

W_1 = ag.tensor([[2.0, -1, 1, 4], [-1, 2, -3, 1], [3, -2, -1, 5]], dtype=ag.float64)
W_2 = ag.tensor([[3.0, 1, -2, 1], [-2, 4, 1, -4], [-1, -3, 2, -5], [3, 1, 1, 1]], dtype=ag.float64)
W_3 = ag.tensor([[-1.0, 3, -2], [1, -1, -3], [3, -2, 2], [1, 2, 1]], dtype=ag.float64)
X_IN = ag.tensor([0.5, 0.8, 0.2], dtype=ag.float64)
BATCH = ag.tensor(
    [
        [0.5, 0.8, 0.2],
        [0.1, 0.9, 0.6],
        [0.2, 0.2, 0.3],
        [0.6, 0.1, 0.9],
        [0.5, 0.5, 0.4],
        [0.9, 0.1, 0.9],
        [0.1, 0.8, 0.7],
    ],
    dtype=ag.float64,
)


def scalars_and_matrices() -> None:
    ag.manual_seed(0)
    x = ag.tensor([0.5, 0.8, 0.2])
    w = {1: ag.randn(3, 3), 2: ag.randn(2, 3)}
    b = {1: ag.randn(3), 2: ag.randn(2)}
    a = x
    for l in (1, 2):
        rows, columns = w[l].shape
        z = ag.stack([sum((w[l][j, k] * a[k] for k in range(columns)), b[l][j]) for j in range(rows)])
        by_matrix = w[l] @ a + b[l]
        print(f"z^({l}) by sums {z.numpy().round(4)}, by W a + b {by_matrix.numpy().round(4)}")
        assert ag.allclose(z, by_matrix, atol=1e-6)
        a = ag.sigmoid(z)
    print(f"a^(2) = {a.numpy().round(4)}")


def network_of_002(x: ag.Tensor) -> tuple[ag.Tensor, ag.Tensor]:
    """z_2, and the softmax at the end; x is a sample or rows of samples."""
    z_2 = x @ W_1
    z_4 = ag.sigmoid(ag.sigmoid(z_2) @ W_2) @ W_3
    return z_2, F.softmax(z_4, dim=-1)


def main(arguments: Sequence[str] | None = None) -> None:
    setting(__doc__, arguments)
    scalars_and_matrices()
    print("f((2, 3)) = ", (ag.tensor([2, 3]) ** 2).tolist())
    z_2, y_out = network_of_002(X_IN)
    print(f"z_2 = {z_2.tolist()}, y_out = {y_out.numpy().round(8)}")
    assert np.allclose(z_2.numpy(), [0.8, 0.7, -2.1, 3.8])
    assert np.allclose(y_out.numpy(), [0.72780576, 0.26927918, 0.00291506], atol=1e-8)
    z_2, y_out = network_of_002(BATCH)
    with np.printoptions(precision=8, suppress=True):
        print(f"the batch: z_2 is {tuple(z_2.shape)}, y_out\n{y_out.numpy()}\nargmax {y_out.argmax(1).tolist()}")
    assert y_out.argmax(1).tolist() == [0, 0, 0, 1, 0, 1, 0]
    assert ag.allclose(y_out[0], network_of_002(X_IN)[1], rtol=1e-12)


if __name__ == "__main__":
    main()
