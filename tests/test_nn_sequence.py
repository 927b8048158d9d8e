"""Sequence models: what holds for every recurrent network, and for packing and padding. PyTorch is not needed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence, unpack_sequence

# ---------------------------------------------------------------- recurrent networks

NETWORKS: dict[str, Any] = {
    "lstm": lambda **options: nn.LSTM(3, 4, 2, bidirectional=True, **options),
    "projecting": lambda **options: nn.LSTM(3, 4, proj_size=2, bias=False, **options),
    "gru": lambda **options: nn.GRU(3, 4, 2, bidirectional=True, **options),
    "tanh": lambda **options: nn.RNN(3, 4, **options),
    "relu": lambda **options: nn.RNN(3, 4, 2, "relu", bias=False, **options),
}
each_network = pytest.mark.parametrize("name", NETWORKS)


def close(actual: Any, expected: Any, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(actual.detach().numpy(), expected.detach().numpy(), rtol=tolerance, atol=tolerance)


def made(name: str, **options: Any) -> nn.Module:
    ag.manual_seed(0)
    return NETWORKS[name](dtype=ag.float64, **options)  # type: ignore[no-any-return]  # a module


def states(last: Any) -> list[ag.Tensor]:
    return list(last) if isinstance(last, tuple) else [last]


def gradients(module: nn.Module) -> list[ag.Tensor]:
    found = [parameter.grad for parameter in module.parameters()]
    module.zero_grad()
    return found


@each_network
def test_a_packed_sequence_is_each_sequence_by_itself(name: str) -> None:
    module = made(name)
    parts = [ag.randn(n, 3, dtype=ag.float64, requires_grad=True) for n in (2, 5, 1, 4)]
    packed, last = module(pack_sequence(parts, enforce_sorted=False))
    outputs = unpack_sequence(packed)
    alone = [module(part) for part in parts]
    for i, (output, part) in enumerate(zip(outputs, alone, strict=True)):
        close(output, part[0])
        for state, expected in zip(states(last), states(part[1]), strict=True):
            close(state[:, i], expected)

    sum((output**2).sum() for output in outputs).backward()
    together, inputs = gradients(module), [part.grad for part in parts]
    for part in parts:
        part.grad = None
    sum((output**2).sum() for output, _ in alone).backward()
    for slope, expected in zip([*together, *inputs], [*gradients(module), *(part.grad for part in parts)], strict=True):
        close(slope, expected)


@each_network
def test_a_sequence_in_two_pieces(name: str) -> None:
    """The state carries everything (of the one-directional networks)."""
    module = made(name)
    if module.bidirectional:
        return
    x = ag.randn(6, 2, 3, dtype=ag.float64)
    whole, last = module(x)
    first, middle = module(x[:4])
    second, end = module(x[4:], middle)
    close(ag.cat([first, second]), whole)
    for state, expected in zip(states(end), states(last), strict=True):
        close(state, expected)


@each_network
def test_layouts_of_a_batch(name: str) -> None:
    x = ag.randn(5, 2, 3, dtype=ag.float64)
    module, batch_first = made(name), made(name, batch_first=True)
    output, last = module(x)
    other, other_last = batch_first(x.transpose(0, 1))
    close(other.transpose(0, 1), output)
    for state, expected in zip(states(other_last), states(last), strict=True):
        close(state, expected)
    single, single_last = module(x[:, 0])
    close(single, output[:, 0])
    assert [state.ndim for state in states(single_last)] == [2] * len(states(last))


@each_network
def test_a_cell_is_a_step(name: str) -> None:
    cells: dict[str, Any] = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "tanh": nn.RNNCell}
    if name not in cells:
        return
    ag.manual_seed(0)
    network = {"lstm": nn.LSTM, "gru": nn.GRU, "tanh": nn.RNN}[name](3, 4, dtype=ag.float64)
    cell = cells[name](3, 4, dtype=ag.float64)
    for mine, theirs in zip(cell.parameters(), network.parameters(), strict=True):
        mine.data = theirs.data
    x, hx, outputs = ag.randn(3, 2, 3, dtype=ag.float64), None, []
    for row in x:
        hx = cell(row, hx)
        outputs.append(hx[0] if isinstance(hx, tuple) else hx)
    close(ag.stack(outputs), network(x)[0])
    sum((out**2).sum() for out in outputs).backward()
    (network(x)[0] ** 2).sum().backward()
    for mine, theirs in zip(gradients(cell), gradients(network), strict=True):
        close(mine, theirs)


@each_network
def test_a_graph_may_be_swept_twice(name: str) -> None:
    """The formulas leave alone what the forward pass kept."""
    module = made(name)
    output, _ = module(ag.randn(4, 2, 3, dtype=ag.float64))
    loss = (output**2).sum()
    loss.backward(retain_graph=True)
    first = gradients(module)
    loss.backward()
    for slope, expected in zip(gradients(module), first, strict=True):
        np.testing.assert_array_equal(slope.numpy(), expected.numpy())


def test_results_may_be_overwritten_but_not_the_states_that_went_in() -> None:
    module = made("tanh")
    x, h = ag.randn(3, 2, 3, dtype=ag.float64), ag.randn(1, 2, 4, dtype=ag.float64)
    output, last = module(x, h)
    output.sum().backward(retain_graph=True)
    expected = gradients(module)
    loss = output.sum()
    with ag.no_grad():
        output.zero_()
        last.zero_()
    loss.backward(retain_graph=True)
    for slope, known in zip(gradients(module), expected, strict=True):
        close(slope, known)
    h.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_second_derivatives_of_networks() -> None:
    """A gradient penalty through two layers, against differences of the first derivatives."""
    for name in ("lstm", "gru"):
        module = made(name)
        x = ag.randn(3, 1, 3, dtype=ag.float64, requires_grad=True)
        weight = module.weight_hh_l0

        def penalty(module: nn.Module = module, x: ag.Tensor = x) -> ag.Tensor:
            (slope,) = ag.grad(module(x)[0].sum(), x, create_graph=True)
            return (slope**2).sum()

        (found,) = ag.grad(penalty(), weight)
        step, direction = 1e-5, ag.randn(*weight.shape, dtype=ag.float64)
        values = []
        for sign in (1, -1):
            with ag.no_grad():
                weight += sign * step * direction
            values.append(penalty().item())
            with ag.no_grad():
                weight -= sign * step * direction
        assert (found * direction).sum().item() == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-6)


def test_dropout_only_while_training_and_not_after_the_last_layer() -> None:
    ag.manual_seed(0)
    module = nn.LSTM(3, 4, 2, dropout=1.0)
    x = ag.randn(5, 2, 3)
    module.weight_ih_l1.data.zero_()
    assert (module(x)[0] != 0).all()  # nothing is dropped after the last layer
    assert not ag.allclose(module.eval()(x)[1][0][0], ag.zeros(2, 4))
    first = module.train()(x * 1)[0]
    close(module(x * 2)[0], first, 1e-6)  # everything between the layers is
    with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1"):
        nn.GRU(3, 4, dropout=0.5)


def test_half_precision_and_saturated_gates() -> None:
    for name in ("lstm", "gru", "tanh"):
        module = made(name)
        x = ag.randn(3, 2, 3, dtype=ag.float64)
        output, _ = deepcopy(module).half()(x.half())
        assert output.dtype == ag.float16
        close(output.double(), module(x)[0], 3e-3)
        large = x * 1e6
        large.requires_grad_()
        output, _ = module(large)
        output.sum().backward()  # warnings are errors
        assert ag.isfinite(output).all()
        assert ag.isfinite(large.grad).all()


def test_weights_are_read_when_called() -> None:
    """A weight may be replaced, or computed by a program before each call."""
    ag.manual_seed(0)
    module = nn.LSTM(3, 4)
    x = ag.randn(2, 1, 3)
    before = module(x)[0]
    raw = nn.Parameter(module.weight_hh_l0.detach() * 0)
    del module.weight_hh_l0
    module.weight_hh_l0 = raw * 1
    assert module._flat_weights[1] is module.weight_hh_l0
    output, _ = module(x)
    assert not ag.allclose(output, before)
    output.sum().backward()
    assert raw.grad is not None
    other = deepcopy(nn.GRU(3, 4))
    assert [w is p for w, p in zip(other._flat_weights, other.parameters(), strict=True)] == [True] * 4


def test_last_states_are_no_views() -> None:
    for layers in (1, 2):
        _, (h, c) = nn.LSTM(3, 4, layers)(ag.ones(2, 1, 3))
        h.detach_()
        c.detach_()
        assert not h.requires_grad


def test_copies_of_a_decoder_layer_keep_their_activation() -> None:
    """(PyTorch's become relu, if it is a module: also in a TransformerDecoder.)"""
    layer = nn.TransformerDecoderLayer(4, 2, 6, activation=nn.GELU())
    assert isinstance(deepcopy(layer).activation, nn.GELU)
    assert isinstance(nn.TransformerDecoder(layer, 1).layers[0].activation, nn.GELU)


# ---------------------------------------------------------------- packing and padding


def test_packing_and_padding_are_inverse() -> None:
    parts = [ag.randn(n, 2) for n in (2, 4, 1)]
    for batch_first in (False, True):
        padded = pad_sequence(parts, batch_first, padding_value=9.0)
        packed = pack_padded_sequence(padded, [2, 4, 1], batch_first, enforce_sorted=False)
        again, lengths = pad_packed_sequence(packed, batch_first, padding_value=9.0)
        np.testing.assert_array_equal(again.numpy(), padded.numpy())
        assert lengths.tolist() == [2, 4, 1]
    for part, expected in zip(unpack_sequence(packed), parts, strict=True):
        np.testing.assert_array_equal(part.numpy(), expected.numpy())


def test_a_length_beyond_the_padding_is_an_error() -> None:
    """(PyTorch packs fewer rows than the batch sizes say.)"""
    with pytest.raises(RuntimeError, match="length 5 in a batch padded to 4"):
        pack_padded_sequence(ag.ones(4, 2), [5, 1])
