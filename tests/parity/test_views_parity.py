"""The programs of `test_views` in PyTorch."""

from __future__ import annotations

import pytest

from tests.test_views import PROGRAMS, WRITTEN, through
from tests.test_views import run as run_program

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    run_program(name, torch)


def test_writes_through_views() -> None:
    for name, (look, places) in WRITTEN.items():
        assert through(look)(torch) == [10 if i in places else 1 for i in range(6)], name
