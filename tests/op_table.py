"""One row per public operation: what is particular to it. The tests that hold for all of them are generated.

A row gives sample calls and NumPy's answer to them. `test_operations` checks values, dtypes, layouts, derivatives,
methods, in-place forms and NumPy's functions; `parity/test_operations_parity` runs the same calls in PyTorch.
The rows are laid out as a table; `Row` says what its columns are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    BITS,
    BOOL,
    DTYPES,
    FLOATING,
    FLOATS,
    INT64,
    NO_BOOL,
    PAIRS,
    SIZES,
    SUMS,
    Array,
    Better,
    Call,
    Fixed,
    Row,
    Wrong,
    bools,
    floats,
    ints,
    op,
    pairs,
    positive,
    reductions,
    unary,
    whole_pairs,
)

# fmt: off  # rows are laid out as a table


def bad_shapes(m: tuple[int, ...] = (2, 3), n: tuple[int, ...] = (2, 4)) -> Wrong:
    return Wrong(RuntimeError, floats(*m), floats(*n))


def not_tensors(*more: Any) -> list[Wrong]:
    """Three things that are no tensors."""
    return [Wrong(TypeError, value, *more) for value in ([1.0, 2.0], "x", None)]


UNFIT = [bad_shapes(), bad_shapes((2,), (3,)), bad_shapes((2, 3), (2,)), *not_tensors(floats(2))]
NOT_ONE = not_tensors()


def bad_dims(*size: int) -> list[Wrong]:
    return [
        Wrong(IndexError, floats(*size), dim=len(size)),
        Wrong(IndexError, floats(*size), dim=-len(size) - 1),
        Wrong(TypeError, floats(*size), dim=0.5),
    ]


def _elementwise() -> Iterator[Row]:
    numbers = [Call(floats(2, 3), 1.5), Call(floats(2), 2), Call(floats(), -0.5)]
    yield Row(op.plus, pairs() + numbers, np.add, errors=UNFIT, torch="add")
    yield Row(op.minus, pairs() + numbers, np.subtract, takes=NO_BOOL, torch="sub",
              errors=[*UNFIT, Wrong(RuntimeError, bools(2), bools(2))])
    yield Row(op.mul, pairs() + numbers, np.multiply, errors=UNFIT)
    yield Row(op.true_divide, pairs(second=(0.3, 2)) + numbers, np.divide, FLOATING, errors=UNFIT,
              kinks=[((1.0, 0.0), (inf, -inf)), ((0.0, 0.0), (inf, nan))])
    yield Row(op.add, [*pairs(), *pairs(alpha=2.5), *numbers], lambda x, y, alpha=1: x + alpha * y, errors=UNFIT,
              operations=["plus", "mul"])
    yield Row(op.sub, [*pairs(), *pairs(alpha=2), *numbers], lambda x, y, alpha=1: x - alpha * y, takes=NO_BOOL,
              errors=UNFIT, operations=["minus", "mul"])
    yield Row(op.rsub, [*pairs(), *pairs(alpha=0.5), *numbers], lambda x, y, alpha=1: y - alpha * x, takes=NO_BOOL,
              errors=[bad_shapes(), bad_shapes((2,), (3,)), bad_shapes((2, 3), (2,))], operations=["minus", "mul"])
    yield Row(op.div,
              [*pairs(second=(0.3, 2)), *pairs(second=(0.3, 1), rounding_mode="floor"),
               *pairs(second=(-1, -0.3), rounding_mode="trunc"), Call(ints(3) - 2, 2, rounding_mode="trunc"),
               *numbers],
              lambda x, y, rounding_mode=None: {None: lambda q: q, "floor": np.floor,
                  "trunc": np.trunc}[rounding_mode](x / y), FLOATING, operations=["_trunc_divide"],
              errors=[*UNFIT, Wrong(RuntimeError, floats(2), floats(2), rounding_mode="up"),
                      Wrong(RuntimeError, ints(2), np.zeros(2, np.int64), rounding_mode="trunc")])
    divisors = [*pairs(second=(0.3, 1.2)), *pairs(second=(-1.2, -0.3)), Call(floats(2, 3), 0.7)]
    yield Row(op.floor_divide, divisors, np.floor_divide, torch=lambda x, y: x.div(y, rounding_mode="floor"),
              takes=NO_BOOL,
              errors=[*UNFIT[:3], Wrong(RuntimeError, ints(2), np.zeros(2, np.int64)),
                      Wrong(RuntimeError, ints(2), 0)])
    yield Row(op.remainder, divisors, np.remainder, takes=NO_BOOL,
              kinks=[((-7.0, 2.0), (1.0, 4.0)), ((6.0, 3.0), (1.0, -2.0))],
              errors=[*UNFIT, Wrong(RuntimeError, ints(2), np.zeros(2, np.int64)), Wrong(RuntimeError, ints(2), 0)])
    yield Row(op.pow,
              [*pairs(first=(0.3, 2.5)),
               *[Call(floats(2, 3), exponent) for exponent in (0, 1, 2, 3, 4, -1, -2, 2.0, np.asarray(3))],
               *[Call(positive(2, 3), exponent) for exponent in (0.5, -0.5, 1.7)], Call(ints(3), 2)], np.power,
              takes=NO_BOOL, operations=["_power", "_power_of"],
              kinks=[((0.0, 0.0), (0.0, 0.0)), ((0.0, 0.5), (inf, 0.0)), ((-2.0, 3.0), (12.0, nan)),
                     ((0.0, 1.0), (1.0, 0.0))], errors=[*UNFIT, Wrong(RuntimeError, ints(3), -1)])
    yield Row(op.rpow,
              [Call(y, x) for x, y in (call.args for call in pairs((0.3, 2), (-2, 2)))] + [Call(floats(2, 3), 2.0)],
              lambda x, y: y**x, takes=NO_BOOL, operations=["_power"], torch=lambda x, y: y**x,
              errors=[bad_shapes(), bad_shapes((2,), (3,)), bad_shapes((2, 3), (2,))])
    yield Row(op.neg, unary(), np.negative, takes=NO_BOOL, errors=[*NOT_ONE, Wrong(RuntimeError, bools(2))])
    yield Row(op.positive, unary(), np.positive, takes=NO_BOOL,
              errors=[Wrong(RuntimeError, bools(n)) for n in (0, 1, 2)])

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

    yield Row(op.abs, unary(), np.abs, takes=NO_BOOL, kinks=[(0.0, 0.0)],
              errors=[*NOT_ONE, Wrong(RuntimeError, bools(2))])
    yield Row(op.sign, unary(), np.sign, kinks=[(0.0, 0.0)], errors=NOT_ONE)
    yield Row(op.floor, unary(), np.floor, takes=NO_BOOL, kinks=[(1.0, 0.0)], errors=NOT_ONE)
    yield Row(op.ceil, unary(), np.ceil, takes=NO_BOOL, kinks=[(1.0, 0.0)], errors=NOT_ONE)
    yield Row(op.trunc, unary(), np.trunc, takes=NO_BOOL, kinks=[(1.0, 0.0)], errors=NOT_ONE)
    yield Row(op.round, [*unary(), *unary(decimals=1)], lambda x, decimals=0: np.round(x, decimals), takes=NO_BOOL,
              kinks=[(0.5, 0.0), (1.5, 0.0), (-2.5, 0.0)], errors=NOT_ONE)
    yield Row(op.maximum, pairs(), np.maximum, kinks=[((1.0, 1.0), (0.5, 0.5)), ((nan, 1.0), (1.0, 1.0))],
              errors=UNFIT)
    yield Row(op.minimum, pairs(), np.minimum, kinks=[((1.0, 1.0), (0.5, 0.5)), ((1.0, nan), (1.0, 1.0))],
              errors=UNFIT)
    limits = [Call(floats(2, 3), floats(3, low=-1, high=-0.5), floats(2, 1, low=0.5, high=1)),
              *unary(min=-0.8, max=0.9), *unary(min=-0.5), *unary(max=0.5),
              Call(floats(2, 3), min=floats(2, 3, low=-1, high=0.5)),
              Call(floats(2, 3), max=floats(3, low=-0.5, high=1))]
    bound = [((1.0, -1.0, 1.0), (1.0, 0.0, 0.0)), ((-1.0, -1.0, 1.0), (1.0, 0.0, 0.0)),
             ((nan, -1.0, 1.0), (0.0, 0.0, 0.0))]
    unlimited = [*[Wrong(RuntimeError, floats(*size)) for size in ((2,), ())], *not_tensors(0.0)]
    yield Row(op.clamp, limits, np.clip, takes=NO_BOOL, kinks=bound, errors=unlimited)
    yield Row(op.clamp_min, [Call(floats(2, 3), floats(3, seed=3)), *unary(min=-0.5)],
              lambda x, min: np.maximum(x, min), operations=["clamp"], takes=NO_BOOL,
              kinks=[((1.0, 1.0), (1.0, 0.0))], errors=not_tensors(0.0))
    yield Row(op.clamp_max, [Call(floats(2, 3), floats(3, seed=3)), *unary(max=0.5)],
              lambda x, max: np.minimum(x, max), operations=["clamp"], takes=NO_BOOL,
              kinks=[((1.0, 1.0), (1.0, 0.0))], errors=not_tensors(0.0))
    yield Row(op.where,
              [*[Call(bools(*m, seed=1), *call.args) for (m, _), call in zip(PAIRS, pairs(), strict=True)],
               Call(bools(2, 3), floats(2, 3), 0.0), Call(bools(2, 3), 1.0, floats(3)), Call(bools(4))], np.where,
              errors=[Wrong(RuntimeError, bools(2, 3), floats(2, 4), floats(2, 3)),
                      Wrong(RuntimeError, floats(2), floats(2), floats(2)), Wrong(TypeError, bools(2), floats(2))])

    for comparison, counterpart in ((op.eq, np.equal), (op.ne, np.not_equal), (op.lt, np.less),
            (op.le, np.less_equal), (op.gt, np.greater), (op.ge, np.greater_equal)):
        yield Row(comparison, [*pairs(), *whole_pairs(), Call(floats(2, 3), 0.5), Call(ints(3), 2)], counterpart,
                  BOOL, errors=UNFIT)
    special = [Call(np.array([0.0, -1.5, inf, -inf, nan])), Call(np.asarray(nan)), Call(floats(0)), Call(floats(1)),
               Call(ints(2, 2))]
    for question, counterpart in ((op.isnan, np.isnan), (op.isfinite, np.isfinite), (op.isinf, np.isinf),
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

    yield Row(op.cast,
              [Call(floats(*size), np.dtype(np.float32)) for size in SIZES] + [Call(floats(2), np.dtype(np.float64))],
              lambda x, dtype: x.astype(dtype), lambda dtype: "float32", operations=["_cast"],
              torch=lambda x, dtype: x.to(dtype),
              errors=[Wrong(TypeError, floats(2), value) for value in (object, [1], {})], twice=False)
    yield Row(op.clone, unary(), np.copy, errors=NOT_ONE)


def _shape() -> Iterator[Row]:
    other_shapes = [Call(floats(2, 3), 3, 2), Call(floats(2, 3), (3, -1)), Call(floats(2, 3), -1),
                    Call(floats(), 1, 1), Call(floats(1), ()), Call(floats(0), 0, 4), Call(floats(2, 0, 3), (3, 0)),
                    Call(floats(2, 3), [6])]
    as_numpy: Callable[..., Any] = lambda x, *size: x.reshape(*size)
    unfit = [Wrong(RuntimeError, floats(2, 3), 4), Wrong(RuntimeError, floats(2, 3), (-1, 4)),
             Wrong(RuntimeError, floats(2, 3), -1, -1), Wrong(TypeError, floats(2, 3), 2.0, 3.0)]
    yield Row(op.reshape, other_shapes, as_numpy, errors=unfit, torch="Tensor.reshape")
    yield Row(op.view, other_shapes, as_numpy, errors=unfit, torch="Tensor.view", operations=["_reshape"],
              any_layout=False)
    like = [Call(floats(2, 3), floats(3, 2)), Call(floats(), floats(1)), Call(floats(0, 2), floats(0)),
            Call(floats(4), floats(2, 2))]
    not_like = [Wrong(RuntimeError, floats(2, 3), floats(4)), Wrong(RuntimeError, floats(2), floats()),
                Wrong(RuntimeError, floats(0), floats(2))]
    yield Row(op.view_as, like, lambda x, y: x.reshape(y.shape), errors=not_like, operations=[], any_layout=False)
    yield Row(op.reshape_as, like, lambda x, y: x.reshape(y.shape), errors=not_like, operations=[])
    yield Row(op.flatten,
              [*unary(), Call(floats(2, 3, 2), 1), Call(floats(2, 3, 2), 0, 1),
               Call(floats(2, 3, 2), start_dim=-2, end_dim=-1), Call(floats(2, 3), 1, 1)], _flattened,
              errors=[Wrong(IndexError, floats(2, 3), 2), Wrong(IndexError, floats(2, 3), 0, 2),
                      Wrong(RuntimeError, floats(2, 3), 1, 0)], operations=[])
    yield Row(op.ravel, unary(), np.ravel, operations=[], errors=[])
    yield Row(op.unflatten,
              [Call(floats(6), 0, (2, 3)), Call(floats(2, 6), -1, (3, -1)), Call(floats(0, 2), 1, (2, 1)),
               Call(floats(1), 0, [1, 1])], _unflattened, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(6), 0, (4, 2)), Wrong(IndexError, floats(6), 1, (2, 3)),
                      Wrong(RuntimeError, floats(6), 0, (-1, -1))])
    yield Row(op.unsqueeze, [Call(floats(*size), dim) for size in SIZES for dim in (0, -1)], np.expand_dims,
              errors=[Wrong(IndexError, floats(2), 2), Wrong(IndexError, floats(2), -3),
                      Wrong(TypeError, floats(2), 0.5)])
    yield Row(op.squeeze,
              [*unary(), Call(floats(1, 2, 1), 0), Call(floats(1, 2, 1), 1), Call(floats(1, 2, 1), (0, -1)),
               Call(floats(), 0)], _squeezed,
              errors=[Wrong(IndexError, floats(2), 1), Wrong(IndexError, floats(2), -2),
                      Wrong(RuntimeError, floats(1, 1), (0, 0))])
    yield Row(op.permute,
              [Call(floats(2, 3, 4), 2, 0, 1), Call(floats(2, 3), (1, 0)), Call(floats(), ()),
               Call(floats(0, 3), 1, 0), Call(floats(1, 1), (-1, -2)), Call(floats(2, 3, 4), [0, 2, 1])],
              lambda x, *dims: x.transpose(*dims), torch="Tensor.permute",
              errors=[Wrong(RuntimeError, floats(2, 3), 0, 0), Wrong(RuntimeError, floats(2, 3), (0,)),
                      Wrong(IndexError, floats(2, 3), 0, 2)])
    swaps = [Call(floats(2, 3), 0, 1), Call(floats(2, 3, 4), -1, 0), Call(floats(), 0, -1), Call(floats(0, 2), 0, 1),
             Call(floats(1), 0, 0)]
    yield Row(op.transpose, swaps, lambda x, a, b: x.swapaxes(a, b) if x.ndim else x,
              errors=[Wrong(IndexError, floats(2, 3), 0, 2), Wrong(IndexError, floats(2, 3), -3, 0),
                      Wrong(TypeError, floats(2, 3), 0, 0.5)])
    yield Row(op.t, [Call(floats(2, 3)), Call(floats(3)), Call(floats()), Call(floats(0, 2)), Call(floats(1, 1))],
              np.transpose,
              errors=[Wrong(RuntimeError, floats(1, 2, 3)), Wrong(RuntimeError, floats(1, 1, 1)),
                      Wrong(RuntimeError, floats(1, 2, 0))])
    yield Row(op.matrix_transpose,
              [Call(floats(2, 3)), Call(floats(2, 3, 4)), Call(floats(0, 2)), Call(floats(1, 1))],
              np.matrix_transpose, torch=lambda x: x.mT, operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(*size)) for size in ((3,), (0,), (1,))])
    yield Row(op.movedim,
              [Call(floats(2, 3, 4), 0, -1), Call(floats(2, 3, 4), (0, 1), (1, 2)), Call(floats(0, 2), 1, 0),
               Call(floats(1), 0, 0)], np.moveaxis, operations=[], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(2, 3), 2, 0), Wrong(RuntimeError, floats(2, 3), (0, 0), (0, 1)),
                      Wrong(RuntimeError, floats(2, 3), (0, 1), (0,))])
    yield Row(op.flip,
              [Call(floats(2, 3), (0, 1)), Call(floats(2, 3), -1), Call(floats(2, 3), [0]), Call(floats(), ()),
               Call(floats(0, 2), 0), Call(floats(1), 0)], np.flip, torch="Tensor.flip",
              errors=[Wrong(IndexError, floats(2, 3), 2), Wrong(RuntimeError, floats(2, 3), (0, 0)),
                      Wrong(TypeError, floats(2, 3), 0.5)])
    yield Row(op.roll,
              [Call(floats(5), 2), Call(floats(2, 3), -1), Call(floats(2, 3), 1, 1),
               Call(floats(2, 3), (1, 2), (0, 1)), Call(floats(), 1), Call(floats(0, 2), 1, 0),
               Call(floats(1), 3, 0)], np.roll,
              errors=[Wrong(RuntimeError, floats(2, 3), (1, 2), (0,)), Wrong(IndexError, floats(2, 3), 1, 2),
                      Wrong(RuntimeError, floats(2, 3), 1, (0, 1))])

    stretched = [Call(floats(2, 1), (2, 3)), Call(floats(3), (2, 3)), Call(floats(), (2, 2)), Call(floats(1), (0,)),
                 Call(floats(0, 1), (0, 3)), Call(floats(2, 3), (2, 3))]
    too_long = [Wrong(RuntimeError, floats(2, 3), (2, 4)), Wrong(RuntimeError, floats(2, 3), (3,)),
                Wrong(RuntimeError, floats(2), (-1, 2))]
    yield Row(op.expand, [*stretched, Call(floats(2, 1), -1, 3), Call(floats(1, 3), 2, -1)],
              lambda x, *size: np.broadcast_to(x, [2, 3] if -1 in size else size[0]), torch="Tensor.expand",
              errors=too_long)
    yield Row(op.expand_as, [Call(call.args[0], floats(*call.args[1])) for call in stretched],
              lambda x, y: np.broadcast_to(x, y.shape), operations=[], torch="Tensor.expand_as",
              errors=[bad_shapes(), bad_shapes((2, 3), (3,)), bad_shapes((2,), (3, 3))])
    yield Row(op.broadcast_to, stretched, np.broadcast_to, operations=[], errors=too_long)
    yield Row(op.repeat,
              [Call(floats(2), 3), Call(floats(2, 3), 2, 1), Call(floats(2), (2, 2)), Call(floats(), 3),
               Call(floats(0, 2), 2, 1), Call(floats(1), 0), Call(floats(2, 1), 1, 1)],
              lambda x, *times: np.tile(x, times[0] if isinstance(times[0], tuple) else times), torch="Tensor.repeat",
              operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), 2), Wrong(RuntimeError, floats(2), -1),
                      Wrong(TypeError, floats(2), 0.5)])

    yield Row(op.cat,
              [Call([floats(2, 3), floats(1, 3, seed=1)]), Call([floats(2, 3), floats(2, 1, seed=1)], 1),
               Call((floats(2), floats(2, seed=1)), dim=-1), Call([floats(2, 0), floats(2, 3)], 1), Call([floats(1)]),
               Call([floats(2), floats(3, seed=1), floats(1, seed=2)])],
              lambda tensors, dim=0: np.concatenate(tensors, dim), lacks=["0-d"],
              errors=[Wrong(RuntimeError, [floats(2, 3), floats(2, 4)]), Wrong(RuntimeError, [floats(), floats()]),
                      Wrong(IndexError, [floats(2)], 1), Wrong(TypeError, floats(2))])
    yield Row(op.stack,
              [Call([floats(2, 3), floats(2, 3, seed=1)]), Call([floats(2, 3), floats(2, 3, seed=1)], -1),
               Call((floats(), floats(seed=1))), Call([floats(0), floats(0)], 1), Call([floats(1)])],
              lambda tensors, dim=0: np.stack(tensors, dim),
              errors=[Wrong(RuntimeError, [floats(2), floats(3)]), Wrong(IndexError, [floats(2)], 2),
                      Wrong(TypeError, floats(2))])
    yield Row(op.hstack,
              [Call([floats(2), floats(3)]), Call([floats(2, 1), floats(2, 2)]), Call([floats(), floats(seed=1)]),
               Call([floats(0), floats(1)])], np.hstack, operations=[],
              errors=[Wrong(RuntimeError, [floats(2, 3), floats(3, 3)]),
                      Wrong(RuntimeError, [floats(2), floats(2, 2)]), Wrong(TypeError, floats(2))])
    yield Row(op.vstack,
              [Call([floats(2), floats(2, seed=1)]), Call([floats(2, 2), floats(1, 2)]),
               Call([floats(), floats(seed=1)]), Call([floats(0), floats(0)]), Call([floats(1)])], np.vstack,
              operations=[],
              errors=[Wrong(RuntimeError, [floats(2), floats(3)]), Wrong(RuntimeError, [floats(2, 3), floats(2, 4)]),
                      Wrong(TypeError, floats(2))])
    yield Row(op.split,
              [Call(floats(5), 2), Call(floats(2, 3), [1, 2], 1), Call(floats(4, 2), 2, dim=-2),
               Call(floats(0, 2), 1), Call(floats(1), 1)],
              lambda x, n, dim=0: np.split(x, range(n, x.shape[dim], n) if isinstance(n, int) else np.cumsum(n)[:-1],
                  dim), lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(5), 0), Wrong(RuntimeError, floats(5), [2, 2]),
                      Wrong(IndexError, floats(5), 2, 1), Wrong(RuntimeError, floats(5), -1)])
    yield Row(op.chunk,
              [Call(floats(5), 2), Call(floats(2, 6), 3, 1), Call(floats(3), 5), Call(floats(0, 2), 2),
               Call(floats(1), 1)], _chunked, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(5), 0), Wrong(IndexError, floats(5), 2, 1),
                      Wrong(RuntimeError, floats(), 2)])
    yield Row(op.unbind,
              [Call(floats(2, 3)), Call(floats(2, 3), 1), Call(floats(2)), Call(floats(0, 2), 1),
               Call(floats(1), -1)], lambda x, dim=0: list(np.moveaxis(x, dim, 0)), lacks=["0-d"],
              errors=[Wrong(IndexError, floats()), Wrong(IndexError, floats(2, 3), 2),
                      Wrong(IndexError, floats(2), -2)])
    yield Row(op.contiguous, unary(), np.copy, torch="Tensor.contiguous", operations=[])


def _squeezed(x: Array, dim: Any = None) -> Array:
    if dim is None or not x.ndim:
        return x.squeeze()
    return x.squeeze(tuple(d for d in np.atleast_1d(dim).tolist() if x.shape[d] == 1))


def _flattened(x: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    if not x.ndim:
        return x.reshape(1)
    first, last = start_dim % x.ndim, end_dim % x.ndim
    return x.reshape((*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


def _unflattened(x: Array, dim: int, sizes: Sequence[int]) -> Array:
    return x.reshape((*x.shape[: dim % x.ndim], *sizes, *x.shape[dim % x.ndim + 1 :]))


def _chunked(x: Array, count: int, dim: int = 0) -> list[Array]:
    size = x.shape[dim]
    return np.split(x, range(-(-size // count), size, -(-size // count)) if size else count, dim)


def over(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction of NumPy's with PyTorch's argument names."""

    def call(x: Array, dim: Any = None, keepdim: bool = False, **options: Any) -> Any:
        axis = tuple(dim) or None if isinstance(dim, tuple | list) else dim
        return function(x, axis=axis if x.ndim else None, keepdims=keepdim and x.ndim > 0, **options)

    return call


def _extremum(largest: Callable[..., Any], where: Callable[..., Any], of_two: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Array, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, np.ndarray):
            return of_two(x, dim)
        if dim is None:
            return largest(x)
        axis = dim if x.ndim else None
        return [function(x, axis=axis, keepdims=keepdim and x.ndim > 0) for function in (largest, where)]

    return call


def _reduce() -> Iterator[Row]:
    yield Row(op.sum, [*reductions(), Call(ints(2, 3), dtype=np.dtype(np.float64)), Call(floats(2, 3), ())],
              over(np.sum), SUMS, errors=bad_dims(2, 3))
    averages = [call for call in reductions() if call.args[0].size or call.args[0].shape == (0, 3)]
    yield Row(op.mean, [*averages, Call(ints(3), dtype=np.dtype(np.float64))], over(np.mean), takes=FLOATS,
              errors=[*bad_dims(2, 3), Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, bools(3))])
    spreads = [Call(floats(2, 3), 1), Call(floats(2, 3)), Call(floats(2, 3, 2), (0, 2), keepdim=True),
               Call(floats(0, 3), 1), Call(floats(3), dim=0, correction=0), Call(floats(2, 3), unbiased=False),
               Call(floats(), correction=0), Call(floats(1), correction=0)]
    no_floats = [*bad_dims(2, 3), Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, bools(3))]

    def with_ddof(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, dim=None, unbiased=None, keepdim=False, correction=1: over(function)(
            x, dim, keepdim, ddof=0 if unbiased is False else correction
        )

    yield Row(op.var, spreads, with_ddof(np.var), takes=FLOATS, errors=no_floats)
    at_0 = [call for call in spreads if call.args[0].size == 1]
    yield Row(op.std, [call for call in spreads if call not in at_0], with_ddof(np.std), takes=FLOATS, conventions=at_0,
              errors=no_floats)
    yield Row(op.prod,
              [*reductions(several=False), Call(np.array([2.0, 0.0, 3.0])), Call(np.array([0.0, 0.0, 3.0]), 0)],
              over(np.prod), SUMS, errors=bad_dims(2, 3))
    running = [Call(floats(2, 3), 0), Call(floats(2, 3), dim=-1), Call(floats(), 0), Call(floats(0), 0),
               Call(floats(1), 0), Call(ints(4), 0)]
    yield Row(op.cumsum, running, lambda x, dim: np.cumsum(x, dim).reshape(x.shape), SUMS, errors=bad_dims(2, 3))
    yield Row(op.logsumexp, reductions(dim_first=True, empty=False),
              over(lambda x, **axes: np.log(np.exp(x).sum(**axes))), FLOATING, kinks=[(-inf, nan)],
              kink_options={"dim": 0}, errors=bad_dims(2, 3))
    empty = [Wrong(IndexError, floats(0), 0), Wrong(IndexError, floats(0, 3), 0), Wrong(RuntimeError, floats(0))]
    some = reductions(empty=False)
    yield Row(op.amax, some, over(np.max), errors=[*bad_dims(2, 3), *empty])
    yield Row(op.amin, some, over(np.min), errors=[*bad_dims(2, 3), *empty])
    one = reductions(several=False, empty=False)
    yield Row(op.argmax, one, over(np.argmax), INT64, takes=NO_BOOL,
              errors=[*bad_dims(2, 3), *empty[:2], Wrong(IndexError, floats(0))])
    yield Row(op.argmin, one, over(np.argmin), INT64, takes=NO_BOOL,
              errors=[*bad_dims(2, 3), *empty[:2], Wrong(IndexError, floats(0))])
    yield Row(op.max, [*one, *pairs()], _extremum(np.max, np.argmax, np.maximum), operations=["_largest"],
              errors=[*bad_dims(2, 3)[:2], *empty, bad_shapes()])
    yield Row(op.min, [*one, *pairs()], _extremum(np.min, np.argmin, np.minimum), operations=["_smallest"],
              errors=[*bad_dims(2, 3)[:2], *empty, bad_shapes()])
    truths = [call.changed(lambda x: np.asarray(x * (x > 0))) for call in reductions()]
    truth: Callable[[str], str] = lambda dtype: "uint8" if dtype == "uint8" else "bool"
    yield Row(op.any, truths, over(np.any), truth, errors=bad_dims(2, 3))
    yield Row(op.all, truths, over(np.all), truth, errors=bad_dims(2, 3))
    near = [*pairs(), Call(np.array([1.0, nan, inf, 1.0]), np.array([1.0 + 1e-6, nan, inf, 1.1]))]
    near += [Call(*near[-1].args, equal_nan=True), Call(*near[-1].args, rtol=0.2),
             Call(*near[-1].args, rtol=0, atol=0.01)]
    closeness = [bad_shapes(), Wrong(RuntimeError, floats(2), floats(2), rtol=-1.0),
                 Wrong(RuntimeError, floats(2), floats(2), atol=-1.0)]
    yield Row(op.isclose, near, np.isclose, BOOL, errors=closeness)
    yield Row(op.allclose, [*near, Call(floats(3), floats(3))], np.allclose, BOOL, operations=[], errors=closeness)
    yield Row(op.equal,
              [Call(floats(2, 3), floats(2, 3)), Call(floats(2), floats(2, seed=1)), Call(floats(2), floats(1, 2)),
               Call(floats(), floats()), Call(floats(0), floats(0)), Call(floats(1), floats(1)),
               Call(np.array([nan]), np.array([nan]))], np.array_equal, BOOL, operations=[], errors=[])


def written(assign: Callable[..., Any]) -> Callable[..., Any]:
    """A function that writes to its first argument, applied to a copy."""

    def call(x: Array, *args: Any, **options: Any) -> Array:
        x = np.array(x)
        assign(x, *args, **options)
        return x

    return call


def setitem(x: Any, key: Any, value: Any) -> Any:
    """x.clone()[key] = value"""
    x = x.clone()
    x[key] = value
    return x


def fill_(x: Any, value: Any) -> Any:
    return x.clone().fill_(value)


def zero_(x: Any) -> Any:
    return x.clone().zero_()


def copy_(x: Any, source: Any) -> Any:
    return x.clone().copy_(source)


def _put(x: Array, dim: int, index: Array, src: Any, add: bool = False) -> None:
    for place in np.ndindex(index.shape):
        target = (*place[:dim], index[place], *place[dim + 1 :]) if x.ndim else ()
        value = src[place] if isinstance(src, np.ndarray) else src
        x[target] = x[target] + value if add else value


def _gather(x: Array, dim: int, index: Array) -> Array:
    if not x.ndim:
        return x
    dim %= x.ndim
    picked = [x[*place[:dim], index[place], *place[dim + 1 :]] for place in np.ndindex(index.shape)]
    return np.array(picked).reshape(index.shape)


def _sorted(x: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> list[Array]:
    order = _argsorted(x, dim, descending)
    return [np.take_along_axis(x, order, dim) if x.ndim else x, order]


def _argsorted(x: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Array:
    if not x.ndim:
        return np.zeros((), np.int64)
    return np.argsort(-x if descending else x, dim, kind="stable")


def _topk(x: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> list[Array]:
    return [np.take(part, np.arange(k), dim) if x.ndim else part for part in _sorted(x, dim, largest)]


def _index() -> Iterator[Row]:
    all_ = slice(None)
    keys = [0, -1, slice(1, None), (0, 1), (slice(None, None, 2), slice(0, 2)), (..., 0), None, (all_, None, 1), ...,
            (0, ...), slice(5, 2), np.array([0, 0, 1]), np.array([[1, -1], [0, 1]]), (all_, np.array([2, 0])),
            (np.array([0, 1]), np.array([2, 2])), (np.array([1, 1]), ..., 0), (0, np.array([0, 1])),
            (all_, None, np.array([1, 1])), [0, 1], np.array([True, False]),
            (np.array([[True, False, True], [False, True, True]])), (all_, np.array([True, False, True])),
            np.array(1), np.zeros((0,), np.int64), (slice(None, None, 2), [0, 2]), True,
            (np.array([0, 1]), None, np.array([1, 0]))]
    picks = [Call(floats(2, 3), key) for key in keys]
    picks += [Call(floats(), ()), Call(floats(), None), Call(floats(), ...), Call(floats(), np.array(True)),
              Call(floats(0, 2), all_), Call(floats(1), 0),
              Call(floats(2, 3, 2), (np.array([0, 1]), all_, np.array([1, 1]))),
              Call(floats(2, 3, 2), (all_, np.array([0, 1, 2]), 1)), Call(floats(0), np.zeros(0, bool))]
    outside = [Wrong(IndexError, floats(2, 3), 2), Wrong(IndexError, floats(2, 3), (0, 0, 0)),
               Wrong(IndexError, floats(2, 3), np.array([0, 2])), Wrong(IndexError, floats(2, 3), np.array([-3])),
               Wrong(IndexError, floats(), 0), Wrong(IndexError, floats(2, 3), np.array([True, False, True])),
               Wrong(IndexError, floats(2, 3), floats(2)),
               Wrong(IndexError, floats(2, 3), (np.array([0, 1]), np.array([0, 1, 2]))),
               Wrong(IndexError, floats(2), 0.5)]
    yield Row(op.getitem, picks, lambda x, key: _numpy_pick(x, key), operations=["_select", "_slice", "_index"],
              errors=[*outside, Wrong(TypeError, floats(2), "a")], torch=lambda x, key: x[key])
    yield Row(op.select,
              [Call(floats(2, 3), 0, 1), Call(floats(2, 3), -1, -1), Call(floats(2, 0), 0, 1), Call(floats(1), 0, 0)],
              lambda x, dim, i: np.take(x, i, dim), lacks=["0-d"],
              errors=[Wrong(IndexError, floats(2, 3), 2, 0), Wrong(IndexError, floats(2, 3), 0, 2),
                      Wrong(IndexError, floats(), 0, 0)], operations=["_select"])
    values = [(0, 7.5), (0, floats(3, seed=1)), ((all_, 1), floats(2, seed=1)), ((all_, 1), floats(seed=1)),
              (slice(1, None), floats(1, 1, seed=1)), (..., 0.0), (np.array([1, 0]), floats(2, 3, seed=1)),
              (np.array([True, False]), 1.0), ((np.array([0, 1]), np.array([2, 1])), floats(2, seed=1)),
              (np.array([[True, False, True], [False, True, True]]), floats(4, seed=1)), (slice(0, 0), floats(0, 3)),
              ((all_, np.array([0])), 2), (0, floats(1, 1, 3, seed=1))]
    writes = [Call(floats(2, 3), key, value) for key, value in values]
    writes += [Call(floats(), ..., 2.0), Call(floats(), (), floats(seed=1)), Call(floats(1), 0, floats(seed=1)),
               Call(floats(0, 2), all_, 1.0)]
    unfit_values = [Wrong(RuntimeError, floats(2, 3), 0, floats(4)),
                    Wrong(RuntimeError, floats(2, 3), (all_, 0), floats(3)),
                    Wrong(RuntimeError, floats(2, 3), np.array([0, 1]), floats(2, 2))]
    yield Row(setitem, writes, written(_numpy_write), torch=setitem, operations=["_assign"],
              errors=[*unfit_values, *[Wrong(w.error, *w.args, 1.0) for w in outside]])
    yield Row(op.index_assign,
              [Call(x, (key, ...) if not isinstance(key, tuple) and key is not ... else key, v) for x, key,
               v in (call.args for call in writes[:6])], written(_numpy_write), torch=setitem, errors=[],
              lacks=["0-d", "size 0", "size 1"])

    puts = [Call(floats(2, 3), (np.array([0, 1]), np.array([2, 1])), floats(2, seed=1)),
            Call(floats(2, 3), (np.array([1]),), floats(3, seed=1)),
            Call(floats(1), (np.array([0]),), floats(seed=1)),
            Call(floats(2, 3), (np.array([0, 0, 1]), np.array([1, 1, 2])), floats(3, seed=1), accumulate=True),
            Call(floats(0, 2), (np.zeros(0, np.int64),), floats(1, 2))]
    yield Row(op.index_put, puts,
              written(lambda x, key, value, accumulate=False: np.add.at(x, key,
                  value) if accumulate else x.__setitem__(key, value)), operations=["_scatter_into"], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(2), (np.array([2]),), floats(1)),
                      Wrong(RuntimeError, floats(2), (np.array([0, 1]),), floats(3)),
                      Wrong(RuntimeError, floats(2), (np.array([0]),), ints(1))])
    two = np.array([0, 2, 0])
    yield Row(op.index_add,
              [Call(floats(3, 2), 0, two, floats(3, 2, seed=1)),
               Call(floats(2, 3), -1, two, floats(2, 3, seed=1), alpha=2), Call(floats(0, 3), 1, two, floats(0, 3)),
               Call(floats(1), 0, np.array([0]), floats(1))],
              written(lambda x, dim, i, source, alpha=1: np.add.at(x, (all_,) * (dim % x.ndim) + (i,),
                  alpha * source)), operations=[], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(3), 1, two, floats(3)),
                      Wrong(RuntimeError, floats(3), 0, two, floats(2)),
                      Wrong(IndexError, floats(3), 0, np.array([3]), floats(1))])
    yield Row(op.index_fill,
              [Call(floats(3, 2), 0, two, 1.5), Call(floats(2, 3), 1, np.array([1]), floats(seed=1)),
               Call(floats(0, 3), 1, two, 1.0), Call(floats(1), 0, np.array([0]), 0.0)],
              written(lambda x, dim, i, value: x.__setitem__((all_,) * dim + (i,), value)),
              operations=["index_assign"], lacks=["0-d"],
              errors=[Wrong(IndexError, floats(3), 1, two, 1.0), Wrong(IndexError, floats(3), 0, np.array([3]), 1.0),
                      Wrong(IndexError, floats(3), 0, floats(2), 1.0)])
    yield Row(op.index_select,
              [Call(floats(3, 2), 0, two), Call(floats(2, 3), 1, np.array([2, 0])), Call(floats(), 0, np.array([0])),
               Call(floats(0, 3), 1, two), Call(floats(1), 0, np.array([0, 0])),
               Call(floats(3), 0, np.zeros(0, np.int64))], lambda x, dim, i: np.take(x, i, dim) if x.ndim else x,
              errors=[Wrong(IndexError, floats(3), 1, two), Wrong(IndexError, floats(3), 0, np.array([3])),
                      Wrong(IndexError, floats(3), 0, np.array([[0]])), Wrong(RuntimeError, floats(3), 0, floats(1))])
    picked = [(floats(2, 3), 1, np.array([[0, 0], [2, 1]])), (floats(2, 3), 0, np.array([[1, 0]])),
              (floats(), 0, np.array(0)), (floats(0, 3), 1, np.zeros((0, 2), np.int64)),
              (floats(1), 0, np.array([0, 0])), (floats(2, 3, 2), -1, np.array([[[1], [0], [1]]]))]
    bad_picks = [Wrong(IndexError, floats(2, 3), 2, np.array([[0]])),
                 Wrong(RuntimeError, floats(2, 3), 1, np.array([[3]])),
                 Wrong(RuntimeError, floats(2, 3), 1, np.array([0])),
                 Wrong(RuntimeError, floats(2, 3), 1, floats(1, 1))]
    yield Row(op.gather, [Call(*args) for args in picked], _gather, operations=["_gather", "_ungather"],
              errors=bad_picks)
    spread = [(x, dim, i) for x, dim, i in picked if dim >= 0]
    yield Row(op.scatter,
              [*[Call(x, dim, i, floats(*i.shape, seed=1)) for x, dim,
                 i in spread if len(set(i.ravel())) == i.size or (i.ndim > 1 and i.shape[0] == 1)],
               Better(floats(3), 0, np.array([2, 0]), floats(4, seed=1)),
               *[Call(x, dim, i, value=1.5) for x, dim, i in spread], Call(floats(3), 0, np.array([2]), 0.5)],
              lambda x, dim, i, src=None, value=None: written(_put)(x, dim, i, value if src is None else src),
              operations=["_scatter_value", "_scatter_src"], errors=[Wrong(w.error, *w.args, 1.0) for w in bad_picks])
    yield Row(op.scatter_add, [Call(x, dim, i, floats(*i.shape, seed=1)) for x, dim, i in spread],
              written(lambda *args: _put(*args, add=True)),
              errors=[*[Wrong(w.error, *w.args, floats(1, 1)) for w in bad_picks],
                      Wrong(RuntimeError, floats(3), 0, np.array([0, 1]), floats(1))])
    yield Row(op.take_along_dim,
              [Call(floats(2, 3), np.array([[0], [2]]), 1), Call(floats(2, 3), np.array([[1, 0, 1]]), 0),
               Call(floats(2, 3), np.array([5, 0])), Call(floats(), np.array([0])),
               Call(floats(0, 3), np.zeros((1, 2), np.int64), 1), Call(floats(1), np.array([0]), 0)],
              lambda x, i, dim=None: np.take_along_axis(x.reshape(-1) if dim is None else x, i,
                  0 if dim is None else dim), operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), np.array([0]), 1),
                      Wrong(IndexError, floats(2, 3), np.array([[0]]), 2),
                      Wrong(RuntimeError, floats(2), floats(1), 0)])

    masked = [Call(floats(2, 3), bools(2, 3), 1.5), Call(floats(2, 3), bools(3), floats(seed=1)),
              Call(floats(), np.array(True), 0.5), Call(floats(0), bools(1), 1.0), Call(floats(1), bools(2), 2.0),
              Call(floats(2, 1), bools(3), floats(seed=1))]
    no_mask = [Wrong(RuntimeError, floats(2, 3), bools(2), 1.0), Wrong(RuntimeError, floats(2), ints(2), 1.0),
               Wrong(RuntimeError, floats(2), bools(2), floats(2))]
    yield Row(op.masked_fill, masked, lambda x, mask, value: np.where(mask, value, x), errors=no_mask)
    yield Row(op.masked_select, [Call(*call.args[:2]) for call in masked],
              lambda x, mask: np.broadcast_to(x,
                  np.broadcast_shapes(x.shape, mask.shape))[np.broadcast_to(mask,
                                      np.broadcast_shapes(x.shape, mask.shape))],
              errors=[Wrong(RuntimeError, floats(2, 3), bools(2)), Wrong(RuntimeError, floats(2), ints(2)),
                      Wrong(RuntimeError, floats(2), floats(2))])
    yield Row(op.masked_scatter,
              [Call(floats(2, 3), bools(2, 3), floats(6, seed=1)),
               Call(floats(2, 3), np.array([True, False, True]), floats(4, seed=1)),
               Call(floats(1), bools(1), floats(1)), Call(floats(0), bools(0), floats(0)),
               Call(floats(), np.array(True), floats(2))],
              written(lambda x, mask, source: x.__setitem__(np.broadcast_to(mask, x.shape),
                  source[: np.broadcast_to(mask, x.shape).sum()] if x.ndim else source[0])), operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), bools(2), floats(6)),
                      Wrong(RuntimeError, floats(2), ints(2), floats(2)),
                      Wrong(RuntimeError, floats(2), np.array([True, True]), floats(1))])
    yield Row(op.nonzero,
              [Call(bools(2, 3)), Call(ints(2, 3)), Call(bools(2, 3), as_tuple=True), Call(np.asarray(1.5)),
               Call(ints(0)), Call(ints(1)), Call(floats(2))],
              lambda x, as_tuple=False: np.nonzero(x) if as_tuple else np.argwhere(x), INT64, operations=[],
              errors=[])
    orders = [Call(floats(2, 3)), Call(floats(2, 3), 0), Call(floats(2, 3), dim=-1, descending=True), Call(floats()),
              Call(floats(0)), Call(floats(1)), Call(ints(5), stable=True),
              Call(ints(5), descending=True, stable=True)]
    yield Row(op.sort, orders, _sorted, errors=bad_dims(2, 3))
    yield Row(op.argsort, orders, _argsorted, INT64, operations=[], errors=bad_dims(2, 3))
    yield Row(op.topk,
              [Call(floats(5), 2), Call(floats(2, 3), 2, 0), Call(floats(2, 3), 1, largest=False), Call(floats(), 1),
               Call(floats(0), 0), Call(floats(1), 1), Call(floats(2, 200), 5)], _topk, takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), 4), Wrong(RuntimeError, floats(3), -1),
                      Wrong(IndexError, floats(3), 1, 1), Wrong(TypeError, floats(3), 1.5)])
    triangles = [Call(floats(3, 3)), Call(floats(2, 3), 1), Call(floats(2, 3, 3), diagonal=-1), Call(floats(0, 2)),
                 Call(floats(1, 1))]
    no_matrix = [Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats()), Wrong(TypeError, floats(2, 2), 0.5)]
    yield Row(op.tril, triangles, lambda x, diagonal=0: np.tril(x, diagonal), lacks=["0-d"], errors=no_matrix)
    yield Row(op.triu, triangles, lambda x, diagonal=0: np.triu(x, diagonal), lacks=["0-d"], errors=no_matrix)

    yield Row(fill_,
              [Call(floats(2, 3), 1.5), Call(floats(2), floats(seed=1)), Call(floats(), 2), Call(floats(0), 1.0),
               Call(floats(1), 1.0)], written(lambda x, value: x.fill(value)), operations=["_fill"],
              errors=[Wrong(RuntimeError, floats(2), floats(2))])
    yield Row(zero_, unary(), np.zeros_like, operations=[])
    yield Row(copy_,
              [Call(floats(2, 3), floats(2, 3, seed=1)), Call(floats(2, 3), floats(3, seed=1)),
               Call(floats(2, 3), floats(seed=1)), Call(floats(), floats(seed=1)), Call(floats(0), floats(1)),
               Call(floats(2), ints(2))],
              written(lambda x, source: np.copyto(x, source.reshape(()) if not x.ndim else source)),
              operations=["_copy_from"],
              errors=[Wrong(RuntimeError, floats(2), floats(3)), Wrong(RuntimeError, floats(2), floats(2, 2)),
                      Wrong(TypeError, floats(2), [1.0, 2.0])])


def _numpy_pick(x: Array, key: Any) -> Any:
    if isinstance(key, tuple):
        key = tuple(np.array(part) if isinstance(part, list) else part for part in key)
    return x[key]


def _numpy_write(x: Array, key: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        value = value.reshape(value.shape[max(value.ndim - x[key].ndim, 0) :])
    x[key] = value


def _plus_product(x: Array, a: Array, b: Array, beta: float = 1, alpha: float = 1) -> Array:
    return (beta * x if beta else 0) + alpha * (a @ b)


def _linalg() -> Iterator[Row]:
    def products(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> list[Call]:
        return [Call(floats(*m), floats(*n, seed=3)) for m, n in shapes]

    def unfit(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> list[Wrong]:
        return [bad_shapes(m, n) for m, n in shapes] + [Wrong(TypeError, floats(2, 2), 1.0)]

    no_numbers = ["0-d"]
    yield Row(op.mm, products(((2, 3), (3, 4)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 2), (2, 1))), np.matmul,
              lacks=no_numbers, takes=NO_BOOL, errors=unfit(((2, 3), (2, 3)), ((3,), (3, 2)), ((1, 2, 3), (3, 1))))
    yield Row(op.mv, products(((2, 3), (3,)), ((1, 1), (1,)), ((2, 0), (0,))), np.matmul, lacks=no_numbers,
              takes=NO_BOOL, errors=unfit(((2, 3), (2,)), ((3,), (3,)), ((2, 3), (3, 1))))
    yield Row(op.dot, products(((3,), (3,)), ((1,), (1,)), ((0,), (0,))), np.dot, lacks=no_numbers, takes=NO_BOOL,
              errors=unfit(((3,), (2,)), ((2, 2), (2, 2)), ((), (2,))))
    yield Row(op.outer, products(((2,), (3,)), ((1,), (1,)), ((0,), (2,))), np.outer, lacks=no_numbers,
              errors=[bad_shapes((2, 2), (2,)), bad_shapes((), (2,)), bad_shapes((2,), ())])
    yield Row(op.matmul,
              products(((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 3, 4), (4, 2)),
                       ((2, 3), (2, 3, 2)), ((2, 3, 4), (2, 4, 1)), ((2, 1, 2, 3), (3, 3, 2)), ((2, 3, 4), (4,)),
                       ((4,), (2, 4, 3)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 2)),
                       ((2, 3, 0), (0, 2))), np.matmul, lacks=no_numbers, takes=NO_BOOL, operations=["_batched"],
              errors=unfit(((2, 3), (2, 3)), ((3,), (2,)), ((2, 2, 3), (3, 3, 2)), ((), (2,))))
    yield Row(op.bmm, products(((2, 3, 4), (2, 4, 2)), ((1, 1, 1), (1, 1, 1)), ((0, 2, 3), (0, 3, 1))), np.matmul,
              lacks=no_numbers, takes=NO_BOOL, operations=[],
              errors=unfit(((2, 3, 4), (3, 4, 2)), ((2, 3, 4), (2, 3, 4)), ((2, 3), (3, 2))))
    a, b, v = floats(2, 3, seed=1), floats(3, 4, seed=2), floats(3, seed=2)
    yield Row(op.addmm,
              [Call(floats(2, 4), a, b), Call(floats(4), a, b, beta=0.5, alpha=2), Call(floats(1), a, b),
               Call(floats(), a, b, beta=0), Call(floats(0, 4), floats(0, 3), b)], _plus_product, operations=[],
              takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), a, b), Wrong(RuntimeError, floats(2, 4), a, a),
                      Wrong(RuntimeError, floats(2), v, v)])
    yield Row(op.addmv,
              [Call(floats(2), a, v), Call(floats(1), a, v, beta=2, alpha=0.5), Call(floats(), a, v),
               Call(floats(0), floats(0, 3), v)], _plus_product, operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), a, v), Wrong(RuntimeError, floats(2), a, floats(2)),
                      Wrong(RuntimeError, floats(2), v, v)])
    batch = floats(2, 2, 3, seed=1), floats(2, 3, 2, seed=2)
    yield Row(op.baddbmm,
              [Call(floats(2, 2, 2), *batch), Call(floats(2), *batch, beta=2, alpha=0.5),
               Call(floats(1, 1, 1), *batch, beta=0), Call(floats(), *batch),
               Call(floats(0, 2, 2), floats(0, 2, 3), floats(0, 3, 2))], _plus_product, operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), *batch), Wrong(RuntimeError, floats(2, 2, 2), *batch[:1] * 2),
                      Wrong(RuntimeError, floats(2), batch[0], floats(3, 3, 2))])
    crosses = [Call(floats(3), floats(3, seed=1)), Call(floats(2, 3), floats(2, 3, seed=1), dim=1),
               Call(floats(3, 2), floats(3, 1, seed=1), dim=0), Call(floats(0, 3), floats(1, 3), dim=1)]
    no_threes = [bad_shapes((2,), (2,)), bad_shapes((3,), (2, 3)), Wrong(IndexError, floats(3), floats(3), dim=1),
                 Wrong(RuntimeError, floats(3, 2), floats(3, 2), dim=1)]
    yield Row(op.linalg_cross, crosses, lambda x, y, dim=-1: np.cross(x, y, axis=dim), operations=["_cross"],
              torch="linalg.cross", lacks=["0-d", "size 1"], takes=NO_BOOL, errors=no_threes)
    yield Row(op.cross, crosses, lambda x, y, dim=-1: np.cross(x, y, axis=dim), operations=[],
              lacks=["0-d", "size 1"], takes=NO_BOOL, errors=no_threes[1:])
    yield Row(op.trace, [Call(floats(3, 3)), Call(floats(2, 4)), Call(floats(1, 1)), Call(floats(0, 2))], np.trace,
              SUMS, takes=NO_BOOL, lacks=no_numbers, operations=["_spread_letters"],
              errors=[Wrong(RuntimeError, floats(*size)) for size in ((3,), (), (1, 2, 2))])
    equations = [("ij,jk->ik", (2, 3), (3, 2)), ("ij->ji", (2, 3)), ("ii", (3, 3)), ("ii->i", (3, 3)),
                 ("i,j->ij", (2,), (3,)), ("ij,ij->", (2, 3), (2, 3)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)),
                 ("...ij,...j->...i", (2, 2, 3), (3,)), ("ij,kj,k->i", (2, 3), (2, 3), (2,)), ("ij", (2, 3)),
                 ("ij->j", (2, 3)), (",i->i", (), (2,)), ("i,i", (0,), (0,)), ("iij,j->i", (2, 2, 3), (3,)),
                 ("ij,jk", (1, 1), (1, 1))]
    yield Row(op.einsum,
              [Call(equation, *[floats(*size, seed=i) for i, size in enumerate(sizes)]) for equation,
               *sizes in equations], np.einsum, takes=NO_BOOL, operations=["_rearranged", "_contracted"],
              errors=[Wrong(RuntimeError, "ij,jk->ik", floats(2, 3)),
                      Wrong(RuntimeError, "ij,jk->ik", floats(2, 3), floats(2, 3)),
                      Wrong(RuntimeError, "ij->ik", floats(2, 3)), Wrong(RuntimeError, "i->i", floats(2, 3)),
                      Wrong(RuntimeError, "ij->ii", floats(2, 2)), Wrong(RuntimeError, "i1->i", floats(2, 3)),
                      Wrong(ValueError, "ij")])
    yield Row(op.tensordot,
              [Call(floats(2, 3), floats(3, 4), 1), Call(floats(2, 3, 4), floats(3, 4, 2)),
               Call(floats(2, 3), floats(4, 3), ([1], [1])), Call(floats(2), floats(3), 0),
               Call(floats(), floats(2), 0), Call(floats(0, 2), floats(2, 1), 1), Call(floats(1), floats(1), 1)],
              lambda x, y, dims=2: np.tensordot(x, y, dims), operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(2, 3), floats(2, 3), 1),
                      Wrong(RuntimeError, floats(2), floats(2), 2),
                      Wrong(RuntimeError, floats(2, 3), floats(3, 2), ([0, 1], [0]))])

    orders = [1, 2, 3, 0, inf, -inf, 0.5, -1, 1.5, 2.5]
    vectors = [*[Call(floats(2, 3), p) for p in orders], *[Call(floats(2, 3), p, 1) for p in orders],
               Call(floats(2, 3, 2), 2, (0, 2), True), Call(floats()), Call(floats(1)), Call(floats(0)),
               Call(floats(0, 3), 3, 1)]
    yield Row(op.vector_norm, vectors, _vector_norm, takes=FLOATS, torch="linalg.vector_norm",
              errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, floats(0), inf),
                      Wrong(RuntimeError, floats(0), -1)])
    matrices = [Call(floats(2, 3), *p) for p in ((), ("fro",), (1,), (-1,), (inf,), (-inf,))] + [Call(floats(2, 3, 2),
                     1, (0, 2)), Call(floats(2, 3, 2), "fro", (-1, 0), True), Call(floats(0, 2)), Call(floats(1, 1))]
    yield Row(op.matrix_norm, matrices,
              lambda x, p="fro", dim=(-2, -1), keepdim=False: np.linalg.norm(x, p, dim, keepdim), takes=FLOATS,
              torch="linalg.matrix_norm", operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats(2, 3), 3),
                      Wrong(RuntimeError, floats(2, 3), "fro", (0, 0)), Wrong(RuntimeError, floats(2, 3), "max")])
    yield Row(op.linalg_norm,
              [Call(floats(2, 3)), Call(floats(2, 3), 1), Call(floats(3), 3), Call(floats(2, 3), inf, 0),
               Call(floats(2, 3), "fro"), Call(floats(2, 3), 2, 1, True), Call(floats()), Call(floats(0)),
               Call(floats(1))],
              lambda x, ord=None, dim=None, keepdim=False: np.linalg.norm(x, ord, dim,
                  keepdim) if x.ndim else np.abs(x), takes=FLOATS, torch="linalg.norm", operations=[],
              errors=[Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, floats(2, 2, 2), 1),
                      Wrong(RuntimeError, floats(2, 2, 2), None, (0, 1, 2))])
    yield Row(op.norm,
              [Call(floats(2, 3)), Call(floats(2, 3), 1), Call(floats(2, 3), p=3, dim=0),
               Call(floats(2, 3), "fro", (0, 1), keepdim=True), Call(floats(2, 3), inf), Call(floats()),
               Call(floats(0)), Call(floats(1))],
              lambda x, p="fro", dim=None, keepdim=False: _vector_norm(x, 2 if p == "fro" else p, dim, keepdim),
              takes=FLOATS, operations=[], errors=[*bad_dims(2, 3)[:2], Wrong(RuntimeError, ints(3))])


def _vector_norm(x: Array, p: float = 2, dim: Any = None, keepdim: bool = False) -> Any:
    axes = {"axis": dim, "keepdims": keepdim}
    if p == 0:
        return (x != 0).sum(**axes)
    if math.isinf(p):
        return (np.max if p > 0 else np.min)(np.abs(x), **axes)
    return (np.abs(x) ** p).sum(**axes) ** (1 / p)


def _softmax(x: Array, dim: int) -> Array:
    return np.exp(x) / np.exp(x).sum(axis=dim if x.ndim else None, keepdims=True)


def _log_softmax(x: Array, dim: int) -> Array:
    return np.log(_softmax(x, dim))


def _reduced(losses: Array, reduction: str, total: Any = None) -> Any:
    if reduction == "none":
        return losses
    return losses.sum() / ((losses.size if total is None else total) if reduction == "mean" else 1)


def _nll(log_p: Array, target: Array, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    dim = min(log_p.ndim - 1, 1)
    valid = target != ignore_index
    safe = np.where(valid, target, 0)
    scale = valid * (1.0 if weight is None else weight[safe])
    picked = -np.take_along_axis(log_p, np.expand_dims(safe, dim), dim).squeeze(dim)
    return _reduced(picked * scale, reduction, scale.sum())


def _cross_entropy(
    x: Array, target: Array, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    dim = min(x.ndim - 1, 1)
    count = x.shape[dim]
    log_p = _log_softmax(x, dim)
    scale = np.ones(count) if weight is None else weight
    across = (count,) + (1,) * (x.ndim - dim - 1)
    if target.dtype.kind == "f":
        target = (1 - label_smoothing) * target + label_smoothing / count
        losses = -(target * scale.reshape(across) * log_p).sum(axis=dim)
        return _reduced(losses, reduction)
    valid = target != ignore_index
    safe = np.where(valid, target, 0)
    hit = -np.take_along_axis(log_p, np.expand_dims(safe, dim), dim).squeeze(dim) * scale[safe]
    smooth = -(scale.reshape(across) * log_p).sum(axis=dim)
    losses = valid * ((1 - label_smoothing) * hit + label_smoothing / count * smooth)
    return _reduced(losses, reduction, (valid * scale[safe]).sum())


def _mse(x: Array, t: Array, reduction: str = "mean", weight: Any = None) -> Any:
    if weight is None:
        return _reduced((x - t) ** 2, reduction)
    return _reduced(weight * (x - t) ** 2, reduction, weight.sum())


def _bce_with_logits(x: Array, t: Array, weight: Any = 1.0, reduction: str = "mean", pos_weight: Any = 1.0) -> Any:
    p = 1 / (1 + np.exp(-x))
    return _reduced(-weight * (pos_weight * t * np.log(p) + (1 - t) * np.log(1 - p)), reduction)


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _gelu(x: Array, approximate: str = "none") -> Array:
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def _neural() -> Iterator[Row]:
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
    yield Row(op.erf, [*unary(-4, 4), *unary(-0.4, 0.4)], _erf, FLOATING, torch="erf", accurate_on=(-4, 4),
              errors=NOT_ONE)
    yield Row(op.gelu, [*unary(-4, 4), *unary(-4, 4, approximate="tanh")], _gelu, takes=FLOATS,
              operations=["_gelu_exact", "_gelu_tanh"], kinks=[(0.0, 0.5)], accurate_on=(-4, 4),
              errors=[Wrong(RuntimeError, floats(2), approximate="sigmoid"), Wrong(RuntimeError, ints(2)),
                      Wrong(RuntimeError, bools(2))])
    dims = [Call(floats(2, 3), 1), Call(floats(2, 3), dim=0), Call(floats(2, 3, 2), -2), Call(floats(), 0),
            Call(floats(0, 3), 1), Call(floats(3, 0), 1), Call(floats(1), 0)]
    no_dims = [Wrong(IndexError, floats(2, 3), 2), Wrong(IndexError, floats(2, 3), -3),
               Wrong(RuntimeError, ints(2, 3), 1)]
    yield Row(op.softmax, dims, _softmax, takes=FLOATS, errors=no_dims, torch="softmax")
    yield Row(op.log_softmax, dims, _log_softmax, takes=FLOATS, errors=no_dims, torch="log_softmax")
    affine = [Call(floats(*x), floats(4, 3, seed=1), *bias) for x in ((2, 3), (3,), (2, 2, 3),
                   (0, 3)) for bias in ((), (floats(4, seed=2),))] + [Call(floats(1, 1), floats(1, 1), floats(1)),
            Call(floats(2, 0), floats(3, 0), floats(3))]
    yield Row(op.linear, affine, lambda x, w, b=0.0: x @ w.T + b, lacks=["0-d"], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(2, 3), floats(4, 2)),
                      Wrong(RuntimeError, floats(2, 3), floats(4, 3), floats(3)),
                      Wrong(RuntimeError, floats(2, 3).astype(np.float32), floats(4, 3)),
                      Wrong(RuntimeError, floats(2, 3), floats(4, 3, 1))])
    table = floats(4, 2)
    yield Row(op.embedding,
              [Call(np.array([1, 1, 3]), table), Call(np.array(3), table), Better(np.zeros(0, np.int64), table),
               Call(np.array([0]), table), Call(np.array([3, 1, 1]), table, padding_idx=2)],
              lambda i, w, padding_idx=None: w[i],
              conventions=[Call(np.array([[0, 2], [2, 2]]), table, 2), Call(np.array([0, 3]), table, padding_idx=-1)],
              operations=["_stop_where"],
              errors=[Wrong(IndexError, np.array([4]), table), Wrong(IndexError, np.array([-1]), table),
                      Wrong(RuntimeError, floats(2), table), Wrong(RuntimeError, np.array([0]), floats(4))],
              takes=DTYPES)
    padded = [Call(floats(2, 3), (1, 2)), Call(floats(2, 3), (1, 2, 0, 1)), Call(floats(2, 3), (-1, 2), value=1.5),
              Call(floats(0, 3), (1, 1)), Call(floats(1), (0, 0)), Call(floats(2, 3), [0, 1], "constant", 2.0),
              Call(floats(2, 2, 4), (2, 1), "reflect"), Call(floats(2, 2, 3), (2, 1), "replicate"),
              Call(floats(2, 2, 3), (2, 3), "circular"), Call(floats(1, 2, 3, 4), (1, 0, 2, 1), mode="reflect")]
    yield Row(op.pad, padded, _padded, lacks=["0-d"], operations=["_pad_constant"], torch="nn.functional.pad",
              takes=DTYPES,
              errors=[Wrong(RuntimeError, floats(3), (1,)), Wrong(RuntimeError, floats(3), (1, 1, 1, 1)),
                      Wrong(NotImplementedError, floats(2, 3), (1, 1), "wrap"),
                      Wrong(RuntimeError, floats(2, 3), (3, 0), "reflect")])
    yield Row(op.one_hot,
              [Call(ints(3), 12), Call(ints(2, 2)), Call(np.array(2), 4), Call(ints(0), 3), Call(np.array([0]), 1)],
              lambda t, n=-1: np.eye(t.max() + 1 if n == -1 else n, dtype=np.int64)[t], INT64, takes=["int64"],
              operations=[],
              errors=[Wrong(RuntimeError, ints(3), 1), Wrong(RuntimeError, ints(0)), Wrong(RuntimeError, ints(3) - 3),
                      Wrong(RuntimeError, ints(3).astype(np.int32))])

    sizes: Sequence[tuple[int, ...]] = ((2, 3), (), (1,), (4,))
    some = [floats(*size, seed=5) for size in sizes]
    reduction_names = ("mean", "sum", "none")
    differences = [Call(x, floats(*x.shape, seed=9),
                        reduction=r) for x in some for r in reduction_names] + [Call(floats(0), floats(0),
                        reduction="sum")]
    no_reduction = [Wrong(ValueError, floats(2), floats(2), reduction="max"), Wrong(TypeError, floats(2)),
                    Wrong(RuntimeError, ints(2), ints(2))]
    yield Row(op.mse_loss, [*differences, Call(floats(3), floats(3, seed=2), weight=positive(3))], _mse,
              operations=["_mse_mean"], takes=FLOATS, errors=no_reduction)
    yield Row(op.l1_loss, differences, lambda x, t, reduction="mean": _reduced(np.abs(x - t), reduction),
              takes=FLOATS, operations=[], kinks=[((1.0, 1.0), (0.0, 0.0))], errors=no_reduction)
    classes, inner = np.array([0, 2, 1, 2]), ints(2, 4, high=3)
    weights = positive(3).view(Fixed)
    labelled = [*[Call(floats(4, 3), classes, reduction=r) for r in reduction_names],
                *[Call(floats(4, 3), classes, weights, ignore_index=2, reduction=r) for r in reduction_names],
                Call(floats(3), np.array(1)), Call(floats(2, 3, 4), inner),
                Call(floats(2, 3, 4), inner, weights, reduction="none"),
                Call(floats(0, 3), np.zeros(0, np.int64), reduction="sum"), Call(floats(1, 1), np.array([0]))]
    unfit_target = [Wrong(IndexError, floats(2, 3), np.array([0, 3])), Wrong(ValueError, floats(2, 3), np.array([0])),
                    Wrong(RuntimeError, floats(2, 3), np.array([0, 1], np.int32)),
                    Wrong(ValueError, floats(2, 3), np.array([0, 1]), reduction="max"),
                    Wrong(RuntimeError, floats(2, 3), np.array([0, 1]), floats(2))]
    yield Row(op.nll_loss, labelled, _nll, lacks=["0-d"], operations=["_weighted"], takes=FLOATS, errors=unfit_target)
    mixtures = _softmax(floats(4, 3, seed=7), 1)
    yield Row(op.cross_entropy,
              [*labelled, *[Call(floats(4, 3), classes, label_smoothing=0.2, reduction=r) for r in reduction_names],
               *[Call(floats(4, 3), classes, weights, ignore_index=2, reduction=r,
                      label_smoothing=0.3) for r in reduction_names],
               Call(floats(2, 3, 4), inner, weights, label_smoothing=0.1),
               *[Call(floats(4, 3), mixtures, reduction=r) for r in reduction_names],
               Call(floats(4, 3), mixtures, weights, label_smoothing=0.1), Call(floats(3), mixtures[0])],
              _cross_entropy, lacks=["0-d"], operations=["_cross_entropy_of_classes"], takes=FLOATS,
              errors=[*unfit_target, Wrong(RuntimeError, floats(2, 3), np.array([0, 1]), label_smoothing=1.5)])
    chances = [Call(floats(*size, low=0.05, high=0.95), floats(*size, low=0.05, high=0.95, seed=4), *more,
                    reduction=r) for size in sizes for more in ((),
                    (positive(*size).view(Fixed),)) for r in reduction_names] + [Call(positive(0), positive(0),
                    reduction="sum")]
    unlike = [Wrong(ValueError, positive(2) / 3, positive(2, 1) / 3),
              Wrong(ValueError, positive(2) / 3, positive(2) / 3, reduction="max")]
    yield Row(op.binary_cross_entropy, chances,
              lambda x, t, weight=1.0, reduction="mean": _reduced(-weight * (t * np.log(x) + (1 - t) * np.log(1 - x)),
                  reduction), operations=["_bce"], takes=FLOATS,
              errors=[*unlike, Wrong(RuntimeError, np.array([1.5]), np.array([1.0])),
                      Wrong(RuntimeError, np.array([-0.1]), np.array([1.0]))])
    yield Row(op.binary_cross_entropy_with_logits,
              [*chances, Call(floats(2, 3), positive(2, 3) / 3, pos_weight=positive(3).view(Fixed)),
               Call(floats(2, 3), positive(2, 3) / 3, positive(2, 3).view(Fixed), reduction="sum",
                    pos_weight=positive(3, seed=1).view(Fixed))], _bce_with_logits, operations=["_softplus_exact"],
              takes=FLOATS, errors=[*unlike, Wrong(ValueError, floats(2), floats())])
    yield Row(op.logsigmoid, unary(-4, 4), lambda x: -np.logaddexp(0, -x), takes=FLOATS,
              operations=["_softplus_exact"], kinks=[(1000.0, 0.0), (-1000.0, 1.0)], accurate_on=(-20, 20),
              errors=[Wrong(RuntimeError, values) for values in (ints(2), bools(2), ints())])


def _padded(x: Array, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Array:
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    x = x[tuple(slice(max(-a, 0), n + min(b, 0)) for (a, b), n in zip(widths, x.shape, strict=True))]
    grown = [(max(a, 0), max(b, 0)) for a, b in widths]
    name: Any = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    return np.pad(x, grown, name, **({"constant_values": value} if mode == "constant" else {}))


ROWS: list[Row] = [*_elementwise(), *_shape(), *_reduce(), *_index(), *_linalg(), *_neural()]

# ---------------------------------------------------------------- NumPy's functions on Tensors that require grad

_x, _y, _square = floats(2, 3), floats(2, 3, seed=1), floats(3, 3)
NUMPY_CALLS: list[tuple[Callable[..., Any], Call]] = [
    (np.sum, Call(_x)), (np.sum, Call(_x, axis=1, keepdims=True)), (np.sum, Call(_x, 0)),
    (np.sum, Call(_x, axis=(0, 1))), (np.mean, Call(_x, axis=-1)), (np.prod, Call(_x, axis=0)), (np.var, Call(_x)),
    (np.var, Call(_x, axis=1, ddof=1, keepdims=True)), (np.std, Call(_x)), (np.std, Call(_x, 0, ddof=1)),
    (np.max, Call(_x)), (np.max, Call(_x, axis=1, keepdims=True)), (np.amax, Call(_x, 0)),
    (np.min, Call(_x, axis=(0, 1))), (np.amin, Call(_x)), (np.argmax, Call(_x, axis=1)), (np.argmax, Call(_x)),
    (np.argmin, Call(_x, axis=0, keepdims=True)), (np.cumsum, Call(_x)), (np.cumsum, Call(_x, axis=1)),
    (np.where, Call(_x > 0, _x, _y)), (np.where, Call(_x > 0, _x, 0.0)), (np.where, Call(ints(2, 3, high=2), _x, _y)),
    (np.clip, Call(_x, -0.5, 0.5)), (np.clip, Call(_x, None, 0.5)), (np.clip, Call(_x, min=0.1, max=0.5)),
    (np.round, Call(_x)), (np.round, Call(_x, 1)), (np.copy, Call(_x)), (np.reshape, Call(_x, (3, 2))),
    (np.reshape, Call(_x, -1)), (np.ravel, Call(_x)), (np.transpose, Call(_x)),
    (np.transpose, Call(floats(2, 3, 4), (2, 0, 1))), (np.matrix_transpose, Call(floats(2, 3, 4))),
    (np.swapaxes, Call(_x, 0, 1)), (np.moveaxis, Call(floats(2, 3, 4), 0, -1)),
    (np.moveaxis, Call(floats(2, 3, 4), (0, 1), (1, 2))), (np.flip, Call(_x)), (np.flip, Call(_x, 0)),
    (np.flip, Call(_x, axis=(0, 1))), (np.roll, Call(_x, 1)), (np.roll, Call(_x, (1, 2), axis=(0, 1))),
    (np.squeeze, Call(floats(1, 2, 1))), (np.squeeze, Call(floats(1, 2, 1), axis=0)), (np.expand_dims, Call(_x, 1)),
    (np.expand_dims, Call(_x, (0, -1))), (np.broadcast_to, Call(_x, (2, 2, 3))), (np.concatenate, Call([_x, _y])),
    (np.concatenate, Call((_x, _y), axis=1)), (np.concatenate, Call([_x, _y], axis=None)),
    (np.concatenate, Call([_x, _y], 1)), (np.stack, Call([_x, _y])), (np.stack, Call([_x, _y], axis=-1)),
    (np.hstack, Call([_x, _y])), (np.vstack, Call([_x, _y])), (np.zeros_like, Call(_x)),
    (np.zeros_like, Call(_x, shape=(2, 2))), (np.ones_like, Call(_x)), (np.full_like, Call(_x, 2.0)),
    (np.take_along_axis, Call(_x, np.array([[0], [2]]), 1)), (np.take_along_axis, Call(_x, np.array([5, 0]), None)),
    (np.tril, Call(_square)), (np.tril, Call(_square, -1)), (np.triu, Call(_square, k=1)),
    (np.dot, Call(_square, _square)), (np.dot, Call(floats(3), floats(3, seed=1))), (np.dot, Call(_x, floats(3))),
    (np.dot, Call(floats(), _x)), (np.outer, Call(floats(2), floats(3))), (np.outer, Call(_x, floats(2))),
    (np.einsum, Call("ij,ij->i", _x, _y)), (np.trace, Call(_square)), (np.linalg.norm, Call(_x)),
    (np.linalg.norm, Call(_x, axis=1)), (np.linalg.norm, Call(floats(3), 1)), (np.linalg.norm, Call(_x, 3, 0, True)),
    (np.shape, Call(_x)), (np.ndim, Call(_x)), (np.size, Call(_x)), (np.size, Call(_x, 1)),
    (np.isclose, Call(_x, _y)), (np.allclose, Call(_x, _x)), (np.empty_like, Call(floats(0))),
]
