"""A convolutional network as workload, by hand in NumPy and as a PyTorch program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .contenders import ByHand, Problem, Program, cross_entropy, momentum_by_hand
from .harness import Array, Step, Target, Workload
from .libraries import Library

LEARNING_RATE = 0.01
KERNEL = 5


def unrolled(images: Array) -> Array:
    """Each sample's windows as the columns of a matrix: (N, C, H, W) to (N, C × 25, windows)."""
    n, channels = images.shape[:2]
    windows = sliding_window_view(images, (KERNEL, KERNEL), (2, 3)).transpose(0, 1, 4, 5, 2, 3)
    return windows.reshape(n, channels * KERNEL**2, -1)


def rolled_up(columns: Array, channels: int, size: int) -> Array:
    """The adjoint: each element of each window is added to where it came from."""
    count = size - KERNEL + 1
    windows = columns.reshape(len(columns), channels, KERNEL, KERNEL, count, count)
    images = np.zeros((len(columns), channels, size, size), columns.dtype)
    for i in range(KERNEL):
        for j in range(KERNEL):
            images[:, :, i : i + count, j : j + count] += windows[:, :, i, j]
    return images


def quarters(images: Array) -> list[Array]:
    """The four elements of each 2 × 2 window, as views."""
    return [images[:, :, i::2, j::2] for i in range(2) for j in range(2)]


def pooled(images: Array) -> Array:
    """The maximum of each 2 × 2 window: by slices, since .max over axes of two elements takes forty times as long."""
    a, b, c, d = quarters(images)
    maxima: Array = np.maximum(np.maximum(a, b), np.maximum(c, d))
    return maxima


def unpooled(gradients: Array, images: Array, maxima: Array) -> Array:
    """The gradients where the maxima of rectified images stand: a tie is at 0, whose gradient the rectifier drops."""
    out = np.empty_like(images)
    for gradient, image in zip(quarters(out), quarters(images), strict=True):
        np.multiply(gradients, image == maxima, out=gradient)
    out *= images > 0
    return out


class LeNetByHand(ByHand):
    """Convolutions by unrolled windows, ReLU, maxima of windows, three linear layers; cross entropy, momentum."""

    def setup(self) -> Step:
        x, labels = self.problem.inputs, self.problem.targets
        v1, c1, v2, c2, w1, b1, w2, b2, w3, b3 = parameters = self.fresh_parameters()
        n, size = len(x), x.shape[2]
        update = momentum_by_hand(parameters, LEARNING_RATE)

        def step() -> None:
            columns1 = unrolled(np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))))
            z1 = v1.reshape(len(v1), -1) @ columns1 + c1[:, None]
            h1 = np.maximum(z1, 0).reshape(n, -1, size, size)
            p1 = pooled(h1)
            columns2 = unrolled(p1)
            z2 = v2.reshape(len(v2), -1) @ columns2 + c2[:, None]
            h2 = np.maximum(z2, 0).reshape(n, -1, p1.shape[2] - 4, p1.shape[2] - 4)
            p2 = pooled(h2)
            flat = p2.reshape(n, -1)
            a1 = np.maximum(flat @ w1.T + b1, 0)
            a2 = np.maximum(a1 @ w2.T + b2, 0)
            self.loss, d = cross_entropy(a2 @ w3.T + b3, labels)

            d_w3, d_b3 = d.T @ a2, d.sum(0)
            d = (d @ w3) * (a2 > 0)
            d_w2, d_b2 = d.T @ a1, d.sum(0)
            d = (d @ w2) * (a1 > 0)
            d_w1, d_b1 = d.T @ flat, d.sum(0)
            d = unpooled((d @ w1).reshape(p2.shape), h2, p2).reshape(z2.shape)
            d_v2, d_c2 = (d @ columns2.transpose(0, 2, 1)).sum(0).reshape(v2.shape), d.sum((0, 2))
            d = rolled_up(v2.reshape(len(v2), -1).T @ d, p1.shape[1], p1.shape[2])
            d = unpooled(d, h1, p1).reshape(z1.shape)
            d_v1, d_c1 = (d @ columns1.transpose(0, 2, 1)).sum(0).reshape(v1.shape), d.sum((0, 2))
            update((d_v1, d_c1, d_v2, d_c2, d_w1, d_b1, d_w2, d_b2, d_w3, d_b3))

        return step


def convolutional_network(
    libraries: Sequence[Library], size: int = 28, channels: Sequence[int] = (6, 16), batch: int = 64
) -> Workload:
    """1f: LeNet-5 with rectifiers and maxima (LeCun et al. 1998)."""
    first, second = channels
    features = second * (size // 4 - 2) ** 2
    weights = [(first, 1, 5, 5), (second, first, 5, 5), (120, features), (84, 120), (10, 84)]
    shapes = [shape for weight in weights for shape in (weight, weight[:1])]
    problem = Problem.of_shapes(shapes, (batch, 1, size, size), (batch,), classes=10)

    def model(nn: Any) -> Any:
        return nn.Sequential(
            *(nn.Conv2d(1, first, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(first, second, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(features, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
        )

    def program(lib: Library) -> Program:
        return Program(
            lib,
            problem,
            model,
            lambda functional: functional.cross_entropy,
            lambda optim, parameters: optim.SGD(parameters, lr=LEARNING_RATE, momentum=0.9),
        )

    return Workload(
        "1f",
        f"LeNet on {size} × {size}, ReLU, maxima of windows, cross entropy, batch {batch}, momentum, float32",
        (LeNetByHand(problem), *map(program, libraries)),
        (Target("autograd", "hand", 0.65),),
        tolerance=1e-3,
    )


WORKLOADS: dict[str, Callable[[Sequence[Library]], Workload]] = {"1f": convolutional_network}
