"""The libraries under comparison, each as the names that a PyTorch program imports."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

PACKAGES = {
    "autograd": ("autograd_core", "nn", "nn.functional", "nn.optim"),
    "torch": ("torch", "torch.nn", "torch.nn.functional", "torch.optim"),
}


@dataclass(frozen=True)
class Library:
    """What `import torch`, `torch.nn`, `torch.nn.functional` and `torch.optim` stand for."""

    name: str
    torch: ModuleType
    nn: ModuleType
    functional: ModuleType
    optim: ModuleType

    @property
    def packages(self) -> set[str]:
        """Top-level packages of this library."""
        return {package.partition(".")[0] for package in PACKAGES[self.name]}


def installed(name: str) -> bool:
    """Whether the library can be imported; nothing is imported to find out."""
    return find_spec(PACKAGES[name][0]) is not None


def load(name: str) -> Library:
    """Import a library and hold it to one thread."""
    library = Library(name, *map(import_module, PACKAGES[name]))
    if name == "torch":
        library.torch.set_num_threads(1)
    return library
