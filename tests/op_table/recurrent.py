"""Rows of recurrent networks and their cells: `autograd_core.layers.recurrent` and `autograd_core.ops.recurrent`.

The oracle goes through every sequence by itself, a number of the batch and a step at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autograd_core as ag
from tests.op_calls import FLOATS, NO_BOOL, Array, Call, Row, Wrong, floats, ints, op

# fmt: off  # rows are laid out as a table


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _lstm_step(x: Array, state: tuple[Array, Array], w: Any, u: Any, b: Any = 0.0, a: Any = 0.0, p: Any = None) -> Any:
    h, c = state
    i, f, g, o = np.split(w @ x + b + u @ h + a, 4)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    h = _sigmoid(o) * np.tanh(c)
    return (h if p is None else p @ h), c


def _gru_step(x: Array, state: tuple[Array], w: Any, u: Any, b: Any = 0.0, a: Any = 0.0) -> Any:
    (h,) = state
    (xr, xz, xn), (hr, hz, hn) = np.split(w @ x + b, 3), np.split(u @ h + a, 3)
    r, z = _sigmoid(xr + hr), _sigmoid(xz + hz)
    return ((1 - z) * np.tanh(xn + r * hn) + z * h,)


def _tanh_step(x: Array, state: tuple[Array], w: Any, u: Any, b: Any = 0.0, a: Any = 0.0) -> Any:
    return (np.tanh(w @ x + b + u @ state[0] + a),)


def _relu_step(x: Array, state: tuple[Array], w: Any, u: Any, b: Any = 0.0, a: Any = 0.0) -> Any:
    return (np.maximum(w @ x + b + u @ state[0] + a, 0),)


def _cell(step: Callable[..., Any]) -> Callable[..., Any]:
    """One step of a batch, as the library's cells are called."""

    def call(x: Array, hx: Any, *weights: Array) -> Any:
        states = hx if isinstance(hx, tuple | list) else (hx,)
        new = [step(row, state, *weights) for row, *state in zip(x, *states, strict=True)]
        parts = [np.array(part).reshape(state.shape) for part, state in zip(zip(*new, strict=True), states, strict=True)
                 ] if len(x) else list(states)
        return parts[0] if isinstance(hx, np.ndarray) else tuple(parts)

    return call


def _network(step: Callable[..., Any]) -> Callable[..., Any]:
    """All steps of all sequences through all layers, as the library's functions are called."""

    def call(x: Array, *args: Any) -> Any:
        packed = isinstance(args[2], list)
        if packed:
            batch_sizes, hx, params, biases, layers, _, _, both = args
        else:
            hx, params, biases, layers, _, _, both, batch_first = args
            x = x.swapaxes(0, 1) if batch_first else x
            batch_sizes, shape = [x.shape[1]] * x.shape[0], x.shape[:2]
            x = x.reshape(-1, x.shape[2])
        starts = np.concatenate([[0], np.cumsum(batch_sizes)[:-1]]).astype(int)
        first = hx if isinstance(hx, tuple | list) else (hx,)
        last = [np.array(state) for state in first]
        directions = 2 if both else 1
        each = len(params) // (layers * directions)
        for layer in range(layers):
            columns = []
            for direction in range(directions):
                k = layer * directions + direction
                w, u, *rest = params[each * k : each * (k + 1)]
                weights = [w, u, *(rest if biases else [0.0, 0.0, *rest])]
                out = np.zeros((len(x), first[0].shape[2]))
                for b in range(batch_sizes[0]):
                    rows = [start + b for start, size in zip(starts, batch_sizes, strict=True) if b < size]
                    state: Any = [s[k, b] for s in first]
                    for row in rows[::-1] if direction else rows:
                        state = step(x[row], state, *weights)
                        out[row] = state[0]
                    for whole, part in zip(last, state, strict=True):
                        whole[k, b] = part
                columns.append(out)
            x = np.concatenate(columns, axis=1)
        if not packed:
            x = x.reshape(*shape, x.shape[1])
            x = x.swapaxes(0, 1) if batch_first else x
        return x, *last

    return call


def _params(gates: int, inputs: int, width: int, layers: int = 1, directions: int = 1, biases: bool = True, proj: int = 0) -> list[Array]:
    shapes: list[tuple[int, ...]] = []
    state = proj or width
    for layer in range(layers):
        for _ in range(directions):
            shapes += [(gates * width, inputs if layer == 0 else directions * state), (gates * width, state)]
            shapes += [(gates * width,)] * (2 if biases else 0) + ([(proj, width)] if proj else [])
    return [floats(*shape, seed=i + 4) for i, shape in enumerate(shapes)]


def _calls(gates: int, pair: bool) -> list[Call]:
    """One layer, packed and backwards, two layers with the batch first, size 1, no sequence; few numbers, as second
    derivatives go through them one by one."""
    def hx(*size: int, width: int = 0) -> Any:
        cell = (*size[:2], width or size[2])
        return (floats(*size, seed=1), floats(*cell, seed=2)) if pair else floats(*size, seed=1)

    p, width = _params, 2 if gates == 1 else 1
    return [
        Call(floats(2, 2, 2), hx(1, 2, width), p(gates, 2, width), True, 1, 0.0, True, False, False),
        Call(floats(2, 1, 1), hx(1, 1, 2), p(gates, 1, 2, biases=False), False, 1, 0.0, True, False, False),
        Call(floats(3, 1), np.array([2, 1]), hx(2, 2, 1), p(gates, 1, 1, 1, 2, False), False, 1, 0.0, False, True),
        Call(floats(1, 2, 1), hx(4, 1, 1), p(gates, 1, 1, 2, 2, False), False, 2, 0.5, False, True, True),
        Call(floats(1, 1, 1), hx(1, 1, 1), p(gates, 1, 1), True, 1, 0.0, True, False, False),
        Call(floats(2, 0, 1), hx(1, 0, 1), p(gates, 1, 1), True, 1, 0.0, True, False, False),
        *([Call(floats(3, 1), np.array([2, 1]), hx(1, 2, 1, width=2), p(4, 1, 2, 1, 1, True, 1), True, 1, 0.0, True, False)]
          if pair else []),
    ]


def _wrong(gates: int, pair: bool) -> list[Wrong]:
    def hx(*size: int) -> Any:
        return (floats(*size), floats(*size)) if pair else floats(*size)

    options = (True, 1, 0.0, True, False, False)
    x, params = floats(2, 2, 1), _params(gates, 1, 2)
    return [
        Wrong(RuntimeError, x, hx(1, 3, 2), params, *options), Wrong(RuntimeError, x, hx(1, 2, 3), params, *options),
        Wrong(RuntimeError, x, hx(1, 2, 2), params[:2], *options), Wrong(RuntimeError, x, hx(1, 2, 2), params, True, 2, *options[2:]),
        Wrong(RuntimeError, floats(2, 2, 3), hx(1, 2, 2), params, *options), Wrong(RuntimeError, floats(0, 2, 1), hx(1, 2, 2), params, *options),
        Wrong(TypeError, x, hx(1, 2, 2), params, True),
        Wrong(RuntimeError, floats(2, 1), ints(1).astype(np.int32) + 2, hx(1, 2, 2), params, *options[:-1]),
        *([Wrong(TypeError, x, floats(1, 2, 2), params, *options), Wrong(RuntimeError, x, hx(1, 2, 2)[:1], params, *options)] if pair else []),
    ]


def _cell_calls(gates: int, pair: bool) -> list[Call]:
    def call(batch: int, inputs: int, width: int, biases: int) -> Call:
        states = [floats(batch, width, seed=i) for i in (1, 2)]
        weights = [floats(gates * width, n, seed=3 + n) for n in (inputs, width)]
        return Call(floats(batch, inputs), tuple(states) if pair else states[0], *weights,
                    *[floats(gates * width, seed=i) for i in (6, 7)][:biases])

    return [call(2, 3, 2, 2), call(1, 1, 1, 0), call(0, 2, 1, 2)]


def _cell_errors(gates: int, pair: bool) -> list[Wrong]:
    good = _cell_calls(gates, pair)[0]
    x, hx, *weights = good.args
    return [
        Wrong(RuntimeError, floats(2, 4), hx, *weights),
        Wrong(RuntimeError, x, (floats(3, 2), floats(3, 2)) if pair else floats(3, 2), *weights),
        Wrong(RuntimeError, x, (floats(2, 3), floats(2, 2)) if pair else floats(2, 3), *weights),
        Wrong(TypeError, x, 3, *weights),
    ]


def rows() -> Iterator[Row]:
    networks: list[tuple[Any, Any, int, str]] = [
        (ag.lstm, _lstm_step, 4, "_lstm"), (ag.gru, _gru_step, 3, "_gru"), (ag.rnn_tanh, _tanh_step, 1, "_rnn"),
        (ag.rnn_relu, _relu_step, 1, "_rnn")]
    for function, step, gates, row in networks:
        pair = gates == 4
        yield Row(function, _calls(gates, pair), _network(step), takes=NO_BOOL if step is _relu_step else FLOATS, lacks=["0-d"], operations=[row],
                  errors=_wrong(gates, pair))
    cells: list[tuple[Any, Any, int, str]] = [
        (op.lstm_cell, _lstm_step, 4, "_lstm"), (op.gru_cell, _gru_step, 3, "_gru"),
        (op.rnn_tanh_cell, _tanh_step, 1, "_rnn"), (op.rnn_relu_cell, _relu_step, 1, "_rnn")]
    for function, step, gates, row in cells:
        pair = gates == 4
        yield Row(function, _cell_calls(gates, pair), _cell(step), takes=NO_BOOL if step is _relu_step else FLOATS, lacks=["0-d"], operations=[row],
                  errors=_cell_errors(gates, pair))
