"""Recurrent networks of several layers and directions: PyTorch's functions `lstm`, `gru`, `rnn_tanh` and `rnn_relu`.

Each takes a batch of sequences or a packed one:

    lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)
    lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)

input is (time, batch, features), or (batch, time, features) with batch_first. hx holds a state for each layer and
direction, (layers * directions, batch, H), params their weights in turn: w_ih, w_hh, b_ih and b_hh if has_biases, and
w_hr of an LSTM that projects. The results are all outputs of the last layer, and the last states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..ops.elementwise import clone, plus
from ..ops.joining import cat, stack, unbind
from ..ops.neural import linear
from ..ops.recurrent import _gru, _lstm, _rnn
from ..ops.shape import reshape, squeeze, transpose, unsqueeze
from .noise import dropout as drop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..tensor import Tensor

    Layer = Callable[..., tuple[Tensor, ...]]  # of its input, first states, weights, biases: outputs, last states


def lstm(*args: Any, **options: Any) -> tuple[Tensor, ...]:
    """Long short-term memory: hx is (states, cells), and so are the results after the outputs.

    >>> hx, params = (zeros(1, 2, 3), zeros(1, 2, 3)), [ones(12, 4), ones(12, 3)]
    >>> output, h, c = lstm(ones(5, 2, 4), hx, params, False, 1, 0.0, False, False, False)
    >>> output.shape, h.shape, c.shape
    (Size([5, 2, 3]), Size([1, 2, 3]), Size([1, 2, 3]))
    """
    return _read(args, options)("lstm", _lstm_layer, *args, **options)


def gru(*args: Any, **options: Any) -> tuple[Tensor, ...]:
    """Gated recurrent units.

    >>> output, h = gru(ones(5, 2, 4), zeros(1, 2, 3), [ones(9, 4), ones(9, 3)], False, 1, 0.0, False, False, False)
    >>> output.shape, h.shape
    (Size([5, 2, 3]), Size([1, 2, 3]))
    """
    return _read(args, options)("gru", _gru_layer, *args, **options)


def rnn_tanh(*args: Any, **options: Any) -> tuple[Tensor, ...]:
    """Elman's network: h = tanh(W_ih x + b_ih + W_hh h + b_hh)."""
    return _read(args, options)("rnn_tanh", _tanh_layer, *args, **options)


def rnn_relu(*args: Any, **options: Any) -> tuple[Tensor, ...]:
    """Elman's network with relu in place of tanh."""
    return _read(args, options)("rnn_relu", _relu_layer, *args, **options)


# ---------------------------------------------------------------- a layer in one direction


def _lstm_layer(data: Tensor, states: Sequence[Tensor], weights: Any, biases: Any, sizes: Any, reverse: bool) -> Any:
    w_ih, w_hh, *projection = weights
    return _lstm([linear(data, w_ih, _sum_of(biases)), *states, w_hh, *projection], sizes, reverse)


def _gru_layer(data: Tensor, states: Sequence[Tensor], weights: Any, biases: Any, sizes: Any, reverse: bool) -> Any:
    w_ih, w_hh = weights
    return _gru([linear(data, w_ih, *biases[:1]), *states, w_hh, *biases[1:]], sizes, reverse)


def _tanh_layer(data: Tensor, states: Sequence[Tensor], weights: Any, biases: Any, sizes: Any, reverse: bool) -> Any:
    w_ih, w_hh = weights
    return _rnn([linear(data, w_ih, _sum_of(biases)), *states, w_hh], sizes, reverse, False)


def _relu_layer(data: Tensor, states: Sequence[Tensor], weights: Any, biases: Any, sizes: Any, reverse: bool) -> Any:
    w_ih, w_hh = weights
    return _rnn([linear(data, w_ih, _sum_of(biases)), *states, w_hh], sizes, reverse, True)


def _sum_of(biases: Any) -> Tensor | None:
    return plus(*biases) if biases else None


# ---------------------------------------------------------------- all layers


def _read(args: Any, options: Any) -> Callable[..., tuple[Tensor, ...]]:
    """Which of the two kinds of arguments these are: only for a packed sequence the fourth is the list of weights."""
    packed = "batch_sizes" in options or (len(args) > 3 and isinstance(args[3], tuple | list))
    return _packed if packed else _batched


def _batched(
    name: str,
    layer: Layer,
    input: Tensor,
    hx: Any,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, ...]:
    if input.array.ndim != 3:
        raise RuntimeError(f"{name}: input must be (time, batch, features), got shape {tuple(input.shape)}")
    if batch_first:
        input = transpose(input, 0, 1)
    time, batch, features = input.array.shape
    data, sizes = reshape(input, (time * batch, features)), (batch,) * time
    output, *states = _layers(
        name, layer, data, sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional
    )
    output = reshape(output, (time, batch, output.array.shape[1]))
    return (transpose(output, 0, 1) if batch_first else output, *states)


def _packed(
    name: str,
    layer: Layer,
    data: Tensor,
    batch_sizes: Tensor,
    hx: Any,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Tensor, ...]:
    if not hasattr(batch_sizes, "array"):
        raise TypeError(f"{name}(): argument 'batch_sizes' must be Tensor, not {type(batch_sizes).__name__}")
    if batch_sizes.array.dtype != np.int64 or batch_sizes.array.ndim != 1:
        raise RuntimeError(
            f"{name}: batch_sizes must be a vector of int64, got {batch_sizes.dtype} {batch_sizes.shape}"
        )
    sizes = tuple(batch_sizes.array.tolist())
    return _layers(name, layer, data, sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)


def _layers(
    name: str,
    layer: Layer,
    data: Tensor,
    sizes: tuple[int, ...],
    hx: Any,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Tensor, ...]:
    """All outputs of the last layer, joined from its directions, and the last states of all layers and directions."""
    directions = 2 if bidirectional else 1
    count = num_layers * directions
    first = [_states_of_layers(name, state, count) for state in _states(name, hx)]
    each, biases = len(params) // count, 2 if has_biases else 0
    if each * count != len(params) or each - biases not in ((2, 3) if name == "lstm" else (2,)):
        raise RuntimeError(
            f"{name}: got an incorrect number of RNN parameters: {len(params)} for {count} layers and directions, "
            f"has_biases={has_biases}"
        )
    last = []
    for start in range(0, count, directions):
        outputs = []
        for i in range(start, start + directions):
            w_ih, w_hh, *rest = params[i * each : (i + 1) * each]
            weights = [w_ih, w_hh, *rest[biases:]]
            output, *states = layer(data, [s[i] for s in first], weights, rest[:biases], sizes, i > start)
            outputs.append(output)
            last.append(states)
        data = cat(outputs, -1) if bidirectional else outputs[0]
        if start + directions < count:
            data = drop(data, dropout, train)
    if count == 1:  # as below, in less time
        return data, *(clone(unsqueeze(state, 0)) for state in last[0])
    return data, *map(stack, zip(*last, strict=True))


def _states(name: str, hx: Any) -> Sequence[Tensor]:
    if name != "lstm":
        return (hx,)
    if not isinstance(hx, tuple | list):
        raise TypeError(f"lstm(): argument 'hx' must be tuple of Tensors, not {type(hx).__name__}")
    if len(hx) != 2:
        raise RuntimeError(f"lstm: expects two hidden states, got {len(hx)}")
    return hx


def _states_of_layers(name: str, state: Tensor, count: int) -> tuple[Tensor, ...]:
    if state.array.ndim != 3 or state.array.shape[0] != count:
        raise RuntimeError(
            f"{name}: expected hidden states of shape (layers * directions = {count}, batch, size), got "
            f"{tuple(state.shape)}"
        )
    return (squeeze(state, 0),) if count == 1 else unbind(state)
