"""A state machine: whatever is done to tensors and in which order, a gradient is right or an error is raised.

Hypothesis interleaves operations, views, in-place writes, `detach`, no_grad blocks, writes through NumPy and sweeps. Beside
the tensors runs a model of them: complex NumPy arrays, whose views and in-place writes behave as tensors' should, and
whose imaginary parts carry derivatives (the complex step, exact to rounding). A cut in the graph is a real part.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

import autograd_core as ag
from autograd_core import memory
from autograd_core.memory import Exported, Memory
from autograd_core.primitive import OPERATIONS
from tests.op_calls import floats

Array = np.ndarray[Any, Any]
STEP = 1e-30


@dataclass
class Cell:
    """A tensor's place in the model: an array, which others may share; cut: its derivatives do not count."""

    array: Array
    cut: bool = False

    def __post_init__(self) -> None:
        self.array = np.asarray(self.array)  # a 0-d result may be a number

    def read(self) -> Array:
        return self.array.real + 0j if self.cut else self.array

    def write_values(self, values: Any) -> None:
        """Behind the graph's back: derivatives stay as they are."""
        self.array[...] = np.real(values) + self.array.imag * 1j


Model = dict[str, Cell]
Moved = tuple[str, int]  # a leaf, and which of its elements is moved by an imaginary step

UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "exp of tanh": lambda x: np.exp(np.tanh(x)),
    "square": lambda x: x * x,
    "quotient": lambda x: 1 / (x * x + 2),
    "negative": lambda x: -x,
    "copy": lambda x: x + 0,
    "mean": lambda x: x.mean(),
    "row sums": lambda x: x.sum(axis=0),
    "twice": lambda x: np.concatenate([x, x]),
    "product": lambda x: (x.reshape(-1) * x.reshape(-1)).reshape(x.shape) * 0.5,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "stack": lambda x, y: np.stack([x, y]) if x.shape == y.shape else x * y,
}
VIEWS: dict[str, Callable[[Any], Any]] = {
    "first": lambda x: x[0, ...],
    "last": lambda x: x[-1:],
    "every other": lambda x: x[::2],
    "transposed": lambda x: x.T,
    "flat": lambda x: x.reshape(-1),
    "with a dimension": lambda x: x[None],
    "itself": lambda x: x[...],
}
WRITES: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "multiply": lambda x, y: x * y,
    "copy": lambda x, y: y + x * 0,
}
IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x.add_(y),
    "multiply": lambda x, y: x.mul_(y),
    "copy": lambda x, y: x.copy_(y + x.detach() * 0),
}
numbers = st.floats(-1.5, 1.5, width=32).map(lambda x: round(x, 2))
shapes = st.sampled_from([(), (2,), (3,), (2, 2), (2, 3)])


class Machine(RuleBasedStateMachine):
    """The tensors, and the program that made them as steps of the model."""

    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.tensors: dict[str, ag.Tensor] = {}
        self.leaves: dict[str, Array] = {}
        self.cut: set[str] = set()
        self.program: list[Callable[[Model, Moved], None]] = []
        self.writes = 0

    def replayed(self, moved: Moved = ("", 0)) -> Model:
        model: Model = {}
        for step in self.program:
            step(model, moved)
        return model

    def add(self, tensor: ag.Tensor, step: Callable[[Model, Moved], Cell]) -> str:
        """A new tensor, and how the model makes it."""
        name = f"x{len(self.tensors)}"
        self.tensors[name] = tensor
        self.program.append(lambda model, moved: model.update({name: step(model, moved)}))
        return name

    # ------------------------------------------------------------ making tensors

    @initialize(target=names)
    def start(self) -> Any:
        parameters = [self._leaf(floats(*shape), True, False) for shape in ((2, 3), (3,))]
        constants = [self._leaf(floats(*shape), False, True) for shape in ((2, 3), (2, 1))]
        return multiple(*parameters, *constants)

    @rule(target=names, shape=shapes, data=st.data(), requires_grad=st.booleans(), shared=st.booleans())
    def leaf(self, shape: tuple[int, ...], data: Any, requires_grad: bool, shared: bool) -> str:
        count = int(np.prod(shape))
        values = np.array(data.draw(st.lists(numbers, min_size=count, max_size=count)))
        return self._leaf(values.reshape(shape), requires_grad, shared)

    def _leaf(self, values: Array, requires_grad: bool, shared: bool) -> str:
        def step(model: Model, moved: Moved) -> Cell:
            array = values.astype(complex)
            if moved[0] == name:
                array.reshape(-1)[moved[1]] += STEP * 1j
            return Cell(array)

        tensor = ag.from_numpy(values.copy()) if shared else ag.tensor(values)
        name = self.add(tensor.requires_grad_(requires_grad), step)
        if requires_grad:
            self.leaves[name] = values
        return name

    @rule(target=names, a=names, kind=st.sampled_from(sorted(UNARY)), recorded=st.booleans())
    def unary(self, a: str, kind: str, recorded: bool) -> str:
        possible = self.tensors[a].ndim or kind not in ("row sums", "twice")
        return self._computed([a], UNARY[kind if possible else "sin"], recorded)

    @rule(target=names, a=names, b=names, kind=st.sampled_from(sorted(BINARY)))
    def binary(self, a: str, b: str, kind: str) -> str:
        return self._computed([a, b], BINARY[kind], True) if _fit(self.tensors[a], self.tensors[b]) else a

    def _computed(self, operands: list[str], function: Callable[..., Any], recorded: bool) -> str:
        given = [self.tensors[name] for name in operands]
        if any(tensor.numel() > 12 for tensor in given):
            return operands[0]

        def step(model: Model, moved: Moved) -> Cell:
            value = np.array(function(*[model[operand].read() for operand in operands]))
            return Cell(value if recorded else value.real + 0j)

        with ag.set_grad_enabled(recorded):
            out = function(*given)
        return self.add(out if isinstance(out, ag.Tensor) else ag.tensor(out), step)  # np.stack of constants: an array

    @rule(target=names, a=names, kind=st.sampled_from(sorted(VIEWS)))
    def view(self, a: str, kind: str) -> str:
        x = self.tensors[a]
        if (not x.ndim and kind in ("first", "last", "every other")) or (kind == "flat" and not x.is_contiguous()):
            return a
        name = self.add(VIEWS[kind](x), lambda model, _: Cell(VIEWS[kind](model[a].array), model[a].cut))
        if a in self.cut:
            self.cut.add(name)
        return name

    @rule(target=names, a=names)
    def detach(self, a: str) -> str:
        name = self.add(self.tensors[a].detach(), lambda model, _: Cell(model[a].array, True))
        self.cut.add(name)
        return name

    # ------------------------------------------------------------ writing

    @rule(a=names, b=names, kind=st.sampled_from(sorted(WRITES)), recorded=st.booleans())
    def write(self, a: str, b: str, kind: str, recorded: bool) -> None:
        x, y = self.tensors[a], self.tensors[b]
        if not _fit(x, y) or np.broadcast_shapes(x.shape, y.shape) != x.shape:
            return
        if recorded and a in self.cut:  # x.detach() gets a history of its own: the model has one for both
            x, y = x.detach(), y.detach()
        if a != b and np.may_share_memory(x.array, y.array):
            y = y.clone()
        before = {name: tensor.array.copy() for name, tensor in self.tensors.items()}
        try:
            with ag.set_grad_enabled(recorded):
                IN_PLACE[kind](x, y)
        except RuntimeError as error:
            assert "leaf Variable" in str(error) or "created in no_grad mode" in str(error), error
            for name, array in before.items():
                np.testing.assert_array_equal(self.tensors[name].array, array)
            return
        self.writes += 1

        def step(model: Model, moved: Moved) -> None:
            cell = model[a]
            new = WRITES[kind](cell.read(), model[b].read())
            if recorded and not cell.cut:
                cell.array[...] = new
            else:
                cell.write_values(new)

        self.program.append(step)

    @rule(a=names, value=numbers)
    def write_through_numpy(self, a: str, value: float) -> None:
        self.tensors[a].detach().numpy()[...] = value
        self.writes += 1
        self.program.append(lambda model, _: model[a].write_values(np.full(self.tensors[a].shape, value)))

    # ------------------------------------------------------------ comparing

    @invariant()
    def values_agree(self) -> None:
        for name, cell in self.replayed().items():
            np.testing.assert_allclose(self.tensors[name].array, cell.array.real, rtol=1e-12, atol=1e-12)

    @rule(a=names)
    def sweep(self, a: str) -> None:
        self._sweep(self.tensors[a], a)

    @rule()
    def sweep_the_latest(self) -> None:
        self._sweep(*next((x, name) for name, x in reversed(self.tensors.items()) if x.requires_grad))

    def _sweep(self, root: ag.Tensor, a: str) -> None:
        if not root.requires_grad or not self.leaves:
            return
        leaves = [self.tensors[name] for name in self.leaves]
        try:
            found = ag.grad(root.sum(), leaves, retain_graph=True, materialize_grads=True)
        except RuntimeError as error:
            assert self.writes, f"nothing was written, but: {error}"
            assert "modified by an inplace operation" in str(error), error
            return
        for (name, values), gradient in zip(self.leaves.items(), found, strict=True):
            slopes = [self.replayed((name, i))[a].read().sum().imag / STEP for i in range(values.size)]
            np.testing.assert_allclose(gradient.numpy().reshape(-1), slopes, rtol=1e-9, atol=1e-12)


def _fit(x: ag.Tensor, y: ag.Tensor) -> bool:
    try:
        return bool(np.prod(np.broadcast_shapes(x.shape, y.shape)) <= 12)
    except ValueError:
        return False


EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "200"))
TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=EXAMPLES == 200,
)


def finds_something() -> None:
    """Without shortening what it finds."""
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(
            Machine, settings=settings(TestMachine.settings, max_examples=5000, phases=[Phase.generate])
        )


BUGS: dict[str, tuple[str, Callable[..., Any]]] = {
    "a factor": ("mul", lambda g, other: g * other * 2),
    "a sign": ("minus", lambda g: -g),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, wrong = BUGS[bug]
    op = OPERATIONS[name]
    assert op.formulas is not None
    monkeypatch.setattr(op, "formulas", [wrong, *op.formulas[1:]])
    finds_something()


def test_an_unnoticed_write_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for method in (Memory, Exported):
        monkeypatch.setattr(method, "written", lambda self: None)
    finds_something()


def test_an_unnoticed_write_through_numpy_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_detecting", False)
    finds_something()
