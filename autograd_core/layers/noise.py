"""Operations that draw at random: dropout and its kin, rrelu. With the same seed they draw what PyTorch draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import random
from ..arrays import streams
from ..arrays.dtypes import require
from ..arrays.reading import as_array
from ..arrays.strides import batch_innermost
from ..ops.activation import leaky_relu
from ..primitive import wrap

if TYPE_CHECKING:
    from ..arrays.streams import Generator
    from ..primitive import Array
    from ..tensor import Tensor


def _kept(array: Array, p: float) -> Array:
    """1 with probability 1 - p, else 0, in the array's shape and dtype; drawn in the order of PyTorch's memory."""
    kept = np.empty_like(array)
    ordered = kept if batch_innermost(array) else streams.walk(kept)
    ordered[...] = streams.bernoulli_scalar(random.default_generator, ordered.shape, 1 - p)
    return kept


def _one_per_channel(name: str, array: Array) -> Array:
    if array.ndim < 2:
        raise RuntimeError(f"{name}: requires at least 2 dimensions (N, C, …), got shape {array.shape}")
    return np.empty(array.shape[:2] + (1,) * (array.ndim - 2), array.dtype)


def _drops(name: str, input: Tensor, p: float, training: bool) -> bool:
    """Whether there is anything to do; raises for a p that is no probability."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    array = input.array
    if not training or p == 0 or not array.size:
        return False
    if p < 1:
        require(name, array.dtype, "fc")
    return True


def _times(input: Tensor, factor: Any, inplace: bool) -> Tensor:
    return input.mul_(wrap(factor)) if inplace else input * wrap(factor)  # type: ignore[no-any-return]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero elements with probability p and scale the rest by 1 / (1 - p); nothing when not training.

    The mask is PyTorch's for the same seed (Srivastava et al. 2014).
    """
    if not _drops("dropout", input, p, training):
        return input
    return _times(input, _dropout_factor(input.array, p), inplace)


def feature_dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """As `dropout`, with one draw for each channel of (N, C, …), which is zeroed as a whole (Tompson et al. 2015)."""
    if not _drops("feature_dropout", input, p, training):
        return input
    channels = input.array if p == 1 else _one_per_channel("feature_dropout", input.array)
    return _times(input, _dropout_factor(channels, p), inplace)


def _dropout_factor(array: Array, p: float) -> Array:
    if p == 1:
        return np.zeros((), array.dtype)
    kept = _kept(array, p)
    kept *= as_array(1, array.dtype) / as_array(1 - p, array.dtype)
    return kept


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for `selu`: sets elements to its lower limit and keeps mean 0 and variance 1 (Klambauer et al. 2017)."""
    if not _drops("alpha_dropout", input, p, training):
        return input
    return _alpha_dropped(input, input.array, p, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """As `alpha_dropout`, with one draw for each channel of (N, C, …)."""
    if not _drops("feature_alpha_dropout", input, p, training):
        return input
    channels = input.array if p == 1 else _one_per_channel("feature_alpha_dropout", input.array)
    return _alpha_dropped(input, channels, p, inplace)


_SELU_LIMIT = 1.7580993408473766  # selu(x) > -1.758… for all x


def _alpha_dropped(input: Tensor, channels: Array, p: float, inplace: bool) -> Tensor:
    if p == 1:
        return _times(input, np.zeros((), channels.dtype), inplace)
    kept = _kept(channels, p)
    scale = 1 / math.sqrt((_SELU_LIMIT * _SELU_LIMIT * p + 1) * (1 - p))
    shift = (kept - 1) * (_SELU_LIMIT * scale) + _SELU_LIMIT * scale * p
    kept *= scale
    return _times(input, kept, inplace).add_(wrap(shift))


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """x above 0, below it x times a slope: drawn from [lower, upper) for each element, or their mean when not training
    (Xu et al. 2015)."""
    require("rrelu", input.array.dtype, "fc")
    if not lower <= upper:
        raise RuntimeError(f"rrelu: lower ({lower}) must not be greater than upper ({upper})")
    if not training:
        return leaky_relu(input, (lower + upper) / 2)  # type: ignore[no-any-return]
    below = input.array <= 0
    slopes = np.ones_like(input.array)
    low, high = (float(slopes.dtype.type(bound)) for bound in (lower, upper))
    gen = random.default_generator if generator is None else generator
    slopes[below] = streams.uniform(gen, (int(np.count_nonzero(below)),), np.float64, low, high)
    return input * wrap(slopes)  # type: ignore[no-any-return]
