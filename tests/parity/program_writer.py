"""What random programs are written in. A writer looks at PyTorch's side of a program for the shapes.

logcumsumexp is left out: in its derivative PyTorch takes a gradient of NaN for 0, and makes NaN in its second one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from tests.parity.lockstep import Pair

torch = pytest.importorskip("torch")


@cache
def is_offered(name: str, place: str) -> bool:
    """Whether there is such a function or method here."""
    places = {"T": [ag], "T.linalg": [ag.linalg], "F": [ag.nn.functional]}
    return any(hasattr(each, name) for each in places.get(place, [ag.Tensor]))


def offered(options: list[str]) -> list[str]:
    """The lines of which all functions and methods are offered here."""
    calls = ((line, re.findall(r"(\bT\.linalg|\b[TF]|)\.(\w+)\(", line)) for line in options)
    return [line for line, names in calls if all(is_offered(name, place) for place, name in names)]


class Writer:
    """Writes one program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pair = Pair()
        self.count = 0
        self.hooked: set[str] = set()
        self.writes = self.pick([0.1, 0.18, 0.35])  # of the lines
        kind = self.random.random()
        self.mixed = kind < 0.15
        self.dtypes = ["float64"] * 6 + (["float32"] if kind < 0.35 else [])
        self.constants = ["float64", "float32", "float32", "int64", "int64", "int32", "uint8", "bool"]

    # ------------------------------------------------------------ operands

    def pick(self, options: Any) -> Any:
        return self.random.choice(list(options))

    def choose(self, lines: list[str]) -> str:
        return self.pick(offered(lines))

    def tensors(self, test: Callable[[Any], bool] = lambda x: True) -> list[str]:
        return [
            name
            for name, x in self.pair.theirs.items()
            if name[0] == "x" and name[1:].isdigit() and isinstance(x, torch.Tensor) and test(x)
        ]

    def value(self, name: str) -> Any:
        return self.pair.theirs[name]

    def new(self) -> str:
        self.count += 1
        return f"x{self.count}"

    def numbers(self, shape: tuple[int, ...]) -> str:
        if not shape:
            return repr(round(self.random.uniform(-2, 2), 2))
        return "[" + ", ".join(self.numbers(shape[1:]) for _ in range(shape[0])) + "]"

    def constant(self, shape: tuple[int, ...], requires_grad: bool) -> str:
        dtype = self.pick(self.constants if self.mixed and not requires_grad else self.dtypes)
        if 0 in shape:
            return f"T.zeros({shape}, dtype=T.{dtype}, requires_grad={requires_grad})"
        numbers = self.numbers(shape) if dtype.startswith("float") else re.sub(r"\.\d+", "", self.numbers(shape))
        if dtype == "uint8":
            numbers = numbers.replace("-", "")
        return f"T.tensor({numbers}, dtype=T.{dtype}, requires_grad={requires_grad})"

    def any_tensor(self) -> str:
        names = self.tensors()
        late = names[-4:]
        return self.pick(late if self.random.random() < 0.6 else names)

    def partner(self, name: str, onto: bool = False) -> str:
        """A tensor that broadcasts with the named one (onto: without making it larger)."""
        shape = tuple(self.value(name).shape)

        def fits(x: Any) -> bool:
            try:
                joint = np.broadcast_shapes(shape, tuple(x.shape))
            except ValueError:
                return False
            return joint == shape if onto else np.prod(joint) <= 64

        if self.random.random() < 0.05:
            return self.any_tensor()
        fitting = [other for other in self.tensors(fits) if self.ordered_alike(name, other)]
        return self.pick(fitting) if fitting else name

    def ordered_alike(self, a: str, b: str) -> bool:
        """Whether a > b at the same places here and in PyTorch: where the two differ by a rounding error, not always."""
        x, y = self.value(a).detach(), self.value(b).detach()
        ours, other = self.pair.ours[a].array, self.pair.ours[b].array
        return all(
            np.array_equal(first.numpy(), second) for first, second in ((x > y, ours > other), (x < y, ours < other))
        )

    def apart(self, a: str, b: str) -> str:
        """b, or a copy of it if it shares memory with a: what PyTorch makes of operands that overlap in part is not
        defined."""
        shares = self.value(b).untyped_storage().data_ptr() == self.value(a).untyped_storage().data_ptr()
        return f"{b}.clone()" if b != a and shares else b

    def number(self) -> str:
        return self.pick(["0.5", "-1.5", "2", "3", "-1", "0.25", "0"])

    def dim(self, name: str) -> int:
        ndim = self.value(name).ndim
        return self.random.randint(-ndim, ndim - 1) if ndim else self.pick([0, -1])

    def size(self, name: str, dim: int) -> int:
        x = self.value(name)
        return int(x.shape[dim]) if x.ndim else 1

    def distinct(self, name: str) -> bool:
        """Whether no two elements are equal: of ties PyTorch does not say which one it takes."""
        x = self.value(name).detach()
        return bool(x.numel()) and x.unique().numel() == x.numel() and not x.isnan().any()

    def basic_key(self, shape: tuple[int, ...]) -> str:
        parts = []
        for n in shape[: self.random.randint(0, len(shape))]:
            kind = self.random.random()
            if kind < 0.35 and n:
                parts.append(str(self.random.randint(-n, n - 1 if self.random.random() < 0.95 else n)))
            elif kind < 0.5:
                parts.append(":")
            else:
                start, stop = self.random.randint(0, n), self.random.randint(0, n + 1)
                parts.append(f"{min(start, stop) or ''}:{max(start, stop)}{self.pick(['', '', ':2'])}")
        if self.random.random() < 0.2:
            parts.append("...")
        if self.random.random() < 0.15:
            parts.insert(self.random.randint(0, len(parts)), "None")
        return ", ".join(parts) or "..."

    def key(self, name: str) -> str:
        shape = tuple(self.value(name).shape)
        kind = self.random.random()
        if kind < 0.65 or not shape or 0 in shape:
            return self.basic_key(shape)
        if kind < 0.75:
            return f"{name} > {self.number()}"
        axis = self.random.randrange(len(shape))
        if not shape[axis]:
            return "..."
        before = ", ".join([":"] * axis)
        return (before + ", " if before else "") + self.rows(name, axis)

    def rows(self, name: str, dim: int, least: int | None = None) -> str:
        """A tensor of indices along a dimension."""
        n = self.size(name, dim)
        first = -n if least is None else least
        return f"T.tensor({[self.random.randint(first, n - 1) for _ in range(self.random.randint(1, 4))]})"

    # ------------------------------------------------------------ expressions

    def view(self, a: str) -> str:
        """An expression for a view of a."""
        x = self.value(a)
        shape, d = tuple(x.shape), self.dim(a)
        n = self.size(a, d)
        options = [
            f"{a}[{self.basic_key(shape)}]",
            f"{a}[{self.basic_key(shape)}]",
            f"{a}.unsqueeze({self.dim(a)})",
            f"{a}.squeeze()",
            f"{a}.squeeze({d})",
            f"{a}.view(-1)",
            f"{a}.reshape(-1)",
            f"{a}.ravel()",
            f"{a}.detach()",
            f"{a}.view_as({a})",
            f"{a}.flatten()",
            f"{a}.expand_as({a})",
            f"{a}.swapaxes(0, {d})",
            f"{a}.movedim(0, {d})",
            f"T.atleast_2d({a})",
        ]
        if shape:
            start = self.random.randint(0, n)
            options += [
                f"{a}.unfold({d}, {self.random.randint(1, max(n, 1))}, {self.random.randint(1, 2)})",
                f"{a}.narrow({d}, {start}, {self.random.randint(0, n - start)})",
                f"{a}.select({d}, {self.random.randint(-n, max(n - 1, 0))})",
                f"{a}.unflatten({d}, (1, -1))",
                f"{a}.tensor_split(2, {d})[{self.pick([0, 1])}]",
                f"{a}.permute({self.random.sample(range(len(shape)), len(shape))})",
            ]
            if x.is_contiguous() and x.numel():
                step = self.random.randint(0, 2)
                most = 4 if step == 0 else (x.numel() - 1) // step + 1
                options.append(f"{a}.as_strided(({self.random.randint(1, min(most, 4))},), ({step},))")
        if len(shape) >= 2:
            options += [
                f"{a}.transpose(0, -1)",
                f"{a}.mT",
                f"{a}.select(1, 0)",
                f"{a}.diagonal({self.pick([0, 1, -1])}, 0, -1)",
                f"{a}.flatten(-2)",
                f"T.split({a}, 1, 1)[-1]",
            ]
        if len(shape) == 2:
            options += [f"{a}.t()", f"{a}.T", f"{a}.diagonal()"]
        if len(shape) < 3:
            options.append(f"{a}.expand(2, {'-1, ' * len(shape)})".replace(", )", ")"))
        return self.choose(options)

    def of_two(self, a: str) -> str:
        b, c = self.partner(a), self.number()
        return self.choose(
            [
                f"{a} * {b}",
                f"{a} + {b}",
                f"{a} - {b}",
                f"{a} / ({b}.abs() + 1)",
                f"{c} - {a}",
                f"{a} * {c}",
                f"{c} / ({a} * {a} + 1)",
                f"T.where({a} > {b}, {a}, {b})",
                f"T.maximum({a}, {b})",
                f"T.minimum({a}, {b})",
                f"T.fmax({a}, {b})",
                f"{a}.add({b}, alpha={c})",
                f"T.where({a} > 0.07, {b}, {c})",
                f"Product.apply({a}, {b})[{self.pick([0, 1])}]",
                f"({a}.abs() + 0.5) ** T.tanh({b})",
                f"T.lerp({a}, {b}, 0.3)",
                f"T.lerp({a}, {b}, T.sigmoid({a}))",
                f"T.addcmul({a}, {b}, {b}, value={c})",
                f"T.addcdiv({a}, {b}, {b}.abs() + 1, value={c})",
                f"T.atan2({a}, {b}.abs() + 1)",
                f"T.hypot({a}, {b}.abs() + 1)",
                f"T.logaddexp({a}, {b})",
                f"{a}.clamp({b}, {b} + 1)",
                f"{a}.clamp(max={b})",
                f"T.xlogy({a}, {b}.abs() + 1)",
                f"T.copysign({a}, {b}.detach().nan_to_num() + 0.05)",
                f"T.fmod({a}, {b}.detach().abs() + 1.31416)",
            ]
        )

    def of_one(self, a: str) -> str:
        d = self.dim(a)
        return self.choose(
            [
                f"T.tanh({a})",
                f"T.sin({a})",
                f"T.exp(T.tanh({a}))",
                f"T.sqrt({a} * {a} + 1)",
                f"T.log({a}.abs() + 1)",
                f"T.sigmoid({a})",
                f"T.relu({a})",
                f"{a}.abs()",
                f"{a} ** 2",
                f"{a} ** 3",
                f"-{a}",
                f"{a}.clamp(-1, 1)",
                f"{a}.clone()",
                f"Cube.apply({a})",
                f"Reverse.apply({a})",
                f"Exponential.apply({a}, -0.5)",
                f"Square.apply({a})[1]",
                f"Multiples.apply({a})[{self.pick([0, 1])}]",
                f"Add_.apply({a}.clone(), {a})[{self.pick([0, 1])}]",
                f"Sine_.apply({a}.clone())",
                f"T.softmax({a}, {d})",
                f"T.log_softmax({a}, {d})",
                f"F.softmin({a}, {d})",
                f"F.softplus({a})",
                f"F.gelu({a})",
                f"F.gelu({a}, approximate='tanh')",
                f"F.leaky_relu({a}, 0.1)",
                f"F.silu({a})",
                f"F.elu({a})",
                f"F.mish({a})",
                f"F.hardswish({a})",
                f"F.logsigmoid({a})",
                f"F.normalize({a}.reshape(-1), dim=0, eps=0.1)",
                f"{a}.square()",
                f"{a}.double()",
                f"T.erf({a})",
                f"T.expm1(-{a}.abs())",
                f"T.rsqrt({a} * {a} + 1)",
                f"T.reciprocal({a}.abs() + 1)",
                f"T.atan({a})",
                f"T.sinc({a})",
                f"{a}.frac()",
                f"{a}.nan_to_num()",
                f"checkpoint(lambda t: T.tanh(t * t) * 2, {a}.clone(), use_reentrant=False)",
                f"checkpoint(lambda t, u: (t * u).sin() + t.exp().sum(), T.tanh({a}), {a}.clone(), use_reentrant=False)",
            ]
        )

    def reduced(self, a: str) -> str:
        d, c = self.dim(a), self.number()
        options = [
            f"{a}.sum()",
            f"{a}.mean()",
            f"{a}.sum({d}, keepdim=True)",
            f"{a}.mean({d})",
            f"{a}.var({d}, unbiased=False)",
            f"{a}.amax({d})",
            f"{a}.max()",
            f"{a}.max({d}).values",
            f"{a}.min({d})[0]",
            f"{a}.prod()",
            f"{a}.prod({d}, keepdim=True)",
            f"{a}.cumsum({d})",
            f"{a}.cumprod({d})",
            f"{a}.cummax({d}).values",
            f"{a}.cummin({d})[0]",
            f"T.logsumexp({a}, {d})",
            f"{a}.sort({d}).values",
            f"{a}.norm()",
            f"{a}.norm(3, {d})",
            f"T.linalg.vector_norm({a}, 1)",
            f"{a}.flip({d})",
            f"{a}.std()" if self.value(a).numel() > 1 else f"{a}.sum()",
            f"T.var_mean({a}, {d}, correction=0)[{self.pick([0, 1])}]",
            f"T.aminmax({a})[{self.pick([0, 1])}]" if self.value(a).numel() else f"{a}.nansum()",
            f"{a}.roll(1, {d})",
            f"{a}.diff(dim={d})",
            f"{a}.nansum({d})",
            f"{a}.sum({d}) * {c}",
            f"F.layer_norm({a}, {tuple(self.value(a).shape[-1:])})",
            f"F.mse_loss({a}, {a}.detach() * {c})",
            f"F.l1_loss({a}, {a}.detach() * {c} + 0.3)",
            f"F.huber_loss({a}, {a}.detach() * {c}, delta=0.7)",
            f"F.smooth_l1_loss({a}, {a} * {a}, reduction='none')",
            f"F.binary_cross_entropy_with_logits({a}, T.sigmoid({a}))",
            f"F.kl_div(T.log_softmax({a}, {d}), T.sigmoid({a}).detach(), reduction='sum')",
        ]
        if self.distinct(a):
            options += [
                f"{a}.median()",
                f"{a}.median({d}).values",
                f"{a}.topk(1, {d}).values",
                f"{a}.kthvalue({self.random.randint(1, self.size(a, d))}, {d}).values",
            ]
        return self.choose(options)

    def joined(self, a: str) -> str:
        b, c, d, x = self.partner(a), self.number(), self.dim(a), self.value(a)
        options = [
            f"T.cat([{a}, {a}, {b}], {d})",
            f"T.stack([{a}, {a}], 0)",
            f"T.hstack([{a}, {b}])",
            f"T.vstack([{a}, {a}])",
            f"{a}.repeat(2, {'1, ' * x.ndim})",
            f"{a}.tile(2)",
            f"{a}.repeat_interleave(2, {d})" if x.ndim else f"{a}.repeat_interleave(2)",
            f"{a}.repeat_interleave(2)",
            f"T.outer({a}.flatten(), {b}.flatten())",
            f"{a}[{self.key(a)}]",
            f"{a}.masked_fill({a} > 0.07, {c})",
            f"{a}.masked_select({a} > 0.07)",
            f"{a}.tril()",
            f"{a}.triu(1)",
            f"{a}.split(1, {d})[0]",
            f"{a}.unbind({d})[-1]",
            f"{a}.chunk(2, {d})[-1]",
            f"T.broadcast_tensors({a}, {b})[0] * 1",
            f"F.pad({a}, (1, 2))" if x.ndim else f"{a} + 1",
        ]
        if x.numel():
            options += [
                f"{a}.index_select({d}, {self.rows(a, d, least=0)})" if x.ndim else f"{a} * 2",
                f"{a}.gather({d}, ({a} * 0).long())",
                f"{a}.scatter_add({d}, ({a} * 0).long(), {a})",
                f"{a}.index_add({d}, T.tensor([0, 0]), T.cat([{a}.narrow({d}, 0, 1)] * 2, {d}))"
                if x.ndim
                else f"{a} * 2",
                f"{a}.take(T.tensor([0, -1, 0]))",
                f"{a}.put(T.tensor([0, -1]), {a}.take(T.tensor([0, 0])), accumulate=True)",
            ]
        return self.choose(options)

    def multiplied(self, a: str) -> str:
        b, x = self.partner(a), self.value(a)
        options = [
            f"{a} @ {b}",
            f"{a} @ {a}.mT",
            f"T.einsum('...i,...i->...', {a}, {a})",
            f"T.tensordot({a}, {b}, 1)",
            f"F.linear({a}, {a})" if x.ndim == 2 else f"{a} @ {a}",
            f"{a}.flatten() @ {a}.flatten()",
        ]
        if 2 <= x.numel() <= 20:
            line = f"{a}.reshape(1, 1, -1)"
            options += [
                f"F.conv1d({line}, {a}.flatten()[:2].reshape(1, 1, 2), padding=1)",
                f"F.conv1d({line}, {a}.flatten()[-2:].reshape(2, 1, 1), {a}.flatten()[:2], dilation=2)",
                f"F.max_pool1d({line}, 2, 1)",
                f"F.avg_pool1d({line}, 2, padding=1)",
            ]
        if x.ndim >= 2 and x.shape[-2]:
            n = x.shape[-2]
            definite = f"({a} @ {a}.mT + T.eye({n}, dtype={a}.dtype))"
            options += [
                f"T.linalg.inv({definite})",
                f"T.linalg.solve({definite}, {a})",
                f"T.linalg.cholesky({definite})",
                f"T.linalg.solve_triangular(T.tanh({a} @ {a}.mT).tril(-1) + T.eye({n}, dtype={a}.dtype), {a}, upper=False)",
                f"T.linalg.det({definite})",
                f"T.linalg.slogdet({definite})[1]",
                f"T.logdet({definite})",
                f"T.linalg.matrix_power(T.tanh({a} @ {a}.mT), 3)",
                f"T.linalg.eigvalsh({definite}).sum(-1)",
                f"T.linalg.matrix_norm({a})",
                f"T.cdist({a}, {a} + 1)",
                f"{a}.trace()" if x.ndim == 2 else f"{a}.sum(-1)",
                f"T.addmm({a}, {a}, {a})" if x.ndim == 2 and x.shape[0] == x.shape[1] else f"T.kron({a}, T.ones(2))",
                f"F.cosine_similarity({a}, {a} * {a} + 1, -1)",
                f"F.cross_entropy({a}, T.zeros({x.shape[0]}, dtype=T.int64))" if x.ndim == 2 else f"{a}.mean()",
            ]
        return self.choose(options)

    def expression(self) -> str:
        a = self.any_tensor()
        kinds = [self.of_two, self.of_one, self.reduced, self.joined, self.multiplied, self.view]
        (kind,) = self.random.choices(kinds, [0.25, 0.25, 0.15, 0.08, 0.07, 0.2])
        return kind(a)

    # ------------------------------------------------------------ statements

    def target(self) -> str:
        """Something to write to: a tensor, or a view of one."""
        a = self.any_tensor()
        return self.view(a) if self.random.random() < 0.4 else a

    def writing(self, shapes: bool = True) -> str:
        """A line that writes; shapes: or that gives a tensor another shape."""
        a = self.any_tensor()
        b, c, d, x = self.apart(a, self.partner(a, onto=True)), self.number(), self.dim(a), self.value(a)
        kind = self.random.random()
        if kind < 0.25:
            value = self.pick([c, f"{a}[{(key := self.key(a))}] * {c}", f"({b}).clone()"])
            return f"{a}[{key if value.endswith('* ' + c) else self.key(a)}] = {value}"
        if kind < 0.4:
            return f"{a} {self.pick('+-*')}= {self.pick([b, c])}"
        # where a tensor takes another shape, PyTorch retains the gradient of what it was
        if shapes and kind < 0.45 and not x.retains_grad:
            return self.choose(
                [
                    f"{a}.squeeze_()",
                    f"{a}.squeeze_({d})",
                    f"{a}.unsqueeze_({d})",
                    f"{a}.transpose_(0, {d})",
                    f"{a}.swapaxes_({d}, 0)",
                    f"{a}.t_()",
                ]
            )
        if kind < 0.6 and x.numel():
            return self.choose(
                [
                    f"{a}.index_put_(({self.rows(a, 0)},), {b}[:1].clone(), accumulate={self.pick([True, False])})",
                    f"{a}.scatter_add_({d}, ({a} * 0).long(), {a}.clone())",
                    f"{a}.scatter_({d}, ({a} * 0).long().narrow({d}, 0, 1), {c})" if x.ndim else f"{a}.mul_({c})",
                    f"{a}.index_add_({d}, T.tensor([0, 0]), T.cat([{a}.narrow({d}, 0, 1)] * 2, {d}), alpha={c})",
                    f"{a}.index_copy_({d}, T.tensor([0]), {a}.narrow({d}, -1, 1).clone())",
                    f"{a}.index_fill_({d}, T.tensor([0]), {c})",
                    f"{a}.masked_scatter_({a} > 0.07, {a}.clone())",
                    f"{a}.masked_scatter_({a} > 0.07, {b}.expand_as({a}).clone())",
                    f"{a}.take(T.tensor([0])).mul_({c})",
                    f"{a}.put_(T.tensor([0]), {a}.take(T.tensor([-1])))",
                    f"{a}.fill_diagonal_({c})" if x.ndim == 2 else f"{a}.tril_()",
                ]
            )
        if kind < 0.75:
            second = self.apart(a, self.partner(a, onto=True))
            return self.choose(
                [
                    f"{a}.add_({b}, alpha={c})",
                    f"{a}.mul_({b})",
                    f"{a}.sub_({b})",
                    f"{a}.div_({b}.abs() + 1)",
                    f"{a}.addcmul_({b}, {second}, value={c})",
                    f"{a}.addcdiv_({b}, {second}.abs() + 1)",
                    f"{a}.lerp_({b}.expand_as({a}), 0.3)",
                    f"{a}.lerp_({b}.expand_as({a}), T.sigmoid({second}))",
                    f"{a}.clamp_({b}, {b} + 1)",
                    f"{a}.clamp_(min={b})",
                    f"{a}.copy_({b})",
                    f"{a}.atan2_({b}.abs() + 1)",
                    f"{a}.fmod_({b}.detach().abs() + 1.31416)",
                    f"{a}.addmm_({b}.clone(), {second}.clone())",
                    f"{a}.copysign_({b}.detach().nan_to_num() + 0.05)",
                    f"{a}.masked_fill_({b} > 0.07, {c})",
                ]
            )
        target = self.target()
        # PyTorch lets a Function write to a view and forgets once_differentiable, or to a tensor and forgets its .grad
        y = self.pair.theirs.get(target)
        plain = y is not None and not y._is_view() and not y.retains_grad
        return self.choose(
            [
                f"{target}.mul_({c})",
                f"{target}.add_({c})",
                f"{target}.sin_()",
                f"{target}.tanh_()",
                f"{target}.relu_()",
                f"{target}.clamp_(-1, 1)",
                f"{target}.zero_()",
                f"{target}.fill_({c})",
                f"{target}.copy_({self.any_tensor()}.sum())",
                f"{target}.sigmoid_()",
                f"{target}.neg_()",
                f"{target}.pow_(2)",
                f"{target}.abs_()",
                f"{target}.square_()",
                f"{target}.cos_()",
                f"{target}.atan_()",
                f"{target}.erf_()",
                f"{target}.hardtanh_()" if hasattr(torch.Tensor, "hardtanh_") else f"F.hardtanh_({target})",
                f"F.leaky_relu_({target}, 0.1)",
                f"F.elu_({target})",
                f"F.relu({target}, inplace=True)",
                f"{target}.cumsum_({self.pick([0, -1])})",
                f"{target}.cumprod_(0)",
                f"{target}.triu_()",
                f"{target}.nan_to_num_()",
                f"{a}.copy_({self.view(a)}.clone())",
                f"{self.view(a)}.copy_({b}.sum())",
                f"Sine_.apply({target})" if plain else f"{target}.sin_()",
                f"Add_.apply({target}, {target}.detach().clone())" if plain else f"{target}.sinh_()",
            ]
        )

    def sweeping(self) -> str:
        a = self.pick(self.tensors(lambda x: x.requires_grad)[-6:] or self.tensors())
        keep = self.pick(["retain_graph=True", "retain_graph=True", "retain_graph=False"])
        kind = self.random.random()
        if kind < 0.35:
            return f"{a}.sum().backward({keep})"
        if kind < 0.5:
            return f"({a} * {a}).mean().backward({keep})"
        if kind < 0.6:
            return f"{a}.backward(T.ones_like({a}), {keep})"
        goals = ", ".join(self.any_tensor() for _ in range(self.random.randint(1, 3)))
        if not all(map(self.is_goal, goals.split(", "))):
            goals = a
        if any(
            "no_grad" in line or ".detach()." in line for line in self.pair.lines
        ):  # a write there makes PyTorch forget where views came from
            goals = ", ".join(goal for goal in goals.split(", ") if not self.value(goal)._is_view()) or "x1"
        if kind < 0.8:
            return f"r{self.count} = grad({a}.sum(), [{goals}], {keep}, allow_unused={self.pick([True, True, False])})"
        leaves = self.tensors(lambda x: x.requires_grad and not x._is_view())
        leaves = [leaf for leaf in leaves if self.is_goal(leaf)]
        if leaves:
            leaf, allow = self.pick(leaves), f"create_graph=True, allow_unused={self.pick([True, False])}"
            if kind < 0.94:
                return f"(x{self.count + 1},) = grad(({a} * {a}).sum(), {leaf}, {allow})"
            inner = f"(grad(({a} * {a}).sum(), {leaf}, create_graph=True)[0] * {leaf}).sin().sum()"
            return f"(x{self.count + 1},) = grad({inner}, {leaf}, {allow})"
        return f"{a}.sum().backward(inputs=[{self.pick(self.tensors(lambda x: x.is_leaf))}], {keep})"

    def is_goal(self, name: str) -> bool:
        """Whether grad() for this result does the same in PyTorch: of a hooked result on the way to another goal it gives
        the gradient before the hook, we after; for one of several results it sweeps the paths to the others too, and
        their hooks see it."""
        several = ("Split", "Unbind", "Product", "Multiples")
        return name not in self.hooked and not any(each in str(self.value(name).grad_fn) for each in several)

    def aside(self) -> str:
        a = self.any_tensor()
        self.count += 1
        views = self.tensors(lambda x: x._base is self.value(a))
        if self.value(a)._is_view():  # a write to its base silently takes a view's hooks away in PyTorch
            return f"x{self.count} = {a}.detach().clone().requires_grad_()"
        # PyTorch calls the hook of one of several results with None where only the others have a gradient; if it retains
        # its gradient and is written to, the sweep crashes
        one = self.value(a).grad_fn is None or len(self.value(a).grad_fn._input_metadata) == 1
        if one and self.random.random() < 0.25:
            self.hooked.add(a)
            return self.choose(
                [
                    f"h{self.count} = {a}.register_hook(lambda g: g * 2)",
                    f"h{self.count} = {a}.register_hook(lambda g: log.append(({self.count}, g.detach().clone())))",
                    f"{a}.register_hook(lambda g: (g + 1).tanh())",
                ]
            )
        return self.choose(
            [
                f"{a}.retain_grad()" if one else "pass",
                f"{a}.retain_grad()" if one else "pass",
                f"{a}.grad = None" if self.value(a).is_leaf else "pass",
                f"x{self.count} = {a}.detach().requires_grad_()",
                f"x{self.count} = {a}.detach().clone().requires_grad_()",
                f"{a}.requires_grad_({self.pick([True, False])})"
                if self.value(a).requires_grad and not views
                else "pass",
                f"x{self.count} = {a}.clone(); x{self.count}.detach_()",
                f"{a}.detach().mul_(0.5)",
                f"del {a}" if len(self.tensors()) > 4 else "pass",
                f"del {a}" if len(self.tensors()) > 4 else "pass",
            ]
        )

    def statement(self) -> str:
        kind = self.random.random()
        if kind < 0.7 - self.writes:
            name = self.new()
            return f"{name} = {self.expression()}"
        if kind < 0.7:
            return self.writing()
        if kind < 0.75:
            name = self.new()
            # a view made under no_grad claims requires_grad in PyTorch, without a grad_fn: so never the bare view
            made = f"{name} = ({self.expression()}).{self.pick(['clone', 'detach'])}()"
            # another shape given under no_grad makes PyTorch's gradients misfit
            inner = self.pick([made, self.writing(shapes=False), self.writing(shapes=False)])
            return f"with T.no_grad(): {inner}"
        if kind < 0.77:
            name = self.new()
            return f"with hooks(copied, same): {self.pick([f'{name} = {self.expression()}', self.writing()])}"
        if kind < 0.8:
            a = self.any_tensor()
            x = self.value(a)
            if x.ndim and x.shape[0] == 2:
                parts = self.pick(["unbind()", "split(1)", "chunk(2)", "tensor_split(2)"])
                return f"{self.new()}, {self.new()} = {a}.{parts}"
            if self.random.random() < 0.5:
                both = self.pick([f"Product.apply({a}, {a})", f"Multiples.apply({a})"])
                return f"{self.new()}, {self.new()} = {both}"
            return f"{self.new()} = {self.constant(tuple(x.shape), False)}"
        if kind < 0.9:
            return self.aside()
        return self.sweeping()

    def write(self) -> None:
        run = self.pair.run
        for shape in self.random.sample([(), (3,), (2, 3), (2, 3), (3, 2), (2, 1, 3), (1,), (0, 3), (2, 2)], 4):
            run(f"{self.new()} = {self.constant(shape, self.random.random() < 0.7)}")
        for _ in range(self.random.randint(5, 60)):
            line = self.statement()
            error = run(line)
            if self.pair.over:
                return
            if error is None:
                for name in self.pair.made(line):
                    self.keep_small(name)
        roots = [f"{name}.sum()" for name in self.tensors(lambda x: x.requires_grad)]
        if roots:
            run(f"({' + '.join(roots)}).backward(retain_graph=False)")

    def keep_small(self, name: str) -> None:
        """Forget a result that is large, no float, or laid out otherwise here; continue with tanh of large numbers."""
        run, x = self.pair.run, self.value(name)
        self.count = max(self.count, int(name[1:]))
        ours = self.pair.ours[name]
        same_layout = x is None or (
            x.is_contiguous() == ours.is_contiguous()
            and (x._base is None) == (ours._base is None)  # or it is a view of a hidden result on one side only
        )
        if x is None or not (x.is_floating_point() or self.mixed) or x.numel() > 64 or not same_layout:
            run(f"del {name}")
        elif x.numel() and not x.double().abs().max() < 30:
            run(f"{self.new()} = T.tanh({name})")
            run(f"del {name}")
