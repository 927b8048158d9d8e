"""Benchmarks: the same training step by hand in NumPy, with this library, and with PyTorch, side by side.

    python -m tests.benchmarks [--rounds N] [--only 1a,1b] [--libraries autograd,torch] [--no-gc]
                               [--json FILE] [--quick]
    python -m tests.benchmarks.facts [--wheel FILE] [--json FILE] [--quick]

`harness` says how contenders are checked and timed, `workloads` what they do, `facts` measures what is not a
training step: import time, large graphs, memory.
"""
