"""Rows of exponentials, roots, trigonometric functions: `autograd_core.ops.elementary`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    FLOATING,
    FLOATS,
    NOT_ONE,
    UNFIT,
    Row,
    Wrong,
    ints,
    op,
    pairs,
    unary,
)

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
    yield Row(op.exp, unary(), np.exp, FLOATING, accurate_on=(-20, 20), errors=NOT_ONE)
    yield Row(op.exp2, unary(), np.exp2, FLOATING, accurate_on=(-20, 20), errors=NOT_ONE)
    yield Row(op.expm1, unary(), np.expm1, FLOATING, accurate_on=(-5, 5), errors=NOT_ONE)
    yield Row(op.log, unary(0.2, 3), np.log, FLOATING, kinks=[(0.0, inf), (-1.0, -1.0)], accurate_on=(0.01, 50),
              errors=NOT_ONE)
    yield Row(op.log1p, unary(-0.8, 3), np.log1p, FLOATING, kinks=[(-1.0, inf), (-2.0, -1.0)], accurate_on=(-0.9, 20),
              errors=NOT_ONE)
    yield Row(op.log2, unary(0.2, 3), np.log2, FLOATING, kinks=[(0.0, inf)], accurate_on=(0.01, 50), errors=NOT_ONE)
    yield Row(op.log10, unary(0.2, 3), np.log10, FLOATING, kinks=[(0.0, inf)], accurate_on=(0.01, 50), errors=NOT_ONE)
    for mixture, counterpart in ((op.logaddexp, np.logaddexp), (op.logaddexp2, np.logaddexp2)):
        yield Row(mixture, pairs(), counterpart, takes=FLOATS, errors=[*UNFIT, Wrong(NotImplementedError, ints(2), ints(2))],
                  kinks=[((1.0, 1.0), (0.5, 0.5)), ((-inf, 0.0), (0.0, 1.0)), ((-inf, -inf), (nan, nan)),
                         ((-800.0, 800.0), (0.0, 1.0))])
    yield Row(op.hypot, pairs(), np.hypot, takes=FLOATS, errors=[*UNFIT, Wrong(NotImplementedError, ints(2), ints(2))],
              kinks=[((0.0, 0.0), (nan, nan)), ((3.0, 0.0), (1.0, 0.0)), ((3e200, 4e200), (0.6, 0.8))])
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
    ends: list[tuple[float, float]] = [(1.0, inf), (-1.0, inf), (2.0, nan)]
    yield Row(op.asin, unary(-0.95, 0.95), np.arcsin, FLOATING, kinks=ends, accurate_on=(-1, 1), errors=NOT_ONE)
    yield Row(op.acos, unary(-0.95, 0.95), np.arccos, FLOATING, kinks=[(x, -slope) for x, slope in ends],
              accurate_on=(-1, 1), errors=NOT_ONE)
    yield Row(op.atan2, pairs(), np.arctan2, FLOATING, errors=UNFIT,
              kinks=[((0.0, 0.0), (0.0, 0.0)), ((0.0, -1.0), (-1.0, 0.0)), ((1.0, 0.0), (0.0, -1.0)),
                     ((-0.0, -1.0), (-1.0, 0.0))])
    yield Row(op.deg2rad, unary(), np.deg2rad, FLOATING, accurate_on=(-360, 360), errors=NOT_ONE)
    yield Row(op.rad2deg, unary(), np.rad2deg, FLOATING, accurate_on=(-6, 6), errors=NOT_ONE)
    yield Row(op.atan, unary(), np.arctan, FLOATING, accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.sinh, unary(), np.sinh, FLOATING, accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.cosh, unary(), np.cosh, FLOATING, accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.tanh, unary(), np.tanh, FLOATING, kinks=[(1000.0, 0.0), (-1000.0, 0.0)], accurate_on=(-5, 5),
              errors=NOT_ONE)
    yield Row(op.sigmoid, unary(), lambda x: 1 / (1 + np.exp(-x)), FLOATING, kinks=[(1000.0, 0.0), (-1000.0, 0.0)],
              accurate_on=(-20, 20), errors=NOT_ONE)
    yield Row(op.asinh, unary(), np.arcsinh, FLOATING, accurate_on=(-10, 10), errors=NOT_ONE)
    yield Row(op.acosh, unary(1.1, 3), np.arccosh, FLOATING, kinks=[(1.0, inf), (0.5, nan), (-2.0, 3**-0.5)],
              accurate_on=(1, 20), errors=NOT_ONE)
    yield Row(op.atanh, unary(-0.9, 0.9), np.arctanh, FLOATING, kinks=[(1.0, inf), (-1.0, inf), (2.0, -1 / 3)],
              accurate_on=(-0.99, 0.99), errors=NOT_ONE)
