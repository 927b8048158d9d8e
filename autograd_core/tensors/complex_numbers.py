"""Complex numbers, which tensors may hold where no gradient is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arrays.dims import common_shape
from ..arrays.strides import strided
from ..modes import is_grad_enabled
from ..primitive import wrap

if TYPE_CHECKING:
    from ..arrays.dtypes import DType
    from ..tensor import Tensor


def _check_constant(name: str, *tensors: Tensor) -> None:
    if is_grad_enabled() and any(x._edge is not None for x in tensors):
        raise NotImplementedError(
            f"{name}: complex numbers have no gradients here; use .detach(), or compute inside no_grad()"
        )


def real(input: Tensor) -> Tensor:
    """The real part: a view of a complex tensor; another is its own.

    >>> real(tensor([1 + 2j]))
    tensor([1.])
    """
    return wrap(input.array.real, None, input._memory) if input.array.dtype.kind == "c" else input


def imag(input: Tensor) -> Tensor:
    """A view of the imaginary part of a complex tensor.

    >>> imag(tensor([1 + 2j]))
    tensor([2.])
    """
    if input.array.dtype.kind != "c":
        raise RuntimeError(f"imag is only defined for complex tensors, not {input.array.dtype}")
    return wrap(input.array.imag, None, input._memory)


def complex(real: Tensor, imag: Tensor) -> Tensor:
    """real + i imag, of two tensors of one floating dtype that broadcast.

    >>> complex(tensor([1.]), tensor([2.]))
    tensor([1.+2.j])
    """
    _check_constant("complex", real, imag)
    x, y = real.array, imag.array
    if x.dtype != y.dtype:
        raise RuntimeError(f"complex: real and imag must have one dtype, got {x.dtype} and {y.dtype}")
    out = np.empty(_common_shape("complex", real, imag), _complex_dtype("complex", x.dtype))
    out.real, out.imag = x, y
    return wrap(out)


def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """abs (cos angle + i sin angle), of two tensors of one floating dtype that broadcast.

    >>> polar(tensor([2.]), tensor([0.]))
    tensor([2.+0.j])
    """
    _check_constant("polar", abs, angle)
    r, phi = abs.array, angle.array
    if r.dtype != phi.dtype:
        raise RuntimeError(f"polar: abs and angle must have one dtype, got {r.dtype} and {phi.dtype}")
    out = np.empty(_common_shape("polar", abs, angle), _complex_dtype("polar", r.dtype))
    out.real, out.imag = r * np.cos(phi), r * np.sin(phi)
    return wrap(out)


def _common_shape(name: str, x: Tensor, y: Tensor) -> tuple[int, ...]:
    return common_shape(name, first=x.array.shape, second=y.array.shape)


def _complex_dtype(name: str, dtype: DType) -> DType:
    if dtype == np.float16:
        raise NotImplementedError(f"{name}: there is no complex32 here; use .float()")
    if dtype.kind != "f":
        raise RuntimeError(f"{name}: expects floating-point tensors, got {dtype}; use .float()")
    return np.dtype(np.complex64 if dtype == np.float32 else np.complex128)


def view_as_real(input: Tensor) -> Tensor:
    """A view of complex numbers as pairs: a last dimension with the real and the imaginary part.

    >>> view_as_real(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    array = input.array
    if array.dtype.kind != "c":
        raise RuntimeError(f"view_as_real: expects a complex tensor, got {array.dtype}")
    part = array.real
    return wrap(strided(part, (*array.shape, 2), (*array.strides, part.itemsize)), None, input._memory)


def view_as_complex(input: Tensor) -> Tensor:
    """A view of pairs (a last dimension of size 2, next to each other in memory) as complex numbers.

    >>> view_as_complex(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    _check_constant("view_as_complex", input)
    array, width = input.array, input.array.itemsize
    dtype = _complex_dtype("view_as_complex", array.dtype)
    even = not any(step % (2 * width) for n, step in zip(array.shape[:-1], array.strides[:-1], strict=True) if n > 1)
    if array.shape[-1:] != (2,) or (array.size and (array.strides[-1] != width or not even)):
        raise RuntimeError(
            "view_as_complex: expects a last dimension of size 2 with stride 1, and other strides that are even, got shape "
            f"{array.shape}, strides {tuple(step // width for step in array.strides)}; use .contiguous()"
        )
    return wrap(array.view(dtype)[..., 0] if array.size else np.empty(array.shape[:-1], dtype), None, input._memory)


def conj(input: Tensor) -> Tensor:
    """The conjugate (a copy, of complex numbers); other tensors are their own.

    >>> conj(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return wrap(np.asarray(input.array.conj())) if input.array.dtype.kind == "c" else input


conj_physical = conj
