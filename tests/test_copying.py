"""copy, deepcopy and pickle of tensors. Each case is a program of the library; the parity test runs it in PyTorch."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag


def used(t: Any) -> Any:
    """A leaf with a gradient, a hook and an attribute of the user's."""
    x = t.arange(6.0).reshape(2, 3).clone().requires_grad_()
    x.register_hook(lambda g: g * 2)
    (x * x).sum().backward()
    x.note = [1]
    return x


def described(x: Any) -> Any:
    return x.requires_grad, x.is_leaf, x.tolist(), None if x.grad is None else x.grad.tolist(), x.note


def unpickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def shared_by_a_copy(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    y = copy.copy(x)
    with t.no_grad():
        y[0] = 9
    (y * 3).sum().backward()
    return x.tolist(), x.grad, y.grad.tolist(), y is x


def shared_in_a_deep_copy(t: Any) -> Any:
    x = t.arange(4.0)
    whole, view, again, column = copy.deepcopy([x, x[1:], x, x.view(2, 2)[:, 1]])
    whole[1] = 9
    return view.tolist(), column.tolist(), again is whole, x.tolist(), view.storage_offset(), column.stride()


def a_view_first(t: Any) -> Any:
    x = t.arange(4.0)
    view, whole = copy.deepcopy([x[2:], x])
    view[0] = 9
    return whole.tolist(), x.tolist()


def a_gradient_in_a_deep_copy(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    y, gradient = copy.deepcopy([x, x.grad])
    return y.grad is gradient, y.grad is x.grad, gradient.tolist()


def hooks_stay_behind(t: Any) -> Any:
    y = copy.deepcopy(used(t))
    y.grad = None
    y.sum().backward()
    return y.grad.tolist()


def strides(t: Any) -> Any:
    transposed, expanded = t.arange(6.0).reshape(2, 3).t(), t.arange(2.0).reshape(2, 1).expand(2, 3)
    return [
        (tuple(x.stride()), x.tolist())
        for x in (copy.deepcopy(transposed), copy.deepcopy(expanded), unpickled(transposed))
    ]


def an_attribute_that_is_a_tensor(t: Any) -> Any:
    x, y = t.ones(2), t.zeros(2)
    x.friend = y
    twin, other = copy.deepcopy([x, y])
    return twin.friend is other, twin.friend is y, copy.copy(x).friend is y


PROGRAMS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "copy": (lambda t: described(copy.copy(used(t))), (True, True, [[0, 1, 2], [3, 4, 5]], None, [1])),
    "deepcopy": (lambda t: described(copy.deepcopy(used(t))), (True, True, [[0, 1, 2], [3, 4, 5]], [[0, 4, 8], [12, 16, 20]], [1])),
    "pickle": (lambda t: described(unpickled(used(t))), (True, True, [[0, 1, 2], [3, 4, 5]], None, [1])),
    "copy of a result": (lambda t: (lambda y: (y.requires_grad, y.is_leaf))(copy.copy(used(t) * 1)), (True, True)),
    "pickle of a result": (lambda t: (lambda y: (y.requires_grad, y.is_leaf))(unpickled(used(t) * 1)), (True, True)),
    "deepcopy of a result": (lambda t: copy.deepcopy(used(t) * 1), RuntimeError),
    "deepcopy of a view of a leaf": (lambda t: copy.deepcopy(used(t)[0]), RuntimeError),
    "shared by a copy": (shared_by_a_copy, ([9, 1], None, [3, 3], False)),
    "shared in a deep copy": (shared_in_a_deep_copy, ([9, 2, 3], [9, 3], True, [0, 1, 2, 3], 1, (2,))),
    "a view first": (a_view_first, ([0, 1, 9, 3], [0, 1, 2, 3])),
    "a gradient in a deep copy": (a_gradient_in_a_deep_copy, (True, False, [2, 2])),
    "hooks stay behind": (hooks_stay_behind, [[1, 1, 1], [1, 1, 1]]),
    "strides": (strides, [((1, 3), [[0, 3], [1, 4], [2, 5]]), ((1, 0), [[0, 0, 0], [1, 1, 1]]), ((1, 3), [[0, 3], [1, 4], [2, 5]])]),
    "an attribute that is a tensor": (an_attribute_that_is_a_tensor, (True, False, True)),
    "empty": (lambda t: tuple(copy.deepcopy(t.zeros(0, 3)).shape), (0, 3)),
    "a number": (lambda t: copy.deepcopy(t.tensor(5)).item(), 5),
    "Size": (lambda t: tuple(unpickled(t.Size([1, 2]))), (1, 2)),
}  # fmt: skip


def run(name: str, library: Any) -> None:
    program, expected = PROGRAMS[name]
    if isinstance(expected, type):
        with pytest.raises(expected):
            program(library)
    else:
        assert program(library) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    run(name, ag)


def test_memory_of_numpys() -> None:
    """Of what `from_numpy` was given, a deep copy copies as much as the tensor could reach; of memory with gaps, itself."""
    memory = np.arange(12.0)
    for array in (memory[3:], memory[::4], memory[::-1], memory.reshape(3, 4).T, memory.reshape(3, 4)[:, 1]):
        x = ag.from_numpy(array)
        y, z = copy.deepcopy([x, x[1:]])
        np.testing.assert_array_equal(y.numpy(), array)
        np.testing.assert_array_equal(z.numpy(), array[1:])
        assert not np.shares_memory(y.numpy(), memory)
        y[1:] = 7
        assert memory.tolist() == list(range(12))
        np.testing.assert_array_equal(z.numpy(), np.full(z.shape, 7))


def test_a_tensor_that_refers_to_itself() -> None:
    x = ag.ones(1)
    x.me = x  # type: ignore[attr-defined]
    y = copy.deepcopy(x)
    assert y.me is y
