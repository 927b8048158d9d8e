"""What a number consists of: sign, exponent and neighbours, real and imaginary part, divisors; NaN replaced.

Sources: C's <math.h> (copysign, frexp, ldexp, nextafter); PyTorch's pages at
https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import return_types
from ..arrays.dtypes import require
from ..primitive import TensorLike, primitive, refused, wrap

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- sign


@primitive(np.copysign, broadcasts=True, promotes=True, floating=True, fresh=True,
           input=lambda g, input, out: g * np.where(input == 0, 0, out / input),
           other=lambda g: np.zeros_like(g))
def copysign(input: TensorLike, other: TensorLike) -> Tensor:
    """The magnitude of input with the sign of other (that of -0. is negative); derivative 0 at 0.

    >>> copysign(tensor([1., -2.]), tensor([-0., 3.]))
    tensor([-1.,  2.])
    """
    require("copysign", input.dtype, "f")
    return np.copysign(input, other)


@primitive(np.signbit)
def signbit(input: TensorLike) -> Tensor:
    """Which elements have their sign bit set: negative numbers, and -0."""
    require("signbit", input.dtype, "biuf")
    return input < 0 if input.dtype.kind != "f" else np.signbit(input)


_no_step = refused("heaviside", "detach() its operands, or use sigmoid for a smooth step")


@primitive(np.heaviside, broadcasts=True, torch="NotImplemented",
           input=_no_step,
           values=_no_step)
def heaviside(input: TensorLike, values: TensorLike | float) -> Tensor:
    """The step function: 0 below 0 and at NaN, 1 above, `values` at 0. Both must have one dtype.

    >>> heaviside(tensor([-1., 0., 2.]), tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    dtype = getattr(values, "dtype", input.dtype)
    if dtype != input.dtype:
        raise RuntimeError(f"heaviside: input is {input.dtype} but values is {dtype}; convert one with .to(dtype)")
    require("heaviside", input.dtype, "biuf")
    try:
        return np.where(input == 0, values, input > 0).astype(input.dtype)
    except ValueError:
        raise RuntimeError(f"heaviside: shapes {input.shape} and {np.shape(values)} do not broadcast") from None


# ---------------------------------------------------------------- exponent, neighbours


@primitive(fresh=True,
           input=lambda g, exponent: g / np.exp2(exponent))
def _mantissa(input: TensorLike, exponent: TensorLike) -> Tensor:
    return np.frexp(input)[0]


def frexp(input: Tensor) -> return_types.frexp:
    """(mantissa, exponent) with input = mantissa * 2 ** exponent and the mantissa's magnitude in [0.5, 1).

    >>> frexp(tensor([3.])).exponent
    tensor([2], dtype=int32)
    """
    if input.array.dtype.kind != "f":
        raise RuntimeError(f"frexp: only supports floating-point dtypes, not {input.array.dtype}; use .float()")
    exponent = np.asarray(np.frexp(input.array)[1], np.int32)
    exponent[~np.isfinite(input.array)] = 0
    return return_types.frexp(_mantissa(input, wrap(exponent)), wrap(exponent))


@primitive(broadcasts=True, promotes=True, floating=True, fresh=True,
           input=lambda g, other: g * np.exp2(other),
           other=lambda g, out: g * (out * math.log(2)))
def ldexp(input: TensorLike, other: TensorLike) -> Tensor:
    """input * 2 ** other.

    >>> ldexp(tensor([1., 3.]), tensor([2, -1]))
    tensor([4.0000, 1.5000])
    """
    return input * np.exp2(other)


@primitive(np.nextafter, broadcasts=True, promotes=True, fresh=True,
           input=lambda g, input, other: np.where(input == other, 0, g),
           other=lambda g: np.zeros_like(g))
def nextafter(input: TensorLike, other: TensorLike) -> Tensor:
    """The next number after input in the direction of other.

    >>> nextafter(tensor([1.]), tensor([2.])) - 1 == 2 ** -23
    tensor([True])
    """
    require("nextafter", input.dtype, "f")
    return np.nextafter(input, other)


@primitive(fresh=True,
           input=lambda g, input: np.where(np.isfinite(input), g, 0))
def nan_to_num(
    input: TensorLike, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """NaN replaced by nan (0), infinities by posinf and neginf (the largest and smallest finite numbers).

    >>> nan_to_num(tensor([float("nan"), 1., float("inf")]), posinf=9.)
    tensor([0., 1., 9.])
    """
    return np.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


# ---------------------------------------------------------------- divisors


@primitive(np.gcd, promotes=True)
def gcd(input: TensorLike, other: TensorLike) -> Tensor:
    """The greatest common divisor of integers; of 0 and x it is |x|."""
    require("gcd", input.dtype, "iu")
    return np.gcd(input, other)


@primitive(np.lcm, promotes=True)
def lcm(input: TensorLike, other: TensorLike) -> Tensor:
    """The least common multiple of integers; of 0 and x it is 0."""
    require("lcm", input.dtype, "iu")
    return np.lcm(input, other)


# ---------------------------------------------------------------- complex numbers


@primitive(floating=True, fresh=True, input=lambda g: np.zeros_like(g))
def angle(input: TensorLike) -> Tensor:
    """The argument of a complex number; of a real one pi below 0, 0 from 0 on, NaN at NaN.

    >>> angle(tensor([-1., 2.]))
    tensor([3.1416, 0.0000])
    """
    if input.dtype.kind == "c":
        return np.angle(input)
    return np.where(np.isnan(input), input, np.where(input < 0, np.asarray(math.pi, input.dtype), 0))


