"""Rows of joining and cutting: `autograd_core.ops.joining`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import Array, Call, Row, Wrong, floats, op

# fmt: off  # rows are laid out as a table


def _chunked(x: Array, count: int, dim: int = 0) -> list[Array]:
    size = x.shape[dim]
    return np.split(x, range(-(-size // count), size, -(-size // count)) if size else count, dim)


def rows() -> Iterator[Row]:
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
