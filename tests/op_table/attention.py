"""Rows of attention: `autograd_core.layers.attention` and `autograd_core.ops.attention`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import autograd_core as ag
from tests.op_calls import FLOATS, Array, Better, Call, Fixed, Row, Wrong, bools, floats, ints, not_tensors

# fmt: off  # rows are laid out as a table


def _attention(q: Array, k: Array, v: Array, mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False, *,
               scale: float | None = None, enable_gqa: bool = False) -> Array:
    """A query at a time."""
    assert not dropout_p
    if enable_gqa:
        k, v = (np.repeat(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v))
    batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    q, k, v = (np.broadcast_to(x, batch + x.shape[-2:]) for x in (q, k, v))
    lengths = (q.shape[-2], k.shape[-2])
    if is_causal:
        mask = np.arange(lengths[1]) <= np.arange(lengths[0])[:, None]
    added = np.broadcast_to(np.zeros(()) if mask is None else np.where(mask, 0.0, -np.inf) if mask.dtype == bool else mask,
                            batch + lengths)
    out = np.zeros((*batch, lengths[0], v.shape[-1]))
    for at in np.ndindex(*batch, lengths[0]):
        scores = k[at[:-1]] @ q[at] * (1 / math.sqrt(q.shape[-1]) if scale is None else scale) + added[at]
        if (scores > -np.inf).any():
            weights = np.exp(scores - scores.max())
            out[at] = weights / weights.sum() @ v[at[:-1]]
    return out


def rows() -> Iterator[Row]:
    def qkv(*batch: int, length: int = 2, keys: int = 3, size: int = 2, width: int = 2) -> list[Array]:
        sizes = ((length, size), (keys, size), (keys, width))
        return [floats(*batch, *each, seed=i) for i, each in enumerate(sizes)]

    dead = np.array([[True, False, True], [False, False, False]])
    masked = np.array([[0.0, -np.inf, 0.5], [-np.inf] * 3]).view(Fixed)
    grouped = [floats(4, 1, 1), floats(2, 2, 1, seed=1), floats(2, 2, 1, seed=2)]
    shared = [floats(2, 1, 2), floats(1, 2, 2, seed=1), floats(2, 2, 1, seed=2)]
    yield Row(ag.scaled_dot_product_attention,
              [Call(*qkv()), Better(*qkv(2, 1)), Call(*qkv(), dead), Call(*qkv(), masked), Call(*qkv(), is_causal=True),
               Call(*qkv(2), floats(2, 3, seed=3)), Call(*qkv(width=1), scale=1.5), Call(*grouped, enable_gqa=True),
               Call(*qkv(length=1, keys=1, size=1, width=1)), Call(*qkv(1, length=0)), Call(*shared),
               Call(*[30 * x for x in qkv(2)], bools(2, 1, 3))],
              _attention, takes=FLOATS, lacks=["0-d"], operations=["_attention"],
              errors=[*not_tensors(*qkv()[1:]), Wrong(RuntimeError, *qkv(), dead, is_causal=True),
                      Wrong(RuntimeError, floats(2), floats(2), floats(2)), Wrong(RuntimeError, floats(2, 3), *qkv()[1:]),
                      Wrong(RuntimeError, *qkv()[:2], floats(2, 2)), Wrong(RuntimeError, *qkv(), floats(2, 2)),
                      Wrong(RuntimeError, *qkv(), ints(2, 3)), Wrong(RuntimeError, *qkv(), dropout_p=1.5),
                      Wrong(RuntimeError, qkv()[0].astype(np.float32), *qkv()[1:]),
                      Wrong(RuntimeError, floats(3, 1, 1), *grouped[1:], enable_gqa=True),
                      Wrong(IndexError, *qkv(), enable_gqa=True), Wrong(TypeError, *qkv(), None, 0.0, False, 1.0)])
