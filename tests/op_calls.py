"""How the table of operations (`op_table`) is written: calls, the numbers in them, rows; and how a call is run."""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ops
from autograd_core.primitive import OPERATIONS

Array = np.ndarray[Any, Any]

MODULES = [import_module(f"{ops.__name__}.{module.name}") for module in pkgutil.iter_modules(ops.__path__)]
PUBLIC: dict[str, Callable[..., Any]] = {
    name: value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, FunctionType) and value.__module__ == module.__name__ and not name.startswith("_")
}
op = SimpleNamespace(**PUBLIC)  # every public function of autograd_core.ops, by name

# ---------------------------------------------------------------- calls


class Call:
    """Arguments of an operation. Arrays become tensors (floating ones require grad); the rest is passed as it is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.args, self.options = args, options

    def on(self, make: Callable[[Array], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with make(array) in place of each array, also in lists and keys."""
        return mapped(make, self.args), mapped(make, self.options)

    def changed(self, make: Callable[[Array], Any]) -> Call:
        args, options = self.on(make)
        return type(self)(*args, **options)

    def arrays(self) -> list[Array]:
        found: list[Array] = []
        self.on(found.append)
        return found

    def __repr__(self) -> str:
        args, options = self.on(lambda array: f"<{array.dtype} {array.shape}>")
        return f"Call({', '.join([*map(str, args), *(f'{name}={value}' for name, value in options.items())])})"


class Better(Call):
    """A call that PyTorch refuses, or whose derivative it cannot compute, and we can."""


class Wrong(Call):
    """A call that raises `error`."""

    def __init__(self, error: type[Exception], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.error = error


def mapped(make: Callable[[Array], Any], value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return make(value)
    if isinstance(value, tuple | list):
        return type(value)(mapped(make, item) for item in value)
    if isinstance(value, dict):
        return {name: mapped(make, item) for name, item in value.items()}
    return value


class Fixed(np.ndarray[Any, Any]):
    """An array of floats that becomes a tensor that does not require grad."""


def fixed(calls: Sequence[Call]) -> list[Call]:
    """The calls on tensors that do not require grad."""
    return [call.changed(lambda x: x.view(Fixed)) for call in calls]


def requires_grad(array: Array) -> bool:
    return array.dtype.kind == "f" and not isinstance(array, Fixed)


def to_tensor(array: Array) -> ag.Tensor:
    return ag.from_numpy(array).requires_grad_(requires_grad(array))


def results(answer: Any) -> list[Any]:
    """The results of an operation, one or several."""
    return list(answer) if isinstance(answer, tuple | list) else [answer]


# ---------------------------------------------------------------- numbers


def floats(*size: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Array:
    """Numbers in (low, high), far from each other and from 0 and other round ones: no ties, no kinks."""
    turns = (np.arange(1, math.prod(size) + 1) * 0.6180339887 + seed * 0.2360679 + 0.13) % 1
    return np.asarray(low + (high - low) * turns).reshape(size)


def ints(*size: int, low: int = 0, high: int = 5, seed: int = 0) -> Array:
    return np.asarray(np.floor(floats(*size, low=low, high=high, seed=seed))).astype(np.int64)


def bools(*size: int, seed: int = 0) -> Array:
    return np.asarray(floats(*size, seed=seed) > 0)


def positive(*size: int, seed: int = 0) -> Array:
    return floats(*size, low=0.2, high=2.5, seed=seed)


def matrix(*size: int, seed: int = 0) -> Array:
    """Matrices far from singular: a dominant diagonal."""
    return np.asarray(floats(*size, seed=seed) + 4 * np.eye(*size[-2:]))


SIZES: tuple[tuple[int, ...], ...] = ((2, 3), (), (0,), (1,), (2, 0, 3), (2, 1, 2))


def unary(low: float = -2.0, high: float = 2.0, **options: Any) -> list[Call]:
    """One argument in (low, high), in all kinds of shapes."""
    return [Call(floats(*size, low=low, high=high), **options) for size in SIZES]


PAIRS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((), (2,)),
    ((3,), ()),
    ((), ()),
    ((1,), (2, 2)),
    ((2, 1), (2, 2)),
    ((0,), (1,)),
    ((2, 0), (0,)),
)


def pairs(first: tuple[float, float] = (-2, 2), second: tuple[float, float] = (-2, 2), **options: Any) -> list[Call]:
    """Two arguments whose shapes broadcast, from two intervals."""
    return [
        Call(floats(*m, low=first[0], high=first[1]), floats(*n, low=second[0], high=second[1], seed=3), **options)
        for m, n in PAIRS
    ]


def whole_pairs() -> list[Call]:
    return [Call(ints(*m), ints(*n, seed=2)) for m, n in PAIRS] + [Call(bools(4), bools(4, seed=1))]


def reductions(*, several: bool = True, empty: bool = True, dim_first: bool = False) -> list[Call]:
    """All elements, one dimension, several; keepdim; 0-d, size 0, size 1."""
    calls = [
        Call(floats(2, 3), 1),
        Call(floats(2, 3), dim=0, keepdim=True),
        Call(floats(2, 3, 2), dim=-2),
        Call(floats(), 0),
        Call(floats(1), 0),
        Call(floats(0, 3), 1),
    ]
    if several:
        calls += [Call(floats(2, 3, 2), (0, 2)), Call(floats(2, 3, 2), dim=(-1, 0), keepdim=True)]
    if not dim_first:
        calls += [Call(floats(2, 3)), Call(floats()), Call(floats(1, 1))]
    if empty:
        calls += [Call(floats(2, 0), 1), Call(floats(0, 2), 0)] + ([] if dim_first else [Call(floats(0))])
    return calls


# ---------------------------------------------------------------- rows

FLOATS = ("float16", "float32", "float64")
WHOLE = ("int8", "int16", "int32", "int64", "uint8")
DTYPES = (*FLOATS, *WHOLE, "bool")

SAME: Callable[[str], str] = lambda dtype: dtype
FLOATING: Callable[[str], str] = lambda dtype: dtype if dtype in FLOATS else "float32"
BOOL: Callable[[str], str] = lambda dtype: "bool"
INT64: Callable[[str], str] = lambda dtype: "int64"
SUMS: Callable[[str], str] = lambda dtype: dtype if dtype in FLOATS else "int64"
NO_BOOL = DTYPES[:-1]
BITS = (*WHOLE, "bool")


@dataclass(frozen=True)
class Row:
    """What is particular to an operation.

    numpy: the answer by NumPy alone, from the same arguments. dtype: of the result, by the dtype of the floating
    arguments, each of which may be of the dtypes that it `takes`. kinks: points (of one or several numbers) and the
    derivatives there. conventions: calls whose derivative is PyTorch's choice, not the slope. errors: calls that
    raise. lacks: the special sizes ("0-d", "size 0", "size 1") that make no sense for it. operations: the rows of the
    registry behind it, if they are not named as it is. torch: PyTorch's name, or a function of the same arguments.
    smooth: whether differences can measure its derivative. twice: whether there are second derivatives, and
    torch_twice: in PyTorch too. any_layout: whether it takes any memory layout. symmetric: whether matrices are made
    symmetric first, since it reads one triangle only. accurate_on: the interval where float32 is compared with PyTorch's.
    rough: the accuracy of PyTorch's own values or derivatives, by dtype, where these are worse than ours; of derivatives
    alone "float32 derivative", of second ones "float32 second derivative".
    stored: whether PyTorch's answers are stored; not where their signs are up to the LAPACK.
    """

    function: Callable[..., Any]
    samples: Sequence[Call]
    numpy: Callable[..., Any]
    dtype: Callable[[str], str] = SAME
    takes: Sequence[str] = DTYPES
    kinks: Sequence[tuple[Any, Any]] = ()
    errors: Sequence[Wrong] = ()
    lacks: Sequence[str] = ()
    operations: Sequence[str] | None = None
    torch: str | Callable[..., Any] | None = None
    conventions: Sequence[Call] = ()
    smooth: bool = True
    twice: bool = True
    torch_twice: bool = True
    any_layout: bool = True
    symmetric: bool = False
    kink_options: dict[str, Any] = field(default_factory=dict)
    accurate_on: tuple[float, float] | None = None
    rough: dict[str, float] = field(default_factory=dict)
    stored: bool = True
    name: str = field(default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.function.__name__)
        if self.operations is None:
            object.__setattr__(self, "operations", [n for n in (self.name, f"_{self.name}") if n in OPERATIONS])

    @property
    def calls(self) -> list[Call]:
        return [*self.samples, *self.conventions]

    @property
    def has_derivative(self) -> bool:
        return self.smooth and "float64" in self.takes and self.dtype("float64") == "float64"

    def __repr__(self) -> str:
        return self.name


# ---------------------------------------------------------------- what is wrong for many


def bad_shapes(m: tuple[int, ...] = (2, 3), n: tuple[int, ...] = (2, 4)) -> Wrong:
    return Wrong(RuntimeError, floats(*m), floats(*n))


def not_tensors(*more: Any) -> list[Wrong]:
    """Three things that are no tensors."""
    return [Wrong(TypeError, value, *more) for value in ([1.0, 2.0], "x", None)]


UNFIT = [bad_shapes(), bad_shapes((2,), (3,)), bad_shapes((2, 3), (2,)), *not_tensors(floats(2))]


NOT_ONE = not_tensors()


def bad_dims(*size: int) -> list[Wrong]:
    return [
        Wrong(IndexError, floats(*size), dim=len(size)),
        Wrong(IndexError, floats(*size), dim=-len(size) - 1),
        Wrong(TypeError, floats(*size), dim=0.5),
    ]


def is_offered(row: Row) -> bool:
    """Whether the package has the function under its name, as it is or with its public face."""
    offered = getattr(ag, row.name, None)
    return offered is row.function or vars(offered).get("__wrapped__") is row.function if offered else False


# ---------------------------------------------------------------- running a call


def symmetric(x: Any) -> Any:
    """A tensor of either library, if it is of square matrices made symmetric."""
    is_square = x.ndim > 1 and x.shape[-1] == x.shape[-2]
    return (x + x.mT) / 2 if is_square and x.is_floating_point() else x


def run(row: Row, call: Call, make: Callable[[Array], ag.Tensor] = to_tensor) -> tuple[list[Any], list[ag.Tensor]]:
    """The results of a call, and the tensors that were made for its arrays."""
    made: list[ag.Tensor] = []

    def remembered(array: Array) -> ag.Tensor:
        made.append(make(array))
        return symmetric(made[-1]) if row.symmetric else made[-1]

    args, options = call.on(remembered)
    return results(row.function(*args, **options)), made


@contextmanager
def at(call: object) -> Iterator[None]:
    """Say in a failure's report which call it was."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"at {call!r}")
        raise


def weights(out: ag.Tensor) -> ag.Tensor:
    """A cotangent without symmetries."""
    return ag.from_numpy(floats(*out.shape, low=0.5, high=1.5, seed=8).astype(out.dtype))


def in_dtype(array: Array, dtype: str) -> Array:
    if dtype in FLOATS:
        return array.astype(dtype)
    array = np.nan_to_num(array, posinf=3, neginf=3)
    return np.asarray(array > 0 if dtype == "bool" else np.abs(array) * 2 + 1, dtype)


def in_float(call: Call, dtype: str) -> Call:
    """The call with its floating arrays in a dtype."""
    return call.changed(lambda x: x.astype(dtype) if x.dtype.kind == "f" else x)
