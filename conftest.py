"""Names that doctests use without importing them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F  # noqa: N812


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace: dict[str, Any]) -> None:
    public = {name: getattr(ag, name) for name in ag.__all__}
    for name, value in {**public, "ag": ag, "np": np, "nn": nn, "F": F}.items():
        doctest_namespace.setdefault(name, value)
