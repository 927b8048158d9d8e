"""Reading PyTorch's flexible `dim` and `size` arguments, with its errors."""

from __future__ import annotations

from functools import wraps
from operator import index
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Self

__all__ = [
    "Dims",
    "Size",
    "broadcast_shapes",
    "common_shape",
    "kept_shape",
    "numpy_names",
    "one_dim",
    "reduced_dims",
    "sizes",
    "some_dims",
]

F = TypeVar("F", bound="Callable[..., Any]")
Dims = Any  # None, an int, or a sequence of ints: negative ones count from the end


def numpy_names(function: F) -> F:
    """Let a function also be called with NumPy's names of its arguments: axis= for dim=, keepdims= for keepdim=."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            if "axis" in kwargs:
                kwargs["dim"] = kwargs.pop("axis")
            if "keepdims" in kwargs:
                kwargs["keepdim"] = kwargs.pop("keepdims")
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]  # the same, and two names more


def one_dim(name: str, dim: Any, ndim: int) -> int:
    """A dimension as a number in [0, ndim); a 0-d tensor accepts 0 and -1. IndexError if out of range.

    >>> one_dim("sum", -1, 3)
    2
    """
    try:
        found = index(dim)
    except TypeError:
        found = None
    if found is None or isinstance(dim, bool):
        raise TypeError(f"{name}(): dim must be an int, not {type(dim).__name__}")
    bound = max(ndim, 1)
    if not -bound <= found < bound:
        raise IndexError(
            f"{name}: Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {found}); "
            f"the tensor has {ndim} dimensions"
        )
    return found % bound


def some_dims(name: str, dim: Dims, ndim: int) -> tuple[int, ...] | None:
    """Several dimensions as sorted distinct numbers; None for all of them."""
    if dim is None:
        return None
    if not isinstance(dim, tuple | list):
        found = one_dim(name, dim, ndim)
        return (found,) if ndim else ()
    dims = [one_dim(name, d, ndim) for d in dim]
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"{name}: dim {dim} appears multiple times in the list of dims")
    return tuple(sorted(dims)) if ndim else ()


def reduced_dims(name: str, dim: Dims, ndim: int) -> tuple[int, ...] | None:
    """As `some_dims`, where an empty sequence means all dimensions, too.

    >>> reduced_dims("sum", (-1, 0), 3), reduced_dims("sum", (), 3)
    ((0, 2), None)
    """
    return some_dims(name, None if isinstance(dim, tuple | list) and not dim else dim, ndim)


def kept_shape(shape: Sequence[int], dims: tuple[int, ...] | None) -> tuple[int, ...]:
    """The shape after a reduction with keepdim=True."""
    if dims is None:
        return (1,) * len(shape)
    return tuple(1 if i in dims else size for i, size in enumerate(shape))


def sizes(name: str, size: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """A size given as ``f(2, 3)``, ``f((2, 3))``, or ``f(size=(2, 3))``.

    >>> sizes("reshape", (2, 3)), sizes("reshape", ([2, 3],)), sizes("reshape", (), (2, 3))
    ((2, 3), (2, 3), (2, 3))
    """
    if named is not None:
        if size:
            raise TypeError(f"{name}(): the sizes are given twice, {size} and {named}")
        size = (named,)
    if len(size) == 1 and isinstance(size[0], tuple | list):
        size = tuple(size[0])
    elif not size:
        raise TypeError(f"{name}(): the sizes are missing; for a 0-d tensor give ()")
    try:
        return tuple([index(n) for n in size])
    except TypeError:
        raise TypeError(f"{name}(): sizes must be ints, got {size!r}") from None


def common_shape(name: str, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which the named shapes broadcast. RuntimeError if they do not.

    >>> common_shape("where", input=(2, 1), other=(3,))
    (2, 3)
    """
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        shown = " and ".join(f"{argument} {shape}" for argument, shape in shapes.items())
        raise RuntimeError(
            f"{name}: {shown} do not broadcast: sizes must be equal or 1, counted from the last dimension"
        ) from None


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that prints as in PyTorch and knows its number of elements.

    >>> Size((2, 3)), Size((2, 3)).numel(), Size((2,)) + (3,)
    (Size([2, 3]), 6, Size([2, 3]))
    """

    __slots__ = ()

    def __new__(cls, sizes: Iterable[Any] = ()) -> Self:
        """Of ints, or what counts as one."""
        if sizes.__class__ is not tuple:
            sizes = tuple(sizes)
        try:
            return tuple.__new__(cls, [index(n) for n in sizes])
        except TypeError:
            raise TypeError(f"Size() takes an iterable of ints, got {sizes!r}") from None

    def numel(self) -> int:
        """The product of the sizes."""
        return int(np.prod(self, dtype=np.int64))

    def __repr__(self) -> str:
        return f"Size({list(self)})"

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return Size(found) if isinstance(key, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Size:
        return Size(tuple.__add__(other, self))

    def __mul__(self, times: Any) -> Size:
        return Size(tuple.__mul__(self, times))

    __rmul__ = __mul__


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which all of the shapes (tuples or ints) broadcast.

    >>> broadcast_shapes((2, 1), 3)
    Size([2, 3])
    """
    each = [Size((shape,) if isinstance(shape, int) else shape) for shape in shapes]
    if any(n < 0 for shape in each for n in shape):
        raise ValueError(f"broadcast_shapes: sizes must not be negative, got {shapes}")
    return Size(common_shape("broadcast_shapes", **{f"shape {i}": shape for i, shape in enumerate(each)}))
