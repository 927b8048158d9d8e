"""Derivatives of what has been computed: `backward` and `grad`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import Leaf, Node, commit, fitted, sweep
from .modes import GRAD, mode, set_mode
from .primitive import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    >>> x = tensor(3., requires_grad=True)
    >>> (slope,) = grad(x ** 3, x, create_graph=True)
    >>> grad(slope, x)
    (tensor(18.),)
    """
    if is_grads_batched:
        raise NotImplementedError("grad: is_grads_batched=True is not supported; loop over the cotangents")
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: expected allow_unused to be True or not passed when materialize_grads=True")
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


def _listed(tensors: Any) -> list[Any]:
    return [] if tensors is None else list(tensors) if isinstance(tensors, tuple | list) else [tensors]


def _edge_of(tensor: Tensor, name: str, who: str) -> Node:
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
