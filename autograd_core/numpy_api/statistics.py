"""NumPy's reductions, running sums, differences and statistics, on Tensors that require grad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import one_dim, some_dims
from ..ops import cumulative, elementwise, joining, logic, norms, reduce, scatter, shape, statistics
from ..primitive import wrap
from .operands import MISSING, refuse
from .operands import arrays as arrays_of
from .operands import tensor as as_tensor
from .shapes import places

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tensor import Tensor


def _kept(keepdims: Any) -> bool:
    return keepdims is not MISSING and bool(keepdims)


# ---------------------------------------------------------------- sums, products, extrema


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False, **rest: Any) -> Any:
        refuse(rest)
        a = as_tensor(a)
        return function(a if dtype is None else a.to(np.dtype(dtype)), axis, _kept(keepdims))

    return call


def _product(a: Tensor, axis: Any, keepdims: bool) -> Any:
    for each in sorted(
        some_dims("np.prod", tuple(range(a.ndim)) if axis is None else axis, a.ndim) or (), reverse=True
    ):
        a = reduce.prod(a, each, keepdims)
    return a


def _extremum(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **rest: Any) -> Any:
        refuse({"out": out, **rest})
        return function(a, () if axis is None else axis, _kept(keepdims))

    return call


def _spread(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = False,
        **rest: Any,
    ) -> Any:
        refuse({"dtype": dtype, "out": out, **rest})
        return function(a, axis, keepdim=_kept(keepdims), correction=ddof)

    return call


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        refuse({"out": out})
        return function(a.reshape(-1) if axis is None else a, 0 if axis is None else axis, dtype=dtype)

    return call


def _cumulative(function: Callable[..., Any], start: int) -> Callable[..., Any]:
    """`cumulative_sum` and `cumulative_prod`: as `cumsum`, perhaps with what they start from."""

    def call(x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False) -> Any:
        refuse({"out": out})
        if axis is None and x.ndim > 1:
            raise ValueError(f"np.cumulative_{function.__name__[3:]}: axis must be given for {x.ndim} dimensions")
        dim = axis or 0
        result = function(x, dim, dtype=dtype)
        if include_initial:
            first = [1 if i == dim % x.ndim else n for i, n in enumerate(x.shape)]
            result = joining.cat([wrap(np.full(first, start, result.dtype)), result], dim)
        return result

    return call


def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    refuse({"out": out})
    axes = () if axis is None else axis
    return elementwise.minus(reduce.amax(a, axes, _kept(keepdims)), reduce.amin(a, axes, _kept(keepdims)))


def _along_axis(weights: Tensor, shape_: tuple[int, ...], axis: tuple[int, ...]) -> Tensor:
    """Weights of the shape of some axes, in their order, as weights of a whole array."""
    axes = [one_dim("np.average", each, len(shape_)) for each in axis]
    if weights.array.shape != tuple(shape_[each] for each in axes):
        raise TypeError(
            f"np.average: weights {weights.array.shape} must have the shape of a, {shape_}, or of its axis {axis}"
        )
    ordered = shape.permute(weights, np.argsort(axes).tolist())
    return ordered.reshape([n if i in axes else 1 for i, n in enumerate(shape_)]).broadcast_to(shape_)


def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    a, keep = as_tensor(a), _kept(keepdims)
    if weights is None:
        average = reduce.mean(a, axis, keep)
        total = wrap(np.full(average.array.shape, a.array.size / max(average.array.size, 1), average.array.dtype))
    else:
        weights = as_tensor(weights)
        if weights.array.shape != a.array.shape:
            weights = _along_axis(
                weights, a.array.shape, () if axis is None else axis if isinstance(axis, tuple) else (axis,)
            )
        total = reduce.sum(weights, axis, keep)
        if (total.array == 0).any():
            raise ZeroDivisionError("np.average: weights sum to zero, and cannot be normalized")
        average = elementwise.true_divide(reduce.sum(elementwise.mul(a, weights), axis, keep), total)
    return (average, total.to(average.dtype)) if returned else average


# ---------------------------------------------------------------- without NaN


def _filled(function: Callable[..., Any], value: float) -> Callable[..., Any]:
    """A function of the tensor with a value in place of NaN."""
    return lambda a, *args, **options: function(elementwise.where(logic.isnan(a), value, a), *args, **options)


def _known_extremum(function: Callable[..., Any], least: float) -> Callable[..., Any]:
    def call(a: Any, axis: Any, keepdims: bool) -> Any:
        missing = logic.isnan(a)
        nothing = logic.logical_not(logic.logical_not(missing).any(dim=None if axis == () else axis, keepdim=keepdims))
        return elementwise.where(nothing, np.nan, function(elementwise.where(missing, least, a), axis, keepdims))

    return _extremum(call)


def _known_deviations(a: Any, axis: Any, keepdim: bool, correction: float) -> tuple[Any, Any]:
    """Deviations from the mean, 0 for NaN, and what their squares are divided by (NaN where there are too few)."""
    missing = logic.isnan(a)
    number = reduce.sum(logic.logical_not(missing), axis, keepdim) - correction
    deviations = elementwise.where(missing, 0.0, a - reduce.nanmean(a, axis, True))
    return deviations, elementwise.where(number > 0, number, np.nan).to(a.dtype)


def _nanvar(a: Any, axis: Any, keepdim: bool, correction: float) -> Any:
    deviations, freedom = _known_deviations(a, axis, keepdim, correction)
    return reduce.sum(deviations * deviations, axis, keepdim) / freedom


def _nanstd(a: Any, axis: Any, keepdim: bool, correction: float) -> Any:
    deviations, freedom = _known_deviations(a, axis, keepdim, correction)
    return norms.vector_norm(deviations, 2, axis, keepdim) / freedom**0.5  # the derivative of the norm at 0 is 0


# ---------------------------------------------------------------- order statistics


def _lines(a: Tensor, axis: Any) -> tuple[Tensor, list[int]]:
    """The tensor with the axes joined to a last dimension, and the sizes that a reduction keeps there."""
    dims = some_dims("np.quantile", tuple(range(a.ndim)) if axis is None else axis, a.ndim) or ()
    others = [i for i in range(a.ndim) if i not in dims]
    lines = shape.permute(a, (*others, *dims)).reshape([a.array.shape[i] for i in others] + [-1])
    return lines, [1 if i in dims else n for i, n in enumerate(a.array.shape)]


_METHODS = ("linear", "lower", "higher", "nearest", "midpoint")


def _quantiles(hundred: float, leave_out_nan: bool) -> Callable[..., Any]:
    """`quantile`, or `percentile` with q of a hundred."""

    def call(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: Any = None,
        interpolation: Any = None,
    ) -> Any:
        refuse(
            {"out": out, "overwrite_input": overwrite_input, "weights": weights, "interpolation": interpolation},
            overwrite_input=False,
        )
        if method not in _METHODS:
            raise TypeError(
                f"the method {method!r} of a quantile cannot keep the graph; use one of {', '.join(_METHODS)}"
            )
        a, q = as_tensor(a), as_tensor(q)
        q = (q if q.array.dtype.kind == "f" else q.to(np.dtype(np.float64))) / hundred
        if not ((q.array >= 0) & (q.array <= 1)).all():
            raise ValueError(f"Quantiles must be in the range [0, {hundred:g}], got {(q.array * hundred).tolist()}")
        a = a if a.array.dtype.kind == "f" else a.to(q.dtype)
        lines, kept = _lines(a, axis)
        found = statistics._quantiles(lines, q.reshape(-1).to(a.dtype), method, leave_out_nan)
        return found.reshape([*q.array.shape, *(kept if _kept(keepdims) else lines.array.shape[:-1])])

    return call


def _median(leave_out_nan: bool) -> Callable[..., Any]:
    quantile = _quantiles(1.0, leave_out_nan)
    return lambda a, axis=None, out=None, overwrite_input=False, keepdims=False: quantile(
        a, 0.5, axis, out, overwrite_input, "midpoint", keepdims
    )


# ---------------------------------------------------------------- covariances


def _variables(m: Any, rowvar: bool) -> Any:
    m = as_tensor(m)
    if m.ndim > 2:
        raise ValueError(f"np.cov: at most two dimensions, got shape {tuple(m.shape)}")
    return m.reshape(1, -1) if m.ndim < 2 else m if rowvar or m.array.shape[0] == 1 else m.t()


def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    x = _variables(m, rowvar)
    if y is not None:
        x = joining.cat([x, _variables(y, rowvar)], 0)
    x = x if dtype is None else x.to(np.dtype(dtype))
    often = None if fweights is None else as_tensor(fweights)
    weights = None if aweights is None else as_tensor(aweights)
    if weights is not None and weights.array.dtype.kind != "f":
        weights = weights.to(x.dtype)
    return statistics.cov(x, correction=(0 if bias else 1) if ddof is None else ddof, fweights=often, aweights=weights)


def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    rows = _variables(x, rowvar)
    if y is not None:
        rows = joining.cat([rows, _variables(y, rowvar)], 0)
    return statistics.corrcoef(rows if dtype is None else rows.to(np.dtype(dtype)))


# ---------------------------------------------------------------- differences, integrals


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = MISSING, append: Any = MISSING) -> Any:
    a = as_tensor(a)

    def beside(value: Any) -> Any:
        if value is MISSING:
            return None
        value = as_tensor(value)
        return (
            value
            if value.ndim
            else value.broadcast_to([1 if i == axis % a.ndim else n for i, n in enumerate(a.array.shape)])
        )

    return cumulative.diff(a, n, axis, beside(prepend), beside(append))


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    differences = cumulative.diff(as_tensor(ary).reshape(-1))
    parts = [to_begin, differences, to_end]
    return joining.cat([as_tensor(part).reshape(-1) for part in parts if part is not None])


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_tensor(f)
    dim = None if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacing: Any = [x if isinstance(x, int | float) else as_tensor(x) for x in varargs] or 1
    if len(varargs) == 1 and not np.ndim(arrays_of(varargs[0])):
        (spacing,) = spacing
    slopes = cumulative.gradient(f, spacing=spacing, dim=dim, edge_order=edge_order)
    return slopes[0] if len(slopes) == 1 else slopes


def _trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    y = as_tensor(y)
    return cumulative.trapezoid(y, dx=dx, dim=axis) if x is None else cumulative.trapezoid(y, as_tensor(x), dim=axis)


# ---------------------------------------------------------------- frequencies


def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """The weights' sums keep the graph: each goes to its number's place."""
    numbers = np.array(arrays_of(x))
    counts = np.bincount(numbers, arrays_of(weights), minlength)  # which checks them all
    return scatter.scatter_add(wrap(np.zeros(len(counts), weights.dtype)), 0, wrap(numbers.astype(np.int64)), weights)


def _histogram(function: Callable[..., Any]) -> Callable[..., Any]:
    """Frequencies and edges of bins, of which no derivative is taken."""

    def call(*args: Any, **options: Any) -> Any:
        found = function(*arrays_of(args), **arrays_of(options))
        sources = [value for value in (*args, *options.values()) if hasattr(value, "_edge")]
        several = [
            statistics._counted(np.asarray(part), *sources) for part in (found if isinstance(found, tuple) else [found])
        ]
        return tuple(several) if isinstance(found, tuple) else several[0]

    return call


STATISTICS: dict[Any, Callable[..., Any]] = {
    np.sum: _reduction(reduce.sum),
    np.mean: _reduction(reduce.mean),
    np.prod: _reduction(_product),
    np.var: _spread(reduce.var),
    np.std: _spread(reduce.std),
    np.max: _extremum(reduce.amax),
    np.amax: _extremum(reduce.amax),
    np.min: _extremum(reduce.amin),
    np.amin: _extremum(reduce.amin),
    np.ptp: _ptp,
    np.average: _average,
    np.argmax: places(np.argmax),
    np.argmin: places(np.argmin),
    np.any: places(np.any),
    np.all: places(np.all),
    np.count_nonzero: places(np.count_nonzero),
    np.nansum: _reduction(reduce.nansum),
    np.nanmean: _reduction(reduce.nanmean),
    np.nanprod: _reduction(_filled(_product, 1)),
    np.nanvar: _spread(_nanvar),
    np.nanstd: _spread(_nanstd),
    np.nanmax: _known_extremum(reduce.amax, -np.inf),
    np.nanmin: _known_extremum(reduce.amin, np.inf),
    np.nanargmax: places(np.nanargmax),
    np.nanargmin: places(np.nanargmin),
    np.cumsum: _running(cumulative.cumsum),
    np.cumprod: _running(cumulative.cumprod),
    np.nancumsum: _running(_filled(cumulative.cumsum, 0)),
    np.nancumprod: _running(_filled(cumulative.cumprod, 1)),
    np.median: _median(False),
    np.nanmedian: _median(True),
    np.quantile: _quantiles(1.0, False),
    np.nanquantile: _quantiles(1.0, True),
    np.percentile: _quantiles(100.0, False),
    np.nanpercentile: _quantiles(100.0, True),
    np.cov: _cov,
    np.corrcoef: _corrcoef,
    np.diff: _diff,
    np.ediff1d: _ediff1d,
    np.gradient: _gradient,
    np.trapezoid: _trapezoid,
    np.bincount: _bincount,
    np.histogram: _histogram(np.histogram),
    np.histogram_bin_edges: _histogram(np.histogram_bin_edges),
}
_RECENT: dict[str, Callable[..., Any]] = {  # which not every version of NumPy has
    "cumulative_sum": _cumulative(cumulative.cumsum, 0),
    "cumulative_prod": _cumulative(cumulative.cumprod, 1),
}
STATISTICS.update({getattr(np, name): function for name, function in _RECENT.items() if hasattr(np, name)})
