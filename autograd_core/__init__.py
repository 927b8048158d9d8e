"""Reverse-mode automatic differentiation on NumPy, with PyTorch's names and numbers.

>>> import autograd_core as ag
>>> x = ag.tensor([1., 2.], requires_grad=True)
>>> y = (x ** 2).sum()
>>> y.backward()
>>> x.grad
tensor([2., 4.])
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as _np

_np.empty(32 * 2**20 - 65536, _np.uint8)  # raises glibc's mmap threshold once: no page faults per training step

from .tensor import Tensor, Variable, increment_version
from .calling import offer
from . import cuda, linalg, return_types, special
from .anomaly import detect_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled, set_detect_anomaly
from .tensors.complex_numbers import complex, conj, imag, polar, real, view_as_complex, view_as_real
from .tensors.conversion import result_type
from .tensors.complex_numbers import conj_physical
from .tensors.creation import (
    as_tensor, asarray, empty, empty_like, empty_permuted, empty_strided, eye, from_numpy, frombuffer, full,
    full_like, ones, ones_like, scalar_tensor, tensor, zeros, zeros_like,
)
from .tensors.facts import (
    get_device, is_complex, is_conj, is_floating_point, is_inference, is_neg, is_nonzero, is_same_size, is_signed,
    is_storage, is_tensor, numel, resolve_conj, resolve_neg, typename,
)
from .tensors.sequences import (
    arange, bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window, linspace, logspace, range,
    tril_indices, triu_indices,
)
from .tensors.storages import TypedStorage, UntypedStorage
from .tensor_types import (
    BoolTensor, ByteTensor, CharTensor, DoubleTensor, FloatTensor, HalfTensor, IntTensor, LongTensor, ShortTensor,
    set_default_tensor_type,
)
from .arrays.dims import Size, broadcast_shapes
from .derivatives import backward, grad
from .graph import RemovableHandle
from .devices import (
    channels_last, channels_last_3d, contiguous_format, device, get_default_device, get_num_threads, layout,
    memory_format, preserve_format, set_default_device, set_num_threads, strided,
)
from .tensors.dlpack import from_dlpack, to_dlpack
from .arrays.dtypes import (
    bool, can_cast, cdouble, cfloat, complex64, complex128, double, finfo, float, float16, float32, float64,
    get_default_dtype, half, iinfo, int, int8, int16, int32, int64, long, promote_types, set_default_dtype, short,
    uint8,
)
from .arrays.dtypes import DType as dtype
from .inplace import in_place
from .layers.attention import scaled_dot_product_attention
from .layers.noise import alpha_dropout, dropout, feature_alpha_dropout, feature_dropout, rrelu
from .function import Function, once_differentiable
from .memory import set_detect_numpy_writes
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .modes import (
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, module_path, no_grad, record,
    recording, set_grad_enabled,
)
from .ops.activation import (
    celu, elu, gaussian_gelu, gelu, glu, hard_logistic, hardshrink, hardsigmoid, hardswish, hardtanh, leaky_relu,
    log_softmax, logsigmoid, maxout, mish, prelu, relu, relu6, selu, silu, softmax, softmin, softplus, softshrink,
    softsign, step, swish, tanhshrink, threshold,
)
from .ops.elementary import (
    acos, acosh, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, asin, asinh, atan, atan2, atanh, cos,
    cosh, deg2rad, exp, exp2, expm1, hypot, log, log1p, log2, log10, logaddexp, logaddexp2, rad2deg, reciprocal,
    rsqrt, sigmoid, sin, sinh, sqrt, square, tan, tanh,
)
from .ops.elementwise import (
    abs, absolute, add, ceil, clamp, clamp_max, clamp_min, clip, clone, div, divide, fix, float_power, floor,
    floor_divide, fmax, fmin, fmod, frac, maximum, minimum, mul, multiply, neg, negative, positive, pow, remainder,
    round, rsub, sgn, sign, sub, subtract, trunc, where,
)
from .ops.einsum import einsum, tensordot, trace
from .ops.adaptive import (
    adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d, adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from .ops.pooling import (
    avg_pool1d, avg_pool2d, avg_pool3d, lp_pool1d, lp_pool2d, lp_pool3d, max_pool1d, max_pool2d, max_pool3d,
    max_unpool1d, max_unpool2d, max_unpool3d,
)
from .ops.convolution import (
    col2im, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, im2col,
)
from .ops.diagonal import diag, diag_embed, diagflat, diagonal, diagonal_scatter, tril, triu
from .ops.index import (
    index_add, index_copy, index_fill, index_put, index_select, narrow, narrow_copy, select, select_scatter,
    slice_scatter,
)
from .ops.masks import argwhere, masked_fill, masked_scatter, masked_select, nonzero, nonzero_static, unravel_index
from .ops.scatter import gather, index_reduce, put, scatter, scatter_add, scatter_reduce, take, take_along_dim
from .ops.linalg import (
    addbmm, addmm, addmv, addr, baddbmm, bmm, chain_matmul, cross, dot, ger, inner, kron, matmul, mm, mv, outer,
    vdot,
)
from .ops.decompositions import cholesky, lu, lu_unpack, svd
from .ops.determinants import det, logdet, slogdet
from .ops.distances import cdist, dist, pdist
from .ops.least_squares import pinverse
from .ops.matrix_functions import matrix_exp, matrix_power, vander
from .ops.norms import frobenius_norm, norm, nuclear_norm, renorm
from .ops.orthogonal import geqrf, orgqr, ormqr, qr
from .ops.solve import cholesky_inverse, cholesky_solve, inverse, lu_solve, triangular_solve
from .ops.classification import binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, nll_loss
from .ops.similarity import cosine_similarity, pairwise_distance
from .ops.losses import (
    gaussian_nll_loss, half_squared_error, huber_loss, kl_div, l1_loss, mse_loss, poisson_nll_loss, smooth_l1_loss,
)
from .ops.margins import (
    cosine_embedding_loss, hinge_embedding_loss, margin_ranking_loss, multi_margin_loss, multilabel_margin_loss,
    multilabel_soft_margin_loss, soft_margin_loss, triplet_margin_loss, triplet_margin_with_distance_loss,
)
from .ops.logic import (
    allclose, bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, eq, equal,
    ge, greater, greater_equal, gt, isclose, isfinite, isin, isinf, isnan, isneginf, isposinf, isreal, le, less,
    less_equal, logical_and, logical_not, logical_or, logical_xor, lt, ne, not_equal,
)
from .ops.embedding import embedding, embedding_bag
from .ops.neural import bilinear, constant_pad_nd, linear, one_hot, pad
from .ops.recurrent import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell
from .ops.reduce import (
    all, amax, amin, aminmax, any, argmax, argmin, count_nonzero, logsumexp, max, mean, min, nanmean, nansum, prod,
    std, std_mean, sum, var, var_mean,
)
from .ops.cumulative import (
    cummax, cummin, cumprod, cumsum, cumulative_trapezoid, diff, gradient, logcumsumexp, trapezoid, trapz,
)
from .ops.statistics import (
    bincount, corrcoef, cov, histc, histogram, kthvalue, median, mode, nanmedian, nanquantile, quantile,
)
from .ops.joining import (
    block_diag, cat, chunk, column_stack, concat, concatenate, dsplit, dstack, hsplit, hstack, row_stack, split,
    split_with_sizes, stack, tensor_split, unbind, unsafe_chunk, unsafe_split, unsafe_split_with_sizes, vsplit,
    vstack,
)
from .ops.resample import affine_grid, grid_sample, interpolate
from .ops.normalisation import (
    batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, normalize, rms_norm,
)
from .ops.pixels import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .ops.strided import as_strided, as_strided_scatter
from .ops.repetition import (
    broadcast_tensors, broadcast_to, cartesian_prod, combinations, meshgrid, repeat_interleave, tile,
)
from .ops.shape import (
    adjoint, atleast_1d, atleast_2d, atleast_3d, flatten, flip, fliplr, flipud, moveaxis, movedim, permute, ravel,
    reshape, roll, rot90, squeeze, swapaxes, swapdims, t, transpose, unflatten, unsqueeze,
)
from .ops.special import (
    digamma, erf, erfc, erfinv, i0, igamma, igammac, lgamma, logit, mvlgamma, polygamma, sinc, xlogy,
)
from .ops.sorting import argsort, bucketize, msort, searchsorted, sort, topk, unique, unique_consecutive
from .arrays.printing import get_printoptions, printoptions, set_printoptions
from .layers.recurrent import gru, lstm, rnn_relu, rnn_tanh
from .arrays.streams import Generator
from .random import (
    bernoulli, default_generator, get_rng_state, initial_seed, manual_seed, multinomial, normal, rand, rand_like,
    randint, randint_like, randn, randn_like, randperm, seed, set_rng_state,
)
from .ops.mixtures import addcdiv, addcmul, lerp
from .ops.parts import angle, copysign, frexp, gcd, heaviside, lcm, ldexp, nan_to_num, nextafter, signbit

__version__ = "0.1.0"

pi, e, inf, nan = math.pi, math.e, math.inf, math.nan
true_divide = div

__all__ = [  # a literal list, so that type checkers see it
    "BoolTensor", "ByteTensor", "CharTensor", "CheckpointError", "DoubleTensor", "FloatTensor", "Function",
    "Generator", "GradcheckError", "HalfTensor", "IntTensor", "LongTensor", "RemovableHandle", "ShortTensor",
    "Size", "Tensor", "TypedStorage", "UntypedStorage", "Variable", "abs", "absolute", "acos", "acosh",
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool2d", "adaptive_max_pool3d", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr",
    "adjoint", "affine_grid", "all", "allclose", "alpha_dropout", "amax", "amin", "aminmax", "angle", "any",
    "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin",
    "argsort", "argwhere", "as_strided", "as_strided_scatter", "as_tensor", "asarray", "asin", "asinh", "atan",
    "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d", "autograd", "avg_pool1d", "avg_pool2d",
    "avg_pool3d", "backward", "baddbmm", "bartlett_window", "batch_norm", "bernoulli", "bilinear",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "bincount", "bitwise_and", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "blackman_window", "block_diag", "bmm",
    "bool", "broadcast_shapes", "broadcast_tensors", "broadcast_to", "bucketize", "can_cast", "cartesian_prod",
    "cat", "cdist", "cdouble", "ceil", "celu", "cfloat", "chain_matmul", "channel_shuffle", "channels_last",
    "channels_last_3d", "checkpoint", "checkpoint_sequential", "cholesky", "cholesky_inverse", "cholesky_solve",
    "chunk", "clamp", "clamp_max", "clamp_min", "clip", "clone", "col2im", "column_stack", "combinations",
    "compare_gradients", "complex", "complex64", "complex128", "concat", "concatenate", "conj", "conj_physical",
    "constant_pad_nd", "contiguous_format", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "copysign", "corrcoef", "cos", "cosh", "cosine_embedding_loss", "cosine_similarity",
    "count_nonzero", "cov", "cross", "cross_entropy", "cuda", "cummax", "cummin", "cumprod", "cumsum",
    "cumulative_trapezoid", "default_generator", "deg2rad", "det", "detect_anomaly", "device", "diag", "diag_embed",
    "diagflat", "diagonal", "diagonal_scatter", "diff", "digamma", "dist", "div", "divide", "dot", "double",
    "draw_graph", "dropout", "dsplit", "dstack", "dtype", "e", "einsum", "elu", "embedding", "embedding_bag",
    "empty", "empty_like", "empty_permuted", "empty_strided", "enable_grad", "eq", "equal", "erf", "erfc", "erfinv",
    "exp", "exp2", "expm1", "eye", "feature_alpha_dropout", "feature_dropout", "finfo", "fix", "flatten", "flip",
    "fliplr", "flipud", "float", "float16", "float32", "float64", "float_power", "floor", "floor_divide", "fmax",
    "fmin", "fmod", "frac", "frexp", "frobenius_norm", "from_dlpack", "from_numpy", "frombuffer", "full",
    "full_like", "func", "functional", "gather", "gaussian_gelu", "gaussian_nll_loss", "gcd", "ge", "gelu", "geqrf",
    "ger", "get_default_device", "get_default_dtype", "get_device", "get_num_threads", "get_printoptions",
    "get_rng_state", "glu", "grad", "gradcheck", "gradgradcheck", "gradient", "greater", "greater_equal",
    "grid_sample", "group_norm", "gru", "gru_cell", "gt", "half", "half_squared_error", "hamming_window",
    "hann_window", "hard_logistic", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "heaviside", "hessian",
    "hinge_embedding_loss", "histc", "histogram", "hsplit", "hstack", "huber_loss", "hvp", "hypot", "i0", "igamma",
    "igammac", "iinfo", "im2col", "imag", "in_place", "increment_version", "index_add", "index_copy", "index_fill",
    "index_put", "index_reduce", "index_select", "inf", "inference_mode", "initial_seed", "inner", "instance_norm",
    "int", "int8", "int16", "int32", "int64", "interpolate", "inverse", "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled", "is_complex", "is_conj", "is_floating_point", "is_grad_enabled", "is_inference",
    "is_inference_mode_enabled", "is_neg", "is_nonzero", "is_same_size", "is_signed", "is_storage", "is_tensor",
    "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal", "jacobian", "jvp",
    "kaiser_window", "kl_div", "kron", "kthvalue", "l1_loss", "layer_norm", "layout", "lcm", "ldexp", "le",
    "leaky_relu", "lerp", "less", "less_equal", "lgamma", "linalg", "linear", "linspace", "load",
    "local_response_norm", "log", "log1p", "log2", "log10", "log_softmax", "logaddexp", "logaddexp2",
    "logcumsumexp", "logdet", "logical_and", "logical_not", "logical_or", "logical_xor", "logit", "logsigmoid",
    "logspace", "logsumexp", "long", "lp_pool1d", "lp_pool2d", "lp_pool3d", "lstm", "lstm_cell", "lt", "lu",
    "lu_solve", "lu_unpack", "make_dot", "manual_seed", "margin_ranking_loss", "masked_fill", "masked_scatter",
    "masked_select", "matmul", "matrix_exp", "matrix_power", "max", "max_pool1d", "max_pool2d", "max_pool3d",
    "max_unpool1d", "max_unpool2d", "max_unpool3d", "maximum", "maxout", "mean", "median", "memory_format",
    "meshgrid", "min", "minimum", "mish", "mm", "mode", "module_path", "moveaxis", "movedim", "mse_loss", "msort",
    "mul", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "multinomial", "multiply",
    "mv", "mvlgamma", "nan", "nan_to_num", "nanmean", "nanmedian", "nanquantile", "nansum", "narrow", "narrow_copy",
    "ne", "neg", "negative", "nextafter", "nll_loss", "no_grad", "nonzero", "nonzero_static", "noop_context_fn",
    "norm", "normal", "normalize", "not_equal", "nuclear_norm", "numel", "once_differentiable", "one_hot", "ones",
    "ones_like", "orgqr", "ormqr", "outer", "pad", "pairwise_distance", "pdist", "permute", "pi", "pinverse",
    "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "polar", "polygamma", "positive", "pow", "prelu",
    "preserve_format", "printoptions", "prod", "promote_types", "put", "qr", "quantile", "rad2deg", "rand",
    "rand_like", "randint", "randint_like", "randn", "randn_like", "random", "randperm", "range", "ravel", "real",
    "reciprocal", "record", "recording", "register_parameter_class", "relu", "relu6", "remainder", "renorm",
    "repeat_interleave", "reshape", "resolve_conj", "resolve_neg", "result_type", "return_types", "rms_norm",
    "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell", "roll", "rot90", "round", "row_stack", "rrelu",
    "rsqrt", "rsub", "save", "scalar_tensor", "scaled_dot_product_attention", "scatter", "scatter_add",
    "scatter_reduce", "searchsorted", "seed", "select", "select_scatter", "selu", "set_default_device",
    "set_default_dtype", "set_default_tensor_type", "set_detect_anomaly", "set_detect_numpy_writes",
    "set_grad_enabled", "set_num_threads", "set_printoptions", "set_rng_state", "sgn", "short", "sigmoid", "sign",
    "signbit", "silu", "sin", "sinc", "sinh", "slice_scatter", "slogdet", "smooth_l1_loss", "soft_margin_loss",
    "softmax", "softmin", "softplus", "softshrink", "softsign", "sort", "special", "split", "split_with_sizes",
    "sqrt", "square", "squeeze", "stack", "std", "std_mean", "step", "strided", "sub", "subtract", "sum", "svd",
    "swapaxes", "swapdims", "swish", "t", "take", "take_along_dim", "tan", "tanh", "tanhshrink", "tensor",
    "tensor_split", "tensordot", "threshold", "tile", "to_dlpack", "topk", "trace", "transpose", "trapezoid",
    "trapz", "triangular_solve", "tril", "tril_indices", "triplet_margin_loss", "triplet_margin_with_distance_loss",
    "triu", "triu_indices", "true_divide", "trunc", "typename", "uint8", "unbind", "unflatten", "unique",
    "unique_consecutive", "unravel_index", "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "unsqueeze",
    "vander", "var", "var_mean", "vdot", "vhp", "view_as_complex", "view_as_real", "vjp", "vmap", "vsplit",
    "vstack", "where", "xlogy", "zeros", "zeros_like",
]

if TYPE_CHECKING:
    from . import autograd as autograd
    from . import draw as draw
    from . import func as func
    from . import functional as functional
    from . import ledger as ledger
    from .checkpointing import CheckpointError as CheckpointError
    from .checkpointing import checkpoint as checkpoint
    from .checkpointing import checkpoint_sequential as checkpoint_sequential
    from .checkpointing import noop_context_fn as noop_context_fn
    from .compare import compare_gradients as compare_gradients
    from .draw import draw_graph as draw_graph
    from .draw import make_dot as make_dot
    from .func import vmap as vmap
    from .functional import hessian as hessian
    from .functional import hvp as hvp
    from .functional import jacobian as jacobian
    from .functional import jvp as jvp
    from .functional import vhp as vhp
    from .functional import vjp as vjp
    from .files.pickles import register_parameter_class as register_parameter_class
    from .files.serialize import load as load
    from .files.serialize import save as save

# Resolved when first used: what most programs do without, and PyTorch's sub-packages that live in `nn` here.
_LATER = {
    "CheckpointError": "autograd_core.checkpointing",
    "autograd": "autograd_core.autograd",
    "checkpoint": "autograd_core.checkpointing",
    "checkpoint_sequential": "autograd_core.checkpointing",
    "compare_gradients": "autograd_core.compare",
    "draw": "autograd_core.draw",
    "draw_graph": "autograd_core.draw",
    "func": "autograd_core.func",
    "functional": "autograd_core.functional",
    "hessian": "autograd_core.functional",
    "hvp": "autograd_core.functional",
    "jacobian": "autograd_core.functional",
    "jvp": "autograd_core.functional",
    "ledger": "autograd_core.ledger",
    "load": "autograd_core.files.serialize",
    "register_parameter_class": "autograd_core.files.pickles",
    "save": "autograd_core.files.serialize",
    "make_dot": "autograd_core.draw",
    "vhp": "autograd_core.functional",
    "vjp": "autograd_core.functional",
    "vmap": "autograd_core.func",
    "noop_context_fn": "autograd_core.checkpointing",
    "nn": "nn",
    "optim": "nn.optim",
    "utils": "nn.utils",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        if name.endswith("_") and name[0] != "_" and hasattr(Tensor, name):  # relu_, abs_, …: the in-place methods
            return getattr(Tensor, name)
        raise AttributeError(f"module 'autograd_core' has no attribute {name!r}")
    place = _LATER[name]
    module = importlib.import_module(place)
    if place.startswith("nn") or place.endswith(f".{name}"):
        return module
    found = globals()[name] = getattr(module, name)
    return found


offer(globals(), __all__)
