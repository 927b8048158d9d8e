"""Layers for images, and normalisation, against PyTorch: printing, state, initial values, results, gradients, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

SIDES = [(ag, nn), (torch, torch.nn)]

LINE, PICTURE, VOLUME = (2, 4, 6), (2, 4, 5, 6), (2, 4, 3, 4, 2)

Layer = tuple[Callable[[Any], Any], tuple[int, ...]]  # how it is made of `nn`, and the shape of its input

LAYERS: dict[str, Layer] = {
    "Conv1d": (lambda n: n.Conv1d(4, 6, 3), LINE),
    "Conv1d same": (lambda n: n.Conv1d(4, 2, 4, padding="same", dilation=2, bias=False, padding_mode="circular"), LINE),
    "Conv2d": (lambda n: n.Conv2d(4, 6, (3, 2), (2, 1), 1, groups=2), PICTURE),
    "Conv2d, one image": (lambda n: n.Conv2d(4, 2, 2, padding="valid"), (4, 3, 3)),
    "Conv2d same": (lambda n: n.Conv2d(4, 2, 2, padding="same"), PICTURE),
    "Conv2d reflect": (lambda n: n.Conv2d(4, 2, 3, padding=(2, 1), padding_mode="reflect"), PICTURE),
    "Conv2d replicate": (lambda n: n.Conv2d(4, 2, (2, 3), padding="same", padding_mode="replicate"), PICTURE),
    "Conv3d": (lambda n: n.Conv3d(4, 2, 2, 1, (1, 0, 2), padding_mode="circular"), VOLUME),
    "ConvTranspose1d": (lambda n: n.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2), LINE),
    "ConvTranspose2d": (lambda n: n.ConvTranspose2d(4, 2, (3, 2), 2, bias=False, dilation=(1, 2)), PICTURE),
    "ConvTranspose3d": (lambda n: n.ConvTranspose3d(4, 2, 2, output_padding=(1, 0, 1), stride=2), VOLUME),
    "MaxPool1d": (lambda n: n.MaxPool1d(3, 2, 1, ceil_mode=True), LINE),
    "MaxPool2d": (lambda n: n.MaxPool2d((2, 3), dilation=2, stride=1), PICTURE),
    "MaxPool3d": (lambda n: n.MaxPool3d(2), VOLUME),
    "AvgPool1d": (lambda n: n.AvgPool1d(3, 2, 1), LINE),
    "AvgPool2d": (lambda n: n.AvgPool2d(2, padding=1, count_include_pad=False), PICTURE),
    "AvgPool3d": (lambda n: n.AvgPool3d(2, 1, divisor_override=3), VOLUME),
    "LPPool1d": (lambda n: n.LPPool1d(2, 3), LINE),
    "LPPool2d": (lambda n: n.LPPool2d(4, 2, ceil_mode=True), PICTURE),
    "LPPool3d": (lambda n: n.LPPool3d(2, 2, 1), VOLUME),
    "AdaptiveAvgPool1d": (lambda n: n.AdaptiveAvgPool1d(4), LINE),
    "AdaptiveAvgPool2d": (lambda n: n.AdaptiveAvgPool2d((None, 2)), PICTURE),
    "AdaptiveAvgPool3d": (lambda n: n.AdaptiveAvgPool3d(2), VOLUME),
    "AdaptiveMaxPool1d": (lambda n: n.AdaptiveMaxPool1d(3), LINE),
    "AdaptiveMaxPool2d": (lambda n: n.AdaptiveMaxPool2d((2, 4)), PICTURE),
    "AdaptiveMaxPool3d": (lambda n: n.AdaptiveMaxPool3d((2, None, 1)), VOLUME),
    "ZeroPad1d": (lambda n: n.ZeroPad1d((1, -2)), LINE),
    "ZeroPad2d": (lambda n: n.ZeroPad2d(1), PICTURE),
    "ZeroPad3d": (lambda n: n.ZeroPad3d((1, 0, 2, 0, 0, 1)), VOLUME),
    "ConstantPad1d": (lambda n: n.ConstantPad1d(2, 1.5), LINE),
    "ConstantPad2d": (lambda n: n.ConstantPad2d((1, 2, 0, -1), -1), PICTURE),
    "ConstantPad3d": (lambda n: n.ConstantPad3d(1, 2.0), VOLUME),
    "ReflectionPad1d": (lambda n: n.ReflectionPad1d((2, 1)), LINE),
    "ReflectionPad2d": (lambda n: n.ReflectionPad2d(2), PICTURE),
    "ReflectionPad3d": (lambda n: n.ReflectionPad3d(1), VOLUME),
    "ReplicationPad1d": (lambda n: n.ReplicationPad1d(3), LINE),
    "ReplicationPad2d": (lambda n: n.ReplicationPad2d((1, 2, 3, 0)), PICTURE),
    "ReplicationPad3d": (lambda n: n.ReplicationPad3d(1), VOLUME),
    "CircularPad1d": (lambda n: n.CircularPad1d((0, 6)), LINE),
    "CircularPad2d": (lambda n: n.CircularPad2d(2), PICTURE),
    "CircularPad3d": (lambda n: n.CircularPad3d(1), VOLUME),
    "Upsample": (lambda n: n.Upsample(scale_factor=(2, 1.5), mode="bilinear"), PICTURE),
    "Upsample to a size": (lambda n: n.Upsample(9), LINE),
    "Upsample volumes": (lambda n: n.Upsample(None, 1.5, "trilinear", True, True), VOLUME),
    "UpsamplingNearest2d": (lambda n: n.UpsamplingNearest2d(scale_factor=2), PICTURE),
    "UpsamplingBilinear2d": (lambda n: n.UpsamplingBilinear2d((7, 4)), PICTURE),
    "PixelShuffle": (lambda n: n.PixelShuffle(2), PICTURE),
    "PixelUnshuffle": (lambda n: n.PixelUnshuffle(2), (1, 2, 4, 6)),
    "ChannelShuffle": (lambda n: n.ChannelShuffle(2), PICTURE),
    "Unfold": (lambda n: n.Unfold((2, 3), padding=1, stride=2), PICTURE),
    "Fold": (lambda n: n.Fold((4, 5), (2, 2)), (2, 8, 12)),
    "BatchNorm1d": (lambda n: n.BatchNorm1d(4), (5, 4)),
    "BatchNorm1d of sequences": (lambda n: n.BatchNorm1d(4, 1e-3, 0.5, bias=False), LINE),
    "BatchNorm2d": (lambda n: n.BatchNorm2d(4, momentum=None), PICTURE),
    "BatchNorm2d without": (lambda n: n.BatchNorm2d(4, affine=False, track_running_stats=False), PICTURE),
    "BatchNorm3d": (lambda n: n.BatchNorm3d(4, affine=False), VOLUME),
    "InstanceNorm1d": (lambda n: n.InstanceNorm1d(4, affine=True), LINE),
    "InstanceNorm2d": (lambda n: n.InstanceNorm2d(4, track_running_stats=True), PICTURE),
    "InstanceNorm3d": (lambda n: n.InstanceNorm3d(4, 0.1, None, True, True), VOLUME),
    "InstanceNorm2d of one image": (lambda n: n.InstanceNorm2d(4, affine=True, bias=False), PICTURE[1:]),
    "GroupNorm": (lambda n: n.GroupNorm(2, 4), PICTURE),
    "GroupNorm without": (lambda n: n.GroupNorm(4, 4, 0.1, False), LINE),
    "LayerNorm": (lambda n: n.LayerNorm(6), LINE),
    "LayerNorm of several": (lambda n: n.LayerNorm([5, 6], 0.1, bias=False), PICTURE),
    "LayerNorm without": (lambda n: n.LayerNorm((6,), elementwise_affine=False), LINE),
    "RMSNorm": (lambda n: n.RMSNorm(6), LINE),
    "RMSNorm without": (lambda n: n.RMSNorm((5, 6), 0.1, False), PICTURE),
    "LocalResponseNorm": (lambda n: n.LocalResponseNorm(3, 0.5), PICTURE),
}  # fmt: skip


def made(name: str, dtype: str = "float32") -> list[Any]:
    """The layer here and in PyTorch, from the same seed."""
    layers = []
    for library, side in SIDES:
        library.manual_seed(0)
        layers.append(LAYERS[name][0](side).to(getattr(library, dtype)))
    return layers


def array(tensor: Any) -> Any:
    return np.array(tensor.detach().numpy())


@pytest.mark.parametrize("name", LAYERS)
def test_printing_and_initial_state(name: str) -> None:
    ours, theirs = made(name)
    assert repr(ours) == repr(theirs)
    mine, wanted = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(wanted)
    assert dict(mine._metadata) == dict(wanted._metadata)
    for key in wanted:
        np.testing.assert_array_equal(array(mine[key]), array(wanted[key]), strict=True)
    public = {key for key in vars(theirs) if not key.startswith("_")}
    assert public <= {*vars(ours), "training"}
    for key in public:
        assert getattr(ours, key) == getattr(theirs, key), key


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 2e-5)])
@pytest.mark.parametrize("name", LAYERS)
def test_results_gradients_and_state_in_training_and_evaluation(name: str, dtype: str, tolerance: float) -> None:
    rng = np.random.default_rng(0)
    batches = [rng.standard_normal(LAYERS[name][1]).astype(dtype) * 2 + 1 for _ in range(3)]
    found: list[list[Any]] = [[], []]
    for layer, (library, _), results in zip(made(name, dtype), SIDES, found, strict=True):
        for mode, x in zip((True, True, False), batches, strict=True):
            input = library.tensor(x).requires_grad_()
            out = layer.train(mode)(input)
            (out * out).sum().backward()
            results += [array(out), array(input.grad)]
        results += [array(p.grad) for p in layer.parameters()]
        results += [array(buffer) for buffer in layer.buffers()]
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * max(1, np.abs(theirs).max(initial=0)))
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("name", [name for name in LAYERS if made(name)[0].state_dict()])
def test_states_load_into_each_other(name: str) -> None:
    ours, theirs = made(name)
    rng = np.random.default_rng(1)
    state = {key: rng.random(value.shape).astype(str(array(value).dtype)) for key, value in ours.state_dict().items()}
    ours.load_state_dict({key: ag.tensor(value) for key, value in state.items()})
    theirs.load_state_dict({key: torch.from_numpy(array(value)) for key, value in ours.state_dict().items()})
    again, _ = made(name)
    again.load_state_dict({key: ag.from_numpy(array(value)) for key, value in theirs.state_dict().items()})
    for key, value in state.items():
        np.testing.assert_array_equal(array(again.state_dict()[key]), value)


def test_unpooling_returns_what_was_pooled() -> None:
    for dims, shape in ((1, LINE), (2, PICTURE), (3, (1, 1, 4, 2, 4))):
        x = np.random.default_rng(0).standard_normal(shape)
        found = []
        for library, side in SIDES:
            pooled, indices = getattr(side, f"MaxPool{dims}d")(2, return_indices=True)(library.tensor(x))
            unpool = getattr(side, f"MaxUnpool{dims}d")(2)
            found.append((repr(unpool), array(unpool(pooled, indices, output_size=shape)), array(indices)))
        assert found[0][0] == found[1][0]
        for ours, theirs in zip(found[0][1:], found[1][1:], strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_transposed_convolution_to_a_given_size() -> None:
    for size in ((11, 9), (2, 2, 11, 10), (12, 10)):
        found = []
        for library, side in SIDES:
            library.manual_seed(0)
            layer = side.ConvTranspose2d(4, 2, 3, 2)
            found.append(array(layer(library.ones(2, 4, 5, 4), output_size=size)))
        np.testing.assert_allclose(*found, rtol=1e-5)


def test_a_state_without_the_count_of_batches_loads() -> None:
    """Files older than PyTorch 0.4.1."""
    for library, side in SIDES:
        layer = side.BatchNorm1d(2)
        layer(library.ones(3, 2))
        old = {key: value for key, value in side.BatchNorm1d(2).state_dict().items() if "num" not in key}
        layer.load_state_dict(old)
        assert layer.num_batches_tracked.item() == 1
        assert layer.running_mean.tolist() == [0, 0]


ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "groups": lambda t, n: n.Conv2d(4, 4, 3, groups=0),
    "groups of the input": lambda t, n: n.Conv2d(3, 4, 3, groups=2),
    "groups of the output": lambda t, n: n.Conv2d(4, 3, 3, groups=2),
    "padding": lambda t, n: n.Conv2d(1, 1, 3, padding="full"),
    "same with a stride": lambda t, n: n.Conv2d(1, 1, 3, 2, "same"),
    "padding_mode": lambda t, n: n.Conv2d(1, 1, 3, padding_mode="mirror"),
    "padding_mode of the transposed": lambda t, n: n.ConvTranspose2d(1, 1, 3, padding_mode="circular"),
    "output_size": lambda t, n: n.ConvTranspose1d(1, 1, 3, 2)(t.ones(1, 1, 4), output_size=(20,)),
    "dimensions of output_size": lambda t, n: n.ConvTranspose1d(1, 1, 3, 2)(t.ones(1, 1, 4), output_size=(9, 9)),
    "channels": lambda t, n: n.Conv2d(2, 1, 3)(t.ones(1, 3, 4, 4)),
    "too small": lambda t, n: n.Conv2d(1, 1, 5)(t.ones(1, 1, 4, 4)),
    "flat input": lambda t, n: n.Conv2d(1, 1, 3)(t.ones(4, 4)),
    "pool padding": lambda t, n: n.MaxPool2d(2, padding=2)(t.ones(1, 1, 4, 4)),
    "unpool": lambda t, n: n.MaxUnpool2d(2)(t.ones(1, 1, 2, 2), t.ones(1, 1, 2, 2)),
    "one value": lambda t, n: n.BatchNorm1d(3)(t.ones(1, 3)),
    "one value of an image": lambda t, n: n.BatchNorm2d(3)(t.ones(1, 3, 1, 1)),
    "one element": lambda t, n: n.InstanceNorm1d(3)(t.ones(2, 3, 1)),
    "one value in a group": lambda t, n: n.GroupNorm(2, 2)(t.ones(1, 2)),
    "dimensions": lambda t, n: n.BatchNorm1d(3)(t.ones(2, 3, 4, 4)),
    "dimensions of images": lambda t, n: n.BatchNorm2d(3)(t.ones(2, 3)),
    "dimensions of instances": lambda t, n: n.InstanceNorm2d(3)(t.ones(2, 3)),
    "features": lambda t, n: n.BatchNorm1d(3)(t.ones(2, 4)),
    "features of instances": lambda t, n: n.InstanceNorm1d(3, affine=True)(t.ones(2, 4, 5)),
    "groups of channels": lambda t, n: n.GroupNorm(2, 3),
    "normalized_shape": lambda t, n: n.LayerNorm(3)(t.ones(2, 4)),
    "circular": lambda t, n: n.CircularPad2d(1)(t.ones(2, 2)),
    "circular too far": lambda t, n: n.CircularPad1d(3)(t.ones(1, 2)),
    "reflection too far": lambda t, n: n.ReflectionPad1d(2)(t.ones(1, 2)),
    "eps": lambda t, n: n.BatchNorm1d(2, eps=0.0)(t.ones(2, 2)),
    "mode": lambda t, n: n.Upsample(2, mode="bilinear")(t.ones(1, 1, 2)),
    "pixels": lambda t, n: n.PixelShuffle(2)(t.ones(1, 3, 2, 2)),
    "fold": lambda t, n: n.Fold((3, 3), 2)(t.ones(1, 4, 5)),
    "a tensor of another dtype": lambda t, n: n.Conv1d(1, 1, 1)(t.ones(1, 1, 1, dtype=t.float64)),
    "a list": lambda t, n: n.Conv1d(1, 1, 1)([[[1.0]]]),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    raised = []
    for library, side in SIDES:
        with pytest.raises(Exception) as error:
            ERRORS[name](library, side)
        raised.append(error.type)
    assert raised[0] is raised[1], raised


def test_warnings() -> None:
    for library, side in SIDES:
        functional = nn.functional if side is nn else torch.nn.functional
        with pytest.warns(UserWarning, match="does not match num_features"):
            side.InstanceNorm1d(3)(library.ones(2, 4, 5))
        for name in ("upsample", "upsample_nearest", "upsample_bilinear"):
            with pytest.warns(UserWarning, match="is deprecated"):
                getattr(functional, name)(library.ones(1, 1, 2, 2), 3)
        with pytest.warns(UserWarning, match="align_corners=False"):
            functional.grid_sample(library.ones(1, 1, 2, 2), library.zeros(1, 1, 1, 2))
        with pytest.warns(UserWarning, match="unit-size grids"):
            functional.affine_grid(library.ones(1, 2, 3), (1, 1, 1, 2), align_corners=True)


def test_functions_under_pytorchs_names() -> None:
    x = np.random.default_rng(0).standard_normal((2, 4, 6, 6))
    calls: list[Callable[[Any, Any], Any]] = [
        lambda f, x: f.unfold(x, 2, stride=2),
        lambda f, x: f.fold(f.unfold(x, 3), 6, 3),
        lambda f, x: f.max_pool2d_with_indices(x, 2),
        lambda f, x: f.max_pool1d_with_indices(x[0], 2),
        lambda f, x: f.max_pool3d_with_indices(x, 2),
        lambda f, x: f.adaptive_max_pool2d_with_indices(x, 2),
        lambda f, x: f.batch_norm(x, None, None, training=True),
        lambda f, x: f.instance_norm(x),
        lambda f, x: f.layer_norm(x, (6,)),
        lambda f, x: f.group_norm(x, 2),
        lambda f, x: f.normalize(x, dim=2),
        lambda f, x: f.normalize(x, out=x * 0),
        lambda f, x: f.adaptive_max_pool1d_with_indices(x[0], 4),
        lambda f, x: f.adaptive_max_pool3d_with_indices(x, 2),
    ]
    for call in calls:
        ours, theirs = call(nn.functional, ag.tensor(x)), call(torch.nn.functional, torch.tensor(x))
        pairs = zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]
        for mine, wanted in pairs:
            np.testing.assert_allclose(array(mine), array(wanted), rtol=1e-10, atol=1e-12)
