"""Passes over large arrays as workload: activations and normalisation, whose time is that of the memory and the exponentials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from math import pi, sqrt
from typing import Any

import numpy as np

from .contenders import SEED
from .harness import Array, Contender, Step, Target, Workload
from .libraries import Library

CUBIC, SLOPE = 0.044715, sqrt(2 / pi)


class RowsByHand(Contender):
    """softmax(gelu(layer_norm(x))), row by row, and its derivative along a given direction."""

    name = "hand"

    def __init__(self, x: Array, direction: Array, gain: Array, offset: Array, approximate: str) -> None:
        self.x, self.direction, self.gain, self.offset = x, direction, gain, offset
        self.approximate = approximate
        self.results: tuple[Array, ...] = ()

    def setup(self) -> Step:
        x, direction, gain, offset = self.x, self.direction, self.gain, self.offset
        gelu = gelu_by_tanh if self.approximate == "tanh" else gelu_by_erf

        def step() -> None:
            centred = x - x.mean(1, keepdims=True)
            scale = 1 / np.sqrt((centred * centred).mean(1, keepdims=True) + np.float32(1e-5))
            centred *= scale
            out, slope = gelu(centred * gain + offset)
            out -= out.max(1, keepdims=True)
            np.exp(out, out=out)
            out /= out.sum(1, keepdims=True)

            d = direction - (direction * out).sum(1, keepdims=True)
            d *= out
            d *= slope
            d_gain, d_offset = (d * centred).sum(0), d.sum(0)
            d *= gain
            d -= d.mean(1, keepdims=True) + centred * (d * centred).mean(1, keepdims=True)
            d *= scale
            self.results = out, d, d_gain, d_offset

        return step

    def state(self) -> list[Array]:
        return list(self.results)


def gelu_by_tanh(x: Array) -> tuple[Array, Array]:
    """GELU by Hendrycks and Gimpel's formula, and its derivative."""
    squared = x * x
    gate = np.tanh(SLOPE * (x + CUBIC * x * squared))
    slope = 0.5 * (1 + gate) + 0.5 * x * (1 - gate * gate) * (SLOPE * (1 + 3 * CUBIC * squared))
    return 0.5 * x * (1 + gate), slope


def gelu_by_erf(x: Array) -> tuple[Array, Array]:
    """GELU by the error function, which NumPy lacks, and its derivative."""
    from scipy.special import erf

    cumulative = 0.5 * (1 + erf(x * np.float32(sqrt(0.5))))
    density = np.exp(-0.5 * x * x) * np.float32(1 / sqrt(2 * pi))
    return x * cumulative, cumulative + x * density


class RowsProgram(Contender):
    """The same on tensors."""

    results: tuple[Any, ...]

    def __init__(self, library: Library, by_hand: RowsByHand) -> None:
        self.name, self.library, self.by_hand = library.name, library, by_hand

    def setup(self) -> Step:
        torch, functional, hand = self.library.torch, self.library.functional, self.by_hand
        direction = torch.tensor(hand.direction)
        x, gain, offset = leaves = [
            torch.tensor(array, requires_grad=True) for array in (hand.x, hand.gain, hand.offset)
        ]

        def step() -> None:
            normed = functional.layer_norm(x, gain.shape, gain, offset)
            out = functional.softmax(functional.gelu(normed, approximate=hand.approximate), -1)
            for leaf in leaves:
                leaf.grad = None
            out.backward(direction)
            self.results = out.detach(), *(leaf.grad for leaf in leaves)

        return step

    def state(self) -> list[Array]:
        return [np.array(result.numpy()) for result in self.results]


def rows(libraries: Sequence[Library], count: int = 1024, length: int = 1024, approximate: str = "tanh") -> Workload:
    """1h: three functions of a million numbers, there and back."""
    rng = np.random.default_rng(SEED)
    x, direction = rng.standard_normal((2, count, length)).astype("float32")
    gain, offset = rng.uniform(0.5, 1.5, (2, length)).astype("float32")
    by_hand = RowsByHand(x, direction, gain, offset, approximate)
    return Workload(
        "1h" if approximate == "tanh" else "1h-erf",
        f"layer norm, GELU ({'erf' if approximate == 'none' else approximate}) and softmax of {count} × {length}, float32",
        (by_hand, *(RowsProgram(library, by_hand) for library in libraries)),
        (Target("autograd", "hand", 0.95),),
        tolerance=1e-4,
    )


WORKLOADS: dict[str, Callable[[Sequence[Library]], Workload]] = {"1h": rows}
if find_spec("scipy"):
    WORKLOADS["1h-erf"] = partial(rows, approximate="none")
