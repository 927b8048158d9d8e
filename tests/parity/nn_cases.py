"""The table of layers and losses: how each is made, and what it is called with.

A row's name begins with its class; every class of PyTorch's has one, or a place in LEFT_OUT. `nn_comparison` says what is
compared for each, `test_nn_parity` and `report` do it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.op_calls import Array, Call, Fixed, floats, ints

# fmt: off  # rows are laid out as a table


@dataclass(frozen=True)
class Case:
    """A module: how it is made of a library and its `nn`, and its calls, each in training and evaluation.

    rough: the accuracy of PyTorch's own numbers, by dtype, where it is worse than ours.
    """

    make: Callable[[Any, Any], Any]
    calls: tuple[Call, ...]
    rough: dict[str, float] = field(default_factory=dict)


def case(make: Callable[[Any, Any], Any], *calls: Call, **options: Any) -> Case:
    return Case(make, calls, **options)


def x(*size: int, seed: int = 0) -> Call:
    return Call(floats(*size, seed=seed))


def fixed(array: Array) -> Array:
    """Floats that do not require grad: targets."""
    return array.view(Fixed)


def chances(*size: int, seed: int = 0) -> Array:
    return floats(*size, low=0.05, high=0.95, seed=seed)


def signs(*size: int) -> Array:
    return fixed(np.where(floats(*size, seed=4) > 0, 1.0, -1.0))


CASES: dict[str, Case] = {}

# ---------------------------------------------------------------- linear layers, shapes

CASES |= {
    "Linear": case(lambda t, n: n.Linear(3, 4), x(2, 3), x(3), x(2, 5, 3)),
    "Linear without bias": case(lambda t, n: n.Linear(3, 4, bias=False), x(2, 3)),
    "Linear of float64": case(lambda t, n: n.Linear(17, 5, dtype=t.float64), x(2, 17)),
    "Linear, large": case(lambda t, n: n.Linear(300, 7), x(2, 300)),
    "Bilinear": case(
        lambda t, n: n.Bilinear(3, 4, 2), Call(floats(5, 3), floats(5, 4, seed=1)), Call(floats(3), floats(4, seed=1))
    ),
    "Bilinear without bias": case(
        lambda t, n: n.Bilinear(3, 4, 2, False, dtype=t.float64), Call(floats(2, 5, 3), floats(2, 5, 4))
    ),
    "Identity": case(lambda t, n: n.Identity(3, a=4), x(2, 3), x()),
    "Flatten": case(lambda t, n: n.Flatten(), x(2, 3, 4), x(2, 3)),
    "Flatten, two": case(lambda t, n: n.Flatten(0, 1), x(2, 3, 4), x(2, 3)),
    "Unflatten": case(lambda t, n: n.Unflatten(1, (2, 3)), x(2, 6), x(1, 6, 2)),
    "Unflatten, list": case(lambda t, n: n.Unflatten(-1, [2, -1]), x(4), x(1, 6, 2)),
}

# ---------------------------------------------------------------- activations

WIDE = Call(floats(4, 6, low=-6, high=6)), Call(floats(5, low=-4, high=4)), Call(floats(2, 3, 2, low=-3, high=8))

CASES |= {
    name: case(make, *WIDE)
    for name, make in {
        "ReLU": lambda t, n: n.ReLU(),
        "ReLU in place": lambda t, n: n.ReLU(inplace=True),
        "LeakyReLU": lambda t, n: n.LeakyReLU(),
        "LeakyReLU in place": lambda t, n: n.LeakyReLU(0.3, True),
        "PReLU": lambda t, n: n.PReLU(),
        "PReLU of float64": lambda t, n: n.PReLU(1, 0.1, dtype=t.float64),
        "RReLU": lambda t, n: n.RReLU(),
        "RReLU in place": lambda t, n: n.RReLU(0.1, 0.2, True),
        "Threshold": lambda t, n: n.Threshold(0.1, 20),
        "Threshold in place": lambda t, n: n.Threshold(0.1, 20.0, True),
        "Hardtanh": lambda t, n: n.Hardtanh(),
        "Hardtanh in place": lambda t, n: n.Hardtanh(-2, 3, True),
        "ReLU6": lambda t, n: n.ReLU6(),
        "ReLU6 in place": lambda t, n: n.ReLU6(True),
        "ELU": lambda t, n: n.ELU(0.5),
        "ELU in place": lambda t, n: n.ELU(1.0, True),
        "CELU": lambda t, n: n.CELU(),
        "CELU in place": lambda t, n: n.CELU(0.5, True),
        "SELU": lambda t, n: n.SELU(),
        "SELU in place": lambda t, n: n.SELU(True),
        "Hardswish": lambda t, n: n.Hardswish(),
        "Hardswish in place": lambda t, n: n.Hardswish(True),
        "Hardshrink": lambda t, n: n.Hardshrink(),
        "Hardshrink, wide": lambda t, n: n.Hardshrink(1),
        "Softshrink": lambda t, n: n.Softshrink(),
        "Softshrink, narrow": lambda t, n: n.Softshrink(0.3),
        "Softsign": lambda t, n: n.Softsign(),
        "Softplus": lambda t, n: n.Softplus(),
        "Softplus with beta": lambda t, n: n.Softplus(2, 10),
        "Tanh": lambda t, n: n.Tanh(),
        "Tanhshrink": lambda t, n: n.Tanhshrink(),
        "Sigmoid": lambda t, n: n.Sigmoid(),
        "LogSigmoid": lambda t, n: n.LogSigmoid(),
        "Mish": lambda t, n: n.Mish(),
        "Mish in place": lambda t, n: n.Mish(True),
        "SiLU": lambda t, n: n.SiLU(),
        "SiLU in place": lambda t, n: n.SiLU(True),
        "GELU": lambda t, n: n.GELU(),
        "GELU, tanh": lambda t, n: n.GELU("tanh"),
        "Softmax": lambda t, n: n.Softmax(dim=-1),
        "Softmax by shape": lambda t, n: n.Softmax(),
        "Softmin": lambda t, n: n.Softmin(0),
        "Softmin by shape": lambda t, n: n.Softmin(),
        "LogSoftmax": lambda t, n: n.LogSoftmax(0),
        "LogSoftmax by shape": lambda t, n: n.LogSoftmax(),
    }.items()
}

CASES |= {
    "Hardsigmoid": case(lambda t, n: n.Hardsigmoid(), *WIDE, rough={"float64": 1e-7}),  # PyTorch rounds 1/6 to float32
    "Hardsigmoid in place": case(lambda t, n: n.Hardsigmoid(True), *WIDE, rough={"float64": 1e-7}),
    "PReLU of channels": case(lambda t, n: n.PReLU(3, 0.1), x(4, 3), x(2, 3, 4)),
    "GLU": case(lambda t, n: n.GLU(), x(2, 6), x(4), x(3, 2, 2)),
    "GLU, dim": case(lambda t, n: n.GLU(1), x(2, 6), x(3, 2, 2)),
    "Softmax2d": case(lambda t, n: n.Softmax2d(), x(2, 3, 2, 4), x(3, 2, 4)),
    "AdaptiveLogSoftmaxWithLoss": case(
        lambda t, n: n.AdaptiveLogSoftmaxWithLoss(16, 30, [5, 11], 2.0, head_bias=True),
        Call(floats(9, 16), np.array([0, 4, 5, 29, 10, 11, 3, 12, 5])),
        Call(floats(16), np.array(7)),
        Call(floats(2, 16), np.array([20, 21])),
    ),
    "AdaptiveLogSoftmaxWithLoss of float64": case(
        lambda t, n: n.AdaptiveLogSoftmaxWithLoss(8, 10, [4], dtype=t.float64),
        Call(floats(3, 8), np.array([1, 9, 4])),
    ),
}

# ---------------------------------------------------------------- dropout

CASES |= {
    "Dropout": case(lambda t, n: n.Dropout(), x(4, 6), x(5)),
    "Dropout in place": case(lambda t, n: n.Dropout(0.3, True), x(4, 6)),
    "Dropout of all": case(lambda t, n: n.Dropout(1), x(4, 6)),
    "Dropout of nothing": case(lambda t, n: n.Dropout(0.0), x(4, 6)),
    "Dropout1d": case(lambda t, n: n.Dropout1d(), x(3, 4, 5), x(4, 5)),
    "Dropout2d": case(lambda t, n: n.Dropout2d(0.3), x(3, 4, 2, 3), x(3, 4, 5)),
    "Dropout3d": case(lambda t, n: n.Dropout3d(0.4), x(3, 4, 2, 2, 2), x(3, 2, 2, 4)),
    "Dropout3d in place": case(lambda t, n: n.Dropout3d(0.4, True), x(3, 4, 2, 2, 2)),
    "AlphaDropout": case(lambda t, n: n.AlphaDropout(), x(4, 6), x(5)),
    "AlphaDropout in place": case(lambda t, n: n.AlphaDropout(0.2, True), x(4, 6)),
    "FeatureAlphaDropout": case(lambda t, n: n.FeatureAlphaDropout(), x(3, 4, 2, 3), x(3, 4, 5)),
    "FeatureAlphaDropout in place": case(lambda t, n: n.FeatureAlphaDropout(0.3, True), x(3, 4, 2)),
}

# ---------------------------------------------------------------- tables

NUMBERS = np.array([1, 5, 5, 0, 3, 6])
TABLE, BAGS = Call(NUMBERS.reshape(2, 3)), Call(NUMBERS, np.array([0, 2, 2]))

CASES |= {
    "Embedding": case(lambda t, n: n.Embedding(7, 3), TABLE, Call(np.array(2)), Call(NUMBERS.astype(np.int32))),
    "Embedding with padding": case(lambda t, n: n.Embedding(7, 3, padding_idx=-2, dtype=t.float64), TABLE),
    "Embedding, limited": case(lambda t, n: n.Embedding(7, 3, 1, 1.0), TABLE),
    "Embedding, 1-norm": case(lambda t, n: n.Embedding(7, 3, None, 2.0, 1.0), TABLE),
    "Embedding by frequency": case(lambda t, n: n.Embedding(7, 3, None, None, 2.0, True, False), TABLE),
    "Embedding, given": case(lambda t, n: n.Embedding.from_pretrained(t.ones(7, 2), padding_idx=0), TABLE),
    "Embedding, given, learned": case(lambda t, n: n.Embedding.from_pretrained(t.ones(7, 2), False), TABLE),
    "EmbeddingBag": case(lambda t, n: n.EmbeddingBag(7, 3), BAGS, TABLE),
    "EmbeddingBag, sum": case(
        lambda t, n: n.EmbeddingBag(7, 3, mode="sum", padding_idx=5),
        BAGS,
        Call(NUMBERS, np.array([0, 2, 2]), floats(6)),
        Call(NUMBERS.reshape(2, 3), None, floats(2, 3)),
    ),
    "EmbeddingBag, max": case(lambda t, n: n.EmbeddingBag(7, 3, mode="max"), BAGS, TABLE),
    "EmbeddingBag, limited": case(lambda t, n: n.EmbeddingBag(7, 3, 1.5, 1.0, padding_idx=-1), BAGS),
    "EmbeddingBag with the end": case(
        lambda t, n: n.EmbeddingBag(7, 3, include_last_offset=True), Call(NUMBERS, np.array([0, 2, 6]))
    ),
    "EmbeddingBag, given": case(lambda t, n: n.EmbeddingBag.from_pretrained(t.ones(7, 2), False), BAGS),
}

# ---------------------------------------------------------------- images

LINE, PICTURE, VOLUME = (2, 4, 6), (2, 4, 5, 6), (2, 4, 3, 4, 2)
line, picture, volume = ((x(*size), x(*size[1:])) for size in (LINE, PICTURE, VOLUME))  # with a batch, and without

CASES |= {
    "Conv1d": case(lambda t, n: n.Conv1d(4, 6, 3), *line),
    "Conv1d same": case(
        lambda t, n: n.Conv1d(4, 2, 4, padding="same", dilation=2, bias=False, padding_mode="circular"), *line
    ),
    "Conv2d": case(lambda t, n: n.Conv2d(4, 6, (3, 2), (2, 1), 1, groups=2), *picture),
    "Conv2d valid": case(lambda t, n: n.Conv2d(4, 2, 2, padding="valid"), *picture),
    "Conv2d same": case(lambda t, n: n.Conv2d(4, 2, 2, padding="same"), *picture),
    "Conv2d reflect": case(lambda t, n: n.Conv2d(4, 2, 3, padding=(2, 1), padding_mode="reflect"), *picture),
    "Conv2d replicate": case(lambda t, n: n.Conv2d(4, 2, (2, 3), padding="same", padding_mode="replicate"), *picture),
    "Conv3d": case(lambda t, n: n.Conv3d(4, 2, 2, 1, (1, 0, 2), padding_mode="circular"), *volume),
    "ConvTranspose1d": case(
        lambda t, n: n.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2), *line, Call(floats(*LINE), output_size=[11])
    ),
    "ConvTranspose2d": case(lambda t, n: n.ConvTranspose2d(4, 2, (3, 2), 2, bias=False, dilation=(1, 2)), *picture),
    "ConvTranspose2d to a size": case(
        lambda t, n: n.ConvTranspose2d(4, 2, 3, 2), Call(floats(*PICTURE), output_size=(12, 14))
    ),
    "ConvTranspose3d": case(lambda t, n: n.ConvTranspose3d(4, 2, 2, output_padding=(1, 0, 1), stride=2), *volume),
    "MaxPool1d": case(lambda t, n: n.MaxPool1d(3, 2, 1, ceil_mode=True), *line),
    "MaxPool2d": case(lambda t, n: n.MaxPool2d((2, 3), dilation=2, stride=1), *picture),
    "MaxPool2d with indices": case(lambda t, n: n.MaxPool2d(2, return_indices=True), *picture),
    "MaxPool3d": case(lambda t, n: n.MaxPool3d(2), *volume),
    "MaxUnpool1d": case(lambda t, n: n.MaxUnpool1d(2), Call(floats(1, 2, 3), np.array([[[0, 3, 4], [1, 2, 5]]]))),
    "MaxUnpool2d": case(
        lambda t, n: n.MaxUnpool2d((2, 1), (2, 1)),
        Call(floats(1, 1, 2, 2), np.array([[[[0, 3], [4, 7]]]])),
        Call(floats(1, 2, 2), np.array([[[0, 3], [4, 7]]]), output_size=(5, 2)),
    ),
    "MaxUnpool3d": case(lambda t, n: n.MaxUnpool3d(2, 2, 0), Call(floats(1, 1, 1, 1, 2), np.array([[[[[5, 10]]]]]))),
    "AvgPool1d": case(lambda t, n: n.AvgPool1d(3, 2, 1), *line),
    "AvgPool2d": case(lambda t, n: n.AvgPool2d(2, padding=1, count_include_pad=False), *picture),
    "AvgPool3d": case(lambda t, n: n.AvgPool3d(2, 1, divisor_override=3), *volume),
    "LPPool1d": case(lambda t, n: n.LPPool1d(2, 3), *line),
    "LPPool2d": case(lambda t, n: n.LPPool2d(4, 2, ceil_mode=True), *picture),
    "LPPool3d": case(lambda t, n: n.LPPool3d(2, 2, 1), *volume),
    "AdaptiveAvgPool1d": case(lambda t, n: n.AdaptiveAvgPool1d(4), *line),
    "AdaptiveAvgPool2d": case(lambda t, n: n.AdaptiveAvgPool2d((None, 2)), *picture),
    "AdaptiveAvgPool3d": case(lambda t, n: n.AdaptiveAvgPool3d(2), *volume),
    "AdaptiveMaxPool1d": case(lambda t, n: n.AdaptiveMaxPool1d(3), *line),
    "AdaptiveMaxPool2d": case(lambda t, n: n.AdaptiveMaxPool2d((2, 4), return_indices=True), *picture),
    "AdaptiveMaxPool3d": case(lambda t, n: n.AdaptiveMaxPool3d((2, None, 1)), *volume),
    "ZeroPad1d": case(lambda t, n: n.ZeroPad1d((1, -2)), *line),
    "ZeroPad2d": case(lambda t, n: n.ZeroPad2d(1), *picture),
    "ZeroPad3d": case(lambda t, n: n.ZeroPad3d((1, 0, 2, 0, 0, 1)), *volume),
    "ConstantPad1d": case(lambda t, n: n.ConstantPad1d(2, 1.5), *line),
    "ConstantPad2d": case(lambda t, n: n.ConstantPad2d((1, 2, 0, -1), -1), *picture),
    "ConstantPad3d": case(lambda t, n: n.ConstantPad3d(1, 2.0), *volume),
    "ReflectionPad1d": case(lambda t, n: n.ReflectionPad1d((2, 1)), *line),
    "ReflectionPad2d": case(lambda t, n: n.ReflectionPad2d(2), *picture),
    "ReflectionPad3d": case(lambda t, n: n.ReflectionPad3d(1), *volume),
    "ReplicationPad1d": case(lambda t, n: n.ReplicationPad1d(3), *line),
    "ReplicationPad2d": case(lambda t, n: n.ReplicationPad2d((1, 2, 3, 0)), *picture),
    "ReplicationPad3d": case(lambda t, n: n.ReplicationPad3d(1), *volume),
    "CircularPad1d": case(lambda t, n: n.CircularPad1d((0, 6)), *line),
    "CircularPad2d": case(lambda t, n: n.CircularPad2d(2), *picture),
    "CircularPad3d": case(lambda t, n: n.CircularPad3d(1), *volume),
    "Upsample": case(lambda t, n: n.Upsample(scale_factor=(2, 1.5), mode="bilinear"), picture[0]),
    "Upsample to a size": case(lambda t, n: n.Upsample(9), line[0]),
    "Upsample volumes": case(lambda t, n: n.Upsample(None, 1.5, "trilinear", True, True), volume[0]),
    "UpsamplingNearest2d": case(lambda t, n: n.UpsamplingNearest2d(scale_factor=2), picture[0]),
    "UpsamplingBilinear2d": case(lambda t, n: n.UpsamplingBilinear2d((7, 4)), picture[0]),
    "PixelShuffle": case(lambda t, n: n.PixelShuffle(2), *picture),
    "PixelUnshuffle": case(lambda t, n: n.PixelUnshuffle(2), x(1, 2, 4, 6), x(2, 4, 6)),
    "ChannelShuffle": case(lambda t, n: n.ChannelShuffle(2), picture[0], line[0]),
    "Unfold": case(lambda t, n: n.Unfold((2, 3), padding=1, stride=2), *picture),
    "Fold": case(lambda t, n: n.Fold((4, 5), (2, 2)), x(2, 8, 12), x(8, 12)),
}

# ---------------------------------------------------------------- normalisation

CASES |= {
    "BatchNorm1d": case(lambda t, n: n.BatchNorm1d(4), x(5, 4), x(2, 4, 6)),
    "BatchNorm1d of sequences": case(lambda t, n: n.BatchNorm1d(4, 1e-3, 0.5, bias=False), line[0]),
    "BatchNorm2d": case(lambda t, n: n.BatchNorm2d(4, momentum=None), picture[0]),
    "BatchNorm2d without": case(lambda t, n: n.BatchNorm2d(4, affine=False, track_running_stats=False), picture[0]),
    "BatchNorm3d": case(lambda t, n: n.BatchNorm3d(4, affine=False), volume[0]),
    "InstanceNorm1d": case(lambda t, n: n.InstanceNorm1d(4, affine=True), *line),
    "InstanceNorm2d": case(lambda t, n: n.InstanceNorm2d(4, track_running_stats=True), *picture),
    "InstanceNorm2d without bias": case(lambda t, n: n.InstanceNorm2d(4, affine=True, bias=False), *picture),
    "InstanceNorm3d": case(lambda t, n: n.InstanceNorm3d(4, 0.1, None, True, True), *volume),
    "GroupNorm": case(lambda t, n: n.GroupNorm(2, 4), picture[0], x(3, 4)),
    "GroupNorm without": case(lambda t, n: n.GroupNorm(4, 4, 0.1, False), line[0]),
    "LayerNorm": case(lambda t, n: n.LayerNorm(6), line[0], x(6)),
    "LayerNorm of several": case(lambda t, n: n.LayerNorm([5, 6], 0.1, bias=False), *picture),
    "LayerNorm without": case(lambda t, n: n.LayerNorm((6,), elementwise_affine=False), line[0]),
    "RMSNorm": case(lambda t, n: n.RMSNorm(6), line[0], x(6)),
    "RMSNorm without": case(lambda t, n: n.RMSNorm((5, 6), 0.1, False), *picture),
    "LocalResponseNorm": case(lambda t, n: n.LocalResponseNorm(3, 0.5), picture[0], line[0]),
}

# ---------------------------------------------------------------- recurrent networks, attention

SEQUENCES = x(5, 2, 3), x(5, 3)


def with_states(layers: int, *widths: int) -> tuple[Call, Call]:
    """Sequences with states, in a batch of two and alone."""

    def states(*batch: int) -> Any:
        made = tuple(floats(layers, *batch, width, seed=2 + i) for i, width in enumerate(widths))
        return made if len(made) > 1 else made[0]

    return Call(floats(5, 2, 3), states(2)), Call(floats(5, 3), states())


X, MEMORY = floats(4, 2, 4), floats(3, 2, 4, seed=1)
CAUSAL = fixed(np.triu(np.full((4, 4), -np.inf), 1))
PADDED = np.array([[False, False, True], [False, True, True]])

CASES |= {
    "RNN": case(lambda t, n: n.RNN(3, 4), *SEQUENCES, *with_states(1, 4)),
    "RNN, deep": case(lambda t, n: n.RNN(3, 4, 2, "relu", True, True, 0.4, True), *SEQUENCES),
    "LSTM": case(lambda t, n: n.LSTM(3, 4), *SEQUENCES, *with_states(1, 4, 4)),
    "LSTM, deep": case(
        lambda t, n: n.LSTM(3, 4, 2, bias=False, batch_first=True, dropout=0.5, bidirectional=True, proj_size=2),
        *SEQUENCES,
    ),
    "LSTM, projecting": case(lambda t, n: n.LSTM(3, 4, 2, proj_size=2), *SEQUENCES, *with_states(2, 2, 4)),
    "GRU": case(lambda t, n: n.GRU(3, 4), *SEQUENCES, *with_states(1, 4)),
    "GRU, deep": case(lambda t, n: n.GRU(3, 4, num_layers=2, dropout=0.1, bidirectional=True), *SEQUENCES),
    "RNNBase": case(lambda t, n: n.RNNBase("LSTM", 3, 4)),
    "RNNCellBase": case(lambda t, n: n.RNNCellBase(3, 4, True, 2)),
    "RNNCell": case(lambda t, n: n.RNNCell(3, 4), x(2, 3), x(3), Call(floats(2, 3), floats(2, 4))),
    "RNNCell, relu": case(lambda t, n: n.RNNCell(3, 4, False, "relu"), x(2, 3), Call(floats(3), floats(4))),
    "LSTMCell": case(
        lambda t, n: n.LSTMCell(3, 4), x(2, 3), x(3), Call(floats(2, 3), (floats(2, 4), floats(2, 4, seed=1)))
    ),
    "LSTMCell without bias": case(lambda t, n: n.LSTMCell(3, 4, bias=False), x(2, 3)),
    "GRUCell": case(
        lambda t, n: n.GRUCell(3, 4), x(2, 3), x(3), Call(floats(2, 3), floats(2, 4)), Call(floats(3), floats(4))
    ),
    "MultiheadAttention": case(
        lambda t, n: n.MultiheadAttention(4, 2),
        Call(X, MEMORY, MEMORY),
        Call(X[:, 0], MEMORY[:, 0], MEMORY[:, 0]),
        Call(X, MEMORY, MEMORY, PADDED, need_weights=False),
        Call(X, X, X, attn_mask=CAUSAL, average_attn_weights=False),
    ),
    "MultiheadAttention with dropout": case(
        lambda t, n: n.MultiheadAttention(4, 2, 0.4, batch_first=True),
        Call(X, X, X),
        Call(X, X, X, need_weights=False),
    ),
    "MultiheadAttention, separate": case(
        lambda t, n: n.MultiheadAttention(4, 2, 0.1, True, True, True, 3, 5, True),
        Call(floats(2, 4, 4), floats(2, 3, 3), floats(2, 3, 5), PADDED),
    ),
    "MultiheadAttention without bias": case(
        lambda t, n: n.MultiheadAttention(4, 2, bias=False), Call(X, MEMORY, MEMORY)
    ),
    "TransformerEncoderLayer": case(
        lambda t, n: n.TransformerEncoderLayer(4, 2, 6),
        Call(X),
        Call(X[:, 0]),
        Call(X, CAUSAL, is_causal=True),
    ),
    "TransformerEncoderLayer, norm first": case(
        lambda t, n: n.TransformerEncoderLayer(4, 2, 6, 0.3, "gelu", 1e-3, True, True, False),
        Call(MEMORY.swapaxes(0, 1).copy(), None, PADDED),
    ),
    "TransformerDecoderLayer": case(
        lambda t, n: n.TransformerDecoderLayer(4, 2, 6),
        Call(X, MEMORY),
        Call(X[:, 0], MEMORY[:, 0]),
        Call(X, MEMORY, CAUSAL, memory_key_padding_mask=PADDED),
    ),
    "TransformerDecoderLayer, norm first": case(
        lambda t, n: n.TransformerDecoderLayer(4, 2, 6, 0.0, "gelu", batch_first=True, norm_first=True, bias=False),
        Call(floats(2, 4, 4), floats(2, 3, 4)),
    ),
    "TransformerEncoder": case(
        lambda t, n: n.TransformerEncoder(
            n.TransformerEncoderLayer(4, 2, 6, activation=n.GELU(), batch_first=True), 2, n.LayerNorm(4)
        ),
        Call(floats(2, 4, 4)),
        Call(floats(2, 3, 4), None, PADDED),
    ),
    "TransformerDecoder": case(
        lambda t, n: n.TransformerDecoder(n.TransformerDecoderLayer(4, 2, 6, bias=False), 2), Call(X, MEMORY)
    ),
    "Transformer": case(
        lambda t, n: n.Transformer(4, 2, 2, 1, 6, 0.2, "gelu", batch_first=True, norm_first=True),
        Call(floats(2, 3, 4), floats(2, 4, 4)),
        Call(floats(3, 4), floats(4, 4), tgt_mask=CAUSAL),
    ),
}

# ---------------------------------------------------------------- distances, losses

PAIR = Call(floats(4, 6), floats(4, 6, seed=3)), Call(floats(6), floats(6, seed=3))
LIKE = Call(floats(4, 6), fixed(floats(4, 6, seed=3))), Call(floats(), fixed(floats(seed=3)))
CLASSES = (
    Call(floats(4, 5), ints(4)),
    Call(floats(5), ints()),
    Call(floats(2, 5, 3), ints(2, 3)),
    Call(floats(2, 5, 2, 2), ints(2, 2, 2)),
)
MIXED = (*CLASSES, Call(floats(4, 5), fixed(chances(4, 5))), Call(floats(5), fixed(chances(5))))
CHANCES = Call(chances(4, 5), fixed(chances(4, 5, seed=2))), Call(chances(5), fixed(chances(5, seed=2)))
LOGITS = Call(floats(4, 5), fixed(chances(4, 5, seed=2))), Call(floats(5), fixed(chances(5, seed=2)))
COUNTS = (Call(floats(4, 3, low=0.1), fixed(np.floor(floats(4, 3, low=0, high=6, seed=1)))),)
TRIPLET = (
    Call(floats(4, 6), floats(4, 6, seed=3), floats(4, 6, seed=5)),
    Call(floats(6), floats(6, seed=3), floats(6, seed=5)),
)


def alignments(labels: Array) -> tuple[Call, ...]:
    """Of CTC: padded labels (2, 3), alone, and one after the other."""
    scores, joined = -floats(6, 2, 4, low=0.5, high=3), np.concatenate([labels[0, :2], labels[1]])
    return (
        Call(scores, labels, (5, 6), (2, 3)),
        Call(scores[:, 0], labels[1], np.array(6), np.array(3)),
        Call(scores, joined, np.array([5, 6]), np.array([2, 3])),
    )


def weight(t: Any) -> Any:
    return t.tensor([0.5, 1.0, 2.0, 0.25, 0.75])


LOSSES: dict[str, tuple[Callable[[Any, Any, str], Any], tuple[Call, ...]]] = {
    "L1Loss": (lambda t, n, r: n.L1Loss(reduction=r), LIKE),
    "MSELoss": (lambda t, n, r: n.MSELoss(reduction=r), LIKE),
    "SmoothL1Loss": (lambda t, n, r: n.SmoothL1Loss(reduction=r, beta=0.3), LIKE),
    "HuberLoss": (lambda t, n, r: n.HuberLoss(r, 0.3), LIKE),
    "CrossEntropyLoss": (lambda t, n, r: n.CrossEntropyLoss(reduction=r), MIXED),
    "CrossEntropyLoss with weights": (
        lambda t, n, r: n.CrossEntropyLoss(weight(t), reduction=r, ignore_index=2),
        CLASSES,
    ),
    "CrossEntropyLoss, smoothed": (
        lambda t, n, r: n.CrossEntropyLoss(weight(t), reduction=r, label_smoothing=0.1),
        MIXED,
    ),
    "NLLLoss": (lambda t, n, r: n.NLLLoss(reduction=r), CLASSES),
    "NLLLoss with weights": (lambda t, n, r: n.NLLLoss(weight(t), reduction=r, ignore_index=1), CLASSES),
    "BCELoss": (lambda t, n, r: n.BCELoss(reduction=r), CHANCES),
    "BCELoss with weights": (lambda t, n, r: n.BCELoss(weight(t), reduction=r), CHANCES),
    "BCEWithLogitsLoss": (lambda t, n, r: n.BCEWithLogitsLoss(reduction=r), LOGITS),
    "BCEWithLogitsLoss with weights": (
        lambda t, n, r: n.BCEWithLogitsLoss(weight(t), reduction=r, pos_weight=weight(t)),
        LOGITS,
    ),
    "KLDivLoss": (lambda t, n, r: n.KLDivLoss(reduction=r.replace("mean", "batchmean")), LOGITS),
    "KLDivLoss of logarithms": (
        lambda t, n, r: n.KLDivLoss(reduction=r.replace("mean", "batchmean"), log_target=True),
        LIKE[:1],
    ),
    "PoissonNLLLoss": (lambda t, n, r: n.PoissonNLLLoss(reduction=r), COUNTS),
    "PoissonNLLLoss, full": (lambda t, n, r: n.PoissonNLLLoss(False, True, eps=1e-3, reduction=r), COUNTS),
    "GaussianNLLLoss": (
        lambda t, n, r: n.GaussianNLLLoss(reduction=r),
        (
            Call(floats(4, 3), fixed(floats(4, 3, seed=1)), chances(4, 3)),
            Call(floats(4, 3), fixed(floats(4, 3, seed=1)), chances(4)),
        ),
    ),
    "GaussianNLLLoss, full": (
        lambda t, n, r: n.GaussianNLLLoss(full=True, reduction=r),
        (Call(floats(4, 3), fixed(floats(4, 3, seed=1)), 0.7),),
    ),
    "CTCLoss": (lambda t, n, r: n.CTCLoss(0, r), alignments(np.array([[1, 3, 2], [2, 2, 1]]))),
    "CTCLoss, finite": (lambda t, n, r: n.CTCLoss(3, r, True), alignments(np.array([[1, 0, 2], [2, 2, 1]]))),
    "HingeEmbeddingLoss": (lambda t, n, r: n.HingeEmbeddingLoss(0.5, reduction=r), (Call(floats(4, 6), signs(4, 6)),)),
    "SoftMarginLoss": (lambda t, n, r: n.SoftMarginLoss(reduction=r), (Call(floats(4, 6), signs(4, 6)),)),
    "MarginRankingLoss": (
        lambda t, n, r: n.MarginRankingLoss(0.2, reduction=r),
        (Call(floats(4), floats(4, seed=3), signs(4)), Call(floats(), floats(seed=3), signs())),
    ),
    "CosineEmbeddingLoss": (
        lambda t, n, r: n.CosineEmbeddingLoss(0.2, reduction=r),
        (Call(floats(4, 5), floats(4, 5, seed=3), signs(4)), Call(floats(5), floats(5, seed=3), signs())),
    ),
    "MultiMarginLoss": (lambda t, n, r: n.MultiMarginLoss(reduction=r), CLASSES[:2]),
    "MultiMarginLoss, squared": (lambda t, n, r: n.MultiMarginLoss(2, 0.8, weight(t), reduction=r), CLASSES[:1]),
    "MultiLabelMarginLoss": (
        lambda t, n, r: n.MultiLabelMarginLoss(reduction=r),
        (Call(floats(2, 4), np.array([[3, 0, -1, 1], [1, 2, 0, -1]])), Call(floats(4), np.array([3, 0, -1, 1]))),
    ),
    "MultiLabelSoftMarginLoss": (lambda t, n, r: n.MultiLabelSoftMarginLoss(weight(t), reduction=r), LOGITS),
    "TripletMarginLoss": (lambda t, n, r: n.TripletMarginLoss(reduction=r), TRIPLET),
    "TripletMarginLoss, swapped": (lambda t, n, r: n.TripletMarginLoss(2.0, 1, swap=True, reduction=r), TRIPLET),
    "TripletMarginWithDistanceLoss": (lambda t, n, r: n.TripletMarginWithDistanceLoss(reduction=r), TRIPLET),
    "TripletMarginWithDistanceLoss of cosines": (
        lambda t, n, r: n.TripletMarginWithDistanceLoss(
            distance_function=n.CosineSimilarity(), swap=True, margin=0.5, reduction=r
        ),
        TRIPLET[:1],
    ),
    "LinearCrossEntropyLoss": (
        lambda t, n, r: n.LinearCrossEntropyLoss(3, 5, bias=True, weight=weight(t), reduction=r, label_smoothing=0.1),
        (Call(floats(4, 3), ints(4)), Call(floats(3), ints())),
    ),
    "LinearCrossEntropyLoss of several": (
        lambda t, n, r: n.LinearCrossEntropyLoss(3, 5, out_features=(2,), ignore_index=2, reduction=r),
        (Call(floats(4, 3), ints(4, 2)),),
    ),
}

CASES |= {
    "CosineSimilarity": case(lambda t, n: n.CosineSimilarity(), PAIR[0], Call(floats(2, 3, 4), floats(3, 4))),
    "CosineSimilarity, dim": case(lambda t, n: n.CosineSimilarity(0, 1e-6), *PAIR),
    "PairwiseDistance": case(lambda t, n: n.PairwiseDistance(), *PAIR),
    "PairwiseDistance, 1-norm": case(lambda t, n: n.PairwiseDistance(1.0, 1e-3, True), *PAIR),
}
for _name, (_make, _calls) in LOSSES.items():
    for _reduction in ("mean", "sum", "none"):
        CASES[f"{_name}, {_reduction}"] = Case(lambda t, n, make=_make, r=_reduction: make(t, n, r), _calls)

# ---------------------------------------------------------------- containers

CASES |= {
    "Module": case(lambda t, n: n.Module()),
    "Sequential": case(lambda t, n: n.Sequential(n.Linear(3, 4), n.Sigmoid(), n.Linear(4, 2)), x(2, 3)),
    "Sequential, named": case(
        lambda t, n: n.Sequential(OrderedDict(first=n.Linear(3, 2), act=n.GELU("tanh"), last=n.Linear(2, 1))),
        x(2, 3),
        x(3),
    ),
    "Sequential, in place": case(
        lambda t, n: n.Sequential(n.Linear(3, 7, bias=False), n.Dropout(0.3, inplace=True), n.ReLU(inplace=True)),
        x(2, 3),
    ),
    "Sequential, empty": case(lambda t, n: n.Sequential(), x(2, 3)),
    "ModuleList": case(
        lambda t, n: n.ModuleList(
            [
                n.Linear(4, 4),
                n.Linear(4, 4),
                n.ReLU(),
                n.Sequential(n.Tanh(), n.Tanh()),
                n.Sequential(n.Tanh(), n.Tanh()),
            ],
        )
    ),
    "ModuleDict": case(lambda t, n: n.ModuleDict({"b": n.Linear(2, 3), "a": n.ModuleDict(), "c": n.Sequential()})),
    "ParameterList": case(lambda t, n: n.ParameterList([t.randn(2, 3), t.zeros(()), 3, n.Parameter(t.ones(2))])),
    "ParameterDict": case(lambda t, n: n.ParameterDict({"w": t.randn(2), "a": t.ones(1), "x": "text"})),
}

# ---------------------------------------------------------------- where we differ

# Mistakes, by class and kind (see `nn_comparison`), whose outcome is PyTorch's accident.
OTHERWISE: dict[tuple[str, str], str] = {
    ("AdaptiveAvgPool3d", "empty"): "an image without channels",
    ("AdaptiveMaxPool1d", "empty"): "an image without channels",
    ("AdaptiveMaxPool2d", "empty"): "an image without channels",
    ("AdaptiveMaxPool3d", "empty"): "an image without channels",
    ("PixelUnshuffle", "empty"): "PyTorch's keeps the sizes of a batch without images",
    ("InstanceNorm1d", "empty"): "PyTorch's wants at least one sample",
    ("InstanceNorm2d", "empty"): "PyTorch's wants at least one sample",
    ("InstanceNorm3d", "empty"): "PyTorch's wants at least one sample",
    ("InstanceNorm2d", "double"): "PyTorch's takes statistics of another dtype, but no weights",
    ("LSTMCell", "double"): "PyTorch converts the second state, but not the first",
    ("LSTMCell", "integers"): "PyTorch converts the second state, but not the first",
    ("MultiheadAttention", "longer channels"): "two mistakes in one",
    ("TransformerDecoderLayer", "longer channels"): "two mistakes in one",
    ("Transformer", "one dimension less"): "PyTorch stumbles over the missing size",
    ("CrossEntropyLoss", "one dimension more"): "PyTorch's takes a target (1,), but not with label_smoothing",
    ("LinearCrossEntropyLoss", "one dimension more"): "as CrossEntropyLoss",
    ("CTCLoss", "list"): "PyTorch's wants both lengths as tensors, or neither",
}

# fmt: on
