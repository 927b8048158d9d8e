"""Random programs of 5 to 60 operations, run line by line on PyTorch and here.

Views, in-place writes, hooks, detach, no_grad blocks, several sweeps, custom Functions, second derivatives: after
every line the values, gradients, flags and the class of the exception must agree. A program is text, so that a
disagreement is its own reproduction; it is shortened before it is shown. More programs:
``RANDOM_PROGRAMS=100000 pytest tests/parity/test_random_programs.py`` (and ``RANDOM_PROGRAMS_FROM`` for other seeds).

Three deliberate differences, each checked to be harmless:

- A value that PyTorch saves and we do not (a product, the result of ``x.tanh_()``) may be overwritten: PyTorch raises,
  we must give the gradient that PyTorch gives for the program that computes on copies.
- A second sweep where nothing was released here: we must give the gradient of the retained graph.
- Writing to a view that PyTorch declines (outputs of split, views made under no_grad) is skipped: what is right
  there is tested in tests/test_inplace.py.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F

torch = pytest.importorskip("torch")

PROGRAMS = int(os.environ.get("RANDOM_PROGRAMS", "300"))
FIRST = int(os.environ.get("RANDOM_PROGRAMS_FROM", "0"))
BLOCKS = 10

FUNCTIONS = """
class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x * x * g

class Reverse(Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)
    @staticmethod
    def backward(ctx, g):
        return -g

class Exponential(Function):
    @staticmethod
    def forward(ctx, x, scale):
        out = T.exp(x * scale)
        ctx.scale = scale
        ctx.save_for_backward(out)
        return out
    @staticmethod
    def backward(ctx, g):
        (out,) = ctx.saved_tensors
        return g * out * ctx.scale, None

class Product(Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y, x + y
    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return (g * y + h if ctx.needs_input_grad[0] else None), (g * x + h if ctx.needs_input_grad[1] else None)

class Sine_(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.cos())
        x.sin_()
        ctx.mark_dirty(x)
        return x
    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]
"""

# What PyTorch declines and we do: the line is left out of the program.
DECLINED = (
    "is a view and is being modified inplace",
    "is a view and its base or another view",
    "A view was created in no_grad mode",
    "some elements of the input tensor and the written-to tensor",
    "view size is not compatible",  # the memory layout of some results differs
    "INTERNAL ASSERT FAILED",
)
# What PyTorch cannot differentiate afterwards, and we can: the program ends.
LIMITS = ("detached in-place", "moved into the graph interior", "more than one element of the written-to tensor")
OVERWRITTEN, SWEPT = "modified by an inplace operation", "a second time"


class Disagreement(Exception):
    """A line after which the two libraries are in different states."""


def namespace(library: Any) -> dict[str, Any]:
    if library is torch:
        names = {
            "Function": torch.autograd.Function,
            "once_differentiable": torch.autograd.function.once_differentiable,
            "grad": torch.autograd.grad,
            "F": torch.nn.functional,
        }
    else:
        names = {"Function": ag.Function, "once_differentiable": ag.once_differentiable, "grad": ag.grad, "F": F}
    names.update(T=library, log=[])
    exec(FUNCTIONS, names)
    return names


def attempt(line: str, names: dict[str, Any]) -> Exception | None:
    try:
        exec(line, names)
    except Exception as error:
        return error.with_traceback(None)
    return None


def apart(line: str, fresh: bool) -> str:
    """The line, computed on copies: whatever is written later, what it saves stays."""
    before, statement = re.match(r"^(with .*?: )?(.*)$", line).groups()  # type: ignore[union-attr]  # it always matches

    def copies(text: str) -> str:
        return re.sub(r"\b(x\d+)\b", r"\1.clone()", text)

    if found := re.match(r"^(.*)\.(tanh|sigmoid|relu)_\(\)$", statement):
        statement = f"{found[1]}.copy_({found[1]}.clone().{found[2]}().clone())"
    elif found := re.match(r"^(x\d+.*?)\.(\w+_)\((.*)\)$", statement):
        statement = f"{found[1]}.{found[2]}({copies(found[3])})"
    elif found := re.match(r"^(x\d+(?:\[.*\])? [-+*]?= )(.*)$", statement):
        bare = re.fullmatch(r"x\d+ = ", found[1])
        if fresh or not bare:
            statement = f"{found[1]}({copies(found[2])})" + (".clone()" if bare else "")
    return (before or "") + statement


def array(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, torch.Tensor) else x.array


class Pair:
    """The two libraries in lockstep."""

    def __init__(self) -> None:
        self.theirs, self.ours = namespace(torch), namespace(ag)
        self.lines: list[str] = []
        self.fresh: set[str] = set()  # lines whose result shares memory with nothing
        self.over = False

    def run(self, line: str) -> Exception | None:
        """Run a line on both, compare, and return PyTorch's exception."""
        their_error = attempt(line, self.theirs)
        if their_error is not None and any(text in str(their_error) for text in DECLINED):
            # did it change anything before it raised?
            self.over = any(text in line for text in ("backward(", "grad(", "Sine_")) or "INTERNAL" in str(their_error)
            return their_error
        self.lines.append(line)
        leaf = any(text in line for text in ("grad(", "requires_grad", "detach"))
        if not leaf and self._is_fresh(line.split(" = ")[0].split(" ")[-1]):
            self.fresh.add(line)
        our_error = attempt(line, self.ours)
        if "backward(" in line or "grad(" in line:
            # a failed sweep leaves some gradients in PyTorch, none here
            self.over = their_error is not None and "does not require grad" not in str(their_error)
            if their_error is not None and our_error is None:
                if not any(text in str(their_error) for text in LIMITS):
                    self.theirs = self._reference(str(their_error))
                    self.compare()
                return None
        if their_error is None and "more than one element of the written-to" in str(our_error):
            self.over = True  # an expanded tensor: PyTorch writes through index_put all the same
            return None
        if isinstance(their_error, IndexError) and any(
            text in str(our_error) for text in ("leaf Variable", "several views")
        ):
            return their_error  # two things are wrong with this line
        if type(their_error).__name__ != type(our_error).__name__:
            raise Disagreement(f"PyTorch: {their_error!r:.300}\nhere:    {our_error!r:.300}")
        if "create_graph" in line and their_error is None:
            name = line[1 : line.index(",")]
            if self.theirs[name] is None or not self.theirs[name].requires_grad:
                del self.theirs[name], self.ours[name]  # a gradient of zero may be a constant on one side only
        if not self.over:
            self.compare()
        return their_error

    def _reference(self, message: str) -> dict[str, Any]:
        """PyTorch's state, had it kept the graph, and copies of all that it saved."""
        if OVERWRITTEN not in message and SWEPT not in message:
            raise Disagreement(f"PyTorch: RuntimeError {message:.300}\nhere:    no error")
        names, error = namespace(torch), None
        for line in self.lines:
            error = attempt(apart(line.replace("retain_graph=False", "retain_graph=True"), line in self.fresh), names)
            for name in [name for name in names if name[0] == "x" and name[1:].isdigit()]:
                attempt(f"{name}.grad_fn", names)  # PyTorch renews a view's history only when it is looked at
        if error is not None:
            raise Disagreement(f"PyTorch: RuntimeError {message:.300}\nand then: {error!r:.300}\nhere:    no error")
        return names

    def _is_fresh(self, name: str) -> bool:
        """Whether PyTorch's result shares memory with nothing else."""
        x = self.theirs.get(name)
        if not isinstance(x, torch.Tensor):
            return False
        if not x.numel():
            return not x._is_view() and not any(y is x for other, y in self.theirs.items() if other != name)
        storages = [
            y.untyped_storage().data_ptr()
            for other, y in self.theirs.items()
            if isinstance(y, torch.Tensor) and other != name
        ]
        return x.untyped_storage().data_ptr() not in storages

    def compare(self) -> None:
        for name, x in list(self.theirs.items()):
            if name[0] not in "xr" or not name[1:].isdigit():
                continue
            if isinstance(x, torch.Tensor) and attempt(f"{name}.is_leaf", self.theirs):
                del self.theirs[name]  # a view that PyTorch no longer allows to look at
                self.ours.pop(name, None)
                continue
            self._same(name, x, self.ours.get(name))
        self._same_memory()
        theirs, ours = self.theirs["log"], self.ours["log"]
        for tag in {tag for tag, _ in theirs} | {tag for tag, _ in ours}:
            self._same(f"log {tag}", [g for t, g in theirs if t == tag], [g for t, g in ours if t == tag])

    def _same_memory(self) -> None:
        """Tensors share memory here where they do in PyTorch, and then share one version counter."""
        names = [
            name
            for name, x in self.theirs.items()
            if name[0] == "x" and name[1:].isdigit() and isinstance(x, torch.Tensor) and x.numel()
        ]
        storage = {name: self.theirs[name].untyped_storage().data_ptr() for name in names}
        for first, second in itertools.combinations(names, 2):
            x, y = self.ours[first], self.ours[second]
            if (x._memory is y._memory) != (storage[first] == storage[second]):
                raise Disagreement(
                    f"{first} and {second} share memory only in {'here' if x._memory is y._memory else 'PyTorch'}"
                )
            if x._memory is not y._memory and np.may_share_memory(x.array, y.array):
                raise Disagreement(f"{first} and {second} share memory but not the version counter")

    def _same(self, name: str, x: Any, y: Any) -> None:
        if isinstance(x, list | tuple):
            if len(x) != len(y):
                raise Disagreement(f"{name}: {len(x)} things in PyTorch, {len(y)} here")
            for i, (a, b) in enumerate(zip(x, y, strict=True)):
                self._same(f"{name}[{i}]", a, b)
            return
        if not isinstance(x, torch.Tensor):
            if (x is None) != (y is None):
                raise Disagreement(f"{name}: {x} in PyTorch, {y} here")
            return
        if y is None:
            raise Disagreement(f"{name}: a Tensor in PyTorch, None here")
        flags = (x.requires_grad, x.is_leaf, tuple(x.shape), str(x.dtype)[6:])
        found = (y.requires_grad, y.is_leaf, tuple(y.shape), str(y.dtype))
        if flags != found:
            raise Disagreement(f"{name}: (requires_grad, is_leaf, shape, dtype) is {flags} in PyTorch, {found} here")
        rough = any("float32" in line for line in self.lines)
        tolerance = {"rtol": 1e-3, "atol": 1e-4} if rough else {"rtol": 1e-7, "atol": 1e-9}
        if not np.allclose(array(x), array(y), equal_nan=True, **tolerance):
            raise Disagreement(f"{name}: {array(x)} in PyTorch,\n{array(y)} here")
        if x.is_leaf or (x.retains_grad and y.retains_grad):
            self._same(f"{name}.grad", x.grad, y.grad)


# ---------------------------------------------------------------- the generator


class Generator:
    """Writes a program, looking at PyTorch's side of it for the shapes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pair = Pair()
        self.count = 0
        self.hooked: set[str] = set()
        self.writes = self.pick([0.1, 0.18, 0.35])  # of the lines
        self.dtypes = ["float64"] * 6 + (["float32"] if self.random.random() < 0.2 else [])

    def pick(self, options: Any) -> Any:
        return self.random.choice(list(options))

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
        dtype = self.pick(self.dtypes)
        if 0 in shape:
            return f"T.zeros({shape}, dtype=T.{dtype}, requires_grad={requires_grad})"
        return f"T.tensor({self.numbers(shape)}, dtype=T.{dtype}, requires_grad={requires_grad})"

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
        return self.pick(self.tensors(fits)) if self.tensors(fits) else name

    def number(self) -> str:
        return self.pick(["0.5", "-1.5", "2", "3", "-1", "0.25", "0"])

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
        rows = [self.random.randint(-shape[axis], shape[axis] - 1) for _ in range(self.random.randint(1, 4))]
        before = ", ".join([":"] * axis)
        return (before + ", " if before else "") + f"T.tensor({rows})"

    def dim(self, name: str) -> int:
        ndim = self.value(name).ndim
        return self.random.randint(-ndim, ndim - 1) if ndim else self.pick([0, -1])

    def view(self, a: str) -> str:
        """An expression for a view of a."""
        x = self.value(a)
        shape = tuple(x.shape)
        options = [
            f"{a}[{self.basic_key(shape)}]",
            f"{a}.unsqueeze({self.dim(a)})",
            f"{a}.squeeze()",
            f"{a}.view(-1)",
            f"{a}.reshape(-1)",
            f"{a}.detach()",
            f"{a}.view_as({a})",
            f"{a}.flatten()",
            f"{a}.expand_as({a})",
        ]
        if len(shape) >= 2:
            options += [
                f"{a}.transpose(0, -1)",
                f"{a}.movedim(0, 1)",
                f"{a}.mT",
                f"{a}.narrow(0, 0, 1)",
                f"{a}.select(1, 0)",
            ]
        if len(shape) == 2:
            options += [f"{a}.t()", f"{a}.T", f"{a}.diagonal()"]
        if len(shape) < 3:
            options.append(f"{a}.expand(2, {'-1, ' * len(shape)})".replace(", )", ")"))
        return self.pick(
            option for option in options if hasattr(ag.Tensor, option.split(".")[-1].split("(")[0]) or "[" in option
        )

    def expression(self) -> str:
        a = self.any_tensor()
        b = self.partner(a)
        c, d = self.number(), self.dim(a)
        kind = self.random.random()
        if kind < 0.3:
            return self.pick(
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
                    f"{a}.add({b}, alpha={c})",
                    f"T.where({a} > 0.07, {b}, {c})",
                    f"Product.apply({a}, {b})[{self.pick([0, 1])}]",
                    f"({a}.abs() + 0.5) ** T.tanh({b})",
                    f"F.mse_loss({a}, {a}.detach() * {c})",
                ]
            )
        if kind < 0.55:
            return self.pick(
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
                    f"T.softmax({a}, {d})",
                    f"T.log_softmax({a}, {d})",
                    f"F.softplus({a})",
                    f"F.gelu({a})",
                    f"{a}.square()",
                    f"Sine_.apply({a}.clone())",
                    f"F.leaky_relu({a}, 0.1)",
                    f"{a}.double()",
                    f"F.silu({a})",
                ]
            )
        if kind < 0.7:
            return self.pick(
                [
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
                    f"{a}.cumsum({d})",
                    f"T.logsumexp({a}, {d})",
                    f"{a}.sort({d}).values",
                    f"{a}.norm()",
                    f"{a}.flip({d})",
                    f"{a}.std()" if self.value(a).numel() > 1 else f"{a}.sum()",
                    f"{a}.roll(1, {d})",
                    f"{a}.sum({d}) * {c}",
                ]
            )
        if kind < 0.8:
            return self.pick(
                [
                    f"T.cat([{a}, {a}, {b}], {d})",
                    f"T.stack([{a}, {a}], 0)",
                    f"{a}.repeat(2, {'1, ' * self.value(a).ndim})",
                    f"{a} @ {b}",
                    f"{a} @ {a}.mT",
                    f"T.outer({a}.flatten(), {b}.flatten())",
                    f"{a}[{self.key(a)}]",
                    f"{a}.masked_fill({a} > 0.07, {c})",
                    f"{a}.tril()",
                    f"{a}.index_select({d}, T.tensor([0, 0]))" if self.value(a).numel() else f"{a} * 2",
                    f"{a}.gather({d}, ({a} * 0).long())",
                    f"T.einsum('...i,...i->...', {a}, {a})",
                    f"{a}.split(1, {d})[0]",
                    f"{a}.unbind({d})[-1]",
                    f"{a}.chunk(2, {d})[-1]",
                ]
            )
        return self.view(a)

    def target(self) -> str:
        """Something to write to: a tensor, or a view of one."""
        a = self.any_tensor()
        return self.view(a) if self.random.random() < 0.4 else a

    def writing(self) -> str:
        a = self.any_tensor()
        b, c = self.partner(a, onto=True), self.number()
        storage = self.value(a).untyped_storage().data_ptr()
        if b != a and self.value(b).untyped_storage().data_ptr() == storage:
            b = f"{b}.clone()"  # what PyTorch makes of operands that overlap in part is not defined
        kind = self.random.random()
        if kind < 0.25:
            value = self.pick([c, f"{a}[{(key := self.key(a))}] * {c}", f"({b}).clone()"])
            return f"{a}[{key if value.endswith('* ' + c) else self.key(a)}] = {value}"
        if kind < 0.4:
            return f"{a} {self.pick('+-*')}= {self.pick([b, c])}"
        target = self.target()
        # PyTorch lets a Function write to a view and forgets once_differentiable, or to a tensor and forgets its .grad
        x = self.pair.theirs.get(target)
        plain = x is not None and not x._is_view() and not x.retains_grad
        return self.pick(
            [
                f"{target}.mul_({c})",
                f"{target}.add_({c})",
                f"{a}.add_({b})",
                f"{a}.mul_({b})",
                f"{a}.sub_({b})",
                f"{a}.div_({b}.abs() + 1)",
                f"{target}.sin_()",
                f"{target}.tanh_()",
                f"{target}.relu_()",
                f"{target}.clamp_(-1, 1)",
                f"{target}.zero_()",
                f"{target}.fill_({c})",
                f"{a}.copy_({b}.clone())",
                f"{target}.copy_({self.any_tensor()}.sum())",
                f"{target}.sigmoid_()",
                f"{target}.neg_()",
                f"{target}.pow_(2)",
                f"{target}.abs_()",
                f"{a}.masked_fill_({a} > 0.07, {c})",
                f"Sine_.apply({target})" if plain else f"{target}.sin_()",
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
        # a hooked result that is a goal on the way to another: PyTorch gives its gradient before the hook, we after
        goals = ", ".join(self.any_tensor() for _ in range(self.random.randint(1, 3)))
        # PyTorch also sweeps the paths to the other results of a split whose one result is a goal: hooks see it
        several = ("Split", "Unbind", "Product")
        if any(
            goal in self.hooked or str(self.value(goal).grad_fn)[1:].startswith(several) for goal in goals.split(", ")
        ):
            goals = a
        if any(
            "no_grad" in line or ".detach()." in line for line in self.pair.lines
        ):  # a write there makes PyTorch forget where views came from
            goals = ", ".join(goal for goal in goals.split(", ") if not self.value(goal)._is_view()) or "x1"
        if kind < 0.8:
            return f"r{self.count} = grad({a}.sum(), [{goals}], {keep}, allow_unused={self.pick([True, True, False])})"
        leaves = self.tensors(lambda x: x.requires_grad and not x._is_view())
        if leaves:
            return (
                f"(x{self.count + 1},) = grad(({a} * {a}).sum(), {self.pick(leaves)}, create_graph=True, "
                f"allow_unused={self.pick([True, False])})"
            )
        return f"{a}.sum().backward(inputs=[{self.pick(self.tensors(lambda x: x.is_leaf))}], {keep})"

    def aside(self) -> str:
        a = self.any_tensor()
        self.count += 1
        views = self.tensors(lambda x: x._base is self.value(a))
        if self.value(a)._is_view():  # a write to its base silently takes a view's hooks away in PyTorch
            return f"x{self.count} = {a}.detach().clone().requires_grad_()"
        if self.random.random() < 0.25:
            self.hooked.add(a)
            return self.pick(
                [
                    f"h{self.count} = {a}.register_hook(lambda g: g * 2)",
                    f"h{self.count} = {a}.register_hook(lambda g: log.append(({self.count}, g.detach().clone())))",
                    f"{a}.register_hook(lambda g: (g + 1).tanh())",
                ]
            )
        return self.pick(
            [
                f"{a}.retain_grad()",
                f"{a}.retain_grad()",
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
        if kind < 0.76:
            name = self.new()
            # a view made under no_grad claims requires_grad in PyTorch, without a grad_fn: so never the bare view
            made = f"{name} = ({self.expression()}).{self.pick(['clone', 'detach'])}()"
            inner = self.pick([made, self.writing(), self.writing()])
            return f"with T.no_grad(): {inner}"
        if kind < 0.8:
            a = self.any_tensor()
            x = self.value(a)
            if x.ndim and x.shape[0] == 2:
                return f"{self.new()}, {self.new()} = {a}.{self.pick(['unbind()', 'split(1)', 'chunk(2)'])}"
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
            count = self.count
            error = run(line)
            if self.pair.over:
                return
            name = line.replace("with T.no_grad(): ", "").split(" = ")[0]
            if error is None and name in self.pair.theirs and name[0] == "x" and name[1:].isdigit():
                x = self.value(name)
                self.count = max(self.count, int(name[1:]))
                same_layout = x is None or x.is_contiguous() == self.pair.ours[name].is_contiguous()
                if x is None or not x.is_floating_point() or x.numel() > 64 or not same_layout:
                    run(f"del {name}")
                elif x.numel() and not x.abs().max() < 30:
                    run(f"{self.new()} = T.tanh({name}) if {count} else None")
                    run(f"del {name}")
        roots = [f"{name}.sum()" for name in self.tensors(lambda x: x.requires_grad)]
        if roots:
            run(f"({' + '.join(roots)}).backward(retain_graph=False)")


# ---------------------------------------------------------------- the test


def replay(lines: list[str]) -> str | None:
    """Why a program disagrees, or None."""
    pair = Pair()
    try:
        for line in lines:
            pair.run(line)
            if pair.over:
                break
    except Disagreement as why:
        return str(why)
    return None


def shortened(lines: list[str]) -> list[str]:
    """The program without the lines that the disagreement does not need."""
    i = len(lines) - 1
    while i >= 0:
        shorter = lines[:i] + lines[i + 1 :]
        if replay(shorter) is not None:
            lines = shorter
        i -= 1
    return lines


def check(seed: int) -> str | None:
    """The report of a disagreement, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        generator = Generator(seed)
        try:
            generator.write()
        except Disagreement as why:
            lines = shortened(generator.pair.lines)
            return f"program {seed}:\n" + "\n".join(lines) + f"\n{replay(lines) or why}"
    return None


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_programs(block: int) -> None:
    for seed in range(FIRST + block, FIRST + PROGRAMS, BLOCKS):
        report = check(seed)
        if report:
            pytest.fail(report, pytrace=False)


def test_programs_do_something() -> None:
    """Programs are long, sweep, and meet errors: the comparison is not empty."""
    text: list[str] = []
    for seed in range(20):
        generator = Generator(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            generator.write()
        text += generator.pair.lines
    joined = "\n".join(text)
    assert len(text) > 20 * 12
    for fragment in (
        "backward(",
        "grad(",
        "register_hook",
        "no_grad",
        "_(",
        "] = ",
        "detach",
        ".apply(",
        "create_graph",
    ):
        assert fragment in joined, fragment


@pytest.mark.parametrize(
    "line",
    [
        "x1 = T.tensor([1.]); x1.mul_(2 if T.__name__ == 'torch' else 3)",
        "x1 = T.tensor([1.], requires_grad=T.__name__ == 'torch')",
        "T.__name__ == 'torch' or T.tensor([1.]).backward()",
    ],
)
def test_a_difference_is_found(line: str) -> None:
    assert replay([line]) is not None
