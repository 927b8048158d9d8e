"""NumPy's ufuncs on Tensors: called, and by their methods reduce, accumulate, reduceat, outer and at.

A call is the operation that means the same, so the graph is kept and the result has PyTorch's dtype. The methods are
sums, products and extrema where there is such an operation; else the ufunc is applied slice by slice. `out=`, `where=`
and `at` write to memory: with a Tensor that requires grad they raise, and otherwise NumPy does them on the arrays.
"""

from __future__ import annotations

from functools import reduce as fold
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import get_default_dtype, result_type
from ..ops import cumulative, elementary, elementwise, index, joining, linalg, masks, parts, reduce, shape
from ..ops.logic import isinf
from ..primitive import IMPLEMENTS, wrap
from ..tensors import complex_numbers
from .operands import MISSING, arrays, refuse, requires_grad, tensor, written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..tensor import Tensor


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``ufunc(…, tensor, …)`` means: `Tensor.__array_ufunc__`."""
    if method == "__call__" and not kwargs:  # the everyday case
        function = operation(ufunc)
        if function is not None and not any(isinstance(value, list | tuple) for value in inputs):
            return function(*inputs)
    given = {name: value for name, value in kwargs.items() if not _is_default(name, value)}
    needs_grad = requires_grad(inputs) or any(requires_grad(value) for name, value in given.items() if name != "out")
    if needs_grad:
        _check_kept(ufunc, method, given)
    if needs_grad or _is_simple(ufunc, method, given):
        inputs = tuple(np.array(value) if isinstance(value, list | tuple) else value for value in inputs)
        answer = _METHODS[method](ufunc, *inputs, **given)
        if answer is not NotImplemented:
            return answer
        raise TypeError(
            f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} has no counterpart that keeps the graph of "
            "a Tensor that requires grad; use tensor.detach() for its value alone, or an operation of autograd_core"
        )
    return _on_arrays(ufunc, method, inputs, given)


def _is_default(name: str, value: Any) -> bool:
    return (value is None and name != "axis") or value is MISSING or (name in ("where", "subok") and value is True)


def _is_simple(ufunc: np.ufunc, method: str, given: dict[str, Any]) -> bool:
    """Whether an operation does it, and so in PyTorch's dtypes."""
    if method == "__call__":
        return not given and operation(ufunc) is not None
    known: dict[Any, Any] = _REDUCTIONS if method == "reduce" else _RUNNING if method == "accumulate" else {}
    return ufunc in known and not given.keys() - {"axis", "keepdims", "dtype", "initial"}


def _check_kept(ufunc: np.ufunc, method: str, given: dict[str, Any]) -> None:
    """Raise where NumPy would write a value that requires grad into memory that knows nothing of it."""
    if method == "at" or "out" in given or ("where" in given and method != "reduce"):
        raise TypeError(
            f"np.{ufunc.__name__} with {'at' if method == 'at' else 'out= or where='} cannot keep the graph of a Tensor that "
            "requires grad. Write `array = array + tensor` in place of `array += tensor`, ag.where(...) in place of "
            "where=, or use tensor.detach()."
        )


def _on_arrays(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], given: dict[str, Any]) -> Any:
    """NumPy's answer for the arrays, its dtype one that PyTorch has."""
    out = given.get("out")
    if method == "at":
        written(f"{ufunc.__name__}.at", inputs[0])
    for target in out or ():
        written(ufunc.__name__, target)
    operands = [value.item() if isinstance(value, np.generic) else arrays(value) for value in inputs]
    result = getattr(ufunc, method)(*operands, **arrays(given))
    if out is not None:
        return out[0] if len(out) == 1 else out
    floating = any(np.asarray(value).dtype.kind in "fc" for value in operands) or "dtype" in given
    if isinstance(result, tuple):
        return tuple(_in_our_dtype(part, floating) for part in result)
    return None if result is None else _in_our_dtype(result, floating)


def _in_our_dtype(result: Any, floating: bool) -> Tensor:
    array = np.asarray(result)
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int64)
    if array.dtype.kind == "f" and not floating:  # of integers: NumPy says float64, PyTorch the default dtype
        array = array.astype(get_default_dtype())
    return wrap(array)  # type: ignore[no-any-return]  # late-bound


# ---------------------------------------------------------------- calls


def operation(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """The operation that means the same as a ufunc, if there is one."""
    return _CALLS.get(ufunc) or IMPLEMENTS.get(ufunc)


def _call(ufunc: np.ufunc, *inputs: Any, dtype: Any = None, **options: Any) -> Any:
    refuse(options)
    function = operation(ufunc)
    if function is None:
        return NotImplemented
    if dtype is not None:
        wanted = np.dtype(dtype)
        if wanted.kind != "f":
            raise TypeError(f"np.{ufunc.__name__} with dtype={wanted} cannot keep the graph; convert with .to(...)")
        inputs = tuple(tensor(value).to(wanted) if not isinstance(value, int | float) else value for value in inputs)
    return function(*inputs)


def _modf(x: Any) -> tuple[Tensor, Tensor]:
    x = tensor(x)
    x = x if x.array.dtype.kind == "f" else x.to(get_default_dtype())
    whole, endless = elementwise.trunc(x), isinf(x)
    return masks.masked_fill(elementwise.sub(x, masks.masked_fill(whole, endless, 0.0)), endless, 0.0), whole


def _floating(x: Any) -> Tensor:
    x = tensor(x)
    return x if x.array.dtype.kind == "f" else x.to(get_default_dtype())  # type: ignore[no-any-return]  # late-bound


def _matmul(a: Any, b: Any) -> Tensor:
    """NumPy's, which brings both to one dtype first; PyTorch's asks for one."""
    a, b = tensor(a), tensor(b)
    common = result_type(a.array, b.array)
    return linalg.matmul(a.to(common), b.to(common))


def _vecdot(a: Any, b: Any) -> Tensor:
    return reduce.sum(elementwise.mul(a, b), -1)


def _matvec(a: Any, b: Any) -> Tensor:
    return shape.squeeze(_matmul(a, shape.unsqueeze(tensor(b), -1)), -1)


def _vecmat(a: Any, b: Any) -> Tensor:
    return shape.squeeze(_matmul(shape.unsqueeze(tensor(a), -2), b), -2)


_CALLS: dict[Any, Callable[..., Any]] = {
    np.power: elementwise.pow,
    np.float_power: elementwise.float_power,
    np.frexp: parts.frexp,
    np.ldexp: parts.ldexp,
    np.matmul: _matmul,
    np.vecdot: _vecdot,
    np.matvec: _matvec,
    np.vecmat: _vecmat,
    np.positive: elementwise.positive,
    np.conjugate: complex_numbers.conj,
    np.fabs: lambda x: elementwise.abs(_floating(x)),
    np.rint: lambda x: elementwise.round(_floating(x)),
    np.modf: _modf,
    np.divmod: lambda a, b: (elementwise.div(a, b, rounding_mode="floor"), elementwise.remainder(a, b)),
    np.degrees: elementary.rad2deg,
    np.rad2deg: elementary.rad2deg,
    np.radians: elementary.deg2rad,
    np.deg2rad: elementary.deg2rad,
    np._core.umath.clip: elementwise.clamp,  # type: ignore[attr-defined]  # the ufunc behind np.clip
}


# ---------------------------------------------------------------- methods


def _each_dim(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A reduction of one dim as one of several."""

    def call(x: Tensor, dims: Sequence[int], keepdim: bool) -> Tensor:
        for dim in sorted(dims, reverse=True):
            x = function(x, dim, keepdim)
        return x

    return call


_REDUCTIONS: dict[Any, Callable[..., Tensor]] = {
    np.add: reduce.sum,
    np.multiply: _each_dim(reduce.prod),
    np.maximum: reduce.amax,
    np.minimum: reduce.amin,
    np.logical_and: reduce.all,
    np.logical_or: reduce.any,
    np.logaddexp: reduce.logsumexp,
}
_RUNNING: dict[Any, Callable[..., Tensor]] = {
    np.add: cumulative.cumsum,
    np.multiply: cumulative.cumprod,
    np.maximum: lambda x, dim: cumulative.cummax(x, dim).values,
    np.minimum: lambda x, dim: cumulative.cummin(x, dim).values,
    np.logaddexp: cumulative.logcumsumexp,
}


def _reduce(
    ufunc: np.ufunc,
    x: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = MISSING,
    where: Any = True,
    **options: Any,
) -> Any:
    refuse(options)
    x = tensor(x) if dtype is None else tensor(x).to(np.dtype(dtype))
    apply, identity = operation(ufunc), ufunc.identity
    if apply is None and ufunc not in _REDUCTIONS:
        return NotImplemented
    dims = tuple(range(x.ndim)) if axis is None else _dims(ufunc, axis, x.ndim)
    if where is not True:
        fill = identity if identity is not None else initial
        if fill is MISSING:
            raise ValueError(
                f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where mask one has to "
                "specify 'initial'"
            )
        x = elementwise.where(tensor(where).to(bool), x, fill)
    if ufunc in _REDUCTIONS and (identity is not None or 0 not in x.array.shape):
        result = _REDUCTIONS[ufunc](x, dims, keepdims) if dims else elementwise.clone(x)
        return result if initial is MISSING else apply(result, initial)  # type: ignore[misc]  # these have operations
    found = ufunc.reduce(
        x.array, axis=axis, keepdims=keepdims, **({} if initial is MISSING else {"initial": arrays(initial)})
    )
    if 0 in x.array.shape:
        return wrap(np.asarray(found, x.array.dtype))
    kept = [i for i in range(x.ndim) if i not in dims]
    rows = shape.permute(x, (*kept, *dims)).reshape(tuple(x.array.shape[i] for i in kept) + (-1,))
    parts = list(joining.unbind(rows, -1))
    if initial is not MISSING:
        parts.insert(0, tensor(initial).to(x.dtype))
    return fold(apply, parts).reshape(found.shape)  # type: ignore[arg-type]  # it is an operation


def _dims(ufunc: np.ufunc, axis: Any, ndim: int) -> tuple[int, ...]:
    axes = axis if isinstance(axis, tuple) else (axis,)
    for each in axes:
        if not -ndim <= each < ndim:
            raise np.exceptions.AxisError(each, ndim, f"np.{ufunc.__name__}.reduce")
    return tuple(each % ndim for each in axes)


def _accumulate(ufunc: np.ufunc, x: Any, axis: int = 0, dtype: Any = None, **options: Any) -> Any:
    refuse(options)
    x = tensor(x) if dtype is None else tensor(x).to(np.dtype(dtype))
    if ufunc in _RUNNING:
        return _RUNNING[ufunc](x, axis)
    apply = operation(ufunc)
    if apply is None:
        return NotImplemented
    results: list[Any] = []
    for part in joining.unbind(x, _dims(ufunc, axis, x.ndim)[0]):
        results.append(apply(results[-1], part) if results else part)
    return joining.stack(results, axis % x.ndim) if results else elementwise.clone(x)


def _reduceat(ufunc: np.ufunc, x: Any, indices: Any, axis: int = 0, dtype: Any = None, **options: Any) -> Any:
    refuse(options)
    x = tensor(x) if dtype is None else tensor(x).to(np.dtype(dtype))
    (dim,) = _dims(ufunc, axis, x.ndim)
    starts, n = np.asarray(arrays(indices)).tolist(), x.array.shape[dim]
    results = []
    for start, end in zip(starts, [*starts[1:], n], strict=True):
        if not 0 <= start < n:
            raise IndexError(f"index {start} out-of-bounds in np.{ufunc.__name__}.reduceat [0, {n})")
        if end <= start:
            results.append(index.select(x, dim, start))
            continue
        part = _reduce(ufunc, index.narrow(x, dim, start, end - start), dim)
        if part is NotImplemented:
            return NotImplemented
        results.append(part)
    return joining.stack(results, dim)


def _outer(ufunc: np.ufunc, a: Any, b: Any, **options: Any) -> Any:
    a, b = tensor(a), tensor(b)
    return _call(ufunc, a.reshape(tuple(a.shape) + (1,) * b.ndim), b, **options)


def _at(ufunc: np.ufunc, *inputs: Any, **options: Any) -> Any:
    return NotImplemented


_METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _call,
    "reduce": _reduce,
    "accumulate": _accumulate,
    "reduceat": _reduceat,
    "outer": _outer,
    "at": _at,
}
