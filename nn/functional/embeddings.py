"""Rows of a table by their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import autograd_core as ag

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = ["embedding"]


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of weight (n, d) by integer index (…): result (…, d). The row padding_idx gets no gradient."""
    for name, given in (("max_norm", max_norm), ("scale_grad_by_freq", scale_grad_by_freq), ("sparse", sparse)):
        if given:
            raise NotImplementedError(f"embedding: {name}={given!r} is not supported")
    return ag.embedding(input, weight, padding_idx)
