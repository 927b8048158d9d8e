"""The operations as methods, aliased in a class body, so that `help()` and type checkers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import inplace, random
from .inplace import becoming, in_place
from .ops import (
    activation,
    cumulative,
    decompositions,
    determinants,
    distances,
    einsum,
    elementary,
    elementwise,
    index,
    joining,
    least_squares,
    linalg,
    logic,
    masks,
    matrix_functions,
    mixtures,
    norms,
    orthogonal,
    parts,
    reduce,
    repetition,
    solve,
    sorting,
    special,
    statistics,
    strided,
)
from .ops import diagonal as diagonals
from .ops import scatter as scattering
from .ops import shape as shaping
from .tensors import complex_numbers

if TYPE_CHECKING:
    from .tensor import Tensor


class Methods:
    """What a Tensor can do that is an operation; what it is and knows stands in `Tensor`."""

    __slots__ = ()

    # ------------------------------------------------------------ operators

    __add__ = __radd__ = elementwise.plus
    __sub__ = elementwise.minus
    __mul__ = __rmul__ = elementwise.mul
    __truediv__ = elementwise.true_divide
    __floordiv__ = elementwise.floor_divide
    __mod__ = elementwise.remainder
    __pow__ = elementwise.pow
    __rpow__ = elementwise.rpow
    __matmul__ = linalg.matmul
    __neg__ = elementwise.neg
    __pos__ = elementwise.positive
    __abs__ = elementwise.abs
    __invert__ = logic.bitwise_not
    __and__ = __rand__ = logic.bitwise_and
    __or__ = __ror__ = logic.bitwise_or
    __xor__ = __rxor__ = logic.bitwise_xor
    __lshift__ = logic.bitwise_left_shift
    __rshift__ = logic.bitwise_right_shift
    __lt__ = logic.lt
    __le__ = logic.le
    __gt__ = logic.gt
    __ge__ = logic.ge

    __hash__ = object.__hash__  # by identity: == compares elements

    def __eq__(self, other: object) -> Any:
        try:
            return logic.eq(self, other)
        except TypeError:  # of what is no number: never equal
            return NotImplemented

    def __ne__(self, other: object) -> Any:
        try:
            return logic.ne(self, other)
        except TypeError:
            return NotImplemented

    def __rsub__(self, other: Any) -> Tensor:
        return elementwise.minus(other, self)

    def __rtruediv__(self, other: Any) -> Tensor:
        return elementwise.mul(elementary.reciprocal(self), other)  # PyTorch's way, to the last digit

    def __rfloordiv__(self, other: Any) -> Tensor:
        return elementwise.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Tensor:
        return elementwise.remainder(other, self)

    def __rlshift__(self, other: Any) -> Tensor:
        return logic.bitwise_left_shift(other, self)

    def __rrshift__(self, other: Any) -> Tensor:
        return logic.bitwise_right_shift(other, self)

    def __rmatmul__(self, other: Any) -> Tensor:
        return linalg.matmul(other, self)

    __iadd__ = in_place(elementwise.add, "add_")
    __isub__ = in_place(elementwise.sub, "sub_")
    __imul__ = in_place(elementwise.mul, "mul_")
    __itruediv__ = in_place(elementwise.div, "div_")
    __ifloordiv__ = in_place(elementwise.floor_divide, "floor_divide_")
    __imod__ = in_place(elementwise.remainder, "remainder_")
    __ipow__ = in_place(elementwise.pow, "pow_")
    __iand__ = in_place(logic.bitwise_and, "bitwise_and_")
    __ior__ = in_place(logic.bitwise_or, "bitwise_or_")
    __ixor__ = in_place(logic.bitwise_xor, "bitwise_xor_")
    __ilshift__ = in_place(logic.bitwise_left_shift, "bitwise_left_shift_")
    __irshift__ = in_place(logic.bitwise_right_shift, "bitwise_right_shift_")

    # ------------------------------------------------------------ arithmetic

    add, sub, mul, div = elementwise.add, elementwise.sub, elementwise.mul, elementwise.div
    subtract, multiply, divide, true_divide = sub, mul, div, div
    floor_divide, remainder, fmod = elementwise.floor_divide, elementwise.remainder, elementwise.fmod
    pow, float_power = elementwise.pow, elementwise.float_power
    neg, negative, positive = elementwise.neg, elementwise.neg, elementwise.positive
    abs, absolute, sign, sgn = elementwise.abs, elementwise.abs, elementwise.sign, elementwise.sgn
    floor, ceil, round = elementwise.floor, elementwise.ceil, elementwise.round
    trunc, fix, frac = elementwise.trunc, elementwise.trunc, elementwise.frac
    maximum, minimum, fmax, fmin = elementwise.maximum, elementwise.minimum, elementwise.fmax, elementwise.fmin
    clamp, clip = elementwise.clamp, elementwise.clamp
    clamp_min, clamp_max = elementwise.clamp_min, elementwise.clamp_max
    lerp, addcmul, addcdiv = mixtures.lerp, mixtures.addcmul, mixtures.addcdiv
    clone = elementwise.clone

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """self where the condition holds, other elsewhere."""
        return elementwise.where(condition, self, other)  # type: ignore[no-any-return]

    add_, sub_, mul_, div_ = __iadd__, __isub__, __imul__, __itruediv__
    subtract_, multiply_, divide_, true_divide_ = sub_, mul_, div_, div_
    floor_divide_, remainder_, pow_, fmod_ = __ifloordiv__, __imod__, __ipow__, in_place(fmod)
    neg_, abs_, sign_, sgn_ = in_place(neg), in_place(abs), in_place(sign), in_place(sgn)
    floor_, ceil_, round_ = in_place(floor), in_place(ceil), in_place(round)
    trunc_, frac_ = in_place(trunc), in_place(frac)
    negative_, absolute_, fix_ = neg_, abs_, trunc_
    clamp_, clamp_min_, clamp_max_ = in_place(clamp), in_place(clamp_min), in_place(clamp_max)
    clip_ = clamp_
    lerp_, addcmul_, addcdiv_ = in_place(lerp), in_place(addcmul), in_place(addcdiv)
    fill_, zero_, copy_ = inplace.fill_, inplace.zero_, inplace.copy_

    def float_power_(self, exponent: Any) -> Tensor:
        """In-place version of `float_power`, of float64 (and complex128) tensors."""
        if self.dtype not in ("float64", "complex128"):  # type: ignore[attr-defined]
            raise RuntimeError(f"float_power_: the result is float64 but the base is {self.dtype}; use float_power")  # type: ignore[attr-defined]
        return self.pow_(exponent)

    # ------------------------------------------------------------ elementary functions

    exp, exp2, expm1 = elementary.exp, elementary.exp2, elementary.expm1
    log, log1p, log2, log10 = elementary.log, elementary.log1p, elementary.log2, elementary.log10
    logaddexp, logaddexp2, hypot = elementary.logaddexp, elementary.logaddexp2, elementary.hypot
    sqrt, rsqrt = elementary.sqrt, elementary.rsqrt
    square, reciprocal = elementary.square, elementary.reciprocal
    sin, cos, tan = elementary.sin, elementary.cos, elementary.tan
    asin, acos, atan, atan2 = elementary.asin, elementary.acos, elementary.atan, elementary.atan2
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    sinh, cosh, tanh, sigmoid = elementary.sinh, elementary.cosh, elementary.tanh, elementary.sigmoid
    asinh, acosh, atanh = elementary.asinh, elementary.acosh, elementary.atanh
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    deg2rad, rad2deg = elementary.deg2rad, elementary.rad2deg

    exp_, exp2_, expm1_, log_, log1p_ = in_place(exp), in_place(exp2), in_place(expm1), in_place(log), in_place(log1p)
    log2_, log10_, hypot_ = in_place(log2), in_place(log10), in_place(hypot)
    sqrt_, rsqrt_, square_, reciprocal_ = in_place(sqrt), in_place(rsqrt), in_place(square), in_place(reciprocal)
    sin_, cos_, tan_ = in_place(sin), in_place(cos), in_place(tan)
    asin_, acos_, atan_, atan2_ = in_place(asin), in_place(acos), in_place(atan), in_place(atan2)
    arcsin_, arccos_, arctan_, arctan2_ = asin_, acos_, atan_, atan2_
    sinh_, cosh_, tanh_, sigmoid_ = in_place(sinh), in_place(cosh), in_place(tanh), in_place(sigmoid)
    asinh_, acosh_, atanh_ = in_place(asinh), in_place(acosh), in_place(atanh)
    arcsinh_, arccosh_, arctanh_ = asinh_, acosh_, atanh_
    deg2rad_, rad2deg_ = in_place(deg2rad), in_place(rad2deg)

    # ------------------------------------------------------------ special functions

    erf, erfc, erfinv = special.erf, special.erfc, special.erfinv
    lgamma, digamma, polygamma, mvlgamma = special.lgamma, special.digamma, special._polygamma, special.mvlgamma
    igamma, igammac, i0 = special.igamma, special.igammac, special.i0
    xlogy, logit, sinc = special.xlogy, special.logit, special.sinc

    erf_, erfc_, erfinv_ = in_place(erf), in_place(erfc), in_place(erfinv)
    lgamma_, digamma_, polygamma_ = in_place(lgamma), in_place(digamma), in_place(polygamma)
    mvlgamma_, igamma_, igammac_, i0_ = in_place(mvlgamma), in_place(igamma), in_place(igammac), in_place(i0)
    xlogy_, logit_, sinc_ = in_place(xlogy), in_place(logit), in_place(sinc)

    # ------------------------------------------------------------ parts of a number

    copysign, signbit, heaviside = parts.copysign, parts.signbit, parts.heaviside
    frexp, ldexp, nextafter, nan_to_num = parts.frexp, parts.ldexp, parts.nextafter, parts.nan_to_num
    gcd, lcm, angle = parts.gcd, parts.lcm, parts.angle
    conj, conj_physical = complex_numbers.conj, complex_numbers.conj

    copysign_, heaviside_, ldexp_ = in_place(copysign), in_place(heaviside), in_place(ldexp)
    nextafter_, nan_to_num_ = in_place(nextafter), in_place(nan_to_num)
    gcd_, lcm_, conj_physical_ = in_place(gcd), in_place(lcm), in_place(conj, "conj_physical_")

    # ------------------------------------------------------------ comparisons, logic, bits

    eq, ne, lt, le, gt, ge = logic.eq, logic.ne, logic.lt, logic.le, logic.gt, logic.ge
    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
    isnan, isfinite, isinf, isreal = logic.isnan, logic.isfinite, logic.isinf, logic.isreal
    isposinf, isneginf = logic.isposinf, logic.isneginf
    logical_not, logical_and = logic.logical_not, logic.logical_and
    logical_or, logical_xor = logic.logical_or, logic.logical_xor
    bitwise_and, bitwise_or = logic.bitwise_and, logic.bitwise_or
    bitwise_xor, bitwise_not = logic.bitwise_xor, logic.bitwise_not
    bitwise_left_shift, bitwise_right_shift = logic.bitwise_left_shift, logic.bitwise_right_shift
    allclose, isclose, equal = logic.allclose, logic.isclose, logic.equal

    eq_, ne_, lt_, le_, gt_, ge_ = in_place(eq), in_place(ne), in_place(lt), in_place(le), in_place(gt), in_place(ge)
    not_equal_, less_, less_equal_, greater_, greater_equal_ = ne_, lt_, le_, gt_, ge_
    logical_not_, logical_and_ = in_place(logical_not), in_place(logical_and)
    logical_or_, logical_xor_ = in_place(logical_or), in_place(logical_xor)
    bitwise_not_, bitwise_and_, bitwise_or_, bitwise_xor_ = in_place(bitwise_not), __iand__, __ior__, __ixor__
    bitwise_left_shift_, bitwise_right_shift_ = __ilshift__, __irshift__

    # ------------------------------------------------------------ reductions

    sum, mean, prod, var, std = reduce.sum, reduce.mean, reduce.prod, reduce.var, reduce.std
    max, min, amax, amin = reduce.max, reduce.min, reduce.amax, reduce.amin
    argmax, argmin, aminmax, logsumexp = reduce.argmax, reduce.argmin, reduce.aminmax, reduce.logsumexp
    nansum, nanmean, count_nonzero = reduce.nansum, reduce.nanmean, reduce.count_nonzero
    any, all = reduce.any, reduce.all
    renorm = norms.renorm
    cumsum, cumprod, logcumsumexp = cumulative.cumsum, cumulative.cumprod, cumulative.logcumsumexp
    cummax, cummin, diff = cumulative.cummax, cumulative.cummin, cumulative.diff
    median, nanmedian, mode = statistics.median, statistics.nanmedian, statistics.mode
    kthvalue, quantile, nanquantile = statistics.kthvalue, statistics.quantile, statistics.nanquantile
    cov, corrcoef, bincount = statistics.cov, statistics.corrcoef, statistics.bincount
    histc, histogram = statistics.histc, statistics.histogram

    cumsum_, cumprod_, renorm_ = in_place(cumsum), in_place(cumprod), in_place(renorm)

    # ------------------------------------------------------------ shapes

    reshape, view, view_as, reshape_as = shaping.reshape, shaping.view, shaping.view_as, shaping.reshape_as
    flatten, ravel, unflatten = shaping.flatten, shaping.ravel, shaping.unflatten
    squeeze, unsqueeze = shaping.squeeze, shaping.unsqueeze
    transpose, permute, t = shaping.transpose, shaping.permute, shaping.t
    swapaxes, swapdims, movedim, moveaxis = shaping.swapaxes, shaping.swapdims, shaping.movedim, shaping.movedim
    adjoint, flip, roll = shaping.adjoint, shaping.flip, shaping.roll
    rot90, fliplr, flipud = shaping.rot90, shaping.fliplr, shaping.flipud
    contiguous = shaping.contiguous
    squeeze_, unsqueeze_, transpose_, t_ = becoming(squeeze), becoming(unsqueeze), becoming(transpose), becoming(t)
    swapaxes_, swapdims_ = becoming(swapaxes), becoming(swapdims)
    as_strided, as_strided_scatter, unfold = strided.as_strided, strided.as_strided_scatter, strided.sliding_windows
    as_strided_ = becoming(as_strided)

    expand, expand_as, broadcast_to = repetition.expand, repetition.expand_as, repetition.broadcast_to
    sum_to_size, repeat, tile = repetition.sum_to_size, repetition.repeat, repetition.tile
    repeat_interleave = repetition.repeat_interleave

    split, chunk, unbind, tensor_split = joining.split, joining.chunk, joining.unbind, joining.tensor_split
    hsplit, vsplit, dsplit = joining.hsplit, joining.vsplit, joining.dsplit
    split_with_sizes, unsafe_split, unsafe_chunk = joining.split_with_sizes, joining.unsafe_split, joining.unsafe_chunk
    unsafe_split_with_sizes = joining.unsafe_split_with_sizes

    diagonal, diag, diag_embed, diagflat = diagonals.diagonal, diagonals.diag, diagonals.diag_embed, diagonals.diagflat
    diagonal_scatter = diagonals.diagonal_scatter

    # ------------------------------------------------------------ picking

    gather, scatter, scatter_add = scattering.gather, scattering.scatter, scattering.scatter_add
    index_select, masked_fill, masked_select = index.index_select, masks.masked_fill, masks.masked_select
    nonzero, sort, argsort, topk = masks.nonzero, sorting.sort, sorting.argsort, sorting.topk
    tril, triu, take_along_dim = diagonals.tril, diagonals.triu, scattering.take_along_dim
    index_add, index_fill, index_put = index.index_add, index.index_fill, index.index_put
    select, masked_scatter = index.select, masks.masked_scatter
    narrow, narrow_copy = index.narrow, index.narrow_copy
    select_scatter, slice_scatter = index.select_scatter, index.slice_scatter
    index_copy, index_reduce, scatter_reduce = index.index_copy, scattering.index_reduce, scattering.scatter_reduce
    take, put, msort = scattering.take, scattering.put, sorting.msort
    unique, unique_consecutive = sorting.unique, sorting.unique_consecutive
    argwhere, nonzero_static = masks.argwhere, masks.nonzero_static
    index_copy_, index_reduce_, scatter_reduce_ = in_place(index_copy), in_place(index_reduce), in_place(scatter_reduce)
    put_, fill_diagonal_ = in_place(put), inplace.fill_diagonal_
    scatter_, scatter_add_, masked_fill_ = in_place(scatter), in_place(scatter_add), in_place(masked_fill)
    index_add_, index_fill_, index_put_ = in_place(index_add), in_place(index_fill), in_place(index_put)
    tril_, triu_, masked_scatter_ = in_place(tril), in_place(triu), in_place(masked_scatter)

    # ------------------------------------------------------------ linear algebra

    matmul, mm, bmm, mv, dot, outer = linalg.matmul, linalg.mm, linalg.bmm, linalg.mv, linalg.dot, linalg.outer
    addmm, addmv, baddbmm = linalg.addmm, linalg.addmv, linalg.baddbmm
    trace, cross = einsum.trace, linalg.cross
    vdot, inner, kron, ger = linalg.vdot, linalg.inner, linalg.kron, linalg.ger
    addr, addbmm, addr_, addbmm_ = linalg.addr, linalg.addbmm, in_place(linalg.addr), in_place(linalg.addbmm)
    norm, dist = norms.norm, distances.dist
    inverse, det, logdet, slogdet = solve.inverse, determinants.det, determinants.logdet, determinants.slogdet
    pinverse, matrix_power, matrix_exp = (
        least_squares.pinverse,
        matrix_functions.matrix_power,
        matrix_functions.matrix_exp,
    )
    cholesky, svd, lu = decompositions.cholesky, decompositions.svd, decompositions.lu
    cholesky_solve, cholesky_inverse = solve.cholesky_solve, solve.cholesky_inverse
    lu_solve, triangular_solve = solve.lu_solve, solve.triangular_solve
    qr, geqrf, orgqr, ormqr = orthogonal.qr, orthogonal.geqrf, orthogonal.orgqr, orthogonal.ormqr
    addmm_, addmv_, baddbmm_ = in_place(addmm), in_place(addmv), in_place(baddbmm)

    # ------------------------------------------------------------ networks, random

    relu, softmax, log_softmax = activation.relu, activation.softmax, activation.log_softmax
    relu_ = in_place(relu)
    prelu, hardshrink = activation.prelu, activation.hardshrink
    uniform_, normal_, bernoulli_ = random.uniform_, random.normal_, random.bernoulli_
    exponential_, random_ = random.exponential_, random.random_
    bernoulli, multinomial = random.bernoulli, random.multinomial
