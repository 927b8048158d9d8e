"""One row per operation: `@primitive` turns a NumPy function and its derivative formulas into an operation.

    @primitive(np.tanh, floating=True, fresh=True, x=lambda g, out: g * (1 - out * out))
    def tanh(x: TensorLike) -> Tensor:
        return np.tanh(x)

The function computes on arrays. A formula is named for the operand that it differentiates; `g` is the
gradient of the result, and its other arguments are all that the graph keeps of a call: arguments of the
function, `out` (the result), `<operand>_shape`, or an extra result that the row `keeps`. The same formula
runs on arrays and, under `create_graph`, on Tensors.

A row is read once, here: a wrapper for its signature is written as source and compiled (one compilation
per distinct source), so that a call does no bookkeeping that could be done beforehand.
"""

from __future__ import annotations

import sys
from functools import update_wrapper
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast
from weakref import ref

import numpy as np

from .arrays import dtypes
from .arrays.strides import batch_innermost, owner
from .arrays.trees import flatten, mapped
from .graph import Node, Part, Record, node_number
from .memory import STABLE, Memory, settle
from .modes import ANOMALY, GRAD, PACK, RECORD, mode, saving, set_mode
from .saving import Packed
from .wrappers import wrapper_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array: TypeAlias = np.ndarray[Any, Any]
TensorLike: TypeAlias = Any  # to callers a Tensor, an array or a number; inside a row, the array of it
Formula: TypeAlias = "Callable[..., Any]"
F = TypeVar("F", bound="Callable[..., Any]")

OPERATIONS: dict[str, Operation] = {}  # every row, by name
IMPLEMENTS: dict[Any, Callable[..., Any]] = {}  # NumPy's function -> the operation that means the same
_operation_of: dict[Any, Operation] = {}


class Operation:
    """What the engine knows of an operation. One is made by each row; `Function` makes its own.

    differentiable: the operands that have a formula, in the order of a node's parents.
    reads: per formula, the names of the saved values. broadcasts: whether a gradient may have to be summed
    to its operand's shape. fresh: whether every formula returns a new array, which the sweep may then own.
    several: whether the result is a tuple. shows, local: how drawings write the expression and derivative.
    """

    variadic = False
    materializes = True  # whether gradients of unused results come as zeros

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        plain: Sequence[Formula],
        reads: Sequence[tuple[str, ...]],
        differentiable: tuple[str, ...],
    ) -> None:
        self.name, self.forward = name, forward
        self.backward_name = "".join(part.title() for part in name.strip("_").split("_")) + "Backward0"
        self.plain, self.reads, self.differentiable = plain, reads, differentiable
        self.plain_reads = [_parameters(formula)[1:] for formula in plain]
        self.guarded: list[str] = []  # whose memories a node remembers, in order
        self.on_arrays = plain  # the formulas for arrays: the plain ones, or the row's `fast` ones
        self.formulas: Sequence[Formula] | None = plain  # those, one per parent; None: `pull` computes all
        self.fresh = self.broadcasts = self.several = self.overwritable = False
        self.bools = True
        self.shows: str | None = None
        self.local: dict[str, str] = {}

    @property
    def shown_name(self) -> str:
        """The name by which users know the operation."""
        return _KNOWN_AS.get(self.name, self.name.strip("_"))

    def pull(self, g: Any, parents: Sequence[Node | None], saved: Any) -> Sequence[Any]:
        """What is sent to each parent, on arrays, where the operation has no formula for each by itself."""
        raise NotImplementedError

    def pull_tensors(self, g: Any, parents: Sequence[Node | None], node: Node, saved: Any) -> Sequence[Any]:
        """The plain formulas on Tensors: each saved array is joined again to the node that it came from."""
        source: dict[str, Any] = dict(zip(self.differentiable, node.parents, strict=False))
        source["out"] = node
        memory: dict[str, Any] = dict(zip(self.guarded, node.memories, strict=False))
        if self.several:  # the results' memories come last
            memory["out"] = node.memories[len(self.guarded) :]
        rejoined = []
        for reads, plain_reads, values in zip(self.reads, self.plain_reads, saved, strict=True):
            known: dict[str, Any] = dict(zip(reads, values, strict=False))  # empty where the operand needs no gradient
            if self.overwritable:  # then also of what is made of it here
                known["out"], memory["out"] = known["out"].copy(), None
            rejoined.append([_rejoin(known[name], source.get(name), memory.get(name)) for name in plain_reads if known])
        return [
            None if parent is None else _as_tensor(formula(g, *values))
            for parent, formula, values in zip(parents, self.plain, rejoined, strict=True)
        ]


_KNOWN_AS = {"plus": "add", "minus": "sub", "true_divide": "div", "_power": "pow"}


class _Several(Operation):
    """An operation with several results, on one tensor: the gradient is a tuple."""

    def pull(self, g: Any, parents: Sequence[Node | None], saved: Any) -> Sequence[Any]:
        return [formula(g, *values) for formula, values in zip(self.on_arrays, saved, strict=True)]


class _Variadic(Operation):
    """An operation on a sequence of tensors: one formula, which returns a gradient for each."""

    variadic = True

    def pull(self, g: Any, parents: Sequence[Node | None], saved: Any) -> Sequence[Any]:
        return self.on_arrays[0](g, *saved[0])  # type: ignore[no-any-return]  # a formula is untyped

    def pull_tensors(self, g: Any, parents: Sequence[Node | None], node: Node, saved: Any) -> Sequence[Any]:
        known = dict(zip(self.reads[0], saved[0], strict=True))
        rejoined = [
            [_rejoin(*item) for item in zip(known[name], node.parents, node.memories, strict=True)]
            if name in self.differentiable
            else known[name]
            for name in self.plain_reads[0]
        ]
        return [_as_tensor(share) for share in self.plain[0](g, *rejoined)]


def _rejoin(value: Any, node: Node | None, memory: Any) -> Any:
    if node is None or value is None:
        return value
    if isinstance(value, tuple):  # all the results of an operation
        return tuple(
            wrap(array, _part(node, i, array), each) for i, (array, each) in enumerate(zip(value, memory, strict=True))
        )
    return wrap(value, node, memory)


def _part(whole: Node, index: int, array: Array) -> Part | None:
    """The edge of one of several results, if it can have a gradient."""
    return Part(whole, index, array) if array.dtype.kind == "f" else None


def _as_tensor(share: Any) -> Any:
    return share if share is None or isinstance(share, _namespace["Tensor"]) else wrap(np.asarray(share))


# ---------------------------------------------------------------- the decorator


def primitive(
    implements: Any = None,
    *,
    broadcasts: bool = False,
    promotes: bool | tuple[str, ...] = False,
    bools: bool = True,
    floating: bool = False,
    fresh: bool = False,
    views: bool = False,
    row_major: bool = False,
    several: bool = False,
    unused: str = "zeros",
    overwritable: bool = False,
    keeps: tuple[str, ...] = (),
    fast: dict[str, Formula] | None = None,
    shows: str | None = None,
    local: str | dict[str, str] | None = None,
    torch: str | None = None,
    **formulas: Formula,
) -> Callable[[F], F]:
    """Declare an operation. The decorated function computes on arrays; its annotations name the operands
    (`TensorLike`, `TensorLike | float` or `| None` where a number or None will do, or one
    `Sequence[TensorLike]`); everything else is an option.

    implements: the NumPy function that means the same, argument by argument.
    broadcasts: operands broadcast, so a gradient is summed back to its operand's shape.
    promotes: the operands (or those named) are brought to PyTorch's common dtype first.
    bools: whether an operand that promotes may be bool.
    floating: integer operands are converted to the default floating dtype first.
    fresh: every formula returns a new array (a test proves it).
    views: the result may share its first operand's memory.
    row_major: the result lies so in memory, as PyTorch's does; NumPy's would keep the order of a transposed operand.
    several: the function returns a tuple of new arrays (or of views, where it `views`), and a formula receives the
        tuple of gradients; its `out` is the tuple of results.
    unused: what stands in that tuple for a result that is not used, "zeros" or "None".
    overwritable: the result, though a formula reads it, may be overwritten, as in PyTorch, which does not keep it.
    keeps: names of further results of the function, constant with respect to the operands, for the formulas.
    fast: formulas for arrays alone, which may also read what the row `keeps` although it depends on the
        operands; each names all that the plain formula names.
    torch: PyTorch's name for the backward node, where it is not the operation's.
    """

    def declare(function: F) -> F:
        code = function.__code__  # type: ignore[attr-defined]
        names = code.co_varnames[: code.co_argcount]
        hints = function.__annotations__
        operands = tuple(name for name in names if "TensorLike" in hints[name])
        variadic = any("Sequence[TensorLike]" in hints[name] for name in operands)
        differentiable = tuple(name for name in operands if name in formulas)
        assert len(differentiable) == len(formulas), f"{function.__name__}: a formula for no operand"
        plain = [formulas[name] for name in differentiable]
        used = [(fast or {}).get(name, formulas[name]) for name in differentiable]
        reads = [_parameters(formula)[1:] for formula in used]
        op = (_Variadic if variadic else _Several if several else Operation)(
            function.__name__, function, plain, reads, differentiable
        )
        op.on_arrays, op.formulas = used, None if variadic or several else used
        read = {name for names in reads for name in names}
        op.guarded = [name for name in (*operands, "out") if name in read and not (several and name == "out")]
        op.fresh, op.broadcasts, op.several, op.shows, op.bools = fresh, broadcasts, several, shows, bools
        op.overwritable, op.materializes = overwritable, unused == "zeros"
        op.local = {differentiable[0]: local} if isinstance(local, str) else local or {}
        if torch is not None:
            op.backward_name = torch
        converted = operands if promotes is True else promotes or ()
        readers = {  # of arguments that are not Tensors
            name: "optional_operand" if "None" in hints[name] else "operand" for name in operands if "|" in hints[name]
        }

        def become() -> Any:
            source = wrapper_source(
                names, operands, converted, op, keeps, readers, floating=floating, views=views, row_major=row_major
            )
            if source not in _compiled:
                exec(compile(source, "<operation>", "exec"), _namespace)
                _compiled[source] = _namespace.pop("make")
            wrapper.__code__ = _compiled[source](None, None, None).__code__
            return wrapper

        wrapper: Any = update_wrapper(_namespace["unborn"](function, op, become), function)
        wrapper.__defaults__ = function.__defaults__  # type: ignore[attr-defined]  # it is a function
        OPERATIONS[function.__name__] = _operation_of[wrapper] = op
        if implements is not None:
            IMPLEMENTS[implements] = wrapper
        return wrapper  # type: ignore[no-any-return]  # of the same signature, on Tensors

    return declare


def is_row(function: Callable[..., Any]) -> bool:
    """Whether the function is an operation with a row of its own, not composed of others."""
    return function in _operation_of


def operation_of(function: Callable[..., Any]) -> Operation:
    """The row behind a function or method."""
    return _operation_of[function]


def either(function: Callable[..., Any]) -> Callable[..., Any]:
    """An operation as a formula calls it: on arrays an array, on Tensors a Tensor."""
    op = _operation_of[function]

    def call(*args: Any) -> Any:
        tensor = _namespace["Tensor"]
        if any(isinstance(arg, tensor) for arg in args):
            return function(*args)
        return op.forward(*args)

    return call


def refused(name: str, remedy: str) -> Formula:
    """A formula that raises, for an operand with respect to which PyTorch does not differentiate."""

    def formula(g: Any) -> Any:
        raise RuntimeError(f"the derivative of {name} is not implemented, as in PyTorch; {remedy}")

    return formula


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount]  # type: ignore[no-any-return]


# ---------------------------------------------------------------- what the wrappers call


def operand(op: Operation, value: Any) -> tuple[Any, Node | None, Memory]:
    """A non-Tensor argument where a tensor may stand: (array or Python number, no edge, memory)."""
    kind = value.__class__
    if kind is float or kind is int or kind is bool:
        return value, None, STABLE
    if isinstance(value, np.generic):  # counts as a Python number, as in PyTorch
        return value.item(), None, STABLE
    if isinstance(value, np.ndarray):
        dtypes.as_dtype(value.dtype)
        return value.copy(), None, Memory()  # the caller may write to his array before backward()
    if isinstance(value, float | int | complex):
        return value, None, STABLE
    if isinstance(value, _namespace["Tensor"]):
        return value.array, value._edge, value._memory
    raise TypeError(
        f"{op.shown_name}(): expected a Tensor, an array or a number, got {kind.__name__}: {value!r:.60}"
        + (". Make a tensor of it first: ag.tensor(…)" if isinstance(value, list | tuple) else "")
    )


def optional_operand(op: Operation, value: Any) -> tuple[Any, Node | None, Memory]:
    """As `operand`, where None says that there is none."""
    return (None, None, STABLE) if value is None else operand(op, value)


def tensor_operand(op: Operation, value: Any) -> tuple[Any, Node | None, Memory]:
    """As `operand`, where a number is not enough."""
    if isinstance(value, np.generic):  # in a formula, what NumPy makes of a 0-d array: ~mask
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        raise TypeError(
            f"{op.shown_name}(): expected a Tensor or an array, got {type(value).__name__}: {value!r:.60}. "
            "Make a tensor of it first: ag.tensor(…)"
        )
    return operand(op, value)


def unfit(op: Operation, arrays: Sequence[Any], error: ValueError) -> Exception:
    """The error for operands whose shapes do not broadcast."""
    shapes = [np.shape(array) for array in arrays if array is not None]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return RuntimeError(
            f"{op.shown_name}: shapes {' and '.join(map(str, shapes))} do not broadcast: counted from the last "
            "dimension, sizes must be equal or 1. Use .reshape, .unsqueeze or .mT to line them up."
        )
    return error


def operands(op: Operation, values: Any) -> tuple[list[Any], tuple[Node | None, ...], tuple[Memory, ...]]:
    """The arrays, edges and memories of a sequence of tensors."""
    if isinstance(values, _namespace["Tensor"]):
        raise TypeError(f"{op.name}(): expected a tuple or list of Tensors, got one Tensor")
    values = tuple(values)
    if not values:
        raise RuntimeError(f"{op.name}(): expected a non-empty list of Tensors")
    arrays, edges, memories = zip(*[operand(op, value) for value in values], strict=True)
    return [np.asarray(array) for array in arrays], edges, memories


def promoted(
    op: Operation, arrays: Sequence[Any], memories: Sequence[Memory], floating: bool
) -> tuple[Sequence[Any], Sequence[Memory]]:
    """The operands in PyTorch's common dtype; a converted copy has a memory of its own."""
    known = [array for array in arrays if array is not None]
    if all(array.__class__ is not np.ndarray for array in known):
        known = [np.asarray(array, dtypes.scalar_dtype(array)) for array in known]
    if not op.bools and any(np.asarray(array).dtype.char == "?" for array in known):
        raise RuntimeError(
            f"{op.shown_name}: not supported with a bool operand; invert a mask with ~ or logical_not(), combine masks with ^, "
            "or convert with .long()"
        )
    dtype = dtypes.result_type(*known)
    if floating and dtype.kind in "bui":
        dtype = dtypes.get_default_dtype()
    changed, owners = [], []
    for array, memory in zip(arrays, memories, strict=True):
        if array is None or (array.__class__ is np.ndarray and array.dtype == dtype):
            changed.append(array)
            owners.append(memory)
            continue
        try:
            changed.append(np.asarray(array).astype(dtype) if array.__class__ is np.ndarray else np.array(array, dtype))
        except OverflowError:
            if dtype.kind != "u" or not -np.iinfo(dtype).max <= array < 0:
                raise RuntimeError(f"{op.shown_name}: value {array} does not fit {dtype}") from None
            changed.append(np.array(np.iinfo(dtype).max + 1 + array, dtype))  # as in C
        owners.append(STABLE if memory is STABLE else Memory())
    return changed, owners


def wrap(array: Any, edge: Node | None = None, memory: Memory | None = None) -> Any:
    """A Tensor around an array, without a copy."""
    tensor = object.__new__(_namespace["Tensor"])
    tensor.array = array
    tensor._edge = edge
    tensor._memory = Memory() if memory is None else memory
    return tensor


def let_go(memory: Memory) -> None:
    """Before a result is overwritten: if its row is `overwritable`, the node keeps a copy from here on."""
    keeper = memory.root.keeper
    if keeper is None:
        return
    node, memory.root.keeper = keeper(), None
    if node is None or node.packed or not node.saved or node.versions != sum(each.version for each in node.memories):
        return
    node.saved = tuple(
        tuple(value.copy() if name == "out" else value for name, value in zip(names, values, strict=True))
        for names, values in zip(node.op.reads, node.saved, strict=True)
    )
    node.memories = tuple(
        Memory() if name == "out" else each for name, each in zip(node.op.guarded, node.memories, strict=True)
    )
    node.versions = sum(each.version for each in node.memories)


def in_rows(out: Array) -> Array:
    """A result in row-major memory, as PyTorch would show it; images may lie otherwise (`settle`)."""
    return out if batch_innermost(out) else np.ascontiguousarray(out)


def settled(operand: Any, array: Array) -> Array:
    """The array of an operand whose memory a view is going to show: row-major if it is an image (`settle`)."""
    if not isinstance(operand, _namespace["Tensor"]) or array.flags.c_contiguous:
        return array
    settle(operand)
    return cast("Array", operand.array)


def view(tensor: Any, out: Array, source: Any) -> None:
    """Fill in a result that may share its source's memory, and with it the version counter."""
    tensor.array = out
    array = getattr(source, "array", None)
    base = out.base
    if array is None or not (
        out is array or (base is not None and (base is array or base is array.base or owner(out) is owner(array)))
    ):
        tensor._memory = Memory()
        return
    if out is array:
        tensor.array = out.view()
    tensor._memory = source._memory.viewed(tensor)
    base = source._base
    tensor._base = source if base is None else base


def dead_end(op: Operation, result: Array, *parents: Node | None) -> Node:
    """A node for a result that depends on its parents, but whose derivative is an error: the formula of op raises."""
    node = Node()
    node.number, node.op, node.parents = node_number(), op, parents
    node.saved, node.memories, node.versions = ((),), (), 0
    node.shape, node.dtype = result.shape, result.dtype
    return node


def separate(outs: tuple[Array, ...], node: Node | None = None, source: Any = None) -> tuple[Any, ...]:
    """The results of an operation with several, each a Part of the node (or views of the source)."""
    results = []
    for i, out in enumerate(outs):
        array = np.asarray(out)
        part = wrap(array, None if node is None else _part(node, i, array))
        if source is not None:
            view(part, array, source)
            part._one_of_several = True
        results.append(part)
    return tuple(results)


def guard_results(node: Node, results: tuple[Any, ...]) -> None:
    """Let the sweep know if the results of an operation with several, which its formula reads, are overwritten."""
    node.memories += tuple(result._memory for result in results)
    node.versions += sum(result._memory.version for result in results)


def note(node: Node, out: Any, values: tuple[Any, ...], constants: dict[str, Any]) -> None:
    """What happens to a new node in a mode other than the everyday one: `record()`, anomaly mode, hooks on what is saved."""
    on = mode()
    node.watched = True
    if on & (RECORD | ANOMALY):
        package = __name__.partition(".")[0]
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (package, "nn"):
            frame = frame.f_back
        if on & RECORD:
            where = None if frame is None else (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
            node.record = Record(out, values, constants, where)
        if on & ANOMALY:
            from traceback import StackSummary, walk_stack

            node.trace = StackSummary.extract(walk_stack(frame), lookup_lines=False)
    if on & PACK:
        _pack(node)


def _pack(node: Node) -> None:
    """Hand the saved arrays to the innermost pack hook, and keep what it answers. Numbers and shapes stay."""
    pack, unpack = saving.get()[-1]
    known: dict[Any, Memory] = dict(zip(node.op.guarded, node.memories, strict=False))
    done: dict[int, tuple[Array, Packed]] = {}

    def packed(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        if id(value) not in done:
            tensor = wrap(value)
            answer = pack(tensor)
            if tensor._memory.version != 1:
                raise RuntimeError("a saved tensor pack hook is modifying its input in place; let it work on a clone()")
            done[id(value)] = value, Packed(answer, unpack)
        return done[id(value)][1]

    before = mode()
    set_mode(before & ~(GRAD | PACK))
    try:
        node.saved = tuple(
            tuple(
                value if known.get(name) is STABLE else mapped(packed, value)
                for name, value in zip(names, values)  # noqa: B905 - an operand without a gradient has no values
            )
            for names, values in zip(node.op.reads or repeat(repeat(None)), node.saved or ())  # noqa: B905
        )
    finally:
        set_mode(before)
    node.packed = True
    if not any(_shares_memory(array, each.held) for array, each in done.values()):
        # The values are the hooks' own: whoever writes to the tensors does no harm.
        node.memories = tuple(memory if memory is STABLE else Memory() for memory in node.memories)
        node.versions = sum(memory.version for memory in node.memories)


def _shares_memory(array: Array, answer: Any) -> bool:
    """Whether what a pack hook answered holds the very array that it was given."""
    held = [getattr(leaf, "array", leaf) for leaf in flatten(answer)[0]]
    return any(isinstance(leaf, np.ndarray) and np.may_share_memory(leaf, array) for leaf in held)


def bind(tensor: type) -> None:
    """Tell the wrappers what a Tensor is: the one place where the circle (operations make Tensors, Tensors
    call operations) is closed."""
    _namespace["Tensor"] = tensor


_compiled: dict[str, Any] = {}
_namespace: dict[str, Any] = {
    "__name__": __name__,
    "Memory": Memory,
    "Node": Node,
    "STABLE": STABLE,
    "array": np.array,
    "asarray": np.asarray,
    "guard_results": guard_results,
    "mode": mode,
    "ndarray": np.ndarray,
    "new": object.__new__,
    "node_number": node_number,
    "note": note,
    "numbers": frozenset((float, int)),
    "operand": operand,
    "operands": operands,
    "optional_operand": optional_operand,
    "promoted": promoted,
    "in_rows": in_rows,
    "ref": ref,
    "separate": separate,
    "settled": settled,
    "tensor_operand": tensor_operand,
    "unfit": unfit,
    "view": view,
}

# A wrapper takes on its real code at the first call: compiling all rows would double the time of the import.
# The code before and after has the same three free variables, so the one can take the other's place.
exec(
    """
def unborn(forward, op, become):
    def wrapper(*args, **kwargs):
        forward, op
        return become()(*args, **kwargs)
    return wrapper
""",
    _namespace,
)
