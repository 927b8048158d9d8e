"""Checking a hand-written gradient of any function: against the engine, the complex step and central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .derivatives import grad
from .gradcheck import numerical_jacobian
from .modes import enable_grad
from .primitive import wrap
from .tensor import Tensor
from .tensors.creation import tensor

__all__ = ["GradientCheck", "GradientReport", "compare_gradients"]

Array = np.ndarray[Any, Any]


@dataclass
class GradientCheck:
    """One hand-written gradient: how far it is from the engine's, and the engine's from the numerical ones."""

    name: str
    ok: bool
    yours: Array
    engine: Array
    rel: float
    complex_step: float | None = None  # relative distance of the engine; None where f takes no complex numbers
    central: float | None = None
    intermediate: bool = False
    element: tuple[int, ...] | None = None
    remark: str = ""

    def __str__(self) -> str:
        kind = "cotangent of" if self.intermediate else "gradient of"
        numeric = [f"{name} {value:.1e}" for name, value in (("complex step", self.complex_step),
                   ("differences", self.central)) if value is not None]  # fmt: skip
        held = f" (the engine itself against {', '.join(numeric)})" if numeric else ""
        if self.ok:
            return f"{kind} {self.name}: right, rel {self.rel:.1e}{f': {self.remark}' if self.remark else ''}{held}"
        where = ""
        if self.element is not None:
            at = ", ".join(map(str, self.element))
            where = f"; element [{at}]: yours {self.yours[self.element]:.9g}, expected {self.engine[self.element]:.9g}"
        remark = f": {self.remark}" if self.remark else ""
        return f"{kind} {self.name}: WRONG, rel {self.rel:.3g}{remark}{where}{held}"


@dataclass
class GradientReport:
    """The checks in the order of the backward pass: the last intermediate first, then the inputs."""

    checks: list[GradientCheck] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all agree."""
        return all(check.ok for check in self.checks)

    @property
    def first(self) -> GradientCheck | None:
        """The first that disagrees, in the order of the backward pass."""
        return next((check for check in self.checks if not check.ok), None)

    def __str__(self) -> str:
        first = self.first
        lines = [str(check) + ("   <- first error" if check is first else "") for check in self.checks]
        return "\n".join(lines)


def compare_gradients(
    f: Callable[..., Any],
    inputs: Any,
    hand: Any,
    *,
    cotangents: Mapping[str, Any] | None = None,
    grad_output: Any = None,
    rtol: float | None = None,
    eps: float = 1e-6,
) -> GradientReport:
    """Compare hand-written gradients of f with the engine's, and the engine's with numerical ones.

    inputs: a tensor or array, or a sequence of them. hand: their gradients as a sequence (None for one that you do not
    have), a dict by position, or a function of the inputs that returns these. For an output that is no single number,
    grad_output is its cotangent. For hand-derived cotangents of intermediates, f returns (output, {name: tensor}) in
    the order of computation, and `cotangents` (or a pair returned by `hand`) has arrays under those names. Judged
    normwise at rtol: 1e-10, or 1e-4 in float32.

    >>> x = np.array([1.0, 2.0])
    >>> report = compare_gradients(lambda x: (x * x).sum(), x, [x])
    >>> print(str(report).partition(" (")[0])
    gradient of input 0: WRONG, rel 0.5: 0.5 times the right one; element [0]: yours 1, expected 2
    >>> compare_gradients(lambda x: (x * x).sum(), x, lambda x: 2 * x).ok
    True
    """
    leaves = [_leaf(each) for each in (inputs if isinstance(inputs, tuple | list) else [inputs])]
    with enable_grad():
        output, named = _split(f(*leaves))
    if grad_output is None and output.array.size != 1:
        raise ValueError(
            f"compare_gradients: f returned shape {tuple(output.array.shape)}; return a single number, such as "
            ".sum(), or give grad_output"
        )
    seed = np.ones(output.array.shape) if grad_output is None else np.asarray(grad_output, output.dtype)
    given = hand(*(leaf.array.copy() for leaf in leaves)) if callable(hand) else hand
    if cotangents is None and isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], Mapping):
        given, cotangents = given
    by_hand = _by_position(given, len(leaves))
    unknown = set(cotangents or {}) - set(named)
    if unknown:
        raise ValueError(f"compare_gradients: f names no intermediate {sorted(unknown)}; it names {sorted(named)}")
    middle = [name for name in reversed(named) if name in (cotangents or {})]
    wanted = [*(named[name] for name in middle), *(leaves[i] for i in by_hand)]
    tracked = [target for target in wanted if target.requires_grad]
    found = (
        grad(output, tracked, wrap(np.asarray(seed, output.dtype)), allow_unused=True) if output.requires_grad else ()
    )
    engine = {id(target): g for target, g in zip(tracked, found, strict=False)}

    def exact(target: Tensor) -> Array:
        g = engine.get(id(target))
        return np.zeros(target.array.shape) if g is None else g.array

    report = GradientReport()
    for name in middle:
        report.checks.append(_check(name, (cotangents or {})[name], exact(named[name]), rtol, True))
    for i, yours in by_hand.items():
        check = _check(f"input {i}", yours, exact(leaves[i]), rtol, False)
        check.complex_step, check.central = _numerical(f, leaves, i, seed, check.engine, eps)
        if check.central is not None and check.central > 1e-4:
            check.remark += ("; " if check.remark else "") + "the engine and differences disagree: a kink here?"
        report.checks.append(check)
    return report


def _leaf(given: Any) -> Tensor:
    array = given.array if isinstance(given, Tensor) else np.asarray(given)
    made: Tensor = tensor(array if array.dtype.kind in "fc" else array.astype(np.float64))
    return made.requires_grad_()


def _split(result: Any) -> tuple[Tensor, dict[str, Tensor]]:
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Mapping):
        return result[0], dict(result[1])
    if not isinstance(result, Tensor):
        raise TypeError(f"compare_gradients: f must return a Tensor, or (Tensor, {{name: Tensor}}), not {type(result)}")
    return result, {}


def _by_position(given: Any, count: int) -> dict[int, Any]:
    if isinstance(given, Mapping):
        wrong = [key for key in given if key not in range(count)]
        if wrong:
            raise ValueError(f"compare_gradients: gradients for inputs {wrong}, but there are {count} inputs")
        return {i: given[i] for i in range(count) if given.get(i) is not None}
    values: Sequence[Any] = given if isinstance(given, tuple | list) else [given]
    if count == 1 and len(values) != 1:
        values = [given]
    if len(values) != count:
        raise ValueError(
            f"compare_gradients: {len(values)} gradients for {count} inputs; give None where you have none"
        )
    return {i: value for i, value in enumerate(values) if value is not None}


def _check(name: str, yours: Any, engine: Array, rtol: float | None, intermediate: bool) -> GradientCheck:
    mine = np.asarray(yours.array if isinstance(yours, Tensor) else yours, dtype=None)
    single = np.float32 in (mine.dtype, engine.dtype)
    tolerance = rtol if rtol is not None else 1e-4 if single else 1e-10
    if mine.shape != engine.shape:
        remark = f"shape {mine.shape}, expected {engine.shape}" + _about_shape(mine, engine, tolerance)
        return GradientCheck(name, False, mine, engine, float("inf"), None, None, intermediate, None, remark)
    off = abs(mine - engine)
    size, distance = float(np.linalg.norm(engine)), float(np.linalg.norm(off))
    ok = distance <= tolerance * size + 1e-14
    check = GradientCheck(name, ok, mine, engine, distance / size if size else distance, intermediate=intermediate)
    if not ok:
        beyond = ~(
            off
            <= max(
                tolerance * size / np.sqrt(max(off.size, 1)), 1e-9 * float(np.fmax.reduce(off, axis=None, initial=0))
            )
        )
        check.element = tuple(int(i) for i in np.argwhere(beyond)[0])
        check.remark = _remark(mine, engine, tolerance)
    return check


def _near(a: Array, b: Array, rtol: float) -> bool:
    return a.shape == b.shape and bool(np.linalg.norm(a - b) <= 10 * rtol * np.linalg.norm(b) + 1e-14)


def _about_shape(mine: Array, engine: Array, rtol: float) -> str:
    if _near(mine.T, engine, rtol):
        return ", it is transposed"
    extra = mine.ndim - engine.ndim
    if extra >= 0 and _near(mine.sum(axis=tuple(range(extra))), engine, rtol):
        return ", not summed over what was broadcast"
    return ""


def _remark(mine: Array, engine: Array, rtol: float) -> str:
    """What is known of a wrong gradient."""
    if not np.isfinite(mine).all():
        return "contains NaN or infinity"
    size = float((engine * engine).sum())
    factor = float((mine * engine).sum()) / size if size else 0.0
    if size and _near(mine, factor * engine, rtol):
        return "the sign is wrong" if abs(factor + 1) < 10 * rtol else f"{factor:.6g} times the right one"
    if engine.ndim == 2 and _near(mine.T, engine, rtol):
        return "it is transposed"
    off = ~np.isclose(mine, engine, rtol=rtol, atol=0)
    return "only this element is wrong" if off.sum() == 1 else ""


def _numerical(
    f: Callable[..., Any], leaves: list[Tensor], which: int, seed: Array, engine: Array, eps: float
) -> tuple[float | None, float | None]:
    """The engine's relative distance to the complex step and to central differences."""
    if leaves[which].dtype != np.float64:
        return None, None

    def weighted(*arguments: Any) -> Any:
        return (_split(f(*arguments))[0] * wrap(seed)).sum()

    def distance(method: str) -> float:
        at = leaves if method == "central" else [wrap(leaf.array.astype(np.complex128)) for leaf in leaves]
        numerical = numerical_jacobian(weighted, at, which, eps, method)[0].reshape(engine.shape)
        size = float(np.linalg.norm(engine))
        return float(np.linalg.norm(numerical - engine)) / (size or 1.0)

    central = distance("central")
    try:
        exact = distance("complex")
    except Exception:  # noqa: BLE001 - f decides what it raises on complex numbers
        return None, central
    return (exact if exact < 1e-5 or central > 1e-4 else None), central  # an f that drops the imaginary part
