"""What is timed. Each workload is written twice: by hand in NumPy, and as a PyTorch program.

The program is written once; a `Library` says whose `torch`, `nn` and `optim` it runs on. All contenders
start from the same parameters, see the same batch and compute the loss as well as the update. Hand-written
means: as a good NumPy programmer writes it, in place where that is natural, without an engine's tricks.
"""

from __future__ import annotations

from . import arrays, images, networks, nodes, sequences

WORKLOADS = networks.WORKLOADS | nodes.WORKLOADS | images.WORKLOADS | sequences.WORKLOADS | arrays.WORKLOADS
