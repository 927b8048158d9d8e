"""Operations that sum or choose over dimensions.

A reduction row takes `dim` as a tuple of distinct non-negative numbers, or None for all. Its gradient is
spread back over the reduced dimensions.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import return_types
from ..arrays.dims import Dims, kept_shape, numpy_names, one_dim, reduced_dims, some_dims
from ..arrays.dtypes import require
from ..arrays.numerics import add_up, products_of_others
from ..modes import is_grad_enabled
from ..primitive import Array, TensorLike, either, primitive, wrap
from .elementwise import maximum, minimum, true_divide
from .logic import isnan, logical_not
from .scatter import _ungather

if TYPE_CHECKING:
    from ..arrays.dtypes import DTypeLike
    from ..tensor import Tensor


def _spread(g: Any, input_shape: tuple[int, ...], dim: Any) -> Any:
    """g repeated over the reduced dimensions."""
    return np.broadcast_to(g.reshape(kept_shape(input_shape, dim)), input_shape)


def _spread_in_memory(g: Any, input_shape: tuple[int, ...], dim: Any) -> Array:
    out = np.empty(input_shape, g.dtype)
    out[...] = g if dim is None and g.ndim == 0 else g.reshape(kept_shape(input_shape, dim))
    return out


def _wide(input: Array) -> Any:
    """The dtype to accumulate in: integers in int64, half precision in float32, others as they are."""
    return np.float32 if input.dtype == np.float16 else np.int64 if input.dtype.kind in "biu" else None


def _converted(name: str, input: Tensor, dtype: DTypeLike) -> Tensor:
    """The input in the dtype that was asked for; RuntimeError where that would silently end the graph."""
    out = input.to(dtype)
    if input._edge is not None and out.array.dtype.kind not in "fc" and is_grad_enabled():
        raise RuntimeError(
            f"{name}: dtype={out.array.dtype} has no gradient, but input requires grad; use input.detach(), or a floating dtype"
        )
    return out


# ---------------------------------------------------------------- sums


@primitive(row_major=True, fresh=True, torch="SumBackward0", shows="Σ {input}", local="1",
           fast={"input": _spread_in_memory},
           input=_spread)
def _sum(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    out = add_up(input, dim, keepdim, _wide(input))
    return out.astype(np.float16) if input.dtype == np.float16 else out


@numpy_names
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Tensor:
    """The sum of all elements, or over dim. Integers and bools sum to int64.

    >>> sum(tensor([[1., 2.], [3., 4.]]), dim=0)
    tensor([4., 6.])
    """
    dims = reduced_dims("sum", dim, input.array.ndim)
    if dtype is None:
        return _sum(input, dims, keepdim)
    return _sum(_converted("sum", input, dtype), dims, keepdim).to(dtype)  # int8 is added in int64: modulo 2^8 the same


def _count(shape: tuple[int, ...], dim: tuple[int, ...] | None) -> int:
    """How many elements are reduced to one."""
    return math.prod(shape if dim is None else [shape[d] for d in dim])


def _mean_vjp_in_memory(g: Any, input_shape: tuple[int, ...], dim: Any) -> Array:
    return _spread_in_memory(g / _count(input_shape, dim), input_shape, dim)


@primitive(row_major=True, fresh=True, torch="MeanBackward0", shows="mean {input}", local="1 / n",
           fast={"input": _mean_vjp_in_memory},
           input=lambda g, input_shape, dim: _spread(g / _count(input_shape, dim), input_shape, dim))
def _mean(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    with np.errstate(invalid="ignore", divide="ignore"):  # the mean of nothing is NaN
        total = add_up(input, dim, keepdim, _wide(input))
        return (total / _count(input.shape, dim)).astype(input.dtype, copy=False)


@numpy_names
def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Tensor:
    """The arithmetic mean of all elements, or over dim. Integers raise: convert first.

    >>> mean(tensor([1., 2., 6.]))
    tensor(3.)
    """
    if dtype is not None:
        input = input.to(dtype)
    if input.array.dtype.kind not in "fc":
        raise RuntimeError(
            f"mean: could not infer output dtype. Input dtype must be floating point, got {input.array.dtype}; "
            "use .float().mean() or mean(dtype=...)"
        )
    dims = reduced_dims("mean", dim, input.array.ndim)
    return _mean(input, dims, keepdim)


def _freedom(shape: tuple[int, ...], dim: Any, correction: float) -> Any:
    """What sums of squares are divided by: at least 0; NaN, if nothing is summed."""
    n = _count(shape, dim)
    return np.maximum(n - correction, 0) if n else np.asarray(np.nan)


def _var_vjp(g: Any, input: Any, dim: Any, correction: float) -> Any:
    centred = input - input.mean(axis=dim, keepdims=True) if _count(input.shape, dim) else input
    factor = (2 / _freedom(input.shape, dim, correction)).astype(input.dtype)
    return g.reshape(kept_shape(input.shape, dim)) * centred * factor


def _variance(input: Array, dim: Any, correction: float, keepdim: bool, root: bool = False) -> Any:
    """The variance or its root; of half precision by way of single."""
    if input.dtype == np.float16:
        return _variance(input.astype(np.float32), dim, correction, keepdim, root).astype(np.float16)
    n = _count(input.shape, dim)
    with np.errstate(invalid="ignore", divide="ignore"):  # of one element: 0 / 0
        centred = input - add_up(input, dim, True) / input.dtype.type(n)
        squares = centred * centred if input.dtype.kind == "f" else (centred * np.conj(centred)).real
        out = add_up(squares, dim, keepdim) / _freedom(input.shape, dim, correction).astype(squares.dtype)
    return np.sqrt(out) if root else out


@primitive(row_major=True, fresh=True,
           input=lambda g, input, dim, correction: _var_vjp(g, input, dim, correction))
def _var(input: TensorLike, dim: Any, correction: float, keepdim: bool) -> Tensor:
    return _variance(input, dim, correction, keepdim)


@primitive(row_major=True, fresh=True,
           input=lambda g, input, out, dim, correction:  # 0 where the standard deviation is 0, as in PyTorch
               _var_vjp(np.where(out == 0, 0, g / (out + out)), input, dim, correction))
def _std(input: TensorLike, dim: Any, correction: float, keepdim: bool) -> Tensor:
    return _variance(input, dim, correction, keepdim, root=True)


def _spread_arguments(name: str, input: Tensor, dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    if isinstance(dim, bool):  # var(unbiased), PyTorch's oldest form
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{name}(): give either correction, or unbiased (True: correction=1, False: correction=0)")
    if input.array.dtype.kind not in "fc":
        raise RuntimeError(f"{name}: only supports floating point dtypes, got {input.array.dtype}; use .float()")
    dims = reduced_dims(name, dim, input.array.ndim)
    if correction is None:
        correction = 0 if unbiased is False else 1
    if _count(input.array.shape, dims) <= correction:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0: {_count(input.array.shape, dims)} elements, correction {correction}",
            stacklevel=4,
        )
    return dims, correction


@numpy_names
def var(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:
    """The variance: squared deviations from the mean, divided by n - correction (1 by default).

    >>> var(tensor([1., 2., 3.])), var(tensor([1., 2., 3.]), correction=0)
    (tensor(1.), tensor(0.6667))
    """
    dims, ddof = _spread_arguments("var", input, dim, unbiased, correction)
    return _var(input, dims, ddof, keepdim)


@numpy_names
def std(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:
    """The standard deviation, the root of `var`; its derivative at 0 is 0."""
    dims, ddof = _spread_arguments("std", input, dim, unbiased, correction)
    return _std(input, dims, ddof, keepdim)


@numpy_names
def var_mean(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """`var` and `mean`.

    >>> var_mean(tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    dims, ddof = _spread_arguments("var_mean", input, dim, unbiased, correction)
    return _var(input, dims, ddof, keepdim), _mean(input, dims, keepdim)


@numpy_names
def std_mean(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """`std` and `mean`."""
    dims, ddof = _spread_arguments("std_mean", input, dim, unbiased, correction)
    return _std(input, dims, ddof, keepdim), _mean(input, dims, keepdim)


@primitive(fresh=True,
           input=lambda g, input, dim: _spread(g, input.shape, dim) * (input == input))  # NaN equals nothing
def _nansum(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    known = np.where(np.isnan(input), np.zeros((), input.dtype), input)
    return add_up(known, dim, keepdim, _wide(input)).astype(input.dtype, copy=False)


@numpy_names
def nansum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Tensor:
    """The sum, NaN left out.

    >>> nansum(tensor([1., float("nan"), 2.]))
    tensor(3.)
    """
    if input.array.dtype.kind == "c":
        raise RuntimeError("nansum: not supported for complex tensors")
    if dtype is not None:
        input = _converted("nansum", input, dtype)
    if input.array.dtype.kind != "f":
        return sum(input, dim, keepdim, dtype=dtype)
    return _nansum(input, reduced_dims("nansum", dim, input.array.ndim), keepdim)


@numpy_names
def nanmean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Tensor:
    """The mean, NaN left out; NaN of nothing else.

    >>> nanmean(tensor([1., float("nan"), 2.]))
    tensor(1.5000)
    """
    converted = input if dtype is None else input.to(dtype)
    for given in (input, converted):
        if given.array.dtype.kind not in "fc":
            raise RuntimeError(f"nanmean: expected a floating point dtype, got {given.array.dtype}; use .float()")
    with np.errstate(invalid="ignore"):  # of nothing: 0 / 0
        return true_divide(nansum(converted, dim, keepdim), sum(logical_not(isnan(input)), dim, keepdim))


@primitive()
def _count_nonzero(input: TensorLike, dim: Any) -> Tensor:
    return np.asarray(np.count_nonzero(input, axis=dim), np.int64)


@numpy_names
def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """How many elements, or how many along dim, are not zero (int64). NaN is not.

    >>> count_nonzero(tensor([[0, 1], [2, 3]]), 0)
    tensor([1, 2])
    """
    return _count_nonzero(input, reduced_dims("count_nonzero", dim, input.array.ndim))


# ---------------------------------------------------------------- products, sums of exponentials


def _prod_of_others(g: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    """The product of all elements but one, for each: exact with zeros, and differentiable again.

    One factor of the product is replaced by 1 at a time: quadratic, so arrays take `_prod_vjp` instead.
    """
    flat = input.reshape(-1) if dim is None else np.moveaxis(input, dim[0], -1)
    n = flat.shape[-1]
    without = np.where(np.eye(n, dtype=bool), np.ones((), flat.dtype), flat.reshape((*flat.shape[:-1], 1, n)))
    others = either(_prod)(without, (without.ndim - 1,), False)
    if dim is None:
        return g.reshape(()) * others.reshape(input.shape)
    return g.reshape(kept_shape(input.shape, dim)) * np.moveaxis(others, -1, dim[0])


def _prod_vjp(g: Array, input: Array, dim: Any, keepdim: bool) -> Array:
    flat = input.reshape(-1) if dim is None else np.moveaxis(input, dim[0], -1)
    others = products_of_others(flat)
    others = others.reshape(input.shape) if dim is None else np.moveaxis(others, -1, dim[0])
    return g.reshape(kept_shape(input.shape, dim)) * others


@primitive(row_major=True, fresh=True, torch="ProdBackward0",
           fast={"input": _prod_vjp},
           input=_prod_of_others)
def _prod(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    return np.multiply.reduce(input, axis=dim, dtype=_wide(input), keepdims=keepdim).astype(  # type: ignore[call-overload]  # NumPy's stubs know no variable keepdims
        np.int64 if input.dtype.kind in "biu" else input.dtype, copy=False
    )


@numpy_names
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: DTypeLike = None) -> Tensor:
    """The product of all elements, or over one dim; its gradient is right where elements are 0.

    >>> prod(tensor([2., 0., 3.]))
    tensor(0.)
    """
    dims = None if dim is None else some_dims("prod", one_dim("prod", dim, input.array.ndim), input.array.ndim)
    if dtype is None:
        return _prod(input, dims or None, keepdim)
    return _prod(_converted("prod", input, dtype), dims or None, keepdim).to(dtype)


def _logsumexp_vjp(g: Any, input: Any, out: Any, dim: Any) -> Any:
    kept = kept_shape(input.shape, dim)
    return g.reshape(kept) * np.exp(input - out.reshape(kept))


@primitive(row_major=True, floating=True, fresh=True,
           input=_logsumexp_vjp)
def _logsumexp(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    top = np.amax(input, axis=dim, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, np.zeros((), input.dtype))
    with np.errstate(divide="ignore", under="ignore", over="ignore"):  # log 0 = -inf where all are -inf
        total = np.log(add_up(np.exp(input - top), dim, True)) + top
    return total if keepdim else total.reshape(
        () if dim is None else tuple(n for i, n in enumerate(input.shape) if i not in dim)
    )


@numpy_names
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """log(sum(exp(x))), without overflow; -inf where all elements are -inf.

    >>> logsumexp(tensor([1000., 1000.]), 0)
    tensor(1000.6932)
    """
    if dim is None:
        raise TypeError("logsumexp(): dim must be an int or a tuple of ints; for all dimensions give ()")
    return _logsumexp(input, reduced_dims("logsumexp", dim, input.array.ndim), keepdim)


# ---------------------------------------------------------------- extrema


def _share_among_ties(g: Any, input: Any, out: Any, dim: Any) -> Any:
    kept = kept_shape(input.shape, dim)
    ties = input == out.reshape(kept)
    return ties * (g.reshape(kept) / ties.sum(axis=dim, keepdims=True))  # NaN where out is, as in PyTorch


def _share_of_all(g: Any, input: Any, out: Any) -> Any:
    """As above over all elements, where the NaN among them share a NaN's gradient."""
    ties = (input == out) | (np.isnan(input) & np.isnan(out))
    return ties * (g / ties.sum())


def _check_not_empty(name: str, input: Array, dim: Any) -> None:
    if _count(input.shape, dim) == 0:
        kind = RuntimeError if dim is None and not name.startswith("arg") else IndexError  # as in PyTorch
        raise kind(f"{name}: expected reduction over a non-empty dimension, but the shape is {input.shape}")


@primitive(row_major=True, fresh=True,
           input=_share_among_ties)
def _amax(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    _check_not_empty("max", input, dim)
    return np.amax(input, axis=dim, keepdims=keepdim)


@primitive(row_major=True, fresh=True,
           input=_share_among_ties)
def _amin(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    _check_not_empty("min", input, dim)
    return np.amin(input, axis=dim, keepdims=keepdim)


@primitive(fresh=True, torch="MaxBackward1", input=_share_of_all)
def _max(input: TensorLike) -> Tensor:
    _check_not_empty("max", input, None)
    return np.amax(input)


@primitive(fresh=True, torch="MinBackward1", input=_share_of_all)
def _min(input: TensorLike) -> Tensor:
    _check_not_empty("min", input, None)
    return np.amin(input)


@numpy_names
def amax(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """The largest element over dim (all by default); ties share the gradient evenly. NaN wins.

    >>> amax(tensor([[1., 3.], [2., 0.]]), 1)
    tensor([3., 2.])
    """
    return _amax(input, reduced_dims("amax", dim, input.array.ndim), keepdim)


@numpy_names
def amin(input: Tensor, dim: Dims = (), keepdim: bool = False) -> Tensor:
    """The smallest element over dim; ties share the gradient evenly. NaN wins."""
    return _amin(input, reduced_dims("amin", dim, input.array.ndim), keepdim)


@numpy_names
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> return_types.aminmax:
    """`amin` and `amax` over all elements, or over one dim.

    >>> aminmax(tensor([3., 1., 2.])).max
    tensor(3.)
    """
    dims = some_dims("aminmax", dim if dim is None else one_dim("aminmax", dim, input.array.ndim), input.array.ndim)
    return return_types.aminmax(_amin(input, dims, keepdim), _amax(input, dims, keepdim))


@primitive()
def _argmax(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    _check_not_empty("argmax", input, None if dim is None else (dim,) if input.ndim else ())
    return np.argmax(input, axis=dim, keepdims=keepdim)


@primitive()
def _argmin(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    _check_not_empty("argmin", input, None if dim is None else (dim,) if input.ndim else ())
    return np.argmin(input, axis=dim, keepdims=keepdim)


@numpy_names
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the first of the largest elements stands (int64); in the flattened tensor if dim is None.

    >>> argmax(tensor([1., 3., 3.]))
    tensor(1)
    """
    require("argmax", input.array.dtype, "iuf")
    at = None if dim is None else one_dim("argmax", dim, input.array.ndim)
    return _argmax(input, at if input.array.ndim else None, keepdim)


@numpy_names
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the first of the smallest elements stands (int64)."""
    require("argmin", input.array.dtype, "iuf")
    at = None if dim is None else one_dim("argmin", dim, input.array.ndim)
    return _argmin(input, at if input.array.ndim else None, keepdim)


def _winner_vjp(g: Any, index: Any, dim: int, input_shape: tuple[int, ...]) -> Any:
    return either(_ungather)(g.reshape(index.shape), dim, index, input_shape)


@primitive(row_major=True, fresh=True, torch="MaxBackward0",
           input=_winner_vjp)
def _largest(input: TensorLike, dim: int, index: TensorLike, keepdim: bool) -> Tensor:
    return _one_of_each(input, dim, index, keepdim)


@primitive(row_major=True, fresh=True, torch="MinBackward0",
           input=_winner_vjp)
def _smallest(input: TensorLike, dim: int, index: TensorLike, keepdim: bool) -> Tensor:
    return _one_of_each(input, dim, index, keepdim)


def _chosen(row: Any, places: Any, result: Any, input: Tensor, dim: Any, keepdim: bool) -> Any:
    """PyTorch's pair of values and indices, where `places` gives the index of one element of each line along dim."""
    array = input.array
    at = one_dim(result.__name__, dim, array.ndim)
    index = places(array if array.ndim else array.reshape(1), at)
    if not array.ndim:
        return result(input.clone(), wrap(index.reshape(())))
    return result(row(input, at, wrap(index), keepdim), wrap(index if keepdim else index.squeeze(at)))


def _one_of_each(input: Array, dim: int, index: Array, keepdim: bool) -> Any:
    """The element of each line along dim that stands at its index."""
    out = np.take_along_axis(input, index, dim)
    return out if keepdim else out.squeeze(dim)


def _first(function: Any, name: str) -> Any:
    def places(array: Array, dim: int) -> Array:
        _check_not_empty(name, array, (dim,))
        return np.asarray(function(array, axis=dim, keepdims=True), np.int64)

    return places


_first_largest, _first_smallest = _first(np.argmax, "max"), _first(np.argmin, "min")


@numpy_names
def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """Of one tensor: its largest element (ties share the gradient). With dim: (values, indices) along it, the
    first of equals taking the gradient. With a tensor: `maximum`.

    >>> max(tensor([[1., 5.], [7., 2.]]), 1).indices
    tensor([1, 0])
    """
    if dim is None:
        return _max(input)
    if hasattr(dim, "array"):
        return maximum(input, dim)
    return _chosen(_largest, _first_largest, return_types.max, input, dim, keepdim)


@numpy_names
def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """As `max`, for the smallest element."""
    if dim is None:
        return _min(input)
    if hasattr(dim, "array"):
        return minimum(input, dim)
    return _chosen(_smallest, _first_smallest, return_types.min, input, dim, keepdim)


# ---------------------------------------------------------------- logic


def _truth(answer: Any, input: Array) -> Any:
    """Bool, but of uint8 uint8: PyTorch's relic of the time when uint8 meant bool."""
    return answer.astype(np.uint8) if input.dtype == np.uint8 else answer


@primitive(row_major=True)
def _any(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    return _truth(np.any(input, axis=dim, keepdims=keepdim), input)


@primitive(row_major=True)
def _all(input: TensorLike, dim: Any, keepdim: bool) -> Tensor:
    return _truth(np.all(input, axis=dim, keepdims=keepdim), input)


@numpy_names
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether any element (over dim) is nonzero."""
    return _any(input, some_dims("any", dim, input.array.ndim), keepdim)


@numpy_names
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether all elements (over dim) are nonzero."""
    return _all(input, some_dims("all", dim, input.array.ndim), keepdim)
