"""Checking derivatives against numbers: central differences, and the complex step where a function is analytic.

The complex step f'(x) = Im f(x + ih) / h has no cancellation, so h = 1e-100 gives every digit (Squire and
Trapp, SIAM Review 40, 1998). Names and defaults of `gradcheck` are PyTorch's.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .derivatives import Push, grad, pull, units
from .modes import enable_grad, no_grad
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
    return _numerical(function, inputs, which, [one.array for one in units(inputs[which].array)], eps, method)


def _numerical(
    function: Callable[..., Any], inputs: Sequence[Any], which: int, along: list[Array], eps: float, method: str
) -> list[Array]:
    """The derivative of each output along directions of one input, a column for each."""
    central = None if method == "complex" else _columns(_central(eps), function, inputs, which, along)
    if method == "central":
        return central or []
    try:
        exact = _columns(_complex_step, function, inputs, which, along)
    except Exception:
        if method == "complex":
            raise
        return central or []
    if central is None:
        return exact
    agree = all(np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True) for a, b in zip(exact, central, strict=True))
    return exact if agree else central


def _central(eps: float) -> Callable[[Callable[[Array], list[Array]], Array, Array], list[Array]]:
    def slope(evaluate: Callable[[Array], list[Array]], x: Array, v: Array) -> list[Array]:
        step: Any = (eps * v).astype(x.dtype)
        return [(a - b) / (2 * eps) for a, b in zip(evaluate(x + step), evaluate(x - step), strict=True)]

    return slope


def _complex_step(evaluate: Callable[[Array], list[Array]], x: Array, v: Array) -> list[Array]:
    return [np.imag(out) / 1e-100 for out in evaluate(x + 1e-100j * v.astype(np.complex128))]


def _columns(
    slope: Any, function: Callable[..., Any], inputs: Sequence[Any], which: int, along: list[Array]
) -> list[Array]:
    x = np.array(inputs[which].array, order="C")

    def evaluate(values: Array) -> list[Array]:
        changed = [
            wrap(np.asarray(values)) if i == which else wrap(each.array) if isinstance(each, Tensor) else each
            for i, each in enumerate(inputs)
        ]
        with no_grad(), np.errstate(all="ignore"):
            return [np.array(out.array) for out in _outputs(function, changed)]

    columns = [slope(evaluate, x, v) for v in along]
    sizes = [out.size for out in evaluate(x)]
    return [
        np.stack([values[k].reshape(-1) for values in columns], axis=1) if columns else np.zeros((size, 0))
        for k, size in enumerate(sizes)
    ]


def _rows(output: Tensor, target: Tensor, cotangents: Sequence[Tensor]) -> Array:
    """The gradient for each cotangent, flattened: a row of the Jacobian for each row of the identity."""
    rows = []
    for cotangent in cotangents:
        (row,) = pull([output], [target], [cotangent], create_graph=False, retain_graph=True)
        rows.append(np.zeros(target.array.size) if row is None else row.array.reshape(-1))
    return np.stack(rows) if rows else np.zeros((0, target.array.size))


# ---------------------------------------------------------------- the checks


class _Limits(NamedTuple):
    atol: float
    rtol: float

    def compare(self, engine: Array, numerical: Array, what: str, how: str = "by the engine") -> None:
        """Raise unless both agree."""
        wrong = ~np.isclose(engine, numerical, rtol=self.rtol, atol=self.atol, equal_nan=True)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise GradcheckError(
                f"Jacobian mismatch for {what}: d output[{row}] / d input[{column}] is {engine[row, column]:.10g} {how} "
                f"and {numerical[row, column]:.10g} numerically ({wrong.sum()} of {wrong.size} entries disagree)"
            )


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
    method: str = "auto",
) -> bool:
    """Whether the engine's first derivatives of func agree with numerical ones: for inputs in float64.

    Raises GradcheckError (or returns False) where |engine - numerical| > atol + rtol |numerical|.
    nondet_tol: how far two sweeps may differ. check_forward_ad: products J v too; check_backward_ad=False: only those.
    check_grad_dtypes: gradients have their inputs' dtypes. check_batched_grad, check_batched_forward_grad: many cotangents
    (directions) at once give what each gives. fast_mode: one random product u^T J v in place of every element of J.
    check_undefined_grad is always done: a row of the Jacobian leaves the gradients of the other outputs undefined.
    masked concerns sparse tensors, of which there are none. method: see `numerical_jacobian`.

    >>> gradcheck(lambda x: (x * x).sum(), tensor([1., 2.], dtype=float64, requires_grad=True))
    True
    """
    for needed, by, flag in (
        (check_forward_ad or check_backward_ad, "gradcheck", "check_forward_ad or check_backward_ad"),
        (check_backward_ad or not check_batched_grad, "check_batched_grad", "check_backward_ad"),
        (check_forward_ad or not check_batched_forward_grad, "check_batched_forward_grad", "check_forward_ad"),
    ):
        if not needed:
            raise AssertionError(f"gradcheck: {by} needs {flag}=True")
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    checked = [i for i, each in enumerate(given) if isinstance(each, Tensor) and each.requires_grad]
    if not checked:
        raise ValueError("gradcheck expects at least one input tensor to require gradient")
    for i in checked:
        if given[i].dtype != np.float64:
            warnings.warn(
                f"gradcheck: input {i} is {given[i].dtype}; differences need float64, so this will probably fail: use "
                ".double() before requires_grad_()",
                stacklevel=2,
            )
    limits = _Limits(atol, rtol)
    source = np.random.default_rng(0)
    try:
        outputs = _outputs(func, given)
        for i in checked:
            target = given[i]
            along = [_direction(source, target)] if fast_mode else [one.array for one in units(target.array)]
            numerical = _numerical(func, given, i, along, eps, method)
            for k, output in enumerate(outputs):
                what = f"output {k} with respect to input {i}"
                cotangents = [wrap(_direction(source, output))] if fast_mode else list(units(output.array))
                expected = numerical[k]
                if fast_mode:
                    expected = cotangents[0].array.reshape(1, -1) @ expected
                if check_backward_ad:
                    engine = _rows(output, target, cotangents)
                    _check_sweeps(engine, output, target, cotangents, nondet_tol, check_grad_dtypes, check_batched_grad)
                    limits.compare(engine @ along[0].reshape(-1, 1) if fast_mode else engine, expected, what)
                if check_forward_ad:
                    columns = _pushed(output, target, [wrap(v) for v in along], check_batched_forward_grad)
                    if fast_mode:
                        columns = cotangents[0].array.reshape(1, -1) @ columns
                    limits.compare(columns, expected, what, "by the engine in forward mode")
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _direction(source: np.random.Generator, tensor: Tensor) -> Array:
    """A random vector of length 1 in the shape of a tensor."""
    v = np.asarray(source.standard_normal(tensor.array.shape))
    return np.asarray(v / max(float(np.sqrt((v * v).sum())), 1e-300), tensor.array.dtype)


def _check_sweeps(
    engine: Array,
    output: Tensor,
    target: Tensor,
    cotangents: Sequence[Tensor],
    nondet_tol: float,
    dtypes: bool,
    batched: bool,
) -> None:
    """What does not need numerical derivatives."""
    again = _rows(output, target, cotangents)
    if not np.allclose(engine, again, rtol=0, atol=nondet_tol, equal_nan=True):
        raise GradcheckError(f"two sweeps differ by {np.abs(engine - again).max():.3g}: not deterministic")
    if output._edge is None or not cotangents:
        return
    if dtypes:
        (g,) = pull([output], [target], cotangents[:1], create_graph=False, retain_graph=True)
        if g is not None and g.dtype != target.dtype:
            raise GradcheckError(f"a gradient is {g.dtype}, its input {target.dtype}")
    if batched:
        batch = wrap(np.stack([each.array for each in cotangents]))
        flags = {"retain_graph": True, "is_grads_batched": True, "allow_unused": True, "materialize_grads": True}
        (stacked,) = grad(output, target, batch, **flags)
        if not np.array_equal(stacked.array.reshape(engine.shape), engine, equal_nan=True):
            raise GradcheckError("a batch of cotangents does not give what each gives by itself")


def _pushed(output: Tensor, target: Tensor, directions: Sequence[Tensor], batched: bool) -> Array:
    """J v for each direction, a column each."""
    if output._edge is None:
        return np.zeros((output.array.size, len(directions)))
    push = Push([output], [target])
    columns = [push([v], create_graph=False)[0] for v in directions]
    flat = [np.zeros(output.array.size) if column is None else column.array.reshape(-1) for column in columns]
    found = np.stack(flat, axis=1) if flat else np.zeros((output.array.size, 0))
    if batched and flat and push.pulled[0] is not None:
        batch = wrap(np.stack([v.array for v in directions]))
        (stacked,) = grad(
            push.pulled, push.us, batch, True, is_grads_batched=True, allow_unused=True, materialize_grads=True
        )
        if not np.array_equal(stacked.array.reshape(len(flat), -1).T, found, equal_nan=True):
            raise GradcheckError("a batch of directions does not give what each gives by itself")
    return found


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the engine's second derivatives agree with differences of its first ones.

    grad_outputs: the cotangents of the outputs (default: fixed numbers between 0.5 and 1.5;
    gen_non_contig_grad_outputs: in memory with gaps). check_fwd_over_rev: forward mode over the gradient, too;
    check_rev_over_rev=False: only that. The other arguments are those of `gradcheck`.

    >>> gradgradcheck(lambda x: x ** 3, tensor([1., 2.], dtype=float64, requires_grad=True))
    True
    """
    for needed, flag in (
        (check_fwd_over_rev or check_rev_over_rev, "check_fwd_over_rev or check_rev_over_rev"),
        (check_rev_over_rev or not (check_undefined_grad or check_batched_grad), "check_rev_over_rev"),
    ):
        if not needed:
            raise AssertionError(f"gradgradcheck needs {flag}=True (check_undefined_grad needs it, too)")
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    with no_grad():
        shapes = [out.array.shape for out in _outputs(func, given)]
    if grad_outputs is None:
        source = np.random.default_rng(0)
        arrays = [source.uniform(0.5, 1.5, shape) for shape in shapes]
        if gen_non_contig_grad_outputs:
            arrays = [np.repeat(array[..., None], 2, -1)[..., 0] for array in arrays]
        seeds = [wrap(np.asarray(array)).requires_grad_() for array in arrays]
    else:
        seeds = list(grad_outputs) if isinstance(grad_outputs, tuple | list) else [grad_outputs]
    count = len(given)
    checked = [i for i, each in enumerate(given) if isinstance(each, Tensor) and each.requires_grad]

    def first(*arguments: Any) -> tuple[Any, ...]:
        with enable_grad():  # inside the numerical evaluation recording is off and the inputs are plain: start anew
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
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
        method="central",
    )
