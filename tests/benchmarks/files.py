"""What checkpoints and worker processes cost, here and in PyTorch: `python -m tests.benchmarks.files`.

Milliseconds, the best of some runs: a model saved to memory and to a file and loaded, and a batch from two worker processes.
"""

from __future__ import annotations

import importlib
import tempfile
import time
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn

MODELS: dict[str, Callable[[Any], Any]] = {
    "8 tensors, 66 kB": lambda n: n.Sequential(*[n.Linear(64, 64) for _ in range(4)]),
    "400 tensors, 115 kB": lambda n: n.Sequential(*[n.Linear(8, 8) for _ in range(200)]),
    "4 tensors, 34 MB": lambda n: n.Sequential(n.Linear(2048, 2048), n.Linear(2048, 2048)),
}
BATCHES = {"32 x 10": (32, 10), "64 x 28 x 28": (64, 28, 28), "128 x 3 x 32 x 32": (128, 3, 32, 32), "32 x 3 x 224 x 224": (32, 3, 224, 224)}  # fmt: skip


class Items:
    """Arrays that cost nothing to make."""

    def __init__(self, shape: tuple[int, ...], count: int) -> None:
        self.shape, self.count = shape, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        return np.zeros(self.shape, np.float32)


def best(run: Callable[[], Any], times: int) -> float:
    """The least time that a run takes, in milliseconds."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return 1000 * min(found)


def checkpoint(library: Any, layers: Any, make: Callable[[Any], Any], folder: Path, times: int) -> dict[str, float]:
    """Times of saving and loading a model's state."""
    state, path = make(layers).state_dict(), folder / f"{library.__name__}.pt"
    return {
        "save to memory": best(lambda: library.save(state, BytesIO()), times),
        "save to a file": best(lambda: library.save(state, path), times),
        "load": best(lambda: library.load(path), times),
    }


def batches(data: Any, shape: tuple[int, ...], count: int, times: int) -> float:
    """Time of one batch from two workers that live on."""
    loader = data.DataLoader(Items(shape[1:], shape[0] * count), shape[0], num_workers=2, persistent_workers=True)
    list(loader)
    return best(lambda: sum(1 for _ in loader), times) / count


def main(times: int = 20) -> None:
    """Print the table."""
    sides: list[tuple[Any, Any, Any]] = [(ag, nn, nn.data)]
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        print("PyTorch is not installed")
    else:
        torch.set_num_threads(1)
        sides.append((torch, torch.nn, importlib.import_module("torch.utils.data")))
    with tempfile.TemporaryDirectory() as folder:
        for name, make in MODELS.items():
            found = [checkpoint(library, layers, make, Path(folder), times) for library, layers, _ in sides]
            for what in found[0]:
                print(f"{name:22} {what:16}", *(f"{times[what]:10.2f}" for times in found))
    for name, shape in BATCHES.items():
        count = 20 if np.prod(shape) > 10**6 else 100
        print(f"{name:22} {'batch':16}", *(f"{batches(data, shape, count, 3):10.2f}" for _, _, data in sides))


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
