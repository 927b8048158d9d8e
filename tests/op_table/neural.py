"""Rows of affine map, embedding, padding: `autograd_core.ops.neural`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tests.op_calls import (
    DTYPES,
    INT64,
    NO_BOOL,
    Array,
    Call,
    Row,
    Wrong,
    floats,
    ints,
    op,
)

# fmt: off  # rows are laid out as a table


def _padded(x: Array, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Array:
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    x = x[tuple(slice(max(-a, 0), n + min(b, 0)) for (a, b), n in zip(widths, x.shape, strict=True))]
    grown = [(max(a, 0), max(b, 0)) for a, b in widths]
    name: Any = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]
    return np.pad(x, grown, name, **({"constant_values": value} if mode == "constant" else {}))


def rows() -> Iterator[Row]:
    affine = [Call(floats(*x), floats(4, 3, seed=1), *bias) for x in ((2, 3), (3,), (2, 2, 3),
                   (0, 3)) for bias in ((), (floats(4, seed=2),))] + [Call(floats(1, 1), floats(1, 1), floats(1)),
            Call(floats(2, 0), floats(3, 0), floats(3))]
    yield Row(op.linear, affine, lambda x, w, b=0.0: x @ w.T + b, lacks=["0-d"], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(2, 3), floats(4, 2)),
                      Wrong(RuntimeError, floats(2, 3), floats(4, 3), floats(3)),
                      Wrong(RuntimeError, floats(2, 3).astype(np.float32), floats(4, 3)),
                      Wrong(RuntimeError, floats(2, 3), floats(4, 3, 1))])
    forms = floats(2, 3, 2, seed=1)
    yield Row(op.bilinear,
              [Call(floats(4, 3), floats(4, 2), forms, floats(2)), Call(floats(2, 1, 3), floats(2, 1, 2), forms),
               Call(floats(3), floats(2), forms, bias=floats(2)), Call(floats(0, 3), floats(0, 2), forms),
               Call(floats(1), floats(1), floats(1, 1, 1))],
              lambda x, y, w, bias=0.0: np.einsum("...n,onm,...m->...o", x, w, y) + bias, operations=[], lacks=["0-d"], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(2, 3), floats(3, 2), forms), Wrong(RuntimeError, floats(2, 3), floats(2, 3), forms),
                      Wrong(RuntimeError, floats(2, 3), floats(2, 2), forms, floats(3)),
                      Wrong(RuntimeError, floats(2, 3), floats(2, 2), forms.astype(np.float32))])
    padded = [Call(floats(2, 3), (1, 2)), Call(floats(2, 3), (1, 2, 0, 1)), Call(floats(2, 3), (-1, 2), value=1.5),
              Call(floats(0, 3), (1, 1)), Call(floats(1), (0, 0)), Call(floats(2, 3), [0, 1], "constant", 2.0),
              Call(floats(2, 2, 4), (2, 1), "reflect"), Call(floats(2, 2, 3), (2, 1), "replicate"),
              Call(floats(2, 2, 3), (2, 3), "circular"), Call(floats(1, 2, 4), (-1, 2), "circular"), Call(floats(1, 2, 3, 4), (1, 0, 2, 1), mode="reflect"),
              Call(floats(0, 2, 3), (1, 1), "replicate")]
    yield Row(op.pad, padded, _padded, lacks=["0-d"], operations=["_pad_constant"], torch="nn.functional.pad",
              takes=DTYPES,
              errors=[Wrong(RuntimeError, floats(3), (1,)), Wrong(RuntimeError, floats(3), (1, 1, 1, 1)),
                      Wrong(NotImplementedError, floats(2, 3), (1, 1), "wrap"),
                      Wrong(RuntimeError, floats(2, 3), (3, 0), "reflect"),
                      Wrong(NotImplementedError, floats(3), (1, 1), "replicate"),
                      Wrong(NotImplementedError, floats(2, 2, 2, 3), (1, 1), "circular"),
                      Wrong(NotImplementedError, floats(2, 3) > 0, (1, 1), "reflect"),
                      Wrong(RuntimeError, floats(2, 0, 3), (1, 1), "reflect")])
    yield Row(op.constant_pad_nd,
              [Call(floats(2, 3), (1, 2)), Call(floats(2, 3), [-1, 1, 0, 1], 2.5), Call(floats(0, 3), (1, 1)), Call(floats(1), (0, 0))],
              lambda x, pad, value=0: _padded(x, pad, "constant", value), takes=DTYPES, lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(3), (1,)), Wrong(RuntimeError, floats(3), (1, 1, 1, 1)), Wrong(RuntimeError, floats(3), (-2, -2))])
    yield Row(op.one_hot,
              [Call(ints(3), 12), Call(ints(2, 2)), Call(np.array(2), 4), Call(ints(0), 3), Call(np.array([0]), 1)],
              lambda t, n=-1: np.eye(t.max() + 1 if n == -1 else n, dtype=np.int64)[t], INT64, takes=["int64"],
              operations=[],
              errors=[Wrong(RuntimeError, ints(3), 1), Wrong(RuntimeError, ints(0)), Wrong(RuntimeError, ints(3) - 3),
                      Wrong(RuntimeError, ints(3).astype(np.int32))])
