"""PyTorch's answers in one file, `pytorch.npz`.

An answer is a list of arrays under a name, with a checksum of what was asked. The file has one flat array for each dtype,
and an index that says, as JSON, which pieces of them are which answer. The same answers make the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from tests.op_calls import floats

Array = np.ndarray[Any, Any]

FILE = Path(__file__).with_name("pytorch.npz")
LONG, SUMS = 24, 6


@dataclass(frozen=True)
class Piece:
    """What is kept of an array: its numbers; of a long one sums with different weights, which an error in any number
    changes, and the sum of the absolute values, to judge them by."""

    dtype: str
    shape: list[int]
    numbers: Array

    @classmethod
    def of(cls, array: Array) -> Piece:
        numbers = array.ravel()
        if array.size > LONG and np.isfinite(numbers).all():
            numbers = np.append(floats(SUMS, array.size) @ numbers.astype(np.float64), np.abs(numbers).sum())
        return cls(array.dtype.name, list(array.shape), numbers)

    def check(self, expected: Piece, tolerance: float) -> None:
        """Raise an AssertionError unless the numbers are the expected ones."""
        assert (self.dtype, self.shape) == (expected.dtype, expected.shape)
        assert self.numbers.size == expected.numbers.size, "one of them has numbers that are not finite"
        is_long = self.numbers.size != np.prod(self.shape)
        scale = max(float(expected.numbers[-1]), 1.0) if is_long else 1.0
        np.testing.assert_allclose(self.numbers, expected.numbers, rtol=tolerance, atol=tolerance * scale)


@dataclass(frozen=True)
class Answer:
    """A checksum of the question, and what is kept of the arrays that answer it."""

    question: int
    pieces: list[Piece]


def write(answers: dict[str, Answer], made: dict[str, str], file: Path = FILE) -> None:
    index = {
        name: [
            answer.question,
            [[piece.dtype, piece.shape, piece.numbers.dtype.name, piece.numbers.size] for piece in answer.pieces],
        ]
        for name, answer in answers.items()
    }
    numbers = [piece.numbers for answer in answers.values() for piece in answer.pieces]
    by_dtype = groupby(sorted(numbers, key=lambda x: x.dtype.name), lambda x: x.dtype.name)
    text = json.dumps({"made": made, "answers": index}, separators=(",", ":"))
    flat: dict[str, Any] = {dtype: np.concatenate(list(same)) for dtype, same in by_dtype}
    np.savez_compressed(file, index=np.frombuffer(text.encode(), np.uint8), **flat)


def read(file: Path = FILE) -> tuple[dict[str, Answer], dict[str, str]]:
    """The answers, and with which PyTorch and on which processor they were made."""
    with np.load(file) as stored:
        index = json.loads(stored["index"].tobytes())
        flat = {name: stored[name] for name in stored.files if name != "index"}
    position = dict.fromkeys(flat, 0)
    answers = {}
    for name, (question, pieces) in index["answers"].items():
        answers[name] = Answer(question, [])
        for dtype, shape, kind, size in pieces:
            start = position[kind]
            position[kind] += size
            answers[name].pieces.append(Piece(dtype, shape, flat[kind][start : start + size]))
    return answers, index["made"]
