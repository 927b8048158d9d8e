"""Rows of exponentials, roots, trigonometric functions: `autograd_core.ops.elementary`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    FLOATING,
    NOT_ONE,
    Row,
    op,
    unary,
)

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
    yield Row(op.exp, unary(), np.exp, FLOATING, accurate_on=(-20, 20), errors=NOT_ONE)
    yield Row(op.expm1, unary(), np.expm1, FLOATING, accurate_on=(-5, 5), errors=NOT_ONE)
    yield Row(op.log, unary(0.2, 3), np.log, FLOATING, kinks=[(0.0, inf), (-1.0, -1.0)], accurate_on=(0.01, 50),
              errors=NOT_ONE)
    yield Row(op.log1p, unary(-0.8, 3), np.log1p, FLOATING, kinks=[(-1.0, inf), (-2.0, -1.0)], accurate_on=(-0.9, 20),
              errors=NOT_ONE)
    yield Row(op.log2, unary(0.2, 3), np.log2, FLOATING, kinks=[(0.0, inf)], accurate_on=(0.01, 50), errors=NOT_ONE)
    yield Row(op.log10, unary(0.2, 3), np.log10, FLOATING, kinks=[(0.0, inf)], accurate_on=(0.01, 50), errors=NOT_ONE)
    yield Row(op.sqrt, unary(0.2, 3), np.sqrt, FLOATING, kinks=[(0.0, inf), (-1.0, nan)], accurate_on=(0, 100),
              errors=NOT_ONE)
    yield Row(op.rsqrt, unary(0.2, 3), lambda x: x**-0.5, FLOATING, kinks=[(0.0, -inf)], accurate_on=(0.01, 100),
              errors=NOT_ONE)
    yield Row(op.square, unary(), np.square, lambda dtype: "int64" if dtype == "bool" else dtype, kinks=[(0.0, 0.0)],
              accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.reciprocal, unary(0.2, 3), np.reciprocal, FLOATING, kinks=[(0.0, -inf)], accurate_on=(0.01, 100),
              errors=NOT_ONE)
    yield Row(op.sin, unary(), np.sin, FLOATING, accurate_on=(-20, 20), errors=NOT_ONE)
    yield Row(op.cos, unary(), np.cos, FLOATING, accurate_on=(-20, 20), errors=NOT_ONE)
    yield Row(op.tan, unary(-1.2, 1.2), np.tan, FLOATING, accurate_on=(-1.5, 1.5), errors=NOT_ONE)
    yield Row(op.atan, unary(), np.arctan, FLOATING, accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.sinh, unary(), np.sinh, FLOATING, accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.cosh, unary(), np.cosh, FLOATING, accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.tanh, unary(), np.tanh, FLOATING, kinks=[(1000.0, 0.0), (-1000.0, 0.0)], accurate_on=(-5, 5),
              errors=NOT_ONE)
    yield Row(op.sigmoid, unary(), lambda x: 1 / (1 + np.exp(-x)), FLOATING, kinks=[(1000.0, 0.0), (-1000.0, 0.0)],
              accurate_on=(-20, 20), errors=NOT_ONE)
