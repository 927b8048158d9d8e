"""Rows of shapes, joining and cutting: `autograd_core.ops.shape`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tests.op_calls import (
    SIZES,
    Array,
    Call,
    Row,
    Wrong,
    bad_shapes,
    floats,
    op,
    unary,
)

# fmt: off  # rows are laid out as a table


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


def rows() -> Iterator[Row]:
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
