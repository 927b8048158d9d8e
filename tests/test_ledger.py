"""The ledger: contributions sum to gradients, paths multiply out, and nothing is touched."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.ledger import ledger


def scalar(value):
    return ag.tensor(value, dtype=ag.float64, requires_grad=True)


def two_paths():
    a, b = scalar(2.0), scalar(1.0)
    with ag.record():
        c, d = a + b, b + 1
        e = c * d
    return a, b, c, d, e


def test_the_two_paths_from_b():
    a, b, _, _, e = two_paths()
    book = ledger(e)
    assert [float(term.share) for term in book[b].contributions] == [3, 2]
    assert [(float(term.upstream), term.local) for term in book[b].contributions] == [(3, 1), (2, 1)]
    assert float(book[b].gradient) == 5
    assert float(book[a].gradient) == 2
    assert book[b].cancellation == 1
    assert b.grad is None  # nothing was touched


def test_paths_by_size_and_exact_for_numbers():
    _, b, _, _, e = two_paths()
    paths = ledger(e, names={"b": b, "e": e}).paths(b, k=5)
    assert [float(path.product) for path in paths] == [3, 2]
    assert all(path.exact for path in paths)
    assert paths[0].names[0] == "b"
    assert paths[0].names[-1] == "e"


def test_k_largest_paths_of_a_lattice():
    x = scalar(1.0)
    y = x
    for _ in range(12):
        y = 2 * y + 0.5 * y  # 2 ** 12 paths
    best = ledger(y).paths(x, k=4, beam=1)
    assert [float(path.product) for path in best] == [4096, 1024, 1024, 1024]
    assert all(path.exact for path in best)


def test_paths_of_tensors_are_labelled_as_found():
    x = ag.randn(3, requires_grad=True)
    loss = (x.exp() * x).sum()
    paths = ledger(loss).paths(x)
    assert len(paths) == 2
    assert not paths[0].exact
    assert "found" in str(paths[0])
    (expected,) = ag.grad(loss, x)
    np.testing.assert_allclose(sum(path.product for path in paths), expected.array, rtol=1e-6)


def test_cancellation():
    x = scalar(3.0)
    book = ledger(x * 1 - x * 0.999)
    assert book[x].cancellation == pytest.approx(0.001 / 1.999)


def random_graph(rng):
    """A random expression of tensors of some shapes, with reuse, broadcasting, views and reductions."""
    shape = [(), (3,), (2, 3)][rng.integers(3)]
    leaves = [
        ag.tensor(rng.normal(size=s), dtype=ag.float64, requires_grad=True) for s in (shape, shape, (1,) * len(shape))
    ]
    pool = list(leaves)
    unary = [ag.sin, ag.tanh, ag.exp, ag.sigmoid, lambda t: t * t, lambda t: -t, lambda t: t.relu() + t]
    binary = [ag.mul, ag.add, ag.sub, ag.maximum]
    for _ in range(rng.integers(3, 12)):
        if rng.integers(2):
            new = unary[rng.integers(len(unary))](pool[rng.integers(len(pool))].tanh())
        else:
            new = binary[rng.integers(len(binary))](pool[rng.integers(len(pool))], pool[rng.integers(len(pool))])
        pool.append(new)
        if new.ndim and rng.integers(5) == 0:
            pool.extend(part.sum() + new for part in ag.split(new, 1))
    return leaves, sum((t.sum() for t in pool[-3:]), start=pool[-1].mean())


def test_contributions_sum_to_gradients_on_1000_random_graphs():
    rng = np.random.default_rng(0)
    for trial in range(1000):
        recorded = ag.record() if trial % 2 else ag.enable_grad()
        with recorded:
            leaves, loss = random_graph(rng)
        book = ledger(loss)
        loss.backward()
        for leaf in leaves:
            if leaf.grad is None:
                continue
            account = book[leaf]
            total = sum(term.share for term in account.contributions)
            np.testing.assert_allclose(total, leaf.grad.array, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(account.gradient, leaf.grad.array, rtol=1e-9, atol=1e-12)


def test_after_backward_without_recording_the_account_is_unknown():
    x = scalar(2.0)
    loss = (x * x).exp()
    loss.backward()
    book = ledger(loss)
    assert float(book[loss].gradient) == 1
    assert book[x].gradient is None


def test_overwritten_arrays_are_not_trusted():
    x = scalar(2.0)
    y = x * 1
    loss = y * y
    with ag.no_grad():
        y.mul_(3)
    assert ledger(loss)[x].gradient is None


def test_the_ledger_prints_as_a_table():
    a, b, _, _, e = two_paths()
    assert "b: 5 = (v2) 3 + (v1) 2" in str(ledger(e, names={"a": a, "b": b, "e": e}))


def test_a_deep_chain_neither_recurses_nor_hangs():
    x = y = scalar(0.5)
    for _ in range(10_000):
        y = y + 0.001
    book = ledger(y)
    assert float(book[x].gradient) == 1
    assert len(book.paths(x)[0].nodes) == 10_001


def test_what_has_no_gradient_is_refused():
    with pytest.raises(RuntimeError, match="requires_grad"):
        ledger(ag.tensor(1.0))
    _, _, _, _, e = two_paths()
    with pytest.raises(KeyError, match="not part"):
        ledger(e)[scalar(1.0)]
