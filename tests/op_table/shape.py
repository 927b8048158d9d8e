"""Rows of shapes and the order of elements: `autograd_core.ops.shape`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tests.op_calls import SIZES, Array, Call, Row, Wrong, floats, op, unary

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
    known = math.prod(n for n in sizes if n != -1)
    parts = [x.shape[dim] // known if n == -1 else n for n in sizes]
    return x.reshape((*x.shape[: dim % x.ndim], *parts, *x.shape[dim % x.ndim + 1 :]))


def _each(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: [function(x) for x in (xs[0] if xs and isinstance(xs[0], list | tuple) else xs)]


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
               Call(floats(1), 0, [1, 1]), Call(floats(0, 6), 1, (2, -1)), Call(floats(2, 0), 1, (2, -1))], _unflattened, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(6), 0, (4, 2)), Wrong(IndexError, floats(6), 1, (2, 3)),
                      Wrong(RuntimeError, floats(6), 0, (-1, -1)), Wrong(RuntimeError, floats(0, 6), 1, (4, 2)),
                      Wrong(RuntimeError, floats(2, 0), 1, (0, -1)), Wrong(RuntimeError, floats(2, 6), 1, ())])
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
               Call(floats(1), 0, 0), Call(floats(), 0, -1)],
              lambda x, source, destination: np.moveaxis(x, source, destination) if x.ndim else x, operations=[],
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
    yield Row(op.contiguous, unary(), np.copy, torch="Tensor.contiguous", operations=[])
    turned = [Call(floats(2, 3)), Call(floats(2, 3), 2), Call(floats(2, 3), -1), Call(floats(2, 3), 4),
              Call(floats(2, 3), 1, [1, 0]), Call(floats(2, 3, 2), 3, (0, -1)), Call(floats(2, 3, 2), k=1, dims=(2, 1)),
              Call(floats(0, 2)), Call(floats(1, 1), 5), Call(floats(2, 0, 3), -3, (2, 0))]
    yield Row(op.rot90, turned, lambda x, k=1, dims=(0, 1): np.rot90(x, k, dims), lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(3)), Wrong(RuntimeError, floats(2, 3), 1, (0, 0)),
                      Wrong(RuntimeError, floats(2, 3), 1, (0, -2)), Wrong(RuntimeError, floats(2, 3), 1, (0,)),
                      Wrong(IndexError, floats(2, 3), 1, (0, 2)), Wrong(TypeError, floats(2, 3), 1.5)])
    yield Row(op.fliplr, [Call(floats(2, 3)), Call(floats(2, 3, 2)), Call(floats(0, 2)), Call(floats(1, 1))], np.fliplr,
              lacks=["0-d"], operations=[], errors=[Wrong(RuntimeError, floats(*size)) for size in ((3,), (), (0,))])
    yield Row(op.flipud, [Call(floats(3)), Call(floats(2, 3)), Call(floats(0, 2)), Call(floats(1))], np.flipud,
              lacks=["0-d"], operations=[], errors=[Wrong(RuntimeError, floats()), Wrong(TypeError, floats(2), 1), Wrong(TypeError)])
    yield Row(op.adjoint, [Call(floats(2, 3)), Call(floats(2, 3, 4)), Call(floats(0, 2)), Call(floats(1, 1))],
              np.matrix_transpose, operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(*size)) for size in ((3,), (0,), (1,))])
    none = [Wrong(TypeError, 1.0), Wrong(TypeError, "x"), Wrong(TypeError, floats(2), 1.0)]
    several = [*unary(), Call([floats(), floats(2, 3)]), Call(floats(), floats(2)), Call((floats(2),)), Call()]
    yield Row(op.atleast_1d, several, _each(np.atleast_1d), operations=[], errors=none)
    yield Row(op.atleast_2d, several, _each(np.atleast_2d), operations=[], errors=none)
    yield Row(op.atleast_3d, several, _each(np.atleast_3d), operations=[], errors=none)
