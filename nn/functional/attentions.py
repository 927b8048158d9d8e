"""Attention of several heads: ``torch.nn.functional.multi_head_attention_forward``."""

from __future__ import annotations

import math
import warnings
from typing import Any

import autograd_core as ag
from autograd_core import Tensor, dropout, linear, pad, scaled_dot_product_attention, softmax

__all__ = ["added_mask", "multi_head_attention_forward"]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    _batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Project, attend with each head, join, project (Vaswani et al. 2017, 3.2.2): the output, and the weights or None.

    query (L, N, E), key (S, N, E or kdim), value (S, N, E or vdim), all without N too; the output is as query. Masks say
    what to leave out (bools, True) or hold numbers to add: key_padding_mask (N, S), attn_mask (L, S) or (N * heads, L, S).
    The weights are (N, L, S), or of each head (N, heads, L, S) unless average_attn_weights.
    """
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    batch_dim = 0 if _batch_first else 1
    time_dim = 1 - batch_dim
    if not batched:
        alike = query is key, key is value
        query, key, value = (x.unsqueeze(batch_dim) for x in (query, key, value))
        key = query if alike[0] else key
        value = key if alike[1] else value
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    batch, length, embed_dim = query.shape[batch_dim], query.shape[time_dim], query.shape[2]
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)

    key_padding_mask = added_mask(key_padding_mask, "key_padding_mask", query, attn_mask, "attn_mask")
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None  # the hint says what it is
    else:
        attn_mask = added_mask(attn_mask, "attn_mask", query)
        is_causal = False

    if use_separate_proj_weight:
        weights = [_given(w, name) for w, name in ((q_proj_weight, "q"), (k_proj_weight, "k"), (v_proj_weight, "v"))]
        biases = [None] * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        _check_projections(weights, embed_dim, query, key, value)
        q, k, v = (linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))
    else:
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias)

    padding = 0  # keys that are added behind all others, which no mask hides
    if attn_mask is not None:
        attn_mask = _of_heads(attn_mask, batch, num_heads, length, key.shape[time_dim])
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError(f"bias cannot be added to static {'key' if static_k is not None else 'value'}.")
        shape = (batch, 1, embed_dim) if _batch_first else (1, batch, embed_dim)
        k, v = (ag.cat([x, bias.expand(shape)], time_dim) for x, bias in ((k, bias_k), (v, bias_v)))
        padding += 1
    elif bias_k is not None or bias_v is not None:
        given, missing = ("k", "v") if bias_v is None else ("v", "k")
        raise AssertionError(f"bias_{given} is set but bias_{missing} is None")

    q = _heads(q, num_heads, _batch_first)
    k, v = (
        _heads(x, num_heads, _batch_first) if static is None else _static(static, name, batch, num_heads, q.shape[-1])
        for x, static, name in ((k, static_k, "static_k"), (v, static_v, "static_v"))
    )
    if add_zero_attn:
        k, v = (ag.cat([x, x.new_zeros((*x.shape[:2], 1, x.shape[3]))], 2) for x in (k, v))
        padding += 1
    attn_mask = _merged(attn_mask, key_padding_mask, padding, batch, k.shape[2])
    dropout_p = dropout_p if training else 0.0

    attn_weights = None
    if need_weights:
        if attn_mask is not None and attn_mask.dtype != q.dtype:
            raise RuntimeError(f"masks must have the query's dtype {q.dtype}, got {attn_mask.dtype}")
        scores = (q * math.sqrt(1.0 / q.shape[-1])) @ k.transpose(-2, -1)
        attn_weights = softmax(scores if attn_mask is None else scores + attn_mask, -1)
        if dropout_p > 0.0:
            attn_weights = dropout(attn_weights, dropout_p)
        out = attn_weights @ v
        attn_weights = attn_weights.mean(1) if average_attn_weights else attn_weights
    else:
        out = scaled_dot_product_attention(q, k, v, attn_mask, dropout_p, is_causal)
    out = linear(out.permute(2, 0, 1, 3).reshape(length, batch, embed_dim), out_proj_weight, out_proj_bias)
    if _batch_first:
        out = out.transpose(
            0, 1
        )  # with the time outermost in memory: the order in which a dropout draws, as in PyTorch
    if not batched:
        out = out.squeeze(batch_dim)
        attn_weights = None if attn_weights is None else attn_weights.squeeze(0)
    return out, attn_weights


def added_mask(
    mask: Tensor | None, name: str, like: Tensor, other: Tensor | None = None, other_name: str = ""
) -> Tensor | None:
    """The mask as numbers to add: of bools, -inf where True."""
    if mask is None:
        return None
    if not isinstance(mask, Tensor):
        raise TypeError(f"{name} must be a Tensor of bools or numbers, not {ag.typename(mask)}")
    if mask.dtype != ag.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype != other.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    if mask.is_floating_point():
        return mask
    return ag.zeros(mask.shape, dtype=like.dtype).masked_fill(mask, -math.inf)


# ---------------------------------------------------------------- projections, heads


def _projected(query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, ...]:
    """Queries, keys and values, of what is the same by one product."""
    size = query.shape[-1]
    if query is key is value:
        return linear(query, weight, bias).split(size, -1)
    if key is value:
        w_q, w_kv = weight.split([size, 2 * size])
        b_q, b_kv = (None, None) if bias is None else bias.split([size, 2 * size])
        return (linear(query, w_q, b_q), *linear(key, w_kv, b_kv).split(size, -1))
    biases = [None] * 3 if bias is None else bias.chunk(3)
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weight.chunk(3), biases, strict=True))


def _heads(x: Tensor, count: int, batch_first: bool) -> Tensor:
    """(L, N, E), or (N, L, E), as (N, heads, L, E / heads)."""
    x = x.reshape(*x.shape[:2], count, x.shape[2] // count)
    return x.transpose(1, 2) if batch_first else x.permute(1, 2, 0, 3)


def _static(x: Tensor, name: str, batch: int, heads: int, size: int) -> Tensor:
    """Keys or values (N * heads, S, E / heads) of the caller's own."""
    for dim, wanted in ((0, batch * heads), (2, size)):
        if x.shape[dim] != wanted:
            raise AssertionError(f"expecting {name}.size({dim}) of {wanted}, but got {x.shape[dim]}")
    return x.reshape(batch, heads, *x.shape[1:])


def _of_heads(mask: Tensor, batch: int, heads: int, length: int, keys: int) -> Tensor:
    """An attn_mask that broadcasts to (N, heads, L, S)."""
    wanted = (length, keys) if mask.ndim == 2 else (batch * heads, length, keys)
    if tuple(mask.shape) != wanted:
        raise RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {tuple(mask.shape)}, but should be {wanted}.")
    return mask if mask.ndim == 2 else mask.reshape(batch, heads, length, keys)


def _merged(mask: Tensor | None, padding_mask: Tensor | None, added: int, batch: int, keys: int) -> Tensor | None:
    """Both masks in one, with columns of zeros for the keys that were added."""
    if mask is not None and added:
        mask = pad(mask, (0, added))
    if padding_mask is None:
        return mask
    if added:
        padding_mask = pad(padding_mask, (0, added))
    for dim, wanted in ((0, batch), (1, keys)):
        if padding_mask.shape[dim] != wanted:
            raise AssertionError(
                f"Expected key_padded_mask.shape[{dim}] to be {wanted}, but got {padding_mask.shape[dim]}"
            )
    padding_mask = padding_mask.reshape(batch, 1, 1, keys)
    return padding_mask if mask is None else mask + padding_mask


# ---------------------------------------------------------------- checks


def _given(weight: Tensor | None, name: str) -> Tensor:
    if weight is None:
        raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
    return weight


def _check_projections(weights: list[Tensor], size: int, *inputs: Tensor) -> None:
    for name, weight, x in zip(("query", "key", "value"), weights, inputs, strict=True):
        if tuple(weight.shape) != (size, x.shape[-1]):
            raise AssertionError(
                f"expecting {name} weights shape of {(size, x.shape[-1])}, but got {tuple(weight.shape)}"
            )


def _check_sizes(query: Tensor, key: Tensor, value: Tensor, wanted: int, heads: int, separate: bool) -> None:
    size = query.shape[2]
    if size != wanted:
        raise AssertionError(f"was expecting embedding dimension of {wanted}, but got {size}")
    if size % heads:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {tuple(key.shape[:2])} do not match value's {tuple(value.shape[:2])}"
        )
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {tuple(key.shape)} does not match value shape {tuple(value.shape)}")


def _check_shapes(query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Any, attn_mask: Any, heads: int) -> bool:
    """Whether there is a batch."""
    ndim = query.ndim
    if ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    case = f"For {'batched' if ndim == 3 else 'unbatched'} ({ndim}-D) `query`, expected"
    if key.ndim != ndim or value.ndim != ndim:
        raise AssertionError(
            f"{case} `key` and `value` to be {ndim}-D but found {key.ndim}-D and {value.ndim}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.ndim != ndim - 1:
        raise AssertionError(
            f"{case} `key_padding_mask` to be `None` or {ndim - 1}-D but found {key_padding_mask.ndim}-D tensor instead"
        )
    if attn_mask is not None:
        if attn_mask.ndim not in (2, 3):
            raise AssertionError(
                f"{case} `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.ndim}-D tensor instead"
            )
        expected = (heads, query.shape[0], key.shape[0])
        if ndim == 2 and attn_mask.ndim == 3 and tuple(attn_mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {tuple(attn_mask.shape)}")
    return ndim == 3
