"""Dropout of whole channels, for inputs of a known number of dimensions."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import autograd_core as ag

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = ["dropout1d", "dropout2d", "dropout3d"]


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of (N, C, L) or (C, L) with probability p, and scale the rest by 1 / (1 - p)."""
    _check_probability(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input: it drops the channels of (N, C, L) "
            "or (C, L); use dropout to drop single elements"
        )
    return _without_batch(input, p, training, inplace) if input.ndim == 2 else _dropped(input, p, training, inplace)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of (N, C, H, W) with probability p, and scale the rest by 1 / (1 - p)."""
    _check_probability(p)
    if input.ndim not in (3, 4):
        warnings.warn(_deprecated("dropout2d", input.ndim, "3D or 4D"), stacklevel=2)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input, which is taken for (N, C, L), not for (C, H, W) without a batch; this "
            "will change in a future release. Please use dropout1d instead.",
            stacklevel=2,
        )
    return _dropped(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of (N, C, D, H, W) or (C, D, H, W) with probability p, and scale the rest by 1 / (1 - p)."""
    _check_probability(p)
    if input.ndim not in (4, 5):
        warnings.warn(_deprecated("dropout3d", input.ndim, "4D or 5D"), stacklevel=2)
    return _dropped(input, p, training, inplace) if input.ndim == 5 else _without_batch(input, p, training, inplace)


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _deprecated(name: str, ndim: int, wanted: str) -> str:
    return (
        f"{name}: Received a {ndim}-D input, which is deprecated and will result in an error in a future release; "
        f"expected {wanted}. Please use dropout to drop single elements."
    )


def _dropped(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    return ag.feature_dropout(input, p, training, inplace)


def _without_batch(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    result = _dropped(input.unsqueeze(0), p, training, inplace)
    return input if inplace else result.squeeze(0)
