"""Recurrent networks and their cells, for batches, single sequences and packed sequences."""

from __future__ import annotations

import math
import warnings
from numbers import Number
from typing import TYPE_CHECKING, Any

import autograd_core as ag

from . import init
from .module import Module
from .packed import PackedSequence
from .parameter import Parameter

if TYPE_CHECKING:
    from autograd_core import Tensor

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _reset(module: Any) -> None:
    """Draw all parameters uniformly in ±1/sqrt(hidden_size), in their order."""
    bound = 1.0 / math.sqrt(module.hidden_size) if module.hidden_size > 0 else 0
    for weight in module.parameters():
        init.uniform_(weight, -bound, bound)


class RNNBase(Module):
    """What the recurrent networks have in common: their parameters, and how they are called.

    mode: "LSTM", "GRU", "RNN_TANH" or "RNN_RELU".
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._check_options(dropout)
        directions = 2 if bidirectional else 1
        rows, state_size = _GATES[mode] * hidden_size, proj_size or hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[:directions]:
                shapes: dict[str, tuple[int, ...]] = {
                    "weight_ih": (rows, input_size if layer == 0 else state_size * directions),
                    "weight_hh": (rows, state_size),
                }
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    weight = Parameter(ag.empty(shape, device=device, dtype=dtype))
                    setattr(self, f"{name}_l{layer}{suffix}", weight)
                self._all_weights.append([f"{name}_l{layer}{suffix}" for name in shapes])
        self.reset_parameters()

    def _check_options(self, dropout: Any) -> None:
        if not isinstance(dropout, Number) or isinstance(dropout, bool) or not 0 <= self.dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        if self.dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                f"num_layers greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                stacklevel=4,
            )
        for name, kind in (("bias", bool), ("batch_first", bool), ("input_size", int), ("hidden_size", int)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in _GATES:
            raise ValueError(f"Unrecognized RNN mode: {self.mode}")

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name, None) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Nothing: in PyTorch it makes the parameters contiguous for cuDNN."""

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        _reset(self)

    def extra_repr(self) -> str:
        options = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        options["bidirectional"] = False
        changed = [f"{name}={getattr(self, name)}" for name, usual in options.items() if getattr(self, name) != usual]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *changed])

    # ------------------------------------------------------------ forward

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """All outputs of the last layer, and the last states."""
        if isinstance(input, PackedSequence):
            return self._of_packed(input, hx)
        if input.ndim not in (2, 3):
            kind = type(self).__name__
            raise ValueError(f"{kind}: Expected input to be 2D or 3D, got {input.ndim}D instead")
        states = None if hx is None else self._states(hx)
        batched = input.ndim == 3
        batch_dim = 0 if self.batch_first else 1
        self._check_dims(states, batched)
        if not batched:
            input = input.unsqueeze(batch_dim)
            states = None if states is None else [state.unsqueeze(1) for state in states]
        if states is None:
            states = self._zeros(input, input.shape[batch_dim])
        self._check(input, 3, states, input.shape[batch_dim])
        output, *last = self._function()(
            input, self._joined(states), self._flat_weights, *self._options(), self.batch_first
        )
        if not batched:
            output, last = output.squeeze(batch_dim), [state.squeeze(1) for state in last]
        return output, self._joined(last)

    def _of_packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        data, batch_sizes, order, original_order = packed
        batch = int(batch_sizes[0])
        states = self._zeros(data, batch) if hx is None else self._states(hx)
        if order is not None and hx is not None:
            states = [state.index_select(1, order) for state in states]
        self._check(data, 2, states, batch)
        output, *last = self._function()(data, batch_sizes, self._joined(states), self._flat_weights, *self._options())
        if original_order is not None:
            last = [state.index_select(1, original_order) for state in last]
        return PackedSequence(output, batch_sizes, order, original_order), self._joined(last)

    def _function(self) -> Any:
        return getattr(ag, self.mode.lower())

    def _options(self) -> tuple[Any, ...]:
        return self.bias, self.num_layers, self.dropout, self.training, self.bidirectional

    def _states(self, hx: Any) -> list[Tensor]:
        """The states that a caller gives: one."""
        return [hx]

    def _joined(self, states: list[Tensor]) -> Any:
        """The states as a caller gives and gets them."""
        return states[0]

    def _state_sizes(self) -> list[int]:
        return [self.hidden_size]

    def _zeros(self, input: Tensor, batch: int) -> list[Tensor]:
        count = self.num_layers * (2 if self.bidirectional else 1)
        return [input.new_zeros((count, batch, size)) for size in self._state_sizes()]

    def _check_dims(self, states: list[Tensor] | None, batched: bool) -> None:
        wanted = 3 if batched else 2
        kind = "batched 3-D" if batched else "unbatched 2-D"
        for state in states or []:
            if state.ndim != wanted:
                raise RuntimeError(f"For {kind} input, hx should also be {wanted}-D but got {state.ndim}-D tensor")

    def _check(self, input: Tensor, ndim: int, states: list[Tensor], batch: int) -> None:
        weight = self._flat_weights[0]
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        if input.ndim != ndim:
            raise RuntimeError(f"input must have {ndim} dimensions, got {input.ndim}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}"
            )
        count = self.num_layers * (2 if self.bidirectional else 1)
        for i, (state, size) in enumerate(zip(states, self._state_sizes(), strict=True)):
            if tuple(state.shape) != (count, batch, size):
                which = f"hidden[{i}]" if len(states) > 1 else "hidden"
                raise RuntimeError(f"Expected {which} size {(count, batch, size)}, got {list(state.shape)}")


def _no_projection(options: dict[str, Any]) -> None:
    if "proj_size" in options:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """Elman's network: h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu (Elman 1990).

    Arguments: input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0
    (between layers, while training), bidirectional=False.

    Shapes: input (T, B, input_size), (B, T, input_size) with batch_first, (T, input_size) or packed; output the same
    with directions * hidden_size features; states (layers * directions, B, hidden_size).

    >>> output, h = nn.RNN(3, 5)(ag.zeros(7, 2, 3))
    >>> output.shape, h.shape
    (Size([7, 2, 5]), Size([1, 2, 5]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        if len(args) > 3:
            nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *args, **kwargs)
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; with proj_size Sak et al. 2014).

    i, f, o = sigmoid and g = tanh of W_ih x + b_ih + W_hh h + b_hh; cell c = f c + i g; state h = o tanh(c), times
    W_hr where proj_size is given. The weights hold the rows of i, f, g, o.

    Arguments: input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0 (between layers, while
    training), bidirectional=False, proj_size=0.

    Shapes as for `RNN`; hx and the second result are pairs (state, cell); states have proj_size features if given.

    >>> output, (h, c) = nn.LSTM(3, 5, num_layers=2)(ag.zeros(7, 2, 3))
    >>> output.shape, h.shape, c.shape
    (Size([7, 2, 5]), Size([2, 2, 5]), Size([2, 2, 5]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def _states(self, hx: Any) -> list[Tensor]:
        return [hx[0], hx[1]]

    def _joined(self, states: list[Tensor]) -> Any:
        return tuple(states)

    def _state_sizes(self) -> list[int]:
        return [self.proj_size or self.hidden_size, self.hidden_size]


class GRU(RNNBase):
    """Gated recurrent units (Cho et al. 2014), with the reset applied after the product, as in PyTorch.

    r, z = sigmoid of W_ih x + b_ih + W_hh h + b_hh; n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h = (1 - z) n + z h.
    The weights hold the rows of r, z, n.

    Arguments: input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0 (between layers, while
    training), bidirectional=False. Shapes as for `RNN`.

    >>> output, h = nn.GRU(3, 5, bidirectional=True, batch_first=True)(ag.zeros(2, 7, 3))
    >>> output.shape, h.shape
    (Size([2, 7, 10]), Size([2, 2, 5]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


# ---------------------------------------------------------------- cells


class RNNCellBase(Module):
    """What the cells have in common: one step of one layer."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        shapes = {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }
        for name, shape in shapes.items():
            exists = bias or name.startswith("weight")
            weight = Parameter(ag.empty(shape, device=device, dtype=dtype)) if exists else None
            self.register_parameter(name, weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        _reset(self)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias is True else f", bias={self.bias}")

    def _step(self, function: Any, input: Tensor, states: list[Tensor] | None, names: list[str]) -> Any:
        """The function on a batch, also of a single input; states may be left out."""
        kind = type(self).__name__
        if input.ndim not in (1, 2):
            raise ValueError(f"{kind}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        for name, state in zip(names, states or [], strict=False):
            if state.ndim not in (1, 2):
                raise ValueError(f"{kind}: Expected {name} to be 1D or 2D, got {state.ndim}D instead")
        batched = input.ndim == 2
        if not batched:
            input = input.unsqueeze(0)
        if states is None:
            states = [input.new_zeros((input.shape[0], self.hidden_size))] * len(names)
        elif not batched:
            states = [state.unsqueeze(0) for state in states]
        hx = states[0] if len(names) == 1 else tuple(states)
        result = function(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if batched:
            return result
        return tuple(state.squeeze(0) for state in result) if isinstance(result, tuple) else result.squeeze(0)


class RNNCell(RNNCellBase):
    """One step of `RNN`: from input (B, input_size) and state (B, hidden_size), or without B, the next state.

    >>> nn.RNNCell(3, 5)(ag.zeros(2, 3)).shape
    Size([2, 5])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        functions = {"tanh": ag.rnn_tanh_cell, "relu": ag.rnn_relu_cell}
        if self.nonlinearity not in functions:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        states = None if hx is None else [hx]
        return self._step(functions[self.nonlinearity], input, states, ["hidden"])  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: from input (B, input_size) and hx = (state, cell) the next state and cell.

    >>> h, c = nn.LSTMCell(3, 5)(ag.zeros(2, 3))
    >>> h.shape, c.shape
    (Size([2, 5]), Size([2, 5]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        if hx is not None and not isinstance(hx, tuple | list):
            raise TypeError(f"LSTMCell: hx must be a pair of Tensors (state, cell), not {type(hx).__name__}")
        states = None if hx is None else list(hx)
        return self._step(ag.lstm_cell, input, states, ["hx[0]", "hx[1]"])  # type: ignore[no-any-return]  # a pair


class GRUCell(RNNCellBase):
    """One step of `GRU`: from input (B, input_size) and state (B, hidden_size) the next state.

    >>> nn.GRUCell(3, 5)(ag.zeros(2, 3)).shape
    Size([2, 5])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        states = None if hx is None else [hx]
        return self._step(ag.gru_cell, input, states, ["hidden"])  # type: ignore[no-any-return]  # a Tensor
