"""Colours, and the logarithmic scale of gradients. Every text on every ground has a contrast of at least 4.5:1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FONT = "Helvetica, Arial, 'Liberation Sans', 'Segoe UI', sans-serif"

# name: (light, dark). A card of kind k has the header colour `k` and the border `k-line`.
COLOURS: dict[str, tuple[str, str]] = {
    "ink": ("#0f172a", "#e6edf3"),
    "muted": ("#526175", "#9fb0c3"),
    "paper": ("#ffffff", "#161b22"),
    "page": ("#ffffff", "#0d1117"),
    "edge": ("#94a3b8", "#6e7f92"),
    "back": ("#c2410c", "#ff9d66"),
    "leaf": ("#dbeafe", "#17325c"),
    "leaf-line": ("#3b82f6", "#58a6ff"),
    "parameter": ("#e0e7ff", "#2a2763"),
    "parameter-line": ("#6366f1", "#8b8cf8"),
    "operation": ("#f1f5f9", "#21262d"),
    "operation-line": ("#64748b", "#8b949e"),
    "output": ("#dcfce7", "#12361f"),
    "output-line": ("#16a34a", "#3fb950"),
    "constant": ("#f1f5f9", "#21262d"),
    "constant-line": ("#94a3b8", "#6e7681"),
    "module": ("#f1f5f9", "#21262d"),
    "module-line": ("#7c3aed", "#a78bfa"),
    "cluster": ("#f8fafc", "#0f141a"),
    "cluster-line": ("#cbd5e1", "#3d4957"),
    "g0": ("#fffaf5", "#1d1a17"),
    "g1": ("#ffedd5", "#33221a"),
    "g2": ("#fed7aa", "#57301b"),
    "g3": ("#fdba74", "#80411b"),
    "g4": ("#fb923c", "#b3591d"),
    "g5": ("#c2410c", "#f08a3c"),
    "g6": ("#7c2d12", "#ffc48a"),
    "bad": ("#be185d", "#f778ba"),  # NaN, infinity
    "zero": ("#ffffff", "#161b22"),
    # the text on each of them
    "on-g0": ("#0f172a", "#e6edf3"),
    "on-g1": ("#0f172a", "#e6edf3"),
    "on-g2": ("#0f172a", "#e6edf3"),
    "on-g3": ("#0f172a", "#e6edf3"),
    "on-g4": ("#0f172a", "#ffffff"),
    "on-g5": ("#ffffff", "#0f172a"),
    "on-g6": ("#ffffff", "#0f172a"),
    "on-bad": ("#ffffff", "#0f172a"),
    "on-zero": ("#526175", "#9fb0c3"),
}

# What is written on what: the pairs whose contrast a test measures.
TEXT_ON_GROUND = [
    *[("ink", ground) for ground in ("leaf", "parameter", "operation", "output", "constant", "module", "paper")],
    *[("muted", ground) for ground in ("leaf", "parameter", "operation", "output", "constant", "module", "paper")],
    *[(text, ground) for text in ("muted", "back", "ink") for ground in ("page", "cluster", "paper")],
    *[(f"on-{ground}", ground) for ground in ("g0", "g1", "g2", "g3", "g4", "g5", "g6", "bad", "zero")],
]


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours (WCAG 2.1, relative luminance).

    >>> round(contrast("#ffffff", "#000000"), 1)
    21.0
    """
    dark, light = sorted(map(_luminance, (first, second)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@dataclass(frozen=True)
class Scale:
    """Seven bins of log10 |gradient| from 10^low to 10^high."""

    low: int
    high: int

    def place(self, size: float) -> float:
        """Where a size lies between the ends: 0 to 1."""
        if not 0 < size < math.inf:
            return 1.0 if size > 0 else 0.0
        return min(max((math.log10(size) - self.low) / (self.high - self.low), 0.0), 1.0)

    def colour(self, size: float) -> str:
        """The name of the colour that stands for a size.

        >>> [Scale(-3, 3).colour(x) for x in (0, 1e-9, 0.25, 5, 1e9, math.nan)]
        ['zero', 'g0', 'g2', 'g4', 'g6', 'bad']
        """
        if not math.isfinite(size):
            return "bad"
        return "zero" if size == 0 else f"g{min(int(self.place(size) * 7), 6)}"


def scale_of(sizes: Iterable[float], given: tuple[float, float] | None = None) -> Scale:
    """The smallest range of whole decades, at least six, that covers the sizes (or the range given, as sizes).

    >>> scale_of([2, 5, 1]), scale_of([1e-8, 1])
    (Scale(low=-3, high=3), Scale(low=-8, high=0))
    """
    sizes = [size for size in (given or sizes) if 0 < size < math.inf]
    if not sizes:
        return Scale(-3, 3)
    low, high = math.floor(math.log10(min(sizes))), math.ceil(math.log10(max(sizes)))
    if given:
        return Scale(low, max(high, low + 1))
    while high - low < 6:  # grow evenly, about the middle
        if (high + low <= 0 and high < 3) or high + low < 0:
            high += 1
        else:
            low -= 1
    return Scale(low, high)


_RULES = (
    ("text", "font-family:" + FONT),
    (".b", "font-weight:700"),
    (".i", "font-style:italic"),
    (".halo", "paint-order:stroke;stroke-width:3px;stroke-linejoin:round"),
    (".n:focus", "outline:none"),
    (".n:focus>.card", "stroke-width:3"),
    (".n:hover>.card", "stroke-width:2.4"),
)


def style(root: str, theme: str) -> str:
    """The style sheet, scoped under the element `root`: variables for light and dark, by every host's switch."""
    here = f"#{root}"
    rules = "".join(f"{here} {selector}{{{body}}}" for selector, body in _RULES)
    for name in COLOURS:
        rules += f"{here} .f-{name}{{fill:var(--{name})}}{here} .s-{name}{{stroke:var(--{name})}}"
    light, dark = (";".join(f"--{name}:{pair[i]}" for name, pair in COLOURS.items()) for i in (0, 1))
    if theme in ("light", "dark"):
        return f"{here}{{{light if theme == 'light' else dark}}}{rules}"
    hosts = ('[data-theme="{}"]', '[data-bs-theme="{}"]', ".vscode-{}", "html.{}")
    to_light, to_dark = (", ".join(f"{host.format(t)} {here}" for host in hosts) for t in ("light", "dark"))
    jupyter = 'body[data-jp-theme-light="{}"] ' + here
    return (
        f"{here}{{{light}}}{rules}"
        f"@media (prefers-color-scheme: dark){{{here}{{{dark}}}}}"
        f"{to_light}, {jupyter.format('true')}{{{light}}}"
        f"{to_dark}, {jupyter.format('false')}{{{dark}}}"
        f"@media print{{{here}{{{light.replace(';', ' !important;')} !important}}}}"
    )
