"""CTC: against the sum over all alignments, written out; derivatives by differences; what is refused."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F

Array = np.ndarray[Any, Any]


def collapsed(path: tuple[int, ...], blank: int) -> list[int]:
    """What a path reads: repetitions once, without blanks."""
    return [label for label, _ in itertools.groupby(path) if label != blank]


def by_enumeration(log_probs: Array, labels: list[int], blank: int) -> float:
    steps, classes = log_probs.shape
    total = sum(
        math.exp(sum(log_probs[t, label] for t, label in enumerate(path)))
        for path in itertools.product(range(classes), repeat=steps)
        if collapsed(path, blank) == labels
    )
    return -math.log(total) if total else math.inf


def log_probs(*shape: int, seed: int = 0) -> ag.Tensor:
    scores = np.random.default_rng(seed).standard_normal(shape)
    return ag.tensor(scores).log_softmax(-1).requires_grad_()


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("labels", [[], [1], [1, 1], [1, 3, 1], [3, 3, 1], [1, 1, 1], [3, 1, 3, 1]])
def test_it_is_the_sum_over_all_alignments(labels: list[int], blank: int) -> None:
    x = log_probs(4, 4)
    loss = F.ctc_loss(x, ag.tensor(labels, dtype=ag.int64), [4], [len(labels)], blank, "sum")
    assert loss.item() == pytest.approx(by_enumeration(x.detach().numpy(), labels, blank), rel=1e-12)


def test_a_batch_is_its_sequences() -> None:
    x = log_probs(6, 3, 4)
    targets, times, sizes = ag.tensor([[1, 2, 2], [3, 1, 0], [2, 0, 0]]), [6, 4, 5], [3, 2, 1]
    wanted = [
        by_enumeration(x.detach().numpy()[:time, n], targets[n, :size].tolist(), 0)
        for n, (time, size) in enumerate(zip(times, sizes, strict=True))
    ]
    assert F.ctc_loss(x, targets, times, sizes, reduction="none").tolist() == pytest.approx(wanted, rel=1e-12)
    assert F.ctc_loss(x, targets, times, sizes, reduction="sum").item() == pytest.approx(sum(wanted))
    mean = np.mean(np.divide(wanted, sizes))
    assert F.ctc_loss(x, targets, times, sizes).item() == pytest.approx(mean)
    one_after_the_other = ag.tensor([1, 2, 2, 3, 1, 2])
    assert nn.CTCLoss()(x, one_after_the_other, ag.tensor(times), ag.tensor(sizes)).item() == pytest.approx(mean)


def test_the_gradient_of_logits() -> None:
    def loss(logits: ag.Tensor) -> ag.Tensor:
        targets = ag.tensor([[1, 2, 2], [3, 1, 0]])
        return F.ctc_loss(logits.log_softmax(2), targets, [5, 4], [3, 2], reduction="none")

    assert ag.gradcheck(loss, log_probs(5, 2, 4, seed=1))


def test_a_target_that_is_too_long() -> None:
    x, targets = log_probs(4, 2, 3), ag.tensor([[1, 1, 1], [1, 2, 0]])
    losses = F.ctc_loss(x, targets, [4, 4], [3, 2], reduction="none")
    assert losses[0].item() == math.inf
    (g,) = ag.grad(losses.sum(), x)
    assert np.isnan(g[:, 0].numpy()).all()
    assert np.isfinite(g[:, 1].numpy()).all()
    losses = F.ctc_loss(x, targets, [4, 4], [3, 2], reduction="none", zero_infinity=True)
    assert losses[0].item() == 0
    (g,) = ag.grad(losses.sum(), x)
    assert (g[:, 0] == 0).all()


def test_no_time_and_no_labels() -> None:
    x = log_probs(3, 2, 3)
    nothing = ag.tensor([[1], [1]])
    losses = F.ctc_loss(x, nothing, [0, 0], [0, 1], reduction="none")
    assert losses.tolist() == [0, math.inf]
    assert (ag.grad(losses.sum(), x)[0] == 0).all()
    assert F.ctc_loss(x, nothing, [2, 3], [0, 0], reduction="none")[0].item() == pytest.approx(
        -x[:2, 0, 0].sum().item()
    )


def test_an_impossible_label_is_on_no_path() -> None:
    with np.errstate(divide="ignore"):
        x = ag.tensor(np.log([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0]])).requires_grad_()
    loss = F.ctc_loss(x, ag.tensor([1]), [2], [1], reduction="sum")
    assert loss.item() == pytest.approx(-math.log(1 - 0.5 * 0.25))  # all but blank, blank
    (g,) = ag.grad(loss, x)
    assert g[:, 2].tolist() == [0, 0]


def test_what_is_refused() -> None:
    x, targets = log_probs(5, 2, 4), ag.tensor([[1, 2, 2], [3, 1, 0]])
    for error, arguments, options in (
        (ValueError, (x, targets, [5, 4], [3, 2]), {"reduction": "max"}),
        (RuntimeError, (x, targets, [5, 4], [3, 2]), {"blank": 4}),
        (RuntimeError, (x, targets, [6, 4], [3, 2]), {}),
        (RuntimeError, (x, targets, [-1, 4], [3, 2]), {}),
        (RuntimeError, (x, targets, [5, 4], [4, 2]), {}),
        (RuntimeError, (x, targets, [5], [3, 2]), {}),
        (RuntimeError, (x, targets, ag.ones(2), [3, 2]), {}),
        (RuntimeError, (x, targets[:1], [5, 4], [3, 2]), {}),
        (RuntimeError, (x, targets.reshape(-1), [5, 4], [3, 2]), {}),
        (RuntimeError, (x, targets + 2, [5, 4], [3, 2]), {}),
        (RuntimeError, (x[None], targets, [5, 4], [3, 2]), {}),
        (RuntimeError, (x[:0], targets, [0, 0], [3, 2]), {}),
        (NotImplementedError, (x.half(), targets, [5, 4], [3, 2]), {}),
    ):
        with pytest.raises(error, match="ctc_loss"):
            F.ctc_loss(*arguments, **options)
    (g,) = ag.grad(F.ctc_loss(x, targets, [5, 4], [3, 2]), x, create_graph=True)
    assert g.requires_grad
    with pytest.raises(RuntimeError, match="second derivative"):
        ag.grad(g.sum(), x)
