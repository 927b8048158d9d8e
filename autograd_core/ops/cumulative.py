"""Along a dimension: running sums, products and extrema, differences, integrals by trapezoids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays.dims import numpy_names, one_dim, some_dims
from ..arrays.dtypes import require
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import minus, mul, plus, true_divide
from .index import narrow, select
from .joining import cat
from .logic import logical_xor
from .reduce import _converted, sum
from .scatter import _gather_vjp, _gathered

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..arrays.dtypes import DTypeLike
    from ..tensor import Tensor

# ---------------------------------------------------------------- sums, products


def _along(row: Callable[..., Tensor], input: Tensor, dim: int, dtype: DTypeLike = None) -> Tensor:
    """A running sum or product along dim, in dtype; integers and bools in int64."""
    name = row.__name__.strip("_")
    at = one_dim(name, dim, input.array.ndim)
    if dtype is not None:
        input = _converted(name, input, dtype)
        require(name, input.array.dtype, "iufc")
    if input.array.ndim:
        result = row(input, at)
    else:
        result = input.clone() if input.array.dtype.kind in "fc" else input.to(np.dtype(np.int64), copy=True)
    return result if dtype is None else result.to(dtype)


def _accumulated(function: Callable[..., Any], input: Array, dim: int) -> Any:
    """One term after the other: floats in float64, as in PyTorch, and integers in int64."""
    if input.dtype.kind == "f":
        return function(input, axis=dim, dtype=np.float64).astype(input.dtype, copy=False)
    return function(input, axis=dim, dtype=input.dtype if input.dtype.kind == "c" else np.int64)


def _cumsum_vjp(g: Any, dim: int) -> Any:
    return np.flip(either(_cumsum)(np.flip(g, dim), dim), dim)


@primitive(fresh=True,
           input=_cumsum_vjp)
def _cumsum(input: TensorLike, dim: int) -> Tensor:
    return _accumulated(np.cumsum, input, dim)


@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype: DTypeLike = None) -> Tensor:
    """The running sum along dim.

    >>> cumsum(tensor([1., 2., 3.]), 0)
    tensor([1., 3., 6.])
    """
    return _along(_cumsum, input, dim, dtype)


def _cumprod_of_others(g: Any, input: Any, dim: int) -> Any:
    """The running products of all elements but one, for each: exact with zeros, and differentiable again.

    One factor of the products is replaced by 1 at a time: quadratic, so arrays take `_cumprod_vjp` instead.
    """
    flat = np.moveaxis(input, dim, -1)
    n = flat.shape[-1]
    without = np.where(np.eye(n, dtype=bool), np.ones((), flat.dtype), flat.reshape((*flat.shape[:-1], 1, n)))
    running = either(_cumprod)(without, without.ndim - 1)  # type: ignore[has-type]  # itself
    reached = np.where(np.tri(n, dtype=bool).T, running, 0)  # an element is a factor of the products from it on
    return np.moveaxis((np.moveaxis(g, dim, -1)[..., None, :] * reached).sum(axis=-1), -1, dim)


def _reversed_cumsum(x: Array, dim: int) -> Any:
    return np.flip(np.cumsum(np.flip(x, dim), dim), dim)


def _cumprod_vjp(g: Array, input: Array, out: Array, dim: int) -> Any:
    """Linear: the sum of the products from an element on, divided by it; at the first zero, that without it; behind it 0."""
    if input.shape[dim] == 1:
        return g + 0
    zero = input == 0
    if not zero.any():
        return _reversed_cumsum(g * out, dim) / input
    count = np.cumsum(zero, axis=dim)
    first = zero & (count == 1)
    without = np.cumprod(np.where(first, 1, input), axis=dim)
    before = _reversed_cumsum(np.where(count > 0, 0, g * out), dim) / np.where(zero, 1, input)
    at_first = _reversed_cumsum(np.where(count > 1, 0, g * without), dim)
    return np.where(first, at_first, np.where(count > 0, 0, before)).astype(g.dtype, copy=False)


@primitive(fresh=True,
           fast={"input": _cumprod_vjp},
           input=_cumprod_of_others)
def _cumprod(input: TensorLike, dim: int) -> Tensor:
    return _accumulated(np.cumprod, input, dim)


@numpy_names
def cumprod(input: Tensor, dim: int, *, dtype: DTypeLike = None) -> Tensor:
    """The running product along dim; its gradient is right where elements are 0.

    >>> cumprod(tensor([2., 3., 4.]), 0)
    tensor([ 2.,  6., 24.])
    """
    return _along(_cumprod, input, dim, dtype)


def _shares_of_exponentials(g: Any, input: Any, out: Any, dim: int) -> Any:
    """Each element's share e^(x_k - out_j) in the sums from it on: quadratic, so arrays take the next one instead."""
    x = np.moveaxis(input, dim, -1)[..., :, None]
    sums = np.moveaxis(out, dim, -1)[..., None, :]
    reached = np.tri(x.shape[-2], dtype=bool).T
    shares = np.where(reached, np.exp(np.where(reached, x - sums, 0)), 0)
    return np.moveaxis((np.moveaxis(g, dim, -1)[..., None, :] * shares).sum(axis=-1), -1, dim)


def _logcumsumexp_vjp(g: Array, input: Array, out: Array, dim: int) -> Any:
    """The sum of g_j e^(x_k - out_j) over j >= k, where g is positive and where it is negative, by logarithms."""
    slope = np.zeros_like(input)
    for sign in (1, -1):
        terms = np.log(np.maximum(g * sign, 0)) - out
        slope += sign * np.exp(np.flip(np.logaddexp.accumulate(np.flip(terms, dim), axis=dim), dim) + input)
    return slope


@primitive(fresh=True,
           fast={"input": _logcumsumexp_vjp},
           input=_shares_of_exponentials)
def _logcumsumexp(input: TensorLike, dim: int) -> Tensor:
    with np.errstate(invalid="ignore"):  # of two infinities
        return np.logaddexp.accumulate(input.astype(np.float64), axis=dim).astype(input.dtype)


@numpy_names
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """The logarithm of the running sum of exponentials along dim, without overflow.

    >>> logcumsumexp(tensor([1000., 1000.]), 0)
    tensor([1000.0000, 1000.6932])
    """
    one_dim("logcumsumexp", dim, input.array.ndim)
    require("logcumsumexp", input.array.dtype, "f")
    return _along(_logcumsumexp, input, dim)


# ---------------------------------------------------------------- extrema


@primitive(fresh=True, input=_gather_vjp)
def _cummax(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    return _gathered(input, dim, index)


@primitive(fresh=True, input=_gather_vjp)
def _cummin(input: TensorLike, dim: int, index: TensorLike) -> Tensor:
    return _gathered(input, dim, index)


def _running_extremum(row: Any, best: np.ufunc, result: Any, input: Tensor, dim: int) -> Any:
    """Running extrema and where they stand: of equal ones the latest. NaN stays."""
    array = input.array
    require(result.__name__, array.dtype, "biuf")
    at = one_dim(result.__name__, dim, array.ndim)
    if not array.ndim:
        return result(input.clone(), wrap(np.zeros((), np.int64)))
    reached = (array == best.accumulate(array, axis=at)) | np.isnan(array)
    places = np.arange(array.shape[at]).reshape(-1, *[1] * (array.ndim - 1 - at))
    index = wrap(np.maximum.accumulate(np.where(reached, places, 0), axis=at))
    return result(row(input, at, index), index)


@numpy_names
def cummax(input: Tensor, dim: int) -> return_types.cummax:
    """The running maximum along dim, and where it stands: of equal elements the latest.

    >>> cummax(tensor([1., 3., 2., 3.]), 0).indices
    tensor([0, 1, 1, 3])
    """
    return _running_extremum(_cummax, np.maximum, return_types.cummax, input, dim)  # type: ignore[no-any-return]


@numpy_names
def cummin(input: Tensor, dim: int) -> return_types.cummin:
    """The running minimum along dim, and where it stands: of equal elements the latest."""
    return _running_extremum(_cummin, np.minimum, return_types.cummin, input, dim)  # type: ignore[no-any-return]


# ---------------------------------------------------------------- differences, integrals


def _neighbours(y: Tensor, at: int) -> tuple[Tensor, Tensor]:
    """All elements along a dimension but the last, and all but the first."""
    n = y.array.shape[at]
    steps = max(n - 1, 0)
    return narrow(y, at, 0, steps), narrow(y, at, n - steps, steps)


@numpy_names
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """The differences of neighbours along dim, n times; of bools, whether they differ.

    >>> diff(tensor([1., 4., 9.])), diff(tensor([1., 4., 9.]), append=tensor([16.]))
    (tensor([3., 5.]), tensor([3., 5., 7.]))
    """
    if not input.array.ndim:
        raise RuntimeError("diff: expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"diff: order must be non-negative, got {n}")
    at = one_dim("diff", dim, input.array.ndim)
    parts = [part for part in (prepend, input, append) if part is not None]
    if any(part.array.ndim != input.array.ndim for part in parts):
        raise RuntimeError(f"diff: prepend and append must have the {input.array.ndim} dimensions of input")
    if not n:
        return input.clone()
    out = cat(parts, at) if len(parts) > 1 else input
    for _ in range(min(n, out.array.shape[at])):  # what is empty is returned itself, as in PyTorch
        earlier, later = _neighbours(out, at)
        out = logical_xor(later, earlier) if out.array.dtype == bool else minus(later, earlier)
    return out


def gradient(
    input: Tensor, *, spacing: Any = 1, dim: int | tuple[int, ...] | None = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """The slopes of a sampled function along each dim (all by default), by differences of neighbours.

    spacing: the distance of samples, or a list of one for each dim; or a list of vectors, the points along each. Exact for
    parabolas inside; at the ends for straight lines, with edge_order=2 for parabolas too.

    >>> gradient(tensor([1., 2., 4., 8.])), gradient(tensor([0., 1., 9.]), spacing=[tensor([0., 1., 3.])], edge_order=2)
    ((tensor([1.0000, 1.5000, 3.0000, 4.0000]),), (tensor([0., 2., 6.]),))
    """
    shape = input.array.shape
    if input.array.dtype in (np.uint8, np.bool_):
        raise RuntimeError(f"gradient: {input.array.dtype} is not supported; convert with .float()")
    if edge_order not in (1, 2):
        raise RuntimeError(f"gradient: edge_order must be 1 or 2, not {edge_order}")
    wanted = range(len(shape)) if dim is None else dim if isinstance(dim, tuple | list) else (dim,)
    some_dims("gradient", tuple(wanted), len(shape))
    dims = [one_dim("gradient", each, len(shape)) for each in wanted]
    spacings = spacing if isinstance(spacing, tuple | list) else [spacing] * len(dims)
    if len(spacings) != len(dims):
        raise RuntimeError(f"gradient: spacing must be a number or have one element for each of {len(dims)} dims, got {len(spacings)}")
    if any(shape[at] <= edge_order for at in dims):
        raise RuntimeError(f"gradient: every dim needs at least edge_order + 1 = {edge_order + 1} samples, got shape {shape}")
    return tuple(_slopes(input, at, 1 if step is None else step, edge_order) for at, step in zip(dims, spacings, strict=True))


def _slopes(input: Tensor, at: int, spacing: Any, edge_order: int) -> Tensor:
    ndim, n = input.array.ndim, input.array.shape[at]
    steps: Any = spacing
    share: Any = 0.5
    if getattr(spacing, "ndim", 0):
        if spacing.array.shape != (n,):
            raise RuntimeError(f"gradient: there must be a vector of {n} points along dim {at}, got shape {spacing.array.shape}")
        steps = diff(spacing).reshape(-1, *[1] * (ndim - 1 - at))
        left, right = _neighbours(steps, 0)
        share = true_divide(left, plus(left, right))
    secants = true_divide(diff(input, dim=at), steps)
    before, behind = _neighbours(secants, at)
    inner = plus(before, mul(minus(behind, before), share))  # of the two secants, the nearer one counts more
    first, last = narrow(secants, at, 0, 1), narrow(secants, at, n - 2, 1)
    if edge_order == 2:  # the slope is linear: a secant's is that of its middle
        first = minus(mul(first, 2), narrow(inner, at, 0, 1))
        last = minus(mul(last, 2), narrow(inner, at, n - 3, 1))
    return cat([first, inner, last], at)


def _along_points(name: str, y: Tensor, x: Tensor | None, dx: Any, dim: int) -> int:
    """The dimension, of arguments that fit."""
    if x is not None and dx is not None:
        raise TypeError(f"{name}(): give either x, the points, or dx, their distance")
    if not y.array.ndim:
        raise IndexError(f"{name}: dim {dim} of a 0-d tensor, which has no dimensions")
    at = one_dim(name, dim, y.array.ndim)
    for argument, values in (("y", y), ("x", x)):
        if values is not None and values.array.dtype == bool and y.array.shape[at]:
            raise RuntimeError(f"{name}: bool is not supported for {argument}; convert with .float()")
    return at


def _doubled_areas(name: str, y: Tensor, x: Tensor, at: int) -> Tensor:
    """Twice the area of each trapezoid over points x: a vector, or with as many dimensions as y, or the last of them."""
    ndim, n = y.array.ndim, y.array.shape[at]
    if x.array.ndim == 1:
        if x.array.shape[0] != n:
            raise RuntimeError(f"{name}: there must be one x value for each sample point, got {x.array.shape[0]} for {n}")
        x = x.reshape(-1, *[1] * (ndim - 1 - at))
    elif x.array.ndim < ndim:
        x = x.reshape(*[1] * (ndim - x.array.ndim), *x.array.shape)
    return mul(plus(*_neighbours(y, at)), diff(x, dim=at - ndim))


@numpy_names
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """The integral along dim by the trapezoidal rule, over points x or points at distance dx (1).

    >>> trapezoid(tensor([1., 2., 3.])), trapezoid(tensor([1., 2., 3.]), tensor([0., 1., 3.]))
    (tensor(4.), tensor(6.5000))
    """
    at = _along_points("trapezoid", y, x, dx, dim)
    if not y.array.shape[at]:
        return sum(y, at, dtype=y.array.dtype)
    if x is not None:
        return true_divide(sum(_doubled_areas("trapezoid", y, x, at), at), 2)
    ends = mul(plus(select(y, at, 0), select(y, at, -1)), 0.5)
    return mul(minus(sum(y, at), ends), 1 if dx is None else dx)


trapz = trapezoid


@numpy_names
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """The running integral along dim by the trapezoidal rule: one element less than y.

    >>> cumulative_trapezoid(tensor([1., 2., 3.]))
    tensor([1.5000, 4.0000])
    """
    at = _along_points("cumulative_trapezoid", y, x, dx, dim)
    if x is not None:
        return true_divide(cumsum(_doubled_areas("cumulative_trapezoid", y, x, at), at), 2)
    return cumsum(mul(plus(*_neighbours(y, at)), 0.5 if dx is None else dx / 2), at)
