"""Rows of losses: `autograd_core.ops.losses`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tests.op_calls import (
    FLOATING,
    FLOATS,
    NO_BOOL,
    Array,
    Call,
    Row,
    Wrong,
    floats,
    ints,
    op,
    positive,
)

# fmt: off  # rows are laid out as a table


REDUCTIONS = ("mean", "sum", "none")
SOME_SIZES: Sequence[tuple[int, ...]] = ((2, 3), (), (1,), (4,))


def reduced(losses: Array, reduction: str, total: Any = None) -> Any:
    if reduction == "none":
        return losses
    return losses.sum() / ((losses.size if total is None else total) if reduction == "mean" else 1)


def _by_batch(losses: Array, reduction: str) -> Any:
    return losses.sum() / (len(losses) if losses.ndim else 1) if reduction == "batchmean" else reduced(losses, reduction)


def _weighted(losses: Array, weight: Any, reduction: str) -> Any:
    return reduced(losses, reduction) if weight is None else reduced(weight * losses, reduction, weight.sum())


def _smooth_l1(x: Array, t: Array, reduction: str = "mean", beta: float = 1.0) -> Any:
    d = np.abs(x - t)
    return reduced(np.where(d < beta, d * d / (2 * beta or 1), d - beta / 2), reduction)


def _huber(x: Array, t: Array, reduction: str = "mean", delta: float = 1.0, weight: Any = 1.0) -> Any:
    d = np.abs(x - t)
    return reduced(np.where(d <= delta, d * d / 2, delta * (d - delta / 2)) * weight, reduction)


def _kl_div(x: Array, t: Array, reduction: str = "mean", log_target: bool = False) -> Any:
    return _by_batch(np.exp(t) * (t - x) if log_target else t * (np.log(t) - x), reduction)


def _poisson(
    x: Array, t: Array, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    losses = np.exp(x) - t * x if log_input else x - t * np.log(x + eps)
    stirling = t * np.log(t) - t + np.log(2 * np.pi * t) / 2
    return reduced(losses + full * np.where(t > 1, stirling, 0), reduction)


def _gaussian(
    x: Array, t: Array, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    if np.shape(var) == x.shape[:-1] and x.ndim and np.ndim(var) < x.ndim and not isinstance(var, float):
        var = var[..., None]
    var = np.maximum(var, eps)
    return reduced((np.log(var) + (x - t) ** 2 / var + full * np.log(2 * np.pi)) / 2, reduction)


def _half_squares_in_torch(x: Any, t: Any, reduction: str = "batchmean") -> Any:
    losses = 0.5 * (x - t) ** 2
    if not losses.is_floating_point():
        raise RuntimeError("PyTorch has no mean of integers")
    if reduction == "batchmean":
        return losses.sum() / (len(losses) if losses.ndim else 1)
    return {"sum": losses.sum, "mean": losses.mean, "none": lambda: losses}[reduction]()


def _kl_div_in_torch(*args: Any, **options: Any) -> Any:
    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="reduction: 'mean' divides the total loss")
        return torch.nn.functional.kl_div(*args, **options)


def rows() -> Iterator[Row]:
    differences = [Call(floats(*size, seed=5), floats(*size, seed=9), reduction=r) for size in SOME_SIZES for r in REDUCTIONS]
    differences += [Call(floats(0), floats(0), reduction="sum")]
    no_reduction = [Wrong(ValueError, floats(2), floats(2), reduction="max"), Wrong(TypeError, floats(2)),
                    Wrong(RuntimeError, ints(2), ints(2))]
    weighted = [Call(floats(3), floats(3, seed=2), reduction=r, weight=positive(3)) for r in REDUCTIONS]
    unfit_weight = Wrong(ValueError, floats(2, 3), floats(2, 3), weight=positive(3))
    yield Row(op.mse_loss, [*differences, *weighted],
              lambda x, t, reduction="mean", weight=None: _weighted((x - t) ** 2, weight, reduction),
              operations=["_mse_mean"], takes=FLOATS, errors=[*no_reduction, unfit_weight])
    yield Row(op.l1_loss, [*differences, *weighted],
              lambda x, t, reduction="mean", weight=None: _weighted(np.abs(x - t), weight, reduction),
              takes=FLOATS, operations=[], kinks=[((1.0, 1.0), (0.0, 0.0))], errors=[*no_reduction, unfit_weight])
    yield Row(op.smooth_l1_loss,
              [*differences, *[Call(floats(2, 3), floats(2, 3, seed=3), reduction=r, beta=0.4) for r in REDUCTIONS],
               Call(floats(3), floats(3, seed=1), beta=0.0)],
              _smooth_l1, takes=FLOATS, operations=["_smooth_l1"],
              kinks=[((1.0, 0.0), (1.0, -1.0)), ((0.0, 1.0), (-1.0, 1.0)), ((2.0, 2.0), (0.0, 0.0))],
              errors=[*no_reduction, Wrong(RuntimeError, floats(2), floats(2), beta=-1.0)])
    yield Row(op.huber_loss,
              [*differences, *[Call(floats(2, 3), floats(2, 3, seed=3), reduction=r, delta=0.4) for r in REDUCTIONS], *weighted],
              _huber, takes=FLOATS, operations=["_huber"],
              kinks=[((1.0, 0.0), (1.0, -1.0)), ((0.0, 1.0), (-1.0, 1.0)), ((2.0, 2.0), (0.0, 0.0))],
              errors=[*no_reduction, unfit_weight, Wrong(RuntimeError, floats(2), floats(2), delta=0.0)])
    yield Row(op.half_squared_error, [*differences, *[Call(floats(*s), floats(*s, seed=2)) for s in SOME_SIZES]],
              lambda x, t, reduction="batchmean": _by_batch((x - t) ** 2 / 2, reduction), dtype=FLOATING, takes=NO_BOOL, operations=[],
              torch=_half_squares_in_torch, errors=[Wrong(TypeError, floats(2))])
    chances = [Call(floats(*size, low=-3, high=-0.1), positive(*size, seed=4), reduction=r)
               for size in SOME_SIZES for r in (*REDUCTIONS, "batchmean")]
    yield Row(op.kl_div,
              [*chances, Call(floats(2, 3), floats(2, 3, seed=1), reduction="sum", log_target=True), Call(floats(0), floats(0), reduction="sum"),
               Call(floats(2, 3), floats(2, 3, seed=1), reduction="batchmean", log_target=True)],
              _kl_div, takes=FLOATS, operations=[], torch=_kl_div_in_torch,
              errors=[*no_reduction, Wrong(RuntimeError, floats(2), ints(2))])
    counts = [Call(positive(*s), positive(*s, seed=6), log_input, full, reduction=r)
              for s, log_input, full, r in (((2, 3), True, True, "mean"), ((2, 3), False, True, "sum"), ((), True, False, "none"),
                                            ((1,), False, False, "mean"), ((4,), False, True, "none"), ((0,), True, True, "sum"),
                                            ((2, 2), True, False, "sum"), ((3,), True, True, "none"))]
    yield Row(op.poisson_nll_loss, [*counts, Call(positive(3), positive(3), False, eps=0.1)], _poisson, dtype=FLOATING, takes=NO_BOOL,
              operations=[], errors=[Wrong(ValueError, floats(2), floats(2), reduction="max"), Wrong(TypeError, floats(2))])
    normal = [Call(floats(*s), floats(*s, seed=1), positive(*v, seed=2), full, reduction=r)
              for s, v, full, r in (((2, 3), (2, 3), False, "mean"), ((2, 3), (2,), True, "sum"), ((2, 3), (2, 1), False, "none"),
                                    ((2, 3), (1, 3), True, "none"), ((), (), False, "mean"), ((1,), (1,), True, "sum"),
                                    ((0,), (0,), False, "sum"), ((4,), (4,), True, "mean"), ((3,), (), False, "none"))]
    yield Row(op.gaussian_nll_loss,
              [*normal, Call(floats(3), floats(3, seed=1), 0.7), Call(floats(2, 2), floats(2, 2, seed=1), 2.5, True)],
              _gaussian, takes=FLOATS, operations=["_at_least"],
              conventions=[Call(floats(3), floats(3, seed=1), np.array([0.0, 1e-8, 0.5]), reduction="none")],
              errors=[Wrong(ValueError, floats(2), floats(2), positive(2), reduction="max"),
                      Wrong(ValueError, floats(2), floats(2), -positive(2)), Wrong(ValueError, floats(2), floats(2), -1.0),
                      Wrong(ValueError, floats(2, 3), floats(2, 3), positive(3)), Wrong(TypeError, floats(2), floats(2), 1),
                      Wrong(ValueError, floats(2, 3), floats(2, 3), positive(1, 1)),
                      Wrong(RuntimeError, floats(2), floats(2), ints(2))])
