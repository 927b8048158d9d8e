"""PyTorch's stored answers are those that the installed PyTorch gives."""

from __future__ import annotations

import pytest

from tests.golden.__main__ import ask_pytorch
from tests.golden.store import read
from tests.test_golden import QUESTIONS, check

pytest.importorskip("torch")


def test_the_stored_answers_are_current() -> None:
    stored, made = read()
    answers, here = ask_pytorch()
    assert made["torch"].split("+")[0] == here["torch"].split("+")[0]
    for name, question in QUESTIONS.items():
        try:
            check(question, answers[name], stored)
        except AssertionError as error:
            error.add_note(f"{name}; stored: {made}, here: {here}")
            raise
