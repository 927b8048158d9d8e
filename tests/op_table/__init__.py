"""One row per public operation: what is particular to it. The tests that hold for all of them are generated.

A row gives sample calls and NumPy's answer to them. `test_operations` checks values, dtypes, layouts, derivatives,
methods, in-place forms and NumPy's functions; `parity/test_operations_parity` runs the same calls in PyTorch.
A module for each of `autograd_core.ops`; the rows are laid out as a table; `Row` says what its columns are.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.op_calls import Row
from tests.op_table.numpy_calls import NUMPY_CALLS

__all__ = ["NUMPY_CALLS", "ROWS"]

MODULES = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
ROWS: list[Row] = [row for module in MODULES if hasattr(module, "rows") for row in module.rows()]
