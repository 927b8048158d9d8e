"""Derivatives of what has been computed: `backward` and `grad`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .graph import Leaf, Node, commit, fitted, sweep
from .modes import GRAD, mode, set_mode
from .ops.joining import stack
from .primitive import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .tensor import Tensor


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of the leaves they were computed from.

    tensors: one or several; each must be a scalar unless grad_tensors gives its cotangent (same shape).
    retain_graph: keep the saved arrays for another sweep (default: create_graph). create_graph: the gradients
    are themselves differentiable. inputs: only these tensors receive a gradient. Either every `.grad` is
    complete afterwards or, where an error is raised, none has changed.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    outputs, cotangents = _listed(tensors), _listed(grad_tensors)
    if inputs is None:  # the everyday case
        commit(_swept(outputs, cotangents, retain_graph, create_graph, None, "backward"), wrap, create_graph)
        return
    targets = _listed(inputs)
    if not targets:
        raise RuntimeError("backward: the `inputs` argument cannot be empty; leave it out to reach every leaf")
    goals = [_edge_of(target, "backward", "One of the inputs") for target in targets]
    found = _swept(outputs, cotangents, retain_graph, create_graph, goals, "backward")
    for goal in goals:
        if not isinstance(goal, Leaf):
            goal.retains_grad = goal.watched = True  # as if retain_grad() had been called
    commit({node: g if create_graph else np.array(g) for node, g in found.items()}, wrap, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` (summed) with respect to each of `inputs`; no `.grad` is touched.

    An input that the outputs do not depend on raises, gives None (allow_unused) or zeros (materialize_grads).
    is_grads_batched: grad_outputs hold a stack of cotangents, and the answers are stacked likewise: one sweep each.

    >>> x = tensor(3., requires_grad=True)
    >>> (slope,) = grad(x ** 3, x, create_graph=True)
    >>> grad(slope, x)
    (tensor(18.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: expected allow_unused to be True or not passed when materialize_grads=True")
    if is_grads_batched:
        flags = create_graph, allow_unused, False, materialize_grads
        return _batched(_listed(outputs), _listed(inputs), _listed(grad_outputs), retain_graph, *flags)
    targets = _listed(inputs)
    goals = [_edge_of(target, "grad", "One of the differentiated Tensors") for target in targets]
    found = _swept(_listed(outputs), _listed(grad_outputs), retain_graph, create_graph, goals, "grad")
    answers: list[Any] = []
    for i, (target, goal) in enumerate(zip(targets, goals, strict=True)):
        g = found.get(goal)
        if g is not None:
            answers.append(g if create_graph else wrap(np.array(g)))  # of its own, whoever else has it
        elif materialize_grads:
            answers.append(wrap(np.zeros_like(target.array)))
        elif allow_unused:
            answers.append(None)
        else:
            raise RuntimeError(
                f"grad: One of the differentiated Tensors (input {i}, shape {tuple(target.shape)}) appears to not have "
                "been used in the graph. Set allow_unused=True if this is the desired behavior, or "
                "materialize_grads=True for zeros."
            )
    return tuple(answers)


def _batched(
    outputs: list[Any], inputs: list[Any], batches: list[Any], retain_graph: bool | None, *flags: Any
) -> tuple[Any, ...]:
    """The gradients for each of a batch of cotangents, stacked."""
    retain = flags[0] if retain_graph is None else retain_graph
    sizes = {len(batch.array) if batch.array.ndim else 0 for batch in batches if batch is not None}
    if len(sizes) != 1 or 0 in sizes or len(batches) != len(outputs) or any(batch is None for batch in batches):
        raise RuntimeError(
            "grad: with is_grads_batched=True each of grad_outputs holds cotangents along its first dimension, as many "
            f"for each output; got shapes {[tuple(getattr(batch, 'shape', ())) for batch in batches]} for outputs of "
            f"shapes {[tuple(output.shape) for output in outputs]}"
        )
    (count,) = sizes
    answers = [
        grad(outputs, inputs, [batch[i] for batch in batches], retain or i < count - 1, *flags) for i in range(count)
    ]
    return tuple(None if each[0] is None else stack(each) for each in zip(*answers, strict=True))


def pull(
    outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Any, create_graph: bool, retain_graph: bool | None = None
) -> tuple[Any, ...]:
    """As `grad`, with None for an input that is not reached, and outputs that no input reaches left out."""
    used = [i for i, output in enumerate(outputs) if output is not None and output._edge is not None]
    if not used:
        return (None,) * len(inputs)
    seeds = None if cotangents is None else [cotangents[i] for i in used]
    return grad([outputs[i] for i in used], inputs, seeds, retain_graph, create_graph, allow_unused=True)


class Push:
    """The function v -> J v, J the Jacobian of outputs with respect to inputs: forward mode.

    u -> J^T u is linear, so its own J^T, taken at any u, is v -> J v. An output that no input reaches gives None.
    """

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Any]) -> None:
        self.us = [None if out._edge is None else wrap(np.zeros_like(out.array)).requires_grad_() for out in outputs]
        self.pulled = pull(outputs, inputs, self.us, create_graph=True)

    def __call__(self, vectors: Sequence[Any], create_graph: bool) -> list[Any]:
        """J v, differentiable if create_graph."""
        us = [u for u in self.us if u is not None]
        found = iter(pull(self.pulled, us, vectors, create_graph, retain_graph=True))
        return [None if u is None else next(found) for u in self.us]


def units(array: Any) -> Iterator[Any]:
    """For each element of an array, from first to last, a tensor that is 1 there and 0 elsewhere."""
    for i in range(array.size):
        one = np.zeros(array.shape, array.dtype)
        one.reshape(-1)[i] = 1
        yield wrap(one)


def _listed(tensors: Any) -> list[Any]:
    if tensors is None:
        return []
    return list(tensors) if isinstance(tensors, tuple | list) and not isinstance(tensors, GradientEdge) else [tensors]


class GradientEdge(NamedTuple):
    """Where a tensor's gradient is sent to, without the tensor: `grad` and `backward` take it in its place."""

    node: Node
    output_nr: int
    ownership_token: Node | None = None  # PyTorch's; a node here keeps its graph by itself

    @property
    def _edge(self) -> Node:
        if isinstance(self.node.shape, list):
            raise NotImplementedError(
                f"GradientEdge: {self.node.name()} computed several results; take the edge of one of them with "
                "get_gradient_edge(result)"
            )
        return self.node

    @property
    def array(self) -> np.ndarray[Any, Any]:
        """An array of the shape and dtype of the tensor, without memory."""
        return np.broadcast_to(np.zeros((), self._edge.dtype), self.node.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor."""
        return tuple(self.array.shape)


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge of a tensor that requires grad: with it the tensor's memory may go before the gradient is taken.

    >>> x = tensor(3., requires_grad=True)
    >>> grad(x * x, get_gradient_edge(x))
    (tensor(6.),)
    """
    if tensor._edge is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(tensor._edge, tensor.output_nr)


def _edge_of(tensor: Tensor | GradientEdge, name: str, who: str) -> Node:
    edge = tensor._edge
    if edge is None:
        raise RuntimeError(
            f"{name}: {who} (shape {tuple(tensor.shape)}) does not require grad. Make it with requires_grad=True, "
            "before it is used"
        )
    return edge  # type: ignore[no-any-return]


def _swept(
    outputs: Sequence[Tensor],
    cotangents: Sequence[Any],
    retain_graph: bool | None,
    create_graph: bool,
    goals: list[Node] | None,
    name: str,
) -> dict[Node, Any]:
    if cotangents and len(cotangents) != len(outputs):
        raise RuntimeError(f"{name}: got {len(outputs)} tensors and {len(cotangents)} gradients for them")
    roots, seeds = [], []
    for i, output in enumerate(outputs):
        if output._edge is None:
            raise RuntimeError(
                f"{name}: element {i} of tensors does not require grad and does not have a grad_fn (shape "
                f"{tuple(output.shape)}). Was it computed from tensors with requires_grad=True, outside of no_grad(), "
                "without .detach(), .data, .item() or .numpy() in between? If it is itself a gradient: was it computed with "
                "create_graph=True?"
            )
        roots.append(output._edge)
        seeds.append(_seed(output, cotangents[i] if cotangents else None, create_graph, name))
    retain = create_graph if retain_graph is None else retain_graph
    before = mode()
    set_mode(before | GRAD if create_graph else before & ~GRAD)
    try:
        with np.errstate(all="ignore"):
            return sweep(roots, seeds, retain_graph=retain, create_graph=create_graph, wanted=goals, tensor=wrap)
    finally:
        set_mode(before)


def _seed(output: Tensor, g: Any, create_graph: bool, name: str) -> Any:
    """The cotangent of an output, checked."""
    array = output.array
    if g is None:
        if array.size != 1:
            raise RuntimeError(
                f"{name}: grad can be implicitly created only for scalar outputs, but this one has shape "
                f"{tuple(array.shape)}. Reduce it first (.sum() or .mean()), or pass the gradient of each element."
            )
        if array.ndim == 0 and not create_graph:
            return array.dtype.type(1)  # a NumPy number does for 0-d, and is made faster than an array
        ones = np.ones_like(array)
        return wrap(ones) if create_graph else ones
    if not hasattr(g, "_edge"):
        raise TypeError(f"{name}: gradients can be either Tensors or None, but got {type(g).__name__}")
    if g.array.shape != array.shape:
        raise RuntimeError(
            f"{name}: Mismatch in shape: the gradient has shape {tuple(g.array.shape)} and the output {tuple(array.shape)}"
        )
    seed = g if create_graph else g.array
    return seed if seed.dtype == array.dtype else fitted(seed, output._edge, False)  # type: ignore[arg-type]  # outputs without an edge were refused
