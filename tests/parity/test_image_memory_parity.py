"""Layers for images keep the batch innermost in memory, and PyTorch does not: neither draws nor strides show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.parity.sides import both, difference

IMAGES = np.random.default_rng(0).standard_normal((4, 3, 8, 8)).astype(np.float32)
FILTERS = np.random.default_rng(1).standard_normal((6, 3, 3, 3)).astype(np.float32)

# Results of layers for images: of a layer itself, and of operations that keep the order of memory or change it.
LAYERS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "conv2d": lambda T, F, x, w: F.conv2d(x, w),
    "conv1d": lambda T, F, x, w: F.conv1d(x[:, :, 0], w[..., 0]),
    "conv_transpose2d": lambda T, F, x, w: F.conv_transpose2d(x, w.transpose(0, 1)),
    "conv3d": lambda T, F, x, w: F.conv3d(x[..., None], w[..., None]),
    "max_pool2d": lambda T, F, x, w: F.max_pool2d(x, 2),
    "max_pool1d": lambda T, F, x, w: F.max_pool1d(x[:, :, 0], 2),
    "avg_pool2d": lambda T, F, x, w: F.avg_pool2d(F.conv2d(x, w), 2),
    "relu": lambda T, F, x, w: F.relu(F.max_pool2d(F.conv2d(x, w), 2)) * 2,
    "batch_norm": lambda T, F, x, w: F.batch_norm(F.conv2d(x, w), None, None, training=True),
    "interpolate": lambda T, F, x, w: F.interpolate(F.conv2d(x, w), scale_factor=2),
    "softmax": lambda T, F, x, w: F.conv2d(x, w).softmax(1),
    "sum": lambda T, F, x, w: F.conv3d(x[..., None], w[..., None]).sum(1),
    "amax": lambda T, F, x, w: F.conv2d(x, w).amax(2, keepdim=True),
    "cat": lambda T, F, x, w: T.cat([F.conv2d(x, w), F.conv2d(-x, w)], 1),
    "a part": lambda T, F, x, w: F.conv2d(x, w)[1:, :, ::2],
    "transposed": lambda T, F, x, w: F.conv2d(x, w).transpose(1, 3) * 2,
    "an image's own order": lambda T, F, x, w: x.permute(1, 2, 0, 3) * 2,
}
DRAWS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "dropout": lambda T, F, x: F.dropout(x, 0.5, True),
    "dropout, in place": lambda T, F, x: F.dropout(x, 0.5, True, True),
    "alpha_dropout": lambda T, F, x: F.alpha_dropout(x, 0.5, True),
    "rrelu": lambda T, F, x: F.rrelu(x, training=True),
    "gumbel_softmax": lambda T, F, x: F.gumbel_softmax(x),
    "randn_like": lambda T, F, x: T.randn_like(x),
    "rand_like": lambda T, F, x: T.rand_like(x),
    "bernoulli": lambda T, F, x: T.bernoulli(x.sigmoid()),
    "randn_like, in rows": lambda T, F, x: T.randn_like(x, memory_format=T.contiguous_format),
    "rand_like, in rows": lambda T, F, x: T.rand_like(x, memory_format=T.contiguous_format),
    "clone, in rows": lambda T, F, x: x.clone(memory_format=T.contiguous_format).normal_(),
    "clone": lambda T, F, x: x.clone(memory_format=None if T is ag else T.preserve_format).normal_(),
    "zeros_like, in rows": lambda T, F, x: T.zeros_like(x, memory_format=T.contiguous_format).normal_(),
    "normal": lambda T, F, x: T.normal(x),
    "normal_": lambda T, F, x: x.normal_(),
    "uniform_": lambda T, F, x: x.clone().uniform_(),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("draw", DRAWS)
def test_draws_fall_on_the_same_elements(layer: str, draw: str) -> None:
    def run(library: Any, nn: Any) -> Any:
        x = LAYERS[layer](library, nn.functional, library.from_numpy(IMAGES), library.from_numpy(FILTERS))
        return DRAWS[draw](library, nn.functional, x), library.rand(3)

    difference(*both(run), 1e-5)


@pytest.mark.parametrize("layer", LAYERS)
def test_strides(layer: str) -> None:
    def run(library: Any, nn: Any) -> Any:
        x = LAYERS[layer](library, nn.functional, library.from_numpy(IMAGES), library.from_numpy(FILTERS))
        steps = [step for step, size in zip(x.stride(), x.shape, strict=True) if size > 1]
        return x, steps, x.is_contiguous()

    difference(*both(run), 1e-5)


def test_what_is_seen_of_a_result_is_seen_of_its_views() -> None:
    """A view of a result is a view in PyTorch's memory: a write through one is seen in the other."""

    def run(library: Any, nn: Any) -> Any:
        out = nn.functional.conv2d(library.from_numpy(IMAGES), library.from_numpy(FILTERS))
        rows = out.view(4, -1)
        rows[:, ::5] = 7
        part = out[1:, 2]
        part.mul_(2)
        return out, rows, part, rows.stride(), part.stride()

    difference(*both(run), 1e-5)
