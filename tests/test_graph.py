"""The graph and its sweep: what backward, grad, hooks, grad modes and Function promise."""

from __future__ import annotations

import asyncio
import copy
import gc
import threading
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor, grad, tensor


def leaf(*values: float, dtype: Any = ag.float64) -> Tensor:
    return tensor(list(values), dtype=dtype, requires_grad=True)


def number(value: float) -> Tensor:
    return tensor(value, dtype=ag.float64, requires_grad=True)


def values(x: Tensor | None) -> Any:
    assert x is not None
    return x.detach().tolist()


def shares_memory(x: Any, y: Any) -> bool:
    return np.shares_memory(x.array, y.array)


# ---------------------------------------------------------------- backward


def test_gradients_accumulate_and_are_tensors_of_shape_and_dtype() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    assert isinstance(x.grad, Tensor)
    assert x.grad.dtype == ag.float32
    assert values(x.grad) == [2, 4]
    before = x.grad
    (3 * x).sum().backward()
    assert x.grad is before  # added in place, as in PyTorch
    assert values(x.grad) == [5, 7]


def test_a_second_backward_names_the_operation_and_the_remedies() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"(?s)second time.*mul.*\.detach\(\).*retain_graph=True"):
        y.backward()
    assert values(x.grad) == [2, 4]


def test_a_second_backward_is_allowed_where_nothing_was_saved() -> None:
    x = leaf(1.0, 2.0)
    y = (x + x).sum()
    y.backward()
    y.backward()
    assert values(x.grad) == [4, 4]


def test_a_retained_graph_is_swept_again() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert values(x.grad) == [4, 8]
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_a_graph_released_in_part_raises_before_any_grad_changes() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    hidden = x * x
    hidden.sum().backward()
    x.grad = None
    with pytest.raises(RuntimeError, match="second time"):
        (hidden * w).sum().backward()
    assert x.grad is None
    assert w.grad is None


def test_backward_of_what_is_not_a_scalar() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"only for scalar outputs.*\(2,\)"):
        (x * x).backward()
    (x * x).backward(tensor([1.0, 10.0], dtype=ag.float64))
    assert values(x.grad) == [2, 40]
    y = leaf(1.0)
    (y * 3).backward()  # one element will do
    assert values(y.grad) == [3]


def test_the_gradient_argument_is_checked() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"shape.*\(3,\).*\(2,\)"):
        (x * x).backward(ag.ones(3, dtype=ag.float64))
    with pytest.raises(TypeError, match="Tensors or None"):
        (x * x).backward(np.ones(2))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="does not require grad"):
        tensor(1.0).backward()
    (x * x).backward(tensor([1, 1]))  # converted
    assert x.grad is not None
    assert x.grad.dtype == ag.float64
    with pytest.raises(RuntimeError, match=r"2 tensors and 1"):
        ag.backward([x.sum(), x.sum()], [None])


def test_a_leaf_that_was_given_another_shape_after_its_use_raises() -> None:
    x = leaf(1.0, 2.0)
    used, other = x.exp().sum(), (x * 2).sum()
    with ag.no_grad():
        x.unsqueeze_(1)
    with pytest.raises(RuntimeError, match=r"shape \(2,\) for a leaf of shape \(2, 1\)"):
        used.backward()
    x.data = ag.zeros(3, dtype=ag.float64)
    with pytest.raises(RuntimeError):
        other.backward()
    assert x.grad is None


def test_several_outputs_sum() -> None:
    x = leaf(1.0, 2.0)
    ag.backward([x.sum(), (x * x).sum()], [tensor(10.0, dtype=ag.float64), None])
    assert values(x.grad) == [12, 14]
    (g,) = grad([x.sum(), (x * x).sum()], x)
    assert values(g) == [3, 5]
    y = x.sum()
    (g,) = grad([y, y], x)  # the same output twice counts twice
    assert values(g) == [2, 2]


def test_backward_of_a_leaf() -> None:
    x = number(2.0)
    x.backward()
    assert values(x.grad) == 1
    g = tensor(5.0, dtype=ag.float64)
    x.grad = None
    x.backward(g)
    assert x.grad is not g
    assert not shares_memory(x.grad, g)


def test_backward_with_inputs_reaches_nothing_else() -> None:
    x, y = leaf(1.0), leaf(2.0)
    z = x * y
    product = z * z
    product.backward(inputs=[x])
    assert values(x.grad) == [8]
    assert y.grad is None
    with pytest.raises(RuntimeError, match="cannot be empty"):
        (x * y).backward(inputs=[])
    with pytest.raises(RuntimeError, match="does not require grad"):
        (x * y).backward(inputs=[tensor(1.0)])
    z = x * y
    (z * z).backward(inputs=[z])
    assert values(z.grad) == [4]


# ---------------------------------------------------------------- grad


def test_grad_leaves_grad_alone() -> None:
    x = leaf(1.0, 2.0)
    (g,) = grad((x * x).sum(), x)
    assert values(g) == [2, 4]
    assert x.grad is None
    assert not g.requires_grad


def test_unused_inputs() -> None:
    x, y = leaf(1.0), leaf(2.0, 3.0)
    with pytest.raises(RuntimeError, match=r"not have been used.*allow_unused=True"):
        grad((x * x).sum(), [x, y])
    assert grad((x * x).sum(), [x, y], allow_unused=True)[1] is None
    g = grad((x * x).sum(), [x, y], materialize_grads=True)[1]
    assert values(g) == [0, 0]
    assert g.dtype == ag.float64
    with pytest.raises(ValueError, match="allow_unused"):
        grad((x * x).sum(), [x, y], materialize_grads=True, allow_unused=False)
    with pytest.raises(RuntimeError, match="does not require grad"):
        grad((x * x).sum(), tensor([1.0]))


def test_the_same_input_twice_gives_two_gradients() -> None:
    x = leaf(1.0, 2.0)
    g, h = grad((x * x).sum(), [x, x])
    assert values(g) == values(h) == [2, 4]
    assert not shares_memory(g, h)


def test_grad_with_respect_to_results_between() -> None:
    x = leaf(1.0, 2.0)
    y = x * 3
    z = y * y
    gz, gy, gx = grad(z.sum(), [z, y, x])
    assert (values(gz), values(gy), values(gx)) == ([1, 1], [6, 12], [18, 36])
    y = x * 3
    (y * y).sum().backward()  # releases y's own node too
    assert values(grad(y.sum(), y)[0]) == [1, 1]  # which this needs not


def test_grad_stops_at_its_goals() -> None:
    """Formulas beyond the goals are not run: a released part of the graph that is not needed does no harm."""
    x, w = leaf(1.0), leaf(5.0)
    y = x * x
    y.backward()
    calls: list[Any] = []
    y.register_hook(calls.append)
    assert values(grad(y * w, w)[0]) == [1]
    assert calls == []


def test_grads_do_not_alias() -> None:
    x, y, g = leaf(1.0, 2.0), leaf(3.0, 4.0), tensor([5.0, 6.0], dtype=ag.float64)
    (x + y).backward(g)
    assert x.grad is not None
    assert y.grad is not None
    assert not shares_memory(x.grad, y.grad)
    assert not shares_memory(x.grad, g)
    assert not shares_memory(y.grad, g)
    x.grad.zero_()
    assert values(y.grad) == [5, 6]
    assert values(g) == [5, 6]


def test_grads_do_not_alias_under_create_graph() -> None:
    x, y, g = leaf(1.0, 2.0), leaf(3.0, 4.0), tensor([5.0, 6.0], dtype=ag.float64)
    (x + y).backward(g, create_graph=True)
    assert x.grad is not None
    assert y.grad is not None
    assert x.grad is not y.grad
    assert not shares_memory(x.grad, y.grad)
    assert not shares_memory(x.grad, g)


@pytest.mark.parametrize("operation", [
    lambda x: x.flip(0), lambda x: x.view(-1), lambda x: x.reshape(1, 3)[0], lambda x: x[:], lambda x: x + 0, lambda x: x.t(),
    lambda x: ag.cat([x, x]), lambda x: ag.stack([x, x]), lambda x: x.expand(1, 3), lambda x: x.unsqueeze(0), lambda x: x.roll(1),
    lambda x: x.clone(), lambda x: x.float(), lambda x: x.double(), lambda x: x.unbind()[0], lambda x: x.split(2)[0],
    lambda x: x.sum(), lambda x: -x, lambda x: x.sum(0, keepdim=True), lambda x: x.cumsum(0),
])  # fmt: skip
def test_a_users_gradient_is_never_written_to_nor_kept(operation: Any) -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = operation(x * 1) if operation(x).ndim == 0 else operation(x)
    z = operation(x)
    cotangent = ag.ones_like(z.detach())
    ag.backward([z, y], [cotangent, cotangent], retain_graph=True)
    ag.backward([z, y, x], [cotangent, cotangent, ag.ones_like(x.detach())])
    assert (cotangent.array == 1).all()
    assert x.grad is not None
    assert not shares_memory(x.grad, cotangent)


def test_summing_two_paths_writes_to_neither() -> None:
    """y and z wait with the same array as their gradient while y receives another."""
    x = leaf(1.0, 2.0, 3.0)
    w = tensor([1.0, 10.0, 100.0], dtype=ag.float64)
    z, y = x * 1, x * 1
    late = y.flip(0)
    total = late + z  # one gradient array for both
    ((total * w).sum() + (y * 1000).sum()).backward()
    assert values(x.grad) == [1101, 1020, 1101]


def test_assigned_grad_is_checked() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="size"):
        x.grad = ag.ones(3, dtype=ag.float64)
    with pytest.raises(RuntimeError, match="type"):
        x.grad = ag.ones(2)
    with pytest.raises(TypeError, match="Tensor or None"):
        x.grad = 1.0  # type: ignore[assignment]
    x.grad = ag.full((2,), 10.0, dtype=ag.float64)
    (x * x).sum().backward()
    assert values(x.grad) == [12, 14]
    del x.grad
    assert x.grad is None


def test_an_assigned_grad_that_overlaps_is_not_written_to() -> None:
    x = leaf(1.0, 2.0)
    source = tensor([10.0], dtype=ag.float64)
    x.grad = source.expand(2)
    (x * x).sum().backward()
    assert values(x.grad) == [12, 14]
    assert values(source) == [10]


# ---------------------------------------------------------------- size and order of graphs


def test_shared_exponentially_often_in_linear_time() -> None:
    x = number(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert values(x.grad) == 2.0**60
    y = x
    for _ in range(60):
        y = y + y
    assert values(grad(y, x)[0]) == 2.0**60
    y = x
    for _ in range(60):
        y = y + y
    (g,) = grad(y, x, create_graph=True)
    assert values(g) == 2.0**60


def test_a_node_runs_once_all_its_gradients_have_come() -> None:
    """A short and a long way to the same node, which counts the visits."""
    x = number(2.0)
    calls: list[Any] = []
    y = x * 1
    y.register_hook(lambda g: calls.append(g.item()))
    far = y
    for _ in range(50):
        far = far * 1
    (far + y + y * 3).backward()
    assert calls == [5]
    assert values(x.grad) == 5


def test_a_tensor_used_late_after_being_made_early() -> None:
    x, w = number(2.0), number(3.0)
    early = x * x
    later = w * w
    assert [values(g) for g in grad(later * early + early, [x, w])] == [4 * 9 + 4, 6 * 4]


# ---------------------------------------------------------------- higher derivatives


def test_third_derivative_of_a_cube() -> None:
    for cube in (lambda x: x**3, lambda x: x * x * x, lambda x: ag.pow(x, tensor(3.0, dtype=ag.float64))):
        x = number(2.0)
        (first,) = grad(cube(x), x, create_graph=True)
        (second,) = grad(first, x, create_graph=True)
        (third,) = grad(second, x)
        assert (values(first), values(second), values(third)) == (12, 12, 6)


def test_backward_through_a_gradient() -> None:
    x = leaf(1.0, 2.0)
    (g,) = grad((x**3).sum(), x, create_graph=True)
    (g * g).sum().backward()  # 9 x^4
    assert values(x.grad) == [36, 36 * 8]


def test_create_graph_accumulates_with_a_graph() -> None:
    x = number(2.0)
    (x * x).backward()
    (x**3).backward(create_graph=True)
    assert x.grad is not None
    assert x.grad.requires_grad
    assert values(x.grad) == 16
    assert values(grad(x.grad, x)[0]) == 12
    x.grad = None  # breaks the cycle that a gradient with a graph makes


def test_create_graph_works_where_the_caller_is_in_no_grad() -> None:
    x = number(2.0)
    y = x**3
    with ag.no_grad():
        (g,) = grad(y, x, create_graph=True)
        assert not ag.is_grad_enabled()
    assert values(grad(g, x)[0]) == 12


def test_gradients_have_no_graph_without_create_graph() -> None:
    x = number(2.0)
    (x * x).backward()
    assert x.grad is not None
    assert not x.grad.requires_grad


def test_a_write_between_two_sweeps_is_detected() -> None:
    x = leaf(1.0, 2.0)
    (g,) = grad((x**3).sum(), x, create_graph=True)
    with ag.no_grad():
        x.mul_(10)  # as an optimiser's step would
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        g.sum().backward()


@pytest.mark.parametrize("operation", [
    lambda x: x.exp(), lambda x: x.tanh(), lambda x: x.sigmoid(), lambda x: x.sqrt(), lambda x: x.log(), lambda x: x * x * x,
    lambda x: 1 / x, lambda x: ag.cat([x * x, x**3]), lambda x: ag.stack([x, x * x]).prod(0), lambda x: x.softmax(0),
    lambda x: x.log_softmax(0), lambda x: x[[0, 0, 1]] ** 3, lambda x: x[1:] ** 3, lambda x: (x * x).split(1)[1] ** 2,
    lambda x: (x * x).unbind()[0] * x, lambda x: x.var(), lambda x: x.std(), lambda x: x.norm(), lambda x: x.logsumexp(0), lambda x: x.prod(),
    lambda x: x.view(1, 3) @ x.view(3, 1), lambda x: x.expand(2, 3) ** 3, lambda x: (x * x).flip(0) * x, lambda x: x.cumsum(0) ** 3,
    lambda x: ag.where(x > 1.5, x * x * x, x), lambda x: ag.maximum(x * x, x), lambda x: x ** x,
])  # fmt: skip
def test_second_derivatives(operation: Any) -> None:
    x = leaf(1.25, 2.5, 0.75)
    assert ag.gradgradcheck(operation, x)


# ---------------------------------------------------------------- hooks


def test_a_hook_is_called_once_with_the_summed_gradient() -> None:
    x = leaf(1.0, 2.0)
    seen: list[Any] = []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y + y * y + y).sum().backward()
    assert seen == [[6, 10]]


def test_what_a_hook_returns_replaces_the_gradient() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    first = y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: g + 1)
    (y * 1).sum().backward()
    assert values(x.grad) == [22, 22]
    first.remove()
    first.remove()  # harmless
    x.grad = None
    (x * 2).sum().backward()
    assert values(x.grad) == [2, 2]


def test_hooks_of_leaves_run_before_accumulation() -> None:
    x = leaf(1.0, 2.0)
    with x.register_hook(lambda g: -g):
        (x * 3).sum().backward()
    (x * 3).sum().backward()
    assert values(x.grad) == [0, 0]
    x.register_hook(lambda g: g * 2)
    assert values(grad((x * 3).sum(), x)[0]) == [6, 6]


def test_a_hook_may_write_to_its_gradient_without_effect_elsewhere() -> None:
    x, y = leaf(1.0), leaf(1.0)

    def spoil(g: Tensor) -> None:
        g.zero_()

    x.register_hook(spoil)
    (x + y).backward(ag.ones(1, dtype=ag.float64))
    assert values(y.grad) == [1]


@pytest.mark.parametrize(("answer", "error"), [
    (lambda g: 3, TypeError), (lambda g: g[:1], RuntimeError), (lambda g: g.float(), RuntimeError),
])  # fmt: skip
def test_what_a_hook_may_not_return(answer: Any, error: type[Exception]) -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.register_hook(answer)
    with pytest.raises(error, match="hook"):
        y.sum().backward()
    assert x.grad is None
    x.register_hook(answer)
    with pytest.raises(error, match="hook"):
        (x * 1).sum().backward()


def test_grad_mode_inside_hooks() -> None:
    x = number(2.0)
    modes: list[bool] = []
    x.register_hook(lambda g: modes.append(ag.is_grad_enabled()))
    (x * x).backward()
    (x * x).backward(create_graph=True)
    assert modes == [False, True]
    assert ag.is_grad_enabled()
    x.grad = None


def test_a_hook_under_create_graph_is_differentiated() -> None:
    x = number(2.0)
    y = x * 1
    y.register_hook(lambda g: g * x)
    (g,) = grad(y * y, x, create_graph=True)  # 2 x * x
    assert values(g) == 8
    assert values(grad(g, x)[0]) == 12  # 2 y, and 2 x through y, where the hook multiplies again


def test_a_sweep_inside_a_hook() -> None:
    x, w = number(2.0), number(5.0)
    inner: list[float] = []

    def hook(g: Tensor) -> None:
        with ag.enable_grad():
            inner.append(grad(w * w, w)[0].item())
            (w * 3).backward()

    y = x * x
    y.register_hook(hook)
    (y * y).backward()
    assert inner == [10]
    assert values(w.grad) == 3
    assert values(x.grad) == 32


def test_hooks_need_a_gradient() -> None:
    with pytest.raises(RuntimeError, match="doesn't require gradient"):
        tensor([1.0]).register_hook(print)


def test_post_accumulate_hooks() -> None:
    x = leaf(1.0, 2.0)
    seen: list[Any] = []
    handle = x.register_post_accumulate_grad_hook(lambda p: seen.append((p is x, p.grad.tolist())))
    (x * 3).sum().backward()
    (x * 3).sum().backward()
    assert seen == [(True, [3, 3]), (True, [6, 6])]
    handle.remove()
    (x * 3).sum().backward()
    assert len(seen) == 2
    with pytest.raises(RuntimeError, match="non-leaf"):
        (x * 3).register_post_accumulate_grad_hook(print)


def test_hooks_of_nodes() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    z = x * y
    seen: list[Any] = []
    assert z.grad_fn is not None

    def after(inputs: Any, outputs: Any) -> Any:
        seen.append(([g.tolist() for g in inputs], [g.tolist() for g in outputs]))
        return inputs[0] * 10, inputs[1]

    z.grad_fn.register_prehook(lambda outputs: (outputs[0] * 2,))
    z.grad_fn.register_hook(after)
    z.sum().backward()
    assert seen == [([[6, 8], [2, 4]], [[2, 2]])]
    assert values(x.grad) == [60, 80]
    assert values(y.grad) == [2, 4]


def test_a_node_hook_that_answers_with_one_tensor_twice() -> None:
    """The engine must not take a hook's tensor for a buffer of its own."""
    x, y = leaf(1.0), leaf(3.0)
    a, b = x * 1, y * 1
    mine = tensor([7.0], dtype=ag.float64)
    early = a * 2 + b * 3  # swept after z
    z = a * b
    assert z.grad_fn is not None
    z.grad_fn.register_hook(lambda inputs, outputs: (mine, mine))
    (z + early).sum().backward()
    assert values(x.grad) == [9]
    assert values(y.grad) == [10]
    assert values(mine) == [7]


def test_node_hooks_of_operations_with_several_results() -> None:
    x = leaf(1.0, 2.0)
    a, b = (x * 1).unbind()
    seen: list[Any] = []
    assert a.grad_fn is not None
    a.grad_fn.register_hook(lambda inputs, outputs: seen.append((inputs[0].tolist(), [g.tolist() for g in outputs])))
    a.grad_fn.register_prehook(lambda outputs: (outputs[0], outputs[1] * 10))
    (a * 2 + b * 3).backward()
    assert seen == [([2, 30], [2, 30])]
    assert values(x.grad) == [2, 30]


# ---------------------------------------------------------------- retain_grad, leaves


def test_grad_of_a_result_warns_and_is_none() -> None:
    x = leaf(1.0)
    y = x * 2
    y.sum().backward()
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None


def test_retain_grad() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad
    (y * y).sum().backward(retain_graph=True)
    assert values(y.grad) == [4, 8]
    y.sum().backward()  # accumulates, as in PyTorch
    assert values(y.grad) == [5, 9]
    x.retain_grad()  # nothing to do
    with pytest.raises(RuntimeError, match="requires_grad=False"):
        tensor(1.0).retain_grad()


def test_retain_grad_survives_an_in_place_write() -> None:
    x = leaf(1.0, 2.0)
    y = x.clone()
    y.retain_grad()
    y.mul_(2)
    y.sum().backward()
    assert values(y.grad) == [1, 1]
    assert values(x.grad) == [2, 2]
    y += 1
    assert values(y.grad) == [1, 1]


def test_a_retained_gradient_aliases_nothing() -> None:
    x = leaf(1.0, 2.0)
    y = x + 0
    y.retain_grad()
    g = ag.ones(2, dtype=ag.float64)
    y.backward(g)
    assert y.grad is not None
    assert x.grad is not None
    assert not shares_memory(y.grad, g)
    assert not shares_memory(y.grad, x.grad)


def test_requires_grad_is_for_leaves() -> None:
    x = leaf(1.0)
    y = x * 2
    with pytest.raises(RuntimeError, match=r"leaf variables.*\.detach\(\)"):
        y.requires_grad_(False)
    with pytest.raises(RuntimeError, match="leaf"):
        y.requires_grad = False
    assert y.requires_grad_() is y
    with pytest.raises(RuntimeError, match="floating point"):
        tensor([1, 2]).requires_grad_()
    assert x.is_leaf
    assert not y.is_leaf
    assert tensor(1).is_leaf
    assert y.detach().is_leaf


def test_a_leaf_that_no_longer_asks_gets_nothing() -> None:
    x, w = leaf(1.0), leaf(2.0)
    y = x * w
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None
    assert values(w.grad) == [1]


def test_grad_fn_is_a_view_of_the_graph() -> None:
    x = leaf(1.0)
    y = (x * 2 + 1).exp()
    node = y.grad_fn
    names = []
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    assert names == ["ExpBackward0", "AddBackward0", "MulBackward0", "AccumulateGrad"]
    assert repr(y.grad_fn) == "<ExpBackward0>"
    assert x.grad_fn is None
    a, b = (x * 2).expand(2).unbind()
    assert (a.grad_fn.name(), b.output_nr) == ("UnbindBackward0", 1)  # type: ignore[union-attr]
    assert (a * b).grad_fn.next_functions[1][1] == 1  # type: ignore[union-attr]


def test_deepcopy() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    twin = copy.deepcopy(x)
    assert twin.requires_grad
    assert twin.is_leaf
    assert not shares_memory(twin, x)
    assert values(twin.grad) == [2, 4]
    assert twin.grad is not x.grad
    (twin * 3).sum().backward()
    assert values(x.grad) == [2, 4]
    memo: dict[int, Any] = {}
    assert copy.deepcopy([x, x], memo)[0] is memo[id(x)]
    with pytest.raises(RuntimeError, match=r"graph leaves.*\.detach\(\)"):
        copy.deepcopy(x * 2)


def test_copy() -> None:
    x = leaf(1.0, 2.0)
    twin = copy.copy(x)  # a leaf of its own on the same memory, as in PyTorch
    (twin * 3).sum().backward()
    assert values(twin.grad) == [3, 3]
    assert x.grad is None
    assert shares_memory(twin, x)
    y = copy.copy(x * 1)  # of a computed tensor too
    assert y.is_leaf
    assert y.requires_grad


def test_an_operation_with_several_results_of_which_one_is_used() -> None:
    x = leaf(1.0, 2.0, 3.0)
    a, b = (x * x).split(2)
    b.sum().backward()
    assert values(x.grad) == [0, 0, 6]
    a, b, c = (x * x).unbind()
    assert values(grad(a * 2, x, retain_graph=True)[0]) == [2 * 2, 0, 0]
    assert values(grad(a.detach() * c, [x, c])[0]) == [0, 0, 6]
    (g,) = grad((x * x).unbind()[1] * 2, x, create_graph=True)
    assert values(grad(g.sum(), x)[0]) == [0, 4, 0]


# ---------------------------------------------------------------- failure


def test_a_failed_backward_leaves_every_grad_old() -> None:
    x, y, w = leaf(1.0), leaf(2.0), leaf(3.0)
    (x + y + w).sum().backward()

    def fail(g: Tensor) -> None:
        raise ValueError("of the hook")

    middle = y * 2
    middle.retain_grad()
    root = w * 5
    root.retain_grad()
    first = x * 1
    first.register_hook(fail)
    with pytest.raises(ValueError, match="of the hook"):
        (first + middle * root).sum().backward()
    assert values(x.grad) == values(y.grad) == values(w.grad) == [1]
    assert middle.grad is None
    assert root.grad is None
    assert ag.is_grad_enabled()


def test_a_failed_backward_consumes_the_graph() -> None:
    x, w = leaf(1.0), leaf(3.0)
    failing = [True]

    def hook(g: Tensor) -> None:
        if failing.pop():
            raise ValueError

    first = x * 1
    first.register_hook(hook)
    total = first * (w * w)
    with pytest.raises(ValueError):
        total.backward()
    with pytest.raises(RuntimeError, match="second time"):
        total.backward()


def test_a_gradient_for_other_data() -> None:
    x = leaf(1.0, 2.0)
    y = leaf(1.0)
    x.sum().backward()
    x.data = ag.ones(3, dtype=ag.float64)
    with pytest.raises(RuntimeError, match=r"shape.*set .grad = None"):
        (x.sum() + y.sum()).backward()
    assert y.grad is None
    x.grad = None
    x.sum().backward()
    assert values(x.grad) == [1, 1, 1]


# ---------------------------------------------------------------- grad modes


def test_no_grad_and_enable_grad_nest() -> None:
    x = leaf(1.0)
    with ag.no_grad():
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()
    switch = ag.no_grad()
    with switch, switch:
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_modes_do_not_undo_each_other() -> None:
    try:
        with ag.record():
            ag.set_grad_enabled(False)
        assert not ag.is_grad_enabled()  # record() puts back what it changed, and no more
        assert not ag.recording()
    finally:
        ag.set_grad_enabled(True)


def test_set_grad_enabled() -> None:
    with ag.set_grad_enabled(False):
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()
    ag.set_grad_enabled(False)
    try:
        assert not ag.is_grad_enabled()
        with ag.set_grad_enabled(True):
            assert ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    finally:
        ag.set_grad_enabled(True)

    @ag.set_grad_enabled(False)
    def f() -> bool:
        return ag.is_grad_enabled()

    assert ag.is_grad_enabled()
    assert not f()


def test_modes_are_restored_on_exceptions() -> None:
    with pytest.raises(ValueError), ag.no_grad():
        raise ValueError
    assert ag.is_grad_enabled()

    @ag.no_grad()
    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert ag.is_grad_enabled()


def test_modes_as_decorators() -> None:
    @ag.no_grad()
    def with_parentheses() -> bool:
        """What it does."""
        return ag.is_grad_enabled()

    @ag.no_grad
    def without() -> bool:
        return ag.is_grad_enabled()

    assert not with_parentheses()
    assert not without()
    assert with_parentheses.__doc__ == "What it does."
    with ag.no_grad():
        assert ag.enable_grad()(lambda: ag.is_grad_enabled())()
    assert not ag.inference_mode()(lambda: ag.is_grad_enabled())()


def test_modes_and_generators() -> None:
    log: list[bool] = []

    @ag.no_grad()
    def generator() -> Any:
        try:
            while True:
                log.append(ag.is_grad_enabled())
                try:
                    got = yield ag.is_grad_enabled()
                except KeyError:
                    got = "caught"
                log.append(ag.is_grad_enabled())
                if got == "stop":
                    return "result"
        finally:
            log.append(ag.is_grad_enabled())

    running = generator()
    assert next(running) is False
    assert ag.is_grad_enabled()  # the caller's mode is his own between two steps
    assert running.send("more") is False
    assert running.throw(KeyError()) is False
    assert ag.is_grad_enabled()
    with pytest.raises(StopIteration) as stop:
        running.send("stop")
    assert stop.value.value == "result"
    running = generator()
    next(running)
    running.close()
    assert not any(log)
    assert ag.is_grad_enabled()


def test_inference_mode() -> None:
    x = leaf(1.0)
    with ag.inference_mode():
        assert ag.is_inference_mode_enabled()
        assert not (x * 2).requires_grad
        with ag.inference_mode(False):
            pass
    assert not ag.is_inference_mode_enabled()
    with ag.inference_mode(False):
        assert (x * 2).requires_grad


def test_modes_are_per_thread() -> None:
    seen: list[bool] = []
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        seen.append(ag.is_grad_enabled())
        with ag.no_grad():
            entered.set()
            leave.wait(5)
            seen.append(ag.is_grad_enabled())

    with ag.no_grad():
        thread = threading.Thread(target=other)
        thread.start()
        entered.wait(5)
    assert ag.is_grad_enabled()  # though the other thread is still in no_grad
    leave.set()
    thread.join()
    assert seen == [True, False]


def test_modes_are_per_task() -> None:
    seen: dict[str, list[bool]] = {"off": [], "on": []}

    async def off() -> None:
        with ag.no_grad():
            for _ in range(3):
                seen["off"].append(ag.is_grad_enabled())
                await asyncio.sleep(0)

    async def on() -> None:
        for _ in range(3):
            seen["on"].append(ag.is_grad_enabled())
            await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(off(), on())

    asyncio.run(both())
    assert seen == {"off": [False] * 3, "on": [True] * 3}


def test_two_threads_that_reach_one_leaf() -> None:
    x = ag.zeros(1000, dtype=ag.float64, requires_grad=True)
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(50):
            (x * 3).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad is not None
    assert (x.grad.array == 600).all()


# ---------------------------------------------------------------- Function


class Cube(ag.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


def test_function_and_its_derivatives() -> None:
    x = number(2.0)
    (first,) = grad(Cube.apply(x), x, create_graph=True)
    (second,) = grad(first, x, create_graph=True)
    (third,) = grad(second, x)
    assert (values(first), values(second), values(third)) == (12, 12, 6)
    assert ag.gradcheck(Cube.apply, x)
    y = Cube.apply(x)
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_function_of_outputs_is_differentiated_through_them() -> None:
    class Exp(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (out,) = ctx.saved_tensors
            return g * out

    x = leaf(0.5, 1.0)
    assert ag.gradcheck(Exp.apply, x)
    assert ag.gradgradcheck(Exp.apply, x)
    assert ag.gradgradcheck(lambda t: Exp.apply(t) ** 2, x)  # where the result is also read by others
    assert ag.gradgradcheck(lambda t: Exp.apply(t) * Exp.apply(Exp.apply(t) * t), x)


def test_function_with_setup_context() -> None:
    class Scale(ag.Function):
        @staticmethod
        def forward(x: Tensor, factor: float) -> Tensor:
            return x * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.factor = inputs[1]

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Any:
            return g * ctx.factor, None

    x = leaf(1.0, 2.0)
    Scale.apply(x, 5).sum().backward()
    assert values(x.grad) == [5, 5]


def test_function_records_nothing_where_nothing_is_required() -> None:
    assert not Cube.apply(tensor(2.0)).requires_grad
    with ag.no_grad():
        assert not Cube.apply(number(2.0)).requires_grad


def test_function_with_several_results() -> None:
    unused: list[Any] = []

    class Both(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor, materialize: bool) -> Any:
            ctx.save_for_backward(x, y)
            ctx.set_materialize_grads(materialize)
            return x * y, x + y

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            x, y = ctx.saved_tensors
            unused.append(h is None)
            h = 0 if h is None else h
            assert ctx.needs_input_grad == (True, False, False)
            return g * y + h, None, None

    x, y = leaf(2.0), tensor([3.0], dtype=ag.float64)
    for materialize in (True, False):
        product, _ = Both.apply(x, y, materialize)
        assert values(grad(product, x)[0]) == [3]
    assert unused == [False, True]
    product, total = Both.apply(x, y, True)
    assert values(grad((product + total).sum(), x)[0]) == [4]


def returning(answer: Any) -> type[ag.Function]:
    class Returning(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, *rest: Any) -> Tensor:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Any:
            return answer(g)

    return Returning


def test_what_backward_of_a_function_may_return() -> None:
    x = leaf(1.0, 2.0)
    returning(lambda g: (g, None, None)).apply(x).sum().backward()  # Nones too many are harmless
    assert values(x.grad) == [1, 1]
    returning(lambda g: None).apply(x).sum().backward()
    assert values(x.grad) == [1, 1]
    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 2, got 1\)"):
        returning(lambda g: g).apply(x, 3).sum().backward()
    with pytest.raises(RuntimeError, match=r"invalid gradient at index 0 - got \[1\].*\[2\]"):
        returning(lambda g: g[:1]).apply(x).sum().backward()
    with pytest.raises(TypeError, match="not a Tensor"):
        returning(lambda g: 1.0).apply(x).sum().backward()
    returning(lambda g: ag.stack([g, g])).apply(x).sum().backward()  # summed to the shape of x
    assert values(x.grad) == [3, 3]
    returning(lambda g: g.float()).apply(x).sum().backward()  # converted to the dtype of x
    assert x.grad is not None
    assert x.grad.dtype == ag.float64


def test_a_function_may_return_one_gradient_for_two_inputs() -> None:
    class Sum(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, y: Tensor) -> Tensor:
            return x + y

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Any:
            return g, g

    x, y = leaf(1.0), leaf(2.0)
    (Sum.apply(x, y) + x).backward()
    assert (values(x.grad), values(y.grad)) == ([2], [1])
    assert x.grad is not None
    assert y.grad is not None
    assert not shares_memory(x.grad, y.grad)


def test_once_differentiable() -> None:
    class Once(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @ag.once_differentiable
        def backward(ctx: Any, g: Tensor) -> Tensor:
            assert not ag.is_grad_enabled()
            return 2 * ctx.saved_tensors[0] * g

    x = number(3.0)
    assert values(grad(Once.apply(x), x)[0]) == 6
    (g,) = grad(Once.apply(x) ** 2, x, create_graph=True)
    assert values(g) == 2 * 9 * 6
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad(g, x)


def test_an_input_returned_as_it_is_becomes_a_new_tensor() -> None:
    class Reverse(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return -g

    x = leaf(1.0, 2.0)
    y = Reverse.apply(x)
    assert y is not x
    assert x.is_leaf
    y.sum().backward()
    assert values(x.grad) == [-1, -1]


def test_mark_non_differentiable() -> None:
    class Sort(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Any:
            index = x.argsort()
            rank = index.double()
            ctx.mark_non_differentiable(rank)
            ctx.save_for_backward(index)
            return x[index], rank, index

        @staticmethod
        def backward(ctx: Any, g: Tensor, *others: Any) -> Any:
            assert [other.tolist() for other in others] == [[0, 0, 0], [0, 0, 0]]  # as for any result that is not used
            (index,) = ctx.saved_tensors
            return ag.zeros_like(g).index_put((index,), g)

    x = leaf(3.0, 1.0, 2.0)
    ordered, rank, index = Sort.apply(x)
    assert ordered.requires_grad
    assert not rank.requires_grad
    assert not index.requires_grad
    (ordered * tensor([1.0, 10.0, 100.0], dtype=ag.float64)).sum().backward()
    assert values(x.grad) == [100, 1, 10]


def test_an_input_returned_and_marked_non_differentiable() -> None:
    class Both(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Any:
            ctx.mark_non_differentiable(x)
            return x, x * 2

        @staticmethod
        def backward(ctx: Any, constant: Tensor, g: Tensor) -> Any:
            return g * 2

    x = leaf(1.0)
    same, double = Both.apply(x)
    assert not same.requires_grad
    assert x.requires_grad
    (same + double).backward()
    assert values(x.grad) == [2]


def test_save_for_backward_is_guarded_against_writes() -> None:
    x = leaf(2.0)
    y = x * 1
    z = Cube.apply(y)
    y.add_(1)
    with pytest.raises(RuntimeError, match=r"Cube.*|modified by an inplace"):
        z.sum().backward()
    with pytest.raises(TypeError, match="only save Tensors"):

        class Wrong(ag.Function):
            @staticmethod
            def forward(ctx: Any, x: Tensor) -> Tensor:
                ctx.save_for_backward(3)
                return x * 1

        Wrong.apply(x)


class Exp_(ag.Function):  # noqa: N801 - in place
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x.exp_()
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g * ctx.saved_tensors[0]


def test_mark_dirty() -> None:
    x = leaf(0.5, 1.0)
    y = x * 1
    z = Exp_.apply(y)
    assert z is y
    assert y.grad_fn is not None
    assert y.grad_fn.name() == "Exp_Backward"
    assert ag.gradcheck(lambda x: Exp_.apply(x * 1), x)
    assert ag.gradgradcheck(lambda x: Exp_.apply(x * 1), x)
    w = x * 1
    product = w * w
    Exp_.apply(w)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        product.sum().backward()


def test_mark_dirty_of_a_view_reaches_its_base() -> None:
    x = leaf(0.5, 1.0)
    base = x * 1
    view = base[:1]
    Exp_.apply(view)
    (base * tensor([1.0, 10.0], dtype=ag.float64)).sum().backward()
    np.testing.assert_allclose(values(x.grad), [np.exp(0.5), 10], rtol=1e-15)


def test_mark_dirty_is_declined_on_leaves() -> None:
    x = leaf(0.5)
    with pytest.raises(RuntimeError, match="leaf Variable"):
        Exp_.apply(x)
    with pytest.raises(RuntimeError, match="view of a leaf"):
        Exp_.apply(x[:])

    class Forgets(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.mark_dirty(x)
            return x * 1

    with pytest.raises(RuntimeError, match="not returned"):
        Forgets.apply(x * 1)


class Recomputed(ag.Function):
    """What a checkpoint does: forget the graph, and make it again in backward."""

    @staticmethod
    def forward(ctx: Any, run: Any, x: Tensor) -> Tensor:
        ctx.run = run
        ctx.save_for_backward(x)
        return run(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        again = x.detach().requires_grad_()
        with ag.enable_grad():
            out = ctx.run(again)
        ag.backward(out, g)
        return None, again.grad


def test_a_sweep_inside_the_backward_of_a_function() -> None:
    w, x = leaf(3.0, 4.0), leaf(1.0, 2.0)
    y = x * 1
    for _ in range(3):
        y = Recomputed.apply(lambda h: (h * w).tanh(), y)
    (y * w).sum().backward()
    z = x.detach().requires_grad_()
    v = w.detach().requires_grad_()
    plain = (((z * v).tanh() * v).tanh() * v).tanh()
    (plain * v).sum().backward()
    np.testing.assert_allclose(values(x.grad), values(z.grad), rtol=1e-14)
    np.testing.assert_allclose(values(w.grad), values(v.grad), rtol=1e-14)


def test_function_frees_its_graph() -> None:
    gc.collect()
    gc.disable()
    try:
        x = leaf(2.0)
        for _ in range(3):
            Cube.apply(x).sum().backward()
        assert gc.collect() == 0
    finally:
        gc.enable()


# ---------------------------------------------------------------- record()


def test_record_keeps_what_people_look_at() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with ag.record():
        assert ag.recording()
        y = x * w
        z = y.sum(0)
    assert not ag.recording()
    z.backward()
    assert z.grad_fn is not None
    assert y.grad_fn is not None
    whole, product = z.grad_fn.record, y.grad_fn.record
    assert whole is not None
    assert product is not None
    assert product.value.tolist() == [3, 8]
    assert [operand.tolist() for operand in product.operands] == [[1, 2], [3, 4]]
    assert product.cotangent.tolist() == [1, 1]
    assert [share.tolist() for share in product.shares] == [[3, 4], [1, 2]]
    assert whole.constants == {"dim": (0,), "keepdim": False}
    assert whole.cotangent.tolist() == 1
    assert product.where[0] == __file__
    assert product.where[2] == "test_record_keeps_what_people_look_at"
    z.backward()  # nothing is released while recording
    assert values(x.grad) == [6, 8]


def test_record_as_decorator_and_off() -> None:
    x = leaf(1.0)
    assert (ag.record()(lambda: x * 2)()).grad_fn.record is not None
    assert (x * 2).grad_fn.record is None  # type: ignore[union-attr]


def test_record_of_several_results() -> None:
    x = leaf(1.0, 2.0)
    with ag.record():
        a, b = (x * 1).unbind()
        (a * 2).backward()
    assert a.grad_fn is not None
    whole = a.grad_fn.parents[0]
    assert whole is not None
    assert whole.record is not None
    assert [g.tolist() for g in whole.record.cotangent] == [2, 0]
    assert [g.tolist() for g in whole.record.shares] == [[2, 0]]


# ---------------------------------------------------------------- NumPy's protocol


@pytest.mark.parametrize("function", [
    np.sin, np.exp, np.sum, np.mean, np.transpose, np.ravel, np.cumsum, np.max, np.var, np.std, np.prod, np.copy, np.squeeze,
    lambda x: np.add(x, 1), lambda x: np.multiply(2.0, x), lambda x: np.where(x > 1, x, 0), lambda x: np.clip(x, 1, 2),
    lambda x: np.concatenate([x, x]), lambda x: np.stack([x, x]), lambda x: np.sum(x, axis=0, keepdims=True),
    lambda x: np.reshape(x, (3, 1)), lambda x: np.flip(x), lambda x: np.roll(x, 1), lambda x: np.dot(x, x),
    lambda x: np.linalg.norm(x), lambda x: np.broadcast_to(x, (2, 3)), lambda x: np.expand_dims(x, 0), lambda x: np.add.reduce(x),
    lambda x: np.full(3, 2.0) * x, lambda x: np.ones(3) @ x, lambda x: np.float64(3) - x, lambda x: np.ones(3) / x,
    lambda x: np.einsum("i,i->", x, x), lambda x: np.power(x, 2), lambda x: np.maximum(x, 1.5), lambda x: np.outer(x, x),
])  # fmt: skip
def test_numpy_functions_keep_the_graph_and_agree(function: Any) -> None:
    x = leaf(0.5, 1.25, 2.5)
    out = function(x)
    assert isinstance(out, Tensor)
    assert out.requires_grad
    np.testing.assert_allclose(out.array, function(x.array), rtol=1e-15)
    assert ag.gradcheck(function, x)


def test_an_array_is_not_changed_by_a_tensor_that_requires_grad() -> None:
    x = leaf(1.0, 2.0)
    array = np.ones(2)
    with pytest.raises(TypeError, match="keep the graph"):
        array += x
    with pytest.raises(TypeError, match="keep the graph"):
        np.add(x, 1, out=array)
    with pytest.raises(TypeError, match="keep the graph"):
        np.sin(x, where=array > 0)
    assert array.tolist() == [1, 1]
    array += tensor([1.0, 1.0])
    assert array.tolist() == [2, 2]


def test_numpy_without_a_counterpart_raises() -> None:
    x = leaf(1.0, 2.0)
    for call in (lambda: np.convolve(x, x), lambda: np.reshape(x, (2, 1), order="F"),
                 lambda: np.sum(x, out=np.zeros(())),
                 lambda: np.dot(x, x, out=np.zeros(())),
                 lambda: np.argmax(x, out=np.zeros((), int))):  # fmt: skip
        with pytest.raises(TypeError):
            call()


def test_numpy_on_tensors_that_require_nothing() -> None:
    t = tensor([1.0, 2.0])
    assert isinstance(np.sin(t), Tensor)
    assert isinstance(np.median(t), np.floating)


def test_an_array_written_after_its_use_changes_no_gradient() -> None:
    x, factor = leaf(1.0, 2.0), np.array([3.0, 4.0])
    mask, rows = np.array([True, False]), np.array([0, 0])
    results = [x * factor, np.where(mask, x, 0), x[rows], np.take_along_axis(x, rows, 0), x[mask], factor @ x]
    factor[:], mask[:], rows[:] = 0, True, 1
    expected = [[3, 4], [1, 0], [2, 0], [2, 0], [1, 0], [3, 4]]
    assert [values(grad(y.sum(), x)[0]) for y in results] == expected


def test_numpy_writing_into_tensors() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    for call in (lambda: np.add(np.ones(2), 1, out=y), lambda: np.copyto(x, np.ones(2)), lambda: np.add.at(y, 0, 1.0),
                 lambda: np.cumsum(np.ones(2), out=y.array) and np.negative(np.ones(2), out=x)):  # fmt: skip
        with pytest.raises((RuntimeError, TypeError, ValueError)):
            call()
    for write in (lambda t: np.copyto(t, 0.0), lambda t: np.add.at(t, 0, 1.0), lambda t: np.put(t, 0, 5.0),
                  lambda t: np.negative(np.ones(2), out=t), lambda t: np.cumsum(np.ones(2), out=t)):  # fmt: skip
        t = tensor([3.0, 4.0], dtype=ag.float64)
        z = (x * t).sum()
        write(t)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            z.backward()
