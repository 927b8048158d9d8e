"""Rows of diagonals and triangles: `autograd_core.ops.diagonal`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import Array, Call, Row, Wrong, floats, op
from tests.op_table.index import written

# fmt: off  # rows are laid out as a table


def _diagonal(x: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    return np.diagonal(x, offset, dim1, dim2)


def _put_diagonal(x: Array, src: Array, *place: Any, **options: Any) -> None:
    view = _diagonal(x, *place, **options)
    view.flags.writeable = True
    view[...] = src


def _embedded(x: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    size, (first, second) = x.shape[-1] + abs(offset), sorted(dim % (x.ndim + 1) for dim in (dim1, dim2))
    out = np.zeros((*x.shape[:-1], size, size))
    _put_diagonal(out, x, offset if dim1 % (x.ndim + 1) == first else -offset, -2, -1)
    return np.moveaxis(out, (-2, -1), (first, second))


def rows() -> Iterator[Row]:
    triangles = [Call(floats(3, 3)), Call(floats(2, 3), 1), Call(floats(2, 3, 3), diagonal=-1), Call(floats(0, 2)),
                 Call(floats(1, 1))]
    no_matrix = [Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats()), Wrong(TypeError, floats(2, 2), 0.5)]
    yield Row(op.tril, triangles, lambda x, diagonal=0: np.tril(x, diagonal), lacks=["0-d"], errors=no_matrix)
    yield Row(op.triu, triangles, lambda x, diagonal=0: np.triu(x, diagonal), lacks=["0-d"], errors=no_matrix)
    taken = [Call(floats(2, 3)), Call(floats(2, 3), 1), Call(floats(3, 3), -1), Call(floats(2, 3), 5), Call(floats(2, 3), -5),
             Call(floats(2, 3, 4), 0, 1, 2), Call(floats(2, 3, 4), 1, -1, 0), Call(floats(3, 2, 3), offset=-1, dim1=0, dim2=2),
             Call(floats(0, 2)), Call(floats(1, 1)), Call(floats(2, 0, 3), 0, 0, 2), Call(floats(4, 2), -2)]
    no_plane = [Wrong(RuntimeError, floats(2, 3), 0, 1, 1), Wrong(IndexError, floats(2, 3), 0, 0, 2), Wrong(IndexError, floats(3)),
                Wrong(IndexError, floats()), Wrong(TypeError, floats(2, 2), 0.5)]
    yield Row(op.diagonal, taken, _diagonal, lacks=["0-d"],
              errors=no_plane)
    yield Row(op.linalg_diagonal, [Call(floats(2, 3)), Call(floats(2, 3, 3), offset=1), Call(floats(2, 3, 2), offset=-1, dim1=0, dim2=1),
                                   Call(floats(0, 2)), Call(floats(1, 1))],
              lambda x, offset=0, dim1=-2, dim2=-1: np.diagonal(x, offset, dim1, dim2), lacks=["0-d"], torch="linalg.diagonal",
              operations=[], errors=[Wrong(IndexError, floats(3)), Wrong(IndexError, floats()),
                                     Wrong(RuntimeError, floats(2, 3), dim1=0, dim2=0)])
    yield Row(op.diagonal_scatter,
              [Call(call.args[0], floats(*_diagonal(call.args[0], *call.args[1:], **call.options).shape, seed=1), *call.args[1:],
                    **call.options) for call in taken],
              written(_put_diagonal), lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(3)), Wrong(RuntimeError, floats(2, 3), floats(1)),
                      Wrong(IndexError, floats(2), floats(2)), Wrong(TypeError, floats(2, 2), 1.0)])
    yield Row(op.diag_embed,
              [Call(floats(3)), Call(floats(2, 3), 1), Call(floats(2, 2), -1, 0, 2), Call(floats(2, 3), 0, -1, -2),
               Call(floats(2, 3), offset=2, dim1=1, dim2=0), Call(floats(0)), Call(floats(1)), Call(floats(0, 2))], _embedded,
              lacks=["0-d"], operations=["_place_diagonal"],
              errors=[Wrong(RuntimeError, floats(2), 0, 0, 0), Wrong(IndexError, floats(2), 0, 0, 3), Wrong(IndexError, floats()),
                      Wrong(TypeError, floats(2), 0.5)])
    yield Row(op.diag,
              [Call(floats(3)), Call(floats(3), 1), Call(floats(2), -2), Call(floats(2, 3)), Call(floats(3, 2), -1),
               Call(floats(2, 3), 7), Call(floats(0)), Call(floats(1)), Call(floats(1, 1)), Call(floats(0, 2)),
               Call(floats(3, 3), diagonal=2)], lambda x, diagonal=0: np.diag(x, diagonal), lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats()), Wrong(RuntimeError, floats(1, 2, 3)), Wrong(TypeError, floats(2), 1.5)])
    yield Row(op.diagflat, [Call(floats(3)), Call(floats(2, 3), 1), Call(floats(), -1), Call(floats(0)), Call(floats(1), offset=1)],
              lambda x, offset=0: np.diagflat(x, offset), operations=[],
              errors=[Wrong(TypeError, floats(2), 0.5), Wrong(TypeError, floats(2), [1]), Wrong(TypeError, floats(2), "a")])
