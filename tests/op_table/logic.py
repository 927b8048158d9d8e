"""Rows of comparisons, logic, bits: `autograd_core.ops.logic`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    BITS,
    BOOL,
    FLOATS,
    NOT_ONE,
    UNFIT,
    WHOLE,
    Call,
    Row,
    Wrong,
    bad_shapes,
    bools,
    floats,
    ints,
    op,
    pairs,
    whole_pairs,
)

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
    for comparison, counterpart in ((op.eq, np.equal), (op.ne, np.not_equal), (op.lt, np.less),
            (op.le, np.less_equal), (op.gt, np.greater), (op.ge, np.greater_equal)):
        yield Row(comparison, [*pairs(), *whole_pairs(), Call(floats(2, 3), 0.5), Call(ints(3), 2)], counterpart,
                  BOOL, errors=UNFIT)
    special = [Call(np.array([0.0, -1.5, inf, -inf, nan])), Call(np.asarray(nan)), Call(floats(0)), Call(floats(1)),
               Call(ints(2, 2))]
    for question, counterpart in ((op.isnan, np.isnan), (op.isfinite, np.isfinite), (op.isinf, np.isinf),
            (op.isposinf, np.isposinf), (op.isneginf, np.isneginf), (op.isreal, np.isreal),
            (op.logical_not, np.logical_not)):
        yield Row(question, special, counterpart, BOOL, errors=NOT_ONE)
    for connective, counterpart in ((op.logical_and, np.logical_and), (op.logical_or, np.logical_or),
            (op.logical_xor, np.logical_xor)):
        yield Row(connective, [*whole_pairs(), Call(np.array([0.0, 1.0, nan]), np.array([0.0, 0.0, 2.0]))],
                  counterpart, BOOL, errors=UNFIT)
    for connective, counterpart in ((op.bitwise_and, np.bitwise_and), (op.bitwise_or, np.bitwise_or),
            (op.bitwise_xor, np.bitwise_xor)):
        no_bits = [Wrong(RuntimeError, floats(2), floats(2)), Wrong(RuntimeError, floats(2), ints(2)),
                   Wrong(RuntimeError, ints(2), ints(3))]
        yield Row(connective, [*whole_pairs(), Call(ints(3), 5)], counterpart, takes=BITS, errors=no_bits)
    yield Row(op.bitwise_not, [Call(ints(2, 3)), Call(bools(3)), Call(ints()), Call(ints(0)), Call(ints(1))],
              np.invert, takes=BITS, errors=[Wrong(RuntimeError, floats(2)), Wrong(RuntimeError, floats()), *NOT_ONE])
    for shift, counterpart in ((op.bitwise_left_shift, np.left_shift), (op.bitwise_right_shift, np.right_shift)):
        yield Row(shift, [*whole_pairs()[:-1], Call(ints(3), 2), Call(2, ints(3)), Call(ints(4) - 3, 70)], counterpart,
                  takes=WHOLE,
                  errors=[Wrong(NotImplementedError, floats(2), 1), Wrong(NotImplementedError, ints(2), 1.5),
                          Wrong(NotImplementedError, bools(2), bools(2)), Wrong(RuntimeError, ints(2), ints(3))])
    members = [Call(ints(2, 3), ints(4, seed=1)), Call(ints(3), ints(2), invert=True), Call(ints(3), 2), Call(2, ints(3)),
               Call(ints(), ints(2)), Call(ints(0), ints(2)), Call(ints(3), ints(0)), Call(ints(1), ints(2, 2)),
               Call(np.array([nan, 1.0]), np.array([nan])), Call(np.arange(4), np.array([3, 1]), assume_unique=True),
               Call(floats(3), floats(3)), Call(ints(3), floats(3))]
    yield Row(op.isin, members, np.isin, BOOL, takes=(*FLOATS, *WHOLE), operations=["_isin"],
              errors=[Wrong(TypeError, 2, 2), Wrong(RuntimeError, bools(2), bools(2)),
                      Wrong(TypeError, [1, 2], ints(2)), Wrong(TypeError, ints(2), "x")])
    near = [*pairs(), Call(np.array([1.0, nan, inf, 1.0]), np.array([1.0 + 1e-6, nan, inf, 1.1]))]
    near += [Call(*near[-1].args, equal_nan=True), Call(*near[-1].args, rtol=0.2),
             Call(*near[-1].args, rtol=0, atol=0.01)]
    closeness = [bad_shapes(), Wrong(RuntimeError, floats(2), floats(2).astype(np.float32)), Wrong(RuntimeError, floats(2), floats(2), rtol=-1.0),
                 Wrong(RuntimeError, floats(2), floats(2), atol=-1.0)]
    yield Row(op.isclose, near, np.isclose, BOOL, errors=closeness)
    yield Row(op.allclose, [*near, Call(floats(3), floats(3))], np.allclose, BOOL, operations=[], errors=closeness)
    yield Row(op.equal,
              [Call(floats(2, 3), floats(2, 3)), Call(floats(2), floats(2, seed=1)), Call(floats(2), floats(1, 2)),
               Call(floats(), floats()), Call(floats(0), floats(0)), Call(floats(1), floats(1)),
               Call(np.array([nan]), np.array([nan]))], np.array_equal, BOOL, operations=[], errors=[])
