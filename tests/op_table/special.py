"""Rows of special functions: `autograd_core.ops.special`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tests.op_calls import (
    FLOATING,
    NOT_ONE,
    Row,
    op,
    unary,
)

# fmt: off  # rows are laid out as a table


erf = np.vectorize(math.erf, otypes=[np.float64])


def rows() -> Iterator[Row]:
    yield Row(op.erf, [*unary(-4, 4), *unary(-0.4, 0.4)], erf, FLOATING, torch="erf", accurate_on=(-4, 4),
              errors=NOT_ONE)
