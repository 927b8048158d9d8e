"""Rows of distances: `autograd_core.ops.distances`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import inf

from tests.op_calls import Array, Better, Call, Row, Wrong, bad_shapes, floats, ints, op
from tests.op_table.norms import vector_norm
from tests.op_table.solve import SINGLE

# fmt: off  # rows are laid out as a table


def _cdist(x: Array, y: Array, p: float = 2, compute_mode: str | None = None) -> Any:
    differences = x[..., :, None, :] - y[..., None, :, :]
    return vector_norm(differences, p, -1) if x.shape[-1] else np.zeros(differences.shape[:-1])


def _points(*size: int, seed: int = 0) -> Array:
    """Points whose differences are all different."""
    return np.asarray((1 - 0.1 * seed) * np.sinh(floats(*size)) + np.arange(size[-1]))


def rows() -> Iterator[Row]:
    by_product = "use_mm_for_euclid_dist"
    pairs = [*[Call(_points(3, 2), _points(2, 2, seed=1), p) for p in (2.0, 1, 0, inf, 0.5, 1.5, 3.0)],
             Call(_points(2, 1, 2, 2), _points(2, 2, seed=3)), Call(_points(0, 2), _points(2, 2)), Call(_points(1, 1), _points(1, 1, seed=1)),
             Call(_points(2, 0), _points(1, 0)), Call(_points(2, 2), _points(3, 2, seed=1), compute_mode=by_product),
             Call(_points(2, 2, 2), _points(1, 2, seed=1), 2.0, by_product), Call(floats(26, 1), floats(1, 1, low=3, high=4))]
    touching = np.array([[1.0, 2.0], [0.5, 1.0]])
    ties = [Call(touching, touching[:1].copy(), p) for p in (2.0, 1, 1.5, 3)] + [
        Call(touching, np.array([[2.0, 3.0], [0.0, 0.5]]), inf), Call(touching, touching[:1].copy(), 2.0, by_product)]
    yield Row(op.cdist, pairs, _cdist, operations=["_distances", "_euclidean_distances"], takes=SINGLE, lacks=["0-d"],
              conventions=ties, torch_twice=False,
              errors=[bad_shapes((2, 3), (2, 2)), bad_shapes((3,), (2, 3)), bad_shapes((2, 2, 3), (3, 2, 3)),
                      Wrong(RuntimeError, floats(2, 2), floats(2, 2), -1), Wrong(TypeError, floats(2, 2), floats(2, 2), "x"),
                      Wrong(ValueError, floats(2, 2), floats(2, 2), 2.0, "fast"), Wrong(RuntimeError, ints(2, 2), ints(2, 2)),
                      Wrong(RuntimeError, floats(2, 2), floats(2, 2).astype(np.float32))])
    yield Row(op.pdist, [*[Call(_points(3, 2), p) for p in (2.0, 1, 0, inf, 0.5, 1.5, 3.0)], Better(_points(1, 1)), Better(_points(0, 2)),
                         Better(_points(2, 0))],  # whose derivatives crash PyTorch
              lambda x, p=2.0: _cdist(x, x, p)[np.triu_indices(len(x), 1)], operations=[], takes=SINGLE, lacks=["0-d"],
              conventions=[Call(np.ones((2, 2)), p) for p in (2.0, 1, 3)], torch_twice=False,
              errors=[Wrong(RuntimeError, floats(2, 2, 2)), Wrong(RuntimeError, floats(2)), Wrong(RuntimeError, ints(2, 2)),
                      Wrong(RuntimeError, floats(2, 2), -1.0)])
    yield Row(op.dist, [Call(floats(3), floats(3, seed=1)), Call(floats(2, 3), floats(3, seed=1), 1), Call(floats(), floats(seed=1), 3),
                        Call(floats(2), -floats(2, seed=1), p=inf), Call(floats(0), floats(0)), Call(floats(1), floats(1, seed=2)),
                        Better(floats(2), floats(2, seed=1), 0)],
              lambda x, y, p=2: vector_norm(x - y, p), operations=[], takes=("float16", *SINGLE), conventions=[Call(floats(2), floats(2))],
              errors=[bad_shapes(), Wrong(RuntimeError, ints(2), ints(2)), Wrong(RuntimeError, floats(0), floats(0), inf)])
