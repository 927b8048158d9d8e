"""Tensors made from numbers, sequences, sizes and arrays: PyTorch's dtypes and values.

Each case is written once, as a function of the library; the parity test runs it in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

Make = Callable[[Any], Any]  # a library makes a tensor

HALF, DOUBLE, WHOLE = np.float16(1.5), np.float64(1.5), np.int32(3)
# What is made, its dtype, its elements.
CASES: list[tuple[Make, str, Any]] = [
    # tensor(data): Python floats get the default dtype, arrays and NumPy numbers keep theirs.
    (lambda t: t.tensor(1), "int64", 1),
    (lambda t: t.tensor(1.5), "float32", 1.5),
    (lambda t: t.tensor(True), "bool", True),
    (lambda t: t.tensor(1 + 2j), "complex64", 1 + 2j),
    (lambda t: t.tensor([1, 2]), "int64", [1, 2]),
    (lambda t: t.tensor([1, 2.5]), "float32", [1, 2.5]),
    (lambda t: t.tensor([True, 2]), "int64", [1, 2]),
    (lambda t: t.tensor([True, False]), "bool", [True, False]),
    (lambda t: t.tensor(((1, 2), (3, 4))), "int64", [[1, 2], [3, 4]]),
    (lambda t: t.tensor([]), "float32", []),
    (lambda t: t.tensor([[], []]), "float32", [[], []]),
    (lambda t: t.tensor(range(3)), "int64", [0, 1, 2]),
    (lambda t: t.tensor(HALF), "float16", 1.5),
    (lambda t: t.tensor(DOUBLE), "float64", 1.5),
    (lambda t: t.tensor(WHOLE), "int32", 3),
    (lambda t: t.tensor(np.array([1.5, 2])), "float64", [1.5, 2]),
    (lambda t: t.tensor(np.array([1, 2], np.int8)), "int8", [1, 2]),
    (lambda t: t.tensor(np.array(True)), "bool", True),
    (lambda t: t.tensor(np.zeros((0, 3), np.float32)), "float32", []),
    (lambda t: t.tensor(np.arange(6).reshape(2, 3)[:, ::2]), "int64", [[0, 2], [3, 5]]),
    (lambda t: t.tensor([np.float64(1), np.float64(2)]), "float64", [1, 2]),
    (lambda t: t.tensor([np.int32(1), np.int32(2)]), "int32", [1, 2]),
    (lambda t: t.tensor([t.tensor(1.5), t.tensor(2.5)]), "float32", [1.5, 2.5]),
    (lambda t: t.tensor([t.tensor(1), t.tensor(2)]), "int64", [1, 2]),
    (lambda t: t.tensor([1.9, -1.9], dtype=t.int64), "int64", [1, -1]),
    (lambda t: t.tensor([0, 2], dtype=t.bool), "bool", [False, True]),
    (lambda t: t.tensor([1, 2], dtype=t.float16), "float16", [1, 2]),
    (lambda t: t.tensor(math.pi, dtype=t.float64), "float64", math.pi),
    (lambda t: t.tensor([1.0], dtype=t.double), "float64", [1]),
    (lambda t: t.tensor([1.0], dtype=float), "float64", [1]),
    (lambda t: t.tensor([1.0], dtype=int), "int64", [1]),
    # as_tensor, from_numpy
    (lambda t: t.as_tensor([1.0, 2]), "float32", [1, 2]),
    (lambda t: t.as_tensor(np.array([1.0, 2])), "float64", [1, 2]),
    (lambda t: t.as_tensor(np.array([1.0, 2]), dtype=t.float32), "float32", [1, 2]),
    (lambda t: t.as_tensor(t.tensor([1, 2]), dtype=t.float64), "float64", [1, 2]),
    (lambda t: t.from_numpy(np.array([1, 2], np.uint8)), "uint8", [1, 2]),
    (lambda t: t.from_numpy(np.array(1.5, np.float16)), "float16", 1.5),
    # sizes
    (lambda t: t.zeros(2, 3), "float32", [[0] * 3] * 2),
    (lambda t: t.zeros((2, 1)), "float32", [[0], [0]]),
    (lambda t: t.zeros([2], dtype=t.int8), "int8", [0, 0]),
    (lambda t: t.zeros(()), "float32", 0),
    (lambda t: t.zeros(0, 2), "float32", []),
    (lambda t: t.ones(2, dtype=t.bool), "bool", [True, True]),
    (lambda t: t.ones(1, dtype=t.float64), "float64", [1]),
    (lambda t: t.full((2,), 7), "int64", [7, 7]),
    (lambda t: t.full((2,), 7.0), "float32", [7, 7]),
    (lambda t: t.full((), True), "bool", True),
    (lambda t: t.full((1, 2), 1.5, dtype=t.float16), "float16", [[1.5, 1.5]]),
    (lambda t: t.full((2,), 2.9, dtype=t.int32), "int32", [2, 2]),
    (lambda t: t.full([2], math.inf), "float32", [math.inf] * 2),
    (lambda t: t.eye(2), "float32", [[1, 0], [0, 1]]),
    (lambda t: t.eye(2, 3), "float32", [[1, 0, 0], [0, 1, 0]]),
    (lambda t: t.eye(2, dtype=t.int64), "int64", [[1, 0], [0, 1]]),
    # arange, linspace
    (lambda t: t.arange(3), "int64", [0, 1, 2]),
    (lambda t: t.arange(1, 4), "int64", [1, 2, 3]),
    (lambda t: t.arange(1, 8, 3), "int64", [1, 4, 7]),
    (lambda t: t.arange(5, 0, -2), "int64", [5, 3, 1]),
    (lambda t: t.arange(3.0), "float32", [0, 1, 2]),
    (lambda t: t.arange(0, 1, 0.25), "float32", [0, 0.25, 0.5, 0.75]),
    (lambda t: t.arange(1, 2.5), "float32", [1, 2]),
    (lambda t: t.arange(3, dtype=t.float64), "float64", [0, 1, 2]),
    (lambda t: t.arange(0.5, 3, dtype=t.int64), "int64", [0, 1, 2]),
    (lambda t: t.arange(0), "int64", []),
    (lambda t: t.arange(2, 2), "int64", []),
    (lambda t: t.arange(start=1, end=3), "int64", [1, 2]),
    (lambda t: t.arange(t.tensor(3)), "int64", [0, 1, 2]),
    (lambda t: t.linspace(0, 1, 5), "float32", [0, 0.25, 0.5, 0.75, 1]),
    (lambda t: t.linspace(3, -3, 3), "float32", [3, 0, -3]),
    (lambda t: t.linspace(2, 5, 1), "float32", [2]),
    (lambda t: t.linspace(2, 5, 0), "float32", []),
    (lambda t: t.linspace(0, 10, 5, dtype=t.int64), "int64", [0, 2, 5, 7, 10]),
    (lambda t: t.linspace(0, 1, steps=3, dtype=t.float64), "float64", [0, 0.5, 1]),
    # …_like, new_…
    (lambda t: t.zeros_like(t.tensor([1, 2])), "int64", [0, 0]),
    (lambda t: t.ones_like(t.tensor([[1.5]])), "float32", [[1]]),
    (lambda t: t.ones_like(t.tensor([1, 2]), dtype=t.float16), "float16", [1, 1]),
    (lambda t: t.full_like(t.tensor([1, 2]), 2.9), "int64", [2, 2]),
    (lambda t: t.full_like(t.tensor([1.0]), 2), "float32", [2]),
    (lambda t: t.tensor([1], dtype=t.int8).new_zeros(2, 1), "int8", [[0], [0]]),
    (lambda t: t.tensor([1.0]).new_ones((2,)), "float32", [1, 1]),
    (lambda t: t.tensor([1]).new_full((2,), 2.9), "int64", [2, 2]),
    (lambda t: t.tensor([1.0], dtype=t.float64).new_tensor([1, 2]), "float64", [1, 2]),
    (lambda t: t.tensor([1]).new_tensor(1.5), "int64", 1),
    (lambda t: t.tensor([1.0]).new_zeros(1, dtype=t.bool), "bool", [False]),
    # Tensor(data) is always of the default dtype; of ints, a size
    (lambda t: t.Tensor([1, 2]), "float32", [1, 2]),
    (lambda t: t.Tensor([[1.5]]), "float32", [[1.5]]),
    (lambda t: t.Tensor(0, 2), "float32", []),
    (lambda t: t.Tensor(), "float32", []),
    # as PyTorch 2.13 has them
    (lambda t: t.logspace(0, 2, 3), "float32", [1.0, 10.0, 100.0]),
    (lambda t: t.logspace(0, 3, 4, base=2), "float32", [1.0, 2.0, 4.0, 8.0]),
    (lambda t: t.logspace(0, 2, 3, dtype=t.int64), "int64", [1, 10, 100]),
    (lambda t: t.logspace(0, 2, 1), "float32", [1.0]),
    (lambda t: t.logspace(0, 2, 0), "float32", []),
    (lambda t: t.logspace(t.tensor(0.0), t.tensor(2.0), 3, base=-2), "float32", [1.0, -2.0, 4.0]),
    (lambda t: t.linspace(t.tensor(0.0), 2, 3), "float32", [0.0, 1.0, 2.0]),
    (lambda t: t.linspace(0, 1j, 3), "complex64", [0j, 0.5j, 1j]),
    (lambda t: t.linspace(0, 10, 4, dtype=t.int32), "int32", [0, 3, 6, 10]),
    (lambda t: t.linspace(0, 1, steps=t.tensor(3)), "float32", [0.0, 0.5, 1.0]),
    (lambda t: t.arange(2.5, dtype=t.int64), "int64", [0, 1]),
    (lambda t: t.arange(0.5, 3, 1.5, dtype=t.int64), "int64", [0, 1, 2]),
    (lambda t: t.arange(0.5, 3, 1.5, dtype=t.int32), "int32", [0, 1]),
    (lambda t: t.arange(-2.5, 2.5, 1, dtype=t.int64), "int64", [-2, -1, 0, 1]),
    (lambda t: t.arange(-2.5, 2.5, 1, dtype=t.uint8), "uint8", [254, 255, 0, 1, 2]),
    (lambda t: t.arange(True), "int64", [0]),
    (lambda t: t.arange(300, dtype=t.uint8)[-3:], "uint8", [41, 42, 43]),
    (lambda t: t.arange(2**62, 2**62 + 2), "int64", [4611686018427387904, 4611686018427387905]),
    (lambda t: t.arange(end=3), "int64", [0, 1, 2]),
    (lambda t: t.arange(np.float32(3)), "float32", [0.0, 1.0, 2.0]),
    (lambda t: t.arange(np.float64(2)), "float32", [0.0, 1.0]),
    (lambda t: t.arange(t.tensor(2.0)), "float32", [0.0, 1.0]),
    (lambda t: t.arange(t.tensor(2, dtype=t.int8)), "int64", [0, 1]),
    (lambda t: t.scalar_tensor(3), "float32", 3.0),
    (lambda t: t.scalar_tensor(3.5, dtype=t.int64), "int64", 3),
    (lambda t: t.scalar_tensor(True), "float32", 1.0),
    (lambda t: t.asarray([1, 2]), "int64", [1, 2]),
    (lambda t: t.asarray([1, 2], dtype=t.float32), "float32", [1.0, 2.0]),
    (lambda t: t.asarray(np.array([1.0, 2])), "float64", [1.0, 2.0]),
    (lambda t: t.asarray(np.float64(2)), "float64", 2.0),
    (lambda t: t.asarray(1.5), "float32", 1.5),
    (lambda t: t.asarray(bytearray(b"abcd"), dtype=t.uint8), "uint8", [97, 98, 99, 100]),
    (lambda t: t.asarray([t.tensor(1), t.tensor(2)]), "int64", [1, 2]),
    (lambda t: t.asarray(t.ones(2), dtype=t.float64), "float64", [1.0, 1.0]),
    (lambda t: t.frombuffer(bytearray(b"abcdefgh"), dtype=t.int32), "int32", [1684234849, 1751606885]),
    (lambda t: t.frombuffer(bytearray(b"abcdefgh"), dtype=t.uint8, count=3, offset=2), "uint8", [99, 100, 101]),
    (lambda t: t.frombuffer(np.arange(3), dtype=t.int64), "int64", [0, 1, 2]),
    (lambda t: t.hann_window(4), "float32", [0.0, 0.5, 1.0, 0.5]),
    (lambda t: t.hann_window(3, False), "float32", [0.0, 1.0, 0.0]),
    (lambda t: t.hann_window(1), "float32", [1.0]),
    (lambda t: t.hann_window(0), "float32", []),
    (lambda t: t.bartlett_window(4), "float32", [0.0, 0.5, 1.0, 0.5]),
    (lambda t: t.bartlett_window(5, False), "float32", [0.0, 0.5, 1.0, 0.5, 0.0]),
    (lambda t: t.bartlett_window(2, False), "float32", [0.0, 0.0]),
    (lambda t: t.hamming_window(5, False, 0.5, 0.5), "float32", [0.0, 0.5, 1.0, 0.5, 0.0]),
    (lambda t: t.tril_indices(3, 3), "int64", [[0, 1, 1, 2, 2, 2], [0, 0, 1, 0, 1, 2]]),
    (lambda t: t.tril_indices(2, 3, 1), "int64", [[0, 0, 1, 1, 1], [0, 1, 0, 1, 2]]),
    (lambda t: t.tril_indices(2, 3, offset=-1, dtype=t.int32), "int32", [[1], [0]]),
    (lambda t: t.tril_indices(0, 3), "int64", [[], []]),
    (lambda t: t.triu_indices(2, 3, 1), "int64", [[0, 0, 1], [1, 2, 2]]),
    (lambda t: t.triu_indices(3, 2, -1), "int64", [[0, 0, 1, 1, 2], [0, 1, 0, 1, 1]]),
    (lambda t: t.zeros(size=(2, 1)), "float32", [[0.0], [0.0]]),
    (lambda t: t.ones(size=[2]), "float32", [1.0, 1.0]),
    (lambda t: t.zeros(t.Size([2])), "float32", [0.0, 0.0]),
    (lambda t: t.zeros(t.tensor(2)), "float32", [0.0, 0.0]),
    (lambda t: t.zeros(np.int64(2)), "float32", [0.0, 0.0]),
    (lambda t: t.zeros(1, dtype=t.complex64), "complex64", [0j]),
    (lambda t: t.full(size=(2,), fill_value=1), "int64", [1, 1]),
    (lambda t: t.full((2,), t.tensor(3)), "int64", [3, 3]),
    (lambda t: t.full((1,), 1j), "complex64", [1j]),
    (lambda t: t.full((2,), -1, dtype=t.uint8), "uint8", [255, 255]),
    (lambda t: t.full((2,), 1.5, dtype=t.bool), "bool", [True, True]),
    (lambda t: t.full_like(t.ones(1), t.tensor(2.0)), "float32", [2.0]),
    (lambda t: t.zeros(1, layout=t.strided, pin_memory=False, device="cpu"), "float32", [0.0]),
    (lambda t: t.ones_like(t.zeros(2), memory_format=t.preserve_format), "float32", [1.0, 1.0]),
    (lambda t: t.tensor([1], pin_memory=False, device="cpu"), "int64", [1]),
    (lambda t: t.eye(0), "float32", []),
    (lambda t: t.tensor([1, np.float64(1)]), "float64", [1.0, 1.0]),
    (lambda t: t.tensor([np.float32(1), 2]), "float32", [1.0, 2.0]),
    (lambda t: t.tensor([np.float32(1), np.float64(2)]), "float64", [1.0, 2.0]),
    (lambda t: t.tensor([np.int8(1), np.uint8(2)]), "int16", [1, 2]),
    (lambda t: t.tensor([np.float16(1), True]), "float16", [1.0, 1.0]),
    (lambda t: t.tensor([[1, 2], [np.float64(3), 4]]), "float64", [[1.0, 2.0], [3.0, 4.0]]),
    (lambda t: t.tensor([1, 2.5, True]), "float32", [1.0, 2.5, 1.0]),
    (lambda t: t.tensor([[True, False], [1, 2]]), "int64", [[1, 0], [1, 2]]),
    (lambda t: t.tensor([1j, 2]), "complex64", [1j, (2 + 0j)]),
    (lambda t: t.tensor([np.array([1, 2]), np.array([3, 4])]), "int64", [[1, 2], [3, 4]]),
    (lambda t: t.tensor([t.tensor([1]), t.tensor([2])]), "int64", [1, 2]),
    (lambda t: t.tensor([t.tensor(1.0), 2]), "float32", [1.0, 2.0]),
    (lambda t: t.tensor([1, t.tensor(2.5, dtype=t.float64)]), "float64", [1.0, 2.5]),
    (lambda t: t.tensor(bytearray(b"ab")), "int64", [97, 98]),
    (lambda t: t.tensor(np.bool_(True)), "bool", True),
    (lambda t: t.tensor(np.array(5)), "int64", 5),
    (lambda t: t.tensor([[[]]]), "float32", [[[]]]),
    (lambda t: t.tensor(2**63 - 1), "int64", 9223372036854775807),
    (lambda t: t.tensor(-(2**63)), "int64", -9223372036854775808),
    (lambda t: t.tensor(2**64, dtype=t.float32), "float32", 1.8446744073709552e19),
    (lambda t: t.tensor(1e40), "float32", math.inf),
    (lambda t: t.tensor(-1, dtype=t.uint8), "uint8", 255),
    (lambda t: t.tensor([1.9, -1.9], dtype=t.int8), "int8", [1, -1]),
    (lambda t: t.tensor([1.5, 0.0], dtype=t.bool), "bool", [True, False]),
    (lambda t: t.tensor(1e300, dtype=t.float16), "float16", math.inf),
    (lambda t: t.tensor(np.array([300, -1]), dtype=t.uint8), "uint8", [44, 255]),
    (lambda t: t.FloatTensor([1, 2]), "float32", [1.0, 2.0]),
    (lambda t: t.FloatTensor(), "float32", []),
    (lambda t: t.FloatTensor((2, 3)), "float32", [2.0, 3.0]),
    (lambda t: t.FloatTensor(np.array([1.0, 2.0])), "float32", [1.0, 2.0]),
    (lambda t: t.FloatTensor(t.FloatTensor([1])), "float32", [1.0]),
    (lambda t: t.FloatTensor([[]]), "float32", [[]]),
    (lambda t: t.FloatTensor([t.tensor(1.0), 2]), "float32", [1.0, 2.0]),
    (lambda t: t.LongTensor([1.5, -1.5]), "int64", [1, -1]),
    (lambda t: t.LongTensor(range(3)), "int64", [0, 1, 2]),
    (lambda t: t.LongTensor([[1], [2]]), "int64", [[1], [2]]),
    (lambda t: t.IntTensor([1]), "int32", [1]),
    (lambda t: t.ShortTensor([1]), "int16", [1]),
    (lambda t: t.CharTensor([1]), "int8", [1]),
    (lambda t: t.ByteTensor([-1, 2]), "uint8", [255, 2]),
    (lambda t: t.BoolTensor([0, 2]), "bool", [False, True]),
    (lambda t: t.HalfTensor([1]), "float16", [1.0]),
    (lambda t: t.DoubleTensor([1]), "float64", [1.0]),
    (lambda t: t.Tensor(t.tensor([1])), "int64", [1]),
    (lambda t: t.Tensor(np.array([1.0, 2.0])), "float32", [1.0, 2.0]),
    (lambda t: t.Tensor(range(2)), "float32", [0.0, 1.0]),
    (lambda t: t.ones(2).new([1, 2]), "float32", [1.0, 2.0]),
    (lambda t: t.tensor([1]).new([1.5]), "int64", [1]),
    (lambda t: t.ones(2).new(), "float32", []),
    (lambda t: t.tensor([1.5, -2.5]).char(), "int8", [1, -2]),
    (lambda t: t.tensor([1.5]).cdouble(), "complex128", [(1.5 + 0j)]),
    (lambda t: t.tensor([1.5]).cfloat(), "complex64", [(1.5 + 0j)]),
    (lambda t: t.tensor([1.5]).type("torch.LongTensor"), "int64", [1]),
    (lambda t: t.tensor([1.5]).type(t.DoubleTensor), "float64", [1.5]),
    (lambda t: t.tensor([1.5]).type(dtype=t.int32), "int32", [1]),
    (lambda t: t.tensor([1.5]).to("cpu", t.float64), "float64", [1.5]),
    (lambda t: t.tensor([1.5]).to(t.float64, False, True), "float64", [1.5]),
    (lambda t: t.tensor([1.5]).to(device="cpu", dtype=t.int8), "int8", [1]),
    (lambda t: t.tensor([1.5]).double(memory_format=t.preserve_format), "float64", [1.5]),
    (lambda t: t.tensor([1.0, 2.0]).apply_(lambda x: x + 1), "float32", [2.0, 3.0]),
    (lambda t: t.tensor([[1.0], [2.0]]).map_(t.tensor([3.0]), lambda x, y: x * y), "float32", [[3.0], [6.0]]),
    (lambda t: t.tensor([1, 2]).map2_(t.tensor([3, 4]), t.tensor(1), lambda x, y, z: x * y + z), "int64", [4, 9]),
]
SHAPES: list[tuple[Make, str, tuple[int, ...]]] = [
    (lambda t: t.empty(2, 3), "float32", (2, 3)),
    (lambda t: t.empty((2,), dtype=t.int32), "int32", (2,)),
    (lambda t: t.empty_like(t.zeros(2, dtype=t.int8)), "int8", (2,)),
    (lambda t: t.tensor([1]).new_empty(2, 1), "int64", (2, 1)),
    (lambda t: t.Tensor(2, 3), "float32", (2, 3)),
    (lambda t: t.rand(2, 3), "float32", (2, 3)),
    (lambda t: t.rand((2,), dtype=t.float64), "float64", (2,)),
    (lambda t: t.randn(3, dtype=t.float16), "float16", (3,)),
    (lambda t: t.randn(()), "float32", ()),
    (lambda t: t.randint(5, (2,)), "int64", (2,)),
    (lambda t: t.randint(0, 5, (2, 1), dtype=t.float32), "float32", (2, 1)),
    (lambda t: t.randperm(4), "int64", (4,)),
    (lambda t: t.rand_like(t.zeros(2, 1, dtype=t.float64)), "float64", (2, 1)),
    (lambda t: t.randn_like(t.zeros(2)), "float32", (2,)),
    (lambda t: t.randint_like(t.zeros(2), 5), "float32", (2,)),
    (lambda t: t.normal(t.zeros(3), t.ones(3)), "float32", (3,)),
    (lambda t: t.bernoulli(t.zeros(3)), "float32", (3,)),
    (lambda t: t.multinomial(t.ones(3), 2), "int64", (2,)),
    (lambda t: t.zeros(0, 3, 2), "float32", (0, 3, 2)),
    (lambda t: t.tensor([[], []]), "float32", (2, 0)),
    (lambda t: t.tensor(np.zeros((0, 3))), "float64", (0, 3)),
    (lambda t: t.FloatTensor(2, 3), "float32", (2, 3)),
    (lambda t: t.LongTensor(2), "int64", (2,)),
    (lambda t: t.FloatTensor(t.Size([2, 3])), "float32", (2, 3)),
    (lambda t: t.FloatTensor(size=(2, 3)), "float32", (2, 3)),
    (lambda t: t.Tensor(t.Size([2])), "float32", (2,)),
    (lambda t: t.Tensor(size=(2,)), "float32", (2,)),
    (lambda t: t.ones(1).new(2, 3), "float32", (2, 3)),
    (lambda t: t.tensor([1]).new_empty_strided((2, 3), (1, 2)), "int64", (2, 3)),
    (lambda t: t.empty_strided((2, 3), (1, 2), dtype=t.int8), "int8", (2, 3)),
    (lambda t: t.empty_permuted((2, 3, 4), (2, 0, 1)), "float32", (2, 3, 4)),
    (lambda t: t.empty(size=(1, 2)), "float32", (1, 2)),
    (lambda t: t.tensor([1]).new_zeros(size=(2,)), "int64", (2,)),
]
ERRORS: list[tuple[Make, type[Exception]]] = [
    (lambda t: t.tensor("abc"), TypeError),
    (lambda t: t.tensor(None), RuntimeError),
    (lambda t: t.tensor([-1.0], dtype=t.uint8), RuntimeError),
    (lambda t: t.tensor([127.5], dtype=t.int8), RuntimeError),
    (lambda t: t.tensor([-300], dtype=t.uint8), RuntimeError),
    (lambda t: t.tensor([[1, 2], [3]]), ValueError),
    (lambda t: t.tensor([1, "a"]), TypeError),
    (lambda t: t.tensor([1, 2], requires_grad=True), RuntimeError),
    (lambda t: t.tensor(1, 2), TypeError),
    (lambda t: t.zeros(-1), RuntimeError),
    (lambda t: t.zeros(2, dtype="float"), TypeError),
    (lambda t: t.zeros(1.5), TypeError),
    (lambda t: t.zeros("a"), TypeError),
    (lambda t: t.ones(2, dtype=t.int64, requires_grad=True), RuntimeError),
    (lambda t: t.full((2,), "a"), TypeError),
    (lambda t: t.eye(-1), RuntimeError),
    (lambda t: t.arange(0, 1, 0), RuntimeError),
    (lambda t: t.arange(0, 3, -1), RuntimeError),
    (lambda t: t.arange(0, math.inf), RuntimeError),
    (lambda t: t.linspace(0, 1, -1), RuntimeError),
    (lambda t: t.linspace(0, 1), TypeError),
    (lambda t: t.from_numpy([1, 2]), TypeError),
    (lambda t: t.from_numpy(np.array(["a"])), TypeError),
    (lambda t: t.from_numpy(np.zeros(2, ">f8")), ValueError),
    (lambda t: t.zeros_like([1, 2]), TypeError),
    (lambda t: t.randint(5, 5, (2,)), RuntimeError),
    (lambda t: t.randint(5), TypeError),
    (lambda t: t.rand(2, dtype=t.int64), NotImplementedError),
    (lambda t: t.logspace(0, 2, -1), RuntimeError),
    (lambda t: t.logspace(0, 2), TypeError),
    (lambda t: t.linspace(t.tensor(0.0), t.tensor([2.0]), 3), RuntimeError),
    (lambda t: t.linspace(0, 1, 3.0), TypeError),
    (lambda t: t.arange(5, dtype=t.bool), NotImplementedError),
    (lambda t: t.arange(0, 2, 0.5, dtype=t.int64), ValueError),
    (lambda t: t.arange(math.nan), RuntimeError),
    (lambda t: t.arange(1j), RuntimeError),
    (lambda t: t.arange("a"), TypeError),
    (lambda t: t.arange(), TypeError),
    (lambda t: t.arange(t.tensor([3])), TypeError),
    (lambda t: t.arange(2**63), RuntimeError),
    (lambda t: t.range(3), TypeError),
    (lambda t: t.scalar_tensor([1]), TypeError),
    (lambda t: t.asarray([1, 2], copy=False), ValueError),
    (lambda t: t.asarray(t.ones(1), copy=False, dtype=t.float64), ValueError),
    (lambda t: t.asarray(None), RuntimeError),
    (lambda t: t.frombuffer(bytearray(b"abcdefgh"), dtype=t.int32, offset=2), ValueError),
    (lambda t: t.frombuffer(bytearray(b"abcdefgh"), dtype=t.int32, count=3), ValueError),
    (lambda t: t.frombuffer(bytearray(b"abcdefgh"), dtype=t.int32, offset=8), ValueError),
    (lambda t: t.frombuffer(bytearray(b""), dtype=t.int32), ValueError),
    (lambda t: t.frombuffer([1, 2], dtype=t.uint8), ValueError),
    (lambda t: t.frombuffer(bytearray(b"abcd")), TypeError),
    (lambda t: t.frombuffer(bytearray(b"abcd"), dtype=t.int32, count=0), ValueError),
    (lambda t: t.frombuffer(bytearray(b"abcd"), dtype=t.int32, offset=-1), ValueError),
    (lambda t: t.empty_strided((2, 3), (1,)), RuntimeError),
    (lambda t: t.empty_strided((2, 3), (-1, 1)), RuntimeError),
    (lambda t: t.empty_strided((2, -3), (1, 1)), RuntimeError),
    (lambda t: t.hann_window(-1), RuntimeError),
    (lambda t: t.hann_window(5, dtype=t.int64), RuntimeError),
    (lambda t: t.hann_window(5.0), TypeError),
    (lambda t: t.kaiser_window(-1), RuntimeError),
    (lambda t: t.zeros(), TypeError),
    (lambda t: t.ones(), TypeError),
    (lambda t: t.empty(), TypeError),
    (lambda t: t.zeros(2, size=(3,)), TypeError),
    (lambda t: t.zeros([2, 3.0]), TypeError),
    (lambda t: t.zeros(t.tensor([2, 3])), TypeError),
    (lambda t: t.zeros((2,), (3,)), TypeError),
    (lambda t: t.zeros(2, foo=1), TypeError),
    (lambda t: t.zeros(2, layout="strided"), TypeError),
    (lambda t: t.full((2,), None), TypeError),
    (lambda t: t.full((2,), t.tensor([3])), TypeError),
    (lambda t: t.full(2, 3), TypeError),
    (lambda t: t.full((2,), 300, dtype=t.uint8), RuntimeError),
    (lambda t: t.full((2,), math.nan, dtype=t.int64), RuntimeError),
    (lambda t: t.full_like(t.ones(1), None), TypeError),
    (lambda t: t.eye(3.0), TypeError),
    (lambda t: t.eye(2, -1), RuntimeError),
    (lambda t: t.tril_indices(3), TypeError),
    (lambda t: t.tril_indices(-1, 3), RuntimeError),
    (lambda t: t.tril_indices(2, 3, dtype=t.float32), NotImplementedError),
    (lambda t: t.tril_indices(2.0, 3), TypeError),
    (lambda t: t.triu_indices(3, 3, dtype=t.bool), NotImplementedError),
    (lambda t: t.FloatTensor(3.5), TypeError),
    (lambda t: t.FloatTensor(None), TypeError),
    (lambda t: t.FloatTensor(t.LongTensor([1])), TypeError),
    (lambda t: t.LongTensor([[1, 2], [3]]), ValueError),
    (lambda t: t.LongTensor(["a"]), ValueError),
    (lambda t: t.ByteTensor([1, 300]), RuntimeError),
    (lambda t: t.FloatTensor([1], dtype=t.float32), TypeError),
    (lambda t: t.FloatTensor(2, device="cuda"), RuntimeError),
    (lambda t: t.FloatTensor(-1), RuntimeError),
    (lambda t: t.FloatTensor(1, 2.5), TypeError),
    (lambda t: t.Tensor(3.5), TypeError),
    (lambda t: t.Tensor(None), TypeError),
    (lambda t: t.Tensor("ab"), TypeError),
    (lambda t: t.Tensor({}), TypeError),
    (lambda t: t.Tensor([[1, 2], [3]]), ValueError),
    (lambda t: t.tensor([1, [2]]), TypeError),
    (lambda t: t.tensor([[1], 2]), TypeError),
    (lambda t: t.tensor([np.array([1, 2]), np.array([3])]), ValueError),
    (lambda t: t.tensor([t.tensor([1, 2])]), TypeError),
    (lambda t: t.tensor([t.tensor([1.0, 2.0])]), ValueError),
    (lambda t: t.tensor({1: 2}), RuntimeError),
    (lambda t: t.tensor({1, 2}), RuntimeError),
    (lambda t: t.tensor(iter([1, 2])), RuntimeError),
    (lambda t: t.tensor(["a"]), ValueError),
    (lambda t: t.tensor(b"a"), TypeError),
    (lambda t: t.tensor([None]), RuntimeError),
    (lambda t: t.tensor([object()]), RuntimeError),
    (lambda t: t.tensor(np.array(["a"])), TypeError),
    (lambda t: t.tensor(np.array([None])), TypeError),
    (lambda t: t.tensor(2**63), ValueError),
    (lambda t: t.tensor([2**63]), ValueError),
    (lambda t: t.tensor(300, dtype=t.uint8), RuntimeError),
    (lambda t: t.tensor([300], dtype=t.int8), RuntimeError),
    (lambda t: t.tensor(math.nan, dtype=t.int64), RuntimeError),
    (lambda t: t.tensor(1j, dtype=t.float32), TypeError),
    (lambda t: t.tensor([1], foo=1), TypeError),
    (lambda t: t.ones(1, requires_grad=True).apply_(lambda x: x), RuntimeError),
    (lambda t: t.ones(1).apply_(3), TypeError),
    (lambda t: t.ones(1).map_(t.tensor([1]), lambda x, y: x), TypeError),
    (lambda t: t.ones(1).type("double"), ValueError),
    (lambda t: t.ones(1).to("foo"), RuntimeError),
    (lambda t: t.ones(1).to(other=t.ones(1)), TypeError),
    (lambda t: t.ones(2).pin_memory(), RuntimeError),
    (lambda t: t.ones(2).stride(1), IndexError),
    (lambda t: t.ones(2).size(1), IndexError),
    (lambda t: t.numel(3), TypeError),
    (lambda t: t.is_nonzero(t.ones(2)), RuntimeError),
    (lambda t: t.is_nonzero(t.ones(0)), RuntimeError),
    (lambda t: t.finfo(t.int32), TypeError),
    (lambda t: t.iinfo(t.float32), TypeError),
    (lambda t: t.iinfo(t.bool), TypeError),
    (lambda t: t.iinfo(), TypeError),
    (lambda t: t.set_num_threads(0), RuntimeError),
    (lambda t: t.set_num_threads(1.5), RuntimeError),
    (lambda t: t.set_default_tensor_type(t.LongTensor), TypeError),
    (lambda t: t.Size([1.5]), TypeError),
    (lambda t: t.Size(3), TypeError),
    (lambda t: t.Size("12"), TypeError),
    (lambda t: t.Size([1]) + [2], TypeError),
    (lambda t: "a" in t.ones(1), RuntimeError),
    (lambda t: [1] in t.ones(1), RuntimeError),
    (lambda t: None in t.ones(1), RuntimeError),
    (lambda t: len(t.tensor(1)), TypeError),
]
# What is asked of tensors, dtypes, sizes, and the answer.
FACTS: list[tuple[Make, Any]] = [
    (lambda t: t.finfo(t.float32).eps, 1.1920928955078125e-07),
    (lambda t: t.finfo(t.float64).max, 1.7976931348623157e308),
    (lambda t: t.finfo(t.float16).tiny, 6.103515625e-05),
    (lambda t: t.finfo(t.float32).smallest_normal, 1.1754943508222875e-38),
    (lambda t: t.finfo(t.float32).resolution, 1e-06),
    (lambda t: t.finfo(t.float16).resolution, 0.001),
    (lambda t: t.finfo(t.float64).bits, 64),
    (lambda t: t.finfo(t.float32).min, -3.4028234663852886e38),
    (lambda t: t.finfo().dtype, "float32"),
    (lambda t: t.finfo(t.complex64).dtype, "float32"),
    (
        lambda t: repr(t.finfo(t.float32)),
        "finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38, eps=1.19209e-07, smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=float32)",
    ),
    (lambda t: t.finfo(t.float32) == t.finfo(), True),
    (lambda t: t.iinfo(t.int32).min, -2147483648),
    (lambda t: t.iinfo(t.uint8).max, 255),
    (lambda t: t.iinfo(t.int64).bits, 64),
    (lambda t: repr(t.iinfo(t.int32)), "iinfo(min=-2.14748e+09, max=2.14748e+09, dtype=int32)"),
    (lambda t: t.typename(t.ones(1)), "torch.FloatTensor"),
    (lambda t: t.typename(t.tensor([1])), "torch.LongTensor"),
    (lambda t: t.typename(3), "int"),
    (lambda t: t.typename([1]), "list"),
    (lambda t: t.is_storage(t.ones(1).untyped_storage()), True),
    (lambda t: t.is_storage(t.ones(1)), False),
    (lambda t: t.is_floating_point(t.ones(1)), True),
    (lambda t: t.is_complex(t.ones(1)), False),
    (lambda t: t.is_signed(t.tensor([1], dtype=t.uint8)), False),
    (lambda t: t.is_signed(t.tensor([True])), False),
    (lambda t: t.is_signed(t.tensor([1])), True),
    (lambda t: t.is_nonzero(t.tensor([0.0])), False),
    (lambda t: t.is_same_size(t.ones(2), t.zeros(2, dtype=t.int8)), True),
    (lambda t: t.is_inference(t.ones(1)), False),
    (lambda t: t.is_conj(t.ones(1)), False),
    (lambda t: t.ones(6).is_set_to(t.ones(6)), False),
    (
        lambda t: (lambda x: (x.is_set_to(x), x.is_set_to(x.view(2, 3)), x.view(2, 3).is_set_to(x.view(2, 3))))(
            t.ones(6)
        ),
        (True, False, True),
    ),
    (lambda t: t.ones(1).is_pinned(), False),
    (lambda t: t.ones(1).is_shared(), False),
    (lambda t: t.ones(1).is_quantized, False),
    (lambda t: t.ones(1).is_meta, False),
    (lambda t: t.ones(1).is_cpu, True),
    (lambda t: t.ones(1).is_sparse, False),
    (lambda t: t.ones(1).layout == t.strided, True),
    (lambda t: str(t.strided), "torch.strided"),
    (lambda t: str(t.channels_last), "torch.channels_last"),
    (lambda t: t.zeros(1, 2, 3, 4).is_contiguous(memory_format=t.channels_last), False),
    (lambda t: t.zeros(1, 1, 3, 4).is_contiguous(memory_format=t.channels_last), True),
    (lambda t: t.zeros(2, 3).is_contiguous(memory_format=t.channels_last), False),
    (lambda t: t.zeros(2, 3, 4).permute(0, 2, 1).is_contiguous(), False),
    (lambda t: t.ones(1).get_device(), -1),
    (lambda t: t.zeros(2, 3)[1].storage_offset(), 3),
    (lambda t: t.zeros(2, 3)[:, 1:].storage_offset(), 1),
    (lambda t: t.from_numpy(np.arange(6)[2:])[1:].storage_offset(), 1),
    (lambda t: t.arange(4)[2:].storage().tolist(), [0, 1, 2, 3]),
    (lambda t: t.arange(4)[2:].storage().size(), 4),
    (lambda t: t.arange(4).storage()[2], 2),
    (lambda t: t.arange(4)[2:].untyped_storage().nbytes(), 32),
    (lambda t: len(t.arange(4).untyped_storage()), 32),
    (
        lambda t: (lambda x: x.untyped_storage().data_ptr() == x[1:].untyped_storage().data_ptr() == x.data_ptr())(
            t.ones(3)
        ),
        True,
    ),
    (lambda t: t.ones(1).half().type(), "torch.HalfTensor"),
    (lambda t: (t.ones(1) > 1).type(), "torch.BoolTensor"),
    (lambda t: t.ones(1).cfloat().type(), "torch.ComplexFloatTensor"),
    (lambda t: t.zeros(2, 3).dim_order(), (0, 1)),
    (lambda t: t.zeros(2, 3, 4).permute(2, 0, 1).dim_order(), (1, 2, 0)),
    (lambda t: t.zeros(2, 3).itemsize, 4),
    (lambda t: t.zeros(2, 3).t().expand(2, 3, 2).nbytes, 48),
    (lambda t: t.ones(2).element_size(), 4),
    (lambda t: t.zeros(2, 3).stride(-1), 1),
    (lambda t: t.zeros(2, 3).stride(dim=0), 3),
    (lambda t: t.zeros(2, 3).size(dim=-1), 3),
    (lambda t: t.ones(1, requires_grad=True).numpy(force=True).tolist(), [1.0]),
    (lambda t: isinstance(t.ones(1), t.FloatTensor), True),
    (lambda t: isinstance(t.ones(1), t.LongTensor), False),
    (lambda t: isinstance(t.tensor([1]), t.LongTensor), True),
    (lambda t: isinstance(3, t.FloatTensor), False),
    (lambda t: issubclass(t.FloatTensor, t.Tensor), False),
    (lambda t: type(t.FloatTensor([1])) is t.Tensor, True),
    (lambda t: t.LongTensor.dtype == t.int64, True),
    (lambda t: t.asarray(t.ones(1)).requires_grad, False),
    (lambda t: t.asarray(t.ones(1, requires_grad=True), requires_grad=False).requires_grad, False),
    (lambda t: t.asarray(t.ones(1), requires_grad=True).requires_grad, True),
    (lambda t: (lambda x: (t.asarray(x) is x, t.asarray(x, copy=True) is x))(t.ones(1)), (True, False)),
    (lambda t: t.frombuffer(bytearray(4), dtype=t.float32, requires_grad=True).requires_grad, True),
    (lambda t: str(t.result_type(t.tensor([1]), 1.0)).removeprefix("torch."), "float32"),
    (lambda t: str(t.result_type(t.tensor(1), t.ones(1).half())).removeprefix("torch."), "float16"),
    (lambda t: str(t.result_type(1, 2.0)).removeprefix("torch."), "float32"),
    (lambda t: str(t.result_type(True, 1)).removeprefix("torch."), "int64"),
    (lambda t: str(t.get_default_device()), "cpu"),
    (
        lambda t: (lambda x: (x.to(x) is x, x.cpu() is x, x.to("cpu") is x, x.to(t.float32, copy=True) is x))(
            t.ones(1)
        ),
        (True, True, True, False),
    ),
    (lambda t: (t.Size([1, 2]) + (3,)).numel(), 6),
    (lambda t: type(t.Size([1]) + (2,)).__name__, "Size"),
    (lambda t: type((2,) + t.Size([1])).__name__, "Size"),
    (lambda t: type(t.Size([1]) * 2).__name__, "Size"),
    (lambda t: type(t.Size([1, 2])[:1]).__name__, "Size"),
    (lambda t: tuple(t.Size(t.tensor([1, 2]))), (1, 2)),
    (lambda t: t.Size([1, 2]) == (1, 2), True),
    (lambda t: hash(t.Size([1, 2])) == hash((1, 2)), True),
    (lambda t: t.Size([2, 3]).index(3), 1),
    (lambda t: 3.0 in t.tensor([3]), True),
    (lambda t: t.tensor(3.0) in t.ones(2), False),
]


def by_number(cases: list[Any]) -> Any:
    return pytest.mark.parametrize(
        ("number", "case"), list(enumerate(cases)), ids=lambda x: str(x) if isinstance(x, int) else ""
    )


@by_number(CASES)
def test_value_and_dtype(number: int, case: tuple[Make, str, Any]) -> None:
    make, dtype, elements = case
    made = make(ag)
    assert made.dtype == dtype
    np.testing.assert_allclose(made.tolist(), elements, rtol=1e-6, atol=1e-7)
    assert np.shape(elements) == tuple(made.shape) or not made.numel()
    assert made.is_leaf
    assert not made.requires_grad


@by_number(SHAPES)
def test_shape_and_dtype(number: int, case: tuple[Make, str, tuple[int, ...]]) -> None:
    make, dtype, shape = case
    made = make(ag)
    assert made.dtype == dtype
    assert made.shape == shape


@by_number(ERRORS)
def test_error(number: int, case: tuple[Make, type[Exception]]) -> None:
    make, error = case
    with pytest.raises(error) as raised:
        make(ag)
    assert type(raised.value) is error


@by_number(FACTS)
def test_fact(number: int, case: tuple[Make, Any]) -> None:
    ask, answer = case
    assert ask(ag) == answer


def test_default_dtype() -> None:
    assert ag.get_default_dtype() == ag.float32
    ag.set_default_dtype(ag.float64)
    try:
        for made in (
            ag.tensor(1.5),
            ag.zeros(1),
            ag.arange(1.0),
            ag.linspace(0, 1, 2),
            ag.full((1,), 1.0),
            ag.eye(1),
            ag.rand(1),
        ):
            assert made.dtype == ag.float64
        assert ag.tensor(1).dtype == ag.int64
        assert (ag.tensor([1]) / 2).dtype == ag.float64
        assert ag.tensor(1j).dtype == ag.complex128
    finally:
        ag.set_default_dtype(ag.float32)
    with pytest.raises(TypeError, match="floating"):
        ag.set_default_dtype(ag.int64)


def test_tensor_copies_and_from_numpy_shares() -> None:
    array = np.arange(3.0)
    copied, shared, same = ag.tensor(array), ag.from_numpy(array), ag.as_tensor(array)
    array[0] = 9
    assert copied.tolist() == [0, 1, 2]
    assert shared.tolist() == same.tolist() == [9, 1, 2]
    assert ag.as_tensor(shared) is shared
    assert not np.shares_memory(ag.as_tensor(array, dtype=ag.float32).numpy(), array)
    assert np.shares_memory(ag.from_numpy(array[::-1]).numpy(), array)


def test_requires_grad() -> None:
    for made in (
        ag.tensor(1.0, requires_grad=True), ag.zeros(2, requires_grad=True), ag.full((1,), 1.0, requires_grad=True),
        ag.arange(2.0, requires_grad=True), ag.eye(2, requires_grad=True), ag.rand(2, requires_grad=True),
        ag.zeros_like(ag.zeros(1), requires_grad=True), ag.zeros(1).requires_grad_(),
    ):  # fmt: skip
        assert made.is_leaf
        assert made.requires_grad
    assert not ag.zeros_like(ag.zeros(1, requires_grad=True)).requires_grad


def test_a_tensor_of_tensors_that_require_grad_warns() -> None:
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.warns(UserWarning, match="stack"):
        made = ag.tensor([x, x])
    assert not made.requires_grad
    with pytest.warns(UserWarning, match="clone"):
        ag.tensor(x)


def test_arange_counts_as_pytorch_does() -> None:
    assert len(ag.arange(0, 1, 0.1)) == 10
    assert len(ag.arange(0, 0.3, 0.1)) == 3
    assert ag.arange(2**53, 2**53 + 3).tolist() == [2**53, 2**53 + 1, 2**53 + 2]  # not by way of floats


def test_range_is_deprecated() -> None:
    with pytest.warns(UserWarning, match="arange"):
        assert ag.range(0, 1, 0.5).tolist() == [0, 0.5, 1]
    with pytest.warns(UserWarning, match="arange"):
        assert ag.range(3, 1, -1, dtype=ag.int64).tolist() == [3, 2, 1]


def test_the_default_by_a_tensor_type() -> None:
    for kind in (ag.DoubleTensor, "torch.DoubleTensor", ag.float64):
        ag.set_default_tensor_type(kind)
        try:
            assert ag.zeros(1).dtype == ag.Tensor(1).dtype == ag.float64
        finally:
            ag.set_default_dtype(ag.float32)


def test_what_shares_memory_and_what_does_not() -> None:
    array = np.arange(3.0)
    assert np.shares_memory(ag.asarray(array).numpy(), array)
    assert not np.shares_memory(ag.asarray(array, copy=True).numpy(), array)
    assert not np.shares_memory(ag.asarray(array, dtype=ag.float32).numpy(), array)
    buffer = bytearray(8)
    x = ag.frombuffer(buffer, dtype=ag.int32)
    x[1] = 1
    assert buffer == bytearray([0, 0, 0, 0, 1, 0, 0, 0])
    with pytest.raises(RuntimeError, match="read-only"):
        ag.frombuffer(bytes(4), dtype=ag.int32).add_(1)
    y = ag.arange(4.0)
    assert ag.Tensor(y).data_ptr() == ag.FloatTensor(y).data_ptr() == y.data_ptr()
    y.storage()[2] = 7
    y.untyped_storage()[0] = 0
    assert y.tolist() == [0, 1, 7, 3]
    assert y._version == 2


def test_unlike_pytorch() -> None:
    """Sequences that do not fit raise here; there, numbers are lost. Memory is never shared with other processes."""
    with pytest.raises(ValueError, match="length"):
        ag.tensor([[], [1]])
    with pytest.raises(NotImplementedError, match="processes"):
        ag.zeros(1).share_memory_()
    with pytest.raises(TypeError, match="bfloat16"):
        ag.zeros(1).bfloat16()
    with pytest.raises(TypeError, match="complex32"):
        ag.zeros(1).chalf()


def test_numbers_of_threads_are_accepted() -> None:
    before = ag.get_num_threads()
    assert before >= 1
    ag.set_num_threads(1)
    assert ag.get_num_threads() == 1
    ag.set_num_threads(before)
    ag.set_default_device("cpu")
    with pytest.raises(RuntimeError, match="cuda"):
        ag.set_default_device("cuda")
