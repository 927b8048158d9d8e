"""The house: which file may import which, and how files are called.

A file imports only from floors below its own, or without a cycle from its own floor; imports under TYPE_CHECKING
aside. A new file needs its place in FLOORS.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd_core
import nn

CORE = Path(autograd_core.__file__).parent
NN = Path(nn.__file__).parent

# A name ending in a dot is a folder. The lowest floor comes first.
FLOORS = [
    ["arrays.", "memory", "modes", "anomaly", "saving", "devices", "cuda", "return_types"],
    ["graph"],
    ["primitive", "wrappers"],
    ["ops."],
    ["tensors.", "inplace", "derivatives", "numpy_api.", "random", "layers."],
    ["methods", "tensor", "calling"],
    ["function", "functional", "func", "checkpointing", "gradcheck", "files.", "linalg", "special", "tensor_types"],
    ["ledger", "compare", "draw.", "autograd."],
    ["__init__", "__main__"],
]

# Imports from above inside the function that needs them: (file, what it imports): why.
LAZY: dict[tuple[str, str], str] = {}

NN_FLOORS = [
    ["calls", "parameter", "registry", "functional.", "init", "module", "packed", "saving", "sizes"],
    [
        "container",
        "linear",
        "activation",
        "losses",
        "adaptive",
        "distances",
        "dropout",
        "embedding",
        "conv",
        "pooling",
        "padding",
        "normalisation",
        "resample",
        "recurrent",
        "attention",
    ],
    ["transformer"],
    ["optim.", "data.", "utils."],
    ["backprop."],
    ["__init__"],
]

MOST_LINES = 650
BANNED = {"utils", "helpers", "common", "misc", "base", "core"}


class Import:
    """One import statement: which module it names, which names, and where it stands."""

    def __init__(self, module: str, names: list[str], line: int, lazy: bool) -> None:
        self.module, self.names, self.line, self.lazy = module, names, line, lazy


def files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def dotted(path: Path) -> str:
    """autograd_core/ops/shape.py as autograd_core.ops.shape; a package's __init__.py as the package."""
    parts = path.relative_to(CORE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[Import]:
    """All imports of a file but those under `if TYPE_CHECKING`, in absolute names."""
    package = dotted(path).split(".") if path.name == "__init__.py" else dotted(path).split(".")[:-1]

    def visit(node: ast.AST, lazy: bool) -> Iterator[Import]:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                yield from visit(child, lazy)
            return
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(name.name, [], node.lineno, lazy)
        if isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield Import(module, [name.name for name in node.names], node.lineno, lazy)
        inside = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), False)


def targets(path: Path, known: set[str]) -> Iterator[tuple[str, Import]]:
    """The modules of this project that a file imports: ``from . import a`` means the module a, if there is one."""
    for each in imports(path):
        found = [f"{each.module}.{name}" for name in each.names if f"{each.module}.{name}" in known]
        if len(found) < max(len(each.names), 1) and each.module in known:
            found.append(each.module)
        for module in found:
            yield module, each


def room(module: str) -> str:
    """autograd_core.ops.shape as ops.shape; the package itself as __init__."""
    return module.partition(".")[2] or "__init__"


def floor(module: str, floors: list[list[str]]) -> int:
    name = room(module)
    for number, rooms in enumerate(floors):
        if any(name == place or (place.endswith(".") and (name + ".").startswith(place)) for place in rooms):
            return number
    pytest.fail(f"{module} has no place in the house: give it one in tests/test_architecture.py", pytrace=False)


def graph(root: Path) -> dict[str, dict[str, Import]]:
    """module -> the modules of the same package that it imports while it is being imported, and where."""
    known = {dotted(path) for path in files(root)}
    found: dict[str, dict[str, Import]] = {}
    for path in files(root):
        edges = found.setdefault(dotted(path), {})
        for module, each in targets(path, known):
            if not each.lazy and module != dotted(path):
                edges[module] = each
    return found


HOUSES = pytest.mark.parametrize(("root", "floors"), [(CORE, FLOORS), (NN, NN_FLOORS)], ids=["autograd_core", "nn"])


@HOUSES
def test_a_file_imports_only_from_below(root: Path, floors: list[list[str]]) -> None:
    wrong = []
    for module, edges in graph(root).items():
        for other, each in edges.items():
            parent = module.startswith(other + ".") or other.startswith(module + ".")  # a folder and its files
            if floor(other, floors) > floor(module, floors) and not parent:
                wrong.append(f"{module}:{each.line} imports {other}, from a floor above")
    assert not wrong, "\n".join(wrong)


@HOUSES
def test_no_cycles(root: Path, floors: list[list[str]]) -> None:
    edges = {
        module: {other for other in others if not module.startswith(other + ".")}
        for module, others in graph(root).items()
    }
    while True:  # take away whatever imports nothing that is left
        free = {module for module, others in edges.items() if not others & edges.keys()}
        if not free:
            break
        edges = {module: others for module, others in edges.items() if module not in free}
    assert not edges, f"these import each other: {sorted(edges)}"


@HOUSES
def test_late_imports_are_few_and_known(root: Path, floors: list[list[str]]) -> None:
    known = {dotted(path) for path in files(CORE) + files(NN)}
    wrong = []
    for path in files(root):
        for module, each in targets(path, known):
            below = module.split(".")[0] == root.name and floor(module, floors) <= floor(dotted(path), floors)
            if each.lazy and not below and (room(dotted(path)), room(module)) not in LAZY:
                wrong.append(f"{dotted(path)}:{each.line} imports {module} inside a function: say why in LAZY")
    assert not wrong, "\n".join(wrong)


def test_the_core_does_not_import_nn() -> None:
    for path in files(CORE):
        for each in imports(path):
            assert each.module.split(".")[0] != "nn", f"{path.name}:{each.line} imports {each.module}"


def test_importing_the_core_loads_nothing_of_nn() -> None:
    """`autograd_core.nn` is resolved when it is first used."""
    code = "import sys, autograd_core; sys.exit(any(m == 'nn' or m.startswith('nn.') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=CORE.parent, check=False).returncode == 0


def test_nn_uses_public_names_of_the_core() -> None:
    public = set(autograd_core.__all__)
    wrong = []
    for path in files(NN):
        for each in imports(path):
            if each.module.split(".")[0] != "autograd_core":
                continue
            if each.module != "autograd_core":
                wrong.append(f"{dotted(path)}:{each.line} imports from {each.module}; ask for a public name")
            wrong += [
                f"{dotted(path)}:{each.line} imports {name}, not public" for name in each.names if name not in public
            ]
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ag":
                if node.attr not in public:
                    wrong.append(f"{dotted(path)}:{node.lineno} uses ag.{node.attr}, not public")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", files(CORE) + files(NN), ids=dotted)
def test_a_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES, f"{path.name} has {text.count(chr(10))} lines"
    if CORE in path.parents:
        assert path.stem not in BANNED, f"{path.name}: name the file for what is in it"
        for folder in path.relative_to(CORE).parts[:-1]:
            assert folder not in BANNED
    for each in imports(path):
        assert "*" not in each.names, f"{path.name}:{each.line}: name what you import"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), f"{path.name}: say in a docstring what the file is for"


OUTSIDE = {"numpy"}  # besides Python's own library, at import; everything else inside the function that needs it


@pytest.mark.parametrize("path", files(CORE) + files(NN), ids=dotted)
def test_only_numpy_is_imported_at_import(path: Path) -> None:
    for each in imports(path):
        top = each.module.split(".")[0]
        own = top in sys.stdlib_module_names or top in OUTSIDE or top in (CORE.name, NN.name)
        assert own or each.lazy, f"{path.name}:{each.line} imports {top} for everybody"


def test_the_parser_of_imports_sees_what_it_should(tmp_path: Path) -> None:
    """The tests above would pass on a parser that finds nothing."""
    assert floor("autograd_core.ops.shape", FLOORS) == 3
    assert {"autograd_core.graph", "autograd_core.modes"} <= graph(CORE)["autograd_core.primitive"].keys()
    assert "autograd_core.tensor" not in graph(CORE)["autograd_core.primitive"]  # only under TYPE_CHECKING
    assert "autograd_core.ops.index" in graph(CORE)["autograd_core.tensor"]  # from .ops import index
    assert "autograd_core.arrays.dims" in graph(CORE)["autograd_core.ops.shape"]  # from ..dims import ...
