"""Convolution and pooling leave images with the batch innermost in memory: nobody may notice but by the clock.

Each case is a program, written once as a function of the library; the parity test runs it in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.arrays import columns, windows
from autograd_core.ops import convolution

Case = tuple[Callable[[Any], Any], Any]  # a program and what it returns, or the exception that it raises


def numbers(t: Any, *shape: int) -> Any:
    """0, 1, 2, …"""
    return t.arange(float(math.prod(shape)), dtype=t.float64).reshape(shape)


def convolved(t: Any, n: int = 2) -> tuple[Any, Any]:
    """Images, and the sums of their columns of two: (n, 1, 2, 3), computed."""
    x = numbers(t, n, 1, 3, 3).requires_grad_()
    return x, t.conv2d(x, t.ones(1, 1, 2, 1, dtype=t.float64))


def flattened(t: Any) -> Any:
    x, y = convolved(t)
    flat = y.view(y.size(0), -1)
    (flat * numbers(t, 2, 6)).sum().backward()
    return flat[1].tolist(), y.flatten(1).shape == flat.shape, x.grad.tolist()


def written_through_a_view(t: Any) -> Any:
    x, y = convolved(t)
    y.view(-1)[4:8] *= 10
    y.sum().backward()
    return y.flatten().tolist(), x.grad.flatten().tolist()


def joined_with_the_channels(t: Any) -> Any:
    _, y = convolved(t)
    return y.view(1, 2, 2, 3)[0, 1, 0].tolist(), y.view(4, 3)[2].tolist(), y._version


def layout(t: Any) -> Any:
    _, y = convolved(t)
    contiguous = y.is_contiguous(), y.contiguous() is y
    _, z = convolved(t)
    strides = z.stride(), z.detach().numpy().flags.c_contiguous
    _, w = convolved(t)
    return contiguous, strides, w.as_strided((2,), (7,), 1).tolist(), t.max_pool2d(y, 2, 1).stride()


def twins(t: Any) -> Any:
    _, y = convolved(t)
    twin, array = y.detach(), y.detach().numpy()
    twin[0] = 7
    array[1] = 8
    return y.view(-1).tolist(), twin.view(-1).tolist(), y.data_ptr() == twin.data_ptr()


def kept_values(t: Any) -> Any:
    """The graph keeps y for the product, y is asked for a view, which is written to."""
    _, y = convolved(t)
    z = y * y
    y.view(-1).mul_(2)
    z.sum().backward()


def kept_and_only_looked_at(t: Any) -> Any:
    x, y = convolved(t)
    z = y * y
    assert y.view(-1).shape == (12,)
    z.sum().backward()
    return x.grad.flatten().tolist()


def overwritten_where_pooling_needs_it(t: Any) -> Any:
    x = numbers(t, 1, 1, 2, 2).requires_grad_() * 1
    y = t.max_pool2d(x, 2)
    x.mul_(2)
    y.sum().backward()


def written_in_place(t: Any) -> Any:
    x, y = convolved(t)
    y.add_(1)
    y[1, 0, 0].mul_(3)
    y.sum().backward()
    return y.flatten().tolist(), x.grad.flatten().tolist()


def one_by_one(t: Any) -> Any:
    """The result of a convolution with a single 1 is a copy: writing to it leaves the input alone."""
    x = numbers(t, 2, 1, 1, 2)
    y = t.conv2d(x, t.ones(1, 1, 1, 1, dtype=t.float64))
    y.mul_(2)
    z = t.max_pool2d(x, 1)
    z.mul_(2)
    return x.flatten().tolist(), y.flatten().tolist(), z.flatten().tolist()


PROGRAMS: dict[str, Case] = {
    "flattened": (flattened, (
        [21.0, 23.0, 25.0, 27.0, 29.0, 31.0], True,
        [[[[0, 1, 2], [3, 5, 7], [3, 4, 5]]], [[[6, 7, 8], [15, 17, 19], [9, 10, 11]]]])),
    "written through a view": (written_through_a_view, (
        [3, 5, 7, 9, 110, 130, 210, 230, 25, 27, 29, 31],
        [1, 1, 1, 2, 11, 11, 1, 10, 10, 10, 10, 1, 11, 11, 2, 1, 1, 1])),
    "joined with the channels": (joined_with_the_channels, ([21, 23, 25], [21, 23, 25], 0)),
    "layout": (layout, ((True, True), ((6, 6, 3, 1), True), [5, 25], (2, 2, 2, 1))),
    "twins": (twins, ([7] * 6 + [8] * 6, [7] * 6 + [8] * 6, True)),
    "kept values": (kept_values, RuntimeError),
    "kept and only looked at": (kept_and_only_looked_at, [6, 10, 14, 24, 32, 40, 18, 22, 26, 42, 46, 50, 96, 104, 112, 54, 58, 62]),
    "overwritten where pooling needs it": (overwritten_where_pooling_needs_it, RuntimeError),
    "written in place": (written_in_place, (
        [4, 6, 8, 10, 12, 14, 66, 72, 78, 28, 30, 32], [1, 1, 1, 2, 2, 2, 1, 1, 1, 3, 3, 3, 4, 4, 4, 1, 1, 1])),
    "one by one": (one_by_one, ([0, 1, 2, 3], [0, 2, 4, 6], [0, 2, 4, 6])),
}  # fmt: skip


def run(name: str, library: Any) -> None:
    program, expected = PROGRAMS[name]
    if isinstance(expected, type):
        with pytest.raises(expected):
            program(library)
    else:
        assert program(library) == expected


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    run(name, ag)


# ---------------------------------------------------------------- ours alone


def test_results_lie_with_the_batch_innermost() -> None:
    x = ag.ones(4, 2, 3, 3, requires_grad=True)
    y = ag.conv2d(x, ag.ones(2, 2, 2, 2))
    for out in (y, y.relu(), ag.max_pool2d(y, 2), ag.avg_pool2d(y, 2), *ag.grad(y.sum(), x)):
        assert out.array.strides[0] == out.itemsize
        assert out.array.transpose(1, 2, 3, 0).flags.c_contiguous


def test_a_view_moves_its_tensor_first() -> None:
    """What the graph keeps stays where it is; whoever sees the memory, sees rows."""
    _, y = convolved(ag)
    kept = y.relu()
    part, rows, twin = y[0], y.view(-1), y.detach()
    assert y.is_contiguous() and twin.is_contiguous() and part.is_contiguous()
    with ag.no_grad():
        part[...] = 5
    assert rows.sum().item() == twin.sum().item() == y.sum().item() and y[0].unique().tolist() == [5]
    assert kept.array.strides[0] == kept.itemsize


def test_a_layout_that_the_user_made_stays() -> None:
    """Where memory is somebody else's, the tensor is as it is, as in PyTorch."""
    memory = np.zeros((2, 3, 3, 4))
    images = ag.from_numpy(memory.transpose(3, 0, 1, 2))
    with pytest.raises(RuntimeError, match=r"reshape"):
        images.view(-1)
    assert not images.is_contiguous()
    images[1] = 7
    assert memory[..., 1].min() == 7 and memory[..., 0].max() == 0


def test_a_layout_made_in_place_stays() -> None:
    """Of four dimensions, turned so that the first is innermost: a reshape copies, as in PyTorch."""
    x = ag.ones(2, 1, 1, 3)
    x.transpose_(0, -1)
    flat = x.reshape(-1)
    flat += 1
    assert x.sum().item() == 6 and not x.is_contiguous()


@pytest.mark.parametrize("at_once", [1, 40, 200])
def test_a_large_convolution_is_done_in_parts(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 2, 7, 5)), rng.standard_normal((4, 1, 3, 2))
    results = []
    for limit in (1 << 20, at_once):
        monkeypatch.setattr(windows, "_AT_ONCE", limit)
        images, weight = ag.tensor(x, requires_grad=True), ag.tensor(w, requires_grad=True)
        y = ag.conv2d(images, weight, stride=(2, 1), padding=(3, 1), dilation=(1, 2), groups=2)
        first = ag.grad((y * y).sum(), (images, weight), create_graph=True)
        results.append([y, *first, *ag.grad(sum((g * g).sum() for g in first), (images, weight))])
    for whole, parts in zip(*results, strict=True):
        np.testing.assert_allclose(parts.detach(), whole.detach(), rtol=1e-12)


@pytest.mark.parametrize("at_once", [1, 40, 1 << 20])
@pytest.mark.parametrize(
    ("sizes", "kernel", "options"),
    [
        ((6,), (3,), {}),
        ((5,), (2,), {"padding": 3, "groups": 2}),  # the first and the last windows are all padding
        ((5, 4), (3, 2), {"padding": (1, 0)}),
        ((5, 6), (2, 3), {"padding": (3, 1), "stride": (1, 2), "dilation": (1, 2), "groups": 2}),
        ((3, 4), (3, 4), {}),
        ((4, 3, 3), (2, 2, 3), {"padding": (1, 1, 0), "groups": 2}),
        ((4, 3, 4), (4, 1, 2), {"padding": (2, 0, 1), "stride": (1, 2, 1)}),
    ],
)
def test_products_line_by_line_are_one_product(
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    options: dict[str, Any],
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng, groups = np.random.default_rng(0), options.get("groups", 1)
    x, w = rng.standard_normal((3, 4, *sizes)), rng.standard_normal((6, 4 // groups, *kernel))
    convolve = {1: ag.conv1d, 2: ag.conv2d, 3: ag.conv3d}[len(sizes)]
    results = []
    for lines in (False, True):
        monkeypatch.setattr(convolution, "by_lines", lambda *_, lines=lines: lines)
        images, weight = ag.tensor(x, requires_grad=True), ag.tensor(w, requires_grad=True)
        y = convolve(images, weight, **options)
        first = ag.grad((y * y).sum(), (images, weight), create_graph=True)
        results.append([y, *first, *ag.grad(sum((g * g).sum() for g in first), (images, weight))])
        monkeypatch.setattr(windows, "_AT_ONCE", at_once)
    for whole, by_lines in zip(*results, strict=True):
        np.testing.assert_allclose(by_lines.detach(), whole.detach(), rtol=1e-10, atol=1e-10)


def test_where_a_product_for_each_line_pays() -> None:
    def lines(outputs: int, samples: int, **other: Any) -> bool:
        tall = windows.Windows((9, 9), (3, 3), (7, 7), (1, 1), (1, 1), (0, 0))
        return columns.by_lines(tall._replace(**other), outputs, samples)

    assert lines(16, 64) and lines(100, 64) and not lines(16, 4) and not lines(256, 64)
    assert not any(lines(16, 64, **other) for other in ({"stride": (2, 1)}, {"dilation": (2, 1)}, {"kernel": (1, 3)}))


def test_what_a_part_reaches_may_be_all_padding() -> None:
    x, w = ag.ones(1, 1, 1, 1), ag.ones(1, 1, 1, 1)
    assert ag.conv2d(x, w, padding=3).sum().item() == 1
    each = windows.Windows((1,), (1,), (7,), (1,), (1,), (3,))
    for first in range(7):
        part = each._replace(counts=(1,), padding=(3 - first,))
        assert part.seen(np.ones((1, 1, 1))).sum() == (first == 3)


def test_a_window_without_an_element_raises() -> None:
    """PyTorch reads beyond its memory."""
    with pytest.raises(RuntimeError, match="no element"):
        ag.max_pool2d(ag.ones(1, 1, 2, 2), 2, 1, 1, dilation=3)
