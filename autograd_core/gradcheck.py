"""Checking derivatives against numbers: central differences, and the complex step where a function is analytic.

The complex step f'(x) = Im f(x + ih) / h has no cancellation, so h = 1e-100 gives every digit (Squire and
Trapp, SIAM Review 40, 1998). Names and defaults of `gradcheck` are PyTorch's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .derivatives import grad
from .modes import no_grad
from .primitive import wrap
from .tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck", "numerical_jacobian"]

Array = np.ndarray[Any, Any]


class GradcheckError(RuntimeError):
    """A derivative of the engine does not agree with the numerical one."""


def _outputs(function: Callable[..., Any], inputs: Sequence[Any]) -> list[Tensor]:
    result = function(*inputs)
    found = list(result) if isinstance(result, tuple | list) else [result]
    # NumPy's functions return arrays where no argument requires grad, as in the numerical evaluation
    tensors = [wrap(np.asarray(out)) if isinstance(out, np.ndarray | np.generic) else out for out in found]
    return [out for out in tensors if isinstance(out, Tensor) and out.dtype.kind in "fc"]


def numerical_jacobian(
    function: Callable[..., Any], inputs: Sequence[Any], which: int, eps: float = 1e-6, method: str = "auto"
) -> list[Array]:
    """d output / d inputs[which] of each output, shape (output size, input size), in float64.

    method: "central" (differences), "complex" (step), or "auto": the complex step if the function accepts
    complex numbers and both agree to six digits, else central differences.

    >>> numerical_jacobian(lambda x: x * x, [tensor([3.], dtype=float64)], 0)[0]
    array([[6.]])
    """
    central = None if method == "complex" else _jacobian_by(_central(eps), function, inputs, which)
    if method == "central":
        return central or []
    try:
        exact = _jacobian_by(_complex_step, function, inputs, which)
    except Exception:
        if method == "complex":
            raise
        return central or []
    if central is None:
        return exact
    agree = all(np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True) for a, b in zip(exact, central, strict=True))
    return exact if agree else central


def _central(eps: float) -> Callable[[Callable[[Array], list[Array]], Array, int], list[Array]]:
    def column(evaluate: Callable[[Array], list[Array]], x: Array, i: int) -> list[Array]:
        above, below = x.copy(), x.copy()
        above.reshape(-1)[i] += eps
        below.reshape(-1)[i] -= eps
        return [(a - b) / (2 * eps) for a, b in zip(evaluate(above), evaluate(below), strict=True)]

    return column


def _complex_step(evaluate: Callable[[Array], list[Array]], x: Array, i: int) -> list[Array]:
    stepped = x.astype(np.complex128)
    stepped.reshape(-1)[i] += 1e-100j
    return [np.imag(out) / 1e-100 for out in evaluate(stepped)]


def _jacobian_by(column: Any, function: Callable[..., Any], inputs: Sequence[Any], which: int) -> list[Array]:
    x = np.array(inputs[which].array, order="C")

    def evaluate(values: Array) -> list[Array]:
        changed = [
            wrap(values) if i == which else wrap(each.array) if isinstance(each, Tensor) else each
            for i, each in enumerate(inputs)
        ]
        with no_grad(), np.errstate(all="ignore"):
            return [np.array(out.array) for out in _outputs(function, changed)]

    columns = [column(evaluate, x, i) for i in range(x.size)]
    sizes = [out.size for out in evaluate(x)]
    return [
        np.stack([values[k].reshape(-1) for values in columns], axis=1) if columns else np.zeros((size, 0))
        for k, size in enumerate(sizes)
    ]


def _analytical_jacobian(output: Tensor, target: Tensor) -> Array:
    rows = []
    for i in range(output.array.size):
        seed = np.zeros(output.array.shape, output.array.dtype)
        seed.reshape(-1)[i] = 1
        (row,) = grad(output, target, wrap(seed), retain_graph=True, allow_unused=True)
        rows.append(np.zeros(target.array.size) if row is None else row.array.reshape(-1))
    return np.stack(rows) if rows else np.zeros((0, target.array.size))


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    method: str = "auto",
) -> bool:
    """Whether the engine's first derivatives of func agree with numerical ones, in float64.

    Raises GradcheckError (or returns False) where |engine - numerical| > atol + rtol |numerical|. nondet_tol
    is how far two sweeps may differ. method: see `numerical_jacobian`.

    >>> gradcheck(lambda x: (x * x).sum(), tensor([1., 2.], dtype=float64, requires_grad=True))
    True
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    checked = [i for i, each in enumerate(given) if isinstance(each, Tensor) and each.requires_grad]
    if not checked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient")
    for i in checked:
        if given[i].dtype != np.float64:
            raise ValueError(
                f"gradcheck: input {i} is {given[i].dtype}; differences need float64: use .double() before requires_grad_()"
            )
    try:
        outputs = _outputs(func, given)
        for i in checked:
            numerical = numerical_jacobian(func, given, i, eps, method)
            for k, output in enumerate(outputs):
                engine = _analytical_jacobian(output, given[i]) if output.requires_grad else np.zeros_like(numerical[k])
                _compare(engine, numerical[k], atol, rtol, f"output {k} with respect to input {i}")
                if output.requires_grad:
                    again = _analytical_jacobian(output, given[i])
                    if not np.allclose(engine, again, rtol=0, atol=nondet_tol, equal_nan=True):
                        raise GradcheckError(
                            f"two sweeps differ by {np.abs(engine - again).max():.3g}: not deterministic"
                        )
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _compare(engine: Array, numerical: Array, atol: float, rtol: float, what: str) -> None:
    wrong = ~np.isclose(engine, numerical, rtol=rtol, atol=atol, equal_nan=True)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise GradcheckError(
            f"Jacobian mismatch for {what}: d output[{row}] / d input[{column}] is {engine[row, column]:.10g} by the "
            f"engine and {numerical[row, column]:.10g} numerically ({wrong.sum()} of {wrong.size} entries disagree)"
        )


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Whether the engine's second derivatives agree with differences of its first ones.

    grad_outputs: the cotangents of the outputs (default: fixed numbers between 0.5 and 1.5).

    >>> gradgradcheck(lambda x: x ** 3, tensor([1., 2.], dtype=float64, requires_grad=True))
    True
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    with no_grad():
        shapes = [out.array.shape for out in _outputs(func, given)]
    if grad_outputs is None:
        source = np.random.default_rng(0)
        seeds = [wrap(source.uniform(0.5, 1.5, shape)).requires_grad_() for shape in shapes]
    else:
        seeds = list(grad_outputs) if isinstance(grad_outputs, tuple | list) else [grad_outputs]
    count = len(given)
    checked = [i for i, each in enumerate(given) if isinstance(each, Tensor) and each.requires_grad]

    def first(*arguments: Any) -> tuple[Any, ...]:
        # Inside the numerical evaluation recording is off and the inputs are plain: start anew.
        from .modes import enable_grad

        with enable_grad():
            inner = [
                each
                if not isinstance(each, Tensor) or i not in checked or each.requires_grad
                else each.detach().requires_grad_()
                for i, each in enumerate(arguments[:count])
            ]
            outputs = _outputs(func, inner)
            used = [(out, seed) for out, seed in zip(outputs, arguments[count:], strict=True) if out.requires_grad]
            return grad(
                [out for out, _ in used],
                [inner[i] for i in checked],
                [seed for _, seed in used],
                create_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )

    return gradcheck(
        first,
        (*given, *seeds),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        method="central",
    )
