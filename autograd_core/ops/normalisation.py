"""Normalisation: numbers brought to mean 0 and variance 1 over a batch, a layer, a group of channels or an instance.

Batch normalisation: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167. Layer: Ba et al. 2016,
https://arxiv.org/abs/1607.06450. Instance: Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022. Group: Wu and He 2018,
https://arxiv.org/abs/1803.08494. Root mean square: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467. Local
response: Krizhevsky et al. 2012, section 3.3. They differ in the dimensions over which the one row below averages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import Dims, kept_shape
from ..arrays.dtypes import require
from ..primitive import Array, TensorLike, primitive
from .elementwise import cast, clamp_min, minus, mul, plus, pow, true_divide
from .neural import pad
from .norms import norm
from .pooling import _exact, avg_pool2d

if TYPE_CHECKING:
    from ..tensor import Tensor

# ---------------------------------------------------------------- averages of arrays, in the order of their memory


@lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> Array:
    return np.ones(n, dtype)


@lru_cache(maxsize=64)
def _block(n: int) -> int:
    """How many of n numbers are added in single precision: a divisor of n, up to 128."""
    return next((block for block in range(min(n, 128), 0, -1) if n % block == 0), 0)


def _averages(x: Array, dims: tuple[int, ...], y: Array | None = None) -> Array:
    """(x * y).mean(dims, keepdims=True): of blocks as products (with ones, without y), of those in double precision.

    That takes half the time of np.mean, and no sum in single precision loses digits.
    """
    n = prod([x.shape[axis] for axis in dims])
    if y is not None and x.strides != y.strides:
        x, y = x * y, None
    axes = sorted(range(x.ndim), key=lambda axis: (x.shape[axis] != 1, -x.strides[axis]))  # as they lie in memory
    averaged = [axis in dims or x.shape[axis] == 1 for axis in axes]
    lying = x.transpose(axes)
    last = x.ndim - (averaged[::-1].index(False) if False in averaged else x.ndim)  # the averaged axes at the end
    first = averaged.index(False) if False in averaged else 0  # and at the beginning
    inner, outer = prod(lying.shape[last:]), prod(lying.shape[:first])
    block = _block(inner if inner > 1 else outer)
    if not lying.flags.c_contiguous or not x.size or block < 16 < n:
        sums = np.add.reduce(x if y is None else x * y, axis=dims, dtype=np.float64)
        return (sums / n).astype(x.dtype).reshape(kept_shape(x.shape, dims))
    if inner > 1:
        flat = lying.reshape(-1, block)
        sums = flat.dot(_ones(block, x.dtype)) if y is None else np.vecdot(flat, y.transpose(axes).reshape(-1, block))
        doubles = sums.astype(np.float64).reshape(-1, inner // block)
        sums, left = doubles.dot(_ones(inner // block, doubles.dtype)), axes[:last]
    else:
        products = lying if y is None else lying * y.transpose(axes)
        blocks = np.matmul(_ones(block, x.dtype), products.reshape(outer // block, block, -1))
        doubles = blocks.astype(np.float64)
        sums, left = _ones(outer // block, doubles.dtype).dot(doubles), axes[first:]
    sums = sums.reshape([x.shape[axis] for axis in left])
    sums = np.add.reduce(sums, axis=tuple(i for i, axis in enumerate(left) if axis in dims))
    kept = [axis for axis in left if axis not in dims]
    sums = sums.transpose([kept.index(axis) for axis in sorted(kept)])
    return (sums / n).astype(x.dtype).reshape(kept_shape(x.shape, dims))


# ---------------------------------------------------------------- the row


def _standardise_vjp(g: Any, input: Any, out: Any, dims: tuple[int, ...], eps: float, centred: bool) -> Any:
    """(g - mean g - out × mean (g × out)) / σ, without mean g where the input was not centred."""
    distance = input - input.mean(axis=dims, keepdims=True) if centred else input
    scale = 1 / np.sqrt((distance * distance).mean(axis=dims, keepdims=True) + eps)
    along = g - out * (g * out).mean(axis=dims, keepdims=True)
    return (along - g.mean(axis=dims, keepdims=True) if centred else along) * scale


def _standardise_vjp_in_place(
    g: Array, input: Array, out: Array, dims: tuple[int, ...], eps: float, centred: bool, scale: Array
) -> Array:
    share = out * _averages(g, dims, out)
    np.subtract(g, share, out=share)
    if centred:
        share -= _averages(g, dims)
    share *= scale
    return share


@primitive(row_major=True, fresh=True, overwritable=True, keeps=("scale",), torch="NativeBatchNormBackward0",
           fast={"input": _standardise_vjp_in_place},
           input=_standardise_vjp)
def _standardise(
    input: TensorLike, dims: tuple[int, ...], eps: float, centred: bool, tell: Callable[[Any, Any], None] | None
) -> Tensor:
    """Minus the mean over dims (if `centred`), by the root of the variance + eps; `tell` gets mean and variance."""
    with np.errstate(invalid="ignore", divide="ignore"):  # of nothing: NaN; of a constant, with eps 0: infinite
        mean = _averages(input, dims) if centred else None
        distance = input if mean is None else input - mean
        variance = _averages(distance, dims, distance)
        if tell is not None:
            tell(mean, variance)
        scale = 1 / np.sqrt(variance + input.dtype.type(eps))
        return distance * scale if mean is None else np.multiply(distance, scale, out=distance), scale


# ---------------------------------------------------------------- PyTorch's functions


def _affine(out: Tensor, weight: Tensor | None, bias: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    if weight is not None:
        out = mul(out, weight.reshape(shape))
    return out if bias is None else plus(out, bias.reshape(shape))


def _in_one_dtype(name: str, input: Tensor, **others: Tensor | None) -> tuple[Tensor, list[Tensor | None]]:
    """The operands in the dtype to compute in: the input's, or single precision for half. With half precision, the
    others may all be in single."""
    require(name, input.array.dtype, "f")
    dtype = input.array.dtype
    given = {other.array.dtype for other in others.values() if other is not None}
    if not (given <= {dtype} or (dtype == np.float16 and given == {np.dtype(np.float32)})):
        shown = ", ".join(f"{key} {other.dtype}" for key, other in others.items() if other is not None)
        raise RuntimeError(
            f"{name}: input has dtype {dtype}, so {shown} must too, or all be float32 if it is float16; convert with "
            ".to(dtype), or the module with .double() / .float()"
        )
    return cast(input, _exact(dtype)), [None if x is None else cast(x, _exact(dtype)) for x in others.values()]


def _check_shape(name: str, argument: str, value: Tensor | None, shape: tuple[int, ...]) -> None:
    if value is not None and value.array.shape != shape:
        raise RuntimeError(f"{name}: expected {argument} of shape {shape}, but got {value.array.shape}")


def _check_channels(name: str, channels: int, **others: Tensor | None) -> None:
    for argument, value in others.items():
        if value is not None and value.array.size != channels:
            raise RuntimeError(
                f"{name}: {argument} should contain {channels} elements, one for each channel of the input, not "
                f"{value.array.size}"
            )


def _trailing(name: str, input: Tensor, normalized_shape: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """normalized_shape, and the dimensions that it means: as many as it has, at the end."""
    if not isinstance(normalized_shape, tuple | list):
        raise TypeError(
            f"{name}(): normalized_shape must be a tuple of ints, not {type(normalized_shape).__name__}: write "
            "(n,) for the last dimension of size n"
        )
    wanted, shape = tuple(normalized_shape), input.array.shape
    if name == "rms_norm" and len(wanted) > len(shape):
        raise ValueError(f"rms_norm: input of shape {shape} must have at least the {len(wanted)} dimensions {wanted}")
    if not wanted or shape[len(shape) - len(wanted) :] != wanted or len(wanted) > len(shape):
        raise RuntimeError(
            f"{name}: given normalized_shape={wanted}, which must not be empty, expected input with the shape "
            f"(*, {', '.join(map(str, wanted))}), but got {shape}"
        )
    return wanted, tuple(range(len(shape) - len(wanted), len(shape)))


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """Each sample (the last dimensions, of normalized_shape) to mean 0 and variance 1, times weight, plus bias.

    >>> layer_norm(tensor([[1., 3.], [5., 5.]]), (2,))
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    wanted, dims = _trailing("layer_norm", input, normalized_shape)
    _check_shape("layer_norm", "weight", weight, wanted)
    _check_shape("layer_norm", "bias", bias, wanted)
    exact, (weight, bias) = _in_one_dtype("layer_norm", input, weight=weight, bias=bias)
    return cast(_affine(_standardise(exact, dims, eps, True, None), weight, bias, wanted), input.array.dtype)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Each sample (the last dimensions, of normalized_shape) by the root of its mean square + eps, times weight.

    eps is the smallest number that makes a difference to 1, unless given.

    >>> rms_norm(tensor([[3., 3.]]), (2,))
    tensor([[1., 1.]])
    """
    wanted, dims = _trailing("rms_norm", input, normalized_shape)
    _check_shape("rms_norm", "weight", weight, wanted)
    require("rms_norm", input.array.dtype, "f")
    dtype = _exact(input.array.dtype)
    least = float(np.finfo(dtype).eps) if eps is None else eps
    out = _standardise(cast(input, dtype), dims, least, False, None)
    if weight is not None:
        out = mul(out, cast(weight, dtype))
    return cast(out, input.array.dtype)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """The channels of (N, C, *) in groups, each sample's group to mean 0 and variance 1; weight and bias by channel.

    >>> group_norm(tensor([[[1.], [3.]]]), 1)
    tensor([[[-1.0000],
             [ 1.0000]]])
    """
    shape = input.array.shape
    if len(shape) < 2:
        raise IndexError(f"group_norm: expected at least 2 dimensions (N, C, *), but got shape {shape}")
    if num_groups < 1 or shape[1] % num_groups:
        raise RuntimeError(
            f"group_norm: num_groups must be positive and divide the number of channels, but got input of shape {shape} "
            f"and num_groups={num_groups}"
        )
    _check_shape("group_norm", "weight", weight, shape[1:2])
    _check_shape("group_norm", "bias", bias, shape[1:2])
    exact, (weight, bias) = _in_one_dtype("group_norm", input, weight=weight, bias=bias)
    groups = exact.reshape(shape[0], num_groups, shape[1] // num_groups, *shape[2:])
    out = _standardise(groups, tuple(range(2, len(shape) + 1)), eps, True, None).reshape(shape)
    return cast(_affine(out, weight, bias, (-1, *(1,) * (len(shape) - 2))), input.array.dtype)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Each channel of (N, C, *) to mean 0 and variance 1 over all else, times weight, plus bias, which are by channel.

    In training, running_mean and running_var move towards the batch's (the variance with n - 1) by the part momentum; else
    they are what the input is normalised with. The arguments are in the order of ``torch.batch_norm``;
    `nn.functional.batch_norm` has defaults.

    >>> batch_norm(tensor([[1.], [3.]]), None, None, None, None, True, .1, 1e-5, True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    shape = input.array.shape
    if len(shape) < 2:
        raise IndexError(f"batch_norm: expected input (N, C, *), but got shape {shape}")
    _check_channels(
        "batch_norm", shape[1], running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    exact, (weight, bias, mean, variance) = _in_one_dtype(
        "batch_norm", input, weight=weight, bias=bias, running_mean=running_mean, running_var=running_var
    )
    by_channel = (-1, *(1,) * (len(shape) - 2))
    dims = (0, *range(2, len(shape)))
    if training:
        n = prod([shape[dim] for dim in dims])

        def tell(batch_mean: Array, batch_variance: Array) -> None:
            if n:  # a batch of nothing moves nothing
                _move(running_mean, batch_mean.reshape(-1), momentum)
                _move(running_var, batch_variance.reshape(-1) * (n / (n - 1) if n > 1 else np.nan), momentum)

        out = _standardise(exact, dims, eps, True, None if running_mean is None and running_var is None else tell)
        return cast(_affine(out, weight, bias, by_channel), input.array.dtype)
    return cast(_with_statistics("batch_norm", exact, mean, variance, weight, bias, eps, by_channel), input.array.dtype)


def _move(running: Tensor | None, batch: Array, momentum: float) -> None:
    """Move a running statistic towards that of a batch."""
    if running is not None:
        array = running.array
        array[...] = array * (1 - momentum) + (batch * momentum).reshape(array.shape)
        running._memory.written()


def _with_statistics(
    name: str,
    input: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
    by_channel: tuple[int, ...],
) -> Tensor:
    """(input - mean) × weight / σ + bias. The mean comes first: a slope × mean would lose its digits."""
    if mean is None or variance is None:
        raise RuntimeError(f"{name}: running_mean and running_var must be defined where the input is not normalised itself")
    slope = pow(variance + eps, -0.5)
    slope = slope if weight is None else mul(slope, weight.reshape(slope.shape))
    out = mul(minus(input, mean.reshape(by_channel)), slope.reshape(by_channel))
    return out if bias is None else plus(out, bias.reshape(by_channel))


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Tensor:
    """Each channel of each sample of (N, C, *) to mean 0 and variance 1, times weight, plus bias, which are by channel.

    With use_input_stats, running statistics move towards the samples' averages; without, the input is normalised with
    them. The arguments are in the order of ``torch.instance_norm``; `nn.functional.instance_norm` has defaults.

    >>> instance_norm(tensor([[[1., 3.]]]), None, None, None, None, True, .1, 1e-5, True)
    tensor([[[-1.0000,  1.0000]]])
    """
    shape = input.array.shape
    if len(shape) < 3:
        raise RuntimeError(f"instance_norm: expected input (N, C, *), but got shape {shape}")
    if (running_mean is None) != (running_var is None):
        raise ValueError("instance_norm: running_mean and running_var must either both be None or neither be None")
    _check_channels(
        "instance_norm", shape[1], running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    exact, (weight, bias, mean, variance) = _in_one_dtype(
        "instance_norm", input, weight=weight, bias=bias, running_mean=running_mean, running_var=running_var
    )
    by_channel = (-1, *(1,) * (len(shape) - 2))
    dims = tuple(range(2, len(shape)))
    if use_input_stats:
        n = prod([shape[dim] for dim in dims])

        def tell(means: Array, variances: Array) -> None:
            _move(running_mean, means.mean(0).reshape(-1), momentum)
            _move(running_var, variances.mean(0).reshape(-1) * (n / (n - 1) if n > 1 else np.nan), momentum)

        out = _standardise(exact, dims, eps, True, None if running_mean is None else tell)
        return cast(_affine(out, weight, bias, by_channel), input.array.dtype)
    return cast(
        _with_statistics("instance_norm", exact, mean, variance, weight, bias, eps, by_channel), input.array.dtype
    )


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """input / (k + alpha × the mean of the squares of `size` neighbouring channels)^beta; input (N, C, *).

    >>> local_response_norm(tensor([[[1.], [2.]]]), 1, alpha=1., beta=1., k=0.)
    tensor([[[1.0000],
             [0.5000]]])
    """
    shape = input.array.shape
    if len(shape) < 3:
        raise ValueError(f"local_response_norm: expected 3D or higher dimensionality input (N, C, *), but got shape {shape}")
    if not input.array.size:
        return input
    squares = mul(input, input).reshape(shape[0], 1, shape[1], -1)
    padded = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    means = avg_pool2d(padded, (size, 1), stride=1).reshape(shape)
    return true_divide(input, pow(means * alpha + k, beta))


def normalize(input: Tensor, p: float = 2.0, dim: Dims = 1, eps: float = 1e-12) -> Tensor:
    """input by its p-norm over dim, which is taken to be at least eps.

    >>> normalize(tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    return true_divide(input, clamp_min(norm(input, p, dim, keepdim=True), eps))
