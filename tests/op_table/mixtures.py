"""Rows of interpolation, sums with products and quotients: `autograd_core.ops.mixtures`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy import inf

from tests.op_calls import (
    FLOATS,
    NO_BOOL,
    Call,
    Row,
    Wrong,
    bad_shapes,
    floats,
    ints,
    op,
    positive,
)

# fmt: off  # rows are laid out as a table

SIZES = [((2, 3), (2, 3), (2, 3)), ((2, 1), (1, 3), (3,)), ((3,), (2, 3), ()), ((), (2,), (2, 1)), ((), (), ()),
         ((1,), (1,), (1,)), ((2, 1), (2, 2), (1, 2)), ((0,), (1,), ()), ((2, 0), (0,), (1, 1))]


def rows() -> Iterator[Row]:
    ways = [Call(floats(*a), floats(*b, seed=1), weight) for a, b, _ in SIZES for weight in (0.3, 0.7, 2)]
    ways += [Call(floats(*a), floats(*b, seed=1), floats(*c, seed=2)) for a, b, c in SIZES]
    ways += [Call(floats(2), floats(2, seed=1), np.asarray(1))]
    yield Row(op.lerp, ways, lambda x, y, w: x + w * (y - x), takes=FLOATS, operations=["_lerp"],
              kinks=[((1.0, 1.0, 0.5), (0.5, 0.5, 0.0)), ((1.0, 3.0, 1.0), (0.0, 1.0, 2.0))],
              errors=[Wrong(RuntimeError, floats(2), floats(3), 0.5), Wrong(RuntimeError, floats(2), floats(2), floats(3)),
                      Wrong(RuntimeError, floats(2), floats(2).astype(np.float32), 0.5),
                      Wrong(RuntimeError, floats(2), floats(2), ints(2)), Wrong(NotImplementedError, ints(2), ints(2), 0.5),
                      Wrong(TypeError, floats(2), None, 0.5)])
    products = [Call(floats(*a), floats(*b, seed=1), floats(*c, seed=2), value=value) for a, b, c in SIZES
                for value in (1, -2.5)]
    products += [Call(floats(2), floats(2, seed=1), floats(2, seed=2)), Call(ints(2), ints(2), ints(2), value=2)]
    unfit = [Wrong(RuntimeError, floats(2), floats(3), floats(2)), Wrong(RuntimeError, floats(2), floats(2), floats(3)),
             Wrong(TypeError, floats(2), None, floats(2)), Wrong(TypeError, [1.0], floats(2), floats(2))]
    yield Row(op.addcmul, products, lambda x, a, b, value=1: x + value * a * b, takes=NO_BOOL, operations=["_addcmul"],
              errors=unfit)
    quotients = [call.changed(lambda x: x) for call in products[:-1]]
    for call in quotients:
        call.args = (*call.args[:2], positive(*call.args[2].shape, seed=2))
    yield Row(op.addcdiv, quotients, lambda x, a, b, value=1: x + value * a / b, takes=FLOATS, operations=["_addcdiv"],
              kinks=[((1.0, 1.0, 0.0), (1.0, inf, -inf))],
              errors=[*unfit, Wrong(RuntimeError, floats(2), ints(2), ints(2)), Wrong(RuntimeError, *[bad_shapes().args[0]] * 2, ints(2, 4))])
