"""Rows of determinants: `autograd_core.ops.determinants`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_core.ops.determinants import _cofactors
from autograd_core.ops.linalg import square_matrices
from tests.op_calls import Better, Call, Row, floats, matrix, op
from tests.op_table.solve import MATRICES, not_square

# fmt: off  # rows are laid out as a table


def _logdet(A: Any) -> Any:
    sign, size = np.linalg.slogdet(A)
    return np.where(sign < 0, np.nan, size)


def cofactors(A: Any) -> Any:
    """The derivative of det, by itself: its derivatives are the second and third ones."""
    square_matrices("cofactors", "A", A)
    return _cofactors(A)


def rows() -> Iterator[Row]:
    regular = [Call(floats(2, 2)), Call(matrix(3, 3)), Call(matrix(2, 2, 2)), Call(floats(0, 0)), Call(floats(2, 0, 0)),
               Call(floats(1, 1)), Call(matrix(3, 3)[[1, 0, 2]])]
    rank_less = [Better(np.array(x, float)) for x in ([[1, 2], [2, 4]], [[0]], [[1, 2, 3], [2, 4, 6], [1, 0, 1]], np.zeros((2, 2)),
                                                      np.diag([1, 0, 0]), [[[1, 0], [0, 1]], [[1, 1], [1, 1]]])]
    yield Row(op.linalg_det, [*regular, *rank_less], np.linalg.det, torch="linalg.det",
              operations=["_det", "_cofactors", "_cofactors_along"], errors=not_square(), **MATRICES)
    yield Row(cofactors, [*regular[:4], regular[5]], lambda A: np.linalg.det(A)[..., None, None] * np.swapaxes(np.linalg.inv(A), -1, -2),
              torch=lambda A: A.det()[..., None, None] * A.inverse().mT, operations=["_cofactors", "_cofactors_along"],
              errors=not_square()[:3], **MATRICES)
    yield Row(op.det, regular, np.linalg.det, operations=[], errors=not_square(), **MATRICES)
    yield Row(op.linalg_slogdet, regular, np.linalg.slogdet, torch="linalg.slogdet", operations=["_slogdet"],
              errors=not_square(), **MATRICES)
    yield Row(op.slogdet, regular, np.linalg.slogdet, operations=[], errors=not_square(), **MATRICES)
    yield Row(op.logdet, regular[1:-1], _logdet, operations=[], conventions=regular[-1:], errors=not_square(), **MATRICES)
