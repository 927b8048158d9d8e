"""Special functions: the error function, the gamma function, Bessel functions and their relatives.

The first two families are computed here (`numerics`); the rarer ones by SciPy.

Sources of the derivatives: Abramowitz and Stegun, Handbook of Mathematical Functions, chapters 6, 7, 9, 10; at singular
points PyTorch's choice (https://docs.pytorch.org/docs/stable/special.html).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import numerics
from ..arrays.dtypes import get_default_dtype, require
from ..primitive import Array, TensorLike, either, primitive, refused
from .elementwise import where
from .logic import isinf
from .reduce import sum

if TYPE_CHECKING:
    from ..tensor import Tensor

_REAL = "biuf"

# ---------------------------------------------------------------- the error function and its relatives


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * (np.exp(-input * input) * (2 / math.sqrt(math.pi))))
def erf(input: TensorLike) -> Tensor:
    """The error function.

    >>> erf(tensor([0., 0.5]))
    tensor([0.0000, 0.5205])
    """
    require("erf", input.dtype, _REAL)
    return numerics.erf(input)


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * (np.exp(-input * input) * (-2 / math.sqrt(math.pi))))
def erfc(input: TensorLike) -> Tensor:
    """1 - erf(x), accurate where erf is near 1."""
    require("erfc", input.dtype, _REAL)
    return numerics.erfc(input)


@primitive(floating=True, fresh=True, torch="SpecialErfcxBackward0",
           input=lambda g, input, out: g * (input * out * 2 - 2 / math.sqrt(math.pi)))
def erfcx(input: TensorLike) -> Tensor:
    """e^(x^2) erfc(x)."""
    require("erfcx", input.dtype, _REAL)
    return numerics.erfcx(input)


@primitive(overwritable=True, floating=True, fresh=True,
           input=lambda g, out: g * (np.exp(out * out) * (math.sqrt(math.pi) / 2)))
def erfinv(input: TensorLike) -> Tensor:
    """The inverse of erf: infinite at -1 and 1, NaN beyond.

    >>> erfinv(tensor([0.5205, 1.]))
    tensor([0.5000,    inf])
    """
    require("erfinv", input.dtype, _REAL)
    return numerics.erfinv(input)


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * (np.exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi))))
def ndtr(input: TensorLike) -> Tensor:
    """The normal distribution function, accurate in both tails."""
    require("ndtr", input.dtype, _REAL)
    return numerics.erfc(input * -math.sqrt(0.5)) / 2


def _log_ndtr_vjp(g: Any, input: Any) -> Any:
    return g * (math.sqrt(2 / math.pi) / either(erfcx)(input * -math.sqrt(0.5)))


@primitive(floating=True, fresh=True, torch="SpecialLogNdtrBackward0",
           input=_log_ndtr_vjp)
def log_ndtr(input: TensorLike) -> Tensor:
    """The logarithm of the normal distribution function, finite where that vanishes.

    >>> log_ndtr(tensor([0., -20.]))
    tensor([  -0.6931, -203.9172])
    """
    require("log_ndtr", input.dtype, _REAL)
    scaled = input * math.sqrt(0.5)
    with np.errstate(all="ignore"):
        below = np.log(numerics.erfcx(-np.minimum(scaled, 0)) / 2) - scaled * scaled
        return np.where(input < -1, below, np.log1p(numerics.erfc(scaled) / -2))


@primitive(overwritable=True, floating=True, fresh=True, torch="SpecialNdtriBackward0",
           input=lambda g, out: g * (np.exp(out * out / 2) * math.sqrt(2 * math.pi)))
def ndtri(input: TensorLike) -> Tensor:
    """The quantile of the normal distribution, the inverse of `ndtr`."""
    require("ndtri", input.dtype, _REAL)
    return numerics.ndtri(input)


# ---------------------------------------------------------------- the gamma function and its derivatives


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * either(digamma)(input))  # type: ignore[has-type]  # defined below
def lgamma(input: TensorLike) -> Tensor:
    """log |gamma(x)|; infinite at 0, -1, -2, …

    >>> lgamma(tensor([1., 5.]))
    tensor([0.0000, 3.1781])
    """
    require("lgamma", input.dtype, _REAL)
    return numerics.lgamma(input)


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * either(_polygamma)(input, 1))  # type: ignore[has-type]  # defined below
def digamma(input: TensorLike) -> Tensor:
    """The derivative of `lgamma`; NaN at -1, -2, …, infinite at 0."""
    require("digamma", input.dtype, _REAL)
    return numerics.digamma(input)


@primitive(floating=True, fresh=True,
           input=lambda g, input, n: g * either(_polygamma)(input, n + 1))  # type: ignore[has-type]  # itself
def _polygamma(input: TensorLike, n: int) -> Tensor:
    if isinstance(n, bool) or not isinstance(n, int):
        raise TypeError(f"polygamma(): n must be an int, not {type(n).__name__}")
    if n < 0:
        raise RuntimeError(f"polygamma: n must not be negative, got {n}")
    require("polygamma", input.dtype, _REAL)
    return numerics.polygamma(input, n) if n else numerics.digamma(input)


def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of `digamma`.

    >>> polygamma(1, tensor([1.]))
    tensor([1.6449])
    """
    return _polygamma(input, n)


def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the p-dimensional gamma function: p (p - 1) / 4 log pi + the sum of lgamma(x - j / 2) for j < p.

    >>> mvlgamma(tensor([2.]), 2)
    tensor([0.4516])
    """
    if p < 1:
        raise RuntimeError(f"mvlgamma: p has to be greater than or equal to 1, got {p}")
    if input.array.dtype == bool:
        raise RuntimeError("mvlgamma: not supported for bool tensors; convert with .float()")
    dtype = input.array.dtype if input.array.dtype.kind == "f" else get_default_dtype()
    return sum(lgamma(input[..., None] - np.arange(p, dtype=dtype) / 2), -1) + p * (p - 1) / 4 * math.log(math.pi)


_no_exponent = refused("zeta with respect to its exponent", "detach() it")


@primitive(broadcasts=True, promotes=True, floating=True, fresh=True, torch="SpecialZetaBackward0",
           input=_no_exponent,
           other=lambda g, input, other: g * (-input * either(zeta)(input + 1, other)))  # type: ignore[has-type]  # itself
def zeta(input: TensorLike, other: TensorLike) -> Tensor:
    """Hurwitz's zeta function, the sum of (other + k)^-input over k = 0, 1, 2, …

    >>> zeta(tensor([2., 4.]), 1)
    tensor([1.6449, 1.0823])
    """
    require("zeta", input.dtype, _REAL)
    return np.asarray(numerics.zeta(input, other)).astype(input.dtype)


def _by_scipy(name: str, *operands: Array) -> Any:
    """SciPy's function, for what is too rare to be written here."""
    try:
        from scipy import special
    except ImportError:
        raise ImportError(f"the special function {name} is computed by SciPy: pip install 'autograd-core[special]'") from None
    require(name, operands[0].dtype, "f")
    with np.errstate(over="ignore"):  # in half precision
        return np.asarray(getattr(special, name)(*operands)).astype(operands[0].dtype, copy=False)


def _igamma_vjp(g: Any, input: Any, other: Any) -> Any:
    return g * np.exp((input - 1) * np.log(other) - other - either(lgamma)(input))


_no_shape = refused("the incomplete gamma function with respect to its first argument", "detach() it")


@primitive(broadcasts=True, promotes=True, fresh=True,
           input=_no_shape,
           other=_igamma_vjp)
def igamma(input: TensorLike, other: TensorLike) -> Tensor:
    """The regularised lower incomplete gamma function P(input, other). By SciPy."""
    return _by_scipy("gammainc", input, other)


@primitive(broadcasts=True, promotes=True, fresh=True,
           input=_no_shape,
           other=lambda g, input, other: -_igamma_vjp(g, input, other))
def igammac(input: TensorLike, other: TensorLike) -> Tensor:
    """The regularised upper incomplete gamma function, 1 - igamma(input, other). By SciPy."""
    return _by_scipy("gammaincc", input, other)


gammaln, psi, multigammaln, gammainc, gammaincc = lgamma, digamma, mvlgamma, igamma, igammac

# ---------------------------------------------------------------- products with logarithms, sinc


@primitive(broadcasts=True, promotes=True, floating=True, fresh=True,
           input=lambda g, input, other: np.where((input == 0) & (other <= 0), 0, either(xlogy)(g, other)),  # type: ignore[has-type]
           other=lambda g, input, other: g * input / other)
def xlogy(input: TensorLike, other: TensorLike) -> Tensor:
    """x log y, and 0 where x is 0, unless y is NaN.

    >>> xlogy(tensor([0., 2.]), tensor([0., 1.]))
    tensor([0., 0.])
    """
    require("xlogy", input.dtype, _REAL)
    with np.errstate(all="ignore"):
        return _product(input, other, np.log(other))


@primitive(broadcasts=True, promotes=True, floating=True, fresh=True, torch="SpecialXlog1PyBackward0",
           input=lambda g, input, other: np.where((input == 0) & (other <= -1), 0, either(xlog1py)(g, other)),  # type: ignore[has-type]
           other=lambda g, input, other: g * input / (other + 1))
def xlog1py(input: TensorLike, other: TensorLike) -> Tensor:
    """x log(1 + y), and 0 where x is 0, unless y is NaN."""
    require("xlog1py", input.dtype, _REAL)
    with np.errstate(all="ignore"):
        return _product(input, other, np.log1p(other))


def _product(x: Array, y: Array, logarithm: Array) -> Any:
    return np.where(np.isnan(y), y, np.where(x == 0, 0, x * logarithm))


@primitive(floating=True, fresh=True, torch="SpecialEntrBackward0",
           input=lambda g, input: g * (-1 - np.log(input)))
def entr(input: TensorLike) -> Tensor:
    """-x log x, the share in an entropy: 0 at 0, -inf below.

    >>> entr(tensor([0., 0.5, -1.]))
    tensor([0.0000, 0.3466,   -inf])
    """
    require("entr", input.dtype, _REAL)
    with np.errstate(all="ignore"):
        return np.where(input < 0, -np.inf, _product(input, input, -np.log(input)))


def _logit_vjp(g: Any, input: Any, eps: float | None) -> Any:
    if eps is None or eps < 0:
        return np.where((input >= 0) & (input <= 1), g / ((input + 0) * (1 - input)), np.nan)  # -0 is 0
    return np.where((input < eps) | (input > 1 - eps), 0, g / (input * (1 - input)))


@primitive(floating=True, fresh=True, input=_logit_vjp)
def logit(input: TensorLike, eps: float | None = None) -> Tensor:
    """log(x / (1 - x)), the inverse of sigmoid; with eps, of x limited to [eps, 1 - eps].

    >>> logit(tensor([0.5, 1.]), eps=0.1)
    tensor([0.0000, 2.1972])
    """
    require("logit", input.dtype, _REAL)
    if eps is not None and eps >= 0:
        low, high = (np.asarray(bound, input.dtype) for bound in (eps, 1 - eps))
        input = np.where(input < low, low, np.where(input > high, high, input))
    with np.errstate(all="ignore"):
        return np.log(input / (1 - input))


def _sinc_vjp(g: Any, input: Any) -> Any:
    """The slope (t cos t - sin t) / t^2 with t = pi x; by its power series near 0, where the terms cancel."""
    near = np.abs(input) < 0.08
    t = np.where(near, 1, input) * math.pi
    far_slope = (t * np.cos(t) - np.sin(t)) / (t * t)
    s = np.where(near, input, 0) * math.pi
    q = s * s
    near_slope = s * ((((q * (10 / 39916800) - 8 / 362880) * q + 6 / 5040) * q - 4 / 120) * q + 2 / 6)
    return g * (np.where(near, -near_slope, far_slope) * math.pi)


@primitive(floating=True, fresh=True, input=_sinc_vjp)
def sinc(input: TensorLike) -> Tensor:
    """sin(pi x) / (pi x), and 1 at 0.

    >>> sinc(tensor([0., 0.5]))
    tensor([1.0000, 0.6366])
    """
    t = (input.astype(np.float32) if input.dtype == np.float16 else input) * math.pi
    with np.errstate(invalid="ignore"):  # of an infinity: NaN
        return np.where(input == 0, 1, np.sin(t) / np.where(input == 0, 1, t)).astype(input.dtype)


# ---------------------------------------------------------------- Bessel functions, by SciPy


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * either(i1)(input))  # type: ignore[has-type]  # defined below
def i0(input: TensorLike) -> Tensor:
    """The modified Bessel function of the first kind of order 0. By SciPy."""
    return _by_scipy("i0", input)


@primitive(floating=True, fresh=True, torch="SpecialI0EBackward0",
           input=lambda g, input, out: g * (either(i1e)(input) - np.sign(input) * out))  # type: ignore[has-type]
def i0e(input: TensorLike) -> Tensor:
    """e^-|x| i0(x). By SciPy."""
    return _by_scipy("i0e", input)


def _over(out: Any, input: Any) -> Any:
    """out / input, where that is a limit of 1/2 at 0."""
    away = np.abs(input) > 1e-15
    return np.where(away, out / np.where(away, input, 1), 0.5)


def _i1_vjp(g: Any, input: Any, out: Any) -> Any:
    return g * np.where(np.abs(input) > 1e-15, either(i0)(input) - _over(out, input), 0.5)


@primitive(floating=True, fresh=True, torch="SpecialI1Backward0",
           input=_i1_vjp)
def i1(input: TensorLike) -> Tensor:
    """The modified Bessel function of the first kind of order 1. By SciPy."""
    return _by_scipy("i1", input)


def _i1e_vjp(g: Any, input: Any, out: Any) -> Any:
    slope = either(i0e)(input) - out * np.sign(input) - _over(out, input)
    return g * np.where(np.abs(input) > 1e-15, slope, 0.5)


@primitive(floating=True, fresh=True, torch="SpecialI1EBackward0",
           input=_i1e_vjp)
def i1e(input: TensorLike) -> Tensor:
    """e^-|x| i1(x). By SciPy."""
    return _by_scipy("i1e", input)


modified_bessel_i0, modified_bessel_i1 = i0, i1


@primitive(floating=True, fresh=True,
           input=lambda g, input: -g * either(bessel_j1)(input))  # type: ignore[has-type]  # defined below
def bessel_j0(input: TensorLike) -> Tensor:
    """The Bessel function of the first kind of order 0. By SciPy."""
    return _by_scipy("j0", input)


@primitive(floating=True, fresh=True,
           input=lambda g, input, out: g * (either(bessel_j0)(input) - _over(out, input)))
def bessel_j1(input: TensorLike) -> Tensor:
    """The Bessel function of the first kind of order 1. By SciPy."""
    return _by_scipy("j1", input)


@primitive(floating=True, fresh=True,
           input=lambda g, input: -g * either(bessel_y1)(input))  # type: ignore[has-type]  # defined below
def bessel_y0(input: TensorLike) -> Tensor:
    """The Bessel function of the second kind of order 0. By SciPy."""
    return _by_scipy("y0", input)


@primitive(floating=True, fresh=True,
           input=lambda g, input, out: g * (either(bessel_y0)(input) - out / input))
def bessel_y1(input: TensorLike) -> Tensor:
    """The Bessel function of the second kind of order 1. By SciPy."""
    return _by_scipy("y1", input)


@primitive(floating=True, fresh=True,
           input=lambda g, input: -g * either(modified_bessel_k1)(input))  # type: ignore[has-type]  # defined below
def modified_bessel_k0(input: TensorLike) -> Tensor:
    """The modified Bessel function of the second kind of order 0. By SciPy."""
    return _by_scipy("k0", input)


@primitive(floating=True, fresh=True,
           input=lambda g, input, out: -g * (either(modified_bessel_k0)(input) + out / input))
def modified_bessel_k1(input: TensorLike) -> Tensor:
    """The modified Bessel function of the second kind of order 1. By SciPy."""
    return _by_scipy("k1", input)


@primitive(floating=True, fresh=True,
           input=lambda g, input, out: g * (out - either(scaled_modified_bessel_k1)(input)))  # type: ignore[has-type]
def scaled_modified_bessel_k0(input: TensorLike) -> Tensor:
    """e^x modified_bessel_k0(x). By SciPy."""
    return _by_scipy("k0e", input)


@primitive(floating=True, fresh=True,
           input=lambda g, input, out: g * (out - out / input - either(scaled_modified_bessel_k0)(input)))
def scaled_modified_bessel_k1(input: TensorLike) -> Tensor:
    """e^x modified_bessel_k1(x). By SciPy."""
    return _by_scipy("k1e", input)


def spherical_bessel_j0(input: Tensor) -> Tensor:
    """sin(x) / x: 1 at 0, 0 at infinity."""
    far = isinf(input)
    return where(far, 0.0, sinc(where(far, 1.0, input) / math.pi))  # type: ignore[no-any-return]


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * either(_airy_ai_slope)(input))  # type: ignore[has-type]  # defined below
def airy_ai(input: TensorLike) -> Tensor:
    """Airy's function Ai, a solution of y'' = x y. By SciPy."""
    return _by_scipy("airy", input)[0]


@primitive(floating=True, fresh=True,
           input=lambda g, input: g * input * either(airy_ai)(input))
def _airy_ai_slope(input: TensorLike) -> Tensor:
    return _by_scipy("airy", input)[1]
