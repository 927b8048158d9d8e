"""What PyTorch was asked: every call of the table of operations, in float64 and in float32."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import autograd_core as ag
from tests.golden.store import Answer, Array, Piece
from tests.op_calls import Better, Call, Row, at, fixed, in_float, run, weights
from tests.op_table import ROWS


@dataclass(frozen=True)
class Question:
    """A name, how `autograd_core` or `torch` answers, a checksum of the arguments, and how near the answers are."""

    name: str
    ask: Callable[[Any], Iterator[Array]]  # of the library
    checksum: int = 0
    tolerance: float = 0.0

    def answer(self, library: Any) -> Answer:
        with np.errstate(all="ignore"):
            return Answer(self.checksum, [Piece.of(array) for array in self.ask(library)])


def as_array(x: Any) -> Array:
    """Of a tensor of either library, or of a number."""
    if isinstance(x, ag.Tensor):
        return x.array
    return np.asarray(x.numpy(force=True) if hasattr(x, "numpy") else x)


def checksum(calls: list[Call]) -> int:
    found = 0
    for call in calls:
        text = re.sub(r" at 0x\w+", "", repr(call))  # of functions among the arguments
        for part in (text.encode(), *(array.tobytes() for array in call.arrays())):
            found = zlib.crc32(part, found)
    return found


def of_an_operation(row: Row, dtype: str, library: Any) -> Iterator[Array]:
    """The values of all calls and their first derivatives, each where PyTorch has it."""
    for call in row.calls:
        refused = isinstance(call, Better)  # PyTorch has no derivative
        (typed,) = fixed([in_float(call, dtype)]) if refused else [in_float(call, dtype)]
        with at(call):
            if library is ag:
                outs, inputs = run(row, typed)
            else:
                from tests.parity.test_operations_parity import in_torch

                outs, inputs = in_torch(row, typed)
            yield from map(as_array, outs)
            inputs = [x for x in inputs if x.requires_grad]
            if inputs and row.has_derivative:
                outs = [out for out in outs if getattr(out, "requires_grad", False)]
                seeds = [library.from_numpy(weights(ag.from_numpy(as_array(out))).numpy()) for out in outs]
                zero = library.zeros((), requires_grad=True)  # a result without elements may not require grad
                options = {"allow_unused": True, "materialize_grads": True}
                yield from map(as_array, library.autograd.grad([*outs, zero], inputs, [*seeds, zero], **options))


def questions() -> Iterator[Question]:
    for row in ROWS:
        for dtype, tolerance in (("float64", 1e-10), ("float32", 2e-5)):
            if row.stored and dtype in row.takes:
                near = max(tolerance, row.rough.get(dtype, 0), row.rough.get(f"{dtype} derivative", 0))
                ask = partial(of_an_operation, row, dtype)
                yield Question(f"{row}, {dtype}", ask, checksum(row.calls), near)
