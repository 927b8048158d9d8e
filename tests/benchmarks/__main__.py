"""Run the workloads and print the table: `python -m tests.benchmarks --help`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def options(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="rounds per workload (15)")
    parser.add_argument("--only", default="", metavar="KEYS", help="workloads, such as 1a,1b (1a includes 1a-f64)")
    parser.add_argument(
        "--libraries",
        default="autograd,torch",
        metavar="NAMES",
        help="what runs beside the hand-written version (autograd,torch); leave torch out to "
        "see the others without it in the process, where memory behaves differently",
    )
    parser.add_argument("--no-gc", action="store_true", help="garbage collector off while timing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all times and ratios to FILE")
    parser.add_argument("--quick", action="store_true", help="3 rounds: does it run, and roughly how fast")
    return parser.parse_args(arguments)


def machine(libraries: list[str]) -> dict[str, Any]:
    """What the numbers depend on."""
    from importlib.metadata import version

    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": f"{blas['name']} {blas['version']}",
        "coretype": os.environ.get("OPENBLAS_CORETYPE", "detected"),
        "torch": version("torch") if "torch" in libraries else None,
    }


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def main(arguments: list[str]) -> int:
    """Check and time the workloads asked for; 1 if a target was missed."""
    from .harness import check, measure
    from .libraries import installed, load
    from .workloads import WORKLOADS

    chosen = options(arguments)
    only = {key for key in chosen.only.split(",") if key}
    if unknown := only - WORKLOADS.keys():
        raise SystemExit(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    names = [name for name in chosen.libraries.split(",") if name]
    if "torch" in names and not installed("torch"):
        names.remove("torch")
        print("torch is not installed: its column is left out")
    libraries = [load(name) for name in names]
    facts = machine(names)
    print("; ".join(f"{key} {value}" for key, value in facts.items() if value))
    collector = "off" if chosen.no_gc else "on"
    print(f"CPU time, one thread, garbage collector {collector}; ratios: median over rounds [quartiles]\n")

    results = []
    for key, build in WORKLOADS.items():
        if only and not {key, key.partition("-")[0]} & only:
            continue
        workload = build(libraries)
        check(workload)
        results.append(measure(workload, 3 if chosen.quick else chosen.rounds, collector=not chosen.no_gc))
        print(*results[-1].lines(), sep="\n", flush=True)
    if chosen.json:
        document = {"machine": facts, "results": [result.as_dict() for result in results]}
        chosen.json.write_text(json.dumps(document, indent=1) + "\n")
    return int(any(ratio.met is False for result in results for ratio in result.ratios()))


if __name__ == "__main__":
    if ONE_THREAD.items() <= os.environ.items():
        sys.exit(main(sys.argv[1:]))
    # BLAS reads these when NumPy is imported, which may have happened on the way here
    again = [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]]
    os.execve(sys.executable, again, os.environ | ONE_THREAD)
