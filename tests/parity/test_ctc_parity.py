"""CTC against PyTorch: losses and gradients of random sequences, layouts, reductions, dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("seed", range(40))
def test_losses_and_gradients(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dtype = ["float64", "float32"][seed % 2]
    steps, count, classes, longest = rng.integers(1, 12), rng.integers(1, 5), rng.integers(2, 6), rng.integers(0, 6)
    scores = rng.standard_normal((steps, count, classes))
    if seed % 3:  # else not normalised: PyTorch's gradient all the same
        scores -= np.log(np.exp(scores).sum(-1, keepdims=True))
    blank = int(rng.integers(0, classes))
    sizes, times = rng.integers(0, longest + 1, count), rng.integers(0, steps + 1, count)
    labels = rng.integers(0, classes - 1, (count, longest))
    labels += labels >= blank
    if seed % 5 == 0:
        labels = np.concatenate([row[:size] for row, size in zip(labels, sizes, strict=True)]).astype(np.int64)
    for reduction in ("none", "mean", "sum"):
        for zero_infinity in (False, True):
            results: list[Any] = []
            for library, functional in ((ag, F), (torch, torch.nn.functional)):
                x = library.tensor(scores.astype(dtype)).requires_grad_()
                lengths = [library.tensor(times), library.tensor(sizes)]
                loss = functional.ctc_loss(x, library.tensor(labels), *lengths, blank, reduction, zero_infinity)
                (
                    loss * library.tensor(np.linspace(0.5, 2, loss.numel()).reshape(loss.shape).astype(dtype))
                ).sum().backward()
                results.append((loss.detach().numpy(), x.grad.numpy()))
            for ours, theirs in zip(*results, strict=True):
                tolerance = {"rtol": 1e-10, "atol": 1e-12} if dtype == "float64" else {"rtol": 2e-4, "atol": 2e-6}
                np.testing.assert_allclose(ours, theirs, **tolerance, strict=True)


def test_without_a_batch() -> None:
    scores = np.random.default_rng(0).standard_normal((5, 4))
    for reduction in ("none", "mean", "sum"):
        ours, theirs = (
            functional.ctc_loss(
                library.tensor(scores),
                library.tensor([1, 2, 2]),
                library.tensor(5),
                library.tensor(3),
                reduction=reduction,
            ).numpy()
            for library, functional in ((ag, F), (torch, torch.nn.functional))
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, strict=True)
