"""Random programs of 5 to 60 operations, run line by line on PyTorch and here.

Views, in-place writes, hooks, detach, no_grad blocks, several sweeps, custom Functions, second derivatives, mixed dtypes: after
every line the values, gradients, flags and the class of the exception must agree. A program is text, so that a
disagreement is its own reproduction; it is shortened before it is shown. More programs:
``RANDOM_PROGRAMS=100000 pytest tests/parity/test_random_programs.py`` (and ``RANDOM_PROGRAMS_FROM`` for other seeds).

Deliberate differences:

- A value that PyTorch saves and we do not (a product, the result of ``x.tanh_()``) may be overwritten: PyTorch raises,
  we must give the gradient that PyTorch gives for the program that computes on copies.
- A second sweep where nothing was released here: we must give the gradient of the retained graph.
- Writing to a view that PyTorch declines (outputs of split, views made under no_grad) is skipped: what is right
  there is tested in tests/test_inplace.py.
- A fraction for the value= or alpha= of an integer operation, and a dtype that an operation does not take, raise here
  also where PyTorch truncates the one, and does not look at the other because there are no elements.
"""

from __future__ import annotations

import os
import warnings

import pytest

from tests.parity.lockstep import Disagreement, Pair
from tests.parity.program_writer import Writer

PROGRAMS = int(os.environ.get("RANDOM_PROGRAMS", "300"))
FIRST = int(os.environ.get("RANDOM_PROGRAMS_FROM", "0"))
BLOCKS = 20

# ---------------------------------------------------------------- the test


def replay(lines: list[str]) -> str | None:
    """Why a program disagrees, or None."""
    pair = Pair()
    try:
        for line in lines:
            pair.run(line)
            if pair.over:
                break
    except Disagreement as why:
        return str(why)
    return None


def shortened(lines: list[str]) -> list[str]:
    """The program without the lines that the disagreement does not need."""
    i = len(lines) - 1
    while i >= 0:
        shorter = lines[:i] + lines[i + 1 :]
        if replay(shorter) is not None:
            lines = shorter
        i -= 1
    return lines


def check(seed: int) -> str | None:
    """The report of a disagreement, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer = Writer(seed)
        try:
            writer.write()
        except Disagreement as why:
            lines = shortened(writer.pair.lines)
            return f"program {seed}:\n" + "\n".join(lines) + f"\n{replay(lines) or why}"
    return None


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_programs(block: int) -> None:
    reports = [report for seed in range(FIRST + block, FIRST + PROGRAMS, BLOCKS) if (report := check(seed))]
    if reports:
        pytest.fail("\n\n".join(reports), pytrace=False)


def test_programs_do_something() -> None:
    """Programs are long, sweep, and meet errors: the comparison is not empty."""
    text: list[str] = []
    for seed in range(20):
        writer = Writer(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            writer.write()
        text += writer.pair.lines
    joined = "\n".join(text)
    assert len(text) > 20 * 12
    for fragment in (
        "backward(",
        "grad(",
        "register_hook",
        "no_grad",
        "_(",
        "] = ",
        "detach",
        ".apply(",
        "create_graph",
    ):
        assert fragment in joined, fragment


@pytest.mark.parametrize(
    "line",
    [
        "x1 = T.tensor([1.]); x1.mul_(2 if T.__name__ == 'torch' else 3)",
        "x1 = T.tensor([1.], requires_grad=T.__name__ == 'torch')",
        "T.__name__ == 'torch' or T.tensor([1.]).backward()",
    ],
)
def test_a_difference_is_found(line: str) -> None:
    assert replay([line]) is not None
