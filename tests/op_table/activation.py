"""Rows of activations: `autograd_core.ops.activation`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import nan

from tests.op_calls import (
    DTYPES,
    FLOATING,
    FLOATS,
    NO_BOOL,
    NOT_ONE,
    SIZES,
    Array,
    Better,
    Call,
    Row,
    Wrong,
    bools,
    floats,
    ints,
    not_tensors,
    op,
    unary,
)
from tests.op_table.special import erf

# fmt: off  # rows are laid out as a table


def softmax(x: Array, dim: int) -> Array:
    return np.exp(x) / np.exp(x).sum(axis=dim if x.ndim else None, keepdims=True)


def log_softmax(x: Array, dim: int) -> Array:
    return np.log(softmax(x, dim))


def _gelu(x: Array, approximate: str = "none") -> Array:
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def _elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))


def _celu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0) / alpha) - 1))


SELU = 1.6732632423543772, 1.0507009873554805  # alpha, scale


def _prelu(x: Array, weight: Array) -> Array:
    slope = weight if weight.size == 1 else weight.reshape(-1, *(1,) * (x.ndim - 2))
    return np.where(x > 0, x, x * slope).reshape(x.shape)


def _glu(x: Array, dim: int = -1) -> Array:
    a, b = np.split(x, 2, dim)
    return a / (1 + np.exp(-b))


def _maxout(x: Array, pieces: int, dim: int = -1) -> Array:
    last = np.moveaxis(x, dim, -1)
    return np.moveaxis(last.reshape(*last.shape[:-1], last.shape[-1] // pieces, pieces).max(-1), -1, dim)


def _hard_logistic_in_torch(x: Any) -> Any:
    import torch

    return torch.nn.functional.hardtanh(0.25 * x + 0.5, 0, 1)


def _step_in_torch(x: Any, at_zero: float = 0.5) -> Any:
    import torch

    if not torch.is_floating_point(x):
        raise NotImplementedError("our step is for floating dtypes")
    steps = torch.heaviside(x.detach(), x.new_tensor(at_zero))
    return torch.where(x.isnan(), x.detach(), steps) + 0 * x.sign()  # PyTorch's has no derivative, and 0 at NaN


def rows() -> Iterator[Row]:
    yield Row(op.relu, unary(), lambda x: np.maximum(x, 0), takes=NO_BOOL, kinks=[(0.0, 0.0), (nan, 1.0)],
              errors=NOT_ONE)
    yield Row(op.leaky_relu, [*unary(), *unary(negative_slope=0.3)],
              lambda x, negative_slope=0.01: np.where(x > 0, x, x * negative_slope), takes=FLOATS,
              kinks=[(0.0, 0.01)], errors=NOT_ONE)
    yield Row(op.hardtanh, [*unary(), *unary(min_val=-0.5, max_val=1.5)],
              lambda x, min_val=-1, max_val=1: np.clip(x, min_val, max_val), takes=DTYPES[:7],
              kinks=[(1.0, 0.0), (-1.0, 0.0)], errors=[*NOT_ONE, Wrong(ValueError, floats(2), 1.0, 0.0)])
    yield Row(op.relu6, unary(-3, 9), lambda x: np.clip(x, 0, 6), takes=NO_BOOL, operations=["hardtanh"],
              kinks=[(0.0, 0.0), (6.0, 0.0)], errors=NOT_ONE)
    yield Row(op.elu, [*unary(), *unary(alpha=0.7)], _elu, takes=FLOATS, kinks=[(0.0, 1.0)], accurate_on=(-10, 5),
              errors=NOT_ONE)
    yield Row(op.softplus,
              [*unary(), *unary(beta=2.0), Call(np.array([25.0, 19.0, -30.0, 12.0])),
               Call(np.array([0.5, 3.0]), 1.0, 2.0)],
              lambda x, beta=1.0, threshold=20.0: np.where(x * beta > threshold, x,
                  np.log(1 + np.exp(x * beta)) / beta), takes=FLOATS,
              kinks=[(21.0, 1.0), (1000.0, 1.0), (-1000.0, 0.0)], accurate_on=(-15, 25), errors=NOT_ONE)
    yield Row(op.silu, unary(-4, 4), lambda x: x / (1 + np.exp(-x)), takes=FLOATS,
              kinks=[(0.0, 0.5), (1000.0, 1.0), (-1000.0, 0.0)], accurate_on=(-20, 20), errors=NOT_ONE)
    yield Row(op.gelu, [*unary(-4, 4), *unary(-4, 4, approximate="tanh")], _gelu, takes=FLOATS,
              operations=["_gelu_exact", "_gelu_tanh"], kinks=[(0.0, 0.5)], accurate_on=(-4, 4),
              errors=[Wrong(RuntimeError, floats(2), approximate="sigmoid"), Wrong(RuntimeError, ints(2)),
                      Wrong(RuntimeError, bools(2))])
    yield Row(op.selu, unary(), lambda x: SELU[1] * _elu(x, SELU[0]), takes=FLOATS, operations=["_elu"],
              kinks=[(0.0, SELU[0] * SELU[1]), (1000.0, SELU[1])], accurate_on=(-10, 5), errors=NOT_ONE)
    yield Row(op.celu, [*unary(), *unary(alpha=0.5), Better(floats(3), -0.7)],
              _celu, takes=FLOATS, kinks=[(0.0, 1.0), (-1000.0, 0.0)], accurate_on=(-10, 5),
              errors=[*NOT_ONE, Wrong(RuntimeError, floats(2), 0.0)])
    yield Row(op.prelu,
              [Call(floats(*size), np.array([0.3])) for size in SIZES] + [
               Call(floats(2, 3), floats(3, seed=1)), Call(floats(2, 3, 2), floats(3, seed=1)),
               Call(floats(4), floats(1)), Call(floats(0, 3), floats(3)), Call(floats(2, 2), np.array(0.4)), Call(floats(2, 2), floats(2, seed=1)),
               Call(floats(1, 2), np.array([0.1, -0.2]))],
              _prelu, takes=FLOATS, operations=["_prelu"], kinks=[((0.0, 0.3), (0.3, 0.0))],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(2)), Wrong(RuntimeError, floats(3), floats(3)),
                      Wrong(RuntimeError, floats(2, 3), floats(1, 3)), Wrong(RuntimeError, floats(), floats(2)),
                      Wrong(RuntimeError, floats(2, 3), floats(3).astype(np.float32))])
    yield Row(op.threshold, unary(threshold=-1, value=5) + unary(threshold=0.3, value=-0.7),
              lambda x, threshold, value: np.where(x <= threshold, value, x), takes=NO_BOOL,
              kinks=[(0.5, 0.0), (0.6, 1.0)], kink_options={"threshold": 0.5, "value": 7.0}, errors=[Wrong(TypeError, floats(2)), *not_tensors(0.0, 1.0)])
    # PyTorch's slope is 1/6 rounded to float32, in float64 too.
    yield Row(op.hardsigmoid, [Better(*call.args) for call in unary(-4, 4)], lambda x: np.clip(x / 6 + 0.5, 0, 1),
              takes=FLOATS, kinks=[(3.0, 0.0), (-3.0, 0.0), (1000.0, 0.0)], errors=NOT_ONE)
    yield Row(op.hardswish, unary(-4, 4), lambda x: x * np.clip(x / 6 + 0.5, 0, 1), takes=FLOATS,
              kinks=[(3.0, 1.0), (-3.0, 0.0), (0.0, 0.5), (-1000.0, 0.0)], accurate_on=(-5, 5), errors=NOT_ONE)
    yield Row(op.hardshrink, [*unary(), *unary(lambd=1.1)], lambda x, lambd=0.5: np.where(np.abs(x) <= lambd, 0, x),
              takes=FLOATS, kinks=[(0.5, 0.0), (-0.5, 0.0), (0.0, 0.0)], errors=NOT_ONE)
    yield Row(op.softshrink, [*unary(), *unary(lambd=1.1), Call(floats(3), 0)],
              lambda x, lambd=0.5: np.sign(x) * np.maximum(np.abs(x) - lambd, 0),
              takes=FLOATS, kinks=[(0.5, 0.0), (-0.5, 0.0), (0.0, 0.0)],
              errors=[*NOT_ONE, Wrong(RuntimeError, floats(2), -0.1)])
    yield Row(op.softsign, unary(), lambda x: x / (1 + np.abs(x)), FLOATING, NO_BOOL, operations=[],
              kinks=[(0.0, 1.0), (1e300, 0.0)], accurate_on=(-10, 10), errors=[Wrong(RuntimeError, bools(2))])
    yield Row(op.tanhshrink, unary(), lambda x: x - np.tanh(x), FLOATING, NO_BOOL, operations=[],
              kinks=[(0.0, 0.0), (1000.0, 1.0)], errors=[Wrong(RuntimeError, bools(2))])
    yield Row(op.mish, unary(-4, 4), lambda x: x * np.tanh(np.log1p(np.exp(x))), takes=FLOATS,
              kinks=[(0.0, 0.6), (500.0, 1.0), (-1000.0, 0.0)], accurate_on=(-15, 15), errors=NOT_ONE)
    yield Row(op.logsigmoid, unary(-4, 4), lambda x: -np.logaddexp(0, -x), takes=FLOATS,
              kinks=[(1000.0, 0.0), (-1000.0, 1.0), (0.0, 0.5)], accurate_on=(-20, 20),
              errors=[Wrong(RuntimeError, values) for values in (ints(2), bools(2), ints())])
    yield Row(op.glu,
              [Call(floats(2, 4)), Call(floats(4, 3), 0), Call(floats(2, 2, 3), dim=-2), Call(floats(2), 0),
               Call(floats(0, 4)), Call(floats(3, 0), 1), Call(floats(6, 1), 0), Call(floats(2, 2, 2), 1),
               Call(floats(2, low=-30, high=30)), Call(floats(1, 2)), Call(floats(8)), Call(floats(1, 2, 1), 1)],
              _glu, lacks=["0-d", "size 1"], takes=FLOATS, operations=["_glu"],
              errors=[Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats()), Wrong(IndexError, floats(2), 1),
                      Wrong(RuntimeError, ints(2))])
    dims = [Call(floats(2, 3), 1), Call(floats(2, 3), dim=0), Call(floats(2, 3, 2), -2), Call(floats(), 0),
            Call(floats(0, 3), 1), Call(floats(3, 0), 1), Call(floats(1), 0)]
    no_dims = [Wrong(IndexError, floats(2, 3), 2), Wrong(IndexError, floats(2, 3), -3),
               Wrong(RuntimeError, ints(2, 3), 1)]
    yield Row(op.softmax, dims, softmax, takes=FLOATS, errors=no_dims, torch="softmax")
    yield Row(op.log_softmax, dims, log_softmax, takes=FLOATS, errors=no_dims, torch="log_softmax")
    yield Row(op.softmin, dims, lambda x, dim: softmax(-x, dim), takes=FLOATS, operations=["_softmax"], errors=no_dims)
    yield Row(op.hard_logistic, unary(-4, 4), lambda x: np.clip(0.25 * x + 0.5, 0, 1), FLOATING, operations=[],
              kinks=[(2.0, 0.0), (-2.0, 0.0), (0.0, 0.25)], errors=NOT_ONE,
              torch=_hard_logistic_in_torch)
    yield Row(op.swish, [*unary(), *unary(beta=2.0), Call(floats(2, 3), floats(seed=1)), Call(floats(2), 0.0)],
              lambda x, beta=1.0: x / (1 + np.exp(-beta * x)), FLOATING, operations=[],
              kinks=[((0.0, 3.0), (0.5, 0.0))], errors=NOT_ONE, torch=lambda x, beta=1.0: x * (x * beta).sigmoid())
    yield Row(op.gaussian_gelu, [*unary(), *unary(mean=0.4, std=1.7), Call(floats(2), 1.0, 0.1)],
              lambda x, mean=0.0, std=1.0: x * (1 + erf((x - mean) / (std * math.sqrt(2)))) / 2, FLOATING,
              NO_BOOL, operations=[], errors=[Wrong(RuntimeError, bools(2))],
              torch=lambda x, mean=0.0, std=1.0: x * (((x - mean) / (std * math.sqrt(2))).erf() + 1) / 2)
    yield Row(op.maxout,
              [Call(floats(4), 2), Call(floats(2, 6), 3), Call(floats(4, 3), 2, 0), Call(floats(2, 6, 2), 2, dim=-2),
               Call(floats(1), 1), Call(floats(0, 4), 2), Call(floats(2, 0), 3), Call(floats(2, 2), 1)],
              _maxout, lacks=["0-d"], operations=[],
              torch=lambda x, k, dim=-1: x.unflatten(dim, (-1, k)).amax(dim if dim < 0 else dim + 1),
              errors=[Wrong(RuntimeError, floats(3), 2), Wrong(IndexError, floats(2), 2, 1), Wrong(TypeError, floats(2))])
    yield Row(op.step, [*unary(), *unary(at_zero=0.2)], lambda x, at_zero=0.5: np.heaviside(x, at_zero), takes=FLOATS,
              conventions=[Call(np.array([-1.0, 0.0, 2.0]), 0.3)], kinks=[(0.0, 0.0), (nan, 0.0)], errors=NOT_ONE,
              torch=_step_in_torch)
