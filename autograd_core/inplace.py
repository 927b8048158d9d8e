"""In-place operations with PyTorch's semantics.

`x.op_(…)` computes as the operation does, writes the result into x's memory, and gives x the result's
history. Writing bumps the version counter of the memory, so a graph that still needs the old value raises.
All tensors that share the memory as views get a new history at once: the base becomes "itself, with this
region replaced", and each view the matching region of the new base.
"""

from __future__ import annotations

import math
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .arrays.dtypes import can_cast
from .arrays.keys import bad_key
from .arrays.strides import address, positions
from .graph import Leaf, node_number
from .memory import overlaps
from .modes import PACK, enable_grad, is_grad_enabled, mode
from .ops.index import _slice, as_element, getitem, index_assign
from .primitive import Operation, TensorLike, dead_end, either, let_go, primitive, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from .memory import Memory
    from .tensor import Tensor

F = TypeVar("F", bound="Callable[..., Any]")


def in_place(function: F, name: str | None = None) -> F:
    """The in-place form of an operation on its first argument: ``exp_ = in_place(exp)``."""
    shown = name or function.__name__.strip("_") + "_"

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            check_writable(self, shown)
        except AttributeError:
            raise TypeError(f"{shown}(): expected a Tensor to write to, got {type(self).__name__}") from None
        if not is_grad_enabled():
            return replace(self, function(self, *args, **kwargs), shown)
        start = node_number()
        # A pack hook takes what it is given at once: not what is about to be overwritten.
        before = wrap(self.array.copy() if mode() & PACK else self.array.view(), self._edge)
        result = function(before, *args, **kwargs)
        _keep_value(before, result._edge, start)
        return replace(self, result, shown)

    update_wrapper(method, function)
    method.__name__ = method.__qualname__ = shown
    method.__doc__ = f"In-place version of `{shown[:-1]}`."
    return method  # type: ignore[return-value]  # the signature of the operation


def becoming(function: F) -> F:
    """The in-place form of an operation that gives a view, whose shape the tensor takes: ``t_ = becoming(t)``.

    No element is written, but the version is bumped, as in PyTorch. Views of the tensor come from what it has become, unless
    that may have lost elements of theirs (as_strided_).
    """
    shown = function.__name__ + "_"

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_grad_enabled() and self._edge is not None:
            check_history(self, shown)
        let_go(self._memory)
        with enable_grad():  # under no_grad, too, a computed tensor needs a history that fits its shape
            out = function(self, *args, **kwargs)
        if isinstance(self._edge, Leaf):
            self._edge.take_shape(out.array)
        else:
            _take_edge(self, out._edge)
        self.array, self._memory = out.array, out._memory
        self._memory.written()
        self._memory.root.stays = True  # this layout is the user's own
        computed = self._edge is not None and not isinstance(self._edge, Leaf)
        if computed and self._base is None and shown != "as_strided_":
            _rejoin_views(self)
        return self

    update_wrapper(method, function)
    method.__name__ = method.__qualname__ = shown
    method.__doc__ = f"`{function.__name__}` of the tensor itself: it takes that shape, and keeps its memory."
    return method  # type: ignore[return-value]  # the signature of the operation


def _keep_value(before: Tensor, edge: Any, start: int) -> None:
    """Where the nodes of an in-place call (newer than `start`) keep the value that is about to be overwritten,
    they get a copy. Other operands in the same memory get none: ``a *= a`` raises in the sweep, as in PyTorch."""
    array, memory, copy = before.array, before._memory, None
    new = [edge]
    while new:
        node = new.pop()
        if node is None or node.number >= start:  # older: numbers decrease
            continue
        new.extend(node.parents)
        if memory in node.memories:
            copy = array.copy() if copy is None else copy
            node.saved = tuple(tuple(copy if value is array else value for value in values) for values in node.saved)
            if any(
                isinstance(value, np.ndarray) and np.may_share_memory(value, array)
                for values in node.saved
                for value in values
            ):
                memory.written()  # a view of it was kept: the sweep shall raise


def check_history(tensor: Tensor, name: str) -> None:
    """Raise where PyTorch forbids an in-place operation for what the tensor comes from: leaves that require grad, and
    views of them, or of several results."""
    base = tensor._base
    if is_grad_enabled():
        if isinstance(tensor._edge, Leaf):
            raise RuntimeError(
                f"{name}: a leaf Variable that requires grad is being used in an in-place operation. Write to it "
                f"inside `with ag.no_grad():`, or use the form without the underscore ({name.rstrip('_')})."
            )
        if base is not None and (isinstance(base._edge, Leaf) or (base._edge is None and tensor._edge is not None)):
            raise RuntimeError(
                f"{name}: a view of a leaf Variable that requires grad is being used in an in-place operation. "
                "Write to it inside `with ag.no_grad():`."
            )
        if base is not None and tensor._one_of_several and (tensor._edge is not None or base._edge is not None):
            raise RuntimeError(
                f"{name}: this tensor is one of several views that one function (split, chunk, unbind) returned; "
                "such a view must not be modified in place. Use .clone() first, or narrow() / indexing for the view."
            )
        if base is not None and base._edge is not None and tensor._edge is None:
            raise RuntimeError(
                f"{name}: a view that was created in no_grad mode is being modified in place with grad mode enabled, "
                "which is ambiguous. Move both the view and the in-place operation inside no_grad(), or both outside."
            )
        if (hasattr(tensor, "_of_function") or hasattr(base, "_of_function")) and tensor._edge is not None:
            raise RuntimeError(
                f"{name}: this tensor is an input, or a view of one, that a Function returned as its result; writing to it "
                "would bypass the Function's backward. Return x.clone() from forward, or write to a clone()."
            )


def check_writable(tensor: Tensor, name: str, *, overlapping: bool = False) -> None:
    """Raise where PyTorch forbids writing: see `check_history`; and to memory that overlaps (unless one value is written
    to all of it)."""
    check_history(tensor, name)
    if overlaps(tensor.array) and not (overlapping and tensor.array.flags.writeable):
        raise RuntimeError(
            f"{name}: unsupported operation: more than one element of the written-to tensor refers to a single memory "
            "location (or its memory is read-only). Please clone() the tensor before performing the operation."
        )
    let_go(tensor._memory)


def replace(tensor: Tensor, result: Tensor, name: str) -> Tensor:
    """Write a result into a tensor's memory and give the tensor its history."""
    new, old = result.array, tensor.array
    if new.shape != old.shape:
        raise RuntimeError(
            f"{name}: output with shape {tuple(old.shape)} doesn't match the broadcast shape {tuple(new.shape)}; "
            f"use the form without the underscore ({name.rstrip('_')})"
        )
    if not can_cast(new.dtype, old.dtype):
        raise RuntimeError(
            f"{name}: result type {new.dtype} can't be cast to the desired output type {old.dtype}; "
            f"convert the tensor first, or use the form without the underscore ({name.rstrip('_')})"
        )
    np.copyto(old, new, casting="unsafe")
    tensor._memory.written()
    if is_grad_enabled() and old.dtype.kind in "fc":  # integers have no gradient
        edge = result._edge
        if edge is not None and new.dtype != old.dtype:
            edge = wrap(new, edge).to(old.dtype)._edge
        rewrite_history(tensor, edge)
    return tensor


def rewrite_history(tensor: Tensor, edge: Any) -> None:
    """The tensor now comes from `edge`; so, in part, do its base and every view of it."""
    base = tensor._base
    base = tensor if base is None else base
    _close_results(tensor._memory, base)
    if all(view._base is not base for view in tensor._memory.viewers()):
        _take_edge(tensor, edge)
        return
    if edge is None and base._edge is None:
        return
    if base is tensor:
        _take_edge(base, edge)
    else:
        flat = wrap(base.array, base._edge).reshape(-1)
        region = wrap(tensor.array, edge)
        _take_edge(base, index_assign(flat, (_positions(tensor, base),), region).reshape(base.array.shape)._edge)
    _rejoin_views(base)


def _rejoin_views(base: Tensor) -> None:
    """Every view of the base comes from what the base now comes from."""
    views = [view for view in base._memory.viewers() if view._base is base]
    if views:
        flat = wrap(base.array, base._edge).reshape(-1)
        for view in views:
            _take_edge(
                view, _slice(flat, (_positions(view, base),))._edge
            )  # which saves nothing that could be released


def _close_results(memory: Memory, base: Tensor) -> None:
    """Results of Functions that share the memory now hold other values than the Function has differentiated: make
    their history, and that of their views, one that raises."""
    for result in memory.viewers():
        if getattr(result, "_of_function", None) is base:
            _close_results(memory, result)
            for each in memory.viewers():
                if each._edge is not None and (each is result or each._base is result):
                    each._edge = dead_end(_CLOSED, each.array, each._edge)


def _raise_closed(g: Any) -> Any:
    raise RuntimeError(
        "a Function returned an input, or a view of one, as its result, and that memory was then modified by an "
        "inplace operation: the Function's backward does not know the new values. Return x.clone() from forward."
    )


_CLOSED = Operation("overwritten_result", lambda input: input, (_raise_closed,), ((),), ("input",))


def _take_edge(tensor: Tensor, edge: Any) -> None:
    before = tensor._edge
    tensor._edge = edge
    if before is not None and before.retains_grad and edge is not None:
        edge.retains_grad = edge.watched = True
        edge.grad = before.grad


def _positions(view: Tensor, base: Tensor) -> np.ndarray[Any, Any]:
    """For each element of the view, its position in the flattened base."""
    part, whole = view.array, base.array
    places = positions(part.shape, part.strides, address(part) - address(whole), whole.shape, whole.strides)
    if part.dtype != whole.dtype or (places == whole.size).any():
        raise RuntimeError(
            f"an in-place operation on memory that a tensor of shape {tuple(view.shape)} shares with one of shape "
            f"{tuple(base.shape)}, of which it is no view any more (as_strided_ has changed one of them): their common "
            "history cannot be kept. Use .clone() first."
        )
    return places


# ---------------------------------------------------------------- assignment, filling


@primitive(
    broadcasts=True,
    torch="CopySlices",
    input=lambda g, key: either(index_assign)(g, key, np.zeros((), g.dtype)),
    value=lambda g, key: g[key],
)
def _assign(input: TensorLike, value: TensorLike, key: Any) -> Tensor:
    """Writes into its input: `assign` takes the history and forgets the result."""
    input[key] = value
    return input


def _without_leading_ones(value: Any) -> Any:
    """What is assigned may have more dimensions than its region, if of size 1; broadcasting adds what is needed."""
    shape = value.shape
    ones = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    return value.reshape(shape[ones:]) if ones else value


def assign(tensor: Tensor, key: Any, value: Any) -> None:
    """tensor[key] = value, with a converted key; the value's gradient is the assigned region's."""
    target, edge = tensor.array, getattr(value, "_edge", None)
    if overlaps(target) and not any(isinstance(part, np.ndarray) for part in key):
        region = getitem(tensor, key)  # of an expanded tensor; by itself it may not overlap
        source = value if hasattr(value, "array") else wrap(np.asarray(value, target.dtype))
        copy_(region, _without_leading_ones(source))
        return
    check_writable(tensor, "tensor[…] = value")
    source = getattr(value, "array", value)
    if source.__class__ is not np.ndarray or source.dtype != target.dtype:
        picked = [part for part in key if isinstance(part, np.ndarray)]
        if hasattr(value, "array") and picked and not (source.size == 1 and picked[0].dtype == bool):
            raise RuntimeError(
                "tensor[indices] = value: Index put requires the source and destination dtypes match, got "
                f"{target.dtype} for the destination and {source.dtype} for the source; use value.to(...)"
            )
        with np.errstate(all="ignore"):
            if picked and hasattr(value, "array"):  # a mask is filled with a number, which must fit
                source = as_element("tensor[mask] = value", source.item(), target.dtype).reshape(source.shape)
            else:
                source = as_element("tensor[…] = value", source, target.dtype)
            if edge is not None:
                value = value.to(target.dtype)
    tracked = is_grad_enabled() and (tensor._edge is not None or edge is not None) and target.dtype.kind in "fc"
    try:
        if not source.size:
            np.broadcast_to(
                _without_leading_ones(source), target[key].shape
            )  # into an empty region NumPy writes anything
        if not tracked:
            target[key] = _without_leading_ones(source)
        else:
            edge = _assign(tensor, _without_leading_ones(wrap(source) if edge is None else value), key)._edge
    except IndexError as error:
        raise bad_key(target, error) from None
    except (ValueError, TypeError):
        raise RuntimeError(
            f"shape mismatch: a value of shape {tuple(source.shape)} cannot be broadcast to the indexed region of shape "
            f"{target[key].shape} (of a tensor of shape {target.shape})"
        ) from None
    tensor._memory.written()
    if tracked:
        rewrite_history(tensor, edge)


@primitive(fresh=True, input=lambda g: np.zeros_like(g))
def _fill(input: TensorLike, value: Any) -> Tensor:
    return np.full_like(input, value)


@primitive(broadcasts=True, torch="CopyBackwards", input=lambda g: np.zeros_like(g), source=lambda g: g)
def _copy_from(input: TensorLike, source: TensorLike) -> Tensor:
    copied: Any = np.broadcast_to(source, input.shape).astype(input.dtype)
    return copied


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to a number (or the value of a 0-d tensor)."""
    if hasattr(value, "array"):
        check_writable(self, "fill_")
        if value.array.ndim:
            raise RuntimeError(
                f"fill_: only supports 0-dimension value tensor but got tensor with {value.array.ndim} dimensions; use copy_"
            )
        return replace(self, _copy_from(self, value), "fill_")
    if not isinstance(value, int | float | complex | np.generic):
        raise TypeError(f"fill_(): value must be a number or a 0-d Tensor, not {type(value).__name__}")
    check_writable(self, "fill_", overlapping=True)
    return replace(self, _fill(self, as_element("fill_", value, self.array.dtype)), "fill_")


def overwritten(tensor: Tensor) -> None:
    """All of a tensor's array has been set to constants: bump the version, and let no gradient pass."""
    tensor._memory.written()
    if is_grad_enabled() and tensor._edge is not None:
        rewrite_history(tensor, _fill(tensor, 0)._edge)


def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    check_writable(self, "zero_", overlapping=True)
    return replace(self, _fill(self, 0), "zero_")


def copy_(self: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Copy the elements of src, broadcast and converted, into self; src gets the gradient."""
    check_writable(self, "copy_", overlapping=src is self)
    if src is self:
        if self._edge is None:
            self._memory.written()
            return self
        src = wrap(self.array, self._edge)  # what it was, which gets the gradient
    try:
        return replace(self, _copy_from(self, src), "copy_")
    except ValueError:
        raise RuntimeError(
            f"copy_: a source of shape {tuple(src.shape)} does not broadcast to {tuple(self.shape)}"
        ) from None


def _filled_diagonal(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """The main diagonal set to a number. wrap: in a tall matrix it begins anew, below a row that it leaves out."""
    shape = self.array.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise RuntimeError(f"fill_diagonal_: expects a matrix, or 3 or more dimensions of one size, got shape {shape}")
    step = sum(math.prod(shape[i + 1 :]) for i in range(len(shape)))
    stop = None if wrap and len(shape) == 2 else min(shape) * step
    value = fill_value.item() if hasattr(fill_value, "array") else fill_value
    return index_assign(self.reshape(-1), (slice(None, stop, step),), value).reshape(shape)


fill_diagonal_ = in_place(_filled_diagonal, "fill_diagonal_")
