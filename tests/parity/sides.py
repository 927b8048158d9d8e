"""Both libraries, and how to tell whether they agree."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn

torch = pytest.importorskip("torch")

Side = tuple[Any, Any]  # a library and its nn
SIDES: list[Side] = [(ag, nn), (torch, torch.nn)]


def array(tensor: Any) -> Any:
    """A copy of a tensor's numbers."""
    return np.array(tensor.detach().numpy())


def flat(value: Any) -> list[Any]:
    """The items of nested sequences and dictionaries."""
    if isinstance(value, dict):
        return [item for each in value.values() for item in flat(each)]
    if isinstance(value, tuple | list):
        return [item for each in value for item in flat(each)]
    return [value]


def without_prefix(text: str) -> str:
    """A message or repr of PyTorch as it reads here: dtypes and classes without the package's name."""
    text = re.sub(r"(torch\.)?nn\.(\w+\.)*(?=[A-Z])", "nn.", text)
    text = re.sub(r"torch\.(?=(float|int|uint|bool|Size|Tensor)\w*)", "", text)
    return text.replace("nn.Buffer, ", "").replace("torch Tensor", "Tensor")


def seed(library: Any, number: int) -> None:
    """As `manual_seed`, without what PyTorch does for devices, which takes a millisecond."""
    library.default_generator.manual_seed(number)


def both(make: Callable[[Any, Any], Any]) -> list[Any]:
    """What `make(library, nn)` returns here and in PyTorch, each from the same seed."""
    results = []
    for library, layers in SIDES:
        seed(library, 0)
        results.append(make(library, layers))
    return results


def difference(ours: Any, theirs: Any, tolerance: float) -> float:
    """The largest difference of numbers in two nested results, relative to the largest number beside it.

    Raises AssertionError if it is more than the tolerance, or something else is not the same.
    """
    largest = 0.0
    for mine, wanted in zip(flat(ours), flat(theirs), strict=True):
        if not isinstance(wanted, torch.Tensor):
            assert mine == wanted, f"{mine!r}, but PyTorch: {wanted!r}"
            continue
        mine, wanted = mine.detach().numpy(), wanted.detach().numpy()
        if mine.dtype == wanted.dtype and mine.shape == wanted.shape and np.array_equal(mine, wanted):
            continue
        finite = np.isfinite(wanted)
        scale = max(1.0, float(np.abs(wanted[finite]).max(initial=0)))
        np.testing.assert_allclose(mine, wanted, tolerance, tolerance * scale, strict=True)
        apart = np.subtract(mine, wanted, dtype=np.float64)[finite]
        largest = max(largest, float(np.abs(apart).max(initial=0)) / scale)
    return largest


def outcome(action: Callable[[], Any]) -> Any:
    """What an action returns, or the exception that it raises."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return action()
        except Exception as error:
            return error
