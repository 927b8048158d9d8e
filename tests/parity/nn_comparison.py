"""What is compared with PyTorch for each row of `nn_cases`. A comparison returns the largest difference, or fails."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import BytesIO
from typing import Any

import numpy as np

from tests.op_calls import Array, Call, at, floats, requires_grad
from tests.parity.nn_cases import CASES, OTHERWISE, Case
from tests.parity.sides import SIDES, Side, both, difference, flat, outcome, seed, without_prefix

TOLERANCE = {"float16": 5e-3, "float32": 1e-5, "float64": 1e-11}


def made(case: Case, dtype: str = "float32") -> list[Any]:
    """The module here and in PyTorch, from the same seed."""
    return both(lambda library, layers: case.make(library, layers).to(getattr(library, dtype)))


def tensors(library: Any, call: Call, dtype: str) -> tuple[Any, Any, list[Any]]:
    """A call's arguments as tensors that the module may overwrite, and the leaves behind them."""
    leaves = []

    def tensor(array: Any) -> Any:
        made = library.tensor(np.array(array, {"float64": dtype, "longdouble": "float64"}.get(array.dtype.name)))
        if not requires_grad(array):
            return made
        leaves.append(made.requires_grad_())
        return made * 1

    args, options = call.on(tensor)
    return args, options, leaves


def run(module: Any, library: Any, call: Call, dtype: str) -> list[Any]:
    """The results of a call, and the gradients of inputs and parameters."""
    args, options, leaves = tensors(library, call, dtype)
    seed(library, 3)
    results = flat(module(*args, **options))
    module.zero_grad()
    total = sum(
        (out * library.tensor(floats(*out.shape, low=0.5, high=1.5, seed=8).astype(dtype))).sum()
        for out in results
        if hasattr(out, "requires_grad") and out.requires_grad
    )
    if results and not isinstance(total, int):
        total.backward()
    parameters = [*leaves, *module.parameters()]
    return [*results, *[leaf.grad for leaf in parameters], [any(out is arg for arg in flat(args)) for out in results]]


# ---------------------------------------------------------------- comparisons


def printing_and_initial_values(case: Case) -> float:
    """repr, attributes, names, and the state: keys, versions, shapes, dtypes and, bit by bit, values."""
    ours, theirs = both(case.make)
    assert repr(ours) == without_prefix(repr(theirs))
    for walk in ("named_modules", "named_parameters", "named_buffers", "named_children"):
        assert [key for key, _ in getattr(ours, walk)()] == [key for key, _ in getattr(theirs, walk)()], walk
    mine, wanted = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(wanted)
    assert dict(mine._metadata) == dict(wanted._metadata)
    assert [p.requires_grad for p in ours.parameters()] == [p.requires_grad for p in theirs.parameters()]
    public = [name for name in vars(theirs) if not name.startswith("_")]
    for name in public:
        value = getattr(theirs, name)
        assert hasattr(ours, name), name
        if isinstance(value, int | float | str | tuple | list | bool | None):
            assert getattr(ours, name) == value, name
    return difference(mine, wanted, 0)


def training_and_evaluation(case: Case, dtype: str) -> float | None:
    """Results, gradients of inputs and parameters, and buffers: one or two rounds of training, then evaluation.

    None, if PyTorch has no kernel for the dtype.
    """

    def rounds(side: Side) -> list[Any]:
        found = []
        library, layers = side
        seed(library, 0)
        module = case.make(library, layers).to(getattr(library, dtype))
        for training in (True, True, False) if dtype == "float64" else (True, False):
            module.train(training)
            for call in case.calls:
                found += run(module, library, call, dtype)
        return [*found, *[buffer.clone() for buffer in module.buffers()]]

    theirs = outcome(lambda: rounds(SIDES[1]))
    if dtype == "float16" and isinstance(theirs, RuntimeError) and "not implemented for 'Half'" in str(theirs):
        return None
    if isinstance(theirs, Exception):
        raise theirs
    return difference(rounds(SIDES[0]), theirs, case.rough.get(dtype, TOLERANCE[dtype]))


def copies(case: Case) -> float:
    """deepcopy, pickle: the same module, with its own memory."""
    ours, theirs = both(case.make)
    largest = 0.0
    for copy in (deepcopy, lambda module: pickle.loads(pickle.dumps(module))):
        twin, other = copy(ours), copy(theirs)
        assert repr(twin) == repr(ours)
        assert type(twin) is type(ours)
        assert not any(a is b for a, b in zip(twin.parameters(), ours.parameters(), strict=True))
        largest = max(largest, difference(twin.state_dict(), theirs.state_dict(), 0))
        for call in case.calls[:1]:
            dtype = "float64" if "float64" in {str(p.dtype) for p in twin.parameters()} else "float32"
            results = [run(twin, SIDES[0][0], call, dtype), run(other, SIDES[1][0], call, dtype)]
            largest = max(largest, difference(*results, TOLERANCE["float32"]))
    return largest


def random_state(case: Case, side: Side) -> Any:
    """A module with numbers in its state that no initialisation gives."""
    library, layers = side
    module = case.make(library, layers)
    for i, tensor in enumerate(module.state_dict().values()):
        tensor.copy_(library.tensor(floats(*tensor.shape, low=1, high=4, seed=i)))
    return module


def files(case: Case) -> float:
    """Each library loads the state that the other has saved."""
    largest = 0.0
    for (library, layers), other in ((SIDES[0], SIDES[1]), (SIDES[1], SIDES[0])):
        source, target = random_state(case, (library, layers)), case.make(*other)
        file = BytesIO()
        library.save(source.state_dict(), file)
        answer = target.load_state_dict(other[0].load(BytesIO(file.getvalue())))
        assert str(answer) == "<All keys matched successfully>"
        pair = (source, target) if other is SIDES[1] else (target, source)
        largest = max(largest, difference(*[module.state_dict() for module in pair], 0))
    return largest


# ---------------------------------------------------------------- mistakes


def longer(array: Array, dim: int) -> Any:
    if array.ndim < 2 or dim >= array.ndim:
        return NotImplemented
    return np.concatenate([array, array.take([0], dim)], dim).view(type(array))


NO_TENSORS: dict[str, Callable[[Array], Any]] = {
    "list": lambda x: x.tolist(),
    "none": lambda x: None,
    "number": lambda x: 0.5,
    "string": lambda x: "x",
}
MISTAKES: dict[str, Callable[[Array], Any]] = NO_TENSORS | {
    "one dimension more": lambda x: x[None],
    "one dimension less": lambda x: x[0] if x.ndim > 1 else NotImplemented,
    "0-d": lambda x: x.reshape(-1)[:1].reshape(()) if x.ndim else NotImplemented,
    "longer batch": lambda x: longer(x, 0),
    "longer channels": lambda x: longer(x, 1),
    "longer lines": lambda x: longer(x, x.ndim - 1),
    "empty": lambda x: x[:0] if x.ndim else NotImplemented,
    "double": lambda x: x.astype(np.longdouble) if x.dtype.kind == "f" else NotImplemented,
    "integers": lambda x: (
        np.asarray(np.ceil(np.maximum(x, 0))).astype(np.int64) if x.dtype.kind == "f" else x.astype(np.float64)
    ),
    "bools": lambda x: np.asarray(x > 0),
}


def mistaken(call: Call) -> Iterator[tuple[str, Call]]:
    """The call with one of its arrays exchanged for something else, or with an argument too few or too many."""
    for i, array in enumerate(call.arrays()):
        for kind, change in MISTAKES.items():
            instead = change(array)
            if instead is not NotImplemented:
                place = itertools.count()
                yield (
                    kind,
                    call.changed(lambda x, i=i, instead=instead, place=place: instead if next(place) == i else x),
                )
    yield "too few", Call(*call.args[:-1], **call.options)
    yield "too many", Call(*call.args, *[None] * 12, **call.options)


def mistakes(case: Case) -> float:
    """What goes wrong in PyTorch raises the same exception here; and what does not gives the same result."""
    modules = both(case.make)
    kind_of_module = type(modules[0]).__name__
    for call in case.calls[:2]:
        for kind, wrong in mistaken(call):
            if kind not in NO_TENSORS and kind_of_module == "EmbeddingBag":
                continue  # PyTorch's reads beyond the table
            if (kind_of_module, kind) in OTHERWISE:
                continue
            with at((kind, wrong)):
                found = [
                    outcome(lambda module=module, library=library, wrong=wrong: results(module, library, wrong))
                    for module, (library, _) in zip(modules, SIDES, strict=True)
                ]
                same_outcome(kind, *found)
    return 0.0


def results(module: Any, library: Any, call: Call) -> list[Any]:
    args, options, _ = tensors(library, call, "float32")
    seed(library, 3)
    return flat(module(*args, **options))


def same_outcome(kind: str, ours: Any, theirs: Any) -> None:
    raised, expected = isinstance(ours, Exception), isinstance(theirs, Exception)

    def said() -> str:
        return f"{ours!r}, but PyTorch: {theirs!r}"

    if not raised and not expected:
        difference(ours, theirs, TOLERANCE["float32"])
    elif not raised:
        assert kind == "number", said()  # we take numbers where PyTorch wants tensors
    elif not expected:
        assert kind in ("integers", "bools") and isinstance(ours, RuntimeError), (
            said()
        )  # a dtype that we do not support
    elif kind in NO_TENSORS:
        assert isinstance(ours, TypeError | type(theirs)) or kind == "number", said()
    elif kind in ("0-d", "bools"):  # PyTorch raises whatever it stumbles over first
        assert isinstance(ours, RuntimeError | ValueError | IndexError | AssertionError | TypeError), said()
    else:
        assert isinstance(ours, type(theirs)), said()


COMPARISONS: dict[str, Callable[[Case], float | None]] = {
    "printing and initial values": printing_and_initial_values,
    "float64": lambda case: training_and_evaluation(case, "float64"),
    "float32": lambda case: training_and_evaluation(case, "float32"),
    "float16": lambda case: training_and_evaluation(case, "float16"),
    "copies": copies,
    "files": files,
    "mistakes": mistakes,
}


def compare(name: str) -> dict[str, float | None]:
    """All comparisons of a row."""
    found = {}
    for what, comparison in COMPARISONS.items():
        if what == "mistakes" and name.endswith((", sum", ", none")):
            continue  # what a loss is reduced to is its last step
        with at(what):
            found[what] = comparison(CASES[name])
    return found
