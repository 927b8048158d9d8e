"""Rows of order statistics, covariances, frequencies: `autograd_core.ops.statistics`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy import inf, nan

from tests.op_calls import (
    FLOATING,
    FLOATS,
    INT64,
    NO_BOOL,
    SAME,
    WHOLE,
    Array,
    Call,
    Row,
    Wrong,
    bad_dims,
    bools,
    fixed,
    floats,
    ints,
    op,
    positive,
    reductions,
)

# fmt: off  # rows are laid out as a table

SINGLE = ("float32", "float64")


def _of_lines(choose: Callable[[Array], int]) -> Callable[..., Any]:
    """The values and places that a choice in each line gives, by a loop."""

    def call(x: Array, dim: int, keepdim: bool = False) -> list[Any]:
        lines = np.moveaxis(x.reshape(x.shape or 1), dim, -1)
        places = np.zeros(lines.shape[:-1], np.int64)
        for at in np.ndindex(places.shape):
            places[at] = choose(lines[at])
        values = np.take_along_axis(lines, places[..., None], -1)
        index = np.moveaxis(places[..., None], -1, dim)
        values = np.moveaxis(values, -1, dim)
        return [part.reshape(()) if not x.ndim else part if keepdim else part.squeeze(dim) for part in (values, index)]

    return call


def _place_of_median(line: Array) -> int:
    if np.isnan(line).any():
        return int(np.argmax(np.isnan(line)))
    return int(np.argsort(line, kind="stable")[(len(line) - 1) // 2])


def _place_of_nanmedian(line: Array) -> int:
    known = int((~np.isnan(line)).sum())
    return int(np.argsort(line, kind="stable")[max(known - 1, 0) // 2])


def _middle(place: Callable[[Array], int]) -> Callable[..., Any]:
    def call(x: Array, dim: int | None = None, keepdim: bool = False) -> Any:
        if dim is not None:
            return _of_lines(place)(x, dim, keepdim)
        return x.reshape(-1)[place(x.reshape(-1))] if x.size else nan

    return call


def _kth(x: Array, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    return _of_lines(lambda line: int(np.argsort(line, kind="stable")[k - 1]))(x, dim, keepdim)


def _place_of_mode(line: Array) -> int:
    values, counts = np.unique(line, return_counts=True)
    return int(np.flatnonzero(line == values[np.argmax(counts)])[-1])


def _mode(x: Array, dim: int = -1, keepdim: bool = False) -> Any:
    return _of_lines(_place_of_mode)(x, dim, keepdim)


def _quantile(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Array, q: Any, dim: int | None = None, keepdim: bool = False, interpolation: str = "linear") -> Any:
        if np.isnan(x).all():  # NumPy warns
            return np.asarray(nan)
        return function(x, q, axis=dim if x.ndim else None, keepdims=keepdim and x.ndim > 0, method=interpolation)

    return call


def _cov(x: Array, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    return np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


def _bincount(x: Array, weights: Any = None, minlength: int = 0) -> Any:
    return np.bincount(x, weights, minlength)


def _histc(x: Array, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    return np.histogram(x, bins, None if min == max else (min, max))[0] if x.size else np.zeros(bins)


def _histogram(x: Array, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    return np.histogram(x, bins, (0, 1) if range is None and not x.size and isinstance(bins, int) else range, weights=weight, density=density)


def rows() -> Iterator[Row]:
    one = reductions(several=False, empty=False)
    lines = [call for call in one if len(call.args) > 1 or call.options]
    empty = [Wrong(IndexError, floats(0), 0), Wrong(IndexError, floats(0, 3), 0)]
    nans = [Call(np.array([1.0, nan, 0.5, nan])), Call(np.array([[1.0, nan, 0.5], [2.0, 1.0, 3.0]]), 1), Call(np.array([nan, nan]))]
    ties = [Call(np.array([1.0, 2.0, 2.0, 1.0])), Call(np.array([1.0, 2.0, 2.0, 1.0]), 0), Call(np.array([1.0, 1.0, 2.0, 1.0]), 0)]
    for median, place in ((op.median, _place_of_median), (op.nanmedian, _place_of_nanmedian)):
        yield Row(median, [*one, Call(floats(0)), Call(ints(5)), Call(ints(2, 3), 1)], _middle(place), takes=NO_BOOL,
                  operations=[f"_{median.__name__}", f"_{median.__name__}_along"], conventions=[*ties, *nans],
                  errors=[*bad_dims(2, 3), *empty, Wrong(NotImplementedError, bools(3))])
    kth = [Call(call.args[0], 1, *call.args[1:], **call.options) for call in lines]
    kth += [Call(floats(5), k) for k in (2, 4, 5)] + [Call(floats(2, 3), 2), Call(floats(), 1), Call(ints(5), 3), Call(floats(0, 3), 2)]
    yield Row(op.kthvalue, kth, _kth, takes=NO_BOOL, conventions=[Call(np.array([nan, 1.0, 2.0]), 3)],
              errors=[Wrong(RuntimeError, floats(3), 0), Wrong(RuntimeError, floats(3), 4), Wrong(IndexError, floats(0), 1),
                      Wrong(IndexError, floats(3), 1, 1), Wrong(NotImplementedError, bools(3), 1)])
    yield Row(op.mode, [*lines, Call(floats(3)), Call(floats()), Call(ints(7, high=3)), Call(bools(5))], _mode,
              conventions=[Call(np.array([3.0, 1.0, 3.0, 1.0, 1.0, 3.0, 0.0])), Call(np.array([[1.0, 2.0], [1.0, 3.0]]), 0, True)],
              errors=[*bad_dims(2, 3), *empty])
    shares = [0.0, 0.3, 0.5, 1.0]
    quantiles = [Call(floats(5), q, interpolation=way) for q in shares for way in ("linear", "lower", "higher", "nearest", "midpoint")]
    quantiles += [Call(floats(2, 3), 0.4), Call(floats(2, 3), 0.4, 1), Call(floats(2, 3), 0.4, dim=0, keepdim=True), Call(floats(2, 3), 0.4, keepdim=True),
                  Call(floats(), 0.4), Call(floats(), 0.4, 0), Call(floats(1), 0.4)]
    several = [Call(*args, **options) for q in (fixed([Call(np.array([0.2, 0.7, 1.0]))])[0].args[0], np.array([0.21, 0.73]), np.asarray(0.33))
               for args, options in (((floats(2, 4), q), {}), ((floats(2, 4), q, 1), {}), ((floats(2, 4), q), {"dim": 0, "keepdim": True}),
                                     ((floats(2, 4), q), {"keepdim": True}), ((floats(), q), {}))]
    missing = [Call(np.array([[1.0, nan, 3.0, 5.0], [4.0, 2.0, 8.0, 1.0]]), q, 1) for q in (0.3, np.array([0.1, 0.9]))] + [Call(np.array([nan, nan]), 0.5)]
    for quantile, function in ((op.quantile, np.quantile), (op.nanquantile, np.nanquantile)):
        yield Row(quantile, [*quantiles, *several], _quantile(function), SAME, takes=SINGLE, operations=[], conventions=missing, lacks=["size 0"],
                  errors=[*[Wrong(call.error, *call.args, 0.5, **call.options) for call in bad_dims(2, 3)[:2]], Wrong(RuntimeError, floats(3), 1.5),
                          Wrong(RuntimeError, floats(3), -0.1), Wrong(RuntimeError, floats(3), nan), Wrong(RuntimeError, floats(0), 0.5),
                          Wrong(RuntimeError, floats(3), 0.5, interpolation="cubic"), Wrong(RuntimeError, ints(3), 0.5),
                          Wrong(RuntimeError, floats(3), np.array([[0.5]])), Wrong(RuntimeError, floats(3), np.array([0.5], np.float32))])
    often, weights = ints(4, low=1, seed=1), positive(4)
    yield Row(op.cov,
              [Call(floats(2, 4)), Call(floats(4)), Call(floats(3, 4), correction=0), Call(floats(2, 4), fweights=often), Call(floats(2, 4), aweights=weights),
               Call(floats(2, 4), fweights=often, aweights=weights), Call(floats(2, 4), correction=0, aweights=weights), Call(floats(1, 3)),
               Call(floats(0, 3))], _cov, FLOATING, takes=(*FLOATS, *WHOLE), lacks=["0-d", "size 1"],
              operations=[],
              errors=[Wrong(RuntimeError, floats(1, 2, 3)), Wrong(RuntimeError, bools(3)), Wrong(RuntimeError, floats(2, 4), fweights=weights),
                      Wrong(RuntimeError, floats(2, 4), fweights=often[:3]), Wrong(RuntimeError, floats(2, 4), aweights=-weights),
                      Wrong(RuntimeError, floats(2, 4), aweights=often), Wrong(RuntimeError, floats(2, 4), fweights=often * 0)])
    yield Row(op.corrcoef, [Call(floats(2, 4)), Call(floats(4)), Call(np.sin(9 * floats(3, 5))), Call(np.sin(9 * floats(4, 3)))], np.corrcoef, FLOATING,
              takes=(*FLOATS, *WHOLE), lacks=["0-d", "size 0", "size 1"], operations=[],
              errors=[Wrong(RuntimeError, floats(1, 2, 3)), Wrong(RuntimeError, bools(3)), Wrong(RuntimeError, floats(2, 1, 1))])
    numbers = [Call(ints(7)), Call(ints(3), minlength=9), Call(ints(0)), Call(ints(1)), Call(ints(0), minlength=2)]
    weighted = fixed([Call(ints(7), floats(7)), Call(ints(7), ints(7, seed=1)), Call(ints(3), floats(3), 9)])
    yield Row(op.bincount, numbers, _bincount, INT64, takes=WHOLE, lacks=["0-d"], operations=[], smooth=False, conventions=weighted,
              errors=[Wrong(NotImplementedError, floats(2)), Wrong(RuntimeError, ints(2) - 3), Wrong(RuntimeError, ints(2, 2)), Wrong(RuntimeError, ints(2), floats(3)),
                      Wrong(RuntimeError, ints(2), minlength=-1)])
    parts = [Call(floats(20), 5), Call(floats(20), 5, -1, 1), Call(floats(2, 9), bins=4, min=-3, max=3), Call(floats(0), 3), Call(floats(), 3), Call(floats(1), 3),
             Call(np.array([1.0, nan, 2.0, inf, 3.0]), 4, 0, 3)]
    yield Row(op.histc, parts, _histc, takes=FLOATS, operations=["_histc"], smooth=False,
              errors=[Wrong(RuntimeError, floats(3), 0), Wrong(RuntimeError, floats(3), 3, 2, 1), Wrong(RuntimeError, np.array([1.0, nan])),
                      Wrong(NotImplementedError, ints(3))])
    weighted = fixed([Call(floats(20), 4, weight=positive(20)), Call(floats(20), np.array([-2.0, -0.5, 0.2, 2.0]), weight=positive(20), density=True)])
    bins = fixed([Call(floats(20), 5), Call(floats(20), 5, range=(-1.0, 1.0)), Call(floats(2, 9), np.array([-1.0, 0.0, 0.3, 1.0])), Call(floats(20), 6, density=True),
                  Call(floats(0), 2), Call(floats(), 3), Call(floats(1), 3), Call(np.array([1.0, nan, 2.0]), 3, range=(0.0, 3.0)), Call(np.arange(7.0), 6)])
    yield Row(op.histogram, [*bins, *weighted], _histogram, takes=SINGLE, operations=[], smooth=False,
              errors=[Wrong(RuntimeError, floats(3), 0), Wrong(RuntimeError, floats(3), 3, range=(2.0, 1.0)), Wrong(RuntimeError, np.array([1.0, nan]), 3),
                      Wrong(RuntimeError, floats(3), np.array([1.0])), Wrong(RuntimeError, floats(3), 3, weight=floats(2)), Wrong(NotImplementedError, ints(3), 3),
                      Wrong(TypeError, floats(3), np.array([0.0, 1.0]), range=(0.0, 1.0))])
