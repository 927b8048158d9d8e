"""The random streams against PyTorch itself: the same bits for the same seed, and the same stream afterwards.

Bit for bit with PyTorch 2.13 on x86-64 with AVX2, save ``bernoulli_`` on Intel CPUs (MKL draws it there).
"""

from __future__ import annotations

import copy
import pickle
import random as shuffler
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from autograd_core.arrays import streams

torch = pytest.importorskip("torch")

Draw = Callable[[Any, int], Any]  # a generator and a size make an array, or a tensor
SEEDS = [0, 1, 20260731, -3, 2**40 + 17]
SIZES = [0, 1, 2, 15, 16, 17, 33, 256, 1000]
FLOATS = ["float16", "float32", "float64"]


def type_of(name: str) -> Any:
    return getattr(torch, name)


def weights(size: int, dtype: str) -> Any:
    return np.random.default_rng(size).random((2, size)).astype(dtype)


def tensor(size: int, dtype: str) -> Any:
    return torch.from_numpy(weights(size, dtype))


def in_place(method: str, dtype: str, *args: Any) -> Draw:
    """What a method like ``normal_`` puts into an empty tensor."""
    return lambda g, n: getattr(torch.empty(n, dtype=type_of(dtype)), method)(*args, generator=g)


def rows_of(dtype: str) -> dict[str, tuple[Draw, Draw]]:
    """Our function and PyTorch's, for a floating dtype."""
    kind = type_of(dtype)
    rows: dict[str, tuple[Draw, Draw]] = {
        "rand": (lambda g, n: streams.rand(g, (n,), dtype), lambda g, n: torch.rand(n, dtype=kind, generator=g)),
        "randn": (lambda g, n: streams.randn(g, (n,), dtype), lambda g, n: torch.randn(n, dtype=kind, generator=g)),
        "bernoulli": (
            lambda g, n: streams.bernoulli(g, weights(n, dtype)),
            lambda g, n: torch.bernoulli(tensor(n, dtype), generator=g).bool(),
        ),
        "randint": (
            lambda g, n: streams.randint(g, -5, 2000, (n,), dtype),
            lambda g, n: torch.randint(-5, 2000, (n,), dtype=kind, generator=g),
        ),
        "random": (lambda g, n: streams.random(g, (n,), dtype), in_place("random_", dtype)),
        "exponential": (lambda g, n: streams.exponential(g, (n,), dtype), in_place("exponential_", dtype)),
        "exponential(1.7)": (
            lambda g, n: streams.exponential(g, (n,), dtype, 1.7),
            in_place("exponential_", dtype, 1.7),
        ),
        "normal_tensors(mean, number)": (
            lambda g, n: streams.normal_tensors(g, weights(n, dtype), 0.3),
            lambda g, n: torch.normal(tensor(n, dtype), 0.3, generator=g),
        ),
        "normal_tensors(number, std)": (
            lambda g, n: streams.normal_tensors(g, 0.3, weights(n, dtype)),
            lambda g, n: torch.normal(0.3, tensor(n, dtype), generator=g),
        ),
        "normal_tensors(mean, float64 std)": (
            lambda g, n: streams.normal_tensors(g, weights(n, dtype), weights(n, "float64")[:1]),
            lambda g, n: torch.normal(tensor(n, dtype), tensor(n, "float64")[:1], generator=g),
        ),
        "normal_tensors(mean, 0-d std)": (
            lambda g, n: streams.normal_tensors(g, weights(n, dtype), np.array(1 / 3)),
            lambda g, n: torch.normal(tensor(n, dtype), torch.tensor(1 / 3, dtype=torch.float64), generator=g),
        ),
        "normal_tensors(0-d mean, std)": (
            lambda g, n: streams.normal_tensors(g, np.array(1 / 3), weights(n, dtype)),
            lambda g, n: torch.normal(torch.tensor(1 / 3, dtype=torch.float64), tensor(n, dtype), generator=g),
        ),
    }

    def add(name: str, ours: Callable[..., Any], theirs: Callable[..., Draw], *args: Any) -> None:
        rows[f"{name}{args}"] = (lambda g, n: ours(g, n, *args)), theirs(*args)

    for ends in [(-0.3, 0.7), (-1 / 28, 1 / 28), (5.0, 6.0), (-1e-30, 3e4), (2.0, 2.0), (0.0, 0.1)]:
        add(
            "uniform",
            lambda g, n, a, b: streams.uniform(g, (n,), dtype, a, b),
            lambda a, b: in_place("uniform_", dtype, a, b),
            *ends,
        )
    for moments in [(0.0, 0.02), (3.0, 1.0), (-1.3, 1.7), (1e4, 1e-3), (0.7, 0.0)]:
        add(
            "normal",
            lambda g, n, mean, std: streams.normal(g, (n,), dtype, mean, std),
            lambda mean, std: in_place("normal_", dtype, mean, std),
            *moments,
        )
    for samples, replacement in [(1, True), (5, True), (1, False), (5, False)]:
        if dtype == "float16" and (samples, replacement) == (5, False):
            continue  # quotients of 11 bits tie
        add(
            "multinomial",
            lambda g, n, k, r: streams.multinomial(g, weights(n + 5, dtype), k, r),
            lambda k, r: lambda g, n: torch.multinomial(tensor(n + 5, dtype), k, r, generator=g),
            samples,
            replacement,
        )
    return {f"{dtype} {name}": row for name, row in rows.items()}


def other_rows() -> dict[str, tuple[Draw, Draw]]:
    rows: dict[str, tuple[Draw, Draw]] = {
        "randint bool": (
            lambda g, n: streams.randint(g, 0, 2, (n,), "bool"),
            lambda g, n: torch.randint(0, 2, (n,), dtype=torch.bool, generator=g),
        ),
        "randint uint8": (
            lambda g, n: streams.randint(g, 0, 256, (n,), "uint8"),
            lambda g, n: torch.randint(0, 256, (n,), dtype=torch.uint8, generator=g),
        ),
        "randint, all of int64": (
            lambda g, n: streams.randint(g, -(2**63), 2**63, (n,)),
            in_place("random_", "int64", -(2**63), None),
        ),
        "randperm": (lambda g, n: streams.randperm(g, n), lambda g, n: torch.randperm(n, generator=g)),
        "randperm int32": (
            lambda g, n: streams.randperm(g, n, "int32"),
            lambda g, n: torch.randperm(n, dtype=torch.int32, generator=g),
        ),
        "base_seed": (
            lambda g, n: np.array(streams.base_seed(g)),
            lambda g, n: torch.empty((), dtype=torch.int64).random_(generator=g),
        ),
    }

    def add(name: str, ours: Draw, theirs: Draw) -> None:
        rows[name] = ours, theirs

    for dtype in ["bool", "uint8", "int8", "int16", "int32", "int64"]:
        add(f"random {dtype}", partial(lambda d, g, n: streams.random(g, (n,), d), dtype), in_place("random_", dtype))
    for low, high in [(0, 10), (-7, 2**28 - 8), (-7, 2**28 - 7), (0, 2**32), (3, 2**40), (-(2**63), 2**63 - 1)]:
        add(
            f"randint({low}, {high})",
            partial(lambda a, b, g, n: streams.randint(g, a, b, (n,)), low, high),
            partial(lambda a, b, g, n: torch.randint(a, b, (n,), generator=g), low, high),
        )
    for p in (0.0, 0.3, 0.5, 0.9, 1.0):
        add(
            f"bernoulli_scalar({p})",
            partial(lambda p, g, n: streams.bernoulli_scalar(g, (n,), p), p),
            partial(lambda p, g, n: torch.empty(n).bernoulli_(p, generator=g).bool(), p),
        )
    return rows


ROWS = other_rows()
for name in FLOATS:
    ROWS |= rows_of(name)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pair(seed: int) -> tuple[streams.Generator, Any]:
    return streams.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def assert_same(ours: np.ndarray, theirs: Any) -> None:
    expected = theirs.numpy()
    assert (ours.dtype, ours.shape) == (expected.dtype, expected.shape)
    if ours.tobytes() != expected.tobytes():  # unlike ==, tells the zeros apart
        np.testing.assert_array_equal(ours, expected)
        raise AssertionError("zeros of different signs")


def assert_same_stream(ours: streams.Generator, theirs: Any) -> None:
    assert ours.get_state().tobytes() == theirs.get_state().numpy().tobytes()
    assert_same(streams.rand(ours, (3,)), torch.rand(3, generator=theirs))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ROWS)
def test_same_bits_and_same_stream_afterwards(name: str, seed: int) -> None:
    draw, reference = ROWS[name]
    for size in SIZES:
        ours, theirs = pair(seed)
        assert_same(draw(ours, size), reference(theirs, size))
        assert_same_stream(ours, theirs)


@pytest.mark.parametrize("seed", range(40))
def test_a_mixed_sequence_keeps_step(seed: int) -> None:
    choice = shuffler.Random(seed)
    ours, theirs = pair(seed)
    for _ in range(25):
        name, size = choice.choice(list(ROWS)), choice.choice([*SIZES, 3, 5, 7, 11])
        draw, reference = ROWS[name]
        assert_same(draw(ours, size), reference(theirs, size))
        if choice.random() < 0.1:
            ours, theirs = copy.deepcopy(ours), theirs.clone_state()
        if choice.random() < 0.05:
            ours, theirs = ours.manual_seed(seed + 1), theirs.manual_seed(seed + 1)
    assert_same_stream(ours, theirs)


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_million_normal_numbers(dtype: str) -> None:
    size = 1_000_003 if dtype == "float32" else 100_003
    ours, theirs = pair(11)
    expected = torch.randn(size, dtype=type_of(dtype), generator=theirs)
    assert_same(streams.randn(ours, (size,), dtype), expected)
    assert_same_stream(ours, theirs)


@pytest.mark.parametrize("mean, std", [(1e-3, 1e-3), (1 / 3, 3.3), (1e8, 7.0), (-2.0, 1e-12)])
def test_fused_multiply_add_on_many_numbers(mean: float, std: float) -> None:
    for dtype in FLOATS[1:]:
        (ours, theirs), shape = pair(12), (50_000,)
        filled = torch.empty(shape, dtype=type_of(dtype))
        assert_same(streams.normal(ours, shape, dtype, mean, std), filled.normal_(mean, std, generator=theirs))
        assert_same(
            streams.uniform(ours, shape, dtype, mean, mean + std), filled.uniform_(mean, mean + std, generator=theirs)
        )


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("lambd", [1.0, 0.3, float("inf")])
def test_many_exponential_numbers(dtype: str, lambd: float) -> None:
    ours, theirs = pair(13)
    assert_same(
        streams.exponential(ours, (200_000,), dtype, lambd),
        torch.empty(200_000, dtype=type_of(dtype)).exponential_(lambd, generator=theirs),
    )


def test_large_permutation() -> None:
    ours, theirs = pair(14)
    assert_same(streams.randperm(ours, 70_000), torch.randperm(70_000, generator=theirs))
    assert_same_stream(ours, theirs)


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda a: a.swapaxes(0, 2),
    "permuted": lambda a: a.swapaxes(0, 1),
    "sliced": lambda a: a[:, ::2, 1:],
    "sliced and transposed": lambda a: a[1:, :, ::2].swapaxes(1, 2),
    "one wide": lambda a: a[:, :1].swapaxes(0, 1),
    "contiguous": lambda a: a,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 6, 7)])
def test_tensors_are_filled_in_the_order_of_memory(layout: str, shape: tuple[int, ...]) -> None:
    ours, theirs = pair(15)
    array = LAYOUTS[layout](np.zeros(shape, np.float32))
    target = LAYOUTS[layout](torch.zeros(shape))
    view, contiguous = streams.walk(array), array.flags.c_contiguous
    assert contiguous == target.is_contiguous()
    for _ in range(2):
        view[...] = streams.uniform(ours, view.shape)
        assert_same(array, target.uniform_(generator=theirs))
        view[...] = streams.normal(ours, view.shape, mean=1.0, std=0.3, contiguous=contiguous)
        assert_same(array, target.normal_(1.0, 0.3, generator=theirs))
        view[...] = streams.bernoulli_scalar(ours, view.shape, 0.3)
        assert_same(array, target.bernoulli_(0.3, generator=theirs))
    assert_same_stream(ours, theirs)


@pytest.mark.parametrize("layout", ["transposed", "sliced"])
@pytest.mark.parametrize("samples", [1, 3])
def test_multinomial_of_weights_that_are_not_contiguous(layout: str, samples: int) -> None:
    base = np.random.default_rng(1).random((8, 10))
    rows = base.T if layout == "transposed" else base[::2, 1::2]
    same = torch.from_numpy(base)
    same = same.T if layout == "transposed" else same[::2, 1::2]
    for replacement in (True, False):
        ours, theirs = pair(16)
        assert_same(
            streams.multinomial(ours, rows, samples, replacement),
            torch.multinomial(same, samples, replacement, generator=theirs),
        )
        assert_same_stream(ours, theirs)


@pytest.mark.parametrize("replacement", [True, False])
def test_multinomial_with_zeros_and_unequal_sums(replacement: bool) -> None:
    rows = np.array([[0, 3, 0, 7, 1e-8], [1e6, 0, 1, 5, 0], [2, 2, 2, 0, 1e30]], np.float32)
    ours, theirs = pair(17)
    for _ in range(50):
        assert_same(
            streams.multinomial(ours, rows, 3 if replacement else 2, replacement),
            torch.multinomial(torch.from_numpy(rows), 3 if replacement else 2, replacement, generator=theirs),
        )
    assert_same_stream(ours, theirs)


@pytest.mark.parametrize("drawn", [0, 1, 5, 623, 624, 625, 1248, 2000])
def test_states_are_interchangeable(drawn: int) -> None:
    ours, theirs = pair(18)
    assert_same(streams.rand(ours, (drawn,)), torch.rand(drawn, generator=theirs))
    for _ in range(2):
        state = theirs.get_state()
        other, third = streams.Generator().set_state(state.numpy()), torch.Generator()
        third.set_state(torch.from_numpy(ours.get_state()))
        for generator in (other, pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours)):
            assert generator.get_state().tobytes() == state.numpy().tobytes()
            assert generator.initial_seed() == third.initial_seed() == 18
            assert_same(streams.randn(generator, (4,)), torch.randn(4, generator=third))
            third.set_state(state)
        assert_same(streams.randn(ours, (3,)), torch.randn(3, generator=theirs))  # leaves a sine in the state


@pytest.mark.parametrize("seed", [-1, -(2**63), 2**64 - 1, 2**63, 2**32, 2**32 - 1, 0])
def test_seeds(seed: int) -> None:
    ours, theirs = pair(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    assert_same_stream(ours, theirs)
    assert streams.Generator().initial_seed() == torch.Generator().initial_seed()


G = streams.Generator()
ERRORS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "seed 2^64": (lambda: G.manual_seed(2**64), lambda: torch.Generator().manual_seed(2**64)),
    "seed 1.5": (
        lambda: G.manual_seed(1.5),  # type: ignore[arg-type]
        lambda: torch.Generator().manual_seed(1.5),
    ),
    "seed True": (lambda: G.manual_seed(True), lambda: torch.Generator().manual_seed(True)),
    "short state": (
        lambda: G.set_state(np.zeros(9, np.uint8)),
        lambda: torch.Generator().set_state(torch.zeros(9, dtype=torch.uint8)),
    ),
    "zero state": (
        lambda: G.set_state(np.zeros(5056, np.uint8)),
        lambda: torch.Generator().set_state(torch.zeros(5056, dtype=torch.uint8)),
    ),
    "float state": (
        lambda: G.set_state(np.zeros(5056)),  # type: ignore[arg-type]
        lambda: torch.Generator().set_state(torch.zeros(5056)),
    ),
    "cuda": (lambda: streams.Generator("cuda"), lambda: torch.Generator("cuda")),
    "rand int": (lambda: streams.rand(G, (2,), "int64"), lambda: torch.rand(2, dtype=torch.int64)),
    "randn int": (lambda: streams.randn(G, (2,), "int64"), lambda: torch.randn(2, dtype=torch.int64)),
    "normal -1": (lambda: streams.normal(G, (2,), std=-1), lambda: torch.empty(2).normal_(0, -1)),
    "normal nan": (lambda: streams.normal(G, (0,), std=np.nan), lambda: torch.empty(0).normal_(0, np.nan)),
    "normal_tensors int": (
        lambda: streams.normal_tensors(G, np.array([1, 2]), 1.0),
        lambda: torch.normal(torch.tensor([1, 2]), 1.0),
    ),
    "normal_tensors -1": (
        lambda: streams.normal_tensors(G, 0.0, np.array([-1.0])),
        lambda: torch.normal(0.0, torch.tensor([-1.0])),
    ),
    "normal_tensors shapes": (
        lambda: streams.normal_tensors(G, np.ones(2), np.ones(3)),
        lambda: torch.normal(torch.ones(2), torch.ones(3)),
    ),
    "exponential int": (
        lambda: streams.exponential(G, (2,), "int32"),
        lambda: torch.empty(2, dtype=torch.int32).exponential_(),
    ),
    "bernoulli 1.5": (lambda: streams.bernoulli(G, np.array([1.5])), lambda: torch.bernoulli(torch.tensor([1.5]))),
    "bernoulli int": (lambda: streams.bernoulli(G, np.array([1])), lambda: torch.bernoulli(torch.tensor([1]))),
    "randint empty": (lambda: streams.randint(G, 3, 3, (0,)), lambda: torch.randint(3, 3, (0,))),
    "randint -2^64": (lambda: streams.randint(G, -(2**64), 3, (2,)), lambda: torch.randint(-(2**64), 3, (2,))),
    "random uint16": (lambda: streams.random(G, (2,), "uint16"), lambda: torch.empty(2, dtype=torch.uint16).random_()),
}
for ends in [(1, 0), (0, np.nan), (0, 1e39), (-3e38, 3e38)]:
    ERRORS[f"uniform {ends}"] = (
        partial(lambda a, b: streams.uniform(G, (2,), low=a, high=b), *ends),
        partial(lambda a, b: torch.empty(2).uniform_(a, b), *ends),
    )
for value in (1.5, -0.1, np.nan):
    ERRORS[f"bernoulli_scalar {value}"] = (
        partial(lambda p: streams.bernoulli_scalar(G, (2,), p), value),
        partial(lambda p: torch.empty(2).bernoulli_(p), value),
    )
for value in (0.0, -1.0, np.nan):
    ERRORS[f"exponential {value}"] = (
        partial(lambda rate: streams.exponential(G, (2,), lambd=rate), value),
        partial(lambda rate: torch.empty(2).exponential_(rate), value),
    )
for low, high, dtype in [(0, 257, "uint8"), (-1, 5, "uint8"), (0, 3, "bool"), (0, 3, "complex64")]:
    ERRORS[f"randint {low} {high} {dtype}"] = (
        partial(lambda a, b, d: streams.randint(G, a, b, (2,), d), low, high, dtype),
        partial(lambda a, b, d: torch.randint(a, b, (2,), dtype=type_of(d)), low, high, dtype),
    )
for count, dtype in [(-1, "int64"), (257, "uint8"), (2050, "float16")]:
    ERRORS[f"randperm {count} {dtype}"] = (
        partial(lambda n, d: streams.randperm(G, n, d), count, dtype),
        partial(lambda n, d: torch.randperm(n, dtype=type_of(d)), count, dtype),
    )
for label, of, samples, replacement in [
    ("int", [1, 2], 1, True),
    ("no samples", [1.0], 0, True),
    ("too many", [1.0], 2, False),
    ("zero", [0.0], 1, True),
    ("zero, once each", [0.0], 1, False),
    ("a zero row", [[1.0], [0.0]], 2, True),
    ("negative", [-1.0, 2.0], 1, True),
    ("nan", [np.nan, 1.0], 1, False),
    ("inf", [np.inf, 1.0], 1, True),
    ("3-D", [[[1.0]]], 1, True),
    ("0-D", 1.0, 1, True),
    ("nothing", np.ones(0), 1, True),
    ("empty rows", np.ones((3, 0)), 1, True),
]:
    ERRORS[f"multinomial {label}"] = (
        partial(streams.multinomial, G, np.array(of), samples, replacement),
        partial(torch.multinomial, torch.from_numpy(np.array(of)), samples, replacement),
    )


@pytest.mark.parametrize("name", ERRORS)
def test_errors_have_the_same_class(name: str) -> None:
    ours, theirs = ERRORS[name]
    with pytest.raises(Exception) as expected:
        theirs()
    before = G.get_state()
    with pytest.raises(expected.type):
        ours()
    assert (before == G.get_state()).all()  # an error draws nothing
