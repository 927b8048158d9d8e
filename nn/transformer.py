"""The transformer, its encoder and decoder, and their layers (Vaswani et al. 2017; norm_first: Xiong et al. 2020)."""

from __future__ import annotations

import math
import warnings
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import autograd_core as ag

from . import functional as F
from . import init
from .activation import GELU, ReLU
from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .functional.attentions import added_mask
from .linear import Linear
from .module import Module
from .normalisation import LayerNorm

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd_core import Tensor

    Activation = str | Callable[[Tensor], Tensor]

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]


def _causal_mask(size: int, device: Any = None, dtype: Any = None) -> Tensor:
    """(size, size): 0 where a step may look, -inf at later ones."""
    return ag.full((size, size), -math.inf, dtype=dtype, device=device).triu(1)


def _is_causal(mask: Tensor | None, hint: bool | None, x: Tensor, batch_first: bool) -> bool:
    """What the caller says of the mask or, if he says nothing, whether it is causal for the sequences x."""
    if hint is not None or mask is None:
        return hint is True
    length = x.shape[1 if batch_first and x.ndim == 3 else 0]
    return tuple(mask.shape) == (length, length) and bool((mask == _causal_mask(length, dtype=mask.dtype)).all())


def _function(activation: Activation) -> Callable[[Tensor], Tensor]:
    if not isinstance(activation, str):
        return activation
    known: dict[str, Any] = {"relu": F.relu, "gelu": F.gelu}
    if activation not in known:
        raise RuntimeError(f"activation should be relu/gelu, not {activation}")
    return known[activation]  # type: ignore[no-any-return]  # one of two functions


def _copies(layer: Module, count: int) -> ModuleList:
    return ModuleList([deepcopy(layer) for _ in range(count)])


# ---------------------------------------------------------------- layers


class _Layer(Module):
    """What encoder and decoder layers share: all but their attention."""

    def _make_rest(
        self, size: int, inner: int, dropout: float, eps: float, bias: bool, norms: int, device: Any, dtype: Any
    ) -> None:
        self.linear1 = Linear(size, inner, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(inner, size, bias, device, dtype)
        for i in range(1, norms + 1):
            setattr(self, f"norm{i}", LayerNorm(size, eps, bias=bias, device=device, dtype=dtype))
        for i in range(1, norms + 1):
            setattr(self, f"dropout{i}", Dropout(dropout))

    def _sa_block(self, x: Tensor, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False) -> Tensor:
        attended, _ = self.self_attn(
            x, x, x, key_padding_mask, need_weights=False, attn_mask=attn_mask, is_causal=is_causal
        )
        return self.dropout1(attended)  # type: ignore[no-any-return]  # a Tensor

    def _network(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))  # type: ignore[no-any-return]


class TransformerEncoderLayer(_Layer):
    """Self-attention and a network of two linear layers, each with dropout, a residual connection and LayerNorm.

    norm_first normalises what goes into the parts, not what comes out. activation: "relu", "gelu" or a function.
    Shapes: (S, N, d_model), (N, S, d_model) with batch_first, or (S, d_model).

    >>> nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(ag.zeros(3, 5, 8)).shape
    Size([3, 5, 8])
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
        )
        self.norm_first = norm_first
        self._make_rest(d_model, dim_feedforward, dropout, layer_norm_eps, bias, 2, device, dtype)
        self.activation = _function(activation)
        is_relu = self.activation is F.relu or isinstance(self.activation, ReLU)
        is_gelu = self.activation is F.gelu or isinstance(self.activation, GELU)
        self.activation_relu_or_gelu = 1 if is_relu else 2 if is_gelu else 0

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Masks as of `MultiheadAttention`; is_causal says that src_mask is causal."""
        padding = added_mask(src_key_padding_mask, "src_key_padding_mask", src, src_mask, "src_mask")
        mask = added_mask(src_mask, "src_mask", src)
        x = src
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), mask, padding, is_causal)
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(x + self._sa_block(x, mask, padding, is_causal))
        return self.norm2(x + self._ff_block(x))  # type: ignore[no-any-return]  # a Tensor

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout2(self._network(x))  # type: ignore[no-any-return]  # a Tensor


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's output (memory), and a network of two linear layers.

    Options and shapes as for `TransformerEncoderLayer`.

    >>> nn.TransformerDecoderLayer(8, 2, 16)(ag.zeros(5, 3, 8), ag.zeros(7, 3, 8)).shape
    Size([5, 3, 8])
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        for name in ("self_attn", "multihead_attn"):
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
            )
            setattr(self, name, attention)
        self.norm_first = norm_first
        self._make_rest(d_model, dim_feedforward, dropout, layer_norm_eps, bias, 3, device, dtype)
        self.activation = _function(activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Masks as of `MultiheadAttention`, for what is decoded and for the memory."""
        itself = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        encoded = (memory, memory_mask, memory_key_padding_mask, memory_is_causal)
        x = tgt
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), *itself)
            x = x + self._mha_block(self.norm2(x), *encoded)
            return x + self._ff_block(self.norm3(x))
        x = self.norm1(x + self._sa_block(x, *itself))
        x = self.norm2(x + self._mha_block(x, *encoded))
        return self.norm3(x + self._ff_block(x))  # type: ignore[no-any-return]  # a Tensor

    def _mha_block(
        self, x: Tensor, mem: Tensor, attn_mask: Any, key_padding_mask: Any, is_causal: bool = False
    ) -> Tensor:
        attended, _ = self.multihead_attn(
            x, mem, mem, key_padding_mask, need_weights=False, attn_mask=attn_mask, is_causal=is_causal
        )
        return self.dropout2(attended)  # type: ignore[no-any-return]  # a Tensor

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.dropout3(self._network(x))  # type: ignore[no-any-return]  # a Tensor


# ---------------------------------------------------------------- stacks of layers


class TransformerEncoder(Module):
    """Copies of an encoder layer, one after the other, and perhaps a last norm.

    As in PyTorch, evaluation without gradients of left-aligned padded sequences gives zeros at the padding
    (enable_nested_tensor; mask_check=False takes for granted that they are left-aligned).

    >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    >>> encoder(ag.zeros(3, 5, 8)).shape
    Size([3, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: TransformerEncoderLayer,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check
        obstacle = _obstacle(encoder_layer)
        self.use_nested_tensor = enable_nested_tensor and not obstacle
        if enable_nested_tensor and obstacle:
            warnings.warn(
                f"enable_nested_tensor is True, but self.use_nested_tensor is False because {obstacle}", stacklevel=2
            )

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Masks as of `MultiheadAttention`; is_causal says whether mask is causal, None that one may look."""
        padding = added_mask(src_key_padding_mask, "src_key_padding_mask", src, mask, "mask")
        mask = added_mask(mask, "mask", src)
        kept = self._kept(src, mask, padding)
        if kept is not None:
            padding = added_mask(~kept, "src_key_padding_mask", src)
        is_causal = _is_causal(mask, is_causal, src, self.layers[0].self_attn.batch_first)
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, is_causal=is_causal, src_key_padding_mask=padding)
        if kept is not None:
            output = output.masked_fill(~kept.unsqueeze(2), 0.0)
        return output if self.norm is None else self.norm(output)

    def _kept(self, src: Tensor, mask: Tensor | None, padding: Tensor | None) -> Tensor | None:
        """Where the sequences are in the batch, if the padding shall become zeros."""
        first = self.layers[0]
        if not self.use_nested_tensor or first.training or src.ndim != 3 or padding is None or mask is not None:
            return None
        if ag.is_grad_enabled() and any(x.requires_grad for x in (src, *first.parameters())):
            return None
        given = padding == 0
        kept = ag.arange(src.shape[1]) < given.sum(1, keepdim=True)
        return None if self.mask_check and not ag.equal(kept, given) else kept


def _obstacle(layer: Any) -> str:
    """Why PyTorch would not convert padded sequences to nested tensors for such a layer; empty if it would."""
    name = "encoder_layer"
    if not isinstance(layer, TransformerEncoderLayer):
        return f"{name} was not TransformerEncoderLayer"
    if layer.norm_first:
        return f"{name}.norm_first was True"
    if not layer.self_attn.batch_first:
        return f"{name}.self_attn.batch_first was not True(use batch_first for better inference performance)"
    if not layer.self_attn._qkv_same_embed_dim:
        return f"{name}.self_attn._qkv_same_embed_dim was not True"
    if layer.self_attn.in_proj_bias is None:
        return f"{name}.self_attn was passed bias=False"
    if not layer.activation_relu_or_gelu:
        return f"{name}.activation_relu_or_gelu was not True"
    if layer.norm1.eps != layer.norm2.eps:
        return f"{name}.norm1.eps was not equal to {name}.norm2.eps"
    if layer.self_attn.num_heads % 2:
        return f"{name}.self_attn.num_heads is odd"
    return ""


class TransformerDecoder(Module):
    """Copies of a decoder layer, one after the other, and perhaps a last norm.

    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2)
    >>> decoder(ag.zeros(5, 3, 8), ag.zeros(7, 3, 8)).shape
    Size([5, 3, 8])
    """

    def __init__(self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Masks as of `MultiheadAttention`; tgt_is_causal says whether tgt_mask is causal, None that one may look."""
        output = tgt
        tgt_is_causal = _is_causal(tgt_mask, tgt_is_causal, tgt, self.layers[0].self_attn.batch_first)
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=tgt_is_causal,
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """An encoder of src and a decoder of tgt that attends to what is encoded, each with a last LayerNorm.

    custom_encoder and custom_decoder take the place of the two. Shapes: src (S, N, d_model), tgt (T, N, d_model), with N
    first if batch_first, or without N; the result is as tgt.

    >>> model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    >>> mask = nn.Transformer.generate_square_subsequent_mask(4)
    >>> model(ag.zeros(3, 5, 8), ag.zeros(3, 4, 8), tgt_mask=mask).shape
    Size([3, 4, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        last = {"eps": layer_norm_eps, "bias": bias, "device": device, "dtype": dtype}
        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(*layer, device=device, dtype=dtype)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, LayerNorm(d_model, **last))
        self.encoder = custom_encoder
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(*layer, device=device, dtype=dtype)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, LayerNorm(d_model, **last))
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Masks as of `MultiheadAttention`: of the encoder, the decoder, and the decoder's look at the memory."""
        batch_dim = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch_dim] != tgt.shape[batch_dim]:
            raise RuntimeError(
                f"the batch number of src and tgt must be equal, but their shapes are {tuple(src.shape)}, {tuple(tgt.shape)}"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError(
                f"the feature number of src and tgt must be equal to d_model ({self.d_model}), but their shapes are "
                f"{tuple(src.shape)}, {tuple(tgt.shape)}"
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(  # type: ignore[no-any-return]  # a Tensor
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """A causal mask to add: 0 where a step may look, -inf at later ones.

        >>> nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        return _causal_mask(sz, device, dtype)

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)
