"""Rows of activations: `autograd_core.ops.activation`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy import nan

from tests.op_calls import (
    DTYPES,
    FLOATS,
    NO_BOOL,
    NOT_ONE,
    Array,
    Call,
    Row,
    Wrong,
    bools,
    floats,
    ints,
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
    yield Row(op.elu, [*unary(), *unary(alpha=0.7)], lambda x, alpha=1: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
              takes=FLOATS, kinks=[(0.0, 1.0)], accurate_on=(-10, 5), errors=NOT_ONE)
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
    dims = [Call(floats(2, 3), 1), Call(floats(2, 3), dim=0), Call(floats(2, 3, 2), -2), Call(floats(), 0),
            Call(floats(0, 3), 1), Call(floats(3, 0), 1), Call(floats(1), 0)]
    no_dims = [Wrong(IndexError, floats(2, 3), 2), Wrong(IndexError, floats(2, 3), -3),
               Wrong(RuntimeError, ints(2, 3), 1)]
    yield Row(op.softmax, dims, softmax, takes=FLOATS, errors=no_dims, torch="softmax")
    yield Row(op.log_softmax, dims, log_softmax, takes=FLOATS, errors=no_dims, torch="log_softmax")
