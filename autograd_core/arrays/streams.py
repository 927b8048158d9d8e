"""Random streams: the Mersenne Twister, and what PyTorch's CPU generator makes of it, on plain arrays.

For the same seed each function returns, bit for bit, what PyTorch 2.13 draws on an x86-64 CPU with AVX2, and
leaves the stream where PyTorch leaves it. The recipes are those of PyTorch's ``DistributionTemplates.h``,
``DistributionsHelper.h`` and ``avx_mathfun.h``. In what follows

- a *word* is 32 bits of the twister; a *long word* is two of them, the first one high;
- *rand24* is the low 24 bits of a word times 2^-24; *rand53* the low 53 bits of a long word times 2^-53.

Two things are out of reach: on Intel CPUs PyTorch takes ``bernoulli_(p)`` and dropout from MKL; and where
weights tie, it samples without replacement in an order of the C++ library's making (here, the indices').
"""

from __future__ import annotations

import math
import operator
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .rounding import fused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import DTypeLike, NDArray

    Array = NDArray[Any]

__all__ = [
    "DEFAULT_SEED",
    "Generator",
    "base_seed",
    "bernoulli",
    "bernoulli_scalar",
    "exponential",
    "multinomial",
    "normal",
    "normal_tensors",
    "rand",
    "randint",
    "randn",
    "random",
    "randperm",
    "uniform",
    "walk",
]

DEFAULT_SEED = 67280421310721
"""The seed of a generator that was never seeded, as in PyTorch."""

_F16, _F32, _F64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
_DIGITS = {_F16: 11, _F32: 24, _F64: 53}
_SIZE = 624  # words in the twister's state; also its position when the next draw will twist it
_BLOCK = 16  # PyTorch makes normal numbers 16 at a time, if there are as many


# ---- The generator

# The bytes of torch.Generator.get_state(), a C struct within a C struct.
_LEGACY_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", _SIZE),
        ("normal_x", "<f8"),
        ("normal_y", "<f8"),
        ("normal_rho", "<f8"),
        ("normal_is_valid", "<i4"),
    ],
    align=True,
)
_STATE = np.dtype([("legacy", _LEGACY_STATE), ("single", "<f4"), ("single_is_valid", "?")], align=True)


class Generator:
    """A stream of words, seeded as in PyTorch, with the one normal number that PyTorch keeps for later.

    >>> rand(Generator().manual_seed(1), (3,))
    array([0.7576316 , 0.27931088, 0.40306926], dtype=float32)
    """

    device = "cpu"

    def __init__(self, device: object = "cpu") -> None:
        if not str(device).startswith("cpu"):
            raise RuntimeError(f"Generator: device {str(device)!r} is not available; use 'cpu'.")
        self.manual_seed(DEFAULT_SEED)

    @cached_property
    def _twister(self) -> np.random.MT19937:
        """NumPy's generator; made when first needed, because importing numpy.random takes a while."""
        twister = np.random.MT19937(0)
        np.random.RandomState(twister).seed(self._seed % 2**32)
        return twister

    @cached_property
    def _draw(self) -> Callable[..., Array]:
        return np.random.Generator(self._twister).integers

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of ``seed``, whose low 32 bits choose it; a negative seed means 2^64 + seed.

        RuntimeError if it is no integer, ValueError outside [-2^63, 2^64).
        """
        if isinstance(seed, bool) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected an int, but got {type(seed).__name__}.")
        seed = operator.index(seed)
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"manual_seed: the seed {seed} overflows; it must be in [-2^63, 2^64).")
        self._seed = seed % 2**64
        if "_twister" in self.__dict__:
            np.random.RandomState(self._twister).seed(self._seed % 2**32)
        self._kept: float | None = None  # the sine of the last Box-Muller pair, until its turn comes
        return self

    def seed(self) -> int:
        """Start a stream that nobody can foresee; returns its seed."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def initial_seed(self) -> int:
        """The seed that started this stream, in [0, 2^64)."""
        return self._seed

    def get_state(self) -> NDArray[np.uint8]:
        """The state, as the 5056 bytes of ``torch.Generator.get_state()``.

        >>> Generator().set_state(Generator().manual_seed(7).get_state()).initial_seed()
        7
        """
        twister = self._twister.state["state"]
        words, position = twister["key"], twister["pos"]
        state = np.zeros(1, _STATE)
        legacy = state["legacy"][0]
        legacy["seed"], legacy["seeded"], legacy["words"] = self._seed, 1, words
        # PyTorch counts the words since the last twist (a new stream is at 0), and those to the next, and 1.
        legacy["left"], legacy["next"] = _SIZE + 1 - position, position
        if position == _SIZE:
            new = np.random.RandomState(self._seed % 2**32).get_state(legacy=False)
            legacy["next"] *= not np.array_equal(words, new["state"]["key"])
        if self._kept is not None:
            legacy["normal_is_valid"], legacy["normal_y"] = 1, self._kept
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state(self, state: NDArray[np.uint8]) -> Generator:
        """Continue from ``state``, of this class or of PyTorch. TypeError or RuntimeError otherwise."""
        if state.dtype != np.uint8:
            raise TypeError(f"set_state: a state is an array of uint8, not of {state.dtype}.")
        if state.size != _STATE.itemsize:
            raise RuntimeError(f"set_state: a state has {_STATE.itemsize} bytes, not {state.size}.")
        legacy = np.frombuffer(state.tobytes(), _STATE)["legacy"][0]
        left, drawn = int(legacy["left"]), int(legacy["next"])
        counts_fit = 1 <= left <= _SIZE and (left + drawn == _SIZE + 1 or left + drawn == 1)
        if not (legacy["seeded"] and counts_fit):
            raise RuntimeError("set_state: invalid MT19937 state; pass what get_state() returned.")
        self._twister.state = {
            "bit_generator": "MT19937",
            "state": {"key": legacy["words"].astype(np.uint32), "pos": _SIZE + 1 - left},
        }
        self._seed = int(legacy["seed"])
        self._kept = float(legacy["normal_y"]) if legacy["normal_is_valid"] else None
        return self

    def __getstate__(self) -> NDArray[np.uint8]:
        return self.get_state()

    def __setstate__(self, state: NDArray[np.uint8]) -> None:
        Generator.__init__(self)
        self.set_state(state)

    def words(self, count: int) -> NDArray[np.uint32]:
        """The next ``count`` words."""
        return self._draw(0, 2**32, count, dtype=np.uint32)

    def long_words(self, count: int) -> NDArray[np.uint64]:
        """The next ``count`` long words."""
        return self._draw(0, 2**64, count, dtype=np.uint64)  # NumPy, too, puts the first word high


# ---- Uniform numbers, and what one of them makes


def rand(gen: Generator, shape: Sequence[int], dtype: DTypeLike = np.float32) -> Array:
    """Uniform in [0, 1): rand24 in float32, rand53 in float64, and in float16 rand24 rounded.

    >>> rand(Generator().manual_seed(1), (2,), "float64")
    array([0.06105327, 0.22455451])
    """
    dtype = _floating("rand", dtype)
    if dtype == _F16:
        return uniform(gen, shape, dtype)
    return _unit(gen, math.prod(shape), dtype).reshape(shape)


def uniform(
    gen: Generator, shape: Sequence[int], dtype: DTypeLike = np.float32, low: float = 0.0, high: float = 1.0
) -> Array:
    """Uniform in [low, high), as ``tensor.uniform_(low, high)``: x of [0, 1) makes x * (high - low) + low.

    RuntimeError if low > high, or if either or their difference does not fit in ``dtype``.
    """
    dtype = _floating("uniform_", dtype)
    low, high, largest = float(low), float(high), float(np.finfo(dtype).max)
    for name, bound in (("from", low), ("to", high)):
        if not -largest <= bound <= largest:
            raise RuntimeError(f"uniform_: {name}={bound} is out of bounds for {dtype}.")
    if not 0 <= high - low <= largest:
        raise RuntimeError(f"uniform_ expects 0 <= to - from <= {largest}, but found from={low}, to={high}.")
    work = np.promote_types(dtype, _F32)
    first, last = work.type(low), work.type(high)
    numbers = fused(_unit(gen, math.prod(shape), work), float(last - first), float(first))
    numbers = numbers.astype(dtype, copy=False)
    numbers[numbers == last.astype(dtype)] = first.astype(dtype)  # where rounding reached the open end
    return numbers.reshape(shape)


def exponential(gen: Generator, shape: Sequence[int], dtype: DTypeLike = np.float32, lambd: float = 1.0) -> Array:
    """Exponential with rate ``lambd``: -log1p(-rand53) / lambd. RuntimeError unless lambd > 0.

    >>> exponential(Generator().manual_seed(1), (2,))
    array([0.06299654, 0.25431758], dtype=float32)
    """
    dtype = _floating("exponential_", dtype, RuntimeError)
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}.")
    scale, x = -1.0 / lambd, -_unit(gen, math.prod(shape), _F64)
    if dtype == _F64:
        return (scale * _libm(math.log1p, x)).reshape(shape)
    numbers = scale * np.log1p(x)  # forty times faster, and off by a few 2^-53, which float32 seldom sees
    doubtful = (numbers * (1 - 2.0**-48)).astype(_F32) != (numbers * (1 + 2.0**-48)).astype(_F32)
    numbers[doubtful] = scale * _libm(math.log1p, x[doubtful])
    return _narrowed(numbers, dtype).reshape(shape)


def bernoulli_scalar(gen: Generator, shape: Sequence[int], p: float) -> NDArray[np.bool_]:
    """True with probability ``p``: rand53 < p. This is ``bernoulli_(p)``; with p = 1 - rate, dropout's mask.

    RuntimeError unless 0 <= p <= 1.
    """
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}.")
    draws = gen.long_words(math.prod(shape))
    draws &= np.uint64(2**53 - 1)
    return (draws < np.uint64(math.ceil(math.ldexp(p, 53)))).reshape(shape)  # rand53 < p, times 2^53


def bernoulli(gen: Generator, p: Array) -> NDArray[np.bool_]:
    """True with the probabilities ``p``, of its shape: rand53 < p if p is float64, else rand24 < p.

    NotImplementedError if p is not floating, RuntimeError unless 0 <= p <= 1 everywhere.
    """
    work = np.promote_types(_floating("bernoulli", p.dtype), _F32)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError(f"bernoulli expects probabilities in [0, 1]; those of shape {p.shape} are not.")
    return np.asarray(_unit(gen, p.size, work).reshape(p.shape) < p)


# ---- Whole numbers


def randint(gen: Generator, low: int, high: int, shape: Sequence[int], dtype: DTypeLike = np.int64) -> Array:
    """Whole numbers in [low, high): a word modulo high - low, plus low; a long word if high - low >= 2^28.

    ``high`` may be 2^63. RuntimeError unless low < high and ``dtype`` counts that far by ones (in floating
    dtypes PyTorch goes on, unevenly, with a warning).

    >>> randint(Generator().manual_seed(1), 0, 10, (5,))
    array([5, 9, 4, 8, 3])
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "biuf":
        raise RuntimeError(f"random_: not implemented for {dtype}; use an integer, floating or bool dtype.")
    if low < -(2**63) or high > 2**63:
        raise ValueError(f"random_: the range [{low}, {high}) overflows int64.")
    if not low < high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}.")
    least, largest = _limits(dtype)
    if not least <= low < high <= largest + 1:
        raise RuntimeError(f"random_: [{low}, {high}) is out of bounds for {dtype}.")
    count, width = math.prod(shape), high - low
    if width == 2**64:
        numbers = gen.long_words(count).view(np.int64)
    elif width >= 2**28:
        numbers = (gen.long_words(count) % np.uint64(width)).view(np.int64) + low  # modulo 2^64
    else:
        numbers = (gen.words(count) % np.uint32(width)).astype(np.int64) + low
    return numbers.astype(dtype, copy=False).reshape(shape)


def random(gen: Generator, shape: Sequence[int], dtype: DTypeLike = np.int64) -> Array:
    """Whole numbers from 0 up to what ``dtype`` counts by ones, as ``tensor.random_()``."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "bif" and dtype != np.uint8:
        raise NotImplementedError(f"random_: not implemented for {dtype}; use int64 and convert.")
    count, end = math.prod(shape), _limits(dtype)[1] + 1
    draws = gen.words(count) % np.uint32(end) if end < 2**32 else gen.long_words(count) % np.uint64(end)
    return draws.astype(dtype).reshape(shape)


def base_seed(gen: Generator) -> int:
    """The low 63 bits of a long word: what an epoch of a DataLoader draws first."""
    return int(gen.long_words(1)[0]) % 2**63


def randperm(gen: Generator, n: int, dtype: DTypeLike = np.int64) -> Array:
    """The whole numbers below ``n``, shuffled. RuntimeError if n is negative or too large for ``dtype``.

    >>> randperm(Generator().manual_seed(1), 5)
    array([0, 4, 2, 3, 1])
    """
    dtype = np.dtype(dtype)
    if not 0 <= n <= _limits(dtype)[1] + 1:
        raise RuntimeError(f"randperm: n must be in [0, {_limits(dtype)[1] + 1}] for {dtype}, but got {n}.")
    if n >= (2**32 - 1) // 20:  # where a word is no longer uniform enough, PyTorch shuffles inside out
        shuffled = np.empty(n, dtype)
        for i, j in enumerate(gen.long_words(n) % np.arange(1, n + 1, dtype=np.uint64)):
            shuffled[i] = shuffled[j]
            shuffled[j] = i
        return shuffled
    ahead: Array = gen.words(max(n - 1, 0)) % np.arange(n, min(n, 1), -1, dtype=np.uint32)
    places = np.arange(n)
    places[:-1] += ahead
    return _swapped(places).astype(dtype, copy=False)


def _swapped(places: Array) -> Array:
    """0, 1, 2, ... after exchanging, at each step i in turn, what is at i with what is at places[i] >= i."""
    steps = np.arange(len(places))
    pairs = np.sort(places << 32 | steps)  # by place, then by step
    place, step = pairs >> 32, pairs & (2**32 - 1)
    again = np.flatnonzero(place[1:] == place[:-1])
    before = np.full(len(places), -1)  # the last step to the same place
    before[step[again + 1]] = step[again]
    # Step i takes away what has come to i: what the last of the steps to i before it brought, or i itself.
    source = steps.copy()
    source[place] = step  # of several, the last
    source = np.where(places == steps, np.where(before >= 0, before, steps), source)
    while (source[source] != source).any():
        source = source[source]
    return np.where(before >= 0, source[before], places)


# ---- Normal numbers


def randn(gen: Generator, shape: Sequence[int], dtype: DTypeLike = np.float32) -> Array:
    """Standard normal; see ``normal``.

    >>> randn(Generator().manual_seed(1), (3,))
    array([0.66135216, 0.2669241 , 0.06167726], dtype=float32)
    """
    return normal(gen, shape, dtype)


def normal(
    gen: Generator,
    shape: Sequence[int],
    dtype: DTypeLike = np.float32,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    contiguous: bool = True,
) -> Array:
    """Normal with ``mean`` and ``std``, as ``tensor.normal_(mean, std)``. RuntimeError unless std >= 0.

    Fewer than 16 numbers, or any for a tensor that is not contiguous, are made in pairs, in float64, and the
    second of a pair waits in the generator for the next such call; others in blocks of 16, in ``dtype``.
    """
    dtype = _floating("normal_", dtype)
    if not std >= 0:
        raise RuntimeError(f"normal_ expects std >= 0.0, but found std={std}.")
    count = math.prod(shape)
    make = _normal_blocks if count >= _BLOCK and contiguous else _normal_pairs
    return make(gen, count, dtype, mean, std).reshape(shape)


def normal_tensors(gen: Generator, mean: Array | float, std: Array | float) -> Array:
    """Normal with a mean and a deviation for every element, broadcast, as ``torch.normal(mean, std)``.

    The dtype is the mean's or, if that is a number, the deviation's. RuntimeError unless all std >= 0.
    """
    dtype = (mean if isinstance(mean, np.ndarray) else np.asarray(std)).dtype
    if not np.all(np.greater_equal(std, 0)):
        raise RuntimeError("normal expects all elements of std >= 0.0; some are negative or NaN.")
    try:
        shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
    except ValueError:
        raise RuntimeError(f"normal: mean {np.shape(mean)} and std {np.shape(std)} do not fit.") from None
    if isinstance(std, np.ndarray):
        if std.ndim == 0 and shape:
            std = std.astype(np.promote_types(dtype, _F32))  # for a 0-d factor does not widen a product
        numbers = _narrowed(np.asarray(normal(gen, shape, dtype) * std), dtype)
    else:
        numbers = normal(gen, shape, dtype, 0.0, std)
    numbers += mean
    return numbers


def _normal_pairs(gen: Generator, count: int, dtype: np.dtype[Any], mean: float, std: float) -> Array:
    kept = [gen._kept] if gen._kept is not None and count else []
    fresh = count - len(kept)
    angle, u = _unit(gen, fresh + fresh % 2, _F64).reshape(-1, 2).T
    pairs = _box_muller(_libm(math.log1p, -u), angle)
    if count:
        gen._kept = float(pairs[-1]) if fresh % 2 else None
    numbers = np.concatenate([kept, pairs[:fresh]])
    return _narrowed(fused(numbers, float(std), float(mean)), dtype)


def _normal_blocks(gen: Generator, count: int, dtype: np.dtype[Any], mean: float, std: float) -> Array:
    work = np.promote_types(dtype, _F32)
    rest = count % _BLOCK
    whole, tail = count - rest, _BLOCK if rest else 0
    # If 16 does not divide it, the last 16 are made anew; in float16 the rest is not even drawn before.
    draws = _unit(gen, whole + (rest if dtype == work else 0) + tail, work)
    draws = np.concatenate([draws[:whole], draws[draws.size - tail :]]).reshape(-1, 2, _BLOCK // 2)
    if dtype == _F64:
        made = _box_muller(_libm(math.log, 1.0 - draws[:, 0]), draws[:, 1])
    else:
        made = np.empty(whole + tail, _F32)
        for i in range(0, len(draws), 1024):  # so many blocks that the intermediate arrays stay in the cache
            made[_BLOCK * i : _BLOCK * (i + 1024)] = _box_muller_float32(draws[i : i + 1024].astype(_F64))
    made = _narrowed(fused(made, float(work.type(std)), float(work.type(mean))), dtype)
    numbers = np.empty(count, dtype)
    numbers[:whole], numbers[count - tail :] = made[:whole], made[whole:]
    return numbers


def _box_muller(log_u: Array, turn: Array) -> Array:
    """Normal numbers from uniform ones, in float64: the cosines of a row, then its sines."""
    radius, angle = np.sqrt(-2.0 * log_u), 2.0 * math.pi * turn
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()


# ---- Normal numbers in PyTorch's vectorised float32
#
# Arrays are float64 here and hold float32 numbers. Rounding a float64 sum, product or root to float32 gives
# what float32 arithmetic gives, since 53 >= 2 * 24 + 2. A fused x * y + z has an exact product and is rounded
# twice; all 2^24 arguments of the logarithm, and of sine and cosine, have been tried: it never matters.


def _singles(*constants: float) -> tuple[float, ...]:
    return tuple(float(np.float32(constant)) for constant in constants)


# Coefficients by S. Moshier (Cephes: logf, sinf, cosf). What is fused is the choice of PyTorch's compiler.
_LOG = _singles(
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_SINE = _singles(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COSINE = _singles(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_QUARTER_PI = _singles(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)  # in three parts
_SQRT_HALF, _LN2_LOW, _LN2_HIGH, _FOUR_BY_PI, _TWO_PI = _singles(
    0.707106781186547524, -2.12194440e-4, 0.693359375, 1.27323954473516, 2 * math.pi
)


def _round(x: Array) -> Array:
    return x.astype(_F32).astype(_F64)


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    y = _round(coefficients[0] * x + coefficients[1])
    for coefficient in coefficients[2:]:
        y = _round(y * x + coefficient)
    return y


def _box_muller_float32(blocks: Array) -> Array:
    radius = _round(np.sqrt(-2.0 * _log(1.0 - blocks[:, 0])))
    sine, cosine = _sincos(_round(blocks[:, 1] * _TWO_PI))
    return np.stack([radius * cosine, radius * sine], axis=1).ravel()


def _log(x: Array) -> Array:
    """The logarithm of normal positive numbers."""
    fraction, exponent = np.frexp(x)
    small = fraction < _SQRT_HALF
    x, exponent = fraction * (1 + small) - 1.0, exponent - small  # exact
    square = _round(x * x)
    y = _round(_polynomial(x, _LOG) * x)
    y = _round(y * square + _round(exponent * _LN2_LOW))
    y = _round(y - 0.5 * square)
    return _round(exponent * _LN2_HIGH + _round(x + y))


def _sincos(angle: Array) -> tuple[Array, Array]:
    """Sine and cosine of angles in [0, 2 pi]."""
    octant = (_round(angle * _FOUR_BY_PI).astype(np.int64) + 1) & ~1  # rounded to even: the axis nearby
    x = angle
    for part in _QUARTER_PI:
        x = _round(x - octant * part)
    square = _round(x * x)
    cosine = _round(_round(_polynomial(square, _COSINE) * square) * square - 0.5 * square)
    cosine = _round(cosine + 1.0)
    sine = _round(_round(_polynomial(square, _SINE) * square) * x + x)
    vertical = (octant & 2) != 0
    return (
        np.where(vertical, cosine, sine) * (1 - (octant & 4) // 2),
        np.where(vertical, sine, cosine) * (1 - ((octant + 2) & 4) // 2),
    )


# ---- Choices


def multinomial(gen: Generator, weights: Array, num_samples: int, replacement: bool = False) -> NDArray[np.int64]:
    """Indices drawn by weight: (num_samples,) for weights (n,), (m, num_samples) for (m, n), rows of any sum.

    Without replacement, and for a single sample, the largest weight / exponential win; otherwise rand53 is
    looked up in the cumulated weights. RuntimeError if weights are not floating, finite and >= 0, if a row is
    zero, for 0 or 3 dimensions, if num_samples is not positive or, without replacement, exceeds n.
    """
    _floating("multinomial", weights.dtype, RuntimeError)
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"multinomial: weights must have 1 or 2 dimensions, not shape {weights.shape}.")
    n = weights.shape[-1]
    if num_samples <= 0 or n == 0 or (num_samples > n and not replacement):
        raise RuntimeError(f"multinomial: cannot draw {num_samples} of {n} with replacement={replacement}.")
    if not ((weights >= 0) & (weights < np.inf)).all():
        raise RuntimeError("multinomial: the weights contain inf, nan or an element < 0.")
    rows = np.atleast_2d(weights)
    if not rows.any(-1).all():
        raise RuntimeError("multinomial: invalid distribution (sum of weights <= 0).")
    if replacement and num_samples > 1:
        cumulated = np.cumsum(rows, axis=-1, dtype=np.promote_types(rows.dtype, _F32))
        cumulated /= cumulated[:, -1:].copy()
        draws = _unit(gen, len(rows) * num_samples, _F64).reshape(-1, num_samples)
        lines = zip(cumulated.astype(_F64), draws, strict=True)
        chosen = np.array([line.searchsorted(u) for line, u in lines], np.int64)
    else:
        race = np.empty_like(rows)
        walk(race)[...] = exponential(gen, walk(race).shape, rows.dtype)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            race = rows / race
        if num_samples == 1:
            chosen = race.argmax(-1)
        else:  # the two reversals make a stable descending sort of a stable ascending one
            chosen = n - 1 - race[:, ::-1].argsort(-1, kind="stable")[:, ::-1][:, :num_samples]
    return chosen.reshape(*weights.shape[:-1], num_samples)


def walk(array: Array, beside: Array | None = None) -> Array:
    """A view of ``array`` whose axes go from the widest stride to the narrowest, its own or those of ``beside``.

    PyTorch fills a tensor in the order of its memory, so that a transposed one gets other numbers than its
    copy: ``walk(a)[...] = uniform(gen, walk(a).shape)`` is ``uniform_`` for any strides.
    """
    strides = (array if beside is None else beside).strides
    return array.transpose(sorted(range(array.ndim), key=lambda axis: -abs(strides[axis])))


# ---- Bits and roundings


def _unit(gen: Generator, count: int, dtype: np.dtype[Any]) -> Array:
    """Uniform in [0, 1): rand24 for float32, rand53 for float64."""
    if dtype == _F64:
        return (gen.long_words(count) & np.uint64(2**53 - 1)) * 2.0**-53
    return (gen.words(count) & np.uint32(2**24 - 1)).astype(_F32) * np.float32(2.0**-24)


def _libm(function: Callable[[float], float], x: Array) -> Array:
    """A function of the C library, as PyTorch calls it; NumPy's log and log1p (not sin, cos) are its own."""
    return np.fromiter(map(function, x.ravel().tolist()), _F64, x.size).reshape(x.shape)


def _narrowed(x: Array, dtype: np.dtype[Any]) -> Array:
    """``x`` in ``dtype``; in float16 by way of float32, as C++ converts."""
    with np.errstate(over="ignore"):
        return x.astype(_F32).astype(_F16) if dtype == _F16 else x.astype(dtype, copy=False)


def _floating(name: str, dtype: DTypeLike, error: type[Exception] = NotImplementedError) -> np.dtype[Any]:
    dtype = np.dtype(dtype)
    if dtype not in _DIGITS:
        raise error(f"{name}: not implemented for {dtype}; use float16, float32 or float64.")
    return dtype


def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the largest of the whole numbers that a dtype represents without a gap."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        return -(2 ** _DIGITS[dtype]), 2 ** _DIGITS[dtype]
    limits = np.iinfo(dtype)
    return limits.min, limits.max
