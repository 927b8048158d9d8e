"""The operations of neural networks: affine and bilinear maps, padding.

Formulas follow PyTorch's pages at https://docs.pytorch.org/docs/stable/nn.functional.html; where a row has a
`fast` formula, the plain one beside it is the definition.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..arrays.numerics import column_sums
from ..primitive import Array, TensorLike, primitive, wrap
from .einsum import einsum
from .elementwise import plus
from .index import as_element, index_select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tensor import Tensor

# ---------------------------------------------------------------- affine and bilinear maps, padding


def _rows(x: Any) -> Any:
    """All but the last dimension joined: (…, n) as (m, n)."""
    return x if x.ndim == 2 else x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _times(x: Array, matrix: Array) -> Any:
    """x @ matrix as one product: NumPy's of stacks is many small ones, or (`dot`) none of BLAS at all."""
    return x.dot(matrix) if x.ndim <= 2 else _rows(x).dot(matrix).reshape((*x.shape[:-1], matrix.shape[1]))


@primitive(fresh=True, torch="AddmmBackward0", shows="{input} @ {weight}^T + {bias}",
           local={"input": "{weight}", "weight": "{input}", "bias": "1"},
           fast={"input": lambda g, weight: _times(g, weight),
                 "weight": lambda g, input: _rows(g).T.dot(_rows(input)),
                 "bias": lambda g: column_sums(_rows(g))},
           input=lambda g, weight: g @ weight,
           weight=lambda g, input: _rows(g).T @ _rows(input),
           bias=lambda g: _rows(g).sum(axis=0))
def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """y = x W^T + b. input (…, in_features), weight (out_features, in_features), bias (out_features,).

    >>> linear(ones(1, 2), tensor([[1., 2.], [3., 4.]]), tensor([10., 20.]))
    tensor([[13., 27.]])
    """
    if weight.ndim != 2 or not input.ndim or input.shape[-1] != weight.shape[1]:
        raise _unfit_linear(input, weight)
    if input.dtype != weight.dtype or (bias is not None and bias.dtype != weight.dtype):
        raise RuntimeError(
            f"linear: input {input.dtype}, weight {weight.dtype}"
            + ("" if bias is None else f" and bias {bias.dtype}")
            + " must have the same dtype; convert one with .to(dtype), or the module with .double() / .float()"
        )
    if weight.dtype.char == "?":
        raise NotImplementedError("linear: not implemented for bool; convert with .float()")
    out = _times(input, weight.T)
    if bias is not None:
        if bias.shape != weight.shape[:1]:
            raise RuntimeError(f"linear: bias {bias.shape} and weight {weight.shape} do not fit: bias must be (out,)")
        out += bias
    return out


def _unfit_linear(input: Array, weight: Array) -> RuntimeError:
    if weight.ndim != 2 or not input.ndim:
        return RuntimeError(f"linear: input {input.shape} and weight {weight.shape} do not fit: weight must be (out, in)")
    remedy = ""
    if input.ndim > 2 and int(np.prod(input.shape[1:])) == weight.shape[1]:
        remedy = " Flatten the input first: x.flatten(1)."
    return RuntimeError(
        f"linear: input {input.shape} and weight {weight.shape} do not fit: the last dimension of the input "
        f"({input.shape[-1]}) must equal in_features ({weight.shape[1]}).{remedy}"
    )


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1^T W_o x2 + b_o for each output o: input1 (…, n), input2 (…, m), weight (outputs, n, m), bias (outputs,).

    >>> bilinear(tensor([1., 2.]), tensor([3.]), ones(2, 2, 1))
    tensor([9., 9.])
    """
    a, b, w = input1.array, input2.array, weight.array
    for x in (b, w, *([] if bias is None else [bias.array])):
        if x.dtype != a.dtype:
            raise RuntimeError(f"bilinear: all tensors must have one dtype, got {a.dtype} and {x.dtype}")
    if w.ndim != 3 or a.shape[-1:] != w.shape[1:2] or b.shape[-1:] != w.shape[2:] or a.shape[:-1] != b.shape[:-1]:
        raise RuntimeError(
            f"bilinear: input1 {a.shape}, input2 {b.shape} and weight {w.shape} do not fit: expected (…, n), (…, m) and "
            "(outputs, n, m)"
        )
    if bias is not None and bias.array.shape != w.shape[:1]:
        raise RuntimeError(f"bilinear: bias {bias.array.shape} must have one element per output of weight {w.shape}")
    out = einsum("...n,onm,...m->...o", input1, weight, input2)
    return out if bias is None else plus(out, bias)


@primitive(fresh=True, torch="ConstantPadNdBackward0",
           input=lambda g, widths, input_shape: g[tuple(
               slice(before, before + n) for (before, _), n in zip(widths, input_shape, strict=True))] + 0)
def _pad_constant(input: TensorLike, widths: tuple[tuple[int, int], ...], value: float) -> Tensor:
    return np.pad(input, widths, constant_values=value)


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad the last dimensions: pad = (before last, after last, before second last, …); negative widths cut.

    mode: "constant" (value, 0 by default), "reflect", "replicate" or "circular".

    >>> pad(tensor([1., 2.]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    ndim = input.array.ndim
    if len(pad) % 2 or len(pad) > 2 * ndim:
        raise RuntimeError(f"pad: {len(pad)} widths for {ndim} dimensions: give a pair for each padded dimension")
    pairs = [(0, 0)] * (ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    shape = input.array.shape
    if any(
        n + min(a, 0) + min(b, 0) < 0 or n + a + b < (mode != "constant" and (a, b) != (0, 0))
        for (a, b), n in zip(pairs, shape, strict=True)
    ):
        raise RuntimeError(f"pad: {tuple(pad)} cuts more off the input of shape {shape} than there is")
    cut = tuple(slice(-min(a, 0), n + min(b, 0)) for (a, b), n in zip(pairs, shape, strict=True))
    if mode == "constant":
        if any(a < 0 or b < 0 for a, b in pairs):
            input = input[cut]
        element = as_element("pad", value or 0, input.array.dtype)
        return _pad_constant(input, tuple((max(a, 0), max(b, 0)) for a, b in pairs), element)
    numpy_mode = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}.get(mode)
    if numpy_mode is None:
        raise NotImplementedError(f"pad: unrecognised mode {mode!r}; known: constant, reflect, replicate, circular")
    if value is not None:
        raise ValueError(f"pad: mode {mode!r} doesn't take in value argument")
    padded = len(pad) // 2
    if not 1 <= padded <= 3 or ndim - padded not in (1, 2):
        raise NotImplementedError(
            f"pad: mode {mode!r} pads the last 1, 2 or 3 dimensions of (C, …) or (N, C, …), not {padded} of shape {shape}"
        )
    if mode != "circular":
        require("pad", input.array.dtype, "iufc")
        if 0 in shape[ndim - padded - 1 :]:
            raise RuntimeError(f"pad: mode {mode!r} pads images that are not empty, got shape {shape}")
    for dim, (before, after) in enumerate(pairs):
        if before or after:
            input = _pad_by_copying(input, dim, before, after, mode, numpy_mode)
    return input


def _pad_by_copying(input: Tensor, dim: int, before: int, after: int, mode: str, numpy_mode: str) -> Tensor:
    n = input.array.shape[dim]
    limit = n - 1 if mode == "reflect" else n if mode == "circular" else math.inf
    if max(before, after) > limit or n == 0:
        raise RuntimeError(
            f"pad: padding size should be at most {limit} for mode {mode!r} on a dimension of size {n}, "
            f"got ({before}, {after})"
        )
    kept, widths = slice(-min(before, 0), n + min(after, 0)), (max(before, 0), max(after, 0))
    if mode == "circular":  # what is left after cutting goes round
        return index_select(input, dim, wrap(np.pad(np.arange(n)[kept], widths, mode="wrap")))
    source = np.pad(np.arange(n), widths, mode=numpy_mode)  # type: ignore[call-overload]
    return index_select(input, dim, wrap(source[kept.start : len(source) + min(after, 0)]))


_pad = pad


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: float = 0) -> Tensor:
    """As `pad` with a constant.

    >>> constant_pad_nd(tensor([1., 2.]), (1, 0), 7.)
    tensor([7., 1., 2.])
    """
    return _pad(input, pad, "constant", value)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Class numbers as rows of 0 and 1 (int64), in a new last dimension.

    >>> one_hot(tensor([0, 2]), 3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = tensor.array
    if labels.dtype != np.int64:
        raise RuntimeError(f"one_hot: is only applicable to index tensors of type int64, got {labels.dtype}; use .long()")
    if labels.size and labels.min() < 0:
        raise RuntimeError(f"one_hot: class values must be non-negative, got {labels.min()}")
    if num_classes == -1:
        if not labels.size:
            raise RuntimeError("one_hot: cannot infer the number of classes from an empty tensor; give num_classes")
        num_classes = int(labels.max()) + 1
    if labels.size and labels.max() >= num_classes:
        raise RuntimeError(f"one_hot: class values must be smaller than num_classes ({num_classes}), got {labels.max()}")
    return tensor.new_tensor((labels[..., None] == np.arange(num_classes)).astype(np.int64))
