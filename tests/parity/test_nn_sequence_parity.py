"""Sequence models against PyTorch: recurrent networks, packed sequences, attention, transformers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.parity.sides import SIDES, array, both, difference, flat, seed, torch, without_prefix

pytestmark = [
    pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN"),
    pytest.mark.filterwarnings("ignore:dropout option adds dropout after all but last"),
]


def draw(*size: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(size)


def compare(make: Callable[[Any], Any], call: Callable[..., Any], *inputs: Any, dtype: str = "float64") -> None:
    """The same module from the same seed, the same results, and gradients of inputs and parameters, here and there."""
    found = []
    for library, layers in SIDES:
        seed(library, 1)
        module = make(layers).to(getattr(library, dtype))
        tensors = [library.tensor(x.astype(dtype)).requires_grad_() for x in inputs]
        results = [result for result in flat(call(library, module, *tensors)) if result is not None]
        loss = sum((result * library.tensor(draw(*result.shape, seed=5).astype(dtype))).sum() for result in results)
        loss.backward()
        parameters = dict(module.named_parameters())
        found.append((list(parameters), parameters, results, [x.grad for x in (*tensors, *parameters.values())]))
    difference(*found, 1e-10 if dtype == "float64" else 2e-5)


def outcome(action: Callable[[Any, Any], Any], side: tuple[Any, Any]) -> Any:
    try:
        action(*side)
    except Exception as error:
        return type(error)
    return None


# ---------------------------------------------------------------- recurrent networks

KINDS = ["LSTM", "GRU", "RNN"]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("kind", [*KINDS, "relu", "proj"])
def test_recurrent_networks(kind: str, num_layers: int, bidirectional: bool, bias: bool) -> None:
    more: dict[str, Any] = {"relu": {"nonlinearity": "relu"}, "proj": {"proj_size": 2}}.get(kind, {})
    name = {"relu": "RNN", "proj": "LSTM"}.get(kind, kind)
    count, width = num_layers * (1 + bidirectional), more.get("proj_size", 4)
    h, c = draw(count, 2, width, seed=2), draw(count, 2, 4, seed=3)
    states = [h, c] if name == "LSTM" else [h]

    for batch_first in (False, True):

        def make(layers: Any, batch_first: bool = batch_first) -> Any:
            return getattr(layers, name)(
                3, 4, num_layers, bias=bias, batch_first=batch_first, bidirectional=bidirectional, dropout=0.4, **more
            )

        x = draw(5, 2, 3)

        def with_states(library: Any, module: Any, x: Any, *states: Any) -> Any:
            return module(x, states if name == "LSTM" else states[0])

        def on_one(library: Any, module: Any, x: Any, *states: Any) -> Any:
            states = tuple(state[:, 1] for state in states)
            return module(x[:, 1], states if name == "LSTM" else states[0])

        def packed(library: Any, module: Any, x: Any, *states: Any) -> Any:
            pack = library.nn.utils.rnn.pack_padded_sequence
            result, last = module(pack(x, [3, 5], enforce_sorted=False), states if name == "LSTM" else states[0])
            return [result.data, last]

        if not batch_first:  # (dropout draws for a packed sequence too)
            compare(make, on_one, x, *states)
            compare(make, packed, x, *states)
            compare(make, lambda library, module, x: module(x), x, dtype="float32")
        compare(make, with_states, x.swapaxes(0, 1) if batch_first else x, *states)


def test_dropout_draws_between_layers() -> None:
    """With the same seed the same elements are dropped, in every kind of network and for packed sequences."""
    for kind, bidirectional in itertools.product(KINDS, (False, True)):
        found = []
        for library, layers in SIDES:
            seed(library, 0)
            module = getattr(layers, kind)(3, 4, 3, dropout=0.5, bidirectional=bidirectional)
            pack = layers.utils.rnn.pack_padded_sequence
            x = library.tensor(draw(6, 2, 3).astype("float32"))
            found.append([array(module(x)[0]), array(module(pack(x, [6, 2]))[0].data), array(module.eval()(x)[0])])
        for mine, wanted in zip(*found, strict=True):
            np.testing.assert_allclose(mine, wanted, atol=2e-6)


def test_lists_of_weights() -> None:
    for kind, options in (("LSTM", {"num_layers": 2, "bidirectional": True, "proj_size": 2}), ("GRU", {"bias": False})):
        ours, theirs = both(lambda library, layers: getattr(layers, kind)(3, 4, **options))
        difference(ours.all_weights, theirs.all_weights, 0)
        difference(ours._flat_weights, theirs._flat_weights, 0)
        assert ours._flat_weights_names == theirs._flat_weights_names
        assert ours.flatten_parameters() is None


def build_errors() -> dict[str, Callable[[Any, Any], Any]]:
    errors: dict[str, Callable[[Any, Any], Any]] = {}
    for kind in KINDS:
        for arguments in ((0, 4), (3, 0), (3, 4, 0), (3.0, 4), (3, 4.0), (3,)):
            errors[f"{kind}{arguments}"] = lambda t, n, k=kind, a=arguments: getattr(n, k)(*a)
        for options in (
            {"dropout": 2}, {"dropout": True}, {"dropout": "x"}, {"bias": 1}, {"batch_first": 0}, {"proj_size": 4},
            {"proj_size": -1}, {"nonlinearity": "sin"}, {"other": 1},
        ):  # fmt: skip
            errors[f"{kind}{options}"] = lambda t, n, k=kind, o=options: getattr(n, k)(3, 4, **o)

        def call(t: Any, n: Any, k: str, x: tuple[int, ...], h: tuple[int, ...] | None, dtype: str = "float32") -> Any:
            state = None if h is None else (t.ones(*h), t.ones(*h)) if k == "LSTM" else t.ones(*h)
            return getattr(n, k)(3, 4)(t.ones(*x, dtype=getattr(t, dtype)), state)

        for x, h in (
            ((3,), None), ((2, 1, 3, 1), None), ((2, 1, 4), None), ((0, 1, 3), None), ((2, 1, 3), (1, 2, 4)),
            ((2, 1, 3), (1, 1, 5)), ((2, 1, 3), (1, 4)), ((2, 3), (1, 1, 4)), ((2, 1, 3), (2, 1, 4)),
        ):  # fmt: skip
            errors[f"{kind} {x} {h}"] = lambda t, n, k=kind, x=x, h=h, f=call: f(t, n, k, x, h)
        errors[f"{kind} dtype"] = lambda t, n, k=kind, f=call: f(t, n, k, (2, 1, 3), None, "float64")
        errors[f"{kind} packed"] = lambda t, n, k=kind: getattr(n, k)(2, 4)(
            n.utils.rnn.pack_sequence([t.ones(2, 3), t.ones(1, 3)])
        )
    for kind in ("LSTMCell", "GRUCell", "RNNCell"):

        def step(t: Any, n: Any, k: str, x: tuple[int, ...], h: tuple[int, ...] | None) -> Any:
            state = None if h is None else (t.ones(*h), t.ones(*h)) if k == "LSTMCell" else t.ones(*h)
            return getattr(n, k)(3, 4)(t.ones(*x), state)

        for x, h in (((2, 5), None), ((1, 1, 3), None), ((2, 3), (1, 4)), ((2, 3), (2, 5)), ((2, 3), (1, 2, 4))):
            errors[f"{kind} {x} {h}"] = lambda t, n, k=kind, x=x, h=h, f=step: f(t, n, k, x, h)
        errors[f"{kind} dtype"] = lambda t, n, k=kind: getattr(n, k)(3, 4)(t.ones(2, 3, dtype=t.float64))
    errors["nonlinearity"] = lambda t, n: n.RNNCell(3, 4, nonlinearity="sin")(t.ones(2, 3))
    errors["cell's state"] = lambda t, n: n.LSTMCell(3, 4)(t.ones(2, 3), t.ones(2, 4))
    errors["mode"] = lambda t, n: n.RNNBase("X", 3, 4)
    return errors


def test_errors_of_recurrent_networks() -> None:
    for name, action in build_errors().items():
        ours, theirs = (outcome(action, side) for side in SIDES)
        assert theirs is not None, name
        assert ours is theirs, f"{name}: {ours}, but PyTorch: {theirs}"


# ---------------------------------------------------------------- packed and padded sequences


def sequences(library: Any, *lengths: int) -> list[Any]:
    return [library.tensor(draw(n, 2, seed=n)).requires_grad_() for n in lengths]


SEQUENCES: dict[str, Callable[[Any, Any], Any]] = {
    "pack": lambda t, r: r.pack_sequence(sequences(t, 4, 2, 1)),
    "pack unsorted": lambda t, r: r.pack_sequence(sequences(t, 2, 4, 1, 4), enforce_sorted=False),
    "pack padded": lambda t, r: r.pack_padded_sequence(t.tensor(draw(4, 3, 2)), [4, 3, 1]),
    "pack shorter": lambda t, r: r.pack_padded_sequence(t.tensor(draw(4, 3)), t.tensor([2.7, 1, 1])),
    "pack batch first": lambda t, r: r.pack_padded_sequence(t.tensor(draw(3, 4, 2)), t.tensor([1, 4, 3]), True, False),
    "pack int": lambda t, r: r.pack_sequence([t.tensor([1, 2, 3]), t.tensor([4])]),
    "pad packed": lambda t, r: r.pad_packed_sequence(r.pack_sequence(sequences(t, 2, 4, 1), False)),
    "pad packed to": lambda t, r: r.pad_packed_sequence(r.pack_sequence(sequences(t, 4, 2)), True, -1.5, 6),
    "pad": lambda t, r: r.pad_sequence(sequences(t, 2, 4, 1)),
    "pad batch first": lambda t, r: r.pad_sequence(sequences(t, 2, 4, 1), True, 7.0),
    "pad left": lambda t, r: r.pad_sequence(sequences(t, 2, 4, 1), padding_value=7.0, padding_side="left"),
    "pad int": lambda t, r: r.pad_sequence([t.tensor([1, 2]), t.tensor([3])], padding_value=7.5),
    "pad mixed": lambda t, r: r.pad_sequence([t.ones(2, 3), t.ones(1, 3, dtype=t.float64)]),
    "pad rows": lambda t, r: r.pad_sequence(t.ones(2, 3)),
    "unpad": lambda t, r: r.unpad_sequence(t.tensor(draw(4, 3, 2)), t.tensor([1, 4, 0])),
    "unpack": lambda t, r: r.unpack_sequence(r.pack_sequence(sequences(t, 2, 4, 1), False)),
    "to": lambda t, r: r.pack_sequence(sequences(t, 2, 1)).to(t.float16),
    "half": lambda t, r: r.pack_sequence(sequences(t, 2, 1)).half(),
    "char": lambda t, r: r.pack_sequence([t.tensor([1, 2])]).char(),
    "init": lambda t, r: r.PackedSequence(t.ones(3), t.tensor([2, 1]), t.tensor([1, 0])),
    "init of a pair": lambda t, r: r.PackedSequence((t.ones(3), t.tensor([2, 1]))),
    "replace": lambda t, r: r.pack_sequence(sequences(t, 2, 1))._replace(data=t.zeros(3, 2)),
    "invert": lambda t, r: r.invert_permutation(t.tensor([2, 0, 1])),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences(name: str) -> None:
    ours, theirs = (SEQUENCES[name](library, layers.utils.rnn) for library, layers in SIDES)
    assert type(ours).__name__ == type(theirs).__name__
    mine, wanted = (without_prefix(repr(value).partition("grad_fn")[0]).rstrip() for value in (ours, theirs))
    assert mine == wanted
    difference(ours, theirs, 0)


def test_gradients_pass_through_packing() -> None:
    found = []
    for library, layers in SIDES:
        r = layers.utils.rnn
        parts = sequences(library, 2, 4, 1)
        padded, _ = r.pad_packed_sequence(r.pack_sequence(parts, enforce_sorted=False), total_length=5)
        left = r.pad_sequence(parts, padding_side="left")
        ((padded**2).sum() + (left * library.tensor(draw(4, 3, 2))).sum()).backward()
        found.append([array(part.grad) for part in parts])
    for mine, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-12)


def test_conversion_of_packed_sequences() -> None:
    for library, layers in SIDES:
        packed = layers.utils.rnn.pack_sequence([library.ones(2), library.ones(1)])
        assert packed.to(library.float32) is packed is packed.float()
        assert packed.cpu() is packed
        assert not packed.is_cuda
        assert not packed.is_pinned()
        assert packed.double().data.dtype == library.float64
        assert packed._fields == ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
        data, sizes, *_ = packed
        assert data is packed[0]
        assert sizes is packed.batch_sizes


SEQUENCE_ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "unsorted": lambda t, r: r.pack_padded_sequence(t.ones(4, 3), [4, 1, 3]),
    "no length": lambda t, r: r.pack_padded_sequence(t.ones(4, 3), [4, 1, 0]),
    "too few": lambda t, r: r.pack_padded_sequence(t.ones(4, 3), [4, 1]),
    "lengths 2-D": lambda t, r: r.pack_padded_sequence(t.ones(4, 3), [[4, 1, 1]]),
    "vector": lambda t, r: r.pack_padded_sequence(t.ones(3), [1, 1, 1]),
    "empty": lambda t, r: r.pack_padded_sequence(t.ones(3, 0, 2), []),
    "short total": lambda t, r: r.pad_packed_sequence(r.pack_sequence([t.ones(2)]), total_length=1),
    "not packed": lambda t, r: r.pad_packed_sequence(t.ones(2)),
    "nothing": lambda t, r: r.pad_sequence([]),
    "number": lambda t, r: r.pad_sequence(3),
    "shapes": lambda t, r: r.pad_sequence([t.ones(2, 3), t.ones(1, 2)]),
    "dimensions": lambda t, r: r.pad_sequence([t.ones(2, 3), t.ones(1, 2, 2)]),
    "0-d": lambda t, r: r.pad_sequence([t.ones(()), t.ones(())]),
    "side": lambda t, r: r.pad_sequence([t.ones(1)], padding_side="center"),
    "lists": lambda t, r: r.pad_sequence([[1], [2]]),
    "increasing": lambda t, r: r.pack_sequence([t.ones(1), t.ones(2)]),
    "no sequence": lambda t, r: r.pack_sequence([]),
    "too few lengths": lambda t, r: r.unpad_sequence(t.ones(2, 3), t.tensor([1])),
    "init": lambda t, r: r.PackedSequence(t.ones(3)),
}


@pytest.mark.parametrize("name", SEQUENCE_ERRORS)
def test_errors_of_sequences(name: str) -> None:
    ours, theirs = (outcome(SEQUENCE_ERRORS[name], (library, layers.utils.rnn)) for library, layers in SIDES)
    assert theirs is not None
    assert ours is theirs


# ---------------------------------------------------------------- attention

PADDING = np.array([[False, False, True], [False, True, True]])
HIDDEN = np.array([[False, True, True], [False, False, True], [True, False, False], [False, False, False]])


def masks(library: Any, kind: str, batch: int, heads: int) -> dict[str, Any]:
    """key_padding_mask (N, S) and attn_mask (L, S) or (N * heads, L, S)."""
    bools = kind.endswith("bool")
    found: dict[str, Any] = {}
    if "padding" in kind:
        found["key_padding_mask"] = PADDING
    if "hidden" in kind:
        found["attn_mask"] = HIDDEN
    if "each" in kind:
        found["attn_mask"] = np.stack([np.roll(HIDDEN, i, 0) for i in range(batch * heads)])
    return {name: library.tensor(mask if bools else np.where(mask, -np.inf, 0.25)) for name, mask in found.items()}


OPTIONS: list[dict[str, Any]] = [
    {}, {"bias": False}, {"add_bias_kv": True}, {"add_zero_attn": True}, {"kdim": 3, "vdim": 5},
    {"kdim": 3, "vdim": 5, "bias": False, "add_bias_kv": True, "add_zero_attn": True},
]  # fmt: skip
CALLS: list[dict[str, Any]] = [{}, {"average_attn_weights": False}, {"need_weights": False}]
MASKS = ["", "padding bool", "hidden bool", "padding hidden", "each", "padding each bool"]


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_multihead_attention(options: dict[str, Any], batch_first: bool) -> None:
    shapes = (4, 2, 6), (3, 2, options.get("kdim", 6)), (3, 2, options.get("vdim", 6))
    inputs = [draw(*shape, seed=i) for i, shape in enumerate(shapes)]
    if batch_first:
        inputs = [x.swapaxes(0, 1) for x in inputs]

    def make(layers: Any) -> Any:
        return layers.MultiheadAttention(6, 3, batch_first=batch_first, **options)

    for (i, call), kind in itertools.product(enumerate(CALLS), MASKS):
        if i and kind not in ("", "padding hidden", "each"):
            continue

        def attend(library: Any, module: Any, *inputs: Any, kind: str = kind, call: Any = call) -> Any:
            return module(*inputs, **masks(library, kind, 2, 3), **call)

        compare(make, attend, *inputs)
    at: Any = 0 if batch_first else (slice(None), 0)
    for call in CALLS:

        def alone(library: Any, module: Any, *inputs: Any, call: Any = call) -> Any:
            given = {"attn_mask": library.tensor(HIDDEN), "key_padding_mask": library.tensor(PADDING[1])}
            return module(*inputs, **given, **call)

        compare(make, alone, *[x[at] for x in inputs])


@pytest.mark.parametrize("batch_first", [False, True])
def test_self_attention_and_dropout(batch_first: bool) -> None:
    for dropout in (0.0, 0.5):

        def make(layers: Any, dropout: float = dropout) -> Any:
            return layers.MultiheadAttention(4, 2, dropout, batch_first=batch_first)

        for call in CALLS:
            compare(make, lambda library, module, x, call=call: module(x, x, x, **call), draw(3, 2, 4))
            compare(
                make, lambda library, module, x, y, call=call: module(x, y, y, **call), draw(3, 2, 4), draw(3, 2, 4)
            )

    def causal(library: Any, module: Any, x: Any) -> Any:
        mask = library.ones(3, 3).triu(1).bool()
        kept = module(x, x, x, attn_mask=mask, is_causal=True)
        return [*kept, module(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)[0]]

    compare(make, causal, draw(3, 3, 4))
    compare(make, lambda library, module, x: module.eval()(x, x, x), draw(3, 2, 4), dtype="float32")


def test_hidden_from_every_key() -> None:
    """NaN with weights, zeros without, as PyTorch has it where gradients are on."""
    found = []
    for library, layers in SIDES:
        seed(library, 0)
        module = layers.MultiheadAttention(4, 2)
        x = library.tensor(draw(3, 1, 4).astype("float32"))
        hidden = library.tensor([[False, True, True], [True, True, True], [False, False, True]])
        found.append([array(module(x, x, x, attn_mask=hidden, need_weights=need)[0]) for need in (True, False)])
    for mine, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-6)


def test_dropout_of_attention_draws_the_same() -> None:
    for shape in ((2, 3, 4), (2, 2, 3, 4)):
        found = []
        for library, layers in SIDES:
            seed(library, 3)
            q, k, v = (library.tensor(draw(*shape, seed=i)).requires_grad_() for i in range(3))
            out = layers.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.4)
            (out**2).sum().backward()
            found.append([array(x) for x in (out, q.grad, k.grad, v.grad)])
        for mine, wanted in zip(*found, strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=1e-10, atol=1e-12)


def test_attention_with_static_keys() -> None:
    found = []
    for library, layers in SIDES:
        q, k, v = (library.tensor(draw(3, 2, 4, seed=i)) for i in range(3))
        w, out = library.tensor(draw(12, 4, seed=4)), library.tensor(draw(4, 4, seed=5))
        static = [library.tensor(draw(4, 5, 2, seed=i)) for i in (6, 7)]
        arguments = (q, k, v, 4, 2, w, None, None, None, False, 0.0, out, None)
        found.append(layers.functional.multi_head_attention_forward(*arguments, static_k=static[0], static_v=static[1]))
    difference(*found, 1e-10)


def attention_errors() -> dict[str, Callable[[Any, Any], Any]]:
    def call(t: Any, n: Any, *shapes: tuple[int, ...], make: Any = None, **options: Any) -> Any:
        given = {name: value(t) if callable(value) else value for name, value in options.items()}
        module = n.MultiheadAttention(4, 2, **(make or {}))
        return module(*[t.ones(*shape) for shape in shapes], **given)

    x = (3, 2, 4)
    cases: dict[str, Any] = {
        "1-D": ([(4,)] * 3, {}), "4-D": ([(1, *x)] * 3, {}), "key 2-D": ([x, (3, 4), x], {}),
        "size": ([(3, 2, 5)] * 3, {}), "key size": ([x, (3, 2, 5), (3, 2, 5)], {}), "lengths": ([x, x, (4, 2, 4)], {}),
        "padding 1-D": ([x] * 3, {"key_padding_mask": lambda t: t.ones(3).bool()}),
        "padding shape": ([x] * 3, {"key_padding_mask": lambda t: t.ones(3, 3).bool()}),
        "padding length": ([x] * 3, {"key_padding_mask": lambda t: t.ones(2, 4).bool()}),
        "padding ints": ([x] * 3, {"key_padding_mask": lambda t: t.ones(2, 3).long()}),
        "mask ints": ([x] * 3, {"attn_mask": lambda t: t.ones(3, 3).long()}),
        "mask 1-D": ([x] * 3, {"attn_mask": lambda t: t.ones(3)}),
        "mask shape": ([x] * 3, {"attn_mask": lambda t: t.ones(3, 4)}),
        "mask 3-D": ([x] * 3, {"attn_mask": lambda t: t.ones(3, 3, 3)}),
        "mask double": ([x] * 3, {"attn_mask": lambda t: t.ones(3, 3).double()}),
        "mask alone": ([(3, 4)] * 3, {"attn_mask": lambda t: t.ones(3, 3, 3)}),
        "causal": ([x] * 3, {"is_causal": True}),
        "separate": ([x, (3, 2, 3), (4, 2, 4)], {"make": {"kdim": 3}}),
        "separate size": ([x, x, x], {"make": {"kdim": 3}}),
        "dropout": ([x] * 3, {"make": {"dropout": 1.5}}),
    }  # fmt: skip
    errors: dict[str, Any] = {
        name: lambda t, n, shapes=shapes, options=options: call(t, n, *shapes, **options)
        for name, (shapes, options) in cases.items()
    }
    for sizes in ((0, 1), (4, 0), (4, 3)):
        errors[f"{sizes}"] = lambda t, n, sizes=sizes: n.MultiheadAttention(*sizes)
    return errors


def test_errors_of_attention() -> None:
    for name, action in attention_errors().items():
        ours, theirs = (outcome(action, side) for side in SIDES)
        assert theirs is not None, name
        assert ours is theirs, f"{name}: {ours}, but PyTorch: {theirs}"


def test_mismatched_masks_warn() -> None:
    for library, layers in SIDES:
        x = library.ones(3, 2, 4)
        with pytest.warns(UserWarning, match="mismatched key_padding_mask and attn_mask is deprecated"):
            layers.MultiheadAttention(4, 2)(
                x, x, x, key_padding_mask=library.zeros(2, 3).bool(), attn_mask=library.zeros(3, 3)
            )


# ---------------------------------------------------------------- transformers


LAYERS: list[dict[str, Any]] = [
    {}, {"norm_first": True}, {"batch_first": True}, {"bias": False}, {"dropout": 0.0, "layer_norm_eps": 0.1},
    {"activation": "gelu", "batch_first": True, "norm_first": True},
]  # fmt: skip


@pytest.mark.parametrize("options", LAYERS, ids=str)
def test_transformer_layers(options: dict[str, Any]) -> None:
    sizes = ((4, 2, 4), (3, 2, 4))
    x, memory = (draw(*size, seed=i) for i, size in enumerate(sizes))
    if options.get("batch_first"):
        x, memory = x.swapaxes(0, 1), memory.swapaxes(0, 1)

    def encoder(layers: Any) -> Any:
        return layers.TransformerEncoderLayer(4, 2, 6, **options)

    def decoder(layers: Any) -> Any:
        return layers.TransformerDecoderLayer(4, 2, 6, **options)

    def encode(library: Any, module: Any, x: Any) -> Any:
        mask = module_mask(library, 4)
        padding = library.tensor([[False, False, True, True], [False, True, True, False]])
        yield module(x)
        yield module(x, mask, is_causal=True)
        yield module(x, mask > -1, padding)
        yield module.eval()(x, src_key_padding_mask=padding)

    def decode(library: Any, module: Any, x: Any, memory: Any) -> Any:
        yield module(x, memory)
        yield module(x, memory, module_mask(library, 4), tgt_is_causal=True, memory_mask=library.tensor(HIDDEN))
        yield module.eval()(x, memory, memory_key_padding_mask=library.tensor(PADDING))

    compare(encoder, lambda *args: list(encode(*args)), x)
    compare(decoder, lambda *args: list(decode(*args)), x, memory)
    alone: Any = 0 if options.get("batch_first") else (slice(None), 0)
    compare(encoder, lambda library, module, x: module(x), x[alone])
    compare(decoder, lambda library, module, *inputs: module(*inputs), x[alone], memory[alone])


def module_mask(library: Any, size: int) -> Any:
    layers = nn if library is ag else torch.nn
    return layers.Transformer.generate_square_subsequent_mask(size, dtype=library.float64)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("batch_first", [False, True])
def test_transformers(batch_first: bool) -> None:
    def make(layers: Any) -> Any:
        return layers.Transformer(4, 2, 2, 2, 6, 0.3, batch_first=batch_first)

    def run(library: Any, module: Any, src: Any, tgt: Any) -> Any:
        padding = library.tensor(PADDING)
        yield module(src, tgt)
        yield module(src, tgt, tgt_mask=module_mask(library, 4))
        yield module(src, tgt, src_key_padding_mask=padding, memory_key_padding_mask=padding)
        yield module.eval()(src, tgt, src_mask=module_mask(library, 3), src_is_causal=True)

    inputs = draw(3, 2, 4), draw(4, 2, 4, seed=1)
    compare(make, lambda *args: list(run(*args)), *[x.swapaxes(0, 1) if batch_first else x for x in inputs])
    compare(make, lambda library, module, *x: module.eval()(*x), inputs[0][:, 0], inputs[1][:, 0], dtype="float32")


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_evaluation_without_gradients() -> None:
    """PyTorch's fast path: the same numbers, and zeros at the padding where it would make nested tensors."""
    aligned = np.array([[False, False, True], [False, False, False]])
    gaps = np.array([[False, True, False], [False, False, False]])
    for padding, masked in ((aligned, False), (gaps, False), (aligned, True), (np.where(aligned, -np.inf, 0), False)):
        for options in ({}, {"activation": "gelu"}, {"norm_first": True}):
            for check in (True, False):
                if not check and padding is gaps:
                    continue
                found = []
                for library, layers in SIDES:
                    seed(library, 0)
                    layer = layers.TransformerEncoderLayer(4, 2, 6, batch_first=True, **options)
                    nested = "norm_first" not in options
                    encoder = layers.TransformerEncoder(layer, 2, layers.LayerNorm(4), nested, check).eval()
                    x, hidden = library.tensor(draw(2, 3, 4).astype("float32")), library.tensor(padding)
                    hidden = hidden.to(library.float32) if hidden.is_floating_point() else hidden
                    mask = library.zeros(3, 3).bool() if masked else None
                    results = [encoder(x, mask, hidden)]
                    with library.no_grad():
                        results += [encoder(x), encoder(x, mask, hidden), layer.eval()(x, src_key_padding_mask=hidden)]
                    found.append([array(result) for result in results])
                for mine, wanted in zip(*found, strict=True):
                    np.testing.assert_allclose(mine, wanted, atol=1e-5)


def test_warnings_about_nested_tensors() -> None:
    reasons = (
        {"norm_first": True, "batch_first": True}, {}, {"batch_first": True, "bias": False},
        {"batch_first": True, "activation": "sigmoid"}, {"batch_first": True, "nhead": 1},
    )  # fmt: skip
    for options in reasons:
        messages = []
        for library, layers in SIDES:
            given: dict[str, Any] = {"nhead": 2, **options}
            if given.get("activation") == "sigmoid":
                given["activation"] = library.sigmoid
            with pytest.warns(UserWarning, match="use_nested_tensor is False because") as caught:
                layers.TransformerEncoder(layers.TransformerEncoderLayer(4, **given), 1)
            messages.append(str(caught[0].message))
        assert messages[0] == messages[1]


def test_causal_masks_are_recognised() -> None:
    """Given as what they are, by their values, or as something else."""
    for library, layers in SIDES:
        mask = layers.Transformer.generate_square_subsequent_mask(3)
        assert mask.tolist() == [[0.0, -np.inf, -np.inf], [0.0, 0.0, -np.inf], [0.0] * 3]
        layer = layers.TransformerEncoderLayer(4, 2, 6, 0.0)
        hints: list[Any] = []
        layer.register_forward_pre_hook(
            lambda m, args, kwargs, h=hints: h.append(kwargs["is_causal"]), with_kwargs=True
        )
        encoder = layers.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        encoder.layers[0] = layer
        x = library.ones(3, 1, 4)
        for given, hint in (
            (mask, None),
            (library.zeros(3, 3), None),
            (None, None),
            (mask, False),
            (library.zeros(3, 3), True),
        ):
            encoder(x, given, is_causal=hint)
        assert hints == [True, False, False, False, True]


def transformer_errors() -> dict[str, Callable[[Any, Any], Any]]:
    def model(n: Any, **options: Any) -> Any:
        return n.Transformer(4, 2, 1, 1, 6, batch_first=True, **options)

    return {
        "activation": lambda t, n: n.TransformerEncoderLayer(4, 2, activation="tanh"),
        "heads": lambda t, n: n.TransformerEncoderLayer(4, 3),
        "batch": lambda t, n: model(n)(t.ones(2, 3, 4), t.ones(1, 3, 4)),
        "features": lambda t, n: model(n)(t.ones(2, 3, 4), t.ones(2, 3, 5)),
        "mask ints": lambda t, n: model(n)(t.ones(2, 3, 4), t.ones(2, 3, 4), t.ones(3, 3).long()),
        "mask shape": lambda t, n: model(n)(t.ones(2, 3, 4), t.ones(2, 3, 4), t.ones(3, 4)),
        "causal": lambda t, n: n.TransformerDecoderLayer(4, 2)(t.ones(3, 4), t.ones(3, 4), tgt_is_causal=True),
        "normalized shape": lambda t, n: n.LayerNorm(4)(t.ones(3)),
        "dtype": lambda t, n: n.LayerNorm(4)(t.ones(4).double()),
    }


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_errors_of_transformers() -> None:
    for name, action in transformer_errors().items():
        ours, theirs = (outcome(action, side) for side in SIDES)
        assert theirs is not None, name
        assert ours is theirs, f"{name}: {ours}, but PyTorch: {theirs}"
