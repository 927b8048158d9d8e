"""Rows of joining and cutting: `autograd_core.ops.joining`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.op_calls import Array, Better, Call, Row, Wrong, floats, op

# fmt: off  # rows are laid out as a table


def _chunked(x: Array, count: int, dim: int = 0) -> list[Array]:
    size = x.shape[dim]
    return np.split(x, range(-(-size // count), size, -(-size // count)) if size else count, dim)


def _block_diag(*xs: Array) -> Array:
    out = np.zeros((0, 0))
    for x in map(np.atleast_2d, xs):
        out = np.block([[out, np.zeros((out.shape[0], x.shape[1]))], [np.zeros((x.shape[0], out.shape[1])), x]])
    return out


def rows() -> Iterator[Row]:
    yield Row(op.cat,
              [Call([floats(2, 3), floats(1, 3, seed=1)]), Call([floats(2, 3), floats(2, 1, seed=1)], 1),
               Call((floats(2), floats(2, seed=1)), dim=-1), Call([floats(2, 0), floats(2, 3)], 1), Call([floats(1)]),
               Call([floats(2), floats(3, seed=1), floats(1, seed=2)])],
              lambda tensors, dim=0: np.concatenate(tensors, dim), lacks=["0-d"],
              errors=[Wrong(RuntimeError, [floats(2, 3), floats(2, 4)]), Wrong(RuntimeError, [floats(), floats()]),
                      Wrong(IndexError, [floats(2)], 1), Wrong(TypeError, floats(2)), Wrong(ValueError, [])])
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
    unlisted = [Wrong(TypeError, floats(2)), Wrong(RuntimeError, []), Wrong(TypeError, [1.0])]
    yield Row(op.dstack,
              [Call([floats(2, 3), floats(2, 3, seed=1)]), Call([floats(3), floats(3, seed=1)]), Call([floats(), floats()]),
               Call((floats(2, 3), floats(2, 3, 4))), Call([floats(0), floats(0)]), Call([floats(1)])], np.dstack,
              operations=[], errors=[*unlisted, Wrong(RuntimeError, [floats(2), floats(3)])])
    yield Row(op.column_stack,
              [Call([floats(2), floats(2, 3, seed=1)]), Call([floats(), floats(seed=1)]), Call((floats(3), floats(3))),
               Call([floats(0), floats(0, 2)]), Call([floats(1)]), Call([floats(2, 1, 2), floats(2, 3, 2)])],
              lambda xs: np.column_stack([np.reshape(x, (-1, 1)) if x.ndim < 2 else x for x in xs]),
              operations=[], errors=[*unlisted, Wrong(RuntimeError, [floats(2, 3), floats(3)])])
    yield Row(op.block_diag,
              [Call(floats(2, 3), floats(1, 1)), Call(floats(2), floats()), Better(floats(2, 2), floats(0), floats(3, 1)),
               Call(floats(1)), Call(floats(2, 0), floats(1, 2)), Call(floats(2, 2), floats(3), floats(2, 1))], _block_diag,
              errors=[Wrong(RuntimeError, floats(1, 2, 3)), Wrong(TypeError, floats(2), 2.0), Wrong(TypeError, [floats(2)])])
    sized = [Call(floats(5), [2, 3]), Call(floats(2, 3), (1, 2), 1), Call(floats(4, 2), [4, 0], dim=-2),
             Call(floats(0, 2), [0]), Call(floats(1), [1])]
    bad_sizes = [Wrong(RuntimeError, floats(5), [2, 2]), Wrong(RuntimeError, floats(3), [4, -1]),
                 Wrong(IndexError, floats(5), [5], 1)]
    cut: Callable[..., Any] = lambda x, n, dim=0: np.split(x, np.cumsum(n)[:-1], dim)
    yield Row(op.split_with_sizes, sized, cut, lacks=["0-d"], operations=[], errors=bad_sizes)
    yield Row(op.unsafe_split_with_sizes, sized, cut, lacks=["0-d"], operations=[], errors=bad_sizes)
    yield Row(op.unsafe_split, [Call(floats(5), 2), Call(floats(2, 3), 1, 1), Call(floats(0, 2), 1), Call(floats(1), 1)],
              lambda x, n, dim=0: np.split(x, range(n, x.shape[dim], n), dim), lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(5), 0), Wrong(RuntimeError, floats(5), -1), Wrong(IndexError, floats(5), 2, 1)])
    yield Row(op.unsafe_chunk, [Call(floats(5), 2), Call(floats(2, 6), 3, 1), Call(floats(0, 2), 2), Call(floats(1), 1)],
              _chunked, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(5), 0), Wrong(IndexError, floats(5), 2, 1), Wrong(RuntimeError, floats(), 2)])
    yield Row(op.tensor_split,
              [Call(floats(5), 2), Call(floats(2, 3), 2, 1), Call(floats(2, 3), (1,), -1), Call(floats(4), [1, 9, 2]),
               Call(floats(4), [-1]), Call(floats(4, 2), np.array([1, 2])), Call(floats(4), np.array(3)), Call(floats(2), 4),
               Call(floats(4), []), Call(floats(0, 2), 2), Call(floats(1), 1), Call(floats(2, 5), (2, 4), dim=1)],
              lambda x, n, dim=0: np.array_split(x, n, dim), lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(5), 0), Wrong(IndexError, floats(5), 2, 1), Wrong(RuntimeError, floats(), 1),
                      Wrong(TypeError, floats(3), 1.5), Wrong(RuntimeError, floats(3), np.array([1.0]))])
    yield Row(op.hsplit, [Call(floats(2, 4), 2), Call(floats(4), 2), Call(floats(2, 3), [1]), Call(floats(2, 0), 1),
                          Call(floats(1), 1), Call(floats(2, 3, 2), (1, 2))], np.hsplit, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), 2), Wrong(RuntimeError, floats(), 1), Wrong(RuntimeError, floats(3), 0)])
    yield Row(op.vsplit, [Call(floats(4, 2), 2), Call(floats(3, 1), [1, 1]), Call(floats(0, 2), 1), Call(floats(1, 1), 1)],
              np.vsplit, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(3, 2), 2), Wrong(RuntimeError, floats(3), 1), Wrong(RuntimeError, floats(3, 2), 0)])
    yield Row(op.dsplit, [Call(floats(2, 1, 4), 2), Call(floats(1, 2, 3), [2]), Call(floats(0, 2, 2), 2), Call(floats(1, 1, 1), 1)],
              np.dsplit, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(1, 2, 3), 2), Wrong(RuntimeError, floats(3, 3), 1), Wrong(RuntimeError, floats(1, 1, 2), 0)])
