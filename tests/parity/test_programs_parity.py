"""Whole PyTorch programs: with their imports changed, and nothing else, they print what they print with PyTorch.

`programs/` holds them as their authors would write them. What differs on purpose is spelled the same before the
comparison: the names of dtypes, of `Size` and of named tuples. Numbers may differ by what thirty-odd steps make of a rounding error.
"""

from __future__ import annotations

import ast
import re
import warnings
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import torch

import autograd_core as ag

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
PLACES = [  # README, "From PyTorch"
    ("torch.nn", "nn"),
    ("torch.optim", "nn.optim"),
    ("torch.utils.data", "nn.data"),
    ("torch", "autograd_core"),
]
NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]?\d+)?")


def here(module: str) -> str:
    """Where a module of PyTorch's is here."""
    return next((to + module[len(old) :] for old, to in PLACES if f"{module}.".startswith(f"{old}.")), module)


class Imports(ast.NodeTransformer):
    """The imports of a program, changed."""

    def visit_Import(self, node: ast.Import) -> ast.Import:
        for alias in node.names:
            if alias.name == "torch":
                alias.asname = "torch"
            alias.name = here(alias.name)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.ImportFrom]:
        assert node.module
        placed = [(here(f"{node.module}.{alias.name}").rpartition("."), alias) for alias in node.names]
        return [
            ast.ImportFrom(module, [ast.alias(name, alias.asname)], 0)
            if module
            else ast.Import([ast.alias(name, alias.asname)])
            for (module, _, name), alias in placed
        ]  # type: ignore[return-value]


def printed(program: str) -> str:
    text = StringIO()
    dtypes = ag.get_default_dtype(), torch.get_default_dtype()
    try:
        with redirect_stdout(text), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(program, "program", "exec"), {"__name__": "__main__"})
    finally:
        ag.set_default_dtype(dtypes[0])
        torch.set_default_dtype(dtypes[1])
    return re.sub(r"\b(torch\.)?return_types\.|\btorch\.(?=Size|float|int|uint|bool)", "", text.getvalue())


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path) -> None:
    source = path.read_text()
    changed = ast.unparse(Imports().visit(ast.parse(source)))
    assert "import torch" not in changed
    ours, theirs = printed(changed), printed(source)
    assert NUMBER.sub("#", ours) == NUMBER.sub("#", theirs)
    for line, expected in zip(ours.splitlines(), theirs.splitlines(), strict=True):
        numbers, wanted = (list(map(float, NUMBER.findall(text))) for text in (line, expected))
        assert numbers == pytest.approx(wanted, rel=2e-4, abs=2e-4), f"{line}\n{expected}"
