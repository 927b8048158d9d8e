"""NumPy's functions on Tensors.

The rule: ``np.f(t)`` takes NumPy's argument names and defaults. A ufunc gives a Tensor. Of other functions,
where an argument requires grad (PyTorch would raise) the graph is kept through the operation that means the
same; otherwise the Tensors are converted and NumPy's own result is returned, as in PyTorch.

`primitive.IMPLEMENTS` holds the functions that agree with an operation argument by argument; the table below, with those of
`numpy_shapes` and `numpy_statistics`, holds the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..ops import (
    decompositions,
    determinants,
    diagonal,
    einsum,
    elementary,
    elementwise,
    least_squares,
    linalg,
    logic,
    matrix_functions,
    norms,
    orthogonal,
    parts,
    reduce,
    shape,
    solve,
    special,
)
from ..primitive import wrap
from .operands import MISSING as _MISSING
from .operands import arrays as _arrays
from .operands import let_out as _let_out
from .operands import refuse as _refuse
from .operands import requires_grad as _requires_grad
from .operands import tensor as _tensor
from .operands import written as _written
from .shapes import SHAPES, places
from .statistics import STATISTICS

if TYPE_CHECKING:
    from collections.abc import Callable

# ---------------------------------------------------------------- other functions, with NumPy's signatures


def _where(condition: Any, *branches: Any) -> Any:
    condition = _tensor(condition)
    return elementwise.where(condition if condition.dtype == bool else condition != 0, *branches)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    _refuse({"out": out})
    low = min if a_min is None or a_min is _MISSING else a_min
    high = max if a_max is None or a_max is _MISSING else a_max
    return elementwise.clamp(a, None if low is _MISSING else low, None if high is _MISSING else high)


def _like(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, *args: Any, **kwargs: Any) -> Any:
        return wrap(function(_arrays(a), *args, **{k: v for k, v in kwargs.items() if k != "subok"}))

    return call


def _einsum(subscripts: str, *operands: Any, optimize: Any = False, **options: Any) -> Any:
    _refuse(options, order="K", casting="safe")
    return einsum.einsum(subscripts, *[_tensor(x) for x in operands])


def _without_out(function: Callable[..., Any], **defaults: Any) -> Callable[..., Any]:
    """The function, with an `out=` (and further arguments) that must be left at their defaults."""

    def call(*args: Any, out: Any = None, **rest: Any) -> Any:
        fixed = {name: rest.pop(name) for name in defaults if name in rest}
        _refuse({"out": out, **fixed}, **defaults)
        return function(*args, **rest)

    return call


def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    _refuse({"dtype": dtype, "out": out})
    return reduce.sum(diagonal.diagonal(a, offset, axis1, axis2), -1)


def _dot(a: Any, b: Any) -> Any:
    a, b = _tensor(a), _tensor(b)
    if not a.ndim or not b.ndim:
        return elementwise.mul(a, b)
    if b.ndim > 2:
        raise TypeError(
            "np.dot with more than two dimensions on the right cannot keep the graph; use ag.matmul or einsum"
        )
    return linalg.matmul(a, b)


def _vdot(a: Any, b: Any) -> Any:
    return linalg.vdot(_tensor(a).reshape(-1), _tensor(b).reshape(-1))


def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = shape.movedim(_tensor(a), axisa, -1), shape.movedim(_tensor(b), axisb, -1)
    missing = a.ndim - b.ndim
    a, b = a[(None,) * -missing], b[(None,) * missing]  # PyTorch wants as many dimensions of both
    return shape.movedim(linalg.linalg_cross(a, b), -1, axisc)


def _solve(a: Any, b: Any) -> Any:
    a, b = _tensor(a), _tensor(b)
    if 1 < b.ndim < a.ndim:  # matrices in NumPy, perhaps a stack of vectors in PyTorch
        b = b[(None,) * (a.ndim - b.ndim)]
    return solve.linalg_solve(a, b)


def _qr(a: Any, mode: str = "reduced") -> Any:
    factors = orthogonal.linalg_qr(a, mode)
    return factors.R if mode == "r" else factors


def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    _refuse({"hermitian": hermitian}, hermitian=False)
    return decompositions.linalg_svd(a, full_matrices) if compute_uv else decompositions.svdvals(a)


def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = _MISSING) -> Any:
    if rcond is None:
        rcond = 1e-15 if rtol is _MISSING else rtol  # NumPy's default
    return least_squares.pinv(a, rtol=rcond, hermitian=hermitian)


def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    solution, residuals, rank, values = least_squares.linalg_lstsq(_tensor(a), _tensor(b), rcond, driver="gelsd")
    return solution, residuals, int(rank), values


def _angle(z: Any, deg: Any = False) -> Any:
    return elementary.rad2deg(parts.angle(z)) if deg else parts.angle(z)


def _nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if not copy:
        raise TypeError("np.nan_to_num with copy=False cannot keep the graph of a Tensor that requires grad")
    return parts.nan_to_num(x, nan, posinf, neginf)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    **SHAPES,
    **STATISTICS,
    np.where: _where,
    np.clip: _clip,
    np.round: _without_out(lambda a, decimals=0: elementwise.round(a, decimals=decimals)),
    np.around: _without_out(lambda a, decimals=0: elementwise.round(a, decimals=decimals)),
    np.fix: _without_out(elementwise.trunc),
    np.copy: lambda a, order="K", subok=False: a.clone(),
    np.zeros_like: _like(np.zeros_like),
    np.ones_like: _like(np.ones_like),
    np.full_like: _like(np.full_like),
    np.empty_like: _like(np.empty_like),
    np.dot: _without_out(_dot),
    np.outer: _without_out(lambda a, b: linalg.outer(_tensor(a).reshape(-1), _tensor(b).reshape(-1))),
    np.einsum: _einsum,
    np.trace: _trace,
    np.kron: lambda a, b: linalg.kron(_tensor(a), _tensor(b)),
    np.inner: lambda a, b: linalg.inner(_tensor(a), _tensor(b)),
    np.vdot: _vdot,
    np.cross: _cross,
    np.tensordot: lambda a, b, axes=2: einsum.tensordot(_tensor(a), _tensor(b), axes),
    np.linalg.norm: lambda x, ord=None, axis=None, keepdims=False: norms.linalg_norm(x, ord, axis, keepdims),
    np.linalg.inv: solve.inv,
    np.linalg.solve: _solve,
    np.linalg.det: determinants.linalg_det,
    np.linalg.slogdet: determinants.linalg_slogdet,
    np.linalg.cholesky: decompositions.linalg_cholesky,
    np.linalg.qr: _qr,
    np.linalg.svd: _svd,
    np.linalg.svdvals: decompositions.svdvals,
    np.linalg.eigh: decompositions.eigh,
    np.linalg.eigvalsh: decompositions.eigvalsh,
    np.linalg.pinv: _pinv,
    np.linalg.lstsq: _lstsq,
    np.linalg.matrix_power: matrix_functions.matrix_power,
    np.linalg.multi_dot: _without_out(lambda arrays: linalg.multi_dot([_tensor(x) for x in arrays])),
    np.linalg.matrix_rank: lambda *args, **options: np.linalg.matrix_rank(*_arrays(args), **options),
    np.shape: lambda a: tuple(a.shape),
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.array.size if axis is None else a.array.shape[axis],
    np.isposinf: _without_out(logic.isposinf),
    np.isneginf: _without_out(logic.isneginf),
    np.isreal: logic.isreal,
    np.iscomplex: places(np.iscomplex),
    np.angle: _angle,
    np.nan_to_num: _nan_to_num,
    np.sinc: special.sinc,
    np.i0: special.i0,
    np.isin: lambda element, test_elements, assume_unique=False, invert=False, *, kind=None: wrap(
        np.isin(_arrays(element), _arrays(test_elements), assume_unique, invert, kind=kind)
    ),
    np.isclose: lambda a, b, **options: wrap(np.isclose(_arrays(a), _arrays(b), **options)),
    np.allclose: lambda a, b, **options: np.allclose(_arrays(a), _arrays(b), **options),
}


_WRITERS = {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}  # into their first argument


def apply_function(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """What ``np.f(…, tensor, …)`` means: `Tensor.__array_function__`."""
    if not (_requires_grad(args) or _requires_grad(tuple(kwargs.values()))):
        if function in _WRITERS and args:
            _written(function.__name__, args[0])
        out = kwargs.get("out")
        for target in out if isinstance(out, tuple) else (out,):
            _written(function.__name__, target)
        result = function(*_arrays(args), **_arrays(kwargs))
        _let_out(result, (args, *kwargs.values()))
        return result
    keeps_graph = _FUNCTIONS.get(function)
    if keeps_graph is None:
        raise TypeError(
            f"np.{function.__name__} has no counterpart that keeps the graph of a Tensor that requires grad; use "
            "tensor.detach() for its value alone, or an operation of autograd_core"
        )
    return keeps_graph(*args, **kwargs)
