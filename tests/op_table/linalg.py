"""Rows of products: `autograd_core.ops.linalg`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.op_calls import (
    FLOATS,
    NO_BOOL,
    Array,
    Call,
    Row,
    Wrong,
    bad_shapes,
    floats,
    ints,
    op,
)

# fmt: off  # rows are laid out as a table


def _plus_product(x: Array, a: Array, b: Array, beta: float = 1, alpha: float = 1) -> Array:
    return (beta * x if beta else 0) + alpha * (a @ b)


def rows() -> Iterator[Row]:
    def products(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> list[Call]:
        return [Call(floats(*m), floats(*n, seed=3)) for m, n in shapes]
    def unfit(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> list[Wrong]:
        return [bad_shapes(m, n) for m, n in shapes] + [Wrong(TypeError, floats(2, 2), 1.0)]
    no_numbers = ["0-d"]
    yield Row(op.mm, products(((2, 3), (3, 4)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 2), (2, 1))), np.matmul,
              lacks=no_numbers, takes=NO_BOOL, errors=unfit(((2, 3), (2, 3)), ((3,), (3, 2)), ((1, 2, 3), (3, 1))))
    yield Row(op.mv, products(((2, 3), (3,)), ((1, 1), (1,)), ((2, 0), (0,))), np.matmul, lacks=no_numbers,
              takes=NO_BOOL, errors=unfit(((2, 3), (2,)), ((3,), (3,)), ((2, 3), (3, 1))))
    yield Row(op.dot, products(((3,), (3,)), ((1,), (1,)), ((0,), (0,))), np.dot, lacks=no_numbers, takes=NO_BOOL,
              errors=unfit(((3,), (2,)), ((2, 2), (2, 2)), ((), (2,))))
    yield Row(op.outer, products(((2,), (3,)), ((1,), (1,)), ((0,), (2,))), np.outer, lacks=no_numbers,
              errors=[bad_shapes((2, 2), (2,)), bad_shapes((), (2,)), bad_shapes((2,), ())])
    yield Row(op.matmul,
              products(((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 3, 4), (4, 2)),
                       ((2, 3), (2, 3, 2)), ((2, 3, 4), (2, 4, 1)), ((2, 1, 2, 3), (3, 3, 2)), ((2, 3, 4), (4,)),
                       ((4,), (2, 4, 3)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 2)),
                       ((2, 3, 0), (0, 2))), np.matmul, lacks=no_numbers, takes=NO_BOOL, operations=["_batched"],
              errors=unfit(((2, 3), (2, 3)), ((3,), (2,)), ((2, 2, 3), (3, 3, 2)), ((), (2,))))
    yield Row(op.bmm, products(((2, 3, 4), (2, 4, 2)), ((1, 1, 1), (1, 1, 1)), ((0, 2, 3), (0, 3, 1))), np.matmul,
              lacks=no_numbers, takes=NO_BOOL, operations=[],
              errors=unfit(((2, 3, 4), (3, 4, 2)), ((2, 3, 4), (2, 3, 4)), ((2, 3), (3, 2))))
    a, b, v = floats(2, 3, seed=1), floats(3, 4, seed=2), floats(3, seed=2)
    yield Row(op.addmm,
              [Call(floats(2, 4), a, b), Call(floats(4), a, b, beta=0.5, alpha=2), Call(floats(1), a, b),
               Call(floats(), a, b, beta=0), Call(floats(0, 4), floats(0, 3), b)], _plus_product, operations=[],
              takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), a, b), Wrong(RuntimeError, floats(2, 4), a, a),
                      Wrong(RuntimeError, floats(2), v, v)])
    yield Row(op.addmv,
              [Call(floats(2), a, v), Call(floats(1), a, v, beta=2, alpha=0.5), Call(floats(), a, v),
               Call(floats(0), floats(0, 3), v)], _plus_product, operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), a, v), Wrong(RuntimeError, floats(2), a, floats(2)),
                      Wrong(RuntimeError, floats(2), v, v)])
    yield Row(op.vdot, products(((3,), (3,)), ((1,), (1,)), ((0,), (0,))), np.vdot, lacks=no_numbers, takes=NO_BOOL, operations=[],
              errors=unfit(((3,), (2,)), ((2, 2), (2, 2)), ((), (2,)))[:3])
    yield Row(op.ger, products(((2,), (3,)), ((1,), (1,)), ((0,), (2,))), np.outer, lacks=no_numbers, operations=[],
              errors=[bad_shapes((2, 2), (2,)), bad_shapes((), (2,)), bad_shapes((2,), ())])
    yield Row(op.vecdot,
              [*products(((2, 3), (3,)), ((3,), (3,)), ((2, 1), (1,)), ((0,), (0,)), ((), ())), Call(floats(2, 3), floats(2, 3), dim=0)],
              lambda x, y, dim=-1: (x * y).sum(dim), takes=FLOATS, torch="linalg.vecdot", operations=[],
              errors=[bad_shapes(), Wrong(RuntimeError, ints(2), ints(2)), Wrong(RuntimeError, floats(2), floats(2).astype(np.float32))])
    yield Row(op.inner, products(((3,), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (3,)), ((3,), (2, 1, 3)), ((), (2,)), ((2,), ()), ((), ()),
                                 ((1,), (1,)), ((2, 0), (3, 0))), np.inner, takes=NO_BOOL, operations=[],
              errors=[*unfit(((2, 3), (2, 4)), ((2,), (3,)))[:2], Wrong(RuntimeError, floats(2), floats(2).astype(np.float32))])
    yield Row(op.kron, products(((2, 2), (3, 1)), ((2,), (3, 1, 2)), ((2, 1, 2), (2, 2)), ((), (2,)), ((1,), (1,)), ((0, 2), (2, 2))),
              np.kron, operations=[], errors=[Wrong(TypeError, floats(2), 1.0), Wrong(TypeError, 1.0, floats(2)),
                                              Wrong(TypeError, floats(2), None)])
    chain = [floats(2, 3), floats(3, 4, seed=1), floats(4, 1, seed=2)]
    chains = [chain, [floats(1, 3), floats(3, 2, seed=1), floats(2, 3, seed=2), floats(3, 1)], [floats(2, 0), floats(0, 2)],
              [floats(1, 1), floats(1, 1)]]
    yield Row(op.multi_dot, [*map(Call, chains), Call([floats(3), floats(3, 2), floats(2)]), Call([floats(3), floats(3)]),
                             Call([floats(2, 3), floats(3)])], np.linalg.multi_dot, takes=NO_BOOL, lacks=no_numbers,
              torch="linalg.multi_dot", operations=[],
              errors=[Wrong(RuntimeError, [floats(2, 2)]), Wrong(RuntimeError, [floats(2, 3), floats(2, 3)]),
                      Wrong(RuntimeError, [floats(2, 2, 3), floats(3, 2)]), Wrong(RuntimeError, [floats(3), floats(3), floats(3)]),
                      Wrong(RuntimeError, [floats(2, 2), floats(2, 2).astype(np.float32)])])
    yield Row(op.chain_matmul, [Call(*each) for each in chains] + [Call(floats(2, 2))],
              lambda *matrices: np.linalg.multi_dot(matrices) if len(matrices) > 1 else matrices[0], takes=NO_BOOL, lacks=no_numbers,
              operations=[], errors=[Wrong(RuntimeError, floats(2, 3), floats(2, 3)), Wrong(RuntimeError, floats(3), floats(3, 3)),
                                     Wrong(RuntimeError)])
    u, w = floats(2, seed=1), floats(3, seed=2)
    yield Row(op.addr,
              [Call(floats(2, 3), u, w), Call(floats(3), u, w, beta=0.5, alpha=2.0), Call(floats(), u, w, beta=0),
               Call(floats(0, 3), floats(0), w), Call(floats(1, 1), floats(1), floats(1, seed=2))],
              lambda x, u, w, beta=1, alpha=1: beta * x + alpha * np.outer(u, w), operations=[],
              errors=[Wrong(RuntimeError, floats(2, 3), u, u), Wrong(RuntimeError, floats(2, 3), floats(2, 2), w),
                      Wrong(RuntimeError, ints(2, 2), ints(2), ints(2), beta=0.5)])
    batch = floats(2, 2, 3, seed=1), floats(2, 3, 2, seed=2)
    yield Row(op.addbmm,
              [Call(floats(2, 2), *batch), Call(floats(2), *batch, beta=2, alpha=0.5), Call(floats(1, 1), *batch, beta=0),
               Call(floats(), *batch), Call(floats(2, 2), floats(0, 2, 2), floats(0, 2, 2))],
              lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b).sum(0), operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), *batch), Wrong(RuntimeError, floats(2, 2), *batch[:1] * 2),
                      Wrong(RuntimeError, floats(2), batch[0], floats(3, 3, 2)), Wrong(RuntimeError, floats(2), batch[0][0], batch[1])])
    yield Row(op.baddbmm,
              [Call(floats(2, 2, 2), *batch), Call(floats(2), *batch, beta=2, alpha=0.5),
               Call(floats(1, 1, 1), *batch, beta=0), Call(floats(), *batch),
               Call(floats(0, 2, 2), floats(0, 2, 3), floats(0, 3, 2))], _plus_product, operations=[], takes=NO_BOOL,
              errors=[Wrong(RuntimeError, floats(3), *batch), Wrong(RuntimeError, floats(2, 2, 2), *batch[:1] * 2),
                      Wrong(RuntimeError, floats(2), batch[0], floats(3, 3, 2))])
    crosses = [Call(floats(3), floats(3, seed=1)), Call(floats(2, 3), floats(2, 3, seed=1), dim=1),
               Call(floats(3, 2), floats(3, 1, seed=1), dim=0), Call(floats(0, 3), floats(1, 3), dim=1)]
    no_threes = [bad_shapes((2,), (2,)), bad_shapes((3,), (2, 3)), Wrong(IndexError, floats(3), floats(3), dim=1),
                 Wrong(RuntimeError, floats(3, 2), floats(3, 2), dim=1)]
    yield Row(op.linalg_cross, crosses, lambda x, y, dim=-1: np.cross(x, y, axis=dim), operations=["_cross"],
              torch="linalg.cross", lacks=["0-d", "size 1"], takes=NO_BOOL, errors=no_threes)
    yield Row(op.cross, crosses, lambda x, y, dim=-1: np.cross(x, y, axis=dim), operations=[],
              lacks=["0-d", "size 1"], takes=NO_BOOL, errors=no_threes[1:])
