"""Facts that are not training steps: import time, large graphs, memory over many steps, size of the wheel.

    python -m tests.benchmarks.facts [--wheel FILE] [--json FILE] [--quick]

Each fact is taken in a process of its own, so that none sees what another left behind. Times are CPU time.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
IMPORT_ALLOWANCE = 0.05  # seconds beyond NumPy's own import
GROWTH_ALLOWANCE = 4096  # bytes over a whole training: counters and caches, nothing that follows the steps
WHEEL_ALLOWANCE = 300_000  # bytes


@dataclass(frozen=True)
class Fact:
    """What was measured, and whether it is as promised (None: no promise)."""

    name: str
    values: dict[str, float]
    promise: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        values = ", ".join(
            f"{key} {value:,.4g}" if isinstance(value, float) else f"{key} {value:,}"
            for key, value in self.values.items()
        )
        verdict = f"   ({self.promise}: {'met' if self.met else 'MISSED'})" if self.promise else ""
        return f"{self.name}: {values}{verdict}"


def import_time(package: str, rounds: int) -> Fact:
    """Seconds that a fresh interpreter spends importing a package, and NumPy alone, in turns; from bytecode, as installed."""
    times: dict[str, list[float]] = {"numpy": [], package: []}
    with TemporaryDirectory() as bytecode:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        for turn in range(-1, rounds):
            for name, taken in times.items():
                code = f"import time; t = time.process_time(); import {name}; print(time.process_time() - t)"
                output = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True, env=environment)
                if turn >= 0:  # the first turn writes bytecode and warms the disk cache
                    taken.append(float(output))
    beyond = median(ours - numpy for ours, numpy in zip(times[package], times["numpy"], strict=True))
    seconds = {"seconds": median(times[package]), "numpy": median(times["numpy"]), "beyond numpy": beyond}
    promise = f"beyond numpy <= {IMPORT_ALLOWANCE}"
    return Fact(f"import {package}", seconds, promise, beyond <= IMPORT_ALLOWANCE)


def large_graph(library: str, nodes: int) -> Fact:
    """A chain of `nodes` operations on ten numbers: built, differentiated, freed; then built and dropped."""
    from .libraries import load

    torch = load(library).torch
    a, x = torch.full((10,), 0.999), torch.ones(10, requires_grad=True)
    seconds: dict[str, float] = {}
    start = _peak_mib()

    def chain() -> Any:
        y = x
        for _ in range(nodes // 2):
            y = y * a
            y = y + x
        return y

    with _timed(seconds, "built s"):
        y = chain()
    with _timed(seconds, "differentiated s"):
        y.sum().backward()
    with _timed(seconds, "freed s"):
        del y
    peak = _peak_mib() - start
    y = chain()
    with _timed(seconds, "dropped undifferentiated s"):
        del y
    return Fact(f"graph of {nodes:,} nodes", seconds | {"peak MiB": peak})


def shared_node(library: str, doublings: int = 60) -> Fact:
    """x = x + x, sixty times: 2^60 paths through sixty nodes."""
    from .libraries import load

    torch = load(library).torch
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    seconds: dict[str, float] = {}
    with _timed(seconds, "seconds"):
        y = x
        for _ in range(doublings):
            y = y + y
        y.backward()
    return Fact(
        f"node shared 2^{doublings} ways",
        seconds | {"gradient": x.grad.item()},
        f"gradient 2^{doublings}",
        x.grad.item() == 2.0**doublings,
    )


def steady_memory(library: str, steps: int) -> Fact:
    """Training steps with the garbage collector off: what stays, and what only the collector would free."""
    from .libraries import load
    from .networks import dropout_network

    lib = load(library)
    step = dropout_network([lib], sizes=(20, 16, 5), batch=8).contenders[-1].setup()
    for _ in range(20):
        step()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    for _ in range(20):
        step()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(steps):
        step()
    growth = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    gc.set_debug(gc.DEBUG_SAVEALL)  # collect into gc.garbage, to look at
    gc.collect()
    modules = [str(getattr(found, "__module__", "")) for found in gc.garbage]
    ours = sum(module.partition(".")[0] in lib.packages for module in modules)
    return Fact(
        f"{steps:,} steps without the collector",
        {"growth in bytes": growth, "collector then finds": len(modules), "of these ours": ours},
        f"growth <= {GROWTH_ALLOWANCE}, ours 0",
        growth <= GROWTH_ALLOWANCE and not ours,
    )


def step_memory(library: str, sizes: tuple[int, ...] = (784, 1024, 1024, 10), batch: int = 512) -> Fact:
    """The most memory that workload 1c holds during a step, by hand and with the library: parameters, state, all."""
    from .libraries import load
    from .networks import wide_network

    peaks: dict[str, float] = {}
    for contender in wide_network([load(library)], sizes, batch).contenders:
        tracemalloc.start()
        step = contender.setup()
        tracemalloc.reset_peak()  # drawing initial values may take more
        for _ in range(3):
            step()
        peaks[f"{contender.name} MiB"] = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
    by_hand, with_library = peaks.values()
    return Fact("memory of a step of 1c", peaks, "at most that of hand", with_library <= by_hand)


def wheel_size(wheel: Path) -> Fact:
    """Bytes of a built wheel."""
    size = wheel.stat().st_size
    return Fact(f"wheel {wheel.name}", {"bytes": size}, f"<= {WHEEL_ALLOWANCE:,}", size <= WHEEL_ALLOWANCE)


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.process_time()
    yield
    seconds[name] = time.process_time() - start


def _peak_mib() -> float:
    """Peak resident memory of this process; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def apart(fact: Callable[..., Fact], *arguments: object) -> Fact:
    """Take a fact in a fresh process."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(fact, arguments)


def main() -> int:
    """Take all facts and print them; 1 if a promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.facts", description=__doc__)
    parser.add_argument("--wheel", type=Path, metavar="FILE", help="a built wheel to weigh")
    parser.add_argument("--library", default="autograd", choices=("autograd", "torch"), help="whose facts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the facts to FILE")
    parser.add_argument("--quick", action="store_true", help="smaller graph, fewer rounds and steps")
    chosen = parser.parse_args()

    from .__main__ import ONE_THREAD
    from .libraries import PACKAGES

    os.environ.update(ONE_THREAD)  # for the processes to come
    small, library = chosen.quick, chosen.library
    tasks: list[Callable[[], Fact]] = [
        lambda: import_time(PACKAGES[library][0], 3 if small else 21),
        lambda: apart(large_graph, library, 100_000 if small else 1_000_000),
        lambda: apart(shared_node, library),
        lambda: apart(steady_memory, library, 100 if small else 1000),
    ]
    if library == "autograd":  # NumPy's memory is traced, not PyTorch's
        tasks.append(lambda: apart(step_memory, library))
    if chosen.wheel:
        tasks.append(lambda: wheel_size(chosen.wheel))
    facts = []
    for task in tasks:
        facts.append(task())
        print(facts[-1], flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps([vars(fact) for fact in facts], indent=1) + "\n")
    return int(any(fact.met is False for fact in facts))


if __name__ == "__main__":
    sys.exit(main())
