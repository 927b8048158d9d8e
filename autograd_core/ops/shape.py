"""Operations that move elements without computing on them. Where PyTorch gives a view, so do we."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import numpy_names, one_dim, sizes, some_dims
from ..arrays.dtypes import as_dtype
from ..arrays.strides import address, owner
from ..devices import check_format, contiguous_format
from ..memory import settle, share
from ..primitive import TensorLike, primitive, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..arrays.dtypes import DType, DTypeLike
    from ..devices import memory_format as Format
    from ..tensor import Tensor

# ---------------------------------------------------------------- the same elements in another shape


@primitive(views=True, torch="ViewBackward0",
           input=lambda g, input_shape: g.reshape(input_shape))
def _reshape(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    return input.reshape(shape)


def _copied(out: Tensor) -> Tensor:
    """A result that must be no view of an operand, but may have become one."""
    return out if out._base is None else out.clone(memory_format=contiguous_format)


def reshape(input: Tensor, *each: Any, shape: Any = None) -> Tensor:
    """The same elements, in order, in another shape; one size may be -1. A view where possible.

    >>> reshape(arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    wanted = sizes("reshape", each, shape)
    try:
        return _reshape(input, wanted)
    except ValueError:
        raise _does_not_fit("reshape", input, wanted) from None


def view(input: Tensor, *each: Any, size: Any = None, dtype: DTypeLike = None) -> Tensor:
    """As `reshape`, but always a view: raises where the memory's layout does not allow one.

    ``view(dtype)`` reads the bytes as another dtype; gradients do not pass.

    >>> view(tensor([1.]), int32)
    tensor([1065353216], dtype=int32)
    """
    if dtype is not None or (len(each) == 1 and isinstance(each[0], np.dtype | type)):
        return _read_as(input, as_dtype(each[0] if dtype is None else dtype))
    wanted = sizes("view", each, size)
    try:
        out = _reshape(input, wanted)
    except ValueError:
        raise _does_not_fit("view", input, wanted) from None
    if out.array.size and not np.may_share_memory(out.array, input.array):
        raise RuntimeError(
            f"view: size {wanted} is not compatible with the memory layout of the input (shape {tuple(input.shape)}, "
            "not contiguous). Use .reshape(...) instead."
        )
    return out


def _read_as(input: Tensor, dtype: DType) -> Tensor:
    memory = share(input)
    array, width = input.array, dtype.itemsize
    if array.itemsize != width:
        wrong = ""
        if not array.ndim:
            wrong = "a 0-d tensor cannot be read in another element size; use .reshape(1) first"
        elif array.shape[-1] > 1 and array.strides[-1] != array.itemsize:
            wrong = "the last dimension must be contiguous; use .contiguous() first"
        elif array.shape[-1] * array.itemsize % width:
            wrong = f"the last dimension has {array.shape[-1]} elements of {array.itemsize} bytes, no multiple of {width} bytes"
        elif array.size and any(step % width for step in (address(array) - address(owner(array)), *array.strides[:-1])):
            wrong = f"rows must begin at multiples of {width} bytes in memory; use .clone() first"
        if wrong:
            raise RuntimeError(f"view({dtype}): {array.dtype} of shape {array.shape}: {wrong}")
    return wrap(array.view(dtype), None, memory)


def _does_not_fit(name: str, input: Tensor, shape: tuple[int, ...]) -> RuntimeError:
    return RuntimeError(
        f"{name}: shape '{list(shape)}' is invalid for input of size {input.array.size} (shape {tuple(input.shape)}): "
        "the product of the sizes must be the number of elements; one of them may be -1"
    )


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """view in the shape of other."""
    return view(input, other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """reshape to the shape of other."""
    return reshape(input, other.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the dimensions from start_dim to end_dim into one.

    >>> flatten(zeros(2, 3, 4), 1).shape
    Size([2, 12])
    """
    shape = input.array.shape
    first, last = one_dim("flatten", start_dim, len(shape)), one_dim("flatten", end_dim, len(shape))
    if first > last:
        raise RuntimeError(f"flatten: start_dim {start_dim} must not come after end_dim {end_dim}")
    if first == last and shape:
        return input
    joined = int(np.prod(shape[first : last + 1], dtype=np.int64))
    return _reshape(input, (*shape[:first], joined, *shape[last + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """One dimension: a view if the memory is contiguous, else a copy."""
    return view(contiguous(input), -1)


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split one dimension into several.

    >>> unflatten(zeros(2, 12), 1, (3, -1)).shape
    Size([2, 3, 4])
    """
    at = one_dim("unflatten", dim, input.array.ndim)
    if not isinstance(sizes, tuple | list):
        raise TypeError(f"unflatten(): sizes must be a tuple of ints, not {type(sizes).__name__}")
    shape = input.array.shape
    known = math.prod(size for size in sizes if size != -1)
    parts = tuple(shape[at] // known if size == -1 and known else size for size in sizes)
    if not sizes or list(sizes).count(-1) > 1 or min(parts) < 0 or math.prod(parts) != shape[at]:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {at} ({shape[at]}) of {shape}; "
            "one of them may be -1"
        )
    return reshape(input, (*shape[:at], *parts, *shape[at + 1 :]))


@primitive(views=True,
           input=lambda g, input_shape: g.reshape(input_shape))
def _unsqueeze(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    return input.reshape(shape)


@numpy_names
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Insert a dimension of size 1 before dim.

    >>> unsqueeze(zeros(3), 0).shape
    Size([1, 3])
    """
    shape = input.array.shape
    at = one_dim("unsqueeze", dim, len(shape) + 1)
    return _unsqueeze(input, (*shape[:at], 1, *shape[at:]))


@primitive(views=True,
           input=lambda g, input_shape: g.reshape(input_shape))
def _squeeze(input: TensorLike, shape: tuple[int, ...]) -> Tensor:
    return input.reshape(shape)


@numpy_names
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Remove the dimensions of size 1: all, or those named if they have size 1.

    >>> squeeze(zeros(1, 3, 1)).shape, squeeze(zeros(1, 3, 1), 0).shape
    (Size([3]), Size([3, 1]))
    """
    shape = input.array.shape
    dims = some_dims("squeeze", dim, len(shape))
    return _squeeze(input, tuple(n for i, n in enumerate(shape) if n != 1 or (dims is not None and i not in dims)))


# ---------------------------------------------------------------- dimensions in another order


@primitive(views=True,
           input=lambda g, dims: np.transpose(g, tuple(np.argsort(dims))))
def _permute(input: TensorLike, dims: tuple[int, ...]) -> Tensor:
    return input.transpose(dims)


def permute(input: Tensor, *each: Any, dims: Any = None) -> Tensor:
    """The dimensions in the given order.

    >>> permute(zeros(2, 3, 4), 2, 0, 1).shape
    Size([4, 2, 3])
    """
    given = sizes("permute", each, dims)
    ndim = input.array.ndim
    order = tuple(one_dim("permute", d, ndim) for d in given)
    if sorted(order) != list(range(ndim)):
        raise RuntimeError(f"permute: dims {given} must name each of the {ndim} dimensions once")
    return _permute(input, order)


@primitive(views=True,
           input=lambda g, dim0, dim1: np.swapaxes(g, dim0, dim1))
def _transpose(input: TensorLike, dim0: int, dim1: int) -> Tensor:
    return input.swapaxes(dim0, dim1)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions.

    >>> transpose(zeros(2, 3), 0, 1).shape
    Size([3, 2])
    """
    ndim = input.array.ndim
    first, second = one_dim("transpose", dim0, ndim), one_dim("transpose", dim1, ndim)
    return _transpose(input, first, second) if ndim else _reshape(input, ())


swapaxes = swapdims = transpose


@primitive(views=True, shows="{input}^T",
           input=lambda g: g.T)
def _t(input: TensorLike) -> Tensor:
    return input.T


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or number stays as it is."""
    if input.array.ndim > 2:
        raise RuntimeError(f"t: expects a tensor with <= 2 dimensions, but got shape {tuple(input.shape)}; use .mT")
    return _t(input)


def matrix_transpose(input: Tensor) -> Tensor:
    """The last two dimensions exchanged: ``x.mT``."""
    if input.array.ndim < 2:
        raise RuntimeError(f"mT: expects at least 2 dimensions, but got shape {tuple(input.shape)}")
    return _transpose(input, input.array.ndim - 2, input.array.ndim - 1)


def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions exchanged, and complex numbers conjugated: ``x.mH``. A number stays as it is.

    >>> adjoint(tensor([[1., 2.]]))
    tensor([[1.],
            [2.]])
    """
    if input.array.dtype.kind == "c":
        input = wrap(input.array.conj())
    return matrix_transpose(input) if input.array.ndim else input


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places, the rest keeping their order.

    >>> movedim(zeros(2, 3, 4), 0, -1).shape
    Size([3, 4, 2])
    """
    ndim = input.array.ndim
    origin = [source] if isinstance(source, int) else list(source)
    target = [destination] if isinstance(destination, int) else list(destination)
    origin = [one_dim("movedim", d, ndim) for d in origin]
    target = [one_dim("movedim", d, ndim) for d in target]
    if len(set(origin)) != len(origin) or len(set(target)) != len(target) or len(origin) != len(target):
        raise RuntimeError(f"movedim: source {source} and destination {destination} must name as many distinct dims")
    order = [d for d in range(ndim) if d not in origin]
    for place, d in sorted(zip(target, origin, strict=True)):
        order.insert(place, d)
    return _permute(input, tuple(order) if ndim else ())


moveaxis = movedim


@primitive(np.flip,
           input=lambda g, dims: np.flip(g, dims))
def _flip(input: TensorLike, dims: tuple[int, ...]) -> Tensor:
    return np.flip(input, dims).copy()


def flip(input: Tensor, *each: Any, dims: Any = None) -> Tensor:
    """The order of the elements reversed along dims (a copy, as in PyTorch).

    >>> flip(tensor([1, 2, 3]), 0)
    tensor([3, 2, 1])
    """
    return _flip(input, some_dims("flip", sizes("flip", each, dims), input.array.ndim) or ())


@primitive(fresh=True,
           input=lambda g, shifts, dims: np.roll(g, tuple(-shift for shift in shifts), dims))
def _roll(input: TensorLike, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Tensor:
    return np.roll(input, shifts, dims)


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved along dims, those that fall off the end coming in at the start.

    >>> roll(tensor([1, 2, 3]), 1, 0)
    tensor([3, 1, 2])
    """
    if dims is None:
        return _reshape(roll(flatten(input), shifts, 0), input.array.shape)
    by = sizes("roll", (shifts,))
    along = sizes("roll", (dims,))
    if not input.array.ndim:
        raise IndexError(f"roll: a 0-d tensor has no dimension {dims}")
    if len(by) != len(along):
        raise RuntimeError(f"roll: shifts {shifts} and dims {dims} must have the same length")
    return _roll(input, by, tuple(one_dim("roll", d, input.array.ndim) for d in along))


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """A copy turned k times by 90 degrees in the plane of two dims, from the first towards the second.

    >>> rot90(tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    turns = sizes("rot90", (k,))[0] % 4
    plane = sizes("rot90", (tuple(dims),))
    if len(plane) != 2 or input.array.ndim < 2:
        raise RuntimeError(f"rot90: expects two dims, got {plane}, and 2 dimensions or more, got shape {tuple(input.shape)}")
    first, second = [one_dim("rot90", dim, input.array.ndim) for dim in plane]
    if first == second:
        raise RuntimeError(f"rot90: the dims must differ, but {plane} are the same")
    if turns == 0:
        return input.clone()
    if turns == 2:
        return flip(input, first, second)
    return transpose(flip(input, second), first, second) if turns == 1 else flip(transpose(input, first, second), second)


def fliplr(input: Tensor) -> Tensor:
    """The columns in reverse order (a copy).

    >>> fliplr(tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    if input.array.ndim < 2:
        raise RuntimeError(f"fliplr: expects at least 2 dimensions, got shape {tuple(input.shape)}; use flip(0)")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """The rows in reverse order (a copy).

    >>> flipud(tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    if not input.array.ndim:
        raise RuntimeError("flipud: a 0-d tensor has no rows")
    return flip(input, 0)


def contiguous(input: Tensor, memory_format: Format = contiguous_format) -> Tensor:
    """The tensor in row-major memory: itself, or a copy. (Every `memory_format` means this one.)"""
    check_format("contiguous", memory_format)
    return input if settle(input) else input.clone(memory_format=contiguous_format)


# ---------------------------------------------------------------- at least so many dimensions


def _for_each(name: str, tensors: tuple[Any, ...], ndim: int, grown: Callable[[Tensor], Tensor]) -> Any:
    listed = len(tensors) == 1 and isinstance(tensors[0], tuple | list)
    each = tuple(tensors[0]) if listed else tensors
    for x in each:
        if not hasattr(x, "array"):
            raise TypeError(f"{name}(): expected Tensors, got {type(x).__name__}")
    answers = tuple(x if x.array.ndim >= ndim else grown(x) for x in each)
    return answers if listed or len(answers) != 1 else answers[0]


def atleast_1d(*tensors: Any) -> Any:
    """A view with one dimension of a 0-d tensor, others as they are; of several tensors (or a list), a tuple.

    >>> atleast_1d(tensor(1))
    tensor([1])
    """
    return _for_each("atleast_1d", tensors, 1, lambda x: _reshape(x, (1,)))


def atleast_2d(*tensors: Any) -> Any:
    """As `atleast_1d`, with two dimensions: a vector becomes a row.

    >>> atleast_2d(tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _for_each("atleast_2d", tensors, 2, lambda x: _reshape(x, (1, x.array.size)))


def atleast_3d(*tensors: Any) -> Any:
    """As `atleast_1d`, with three dimensions: (n,) becomes (1, n, 1), and (m, n) becomes (m, n, 1).

    >>> atleast_3d(zeros(2)).shape
    Size([1, 2, 1])
    """
    return _for_each(
        "atleast_3d", tensors, 3,
        lambda x: unsqueeze(x, -1) if x.array.ndim == 2 else _reshape(x, (1, x.array.size, 1)),
    )
