"""Attention as one operation: softmax(q k^T * scale + mask) v, and its derivatives (Vaswani et al. 2017, eq. 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.numerics import row_products
from ..primitive import Array, TensorLike, either, primitive
from .activation import _softmax, _softmax_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tensor import Tensor


def _turned(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _attention_vjp(g: Any, tensors: Any, scale: float, factor: Any, attended: Any) -> Any:
    query, key, value = tensors[:3]
    mask = tensors[3:]
    scores = query @ _turned(key) * scale
    if mask:
        scores = scores + mask[0]
    if attended is not None:
        scores = np.where(attended, scores, 0)
    weights = either(_softmax)(scores, scores.ndim - 1)
    if attended is not None:
        weights = np.where(attended, weights, 0)
    dropped = weights if factor is None else weights * factor
    g_weights = g @ _turned(value) if factor is None else g @ _turned(value) * factor
    g_scores = weights * (g_weights - (weights * g_weights).sum(axis=-1, keepdims=True))
    return [g_scores @ key * scale, _turned(g_scores) @ query * scale, _turned(dropped) @ g, *[g_scores for _ in mask]]


def _attention_vjp_of_arrays(g: Any, tensors: Any, scale: float, factor: Any, attended: Any, weights: Array) -> Any:
    query, key, value = (x.astype(weights.dtype, copy=False) for x in tensors[:3])
    g = g.astype(weights.dtype, copy=False)
    g_scores = g @ _turned(value)
    if factor is not None:
        g_scores *= factor
    g_scores -= row_products(g_scores, weights)[..., None]
    g_scores *= weights
    g_query = _product(g_scores, key, query)
    g_query *= scale
    g_key = _product(_turned(g_scores), query, key)
    g_key *= scale
    g_value = _product(_turned(weights if factor is None else weights * factor), g, value)
    return [g_query, g_key, g_value, *[g_scores for _ in tensors[3:]]]


def _product(a: Array, b: Array, like: Array) -> Any:
    """a @ b, with its dimensions in memory in the order of `like`: what views made of heads is one block again."""
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    return np.matmul(a, b, out=np.empty_like(like, dtype=a.dtype, shape=shape))


@primitive(broadcasts=True, keeps=("weights",), torch="ScaledDotProductAttentionBackward0",
           fast={"tensors": _attention_vjp_of_arrays},
           tensors=_attention_vjp)
def _attention(tensors: Sequence[TensorLike], scale: float, factor: Any, attended: Any) -> Tensor:
    """tensors: query (…, L, E), key (…, S, E), value (…, S, D), perhaps a mask (…, L, S) that is added to the scores.

    factor: what the weights are multiplied by (dropout), or None. attended: (…, L, 1), False in the rows of the mask that
    are -inf throughout, whose weights are 0; None if there are none.
    """
    query, key, value, *mask = (x.astype(np.float32) if x.dtype.char == "e" else x for x in tensors)
    scores = query * query.dtype.type(scale) @ _turned(key)
    if mask:
        scores += mask[0]
    if attended is not None:
        np.copyto(scores, 0, where=~attended)
    weights = _softmax_array(scores, scores.ndim - 1)
    if attended is not None:
        weights *= attended
    out = _product(weights if factor is None else weights * factor, value, query)
    return out.astype(tensors[0].dtype, copy=False), weights
