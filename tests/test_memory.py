"""Nothing leaks, nothing waits for the garbage collector, nothing recurses."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import Tensor, grad
from autograd_core.graph import Node


@pytest.fixture(autouse=True)
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf(*shape: int) -> Tensor:
    return ag.full(shape, 0.5, dtype=ag.float64, requires_grad=True)


def nodes() -> int:
    return sum(issubclass(type(each), Node) for each in gc.get_objects())


# ---------------------------------------------------------------- no cycles


class Square(ag.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        out = x * x
        ctx.save_for_backward(x, out)
        ctx.input = x
        return out

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return 2 * ctx.saved_tensors[0] * g


def step_in_place(x: Tensor) -> None:
    y = x * 1
    view, part = y[0], y[1:].t()
    view.mul_(2)
    part.add_(1)
    y[:, 0] = y[:, 1].clone() * y[:, 2].clone()
    y += x
    (view.sum() + part.sum() + y.sum()).backward()


def step_with_hooks(x: Tensor) -> None:
    y = x * 2
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    assert y.grad_fn is not None
    y.grad_fn.register_hook(lambda inputs, outputs: None)
    with x.register_hook(lambda g: None):
        (y * y).sum().backward()


def step_of_second_order(x: Tensor) -> None:
    (g,) = grad((x**3).sum(), x, create_graph=True)
    (h,) = grad((g * g).sum(), x, create_graph=True)
    h.sum().backward()


def step_with_views(x: Tensor) -> None:
    y = x.reshape(-1).view(2, 3).t()
    a, b, c = y.unbind()
    first, second = x.split(1)
    ag.cat([a * b, c, first.flatten(), second[0].expand(2, 3).reshape(-1)]).sum().backward()


def step_recorded(x: Tensor) -> None:
    with ag.record():
        (x.sin() * x).sum().backward()


def step_failing(x: Tensor) -> None:
    y = (x * x).sum()
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        pass
    try:
        x.mul_(2)
    except RuntimeError:
        pass


STEPS: dict[str, Callable[[Tensor], None]] = {
    "arithmetic": lambda x: ((x * x + x).exp() / (x - 3)).mean().backward(),
    "in place": step_in_place,
    "hooks": step_with_hooks,
    "second order": step_of_second_order,
    "views": step_with_views,
    "record": step_recorded,
    "Function": lambda x: Square.apply(Square.apply(x)).sum().backward(),
    "failure": step_failing,
    "NumPy": lambda x: np.sum(np.sin(x) * np.ones(3)).backward(),
    "losses": lambda x: (
        ag.cross_entropy(x, ag.tensor([0, 2])) + ag.mse_loss(x, ag.zeros(2, 3, dtype=ag.float64))
    ).backward(),
    "indexing": lambda x: (
        (x[[0, 0]] + x[x > 0].sum() + x.sort(1).values + x.max(1).values.unsqueeze(1)).sum().backward()
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_leaves_nothing_to_the_garbage_collector(name: str) -> None:
    x = leaf(2, 3)
    STEPS[name](x)
    x.grad = None
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(5):
        STEPS[name](x)
    x.grad = None
    assert len(gc.get_objects()) - before < 5  # this or that is made only once
    assert gc.collect() == 0


def test_a_thousand_training_steps_are_flat() -> None:
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    parameters = list(model.parameters())
    x, target = ag.randn(16, 4), ag.randint(0, 3, (16,))
    losses: list[float] = []

    def step() -> None:
        loss = nn.functional.cross_entropy(model(x), target)
        model.zero_grad()
        loss.backward()
        with ag.no_grad():
            for parameter in parameters:
                parameter -= 0.5 * parameter.grad
        losses.append(loss.item())

    for _ in range(20):
        step()
    losses = []
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(1000):
        step()
    assert len(gc.get_objects()) - before < 20
    assert gc.collect() == 0
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_training_with_an_optimiser_makes_no_cycles(optimizer: str) -> None:
    model = nn.Linear(4, 3)
    optimiser = getattr(nn.optim, optimizer)(model.parameters(), lr=0.1)
    for i in range(8):
        optimiser.zero_grad()
        model(ag.ones(2, 4)).square().sum().backward()
        optimiser.step()
        if i == 2:
            gc.collect()
            before = len(gc.get_objects())
    assert len(gc.get_objects()) - before < 5
    assert gc.collect() == 0


# ---------------------------------------------------------------- freed at once


def watched(x: Tensor) -> weakref.ref[Any]:
    return weakref.ref(x.array)


def test_an_intermediate_that_no_formula_reads_is_freed_at_once() -> None:
    x = leaf(100)
    y = x + 1
    seen = watched(y)
    z = (y + 2).sum() * 3
    del y
    assert seen() is None
    z.backward()


def test_what_a_formula_reads_lives_until_the_sweep_has_passed() -> None:
    x = leaf(100)
    y = x + 1
    seen = watched(y)
    z = (y * y).sum()
    del y
    assert seen() is not None
    z.backward()
    assert seen() is None
    assert z.requires_grad


def test_the_sweep_releases_as_it_passes() -> None:
    x = leaf(100)
    first = x * 1
    second = (first * 1).exp()
    seen = watched(second)
    alive: list[bool] = []
    first.register_hook(lambda g: alive.append(seen() is not None))  # when exp is two nodes behind
    total = second.sum()
    del second
    total.backward(retain_graph=True)
    total.backward()
    assert alive == [True, False]


def test_only_what_needs_a_gradient_is_kept() -> None:
    x, w = leaf(100), ag.ones(100, dtype=ag.float64)
    y = x * 1
    seen = watched(y)
    z = y * w  # the gradient of x reads w; nobody reads y
    del y
    assert seen() is None
    assert z.requires_grad
    constant = (w * 1) * w
    assert not constant.requires_grad


def test_no_graph_is_kept_under_no_grad_or_by_detach() -> None:
    x = leaf(100)
    before = nodes()
    with ag.no_grad():
        y = (x * x).exp()
    z = (x * x).exp().detach()
    assert nodes() == before
    assert not y.requires_grad
    assert not z.requires_grad


def test_dropping_the_result_drops_the_graph() -> None:
    x = leaf(100)
    before = nodes()
    y = (x * x).exp()
    z = y.sum() + y.mean()
    assert nodes() == before + 5
    del y, z
    assert nodes() == before


def test_a_graph_outlives_its_tensors() -> None:
    x = leaf(3)
    gone = weakref.ref(x)
    seen: list[Any] = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    x.register_post_accumulate_grad_hook(seen.append)
    y = (x * 2).sum()
    del x
    assert gone() is None
    y.backward()
    assert seen == [[2, 2, 2]]


def test_views_keep_their_base_and_not_the_reverse() -> None:
    y = leaf(2, 3) * 1
    view = y[0]
    gone = weakref.ref(view)
    del view
    assert gone() is None
    view, gone = y[0], weakref.ref(y)
    del y
    view.mul_(2)
    assert gone() is not None
    del view
    assert gone() is None


def test_views_of_a_parameter_do_not_pile_up() -> None:
    x = leaf(2, 3)
    kept = [x[0] for _ in range(20)]
    for _ in range(2000):
        x.t()
    assert len(x._memory._viewers or ()) < 100
    assert sum(1 for _ in x._memory.viewers()) == len(kept)


def test_second_order_graphs_are_freed() -> None:
    x = leaf(10)
    before = nodes()
    for _ in range(3):
        (g,) = grad((x**3).sum(), x, create_graph=True)
        (h,) = grad((g**2).sum(), x, create_graph=True)
        h.sum().backward()
        x.grad = None
        del g, h
        assert nodes() == before


# ---------------------------------------------------------------- no recursion


def deep(depth: int) -> None:
    x = leaf()
    y = x
    for _ in range(depth):
        y = y + x
    (g,) = grad(y, x)
    assert g.item() == depth + 1
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == depth + 1


def deep_and_dropped(depth: int) -> None:
    x = leaf()
    y = x
    for _ in range(depth):
        y = y * 1.0
    assert y.requires_grad
    del y


def deep_in_place(depth: int) -> None:
    x = leaf(2)
    y = x * 1
    for i in range(depth // 30):
        y[i % 2] = y[0] * 1.0
    y.sum().backward()


def deep_in_parts(depth: int) -> None:
    x = leaf(2)
    y = x * 1
    for _ in range(depth // 30):
        first, second = y.unbind()
        y = ag.stack([second, first])
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1]


def deep_of_functions(depth: int) -> None:
    x = leaf()
    y = x
    for _ in range(depth // 30):
        y = Square.apply(y)
    y.backward()


def deep_twice_differentiated(depth: int) -> None:
    x = leaf()
    y = x
    for _ in range(depth // 30):
        y = y * 1.0001
    (g,) = grad(y * y, x, create_graph=True)
    (h,) = grad(g, x)
    np.testing.assert_allclose(h.item(), 2 * 1.0001 ** (2 * (depth // 30)), rtol=1e-9)


@pytest.mark.parametrize(
    "work", [deep, deep_and_dropped, deep_in_place, deep_in_parts, deep_of_functions, deep_twice_differentiated]
)
def test_a_chain_of_300_000_does_not_recurse(work: Callable[[int], None]) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work(300_000)
        except BaseException as error:
            errors.append(error)

    size = threading.stack_size(256 * 1024)  # a deep recursion in C would crash here
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(size)
    thread.join()
    assert not errors


def test_a_million_nodes() -> None:
    start = time.perf_counter()
    x = leaf()
    before = nodes()
    y = x
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 1_000_001
    del y
    assert nodes() <= before + 1
    assert time.perf_counter() - start < 60  # about 4 s on a quiet machine
