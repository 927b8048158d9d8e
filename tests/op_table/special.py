"""Rows of special functions: `autograd_core.ops.special`. SciPy is the oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy import inf, nan
from scipy import special as scipy_special

from tests.op_calls import (
    FLOATING,
    FLOATS,
    NOT_ONE,
    UNFIT,
    Better,
    Call,
    Row,
    Wrong,
    bools,
    fixed,
    floats,
    ints,
    op,
    pairs,
    positive,
    unary,
)

# fmt: off  # rows are laid out as a table

SHAPES = (((2, 3), (2, 3)), ((2, 1), (1, 3)), ((), (2,)), ((), ()), ((1,), (2, 2)), ((0,), (1,)))


erf = scipy_special.erf


def _airy(x: Any) -> Any:
    return scipy_special.airy(x)[0]


def _entr(x: Any) -> Any:
    return scipy_special.entr(x)


def _logit(x: Any, eps: float | None = None) -> Any:
    return scipy_special.logit(x if eps is None else np.clip(x, eps, 1 - eps))


def _mvlgamma(x: Any, p: int) -> Any:
    return sum(scipy_special.gammaln(x - j / 2) for j in range(p)) + p * (p - 1) / 4 * np.log(np.pi)


def _first_fixed(first: tuple[float, float], second: tuple[float, float]) -> list[Call]:
    """Pairs of which only the second requires grad."""
    return [Call(*fixed([Call(floats(*m, low=first[0], high=first[1]))])[0].args, floats(*n, low=second[0], high=second[1], seed=3))
            for m, n in SHAPES]


def rows() -> Iterator[Row]:
    no_complex = [*NOT_ONE, Wrong(NotImplementedError, np.array([1j]))]
    yield Row(op.erf, [*unary(-4, 4), *unary(-0.4, 0.4)], scipy_special.erf, FLOATING, accurate_on=(-4, 4), errors=no_complex)
    yield Row(op.erfc, [*unary(-4, 4), *unary(-0.4, 0.4), Call(floats(3, low=4, high=26))], scipy_special.erfc, FLOATING,
              accurate_on=(-4, 9), errors=no_complex)
    yield Row(op.erfcx, [*unary(-4, 4), *unary(-0.4, 0.4), Call(floats(3, low=4, high=90))], scipy_special.erfcx, FLOATING,
              torch="special.erfcx", accurate_on=(-4, 50), errors=no_complex)
    yield Row(op.erfinv, [*unary(-0.8, 0.8), *unary(0.9, 0.999)], scipy_special.erfinv, FLOATING,
              kinks=[(1.0, inf), (-1.0, inf), (2.0, nan)], accurate_on=(-0.999, 0.999), errors=no_complex)
    yield Row(op.ndtr, [*unary(-3, 3), Call(floats(3, low=-5, high=5))], scipy_special.ndtr, FLOATING, torch="special.ndtr",
              accurate_on=(-1, 6), errors=no_complex)
    yield Row(op.log_ndtr, [*unary(-5, 3), Call(floats(3, low=-90, high=-2))], scipy_special.log_ndtr, FLOATING,
              torch="special.log_ndtr",
              rough={"float64": 1e-8, "float32": 4e-5, "float32 second derivative": 0.05}, accurate_on=(-30, 3), errors=no_complex)
    yield Row(op.ndtri, [*unary(0.1, 0.9), *unary(0.001, 0.05)], scipy_special.ndtri, FLOATING, torch="special.ndtri", rough={"float32": 1e-5},
              kinks=[(0.0, inf), (1.0, inf), (0.5, np.sqrt(2 * np.pi))], accurate_on=(0.001, 0.999), errors=no_complex)
    trigamma = {"float64": 1e-8}  # PyTorch's
    yield Row(op.lgamma, [*unary(0.2, 4), *unary(10, 30), *unary(-0.45, -0.1), Call(floats(3, low=-5.9, high=-5.1))],
              scipy_special.gammaln, FLOATING, accurate_on=(0.1, 50), rough=trigamma, errors=no_complex)
    yield Row(op.digamma, [*unary(0.2, 4), *unary(10, 30), *unary(-0.45, -0.1), Call(floats(3, low=-5.9, high=-5.1))],
              scipy_special.digamma, FLOATING, accurate_on=(2, 50), rough=trigamma, errors=no_complex)
    yield Row(op.polygamma, [Call(n, *call.args) for n in (0, 1, 2) for call in unary(0.5, 4)]
              + [Call(n, floats(3, low=-3.8, high=-3.2)) for n in (1, 2, 4)], scipy_special.polygamma, FLOATING,
              operations=["_polygamma"], torch="polygamma", rough=trigamma,
              errors=[Wrong(RuntimeError, -1, floats(2)), Wrong(TypeError, 1.5, floats(2)), Wrong(TypeError, 1, [1.0])])
    yield Row(op.mvlgamma, [Call(*call.args, p) for p in (1, 2, 4) for call in unary(1.6, 5)], _mvlgamma, FLOATING,
              takes=(*FLOATS, "int8", "int16", "int32", "int64", "uint8"), operations=[], rough=trigamma,
              errors=[Wrong(RuntimeError, floats(2), 0), Wrong(RuntimeError, floats(2), -1), Wrong(RuntimeError, bools(2), 2)])
    yield Row(op.zeta, [*_first_fixed((1.2, 4), (0.3, 4)), Call(2, floats(3, low=0.3, high=2)), Call(*fixed([Call(positive(3) + 1, 1)])[0].args),
               Call(3.0, positive(2))], scipy_special.zeta, FLOATING, torch="special.zeta",
              errors=[*UNFIT[:3], Wrong(TypeError, None, floats(2)), Wrong(TypeError, floats(2), "x"),
                      Wrong(NotImplementedError, np.array([1j]), np.array([1j]))])
    for gamma, counterpart in ((op.igamma, scipy_special.gammainc), (op.igammac, scipy_special.gammaincc)):
        yield Row(gamma, _first_fixed((0.5, 4), (0.3, 4)), counterpart, takes=FLOATS,
                  errors=[*UNFIT[:3], Wrong(NotImplementedError, ints(2), ints(2)), Wrong(TypeError, floats(2), None)])
    logs = [Call(floats(2), 2.0), Call(2.0, positive(3)), Call(0.0, positive(3))]
    yield Row(op.xlogy, [*pairs(second=(0.3, 3)), *logs], scipy_special.xlogy, FLOATING, errors=UNFIT,
              kinks=[((0.0, 0.0), (0.0, nan)), ((0.0, 2.0), (np.log(2), 0.0)), ((2.0, 0.0), (-inf, inf)), ((0.0, -1.0), (0.0, 0.0)),
                     ((0.0, nan), (nan, nan))])
    yield Row(op.xlog1py, [*pairs(second=(-0.7, 2)), *logs], scipy_special.xlog1py, FLOATING, errors=UNFIT, torch="special.xlog1py",
              kinks=[((0.0, -1.0), (0.0, nan)), ((0.0, 1.0), (np.log(2), 0.0)), ((2.0, -1.0), (-inf, inf)), ((0.0, -2.0), (0.0, 0.0))])
    yield Row(op.entr, unary(0.2, 3), _entr, FLOATING, kinks=[(0.0, inf), (-1.0, nan), (1.0, -1.0)], torch="special.entr",
              accurate_on=(0.01, 20), errors=no_complex)
    yield Row(op.logit, [*unary(0.1, 0.9), *unary(0.1, 0.9, eps=0.05), Call(floats(3, low=0.2, high=0.8), 0.1), Call(floats(3, low=0.05, high=0.95), eps=0.3)],
              _logit, FLOATING, kinks=[(0.0, inf), (1.0, inf), (-1.0, nan)], errors=no_complex)
    yield Row(op.sinc, [*unary(), *unary(-0.07, 0.07), Call(np.array([1e-4, 0.0799, 0.0801])), Better(np.array([0.0, 0.3]))], np.sinc,
              FLOATING, torch="sinc",
              rough={"float64": 1e-8, "float32 derivative": 1e-3, "float32 second derivative": 2, "float16 derivative": 0.3},
              kinks=[(0.0, 0.0), (1.0, -1.0)], errors=NOT_ONE)
    for function in (op.i0, op.i0e, op.i1, op.i1e):
        yield Row(function, [*unary(-3, 3), Call(floats(3, low=8, high=20))], getattr(scipy_special, function.__name__), FLOATING,
                  torch=f"special.{function.__name__}", kinks=[(0.0, 0.5 if "1" in function.__name__ else 0.0)], errors=no_complex)
    bessel: list[tuple[Any, Callable[..., Any], float]] = [
        (op.bessel_j0, scipy_special.j0, -4), (op.bessel_j1, scipy_special.j1, -4), (op.bessel_y0, scipy_special.y0, 0.3),
        (op.bessel_y1, scipy_special.y1, 0.3), (op.modified_bessel_k0, scipy_special.k0, 0.3),
        (op.modified_bessel_k1, scipy_special.k1, 0.3), (op.scaled_modified_bessel_k0, scipy_special.k0e, 0.3),
        (op.scaled_modified_bessel_k1, scipy_special.k1e, 0.3), (op.airy_ai, _airy, -3)]
    for function, counterpart, low in bessel:  # PyTorch drops their graph
        yield Row(function, [Better(*call.args) for call in unary(low, 4)], counterpart, FLOATING, errors=no_complex,
                  operations=["airy_ai", "_airy_ai_slope"] if function is op.airy_ai else None, torch=f"special.{function.__name__}", rough={"float64": 1e-7})
    yield Row(op.spherical_bessel_j0, [Better(*call.args) for call in unary(0.1, 4)],
              lambda x: np.sinc(x / np.pi), FLOATING, operations=[], torch="special.spherical_bessel_j0")
