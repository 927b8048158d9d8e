"""Initial values of parameters. Each function fills its tensor in place, outside the graph, and returns it.

They draw what PyTorch draws for the same seed; `generator` replaces the default stream.
"""

from __future__ import annotations

import math
import warnings
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

import autograd_core as ag

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd_core import Generator, Tensor

F = TypeVar("F", bound="Callable[..., Any]")

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_GAINS: dict[str, float] = {
    **dict.fromkeys(("linear", "sigmoid", "conv1d", "conv2d", "conv3d"), 1),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 1),
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By what factor the weights before an activation are widened; `param` is leaky_relu's slope.

    >>> calculate_gain = nn.init.calculate_gain
    >>> round(calculate_gain("relu"), 4), calculate_gain("linear")
    (1.4142, 1)
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


def _not_recorded(function: F) -> F:
    return ag.no_grad()(function)  # type: ignore[no-any-return]  # the same signature


# ---------------------------------------------------------------- one distribution


@_not_recorded
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Uniform on [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@_not_recorded
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with this mean and standard deviation."""
    return tensor.normal_(mean, std, generator=generator)


@_not_recorded
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal within [a, b]: what falls outside is drawn again.

    Where [a, b] holds less than .3 of the distribution, uniform candidates are accepted with the density instead.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=3,
        )
    inside = _cumulated((b - mean) / std) - _cumulated((a - mean) / std)
    if inside > 0.3:
        low, high = tensor.new_tensor(a).item(), tensor.new_tensor(b).item()
        result = tensor.normal_(mean, std, generator=generator).array
        while (outside := (result < low) | (result > high)).any():
            again = _like(tensor).normal_(mean, std, generator=generator)
            result = np.where(outside, again.array, result)
    else:
        peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
        candidate, chance = _like(tensor), _like(tensor)

        def rejected() -> Any:
            density = np.square((candidate.array - mean) / std) * -0.5 - peak
            with np.errstate(divide="ignore"):
                return np.log(chance.uniform_(generator=generator).array) > density

        result = candidate.uniform_(a, b, generator=generator).array.copy()
        pending = rejected()
        while pending.any():
            candidate.uniform_(a, b, generator=generator)
            result = np.where(pending, candidate.array, result)
            pending = pending & rejected()
    return tensor.copy_(ag.tensor(result))


def _like(tensor: Tensor) -> Tensor:
    """A tensor of the same strides, whose elements are drawn in the same order."""
    return ag.from_numpy(np.empty_like(tensor.array))


def _cumulated(x: float) -> float:
    """The standard normal distribution's cumulative function."""
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


@_not_recorded
def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere.

    >>> nn.init.constant_(ag.empty(2), .5)
    tensor([0.5000, 0.5000])
    """
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere."""
    return constant_(tensor, 0.0)


# ---------------------------------------------------------------- scaled by the number of inputs and outputs


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs feed one output and the reverse, for a weight (out, in, *kernel)."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    outputs, inputs, *kernel = tensor.shape
    return inputs * math.prod(kernel), outputs * math.prod(kernel)


_calculate_fan_in_and_fan_out = _fans  # PyTorch's name; programs import it


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Uniform, of variance 2 gain^2 / (fan_in + fan_out) (Glorot and Bengio 2010)."""
    bound = math.sqrt(3.0) * (gain * math.sqrt(2.0 / float(sum(_fans(tensor)))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal, of variance 2 gain^2 / (fan_in + fan_out) (Glorot and Bengio 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(sum(_fans(tensor)))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform, of variance gain^2 / fan (He et al. 2015); `a` is leaky_relu's slope."""
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal, of variance gain^2 / fan (He et al. 2015); `a` is leaky_relu's slope."""
    std = _kaiming_std(tensor, a, mode, nonlinearity)
    return tensor if std is None else normal_(tensor, 0.0, std, generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    """The standard deviation; None if there is nothing to fill."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return None
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of {modes}")
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(tensor)[modes.index(mode.lower())])


# ---------------------------------------------------------------- matrices with a structure


@_not_recorded
def eye_(tensor: Tensor) -> Tensor:
    """The identity, or as much of it as fits into the shape."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(ag.eye(*tensor.shape))


@_not_recorded
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution's weight that passes its input on, channel by channel."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    outputs, inputs, *kernel = tensor.shape
    if outputs % groups:
        raise ValueError("dim 0 must be divisible by groups")
    values, centre = np.zeros(tuple(tensor.shape)), tuple(size // 2 for size in kernel)
    for group in range(groups):
        first = group * (outputs // groups)
        for channel in range(min(outputs // groups, inputs)):
            values[(first + channel, channel, *centre)] = 1
    return tensor.copy_(ag.tensor(values))


@_not_recorded
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Orthonormal rows or columns, uniformly distributed (Saxe et al. 2013), times gain.

    The factor Q of a normal matrix, its signs chosen after https://arxiv.org/pdf/math-ph/0609050.pdf.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows = tensor.shape[0]
    matrix = ag.empty(rows, tensor.numel() // rows, dtype=tensor.dtype).normal_(0, 1, generator=generator)
    tall = matrix.shape[0] >= matrix.shape[1]
    q, r = ag.linalg.qr(matrix if tall else matrix.T)
    q = q * r.diagonal().sign()
    return tensor.copy_((q if tall else q.T).reshape(tensor.shape) * gain)


@_not_recorded
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Normal, with a fraction `sparsity` of each column set to zero (Martens 2010)."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        zeros = ag.randperm(rows)[: math.ceil(sparsity * rows)]  # of the default stream, as in PyTorch
        tensor[zeros, column] = 0
    return tensor


# ---------------------------------------------------------------- deprecated names


def _deprecated(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    new = function.__name__
    old = new[:-1]

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    return call


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
