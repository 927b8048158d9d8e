"""Rows of normalisation: `autograd_core.ops.normalisation`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.op_calls import FLOATS, Array, Better, Call, Fixed, Row, Wrong, floats, op, positive

# fmt: off  # rows are laid out as a table


def standard(x: Array, axes: tuple[int, ...], eps: float = 1e-5) -> Array:
    with np.errstate(all="ignore"):
        return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps) if x.size else x


def affine(x: Array, weight: Array | None, bias: Array | None) -> Array:
    shape = (-1, *(1,) * (x.ndim - 2))
    x = x if weight is None else x * weight.reshape(shape)
    return x if bias is None else x + bias.reshape(shape)


def _layer(x: Array, shape: Any, weight: Any = 1.0, bias: Any = 0.0, eps: float = 1e-5) -> Array:
    return standard(x, tuple(range(-len(shape), 0)), eps) * (1 if weight is None else weight) + (0 if bias is None else bias)


def _rms(x: Array, shape: Any, weight: Any = 1.0, eps: float | None = None) -> Array:
    square = (x * x).mean(tuple(range(-len(shape), 0)), keepdims=True) if x.size else x
    return x / np.sqrt(square + (np.finfo(x.dtype).eps if eps is None else eps)) * weight


def _group(x: Array, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Array:
    grouped = x.reshape(len(x), groups, x.shape[1] // groups, *x.shape[2:])
    return affine(standard(grouped, tuple(range(2, grouped.ndim)), eps).reshape(x.shape), weight, bias)


def _by_channel(x: Array, weight: Any, bias: Any, mean: Any, var: Any, training: bool, momentum: float, eps: float, cudnn: bool,
                axes: tuple[int, ...] | None = None) -> Array:
    shape = (-1, *(1,) * (x.ndim - 2))
    axes = (0, *range(2, x.ndim)) if axes is None else axes
    out = standard(x, axes, eps) if training else (x - mean.reshape(shape)) / np.sqrt(var.reshape(shape) + eps)
    return affine(out, weight, bias)


def _by_instance(x: Array, *args: Any) -> Array:
    return _by_channel(x, *args, axes=tuple(range(2, x.ndim)))


def _response(x: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    squares, channels = np.zeros_like(x), x.shape[1]
    for c in range(channels):
        squares[:, c] = (x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1] ** 2).sum(1)
    return x / (k + alpha * squares / size) ** beta


def rows() -> Iterator[Row]:
    w, b = positive(3, seed=1), floats(3, seed=2)
    x = floats(2, 3)
    layers = [Call(x, (3,), w, b), Call(x, [3]), Call(floats(2, 2, 3), (2, 3)), Call(x, (2, 3), positive(2, 3, seed=1), None, 0.1), Call(floats(1, 1), (1,)),
              Call(floats(0, 3), (3,), w), Better(x, (3,), None, b), Call(floats(3), (3,))]
    shapes = [Wrong(RuntimeError, x, (2,)), Wrong(RuntimeError, x, ()), Wrong(TypeError, x, 3), Wrong(RuntimeError, x, (3,), w[:2])]
    yield Row(op.layer_norm, layers, _layer, takes=FLOATS, lacks=["0-d"], operations=["_standardise"],
              errors=[*shapes, Wrong(RuntimeError, x, (3,), w.astype(np.float32)), Wrong(RuntimeError, x, (1, 2, 3))])
    yield Row(op.rms_norm,
              [Call(x, (3,), w), Call(x, [3]), Call(floats(2, 2, 3), (2, 3), eps=0.1), Call(floats(1, 1), (1,), None, 0.5), Call(floats(0, 3), (3,), w)],
              lambda x, shape, weight=None, eps=None: _rms(x, shape, 1.0 if weight is None else weight, eps), takes=FLOATS, lacks=["0-d"], operations=["_standardise"],
              errors=[*shapes, Wrong(ValueError, x, (1, 2, 3))])
    yield Row(op.group_norm,
              [Call(floats(2, 4), 2, positive(4, seed=1), floats(4, seed=2)), Call(floats(2, 4, 2), 2), Call(floats(1, 2, 2, 2), 1, eps=0.1), Call(floats(1, 4, 2), 4),
               Call(floats(2, 1, 1), 1), Call(floats(1, 1, 1), 1), Call(floats(0, 4, 2), 2)],
              _group, takes=FLOATS, lacks=["0-d"], operations=[], torch="_C._VariableFunctions.group_norm",  # without a check of nn.functional
              errors=[Wrong(RuntimeError, floats(2, 4), 3), Wrong(RuntimeError, floats(2, 4), -1), Wrong(RuntimeError, floats(2, 4), 2, w), Wrong(IndexError, floats(4), 2)])
    mean, var = floats(3, seed=3).view(Fixed), positive(3, seed=4).view(Fixed)
    rest = (0.1, 1e-5, True)
    batches = [Call(x, w, b, None, None, True, *rest), Call(floats(2, 3, 2), None, None, None, None, True, *rest), Call(floats(2, 2, 1, 2), None, None, None, None, True, 0.1, 0.5, True),
               Call(x, w, b, mean, var, False, *rest), Better(floats(1, 3, 2), None, b, mean, var, False, 0.1, 0.1, True), Call(floats(0, 3), w, b, mean, var, False, *rest),
               Call(floats(1, 1), None, None, mean[:1], var[:1], False, *rest)]
    yield Row(op.batch_norm, batches, _by_channel, takes=FLOATS, lacks=["0-d"], operations=["_standardise"], torch="_C._VariableFunctions.batch_norm",
              errors=[Wrong(RuntimeError, x, w, b, None, None, False, *rest), Wrong(RuntimeError, x, w[:2], b, None, None, True, *rest),
                      Wrong(RuntimeError, x, w, b, mean, None, False, *rest), Wrong(RuntimeError, x, w.astype(np.float32), b, None, None, True, *rest),
                      Wrong(IndexError, floats(3), None, None, None, None, True, *rest)])
    y = floats(2, 3, 2)
    yield Row(op.instance_norm,
              [Call(y, w, b, None, None, True, *rest), Call(floats(1, 1, 2, 2), None, None, None, None, True, 0.1, 0.5, True), Call(y, w, b, mean, var, False, *rest),
               Call(floats(0, 3, 2), None, None, None, None, True, *rest), Call(floats(1, 1, 1), None, None, mean[:1], var[:1], False, *rest)],
              _by_instance, takes=FLOATS, lacks=["0-d"], operations=[], torch="_C._VariableFunctions.instance_norm",
              errors=[Wrong(RuntimeError, y, w, b, None, None, False, *rest), Wrong(RuntimeError, y, w[:2], b, None, None, True, *rest),
                      Wrong(ValueError, y, w, b, mean, None, True, *rest)])
    yield Row(op.local_response_norm,
              [Call(y, 2, 0.5), Call(floats(1, 4, 1, 2), 3, alpha=1.0, beta=0.5, k=0.2), Call(floats(1, 1, 1), 1), Call(floats(2, 3, 0), 2), Call(floats(1, 2, 1, 2, 1), 4, 1.0)],
              _response, takes=[*FLOATS, "int64"], dtype=lambda dtype: dtype if dtype in FLOATS else "float32", lacks=["0-d"], operations=[],
              errors=[Wrong(ValueError, x, 2), Wrong(RuntimeError, y, 0), Wrong(TypeError, y, 2.0)])
    yield Row(op.normalize,
              [Call(x), Call(y, 1, 2), Call(x, 3.0, 0), Call(floats(3), dim=0), Call(floats(), dim=0), Call(x, dim=(0, 1)), Call(floats(1), 2, 0), Call(floats(0, 2)), Call(x, np.inf)],
              lambda x, p=2.0, dim=1, eps=1e-12: x / np.maximum(np.abs(x).max(dim, keepdims=True) if p == np.inf and x.size else (np.abs(x) ** p).sum(
                  dim if x.ndim else None, keepdims=True) ** (1 / p), eps), takes=FLOATS, operations=[], conventions=[Call(np.zeros((2, 3)), eps=0.5)],
              errors=[Wrong(IndexError, floats(3)), Wrong(IndexError, x, dim=2), Wrong(TypeError, x, dim="a")])
