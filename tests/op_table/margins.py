"""Rows of the losses that ask for a margin: `autograd_core.ops.margins`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import (
    FLOATING,
    FLOATS,
    NO_BOOL,
    Array,
    Better,
    Call,
    Fixed,
    Row,
    Wrong,
    floats,
    ints,
    op,
    positive,
)
from tests.op_table.losses import REDUCTIONS, SOME_SIZES, reduced
from tests.op_table.similarity import cosine, distance, others

# fmt: off  # rows are laid out as a table


def _signs(*size: int) -> Any:
    return np.asarray(np.where(floats(*size, seed=4) > 0, 1.0, -1.0)).view(Fixed)


def _hinge_embedding(x: Array, t: Array, margin: float = 1.0, reduction: str = "mean") -> Any:
    return reduced(np.where(t == 1, x, np.maximum(margin - x, 0)), reduction)


def _cosine_embedding(x: Array, y: Array, t: Array, margin: float = 0.0, reduction: str = "mean") -> Any:
    angle = cosine(x, y, -1)
    return reduced(np.where(t == 1, 1 - angle, np.maximum(angle - margin, 0)), reduction)


def _multi_margin(
    x: Array, t: Array, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Any:
    def of_row(row: Array, y: Any) -> Any:
        hinges = [max(margin - row[y] + row[i], 0) ** p for i in range(len(row)) if i != y]
        return sum(hinges) * (1.0 if weight is None else weight[y]) / len(row)

    losses = np.array([of_row(row, y) for row, y in zip(np.atleast_2d(x), np.atleast_1d(t), strict=True)])
    return reduced(losses if t.ndim else losses[0], reduction)


def _multilabel_margin(x: Array, t: Array, reduction: str = "mean") -> Any:
    def of_row(row: Array, listed: Array) -> Any:
        ends = np.flatnonzero(listed < 0)
        right = listed[: ends[0]] if ends.size else listed
        wrong = [i for i in range(len(row)) if i not in right]
        return sum(max(1 - row[j] + row[i], 0) for j in right for i in wrong) / len(row)

    losses = np.array([of_row(*pair) for pair in zip(np.atleast_2d(x), np.atleast_2d(t), strict=True)])
    return reduced(losses if t.ndim > 1 else losses[0], reduction)


def _multilabel_soft_margin(x: Array, t: Array, weight: Any = 1.0, reduction: str = "mean") -> Any:
    losses = weight * (t * np.log1p(np.exp(-x)) + (1 - t) * np.log1p(np.exp(x)))
    return reduced(losses.sum(-1) / x.shape[-1], reduction)


def _triplet(
    a: Array, p: Array, n: Array, margin: float = 1.0, norm: float = 2.0, eps: float = 1e-6, swap: bool = False,
    reduction: str = "mean",
) -> Any:
    far = distance(a, n, norm, eps)
    if swap:
        far = np.minimum(far, distance(p, n, norm, eps))
    return reduced(np.maximum(margin + distance(a, p, norm, eps) - far, 0), reduction)


def _squared_distance(x: Any, y: Any) -> Any:
    return ((x - y) ** 2).sum(-1)


def _triplet_with(
    a: Array, p: Array, n: Array, distance_function: Any = distance, margin: float = 1.0, swap: bool = False,
    reduction: str = "mean",
) -> Any:
    far = distance_function(a, n)
    if swap:
        far = np.minimum(far, distance_function(p, n))
    return reduced(np.maximum(margin + distance_function(a, p) - far, 0), reduction)


def rows() -> Iterator[Row]:
    pairs = [(size, r) for size in SOME_SIZES for r in REDUCTIONS] + [((0,), "sum")]
    bad = Wrong(ValueError, floats(2), floats(2), _signs(2), reduction="max")
    yield Row(op.margin_ranking_loss,
              [Call(floats(*size), floats(*size, seed=2), _signs(*size), 0.3, reduction=r) for size, r in pairs],
              lambda x, y, t, margin=0.0, reduction="mean": reduced(np.maximum(margin - t * (x - y), 0), reduction),
              dtype=FLOATING, takes=NO_BOOL, operations=[],
              conventions=[Call(np.array([1.0, 0.0]), np.array([0.5, 0.0]), np.ones(2).view(Fixed), 0.5)],
              errors=[bad, Wrong(RuntimeError, floats(2), floats(2, 1), _signs(2)), Wrong(TypeError, floats(2), floats(2))])
    yield Row(op.hinge_embedding_loss, [Call(positive(*size), _signs(*size), 1.2, reduction=r) for size, r in pairs], _hinge_embedding,
              takes=FLOATS, operations=[], conventions=[Call(np.array([1.0, 0.5]), -np.ones(2).view(Fixed), reduction="none")],
              errors=[Wrong(ValueError, floats(2), _signs(2), reduction="max"), Wrong(TypeError, floats(2)),
                      Wrong(RuntimeError, floats(2), _signs(3))])
    yield Row(op.soft_margin_loss, [Call(floats(*size), _signs(*size), reduction=r) for size, r in pairs],
              lambda x, t, reduction="mean": reduced(np.log1p(np.exp(-x * t)), reduction), takes=FLOATS, operations=[],
              errors=[Wrong(ValueError, floats(2), _signs(2), reduction="max"), Wrong(RuntimeError, ints(2), ints(2)),
                      Wrong(RuntimeError, floats(2), _signs(3))])
    cosines = [Call(floats(4, 3), floats(4, 3, seed=2), _signs(4), margin, reduction=r) for margin in (0.0, -0.4) for r in REDUCTIONS]
    yield Row(op.cosine_embedding_loss,
              [*cosines, Call(floats(3), floats(3, seed=1), _signs()), Call(floats(1, 2), floats(1, 2, seed=1), _signs(1)),
               Call(floats(0, 2), floats(0, 2), _signs(0), reduction="sum"), Call(floats(2, 1), floats(2, 1), -_signs(2)),
               Call(floats(3, 2), floats(3, 2, seed=1), ints(3) * 0 - 1, -1.5), Call(floats(2, 2), floats(2, 2, seed=1), ints(2) * 0 + 1)],
              _cosine_embedding, dtype=FLOATING, operations=[],
              conventions=[Call(np.zeros((2, 2)), floats(2, 2), ints(2) * 0 + 1)],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(2, 3), _signs(2, 1)), Wrong(RuntimeError, floats(2), floats(2), _signs(2)),
                      Wrong(ValueError, floats(2, 3), floats(2, 3), _signs(2), reduction="max")])
    classes, weights = np.array([0, 2, 1, 2]), positive(3).view(Fixed)
    scores = [Call(floats(4, 3), classes, p, margin, *more, reduction=r) for p, margin in ((1, 1.0), (2, 0.6))
              for more in ((), (weights,)) for r in REDUCTIONS]
    yield Row(op.multi_margin_loss,
              [*scores, Call(floats(3), np.array(1)), Call(floats(3), np.array(1), 2, weight=weights, reduction="none"),
               Call(floats(1, 1), np.array([0])),
               Better(floats(2, 3), np.array([1, 0]), weight=positive(3))],
              _multi_margin, lacks=["size 0"], takes=FLOATS, operations=[], torch_twice=False,
              conventions=[Call(np.array([1.0, 0.0, -1.0]), np.array(0))],  # at the kink
              errors=[Wrong(RuntimeError, floats(2, 3), np.array([0, 3])), Wrong(RuntimeError, floats(2, 3), np.array([0, -1])),
                      Wrong(RuntimeError, floats(2, 3), np.array([0])), Wrong(ValueError, floats(2, 3), np.array([0, 1]), 3),
                      Wrong(RuntimeError, floats(2, 3), np.array([0, 1]), weight=weights[:2]),
                      Wrong(ValueError, floats(2, 3), np.array([0, 1]), weight=weights[None]),
                      Wrong(RuntimeError, floats(2, 3), np.array([0, 1], np.int32)), Wrong(RuntimeError, floats(2, 3, 1), np.array([0, 1])),
                      Wrong(ValueError, floats(2, 3), np.array([0, 1]), reduction="max")])
    lists = np.array([[3, 0, -1, 1], [1, -1, 2, 2], [-1, 0, 1, 2], [2, 1, 0, 3], [1, 1, -1, 0]])
    yield Row(op.multilabel_margin_loss,
              [*[Call(floats(5, 4), lists, reduction=r) for r in REDUCTIONS], *[Call(floats(4), lists[0], reduction=r) for r in REDUCTIONS],
               Call(floats(4), lists[3]), Call(floats(1), np.array([0])),
               Call(floats(2, 4), lists[1:3]), Call(floats(), np.array(0)), Call(floats(1, 4), lists[4:])],
              _multilabel_margin, lacks=["size 0"], takes=FLOATS, operations=[], torch_twice=False,
              errors=[Wrong(RuntimeError, floats(2), np.array([0, 2])), Wrong(RuntimeError, floats(2), np.array([-2, 0])),
                      Wrong(RuntimeError, floats(2, 3), np.array([0, 1])), Wrong(RuntimeError, floats(2), np.array([0, 1], np.int32)),
                      Wrong(ValueError, floats(2), np.array([0, 1]), reduction="max")])
    several = [Call(floats(*size), positive(*size) / 3, *more, reduction=r) for size in ((2, 3), (3,), (2, 2, 2), (1, 1))
               for more in ((), (positive(size[-1]).view(Fixed),)) for r in REDUCTIONS]
    yield Row(op.multilabel_soft_margin_loss, [*several, Call(floats(0, 2), floats(0, 2), reduction="sum")],
              _multilabel_soft_margin, lacks=["0-d"], takes=FLOATS, operations=[],
              errors=[Wrong(ValueError, floats(2), floats(2), reduction="max"), Wrong(RuntimeError, floats(2), floats(3)),
                      Wrong(TypeError, floats(2))])
    three = [floats(4, 3), others(4, 3), floats(4, 3, low=-3, high=1.7)]
    yield Row(op.triplet_margin_loss,
              [*[Call(*three, 1.5, p, swap=swap, reduction=r) for p, swap, r in
                 ((2.0, False, "mean"), (2.0, True, "none"), (1.0, False, "sum"), (3.0, True, "mean"), (np.inf, False, "none"))],
               Call(*three), Call(*[x[0] for x in three], margin=3.0), Call(floats(2, 3), others(1, 3), floats(2, 3, low=-3)),
               Call(floats(2, 2, 2), others(2, 2, 2), floats(2, 2, 2, low=-3), eps=0.1), Call(floats(1, 1), others(1, 1), floats(1, 1, low=-3)),
               Call(floats(0, 3), floats(0, 3), floats(0, 3), reduction="sum"), Call(floats(), others(), floats(low=-3))],
              _triplet, dtype=FLOATING, takes=NO_BOOL, operations=[],
              errors=[Wrong(RuntimeError, floats(2), floats(2), floats(1, 2)), Wrong(ValueError, *three, 0.0),
                      Wrong(ValueError, *three, reduction="max")])
    yield Row(op.triplet_margin_with_distance_loss,
              [*[Call(*three, margin=2.0, swap=swap, reduction=r) for swap in (False, True) for r in REDUCTIONS],
               *[Call(*three, distance_function=_squared_distance, margin=2.0, swap=swap) for swap in (False, True)],
               Call(*three), Call(*[x[0] for x in three], margin=3.0), Call(floats(1, 1), others(1, 1), floats(1, 1, low=-3)),
               Call(floats(0, 3), floats(0, 3), floats(0, 3), reduction="sum")],
              _triplet_with, lacks=["0-d"], dtype=FLOATING, takes=NO_BOOL, operations=[],
              errors=[Wrong(RuntimeError, floats(2), floats(2), floats(1, 2)), Wrong(ValueError, *three, margin=-1.0),
                      Wrong(ValueError, *three, reduction="max")])
