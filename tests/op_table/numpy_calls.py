"""NumPy's functions on Tensors that require grad, each with sample calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.op_calls import Call, floats, ints, matrix

# fmt: off  # laid out as a table

_x, _y, _square, _matrix = floats(2, 3), floats(2, 3, seed=1), floats(3, 3), matrix(3, 3)
NUMPY_CALLS: list[tuple[Callable[..., Any], Call]] = [
    (np.sum, Call(_x)), (np.sum, Call(_x, axis=1, keepdims=True)), (np.sum, Call(_x, 0)),
    (np.sum, Call(_x, axis=(0, 1))), (np.mean, Call(_x, axis=-1)), (np.prod, Call(_x, axis=0)), (np.var, Call(_x)),
    (np.var, Call(_x, axis=1, ddof=1, keepdims=True)), (np.std, Call(_x)), (np.std, Call(_x, 0, ddof=1)),
    (np.max, Call(_x)), (np.max, Call(_x, axis=1, keepdims=True)), (np.amax, Call(_x, 0)),
    (np.min, Call(_x, axis=(0, 1))), (np.amin, Call(_x)), (np.argmax, Call(_x, axis=1)), (np.argmax, Call(_x)),
    (np.argmin, Call(_x, axis=0, keepdims=True)), (np.cumsum, Call(_x)), (np.cumsum, Call(_x, axis=1)),
    (np.where, Call(_x > 0, _x, _y)), (np.where, Call(_x > 0, _x, 0.0)), (np.where, Call(ints(2, 3, high=2), _x, _y)),
    (np.clip, Call(_x, -0.5, 0.5)), (np.clip, Call(_x, None, 0.5)), (np.clip, Call(_x, min=0.1, max=0.5)),
    (np.round, Call(_x)), (np.round, Call(_x, 1)), (np.copy, Call(_x)), (np.reshape, Call(_x, (3, 2))),
    (np.reshape, Call(_x, -1)), (np.ravel, Call(_x)), (np.transpose, Call(_x)),
    (np.transpose, Call(floats(2, 3, 4), (2, 0, 1))), (np.matrix_transpose, Call(floats(2, 3, 4))),
    (np.swapaxes, Call(_x, 0, 1)), (np.moveaxis, Call(floats(2, 3, 4), 0, -1)),
    (np.moveaxis, Call(floats(2, 3, 4), (0, 1), (1, 2))), (np.flip, Call(_x)), (np.flip, Call(_x, 0)),
    (np.flip, Call(_x, axis=(0, 1))), (np.roll, Call(_x, 1)), (np.roll, Call(_x, (1, 2), axis=(0, 1))),
    (np.squeeze, Call(floats(1, 2, 1))), (np.squeeze, Call(floats(1, 2, 1), axis=0)), (np.expand_dims, Call(_x, 1)),
    (np.expand_dims, Call(_x, (0, -1))), (np.broadcast_to, Call(_x, (2, 2, 3))), (np.concatenate, Call([_x, _y])),
    (np.concatenate, Call((_x, _y), axis=1)), (np.concatenate, Call([_x, _y], axis=None)),
    (np.concatenate, Call([_x, _y], 1)), (np.stack, Call([_x, _y])), (np.stack, Call([_x, _y], axis=-1)),
    (np.hstack, Call([_x, _y])), (np.vstack, Call([_x, _y])), (np.zeros_like, Call(_x)),
    (np.zeros_like, Call(_x, shape=(2, 2))), (np.ones_like, Call(_x)), (np.full_like, Call(_x, 2.0)),
    (np.take_along_axis, Call(_x, np.array([[0], [2]]), 1)), (np.take_along_axis, Call(_x, np.array([5, 0]), None)),
    (np.tril, Call(_square)), (np.tril, Call(_square, -1)), (np.triu, Call(_square, k=1)),
    (np.dot, Call(_square, _square)), (np.dot, Call(floats(3), floats(3, seed=1))), (np.dot, Call(_x, floats(3))),
    (np.dot, Call(floats(), _x)), (np.outer, Call(floats(2), floats(3))), (np.outer, Call(_x, floats(2))),
    (np.einsum, Call("ij,ij->i", _x, _y)), (np.trace, Call(_square)), (np.linalg.norm, Call(_x)),
    (np.trace, Call(floats(2, 3, 3), 1, 1, axis2=2)), (np.kron, Call(_x, floats(2))), (np.inner, Call(_x, _y)),
    (np.inner, Call(_x, 2.0)), (np.vdot, Call(_x, _y)), (np.cross, Call(_x, _y)), (np.cross, Call(_square, floats(2, 3, 3), 0, 1, axisc=0)),
    (np.cross, Call(_square, _square + 1, axis=0)), (np.tensordot, Call(_x, _square, 1)), (np.tensordot, Call(_x, _y, axes=([0], [0]))),
    (np.linalg.inv, Call(_matrix)), (np.linalg.solve, Call(_matrix, floats(3))), (np.linalg.solve, Call(matrix(3, 3, 3), _square)),
    (np.linalg.det, Call(_matrix)), (np.linalg.slogdet, Call(_matrix)), (np.linalg.cholesky, Call(_matrix + _matrix.T)),
    (np.linalg.cholesky, Call(_matrix + _matrix.T, upper=True)), (np.linalg.qr, Call(_matrix)), (np.linalg.qr, Call(_matrix, mode="r")),
    (np.linalg.svd, Call(_matrix, full_matrices=False)), (np.linalg.svd, Call(_matrix, compute_uv=False)), (np.linalg.svdvals, Call(_x)),
    (np.linalg.eigh, Call(_matrix + _matrix.T)), (np.linalg.eigh, Call(_matrix, "U")), (np.linalg.eigvalsh, Call(_matrix)),
    (np.linalg.pinv, Call(_x)), (np.linalg.pinv, Call(_x, rtol=1e-3)), (np.linalg.lstsq, Call(_x.T, floats(3))),
    (np.linalg.lstsq, Call(_x.T, floats(3, 2), 1e-3)), (np.linalg.matrix_power, Call(_matrix, -2)), (np.linalg.multi_dot, Call([_x, _square, _x.T])),
    (np.linalg.matrix_rank, Call(_x)), (np.linalg.norm, Call(_square, 2)), (np.linalg.norm, Call(_x, "nuc", keepdims=True)),
    (np.linalg.norm, Call(floats(2, 3, 2), 1, axis=(0, 2))), (np.linalg.norm, Call(_x, axis=1)), (np.linalg.norm, Call(floats(3), 1)), (np.linalg.norm, Call(_x, 3, 0, True)),
    (np.shape, Call(_x)), (np.ndim, Call(_x)), (np.size, Call(_x)), (np.size, Call(_x, 1)),
    (np.isclose, Call(_x, _y)), (np.allclose, Call(_x, _x)), (np.empty_like, Call(floats(0))),
]
