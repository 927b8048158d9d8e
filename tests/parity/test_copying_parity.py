"""The programs of `test_copying` in PyTorch."""

from __future__ import annotations

import pytest

from tests.test_copying import PROGRAMS, run

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:backward hook")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    run(name, torch)
