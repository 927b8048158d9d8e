"""Contenders do the same work; the harness checks that they do, then times them side by side.

What makes the times comparable on a shared, noisy machine:

- CPU time of the process, one thread for every contender.
- Contenders take turns, round by round, in rotating order; a ratio is taken within a round, where both saw
  the same machine, and the median over the rounds is reported with its quartiles.
- A round starts from a fresh `setup()` and one untimed step, so that a contender never trains into numbers
  (saturated, denormal) that the others do not see.
- The garbage collector stays on, as it does for users (`--no-gc` shows its share, which is large in 1es);
  what is alive before a round is frozen, so that nobody pays for traversing what others left.
"""

from __future__ import annotations

import gc
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Step = Callable[[], None]

ROUND_NS = 20_000_000  # shorter rounds drown in the clock's and the machine's noise


class Contender(ABC):
    """One way of doing a workload."""

    name: str
    checked = True  # False where another result is legitimate; the workload says why

    @abstractmethod
    def setup(self) -> Step:
        """Start afresh and return the function that does one step."""

    @abstractmethod
    def state(self) -> list[Array]:
        """What the steps since `setup` have led to: losses, parameters, gradients."""


@dataclass(frozen=True)
class Target:
    """A promise: `contender` takes at most `at_most` times the time of `base`."""

    contender: str
    base: str
    at_most: float


@dataclass(frozen=True)
class Workload:
    """Contenders for one piece of work; the first is the base of the ratios."""

    key: str
    title: str
    contenders: tuple[Contender, ...]
    targets: tuple[Target, ...]
    tolerance: float  # of the results, relative to the largest element of each array
    nodes: int = 0  # operations in one step's graph, where the time per operation is the question


class MismatchError(AssertionError):
    """Two contenders do not compute the same thing, so their times must not be compared."""


def check(workload: Workload, steps: int = 3) -> None:
    """Raise MismatchError unless all contenders reach the same state after the same number of steps."""
    states: dict[str, list[Array]] = {}
    for contender in workload.contenders:
        step = contender.setup()
        for _ in range(steps):
            step()
        if contender.checked:
            states[contender.name] = contender.state()
    (base, expected), *others = states.items()
    for name, state in others:
        for i, (array, reference) in enumerate(zip(state, expected, strict=True)):
            pair = f"{workload.key}: array {i} of {name} and of {base}"
            if array.shape != reference.shape or array.dtype != reference.dtype:
                raise MismatchError(f"{pair}: {array.dtype}{array.shape} is not {reference.dtype}{reference.shape}")
            error, scale = np.abs(array - reference).max(), np.abs(reference).max()
            if not error <= workload.tolerance * scale:  # so put, NaN is a mismatch
                raise MismatchError(
                    f"{pair} differ by {error:.3g} at a scale of {scale:.3g} after {steps} steps; "
                    f"allowed is {workload.tolerance:g} of the scale"
                )


@dataclass(frozen=True)
class Ratio:
    """Time of `contender` over time of `base`, over the rounds."""

    contender: str
    base: str
    median: float
    lower: float
    upper: float
    target: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None without a target."""
        return None if self.target is None else self.median <= self.target


@dataclass(frozen=True)
class Result:
    """Nanoseconds per step of each contender in each round."""

    workload: Workload
    times: dict[str, list[float]] = field(default_factory=dict)

    def ratio(self, contender: str, base: str) -> Ratio:
        """Median and quartiles of the per-round ratios."""
        ratios = np.divide(self.times[contender], self.times[base])
        lower, median, upper = map(float, np.quantile(ratios, (0.25, 0.5, 0.75)))
        targets = {(t.contender, t.base): t.at_most for t in self.workload.targets}
        return Ratio(contender, base, median, lower, upper, targets.get((contender, base)))

    def ratios(self) -> list[Ratio]:
        """Every contender against the first, and every target whose two sides took part."""
        first, *others = self.times
        pairs = [(name, first) for name in others] + [(t.contender, t.base) for t in self.workload.targets]
        return [self.ratio(*pair) for pair in dict.fromkeys(pairs) if self.times.keys() >= set(pair)]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: raw times and ratios."""
        ratios = [vars(ratio) | {"met": ratio.met} for ratio in self.ratios()]
        return {
            "key": self.workload.key,
            "title": self.workload.title,
            "nodes": self.workload.nodes,
            "ns_per_step": self.times,
            "ratios": ratios,
        }

    def lines(self) -> Iterator[str]:
        """The result as a block of the table."""
        yield f"{self.workload.key:7} {self.workload.title}"
        for name, times in self.times.items():
            step = float(np.median(times))
            node = f"{step / self.workload.nodes / 1e3:8.2f} us/node" if self.workload.nodes else " " * 16
            row = f"        {name:10}{duration(step):>9}{node}"
            for ratio in [describe(ratio) for ratio in self.ratios() if ratio.contender == name] or [""]:
                yield (row + ratio).rstrip()
                row = " " * len(row)


def describe(ratio: Ratio) -> str:
    """`1.03 [1.01 1.06] of hand     <= 1.05: met`"""
    spread = f"{ratio.median:8.2f} [{ratio.lower:.2f} {ratio.upper:.2f}]"
    verdict = "" if ratio.target is None else f"<= {ratio.target:.2f}: {'met' if ratio.met else 'MISSED'}"
    return f"{spread:26} of {ratio.base:10}{verdict}"


def duration(ns: float) -> str:
    """Nanoseconds, readably."""
    return f"{ns / 1e3:.1f} us" if ns < 1e6 else f"{ns / 1e6:.2f} ms" if ns < 1e9 else f"{ns / 1e9:.3f} s"


def measure(workload: Workload, rounds: int, round_ns: int = ROUND_NS, collector: bool = True) -> Result:
    """Time the contenders in turns; each does as many steps a round as fill `round_ns`."""
    contenders = workload.contenders
    single = {c.name: min(_ns_per_step(c, 1) for _ in range(3)) for c in contenders}
    repeats = {name: max(1, round(round_ns / ns)) for name, ns in single.items()}
    result = Result(workload, {c.name: [] for c in contenders})
    for turn in range(rounds):
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        if not collector:
            gc.disable()
        first = turn % len(contenders)
        for contender in contenders[first:] + contenders[:first]:
            result.times[contender.name].append(_ns_per_step(contender, repeats[contender.name]))
        gc.enable()
    gc.unfreeze()
    return result


def _ns_per_step(contender: Contender, repeats: int) -> float:
    step = contender.setup()
    step()  # the first step creates what later ones reuse: optimiser state, memory
    start = time.process_time_ns()
    for _ in range(repeats):
        step()
    return max(1, time.process_time_ns() - start) / repeats
