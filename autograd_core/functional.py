"""Derivatives of functions: Jacobians, Hessians and their products with vectors (`torch.autograd.functional`).

A function takes tensors and returns a tensor or a tuple of them; `inputs` is one tensor or a tuple, and answers
come in the same form. The inputs are used as fresh tensors, so what else the function reads is a constant.
create_graph: the answers are themselves differentiable. strict: an output or derivative that does not depend on
an input raises; otherwise it is zeros.

https://docs.pytorch.org/docs/stable/autograd.html#functional-higher-level-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .derivatives import Push, pull, units
from .modes import enable_grad
from .ops.joining import stack
from .ops.shape import view_as
from .tensors.creation import zeros_like

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .tensor import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Any, ...]


# ---------------------------------------------------------------- products with vectors


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), v^T J): one backward sweep. v has the form of the output; a single number needs none.

    >>> vjp(lambda x: x * x, tensor([1., 2.]), ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    call = _Call("vjp", func, inputs, create_graph, strict)
    v = call.vector(v, call.outputs, call.output_is_tuple, "user-provided function returns")
    found = pull(call.outputs, call.inputs, v, create_graph)
    return call.output, call.like_inputs(call.filled(found, call.inputs, "output", "input"))


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), J v): the derivative along v. v has the form of the inputs; a single number needs none.

    >>> jvp(lambda x: x.sum(), tensor([1., 2.]), tensor([1., 10.]))
    (tensor(3.), tensor(11.))
    """
    call = _Call("jvp", func, inputs, create_graph, strict)
    v = call.vector(v, call.inputs, call.input_is_tuple, "input to the user-provided function is")
    call.check_each_input_is_used()
    found = Push(call.outputs, call.inputs)(v, create_graph)
    return call.output, call.like_outputs(call.filled(found, call.outputs, "gradient", "entry"))


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), v^T H), H the Hessian of a function with one number as its result: two sweeps.

    >>> vhp(lambda x: (x ** 3).sum(), tensor([1., 2.]), ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    call = _Call("vhp", func, inputs, create_graph, strict)
    v = call.vector(v, call.inputs, call.input_is_tuple, "input to the user-provided function is")
    found = pull(call.gradient(), call.inputs, v, create_graph)
    return call.output, call.like_inputs(call.filled(found, call.inputs, "jacobian", "input"))


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), H v). Where second derivatives are continuous H is symmetric: then `vhp` is the same, for less.

    >>> hvp(lambda x: (x ** 3).sum(), tensor([1., 2.]), ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    call = _Call("hvp", func, inputs, create_graph, strict)
    v = call.vector(v, call.inputs, call.input_is_tuple, "input to the user-provided function is")
    gradient = call.gradient()
    found = Push([zeros_like(x) if g is None else g for g, x in zip(gradient, call.inputs, strict=True)], call.inputs)(
        v, create_graph
    )
    return call.output, call.like_inputs(call.filled(found, call.inputs, "hessian", "entry"))


# ---------------------------------------------------------------- matrices


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivative of each output with respect to each input, of shape (*output.shape, *input.shape).

    A tensor; with a tuple of outputs or of inputs a tuple; with both a tuple (outputs) of tuples (inputs).
    strategy: "reverse-mode", a sweep for each number in the outputs, or "forward-mode", one for each number in the
    inputs. vectorize changes nothing: every row is a sweep of its own.

    >>> jacobian(lambda x: x * x, tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(f'jacobian: strategy must be "forward-mode" or "reverse-mode", not {strategy!r}')
    forward = strategy == "forward-mode"
    if strict and (vectorize or forward):
        raise RuntimeError(
            "jacobian: strict=True is not supported together with vectorize=True or forward-mode: leave one of them out"
        )
    call = _Call("jacobian", func, inputs, create_graph, strict)
    if forward:
        matrix = _by_columns(call)
    else:
        matrix = [[_stacked(rows, output, x) for rows, x in _rows(call, i)] for i, output in enumerate(call.outputs)]
    return call.like_outputs([call.like_inputs([call.released(block) for block in row]) for row in matrix])


def _rows(call: _Call, i: int) -> list[tuple[list[Any], Any]]:
    """For each input, the gradients of every number in output i, and the input."""
    output, rows = call.outputs[i], []
    for one in units(output.array):
        found = pull([output], call.inputs, [one], call.create_graph, retain_graph=True)
        rows.append(call.filled(found, call.inputs, f"output {i}", "input"))
    return [([row[j] for row in rows], x) for j, x in enumerate(call.inputs)]


def _by_columns(call: _Call) -> list[list[Any]]:
    along = Push(call.outputs, call.inputs)
    matrix: list[list[Any]] = [[] for _ in call.outputs]
    for j, x in enumerate(call.inputs):
        columns = []
        for one in units(x.array):
            directions = [one if k == j else zeros_like(other) for k, other in enumerate(call.inputs)]
            columns.append(call.filled(along(directions, call.create_graph), call.outputs, "gradient", "entry"))
        for i, output in enumerate(call.outputs):
            block = _stacked([column[i] for column in columns], x, output)
            n = x.array.ndim
            matrix[i].append(block.movedim(tuple(range(n)), tuple(range(-n, 0))) if n else block)
    return matrix


def _stacked(rows: list[Any], first: Any, second: Any) -> Any:
    """Rows, one for each number in `first` and of the shape of `second`, as one tensor."""
    size = first.array.shape + second.array.shape
    return stack(rows).reshape(size) if rows else second.new_zeros(size)


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function with one number as its result: the Jacobian of its gradient.

    For one input a tensor of shape (*input.shape, *input.shape), for a tuple a tuple of tuples.

    >>> hessian(lambda x: (x ** 3).sum(), tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    is_tuple, _ = _tupled(inputs, "inputs", "hessian")

    def gradient(*xs: Any) -> Any:
        call = _Call("hessian", func, xs, True, strict)
        return tuple(zeros_like(x) if g is None else g for g, x in zip(call.gradient(), call.inputs, strict=True))

    found = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found if is_tuple else found[0]


# ---------------------------------------------------------------- the call


class _Call:
    """A function called on fresh tensors: `inputs`, `outputs`, and the form in which both were given."""

    def __init__(self, name: str, func: Callable[..., Any], inputs: Any, create_graph: bool, strict: bool) -> None:
        self.name, self.create_graph, self.strict = name, create_graph, strict
        self.input_is_tuple, given = _tupled(inputs, "inputs", name)
        with enable_grad():
            self.inputs = tuple(_fresh(x, create_graph, True) for x in given)
            returned = func(*self.inputs)
        self.output_is_tuple, self.outputs = _tupled(returned, "outputs of the user-provided function", name)
        for i, output in enumerate(self.outputs):
            if strict and output._edge is None:
                raise RuntimeError(
                    f"{name}: Output {i} of the user-provided function does not require gradients. The outputs must be "
                    "computed in a differentiable manner from the input when running in strict mode."
                )

    @property
    def output(self) -> Any:
        """What the function returned, without a graph unless create_graph."""
        return self.like_outputs([self.released(output) for output in self.outputs])

    def released(self, tensor: Tensor) -> Tensor:
        """An answer: without its graph, unless create_graph."""
        return tensor if self.create_graph else tensor.detach()

    def like_inputs(self, answers: Sequence[Any]) -> Any:
        """One answer for each input, as the inputs were given."""
        return tuple(answers) if self.input_is_tuple else answers[0]

    def like_outputs(self, answers: Sequence[Any]) -> Any:
        """One answer for each output, as they were returned."""
        return tuple(answers) if self.output_is_tuple else answers[0]

    def vector(self, v: Any, others: Tensors, is_tuple: bool, what: str) -> Tensors | None:
        """The given vector, checked against the tensors that it belongs to; None stands for the number 1."""
        if v is None:
            if len(others) != 1 or others[0].array.size != 1:
                raise RuntimeError(
                    f"{self.name}: The vector v can only be None if the {what} a single Tensor with a single element."
                )
            return (others[0].new_ones(others[0].array.shape),)
        vectors = tuple(_fresh(each, self.create_graph, False) for each in _tupled(v, "v", self.name)[1])
        if len(vectors) != len(others):
            raise RuntimeError(
                f"{self.name}: v is a tuple of invalid length: should be {len(others)} but got {len(vectors)}."
                if is_tuple
                else f"{self.name}: The given v should contain a single Tensor."
            )
        for i, (each, other) in enumerate(zip(vectors, others, strict=True)):
            if each.array.shape != other.array.shape:
                raise RuntimeError(
                    f"{self.name}: entry {i} of v has invalid size: should be {tuple(other.shape)} but got "
                    f"{tuple(each.shape)}."
                )
        return vectors

    def gradient(self) -> Tensors:
        """The gradient, differentiable, of a function with one number as its result."""
        if self.output_is_tuple:
            raise RuntimeError(f"{self.name}: the function should return a single Tensor")
        if self.outputs[0].array.size != 1:
            raise RuntimeError(
                f"{self.name}: The Tensor returned by the function should contain a single element, not shape "
                f"{tuple(self.outputs[0].shape)}; reduce it with .sum()"
            )
        found = pull(self.outputs, self.inputs, None, create_graph=True)
        for i, g in enumerate(found):
            if self.strict and (g is None or g._edge is None):
                raise RuntimeError(
                    f"{self.name}: the jacobian of the user-provided function with respect to input {i} is independent of "
                    "the input. This is not allowed in strict mode: the function must not be linear in it."
                )
        return found

    def check_each_input_is_used(self) -> None:
        """In strict mode: raise where an input has no influence."""
        if not self.strict:
            return
        ones = [output.new_ones(output.array.shape) for output in self.outputs]
        for i, g in enumerate(pull(self.outputs, self.inputs, ones, create_graph=False, retain_graph=True)):
            if g is None:
                raise RuntimeError(
                    f"{self.name}: The output of the user-provided function is independent of input {i}. This is not "
                    "allowed in strict mode."
                )

    def filled(self, found: Sequence[Any], like: Tensors, what: str, which: str) -> list[Any]:
        """What was found, with zeros where nothing depends; in strict mode that raises."""
        answers = []
        for i, (g, other) in enumerate(zip(found, like, strict=True)):
            if self.strict and g is None:
                raise RuntimeError(
                    f"{self.name}: The {what} of the user-provided function is independent of {which} {i}. This is not "
                    "allowed in strict mode."
                )
            if self.strict and self.create_graph and g._edge is None:
                raise RuntimeError(
                    f"{self.name}: The derivative of the user-provided function is independent of {which} {i}. This is "
                    "not allowed in strict mode when create_graph=True."
                )
            answers.append(zeros_like(other) if g is None else g)
        return answers


def _tupled(value: Any, what: str, name: str) -> tuple[bool, Tensors]:
    """Whether it is a tuple, and the tuple."""
    is_tuple = isinstance(value, tuple)
    items: Tensors = value if is_tuple else (value,)
    for i, item in enumerate(items):
        if not hasattr(item, "_edge"):
            place = f" at index {i}" if is_tuple else ""
            raise TypeError(
                f"{name}: the {what} must be either a Tensor or a tuple of Tensors, but the value{place} is of type "
                f"{type(item).__name__}"
            )
    return is_tuple, items


def _fresh(x: Tensor, create_graph: bool, requires_grad: bool) -> Tensor:
    """The same values as a tensor of its own, joined to x's graph where the answers shall be."""
    return view_as(x, x) if create_graph and x._edge is not None else x.detach().requires_grad_(requires_grad)
