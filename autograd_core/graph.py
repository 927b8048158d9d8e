"""The computation graph and the sweep that differentiates it.

A `Node` is one recorded operation. It knows its parents (the nodes whose results it read, or the `Leaf`
where a gradient ends), and the few arrays that its derivative formulas read. It never knows its own result,
so there are no reference cycles and a graph is freed as soon as nobody holds its output.

`sweep` is reverse-mode differentiation: nodes in decreasing order of creation, which is a topological
order, each multiplied by its local derivative once the contributions of all paths to it have been summed.
"""

from __future__ import annotations

from contextvars import ContextVar
from heapq import heappop, heappush
from itertools import count, repeat
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from .anomaly import origin
from .arrays.numerics import add_up
from .memory import Exported, overlaps
from .modes import ANOMALY, CHECK_NAN, mode, module_path
from .saving import unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .arrays.dtypes import DType
    from .memory import Memory
    from .primitive import Operation

node_number = count(0, -1).__next__  # newest first in the sweep's heap; one counter for all threads
leaf_number = count(1).__next__  # positive: leaves are no part of the order
_commit = Lock()  # two threads may reach the same leaf
# While a gradient's hooks run: (node, pending, needed, owned) of the sweep, for hooks on several gradients.
sweeping: ContextVar[tuple[Any, ...]] = ContextVar("sweeping")


# ---------------------------------------------------------------- nodes


class Node:
    """One recorded operation; what `Tensor.grad_fn` shows.

    Rarely used attributes are class attributes until somebody sets them, so that a node stays small.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "dtype",
        "memories",
        "number",
        "op",
        "parents",
        "saved",
        "shape",
        "versions",
    )

    number: int
    op: Operation
    parents: tuple[Node | None, ...]
    saved: tuple[tuple[Any, ...], ...] | None  # per parent, what its formula reads; None once released
    memories: tuple[Memory, ...]  # of the saved arrays
    versions: int  # sum of their versions when saved: they only grow, so an equal sum means unchanged
    shape: Any  # of the result, a tuple of ints; of several results, a list of (shape, dtype)
    dtype: DType

    watched: bool = False  # whether anything below is set: one test on the hot path
    hooks: dict[int, Callable[[Any], Any]] | None = None  # called with the summed gradient
    pre_hooks: dict[int, Callable[[Any], Any]] | None = None  # Node.register_prehook
    post_hooks: dict[int, Callable[[Any, Any], Any]] | None = None  # Node.register_hook
    retains_grad: bool = False
    label: str | None = None  # the name that was given to the tensor, for drawings
    asleep: bool = False  # a leaf whose tensor was told requires_grad_(False): it takes no gradient
    grad: Any = None  # a Tensor: of a leaf, or where retain_grad() asked for it
    record: Record | None = None  # see `record`
    packed: bool = False  # the saved arrays are with the hooks of `saved_tensors_hooks`
    trace: Any = None  # in anomaly mode, the stack of the call (a traceback.StackSummary)

    def name(self) -> str:
        """PyTorch's name of the backward function, such as ``MulBackward0``."""
        return self.op.backward_name

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The parents, each with the number of the result that was read, as in PyTorch."""
        return tuple(
            (parent.whole, parent.index) if isinstance(parent, Part) else (parent, 0) for parent in self.parents
        )

    def register_hook(self, hook: Callable[[Any, Any], Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node; a tuple it returns replaces grad_inputs."""
        if self.post_hooks is None:
            self.post_hooks = {}
        self.watched = True
        return RemovableHandle(self.post_hooks, hook)

    def register_prehook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before this node; a tuple it returns replaces grad_outputs."""
        if self.pre_hooks is None:
            self.pre_hooks = {}
        self.watched = True
        return RemovableHandle(self.pre_hooks, hook)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class Leaf(Node):
    """Where a gradient ends: it holds the `.grad` of a tensor that requires grad and was not computed.

    The tensor refers to its leaf, never the reverse (but weakly), so there is no cycle.
    """

    __slots__ = ()

    post_accumulate_hooks: dict[int, Callable[[Any], Any]] | None = None

    def __init__(self, tensor: Any) -> None:
        self.number = leaf_number()
        self.parents = ()
        self.tensor = ref(tensor)
        self.take_shape(tensor.array)

    def take_shape(self, array: np.ndarray[Any, Any]) -> None:
        """Expect gradients of this array's shape and dtype from now on (`tensor.data = …`)."""
        self.shape, self.dtype = array.shape, array.dtype

    @property
    def variable(self) -> Any:
        """The tensor, or None if it is gone."""
        return self.tensor()

    def name(self) -> str:
        """PyTorch's name."""
        return "AccumulateGrad"


class Part(Node):
    """One result of an operation with several: it puts its gradient at its place in the whole's list."""

    __slots__ = ()

    watched = True  # the sweep takes the scenic route for it

    def __init__(self, whole: Node, index: int, array: np.ndarray[Any, Any]) -> None:
        self.number = node_number()
        self.op = whole.op
        self.parents = (whole,)
        self.saved, self.memories, self.versions = (), (), 0
        self.shape, self.dtype = array.shape, array.dtype
        self.index = index

    @property
    def whole(self) -> Node:
        """The node of the operation."""
        parent = self.parents[0]
        assert parent is not None
        return parent

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The parents of the whole."""
        return self.whole.next_functions

    def register_hook(self, hook: Callable[[Any, Any], Any]) -> RemovableHandle:
        """On the whole: with the gradients of all results."""
        return self.whole.register_hook(hook)

    def register_prehook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """On the whole: with the gradients of all results."""
        return self.whole.register_prehook(hook)


class RemovableHandle:
    """Adds a hook, the last or the first to be called, and removes it again; also a context manager."""

    _next = count().__next__

    def __init__(self, hooks: dict[int, Any], hook: Any, prepend: bool = False) -> None:
        self.id = RemovableHandle._next()
        self._hooks = hooks
        others = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[self.id] = hook
        hooks.update(others)

    def remove(self) -> None:
        """Take the hook away; harmless when done twice."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


# ---------------------------------------------------------------- recording


class Record:
    """What a node keeps for people to look at, while `record()` is on.

    value: the result. operands: each operand's array (or number). constants: the options by name.
    module: path of the module that was running. where: (file, line, function) of the call. After a sweep:
    cotangent (the summed gradient of the result) and shares (what was sent to each parent).
    """

    __slots__ = ("constants", "cotangent", "module", "operands", "shares", "value", "where")

    def __init__(self, value: Any, operands: tuple[Any, ...], constants: dict[str, Any], where: Any) -> None:
        self.value, self.operands, self.constants, self.where = value, operands, constants, where
        self.module: tuple[str, ...] = module_path.get()
        self.cotangent: Any = None
        self.shares: tuple[Any, ...] = ()


# ---------------------------------------------------------------- the sweep


def sweep(
    roots: Sequence[Node],
    cotangents: Sequence[Any],
    *,
    retain_graph: bool,
    create_graph: bool,
    wanted: Iterable[Node] | None,
    tensor: Callable[[Any], Any],
) -> dict[Node, Any]:
    """Send `cotangents` back from `roots`; the summed gradient of each leaf, or of each `wanted` node.

    Gradients are ndarrays, or Tensors under `create_graph` (the same formulas then build the next graph).
    `tensor` wraps an array for hooks, which see Tensors. Nothing outside the sweep is changed, but for
    saved arrays, which are released as it passes unless `retain_graph`.
    """
    pending: dict[Node, Any] = {}  # gradients on their way; they live here, never on nodes
    owned: set[Node] = set()  # whose pending gradient is a buffer of our own, to be added to in place
    arrived: dict[Node, Any] = {}
    retained: dict[Node, Any] = {}  # where retain_grad() asks for them
    everyday, release = not create_graph and wanted is None and not mode() & ANOMALY, not retain_graph
    goals = None if wanted is None else set(wanted)
    needed = None if goals is None else _ancestors_of(goals, roots)
    heap: list[tuple[int, Node]] = []
    parents: Sequence[Node | None] = roots
    formulas: Any = _GIVEN
    saved: Any = [(cotangent,) for cotangent in cotangents]
    g: Any = None
    fresh, broadcasts = False, False

    while True:
        for parent, formula, values in zip(parents, formulas, saved):  # noqa: B905 - strict=True costs time here
            if parent is None:
                continue
            share = formula(g, *values)
            if share is None:
                continue
            if share.shape != parent.shape or share.dtype is not parent.dtype:
                share = fitted(share, parent, broadcasts)
            known = pending.get(parent)
            if known is None:
                pending[parent] = share
                number = parent.number
                if number < 1:  # leaves wait for the end
                    heappush(heap, (number, parent))
                if fresh:
                    owned.add(parent)
            elif parent in owned:
                known += share  # rebinds where it is a NumPy number (0-d)
                pending[parent] = known
            else:
                pending[parent] = known + share
                if not create_graph:
                    owned.add(parent)

        if not heap:
            break
        node = heappop(heap)[1]
        g = pending.pop(node)
        if node.watched:
            if isinstance(node, Part):
                parents = ()
                g = _visit(node, g, create_graph, tensor, (node, pending, needed, owned))
                if node.retains_grad:
                    retained[node] = g
                if goals is not None and node in goals:
                    arrived[node] = g
                if needed is None or node.whole in needed:
                    _gather(node, g, pending, heap)
                continue
            g = _visit(node, g, create_graph, tensor, (node, pending, needed, owned))
            if node.retains_grad:
                retained[node] = g
        if goals is not None and node in goals:
            arrived[node] = g

        op, parents = node.op, node.parents
        if needed is not None:
            parents = [parent if parent in needed else None for parent in parents]
            if all(parent is None for parent in parents):  # the gradient was wanted here, and goes no further
                parents = ()
                continue
        saved, versions = node.saved, node.versions
        if versions:  # arrays were saved: have they been released, or written to?
            if saved is None:
                raise _released(node)
            for memory in node.memories:
                versions -= memory.version
            if versions:
                raise _modified(node)
            if release and node.record is None:
                node.saved = None
        formulas, fresh, broadcasts = op.formulas, op.fresh, op.broadcasts
        if formulas is None or not everyday or node.watched:
            shares = _shares(node, g, parents, saved, create_graph)
            if node.watched:
                shares = _leave(node, g, shares, tensor)
            fresh = fresh and everyday and not node.watched  # else a hook may have answered with a tensor of its own
            formulas, saved = _GIVEN, [(share,) for share in shares]

    for leaf, g in pending.items():
        if goals is not None and leaf not in goals:
            continue
        if leaf.watched:
            g = _visit_leaf(leaf, g, create_graph, tensor, (leaf, pending, needed, owned))
        elif not create_graph and leaf not in owned:
            g = np.array(g)  # a .grad aliases nothing
        arrived[leaf] = g
    if retained:
        _retain(retained, create_graph, tensor)
    return arrived


def _given(g: Any, share: Any) -> Any:
    return share


_GIVEN = repeat(_given)  # the formulas of shares that have been computed


def _shares(node: Node, g: Any, parents: Sequence[Node | None], saved: Any, create_graph: bool) -> Sequence[Any]:
    """What a node sends to its parents, computed at once."""
    on = mode()
    try:
        shares = _computed(node, g, parents, unpacked(saved, parents) if node.packed else saved, create_graph)
    except Exception as error:
        if on & ANOMALY:
            error.add_note(origin(node))
        raise
    if on & CHECK_NAN:
        for i, share in enumerate(shares):
            if share is not None and np.isnan(getattr(share, "array", share)).any():
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.\n{origin(node)}")
    return shares


def _computed(node: Node, g: Any, parents: Sequence[Node | None], saved: Any, create_graph: bool) -> Sequence[Any]:
    op = node.op
    if create_graph:
        return op.pull_tensors(g, parents, node, saved)
    if op.formulas is None:
        return op.pull(g, parents, saved)
    return [
        None if parent is None else formula(g, *values)
        for parent, formula, values in zip(parents, op.formulas, saved, strict=True)
    ]


def fitted(share: Any, parent: Node, broadcasts: bool) -> Any:
    """The share in its parent's shape and dtype: sums over broadcast dimensions, undoes promotion."""
    if share.shape != parent.shape:
        if not broadcasts:
            raise _misfit(share, parent)
        extra = len(share.shape) - len(parent.shape)
        if extra > 0:
            share = _added_up(share, tuple(range(extra)), False)
        elif extra < 0:
            share = share.reshape((1,) * -extra + tuple(share.shape))
        stretched = tuple(i for i, size in enumerate(parent.shape) if size == 1 and share.shape[i] != 1)
        if stretched:
            share = _added_up(share, stretched, True)
        if share.shape != parent.shape:
            raise _misfit(share, parent)
    if share.dtype != parent.dtype:
        share = (share.real if share.dtype.kind == "c" else share).astype(parent.dtype)
    return share


def _misfit(share: Any, parent: Node) -> Exception:
    """What to raise: only a leaf can be given another shape after its use."""
    if isinstance(parent, Leaf):
        return RuntimeError(
            f"a gradient of shape {tuple(share.shape)} for a leaf of shape {parent.shape}: was the leaf given another "
            "shape (x.data = …, or x.squeeze_() and the like under no_grad) after it had been used?"
        )
    return AssertionError(
        f"internal error: a gradient of shape {tuple(share.shape)} for a result of shape {parent.shape} "
        f"({parent.name()}); please report it"
    )


def _added_up(share: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    return add_up(share, axes, keepdims) if isinstance(share, np.ndarray) else share.sum(axis=axes, keepdims=keepdims)


def _ancestors_of(goals: set[Node], roots: Sequence[Node]) -> set[Node]:
    """The nodes between the roots and the goals: all that a gradient has to pass."""
    reachable: list[Node] = []
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        reachable.append(node)
        stack.extend(parent for parent in node.parents if parent is not None)
    needed = set(goals)
    for node in sorted(reachable, key=lambda node: -node.number):  # parents before children
        if any(parent in needed for parent in node.parents):
            needed.add(node)
    return needed


def _gather(part: Node, g: Any, pending: dict[Node, Any], heap: list[tuple[int, Node]]) -> None:
    """Put the gradient of one result at its place in the list that the whole operation waits for."""
    assert isinstance(part, Part)
    whole = part.whole
    bundle = pending.get(whole)
    if bundle is None:
        bundle = pending[whole] = {}
        heappush(heap, (whole.number, whole))
    known = bundle.get(part.index)  # a result that a Function saved is a second Part of the same index
    bundle[part.index] = g if known is None else known + g


def _complete(node: Node, bundle: dict[int, Any]) -> tuple[Any, ...]:
    """The gradients of all results of an operation, zeros for those that were not used (None for what is no tensor)."""
    return tuple(
        bundle[i] if i in bundle else np.zeros(shape, dtype) if node.op.materializes and dtype is not None else None
        for i, (shape, dtype) in enumerate(node.shape)
    )


def _visit(node: Node, g: Any, create_graph: bool, tensor: Callable[[Any], Any], state: tuple[Any, ...]) -> Any:
    """Hooks on a result, in the order they were registered."""
    if g.__class__ is dict:  # of an operation with several results
        g = _complete(node, g)
    if node.hooks:
        g = _hooked(node, g, create_graph, tensor, state)
    for pre_hook in tuple((node.pre_hooks or {}).values()):
        each = g if isinstance(g, tuple) else (g,)  # a tuple: of an operation with several results
        answer = pre_hook(tuple(_handed(one, tensor) for one in each))
        if answer is not None:
            each = tuple(_array_or_tensor(new, one) for new, one in zip(answer, each, strict=True))
            g = each if isinstance(g, tuple) else each[0]
    if node.record is not None:
        node.record.cotangent = tuple(map(_copied, g)) if isinstance(g, tuple) else _copied(g)
    return g


def _retain(gradients: dict[Node, Any], create_graph: bool, tensor: Callable[[Any], Any]) -> None:
    """Add to the `.grad` of results that asked for it, after the last formula: a sweep that failed changes none."""
    with _commit:
        for node, g in gradients.items():
            new = g.clone() if create_graph else tensor(np.array(g))
            node.grad = new if node.grad is None else node.grad + new


def _visit_leaf(leaf: Node, g: Any, create_graph: bool, tensor: Callable[[Any], Any], state: tuple[Any, ...]) -> Any:
    """A leaf's hooks; a gradient that aliases nothing."""
    if leaf.hooks:
        g = _hooked(leaf, g, create_graph, tensor, state)
    return g if create_graph else np.array(g)


def _hooked(node: Node, g: Any, create_graph: bool, tensor: Callable[[Any], Any], state: tuple[Any, ...]) -> Any:
    """The gradient after a result's hooks."""
    token = sweeping.set(state)
    try:
        for hook in tuple((node.hooks or {}).values()):
            g = _replaced(hook(_handed(g, tensor)), g, node, create_graph)
    finally:
        sweeping.reset(token)
    return g


def still_to_come(node: Node, pending: Iterable[Node], needed: set[Node] | None) -> set[Node]:
    """While a hook of `node` runs: the nodes and leaves that the sweep has yet to visit."""
    seen: set[Node] = set()
    stack = [*pending, *(parent for parent in node.parents if parent is not None)]
    while stack:
        each = stack.pop()
        if each in seen or (needed is not None and each not in needed):
            continue
        seen.add(each)
        stack.extend(parent for parent in each.parents if parent is not None)
    return seen


def _leave(node: Node, g: Any, shares: Sequence[Any], tensor: Callable[[Any], Any]) -> Sequence[Any]:
    """What happens after a watched node's formulas have run: its record, its post-hooks."""
    if node.record is not None:
        node.record.shares = tuple(map(_copied, shares))
    for hook in tuple((node.post_hooks or {}).values()):
        outputs = tuple(_handed(one, tensor) for one in (g if isinstance(g, tuple) else (g,)))
        answer = hook(tuple(_handed(share, tensor) for share in shares), outputs)
        if answer is not None:
            shares = [_array_or_tensor(new, share) for new, share in zip(answer, shares, strict=True)]
    return shares


def _copied(g: Any) -> Any:
    return None if g is None else np.array(getattr(g, "array", g))


def _array_or_tensor(new: Any, known: Any) -> Any:
    """What a hook on a node returned, in the form of the gradient that it replaces."""
    return new.array if isinstance(known, np.ndarray | np.generic) and new is not None else new


def _handed(g: Any, tensor: Callable[[Any], Any]) -> Any:
    """A gradient as a hook sees it: a Tensor of its own, so that the hook may write to it."""
    return tensor(np.array(g)) if isinstance(g, np.ndarray | np.generic) else g


def _replaced(answer: Any, g: Any, node: Node, create_graph: bool) -> Any:
    """What a hook returned in place of g, checked."""
    if answer is None:
        return g
    if not hasattr(answer, "array"):
        raise TypeError(f"a gradient hook must return a Tensor or None, not {type(answer).__name__}")
    if answer.array.shape != node.shape:
        raise RuntimeError(
            f"a gradient hook of {node.name()} returned a gradient of shape {tuple(answer.array.shape)} "
            f"in place of one of shape {node.shape}"
        )
    if answer.array.dtype != node.dtype:
        raise RuntimeError(
            f"a gradient hook of {node.name()} returned a gradient of dtype {answer.array.dtype} in place of one of "
            f"dtype {node.dtype}; convert it with .to(...)"
        )
    return answer if create_graph else answer.array


def _released(node: Node) -> RuntimeError:
    return RuntimeError(
        f"Trying to backward through the graph a second time: the arrays saved by {node.op.name} ({node.name()}) "
        "were released by the first backward(). Compute the result anew before each backward(); or cut the "
        "history with .detach() where a value is carried from one step to the next; or, if you do need two "
        "sweeps over one graph, call the first with backward(retain_graph=True)."
    )


def _modified(node: Node) -> RuntimeError:
    remedy = "Write `x = x + y` in place of `x += y`, or use x.clone() in one of the two places."
    if any(isinstance(memory, Exported) for memory in node.memories):
        remedy += (
            " If it was written to through a NumPy array that shares its memory (from_numpy, as_tensor, .numpy()), give "
            "one of the two a copy: ag.tensor(array), tensor.clone()."
        )
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"a value that {node.op.name} ({node.name()}, result of shape {node.shape}) keeps for its derivative was "
        f"overwritten after it was used. {remedy}"
    )


def commit(gradients: dict[Node, Any], tensor: Callable[[Any], Any], create_graph: bool) -> None:
    """Add a finished sweep's gradients to the leaves' `.grad`, all of them or none."""
    first, further = [], []
    with _commit:
        for leaf, g in gradients.items():
            if leaf.asleep:
                continue
            known = leaf.grad
            if known is None:
                first.append((leaf, g.clone() if create_graph else tensor(np.asarray(g))))  # aliases nothing
                continue
            if known.array.shape != g.shape:
                raise RuntimeError(
                    f"backward: a gradient of shape {tuple(g.shape)} cannot be added to a .grad of shape "
                    f"{known.array.shape}; set .grad = None after giving a tensor other .data"
                )
            further.append((leaf, known, g))
        for leaf, new in first:
            leaf.grad = new
        for leaf, known, g in further:
            if create_graph or known._edge is not None:
                leaf.grad = known + (g if create_graph else tensor(g))
            elif overlaps(known.array):  # a .grad that was assigned, an expanded tensor
                leaf.grad = tensor(known.array + g)
            else:
                np.add(known.array, g, out=known.array)
                known._memory.written()
    for leaf in gradients:
        if leaf.watched and isinstance(leaf, Leaf) and leaf.post_accumulate_hooks and leaf.variable is not None:
            for hook in tuple(leaf.post_accumulate_hooks.values()):
                hook(leaf.variable)
