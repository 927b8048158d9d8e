"""Rows of masks: `autograd_core.ops.masks`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import INT64, WHOLE, Array, Call, Row, Wrong, bools, floats, ints, op
from tests.op_table.index import written

# fmt: off  # rows are laid out as a table


def _padded(x: Array, size: int, fill_value: int = -1) -> Array:
    return np.concatenate([np.argwhere(x), np.full((size, x.ndim), fill_value)])[:size]


def rows() -> Iterator[Row]:
    masked = [Call(floats(2, 3), bools(2, 3), 1.5), Call(floats(2, 3), bools(3), floats(seed=1)),
              Call(floats(), np.array(True), 0.5), Call(floats(0), bools(1), 1.0), Call(floats(1), bools(2), 2.0),
              Call(floats(2, 1), bools(3), floats(seed=1)), Call(floats(), np.array(False), floats(seed=1))]
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
    yield Row(op.argwhere, [Call(bools(2, 3)), Call(ints(2, 3)), Call(np.asarray(1.5)), Call(ints(0)), Call(ints(1)), Call(floats(2))],
              np.argwhere, INT64, operations=[], errors=[])
    yield Row(op.nonzero_static,
              [Call(bools(2, 3), size=4), Call(ints(2, 3), size=1), Call(floats(2), size=3, fill_value=7), Call(np.asarray(1.5), size=2),
               Call(ints(0), size=1), Call(ints(1), size=0)], _padded, INT64, operations=[],
              errors=[Wrong(RuntimeError, floats(2), size=-1), Wrong(TypeError, floats(2)), Wrong(TypeError, floats(2), 3)])
    yield Row(op.unravel_index,
              [Call(np.array([0, 5]), (2, 3)), Call(np.array([[23, 7]]), (2, 3, 4)), Call(np.array(5), (2, 3)), Call(np.zeros(0, np.int64), (2, 3)),
               Call(np.array([3]), 6), Call(np.array([1], np.int32), [2, 3]),
               Call(np.array([250], np.uint8), (30, 300))], np.unravel_index, INT64, takes=WHOLE, operations=[],
              errors=[Wrong(TypeError, floats(1), (2, 3)), Wrong(ValueError, np.array([1]), (2, -3)), Wrong(TypeError, np.array([1]), (2, 0.5))])
