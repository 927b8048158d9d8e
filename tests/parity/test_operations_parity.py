"""Every call of the table in PyTorch: the same values, dtypes, first and second derivatives, kinks and errors."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.arrays.strides import owner
from tests.op_calls import (
    DTYPES,
    FLOATS,
    WHOLE,
    Array,
    Better,
    Call,
    Row,
    at,
    floats,
    in_dtype,
    in_float,
    is_offered,
    mapped,
    requires_grad,
    results,
    run,
    symmetric,
    to_tensor,
    weights,
)  # fmt: skip
from tests.op_table import ROWS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*degrees of freedom is <= 0",
    "ignore:Using torch.cross without specifying the dim",
    "ignore:index_reduce.. is in beta",
    "ignore:The reduce argument of torch.scatter",
    "ignore:Using padding='same' with even kernel",
)

every_row = pytest.mark.parametrize("row", ROWS, ids=str)
every_differentiable_row = pytest.mark.parametrize("row", [row for row in ROWS if row.has_derivative], ids=str)


def theirs(row: Row) -> Callable[..., Any]:
    """PyTorch's function of a row."""
    if callable(row.torch):
        return row.torch
    if row.name.endswith("_"):
        return row.function
    name = row.torch or row.name
    deprecated = name in ("tanh", "sigmoid")  # in torch.nn.functional
    for place in (torch if deprecated else torch.nn.functional, torch, torch.Tensor):
        found: Any = place
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found
    raise LookupError(name)


def to_torch(array: Array) -> Any:
    return torch.from_numpy(np.array(array)).requires_grad_(requires_grad(array))


def in_torch(row: Row, call: Call, make: Callable[[Array], Any] = to_torch) -> tuple[list[Any], list[Any]]:
    """The results in PyTorch, and the tensors that were made for the call's arrays."""
    made: list[Any] = []

    def remembered(array: Array) -> Any:
        made.append(make(array))
        return symmetric(made[-1]) if row.symmetric else made[-1]

    def converted(value: Any) -> Any:
        if isinstance(value, np.dtype):
            return getattr(torch, value.name)
        if isinstance(value, tuple | list):
            return type(value)(converted(item) for item in value)
        return value

    args, options = mapped(remembered, call.args), mapped(remembered, call.options)
    return results(theirs(row)(*converted(args), **{name: converted(x) for name, x in options.items()})), made


def same(ours: Any, expected: Any, tolerance: float) -> None:
    if not hasattr(expected, "dtype"):
        assert ours == expected
        return
    assert tuple(ours.shape) == tuple(expected.shape)
    assert ours.dtype.name == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_allclose(ours.numpy(force=True), expected.numpy(force=True), rtol=tolerance, atol=tolerance)


NEAR = {"float64": 1e-12, "float32": 3e-6, "float16": 4e-3}
NEAR_IN_SLOPE = {"float64": 1e-10, "float32": 3e-5, "float16": 2e-2}


def compare_values(row: Row, dtype: str) -> Counter[int]:
    """Compare all results of all calls. Like `compare_derivatives`, it counts what it has compared by the order of
    derivative: see `count`."""
    compared: Counter[int] = Counter()
    for call in row.calls if dtype in row.takes else ():
        with at(call):
            typed = in_float(call, dtype)
            try:
                expected, _ = in_torch(row, typed, lambda x: to_torch(x).detach())
            except RuntimeError:  # some operations lack a half-precision kernel on the CPU
                assert dtype == "float16"
                continue
            outs, _ = run(row, typed, ag.from_numpy)
            assert len(outs) == len(expected)
            for out, answer in zip(outs, expected, strict=True):
                same(out, answer, max(NEAR[dtype], row.rough.get(dtype, 0)))
                compared[0] += 1
    return compared


def sweeps(row: Row, call: Call) -> list[tuple[int, Any, Any]]:
    """First derivatives, and second ones (of the first ones' sum with fixed weights): the order, ours, and PyTorch's."""
    answers: list[Any] = []
    for library, (outs, inputs) in ((torch, in_torch(row, call)), (ag, run(row, call))):
        grad = ag.grad if library is ag else torch.autograd.grad

        def seed(out: Any, library: Any = library) -> Any:
            known = weights(out.detach() if library is ag else ag.from_numpy(out.detach().numpy(force=True)))
            return (known if library is ag else torch.from_numpy(known.numpy())).requires_grad_()

        outs = [out for out in outs if hasattr(out, "requires_grad") and out.requires_grad]
        inputs = [x for x in inputs if x.requires_grad]
        if not outs:
            return []
        seeds = [seed(out) for out in outs]
        firsts = grad(outs, inputs, seeds, create_graph=True, allow_unused=True, materialize_grads=True)
        answers.append([(1, first) for first in firsts])
        if row.twice and row.torch_twice:
            curved = [first for first in firsts if first.requires_grad]
            inputs += seeds
            seconds = [0 * x.detach() for x in inputs]
            if curved:
                seconds = grad(curved, inputs, [seed(x).detach() for x in curved], materialize_grads=True)
            answers[-1] += [(2, second) for second in seconds]
    return [(order, ours, expected) for (order, expected), (_, ours) in zip(*answers, strict=True)]


def compare_derivatives(row: Row, dtype: str) -> Counter[int]:
    """Compare the gradients of all calls, and their gradients."""
    compared: Counter[int] = Counter()
    first = max(NEAR_IN_SLOPE[dtype], row.rough.get(dtype, 0), row.rough.get(f"{dtype} derivative", 0))
    near = {1: first, 2: max(first, row.rough.get(f"{dtype} second derivative", 0))}
    for call in row.calls if dtype in row.takes else ():
        if isinstance(call, Better):
            continue
        with at(call), np.errstate(all="ignore"):
            try:
                pairs = sweeps(row, in_float(call, dtype))
            except NotImplementedError as error:
                assert dtype == "float16"
                assert "not implemented for 'Half'" in str(error)
                continue
            for order, gradient, answer in pairs:
                if dtype == "float16" and answer.isnan().any() and not gradient.isnan().any():
                    continue  # PyTorch overflows, in layer_norm of one number for instance
                same(gradient, answer, near[order])
                compared[order] += 1
    return compared


@pytest.mark.parametrize("dtype", NEAR)
@every_row
def test_values_and_dtypes(row: Row, dtype: str) -> None:
    compare_values(row, dtype)


@pytest.mark.parametrize("dtype", NEAR_IN_SLOPE)
@every_differentiable_row
def test_first_and_second_derivatives(row: Row, dtype: str) -> None:
    compare_derivatives(row, dtype)


@pytest.mark.parametrize("row", [row for row in ROWS if row.kinks], ids=str)
def test_derivatives_at_kinks(row: Row) -> None:
    for point, _ in row.kinks:
        call = Call(*[np.array([float(x)]) for x in np.atleast_1d(point)], **row.kink_options)
        with at(call), np.errstate(all="ignore"):
            outs, inputs = run(row, call)
            expected, others = in_torch(row, call)
            same(outs[0], expected[0], 1e-12)
            found = ag.grad(outs[0].sum(), inputs, materialize_grads=True)
            wanted = torch.autograd.grad(expected[0].sum(), others, materialize_grads=True)
            for gradient, answer in zip(found, wanted, strict=True):
                same(gradient, answer, 1e-12)


@every_row
def test_errors_are_pytorchs(row: Row) -> None:
    for call in row.errors:
        with at(call), pytest.raises(call.error):
            in_torch(row, call)


def shares_memory(out: Any, inputs: list[Any]) -> bool:
    if isinstance(out, ag.Tensor):
        return any(owner(out.array) is owner(x.array) for x in inputs)
    return any(out.untyped_storage().data_ptr() == x.untyped_storage().data_ptr() for x in inputs)


@every_row
def test_what_is_a_view_there_is_one_here_and_what_is_a_copy_a_copy(row: Row) -> None:
    for call in row.calls:
        with at(call):
            outs, inputs = run(row, call, ag.tensor)
            expected, others = in_torch(row, call, lambda x: torch.from_numpy(x.copy()))
            for out, answer in zip(outs, expected, strict=True):
                if isinstance(out, ag.Tensor) and out.numel():
                    assert shares_memory(out, inputs) == shares_memory(answer, others)


# ---------------------------------------------------------------- dtypes


def outcome(function: Callable[[], Any]) -> Any:
    """The first result, or the exception."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return results(function())[0]
        except Exception as error:
            return error


def same_outcome(ours: Any, expected: Any) -> None:
    if isinstance(expected, Exception):
        assert isinstance(ours, RuntimeError | TypeError | type(expected)), f"{ours!r}, but PyTorch: {expected!r}"
    else:
        assert not isinstance(ours, Exception), f"{ours!r}, but PyTorch: {expected!r}"
        name = str(getattr(expected, "dtype", ""))
        same(ours, expected, 4e-3 if name.endswith("float16") else 3e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@every_row
def test_every_dtype(row: Row, dtype: str) -> None:
    if row.name in ("clamp_min", "clamp_max") and dtype == "bool":
        return  # with a bool number PyTorch refuses, with a bool tensor not; we take both
    if row.name == "rnn_tanh_cell" and dtype in WHOLE:
        return  # PyTorch computes with integers up to the tanh, in this one of its recurrent functions
    call = next((call for call in row.calls if any(a.dtype.kind == "f" for a in call.arrays())), row.calls[0])
    varied = "f" if any(a.dtype.kind == "f" for a in call.arrays()) else "fiub"
    call = call.changed(lambda array: in_dtype(array, dtype) if array.dtype.kind in varied else array)
    expected = outcome(lambda: in_torch(row, call, lambda x: torch.from_numpy(np.array(x)))[0])
    if dtype == "float16" and isinstance(expected, NotImplementedError):
        return  # some operations lack a half-precision kernel on the CPU
    with at(call):
        same_outcome(outcome(lambda: run(row, call, ag.from_numpy)[0]), expected)


BINARY = [
    "plus", "minus", "mul", "true_divide", "floor_divide", "remainder", "fmod", "pow", "float_power", "maximum", "minimum",
    "fmax", "fmin", "clamp_min", "clamp_max", "atan2", "hypot", "logaddexp", "copysign", "ldexp", "nextafter", "heaviside",
    "gcd", "lcm", "eq", "lt", "logical_and", "bitwise_and", "bitwise_xor", "bitwise_left_shift", "isclose",
]  # fmt: skip
NUMBERS = (2, 2.5, True)
WANT_TENSORS = {
    "maximum", "minimum", "fmax", "fmin", "atan2", "hypot", "logaddexp", "ldexp", "nextafter", "heaviside", "gcd", "lcm",
    "logical_and",
}  # fmt: skip


@pytest.mark.parametrize("name", [*BINARY, "where"])
@pytest.mark.parametrize("first", DTYPES)
def test_promotion(name: str, first: str) -> None:
    """Ten by ten: tensors of each dtype with tensors, 0-d tensors and Python numbers of each."""
    (row,) = [row for row in ROWS if row.name == name]
    x = in_dtype(floats(3), first)
    others = [in_dtype(y, dtype) for dtype in DTYPES for y in (floats(3, seed=1), floats(seed=2))]
    for y in [*others, *NUMBERS]:
        for left, right in ((x, y), (in_dtype(floats(seed=3), first), y)):
            call = Call(left, right) if name != "where" else Call(np.array([True, False, True]), left, right)
            tensors = isinstance(right, np.ndarray)
            if name in WANT_TENSORS and not tensors:
                continue  # PyTorch wants a tensor here; we take a number too, as NumPy does
            if name in ("clamp_min", "clamp_max") and first == "bool" and right is True:
                continue  # PyTorch refuses a bool number, but not a bool tensor
            if name == "ldexp" and {"float16", "bool"} & {first, str(getattr(right, "dtype", ""))}:
                continue  # PyTorch rounds 2 ** other to half precision, also for a float64 input; it lacks some of bools
            with at(call):
                same_outcome(
                    outcome(lambda call=call: run(row, call, ag.from_numpy)[0]),
                    outcome(lambda call=call: in_torch(row, call, lambda a: torch.from_numpy(np.array(a)))[0]),
                )


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.name in ("plus", "mul", "true_divide", "pow", "maximum")], ids=str
)
def test_gradients_of_mixed_dtypes(row: Row) -> None:
    for first in FLOATS:
        for second in FLOATS:
            for size in ((3,), ()):
                call = Call(floats(3, low=0.5).astype(first), floats(*size, low=0.5, seed=1).astype(second))
                with at(call):
                    for _, gradient, answer in sweeps(row, call):
                        same(gradient, answer, 6e-3)


# ---------------------------------------------------------------- what may be overwritten

# Overwritten between the call and backward, these operands raise here alone: PyTorch keeps a copy, or what it has
# computed from them.
KEPT_HERE = {
    "scaled_dot_product_attention",  # PyTorch keeps the scaled query and key
    "cross_entropy",  # PyTorch keeps the logarithms of the softmax
    "conv1d", "conv2d",  # with padding 'same' of an even window it keeps the padded input
    "cdist", "tensordot", "inner", "matmul", "kron",  # it keeps what it has expanded, or multiplied elementwise
    "instance_norm",  # it keeps the weight of each sample
    "gru", "gru_cell",  # it keeps sums of biases and products
    "cholesky_solve", "cholesky_inverse",  # it keeps the inverse
    "ndtr",  # it keeps the operand of erf
}  # fmt: skip


def overwritten(library: Any, row: Row, call: Call, which: int | None) -> str:
    """What comes of overwriting the operand of a number, or (None) the results, before backward."""
    made: list[Any] = []

    def make(array: Array) -> Any:
        x = to_tensor(array) if library is ag else to_torch(array)
        made.append(x * 1 if x.requires_grad else x)
        return made[-1]

    outs, _ = run(row, call, make) if library is ag else in_torch(row, call, make)
    outs = [out for out in outs if getattr(out, "requires_grad", False)]
    if not outs:
        return "no derivative"
    total = sum(out.sum() for out in outs)
    try:
        for x in outs if which is None else [made[which]]:
            x.mul_(1)
    except RuntimeError:
        return "not written to"
    try:
        (total if which is not None else sum(out.sum() for out in outs)).backward()
    except RuntimeError as error:
        assert "modified" in str(error)
        return "raises"
    return "fine"


@every_differentiable_row
def test_what_may_be_overwritten_there_may_be_here(row: Row) -> None:
    if row.name in KEPT_HERE:
        return
    for call in [call for call in row.calls if not isinstance(call, Better)]:
        arrays = call.arrays()
        operands = [i for i, array in enumerate(arrays) if requires_grad(array) and array.size]
        for which in (None, *operands):
            with at((which, call)), np.errstate(all="ignore"):
                if overwritten(torch, row, call, which) == "fine":
                    assert overwritten(ag, row, call, which) in ("fine", "not written to", "no derivative")


# ---------------------------------------------------------------- accuracy, names


@pytest.mark.parametrize("row", [row for row in ROWS if row.accurate_on], ids=str)
def test_float32_is_as_accurate_as_pytorch(row: Row) -> None:
    """The largest error in units of the last place, against float64."""
    low, high = row.accurate_on
    x = np.linspace(low, high, 4001).astype(np.float32)
    exact = row.numpy(x.astype(np.float64))
    unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
    ours = np.abs(row.function(to_tensor(x)).detach().numpy() - exact) / unit
    pytorchs = np.abs(theirs(row)(torch.from_numpy(x)).numpy() - exact) / unit
    assert ours.max() <= max(2 * pytorchs.max(), 4)


REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: x.sum(0),
    "mean": lambda x: x.mean(0),
    "var": lambda x: x.var(0),
    "std": lambda x: x.std(0),
    "cumsum": lambda x: x.cumsum(0),
    "logsumexp": lambda x: x.logsumexp(0),
    "norm": lambda x: x.norm(2, 0),
    "softmax": lambda x: x.softmax(0),
    "sum of all": lambda x: x.sum(),
    "sum of rows": lambda x: x.t().sum(1),
    "gradient of a bias": lambda x: gradient_of_bias(x),
}


def gradient_of_bias(x: Any) -> Any:
    library = ag if isinstance(x, ag.Tensor) else torch
    bias = library.zeros(3, dtype=x.dtype, requires_grad=True)
    linear = ag.linear if library is ag else torch.nn.functional.linear
    linear(x, library.zeros(3, 3, dtype=x.dtype), bias).backward(x)
    return bias.grad


@pytest.mark.parametrize("name", REDUCTIONS)
def test_long_reductions_are_as_accurate_as_pytorch(name: str) -> None:
    x = np.random.default_rng(0).random((50_000, 3)).astype(np.float32)
    reduction = REDUCTIONS[name]
    exact = reduction(ag.from_numpy(x.astype(np.float64))).numpy()
    ours, pytorchs = (
        np.abs(reduction(library.from_numpy(x)).numpy() - exact).max() / np.abs(exact).max() for library in (ag, torch)
    )
    assert ours <= max(2 * pytorchs, 3e-7)


def test_names_are_pytorchs() -> None:
    """What is a function, a method or an in-place method in PyTorch is one here."""
    rows = [row for row in ROWS if row.name not in ("true_divide", "fill_", "zero_")]
    assert [row for row in rows if hasattr(torch, row.name) and not is_offered(row)] == []
    names = {name for row in ROWS for name in (row.name, f"{row.name}_")}
    assert not {name for name in names if hasattr(torch.Tensor, name) and not hasattr(ag.Tensor, name)}


SPECIAL = [
    -np.inf,
    -1e30,
    -30.0,
    -2.0,
    -1.0,
    -0.5,
    -1e-30,
    -0.0,
    0.0,
    1e-30,
    0.5,
    1.0,
    2.0,
    3.0,
    30.0,
    1e30,
    np.inf,
    np.nan,
]
UNARY = [row for row in ROWS if row.has_derivative and row.samples[0].args[1:] == () and not row.samples[0].options]
UNARY = [
    row
    for row in UNARY
    if isinstance(row.samples[0].args[0], np.ndarray)
    and not isinstance(row.samples[0], Better)
    and "0-d" not in row.lacks  # not of matrices
]
OF_TWO = [
    "plus", "minus", "mul", "true_divide", "floor_divide", "remainder", "fmod", "pow", "float_power", "maximum", "minimum",
    "fmax", "fmin", "clamp_min", "clamp_max", "atan2", "hypot", "logaddexp", "logaddexp2", "copysign", "ldexp", "nextafter",
    "heaviside",
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("row", UNARY, ids=str)
def test_special_values(row: Row, dtype: str) -> None:
    """In many elements: of few, PyTorch gives other slopes at NaN than its vector instructions."""
    for value in SPECIAL:
        if not DIFFER.get(row.name, lambda x: False)(value):
            agrees_at(row, Call(np.array([[value, 0.5] * 32], dtype)))


DIFFER: dict[str, Callable[[float], bool]] = {  # where PyTorch's answer is none
    "gelu": lambda x: bool(np.isinf(x)),  # it depends on how many elements there are
    "linalg_vander": lambda x: True,  # powers up to the 63rd overflow
    "logit": lambda x: x == 0,  # the sign of its slope at -0 does, too
    "log_ndtr": lambda x: x <= -1e30,  # its derivative subtracts infinities
    "digamma": lambda x: x < 0 and x == np.floor(x),  # its sine of pi x is not 0 at whole x
}


@pytest.mark.parametrize("name", OF_TWO)
def test_special_pairs(name: str) -> None:
    (row,) = [row for row in ROWS if row.name == name]
    for x in SPECIAL:
        for y in SPECIAL:
            agrees_at(row, Call(np.array([x]), np.array([y])))


def agrees_at(row: Row, call: Call) -> None:
    with at([array.tolist() for array in call.arrays()]), np.errstate(all="ignore"):
        outs, inputs = run(row, call)
        expected, others = in_torch(row, call)
        dtype = outs[0].dtype.name
        tolerance = max(1e-11 if dtype == "float64" else 3e-6, row.rough.get(dtype, 0))
        same(outs[0], expected[0], tolerance)
        if not row.smooth:
            return
        gradients = ag.grad(outs[0].sum(), inputs, materialize_grads=True)
        answers = torch.autograd.grad(expected[0].sum(), others, materialize_grads=True)
        for gradient, answer in zip(gradients, answers, strict=True):
            same(gradient, answer, tolerance)
