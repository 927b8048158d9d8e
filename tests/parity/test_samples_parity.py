"""PyTorch's own samples of its operations, asked of both libraries: results, first derivatives, dtypes, classes of errors.

PyTorch tests itself with them (`torch.testing._internal`, which needs expecttest). They were chosen by others, and so find
what the table of operations does not ask. With the environment variable ALL_SAMPLES, in all dtypes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

import autograd_core as ag
import nn.functional as F
from tests.op_calls import at
from tests.parity.sides import flat, outcome

invocations = pytest.importorskip("torch.testing._internal.common_methods_invocations", exc_type=ImportError)

ALL = "ALL_SAMPLES" in os.environ
DTYPES = ["float64", "int64"] + ["float32", "float16", "uint8", "bool"] * ALL
NEAR = {"float64": (1e-7, 1e-9), "float32": (2e-4, 2e-5), "float16": (2e-2, 5e-3)}  # relative, absolute

# Operations, or their variants ("pad/circular"), with reasons why their samples are not asked.
WHY_NOT = {
    "the sample calls something else, or with its arguments in another order": """
        bool byte char short int long half float double cfloat cdouble einsum polygamma special.polygamma where zero_
        nn.functional.embedding nn.functional.triplet_margin_with_distance_loss normal/in_place exponential uniform
        linalg.pinv/singular linalg.lstsq/grad_oriented as_strided/partial_views rand_like
        """,
    "complex numbers have no gradients here": "complex polar view_as_complex linalg.eig linalg.eigvals sgn",
    "numbers of NumPy and SciPy, which PyTorch approximates": "special.bessel_j0 special.bessel_j1 special.bessel_y1",
    "no such dtype here": "bfloat16 chalf",
    "not written: README, 'Where we differ', or an error says so": """
        nn.functional.linear_cross_entropy/chunked nn.functional.linear_cross_entropy/chunked_none nn.functional.grid_sample
        addbmm bernoulli normal normal/number_mean gather nn.functional.interpolate/bilinear nn.functional.interpolate/bicubic
        nn.functional.upsample_bilinear nn.functional.batch_norm
        """,
    "PyTorch's gradients are wrong or lost (README)": "as_strided_scatter cholesky_inverse cholesky_solve linalg.pinv/hermitian",
    "results are free in their signs, and so are compared elsewhere": "svd linalg.svd linalg.eigh",
    "PyTorch's accuracy in half and single precision is less than ours": """
        matrix_exp nn.functional.normalize nn.functional.conv_transpose2d nn.functional.conv_transpose3d
        nn.functional.soft_margin_loss kron logcumsumexp special.i1 special.i1e
        """,
}
LEFT_OUT = {name for names in WHY_NOT.values() for name in names.split()}
ONLY_IN_FLOAT64 = set(WHY_NOT["PyTorch's accuracy in half and single precision is less than ours"].split())
TIES = {"topk", "kthvalue", "mode", "sort", "argsort", "msort"}  # which of equal elements comes first is not said


def name_of(op: Any) -> str:
    return f"{op.name}/{op.variant_test_name}" if op.variant_test_name else str(op.name)


def ours(op: Any, variant: str) -> Any:
    """What we offer under the name of an operation, or None."""
    *places, name = op.name.split(".")
    if variant != "function":
        return getattr(ag.Tensor, name + "_" * (variant == "in place"), None)
    home: Any = F if places == ["nn", "functional"] else ag
    for place in places if home is ag else ():
        home = getattr(home, place, None)
    return getattr(home, name, None)


def cases() -> Iterator[tuple[str, str, Any, Callable[..., Any], Callable[..., Any]]]:
    for op in invocations.op_db:
        theirs = {"function": op.op, "method": op.method_variant, "in place": op.inplace_variant}
        for variant, function in theirs.items():
            mine = ours(op, variant)
            known = op.name in LEFT_OUT or name_of(op) in LEFT_OUT
            if function is not None and mine is not None and (not known or name_of(op) in ONLY_IN_FLOAT64):
                yield name_of(op), variant, op, function, mine


CASES = list(cases())


class NotHere(Exception):
    """A dtype, layout or device that we do not have."""


class Counterparts(dict[int, tuple[Any, Any]]):
    """Our tensors for PyTorch's, each made once, with its strides."""

    def __call__(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(map(self, value)) if not hasattr(value, "_fields") else value
        if isinstance(value, dict):
            return {key: self(each) for key, each in value.items()}
        if isinstance(value, torch.dtype):
            return self.dtype(value)
        if isinstance(value, torch.Tensor):
            if id(value) not in self:
                self[id(value)] = value, self.tensor(value)
            return self[id(value)][1]
        if isinstance(value, torch.Generator | torch.layout | torch.memory_format):
            raise NotHere
        if callable(value) and "torch" in (getattr(value, "__module__", None) or "torch"):
            raise NotHere
        return ag.device("cpu") if isinstance(value, torch.device) else value

    @staticmethod
    def dtype(dtype: torch.dtype) -> Any:
        name = str(dtype).removeprefix("torch.")
        if not hasattr(ag, name) or name == "bfloat16" or dtype.is_complex:
            raise NotHere
        return getattr(ag, name)

    def tensor(self, value: torch.Tensor) -> Any:
        self.dtype(value.dtype)
        if value.layout != torch.strided or value.device.type != "cpu" or value.ndim > 60:
            raise NotHere
        array = value.detach().numpy()
        made = ag.tensor(array) if 0 in array.strides else ag.from_numpy(array.copy("K"))
        return made.requires_grad_(value.requires_grad)

    def leaves(self) -> list[tuple[Any, Any]]:
        return [pair for pair in self.values() if pair[0].requires_grad and pair[0].is_leaf]


def same(mine: Any, wanted: Any, dtype: str, factor: float = 1) -> None:
    if not isinstance(wanted, torch.Tensor):
        assert type(mine) is type(wanted)
        assert mine == pytest.approx(wanted, nan_ok=True)
        return
    mine, wanted = mine.detach().numpy(), wanted.numpy(force=True)
    near = NEAR.get(str(wanted.dtype), (0, 0))
    np.testing.assert_allclose(mine, wanted, near[0] * factor, near[1] * factor, strict=True)


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def compare(op: Any, variant: str, theirs: Any, mine: Any, sample: Any, dtype: str) -> None:
    """Results and gradients of a sample, or the class of the error."""
    made = Counterparts()
    try:
        calls = [(sample.input, sample.args, sample.kwargs), made((sample.input, sample.args, sample.kwargs))]
    except NotHere:
        return
    if variant == "in place":
        calls = [(input.clone(), args, options) for input, args, options in calls]
    results = []
    for library, function, (input, args, options) in zip((torch, ag), (theirs, mine), calls, strict=True):
        library.manual_seed(42)  # as the samples of what draws do
        results.append(outcome(lambda f=function, x=input, a=args, o=options: f(x, *a, **o)))
    expected, found = results
    if isinstance(expected, Exception):
        assert isinstance(found, type(expected)), found
        return
    if isinstance(found, Exception):
        raise found
    if "empty" in op.name:
        return
    pairs = list(zip(flat(expected), flat(found), strict=True))
    for i, (wanted, got) in enumerate(pairs):
        if isinstance(wanted, torch.Tensor) and wanted.dtype.is_complex:
            return
        if op.name not in TIES or (wanted.dtype.is_floating_point and i == 0):
            same(got, wanted, dtype)
        if isinstance(wanted, torch.Tensor):
            assert got.requires_grad == wanted.requires_grad or not wanted.numel()
    roots = [
        (wanted, got)
        for wanted, got in pairs
        if isinstance(wanted, torch.Tensor) and wanted.requires_grad and got.requires_grad
    ]
    leaves = made.leaves()
    if not roots or not leaves or (op.name in TIES and dtype == "float16"):
        return
    rng = np.random.default_rng(0)
    seeds = [
        rng.standard_normal(tuple(wanted.shape)).astype(str(wanted.dtype).removeprefix("torch.")) for wanted, _ in roots
    ]
    gradients = [
        outcome(
            lambda lib=lib, i=i: (lib.autograd.grad)(
                [root[i] for root in roots],
                [leaf[i] for leaf in leaves],
                list(map(lib.tensor, seeds)),
                allow_unused=True,
            )
        )
        for i, lib in enumerate((torch, ag))
    ]
    if isinstance(gradients[0], Exception):
        return  # what PyTorch does not differentiate
    if isinstance(gradients[1], Exception):
        raise gradients[1]
    for wanted, got in zip(*gradients, strict=True):
        if wanted is None or got is None:  # zeros, at most, where the other has none
            assert not np.any((got if wanted is None else wanted).detach().numpy()) if wanted is not got else True
        else:
            same(got, wanted, dtype, 10)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "variant", "op", "theirs", "mine"), CASES, ids=[f"{name}, {variant}" for name, variant, *_ in CASES]
)
def test_samples(name: str, variant: str, op: Any, theirs: Any, mine: Any, dtype: str) -> None:
    known = getattr(torch, dtype)
    if known not in op.dtypes or (name in ONLY_IN_FLOAT64 and dtype != "float64"):
        return
    differentiable = known.is_floating_point and op.supports_autograd and variant != "in place"
    with quiet():
        for sample in op.sample_inputs("cpu", known, requires_grad=differentiable):
            with at(sample.summary()):
                compare(op, variant, theirs, mine, sample, dtype)


TWICE = {name: case for name, *case in CASES if case[0] == "function" and case[1].supports_gradgrad}


def second(library: Any, function: Any, call: Any, leaves: list[Any]) -> list[Any]:
    """Products of second derivatives with arbitrary numbers; None for a leaf that they do not depend on."""
    rng = np.random.default_rng(0)
    library.manual_seed(42)

    def total(tensors: list[Any]) -> Any:
        return sum((each * library.tensor(rng.standard_normal(tuple(each.shape)))).sum() for each in tensors)

    def differentiable(tensors: Any) -> list[Any]:
        return [each for each in tensors if getattr(each, "requires_grad", False)]

    outs = differentiable(flat(function(call[0], *call[1], **call[2])))
    first = (
        differentiable(library.autograd.grad(total(outs), leaves, create_graph=True, allow_unused=True)) if outs else []
    )
    return list(library.autograd.grad(total(first), leaves, allow_unused=True)) if first else [None] * len(leaves)


@pytest.mark.parametrize("name", TWICE)
def test_second_derivatives(name: str) -> None:
    _, op, theirs, mine = TWICE[name]
    with quiet():
        for sample, _ in zip(op.sample_inputs("cpu", torch.float64, requires_grad=True), range(12), strict=False):
            made, call = Counterparts(), (sample.input, sample.args, sample.kwargs)
            try:
                ours = made(call)
            except NotHere:
                continue
            expected = outcome(lambda c=call, m=made: second(torch, theirs, c, [leaf for leaf, _ in m.leaves()]))
            if isinstance(expected, Exception):
                continue  # what PyTorch does not differentiate
            with at(sample.summary()):
                found = second(ag, mine, ours, [leaf for _, leaf in made.leaves()])
                for got, wanted in zip(found, expected, strict=True):
                    if got is None or wanted is None:
                        assert got is wanted or not np.any((got if wanted is None else wanted).numpy(force=True))
                    else:
                        same(got, wanted, "float64", 100)


WRONG = {
    name: (op, theirs, mine)
    for name, variant, op, theirs, mine in CASES
    if variant == "function" and op.error_inputs_func
}


OTHER_CLASSES = {
    "narrow_copy",  # an internal assertion of PyTorch's; ours is an IndexError
    "nn.functional.multi_margin_loss", "nn.functional.multilabel_margin_loss",  # two mistakes at once
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRONG.keys() - OTHER_CLASSES))
def test_wrong_samples(name: str) -> None:
    """Where PyTorch raises, so do we: but we take numbers for tensors, and let out= share memory with what is read."""
    op, theirs, mine = WRONG[name]
    with quiet():
        for wrong in op.error_inputs("cpu"):
            sample = wrong.sample_input
            try:
                calls = [
                    (sample.input, sample.args, sample.kwargs),
                    Counterparts()((sample.input, sample.args, sample.kwargs)),
                ]
            except NotHere:
                continue
            expected, found = (
                outcome(lambda f=f, call=call: f(call[0], *call[1], **call[2]))
                for f, call in zip((theirs, mine), calls, strict=True)
            )
            numbers = any(isinstance(value, int | float) for value in (sample.input, *sample.args))
            if (
                not isinstance(expected, Exception)
                or (isinstance(expected, TypeError) and numbers)
                or "out" in sample.kwargs
            ):
                continue
            with at(sample.summary()):
                assert isinstance(found, Exception), f"PyTorch: {expected!r}"
                assert isinstance(found, type(expected)), f"{found!r}, but PyTorch: {expected!r}"
