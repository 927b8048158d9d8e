"""Rows of diagonals and triangles: `autograd_core.ops.diagonal`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import Call, Row, Wrong, floats, op

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
    triangles = [Call(floats(3, 3)), Call(floats(2, 3), 1), Call(floats(2, 3, 3), diagonal=-1), Call(floats(0, 2)),
                 Call(floats(1, 1))]
    no_matrix = [Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats()), Wrong(TypeError, floats(2, 2), 0.5)]
    yield Row(op.tril, triangles, lambda x, diagonal=0: np.tril(x, diagonal), lacks=["0-d"], errors=no_matrix)
    yield Row(op.triu, triangles, lambda x, diagonal=0: np.triu(x, diagonal), lacks=["0-d"], errors=no_matrix)
