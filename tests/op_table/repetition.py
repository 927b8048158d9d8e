"""Rows of copies and stretched shapes: `autograd_core.ops.repetition`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import Call, Row, Wrong, bad_shapes, floats, op

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
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
