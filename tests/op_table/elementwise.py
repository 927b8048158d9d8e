"""Rows of arithmetic, rounding, extrema of two, choices, copies: `autograd_core.ops.elementwise`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    FLOATING,
    FLOATS,
    NO_BOOL,
    NOT_ONE,
    PAIRS,
    SIZES,
    UNFIT,
    Call,
    Row,
    Wrong,
    bad_shapes,
    bools,
    fixed,
    floats,
    ints,
    not_tensors,
    op,
    pairs,
    positive,
    unary,
)

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
    numbers = [Call(floats(2, 3), 1.5), Call(floats(2), 2), Call(floats(), -0.5)]
    wrong_alphas = [Wrong(RuntimeError, ints(2), ints(2), alpha=2.5), Wrong(RuntimeError, ints(2), ints(2), alpha=True),
                    Wrong(RuntimeError, floats(2), floats(2), alpha=True)]
    yield Row(op.plus, pairs() + numbers, np.add, errors=UNFIT, torch="add")
    yield Row(op.minus, pairs() + numbers, np.subtract, takes=NO_BOOL, torch="sub",
              errors=[*UNFIT, Wrong(RuntimeError, bools(2), bools(2)), Wrong(RuntimeError, floats(2), bools(2)),
                      Wrong(RuntimeError, floats(2), True)])
    yield Row(op.mul, pairs() + numbers, np.multiply, errors=UNFIT)
    yield Row(op.true_divide, pairs(second=(0.3, 2)) + numbers, np.divide, FLOATING, errors=UNFIT,
              kinks=[((1.0, 0.0), (inf, -inf)), ((0.0, 0.0), (inf, nan))])
    yield Row(op.add, [*pairs(), *pairs(alpha=2.5), *numbers], lambda x, y, alpha=1: x + alpha * y, operations=["plus", "mul"],
              errors=[*UNFIT, *wrong_alphas])
    yield Row(op.sub, [*pairs(), *pairs(alpha=2), *numbers], lambda x, y, alpha=1: x - alpha * y, takes=NO_BOOL,
              errors=[*UNFIT, *wrong_alphas], operations=["minus", "mul"])
    yield Row(op.rsub, [*pairs(), *pairs(alpha=0.5), *numbers], lambda x, y, alpha=1: y - alpha * x, takes=NO_BOOL,
              errors=[bad_shapes(), bad_shapes((2,), (3,)), bad_shapes((2, 3), (2,))], operations=["minus", "mul"])
    yield Row(op.div,
              [*pairs(second=(0.3, 2)), *pairs(second=(0.3, 1), rounding_mode="floor"),
               *pairs(second=(-1, -0.3), rounding_mode="trunc"), Call(ints(3) - 2, 2, rounding_mode="trunc"),
               *numbers],
              lambda x, y, rounding_mode=None: {None: lambda q: q, "floor": np.floor,
                  "trunc": np.trunc}[rounding_mode](x / y), FLOATING,
              operations=["_floor_divide", "_trunc_divide"],
              errors=[*UNFIT, Wrong(RuntimeError, floats(2), floats(2), rounding_mode="up"),
                      Wrong(RuntimeError, ints(2), np.zeros(2, np.int64), rounding_mode="trunc"),
                      Wrong(NotImplementedError, bools(2), bools(2), rounding_mode="trunc")])
    divisors = [*pairs(second=(0.3, 1.2)), *pairs(second=(-1.2, -0.3)), Call(floats(2, 3), 0.7)]
    yield Row(op.floor_divide, fixed(divisors), np.floor_divide, takes=NO_BOOL, smooth=False,
              errors=[*UNFIT[:3], Wrong(RuntimeError, ints(2), np.zeros(2, np.int64)),
                      Wrong(RuntimeError, ints(2), 0)])
    yield Row(op.remainder, divisors, np.remainder, takes=NO_BOOL,
              kinks=[((-7.0, 2.0), (1.0, 4.0)), ((6.0, 3.0), (1.0, -2.0))],
              errors=[*UNFIT, Wrong(RuntimeError, ints(2), np.zeros(2, np.int64)), Wrong(RuntimeError, ints(2), 0)])
    yield Row(op.fmod, [*divisors, Call(ints(4) - 3, 2)], np.fmod, takes=NO_BOOL,
              kinks=[((-7.0, 2.0), (1.0, 3.0)), ((6.0, 3.0), (1.0, -2.0)), ((1.0, 0.0), (1.0, -inf))],
              errors=[*UNFIT, Wrong(RuntimeError, ints(2), np.zeros(2, np.int64)), Wrong(RuntimeError, ints(2), 0)])
    yield Row(op.pow,
              [*pairs(first=(0.3, 2.5)),
               *[Call(floats(2, 3), exponent) for exponent in (0, 1, 2, 3, 4, -1, -2, 2.0, np.asarray(3))],
               *[Call(positive(2, 3), exponent) for exponent in (0.5, -0.5, 1.7)], Call(ints(3), 2)], np.power,
              takes=NO_BOOL, operations=["_power", "_power_of"],
              kinks=[((0.0, 0.0), (0.0, 0.0)), ((0.0, 0.5), (inf, 0.0)), ((-2.0, 3.0), (12.0, nan)),
                     ((0.0, 1.0), (1.0, 0.0))], errors=[*UNFIT, Wrong(RuntimeError, ints(3), -1)])
    yield Row(op.float_power,
              [*pairs(first=(0.3, 2.5)), Call(floats(2, 3), 2), Call(positive(2, 3), -0.5), Call(2.5, floats(3)),
               Call(ints(3) + 1, -1), Call(ints(3) + 1, ints(3))], np.float_power, lambda dtype: "float64", operations=[],
              kinks=[((0.0, 0.0), (0.0, 0.0)), ((-2.0, 3.0), (12.0, nan))], errors=UNFIT)
    yield Row(op.rpow,
              [Call(y, x) for x, y in (call.args for call in pairs((0.3, 2), (-2, 2)))] + [Call(floats(2, 3), 2.0)],
              lambda x, y: y**x, takes=NO_BOOL, operations=["_power"], torch=lambda x, y: y**x,
              errors=[bad_shapes(), bad_shapes((2,), (3,)), bad_shapes((2, 3), (2,))])
    yield Row(op.neg, unary(), np.negative, takes=NO_BOOL, errors=[*NOT_ONE, Wrong(RuntimeError, bools(2))])
    yield Row(op.positive, unary(), np.positive, takes=NO_BOOL,
              errors=[Wrong(RuntimeError, bools(n)) for n in (0, 1, 2)])
    yield Row(op.abs, unary(), np.abs, takes=NO_BOOL, kinks=[(0.0, 0.0)],
              errors=[*NOT_ONE, Wrong(RuntimeError, bools(2))])
    yield Row(op.sign, unary(), np.sign, kinks=[(0.0, 0.0)], errors=NOT_ONE)
    yield Row(op.sgn, [*unary(), Call(np.array([3 + 4j, 0j]))], np.sign, kinks=[(0.0, 0.0)], errors=NOT_ONE)
    yield Row(op.floor, unary(), np.floor, takes=NO_BOOL, kinks=[(1.0, 0.0)], errors=NOT_ONE)
    yield Row(op.ceil, unary(), np.ceil, takes=NO_BOOL, kinks=[(1.0, 0.0)], errors=NOT_ONE)
    yield Row(op.trunc, unary(), np.trunc, takes=NO_BOOL, kinks=[(1.0, 0.0)], errors=NOT_ONE)
    yield Row(op.frac, unary(), lambda x: np.fmod(x, 1), takes=FLOATS, kinks=[(1.0, 1.0), (-1.0, 1.0)],
              errors=[*NOT_ONE, Wrong(NotImplementedError, ints(2))])
    yield Row(op.round, [*unary(), *unary(decimals=1)], lambda x, decimals=0: np.round(x, decimals), takes=NO_BOOL,
              kinks=[(0.5, 0.0), (1.5, 0.0), (-2.5, 0.0)], errors=[*NOT_ONE, Wrong(NotImplementedError, ints(2), decimals=1)])
    yield Row(op.maximum, pairs(), np.maximum, kinks=[((1.0, 1.0), (0.5, 0.5)), ((nan, 1.0), (1.0, 1.0))],
              errors=UNFIT)
    yield Row(op.minimum, pairs(), np.minimum, kinks=[((1.0, 1.0), (0.5, 0.5)), ((1.0, nan), (1.0, 1.0))],
              errors=UNFIT)
    yield Row(op.fmax, pairs(), np.fmax, errors=UNFIT,
              kinks=[((1.0, 1.0), (1.0, 0.0)), ((nan, 1.0), (0.0, 1.0)), ((1.0, nan), (1.0, 0.0)), ((nan, nan), (1.0, 0.0))])
    yield Row(op.fmin, pairs(), np.fmin, errors=UNFIT,
              kinks=[((1.0, 1.0), (1.0, 0.0)), ((nan, 1.0), (0.0, 1.0)), ((1.0, nan), (1.0, 0.0)), ((nan, nan), (1.0, 0.0))])
    limits = [Call(floats(2, 3), floats(3, low=-1, high=-0.5), floats(2, 1, low=0.5, high=1)),
              *unary(min=-0.8, max=0.9), *unary(min=-0.5), *unary(max=0.5),
              Call(floats(2, 3), min=floats(2, 3, low=-1, high=0.5)),
              Call(floats(2, 3), max=floats(3, low=-0.5, high=1))]
    bound = [((1.0, -1.0, 1.0), (1.0, 0.0, 0.0)), ((-1.0, -1.0, 1.0), (1.0, 0.0, 0.0)),
             ((nan, -1.0, 1.0), (0.0, 0.0, 0.0))]
    unlimited = [*[Wrong(RuntimeError, floats(*size)) for size in ((2,), ())], *not_tensors(0.0)]
    yield Row(op.clamp, limits, np.clip, takes=NO_BOOL, kinks=bound, errors=unlimited)
    yield Row(op.clamp_min, [Call(floats(2, 3), floats(3, seed=3)), *unary(min=-0.5)],
              lambda x, min: np.maximum(x, min), kinks=[((1.0, 1.0), (1.0, 0.0)), ((nan, 1.0), (0.0, 0.0))],
              errors=not_tensors(0.0))
    yield Row(op.clamp_max, [Call(floats(2, 3), floats(3, seed=3)), *unary(max=0.5)],
              lambda x, max: np.minimum(x, max), kinks=[((1.0, 1.0), (1.0, 0.0)), ((nan, 1.0), (0.0, 0.0))],
              errors=not_tensors(0.0))
    yield Row(op.where,
              [*[Call(bools(*m, seed=1), *call.args) for (m, _), call in zip(PAIRS, pairs(), strict=True)],
               Call(bools(2, 3), floats(2, 3), 0.0), Call(bools(2, 3), 1.0, floats(3)), Call(bools(4))], np.where,
              errors=[Wrong(RuntimeError, bools(2, 3), floats(2, 4), floats(2, 3)),
                      Wrong(RuntimeError, floats(2), floats(2), floats(2)), Wrong(TypeError, bools(2), floats(2))])
    yield Row(op.cast,
              [Call(floats(*size), np.dtype(np.float32)) for size in SIZES] + [Call(floats(2), np.dtype(np.float64))],
              lambda x, dtype: x.astype(dtype), lambda dtype: "float32", operations=["_cast"],
              torch=lambda x, dtype: x.to(dtype),
              errors=[Wrong(TypeError, floats(2), value) for value in (object, [1], {})], twice=False)
    yield Row(op.clone, unary(), np.copy, errors=NOT_ONE)
