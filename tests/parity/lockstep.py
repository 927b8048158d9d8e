"""Programs that run line by line on PyTorch and here; after every line both must be in the same state."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

import autograd_core as ag

torch = pytest.importorskip("torch")
checkpoints = pytest.importorskip("torch.utils.checkpoint")

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

class Add_(Function):
    @staticmethod
    def forward(ctx, x, y):
        x.add_(y)
        ctx.mark_dirty(x)
        return x, y * 2
    @staticmethod
    def backward(ctx, g, h):
        return g, g + 2 * h

class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        positive = x > 0
        ctx.mark_non_differentiable(positive)
        return positive, x * x
    @staticmethod
    def backward(ctx, _, g):
        return 2 * ctx.saved_tensors[0] * g

class Multiples(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3
    @staticmethod
    def backward(ctx, g, h):
        if g is None:
            return None if h is None else 3 * h
        return 2 * g if h is None else 2 * g + 3 * h

def copied(x):
    return x.detach().clone()

def same(x):
    return x
"""

# What PyTorch declines and we do: the line is left out of the program.
DECLINED = (
    "is a view and is being modified inplace",
    "is a view and its base or another view",
    "A view was created in no_grad mode",
    "some elements of the input tensor and the written-to tensor",
    "view size is not compatible",  # the memory layout of some results differs
    "INTERNAL ASSERT FAILED",
    "slow_conv_dilated",  # of integers
)
# What PyTorch cannot differentiate afterwards, and we can: the program ends.
LIMITS = (
    "is not implemented",
    "detached in-place",
    "moved into the graph interior",
    "more than one element of the written-to tensor",
    "result type Float can't be cast",  # in that of addcdiv
    "a bool tensor is not supported",  # in the derivatives of logaddexp and atan2
)
# Where we raise, and PyTorch goes on with something else.
STRICT = (
    "must be an integer for int64 operands",  # it truncates value= and alpha= of some operations
    "index_add_: result type",
    "cumsum_: result type",  # of bools without elements
    "cumprod_: result type",
    "not implemented for bool",
    "not supported with a bool operand",  # of mse_loss
    "; convert with .float()",  # it looks at the dtype only if there are elements
)
# In-place operations that keep their result; the others keep operands.
KEEPING_RESULTS = {
    "tanh", "sigmoid", "relu", "exp", "expm1", "sqrt", "rsqrt", "reciprocal", "tan", "cumprod", "logcumsumexp", "copysign",
}  # fmt: skip
# What we keep and PyTorch does not (but a copy, or what it computed from it): overwriting it raises here alone.
KEPT_HERE = ("_cross_entropy_of_classes", "_contracted")
OVERWRITTEN, SWEPT = "modified by an inplace operation", "a second time"


class Disagreement(Exception):
    """A line after which the two libraries are in different states."""


def namespace(library: Any) -> dict[str, Any]:
    names = {
        "T": library,
        "F": library.nn.functional,
        "Function": library.autograd.Function,
        "once_differentiable": library.autograd.function.once_differentiable,
        "grad": library.autograd.grad,
        "hooks": library.autograd.graph.saved_tensors_hooks,
        "checkpoint": (checkpoints if library is torch else ag).checkpoint,
        "log": [],
    }
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

    if found := re.match(r"^F\.(\w+?)_?\((.*?)(, [\d.]+)?(, inplace=True)?\)$", statement):
        statement = f"{found[2]}.copy_(F.{found[1]}({found[2]}.clone(){found[3] or ''}).clone())"
    elif (found := re.match(r"^(.*)\.(\w+)_\((.*)\)$", statement)) and found[2] in KEEPING_RESULTS:
        statement = f"{found[1]}.copy_({found[1]}.clone().{found[2]}({copies(found[3])}).clone())"
    elif found := re.match(r"^(x\d+.*?)\.(\w+_)\((.*)\)$", statement):
        statement = f"{found[1]}.{found[2]}({copies(found[3])})"
    elif found := re.match(r"^(x\d+(?:\[.*\])? [-+*]?= )(.*)$", statement):
        bare = re.fullmatch(r"x\d+ = ", found[1])
        if fresh or not bare:
            statement = f"{found[1]}({copies(found[2])})" + (".clone()" if bare else "")
    elif found := re.match(r"^(x\d+, x\d+ = \w+\.apply)(.*)$", statement):
        statement = found[1] + copies(found[2])
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
            self.over = any(text in line for text in ("backward(", "grad(", "Sine_", "Add_")) or "INTERNAL" in str(
                their_error
            )
            return their_error
        if isinstance(their_error, AttributeError):
            raise Disagreement(f"no such thing in PyTorch: {their_error}")
        self.lines.append(line)
        if self._is_fresh(line.split(" = ")[0].split(" ")[-1]):
            self.fresh.add(line)
        our_error = attempt(line, self.ours)
        if "backward(" in line or "grad(" in line:
            # a failed sweep leaves some gradients in PyTorch, none here
            self.over = their_error is not None and "does not require grad" not in str(their_error)
            if any(text in str(their_error) for text in LIMITS):
                return None
            if their_error is not None and our_error is None:
                reference = self._reference(str(their_error))
                if reference is not None:
                    self.theirs = reference
                    self.compare()
                return None
        if their_error is None and "more than one element of the written-to" in str(our_error):
            self.over = True  # an expanded tensor: PyTorch writes through index_put all the same
            return None
        if their_error is None and OVERWRITTEN in str(our_error) and any(name in str(our_error) for name in KEPT_HERE):
            self.over = True
            return None
        if their_error is None and any(text in str(our_error) for text in STRICT):
            self.over = True
            return None
        if {type(their_error), type(our_error)} == {NotImplementedError, RuntimeError}:
            return their_error  # for a dtype PyTorch raises now one, now the other
        if isinstance(their_error, IndexError) and any(
            text in str(our_error) for text in ("leaf Variable", "several views", "must have the same dtype")
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

    def made(self, line: str) -> list[str]:
        """The names that a line has given to results."""
        statement = re.sub(r"^with .*?: ", "", line)
        found = re.match(r"^\(?(x\d+(?:, x\d+)*),?\)? = ", statement)
        return [name for name in found[1].split(", ") if name in self.theirs] if found else []

    def _reference(self, message: str) -> dict[str, Any] | None:
        """PyTorch's state, had it kept the graph, and copies of all that it saved; None at its limits."""
        if OVERWRITTEN not in message and SWEPT not in message:
            raise Disagreement(f"PyTorch: RuntimeError {message:.300}\nhere:    no error")
        names, error = namespace(torch), None
        for line in self.lines:
            error = attempt(apart(line.replace("retain_graph=False", "retain_graph=True"), line in self.fresh), names)
            for name in [name for name in names if name[0] == "x" and name[1:].isdigit()]:
                attempt(f"{name}.grad_fn", names)  # PyTorch renews a view's history only when it is looked at
        if any(text in str(error) for text in LIMITS):
            return None
        if error is not None:
            raise Disagreement(f"PyTorch: RuntimeError {message:.300}\nand then: {error!r:.300}\nhere:    no error")
        return {name: value for name, value in names.items() if name in self.ours}

    def _is_fresh(self, name: str) -> bool:
        """Whether PyTorch's result was computed and shares memory with nothing else."""
        x = self.theirs.get(name)
        if not isinstance(x, torch.Tensor) or attempt(f"{name}.is_leaf", self.theirs):
            return False
        if x.is_leaf and x.requires_grad:
            return False
        if not x.numel():
            known = [y for other, y in self.theirs.items() if other != name and isinstance(y, torch.Tensor)]
            return not any(x is y or (x._base is not None and (x._base is y or x._base is y._base)) for y in known)
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
        if name[0] == "r" and not x.numel():
            return  # it may come with a history that PyTorch left in it
        if x.requires_grad and not x.is_floating_point():
            self.over = True  # integers that were written to have a gradient in PyTorch alone
            return
        flags = (x.requires_grad, x.is_leaf, tuple(x.shape), str(x.dtype)[6:])
        found = (y.requires_grad, y.is_leaf, tuple(y.shape), str(y.dtype))
        if flags != found:
            raise Disagreement(f"{name}: (requires_grad, is_leaf, shape, dtype) is {flags} in PyTorch, {found} here")
        rough = any(re.search(r"T\.(float32|u?int|bool)", line) for line in self.lines)
        tolerance = {"rtol": 1e-3, "atol": 1e-4} if rough else {"rtol": 1e-7, "atol": 1e-9}
        if not np.allclose(array(x), array(y), equal_nan=True, **tolerance):
            raise Disagreement(f"{name}: {array(x)} in PyTorch,\n{array(y)} here")
        if x.is_leaf or (x.retains_grad and y.retains_grad):
            # what a gradient that is 0 comes from, PyTorch has forgotten here and there
            nothing = x.grad is None and y.grad is not None and not y.grad.array.any()
            if not (nothing and any("create_graph" in line for line in self.lines)):
                self._same(f"{name}.grad", x.grad, y.grad)
