"""Order statistics, frequencies, covariances."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays.dims import numpy_names, one_dim
from ..arrays.dtypes import require
from ..arrays.rounding import evenly
from ..modes import is_grad_enabled
from ..primitive import Array, Operation, TensorLike, dead_end, primitive, wrap
from .diagonal import diagonal
from .elementary import sqrt
from .elementwise import clamp, minus, mul, true_divide, where
from .linalg import mm
from .mixtures import lerp
from .reduce import _check_not_empty, _chosen, _one_of_each, _share_of_all, _winner_vjp, sum
from .scatter import gather
from .shape import movedim, squeeze, unsqueeze
from .sorting import sort

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- the middle, the k-th, the most frequent


@primitive(fresh=True, torch="MedianBackward0", input=_share_of_all)
def _median(input: TensorLike) -> Tensor:
    return _middle("median", input.reshape(-1))


@primitive(fresh=True, torch="NanmedianBackward0", input=_share_of_all)
def _nanmedian(input: TensorLike) -> Tensor:
    flat = input.reshape(-1)
    known = flat[~np.isnan(flat)]
    return _middle("nanmedian", known if known.size else flat)


def _middle(name: str, flat: Array) -> Any:
    """The median of a vector, of an even count the lower; of nothing NaN (as an integer what a cast of NaN gives)."""
    require(name, flat.dtype, "iuf")
    if not flat.size or np.isnan(flat).any():
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nan).astype(flat.dtype)
    k = (flat.size - 1) // 2
    return np.partition(flat, k)[k]


@primitive(fresh=True, torch="MedianBackward1", input=_winner_vjp)
def _median_along(input: TensorLike, dim: int, index: TensorLike, keepdim: bool) -> Tensor:
    return _one_of_each(input, dim, index, keepdim)


@primitive(fresh=True, torch="NanmedianBackward1", input=_winner_vjp)
def _nanmedian_along(input: TensorLike, dim: int, index: TensorLike, keepdim: bool) -> Tensor:
    return _one_of_each(input, dim, index, keepdim)


@primitive(fresh=True, input=_winner_vjp)
def _kthvalue(input: TensorLike, dim: int, index: TensorLike, keepdim: bool) -> Tensor:
    return _one_of_each(input, dim, index, keepdim)


@primitive(fresh=True, input=_winner_vjp)
def _mode(input: TensorLike, dim: int, index: TensorLike, keepdim: bool) -> Tensor:
    return _one_of_each(input, dim, index, keepdim)


def _place_of_rank(array: Array, rank: Any, dim: int, ordered: Array) -> Array:
    """Where the element of a rank (per line, from 0) stands, of equal ones by their order; NaN counts as the largest."""
    value = np.take_along_axis(ordered, rank, dim)
    if array.dtype.kind != "f":
        equal, less = array == value, array < value
    else:
        missing, unknown = np.isnan(array), np.isnan(value)
        equal = (array == value) | (missing & unknown)
        less = (array < value) | (~missing & unknown)
    behind = rank - less.sum(axis=dim, keepdims=True)  # how many equal elements stand before it
    return np.argmax(equal & (np.cumsum(equal, axis=dim) == behind + 1), axis=dim, keepdims=True)


def _place_of_kth(array: Array, k: int, dim: int) -> Array:
    """As `_place_of_rank`, of the same rank in all lines."""
    ordered = np.partition(array, k, axis=dim)
    shape = [1 if i == dim else n for i, n in enumerate(array.shape)]
    return _place_of_rank(array, np.full(shape, k), dim, ordered)


def _places_of_medians(array: Array, dim: int) -> Array:
    _check_not_empty("median", array, (dim,))
    require("median", array.dtype, "iuf")
    place = _place_of_kth(array, (array.shape[dim] - 1) // 2, dim)
    missing = np.isnan(array)
    return np.where(missing.any(axis=dim, keepdims=True), np.argmax(missing, axis=dim, keepdims=True), place)


def _places_of_nanmedians(array: Array, dim: int) -> Array:
    _check_not_empty("nanmedian", array, (dim,))
    require("nanmedian", array.dtype, "iuf")
    known = array.shape[dim] - np.isnan(array).sum(axis=dim, keepdims=True)
    return _place_of_rank(array, np.maximum(known - 1, 0) // 2, dim, np.sort(array, axis=dim))


@numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of all elements, of an even count the lower; equal ones share the gradient. With dim: (values, indices)
    along it. NaN wins.

    >>> median(tensor([3., 1., 4., 2.]))
    tensor(2.)
    """
    if dim is None:
        return _median(input)
    return _chosen(_median_along, _places_of_medians, return_types.median, input, dim, keepdim)


@numpy_names
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """As `median`, NaN left out.

    >>> nanmedian(tensor([3., float("nan"), 4.]))
    tensor(3.)
    """
    if dim is None:
        return _nanmedian(input)
    return _chosen(_nanmedian_along, _places_of_nanmedians, return_types.nanmedian, input, dim, keepdim)


@numpy_names
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> return_types.kthvalue:
    """The k-th smallest elements (k from 1) along dim, and where they stand. NaN counts as the largest.

    >>> kthvalue(tensor([3., 1., 2.]), 2).values
    tensor(2.)
    """

    def places(array: Array, dim: int) -> Array:
        n = array.shape[dim]
        _check_not_empty("kthvalue", array, (dim,))
        if not 1 <= k <= n:
            raise RuntimeError(f"kthvalue: k must be between 1 and the size of dim {dim} ({n}), got {k}")
        require("kthvalue", array.dtype, "iuf")
        return _place_of_kth(array, k - 1, dim)

    return _chosen(_kthvalue, places, return_types.kthvalue, input, dim, keepdim)  # type: ignore[no-any-return]


def _places_of_modes(array: Array, dim: int) -> Array:
    """The last of the most frequent elements, of equally frequent ones the smallest; a NaN equals no other."""
    _check_not_empty("mode", array, (dim,))
    require("mode", array.dtype, "biuf")
    lines = np.moveaxis(array, dim, -1)
    order = np.argsort(lines, axis=-1, kind="stable")
    ordered = np.take_along_axis(lines, order, -1)
    count = np.arange(ordered.shape[-1])
    begins = np.ones(ordered.shape, bool)
    begins[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    run = count - np.maximum.accumulate(np.where(begins, count, 0), axis=-1)  # how many equal elements stand before
    place = np.take_along_axis(order, np.argmax(run, axis=-1, keepdims=True), -1)
    return np.moveaxis(place, -1, dim)


@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> return_types.mode:
    """The most frequent elements along dim, of equally frequent ones the smallest, and where the last of them stands.

    >>> mode(tensor([2., 1., 2., 3.]))[0]
    tensor(2.)
    """
    return _chosen(_mode, _places_of_modes, return_types.mode, input, dim, keepdim)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- quantiles

_ROUNDED = {"linear": np.floor, "midpoint": np.floor, "lower": np.floor, "higher": np.ceil, "nearest": np.rint}


def _checked_q(name: str, input: Tensor, q: Any) -> Tensor:
    """q as a vector, in the dtype of the input."""
    dtype = input.array.dtype
    if dtype not in (np.float32, np.float64):
        raise RuntimeError(f"{name}: input must be float32 or float64, got {dtype}; use .float()")
    if not hasattr(q, "array"):
        if not isinstance(q, int | float | np.number):
            raise TypeError(f"{name}(): q must be a number or a Tensor, not {type(q).__name__}: {q!r:.60}")
        q = wrap(np.asarray(q, dtype))
    if q.array.dtype != dtype:
        raise RuntimeError(f"{name}: q is {q.array.dtype} but input is {dtype}; convert one with .to(dtype)")
    if q.array.ndim > 1:
        raise RuntimeError(f"{name}: q must be a scalar or 1-dimensional, got shape {q.array.shape}")
    if not ((q.array >= 0) & (q.array <= 1)).all():
        raise RuntimeError(f"{name}: q must be in the range [0, 1], got {q.array.tolist()}")
    return q.reshape(-1)


def _quantiles(lines: Tensor, q: Tensor, interpolation: str, leave_out_nan: bool) -> Tensor:
    """The quantiles of the lines along the last dimension, for each q of a vector: the first dimension of the result."""
    ordered = sort(lines, -1).values
    dtype, n = ordered.array.dtype, ordered.array.shape[-1]
    missing = np.isnan(ordered.array)
    if leave_out_nan:
        ranks = mul(q, wrap(np.maximum((~missing).sum(axis=-1, keepdims=True) - 1, 0).astype(dtype)))
    else:
        ranks = mul(q, n - 1)
        if missing.any():
            ranks = where(wrap(missing.any(axis=-1, keepdims=True)), n - 1.0, ranks)  # where a NaN stands
    ranks = ranks.broadcast_to((*ordered.array.shape[:-1], q.array.size))
    below = _ROUNDED[interpolation](ranks.array)
    values = gather(ordered, -1, wrap(below.astype(np.int64)))
    if interpolation in ("linear", "midpoint"):
        above = gather(ordered, -1, wrap(np.ceil(ranks.array).astype(np.int64)))
        values = lerp(values, above, minus(ranks, wrap(below)) if interpolation == "linear" else 0.5)
    return movedim(values, -1, 0)


def _quantile(
    name: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, leave_out_nan: bool
) -> Tensor:
    several = getattr(getattr(q, "array", None), "ndim", 0) > 0
    q = _checked_q(name, input, q)
    if interpolation not in _ROUNDED:
        raise RuntimeError(f"{name}: interpolation must be one of {', '.join(_ROUNDED)}, not {interpolation!r}")
    array = input.array
    if not array.size:
        raise RuntimeError(f"{name}: input tensor must be non-empty, got shape {array.shape}")
    at = None if dim is None else one_dim(name, dim, array.ndim)
    lines = input.reshape(-1) if at is None or not array.ndim else movedim(input, at, -1)
    values = _quantiles(lines, q, interpolation, leave_out_nan)
    if keepdim and array.ndim:
        values = values.reshape(-1, *[1] * array.ndim) if at is None else unsqueeze(values, at + 1)
    return values if several else squeeze(values, 0)


@numpy_names
def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The value below which a share q of all elements, or of those along dim, lies; several q give a first dimension.

    interpolation between two neighbours: "linear", "lower", "higher", "nearest", "midpoint". NaN wins.

    >>> quantile(tensor([1., 2., 3., 4.]), 0.5), quantile(tensor([1., 2., 3., 4.]), tensor([0., 0.25]))
    (tensor(2.5000), tensor([1.0000, 1.7500]))
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, leave_out_nan=False)


@numpy_names
def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """As `quantile`, NaN left out.

    >>> nanquantile(tensor([1., float("nan"), 3.]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, leave_out_nan=True)


# ---------------------------------------------------------------- covariance


@np.errstate(divide="ignore", invalid="ignore")  # 0 / 0, where observations are missing
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances of the rows, each a variable of which the columns are observations.

    fweights: how often each observation counts (integers); aweights: its relative weight.

    >>> cov(tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if not isinstance(correction, int):
        raise TypeError(f"cov(): correction must be an int, not {correction!r}")
    if input.array.ndim > 2:
        raise RuntimeError(f"cov: expected at most two dimensions, got shape {input.array.shape}")
    if input.array.dtype == bool:
        raise RuntimeError("cov: bool is not supported; convert with .float()")
    rows = input.reshape(1, -1) if input.array.ndim < 2 else input
    n = rows.array.shape[1]
    weights = None
    for name, given, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "f")):
        if given is None:
            continue
        if given.array.ndim > 1 or given.array.size != n:
            raise RuntimeError(f"cov: {name} must have one element for each of the {n} observations, got {given.array.shape}")
        if given.array.dtype.kind not in kinds:
            raise RuntimeError(f"cov: {name} must be of an {'integer' if kinds == 'iu' else 'floating'} dtype, got {given.array.dtype}")
        if (given.array < 0).any():
            raise RuntimeError(f"cov: {name} must not be negative")
        weights = given if weights is None else mul(weights, given)
    total: Any = n if weights is None else sum(weights)
    if weights is not None and total.item() == 0:
        raise RuntimeError("cov: the weights sum to zero")
    weighted = rows if weights is None else mul(rows, weights)
    centred = minus(rows, unsqueeze(true_divide(sum(weighted, 1), total), 1))
    other = centred if weights is None else mul(centred, weights)
    spent: Any = correction  # degrees of freedom that the mean takes
    if weights is not None and aweights is not None and correction:
        spent = true_divide(mul(sum(mul(weights, aweights)), correction), total)
    divisor = total - spent
    if float(divisor) <= 0:
        warnings.warn(f"cov(): degrees of freedom is <= 0: {n} observations, correction {correction}", stacklevel=3)
        divisor = 0
    return squeeze(true_divide(mm(centred, other.t().conj()), divisor))


@np.errstate(divide="ignore", invalid="ignore")  # of a constant row: 0 / 0
def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation coefficients of the rows.

    >>> corrcoef(tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    covariances = cov(input)
    if not covariances.array.ndim:
        return true_divide(covariances, covariances)
    deviations = sqrt(diagonal(covariances))
    return clamp(true_divide(true_divide(covariances, unsqueeze(deviations, 1)), deviations), -1, 1)


# ---------------------------------------------------------------- frequencies


def _no_derivative(g: Any) -> Any:
    raise RuntimeError("the derivative of histogram and bincount is not implemented, as in PyTorch; use .detach()")


_COUNT = Operation("count", lambda input: input, (_no_derivative,), ((),), ("input",))


def _counted(result: Array, *sources: Tensor | None) -> Tensor:
    """A result whose derivative is refused, if a source requires grad."""
    counts = wrap(result)
    edges = [source._edge for source in sources if source is not None and source._edge is not None]
    if edges and is_grad_enabled() and result.dtype.kind == "f":
        counts._edge = dead_end(_COUNT, result, edges[0])
    return counts  # type: ignore[no-any-return]


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, … occurs in a vector of integers, or the sum of its weights.

    >>> bincount(tensor([0, 1, 1, 3]))
    tensor([1, 2, 0, 1])
    """
    array = input.array
    require("bincount", array.dtype, "iu")
    if array.ndim != 1 or (array.size and array.min() < 0):
        raise RuntimeError(f"bincount: only supports vectors of non-negative integers, got shape {array.shape}")
    if minlength < 0:
        raise RuntimeError(f"bincount: minlength must not be negative, got {minlength}")
    if weights is None or not array.size:
        return wrap(np.bincount(array, minlength=minlength))  # type: ignore[no-any-return]
    if weights.array.shape != array.shape:
        raise RuntimeError(f"bincount: weights {weights.array.shape} must have the shape of input, {array.shape}")
    dtype = np.float32 if weights.array.dtype == np.float32 else np.float64
    return _counted(np.bincount(array, weights.array, minlength).astype(dtype), weights)


def _limits(name: str, values: Array, range: tuple[float, float] | None) -> tuple[Any, Any]:
    """The ends of the first and the last bin: those of the values, if no range is given; half a unit apart, if equal."""
    if range is None:
        range = (values.min(), values.max()) if values.size else (0, 1)
    low, high = (values.dtype.type(end) for end in range)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"{name}: the range [{low}, {high}] is not finite; give one, or remove NaN and infinities first")
    if low > high:
        raise RuntimeError(f"{name}: the range [{low}, {high}] ends before it begins")
    half = values.dtype.type(0.5)
    return (low - half, high + half) if low == high else (low, high)


@primitive()
def _histc(input: TensorLike, bins: int, min: float, max: float) -> Tensor:
    low, high = _limits("histc", input, None if min == max else (min, max))
    inside = input[(input >= low) & (input <= high)]
    places = np.minimum(((inside - low) * bins / (high - low)).astype(np.int64), bins - 1)
    return np.bincount(places, minlength=bins).astype(input.dtype)


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of equal bins between min and max (of the elements, where both are equal).

    What lies outside, and NaN, is not counted. The result has no gradient.

    >>> histc(tensor([1., 2., 1.]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    require("histc", input.array.dtype, "f")
    if bins <= 0:
        raise RuntimeError(f"histc: bins must be > 0, got {bins}")
    return _histc(input.reshape(-1), bins, min, max)


def histogram(
    input: Tensor,
    bins: Any,
    *,
    range: tuple[float, float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> return_types.histogram:
    """How many elements fall into each bin, or the sum of their weights, and the edges of the bins.

    bins: their number (between the smallest and the largest element, or in range) or a sorted vector of edges. density:
    divided by the total and by each bin's width. What lies outside, and NaN, is not counted.

    >>> histogram(tensor([1., 2., 1.]), 2).hist
    tensor([2., 1.])
    """
    values, dtype = input.array.reshape(-1), input.array.dtype
    if dtype not in (np.float32, np.float64):
        raise NotImplementedError(f"histogram: not implemented for {dtype}; use .float()")
    if hasattr(bins, "array"):
        if range is not None:
            raise TypeError("histogram(): give either range= or the edges of the bins")
        edges = bins.array
        if edges.ndim != 1 or edges.size < 2 or edges.dtype != dtype:
            raise RuntimeError(f"histogram: bins must be a vector of at least two {dtype}, got {edges.dtype} of shape {edges.shape}")
    else:
        if not isinstance(bins, int) or isinstance(bins, bool):
            raise TypeError(f"histogram(): bins must be an int or a Tensor of edges, not {bins!r:.60}")
        if bins <= 0:
            raise RuntimeError(f"histogram: bins must be > 0, got {bins}")
        if range is not None and len(range) != 2:
            raise RuntimeError(f"histogram: range must be (smallest, largest), got {range}")
        edges = evenly(*_limits("histogram", values, range), bins + 1)
    if weight is not None and (weight.array.shape != input.array.shape or weight.array.dtype != dtype):
        raise RuntimeError(
            f"histogram: weight {weight.array.dtype} {weight.array.shape} must be like input, {dtype} {input.array.shape}"
        )
    inside = (values >= edges[0]) & (values <= edges[-1])
    places = np.minimum(np.searchsorted(edges, values[inside], "right") - 1, edges.size - 2)
    weights = None if weight is None else weight.array.reshape(-1)[inside]
    hist = np.bincount(places, weights, minlength=edges.size - 1)[: edges.size - 1].astype(dtype)
    if density:
        with np.errstate(invalid="ignore", divide="ignore"):
            hist = hist / hist.sum() / np.diff(edges)
    sources = [input, weight, bins if hasattr(bins, "array") else None]
    return return_types.histogram(_counted(hist, *sources), _counted(edges.copy(), *sources))
