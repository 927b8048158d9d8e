"""Rows of signs, exponents, divisors, complex parts: `autograd_core.ops.parts`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    BOOL,
    FLOATING,
    FLOATS,
    NOT_ONE,
    UNFIT,
    WHOLE,
    Array,
    Better,
    Call,
    Row,
    Wrong,
    bools,
    fixed,
    floats,
    ints,
    op,
    pairs,
    unary,
    whole_pairs,
)

# fmt: off  # rows are laid out as a table


def _step(x: Array, values: Array) -> Array:
    return np.where(x == 0, values, x > 0)


def _angle(x: Array) -> Array:
    return np.angle(x) if x.dtype.kind == "c" else np.where(np.isnan(x), x, np.where(x < 0, np.pi, 0))


def _without_nan(x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def rows() -> Iterator[Row]:
    yield Row(op.copysign, [*pairs(), Call(floats(3), -2.0), Call(floats(2), 1)], np.copysign, FLOATING, errors=UNFIT,
              kinks=[((0.0, -1.0), (0.0, 0.0)), ((2.0, -0.0), (-1.0, 0.0)), ((-2.0, 0.0), (-1.0, 0.0))])
    zeros = np.array([0.0, -0.0, 1.0, -2.0, inf, -inf, nan])
    yield Row(op.signbit, [*unary(), Call(zeros), Call(ints(3) - 2)], np.signbit, BOOL,
              errors=[*NOT_ONE, Wrong(NotImplementedError, np.array([1j]))])
    steps = [Call(floats(*m), floats(*n, seed=1)) for m, n in (((2, 3), (3,)), ((), ()), ((0,), (1,)), ((2, 1), (1, 3)))]
    steps += [Call(zeros[:-1], np.array([0.5])), Call(ints(5), ints(5, seed=1)), Call(bools(3), bools(3))]
    yield Row(op.heaviside, fixed(steps), _step, smooth=False,
              errors=[*UNFIT[:3], Wrong(RuntimeError, floats(2), ints(2)), *UNFIT[3:]])
    yield Row(op.frexp, [*unary(), *unary(5, 9)], np.frexp, takes=FLOATS, operations=["_mantissa"], conventions=[Call(zeros)],
              errors=[Wrong(RuntimeError, value) for value in (ints(2), bools(2), np.array([1j]))])
    scaled = [*pairs(), Call(floats(2, 3), np.array([1, 0, 3])), Call(floats(3), np.array(4))]
    scaled += [Better(floats(3), np.array([1, -2, 3]))]  # PyTorch's gradient is 0 for negative whole exponents
    yield Row(op.ldexp, scaled, lambda x, e: x * 2.0**e, FLOATING, errors=UNFIT)
    yield Row(op.nextafter, pairs(), np.nextafter, takes=FLOATS,
              kinks=[((1.0, 1.0), (0.0, 0.0)), ((1.0, 2.0), (1.0, 0.0))],
              errors=[*UNFIT, Wrong(NotImplementedError, ints(2), ints(2))])
    missing = [Call(zeros[4:], nan, 3.0, -3), Call(zeros, nan=2.0, posinf=3.0, neginf=-1), Call(zeros, 1, 2, 3)]
    missing += [Call(zeros[6:], 2.5), Call(zeros[4:5], posinf=1), Call(zeros[5:6], neginf=1)]
    yield Row(op.nan_to_num, [*unary(), Call(ints(3))], _without_nan, conventions=missing,
              kinks=[(nan, 0.0), (inf, 0.0), (-inf, 0.0)], errors=NOT_ONE)
    integers = [Wrong(NotImplementedError, floats(2), floats(2)), Wrong(NotImplementedError, bools(2), bools(2)),
                Wrong(RuntimeError, ints(2), ints(3)), *UNFIT[3:]]
    for divisor, counterpart in ((op.gcd, np.gcd), (op.lcm, np.lcm)):
        yield Row(divisor, [*whole_pairs()[:-1], Call(ints(9) * 4 - 8, ints(9, seed=1) * 6 - 12)], counterpart, takes=WHOLE,
                  errors=integers)
    complexes = [Call(np.asarray(values, complex)) for values in ([1 + 2j, -3j, 4], 1j, [], [[-1]])]
    yield Row(op.angle, [*fixed([Call(np.array([0.0, -0.0, nan, -inf])), *unary()]), *complexes], _angle, FLOATING,
              conventions=unary(), kinks=[(0.0, 0.0), (-1.0, 0.0), (nan, 0.0)], errors=NOT_ONE)
