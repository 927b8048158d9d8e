"""In-place operations and views: PyTorch's semantics, or an error; never a silently wrong gradient."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor, grad, tensor
from autograd_core.inplace import in_place

MODIFIED = "modified by an inplace operation"


def leaf(*values: float) -> Tensor:
    return tensor(list(values), dtype=ag.float64, requires_grad=True)


def matrix(rows: int, columns: int) -> Tensor:
    return (ag.arange(rows * columns, dtype=ag.float64).reshape(rows, columns) / 7 + 0.5).requires_grad_()


def values(x: Tensor | None) -> Any:
    assert x is not None
    return x.detach().tolist()


# ---------------------------------------------------------------- what is forbidden


WRITES: list[Callable[[Tensor], Any]] = [
    lambda x: x.add_(1), lambda x: x.mul_(x.detach()), lambda x: x.zero_(), lambda x: x.fill_(2), lambda x: x.exp_(),
    lambda x: x.copy_(ag.zeros(2, dtype=ag.float64)), lambda x: x.__setitem__(0, 1.0), lambda x: x.__iadd__(1), lambda x: x.clamp_(0, 1),
    lambda x: x.masked_fill_(x > 0, 0.0), lambda x: x.__setitem__(slice(None), x.detach()), lambda x: x.uniform_(), lambda x: x.normal_(),
    lambda x: x.relu_(), lambda x: x.__setitem__([0, 1], 3.0),
]  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_a_leaf_may_be_written_to_only_under_no_grad(write: Callable[[Tensor], Any]) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"(?s)leaf Variable that requires grad.*no_grad"):
        write(x)
    assert values(x) == [1, 2]
    assert x._version == 0
    with ag.no_grad():
        write(x)
    assert x._version == 1
    assert x.is_leaf
    assert x.requires_grad
    write(tensor([1.0, 2.0], dtype=ag.float64))


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "view", [lambda x: x[:], lambda x: x.view(-1), lambda x: x.view(1, 2)[0].t(), lambda x: x.expand(2)]
)
def test_a_view_of_a_leaf_is_another_error(view: Callable[[Tensor], Tensor], write: Callable[[Tensor], Any]) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable"):
        write(view(x))
    assert values(x) == [1, 2]


@pytest.mark.parametrize(
    "parts", [lambda x: x.split(1), lambda x: x.unbind(), lambda x: x.chunk(2), lambda x: tuple(x)]
)
def test_results_of_split_and_unbind_are_not_written_to(parts: Callable[[Tensor], Any]) -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    first = parts(y)[0]
    with pytest.raises(RuntimeError, match=r"(?s)several views.*clone"):
        first.mul_(2)
    with pytest.raises(RuntimeError, match="several views"):
        first[...] = 0
    y.sum().backward()
    assert values(x.grad) == [1, 1]
    first.clone().mul_(2)


def test_expanded_memory_is_not_written_to() -> None:
    y = leaf(1.0, 2.0) * 1
    for write in (lambda z: z.add_(1), lambda z: z.copy_(ag.ones(3, 2, dtype=ag.float64)), lambda z: z.exp_()):
        with pytest.raises(RuntimeError, match=r"single memory location.*clone\(\)"):
            write(y.expand(3, 2))
    assert values(y) == [1, 2]


def test_what_only_looks_expanded_is_written_to() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    y.expand(2).mul_(3)
    y.expand(1, 2).mul_(2)
    y.expand(3, 2)[1, 0].mul_(5)  # the element by itself does not overlap
    y.expand(3, 2)[1, 1] = 0
    assert values(y) == [30, 0]
    y.sum().backward()
    assert values(x.grad) == [30, 0]


def test_one_value_may_be_written_to_overlapping_memory() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    y[:1].expand(3).zero_()
    assert values(y) == [0, 2]
    y.sum().backward()
    assert values(x.grad) == [0, 1]


def test_memory_that_is_read_only() -> None:
    array = np.ones(2)
    array.flags.writeable = False
    with pytest.raises(RuntimeError, match="read-only"):
        ag.from_numpy(array).add_(1)


def test_a_view_made_under_no_grad() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    with ag.no_grad():
        view = y[:1]
    with pytest.raises(RuntimeError, match="no_grad mode"):
        view.mul_(5)
    with pytest.raises(RuntimeError, match="no_grad mode"):
        view[0] = 5
    with ag.no_grad():
        view.mul_(5)  # values only: the user says that he knows
    y.sum().backward()
    assert values(x.grad) == [1, 1]


def test_an_in_place_operation_keeps_shape_and_category() -> None:
    y = ag.ones(2, dtype=ag.float64)
    with pytest.raises(RuntimeError, match=r"\(2,\).*broadcast shape \(3, 2\)"):
        y.add_(ag.ones(3, 2, dtype=ag.float64))
    whole = tensor([1, 2])
    with pytest.raises(RuntimeError, match=r"float32 can't be cast .*int64"):
        whole += 1.5
    with pytest.raises(RuntimeError, match="can't be cast"):
        whole.div_(2)
    with pytest.raises(RuntimeError, match="can't be cast"):
        (whole > 1).add_(1)
    assert values(whole) == [1, 2]
    whole += 1
    assert values(whole) == [2, 3]
    single = ag.ones(2)
    single += ag.ones(2, dtype=ag.float64)
    assert single.dtype == ag.float32
    assert single._version == 1


def test_a_failed_write_changes_nothing() -> None:
    x, y = leaf(1.0, 2.0), ag.ones(2, dtype=ag.float64)
    z = x * y
    version = y._version
    for write in (lambda: y.add_(ag.ones(3, dtype=ag.float64)), lambda: y.copy_(ag.ones(3, dtype=ag.float64)),
                  lambda: y.__setitem__(5, 1.0), lambda: y.__setitem__(slice(None), ag.ones(3, dtype=ag.float64)),
                  lambda: y.__setitem__([0, 5], 1.0), lambda: y.fill_(ag.ones(2)), lambda: y.fill_("a")):  # fmt: skip
        with pytest.raises((RuntimeError, IndexError, TypeError)):
            write()
        assert values(y) == [1, 1]
        assert y._version == version
        assert not y.requires_grad
    z.sum().backward()
    assert values(x.grad) == [1, 1]


# ---------------------------------------------------------------- version counters


def test_views_and_detach_share_the_version() -> None:
    y = leaf(1.0, 2.0) * 1
    related = [y[0], y.view(-1), y.detach(), y.data, y.detach()[:1], y.t(), y.expand(3, 2), y.unsqueeze(0).squeeze(0), y.split(1)[0],
               y.unbind()[1], ag.from_numpy(y.detach().numpy()), y[::-1], y.view_as(y), y.flatten()]  # fmt: skip
    apart = [y.clone(), y + 0, y[[0, 1]], ag.tensor(y.detach().array), y.flip(0), y.repeat(1), y.double().clone()]
    y.add_(1)
    del related[10]  # a tensor of the ndarray has a counter of its own
    assert {each._version for each in related} == {1}
    assert {each._version for each in apart} == {0}
    related[2].add_(1)
    assert y._version == 2
    with ag.no_grad():
        y.zero_()
        y[0] = 3
    assert y._version == 4
    ag.increment_version(y)
    assert y._version == 5


@pytest.mark.parametrize("write", [
    lambda y: y.add_(1), lambda y: y.detach().zero_(), lambda y: y.data.mul_(2), lambda y: y[0].mul_(2), lambda y: y.__setitem__(0, 7.0),
    lambda y: y.view(-1).exp_(), lambda y: y.detach()[1:].fill_(0), lambda y: y.detach().copy_(y.detach() + 1),
    lambda y: y.detach().uniform_(), lambda y: ag.increment_version(y),
])  # fmt: skip
def test_a_saved_value_that_was_modified_is_named(write: Callable[[Tensor], Any]) -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = (y * y).sum()
    write(y)
    with pytest.raises(RuntimeError, match=rf"{MODIFIED}.*mul .*\(2,\)"):
        z.backward()
    assert x.grad is None


# PyTorch's table of what is kept, so that the same programs run: (input, result).
KEPT: dict[str, tuple[Callable[[Tensor], Tensor], bool, bool]] = {
    "add": (lambda x: x + 2, False, False),
    "sub": (lambda x: 2 - x, False, False),
    "mul by a number": (lambda x: x * 3, False, False),
    "neg": (lambda x: -x, False, False),
    "sum": (lambda x: x.sum(), False, False),
    "mean": (lambda x: x.mean(), False, False),
    "view": (lambda x: x.reshape(2, 1).clone(), False, False),
    "slice": (lambda x: x[:1].clone(), False, False),
    "index": (lambda x: x[[0, 0]], False, False),
    "cat": (lambda x: ag.cat([x, x]), False, False),
    "cumsum": (lambda x: x.cumsum(0), False, False),
    "div": (lambda x: x / 2, False, False),
    "where": (lambda x: ag.where(tensor([True, False]), x, 0.0), False, False),
    "mul": (lambda x: x * x, True, False),
    "rdiv": (lambda x: 2 / x, False, False),
    "pow": (lambda x: x**3, True, False),
    "square": (lambda x: x.square(), True, False),
    "log": (lambda x: x.log(), True, False),
    "log1p": (lambda x: x.log1p(), True, False),
    "sin": (lambda x: x.sin(), True, False),
    "cos": (lambda x: x.cos(), True, False),
    "abs": (lambda x: x.abs(), True, False),
    "clamp": (lambda x: x.clamp(0, 1), True, False),
    "atan": (lambda x: x.atan(), True, False),
    "sinh": (lambda x: x.sinh(), True, False),
    "var": (lambda x: x.var(), True, False),
    "silu": (lambda x: ag.silu(x), True, False),
    "gelu": (lambda x: ag.gelu(x), True, False),
    "leaky_relu": (lambda x: ag.leaky_relu(x), True, False),
    "matmul": (lambda x: x.reshape(1, 2) @ ag.ones(2, 1, dtype=ag.float64), False, False),
    "exp": (lambda x: x.exp(), False, True),
    "expm1": (lambda x: x.expm1(), False, True),
    "sqrt": (lambda x: x.sqrt(), False, True),
    "rsqrt": (lambda x: x.rsqrt(), False, True),
    "reciprocal": (lambda x: x.reciprocal(), False, True),
    "tan": (lambda x: x.tan(), False, True),
    "tanh": (lambda x: x.tanh(), False, True),
    "sigmoid": (lambda x: x.sigmoid(), False, True),
    "relu": (lambda x: x.relu(), False, True),
    "softmax": (lambda x: x.softmax(0), False, True),
    "log_softmax": (lambda x: x.log_softmax(0), False, True),
    "logsumexp": (lambda x: x.logsumexp(0), True, True),
    "std": (lambda x: x.std(), True, True),
    "prod": (lambda x: x.prod(), True, True),
    "amax": (lambda x: x.amax(), True, True),
    "norm": (lambda x: x.norm(), True, True),
}
# Kept by PyTorch, not needed by our formulas: a program that raises there runs here, and is right.
LENIENT = {("prod", "result")}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_is_what_pytorch_keeps(name: str) -> None:
    operation, keeps_input, keeps_result = KEPT[name]
    for which, kept in (("input", keeps_input), ("result", keeps_result)):
        x = leaf(0.3, 0.7)
        y = x * 1
        z = operation(y)
        if which == "input":
            y.mul_(1)
        else:
            z.mul_(1)
        if kept and (name, which) not in LENIENT:
            with pytest.raises(RuntimeError, match=MODIFIED):
                z.sum().backward()
        else:
            expected = grad(operation(x).sum(), x)[0]
            z.sum().backward()
            np.testing.assert_allclose(values(x.grad), values(expected), rtol=1e-14)


# Layers whose result PyTorch does not keep: activations follow them in place.
FOLLOWED: dict[str, Callable[[Tensor], Tensor]] = {
    "max_pool1d": lambda x: ag.max_pool1d(x, 2),
    "max_pool2d": lambda x: ag.max_pool2d(x, (1, 2)),
    "adaptive_max_pool1d": lambda x: ag.adaptive_max_pool1d(x, 2),
    "layer_norm": lambda x: ag.layer_norm(x, (4,)),
    "rms_norm": lambda x: ag.rms_norm(x, (4,)),
    "group_norm": lambda x: ag.group_norm(x, 1),
    "batch_norm": lambda x: ag.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, True),
    "instance_norm": lambda x: ag.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, True),
    "erfinv": lambda x: ag.erfinv(x / 4),
}
OVERWRITE: dict[str, Callable[[Tensor], Any]] = {
    "relu_": lambda y: y.relu_(),
    "twice": lambda y: y.mul_(3).tanh_(),
    "a view": lambda y: y[0].mul_(3),
    "item": lambda y: y.__setitem__(0, y[1].clone()),
    "squeeze_": lambda y: y.unsqueeze_(0),
    "no_grad": ag.no_grad()(lambda y: y.mul_(3)),
    "detach": lambda y: y.detach().mul_(3),
    "data": lambda y: y[1].data.mul_(3),
}


@pytest.mark.parametrize("write", OVERWRITE)
@pytest.mark.parametrize("name", FOLLOWED)
def test_a_result_that_is_not_kept_may_be_overwritten(name: str, write: str) -> None:
    numbers = np.sin(np.arange(24.0) ** 2).reshape(2, 3, 4)
    found = []
    for apart in (False, True):
        x = tensor(numbers, requires_grad=True)
        y = FOLLOWED[name](x)
        y = y.clone() if apart else y
        OVERWRITE[write](y)
        (first,) = grad(y.square().sum(), x, create_graph=True)
        found.append([values(first), values(grad(first.square().sum(), x)[0])])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_gradient_does_not_keep_such_a_result_either(name: str) -> None:
    found = []
    for overwrites in (False, True):
        x = tensor(np.sin(np.arange(24.0) ** 2).reshape(2, 3, 4), requires_grad=True)
        y = FOLLOWED[name](x)
        (first,) = grad((y * 1).sin().sum(), x, create_graph=True)
        if overwrites:
            y.zero_()
        found.append([values(first), values(grad(first.square().sum(), x)[0])])
    np.testing.assert_array_equal(found[0], found[1])


def test_what_else_needs_such_a_result_still_raises() -> None:
    x = tensor(np.sin(np.arange(12.0)).reshape(1, 3, 4), requires_grad=True)
    y = ag.max_pool1d(x, 2)
    other = (y * y).sum()
    y.relu_()
    with pytest.raises(RuntimeError, match=MODIFIED):
        other.backward()
    z = x * 1
    y = ag.max_pool1d(z, 2)
    z.zero_()
    y.relu_()
    with pytest.raises(RuntimeError, match=MODIFIED):
        y.sum().backward()


def test_an_operand_that_is_constant_is_guarded_too() -> None:
    w, t = leaf(1.0, 2.0), tensor([3.0, 4.0], dtype=ag.float64)
    z = (w * t).sum()
    t.add_(1)
    with pytest.raises(RuntimeError, match=MODIFIED):
        z.backward()
    index = tensor([0, 1])
    z = w[index].sum()
    index.zero_()
    with pytest.raises(RuntimeError, match=MODIFIED):
        z.backward()


def test_an_optimiser_step_and_a_retained_graph() -> None:
    w, x = leaf(1.0, 2.0), tensor([3.0, 4.0], dtype=ag.float64)
    loss = (w * w * x).sum()
    loss.backward(retain_graph=True)
    with ag.no_grad():
        w -= 0.1 * w.grad
    with pytest.raises(RuntimeError, match=MODIFIED):
        loss.backward()


# ---------------------------------------------------------------- in-place operations on results


def test_a_times_a_raises_and_a_plus_a_is_right() -> None:
    x = leaf(1.0, 2.0)
    a = x * 1
    a *= a
    with pytest.raises(RuntimeError, match=MODIFIED):
        a.sum().backward()
    b = x * 1
    b += b
    b.sum().backward()
    assert values(x.grad) == [2, 2]


def test_a_composed_operation_that_keeps_a_view_of_what_is_overwritten() -> None:
    """Such an operation cannot be given a copy: it must raise."""
    square_ = in_place(lambda t: (t.reshape(-1) ** 2).reshape(t.shape), "square_")
    x = matrix(2, 3)
    y = x * 1
    square_(y)
    assert values(y) == values(x * x)
    with pytest.raises(RuntimeError, match=MODIFIED):
        y.sum().backward()


IN_PLACE: dict[str, tuple[Callable[[Tensor, Tensor], Any], Callable[[Tensor, Tensor], Tensor]]] = {
    "add_": (lambda a, b: a.add_(b), lambda a, b: a + b),
    "+=": (lambda a, b: a.__iadd__(b), lambda a, b: a + b),
    "-=": (lambda a, b: a.__isub__(b), lambda a, b: a - b),
    "*=": (lambda a, b: a.__imul__(b), lambda a, b: a * b),
    "/=": (lambda a, b: a.__itruediv__(b), lambda a, b: a / b),
    "**=": (lambda a, b: a.__ipow__(b), lambda a, b: a**b),
    "%=": (lambda a, b: a.__imod__(b), lambda a, b: a % b),
    "sub_, alpha": (lambda a, b: a.sub_(b, alpha=3), lambda a, b: a - 3 * b),
    "sin_": (lambda a, b: a.sin_(), lambda a, b: a.sin()),
    "exp_": (lambda a, b: a.exp_(), lambda a, b: a.exp()),
    "log_": (lambda a, b: a.log_(), lambda a, b: a.log()),
    "sqrt_": (lambda a, b: a.sqrt_(), lambda a, b: a.sqrt()),
    "square_": (lambda a, b: a.square_(), lambda a, b: a.square()),
    "pow_": (lambda a, b: a.pow_(3), lambda a, b: a**3),
    "reciprocal_": (lambda a, b: a.reciprocal_(), lambda a, b: 1 / a),
    "tanh_": (lambda a, b: a.tanh_(), lambda a, b: a.tanh()),
    "sigmoid_": (lambda a, b: a.sigmoid_(), lambda a, b: a.sigmoid()),
    "relu_": (lambda a, b: a.relu_(), lambda a, b: a.relu()),
    "abs_": (lambda a, b: a.abs_(), lambda a, b: a.abs()),
    "neg_": (lambda a, b: a.neg_(), lambda a, b: -a),
    "clamp_": (lambda a, b: a.clamp_(0.6, 0.9), lambda a, b: a.clamp(0.6, 0.9)),
    "zero_": (lambda a, b: a.zero_(), lambda a, b: a * 0),
    "fill_": (lambda a, b: a.fill_(3), lambda a, b: a * 0 + 3),
    "fill_, tensor": (lambda a, b: a.fill_(b.sum()), lambda a, b: a * 0 + b.sum()),
    "copy_": (lambda a, b: a.copy_(b), lambda a, b: a * 0 + b),
    "copy_, broadcast": (lambda a, b: a.copy_(b.sum()), lambda a, b: a * 0 + b.sum()),
    "masked_fill_": (lambda a, b: a.masked_fill_(a > 0.6, 2), lambda a, b: ag.where(a > 0.6, 2.0, a)),
    "[...] =": (lambda a, b: a.__setitem__(..., b), lambda a, b: a * 0 + b),
    "[0] =": (lambda a, b: a.__setitem__(0, b.sum()), lambda a, b: ag.cat([b.sum().reshape(1), a[1:]])),
    "[1:] =": (lambda a, b: a.__setitem__(slice(1, None), b[1:] * 2), lambda a, b: ag.cat([a[:1], b[1:] * 2])),
    "[::-1] =": (lambda a, b: a.__setitem__(slice(None, None, -1), b), lambda a, b: b.flip(0)),
    "[mask] =": (lambda a, b: a.__setitem__(a > 0.6, b.sum()), lambda a, b: ag.where(a > 0.6, b.sum(), a)),
    "[[2, 0]] =": (lambda a, b: a.__setitem__([2, 0], b[:2]), lambda a, b: ag.stack([b[1], a[1], b[0]])),
    "uniform_": (lambda a, b: a.uniform_(1, 1), lambda a, b: a * 0 + 1),
    "normal_ of a view": (lambda a, b: a[:2].normal_(3, 0), lambda a, b: ag.cat([a[:2] * 0 + 3, a[2:]])),
    "bernoulli_": (lambda a, b: a.bernoulli_(1), lambda a, b: a * 0 + 1),
    "a[0] += a[1]": (lambda a, b: a[0].add_(a[1]), lambda a, b: ag.stack([a[0] + a[1], a[1], a[2]])),
    "a[1:] = a[:-1]": (lambda a, b: a.__setitem__(slice(1, None), a[:-1]), lambda a, b: ag.stack([a[0], a[0], a[1]])),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_operations_agree_with_the_others(name: str) -> None:
    write, operation = IN_PLACE[name]
    weights = tensor([1.0, 10.0, 100.0], dtype=ag.float64)
    results = []
    for written in (True, False):
        x, b = leaf(0.5, 0.7, 1.3), leaf(1.5, 2.5, 0.25)
        a = x * x
        if written:
            before = a
            answer = write(a, b)
            assert answer is None or answer is before or answer._base is before
        else:
            a = operation(a, b)
        gradients = grad((a * weights).sum(), [x, b], create_graph=True, materialize_grads=True)
        total: Any = sum((g * g).sum() for g in gradients) + (x + b).sum() * 0
        second = grad(total, [x, b])
        results.append([values(t) for t in (a, *gradients, *second)])
    for written, computed in zip(*results, strict=True):
        np.testing.assert_allclose(written, computed, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_operations_bump_the_version_once(name: str) -> None:
    a, b = tensor([0.5, 0.7, 1.3], dtype=ag.float64), tensor([1.5, 2.5, 0.25], dtype=ag.float64)
    IN_PLACE[name][0](a, b)
    assert a._version == 1
    assert b._version == 0
    assert not a.requires_grad


def test_a_buffer_that_is_written_to_requires_grad() -> None:
    x = leaf(1.0, 2.0)
    buffer = ag.zeros(3, dtype=ag.float64)
    view = buffer[1:]
    buffer[0] = x[1] * 5
    assert buffer.requires_grad
    assert not buffer.is_leaf
    assert view.requires_grad
    view.copy_(x * 2)
    buffer.sum().backward()
    assert values(buffer) == [10, 2, 4]
    assert values(x.grad) == [2, 7]


def test_an_integer_buffer_has_no_gradient() -> None:
    x = leaf(1.5, 2.5)
    whole = tensor([0, 0])
    whole[0] = x[1]
    assert values(whole) == [2, 0]
    whole.copy_(x)
    assert values(whole) == [1, 2]
    assert not whole.requires_grad


def test_dtypes_of_what_is_written() -> None:
    x = tensor([1.5, 2.5], requires_grad=True)  # float32
    wide = ag.zeros(2, dtype=ag.float64)
    wide[0] = x[0]
    wide.add_(x)
    assert wide.dtype == ag.float64
    (wide * 3).sum().backward()
    assert values(x.grad) == [6, 3]
    assert x.grad is not None
    assert x.grad.dtype == ag.float32
    with pytest.raises(RuntimeError, match="Index put requires the source and destination dtypes match"):
        wide[[0, 1]] = x
    narrow = ag.zeros(2)
    y = leaf(1.0, 2.0)
    narrow.copy_(y * 2)
    narrow[0] = y[0]
    narrow *= y
    narrow.retain_grad()
    assert narrow.dtype == ag.float32
    narrow.sum().backward()
    assert narrow.grad is not None
    assert narrow.grad.dtype == ag.float32
    assert values(y.grad) == [2, 8]


def test_the_gradient_that_is_retained_fits_the_shape_that_was_taken() -> None:
    x = tensor(np.ones((2, 3)), requires_grad=True)
    y = x * 1
    y.retain_grad()
    before = (y * 5).sum()
    y.t_()  # PyTorch retains the gradient of what y was, in its shape
    (before + (y * 2).sum()).backward()
    assert y.grad is not None
    assert values(y.grad) == [[2, 2]] * 3
    assert values(x.grad) == [[7] * 3] * 2


def test_views_of_what_takes_another_shape_come_from_it() -> None:
    x = tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    y = x * 1
    column, weights = y[:, 1], tensor([1.0, 10.0], dtype=ag.float64)
    y.t_()
    y.unsqueeze_(0)
    y.register_hook(lambda g: g * 2)
    assert column.tolist() == [1, 4]
    total = (column * weights).sum()
    assert values(grad(total, y, retain_graph=True)[0]) == [[[0, 0], [2, 20], [0, 0]]]
    assert values(grad(total, x, retain_graph=True)[0]) == [[0, 2, 0], [0, 20, 0]]
    column.mul_(3)
    assert y.tolist() == [[[0, 3], [3, 12], [2, 5]]]


def test_setitem_of_duplicates_and_shapes() -> None:
    x = leaf(1.0, 2.0, 3.0)
    a = ag.zeros(4, dtype=ag.float64)
    a[[0, 0, 2]] = x
    assert values(a) == [2, 0, 3, 0]  # the last wins
    a.sum().backward()
    assert values(x.grad) == [1, 1, 1]  # as in PyTorch
    b = ag.zeros(2, 3, dtype=ag.float64)
    b[:] = x.reshape(1, 1, 3)  # leading dimensions of size 1 are ignored
    b[1] = 1
    assert values(grad(b.sum(), x)[0]) == [1, 1, 1]
    with pytest.raises(RuntimeError, match=r"shape mismatch.*\(2,\).*\(3,\)"):
        b[0] = ag.ones(2, dtype=ag.float64)
    with pytest.raises(RuntimeError, match="shape mismatch"):
        b[b > 5] = ag.ones(2, 3, dtype=ag.float64)
    with pytest.raises(IndexError, match=r"out of bounds"):
        b[:, 3] = 1


def test_graphs_made_before_a_write_keep_their_values() -> None:
    """x.view(-1)'s node read nothing: a write afterwards does it no harm."""
    x = leaf(1.0, 2.0)
    y = x * 3
    early = y.reshape(1, 2).sum()
    y.mul_(10)
    (g,) = grad(early, x)
    assert values(g) == [3, 3]
    assert values(grad(y.sum(), x)[0]) == [30, 30]


# ---------------------------------------------------------------- views


VIEWS: dict[str, Callable[[Tensor], Tensor]] = {
    "whole": lambda y: y[...],
    "row": lambda y: y[1],
    "column": lambda y: y[:, 1],
    "element": lambda y: y[1, 2],
    "block": lambda y: y[1:, :2],
    "steps": lambda y: y[::2, ::2],
    "backwards": lambda y: y[::-1, 1:],
    "transpose": lambda y: y.t(),
    "row of transpose": lambda y: y.t()[0],
    "view": lambda y: y.view(2, 6),
    "reshape, row": lambda y: y.reshape(4, 3)[2],
    "flatten": lambda y: y.flatten()[3:7],
    "unsqueeze": lambda y: y.unsqueeze(1)[:, 0, 1:2],
    "squeeze": lambda y: y[:1].squeeze(),
    "movedim": lambda y: y.movedim(0, 1)[1:],
    "expand to itself": lambda y: y.expand(3, 4)[0],
    "None": lambda y: y[None, 2],
    "nothing": lambda y: y[3:],
    "mT": lambda y: y.mT[2:],
    "view of a view of a view": lambda y: y[1:].t()[1:][:, 0],
}
BASES: dict[str, Callable[[Tensor], Tensor]] = {
    "contiguous": lambda x: x * 1,
    "transposed": lambda x: x.t().contiguous().t() * 1,
    "buffer": lambda x: ag.zeros(3, 4, dtype=ag.float64).add_(x),
}


def replaced(base: Tensor, view: Callable[[Tensor], Tensor], operation: Callable[[Tensor], Tensor]) -> Tensor:
    """What base is after `view(base)` was overwritten by `operation` of itself, without writing."""
    where = view(ag.arange(12).reshape(3, 4)).reshape(-1)
    return base.reshape(-1).index_put((where,), operation(view(base)).reshape(-1)).reshape(3, 4)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("view", VIEWS)  # of a transposed base some are copies, and view() raises
def test_writing_through_a_view_is_right_for_base_view_and_neighbours(view: str, base: str) -> None:
    make, look, neighbour = BASES[base], VIEWS[view], VIEWS["block"]
    if base == "transposed" and view in ("view", "reshape, row", "flatten"):
        assert view == "view" or not np.shares_memory(look(y := make(matrix(3, 4))).array, y.array)
        return
    weights = ag.arange(12, dtype=ag.float64).reshape(3, 4) + 1
    x, z = matrix(3, 4), matrix(3, 4)

    y = make(x)
    other, region = neighbour(y), look(y)
    region.mul_(3)
    region.sin_()
    written = [y, region, other]

    plain = replaced(z * 1, look, lambda v: (v * 3).sin())
    computed = [plain, look(plain), neighbour(plain)]

    for i, (have, want) in enumerate(zip(written, computed, strict=True)):
        assert values(have) == values(want)
        factor = weights.flatten()[: have.numel()].reshape(have.shape)
        (g,) = grad((have * factor).sum(), x, retain_graph=True, materialize_grads=True)
        (h,) = grad((want * factor).sum(), z, retain_graph=True, materialize_grads=True)
        np.testing.assert_allclose(values(g), values(h), rtol=1e-14, err_msg=f"{i}")
    total, same = (sum((t * t).sum() for t in ts) for ts in (written, computed))  # type: ignore[misc]
    (g,) = grad(total, x, create_graph=True)  # type: ignore[arg-type]
    (h,) = grad(same, z, create_graph=True)  # type: ignore[arg-type]
    np.testing.assert_allclose(values(grad(g.sum(), x)[0]), values(grad(h.sum(), z)[0]), rtol=1e-12)


@pytest.mark.parametrize("view", [name for name in VIEWS if name != "nothing"])
def test_writing_to_the_base_reaches_every_view(view: str) -> None:
    x = matrix(3, 4)
    y = x * 2
    region = VIEWS[view](y)
    y.mul_(x.detach())
    (g,) = grad(region.sum(), x)
    expected = ag.zeros(3, 4, dtype=ag.float64)
    VIEWS[view](expected).copy_(VIEWS[view](2 * x.detach()))
    assert values(g) == values(expected)
    assert values(region) == values(VIEWS[view](y))


def test_bases_with_gaps_and_negative_strides() -> None:
    x = leaf(1.0, 2.0, 3.0)
    memory = np.arange(12.0)
    for array in (memory[::4], memory[8::-4], memory.reshape(3, 4)[:, 1], memory.reshape(2, 6)[:, ::2].T[:, 1]):
        base = ag.from_numpy(array)
        start = array.copy()
        view = base[1:]
        view.mul_(x[1:])
        assert values(base) == [start[0], start[1] * 2, start[2] * 3]
        (g,) = grad((base * tensor([1.0, 10.0, 100.0], dtype=ag.float64)).sum(), x)
        assert values(g) == [0, 10 * start[1], 100 * start[2]]


def test_a_write_through_a_dead_view_lives_in_the_base() -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1
    for i in range(3):
        y[i].mul_(i + 1)
    y[1:][1:].add_(x[0])
    gc.collect()
    assert values(grad(y.sum(), x)[0]) == [2, 2, 3]


def test_views_made_after_a_write() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    first = y[:1]
    first.mul_(2)
    second = y[:1]
    second.mul_(5)
    assert [values(grad(t.sum(), x, retain_graph=True)[0]) for t in (y, first, second)] == [[10, 1], [10, 0], [10, 0]]


def test_a_view_of_what_was_written_to_can_be_swept_twice() -> None:
    x = leaf(1.0, 2.0)
    y = x + 1
    view = y[:]
    y += 1
    view.sum().backward()
    view.sum().backward()  # nothing was saved
    assert values(x.grad) == [2, 2]


def test_many_views_and_writes_of_a_loop() -> None:
    """A recurrence in a preallocated buffer, as programs write it."""
    x = leaf(0.5)
    states = ag.zeros(20, dtype=ag.float64)
    states[0] = x[0]
    for t in range(1, 20):
        states[t] = states[t - 1].clone() * 1.1 + x[0]
    (g,) = grad(states[-1], x)
    expected = sum(1.1**t for t in range(20))
    np.testing.assert_allclose(values(g), [expected], rtol=1e-14)


def test_detach_shares_memory_without_history() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    d = y.detach()
    assert np.shares_memory(d.array, y.array)
    d.mul_(5)
    assert values(y) == [5, 10]
    assert not d.requires_grad
    d.mul_(x)
    assert d.requires_grad
    (g,) = grad(y.sum(), x)  # the history of y knows nothing of it, as in PyTorch
    assert values(g) == [1, 1]


def test_detach_in_place() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    z = y * 3
    assert y.detach_() is y
    assert y.is_leaf
    assert not y.requires_grad
    assert values(grad(z.sum(), x)[0]) == [6, 6]
    with pytest.raises(RuntimeError, match="Can't detach views"):
        (x * 2)[0].detach_()


def test_data_is_replaced_without_history() -> None:
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    x.data = tensor([10.0, 20.0], dtype=ag.float64)
    y.backward()  # the old values were kept
    assert values(x.grad) == [2, 4]
    assert x.is_leaf
    with pytest.raises(TypeError, match="Tensor"):
        x.data = np.ones(2)  # type: ignore[assignment]


def test_hooks_of_a_tensor_that_is_written_to_see_the_old_value() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(10)
    y.sum().backward()
    assert seen == [[10, 10]]


def test_in_place_on_the_result_of_a_function_that_returned_its_input() -> None:
    class Reverse(ag.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x.view_as(x)

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return -g

    x = leaf(1.0, 2.0)
    y = x * 1
    reversed_ = Reverse.apply(y)
    part = reversed_[:1]
    for write in (lambda: reversed_.mul_(2), lambda: part.mul_(2), lambda: reversed_.__setitem__(0, 1.0)):
        with pytest.raises(RuntimeError, match="Function returned"):
            write()
    assert values(y) == [1, 2]
    y.mul_(2)  # allowed; but then the result is not what Reverse has differentiated
    for stale in (reversed_, part, part * 1):
        with pytest.raises(RuntimeError, match=MODIFIED):
            grad(stale.sum(), x, retain_graph=True)
    assert values(grad(y.sum(), x)[0]) == [2, 2]


def test_grad_mode_and_writes() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    with ag.no_grad():
        y.mul_(5)
        y[0] = 7
    assert values(y) == [7, 10]
    assert values(grad(y.sum(), x)[0]) == [1, 1]  # values only


def test_copying_onto_itself() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    before, version = (y * 2).sum(), y._version
    assert y.copy_(y) is y
    assert y._version == version + 1
    assert values(grad(y.sum(), x, retain_graph=True)[0]) == [1, 1]
    assert values(grad(before + y.sum(), y, retain_graph=True)[0]) == [1, 1]  # what came of it before is no longer its
    assert values(grad(before + y.sum(), x)[0]) == [3, 3]
