"""Linear algebra beside PyTorch: names, errors of singular matrices, accuracy in single precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

torch = pytest.importorskip("torch")


def test_the_namespace_is_pytorchs() -> None:
    theirs = {name for name in vars(torch.linalg) if not name.startswith("_") and callable(getattr(torch.linalg, name))}
    assert theirs - set(ag.linalg.__all__) == {"ldl_factor", "ldl_factor_ex", "ldl_solve"}
    assert set(ag.linalg.__all__) <= theirs


def test_the_named_results_are_pytorchs() -> None:
    for name, kind in vars(ag.return_types).items():
        if isinstance(kind, type) and hasattr(kind, "_fields") and not name.startswith("_"):
            assert list(kind._fields) == list(getattr(torch.return_types, name).__match_args__), name


FAILING: list[Callable[[Any, Any], Any]] = [
    lambda lib, A: lib.linalg.inv(A),
    lambda lib, A: lib.linalg.solve(A, A),
    lambda lib, A: lib.linalg.cholesky(A - lib.eye(2)),
    lambda lib, A: lib.linalg.svd(A * np.nan),
    lambda lib, A: lib.cholesky_inverse(A - A),
    lambda lib, A: lib.linalg.matrix_power(A, -2),
]


@pytest.mark.parametrize("function", FAILING)
def test_errors_of_singular_matrices(function: Callable[[Any, Any], Any]) -> None:
    for lib in (ag, torch):
        with pytest.raises(lib.linalg.LinAlgError):
            function(lib, lib.ones(2, 2))


UNCHECKED: list[Callable[[Any, Any], Any]] = [
    lambda lib, A: lib.linalg.inv_ex(A),
    lambda lib, A: lib.linalg.solve_ex(A, lib.ones(A.shape[-1], 1)),
    lambda lib, A: lib.linalg.lu_factor_ex(A),
    lambda lib, A: lib.linalg.cholesky_ex(A),
    lambda lib, A: lib.linalg.slogdet(A),
]
SINGULAR: list[Any] = [
    [[1.0, 2], [2, 4]],
    [[0.0, 0], [0, 0]],
    [[1.0, 2, 3], [0, 0, 4], [0, 0, 5]],
    [[[1.0, 0], [0, 1]], [[1, 2], [2, 1]]],
]


@pytest.mark.parametrize("function", UNCHECKED)
def test_what_is_made_of_singular_matrices(function: Callable[[Any, Any], Any]) -> None:
    for array in SINGULAR:
        ours, theirs = (function(lib, lib.tensor(array)) for lib in (ag, torch))
        for found, expected in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6, atol=1e-6)
            assert found.dtype.name == str(expected.dtype).removeprefix("torch.")


ACCURATE: dict[str, Callable[[Any, Any], Any]] = {
    "solve": lambda lib, A: lib.linalg.solve(A, A[:, :3] + 1),
    "inv": lambda lib, A: lib.linalg.inv(A),
    "det": lambda lib, A: lib.linalg.det(A),
    "slogdet": lambda lib, A: lib.linalg.slogdet(A)[1],
    "cholesky": lambda lib, A: lib.linalg.cholesky(A @ A.mT),
    "qr": lambda lib, A: lib.linalg.qr(A).R,
    "svdvals": lambda lib, A: lib.linalg.svdvals(A),
    "eigvalsh": lambda lib, A: lib.linalg.eigvalsh(A + A.mT),
    "pinv": lambda lib, A: lib.linalg.pinv(A[:, :20]),
    "lstsq": lambda lib, A: lib.linalg.lstsq(A[:, :20], A[:, 20:]).solution,
    "lu": lambda lib, A: lib.linalg.lu(A).U,
    "solve_triangular": lambda lib, A: lib.linalg.solve_triangular(A, A, upper=False),
    "matrix_exp": lambda lib, A: lib.linalg.matrix_exp(A / 4),
    "householder_product": lambda lib, A: lib.linalg.householder_product(*lib.geqrf(A)),
    "cdist": lambda lib, A: lib.cdist(A, A + 1),
    "cdist by differences": lambda lib, A: lib.cdist(A, A + 1, 3.0),
    "nuclear norm": lambda lib, A: lib.linalg.matrix_norm(A, "nuc"),
}


@pytest.mark.parametrize("name", ACCURATE)
def test_float32_is_as_accurate_as_pytorch(name: str) -> None:
    """Values, and gradients of their sum: errors against float64."""
    function = ACCURATE[name]
    A = np.random.default_rng(2).standard_normal((32, 32)).astype(np.float32) + 4 * np.eye(32, dtype=np.float32)

    def found(lib: Any, dtype: type) -> list[np.ndarray[Any, Any]]:
        x = lib.from_numpy(A.astype(dtype)).requires_grad_("product" not in name)
        out = function(lib, x)
        if "product" in name:
            return [out.numpy()]
        (slope,) = (ag if lib is ag else torch.autograd).grad(out.sum(), x)
        return [out.detach().numpy(), slope.numpy()]

    for ours, theirs, exact in zip(
        found(ag, np.float32), found(torch, np.float32), found(torch, np.float64), strict=True
    ):
        size = np.abs(exact).max()
        error, allowed = np.abs(ours - exact).max() / size, np.abs(theirs - exact).max() / size
        assert error <= max(2 * allowed, 1e-6), f"{error} but PyTorch {allowed}"
