"""Arrays print as PyTorch prints tensors: the strings are PyTorch 2.13's, without ``torch.`` in dtypes."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import numpy as np
import pytest
from numpy import inf, nan
from numpy.typing import DTypeLike, NDArray

from autograd_core.arrays.printing import format_array, get_printoptions, printoptions, set_printoptions


def f32(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("array", "text"),
    [
        # One format for all: whole numbers, four digits, or scientific by ratio and size.
        (f32(1, 2), "tensor([1., 2.])"),
        (f32(1, -2.5), "tensor([ 1.0000, -2.5000])"),
        (f32(1000, 1), "tensor([1000.,    1.])"),
        (f32(1001, 1), "tensor([1.0010e+03, 1.0000e+00])"),
        (f32(1e8), "tensor([100000000.])"),
        (f32(2e8), "tensor([2.0000e+08])"),
        (np.array([1e-4]), "tensor([0.0001], dtype=float64)"),
        (f32(0.00009), "tensor([9.0000e-05])"),
        (f32(1e-5, 0), "tensor([1.0000e-05, 0.0000e+00])"),
        # Zeros, infinities and NaNs count neither for the format nor for the width.
        (f32(nan, 1), "tensor([nan, 1.])"),
        (f32(nan, -0.0), "tensor([nan, -0.])"),
        (f32(inf, -inf, nan, 0.25), "tensor([   inf,   -inf,    nan, 0.2500])"),
        (f32(1e-5, nan), "tensor([1.0000e-05,        nan])"),
        # Other dtypes; float32, int64, bool and complex64 need no mention.
        (np.array([65504, 0.5], np.float16), "tensor([6.5504e+04, 5.0000e-01], dtype=float16)"),
        (np.array([-1, 10], np.int64), "tensor([-1, 10])"),
        (np.array([1], np.int32), "tensor([1], dtype=int32)"),
        (np.array([[1, 255]], np.uint8), "tensor([[  1, 255]], dtype=uint8)"),
        (np.array([True, False]), "tensor([ True, False])"),
        (np.array([1 + 2j, -0.5 - 0.25j], np.complex64), "tensor([ 1.0000+2.0000j, -0.5000-0.2500j])"),
        (np.array([complex(nan, -inf), 20]), "tensor([nan-infj, 20.+0.j], dtype=complex128)"),
        # Zero dimensions, no elements.
        (np.array(3, np.float32), "tensor(3.)"),
        (np.array(0.5), "tensor(0.5000, dtype=float64)"),
        (np.array(True), "tensor(True)"),
        (np.array(1j, np.complex64), "tensor(0.+1.j)"),
        (f32(), "tensor([])"),
        (np.zeros((0, 3), np.float32), "tensor([], size=(0, 3))"),
        (np.zeros((2, 0)), "tensor([], size=(2, 0), dtype=float64)"),
        (np.zeros(0, np.int64), "tensor([], dtype=int64)"),
        (np.zeros(0, bool), "tensor([], dtype=bool)"),
    ],
    ids=str,
)  # fmt: skip
def test_one_line(array: NDArray[Any], text: str) -> None:
    assert format_array(array) == text


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (
            np.arange(8.0, dtype=np.float32).reshape(2, 2, 2),
            """
            tensor([[[0., 1.],
                     [2., 3.]],

                    [[4., 5.],
                     [6., 7.]]])
            """,
        ),
        (
            np.arange(8).reshape(2, 1, 2, 2),
            """
            tensor([[[[0, 1],
                      [2, 3]]],


                    [[[4, 5],
                      [6, 7]]]])
            """,
        ),
        (
            np.arange(30.0, dtype=np.float32),
            """
            tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,
                    14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27.,
                    28., 29.])
            """,
        ),
        (np.arange(1001.0, dtype=np.float32), "tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.])"),
        (
            np.arange(1200).reshape(400, 3),
            """
            tensor([[   0,    1,    2],
                    [   3,    4,    5],
                    [   6,    7,    8],
                    ...,
                    [1191, 1192, 1193],
                    [1194, 1195, 1196],
                    [1197, 1198, 1199]])
            """,
        ),
    ],
    ids=["3-d", "4-d", "long line", "summarised", "summarised rows"],
)
def test_layout(array: NDArray[Any], text: str) -> None:
    assert format_array(array) == cleandoc(text)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (6, "tensor([1., 1., 1., 1., 1., 1.], dtype=float64, grad_fn=<MulBackward0>)"),
        (
            7,
            """
            tensor([1., 1., 1., 1., 1., 1., 1.], dtype=float64,
                   grad_fn=<MulBackward0>)
            """,
        ),
        (
            16,
            """
            tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1.],
                   dtype=float64, grad_fn=<MulBackward0>)
            """,
        ),
    ],
)
def test_suffixes_go_to_a_new_line_when_the_last_is_full(count: int, text: str) -> None:
    assert format_array(np.ones(count), suffixes=["grad_fn=<MulBackward0>"]) == cleandoc(text)


@pytest.mark.parametrize(
    ("linewidth", "text"),
    [
        (29, "tensor([1],\n       dtype=int8,\n       grad_fn=<A>)"),
        (30, "tensor([1], dtype=int8,\n       grad_fn=<A>)"),
        (42, "tensor([1], dtype=int8,\n       grad_fn=<A>)"),
        (43, "tensor([1], dtype=int8, grad_fn=<A>)"),
    ],
)
def test_lines_break_where_they_would_with_the_longer_name_of_the_dtype(linewidth: int, text: str) -> None:
    with printoptions(linewidth=linewidth):
        assert format_array(np.array([1], np.int8), suffixes=["grad_fn=<A>"]) == text


def test_dtypes_are_named_unless_they_are_the_default() -> None:
    def text(dtype: DTypeLike) -> str:
        return format_array(np.ones(1, dtype), default_dtype=np.float64)

    assert text(np.float64) == "tensor([1.])"
    assert text(np.float32) == "tensor([1.], dtype=float32)"
    assert text(np.complex128) == "tensor([1.+0.j])"
    assert text(np.complex64) == "tensor([1.+0.j], dtype=complex64)"


def test_prefix_sets_the_indentation() -> None:
    assert format_array(np.eye(2, dtype=int), prefix="Id(") == "Id([[1, 0],\n    [0, 1]])"


def test_strides_and_byte_order_do_not_matter() -> None:
    assert format_array(np.arange(3)[::-1]) == "tensor([2, 1, 0])"
    assert format_array(np.array([1, 2], ">f8")) == "tensor([1., 2.], dtype=float64)"


def test_a_summary_looks_at_the_shown_elements_only() -> None:
    million = np.broadcast_to(np.float32(0.5), (10**6, 10**6))  # a copy of it would not fit in memory
    assert format_array(million).splitlines()[3] == "        ...,"
    hidden = np.ones(2000, np.float32)
    hidden[1000] = 1e-9
    assert format_array(hidden) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


@pytest.mark.parametrize(
    ("options", "array", "text"),
    [
        ({"precision": 2}, f32(0.12345), "tensor([0.12])"),
        ({"sci_mode": True}, f32(1, 20), "tensor([1.0000e+00, 2.0000e+01])"),
        ({"sci_mode": False}, f32(1e-5, 2000), "tensor([   0.0000, 2000.0000])"),
        ({"threshold": 5}, np.arange(10), "tensor([0, 1, 2,  ..., 7, 8, 9])"),
        ({"threshold": 5, "edgeitems": 1}, np.arange(10), "tensor([0,  ..., 9])"),
        ({"threshold": 10}, np.arange(10), "tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])"),
        ({"threshold": 5}, np.arange(6), "tensor([0, 1, 2, 3, 4, 5])"),
        ({"threshold": 5, "edgeitems": 0}, np.eye(4), "tensor([...], size=(4, 4), dtype=float64)"),
        ({"threshold": 5, "edgeitems": 0}, np.arange(9), "tensor([...], size=(9,))"),
        ({"edgeitems": 0}, np.arange(3), "tensor([0, 1, 2], size=(3,))"),
        ({"linewidth": 20}, np.arange(6), "tensor([0, 1, 2, 3,\n        4, 5])"),
        ({"linewidth": 22}, np.arange(5)[None], "tensor([[0, 1, 2, 3,\n         4]])"),
        ({"linewidth": 13}, f32(0, 0, 0), "tensor([0., 0.,\n        0.])"),
        ({"linewidth": 20}, np.array([1 + 1j, 2], np.complex64), "tensor([1.+1.j,\n        2.+0.j])"),
        ({"profile": "short"}, f32(0.12345), "tensor([0.12])"),
        ({"profile": "short", "precision": 1}, f32(0.12345), "tensor([0.1])"),
    ],
    ids=str,
)
def test_options(options: dict[str, Any], array: NDArray[Any], text: str) -> None:
    before, default = get_printoptions(), format_array(array)
    with printoptions(**options):
        assert format_array(array) == text
    assert (get_printoptions(), format_array(array)) == (before, default)


def test_the_full_profile_shows_everything() -> None:
    with printoptions(profile="full"):
        assert format_array(np.arange(2000)).count(",") == 1999


def test_options_return_after_an_error() -> None:
    before = get_printoptions()
    with pytest.raises(ZeroDivisionError), printoptions(precision=1):
        raise ZeroDivisionError
    assert get_printoptions() == before


def test_sci_mode_returns_to_automatic_and_the_others_stay() -> None:
    with printoptions(precision=2, sci_mode=True):
        set_printoptions(edgeitems=5)
        assert get_printoptions() == {
            "precision": 2, "threshold": 1000, "edgeitems": 5, "linewidth": 80, "sci_mode": None,
        }  # fmt: skip


def test_an_unknown_profile_changes_nothing() -> None:
    before = get_printoptions()
    with pytest.raises(ValueError, match="no profile 'brief', there are default, short, full"):
        set_printoptions(profile="brief", precision=1)
    assert get_printoptions() == before
