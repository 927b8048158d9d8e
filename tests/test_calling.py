"""`out=`, and what is said where an argument is no tensor."""

from __future__ import annotations

import inspect
import pickle
import warnings
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.calling import TAKES_OUT, public
from tests.op_calls import Call, Row, at, is_offered, results, run
from tests.op_table import ROWS

OFFERED = {name: getattr(ag, name) for name in ag.__all__}
WITH_OUT = [row for row in ROWS if row.name in TAKES_OUT and is_offered(row)]


def empty_like(result: Any) -> ag.Tensor:
    return ag.zeros(result.shape, dtype=result.dtype)


@pytest.mark.parametrize("row", WITH_OUT, ids=str)
def test_out_receives_the_result(row: Row) -> None:
    function = OFFERED[row.name]
    for call in row.calls:
        expected, _ = run(row, call, ag.from_numpy)
        if row.name == "where" and len(call.args) == 1:
            continue  # nonzero(as_tuple=True), which takes no out= in PyTorch either
        with at(call):
            outs = [empty_like(each) for each in expected]
            args, options = call.on(ag.from_numpy)
            found = function(*args, **options, out=outs[0] if len(outs) == 1 else tuple(outs))
            for each, out, value in zip(results(found), outs, expected, strict=True):
                assert each is out
                np.testing.assert_array_equal(out, value)
                assert out._version == 1


def test_there_are_many_of_them() -> None:
    assert len(WITH_OUT) > 60
    assert all(getattr(OFFERED[name], "__name__", name) for name in OFFERED)


def test_out_may_be_an_operand_or_a_region() -> None:
    x = ag.arange(6.0).reshape(2, 3)
    assert ag.mul(x, x, out=x) is x
    assert x.tolist() == [[0, 1, 4], [9, 16, 25]]
    ag.neg(x[0], out=x[1])
    assert x.tolist() == [[0, 1, 4], [0, -1, -4]]


def test_out_is_resized_with_a_warning_unless_it_is_empty() -> None:
    out = ag.empty(0)
    ag.add(ag.ones(2), 1, out=out)
    assert out.tolist() == [2, 2]
    with pytest.warns(UserWarning, match=r"resized since it had shape \(2,\)"):
        ag.add(ag.ones(3), 1, out=out)
    assert out.tolist() == [2, 2, 2]


def test_creation_functions_fill_out_in_its_dtype() -> None:
    for create in (ag.zeros, ag.ones, ag.rand, ag.randn):
        ag.manual_seed(0)
        expected = create(3, dtype=ag.float64)
        ag.manual_seed(0)
        out = ag.empty(3, dtype=ag.float64)
        assert create(3, out=out) is out
        np.testing.assert_array_equal(out, expected)


def test_out_takes_no_part_in_a_graph() -> None:
    x, out = ag.ones(2, requires_grad=True), ag.zeros(2)
    for call in (lambda: ag.exp(x, out=out), lambda: ag.cat([x], out=out), lambda: ag.add(out, out, out=x)):
        with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
            call()
    assert out.tolist() == [0, 0]
    with ag.no_grad():
        ag.exp(ag.zeros(2), out=x)
    assert x.tolist() == [1, 1]
    y = x * out
    ag.neg(ag.ones(2), out=out)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


WRONG: list[tuple[type[Exception], Callable[[], Any]]] = [
    (RuntimeError, lambda: ag.add(ag.ones(2), 1.5, out=ag.empty(2, dtype=ag.int64))),
    (RuntimeError, lambda: ag.mm(ag.eye(2), ag.eye(2), out=ag.empty(2, 2, dtype=ag.float64))),
    (TypeError, lambda: ag.exp(ag.ones(2), out=np.empty(2))),
    (TypeError, lambda: ag.max(ag.eye(2), 1, out=(ag.empty(2),))),
    (RuntimeError, lambda: ag.max(ag.eye(2), 1, out=(ag.empty(2), ag.empty(2)))),
    (RuntimeError, lambda: ag.exp(ag.ones(3), out=ag.empty(1).expand(3))),
]


@pytest.mark.parametrize(("error", "call"), WRONG)
def test_wrong_outs(error: type[Exception], call: Callable[[], Any]) -> None:
    with pytest.raises(error):
        call()


def test_a_wrong_out_is_left_alone() -> None:
    values = ag.zeros(2)
    with pytest.raises(RuntimeError):
        ag.max(ag.eye(2), 1, out=(values, ag.empty(2)))
    assert values.tolist() == [0, 0]
    assert values._version == 0


@pytest.mark.parametrize("value", [[1.0, 2.0], (1.0, 2.0), np.ones(2), 1.5])
@pytest.mark.parametrize("function", [ag.sum, ag.mean, ag.cumsum, ag.reshape, ag.flatten, ag.std, ag.sort, ag.norm])
def test_what_is_no_tensor_is_said(function: Callable[..., Any], value: Any) -> None:
    with pytest.raises(TypeError, match=rf"{function.__name__}\(\).* got {type(value).__name__}.*ag\.tensor"):
        function(value, 0)


def test_something_else_is_no_tensor_either() -> None:
    for value in ("x", None, object()):
        with pytest.raises(TypeError, match="expected a Tensor"):
            ag.sum(value)
    with pytest.raises(TypeError, match=r"cat\(\): expected a Tensor, got list"):
        ag.cat([ag.ones(1), [1.0]])


def test_an_error_of_ours_is_not_taken_for_a_users() -> None:
    def broken(input: Any) -> Any:
        return input.unknown if isinstance(input, ag.Tensor) else object().array  # type: ignore[attr-defined]

    for value in (ag.ones(2), [1.0]):
        with pytest.raises(AttributeError):
            public(broken)(value)


def test_a_function_keeps_its_name_and_documentation() -> None:
    assert ag.sum.__name__ == "sum"
    assert "sum of all elements" in (ag.sum.__doc__ or "")
    assert list(inspect.signature(ag.cat).parameters) == ["tensors", "dim", "axis"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Call(np.ones(2)).arrays()


def test_every_function_is_pickled_by_its_name() -> None:
    """So that a module may keep one as its activation."""
    for name in (name for name, value in OFFERED.items() if isinstance(value, FunctionType)):
        assert pickle.loads(pickle.dumps(OFFERED[name])) is OFFERED[name], name


@pytest.mark.parametrize(
    "name", ["dropout", "alpha_dropout", "feature_dropout", "rrelu", "relu_", "scaled_dot_product_attention"]
)
@pytest.mark.parametrize("value", [[1.0], None, "x"])
def test_what_is_no_tensor_is_a_type_error(name: str, value: Any) -> None:
    function = getattr(ag, name)
    arguments = (value,) * (3 if name.startswith("scaled") else 1)
    with pytest.raises(TypeError, match=r"expected a Tensor|must be Tensor"):
        function(*arguments)
