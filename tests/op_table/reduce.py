"""Rows of reductions: `autograd_core.ops.reduce`."""

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
    SUMS,
    Array,
    Call,
    Row,
    Wrong,
    bad_dims,
    bad_shapes,
    bools,
    floats,
    ints,
    op,
    pairs,
    reductions,
)

# fmt: off  # rows are laid out as a table


def over(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction of NumPy's with PyTorch's argument names."""

    def call(x: Array, dim: Any = None, keepdim: bool = False, **options: Any) -> Any:
        axis = tuple(dim) or None if isinstance(dim, tuple | list) else dim
        return function(x, axis=axis if x.ndim else None, keepdims=keepdim and x.ndim > 0, **options)

    return call


def _extremum(largest: Callable[..., Any], where: Callable[..., Any], of_two: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Array, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, np.ndarray):
            return of_two(x, dim)
        if dim is None:
            return largest(x)
        axis = dim if x.ndim else None
        return [function(x, axis=axis, keepdims=keepdim and x.ndim > 0) for function in (largest, where)]

    return call


def _with_nan(x: Array) -> Array:
    return np.where(np.arange(x.size).reshape(x.shape) % 3 == 1, nan, x)


def _nanmean(x: Array, axis: Any = None, keepdims: bool = False) -> Any:
    known = ~np.isnan(x)
    with np.errstate(all="ignore"):
        return np.where(known, x, 0).sum(axis=axis, keepdims=keepdims) / known.sum(axis=axis, keepdims=keepdims)


def rows() -> Iterator[Row]:
    yield Row(op.sum, [*reductions(), Call(ints(2, 3), dtype=np.dtype(np.float64)), Call(floats(2, 3), ())],
              over(np.sum), SUMS, errors=bad_dims(2, 3))
    averages = [call for call in reductions() if call.args[0].size or call.args[0].shape == (0, 3)]
    yield Row(op.mean, [*averages, Call(ints(3), dtype=np.dtype(np.float64))], over(np.mean), takes=FLOATS,
              errors=[*bad_dims(2, 3), Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, bools(3))])
    spreads = [Call(floats(2, 3), 1), Call(floats(2, 3)), Call(floats(2, 3, 2), (0, 2), keepdim=True),
               Call(floats(0, 3), 1), Call(floats(3), dim=0, correction=0), Call(floats(2, 3), unbiased=False),
               Call(floats(), correction=0), Call(floats(1), correction=0)]
    no_floats = [*bad_dims(2, 3), Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, bools(3))]
    def with_ddof(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, dim=None, unbiased=None, keepdim=False, correction=1: over(function)(
            x, dim, keepdim, ddof=0 if unbiased is False else correction
        )
    yield Row(op.var, spreads, with_ddof(np.var), takes=FLOATS, errors=no_floats)
    at_0 = [call for call in spreads if call.args[0].size == 1]
    yield Row(op.std, [call for call in spreads if call not in at_0], with_ddof(np.std), takes=FLOATS, conventions=at_0,
              errors=no_floats)
    with_mean: Callable[[Any], Any] = lambda spread: lambda *args, **options: [
        with_ddof(spread)(*args, **options),
        over(np.mean)(*args[:2], **{name: value for name, value in options.items() if name in ("dim", "keepdim")})]
    yield Row(op.var_mean, spreads, with_mean(np.var), takes=FLOATS, operations=[], errors=no_floats)
    yield Row(op.std_mean, [call for call in spreads if call not in at_0], with_mean(np.std), takes=FLOATS, operations=[],
              conventions=at_0, errors=no_floats)
    some_nan = [call.changed(_with_nan) for call in reductions()] + [Call(np.array([nan, nan])), Call(np.array([[nan, 1.0], [nan, nan]]), 1)]
    yield Row(op.nansum, [*reductions(), Call(ints(2, 3), dtype=np.dtype(np.float64)), Call(ints(2, 3), 0), Call(floats(2, 3), ())],
              over(np.nansum), SUMS, conventions=some_nan, errors=[*bad_dims(2, 3), Wrong(RuntimeError, np.array([1j]))])
    yield Row(op.nanmean, averages, over(_nanmean), takes=FLOATS, operations=[], conventions=[call for call in some_nan if call.args[0].size],
              errors=[*bad_dims(2, 3), Wrong(RuntimeError, ints(3)), Wrong(RuntimeError, bools(3))])
    yield Row(op.count_nonzero,
              [Call(ints(2, 3)), Call(ints(2, 3), 0), Call(ints(2, 3), dim=(0, 1)), Call(ints(2, 3), ()), Call(floats(2, 3, 2), (0, -1)), Call(floats()),
               Call(floats(), 0), Call(floats(0)), Call(floats(0, 2), 0), Call(floats(1)), Call(np.array([nan, 0.0, -0.0])), Call(bools(4))],
              over(np.count_nonzero), INT64, errors=[*bad_dims(2, 3), Wrong(RuntimeError, floats(2, 3), (0, 0))])
    yield Row(op.prod,
              [*reductions(several=False), Call(np.array([2.0, 0.0, 3.0])), Call(np.array([0.0, 0.0, 3.0]), 0)],
              over(np.prod), SUMS, errors=bad_dims(2, 3))
    yield Row(op.logsumexp, reductions(dim_first=True, empty=False),
              over(lambda x, **axes: np.log(np.exp(x).sum(**axes))), FLOATING, kinks=[(-inf, nan)],
              kink_options={"dim": 0}, errors=bad_dims(2, 3))
    empty = [Wrong(IndexError, floats(0), 0), Wrong(IndexError, floats(0, 3), 0), Wrong(RuntimeError, floats(0))]
    some = reductions(empty=False)
    yield Row(op.amax, some, over(np.max), errors=[*bad_dims(2, 3), *empty])
    yield Row(op.amin, some, over(np.min), errors=[*bad_dims(2, 3), *empty])
    one = reductions(several=False, empty=False)
    by_name = [Call(call.args[0], dim=call.args[1]) if len(call.args) > 1 else call for call in one]
    yield Row(op.aminmax, by_name, lambda x, **axes: [over(np.min)(x, **axes), over(np.max)(x, **axes)], operations=[],
              conventions=[Call(np.array([2.0, 1.0, 2.0, 1.0])), Call(np.array([nan, 1.0]), dim=0)],
              errors=[*bad_dims(2, 3), Wrong(RuntimeError, floats(0)), Wrong(IndexError, floats(0, 3), dim=0), Wrong(TypeError, floats(3), 0)])
    yield Row(op.argmax, one, over(np.argmax), INT64, takes=NO_BOOL,
              errors=[*bad_dims(2, 3), *empty[:2], Wrong(IndexError, floats(0))])
    yield Row(op.argmin, one, over(np.argmin), INT64, takes=NO_BOOL,
              errors=[*bad_dims(2, 3), *empty[:2], Wrong(IndexError, floats(0))])
    yield Row(op.max, [*one, *pairs()], _extremum(np.max, np.argmax, np.maximum), operations=["_max", "_largest"],
              errors=[*bad_dims(2, 3)[:2], *empty, bad_shapes()])
    yield Row(op.min, [*one, *pairs()], _extremum(np.min, np.argmin, np.minimum), operations=["_min", "_smallest"],
              errors=[*bad_dims(2, 3)[:2], *empty, bad_shapes()])
    truths = [call.changed(lambda x: np.asarray(x * (x > 0))) for call in reductions()]
    truth: Callable[[str], str] = lambda dtype: "uint8" if dtype == "uint8" else "bool"
    yield Row(op.any, truths, over(np.any), truth, errors=bad_dims(2, 3))
    yield Row(op.all, truths, over(np.all), truth, errors=bad_dims(2, 3))
