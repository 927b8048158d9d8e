"""Commands: ``python -m autograd_core draw "e = (a + b) * (b + 1)" a=2 b=1 -o e.svg``."""

from __future__ import annotations

import argparse
import ast
import operator
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS = frozenset(
    [
        "abs",
        "atan",
        "celu",
        "clamp",
        "cos",
        "cosh",
        "elu",
        "erf",
        "exp",
        "expm1",
        "gaussian_gelu",
        "gelu",
        "hard_logistic",
        "hardshrink",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "leaky_relu",
        "log",
        "log10",
        "log1p",
        "log2",
        "logsigmoid",
        "logsumexp",
        "matmul",
        "maximum",
        "mean",
        "minimum",
        "mish",
        "neg",
        "pow",
        "prod",
        "reciprocal",
        "relu",
        "relu6",
        "rsqrt",
        "selu",
        "sigmoid",
        "silu",
        "sin",
        "sinh",
        "softmax",
        "softmin",
        "softplus",
        "softshrink",
        "softsign",
        "sqrt",
        "square",
        "std",
        "step",
        "sum",
        "swish",
        "tan",
        "tanh",
        "tanhshrink",
        "var",
    ]
)
_LONGEST, _DEEPEST = 10_000, 150  # of a formula, in characters and in nested parentheses


class FormulaError(ValueError):
    """A formula, or a value for it, that is not understood."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograd_core", description="Reverse-mode autodiff on NumPy.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_draw(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except (FormulaError, OSError, RuntimeError, ValueError, TypeError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 2
    return status


# ---------------------------------------------------------------- draw


def _add_draw(commands: Any) -> None:
    draw = commands.add_parser(
        "draw",
        help="draw a formula's computation graph",
        description='Draw a formula\'s graph: draw "e = (a + b) * (b + 1)" a=2 b=1 -o e.svg. Several assignments are '
        "separated by semicolons. Values are numbers or lists; without one a name is 1.",
    )
    draw.add_argument("formula", help='such as "c = a + b; e = c * (b + 1)"')
    draw.add_argument("values", nargs="*", help="name=number, or name=[1,2,3]")
    draw.add_argument("-o", "--output", help="a file: .svg .html .dot .json .txt .png .pdf; else an outline is printed")
    draw.add_argument("--engine", choices=("auto", "dot", "builtin"), default="auto")
    draw.add_argument("--theme", choices=("auto", "light", "dark"), default="auto")
    draw.add_argument("--direction", choices=("auto", "right", "down"), default="auto")
    draw.add_argument("--constant", default="", metavar="NAMES", help="names that are not differentiated: x,y")
    draw.add_argument("--order", action="store_true", help="number the cards in forward and backward order")
    draw.set_defaults(run=_draw)


def _draw(options: argparse.Namespace) -> int:
    from .draw import draw_graph
    from .modes import record

    values: dict[str, Any] = {}
    for text in options.values:
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise FormulaError(f"a value is written name=number, not {text!r}")
        values[name.strip()] = _value(name.strip(), value)
    constants = {name.strip() for name in options.constant.split(",") if name.strip()}
    with record():
        result, names = evaluate(options.formula, values, constants)
        loss = result if result.array.size == 1 else result.sum()
        if loss is not result:
            names["total"] = loss
        if loss.requires_grad:
            loss.backward()
    drawing = draw_graph(
        loss, names=names, engine=options.engine, theme=options.theme, direction=options.direction, order=options.order
    )
    if options.output:
        drawing.save(options.output)
        print(f"{options.output}: {drawing!r}")
    else:
        print(drawing)
    return 0


def _value(name: str, text: str) -> Any:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise FormulaError(f"the value of {name} is neither a number nor a list of numbers: {text!r:.60}") from None
    flat = [value]
    for item in flat:  # grows while it is read
        if isinstance(item, list | tuple):
            flat.extend(item)
        elif isinstance(item, bool) or not isinstance(item, int | float):
            raise FormulaError(f"the value of {name} is neither a number nor a list of numbers: {text!r:.60}")
    return value


def evaluate(formula: str, values: dict[str, Any], constants: set[str] | frozenset[str] = frozenset()) -> Any:
    """The result of a formula and the tensors by name. Nothing but names, numbers, operators and the library's functions.

    >>> result, names = evaluate("e = (a + b) * (b + 1)", {"a": 2, "b": 1})
    >>> float(result), sorted(names)
    (6.0, ['a', 'b', 'e'])
    """
    if len(formula) > _LONGEST or _depth(formula) > _DEEPEST:
        raise FormulaError("the formula is too long or too deeply nested")
    try:
        statements = ast.parse(formula.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise FormulaError(f"not a formula: {formula!r:.80} ({error})") from None
    if not statements:
        raise FormulaError("the formula is empty")
    reader = _Reader(values, constants)
    try:
        for statement in statements:
            reader.run(statement)
    except RecursionError:
        raise FormulaError("the formula is too deeply nested") from None
    return reader.result, reader.names


def _depth(formula: str) -> int:
    depth = deepest = 0
    for character in formula:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    return deepest


class _Reader:
    """Evaluates the syntax tree by hand: there is no eval, no attribute, no subscript, no keyword."""

    def __init__(self, values: dict[str, Any], constants: set[str] | frozenset[str]) -> None:
        self.values, self.constants = values, constants
        self.names: dict[str, Any] = {}
        self.result: Any = None

    def run(self, statement: ast.stmt) -> None:
        """One assignment or expression."""
        if isinstance(statement, ast.Assign):
            if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
                raise FormulaError("on the left of = stands one name")
            name = statement.targets[0].id
            self.result = self._tensor(self.read(statement.value))
            self.names[name] = self.result
        elif isinstance(statement, ast.Expr):
            self.result = self._tensor(self.read(statement.value))
        else:
            raise FormulaError("a formula is made of assignments and expressions")

    def _tensor(self, value: Any) -> Any:
        from .tensors.creation import tensor

        return value if hasattr(value, "_edge") else tensor(float(value))

    def read(self, node: ast.expr) -> Any:
        """The value of an expression."""
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return float(node.value) if abs(node.value) < 1e300 else self._refuse(node)
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return self._apply(_OPERATORS[type(node.op)], self.read(node.left), self.read(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
            return self._apply(_OPERATORS[type(node.op)], self.read(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            if node.func.id not in _FUNCTIONS:
                raise FormulaError(f"there is no function {node.func.id}; known are {', '.join(sorted(_FUNCTIONS))}")
            import autograd_core

            arguments = [_whole(argument) if i else None for i, argument in enumerate(node.args)]  # a dimension, say
            arguments = [
                self.read(argument) if known is None else known
                for known, argument in zip(arguments, node.args, strict=True)
            ]
            arguments[:1] = [self._tensor(argument) for argument in arguments[:1]]
            return self._apply(getattr(autograd_core, node.func.id), *arguments)
        return self._refuse(node)

    def _refuse(self, node: ast.expr) -> Any:
        raise FormulaError(f"not allowed in a formula: {ast.unparse(node)!r:.60}")

    def _apply(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except OverflowError:
            raise FormulaError("a number in the formula is too large") from None
        except (ArithmeticError, RuntimeError, TypeError, ValueError, IndexError) as error:
            raise FormulaError(str(error)) from None

    def _named(self, name: str) -> Any:
        from .arrays.dtypes import float64
        from .tensors.creation import tensor

        if name not in self.names:
            value = self.values.get(name)
            if value is None:
                if name in ("pi", "e") and name not in self.values:
                    import math

                    return getattr(math, name)
                value = 1.0
            self.names[name] = tensor(value, dtype=float64, requires_grad=name not in self.constants)
        return self.names[name]


def _whole(node: ast.expr) -> int | None:
    """The whole number that an argument is, if it is one."""
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    if isinstance(inner, ast.Constant) and type(inner.value) is int and abs(inner.value) < 1000:
        return -inner.value if negative else inner.value
    return None


if __name__ == "__main__":
    sys.exit(main())
