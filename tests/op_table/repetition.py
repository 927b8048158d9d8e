"""Rows of copies and stretched shapes: `autograd_core.ops.repetition`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.op_calls import SUMS, Array, Call, Row, Wrong, bad_shapes, floats, ints, op

# fmt: off  # rows are laid out as a table


def _summed(x: Array, *size: Any) -> Array:
    size = size if not size or isinstance(size[0], int) else tuple(size[0])
    x = x.sum(tuple(range(x.ndim - len(size))))
    return x.sum(tuple(i for i, n in enumerate(size) if n == 1), keepdims=True) if size else x


def _choices(with_replacement: bool) -> Callable[..., Any]:
    return itertools.combinations_with_replacement if with_replacement else itertools.combinations


def rows() -> Iterator[Row]:
    stretched = [Call(floats(2, 1), (2, 3)), Call(floats(2, 1), (2, 2)), Call(floats(3), (2, 3)), Call(floats(), (2, 2)), Call(floats(1), (0,)),
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
    yield Row(op.tile,
              [Call(floats(2), (3,)), Call(floats(2, 3), (2,)), Call(floats(2), (2, 2)), Call(floats(), (3,)),
               Call(floats(0, 2), (2, 1)), Call(floats(1), (0,)), Call(floats(2, 1), (1, 1)), Call(floats(2, 3), ())], np.tile,
              operations=[], errors=[Wrong(RuntimeError, floats(2, 3), (-1,)), Wrong(TypeError, floats(2), (0.5,)),
                                     Wrong(TypeError, floats(2), "a")])
    yield Row(op.broadcast_tensors,
              [Call(floats(2, 1), floats(3)), Call(floats(), floats(2, 2)), Call(floats(2, 3)), Call(),
               Call(floats(0, 1), floats(3), floats(1))], lambda *xs: list(np.broadcast_arrays(*xs)), operations=[],
              errors=[bad_shapes(), Wrong(TypeError, [floats(2), floats(2)]), Wrong(TypeError, floats(2), 1.0)])
    yield Row(op.sum_to_size,
              [Call(floats(2, 3), 1, 3), Call(floats(2, 3), (3,)), Call(floats(2, 3), 2, 1), Call(floats(2, 3), ()),
               Call(floats(2, 3), 2, 3), Call(floats(2, 3, 2), [3, 1]), Call(floats(), ()), Call(floats(0, 2), (2,)),
               Call(floats(1, 1), 1), Call(floats(1, 3), 1, 1), Call(floats(2, 0), (2, 1)), Call(floats(2, 1, 3), (1, 1))],
              _summed, SUMS, operations=[], torch="Tensor.sum_to_size",
              errors=[Wrong(RuntimeError, floats(2, 3), 2), Wrong(RuntimeError, floats(2, 3), 1, 2, 3),
                      Wrong(RuntimeError, floats(2, 3), 0), Wrong(TypeError, floats(2, 3))])
    counts = np.array([2, 0, 1])
    yield Row(op.repeat_interleave,
              [Call(floats(2, 3), 2), Call(floats(2, 3), 2, 0), Call(floats(2, 3), counts, 1), Call(floats(3), counts),
               Call(floats(2, 3), counts, -1, output_size=3), Call(floats(2, 3), np.array([2]), 1), Call(floats(2, 3), np.array(2), 0),
               Call(floats(), 3), Call(floats(0), 2), Call(floats(1), 1), Call(floats(2), 0), Call(floats(2, 2, 2), 3, 1),
               Call(counts), Call(floats(3), counts.astype(np.int32), dim=0)],
              lambda x, n=None, dim=None, output_size=None: np.repeat(np.arange(len(x)), x) if n is None else np.repeat(x, n, dim),
              operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), counts, 0), Wrong(RuntimeError, floats(2), -1),
                      Wrong(RuntimeError, floats(2), np.array([-1, 1])), Wrong(RuntimeError, floats(2), np.array([[1, 1]])),
                      Wrong(NotImplementedError, floats(2), np.array([1.0, 1.0])), Wrong(TypeError, floats(2), 0.5),
                      Wrong(TypeError, floats(2), [1, 2]), Wrong(IndexError, floats(2, 3), 2, 2),
                      Wrong(IndexError, floats(), 2, 0), Wrong(RuntimeError, floats(3), counts, output_size=4),
                      Wrong(RuntimeError, floats(3), 2, output_size=4)])
    yield Row(op.meshgrid,
              [Call(floats(2), floats(3), indexing="ij"), Call([floats(2), floats(3)], indexing="xy"),
               Call(floats(2), floats(), indexing="ij"), Call(floats(3), indexing="xy"), Call(floats(0), floats(2), indexing="ij"),
               Call(floats(2), floats(3), floats(1), indexing="xy")],
              lambda *xs, indexing: np.meshgrid(*(xs[0] if isinstance(xs[0], list) else xs), indexing=indexing), operations=[],
              errors=[Wrong(RuntimeError, floats(2), ints(2), indexing="ij"), Wrong(RuntimeError, floats(2, 2), indexing="ij"),
                      Wrong(RuntimeError, floats(2), indexing="ab"), Wrong(RuntimeError, indexing="ij")])
    yield Row(op.cartesian_prod, [Call(floats(2), floats(3)), Call(floats(3)), Call(floats(2), floats(0)),
                                  Call(floats(1), floats(2), floats(2, seed=1))],
              lambda *xs: xs[0] if len(xs) == 1 else np.stack(np.meshgrid(*xs, indexing="ij"), -1).reshape(-1, len(xs)),
              lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 2)), Wrong(RuntimeError, floats()), Wrong(RuntimeError, floats(2), ints(2)),
                      Wrong(RuntimeError)])
    yield Row(op.combinations,
              [Call(floats(4), 3), Call(floats(3)), Call(floats(3), 2, True), Call(floats(3), r=1), Call(floats(3), 0),
               Call(floats(3), 4), Call(floats(0)), Call(floats(1), with_replacement=True)],
              lambda x, r=2, with_replacement=False: np.reshape(list(_choices(with_replacement)(x, r)), (-1, r) if r else (0,)),
              lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 2)), Wrong(RuntimeError, floats(2), -1), Wrong(TypeError, floats(2), 1.5)])
