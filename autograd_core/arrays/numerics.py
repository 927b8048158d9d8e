"""Functions that NumPy lacks, on arrays."""

from __future__ import annotations

import math
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array: TypeAlias = np.ndarray[Any, Any]

__all__ = [
    "add_up",
    "column_sums",
    "digamma",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "kept_largest",
    "kept_sums",
    "kept_where",
    "lgamma",
    "ndtri",
    "polygamma",
    "products_of_others",
    "row_products",
    "select",
    "zeta",
]

# ---------------------------------------------------------------- the error function and its relatives

# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), 631-637:
# coefficients of numerator and denominator, highest power first, for |x| <= 0.46875, <= 4, and beyond.
_NEAR = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
_FAR = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242e0,
        1.87295284992346047e0,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Any) -> Any:
    above, below = (_polynomial(side, x) for side in coefficients)
    above /= below
    return above


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """By Horner's rule, the highest power first."""
    out = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        out *= x
        out += coefficient
    return out


def _in_double(function: Callable[..., Array]) -> Callable[..., Array]:
    """A function of an array, computed in float64 without warnings and rounded to the array's dtype."""

    @wraps(function)
    def call(x: Array, *options: Any) -> Array:
        with np.errstate(all="ignore"):
            return function(np.atleast_1d(x).astype(np.float64), *options).reshape(x.shape).astype(x.dtype, copy=False)

    return call


def _gauss(size: Array) -> Array:
    """e^(-x^2); x^2 in two parts, so that its rounding is not multiplied (Cody)."""
    head = np.trunc(size * 16) / 16
    return np.exp(-head * head) * np.exp((head - size) * (head + size))  # type: ignore[no-any-return]  # of a float


def _scaled_tail(size: Array) -> Array:
    """e^(x^2) erfc(x) for x >= 0.46875."""
    middle = size <= 4
    out = np.empty_like(size)
    out[middle] = _ratio(_MIDDLE, size[middle])
    far = size[~middle]
    inverse = 1 / (far * far)
    out[~middle] = (1 / math.sqrt(math.pi) - inverse * _ratio(_FAR, inverse)) / far
    return out


def _near_0(x: Array) -> Array:
    return x * _ratio(_NEAR, x * x)  # type: ignore[no-any-return]  # of an untyped quotient


@_in_double
def erf(x: Array) -> Array:
    """The error function.

    >>> float(erf(np.array(0.5)))
    0.5204998778130465
    """
    size = np.abs(x)
    out = np.sign(x)  # |x| >= 6: 1 to double precision; NaN stays NaN
    near, tail = size <= 0.46875, (size > 0.46875) & (size < 6)
    out[near] = _near_0(x[near])
    part = size[tail]
    out[tail] *= 1 - _gauss(part) * _scaled_tail(part)
    return out


@_in_double
def erfc(x: Array) -> Array:
    """1 - erf(x), accurate in the tail."""
    size = np.abs(x)
    out = np.where(np.isnan(x), x, np.where(x < 0, 2.0, 0.0))  # beyond 27
    near, tail = size <= 0.46875, (size > 0.46875) & (size < 27.5)
    out[near] = 1 - _near_0(x[near])
    part = size[tail]
    upper = _gauss(part) * _scaled_tail(part)
    out[tail] = np.where(x[tail] < 0, 2 - upper, upper)
    return out


@_in_double
def erfcx(x: Array) -> Array:
    """e^(x^2) erfc(x), finite where erfc has vanished."""
    size = np.abs(x)
    out = np.empty_like(x)
    near = size <= 0.46875
    out[near] = np.exp(size[near] ** 2) * (1 - _near_0(x[near]))
    out[~near] = _scaled_tail(size[~near])
    below = (x < -0.46875) & (size < 27)
    out[below] = 2 / _gauss(size[below]) - out[below]
    out[x <= -27] = np.inf
    return out


# M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Appl. Statist. 37 (1988), 477-484:
# coefficients of numerator and denominator, highest power first, for |p - 1/2| <= 0.425, the tail, and beyond e^-25.
# fmt: off
_CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)
_TAIL = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
     3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
)
_FAR_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)
# fmt: on


def _quantile(centred: Array, tail: Array) -> Array:
    """The normal quantile of p, from p - 1/2 and min(p, 1 - p), each exact."""
    out = np.where(tail == 0, np.copysign(np.inf, centred), np.nan)
    centre = np.abs(centred) <= 0.425
    part = centred[centre]
    out[centre] = part * _ratio(_CENTRE, 0.180625 - part * part)
    depth = np.sqrt(-np.log(tail))
    for region, coefficients, start in ((depth <= 5, _TAIL, 1.6), (depth > 5, _FAR_TAIL, 5.0)):
        chosen = region & ~centre & (tail > 0)
        out[chosen] = np.copysign(_ratio(coefficients, depth[chosen] - start), centred[chosen])
    return out


@_in_double
def ndtri(p: Array) -> Array:
    """The quantile of the normal distribution; NaN outside [0, 1]."""
    return _quantile(p - 0.5, np.minimum(p, 1 - p))


@_in_double
def erfinv(x: Array) -> Array:
    """The inverse of erf; NaN outside [-1, 1]."""
    return _quantile(x / 2, (1 - np.abs(x)) / 2) * math.sqrt(0.5)  # type: ignore[no-any-return]  # of a float


# ---------------------------------------------------------------- the gamma function and its derivatives

# B_2, B_4, …: the Bernoulli numbers.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def _zeta(s: Any, q: Array) -> Any:
    """Hurwitz's zeta function, the sum of (q + k)^-s, for s > 1 and q > 0: ten terms, the rest by Euler and Maclaurin."""
    total = _inverse_power(q, s)
    for k in range(1, 10):
        total += _inverse_power(q + k, s)
    a = q + 10
    factor = _inverse_power(a, s)
    total += factor * (a / (s - 1) + 0.5)
    factor *= s / a
    square = 1 / (a * a)
    for k, bernoulli in enumerate(_BERNOULLI):
        total += factor * (bernoulli / math.factorial(2 * k + 2))
        factor *= square * ((s + (2 * k + 1)) * (s + (2 * k + 2)))
    return total


def _inverse_power(x: Array, s: Any) -> Any:
    """x^-s. (np.power takes twenty times as long as a product.)"""
    if s.ndim or s not in (2, 3, 4):
        return np.power(x, -s)
    out = x * x
    for _ in range(int(s) - 2):
        out *= x
    return np.divide(1, out, out=out)


def zeta(s: Array, q: Array) -> Array:
    """Hurwitz's zeta function; NaN for s < 1 and, unless s is whole, for q < 0; infinite at the poles.

    For negative q, as many terms of the sum as have a negative base are the difference of two values for positive q.
    """
    shape = np.broadcast_shapes(s.shape, q.shape)
    q = np.atleast_1d(np.broadcast_to(q, shape).astype(np.float64))
    s = s.astype(np.float64) if s.size == 1 else np.broadcast_to(s, shape).astype(np.float64)
    s = s.reshape(() if s.size == 1 else q.shape)
    with np.errstate(all="ignore"):
        below = q < 0
        count = np.where(below, -np.floor(q), 0)
        out = _zeta(s, q + count)
        if below.any():
            order, size = s[below] if s.ndim else s, -q[below]
            negative = _zeta(order, size - (count[below] - 1)) - _zeta(order, size + 1)
            out[below] += np.where(order % 2 == 0, negative, -negative)
        out[below & ((s != np.floor(s)) | np.isinf(q))] = np.nan
        out[q == np.inf] = 0
        out[(q <= 0) & (q == np.floor(q)) & np.isfinite(q)] = np.inf
        return np.where(s > 1, out, np.where(s == 1, np.inf, np.nan)).reshape(shape)


@_in_double
def polygamma(x: Array, n: int) -> Array:
    """The n-th derivative of digamma, n >= 1: (-1)^(n + 1) n! zeta(n + 1, x)."""
    factorial = float(math.factorial(n)) if n <= 170 else math.inf
    return zeta(np.asarray(n + 1), x) * (factorial if n % 2 else -factorial)  # type: ignore[no-any-return]  # of a float


@lru_cache(maxsize=1)
def _lgamma_series() -> tuple[float, ...]:
    """The coefficients of lgamma(2 + z) / z, the highest power first: (-1)^k (zeta(k) - 1) / k, and 1 - Euler's constant.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 6.1.33.
    """
    k = np.arange(28.0, 1, -1)
    return (*(_zeta(k, np.full_like(k, 2)) * np.where(k % 2 == 0, 1, -1) / k).tolist(), 1 - np.euler_gamma)


def _sine_of_pi(x: Array) -> Any:
    """|sin(pi x)|, exact at whole x."""
    return np.abs(np.sin(math.pi * (x - np.rint(x))))


@_in_double
def lgamma(x: Array) -> Array:
    """log |gamma(x)|; infinite at 0, -1, -2, …"""
    size = np.abs(x)
    out = np.empty_like(x)
    large = ~(size < 10)
    out[large] = _stirling(size[large])
    out[~large] = _lgamma_below_10(np.where(size < 0.5, x, size)[~large])
    below = (x <= -0.5) & np.isfinite(x)
    part = size[below]
    out[below] = math.log(math.pi) - np.log(_sine_of_pi(part)) - np.log(part) - out[below]
    return out


def _stirling(x: Array) -> Any:
    inverse = 1 / x
    series = [b / ((2 * k + 2) * (2 * k + 1)) for k, b in enumerate(_BERNOULLI[:8])]
    correction = _polynomial(series[::-1], inverse * inverse) * inverse
    return (x - 0.5) * (np.log(x) - 1) + (math.log(2 * math.pi) - 1) / 2 + correction


def _lgamma_below_10(x: Array) -> Any:
    """For -0.5 < x < 10: the series around the nearest whole number, and the logarithm of what lies between."""
    whole = np.rint(x)
    z = x - whole
    out = z * _polynomial(_lgamma_series(), z)  # lgamma(2 + z)
    product = np.ones_like(x)
    for k in range(2, 10):
        np.multiply(product, k + z, out=product, where=whole > k)
    out += np.log(product)
    out -= np.log1p(z, out=np.zeros_like(z), where=whole < 2)
    out -= np.log(np.abs(z), out=np.zeros_like(z), where=whole < 1)
    return out


# The positive zero of digamma, in two parts.
_ROOT = (1.4616321449683622, 9.549995429965697e-17)


@lru_cache(maxsize=1)
def _digamma_series() -> tuple[float, ...]:
    """Taylor's coefficients of digamma at its positive zero, from the derivatives, without the zeroth."""
    k = np.arange(24.0, 0, -1)
    return tuple((_zeta(k + 1, np.full_like(k, _ROOT[0])) * np.where(k % 2 == 0, -1, 1)).tolist())


@_in_double
def digamma(x: Array) -> Array:
    """The logarithmic derivative of gamma; NaN at -1, -2, …, -inf at 0 and inf at -0."""
    reflected = x < -0.5
    size = np.where(reflected, 1 - x, x)
    out = np.empty_like(x)
    large = ~(size < 10)
    part = size[large]
    squared = 1 / (part * part)
    series = [b / (2 * k + 2) for k, b in enumerate(_BERNOULLI[:8])]
    out[large] = np.log(part) - 0.5 / part - squared * _polynomial(series[::-1], squared)
    out[~large] = _digamma_below_10(size[~large])
    from_root = x - _ROOT[0] - _ROOT[1]
    near = np.abs(from_root) < 0.2
    part = from_root[near]
    out[near] = part * _polynomial(_digamma_series(), part)
    part = x[reflected]
    out[reflected] -= math.pi / np.tan(math.pi * (part - np.rint(part)))
    out[reflected & (x == np.rint(x))] = np.nan
    return np.where(x == 0, np.copysign(np.inf, -x), out)


def _digamma_below_10(x: Array) -> Any:
    """For -0.5 <= x < 10: the derivative of `_lgamma_below_10`."""
    whole = np.rint(x)
    z = x - whole
    series = _lgamma_series()
    out = _polynomial([k * c for k, c in zip(range(len(series), 0, -1), series, strict=True)], z)
    for k in range(10):
        term = np.divide(1, k + z, out=np.zeros_like(z), where=(whole > k) if k > 1 else (whole <= k))
        out += term if k > 1 else -term
    return out


# ---------------------------------------------------------------- sums

_FEW, _BLOCK = 256, 64


def add_up(x: Array, axis: Any, keepdims: bool = False, dtype: Any = None) -> Any:
    """np.sum. NumPy adds what is not contiguous (rows, not their elements) one after the other, with an error that
    grows with the number: in float32, long dimensions are added in blocks first, at the same speed.

    >>> x = np.full((100_000, 2), .1, np.float32)
    >>> round(float(x.sum(axis=0)[0]), 1), round(float(add_up(x, (0,))[0]), 1)
    (9998.6, 10000.0)
    """
    if axis is not None and x.itemsize <= 4 and x.dtype.kind == "f":
        for at in axis:
            while x.shape[at] > _FEW and x.strides[at] != x.itemsize:
                x = _blocks(x, at, dtype)
    return np.add.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)  # type: ignore[call-overload]  # of keepdims


def _blocks(x: Array, axis: int, dtype: Any) -> Array:
    """The sums of the blocks that a dimension consists of."""
    count, rest = divmod(x.shape[axis], _BLOCK)
    before = (slice(None),) * axis
    whole = x[(*before, slice(count * _BLOCK))]
    whole = whole.reshape((*x.shape[:axis], count, _BLOCK, *x.shape[axis + 1 :]))  # a view, in any layout
    sums = np.add.reduce(whole, axis=axis + 1, dtype=dtype)
    if rest:
        last = np.add.reduce(x[(*before, slice(-rest, None))], axis=axis, dtype=dtype, keepdims=True)
        sums = np.concatenate([sums, last], axis=axis)
    return sums


def products_of_others(x: np.ndarray[Any, Any]) -> Any:
    """For each element along the last dimension the product of all others, without dividing.

    >>> products_of_others(np.array([2.0, 0.0, 3.0]))
    array([0., 6., 0.])
    """
    before, after = np.ones_like(x), np.ones_like(x)
    np.cumprod(x[..., :-1], axis=-1, out=before[..., 1:])
    after[..., -2::-1] = np.cumprod(x[..., :0:-1], axis=-1)
    return before * after


# Products are several times faster than sums over one dimension: NumPy calls BLAS for them. It adds in a few running
# sums, whose error grows with the number of terms, hence the limit.
_MANY = 2048


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> np.ndarray[Any, Any]:
    return np.ones(n, dtype)


def column_sums(x: np.ndarray[Any, Any]) -> Any:
    """``x.sum(0)`` of a matrix."""
    return _ones(len(x), x.dtype).dot(x) if len(x) <= _MANY else add_up(x, (0,))


def kept_sums(x: np.ndarray[Any, Any], axis: int) -> Any:
    """``x.sum(axis, keepdims=True)``."""
    n = x.shape[axis]
    if axis == x.ndim - 1 and n <= _MANY and x.dtype.char in "fd" and x.flags.c_contiguous and x.size:
        return x.reshape(-1, n).dot(_ones(n, x.dtype)).reshape((*x.shape[:-1], 1))
    return add_up(x, (axis,), True)


def kept_largest(x: np.ndarray[Any, Any], axis: int) -> Any:
    """``x.max(axis, keepdims=True)``; of nothing -inf. Short rows are laid out as columns first."""
    n = x.shape[axis]
    if axis != x.ndim - 1 or not 1 < n <= 32 or x.size <= n:
        return x.max(axis=axis, keepdims=True, initial=-np.inf)
    columns = np.ascontiguousarray(x.reshape(-1, n).T)
    return np.maximum.reduce(columns, axis=0).reshape((*x.shape[:-1], 1))


def row_products(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> Any:
    """``(x * y).sum(-1)``."""
    return np.vecdot(x, y) if x.shape[-1] <= _MANY and x.dtype.char in "fd" else (x * y).sum(axis=-1)


# Where a condition holds for about half of the elements, a branch for each is mispredicted: np.where takes five to
# thirty times as long as arithmetic on the bits, and products with the condition make NaN of infinity.


def kept_where(condition: Any, x: np.ndarray[Any, Any]) -> Any:
    """``np.where(condition, x, 0)`` of floating x.

    >>> kept_where(np.array([True, False]), np.array([1.0, np.inf]))
    array([1., 0.])
    """
    return np.multiply(x.view(f"i{x.itemsize}"), condition).view(x.dtype)


def select(condition: Any, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> Any:
    """``np.where(condition, x, y)`` of floating arrays of one shape and dtype.

    >>> select(np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array([1., 4.])
    """
    mask = -condition.astype(f"i{x.itemsize}")  # all bits or none
    lower = y.view(mask.dtype)
    mask &= x.view(mask.dtype) ^ lower
    mask ^= lower
    return mask.view(x.dtype)
