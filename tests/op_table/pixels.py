"""Rows of channels of images rearranged: `autograd_core.ops.pixels`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import Array, Better, Call, Row, Wrong, floats, op

# fmt: off  # rows are laid out as a table


def _shuffled(x: Array, r: int) -> Array:
    *rest, channels, height, width = x.shape
    c = channels // (r * r)
    return np.einsum("...cijhw->...chiwj", x.reshape(*rest, c, r, r, height, width)).reshape(*rest, c, height * r, width * r)


def _unshuffled(x: Array, r: int) -> Array:
    *rest, c, height, width = x.shape
    split = x.reshape(*rest, c, height // r, r, width // r, r)
    return np.einsum("...chiwj->...cijhw", split).reshape(*rest, c * r * r, height // r, width // r)


def _regrouped(x: Array, groups: int) -> Array:
    n, channels, *rest = x.shape
    return x.reshape(n, groups, channels // groups, *rest).swapaxes(1, 2).reshape(x.shape)


def rows() -> Iterator[Row]:
    yield Row(op.pixel_shuffle,
              [Call(floats(4, 2, 3), 2), Call(floats(2, 4, 1, 2), 2), Call(floats(9, 1, 1), 3), Call(floats(3, 2, 2), 1),
               Better(floats(0, 4, 2, 1), 2), Better(floats(1, 0, 2, 1), 2), Call(floats(1, 1, 1), 1), Call(floats(2, 1, 8, 1, 2), 2)],
              _shuffled, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(4, 2), 2), Wrong(RuntimeError, floats(4, 2, 2), 3), Wrong(RuntimeError, floats(4, 2, 2), 0),
                      Wrong(TypeError, floats(4, 2, 2), 1.0)])
    yield Row(op.pixel_unshuffle,
              [Call(floats(1, 2, 4), 2), Call(floats(2, 3, 3), 3), Call(floats(2, 1, 2, 2), 2), Call(floats(3, 2, 2), 1),
               Call(floats(1, 1, 1), 1)], _unshuffled, lacks=["0-d", "size 0"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 4), 2), Wrong(RuntimeError, floats(1, 2, 4), 3), Wrong(RuntimeError, floats(1, 2, 4), 0),
                      Wrong(TypeError, floats(4, 2, 2), 1.0)])
    yield Row(op.channel_shuffle,
              [Call(floats(1, 4, 2), 2), Call(floats(2, 6, 2, 1), 3), Call(floats(1, 4, 1), 4), Call(floats(2, 3, 2), 1), Call(floats(0, 4, 2), 2),
               Call(floats(1, 1, 1), 1)], _regrouped, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(4, 2), 2), Wrong(RuntimeError, floats(1, 4, 2), 3), Wrong(RuntimeError, floats(1, 4, 2), 0)])
