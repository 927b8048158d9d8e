"""Functions made from functions (`torch.func`): gradients, Jacobians, `vmap`; they nest.

Arguments and results are nests of tensors (tuples, lists, dicts). A derivative taken here belongs to the call: the
differentiated arguments enter as fresh tensors, and what comes out depends, as a graph, only on what was outside.

https://docs.pytorch.org/docs/stable/func.api.html
"""

from __future__ import annotations

import importlib
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from . import random
from .arrays.trees import broadcast, flatten, mapped, unflatten
from .derivatives import Push, pull, units
from .graph import Leaf
from .modes import enable_grad, is_grad_enabled, mapping
from .ops.index import select
from .ops.joining import stack
from .ops.shape import movedim, view_as
from .tensors.creation import zeros_like

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .graph import Node
    from .tensor import Tensor

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "vjp",
    "vmap",
]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What a module of `nn` computes with other tensors, by their dotted names, than its own parameters and buffers."""
    stateless = importlib.import_module("nn.utils.stateless")
    return stateless.functional_call(
        module, parameter_and_buffer_dicts, args, kwargs, tie_weights=tie_weights, strict=strict
    )


# ---------------------------------------------------------------- gradients


def grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives the gradient of func, which returns one number (a 0-d tensor).

    argnums: the arguments to differentiate, an int or a tuple. has_aux: func returns (number, anything else), the new
    function (gradient, anything else).

    >>> grad(grad(lambda x: x ** 3))(tensor(2.))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As `grad`; the new function gives (gradient, value), with has_aux (gradient, (value, anything else)).

    >>> grad_and_value(lambda x: x ** 3)(tensor(2.))
    (tensor(12.), tensor(8.))
    """

    @wraps(func)
    def gradient_and_value(*args: Any, **kwargs: Any) -> Any:
        level = _Level("grad_and_value(f)(*args)", func, args, argnums, has_aux, kwargs)
        value = level.output
        if not hasattr(value, "_edge"):
            raise RuntimeError(f"{level.name}: Expected f(*args) to return a Tensor, got {type(value).__name__}")
        if value.array.ndim:
            raise RuntimeError(
                f"{level.name}: Expected f(*args) to return a scalar Tensor, got tensor with {value.array.ndim} dims. "
                "Reduce it with .sum(), or use vjp or jacrev."
            )
        found = level.pull([None], retain_graph=False)
        out = level.outside(value)
        return found, ((out, level.aux) if has_aux else out)

    return gradient_and_value


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """(func(*primals), the function cotangent -> cotangent^T J), and what else func returns if has_aux.

    The cotangent has the structure of the output; the new function returns a tuple, one gradient for each primal.

    >>> value, back = vjp(lambda x: x * x, tensor([1., 2.]))
    >>> back(ones(2))
    (tensor([2., 4.]),)
    """
    level = _Level("vjp(f, *primals)", func, primals, None, has_aux)
    level.check_outputs()

    def back(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given, structure = flatten(cotangents)
        if structure != level.output_structure:
            raise RuntimeError(
                "vjp: expected the pytree structure of cotangents to be the same as that of the function's outputs "
                f"({len(given)} tensors and {len(level.outputs)}, or differently nested)"
            )
        return level.pull(given, retain_graph, create_graph)

    value = mapped(level.outside, level.output)
    return (value, back, level.aux) if has_aux else (value, back)


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """(func(*primals), J tangents), and what else func returns if has_aux. strict: an independent output raises.

    Forward mode is the vjp of the vjp: see `derivatives.Push`.

    >>> jvp(lambda x: x * x, (tensor([1., 2.]),), (tensor([1., 10.]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    name = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{name}: Expected primals to be a tuple, as in f(*primals), not {type(primals).__name__}")
    directions, structure = flatten(tangents)
    given, expected = flatten(primals)
    if structure != expected:
        raise RuntimeError(f"{name}: Expected primals and tangents to have the same python structure")
    _check_tangents(name, given, directions)
    level = _Level(name, func, primals, None, has_aux)
    level.check_outputs(floating=False)
    along = level.along(directions, strict)
    value = mapped(level.outside, level.output)
    return (value, along, level.aux) if has_aux else (value, along)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """(func(*primals), the function tangents -> J tangents), for many tangents at one point.

    >>> value, along = linearize(lambda x: x * x, tensor([1., 2.]))
    >>> along(tensor([1., 10.]))
    tensor([ 2., 40.])
    """
    level = _Level("linearize(f, *primals)", func, primals, None, False)
    level.check_outputs(floating=False)
    given, structure = flatten(primals)

    def along(*tangents: Any) -> Any:
        directions, found = flatten(tangents)
        if found != structure:
            raise RuntimeError("linearize: Expected the tangents to have the same structure as the primals")
        _check_tangents("linearize", given, directions)
        return level.along(directions)

    return mapped(level.outside, level.output), along


def _check_tangents(name: str, primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    for i, (primal, tangent) in enumerate(zip(primals, tangents, strict=True)):
        if not (hasattr(primal, "_edge") and hasattr(tangent, "_edge")):
            raise RuntimeError(f"{name}: Expected primals and tangents to contain only Tensors")
        if primal.array.shape != tangent.array.shape:
            raise RuntimeError(
                f"{name}: tangent {i} has shape {tuple(tangent.shape)}, its primal {tuple(primal.shape)}; they must agree"
            )
        if primal.array.dtype != tangent.array.dtype:
            raise RuntimeError(f"{name}: tangent {i} is {tangent.dtype}, its primal {primal.dtype}; use .to(...)")


# ---------------------------------------------------------------- matrices


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that gives the Jacobian of func, by rows: one sweep for each number in the output.

    Its structure is that of the output, with in place of each tensor the structure of the argument (of a tuple of
    arguments if argnums is one); a block has shape (*output.shape, *argument.shape). chunk_size limits in PyTorch how
    many rows are computed at once; here each is computed by itself.

    >>> jacrev(lambda x: x * x)(tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @wraps(func)
    def matrix(*args: Any) -> Any:
        level = _Level("jacrev", func, args, argnums, has_aux)
        level.check_outputs()
        blocks = []
        for output in level.outputs:
            rows = [level.pull_from(output, one) for one in units(output.array)]
            blocks.append(
                unflatten(
                    level.argument_structure,
                    [_stacked([row[j] for row in rows], output, x) for j, x in enumerate(level.inputs)],
                )
            )
        found = unflatten(level.output_structure, blocks)
        return (found, level.aux) if has_aux else found

    return matrix


def jacfwd(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """As `jacrev`, by columns: one product for each number in the arguments. For few arguments and long outputs.

    randomness concerns in PyTorch the calls of func, one for each column; here there is one call.

    >>> jacfwd(lambda x: x * x)(tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_randomness("jacfwd", randomness)

    @wraps(func)
    def matrix(*args: Any) -> Any:
        level = _Level("jacfwd", func, args, argnums, has_aux)
        level.check_outputs(floating=False)
        blocks: list[list[Any]] = [[] for _ in level.outputs]
        for j, x in enumerate(level.inputs):
            zeros = [zeros_like(other) for other in level.inputs]
            columns = [level.pushed([*zeros[:j], one, *zeros[j + 1 :]]) for one in units(x.array)]
            for i, output in enumerate(level.outputs):
                block, n = _stacked([column[i] for column in columns], x, output), x.array.ndim
                blocks[i].append(movedim(block, tuple(range(n)), tuple(range(-n, 0))))
        found = unflatten(level.output_structure, [unflatten(level.argument_structure, row) for row in blocks])
        return (found, level.aux) if has_aux else found

    return matrix


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The function that gives the second derivatives of func: the Jacobian of its Jacobian.

    PyTorch takes `jacfwd` for the outer one. Here `jacrev` needs as many sweeps, over a smaller graph.

    >>> hessian(lambda x: (x ** 3).sum())(tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def _stacked(rows: list[Any], first: Any, second: Any) -> Any:
    """Rows, one for each number in `first` and of the shape of `second`, as one tensor."""
    size = first.array.shape + second.array.shape
    return stack(rows).reshape(size) if rows else second.new_zeros(size)


# ---------------------------------------------------------------- vmap


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies func to each slice of its arguments and stacks the results.

    It is a loop: func is called once for each slice, so it may do anything, and costs what the loop costs. Where
    an operation takes the whole batch by broadcasting, that is faster. in_dims: the dimension to go along, for each
    argument (None: the whole argument each time), an int or a nest like the arguments. out_dims: where that dimension
    stands in each result (None: a result that is the same for every slice). randomness: whether func may draw random
    numbers: "error" forbids it, "different" draws anew for each slice, "same" repeats the first slice's.

    >>> vmap(lambda x, y: (x * y).sum(), in_dims=(0, None))(ones(3, 2), tensor([1., 2.]))
    tensor([3., 3., 3.])
    """
    _check_randomness("vmap", randomness)
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0, got {chunk_size}")
    name = f"vmap({getattr(func, '__name__', repr(func))})"

    @wraps(func)
    def mapped_function(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = flatten(args)
        dims = _in_dims(name, in_dims, leaves, structure)
        whole = [x for x, dim in zip(leaves, dims, strict=True) if dim is not None]
        sizes = [x.array.shape[dim] for x, dim in zip(leaves, dims, strict=True) if dim is not None]
        if not whole:
            raise ValueError(f"{name}: Expected at least one Tensor to vmap over: every in_dim is None")
        if len(set(sizes)) > 1:
            raise ValueError(f"{name}: the mapped dimensions must have one size, got {sizes}")
        if not sizes[0]:
            raise ValueError(f"{name}: the mapped dimension is empty: without a slice the shape of results is unknown")
        results = []
        generator = random.default_generator
        before = generator.get_state()
        for i in range(sizes[0]):
            if randomness == "same":
                generator.set_state(before)
            slices = [x if dim is None else select(x, dim, i) for x, dim in zip(leaves, dims, strict=True)]
            with mapping():
                results.append(flatten(func(*unflatten(structure, slices), **kwargs)))
        if randomness == "error" and not np.array_equal(generator.get_state(), before):
            raise RuntimeError(
                f'{name}: called random operation while in randomness error mode. Use randomness="different" for '
                'numbers of their own in each slice, "same" for one draw that all slices share.'
            )
        return _joined(name, results, out_dims)

    return mapped_function


def _check_randomness(name: str, randomness: str) -> None:
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f'{name}: randomness must be "error", "different" or "same", not {randomness!r}')


def _in_dims(name: str, in_dims: Any, leaves: list[Any], structure: Any) -> list[int | None]:
    """For each tensor among the arguments, the dimension to go along."""
    if not isinstance(in_dims, int | tuple):
        raise ValueError(f"{name}: in_dims must be an int or a tuple that fits the inputs, not {in_dims!r}")
    if not leaves:
        raise ValueError(f"{name}: got no inputs to map over")
    try:
        dims = broadcast(in_dims, structure)
    except ValueError:
        raise ValueError(f"{name}: in_dims={in_dims} does not fit the structure of the inputs") from None
    for x, dim in zip(leaves, dims, strict=True):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(f"{name}: an in_dim must be an int or None, not {dim!r}")
        if not hasattr(x, "_edge"):
            raise ValueError(
                f"{name}: in_dim={dim} for an input of type {type(x).__name__}; use None for what is no Tensor"
            )
        if not -x.array.ndim <= dim < x.array.ndim:
            raise ValueError(f"{name}: in_dim={dim} for an input of shape {tuple(x.shape)}")
    return [dim if dim is None else dim % x.array.ndim for x, dim in zip(leaves, dims, strict=True)]


def _joined(name: str, results: list[tuple[list[Any], Any]], out_dims: Any) -> Any:
    """The results for all slices as one nest, stacked."""
    structure = results[0][1]
    if any(other != structure for _, other in results):
        raise RuntimeError(f"{name}: the results for different slices are nested differently")
    if isinstance(out_dims, tuple) and len(out_dims) == 1 and structure is None:
        (out_dims,) = out_dims
    try:
        dims = broadcast(out_dims, structure)
    except ValueError:
        raise ValueError(f"{name}: out_dims={out_dims} does not fit the structure of the outputs") from None
    joined = []
    for dim, parts in zip(dims, zip(*[leaves for leaves, _ in results], strict=True), strict=True):
        if dim is None:
            joined.append(parts[0])
            continue
        if not isinstance(dim, int):
            raise ValueError(f"{name}: out_dims must be ints or None, not {dim!r}")
        for part in parts:
            if not hasattr(part, "_edge"):
                raise ValueError(
                    f"{name}: the function must only return Tensors, got {type(part).__name__}; out_dims=None for others"
                )
            if part.array.shape != parts[0].array.shape or part.array.dtype != parts[0].array.dtype:
                raise RuntimeError(
                    f"{name}: slices gave results of different shapes or dtypes, {tuple(parts[0].shape)} {parts[0].dtype} "
                    f"and {tuple(part.shape)} {part.dtype}; they cannot be stacked"
                )
        joined.append(stack(list(parts), dim))
    return unflatten(structure, joined)


# ---------------------------------------------------------------- a call whose arguments are differentiated


class _Level:
    """One call of a function with fresh arguments, and what it returned.

    inputs: the fresh tensors; outputs: the tensors returned. Results leave through `outside`: if nothing
    that they depend on lies outside of this call, they leave without a graph.
    """

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: int | tuple[int, ...] | None,
        has_aux: bool,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.name, self._tracked = name, is_grad_enabled()
        chosen = args if argnums is None else _chosen(name, args, argnums)
        given, self.argument_structure = flatten(chosen)
        with enable_grad():  # a derivative does not depend on the caller's no_grad
            self.inputs = [_fresh(name, x, self._tracked) for x in given]
            fresh = unflatten(self.argument_structure, self.inputs)
            if isinstance(argnums, int):
                fresh = (fresh,)
            positions = range(len(args)) if argnums is None else [argnums] if isinstance(argnums, int) else argnums
            changed = list(args)
            for i, argument in zip(positions, fresh, strict=True):
                changed[i] = argument
            returned = func(*changed, **(kwargs or {}))
        self._own: set[Node] = {x._edge for x in self.inputs if isinstance(x._edge, Leaf)}
        aux = None
        if has_aux:
            if not (isinstance(returned, tuple) and len(returned) == 2):
                raise RuntimeError(f"{name}: output of function f should be a tuple (output, aux) if has_aux is True")
            returned, aux = returned
        self.output = returned
        self.outputs, self.output_structure = flatten(returned)
        self._push: Push | None = None  # made at the first product
        self.aux = mapped(self.outside, aux)

    def check_outputs(self, floating: bool = True) -> None:
        """Raise unless the function returned tensors, of numbers that have derivatives."""
        if not self.outputs:
            raise RuntimeError(f"{self.name}: Expected f to be a function that has non-empty output")
        for output in self.outputs:
            if not hasattr(output, "_edge"):
                raise RuntimeError(
                    f"{self.name}: expected f(*primals) to return only tensors, got unsupported type {type(output).__name__}"
                )
            if floating and output.array.dtype.kind not in "fc":
                raise RuntimeError(f"{self.name}: All outputs of f must be floating-point Tensors, got {output.dtype}")

    def outside(self, value: Any) -> Any:
        """A result as it leaves: without a graph, unless it depends on something outside of this call."""
        edge = getattr(value, "_edge", None)
        return value if edge is None or (self._tracked and self._reaches_outside([edge])) else value.detach()

    def _reaches_outside(self, edges: list[Node]) -> bool:
        seen: set[Node] = set()
        while edges:
            node = edges.pop()
            if node in seen:
                continue
            seen.add(node)
            if isinstance(node, Leaf) and node not in self._own:
                return True
            edges.extend(parent for parent in node.parents if parent is not None)
        return False

    def _differentiable(self, cotangents: Sequence[Any]) -> bool:
        """Whether derivatives depend, as a graph, on something outside."""
        known = [x._edge for x in (*self.outputs, *cotangents) if x is not None and x._edge is not None]
        return is_grad_enabled() and self._reaches_outside(known)

    def pull(self, cotangents: Sequence[Any], retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        """The gradients in the structure of the arguments."""
        create = self._differentiable(cotangents) if create_graph is None else create_graph
        found = pull(self.outputs, self.inputs, cotangents, create, retain_graph or create)
        return unflatten(self.argument_structure, self._answers(found, self.inputs))

    def pull_from(self, output: Tensor, cotangent: Tensor) -> list[Any]:
        """The gradients of one output."""
        found = pull([output], self.inputs, [cotangent], self._differentiable([]), retain_graph=True)
        return self._answers(found, self.inputs)

    def along(self, directions: Sequence[Any], strict: bool = False) -> Any:
        """The derivatives of the outputs along the directions, in the structure of the outputs."""
        return unflatten(self.output_structure, self.pushed(directions, strict))

    def pushed(self, directions: Sequence[Any], strict: bool = False) -> list[Any]:
        """The derivatives of the outputs along the directions."""
        if self._push is None:
            self._push = Push(self.outputs, self.inputs)
            self._own.update(u._edge for u in self._push.us if u is not None)
        found = self._push(directions, self._differentiable(directions))
        if strict and any(g is None for g in found):
            raise RuntimeError(
                f"{self.name}: the output of f is independent of the inputs, which strict=True does not allow"
            )
        return self._answers(found, self.outputs)

    def _answers(self, found: Sequence[Any], like: Sequence[Any]) -> list[Any]:
        return [zeros_like(x) if g is None else self.outside(g) for g, x in zip(found, like, strict=True)]


def _chosen(name: str, args: tuple[Any, ...], argnums: int | tuple[int, ...]) -> Any:
    """The arguments that argnums names: one, or a tuple."""
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(numbers, tuple) or not numbers or not all(isinstance(i, int) for i in numbers):
        raise RuntimeError(f"{name}: argnums must be an int or a non-empty tuple of ints, not {argnums!r}")
    for i in numbers:
        if not -len(args) <= i < len(args):
            raise RuntimeError(f"{name}: got argnum={i}, but only {len(args)} positional inputs")
    if len({i % len(args) for i in numbers}) != len(numbers):
        raise RuntimeError(f"{name}: argnums elements must be unique, got {argnums}")
    return args[argnums] if isinstance(argnums, int) else tuple(args[i] for i in numbers)


def _fresh(name: str, x: Any, tracked: bool) -> Any:
    """The same values as a tensor of its own: a view of x where x is differentiated outside, else a new leaf."""
    if not hasattr(x, "_edge"):
        raise ValueError(f"{name}: what is differentiated must be a Tensor, got {type(x).__name__}")
    return view_as(x, x) if tracked and x._edge is not None else x.detach().requires_grad_()
