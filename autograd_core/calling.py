"""How functions are called from outside: `out=`, and a lesson where an argument is no tensor.

Methods and operators are the operations themselves; a function of the package goes through `public`.
"""

from __future__ import annotations

import warnings
from functools import WRAPPER_ASSIGNMENTS
from typing import TYPE_CHECKING, Any

from .arrays import dtypes
from .inplace import check_writable
from .modes import is_grad_enabled
from .primitive import is_row, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from .tensor import Tensor

# PyTorch's functions that take `out=`: https://docs.pytorch.org/docs/stable/torch.html
TAKES_OUT = frozenset(
    """
    abs acos acosh add addbmm addcdiv addcmul addmm addmv addr all amax amin aminmax angle any arange arccos arccosh
    arcsin arcsinh arctan arctan2 arctanh argmax argmin asin asinh atan atan2 atanh baddbmm bernoulli bitwise_and
    bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm bucketize cat ceil chain_matmul
    cholesky cholesky_inverse cholesky_solve clamp clamp_max clamp_min clip column_stack complex concat concatenate
    conj_physical copysign cos cosh cross cummax cummin cumprod cumsum deg2rad diag diff digamma div divide dot dstack
    eig empty eq erf erfc erfinv exp exp2 expm1 eye fix float_power floor floor_divide fmax fmin fmod frac frexp
    frobenius_norm full gather gcd ge geqrf ger greater greater_equal gt hardshrink heaviside histc histogram hstack
    hypot i0 igamma igammac index_add index_copy index_reduce index_select inner inverse isin isneginf isposinf kron
    kthvalue lcm ldexp le lerp less less_equal lgamma linspace log log10 log1p log2 log_softmax logaddexp logaddexp2
    logcumsumexp logical_and logical_not logical_or logical_xor logit logspace logsumexp lt lu_solve lu_unpack
    masked_select matmul matrix_power max maximum mean median min minimum mm mode msort mul multinomial multiply mv
    mvlgamma nan_to_num nanmean nanmedian nanquantile nansum narrow_copy ne neg negative nextafter nonzero
    nonzero_static norm normal not_equal ones ones_like orgqr ormqr outer polar polygamma pow prod qr quantile rad2deg
    rand rand_like randint randint_like randn randn_like randperm range reciprocal remainder renorm round row_stack
    rsqrt scatter scatter_add scatter_reduce searchsorted sgn sigmoid sign signbit sin sinc sinh slice_scatter slogdet
    softmax sort sqrt square stack std sub subtract sum svd take take_along_dim tan tanh tensordot threshold topk
    triangular_solve tril tril_indices triu triu_indices true_divide trunc var vdot vstack where xlogy zeros
    zeros_like
    """.split()
)
_COMPOSED = (".facts", ".noise", ".attention", ".recurrent")  # besides `ops`, what computes on tensors
_CREATORS = ("creation", "random")
# Computed in the dtype of `out`, as by dtype=.
_IN_DTYPE_OF_OUT = frozenset("sum nansum mean nanmean prod cumsum cumprod".split())
# The modules whose results may be converted to the dtype of `out`, and their functions whose results may not.
_CASTING = {*"elementwise elementary mixtures parts special logic reduce cumulative joining".split(), *_CREATORS}
_EXACT = frozenset(
    """
    abs all amax amin any argmax argmin bitwise_not ceil cummax cummin float_power floor frac heaviside isin isneginf
    isposinf logcumsumexp nan_to_num neg round sgn sign signbit trunc where
    """.split()
)


def offer(namespace: dict[str, Any], names: Sequence[str], takes_out: Collection[str] = TAKES_OUT) -> None:
    """Put the public face of functions in their place: of those that compose operations, and of those with `out=`.

    Other rows need none: their wrappers say themselves what is no tensor.
    """
    for name in names:
        function = namespace.get(name)
        home = getattr(function, "__module__", "")
        composed = callable(function) and (".ops." in home or home.endswith(_COMPOSED)) and not is_row(function)
        if name in takes_out or composed:
            if function is not None:
                namespace[name] = face = public(function, name in takes_out or function.__name__ in takes_out)
                face.__module__, face.__qualname__ = namespace["__name__"], name  # where pickle finds it


def public(function: Callable[..., Any], takes_out: bool = False) -> Callable[..., Any]:
    """The function as the package offers it."""
    name = function.__name__
    home = function.__module__.rpartition(".")[2]
    in_dtype_of_out = name in _IN_DTYPE_OF_OUT or (home in _CREATORS and name not in ("bernoulli", "multinomial"))
    casts = home in _CASTING and name not in _EXACT

    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        if out is not None and in_dtype_of_out and hasattr(out, "dtype"):
            options.setdefault("dtype", out.dtype)
        try:
            result = function(*args, **options)
        except AttributeError as error:
            raise _lesson(name, error, args, options) from error
        return result if out is None else _deliver(name, result, out, args, options, casts)

    def plain_call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except AttributeError as error:
            raise _lesson(name, error, args, options) from error

    face: Any = call if takes_out else plain_call
    for attribute in WRAPPER_ASSIGNMENTS:
        setattr(face, attribute, getattr(function, attribute, None))
    face.__wrapped__ = function
    return face  # type: ignore[no-any-return]


def _lesson(name: str, error: AttributeError, args: Sequence[Any], options: dict[str, Any]) -> Exception:
    """What to say where an argument lacks what tensors have."""
    culprit = error.obj
    if hasattr(culprit, "_edge") or not any(culprit is value for value in _flat((*args, *options.values()))):
        return error
    shown = type(culprit).__name__
    remedy = "Make a tensor of it first: ag.tensor(…)" if shown in ("list", "tuple", "ndarray", "float", "int") else ""
    return TypeError(f"{name}(): expected a Tensor, got {shown}: {culprit!r:.60}. {remedy}".rstrip())


def _flat(values: Sequence[Any]) -> list[Any]:
    """The values, and those in sequences of them."""
    return [each for value in values for each in (value, *(value if isinstance(value, tuple | list) else ()))]


def _deliver(name: str, result: Any, out: Any, args: Sequence[Any], options: dict[str, Any], casts: bool) -> Any:
    """Write the result, or each of several, into `out`."""
    several = isinstance(result, tuple)
    targets = tuple(out) if several else (out,)
    results = tuple(result) if several else (result,)
    if len(targets) != len(results):
        raise TypeError(f"{name}(): out= must be a tuple of {len(results)} tensors, got {len(targets)}")
    given = _flat((*args, *options.values(), *targets))
    if is_grad_enabled() and any(getattr(value, "_edge", None) is not None for value in given):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad. Leave out= away, or compute inside `with ag.no_grad():`"
        )
    for target, each in zip(targets, results, strict=True):
        _check_target(name, target, each, casts and not several)
    for target, each in zip(targets, results, strict=True):
        _overwrite(name, target, each)
    return type(result)(*targets) if hasattr(result, "_fields") else targets if several else out


def _check_target(name: str, out: Any, result: Tensor, casts: bool) -> None:
    if not hasattr(out, "_edge"):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    fits = dtypes.can_cast(result.dtype, out.dtype) if casts else result.dtype == out.dtype
    if not fits:
        raise RuntimeError(
            f"{name}(): result type {result.dtype} can't be cast to the desired output type {out.dtype} of out="
            + ("" if casts else f"; give an out of dtype {result.dtype}")
        )
    check_writable(out, name)


def _overwrite(name: str, out: Tensor, result: Tensor) -> None:
    if out.array.shape != result.array.shape:
        if out.array.size:
            warnings.warn(
                f"{name}(): An output with one or more elements was resized since it had shape {tuple(out.shape)}, which "
                f"does not match the required output shape {tuple(result.shape)}. Give an out of that shape, or an empty one.",
                stacklevel=4,
            )
        out.data = wrap(result.array.astype(out.array.dtype))
        return
    out.array[...] = result.array
    out._memory.written()
