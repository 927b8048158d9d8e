"""Random tensors from PyTorch's streams: the same seed gives the same numbers.

Every function takes `generator=`; without it the default generator is used, which `manual_seed` sets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import streams
from .creation import _made
from .dims import sizes
from .dtypes import DTypeLike, as_dtype, get_default_dtype
from .inplace import check_writable, overwritten
from .primitive import wrap
from .streams import Generator

if TYPE_CHECKING:
    from .tensor import Tensor

default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; returns it.

    >>> _ = manual_seed(0); rand(2)
    tensor([0.4963, 0.7682])
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default generator from the operating system; returns the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The default generator's seed."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state, a uint8 tensor."""
    return wrap(np.array(default_generator.get_state()))  # type: ignore[no-any-return]


def set_rng_state(new_state: Tensor) -> None:
    """Continue the default generator from a state of `get_rng_state`."""
    default_generator.set_state(new_state.array)


def _drawn(generator: Generator | None) -> Generator:
    return default_generator if generator is None else generator


def _floating(dtype: DTypeLike) -> Any:
    return get_default_dtype() if dtype is None else as_dtype(dtype)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform on [0, 1)."""
    return _made(streams.rand(_drawn(generator), sizes("rand", size), _floating(dtype)), requires_grad, device)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Standard normal.

    >>> _ = manual_seed(0); randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return _made(streams.randn(_drawn(generator), sizes("randn", size), _floating(dtype)), requires_grad, device)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers in [low, high); ``randint(high, size)`` starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    found = np.dtype(np.int64) if dtype is None else as_dtype(dtype)
    return _made(streams.randint(_drawn(generator), low, high, sizes("randint", (size,)), found), requires_grad, device)


def randperm(n: int, *, generator: Generator | None = None, dtype: DTypeLike = None, device: Any = None) -> Tensor:
    """A random order of 0 … n-1."""
    found = np.dtype(np.int64) if dtype is None else as_dtype(dtype)
    return _made(streams.randperm(_drawn(generator), n, found), False, device)


def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, dtype: DTypeLike = None
) -> Tensor:
    """Normal with mean and standard deviation: numbers with a size, or tensors, one per element."""
    gen = _drawn(generator)
    if size is not None:
        return wrap(streams.normal(gen, sizes("normal", (size,)), _floating(dtype), mean, std))  # type: ignore[no-any-return]
    return wrap(streams.normal_tensors(gen, getattr(mean, "array", mean), getattr(std, "array", std)))  # type: ignore[no-any-return]


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with probability input (element by element), else 0."""
    gen = _drawn(generator)
    array = input.array
    mask = streams.bernoulli(gen, array) if p is None else streams.bernoulli_scalar(gen, array.shape, p)
    return wrap(mask.astype(array.dtype))  # type: ignore[no-any-return]


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with probabilities proportional to the (rows of) weights."""
    return wrap(streams.multinomial(_drawn(generator), input.array, num_samples, replacement))  # type: ignore[no-any-return]


def rand_like(input: Tensor, *, dtype: DTypeLike = None, requires_grad: bool = False) -> Tensor:
    """`rand` in the shape and dtype of input."""
    return rand(input.array.shape, dtype=dtype or input.array.dtype, requires_grad=requires_grad)


def randn_like(input: Tensor, *, dtype: DTypeLike = None, requires_grad: bool = False) -> Tensor:
    """`randn` in the shape and dtype of input."""
    return randn(input.array.shape, dtype=dtype or input.array.dtype, requires_grad=requires_grad)


def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: DTypeLike = None) -> Tensor:
    """`randint` in the shape and dtype of input."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.array.shape, dtype=dtype or input.array.dtype)


# ---------------------------------------------------------------- in place


def _filled(self: Tensor, name: str, values: Any) -> Tensor:
    self.array[...] = values
    overwritten(self)
    return self


def uniform_(
    self: Tensor, from_: float = 0, to: float = 1, *, generator: Generator | None = None, **bounds: float
) -> Tensor:
    """Fill with uniform numbers on [from, to)."""
    low = bounds.pop("from", from_)
    if bounds:
        raise TypeError(f"uniform_() got an unexpected keyword argument {next(iter(bounds))!r}")
    check_writable(self, "uniform_")
    return _filled(self, "uniform_", streams.uniform(_drawn(generator), self.array.shape, self.array.dtype, low, to))


def normal_(self: Tensor, mean: float = 0, std: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers."""
    check_writable(self, "normal_")
    return _filled(self, "normal_", streams.normal(_drawn(generator), self.array.shape, self.array.dtype, mean, std))


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 (probability p, a number or a tensor) and 0."""
    check_writable(self, "bernoulli_")
    gen = _drawn(generator)
    if hasattr(p, "array"):
        return _filled(self, "bernoulli_", streams.bernoulli(gen, np.broadcast_to(p.array, self.array.shape)))
    return _filled(self, "bernoulli_", streams.bernoulli_scalar(gen, self.array.shape, p))


def exponential_(self: Tensor, lambd: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponentially distributed numbers of rate lambd."""
    check_writable(self, "exponential_")
    return _filled(
        self, "exponential_", streams.exponential(_drawn(generator), self.array.shape, self.array.dtype, lambd)
    )


def random_(
    self: Tensor, from_: int | None = None, to: int | None = None, *, generator: Generator | None = None, **bounds: int
) -> Tensor:
    """Fill with integers: in [from, to), [0, to), or the dtype's whole range."""
    low = bounds.pop("from", from_)
    if bounds:
        raise TypeError(f"random_() got an unexpected keyword argument {next(iter(bounds))!r}")
    check_writable(self, "random_")
    if low is not None and to is None:
        low, to = 0, low
    gen, shape, dtype = _drawn(generator), self.array.shape, self.array.dtype
    if to is None:
        return _filled(self, "random_", streams.random(gen, shape, dtype))
    return _filled(self, "random_", streams.randint(gen, low or 0, to, shape, dtype))
