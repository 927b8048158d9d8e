"""Layers and losses against PyTorch: every row of `nn_cases`, every comparison of `nn_comparison`."""

from __future__ import annotations

import pytest

from tests.parity.nn_cases import CASES
from tests.parity.nn_comparison import compare


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_module_is_pytorchs(name: str) -> None:
    compare(name)
