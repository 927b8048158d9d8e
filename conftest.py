"""Names that doctests use without importing them; a module's own names come first, but for Python's numbers."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    public = {name: getattr(ag, name) for name in ag.__all__ if not hasattr(builtins, name)}
    python = {"bool": bool, "float": float, "int": int}  # not the dtypes of these names, which the package's room holds
    for item in items:
        if isinstance(item, pytest.DoctestItem) and item.dtest is not None:
            item.dtest.globs = {**public, "ag": ag, "np": np, "nn": nn, "F": F, **item.dtest.globs, **python}
