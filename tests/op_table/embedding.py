"""Rows of tables of vectors: `autograd_core.ops.embedding`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import DTYPES, FLOATS, Array, Better, Call, Row, Wrong, floats, ints, op

# fmt: off  # rows are laid out as a table


def _bag(
    rows: Array, table: Array, offsets: Any = None, mode: str = "mean", per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None, **options: Any,
) -> Array:
    if rows.ndim == 2:
        offsets, rows = np.arange(len(rows)) * rows.shape[1], rows.reshape(-1)
    elif include_last_offset:
        offsets, rows = offsets[:-1], rows[: offsets[-1]]
    scale = np.ones(len(rows)) if per_sample_weights is None else per_sample_weights.reshape(-1)
    out = np.zeros((len(offsets), table.shape[1]))
    for bag, (start, stop) in enumerate(zip(offsets, [*offsets[1:], len(rows)], strict=True)):
        members = [i for i in range(start, stop) if padding_idx is None or rows[i] != padding_idx % len(table)]
        if members:
            vectors = table[rows[members]] * scale[members, None]
            out[bag] = {"sum": vectors.sum(0), "mean": vectors.mean(0), "max": vectors.max(0)}[mode]
    return out


def rows() -> Iterator[Row]:
    table = floats(4, 2)
    yield Row(op.embedding,
              [Call(np.array([1, 1, 3]), table), Call(np.array(3), table), Better(np.zeros(0, np.int64), table),
               Call(np.array([0]), table), Call(np.array([3, 1, 1]), table, padding_idx=2), Call(np.array([[0, 2]], np.int32), table),
               Call(ints(2, 2, 3, high=4), table), Call(np.array([1]), floats(2, 1))],
              lambda i, w, padding_idx=None, scale_grad_by_freq=False: w[i],
              conventions=[Call(np.array([[0, 2], [2, 2]]), table, 2), Call(np.array([0, 3]), table, padding_idx=-1),
                           Better(np.array([1, 2, 1, 1, 0]), table, scale_grad_by_freq=True),  # PyTorch's second derivative is not scaled
                           Better(np.array([1, 2, 1, 1, 0]), table, 0, scale_grad_by_freq=True)],
              operations=["_embedding"], takes=DTYPES,
              errors=[Wrong(IndexError, np.array([4]), table), Wrong(IndexError, np.array([-1]), table),
                      Wrong(RuntimeError, floats(2), table), Wrong(RuntimeError, np.array([0]), floats(4)),
                      Wrong(AssertionError, np.array([0]), table, 4), Wrong(AssertionError, np.array([0]), table, -5),
                      Wrong(RuntimeError, np.array([0], np.uint8), table), Wrong(RuntimeError, np.array([0], np.int16), table),
                      Wrong(RuntimeError, np.array([0]), ints(4, 2), max_norm=1.0)])
    numbers, starts = np.array([1, 2, 0, 3, 1]), np.array([0, 2, 2])
    bags = [Call(numbers, table, starts, mode=mode) for mode in ("sum", "mean", "max")]
    bags += [Call(ints(3, 4, high=4), table, mode=mode, padding_idx=padding) for mode in ("sum", "mean", "max") for padding in (None, -3)]
    bags += [Call(numbers, table, np.array([0, 2, 5]), mode=mode, include_last_offset=True) for mode in ("sum", "mean", "max")]
    bags += [Call(numbers, table, starts, mode="sum", per_sample_weights=floats(5, seed=3)),
             Call(numbers, table, starts, mode="sum", per_sample_weights=floats(5, seed=3), padding_idx=1),
             Call(numbers.reshape(1, 5), table, mode="sum", per_sample_weights=floats(1, 5, seed=3)),
             Call(numbers[:0], table, starts * 0), Call(numbers[:0], table, starts * 0, mode="max"), Call(np.array([3]), floats(4, 1), np.array([0])),
             Call(np.array([[2]], np.int32), table), Call(numbers, table, np.array([0]), mode="max")]
    bad = (numbers, table, starts)
    yield Row(op.embedding_bag, bags, _bag, lacks=["0-d"], takes=FLOATS, operations=[], torch_twice=False,
              errors=[Wrong(ValueError, *bad, mode="min"), Wrong(ValueError, *bad, mode="max", scale_grad_by_freq=True),
                      Wrong(ValueError, *bad, mode="max", sparse=True), Wrong(ValueError, numbers, table), Wrong(ValueError, numbers, table[0], starts),
                      Wrong(ValueError, numbers, table, starts[None]), Wrong(ValueError, numbers[None], table, starts), Wrong(ValueError, np.array(1), table, starts),
                      Wrong(ValueError, *bad, mode="sum", per_sample_weights=floats(2)), Wrong(NotImplementedError, *bad, per_sample_weights=floats(5)),
                      Wrong(RuntimeError, *bad, mode="sum", per_sample_weights=floats(5).astype(np.float32)), Wrong(RuntimeError, numbers, table, starts + 1),
                      Wrong(RuntimeError, numbers, table, np.array([0, 6])), Wrong(RuntimeError, numbers + 4, table, starts), Wrong(RuntimeError, numbers - 2, table, starts),
                      Wrong(RuntimeError, *bad, padding_idx=4), Wrong(RuntimeError, numbers, ints(4, 2), starts), Wrong(RuntimeError, numbers, table, floats(3))])
