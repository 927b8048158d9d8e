"""The operations as methods, aliased in a class body, so that `help()` and type checkers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import inplace, random
from .inplace import in_place
from .ops import einsum, elementwise, index, linalg, neural, reduce, sorting
from .ops import shape as shaping

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
    __invert__ = elementwise.bitwise_not
    __and__ = __rand__ = elementwise.bitwise_and
    __or__ = __ror__ = elementwise.bitwise_or
    __xor__ = __rxor__ = elementwise.bitwise_xor
    __lt__ = elementwise.lt
    __le__ = elementwise.le
    __gt__ = elementwise.gt
    __ge__ = elementwise.ge

    __hash__ = object.__hash__  # by identity: == compares elements

    def __eq__(self, other: object) -> Any:
        return False if other is None else elementwise.eq(self, other)

    def __ne__(self, other: object) -> Any:
        return True if other is None else elementwise.ne(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return elementwise.minus(other, self)

    def __rtruediv__(self, other: Any) -> Tensor:
        return elementwise.mul(elementwise.reciprocal(self), other)  # PyTorch's way, to the last digit

    def __rfloordiv__(self, other: Any) -> Tensor:
        return elementwise.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Tensor:
        return elementwise.remainder(other, self)

    def __rmatmul__(self, other: Any) -> Tensor:
        return linalg.matmul(other, self)

    __iadd__ = in_place(elementwise.add, "add_")
    __isub__ = in_place(elementwise.sub, "sub_")
    __imul__ = in_place(elementwise.mul, "mul_")
    __itruediv__ = in_place(elementwise.div, "div_")
    __ifloordiv__ = in_place(elementwise.floor_divide, "floor_divide_")
    __imod__ = in_place(elementwise.remainder, "remainder_")
    __ipow__ = in_place(elementwise.pow, "pow_")
    __iand__ = in_place(elementwise.bitwise_and, "bitwise_and_")
    __ior__ = in_place(elementwise.bitwise_or, "bitwise_or_")
    __ixor__ = in_place(elementwise.bitwise_xor, "bitwise_xor_")

    # ------------------------------------------------------------ element-wise

    add, sub, mul, div = elementwise.add, elementwise.sub, elementwise.mul, elementwise.div
    add_, sub_, mul_, div_ = __iadd__, __isub__, __imul__, __itruediv__
    subtract, multiply, divide, true_divide = sub, mul, div, div
    floor_divide, remainder, pow = elementwise.floor_divide, elementwise.remainder, elementwise.pow
    floor_divide_, remainder_, pow_ = __ifloordiv__, __imod__, __ipow__
    neg, negative, positive = elementwise.neg, elementwise.neg, elementwise.positive
    abs, absolute, sign = elementwise.abs, elementwise.abs, elementwise.sign
    exp, expm1, log, log1p = elementwise.exp, elementwise.expm1, elementwise.log, elementwise.log1p
    log2, log10 = elementwise.log2, elementwise.log10
    sqrt, rsqrt, square, reciprocal = (
        elementwise.sqrt,
        elementwise.rsqrt,
        elementwise.square,
        elementwise.reciprocal,
    )
    sin, cos, tan, atan, arctan = (
        elementwise.sin,
        elementwise.cos,
        elementwise.tan,
        elementwise.atan,
        elementwise.atan,
    )
    sinh, cosh, tanh, sigmoid, erf = (
        elementwise.sinh,
        elementwise.cosh,
        elementwise.tanh,
        elementwise.sigmoid,
        neural.erf,
    )
    floor, ceil, trunc, round = elementwise.floor, elementwise.ceil, elementwise.trunc, elementwise.round
    maximum, minimum = elementwise.maximum, elementwise.minimum
    clamp, clip, clamp_min, clamp_max = (
        elementwise.clamp,
        elementwise.clamp,
        elementwise.clamp_min,
        elementwise.clamp_max,
    )
    eq, ne, lt, le, gt, ge = (
        elementwise.eq,
        elementwise.ne,
        elementwise.lt,
        elementwise.le,
        elementwise.gt,
        elementwise.ge,
    )
    isnan, isfinite, isinf = elementwise.isnan, elementwise.isfinite, elementwise.isinf
    logical_not, logical_and = elementwise.logical_not, elementwise.logical_and
    logical_or, logical_xor = elementwise.logical_or, elementwise.logical_xor
    bitwise_and, bitwise_or = elementwise.bitwise_and, elementwise.bitwise_or
    bitwise_xor, bitwise_not = elementwise.bitwise_xor, elementwise.bitwise_not
    clone = elementwise.clone

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """self where the condition holds, other elsewhere."""
        return elementwise.where(condition, self, other)  # type: ignore[no-any-return]

    neg_, abs_, sign_ = in_place(neg), in_place(abs), in_place(sign)
    exp_, expm1_, log_, log1p_ = in_place(exp), in_place(expm1), in_place(log), in_place(log1p)
    sqrt_, rsqrt_, square_, reciprocal_ = in_place(sqrt), in_place(rsqrt), in_place(square), in_place(reciprocal)
    sin_, cos_, tan_, tanh_, sigmoid_ = in_place(sin), in_place(cos), in_place(tan), in_place(tanh), in_place(sigmoid)
    floor_, ceil_, trunc_, round_ = in_place(floor), in_place(ceil), in_place(trunc), in_place(round)
    clamp_, clip_, clamp_min_, clamp_max_ = (
        in_place(clamp),
        in_place(clamp),
        in_place(clamp_min),
        in_place(clamp_max),
    )
    true_divide_, log2_, log10_, atan_ = __itruediv__, in_place(log2), in_place(log10), in_place(atan)
    sinh_, cosh_, erf_ = in_place(sinh), in_place(cosh), in_place(erf)
    eq_, ne_, lt_, le_, gt_, ge_ = in_place(eq), in_place(ne), in_place(lt), in_place(le), in_place(gt), in_place(ge)
    logical_not_, logical_and_ = in_place(logical_not), in_place(logical_and)
    logical_or_, logical_xor_ = in_place(logical_or), in_place(logical_xor)
    bitwise_not_, bitwise_and_, bitwise_or_, bitwise_xor_ = in_place(bitwise_not), __iand__, __ior__, __ixor__
    fill_, zero_, copy_ = inplace.fill_, inplace.zero_, inplace.copy_

    # ------------------------------------------------------------ reductions

    sum, mean, prod, var, std = reduce.sum, reduce.mean, reduce.prod, reduce.var, reduce.std
    max, min, amax, amin = reduce.max, reduce.min, reduce.amax, reduce.amin
    argmax, argmin, logsumexp, cumsum = reduce.argmax, reduce.argmin, reduce.logsumexp, reduce.cumsum
    any, all, allclose, isclose, equal = reduce.any, reduce.all, reduce.allclose, reduce.isclose, reduce.equal
    norm = linalg.norm
    cumsum_ = in_place(cumsum)

    # ------------------------------------------------------------ shapes

    reshape, view, view_as, reshape_as = shaping.reshape, shaping.view, shaping.view_as, shaping.reshape_as
    flatten, ravel, unflatten = shaping.flatten, shaping.ravel, shaping.unflatten
    squeeze, unsqueeze = shaping.squeeze, shaping.unsqueeze
    transpose, permute, t = shaping.transpose, shaping.permute, shaping.t
    swapaxes, swapdims, movedim, moveaxis = shaping.swapaxes, shaping.swapdims, shaping.movedim, shaping.movedim
    expand, expand_as, broadcast_to, repeat = shaping.expand, shaping.expand_as, shaping.broadcast_to, shaping.repeat
    split, chunk, unbind = shaping.split, shaping.chunk, shaping.unbind
    flip, roll, contiguous = shaping.flip, shaping.roll, shaping.contiguous

    # ------------------------------------------------------------ picking

    gather, scatter, scatter_add = index.gather, index.scatter, index.scatter_add
    index_select, masked_fill, masked_select = index.index_select, index.masked_fill, index.masked_select
    nonzero, sort, argsort, topk = index.nonzero, sorting.sort, sorting.argsort, sorting.topk
    tril, triu, take_along_dim = index.tril, index.triu, index.take_along_dim
    index_add, index_fill, index_put = index.index_add, index.index_fill, index.index_put
    select, masked_scatter = index.select, index.masked_scatter
    scatter_, scatter_add_, masked_fill_ = in_place(scatter), in_place(scatter_add), in_place(masked_fill)
    index_add_, index_fill_, index_put_ = in_place(index_add), in_place(index_fill), in_place(index_put)
    tril_, triu_, masked_scatter_ = in_place(tril), in_place(triu), in_place(masked_scatter)

    # ------------------------------------------------------------ linear algebra

    matmul, mm, bmm, mv, dot, outer = linalg.matmul, linalg.mm, linalg.bmm, linalg.mv, linalg.dot, linalg.outer
    addmm, addmv, baddbmm = linalg.addmm, linalg.addmv, linalg.baddbmm
    trace, cross = einsum.trace, linalg.cross
    addmm_, addmv_, baddbmm_ = in_place(addmm), in_place(addmv), in_place(baddbmm)

    # ------------------------------------------------------------ networks, random

    relu, softmax, log_softmax = neural.relu, neural.softmax, neural.log_softmax
    relu_ = in_place(relu)
    uniform_, normal_, bernoulli_ = random.uniform_, random.normal_, random.bernoulli_
    exponential_, random_ = random.exponential_, random.random_
    bernoulli, multinomial = random.bernoulli, random.multinomial
