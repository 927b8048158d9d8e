"""Copies of elements, and shapes stretched without copying. Its adjoint is a sum."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import common_shape, one_dim, sizes
from ..primitive import Array, TensorLike, primitive, wrap
from .index import index_select
from .joining import stack
from .reduce import sum
from .shape import _copied, _reshape, flatten

if TYPE_CHECKING:
    from ..tensor import Tensor


@primitive(views=True, broadcasts=True,
           input=lambda g: g)
def _expand(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    out = np.broadcast_to(input, shape)
    out.flags.writeable = input.flags.writeable  # in-place operations look at the strides themselves
    return out


def expand(input: Tensor, *each: Any, size: Any = None) -> Tensor:
    """Dimensions of size 1 stretched without copying; -1 leaves a size as it is.

    >>> expand(tensor([[1], [2]]), 2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = sizes("expand", each, size)
    shape = input.array.shape
    if len(wanted) < len(shape):
        raise RuntimeError(
            f"expand: the number of sizes given ({len(wanted)}, {wanted}) must be at least the number of dimensions "
            f"of the tensor ({len(shape)}, shape {shape})"
        )
    padded = (None,) * (len(wanted) - len(shape)) + shape
    target = []
    for old, new in zip(padded, wanted, strict=True):
        if new == -1 and old is None:
            raise RuntimeError(f"expand: size -1 is not allowed for a new leading dimension ({wanted})")
        if new != -1 and old not in (None, 1, new):
            raise RuntimeError(
                f"expand: the expanded size {new} must match the existing size {old} where that is not 1; "
                f"target sizes {wanted}, tensor sizes {shape}"
            )
        target.append(old if new == -1 else new)
    return _expand(input, tuple(target))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """expand to the shape of other."""
    return expand(input, other.shape)


def broadcast_to(input: Tensor, *each: Any, size: Any = None) -> Tensor:
    """expand to the given size."""
    return expand(input, sizes("broadcast_to", each, size))


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors, each expanded to the shape to which they all broadcast.

    >>> [tuple(x.shape) for x in broadcast_tensors(zeros(2, 1), zeros(3))]
    [(2, 3), (2, 3)]
    """
    for x in tensors:
        if not hasattr(x, "array"):
            raise TypeError(f"broadcast_tensors(): expected Tensors, got {type(x).__name__}")
    shape = common_shape("broadcast_tensors", **{f"tensor {i}": x.array.shape for i, x in enumerate(tensors)})
    return tuple(x if x.array.shape == shape else _expand(x, shape) for x in tensors)


def sum_to_size(input: Tensor, *each: Any, size: Any = None) -> Tensor:
    """The sum over the dimensions along which `size` would have to be expanded to the shape of input.

    >>> sum_to_size(tensor([[1., 2.], [3., 4.]]), 2, 1)
    tensor([[3.],
            [7.]])
    """
    wanted, shape = sizes("sum_to_size", each, size), input.array.shape
    extra = len(shape) - len(wanted)
    if extra < 0 or any(n not in (1, have) for n, have in zip(wanted, shape[extra:], strict=True)):
        raise RuntimeError(f"sum_to_size: a tensor of size {wanted} cannot be expanded to the shape of input, {shape}")
    dims = tuple(i for i, have in enumerate(shape) if i < extra or (wanted[i - extra] == 1 and have != 1))
    return _reshape(sum(input, dims, keepdim=True), wanted) if dims or not shape else input


def repeat(input: Tensor, *each: Any, repeats: Any = None) -> Tensor:
    """Copies side by side: repeats[i] of them along dimension i.

    >>> repeat(tensor([1, 2]), 2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = sizes("repeat", each, repeats)
    shape = input.array.shape
    if len(times) < len(shape):
        raise RuntimeError(
            f"repeat: number of repeats ({len(times)}) must be at least the number of dimensions ({len(shape)})"
        )
    if any(n < 0 for n in times):
        raise RuntimeError(f"repeat: the numbers of repeats must not be negative, got {times}")
    shape = (1,) * (len(times) - len(shape)) + shape
    between = tuple(n for size in shape for n in (1, size))
    stretched = tuple(n for pair in zip(times, shape, strict=True) for n in pair)
    repeated = _expand(_reshape(input, between), stretched)
    return _copied(_reshape(repeated, tuple(n * size for n, size in zip(times, shape, strict=True))))


def tile(input: Tensor, *each: Any, dims: Any = None) -> Tensor:
    """Copies side by side as `repeat` makes them; fewer numbers than dimensions count for the last ones.

    >>> tile(tensor([[1], [2]]), 2)
    tensor([[1, 1],
            [2, 2]])
    """
    times = sizes("tile", each, dims)
    return repeat(input, (1,) * (input.array.ndim - len(times)) + times)


def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element along dim repeated in place: as often as `repeats`, an int or a tensor of one int each, says.

    Without dim, the flattened input. Of one argument alone, the index i as often as its i-th element says.

    >>> repeat_interleave(tensor([1, 2]), 2), repeat_interleave(tensor([1, 2]), tensor([0, 3]))
    (tensor([1, 1, 2, 2]), tensor([2, 2, 2]))
    >>> repeat_interleave(tensor([1, 0, 2]))
    tensor([0, 2, 2])
    """
    if repeats is None:
        return wrap(_repeated_numbers(input.array, len(input), output_size).astype(input.array.dtype))
    if dim is None:
        input, dim = flatten(input), 0
    dim = one_dim("repeat_interleave", dim, input.array.ndim)
    if not input.array.ndim:
        raise IndexError("repeat_interleave: a 0-d tensor has no dimension to repeat along; leave out dim")
    shape = input.array.shape
    if hasattr(repeats, "array"):
        counts = repeats.array
        if counts.ndim == 1 and counts.size not in (1, shape[dim]):
            raise RuntimeError(
                f"repeat_interleave: repeats has {counts.size} elements, but dimension {dim} of input has size "
                f"{shape[dim]}; give as many, or one"
            )
        return index_select(input, dim, wrap(_repeated_numbers(counts, shape[dim], output_size)))
    if not isinstance(repeats, int | np.integer):
        raise TypeError(f"repeat_interleave(): repeats must be an int or a Tensor, not {type(repeats).__name__}")
    if repeats < 0:
        raise RuntimeError(f"repeat_interleave: repeats must not be negative, got {repeats}")
    _check_output_size(shape[dim] * int(repeats), output_size)
    before, after = shape[: dim + 1], shape[dim + 1 :]
    out = _expand(_reshape(input, (*before, 1, *after)), (*before, int(repeats), *after))
    return _copied(_reshape(out, (*shape[:dim], shape[dim] * int(repeats), *after)))


def _repeated_numbers(counts: Array, size: int, output_size: int | None) -> Array:
    """0 to size - 1, each as often as counts says."""
    if counts.ndim > 1:
        raise RuntimeError(f"repeat_interleave: repeats must be 0-d or 1-d, got shape {counts.shape}")
    if counts.dtype not in (np.int64, np.int32):
        raise NotImplementedError(f"repeat_interleave: repeats must be of dtype int64 or int32, got {counts.dtype}")
    if (counts < 0).any():
        raise RuntimeError("repeat_interleave: repeats must not be negative")
    numbers = np.repeat(np.arange(size), counts)
    _check_output_size(numbers.size, output_size)
    return numbers


def _check_output_size(size: int, output_size: int | None) -> None:
    if output_size is not None and output_size != size:
        raise RuntimeError(f"repeat_interleave: output_size is {output_size}, but the result has {size} elements along dim")


# ---------------------------------------------------------------- grids


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid: for each vector, a tensor of the grid's shape in which it varies along one dimension.

    indexing "ij": the i-th vector along dimension i; "xy": the first two the other way round. PyTorch warns if it is
    not given, and takes "ij". The results are expanded views.

    >>> x, y = meshgrid(tensor([1, 2]), tensor([3, 4, 5]), indexing="ij")
    >>> x
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    vectors = tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors
    if indexing is None:
        warnings.warn(
            "meshgrid: in an upcoming release of PyTorch it will be required to pass the indexing argument", stacklevel=2
        )
    if not vectors:
        raise RuntimeError("meshgrid: expects at least one tensor")
    if any(x.array.dtype != vectors[0].array.dtype for x in vectors):
        raise RuntimeError(f"meshgrid: expects tensors of one dtype, got {[str(x.array.dtype) for x in vectors]}")
    if any(x.array.ndim > 1 for x in vectors):
        raise RuntimeError(f"meshgrid: expects vectors or 0-d tensors, got shapes {[tuple(x.shape) for x in vectors]}")
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'meshgrid: indexing must be "ij" or "xy", not {indexing!r}')
    axes = list(range(len(vectors)))
    if indexing == "xy":
        axes[:2] = axes[1::-1]  # of a single vector nothing changes
    shape = tuple(vectors[axis].array.size for axis in axes)
    along = [tuple(-1 if axis == i else 1 for axis in axes) for i in range(len(vectors))]
    return tuple(_expand(_reshape(x, each), shape) for x, each in zip(vectors, along, strict=True))


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of one element of each vector, a row each; of one vector, the vector itself.

    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for x in tensors:
        if x.array.ndim != 1:
            raise RuntimeError(f"cartesian_prod: expects vectors, got shape {tuple(x.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(x) for x in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of r elements of a vector, in order, a row each; with_replacement, each may be taken repeatedly.

    >>> combinations(tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input.array.ndim != 1:
        raise RuntimeError(f"combinations: expects a vector, got shape {tuple(input.shape)}")
    if not isinstance(r, int):
        raise TypeError(f"combinations(): r must be an int, not {type(r).__name__}")
    if r < 0:
        raise RuntimeError(f"combinations: r must not be negative, got {r}")
    if r == 0:
        return wrap(np.zeros(0, input.array.dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.fromiter(itertools.chain.from_iterable(choose(range(input.array.size), r)), np.int64)
    return _reshape(index_select(input, 0, wrap(places)), (places.size // r, r))
