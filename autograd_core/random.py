"""Random tensors from PyTorch's streams: the same seed gives the same numbers.

Every function takes `generator=`; without it the default generator is used, which `manual_seed` sets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import streams
from .arrays.dims import sizes
from .arrays.dtypes import DTypeLike, as_dtype, get_default_dtype
from .arrays.streams import Generator
from .arrays.strides import alike, has_order
from .inplace import check_writable, overwritten
from .memory import settle
from .primitive import wrap
from .tensors.creation import _made, check_tensor, layout_of

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
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """Normal with mean and standard deviation: numbers with a size, or tensors, one per element."""
    gen = _drawn(generator)
    if size is not None:
        made = streams.normal(gen, sizes("normal", (size,)), _floating(dtype), mean, std)
        return _made(made, requires_grad, device, **placement)
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


def rand_like(
    input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, **placement: Any
) -> Tensor:
    """`rand` in the shape and dtype of input, drawn in the order of its memory."""
    return _alike("rand_like", streams.rand, input, dtype, device, requires_grad, **placement)


def randn_like(
    input: Tensor, *, dtype: DTypeLike = None, device: Any = None, requires_grad: bool = False, **placement: Any
) -> Tensor:
    """`randn` in the shape and dtype of input, drawn in the order of its memory."""

    def draw(gen: Generator, shape: tuple[int, ...], found: Any) -> Any:
        return streams.normal(gen, shape, found, contiguous=not has_order(layout_of(input, placement)))

    return _alike("randn_like", draw, input, dtype, device, requires_grad, **placement)


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    dtype: DTypeLike = None,
    device: Any = None,
    requires_grad: bool = False,
    **placement: Any,
) -> Tensor:
    """`randint` in the shape and dtype of input, drawn in the order of its memory."""
    low, high = (0, low) if high is None else (low, high)

    def draw(gen: Generator, shape: tuple[int, ...], found: Any) -> Any:
        return streams.randint(gen, low, high, shape, found)

    return _alike("randint_like", draw, input, dtype, device, requires_grad, **placement)


def _alike(
    name: str, draw: Any, input: Tensor, dtype: DTypeLike, device: Any, requires_grad: bool, **placement: Any
) -> Tensor:
    check_tensor(name, input)
    found = input.array.dtype if dtype is None else as_dtype(dtype)
    return _made(
        alike(layout_of(input, placement), lambda shape: draw(default_generator, shape, found)),
        requires_grad,
        device,
        **placement,
    )


# ---------------------------------------------------------------- in place


def _place(self: Tensor, name: str) -> Any:
    """The array to fill, its axes in the order in which PyTorch walks through memory."""
    check_writable(self, name)
    settle(self)
    return streams.walk(self.array)


def _filled(self: Tensor) -> Tensor:
    overwritten(self)
    return self


def uniform_(
    self: Tensor, from_: float = 0, to: float = 1, *, generator: Generator | None = None, **bounds: float
) -> Tensor:
    """Fill with uniform numbers on [from, to)."""
    low = bounds.pop("from", from_)
    if bounds:
        raise TypeError(f"uniform_() got an unexpected keyword argument {next(iter(bounds))!r}")
    place = _place(self, "uniform_")
    place[...] = streams.uniform(_drawn(generator), place.shape, place.dtype, low, to)
    return _filled(self)


def normal_(self: Tensor, mean: float = 0, std: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers."""
    place = _place(self, "normal_")
    contiguous = self.array.flags.c_contiguous
    place[...] = streams.normal(_drawn(generator), place.shape, place.dtype, mean, std, contiguous=contiguous)
    return _filled(self)


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 (probability p, a number or a tensor) and 0."""
    place = _place(self, "bernoulli_")
    gen = _drawn(generator)
    if hasattr(p, "array"):
        place[...] = streams.bernoulli(gen, streams.walk(np.broadcast_to(p.array, self.array.shape), self.array))
    else:
        place[...] = streams.bernoulli_scalar(gen, place.shape, p)
    return _filled(self)


def exponential_(self: Tensor, lambd: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponentially distributed numbers of rate lambd."""
    place = _place(self, "exponential_")
    place[...] = streams.exponential(_drawn(generator), place.shape, place.dtype, lambd)
    return _filled(self)


def random_(
    self: Tensor, from_: int | None = None, to: int | None = None, *, generator: Generator | None = None, **bounds: int
) -> Tensor:
    """Fill with integers: in [from, to), [0, to), or the dtype's whole range."""
    low = bounds.pop("from", from_)
    if bounds:
        raise TypeError(f"random_() got an unexpected keyword argument {next(iter(bounds))!r}")
    place = _place(self, "random_")
    if low is not None and to is None:
        low, to = 0, low
    gen = _drawn(generator)
    if to is None:
        place[...] = streams.random(gen, place.shape, place.dtype)
    else:
        place[...] = streams.randint(gen, low or 0, to, place.shape, place.dtype)
    return _filled(self)
