"""Linear algebra under PyTorch's names (`torch.linalg`)."""

from __future__ import annotations

from .arrays.lapack import LinAlgError
from .calling import offer
from .ops.decompositions import cholesky_ex, eigh, eigvals, eigvalsh, lu_factor, lu_factor_ex, svdvals
from .ops.decompositions import linalg_cholesky as cholesky
from .ops.decompositions import linalg_eig as eig
from .ops.decompositions import linalg_lu as lu
from .ops.decompositions import linalg_svd as svd
from .ops.determinants import linalg_det as det
from .ops.determinants import linalg_slogdet as slogdet
from .ops.diagonal import linalg_diagonal as diagonal
from .ops.least_squares import linalg_lstsq as lstsq
from .ops.least_squares import linalg_matrix_rank as matrix_rank
from .ops.least_squares import pinv
from .ops.linalg import linalg_cross as cross
from .ops.linalg import matmul, multi_dot, vecdot
from .ops.matrix_functions import linalg_cond as cond
from .ops.matrix_functions import linalg_vander as vander
from .ops.matrix_functions import matrix_exp, matrix_power
from .ops.norms import linalg_norm as norm
from .ops.norms import matrix_norm, vector_norm
from .ops.orthogonal import householder_product
from .ops.orthogonal import linalg_qr as qr
from .ops.solve import inv, inv_ex, solve_ex, solve_triangular, tensorinv, tensorsolve
from .ops.solve import linalg_lu_solve as lu_solve
from .ops.solve import linalg_solve as solve

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

offer(globals(), __all__, takes_out=set(__all__) - {"LinAlgError", "diagonal", "lstsq", "matrix_exp", "vander"})
