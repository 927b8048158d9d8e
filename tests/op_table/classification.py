"""Rows of the losses of classifiers: `autograd_core.ops.classification`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import (
    FLOATS,
    Array,
    Call,
    Fixed,
    Row,
    Wrong,
    floats,
    ints,
    op,
    positive,
)
from tests.op_table.activation import log_softmax, softmax
from tests.op_table.losses import REDUCTIONS, SOME_SIZES, reduced

# fmt: off  # rows are laid out as a table


def _nll(log_p: Array, target: Array, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    dim = min(log_p.ndim - 1, 1)
    valid = target != ignore_index
    safe = np.where(valid, target, 0)
    scale = valid * (1.0 if weight is None else weight[safe])
    picked = -np.take_along_axis(log_p, np.expand_dims(safe, dim), dim).squeeze(dim)
    return reduced(picked * scale, reduction, scale.sum())


def _cross_entropy(
    x: Array, target: Array, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    dim = min(x.ndim - 1, 1)
    count = x.shape[dim]
    log_p = log_softmax(x, dim)
    scale = np.ones(count) if weight is None else weight
    across = (count,) + (1,) * (x.ndim - dim - 1)
    if target.dtype.kind == "f":
        target = (1 - label_smoothing) * target + label_smoothing / count
        losses = -(target * scale.reshape(across) * log_p).sum(axis=dim)
        return reduced(losses, reduction)
    valid = target != ignore_index
    safe = np.where(valid, target, 0)
    hit = -np.take_along_axis(log_p, np.expand_dims(safe, dim), dim).squeeze(dim) * scale[safe]
    smooth = -(scale.reshape(across) * log_p).sum(axis=dim)
    losses = valid * ((1 - label_smoothing) * hit + label_smoothing / count * smooth)
    return reduced(losses, reduction, (valid * scale[safe]).sum())


def _bce_with_logits(x: Array, t: Array, weight: Any = 1.0, reduction: str = "mean", pos_weight: Any = 1.0) -> Any:
    p = 1 / (1 + np.exp(-x))
    return reduced(-weight * (pos_weight * t * np.log(p) + (1 - t) * np.log(1 - p)), reduction)


def rows() -> Iterator[Row]:
    classes, inner = np.array([0, 2, 1, 2]), ints(2, 4, high=3)
    weights = positive(3).view(Fixed)
    labelled = [*[Call(floats(4, 3), classes, reduction=r) for r in REDUCTIONS],
                *[Call(floats(4, 3), classes, weights, ignore_index=2, reduction=r) for r in REDUCTIONS],
                Call(floats(3), np.array(1)), Call(floats(2, 3, 4), inner),
                Call(floats(2, 3, 4), inner, weights, reduction="none"),
                Call(floats(0, 3), np.zeros(0, np.int64), reduction="sum"), Call(floats(1, 1), np.array([0]))]
    unfit_target = [Wrong(IndexError, floats(2, 3), np.array([0, 3])), Wrong(ValueError, floats(2, 3), np.array([0])),
                    Wrong(RuntimeError, floats(2, 3), np.array([0, 1], np.int32)),
                    Wrong(ValueError, floats(2, 3), np.array([0, 1]), reduction="max"),
                    Wrong(RuntimeError, floats(2, 3), np.array([0, 1]), floats(2))]
    yield Row(op.nll_loss, labelled, _nll, lacks=["0-d"], operations=["_weighted"], takes=FLOATS, errors=unfit_target)
    mixtures = softmax(floats(4, 3, seed=7), 1)
    yield Row(op.cross_entropy,
              [*labelled, *[Call(floats(4, 3), classes, label_smoothing=0.2, reduction=r) for r in REDUCTIONS],
               *[Call(floats(4, 3), classes, weights, ignore_index=2, reduction=r,
                      label_smoothing=0.3) for r in REDUCTIONS],
               Call(floats(2, 3, 4), inner, weights, label_smoothing=0.1),
               *[Call(floats(4, 3), mixtures, reduction=r) for r in REDUCTIONS],
               Call(floats(4, 3), mixtures, weights, label_smoothing=0.1), Call(floats(3), mixtures[0])],
              _cross_entropy, lacks=["0-d"], operations=["_cross_entropy_of_classes"], takes=FLOATS,
              errors=[*unfit_target, Wrong(RuntimeError, floats(2, 3), np.array([0, 1]), label_smoothing=1.5)])
    chances = [Call(floats(*size, low=0.05, high=0.95), floats(*size, low=0.05, high=0.95, seed=4), *more,
                    reduction=r) for size in SOME_SIZES for more in ((),
                    (positive(*size).view(Fixed),)) for r in REDUCTIONS] + [Call(positive(0), positive(0),
                    reduction="sum")]
    unlike = [Wrong(ValueError, positive(2) / 3, positive(2, 1) / 3),
              Wrong(ValueError, positive(2) / 3, positive(2) / 3, reduction="max")]
    yield Row(op.binary_cross_entropy, chances,
              lambda x, t, weight=1.0, reduction="mean": reduced(-weight * (t * np.log(x) + (1 - t) * np.log(1 - x)),
                  reduction), operations=["_bce"], takes=FLOATS,
              errors=[*unlike, Wrong(RuntimeError, np.array([1.5]), np.array([1.0])),
                      Wrong(RuntimeError, np.array([-0.1]), np.array([1.0]))])
    yield Row(op.binary_cross_entropy_with_logits,
              [*chances, Call(floats(2, 3), positive(2, 3) / 3, pos_weight=positive(3).view(Fixed)),
               Call(floats(2, 3), positive(2, 3) / 3, positive(2, 3).view(Fixed), reduction="sum",
                    pos_weight=positive(3, seed=1).view(Fixed))], _bce_with_logits, operations=["_bce_with_logits"],
              takes=FLOATS, errors=[*unlike, Wrong(ValueError, floats(2), floats())])
