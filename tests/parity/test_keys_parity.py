"""x[key] and x[key] = value in PyTorch, for all kinds of keys: values, gradients, and what is refused."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

torch = pytest.importorskip("torch")

Array = np.ndarray[Any, Any]
ALL = slice(None)


class Given(np.ndarray[Any, Any]):
    """An array that stays one; others become tensors."""


def index(*values: Any, dtype: Any = None) -> Array:
    return np.array(values[0] if len(values) == 1 else list(values), dtype)


def given(values: Any, dtype: Any = None) -> Array:
    return index(values, dtype=dtype).view(Given)


SIMPLE: list[Any] = [
    0, -1, 1, None, ..., ALL, slice(1, None), slice(None, None, 2), slice(0, 0), slice(-2, None), slice(None, 10), True, False,
    np.int64(1), np.int8(0), index(0), index(1), index(-1), slice(index(0), index(1)), slice(np.int64(0), 2),
]  # fmt: skip
ARRAYS: list[Any] = [
    index([0, 1]), index([1, 0, 1]), index([[0, 1], [1, 0]]), index([[0]]), index([]), index([], dtype=np.int64), index([0, 1], dtype=np.int32),
    index(True), index(False), index([True, False]), index([True, False, True]), index([True]), index([[True, False, True], [False, True, False]]),
    index([1, 0], dtype=np.uint8), given([0, 1]), given([True, False]), given(1), given([1, 0], np.uint8), [0, 1], [1], [], [True, False],
    [[0, 1], [1, 0]], [[0], [1]], [[0, 1]], [(0, 1), (1, 0)], (0, 1), ((0, 1),), range(2), [index(0), index(1)], [0, index(1)],
]  # fmt: skip
WRONG: list[Any] = [
    5, -7, index([5]), index([-3]), index([0.0, 1.0]), index([0, 1], dtype=np.int16), 1.0, np.float64(1), "a", 1j, slice(1.0, None), slice(None, None, 0),
]  # fmt: skip
SHAPES: list[tuple[int, ...]] = [(), (2,), (3,), (2, 3), (2, 3, 2), (1, 3), (0,), (0, 3), (2, 3, 2, 2)]


def converted(key: Any, library: Any) -> Any:
    if isinstance(key, Given):
        return np.array(key)
    if isinstance(key, np.ndarray):
        return ag.tensor(key) if library is ag else torch.from_numpy(key.copy())
    if isinstance(key, tuple | list):
        return type(key)(converted(part, library) for part in key)
    if isinstance(key, slice):
        return slice(*(converted(bound, library) for bound in (key.start, key.stop, key.step)))
    return key


def leaf(library: Any, values: Any) -> Any:
    return (ag.tensor(values) if library is ag else torch.from_numpy(np.array(values))).requires_grad_()


def numbers(shape: tuple[int, ...], start: float = 1.0) -> Array:
    return np.asarray(np.arange(np.prod(shape, dtype=int)).reshape(shape) + start)


def gradients(library: Any, y: Any, *leaves: Any) -> list[Any]:
    weights = leaf(library, numbers(tuple(y.shape)) % 7).detach()
    grad = ag.grad if library is ag else torch.autograd.grad
    found = grad((y * weights).sum(), leaves, allow_unused=True, materialize_grads=True)
    return [g.numpy().tolist() for g in found]


def read(library: Any, shape: tuple[int, ...], key: Any) -> Any:
    x = leaf(library, numbers(shape))
    y = x[converted(key, library)]
    return tuple(y.shape), y.detach().numpy().tolist(), gradients(library, y, x)


def write(library: Any, shape: tuple[int, ...], key: Any, value: Any) -> Any:
    x = leaf(library, numbers(shape))
    y = x * 1
    v = leaf(library, value) if isinstance(value, np.ndarray) else value
    y[converted(key, library)] = v
    return y.detach().numpy().tolist(), gradients(library, y, x, *([v] if isinstance(value, np.ndarray) else []))


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*args)
        except (IndexError, TypeError, ValueError, RuntimeError, NotImplementedError) as error:
            return error


def agree(function: Callable[..., Any], *args: Any, same_class: bool = False) -> None:
    ours, expected = outcome(function, ag, *args), outcome(function, torch, *args)
    if isinstance(ours, NotImplementedError):
        return  # a bool among ints and slices
    if isinstance(ours, IndexError) and "out of bounds" in str(ours):
        nothing = outcome(read, torch, *args[:2])  # where nothing is picked, anything goes there
        assert isinstance(nothing, Exception) or 0 in nothing[0]
        return
    if isinstance(expected, Exception):
        assert isinstance(ours, Exception), f"{args}: {ours}, but PyTorch: {expected!r}"
        assert not same_class or type(ours) is type(expected), f"{args}: {ours!r}, but PyTorch: {expected!r}"
    else:
        assert ours == expected, f"{args}: {ours!r}, but PyTorch: {expected}"


def samples(seed: int, count: int) -> Iterator[tuple[tuple[int, ...], Any]]:
    draw = random.Random(seed)
    for _ in range(count):
        parts = draw.choices(SIMPLE + ARRAYS + (WRONG if draw.random() < 0.1 else []), k=draw.choice([2, 2, 3, 3, 4]))
        yield draw.choice(SHAPES), tuple(parts)


def decided(key: tuple[Any, ...]) -> bool:
    """PyTorch takes several Ellipses; we do not, as NumPy."""
    return sum(part is ... for part in key) < 2


@pytest.mark.parametrize("shape", SHAPES)
def test_keys_of_one_part(shape: tuple[int, ...]) -> None:
    for key in SIMPLE + ARRAYS + WRONG:
        agree(read, shape, key, same_class=bool(shape))  # of a number any index is one too many, whatever else is wrong


def test_keys_of_several_parts() -> None:
    for shape, key in samples(0, 1500):
        if decided(key):
            agree(read, shape, key)


def test_a_list_of_sequences_is_a_tuple() -> None:
    for key in ([slice(0, 1)], [..., 0], [0, None], [None], [index([0]), index([1])]):
        agree(read, (2, 3), key)


def test_assignment() -> None:
    keys = [(shape, key) for shape in SHAPES for key in SIMPLE + ARRAYS]
    for number, (shape, key) in enumerate([*keys, *samples(1, 600)]):
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, np.ndarray) and part.dtype == np.uint8 for part in parts) or key is False:
            continue  # refused there by some ways of assigning; into an empty region anything goes there
        picked = outcome(read, torch, shape, key)
        region = () if isinstance(picked, Exception) else picked[0]
        values = [9.0, numbers(region, 0.5), numbers((1, 1, *region), 0.5), numbers((), 7), numbers((1,), 7), numbers((2, *region)), numbers((5,)),
                  numbers(region[1:]), numbers((1,) * len(region)), numbers((*region[:-1], 1))]  # fmt: skip
        for value in (values[number % len(values)], values[(3 * number + 1) % len(values)]):
            if decided(parts):
                agree(write, shape, key, value)
