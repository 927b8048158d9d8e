"""The named tuples that operations with several results return, under PyTorch's names (`torch.return_types`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from .tensor import Tensor


T = TypeVar("T")


def _shown_as_in_pytorch(kind: type[T]) -> type[T]:
    """With PyTorch's repr: a field to a line."""

    def shown(self: Any) -> str:
        fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"return_types.{type(self).__name__}(\n{fields})"

    kind.__repr__ = shown  # type: ignore[method-assign, assignment]  # of a tuple
    return kind


@_shown_as_in_pytorch
class slogdet(NamedTuple):
    """The sign of a determinant and the logarithm of its size."""

    sign: Tensor
    logabsdet: Tensor


@_shown_as_in_pytorch
class linalg_slogdet(NamedTuple):
    """As `slogdet`."""

    sign: Tensor
    logabsdet: Tensor


@_shown_as_in_pytorch
class linalg_cholesky_ex(NamedTuple):
    """The factor, and 0 or the order of the first leading minor that is not positive."""

    L: Tensor
    info: Tensor


@_shown_as_in_pytorch
class linalg_inv_ex(NamedTuple):
    """The inverse, and 0 or the number of the first pivot that is zero."""

    inverse: Tensor
    info: Tensor


@_shown_as_in_pytorch
class linalg_solve_ex(NamedTuple):
    """The solution, and 0 or the number of the first pivot that is zero."""

    result: Tensor
    info: Tensor


@_shown_as_in_pytorch
class linalg_qr(NamedTuple):
    """Orthonormal columns and an upper triangle."""

    Q: Tensor
    R: Tensor


@_shown_as_in_pytorch
class qr(NamedTuple):
    """As `linalg_qr`."""

    Q: Tensor
    R: Tensor


@_shown_as_in_pytorch
class geqrf(NamedTuple):
    """R, below it the Householder vectors, and their factors."""

    a: Tensor
    tau: Tensor


@_shown_as_in_pytorch
class linalg_svd(NamedTuple):
    """Left singular vectors, singular values, right singular vectors as rows."""

    U: Tensor
    S: Tensor
    Vh: Tensor


@_shown_as_in_pytorch
class svd(NamedTuple):
    """Left singular vectors, singular values, right singular vectors as columns."""

    U: Tensor
    S: Tensor
    V: Tensor


@_shown_as_in_pytorch
class linalg_eigh(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@_shown_as_in_pytorch
class linalg_eig(NamedTuple):
    """Complex eigenvalues, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@_shown_as_in_pytorch
class linalg_lu(NamedTuple):
    """A permutation, a lower triangle with ones on its diagonal, an upper triangle."""

    P: Tensor
    L: Tensor
    U: Tensor


@_shown_as_in_pytorch
class lu_unpack(NamedTuple):
    """As `linalg_lu`; empty what was not asked for."""

    P: Tensor
    L: Tensor
    U: Tensor


@_shown_as_in_pytorch
class linalg_lu_factor(NamedTuple):
    """Both triangles in one matrix, and which row each row was exchanged with, counted from 1."""

    LU: Tensor
    pivots: Tensor


@_shown_as_in_pytorch
class linalg_lu_factor_ex(NamedTuple):
    """As `linalg_lu_factor`, and 0 or the number of the first pivot that is zero."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


@_shown_as_in_pytorch
class linalg_lstsq(NamedTuple):
    """The solution; squared residuals, rank and singular values as far as the driver gives them, else empty."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


@_shown_as_in_pytorch
class triangular_solve(NamedTuple):
    """The solution, and a copy of the coefficients."""

    solution: Tensor
    cloned_coefficient: Tensor


# ---------------------------------------------------------------- elements of each line along a dimension


@_shown_as_in_pytorch
class _Chosen(NamedTuple):
    values: Tensor
    indices: Tensor


class max(_Chosen):
    """The largest elements, and where each stands."""

    __slots__ = ()


class min(_Chosen):
    """The smallest elements, and where each stands."""

    __slots__ = ()


class median(_Chosen):
    """The medians, and where each stands."""

    __slots__ = ()


class nanmedian(_Chosen):
    """As `median`, NaN left out."""

    __slots__ = ()


class mode(_Chosen):
    """The most frequent elements, and where one of each stands."""

    __slots__ = ()


class kthvalue(_Chosen):
    """The k-th smallest elements, and where each stands."""

    __slots__ = ()


class cummax(_Chosen):
    """The running maxima, and where each stands."""

    __slots__ = ()


class cummin(_Chosen):
    """The running minima, and where each stands."""

    __slots__ = ()


class sort(_Chosen):
    """The elements in order, and where each stood."""

    __slots__ = ()


class topk(_Chosen):
    """The k largest (or smallest) elements, and where each stood."""

    __slots__ = ()


@_shown_as_in_pytorch
class aminmax(NamedTuple):
    """The smallest and the largest elements."""

    min: Tensor
    max: Tensor


@_shown_as_in_pytorch
class frexp(NamedTuple):
    """Numbers taken apart: mantissa * 2 ** exponent."""

    mantissa: Tensor
    exponent: Tensor


@_shown_as_in_pytorch
class histogram(NamedTuple):
    """How many elements fall into each bin."""

    hist: Tensor
    bin_edges: Tensor
