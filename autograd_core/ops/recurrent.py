"""Recurrent layers: a whole sequence in one operation, differentiated by backpropagation through time.

The rows take packed sequences: the rows of all sequences' first steps, then those of their second steps, and so on;
`batch_sizes` says how many sequences last so long, and the longest come first. Of a layer's input they take what its
weights make of it (`gates`, one product for all steps). Each step's state has a row for every sequence: those that
have ended, or, running backwards, have not begun, keep theirs.

Equations and the order of the gates are PyTorch's (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html):
Elman 1990; Hochreiter and Schmidhuber 1997 with forget gates (Gers et al. 2000) and projections (Sak et al. 2014);
Cho et al. 2014. The `fast` formulas read what the forward pass kept; they compute the slopes of all steps at once, so
that a step back costs a few multiplications and one product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dtypes import require
from ..primitive import Array, TensorLike, either, primitive
from .elementary import sigmoid
from .elementwise import plus
from .joining import _split
from .neural import linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tensor import Tensor


# ---------------------------------------------------------------- steps and states


def _spans(batch_sizes: tuple[int, ...], reverse: bool) -> list[tuple[int, int]]:
    """Where each step's rows begin and end, in the order in which the steps are computed."""
    spans, stop = [], 0
    for size in batch_sizes:
        spans.append((stop, stop + size))
        stop += size
    return spans[::-1] if reverse else spans


def _order(batch_sizes: tuple[int, ...], reverse: bool) -> Any:
    """The numbers of the steps, in the order in which they are computed."""
    return reversed(range(len(batch_sizes))) if reverse else range(len(batch_sizes))


def _updated(state: Any, new: Any) -> Any:
    """The state with its first rows replaced."""
    return new if len(new) == len(state) else np.concatenate([new, state[len(new) :]])


def _in_order(steps: list[Any], reverse: bool) -> Any:
    """What was computed step by step, joined in the order of time."""
    return np.concatenate(list(reversed(steps)) if reverse else steps)


def _wide(*arrays: Array) -> list[Array]:
    """The arrays, those of half precision in float32: as PyTorch computes with them."""
    return [x.astype(np.float32) if x.dtype.char == "e" else x for x in arrays]


def _checked(
    name: str, gate_count: int, batch_sizes: tuple[int, ...], tensors: Sequence[Array], kinds: str = "f"
) -> list[Array]:
    """The arrays to compute with: gates, state (and cell), the state's weight, perhaps a bias or projection; all fit."""
    if not batch_sizes:
        raise RuntimeError(f"{name}: Expected sequence length to be larger than 0 in RNN")
    gates, weight = tensors[0], tensors[3 if name == "lstm" else 2]
    projection = tensors[4:] if name == "lstm" else ()
    width, batch = len(weight) // gate_count, batch_sizes[0]
    rows, inner = gate_count * width, len(projection[0]) if projection else width
    expected = [
        ("the input's gates", (sum(batch_sizes), rows)),
        ("hidden0", (batch, inner)),
        ("hidden1", (batch, width)),
        ("the state's weight", (rows, inner)),
        ("the projection", (inner, width)) if projection else ("the bias", (rows,)),
    ]
    if name != "lstm":
        del expected[2]
    for (what, shape), x in zip(expected, tensors, strict=False):
        if x.shape != shape:
            raise RuntimeError(
                f"{name}: {what} has shape {x.shape}, expected {shape}: hidden_size is {width}, batch size {batch}"
            )
        if x.dtype != gates.dtype:
            raise RuntimeError(
                f"{name}: input ({gates.dtype}) and {what} ({x.dtype}) must have the same dtype; convert one with .to(dtype)"
            )
    require(name, gates.dtype, kinds)
    return _wide(*tensors)


# ---------------------------------------------------------------- h = tanh(gates + W h), or relu


def _rnn_vjp(g: Any, tensors: Any, batch_sizes: tuple[int, ...], reverse: bool, relu: bool) -> Any:
    gates, hidden, weight = tensors
    g_output, g_hidden = g
    gates, g_output = (either(_split)(x, batch_sizes, 0) for x in (gates, g_output))
    befores, outputs = [], []
    for t in _order(batch_sizes, reverse):
        before = hidden[: batch_sizes[t]]
        z = gates[t] + before @ weight.T
        out = np.maximum(z, 0) if relu else np.tanh(z)
        hidden = _updated(hidden, out)
        befores.append(before)
        outputs.append(out)

    slopes = []
    for t, out in zip(_order(batch_sizes, not reverse), reversed(outputs), strict=True):
        g_out = g_hidden[: len(out)] + g_output[t]
        slope = np.where(out <= 0, 0, g_out) if relu else g_out * (1 - out * out)
        g_hidden = _updated(g_hidden, slope @ weight)
        slopes.append(slope)
    g_gates = _in_order(slopes, not reverse)
    return [g_gates, g_hidden, g_gates.T @ _in_order(befores, reverse)]


def _rnn_vjp_of_arrays(
    g: Any, tensors: Any, batch_sizes: tuple[int, ...], reverse: bool, relu: bool, cache: Any
) -> Any:
    (weight,) = _wide(tensors[2])
    befores, outputs = cache
    g_output, g_hidden = g
    g_hidden = g_hidden.astype(weight.dtype)
    slopes = (outputs > 0).astype(outputs.dtype) if relu else 1 - outputs * outputs
    for start, stop in reversed(_spans(batch_sizes, reverse)):
        g_out = g_hidden[: stop - start]
        g_out += g_output[start:stop]
        slope = slopes[start:stop]
        slope *= g_out
        np.dot(slope, weight, out=g_out)
    return [slopes, g_hidden, slopes.T.dot(_in_order(befores, reverse))]


@primitive(several=True, keeps=("cache",), torch="RnnBackward0",
           fast={"tensors": _rnn_vjp_of_arrays},
           tensors=_rnn_vjp)
def _rnn(tensors: Sequence[TensorLike], batch_sizes: tuple[int, ...], reverse: bool, relu: bool) -> Tensor:
    """tensors: gates (total, H), the state before (N, H), weight (H, H). All outputs, and the last state."""
    gates, hidden, weight = _checked("rnn", 1, batch_sizes, tensors, "iuf" if relu else "f")
    transposed = np.array(weight.T, order="C")  # products by rows are faster, and there is one a step
    outputs, befores = np.empty_like(gates), []
    for start, stop in _spans(batch_sizes, reverse):
        before = hidden[: stop - start]
        out = np.dot(before, transposed, out=outputs[start:stop])
        out += gates[start:stop]
        np.maximum(out, 0, out=out) if relu else np.tanh(out, out=out)
        hidden = _updated(hidden, out)
        befores.append(before)
    return _results(tensors[0].dtype, outputs, hidden), (befores, outputs)


def _results(dtype: Any, *arrays: Array) -> tuple[Array, ...]:
    """Copies, for the caller to do with as he likes: the formulas read the arrays themselves."""
    return tuple(np.array(x, dtype) for x in arrays)


# ---------------------------------------------------------------- long short-term memory


def _lstm_vjp(g: Any, tensors: Any, batch_sizes: tuple[int, ...], reverse: bool) -> Any:
    gates, hidden, cell, weight = tensors[:4]
    projection = tensors[4:]
    g_output, g_hidden, g_cell = g
    gates, g_output = (either(_split)(x, batch_sizes, 0) for x in (gates, g_output))
    width = cell.shape[1]
    steps = []
    for t in _order(batch_sizes, reverse):
        h, c = hidden[: batch_sizes[t]], cell[: batch_sizes[t]]
        z = gates[t] + h @ weight.T
        i, f = either(sigmoid)(z[:, :width]), either(sigmoid)(z[:, width : 2 * width])
        candidate, o = np.tanh(z[:, 2 * width : 3 * width]), either(sigmoid)(z[:, 3 * width :])
        new = f * c + i * candidate
        squashed = np.tanh(new)
        out = o * squashed
        steps.append((h, c, i, f, candidate, o, squashed, out))
        cell = _updated(cell, new)
        hidden = _updated(hidden, out @ projection[0].T if projection else out)

    slopes, projected = [], []
    for t, (_, c, i, f, candidate, o, squashed, _) in zip(_order(batch_sizes, not reverse), reversed(steps), strict=True):
        g_out = g_hidden[: len(c)] + g_output[t]
        if projection:
            projected.append(g_out)
            g_out = g_out @ projection[0]
        g_new = g_cell[: len(c)] + g_out * o * (1 - squashed * squashed)
        slope = np.concatenate([
            g_new * candidate * i * (1 - i),
            g_new * c * f * (1 - f),
            g_new * i * (1 - candidate * candidate),
            g_out * squashed * o * (1 - o),
        ], axis=1)
        g_cell = _updated(g_cell, g_new * f)
        g_hidden = _updated(g_hidden, slope @ weight)
        slopes.append(slope)
    g_gates = _in_order(slopes, not reverse)
    shares = [g_gates, g_hidden, g_cell, g_gates.T @ _in_order([h for h, *_ in steps], reverse)]
    if projection:
        shares.append(_in_order(projected, not reverse).T @ _in_order([out for *_, out in steps], reverse))
    return shares


def _lstm_vjp_of_arrays(g: Any, tensors: Any, batch_sizes: tuple[int, ...], reverse: bool, cache: Any) -> Any:
    weight, *projection = _wide(*tensors[3:])
    befores, cells_before, sigmoids, candidates, squashed = cache
    g_output, g_hidden, g_cell = g
    g_hidden, g_cell = g_hidden.astype(weight.dtype), g_cell.astype(weight.dtype)
    total, width = candidates.shape
    i, f, _, o = (sigmoids[:, k * width : (k + 1) * width] for k in range(4))

    slopes = 1 - sigmoids
    slopes *= sigmoids
    slopes[:, :width] *= candidates
    slopes[:, width : 2 * width] *= _in_order(cells_before, reverse)
    np.multiply(1 - candidates * candidates, i, out=slopes[:, 2 * width : 3 * width])
    slopes[:, 3 * width :] *= squashed
    slope_of_cell = 1 - squashed * squashed
    slope_of_cell *= o

    by_gate = slopes.reshape(total, 4, width)
    projected = np.empty((total, len(projection[0])), weight.dtype) if projection else None
    for start, stop in reversed(_spans(batch_sizes, reverse)):
        g_state, g_new = g_hidden[: stop - start], g_cell[: stop - start]
        g_out = g_state
        g_out += g_output[start:stop]
        if projected is not None:
            projected[start:stop] = g_out
            g_out = g_out.dot(projection[0])
        g_new += g_out * slope_of_cell[start:stop]
        by_gate[start:stop, :3] *= g_new[:, None]
        by_gate[start:stop, 3] *= g_out
        np.dot(slopes[start:stop], weight, out=g_state)
        g_new *= f[start:stop]
    shares = [slopes, g_hidden, g_cell, slopes.T.dot(_in_order(befores, reverse))]
    if projected is not None:
        shares.append(projected.T.dot(o * squashed))
    return shares


@primitive(several=True, keeps=("cache",), torch="LstmBackward0",
           fast={"tensors": _lstm_vjp_of_arrays},
           tensors=_lstm_vjp)
def _lstm(tensors: Sequence[TensorLike], batch_sizes: tuple[int, ...], reverse: bool) -> Tensor:
    """tensors: gates (total, 4H) of input, forgetting, candidate and output; the state (N, H) and cell (N, H) before;
    weight (4H, H); perhaps a projection (P, H), which makes states (N, P) and weight (4H, P).

    All outputs, the last state, the last cell.
    """
    gates, hidden, cell, weight, *projection = _checked("lstm", 4, batch_sizes, tensors)
    total, width = len(gates), cell.shape[1]
    minus = np.negative(weight.T, order="C")  # gives -z, which the sigmoid wants
    sigmoids = np.empty_like(gates)  # their third quarter is of no use, but one call on all is faster than two
    candidates, cells, squashed, outputs = (np.empty((total, width), gates.dtype) for _ in range(4))
    states = np.empty((total, len(projection[0])), gates.dtype) if projection else outputs
    befores, cells_before = [], []
    with np.errstate(over="ignore"):  # e^1000 is inf, and 1 / inf the right 0
        for start, stop in _spans(batch_sizes, reverse):
            h, c = hidden[: stop - start], cell[: stop - start]
            z = np.dot(h, minus, out=sigmoids[start:stop])
            z -= gates[start:stop]
            candidate = np.tanh(z[:, 2 * width : 3 * width], out=candidates[start:stop])
            np.negative(candidate, out=candidate)
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)
            new = np.multiply(z[:, width : 2 * width], c, out=cells[start:stop])
            new += z[:, :width] * candidate
            out = np.tanh(new, out=squashed[start:stop])
            out = np.multiply(z[:, 3 * width :], out, out=outputs[start:stop])
            if projection:
                out = np.dot(out, projection[0].T, out=states[start:stop])
            hidden, cell = _updated(hidden, out), _updated(cell, new)
            befores.append(h)
            cells_before.append(c)
    cache = befores, cells_before, sigmoids, candidates, squashed
    return _results(tensors[0].dtype, states, hidden, cell), cache


# ---------------------------------------------------------------- gated recurrent unit


def _gru_vjp(g: Any, tensors: Any, batch_sizes: tuple[int, ...], reverse: bool) -> Any:
    gates, hidden, weight = tensors[:3]
    bias = tensors[3:]
    g_output, g_hidden = g
    gates, g_output = (either(_split)(x, batch_sizes, 0) for x in (gates, g_output))
    width = hidden.shape[1]
    steps = []
    for t in _order(batch_sizes, reverse):
        h, x = hidden[: batch_sizes[t]], gates[t]
        y = h @ weight.T + bias[0] if bias else h @ weight.T
        r = either(sigmoid)(x[:, :width] + y[:, :width])
        z = either(sigmoid)(x[:, width : 2 * width] + y[:, width : 2 * width])
        recalled = y[:, 2 * width :]
        candidate = np.tanh(x[:, 2 * width :] + r * recalled)
        steps.append((h, r, z, recalled, candidate))
        hidden = _updated(hidden, candidate + z * (h - candidate))

    slopes, recurrent = [], []
    for t, (h, r, z, recalled, candidate) in zip(_order(batch_sizes, not reverse), reversed(steps), strict=True):
        g_out = g_hidden[: len(h)] + g_output[t]
        g_candidate = g_out * (1 - z) * (1 - candidate * candidate)
        g_reset = g_candidate * recalled * r * (1 - r)
        g_update = g_out * (h - candidate) * z * (1 - z)
        slopes.append(np.concatenate([g_reset, g_update, g_candidate], axis=1))
        recurrent.append(np.concatenate([g_reset, g_update, g_candidate * r], axis=1))
        g_hidden = _updated(g_hidden, g_out * z + recurrent[-1] @ weight)
    g_recurrent = _in_order(recurrent, not reverse)
    g_weight = g_recurrent.T @ _in_order([h for h, *_ in steps], reverse)
    return [_in_order(slopes, not reverse), g_hidden, g_weight, *[g_recurrent.sum(axis=0) for _ in bias]]


def _gru_vjp_of_arrays(g: Any, tensors: Any, batch_sizes: tuple[int, ...], reverse: bool, cache: Any) -> Any:
    weight, *bias = _wide(*tensors[2:])
    befores, sigmoids, recalled, candidates = cache
    g_output, g_hidden = g
    g_hidden = g_hidden.astype(weight.dtype)
    total, width = candidates.shape
    r, z = sigmoids[:, :width], sigmoids[:, width:]
    before = _in_order(befores, reverse)

    slopes = np.empty((total, 4, width), weight.dtype)  # of r, z, the recalled state, the candidate
    g_candidate = np.multiply(1 - candidates * candidates, 1 - z, out=slopes[:, 3])
    g_recalled = np.multiply(g_candidate, r, out=slopes[:, 2])
    np.multiply(before - candidates, (1 - z) * z, out=slopes[:, 1])
    np.multiply(g_recalled * recalled, 1 - r, out=slopes[:, 0])

    recurrent = slopes.reshape(total, 4 * width)[:, : 3 * width]
    for start, stop in reversed(_spans(batch_sizes, reverse)):
        g_state = g_hidden[: stop - start]
        g_state += g_output[start:stop]
        slopes[start:stop] *= g_state[:, None]
        g_state *= z[start:stop]
        g_state += recurrent[start:stop].dot(weight)
    g_gates = np.concatenate([slopes[:, :2], slopes[:, 3:]], axis=1).reshape(total, 3 * width)
    return [g_gates, g_hidden, recurrent.T.dot(before), *[recurrent.sum(axis=0) for _ in bias]]


@primitive(several=True, keeps=("cache",), torch="GruBackward0",
           fast={"tensors": _gru_vjp_of_arrays},
           tensors=_gru_vjp)
def _gru(tensors: Sequence[TensorLike], batch_sizes: tuple[int, ...], reverse: bool) -> Tensor:
    """tensors: gates (total, 3H) of reset, update and candidate; the state before (N, H); weight (3H, H); perhaps the
    recurrent bias (3H,), whose last third is inside the reset. All outputs, and the last state.
    """
    gates, hidden, weight, *bias = _checked("gru", 3, batch_sizes, tensors)
    total, width = len(gates), hidden.shape[1]
    minus = np.array(weight.T, order="C")
    minus[:, : 2 * width] *= -1  # gives -z for the two sigmoids
    minus_bias = bias[0].copy() if bias else np.zeros(0, gates.dtype)
    minus_bias[: 2 * width] *= -1
    products, sigmoids = np.empty_like(gates), np.empty((total, 2 * width), gates.dtype)
    candidates, outputs = np.empty((total, width), gates.dtype), np.empty((total, width), gates.dtype)
    befores = []
    with np.errstate(over="ignore"):  # e^1000 is inf, and 1 / inf the right 0
        for start, stop in _spans(batch_sizes, reverse):
            h, x = hidden[: stop - start], gates[start:stop]
            y = np.dot(h, minus, out=products[start:stop])
            if bias:
                y += minus_bias
            z = np.subtract(y[:, : 2 * width], x[:, : 2 * width], out=sigmoids[start:stop])
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)
            candidate = np.multiply(z[:, :width], y[:, 2 * width :], out=candidates[start:stop])
            candidate += x[:, 2 * width :]
            np.tanh(candidate, out=candidate)
            out = np.subtract(h, candidate, out=outputs[start:stop])
            out *= z[:, width:]
            out += candidate
            hidden = _updated(hidden, out)
            befores.append(h)
    cache = befores, sigmoids, products[:, 2 * width :], candidates
    return _results(tensors[0].dtype, outputs, hidden), cache


# ---------------------------------------------------------------- one step


def _gates(name: str, input: Tensor, states: Sequence[Tensor], w_ih: Tensor, bias: Tensor | None) -> Tensor:
    """What the input makes of the gates."""
    for state in states:
        if not hasattr(state, "array"):
            raise TypeError(f"{name}(): argument 'hx' (position 2) must be Tensor, not {type(state).__name__}")
    return linear(input, w_ih, bias)


def _both(b_ih: Tensor | None, b_hh: Tensor | None) -> Tensor | None:
    """The sum of two biases that are added to the same thing."""
    return b_ih if b_hh is None else b_hh if b_ih is None else plus(b_ih, b_hh)


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM: from input (N, I) and hx = (state, cell), each (N, H), the next state and cell.

    w_ih (4H, I), w_hh (4H, H) and the biases (4H,) hold the rows of input, forget, candidate and output gate.
    """
    if not isinstance(hx, tuple | list):
        raise TypeError(f"lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not {type(hx).__name__}")
    gates = _gates("lstm_cell", input, hx, w_ih, _both(b_ih, b_hh))
    return _lstm([gates, *hx, w_hh], (len(input.array),), False)[1:]  # type: ignore[return-value]  # a pair


def gru_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of a GRU: from input (N, I) and state (N, H) the next state. w_ih (3H, I): reset, update, candidate."""
    gates = _gates("gru_cell", input, (hx,), w_ih, b_ih)
    return _gru([gates, hx, w_hh, *([] if b_hh is None else [b_hh])], (len(input.array),), False)[1]


def rnn_tanh_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step of an Elman network: tanh(x W_ih^T + b_ih + h W_hh^T + b_hh)."""
    gates = _gates("rnn_tanh_cell", input, (hx,), w_ih, _both(b_ih, b_hh))
    return _rnn([gates, hx, w_hh], (len(input.array),), False, False)[1]


def rnn_relu_cell(
    input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """`rnn_tanh_cell` with relu in place of tanh."""
    gates = _gates("rnn_relu_cell", input, (hx,), w_ih, _both(b_ih, b_hh))
    return _rnn([gates, hx, w_hh], (len(input.array),), False, True)[1]
