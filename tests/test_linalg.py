"""Singular, defective and other hard matrices: what the table of operations does not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import linalg
from autograd_core.linalg import LinAlgError
from tests.op_calls import floats, matrix

Array = np.ndarray[Any, Any]
SINGULAR = ag.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=ag.float64)


def leaf(array: Any) -> ag.Tensor:
    return ag.tensor(array, dtype=ag.float64, requires_grad=True)


def gradient(function: Callable[[ag.Tensor], ag.Tensor], array: Any) -> Array:
    x = leaf(array)
    return np.asarray(ag.grad(function(x).sum(), x)[0])


# ---------------------------------------------------------------- det


def cofactors(A: Array) -> Array:
    """By the definition: a sign and the determinant without a row and a column."""
    n = len(A)
    without = lambda i, j: np.delete(np.delete(A, i, 0), j, 1)
    return np.array([[(-1) ** (i + j) * np.linalg.det(without(i, j)) for j in range(n)] for i in range(n)])


def of_rank(n: int, rank: int) -> Array:
    return np.random.default_rng(n + rank).standard_normal((n, rank)) @ np.random.default_rng(rank).standard_normal(
        (rank, n)
    )


def test_the_gradient_of_det_at_a_singular_matrix_is_the_adjugate() -> None:
    np.testing.assert_allclose(gradient(linalg.det, SINGULAR.tolist()), [[4, -2], [-2, 1]], rtol=1e-14)
    np.testing.assert_array_equal(gradient(linalg.det, [[0.0]]), [[1]])
    np.testing.assert_array_equal(gradient(linalg.det, np.zeros((3, 3))), np.zeros((3, 3)))


@pytest.mark.parametrize("n", [2, 3, 5, 12])
def test_the_gradient_of_det_at_any_rank(n: int) -> None:
    for rank in (n, n - 1, n - 2):
        A = of_rank(n, rank)
        np.testing.assert_allclose(
            gradient(linalg.det, A), cofactors(A), rtol=1e-10, atol=1e-14 * np.linalg.norm(A) ** (n - 1)
        )
    A = of_rank(n, n - 1) + 1e-9 * np.eye(n)  # nearly singular
    np.testing.assert_allclose(gradient(linalg.det, A), cofactors(A), rtol=1e-8)


def test_the_gradient_of_det_in_a_batch_with_singular_matrices() -> None:
    stack = np.stack([of_rank(3, rank) for rank in (3, 2, 1, 0)])
    np.testing.assert_allclose(gradient(linalg.det, stack), [cofactors(A) for A in stack], rtol=1e-11, atol=1e-12)


def test_the_gradient_of_det_where_det_underflows() -> None:
    np.testing.assert_allclose(gradient(linalg.det, 1e-200 * np.eye(2)), 1e-200 * np.eye(2))
    np.testing.assert_allclose(gradient(linalg.det, 1e200 * np.eye(2)), 1e200 * np.eye(2))


def test_the_second_derivative_of_det_at_a_singular_matrix() -> None:
    """det is linear in each element and d² det / dA_ij dA_kl is the minor without these rows and columns."""
    hessian = np.zeros((3, 3, 3, 3))
    A = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])
    for at in np.ndindex(3, 3):
        x = leaf(A)
        (slope,) = ag.grad(linalg.det(x), x, create_graph=True)
        hessian[at] = np.asarray(ag.grad(slope[at], x)[0])
    assert hessian[0, 0, 1, 1] == pytest.approx(A[2, 2])
    assert hessian[0, 1, 1, 0] == pytest.approx(-A[2, 2])
    assert hessian[0, 0, 0, 1] == pytest.approx(0, abs=1e-14)
    assert hessian[2, 1, 0, 0] == pytest.approx(-A[1, 2])
    np.testing.assert_allclose(hessian, hessian.transpose(2, 3, 0, 1), atol=1e-14)


def test_the_third_derivative_of_det() -> None:
    x = leaf(matrix(3, 3))
    (slope,) = ag.grad(linalg.det(x), x, create_graph=True)
    (curvature,) = ag.grad(slope[0, 0], x, create_graph=True)
    (third,) = ag.grad(curvature[1, 1], x)
    np.testing.assert_allclose(third, np.diag([0.0, 0, 1]), atol=1e-12)


def test_det_of_nothing_is_1() -> None:
    assert linalg.det(ag.zeros(0, 0)).item() == 1
    assert gradient(linalg.det, np.zeros((2, 0, 0))).shape == (2, 0, 0)


def test_float32_determinants_do_not_lose_digits() -> None:
    assert linalg.det(ag.tensor([[1.0, 2.0], [3.0, 4.0]])).item() == -2
    A = (1 + 0.1 * floats(8, 8)).astype(np.float32) + np.eye(8, dtype=np.float32) * 20
    exact = np.linalg.det(A.astype(np.float64))
    assert linalg.det(ag.from_numpy(A)).item() == pytest.approx(exact, rel=6e-8)


def test_log_determinants_at_singular_and_negative_matrices() -> None:
    sign, size = linalg.slogdet(SINGULAR)
    assert (sign.item(), size.item()) == (0, -np.inf)
    assert ag.logdet(SINGULAR).item() == -np.inf
    assert np.isnan(ag.logdet(-ag.eye(3)).item())
    assert not np.isfinite(gradient(ag.logdet, SINGULAR.tolist())).any()


# ---------------------------------------------------------------- singular equations

RAISING: list[Callable[[ag.Tensor], Any]] = [
    linalg.inv,
    ag.inverse,
    lambda A: linalg.solve(A, ag.ones(2, dtype=ag.float64)),
    lambda A: linalg.inv_ex(A, check_errors=True),
    lambda A: linalg.solve_ex(A, ag.ones(2, dtype=ag.float64), check_errors=True),
    lambda A: linalg.matrix_power(A, -1),
    lambda A: linalg.tensorinv(A, 1),
    lambda A: linalg.cholesky(A - ag.eye(2)),
    lambda A: ag.cholesky_inverse(A - A),
    lambda A: linalg.cholesky_ex(A - ag.eye(2), check_errors=True),
    lambda A: linalg.svd(A * np.nan),
    lambda A: linalg.svdvals(A * np.nan),
]


@pytest.mark.parametrize("function", RAISING)
def test_a_singular_matrix_raises(function: Callable[[ag.Tensor], Any]) -> None:
    with pytest.raises(LinAlgError, match=r"singular|positive definite|converge") as error:
        function(SINGULAR)
    assert isinstance(error.value, RuntimeError)  # as PyTorch's, and NumPy's
    assert isinstance(error.value, np.linalg.LinAlgError)


def test_the_matrix_of_a_batch_is_named() -> None:
    stack = ag.stack([ag.eye(2), ag.ones(2, 2)])
    with pytest.raises(LinAlgError, match="matrix 1 of A"):
        linalg.inv(stack)
    with pytest.raises(LinAlgError, match=r"matrix 1 of A.*order 2"):
        linalg.cholesky(stack)


def test_without_checks_a_singular_matrix_divides() -> None:
    stack = ag.stack([SINGULAR, 2 * ag.eye(2, dtype=ag.float64)])
    inverse, info = linalg.inv_ex(stack)
    assert info.tolist() == [2, 0]
    assert info.dtype == ag.int32
    assert not np.isfinite(inverse[0]).any()
    np.testing.assert_array_equal(inverse[1], np.eye(2) / 2)
    result, info = linalg.solve_ex(stack, ag.ones(2, 2, dtype=ag.float64))
    assert info.tolist() == [2, 0]
    np.testing.assert_array_equal(result, [[-np.inf, np.inf], [0.5, 0.5]])
    with pytest.raises(RuntimeError, match=r"U\[2, 2\] is zero"):
        linalg.lu_factor(SINGULAR)
    assert linalg.lu_factor_ex(SINGULAR).info.item() == 2
    np.testing.assert_array_equal(linalg.lu(SINGULAR).U, [[2, 4], [0, 0]])
    upper = ag.tensor([[0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(linalg.solve_triangular(upper, ag.ones(2, 1), upper=True), [[-np.inf], [np.inf]])


def test_where_there_is_no_cholesky_factor_its_gradient_is_nan() -> None:
    A = leaf([[[1.0, 2.0], [2.0, 1.0]], [[4.0, 0.0], [0.0, 4.0]]])
    L, info = linalg.cholesky_ex(A)
    assert info.tolist() == [2, 0]
    np.testing.assert_array_equal(L.detach(), [[[1, 0], [2, -3]], [[2, 0], [0, 2]]])
    L.sum().backward()
    assert A.grad is not None
    assert np.isnan(A.grad[0]).all()
    assert np.isfinite(A.grad[1]).all()


# ---------------------------------------------------------------- equal values


def test_equal_singular_values() -> None:
    np.testing.assert_allclose(gradient(linalg.svdvals, np.eye(2)), np.eye(2))
    np.testing.assert_allclose(gradient(lambda A: linalg.svd(A).S, np.eye(2)), np.eye(2))
    assert np.isnan(gradient(lambda A: linalg.svd(A).U, np.eye(2))).all()
    np.testing.assert_allclose(gradient(lambda A: linalg.matrix_norm(A, 2), np.eye(2)), np.eye(2) / 2)  # ties share


def test_equal_eigenvalues() -> None:
    np.testing.assert_allclose(gradient(linalg.eigvalsh, np.eye(3)), np.eye(3))
    assert np.isnan(gradient(lambda A: linalg.eigh(A).eigenvectors, np.eye(2))).all()


def test_the_pseudo_inverse_of_equal_singular_values_is_differentiable() -> None:
    A = leaf(np.vstack([np.eye(2), np.zeros((1, 2))]))
    assert ag.gradcheck(linalg.pinv, A)
    assert ag.gradgradcheck(linalg.pinv, A)


def test_projections_do_not_depend_on_signs() -> None:
    """Of singular vectors and eigenvectors, in functions that their signs and rotations leave alone."""
    weights = ag.from_numpy(floats(4, 4, seed=3))
    outside = lambda A: (
        linalg.svd(A).U[:, 2:] @ linalg.svd(A).U[:, 2:].mT * weights
    ).sum()  # two vectors, free to rotate
    complement = lambda A: (linalg.qr(A, "complete").Q[:, 2:] @ linalg.qr(A, "complete").Q[:, 2:].mT * weights).sum()
    for function in (outside, complement):
        assert ag.gradcheck(function, leaf(matrix(4, 2)))
        assert ag.gradgradcheck(function, leaf(matrix(4, 2)))
    largest = lambda A: (
        linalg.eigh(A + A.mT).eigenvectors[:, -1:] @ linalg.eigh(A + A.mT).eigenvectors[:, -1:].mT * weights
    ).sum()
    assert ag.gradcheck(largest, leaf(matrix(4, 4)))


def test_a_function_of_all_singular_vectors_gives_back_the_gradient() -> None:
    def again(A: ag.Tensor) -> ag.Tensor:
        U, S, Vh = linalg.svd(A, full_matrices=False)
        return U @ ag.diag_embed(S) @ Vh

    def from_q_r(A: ag.Tensor) -> ag.Tensor:
        Q, R = linalg.qr(A)
        return Q @ R

    def from_p_l_u(A: ag.Tensor) -> ag.Tensor:
        P, L, U = linalg.lu(A)
        return P @ L @ U

    seed = ag.from_numpy(floats(4, 3, seed=5))
    for function in (again, from_q_r, from_p_l_u):
        for array, weight in ((floats(4, 3, seed=1), seed), (floats(3, 4, seed=1), seed.mT)):
            np.testing.assert_allclose(gradient(lambda A, f=function, w=weight: f(A) * w, array), weight, atol=1e-12)  # type: ignore[misc]


# ---------------------------------------------------------------- other


def test_overwriting_a_result_that_the_derivative_needs_raises() -> None:
    for decompose in (linalg.svd, linalg.eigh, linalg.qr, linalg.lu_factor):
        x = leaf(matrix(2, 2))
        results = decompose(x + x.mT)
        with ag.no_grad():
            results[0].mul_(2)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            results[0].sum().backward()


def test_non_finite_matrices_have_no_eigenvalues() -> None:
    stack = ag.stack([ag.full((2, 2), np.nan), ag.eye(2)])
    assert np.isnan(linalg.eigvalsh(stack)).tolist() == [[True, True], [False, False]]
    with pytest.raises(RuntimeError, match="infs or NaNs"):
        linalg.eig(stack)


def test_complex_results_have_no_gradient_and_say_so() -> None:
    A = leaf([[0.0, 1.0], [-1.0, 0.0]])
    for function in (linalg.eig, linalg.eigvals):
        with pytest.raises(NotImplementedError, match="no derivative is implemented"):
            function(A)
        with ag.no_grad():
            function(A)
    np.testing.assert_allclose(linalg.eigvals(A.detach()), [1j, -1j])


def test_geqrf_has_no_derivative() -> None:
    for result in ag.geqrf(leaf(matrix(3, 2))):
        assert result.requires_grad
        with pytest.raises(NotImplementedError, match=r"geqrf is not implemented, as in PyTorch; use linalg\.qr"):
            result.sum().backward()


def test_the_pseudo_inverse_reads_one_triangle_if_hermitian() -> None:
    A = leaf([[2.0, 9.0], [1.0, 3.0]])
    np.testing.assert_allclose(linalg.pinv(A, hermitian=True).detach(), np.linalg.inv([[2, 1], [1, 3]]))
    assert ag.gradcheck(lambda A: linalg.pinv(A, hermitian=True), A)
    x = leaf(floats(3, 1) @ floats(1, 3))
    assert linalg.matrix_rank(linalg.pinv(x @ x.mT, hermitian=True)).item() == 1


def test_tolerances_may_be_tensors() -> None:
    stack = ag.stack([ag.diag(ag.tensor([1.0, 0.1])), ag.diag(ag.tensor([1.0, 0.1]))])
    found = linalg.pinv(stack, atol=ag.tensor([0.0, 0.5]))
    np.testing.assert_allclose(found.diagonal(dim1=1, dim2=2), [[1, 10], [1, 0]], rtol=1e-6)
    assert linalg.matrix_rank(stack, rtol=ag.tensor([0.01, 0.5])).tolist() == [2, 1]


def test_least_squares_of_all_kinds() -> None:
    """Overdetermined, underdetermined, rank-deficient: the normal equations hold, and the answer is the smallest."""
    for A in (floats(5, 3, seed=1), floats(3, 5, seed=1), np.outer(floats(4), floats(3))):
        b = floats(len(A), 2, seed=2)
        X = np.asarray(linalg.lstsq(ag.from_numpy(A), ag.from_numpy(b)).solution)
        np.testing.assert_allclose(A.T @ (A @ X - b), 0, atol=1e-12)
        np.testing.assert_allclose(np.linalg.pinv(A) @ A @ X, X, atol=1e-12)


def test_exponentials_of_large_and_special_matrices() -> None:
    turn = lambda angle: np.array([[0.0, -angle], [angle, 0.0]])
    for angle in (1e-9, 0.5, 3.0, 40.0, 300.0):
        expected = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        np.testing.assert_allclose(linalg.matrix_exp(ag.from_numpy(turn(angle))), expected, atol=1e-12)
    stack = np.stack([turn(0.5), turn(40.0)])  # each is scaled by itself
    np.testing.assert_array_equal(
        linalg.matrix_exp(ag.from_numpy(stack))[0], linalg.matrix_exp(ag.from_numpy(stack[0]))
    )
    assert np.isnan(linalg.matrix_exp(ag.full((2, 2), np.inf))).all()
    assert np.isinf(linalg.matrix_exp(ag.full((2, 2), 500.0))).all()


def test_the_cheapest_order_of_a_product() -> None:
    """The example of Cormen et al., section 15.2: 15,125 multiplications."""
    from autograd_core.ops.linalg import _cheapest

    assert _cheapest([30, 35, 15, 5, 10, 20, 25]) == ((0, (1, 2)), ((3, 4), 5))


def test_large_matrices_are_factored_in_blocks() -> None:
    rng = np.random.default_rng(0)
    for shape in ((130, 130), (2, 120, 60), (60, 120)):
        A = rng.standard_normal(shape)
        P, L, U = linalg.lu(ag.from_numpy(A))
        np.testing.assert_allclose(P @ L @ U, A, atol=1e-12)
        assert np.abs(L).max() == 1  # pivots are the largest in their column


def test_distances_in_blocks_and_by_products_agree() -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((n, 40)) + 100 for n in (300, 200))
    x[:3] = y[:3]
    for p in (1.0, 2.0, np.inf):
        found = ag.cdist(ag.from_numpy(x), ag.from_numpy(y), p)
        np.testing.assert_allclose(found, np.linalg.norm(x[:, None] - y, p, axis=-1), rtol=1e-12)
    a = leaf(x)
    for mode in ("use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"):
        distances = ag.cdist(a, ag.from_numpy(y), compute_mode=mode)
        assert (distances[[0, 1, 2], [0, 1, 2]] == 0).all()  # equal points exactly
        (slope,) = ag.grad(distances[:3, :3].diagonal().sum(), a)
        assert not slope.any()


def test_a_bad_row_does_not_spoil_other_distances() -> None:
    x = ag.from_numpy(floats(30, 2))
    y = ag.from_numpy(np.vstack([floats(2, 2, seed=1), [[np.inf, 0.0]], [[np.nan, 0.0]]]))
    found = ag.cdist(x, y)
    assert np.isfinite(found[:, :2]).all()
    assert np.isinf(found[:, 2]).all()
    assert np.isnan(found[:, 3]).all()


def test_float32_distances_of_near_points_far_from_the_origin() -> None:
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((50, 3)) + 1000).astype(np.float32)
    exact = np.linalg.norm(x[:, None].astype(float) - x, axis=-1)
    np.testing.assert_allclose(ag.cdist(ag.from_numpy(x), ag.from_numpy(x)), exact, rtol=1e-5)


def test_named_results_print_as_in_pytorch() -> None:
    shown = repr(linalg.slogdet(ag.eye(2)))
    assert shown == "return_types.linalg_slogdet(\nsign=tensor(1.),\nlogabsdet=tensor(0.))"
    assert repr(ag.slogdet(ag.eye(2))).startswith("return_types.slogdet(")


OLD: list[Callable[[ag.Tensor], Any]] = [
    ag.cholesky, ag.qr, ag.lu, ag.chain_matmul, ag.nuclear_norm, lambda A: ag.frobenius_norm(A, 1), lambda A: ag.triangular_solve(A, A),
    lambda A: ag.lu_solve(A, *linalg.lu_factor(A)),
]  # fmt: skip


@pytest.mark.parametrize("function", OLD)
def test_old_names_warn(function: Callable[[ag.Tensor], Any]) -> None:
    with pytest.warns(UserWarning, match="is deprecated in favor of linalg"):
        function(ag.eye(2))
