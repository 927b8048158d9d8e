"""NumPy's ufuncs on Tensors: every one, their methods, their arguments; arrays and NumPy's numbers on the left; DLPack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing.overrides import get_overridable_numpy_ufuncs

import autograd_core as ag
import nn
from autograd_core import Tensor
from tests.op_calls import floats

UFUNCS: dict[str, np.ufunc] = {ufunc.__name__: ufunc for ufunc in get_overridable_numpy_ufuncs()}

CONSTANT = {  # whose results have no derivative
    "equal", "greater", "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal", "logical_and", "logical_not",
    "logical_or", "logical_xor", "not_equal", "signbit",
}  # fmt: skip
FLAT = {"ceil", "floor", "floor_divide", "rint", "sign", "trunc"}  # whose derivative is 0 everywhere
REFUSED = {"cbrt", "isnat", "spacing", "_ones_like"}
UNDERIVED = {"heaviside", "nextafter"}  # whose derivative raises, as in PyTorch
OF_WHOLE_NUMBERS = {
    "bitwise_and", "bitwise_count", "bitwise_or", "bitwise_xor", "gcd", "invert", "lcm", "left_shift", "right_shift",
}  # fmt: skip
OF_TEXT = {
    name for name, ufunc in UFUNCS.items() if all("f" not in types and "d" not in types for types in ufunc.types)
}
OF_TEXT -= OF_WHOLE_NUMBERS | {"isnat"}
SQUARES = {"matmul", "matvec", "vecmat", "vecdot"}


def operands(name: str, dtype: Any = np.float64) -> list[Any]:
    """Numbers in the middle of the ufunc's domain, far from its kinks."""
    if name == "clip":
        return [np.array([0.1, 0.5, 0.9], dtype), np.array(0.2, dtype), np.array(0.7, dtype)]
    count = UFUNCS[name].nin
    low = 1.2 if name == "arccosh" else 0.2
    arrays = [floats(3, 3, low=low, high=low + 0.6, seed=i).astype(dtype) for i in range(count)]
    if name in ("matvec", "vecmat"):
        arrays[name == "matvec"] = arrays[name == "matvec"][0]
    if name == "ldexp":
        arrays[1] = np.array([[1], [-2], [3]])
    return arrays


def tensors(arrays: list[Any]) -> list[Tensor]:
    return [ag.tensor(array, requires_grad=array.dtype.kind == "f") for array in arrays]


def listed(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple) else [result]


def close(ours: Tensor, expected: Any) -> None:
    assert isinstance(ours, Tensor)
    assert type(ours.array) is np.ndarray
    assert ours.shape == np.shape(expected)
    np.testing.assert_allclose(ours.detach().array, expected, 1e-12, 1e-12)


@pytest.mark.parametrize("name", sorted(UFUNCS.keys() - OF_TEXT))
def test_every_ufunc_keeps_the_graph_or_raises(name: str) -> None:
    ufunc = UFUNCS[name]
    arrays = operands(name)
    xs = tensors(arrays)
    if name in REFUSED | OF_WHOLE_NUMBERS:
        with pytest.raises((TypeError, NotImplementedError)):
            ufunc(*xs)
        return
    results = listed(ufunc(*xs))
    for ours, expected in zip(results, listed(ufunc(*arrays)), strict=True):
        close(ours, expected)
    keeps = [out.requires_grad for out in results]
    assert any(keeps) is (name not in CONSTANT)
    if any(keeps) and name not in FLAT | UNDERIVED:
        assert ag.gradcheck(lambda *ys: ufunc(*ys), xs)
        if name != "fabs":
            assert any(ag.grad(listed(ufunc(*xs))[-1 if name == "divmod" else 0].sum(), xs[0])[0].array.ravel())


@pytest.mark.parametrize("name", sorted(OF_TEXT))
def test_ufuncs_of_text_raise(name: str) -> None:
    with pytest.raises(TypeError):
        UFUNCS[name](*tensors([floats(2) for _ in range(UFUNCS[name].nin)]))


@pytest.mark.parametrize("name", sorted(UFUNCS.keys() - OF_TEXT - {"isnat"}))
def test_every_ufunc_without_grad_gives_a_tensor(name: str) -> None:
    ufunc = UFUNCS[name]
    whole = name in OF_WHOLE_NUMBERS
    arrays = [np.array([1, 2, 3]), np.array([3, 1, 2])][: ufunc.nin] if whole else operands(name)
    for ours, expected in zip(listed(ufunc(*map(ag.tensor, arrays))), listed(ufunc(*arrays)), strict=True):
        close(ours, expected)
    if not whole and name != "ldexp":  # whose second operand is whole
        singles = [array.astype(np.float32) for array in arrays]
        for ours, expected in zip(listed(ufunc(*map(ag.tensor, singles))), listed(ufunc(*singles)), strict=True):
            assert ours.dtype == expected.dtype


def test_integers_give_the_default_dtype() -> None:
    for ufunc in (np.sqrt, np.sin, np.cbrt, np.spacing, np.degrees, np.fabs, np.rint):
        assert ufunc(ag.tensor([4])).dtype == ag.float32
    assert np.divide(ag.tensor([4]), ag.tensor([2])).dtype == ag.float32
    assert np.add.reduce(ag.tensor([200, 100], dtype=ag.uint8)).dtype == ag.int64


def test_modf_of_special_values() -> None:
    x = ag.tensor([np.inf, -np.inf, -2.5, 3.0], requires_grad=True)
    part, whole = np.modf(x)
    assert part.tolist() == [0, 0, -0.5, 0]
    assert whole.tolist() == [np.inf, -np.inf, -2, 3]
    assert ag.grad(part.sum(), x)[0].tolist()[2:] == [1, 1]


MASK = np.array([True, False, True, True])
METHODS: list[Callable[[Any], Any]] = [
    lambda x: np.add.reduce(x),
    lambda x: np.add.reduce(x, axis=None),
    lambda x: np.add.reduce(x, 1, keepdims=True),
    lambda x: np.add.reduce(x, (0, 1), initial=3.0),
    lambda x: np.add.reduce(x, ()),
    lambda x: np.add.reduce(x, where=MASK),
    lambda x: np.add.reduce(x, dtype=np.float64),
    lambda x: np.add.reduce(x[:0]),
    lambda x: np.multiply.reduce(x, (0, 1)),
    lambda x: np.multiply.reduce(x, axis=-1, keepdims=True, initial=2.0),
    lambda x: np.maximum.reduce(x, axis=-1),
    lambda x: np.maximum.reduce(x, where=MASK, initial=-9.0),
    lambda x: np.minimum.reduce(x, initial=0.0),
    lambda x: np.subtract.reduce(x, 1),
    lambda x: np.subtract.reduce(x, 1, keepdims=True),
    lambda x: np.subtract.reduce(x, initial=2.0),
    lambda x: np.divide.reduce(x, 0),
    lambda x: np.add.accumulate(x),
    lambda x: np.multiply.accumulate(x, 1),
    lambda x: np.maximum.accumulate(x, -1),
    lambda x: np.subtract.accumulate(x, axis=0, dtype=np.float64),
    lambda x: np.add.reduceat(x, [0, 2, 1, 3], axis=1),
    lambda x: np.multiply.reduceat(x, np.array([0, 2])),
    lambda x: np.maximum.reduceat(x, [1, 0], 1),
    lambda x: np.subtract.outer(x, x[0]),
    lambda x: np.multiply.outer(x, np.arange(2.0)),
    lambda x: np.power.outer(np.arange(1.0, 3.0), x),
    lambda x: np.add(x, [1.0, 2.0, 3.0, 4.0]),
    lambda x: np.multiply(x, x, dtype=np.float64),
    lambda x: np.sin(x, dtype=float, casting="same_kind", order="K"),
]


@pytest.mark.parametrize("method", range(len(METHODS)))
def test_methods_keep_the_graph(method: int) -> None:
    run = METHODS[method]
    array = floats(3, 4, seed=5)
    x = ag.tensor(array, requires_grad=True)
    close(run(x), run(array))
    assert run(x).requires_grad
    assert ag.gradcheck(run, x)
    plain = run(ag.tensor(array))
    assert isinstance(plain, Tensor | np.ndarray)
    np.testing.assert_allclose(getattr(plain, "array", plain), run(array), 1e-12)


def test_what_methods_decline() -> None:
    x = ag.tensor(floats(3, 4), requires_grad=True)
    number, array = x[0, 0], np.zeros(3)
    wrong: list[tuple[type[Exception], Callable[[], Any]]] = [
        (TypeError, lambda: np.add(x, x, out=np.zeros((3, 4)))),
        (TypeError, lambda: np.add(x, 1, out=ag.zeros(3, 4, dtype=ag.float64))),
        (TypeError, lambda: np.add.reduce(x, out=np.zeros(4))),
        (TypeError, lambda: np.add.at(array, [0], number)),
        (TypeError, lambda: np.add.at(x, [0], 1.0)),
        (TypeError, lambda: np.sin(x, where=x.detach() > 0)),
        (TypeError, lambda: np.multiply(x, x, dtype=int)),
        (TypeError, lambda: np.sin(x, casting="unsafe")),
        (NotImplementedError, lambda: np.gcd.outer(x, x)),
        (ValueError, lambda: np.subtract.reduce(x, axis=(0, 1))),
        (ValueError, lambda: np.maximum.reduce(x, where=MASK)),
        (ValueError, lambda: np.maximum.reduce(x[:0])),
        (ValueError, lambda: np.add.reduce(x, axis=2)),
        (IndexError, lambda: np.add.reduceat(x, [4], axis=1)),
    ]
    for error, call in wrong:
        with pytest.raises(error):
            call()
    assert array.tolist() == [0, 0, 0]


def test_writing_into_arrays_and_tensors() -> None:
    t = ag.tensor([1.0, 2.0])
    array, target = np.zeros(2), ag.zeros(2)
    assert np.add(t, 1, out=array) is array
    assert np.add(t, 1, out=target) is target
    assert array.tolist() == target.tolist() == [2, 3]
    assert target._version == 1
    np.add.at(target, [0, 0], 1.0)
    assert target.tolist() == [4, 3]
    np.multiply(t, 3, out=target, where=[True, False])
    assert target.tolist() == [3, 3]
    array += t
    assert array.tolist() == [3, 5]
    p = ag.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="requires grad"):
        np.add(t, 1, out=p)
    with ag.no_grad():
        np.add(t, 1, out=p)
    assert p.tolist() == [2, 3]


STATEMENTS = ["a += g", "a -= g", "a *= g", "a /= g", "a **= g", "a //= g", "a %= g", "a[:] = g"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_an_array_takes_no_tensor_that_requires_grad(statement: str) -> None:
    a, g = np.array([1.0, 2.0]), ag.tensor([3.0, 4.0], requires_grad=True)
    with pytest.raises((TypeError, RuntimeError)):
        exec(statement, {"a": a, "g": g})
    assert a.tolist() == [1, 2]


LEFT = [np.float64(2), np.float32(2), np.int64(2), np.array(2.0), np.array([2.0, 3.0]), np.array([2, 3])]
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "<": lambda a, b: a < b,
    "==": lambda a, b: a == b,
}


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("left", LEFT, ids=repr)
def test_numpy_on_the_left(operator: str, left: Any) -> None:
    run = OPERATORS[operator]
    g = ag.tensor([0.7, 1.5], requires_grad=True)
    constant = ag.tensor(left) if isinstance(left, np.ndarray) else left.item()
    for ours, expected, swapped in zip(
        listed(run(left, g)), listed(run(constant, g)), listed(run(g, left)), strict=True
    ):
        assert isinstance(ours, Tensor)
        assert ours.dtype == expected.dtype == swapped.dtype
        assert ours.tolist() == expected.tolist()
        assert ours.requires_grad is (operator not in ("<", "=="))


def test_products_with_arrays_on_the_left() -> None:
    g = ag.tensor([0.7, 1.5], requires_grad=True)
    m = np.array([[1.0, 2.0], [3.0, 4.0]])
    (m @ g).sum().backward()
    assert g.grad is not None
    assert (m @ g).dtype == ag.float64
    assert g.grad.tolist() == [4, 6]
    np.testing.assert_allclose(np.matvec(m, g).detach().array, m @ g.detach().array)


def test_arrays_made_of_tensors() -> None:
    t, g = ag.tensor([1.0, 2.0]), ag.tensor([1.0, 2.0], requires_grad=True)
    assert np.array([t, t]).tolist() == [[1, 2], [1, 2]]
    assert np.array([t[0], t[1]]).tolist() == [1, 2]
    for call in (lambda: np.array(g), lambda: np.asarray(g), lambda: np.array([g, g]), lambda: np.array([g[0], g[1]])):
        with pytest.raises(RuntimeError, match="requires grad"):
            call()


# ---------------------------------------------------------------- DLPack


def test_dlpack_shares_memory_both_ways() -> None:
    t = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    array = np.from_dlpack(t)
    array[0, 0] = 9
    assert t.tolist() == [[9, 2], [3, 4]]
    back = ag.from_dlpack(array.T)
    back[1, 0] = 7
    assert array.tolist() == [[9, 7], [3, 4]]
    assert ag.from_dlpack(array, copy=True).data_ptr() != array.ctypes.data
    assert nn.utils.dlpack.from_dlpack(ag.to_dlpack(t)).data_ptr() == t.data_ptr()
    assert t.__dlpack_device__() == np.zeros(1).__dlpack_device__()


def test_a_write_through_dlpack_is_detected() -> None:
    x, c = ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor([3.0, 4.0])
    y = (x * c).sum()
    np.from_dlpack(c)[0] = 5
    with pytest.raises(RuntimeError, match="modified"):
        y.backward()


def test_what_dlpack_declines() -> None:
    t = ag.tensor([1.0, 2.0])
    for call in (
        lambda: np.from_dlpack(ag.ones(2, requires_grad=True)),
        lambda: np.from_dlpack(t[::-1]),  # PyTorch would abort on it
        lambda: t.__dlpack__(stream=3),
        lambda: t.__dlpack__(dl_device=(2, 0)),
    ):
        with pytest.raises(BufferError):
            call()
    with pytest.raises(RuntimeError, match="does not export"):
        ag.from_dlpack([1.0])
    with pytest.raises(RuntimeError, match="not available"):
        ag.from_dlpack(np.ones(2), device="cuda")
    with pytest.raises(TypeError, match="uint16"):
        ag.from_dlpack(np.ones(2, np.uint16))
