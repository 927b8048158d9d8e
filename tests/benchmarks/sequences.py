"""Sequence models as workloads: a transformer block and an LSTM, by hand in NumPy and as PyTorch programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import sqrt
from typing import Any

import numpy as np

from .contenders import AT_MOST_BY_HAND, ByHand, Problem, Program
from .harness import Array, Step, Workload
from .libraries import Library

LEARNING_RATE = 0.1


def program(problem: Problem, model: Callable[[Any], Any], library: Library) -> Program:
    """Squared error and gradient descent on what the model makes of the sequences."""
    return Program(
        library,
        problem,
        model,
        lambda functional: functional.mse_loss,
        lambda optim, parameters: optim.SGD(parameters, lr=LEARNING_RATE),
    )


# 1g: one block of a transformer


class BlockByHand(ByHand):
    """Self-attention and two linear layers with ReLU, each added to its input and normalised; squared error, SGD."""

    heads: int

    def setup(self) -> Step:
        n, length, size = self.problem.inputs.shape
        heads, width = self.heads, size // self.heads
        x, y = (array.reshape(n * length, size) for array in (self.problem.inputs, self.problem.targets))
        parameters = self.fresh_parameters()

        def normalise(z: Array, gain: Array, offset: Array) -> tuple[Array, Array, Array]:
            centred = z - z.mean(1, keepdims=True)
            scale = 1 / np.sqrt((centred * centred).mean(1, keepdims=True) + np.float32(1e-5))
            normed = centred * scale
            return normed * gain + offset, normed, scale

        def normalise_back(d: Array, gain: Array, normed: Array, scale: Array) -> Array:
            d = d * gain
            d -= d.mean(1, keepdims=True) + normed * (d * normed).mean(1, keepdims=True)
            d *= scale
            return d

        def step() -> None:
            wi, bi, wo, bo, w1, b1, w2, b2, g1, o1, g2, o2 = parameters
            q, k, v = (x @ wi.T + bi).reshape(n, length, 3, heads, width).transpose(2, 0, 3, 1, 4)
            p = (q @ k.swapaxes(-1, -2)) * np.float32(1 / sqrt(width))
            p -= p.max(-1, keepdims=True)
            np.exp(p, out=p)
            p /= p.sum(-1, keepdims=True)
            a = (p @ v).transpose(0, 2, 1, 3).reshape(n * length, size)
            h, n1, s1 = normalise(x + (a @ wo.T + bo), g1, o1)
            f = np.maximum(h @ w1.T + b1, 0)
            out, n2, s2 = normalise(h + (f @ w2.T + b2), g2, o2)
            error = out - y
            self.loss = np.vdot(error, error) / np.float32(error.size)

            d = error * np.float32(2 / error.size)
            d_g2, d_o2 = (d * n2).sum(0), d.sum(0)
            d = normalise_back(d, g2, n2, s2)
            d_w2, d_b2 = d.T @ f, d.sum(0)
            df = d @ w2
            df *= f > 0
            d_w1, d_b1 = df.T @ h, df.sum(0)
            d += df @ w1
            d_g1, d_o1 = (d * n1).sum(0), d.sum(0)
            d = normalise_back(d, g1, n1, s1)
            d_wo, d_bo = d.T @ a, d.sum(0)
            da = (d @ wo).reshape(n, length, heads, width).transpose(0, 2, 1, 3)
            dv = p.swapaxes(-1, -2) @ da
            dp = da @ v.swapaxes(-1, -2)
            dp -= (dp * p).sum(-1, keepdims=True)
            dp *= p
            dp *= np.float32(1 / sqrt(width))
            d_heads = np.stack([dp @ k, dp.swapaxes(-1, -2) @ q, dv])  # 3, n, heads, length, width
            d_qkv = d_heads.transpose(1, 3, 0, 2, 4).reshape(n * length, 3 * size)
            d_wi, d_bi = d_qkv.T @ x, d_qkv.sum(0)

            gradients = d_wi, d_bi, d_wo, d_bo, d_w1, d_b1, d_w2, d_b2, d_g1, d_o1, d_g2, d_o2
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= LEARNING_RATE * gradient

        return step


def transformer_block(
    libraries: Sequence[Library], size: int = 128, heads: int = 4, length: int = 64, batch: int = 16
) -> Workload:
    """1g: products of all kinds, softmax, layer norm."""
    inner = 4 * size
    square, vector = (size, size), (size,)
    shapes = [(3 * size, size), (3 * size,), square, vector, (inner, size), (inner,), (size, inner), *[vector] * 5]
    problem = Problem.of_shapes(shapes, (batch, length, size), (batch, length, size))
    by_hand = BlockByHand(problem)
    by_hand.heads = heads

    def model(nn: Any) -> Any:
        return nn.TransformerEncoderLayer(size, heads, inner, dropout=0.0, batch_first=True)

    return Workload(
        "1g",
        f"transformer block d={size}, {heads} heads, sequences of {length}, batch {batch}, squared error, SGD, float32",
        (by_hand, *(program(problem, model, library) for library in libraries)),
        AT_MOST_BY_HAND,
        tolerance=1e-4,
    )


# 1r: a recurrent layer


class LSTMByHand(ByHand):
    """One LSTM layer, every output compared with a target; squared error, SGD."""

    def setup(self) -> Step:
        x, y = self.problem.inputs, self.problem.targets
        length, n, inputs = x.shape
        width = y.shape[2]
        parameters = self.fresh_parameters()
        zeros = np.zeros((n, width), "float32")

        def sigmoid(z: Array) -> Array:
            return 1 / (1 + np.exp(-z))

        def step() -> None:
            w, u, b, c_ = parameters
            gates = x.reshape(-1, inputs) @ w.T
            gates += b + c_
            gates = gates.reshape(length, n, -1)
            h = c = zeros
            out = np.empty_like(y)
            kept = []
            for t in range(length):
                z = gates[t] + h @ u.T
                i, f, o = sigmoid(z[:, :width]), sigmoid(z[:, width : 2 * width]), sigmoid(z[:, 3 * width :])
                g = np.tanh(z[:, 2 * width : 3 * width])
                kept.append((h, c, i, f, g, o))
                c = f * c + i * g
                h = out[t] = o * np.tanh(c)
            error = out - y
            self.loss = np.vdot(error, error) / np.float32(error.size)

            d_out = error * np.float32(2 / error.size)
            d_gates, d_u = np.empty_like(gates), np.zeros_like(u)
            dh, dc = zeros, zeros
            for t in reversed(range(length)):
                h, c, i, f, g, o = kept[t]
                tanh_c = np.tanh(f * c + i * g)
                dh = dh + d_out[t]
                dc = dc + dh * o * (1 - tanh_c * tanh_c)
                d = d_gates[t]
                d[:, :width] = dc * g * i * (1 - i)
                d[:, width : 2 * width] = dc * c * f * (1 - f)
                d[:, 2 * width : 3 * width] = dc * i * (1 - g * g)
                d[:, 3 * width :] = dh * tanh_c * o * (1 - o)
                d_u += d.T @ h
                dh = d @ u
                dc = dc * f
            d_gates = d_gates.reshape(length * n, -1)
            d_b = d_gates.sum(0)
            gradients = d_gates.T @ x.reshape(-1, inputs), d_u, d_b, d_b
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= LEARNING_RATE * gradient

        return step


def recurrent_layer(
    libraries: Sequence[Library], key: str = "1r", length: int = 20, batch: int = 16, inputs: int = 32, hidden: int = 32
) -> Workload:
    """1r: many small steps, each of which waits for the one before."""
    shapes = [(4 * hidden, inputs), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,)]
    problem = Problem.of_shapes(shapes, (length, batch, inputs), (length, batch, hidden))

    def model(nn: Any) -> Any:
        class Outputs(nn.Module):  # type: ignore[misc, name-defined]  # a base chosen at run time
            def __init__(self) -> None:
                super().__init__()
                self.lstm = nn.LSTM(inputs, hidden)

            def forward(self, x: Any) -> Any:
                return self.lstm(x)[0]

        return Outputs()

    return Workload(
        key,
        f"LSTM {inputs}-{hidden}, sequences of {length}, batch {batch}, squared error, SGD, float32",
        (LSTMByHand(problem), *(program(problem, model, library) for library in libraries)),
        AT_MOST_BY_HAND,
        tolerance=1e-4,
    )


WORKLOADS: dict[str, Callable[[Sequence[Library]], Workload]] = {
    "1g": transformer_block,
    "1r": recurrent_layer,
    "1r-128": partial(recurrent_layer, key="1r-128", length=50, batch=32, inputs=128, hidden=128),
}
