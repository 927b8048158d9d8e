"""Every array prints as PyTorch prints it, once ``torch.`` is taken off the dtype."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograd_core.arrays import printing

torch = pytest.importorskip("torch")
torch_printing = pytest.importorskip("torch._tensor_str")

FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
SHAPES: list[tuple[int, ...]] = [
    (), (1,), (5,), (6,), (7,), (30,), (1, 1), (3, 4), (1, 40), (40, 1), (2, 3, 4), (1, 1, 1), (2, 1, 3, 2),
    (2, 2, 2, 2), (1000,), (1001,), (3, 400), (400, 3), (7, 30, 6), (9, 2, 8, 9), (0,), (0, 3), (2, 0, 4),
]  # fmt: skip
# Each lists values that decide the format by their presence: one drawn array sees some of them.
PALETTES: dict[str, list[float]] = {
    "whole": [0, -0.0, 1, -1, 7, 12, -345, 999],
    "fractions": [0, -0.0, 0.5, -1.25, 3.14159, 2.99995, -0.00012, 99.99996],
    "tiny": [1e-5, -2.5e-7, 3e-8, 0, -0.0],
    "huge whole": [1e9, -1e12, 123456789, 0],
    "wide": [1e-3, 1, -1000.5, 20000, 0.07],
    "limits of scientific": [1e8, 1e5, 1e-4, 0.1, 100, 1.0000001e8],
    "extremes": [1e-300, 1e300, 5e-324, -1e-45, 65504, 1e38],
    "not finite": [np.nan, np.inf, -np.inf, 0, -0.0],
    "not finite, whole": [np.nan, np.inf, -np.inf, 3, -4],
    "not finite, fractions": [np.nan, -np.nan, np.inf, -np.inf, 0.25, -100.125, 1e5],
    "not finite, tiny": [np.nan, -np.inf, 1e-6, -3e-9],
}
OPTIONS: list[dict[str, Any]] = [
    {"precision": 2}, {"precision": 0}, {"precision": 9, "linewidth": 40},
    {"sci_mode": True}, {"sci_mode": False},
    {"threshold": 5}, {"threshold": 5, "edgeitems": 1}, {"threshold": 0, "edgeitems": 2},
    {"edgeitems": 0}, {"threshold": 0, "edgeitems": 0},
    {"linewidth": 1}, {"linewidth": 200},
    {"profile": "short"}, {"profile": "full"}, {"profile": "short", "precision": 6, "sci_mode": True},
]  # fmt: skip


def same_as_torch(values: NDArray[Any] | np.generic, suffixes: tuple[str, ...] = ()) -> None:
    array = np.array(values)
    tensor = torch.from_numpy(array)
    if "requires_grad=True" in suffixes:
        tensor.requires_grad_()
    default = np.float64 if torch.get_default_dtype() == torch.float64 else np.float32
    ours = printing.format_array(array, suffixes=suffixes, default_dtype=default)
    assert ours == str(tensor).replace("dtype=torch.", "dtype=")


def drawn(rng: np.random.Generator, palette: str, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an array of some values of the palette, so that arrays of one palette differ in format."""
    values = rng.choice(PALETTES[palette], size=rng.integers(1, 5))
    with np.errstate(over="ignore"):
        array = np.asarray(rng.choice(values, size=shape))
        if dtype in COMPLEX:
            imaginary = rng.choice([1, -1], size=shape) * rng.choice(values, size=shape)
            array = np.stack([array, imaginary], axis=-1).view(np.complex128).reshape(shape)
        return np.asarray(array, dtype=dtype)


@pytest.mark.parametrize("dtype", FLOATS + COMPLEX)
@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_chosen_values(palette: str, dtype: str) -> None:
    rng = np.random.default_rng([*PALETTES].index(palette))
    for shape in SHAPES:
        same_as_torch(drawn(rng, palette, dtype, shape))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("seed", range(30))
def test_random_floats(seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    for shape in SHAPES:
        exponents = rng.uniform(-9, 9) + rng.uniform(0, 2) * rng.normal(size=shape)
        with np.errstate(over="ignore"):
            same_as_torch(np.asarray(rng.normal(size=shape) * 10**exponents).astype(dtype))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers(dtype: str) -> None:
    rng, info = np.random.default_rng(0), np.iinfo(dtype)
    for shape in SHAPES:
        same_as_torch(rng.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True))
        same_as_torch(rng.integers(0, 10, size=shape).astype(dtype))


def test_bools() -> None:
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        same_as_torch(rng.random(shape) < 0.5)
        same_as_torch(np.ones(shape, dtype=bool))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options(options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    with ExitStack() as stack:
        for module in (printing, torch_printing):
            stack.enter_context(module.printoptions(**options))
        assert printing.get_printoptions() == torch_printing.get_printoptions()
        for shape in SHAPES:
            for palette in ("whole", "fractions", "wide"):
                for dtype in ("float32", "complex128", "int64"):
                    same_as_torch(drawn(rng, palette, dtype, shape))
    assert printing.get_printoptions() == torch_printing.get_printoptions()


def test_successive_changes_of_options_add_up_as_in_torch() -> None:
    with printing.printoptions(), torch_printing.printoptions():
        for options in OPTIONS:
            for module in (printing, torch_printing):
                module.set_printoptions(**options)
            assert printing.get_printoptions() == torch_printing.get_printoptions()


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "int64"])
def test_default_dtype(dtype: str) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        for shape in [(), (3,), (0,), (0, 2)]:
            same_as_torch(np.ones(shape, dtype=dtype))
    finally:
        torch.set_default_dtype(torch.float32)


def test_suffixes_break_lines_where_torch_breaks_them() -> None:
    for count in range(1, 30):
        for dtype in FLOATS:
            same_as_torch(np.full(count, 0.5, dtype=dtype), ("requires_grad=True",))
            same_as_torch(np.full((2, count), 12.5, dtype=dtype), ("requires_grad=True",))


@pytest.mark.parametrize("linewidth", range(20, 100))
def test_grad_fn(linewidth: int) -> None:
    with printing.printoptions(linewidth=linewidth), torch_printing.printoptions(linewidth=linewidth):
        for count in range(1, 20):
            tensor = torch.full((count,), 0.25, dtype=torch.float64, requires_grad=True) * 2
            ours = printing.format_array(tensor.detach().numpy(), suffixes=["grad_fn=<MulBackward0>"])
            assert ours == str(tensor).replace("dtype=torch.", "dtype=")


def test_prefix_of_a_subclass() -> None:
    array = np.linspace(-40, 40, 40, dtype=np.float32).reshape(2, 20)
    tensor = torch.from_numpy(array).as_subclass(type("Temperature", (torch.Tensor,), {}))
    assert printing.format_array(array, prefix="Temperature(") == str(tensor)
