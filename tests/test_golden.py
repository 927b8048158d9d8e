"""Ours against PyTorch's stored answers (`golden/pytorch.npz`). PyTorch is not needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from tests.golden.questions import Question, questions
from tests.golden.store import FILE, Answer, Piece, read, write

QUESTIONS = {question.name: question for question in questions()}
RENEW = "Where PyTorch is installed, run `python -m tests.golden` and commit tests/golden/pytorch.npz."


@pytest.fixture(scope="module")
def stored() -> dict[str, Answer]:
    return read()[0]


def check(question: Question, found: Answer, stored: dict[str, Answer]) -> None:
    """Raise an AssertionError unless PyTorch's stored answer is the one that was found."""
    assert question.name in stored, f"PyTorch's answer is not stored. {RENEW}"
    expected = stored[question.name]
    assert found.question == expected.question, f"The calls have changed since PyTorch answered. {RENEW}"
    assert len(found.pieces) == len(expected.pieces), f"{len(found.pieces)} arrays, PyTorch: {len(expected.pieces)}"
    for i, (piece, wanted) in enumerate(zip(found.pieces, expected.pieces, strict=True)):
        try:
            piece.check(wanted, question.tolerance)
        except AssertionError as error:
            error.add_note(f"array {i} of {question.name}")
            raise


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_are_pytorchs(name: str, stored: dict[str, Answer]) -> None:
    check(QUESTIONS[name], QUESTIONS[name].answer(ag), stored)


def test_no_answer_is_left_over(stored: dict[str, Answer]) -> None:
    assert not set(stored) - set(QUESTIONS), f"These are no longer asked. {RENEW}"


def test_the_file_is_small_and_says_who_answered() -> None:
    assert FILE.stat().st_size < 1_000_000
    assert set(read()[1]) == {"torch", "processor", "capability"}


def test_a_wrong_or_missing_answer_is_found(stored: dict[str, Answer], tmp_path: Path) -> None:
    question = QUESTIONS["softmax, float64"]
    right = question.answer(ag)
    for i, piece in enumerate(right.pieces):
        for j in range(piece.numbers.size):
            wrong = piece.numbers.copy()
            wrong[j] += 1e-8
            pieces = [*right.pieces[:i], Piece(piece.dtype, piece.shape, wrong), *right.pieces[i + 1 :]]
            with pytest.raises(AssertionError, match="Mismatched"):
                check(question, Answer(right.question, pieces), stored)
    with pytest.raises(AssertionError, match=r"python -m tests\.golden"):
        check(question, Answer(0, right.pieces), stored)
    with pytest.raises(AssertionError, match=r"python -m tests\.golden"):
        check(question, right, {})
    with pytest.raises(AssertionError, match="arrays"):
        check(question, Answer(right.question, right.pieces[:-1]), stored)


def test_an_error_in_any_number_of_a_long_array_is_found() -> None:
    right = np.linspace(-3, 5, 1000).reshape(10, 100)
    for place in range(right.size):
        wrong = right.copy()
        wrong.flat[place] += 1e-5
        with pytest.raises(AssertionError):
            Piece.of(wrong).check(Piece.of(right), 1e-10)
    with pytest.raises(AssertionError):
        Piece.of(right[::-1]).check(Piece.of(right), 1e-10)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    arrays = [
        np.arange(3),
        np.ones((2, 0)),
        np.array(True),
        np.linspace(0, 1, 100, dtype=np.float32),
        np.full(30, np.nan),
    ]
    answers = {"a": Answer(1, [Piece.of(array) for array in arrays]), "b": Answer(2, [Piece.of(arrays[3])])}
    files = [tmp_path / "first.npz", tmp_path / "second.npz"]
    for file in files:
        write(answers, {"torch": "none"}, file)
    assert files[0].read_bytes() == files[1].read_bytes()
    again, made = read(files[0])
    assert made == {"torch": "none"}
    for name, answer in answers.items():
        assert again[name].question == answer.question
        for piece, expected in zip(again[name].pieces, answer.pieces, strict=True):
            piece.check(expected, 0.0)
