"""Tables of vectors: rows by number, one by one or in bags.

Sources: https://docs.pytorch.org/docs/stable/nn.functional.html#sparse-functions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..primitive import Array, TensorLike, primitive, wrap
from .elementwise import where
from .index import _key_vjp, index_add
from .norms import _vector_norm_of
from .scatter import gather

if TYPE_CHECKING:
    from ..tensor import Tensor


@primitive(fresh=True, torch="EmbeddingBackward0", shows="{weight}[{input}]",
           weight=lambda g, input, factor, weight_shape:
               _key_vjp(g if factor is None else g * factor, (input,), weight_shape))
def _embedding(input: TensorLike, weight: TensorLike, factor: Any) -> Tensor:
    """The rows; a row's gradient is multiplied by the factor at its place."""
    return weight.take(input, axis=0)


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of weight (n, d) by number (…): result (…, d).

    The row padding_idx gets no gradient. max_norm: rows that are used and whose norm_type-norm is larger are first scaled
    down to it, in place. scale_grad_by_freq: gradients are divided by how often their row is used here.

    >>> embedding(tensor([1, 1]), tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [3., 4.]])
    """
    if sparse:
        raise NotImplementedError("embedding: sparse=True is not supported: gradients are dense; leave it away")
    if weight.array.ndim != 2:
        raise RuntimeError(f"embedding: weight must be 2-D, got shape {tuple(weight.shape)}")
    rows, count = input.array, len(weight.array)
    _check_rows("embedding", rows, count, IndexError)
    padding = None if padding_idx is None else _row_number("embedding", padding_idx, count, AssertionError)
    if max_norm is not None:
        _limit_norms("embedding", weight, rows, max_norm, norm_type)
    factor = None
    if scale_grad_by_freq:
        factor = (1 / np.bincount(rows.reshape(-1), minlength=count)[rows])[..., None]
    if padding is not None:
        kept = (rows != padding)[..., None]
        factor = kept if factor is None else factor * kept
    return _embedding(input, weight, None if factor is None else factor.astype(weight.array.dtype))


def _check_rows(name: str, rows: Array, count: int, error: type[Exception]) -> None:
    if rows.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}: expected indices of dtype int64 or int32, got {rows.dtype}; use .long()")
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        raise error(
            f"{name}: index out of range: indices go from {rows.min()} to {rows.max()}, but weight has {count} rows, "
            f"0 to {count - 1}"
        )


def _row_number(name: str, index: int, count: int, error: type[Exception]) -> int:
    """padding_idx, which may count from the end."""
    if not -count <= index < count:
        raise error(f"{name}: padding_idx must be within num_embeddings, {-count} to {count - 1}, but is {index}")
    return index % count


def _limit_norms(name: str, weight: Tensor, rows: Array, max_norm: float, norm_type: float) -> None:
    """Scale down, in place and outside the graph, the rows that are used and too long."""
    if weight.array.dtype.kind != "f":
        raise RuntimeError(f"{name}: max_norm needs a floating point weight, not {weight.dtype}")
    used = np.unique(rows)
    norms = _vector_norm_of(weight.array[used], norm_type, (1,), False).astype(np.float64)
    used, norms = used[norms > max_norm], norms[norms > max_norm]
    scales = (max_norm / (norms + 1e-7)).astype(weight.array.dtype)
    weight.array[used] *= scales[:, None]
    weight._memory.written()


# ---------------------------------------------------------------- bags


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows in each bag; an empty bag gives 0.

    input (bags, n), or (n,) with offsets (bags,): where each bag begins, and with include_last_offset also where the last
    one ends. per_sample_weights, of input's shape, multiply the rows (mode "sum"). Rows padding_idx do not count. The
    rest as in `embedding`.

    >>> embedding_bag(tensor([0, 1, 1]), tensor([[1., 2.], [3., 4.]]), tensor([0, 1]), mode="sum")
    tensor([[1., 2.],
            [6., 8.]])
    """
    if weight.array.dtype == np.int64 and input.array.dtype.kind == "f":  # PyTorch's oldest order of arguments
        input, weight = weight, input
    _check_bag_options(input, weight, mode, scale_grad_by_freq, sparse, per_sample_weights)
    count = len(weight.array)
    _check_rows("embedding_bag", input.array, count, RuntimeError)
    rows, starts = _bags(input, offsets, include_last_offset)
    if max_norm is not None:
        _limit_norms("embedding_bag", weight, rows, max_norm, norm_type)
    bags = max(len(starts) - include_last_offset, 0)
    bag_of = np.searchsorted(starts[:bags], np.arange(len(rows)), side="right") - 1
    weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)[: len(rows)]
    if padding_idx is not None:
        kept = rows != _row_number("embedding_bag", padding_idx, count, RuntimeError)
        rows, bag_of = rows[kept], bag_of[kept]
        weights = None if weights is None else weights[wrap(kept)]
    picked = embedding(wrap(rows), weight, scale_grad_by_freq=scale_grad_by_freq)
    if weights is not None:
        picked = picked * weights.unsqueeze(1)
    sizes = np.bincount(bag_of, minlength=bags)[:, None]
    if mode == "max":
        return _largest_in_bags(picked, bag_of, sizes)
    total = index_add(wrap(np.zeros((bags, weight.array.shape[1]), weight.array.dtype)), 0, wrap(bag_of), picked)
    return total if mode == "sum" else total / wrap(np.maximum(sizes, 1).astype(weight.array.dtype))


def _check_bag_options(
    input: Tensor, weight: Tensor, mode: str, scale_grad_by_freq: bool, sparse: bool, per_sample_weights: Tensor | None
) -> None:
    if per_sample_weights is not None and per_sample_weights.array.shape != input.array.shape:
        raise ValueError(
            f"embedding_bag: per_sample_weights {tuple(per_sample_weights.shape)} must have the same shape as the input "
            f"{tuple(input.shape)}"
        )
    if weight.array.ndim != 2:
        raise ValueError(f"embedding_bag: weight has to be a 2D Tensor, but got Tensor of dimension {weight.array.ndim}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"embedding_bag: mode has to be one of sum, mean or max, not {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("embedding_bag: max mode does not support scaling the gradient by the frequency")
    if sparse:
        raise (ValueError if mode == "max" else NotImplementedError)(
            "embedding_bag: sparse=True is not supported: gradients are dense; leave it away"
        )
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"embedding_bag: per_sample_weights is only supported for mode='sum' (got {mode!r})")
    require("embedding_bag", weight.array.dtype, "f")
    if per_sample_weights is not None and per_sample_weights.array.dtype != weight.array.dtype:
        raise RuntimeError(
            f"embedding_bag: weight ({weight.dtype}) and per_sample_weights ({per_sample_weights.dtype}) must have the "
            "same dtype"
        )


def _bags(input: Tensor, offsets: Tensor | None, include_last_offset: bool) -> tuple[Array, Array]:
    """The row numbers as a vector, and where in it each bag starts."""
    rows = input.array
    if rows.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "embedding_bag: if input is 2D, then offsets has to be None, as input is treated as a mini-batch of fixed "
                "length sequences"
            )
        if not rows.shape[1]:
            raise RuntimeError("embedding_bag: a 2D input must have at least one column")
        starts = np.arange(0, rows.size, rows.shape[1])
        return rows.reshape(-1), np.append(starts, rows.size) if include_last_offset else starts
    if rows.ndim != 1:
        raise ValueError(f"embedding_bag: input has to be 1D or 2D Tensor, but got Tensor of dimension {rows.ndim}")
    if offsets is None or offsets.array.ndim != 1:
        raise ValueError(
            f"embedding_bag: offsets has to be a 1D Tensor but got {None if offsets is None else tuple(offsets.shape)}"
        )
    starts = offsets.array
    if starts.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"embedding_bag: expected offsets of dtype int64 or int32, got {starts.dtype}; use .long()")
    if include_last_offset and not starts.size:
        raise RuntimeError("embedding_bag: include_last_offset: number of offsets should be at least 1")
    if starts.size and starts[0] != 0:
        raise RuntimeError(f"embedding_bag: offsets[0] has to be 0, where the first bag starts, but got {starts[0]}")
    if starts.size and (starts[-1] > rows.size or (np.diff(starts) < 0).any()):
        raise RuntimeError(
            f"embedding_bag: offsets must rise, and not beyond the input's length {rows.size}, but are {starts.tolist()}"
        )
    end = starts[-1] if include_last_offset else rows.size if starts.size else 0
    return rows[:end], starts


def _largest_in_bags(picked: Tensor, bag_of: Array, sizes: Array) -> Tensor:
    """The maximum over each bag, of equals the first; bags are in order. As PyTorch's loop sees it, NaN wins only where
    it comes first."""
    values = picked.array
    if not len(values):
        return wrap(np.zeros((len(sizes), values.shape[1]), values.dtype))  # type: ignore[no-any-return]
    filled = np.flatnonzero(sizes)
    starts = np.flatnonzero(np.diff(bag_of, prepend=-1))
    first = np.zeros((len(values), 1), bool)
    first[starts] = True
    keys = np.where(np.isnan(values), np.where(first, math.inf, -math.inf), values)
    top = np.maximum.reduceat(keys, starts, axis=0)
    at_top = keys == np.repeat(top, sizes[filled, 0], axis=0)
    places = np.where(at_top, np.arange(len(values))[:, None], len(values))
    winners = np.zeros((len(sizes), values.shape[1]), np.int64)
    winners[filled] = np.minimum.reduceat(places, starts, axis=0)
    return where(wrap(sizes > 0), gather(picked, 0, wrap(winners)), 0)  # type: ignore[no-any-return]
