"""Derivatives for users: products, matrices, functions of functions, checkpoints, hooks on what is saved, anomaly mode.

Against exact values and identities; `tests/parity/test_derivatives_parity.py` compares with PyTorch.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor, autograd, func, functional
from tests.op_calls import floats

checkpoint = nn.utils.checkpoint.checkpoint


def vector(*values: float, grad: bool = False) -> Tensor:
    return ag.tensor(list(values), dtype=ag.float64, requires_grad=grad)


def close(actual: Any, expected: Any, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(
        getattr(actual, "array", actual), getattr(expected, "array", expected), tolerance, tolerance
    )


A = floats(3, 4)
B = floats(4, 4, seed=1)

MAPS: dict[str, Callable[[Tensor], Tensor]] = {  # from 4 numbers, to several
    "linear": lambda x: ag.tensor(A) @ x,
    "elementwise": lambda x: x.exp() * x.sin(),
    "outer": lambda x: x[:, None] * x.tanh(),
    "softmax": lambda x: ag.softmax(x, 0),
    "views": lambda x: ag.cat([x[1:].flip(0) ** 2, x.reshape(2, 2).sum(1)]),
    "scalar": lambda x: (x * x).sum(),
}
POINT = ag.tensor(floats(4, seed=2))
each_map = pytest.mark.parametrize("f", MAPS.values(), ids=MAPS)


@each_map
def test_jacobians_agree_with_each_other_and_with_differences(f: Any) -> None:
    rows = functional.jacobian(f, POINT)
    columns = functional.jacobian(f, POINT, strategy="forward-mode")
    for other in (columns, func.jacrev(f)(POINT), func.jacfwd(f)(POINT)):
        assert other.shape == rows.shape == (*f(POINT).shape, 4)
        close(other, rows)
    close(rows.reshape(-1, 4), autograd_numerical(f), 1e-8)


def autograd_numerical(f: Any) -> Any:
    from autograd_core.gradcheck import numerical_jacobian

    return numerical_jacobian(f, [POINT], 0)[0]


@each_map
def test_products_are_products_with_the_jacobian(f: Any) -> None:
    J = functional.jacobian(f, POINT).reshape(-1, 4).array
    out = f(POINT)
    v, u = ag.tensor(floats(4, seed=3)), ag.tensor(floats(*out.shape, seed=4))
    value, jv = functional.jvp(f, POINT, v)
    close(value, out)
    close(jv.reshape(-1), J @ v.array)
    close(functional.vjp(f, POINT, u)[1], u.array.reshape(-1) @ J)
    close(func.jvp(f, (POINT,), (v,))[1], jv)
    close(func.linearize(f, POINT)[1](v), jv)
    pulled = func.vjp(f, POINT)[1](u)[0]
    close((jv * u).sum().item(), (pulled * v).sum().item())  # <Jv, u> = <v, J^T u>


def test_second_derivatives_of_a_quadratic_form() -> None:
    f = lambda x: x @ ag.tensor(B) @ x
    v = ag.tensor(floats(4, seed=3))
    H = B + B.T
    for found in (functional.hessian(f, POINT), func.hessian(f)(POINT), func.jacfwd(func.grad(f))(POINT)):
        close(found, H)
    close(functional.hvp(f, POINT, v)[1], H @ v.array)
    close(functional.vhp(f, POINT, v)[1], H @ v.array)
    close(func.jvp(func.grad(f), (POINT,), (v,))[1], H @ v.array)


def test_what_has_no_elements() -> None:
    assert functional.jacobian(lambda x: x[:0], POINT).shape == (0, 4)
    assert functional.jacobian(lambda x: x[:0], POINT, strategy="forward-mode").shape == (0, 4)
    assert func.jacrev(lambda x: x * 2)(ag.zeros(0)).shape == (0, 0)


def test_results_are_constants_unless_the_outside_is_differentiated() -> None:
    x, w = vector(1.0, 2.0), vector(3.0, 4.0, grad=True)
    assert not func.grad(lambda x: (x**3).sum())(x).requires_grad
    g = func.grad(lambda x: (x**3 * w).sum())(x)
    g.sum().backward()
    close(w.grad, [3, 12])
    value, back = func.vjp(lambda x: x**3, x)
    assert not value.requires_grad
    v = vector(1.0, 1.0, grad=True)
    close(ag.grad(back(v)[0].sum(), v)[0], [3, 12])  # differentiable in the cotangent
    close(ag.grad(func.jvp(lambda x: x**3, (x,), (v,))[1].sum(), v)[0], [3, 12])


def test_derivatives_inside_derivatives_are_not_confused() -> None:
    one = vector(1.0)[0]
    inner = lambda x: func.grad(lambda y: x * y)(one)
    assert func.grad(lambda x: x * inner(x))(one).item() == 2
    assert func.jvp(lambda x: x * func.jvp(lambda y: x + y, (one,), (one,))[1], (one,), (one,))[1].item() == 1


def test_a_function_that_is_not_given_its_own_tensor() -> None:
    x = vector(1.0, 2.0, grad=True)
    close(func.grad(lambda y: (x * y).sum())(x).detach(), x.detach())  # x itself is a constant here
    assert x.grad is None


def test_a_batch_of_cotangents_is_checked() -> None:
    x = vector(1.0, 2.0, grad=True)
    y = x * x
    for wrong in (None, vector(1.0), ag.zeros(0, 2, dtype=ag.float64)):
        with pytest.raises(RuntimeError, match="is_grads_batched"):
            ag.grad(y, x, wrong if wrong is None or wrong.ndim == 2 else wrong[0], is_grads_batched=True)
    ag.grad(y, x, ag.eye(2, dtype=ag.float64), is_grads_batched=True)
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()


def test_vmap_declines_what_cannot_be_stacked() -> None:
    x = vector(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"different shapes"):
        func.vmap(lambda t: ag.zeros(int(t)))(x)
    with pytest.raises(RuntimeError, match="nested differently"):
        func.vmap(lambda t: t if t > 1 else (t,))(x)
    with pytest.raises(ValueError, match="empty"):
        func.vmap(lambda t: t)(ag.zeros(0, 2))
    with pytest.raises(RuntimeError, match="random operation"):
        func.vmap(lambda t: t + ag.rand(()))(x)
    close(func.vmap(lambda t: t if t > 1 else -t)(x), [-1, 2])  # each slice takes its own way


def test_a_vmap_rule_of_ones_own_is_declined() -> None:
    class Own(ag.Function):
        @staticmethod
        def forward(x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
            raise AssertionError

    close(Own.apply(vector(1.0)), [2])
    with pytest.raises(NotImplementedError, match="vmap rule"):
        func.vmap(Own.apply)(vector(1.0))


# ---------------------------------------------------------------- checkpoints

W = vector(2.0, -1.0, 0.5, 1.5, grad=True)

REGIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "elementwise": lambda x: (x.exp() * W).tanh() * x,
    "products": lambda x: ag.tensor(B) @ (x * W) @ ag.tensor(B),
    "joined": lambda x: ag.cat([x.sin(), W * x]),
    "several": lambda x: ag.stack(x.sort()[0].split(2)) * 3,
    "in place": lambda x: (x * 1).sin_().mul_(W).exp(),
    "nested": lambda x: checkpoint(lambda t: t.exp() * W, x, use_reentrant=False).sin(),
    "views": lambda x: x.reshape(2, 2).T.sigmoid() @ W.reshape(2, 2),
}


@pytest.mark.parametrize("f", REGIONS.values(), ids=REGIONS)
@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpoint_changes_no_derivative(f: Any, reentrant: bool) -> None:
    x = ag.tensor(floats(4, seed=2), requires_grad=True)
    found = []
    for run in (f, lambda x: checkpoint(f, x, use_reentrant=reentrant)):
        out = run(x)
        first = ag.grad((out * out).sum(), (x, W), create_graph=True, allow_unused=True, materialize_grads=True)
        second = ag.grad((first[0] ** 2).sum(), (x, W), allow_unused=True, materialize_grads=True)
        found.append((out, *first, *second))
    for plain, checked in zip(*found, strict=True):
        close(checked.detach(), plain.detach(), 0)


def test_a_checkpoint_keeps_nothing_and_leaves_nothing() -> None:
    x = vector(*floats(1000), grad=True)
    kept: list[Any] = []

    def f(t: Tensor) -> Tensor:
        for _ in range(3):
            t = t.sin()
            kept.append(weakref.ref(t._memory))
        return t

    gc.disable()
    try:
        y = checkpoint(f, x, use_reentrant=False)
        assert [memory() is None for memory in kept] == [True, True, False]
        node = weakref.ref(y.grad_fn)
        y.sum().backward()
        assert len(kept) == 6 - 1  # it stops where the last array that is needed has been saved
        del y
        assert node() is None
        assert all(memory() is None for memory in kept)
    finally:
        gc.enable()


def test_a_nested_checkpoint_hands_its_inputs_to_the_outer_one() -> None:
    x = vector(*floats(1000), grad=True)
    kept: list[Any] = []

    def inner(t: Tensor) -> Tensor:
        kept.append(weakref.ref(t._memory))
        return t.exp().sin()

    y = checkpoint(lambda t: checkpoint(inner, t * 2, use_reentrant=False) * 1, x, use_reentrant=False)
    assert kept[0]() is None
    y.sum().backward()
    close(x.grad, (2 * np.exp(2 * x.detach().array) * np.cos(np.exp(2 * x.detach().array))))


def test_what_a_checkpoint_reads_must_stay_as_it_was() -> None:
    w, x = vector(2.0, 3.0, grad=True), vector(0.5, 1.0, grad=True)
    for write in (lambda: w.detach().add_(1), lambda: x.data.mul_(2)):
        y = checkpoint(lambda t: (t * w + 1).exp(), x, use_reentrant=False)
        write()
        with pytest.raises(RuntimeError, match=r"checkpoint: an input .* modified"):
            y.sum().backward()
    a = x * 1
    y = checkpoint(lambda t: (t * w).relu(), a, use_reentrant=False)
    y += 1  # the result is not read again
    close(ag.grad(y.sum(), x)[0], w.detach())


def test_a_checkpoint_that_computes_otherwise_is_found_out() -> None:
    calls: list[int] = []

    def f(t: Tensor) -> Tensor:
        calls.append(1)
        return t.exp().sin() if len(calls) == 1 else t[:1].exp().sin()

    x = vector(1.0, 2.0, grad=True)
    with pytest.raises(ag.CheckpointError, match=r"array 0 has other metadata.*\(2,\).*\(1,\)"):
        checkpoint(f, x, use_reentrant=False).sum().backward()
    assert x.grad is None


def test_the_variants_of_checkpoint() -> None:
    x = vector(1.0, 2.0)
    with pytest.warns(UserWarning, match="None of the inputs"):
        assert not checkpoint(lambda t: t * W[:2], x, use_reentrant=True).requires_grad
    with pytest.warns(UserWarning, match="passed explicitly"):
        checkpoint(lambda t: t * 2, x.detach().requires_grad_())
    with pytest.warns(UserWarning, match="passed explicitly"):
        nn.utils.checkpoint.checkpoint_sequential([ag.exp, ag.sin], 2, x.detach().requires_grad_())
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Tanh())
    points = ag.ones(4, 2, requires_grad=True)
    out = nn.utils.checkpoint.checkpoint_sequential(model, 2, points, use_reentrant=False)
    out.sum().backward()
    found = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    model(points).sum().backward()
    for ours, plain in zip(found, (p.grad for p in model.parameters()), strict=True):
        close(ours, plain, 0)


# ---------------------------------------------------------------- hooks on what is saved


def test_hooks_see_arrays_and_no_numbers() -> None:
    x, w = vector(1.0, 2.0, grad=True), ag.ones(3, 2, dtype=ag.float64, requires_grad=True)
    shapes: list[Any] = []
    with autograd.graph.saved_tensors_hooks(lambda t: (shapes.append(tuple(t.shape)), t)[1], lambda t: t):
        (w @ x * 2.0 + 1.0).sum().backward()
    assert sorted(shapes) == [(2,), (3, 2)]
    close(x.grad, [6, 6])


def test_a_write_is_detected_while_a_hook_keeps_the_array_itself() -> None:
    for pack, error in ((lambda t: t, True), (lambda t: (t.device, t), True), (lambda t: t.clone(), False)):
        x = vector(1.0, 2.0, grad=True)
        a = x * 1
        with autograd.graph.saved_tensors_hooks(pack, lambda t: t[1] if isinstance(t, tuple) else t):
            y = (a * a).sum()
        a += 1
        if error:
            with pytest.raises(RuntimeError, match="modified by an inplace"):
                y.backward()
        else:
            y.backward()
            close(x.grad, [2, 4])


def test_hooks_of_operations_on_many_and_of_functions() -> None:
    class Cube(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            out = x**3
            ctx.save_for_backward(x, None, out)
            return out

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            x, _, out = ctx.saved_tensors
            return g * 3 * out / x

    x = vector(1.0, 2.0, 3.0, grad=True)
    f = lambda x: Cube.apply(ag.einsum("i,i,i->i", x, x, x)).sum() + ag.stack([x, x * x]).prod()
    plain = ag.grad(f(x), x, create_graph=True)[0]
    with autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda values: ag.tensor(values, dtype=ag.float64)):
        hooked = ag.grad(f(x), x, create_graph=True)[0]
    close(hooked.detach(), plain.detach())
    close(ag.grad(hooked.sum(), x)[0], ag.grad(plain.sum(), x)[0])


def test_hooks_leave_named_geometry_as_it_is() -> None:
    x = vector(3.0, 1.0, 2.0, 0.0, grad=True)
    with autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = ag.max_pool1d(x.reshape(1, 1, 4), 2)
    y.sum().backward()
    close(x.grad, [1, 0, 1, 0])


def test_a_hook_on_several_gradients_forgets_a_sweep_that_failed() -> None:
    x, y = vector(1.0, grad=True), vector(2.0, grad=True)
    a = x * y
    seen: list[Any] = []
    handle = autograd.graph.register_multi_grad_hook([x, a], seen.append)
    bad = x.exp()
    bad.register_hook(lambda g: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        (a + bad).backward()
    assert not seen
    node = weakref.ref(a.grad_fn)
    a.backward()
    assert [[g.item() for g in gs] for gs in seen] == [[2, 1]]
    handle.remove()
    del a
    assert node() is None


# ---------------------------------------------------------------- anomaly mode


def test_anomaly_mode_names_the_line() -> None:
    x = vector(0.0, 1.0, grad=True)
    with pytest.warns(UserWarning, match="debugging"):
        mode = autograd.detect_anomaly()
    with mode:
        y = x * 2
        root = y.sqrt() * 0  # the line
        with pytest.raises(RuntimeError, match=r"'SqrtBackward0' returned nan values in its 0th output") as caught:
            root.sum().backward()
    assert "root = y.sqrt() * 0  # the line" in str(caught.value)
    assert "test_anomaly_mode_names_the_line" in str(caught.value)
    assert x.grad is None
    root = (x * 2).sqrt() * 0
    with autograd.set_detect_anomaly(True), pytest.raises(RuntimeError, match="was not recorded in anomaly mode"):
        root.sum().backward()
    assert not ag.is_anomaly_enabled()


def test_anomaly_mode_names_the_line_of_what_raises() -> None:
    class Fails(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            raise ValueError("no")

    x = vector(1.0, grad=True)
    with autograd.set_detect_anomaly(True):
        y = Fails.apply(x)  # this line
        with pytest.raises(ValueError, match="no") as caught:
            y.backward()
    assert "y = Fails.apply(x)  # this line" in caught.value.__notes__[0]


def test_anomaly_mode_changes_no_derivative() -> None:
    for f in REGIONS.values():
        x = ag.tensor(floats(4, seed=2), requires_grad=True)
        plain = ag.grad((f(x) ** 2).sum(), x)[0]
        with autograd.set_detect_anomaly(True):
            close(ag.grad((f(x) ** 2).sum(), x)[0], plain, 0)


# ---------------------------------------------------------------- gradcheck


def wrong_square(error: float) -> Any:
    class Square(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            (x,) = ctx.saved_tensors
            return 2 * x * g * (1 + error)

    return Square.apply


MODES = [{}, {"fast_mode": True}, {"check_forward_ad": True, "check_backward_ad": False}]


@pytest.mark.parametrize("options", MODES, ids=str)
def test_gradcheck_finds_a_wrong_derivative(options: Any) -> None:
    x = vector(0.5, 1.5, grad=True)
    for error in (0.0, 0.01, -2.0):
        assert ag.gradcheck(wrong_square(error), x, raise_exception=False, **options) is (error == 0)
    if not options.get("check_forward_ad"):
        f = lambda x: (wrong_square(0.01)(x) * x).sum()
        assert not ag.gradgradcheck(f, x, raise_exception=False, **options)


def test_gradcheck_finds_what_is_not_deterministic() -> None:
    noise = iter(range(100))

    class Noisy(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return 2 * g + next(noise) * 1e-9

    x = vector(0.5, grad=True)
    with pytest.raises(ag.GradcheckError, match="not deterministic"):
        ag.gradcheck(Noisy.apply, x)
    assert ag.gradcheck(Noisy.apply, x, nondet_tol=1e-6)


def test_gradcheck_in_single_precision_warns() -> None:
    x = ag.tensor([0.5, 1.5], requires_grad=True)
    with pytest.warns(UserWarning, match="float32"):
        assert ag.gradcheck(ag.exp, x, eps=1e-3, atol=1e-2, rtol=1e-2)
