"""The programs of `test_images` in PyTorch."""

from __future__ import annotations

import pytest

from tests.test_images import PROGRAMS
from tests.test_images import run as run_program

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    run_program(name, torch)
