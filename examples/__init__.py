"""Programs that use autograd_core and nn as a PyTorch user would; each names the items of the documents that it realises.

Run one from the project's folder: ``python -m examples.digits``. ``--help`` lists its options, ``--quick`` is
a small setting. ``python -m examples`` runs all of them and writes one page with their output and pictures. They may need
scikit-learn, matplotlib, tqdm, Pillow: ``pip install "autograd-core[examples]"``.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def extra(module: str) -> Any:
    """Import a module of a third party that only the examples need, or tell what to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'This example needs {error.name}: pip install "autograd-core[examples]"', name=error.name
        ) from error


@dataclass(frozen=True)
class Setting:
    """How an example is run. quick: a small setting, for tests; out: the folder for its pictures."""

    quick: bool
    out: Path

    def save(self, figure: Any, name: str) -> None:
        """Write a matplotlib figure, a drawing of a graph (`draw_graph`) or an SVG text as ``<out>/<name>.svg``."""
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / f"{name}.svg"
        if hasattr(figure, "savefig"):
            with extra("matplotlib").rc_context({"svg.hashsalt": name}):  # the same bits in every run
                figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
            extra("matplotlib.pyplot").close(figure)
        else:
            path.write_text(figure if isinstance(figure, str) else figure.svg, encoding="utf-8")
        print(f"picture: {path.name}")


def setting(documentation: str | None, arguments: Sequence[str] | None = None) -> Setting:
    """The options that every example has, from the command line or from a list."""
    parser = argparse.ArgumentParser(description=(documentation or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small setting, in seconds")
    parser.add_argument("--out", type=Path, default=Path("gallery"), help="folder for the pictures (gallery)")
    chosen = parser.parse_args(arguments)
    return Setting(chosen.quick, chosen.out)


def pyplot(columns: int = 1, rows: int = 1, width: float = 4.2, height: float = 3.4, **options: Any) -> Any:
    """A matplotlib figure and its axes (one, or an array of them) in the examples' style."""
    plots = extra("matplotlib.pyplot")
    extra("matplotlib").use("Agg")
    style: dict[str, Any] = {
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": "medium",
        "figure.constrained_layout.use": True,
        "image.cmap": "RdBu_r",
        "legend.frameon": False,
    }
    plots.rcParams.update(style)
    return plots.subplots(rows, columns, figsize=(width * columns, height * rows), **options)
