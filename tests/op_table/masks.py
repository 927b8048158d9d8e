"""Rows of masks: `autograd_core.ops.masks`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import INT64, Call, Row, Wrong, bools, floats, ints, op
from tests.op_table.index import written

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
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
