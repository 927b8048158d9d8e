"""PyTorch's function `scaled_dot_product_attention`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..ops.attention import _attention
from ..ops.repetition import repeat_interleave
from ..primitive import wrap
from .noise import _dropout_factor

if TYPE_CHECKING:
    from ..primitive import Array
    from ..tensor import Tensor


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query key^T * scale + mask) value (Vaswani et al. 2017); scale is 1 / sqrt(E) if it is left out.

    query (…, L, E), key (…, S, E), value (…, S, D); the result is (…, L, D). attn_mask broadcasts to (…, L, S): numbers to
    add, or bools, True where a key takes part. is_causal: step i sees the keys up to i. dropout_p: weights are dropped
    with this probability, also in evaluation. enable_gqa: fewer heads (dimension -3) of keys and values, each for several
    of the queries. Where a mask leaves no key, the result is 0.

    >>> scaled_dot_product_attention(zeros(1, 2, 4), zeros(1, 2, 4), tensor([[[1.], [3.]]]), is_causal=True)
    tensor([[[1.],
             [2.]]])
    """
    _check(query, key, value)
    if enable_gqa:
        key, value = _for_each_head(query, key), _for_each_head(query, value)
    lengths = (query.array.shape[-2], key.array.shape[-2])
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError(
                "scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True; give one of them"
            )
        attn_mask = wrap(np.tri(*lengths, dtype=bool))
    shape = _shape_of_scores(query, key, value, attn_mask)
    tensors, attended = [query, key, value], None
    if attn_mask is not None:
        mask = _added(attn_mask, query)
        tensors.append(mask)
        attended = _attended(mask.array, lengths)
    factor = None
    if dropout_p > 0:
        if dropout_p > 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
        factor = _dropout_factor(np.empty(shape, query.array.dtype), dropout_p)
    if scale is None:
        scale = 1 / math.sqrt(query.array.shape[-1]) if query.array.shape[-1] else 1.0
    return _attention(tensors, scale, factor, attended)


def _check(*tensors: Tensor) -> None:
    name = "scaled_dot_product_attention"
    for argument, tensor in zip(("query", "key", "value"), tensors, strict=True):
        if not hasattr(tensor, "array"):
            raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {type(tensor).__name__}")
    shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
    if any(tensor.array.ndim < 2 for tensor in tensors):
        raise RuntimeError(
            f"{name}: query, key and value must have at least 2 dimensions, but their shapes are {shapes}"
        )
    if len({tensor.array.dtype for tensor in tensors}) > 1:
        dtypes = ", ".join(str(tensor.dtype) for tensor in tensors)
        raise RuntimeError(f"{name}: query, key and value must have the same dtype, but got {dtypes}")
    require(name, tensors[0].array.dtype, "f")


def _shape_of_scores(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> tuple[int, ...]:
    """(…, L, S); raises unless everything fits."""
    q, k, v = (tuple(tensor.array.shape) for tensor in (query, key, value))
    m = () if mask is None else tuple(mask.array.shape)
    shape: tuple[int, ...] = ()
    try:
        shape = (*np.broadcast_shapes(q[:-2], k[:-2], v[:-2]), q[-2], k[-2])
        fits = q[-1] == k[-1] and k[-2] == v[-2] and np.broadcast_shapes(shape, m) == shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"scaled_dot_product_attention: query {q}, key {k} and value {v}"
            + (f" with attn_mask {m}" if mask is not None else "")
            + " do not fit: they must be (…, L, E), (…, S, E), (…, S, D), and the mask (…, L, S); enable_gqa=True "
            "allows fewer heads of keys and values"
        )
    return shape


def _for_each_head(query: Tensor, tensor: Tensor) -> Tensor:
    """Keys or values with each of their heads repeated for its queries."""
    if query.array.ndim < 3 or tensor.array.ndim < 3:
        raise IndexError(f"scaled_dot_product_attention: enable_gqa needs (…, heads, length, size), got {query.shape}")
    times, rest = divmod(query.array.shape[-3], tensor.array.shape[-3] or 1)
    if rest:
        raise RuntimeError(
            f"scaled_dot_product_attention: the number of heads in key and value ({tensor.array.shape[-3]}) must divide "
            f"that in query ({query.array.shape[-3]})"
        )
    return tensor if times == 1 else repeat_interleave(tensor, times, -3)


def _added(mask: Tensor, query: Tensor) -> Tensor:
    """The mask as numbers to add, in the query's dtype."""
    dtype = query.array.dtype
    if mask.array.dtype == bool:
        return wrap(np.where(mask.array, dtype.type(0), dtype.type(-np.inf)))  # type: ignore[no-any-return]
    if mask.array.dtype not in (dtype, np.dtype(np.float32)):
        raise RuntimeError(
            f"scaled_dot_product_attention: attn_mask must be bool or of the query's dtype {dtype}, got {mask.dtype}"
        )
    return mask.to(dtype)


def _attended(mask: Array, lengths: tuple[int, int]) -> Any:
    """Which queries have a key: (…, L, 1); None if all have."""
    attended = (np.broadcast_to(mask, np.broadcast_shapes(mask.shape, lengths)) != -np.inf).any(axis=-1, keepdims=True)
    return None if attended.all() else attended
