"""Layers for images, and normalisation, against PyTorch: what is particular to them. See `nn_cases` for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from tests.parity.sides import SIDES, array, seed, torch

LINE, PICTURE = (2, 4, 6), (2, 4, 5, 6)


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
            seed(library, 0)
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
