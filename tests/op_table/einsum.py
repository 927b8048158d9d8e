"""Rows of einsum and its relatives: `autograd_core.ops.einsum`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import (
    NO_BOOL,
    SUMS,
    Call,
    Row,
    Wrong,
    floats,
    op,
)

# fmt: off  # rows are laid out as a table


def rows() -> Iterator[Row]:
    no_numbers = ["0-d"]
    yield Row(op.trace, [Call(floats(3, 3)), Call(floats(2, 4)), Call(floats(1, 1)), Call(floats(0, 2))], np.trace,
              SUMS, takes=NO_BOOL, lacks=no_numbers, operations=["_spread_letters"],
              errors=[Wrong(RuntimeError, floats(*size)) for size in ((3,), (), (1, 2, 2))])
    equations = [("ij,jk->ik", (2, 3), (3, 2)), ("ij->ji", (2, 3)), ("ii", (3, 3)), ("ii->i", (3, 3)),
                 ("i,j->ij", (2,), (3,)), ("ij,ij->", (2, 3), (2, 3)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)),
                 ("...ij,...j->...i", (2, 2, 3), (3,)), ("ij,kj,k->i", (2, 3), (2, 3), (2,)), ("ij", (2, 3)),
                 ("ij->j", (2, 3)), (",i->i", (), (2,)), ("i,i", (0,), (0,)), ("iij,j->i", (2, 2, 3), (3,)),
                 ("ij,jk", (1, 1), (1, 1))]
    yield Row(op.einsum,
              [Call(equation, *[floats(*size, seed=i) for i, size in enumerate(sizes)]) for equation,
               *sizes in equations], np.einsum, takes=NO_BOOL, operations=["_rearranged", "_contracted"],
              errors=[Wrong(RuntimeError, "ij,jk->ik", floats(2, 3)),
                      Wrong(RuntimeError, "ij,jk->ik", floats(2, 3), floats(2, 3)),
                      Wrong(RuntimeError, "ij->ik", floats(2, 3)), Wrong(RuntimeError, "i->i", floats(2, 3)),
                      Wrong(RuntimeError, "ij->ii", floats(2, 2)), Wrong(RuntimeError, "i1->i", floats(2, 3)),
                      Wrong(ValueError, "ij")])
    yield Row(op.tensordot,
              [Call(floats(2, 3), floats(3, 4), 1), Call(floats(2, 3, 4), floats(3, 4, 2)),
               Call(floats(2, 3), floats(4, 3), ([1], [1])), Call(floats(2), floats(3), 0),
               Call(floats(), floats(2), 0), Call(floats(0, 2), floats(2, 1), 1), Call(floats(1), floats(1), 1)],
              lambda x, y, dims=2: np.tensordot(x, y, dims), operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(2, 3), floats(2, 3), 1),
                      Wrong(RuntimeError, floats(2), floats(2), 2),
                      Wrong(RuntimeError, floats(2, 3), floats(3, 2), ([0, 1], [0]))])
