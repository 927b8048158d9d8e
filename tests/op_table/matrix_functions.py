"""Rows of powers, e^A, the condition number: `autograd_core.ops.matrix_functions`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import inf

from tests.op_calls import FLOATS, NO_BOOL, SUMS, Array, Better, Call, Row, Wrong, floats, ints, matrix, op
from tests.op_table.solve import MATRICES, not_square

# fmt: off  # rows are laid out as a table


def _exp(A: Array) -> Any:
    terms = [np.linalg.matrix_power(A, k) / math.factorial(k) for k in range(60)]
    return np.sum(terms, axis=0)


def _exp_in_torch(A: Any) -> Any:
    import torch

    is_half = getattr(A, "dtype", None) is torch.float16  # in which it gives NaN
    return torch.matrix_exp(A.float()).half() if is_half else torch.matrix_exp(A)


def _cond(A: Array, p: Any = None) -> Any:
    if not A.size:
        return np.zeros(A.shape[:-2])
    return np.linalg.cond(A, p)


def rows() -> Iterator[Row]:
    powers = [Call(floats(2, 2), n) for n in (1, 2, 3, 5)] + [Call(floats(2, 2, 2), 2), Call(floats(2, 2), 0),
              Call(floats(0, 0), 2), Call(floats(1, 1), n=2)]
    yield Row(op.matrix_power, powers, np.linalg.matrix_power, operations=[], lacks=["0-d"],
              errors=[Wrong(RuntimeError, floats(2, 3), 2), Wrong(RuntimeError, floats(2), 2), Wrong(TypeError, floats(2, 2), 1.5),
                      Wrong(RuntimeError, ints(2, 2), -1)])
    yield Row(op.matrix_power, [Call(matrix(2, 2), -2), Call(matrix(1, 1), -1), Call(floats(2, 0, 0), -1)], np.linalg.matrix_power,
              torch="matrix_power", operations=[], errors=not_square(-1)[:3], name="matrix_power_of_the_inverse", **MATRICES)
    yield Row(op.matrix_exp,
              [Call(floats(2, 2)), Call(floats(2, 2, 2)), Call(floats(0, 0)), Call(floats(1, 1)), Call(0.01 * floats(2, 2))], _exp,
              torch=_exp_in_torch,
              takes=FLOATS, lacks=["0-d"], errors=not_square(), operations=["_matrix_exp"])
    numbers = [Call(matrix(2, 2)), Call(matrix(2, 2, 2), 2), Call(matrix(3, 2), -2), Call(matrix(2, 2), "nuc"),
               *[Better(matrix(2, 2), p) for p in (1, -1, inf, -inf, "fro")], Call(floats(0, 0)), Call(floats(1, 1))]
    yield Row(op.linalg_cond, numbers, _cond, torch="linalg.cond", operations=[],
              errors=[*not_square(1)[:3], Wrong(RuntimeError, matrix(2, 2), 3), Wrong(RuntimeError, matrix(2, 2), "max")], **MATRICES)
    yield Row(op.linalg_vander, [Call(floats(3)), Call(floats(2, 3), N=2), Call(floats(1), N=3), Call(np.array([0.0, 2.0])),
                                 Call(floats(), N=2), Call(floats(0), N=2), Call(ints(3), N=3)],
              lambda x, N=None: np.atleast_1d(x)[..., None] ** np.arange(N or x.shape[-1]), dtype=SUMS,
              takes=[dtype for dtype in NO_BOOL if dtype != "float16"], torch="linalg.vander", operations=[],
              errors=[Wrong(RuntimeError, floats(3), N=1), Wrong(RuntimeError, floats(1)), Wrong(RuntimeError, floats(3) > 0)])
    yield Row(op.vander, [Better(floats(3)), Better(floats(2), N=3), Better(floats(3), increasing=True), Better(floats(1)),
                          Better(floats(0), 2), Call(floats(2), 0)], np.vander, dtype=SUMS,
              lacks=["0-d"], operations=[],
              errors=[Wrong(RuntimeError, floats(2, 2)), Wrong(RuntimeError, floats()), Wrong(RuntimeError, floats(2), -1)])
