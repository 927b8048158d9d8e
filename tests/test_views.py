"""Views and in-place changes of shape: what shares memory, what a write through them does, whose gradient it is.

Each case is a program, written once as a function of the library; the parity test runs it in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

Case = tuple[Callable[[Any], Any], Any]  # a program and what it returns, or the exception that it raises


def leaf(t: Any, *shape: int) -> Any:
    return t.arange(1.0, 1 + int(np.prod(shape)), dtype=t.float64).reshape(shape).requires_grad_()


def weights(t: Any, *shape: int) -> Any:
    """1, 10, 100, …"""
    return (10.0 ** t.arange(int(np.prod(shape)), dtype=t.float64)).reshape(shape)


def plain(value: Any) -> Any:
    """Tensors as nested lists, shapes as tuples."""
    if isinstance(value, tuple | list):
        return type(value)(map(plain, value)) if type(value) in (tuple, list) else tuple(value)
    return value.tolist() if hasattr(value, "tolist") else value


# ---------------------------------------------------------------- writes through views reach the base, and its gradient


def through(look: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """Write to a view of a computed 2 x 3 tensor: which elements are then multiplied by 10, in value and gradient?"""

    def program(t: Any) -> Any:
        x = leaf(t, 2, 3)
        y = x * 1
        look(t, y).mul_(10)
        assert t.equal(y / x, (10 ** (y.detach() > x.detach() * 5).to(t.float64)).detach())
        y.sum().backward()
        return x.grad.flatten().tolist()

    return program


WRITTEN: dict[str, tuple[Callable[[Any, Any], Any], list[int]]] = {
    "narrow": (lambda t, y: y.narrow(1, 1, 2), [1, 2, 4, 5]),
    "diagonal": (lambda t, y: y.diagonal(1), [1, 5]),
    "unfold without overlap": (lambda t, y: y.unfold(1, 1, 2), [0, 2, 3, 5]),
    "as_strided": (lambda t, y: y.as_strided((2,), (2,), 1), [1, 3]),
    "as_strided of a view": (lambda t, y: y[1].as_strided((2,), (1,), 0), [0, 1]),
    "tensor_split": (lambda t, y: y.tensor_split(2, 1)[0], [0, 1, 3, 4]),
    "hsplit": (lambda t, y: t.hsplit(y, 3)[2], [2, 5]),
    "vsplit": (lambda t, y: y.vsplit(2)[1], [3, 4, 5]),
    "atleast_3d": (lambda t, y: t.atleast_3d(y), [0, 1, 2, 3, 4, 5]),
    "broadcast_tensors": (lambda t, y: t.broadcast_tensors(y, y)[0], [0, 1, 2, 3, 4, 5]),
    "mH": (lambda t, y: y.mH[1], [1, 4]),
    "H": (lambda t, y: y.H[0], [0, 3]),
    "adjoint": (lambda t, y: y.adjoint()[:, 0], [0, 1, 2]),
    "swapaxes": (lambda t, y: y.swapaxes(0, 1)[2], [2, 5]),
    "movedim": (lambda t, y: y.movedim(0, 1)[2], [2, 5]),
    "unflatten": (lambda t, y: y.unflatten(1, (3, 1))[:, 1], [1, 4]),
    "select": (lambda t, y: y.select(1, -1), [2, 5]),
    "meshgrid": (lambda t, y: t.meshgrid(y[0], indexing="ij")[0], [0, 1, 2]),
    "T": (lambda t, y: y.T[0], [0, 3]),
    "view of a window": (lambda t, y: y.unfold(1, 2, 1)[0, 1], [1, 2]),
    "swapdims_": (lambda t, y: y[:, :2].swapdims_(0, 1)[0], [0, 3]),
    "squeeze_": (lambda t, y: y[:1].squeeze_(0), [0, 1, 2]),
}


def test_writes_through_views() -> None:
    for name, (look, places) in WRITTEN.items():
        expected = [10 if i in places else 1 for i in range(6)]
        assert through(look)(ag) == expected, name


# ---------------------------------------------------------------- programs


def in_place_shapes(t: Any) -> Any:
    y = leaf(t, 2, 3) * 1
    shapes = []
    for change in (
        lambda: y.t_(), lambda: y.unsqueeze_(0), lambda: y.transpose_(0, 2), lambda: y.squeeze_(), lambda: y.swapaxes_(0, 1),
        lambda: y.swapdims_(-1, 0), lambda: y.unsqueeze_(-1), lambda: y.squeeze_(2),
    ):  # fmt: skip
        assert change() is y
        shapes.append(tuple(y.shape))
    return shapes, y._version, y.is_leaf, y.flatten()


def in_place_transpose_of_the_base(t: Any) -> Any:
    x = leaf(t, 2, 3)
    y = x * 1
    view = y[:, 1:]
    y.t_()
    view.mul_(weights(t, 2, 2))
    y.sum().backward()
    return x.grad, tuple(y.shape)


def in_place_transpose_then_write_to_the_base(t: Any) -> Any:
    x = leaf(t, 2, 3)
    y = x * 1
    view = y[:, 1:]
    y.t_()
    y.mul_(t.arange(1.0, 7, dtype=t.float64).reshape(3, 2))
    view.sum().backward()
    return x.grad, view


def in_place_transpose_of_a_view(t: Any) -> Any:
    x = leaf(t, 2, 3)
    y = x * 1
    view = y[:, 1:]
    view.t_()
    view.mul_(weights(t, 2, 2))
    y.sum().backward()
    return x.grad, y, tuple(view.shape)


def in_place_shape_of_a_leaf(t: Any) -> Any:
    x = leaf(t, 2, 3)
    with t.no_grad():
        x.t_()
    (x * weights(t, 3, 2)).sum().backward()
    return x.grad, x.is_leaf, x._version


def detach_keeps_its_shape(t: Any) -> Any:
    x = leaf(t, 2, 3)
    y = x * 1
    before = y.detach()
    y.t_()
    return tuple(before.shape), before._version, tuple(y.detach().t_().shape), tuple(y.shape)


def saved_then_reshaped(t: Any) -> Any:
    y = leaf(t, 2, 3) * 1
    z = (y * y).sum()
    y.t_()
    z.backward()


def as_strided_in_place(t: Any) -> Any:
    x = leaf(t, 2, 3)
    y = x * 1
    y.as_strided_((2, 2), (1, 1), 1)
    (y * weights(t, 2, 2)).sum().backward()
    return x.grad, y


def overlapping_windows(t: Any) -> Any:
    x = leaf(t, 5)
    (g,) = (t.grad if t is ag else t.autograd.grad)((x.unfold(0, 3, 1) ** 2).sum(), x, create_graph=True)
    (h,) = (t.grad if t is ag else t.autograd.grad)(g.sum(), x)
    return g, h


def read_as_bits(t: Any) -> Any:
    x = t.tensor([1.0, -2.0, 0.5])
    bits = x.view(t.int32)
    bits[1] = 0
    return x, bits, x._version, tuple(x.view(t.uint8).shape), x.view(t.int16).view(t.float32)


def read_as_bits_has_no_gradient(t: Any) -> Any:
    x = leaf(t, 3)
    return x.view(t.int64).requires_grad, (x * 1).view(t.float32).requires_grad, x.view(dtype=t.float64).requires_grad


def named_sizes(t: Any) -> Any:
    x = leaf(t, 2, 3).detach()
    return [
        tuple(y.shape)
        for y in (
            x.view(size=(3, 2)), x.reshape(shape=(6,)), x.permute(dims=(1, 0)), x.expand(size=(2, 2, 3)), x.repeat(repeats=(2, 1)),
            x.flip(dims=(0,)), x.tile(dims=(2,)), x.broadcast_to(size=(1, 2, 3)), x.sum_to_size(size=(1, 3)), t.squeeze(x[None], axis=0),
            t.unsqueeze(x, axis=1), t.stack([x, x], axis=2), t.cat([x, x], axis=1), t.unbind(x, axis=1)[0], t.chunk(x, 3, axis=1)[0],
            t.gather(x, axis=1, index=t.zeros(2, 1).long()), t.index_select(x, axis=0, index=t.tensor([1])), t.select(x, axis=0, index=1),
            t.narrow(x, axis=1, start=0, length=2), t.sort(x, axis=0)[0], x.transpose(dim0=0, dim1=1),
        )
    ]  # fmt: skip


def complex_numbers(t: Any) -> Any:
    z = t.complex(t.tensor([1.0, 2.0]), t.tensor([0.5, -1.0]))
    pairs = t.view_as_real(z)
    pairs[0, 1] = 7
    again = t.view_as_complex(pairs)
    z.real[1] = 9
    return (
        z, again, pairs, z._version, t.imag(z), t.real(t.ones(1)), z.mT.shape if z.ndim > 1 else z[None].mH, t.view_as_real(z[:, None].t()).shape,
        t.polar(t.tensor([2.0, 1.0]), t.zeros(2)), str(again.dtype).removeprefix("torch."), str(t.polar(t.ones(1, dtype=t.float64), t.ones(1, dtype=t.float64)).dtype).removeprefix("torch."),
    )  # fmt: skip


def layouts(t: Any) -> Any:
    x = leaf(t, 2, 3).detach()
    return (
        x.contiguous() is x, x.t().contiguous(memory_format=t.contiguous_format).is_contiguous(), x.t().stride(),
        t.meshgrid(x[0], x[1], indexing="ij")[0].stride(), x.expand(2, 2, 3).stride(), x.unfold(1, 2, 1).stride(), x.diagonal().stride(),
    )  # fmt: skip


def same_objects(t: Any) -> Any:
    x = leaf(t, 2, 3)
    return (
        t.atleast_1d(x) is x,
        t.broadcast_tensors(x)[0] is x,
        x.sum_to_size(2, 3) is x,
        t.cartesian_prod(x[0]).shape == (3,),
    )


PROGRAMS: dict[str, Case] = {
    "in-place shapes": (in_place_shapes, (
        [(3, 2), (1, 3, 2), (2, 3, 1), (2, 3), (3, 2), (2, 3), (2, 3, 1), (2, 3)], 8, False, [1, 2, 3, 4, 5, 6])),
    "in-place transpose of the base": (in_place_transpose_of_the_base, ([[1, 1, 10], [1, 100, 1000]], (3, 2))),
    "in-place transpose, then a write to the base": (
        in_place_transpose_then_write_to_the_base, ([[0, 3, 5], [0, 4, 6]], [[6, 15], [20, 36]])),
    "in-place transpose of a view": (
        in_place_transpose_of_a_view, ([[1, 1, 100], [1, 10, 1000]], [[1, 2, 300], [4, 50, 6000]], (2, 2))),
    "in-place shape of a leaf": (in_place_shape_of_a_leaf, ([[1, 10], [100, 1000], [10000, 100000]], True, 1)),
    "detach keeps its shape": (detach_keeps_its_shape, ((2, 3), 1, (2, 3), (3, 2))),
    "saved, then reshaped": (saved_then_reshaped, RuntimeError),
    "as_strided_": (as_strided_in_place, ([[0, 1, 110], [1000, 0, 0]], [[2, 3], [3, 4]])),
    "overlapping windows": (overlapping_windows, ([2, 8, 18, 16, 10], [2, 4, 6, 4, 2])),
    "bits": (read_as_bits, ([1, 0, 0.5], [1065353216, 0, 1056964608], 1, (12,), [1, 0, 0.5])),
    "bits have no gradient": (read_as_bits_has_no_gradient, (False, False, False)),
    "named sizes": (named_sizes, [
        (3, 2), (6,), (3, 2), (2, 2, 3), (4, 3), (2, 3), (2, 6), (1, 2, 3), (1, 3), (2, 3), (2, 1, 3), (2, 3, 2), (2, 6), (2,), (2, 1),
        (2, 1), (1, 3), (3,), (2, 2), (2, 3), (3, 2)]),
    "layouts": (layouts, (True, True, (1, 3), (1, 0), (0, 3, 1), (3, 1, 1), (4,))),
    "same objects": (same_objects, (True, True, True, True)),
    "complex numbers": (complex_numbers, (
        [1 + 7j, 9 - 1j], [1 + 7j, 9 - 1j], [[1, 7], [9, -1]], 2, [7, -1], [1], [[1 - 7j], [9 + 1j]], (1, 2, 2), [2, 1], "complex64", "complex128")),
    # what is refused
    "complex of two dtypes": (lambda t: t.complex(t.ones(1), t.ones(1, dtype=t.float64)), RuntimeError),
    "complex of ints": (lambda t: t.complex(t.tensor([1]), t.tensor([1])), RuntimeError),
    "polar of two dtypes": (lambda t: t.polar(t.ones(1), t.ones(1, dtype=t.float64)), RuntimeError),
    "view_as_real of floats": (lambda t: t.view_as_real(t.ones(2)), RuntimeError),
    "view_as_complex of threes": (lambda t: t.view_as_complex(t.ones(3, 3)), RuntimeError),
    "view_as_complex of ints": (lambda t: t.view_as_complex(t.ones(3, 2).long()), RuntimeError),
    "view_as_complex of columns": (lambda t: t.view_as_complex(t.ones(2, 3).t()), RuntimeError),
    "view_as_complex of a number": (lambda t: t.view_as_complex(t.ones(())), RuntimeError),
    "imag of floats": (lambda t: t.imag(t.ones(2)), RuntimeError),
    "t_ of a leaf": (lambda t: leaf(t, 2, 3).t_(), RuntimeError),
    "unsqueeze_ of a view of a leaf": (lambda t: leaf(t, 2, 3)[0].unsqueeze_(0), RuntimeError),
    "t_ of one of several": (lambda t: (leaf(t, 2, 3) * 1).split(1)[0].t_(), RuntimeError),
    "squeeze_ out of range": (lambda t: t.zeros(2, 3).squeeze_(5), IndexError),
    "unsqueeze_ out of range": (lambda t: t.zeros(2, 3).unsqueeze_(5), IndexError),
    "t_ of three dimensions": (lambda t: t.zeros(2, 3, 1).t_(), RuntimeError),
    "transpose_ of an expanded tensor": (lambda t: tuple((leaf(t, 2, 3) * 1).expand(4, 2, 3).transpose_(0, 1).shape), (2, 4, 3)),
    "bits of another width, not contiguous": (lambda t: t.zeros(2, 3).t().view(t.int16), RuntimeError),
    "bits of an odd number": (lambda t: t.zeros(2, 3).view(t.float64), RuntimeError),
    "bits that begin between two": (lambda t: t.zeros(5)[1:].view(t.float64), RuntimeError),
    "bits of a row between two": (lambda t: t.zeros(3, 5)[:, :4].view(t.float64), RuntimeError),
    "bits of a number in another width": (lambda t: t.zeros(()).view(t.int16), RuntimeError),
    "bits of a number": (lambda t: t.zeros(()).view(t.int32), 0),
    "H of three dimensions": (lambda t: t.zeros(1, 2, 3).H, RuntimeError),
    "mH of a vector": (lambda t: t.zeros(3).mH, RuntimeError),
    "no sizes": (lambda t: t.zeros(3).view(), TypeError),
    "a write to a grid": (lambda t: t.meshgrid(t.zeros(2), t.zeros(3), indexing="ij")[0].add_(1), RuntimeError),
    "broadcast_shapes": (lambda t: [tuple(t.broadcast_shapes(*s)) for s in (((2, 1), 3), (), ((0,), (1,)), (3, (2, 1)))], [(2, 3), (), (0,), (2, 3)]),
    "broadcast_shapes that do not": (lambda t: t.broadcast_shapes((2,), (3,)), RuntimeError),
    "broadcast_shapes, negative": (lambda t: t.broadcast_shapes((-1,)), ValueError),
    "broadcast_shapes, no ints": (lambda t: t.broadcast_shapes((1.5,)), TypeError),
    "block_diag of nothing": (lambda t: tuple(t.block_diag().shape), (1, 0)),
    "memory_format": (lambda t: t.zeros(2).contiguous(memory_format="C"), TypeError),
}  # fmt: skip


def run(name: str, library: Any) -> None:
    program, expected = PROGRAMS[name]
    if isinstance(expected, type):
        with pytest.raises(expected):
            program(library)
    else:
        assert plain(program(library)) == plain(expected)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    run(name, ag)


# ---------------------------------------------------------------- ours alone


def test_a_write_to_windows_that_overlap_raises() -> None:
    y = leaf(ag, 5) * 1
    for view in (y.unfold(0, 3, 1), y.as_strided((2, 2), (1, 1))):
        with pytest.raises(RuntimeError, match=r"single memory location.*clone\(\)"):
            view.mul_(2)
    assert y.as_strided((2, 2), (3, 1)).mul_(2).shape == (2, 2)  # these do not


def test_views_that_as_strided_has_cut_off_are_not_written_to() -> None:
    """PyTorch looks at the whole storage; we keep the history of the base, and say where it does not reach."""
    y = leaf(ag, 2, 3) * 1
    view = y[1]
    y.as_strided_((2,), (1,))
    with pytest.raises(RuntimeError, match="no view any more"):
        view.mul_(leaf(ag, 3))


def test_as_strided_stays_within_what_from_numpy_was_given() -> None:
    memory = np.arange(6.0)
    x = ag.from_numpy(memory[2:5])
    assert x.as_strided((3,), (1,)).tolist() == [2, 3, 4]
    with pytest.raises(RuntimeError, match="out of bounds"):
        x.as_strided((4,), (1,))
    backwards = ag.from_numpy(memory[::-2])
    assert backwards.as_strided((2,), (1,), 1).tolist() == [2, 3]


def test_a_view_beyond_its_input_reaches_the_base() -> None:
    """PyTorch drops the gradients of what lies outside the input."""
    x = leaf(ag, 2, 3)
    row = (x * 1)[1]
    (row.as_strided((4,), (1,), 1) * weights(ag, 4)).sum().backward()
    assert plain(x.grad) == [[0, 1, 10], [100, 1000, 0]]


def test_as_strided_shares_the_version() -> None:
    x = ag.arange(4.0)
    view = x.as_strided((2, 2), (1, 1))
    assert view._base is x
    x.add_(1)
    assert view._version == 1
    view.unfold(1, 2, 1)[0, 0, 0] = 7
    assert x.tolist() == [7, 2, 3, 4]
    assert x._version == 2


def test_ravel_copies_what_is_not_contiguous() -> None:
    x = ag.arange(12.0).reshape(3, 4)
    rows = x[:, ::2].contiguous()
    assert rows.ravel()._base is rows
    steps = ag.arange(6.0)[::2]  # flatten gives a view
    assert steps.flatten() is steps
    steps.ravel()[0] = 7
    assert steps.tolist() == [0, 2, 4]


def test_differences_of_nothing_are_the_tensor_itself() -> None:
    x = ag.ones(0, 3, requires_grad=True)
    assert x.diff(dim=0) is x
    assert x.diff(dim=0, n=0) is not x


def test_meshgrid_without_indexing_warns() -> None:
    with pytest.warns(UserWarning, match="indexing"):
        grid = ag.meshgrid(ag.arange(2), ag.arange(3))
    assert grid[0].shape == (2, 3)


def test_complex_numbers_have_no_gradients() -> None:
    x = leaf(ag, 2, 2)
    for make in (lambda: ag.view_as_complex(x), lambda: ag.complex(x, x), lambda: ag.polar(x, x)):
        with pytest.raises(NotImplementedError, match=r"detach\(\)"):
            make()
        with ag.no_grad():
            assert make().is_complex()
    with pytest.raises(NotImplementedError, match="complex32"):
        ag.view_as_complex(ag.zeros(2, dtype=ag.float16))
