"""How much is compared with PyTorch, and how far it is apart: ``python -m tests.parity.count [names] [operations] [nn]``.

A sample of an operation is a result of a call of the table of operations, a gradient of it, or a gradient of that.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch

import autograd_core as ag
import nn
import nn.functional
from tests.op_table import ROWS
from tests.parity import test_nn_init_parity as init
from tests.parity import test_nn_optim_parity as optim
from tests.parity import test_nn_schedules_parity as schedules
from tests.parity.nn_cases import CASES
from tests.parity.nn_comparison import COMPARISONS
from tests.parity.test_operations_parity import NEAR, compare_derivatives, compare_values


def names() -> None:
    """How many of the functions, classes and methods that PyTorch's modules have are here, and which are not."""
    modules = {
        "Tensor": (torch.Tensor, ag.Tensor),
        "nn.functional": (torch.nn.functional, nn.functional),
        "nn": (torch.nn, nn),
        "nn.init": (torch.nn.init, nn.init),
        "optim": (torch.optim, nn.optim),
        "optim.lr_scheduler": (torch.optim.lr_scheduler, nn.optim.lr_scheduler),
        "utils.data": (torch.utils.data, nn.data),
        "linalg": (torch.linalg, ag.linalg),
        "special": (torch.special, ag.special),
        "func": (torch.func, ag.func),
    }
    for name, (theirs, ours) in modules.items():
        offered = {
            key for key in getattr(theirs, "__all__", dir(theirs)) if key[0] != "_" and callable(getattr(theirs, key))
        }
        missing = sorted(key for key in offered if not hasattr(ours, key))
        print(f"{name}: {len(offered) - len(missing)} of {len(offered)}; not here:", *missing)


def operations() -> None:
    wrong = []
    for dtype in NEAR:
        compared: Counter[int] = Counter()
        for row in ROWS:
            for compare in (compare_values, compare_derivatives):
                if compare is compare_values or row.has_derivative:
                    try:
                        compared += compare(row, dtype)
                    except AssertionError:
                        wrong.append(f"{row}, {dtype}")
        values, first, second = (compared[order] for order in range(3))
        print(f"{dtype}: {values} results, {first} first and {second} second derivatives agree")
    print("differ:", ", ".join(wrong) or "none")


def report(what: str, samples: Iterable[tuple[str, Callable[[], Any]]]) -> None:
    """How many samples agree; the largest difference of those that have one, relative to the largest number beside it."""
    wrong, largest, total = [], 0.0, 0
    for name, compare in samples:
        total += 1
        try:
            largest = max(largest, compare() or 0)
        except AssertionError:
            wrong.append(name)
    print(f"{what}: {total - len(wrong)} of {total} agree, largest difference {largest:.1e}", *wrong)


def layers() -> None:
    kinds = {type(case.make(ag, nn)).__name__ for case in CASES.values()}
    print(f"{len(kinds)} kinds of modules, {len(CASES)} with their options")
    for what, compare in COMPARISONS.items():
        report(f"modules, {what}", [(name, partial(compare, case)) for name, case in CASES.items()])
    for dtype in ("float32", "float64"):
        fill = partial(init.test_same_numbers, dtype=dtype, number=0)
        report(f"initialisers, {dtype}, bit by bit", [(name, partial(fill, name, each)) for name, each in init.CASES])
    for dtype in ("float32", "float64"):
        steps = partial(optim.twenty_steps, dtype=dtype)
        report(f"optimisers, twenty steps, {dtype}", [(name, partial(steps, name, each)) for name, each in optim.CASES])
    epochs = schedules.test_fifty_epochs
    report("schedules, fifty epochs, exactly", [(name, partial(epochs, name)) for name in schedules.SCHEDULES])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for part in sys.argv[1:] or ("names", "operations", "nn"):
        {"names": names, "operations": operations, "nn": layers}[part]()
