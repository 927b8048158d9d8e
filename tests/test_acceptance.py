"""The numbers that the lecture documents print or imply, checked by independent hand derivation.

The names are those of the table "Acceptance numbers": gates and forward tables (002), the worked automatic
differentiation (004-10), the two paths (003-7), F0 and F1, and so on.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F

# the network of 002: weights (in x out), no biases
W_1 = [[2, -1, 1, 4], [-1, 2, -3, 1], [3, -2, -1, 5]]
W_2 = [[3, 1, -2, 1], [-2, 4, 1, -4], [-1, -3, 2, -5], [3, 1, 1, 1]]
W_3 = [[-1, 3, -2], [1, -1, -3], [3, -2, 2], [1, 2, 1]]
X_IN = [0.5, 0.8, 0.2]


def leaf(values: object) -> ag.Tensor:
    return ag.tensor(values, dtype=ag.float64, requires_grad=True)


def close(tensor: ag.Tensor | None, expected: object, tolerance: float) -> None:
    assert tensor is not None
    np.testing.assert_allclose(tensor.detach().numpy(), expected, rtol=0, atol=tolerance)


def net_of_002() -> tuple[ag.Tensor, list[ag.Tensor], list[ag.Tensor]]:
    """The input, the net inputs z_2 … z_4 and the activations of the hidden layers."""
    x = leaf(X_IN)
    z_2 = x @ leaf(W_1)
    a_2 = ag.sigmoid(z_2)
    z_3 = a_2 @ leaf(W_2)
    a_3 = ag.sigmoid(z_3)
    z_4 = a_3 @ leaf(W_3)
    for z in (z_2, z_3, z_4):
        z.retain_grad()
    return x, [z_2, z_3, z_4], [a_2, a_3]


def test_forward_pass_of_002() -> None:
    _, (_, z_3, z_4), _ = net_of_002()
    close(z_3, [3.55880727, 4.01355384, 0.48455118, -1.55014198], 5e-9)
    close(z_4, [2.04146788, 1.04718238, -3.47867612], 5e-9)


@pytest.mark.parametrize(
    ("weights", "bias", "table"),
    [((20, 20), -10, (0, 1, 1, 1)), ((-10, -10), 14, (1, 1, 1, 0)), ((20, 20), -30, (0, 0, 0, 1))],
    ids=["OR", "NAND", "AND"],
)
def test_logic_gates(weights: tuple[int, int], bias: int, table: tuple[int, ...]) -> None:
    inputs = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    answers = ag.sigmoid(inputs @ ag.tensor(weights).float() + bias)
    assert tuple((answers > 0.5).int().tolist()) == table


def test_f0_softmax_cross_entropy() -> None:
    x, zs, _ = net_of_002()
    loss = F.cross_entropy(zs[-1].reshape(1, 3), ag.tensor([0]))
    loss.backward()
    close(loss, 0.3177210823, 1e-10)
    close(zs[2].grad, [-0.27219424, 0.26927918, 0.00291506], 1e-8)
    close(zs[1].grad, [0.02891544, -0.00959216, -0.31827727, 0.03888869], 1e-8)
    close(zs[0].grad, [0.16098788, -0.12638334, -0.08078211, -0.00432832], 1e-8)
    close(x.grad, [0.35026372, -0.17573654, 0.79487085], 1e-8)


def test_f1_sigmoid_half_squared_error() -> None:
    _, zs, _ = net_of_002()
    error = ((ag.sigmoid(zs[-1]) - ag.tensor([1.0, 0.0, 0.0], dtype=ag.float64)) ** 2).sum() / 2
    error.backward()
    close(error, 0.281023549983, 1e-10)
    close(zs[2].grad, [-0.0116883987, 0.1423379243, 0.0008687126], 1e-10)
    close(zs[1].grad, [0.0117622512, -0.0027306309, -0.075011118, 0.0395496884], 1e-10)
    close(zs[0].grad, [0.0475153432, -0.0593429798, -0.0341484883, -0.0000621808], 1e-10)


def test_autodiff_table_of_004_is_exact() -> None:
    x, w, b = leaf(1.0), leaf(0.0), leaf(0.0)
    h1 = w * x
    h2 = h1 + b
    h3 = -h2
    h4 = ag.exp(h3)
    h5 = h4 + 1
    h6 = 1 / h5
    steps = [h1, h2, h3, h4, h5, h6]
    for h in steps:
        h.retain_grad()
    h6.backward()
    assert [h.item() for h in steps] == [0, 0, 0, 1, 2, 0.5]
    assert np.signbit(h3.item())
    assert [h.grad.item() for h in reversed(steps[:-1])] == [-0.25, -0.25, -0.25, 0.25, 0.25]
    assert (w.grad.item(), b.grad.item(), x.grad.item()) == (0.25, 0.25, 0)


def test_two_paths_of_003_are_exact() -> None:
    a, b = leaf(2.0), leaf(1.0)
    c, d = a + b, b + 1
    e = c * d
    e.backward()
    assert (c.item(), d.item(), e.item()) == (3, 2, 6)
    assert (a.grad.item(), b.grad.item()) == (2, 5)


def test_softmax_of_one_two_three() -> None:
    z = leaf([[1.0, 2.0, 3.0]])
    loss = F.cross_entropy(z, ag.tensor([2]))
    loss.backward()
    close(loss, 0.4076059644, 1e-10)
    close(z.grad, [[0.09003057, 0.24472847, -0.33475904]], 1e-8)
    p = F.softmax(z, 1)
    close(-(p * p.log()).sum(), 0.8323955818, 1e-10)


@pytest.mark.parametrize(
    ("loss", "value", "slope", "curvature"),
    [
        (lambda y: (y - 1) ** 2, 0.25, -0.125, (-0.0488, 0.0800)),
        (lambda y: -ag.log(y), 0.69314718, -0.25, (-0.0976, 0.1601)),
    ],
    ids=["squared error", "cross entropy"],
)
def test_figure_4_10_has_a_saddle(loss: object, value: float, slope: float, curvature: tuple[float, float]) -> None:
    w = leaf([0.0, 0.0])
    y = ag.sigmoid(w[1] * ag.sigmoid(w[0] * 1.0))
    error = loss(y)  # type: ignore[operator]
    (gradient,) = ag.grad(error, w, create_graph=True)
    close(error, value, 1e-8)
    close(gradient, [0, slope], 1e-12)
    hessian = np.array([ag.grad(gradient[i], w, retain_graph=True)[0].tolist() for i in range(2)])
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), curvature, atol=5e-5)


def test_vanishing_chain() -> None:
    for length, expected in {1: 1.9661e-1, 2: 4.3129e-2, 5: 4.8614e-4, 10: 2.7848e-7, 20: 9.1391e-14}.items():
        x = leaf(1.0)
        y = x
        for _ in range(length):
            y = ag.sigmoid(y)
        y.backward()
        assert x.grad.item() == pytest.approx(expected, rel=5e-5)
        assert x.grad.item() <= 4.0**-length


def test_activations_at_minus_one_and_one() -> None:
    for function, values, slopes in [
        (F.softplus, (0.3132616875, 1.3132616875), None),
        (F.silu, (-0.2689414214, 0.7310585786), (0.0723294881, 0.9276705119)),
        (F.gelu, (-0.1586552539, 0.8413447461), (-0.0833154706, 1.0833154706)),
    ]:
        x = leaf([-1.0, 1.0])
        y = function(x)
        y.sum().backward()
        close(y, values, 1e-10)
        if slopes is not None:
            close(x.grad, slopes, 1e-10)
    close(F.elu(leaf([-1.0]), alpha=0.5), [-0.3160602794], 1e-10)


@pytest.mark.parametrize(
    ("sizes", "count"),
    [((784, 30, 10), 23860), ((784, 300, 10), 238510), ((100, 64, 10), 7114), ((3, 4, 4, 3), 51)],
)
def test_parameter_counts(sizes: tuple[int, ...], count: int) -> None:
    layers = [nn.Linear(n, m) for n, m in zip(sizes, sizes[1:], strict=False)]
    assert sum(p.numel() for p in nn.Sequential(*layers).parameters()) == count


def test_cross_product_and_lagrange_identity() -> None:
    a, b = leaf([1.0, 2.0, 3.0]), leaf([4.0, 5.0, 6.0])
    c = ag.linalg.cross(a, b)
    assert c.tolist() == [-3, 6, -3]
    assert ((c * c).sum() + ag.dot(a, b) ** 2).item() == 1078
