"""`Function`: an operation whose derivative the user writes, as in PyTorch.

https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.Function
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import Node, Part, node_number
from .inplace import check_writable, rewrite_history
from .modes import MAPPING, NOTE, mode, no_grad
from .primitive import Operation, note, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Context:
    """What `forward` leaves for `backward` (PyTorch's ctx): any attributes, and the saved tensors.

    It refers to nothing that refers to it: the saved arrays belong to the node, which lends them for a call.
    """

    def __init__(self) -> None:
        self.needs_input_grad: tuple[bool, ...] = ()
        self._to_save: tuple[Any, ...] = ()
        self._lent: tuple[Any, ...] = ()
        self._non_differentiable: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs for backward, checked against in-place changes, differentiable again."""
        for tensor in tensors:
            if tensor is not None and not hasattr(tensor, "_edge"):
                raise TypeError(
                    f"save_for_backward can only save Tensors, not {type(tensor).__name__}; keep others as attributes of ctx"
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """For `jvp`, which is never called: without effect."""

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors given to save_for_backward; inside backward."""
        return self._lent

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Outputs that shall not require grad."""
        self._non_differentiable = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Inputs that forward has modified in place and returns."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward receives zeros (True) or None for outputs that were not used."""
        self._materialize = value


class Function:
    """Base class of user-defined operations: static methods forward(ctx, *args) and backward(ctx, *grads).

    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x ** 3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x ** 2 * g
    >>> x = tensor(2., requires_grad=True)
    >>> Cube.apply(x).backward(); x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result. With a separate `setup_context(ctx, inputs, output)`, forward takes no ctx."""
        raise NotImplementedError("Function: define the static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients with respect to each argument of forward; None for those without."""
        raise NotImplementedError("Function: define the static method backward(ctx, *grad_outputs)")

    vjp = backward  # its other name

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Fill ctx, where forward takes none."""
        raise NotImplementedError("setup_context is not implemented")

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Never called: here forward mode is the derivative of backward."""
        raise NotImplementedError(
            "Function: jvp is not used; forward mode differentiates backward. Define backward, of differentiable operations"
        )

    generate_vmap_rule = False  # `vmap` needs no rule: it calls the function for each slice

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """Never called: a rule of one's own is declined."""
        raise NotImplementedError("Function: vmap is not used; `func.vmap` calls the function for each slice")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Declined: a Function is called by its class."""
        raise RuntimeError(f"a Function is not instantiated and called; write {type(self).__name__}.apply(...)")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the function; records one node if an argument requires grad."""
        sets_up = cls.setup_context is not Function.setup_context
        if sets_up or kwargs:
            args = _by_position(cls.forward, args if sets_up else (None, *args), kwargs, sets_up)[not sets_up :]
        if mode() & MAPPING and cls.vmap is not Function.vmap:
            raise NotImplementedError(
                f"{cls.__name__}: its own vmap rule would not be called, since vmap calls the function for each slice; leave "
                "it out"
            )
        ctx = Context()
        edges = [getattr(arg, "_edge", None) for arg in args]
        ctx.needs_input_grad = tuple(edge is not None for edge in edges)
        inputs = tuple(arg for arg in args if hasattr(arg, "_edge"))
        with no_grad():
            if sets_up:
                returned = cls.forward(*args)
                cls.setup_context(ctx, args, returned)
            else:
                returned = cls.forward(ctx, *args)
        single = not isinstance(returned, tuple | list)
        outputs = (returned,) if single else tuple(returned)
        if not all(_among(tensor, outputs) for tensor in ctx._dirty):
            raise RuntimeError(
                f"{cls.__name__}: some elements marked as dirty during the forward method were not returned as output. "
                "The inputs that are modified inplace must all be outputs of the Function."
            )
        for tensor in ctx._dirty:
            tensor._memory.written()
        differentiates = bool(mode() & 1) and any(ctx.needs_input_grad)
        results: list[Any] = list(outputs)
        if differentiates:
            for tensor in ctx._dirty:
                check_writable(tensor, f"{cls.__name__} (mark_dirty)")
            results = _recorded(cls, ctx, args, edges, inputs, outputs)
        return results[0] if single else tuple(results)


def _by_position(
    forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], defaults: bool
) -> tuple[Any, ...]:
    """The arguments by position, since gradients are matched by it; with the defaults of those left out if asked."""
    code = getattr(forward, "__code__", None)
    if code is not None and not kwargs and len(args) == code.co_argcount and not code.co_kwonlyargcount:
        return args
    from inspect import signature

    bound = signature(forward).bind(*args, **kwargs)
    if defaults:
        bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(
            f"the forward of a Function takes {', '.join(bound.kwargs)} by position only, after all arguments before it"
        )
    return bound.args


def _among(tensor: Any, others: Sequence[Any]) -> bool:
    return any(tensor is other for other in others)


def _recorded(
    cls: type[Function],
    ctx: Context,
    args: Sequence[Any],
    edges: list[Any],
    inputs: tuple[Any, ...],
    outputs: tuple[Any, ...],
) -> list[Any]:
    """The outputs, joined to a new node."""
    node = Node()
    node.number, node.op = node_number(), _Custom(cls, ctx, args)
    node.parents = tuple(edges)
    differentiable = [
        i
        for i, out in enumerate(outputs)
        if hasattr(out, "_edge") and out.array.dtype.kind == "f" and not _among(out, ctx._non_differentiable)
    ]
    # Of a whole, the shape and dtype of each result, for zeros in place of a gradient; no dtype: no tensor.
    node.shape = [(out.array.shape, out.array.dtype) if hasattr(out, "_edge") else ((), None) for out in outputs]
    node.watched = True  # its gradients come as a bundle
    kept: list[tuple[Any, Any, Any]] = []
    memories = []
    for tensor in ctx._to_save:
        if tensor is None:
            kept.append((None, None, None))
            continue
        place = next((i for i in differentiable if outputs[i] is tensor), None)
        if place is not None and (not _among(tensor, inputs) or _among(tensor, ctx._dirty)):
            kept.append((tensor.array, place, tensor._memory))
        else:
            kept.append((tensor.array, tensor._edge, tensor._memory))
        memories.append(tensor._memory)
    results = list(outputs)
    for i in differentiable:
        out = outputs[i]
        part = wrap(out.array, Part(node, i, out.array))
        if _among(out, ctx._dirty):
            rewrite_history(out, part._edge)
        else:  # an input returned as it is becomes a new tensor
            results[i] = part
            _share_memory(part, out, inputs)
    for i, out in enumerate(outputs):
        if _among(out, ctx._non_differentiable) and _among(out, inputs):
            results[i] = out.detach()
    node.saved, node.memories = (tuple(kept),), tuple(memories)
    node.versions = sum(memory.version for memory in memories)
    if mode() & NOTE:
        note(node, outputs, tuple(getattr(arg, "array", arg) for arg in args), {})
    return results


def _share_memory(result: Any, out: Any, inputs: Sequence[Any]) -> None:
    """Where forward returned an input or a view of one, writing to either is declined: see `inplace`."""
    result._memory = out._memory
    source = next((tensor for tensor in inputs if tensor._memory.root is out._memory.root), None)
    if source is not None:
        result._of_function = source if source._base is None else source._base
        result._memory = source._memory.viewed(result)


class _Custom(Operation):
    """The operation behind one call of a Function."""

    def __init__(self, cls: type[Function], ctx: Context, args: Sequence[Any]) -> None:
        super().__init__(cls.__name__, lambda *_: None, (), (), ())
        self.backward_name = f"{cls.__name__}Backward"
        self.several = self.broadcasts = True
        self.materializes = ctx._materialize
        self.cls, self.ctx = cls, ctx
        self.shapes = [arg.array.shape if getattr(arg, "_edge", None) is not None else None for arg in args]
        self.tensors = {i for i, arg in enumerate(args) if hasattr(arg, "_edge")}
        self.formulas = None

    def pull(self, g: Any, parents: Any, saved: Any) -> Sequence[Any]:
        tensors = [None if each is None else wrap(np.asarray(each)) for each in g]
        lent = tuple(
            None if array is None else wrap(array, None if isinstance(edge, int) else edge, memory)
            for array, edge, memory in saved[0]
        )
        return [None if share is None else share.array for share in self._call(tensors, lent)]

    def pull_tensors(self, g: Any, parents: Sequence[Node | None], node: Node, saved: Any) -> Sequence[Any]:
        tensors = [wrap(each) if isinstance(each, np.ndarray) else each for each in g]
        lent = tuple(
            None if array is None else wrap(array, Part(node, edge, array) if isinstance(edge, int) else edge, memory)
            for array, edge, memory in saved[0]
        )
        return self._call(tensors, lent)

    def _backward(self) -> Callable[..., Any]:
        backward, vjp = self.cls.backward, self.cls.vjp
        if backward is not Function.backward and vjp is not Function.vjp:
            raise RuntimeError(f"{self.cls.__name__}: implement backward or vjp, its other name, not both")
        return backward if vjp is Function.vjp else vjp

    def _call(self, tensors: Sequence[Any], lent: tuple[Any, ...]) -> Sequence[Any]:
        self.ctx._lent = lent
        try:
            answer = self._backward()(self.ctx, *tensors)
        finally:
            self.ctx._lent = ()
        shares = list(answer) if isinstance(answer, tuple | list) else [answer]
        while len(shares) > len(self.shapes) and shares[-1] is None:
            shares.pop()
        name, expected = self.backward_name, len(self.shapes)
        if len(shares) != expected:
            raise RuntimeError(
                f"function {name} returned an incorrect number of gradients (expected {expected}, got {len(shares)}): "
                "one for each argument of forward, None where there is none"
            )
        for i, (share, shape) in enumerate(zip(shares, self.shapes, strict=True)):
            if share is None:
                continue
            if i not in self.tensors:
                raise RuntimeError(
                    f"function {name} returned a gradient different from None at position {i + 1}, but the corresponding "
                    "forward input was not a Tensor"
                )
            if shape is None:
                continue
            if not hasattr(share, "_edge"):
                raise TypeError(f"function {name}: gradient {i} is not a Tensor but {type(share).__name__}")
            if share.array.shape != shape and not _expands(share.array.shape, shape):
                raise RuntimeError(
                    f"function {name} returned an invalid gradient at index {i} - got {list(share.array.shape)} but "
                    f"expected shape compatible with {list(shape)}"
                )
        return shares


def _expands(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether a gradient of this shape can be summed to the target's shape."""
    try:
        return np.broadcast_shapes(shape, target) == shape
    except ValueError:
        return False


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a `Function.backward` that cannot be differentiated again: doing so raises."""

    @wraps(backward)
    def once(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            answer = backward(ctx, *grads)
        if not mode() & 1 or not any(getattr(g, "requires_grad", False) for g in grads):
            return answer
        shares = answer if isinstance(answer, tuple | list) else (answer,)
        blocked = [None if share is None else _Blocked.apply(share, *grads) for share in shares]
        return tuple(blocked) if isinstance(answer, tuple | list) else blocked[0]

    return once


class _Blocked(Function):
    @staticmethod
    def forward(ctx: Any, share: Any, *grads: Any) -> Any:
        return share.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
