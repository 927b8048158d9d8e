"""Every benchmark's contenders do the same work: the checks that precede timing, on tiny settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import facts
from tests.benchmarks.harness import Array, Contender, MismatchError, Step, Target, Workload, check, measure
from tests.benchmarks.libraries import PACKAGES, installed, load
from tests.benchmarks.workloads import WORKLOADS

TINY: dict[str, dict[str, Any]] = {
    "1a": {"sizes": (6, 4, 3), "batch": 5},
    "1a-f64": {"sizes": (6, 4, 3), "batch": 5},
    "1b": {"sizes": (12, 8, 3), "batch": 5},
    "1c": {"sizes": (12, 8, 6, 3), "batch": 5},
    "1d": {"sizes": (2, 4, 3, 1), "batch": 5},
    "1d-adam": {"sizes": (2, 4, 3, 1), "batch": 5},
    "1e": {"length": 20, "width": 3},
    "1es": {"examples": 2, "inputs": 3, "hidden": 2},
    "1f": {"size": 16, "channels": (2, 3), "batch": 4},
    "1g": {"size": 8, "heads": 2, "length": 3, "batch": 2},
    "1h": {"count": 4, "length": 6},
    "1h-erf": {"count": 4, "length": 6},
    "1r": {"length": 3, "batch": 2, "inputs": 3, "hidden": 4},
    "1r-128": {"length": 3, "batch": 1, "inputs": 2, "hidden": 3},
}


def build(key: str, *libraries: str) -> Workload:
    return partial(WORKLOADS[key], **TINY[key])([load(name) for name in libraries])


@pytest.mark.parametrize("key", WORKLOADS)
@pytest.mark.parametrize("library", PACKAGES)
def test_a_library_agrees_with_the_hand_written_step(key: str, library: str) -> None:
    if library == "torch" and not installed("torch"):
        pytest.skip("torch is not installed")
    workload = build(key, library)
    assert [contender.name for contender in workload.contenders] == ["hand", library]
    check(workload, steps=5)


@pytest.mark.parametrize("key", WORKLOADS)
def test_setup_starts_afresh(key: str) -> None:
    hand = build(key).contenders[0]
    states = []
    for _ in range(2):
        step = hand.setup()
        step()
        states.append([array.copy() for array in hand.state()])
    for first, second in zip(*states, strict=True):
        np.testing.assert_array_equal(first, second)


class Counter(Contender):
    """Counts its steps, `stride` at a time."""

    def __init__(self, name: str, stride: float = 1.0, dtype: str = "float64") -> None:
        self.name, self.stride, self.total = name, stride, np.zeros(2, dtype)

    def setup(self) -> Step:
        self.total = np.zeros_like(self.total)

        def step() -> None:
            self.total += self.stride

        return step

    def state(self) -> list[Array]:
        return [self.total]


def against(other: Contender, *targets: Target) -> Workload:
    return Workload("0", "counting", (Counter("hand"), other), targets, tolerance=1e-6)


@pytest.mark.parametrize(
    "other",
    [
        Counter("other", stride=1.00001),
        Counter("other", stride=np.nan),
        Counter("other", dtype="float32"),
    ],
)
def test_a_contender_that_does_something_else_is_found(other: Contender) -> None:
    with pytest.raises(MismatchError, match="array 0 of other and of hand"):
        check(against(other))


def test_rounds_are_interleaved_and_summarised() -> None:
    workload = against(Counter("other"), Target("other", "hand", 1e9), Target("absent", "hand", 1.0))
    check(workload)
    result = measure(workload, rounds=3, round_ns=1000)
    assert {name: len(times) for name, times in result.times.items()} == {"hand": 3, "other": 3}
    (ratio,) = result.ratios()
    assert ratio.lower <= ratio.median <= ratio.upper
    assert ratio.met
    assert "of hand      <= 1000000000.00: met" in "\n".join(result.lines())


@pytest.mark.parametrize(
    "take",
    [
        partial(facts.large_graph, nodes=100),
        facts.shared_node,
        partial(facts.step_memory, sizes=(64, 256, 256, 10), batch=64),
    ],
)
def test_facts_can_be_taken(take: Callable[[str], facts.Fact]) -> None:
    fact = take("autograd")
    assert fact.met in (True, None), str(fact)
