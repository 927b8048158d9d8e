"""Rows of pooling to a given size: `autograd_core.ops.adaptive`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.op_calls import FLOATS, Array, Better, Call, Row, Wrong, floats, op
from tests.op_table.convolution import every

# fmt: off  # rows are laid out as a table


def in_parts(dims: int, answer: Callable[[Array, Array], Any]) -> Callable[[Array, Any], Array]:
    """What `answer` says of each part: of its elements (…, n) and their places in the image."""
    def pooled(x: Array, size: Any) -> Array:
        sizes = x.shape[-dims:]
        counts = [n if wanted is None else wanted for n, wanted in zip(sizes, every(size, dims), strict=True)]
        out = np.zeros((*x.shape[:-dims], *counts))
        places = np.arange(np.prod(sizes)).reshape(sizes)
        for part in np.ndindex(*counts):
            inside = tuple(slice(i * n // count, -(-(i + 1) * n // count)) for i, n, count in zip(part, sizes, counts, strict=True))
            flat = places[inside].reshape(-1)
            out[(..., *part)] = answer(x[(..., *inside)].reshape(*x.shape[:-dims], flat.size), flat)
        return out
    return pooled


def largest(dims: int) -> Callable[..., Any]:
    values = in_parts(dims, lambda part, places: part.max(-1))
    indices = in_parts(dims, lambda part, places: places[part.argmax(-1)])
    return lambda x, size, return_indices=False: (values(x, size), indices(x, size).astype(int)) if return_indices else values(x, size)


def rows() -> Iterator[Row]:
    averages, maxima = (op.adaptive_avg_pool1d, op.adaptive_avg_pool2d, op.adaptive_avg_pool3d), (
        op.adaptive_max_pool1d, op.adaptive_max_pool2d, op.adaptive_max_pool3d)
    for dims, (average, maximum) in enumerate(zip(averages, maxima, strict=True), 1):
        x = floats(1, 2, *(5, 4, 2)[:dims])
        calls = [Call(x, 2), Call(x[0], 3), Call(x, tuple((4, 3, 1)[:dims])), Call(x, 1), Call(floats(*(1,) * (dims + 2)), 2), Call(floats(0, 1, *(3,) * dims), 2)]
        if dims > 1:
            calls += [Call(x, (None, 3, 2)[:dims])]
        errors = [Wrong(RuntimeError, x, (2,) * (dims + 1)), Wrong(RuntimeError, x, -1), Wrong(TypeError, x, 2.5), Wrong(RuntimeError, x[0, 0], 2),
                  Wrong(RuntimeError, floats(1, 1, *(0,) * dims), 2)]
        empty = [Better(x, 0)]  # there, without a derivative
        yield Row(average, calls + empty, in_parts(dims, lambda part, places: part.mean(-1)), takes=FLOATS, lacks=["0-d"],
                  operations=["_combine"], errors=errors)
        ties = [Call(np.ones((1, 1, *(3,) * dims)), 2, True), Call(np.where(np.arange(3.0) > 1, 0, np.nan) + np.zeros((1, 1, *(3,) * dims)), 2)]
        yield Row(maximum, [*calls, *empty, Call(x, 2, True), Call(x, 1, return_indices=True)], largest(dims), takes=FLOATS, lacks=["0-d"], operations=[],
                  conventions=ties, errors=errors)
