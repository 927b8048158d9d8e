"""Einstein's summation, by pairs of operands, each pair a product of matrices."""

from __future__ import annotations

import math
import string
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.dims import one_dim
from ..arrays.dtypes import require
from ..primitive import TensorLike, either, primitive
from .elementwise import cast
from .index import _slice
from .linalg import as_operand, check_fit, product

if TYPE_CHECKING:
    from ..tensor import Tensor

#
# Dimensions carry letters. An einsum is (1) of each operand alone: take the diagonal of repeated letters, sum
# those that nobody else has; (2) contract pairs, each a matrix product; (3) bring the letters into order.


def _in_order(x: Any, letters: str, wanted: str) -> Any:
    """The dimensions in the order of `wanted`, with size 1 for those that x does not have."""
    if letters == wanted:
        return x
    x = np.transpose(x, [letters.index(letter) for letter in wanted if letter in letters])
    if len(letters) == len(wanted):
        return x
    return x[tuple([slice(None) if letter in letters else None for letter in wanted])]


def _distinct(letters: str) -> str:
    return "".join(dict.fromkeys(letters))


@primitive(
           input=lambda g, letters, result: either(_rearranged)(g, letters, result))  # type: ignore[has-type]  # below
def _spread_letters(input: TensorLike, result: str, letters: str, shape: Any) -> Tensor:
    """The adjoint of `_rearranged`: repeated along summed dimensions, zero off the diagonal."""
    out = np.zeros_like(input, shape=shape)
    each = _distinct(letters)
    diagonal = np.einsum(f"{letters}->{each}", out) if len(each) < len(letters) else out  # a writeable view
    diagonal[...] = _in_order(input, result, each)
    return out


@primitive(views=True, fresh=True, torch="PermuteBackward0",
           input=lambda g, letters, result, input_shape: either(_spread_letters)(g, result, letters, input_shape))
def _rearranged(input: TensorLike, letters: str, result: str) -> Tensor:
    each = _distinct(letters)
    x = np.einsum(f"{letters}->{each}", input) if len(each) < len(letters) else input
    summed = tuple([i for i, letter in enumerate(each) if letter not in result])
    if summed:
        x = np.sum(x, axis=summed, dtype=np.int64 if x.dtype.kind in "biu" else None)
    return _in_order(x, "".join([letter for letter in each if letter in result]), result)


@primitive(promotes=True, fresh=True, torch="BmmBackward0",
           input=lambda g, other, left, right, result:
               either(_contracted)(g, other, result, right, left),  # type: ignore[has-type]  # this row itself
           other=lambda g, input, left, right, result:
               either(_contracted)(g, input, result, left, right))  # type: ignore[has-type]
def _contracted(input: TensorLike, other: TensorLike, left: str, right: str, result: str) -> Tensor:
    """The sum over the letters that are not in the result: each of these must be in both operands."""
    shared = [letter for letter in left if letter in right]
    batch = "".join([letter for letter in shared if letter in result])
    summed = "".join([letter for letter in shared if letter not in result])
    rows = "".join([letter for letter in left if letter not in right])
    columns = "".join([letter for letter in right if letter not in left])
    if not summed:
        return _in_order(input, left, result) * _in_order(other, right, result)
    size = dict(zip(left + right, input.shape + other.shape, strict=True))
    stack = [size[letter] for letter in batch]
    n, k, m = (math.prod([size[letter] for letter in letters]) for letters in (rows, summed, columns))
    a = _in_order(input, left, batch + rows + summed).reshape((*stack, n, k))
    b = _in_order(other, right, batch + summed + columns).reshape((*stack, k, m))
    out = product(a, b).reshape([size[letter] for letter in batch + rows + columns])
    return _in_order(out, batch + rows + columns, result)


def einsum(equation: Any, *operands: Any) -> Tensor:
    """The sum of products that the equation spells, as ``"ij,jk->ik"`` does a matrix product.

    A letter names a dimension; letters that are not in the output are summed over. Without ``->``, the output
    has the letters that occur once, sorted. ``...`` stands for dimensions that broadcast; a repeated letter for
    the diagonal. Also ``einsum(equation, [a, b])`` and ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.

    >>> einsum("ij,jk->ik", ones(2, 3), ones(3, 4)).shape, einsum("ii", eye(3))
    (Size([2, 4]), tensor(3.))
    """
    if not isinstance(equation, str):
        equation, operands = _spelled([equation, *operands])
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    tensors = [as_operand("einsum", f"operands[{i}]", x) for i, x in enumerate(operands)]
    letters, output = _letters(equation, tuple([x.array.ndim for x in tensors]))
    return _summed_products(tensors, list(letters), output)


def _spelled(arguments: list[Any]) -> tuple[str, tuple[Any, ...]]:
    """The equation of PyTorch's other form: tensor, list of numbers, tensor, list of numbers, …, output."""

    def spell(numbers: Any) -> str:
        return "".join("..." if number is Ellipsis else string.ascii_letters[number] for number in numbers)

    pairs = len(arguments) // 2
    equation = ",".join(spell(numbers) for numbers in arguments[1 : 2 * pairs : 2])
    if len(arguments) % 2:
        equation += "->" + spell(arguments[-1])
    return equation, tuple(arguments[0 : 2 * pairs : 2])


@lru_cache(maxsize=256)
def _letters(equation: str, ndims: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """The letters of each operand and of the output, with "..." spelled out in unused letters."""
    given, arrow, output = equation.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(ndims):
        more = "more" if len(ndims) > len(terms) else "fewer"
        raise RuntimeError(
            f"einsum(): {more} operands were provided ({len(ndims)}) than specified in the equation {equation!r} "
            f"({len(terms)})"
        )
    for place, term in enumerate([*terms, output]):
        bare = term.replace("...", "", 1)
        if not all(letter in string.ascii_letters for letter in bare):
            where = f"operand {place}" if place < len(terms) else "the output"
            raise RuntimeError(
                f"einsum(): invalid subscript in {term!r} for {where}: subscripts must be in [a-zA-Z], and a dot part "
                "of one ellipsis (...)"
            )
    unused = [letter for letter in string.ascii_letters if letter not in equation]
    extra = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims, strict=True)]
    widest = max([n for n, term in zip(extra, terms, strict=True) if "..." in term], default=0)
    dots = "".join(unused[: max(widest, 0)])
    for i, (term, ndim) in enumerate(zip(terms, ndims, strict=True)):
        if extra[i] < 0 or (extra[i] and "..." not in term):
            raise RuntimeError(
                f"einsum(): the number of subscripts in {term!r} does not match the number of dimensions ({ndim}) of "
                f"operand {i}" + ("" if "..." in term else " and no ellipsis was given")
            )
        terms[i] = term.replace("...", dots[len(dots) - extra[i] :])
    if arrow:
        output = output.replace("...", dots)
    else:
        joined = "".join(terms)
        output = dots + "".join(sorted(c for c in set(joined) if joined.count(c) == 1 and c not in dots))
    for letter in output:
        if output.count(letter) > 1:
            raise RuntimeError(f"einsum(): output subscript {letter} appears more than once in {equation!r}")
        if not any(letter in term for term in terms):
            raise RuntimeError(f"einsum(): output subscript {letter} does not appear in any operand of {equation!r}")
    return tuple(terms), output


def _summed_products(tensors: list[Any], letters: list[str], output: str) -> Tensor:
    size: dict[str, int] = {}
    for i, (x, term) in enumerate(zip(tensors, letters, strict=True)):
        own: dict[str, int] = {}
        for letter, n in zip(term, x.array.shape, strict=True):
            if own.setdefault(letter, n) != n:
                raise RuntimeError(
                    f"einsum(): subscript {letter} is repeated for operand {i} (shape {x.array.shape}) but the sizes "
                    f"don't match, {n} != {own[letter]}"
                )
            known = size.get(letter, 1)
            if n != 1 and known not in (1, n):
                raise RuntimeError(
                    f"einsum(): subscript {letter} has size {n} for operand {i} (shape {x.array.shape}), which does "
                    f"not broadcast with the size {known} of an earlier operand"
                )
            size[letter] = n if known == 1 else known
    # a size of 1 that broadcasts is dropped, as if it were summed
    solid = [
        _distinct("".join([letter for letter, n in zip(term, x.array.shape, strict=True) if n == size[letter]]))
        for x, term in zip(tensors, letters, strict=True)
    ]
    for i, term in enumerate(letters):
        others = output + "".join(solid[:i] + solid[i + 1 :])
        kept = "".join([letter for letter in solid[i] if letter in others])
        if len(kept) < len(term):
            tensors[i], letters[i] = _rearranged(tensors[i], term, kept), kept
    if any(x.array.dtype == np.int64 for x in tensors):  # a sum of small integers is a large one, and 0-d ones count less
        tensors = [cast(x, np.int64) if x.array.dtype.kind in "iu" else x for x in tensors]
    while len(tensors) > 1:
        i, j = _cheapest_pair(letters, output, size)
        b, right, a, left = tensors.pop(j), letters.pop(j), tensors.pop(i), letters.pop(i)
        wanted = output + "".join(letters)
        result = "".join([letter for letter in _distinct(left + right) if letter in wanted]) if tensors else output
        if any(letter in right and letter not in result for letter in left):
            check_fit("einsum", "operand", a.array, "operand", b.array)
        tensors.append(_contracted(a, b, left, right, result))
        letters.append(result)
    return tensors[0] if letters[0] == output else _rearranged(tensors[0], letters[0], output)


def _cheapest_pair(letters: list[str], output: str, size: dict[str, int]) -> tuple[int, int]:
    """The two operands whose product adds fewest elements: the usual greedy order of contractions."""
    if len(letters) == 2:
        return 0, 1

    def growth(pair: tuple[int, int]) -> int:
        i, j = pair
        rest = output + "".join([term for place, term in enumerate(letters) if place not in pair])
        result = [letter for letter in set(letters[i] + letters[j]) if letter in rest]
        before = [math.prod([size[letter] for letter in letters[place]]) for place in pair]
        return math.prod([size[letter] for letter in result]) - sum(before)

    return min([(i, j) for j in range(len(letters)) for i in range(j)], key=growth)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over dimensions of a and b: the last `dims` of a with the first of b, or two lists.

    >>> tensordot(ones(2, 3, 4), ones(3, 4, 5)).shape, tensordot(ones(2, 3), ones(4, 3), ([1], [1])).shape
    (Size([2, 5]), Size([2, 4]))
    """
    n, m = a.array.ndim, b.array.ndim
    dims = dims.tolist() if hasattr(dims, "tolist") else dims
    if isinstance(dims, int):
        if not 0 <= dims <= min(n, m):
            raise RuntimeError(f"tensordot: expects 0 <= dims <= {min(n, m)}, the number of dimensions, but got {dims}")
        dims = (list(range(n - dims, n)), list(range(dims)))
    first = [one_dim("tensordot", d, n) for d in dims[0]]
    second = [one_dim("tensordot", d, m) for d in dims[1]]
    if len(first) != len(second):
        raise RuntimeError(f"tensordot: both dimension lists should have the same length, got {dims[0]} and {dims[1]}")
    if a.array.dtype != b.array.dtype:
        raise RuntimeError(
            f"tensordot: both inputs should have the same dtype, got {a.array.dtype} and {b.array.dtype}; convert one "
            "with .to(dtype)"
        )
    left = string.ascii_letters[:n]
    right = list(string.ascii_letters[n : n + m])
    for p, q in zip(first, second, strict=True):
        sizes = a.array.shape[p], b.array.shape[q]
        if sizes[0] != sizes[1] and 1 not in sizes:
            raise RuntimeError(
                f"tensordot: contracted dimensions need to match, but a has size {sizes[0]} in dim {p} and b has size "
                f"{sizes[1]} in dim {q}"
            )
        right[q] = left[p]
    kept = [c for i, c in enumerate(left) if i not in first] + [c for i, c in enumerate(right) if i not in second]
    require("tensordot", a.array.dtype, "iufc")
    return cast(_summed_products([a, b], [left, "".join(right)], "".join(kept)), a.array.dtype)


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal.

    >>> trace(tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    shape = input.array.shape
    if len(shape) != 2:
        raise RuntimeError(f"trace: expected a matrix, but got a tensor of shape {shape}")
    require("trace", input.array.dtype, "iufc")
    n = min(shape)
    square = input if shape == (n, n) else _slice(input, (slice(n), slice(n), ...))
    return _rearranged(square, "ii", "")
