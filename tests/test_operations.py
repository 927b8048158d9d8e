"""What holds for every operation, generated from the table (`op_table`). PyTorch is not needed.

The oracles: NumPy for values; the complex step, or central differences, for derivatives.
"""

from __future__ import annotations

import ast
import inspect
import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.arrays.dtypes import can_cast
from autograd_core.graph import Leaf, Node
from autograd_core.numpy_api import functions as numpy_api
from autograd_core.primitive import IMPLEMENTS, OPERATIONS, Operation, primitive, refused
from tests.op_calls import (  # fmt: skip
    DTYPES,
    FLOATS,
    MODULES,
    PUBLIC,
    Array,
    Call,
    Row,
    at,
    bools,
    floats,
    in_dtype,
    ints,
    requires_grad,
    results,
    run,
    to_tensor,
    weights,
)
from tests.op_table import NUMPY_CALLS, ROWS

INTERNAL = {
    "as_element",
    "as_operand",
    "check_fit",
    "product",
    "matrices",
    "square_matrices",
    "deprecated",
}  # public within the package: they work on arrays


def differentiable(outs: Iterable[Any]) -> list[ag.Tensor]:
    return [out for out in outs if isinstance(out, ag.Tensor) and out.requires_grad]


def gradients(outs: list[Any], inputs: list[ag.Tensor], **options: Any) -> list[ag.Tensor]:
    """The gradients of all outputs with respect to the inputs that require one; those of a sum with fixed weights."""
    outs, inputs = differentiable(outs), [x for x in inputs if x.requires_grad]
    if not outs:
        return []
    seeds = [weights(out).requires_grad_(options.get("create_graph", False)) for out in outs]
    return list(ag.grad(outs, inputs, seeds, materialize_grads=True, **options))


def close(actual: Any, expected: Any, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=tolerance, atol=tolerance)


def as_function(row: Row, call: Call) -> tuple[Callable[..., Any], list[ag.Tensor]]:
    """The call as a function of its floating tensors, and these."""

    def function(*tensors: ag.Tensor) -> tuple[Any, ...]:
        given = iter(tensors)
        outs, _ = run(row, call, lambda array: next(given) if requires_grad(array) else ag.from_numpy(array))
        return tuple(out for out in outs if isinstance(out, ag.Tensor))

    return function, [to_tensor(array) for array in call.arrays() if requires_grad(array)]


DIFFERENTIABLE = [row for row in ROWS if row.has_derivative]
every_row = pytest.mark.parametrize("row", ROWS, ids=str)
every_differentiable_row = pytest.mark.parametrize("row", DIFFERENTIABLE, ids=str)


# ---------------------------------------------------------------- the table is complete


def test_the_table_and_the_public_functions_are_the_same() -> None:
    in_table = {row.function for row in ROWS}
    missing = {name for name, function in PUBLIC.items() if function not in in_table}
    assert missing == INTERNAL
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_the_table_and_the_registry_are_the_same() -> None:
    ours = {name for name, op in OPERATIONS.items() if op.forward.__module__.startswith("autograd_core.")}
    assert {name for row in ROWS for name in row.operations} == ours


def nodes_of(tensors: Iterable[ag.Tensor]) -> list[Node]:
    seen: dict[Node, None] = {}
    stack: list[Any] = [tensor._edge for tensor in tensors]
    while stack:
        node = stack.pop()
        if node is not None and node not in seen:
            seen[node] = None
            stack.extend(node.parents)
    return [node for node in seen if not isinstance(node, Leaf)]


def recorded(row: Row) -> Iterator[tuple[Node, Any]]:
    """Each node of each sample and of its first derivative, and a cotangent for it."""
    for call in row.calls:
        outs, inputs = run(row, call)
        firsts = gradients(outs, inputs, create_graph=True) if row.twice else []
        for node in nodes_of(differentiable([*outs, *firsts])):
            if node.dtype is not None and node.saved is not None and hasattr(node, "op") and len(node.saved):
                yield node, floats(*node.shape, seed=5).astype(node.dtype)
            elif node.dtype is None:
                yield node, tuple(floats(*size, seed=i).astype(dtype) for i, (size, dtype) in enumerate(node.shape))


def shares_of(node: Node, g: Any) -> list[Any]:
    """What a node sends to its parents, by the formulas for arrays."""
    if node.op.formulas is None:
        return list(node.op.pull(g, node.parents, node.saved))
    return [
        None if parent is None else formula(g, *values)
        for parent, formula, values in zip(node.parents, node.op.formulas, node.saved, strict=True)
    ]


@pytest.fixture(scope="module")
def reached() -> dict[str, set[int]]:
    """By operation, which of its operands' formulas the samples reach."""
    found: dict[str, set[int]] = {}
    for row in DIFFERENTIABLE:
        for node, _ in recorded(row):
            found.setdefault(node.op.name, set()).update(i for i, p in enumerate(node.parents) if p is not None)
    return found


def test_every_formula_is_reached(reached: dict[str, set[int]]) -> None:
    for name, op in OPERATIONS.items():
        formulas = {i for i, formula in enumerate(op.plain) if not raises(formula)}
        if formulas and op.forward.__module__.startswith("autograd_core.") and name != "_cast":
            assert name in reached, f"no sample reaches {name}"
            if not op.variadic:
                assert reached[name] == formulas, f"{name}: not all operands are reached"


def raises(formula: Callable[..., Any]) -> bool:
    """Whether a formula refuses to differentiate; `test_hard_cases` calls these."""
    return formula.__qualname__.startswith(f"{refused.__name__}.")


@every_row
def test_samples_include_the_special_sizes(row: Row) -> None:
    arrays = [array for call in row.calls for array in call.arrays()]
    kinds = {"0-d": lambda a: a.ndim == 0, "size 0": lambda a: a.size == 0, "size 1": lambda a: a.shape and a.size == 1}
    found = {name for name, is_kind in kinds.items() if any(is_kind(array) for array in arrays)}
    assert found | set(row.lacks) == set(kinds), f"{row}: found {found}, lacks {row.lacks}"


# ---------------------------------------------------------------- values, dtypes, memory


@every_row
def test_value_is_numpys(row: Row) -> None:
    for call in row.calls:
        with at(call):
            outs, _ = run(row, call)
            args, options = call.on(lambda array: array)
            expected = results(row.numpy(*args, **options))
            assert len(outs) == len(expected)
            for out, answer in zip(outs, expected, strict=True):
                assert isinstance(out, bool) or type(out.array) is np.ndarray  # 0-d included
                assert np.shape(out) == np.shape(answer)
                close(out.array if isinstance(out, ag.Tensor) else out, answer, 1e-6 if row.name == "cast" else 1e-11)


@every_row
def test_float32_is_float64_rounded(row: Row) -> None:
    for call in row.calls:
        with at(call):
            single = call.changed(lambda array: array.astype(np.float32) if array.dtype.kind == "f" else array)
            double = single.changed(lambda array: array.astype(np.float64) if array.dtype.kind == "f" else array)
            (outs, _), (expected, _) = run(row, single), run(row, double)
            for out, answer in zip(outs, expected, strict=True):
                if isinstance(out, ag.Tensor) and out.dtype.kind == "f":
                    close(out.detach(), answer.detach(), 3e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@every_row
def test_dtype_of_the_result(row: Row, dtype: str) -> None:
    call = next((call for call in row.samples if any(a.dtype.kind == "f" for a in call.arrays())), row.samples[0])
    varied = "f" if any(a.dtype.kind == "f" for a in call.arrays()) else "fiub"
    call = call.changed(lambda array: in_dtype(array, dtype) if array.dtype.kind in varied else array)
    with at(call):
        if dtype not in row.takes:
            with pytest.raises((RuntimeError, TypeError, ValueError)):
                run(row, call, ag.from_numpy)
            return
        with np.errstate(all="ignore"):
            out = run(row, call, ag.from_numpy)[0][0]
        assert isinstance(out, bool) or out.dtype == row.dtype(dtype)


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "with gaps": lambda x: np.repeat(x, 2, -1)[..., ::2],
    "backwards": lambda x: np.flip(np.flip(x).copy()),
    "column-major": lambda x: np.array(x, order="F", subok=True),
}


@every_row
def test_any_memory_layout_gives_the_same(row: Row) -> None:
    if not row.any_layout:
        return
    for call in row.calls:
        outs, inputs = run(row, call)
        slopes = gradients(outs, inputs)
        for name, layout in LAYOUTS.items():
            with at((name, call)):
                again, others = run(row, call.changed(lambda x, layout=layout: layout(x) if x.ndim else x))
                for out, expected in zip(again, outs, strict=True):
                    close(*[x.detach() if isinstance(x, ag.Tensor) else x for x in (out, expected)])
                for slope, expected in zip(gradients(again, others), slopes, strict=True):
                    close(slope, expected)


@every_row
def test_no_input_is_changed(row: Row) -> None:
    for call in row.calls:
        with at(call):
            before = [array.copy() for array in call.arrays()]
            outs, inputs = run(row, call)
            gradients(outs, inputs)
            for array, copy in zip(call.arrays(), before, strict=True):
                np.testing.assert_array_equal(array, copy)


@every_row
def test_result_requires_grad_if_an_input_does(row: Row) -> None:
    for call in row.calls:
        outs, _ = run(row, call, ag.from_numpy)
        assert not differentiable(outs)
        with ag.no_grad():
            outs, inputs = run(row, call)
        assert not differentiable([out for out in outs if all(out is not x for x in inputs)])


# ---------------------------------------------------------------- derivatives


def check_first(row: Row) -> None:
    for call in row.samples:
        function, inputs = as_function(row, call)
        if differentiable(function(*inputs)):
            with at(call):
                ag.gradcheck(function, inputs, atol=1e-7, rtol=1e-6)


def check_second(row: Row) -> None:
    for call in row.samples:
        function, inputs = as_function(row, call)
        if differentiable(function(*inputs)):
            with at(call):
                ag.gradgradcheck(function, inputs, atol=1e-6, rtol=1e-5)


def check_on_tensors(row: Row) -> None:
    """The formulas give on Tensors what they give on arrays, for nodes of derivatives too."""
    for node, g in recorded(row):
        with np.errstate(all="ignore"):
            expected = shares_of(node, g)
            g = tuple(ag.from_numpy(part) for part in g) if isinstance(g, tuple) else ag.from_numpy(g)
            found = node.op.pull_tensors(g, node.parents, node, node.saved)
        for share, answer in zip(found, expected, strict=True):
            if answer is not None:
                assert share.shape == np.shape(answer), node.op.name
                close(share.detach(), answer, 1e-11 if share.dtype == np.float64 else 1e-5)


@every_differentiable_row
def test_first_derivative(row: Row) -> None:
    check_first(row)


@every_differentiable_row
def test_second_derivative(row: Row) -> None:
    if row.twice:
        check_second(row)


@every_differentiable_row
def test_formulas_on_tensors_equal_those_on_arrays(row: Row) -> None:
    check_on_tensors(row)


@every_differentiable_row
def test_gradients_have_their_inputs_shape_and_dtype(row: Row) -> None:
    for call in row.calls:
        for dtype in [each for each in FLOATS if each in row.takes]:
            with at((dtype, call)), np.errstate(all="ignore"):
                typed = call.changed(lambda x, dtype=dtype: x.astype(dtype) if x.dtype.kind == "f" else x)
                outs, inputs = run(row, typed)
                wanted = [(x.shape, x.dtype) for x in inputs if x.requires_grad]
                found = [(g.shape, g.dtype) for g in gradients(outs, inputs)]
                assert not found or found == wanted


@pytest.mark.parametrize("row", [row for row in ROWS if row.kinks], ids=str)
def test_derivative_at_kinks(row: Row) -> None:
    for point, slopes in row.kinks:
        point, slopes = np.atleast_1d(point), np.atleast_1d(slopes)
        options: dict[str, Any] = row.kink_options
        for size in ((), (1,)):
            with at((point, size)), np.errstate(all="ignore"):
                inputs = [ag.full(size, float(x), dtype=ag.float64).requires_grad_() for x in point]
                out = row.function(*inputs, **options)
                close(out.detach(), row.numpy(*[x.detach().numpy() for x in inputs], **options))
                close([g.item() for g in ag.grad(out.sum(), inputs)], slopes)


# ---------------------------------------------------------------- function, method, in-place form, NumPy's function


IN_PLACE_ONLY = [row for row in ROWS if row.name.endswith("_")]


@every_row
def test_method_is_the_function(row: Row) -> None:
    method = getattr(ag.Tensor, row.name, None)
    if (
        method is None or isinstance(method, property) or row.name == "where" or row in IN_PLACE_ONLY
    ):  # x.where(condition, other): see below
        return
    for call in row.calls:
        with at(call):
            args, options = call.on(to_tensor)
            if isinstance(args[0], ag.Tensor):
                for out, expected in zip(results(method(*args, **options)), run(row, call)[0], strict=True):
                    np.testing.assert_array_equal(*[getattr(x, "array", x) for x in (out, expected)])


def test_where_as_a_method() -> None:
    condition, x, y = to_tensor(np.array([True, False])), to_tensor(floats(2)), to_tensor(floats(2, seed=1))
    np.testing.assert_array_equal(x.where(condition, y).array, ag.where(condition, x, y).array)


IN_PLACE = [row for row in ROWS if not row.name.endswith("_") and hasattr(ag.Tensor, f"{row.name}_")]
BECOMING = {"squeeze", "unsqueeze", "transpose", "t", "as_strided"}  # in place, the tensor takes another shape
NOT_OF_AN_OPERATION = {
    *[row.name for row in IN_PLACE_ONLY],
    "requires_grad_", "detach_", "apply_", "map_", "map2_", "share_memory_", "conj_physical_", "swapaxes_", "swapdims_",
    "uniform_", "normal_", "bernoulli_", "exponential_", "random_",
}  # fmt: skip


def test_every_in_place_form_belongs_to_a_row() -> None:
    forms = {name for name in dir(ag.Tensor) if name.endswith("_") and not name.startswith("_")}
    of_rows = {getattr(ag.Tensor, f"{row.name}_") for row in IN_PLACE}  # under their other names too: clip_, arcsin_
    assert {name for name in forms if getattr(ag.Tensor, name) not in of_rows} == NOT_OF_AN_OPERATION


@pytest.mark.parametrize("row", IN_PLACE, ids=str)
def test_in_place_form_equals_the_plain_one(row: Row) -> None:
    method = getattr(ag.Tensor, f"{row.name}_")
    for call in row.calls:
        outs, inputs = run(row, call)
        (out,) = outs
        others = [to_tensor(array) for array in call.arrays()]
        given = iter([others[0].clone(), *others[1:]])
        args, options = call.on(lambda array, given=given: next(given))
        if not isinstance(args[0], ag.Tensor):
            continue
        with at(call):
            target = args[0]
            if not can_cast(out.dtype, target.dtype) or (out.shape != target.shape and row.name not in BECOMING):
                before = target.detach().clone()
                with pytest.raises(RuntimeError):
                    method(*args, **options)
                assert ag.equal(target.detach(), before)
                assert target._version == 0
                continue
            assert method(*args, **options) is target
            assert target._version == 1
            close(target.detach(), out.detach())
            for slope, expected in zip(gradients([target], others), gradients(outs, inputs), strict=True):
                close(slope, expected)


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
]  # fmt: skip
PARTNERS = [2, 2.5, np.float64(1.5), np.float32(1.5), np.int64(2), np.asarray(1.5), floats(3, low=0.5, high=2, seed=1)]


@pytest.mark.parametrize("function", OPERATORS, ids=lambda f: f.__name__)
def test_operators_with_numbers_and_arrays_on_either_side(function: Callable[..., Any]) -> None:
    x = floats(3, low=0.5, high=2)
    for partner in PARTNERS:
        for ours, expected in (
            (function(to_tensor(x), partner), function(x, partner)),
            (function(partner, to_tensor(x)), function(partner, x)),
        ):
            assert isinstance(ours, ag.Tensor)
            assert ours.dtype == expected.dtype
            assert ours.requires_grad == (ours.dtype.kind == "f")
            close(ours.detach(), expected)


@pytest.mark.parametrize("function", [operator.and_, operator.or_, operator.xor], ids=lambda f: f.__name__)
def test_operators_on_bits(function: Callable[..., Any]) -> None:
    for x, y in ((ints(3), 3), (bools(3), True), (ints(3), ints(3, seed=1))):
        for ours, expected in (
            (function(to_tensor(x), y), function(x, y)),
            (function(y, to_tensor(x)), function(y, x)),
        ):
            np.testing.assert_array_equal(ours.array, expected)


def test_matmul_with_an_array_on_either_side() -> None:
    x, y = floats(2, 3), floats(3, 2, seed=1)
    for ours in (to_tensor(x) @ y, x @ to_tensor(y)):
        assert ours.requires_grad
        close(ours.detach(), x @ y)


# NumPy reads one triangle of a symmetric matrix; distinct values and frequencies have no derivative.
WITHOUT_SLOPES = {
    np.linalg.cholesky,
    np.linalg.eigh,
    np.linalg.eigvalsh,
    np.unique,
    np.histogram,
    np.histogram_bin_edges,
}
NEW_ARRAYS = {np.zeros_like, np.ones_like, np.full_like, np.empty_like}


def test_numpys_functions_are_all_in_the_list() -> None:
    assert {function for function, _ in NUMPY_CALLS} == set(numpy_api._FUNCTIONS)


@pytest.mark.parametrize(("function", "call"), NUMPY_CALLS, ids=lambda x: getattr(x, "__name__", None))
def test_numpys_function_keeps_the_graph(function: Callable[..., Any], call: Call) -> None:
    args, options = call.on(to_tensor)
    arrays, array_options = call.on(lambda array: array)
    outs, answers = results(function(*args, **options)), results(function(*arrays, **array_options))
    assert len(outs) == len(answers)
    for out, expected in zip(outs, answers, strict=True):
        if not isinstance(expected, np.ndarray | np.floating):
            assert out == expected
            continue
        assert isinstance(out, ag.Tensor)
        assert out.shape == np.shape(expected)
        close(out.detach(), expected)
    if isinstance(outs[0], ag.Tensor):
        assert outs[0].requires_grad == (outs[0].dtype.kind == "f" and function not in NEW_ARRAYS)


@pytest.mark.parametrize(("function", "call"), NUMPY_CALLS, ids=lambda x: getattr(x, "__name__", None))
def test_numpys_function_without_grad_gives_an_array(function: Callable[..., Any], call: Call) -> None:
    args, options = call.on(ag.from_numpy)
    arrays, array_options = call.on(lambda array: array)
    outs, answers = results(function(*args, **options)), results(function(*arrays, **array_options))
    for out, expected in zip(outs, answers, strict=True):
        assert not isinstance(out, ag.Tensor)
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(("function", "call"), NUMPY_CALLS, ids=lambda x: getattr(x, "__name__", None))
def test_numpys_function_has_the_derivative(function: Callable[..., Any], call: Call) -> None:
    """Along one direction, against NumPy's differences."""
    made: list[ag.Tensor] = []

    def remembered(array: Array) -> ag.Tensor:
        made.append(to_tensor(array))
        return made[-1]

    args, options = call.on(remembered)
    outs = differentiable(results(function(*args, **options)))
    if not outs or outs[0].dtype != np.float64 or function in WITHOUT_SLOPES:
        return

    def moved(step: float) -> float:
        ways = iter(floats(*array.shape, seed=7) * step for array in call.arrays() if requires_grad(array))
        args, options = call.on(lambda array: array + next(ways) if requires_grad(array) else array)
        answers = [np.asarray(answer) for answer in results(function(*args, **options))]
        return float(sum((weights(out).array * answer).sum() for out, answer in zip(outs, answers, strict=False)))

    found = gradients(outs, made)
    slope = sum((g.array * floats(*g.shape, seed=7)).sum() for g in found)
    close(slope, (moved(1e-6) - moved(-1e-6)) / 2e-6, 1e-7)


@pytest.mark.parametrize("function", IMPLEMENTS, ids=lambda function: function.__name__)
def test_numpys_counterpart_is_the_operation(function: Callable[..., Any]) -> None:
    name = IMPLEMENTS[function].__name__
    row = next(row for row in ROWS if name in row.operations and row.name == name.strip("_").replace("power", "pow"))
    for call in row.calls:
        if call.options or not all(isinstance(arg, np.ndarray | int | float) for arg in call.args):
            continue
        with at(call), np.errstate(all="ignore"):
            args, _ = call.on(to_tensor)
            out = function(*args)
            expected = function(*call.args)
            assert isinstance(out, ag.Tensor)
            close(out.detach(), expected)
            assert out.requires_grad == bool(differentiable(run(row, call)[0]))


# ---------------------------------------------------------------- fresh and fast formulas


def arrays_in(value: Any) -> list[Array]:
    if isinstance(value, np.ndarray):
        return [value]
    return [array for item in value for array in arrays_in(item)] if isinstance(value, tuple | list) else []


@every_differentiable_row
def test_fresh_formulas_return_new_arrays(row: Row) -> None:
    """The sweep adds to the result of a `fresh` formula in place: nobody else may hold its memory."""
    for node, g in recorded(row):
        if not node.op.fresh:
            continue
        with np.errstate(all="ignore"):
            shares = [share for share in shares_of(node, g) if share is not None]
        held = [*arrays_in(g), *arrays_in(node.saved)]
        for i, share in enumerate(shares):
            if isinstance(share, np.ndarray):  # else a NumPy number, which nobody can write to
                assert share.flags.writeable
                for other in [*held, *arrays_in(shares[i + 1 :])]:
                    assert not np.shares_memory(share, other), f"{node.op.name}: result {i} shares memory"


@every_differentiable_row
def test_fast_formulas_equal_the_plain_ones(row: Row) -> None:
    for node, g in recorded(row):
        op = node.op
        saved = [dict(zip(*pair, strict=False)) for pair in zip(op.reads, node.saved, strict=True)]
        with np.errstate(all="ignore"):
            fast = shares_of(node, g)
            needed = [True] if op.variadic else [parent is not None for parent in node.parents]
            plain = [
                formula(g, *[known[name] for name in names]) if need and (known or not names) else None
                for formula, names, known, need in zip(op.plain, op.plain_reads, saved, needed, strict=True)
            ]
        for share, expected, parent in zip(fast, plain[0] if op.variadic else plain, node.parents, strict=True):
            if parent is not None:
                assert np.shape(share) == np.shape(expected), op.name
                close(share, expected, 1e-11 if parent.dtype == np.float64 else 1e-5)


# ---------------------------------------------------------------- what formulas are made of

METHODS = {"sum", "mean", "reshape", "astype", "append"}  # append: to a list
ATTRIBUTES = {"T", "shape", "ndim", "dtype", "type"}  # not size: a method of Tensor
BUILTINS = {
    "tuple", "list", "dict", "len", "range", "zip", "enumerate", "reversed", "sorted", "int", "float", "isinstance", "slice", "RuntimeError", "min",
}  # fmt: skip
ALLOWED = (
    ast.Lambda, ast.Return, ast.Assign, ast.If, ast.For, ast.Expr, ast.Raise,
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Constant, ast.Name, ast.Attribute,
    ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.ListComp, ast.GeneratorExp, ast.Starred,
    ast.arguments, ast.arg, ast.keyword, ast.comprehension, ast.expr_context,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
OPTIONS = {name for name in inspect.signature(primitive).parameters if name != "formulas"}


def formulas_of(module: ModuleType) -> Iterator[tuple[str, ast.expr]]:
    """Each plain formula in a module's rows, as source."""
    for definition in ast.parse(inspect.getsource(module)).body:
        for decorator in getattr(definition, "decorator_list", []):
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "primitive":
                for keyword in decorator.keywords:
                    if keyword.arg not in OPTIONS:
                        yield f"{definition.name}, {keyword.arg}", keyword.value


def objections(source: ast.AST, module: ModuleType, seen: set[str]) -> Iterator[str]:
    """What in a formula does not run on every kind of array; looks into the helpers that it calls."""
    for node in ast.walk(source):
        where = f"line {getattr(node, 'lineno', '?')}"
        if isinstance(node, ast.Assign):
            targets = [
                t for target in node.targets for t in (target.elts if isinstance(target, ast.Tuple) else [target])
            ]
            if not all(isinstance(target, ast.Name) for target in targets):
                yield f"{where}: assignment to an item or attribute"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("np", "math"):
            continue
        elif isinstance(node, ast.Attribute) and node.attr not in ATTRIBUTES | METHODS:
            yield f"{where}: .{node.attr}"
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in BUILTINS | {"either"}
        ):
            helper = getattr(module, node.func.id, None)
            if helper is None:
                yield f"{where}: {node.func.id}()"
            elif node.func.id not in seen:
                seen.add(node.func.id)
                yield from objections_to_function(helper, seen)
        elif isinstance(node, ast.FunctionDef):
            continue
        elif not isinstance(node, ALLOWED):
            yield f"{where}: {type(node).__name__}"


def objections_to_function(function: Any, seen: set[str]) -> Iterator[str]:
    if function.__module__ in ("autograd_core.arrays.dims", "autograd_core.arrays.strides"):
        return  # works on shapes, not on arrays of values
    module = inspect.getmodule(function)
    assert module is not None
    (definition,) = ast.parse(inspect.getsource(function)).body
    if definition.decorator_list:  # type: ignore[attr-defined]
        yield f"{function.__name__}: an operation called without either()"
    else:
        yield from (f"{function.__name__}, {objection}" for objection in objections(definition, module, seen))


def all_objections() -> Iterator[str]:
    for module in [*MODULES, inspect.getmodule(ag.Tensor.fill_)]:
        assert module is not None
        for name, formula in formulas_of(module):
            if isinstance(formula, ast.Name):
                helper = getattr(module, formula.id)
                yield from () if raises(helper) else objections_to_function(helper, {formula.id})
            else:
                yield from (f"{name}: {objection}" for objection in objections(formula, module, set()))


def test_formulas_run_on_every_kind_of_array() -> None:
    assert sorted(set(all_objections())) == []


def test_a_forbidden_construct_is_found() -> None:
    for source in ("lambda g, x: g.fill(0)", "lambda g, x: x.copy()", "lambda g, x: exp(x)", "lambda g: helper(g)"):
        assert list(objections(ast.parse(source, mode="eval").body, ag.ops.elementwise, set())), source
    assert list(objections(ast.parse("def f(g):\n    g[0] = 1\n    return g").body[0], ag.ops.elementwise, set()))
    assert list(objections(ast.parse("def f(g):\n    g += 1\n    return g").body[0], ag.ops.elementwise, set()))


# ---------------------------------------------------------------- errors


@every_row
def test_wrong_calls_raise(row: Row) -> None:
    for call in row.errors:
        with at(call):
            args, options = call.on(to_tensor)
            with pytest.raises(call.error) as raised:
                row.function(*args, **options)
            assert type(raised.value) is call.error or issubclass(type(raised.value), NotImplementedError)
            assert len(str(raised.value)) > 15


# ---------------------------------------------------------------- the tests can fail


def rolled(value: Any) -> Any:
    if isinstance(value, list | tuple) and arrays_in(value):  # of operands or results; other tuples are geometry
        return (list if isinstance(value, list) else tuple)(map(rolled, value))
    return np.roll(value, 1, range(value.ndim)) if isinstance(value, np.ndarray) and value.size > 1 else value


def transposed(value: Any) -> Any:
    square = np.ndim(value) > 1 and value.shape[-1] == value.shape[-2]
    return np.swapaxes(value, -1, -2) if square else value


def spread(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The change of a share, or of each of several."""
    return lambda shares: [change(share) for share in shares] if isinstance(shares, tuple | list) else change(shares)


# A mutation makes a wrong formula of a right one.
MUTATIONS: dict[str, Callable[[Any], Any]] = {
    "sign": lambda formula: lambda g, *saved: spread(lambda share: -share)(formula(g, *saved)),
    "factor 2": lambda formula: lambda g, *saved: spread(lambda share: share * 2)(formula(g, *saved)),
    "transpose": lambda formula: lambda g, *saved: spread(transposed)(formula(g, *saved)),
    "wrong place": lambda formula: lambda g, *saved: spread(rolled)(formula(g, *saved)),
    "wrong saved value": lambda formula: lambda g, *saved: formula(g, *map(rolled, saved)),
}
EQUIVALENT = {
    ("_eigh", 0, "transpose"),  # its operand is made symmetric
    ("masked_fill", 1, "wrong place"),  # of a number's gradient, which is summed
    ("_combine", 0, "wrong saved value"),  # rows, sources and weights of the terms are all rolled alike
}
TESTED = [op for op in OPERATIONS.values() if not all(map(raises, op.plain)) and op.name != "_cast"]


def plain_arrays(value: Any) -> list[Any]:
    return [x.array if isinstance(x, ag.Tensor) else x for x in (value if isinstance(value, tuple | list) else [value])]


@contextmanager
def planted(op: Operation, formulas: str, place: int, mutation: str) -> Iterator[list[bool]]:
    """A bug in one of an operation's formulas: those for arrays ("formulas" or, where they are computed together,
    "on_arrays"), or those for Tensors ("plain").

    Gives a list, which says of each use of the formula whether the bug made a difference.
    """
    before = getattr(op, formulas)
    right = before[place]
    wrong = MUTATIONS[mutation](right)
    effects = []

    def watched(g: Any, *saved: Any) -> Any:
        answer = wrong(g, *saved)
        pairs = zip(plain_arrays(answer), plain_arrays(right(g, *saved)), strict=True)
        effects.append(not all(np.array_equal(*pair, equal_nan=True) for pair in pairs))
        return answer

    setattr(op, formulas, [watched if i == place else formula for i, formula in enumerate(before)])
    try:
        yield effects
    finally:
        setattr(op, formulas, before)


def survivors(mutation: str, formulas: str, *checks: Callable[[Row], None]) -> list[tuple[str, int, str]]:
    """The bugs that make a difference, and that none of the checks finds in any row."""
    found = []
    for op in TESTED:
        kind = formulas if op.formulas is not None or formulas == "plain" else "on_arrays"
        for place in range(len(getattr(op, kind))):
            with planted(op, kind, place, mutation) as effects:
                rows = [row for row in DIFFERENTIABLE if op.name in row.operations]
                if not any(is_caught(row, check) for check in checks for row in rows) and any(effects):
                    found.append((op.name, place, mutation))
    return [bug for bug in found if bug not in EQUIVALENT]


def is_caught(row: Row, check: Callable[[Row], None]) -> bool:
    try:
        check(row)
    except (ag.GradcheckError, AssertionError, RuntimeError):  # RuntimeError: a gradient that does not fit its leaf
        return True
    return False


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_bug_in_a_formula_for_arrays_is_caught(mutation: str) -> None:
    assert survivors(mutation, "formulas", check_first, check_second) == []


@pytest.mark.parametrize("mutation", ["sign", "factor 2"])
def test_a_bug_in_a_formula_for_tensors_is_caught(mutation: str) -> None:
    assert survivors(mutation, "plain", check_first, check_on_tensors) == []


def test_a_dropped_reduction_is_caught() -> None:
    for op in TESTED:
        if op.broadcasts:
            op.broadcasts = False
            try:
                assert any(is_caught(row, check_first) for row in DIFFERENTIABLE if op.name in row.operations), op.name
            finally:
                op.broadcasts = True
