"""Rows of similarities and distances of vectors: `autograd_core.ops.similarity`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import (
    FLOATING,
    FLOATS,
    NO_BOOL,
    Array,
    Call,
    Row,
    Wrong,
    bools,
    floats,
    ints,
    op,
)

# fmt: off  # rows are laid out as a table


def others(*size: int, seed: int = 3) -> Array:
    """Numbers that are none of `floats`, whatever its seed."""
    return floats(*size, low=-1.3, high=2.6, seed=seed)


PAIRS_OF_ROWS = [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((4, 2, 3), (2, 3)), ((3,), (2, 3)), ((2, 1), (2, 4)), ((0, 3), (3,))]


def cosine(x: Array, y: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    x, y = np.broadcast_arrays(x, y)
    if not x.ndim:
        return np.asarray(np.sign(x * y))
    product = (x * y).sum(axis=dim)
    return product / (np.maximum(np.linalg.norm(x, axis=dim), eps) * np.maximum(np.linalg.norm(y, axis=dim), eps))


def distance(x: Array, y: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    d = np.abs(x - y + eps)
    if not d.ndim:
        return d
    return d.max(axis=-1, keepdims=keepdim) if p == np.inf else (d**p).sum(axis=-1, keepdims=keepdim) ** (1 / p)


def rows() -> Iterator[Row]:
    yield Row(op.cosine_similarity,
              [*[Call(floats(*m), others(*n), dim=-1) for m, n in PAIRS_OF_ROWS], Call(floats(2, 3), others(2, 3)),
               Call(floats(2, 3), others(2, 3), 0), Call(floats(2, 3, 2), others(2, 3, 2), eps=1e-3),
               Call(floats(3), others(3), 0), Call(floats(1), others(1), 0), Call(floats(), others(), 0)],
              cosine, takes=FLOATS, operations=["_at_least"],
              conventions=[Call(np.zeros(3), floats(3), 0), Call(floats(2, 2), np.zeros((2, 2)), eps=1e-3)],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(2, 4)), Wrong(IndexError, floats(2), floats(2)),
                      Wrong(RuntimeError, ints(2, 3), ints(2, 3)), Wrong(IndexError, floats(2, 3), floats(3), -3)])
    yield Row(op.pairwise_distance,
              [*[Call(floats(*m), others(*n)) for m, n in PAIRS_OF_ROWS],
               *[Call(floats(2, 3), others(2, 3), p, keepdim=True) for p in (1, 3.0, np.inf, 1.5)],
               Call(floats(2, 3), others(2, 3), 2, 0.1), Call(floats(1), others(1)), Call(floats(), others())],
              distance, FLOATING, NO_BOOL, operations=[],
              conventions=[Call(floats(2, 3), floats(2, 3), eps=0.0), Call(floats(3), floats(3), 1.0, 0.0)],
              errors=[Wrong(RuntimeError, floats(2, 3), floats(2, 4)), Wrong(RuntimeError, bools(2), bools(2)),
                      Wrong(TypeError, floats(2))])
